"""A sitting: a stack file, what is known of it, what is still to be asked, and what answers do to the decision.

Everything here is a value: an answer gives a new sitting. Reading, saving and taking turns are `keeping`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

from auditkit.checklist.checks import Checklist
from auditkit.errors import InputError, Problem
from auditkit.model.coverage import Coverage
from auditkit.model.excerpts import Source
from auditkit.model.facts import THE_SYSTEM, Ref, Stack
from auditkit.model.receipts import Inspected
from auditkit.model.report import Decision, Estimate, Report
from auditkit.sources.questionnaire.disputes import changes_of_dispute, disputes, is_dispute
from auditkit.sources.questionnaire.forms import Catalogue
from auditkit.sources.questionnaire.order import Plan, plan, topics_in_order
from auditkit.sources.questionnaire.questions import (
    STANDARD_AT_MOST,
    WITH_CODE_AT_MOST,
    Depth,
    Judge,
    Judged,
    Question,
    Survey,
)
from auditkit.sources.questionnaire.replies import Reply, changes_of
from auditkit.sources.questionnaire.supposing import suppose
from auditkit.sources.stack_file.editing import Change, edit, edited
from auditkit.sources.stack_file.loader import stack_from_text

Level = Literal["pass", "partial", "fail"]
MOST_LOOKED = 4
"""Places that a question names as looked at."""


def _as_it_is(stack: Stack) -> Stack:
    return stack


@dataclass(frozen=True)
class Rules:
    """What a sitting is held by: the checklist, the questions, and how a stack is judged.

    `join` adds what code and logs say to what is declared; `coverage` is what was read of the code, `sources` its lines.
    """

    checklist: Checklist
    catalogue: Catalogue
    judge: Judge
    join: Callable[[Stack], Stack] = _as_it_is
    coverage: Coverage | None = None
    sources: Source | None = None
    depth: Depth = "standard"
    path: str = "stack.yaml"


@dataclass(frozen=True)
class Figures:
    """The decision in numbers. Shares are between 0 and 1 and mean nothing where `stated` is false."""

    decision: Decision
    rule: str
    act: str | None
    reason: str
    stated: bool
    success: Estimate
    caught: Estimate
    silent: Estimate
    target: float
    limit: float
    failed: tuple[str, ...]
    """The critical checks that fail."""
    open: tuple[str, ...]
    """The critical checks that are not known."""
    high: tuple[str, ...]
    """The high checks that fail."""

    @classmethod
    def of(cls, report: Report) -> Figures:
        """The figures of a report."""
        by = {(s, o): tuple(r.check for r in report.results if r.severity == s and r.outcome == o)
              for s in ("critical", "high") for o in ("fail", "unknown")}
        ends, numbers = report.reliability.as_is, report.reliability
        return cls(report.verdict.decision, report.verdict.rule, report.verdict.act, report.verdict.reason, numbers.stated,
                   ends.success, ends.caught, ends.silent, numbers.target_success, numbers.max_silent,
                   by["critical", "fail"], by["critical", "unknown"], by["high", "fail"])


@dataclass(frozen=True)
class Option:
    """One choice of a question with what it would do: the level of the check, and the figures then."""

    says: str
    means: str
    level: Level | None
    figures: Figures


@dataclass(frozen=True)
class Moved:
    """What an answer moved: the figures before and after, and the questions that came or fell away."""

    before: Figures
    after: Figures
    components: tuple[tuple[Ref, Decision, Decision], ...]
    """Components whose verdict is another one now."""
    fell: tuple[Question, ...]
    came: tuple[Question, ...]


@dataclass(frozen=True)
class Sitting:
    """A stack file in the course of being asked about. Raises InputError when the text has mistakes."""

    rules: Rules
    text: str
    later: tuple[str, ...] = ()
    """Questions that were skipped, in the order in which they come back."""
    numbers: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """The number of each question; a number once given stays."""
    topics: tuple[str, ...] = ()
    """The order of the topics; it stays what it was at the beginning, so that a talk does not jump."""
    done: frozenset[str] = frozenset()
    """The questions that were answered in this sitting, in part at least."""

    @classmethod
    def begin(cls, rules: Rules, text: str) -> Sitting:
        """A sitting on the text of a stack file, which may be empty."""
        first = cls(rules, text)
        return first._with(topics=topics_in_order(first.survey.questions.values(), rules.catalogue))._numbered()

    # What is known

    @cached_property
    def declared(self) -> Stack:
        """What the file says."""
        return stack_from_text(self.text, self.rules.path) if self.text.strip() else stack_from_text(
            edit("", (), path=self.rules.path), self.rules.path)

    @cached_property
    def stack(self) -> Stack:
        """What the file says, and what code says of the same."""
        return self.rules.join(self.declared)

    @cached_property
    def judged(self) -> Judged:
        """The judgement as of now."""
        return self.rules.judge(self.stack)

    @property
    def report(self) -> Report:
        """The report as of now; what only paper needs may be left out of it."""
        return self.judged.report

    @cached_property
    def figures(self) -> Figures:
        """The decision in numbers, as of now."""
        return Figures.of(self.report)

    @cached_property
    def survey(self) -> Survey:
        """Every question of the catalogue, as it stands."""
        return Survey(self.stack, self.judged, self.rules.checklist, self.rules.catalogue)

    # What is asked

    @cached_property
    def plan(self) -> Plan:
        """The questions in the order of the talk; where words and code disagree, that is asked first."""
        most = STANDARD_AT_MOST if self.rules.coverage is None else WITH_CODE_AT_MOST
        made = plan(self.survey.questions, self.rules.catalogue, self.rules.depth, self.later, topics=self.topics,
                    most=most, settled=self.settled, done=self.done)
        return Plan((*disputes(self.stack, self.report), *made.questions), made.aside)

    @cached_property
    def settled(self) -> bool:
        """Whether no open answer lifts the decision any more: it is KILL, or something critical fails or holds only in part.

        What holds in part by computed numbers alone does not count: an answer may still move them.
        """
        if self.figures.decision == "kill" or self.figures.failed:
            return True
        counted = self.report.reliability.end_to_end_silent is not None
        return any(f.severity == "critical" and f.outcome == "partial" and (counted or f.component != THE_SYSTEM.id)
                   for f in self.report.findings)

    @property
    def stands(self) -> bool:
        """Whether the decision is KILL, and no answer still to come can lift it."""
        return self.judged.stands

    def question(self, id: str) -> Question:
        """The question of that id, asked or not. Raises InputError when there is none."""
        for one in (*self.plan.questions, *self.plan.aside):
            if one.id == id:
                return one
        form = self.rules.catalogue.form(id)
        if form is None:
            raise InputError(Problem(id, 0, "there is no such question", "'--questions' lists them"))
        return self.survey.questions[id]

    def number(self, question: Question) -> int:
        """The question's number in this sitting."""
        return self.numbers.get(question.id, len(self.numbers) + 1)

    def looked(self, question: Question) -> tuple[str, ...]:
        """What was already looked at, in sentences: what was read, and what was seen of the things in question."""
        cover = self.rules.coverage
        if cover is None:
            return ("No code was given.",)
        files = f"{cover.files_read:,} file{'s' if cover.files_read != 1 else ''}"
        seen = [f"Looked at {files} of code; nothing seen says it."]
        keys = [key for key in question.form.fields if key not in question.form.needs]
        for ref in question.refs:
            for key in keys:
                for fact in self.stack.index.get(ref, {}).get(key, ()):
                    if isinstance(fact.receipt, Inspected) and len(seen) <= MOST_LOOKED:
                        seen.append(f"{ref.id}: {key.replace('_', ' ')} at {fact.receipt.path}:{fact.receipt.line}.")
        for part in self.stack.components:
            if part.ref in question.refs and len(question.refs) <= MOST_LOOKED and len(seen) <= MOST_LOOKED:
                seen += [f"{part.id} is at {r.path}:{r.line}." for r in part.receipts if isinstance(r, Inspected)][:1]
        return tuple(dict.fromkeys(seen))

    # What an answer would do

    def options(self, question: Question) -> tuple[Option, ...]:
        """Each choice of a question, with the level it gives and the figures if it were given for all."""
        found = []
        for number, choice in enumerate(question.form.choices):
            report = self.supposed(self._of_choice(question, number)).report
            found.append(Option(choice.says, choice.means, _level(report, question), Figures.of(report)))
        return tuple(found)

    def _of_choice(self, question: Question, number: int) -> tuple[Change, ...]:
        made = changes_of_dispute if is_dispute(question) else changes_of
        return tuple(made(question, Reply(question.id, choice=number), self.stack))

    def supposed(self, changes: Iterable[Change]) -> Judged:
        """The judgement if these changes were true; nothing is saved."""
        return self.rules.judge(suppose(self.stack, changes))

    # What an answer does

    def after(self, reply: Reply) -> Sitting:
        """The sitting with a reply written down. Raises InputError when the reply does not fit its question."""
        question = self.question(reply.question)
        made = changes_of_dispute if is_dispute(question) else changes_of
        return self.changed(tuple(made(question, reply, self.stack)), who=reply.who, when=reply.when, answered=question.id)

    def changed(self, changes: Iterable[Change], *, who: str | None = None, when: date | None = None,
                answered: str | None = None) -> Sitting:
        """The sitting with its file changed. Raises InputError when a change does not fit."""
        text, declared = edited(self.text, changes, path=self.rules.path, who=who, when=when)
        done = self.done if answered is None else self.done | {answered}
        made = replace(self, text=text, later=tuple(x for x in self.later if x != answered), done=done)
        made.__dict__["declared"] = declared      # read already, to see that the changes fit
        return made._numbered()

    def skipped(self, id: str) -> Sitting:
        """The sitting with a question put off to the end."""
        return self._with(later=(*(x for x in self.later if x != id), id))._numbered()

    def with_text(self, text: str) -> Sitting:
        """The sitting on another text of the file: somebody changed it, or took something back."""
        return replace(self, text=text)._numbered()

    def called(self, numbers: Mapping[str, int]) -> Sitting:
        """The same sitting, its questions called by other numbers."""
        made = self._with(numbers=numbers)
        made.__dict__["plan"] = self.plan
        return made

    def _numbered(self) -> Sitting:
        """Numbers for the questions that have none yet."""
        new = [q.id for q in self.plan.questions if q.id not in self.numbers and q.state != "known"]
        if not new:
            return self
        start = max(self.numbers.values(), default=0)
        return self.called(MappingProxyType({**self.numbers, **{id: start + i for i, id in enumerate(new, 1)}}))

    def _with(self, **parts: Any) -> Sitting:
        """The sitting on the same text, which says the same: it is not read and judged again."""
        made = replace(self, **parts)
        for name in ("declared", "stack", "judged", "figures", "survey"):
            if name in self.__dict__:
                made.__dict__[name] = self.__dict__[name]
        return made


def moved(before: Sitting, after: Sitting) -> Moved:
    """What lies between two sittings."""
    old = {(c.kind, c.id): c.decision for c in before.report.components}
    changed = tuple((Ref(c.kind, c.id), old[c.kind, c.id], c.decision) for c in after.report.components
                    if old.get((c.kind, c.id), c.decision) != c.decision)
    asked_before, asked_after = before.plan.of("open", "waiting"), after.plan.of("open", "waiting")
    there, here = ({q.id for q in (*s.plan.questions, *s.plan.aside)} for s in (before, after))
    fell = tuple(q for q in asked_before if q.id not in here)      # what is only put aside has not fallen away
    came = tuple(q for q in asked_after if q.id not in there)
    return Moved(before.figures, after.figures, changed, fell, came)


_LEVELS: dict[str, Level] = {"fail": "fail", "partial": "partial", "pass": "pass"}
"""Worst first."""


def _level(report: Report, question: Question) -> Level | None:
    """The worst outcome of the question's own check among its components; none while it is not decided."""
    own = question.form.settles[:1] or question.checks[:1]
    ids = {r.id for r in question.refs} | {"system"}
    found = {f.outcome for f in report.findings if f.check in own and f.component in ids} - {"not_applicable"}
    if not found or ("fail" not in found and not found <= _LEVELS.keys()):
        return None     # one that fails is the worst there can be, whatever the others are
    return next(level for word, level in _LEVELS.items() if word in found)
