"""Gates on the step graph: a gate counts for an action when every way from the start to the action passes it."""

from __future__ import annotations

from collections.abc import Collection

from auditkit.model.vocabulary import NONE
from auditkit.sources.inspection.sketch import Flow, Item

MOST_WORK = 20_000_000
"""Gates times edges; of a larger graph nothing is claimed about the ways through it."""


def gate_actions(flow: Flow) -> None:
    """States for every gate what it stands before, and for every action its gate or, in a closed graph, that it has none."""
    graph = _Graph(flow)
    gates = flow.of("gate")
    actions = flow.of("action")
    before: dict[int, dict[int, Item]] = {id(g): {id(a): a for a in g.protects or ()} for g in gates}
    perhaps: set[int] = set()
    for action in actions:
        if action.step is not None and id(action.step) in graph.everywhere:
            for gate in graph.gates_of(action):
                if gate.sometimes:
                    perhaps.add(id(action))
                else:
                    before[id(gate)][id(action)] = action
    for gate in gates:
        if gate.value("before") is None and before[id(gate)]:
            gate.say("before", list(before[id(gate)].values()))
    free = all(g.protects is not None for g in gates)
    for action in actions:
        if action.value("gate") is not None:
            continue
        holding = next((g for g in gates if id(action) in before[id(g)]), None)
        if holding is not None:
            action.say("gate", holding, holding.at)
        elif graph.closed and not action.open and id(action) not in perhaps and action.value("consequential"):
            placed = action.step is not None and id(action.step) in graph.everywhere
            if placed or (action.step is None and action.value("decided_by") == "model" and free):
                action.say("gate", NONE)


class _Graph:
    """The steps of a workflow with what follows each, and what can be reached without some gates."""

    def __init__(self, flow: Flow) -> None:
        steps = flow.of("step")
        known = {id(s) for s in steps}
        self.after: dict[int, list[Item]] = {}
        for source, target, _ in flow.edges:
            if target is not None and id(target) in known:
                self.after.setdefault(id(source), []).append(target)
        led_to = {id(t) for following in self.after.values() for t in following}
        self.entries = flow.entries or [s for s in steps if id(s) not in led_to] or steps[:1]
        self.everywhere = _reachable(self.entries, self.after, ())
        self.standing = [g for g in flow.of("gate") if g.protects is None and g.step is not None]
        self.stops = list(dict.fromkeys(g.step for g in self.standing if g.step is not None))
        small = len(self.stops) * max(1, len(flow.edges)) <= MOST_WORK
        self.seen = small and not flow.open_ended
        """Whether all ways through the graph can be seen."""
        self.closed = self.seen and bool(steps)
        self._without: dict[int, set[int]] = {}
        self._together: dict[int, list[Item]] = {}

    def gates_of(self, action: Item) -> list[Item]:
        """The gates that stand before an action: in its step before it, on every way to it, or together on every way."""
        own = [g for g in self.standing if g.step is action.step and _earlier(g, action)]
        if not self.seen:
            return own
        alone = {id(s) for s in self.stops if s is not action.step and id(action.step) not in self._reached_without(s)}
        found = own + [g for g in self.standing if id(g.step) in alone]
        return found or self._jointly(action)

    def _reached_without(self, step: Item) -> set[int]:
        if id(step) not in self._without:
            self._without[id(step)] = _reachable(self.entries, self.after, (step,))
        return self._without[id(step)]

    def _jointly(self, action: Item) -> list[Item]:
        """Gates on different ways, one of which every way passes; those that no such way needs are left out."""
        step = action.step
        if step is None or len(self.stops) < 2:
            return []
        if id(step) not in self._together:
            stops = [s for s in self.stops if s is not step]
            cut = id(step) not in _reachable(self.entries, self.after, stops)
            needed = {id(s) for s in stops if self._leads(s, step, stops)} if cut else set()
            self._together[id(step)] = [g for g in self.standing if id(g.step) in needed]
        return self._together[id(step)]

    def _leads(self, stop: Item, step: Item, stops: Collection[Item]) -> bool:
        """Whether some way from the start to a step passes this gate and no other."""
        others = [s for s in stops if s is not stop]
        return id(stop) in _reachable(self.entries, self.after, others) and id(step) in _reachable([stop], self.after, others)


def _earlier(gate: Item, action: Item) -> bool:
    """Whether a gate stands before an action of the same step."""
    return gate.entry or (gate.at.path == action.at.path and gate.at.line < action.at.line and gate.home == action.home)


def _reachable(entries: Collection[Item], after: dict[int, list[Item]], without: Collection[Item]) -> set[int]:
    """The steps that can be reached when some steps are taken out."""
    out = {id(s) for s in without}
    stack = [e for e in entries if id(e) not in out]
    found = {id(e) for e in stack}
    while stack:
        for target in after.get(id(stack.pop()), ()):
            if id(target) not in found and id(target) not in out:
                found.add(id(target))
                stack.append(target)
    return found
