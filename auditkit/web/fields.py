"""Keys of the vocabulary as inputs of a form, and what was typed as the values that facts hold.

What is typed is read by the reader of stack files, so that a page accepts and refuses what a file does. Every input
goes along with what it showed, so that only what somebody changed is stated.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from auditkit.errors import InputError, Problem
from auditkit.formats.numbers import first_up
from auditkit.formats.statements import key_words
from auditkit.model.base import Frozen
from auditkit.model.facts import EMPTY, Stack
from auditkit.model.keys import Key, record_keys
from auditkit.model.vocabulary import NONE, Edge, Rate
from auditkit.sources.questionnaire.asks import ASKS
from auditkit.sources.stack_file.page import Page
from auditkit.sources.stack_file.records import END, read_key
from auditkit.syntax import documents
from auditkit.syntax.documents import Node, Scalar
from auditkit.web.posted import Posted, lines

Kind = Literal["select", "text", "area", "date", "checks", "rate", "records"]

SPARE = 1
"""Empty records below the filled ones."""
MOST_RECORDS = 40
COUNTS, SHARE = "171 of 200", 0.85
_LONG = 200
_HINTS = {"rate": f"{SHARE}, or {COUNTS}", "whole": "a whole number", "number": "a number"}
_WORD_OF = {True: "yes", False: "no"}


@dataclass(frozen=True)
class Option:
    """One value that can be chosen."""

    value: str
    words: str
    on: bool = False
    means: str = ""


@dataclass(frozen=True)
class Input:
    """One input. `was` is what it shows, to tell later what somebody changed; `rows` are the records of a set. `label` is a
    sentence, `short` one to three words, `help` what else the vocabulary says, with its example."""

    name: str
    label: str
    kind: Kind
    short: str = ""
    value: str = ""
    hint: str = ""
    help: str = ""
    options: tuple[Option, ...] = ()
    rows: tuple[tuple[Input, ...], ...] = ()
    none: bool | None = None
    """Whether "there is none" is ticked; None where it cannot be said."""
    was: str = ""
    mode: str = "text"

    @property
    def id(self) -> str:
        """The element's id."""
        return "".join(c if c.isalnum() or c in "_-" else "." for c in self.name)

    @property
    def explained(self) -> bool:
        """Whether its options say what they mean."""
        return any(o.means for o in self.options)

    @property
    def laid_out(self) -> bool:
        """Whether its options stand side by side or below each other, where there is room: few, or explained."""
        plain = {o.value for o in self.options} == {"yes", "no"}
        return self.kind == "select" and (plain or self.explained)


# Showing ---------------------------------------------------------------------------------------------------

def input_of(name: str, key: Key, known: Any, stack: Stack) -> Input:
    """The input for one key, with what is known of it; None where nothing is known."""
    made = _shaped(name, key, known, stack)
    made = replace(made, label=_doc(key), short=_short(key), help=_help(key, made.kind, known))
    return replace(made, was=json.dumps(_shown(made), ensure_ascii=False))


def _doc(key: Key) -> str:
    """What the key asks, as the label of its input."""
    return ASKS.get((key.kind, key.name)) or _plain(key.doc.partition("; ")[0]) or _short(key)


def _help(key: Key, kind: Kind, known: Any) -> str:
    """What the vocabulary says beyond the label, and its example where nothing is known yet."""
    rest = "" if (key.kind, key.name) in ASKS else _plain(key.doc.partition("; ")[2])
    parts = [f"{first_up(rest)}."] if rest and kind in ("text", "area", "date") else []
    if kind in ("text", "area", "rate") and key.example is not None and known is None:
        one = key.example if isinstance(key.example, list) else [key.example]
        other = f", or a share such as {SHARE}" if kind == "rate" else ""
        parts.append(f"{'One a line, for' if key.many else 'For'} example {', '.join(map(_example, one))}{other}")
    return " ".join(parts)


def _plain(text: str) -> str:
    return text.replace("`", "").replace("[]", "none").rstrip(".")


def _example(value: Any) -> str:
    """An example as somebody would type it: `46 of 50`."""
    if isinstance(value, dict):
        return f"{value.get('successes')} of {value.get('runs')}"
    return _words(value).rstrip(".") if value != SHARE else COUNTS


def _short(key: Key) -> str:
    return key_words(key.name.rpartition(".")[2]).capitalize()


def _shaped(name: str, key: Key, known: Any, stack: Stack) -> Input:
    base = Input(name, "", "text", hint=_HINTS.get(key.form, ""))
    if key.record is Rate and not key.many:
        parts = record_keys(Rate)
        by = known.known_by if isinstance(known, Rate) else None
        return replace(base, kind="rate", value=_rate_words(known), hint=_HINTS["rate"],
                       options=tuple(Option(c, c, c == by, m) for c, m in parts["known_by"].means))
    if key.record is not None:
        return _records(base, key, known, stack)
    if key.many:
        return _several(base, key, known, stack)
    if key.form in ("choice", "flag", "reference"):
        return replace(base, kind="select", options=_options(key, (known,) if known is not None else (), stack), hint="")
    if key.form == "date":
        return replace(base, kind="date", value=_words(known))
    mode = "decimal" if key.form in ("whole", "number") else "text"
    kind: Kind = "area" if key.form == "text" and (key.max_length or 0) > _LONG else "text"
    return replace(base, kind=kind, value=_words(known), mode=mode)


def _several(base: Input, key: Key, known: Any, stack: Stack) -> Input:
    items = known if isinstance(known, tuple) else ()
    none = known == ()
    if key.form in ("choice", "reference"):
        options = tuple(o for o in _options(key, items, stack) if o.value != NONE or NONE in key.choices)
        can_be_none = NONE not in key.choices
        return replace(base, kind="checks", options=options, none=none if can_be_none else None)
    text = "\n".join(_words(item) for item in items)
    return replace(base, kind="area", value=text, hint="one a line", none=none)


def _options(key: Key, chosen: Iterable[Any], stack: Stack) -> tuple[Option, ...]:
    on, means = {_words(c) for c in chosen}, dict(key.means)
    if key.form == "flag":
        values = [("yes", "yes"), ("no", "no"), *((w, w) for w in key.words)]
    elif key.form == "choice":
        values = [(c, c.replace("_", " ")) for c in key.choices]
    else:
        values = [(r.id, stack.title(r)) for r in stack.by_kind[key.refers_to or ""]] + [(NONE, "none")]
        values += [(v, v) for v in on if v not in {x for x, _ in values}]
    return tuple(Option(value, words, value in on, means.get(value, "")) for value, words in values)


def _records(base: Input, key: Key, known: Any, stack: Stack) -> Input:
    """A set of records as rows of inputs, one empty row below; a lone record as one row."""
    assert key.record is not None
    parts = record_keys(key.record)
    items = known if isinstance(known, tuple) else () if known is None else (known,)
    blank = SPARE if key.many else max(0, 1 - len(items))
    rows = tuple(_record(f"{base.name}/{i}", parts, item, stack, key) for i, item in enumerate([*items, *[None] * blank]))
    return replace(base, kind="records", rows=rows, hint="", none=known == () if key.many and key.record is not Edge else None)


def _record(name: str, parts: dict[str, Key], item: Frozen | None, stack: Stack, key: Key) -> tuple[Input, ...]:
    found = []
    for part in parts.values():
        made = _shaped(f"{name}/{part.name}", part, getattr(item, part.name, None), stack)
        if key.record is Edge and part.name == "to":
            on = getattr(item, "to", None)
            ways = [Option(r.id, f"{i} {stack.title(r)}", r.id == on) for i, r in enumerate(stack.by_kind["step"], 1)]
            made = replace(made, options=(*ways, Option(END, "the end", on == END)))
        found.append(replace(made, label=_doc(part), short=_short(part)))
    return tuple(found)


def _words(value: Any) -> str:
    """A value as somebody would type it."""
    if value is None or value == EMPTY:
        return ""
    if isinstance(value, bool):
        return _WORD_OF[value]
    if isinstance(value, float):
        return f"{value:.6g}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _rate_words(known: Any) -> str:
    if not isinstance(known, Rate):
        return ""
    if known.runs and known.successes is not None:
        return f"{known.successes} of {known.runs}"
    return _words(known.rate)


def _shown(made: Input) -> Any:
    """What an input shows, in the shape in which it comes back."""
    if made.kind == "select":
        return next((o.value for o in made.options if o.on), "")
    if made.kind == "checks":
        return [sorted(o.value for o in made.options if o.on), bool(made.none)]
    if made.kind == "rate":
        return [made.value, next((o.value for o in made.options if o.on), "")]
    if made.kind == "records":
        rows = [{part.name.rpartition("/")[2]: _shown(part) for part in row} for row in made.rows]
        return [[row for row in rows if any(_says(v) for v in row.values())], bool(made.none)]
    return [made.value, bool(made.none)] if made.none is not None else made.value


def _says(value: Any) -> bool:
    return any(_says(v) for v in value) if isinstance(value, list) else bool(value)


# Reading ---------------------------------------------------------------------------------------------------

_UNCHANGED: Any = object()


def changed(name: str, key: Key, posted: Posted, stack: Stack) -> tuple[bool, Any]:
    """Whether somebody changed an input, and its value then: None where it was emptied. Raises InputError."""
    if not posted.has(name):
        return False, None
    blank = _shaped(name, key, None, stack)
    raw = _raw(blank, key, posted)
    if json.dumps(raw, ensure_ascii=False) == posted.one(f"was:{name}"):
        return False, None
    return True, _read(key, _node(blank, key, raw))


def _raw(blank: Input, key: Key, posted: Posted) -> Any:
    """What came back, in the shape of `_shown`."""
    name, none = blank.name, bool(posted.one(f"{blank.name}/none"))
    if blank.kind == "checks":
        return [sorted(posted.all(name)), none]
    if blank.kind == "rate":
        return [posted.one(name), posted.one(f"{name}/known_by")]
    if blank.kind == "records":
        return [_raw_rows(name, key, posted), none]
    return [posted.one(name), none] if blank.none is not None else posted.one(name)


def _raw_rows(name: str, key: Key, posted: Posted) -> list[dict[str, Any]]:
    assert key.record is not None
    numbers = sorted({int(n.partition("/")[0]) for n, _ in posted.under(f"{name}/")
                      if n.partition("/")[0].isdigit() and len(n.partition("/")[0]) < 4})[:MOST_RECORDS]
    rows = []
    for number in numbers:
        row = {}
        for part in record_keys(key.record).values():
            blank = _shaped(f"{name}/{number}/{part.name}", part, None, Stack(name=""))
            row[part.name] = _raw(blank, part, posted)
        if any(_says(v) for v in row.values()):
            rows.append(row)
    return rows


def _node(blank: Input, key: Key, raw: Any) -> Node | None:
    """What came back as a stack file would say it; None for nothing."""
    if blank.kind == "records":
        return _rows_node(key, *raw)
    if blank.kind == "checks":
        chosen, none = raw
        return _list(map(_scalar, chosen)) if chosen or none else None
    if blank.kind == "rate":
        return _rate_node(*raw)
    if blank.none is not None:
        text, none = raw
        items = lines(text)
        if len(items) == 1 and key.form in ("whole", "number"):
            items = [x.strip() for x in items[0].split(",")]
        return _list(map(_scalar, items)) if items or none else None
    return _scalar(raw) if raw else None


def _rate_node(text: str, by: str) -> Node | None:
    if not text:
        return None
    if by and " of " not in text and "/" not in text:
        return _mapping({"rate": _scalar(text), "known_by": _scalar(by)})
    return _scalar(text)


def _rows_node(key: Key, rows: Sequence[dict[str, Any]], none: bool) -> Node | None:
    assert key.record is not None
    parts = record_keys(key.record)
    nodes = []
    for row in rows:
        found = {n: node for n, raw in row.items()
                 if (node := _node(_shaped(n, parts[n], None, Stack(name="")), parts[n], raw)) is not None}
        nodes.append(_mapping(found))
    if not key.many:
        return nodes[0] if nodes else None
    return _list(nodes) if nodes or none else None


def _read(key: Key, node: Node | None) -> Any:
    if node is None:
        return None
    page = Page("", "", [])
    values = [value for value, _ in read_key(page, key, node)]
    if page.problems:
        name = key_words(key.name)
        raise InputError(*(Problem(name, 0, p.text, p.hint) for p in page.problems))
    if key.many:
        return () if values == [EMPTY] else tuple(values) or None
    return values[0] if values else None


def _scalar(text: str) -> Scalar:
    return Scalar(text, 0, 0, quoted=True, length=len(text))


def _list(items: Iterable[Node]) -> Node:
    return documents.Sequence(tuple(items), 0, 0)


def _mapping(table: dict[str, Any]) -> Node:
    return documents.Mapping(tuple(documents.Entry(_scalar(k), v) for k, v in table.items()), 0, 0)


# Showing again what was typed ------------------------------------------------------------------------------

def retyped(made: Input, key: Key, posted: Posted, stack: Stack) -> Input:
    """An input with what somebody typed in it, right or wrong: nothing that was typed is lost."""
    if not posted.has(made.name):
        return made
    none = None if made.none is None else bool(posted.one(f"{made.name}/none"))
    if made.kind == "records" and key.record is not None:
        parts = record_keys(key.record)
        raw = _raw_rows(made.name, key, posted)
        rows = []
        for i, row in enumerate([*raw, {}]):
            blank = _record(f"{made.name}/{i}", parts, None, stack, key)
            rows.append(tuple(_filled(part, row.get(part.name.rpartition("/")[2])) for part in blank))
        return replace(made, rows=tuple(rows), none=none)
    return replace(_filled(made, _raw(made, key, posted)), none=none)


def _filled(made: Input, raw: Any) -> Input:
    """An input that shows a raw value."""
    if raw is None or made.kind == "records":
        return made
    if made.kind == "checks":
        return replace(made, options=tuple(replace(o, on=o.value in raw[0]) for o in made.options))
    if made.kind == "select":
        return replace(made, options=tuple(replace(o, on=o.value == raw) for o in made.options))
    if made.kind == "rate":
        return replace(made, value=raw[0], options=tuple(replace(o, on=o.value == raw[1]) for o in made.options))
    return replace(made, value=raw[0] if isinstance(raw, list) else raw)
