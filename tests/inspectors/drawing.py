"""Small folders of sources, inspected; with short ways to ask what was drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from auditkit.model.facts import Stack
from auditkit.sources.inspection import inspect_code
from auditkit.sources.inspection.inspect import Inspection


class Drawn:
    """What was drawn from a folder."""

    def __init__(self, inspection: Inspection) -> None:
        self.inspection = inspection
        self.stacks = {s.name: s for s in inspection.stacks}

    @property
    def stack(self) -> Stack:
        """The only stack."""
        assert len(self.stacks) == 1, sorted(self.stacks)
        return next(iter(self.stacks.values()))

    def ids(self, kind: str, stack: str | None = None) -> list[str]:
        """The ids of a kind, over all stacks or of one."""
        return [c.id for name, s in self.stacks.items() if stack in (None, name) for c in s.components if c.kind == kind]

    def all(self, kind: str, id: str, key: str, stack: str | None = None) -> list[Any]:
        """All values of a key of a component."""
        found = []
        for name, s in self.stacks.items():
            for fact in s.facts:
                if stack in (None, name) and (fact.kind, fact.id, fact.key) == (kind, id, key):
                    found.append(getattr(fact.value, "to", fact.value))
        return found

    def fact(self, kind: str, id: str, key: str, stack: str | None = None) -> Any:
        """The first value of a key of a component, or None."""
        return next(iter(self.all(kind, id, key, stack)), None)

    def lines(self, kind: str, id: str) -> list[str]:
        """The places of a component, as `file:line`."""
        return [f"{r.path}:{r.line}" for s in self.stacks.values() for c in s.components
                if (c.kind, c.id) == (kind, id) for r in c.receipts if hasattr(r, "path")]


def draw(folder: Path, files: dict[str, str]) -> Drawn:
    """Writes files and inspects their folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return Drawn(inspect_code(folder))
