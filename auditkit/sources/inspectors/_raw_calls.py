"""Calls of models by their own clients: where they stand, who wraps them, which loop feeds their answer back to them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from auditkit.sources.inspection.code import Deed
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Place
from auditkit.sources.inspectors._packages import MODEL_CLIENTS
from auditkit.sources.inspectors._retrying import loop_around
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import FUNCTIONS, Call, Scope, tail
from auditkit.syntax.python.values import Const, Env, Func, Site, Value

MOST_WAY = 8
"""The functions between a loop and the call of a model in it."""
RAW = (*MODEL_CLIENTS, "~", "~shaped")
TOOL_ARGS = ("tools", "functions", "toolConfig", "tool_config")
_TOOL_WORDS = later(
    r"^(?:tool_calls?|tool_uses?|toolUse|toolResult|function_calls?|function_call|functionCall|stop_reason|stopReason|tool_results?|"
    r"function_call_output|tool_name|tool_call_id|tool_use_id)$"
)
_COUNTERS = later(
    r"(?i)turn|step|iter|round|count|attempt|tries|depth|budget|cost|token|loops?$|^i$|^n$|max|elapsed|time|limit|cycle"
)
_GENERIC = later(
    r"(?i)llm|completion|chat|gpt|openai|claude|anthropic|gemini|mistral|^_?(?:a?ask|query|call|prompt|invoke|predict|generate|request|send|"
    r"run|complete|respond|get_response|get_answer)$|(?:ask|call|query|invoke|prompt|run)_?(?:model|ai|api)|model_(?:call|response)|"
    r"(?:get|create)_(?:response|answer|completion|message)|generate_(?:text|response|content|answer)"
)
_PROMPTS = frozenset(
    (
        "messages",
        "prompt",
        "contents",
        "content",
        "input",
        "query",
        "question",
        "text",
        "message",
        "system",
        "system_prompt",
        "user_prompt",
        "user_message",
        "instruction",
        "instructions",
        "history",
        "conversation",
        "user_input",
        "system_message",
        "chat_history",
        "msgs",
    )
)


@dataclass(eq=False)
class Asked:
    """A point of the code at which a model is asked: the client's own call, or the call of a local wrapper around it."""

    deed: Deed
    call: Call
    """Where the step stands: the client's call, or the wrapper's."""
    via: list[Call] = field(default_factory=list)
    """The calls below it, down to the client's."""

    @property
    def scope(self) -> Scope:
        """The function it stands in."""
        return self.call.scope

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.scope.module.path, self.scope.module.line(self.call.line))

    @property
    def site(self) -> Site:
        """The client's own call."""
        return self.deed.site


@dataclass(eq=False)
class Turn:
    """An agent loop: the statement (or function that calls itself) that asks the model again with what tools gave."""

    node: ast.While | ast.For | ast.AsyncFor | None
    scope: Scope
    asked: Asked
    near: Call
    """The call in the loop's own function that leads to the model."""
    way: tuple[Scope, ...] = ()
    """The functions between that call and the model's."""

    @property
    def place(self) -> Place:
        """The line of the loop, or of the function that calls itself."""
        module = self.scope.module
        return Place(module.path, module.line(self.node if self.node is not None else self.scope.line))


def is_raw(deed: Deed) -> bool:
    """Whether a call goes to a model by a client library, and to no embedding, image or speech."""
    name = deed.site.name
    if deed.kind == "model" and deed.meaning.option("by_address"):
        return True
    if deed.kind != "model" or name.partition(".")[0] not in RAW or name.startswith(("google.adk", "~.llm", "~.model.")):
        return False
    if name.startswith("~.") and name.count(".") < 3 and not name.endswith("generate_content"):
        return name in ("~.responses.create", "~.responses.parse", "~.messages.create", "~.messages.stream")
    return not re.search(r"\.(?:images|audio|moderations|generate_images|generate_videos|text_to_image)\b", name)


def wrapped(project: Project, deed: Deed) -> list[Asked]:
    """The points at which a model is asked by a call: the callers of a thin wrapper, else the call itself."""
    return [Asked(deed, path[0], path[1:]) for path in _paths(project, [deed.site.call])[:40]]


def _paths(project: Project, below: list[Call], hops: int = 3) -> list[list[Call]]:
    """The ways by which thin wrappers lead to a call, each from the place that asks down to the call. A wrapper that only one
    place uses is a part of that place, unless that is a wrapper again which several use."""
    callers = _callers(project, below[0]) if hops and _is_wrapper(below[0]) else []
    found = [path for caller in callers[:40] for path in _paths(project, [caller, *below], hops - 1)]
    return found if len(found) > 1 else [below]


def _callers(project: Project, call: Call) -> list[Call]:
    scope = call.scope
    if scope.kind != "function":
        return []
    return [s.call for s in project.program.callers(scope) if s.call.scope is not scope]


def _is_wrapper(call: Call) -> bool:
    """Whether a function does little but hand its prompt on to a model: its name says no more than that it asks, it has
    no loop, offers no tools but those that it is given, carries none out, and the prompt is its parameter."""
    scope, node = call.scope, call.scope.node
    if not isinstance(node, FUNCTIONS) or not _GENERIC.search(scope.name.rpartition(".")[2]):
        return False
    looped = [w.node for w in (call.within.chain() if call.within is not None else ()) if isinstance(w.node, ast.While)]
    params = {a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)} - {scope.self_name}
    everything = node.args.kwarg.arg if node.args.kwarg is not None else ""
    tools = [k.value for k in call.node.keywords if k.arg in TOOL_ARGS]
    translates = bool(tools) and all(_reached(scope, [t]) & params for t in tools) and not _carries_out(call)
    if looped or (not translates and (tools or _speaks_of_tools(node))) or (node.end_lineno or node.lineno) - node.lineno >= 80:
        return False
    reached = _reached(scope, [*call.node.args, *(k.value for k in call.node.keywords)])
    if everything in reached and not params:
        return True     # `def create_response(**kwargs): return post(url, json=kwargs)`
    if not any(p in _PROMPTS or p.endswith(("prompt", "message", "messages", "_text", "content")) for p in params):
        return False
    return bool(reached & params)


def _reached(scope: Scope, given: Iterable[ast.AST]) -> set[str]:
    """The names that expressions are made of, with those that their names were made of in the same function."""
    named = {n.id for a in given for n in ast.walk(a) if isinstance(n, ast.Name)}
    bound = [b.value for name in named for b in scope.bindings.get(name, ()) if b.value is not None]
    return named | {n.id for value in bound for n in ast.walk(value) if isinstance(n, ast.Name)}


def _carries_out(call: Call) -> bool:
    """Whether the function around a call also looks up, by the name that the model gave, what it then calls."""
    return any(
        isinstance(n, ast.Call) and (
            (isinstance(n.func, ast.Subscript) and not isinstance(n.func.slice, ast.Constant))
            or (isinstance(n.func, ast.Call) and tail(n.func.func) in ("getattr", "get"))
            or (_EXECUTES.search(tail(n.func)) is not None and _NOT.search(tail(n.func)) is None)
        )
        for n in ast.walk(call.scope.node)
    )


def loop_of(project: Project, asked: Asked, hops: int = 3, known: frozenset[tuple[int, int]] = frozenset()) -> Turn | None:
    """The agent loop in which a model is asked, or None. `known` are loops that were found, each with the call in it that
    leads to a model: another way on from there, such as the client of another vendor, belongs to the same loop."""
    return _loop(project, asked, asked.call, hops, set(), (), known)


def _loop(project: Project, asked: Asked, call: Call, hops: int, seen: set[int], way: tuple[Scope, ...],
          known: frozenset[tuple[int, int]]) -> Turn | None:
    for within in call.within.chain() if call.within is not None else ():
        node = within.node
        if (
            isinstance(node, ast.While | ast.For | ast.AsyncFor)
            and within.part == "body"
            and ((id(node), id(call.node)) in known or _feeds_back(project, node, call, asked))
        ):
            return Turn(node, call.scope, asked, call, way)
    scope = call.scope
    if scope.kind != "function" or id(scope) in seen:
        return None
    seen.add(id(scope))
    callers = project.program.callers(scope)
    if any(c.call.scope is scope for c in callers) and _uses_tools(scope.node, asked):
        return Turn(None, scope, asked, call, way)
    only = len(callers) == 1 and len(seen) < MOST_WAY       # then there is no choice of ways, and none to lose
    if hops > 0 or only:
        for caller in callers:
            found = _loop(project, asked, caller.call, hops if only else hops - 1, seen, (*way, scope), known)
            if found is not None:
                return found
    return None


def _feeds_back(project: Project, loop: ast.While | ast.For | ast.AsyncFor, call: Call, asked: Asked) -> bool:
    """Whether a loop asks the model again with what tools gave: neither tries again, nor walks over a list of things."""
    if loop_around(project, call) is not None and loop_around(project, call).at.line == call.scope.module.line(loop):  # type: ignore[union-attr]
        return False
    if isinstance(loop, ast.For | ast.AsyncFor) and not _is_counted(loop):
        return False
    return _grows(loop) and (_uses_tools(loop, asked) or _acts(loop, call))


def _is_counted(loop: ast.For | ast.AsyncFor) -> bool:
    func = loop.iter.func if isinstance(loop.iter, ast.Call) else None
    return func is not None and tail(func) in ("range", "count", "trange", "tqdm")


def _grows(loop: ast.AST) -> bool:
    """Whether something is added to a list (or a text) in a loop, or handed on to what keeps the history."""
    for node in ast.walk(loop):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and (
                node.func.attr in ("append", "extend")
                or re.search(r"(?:add|save|store|append|push)_?\w*(?:message|history|turn|result)", node.func.attr)
            )
        ):
            return True
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and not isinstance(node.value, ast.Constant):
            return True
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.BinOp | ast.List)
            and isinstance(node.targets[0], ast.Name)
            and any(isinstance(n, ast.Name) and n.id == node.targets[0].id for n in ast.walk(node.value))
        ):
            return True
        if isinstance(node, ast.keyword) and node.arg == "previous_response_id":
            return True
    return False


def _uses_tools(node: ast.AST, asked: Asked) -> bool:
    return gives_tools(asked) or _speaks_of_tools(node)


def gives_tools(asked: Asked) -> bool:
    """Whether the model is offered tools."""
    return any(k.arg in TOOL_ARGS for c in (asked.deed.site.call, asked.call, *asked.via) for k in c.node.keywords)


def _speaks_of_tools(node: ast.AST) -> bool:
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and _TOOL_WORDS.match(part.attr):
            return True
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and _TOOL_WORDS.match(part.value):
            return True
        if isinstance(part, ast.Name) and _TOOL_WORDS.match(part.id):
            return True
    return False


def _acts(loop: ast.AST, call: Call) -> bool:
    """Whether a loop looks an action up by a name that it was told: `tools[name](..)`, `getattr(self, action)(..)`."""
    for part in ast.walk(loop):
        if isinstance(part, ast.Call) and part is not call.node:
            func = part.func
            if (
                isinstance(func, ast.Subscript)
                and isinstance(func.value, ast.Name | ast.Attribute)
                and not isinstance(func.slice, ast.Constant)
            ):
                return True
            if isinstance(func, ast.Call) and tail(func.func) == "getattr":
                return True
            if re.search(r"(?:execute|run|call|dispatch|perform|invoke)_(?:tool|action|function|command)", tail(func)):
                return True
    return False


def asks_person(loop: ast.AST) -> bool:
    """Whether a loop waits for a person in every turn (outside of loops within it)."""
    stack: list[ast.AST] = list(getattr(loop, "body", ()))
    while stack:
        here = stack.pop()
        if isinstance(here, ast.While | ast.For | ast.AsyncFor | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(here, ast.Call) and tail(here.func) in (
            "input",
            "ainput",
            "prompt_async",
            "get_user_input",
            "ask_user",
            "prompt",
        ):
            return True
        stack += ast.iter_child_nodes(here)
    return False


@dataclass(frozen=True)
class Bound:
    """What ends a loop: `none` or `coded`, with the number where it is known, and what happens there."""

    bound: str
    most: int | None = None
    on_limit: str | None = None
    at: Place | None = None


def bound_of(project: Project, turn: Turn) -> Bound:
    """What ends an agent loop."""
    found = _bound_of(project, turn)
    return found if found.bound != "none" else _no_more_tools(project, turn) or _refused(project, turn) or found


def _refused(project: Project, turn: Turn) -> Bound | None:
    """`if self.calls >= self.limit: raise LimitReached` in a function between the loop and the model."""
    for scope in turn.way:
        found = _counted(project, scope, getattr(scope.node, "body", []), (ast.Raise,))
        if found is not None:
            return found
    return None


def _bound_of(project: Project, turn: Turn) -> Bound:
    node, module = turn.node, turn.scope.module
    if isinstance(node, ast.For | ast.AsyncFor):
        args = node.iter.args if isinstance(node.iter, ast.Call) else []
        if not args or tail(node.iter.func) == "count":  # type: ignore[attr-defined]
            return _counted(project, turn.scope, node.body) or Bound("none")
        most = _number(project, args[-1] if len(args) < 3 else args[1], turn.scope)
        return Bound("none") if most == "endless" else Bound("coded", most if isinstance(most, int) else None, _after(node))
    if isinstance(node, ast.While):
        limit = _compared(project, node.test, turn.scope)
        if limit is not None and limit[0] != "endless":
            return Bound("coded", limit[0] if isinstance(limit[0], int) else None, _after(node))
        found = _counted(project, turn.scope, node.body)
        if found is not None:
            return found
        for within in turn.near.within.chain() if turn.near.within is not None else ():
            if isinstance(within.node, ast.With | ast.AsyncWith) and any(
                isinstance(i.context_expr, ast.Call) and tail(i.context_expr.func) in ("timeout", "fail_after", "move_on_after")
                for i in within.node.items
            ):
                return Bound("coded", at=Place(module.path, module.line(within.node)))
        return Bound("none")
    return _counted(project, turn.scope, getattr(turn.scope.node, "body", [])) or Bound("none")


def _counted(project: Project, scope: Scope, body: list[ast.stmt],
             ends: tuple[type[ast.stmt], ...] = (ast.Break, ast.Return, ast.Raise)) -> Bound | None:
    """`if turns >= 10: break` in a loop's body."""
    module = scope.module
    for part in body:
        for node in ast.walk(part):
            if isinstance(node, ast.If) and node.body and (limit := _compared(project, node.test, scope)) is not None:
                last = node.body[-1]
                if isinstance(last, ends) and limit[0] != "endless":
                    return Bound(
                        "coded",
                        limit[0] if isinstance(limit[0], int) else None,
                        "error" if isinstance(last, ast.Raise) else "branch",
                        Place(module.path, module.line(node)),
                    )
    return None


def _no_more_tools(project: Project, turn: Turn) -> Bound | None:
    """`tool_choice="auto" if turns < 5 else "none"`: from some turn on the model is offered no tools, so that it answers."""
    for keyword in turn.asked.site.node.keywords:
        if keyword.arg in ("tool_choice", "function_call", *TOOL_ARGS) and isinstance(keyword.value, ast.IfExp):
            if not any(_nothing(way) for way in (keyword.value.body, keyword.value.orelse)):
                continue
            limit = _compared(project, keyword.value.test, turn.asked.site.scope)
            if limit is not None and limit[0] != "endless":
                at = Place(turn.asked.site.path, turn.asked.site.module.line(keyword.value))
                return Bound("coded", limit[0] if isinstance(limit[0], int) else None, "branch", at)
    return None


def _nothing(node: ast.AST) -> bool:
    """Whether an expression offers no tools: "none", None, an empty list."""
    if isinstance(node, ast.Constant):
        return node.value is None or node.value == "none"
    return isinstance(node, ast.List) and not node.elts


def _after(node: ast.While | ast.For | ast.AsyncFor) -> str | None:
    if any(isinstance(s, ast.Raise) for s in node.orelse):
        return "error"
    return "branch" if node.orelse else None


def _compared(project: Project, test: ast.AST, scope: Scope) -> tuple[int | str | None] | None:
    """The number with which a condition compares a counter: (number,), (None,) when it is not known, None for no such test."""
    for node in ast.walk(test):
        if (
            isinstance(node, ast.Compare)
            and len(node.ops) <= 2      # 0 < limit <= calls: a limit that 0 turns off
            and all(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE | ast.Eq) for op in node.ops)
        ):
            sides = (node.left, *node.comparators)
            names = [n for side in sides for n in ast.walk(side) if isinstance(n, ast.Name | ast.Attribute)]
            if any(_COUNTERS.search(n.id if isinstance(n, ast.Name) else n.attr) for n in names):
                known = [x for side in sides if (x := _number(project, side, scope)) is not None]
                if isinstance(node.ops[0], ast.Eq) and not any(isinstance(k, int) for k in known):
                    continue
                return ("endless",) if "endless" in known else (next((k for k in known if isinstance(k, int) and k > 1), None),)
    return None


def _number(project: Project, node: ast.AST, scope: Scope) -> int | str | None:
    for one in project.program.value(node, scope).options():
        found: Value | None = one.otherwise if isinstance(one, Env) else one
        if isinstance(found, Const) and isinstance(found.value, int) and not isinstance(found.value, bool):
            return found.value
        if isinstance(found, Const) and isinstance(found.value, float):
            return int(found.value) if found.value < 1e9 else "endless"
    if isinstance(node, ast.Name | ast.Attribute):
        for default in _defaults(scope, node.id if isinstance(node, ast.Name) else node.attr):
            if isinstance(default, ast.Call) and tail(default.func) == "float":
                return "endless"
    if (
        isinstance(node, ast.Call)
        and tail(node.func) == "float"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and str(node.args[0].value).lstrip("+").startswith("inf")
    ):
        return "endless"
    return None


def _defaults(scope: Scope, name: str) -> Iterable[ast.AST]:
    node = scope.node
    if isinstance(node, FUNCTIONS):
        args = [*node.args.posonlyargs, *node.args.args]
        for arg, default in zip(reversed(args), reversed(node.args.defaults), strict=False):
            if arg.arg == name:
                yield default


def execution(project: Project, turn: Turn) -> Call | None:
    """The call in a loop that carries out what the model chose, or None."""
    node = turn.node or turn.scope.node
    lines = (getattr(node, "lineno", 0), getattr(node, "end_lineno", 0) or 0)
    after = turn.near.node.end_lineno or turn.near.node.lineno
    asking = {id(part) for part in ast.walk(turn.near.node)}  # what the question itself is made of carries nothing out
    found: list[tuple[int, int, Call]] = []
    for call in turn.scope.module.calls:
        at = call.node.lineno
        if not (lines[0] <= at <= lines[1]) or id(call.node) in asking or not _inside(call.scope, turn.scope):
            continue
        weight = _weight(project, call)
        if weight:
            found.append((-weight, at if at >= after else at + 100_000, call))
    return min(found, key=lambda f: f[:2])[2] if found else None


def _inside(scope: Scope | None, outer: Scope) -> bool:
    while scope is not None:
        if scope is outer:
            return True
        scope = scope.parent
    return False


_EXECUTES = later(
    r"(?i)(?:execute|run|call|handle|process|dispatch|perform|invoke|use|do)_?\w*(?:tool|function|action|command|call)|"
    r"(?:tool|function|action)_?\w*(?:execut|call|run|dispatch|handl)"
)
_NOT = later(
    r"(?i)^_*get_|^_*list_|^_*load_|log|print|parse|append|format|make_|create_|_to_|result|convert|get_tools|schema|json|dump|render|display|extract|"
    r"validate|needs?_|has_|is_|count"
)


def _weight(project: Project, call: Call) -> int:
    """How much a call looks like the one that carries out what the model chose."""
    func, name = call.node.func, tail(call.node.func)
    if isinstance(func, ast.Subscript) and not isinstance(func.slice, ast.Constant):
        return 5
    if isinstance(func, ast.Call) and tail(func.func) in ("getattr", "get"):
        return 5
    if _EXECUTES.search(name) and not _NOT.search(name):
        return 4
    if any(isinstance(one, Func) and _looks_up(one.scope) for one in project.program.resolved(call).options()):
        return 4
    told = any(_speaks_of_tools(a) for a in (*call.node.args, *(k.value for k in call.node.keywords)))
    named = {k.arg for k in call.node.keywords} & {
        "tool_input",
        "tool_name",
        "tool_args",
        "arguments",
        "tool_call",
        "tool_calls",
    }
    if name in ("run", "execute", "call", "invoke", "call_tool", "step", "dispatch", "__call__", "use") and (told or named):
        return 4
    if name in ("step", "call_tool", "execute") or (named and not _NOT.search(name)):
        return 3
    if (
        isinstance(func, ast.Name)
        and any(isinstance(a, ast.Starred) for a in call.node.args) + any(k.arg is None for k in call.node.keywords)
        and _looked_up(call)
    ):
        return 4
    told = told or _from_tool_call(call)
    return (
        2 if isinstance(func, ast.Name | ast.Attribute) and told and _is_local(project, call) and not _NOT.search(name) else 0
    )


def _looks_up(scope: Scope) -> bool:
    """Whether a function calls what it found by a name that it was told: `getattr(computer, action)(..)`."""
    found = {
        t.id
        for n in ast.walk(scope.node)
        if isinstance(n, ast.Assign) and _by_name(n.value)
        for t in n.targets
        if isinstance(t, ast.Name)
    }
    return any(
        isinstance(n, ast.Call) and (_by_name(n.func) or (isinstance(n.func, ast.Name) and n.func.id in found))
        for n in ast.walk(scope.node)
    )


def _by_name(node: ast.AST) -> bool:
    """Whether an expression is an attribute by a name that is not written: `getattr(computer, action)`."""
    named = isinstance(node, ast.Call) and tail(node.func) == "getattr" and len(node.args) == 2
    return named and not isinstance(node.args[1], ast.Constant)     # type: ignore[attr-defined]


def _from_tool_call(call: Call, most: int = 3) -> bool:
    """Whether an argument was taken out of what the model asked for, over some names: `sql = args["sql"]; run(sql)`."""
    scope: Scope | None = call.scope
    given = (*call.node.args, *(k.value for k in call.node.keywords))
    waiting = [(n.id, 0) for a in given for n in ast.walk(a) if isinstance(n, ast.Name)]
    seen: set[str] = set()
    while waiting and scope is not None:
        name, depth = waiting.pop()
        if name in seen or depth >= most:
            continue
        seen.add(name)
        for binding in scope.bindings.get(name, ()):
            if binding.value is None or binding.how == "parameter":
                continue
            if _speaks_of_tools(binding.value):
                return True
            waiting += [(n.id, depth + 1) for n in ast.walk(binding.value) if isinstance(n, ast.Name)]
    return False


def _looked_up(call: Call) -> bool:
    """Whether the called name was bound to what a table or getattr gave: `fn = tools[name]; fn(**args)`."""
    for binding in call.scope.bindings.get(tail(call.node.func), ()):
        value = binding.value
        if isinstance(value, ast.Subscript) or (isinstance(value, ast.Call) and tail(value.func) in ("get", "getattr")):
            return True
    return False


def _is_local(project: Project, call: Call) -> bool:
    return any(isinstance(o, Func) for o in project.program.resolved(call).options())


def ways(asked: Iterable[Asked]) -> Iterator[list[Asked]]:
    """Points of one function that exclude each other (branches of one `if`) are one step; others are steps of their own."""
    groups: list[list[Asked]] = []
    for one in asked:
        for group in groups:
            if group[0].scope is one.scope and _excludes(group[0].call, one.call):
                group.append(one)
                break
        else:
            groups.append([one])
    yield from groups


def _excludes(a: Call, b: Call) -> bool:
    parts = {(id(w.node), type(w.node)): w.part for w in (a.within.chain() if a.within is not None else ())}
    for within in b.within.chain() if b.within is not None else ():
        other = parts.get((id(within.node), type(within.node)))
        if other is not None and other != within.part and isinstance(within.node, ast.If | ast.Try):
            return True
        if other is None and isinstance(within.node, ast.ExceptHandler):
            return True
    # an early return: `if provider == "a": return ask_a(..)` before `return ask_b(..)`
    first, second = sorted((a, b), key=lambda c: c.node.lineno)
    for within in first.within.chain() if first.within is not None else ():
        if (
            isinstance(within.node, ast.If)
            and within.part == "body"
            and isinstance(within.node.body[-1], ast.Return | ast.Raise)
        ):
            return (within.node.end_lineno or 0) < second.node.lineno
    return False
