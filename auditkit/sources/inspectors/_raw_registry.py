"""Tools that a program's own decorator enters into a table: `@tool("Runs a command.")` above each function, and one list
or dict of them all, from which the schemas for the model are made."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Place
from auditkit.syntax.python.module import FUNCTIONS, Scope, tail
from auditkit.syntax.python.program import text_of
from auditkit.syntax.python.values import Const, Func, Table

_ADDS = ("append", "add", "setdefault")
_TOLD = ("description", "desc")


class Entry(NamedTuple):
    """One tool of a table: its name, where it is written, what it says, and the function behind it."""

    name: str
    at: Place
    description: str | None
    body: Scope | None


def registered(project: Project, scopes: list[Scope]) -> list[Entry]:
    """The tools in the tables that some functions read and that decorators of the program fill."""
    read = {name.rpartition(".")[2] for scope in project.code.reach(scopes, hops=4).values() for name in scope.loads}
    found: dict[str, Entry] = {}
    for table, scope, decorator in _decorated(project):
        if table.rpartition(".")[2] not in read:
            continue
        for entry in (*_written(project, table, scope), _entry(project, scope, decorator)):
            found.setdefault(entry.name, entry)
    return list(found.values())


def by_name(table: Table) -> list[Entry]:
    """The tools of a dict that has their descriptions under their names: `{"stop": {"description": .., "params": {}}}`."""
    found = []
    for key, value in table.items:
        if not isinstance(key, Const) or not isinstance(key.value, str):
            continue
        told = next((t for name in _TOLD if isinstance(value, Table) and (t := text_of(value.get(name)))), None)
        if told is None or not key.value.isidentifier():
            return []
        found.append(Entry(key.value, Place(key.path, key.line), told, None))
    return found


def _decorated(project: Project) -> Iterator[tuple[str, Scope, ast.expr]]:
    """Functions under a decorator of the program that keeps them in a table: the table's name, the function, the decorator."""
    kept: dict[int, str | None] = {}
    for module in project.program.modules.values():
        for _, scope, node in module.decorations:
            func = node.func if isinstance(node, ast.Call) else node
            outer = scope.parent or scope
            for one in project.program.value(func, outer).options() if scope.kind == "function" else ():
                if not isinstance(one, Func):
                    continue
                if id(one.scope) not in kept:
                    kept[id(one.scope)] = _keeps(one.scope)
                if (table := kept[id(one.scope)]) is not None:
                    yield table, scope, node


def _keeps(decorator: Scope) -> str | None:
    """The table into which a decorator puts the function that it hands back, or None when it does no such thing."""
    inner = next((c for c in decorator.children if c.kind == "function" and isinstance(c.node, FUNCTIONS)), decorator)
    node = inner.node
    first = next(iter(node.args.args[1 if inner.self_name else 0 :]), None) if isinstance(node, FUNCTIONS) else None
    if first is None or not any(isinstance(n, ast.Return) and tail(n.value or n) == first.arg for n in ast.walk(node)):
        return None
    return next((table for part in ast.walk(node) if (table := _filled(part, first.arg)) is not None), None)


def _filled(node: ast.AST, name: str) -> str | None:
    """The table into which a statement puts something of a name: `TOOLS[f.__name__] = ..`, `TOOLS.append(f)`."""
    match node:
        case ast.Assign(targets=[ast.Subscript() as target]) if _speaks_of(name, target.slice) or _speaks_of(name, node.value):
            return tail(target.value) or None
        case ast.Call(func=ast.Attribute() as func) if func.attr in _ADDS and any(_speaks_of(name, a) for a in node.args):
            return tail(func.value) or None
    return None


def _speaks_of(name: str, node: ast.AST) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node))


def _entry(project: Project, scope: Scope, decorator: ast.expr) -> Entry:
    """A decorated function as a tool: by the name and the words that its decorator gives, else by its own."""
    given = {k.arg: text_of(project.program.value(k.value, scope.parent or scope)) for k in decorator.keywords} if isinstance(
        decorator, ast.Call) else {}
    told = next((t for name in _TOLD if (t := given.get(name))), None) or (
        ast.get_docstring(scope.node) if isinstance(scope.node, FUNCTIONS) else None)
    at = Place(scope.module.path, scope.module.line(scope.line))
    return Entry(given.get("name") or scope.name.rpartition(".")[2], at, told, scope)


def _written(project: Project, table: str, near: Scope) -> list[Entry]:
    """The tools that the table already holds where it is made."""
    name = table.rpartition(".")[2]
    for module in project.program.modules.values():
        if name in module.top.bindings and (module is near.module or len(project.program.modules) == 1):
            for one in project.program.name(name, module.top).options():
                if isinstance(one, Table):
                    return by_name(Table(one.node, one.module, tuple(r for r in one.items if isinstance(r[0], Const)), one.whole))
    return []
