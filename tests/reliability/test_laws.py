"""Laws that hold on every graph, and one that does not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from auditkit.reliability import Rates, absorb, fix_gains, matrices, removal_gains

from .graphs import counted_solution, ends, graphs, rates, serial, simulated, unit, with_rate

lawful = settings(derandomize=True, deadline=None, max_examples=100)


def looping(bounded=True, repair=True, acyclic=False):
    return graphs(bounded, acyclic).flatmap(lambda g: st.tuples(st.just(g), rates(len(g), repair)))


@lawful
@given(looping())
def test_every_run_ends_somewhere(case):
    graph, given_rates = case
    result = absorb(graph, given_rates)
    parts = np.array([*ends(result), *(mass[0] for mass in result.caught_by.values())])
    assert sum(ends(result)) == pytest.approx(1.0, abs=1e-9)
    assert np.all(parts >= 0)
    assert result.hung[0] <= result.silent[0] + 1e-12
    assert result.scripted[0] <= result.success[0] + 1e-12


@lawful
@given(looping(repair=False), st.data())
def test_raising_a_rate_never_lowers_success(case, data):
    graph, low = case
    at = data.draw(st.integers(0, len(graph) - 1))
    high = with_rate(low, "p", len(graph), at, data.draw(unit(low.p[at])))
    assert absorb(graph, high).success[0] >= absorb(graph, low).success[0] - 1e-9


def test_where_errors_get_repaired_a_better_step_can_lower_success():
    # The repair only helps those who arrive with an error, so success is not monotone once h > 0.
    worse, better = Rates(p=[0.9, 0.1], h=[0, 1]), Rates(p=[1.0, 0.1], h=[0, 1])
    assert absorb(serial(2), better).success[0] < absorb(serial(2), worse).success[0]


@lawful
@given(looping(), st.data())
def test_raising_a_checkpoint_never_lowers_caught_nor_raises_silent(case, data):
    graph, low = case
    at = data.draw(st.integers(0, len(graph) - 1))
    high = with_rate(low, "d", len(graph), at, data.draw(unit(low.d[at])))
    before, after = absorb(graph, low), absorb(graph, high)
    assert after.caught[0] >= before.caught[0] - 1e-9
    assert after.silent[0] <= before.silent[0] + 1e-9


@lawful
@given(looping(repair=False))
def test_removing_or_fixing_a_step_never_lowers_success(case):
    graph, given_rates = case
    removed, _ = removal_gains(graph, given_rates)
    fixed, _ = fix_gains(graph, given_rates)
    assert np.all(removed >= fixed - 1e-9)
    assert np.all(fixed >= -1e-9)


@lawful
@given(st.lists(unit(), min_size=2, max_size=6), unit(), st.integers(0, 2))
def test_a_shorter_serial_chain_is_never_worse(ps, c, m):
    longer = absorb(serial(len(ps)), Rates(p=ps, c=c, m=m)).success[0]
    for i in range(len(ps)):
        rest = ps[:i] + ps[i + 1 :]
        assert absorb(serial(len(rest)), Rates(p=rest, c=c, m=m)).success[0] >= longer - 1e-12


@lawful
@given(looping(bounded=False))
def test_the_chain_equals_its_dense_matrices(case):
    graph, given_rates = case
    result = absorb(graph, given_rates, visits=True)
    assume(result.steps[0] < 1e4)
    q, r = matrices(graph, given_rates)
    reached = np.repeat(result.visits[0] > 0, 2)
    start = np.zeros(len(q))
    start[0] = 1.0
    inside = np.ix_(reached, reached)
    visited = np.linalg.solve((np.eye(len(q)) - q)[inside].T, start[reached])
    assert visited @ r[reached] == pytest.approx(ends(result), abs=1e-8)
    per_step = np.zeros(len(q))
    per_step[reached] = visited
    assert per_step[::2] + per_step[1::2] == pytest.approx(result.visits[0], rel=1e-6, abs=1e-9)


@lawful
@given(looping(bounded=False), st.data())
def test_one_bound_equals_counting_its_visits(case, data):
    graph, given_rates = case
    head = data.draw(st.integers(0, len(graph) - 1))
    bound = data.draw(st.integers(1, 4))
    assume(all(target != graph[head].id for target, _ in graph[head].next))
    # Away from rates of 0 and 1 and from steps that cannot end, the counted states always drain.
    given_rates = replace(
        given_rates, p=np.clip(given_rates.p, 0.05, 0.95), c=np.clip(given_rates.c, 0.05, 0.95)
    )
    given_rates = replace(given_rates, d=np.clip(given_rates.d, 0.05, 0.95))
    limited = tuple(
        replace(step, loop_bound=bound if i == head else None, on_limit="silent")
        for i, step in enumerate(graph)
    )
    result = absorb(limited, given_rates)
    success, caught, silent, limit = counted_solution(limited, given_rates, head, bound)
    assert ends(result) == pytest.approx((success, caught, silent + limit), abs=1e-9)
    assert result.hung[0] == pytest.approx(limit, abs=1e-9)


@settings(derandomize=True, deadline=None, max_examples=8)
@given(looping(bounded=False))
def test_the_chain_equals_a_simulation(case):
    graph, given_rates = case
    given_rates = replace(given_rates, c=np.clip(given_rates.c, 0.1, 1), p=np.clip(given_rates.p, 0, 0.9))
    given_rates = replace(given_rates, d=np.clip(given_rates.d, 0.1, 1), m=0)
    slow = simulated(graph, given_rates, 3000, seed=11)
    assert list(slow.values()) == pytest.approx(ends(absorb(graph, given_rates)), abs=0.035)


@lawful
@given(looping(acyclic=True))
def test_no_loop_no_hang_and_at_most_one_visit_each(case):
    graph, given_rates = case
    result = absorb(graph, given_rates, visits=True)
    assert result.hung[0] == 0
    assert np.all(result.visits <= 1 + 1e-12)


@lawful
@given(looping())
def test_a_workflow_without_errors_is_only_silent_where_it_hangs(case):
    graph, given_rates = case
    result = absorb(graph, replace(given_rates, p=1.0))
    assert result.silent[0] == pytest.approx(result.hung[0], abs=1e-12)
