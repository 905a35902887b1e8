"""Single values: text as written, made into what its key holds, or a problem with a hint one can type."""

from __future__ import annotations

import re
from typing import Any

from auditkit.model.keys import Key
from auditkit.sources.stack_file.dates import read_date
from auditkit.sources.stack_file.page import Page, what
from auditkit.syntax.documents import Node, Scalar
from auditkit.syntax.patterns import later
from auditkit.syntax.words import bare, hide_secrets, listed, shown

FLAGS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_NUMBER = later(r"[+-]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]{1,3})?")
_PERCENT = later(rf"({_NUMBER.pattern})\s*%")
_CLOCK = later(r"([0-9]{1,4}):([0-5][0-9])(?::([0-5][0-9]))?")
_COMMAS = later(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_DECIMAL_COMMA = later(r"[+-]?[0-9]*,[0-9]+")
_UNIT = later(rf"\D{{0,3}}?({_NUMBER.pattern})\s*([A-Za-z$€£¥]*)")
_SECONDS = {
    "ms": 0.001,
    "s": 1,
    "sec": 1,
    "secs": 1,
    "second": 1,
    "seconds": 1,
    "m": 60,
    "min": 60,
    "mins": 60,
    "minute": 60,
    "minutes": 60,
    "h": 3600,
    "hour": 3600,
    "hours": 3600,
    "d": 86400,
    "day": 86400,
    "days": 86400,
    "week": 604800,
    "weeks": 604800,
}
_UNITS = (
    ("_s", "seconds", 1),
    ("seconds", "seconds", 1),
    ("minutes", "minutes", 60),
    ("days", "days", 86400),
)
_COUNTED = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_MOST = 1e15
_CONTROL = later("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def read_value(page: Page, key: Key, node: Node) -> Any:
    """The value of one item of a key, or None after a noted problem. References come back as text."""
    if not isinstance(node, Scalar):
        page.wrong(node, f"{key.name} wants one value, not {what(node)}")
        return None
    if node.empty:
        words = (*key.choices, *key.words)
        none = ", 'none'" if "none" in words or key.form == "reference" else ""
        page.wrong(node, f"{key.name} has no value", f"write one{none} or 'unknown'")
        return None
    text = node.text.strip()
    match key.form:
        case "flag":
            return _flag(page, key, node, text)
        case "choice":
            return _choice(page, key, node, text)
        case "whole" | "number":
            return _number(page, key, node, text)
        case "date":
            return read_date(page, key.name, node, text)
        case _:
            said = read_text(page, key.name, node, key.max_length)
            if said is None or _checksum(key, said):     # a checksum looks like a key and is none
                return said
            return hide_secrets(said)     # a report goes to many hands


def _checksum(key: Key, said: str) -> bool:
    return key.name == "sha256" or (key.name == "commit" and re.fullmatch(r"[0-9a-f]{7,64}", said) is not None)


def read_text(page: Page, name: str, node: Node, most: int | None = 600) -> str | None:
    """A text without control characters, up to `most` characters long."""
    if not isinstance(node, Scalar):
        page.wrong(node, f"{name} wants text, not {what(node)}")
    elif node.empty:
        page.wrong(node, f"{name} has no value", "write one, or take the line out")
    elif _CONTROL.search(node.text):
        page.wrong(node, f"{name} holds a control character", "delete it, or retype the text")
    elif most and len(node.text.strip()) > most:
        page.wrong(
            node, f"{name} is {len(node.text.strip()):,} characters long; the most is {most}", "shorten it"
        )
    else:
        return node.text.strip()
    return None


def _flag(page: Page, key: Key, node: Scalar, text: str) -> bool | str | None:
    if text in key.words:
        return text
    if text.lower() in FLAGS:
        return FLAGS[text.lower()]
    words = ("yes", "no", *key.words)
    guess = {"y": "yes", "1": "yes", "n": "no", "0": "no", "none": "no", "never": "no", "always": "yes"}.get(
        text.lower()
    )
    if guess is None and re.match(r"[0-9.]", text) and key.name == "timeout":
        hint = f"write 'timeout: yes' and 'timeout_s: {bare(text)}'"
    else:
        hint = f"did you mean '{guess}'?" if guess else page.meant(text, words)
    page.wrong(node, f"{key.name} wants {listed(words)}, not {shown(text)}", hint)
    return None


def _choice(page: Page, key: Key, node: Scalar, text: str) -> str | None:
    if text in key.choices:
        return text
    flag = FLAGS.get(text.lower())
    guess = None if flag is None else ("yes" if flag else "no")
    if guess not in key.choices:
        guess = "none" if guess == "no" and "none" in key.choices else page.guess(text, key.choices)
    page.wrong(
        node,
        f"{key.name} cannot be {shown(text)}",
        f"did you mean '{guess}'?" if guess else f"choose {listed(key.choices)}",
    )
    return None


def as_number(text: str) -> float | None:
    """A number as written (`.85`, `1_000`, `1e3`), or None."""
    if not _NUMBER.fullmatch(text) or len(text) > 40:
        return None
    try:
        return float(text)
    except ValueError:  # 1__000
        return None


def as_percent(text: str) -> float | None:
    """`85%` as .85, or None."""
    match = _PERCENT.fullmatch(text) if len(text) < 40 else None
    number = as_number(match[1]) if match else None
    return None if number is None else round(number / 100, 12)


def _number(page: Page, key: Key, node: Scalar, text: str) -> float | int | None:
    share = key.minimum == 0 and key.maximum == 1
    number = as_number(text)
    if number is None and share:
        number = as_percent(text)
    if number is None or abs(number) > _MOST:
        large = number is not None
        page.wrong(
            node,
            f"{key.name} is too large" if large else _wants(key, text),
            "" if large else _meant(key, text),
        )
        return None
    if key.form == "whole" and (number != int(number) or not re.fullmatch(r"[+-]?[0-9_]+", text)):
        page.wrong(
            node,
            f"{key.name} wants a whole number, not {shown(text)}",
            f"did you mean {round(number)}?" if number == int(number) else "",
        )
        return None
    if share and not 0 <= number <= 1:
        page.wrong(
            node, f"{_subject(key.name)} lies between 0 and 1, not {bare(text)}", share_hint(number, text)
        )
        return None
    low = key.minimum
    if low is not None and (number < low or (number == low and key.above_zero)):
        hint = "take the line out if there is none" if number == 0 else ""
        page.wrong(
            node, f"{key.name} lies {'above' if key.above_zero else 'at or above'} {low:g}, not {text}", hint
        )
        return None
    return int(number) if key.form == "whole" else number


def _subject(name: str) -> str:
    last = name.rpartition(".")[2]
    words = {"success": "a success rate", "share": "a share", "rate": "a rate"}
    if last in words:
        return words[last]
    return f"a {last.replace('_', ' ')}" if last.endswith("_rate") else name


def share_hint(number: float, text: str, counts: bool = False) -> str:
    """What was meant by a share beyond 1."""
    if 2 <= number <= 100 and "%" not in text:
        return f"did you mean {short(number / 100)} or {number:g}%?"
    return "write .85, or {successes: 171, runs: 200}" if counts else "write .85 or 85%"


def short(number: float) -> str:
    """A share as one types it: `.85`."""
    text = f"{number:.6g}"
    return text[1:] if text.startswith("0.") else text


def _unit(key: Key) -> tuple[str, int]:
    return next(((unit, size) for end, unit, size in _UNITS if key.name.endswith(end)), ("", 0))


def _wants(key: Key, text: str) -> str:
    unit = _unit(key)[0]
    kind = unit or ("a whole number" if key.form == "whole" else "a number")
    return f"{key.name} wants {kind}, not {shown(text)}"


def _meant(key: Key, text: str) -> str:
    """A number that the text may stand for."""
    if len(text) > 40:
        return ""
    size = _unit(key)[1]
    if (clock := _CLOCK.fullmatch(text)) and size in (1, 60):
        parts = [int(p) for p in clock.groups() if p]
        seconds = sum(p * 60**i for i, p in enumerate(reversed(parts)))
        return f"did you mean {seconds}?" if size == 1 or len(parts) == 2 else ""
    number: float | None = None
    if _COMMAS.fullmatch(text):
        number = float(text.replace(",", ""))
    elif _DECIMAL_COMMA.fullmatch(text):
        number = float(text.replace(",", "."))
    elif re.fullmatch(r"0[xX][0-9a-fA-F]{1,12}", text):
        number = int(text, 16)
    elif text.lower() in _COUNTED:
        number = _COUNTED.index(text.lower())
    elif (percent := as_percent(text)) is not None:
        number = percent
    elif (match := _UNIT.fullmatch(text)) and (plain := as_number(match[1])) is not None:
        factor = _SECONDS.get(match[2].lower())
        if key.maximum == 1 and match[2]:
            number = plain / 100 if match[2].lower() in ("percent", "pct") else None
        elif size and factor:
            number = plain * factor / size
        elif not match[2] or not match[2].isalpha() or not size:
            number = plain
    if number is None:
        return ""
    return f"did you mean {number:.10g}?" if key.form == "number" or number == int(number) else ""
