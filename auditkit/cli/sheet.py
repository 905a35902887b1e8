"""`--answers`: a filled sheet read back, each answer saved in turn, one line each and the decision at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import click

from auditkit.cli import DONE, WRONG
from auditkit.cli.failures import problem_lines, reason
from auditkit.cli.files import row
from auditkit.cli.talk.look import Look
from auditkit.cli.talk.screen import end_lines
from auditkit.cli.talk.words import STARRED
from auditkit.errors import InputError, Problem
from auditkit.formats.sitting import verdict_word
from auditkit.formats.terminal import HANG, safe, wrapped
from auditkit.sources.questionnaire.keeping import Clash, Keeper, evidence_of
from auditkit.sources.questionnaire.replies import Reply
from auditkit.sources.questionnaire.sheet import Filled, Sheet, open_sheet
from auditkit.sources.questionnaire.starred import starred
from auditkit.sources.stack_file.saving import NotSaved
from auditkit.syntax.documents import MAX_BYTES, decode

AGAIN = ("open", "unknown", "known", "answered")
"""States in which a question takes an answer; the earlier ones first."""


@dataclass(frozen=True)
class Refused:
    """An answer that did not fit, and why."""

    filled: Filled
    problem: Problem


def apply(keeper: Keeper, sheet: Path, *, who: str | None, on: date, look: Look, again: str, then: str) -> int:
    """Saves every answer of a sheet that fits; the exit code. Raises InputError where the sheet cannot be read.

    `again` is the command that goes on with the sitting, `then` the one that comes after it.
    """
    text = _read(sheet)

    def read() -> Sheet:
        """The sheet as it can be read now: names mean components as soon as these are there."""
        found = open_sheet(text, keeper.sitting, str(sheet))
        return replace(found, filled=tuple(replace(f, reply=_with_voice(f.reply, who, on)) for f in found.filled))

    found = read()
    refused, idle = _applied(keeper, read, text)
    problems = [*found.problems, *(replace(r.problem, path=str(sheet), line=r.filled.line) for r in refused)]
    for one in idle:
        click.echo(row(one.reply.question, "is not asked: nothing waits for it"))
    if not found.filled and not problems:
        click.echo(row("Nothing", f"{safe(str(sheet))} holds no answer; what is empty stays unknown"))
    click.echo()
    for line in end_lines(keeper.sitting, look, None):
        click.echo(line)
    click.echo(f"\n{'Next':<{HANG}}{again if keeper.sitting.plan.next is not None else then}")
    for problem in sorted(problems, key=lambda p: p.line):
        for line in problem_lines(problem):
            click.echo(line, err=True)
    if problems:
        many = len(problems) != 1
        click.echo(f"{len(problems)} answer{'s' * many} {'do' if many else 'does'} not fit. The others are saved.", err=True)
    return WRONG if problems else DONE


def _read(sheet: Path) -> str:
    try:
        with sheet.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(Problem(str(sheet), 0, reason(error), "'--questions > FILE' writes one to fill in")) from None
    return decode(data, str(sheet))


def _with_voice(reply: Reply, who: str | None, on: date) -> Reply:
    return replace(reply, who=reply.who or who, when=reply.when or on)


def _applied(keeper: Keeper, read: Callable[[], Sheet], text: str) -> tuple[list[Refused], list[Filled]]:
    """Saves answers in the order of the talk until none fits any more: what was refused, and what nobody asks now."""
    done: set[str] = set()
    while True:
        left = [f for f in read().filled if f.reply.question not in done]
        refused: dict[str, Refused] = {}
        for one in _in_order(keeper, left):
            try:
                _save(keeper, one, text)
            except NotSaved:
                raise
            except InputError as error:
                refused[one.reply.question] = Refused(one, error.problems[0])
                continue
            done.add(one.reply.question)
            break
        else:
            return list(refused.values()), [f for f in left if f.reply.question not in refused]


def _in_order(keeper: Keeper, left: list[Filled]) -> Iterator[Filled]:
    """The answers to what is asked now, in the order of the talk; then those to what was answered before."""
    plan = keeper.sitting.plan
    states = keeper.sitting.survey.questions
    by_id = {f.reply.question: f for f in left}
    for state in AGAIN:
        asked = [q.id for q in (*plan.questions, *plan.aside) if q.state == state]
        yield from (by_id[id] for id in asked if id in by_id)
    exact = [f for f in left if f.reply.question in states and states[f.reply.question].state == "waiting"
             and (f.reply.outcome == "unknown")]
    yield from exact


def _save(keeper: Keeper, one: Filled, text: str) -> None:
    """Saves one answer of the text of a sheet and prints its line. Raises InputError where it does not fit."""
    reply = one.reply
    if reply.evidence is not None:
        evidence = evidence_of(reply.evidence.source, keeper.path.parent, on=reply.when, by=reply.who)
        reply = replace(reply, evidence=evidence)
    before, was = keeper.sitting.figures, keeper.sitting.text
    short = keeper.sitting.question(reply.question).form.short
    saved = keeper.answer(reply)
    if saved.clashes:
        raise InputError(Problem(reply.question, 0, _clash(saved.clashes[0]), "settle it in 'auditkit interview'"))
    after = keeper.sitting.figures
    became = "" if (before.decision, before.act) == (after.decision, after.act) else f": now {verdict_word(after)}"
    lines = wrapped(f"{reply.question}  {safe(short)}{became}")
    click.echo(f"{'Saved':<{HANG}}{lines[0]}")
    secret = wrapped(STARRED) if starred([text], was, keeper.sitting.text) else []
    for line in (*lines[1:], *secret):
        click.echo(f"{'':{HANG}}{line}")


def _clash(clash: Clash) -> str:
    return f"somebody else has meanwhile answered the same: {clash.ref.id} {clash.key}"
