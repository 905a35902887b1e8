"""Which version of a package is in force for a file: by the manifest or lock file nearest to it, up the folders.

A lock file beats a manifest, a pin beats a range, a nearer folder beats a farther one. Files are read when a
path below them is asked for, once each; requirement files that point outside of their folder are not followed.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from packaging.utils import canonicalize_name

from auditkit.sources.inspection.folder import File
from auditkit.sources.inspection.manifests import Manifest, Named, rank, read
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.ranges import Range, admits, both, either, overlaps
from auditkit.sources.inspection.sketch import Place

MOST_FILES = 200
"""So many manifests of one folder are read, those that point to each other included."""
KINDS = ("text", "TOML", "lock file", "configuration", "Python", "YAML")


@dataclass(frozen=True, slots=True)
class Version:
    """What a project says about the version of a package: one exactly, or those from `lowest` on, below `highest`."""

    package: str
    exact: str | None
    lowest: str | None
    highest: str | None
    place: Place
    locked: bool = False

    @property
    def range(self) -> Range:
        """The versions it admits."""
        return Range(self.exact, self.lowest, self.highest)

    def admits(self, start: str | None, below: str | None) -> bool:
        """Whether a version from `start` on and below `below` is among those (None is no end)."""
        return overlaps(self.range, start, below)

    def __str__(self) -> str:
        if self.exact:
            return f"{self.package} {self.exact}"
        ends = [f">={self.lowest}" if self.lowest else "", f"<{self.highest}" if self.highest else ""]
        return f"{self.package} {','.join(filter(None, ends)) or '(any version)'}"


class Versions:
    """The versions in force in one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._read: dict[str, dict[str, Version]] = {}
        self._asked: dict[str, frozenset[str]] = {}

    def of(self, package: str, near: str = "") -> Version | None:
        """The version in force for a file or folder (a path below the project); None when no manifest names the package."""
        name, found = canonicalize_name(package[:200]), None
        for folder in self._up(near):
            here = self._named(folder).get(name)
            if here is None:
                continue
            if here.exact and (found is None or (here.locked and admits(found.range, here.exact))):
                return here
            found = found or here
            if found.exact:
                break
        return found

    def packages(self, near: str = "") -> frozenset[str]:
        """The normal names of all packages that the manifests in force for a path name or lock."""
        found: frozenset[str] = frozenset()
        for folder in self._up(near):
            self._named(folder)
            found |= self._asked[folder]
        return found

    def _up(self, near: str) -> Iterator[str]:
        """The keys under which manifests in force for a path are read, nearest first: the file itself, then folders."""
        near = posixpath.normpath(near) if near else ""
        path = "" if near == "." or near.startswith(("/", "..")) else near
        if path.endswith((".ipynb", ".py")) and path in self._by_path:
            yield path
        while path:
            if path in self._index:
                yield path
            path = path.rpartition("/")[0]
        if "" in self._index:
            yield ""

    @cached_property
    def _by_path(self) -> dict[str, File]:
        return self.project.folder.by_path

    @cached_property
    def _index(self) -> dict[str, list[File]]:
        """The manifests by folder, the weightiest first; those in `requirements/` belong to the folder above."""
        found: dict[str, list[tuple[int, File]]] = {}
        for file in self.project.folder.of(*KINDS):
            folder, _, name = file.path.rpartition("/")
            weight = rank(name)
            if folder.rpartition("/")[2] == "requirements" and name.endswith(".txt"):
                folder, weight = folder.rpartition("/")[0], 3 if name in ("base.txt", "main.txt", "prod.txt") else 4
            if weight is not None:
                found.setdefault(folder, []).append((weight, file))
        return {folder: [f for _, f in sorted(files, key=lambda p: (p[0], p[1].path))] for folder, files in found.items()}

    def _named(self, key: str) -> dict[str, Version]:
        if key not in self._read:
            own = self._by_path.get(key)
            files = [own] if own and own.kind in ("Python", "notebook") else self._index.get(key, [])
            read_files = list(self._manifests(files))
            self._read[key] = _merged(read_files)
            self._asked[key] = frozenset(n.package for _, m, bounds in read_files for n in m.named
                                         if not (n.bound or bounds))
        return self._read[key]

    def _manifests(self, files: list[File]) -> Iterator[tuple[File, Manifest, bool]]:
        """The manifests in order of weight, each followed by those that it points to; each file once."""
        waiting = [(file, False) for file in files]
        seen: set[str] = set()
        while waiting and len(seen) < MOST_FILES:
            file, bounds = waiting.pop(0)
            if file.path in seen:
                continue
            seen.add(file.path)
            folder, _, name = file.path.rpartition("/")
            manifest = read(name, self.project.text(file) or "")
            pointed = ((self._pointed(folder, path), bounds or only) for path, only in manifest.points)
            waiting = [(other, only) for other, only in pointed if other] + waiting
            yield file, manifest, bounds

    def _pointed(self, folder: str, path: str) -> File | None:
        """The file that a requirements file points to, when it lies in the same folder or below."""
        if path.startswith(("/", "~")) or "\\" in path or ":" in path or ".." in path.split("/"):
            return None
        file = self._by_path.get(posixpath.normpath(posixpath.join(folder, path)))
        return file if file and file.kind == "text" else None


def _merged(read_files: list[tuple[File, Manifest, bool]]) -> dict[str, Version]:
    """One word for each package: of a lock file, else of the first file that pins it, else of the first that names it."""
    found: dict[str, Version] = {}
    bounds: dict[str, Version] = {}
    for file, manifest, only in read_files:
        for package, version in _of_file(file, [n for n in manifest.named if not (n.bound or only)]).items():
            first = found.get(package)
            if first is None or (version.exact and not first.exact and not first.locked):
                found[package] = version
        for package, version in _of_file(file, [n for n in manifest.named if n.bound or only]).items():
            bounds.setdefault(package, version)
    for package, version in bounds.items():
        first = found.get(package)
        if first is None:
            found[package] = version
        elif first.exact is None:
            narrowed = both(first.range, version.range)
            place = version.place if narrowed != first.range else first.place
            found[package] = Version(package, *narrowed, place, first.locked)
    return found


def _of_file(file: File, named: list[Named]) -> dict[str, Version]:
    """What one file says; a package named twice (for two platforms) may be in either version."""
    found: dict[str, Version] = {}
    for one in named:
        place = Place(file.path, one.line)
        first = found.get(one.package)
        if first is None:
            found[one.package] = Version(one.package, *one.admitted, place, one.locked)
        elif first.range != one.admitted:
            found[one.package] = Version(one.package, *either(first.range, one.admitted), first.place, one.locked)
    return found
