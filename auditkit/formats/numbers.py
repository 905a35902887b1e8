"""How numbers, dates and counts are written: on paper with thin spaces, in a terminal without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Day
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditkit.model.report import Estimate, Scenario

THIN, HARD = "\u202f", "\u00a0"
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True)
class Style:
    """The signs around numbers."""

    percent: str = f"{THIN}%"
    dash: str = "–"
    minus: str = "−"
    gap: str = HARD


PAPER = Style()
PLAIN = Style(percent="%", dash="-", minus="-", gap=" ")


@dataclass(frozen=True)
class Ends:
    """Whole percentages of where runs end, each rounded on its own, so that text and charts say the same."""

    success: int
    caught: int
    silent: int


def whole(shares: Sequence[float]) -> tuple[int, ...]:
    """Shares as whole percentages that add up to 100, by largest remainder. Shares of nothing stay 0."""
    total = sum(shares)
    if total <= 0:
        return tuple(0 for _ in shares)
    exact = [100 * share / total for share in shares]
    floors = [int(x + 1e-9) for x in exact]
    by_rest = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for i in by_rest[: 100 - sum(floors)]:
        floors[i] += 1
    return tuple(floors)


def ends(scenario: Scenario) -> Ends:
    """Where 100 runs end."""
    return Ends(*(round(100 * e.point) for e in (scenario.success, scenario.caught, scenario.silent)))


def percent(value: float, style: Style = PAPER, decimals: int = 0) -> str:
    """A share as `27 %`; with a decimal where it would round to nothing or to all."""
    if not decimals and 0 < value < 1 and round(100 * value) in (0, 100):
        decimals = 1
    return f"{100 * value:.{decimals}f}{style.percent}"


def per_cent(whole_number: int, style: Style = PAPER) -> str:
    """A whole percentage as `27 %`."""
    return f"{whole_number}{style.percent}"


def bounds(low: float, high: float, style: Style = PAPER) -> str:
    """An interval of shares as `12–45`; a bound that only rounds to 0 or 100 keeps a decimal: `99.7`."""
    return f"{_bound(low)}{style.dash}{_bound(high)}"


def _bound(share: float) -> str:
    if share in (0.0, 1.0) or round(100 * share) not in (0, 100):
        return f"{100 * share:.0f}"
    return f"{min(99.9, max(0.1, 100 * share)):.1f}"


def bracket(estimate: Estimate, style: Style = PAPER) -> str:
    """The interval of an estimate, with the gap before it: ` [12–45]`."""
    return f"{style.gap}[{bounds(estimate.low, estimate.high, style)}]"


def points(difference: float | None, style: Style = PAPER) -> str:
    """A difference of shares in percentage points, with its sign; `n/c` when it was not computed."""
    if difference is None:
        return "n/c"
    rounded = round(100 * difference, 1)
    sign = "" if rounded == 0 else "+" if rounded > 0 else style.minus
    return f"{sign}{abs(rounded):.1f}"


def day(date: Day) -> str:
    """`20 November 2026`."""
    return f"{date.day}{HARD}{_MONTHS[date.month - 1]} {date.year}"


def short_day(date: Day, year: bool = True) -> str:
    """`20 Nov 2026`, or `20 Nov`."""
    return f"{date.day}{HARD}{_MONTHS[date.month - 1][:3]}" + (f"{HARD}{date.year}" if year else "")


def word(n: int) -> str:
    """A count in words up to twelve."""
    return _WORDS[n] if 0 <= n < len(_WORDS) else f"{n:,}"


def count(n: int, one: str, many: str) -> str:
    """`three fixes`, `one fix`, `no fixes`."""
    return f"{word(n)} {one if n == 1 else many}"


def count_digits(n: int, one: str, many: str) -> str:
    """`24 findings`, `1 finding`."""
    return f"{n:,} {one if n == 1 else many}"


def first_up(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def money(amount: float, currency: str | None) -> str:
    """`$43,651`, or `EUR 43,651`."""
    figure = f"{amount:,.0f}" if abs(amount) >= 100 or float(amount).is_integer() else f"{amount:,.2f}"
    if not currency:
        return figure
    return f"{currency}{figure}" if len(currency) == 1 else f"{currency}{HARD}{figure}"


def listed(items: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def cut(text: str, length: int) -> str:
    """The text, cut with an ellipsis when it is longer than `length` characters."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
