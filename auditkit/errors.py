"""What can go wrong, as data: a problem has a place, a text and a hint."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input.

    `path` is the file as the user named it; `line` and `column` count from 1 (0: no place in the file);
    `length` is the number of characters to underline; `excerpt` is the source line, or "".
    """

    path: str
    line: int
    text: str
    hint: str = ""
    column: int = 0
    length: int = 0
    excerpt: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.text}" + (f"; {self.hint}" if self.hint else "")


class AuditKitError(Exception):
    """The base of every error that a user can mend."""


class InputError(AuditKitError):
    """An input cannot be used; holds all its problems at once."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class MissingLibrary(AuditKitError):
    """A library that one output format needs is not on this machine; `install` is the line to type."""

    def __init__(self, what: str, install: str) -> None:
        self.what = what
        self.install = install
        super().__init__(f"{what}. Install it: {install}")


class NothingToAudit(AuditKitError):
    """The target holds nothing that could be audited; this is never a clean result."""
