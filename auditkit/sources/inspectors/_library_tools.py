"""Tools that come with agent libraries: what they do to the world, and what stands behind them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from auditkit.sources.inspection.effects import CONSEQUENTIAL
from auditkit.sources.inspection.project import Project
from auditkit.syntax.python.program import Program, matches
from auditkit.syntax.python.values import Klass, Made, Outside, Value
from auditkit.syntax.tables import read_table

TABLE = Path(__file__).with_name("data") / "library_tools.yaml"


@dataclass(frozen=True, slots=True)
class LibraryTool:
    """One packaged tool. `knowledge` is the kind of source it reads; `mcp` stands for the tools of a server, of which
    none is known by name."""

    name: str
    effect: str
    vendor: str
    knowledge: str
    timeout: bool | str | None
    retry: bool | str | None
    mcp: bool
    given: tuple[str, ...] = ()
    """The arguments that name its source, for a tool that reads whatever it is told to without them."""
    sandbox: bool = False
    """It runs code on a vendor's machine that is made for the run and thrown away."""

    @property
    def consequential(self) -> bool:
        """Whether it changes something that matters."""
        return self.effect in CONSEQUENTIAL and not self.sandbox

    @property
    def is_tool(self) -> bool:
        """Whether it is one tool and no server of tools."""
        return not self.mcp


@lru_cache(maxsize=1)
def _rows() -> tuple[tuple[str, dict[str, Any]], ...]:
    return tuple((pattern, row) for row in read_table(TABLE) for pattern in row["tools"])


@lru_cache(maxsize=20_000)
def named_tool(name: str) -> LibraryTool | None:
    """What is known of a library's tool by its dotted name; the longest pattern wins."""
    current = f"agno.{name.removeprefix('phi.')}" if name.startswith("phi.") else name  # Agno's name until its version 1
    found = [(pattern, row) for pattern, row in _rows() if matches(pattern, current)]
    if not found:
        return None
    _, row = max(found, key=lambda r: len(r[0].replace("*", "")))
    short = name
    for part in (".from_mcp", ".from_hub", ".from_server"):
        short = short.removesuffix(part)
    return LibraryTool(
        short,
        row.get("effect", ""),
        row.get("vendor", ""),
        row.get("knowledge", ""),
        row.get("timeout"),
        row.get("retry"),
        bool(row.get("mcp")),
        tuple(row.get("given", ())),
        bool(row.get("sandbox")),
    )


def as_made(project: Project, value: Value, known: LibraryTool) -> LibraryTool:
    """A packaged tool as an object of it is made: one that names no source reads what it is told to, which in a program
    that writes files is as well its own work."""
    site = value.site if isinstance(value, Made) else None
    named = site is not None and project.program.arg(site, 0, *known.given) is not None
    if not known.given or named or not any(d.kind == "file" and d.effect == "write" for _, d in project.code.all):
        return known
    return replace(known, knowledge="")


def library_tool(value: Value) -> LibraryTool | None:
    """What is known of a tool object or class of a library, or None."""
    name = value.name if isinstance(value, Outside | Made) else ""
    return named_tool(name) if name else None


def inherited(program: Program, value: Value) -> LibraryTool | None:
    """What is known of the packaged tool that a local tool class is built on, or None."""
    klass = value if isinstance(value, Klass) else value.of if isinstance(value, Made) else None
    if not isinstance(klass, Klass):
        return None
    return next((known for base in program.bases(klass.scope) if (known := named_tool(base)) is not None and known.is_tool), None)
