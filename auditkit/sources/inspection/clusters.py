"""Which Python files belong together: those that import each other. One cluster at a time is held in memory."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from auditkit.sources.inspection.folder import File
from auditkit.sources.inspection.model_addresses import MARK, written_in
from auditkit.syntax.patterns import later

_IMPORT = later(
    r"(?m)^[ \t>]*+(?:\"[ \t]*+)?(?:from[ \t]++([\w.]++)[ \t]++import[ \t]++(\([^)]{0,4000}+\)|[^\n#;]*+)"
    r"|import[ \t]++([\w., \t]++))")
MOST_BELOW = 200
"""How many files of one name below an importing file are taken for what it may mean."""
_NAME = later(r"\w+")


@dataclass
class Cluster:
    """Files that import each other, and the libraries they import (first names)."""

    files: list[File] = field(default_factory=list)
    packages: set[str] = field(default_factory=set)
    lines: int = 0


@dataclass
class Imports:
    """What one file imports: dotted modules (relative ones with dots in front), with the names taken from each."""

    modules: list[tuple[str, tuple[str, ...]]]
    lines: int = 0
    """How many lines the file has."""
    asks: bool = False
    """Whether the address of a model's vendor stands in it."""

    @property
    def packages(self) -> Iterator[str]:
        """The first names of what is imported absolutely."""
        yield from (m.partition(".")[0] for m, _ in self.modules if not m.startswith("."))
        if self.asks:
            yield MARK


def imports_of(text: str, *, notebook: bool = False) -> Imports:
    """The imports of a source text, by its lines alone: cheap, and good for files that do not parse."""
    lines = text.count("\n") + 1
    if notebook:        # code stands in JSON texts, a line each or all lines in one
        text = text.replace("\\n", "\n").replace('"', "\n")
    found: list[tuple[str, tuple[str, ...]]] = []
    for base, names, plain in _IMPORT.findall(text):
        if base:
            found.append((base, tuple(n for n in _NAME.findall(names) if n != "as")[:200]))
        else:
            found += [(part.split(" as ")[0].strip(), ()) for part in plain.split(",") if part.strip()]
    return Imports(list(dict.fromkeys(found)), lines, written_in(text))


def own_package(files: Iterable[tuple[File, Imports, int]], text: Callable[[File], str | None]) -> str:
    """The dotted name under which the files of a folder import each other when the folder is itself inside a package:
    `bot.agents` when its files say `from bot.agents.tools import search` and a tools.py beside them defines `search`."""
    rows = list(files)
    index = {file.path: file for file, _, _ in rows}
    own = {path.partition("/")[0].removesuffix(".py") for path in index}
    votes: Counter[str] = Counter()
    for name, taken in {one for _, imports, _ in rows for one in imports.modules}:
        parts = name.split(".")
        if not taken or not parts[0] or parts[0] in own:
            continue
        for n in range(1, len(parts)):
            stem = "/".join(parts[n:])
            file = index.get(f"{stem}.py") or index.get(f"{stem}/__init__.py")
            if file is not None:
                written = text(file) or ""
                votes[".".join(parts[:n])] += 1 if all(re.search(rf"\b{re.escape(one)}\b", written) for one in taken) else -1
    best = max(votes, key=lambda p: (votes[p], p), default="")
    return best if votes[best] > 0 else ""


def clusters(
    files: Iterable[tuple[File, Imports, int]], package: str = "", names: Mapping[str, str] | None = None
) -> list[Cluster]:
    """Files grouped by who imports whom, in order of path. The package is the name that the folder itself goes by;
    `names` holds the dotted names of files that are imported by another name than that of their path."""
    rows = list(files)
    given = {path: f"{name.replace('.', '/')}.py" for path, name in (names or {}).items()}
    index = {given.get(file.path, file.path): n for n, (file, _, _) in enumerate(rows)}
    by_last: dict[str, list[str]] = {}
    for path in index:
        stem = path.rpartition(".")[0].removesuffix("/__init__")
        by_last.setdefault(stem.rpartition("/")[2], []).append(stem)
    for stems in by_last.values():
        stems.sort()
    parent = list(range(len(rows)))

    def top(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for n, (file, imports, _) in enumerate(rows):
        folder = file.path.rpartition("/")[0]
        for name, taken in imports.modules:
            inside = package and name.startswith(f"{package}.")
            for stem in _targets("" if inside else folder, name.removeprefix(f"{package}.") if inside else name, taken, by_last):
                for path in (f"{stem}.py", f"{stem}/__init__.py", f"{stem}.ipynb"):
                    other = index.get(path)
                    if other is not None and top(other) != top(n):
                        parent[top(other)] = top(n)
    grouped: dict[int, Cluster] = {}
    for n, (file, imports, lines) in enumerate(rows):
        cluster = grouped.setdefault(top(n), Cluster())
        cluster.files.append(file)
        cluster.packages.update(imports.packages)
        cluster.lines += lines
    return sorted(grouped.values(), key=lambda c: c.files[0].path)


def _targets(folder: str, name: str, taken: tuple[str, ...], by_last: dict[str, list[str]]) -> Iterator[str]:
    """The file stems below the folder that an import may mean."""
    if name.startswith("."):
        level = len(name) - len(name.lstrip("."))
        parts = folder.split("/") if folder else []
        parts = parts[: max(0, len(parts) - (level - 1))]
        base = "/".join([*parts, *filter(None, name.lstrip(".").split("."))])
        if base:
            yield base
        for one in taken:
            yield f"{base}/{one}" if base else one
        return
    path = name.replace(".", "/")
    for wanted in (path, *(f"{path}/{one}" for one in taken)):
        named = by_last.get(wanted.rpartition("/")[2])
        if not named:
            continue
        above = folder
        while above:        # beside the file or above it
            yield f"{above}/{wanted}"
            above = above.rpartition("/")[0]
        yield wanted
        inside = f"{folder}/" if folder else ""     # below it, where a path may have been set
        start = bisect_left(named, inside)
        for stem in named[start : start + MOST_BELOW]:
            if not stem.startswith(inside):
                break
            if stem.endswith(f"/{wanted}"):
                yield stem
