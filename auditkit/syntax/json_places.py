"""JSON text to plain values that remember the lines of their objects and members.

Values come from the standard library's scanner; a second, light pass over the brackets finds where every object
starts and ends, and members are looked up only when somebody asks for their line. A text that is not JSON to its
last character is refused with its place; nothing of it is guessed.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from auditkit.syntax.patterns import later

MOST_DEPTH = 200
"""Values nested deeper than this are refused: no real file has them, and readers of trees break on them."""
MOST_DIGITS = 400

_BRACKET = later(r'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+([\[\]{}])', re.DOTALL)
_KEY = later(r'[\s,]*+("(?:[^"\\]++|\\.)*+")\s*+:\s*+', re.DOTALL)
_SCALAR = later(r'"(?:[^"\\]++|\\.)*+"|[^,\]}]*+', re.DOTALL)


class Object(dict[str, Any]):
    """An object of the text: a dict that knows where its opening brace stands, as an offset."""

    __slots__ = ("start",)
    start: int


@dataclass(frozen=True)
class Broken:
    """Why a text is not JSON, and where: line and column from 1."""

    line: int
    column: int
    reason: str


@dataclass
class Document:
    """The value of a text, and the lines of its parts."""

    text: str
    value: Any
    ends: dict[int, int]
    """Where the bracket that opens at an offset is closed."""
    breaks: list[int]
    _members: dict[int, dict[str, int]] = field(default_factory=dict)

    def line(self, at: Object, *path: str) -> int:
        """The line (from 1) of an object, or of the member that `path` leads to; where the path ends, of its last part."""
        offset = at.start
        value: Any = at
        for key in path:
            if not isinstance(value, Object):
                break
            found = self._offsets(value).get(key)
            if found is None:
                break
            offset, value = found, value.get(key)
        return bisect_right(self.breaks, offset - 1) + 1

    def _offsets(self, at: Object) -> dict[str, int]:
        """Where the keys of an object stand; of a key that stands twice, the one that counts (the last)."""
        known = self._members.get(at.start)
        if known is not None:
            return known
        found: dict[str, int] = {}
        place = at.start + 1
        while match := _KEY.match(self.text, place):
            key = match[1]
            found[json.loads(key) if "\\" in key else key[1:-1]] = match.start(1)
            value = match.end()
            end = self.ends.get(value)
            place = end + 1 if end is not None else self._scalar(value)
        self._members[at.start] = found
        return found

    def _scalar(self, place: int) -> int:
        match = _SCALAR.match(self.text, place)
        return match.end() if match else place


def parse(text: str) -> Document | Broken:
    """The value of a JSON text, or why it is none."""
    text = text.removeprefix("\ufeff")
    spans = _spans(text)
    if isinstance(spans, Broken):
        return spans
    ends, closed = spans
    order = iter(closed)

    def made(pairs: list[tuple[str, Any]]) -> Object:
        found = Object(pairs)
        found.start = next(order, 0)
        return found

    try:
        value = json.loads(text, object_pairs_hook=made, parse_constant=_no_number, parse_int=_integer)
    except json.JSONDecodeError as error:
        return _broken(text, error)
    newline = "\n" if "\n" in text else "\r"
    return Document(text, value, ends, [m.start() for m in re.finditer(newline, text)])


def _no_number(word: str) -> None:
    """NaN and Infinity are no JSON, and say nothing: read as null."""


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= MOST_DIGITS else float(digits)


def _spans(text: str) -> tuple[dict[int, int], list[int]] | Broken:
    """The end of every bracket by its start, and the starts of objects in the order in which they are closed."""
    ends: dict[int, int] = {}
    closed: list[int] = []
    open_at: list[int] = []
    place, match_at = 0, _BRACKET.match
    while match := match_at(text, place):
        place = match.end()
        bracket = match[1]
        if bracket in "{[":
            open_at.append(place - 1)
            if len(open_at) > MOST_DEPTH:
                return Broken(*_position(text, place - 1), f"values are nested more than {MOST_DEPTH} deep")
        elif open_at:
            start = open_at.pop()
            ends[start] = place - 1
            if bracket == "}":
                closed.append(start)
    return ends, closed


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")


def _broken(text: str, error: json.JSONDecodeError) -> Broken:
    rest = text[error.pos :].strip()
    if not text.strip():
        return Broken(1, 1, "the file is empty")
    if not rest:
        return Broken(error.lineno, error.colno, "the text ends before the JSON does (cut off)")
    said = {
        "Extra data": "something follows after the end of the JSON",
        "Expecting value": "a value is missing or is no JSON",
        "Expecting ',' delimiter": "a comma is missing",
        "Expecting ':' delimiter": "a colon is missing",
        "Expecting property name enclosed in double quotes": "a name in double quotes is missing",
        "Invalid control character": "a text holds a line break or a control character",
        "Unterminated string starting at": "a text is not closed (the file may be cut off)",
    }
    reason = next((words for start, words in said.items() if error.msg.startswith(start)), error.msg[:1].lower() + error.msg[1:])
    return Broken(error.lineno, error.colno, reason)
