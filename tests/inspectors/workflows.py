"""Small sources written into a folder and drawn, one `Workflow` for each stack."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from auditkit.model.facts import Stack
from auditkit.sources.inspection import inspect_code


class Workflow:
    """One drawn workflow with short ways to look at it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.name = stack.name

    def ids(self, kind: str) -> list[str]:
        """The ids of a kind, in order."""
        return [c.id for c in self.stack.components if c.kind == kind]

    def all(self, kind: str, id: str, key: str) -> list[Any]:
        """Everything that is said of a key; of an edge, its target."""
        return [getattr(f.value, "to", f.value) for f in self.stack.facts if (f.kind, f.id, f.key) == (kind, id, key)]

    def fact(self, kind: str, id: str, key: str) -> Any:
        """What is said first of a key, or None."""
        return next(iter(self.all(kind, id, key)), None)

    def places(self, kind: str, id: str) -> list[str]:
        """Where a component can be seen, as `file:line`."""
        part = next(c for c in self.stack.components if (c.kind, c.id) == (kind, id))
        return [f"{r.path}:{r.line}" for r in part.receipts]

    def lines(self, kind: str, id: str, key: str) -> list[int]:
        """The lines at which a fact can be seen."""
        return [f.receipt.line for f in self.stack.facts if (f.kind, f.id, f.key) == (kind, id, key)]


def _source(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def drawn(folder: Path, files: dict[str, str]) -> list[Workflow]:
    """Writes files and inspects their folder; no inspector may stop."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_source(text), "utf-8")
    found = inspect_code(folder)
    assert not [g for g in found.gaps if "stopped" in g.reason], found.gaps
    return [Workflow(s) for s in found.stacks]


def line_of(text: str, needle: str) -> int:
    """The line of a source, as `drawn` writes it, on which something stands first."""
    return next(n for n, row in enumerate(_source(text).split("\n"), 1) if needle in row)
