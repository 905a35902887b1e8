"""YAML and JSON text to nodes with places. Values stay text as written; what they mean is not known here.

`on` is the text "on" and `12:30` is "12:30". Aliases, tags, merge keys and duplicate keys are refused, since
each of them lets a file say something other than what a reader sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import yaml

from auditkit.errors import InputError, Problem
from auditkit.syntax.broken import explain
from auditkit.syntax.patterns import later
from auditkit.syntax.words import QUOTED, bare, hide_secrets, shown

MAX_BYTES = 5_000_000
MAX_DEPTH = 20
MAX_NODES = 1_000_000
MAX_PROBLEMS = 200

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FORBIDDEN = later(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_ESCAPED = later("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_PAIR = later(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_BREAK = later("\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value, as text; `length` is how much of its first line it fills."""

    text: str
    line: int
    column: int
    quoted: bool = False
    length: int = 0

    @property
    def empty(self) -> bool:
        """Nothing was written, or YAML's and JSON's word for nothing."""
        return not self.text.strip() or (not self.quoted and self.text in ("~", "null", "Null", "NULL"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` line of a mapping."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values, in the order of the file; every key once."""

    entries: tuple[Entry, ...]
    line: int
    column: int

    def get(self, name: str) -> Node | None:
        """The value under a key, or None."""
        return next((e.value for e in self.entries if e.key.text == name), None)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    line: int
    column: int


Node = Scalar | Mapping | Sequence


def parse(source: str | bytes, path: str) -> Mapping:
    """The mapping that a YAML or JSON file holds. Raises InputError with every problem found."""
    text = decode(source, path)
    problems = _characters(text, path)
    if problems:
        raise InputError(*problems)
    builder = _Builder(path, text)
    top = builder.build()
    if top is None and not builder.problems:
        builder.add(0, 0, 0, "the file is empty", "'auditkit init' writes one to start from")
    elif isinstance(top, Scalar | Sequence):
        what = "a list" if isinstance(top, Sequence) else "plain text"
        builder.add(
            top.line,
            top.column,
            1,
            f"the file is {what}, not keys with values",
            "begin with a line such as 'name: value'",
        )
    if builder.problems or not isinstance(top, Mapping):
        raise InputError(*sorted(builder.problems, key=lambda p: (p.line, p.column)))
    return top


def decode(source: str | bytes, path: str) -> str:
    """The text of a file: UTF-8 (a byte-order mark is dropped), up to 5 MB. Raises InputError."""
    if len(source) > MAX_BYTES:
        raise InputError(Problem(path, 0, "the file has more than 5 MB", "is this the right file?"))
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    if source[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(Problem(path, 0, "the file is saved as UTF-16", "save it as UTF-8"))
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = source[: error.start]
        line = len(_BREAK.findall(before.decode("utf-8", "replace"))) + 1
        raise InputError(
            Problem(path, line, "a character here is not UTF-8", "save the file as UTF-8")
        ) from None


def lines_of(text: str) -> list[str]:
    """The lines of a text as an editor counts them."""
    return _BREAK.split(text)


def excerpt(text: str | list[str], line: int, column: int = 0) -> str:
    """Line `line` (from 1) of a text or its lines, cut 40 characters after `column`; credentials are starred.

    Without a column the first 120 characters; "" when there is no such line.
    """
    rows = lines_of(text) if isinstance(text, str) else text
    if not 1 <= line <= len(rows):
        return ""
    row = hide_secrets(rows[line - 1][:2000].rstrip()).replace("\t", " ")
    most = column - 1 + QUOTED if column else 120
    return row if len(row) <= most else row[:most] + "…"


def _characters(text: str, path: str) -> list[Problem]:
    found = []
    for match in islice(_FORBIDDEN.finditer(text), 20):
        before = text[: match.start()]
        line = len(_BREAK.findall(before)) + 1
        column = match.start() - max(before.rfind("\n"), before.rfind("\r"))
        code = f"a control character (U+{ord(match[0]):04X}) stands here"
        row = "".join(c if c.isprintable() else " " for c in excerpt(text, line, column))
        found.append(Problem(path, line, code, "delete it, or retype the line", column, 1, row))
    return found


def _events(text: str) -> Iterator[Any]:
    """The library's events one by one, so that hostile input is not read to its end."""
    if text.lstrip()[:1] in ("{", "["):  # JSON: tabs may indent, and characters come as surrogate pairs
        text = re.sub(r"(?m)^[ \t]+", lambda m: " " * len(m[0]), text)
        text = _PAIR.sub(_joined, text)
    loader = _Loader(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


def _joined(match: re.Match[str]) -> str:
    high, low = int(match[0][2:6], 16), int(match[0][8:12], 16)
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + low - 0xDC00:08x}"


class _Stop(Exception):
    """Reading on would only repeat the problem."""


class _Builder:
    """Builds nodes from events and collects what is refused on the way."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        self.problems: list[Problem] = []
        self.nodes = 0
        self._lines: list[str] | None = None

    def add(self, line: int, column: int, length: int, text: str, hint: str) -> None:
        if self._lines is None:
            self._lines = lines_of(self.text)
        if len(self.problems) >= MAX_PROBLEMS:
            raise _Stop
        self.problems.append(
            Problem(
                self.path,
                line,
                text,
                hint,
                column,
                length,
                excerpt(self._lines, line, column) if line else "",
            )
        )

    def build(self) -> Node | None:
        top: Node | None = None
        events = _events(self.text)
        try:
            for event in events:
                if isinstance(event, yaml.DocumentStartEvent):
                    if top is not None:
                        self._mark(
                            event,
                            "a second document starts here ('---')",
                            "one file describes one workflow; split the file",
                        )
                        break
                elif isinstance(event, yaml.NodeEvent):
                    top = self._node(event, events, 1)
        except _Stop:
            pass
        except yaml.YAMLError as error:
            self._broken(error)
        return None if isinstance(top, Scalar) and top.empty else top

    def _broken(self, error: yaml.YAMLError) -> None:
        if self._lines is None:
            self._lines = lines_of(self.text)
        self.add(*explain(error, self._lines))

    def _mark(self, event: Any, text: str, hint: str, length: int = 0) -> None:
        mark = event.start_mark
        end = event.end_mark
        if not length and end.line == mark.line:
            length = end.column - mark.column
        self.add(mark.line + 1, mark.column + 1, max(length, 1), text, hint)

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        self.nodes += 1
        if depth > MAX_DEPTH:
            self._mark(event, f"values are nested more than {MAX_DEPTH} deep", "write it flatter")
            raise _Stop
        if self.nodes > MAX_NODES:
            self._mark(event, f"the file holds more than {MAX_NODES:,} values", "split the file")
            raise _Stop
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        self._refuse(event)
        if isinstance(event, yaml.AliasEvent):
            return Scalar("", line, column)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, line, column)
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                items.append(self._node(event, events, depth + 1))
            return Sequence(tuple(items), line, column)
        return self._mapping(events, line, column, depth)

    def _refuse(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            text = f"'*{bare(event.anchor or '')}' points at another place of the file"
            self._mark(event, text, "write the value out here")
            return
        if event.anchor is not None:
            text = f"'&{bare(event.anchor)}' gives a value a label, which is not read here"
            hint = "take it out, or put a text with '&' in quotes"
            self._mark(event, text, hint, len(event.anchor) + 1)
        if event.tag is not None:
            hint = "take it out, or put a text with '!' in quotes"
            self._mark(event, "a value starts with a tag ('!')", hint)

    def _scalar(self, event: Any, line: int, column: int) -> Scalar:
        text = event.value
        end = event.end_mark
        length = end.column - column + 1 if end.line == line - 1 else len(text.partition("\n")[0])
        if event.style == '"' and (bad := _ESCAPED.search(text)):
            self._mark(
                event, f"a text holds a control character (U+{ord(bad[0]):04X})", "take its escape out"
            )
        return Scalar(text, line, column, bool(event.style), max(length, 1) if text else length)

    def _mapping(self, events: Iterator[Any], line: int, column: int, depth: int) -> Mapping:
        entries: list[Entry] = []
        first: dict[str, int] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._node(event, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(key, Scalar):
                what = "a list" if isinstance(key, Sequence) else "keys and values"
                hint = "put a text with brackets in quotes"
                self.add(key.line, key.column, 1, f"a key must be text, not {what}", hint)
            elif not key.text:
                self.add(key.line, key.column, 1, "a value has no key", "write 'key: value'")
            elif key.text == "<<" and not key.quoted:
                hint = "write the keys out here"
                self.add(key.line, key.column, 2, "'<<' copies keys from another place", hint)
            elif key.text in first:
                text = f"{shown(key.text)} stands twice, on lines {first[key.text]} and {key.line}"
                self.add(key.line, key.column, key.length, text, "keep one of the two")
            else:
                first[key.text] = key.line
                entries.append(Entry(key, value))
        return Mapping(tuple(entries), line, column)
