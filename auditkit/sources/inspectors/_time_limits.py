"""Time limits around a call, where it has none itself: `wait_for`, `asyncio.timeout`, `communicate(timeout=)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Place
from auditkit.syntax.python.module import Call, Scope, dotted, tail

_BLOCKS = ("timeout", "timeout_at", "fail_after", "fail_at", "move_on_after", "move_on_at", "Timeout", "time_limit")
_CALLS = ("wait_for", "with_timeout", "func_timeout", "run_with_timeout")


def limit_around(project: Project, call: Call, hops: int = 1) -> Place | None:
    """The place of what ends a call after a time, or None when nothing was seen."""
    scope = call.scope
    found = _block(call) or _wrapper(call) or _decorator(scope)
    if found is not None:
        return found
    if hops > 0 and scope.kind == "function":
        above = [limit_around(project, caller.call, hops - 1) for caller in project.program.callers(scope)]
        if above and all(above):
            return above[0]
    return None


def _block(call: Call) -> Place | None:
    for within in call.within.chain() if call.within is not None else ():
        if isinstance(within.node, ast.With | ast.AsyncWith) and within.part == "body":
            for item in within.node.items:
                if isinstance(item.context_expr, ast.Call) and tail(item.context_expr.func) in _BLOCKS:
                    return Place(call.scope.module.path, call.scope.module.line(within.node))
    return None


def _wrapper(call: Call) -> Place | None:
    module = call.scope.module
    for name in _CALLS:
        for other in module.by_tail.get(name, ()):
            if other.scope is call.scope and any(n is call.node for n in ast.walk(other.node)):
                return Place(module.path, module.line(other.node))
    return None


def _decorator(scope: Scope) -> Place | None:
    for decorator in getattr(scope.node, "decorator_list", ()):
        name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator) or ""
        if name.rpartition(".")[2] in ("timeout", "time_limit", "set_timeout", "func_set_timeout"):
            return Place(scope.module.path, scope.module.line(decorator))
    return None


def process_limit(call: Call) -> Place | None:
    """Where the process that a call starts is waited for with a limit: in the same function, or the same class."""
    module = call.scope.module
    around = call.scope.holder or call.scope
    for other in _waits(call):
        if other.scope is call.scope or other.scope.holder is around:
            return Place(module.path, module.line(other.node))
    return None


def _waits(call: Call) -> Iterator[Call]:
    module = call.scope.module
    for name in ("communicate", "wait", "wait_for", "expect"):
        for other in module.by_tail.get(name, ()):
            limited = name == "wait_for" or any(k.arg == "timeout" for k in other.node.keywords)
            if limited:
                yield other
    for name in _BLOCKS:
        yield from module.by_tail.get(name, ())
