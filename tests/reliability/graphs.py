"""Step graphs for the tests, and two slow but plain solvers to hold the fast one against."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from auditkit.reliability import Absorbed, Rates, Step, visit


def serial(n: int) -> tuple[Step, ...]:
    """n steps in a row."""
    return tuple(Step(f"s{i}", ((f"s{i + 1}", 1.0),) if i < n - 1 else ()) for i in range(n))


def agent_loop(bound: int | None, on_limit: str = "caught") -> tuple[Step, ...]:
    """Per turn done .30, stopped .02, undetected .03, on .65 with `AGENT_RATES`."""
    return (Step("agent", (("agent", 0.65 / 0.95), (None, 0.30 / 0.95)), bound, on_limit, "handoff"),)


AGENT_RATES = Rates(p=0.95, c=0.4)


def ends(result: Absorbed, row: int = 0) -> tuple[float, float, float]:
    """(success, caught, silent) of one row."""
    return float(result.success[row]), float(result.caught[row]), float(result.silent[row])


def unit(low: float = 0.0, high: float = 1.0) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False).map(lambda x: round(x, 4))


@st.composite
def graphs(draw: st.DrawFn, bounded: bool = True, acyclic: bool = False) -> tuple[Step, ...]:
    """A graph of up to six steps with branches, loops, ends anywhere, and bounds on some steps."""
    n = draw(st.integers(1, 6))
    steps = []
    for i in range(n):
        targets = range(i + 1, n) if acyclic else range(n)
        picks = draw(st.lists(st.sampled_from([None, *targets]), max_size=3, unique=True))
        weights = [draw(st.integers(1, 5)) for _ in picks]
        shares = tuple(
            (None if pick is None else f"s{pick}", weight / sum(weights))
            for pick, weight in zip(picks, weights)
        )
        bound = draw(st.none() | st.integers(1, 5)) if bounded else None
        limit = draw(st.sampled_from(["caught", "silent"]))
        kind = draw(st.sampled_from(["clarify", "handoff"]))
        steps.append(Step(f"s{i}", shares, bound, limit, kind, draw(st.booleans())))
    return tuple(steps)


@st.composite
def rates(draw: st.DrawFn, n: int, repair: bool = True) -> Rates:
    """One row of rates for n steps."""

    def row(low: float = 0.0, high: float = 1.0) -> list[float]:
        return [draw(unit(low, high)) for _ in range(n)]

    retries = [draw(st.integers(0, 3)) for _ in range(n)]
    return Rates(row(), row(), retries, row(), row(), row() if repair else 0.0)


def changed(values: object, n: int, at: int, to: float) -> np.ndarray:
    """The row of one rate with one entry replaced."""
    row = np.array(np.broadcast_to(np.asarray(values, float), (n,)))
    row[at] = to
    return row


def with_rate(given: Rates, name: str, n: int, at: int, to: float) -> Rates:
    return replace(given, **{name: changed(getattr(given, name), n, at, to)})


def moves(graph: tuple[Step, ...], given: Rates) -> list[list[list[tuple[object, float]]]]:
    """Per step and lane, what one visit leads to: ((step, lane) or the name of an ending, chance)."""
    n = len(graph)
    p, c, m, rho, d, h = (
        np.broadcast_to(np.asarray(x, float), (n,))
        for x in (given.p, given.c, given.m, given.rho, given.d, given.h)
    )
    ok, stopped, missed = visit(p, c, m, rho)
    index = {step.id: i for i, step in enumerate(graph)}
    found = []
    for i, step in enumerate(graph):
        edges = [(None if t is None else index[t], share) for t, share in step.next] or [(None, 1.0)]
        away = sum(share for t, share in edges if t != i)
        stays = any(t == i for t, _ in edges)
        latent_edges = [(t, share / away) for t, share in edges if t != i] if stays and away > 0 else edges
        if stays and away == 0:
            latent_edges = [(None, 1.0)]
        lanes = []
        for to_clean, to_latent, caught in (
            (ok[i], missed[i], stopped[i]),
            ((1 - d[i]) * h[i], (1 - d[i]) * (1 - h[i]), d[i]),
        ):
            out: list[tuple[object, float]] = [("caught", float(caught))]
            out += [("success" if t is None else (t, 0), float(to_clean * s)) for t, s in edges]
            out += [("silent" if t is None else (t, 1), float(to_latent * s)) for t, s in latent_edges]
            lanes.append(out)
        found.append(lanes)
    return found


def counted_solution(graph: tuple[Step, ...], given: Rates, head: int, bound: int) -> np.ndarray:
    """(success, caught, silent, limit) by a dense solve over (step, lane, visits of `head` so far)."""
    n, levels = len(graph), bound + 1
    size = 2 * n * levels
    q, r = np.zeros((size, size)), np.zeros((size, 4))
    outcomes = {"success": 0, "caught": 1, "silent": 2}

    def state(step: int, lane: int, count: int) -> int:
        return (count * n + step) * 2 + lane

    for step, lanes in enumerate(moves(graph, given)):
        for lane, out in enumerate(lanes):
            for count in range(levels):
                at = state(step, lane, count)
                for where, chance in out:
                    if isinstance(where, str):
                        r[at, outcomes[where]] += chance
                    elif where[0] == head and count == bound:
                        r[at, 3] += chance
                    else:
                        q[at, state(where[0], where[1], count + (where[0] == head))] += chance
    solved = np.linalg.solve(np.eye(size) - q, r)
    return solved[state(0, 0, 1 if head == 0 else 0)]


def simulated(graph: tuple[Step, ...], given: Rates, runs: int, seed: int) -> dict[str, float]:
    """Shares of endings over seeded runs of a graph without loop bounds."""
    stream = random.Random(seed)
    table = moves(graph, given)
    counts = {"success": 0, "caught": 0, "silent": 0}
    for _ in range(runs):
        where: object = (0, 0)
        while not isinstance(where, str):
            options = table[where[0]][where[1]]
            where = stream.choices([o for o, _ in options], [w for _, w in options])[0]
        counts[where] += 1
    return {name: count / runs for name, count in counts.items()}
