"""A step graph as an absorbing Markov chain with two lanes: how often runs end right, caught, or silent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from .cycles import solve_cycle
from .lanes import NOTHING, ONE, ZERO, Array, Mass, Share, Turn, after, join, product, shared, turns, visit
from .order import components, entered, solving_order

SUCCESS, CAUGHT, SILENT = 0, 1, 2
"""Columns of R in `matrices`."""
_AT_ONCE = 16_384
"""Rows times steps whose visits are worked out together: few calls for few rows, and all of it in the cache."""


@dataclass(frozen=True)
class Step:
    """One step of a workflow: where a run goes next, and how it leaves when stopped or looping too long."""

    id: str
    next: tuple[tuple[str | None, float], ...] = ()
    """(target, share); None means the run ends here; no entry at all means the same."""
    loop_bound: int | None = None
    """Most visits per entry into the loop this step lies on; of a step that repeats itself, its own turns."""
    on_limit: Literal["caught", "silent"] = "silent"
    way_out: str = "error"
    """The kind of `caught` a stop, a checkpoint or a limit at this step counts as."""
    scripted_end: bool = False


@dataclass(frozen=True)
class Rates:
    """What can happen at each step, as probabilities; fields broadcast to (B, n), steps in graph order."""

    p: ArrayLike
    """Right on an attempt."""
    c: ArrayLike = 0.0
    """Error detected within the step, given wrong."""
    m: ArrayLike = 0
    """Retries allowed after a detected error."""
    rho: ArrayLike = 1.0
    """Factor on p for a retry: 1 is independent, below 1 the retry meets the same difficulty."""
    d: ArrayLike = 0.0
    """Latent error caught at this step's checkpoint."""
    h: ArrayLike = 0.0
    """Latent error repaired here, given that the checkpoint let it pass."""


@dataclass(frozen=True)
class Absorbed:
    """How runs end, one entry per row of the rates; success + caught + silent = 1."""

    success: Array
    scripted: Array
    """Part of success: ended by a script that finishes the job."""
    caught: Array
    caught_by: Mapping[str, Array]
    silent: Array
    hung: Array
    """Part of silent: hit a loop limit without a way out, or a loop that nobody leaves."""
    steps: Array
    """Expected visits over all steps."""
    visits: Array | None
    """(B, n) expected visits per step, both lanes; None unless asked for."""


@dataclass(frozen=True)
class _Web:
    """A validated graph by position: edges to other steps, the share that stays, the share that ends."""

    steps: tuple[Step, ...]
    edges: tuple[dict[int, float], ...]
    stays: tuple[float, ...]
    ends: tuple[float, ...]

    def latent_share(self, step: int, share: float) -> float:
        """Share of the latent lane on an edge: an agent that believes it is done does not go round again."""
        stay = self.stays[step]
        return share / (1.0 - stay) if 0.0 < stay < 1.0 else share


@dataclass(frozen=True)
class _Local:
    """One step per entry: what leaves it by lane; what a visit stops; own turns, if it repeats itself."""

    out: Turn
    stopped: Share
    checked: Share
    own: tuple[Turn, Turn] | None


class _Ledger:
    """Running totals of how runs end; the one place where mass is summed."""

    def __init__(self) -> None:
        self.success: Share = ZERO
        self.scripted: Share = ZERO
        self.lost: Share = ZERO
        self.hung: Share = ZERO
        self.steps: Share = ZERO
        self.caught_by: dict[str, Share] = {}

    def catch(self, kind: str, mass: Share) -> None:
        self.caught_by[kind] = self.caught_by.get(kind, ZERO) + mass

    def limit(self, step: Step, mass: Mass, bounded: bool) -> None:
        if bounded and step.on_limit == "caught":
            self.catch(step.way_out, mass[0] + mass[1])
        else:
            self.hung = self.hung + mass[0] + mass[1]


def absorb(graph: tuple[Step, ...], rates: Rates, entry: str | None = None, visits: bool = False) -> Absorbed:
    """How runs from `entry` (default: the first step) end, per row of the rates; (B, n) visits on request.

    ValueError names the step that is missing, doubled, or wrong in its shares, or the rate out of range.
    A loop without a bound that nobody leaves counts as hung after about a billion turns.
    """
    web = _web(graph)
    table = _table(rates, len(graph))
    rows = len(table[0])
    start = _entry(graph, entry)
    parts = _parts(web, start)
    inflow: dict[int, Mass] = {start: (ONE, ZERO)}
    ledger = _Ledger()
    seen = np.zeros((rows, len(graph)), order="F") if visits else None
    locals_ = _locals(web, table, [step for part in parts for step in part])
    for part in parts:
        per_entry = {step: next(locals_) for step in part}
        if len(part) == 1:
            entries = {part[0]: inflow.pop(part[0], NOTHING)}
        else:
            entries = _go_round(web, part, per_entry, inflow, ledger)
        for step, mass in entries.items():
            visited, left = _settle(web, step, per_entry[step], mass, ledger)
            if seen is not None:
                seen[:, step] = visited
            for target, share in web.edges[step].items():
                if target not in entries:
                    going = left[0] * share, left[1] * web.latent_share(step, share)
                    inflow[target] = join(inflow.get(target), going)
    return _close(ledger, rows, seen)


def _go_round(
    web: _Web, part: Sequence[int], per_entry: dict[int, _Local], inflow: dict[int, Mass], ledger: _Ledger
) -> dict[int, Mass]:
    """Entries into each step of a loop of several steps; what hits a bound goes to the ledger."""
    # The bound of a step that repeats itself is spent on its own turns.
    limits = {step: web.steps[step].loop_bound for step in part if not web.stays[step]}
    bounds = {step: bound for step, bound in limits.items() if bound is not None}
    order = solving_order(part, web.edges, bounds)
    ways = {
        step: {
            target: shared(per_entry[step].out, share, web.latent_share(step, share))
            for target, share in web.edges[step].items()
            if target in per_entry
        }
        for step in part
    }
    arriving = {step: inflow.pop(step, NOTHING) for step in part}
    entries, limit = solve_cycle(order, ways, arriving, bounds)
    for step, mass in limit.items():
        ledger.limit(web.steps[step], mass, step in bounds)
    return entries


def _locals(web: _Web, table: tuple[Array, ...], order: Sequence[int]) -> Iterator[_Local]:
    """What leaves each step, in that order; as many steps at once as fit the cache."""
    at_once = max(1, _AT_ONCE // len(table[0]))
    for start in range(0, len(order), at_once):
        steps = order[start : start + at_once]
        p, c, m, rho, d, h = (_rows(values, steps) for values in table)
        passed = 1.0 - d
        leaving = (*visit(p, c, m, rho), d, passed * h, passed * (1.0 - h))
        for step, own in zip(steps, zip(*map(_shares, leaving))):
            yield _local(web, step, *own)


def _rows(values: Array, steps: Sequence[int]) -> Array:
    """Some steps' rates, a row each: (steps, B), or (steps, 1) when all is the same memory, so that constants stay cheap."""
    rates = values[:1].T if values.strides[0] == 0 else values.T
    together = list(steps) == list(range(steps[0], steps[-1] + 1))
    return rates[steps[0] : steps[-1] + 1] if together else rates[list(steps)]


def _shares(rows: Array) -> list[Share]:
    return rows[:, 0].tolist() if rows.shape[1] == 1 else list(rows)


def _local(
    web: _Web, step: int, ok: Share, stopped: Share, undetected: Share, checked: Share, repaired: Share, latent: Share
) -> _Local:
    out = (ok, undetected, repaired, latent)
    stay = web.stays[step]
    if not stay:
        return _Local(out, stopped, checked, None)
    own = turns((ok * stay, ZERO, repaired * stay, ZERO), web.steps[step].loop_bound)
    return _Local(product(own[0], out), stopped, checked, own)


def _settle(web: _Web, at: int, local: _Local, entries: Mass, ledger: _Ledger) -> tuple[Share, Mass]:
    """Book what ends at this step; returns its visits and the mass that goes on to its edges."""
    step = web.steps[at]
    clean, latent = entries
    if local.own is not None:
        clean, latent = after(entries, local.own[0])
        ledger.limit(step, after(entries, local.own[1]), step.loop_bound is not None)
    visited = clean + latent
    ledger.steps = ledger.steps + visited
    ledger.catch(step.way_out, clean * local.stopped + latent * local.checked)
    left = after(entries, local.out)
    end = web.ends[at]
    # A step that only repeats itself has no edge for the latent lane: the run ends there.
    latent_end = 1.0 if web.stays[at] >= 1.0 else web.latent_share(at, end)
    if latent_end:
        ledger.lost = ledger.lost + left[1] * latent_end
    if end:
        ledger.success = ledger.success + left[0] * end
        if step.scripted_end:
            ledger.scripted = ledger.scripted + left[0] * end
    return visited, left


def _close(ledger: _Ledger, rows: int, seen: Array | None) -> Absorbed:
    caught = sum(ledger.caught_by.values(), ZERO)
    rest = 1.0 - (ledger.success + caught + ledger.lost + ledger.hung)
    # Over the turns of a loop that nobody leaves rounding adds up: what it lost is still in there.
    hung = ledger.hung + np.where(ledger.hung > 0.0, np.maximum(rest, 0.0), 0.0)
    whole = np.where(hung > 0.0, ledger.success + caught + ledger.lost + hung, 1.0)

    def column(mass: Share) -> Array:
        return np.broadcast_to(mass / whole, (rows,)).copy()

    return Absorbed(
        success=column(ledger.success),
        scripted=column(ledger.scripted),
        caught=column(caught),
        caught_by={kind: column(mass) for kind, mass in sorted(ledger.caught_by.items())},
        silent=column(ledger.lost + hung),
        hung=column(hung),
        steps=np.broadcast_to(ledger.steps, (rows,)).copy(),
        visits=seen,
    )


def matrices(graph: tuple[Step, ...], rates: Rates) -> tuple[Array, Array]:
    """Dense (Q, R) of one row of rates, lane 2i clean and 2i+1 latent; R columns success, caught, silent.

    ValueError for a loop with a bound: a bounded loop is no Markov chain on these states.
    """
    web = _web(graph)
    table = _table(rates, len(graph))
    if len(table[0]) != 1:
        raise ValueError(f"matrices take one row of rates, not {len(table[0])}")
    n = len(graph)
    for part in components(range(n), web.edges):
        for i in part:
            if graph[i].loop_bound is not None and (len(part) > 1 or web.stays[i]):
                raise ValueError(
                    f"step '{graph[i].id}' bounds its loop; matrices describe unbounded loops only"
                )
    q, r = np.zeros((2 * n, 2 * n)), np.zeros((2 * n, 3))
    for i in range(n):
        p, c, m, rho, d, h = (values[:, i] for values in table)
        ok, stopped, undetected = (float(x[0]) for x in visit(p, c, m, rho))
        repaired, latent = float(((1 - d) * h)[0]), float(((1 - d) * (1 - h))[0])
        r[2 * i, CAUGHT], r[2 * i + 1, CAUGHT] = stopped, float(d[0])
        for row, to_clean, to_latent in ((2 * i, ok, undetected), (2 * i + 1, repaired, latent)):
            q[row, 2 * i] += to_clean * web.stays[i]
            for target, share in web.edges[i].items():
                q[row, 2 * target] += to_clean * share
                q[row, 2 * target + 1] += to_latent * web.latent_share(i, share)
            r[row, SUCCESS] = to_clean * web.ends[i]
            r[row, SILENT] = to_latent * (1.0 if web.stays[i] >= 1 else web.latent_share(i, web.ends[i]))
    return q, r


def _parts(web: _Web, start: int) -> list[list[int]]:
    """The steps that a run reaches, loop by loop, each in the order in which it is entered."""
    order = entered(web.edges, start)
    rank = {step: position for position, step in enumerate(order)}
    parts = components(order, web.edges)
    for part in parts:
        part.sort(key=rank.__getitem__)
    return parts


@lru_cache(maxsize=8)       # one graph is asked dozens of times in an audit
def _web(graph: tuple[Step, ...]) -> _Web:
    if not graph:
        raise ValueError("a step graph needs at least one step")
    index = {step.id: position for position, step in enumerate(graph)}
    if len(index) < len(graph):
        twice = next(step.id for position, step in enumerate(graph) if index[step.id] != position)
        raise ValueError(f"step '{twice}' is defined twice")
    edges: list[dict[int, float]] = []
    stays: list[float] = []
    ends: list[float] = []
    for position, step in enumerate(graph):
        targets = _targets(step, index)
        stays.append(targets.pop(position, 0.0))
        ends.append(targets.pop(None, 0.0))
        edges.append({target: share for target, share in targets.items() if target is not None})
    return _Web(graph, tuple(edges), tuple(stays), tuple(ends))


def _targets(step: Step, index: Mapping[str, int]) -> dict[int | None, float]:
    """Shares by target position, None for the end; shares of 0 are no edge."""
    if step.loop_bound is not None and step.loop_bound < 1:
        raise ValueError(f"step '{step.id}' has loop bound {step.loop_bound}; a bound is at least 1")
    whole = sum(share for _, share in step.next)
    if step.next and not abs(whole - 1.0) <= 1e-6:
        raise ValueError(f"step '{step.id}' has shares that sum to {whole:.6g}, not 1")
    found: dict[int | None, float] = {}
    for target, share in step.next or ((None, 1.0),):
        if target is not None and target not in index:
            raise ValueError(f"step '{step.id}' goes to '{target}', which is no step")
        if not share >= 0.0:
            raise ValueError(f"step '{step.id}' has a share of {share}; a share is at least 0")
        if share:
            key = None if target is None else index[target]
            found[key] = found.get(key, 0.0) + share / (whole or 1.0)
    return found


def _entry(graph: tuple[Step, ...], entry: str | None) -> int:
    if entry is None:
        return 0
    for position, step in enumerate(graph):
        if step.id == entry:
            return position
    raise ValueError(f"entry '{entry}' is no step")


def _table(rates: Rates, n: int) -> tuple[Array, ...]:
    """The six rates as (B, n) views in the order of `visit`, then d and h; ValueError when out of range."""
    names = ("p", "c", "m", "rho", "d", "h")
    arrays = [np.asarray(getattr(rates, name), dtype=float) for name in names]
    for name, values in zip(names, arrays):
        top = np.inf if name == "m" else 1.0
        if values.size and not (values.min() >= 0.0 and values.max() <= top):
            raise ValueError(f"rate {name} lies outside 0 to {'any count' if name == 'm' else 1}")
    try:
        shape = np.broadcast_shapes((1, n), *(values.shape for values in arrays))
        if len(shape) != 2 or shape[1] != n:
            raise ValueError
        return tuple(np.broadcast_to(values, shape) for values in arrays)
    except ValueError:
        shapes = ", ".join(str(values.shape) for values in arrays)
        raise ValueError(f"rates of shapes {shapes} do not fit {n} steps") from None

