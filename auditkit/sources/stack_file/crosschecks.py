"""What shows only when the whole file was read: names that must exist, and things that cannot be so."""

from __future__ import annotations

import re
from typing import Any

from auditkit.model.facts import Answer, Evidence, Ref, Task, Waiver
from auditkit.model.vocabulary import SECTION_OF
from auditkit.sources.stack_file.components import Parts
from auditkit.sources.stack_file.page import KIND_WORDS, Page, noun
from auditkit.sources.stack_file.paperwork import CHECK
from auditkit.sources.stack_file.records import END
from auditkit.syntax.documents import Mapping, Node, Scalar, Sequence
from auditkit.syntax.words import bare, shown


def check_references(page: Page, parts: Parts) -> None:
    """Every component that is named must stand in its section."""
    ids: dict[str, dict[str, int]] = {}
    for ref, node in parts.at.items():
        ids.setdefault(ref.kind, {})[ref.id] = node.line
    for reference in page.references:
        known = ids.get(reference.kind, {})
        text = reference.node.text.strip()
        if text in known or (text == END and reference.kind == "step"):
            continue
        guess = page.guess(text, known)
        other = next((kind for kind, names in ids.items() if text in names), None)
        if other:
            hint = f"{shown(text)} is {KIND_WORDS[other]} (line {ids[other][text]})"
        elif guess:
            hint = f"did you mean '{guess}' (line {known[guess]})?"
        elif not known:
            hint = f"list it under '{SECTION_OF[reference.kind]}'"
        else:
            hint = f"list it under '{SECTION_OF[reference.kind]}', or take it out"
        page.wrong(
            reference.node,
            f"{reference.holder} names {noun(reference.kind)} {shown(text)}, which is not in this file",
            hint,
        )


def check_circles(page: Page, parts: Parts) -> None:
    """A step cannot check its own work, and duplicates must end at an original."""
    same: dict[str, str] = {}
    for fact in parts.facts:
        if fact.key == "verifies" and fact.value == fact.id:
            page.wrong(
                parts.at[fact.ref],
                f"step {bare(fact.id)} verifies itself",
                "name the step whose work it checks",
            )
        elif fact.key == "duplicate_of":
            same[fact.id] = fact.value
    done: set[str] = set()
    for start in same:
        path: list[str] = []
        here: str | None = start
        while here in same and here not in done:
            done.add(here)
            path.append(here)
            here = same[here]
        if here in path:
            circle = [*path[path.index(here) :], here]
            names = " → ".join(bare(name) for name in circle[:8])
            text = f"integrations are duplicates in a circle: {names}"
            if len(circle) == 2:
                text = f"integration {bare(circle[0])} is its own duplicate"
            page.wrong(
                parts.at[Ref("integration", here)], text, "write 'duplicate_of: none' for the one that stays"
            )


def check_papers(page: Page, parts: Parts, name: str, records: tuple[tuple[Any, Mapping], ...]) -> None:
    """Checks and components that the paperwork names, and the order of its dates."""
    names = {ref.id: node.line for ref, node in parts.at.items()} | {"system": 0}
    seen: dict[str, int] = {}
    for record, item in records:
        match record:
            case Answer() | Waiver():
                _check_id(page, _at(item, "check"), record.check, name)
                if record.component is not None:
                    _component(page, _at(item, "component"), record.component, names)
            case Task():
                node = _at(item, "closes")
                for at in node.items if isinstance(node, Sequence) else (node,):
                    if isinstance(at, Scalar):
                        _closes(page, at, names)
            case Evidence():
                if record.id in seen:
                    page.wrong(
                        _at(item, "id"),
                        f"evidence {shown(record.id)} stands twice, first in line {seen[record.id]}",
                        "an id stands once in its section",
                    )
                seen.setdefault(record.id, item.line)
        if isinstance(record, Waiver) and record.since and record.expires and record.expires < record.since:
            page.wrong(
                _at(item, "expires"),
                f"the waiver expires on {record.expires}, before it begins on {record.since}",
                "swap the two dates, or mend one",
            )


def _at(item: Mapping, name: str) -> Node:
    return item.get(name) or item


def _closes(page: Page, node: Scalar, names: dict[str, int]) -> None:
    check, at, component = node.text.strip().partition("@")
    _check_id(page, node, check, "plan")
    if at:
        _component(page, node, component, names)


def _check_id(page: Page, node: Node, check: str, section: str) -> None:
    if CHECK.fullmatch(check):
        return
    name, at, component = check.partition("@")
    if at and CHECK.fullmatch(name) and section != "plan":
        hint = f"write 'check: {name}' and 'component: {component[:40]}'"
    elif match := re.fullmatch(r"([A-Za-z]{2,5})[\s_\-]*([0-9]{1,3})", name):
        hint = f"did you mean '{match[1].upper()}-{int(match[2]):02d}'?"
    else:
        hint = "write it like MON-04; 'auditkit checks' lists them"
    page.wrong(node, f"{shown(check)} is not the id of a check", hint)


def _component(page: Page, node: Node, component: str, names: dict[str, int]) -> None:
    if component in names:
        return
    guess = page.guess(component, names)
    if guess:
        hint = f"did you mean '{guess}'{f' (line {names[guess]})' if names[guess] else ''}?"
    else:
        hint = "name the id of a component, or 'system'"
    page.wrong(node, f"no component {shown(component)} is in this file", hint)
