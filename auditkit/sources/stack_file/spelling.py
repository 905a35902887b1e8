"""Values as YAML text that a person would write: plain where that is safe, quoted where it is not, never too wide."""

from __future__ import annotations

import re
import textwrap
from datetime import date

from auditkit.syntax.patterns import later

WIDTH = 110
"""No line that is written is wider."""

_PLAIN = later(r"[A-Za-z0-9_./$€(+][^\x00-\x1f\x7f-\xa0]*")
_TYPED = later(
    r"(?i:true|false|yes|no|on|off|y|n|null|none|unknown|~|\.inf|\.nan)|[-+.0-9][-+.0-9_:eExXoO a-fA-F]*%?"
)
_BREAKS = later(r": |:$| #|^[-?:] |[\s]$|^\s|  |\t")
_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
COMMENT = later("[^\x20-\x7e\xa1-\u2027\u202f-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class Word(str):
    """A word of the vocabulary: written plain, whatever YAML of old took it for."""

    __slots__ = ()


Plain = str | bool | int | float | date | list["Plain"] | dict[str, "Plain"]


def inline(value: Plain, *, inside: bool = False) -> str:
    """A value on one line; `inside` brackets, where commas mean something."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Word():
            return str(value)
        case str():
            return text(value, inside=inside)
        case float():
            return f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else repr(value)
        case int():
            return str(value)
        case date():
            return value.isoformat()
        case list():
            return f"[{', '.join(inline(v, inside=True) for v in value)}]"
        case dict():
            return f"{{{', '.join(f'{text(k, inside=True)}: {inline(v, inside=True)}' for k, v in value.items())}}}"


def text(value: str, *, inside: bool = False) -> str:
    """A text on one line, in quotes where a reader or a parser could take it for something else."""
    plain = _PLAIN.fullmatch(value) and not _BREAKS.search(value) and not _TYPED.fullmatch(value)
    if plain and not (inside and re.search(r"[,\[\]{}]", value)) and _escaped(value) == list(value):
        return value
    return f'"{"".join(_escaped(value))}"'


def _escaped(value: str) -> list[str]:
    """The characters of a text as they stand between double quotes."""
    return [_SHORT.get(c) or (_code(c) if COMMENT.match(c) or c == "\xa0" else c) for c in value]


def _code(c: str) -> str:
    n = ord(c)
    return f"\\x{n:02x}" if n < 0x100 else f"\\u{n:04x}" if n < 0x10000 else f"\\U{n:08x}"


def entry(name: str, value: Plain, indent: int, comment: str = "") -> list[str]:
    """The lines of `name: value`, the comment behind it where it fits, else above it."""
    pad = " " * indent
    head = f"{pad}{text(name, inside=True)}:"
    line = f"{head} {inline(value)}"
    if len(line) <= WIDTH:
        rows = [line]
    elif isinstance(value, dict):
        rows = [head, *(row for k, v in value.items() for row in entry(k, v, indent + 2))]
    elif isinstance(value, list):
        rows = [head, *(row for item in value for row in list_item(item, indent + 2))]
    else:
        rows = _folded(str(value), f"{head} ", indent + 2)
    return remarked(rows, comment, indent)


def remarked(rows: list[str], comment: str, indent: int) -> list[str]:
    """Lines with a comment: behind a single line where it fits, else above."""
    if not comment:
        return rows
    if len(rows) == 1 and max(len(rows[0]), 32) + 4 + len(one_line(comment)) <= WIDTH:
        return [f"{rows[0]:<32}  # {one_line(comment)}"]
    return [*comment_lines(comment, indent), *rows]


def list_item(value: Plain, indent: int) -> list[str]:
    """The lines of one item of a list."""
    pad = " " * indent
    line = f"{pad}- {inline(value)}"
    if len(line) <= WIDTH:
        return [line]
    if isinstance(value, dict):
        rows = [row for k, v in value.items() for row in entry(k, v, indent + 2)]
        return [f"{pad}- {rows[0].lstrip()}", *rows[1:]]
    return _folded(str(value), f"{pad}- ", indent + 2)


def _folded(value: str, head: str, indent: int) -> list[str]:
    """A long text between double quotes over several lines; each break is a space, or escaped."""
    pad = " " * indent
    rows: list[str] = []
    row, start, space = f'{head}"', len(head) + 1, -1
    parts = _escaped(value)
    for i, part in enumerate(parts):
        if len(row) + len(part) > WIDTH - 2:
            if space >= 0:
                rows.append(row[:space])
                row = pad + row[space + 1:]
            else:
                rows.append(row + "\\")
                row = pad + ("\\" if part == " " else "")
            start, space = len(pad), -1
        if part == " " and len(row) > start and row[-1] not in " \\" and i + 1 < len(parts) and parts[i + 1] not in (" ", "\\t"):
            space = len(row)
        row += part
    return [*rows, row + '"']


def one_line(value: str) -> str:
    """A text as it can stand in a comment: one line, nothing that steers an editor."""
    return " ".join(COMMENT.sub(" ", value.replace("\u00a0", " ")).split())


def comment_lines(value: str, indent: int, width: int = WIDTH) -> list[str]:
    """A comment over as many lines as it needs."""
    pad = f"{' ' * indent}# "
    return [pad + row for row in textwrap.wrap(one_line(value), width - len(pad), break_on_hyphens=False)] or [pad.rstrip()]
