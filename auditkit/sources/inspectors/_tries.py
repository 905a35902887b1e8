"""What happens when a run of an agent stops short: exceptions that are caught around it, and what is done then."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from auditkit.sources.inspection.sketch import Place
from auditkit.syntax.python.module import Call, Module, dotted


class Caught(NamedTuple):
    """An exception that is caught around a call: its last name, the handler, and where it stands."""

    name: str
    handler: ast.ExceptHandler
    at: Place


def caught_around(call: Call) -> Iterator[Caught]:
    """The exceptions that are caught around a call in its own function, the innermost first."""
    module: Module = call.scope.module
    for within in call.within.chain() if call.within is not None else ():
        if isinstance(within.node, ast.Try) and within.part == "body":
            for handler in within.node.handlers:
                types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
                for one in types:
                    name = (dotted(one) or "").rpartition(".")[2] if one is not None else "BaseException"
                    yield Caught(name, handler, Place(module.path, module.line(handler)))


def answer(handler: ast.ExceptHandler) -> str | None:
    """What a handler does, as a branch's type: abort (raised on, or ended), retry, handoff, script (something is
    said or returned); None when it says nothing to anybody."""
    for node in ast.walk(handler):
        if isinstance(node, ast.Raise):
            return "abort"
        if isinstance(node, ast.Continue):
            return "retry"
    for node in ast.walk(handler):
        if isinstance(node, ast.Call):
            name = (dotted(node.func) or "").rpartition(".")[2].lower()
            if name in ("exit", "_exit", "abort"):
                return "abort"
            if any(word in name for word in ("escalate", "handoff", "human")):
                return "handoff"
    for node in ast.walk(handler):
        if (
            isinstance(node, ast.Return | ast.Yield)
            and node.value is not None
            and not (isinstance(node.value, ast.Constant) and node.value.value is None)
        ):
            return "script"
        if isinstance(node, ast.Call) and (dotted(node.func) or "").rpartition(".")[2] in (
            "print",
            "send",
            "send_text",
            "send_message",
            "reply",
            "respond",
            "put",
            "put_nowait",
            "echo",
            "write",
            "error",
        ):
            return "script"
    return None


def loops_around(call: Call) -> Iterator[ast.While | ast.For | ast.AsyncFor]:
    """The loops around a call in its own function, inside out."""
    for within in call.within.chain() if call.within is not None else ():
        if isinstance(within.node, ast.While | ast.For | ast.AsyncFor) and within.part == "body":
            yield within.node
