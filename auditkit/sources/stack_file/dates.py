"""Dates: year-month-day only; other ways to write one are answered with the way that works."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from auditkit.sources.stack_file.page import Page
from auditkit.syntax.documents import Scalar
from auditkit.syntax.patterns import later
from auditkit.syntax.words import shown

_ISO = later(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


def read_date(page: Page, name: str, node: Scalar, text: str) -> date | None:
    """A date written 2026-11-20, or None after a noted problem."""
    match = _ISO.fullmatch(text)
    if not match:
        meant = _other(text)
        page.wrong(
            node,
            f"{name} wants a date, not {shown(text)}",
            f"did you mean {meant.isoformat()}?" if meant else "write year-month-day, such as 2026-11-20",
        )
        return None
    year, month, day = map(int, match.groups())
    found = _day(year, month, day)
    if found is None:
        hint = (
            f"{_MONTHS[month - 1].capitalize()} {year} has {monthrange(year, month)[1]} days"
            if (1 <= month <= 12 and year)
            else "write year-month-day, such as 2026-11-20"
        )
        page.wrong(node, f"{text} is not in the calendar", hint)
    return found


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _other(text: str) -> date | None:
    """The date that another way of writing stands for, unless it could be two."""
    if len(text) > 40:
        return None
    if match := re.match(r"([0-9]{4})[-/.]?([0-9]{1,2})[-/.]?([0-9]{1,2})(?![0-9])", text):
        return _day(*map(int, match.groups()))
    if match := re.fullmatch(r"([0-9]{1,2})([./-])\s?([0-9]{1,2})[./-]\s?([0-9]{4})", text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        if match[2] == "." or first > 12:
            return _day(year, second, first)
        return _day(year, first, second) if second > 12 else None
    words = re.findall(r"[a-z]+|[0-9]+", text.lower())
    month = next((i for i, m in enumerate(_MONTHS, 1) for w in words if len(w) > 2 and m.startswith(w)), 0)
    numbers = [int(w) for w in words if w.isdigit()]
    if month and len(numbers) == 2 and max(numbers) > 31:
        return _day(max(numbers), month, min(numbers))
    return None
