"""Gates on the step graph: a gate counts for an action when every way from the start to the action passes it."""

from __future__ import annotations

from collections.abc import Collection

from auditkit.model.vocabulary import NONE
from auditkit.sources.inspection.sketch import Flow, Item


def gate_actions(flow: Flow) -> None:
    """States for every gate what it stands before, and for every action its gate or, in a closed graph, that it has none."""
    steps = flow.of("step")
    after: dict[int, list[Item]] = {id(s): [t for t in flow.after(s) if t is not None] for s in steps}
    led_to = {id(t) for following in after.values() for t in following}
    entries = flow.entries or [s for s in steps if id(s) not in led_to] or steps[:1]
    everywhere = _reachable(entries, after, ())
    gates = flow.of("gate")
    acting = flow.of("action")
    before: dict[int, list[Item]] = {id(g): list(g.protects or ()) for g in gates}
    for action in acting:
        if action.step is None or id(action.step) not in everywhere:
            continue
        standing = [g for g in gates if g.protects is None and g.step is not None]
        for gate in standing:
            if gate.step is action.step:
                if gate.entry or (
                        gate.at.path == action.at.path and gate.at.line < action.at.line and gate.home == action.home):
                    before[id(gate)].append(action)
            elif id(action.step) not in _reachable(entries, after, (gate.step,)):      # type: ignore[arg-type]
                before[id(gate)].append(action)
        if not any(action in before[id(g)] for g in gates):
            together = [g.step for g in standing if g.step is not None and g.step is not action.step]
            if len(together) > 1 and id(action.step) not in _reachable(entries, after, together):
                for gate in standing:
                    if gate.step in together and _leads(gate.step, action.step, entries, after, together):
                        before[id(gate)].append(action)
    for gate in gates:
        if gate.value("before") is None and before[id(gate)]:
            gate.say("before", list(dict.fromkeys(before[id(gate)])))
    for action in acting:
        if action.value("gate") is not None:
            continue
        holding = [g for g in gates if action in before[id(g)]]
        if holding:
            action.say("gate", holding[0], holding[0].at)
        elif not flow.open_ended and not action.open and steps and action.value("consequential"):
            placed = action.step is not None and id(action.step) in everywhere
            loose = action.step is None and action.value("decided_by") == "model" and not any(g.protects is None for g in gates)
            if placed or loose:
                action.say("gate", NONE)


def _leads(gate: Item | None, step: Item, entries: Collection[Item], after: dict[int, list[Item]],
           gates: Collection[Item]) -> bool:
    """Whether some way from the start to a step passes this gate and no other."""
    others = [g for g in gates if g is not gate]
    return gate is not None and id(gate) in _reachable(entries, after, others) and id(step) in _reachable([gate], after, others)


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
