"""From what somebody answers to what changes in the stack file."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from auditkit.errors import InputError, Problem
from auditkit.model.facts import REASONS, THE_SYSTEM, Ref, Stack
from auditkit.model.keys import keys
from auditkit.model.receipts import Declared
from auditkit.model.vocabulary import SECTION_OF, Edge
from auditkit.sources.questionnaire.forms import NEXT, Added, Choice, Form, owner_of, part_of
from auditkit.sources.questionnaire.questions import Question, place
from auditkit.sources.stack_file.editing import Add, Change, Drop, Put, Record, Remove, Whole
from auditkit.syntax.words import hide_secrets

__all__ = ["MORE", "REASONS", "Evidence", "Item", "Reply", "changes_of", "slug"]

MORE = "there may be more"
"""The reason with which a list is left that may not be whole: nobody knows, so it is not asked again."""

_SLUG = re.compile(r"[^a-z0-9]+")
_MOST_ID = 40


@dataclass(frozen=True)
class Evidence:
    """What shows that an answer is true: a file or a link, as of a day; of a file its SHA-256."""

    source: str
    kind: Literal["file", "link", "talk"] = "file"
    sha256: str | None = None
    date: date | None = None
    by: str | None = None


@dataclass(frozen=True)
class Item:
    """One component of a list: its name, the keys that were said with it, and its id where it is there already."""

    name: str
    facts: tuple[tuple[str, Any], ...] = ()
    id: str | None = None


@dataclass(frozen=True)
class Reply:
    """What somebody answered to one question.

    `choice` (from 0) is for every component the question is about, `each` for single ones by id, `facts` states keys
    exactly, by (component id, key). `items` answers a question that lists, in order; `whole` says that these are all.
    `outcome` is for what states no fact: `unknown` (`ask` may name who is to find out), `not_applicable` (with a
    reason), or a level of the check where a question has no facts of its own. Defaults are never answers.
    """

    question: str
    choice: int | None = None
    each: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    items: tuple[Item, ...] | None = None
    whole: bool = True
    outcome: Literal["unknown", "not_applicable", "pass", "partial", "fail"] | None = None
    reason: str | None = None
    note: str | None = None
    ask: str | None = None
    evidence: Evidence | None = None
    who: str | None = None
    when: date | None = None


def changes_of(question: Question, reply: Reply, stack: Stack) -> tuple[Change, ...]:
    """What a reply changes in the stack file. Raises InputError when it does not fit its question."""
    made: list[Change] = []
    if reply.outcome is not None:
        made += _on_record(question, reply)
    elif question.form.lists is not None:
        made += _listed(question.form.lists, reply, stack)
    elif question.form.states_level:
        made += _levels(question, reply)
    else:
        made += _stated(question, reply, stack)
    if reply.outcome is None:
        made += [Drop("answers", identity) for identity in _records(question, stack)]
    remarks = list(_remarks(question, reply, stack))
    if all(isinstance(c, Drop) or (isinstance(c, Record) and c.section == "asked") for c in (*made, *remarks)):
        raise InputError(Problem(question.id, 0, "there is no answer in this reply", "give a choice, facts, or 'unknown'"))
    return (*made, *remarks)


# Facts -----------------------------------------------------------------------------------------------------

def _stated(question: Question, reply: Reply, stack: Stack) -> Iterator[Change]:
    refs = {r.id: r for r in question.refs}
    chosen = dict.fromkeys(refs, reply.choice) if reply.choice is not None else {}
    work = _Stating(stack)
    for id, number in {**chosen, **reply.each}.items():
        ref = refs.get(id, Ref(question.form.about, id))    # somebody else may have answered for it meanwhile
        if ref not in stack.receipts_of and ref != THE_SYSTEM:
            raise InputError(Problem(question.id, 0, f"it is not asked of '{id}'", f"it is about {', '.join(refs)}"))
        work.choice(_choice(question.form, number), ref, question.form.choices)
    for (id, key), value in reply.facts.items():
        ref = refs.get(id, Ref(question.form.about, id))
        if ref not in stack.receipts_of and ref != THE_SYSTEM:
            there = ", ".join(r.id for r in stack.by_kind[ref.kind])
            raise InputError(Problem(question.id, 0, f"there is no {ref.kind.replace('_', ' ')} '{id}'",
                                     f"there is {there}" if there else "none is named yet"))
        if key not in question.form.fields:
            raise InputError(Problem(question.id, 0, f"it does not ask for '{key}' of '{id}'",
                                     f"it asks for {', '.join(question.form.fields)}"))
        work.put(ref, key, value)
    yield from work.changes()


@dataclass
class _Stating:
    """Facts that are being stated together: a key once, parts of records joined, names given away once."""

    stack: Stack
    said: dict[tuple[Ref, str], Any] = field(default_factory=dict)
    made: list[Change] = field(default_factory=list)
    gone: dict[Ref, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.taken = set(self.stack.receipts_of)

    def choice(self, choice: Choice, ref: Ref, others: Iterable[Choice] = ()) -> None:
        """All that a choice says about a component; what another one said there before it is no longer said."""
        for old in others:
            if old is not choice and self._stands(old, ref):
                self._take_back(old, choice, ref)
        if choice.adds is not None:
            self._added(choice.adds, ref)
        for key, value in choice.sets.items():
            self.put(ref, key, value)

    def _stands(self, choice: Choice, ref: Ref) -> bool:
        """Whether all that a choice says is what people said of a component, word for word."""
        plain = [(place(ref, key), value) for key, value in choice.sets.items() if _is_plain(ref, key)]
        if choice.adds is not None:
            known = Ref(choice.adds.kind, str(self.stack.value(ref, choice.adds.refers)))
            plain += [((known, key), value) for key, value in choice.adds.sets.items()]
        return bool(plain) and all(self._said_so(*at, value) for at, value in plain)

    def _said_so(self, ref: Ref, key: str, value: Any) -> bool:
        facts = self.stack.index.get(ref, {}).get(key, ())
        return bool(facts) and all(isinstance(f.receipt, Declared) for f in facts) and self.stack.value(ref, key) == value

    def _take_back(self, old: Choice, new: Choice, ref: Ref) -> None:
        for key in old.sets:
            if key not in new.sets and _is_plain(ref, key) and owner_of(key, ref.kind)[0] == ref.kind:
                self.said[place(ref, key)] = None
        if old.adds is not None and new.adds is None:
            came = Ref(old.adds.kind, str(self.stack.value(ref, old.adds.refers)))
            named = sum(f.value == came.id and keys(f.kind)[f.key].refers_to == came.kind for f in self.stack.facts)
            if came in self.stack.receipts_of and named == 1:
                self.gone[came] = None

    def put(self, ref: Ref, key: str, value: Any) -> None:
        """One field of a form: a key, the system's key, or a part of each record of a key."""
        kind, own = owner_of(key, ref.kind)
        target, name = place(ref, key)
        part = part_of(own, kind)
        if part is not None:
            records = self.said.get((target, name), self.stack.value(target, name) or ())
            value = part.filled(records, value)
        elif key == "next" and isinstance(value, tuple):
            value = tuple(self._way(ref, edge) for edge in value)
        self.said[target, name] = value

    def changes(self) -> tuple[Change, ...]:
        """Everything that was stated; components first, since keys refer to them."""
        puts = (Put(ref, key, value) for (ref, key), value in self.said.items() if ref not in self.gone)
        return (*self.made, *puts, *(Remove(ref) for ref in self.gone))

    def _way(self, ref: Ref, edge: Any) -> Any:
        if not isinstance(edge, Edge) or edge.to != NEXT:
            return edge
        steps = [r.id for r in self.stack.by_kind["step"]]
        i = steps.index(ref.id)
        return edge.model_copy(update={"to": steps[i + 1] if i + 1 < len(steps) else "end"})

    def _added(self, added: Added, ref: Ref) -> None:
        """A component that comes with an answer: one that stands there already is filled in, not doubled."""
        known = self.stack.value(ref, added.refers)
        if isinstance(known, str) and Ref(added.kind, known) in self.stack.receipts_of:
            self.said |= {(Ref(added.kind, known), k): v for k, v in added.sets.items()}
            return
        name = added.name.format(id=ref.id, name=self.stack.title(ref))
        id = _free(added.kind, slug(added.id.format(id=ref.id, name=ref.id)), self.taken)
        section = SECTION_OF[added.kind]
        self.made.append(Add(added.kind, id, (("name", name), *added.sets.items())))
        if section not in self.stack.complete and not self.stack.by_kind[added.kind]:
            self.made.append(Whole(section, False))     # one is known; nobody said that it is the only one
        self.said[ref, added.refers] = id


def _levels(question: Question, reply: Reply) -> Iterator[Change]:
    """The level of a check that has no facts of its own, as a person's word on each component."""
    chosen = {r.id: reply.choice for r in question.refs} if reply.choice is not None else {}
    for id, number in {**chosen, **reply.each}.items():
        _choice(question.form, number)
        yield Record("answers", _filled(check=question.id, component=None if id == "system" else id,
                                        outcome=question.form.level(int(number or 0)), note=reply.note, who=reply.who,
                                        when=reply.when, evidence=_evidence_id(reply)))


def _choice(form: Form, number: int | None) -> Choice:
    if number is None or not 0 <= number < len(form.choices):
        most = len(form.choices)
        raise InputError(Problem(form.id, 0, f"it has no choice {(number if number is not None else -1) + 1}",
                                 f"it has 1 to {most}" if most else "it is answered by facts"))
    return form.choices[number]


def _is_plain(ref: Ref, key: str) -> bool:
    """Whether a field is a key as a whole, not a part of its records, and no way that depends on the order of steps."""
    kind, own = owner_of(key, ref.kind)
    return part_of(own, kind) is None and own != "next"


# Lists -----------------------------------------------------------------------------------------------------

def _listed(kind: str, reply: Reply, stack: Stack) -> Iterator[Change]:
    """New items are added in their place; what is there already and not named stays where it is."""
    items = reply.items or ()
    known = {r.id: r for r in stack.by_kind[kind]}
    by_name = {str(stack.value(r, _label(kind)) or r.id).casefold(): r.id for r in known.values()}
    taken = set(stack.receipts_of)
    before: str | None = ""
    ways = {r.id: stack.value(r, "next") for r in known.values()} if kind == "step" else {}
    for item in items:
        id = item.id if item.id in known else by_name.get(item.name.casefold())
        if id is None:
            if not item.name.strip():
                raise InputError(Problem(reply.question, 0, "an item has no name", "give each a short name"))
            id = _free(kind, slug(item.name), taken)
            yield Add(kind, id, ((_label(kind), item.name.strip()), *item.facts), before)
            yield from _linked(before or "", id, ways, [*known])
        else:
            yield from (Put(Ref(kind, id), key, value) for key, value in item.facts)
        before = id
    if reply.whole:
        yield Whole(SECTION_OF[kind])
    elif items:
        yield Whole(SECTION_OF[kind], False)


def _linked(before: str, new: str, ways: dict[str, Any], order: Sequence[str]) -> Iterator[Change]:
    """A new step takes its place on the way: where the one before it says that it leads straight on, it leads here now."""
    way = ways.get(before)
    if not way or len(way) != 1:
        return      # nothing said, so the next in the list follows; or branches, of which nobody said that one leads here
    place = order.index(before) if before in order else -1
    follows = order[place + 1] if 0 <= place < len(order) - 1 else "end"
    if way[0].to not in (follows, "end"):
        return
    ways[new] = (Edge(to=way[0].to),)
    ways[before] = (Edge(to=new),)
    yield Put(Ref("step", before), "next", ways[before])
    yield Put(Ref("step", new), "next", ways[new])


def _label(kind: str) -> str:
    """The key that holds what a component is called: a rule is called by its words."""
    return "name" if "name" in keys(kind) else "text"


def slug(name: str) -> str:
    """An id made from a name: lower case, words joined by underscores, at most 40 characters, nothing secret."""
    plain = unicodedata.normalize("NFKD", hide_secrets(name)).encode("ascii", "ignore").decode().lower()
    return _SLUG.sub("_", plain).strip("_")[:_MOST_ID].strip("_")


def _free(kind: str, wanted: str, taken: set[Ref]) -> str:
    """An id that nothing of the kind has yet."""
    base = f"{wanted}_1" if wanted in ("end", "none", "system", "unknown") else wanted or f"{kind}_1"
    name, n = base, 1
    while Ref(kind, name) in taken:
        n += 1
        name = f"{base}_{n}"
    taken.add(Ref(kind, name))
    return name


# What goes on record ---------------------------------------------------------------------------------------

def _on_record(question: Question, reply: Reply) -> Iterator[Change]:
    if reply.outcome == "not_applicable" and question.form.lists is not None:
        raise InputError(Problem(question.id, 0, "a list always applies", f"say that there is none: {question.form.none}"
                                 if question.form.none else "name the first, or say that nobody knows"))
    if reply.outcome == "not_applicable" and not (reply.reason or "").strip():
        raise InputError(Problem(question.id, 0, "what does not apply needs a reason", f"one of: {'; '.join(REASONS)}"))
    whole = question.form.about == "system" or question.form.lists is not None
    refs: Sequence[Ref | None] = (None,) if whole else question.refs
    for check in _recorded_under(question, reply):
        for ref in refs:
            yield Record("answers", _filled(check=check, component=ref.id if ref else None, outcome=reply.outcome,
                                            reason=reply.reason, note=reply.note, ask=reply.ask, who=reply.who,
                                            when=reply.when, evidence=_evidence_id(reply)))


def _recorded_under(question: Question, reply: Reply) -> tuple[str, ...]:
    """The question itself; where it is no check, that something does not apply is said of the checks that wait for it."""
    if reply.outcome == "not_applicable" and question.id not in question.form.settles:
        own = tuple(c for c in question.checks if c in question.form.settles)
        return tuple(dict.fromkeys((question.id, *own)))
    return (question.id,)


def _records(question: Question, stack: Stack) -> Iterator[tuple[str, ...]]:
    """The records that an answer makes void: somebody did not know, and now it is said."""
    ids = {None, *(r.id for r in question.refs)}
    own = {question.id, *question.form.settles}
    for answer in stack.answers:
        void = (answer.outcome == "unknown" and answer.check == question.id) or (
            answer.outcome == "not_applicable" and answer.check in own)
        if void and answer.component in ids:
            yield (answer.check, *((answer.component,) if answer.component else ()))


def _remarks(question: Question, reply: Reply, stack: Stack) -> Iterator[Change]:
    """The note and the evidence of an answer. They stand in the record of the answer where there is one."""
    if question.form.lists is not None and not reply.whole and reply.reason == MORE:
        yield Record("answers", _filled(check=question.id, outcome="unknown", reason=MORE, note=reply.note, ask=reply.ask,
                                        who=reply.who, when=reply.when))
        return
    if reply.evidence is not None:
        yield Record("evidence", _filled(id=_evidence_id(reply), kind=reply.evidence.kind, source=reply.evidence.source,
                                         date=reply.evidence.date or reply.when, by=reply.evidence.by or reply.who,
                                         sha256=reply.evidence.sha256))
    if reply.who and all(a.who != reply.who for a in stack.engagement.asked):
        yield Record("asked", _filled(who=reply.who, when=reply.when))
    if reply.outcome is None and (reply.note or reply.evidence) and not question.form.states_level:
        yield Record("answers", _filled(check=question.id, outcome="stated", note=reply.note, who=reply.who, when=reply.when,
                                        evidence=_evidence_id(reply)))


def _evidence_id(reply: Reply) -> str | None:
    if reply.evidence is None:
        return None
    mark = hashlib.sha256(f"{reply.evidence.source}\0{reply.evidence.sha256}".encode()).hexdigest()[:6]
    return f"{slug(Path(reply.evidence.source).name) or 'evidence'}-{mark}"


def _filled(**values: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((k, v) for k, v in values.items() if v is not None)
