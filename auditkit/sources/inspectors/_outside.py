"""What counts as the outside of a program, and which of its code anybody calls."""

from __future__ import annotations

import ast

from auditkit.sources.inspection.code import meanings
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspectors._libraries import libraries
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Module, Scope, dotted
from auditkit.syntax.python.values import Klass, Outside

KINDS = frozenset(
    ("http", "database", "message", "money", "search", "cloud", "api", "queue", "browser", "auth", "execute", "model")
)
LOCAL = frozenset(
    (
        "sqlite3",
        "aiosqlite",
        "duckdb",
        "sqlalchemy",
        "sqlmodel",
        "flask_sqlalchemy",
        "pandas",
        "polars",
        "git",
        "transformers",
        "llama_cpp",
        "vllm",
        "code",
        "IPython",
        "runpy",
        "builtins",
        "datasets",
        "redis",
        "langchain_experimental",
    )
)
"""Libraries whose calls stay on the machine, or keep the run's own state."""
_PATH = later(r"[A-Za-z_][\w.]*(?::[A-Za-z_]\w*)?")


def _roots() -> tuple[str, ...]:
    found = {m.root for rows in meanings().values() for m in rows} | {n.partition(".")[0] for n in libraries()}
    return tuple(sorted(r for r in found if r.isidentifier() and r not in LOCAL))


PACKAGES = _roots()


def dead(project: Project, scope: Scope) -> bool:
    """Whether code stands in a function or class that nothing names: it is there, and nobody calls it."""
    here = scope
    while here.parent is not None and here.parent.kind != "module":
        here = here.parent
    if here.kind == "module" or len(getattr(here.node, "decorator_list", [])) > 0:
        return False
    usual = here.name in ("main", "run", "handler", "lambda_handler", "app", "start", "execute")
    if usual or here.name in _named(project):
        return False
    known: dict[int, bool] = project.code.__dict__.setdefault("_heirless", {})
    if here.kind == "class" and id(here) not in known:
        known[id(here)] = not any(heir.name in _named(project) for heir in project.program.heirs(here))
    return known.get(id(here), True)


def _only_above(module: Module) -> frozenset[str]:
    """The names that a file reads outside of its functions for nothing but to derive a class from them."""
    bases: set[str] = set()
    others: set[str] = set()
    waiting: list[ast.AST] = list(module.tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ClassDef):
            bases |= {name for base in node.bases if (name := dotted(base)) is not None}
            waiting += [*node.body, *node.decorator_list, *(k.value for k in node.keywords)]
        elif isinstance(node, ast.Name | ast.Attribute):
            others |= {name} if (name := dotted(node)) is not None else set()
            waiting += [] if dotted(node) is not None else list(ast.iter_child_nodes(node))
        else:
            waiting += list(ast.iter_child_nodes(node))
    return frozenset(bases - others)


def looked_for(project: Project) -> list[tuple[Scope, Scope]]:
    """Classes that code finds by what they derive from, `issubclass(found, Tool)` or `Tool.__subclasses__()`, each with the
    scope that looks for it; remembered on the code."""
    known: list[tuple[Scope, Scope]] | None = project.code.__dict__.get("_looked_for")
    if known is not None:
        return known
    program = project.program
    asked: list[tuple[ast.AST, Scope]] = []
    for module in program.modules.values():
        asked += [(c.node.args[1], c.scope) for c in module.by_tail.get("issubclass", ()) if len(c.node.args) == 2]
        listed = module.by_tail.get("__subclasses__", ())
        asked += [(c.node.func.value, c.scope) for c in listed if isinstance(c.node.func, ast.Attribute)]
    known = project.code.__dict__["_looked_for"] = []
    for node, scope in asked:
        for one in program.value(node, scope).options():
            if isinstance(one, Klass):
                known += [(scope, heir) for heir in program.heirs(one.scope)]
            elif isinstance(one, Outside) and not one.name.startswith("builtins."):
                known += [(scope, heir.scope) for heir in program.classes(one.name)]
    return known


def _named(project: Project) -> frozenset[str]:
    """Every name that the program's code reads outside of its own definition; remembered on the code."""
    found: frozenset[str] | None = project.code.__dict__.get("_all_named")
    if found is None:
        everything: set[str] = set()
        for module in project.program.modules.values():
            for scope in module.scopes:
                top, above = scope, _only_above(module) if scope.kind == "module" else frozenset()
                while top.parent is not None and top.parent.kind != "module":
                    top = top.parent
                for load in scope.loads - above:
                    parts = load.split(".")
                    if top.name != parts[0] or top.module is not module:
                        everything.update(parts)
            for text in {str(n.value) for n in module.texts}:
                if _PATH.fullmatch(text):
                    everything.update(text.replace(":", ".").split("."))  # "app.graph:agent" names it too
        everything |= {klass.name for _, klass in looked_for(project)}
        found = frozenset(everything)
        project.code.__dict__["_all_named"] = found
    return found
