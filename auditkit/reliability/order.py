"""The order in which to solve a step graph: its loops, found without recursion, inner before outer."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Protocol, TypeVar

Edges = Sequence[Collection[int]]
Node = TypeVar("Node", bound=Hashable)


class Following(Protocol[Node]):
    """What follows each node: a list by position, or a mapping by name."""

    def __getitem__(self, node: Node, /) -> Collection[Node]:
        """The nodes that directly follow."""


def entered(edges: Edges, entry: int) -> list[int]:
    """The reachable steps in the order a run first enters them (reverse postorder, depth first)."""
    seen = {entry}
    done: list[int] = []
    stack = [(entry, iter(edges[entry]))]
    while stack:
        at, rest = stack[-1]
        for target in rest:
            if target not in seen:
                seen.add(target)
                stack.append((target, iter(edges[target])))
                break
        else:
            stack.pop()
            done.append(at)
    return done[::-1]


def components(nodes: Sequence[Node], edges: Following[Node]) -> list[list[Node]]:
    """Strongly connected components of the subgraph on `nodes`, in topological order (Tarjan, iterative)."""
    inside = set(nodes)
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    open_nodes: list[Node] = []
    is_open: set[Node] = set()
    found: list[list[Node]] = []
    for root in nodes:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        open_nodes.append(root)
        is_open.add(root)
        stack = [(root, iter(edges[root]))]
        while stack:
            at, rest = stack[-1]
            for target in rest:
                if target not in inside:
                    continue
                if target not in index:
                    index[target] = low[target] = len(index)
                    open_nodes.append(target)
                    is_open.add(target)
                    stack.append((target, iter(edges[target])))
                    break
                if target in is_open:
                    low[at] = min(low[at], index[target])
            else:
                stack.pop()
                if stack:
                    low[stack[-1][0]] = min(low[stack[-1][0]], low[at])
                if low[at] == index[at]:
                    part = [open_nodes.pop()]
                    while part[-1] != at:
                        part.append(open_nodes.pop())
                    is_open.difference_update(part)
                    found.append(part)
    return found[::-1]


def solving_order(loop: Sequence[int], edges: Edges, bounds: Mapping[int, int]) -> list[int]:
    """Steps of one loop, inner before outer: a step with a bound comes after all that runs within its turns.

    `loop` lists the steps in the order they are entered; `bounds` holds the steps with a loop bound.
    """
    rank = {step: position for position, step in enumerate(loop)}
    outer_first: list[int] = []
    stack = [list(loop)]
    while stack:
        nodes = stack.pop()
        bounded = [step for step in nodes if step in bounds]
        if len(nodes) == 1 or not bounded:
            outer_first += nodes
            continue
        head = _header(nodes, bounded, edges, bounds)
        outer_first.append(head)
        parts = components([step for step in nodes if step != head], edges)
        stack += [sorted(part, key=rank.__getitem__) for part in reversed(parts)]
    return outer_first[::-1]


def _header(nodes: list[int], bounded: list[int], edges: Edges, bounds: Mapping[int, int]) -> int:
    """The step whose bound limits the whole loop: the first entered, or a smaller one outside inner loops."""
    first = bounded[0]
    tighter = {step for step in bounded if bounds[step] < bounds[first]}
    if not tighter:
        return first
    # A tighter step that still lies on a loop of its own once the first is cut is an inner loop: its count
    # starts afresh in every turn of the outer one, so it must not limit the outer one.
    parts = components([step for step in nodes if step != first], edges)
    inner = {step for part in parts if len(part) > 1 for step in part}
    return first if tighter <= inner else min(tighter, key=bounds.__getitem__)
