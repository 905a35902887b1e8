"""What every inspector is given: the folder's files, its Python as a program, and the versions in force."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from auditkit.sources.inspection.clusters import Imports, imports_of
from auditkit.sources.inspection.folder import File, Folder

if TYPE_CHECKING:
    from auditkit.sources.inspection.code import Code
    from auditkit.sources.inspection.versions import Versions
    from auditkit.syntax.python.module import Module
    from auditkit.syntax.python.program import Program


@dataclass
class Project:
    """One folder under inspection. What an inspector does not ask for is never read.

    Inspectors of Python are asked once for each group of files that import each other (`program`); inspectors
    of formats and of the folder as a whole once, with an empty program.
    """

    folder: Folder
    program: Program = field(default_factory=lambda: _empty())
    packages: frozenset[str] = frozenset()
    """The first names of the libraries that the program's files import."""
    shared: dict[str, object] = field(default_factory=dict)

    def text(self, file: File) -> str | None:
        """A file as text (UTF-8, UTF-16 with a mark, else Latin-1), or None when it cannot be read or is binary."""
        try:
            data = self.folder.text(file)
        except OSError:
            return None
        return decoded(data)

    def read(self, path: str) -> str | None:
        """The text of a file of the folder by its path, or None."""
        file = self.folder.by_path.get(path)
        return self.text(file) if file is not None else None

    def imports(self, file: File) -> Imports | None:
        """What a Python file or notebook imports, by its lines alone; None when it cannot be read. Remembered for the
        folder, since more than one asks it of every file."""
        known: dict[str, Imports] = self.shared.setdefault("imports", {})       # type: ignore[assignment]
        if file.path not in known:
            text = self.text(file)
            if text is None:
                return None
            known[file.path] = imports_of(text, notebook=file.kind == "notebook")
        return known[file.path]

    def module(self, file: File) -> Module | None:
        """A Python file that is in no program (a test, an eval), parsed on its own; None when it cannot be."""
        from auditkit.syntax.python.reading import Unreadable, read_module

        text = self.text(file)
        if text is None:
            return None
        try:
            return read_module(file.path, text)
        except Unreadable:
            return None

    @cached_property
    def code(self) -> Code:
        """What the program's code does to the world."""
        from auditkit.sources.inspection.code import Code

        return Code(self.program)

    @property
    def versions(self) -> Versions:
        """Which version of a library is in force near a file."""
        found = self.shared.get("versions")
        if found is None:
            from auditkit.sources.inspection.versions import Versions

            found = self.shared["versions"] = Versions(self)
        return found        # type: ignore[return-value]

    @property
    def paths(self) -> frozenset[str]:
        """The paths of all files that are read."""
        return self.folder.paths

    @property
    def by_last(self) -> dict[str, list[str]]:
        """The paths of all files that are read, by their last name."""
        return self.folder.by_last


def _empty() -> Program:
    from auditkit.syntax.python.program import Program

    return Program(())


def decoded(data: bytes) -> str | None:
    """Bytes as text, or None for what is no text (NUL bytes without a mark of UTF-16)."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16")
        except UnicodeError:
            return None
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeError:
        return data.decode("latin-1")
