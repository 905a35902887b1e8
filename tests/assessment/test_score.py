"""The score: raw, capped, with an interval for what is not known; and the letter for what it rests on."""

from __future__ import annotations

import pytest

from auditkit.assessment.score import assurance, coverage, score
from auditkit.model.base import Basis
from auditkit.model.report import CheckResult, Outcome

from .stacks import checklist, of_sample

PILLARS = ("One", "Two")


def made(severity: str, outcome: Outcome, n: int = 1, *, pillar: str = "One", basis: Basis | None = None) -> list[CheckResult]:
    """n results of a severity."""
    return [
        CheckResult(
            check=f"{severity[:3].upper()}-{i:02}{outcome[0]}",
            pillar=pillar,
            outcome=outcome,
            severity=severity,  # type: ignore[arg-type]
            basis=basis,
        )
        for i in range(n)
    ]


def test_one_failed_critical_among_65_checks_moves_97_6_to_49() -> None:
    results = [
        *made("critical", "pass", 9),
        *made("critical", "fail"),
        *made("high", "pass", 25),
        *made("medium", "pass", 25),
        *made("low", "pass", 5),
    ]
    found = score(results, PILLARS)
    assert (found.raw, found.high, found.cap, found.shown) == (97.6, 97.6, 49, 49)
    assert found.capped_by == ("CRI-00f",)
    assert found.band == "not for real users"


def test_unknown_criticals_cap_at_69_and_leave_an_interval() -> None:
    results = [
        *made("critical", "pass", 8),
        *made("critical", "unknown", 2),
        *made("high", "pass", 20),
        *made("high", "partial", 5),
        *made("medium", "pass", 20),
        *made("medium", "fail", 5),
    ]
    found = score(results, PILLARS)
    assert (found.cap, found.shown) == (69, 69)
    assert found.raw < found.high


@pytest.mark.parametrize(
    ("results", "cap"),
    [
        (made("critical", "pass"), None),
        (made("critical", "fail"), 49),
        (made("critical", "waived"), 49),
        (made("critical", "partial"), 69),
        (made("critical", "unknown"), 69),
        (made("high", "fail", 2), None),
        (made("high", "fail", 3), 79),
        (made("high", "waived", 3), 79),
        (made("high", "partial", 3), None),
        (made("high", "unknown", 3), None),
        (made("medium", "fail", 9), None),
        ([*made("critical", "fail"), *made("critical", "unknown"), *made("high", "fail", 3)], 49),
    ],
)
def test_the_strongest_cap_wins(results: list[CheckResult], cap: float | None) -> None:
    assert score([*results, *made("low", "pass", 50)], PILLARS).cap == cap


def test_three_high_fails_in_one_pillar_cap_that_pillar_at_59() -> None:
    results = [*made("high", "fail", 3), *made("high", "pass", 20), *made("high", "pass", 5, pillar="Two")]
    found = score(results, PILLARS)
    assert [(p.pillar, p.cap, p.shown) for p in found.pillars] == [("One", 59, 59), ("Two", None, 100)]
    assert (found.cap, found.shown) == (79, 79)


def test_high_fails_spread_over_pillars_cap_only_the_whole() -> None:
    results = [*made("high", "fail", 2), *made("high", "fail", 1, pillar="Two"), *made("low", "pass", 90)]
    found = score(results, PILLARS)
    assert [p.cap for p in found.pillars] == [None, None]
    assert found.cap == 79


def test_a_cap_never_lifts() -> None:
    assert score(made("critical", "fail", 3), PILLARS).shown == 0


def test_what_does_not_apply_leaves_the_sum() -> None:
    some = [*made("high", "pass", 3), *made("medium", "fail")]
    assert score([*some, *made("critical", "not_applicable", 9)], PILLARS).raw == score(some, PILLARS).raw


def test_a_pillar_in_which_nothing_applies_has_no_score() -> None:
    found = score([*made("high", "pass"), *made("high", "not_applicable", pillar="Two")], PILLARS)
    assert [p.shown for p in found.pillars] == [100, None]


def test_nothing_known_scores_from_0_to_100() -> None:
    found = score(made("medium", "unknown", 4), PILLARS)
    assert (found.raw, found.high) == (0, 100)
    empty = score([], PILLARS)
    assert (empty.raw, empty.high) == (0, 100)


def test_not_answering_never_pays() -> None:
    answered = score([*made("medium", "pass"), *made("medium", "fail")], PILLARS)
    silent = score([*made("medium", "pass"), *made("medium", "unknown")], PILLARS)
    assert silent.shown == answered.shown
    assert silent.high > answered.high


def test_a_partial_is_half() -> None:
    assert score(made("high", "partial", 4), PILLARS).raw == 50


def test_an_accepted_risk_scores_as_a_fail() -> None:
    assert score(made("high", "waived", 2), PILLARS).raw == 0


def test_weights_follow_severity() -> None:
    raw = score([*made("critical", "pass"), *made("low", "fail")], PILLARS).raw
    assert raw == 80


@pytest.mark.parametrize(("shown", "band"), [(100, "keep-grade"), (80, "hardening"), (60, "weak"), (40, "not for real users")])
def test_bands(shown: int, band: str) -> None:
    results = [*made("medium", "pass", shown), *made("medium", "fail", 100 - shown)]
    assert score(results, PILLARS).band == band


# Assurance -------------------------------------------------------------------------------------------------


def rests_on(critical: Basis, rest: Basis) -> str:
    results = [*made("critical", "pass", 2, basis=critical), *made("medium", "pass", 10, basis=rest)]
    return assurance(results).letter


@pytest.mark.parametrize(
    ("critical", "rest", "letter"),
    [
        ("measured", "measured", "A1"),
        ("inspected", "measured", "A1"),
        ("measured", "declared", "A2"),
        ("inspected", "inspected", "A2"),
        ("declared", "inspected", "A3"),
        ("declared", "measured", "A3"),
        ("declared", "declared", "A4"),
    ],
)
def test_the_letter_says_what_the_results_rest_on(critical: Basis, rest: Basis, letter: str) -> None:
    assert rests_on(critical, rest) == letter


def test_one_declared_critical_is_enough_to_lose_a2() -> None:
    results = [
        *made("critical", "pass", 9, basis="inspected"),
        *made("critical", "pass", basis="declared"),
        *made("low", "pass", 90, basis="declared"),
    ]
    assert assurance(results).letter == "A4"


def test_one_unknown_critical_is_enough_to_lose_a2() -> None:
    results = [*made("critical", "pass", 9, basis="measured"), *made("critical", "unknown")]
    assert assurance(results).letter == "A3"


def test_the_shares_sum_to_one() -> None:
    for name in ("voice_agent", "refund_helper", "executive_assistant"):
        found = of_sample(name).assurance
        assert found.measured + found.inspected + found.declared + found.unknown == pytest.approx(1)


def test_assurance_is_never_in_the_score() -> None:
    weak = [*made("high", "pass", 5, basis="declared")]
    strong = [*made("high", "pass", 5, basis="measured")]
    assert score(weak, PILLARS) == score(strong, PILLARS)


# Coverage --------------------------------------------------------------------------------------------------


def test_an_audit_is_provisional_while_a_high_check_is_unknown() -> None:
    checks = checklist().checks
    assert coverage(made("high", "unknown"), checks).provisional
    assert coverage(made("critical", "unknown"), checks).provisional
    assert not coverage(made("medium", "unknown"), checks).provisional
    assert not coverage(made("high", "fail"), checks).provisional


def test_every_check_is_counted_once() -> None:
    for name in ("voice_agent", "ops_agent"):
        found = of_sample(name).coverage
        assert found.decided + found.unknown + found.not_applicable == found.checks == len(checklist().checks)
