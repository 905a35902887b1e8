"""The catalogue of questions: read strictly, with every problem of the file at once, each with its place and a hint."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable
from collections.abc import Mapping as Table
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from auditkit import shipped
from auditkit.checklist.checks import Checklist
from auditkit.checklist.conditions import Both, Condition
from auditkit.checklist.grammar import Seen, read_condition
from auditkit.checklist.page import FLAGS, Page, meant
from auditkit.errors import InputError, Problem
from auditkit.model.base import Frozen
from auditkit.model.facts import EMPTY
from auditkit.model.keys import Key, groups, keys, record_keys
from auditkit.model.vocabulary import KINDS, NONE, SECTION_OF, Edge
from auditkit.sources.stack_file.page import Page as StackPage
from auditkit.sources.stack_file.records import END, read_key, read_parts
from auditkit.syntax.documents import MAX_BYTES, Entry, Mapping, Node, Scalar, decode, lines_of, parse
from auditkit.syntax.words import listed, shown

ID = re.compile(r"[A-Z]{2,5}-[0-9]{2,3}")
SLUG = re.compile(r"[a-z][a-z0-9_]*")
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
SENTENCE = re.compile(r"[.!?](?=\s|$)")
PART = re.compile(r"([a-z_.]+?)(?:\[([a-z_]+)\])?\.([a-z_]+)")

NEXT = "{next}"
"""Stands in `sets` for the step that follows in the list, `end` after the last."""
ASKED = ("{id}", "{name}")
"""What the id and the name of a component that comes with an answer may take from the asked component."""

CHARACTERS = {"ask": 70, "short": 36, "says": 50, "title": 36, "none": 50, "name": 60}
"""The most characters of a text."""
WORDS = {"why": 30, "means": 25}
"""The most words of a text."""
SENTENCES = 2
CHOICES, COLUMNS = 5, 3
MINUTES = 10.0

NEEDED = ("id", "topic", "about", "ask", "short", "why", "minutes")
OTHER = ("settles", "when", "fields", "needs", "choices", "lists", "columns", "none", "quick")
TEXTS = ("id", "ask", "short", "why")
LISTING, STATING = ("lists", "columns", "none"), ("fields", "needs", "choices")


class Topic(Frozen):
    """One subject of the talk."""

    id: str
    title: str


class Added(Frozen):
    """A component that comes with an answer; `refers` is the key of the asked component that is set to its id.

    `id` and `name` may hold {id} and {name} of the asked component.
    """

    kind: str
    id: str
    name: str
    refers: str
    sets: dict[str, Any]


class Choice(Frozen):
    """One answer: its words, and the facts that they state.

    The keys of `sets` are those of `Form.fields`; a value is what a fact holds, () for a set that is known to
    be empty. `Edge(to="{next}")` is the way to the step that follows in the list.
    """

    says: str
    means: str
    sets: dict[str, Any]
    adds: Added | None = None


class Form(Frozen):
    """A question about every component of one kind that it fits, or the list of all of a kind.

    `fields`, `needs` and the keys of `sets` are keys of `about`, `system.KEY`, or the part of every record of
    a key (see `part_of`).
    """

    id: str
    topic: str
    about: str
    ask: str
    short: str
    why: str
    settles: tuple[str, ...] = ()
    when: Condition = Both()
    fields: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    lists: str | None = None
    columns: tuple[str, ...] = ()
    none: str = ""
    minutes: float
    quick: bool = False
    line: int = 0

    @property
    def states_level(self) -> bool:
        """Whether it is a check as it stands: a choice is a level of the check and states no fact."""
        return self.lists is None and not self.fields

    def level(self, number: int) -> str:
        """The level that a choice stands for where choices are levels. Raises KeyError for other choices."""
        return LEVELS[self.choices[number].says]


LEVELS = {"Yes": "pass", "In part": "partial", "No": "fail"}
"""The words of a level where a check is asked as it stands."""


class Catalogue(Frozen):
    """All questions in the order of the talk; `sha256` is of the file as read."""

    topics: tuple[Topic, ...]
    forms: tuple[Form, ...]
    sha256: str
    path: str = ""

    def form(self, id: str) -> Form | None:
        """The question with this id, or None."""
        return next((f for f in self.forms if f.id == id), None)


class Part(NamedTuple):
    """A part of every record of a key: `failure_branches.tests`, of hand-offs alone: `failure_branches[handoff].carries`."""

    key: Key
    type: str | None
    part: Key

    def of(self, records: Iterable[Any]) -> tuple[Any, ...]:
        """The records that are asked about."""
        return tuple(r for r in records if self.type is None or getattr(r, "type", None) == self.type)

    def missing(self, records: Iterable[Any]) -> bool:
        """Whether some record that is asked about does not say it."""
        return any(getattr(r, self.part.name) is None for r in self.of(records))

    def filled(self, records: Iterable[Any], value: Any) -> tuple[Any, ...]:
        """The records, with the value where a record that is asked about did not say it."""
        records = tuple(records)
        wanted = [r for r in self.of(records) if getattr(r, self.part.name) is None]
        return tuple(r.model_copy(update={self.part.name: value}) if r in wanted else r for r in records)


@cache
def part_of(name: str, kind: str) -> Part | None:
    """The part of records that a name means for a component of `kind`; None for a plain key or no key at all."""
    match = PART.fullmatch(name)
    if match is None or name in keys(kind):
        return None
    key = keys(kind).get(match[1])
    if key is None or key.record is None or not key.many:
        return None
    parts = record_keys(key.record)
    types = parts["type"].choices if "type" in parts else ()
    if match[3] not in parts or (match[2] is not None and match[2] not in types):
        return None
    return Part(key, match[2], parts[match[3]])


def owner_of(name: str, about: str) -> tuple[str, str]:
    """The kind that a field belongs to and its name there: `system.run.noun` asked about a step is the system's."""
    if about != "system" and name.startswith("system."):
        return "system", name.removeprefix("system.")
    return about, name


def key_of(name: str, about: str) -> Key | None:
    """The key that a field fills (of a part: the record's own); None where there is none."""
    kind, own = owner_of(name, about)
    part = part_of(own, kind)
    return part.part if part else keys(kind).get(own)


# The file -------------------------------------------------------------------------------------------------

def load_forms(checklist: Checklist, name: str | Path = "reliability") -> Catalogue:
    """The shipped catalogue of that name, or the one in that file. Raises InputError with every problem."""
    place, named = _place(name)
    try:
        with place.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(Problem(named, 0, "no such file", "name one that ships ('reliability') or a file")) from None
    except OSError:
        raise InputError(Problem(named, 0, "cannot be read", "is this the right file?")) from None
    return forms_from_text(data, named, checklist)


def forms_from_text(source: str | bytes, path: str, checklist: Checklist) -> Catalogue:
    """The catalogue that a text holds; `path` names it in errors. Raises InputError with all its problems."""
    top = parse(source, path)
    data = source.encode() if isinstance(source, str) else source
    page = Page(path, lines_of(decode(source, path)))
    catalogue = _catalogue(page, top, checklist, hashlib.sha256(data).hexdigest())
    if page.problems or catalogue is None:
        raise InputError(*sorted(dict.fromkeys(page.problems), key=lambda p: (p.line, p.column)))
    return catalogue


def _place(name: str | Path) -> tuple[Path, str]:
    """Where the file is, and how errors name it."""
    text = str(name)
    if isinstance(name, Path) or re.search(r"[/\\]|\.(ya?ml|json)$", text):
        return Path(name), text
    try:
        return shipped.folder("checklists") / "questions" / f"{text}.yaml", f"checklists/questions/{text}.yaml"
    except FileNotFoundError as error:
        raise InputError(Problem(text, 0, str(error))) from None


def _catalogue(page: Page, top: Mapping, checklist: Checklist, sha256: str) -> Catalogue | None:
    found = page.fields(top, "a catalogue", ("schema", "topics", "questions"))
    schema = page.text(found["schema"], "schema") if "schema" in found else ""
    if schema not in ("1", ""):
        page.wrong(found["schema"], f"the schema of a catalogue is 1, not {shown(schema)}")
    topics = tuple(_topics(page, found["topics"])) if "topics" in found else ()
    nodes = page.sequence(found["questions"], "questions") if "questions" in found else ()
    if "questions" in found and not nodes and not page.problems:
        page.wrong(found["questions"], "the catalogue has no questions")
    reader = _Reader(page, checklist, tuple(t.id for t in topics))
    forms = [form for node in nodes if (form := reader.form(node)) is not None]
    _refuse_twins(page, nodes, "the id", "an id stands for one question")
    if page.problems:
        return None
    order = [t.id for t in topics]
    forms.sort(key=lambda f: order.index(f.topic))
    return Catalogue(topics=topics, forms=tuple(forms), sha256=sha256, path=page.path)


def _topics(page: Page, node: Node) -> Iterable[Topic]:
    nodes = page.sequence(node, "topics")
    for item in nodes:
        body = page.mapping(item, "topics")
        found = page.fields(body, "a topic", ("id", "title")) if body else {}
        if len(found) < 2:
            continue
        id, title = page.text(found["id"], "id"), _text(page, found["title"], "title")
        if id and not SLUG.fullmatch(id):
            page.wrong(found["id"], f"{shown(id)} cannot be the id of a topic", "write small letters, digits and '_'")
        yield Topic(id=id, title=title)
    _refuse_twins(page, nodes, "the topic", "a topic stands once")


def _refuse_twins(page: Page, nodes: Iterable[Node], label: str, hint: str) -> None:
    first: dict[str, int] = {}
    for node in nodes:
        value = node.get("id") if isinstance(node, Mapping) else None
        if not isinstance(value, Scalar):
            continue
        if value.text in first:
            page.wrong(value, f"{label} {shown(value.text)} stands twice, first on line {first[value.text]}", hint)
        first.setdefault(value.text, value.line)


def _text(page: Page, node: Node, name: str) -> str:
    text = page.text(node, name)
    most, words = CHARACTERS.get(name), WORDS.get(name)
    if most and len(text) > most:
        page.wrong(node, f"'{name}' has {len(text)} characters; the most is {most}", "shorten it")
    if words and len(text.split()) > words:
        page.wrong(node, f"'{name}' has {len(text.split())} words; the most is {words}", "shorten it")
    if words and len(SENTENCE.findall(text)) > SENTENCES:
        page.wrong(node, f"'{name}' has {len(SENTENCE.findall(text))} sentences; the most is {SENTENCES}", "shorten it")
    return text


# One question -----------------------------------------------------------------------------------------------

class _Reader:
    """Reads the questions of one file against the vocabulary and a checklist."""

    def __init__(self, page: Page, checklist: Checklist, topics: tuple[str, ...]) -> None:
        self.page, self.topics = page, topics
        self.checks = {c.id: c for c in checklist.checks}
        self.families = {id.partition("-")[0] for id in self.checks}
        self.values = StackPage(page.path, page.path, page.lines)

    def form(self, node: Node) -> Form | None:
        """One question, or None after noted problems."""
        page = self.page
        body = page.mapping(node, "questions")
        if body is None:
            return None
        before = len(page.problems)
        label = _label(body)
        found = page.fields(body, label, NEEDED, OTHER)
        texts: dict[str, str] = {n: _text(page, found[n], n) for n in TEXTS if n in found}
        self._id(found, texts)
        topic = page.one_of(found["topic"], "topic", self.topics or ("",)) if "topic" in found else ""
        about = page.one_of(found["about"], "about", tuple(KINDS)) if "about" in found else "system"
        check = self.checks.get(texts.get("id", ""))
        rest: dict[str, Any] = {
            "settles": self._settles(found, texts.get("id", "")), "quick": self._quick(found),
            "minutes": self._minutes(found["minutes"]) if "minutes" in found else 0.0,
            "when": read_condition(page, found["when"], Seen(about)) if "when" in found and not _always(found["when"])
            else check.when if check and check.about == about and "when" not in found else Both(),
        }
        rest |= self._listing(body, found, about, label) if "lists" in found else self._stating(body, found, about, label)
        if len(page.problems) > before:
            return None
        return Form(**texts, **rest, topic=topic, about=about, line=body.line)

    def _id(self, found: Table[str, Node], texts: Table[str, str]) -> None:
        id = texts.get("id")
        if not id or id in self.checks:
            return
        if not ID.fullmatch(id):
            self.page.wrong(found["id"], f"{shown(id)} cannot be the id of a question",
                            "write that of the check it settles, or MAP- and two digits")
        elif id.partition("-")[0] in self.families:
            self.page.wrong(found["id"], f"there is no check {id}", meant(id, self.checks) or "write MAP- and two digits")

    def _settles(self, found: Table[str, Node], id: str) -> tuple[str, ...]:
        if "settles" not in found:
            return (id,) if id in self.checks else ()
        ids = []
        for node in self.page.sequence(found["settles"], "settles"):
            text = self.page.text(node, "settles")
            if text and text not in self.checks:
                self.page.wrong(node, f"'settles' names {shown(text)}, which is no check", meant(text, self.checks))
            if text in ids:
                self.page.wrong(node, f"'settles' names {text} twice", "keep one of the two")
            ids.append(text)
        return tuple(ids)

    def _quick(self, found: Table[str, Node]) -> bool:
        if "quick" not in found:
            return False
        text = self.page.text(found["quick"], "quick")
        if text and text not in FLAGS:
            self.page.wrong(found["quick"], f"'quick' wants yes or no, not {shown(text)}", meant(text, FLAGS))
        return FLAGS.get(text, False)

    def _minutes(self, node: Node) -> float:
        text = self.page.text(node, "minutes")
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if text and not 0 < number <= MINUTES:
            self.page.wrong(node, f"'minutes' wants a number above 0, up to {MINUTES:g}, not {shown(text)}")
        return number

    # A question that lists components -----------------------------------------------------------------------

    def _listing(self, body: Mapping, found: Table[str, Node], about: str, label: str) -> dict[str, Any]:
        self._refuse(body, STATING, label, "it lists components; ask for their keys in 'columns'")
        if about != "system":
            self.page.wrong(found["about"], f"{label} lists components, so it is about the system", "write 'about: system'")
        kind = self.page.one_of(found["lists"], "lists", tuple(SECTION_OF))
        columns = self._names(found, "columns", kind, parts=False)
        if len(columns) > COLUMNS:
            self.page.wrong(found["columns"], f"'columns' has {len(columns)} keys; the most is {COLUMNS}",
                            "ask for the rest in a question of its own")
        none = found.get("none")
        empty = none is None or (isinstance(none, Scalar) and not none.text.strip())
        return {"lists": kind, "columns": columns, "none": "" if empty or none is None else _text(self.page, none, "none")}

    def _refuse(self, body: Mapping, names: tuple[str, ...], label: str, hint: str) -> None:
        for entry in body.entries:
            if entry.key.text in names:
                self.page.wrong(entry.key, f"{label} cannot have '{entry.key.text}'", hint)

    # A question that states facts ---------------------------------------------------------------------------

    def _stating(self, body: Mapping, found: Table[str, Node], about: str, label: str) -> dict[str, Any]:
        self._refuse(body, LISTING, label, "these belong to a question with 'lists'")
        if "fields" not in found:
            self.page.wrong(body, f"{label} lacks 'fields'", "name the keys that it fills, or write 'lists'")
        fields = self._names(found, "fields", about)
        needs = self._names(found, "needs", about) if "needs" in found else fields
        nodes = self.page.sequence(found["needs"], "needs") if "needs" in found else ()
        for name, node in zip(needs, nodes):
            if name not in fields and key_of(name, about) is not None:
                self.page.wrong(node, f"'needs' names {name}, which is not among the fields", meant(name, fields))
        nodes = self.page.sequence(found["choices"], "choices") if "choices" in found else ()
        choices = [c for node in nodes if (c := self._choice(node, about, fields, label)) is not None]
        if len(nodes) > CHOICES:
            self.page.wrong(found["choices"], f"{label} has {len(nodes)} choices; the most is {CHOICES}",
                            "keep those that most teams would give")
        self._refuse_same(nodes, choices)
        return {"fields": fields, "needs": needs, "choices": tuple(choices)}

    def _refuse_same(self, nodes: tuple[Node, ...], choices: list[Choice]) -> None:
        if len(nodes) != len(choices):
            return
        for i, choice in enumerate(choices):
            for other in choices[:i]:
                if choice.says == other.says:
                    self.page.wrong(nodes[i], f"two choices say {shown(choice.says)}", "say how they differ")
                elif (choice.sets, choice.adds) == (other.sets, other.adds):
                    self.page.wrong(nodes[i], f"{shown(choice.says)} states the same facts as {shown(other.says)}",
                                    "keep one of the two")

    def _choice(self, node: Node, about: str, fields: tuple[str, ...], label: str) -> Choice | None:
        page = self.page
        body = page.mapping(node, "choices")
        found = page.fields(body, f"a choice of {label}", ("says", "means", "sets"), ("adds",)) if body else {}
        if not {"says", "means", "sets"} <= set(found):
            return None
        before = len(page.problems)
        texts = {n: _text(page, found[n], n) for n in ("says", "means")}
        sets = self._sets(found["sets"], about)
        adds = self._added(found["adds"], about) if "adds" in found else None
        inside = page.mapping(found["sets"], "sets")
        for entry in inside.entries if inside else ():
            if entry.key.text in sets and entry.key.text not in fields and not (
                    about == "action" and entry.key.text in keys(about)):
                page.wrong(entry.key, f"a choice sets {entry.key.text}, which is not among the fields",
                           meant(entry.key.text, fields))
        if not sets and adds is None and len(page.problems) == before:
            page.wrong(found["sets"], "a choice states no fact", "name a key and a value")
        return None if len(page.problems) > before else Choice(**texts, sets=sets, adds=adds)

    def _added(self, node: Node, about: str) -> Added | None:
        page = self.page
        body = page.mapping(node, "adds")
        found = page.fields(body, "'adds'", ("kind", "id", "name", "refers", "sets")) if body else {}
        if len(found) < 5:
            return None
        kind = page.one_of(found["kind"], "kind", tuple(SECTION_OF))
        texts = {n: page.text(found[n], n) for n in ("id", "name", "refers")}
        for name in ("id", "name"):
            for holder in PLACEHOLDER.findall(texts[name]):
                if holder not in ASKED:
                    page.wrong(found[name], f"'{name}' names {holder}, which is not known here",
                               f"it may hold {listed(ASKED, 'and')}")
        if not SLUG.fullmatch(texts["id"].replace("{id}", "x")):
            page.wrong(found["id"], f"{shown(texts['id'])} cannot be an id", "write letters, digits, '_' and {id}")
        self._refers(found["refers"], texts["refers"], about, kind)
        return Added(kind=kind, sets=self._sets(found["sets"], kind), **texts)

    def _refers(self, node: Node, name: str, about: str, kind: str) -> None:
        key = keys(about).get(name)
        if key is None or key.refers_to != kind:
            names = [n for n, k in keys(about).items() if k.refers_to == kind]
            self.page.wrong(node, f"'refers' wants a key that names a {kind.replace('_', ' ')}, not {shown(name)}",
                            f"write {listed(names)}" if names else "")

    # Keys and values ----------------------------------------------------------------------------------------

    def _names(self, found: Table[str, Node], field: str, kind: str, *, parts: bool = True) -> tuple[str, ...]:
        names: list[str] = []
        for node in self.page.sequence(found[field], field) if field in found else ():
            name = self.page.text(node, field)
            if not name or not self._key(node, name, kind, parts=parts):
                continue
            if name in names:
                self.page.wrong(node, f"'{field}' names {name} twice", "keep one of the two")
            names.append(name)
        return tuple(names)

    def _key(self, node: Node, name: str, about: str, *, parts: bool = True) -> Key | None:
        """The key that a name means, or None after a noted problem."""
        kind, own = owner_of(name, about)
        key = key_of(name, about)
        if key is None or (part_of(own, kind) and not parts):
            hint = (f"name one of {listed(n for n in keys(kind) if n.startswith(f'{own}.'))}" if own in groups(kind)
                    else meant(own, _known(kind)))
            self.page.wrong(node, f"{Seen(kind).noun} has no key {shown(own)}", hint)
            return None
        if key.derived:
            self.page.wrong(node, f"'{own}' is worked out by the tool, so nobody is asked for it", "name a key behind it")
            return None
        return key

    def _sets(self, node: Node, about: str) -> dict[str, Any]:
        """The facts that an answer states, typed as facts hold them."""
        body = self.page.mapping(node, "sets")
        stated: dict[str, Any] = {}
        for entry in body.entries if body else ():
            key = self._key(entry.key, entry.key.text, about)
            if key is not None:
                kind, own = owner_of(entry.key.text, about)
                value = self._value(key, entry, in_record=part_of(own, kind) is not None)
                if value is not None:
                    stated[entry.key.text] = value
        return stated

    def _value(self, key: Key, entry: Entry, *, in_record: bool) -> Any:
        """The value as a fact holds it, or None after a noted problem."""
        self.values.problems.clear()
        if in_record:
            name = Scalar(key.name, entry.key.line, entry.key.column, length=entry.key.length)
            row = Mapping((Entry(name, entry.value),), entry.key.line, entry.key.column)
            value = (read_parts(self.values, "a record", {key.name: key}, row) or {}).get(key.name)
        else:
            values = [v for v, _ in read_key(self.values, key, entry.value)]
            value = (() if values == [EMPTY] else tuple(values) or None) if key.many else next(iter(values), None)
        self.page.problems += self.values.problems
        if value is None and not self.values.problems:
            self.page.wrong(entry.value, f"'{entry.key.text}' is set to nothing", "a choice states what is known")
        for id in _references(key, value):
            if id not in (NEXT, END, NONE):
                self.page.wrong(entry.value, f"'{entry.key.text}' names {shown(id)}, which no other stack has",
                                f"write none, or {NEXT} for the step that follows")
        return value


@cache
def _known(kind: str) -> tuple[str, ...]:
    """Everything that a field may name: keys, groups of keys, and parts of records."""
    parts: list[str] = []
    for name, key in keys(kind).items():
        if key.record is not None and key.many:
            inner = record_keys(key.record)
            types = ("", *(f"[{t}]" for t in (inner["type"].choices if "type" in inner else ())))
            parts += [f"{name}{t}.{part}" for t in types for part in inner]
    return (*keys(kind), *groups(kind), *parts)


def _references(key: Key, value: Any) -> tuple[str, ...]:
    """The ids that a value names."""
    items = value if isinstance(value, tuple) else () if value is None else (value,)
    if key.record is Edge:
        return tuple(str(item.to) for item in items)
    return tuple(str(item) for item in items) if key.form == "reference" else ()


def _label(body: Mapping) -> str:
    node = body.get("id")
    return node.text if isinstance(node, Scalar) and ID.fullmatch(node.text) else "a question"


def _always(node: Node) -> bool:
    """`when: {}`: of every component, whatever the check of the same id says."""
    return isinstance(node, Mapping) and not node.entries
