"""Loops: bounded, unbounded, nested, and those that nobody leaves."""

import numpy as np
import pytest

from auditkit.reliability import Rates, Step, absorb, matrices

from .graphs import AGENT_RATES, agent_loop, ends, serial


@pytest.mark.parametrize(
    ("bound", "expected", "turns"),
    [
        (5, (0.7577, 0.1665, 0.0758), 2.526),
        (10, (0.8456, 0.0698, 0.0846), 2.819),
        (25, (0.8571, 0.0572, 0.0857), 2.857),
        (10_007, (0.8571, 0.0571, 0.0857), 2.857),
        (None, (0.8571, 0.0571, 0.0857), 2.857),
    ],
)
def test_an_agent_loop_ends_as_its_bound_allows(bound, expected, turns):
    result = absorb(agent_loop(bound), AGENT_RATES, visits=True)
    assert ends(result) == pytest.approx(expected, abs=5.1e-5)
    assert result.steps[0] == pytest.approx(turns, abs=5e-4)
    assert result.visits[0, 0] == result.steps[0]


@pytest.mark.parametrize("bound", [1, 2, 3, 5, 64, 1000])
def test_a_bounded_loop_equals_the_geometric_sum(bound):
    on = 0.65
    geometric = (1 - on**bound) / (1 - on)
    result = absorb(agent_loop(bound), AGENT_RATES)
    limit = on**bound
    assert ends(result) == pytest.approx((0.30 * geometric, 0.02 * geometric + limit, 0.03 * geometric))


def test_the_limit_without_a_way_out_is_silent_and_hung():
    result = absorb(agent_loop(5, "silent"), AGENT_RATES)
    assert result.hung[0] == pytest.approx(0.1160, abs=5e-5)
    assert ends(result) == pytest.approx((0.7577, 0.0505, 0.0758 + 0.1160), abs=1e-4)


def test_the_limit_counts_as_the_way_out_of_the_loop():
    result = absorb(agent_loop(5), AGENT_RATES)
    assert result.caught_by["handoff"][0] == pytest.approx(0.1665, abs=5e-5)
    assert result.hung[0] == 0


def test_a_bound_off_any_loop_has_no_effect():
    graph = (Step("a", (("b", 1.0),), loop_bound=1), Step("b", loop_bound=1))
    assert absorb(graph, Rates(p=0.9)).success[0] == pytest.approx(0.81)


def test_a_loop_of_two_steps_is_bounded_at_the_step_that_says_so():
    graph = (
        Step("write", (("review", 1.0),), loop_bound=3, on_limit="caught", way_out="handoff"),
        Step("review", (("write", 0.4), (None, 0.6)), way_out="clarify"),
    )
    result = absorb(graph, Rates(p=[1.0, 0.9], c=1.0), visits=True)
    again = 0.9 * 0.4
    visits = 1 + again + again**2
    assert result.visits[0] == pytest.approx([visits, visits])
    assert result.success[0] == pytest.approx(0.9 * 0.6 * visits)
    assert result.caught_by["clarify"][0] == pytest.approx(0.1 * visits)
    assert result.caught_by["handoff"][0] == pytest.approx(again**3)


def test_a_bound_counts_visits_even_when_the_loop_is_entered_elsewhere():
    graph = (
        Step("write", (("review", 1.0),)),
        Step("review", (("write", 0.5), (None, 0.5)), loop_bound=2, on_limit="caught"),
    )
    result = absorb(graph, Rates(p=1.0), visits=True)
    assert result.visits[0] == pytest.approx([1.75, 1.5])
    assert ends(result) == pytest.approx((0.75, 0.25, 0.0))


def test_an_inner_loop_counts_afresh_in_every_turn_of_the_outer_one():
    graph = (
        Step("agent", (("agent", 0.5), ("review", 0.5)), loop_bound=2, on_limit="caught", way_out="fallback"),
        Step("review", (("agent", 0.5), (None, 0.5)), loop_bound=3, on_limit="caught", way_out="handoff"),
    )
    result = absorb(graph, Rates(p=1.0), visits=True)
    inner_done, turns = 0.75, 1 + 0.375 + 0.375**2
    assert result.visits[0, 1] == pytest.approx(inner_done * turns)
    assert result.success[0] == pytest.approx(inner_done * turns * 0.5)
    # The agent is entered once more, by the last review that still sends it back.
    assert result.caught_by["fallback"][0] == pytest.approx(0.25 * (turns + 0.375**3))
    assert result.caught_by["handoff"][0] == pytest.approx(0.375**3 * inner_done)


def test_an_inner_loop_of_two_steps_does_not_limit_the_outer_one():
    graph = (
        Step("plan", (("agent", 1.0),), loop_bound=4, on_limit="caught"),
        Step("agent", (("tool", 0.5), ("plan", 0.25), (None, 0.25)), loop_bound=2, on_limit="silent"),
        Step("tool", (("agent", 1.0),)),
    )
    result = absorb(graph, Rates(p=1.0), visits=True)
    # Per plan: 1.5 visits of the agent, a quarter of each goes back to the plan, .25 hits the inner bound.
    turns = sum(0.375**k for k in range(4))
    assert result.visits[0] == pytest.approx([turns, 1.5 * turns, 0.75 * turns])
    assert result.hung[0] == pytest.approx(0.25 * turns)
    assert result.caught[0] == pytest.approx(0.375**4)


def test_the_smaller_bound_wins_on_one_loop():
    graph = (
        Step("a", (("b", 1.0),), loop_bound=9),
        Step("b", (("a", 0.5), (None, 0.5)), loop_bound=2, on_limit="caught"),
    )
    assert absorb(graph, Rates(p=1.0)).caught[0] == pytest.approx(0.25)


def test_a_loop_that_nobody_leaves_hangs_silently():
    ring = (Step("a", (("b", 1.0),)), Step("b", (("a", 1.0),)))
    for graph in (ring, (Step("a", (("a", 1.0),)),)):
        result = absorb(graph, Rates(p=1.0))
        assert ends(result) == (0.0, 0.0, 1.0)
        assert result.hung[0] == 1.0
        assert np.isfinite(result.steps[0])


def test_a_loop_without_exit_still_catches_what_its_checkpoint_sees():
    ring = (Step("a", (("b", 1.0),)), Step("b", (("a", 1.0),)))
    assert ends(absorb(ring, Rates(p=0.9, d=0.5))) == pytest.approx((0, 1, 0))


def test_an_agent_that_only_repeats_itself_ends_by_its_own_belief():
    result = absorb((Step("a", (("a", 1.0),)),), Rates(p=0.9))
    assert ends(result) == pytest.approx((0, 0, 1))
    assert result.hung[0] == pytest.approx(0)


def test_rounded_shares_do_not_leak_out_of_an_endless_loop():
    ring = (
        Step("a", (("a", 0.1), ("b", 0.2), ("c", 0.7))),
        Step("b", (("a", 1 / 3), ("c", 2 / 3))),
        Step("c", (("a", 1.0),)),
    )
    result = absorb(ring, Rates(p=1.0))
    assert result.hung[0] == pytest.approx(1, abs=1e-12)
    assert sum(ends(result)) == pytest.approx(1, abs=1e-12)


def test_a_ring_of_five_thousand_steps_is_solved():
    ring = tuple(Step(f"s{i}", ((f"s{i + 1}", 1.0),)) for i in range(4999))
    graph = (*ring, Step("s4999", (("s0", 0.5), (None, 0.5)), loop_bound=10_007, on_limit="caught"))
    result = absorb(graph, Rates(p=0.9999, c=1.0))
    turn = 0.9999**5000
    assert result.success[0] == pytest.approx(0.5 * turn / (1 - 0.5 * turn))


def test_five_thousand_nested_ways_back_are_solved():
    n = 5000
    back = tuple(
        Step(f"s{i}", (("s0" if i == 0 else f"s{i - 1}", 0.1), (f"s{i + 1}" if i < n - 1 else None, 0.9)))
        for i in range(n)
    )
    assert absorb(back, Rates(p=1.0)).success[0] == pytest.approx(1.0)


def test_a_loop_with_many_rows_equals_its_rows():
    graph = (*serial(2)[:1], Step("s1", (("s0", 0.3), ("s1", 0.2), (None, 0.5)), loop_bound=4))
    rows = np.linspace(0.2, 1.0, 5)[:, None]
    result = absorb(graph, Rates(p=rows, c=0.4, m=1, d=0.1, h=0.05))
    for i, p in enumerate(rows[:, 0]):
        single = absorb(graph, Rates(p=p, c=0.4, m=1, d=0.1, h=0.05))
        assert ends(result, i) == pytest.approx(ends(single), abs=1e-14)


def test_matrices_refuse_a_bounded_loop_by_name():
    with pytest.raises(ValueError, match="step 'agent' bounds its loop"):
        matrices(agent_loop(5), AGENT_RATES)


def test_matrices_take_one_row_only():
    with pytest.raises(ValueError, match="one row of rates, not 2"):
        matrices(serial(2), Rates(p=[[0.1, 0.2], [0.3, 0.4]]))
