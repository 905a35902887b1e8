"""What was looked at when a workflow was drawn from code: said first, so that a thin reading never looks clean."""

from __future__ import annotations

from auditkit.model.base import Frozen
from auditkit.model.facts import Gap

Counted = tuple[tuple[str, int], ...]
"""Words with counts, in the order in which they are told."""


class Coverage(Frozen):
    """The files of one folder: how many were seen, read and left out, and what was understood in them."""

    root: str
    """The name of the folder or file, never its place on this machine."""
    commit: str | None = None
    seen: int = 0
    read: Counted = ()
    """Files that were read, by kind ("Python", "notebook", "JSON")."""
    skipped: Counted = ()
    """Files and folders that were left out, by reason."""
    others: Counted = ()
    """Files of kinds that are not read, by kind."""
    failed: tuple[Gap, ...] = ()
    """Files that should have been read and could not be."""
    libraries: tuple[str, ...] = ()
    """The libraries and formats in which something was met."""
    constructors: tuple[tuple[str, int, int], ...] = ()
    """Constructors of known libraries: the dotted name, how often it was met, how often something was made of it."""

    @property
    def files_read(self) -> int:
        """How many files were read."""
        return sum(n for _, n in self.read)

    @property
    def understood(self) -> tuple[int, int]:
        """How many constructors were understood, of how many that were met."""
        return sum(u for _, _, u in self.constructors), sum(m for _, m, _ in self.constructors)
