"""What counts as the outside of a program, and which of its code anybody calls."""

from __future__ import annotations

from auditkit.sources.inspection.code import meanings
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspectors._libraries import libraries
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Scope

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
    return not usual and here.name not in _named(project)


def _named(project: Project) -> frozenset[str]:
    """Every name that the program's code reads outside of its own definition; remembered on the code."""
    found: frozenset[str] | None = project.code.__dict__.get("_all_named")
    if found is None:
        everything: set[str] = set()
        for module in project.program.modules.values():
            for scope in module.scopes:
                top = scope
                while top.parent is not None and top.parent.kind != "module":
                    top = top.parent
                for load in scope.loads:
                    parts = load.split(".")
                    if top.name != parts[0] or top.module is not module:
                        everything.update(parts)
            for text in {str(n.value) for n in module.texts}:
                if _PATH.fullmatch(text):
                    everything.update(text.replace(":", ".").split("."))  # "app.graph:agent" names it too
        found = frozenset(everything)
        project.code.__dict__["_all_named"] = found
    return found
