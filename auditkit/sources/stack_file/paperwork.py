"""The paperwork of an audit: who audits, answers, waivers, plan, evidence, and where code and logs lie."""

from __future__ import annotations

import re
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from auditkit.model.base import Frozen
from auditkit.model.facts import Answer, Asked, Engagement, Evidence, Task, Waiver
from auditkit.model.keys import Key, record_keys
from auditkit.model.vocabulary import NONE
from auditkit.sources.stack_file.page import Page, blank, is_word, unknown, what
from auditkit.sources.stack_file.records import read_key, read_parts
from auditkit.syntax.documents import Entry, Mapping, Node, Scalar, Sequence
from auditkit.syntax.patterns import later
from auditkit.syntax.words import shown

OUTCOMES = ("pass", "partial", "fail", "unknown", "not_applicable", "stated")
"""`stated`: facts elsewhere in the file are the answer; the record holds its note and its evidence."""
CHECK = later(r"[A-Z]{2,5}-[0-9]{2,3}")
_PLACES = ("path", "line")
_CHOICES = {("answers", "outcome"): OUTCOMES}


@dataclass(frozen=True)
class Section:
    """One list of the paperwork: what an item is called, its record, and what it cannot do without."""

    label: str
    record: type[Frozen]
    required: tuple[str, ...]
    doc: str


SECTIONS = {
    "answers": Section(
        "an answer", Answer, ("check", "outcome"), "Answers to checks about what is no fact of a component."
    ),
    "waivers": Section(
        "a waiver",
        Waiver,
        ("check", "component", "reason"),
        "Findings whose risk a named person accepted until a date.",
    ),
    "plan": Section("a task", Task, ("closes",), "Who mends which finding by when."),
    "evidence": Section(
        "a piece of evidence", Evidence, ("id", "source"), "Files, links and talks behind statements."
    ),
}
SOURCES = {"code": "The folder or files of its code, beside this file.", "runs": "Its run logs."}

DOCS: dict[str, tuple[str, Any]] = {
    "audit.id": ("The number of the audit.", "A-2026-11"),
    "audit.client": ("For whom.", "Harbor Dental"),
    "audit.consultant": ("By which firm.", "Azena"),
    "audit.lead": ("Who leads the audit; `seen` places are theirs.", "Ingrid Solheim"),
    "audit.partner": ("Who signs.", "Mia Tran"),
    "audit.reviewer": ("Who reviews it.", "Lee Okafor"),
    "audit.version": ("The version of the report.", "1.0"),
    "audit.status": ("Draft or final.", "draft"),
    "audit.classification": ("Who may read it.", "confidential"),
    "audit.again_by": ("When to audit again.", "2027-02-19"),
    "audit.scope_in": ("What was audited.", "the booking calls"),
    "audit.scope_out": ("What was not.", "the telephone system"),
    "audit.window": ("The period that was looked at.", "October 2026"),
    "audit.repository": ("Where the code lives.", "github.com/harbor/voice"),
    "audit.commit": ("The version of the code that was looked at.", "758db71"),
    "audit.asked": ("Who was asked.", [{"who": "Dana Ruiz", "role": "owner", "when": "2026-11-12"}]),
    "asked.who": ("The name.", "Dana Ruiz"),
    "asked.role": ("The role.", "owner"),
    "asked.when": ("When.", "2026-11-12"),
    "answers.check": ("The check's id.", "FIT-01"),
    "answers.component": ("The component it is about; left out, the whole workflow.", "calendar"),
    "answers.outcome": ("The answer.", "partial"),
    "answers.ask": ("Who was asked to find out, where the answer is `unknown`.", "Lee Okafor"),
    "answers.reason": ("Why.", "not in scope"),
    "answers.note": ("What else was said.", "only on weekdays"),
    "answers.who": ("Who answered.", "Dana Ruiz"),
    "answers.when": ("When.", "2026-11-12"),
    "answers.evidence": ("A file, a link, or the id of a piece of evidence.", "call-log"),
    "waivers.check": ("The check's id.", "MON-04"),
    "waivers.component": ("The component whose finding is accepted.", "dashboard"),
    "waivers.reason": ("Why the risk is accepted.", "pilot only"),
    "waivers.control": ("What limits the harm meanwhile.", "ten calls a day"),
    "waivers.owner": ("Who carries the risk.", "Dana Ruiz"),
    "waivers.requester": ("Who asked for it.", "Lee Okafor"),
    "waivers.approver": ("Who accepted it.", "Ingrid Solheim"),
    "waivers.since": ("From when.", "2026-11-20"),
    "waivers.expires": ("Until when.", "2027-01-20"),
    "plan.closes": ("The findings it closes: checks, or check@component.", ["ACT-04@write_crm"]),
    "plan.owner": ("Who does it.", "Lee Okafor"),
    "plan.due": ("By when.", "2026-12-18"),
    "evidence.id": ("Its name in this file.", "call-log"),
    "evidence.kind": ("What it is: a file, a link, a talk.", "file"),
    "evidence.source": ("Where it is.", "logs/october.csv"),
    "evidence.date": ("When it was true.", "2026-10-31"),
    "evidence.by": ("Who gave it.", "Lee Okafor"),
    "evidence.sha256": ("The file's SHA-256, 64 hex digits.", "0" * 64),
    "evidence.redacted": ("What was blacked out.", "telephone numbers"),
}


@cache
def fields(section: str) -> dict[str, Key]:
    """The fields of a paperwork section (or `audit`, `asked`) as keys with docs and examples."""
    records: dict[str, type[Frozen]] = {n: s.record for n, s in SECTIONS.items()}
    records |= {"audit": Engagement, "asked": Asked}
    found = {}
    for name, key in record_keys(records[section]).items():
        if name in _PLACES and section not in ("audit", "asked"):
            continue
        doc, example = DOCS[f"{section}.{name}"]
        choices = _CHOICES.get((section, name), ())
        form = "choice" if choices else key.form
        found[name] = replace(
            key,
            doc=doc,
            example=example,
            choices=choices,
            form=form,
            max_length=600 if form == "text" else None,
        )
    return found


def read_audit(page: Page, node: Node | None) -> Engagement:
    """The `audit` section."""
    if node is None or unknown(node) or blank(node):
        return Engagement()
    if not isinstance(node, Mapping):
        page.wrong(
            node,
            f"'audit' wants keys and values, not {what(node)}",
            "write 'audit:' and 'client: ...' below it",
        )
        return Engagement()
    plain = Mapping(tuple(e for e in node.entries if e.key.text != "asked"), node.line, node.column)
    known = fields("audit")
    values = read_parts(page, "the audit", known, plain) or {}
    asked = node.get("asked")
    if asked is not None and not unknown(asked):
        values["asked"] = tuple(_asked(page, asked))
    return Engagement.model_validate(values)


def _asked(page: Page, node: Node) -> list[Asked]:
    found = []
    for item in node.items if isinstance(node, Sequence) else (() if is_word(node, NONE) else (node,)):
        if isinstance(item, Scalar):
            item = Mapping((_entry("who", item),), item.line, item.column)
        if not isinstance(item, Mapping):
            page.wrong(
                item, "somebody who was asked is a name, or keys and values, not a list", "write '- who: ...'"
            )
            continue
        values = read_parts(page, "somebody who was asked", fields("asked"), item)
        if values and "who" not in values:
            page.wrong(item, "somebody who was asked has no 'who'", "write 'who: ...'")
        elif values:
            found.append(Asked.model_validate(values))
    return found


def _entry(name: str, value: Scalar) -> Entry:
    return Entry(Scalar(name, value.line, value.column), value)


def read_papers(page: Page, name: str, node: Node | None) -> tuple[tuple[Any, Mapping], ...]:
    """The records of a paperwork section, each with its mapping in the file."""
    if node is None or unknown(node) or blank(node) or is_word(node, NONE):
        return ()
    section = SECTIONS[name]
    if not isinstance(node, Sequence):
        hint = f"start each item with '- {section.required[0]}: ...'"
        page.wrong(node, f"'{name}' wants a list, not {what(node)}", hint)
        return ()
    found = []
    for item in node.items:
        if not isinstance(item, Mapping):
            page.wrong(
                item,
                f"{section.label} is written as keys and values, not as {what(item)}",
                f"start it with '- {section.required[0]}: ...'",
            )
            continue
        values = read_parts(page, section.label, fields(name), item)
        if values is None:
            continue
        missing = [r for r in section.required if r not in values]
        for part in missing:
            page.wrong(item, f"{section.label} has no '{part}'", f"write '{part}: {_example(name, part)}'")
        if not missing:
            found.append((_record(page, name, section, values, item), item))
    return tuple(found)


def _example(section: str, part: str) -> str:
    example = DOCS[f"{section}.{part}"][1]
    return str(example[0] if isinstance(example, list) else example)


def _record(page: Page, name: str, section: Section, values: dict[str, Any], item: Mapping) -> Frozen:
    if name == "answers":
        values = {"who": page.voice.who, "when": page.voice.when} | values
    if name == "evidence" and not re.fullmatch(r"[0-9a-fA-F]{64}", values.get("sha256", "0" * 64)):
        page.wrong(item.get("sha256") or item, "a SHA-256 has 64 hex digits", "take it from 'sha256sum FILE'")
    return section.record.model_validate({**values, "path": page.named, "line": item.line})


def read_sources(page: Page, node: Node | None) -> tuple[tuple[str, str], ...]:
    """The `sources` section: pairs such as ("code", "src") and ("runs", "logs/october.jsonl")."""
    if node is None or unknown(node) or blank(node):
        return ()
    if not isinstance(node, Mapping):
        page.wrong(node, f"'sources' wants keys and values, not {what(node)}", "write 'code: src' below it")
        return ()
    found: dict[tuple[str, str], None] = {}
    parts: Table[str, Key] = source_keys()
    for entry in node.entries:
        name = entry.key.text
        if name not in parts:
            page.wrong(
                entry.key,
                f"'sources' has no {shown(name)}",
                page.meant(name, parts, "it holds code and runs"),
            )
            continue
        for value, _ in read_key(page, parts[name], entry.value):
            if "://" in value:
                page.wrong(
                    entry.value,
                    f"{name} wants a path, not an address",
                    "fetch it first; nothing is downloaded",
                )
            elif value != "[]":
                found[name, value] = None
    return tuple(found)


@cache
def source_keys() -> dict[str, Key]:
    """The keys of `sources`."""
    return {
        name: Key(
            kind="",
            name=name,
            form="text",
            many=True,
            doc=doc,
            example=["src" if name == "code" else "logs/october.jsonl"],
            better=None,
            derived=False,
            max_length=400,
        )
        for name, doc in SOURCES.items()
    }
