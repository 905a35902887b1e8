"""Draws what is done to the world, by tools and by plain nodes, and who must say yes before."""

from __future__ import annotations

from auditkit.sources.inspection.sketch import Item, Place
from auditkit.sources.inspectors._n8n_drawing import Drawing
from auditkit.sources.inspectors._n8n_effects import REFERS, Effect, effect_of, model_writes
from auditkit.sources.inspectors._n8n_gates import Asked
from auditkit.sources.inspectors._n8n_nodes import Node, strings, table
from auditkit.syntax.patterns import later

_OWN_DEEDS = ("executeCommand", "code", "function", "functionItem")
"""Nodes of n8n's own that can change something outside."""
_TO = later(
    r"^(?:to(?:[A-Z_]\w*)?|sendTo|\w*[Rr]ecipients?|chat_?[Ii]d|channel(?:_?[Ii]d)?|user(?:_?[Ii]d)?|phone\w*|\w*[Ee]mail|\w*PhoneNumber)$"
)
_ANY = later("")
_PLACEHOLDER = later(r"(?<!\{)\{\w+\}(?!\})")
"""What the model fills into the address of an HTTP tool."""
_AIMS = {"message": _TO, "delete": _ANY, "money": _ANY, "access": _ANY, "execute": _ANY, "deploy": _ANY}
"""By effect, the parameters that tell whom or what it is done to."""
_RECIPIENTS = ("chatId", "channelId", "sendTo", "user", "toRecipients", "recipientPhoneNumber", "toEmail")
_NAMED = later(r"""\$(?:\(|node\[)\s*['"`](.{1,200}?)['"`]\s*[\])]""")


def draw_actions(drawing: Drawing) -> None:
    """Tools offered to models, and what plain nodes do that matters outside after a model, or a person who was asked, decided."""
    graph = drawing.graph
    for node in graph.helpers:
        if node.type.endswith("HitlTool") or not any(s.kind == "ai_tool" for s in graph.serves.get(node, ())):
            continue
        holders = [h for h in graph.holders(node) if h in drawing.steps and h is not node]
        if holders:
            _action(drawing, node, holders[0], effect_of(node, graph), "model").also(_operation_place(node))
    models = [n for n in graph.steps if drawing.deciders[n] == "model"]
    downstream = graph.reach([link.target for m in models for link in graph.after.get(m, ())])
    downstream |= {n for found in drawing.asked if found.holds for n in found.guarded}
    informed = {to for found in drawing.asked for to in _recipients(found.node)}
    channels = {n.vendor or n.type for n in graph.triggers} & table()["chat_vendors"]
    for node in graph.steps:
        if node not in downstream or node.trigger or node.waits or drawing.deciders[node] == "model":
            continue
        if node.vendor is None and node.base not in _OWN_DEEDS:
            continue
        effect = effect_of(node, graph)
        reply = effect.effect == "message" and (node.vendor in channels or not informed.isdisjoint(_recipients(node)))
        if effect.consequential and not reply:
            _action(drawing, node, node, effect, "code").also(_operation_place(node))


def _chosen(node: Node, effect: Effect) -> Place | None:
    """Where a model chooses whom a message goes to, or what is deleted, paid, opened or run; None where that is fixed."""
    wanted = _AIMS.get(effect.effect or "")
    if node.vendor is None or wanted is None:
        return None
    for holder, key, value in strings(node.parameters):
        label = str(holder.get("name", "")) if key == "value" else key
        asked = REFERS.search(value) or (node.type == "toolHttpRequest" and key == "url" and _PLACEHOLDER.search(value))
        if asked and wanted.search(label):
            return Place(node.path, node.document.line(holder, key))
    return None


def _recipients(node: Node) -> list[tuple[str | None, str, str]]:
    """Whom a node writes to. Who was asked before a message goes there is told how it went: no act towards others."""
    return [(node.vendor, key, str(node.get(key))) for key in _RECIPIENTS if node.get(key)]


def _operation_place(node: Node) -> Place:
    return node.at("parameters", "operation") if node.operation_written else node.place


def _action(drawing: Drawing, node: Node, step: Node, effect: Effect, decided_by: str) -> Item:
    action = drawing.flow.add("action", node.name, node.place, f"n8n.{node.type}")
    drawing.actions[node] = action
    action.say("step", drawing.steps[step]).say("symbol", f"n8n:{node.name}"[:120]).say("decided_by", decided_by)
    action.say("effect", effect.effect, effect.at, effect.how, effect.note)
    action.say("consequential", effect.consequential, effect.at, effect.how, effect.note)
    action.say("reversible", effect.reversible, effect.at, "resolved")
    action.say("integration", drawing.integrations.get(node))
    action.say("inputs", model_writes(node) if decided_by == "model" else _handed(node, drawing))
    if decided_by == "model" and effect.consequential and (chosen := _chosen(node, effect)) is not None:
        note = "the model chooses whom or what it acts on, and n8n runs the node as it is called"
        action.say("limit.scope", "none", chosen, "resolved", note)
    if (node.operation or "").lower() in ("upsert", "appendorupdate"):
        action.say("idempotent_key", "upsert", _operation_place(node))
    if node.base in ("executeCommand", "ssh") and decided_by == "model":
        drawing.steps[step].say("executes", "shell", node.place)
    return action


def _handed(node: Node, drawing: Drawing) -> str | None:
    """Whether a model's words reach a plain node, by what its expressions name or what stands right before it."""
    expressions = [e for e in node.texts if "{{" in e]
    named = [m for e in expressions for name in _NAMED.findall(e) for m in drawing.models_by_name.get(name, ())]
    if not named and any("$json" in e for e in expressions):
        before = [link.source for link in drawing.graph.before.get(node, ())]
        named = [n for n in before if drawing.deciders[n] == "model"]
    if not named:
        return None
    return "typed" if all(drawing.steps[m].value("validation.kind") == "schema" for m in named) else "free_text"


def draw_gates(drawing: Drawing) -> None:
    """Points where a person must answer, and for every action that matters the gate before it, or that there is none."""
    graph = drawing.graph
    before: dict[Item, Item] = {}
    weighty = [(_step(n, drawing), a) for n, a in drawing.actions.items() if a.value("consequential")]
    walked = all(found.walked for found in drawing.asked)
    for found in drawing.asked:
        gate = _gate(drawing, found.node, found.at, found.mechanism)
        behind = [a for step, a in weighty if step in found.guarded]
        open_ones = [a for step, a in weighty if step in found.passed]
        gate.say("before", behind or None)
        for action in behind:
            before.setdefault(action, gate)
        _answer(gate, found, bool(behind), bool(open_ones) and not _holds_other(found, drawing))
    _tool_gates(drawing, before)
    sub_only = bool(graph.triggers) and all(n.type == "executeWorkflowTrigger" for n in graph.triggers)
    for node, action in drawing.actions.items():
        if action in before:
            action.say("gate", before[action])
        elif action.value("consequential") and not sub_only and walked:
            action.say("gate", "none", how="resolved", note=_why_open(node, drawing))


def _holds_other(found: Asked, drawing: Drawing) -> bool:
    """The gate holds something whose effect is no drawn action: it is not there for what else may follow it."""
    doing = [n for n in found.guarded if n.vendor is not None or n.base in (*_OWN_DEEDS, "executeWorkflow")]
    return any(effect_of(n, drawing.graph).effect not in ("read", "none") for n in doing)


def _why_open(node: Node, drawing: Drawing) -> str:
    """Why no gate holds an action: the ones that look like it are named."""
    for found in drawing.asked:
        if _step(node, drawing) in found.behind:
            if found.holds is None:
                return f"{found.node.name!r} asks before it, but nothing reads the answer"
            if _step(node, drawing) in found.passed:
                return f"{found.node.name!r} stands on one way to it; another way leads past"
            return f"{found.node.name!r} asks before it, but it follows whatever is answered"
    return "no step on the way to it asks a person"


def _step(node: Node, drawing: Drawing) -> Node:
    """The step of the main graph that an action belongs to."""
    if node in drawing.graph.after or node in drawing.graph.before or node not in drawing.graph.serves:
        return node
    held = drawing.graph.holders(node)
    for _ in range(20):
        if not held or held[0] not in drawing.graph.sub_agents:
            break
        held = drawing.graph.holders(held[0])
    return held[0] if held else node


def _gate(drawing: Drawing, node: Node, at: Place, how: str) -> Item:
    gate = drawing.flow.add("gate", node.name, at, f"n8n: {how}"[:110])
    drawing.gates[node] = gate
    return gate.also(node.place).say("type", "human").say("symbol", f"n8n:{node.name}"[:120])


def _answer(gate: Item, found: Asked, protects: bool, leaves_open: bool) -> None:
    if found.holds == "code":
        gate.say("enforced_in", "code", found.read_at, "resolved", "a condition reads the answer")
    elif found.holds == "prompt":
        gate.say("enforced_in", "prompt", found.read_at, "resolved", "a model reads the answer and decides what it means")
    if not found.walked:
        return
    if found.holds is None and found.node.type != "wait":
        gate.say("bypassable", True, how="resolved", note="nothing reads the answer: the run goes on whatever is said")
    elif found.holds == "prompt":
        gate.say("bypassable", True, found.read_at, "resolved", "the model may take any answer for a yes")
    elif protects:  # what follows on other ways too is an action without a gate, not a hole in this one
        gate.say("bypassable", False, how="resolved", note="every way to the actions behind it passes it")
    elif leaves_open:
        gate.say("bypassable", True, how="resolved", note="a way leads past it to an action that matters")
    if found.limited is False:
        gate.say("timeout_behaviour", "deny", how="default", note="n8n waits without limit; nothing happens before an answer")
    elif found.limited and found.holds == "code":
        gate.say("timeout_behaviour", "deny", how="resolved", note="the wait ends without an approval, which the condition tests")
    elif found.limited and found.holds is None:
        gate.say("timeout_behaviour", "allow", how="resolved", note="the wait ends and the run goes on")


def _tool_gates(drawing: Drawing, before: dict[Item, Item]) -> None:
    """Review nodes that stand between a tool and its agent."""
    graph = drawing.graph
    for node in graph.helpers:
        if not node.type.endswith("HitlTool") or not graph.holders(node):
            continue
        gate = _gate(drawing, node, node.place, f"review of tool calls by {node.base}")
        gate.say("enforced_in", "code", note="n8n runs the tool only after a yes").say("binds_args", True, how="default")
        guarded = [a for tool in graph.parts(node, "ai_tool") for t, a in drawing.actions.items() if t is tool]
        gate.say("before", guarded or None)
        unguarded = [t for t in graph.parts(node, "ai_tool") if any(s.target is not node for s in graph.serves.get(t, ()))]
        gate.say("bypassable", bool(unguarded), how="resolved")
        for action in guarded:
            if not unguarded:
                before.setdefault(action, gate)
