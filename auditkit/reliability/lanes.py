"""The algebra of the two lanes of a run: clean, and carrying an error that nobody has noticed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Share = Array | float
"""One probability a row, or a plain number where all rows agree: that costs a tenth of an array of one."""
Mass = tuple[Share, Share]
"""Probability in the clean lane and in the latent lane."""
Turn = tuple[Share, Share, Share, Share]
"""A 2 x 2 lane matrix by rows: clean to clean, clean to latent, latent to clean, latent to latent."""

ZERO, ONE = 0.0, 1.0
NOTHING: Mass = (ZERO, ZERO)
UNTOUCHED: Turn = (ONE, ZERO, ZERO, ONE)

ENDLESS = 2**30
"""Turns after which a loop without a bound counts as hung: far beyond any run, yet finite."""

_SPENT = 1e-30


def visit(p: Array, c: Array, m: Array, rho: Array) -> tuple[Array, Array, Array]:
    """One visit of a step: (ok, stopped, undetected), which sum to 1; inputs broadcast, m may be any size."""
    wrong = 1.0 - p
    caught, missed = wrong * c, wrong * (1.0 - c)
    if not np.any(m):
        return p, caught, missed
    again = rho * p
    lost = (1.0 - again) * (1.0 - c)
    settles = again + lost
    left = _power(1.0 - settles, m)
    # Where no retry can settle (again = lost = 0), both shares below are 0 and `left` is 1.
    done = caught * (1.0 - left) / np.where(settles > 0.0, settles, 1.0)
    return p + done * again, caught * left, missed + done * lost


def _power(base: Array, times: Array) -> Array:
    """base ** times; row by row where each row has one exponent, since most of them are 0, 1 or 2."""
    if times.size == 1:
        return _multiplied(base, times.item())
    if times.ndim == 2 and times.shape == (len(base), 1):
        return np.array([_multiplied(row, once) for row, once in zip(base, times[:, 0].tolist())])
    return np.asarray(base**times)


def _multiplied(base: Array, times: float) -> Array:
    if times in (0.0, 1.0):
        return base if times else np.ones_like(base)
    return base * base if times == 2.0 else np.asarray(base ** np.array([times]))


def after(mass: Mass, turn: Turn) -> Mass:
    """The mass after one more turn."""
    clean, latent = mass
    cc, cl, lc, ll = turn
    return clean * cc + latent * lc, clean * cl + latent * ll


def join(one: Mass | None, other: Mass) -> Mass:
    """Two inflows of one step as one."""
    return other if one is None else (one[0] + other[0], one[1] + other[1])


def product(one: Turn, other: Turn) -> Turn:
    """First one turn, then the other."""
    return (*after((one[0], one[1]), other), *after((one[2], one[3]), other))


def total(one: Turn | None, other: Turn) -> Turn:
    """Two ways from one step to another as one."""
    if one is None:
        return other
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3]


def shared(turn: Turn, clean: float, latent: float) -> Turn:
    """The part of a turn that takes an edge with these shares of the two lanes."""
    return turn[0] * clean, turn[1] * latent, turn[2] * clean, turn[3] * latent


def turns(turn: Turn, bound: int | None) -> tuple[Turn, Turn]:
    """Visits per entry, sum of turn^k for k < bound, and what is left at the limit, turn^bound."""
    # Doubling needs log2(bound) products of terms >= 0: cheap, no cancellation, and never singular, which
    # (I - turn)^-1 is for a loop that nobody leaves.
    visits: Turn = (ZERO, ZERO, ZERO, ZERO)
    left = UNTOUCHED
    for bit in bin(ENDLESS if bound is None else bound)[2:]:
        visits, left = total(visits, product(left, visits)), product(left, left)
        if bit == "1":
            visits, left = total(UNTOUCHED, product(turn, visits)), product(left, turn)
        if max(entry if isinstance(entry, float) else float(entry.max()) for entry in left) < _SPENT:
            return visits, (ZERO, ZERO, ZERO, ZERO)
    return visits, left
