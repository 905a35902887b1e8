"""Which step to work on: what removing or improving each one gains, how good each must be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import floor, inf, log

import numpy as np

from .chain import Rates, Step, absorb
from .lanes import Array

_CELLS = 2_000_000
"""Scenarios times steps per call of the chain: 16 MB of rates, whatever the size of the graph."""
_GRID = 1000


def serial_floor(target: float, n: int) -> float:
    """The rate that each of n steps in a row needs to end right with probability `target`."""
    if n < 1:
        raise ValueError(f"a chain of {n} steps has no floor")
    return float(target ** (1.0 / n))


def step_budget(target: float, p: float) -> int | None:
    """How many steps in a row at rate p still reach the target; None when p = 1 sets no limit."""
    _check_target(target)
    if p >= 1.0:
        return None
    if p <= 0.0:
        return 0
    # The small term keeps an exact budget, such as .81 at .9, from falling to rounding.
    return floor(log(target) / log(p) + 1e-9)


def needed_alone(target: float, p_i: float, success: float) -> float:
    """Rate one step of a serial chain needs if only it changes; above 1 means it cannot do so alone."""
    return target * p_i / success if success > 0.0 else inf


def water_fill(ps: Sequence[float], target: float) -> float:
    """The floor x with prod max(p, x) = target for steps in a row; 0 when they reach it as they are."""
    _check_target(target)
    if float(np.prod(ps)) >= target:
        return 0.0
    ranked = sorted(ps)
    # Lift the weakest step, then the weakest two, and so on, until the level stays below the next.
    for lifted in range(1, len(ranked)):
        rest = float(np.prod(ranked[lifted:]))
        if rest > 0.0 and (level := float((target / rest) ** (1.0 / lifted))) <= ranked[lifted]:
            return level
    return serial_floor(target, len(ranked))


def removal_gains(graph: tuple[Step, ...], rates: Rates) -> tuple[Array, Array]:
    """(success gain, silent change), each (n,), of turning one step into plain code that is always right.

    Its checkpoint and repair stay as they are. `rates` holds one row.
    """
    return _gains(graph, rates, lambda p: np.ones_like(p))


def fix_gains(graph: tuple[Step, ...], rates: Rates) -> tuple[Array, Array]:
    """(success gain, silent change), each (n,), of halving one step's failures; `rates` holds one row."""
    return _gains(graph, rates, lambda p: (1.0 + p) / 2.0)


def required_floor(graph: tuple[Step, ...], rates: Rates, target: float) -> float | None:
    """Smallest x so that lifting each step below x to x reaches the target; 0 if met, None if nothing does.

    Presumes that better steps end more runs right, which holds without repair (h = 0).
    """
    p = _row(graph, rates)
    return _smallest(graph, rates, target, lambda x: np.maximum(p, x))


def equal_floor(graph: tuple[Step, ...], rates: Rates, target: float) -> float | None:
    """Smallest x that reaches the target when every step is right at rate x; None if nothing does."""
    p = _row(graph, rates)
    return _smallest(graph, rates, target, lambda x: np.broadcast_to(x, (len(x), len(p))))


def _gains(graph: tuple[Step, ...], rates: Rates, better: Callable[[Array], Array]) -> tuple[Array, Array]:
    p = _row(graph, rates)
    base = absorb(graph, replace(rates, p=p))
    lifted = better(p)
    n = len(graph)
    success, silent = np.empty(n), np.empty(n)
    chunk = max(32, min(2048, _CELLS // n))
    for start in range(0, n, chunk):
        changed = np.arange(start, min(n, start + chunk))
        scenarios = np.repeat(p[:, None], len(changed), axis=1)
        scenarios[changed, changed - start] = lifted[changed]
        result = absorb(graph, replace(rates, p=scenarios.T))
        success[changed] = result.success - base.success[0]
        silent[changed] = result.silent - base.silent[0]
    return success, silent


def _smallest(
    graph: tuple[Step, ...], rates: Rates, target: float, lift: Callable[[Array], Array]
) -> float | None:
    """Smallest x in 0..1 whose lifted rates reach the target, to 1e-12, by a grid of levels per call."""
    _check_target(target)
    low, high = 0.0, 1.0
    while high - low > 1e-12:
        levels = np.linspace(low, high, _GRID + 1)
        enough = absorb(graph, replace(rates, p=lift(levels[:, None]))).success >= target - 1e-12
        if not enough[-1]:
            return None
        first = int(np.argmax(enough))
        if first == 0:
            return float(levels[0])
        low, high = float(levels[first - 1]), float(levels[first])
    return high


def _row(graph: tuple[Step, ...], rates: Rates) -> Array:
    """The rates p of a single scenario, (n,)."""
    for name in ("p", "c", "m", "rho", "d", "h"):
        shape = np.shape(getattr(rates, name))
        if len(shape) > 1 and shape[0] != 1:
            raise ValueError(f"rate {name} has {shape[0]} rows; sensitivity takes one")
    p = np.asarray(rates.p, dtype=float)
    return np.broadcast_to(p.reshape(-1) if p.ndim else p, (len(graph),))


def _check_target(target: float) -> None:
    if not 0.0 < target <= 1.0:
        raise ValueError(f"{target} is no target; a target lies above 0 and up to 1")
