"""The step graph: what follows what, what can be reached, and where it runs in circles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from auditkit.model.facts import Ref, Stack
from auditkit.reliability.order import components

END = "end"


@dataclass(frozen=True)
class StepGraph:
    """Steps by id in the order of the file, with their edges: (target id or None for the end, share)."""

    steps: tuple[str, ...]
    edges: Mapping[str, tuple[tuple[str | None, float], ...]]
    stated: frozenset[str]
    """The steps whose `next` is stated; for the others the order of the file is taken."""

    @cached_property
    def after(self) -> Mapping[str, tuple[str, ...]]:
        """The steps that directly follow each step."""
        return {s: tuple(t for t, share in self.edges[s] if t is not None and share > 0) for s in self.steps}

    @cached_property
    def loops(self) -> tuple[frozenset[str], ...]:
        """The groups of steps that can come back to themselves."""
        return tuple(frozenset(group) for group in self.groups
                     if len(group) > 1 or group[0] in self.after[group[0]])

    @cached_property
    def serial(self) -> bool:
        """Whether every run goes through the same steps once."""
        return all(len(edges) == 1 for edges in self.edges.values()) and not self.loops

    @cached_property
    def place(self) -> Mapping[str, int]:
        """The position of each step in the file."""
        return {s: i for i, s in enumerate(self.steps)}

    @cached_property
    def reach(self) -> Mapping[str, int]:
        """The steps that can be reached from each step, itself included, as a set of bits by position.

        Bits, since five thousand steps in a row have twelve million pairs.
        """
        return self._closure(self.after)

    @cached_property
    def before(self) -> Mapping[str, int]:
        """The steps from which each step can be reached, itself included, as a set of bits by position."""
        return self._closure(self.sources)

    @cached_property
    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The steps that directly lead to each step."""
        found: dict[str, list[str]] = {s: [] for s in self.steps}
        for step in self.steps:
            for target in self.after[step]:
                found[target].append(step)
        return {s: tuple(before) for s, before in found.items()}

    @cached_property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Steps that can come back to each other, group by group, in an order in which work flows."""
        return tuple(tuple(sorted(group, key=self.place.__getitem__))
                     for group in components(self.steps, self.after))

    def _closure(self, after: Mapping[str, Sequence[str]]) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for group in reversed(components(self.steps, after)):     # targets come before their sources
            bits = self.bits(group)
            for step in group:
                for target in after[step]:
                    bits |= found.get(target, 0)
            found |= dict.fromkeys(group, bits)
        return found

    def bits(self, steps: Iterable[str]) -> int:
        """A set of steps as bits; unknown names are left out."""
        bits = 0
        for step in steps:
            if step in self.place:
                bits |= 1 << self.place[step]
        return bits

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The steps in an order in which work flows (loops keep the file's order)."""
        return tuple(s for group in self.groups for s in group)


def step_graph(stack: Stack) -> StepGraph:
    """The graph of a stack's steps. Without a stated `next`, a step is followed by the next one in the file."""
    ids = tuple(ref.id for ref in stack.by_kind["step"])
    known = set(ids)
    edges: dict[str, tuple[tuple[str | None, float], ...]] = {}
    stated: set[str] = set()
    for i, step in enumerate(ids):
        following = stack.known(Ref("step", step), "next")
        if following is None:
            edges[step] = ((ids[i + 1] if i + 1 < len(ids) else None, 1.0),)
        else:
            stated.add(step)
            targets = [(None if e.to == END else e.to, e.share) for e in following.value]
            edges[step] = _shared([t for t in targets if t[0] is None or t[0] in known])
    return StepGraph(ids, edges, frozenset(stated))


def _shared(targets: Sequence[tuple[str | None, float | None]]) -> tuple[tuple[str | None, float], ...]:
    """Shares that add up to 1: stated ones first, the rest split evenly; what is missing ends the run."""
    if not targets:
        return ((None, 1.0),)
    stated = sum(share for _, share in targets if share is not None)
    blank = sum(share is None for _, share in targets)
    each = max(0.0, 1 - stated) / blank if blank else 0.0
    edges = [(to, each if share is None else share) for to, share in targets]
    rest = 1 - sum(share for _, share in edges)
    if rest > 1e-9:
        edges.append((None, rest))
    total = sum(share for _, share in edges)
    return tuple((to, share / total) for to, share in edges)
