"""Draws the steps: what each is, who decides, what follows, what stops its loops, and whose words reach it."""

from __future__ import annotations

from typing import Any

from auditkit.model.facts import EMPTY
from auditkit.model.vocabulary import Branch
from auditkit.sources.inspection.sketch import Item
from auditkit.sources.inspectors._n8n_drawing import Drawing, error_mode, swallows
from auditkit.sources.inspectors._n8n_effects import WEIGHTY, effect_of
from auditkit.sources.inspectors._n8n_gates import conditions, constant
from auditkit.sources.inspectors._n8n_graph import Graph, Link
from auditkit.sources.inspectors._n8n_nodes import Node, table
from auditkit.syntax.patterns import later

_COUNTED = later(
    r"\$runIndex|[Aa]ttempt|[Rr]etr(?:y|ies)|[Cc]ount|[Ii]teration|[Pp]age|[Oo]ffset|[Cc]ursor|[Nn]ext|hasMore|has_more|\.length"
)
_COMPARED = later(r"\{\{[^{}]*?[\w)\]]\s*(?:<|>)=?\s*[\w($-]")
"""An expression that compares by size. (`=>` of a function and `<b>` of a text do not fit.)"""
_ORDERING = frozenset(("gt", "gte", "lt", "lte", "larger", "largerEqual", "smaller", "smallerEqual"))
_CHECKING = ("if", "switch", "filter", "code", "function")
"""Nodes that may check what a model gave."""
_FROM = later(r"(?:^|[\s({])from:(?!me\b)")
_SENDER = later(r"from\.(?:id|username)|chat\.id|\bsender\b|from\.value|\.from\b|wa_id")


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
        _errors(step, node, graph, decider)
        _validation(step, node, graph)
        _turns(step, node, decider)
        if constant(node):
            step.say(
                "required",
                False,
                node.at("parameters", "conditions"),
                note="its condition compares two constants: it always goes the same way",
            )
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
        step.say(
            "retries.max",
            known - 1,
            node.at("maxTries" if tries else "retryOnFail"),
            how="literal" if tries else "default",
            note=None if tries else "n8n tries 3 times when Max Tries is not set",
        )
    elif node.raw.get("retryOnFail") is False:
        step.say("retries.max", 0, node.at("retryOnFail"))


def _errors(step: Item, node: Node, graph: Graph, decider: str) -> None:
    mode, at = error_mode(node)
    lost = swallows(node, graph)
    if mode == "continueErrorOutput" and node in graph.wired_errors:
        step.say("failure_branches", Branch(type="fallback", trigger="the node fails", trigger_in="code"), at)
    elif lost is not None and not (decider == "model" and _checked_next(node, graph)):
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
    elif (
        node.type in ("agent", "chainLlm")
        and node.version >= 1.4
        and not node.get("hasOutputParser")
        and not _checked_next(node, graph)
    ):
        step.say("validation.kind", "none", how="default", note="no output parser is attached, and no test follows")


def _checked_next(node: Node, graph: Graph) -> bool:
    """A node follows at once that may check what this one gave, and lead elsewhere."""
    return any(link.target.type in _CHECKING for link in graph.after.get(node, ()))


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
        exits = [
            n for n in group if any(link.target not in inside for link in graph.after.get(n, ())) or n.type in ("if", "switch")
        ]
        head = next((n for n in group if any(link.source not in inside for link in graph.before.get(n, ()))), group[0])
        counted = [n for n in exits if _counts(n)]
        where = counted or exits or [head]
        step = drawing.steps[where[0]]
        limit = graph.settings.get("executionTimeout")
        timed = isinstance(limit, int | float) and limit > 0
        bound = "coded" if counted or timed else "none"
        note = (
            None
            if bound == "coded"
            else f"goes round by way of {head.name!r} until its condition holds; nothing counts the rounds"
        )
        for at in dict.fromkeys([where[0].place, head.place]):
            if step.value("loop.bound") is None or step.value("loop.bound") == bound:
                step.say("loop.bound", bound, at, how="resolved", note=note)


def _counts(node: Node) -> bool:
    found = node.text
    return bool(_COUNTED.search(found) or _COMPARED.search(found)) or any(f in _ORDERING for f in node.texts)


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
    public = [n for n in graph.steps if n.trigger and open_to_public(n)]
    for node in public:
        steps[node].say("untrusted_input", True, note="anybody can start a run")
    known_senders = {link for n in graph.steps for link in _of_known_senders(n, graph)}
    fetched = [
        n
        for n in graph.steps
        if not n.trigger and n.vendor in table()["public_reads"] and effect_of(n, graph).effect == "read"
    ]
    reached: set[Node] = set()
    for source in [*fetched, *public]:  # what was fetched is not the sender's: the walk from it is cut nowhere, so it goes first
        found = graph.reach([source], without=known_senders if source.trigger else None, known=reached) - reached
        reached |= found
        for node in found:
            if drawing.deciders[node] == "model":
                steps[node].say("untrusted_input", True, source.place, how="resolved", note=f"from {source.name!r}"[:120])
    for tool in graph.helpers:
        if any(s.kind == "ai_tool" for s in graph.serves.get(tool, ())):
            for holder in graph.holders(tool):
                if holder not in steps:
                    continue
                if (tool.vendor in table()["public_reads"] or tool.base in ("httpRequest", "toolHttpRequest")) and effect_of(
                    tool, graph
                ).effect == "read":
                    steps[holder].say(
                        "untrusted_input", True, tool.place, how="resolved", note=f"through the tool {tool.name!r}"[:120]
                    )
                if tool.vendor in table()["private_vendors"] and effect_of(tool, graph).effect == "read":
                    steps[holder].say(
                        "private_data", True, tool.place, how="resolved", note=f"through the tool {tool.name!r}"[:120]
                    )


def _of_known_senders(node: Node, graph: Graph) -> list[Link]:
    """The ways out of a test that only senders on a list can take. To shut some senders out lets all others in."""
    if node.type not in ("if", "switch", "filter") or not _SENDER.search(node.text):
        return []
    allowed: set[int] = set()
    for output, several in enumerate(conditions(node)):
        said = {_names_sender(c) for c in several if _SENDER.search(" ".join(str(c.get(k, "")) for k in _SIDES))}
        if said == {True}:
            allowed.add(output)
        elif said == {False} and node.type == "if":
            allowed.add(1)
    if not any(_SENDER.search(str(c)) for several in conditions(node) for c in several):
        allowed = set(range(node.outputs))  # written in a way that is not known: taken for a list
    return [link for link in graph.after.get(node, ()) if link.output in allowed]


_SIDES = ("leftValue", "rightValue", "value1", "value2")


def _names_sender(condition: dict[str, Any]) -> bool | None:
    """Whether a condition holds for named senders, for all but them (False), or tests something else of them (None)."""
    operator = condition.get("operator")
    word = str(operator.get("operation") if isinstance(operator, dict) else condition.get("operation") or "equal").lower()
    if word in ("true", "false"):
        return word == "true"
    if word.startswith("not"):
        return False if word in ("notequals", "notequal", "notcontains", "notregex", "notstartswith", "notendswith") else None
    return True if word.startswith(("equal", "contain", "start", "end", "regex")) else None


def open_to_public(node: Node) -> bool:
    """A trigger that people outside can fire, without a check that the node itself offers."""
    if node.type == "chatTrigger":
        return node.get("public") is True and node.get("authentication") in (None, "none")
    if node.type in ("webhook", "formTrigger", "mcpTrigger"):
        return node.get("authentication") in (None, "none")
    if node.type == "telegramTrigger" and any(node.options.get(k) for k in ("chatIds", "userIds")):
        return False
    if node.said("filters", "sender") or _FROM.search(str(node.said("filters", "q") or "")):  # mail of some senders only
        return False
    return node.type in table()["public_triggers"] or node.vendor in table()["public_triggers"]


def draw_edges(drawing: Drawing) -> None:
    """What follows each step; a way out of an If that leads nowhere is an end of the run."""
    graph, flow, steps = drawing.graph, drawing.flow, drawing.steps
    for link in graph.links:
        flow.edge(steps[link.source], steps[link.target], link.at)
    for node in graph.steps:
        if node.base == "executeWorkflow" and "$workflow.id" in str(node.get("workflowId") or ""):
            for trigger in graph.called_at:  # it runs this very workflow from its other beginning
                flow.edge(steps[node], steps[trigger], node.at("parameters", "workflowId"))
        if node.type == "if" and graph.after.get(node):
            used = {link.output for link in graph.after[node]}
            if not {0, 1} <= used:
                flow.edge(steps[node], None, node.place)
    for tool in graph.sub_agents:
        for holder in graph.holders(tool):
            if holder in steps and holder is not tool:
                onward = [steps[link.target] for link in graph.after.get(holder, ())]
                flow.edge(steps[holder], steps[tool], tool.place)
                for target in onward:
                    if target is not steps[tool]:
                        flow.edge(steps[tool], target, tool.place)
