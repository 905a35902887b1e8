"""Where the lines of a step graph run: serial chains straight down, branches and loops in lanes of their own.

Every step has a row of its own, so that bars beside the graph line up. A step stands below all that lead to it;
a line that passes other steps keeps a lane to itself, so that it never runs behind one. The layout is ours since
the layered layouts at hand order their vertices by a hash that differs from run to run, and a report must not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Points = tuple[tuple[float, float], ...]
Edge = tuple[int, int]


@dataclass(frozen=True)
class Route:
    """One line from a row to a row: its corners as (across, row); rows may be fractions."""

    source: int
    target: int
    points: Points
    back: bool


@dataclass(frozen=True)
class Lanes:
    """The order of the rows, how far across each stands (0 and up, in lanes), and the lines between them."""

    order: tuple[int, ...]
    across: Mapping[int, float]
    routes: tuple[Route, ...]
    loops: frozenset[int]
    width: float


@dataclass(frozen=True)
class _Spot:
    """A step, or a line on its way past a rank: in which rank and lane."""

    rank: int
    lane: int


def lanes(n: int, edges: Sequence[Edge]) -> Lanes:
    """The lines of a graph of n rows; an edge from a row to itself is a loop."""
    loops = frozenset(a for a, b in edges if a == b)
    others = list(dict.fromkeys((a, b) for a, b in edges if a != b))
    if all(b == a + 1 for a, b in others):
        routes = tuple(Route(a, b, ((0.0, a), (0.0, b)), back=False) for a, b in others)
        return Lanes(tuple(range(n)), dict.fromkeys(range(n), 0.0), routes, loops, 0.0)
    back = leading_back(n, others)
    down = sorted({(b, a) if (a, b) in back else (a, b) for a, b in others})
    steps, passing = _placed(n, down)
    order = tuple(sorted(range(n), key=lambda i: (steps[i].rank, steps[i].lane)))
    spans = _spans(steps, order)
    routes = tuple(_route(edge, edge in back, steps, passing, spans) for edge in others)
    width = max((s.lane for s in (*steps, *(s for some in passing.values() for s in some))), default=0)
    return Lanes(order, {i: float(steps[i].lane) for i in range(n)}, routes, loops, float(width))


def leading_back(n: int, edges: Sequence[Edge]) -> frozenset[Edge]:
    """The edges that lead back to a step on the way to them, found depth first in the order of the rows."""
    after: dict[int, list[int]] = {i: [] for i in range(n)}
    for a, b in edges:
        after[a].append(b)
    state = dict.fromkeys(range(n), 0)
    found = set()
    for root in range(n):
        work = [(root, 0)] if not state[root] else []
        while work:
            node, i = work.pop()
            state[node] = 1
            if i == len(after[node]):
                state[node] = 2
                continue
            work.append((node, i + 1))
            target = after[node][i]
            if state[target] == 1:
                found.add((node, target))
            elif state[target] == 0:
                work.append((target, 0))
    return frozenset(found)


def _ranks(n: int, down: Sequence[Edge]) -> list[int]:
    """The longest way to each step; what nothing leads to stands where the rows before it end."""
    before: dict[int, list[int]] = {i: [] for i in range(n)}
    after: dict[int, list[int]] = {i: [] for i in range(n)}
    for a, b in down:
        before[b].append(a)
        after[a].append(b)
    ranks = [0] * n
    left = {i: len(before[i]) for i in range(n)}
    ready = [i for i in range(n) if not left[i]]
    while ready:
        node = ready.pop(0)
        for target in after[node]:
            ranks[target] = max(ranks[target], ranks[node] + 1)
            left[target] -= 1
            if not left[target]:
                ready.append(target)
    return ranks


def _placed(n: int, down: Sequence[Edge]) -> tuple[list[_Spot], dict[Edge, list[_Spot]]]:
    """A lane for every step, and for every line in each rank that it passes; a step keeps to the lane above it."""
    ranks = _ranks(n, down)
    steps: dict[int, _Spot] = {}
    passing: dict[Edge, list[_Spot]] = {edge: [] for edge in down}
    for rank in range(max(ranks, default=0) + 1):
        wanted: list[tuple[int, int, Edge]] = []
        for step in (i for i in range(n) if ranks[i] == rank):
            above = [passing[e][-1].lane if passing[e] else steps[e[0]].lane for e in down if e[1] == step]
            wanted.append((min(above, default=0), 0, (step, step)))
        for edge in down:
            if ranks[edge[0]] < rank < ranks[edge[1]]:
                lane = passing[edge][-1].lane if passing[edge] else steps[edge[0]].lane
                wanted.append((lane, 1, edge))
        free = 0
        for lane, is_line, edge in sorted(wanted):
            spot = _Spot(rank, max(lane, free))
            free = spot.lane + 1
            if is_line:
                passing[edge].append(spot)
            else:
                steps[edge[0]] = spot
    return [steps[i] for i in range(n)], passing


def _spans(steps: Sequence[_Spot], order: Sequence[int]) -> dict[int, tuple[float, float]]:
    """The first and last row of each rank."""
    spans: dict[int, tuple[float, float]] = {}
    for row, step in enumerate(order):
        first, _ = spans.get(steps[step].rank, (float(row), 0.0))
        spans[steps[step].rank] = (first, float(row))
    return spans


def _route(
    edge: Edge,
    back: bool,
    steps: Sequence[_Spot],
    passing: Mapping[Edge, Sequence[_Spot]],
    spans: Mapping[int, tuple[float, float]],
) -> Route:
    """The corners of a line: down its own lanes past whole ranks, across only between ranks."""
    top, low = (edge[1], edge[0]) if back else edge
    rows = {
        step: float(sum(1 for s in steps if (s.rank, s.lane) < (steps[step].rank, steps[step].lane)))
        for step in (top, low)
    }
    points: list[tuple[float, float]] = [(steps[top].lane, rows[top]), (steps[top].lane, spans[steps[top].rank][1] + 0.35)]
    for spot in passing[top, low]:
        first, last = spans[spot.rank]
        points += [(spot.lane, first - 0.35), (spot.lane, last + 0.35)]
    points += [(steps[low].lane, spans[steps[low].rank][0] - 0.35), (steps[low].lane, rows[low])]
    corners = tuple(dict.fromkeys((float(x), y) for x, y in points))
    return Route(*edge, corners[::-1] if back else corners, back)
