"""Reads a checklist: strictly, with every problem of the file at once, each with its place and a hint."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping as Table
from pathlib import Path
from typing import Any, cast, get_args

import yaml

from auditkit import shipped
from auditkit.checklist.checks import SEVERITIES, TOPICS, Check, Checklist, Criteria, Maps, Origin
from auditkit.checklist.conditions import Both, Condition, resolve
from auditkit.checklist.grammar import Seen, read_condition
from auditkit.checklist.page import FLAGS, Page, meant
from auditkit.errors import InputError, Problem
from auditkit.model.vocabulary import KINDS
from auditkit.syntax.documents import MAX_BYTES, Mapping, Node, Scalar, decode, lines_of, parse
from auditkit.syntax.words import listed, shown

ID = re.compile(r"[A-Z]{3}-[0-9]{2}")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

NEEDED = ("id", "name", "short", "pillar", "about", "asked_of", "pass", "severity", "rationale", "question",
          "why", "criteria", "says", "fix_title", "fix", "kind_of_work", "topic", "done_when", "effort",
          "examples")
TEXTS = ("id", "name", "short", "asked_of", "rationale", "question", "why", "fix_title", "done_when", "moves")
OTHER = ("when", "partial", "proof", "evidence", "moves", "references", "maps", "origin")

CHARACTERS = {"short": 34, "question": 160, "says": 80, "fix_title": 70}
"""The most characters of a text."""
WORDS = 40
"""The most words of a text that is read as prose."""
STEPS = 4
"""The most steps of a fix."""


def load_checklist(name_or_path: str | Path = "reliability") -> Checklist:
    """The shipped checklist of that name, or the one in that file. Raises InputError with every problem."""
    place, named = _place(name_or_path)
    try:
        with place.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        hint = "name one that ships ('reliability') or a file"
        raise InputError(Problem(named, 0, "no such file", hint)) from None
    except OSError:
        raise InputError(Problem(named, 0, "cannot be read", "is this the right file?")) from None
    return checklist_from_text(data, named)


def checklist_from_text(source: str | bytes, path: str) -> Checklist:
    """The checklist that a text holds; `path` names it in errors. Raises InputError with all its problems."""
    top = parse(source, path)
    data = source.encode() if isinstance(source, str) else source
    page = Page(path, lines_of(decode(source, path)))
    checklist = _checklist(page, top, hashlib.sha256(data).hexdigest())
    if page.problems or checklist is None:
        raise InputError(*sorted(dict.fromkeys(page.problems), key=lambda p: (p.line, p.column)))
    return checklist


def examples_text(check: Check, outcome: str) -> str:
    """One example of a check as the text of a stack file. Raises KeyError when the check has none such."""
    sections = {"stack": {"name": "example"}} | dict(check.examples[outcome])
    if "name" not in sections["stack"]:
        sections["stack"] = {"name": "example"} | sections["stack"]
    return yaml.safe_dump(sections, sort_keys=False, allow_unicode=True, width=100)


def _place(name_or_path: str | Path) -> tuple[Path, str]:
    """Where the file is, and how errors name it."""
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or re.search(r"[/\\]|\.(ya?ml|json)$", text):
        return Path(name_or_path), text
    try:
        folder = shipped.folder("checklists")
    except FileNotFoundError as error:
        raise InputError(Problem(text, 0, str(error))) from None
    names = sorted(p.stem for p in folder.glob("*.yaml"))
    if text not in names:
        there = f"there is {listed(names, 'and')}; write the path for a file of your own"
        raise InputError(Problem(text, 0, "no checklist of this name", meant(text, names, there)))
    return folder / f"{text}.yaml", f"checklists/{text}.yaml"


# The file -------------------------------------------------------------------------------------------------

def _checklist(page: Page, top: Mapping, sha256: str) -> Checklist | None:
    found = page.fields(top, "a checklist", ("schema", "name", "version", "title", "pillars", "checks"))
    schema = page.text(found["schema"], "schema") if "schema" in found else ""
    if schema not in ("1", ""):
        page.wrong(found["schema"], f"the schema of a checklist is 1, not {shown(schema)}")
    pillars = _list(page, found, "pillars")
    nodes = page.sequence(found["checks"], "checks") if "checks" in found else ()
    if "checks" in found and not nodes and not page.problems:
        page.wrong(found["checks"], "the checklist has no checks")
    checks = [check for node in nodes if (check := _check(page, node, pillars)) is not None]
    _refuse_twins(page, nodes)
    if page.problems:
        return None
    texts = {name: page.text(found[name], name) for name in ("name", "version", "title")}
    return Checklist(**texts, pillars=pillars, checks=tuple(checks), sha256=sha256, path=page.path)


def _refuse_twins(page: Page, nodes: tuple[Node, ...]) -> None:
    """An id or a name stands once."""
    for field in ("id", "name"):
        first: dict[str, int] = {}
        for node in nodes:
            value = node.get(field) if isinstance(node, Mapping) else None
            if not isinstance(value, Scalar):
                continue
            if value.text in first:
                text = f"the {field} {shown(value.text)} stands twice, first on line {first[value.text]}"
                hint = "an id is never used again" if field == "id" else "a name stands for one pattern"
                page.wrong(value, text, hint)
            first.setdefault(value.text, value.line)


def _check(page: Page, node: Node, pillars: tuple[str, ...]) -> Check | None:
    body = page.mapping(node, "checks")
    if body is None:
        return None
    before = len(page.problems)
    label = _label(body)
    found = page.fields(body, label, NEEDED, OTHER)
    texts = {name: _text(page, found[name], name) for name in TEXTS if name in found}
    for name, pattern, form in (("id", ID, "three capitals, a dash and two digits, such as ACT-02"),
                                ("name", SLUG, "small letters, digits and dashes")):
        if texts.get(name) and not pattern.fullmatch(texts[name]):
            page.wrong(found[name], f"{shown(texts[name])} cannot be the {name} of a check", f"write {form}")
    about = page.one_of(found["about"], "about", tuple(KINDS)) if "about" in found else "system"
    outcomes = ("pass", "partial", "fail") if "partial" in found else ("pass", "fail")
    rest: dict[str, Any] = {
        "pillar": _pillar(page, found["pillar"], pillars) if "pillar" in found else "",
        "severity": _choice(page, found, "severity", SEVERITIES),
        "kind_of_work": _choice(page, found, "kind_of_work", _words("kind_of_work")),
        "topic": _choice(page, found, "topic", TOPICS),
        "effort": _choice(page, found, "effort", _words("effort")),
        "proof": _flag(page, found["proof"], "proof") if "proof" in found else False,
        "fix": _fix(page, found["fix"]) if "fix" in found else (),
        "references": _list(page, found, "references"), "evidence": _evidence(page, found),
        "maps": _maps(page, found), "origin": _origin(page, found),
        "criteria": _criteria(page, found, label, outcomes),
        "says": _says(page, found, label, outcomes, about),
        "examples": _examples(page, found, label, outcomes),
        "when": _condition(page, found, "when", about), "passes": _condition(page, found, "pass", about),
        "partial": _condition(page, found, "partial", about) if "partial" in found else None,
    }
    if len(page.problems) > before:
        return None
    return Check(**texts, **rest, about=about, line=body.line)


def _label(body: Mapping) -> str:
    node = body.get("id")
    return node.text if isinstance(node, Scalar) and ID.fullmatch(node.text) else "a check"


# Its fields -----------------------------------------------------------------------------------------------

def _text(page: Page, node: Node, name: str) -> str:
    text = page.text(node, name)
    most = CHARACTERS.get(name)
    if most and len(text) > most:
        page.wrong(node, f"'{name}' has {len(text)} characters; the most is {most}", "shorten it")
    elif not most and len(text.split()) > WORDS:
        page.wrong(node, f"'{name}' has {len(text.split())} words; the most is {WORDS}", "shorten it")
    return text


def _words(field: str) -> tuple[str, ...]:
    return get_args(Check.model_fields[field].annotation)


def _choice(page: Page, found: Table[str, Node], name: str, choices: tuple[str, ...]) -> str:
    return page.one_of(found[name], name, choices) if name in found else choices[0]


def _flag(page: Page, node: Node, name: str) -> bool:
    text = page.text(node, name)
    if text and text not in FLAGS:
        page.wrong(node, f"'{name}' wants yes or no, not {shown(text)}", meant(text, FLAGS))
    return FLAGS.get(text, False)


def _pillar(page: Page, node: Node, pillars: tuple[str, ...]) -> str:
    number = page.whole(node, "pillar")
    if 1 <= number <= len(pillars):
        return pillars[number - 1]
    if number:
        page.wrong(node, f"there is no pillar {number}", f"the list above has {len(pillars)}")
    return ""


def _fix(page: Page, node: Node) -> tuple[str, ...]:
    steps = tuple(_text(page, item, "fix") for item in page.sequence(node, "fix"))
    if len(steps) > STEPS:
        page.wrong(node, f"'fix' has {len(steps)} steps; the most is {STEPS}", "keep those that matter most")
    return steps


def _list(page: Page, found: Table[str, Node], name: str) -> tuple[str, ...]:
    return tuple(page.text(n, name) for n in page.sequence(found[name], name)) if name in found else ()


def _evidence(page: Page, found: Table[str, Node]) -> dict[str, str]:
    body = page.mapping(found["evidence"], "evidence") if "evidence" in found else None
    rows = page.fields(body, "'evidence'", (), ("declared", "inspected", "measured")) if body else {}
    return {name: _text(page, node, "evidence") for name, node in rows.items()}


def _maps(page: Page, found: Table[str, Node]) -> Maps:
    body = page.mapping(found["maps"], "maps") if "maps" in found else None
    rows = page.fields(body, "'maps'", (), tuple(Maps.model_fields)) if body else {}
    return Maps(**{name: _list(page, rows, name) for name in rows})


def _origin(page: Page, found: Table[str, Node]) -> tuple[Origin, ...]:
    origins = []
    for item in page.sequence(found["origin"], "origin") if "origin" in found else ():
        body = page.mapping(item, "origin")
        rows = page.fields(body, "an origin", ("source", "says")) if body else {}
        if len(rows) == 2:
            origins.append(Origin(**{name: _text(page, node, "origin") for name, node in rows.items()}))
    return tuple(origins)


def _by_outcome(page: Page, found: Table[str, Node], label: str, name: str,
                outcomes: tuple[str, ...]) -> dict[str, Node]:
    """A field with one entry for each outcome that the check has."""
    body = page.mapping(found[name], name) if name in found else None
    return page.fields(body, f"'{name}' of {label}", outcomes) if body else {}


def _criteria(page: Page, found: Table[str, Node], label: str, outcomes: tuple[str, ...]) -> Criteria:
    nodes = _by_outcome(page, found, label, "criteria", outcomes)
    rows = {name: _text(page, node, "criteria") for name, node in nodes.items()}
    return Criteria(passes=rows.get("pass", ""), partial=rows.get("partial", ""), fails=rows.get("fail", ""))


def _says(page: Page, found: Table[str, Node], label: str, outcomes: tuple[str, ...],
          about: str) -> dict[str, str]:
    rows = _by_outcome(page, found, label, "says", outcomes)
    for node in rows.values():
        for path in PLACEHOLDER.findall(node.text if isinstance(node, Scalar) else ""):
            if path in ("", "system.") or resolve(path, about) is None:
                hint = meant(path, Seen(about).paths)
                page.wrong(node, f"a title names {{{path}}}, which is no key here", hint)
    return {outcome: _text(page, node, "says") for outcome, node in rows.items()}


def _examples(page: Page, found: Table[str, Node], label: str,
              outcomes: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    rows = _by_outcome(page, found, label, "examples", (*outcomes, "unknown"))
    return {name: cast("dict[str, Any]", _plain(node)) for name, node in rows.items()
            if page.mapping(node, "examples") is not None}


def _plain(node: Node) -> Any:
    """A node as plain mappings, lists and text."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Mapping):
        return {e.key.text: _plain(e.value) for e in node.entries}
    return [_plain(item) for item in node.items]


def _condition(page: Page, found: Table[str, Node], name: str, about: str) -> Condition:
    return read_condition(page, found[name], Seen(about)) if name in found else Both()
