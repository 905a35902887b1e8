"""Which step to work on, and how good each must be."""

import numpy as np
import pytest

from auditkit.reliability import (
    Rates,
    Step,
    absorb,
    equal_floor,
    fix_gains,
    needed_alone,
    removal_gains,
    required_floor,
    serial_floor,
    step_budget,
    water_fill,
)

from .graphs import AGENT_RATES, agent_loop, serial

EIGHT = np.array([0.99, 0.95, 0.97, 0.80, 0.93, 0.88, 0.96, 0.99])
P = float(EIGHT.prod())


@pytest.mark.parametrize(
    ("target", "floor"), [(0.5, 0.9170), (0.8, 0.9725), (0.9, 0.9869), (0.95, 0.9936), (0.99, 0.9987)]
)
def test_eight_steps_need_this_floor(target, floor):
    assert serial_floor(target, 8) == pytest.approx(floor, abs=5e-5)
    assert equal_floor(serial(8), Rates(p=0.5), target) == pytest.approx(serial_floor(target, 8), abs=1e-11)


def test_a_target_budgets_the_number_of_steps():
    assert step_budget(0.9, 0.99) == 10
    assert step_budget(0.8, 0.97) == 7
    assert step_budget(0.81, 0.9) == 2
    assert step_budget(0.9, 0.8) == 0
    assert step_budget(0.9, 0.0) == 0
    assert step_budget(0.9, 1.0) is None


def test_removing_the_weakest_step_gains_14_points():
    gains, silent = removal_gains(serial(8), Rates(p=EIGHT))
    assert pytest.approx(0.5677, abs=5e-5) == P
    assert gains == pytest.approx(P / EIGHT - P)
    assert gains[3] == pytest.approx(0.1419, abs=5e-5)
    assert gains[5] == pytest.approx(0.0774, abs=5e-5)
    assert silent == pytest.approx(-gains)
    both = np.where((EIGHT == 0.80) | (EIGHT == 0.88), 1.0, EIGHT)
    assert absorb(serial(8), Rates(p=both)).success[0] == pytest.approx(0.8063, abs=5e-5)


def test_halving_the_failures_of_the_weakest_step_gains_7_points():
    gains, _ = fix_gains(serial(8), Rates(p=EIGHT))
    assert gains == pytest.approx(P * ((1 + EIGHT) / (2 * EIGHT) - 1))
    assert gains[3] == pytest.approx(0.0710, abs=5e-5)


def test_a_removed_step_keeps_its_checkpoint():
    rates = Rates(p=[0.8, 0.9], d=[0, 0.5])
    _, silent = removal_gains(serial(2), rates)
    assert silent[1] == pytest.approx(0.2 * 0.5 - (0.2 * 0.5 + 0.8 * 0.1))


def test_a_step_that_must_be_better_than_perfect_cannot_reach_the_target_alone():
    needed = [needed_alone(0.70, p, P) for p in EIGHT]
    assert needed[3] == pytest.approx(0.9865, abs=5e-5)
    assert sum(x <= 1 for x in needed) == 1
    assert needed_alone(0.7, 0.0, 0.0) == np.inf


def test_water_filling_lifts_the_weak_steps_to_one_floor():
    floor = water_fill(EIGHT, 0.80)
    assert floor == pytest.approx(0.9661, abs=5e-5)
    assert np.maximum(EIGHT, floor).prod() == pytest.approx(0.80)
    assert [i + 1 for i, p in enumerate(EIGHT) if p < floor] == [2, 4, 5, 6, 7]
    assert required_floor(serial(8), Rates(p=EIGHT), 0.80) == pytest.approx(floor, abs=1e-11)


def test_a_target_that_is_reached_needs_no_floor():
    assert water_fill(EIGHT, 0.5) == 0
    assert required_floor(serial(8), Rates(p=EIGHT), 0.5) == 0


def test_water_filling_handles_steps_that_never_work():
    assert water_fill([0.0, 1.0], 0.9) == pytest.approx(0.9)
    assert water_fill([0.0, 0.0], 0.81) == pytest.approx(0.9)
    assert water_fill([0.5], 1.0) == 1.0
    assert water_fill([], 1.0) == 0.0


def test_no_floor_reaches_a_target_beyond_the_loop_limit():
    assert required_floor(agent_loop(2), AGENT_RATES, 0.9) is None
    assert equal_floor(agent_loop(2), AGENT_RATES, 0.9) is None


def test_detection_and_retry_lower_the_floor():
    plain = equal_floor(serial(8), Rates(p=0.5), 0.8)
    helped = equal_floor(serial(8), Rates(p=0.5, c=0.6, m=1), 0.8)
    assert helped < plain
    assert absorb(serial(8), Rates(p=helped, c=0.6, m=1)).success[0] == pytest.approx(0.8, abs=1e-9)


def test_gains_of_many_steps_are_chunked_without_seams():
    n = 3000
    p = np.linspace(0.9990, 0.9999, n)
    gains, _ = removal_gains(serial(n), Rates(p=p))
    whole = p.prod()
    assert gains == pytest.approx(whole / p - whole, rel=1e-6)


def test_gains_in_a_loop_count_every_turn():
    graph = (Step("a", (("b", 1.0),)), Step("b", (("a", 0.5), (None, 0.5))))
    gains, _ = removal_gains(graph, Rates(p=[0.9, 1.0], c=1.0))
    assert gains[0] == pytest.approx(1 - 0.45 / 0.55)


def test_impossible_questions_are_refused():
    with pytest.raises(ValueError, match="no target"):
        water_fill(EIGHT, 1.2)
    with pytest.raises(ValueError, match="chain of 0 steps"):
        serial_floor(0.8, 0)
    with pytest.raises(ValueError, match="rate c has 2 rows"):
        fix_gains(serial(1), Rates(p=0.5, c=[[0.1], [0.2]]))
