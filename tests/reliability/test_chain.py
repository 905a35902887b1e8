"""The two-lane chain without loops: the worked examples and the edges of its input."""

import numpy as np
import pytest

from auditkit.reliability import Rates, Step, absorb, matrices, visit

from .graphs import ends, serial, simulated


def test_eight_steps_at_85_percent_end_right_27_percent():
    result = absorb(serial(8), Rates(p=0.85))
    assert result.success[0] == pytest.approx(0.2724905250390625, abs=1e-12)
    assert result.silent[0] == pytest.approx(1 - 0.2724905250390625, abs=1e-12)
    assert result.caught[0] == 0
    assert result.steps[0] == pytest.approx(8.0)


@pytest.mark.parametrize(("p", "n", "success"), [(0.85, 7, 0.3206), (0.85, 5, 0.4437), (0.95, 20, 0.3585)])
def test_serial_success_is_the_power_of_the_rate(p, n, success):
    assert absorb(serial(n), Rates(p=p)).success[0] == pytest.approx(success, abs=5e-5)


AT_STEP_7 = [0, 0, 0, 0, 0, 0, 0.8, 0]


@pytest.mark.parametrize(
    ("n", "more", "expected", "steps"),
    [
        pytest.param(8, {"c": 0.6}, (0.2725, 0.4365, 0.2910), 6.110, id="detection turns silent into caught"),
        pytest.param(8, {"c": 0.6, "m": 1}, (0.5430, 0.0504, 0.4067), 7.804, id="one retry doubles success"),
        pytest.param(8, {"c": 0.6, "m": 3}, (0.5792, 0.0004, 0.4204), 7.998, id="three retries add little"),
        pytest.param(
            8, {"c": 0.6, "m": 1, "rho": 0.5}, (0.3875, 0.1702, 0.4423), 7.300, id="correlated retry"
        ),
        pytest.param(8, {"c": 0.6, "m": 1, "d": AT_STEP_7}, (0.5430, 0.3120, 0.1451), 7.542, id="checkpoint"),
        pytest.param(6, {"c": 0.6, "m": 1}, (0.6325, 0.0405, 0.3270), 5.890, id="two steps removed"),
        pytest.param(
            8, {"c": 1, "m": 1}, (0.8336, 0.1664, 0.0), 7.398, id="full detection leaves no silence"
        ),
    ],
)
def test_detection_retry_and_checkpoint_reproduce_the_table(n, more, expected, steps):
    result = absorb(serial(n), Rates(p=0.85, **more))
    assert ends(result) == pytest.approx(expected, abs=5.1e-5)
    assert result.steps[0] == pytest.approx(steps, abs=5.1e-4)


def test_one_visit_with_one_retry_splits_as_computed_by_hand():
    ok, stopped, undetected = visit(np.array([0.85]), np.array([0.6]), np.array([1.0]), np.array([1.0]))
    assert (ok[0], stopped[0], undetected[0]) == pytest.approx((0.9265, 0.0081, 0.0654))


def test_retries_without_end_cannot_fix_undetected_errors():
    result = absorb(serial(8), Rates(p=0.85, c=0.6, m=10**18))
    assert result.success[0] == pytest.approx((0.85 / (1 - 0.15 * 0.6)) ** 8)
    assert result.success[0] == pytest.approx(0.5795, abs=5e-5)
    assert result.caught[0] == 0


def test_a_visit_equals_the_loop_over_its_attempts():
    for p in (0.0, 0.3, 0.999, 1.0):
        for c in (0.0, 0.7, 1.0):
            for m in (0, 1, 2, 7):
                for rho in (0.0, 0.4, 1.0):
                    ok, missed, reach = 0.0, 0.0, 1.0
                    for k in range(m + 1):
                        now = p if k == 0 else rho * p
                        ok, missed = ok + reach * now, missed + reach * (1 - now) * (1 - c)
                        reach *= (1 - now) * c
                    found = visit(np.array([p]), np.array([c]), np.array([float(m)]), np.array([rho]))
                    assert [float(x[0]) for x in found] == pytest.approx([ok, reach, missed], abs=1e-14)


def test_retries_may_differ_by_step_and_row():
    m = np.array([[0, 1], [3, 0]])
    result = absorb(serial(2), Rates(p=0.85, c=0.6, m=m))
    single = [0.85, 0.9265]
    assert result.success[0] == pytest.approx(single[0] * single[1])
    assert result.success[1] == pytest.approx((0.85 * (1 - 0.09**4) / 0.91) * 0.85)


def test_a_gate_never_raises_success_but_turns_silent_into_caught():
    p, c = [0.95] * 7 + [0.99], [0.5] * 7 + [0]
    open_end = absorb(serial(8), Rates(p=p, c=c))
    gated = absorb(serial(8), Rates(p=p, c=c, d=[0] * 7 + [0.9]))
    assert ends(open_end) == pytest.approx((0.6914, 0.1508, 0.1578), abs=5e-5)
    assert ends(gated) == pytest.approx((0.6914, 0.2866, 0.0221), abs=5e-5)


@pytest.mark.parametrize(("coverage", "silent"), [(0.0, 0.3883), (0.5, 0.2426), (0.9, 0.1261)])
def test_branch_coverage_of_edge_cases_turns_silent_into_caught(coverage, silent):
    def lane(name):
        return tuple(
            Step(f"{name}{i}", ((f"{name}{i + 1}", 1.0),) if i < 7 else (), way_out="script")
            for i in range(8)
        )

    graph = (Step("intake", (("happy0", 0.65), ("edge0", 0.35))), *lane("happy"), *lane("edge"))
    result = absorb(graph, Rates(p=[1] + [0.98] * 8 + [0.80] * 8, c=[0] * 9 + [coverage] * 8))
    uncovered_happy = 0.65 * (1 - 0.98**8)
    assert result.success[0] == pytest.approx(0.6117, abs=5e-5)
    assert result.silent[0] == pytest.approx(silent, abs=5e-5)
    assert result.caught[0] == pytest.approx(0.35 * (1 - 0.8**8) * coverage)
    assert result.silent[0] >= uncovered_happy


LEAD_AGENT = {
    "as is": (Rates(p=[0.85] * 8), (0.2725, 0.0, 0.7275)),
    "branches on all eight": (Rates(p=[0.85] * 8, c=0.6, m=1), (0.5430, 0.0504, 0.4067)),
    "branches on the five decisions": (
        Rates(p=[0.85] * 8, c=[0, *[0.6] * 5, 0, 0], m=[0, *[1] * 5, 0, 0]),
        (0.4193, 0.0297, 0.5510),
    ),
    "two removed, the write in code": (
        Rates(p=[0.85] * 5 + [0.995], c=[0.6] * 5 + [0.9], m=[1] * 5 + [2]),
        (0.6824, 0.0350, 0.2827),
    ),
    "state and validation": (
        Rates(p=[0.90, 0.93, 0.90, 0.93, 0.93, 0.995], c=[0.8] * 5 + [0.9], m=[1] * 5 + [2]),
        (0.8944, 0.0213, 0.0842),
    ),
    "read-back before the write": (
        Rates(
            p=[0.90, 0.93, 0.90, 0.93, 0.93, 0.995], c=[0.8] * 5 + [0.9], m=[1] * 5 + [2], d=[0] * 5 + [0.7]
        ),
        (0.8944, 0.0800, 0.0256),
    ),
}


@pytest.mark.parametrize("stage", LEAD_AGENT)
def test_the_lead_agent_hardens_as_in_the_worked_case(stage):
    rates, expected = LEAD_AGENT[stage]
    result = absorb(serial(len(rates.p)), rates)
    assert ends(result) == pytest.approx(expected, abs=6e-5)


def test_chain_matrix_and_simulation_agree_on_the_checkpoint_example():
    rates = Rates(p=0.85, c=0.6, m=1, d=AT_STEP_7)
    fast = absorb(serial(8), rates)
    q, r = matrices(serial(8), rates)
    fundamental = np.linalg.inv(np.eye(16) - q)
    assert (fundamental @ r)[0] == pytest.approx(ends(fast), abs=1e-12)
    assert fundamental[0].sum() == pytest.approx(fast.steps[0])
    slow = simulated(serial(8), rates, 20_000, seed=7)
    assert [slow["success"], slow["caught"], slow["silent"]] == pytest.approx(ends(fast), abs=0.012)


def test_repair_brings_a_latent_error_back_to_the_clean_lane():
    result = absorb(serial(2), Rates(p=[0.6, 1.0], d=[0, 0.5], h=[0, 0.25]))
    assert ends(result) == pytest.approx((0.6 + 0.4 * 0.5 * 0.25, 0.4 * 0.5, 0.4 * 0.5 * 0.75))


def test_caught_runs_are_told_apart_by_their_way_out():
    graph = (Step("a", (("b", 1.0),), way_out="clarify"), Step("b", way_out="handoff"))
    result = absorb(graph, Rates(p=0.8, c=0.5, d=0.4))
    assert result.caught_by["clarify"][0] == pytest.approx(0.1)
    assert result.caught_by["handoff"][0] == pytest.approx(0.8 * 0.1 + 0.1 * 0.4)
    assert result.caught[0] == pytest.approx(sum(mass[0] for mass in result.caught_by.values()))


def test_a_scripted_end_counts_as_success_and_apart():
    graph = (Step("route", (("script", 0.3), (None, 0.7))), Step("script", scripted_end=True))
    result = absorb(graph, Rates(p=[0.9, 1.0]))
    assert result.scripted[0] == pytest.approx(0.27)
    assert result.success[0] == pytest.approx(0.9)


def test_visits_count_both_lanes_and_unreached_steps_count_none():
    graph = (*serial(3), Step("island", (("s0", 1.0),)))
    result = absorb(graph, Rates(p=0.8, c=0.5), visits=True)
    assert result.visits.shape == (1, 4)
    assert result.visits[0] == pytest.approx([1, 0.9, 0.9 - 0.08, 0])
    assert result.steps[0] == pytest.approx(result.visits.sum())
    assert absorb(graph, Rates(p=0.8)).visits is None


def test_a_run_may_enter_elsewhere():
    assert absorb(serial(8), Rates(p=0.85), entry="s6").success[0] == pytest.approx(0.85**2)


def test_rows_are_solved_each_on_their_own():
    rows = np.linspace(0.1, 1.0, 7)[:, None]
    result = absorb(serial(4), Rates(p=rows, c=[0.1, 0.2, 0.3, 0.4]))
    for i, p in enumerate(rows[:, 0]):
        assert ends(result, i) == pytest.approx(ends(absorb(serial(4), Rates(p=p, c=[0.1, 0.2, 0.3, 0.4]))))


def test_five_thousand_steps_in_a_row_are_no_problem():
    result = absorb(serial(5000), Rates(p=0.9999))
    assert result.success[0] == pytest.approx(0.9999**5000)


@pytest.mark.parametrize(
    ("graph", "complaint"),
    [
        ((), "at least one step"),
        ((Step("a"), Step("a")), "step 'a' is defined twice"),
        ((Step("a", (("gone", 1.0),)),), "step 'a' goes to 'gone', which is no step"),
        ((Step("a", ((None, 0.9),)),), "step 'a' has shares that sum to 0.9, not 1"),
        ((Step("a", ((None, float("nan")),)),), "step 'a' has shares"),
        ((Step("a", ((None, 1.5), ("a", -0.5))),), "step 'a' has a share of -0.5"),
        ((Step("a", loop_bound=0),), "step 'a' has loop bound 0"),
    ],
)
def test_a_broken_graph_is_refused_by_name(graph, complaint):
    with pytest.raises(ValueError, match=complaint):
        absorb(graph, Rates(p=0.5))


@pytest.mark.parametrize(
    ("rates", "complaint"),
    [
        (Rates(p=1.1), "rate p lies outside 0 to 1"),
        (Rates(p=0.5, c=float("nan")), "rate c lies outside"),
        (Rates(p=0.5, m=-1), "rate m lies outside 0 to any count"),
        (Rates(p=[0.5, 0.5, 0.5]), "do not fit 2 steps"),
    ],
)
def test_rates_out_of_range_are_refused_by_name(rates, complaint):
    with pytest.raises(ValueError, match=complaint):
        absorb(serial(2), rates)


def test_an_unknown_entry_is_refused():
    with pytest.raises(ValueError, match="entry 'x' is no step"):
        absorb(serial(2), Rates(p=1), entry="x")


def test_shares_of_zero_and_doubled_targets_are_no_edges_of_their_own():
    graph = (Step("a", (("b", 0.5), ("b", 0.5), ("a", 0.0))), Step("b"))
    assert absorb(graph, Rates(p=0.9)).success[0] == pytest.approx(0.81)
