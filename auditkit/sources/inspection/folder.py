"""What lies in a folder: which files are read, which are not and why. Reads nothing outside of it.

Links out of the folder are not followed, links inside it are not followed twice, devices and pipes are not
opened, .gitignore is honoured, vendored and generated code is left out, sizes are capped. Every file that is
not read has a reason, since a thin reading must never look like a clean result.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from auditkit.sources.inspection.ignored import Ignored
from auditkit.syntax.patterns import later

MOST_BYTES = 3_000_000
"""Source files above this size are data or generated; exports may be larger."""
MOST_EXPORT_BYTES = 40_000_000
MOST_FILES = 60_000
"""So many files are listed; what lies beyond is counted as one gap."""
MOST_DEPTH = 40

VENDORED = frozenset((
    "node_modules", "site-packages", "dist-packages", "vendor", "vendored", "third_party", "_vendor", "bower_components",
    ".venv", "venv", ".tox", ".nox", ".eggs", "__pycache__", ".git", ".hg", ".svn", ".mypy_cache", ".ruff_cache",
    ".pytest_cache", ".next", ".nuxt", ".idea", ".gradle", ".terraform", ".cache",
))
TESTS = later(r"(?:^|/)(?:tests?|__tests__|testing|conftest\.py|test_[^/]*\.py|[^/]*_test\.py)(?:/|$)")
EXAMPLES = later(r"(?:^|/)(?:examples?|samples?|demos?|docs?|tutorials?|cookbook|notebooks?|benchmarks?)(?:/|$)")
GENERATED = later(rb"(?:@generated|DO NOT EDIT|[Gg]enerated by (?:the )?(?:protocol buffer|OpenAPI|openapi|grpc|swagger))")

KINDS = {
    ".py": "Python", ".pyi": "stub", ".ipynb": "notebook", ".json": "JSON", ".jsonc": "JSON", ".yaml": "YAML", ".yml": "YAML",
    ".toml": "TOML",
    ".md": "Markdown", ".txt": "text", ".rst": "text", ".ts": "TypeScript", ".tsx": "TypeScript", ".js": "JavaScript",
    ".cfg": "configuration", ".ini": "configuration", ".lock": "lock file", ".env": "configuration", ".example": "configuration",
    ".jsonl": "data", ".csv": "data", ".html": "web", ".css": "web", ".png": "image", ".jpg": "image", ".svg": "image",
    ".gif": "image", ".ico": "image", ".pdf": "document",
}
READ = ("Python", "notebook", "JSON", "YAML", "TOML", "configuration", "lock file", "text")


@dataclass(frozen=True)
class File:
    """One file that can be read: its path below the folder, with '/', its kind and its size in bytes."""

    path: str
    kind: str
    size: int
    role: str = ""
    """"test", "example" or "": how much what stands in it says about the workflow."""


@dataclass
class Folder:
    """A folder's files: those that are read, and how many were not, by reason."""

    root: Path
    files: list[File] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    """Files of kinds that are not read, by kind."""
    lost: list[tuple[str, str]] = field(default_factory=list)
    """Files and folders that should have been read and could not be, with the reason."""
    seen: int = 0

    def text(self, file: File) -> bytes:
        """The bytes of a file. Raises OSError."""
        most = MOST_EXPORT_BYTES if file.kind in ("JSON", "YAML") else MOST_BYTES
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        path = self.root / file.path if file.path != "." else self.root
        handle = os.open(path, flags)
        with os.fdopen(handle, "rb") as stream:
            return stream.read(most + 1)

    def of(self, *kinds: str) -> Iterator[File]:
        """The files of some kinds, in order of path."""
        return (f for f in self.files if f.kind in kinds)

    @cached_property
    def by_path(self) -> dict[str, File]:
        """The files by path."""
        return {f.path: f for f in self.files}

    @cached_property
    def paths(self) -> frozenset[str]:
        """The paths of the files."""
        return frozenset(self.by_path)

    @cached_property
    def by_last(self) -> dict[str, list[str]]:
        """The paths of the files by their last name."""
        found: dict[str, list[str]] = {}
        for file in self.files:
            found.setdefault(file.path.rpartition("/")[2], []).append(file.path)
        return found


def walk(root: Path) -> Folder:
    """The files below a folder, or one file alone (then the folder is the file's own). Raises OSError."""
    if root.is_file():
        folder = Folder(root.parent)
        folder.seen = 1
        _take(folder, root.name, root.stat(), alone=True)
        return folder
    folder = Folder(root)
    _walk(folder, "", Ignored(root), 0)
    folder.files.sort(key=lambda f: f.path)
    folder.lost.sort()
    return folder


def _walk(folder: Folder, below: str, ignored: Ignored, depth: int) -> None:
    if depth > MOST_DEPTH:
        folder.lost.append((below, f"is nested more than {MOST_DEPTH} folders deep"))
        return
    try:
        with os.scandir(folder.root / below) as found:
            entries = sorted(found, key=lambda e: e.name)
    except OSError as error:
        folder.lost.append((below or ".", f"cannot be listed ({error.strerror})"))
        return
    ignored = ignored.within(below, any(e.name == ".gitignore" for e in entries))
    for entry in entries:
        path = f"{below}/{entry.name}" if below else entry.name
        try:
            path.encode()
            info = entry.stat(follow_symlinks=False)
        except (OSError, UnicodeError):
            folder.lost.append((path.encode(errors="replace").decode(errors="replace"), "cannot be looked at"))
            continue
        if stat.S_ISLNK(info.st_mode):
            folder.seen += 1
            folder.skipped["link"] += 1
        elif stat.S_ISDIR(info.st_mode):
            if entry.name in VENDORED or entry.name.endswith(".egg-info"):
                folder.skipped["vendored folder"] += 1
            elif ignored.hides(path, folder=True):
                folder.skipped["ignored folder"] += 1
            else:
                _walk(folder, path, ignored, depth + 1)
        elif stat.S_ISREG(info.st_mode):
            folder.seen += 1
            if folder.seen > MOST_FILES:
                folder.skipped["beyond the limit of files"] += 1
            elif ignored.hides(path, folder=False):
                folder.skipped["ignored by .gitignore"] += 1
            else:
                _take(folder, path, info)
        else:
            folder.seen += 1
            folder.skipped["not a regular file"] += 1


def _take(folder: Folder, path: str, info: os.stat_result, *, alone: bool = False) -> None:
    name = path.rpartition("/")[2]
    suffix = os.path.splitext(name)[1].lower()
    kind = KINDS.get(suffix, "configuration" if name.startswith((".env", "Dockerfile", "Procfile", "Pipfile")) else "other")
    if kind not in READ:
        folder.others[kind] += 1
        return
    most = MOST_EXPORT_BYTES if kind in ("JSON", "YAML") else MOST_BYTES
    if info.st_size > most:
        folder.skipped["too large"] += 1
        folder.lost.append((path, f"is larger than {most // 1_000_000} MB"))
        return
    role = "" if alone else "test" if TESTS.search(path) else "example" if EXAMPLES.search(path) else ""
    folder.files.append(File(path, kind, info.st_size, role))
