"""State that callbacks and tools write into a run's session: `context.state["key"] = value`."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from auditkit.sources.inspection.sketch import Place
from auditkit.syntax.python.module import Scope

MOST = 24


def state_writes(scopes: Iterable[Scope]) -> list[tuple[Place, str]]:
    """Where some functions write to `x.state[..]`, with the key ("" when it is not written there)."""
    found: list[tuple[Place, str]] = []
    for scope in scopes:
        for node in ast.walk(scope.node):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
            for target in targets:
                if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute) and target.value.attr == "state":
                    key = target.slice.value if isinstance(target.slice, ast.Constant) else ""
                    found.append((Place(scope.module.path, scope.module.line(target)), key if isinstance(key, str) else ""))
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "update"
                and isinstance(node.func.value, ast.Attribute)
                and node.func.value.attr == "state"
            ):
                found.append((Place(scope.module.path, scope.module.line(node)), ""))
    return list(dict.fromkeys(found))[:MOST]
