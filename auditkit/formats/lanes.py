"""Where the lines of a step graph run: serial chains straight down, branches and loops by a layered layout.

Every step has a row of its own, so that bars beside the graph line up. The layout gives the order of the rows
and a place across for each step and for each line that passes other steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Points = tuple[tuple[float, float], ...]


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


def lanes(n: int, edges: Sequence[tuple[int, int]]) -> Lanes:
    """The lines of a graph of n rows; an edge from a row to itself is a loop."""
    loops = frozenset(a for a, b in edges if a == b)
    others = list(dict.fromkeys((a, b) for a, b in edges if a != b))
    if all(b == a + 1 for a, b in others):
        routes = tuple(Route(a, b, ((0.0, a), (0.0, b)), back=False) for a, b in others)
        return Lanes(tuple(range(n)), dict.fromkeys(range(n), 0.0), routes, loops, 0.0)
    return _layered(n, others, loops)


def _layered(n: int, edges: list[tuple[int, int]], loops: frozenset[int]) -> Lanes:
    from fast_sugiyama import from_edges

    # Lines that lead back are turned round for the layout, so that every step stands below those before it.
    back = _leading_back(n, edges)
    down = dict.fromkeys((b, a) if (a, b) in back else (a, b) for a, b in edges)
    # Ids as text keep our rows apart from the layout's own vertices, which are whole numbers.
    found = from_edges(
        [(f"r{a}", f"r{b}") for a, b in down],
        minimum_length=1,
        vertex_spacing=2,
        dummy_vertices=True,
        dummy_size=1,
        check_layout=False,
    )
    places: dict[object, tuple[float, float]] = {}
    pieces: list[tuple[object, object]] = []
    below = 0.0
    for part, (positions, _width, _height, parts) in enumerate(found):
        rows = sorted({y for _, (_, y) in positions}, reverse=True)
        left = min(x for _, (x, _) in positions)
        for vertex, (x, y) in positions:
            places[_named(part, vertex)] = (x - left, below + rows.index(y))
        pieces += [(_named(part, a), _named(part, b)) for a, b in (parts or [])]
        below += len(rows)
    for row in range(n):
        if f"r{row}" not in places:
            places[f"r{row}"] = (0.0, below)
            below += 1
    return _by_rows(n, places, pieces, loops, {e: e in back for e in edges})


def _leading_back(n: int, edges: Sequence[tuple[int, int]]) -> frozenset[tuple[int, int]]:
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


def _named(part: int, vertex: object) -> object:
    return vertex if isinstance(vertex, str) else (part, vertex)


def _by_rows(
    n: int,
    places: Mapping[object, tuple[float, float]],
    pieces: Sequence[tuple[object, object]],
    loops: frozenset[int],
    edges: Mapping[tuple[int, int], bool],
) -> Lanes:
    """Ranks become rows: the steps of one rank stand under one another, in the order of their lanes."""
    order = sorted(range(n), key=lambda row: (places[f"r{row}"][1], row))
    at = {row: i for i, row in enumerate(order)}
    top: dict[float, int] = {}
    low: dict[float, int] = {}
    for row in range(n):
        rank = places[f"r{row}"][1]
        top[rank] = min(top.get(rank, n), at[row])
        low[rank] = max(low.get(rank, 0), at[row])
    scale = _lane_scale([x for x, _ in places.values()])
    spans = {vertex: _span(vertex, place, at, top, low) for vertex, place in places.items()}
    after: dict[object, list[object]] = {}
    for a, b in pieces:
        after.setdefault(a, []).append(b)
    chains: dict[tuple[int, int], list[object]] = {}
    for row in order:
        for first in after.get(f"r{row}", []):
            chain: list[object] = [f"r{row}", first]
            while not isinstance(chain[-1], str):
                chain.append(after[chain[-1]][0])
            chains[row, int(chain[-1][1:])] = chain
    routes = []
    for (a, b), back in edges.items():
        chain = chains[b, a][::-1] if back and (b, a) in chains else chains.get((a, b)) or chains[b, a][::-1]
        routes.append(_route(chain, places, spans, scale))
    across = {row: scale[places[f"r{row}"][0]] for row in range(n)}
    return Lanes(
        tuple(order), across, tuple(sorted(routes, key=lambda r: (r.source, r.target))), loops, max(scale.values(), default=0.0)
    )


def _lane_scale(xs: Sequence[float]) -> dict[float, float]:
    """Lanes one apart: gaps wider than a lane are closed up, what stands under one another stays so."""
    scale: dict[float, float] = {}
    last, at = None, 0.0
    for x in sorted(set(xs)):
        if last is not None:
            at += min(1.0, max(0.5, x - last))
        scale[x], last = at, x
    return scale


def _span(
    vertex: object, place: tuple[float, float], at: Mapping[int, int], top: Mapping[float, int], low: Mapping[float, int]
) -> tuple[float, float]:
    """From which to which row a vertex keeps to its lane: a step in its row, a passing line past its whole rank."""
    if isinstance(vertex, str):
        row = float(at[int(vertex[1:])])
        return row, row
    rank = place[1]
    return float(top[rank]), float(low[rank])


def _route(
    chain: Sequence[object],
    places: Mapping[object, tuple[float, float]],
    spans: Mapping[object, tuple[float, float]],
    scale: Mapping[float, float],
) -> Route:
    ranks = [places[v][1] for v in chain]
    back = ranks[-1] < ranks[0]
    points: list[tuple[float, float]] = []
    for i, vertex in enumerate(chain):
        x = scale[places[vertex][0]]
        high, deep = spans[vertex]
        first, last = (deep, high) if back else (high, deep)
        if i > 0:
            points.append((x, first + (0.4 if back else -0.4)))
        points += [(x, first), (x, last)]
        if i < len(chain) - 1:
            points.append((x, last + (-0.4 if back else 0.4)))
    ends = [int(str(v)[1:]) for v in (chain[0], chain[-1])]
    return Route(ends[0], ends[1], tuple(dict.fromkeys(points)), back)
