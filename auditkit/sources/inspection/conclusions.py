"""What follows from a whole workflow, once its parts, paths and gates are known.

Only what the code shows: an absence is stated where the whole body of an action was read and nothing outside of
it could supply what is missing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.model.facts import SYSTEM
from auditkit.sources.inspection.code import Code
from auditkit.sources.inspection.effects import CONSEQUENTIAL
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import FUNCTIONS, Scope, dotted, walk

RUN_STATE = ("window", "memory", "session", "queue", "checkpointer")
"""Stores that hold a run while it goes on."""
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_AGAINST = (*_ORDER, ast.In, ast.NotIn, ast.Eq, ast.NotEq)


def conclude(flow: Flow, code: Code | None, project: Project | None) -> None:
    """States on a settled workflow what its parts say together."""
    for action in flow.of("action"):
        if action.value("consequential"):
            _approved(action)
            if code is not None:
                _checks(action, _body(action, code), code)
    if code is not None:
        _parsed(flow, code)
        _limits(flow, code)
        _bounded_loops(flow, code)
    _outsiders(flow)
    _rules(flow)
    _kept(flow)
    if project is not None:
        _sandbox(flow, project, code)


def _body(action: Item, code: Code) -> Scope | None:
    module = code.program.modules.get(action.home.path) if action.home else None
    scope = module.scope(action.home.name) if module is not None and action.home and action.home.name else None
    return scope if scope is not None and isinstance(scope.node, FUNCTIONS) else None


# What code checks before an action -------------------------------------------------------------------------------


def _approved(action: Item) -> None:
    """What a person approves each time, in code and not past it, a person decides."""
    gate = action.value("gate")
    if isinstance(gate, Item) and gate.value("type") == "human" and gate.value("enforced_in") == "code" \
            and not gate.value("bypassable"):
        action.unsay("decided_by")
        action.say("decided_by", "human", gate.at, "resolved", f"{gate.name} stands before it")


def _checks(action: Item, body: Scope | None, code: Code) -> None:
    """A policy or a cap in the body of an action; their absence where the body was read and no hook can stand before it."""
    if body is None or not isinstance(body.node, FUNCTIONS):
        return
    names = _given(body)
    guards = list(_guards(body, names))
    caps = [g for g in guards if _ordered(g)]
    path, module = body.module.path, body.module
    if caps:
        action.say("limit.scope", "per_call", Place(path, module.line(caps[0])))
    hook = next((t for t, _, _ in module.attributes if t.attr == "tool_input_guardrails" and dotted(t.value) == body.name), None)
    if hook is not None:
        action.say("policy_check", "policy", Place(path, module.line(hook)))
    if action.value("policy_check") is None:
        if guards:
            action.say("policy_check", "policy", Place(path, module.line(guards[0])))
        elif not action.open and action.value("decided_by") == "model":
            typed = [a for a in body.node.args.args if a.annotation is not None]
            action.say(
                "policy_check",
                "schema" if typed else "none",
                how="resolved",
                note="the body compares nothing that it is given" if typed else "nothing of what it is given is checked",
            )
    if not caps and not action.open and action.value("limit.scope") is None and not _delegates(body, code):
        action.say("limit.scope", "none", how="resolved", note="no amount or count is compared in its body")


def _given(body: Scope) -> set[str]:
    """The parameters of a function and the names bound to something made of them."""
    names = {n for n, b in body.bindings.items() if any(x.how == "parameter" for x in b)}
    for _ in range(3):
        for name, bindings in body.bindings.items():
            if any(
                b.value is not None and any(isinstance(n, ast.Name) and n.id in names for n in walk(b.value))
                for b in bindings
                if b.how in ("value", "item", "each")
            ):
                names.add(name)
    return names


def _guards(body: Scope, names: set[str]) -> Iterator[ast.If]:
    """Tests that compare something given with something known, and stop the action when it does not fit."""
    for node in walk(body.node):
        if not isinstance(node, ast.If) or not any(_stops(part) for part in (node.body, node.orelse)):
            continue
        for compare in walk(node.test):
            if (
                isinstance(compare, ast.Compare)
                and any(isinstance(op, _AGAINST) for op in compare.ops)
                and any(isinstance(n, ast.Name) and n.id in names for n in walk(compare))
                and not all(isinstance(c, ast.Constant) and c.value in (None, "", 0) for c in compare.comparators)
            ):
                yield node
                break


def _stops(part: list[ast.stmt]) -> bool:
    return any(isinstance(n, ast.Return | ast.Raise) for s in part for n in walk(s))


def _ordered(guard: ast.If) -> bool:
    return any(isinstance(op, _ORDER) for c in walk(guard.test) if isinstance(c, ast.Compare) for op in c.ops)


def _delegates(body: Scope, code: Code) -> bool:
    """Whether local code that the body calls compares amounts, so that a cap could stand there."""
    reached = [s for s in code.reach([body], hops=3).values() if s is not body and isinstance(s.node, FUNCTIONS)]
    return any(_ordered(g) for s in reached for g in _guards(s, _given(s)))


# Outsiders' text ---------------------------------------------------------------------------------------------------


def _outsiders(flow: Flow) -> None:
    """A model step that reads the web or mail through its tools or sources has outsiders' text before it."""
    web = [k for k in flow.of("knowledge") if k.value("kind") == "web"]
    held: dict[int, list[Item]] = {}
    for action in flow.of("action"):
        held.setdefault(id(action.step), []).append(action)
    for step in flow.of("step"):
        if step.value("decider") != "model" or step.value("untrusted_input") is not None:
            continue
        tools = [a for a in held.get(id(step), ()) if a.value("effect") == "read" and _outside(a, web)]
        if tools:
            step.say("untrusted_input", True, tools[0].at, "resolved", f"{tools[0].name} brings text from outside")


def _outside(tool: Item, web: list[Item]) -> bool:
    words = tool.name.lower()
    if any(w in words for w in _BRINGS):
        return True
    return tool.home is not None and any(item.home == tool.home for item in web)


_BRINGS = (
    "web_search",
    "websearch",
    "browse",
    "visit_page",
    "fetch_url",
    "scrape",
    "read_email",
    "get_email",
    "read_mail",
    "search_emails",
    "google_search",
    "tavily",
    "duckduckgo",
    "serp",
    "crawl",
)


# What a model wrote, and where runs end ------------------------------------------------------------------------

_TAKES = ("MaxTurnsExceeded", "GraphRecursionError", "UsageLimitExceeded", "MaxIterationsExceeded", "AgentMaxStepsError")


def _parsed(flow: Flow, code: Code) -> None:
    """`json.loads` of a model's words that nothing checks: neither a schema nor a handler for what does not parse."""
    for step in [s for s in flow.of("step") if s.value("decider") == "model" and s.value("validation.kind") is None]:
        homes = [step.home, *(a.home for a in flow.of("action") if a.step is step)]
        scopes = [
            s for h in homes if h is not None and h.name and (m := code.program.modules.get(h.path)) and (s := m.scope(h.name))
        ]
        for scope in code.reach(scopes, hops=2).values():
            line = _unchecked_json(scope, code)
            if line is not None:
                step.say(
                    "validation.kind",
                    "none",
                    Place(scope.module.path, line),
                    "resolved",
                    "the model's text is read as JSON, and nothing checks what it holds",
                )
                break


def _unchecked_json(scope: Scope, code: Code) -> int | None:
    if not isinstance(scope.node, FUNCTIONS) or not any(d.kind == "model" for d in code.deeds(scope, hops=1)):
        return None
    checked = {
        "model_validate",
        "model_validate_json",
        "parse_obj",
        "validate",
        "TypeAdapter",
        "parse_raw",
        "isinstance",
        "get",
    }
    names = {
        n.attr if isinstance(n, ast.Attribute) else n.id
        for n in walk(scope.node)
        if isinstance(n, ast.Attribute | ast.Name)
    }
    if names & (checked - {"get", "isinstance"}):
        return None
    for call in scope.module.by_tail.get("loads", ()):
        if call.scope is scope and call.within is not None and any(isinstance(w.node, ast.Try) for w in call.within.chain()):
            continue
        if call.scope is scope and call.node.args and not _reads_file(call.node.args[0]):
            return scope.module.line(call.line)
    return None


def _reads_file(node: ast.AST) -> bool:
    words = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    return bool(words & {"read", "read_text", "body", "arguments"})


def _limits(flow: Flow, code: Code) -> None:
    """A handler of the framework's limit that says nothing: the run ends as if it were done."""
    looping = [s for s in flow.of("step") if s.value("loop.bound") is not None and s.value("loop.on_limit") is None]
    if not looping:
        return
    for module in code.program.modules.values():
        if not any(h.path == module.path for h in flow.homes):
            continue
        for node in walk(module.tree):
            if (
                isinstance(node, ast.ExceptHandler)
                and node.type is not None
                and any(isinstance(n, ast.Name) and n.id in _TAKES for n in walk(node.type))
            ):
                told = any(
                    isinstance(n, ast.Return | ast.Raise | ast.Yield) and (not isinstance(n, ast.Return) or n.value is not None)
                    for s in node.body
                    for n in walk(s)
                )
                for step in looping[:1]:
                    step.say(
                        "loop.on_limit",
                        "branch" if told else "hang",
                        Place(module.path, module.line(node)),
                        "resolved",
                        None if told else "the limit is caught, and nobody is told",
                    )


def _bounded_loops(flow: Flow, code: Code) -> None:
    """Loops in a step's own code that end by themselves: pages until there are no more, waiting under a time limit."""
    for step in [s for s in flow.of("step") if s.value("loop.bound") is None and s.home is not None and s.home.name]:
        homes = [step.home, *(a.home for a in flow.of("action") if a.step is step)]
        scopes = [
            s for h in homes if h is not None and h.name and (m := code.program.modules.get(h.path)) and (s := m.scope(h.name))
        ]
        for scope in code.reach(scopes, hops=3).values():
            found = _ending(scope)
            if found is not None:
                step.say("loop.bound", "coded", Place(scope.module.path, found[0]), "resolved", found[1])
                break


def _ending(scope: Scope) -> tuple[int, str] | None:
    if not isinstance(scope.node, FUNCTIONS):
        return None
    for node in ast.walk(scope.node):
        inside = [n for n in ast.walk(node) if isinstance(n, ast.While)] if isinstance(node, ast.With | ast.AsyncWith) else []
        if inside and any(
            word in ast.unparse(item.context_expr)
            for item in node.items  # type: ignore[attr-defined]
            for word in ("timeout(", "fail_after(", "move_on_after(")
        ):
            return scope.module.line(inside[0]), "it runs under a time limit"
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value is True:
            words = {
                n.attr if isinstance(n, ast.Attribute) else n.id if isinstance(n, ast.Name) else str(n.value)
                for n in ast.walk(node)
                if isinstance(n, ast.Attribute | ast.Name | ast.Constant)
            }
            leaves = any(isinstance(n, ast.Break | ast.Return) for n in ast.walk(node))
            if leaves and any(_PAGES.fullmatch(w) for w in words):
                return scope.module.line(node), "it ends when there are no more pages"
    return None


_PAGES = later(
    r"(?i)(?:next_?)?page_?token|next_?(?:cursor|page|link)|has_(?:more|next)|continuation_?token|next_?offset|start_cursor"
)

# Rules that only a prompt states ---------------------------------------------------------------------------------


def _rules(flow: Flow) -> None:
    """Of the rules found in prompts, those stay that guard something this workflow can do."""
    doing = {_GUARDED[e] for a in flow.of("action") if (e := a.value("effect")) in _GUARDED and a.value("consequential")}
    flow.items = [i for i in flow.items if i.kind != "guardrail" or i.rule != "prompts.rule" or i.value("guards") in doing]


_GUARDED = {"money": "money", "delete": "data", "access": "access", "message": "data", "execute": "access"}

# State ---------------------------------------------------------------------------------------------------------------


def _kept(flow: Flow) -> None:
    """A run whose state lies in the process alone is gone with it."""
    system = next((i for i in flow.of(SYSTEM)), None)
    if flow.served or (system is not None and system.value("state.checkpoint") is not None):
        return
    stores = [s for s in flow.of("store") if s.value("kind") in (*RUN_STATE, "database", "platform")]
    holding = [s for s in stores if s.value("kind") in RUN_STATE]
    if not holding or any(s.value("durable") is not False for s in stores):
        return
    system = system or flow.add(SYSTEM, SYSTEM, flow.at, flow.rule)
    for store in holding[:4]:
        for place in store.places[:3]:
            system.say("state.checkpoint", "none", place, "resolved", f"{store.name} lives in the process")


# Where code runs ---------------------------------------------------------------------------------------------------


def _sandbox(flow: Flow, project: Project, code: Code | None) -> None:
    """Code that a model writes runs where the workflow runs, when nothing separates it and no container is described."""
    running = [s for s in flow.of("step") if s.value("executes") in ("code", "shell")]
    running += [a for a in flow.of("action") if a.value("effect") == "execute"]
    if not running:
        return
    system = next((i for i in flow.of(SYSTEM)), None)
    if system is not None and system.value("sandbox.kind") is not None:
        return
    boxed = _boxed(running, code) if code is not None else None
    if boxed is not None:
        system = system or flow.add(SYSTEM, SYSTEM, flow.at, flow.rule)
        system.say("sandbox.kind", "sandbox", boxed, "resolved", "what the model runs is sent to a sandbox")
        return
    boxes = sorted(
        p
        for p in project.paths
        if p.rpartition("/")[2].lower().startswith(("dockerfile", "docker-compose")) or "/.devcontainer/" in f"/{p}"
    )
    if boxes:
        system = system or flow.add(SYSTEM, SYSTEM, flow.at, flow.rule)
        system.say("sandbox.kind", "container", Place(boxes[0], 1), "resolved", "the folder describes a container")
    elif any(s.kind == "step" for s in running):
        system = system or flow.add(SYSTEM, SYSTEM, flow.at, flow.rule)
        system.say("sandbox.kind", "host", running[0].at, "resolved", "nothing separates it from the host in this folder")


def _boxed(running: list[Item], code: Code) -> Place | None:
    """A call that hands what the model runs to a sandbox, where all the calls that run anything do."""
    scopes = [_body(i, code) for i in running if i.kind == "action"]
    runs = [d for s in scopes if s is not None for d in code.deeds(s) if d.kind == "execute"]
    return runs[0].place if runs and all(d.meaning.option("sandbox") for d in runs) else None


__all__ = ["CONSEQUENTIAL", "conclude"]
