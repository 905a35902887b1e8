"""From a stack file to a Stack: everything declared, each fact with its line, or every problem at once."""

from __future__ import annotations

from pathlib import Path, PurePath

from auditkit.errors import InputError, Problem
from auditkit.model.facts import Stack
from auditkit.model.keys import keys
from auditkit.model.vocabulary import KINDS, SECTION_OF, SECTIONS
from auditkit.sources.stack_file import paperwork
from auditkit.sources.stack_file.components import Parts, read_components
from auditkit.sources.stack_file.crosschecks import check_circles, check_papers, check_references
from auditkit.sources.stack_file.misplaced import level
from auditkit.sources.stack_file.page import MOST_PROBLEMS, Page, Voice, what
from auditkit.syntax.documents import MAX_BYTES, Mapping, Scalar, decode, lines_of, parse
from auditkit.syntax.words import did_you_mean, listed, shown

VERSION = "1"
TOP = ("version", "stack", *SECTIONS, "incomplete", "audit", *paperwork.SECTIONS, "sources")
"""The top-level keys of a stack file."""


def read_stack(path: str | Path) -> Stack:
    """The stack that a file describes. Raises InputError with all its problems; never anything else."""
    place = Path(path)
    try:
        if place.is_dir():
            raise InputError(Problem(str(path), 0, "is a folder, not a stack file", _inside(place)))
        with place.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(Problem(str(path), 0, "no such file", _sibling(place))) from None
    except PermissionError:
        raise InputError(
            Problem(str(path), 0, "cannot be read: no permission", "check the file's owner and mode")
        ) from None
    except (OSError, ValueError):
        raise InputError(Problem(str(path), 0, "cannot be read", "is this the right file?")) from None
    return _load(data, str(path))


def stack_from_text(text: str, path: str) -> Stack:
    """The stack that a text describes; `path` names it in errors and receipts. Raises InputError."""
    return _load(text, path)


def _inside(folder: Path) -> str:
    """The stack file that may have been meant by its folder."""
    try:
        names = sorted(p.name for p in folder.iterdir() if p.suffix in (".yaml", ".yml"))
    except OSError:
        names = []
    return f"did you mean {folder / names[0]}?" if len(names) == 1 else "name the file inside it"


def _sibling(place: Path) -> str:
    try:
        names = sorted(p.name for p in place.parent.iterdir())
    except OSError:
        return f"there is no folder {place.parent} either"
    stems = [n for n in names if PurePath(n).suffix in (".yaml", ".yml", ".json")]
    guess = did_you_mean(place.name, stems) or next(
        (n for n in stems if PurePath(n).stem == place.stem), None
    )
    if guess:
        return f"did you mean {place.parent / guess}?"
    return "'auditkit init' writes one to start from"


def _load(source: str | bytes, path: str) -> Stack:
    top = parse(source, path)
    page = Page(path, _named(path), lines_of(decode(source, path)))
    stack = _read(page, top)
    if page.problems:
        problems = sorted(dict.fromkeys(page.problems), key=lambda p: (p.line, p.column))
        if len(problems) > MOST_PROBLEMS:
            rest = len(problems) - MOST_PROBLEMS
            problems = [
                *problems[:MOST_PROBLEMS],
                Problem(path, 0, f"and {rest:,} more problems", "mend these first"),
            ]
        raise InputError(*problems)
    return stack


def _named(path: str) -> str:
    """The file as receipts name it: as the user did, but never with the folders of this machine."""
    pure = PurePath(path)
    return pure.name if pure.is_absolute() else pure.as_posix()


def _read(page: Page, top: Mapping) -> Stack:
    _check_top(page, top)
    engagement = paperwork.read_audit(page, top.get("audit"))
    page.voice = Voice(lead=engagement.lead, commit=engagement.commit)
    parts = read_components(page, top)
    papers = {name: paperwork.read_papers(page, name, top.get(name)) for name in paperwork.SECTIONS}
    sources = paperwork.read_sources(page, top.get("sources"))
    check_references(page, parts)
    check_circles(page, parts)
    for name, records in papers.items():
        check_papers(page, parts, name, records)
    if page.problems:
        return Stack(name="")
    return Stack(
        name=_name(page, parts),
        components=tuple(parts.components),
        facts=tuple(parts.facts),
        complete=parts.complete,
        engagement=engagement,
        sources=sources,
        **{name: tuple(record for record, _ in records) for name, records in papers.items()},
    )


def _name(page: Page, parts: Parts) -> str:
    stated = next((f.value for f in parts.facts if f.kind == "system" and f.key == "name"), None)
    return str(stated or PurePath(page.path).stem or "stack")


def _check_top(page: Page, top: Mapping) -> None:
    for entry in top.entries:
        if entry.key.text not in TOP:
            page.wrong(
                entry.key, f"the file has no section {shown(entry.key.text)}", _top_hint(page, entry.key.text)
            )
    version = top.get("version")
    if version is not None and not (isinstance(version, Scalar) and version.text.strip() == VERSION):
        text = shown(version.text.strip()) if isinstance(version, Scalar) else what(version)
        page.wrong(
            version,
            f"the version of a stack file is 1, not {text}",
            "write 'version: 1', or take the line out",
        )
    stack = top.get("stack")
    if stack is None:
        page.wrong(top, "the file has no section 'stack'", "begin with 'stack:' and 'name: ...' below it")
    elif not isinstance(stack, Mapping):
        page.wrong(
            stack, f"'stack' wants keys and values, not {what(stack)}", "write 'name: ...' below 'stack:'"
        )


def _top_hint(page: Page, name: str) -> str:
    if name in level("system"):
        return "it belongs under 'stack'"
    if name in KINDS:
        return f"did you mean '{SECTION_OF[name]}'?" if name in SECTION_OF else "did you mean 'stack'?"
    guess = page.guess(name, TOP)
    if guess:
        return f"did you mean '{guess}'?"
    homes = dict.fromkeys(
        SECTION_OF.get(kind, "stack")
        for kind in KINDS
        for n, key in keys(kind).items()
        if n.rpartition(".")[2] == name and not key.derived
    )
    return f"that is a key of {listed(homes, 'and')}" if homes else f"it holds {listed(TOP, 'and')}"
