"""Changes to a stack file, one by one, in its text: what is not changed stays byte for byte.

Facts that are put are said by a person on a day. The file says so in `said:`, or with `said_by` and `said_on` on a
component that is new; what its voice already says is not said twice. A key that was seen in code loses its place when
a person states another value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast

import yaml

from auditkit.errors import InputError, Problem
from auditkit.model.base import Frozen
from auditkit.model.facts import EMPTY, SYSTEM, THE_SYSTEM, Ref, Stack
from auditkit.model.keys import Key, keys, record_keys
from auditkit.model.vocabulary import KINDS, NONE, SECTION_OF, SECTIONS, Edge, Rate
from auditkit.sources.stack_file import paperwork
from auditkit.sources.stack_file.components import RESERVED, slug_of, statements
from auditkit.sources.stack_file.loader import TOP, stack_from_text
from auditkit.sources.stack_file.page import KIND_WORDS, noun
from auditkit.sources.stack_file.page import Page as Reading
from auditkit.sources.stack_file.places import PLACE, item_name
from auditkit.sources.stack_file.records import END, read_key
from auditkit.sources.stack_file.spelling import Plain, Word, entry, inline, list_item
from auditkit.sources.stack_file.text_edits import DROP, Group, Page, emptied, entries, says, shifted
from auditkit.sources.stack_file.writer import SCHEMA, Pen, said_text, words
from auditkit.syntax.documents import parse
from auditkit.syntax.words import did_you_mean, listed, shown

_SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,79}")
_PAPERS: dict[str, tuple[str, ...]] = {
    "answers": ("check", "component"), "evidence": ("id",), "plan": ("closes",), "waivers": ("check", "component"),
    "audit.asked": ("who",)}
"""What makes two items of the paperwork the same."""
_HEADER = f"# yaml-language-server: $schema={SCHEMA}"


@dataclass(frozen=True)
class Put:
    """States a key of a component; None takes it out, so that it is not known again."""

    ref: Ref
    key: str
    value: Any


@dataclass(frozen=True)
class Add:
    """A new component with some keys: at the end of its section, or behind the component `after` ("": first)."""

    kind: str
    id: str
    facts: tuple[tuple[str, Any], ...] = ()
    after: str | None = None


@dataclass(frozen=True)
class Remove:
    """Takes a component out, with every reference to it; edges to a step lead on to what came after it."""

    ref: Ref


@dataclass(frozen=True)
class Move:
    """Puts a component behind another of its section ("": first)."""

    ref: Ref
    after: str


@dataclass(frozen=True)
class Whole:
    """Says that the list of a section is whole, or that it may have more."""

    section: str
    whole: bool = True


@dataclass(frozen=True)
class Record:
    """Adds an item to `answers`, `evidence`, `plan`, `waivers` or `audit.asked`, or replaces the one that is the same."""

    section: str
    values: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Drop:
    """Takes such an item out."""

    section: str
    identity: tuple[str, ...]


Change = Put | Add | Remove | Move | Whole | Record | Drop
Voice = tuple[str | None, date | None]


def edit(text: str, changes: Iterable[Change], *, path: str = "stack.yaml", who: str | None = None,
         when: date | None = None) -> str:
    """The text with the changes made, in their order. Raises InputError when the file has mistakes or one does not fit."""
    return edited(text, changes, path=path, who=who, when=when)[0]


def edited(text: str, changes: Iterable[Change], *, path: str = "stack.yaml", who: str | None = None,
           when: date | None = None) -> tuple[str, Stack]:
    """The same with the stack that the new text describes, for who would load it next anyway."""
    who = _person(who, when, path)
    start = _begun(text, who, when)
    work = _Work(start, _stack(start, path), path, who, when)
    work.run(list(changes))
    return work.text, work.check()


def _person(who: str | None, when: date | None, path: str) -> str | None:
    """A name as the file takes it. Raises InputError when it cannot stand for a person."""
    if who is None:
        return None
    name = words(who, None)
    if name is None or len(name) > 120 or said_text(name, when) is None:
        hint = "give a name of at most 120 characters, and the day"
        raise InputError(Problem(path, 0, f"{shown(who)} cannot stand for a person", hint))
    return name


@lru_cache(maxsize=4)
def _stack(text: str, path: str) -> Stack:
    """The stack of a text; the last ones are remembered, since one edit follows another."""
    return stack_from_text(text, path)


def _begun(text: str, who: str | None, when: date | None) -> str:
    """A text to start from: what there is, or an empty stack below the comments."""
    if any(row.strip() and not row.lstrip().startswith("#") for row in re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff"))):
        return text
    breaks = "\r\n" if "\r\n" in text else "\n"
    head = text.rstrip("\r\n\t ")
    if not head.removeprefix("\ufeff"):
        head += _HEADER
    voice = [*(entry("said_by", who, 2) if who else []), *(entry("said_on", when, 2) if when else [])]
    return breaks.join([head, "version: 1", "", *(["stack:", *voice] if voice else ["stack: {}"]), ""])


# What is known ---------------------------------------------------------------------------------------------

@dataclass
class _Work:
    """The text as it is so far, with what it says and what it is meant to say."""

    text: str
    stack: Stack
    path: str
    who: str | None
    when: date | None
    fresh: set[Ref] = field(default_factory=set)
    """Components all of whose keys are this person's, until now."""

    def __post_init__(self) -> None:
        self.facts: dict[Ref, dict[str, tuple[Any, ...]]] = {
            ref: {key: _unique(f.value for f in found) for key, found in table.items()}
            for ref, table in self.stack.index.items()}
        self.parts: dict[str, list[str]] = {kind: [r.id for r in refs] for kind, refs in self.stack.by_kind.items()}
        self.complete = set(self.stack.complete)
        self._page: Page | None = None

    @property
    def top(self) -> Any:
        """The mapping of the whole file."""
        return self.page.top

    def wrong(self, problem: str, hint: str = "") -> InputError:
        """The error for a change that does not fit."""
        return InputError(Problem(self.path, 0, problem, hint))

    @property
    def page(self) -> Page:
        """The page as it is, composed when it is asked for."""
        if self._page is None:
            self._page = Page(self.text)
        return self._page

    def flush(self) -> None:
        """Makes the edits, so that what comes next sees them."""
        if self._page is not None and self._page.edits:
            self.text = self._page.text()
            self._page = None

    def run(self, changes: Sequence[Change]) -> None:
        """All changes; puts that follow each other are made on one tree."""
        puts: dict[tuple[Ref, str], Any] = {}
        for change in changes:
            if isinstance(change, Put):
                puts[self._ref(change.ref), change.key] = change.value
                continue
            self._puts(puts)
            puts = {}
            match change:
                case Add():
                    self._add(change)
                case Remove():
                    self._remove(change.ref)
                case Move():
                    self._move(change)
                case Whole():
                    self._whole(change.section, change.whole)
                case Record():
                    self._record(change)
                case Drop():
                    self._drop(change.section, change.identity)
            self.flush()
        self._puts(puts)

    def check(self) -> Stack:
        """The stack of the new text, which says what was meant. Raises InputError when it does not."""
        stack = _stack(self.text, self.path)
        if stack is self.stack:
            return stack
        found = {ref: {key: _unique(f.value for f in fs) for key, fs in table.items()} for ref, table in stack.index.items()}
        order = {kind: [r.id for r in refs] for kind, refs in stack.by_kind.items()}
        if found != self.facts or order != self.parts or set(stack.complete) != self.complete:
            raise self.wrong("this change cannot be written into the file as it stands",
                             "write the lines around it one key a line, and try again")
        return stack

    # Names

    def _ref(self, ref: Ref) -> Ref:
        if ref.kind == SYSTEM:
            return THE_SYSTEM
        if ref.kind not in KINDS:
            raise self.wrong(f"there is no kind {shown(ref.kind)}", _meant(ref.kind, KINDS))
        if ref.id not in self.parts[ref.kind]:
            raise self.wrong(f"no {noun(ref.kind)} {shown(ref.id)} is in this file", _meant(ref.id, self.parts[ref.kind]))
        return ref

    def _key(self, kind: str, name: str) -> Key:
        key = keys(kind).get(name)
        if key is None:
            known = [n for n, k in keys(kind).items() if not k.derived]
            raise self.wrong(f"{KIND_WORDS[kind]} has no {shown(name)}",
                             _meant(name, known) or "'auditkit schema stack' lists the keys")
        if key.derived:
            raise self.wrong(f"{shown(name)} is computed, not written", "take it out")
        return key

    def node(self, ref: Ref) -> Any:
        """The mapping of a component."""
        sections = entries(self.top)
        if ref == THE_SYSTEM:
            return sections["stack"][1]
        return self.items(ref.kind)[ref.id]

    def items(self, kind: str) -> dict[str, Any]:
        """The mappings of a section by id."""
        own = entries(self.top).get(SECTION_OF[kind])
        if own is None or not isinstance(own[1], yaml.SequenceNode):
            return {}
        return {entries(n)["id"][1].value.strip(): n for n in own[1].value}

    # Puts

    def _puts(self, puts: Mapping[tuple[Ref, str], Any]) -> None:
        """Keys that are stated or taken out, component by component."""
        by_part: dict[Ref, dict[str, Any]] = {}
        for (ref, name), value in puts.items():
            by_part.setdefault(ref, {})[name] = value
        for ref in sorted(by_part, key=lambda r: r != THE_SYSTEM):      # its voice is everybody's
            self._put(ref, by_part[ref])
        self.flush()

    def _put(self, ref: Ref, values: Mapping[str, Any], *, quiet: bool = False) -> None:
        """Keys of one component; `quiet` when no person says them, since they follow from a change elsewhere."""
        node = self.node(ref)
        own = self.facts.setdefault(ref, {})
        table = Group()
        voices: dict[str, Voice | None] = {}
        gone: set[str] = set()
        for name, value in values.items():
            key = self._key(ref.kind, name)
            before = own.get(name)
            if value is None:
                table.at(name.split("."), DROP)
                own.pop(name, None)
                voices[name] = None
                gone |= _gone(name, before or (), ())
                continue
            plain, after = self.read(key, value)
            voices[name] = (self.who, self.when)
            if before != after:
                table.at(name.split("."), plain)
                own[name] = after
                gone |= _gone(name, before or (), after)
            elif quiet or self._is_seen(node, name):
                del voices[name]
            if quiet:
                voices.pop(name, None)
            elif (self.who, self.when) == (None, None) and name in voices:
                voices[name] = None
                if before == after:
                    del voices[name]
        self._unsee(node, table, gone)
        self._say(ref, node, table, voices)
        self._write(ref, node, table)

    def _write(self, ref: Ref, node: Any, table: Group) -> None:
        if not table:
            return
        if ref != THE_SYSTEM or (node.value and not emptied(node, table)):
            self.page.change(node, table)
            return
        key = entries(self.top)["stack"][0]
        if made := table.plain():       # `stack: {}` so far
            flow = bool(self.top.flow_style)
            rows = [row for name, value in made.items() for row in entry(name, value, 2)]
            self.page.edits.append((self.page.at(key.end_mark), self.page.at(node.end_mark),
                                    f": {inline(made)}" if flow else ":"))
            self.page.insert_after(int(node.end_mark.line), [] if flow else rows)
        elif node.value:
            if node.flow_style:
                self.page.replace(node, "{}")
            else:
                colon = self.page.body.index(":", self.page.at(key.end_mark)) + 1
                self.page.edits.append((colon, colon, " {}"))
                for inner, value in node.value:
                    self.page.delete_lines(int(inner.start_mark.line), self.page.last_line(value))

    def read(self, key: Key, value: Any) -> tuple[Plain, tuple[Any, ...]]:
        """A value as the file spells it, and as it will be read. Raises InputError when it does not fit its key."""
        items = value if key.many and isinstance(value, tuple | list) else (value,)
        if key.many and not isinstance(value, tuple | list):
            raise self.wrong(f"{key.name} wants a list, not one value", "give a list, [] for none")
        for item in items:
            self._typed(key, item)
        spelled = [self._spelled(key, item) for item in items]
        plain: Plain = spelled if key.many else spelled[0]
        top = parse(f"x: {inline(plain)}", self.path)
        reading = Reading(self.path, self.path, [])
        found = read_key(reading, key, top.entries[0].value)
        if reading.problems:
            raise InputError(*(Problem(self.path, 0, p.text, p.hint) for p in reading.problems))
        if not found:
            raise self.wrong(f"{key.name} cannot hold {shown(str(value))}", "the file would read it as not known")
        return plain, _unique(word for one, _ in found for word in statements(one))

    def _typed(self, key: Key, value: Any) -> None:
        """Refuses what facts of this key cannot hold."""
        fits = {
            "flag": isinstance(value, bool) or (isinstance(value, str) and value in key.words),
            "choice": isinstance(value, str) and value in key.choices,
            "whole": isinstance(value, int) and not isinstance(value, bool),
            "number": isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value),
            "date": isinstance(value, date) and not isinstance(value, datetime),
            "text": isinstance(value, str), "reference": isinstance(value, str),
            "record": key.record is not None and isinstance(value, key.record)}[key.form]
        if not fits:
            wants = {"flag": "yes or no" if not key.words else listed(("yes", "no", *key.words)), "choice": listed(key.choices),
                     "whole": "a whole number", "number": "a number", "date": "a date", "text": "text",
                     "reference": f"the id of {KIND_WORDS.get(key.refers_to or '', 'a component')}",
                     "record": f"a {key.record.__name__.lower() if key.record else 'record'}"}[key.form]
            raise self.wrong(f"{key.name} wants {wants}, not {shown(str(value))}")

    def _spelled(self, key: Key, value: Any) -> Plain:
        pen = _Spelling(self.stack, None, {})
        if isinstance(value, str) and key.form == "text" and key.max_length and len(value.strip()) > key.max_length:
            raise self.wrong(f"{key.name} is {len(value.strip()):,} characters long; the most is {key.max_length}", "shorten it")
        if isinstance(value, Rate) and set(value.model_dump(exclude_none=True)) == {"rate"}:
            self._parts(Rate, value)
            return float(value.rate or 0)
        if isinstance(value, Frozen):
            self._parts(type(value), value)
        plain = pen.plain(key, value)
        if plain is None:
            raise self.wrong(f"{key.name} cannot hold {shown(str(value))}", "the file would read it as something else")
        return plain

    def _parts(self, record: type[Frozen], value: Frozen) -> None:
        """Refuses a record that holds what the file cannot say."""
        for name, key in record_keys(record).items():
            part = getattr(value, name)
            for item in part if isinstance(part, tuple | list) else () if part is None else (part,):
                self._typed(key, item)
                if item != NONE:
                    self._spelled(key, item)

    # Who says it, and where it was seen

    def voice(self, node: Any, outside: Voice = (None, None)) -> Voice:
        """Who says what stands in a mapping, as far as it says so."""
        there = entries(node)
        who = there["said_by"][1].value.strip() if "said_by" in there else "unknown"
        when = there["said_on"][1].value.strip() if "said_on" in there else "unknown"
        return (outside[0] if who == "unknown" else who, outside[1] if when == "unknown" else date.fromisoformat(when))

    def usual(self, ref: Ref, node: Any) -> Voice:
        """Who says what a component's `said` does not name."""
        return self.everybody if ref == THE_SYSTEM else self.voice(node, self.everybody)

    @property
    def everybody(self) -> Voice:
        """The voice of the file."""
        return self.voice(entries(self.top)["stack"][1])

    def _say(self, ref: Ref, node: Any, table: Group, voices: Mapping[str, Voice | None]) -> None:
        """Notes who says the keys that were put: in the component's voice, or key by key."""
        there = {k: v for k, (_, v) in entries(entries(node)["said"][1]).items()} if "said" in entries(node) else {}
        said = Group()
        usual = self.usual(ref, node)
        if ref in self.fresh and any(v is not None for v in voices.values()) and "said_by" not in entries(node) \
                and "said_on" not in entries(node):
            self.fresh.discard(ref)
            own = (self.who or usual[0], self.when or usual[1])
            if self.who is not None and own[0] != usual[0]:
                table["said_by"] = self.who
            if self.when is not None and own[1] != usual[1]:
                table["said_on"] = self.when
            usual = own
        for name, voice in voices.items():
            if voice is None:
                if name in there:
                    said[name] = DROP
                continue
            meant = (voice[0] or usual[0], voice[1] or usual[1])
            if meant == usual:
                if name in there:
                    said[name] = DROP
            elif (spelled := said_text(*voice)) is not None and not (name in there and there[name].value.strip() == spelled):
                said[name] = spelled
        if said:
            table["said"] = said

    def _is_seen(self, node: Any, name: str) -> bool:
        """Whether `seen` names a key, or an item of it."""
        return any(n == name or n.startswith(f"{name}.") for n in _seen_names(entries(node).get("seen", (None, None))[1]))

    def _unsee(self, node: Any, table: Group, gone: set[str]) -> None:
        """Takes the places of keys and of items out of `seen`."""
        there = entries(node).get("seen")
        if gone and there is not None and isinstance(there[1], yaml.MappingNode) and (seen := _unseen(there[1], "", gone)):
            table["seen"] = seen

    # Components

    def _add(self, change: Add) -> None:
        kind = change.kind
        if kind not in SECTION_OF:
            raise self.wrong(f"there is no kind {shown(kind)} with a list", _meant(kind, SECTION_OF))
        if change.id in RESERVED:
            raise self.wrong(f"the id '{change.id}' means something else in this file", "choose another")
        if not _SLUG.fullmatch(change.id):
            slug = slug_of(change.id)
            raise self.wrong(f"{shown(change.id)} cannot be an id; it takes letters, digits, '_', '-' and '.', at most 80",
                             f"did you mean '{slug}'?" if slug else "")
        if change.id in self.parts[kind]:
            raise self.wrong(f"{noun(kind)} {shown(change.id)} is in this file already", "choose another id")
        if change.after:
            self._ref(Ref(kind, change.after))
        ref = Ref(kind, change.id)
        own: dict[str, tuple[Any, ...]] = {}
        spelled: dict[str, Plain] = {}
        for name, value in change.facts:
            key = self._key(kind, name)
            if value is not None:
                spelled[name], own[name] = self.read(key, value)
        made = Group(id=change.id)
        for name in keys(kind):
            if name in spelled:
                made.at(name.split("."), spelled[name])
        usual = self.everybody
        said = bool(own)
        if said and self.who is not None and self.who != usual[0]:
            made["said_by"] = self.who
        if said and self.when is not None and self.when != usual[1]:
            made["said_on"] = self.when
        if not said:
            self.fresh.add(ref)
        order = self.parts[kind]
        place = len(order) if change.after is None else order.index(change.after) + 1 if change.after else 0
        self._insert(kind, place, made.plain())
        order.insert(place, change.id)
        self.facts[ref] = own

    def _insert(self, kind: str, place: int, made: dict[str, Plain]) -> None:
        """One more item in a section, which is made when there is none; its list may then have more."""
        page, section = self.page, SECTION_OF[kind]
        own = entries(self.top).get(section)
        rows = [row for n, v in made.items() for row in entry(n, v, 4)]
        rows = [f"  - {rows[0].lstrip()}", *rows[1:]]
        if own is not None and isinstance(own[1], yaml.SequenceNode) and own[1].value:
            node = own[1]
            if node.flow_style:
                flow = inline(made, inside=True)
                if place:
                    page.into_flow(node, flow, int(node.start_mark.column) + 1, behind=node.value[place - 1])
                else:
                    at = page.at(node.value[0].start_mark)
                    page.edits.append((at, at, f"{flow}, "))
                return
            line = page.item_lines(node, node.value[place - 1])[1] if place else page.item_lines(node, node.value[0])[0] - 1
            page.insert_after(line, shifted(rows, int(node.start_mark.column) - 2))
            return
        if self.top.flow_style:
            flow = f"[{inline(made, inside=True)}]"
            if own is None:
                page.into_flow(self.top, f"{section}: {flow}", page.indent(self.top))
            else:
                page.new_value(self.top, *own, [made])
        elif own is None:
            page.new_section(section, None, None, rows, behind=self._behind(section))
        else:
            page.new_section(section, *own, rows)
        if section not in self.complete:
            self.flush()
            self._open(section)

    def _behind(self, section: str) -> int | None:
        """The line behind which a new section stands: the end of the last one that comes before it."""
        page, there = self.page, entries(self.top)
        before = [v for k, (_, v) in there.items() if k in TOP and TOP.index(k) < TOP.index(section)]
        if not before or all(k in TOP[:TOP.index(section)] for k in there):
            return None
        return max(page.with_comments(page.last_line(v), 1) for v in before)

    def _move(self, change: Move) -> None:
        ref = self._ref(change.ref)
        if ref == THE_SYSTEM:
            raise self.wrong("the stack as a whole has no place in a list")
        if change.after:
            self._ref(Ref(ref.kind, change.after))
        if change.after == ref.id:
            return
        order = self.parts[ref.kind]
        here, there = order.index(ref.id), order.index(change.after) if change.after else -1
        self.page.move_item(entries(self.top)[SECTION_OF[ref.kind]][1], here, there)
        order.remove(ref.id)
        order.insert(order.index(change.after) + 1 if change.after else 0, ref.id)

    def _remove(self, ref: Ref) -> None:
        ref = self._ref(ref)
        if ref == THE_SYSTEM:
            raise self.wrong("the stack as a whole cannot be taken out")
        for other, values in self._without(ref).items():
            self._put(other, values, quiet=True)
        self.flush()
        self._forget(ref)
        self.flush()
        key, section = entries(self.top)[SECTION_OF[ref.kind]]
        order = self.parts[ref.kind]
        self.page.drop_items(key, section, {order.index(ref.id)})
        order.remove(ref.id)
        self.facts.pop(ref, None)

    def _without(self, gone: Ref) -> dict[Ref, dict[str, Any]]:
        """What other components say without one of them."""
        found: dict[Ref, dict[str, Any]] = {}
        for ref, table in self.facts.items():
            if ref == gone:
                continue
            for name, values in table.items():
                key = keys(ref.kind)[name]
                if gone.kind == "step" and key.record is Edge:
                    if any(v != EMPTY and v.to == gone.id for v in values):
                        found.setdefault(ref, {})[name] = self._led_on(values, gone)
                elif key.form == "reference" and key.refers_to == gone.kind and gone.id in values:
                    rest = tuple(v for v in values if v != gone.id)
                    found.setdefault(ref, {})[name] = rest if key.many else None
                elif key.record is not None and key.record not in (Rate, Edge):
                    rest = tuple(v for v in values if v == EMPTY or not _names(v, gone))
                    if rest != values:
                        found.setdefault(ref, {})[name] = rest if key.many else None
        if gone.kind == "step":
            order = self.parts["step"]
            place = order.index(gone.id)
            above = Ref("step", order[place - 1]) if place else None
            if above is not None and "next" not in self.facts[above] and "next" in self.facts[gone]:
                led = tuple(e for e in self.facts[gone]["next"] if e != EMPTY and e.to != gone.id)
                after = order[place + 1] if place + 1 < len(order) else END
                if led and [e.to for e in led] != [after]:
                    found.setdefault(above, {})["next"] = led
        return found

    def _led_on(self, edges: Sequence[Any], gone: Ref) -> tuple[Edge, ...]:
        """Edges, with those to a step that goes leading on to what came after it."""
        order = self.parts["step"]
        place = order.index(gone.id)
        own = [e for e in self.facts[gone].get("next", ()) if e != EMPTY and e.to != gone.id]
        after = own or [Edge(to=order[place + 1] if place + 1 < len(order) else END)]
        if len(after) == 1 and all(e.to != after[0].to for e in edges):
            return tuple(Edge(to=after[0].to, share=e.share) if e.to == gone.id else e for e in edges)
        shares: dict[str, float] = {}
        for edge, share in _shares(edges):
            if edge.to != gone.id:
                shares[str(edge.to)] = shares.get(str(edge.to), 0) + share
            else:
                for one, part in _shares(after):
                    shares[str(one.to)] = shares.get(str(one.to), 0) + share * part
        if len(shares) == 1:
            return (Edge(to=next(iter(shares))),)
        rounded = {to: round(share, 4) for to, share in shares.items()}
        last = next(reversed(rounded))
        rounded[last] = round(1 - sum(v for to, v in rounded.items() if to != last), 4)
        return tuple(Edge(to=to, share=share) for to, share in rounded.items())

    def _forget(self, gone: Ref) -> None:
        """Takes the paperwork about a component out."""
        if any(gone.id in ids for kind, ids in self.parts.items() if kind != gone.kind):
            return
        for section in ("answers", "waivers", "plan"):
            own = entries(self.top).get(section)
            if own is None or not isinstance(own[1], yaml.SequenceNode):
                continue
            drops: set[int] = set()
            for i, item in enumerate(own[1].value):
                there = entries(item)
                if section != "plan":
                    if "component" in there and there["component"][1].value.strip() == gone.id:
                        drops.add(i)
                    continue
                closes = _list_of(there["closes"][1])
                rest = [c for c in closes if c.partition("@")[2] != gone.id]
                if not rest:
                    drops.add(i)
                elif rest != closes:
                    self.page.change(item, Group(closes=cast(Plain, rest)))
            if drops:
                self.page.drop_items(*own, drops)

    # Sections

    def _whole(self, section: str, whole: bool) -> None:
        if section not in SECTIONS:
            raise self.wrong(f"there is no section {shown(section)} with a list", _meant(section, SECTIONS))
        if whole == (section in self.complete):
            return
        if not whole:
            self._open(section)
            self.complete.discard(section)
            return
        self.complete.add(section)
        own = entries(self.top).get("incomplete")
        if own is not None and section in _list_of(own[1]):
            key, node = own
            if isinstance(node, yaml.SequenceNode):
                self.page.drop_items(key, node, {i for i, n in enumerate(node.value) if n.value.strip() == section})
            else:
                self.page.replace(node, "[]")
            self.flush()
        there = entries(self.top).get(section)
        if there is None and self.top.flow_style:
            self.page.into_flow(self.top, f"{section}: []", self.page.indent(self.top))
        elif there is None:
            self.page.new_section(section, None, None, (), " []", self._behind(section))
        elif says(there[1], "unknown"):
            self.page.replace(there[1], "[]")

    def _open(self, section: str) -> None:
        """Says that the list of a section may have more."""
        page, own = self.page, entries(self.top).get("incomplete")
        if own is None:
            if self.top.flow_style:
                page.into_flow(self.top, f"incomplete: [{section}]", page.indent(self.top))
            else:
                page.new_section("incomplete", None, None, (), f" [{section}]", self._behind("incomplete"))
        elif isinstance(own[1], yaml.SequenceNode) and own[1].value:
            page.add_item(self.top, *own, Word(section))
        else:
            names = [n for n in _list_of(own[1]) if n in SECTIONS]
            page.new_value(self.top, *own, [Word(n) for n in (*names, section)])

    # Paperwork

    def _fields(self, section: str) -> dict[str, Key]:
        name = "audit.asked" if section == "asked" else section
        if name not in _PAPERS:
            raise self.wrong(f"there is no paperwork {shown(section)}", f"there is {listed(_PAPERS, 'and')}")
        return paperwork.fields("asked" if name == "audit.asked" else name)

    def _list(self, section: str) -> tuple[Any, Any, Any]:
        """The mapping that holds a list of the paperwork, and the list's key and node; None where there is none."""
        top = self.top
        if section in ("asked", "audit.asked"):
            top = entries(top).get("audit", (None, None))[1]
            section = "asked"
        return (top, *entries(top).get(section, (None, None)))

    def _record(self, change: Record) -> None:
        section, known = change.section, self._fields(change.section)
        made: dict[str, Plain] = {}
        given = dict(change.values)
        for name in given:
            if name not in known:
                raise self.wrong(f"{section} has no {shown(name)}", _meant(name, known) or f"it holds {listed(known, 'and')}")
        if section == "answers":
            usual = self.everybody
            own = {"who": self.who if self.who != usual[0] else None, "when": self.when if self.when != usual[1] else None}
            given = own | given
        for name, key in known.items():
            if given.get(name) is None:
                continue
            if name == "sha256":        # looks like a secret and is none
                made[name] = str(given[name])
            else:
                made[name] = self.read(key, given[name])[0]
        for name in paperwork.SECTIONS[section].required if section in paperwork.SECTIONS else ("who",):
            if name not in made:
                raise self.wrong(f"{section} has an item without '{name}'", f"write '{name}: ...'")
        holder, key, node = self._list(section)
        page, identity = self.page, _identity(section, made)
        items = node.value if isinstance(node, yaml.SequenceNode) else [node] if _stands(node) else []
        item = next((n for n in items if self._identity(section, n) == identity), None)
        if item is not None:
            self._renew(node, item, made)
        elif isinstance(node, yaml.SequenceNode):
            page.add_item(holder, key, node, made)
        elif _stands(node):
            page.new_value(holder, key, node, [_plain_of(node), made])
        elif section in paperwork.SECTIONS and not holder.flow_style:
            page.new_section(section, key, node, list_item(made, 2), behind=self._behind(section))
        elif isinstance(holder, yaml.MappingNode) and holder.value:
            page.change(holder, Group({"asked" if section not in paperwork.SECTIONS else section: [made]}))
        elif self.top.flow_style:
            page.change(self.top, Group(audit={"asked": [made]}))
        else:
            there = entries(self.top).get("audit", (None, None))
            page.new_section("audit", *there, ["  asked:", *list_item(made, 4)], behind=self._behind("audit"))

    def _renew(self, sequence: Any, item: Any, made: dict[str, Plain]) -> None:
        """Other values for an item that stands in the file."""
        if not isinstance(item, yaml.MappingNode):
            if set(made) != {"who"}:
                self.page.replace(item, inline(made, inside=sequence is not item and sequence.flow_style))
            return
        old = {name: _texts(value) for name, (_, value) in entries(item).items()}
        table = Group({name: value for name, value in made.items() if name not in old or old[name] != _written(value)})
        table |= {name: DROP for name in old if name not in made}
        if table:
            self.page.change(item, table)

    def _identity(self, section: str, item: Any) -> tuple[str, ...]:
        if isinstance(item, yaml.ScalarNode):
            return (item.value.strip(),)
        return _identity(section, {name: _plain_of(value) for name, (_, value) in entries(item).items()})

    def _drop(self, section: str, identity: tuple[str, ...]) -> None:
        self._fields(section)
        holder, key, node = self._list(section)
        wanted = tuple(str(part) for part in identity if part not in (None, ""))
        if isinstance(node, yaml.SequenceNode):
            which = {i for i, n in enumerate(node.value) if self._identity(section, n) == wanted}
            if which:
                self.page.drop_items(key, node, which)
        elif _stands(node) and self._identity(section, node) == wanted:
            self.page.new_value(holder, key, node, [])


# Small things ----------------------------------------------------------------------------------------------

class _Spelling(Pen):
    """Spells values whose references may be added only later."""

    def _reference(self, kind: str, name: str) -> Plain | None:
        return Word(name) if name == NONE or (kind == "step" and name == END) else name


def _unique(items: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(items))


def _meant(word: str, known: Iterable[str]) -> str:
    guess = did_you_mean(word, known)
    return f"did you mean '{guess}'?" if guess else ""


def _stands(node: Any) -> bool:
    """Whether something stands there: one item without a list around it."""
    return isinstance(node, yaml.MappingNode) or (
        isinstance(node, yaml.ScalarNode) and node.value.strip() not in ("", "~", "null", "unknown", NONE))


def _list_of(node: Any) -> list[str]:
    """The texts of a list, or of one that stands alone."""
    if isinstance(node, yaml.SequenceNode):
        return [n.value.strip() for n in node.value if isinstance(n, yaml.ScalarNode)]
    return [node.value.strip()] if _stands(node) and isinstance(node, yaml.ScalarNode) else []


def _texts(node: Any) -> Any:
    return _list_of(node) if isinstance(node, yaml.SequenceNode) else node.value.strip()


def _written(value: Plain) -> Any:
    """A value as its node would say it."""
    return [str(v) for v in value] if isinstance(value, list) else str(value)


def _plain_of(node: Any) -> Plain:
    """A node of the paperwork as it would be written again."""
    if isinstance(node, yaml.MappingNode):
        return {name: _plain_of(value) for name, (_, value) in entries(node).items()}
    if isinstance(node, yaml.SequenceNode):
        return [_plain_of(n) for n in node.value]
    said = str(node.value).strip()
    return date.fromisoformat(said) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", said) and not node.style else said


def _identity(section: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    found: list[str] = []
    for name in _PAPERS["audit.asked" if section == "asked" else section]:
        value = values.get(name)
        found += [str(v) for v in value] if isinstance(value, list | tuple) else [str(value)] if value is not None else []
    return tuple(found)


def _names(record: Frozen, ref: Ref) -> bool:
    """Whether a record refers to a component."""
    return any(key.form == "reference" and key.refers_to == ref.kind and getattr(record, name) == ref.id
               for name, key in record_keys(type(record)).items())


def _shares(edges: Sequence[Edge]) -> list[tuple[Edge, float]]:
    """Edges with the share of runs that go each way; what has none splits the rest evenly."""
    stated = sum(e.share for e in edges if e.share is not None)
    open_ = sum(e.share is None for e in edges)
    return [(e, e.share if e.share is not None else max(0.0, 1 - stated) / open_) for e in edges]


def _gone(name: str, before: Sequence[Any], after: Sequence[Any]) -> set[str]:
    """What `seen` may no longer name when a value has changed; an item of a set that stays keeps its place."""
    old, new = ({f"{name}.{item_name(v, i)}": v for i, v in enumerate(values, 1)} for values in (before, after))
    return {name, *(n for n, value in old.items() if n not in new or new[n] != value)}


def _seen_names(node: Any) -> set[str]:
    """What `seen` names: keys, and items of sets."""
    found: set[str] = set()
    for name, (_, value) in entries(node).items():
        if PLACE.fullmatch(name.strip()):
            found.update(_list_of(value))
        elif isinstance(value, yaml.MappingNode):
            found.update(f"{name}.{inner}" for inner in _seen_names(value))
        else:
            found.add(name)
    return found


def _unseen(node: Any, prefix: str, gone: set[str]) -> Group:
    """The changes to `seen` that take names out."""
    table = Group()
    for name, (_, value) in entries(node).items():
        if not prefix and PLACE.fullmatch(name.strip()):
            names = _list_of(value)
            rest: list[Plain] = [n for n in names if n not in gone]
            if not rest:
                table[name] = DROP
            elif rest != names:
                table[name] = rest
        elif isinstance(value, yaml.MappingNode):
            if inner := _unseen(value, f"{prefix}{name}.", gone):
                table[name] = inner
        elif prefix + name in gone:
            table[name] = DROP
    return table


__all__ = ["Add", "Change", "Drop", "Move", "Put", "Record", "Remove", "Whole", "edit", "edited"]
