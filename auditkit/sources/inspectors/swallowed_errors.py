"""Errors of outside systems that go unnoticed, and those that are told on: what the handlers around a call make of them.

An `except ImportError`, clean-up and loops that try again are no such thing. Text about an error that goes back to the
model is an answer that the model can act on; a default that looks like an answer is not.
"""

from __future__ import annotations

import ast

from auditkit.sources.inspection.code import Deed
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Item, Place, Sketch
from auditkit.sources.inspectors._handlers import Caught, handled, outcome_of
from auditkit.sources.inspectors._outside import KINDS, PACKAGES
from auditkit.sources.inspectors._retrying import loop_around
from auditkit.syntax.python.module import Call, Scope

NAME = "handlers of errors"
ORDER = 340
CONSTRUCTORS: tuple[str, ...] = ()
UNREAD = "a failure is given back as a value that nothing here reads"

__all__ = ["CONSTRUCTORS", "NAME", "ORDER", "PACKAGES", "inspect"]


def inspect(project: Project, sketch: Sketch) -> None:
    """States what an error of each outside system becomes, and where a caller goes on as if nothing had happened."""
    drawn: dict[Place, list[Item]] = {}
    for item in sketch.loose:
        if item.kind == "integration":
            for place in item.places:
                drawn.setdefault(place, []).append(item)
    for scope, deed in project.code.all:
        if deed.kind not in KINDS:
            continue
        items = drawn.get(deed.place, ())
        if not items:
            continue
        found = _outcome(project, deed)
        for item in items:
            item.say("on_error", found.outcome, found.at, note=found.note)
        if found.outcome in ("default_value", "swallow") and found.at.path == scope.module.path:
            _unread(project, sketch, scope, found)
    _gathered(project, sketch)


def _outcome(project: Project, deed: Deed) -> Caught:
    """What becomes of an error of a call; raised, where nothing near it catches."""
    call = deed.site.call
    found = outcome_of(project, call)
    if found is None or (found.outcome == "swallow" and loop_around(project, call) is not None):
        return Caught("raise", deed.place, "nothing near the call catches its exceptions")
    return found


def _unread(project: Project, sketch: Sketch, scope: Scope, found: Caught) -> None:
    """Steps that call a function which hides its failures, and do not look at what it gives back."""
    if handled_in(scope, found):
        for caller in project.program.callers(scope):
            call = caller.call
            if not _is_statement(call):
                continue
            at = Place(call.scope.module.path, call.scope.module.line(call.line))
            for step in _steps(sketch, call.scope):
                if step.value("validation.on_fail") is None:
                    step.say("validation.on_fail", "ignore", at, note=f"{UNREAD} ({found.at})")


def handled_in(scope: Scope, found: Caught) -> bool:
    """Whether the handler stands in a function itself."""
    node = scope.node
    module = scope.module
    return module.line(scope.line) <= found.at.line <= module.line(getattr(node, "end_lineno", 0) or 0)


def _is_statement(call: Call) -> bool:
    """Whether nothing takes the result of a call: it stands alone as a statement."""
    for node in ast.walk(call.scope.node):
        if isinstance(node, ast.Expr):
            value = node.value.value if isinstance(node.value, ast.Await) else node.value
            if value is call.node:
                return True
    return False


def _steps(sketch: Sketch, scope: Scope) -> list[Item]:
    """The steps whose function a scope is."""
    return [
        i
        for f in sketch.flows
        for i in f.of("step")
        if i.home is not None and i.home.path == scope.module.path and i.home.name == scope.name
    ]


def _gathered(project: Project, sketch: Sketch) -> None:
    """`await gather(.., return_exceptions=True)` whose results nobody looks at."""
    for module in project.program.modules.values():
        for call in module.by_tail.get("gather", ()):
            returned = any(
                k.arg == "return_exceptions" and isinstance(k.value, ast.Constant) and k.value.value is True
                for k in call.node.keywords
            )
            if returned and _is_statement(call):
                at = Place(module.path, module.line(call.line))
                for step in _steps(sketch, call.scope):
                    step.say(
                        "validation.on_fail", "ignore", at, note="exceptions of what runs together are given back and not read"
                    )


def outcome_at(call: Call) -> Caught | None:
    """What the handlers in a call's own function make of its exceptions."""
    return handled(call)
