"""The sentences of a sitting that terminal and browser share: how far it is, what an answer can move, what it moved.

`style` decides about the signs around numbers. Nothing here knows the questionnaire: figures are whatever has the
attributes of `Figures`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from auditkit.formats.numbers import PAPER, Style, bounds, bracket, count, count_digits, first_up, listed, percent
from auditkit.model.report import Decision, Estimate

MOST_CHECKS = 2
"""So many checks are named where one line says what an answer can move."""
SHARES = (("unnoticed", "silent"), ("ends right", "success"), ("caught", "caught"))
"""Where runs end, in the order in which a change matters."""
TITLES = {"silent": "Fail unnoticed", "success": "End right", "caught": "Are caught"}
"""The same at the head of a row of a table."""
LEAST = 0.005
"""A share below this has no sentence of its own."""
_EXTRA = ("prove it", "stop the action now")
STANDS = "This stands: no other answer lifts what it rests on. The rest only refines the report."
"""Said once of a KILL that rests on facts."""


class Figures(Protocol):
    """The decision in numbers, as the questionnaire holds it."""

    @property
    def decision(self) -> Decision: ...
    @property
    def act(self) -> str | None: ...
    @property
    def stated(self) -> bool: ...
    @property
    def success(self) -> Estimate: ...
    @property
    def caught(self) -> Estimate: ...
    @property
    def silent(self) -> Estimate: ...
    @property
    def failed(self) -> tuple[str, ...]: ...
    @property
    def open(self) -> tuple[str, ...]: ...


Named = Callable[[Any], str]
"""How a verdict is written: with its shape and colour in a terminal, as a word elsewhere."""


def verdict_word(figures: Figures) -> str:
    """`HARDEN`, or `KEEP, PROVE IT` where the act belongs to the verdict."""
    word, more = figures.decision.upper(), beside(figures.act)
    return f"{word}, {more.upper()}" if more else word


def beside(act: str | None) -> str:
    """What belongs to a verdict beside its word; "" for nothing."""
    return act if act in _EXTRA and act else ""


def progress(answered: int, total: int, minutes: float) -> str:
    """`18 of 31 answered, about 9 minutes left`: how far the talk is, never how good the result."""
    if answered >= total:
        return f"{answered} of {total} answered"
    return f"{answered} of {total} answered, {left(minutes)}"


def left(minutes: float) -> str:
    """`about 9 minutes left`."""
    return "under a minute left" if minutes < 1 else f"about {count_digits(round(minutes), 'minute', 'minutes')} left"


def not_stated(noun: str) -> str:
    """Why there is no percentage."""
    return f"Nobody stated or counted how often {noun} end right, so there is no percentage yet."


def ends(right: float, caught: float, silent: float, noun: str, style: Style = PAPER) -> str:
    """`27 % of calls end right. 41 % fail and nobody notices.`, of shares that may leave something open."""
    middle = f"{percent(caught, style)} are caught. " if caught >= LEAST else ""
    return f"{percent(right, style)} of {noun} end right. {middle}{percent(silent, style)} fail and nobody notices."


def headline(figures: Figures, noun: str, style: Style = PAPER) -> str:
    """`27 % of calls end right [12–45], 73 % fail unnoticed [55–88].`"""
    if not figures.stated:
        return not_stated(noun)
    return (f"{percent(figures.success.point, style)} of {noun} end right{bracket(figures.success, style)}, "
            f"{percent(figures.silent.point, style)} fail unnoticed{bracket(figures.silent, style)}.")


def span(points: Sequence[float], style: Style = PAPER) -> str:
    """The shares that are possible: `27–54 %`, or `27 %` where they round to the same."""
    low, high = min(points), max(points)
    if percent(low, style) == percent(high, style):
        return percent(low, style)
    return f"{bounds(low, high, style)}{style.percent}"


def can_move(figures: Sequence[Figures], checks: Sequence[str], severity: str | None, style: Style = PAPER) -> str:
    """What the answers to a question can move, given the figures of each: shares, the decision, checks; "" for nothing."""
    said = []
    if figures and all(f.stated for f in figures):
        for label, name in reversed(SHARES[:2]):
            points = [getattr(f, name).point for f in figures]
            if percent(min(points), style) != percent(max(points), style):
                said.append(f"{label} {span(points, style)}")
    words = list(dict.fromkeys(verdict_word(f) for f in figures))
    if len(words) > 1:
        said.append(f"the decision ({listed(words, 'or')})")
    if checks:
        rest = len(checks) - MOST_CHECKS
        names = list(checks[:MOST_CHECKS]) + ([f"{rest} more"] if rest > 0 else [])
        said.append(listed(names) + (f" ({severity})" if severity else ""))
    return ", ".join(said)


@dataclass(frozen=True)
class Shift:
    """One number before and after; `was` is empty where there was none."""

    label: str
    was: str
    now: str

    def text(self, arrow: str) -> str:
        """`unnoticed 41–73 % → 73 % [55–88]`."""
        return f"{self.label} {self.was} {arrow} {self.now}" if self.was else f"{self.label} {self.now}"


def shifts(before: Figures, after: Figures, possible: Sequence[Figures] = (), style: Style = PAPER) -> tuple[Shift, ...]:
    """The shares that moved. `possible` are the figures of all answers that could have been given: their span is what
    was known before."""
    if not after.stated:
        return ()
    found = []
    for label, name in SHARES:
        then: Estimate = getattr(after, name)
        now = f"{percent(then.point, style)}{bracket(then, style)}"
        if not before.stated:
            found.append(Shift(label, "", now))
            continue
        point = getattr(before, name).point
        points = [point, *(getattr(f, name).point for f in possible if f.stated)]
        if percent(point, style) != percent(then.point, style) or (possible and percent(min(points), style)
                                                                   != percent(max(points), style)):
            found.append(Shift(label, span(points, style), now))
    return tuple(found if before.stated else found[:2])


def decided(before: Figures, after: Figures, named: Named = verdict_word) -> str:
    """What happened to the decision and to the critical checks, in one or two sentences."""
    said = [_counted(len(getattr(before, name)), len(getattr(after, name)), words)
            for name, words in (("failed", ("fails", "fail")), ("open", ("is not known", "are not known")))]
    return " ".join(s for s in (*said, verdict_now(before, after, named)) if s)


def verdict_now(before: Figures, after: Figures, named: Named = verdict_word) -> str:
    """`Still HARDEN.`, or `Now KEEP, before it was HARDEN.`"""
    if (before.decision, before.act) == (after.decision, after.act):
        return f"Still {named(after)}."
    return f"Now {named(after)}, before it was {verdict_word(before)}."


def _counted(was: int, now: int, words: tuple[str, str]) -> str:
    if was == now:
        return ""
    if not now:
        return "Every critical check is known now." if "known" in words[0] else "No critical check fails any more."
    checks = count(now, "critical check", "critical checks")
    return f"{first_up(checks)} {words[now != 1]}, before it was {was}."


def fell_and_came(fell: Sequence[tuple[int, str]], came: Sequence[tuple[int, str]], most: int = 2) -> tuple[str, ...]:
    """Which questions fall away and which are new, by number and short text."""
    return (*_listed(fell, "falls away", "fall away", most), *_listed(came, "is new", "are new", most))


def _listed(found: Sequence[tuple[int, str]], one: str, many: str, most: int) -> tuple[str, ...]:
    if not found:
        return ()
    if len(found) > most:
        numbers = sorted(n for n, _ in found)
        named = _runs(numbers)
        return (f"{first_up(count(len(found), 'question', 'questions'))} {many}: {named}.",)
    return tuple(f"Question {n} {one}: {_stopped(short)}" for n, short in found)


def _runs(numbers: Sequence[int]) -> str:
    """`20 to 24 and 31`."""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    return listed([str(r[0]) if len(r) == 1 else f"{r[0]} to {r[-1]}" for r in runs])


def _stopped(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
