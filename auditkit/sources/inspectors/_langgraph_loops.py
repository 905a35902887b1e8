"""The cycles of a graph and what bounds them: a counter that a router compares, a recursion limit, the library's default."""

from __future__ import annotations

import ast
import re

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place
from auditkit.sources.inspectors._lang_agents import say_default
from auditkit.sources.inspectors._lang_runnables import Runnables
from auditkit.sources.inspectors._langgraph_build import Graph, scope_of
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Module, Scope, Within, walk
from auditkit.syntax.python.program import Program
from auditkit.syntax.python.values import Const, Env, Value

_COUNTER = later(
    r"count|step|iter|attempt|retr|turn|round|loop|revision|rewrite|depth|tries|trial|num_|_num|number|calls|cycle|idx|index",
    re.IGNORECASE)
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_LIMIT = later(r"max|limit|budget|cap$|threshold|remaining", re.IGNORECASE)


def cycles(flow: Flow) -> list[list[Item]]:
    """The groups of steps that lead back to themselves."""
    steps = flow.of("step")
    after = {id(s): [t for t in flow.after(s) if t is not None] for s in steps}
    reach = {id(step): _reached(step, after) for step in steps}
    found: list[list[Item]] = []
    taken: set[int] = set()
    for step in steps:
        if id(step) in reach[id(step)] and id(step) not in taken:
            group = [s for s in steps if id(s) in reach[id(step)] and id(step) in reach[id(s)]]
            taken |= {id(s) for s in group}
            found.append(group)
    return found


def _reached(step: Item, after: dict[int, list[Item]]) -> set[int]:
    """The steps that a step leads to, by identity; `after` holds the next ones of each."""
    seen: set[int] = set()
    stack = list(after[id(step)])
    while stack:
        here = stack.pop()
        if id(here) not in seen:
            seen.add(id(here))
            stack += after.get(id(here), [])
    return seen


def say_cycles(project: Project, flow: Flow, graph: Graph, steps: dict[str, Item]) -> None:
    """States on one step of every cycle what bounds it."""
    own = set(map(id, steps.values()))
    bound_at = recursion_limit(project, graph)
    asked = {id(g.step) for g in flow.of("gate") if g.value("type") == "human" and not g.sometimes}
    for group in cycles(flow):
        inside = [s for s in group if id(s) in own]
        if not inside:
            continue
        free = [s for s in inside if s.value("loop.bound") is None] or inside
        carrier = next((s for s in free if s.value("decider") == "model"), free[0])
        if carrier.value("loop.bound") is not None:
            continue
        counted = _counted(project, graph, steps, inside)
        if counted is not None:
            place, most, source = counted
            carrier = steps[source] if steps[source].value("loop.bound") is None else carrier
            _say_bound(carrier, place, most)
            alike = _ends_alike(project, place)
            if alike is not None:
                carrier.say("loop.on_limit", "hang", alike, "resolved", "at the limit the run ends as if it had succeeded")
            _say_others(project, flow, graph, [s for s in inside if s is not steps[source]], bound_at)
        else:
            _say_limit(project, graph, carrier, bound_at)
            if carrier.value("loop.bound") == "none" and _waits(flow, group, asked):
                note = f"{carrier.note('loop.bound')}; in every turn a person is asked"
                carrier.unsay("loop.bound")
                carrier.say("loop.bound", "default", Place(graph.site.path, graph.site.line), "default", note)


def _waits(flow: Flow, group: list[Item], asked: set[int]) -> bool:
    """Whether no cycle of a group gets around the steps in which a person is asked; then nobody is left to run for ever."""
    rest = [s for s in group if id(s) not in asked]
    left = {id(s) for s in rest}
    after = {id(s): [t for t in flow.after(s) if t is not None and id(t) in left] for s in rest}
    return len(rest) < len(group) and not any(id(s) in _reached(s, after) for s in rest)


def _say_others(project: Project, flow: Flow, graph: Graph, rest: list[Item], bound_at: tuple[Place, int | None] | None) -> None:
    """A counter bounds the cycles that lead through its own step; what goes around it is bounded by the recursion limit."""
    left = {id(s) for s in rest}
    after = {id(s): [t for t in flow.after(s) if t is not None and id(t) in left] for s in rest}
    for step in rest:
        if id(step) not in _reached(step, after) or step.value("loop.bound") is not None:
            continue
        _say_limit(project, graph, step, bound_at)
        return


def _say_limit(project: Project, graph: Graph, step: Item, bound_at: tuple[Place, int | None] | None) -> None:
    """A cycle that counts nothing itself is bounded by the recursion limit: the one that is set, or LangGraph's own."""
    if bound_at is None:
        site = graph.compiles[0] if graph.compiles else graph.site
        say_default(project, step, "langgraph.recursion_limit", Place(site.path, site.line))
    else:
        _say_bound(step, *bound_at)


def _say_bound(step: Item, place: Place, most: int | None) -> None:
    step.say("loop.bound", "coded", place)
    if most is not None:
        step.say("loop.max_iterations", most, place)


def _counted(project: Project, graph: Graph, steps: dict[str, Item], group: list[Item]) -> tuple[Place, int | None, str] | None:
    """The comparison of a counter in a router or node of a cycle: its place, the number where it is written, the node."""
    program = project.program
    names = {n for n, s in steps.items() if s in group}
    scopes: list[tuple[Scope, str]] = []
    for router in graph.routers:
        if router.source in names and (scope := scope_of(program, router.path)) is not None:
            scopes.append((scope, router.source))
    runnables = Runnables.of(project)
    for node in graph.nodes.values():
        if node.name in names and node.scope is not None and any(
                isinstance(n, ast.keyword) and n.arg == "goto" for n in ast.walk(node.scope.node)):
            scopes.append((node.scope, node.name))
    for scope, source in dict.fromkeys(scopes):
        for here, _ in runnables.near(scope, hops=1):
            found = _comparison(program, here)
            if found is not None:
                return *found, source
    return None


def _ends_alike(project: Project, at: Place) -> Place | None:
    """The `return END` after a counter has run out, in a router that returns END for a good result as well."""
    module = project.program.modules.get(at.path)
    for scope in module.scopes if module is not None else ():
        node = scope.node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or module is None or not (
                module.line(node.lineno) <= at.line <= module.line(node.end_lineno or node.lineno)):
            continue
        ends = [r for r in ast.walk(node) if isinstance(r, ast.Return) and (
            (isinstance(r.value, ast.Name) and r.value.id == "END")
            or (isinstance(r.value, ast.Constant) and r.value.value == "__end__"))]
        if len(ends) >= 2:
            return Place(at.path, max(module.line(r) for r in ends))
    return None


def _comparison(program: Program, scope: Scope) -> tuple[Place, int | None] | None:
    for node in ast.walk(scope.node):
        if isinstance(node, ast.Name | ast.Constant | ast.Attribute) and _managed(node):
            return Place(scope.module.path, scope.module.line(node)), None
        if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(
                node.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE | ast.Eq):
            continue
        left, right = node.left, node.comparators[0]
        words = [_words(left), _words(right)]
        numbers = [_number(program.value(side, scope)) for side in (left, right)]
        if any(w in ("tool_calls", "len:tool_calls") for w in words):
            continue
        equal = isinstance(node.ops[0], ast.Eq)
        for word, number, other in ((words[0], numbers[1], words[1]), (words[1], numbers[0], words[0])):
            counts = bool(_COUNTER.search(word))
            limited = bool(_LIMIT.search(other))
            if equal and not (counts and limited):
                continue
            if (counts and (number is not None or limited)) or (limited and not word.isdigit() and word) or (
                    word.startswith("len:messages") and number is not None and number > 1):
                return Place(scope.module.path, scope.module.line(node)), number
    return None


def _managed(node: ast.AST) -> bool:
    text = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "value", None)
    return text in ("remaining_steps", "is_last_step")


def _words(node: ast.AST) -> str:
    """The names in an expression, for a look at what is counted: `len:messages`, `loop_step`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len" and node.args:
        return f"len:{_words(node.args[0])}"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        return _words(node.args[0])
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        named = isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
        return _words(node.slice if named else node.value)
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.BinOp):
        return f"{_words(node.left)} {_words(node.right)}"
    return ""


def _number(value: Value) -> int | None:
    for one in value.options():
        if isinstance(one, Const) and isinstance(one.value, int) and not isinstance(one.value, bool):
            return one.value
        if isinstance(one, Env) and one.otherwise is not None:
            return _number(one.otherwise)
    return None


def recursion_limit(project: Project, graph: Graph | None = None) -> tuple[Place, int | None] | None:
    """A `recursion_limit` that code sets, with its line; of the graph's own module first, else of any."""
    program = project.program
    rows: list[tuple[bool, Place, int | None]] = []
    for module in program.modules.values():
        for node in _limits_in(module):
            scope = module.top
            value = program.value(node, scope)
            rows.append((graph is not None and module is graph.module, Place(module.path, module.line(node)), _number(value)))
    return next(((p, n) for own, p, n in sorted(rows, key=lambda r: not r[0])), None)


def limited_here(project: Project, step: Item, path: str) -> None:
    """A `recursion_limit` set in the file where an agent is made speaks instead of the library's default."""
    found = recursion_limit(project)
    said = next((s for s in step.said if s.key == "loop.bound"), None)
    if found is None or found[0].path != path or (said is not None and said.how != "default"):
        return
    step.unsay("loop.bound")
    step.unsay("loop.max_iterations")
    step.say("loop.bound", "coded", found[0]).say("loop.max_iterations", found[1], found[0])


def _limits_in(module: Module) -> list[ast.AST]:
    """The values given to `recursion_limit` in a module; looked for once."""
    found: list[ast.AST] | None = module.__dict__.get("_recursion_limits")
    if found is None:
        named = any(n.value == "recursion_limit" for n in module.texts) or any(
            k.arg == "recursion_limit" for call in module.calls for k in call.node.keywords)
        found = module.__dict__["_recursion_limits"] = _limits(module.tree) if named else []
    return found


def _limits(tree: ast.AST) -> list[ast.AST]:
    found: list[ast.AST] = []
    for node in walk(tree):
        if isinstance(node, ast.Dict):
            found += [v for k, v in zip(node.keys, node.values, strict=True)
                      if isinstance(k, ast.Constant) and k.value == "recursion_limit"]
        elif isinstance(node, ast.keyword) and node.arg == "recursion_limit":
            found.append(node.value)
    return found


def inner_loop(project: Project, scope: Scope, step: Item) -> None:
    """A `while` or counted `for` around a model call in a node's own function."""
    runnables = Runnables.of(project)
    for use in runnables.own(scope):
        if use.sort not in ("model", "agent"):
            continue
        for within in (use.call.within.chain() if use.call.within else ()):
            found = _bounded(within)
            if found is not None and step.value("loop.bound") is None:
                step.say("loop.bound", found, Place(scope.module.path, scope.module.line(within.node)))
                return


def counts(test: ast.AST) -> bool:
    """Whether a test compares by size, as a counter is."""
    return any(isinstance(c, ast.Compare) and isinstance(c.ops[0], _ORDERED) for c in ast.walk(test))


def _bounded(within: Within) -> str | None:
    node = within.node
    if within.part not in ("body", "orelse"):
        return None
    if isinstance(node, ast.While):
        if counts(node.test):
            return "coded"
        if isinstance(node.test, ast.Constant) and node.test.value:
            leaves = [n for n in ast.walk(node) if isinstance(n, ast.If) and any(
                isinstance(s, ast.Break | ast.Return | ast.Raise) for s in n.body)]
            if any(counts(n.test) for n in leaves):
                return "coded"
            return None if leaves else "none"       # what else ends it is not a count, but may well be an end
    elif isinstance(node, ast.For | ast.AsyncFor) and isinstance(node.iter, ast.Call) and isinstance(node.iter.func, ast.Name) \
            and node.iter.func.id == "range" and any(isinstance(n, ast.Break | ast.Return) for n in ast.walk(node)):
        return "coded"
    return None


__all__ = ["cycles", "inner_loop", "limited_here", "recursion_limit", "say_cycles"]
