"""Workflows that are written as configuration, read as the Python that they stand for.

Google ADK builds agents from `root_agent.yaml`, CrewAI crews from `crew.jsonc` and flows from YAML. Each such file
becomes a module whose lines are the lines of the file, so that whatever is known of the framework's Python holds for
its configuration too, and every receipt names the configuration.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from auditkit.errors import InputError
from auditkit.model.facts import Gap
from auditkit.sources.declared import adk, crewai
from auditkit.sources.declared.source import Files, Source, module_name
from auditkit.sources.inspection.folder import File, Folder
from auditkit.syntax.python.module import Module

_WRITERS = (adk.write, crewai.write)


def declared(folder: Folder, text: Callable[[File], str | None]) -> tuple[dict[str, Source], list[Gap]]:
    """The Python that a folder's declared workflows stand for, by path, and those of them that cannot be read."""
    files = Files(folder, text)
    found: dict[str, Source] = {}
    gaps: list[Gap] = []
    for writer in _WRITERS:
        for path, source in _written(writer, files, gaps):
            found.setdefault(path, source)
    return found, gaps


def _written(
    writer: Callable[[Files], Iterator[tuple[str, Source | InputError]]], files: Files, gaps: list[Gap]
) -> Iterator[tuple[str, Source]]:
    for path, source in writer(files):
        if isinstance(source, InputError):
            first = source.problems[0]
            gaps.append(Gap(path=path, line=first.line or None, reason=f"a declared workflow that cannot be read: {first.text}"))
            continue
        yield path, source


def declared_module(path: str, source: Source) -> Module:
    """The module that a declared workflow stands for; its lines are those of the file."""
    text = source.text
    return Module(path, module_name(path), ast.parse(text), text.count("\n") + 1, False, list(source.lines))


__all__ = ["Source", "declared", "declared_module", "module_name"]
