"""Whether what is open can still change the decision: one answer at a time is tried, as far as that is cheap. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.sitting import Figures, Option, Sitting
from auditkit.syntax.words import listed

MOST_JUDGED = 30
"""So many judgements are made for it."""
MOST_NAMED = 4


@dataclass(frozen=True)
class Turning:
    """The open questions of which one answer would change the decision, with what it could become; how many were tried, and
    how many were not: they have no choices to try, wait for another, or are too many."""

    turns: tuple[tuple[Question, tuple[str, ...]], ...]
    tried: int
    untried: int


def turning(sitting: Sitting, named: Callable[[Figures], str], options: Callable[[Question], Sequence[Option]] | None = None, *,
            most_open: int | None = None, most_judged: int = MOST_JUDGED) -> Turning:
    """What the open questions can do to the decision, which is `named` as it is shown: what reads the same is no change.

    `options` gives what each choice would do, where that is known already. Above `most_open` open questions nothing is
    tried, and never more choices than `most_judged`.
    """
    open_ = [q for q in sitting.plan.questions if q.state in ("open", "unknown", "waiting")]
    tried: list[Question] = []
    room = most_judged if most_open is None or len(open_) <= most_open else 0
    for question in open_:
        cost = len(question.form.choices)
        if cost and question.refs and question.state != "waiting" and cost <= room:
            tried.append(question)
            room -= cost
    now, found = named(sitting.figures), []
    for question in tried:
        words = dict.fromkeys(named(o.figures) for o in (options or sitting.options)(question))
        words.pop(now, None)
        if words:
            found.append((question, tuple(words)))
    return Turning(tuple(found), len(tried), len(open_) - len(tried))


def turning_sentence(sitting: Sitting, turning: Turning) -> str:
    """Whether one open answer can still change the decision; what was not tried is said."""
    left = turning.untried
    rest = f"{left} open question{'s were' if left > 1 else ' was'} not tried"
    if turning.turns:
        which = [f"question {sitting.number(q)} (to {listed(words)})" for q, words in turning.turns[:MOST_NAMED]]
        more = len(turning.turns) - len(which)
        said = f"An answer to {listed([*which, *([f'{more} more'] if more else [])])} can still change the decision."
        return f"{said} {rest}." if left else said
    if not turning.tried and left:
        return f"Whether an answer can still change the decision is not known: {rest}."
    if left:
        return f"No answer that was tried can change the decision by itself; {rest}."
    return "No open answer can change the decision by itself."
