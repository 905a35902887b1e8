"""Loops of several steps: expected entries into each, by eliminating inner steps before outer ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .lanes import Mass, Turn, after, join, product, total, turns

Ways = dict[int, dict[int, Turn]]


def solve_cycle(
    order: Sequence[int], ways: Ways, inflow: dict[int, Mass], bounds: Mapping[int, int]
) -> tuple[dict[int, Mass], dict[int, Mass]]:
    """(entries per step, mass left at each loop's limit); uses up `ways` and `inflow`.

    Block elimination: removing a step joins every way into it with every way out of it. What then leads from
    a step back to itself is one whole turn of its loop, so its bound bounds the power of that matrix.
    """
    into: dict[int, set[int]] = {step: set() for step in order}
    for source, targets in ways.items():
        for target in targets:
            into[target].add(source)
    loops: dict[int, tuple[Turn, Turn]] = {}
    arrivals: dict[int, list[tuple[int, Turn]]] = {}
    for step in order:
        out = ways.pop(step)
        back = out.pop(step, None)
        into[step].discard(step)
        if back is not None:
            loops[step] = turns(back, bounds.get(step))
        arrivals[step] = _bypass(step, out, loops.get(step), into, ways)
        mass = inflow[step]
        if step in loops:
            mass = after(mass, loops[step][0])
        for target, turn in out.items():
            inflow[target] = join(inflow.get(target), after(mass, turn))
            into[target].discard(step)
    return _entries(order, inflow, arrivals, loops)


def _bypass(
    step: int, out: dict[int, Turn], loop: tuple[Turn, Turn] | None, into: dict[int, set[int]], ways: Ways
) -> list[tuple[int, Turn]]:
    """Lead every way into `step` on to where it goes out; returns the ways that led in."""
    led_in = []
    for source in sorted(into[step]):
        way = ways[source].pop(step)
        led_in.append((source, way))
        through = way if loop is None else product(way, loop[0])
        for target, turn in out.items():
            ways[source][target] = total(ways[source].get(target), product(through, turn))
            into[target].add(source)
    return led_in


def _entries(
    order: Sequence[int],
    inflow: Mapping[int, Mass],
    arrivals: dict[int, list[tuple[int, Turn]]],
    loops: dict[int, tuple[Turn, Turn]],
) -> tuple[dict[int, Mass], dict[int, Mass]]:
    """Back substitution, outer steps first: what enters a step from outside its own loop, then its turns."""
    entries: dict[int, Mass] = {}
    limit: dict[int, Mass] = {}
    for step in reversed(order):
        mass = inflow[step]
        for source, way in arrivals.pop(step):
            mass = join(mass, after(entries[source], way))
        if step in loops:
            visits, left = loops.pop(step)
            limit[step] = after(mass, left)
            mass = after(mass, visits)
        entries[step] = mass
    return entries, limit
