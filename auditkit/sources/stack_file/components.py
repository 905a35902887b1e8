"""Components and their facts: the `stack` mapping and the lists of steps, actions and so on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from auditkit.model.facts import THE_SYSTEM, Component, Fact, Ref
from auditkit.model.keys import Key, groups, keys
from auditkit.model.receipts import Declared, Inspected, Measured, Receipt
from auditkit.model.vocabulary import NONE, SECTIONS, Rate
from auditkit.sources.stack_file.dates import read_date
from auditkit.sources.stack_file.misplaced import COMMON, level, refuse
from auditkit.sources.stack_file.page import KIND_WORDS, Page, Voice, blank, is_word, noun, unknown, what
from auditkit.sources.stack_file.places import ITSELF, item_name, read_places, read_seen
from auditkit.sources.stack_file.records import END, read_key, written_as
from auditkit.sources.stack_file.values import read_text
from auditkit.syntax.documents import Mapping, Node, Scalar, Sequence
from auditkit.syntax.patterns import later
from auditkit.syntax.words import QUOTED, bare, hide_secrets, secret, shown

RESERVED = (END, NONE, "system", "unknown")
MOST = 20_000
COUNTS = "counts in the stack file"
_SAID = "write 'Dana Ruiz, 2026-11-20'"
Places = dict[str, tuple[Inspected, ...]]
_SLUG = later(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,79}")


@dataclass
class Parts:
    """What the component sections hold; `at` is the line of each component's id."""

    components: list[Component] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    complete: dict[str, Receipt] = field(default_factory=dict)
    at: dict[Ref, Scalar] = field(default_factory=dict)
    incomplete: frozenset[str] = frozenset()


def read_components(page: Page, top: Mapping) -> Parts:
    """Everything in the `stack` mapping and the list sections."""
    parts = Parts(incomplete=read_incomplete(page, top.get("incomplete")))
    nodes = {entry.key.text: entry for entry in top.entries}
    if "stack" in nodes and isinstance(nodes["stack"].value, Mapping):
        page.holder = KIND_WORDS["system"]
        line = nodes["stack"].key.line
        _read_item(page, parts, THE_SYSTEM, nodes["stack"].value, line)
    for section, kind in SECTIONS.items():
        if section in nodes:
            _read_section(page, parts, kind, nodes[section].key, nodes[section].value)
    if len(parts.components) > MOST:
        page.wrong(
            top,
            f"the file holds {len(parts.components):,} components; the most is {MOST:,}",
            "split the file",
        )
    return parts


def read_incomplete(page: Page, node: Node | None) -> frozenset[str]:
    """The sections whose lists may have more than what stands in the file."""
    if node is None or blank(node) or unknown(node) or is_word(node, NONE):
        return frozenset()
    found: set[str] = set()
    for item in node.items if isinstance(node, Sequence) else (node,):
        text = item.text.strip() if isinstance(item, Scalar) else ""
        if text in SECTIONS:
            found.add(text)
        else:
            named = shown(text) if text else what(item)
            page.wrong(item, f"'incomplete' names sections with lists, not {named}", page.meant(text, SECTIONS))
    return frozenset(found)


def _read_section(page: Page, parts: Parts, kind: str, key: Scalar, node: Node) -> None:
    if unknown(node):
        return
    if blank(node):
        page.wrong(key, f"'{key.text}' has nothing below it", "write [] if there are none, or 'unknown'")
        return
    if not isinstance(node, Sequence) and not is_word(node, NONE):
        first = _suggested(node.entries[0].key if isinstance(node, Mapping) and node.entries else node)
        hint = f"write '- id: {first}' and its keys below" if first else "start each item with '- id: ...'"
        page.wrong(node, f"'{key.text}' wants a list, not {what(node)}", hint)
        return
    if key.text not in parts.incomplete:
        parts.complete[key.text] = page.declared(key.line)
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Mapping):
            name = _read_id(page, parts, kind, item)
            page.holder = f"{noun(kind)} {bare(name)}" if name else KIND_WORDS[kind]
            _read_item(page, parts, Ref(kind, name), item, item.line)
        else:
            text = f"{KIND_WORDS[kind]} is written as keys and values, not as {what(item)}"
            page.wrong(item, text, f"write '- id: {_suggested(item) or '...'}'")


def _suggested(node: Node) -> str:
    """An id that a hint may quote, or ""."""
    text = node.text.strip() if isinstance(node, Scalar) else ""
    return text if _SLUG.fullmatch(text) and text != "id" and len(text) <= QUOTED and not secret(text) else ""


def _read_id(page: Page, parts: Parts, kind: str, item: Mapping) -> str:
    """The item's id, or "" after a noted problem."""
    node = item.get("id")
    if node is None:
        name = item.get("name")
        slug = slug_of(name.text) if isinstance(name, Scalar) else ""
        page.wrong(item, f"{KIND_WORDS[kind]} has no 'id'", f"write 'id: {slug or '...'}'")
        return ""
    if not isinstance(node, Scalar) or node.empty:
        page.wrong(node, "an id is one word", "use letters, digits, '_', '-' and '.'")
        return ""
    text = node.text.strip()
    if text in RESERVED:
        page.wrong(node, f"the id '{text}' means something else in this file", "choose another")
        return ""
    if not _SLUG.fullmatch(text):
        slug = slug_of(text)
        page.wrong(
            node,
            f"{shown(text)} cannot be an id; it takes letters, digits, '_', '-' and '.', at most 80",
            f"did you mean '{slug}'?" if slug else "",
        )
        return ""
    ref = Ref(kind, text)
    if ref in parts.at:
        page.wrong(
            node,
            f"{noun(kind)} {shown(text)} stands twice, first in line {parts.at[ref].line}",
            "an id stands once in its section",
        )
        return ""
    parts.at[ref] = node
    return text


def slug_of(text: str) -> str:
    """An id made from a name, or "" when nothing is left of it."""
    if secret(text):
        return ""
    plain = unicodedata.normalize("NFKD", text[:40]).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9.\-]+", "_", plain).strip("_.-").lower()


def _read_item(page: Page, parts: Parts, ref: Ref, item: Mapping, line: int) -> None:
    outside = page.voice
    page.voice = read_voice(page, item, outside)
    written = [
        (key, node, where, read_key(page, key, node)) for key, node, where in _written(page, ref.kind, item, "")
    ]
    seen_node, note_node = item.get("seen"), item.get("note")
    note = None if note_node is None or unknown(note_node) else read_text(page, "note", note_node)
    seen: Places = {}
    places: tuple[Inspected, ...] = ()
    if isinstance(seen_node, Mapping):
        stated = [key.name for key, node, _, _ in written if not unknown(node)]
        items = [f"{key.name}.{name}" for key, _, _, values in written for name in _item_names(key, values)]
        seen = read_seen(page, seen_node, (*stated, *items), page.holder)
        places = seen.get(ITSELF, ())
    elif seen_node is not None:
        places = read_places(page, seen_node)
    parts.components.append(
        Component(kind=ref.kind, id=ref.id, receipts=(page.declared(line, note), *places))
    )
    said = read_said(page, item.get("said"), [key.name for key, node, _, _ in written if not unknown(node)])
    for key, _, where, values in written:
        usual, page.voice = page.voice, said.get(key.name, page.voice)
        parts.facts += _facts(page, ref, key, values, where, seen, key.name in said)
        page.voice = usual
    page.voice = outside if ref != THE_SYSTEM else page.voice


def _item_names(key: Key, values: list[tuple[Any, int]]) -> Iterator[str]:
    if key.many:
        yield from (item_name(value, i) for i, (value, _) in enumerate(values, 1))


def read_voice(page: Page, item: Mapping, outside: Voice) -> Voice:
    """Who says what stands in a component, and when; the whole file's voice where it says nothing."""
    who, when = item.get("said_by"), item.get("said_on")
    if who is not None and not unknown(who):
        outside = replace(outside, who=read_text(page, "said_by", who, 120))
    if when is not None and not unknown(when):
        if isinstance(when, Scalar):
            outside = replace(outside, when=read_date(page, "said_on", when, when.text.strip()))
        else:
            page.wrong(
                when, f"said_on wants a date, not {what(when)}", "write year-month-day, such as 2026-11-20"
            )
    return outside


def read_said(page: Page, node: Node | None, stated: list[str]) -> dict[str, Voice]:
    """Who says single keys of a component, and when: `said: {decider: "Dana Ruiz, 2026-11-20"}`."""
    if node is None or unknown(node):
        return {}
    if not isinstance(node, Mapping):
        page.wrong(node, f"'said' wants keys and who says them, not {what(node)}", _SAID)
        return {}
    found: dict[str, Voice] = {}
    for entry in node.entries:
        name, value = entry.key.text, entry.value
        if name not in stated:
            guess = page.guess(name, stated)
            page.wrong(
                entry.key,
                f"'said' names {shown(name)}, which {page.holder} does not state",
                f"did you mean '{guess}'?" if guess else f"write '{name.rpartition('.')[2][:40]}' as well",
            )
        elif (text := read_text(page, f"said.{name}", value, 140)) is not None and isinstance(value, Scalar):
            found[name] = _voice(page, name, value, text)
    return found


def _voice(page: Page, name: str, node: Scalar, text: str) -> Voice:
    """`Dana Ruiz, 2026-11-20`, or one of the two."""
    who, comma, day = (part.strip() for part in text.rpartition(","))
    if not comma and re.match(r"[0-9]", day) is None:
        who, day = day, ""
    if comma and not day:
        page.wrong(node, f"said.{name} ends in a comma", _SAID)
    elif not comma and re.search(r"[0-9]{4}-[0-9]{2}-[0-9]{2}$", who):
        page.wrong(node, f"said.{name} has no comma before its day", _SAID)
    elif len(who) > 120:
        page.wrong(node, f"said.{name} names somebody in {len(who)} characters; the most is 120", "shorten it")
    when = read_date(page, f"said.{name}", node, day) if day else None
    return replace(page.voice, who=hide_secrets(who) or page.voice.who, when=when or page.voice.when)


def _written(page: Page, kind: str, node: Mapping, prefix: str) -> Iterator[tuple[Key, Node, int]]:
    """The keys of a component that stand in the file, groups opened, with the line of each."""
    known, inner = keys(kind), groups(kind)
    for entry in node.entries:
        name = f"{prefix}{entry.key.text}"
        if not prefix and name in COMMON and (kind != "system" or name != "id"):
            continue
        if "." in entry.key.text or entry.key.text not in level(kind, prefix):
            refuse(page, kind, prefix, entry.key)
        elif name in known:
            yield known[name], entry.value, entry.key.line
        elif name in inner and not unknown(entry.value) and not blank(entry.value):
            if isinstance(entry.value, Mapping):
                yield from _written(page, kind, entry.value, f"{name}.")
            else:
                below = {n: k for n, k in known.items() if n.rpartition(".")[0] == name}
                hint = written_as(page, below, entry.value, f"{entry.key.text}: ")
                page.wrong(
                    entry.value, f"'{entry.key.text}' wants keys and values, not {what(entry.value)}", hint
                )


def _facts(
    page: Page, ref: Ref, key: Key, values: list[tuple[Any, int]], line: int, seen: Places, said: bool
) -> Iterator[Fact]:
    for i, (value, at) in enumerate(values, 1):
        where = at if key.many else line
        own = seen.get(f"{key.name}.{item_name(value, i)}") if key.many else None
        for word in statements(value):
            for receipt in _receipts(page, word, where, own or seen.get(key.name, ()), said):
                yield Fact(kind=ref.kind, id=ref.id, key=key.name, value=word, receipt=receipt)


def statements(value: Any) -> tuple[Any, ...]:
    """A rate claimed beside its counts is two statements, which may disagree."""
    if isinstance(value, Rate) and value.runs is not None and value.rate is not None:
        return (Rate(rate=value.rate, known_by=value.known_by),
                value.model_copy(update={"rate": None, "known_by": None}))
    return (value,)


def _receipts(
    page: Page, value: Any, line: int, seen: tuple[Inspected, ...], said: bool
) -> tuple[Declared | Inspected | Measured, ...]:
    """Counts are measured; what a person saw is inspected; the rest is declared, and what `said` names is, too."""
    if isinstance(value, Rate) and value.runs is not None:
        counted = Measured(
            source=value.source or COUNTS,
            n=value.runs,
            successes=value.successes,
            when=value.date,
            path=page.named,
            line=line,
        )
        return counted, *seen
    return (page.declared(line), *seen) if said or not seen else seen
