"""What is known about a rate: Betas from declarations, counts and assumptions, intervals, joint draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from .betas import beta_cdf, beta_quantile, quantile_table

__all__ = [
    "Beta",
    "assumed",
    "beta_cdf",
    "beta_quantile",
    "clopper_pearson",
    "contradicts",
    "declared",
    "draws",
    "interval",
    "measured",
    "newcombe",
    "wilson",
]


@dataclass(frozen=True)
class Beta:
    """Knowledge of a rate worth a + b runs, a of them successes; ValueError unless both are above 0."""

    a: float
    b: float

    def __post_init__(self) -> None:
        if not (0.0 < self.a < np.inf and 0.0 < self.b < np.inf):
            raise ValueError(f"Beta({self.a}, {self.b}) needs both counts above 0")

    @property
    def mean(self) -> float:
        """Expected rate."""
        return self.a / (self.a + self.b)

    @property
    def strength(self) -> float:
        """How many runs this knowledge is worth."""
        return self.a + self.b


JEFFREYS = Beta(0.5, 0.5)
TINY = 1e-6
"""Nobody states a rate nearer to 0 or 1 than this and knows it; smaller ones break the arithmetic."""


def declared(rate: float, strength: float) -> Beta:
    """A stated rate worth `strength` runs; its mean is kept, except that 0 and 1 become no certainty."""
    _check_rate(rate)
    half = 0.5 if rate in (0.0, 1.0) else 0.0
    if not half:
        rate = min(max(rate, TINY), 1.0 - TINY)
    return Beta(rate * strength + half, (1.0 - rate) * strength + half)


def assumed(mean: float, strength: float) -> Beta:
    """The prior of a class of steps about which nothing is known: worth `strength` runs at `mean`."""
    return Beta(mean * strength, (1.0 - mean) * strength)


def measured(successes: float, runs: float, prior: Beta | None = None, weight: float = 1.0) -> Beta:
    """Counts on top of a prior (default Jeffreys); each run counts `weight`, for old data or evals."""
    _check_counts(successes, runs)
    start = prior or JEFFREYS
    return Beta(start.a + weight * successes, start.b + weight * (runs - successes))


def contradicts(rate: float, evidence: Beta, slack: float = 0.03, level: float = 0.05) -> bool:
    """Whether a declared rate is refuted: P(true rate >= rate - slack | evidence alone) < level."""
    return 1.0 - beta_cdf(rate - slack, evidence.a, evidence.b) < level


def interval(beta: Beta, low: float = 0.05, high: float = 0.95) -> tuple[float, float]:
    """The quantiles at `low` and `high`."""
    return beta_quantile(low, beta.a, beta.b), beta_quantile(high, beta.a, beta.b)


def clopper_pearson(successes: int, runs: int, tail: float = 0.05) -> tuple[float, float]:
    """Exact bounds of a rate, each wrong with probability at most `tail` on its own side."""
    _check_counts(successes, runs)
    low = beta_quantile(tail, successes, runs - successes + 1) if successes else 0.0
    high = beta_quantile(1.0 - tail, successes + 1, runs - successes) if successes < runs else 1.0
    return low, high


def wilson(successes: float, runs: float, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's two-sided score interval of a rate; (0, 1) without runs."""
    _check_counts(successes, runs)
    if not runs:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rate, extra = successes / runs, z * z / runs
    centre = (rate + extra / 2) / (1 + extra)
    half = z * sqrt(rate * (1 - rate) / runs + extra / (4 * runs)) / (1 + extra)
    # Without failures or without successes the bound is the end itself, which rounding would miss.
    return centre - half if successes else 0.0, centre + half if successes < runs else 1.0


def newcombe(
    successes_1: float, runs_1: float, successes_2: float, runs_2: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Newcombe's interval of rate 1 minus rate 2, from their Wilson intervals; (-1, 1) without runs."""
    if not (runs_1 and runs_2):
        return -1.0, 1.0
    rate_1, rate_2 = successes_1 / runs_1, successes_2 / runs_2
    low_1, high_1 = wilson(successes_1, runs_1, confidence)
    low_2, high_2 = wilson(successes_2, runs_2, confidence)
    drop = rate_1 - rate_2
    down, up = (
        sqrt((rate_1 - low_1) ** 2 + (high_2 - rate_2) ** 2),
        sqrt((high_1 - rate_1) ** 2 + (rate_2 - low_2) ** 2),
    )
    return drop - down, drop + up


def draws(
    betas: Sequence[Beta],
    groups: Sequence[str | None],
    n: int,
    seed: int,
    correlation: float = 0.5,
    columns: Sequence[int] | None = None,
) -> NDArray[np.float64]:
    """(n, k) joint draws: column i follows betas[i]; columns of one group share a common factor.

    With `columns`, only those are drawn, as they stand among all: (n, len(columns)).

    `correlation` is that of the underlying normals within a group (steps on one model err together); no group
    means independent. Column i's own noise depends on (seed, i) alone, a factor on (seed, group name) alone:
    adding a step at the end or changing another step's Beta leaves every other column as it was.
    """
    if len(betas) != len(groups):
        raise ValueError(f"{len(betas)} rates but {len(groups)} groups")
    _check_rate(correlation)
    wanted = range(len(betas)) if columns is None else columns
    factors = {
        name: sqrt(correlation) * _noise(seed, n, 1, *name.encode())
        for name in {groups[i] for i in wanted}
        if name is not None
    }
    tables = {betas[i]: quantile_table(betas[i].a, betas[i].b) for i in wanted}
    drawn = np.empty((len(wanted), n))
    own = sqrt(1.0 - correlation)
    for row, i in enumerate(wanted):
        normal = _noise(seed, n, 0, i)
        group = groups[i]
        if group is not None:
            normal = own * normal + factors[group]
        drawn[row] = tables[betas[i]](normal)
    # Step by step in memory, which is how the chain reads them.
    return drawn.T


def _noise(seed: int, n: int, *key: int) -> NDArray[np.float64]:
    """n standard normal draws that depend on the seed and the key alone; not to be written to."""
    return _remembered(seed, n, key) if n <= _SHORT else _normals(seed, n, key)


def _normals(seed: int, n: int, key: tuple[int, ...]) -> NDArray[np.float64]:
    stream = np.random.SFC64(np.random.SeedSequence(seed, spawn_key=key))
    normals = np.random.Generator(stream).standard_normal(n)
    normals.setflags(write=False)
    return normals


_SHORT = 20_000
"""Draws that are remembered: 10 MB in all. An audit asks for the same ones for every stage of its roadmap."""
_remembered = lru_cache(maxsize=64)(_normals)


def _check_counts(successes: float, runs: float) -> None:
    if not 0 <= successes <= runs:
        raise ValueError(f"{successes} successes of {runs} runs: successes lie between 0 and the runs")


def _check_rate(rate: float) -> None:
    if not 0.0 <= rate <= 1.0:
        raise ValueError(f"{rate} is no rate; a rate lies between 0 and 1")
