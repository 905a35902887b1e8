"""Whether a monitored success rate has fallen: two windows, a stream of outcomes, or a row of periods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, exp, lgamma, log, sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np

from .posteriors import beta_cdf, beta_quantile, measured, newcombe


@dataclass(frozen=True)
class Drop:
    """The fall of a success rate from one window to the next, in shares (0.05 is five points)."""

    drop: float
    low: float
    high: float
    z: float
    p_value: float
    test: Literal["z", "fisher"]
    fires: bool


@dataclass(frozen=True)
class Cusum:
    """A one-sided CUSUM over outcomes: where it ended, and after how many outcomes it first alarmed."""

    level: float
    peak: float
    alarm_after: int | None
    seen: int


@dataclass(frozen=True)
class ChangePoint:
    """Evidence for one change of rate in a row of periods."""

    log10_bayes_factor: float
    posterior: tuple[float, ...]
    """P(period t was the last before the change), t = 1, 2, ..., given that there was one."""

    @property
    def last_before(self) -> int:
        """The most probable last period before the change, counted from 1."""
        return 1 + max(range(len(self.posterior)), key=self.posterior.__getitem__)


def compare(
    successes_1: int,
    runs_1: int,
    successes_2: int,
    runs_2: int,
    tolerance: float = 0.05,
    confidence: float = 0.95,
) -> Drop:
    """An earlier window against a later one; fires when the drop is certain and at least `tolerance`.

    z is pooled, p_value one-sided (Fisher's exact test if a cell is below 5), low and high are Newcombe's.
    """
    if min(runs_1, runs_2) < 1:
        raise ValueError("a rate without runs cannot be tested; see window_size for how many it takes")
    drop = successes_1 / runs_1 - successes_2 / runs_2
    low, high = newcombe(successes_1, runs_1, successes_2, runs_2, confidence)
    pooled = (successes_1 + successes_2) / (runs_1 + runs_2)
    spread = sqrt(pooled * (1.0 - pooled) * (1.0 / runs_1 + 1.0 / runs_2))
    z = drop / spread if spread else 0.0
    small = min(successes_1, runs_1 - successes_1, successes_2, runs_2 - successes_2) < 5
    p_value = _fisher(successes_1, runs_1, successes_2, runs_2) if small else NormalDist().cdf(-z)
    fires = low > 0.0 and drop >= tolerance - 1e-12
    return Drop(drop, low, high, z, p_value, "fisher" if small else "z", fires)


def chance_of_drop(
    successes_1: int, runs_1: int, successes_2: int, runs_2: int, tolerance: float = 0.05
) -> float:
    """P(rate 1 - rate 2 > tolerance) from the counts alone (Jeffreys priors)."""
    first, second = measured(successes_1, runs_1), measured(successes_2, runs_2)
    nodes, weights = np.polynomial.legendre.leggauss(96)
    below = [
        beta_cdf(beta_quantile(float(q), first.a, first.b) - tolerance, second.a, second.b)
        for q in (nodes + 1.0) / 2.0
    ]
    return float(weights @ np.array(below)) / 2.0


def window_size(p1: float, p2: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Runs per window that show a fall from p1 to p2, one-sided: 64 for .94 to .79."""
    if p1 == p2:
        raise ValueError(f"no window tells {p1} from itself")
    z_alpha, z_power = NormalDist().inv_cdf(1.0 - alpha), NormalDist().inv_cdf(power)
    mean = (p1 + p2) / 2.0
    same = z_alpha * sqrt(2.0 * mean * (1.0 - mean))
    apart = z_power * sqrt(p1 * (1.0 - p1) + p2 * (1.0 - p2))
    return ceil(((same + apart) / (p1 - p2)) ** 2)


def cusum_increments(failure_rate: float, worse: float | None = None) -> tuple[float, float]:
    """What a failure adds and a success takes off, tuned to a rise to `worse` (default: twice the rate)."""
    if not 0.0 < failure_rate < 1.0:
        raise ValueError(f"baseline failure rate {failure_rate} must lie strictly between 0 and 1")
    # From one half on, twice the rate is no rate: halve the success rate instead.
    target = worse if worse is not None else min(2.0 * failure_rate, (1.0 + failure_rate) / 2.0)
    if not failure_rate < target < 1.0:
        raise ValueError(f"worse rate {target} must lie between the baseline {failure_rate} and 1")
    return log(target / failure_rate), log((1.0 - target) / (1.0 - failure_rate))


def cusum(
    outcomes: Iterable[bool], failure_rate: float, worse: float | None = None, threshold: float = 4.0
) -> Cusum:
    """Watch outcomes (True is right) in order for a rise of the failure rate; alarms at `threshold`.

    The threshold of 4 is a convention: some 3,290 outcomes between false alarms at a baseline of .06.
    """
    up, down = cusum_increments(failure_rate, worse)
    level = peak = 0.0
    alarm: int | None = None
    seen = 0
    for seen, right in enumerate(outcomes, start=1):
        level = max(0.0, level + (down if right else up))
        peak = max(peak, level)
        if alarm is None and level >= threshold:
            alarm = seen
    return Cusum(level, peak, alarm, seen)


def change_point(successes: Sequence[int], runs: Sequence[int]) -> ChangePoint:
    """Look back over at least four periods for one change of rate.

    A log10 Bayes factor above 1 speaks for a change, above 2 strongly. Jeffreys prior per segment;
    every period is equally likely to be the last before the change.
    """
    if len(successes) != len(runs):
        raise ValueError(f"{len(successes)} counts of successes but {len(runs)} of runs")
    if len(runs) < 4:
        raise ValueError(f"a change point needs at least 4 periods, not {len(runs)}")
    if any(not 0 <= s <= n for s, n in zip(successes, runs)):
        raise ValueError("successes lie between 0 and the runs of their period")
    one = _evidence(sum(successes), sum(runs))
    two = [
        _evidence(sum(successes[:t]), sum(runs[:t])) + _evidence(sum(successes[t:]), sum(runs[t:]))
        for t in range(1, len(runs))
    ]
    best = max(two)
    weights = [exp(value - best) for value in two]
    whole = sum(weights)
    factor = best + log(whole / len(two)) - one
    return ChangePoint(factor / log(10.0), tuple(weight / whole for weight in weights))


def _evidence(successes: int, runs: int) -> float:
    """Log marginal likelihood of one segment, without the binomial coefficients that cancel."""
    return _log_beta(0.5 + successes, 0.5 + runs - successes) - _log_beta(0.5, 0.5)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _fisher(successes_1: int, runs_1: int, successes_2: int, runs_2: int) -> float:
    """One-sided exact p: P(at least this many of all successes fall into the first window)."""
    right = successes_1 + successes_2
    whole = _log_choose(runs_1 + runs_2, right)
    most = min(runs_1, right)
    chances = (
        exp(_log_choose(runs_1, k) + _log_choose(runs_2, right - k) - whole)
        for k in range(successes_1, most + 1)
    )
    return min(1.0, sum(chances))


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
