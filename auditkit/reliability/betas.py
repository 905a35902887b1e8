"""The Beta distribution: cumulative probability, quantiles, and tables from normal draws to Beta draws."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import erfc, exp, inf, lgamma, log, log1p, pi

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_TINY = 1e-300
_EPS = 1e-16
_HALF_LOG_2PI = 0.5 * log(2 * pi)
_REACH = 8.5
_NODES = 2049


def beta_cdf(x: float, a: float, b: float) -> float:
    """P(rate <= x) for Beta(a, b): the regularised incomplete beta function."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    return exp(_log_below(log(x) - log1p(-x), a, b))


def beta_quantile(q: float, a: float, b: float) -> float:
    """The rate that Beta(a, b) stays below with probability q; ValueError unless 0 <= q <= 1."""
    if not 0.0 <= q <= 1.0:
        raise ValueError(f"{q} is no probability")
    if q in (0.0, 1.0):
        return q
    if q > 0.5:
        return _sigmoid(-_logit_quantile(1.0 - q, b, a))
    return _sigmoid(_logit_quantile(q, a, b))


@lru_cache(maxsize=4096)        # hundreds of workflows share the same few priors
def _logit_quantile(q: float, a: float, b: float) -> float:
    """Logit of the quantile, q <= .5, by Newton steps on the log of the cumulative probability."""
    # On the logit scale the density is log-concave, so the log of its integral is concave: from the left
    # Newton steps rise to the root, a step from the right lands left of it. Plain bisection is the guard.
    low, high = -inf, inf
    t, goal = log(a / b), log(q)
    for _ in range(400):
        gap = goal - (value := _log_below(t, a, b))
        low, high = (t, high) if gap > 0 else (low, t)
        slope = exp(_log_density(t, a, b) - value)
        step = gap / slope if slope > 0 else (50.0 if gap > 0 else -50.0)
        step = max(-1e4 / min(a, 1.0), min(1e4 / min(a, 1.0), step))
        if abs(step) <= 1e-15 * max(1.0, abs(t)):
            return t
        new = t + step
        if not low < new < high:
            if low == -inf or high == inf:
                return t
            new = 0.5 * (low + high)
            if new in (low, high):
                return t
        t = new
    return t


def _log_below(t: float, a: float, b: float) -> float:
    """Log of P(logit of the rate <= t)."""
    if _sigmoid(t) <= (a + 1.0) / (a + b + 2.0):
        return min(0.0, _log_density(t, a, b) - log(a) + log(_fraction(_sigmoid(t), a, b)))
    above = _log_density(t, a, b) - log(b) + log(_fraction(_sigmoid(-t), b, a))
    return log1p(-min(exp(above), 1.0 - _EPS))


def _log_density(t: float, a: float, b: float) -> float:
    """Log density of the logit of the rate: x^a (1 - x)^b / B(a, b)."""
    # Relative to the mean, as in Loader's saddle-point form: lgamma of large counts would cost eight digits.
    mean, rest = a / (a + b), b / (a + b)
    x, y = _sigmoid(t), _sigmoid(-t)
    off = x - mean if x <= y else rest - y
    if abs(off) < 0.5 * min(mean, rest):
        kernel = a * log1p(off / mean) + b * log1p(-off / rest)
    else:
        kernel = a * (_log_sigmoid(t) - log(mean)) + b * (_log_sigmoid(-t) - log(rest))
    corrections = _stirling(a + b) - _stirling(a) - _stirling(b)
    return kernel + 0.5 * (log(a) + log(rest)) - _HALF_LOG_2PI + corrections


def _stirling(x: float) -> float:
    """What Stirling's formula lacks of lgamma(x)."""
    if x < 12.0:
        return lgamma(x) - ((x - 0.5) * log(x) - x + _HALF_LOG_2PI)
    s = 1.0 / (x * x)
    return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) / x


def _fraction(x: float, a: float, b: float) -> float:
    """The factor f in P(rate <= x) = x^a (1 - x)^b f / (a B(a, b)), by Lentz's method."""
    # Continued fraction of Numerical Recipes, section 6.4; quick for x < (a + 1) / (a + b + 2).
    c, d = 1.0, 1.0 / _nonzero(1.0 - (a + b) * x / (a + 1.0))
    result = d
    for m in range(1, 1_000_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1.0 / _nonzero(1.0 + even * d), _nonzero(1.0 + even / c)
        result *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1.0 / _nonzero(1.0 + odd * d), _nonzero(1.0 + odd / c)
        result *= d * c
        if abs(d * c - 1.0) < 3 * _EPS:
            break
    return result


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _log_sigmoid(t: float) -> float:
    return min(t, 0.0) - log1p(exp(-abs(t)))


def _sigmoid(t: float) -> float:
    return 1.0 / (1.0 + exp(-t)) if t >= 0 else (exp(t) / (1.0 + exp(t)))


@lru_cache(maxsize=4096)
def quantile_table(a: float, b: float) -> Callable[[Array], Array]:
    """A function from standard normal draws to draws of Beta(a, b), by interpolation on a fixed grid."""
    t, below, above = _cumulative(a, b)
    z, tail = _normal_grid()
    half = len(z) // 2
    # Each tail is inverted from its own end, in logs, so that rates near 0 and 1 keep their digits.
    left = np.interp(tail[: half + 1], below, t)
    right = np.interp(tail[half + 1 :], above[::-1], t[::-1])
    logit = np.concatenate([left, right])
    x = np.where(logit < 0, np.exp(np.minimum(logit, 0)), 1.0) / (1.0 + np.exp(-np.abs(logit)))
    rise = np.append(np.diff(x), 0.0)
    scale = (len(z) - 1) / (2 * _REACH)

    def rates(normal: Array) -> Array:
        place = (normal + _REACH) * scale
        np.clip(place, 0.0, len(z) - 1, out=place)
        cell = place.astype(np.intp)
        place -= cell
        place *= rise[cell]
        place += x[cell]
        return place

    return rates


def _cumulative(a: float, b: float) -> tuple[Array, Array, Array]:
    """A grid of logits t with the logs of P(below t) and of P(above t) under Beta(a, b)."""
    width = (1.0 / a + 1.0 / b) ** 0.5
    mode = log(a / b)
    # The density of the logit is close to normal in the middle and decays like e^(at), e^(-bt) outside.
    t = np.linspace(mode - 9.0 * width - 40.0 / a, mode + 9.0 * width + 40.0 / b, _NODES)
    soft = np.maximum(t, 0.0) + np.log1p(np.exp(-np.abs(t)))
    height = a * (t - mode) - (a + b) * (soft - float(np.logaddexp(0.0, mode)))
    density = np.exp(height)
    slope = density * (a - (a + b) * np.exp(t - soft))
    h = t[1] - t[0]
    # Trapezoids with the end correction of Euler and Maclaurin: exact to fourth order.
    cells = np.maximum(h / 2 * (density[1:] + density[:-1]) + h * h / 12 * (slope[:-1] - slope[1:]), _TINY)
    below = np.concatenate([[cells[0]], np.cumsum(cells)])
    above = np.concatenate([np.cumsum(cells[::-1])[::-1], [cells[-1]]])
    whole = log(below[-1])
    return t, np.log(below) - whole, np.log(above) - whole


@lru_cache(maxsize=1)
def _normal_grid() -> tuple[Array, Array]:
    """Normal quantiles z and the log of the smaller tail beyond each."""
    z = np.linspace(-_REACH, _REACH, _NODES)
    # erfc from the standard library keeps the digits of the tails; 2,049 calls, once.
    tail = np.array([log(0.5 * erfc(abs(value) / 2**0.5)) for value in z])
    return z, tail
