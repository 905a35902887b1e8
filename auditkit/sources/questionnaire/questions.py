"""Which questions are open: from what is known and what the checks still want to know.

A question is asked of all components to which it applies at once. It is open while a key that it needs is not known
and something waits for it, waits while the answer to another question decides whether it applies, and falls away when
it applies to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple

from auditkit.checklist.checks import SEVERITIES, WEIGHTS, Checklist, Severity
from auditkit.checklist.conditions import Blank, World, evaluate
from auditkit.model.behind import keys_behind, plain_keys
from auditkit.model.facts import THE_SYSTEM, Answer, Fact, Ref, Stack
from auditkit.model.keys import keys
from auditkit.model.receipts import Declared, Inspected
from auditkit.model.report import Finding, Report
from auditkit.model.vocabulary import SECTION_OF
from auditkit.sources.questionnaire.forms import Catalogue, Form, owner_of, part_of

State = Literal["open", "waiting", "answered", "known", "unknown", "away"]
"""`answered`: somebody said it; `known`: evidence says it; `unknown`: somebody was asked and does not know;
`away`: it applies to nothing here, or nothing waits for it."""

Depth = Literal["quick", "standard", "all"]
"""`quick`: the map and what critical checks need; `standard`: what can change the decision; `all`: everything."""

QUICK_AT_MOST = 15
STANDARD_AT_MOST = 45
WITH_CODE_AT_MOST = 25
"""Where code was read there is less to ask, and people expect less to be asked."""
REACH = 0.15
"""How much more a question weighs for each further component that it is asked of."""


class Judged(NamedTuple):
    """A stack that was judged: the report, and the facts behind it, derived ones included."""

    report: Report
    world: World
    stands: bool
    """Whether it is KILL, and no answer still to come can lift that."""


Judge = Callable[[Stack], Judged]


@dataclass(frozen=True)
class Question:
    """One question as it stands. `refs` are the components it is about now: the open ones, else all it applies to.

    `checks` are the undecided checks that wait for it, the heaviest first; `waits_for` names the questions whose
    answers decide whether it applies; `answer` is what was put on record where somebody does not know, or where it
    does not apply.
    """

    form: Form
    state: State
    refs: tuple[Ref, ...] = ()
    checks: tuple[str, ...] = ()
    severity: Severity | None = None
    weight: float = 0.0
    waits_for: tuple[str, ...] = ()
    answer: Answer | None = None

    @property
    def id(self) -> str:
        """The form's id."""
        return self.form.id


@dataclass(frozen=True)
class Survey:
    """All questions about one judged stack, by id."""

    stack: Stack
    judged: Judged
    checklist: Checklist
    catalogue: Catalogue

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """Every question of the catalogue, as it stands."""
        found = {form.id: self._question(form) for form in self.catalogue.forms}
        return {id: _waiting(q, found) for id, q in found.items()}

    @cached_property
    def _blanks(self) -> Mapping[tuple[Ref, str], tuple[Finding, ...]]:
        """The undecided findings that wait for each key of each component."""
        table: dict[tuple[Ref, str], list[Finding]] = {}
        for finding in self.judged.report.findings:
            if finding.outcome == "unknown":
                for place in keys_behind(self.stack, finding):
                    table.setdefault(place, []).append(finding)
        return {place: tuple(found) for place, found in table.items()}

    @cached_property
    def _undecided(self) -> Mapping[tuple[str, str], Finding]:
        return {(f.check, f.component): f for f in self.judged.report.findings if f.outcome == "unknown"}

    @cached_property
    def _answers(self) -> Mapping[tuple[str, str | None], Answer]:
        return {(a.check, a.component): a for a in self.stack.answers if a.outcome != "stated"}

    # One question

    def _question(self, form: Form) -> Question:
        if form.lists is not None:
            return self._listing(form, form.lists)
        asked, waiting, blanks = [], [], dict[Blank, None]()
        for ref in self._of(form):
            truth = evaluate(form.when, ref, self.judged.world)
            if truth.truth is True or (truth.truth is None and self._own_blanks(form, ref, truth.blanks)):
                asked.append(ref)
            elif truth.truth is None:
                waiting.append(ref)
                blanks |= dict.fromkeys(truth.blanks)
        open_ = tuple(r for r in asked if self._is_open(form, r))
        found = self._findings(form, open_ or asked)
        answer = self._answer(form, open_ or tuple(asked))
        state: State
        if open_:
            state = "unknown" if answer is not None else "open"
        elif asked:
            state = "answered" if (self._said(form, asked) and not self._listed(form)) or answer is not None else "known"
            if not any(self._stated(r, k) for r in asked for k in form.fields) and answer is None:
                state = "away"
        elif waiting and any(self._is_open(form, r) for r in waiting):
            state = "waiting"
            found = self._findings(form, waiting)
        elif waiting and self._said(form, waiting):
            state, asked = "answered", waiting      # answered before it was known whether it applies
        else:
            state = "away"
        waits = self._parents(form, blanks) if state == "waiting" else ()
        refs = open_ or tuple(asked) or (tuple(waiting) if state == "waiting" else ())
        return _weighed(Question(form, state, refs, waits_for=waits, answer=answer), found)

    def _of(self, form: Form) -> Sequence[Ref]:
        return (THE_SYSTEM,) if form.about == "system" else self.stack.by_kind[form.about]

    def _listing(self, form: Form, kind: str) -> Question:
        """A question that lists components: open until somebody says that the list is whole."""
        section = SECTION_OF[kind]
        truth = evaluate(form.when, THE_SYSTEM, self.judged.world)
        refs = self.stack.by_kind[kind]
        whole = self.stack.complete.get(section)
        answer = self._answers.get((form.id, None))
        state: State
        if truth.truth is False:
            state = "away"
        elif whole is None:
            state = "waiting" if truth.truth is None else "unknown" if answer is not None else "open"
        else:
            drawn = bool(refs) and all(any(isinstance(r, Inspected) for r in self.stack.receipts_of.get(ref, ())) for ref in refs)
            state = "answered" if isinstance(whole, Declared) and not drawn else "known"
        waits = self._parents(form, dict.fromkeys(truth.blanks)) if state == "waiting" else ()
        found = [f for f in self._undecided.values() if f.check in form.settles or section in f.missing]
        return self._at_stake(_weighed(Question(form, state, tuple(refs), waits_for=waits, answer=answer), found), kind)

    def _at_stake(self, question: Question, kind: str) -> Question:
        """A list that is not known may hold what the heaviest check about its kind would fail."""
        own = [c for c in self.checklist.checks if c.about == kind]
        worst = min(own, key=lambda c: SEVERITIES.index(c.severity), default=None)
        if worst is None or (question.severity and SEVERITIES.index(question.severity) <= SEVERITIES.index(worst.severity)):
            return question
        return replace(question, severity=worst.severity, weight=question.weight + WEIGHTS[worst.severity])

    def _is_open(self, form: Form, ref: Ref) -> bool:
        """Whether a key that is needed is not known, and something undecided waits for the answer."""
        if form.states_level:
            return any((c, ref.id) in self._undecided for c in form.settles)
        missing = [k for k in form.needs if not self._stated(ref, k)]
        if not missing:
            return False
        if not form.settles or any(place(ref, key) in self._blanks for key in missing):
            return True
        return any((c, ref.id) in self._undecided or (c, THE_SYSTEM.id) in self._undecided for c in form.settles)

    def _own_blanks(self, form: Form, ref: Ref, blanks: Sequence[Blank]) -> bool:
        """Whether all that is not known of whether a question applies is what the question itself asks."""
        own = {place(ref, key) for key in form.fields if part_of(owner_of(key, ref.kind)[1], owner_of(key, ref.kind)[0]) is None}
        behind = [set(_plain(self.stack, blank)) for blank in blanks]
        return bool(behind) and all(keys_ and keys_ <= own for keys_ in behind)

    def _listed(self, form: Form) -> bool:
        """Whether all that a question needs is said where its components are listed: nobody was asked again."""
        return any(set(form.needs) <= set(other.columns) for other in self.catalogue.forms if other.lists == form.about)

    def _stated(self, ref: Ref, key: str) -> bool:
        kind, own = owner_of(key, ref.kind)
        part = part_of(own, kind)
        if part is not None:
            records = self.stack.value(ref, part.key.name)
            return records is not None and not part.missing(records)
        target, name = place(ref, key)
        return self.judged.world.known(target, name) is not None

    def _said(self, form: Form, refs: Sequence[Ref]) -> bool:
        """Whether some of it is a person's word."""
        facts = (f for r in refs for k in form.fields for f in self._facts(r, k))
        return any(isinstance(f.receipt, Declared) for f in facts)

    def _facts(self, ref: Ref, key: str) -> Sequence[Fact]:
        target, name = place(ref, key)
        return self.stack.index.get(target, {}).get(name, ())

    def _answer(self, form: Form, refs: Sequence[Ref]) -> Answer | None:
        """What is on record for the question: of all its components, or the same for each of them."""
        whole = self._answers.get((form.id, None))
        if whole is not None or not refs:
            return whole
        each = [self._answers.get((form.id, r.id)) for r in refs]
        return each[0] if all(a is not None for a in each) else None

    def _findings(self, form: Form, refs: Sequence[Ref]) -> list[Finding]:
        """The undecided findings that wait for the question."""
        found: dict[tuple[str, str], Finding] = {}
        for ref in refs:
            for check in form.settles:
                finding = self._undecided.get((check, ref.id))
                if finding is not None:
                    found[finding.check, finding.component] = finding
            for key in form.needs:
                for finding in self._blanks.get(place(ref, key), ()):
                    found[finding.check, finding.component] = finding
        return list(found.values())

    def _parents(self, form: Form, blanks: Mapping[Blank, None]) -> tuple[str, ...]:
        """The questions that fill what decides whether this one applies."""
        wanted = dict.fromkeys((ref.kind, key) for blank in blanks for ref, key in _plain(self.stack, blank))
        found = dict.fromkeys(id for one in wanted for id in self._fillers.get(one, ()))
        return tuple(id for id in found if id != form.id)

    @cached_property
    def _fillers(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """The questions that fill each key of a kind as a whole; one that fills parts of records needs them itself."""
        table: dict[tuple[str, str], list[str]] = {}
        for form in self.catalogue.forms:
            filled = [("system", SECTION_OF[form.lists])] if form.lists else [owner_of(f, form.about) for f in form.fields]
            for one in filled:
                table.setdefault(one, []).append(form.id)
        return {one: tuple(ids) for one, ids in table.items()}


def place(ref: Ref, key: str) -> tuple[Ref, str]:
    """The component and key that a form's key names: `system.x` is the workflow's, a part is of its record's key."""
    kind, own = owner_of(key, ref.kind)
    part = part_of(own, kind)
    return (THE_SYSTEM if kind == "system" else ref), part.key.name if part else own


def _plain(stack: Stack, blank: Blank) -> Iterator[tuple[Ref, str]]:
    """The keys that people can answer behind a blank."""
    name = blank.key.partition(".")[0] if blank.key not in keys(blank.ref.kind) else blank.key
    form = keys(blank.ref.kind).get(name)
    if form is not None and not form.derived:
        yield blank.ref, name
        return
    yield from plain_keys(stack, blank.ref, (blank.key,))


def _weighed(question: Question, found: Sequence[Finding]) -> Question:
    """The question with the checks that wait for it and its weight: by severity, and by how many it is asked of."""
    worst: dict[str, Severity] = {}
    count: dict[str, int] = {}
    for finding in found:
        count[finding.check] = count.get(finding.check, 0) + 1
        known = worst.get(finding.check)
        if known is None or SEVERITIES.index(finding.severity) < SEVERITIES.index(known):
            worst[finding.check] = finding.severity
    checks = sorted(worst, key=lambda c: (SEVERITIES.index(worst[c]), c))
    weight = sum(WEIGHTS[worst[c]] * (1 + REACH * (count[c] - 1)) for c in checks)
    return replace(question, checks=tuple(checks), severity=worst[checks[0]] if checks else None, weight=weight)


def _waiting(question: Question, every: Mapping[str, Question]) -> Question:
    """A question that waits for nothing that could still be asked has fallen away."""
    if question.state != "waiting":
        return question
    parents = tuple(p for p in question.waits_for if every[p].state in ("open", "waiting", "unknown"))
    state: State = "waiting" if parents else "away"
    return replace(question, state=state, waits_for=parents)
