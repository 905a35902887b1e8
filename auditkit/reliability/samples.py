"""How many runs a claim needs."""

from __future__ import annotations

from math import ceil, expm1, log, log1p


def clean_runs_for(claim: float, confidence: float = 0.95) -> int:
    """Runs without a failure that prove a success rate of at least `claim`: 299 for 99% at 95% confidence."""
    _check(claim=claim, confidence=confidence)
    return _at_least(log1p(-confidence) / log(claim))


def runs_to_see(rate: float, probability: float = 0.95) -> int:
    """Runs that show an event of this rate at least once with this probability: 74 for 4% at 95%."""
    _check(rate=rate, probability=probability)
    return _at_least(log1p(-probability) / log1p(-rate))


def upper_bound_no_failure(n: int, confidence: float = 0.95) -> float:
    """Exact upper bound of the failure rate after n runs without one: .0295 for 100; 1 when nothing ran."""
    _check(confidence=confidence)
    return -expm1(log1p(-confidence) / n) if n > 0 else 1.0


def chance_to_see(rate: float, runs: int) -> float:
    """P(an event of this rate shows at least once in that many runs)."""
    if rate >= 1.0:
        return 1.0 if runs else 0.0
    return -expm1(runs * log1p(-rate))


def _at_least(runs: float) -> int:
    # An exact whole number must not grow by one for rounding.
    return max(1, ceil(runs - 1e-9))


def _check(**shares: float) -> None:
    for name, value in shares.items():
        if not 0.0 < value < 1.0:
            raise ValueError(f"{name} {value} must lie strictly between 0 and 1")
