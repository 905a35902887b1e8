"""docs/method.md: its tables of conventions are those of the code, and its worked numbers come out."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from auditkit.assessment import assess
from auditkit.assessment import conventions as ours
from auditkit.assessment.chances import Chance
from auditkit.assessment.decision import KEEP_SCORE, MANY_HIGH
from auditkit.assessment.paperwork import ANNOUNCE_DAYS
from auditkit.assessment.roadmap import DAYS, EFFECTS
from auditkit.assessment.score import BANDS
from auditkit.checklist.checks import SEVERITIES, TOPICS, WEIGHTS
from auditkit.checklist.load import load_checklist
from auditkit.reliability import Rates, Step, absorb, clopper_pearson, window_size
from auditkit.shipped import folder
from auditkit.sources.stack_file import read_stack

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "method.md").read_text(encoding="utf-8")
ROWS = {cells[0]: cells[1:] for line in PAGE.splitlines() if line.startswith("|")
        for cells in [[c.strip() for c in line.strip("|").split("|")]]}


def rate(row: str) -> float:
    return float(ROWS[row][0])


def pair(row: str) -> tuple[float, float]:
    return rate(row), float(ROWS[row][1])


@pytest.mark.parametrize("kind", ours.KIND_RATE)
def test_rates_by_kind_are_those_of_the_page(kind: str) -> None:
    assert pair(f"model step, {kind}") == ours.KIND_RATE[kind]


def test_other_rates_are_those_of_the_page() -> None:
    assert pair("any other step, or nobody said who decides") == ours.MODEL_RATE
    assert pair("step in code") == ours.CODE_RATE
    assert pair("step in code that reads from outside") == ours.CODE_IO_RATE["read"]
    assert pair("step in code that writes to outside") == ours.CODE_IO_RATE["write"]
    assert pair("step of a person") == ours.HUMAN_RATE


def test_shares_of_errors_noticed_are_those_of_the_page() -> None:
    found = {name: rate(row) for row in ROWS for name in [row.split("(")[0].strip().rpartition(": ")[2]]
             if row.startswith(("validation", "gate:"))}
    assert found == {**ours.DETECTS, **ours.GATE_CATCHES}
    assert [rate(f"way out, trigger {x}") for x in ("in code", "is a score", "in the prompt")] == [
        ours.BRANCH_DETECTS[x] for x in ("code", "score", "prompt")]
    assert rate("step in code, its own errors") == ours.CODE_DETECTS
    assert rate("a person who decides a step, on what came before") == ours.HUMAN_STEP_CATCHES
    assert rate("a step that verifies, same model") == ours.SELF_CHECK_CATCHES
    assert rate("a step that verifies, other model or code") == ours.VERIFIER_CATCHES


@pytest.mark.parametrize("impact", ours.TARGETS)
def test_targets_are_those_of_the_page(impact: str) -> None:
    row = next(ROWS[r] for r in ROWS if r.startswith(f"targets for impact {impact}"))
    assert tuple(float(x) for x in re.findall(r"\.\d+", row[0])) == ours.TARGETS[impact]
    assert ours.IMPACT_IF_UNKNOWN == "moderate"


def test_other_conventions_are_those_of_the_page() -> None:
    def said(row: str) -> list[float]:
        return [float(x.replace(",", "")) for x in re.findall(r"\d[\d,]*\.?\d*|\.\d+", ROWS[row][0])]

    assert said("a share noticed or stopped is worth") == [ours.DETECTION_STRENGTH]
    assert said("a step that sees the facts it needs") == [ours.FRESH_STEP]
    assert said("a step taken over by code retries") == [ours.CODE_RETRIES]
    assert said("what steps on one model share of what is not known") == [ours.SHARED]
    assert said("draws, seed") == [ours.DRAWS, ours.SEED]
    assert said("counts decide from") == [ours.END_TO_END_RUNS]
    assert said("old data") == [ours.OLD_AFTER_DAYS, ours.OLD_DATA_WEIGHT]
    assert "guess 5, watched 10, dashboard 20" in PAGE
    assert ours.STRENGTH == {"guess": 5, "watched": 10, "dashboard": 20}
    assert ours.CELLS // ours.DRAWS == 250


def test_numbers_of_score_and_roadmap_are_those_of_the_page() -> None:
    assert [WEIGHTS[s] for s in SEVERITIES] == [10, 7.5, 5, 2.5]
    assert [floor for floor, _ in BANDS] == [85, 70, 50, 0]
    assert (KEEP_SCORE, MANY_HIGH, ANNOUNCE_DAYS, ours.SOURCE_CHECK) == (70, 3, 14, 0.30)
    assert DAYS == {"S": 1, "M": 4, "L": 15}
    assert f"topic ({', '.join(TOPICS)})" in PAGE.replace("\n", " ")


def test_every_check_that_moves_a_number_stands_in_the_table() -> None:
    named = {c for row in ROWS for c in re.findall(r"[A-Z]{3}-\d\d", row)}
    assert named == set(EFFECTS)
    assert set(EFFECTS) <= {c.id for c in load_checklist().checks}


# Worked numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("controls", "noticed"), [({"schema": 0.3, "rule": 0.5}, 0.65), ({"way out": 0.6, "rule": 0.5}, 0.80), ({}, 0.0)]
)
def test_controls_combine_as_independent(controls: dict[str, float], noticed: float) -> None:
    chance = Chance(id="a", point=0.85, rate=None, basis="assumed", detects=controls)
    assert chance.c == pytest.approx(noticed)


def test_rates_averaged_before_multiplying_are_wrong_by_eleven_points() -> None:
    assert pytest.approx(0.6117, abs=5e-5) == 0.65 * 0.98**8 + 0.35 * 0.80**8
    assert pytest.approx(0.5000, abs=5e-5) == (0.65 * 0.98 + 0.35 * 0.80) ** 8


def test_the_best_that_retries_can_do() -> None:
    assert pytest.approx(0.9341, abs=5e-5) == 0.85 / (1 - 0.15 * 0.6)


def test_half_shared_ignorance_of_the_voice_agent() -> None:
    stack = read_stack(folder("sample_stacks") / "voice_agent.yaml")
    success = assess(stack, load_checklist(), on=date(2026, 11, 20)).reliability.as_is.success
    assert (success.point, success.low, success.high) == pytest.approx((0.2725, 0.052, 0.697), abs=5e-4)


@pytest.mark.parametrize(
    ("successes", "runs", "low", "high"), [(1940, 2000, 0.963, 0.976), (9, 300, 0.016, 0.052), (18, 600, 0.019, 0.044)]
)
def test_exact_bounds_of_end_to_end_counts(successes: int, runs: int, low: float, high: float) -> None:
    assert clopper_pearson(successes, runs) == pytest.approx((low, high), abs=5e-4)


def test_independent_trials_would_end_right_four_times_in_three_percent() -> None:
    assert pytest.approx(0.0311, abs=5e-5) == 0.42**4


def test_a_fall_of_five_points_from_90_percent_takes_540_runs() -> None:
    assert window_size(0.90, 0.85) == 540


def test_eight_steps_at_85_percent_lose_43651_in_a_thousand_runs() -> None:
    row = tuple(Step(f"s{i}", ((f"s{i + 1}", 1.0),) if i < 7 else ()) for i in range(8))
    ends = absorb(row, Rates(p=np.full(8, 0.85)))
    assert 1000 * (4 * ends.caught[0] + 60 * ends.silent[0]) == pytest.approx(43_651, abs=0.5)


@pytest.mark.parametrize(("noticed", "silent"), [(0.0, 0.25), (1.0, 0.375)])
def test_noticing_more_can_leave_more_silent(noticed: float, silent: float) -> None:
    row = (Step("a", (("b", 1.0),)), Step("b", (("c", 1.0),)), Step("c"))
    ends = absorb(row, Rates(p=[0.5, 1.0, 0.5], c=[noticed, 0, 0], m=1, d=[0, 1.0, 0]))
    assert ends.silent[0] == pytest.approx(silent)
