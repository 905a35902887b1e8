"""What python-telegram-bot keeps for a user, a chat or the whole bot: `context.user_data`, gone with the process unless the
application was given a persistence."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Home, Item, Place, Sketch
from auditkit.syntax.python.module import Module, Scope, walk

_HELD = ("user_data", "chat_data", "bot_data")
_CHANGES = ("setdefault", "update", "append")
_MOST_PLACES = 24


def draw_bot_data(project: Project, sketch: Sketch) -> None:
    """Draws each of the three where code writes to it."""
    program = project.program
    users = [m for m in program.modules.values() if _imports(m)]
    if not users:
        return
    kept = next(iter(program.sites("telegram.ext.**.PicklePersistence")), None)
    other = any(True for _ in program.sites("telegram.**.persistence"))
    drawn: dict[str, Item] = {}
    for module in users:
        for name, scope, line in _writes(module):
            at = Place(module.path, line)
            item = drawn.get(name)
            if item is None:
                item = drawn[name] = sketch.add("store", name, at, "stores.bot_data", Home(module.path, scope.name))
                item.say("kind", "session")
                item.say("durable", True if kept is not None else "unknown" if other else False)
            elif len(item.places) < _MOST_PLACES:
                item.also(at)


def _imports(module: Module) -> bool:
    """Whether a file takes anything from the library's part for bots."""
    for node in module.tree.body:
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(name.startswith("telegram.ext") for name in names):
            return True
    return False


def _writes(module: Module) -> Iterator[tuple[str, Scope, int]]:
    """Where something is put into one of them."""
    for scope in module.scopes:
        if scope.kind != "function" or not any(f".{held}" in name for name in scope.loads for held in _HELD):
            continue
        for node in walk(scope.node):
            held = _changed(node)
            if isinstance(held, ast.Attribute) and held.attr in _HELD:
                yield held.attr, scope, module.line(node)


def _changed(node: ast.AST) -> ast.AST | None:
    """The expression of the dict that a statement puts something into."""
    if isinstance(node, ast.Call):
        return node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES else None
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    return next((t.value for t in targets if isinstance(t, ast.Subscript)), None)
