"""Draws what runs: steps and what follows them, what they do to the world, and who must say yes before."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from auditkit.model.facts import EMPTY
from auditkit.model.vocabulary import Branch
from auditkit.sources.inspection.sketch import Flow, Item, Place
from auditkit.sources.inspectors._n8n_effects import WEIGHTY, Effect, calls_model, effect_of, model_writes
from auditkit.sources.inspectors._n8n_gates import Asked, asked, constant
from auditkit.sources.inspectors._n8n_graph import Graph
from auditkit.sources.inspectors._n8n_nodes import Node, table

_COUNTED = re.compile(r"\$runIndex|[Aa]ttempt|[Rr]etr(?:y|ies)|[Cc]ount|[Ii]teration|[Pp]age|[Oo]ffset|[Cc]ursor|[Nn]ext|hasMore|has_more|\.length")
_ORDERING = frozenset(("gt", "gte", "lt", "lte", "larger", "largerEqual", "smaller", "smallerEqual"))
_SENDER = re.compile(r"from\.(?:id|username)|chat\.id|\bsender\b|from\.value|\.from\b|wa_id")


@dataclass
class Drawing:
    """One workflow while it is drawn: the graph it is read from, and the items made of its nodes."""

    graph: Graph
    flow: Flow
    steps: dict[Node, Item] = field(default_factory=dict)
    actions: dict[Node, Item] = field(default_factory=dict)
    integrations: dict[Node, Item] = field(default_factory=dict)
    knowledge: dict[Node, Item] = field(default_factory=dict)
    models: dict[Node, Item] = field(default_factory=dict)
    gates: dict[Node, Item] = field(default_factory=dict)

    @cached_property
    def deciders(self) -> dict[Node, str]:
        """Who decides in each step."""
        return {n: _decider(n, self.graph) for n in [*self.graph.steps, *self.graph.sub_agents]}

    @cached_property
    def asked(self) -> list[Asked]:
        """Where a person is asked."""
        return asked(self.graph, self.deciders)


def _decider(node: Node, graph: Graph) -> str:
    kinds = table()["model_types"]
    if node.trigger:
        return "code"
    if node.waits:
        return "human"
    if graph.parts(node, "ai_languageModel"):
        return "model"
    if node.type in kinds and node.type not in ("agentTool",):
        quiet = node.resource in table()["not_model_resources"] or (node.operation or "") in ("create", "list", "deleteAssistant", "upload")
        return "code" if quiet and node.type != "chainLlm" else "model"
    return "model" if node.type == "agentTool" or calls_model(node) else "code"


# Steps -----------------------------------------------------------------------------------------------------

def draw_steps(drawing: Drawing) -> None:
    """A step for every node that takes part, and for agents that are offered as tools."""
    graph = drawing.graph
    for node in [*graph.steps, *graph.sub_agents]:
        step = drawing.flow.add("step", node.name, node.place, f"n8n.{node.type}")
        drawing.steps[node] = step
        decider = drawing.deciders[node]
        step.say("decider", decider).say("symbol", f"n8n:{node.name}"[:120])
        step.say("kind", _kind(node, graph, decider))
        _retries(step, node)
        _errors(step, node, graph)
        _validation(step, node, graph)
        _turns(step, node, decider)
        if constant(node):
            step.say("required", False, node.at("parameters", "conditions"),
                     note="its condition compares two constants: it always goes the same way")
    for entry in graph.entries():
        drawing.flow.entries.append(drawing.steps[entry])
    _untrusted(drawing)
    _cycles(drawing)


def _kind(node: Node, graph: Graph, decider: str) -> str | None:
    if node.trigger:
        return None
    if decider == "human":
        return "approve"
    if node.type in ("openAi", "anthropic", "googleGemini") and node.resource == "audio":
        return "extract" if node.operation in ("transcribe", "translate") else "write_text"
    if node.type in ("openAi", "anthropic", "googleGemini") and (node.operation == "classify" or node.operation == "analyze"):
        return "classify" if node.operation == "classify" else "extract"
    if node.type in ("openAi", "anthropic", "googleGemini") and graph.parts(node, "ai_tool"):
        return "agent_loop"
    if node.type == "agent" and not graph.parts(node, "ai_tool"):
        return "write_text"
    known = table()["step_kinds"].get(node.type)
    if known and (decider == "model") == (known not in ("rule",)):
        return str(known)
    if decider == "model":
        return "write_text"
    effect = effect_of(node, graph).effect if node.vendor is not None else None
    return {"read": "read", None: None, "none": "rule"}.get(effect, "write" if effect in WEIGHTY else None)


def _retries(step: Item, node: Node) -> None:
    if node.raw.get("retryOnFail") is True:
        tries = node.raw.get("maxTries")
        known = tries if isinstance(tries, int) and not isinstance(tries, bool) and 1 < tries <= 5 else 3
        step.say("retries.max", known - 1, node.at("maxTries" if tries else "retryOnFail"),
                 how="literal" if tries else "default", note=None if tries else "n8n tries 3 times when Max Tries is not set")
    elif node.raw.get("retryOnFail") is False:
        step.say("retries.max", 0, node.at("retryOnFail"))


def error_mode(node: Node) -> tuple[str, Place]:
    """What n8n does when the node fails (`stopWorkflow` when nothing is set), and where that stands."""
    mode = node.raw.get("onError")
    if isinstance(mode, str):
        return mode, node.at("onError")
    if node.raw.get("continueOnFail") is True:
        return "continueRegularOutput", node.at("continueOnFail")
    return "stopWorkflow", node.place


def swallows(node: Node, graph: Graph) -> tuple[Place, str] | None:
    """Where and how a failure of the node is lost, or None."""
    mode, at = error_mode(node)
    if mode == "continueErrorOutput" and node not in graph.wired_errors:
        return at, "its error output is on and leads nowhere: a failure ends the branch and the run shows success"
    if mode == "continueRegularOutput":
        onward = [link.target for link in graph.after.get(node, ())]
        if not any(n.type in ("if", "switch", "filter", "code") and "error" in n.text.lower() for n in onward):
            return at, "the run goes on after a failure with the error as data, and the next node does not look at it"
    return None


def _errors(step: Item, node: Node, graph: Graph) -> None:
    mode, at = error_mode(node)
    lost = swallows(node, graph)
    if mode == "continueErrorOutput" and node in graph.wired_errors:
        step.say("failure_branches", Branch(type="fallback", trigger="the node fails", trigger_in="code"), at)
    elif lost is not None:
        step.say("failure_branches", EMPTY, lost[0], note=lost[1])


def _validation(step: Item, node: Node, graph: Graph) -> None:
    parsers = graph.parts(node, "ai_outputParser")
    if node.type == "textClassifier":
        step.say("validation.kind", "schema", note="only the listed categories can come out")
    elif parsers:
        step.say("validation.kind", "schema", parsers[0].place)
        if any(p.type == "outputParserAutofixing" for p in parsers):
            step.say("validation.on_fail", "loop", parsers[0].place, note="a model is asked to repair what does not fit")
    elif node.type == "informationExtractor":
        step.say("validation.kind", "schema")
    elif node.type in ("agent", "chainLlm") and node.version >= 1.4 and not node.get("hasOutputParser"):
        step.say("validation.kind", "none", how="default", note="no output parser is attached")


def _turns(step: Item, node: Node, decider: str) -> None:
    """The bound of the loop that a node runs by itself."""
    if node.type == "splitInBatches":
        if node.get("options", "reset") in (None, False):
            step.say("loop.bound", "coded", note="ends when all items were handed out")
        return
    most = table()["turns"].get(node.type)
    if decider != "model" or most is None:
        return
    key = "maxToolsIterations" if most == 15 else "maxIterations"
    written = node.get("options", key)
    if isinstance(written, int) and not isinstance(written, bool):
        at = node.at("parameters", "options", key)
        step.say("loop.max_iterations", max(written, 0), at).say("loop.bound", "coded", at)
    elif written is None and (most == 10 or step.value("kind") == "agent_loop"):
        note = f"n8n's default of {most} turns ({node.type} version {node.version:g})"
        step.say("loop.max_iterations", most, how="default", note=note).say("loop.bound", "default", how="default", note=note)


def _cycles(drawing: Drawing) -> None:
    """Circles through `main`: bounded where a test on the way out counts, otherwise by nothing."""
    graph = drawing.graph
    running = graph.reach(graph.triggers or graph.steps)
    for group in circles(graph):
        inside = set(group)
        if group[0] not in running or any(n.type == "splitInBatches" or drawing.deciders[n] == "human" for n in group):
            continue
        exits = [n for n in group if any(link.target not in inside for link in graph.after.get(n, ())) or n.type in ("if", "switch")]
        head = next((n for n in group if any(link.source not in inside for link in graph.before.get(n, ()))), group[0])
        counted = [n for n in exits if _counts(n)]
        where = counted or exits or [head]
        step = drawing.steps[where[0]]
        limit = graph.settings.get("executionTimeout")
        timed = isinstance(limit, int | float) and limit > 0
        bound = "coded" if counted or timed else "none"
        note = None if bound == "coded" else f"goes round by way of {head.name!r} until its condition holds; nothing counts the rounds"
        for at in dict.fromkeys([where[0].place, head.place]):
            if step.value("loop.bound") is None or step.value("loop.bound") == bound:
                step.say("loop.bound", bound, at, how="resolved", note=note)


def _counts(node: Node) -> bool:
    found = node.text
    return bool(_COUNTED.search(found)) or any(f in _ORDERING for f in node.texts)


def circles(graph: Graph) -> list[list[Node]]:
    """The groups of steps that lead back to themselves, each in the order of the file (Tarjan, without recursion)."""
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: list[Node] = []
    on: set[Node] = set()
    found: list[list[Node]] = []
    place = {n: i for i, n in enumerate(graph.steps)}
    for root in graph.steps:
        if root in index:
            continue
        work = [(root, iter([link.target for link in graph.after.get(root, ())]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on.add(root)
        while work:
            node, onward = work[-1]
            step = next(onward, None)
            if step is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    group: list[Node] = []
                    while not group or group[-1] is not node:
                        group.append(stack.pop())
                        on.discard(group[-1])
                    if len(group) > 1 or any(link.target is node for link in graph.after.get(node, ())):
                        found.append(sorted(group, key=place.__getitem__))
            elif step not in index:
                index[step] = low[step] = len(index)
                stack.append(step)
                on.add(step)
                work.append((step, iter([link.target for link in graph.after.get(step, ())])))
            elif step in on:
                low[node] = min(low[node], index[step])
    return sorted(found, key=lambda g: place[g[0]])


def _untrusted(drawing: Drawing) -> None:
    """Text from outsiders: what public triggers and mail, feeds and web pages bring, and the models that it reaches."""
    graph, steps = drawing.graph, drawing.steps
    guarded = any(n.type in ("if", "switch", "filter") and _SENDER.search(n.text) for n in graph.steps)
    sources: list[tuple[Node, Place]] = []
    for node in graph.steps:
        public = node.trigger and open_to_public(node)
        if public:
            steps[node].say("untrusted_input", True, note="anybody can start a run")
        reads = not node.trigger and node.vendor in table()["public_reads"] and effect_of(node, graph).effect == "read"
        if (public and not guarded) or reads:
            sources.append((node, node.place))
    for source, at in sources[:50]:
        for node in graph.reach([source]):
            if drawing.deciders[node] == "model":
                steps[node].say("untrusted_input", True, at, how="resolved", note=f"from {source.name!r}"[:120])
    for tool in graph.helpers:
        if any(s.kind == "ai_tool" for s in graph.serves.get(tool, ())):
            for holder in graph.holders(tool):
                if holder not in steps:
                    continue
                if (tool.vendor in table()["public_reads"] or tool.base in ("httpRequest", "toolHttpRequest")) \
                        and effect_of(tool, graph).effect == "read":
                    steps[holder].say("untrusted_input", True, tool.place, how="resolved", note=f"through the tool {tool.name!r}"[:120])
                if tool.vendor in table()["private_vendors"] and effect_of(tool, graph).effect == "read":
                    steps[holder].say("private_data", True, tool.place, how="resolved", note=f"through the tool {tool.name!r}"[:120])


def open_to_public(node: Node) -> bool:
    """A trigger that people outside can fire, without a check that the node itself offers."""
    if node.type == "chatTrigger":
        return node.get("public") is True and node.get("authentication") in (None, "none")
    if node.type in ("webhook", "formTrigger", "mcpTrigger"):
        return node.get("authentication") in (None, "none")
    if node.type == "telegramTrigger" and any(node.options.get(k) for k in ("chatIds", "userIds")):
        return False
    return node.type in table()["public_triggers"] or node.vendor in table()["public_triggers"]


# Edges -----------------------------------------------------------------------------------------------------

def draw_edges(drawing: Drawing) -> None:
    """What follows each step; a way out of an If that leads nowhere is an end of the run."""
    graph, flow, steps = drawing.graph, drawing.flow, drawing.steps
    for link in graph.links:
        flow.edge(steps[link.source], steps[link.target], link.at)
    for node in graph.steps:
        if node.type == "if" and graph.after.get(node):
            used = {link.output for link in graph.after[node]}
            if not {0, 1} <= used:
                flow.edge(steps[node], None, node.place)
    for tool in graph.sub_agents:
        for holder in graph.holders(tool):
            if holder in steps and holder is not tool:
                onward = flow.after(steps[holder])
                flow.edge(steps[holder], steps[tool], tool.place)
                for target in onward:
                    if target is not steps[tool]:
                        flow.edge(steps[tool], target, tool.place)


# Actions ---------------------------------------------------------------------------------------------------

def draw_actions(drawing: Drawing) -> None:
    """Tools offered to models, and what plain nodes do that matters outside after a model has decided or written."""
    graph = drawing.graph
    for node in graph.helpers:
        if node.type.endswith("HitlTool") or not any(s.kind == "ai_tool" for s in graph.serves.get(node, ())):
            continue
        holders = [h for h in graph.holders(node) if h in drawing.steps and h is not node]
        if holders:
            _action(drawing, node, holders[0], effect_of(node, graph), "model").also(_operation_place(node))
    models = [n for n in graph.steps if drawing.deciders[n] == "model"]
    downstream = graph.reach([link.target for m in models for link in graph.after.get(m, ())])
    channels = {n.vendor or n.type for n in graph.triggers} & table()["chat_vendors"]
    for node in graph.steps:
        if node not in downstream or node.trigger or node.waits or drawing.deciders[node] == "model":
            continue
        if node.vendor is None and node.base not in ("executeCommand",):
            continue
        effect = effect_of(node, graph)
        if effect.consequential and not (effect.effect == "message" and node.vendor in channels):
            _action(drawing, node, node, effect, "code").also(_operation_place(node))


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
    if (node.operation or "").lower() in ("upsert", "appendorupdate"):
        action.say("idempotent_key", "upsert", _operation_place(node))
    if node.base in ("executeCommand", "ssh") and decided_by == "model":
        drawing.steps[step].say("executes", "shell", node.place)
    return action


def _handed(node: Node, drawing: Drawing) -> str | None:
    """Whether a model's words reach a plain node, by what its expressions name or what stands right before it."""
    before = [link.source for link in drawing.graph.before.get(node, ())]
    models = [n for n in drawing.steps if drawing.deciders[n] == "model"]
    expressions = [t for t in node.texts if "{{" in t]
    named = [m for m in models if any(f"'{m.name}'" in t or f'"{m.name}"' in t for t in expressions)]
    if not named and any("$json" in t for t in expressions):
        named = [m for m in before if m in models]
    if not named:
        return None
    return "typed" if all(drawing.steps[m].value("validation.kind") == "schema" for m in named) else "free_text"


# Gates -----------------------------------------------------------------------------------------------------

def draw_gates(drawing: Drawing) -> None:
    """Points where a person must answer, and for every action that matters the gate before it, or that there is none."""
    graph = drawing.graph
    before: dict[Item, Item] = {}
    for found in drawing.asked:
        gate = _gate(drawing, found.node, found.at, found.mechanism)
        behind = [a for n, a in drawing.actions.items() if _step(n, drawing) in found.guarded and a.value("consequential")]
        open_ones = [a for n, a in drawing.actions.items()
                     if _step(n, drawing) in found.passed and a.value("consequential")]
        gate.say("before", behind or None)
        for action in behind:
            before.setdefault(action, gate)
        _answer(gate, found, bool(behind), bool(open_ones))
    _tool_gates(drawing, before)
    sub_only = bool(graph.triggers) and all(n.type == "executeWorkflowTrigger" for n in graph.triggers)
    for action in drawing.actions.values():
        if action in before:
            action.say("gate", before[action])
        elif action.value("consequential") and not sub_only:
            action.say("gate", "none", how="resolved", note="no step on the way to it asks a person and reads the answer")


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
    if found.holds is None and found.node.type != "wait":
        gate.say("bypassable", True, how="resolved", note="nothing reads the answer: the run goes on whatever is said")
    elif found.holds == "prompt":
        gate.say("bypassable", True, found.read_at, "resolved", "the model may take any answer for a yes")
    elif leaves_open:
        gate.say("bypassable", True, how="resolved", note="a way leads past it to an action that matters")
    elif protects:
        gate.say("bypassable", False, how="resolved", note="every way to the actions behind it passes it")
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
