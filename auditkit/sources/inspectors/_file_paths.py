"""Paths of files as code writes them: those that a helper is given to open, and the constants that name them."""

from __future__ import annotations

import ast

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Place
from auditkit.syntax.python.module import FUNCTIONS, Scope
from auditkit.syntax.python.program import written_for
from auditkit.syntax.python.values import Site

MOST_CALLERS = 24


def written_to(site: Site) -> ast.AST | None:
    """The expression of the path that a call writes to."""
    func = site.node.func
    last = site.name.rpartition(".")[2]
    if isinstance(func, ast.Attribute) and (last in ("write_text", "write_bytes") or (last == "open" and not site.node.args)):
        return func.value
    if isinstance(func, ast.Attribute) and last == "open" and site.name.startswith("pathlib."):
        return func.value
    return site.node.args[0] if site.node.args else None


def handed_paths(project: Project, site: Site) -> list[tuple[ast.expr, Scope]]:
    """The expressions that the callers of a function give for the path that it opens, with where they stand; none when the
    function itself says what it opens."""
    node, scope = written_to(site), site.scope
    if not isinstance(node, ast.Name) or not isinstance(scope.node, FUNCTIONS):
        return []
    if [b.how for b in scope.bindings.get(node.id, ())] != ["parameter"]:
        return []
    found: list[tuple[ast.expr, Scope]] = []
    for caller in project.program.callers(scope)[:MOST_CALLERS]:
        given = written_for(node.id, scope, caller.node)
        if given is not None:
            found.append((given, caller.scope))
    return found


def anchor_of(written: ast.AST | None, scope: Scope) -> tuple[str, Place] | None:
    """The constant of the module that says where a written file lies, `DATA_DIR` or `ORDERS_FILE`: its name and place."""
    waiting, module = [(written, 0)], scope.module
    while waiting:
        node, depth = waiting.pop(0)
        for name in [n.id for n in ast.walk(node) if isinstance(n, ast.Name)] if node is not None else ():
            inner = [b for b in scope.bindings.get(name, ()) if b.how == "value" and b.value is not None]
            top = module.top.bindings.get(name, ())
            if inner and scope.kind == "function":
                waiting += [(b.value, depth + 1) for b in inner if depth < 3]
            elif name.isupper() and len(top) == 1 and top[0].how == "value" and _is_path(top[0].value):
                return name, Place(module.path, module.line(top[0].node))
    return None


def _is_path(node: ast.AST | None) -> bool:
    """Whether a constant is written as a path: a text, `Path(..)`, `base / name`, `os.path.join(..)`."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and len(node.value) > 1
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Div)
    if isinstance(node, ast.Call):
        text = ast.unparse(node.func)
        return "path" in text.lower() or _is_path(node.func.value if isinstance(node.func, ast.Attribute) else None)
    return isinstance(node, ast.JoinedStr)
