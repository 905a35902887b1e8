"""How runs end under some chances: points, intervals, and what each step is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from auditkit.assessment import conventions as ours
from auditkit.assessment.chances import Chance
from auditkit.assessment.derived import Scene
from auditkit.model.base import STRENGTH, Basis
from auditkit.model.facts import Ref
from auditkit.model.report import Estimate, Scenario
from auditkit.reliability import Absorbed, Beta, Rates, Step, absorb, declared, draws
from auditkit.reliability.lanes import visit

Array = NDArray[np.float64]
VISIT_DRAWS = ours.DRAWS_LIVE
"""Draws behind the interval of a single step."""
SURE = 4.0
"""Standard deviations between a bound of few draws and what it is held against, from which on more draws change nothing."""


@dataclass(frozen=True)
class Draws:
    """Draws of every step's rate and detection under some chances: arrays (draws, steps)."""

    chances: tuple[Chance, ...]
    p: Array
    c: Array
    d: Array


def chain(scene: Scene, chances: Sequence[Chance]) -> tuple[Step, ...]:
    """The step graph as the maths takes it."""
    steps = []
    for chance in chances:
        ref = Ref("step", chance.id)
        bound = scene.get(ref, "loop.max_iterations")
        steps.append(Step(
            id=chance.id, next=scene.graph.edges[chance.id], loop_bound=bound if isinstance(bound, int) and bound > 0 else None,
            on_limit="caught" if scene.get(ref, "loop.on_limit") in ("branch", "error") else "silent",
            way_out=chance.way_out))
    return tuple(steps)


def stated_rates(chances: Sequence[Chance]) -> Rates:
    """The rates as stated, one row."""
    return Rates(p=np.array([x.point for x in chances]), c=np.array([x.c for x in chances]),
                 m=np.array([x.retries for x in chances]), d=np.array([x.d for x in chances]))


def at_stated(graph: tuple[Step, ...], chances: Sequence[Chance]) -> Absorbed:
    """How runs end at the stated rates, with the visits to each step."""
    return _at(graph, tuple((x.point, x.c, x.retries, x.d) for x in chances))


@lru_cache(maxsize=16)      # the order of the roadmap, its stages and the report ask for the same few
def _at(graph: tuple[Step, ...], rates: tuple[tuple[float, float, int, float], ...]) -> Absorbed:
    p, c, m, d = (np.array(column) for column in zip(*rates))
    return absorb(graph, Rates(p=p, c=c, m=m, d=d), visits=True)


def how_many(steps: int, *, stated: bool = True) -> int:
    """How many draws a workflow of that many steps gets; few when nobody stated a rate."""
    return max(500, min(ours.DRAWS if stated else ours.DRAWS_UNSTATED, ours.CELLS // max(steps, 1)))


def drawn(chances: Sequence[Chance], n: int, earlier: Draws | None = None, seed: int = ours.SEED) -> Draws:
    """Draws with a shared factor among steps on one model; a convention is one unknown for all its places.

    Columns of steps that are as in `earlier` (of at least n draws) are taken from there: a column depends on
    its own step alone, and fewer draws are the first of more.
    """
    p = _rates(chances, n, earlier, seed)
    controls = {(share, x.counted.get(name)) for x in chances for group in (x.detects, x.catches)
                for name, share in group.items() if share > 0}
    known = sorted(controls, key=lambda k: (k[0], k[1].strength if k[1] else 0.0))
    columns = draws([beta or declared(share, ours.DETECTION_STRENGTH) for share, beta in known], [None] * len(known), n, seed + 1)
    table = {name: columns[:, i] for i, name in enumerate(known)}
    detects = [[(s, x.counted.get(name)) for name, s in x.detects.items() if s > 0] for x in chances]
    catches = [[(s, x.counted.get(name)) for name, s in x.catches.items() if s > 0] for x in chances]
    return Draws(tuple(chances), p, _either(detects, table, n), _either(catches, table, n))


def _rates(chances: Sequence[Chance], n: int, earlier: Draws | None, seed: int) -> Array:
    """(n, steps) draws of every step's rate; a step that is gone is always right."""
    kept = earlier if earlier is not None and len(earlier.p) >= n else None
    same = [kept is not None and (x.rate, x.group) == (old.rate, old.group)
            for x, old in zip(chances, kept.chances if kept else chances)]
    p = np.ones((len(chances), n)) if kept is None else kept.p[:n].T.copy()
    fresh = [i for i, x in enumerate(chances) if not same[i] and x.rate is not None]
    if fresh:
        betas = [x.rate or Beta(1.0, 1.0) for x in chances]
        p[fresh] = draws(betas, [x.group for x in chances], n, seed, ours.SHARED, fresh).T
    gone = [i for i, x in enumerate(chances) if x.rate is None]
    p[gone] = 1.0
    return p.T


Control = tuple[float, Beta | None]
"""The share that a control notices, and what counts say of it."""


def _either(controls: list[list[Control]], table: dict[Control, Array], n: int) -> Array:
    """The share that one of each step's controls notices: (n, steps), or one column or row where all are alike."""
    if not any(controls):
        return np.zeros((1, len(controls)))
    distinct: dict[tuple[Control, ...], Array] = {}
    columns = []
    for own in controls:
        name = tuple(own)
        if name not in distinct:
            missed = np.ones(n)
            for control in own:
                missed = missed * (1 - table[control])
            distinct[name] = 1 - missed
        columns.append(distinct[name])
    return np.array(columns).T if len(distinct) > 1 else columns[0][:, None]


def ends(graph: tuple[Step, ...], chances: Sequence[Chance], draw: Draws) -> Absorbed:
    """How runs end in each draw."""
    retries = np.array([x.retries for x in chances])
    return absorb(graph, Rates(p=draw.p, c=draw.c, m=retries, d=draw.d))


Judged = Callable[[Scenario], object]
"""What is decided on a scenario, as something that compares."""


def outlook(graph: tuple[Step, ...], chances: Sequence[Chance], n: int, judged: Judged | None = None,
            earlier: Draws | None = None) -> tuple[Draws, Scenario]:
    """n draws and where runs end in them. With `judged`, fewer draws, unless they leave it open what is judged."""
    few = n if judged is None else min(n, ours.DRAWS_LIVE)
    draw = drawn(chances, few, earlier)
    at, spread = at_stated(graph, chances), ends(graph, chances, draw)
    basis = weakest(chances)
    if few < n and judged is not None:
        worst, best = (judged(_scenario(at, spread, basis, off)) for off in (-SURE, SURE))
        if worst != best:
            return outlook(graph, chances, n, earlier=earlier)
    return draw, _scenario(at, spread, basis)


def scenario(graph: tuple[Step, ...], chances: Sequence[Chance], draw: Draws) -> Scenario:
    """Where runs end: the chain at the stated rates, with the 5 to 95 % of the draws."""
    return _scenario(at_stated(graph, chances), ends(graph, chances, draw), weakest(chances))


def _scenario(at: Absorbed, spread: Absorbed, basis: Basis, off: float = 0.0) -> Scenario:
    """`off`: every bound that many standard deviations better than the draws have it."""
    return Scenario(
        success=estimate(at.success, spread.success, basis, off), caught=estimate(at.caught, spread.caught, basis, -off),
        silent=estimate(at.silent, spread.silent, basis, -off), scripted=float(at.scripted[0]), hung=float(at.hung[0]),
        caught_by={kind: float(mass[0]) for kind, mass in sorted(at.caught_by.items()) if mass[0] > 0},
        expected_steps=float(at.steps[0]))


def estimate(at: Array, spread: Array, basis: Basis, off: float = 0.0) -> Estimate:
    """A point and the 5 and 95 % of the draws, kept within 0 and 1 and around the point."""
    low, high = low_high(spread, off)
    point = _share(at[0])
    return Estimate(point=point, low=min(_share(low), point), high=max(_share(high), point), basis=basis)


def low_high(spread: Array, off: float = 0.0) -> tuple[float, float]:
    """The 5 and 95 % of the draws, as draws that were made (nearest rank): a partition, since a sort costs ten times that.

    `off`: the ranks that many standard deviations higher; how many draws fall below a share is binomial.
    """
    n = len(spread)
    shift = off * (n * 0.05 * 0.95) ** 0.5
    ranks = tuple(max(0, min(n - 1, int(share * n + shift))) for share in (0.05, 0.95))
    parted = np.partition(spread, ranks)
    return float(parted[ranks[0]]), float(parted[ranks[1]])


def _share(value: float) -> float:
    """Rounding noise away: a share lies between 0 and 1."""
    return min(1.0, max(0.0, round(float(value), 12)))


def weakest(chances: Sequence[Chance]) -> Basis:
    """A chain of numbers is as well known as its weakest link."""
    return min((x.basis for x in chances), key=STRENGTH.__getitem__, default="assumed")


def one_visit(chance: Chance) -> tuple[float, float, float]:
    """What one visit to a step does: right, caught, silent."""
    ok, stopped, undetected = visit(np.array([chance.point]), np.array([chance.c]), np.array([chance.retries]),
                                    np.array([1.0]))
    return _share(ok[0]), _share(stopped[0]), _share(undetected[0])


def visit_interval(draw: Draws, step: int) -> tuple[float, float]:
    """The 5 and 95 % of a visit to one step ending right."""
    n = min(len(draw.p), VISIT_DRAWS)
    c = draw.c[:n, min(step, draw.c.shape[1] - 1)]
    ok, _, _ = visit(draw.p[:n, step], c, np.array([draw.chances[step].retries]), np.ones(1))
    return low_high(ok)
