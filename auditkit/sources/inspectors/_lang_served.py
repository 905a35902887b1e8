"""`langgraph.json`: which graphs a platform serves. It supplies the checkpointer and the store that the code leaves out."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Place


@dataclass(frozen=True)
class Entry:
    """One graph of a langgraph.json: its id, the file and the variable or function that gives it, where that is said."""

    name: str
    path: str
    variable: str
    at: Place


@dataclass(frozen=True)
class Served:
    """What the langgraph.json files of a folder say."""

    entries: tuple[Entry, ...]
    embeddings: tuple[tuple[str, Place], ...]
    """Models for the store's index."""

    def of(self, path: str, names: set[str]) -> Entry | None:
        """The entry for one of some names of a file, or None."""
        return next((e for e in self.entries if e.path == path and e.variable in names), None)


def served(project: Project) -> Served:
    """The graphs that the folder's langgraph.json files name; read once."""
    found = project.shared.get("langgraph.json")
    if not isinstance(found, Served):
        entries: list[Entry] = []
        embeddings: list[tuple[str, Place]] = []
        for path in sorted(p for p in project.paths if p.rpartition("/")[2] == "langgraph.json"):
            text = project.read(path) or ""
            _read(path, text, entries, embeddings)
        found = project.shared["langgraph.json"] = Served(tuple(entries), tuple(embeddings))
    return found


def _read(path: str, text: str, entries: list[Entry], embeddings: list[tuple[str, Place]]) -> None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return
    graphs = content.get("graphs") if isinstance(content, dict) else None
    folder = path.rpartition("/")[0]
    for name, given in graphs.items() if isinstance(graphs, dict) else ():
        where = given.get("path") if isinstance(given, dict) else given
        if isinstance(where, str) and ":" in where:
            file, _, variable = where.rpartition(":")
            target = posixpath.normpath(posixpath.join(folder, file))
            if not target.endswith(".py") and "/" not in file and "." in file:       # a dotted module
                target = posixpath.normpath(posixpath.join(folder, file.replace(".", "/") + ".py"))
            entries.append(Entry(str(name), target, variable, Place(path, _line(text, where))))
    store = content.get("store") if isinstance(content, dict) else None
    index = store.get("index") if isinstance(store, dict) else None
    embed = index.get("embed") if isinstance(index, dict) else None
    if isinstance(embed, str) and re.fullmatch(r"[\w.-]+:[\w.:/-]+", embed) and not embed.startswith("./"):
        embeddings.append((embed, Place(path, _line(text, embed))))


def _line(text: str, needle: str) -> int:
    at = text.find(json.dumps(needle)[1:-1])
    return text.count("\n", 0, at) + 1 if at >= 0 else 1
