"""What becomes of an exception: swallowed, turned into a default, told on as text, or raised."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Place
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Call, dotted, tail

Outcome = Literal["swallow", "default_value", "raise", "typed"]
_FINE = frozenset(
    (
        "ImportError",
        "ModuleNotFoundError",
        "KeyboardInterrupt",
        "StopIteration",
        "StopAsyncIteration",
        "EOFError",
        "GraphInterrupt",
        "GraphBubbleUp",
        "CancelledError",
        "Empty",
        "QueueEmpty",
        "SystemExit",
        "NotImplementedError",
        "FileExistsError",
        "ProcessLookupError",
    )
)
"""Exceptions that say nothing about an outside system."""
_LOGS = frozenset(
    (
        "print",
        "info",
        "debug",
        "warning",
        "warn",
        "error",
        "exception",
        "log",
        "critical",
        "print_exc",
        "pprint",
        "echo",
        "secho",
        "write",
        "sleep",
        "rprint",
        "print_exception",
        "format_exc",
        "flush",
        "trace",
        "success",
        "capture_exception",
    )
)
_LEAVES = frozenset(("exit", "_exit", "abort", "quit", "fail"))
_TELLS = later(
    r"(?i)err|fail|exception|could not|couldn't|unable|not found|invalid|unavailable|sorry|problem|retry|denied|timed out"
)


class Caught(NamedTuple):
    """What becomes of an exception of a call, and where that is decided."""

    outcome: Outcome
    at: Place
    note: str


def outcome_of(project: Project, call: Call, hops: int = 2) -> Caught | None:
    """What becomes of an exception of a call: by the nearest handler around it, or around who calls its function;
    None when it cannot be told."""
    near = handled(call)
    if near is not None:
        return near
    scope = call.scope
    if hops <= 0 or scope.kind != "function":
        return None
    above = [outcome_of(project, caller.call, hops - 1) for caller in project.program.callers(scope)]
    known = [a for a in above if a is not None]
    if known and len(known) == len(above):
        order = ("swallow", "default_value", "raise", "typed")
        return min(known, key=lambda c: order.index(c.outcome))
    return None


def handled(call: Call) -> Caught | None:
    """What the handlers around a call in its own function make of an exception."""
    module = call.scope.module
    for within in call.within.chain() if call.within is not None else ():
        node = within.node
        if (
            isinstance(node, ast.With | ast.AsyncWith)
            and within.part == "body"
            and any(_suppresses(i.context_expr) for i in node.items)
        ):
            return Caught("swallow", Place(module.path, module.line(node)), "the exception is suppressed")
        if isinstance(node, ast.Try) and within.part == "body":
            if within.outer is not None and _next_of_several(within.outer.node, node):
                return None
            found = [(h, outcome) for h in node.handlers if _matters(h) and (outcome := outcome_in(h, node)) is not None]
            if found:
                broad = [f for f in found if _broad(f[0])] or found
                handler, outcome = broad[0]
                name = dotted(handler.type) if handler.type is not None and dotted(handler.type) else "every exception"
                return Caught(outcome, Place(module.path, module.line(handler)), f"{name} {_SAID[outcome]}")
    return None


def _next_of_several(loop: ast.AST, tried: ast.Try) -> bool:
    """Whether a loop tries one way after the other until one works: the first good one ends it."""
    if not isinstance(loop, ast.For) or not any(isinstance(n, ast.Break | ast.Return) for b in tried.body for n in ast.walk(b)):
        return False
    goes_on = all(isinstance(h.body[-1], ast.Continue | ast.Pass | ast.Expr) for h in tried.handlers)
    several = isinstance(loop.iter, ast.List | ast.Tuple) or bool(
        re.search(r"(?i)folder|candidate|option|fallback|mirror|endpoint|url|host|backend|provider|encoding|format|path|model|strateg|way|alternativ|variant",
                  tail(loop.iter))
    )
    return goes_on and several


_SAID: dict[str, str] = {
    "swallow": "is caught and nothing comes of it",
    "default_value": "becomes a value that looks like an answer",
    "raise": "is raised on",
    "typed": "is told on",
}


def _suppresses(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and tail(node.func) == "suppress"
        and not any((dotted(a) or "").rpartition(".")[2] in _FINE for a in node.args)
    )


def _matters(handler: ast.ExceptHandler) -> bool:
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {(dotted(t) or "").rpartition(".")[2] for t in types if t is not None}
    return not names or not names <= _FINE


def _broad(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or dotted(handler.type) in ("Exception", "BaseException")


def outcome_in(handler: ast.ExceptHandler, tried: ast.Try | None = None) -> Outcome | None:
    """What a handler makes of its exception; None when it does something else with it (a fallback, a counter)."""
    parts = list(_own(handler))
    if any(isinstance(n, ast.Raise) for n in parts) or any(isinstance(n, ast.Call) and tail(n.func) in _LEAVES for n in parts):
        return "raise"
    returns = [n.value for n in parts if isinstance(n, ast.Return | ast.Yield) and n.value is not None]
    if returns:
        return _returned(returns, handler.name)
    if any(isinstance(n, ast.Return) for n in parts):
        return "default_value"
    for node in parts:
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and node.value is not None and not _counts(node):
            told = _tells(node.value, handler.name)
            return "typed" if told else "default_value" if _empty(node.value) else None
        if isinstance(node, ast.Call) and tail(node.func) not in _LOGS and not _logging(node):
            if tail(node.func) in (
                "append",
                "put",
                "put_nowait",
                "update",
                "add",
                "send",
                "send_text",
                "send_message",
                "reply",
                "emit",
            ):
                return "typed" if any(_tells(a, handler.name) for a in node.args) else None
            if tail(node.func) not in (
                "str",
                "repr",
                "type",
                "format",
                "isinstance",
                "getattr",
                "len",
                "dumps",
                "join",
                "strip",
                "get",
            ):
                return None  # something else is tried
    if tried is not None and tried.orelse and not parts:
        return None
    return "swallow"


def _own(handler: ast.ExceptHandler) -> Iterator[ast.AST]:
    stack: list[ast.AST] = list(reversed(handler.body))
    while stack:
        here = stack.pop()
        if isinstance(here, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        yield here
        stack += reversed(list(ast.iter_child_nodes(here)))


def _returned(values: list[ast.expr], name: str | None) -> Outcome | None:
    if any(_tells(v, name) for v in values):
        return "typed"
    return "default_value" if all(_empty(v) for v in values) else None


def _tells(node: ast.AST, name: str | None) -> bool:
    """Whether an expression carries the error on: it names the exception, or says in words that something failed."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and name is not None and part.id == name:
            return True
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and _TELLS.search(part.value):
            return True
        if isinstance(part, ast.Name | ast.Attribute) and re.search(r"(?i)error|failure|failed", tail(part)):
            return True
        if isinstance(part, ast.keyword) and part.arg and re.search(r"(?i)error|is_error|failed", part.arg):
            return True
        if isinstance(part, ast.Call) and tail(part.func) in ("format_exc", "exc_info"):
            return True
    return False


def _empty(node: ast.AST) -> bool:
    """Whether an expression is a value that looks like an answer and says nothing of a failure."""
    match node:
        case ast.Constant():
            return True
        case ast.List() | ast.Tuple() | ast.Set():
            return all(_empty(e) for e in node.elts)
        case ast.Dict():
            return all(_empty(v) for v in node.values)
        case ast.Call():
            return (
                tail(node.func) in ("dict", "list", "set", "tuple", "str", "DataFrame") and not node.args and not node.keywords
            )
        case ast.UnaryOp():
            return _empty(node.operand)
    return False


def _counts(node: ast.AST) -> bool:
    target = (
        node.target
        if isinstance(node, ast.AugAssign | ast.AnnAssign)
        else node.targets[0]
        if isinstance(node, ast.Assign)
        else None
    )
    return isinstance(node, ast.AugAssign) or bool(
        target is not None and re.search(r"(?i)attempt|retr|tries|delay|wait|backoff|msg|message_text|tb|trace", tail(target))
    )


def _logging(node: ast.Call) -> bool:
    name = dotted(node.func) or ""
    return bool(re.search(r"(?i)(?:^|\.)_?(?:log|logger|logging|console|st|tracer|span)\b", name))
