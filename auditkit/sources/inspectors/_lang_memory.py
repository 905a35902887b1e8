"""Conversations that code keeps in lists and dicts of its own process: gone with a restart."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.sources.inspection.code import home_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Item, Place, Sketch
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Module, Scope

_TALK = later(r"^_?(?:(?:conversation|chat|message|dialog(?:ue)?)_?(?:history|log|messages|memory)?|history)$")
_BY_KEY = later(r"^_?(?:\w+_)?(?:sessions|conversations|histories|chats|threads|memories|store)$")


def draw_conversations(project: Project, sketch: Sketch) -> None:
    """A store for every list of a conversation on an object, and every dict of sessions of a module; once a name."""
    drawn: dict[str, Item] = {}
    known = {(i.at.path, i.at.line) for i in sketch.loose if i.kind == "store"}
    for module in project.program.modules.values():
        for name, node, scope in (*_lists(project, module), *_dicts(module)):
            at = Place(module.path, module.line(node))
            if any((at.path, line) in known for line in range(at.line - 1, at.line + 2)):
                continue
            item = drawn.get(name)
            if item is None:
                item = drawn[name] = sketch.add("store", name, at, "a conversation kept in the process", home_of(scope))
                item.say("kind", "memory").say("durable", False)
            item.also(at)


def _lists(project: Project, module: Module) -> Iterator[tuple[str, ast.AST, Scope]]:
    """Attributes that begin as an empty list and are appended to."""
    for scope in module.scopes:
        if scope.kind == "class":
            for name, bindings in scope.bindings.items():
                if _TALK.match(name) and any(_empty(b.value, ast.List) for b in bindings) and _appended(project, name):
                    yield name, bindings[0].node, scope
    seen: set[str] = set()
    for target, value, scope in module.attributes:
        if scope.name.endswith("__init__") and _TALK.match(target.attr) and _empty(value, ast.List) and target.attr not in seen \
                and _appended(project, target.attr):
            seen.add(target.attr)
            yield target.attr, target, scope


def _appended(project: Project, name: str) -> bool:
    calls = (call for module in project.program.modules.values() for verb in ("append", "extend")
             for call in module.by_tail.get(verb, ()))
    return any(isinstance(call.node.func, ast.Attribute) and isinstance(call.node.func.value, ast.Attribute)
               and call.node.func.value.attr == name for call in calls)


def _dicts(module: Module) -> Iterator[tuple[str, ast.AST, Scope]]:
    """Dicts at the top of a module that functions put sessions into."""
    wanted = {name: b.node for name, bindings in module.top.bindings.items() if _BY_KEY.match(name)
              for b in bindings if b.how == "value" and _empty(b.value, ast.Dict)}
    if not wanted:
        return
    for scope in module.scopes:
        if scope.kind != "function":
            continue
        for node in ast.walk(scope.node):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    name = target.value.id if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) else ""
                    if name in wanted:
                        yield name, wanted.pop(name), module.top


def _empty(value: ast.AST | None, kind: type[ast.List] | type[ast.Dict]) -> bool:
    if isinstance(value, kind):
        return not (value.elts if isinstance(value, ast.List) else value.keys)
    named = "list" if kind is ast.List else "dict"
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == named and not value.args
