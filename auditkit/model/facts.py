"""What is known of one workflow: components, facts with receipts, gaps, and the paperwork of the audit.

A key of a component may have several facts: one a source, or one an item for keys that hold a set.
The strongest receipt speaks, all receipts stay.
"""

from collections.abc import Iterable, Mapping
from datetime import date as Day
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import BaseModel, TypeAdapter, model_serializer, model_validator

from auditkit.model.base import STRENGTH, Frozen
from auditkit.model.keys import Key, keys
from auditkit.model.receipts import Declared, Receipt
from auditkit.model.vocabulary import KINDS, NONE

Value = bool | int | float | str | Day | Frozen
"""The value of one fact: plain, or a record of the vocabulary."""

EMPTY = "[]"
"""The value of a fact that says: this set is known to be empty."""

REASONS = ("not in scope", "no such component", "handled elsewhere", "not yet built", "other")
"""How the reason of a "does not apply" begins."""

SYSTEM = "system"


class Ref(NamedTuple):
    """The name of a component: its kind and its id (a slug, unique within the kind)."""

    kind: str
    id: str

    def __str__(self) -> str:
        return self.id


THE_SYSTEM = Ref(SYSTEM, SYSTEM)


class Fact(Frozen):
    """One source's word on one key of one component."""

    kind: str
    id: str
    key: str
    value: Any
    receipt: Receipt

    @property
    def ref(self) -> Ref:
        """The component that the fact is about."""
        return Ref(self.kind, self.id)


class Component(Frozen):
    """One thing in the workflow, and where it was named."""

    kind: str
    id: str
    receipts: tuple[Receipt, ...] = ()

    @property
    def ref(self) -> Ref:
        """Its kind and id."""
        return Ref(self.kind, self.id)


class Gap(Frozen):
    """Something that could not be looked at, and why."""

    path: str
    line: int | None = None
    reason: str


class Answer(Frozen):
    """A person's answer to a check, for what is no fact of a component."""

    check: str
    component: str | None = None
    outcome: str
    ask: str | None = None
    reason: str | None = None
    note: str | None = None
    who: str | None = None
    when: Day | None = None
    evidence: str | None = None
    path: str = ""
    line: int = 0


class Waiver(Frozen):
    """A finding whose risk a named person accepted until a date."""

    check: str
    component: str
    reason: str
    control: str | None = None
    owner: str | None = None
    requester: str | None = None
    approver: str | None = None
    since: Day | None = None
    expires: Day | None = None
    path: str = ""
    line: int = 0


class Task(Frozen):
    """Who mends which finding by when."""

    closes: tuple[str, ...]
    owner: str | None = None
    due: Day | None = None
    path: str = ""
    line: int = 0


class Evidence(Frozen):
    """One piece of evidence: a file, a link, a talk."""

    id: str
    kind: str = "file"
    source: str
    date: Day | None = None
    by: str | None = None
    sha256: str | None = None
    redacted: str | None = None
    path: str = ""
    line: int = 0


class Asked(Frozen):
    """Somebody who was asked, and when."""

    who: str
    role: str | None = None
    when: Day | None = None


class Engagement(Frozen):
    """The paperwork of the audit: for whom, by whom, which version."""

    id: str | None = None
    client: str | None = None
    consultant: str | None = None
    lead: str | None = None
    partner: str | None = None
    reviewer: str | None = None
    version: str | None = None
    status: str = "draft"
    classification: str | None = None
    again_by: Day | None = None
    scope_in: str | None = None
    scope_out: str | None = None
    window: str | None = None
    repository: str | None = None
    commit: str | None = None
    asked: tuple[Asked, ...] = ()


class Known(NamedTuple):
    """What is known of a key: the value that speaks, and every receipt behind it."""

    value: Any
    receipts: tuple[Receipt, ...]

    @property
    def basis(self) -> str:
        """The strongest basis among the receipts."""
        return max((r.basis for r in self.receipts), key=STRENGTH.__getitem__, default="assumed")


class Stack(Frozen):
    """Everything known of one workflow.

    `complete` names the sections whose list is known to be whole (a written section is: what is not in it
    does not exist), with the receipt that says so.
    """

    name: str
    components: tuple[Component, ...] = ()
    facts: tuple[Fact, ...] = ()
    complete: dict[str, Receipt] = {}
    gaps: tuple[Gap, ...] = ()
    answers: tuple[Answer, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    plan: tuple[Task, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    engagement: Engagement = Engagement()
    sources: tuple[tuple[str, str], ...] = ()

    def __or__(self, other: "Stack") -> "Stack":
        """Both stacks' knowledge of one workflow; nothing is dropped, and the left one's names come first."""
        merged: dict[Ref, Component] = {}
        for part in (*self.components, *other.components):
            known = merged.get(part.ref)
            merged[part.ref] = part if known is None else known.model_copy(
                update={"receipts": _unique((*known.receipts, *part.receipts))})
        return Stack(
            name=self.name, components=tuple(merged.values()), facts=_unique((*self.facts, *other.facts)),
            complete={**other.complete, **self.complete}, gaps=_unique((*self.gaps, *other.gaps)),
            answers=_unique((*self.answers, *other.answers)), waivers=_unique((*self.waivers, *other.waivers)),
            plan=_unique((*self.plan, *other.plan)), evidence=_unique((*self.evidence, *other.evidence)),
            engagement=self.engagement if self.engagement != Engagement() else other.engagement,
            sources=_unique((*self.sources, *other.sources)))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> "Stack":
        """A copy with other parts, in which nothing has been looked up yet."""
        made = super().model_copy(update=update, deep=deep)
        for name in ("index", "by_kind", "receipts_of", "_said"):
            made.__dict__.pop(name, None)
        return made

    def having(self, **parts: Any) -> "Stack":
        """The stack with other parts."""
        return self.model_copy(update=parts)

    @cached_property
    def index(self) -> Mapping[Ref, Mapping[str, tuple[Fact, ...]]]:
        """Facts by component and key."""
        table: dict[Ref, dict[str, list[Fact]]] = {c.ref: {} for c in self.components}
        for fact in self.facts:
            table.setdefault(fact.ref, {}).setdefault(fact.key, []).append(fact)
        return {ref: {k: tuple(v) for k, v in rows.items()} for ref, rows in table.items()}

    @cached_property
    def by_kind(self) -> Mapping[str, tuple[Ref, ...]]:
        """Component names by kind, in order of appearance."""
        table: dict[str, list[Ref]] = {kind: [] for kind in KINDS}
        for part in self.components:
            table[part.kind].append(part.ref)
        return {kind: tuple(refs) for kind, refs in table.items()}

    @cached_property
    def receipts_of(self) -> Mapping[Ref, tuple[Receipt, ...]]:
        """Where each component was named."""
        return {part.ref: part.receipts for part in self.components}

    def known(self, ref: Ref, key: str) -> Known | None:
        """What is known of a key, or None. For keys that hold a set, the value is a tuple of items."""
        if (ref, key) not in self._said:
            self._said[ref, key] = self._speak(ref, key)
        return self._said[ref, key]

    @cached_property
    def _said(self) -> dict[tuple[Ref, str], Known | None]:
        """What was asked for before; a stack never changes."""
        return {}

    def _speak(self, ref: Ref, key: str) -> Known | None:
        facts = self.index.get(ref, {}).get(key)
        if not facts:
            return None
        if keys(ref.kind)[key].many:
            items = _unique(f.value for f in facts if f.value != EMPTY)
            return Known(tuple(items), _unique(f.receipt for f in facts))
        if len(facts) == 1:
            return Known(facts[0].value, (facts[0].receipt,))
        return Known(max(facts, key=_weight).value, _unique(f.receipt for f in facts))

    def value(self, ref: Ref, key: str) -> Any:
        """The value that speaks, or None when it is not known."""
        known = self.known(ref, key)
        return None if known is None else known.value

    def title(self, ref: Ref) -> str:
        """The name that people read: the component's `name`, or its id in words."""
        if ref.kind == SYSTEM:
            return str(self.value(ref, "name") or self.name)
        return str(self.value(ref, "name") or ref.id.replace("_", " "))

    @model_serializer
    def _contract(self) -> dict[str, Any]:
        written = _Written()
        return {
            "name": self.name,
            "components": [self._component(part, written) for part in self.components],
            "complete": {section: _plain(receipt) for section, receipt in self.complete.items()},
            "gaps": [_plain(g) for g in self.gaps],
            **{name: [_plain(x) for x in getattr(self, name)]
               for name in ("answers", "waivers", "plan", "evidence")},
            "engagement": _plain(self.engagement),
            "sources": [list(s) for s in self.sources],
        }

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: Any) -> dict[str, Any]:
        """The contract's shape: facts by key under their component, each receipt with its own value."""
        receipt = {"type": "object", "required": ["basis"], "properties": {
            "basis": {"enum": ["declared", "inspected", "measured"]}, "path": {"type": "string"}, "line": {"type": "integer"}}}
        receipts = {"type": "array", "items": receipt}
        fact = {"type": "object", "required": ["value", "receipts"], "properties": {"receipts": receipts}}
        component = {"type": "object", "required": ["kind", "id", "facts", "receipts"], "properties": {
            "kind": {"enum": list(KINDS)}, "id": {"type": "string"}, "receipts": receipts,
            "facts": {"type": "object", "additionalProperties": fact}}}
        gap = {"type": "object", "required": ["path", "reason"]}
        return {"type": "object", "title": "Stack", "description": cls.__doc__, "required": ["name", "components", "gaps"],
                "properties": {"name": {"type": "string"}, "components": {"type": "array", "items": component},
                               "complete": {"type": "object", "additionalProperties": receipt},
                               "gaps": {"type": "array", "items": gap}}}

    def _component(self, part: Component, written: "_Written") -> dict[str, Any]:
        rows: dict[str, Any] = {}
        for name, facts in self.index.get(part.ref, {}).items():
            known = self.known(part.ref, name)
            rows[name] = {"value": _json(known.value) if known else None,
                          "receipts": [{**written.of(f.receipt), "value": _json(f.value)} for f in facts]}
        return {"kind": part.kind, "id": part.id, "facts": rows, "receipts": [written.of(r) for r in part.receipts]}

    @model_validator(mode="before")
    @classmethod
    def _from_contract(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "facts" in data or not all(
                isinstance(c, dict) for c in data.get("components", ())):
            return data
        facts: list[Fact] = []
        parts: list[Component] = []
        for part in data.get("components", ()):
            parts.append(Component(kind=part["kind"], id=part["id"], receipts=tuple(part.get("receipts", ()))))
            for name, row in part.get("facts", {}).items():
                facts += [_fact(part["kind"], part["id"], name, receipt) for receipt in row["receipts"]]
        return {**data, "components": tuple(parts), "facts": tuple(facts)}


class _Written:
    """The receipts of one stack as plain data; many facts share one."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, Any]] = {}

    def of(self, receipt: Receipt) -> dict[str, Any]:
        """The receipt as plain data."""
        found = self._known.get(id(receipt))
        if found is None:
            found = self._known[id(receipt)] = _plain(receipt)
        return found


def known_to_be_none(value: Any) -> bool:
    """Whether a value says that there is nothing (`none`, an empty set), as against not known."""
    return (isinstance(value, str) and value == NONE) or value == ()


def _weight(fact: Fact) -> tuple[int, str]:
    """Strongest basis first; among equals the latest, then the first written."""
    when = getattr(fact.receipt, "when", None)
    return STRENGTH[fact.receipt.basis], when.isoformat() if when else ""


def _fact(kind: str, id: str, name: str, row: Mapping[str, Any]) -> Fact:
    key = keys(kind)[name]
    receipt = {k: v for k, v in row.items() if k != "value"}
    return Fact(kind=kind, id=id, key=name, value=read_value(key, row["value"]), receipt=receipt)


def read_value(key: Key, value: Any) -> Any:
    """A value as the vocabulary types it, from JSON. Raises ValueError when it does not fit."""
    if value == EMPTY:
        return EMPTY
    if key.record is not None:
        return key.record.model_validate(value)
    if key.form == "date":
        return TypeAdapter(Day).validate_python(value)
    return value


def _json(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _plain(value)
    if isinstance(value, tuple):
        return [_json(v) for v in value]
    return value.isoformat() if isinstance(value, Day) else value


def _plain(value: BaseModel) -> dict[str, Any]:
    return value.model_dump(mode="json", exclude_none=True)


def _unique(items: Iterable[Any]) -> tuple[Any, ...]:
    """The items once each, in order; by equality, since records may hold anything."""
    seen: dict[Any, None] = {}
    for item in items:
        seen.setdefault(item, None)
    return tuple(seen)


__all__ = ["EMPTY", "SYSTEM", "THE_SYSTEM", "Answer", "Asked", "Component", "Declared", "Engagement", "Evidence",
           "Fact", "Gap", "Known", "Ref", "Stack", "Task", "Value", "Waiver", "known_to_be_none", "read_value"]
