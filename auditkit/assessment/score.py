"""The score, its caps, how well it is known, and how much was looked at. None of it decides anything but O6."""

from __future__ import annotations

from collections.abc import Sequence

from auditkit.checklist.checks import WEIGHTS, Check
from auditkit.model.report import Assurance, CheckResult, Coverage, PillarScore, Score

POINTS = {"pass": 1.0, "partial": 0.5, "fail": 0.0, "waived": 0.0}
BANDS = ((85, "keep-grade"), (70, "hardening"), (50, "weak"), (0, "not for real users"))


def score(results: Sequence[CheckResult], pillars: Sequence[str]) -> Score:
    """The assured score: unknown counts as 0 in `raw`, as 1 in `high`; caps are the strongest that fires."""
    raw, high = _mean(results)
    cap, why = cap_of(results)
    shown = raw if cap is None else min(raw, cap)
    return Score(shown=_round(shown), raw=_round(raw), high=_round(high), cap=cap, capped_by=why,
                 band=next(word for floor, word in BANDS if shown >= floor), pillars=tuple(_pillar(p, results) for p in pillars))


def _pillar(pillar: str, results: Sequence[CheckResult]) -> PillarScore:
    own = [r for r in results if r.pillar == pillar]
    applicable = [r for r in own if r.outcome != "not_applicable"]
    if not applicable:
        return PillarScore(pillar=pillar, shown=None, raw=None, high=None, passed=0, of=0)
    raw, high = _mean(own)
    cap, _ = cap_of(own, one_pillar=True)
    return PillarScore(pillar=pillar, shown=_round(raw if cap is None else min(raw, cap)), raw=_round(raw), high=_round(high),
                       cap=cap, passed=sum(r.outcome == "pass" for r in applicable), of=len(applicable))


def _mean(results: Sequence[CheckResult]) -> tuple[float, float]:
    """Weighted mean over what applies: with unknown as 0, and as 1. Nothing applicable scores 0 to 100."""
    applicable = [r for r in results if r.outcome != "not_applicable"]
    total = sum(WEIGHTS[r.severity] for r in applicable)
    if not total:
        return 0.0, 100.0
    low = sum(WEIGHTS[r.severity] * POINTS.get(r.outcome, 0.0) for r in applicable)
    unknown = sum(WEIGHTS[r.severity] for r in applicable if r.outcome == "unknown")
    return 100 * low / total, 100 * (low + unknown) / total


def cap_of(results: Sequence[CheckResult], *, one_pillar: bool = False) -> tuple[float | None, tuple[str, ...]]:
    """The strongest cap and the checks behind it."""
    def which(severity: str, *outcomes: str) -> tuple[str, ...]:
        return tuple(r.check for r in results if r.severity == severity and r.outcome in outcomes)

    if failed := which("critical", "fail", "waived"):
        return 49.0, failed
    if open_ := which("critical", "partial", "unknown"):
        return 69.0, open_
    high = which("high", "fail", "waived")
    if len(high) >= 3:
        return (59.0 if one_pillar else 79.0), high
    return None, ()


def _round(value: float) -> float:
    return round(value, 1)


def assurance(results: Sequence[CheckResult]) -> Assurance:
    """What the results rest on, by weight, and the letter."""
    applicable = [r for r in results if r.outcome != "not_applicable"]
    total = sum(WEIGHTS[r.severity] for r in applicable) or 1.0
    share = {basis: sum(WEIGHTS[r.severity] for r in applicable if r.basis == basis) / total
             for basis in ("measured", "inspected", "declared")}
    unknown = max(0.0, 1 - sum(share.values()))
    critical = [r for r in applicable if r.severity == "critical"]
    hard = all(r.basis in ("measured", "inspected") for r in critical)
    if hard and critical and share["measured"] >= 0.5:
        letter, because = "A1", "half of the weight is measured, and every critical check is measured or inspected"
    elif hard and critical:
        letter, because = "A2", "every critical check is measured or inspected"
    elif share["inspected"] + share["measured"] >= 0.5:
        letter, because = "A3", "half of the weight is inspected or measured"
    else:
        letter, because = "A4", "less than half of the weight is inspected or measured"
    return Assurance(letter=letter, unknown=unknown, because=because, **share)


def coverage(results: Sequence[CheckResult], checks: Sequence[Check]) -> Coverage:
    """How many checks were decided; provisional while a critical or high one is not known."""
    unknown = [r for r in results if r.outcome == "unknown"]
    away = sum(r.outcome == "not_applicable" for r in results)
    return Coverage(checks=len(checks), decided=len(results) - len(unknown) - away, unknown=len(unknown), not_applicable=away,
                    provisional=any(r.severity in ("critical", "high") for r in unknown))
