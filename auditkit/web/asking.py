"""The open question as a page shows it: what is asked and why, the answers with what is known, and what was typed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from auditkit.assessment.excerpts import Mark, drawn
from auditkit.formats.excerpts import CodeBlock, blocks
from auditkit.formats.numbers import count, day, listed, short_day
from auditkit.formats.statements import key_words, place
from auditkit.model.excerpts import Source
from auditkit.model.facts import THE_SYSTEM, Fact, Ref, Stack
from auditkit.model.keys import Key, keys
from auditkit.model.receipts import Inspected
from auditkit.model.vocabulary import SECTION_OF
from auditkit.sources.questionnaire.disputes import is_dispute, sides
from auditkit.sources.questionnaire.forms import key_of, owner_of, part_of
from auditkit.sources.questionnaire.keeping import Clash
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.replies import MORE, REASONS
from auditkit.sources.questionnaire.sitting import Sitting
from auditkit.web import fields
from auditkit.web.answers import NOT_APPLICABLE, UNKNOWN, chosen, field_name, recorded
from auditkit.web.posted import Posted

MOST_NAMED = 3
GRID = 3
"""Up to so many plain keys of several components are asked in one table."""
SPARE_ROWS = 3
MOST_COLUMNS = 160
"""Of a line of code: it wraps on a page, so that nothing of it is cut."""

Kind = Literal["choices", "fields", "list", "dispute", "waiting"]


@dataclass(frozen=True)
class Choice:
    """One answer that can be chosen. `level` is None while it is not computed."""

    value: str
    key: str
    says: str
    means: str
    on: bool
    level: str = ""


@dataclass(frozen=True)
class Group:
    """The exact facts of one component."""

    title: str
    id: str
    inputs: tuple[fields.Input, ...]


@dataclass(frozen=True)
class Item:
    """One line of a list; without an id it is a new one."""

    n: int
    id: str
    name: str
    was: str
    inputs: tuple[fields.Input, ...]
    declared: bool = False
    """Whether it stands in the file, so that it can be moved and taken out."""


@dataclass(frozen=True)
class Each:
    """One component in the table of answers: which choice is its own."""

    id: str
    title: str
    on: int | None


@dataclass(frozen=True)
class Side:
    """One side of a dispute: who says it, what, with whom, when and where; and the line of code that says it."""

    who: str
    said: str
    where: str
    code: CodeBlock | None = None


@dataclass(frozen=True)
class Asked:
    """A question, ready to be shown."""

    id: str
    url: str
    kind: Kind
    number: int
    place: str
    ask: str
    why: str
    looked: tuple[str, ...]
    state: str
    about: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    each: tuple[Each, ...] = ()
    each_open: bool = False
    groups: tuple[Group, ...] = ()
    grid: bool = False
    facts_open: bool = False
    items: tuple[Item, ...] = ()
    noun: str = ""
    none: str = ""
    whole: str = ""
    unknown: bool = False
    to_ask: str = ""
    away: bool = False
    reason: str = ""
    reason_text: str = ""
    reasons: tuple[str, ...] = REASONS
    note: str = ""
    note_was: str = ""
    evidence: str = ""
    typed_evidence: str = ""
    typed_on: str = ""
    extra: bool = False
    sides: tuple[Side, ...] = ()
    waits: tuple[tuple[str, str, str], ...] = ()
    then: tuple[str, ...] = ()
    answered: bool = False
    mark: str = ""
    """What was known when the page was made."""


def asked(sitting: Sitting, question: Question, url: str, typed: Posted | None = None) -> Asked:
    """A question as it stands; `typed` is what somebody typed that could not be saved."""
    posted = typed or Posted(())
    made = Asked(question.id, url, _kind(question), sitting.number(question), place_of(sitting, question), question.form.ask,
                 question.form.why, _looked(sitting, question), question.state,
                 tuple(r.id for r in question.refs), answered=question.state in ("answered", "known", "unknown"),
                 mark=state_of(question, sitting.declared))
    if made.kind == "waiting":
        return _waiting(made, sitting, question)
    made = _with_remarks(made, sitting, question, posted)
    if made.kind == "dispute":
        return replace(made, ask=_disputed(sitting, question), choices=_choices(question, {}, posted),
                       sides=_sides(sitting, question))
    if made.kind == "list":
        return _with_list(made, sitting, question, posted)
    known = chosen(question, sitting.declared)
    groups = _groups(sitting, question, posted)
    several = len(question.refs) > 1
    each = tuple(Each(r.id, sitting.stack.title(r), _picked(posted, f"each/{r.id}", known.get(r.id))) for r in question.refs)
    same = len(set(known.values())) == 1 and len(known) == len(question.refs)
    return replace(
        made, choices=_choices(question, known if same else {}, posted),
        each=each if several and question.form.choices else (),
        each_open=bool(known) and not same, groups=groups, grid=_in_grid(groups),
        facts_open=not question.form.choices or _typed_facts(posted, groups))


def _typed_facts(posted: Posted, groups: Sequence[Group]) -> bool:
    """Whether somebody typed exact facts that could not be saved."""
    shown = (i.value or any(o.on for o in i.options) for g in groups for i in g.inputs)
    return any(True for _ in posted.under("f/")) and any(shown)


def _picked(posted: Posted, name: str, known: int | None) -> int | None:
    value = posted.one(name)
    return int(value) if value.isdigit() and len(value) < 3 else known


def _kind(question: Question) -> Kind:
    if question.state == "waiting":
        return "waiting"
    if is_dispute(question):
        return "dispute"
    if question.form.lists is not None:
        return "list"
    return "choices" if question.form.choices else "fields"


def _looked(sitting: Sitting, question: Question) -> tuple[str, ...]:
    """What was looked at. That there was no code is not said at every question."""
    return () if is_dispute(question) or sitting.rules.coverage is None else sitting.looked(question)


def _called(sitting: Sitting, question: Question) -> str:
    """`Question 19 of about 40`, by its place in the talk; what is not asked has none."""
    if question.id in sitting.numbers:
        about = "about " if sitting.plan.of("open", "waiting") else ""
        return f"Question {sitting.numbers[question.id]} of {about}{sitting.plan.total}"
    return "Known already" if question.state in ("known", "answered") else "Not asked now"


def place_of(sitting: Sitting, question: Question) -> str:
    """The line above a question: its place in the talk, and what it is about."""
    return f"{_called(sitting, question)}, {_where(sitting, question)}"


def _where(sitting: Sitting, question: Question) -> str:
    """What the question is about: `about five steps, marked on the map`."""
    stack, refs = sitting.stack, question.refs
    if question.form.lists is not None or not refs or refs[0] == THE_SYSTEM:
        return "about no step yet" if question.state == "waiting" and not refs else "about the whole workflow"
    kind = refs[0].kind
    many = _plural(kind)
    if len(refs) > MOST_NAMED:
        marked = ", marked on the map" if kind == "step" else f": {listed([stack.title(r) for r in refs])}"
        amount = f"about {len(refs)} {many}" if len(refs) > 12 else count(len(refs), kind, many)
        return f"about {amount}{marked}" if len(refs) <= 12 else f"{amount}{marked}"
    return f"about {listed([stack.title(r) for r in refs])}"


def _plural(kind: str) -> str:
    """Several components of a kind, in words."""
    words = {"knowledge": "sources", "store": "stores", "monitor": "monitors", "eval": "test sets", "edge_case": "odd cases",
             "guardrail": "rules", "integration": "outside systems", "gate": "gates"}
    return words.get(kind, SECTION_OF[kind].replace("_", " ") if kind in SECTION_OF else kind)


def _choices(question: Question, known: dict[str, int], posted: Posted) -> tuple[Choice, ...]:
    typed = posted.one("choice")
    unsaid = (question.answer is not None and question.answer.outcome in ("unknown", "not_applicable")
              and question.answer.reason != MORE)
    on = typed or (str(next(iter(known.values()))) if known and not unsaid else "")
    return tuple(Choice(str(i), str(i + 1), c.says, c.means, on == str(i)) for i, c in enumerate(question.form.choices))


def _with_remarks(made: Asked, sitting: Sitting, question: Question, posted: Posted) -> Asked:
    answer, kept = question.answer, recorded(question, sitting.stack)
    note = kept[0] if kept else ""
    shown = ""
    if kept and kept[1] is not None:
        shown = ", ".join(x for x in (kept[1].source, short_day(kept[1].date) if kept[1].date else "") if x)
    unknown = answer is not None and answer.outcome == "unknown" and answer.reason != MORE and question.state == "unknown"
    away = answer is not None and answer.outcome == "not_applicable"
    reason, _, text = (answer.reason or "").partition(": ") if away and answer is not None else ("", "", "")
    choice = posted.one("choice")
    return replace(
        made, note=posted.one("note") or note, note_was=note, evidence=shown, typed_evidence=posted.one("evidence"),
        typed_on=posted.one("evidence_on"), unknown=choice == UNKNOWN or (not choice and unknown),
        to_ask=posted.one("ask") or (answer.ask or "" if answer is not None and unknown else ""),
        away=choice == NOT_APPLICABLE or (not choice and away), reason=posted.one("reason") or reason,
        reason_text=posted.one("reason_text") or text, extra=bool(note or shown or posted.one("note") or posted.one("evidence")))


# Exact facts -----------------------------------------------------------------------------------------------

def _groups(sitting: Sitting, question: Question, posted: Posted) -> tuple[Group, ...]:
    many = len(question.refs) > 1
    return tuple(Group(sitting.stack.title(ref) if many else "", ref.id, _inputs(sitting, question, ref, posted))
                 for ref in question.refs)


def _inputs(sitting: Sitting, question: Question, ref: Ref, posted: Posted) -> tuple[fields.Input, ...]:
    made = (_input(sitting, question, ref, name, posted) for name in question.form.fields)
    return tuple(i for i in made if i is not None)


def _input(sitting: Sitting, question: Question, ref: Ref, name: str, posted: Posted) -> fields.Input | None:
    key = key_of(name, question.form.about)
    if key is None:
        return None
    kind, own = owner_of(name, question.form.about)
    target = THE_SYSTEM if kind == "system" else ref
    part = part_of(own, kind)
    known: Any = None
    if part is None:
        known = sitting.declared.value(target, own)
    else:
        said = {getattr(r, part.part.name) for r in part.of(sitting.declared.value(target, part.key.name) or ())}
        known = next(iter(said)) if len(said) == 1 else None
    made = fields.input_of(field_name(ref, name), key, known, sitting.stack)
    return fields.retyped(made, key, posted, sitting.stack)


def _in_grid(groups: Sequence[Group]) -> bool:
    """Whether several components can be asked in one table: few keys, each with one plain input."""
    return len(groups) > 1 and all(
        len(g.inputs) <= GRID and all(i.kind in ("select", "text", "rate", "date") for i in g.inputs) for g in groups)


# Lists -----------------------------------------------------------------------------------------------------

def _with_list(made: Asked, sitting: Sitting, question: Question, posted: Posted) -> Asked:
    kind = question.form.lists or ""
    table = keys(kind)
    known = sitting.stack.by_kind[kind]
    items = [_item(n, ref, sitting, question, table) for n, ref in enumerate(known)]
    typed = _typed_items(len(items), posted, sitting, question, table)
    spare = max(1, SPARE_ROWS - len(items) - len(typed))
    start = len(items) + len(typed)
    blank = [_item(start + i, None, sitting, question, table) for i in range(spare)]
    whole = posted.one("whole")
    if not whole and SECTION_OF[kind] in sitting.declared.complete:
        whole = "all" if known else "none" if question.form.none else ""
    return replace(made, items=(*items, *typed, *blank), noun=question.form.short, none=question.form.none,
                   whole=whole)


def _item(n: int, ref: Ref | None, sitting: Sitting, question: Question, table: dict[str, Key]) -> Item:
    stack = sitting.stack
    inputs = tuple(fields.input_of(f"i/{n}/{c}", table[c], stack.value(ref, c) if ref else None, stack)
                   for c in question.form.columns)
    name = stack.title(ref) if ref else ""
    return Item(n, ref.id if ref else "", name, name, inputs, ref is not None and ref in sitting.declared.receipts_of)


def _typed_items(start: int, posted: Posted, sitting: Sitting, question: Question, table: dict[str, Key]) -> list[Item]:
    """The new lines that somebody typed and that could not be saved."""
    numbers = [n.partition("/")[0] for n, _ in posted.under("i/") if n.endswith("/name")]
    found: list[Item] = []
    for old in dict.fromkeys(numbers):
        if posted.one(f"i/{old}/id") or not posted.one(f"i/{old}/name"):
            continue
        n = start + len(found)
        moved = Posted(tuple((name.replace(f"i/{old}/", f"i/{n}/", 1), v) for name, v in posted.pairs
                             if name.startswith(f"i/{old}/")))
        blank = _item(n, None, sitting, question, table)
        inputs = tuple(fields.retyped(i, table[c], moved, sitting.stack) for i, c in zip(blank.inputs, question.form.columns))
        found.append(replace(blank, name=posted.one(f"i/{old}/name"), inputs=inputs))
    return found


# Another window -------------------------------------------------------------------------------------------

def _places(question: Question, stack: Stack) -> Iterator[tuple[Ref, str]]:
    """The keys that a question's answer may state, of all its components."""
    refs = (THE_SYSTEM,) if question.form.about == "system" else stack.by_kind[question.form.about]
    for ref in refs if question.form.lists is None else ():
        for name in question.form.fields:
            kind, own = owner_of(name, question.form.about)
            part = part_of(own, kind)
            yield THE_SYSTEM if kind == "system" else ref, part.key.name if part else own


def state_of(question: Question, stack: Stack) -> str:
    """A mark of what is known of a question: a page that shows an older one is out of date."""
    known = [(ref.id, key, str(stack.value(ref, key))) for ref, key in _places(question, stack)]
    said = [str(a) for a in stack.answers if a.check == question.id]
    return hashlib.sha256(repr((known, said)).encode()).hexdigest()[:16]


def differing(question: Question, now: Stack, wanted: Stack) -> tuple[Clash, ...]:
    """What is known now and would be overwritten."""
    found = []
    for ref, key in dict.fromkeys(_places(question, now)):
        theirs, yours = now.known(ref, key), wanted.value(ref, key)
        if theirs is not None and theirs.value != yours:
            receipt = theirs.receipts[0]
            found.append(Clash(ref, key, theirs.value, yours, getattr(receipt, "who", None), getattr(receipt, "when", None)))
    return tuple(found)


# Two sides -------------------------------------------------------------------------------------------------

def _sides(sitting: Sitting, question: Question) -> tuple[Side, ...]:
    """What was said and what was seen, with who, when and where."""
    said, seen = sides(sitting.stack, question)
    return (*(Side("You said" if i == 0 else "", *_side(f)) for i, f in enumerate(said)),
            *(Side("The code says" if isinstance(f.receipt, Inspected) else "Counted", *_side(f), _code(f, sitting.rules.sources))
              for f in seen))


def _code(fact: Fact, sources: Source | None) -> CodeBlock | None:
    """The line at the place of a fact with those beside it, as reports show it; only what a reader has seen in files at hand."""
    at = fact.receipt
    if sources is None or not isinstance(at, Inspected) or not at.rule or not (sources.line(at.path, at.line) or "").strip():
        return None
    return blocks(drawn((Mark("cause", at.path, at.line, ""),), sources), most=MOST_COLUMNS)[0]


def _disputed(sitting: Sitting, question: Question) -> str:
    """What the two sides disagree on, as the catalogue asks it."""
    ref, key = question.refs[0], question.form.fields[0]
    form = next((f for f in sitting.rules.catalogue.forms if f.about == ref.kind and key in f.fields and not f.lists), None)
    _, seen = sides(sitting.stack, question)
    other = "the code" if any(isinstance(f.receipt, Inspected) for f in seen) else "the count"
    return question.form.ask if form is None else f"Your answer and {other} disagree: {form.ask[:1].lower()}{form.ask[1:]}"


def _side(fact: Fact) -> tuple[str, str]:
    receipt = fact.receipt
    who, when = getattr(receipt, "who", None), getattr(receipt, "when", None)
    where = place(receipt) if isinstance(receipt, Inspected) else getattr(receipt, "source", "")
    said = f"{key_words(fact.key).capitalize()}: {value_words(fact.value)}"
    return said, ", ".join(x for x in (who, day(when) if when else "", where) if x)


def value_words(value: Any) -> str:
    """A value as one would say it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return listed([value_words(v) for v in value]) or "none"
    if hasattr(value, "model_dump"):
        table = value.model_dump(exclude_none=True)
        return ", ".join(f"{k.replace('_', ' ')} {value_words(v)}" for k, v in table.items())
    return str(value).replace("_", " ") if str(value) != "[]" else "none"


# Waiting ---------------------------------------------------------------------------------------------------

def _waiting(made: Asked, sitting: Sitting, question: Question) -> Asked:
    parents = [sitting.question(id) for id in question.waits_for]
    waits = tuple((q.id, f"{sitting.number(q)}\u2002{q.form.ask}", _who_has(q)) for q in parents)
    nobody = " and ".join(f"question {sitting.number(q)}" for q in parents)
    why = f"This cannot be asked yet. It hangs on {nobody}." if parents else "This cannot be asked yet."
    then = tuple(f"{c.says}: {c.means}" for c in question.form.choices[:3]) or (question.form.why,)
    return replace(made, why=why, waits=waits, then=then, looked=(_unknown_means(question),))


def _who_has(question: Question) -> str:
    answer = question.answer
    if answer is not None and answer.ask:
        return f"{answer.ask}, asked{f' {day(answer.when)}' if answer.when else ''}, no answer yet"
    return "nobody has it yet" if answer is None else "somebody was asked and does not know"


def _unknown_means(question: Question) -> str:
    """What it does to the decision that this is not known."""
    if question.severity not in ("critical", "high"):
        return "Until then it counts as unknown, neither pass nor fail."
    checks = ", ".join(question.checks[:3])
    return (f"Until then it counts as unknown, neither pass nor fail. It decides a {question.severity} check"
            f"{f' ({checks})' if checks else ''}; while that is unknown the decision cannot be KEEP.")
