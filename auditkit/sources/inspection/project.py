"""What every inspector is given: the folder's files, its Python as a program, and the versions in force."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from auditkit.sources.inspection.folder import File, Folder


@dataclass
class Project:
    """One folder under inspection. What an inspector does not ask for is never read."""

    folder: Folder

    def text(self, file: File) -> str | None:
        """A file as text (UTF-8, UTF-16 with a mark, else Latin-1), or None when it cannot be read or is binary."""
        try:
            data = self.folder.text(file)
        except OSError:
            return None
        return decoded(data)

    @cached_property
    def paths(self) -> frozenset[str]:
        """The paths of all files that are read."""
        return frozenset(f.path for f in self.folder.files)


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
