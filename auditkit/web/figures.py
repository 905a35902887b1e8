"""The decision on a page: the bar, the sentences, what moved and what a question could move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from auditkit.formats import sitting
from auditkit.formats.numbers import PAPER, THIN, bounds, count, listed, percent, word
from auditkit.model.report import Estimate, Scenario
from auditkit.sources.questionnaire.sitting import Figures, Moved, Option

MOST_MOVED = 5
_NARROW = 17.0
"""Parts of a bar below this share have no name below them."""
_LETTER, _LETTER_WIDE = 2.9, 1.65
"""How wide a letter is, in per cent of the narrow bar and of the wide one."""
_VISIBLE = sitting.LEAST


@dataclass(frozen=True)
class Part:
    """One part of a bar: its letter (s right, c caught, x unnoticed, u open), where it starts and how wide it is.

    `text` stands in it, from `at` on or up to it; it is empty where there is no room beside the line of the target.
    """

    letter: str
    name: str
    start: float
    width: float
    text: str
    at: float
    anchor: Literal["start", "end"]


@dataclass(frozen=True)
class Bar:
    """Where runs end, in per cent of the width. `names` is false where some part is too narrow for its name;
    `label`: whether the target is named above it."""

    alt: str
    parts: tuple[Part, ...]
    target: float | None
    low: float | None
    high: float | None
    names: bool
    legend: str
    label: bool = True


@dataclass(frozen=True)
class Line:
    """One line of a table: what, how it was, how it is."""

    what: str
    before: str
    after: str
    text: bool = False


@dataclass(frozen=True)
class Decision:
    """What the right column says."""

    word: str
    extra: str
    sentence: str
    bar: Bar | None
    note: str
    brief: str
    stands: str = ""
    """That no other answer lifts it."""


def decision(figures: Figures, noun: str, options: Sequence[Option] = (), number: int | None = None, *,
             stands: bool = False) -> Decision:
    """The decision so far; with the options of the open question, what hangs on it."""
    open_ = hanging(figures, options) if options else None
    word_, final = sitting.beside(figures.act), sitting.STANDS if stands else ""
    if not figures.stated:
        return Decision(figures.decision, word_, sitting.not_stated(noun), None, _note(figures, interval=False), "no rates yet",
                        final)
    right, caught, silent = open_ or _points(figures)
    said = sitting.ends(right, caught, silent, noun)
    if open_:
        said += f" The rest hangs on question {number}." if number else " The rest hangs on this question."
    bar = _bar(right, caught, silent, noun, figures.target, None if open_ else figures.success)
    unnoticed = f"{sitting.span([silent, 1 - right - caught])} unnoticed" if open_ else f"{percent(silent)} unnoticed"
    note = _note(figures, interval=True, now=open_ is not None)
    return Decision(figures.decision, word_, said, bar, note, f"{percent(right)} right, {unnoticed}", final)


def _points(figures: Figures) -> tuple[float, float, float]:
    return figures.success.point, figures.caught.point, figures.silent.point


def hanging(figures: Figures, options: Sequence[Option]) -> tuple[float, float, float] | None:
    """What is sure whichever answer is given; None where every answer leaves the numbers as they are."""
    every = [_points(o.figures) for o in options if o.figures.stated]
    if not every or not figures.stated:
        return None
    least = tuple(min(some) for some in zip(*every))
    return (least[0], least[1], least[2]) if 1 - sum(least) >= 2 * _VISIBLE else None


def _note(figures: Figures, *, interval: bool, now: bool = False) -> str:
    span = bounds(figures.success.low, figures.success.high)
    said = f"As it is now, {percent(figures.success.point)} [{span}]. " if now else f"90{PAPER.percent} interval {span}. "
    said = said if interval else ""
    failed, open_ = len(figures.failed), len(figures.open)
    parts = [count(failed, "critical check fails", "critical checks fail")] if failed else []
    if open_:
        parts.append(f"{word(open_)} {'is' if open_ == 1 else 'are'} open" if parts
                     else count(open_, "critical check is open", "critical checks are open"))
    return f"{said}Rule {figures.rule}: {', '.join(parts) or figures.reason.rstrip('.')}."


# The bar ---------------------------------------------------------------------------------------------------

def _bar(right: float, caught: float, silent: float, noun: str, target: float | None, interval: Estimate | None,
         wide: bool = False) -> Bar:
    open_ = max(0.0, 1 - right - caught - silent)
    shares = [("s", "right", right), ("c", "caught", caught), ("u", "open", open_), ("x", "unnoticed", silent)]
    shown = [(letter, name, share) for letter, name, share in shares if share >= _VISIBLE]
    parts, at = [], 0.0
    for letter, name, share in shown:
        parts.append(_part(letter, name, at, 100 * share, percent(share), target, wide))
        at += 100 * share
    words = {"s": f"of {noun} end right", "c": "are caught", "u": "are open", "x": "fail unnoticed"}
    said = ", ".join(f"{percent(share)} {words[letter]}" for letter, _, share in shown)
    if interval is not None:
        said += f"; 90{PAPER.percent} interval of right {bounds(interval.low, interval.high)}"
    if target is not None:
        said += f"; target {percent(target)}"
    roomy = all(p.width >= (_NARROW + 9 if p.letter == "x" else _NARROW) for p in parts[:-1])
    fits = roomy and (not parts or parts[-1].width >= 8)
    low, high = (100 * interval.low, 100 * interval.high) if interval is not None else (None, None)
    return Bar(said, tuple(parts), None if target is None else 100 * target, low, high, fits,
               ", ".join(f"{name} {percent(share)}" for _, name, share in shown))


def _part(letter: str, name: str, start: float, width: float, number: str, target: float | None, wide: bool) -> Part:
    """A part with the longest text that has room in it, away from the line of the target."""
    unit = _LETTER_WIDE if wide else _LETTER
    texts = [f"{number} {name}", number] if wide else [number]
    line = -1.0 if target is None else 100 * target
    for text in texts:
        room = unit * len(text) + 2 * unit
        places: tuple[tuple[float, Literal["start", "end"]], ...] = ((start, "start"), (start + width, "end"))
        for at, anchor in places:
            first = at if anchor == "start" else at - room
            if room <= width and not first - 1 < line < first + room:
                return Part(letter, name, round(start, 2), round(width, 2), text, round(at, 2), anchor)
    return Part(letter, name, round(start, 2), round(width, 2), "", round(start, 2), "start")


def if_bar(figures: Figures, noun: str) -> Bar | None:
    """The bar of what is tried, without target and interval: it stands below the real one."""
    if not figures.stated:
        return None
    made = _bar(*_points(figures), noun, None, None)
    return Bar(f"If so: {made.alt}", made.parts, None, None, None, made.names, made.legend)


def wide_bar(scenario: Scenario, noun: str, target: float, label: str, first: bool) -> Bar:
    """A bar with its interval, for the end of the sitting; the first of several names the target."""
    points = scenario.success.point, scenario.caught.point, scenario.silent.point
    made = _bar(*points, noun, target, scenario.success, wide=True)
    return replace(made, alt=f"{label}: {made.alt}", label=first)


# Tables ----------------------------------------------------------------------------------------------------

def moves(moved: Moved, names: dict[tuple[str, str], str], left: tuple[int, int], steps: tuple[int, int],
          possible: Sequence[Option] = ()) -> tuple[Line, ...]:
    """What an answer moved, at most five lines, the weightiest first. `left`: questions before and after; `possible`:
    the answers that could have been given, whose span is what was known before."""
    a, b = moved.before, moved.after
    lines = []
    if a.decision != b.decision:
        lines.append(Line("Decision", a.decision.upper(), b.decision.upper()))
    if b.stated:
        for name in ("silent", "success"):
            what = sitting.TITLES[name]
            shares = [getattr(f, name).point for f in (a, *(o.figures for o in possible)) if f.stated]
            before, now = sitting.span(shares) if a.stated else "not known", percent(getattr(b, name).point)
            if before != now:
                lines.append(Line(what, before.partition(THIN)[0] if a.stated else before, now))
    lines += [Line(names.get((ref.kind, ref.id), ref.id), was.upper(), now.upper()) for ref, was, now in moved.components[:2]]
    for what, old_n, new_n in (("Ways out missing", *steps), ("Critical fails", len(a.failed), len(b.failed)),
                               ("Critical open", len(a.open), len(b.open)), ("Questions left", *left)):
        if old_n != new_n:
            lines.append(Line(what, str(old_n), str(new_n)))
    return tuple(lines[:MOST_MOVED])


def spoken(moved: Moved, lines: Sequence[Line]) -> str:
    """The same in one sentence for who listens."""
    a, b = moved.before, moved.after
    first = next((x for x in lines if x.what in sitting.TITLES.values()), None)
    said = f"{first.what} was {first.before}, is {first.after}. " if first else ""
    return f"{said}{sitting.verdict_now(a, b)}"


def can_move(figures: Figures, options: Sequence[Option]) -> tuple[Line, ...]:
    """What the open question can move: the range over its answers."""
    every = [o.figures for o in options]
    if not every:
        return ()
    lines = []
    words = list(dict.fromkeys(f.decision.upper() for f in every))
    if len(words) > 1 or words[0] != figures.decision.upper():
        lines.append(Line("Decision", "", listed(words, "or"), text=True))
    if all(f.stated for f in every):
        for name in ("success", "silent"):
            said = sitting.span([getattr(f, name).point for f in every])
            if "–" in said:
                lines.append(Line(sitting.TITLES[name], "", said))
    fails = sorted({len(f.failed) for f in every})
    if len(fails) > 1:
        lines.append(Line("Critical fails", "", f"{fails[0]}–{fails[-1]}"))
    open_ = min(len(f.open) for f in every)
    if open_ < len(figures.open):
        lines.append(Line("Critical open", "", f"{len(figures.open)}, then {open_}"))
    return tuple(lines) or (Line("The decision", "", "stays as it is", text=True),)


def if_sentence(now: Figures, then: Figures) -> str:
    """What stands behind the verdict of what is tried."""
    if not then.stated or not now.stated:
        old, new = len(now.failed), len(then.failed)
        return f"critical checks that fail: {old}, then {new}." if old != new else "as many critical checks fail as now."
    side = "under" if then.success.point < then.target else "over"
    said = f"{percent(then.success.point)} [{bounds(then.success.low, then.success.high)}] is {side} the target"
    if percent(now.silent.point) != percent(then.silent.point):
        verb = "fall" if then.silent.point < now.silent.point else "rise"
        said += (f". Unnoticed failures {verb} from {100 * now.silent.point:.0f} to {percent(then.silent.point)} "
                 f"[{bounds(then.silent.low, then.silent.high)}]")
    return f"{said}."
