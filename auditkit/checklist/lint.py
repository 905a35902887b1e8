"""Proves properties of a whole checklist by trying every world that its checks can tell apart.

For each check: every outcome can happen (a `partial` that `pass` swallows cannot); where nothing is known the
outcome is unknown; and a better fact never worsens an outcome, along the directions of the vocabulary. An
outcome is the first of pass, partial and fail that fits, so outcomes never overlap; reachable is what has to
be shown. Text limits, keys, paths and values are held against the vocabulary when a checklist is loaded.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import prod

from auditkit.checklist.checks import Check, Checklist
from auditkit.checklist.conditions import Both, Condition, Related, Test
from auditkit.checklist.worlds import Leaf, Row, Variable, leaves, truth, variables
from auditkit.errors import Problem
from auditkit.model.base import Truth

MOST_WORLDS = 200_000
SAMPLED = 20_000
RANK = {"fail": 0, "partial": 1, "pass": 2}

Pick = tuple[int, ...]


def lint(checklist: Checklist) -> tuple[Problem, ...]:
    """Everything that is wrong with the logic of a checklist, in its order; empty when all is proved."""
    return tuple(Problem(checklist.path, check.line, f"{check.id} {text}", hint)
                 for check in checklist.checks for text, hint in _check(check))


def outcome_of(check: Check, answer: Callable[[Leaf], Truth]) -> str:
    """The outcome of a check when the answers to its questions are given."""
    applies = truth(check.when, answer)
    if applies is not True:
        return "unknown" if applies is None else "not applicable"
    passes = truth(check.passes, answer)
    if passes is True:
        return "pass"
    partial = truth(check.partial, answer) if check.partial is not None else False
    if passes is None or partial is None:
        return "unknown"
    return "partial" if partial else "fail"


def _check(check: Check) -> Iterator[tuple[str, str]]:
    for outcome, example in check.examples.items():
        if not example:
            yield f"has an empty example for {outcome}", "write the smallest stack file that shows it"
    conditions = [c for c in (check.when, check.passes, check.partial) if c is not None]
    if any(_asks_the_system(c) for c in conditions):
        yield ("asks about the system inside a relation, which cannot be proved",
               "ask about the system beside the relation")
        return
    parts = variables(conditions, check.about)
    number = prod(len(part.rows) for part in parts)
    if number > MOST_WORLDS:
        yield f"has too many combinations to prove ({number:,})", "split the check"
    yield from _properties(check, parts, _picks(parts, number))


def _asks_the_system(condition: Condition, inside: bool = False) -> bool:
    for leaf in leaves(condition):
        if isinstance(leaf, Related) and _asks_the_system(leaf.that, True):
            return True
        if inside and isinstance(leaf, Test) and leaf.path.startswith("system."):
            return True
    return False


def _picks(parts: Sequence[Variable], number: int) -> Iterator[Pick]:
    """Every combination of rows; beyond the most, a fixed random part of them and the blank one."""
    if number <= MOST_WORLDS:
        yield from product(*(range(len(part.rows)) for part in parts))
        return
    yield tuple(part.blank for part in parts)
    dice = random.Random(20261120)  # noqa: S311  (a fixed sample, not a secret)
    for _ in range(SAMPLED):
        yield tuple(dice.randrange(len(part.rows)) for part in parts)


def _properties(check: Check, parts: Sequence[Variable], picks: Iterator[Pick]) -> Iterator[tuple[str, str]]:
    place = {leaf: (n, k) for n, part in enumerate(parts) for k, leaf in enumerate(part.leaves)}
    known: dict[Pick, str] = {}

    def outcome(pick: Pick) -> str:
        if pick not in known:
            rows: list[Row] = [part.rows[i] for part, i in zip(parts, pick)]

            def answer(leaf: Leaf) -> Truth:
                n, k = place[leaf]
                return rows[n][k]

            known[pick] = outcome_of(check, answer)
        return known[pick]

    worse: dict[str, str] = {}
    for pick in picks:
        for words, high in _raised(parts, pick):
            before, after = RANK.get(outcome(pick)), RANK.get(outcome(high))
            if before is not None and after is not None and after < before:
                worse.setdefault(words, f"raising {words} turns {outcome(pick)} into {outcome(high)}")
        outcome(pick)
    blank = outcome(tuple(part.blank for part in parts))
    if blank != "unknown":
        yield f"is {blank} where nothing is known", "ask about a stated fact"
    found = set(known.values())
    for wanted in _wanted(check):
        if wanted not in found:
            yield f"can never be {wanted}", _why(check, wanted)
    for text in worse.values():
        yield f"is not monotone: {text}", "a better fact must never worsen an outcome"


def _raised(parts: Sequence[Variable], pick: Pick) -> Iterator[tuple[str, Pick]]:
    for n, part in enumerate(parts):
        for (low, high), words in part.raises.items():
            if pick[n] == low:
                yield words, (*pick[:n], high, *pick[n + 1:])


def _wanted(check: Check) -> tuple[str, ...]:
    """The outcomes that a check promises."""
    partial = ("partial",) if check.partial is not None else ()
    applies = ("not applicable",) if check.when != Both() else ()
    return ("pass", *partial, "fail", "unknown", *applies)


def _why(check: Check, outcome: str) -> str:
    match outcome:
        case "partial":
            return "'pass' swallows it, or nothing meets it"
        case "fail":
            return "'partial' takes all that does not pass" if check.partial is not None else (
                "no stated fact makes 'pass' false")
        case "not applicable":
            return "no stated fact makes 'when' false"
        case _:
            return "no facts meet it"
