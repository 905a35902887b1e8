"""A stack with changes supposed: what would be known if somebody said so. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from auditkit.model.facts import EMPTY, Answer, Component, Fact, Ref, Stack
from auditkit.model.keys import keys
from auditkit.model.receipts import Declared
from auditkit.model.vocabulary import Edge
from auditkit.sources.stack_file.editing import Add, Change, Drop, Move, Put, Record, Remove, Whole

END = "end"


def suppose(stack: Stack, changes: Iterable[Change], *, path: str = "supposed", who: str | None = None,
            when: date | None = None) -> Stack:
    """The stack as it would be after the changes; what they say replaces every other word on the same key.

    A fact of code is replaced as well: to suppose is to ask "what if", not to weigh receipts.
    """
    receipt = Declared(path=path, line=0, who=who, when=when)
    for change in changes:
        stack = _changed(stack, change, receipt)
    return stack


def _changed(stack: Stack, change: Change, receipt: Declared) -> Stack:
    match change:
        case Put(ref, key, value):
            return _put(stack, ref, ((key, value),), receipt)
        case Add(kind, id, facts, after):
            return _put(_with_component(stack, Ref(kind, id), after, receipt), Ref(kind, id), facts, receipt)
        case Remove(ref):
            return _without(stack, ref)
        case Move(ref, after):
            part = next(c for c in stack.components if c.ref == ref)
            rest = tuple(c for c in stack.components if c.ref != ref)
            return stack.having(components=tuple(_inserted(rest, part, after)))
        case Whole(section, whole):
            known = {k: v for k, v in stack.complete.items() if k != section}
            return stack.having(complete={**known, section: receipt} if whole else known)
        case Record(section, values):
            return _recorded(stack, section, dict(values))
        case Drop(section, identity):
            return _dropped(stack, section, identity)


def _put(stack: Stack, ref: Ref, pairs: Iterable[tuple[str, Any]], receipt: Declared) -> Stack:
    table = dict(pairs)
    kept = tuple(f for f in stack.facts if f.ref != ref or f.key not in table)
    new = tuple(fact for key, value in table.items() if value is not None for fact in _facts(ref, key, value, receipt))
    return stack.having(facts=(*kept, *new))


def _facts(ref: Ref, key: str, value: Any, receipt: Declared) -> Iterator[Fact]:
    items = (value,) if not keys(ref.kind)[key].many else tuple(value) or (EMPTY,)
    for item in items:
        yield Fact(kind=ref.kind, id=ref.id, key=key, value=item, receipt=receipt)


def _with_component(stack: Stack, ref: Ref, after: str | None, receipt: Declared) -> Stack:
    if ref in stack.receipts_of:
        return stack
    part = Component(kind=ref.kind, id=ref.id, receipts=(receipt,))
    return stack.having(components=tuple(_inserted(stack.components, part, after)))


def _inserted(parts: Iterable[Component], part: Component, after: str | None) -> Iterator[Component]:
    """The components with one more of a kind: first of its kind (""), behind another, or last (None)."""
    parts = list(parts)
    if after is None:
        yield from parts
        yield part
        return
    same = [c.id for c in parts if c.kind == part.kind]
    before = same[0] if after == "" and same else None
    done = False
    for other in parts:
        if other.kind == part.kind and other.id == before:
            yield part
            done = True
        yield other
        if other.kind == part.kind and after and other.id == after:
            yield part
            done = True
    if not done:
        yield part


def _without(stack: Stack, ref: Ref) -> Stack:
    """The stack without a component and without what refers to it; ways to a step lead on to what came after it."""
    onward = _onward(stack, ref) if ref.kind == "step" else None
    facts: list[Fact] = []
    for fact in stack.facts:
        if fact.ref == ref:
            continue
        key = keys(fact.kind)[fact.key]
        if isinstance(fact.value, Edge) and fact.value.to == ref.id and ref.kind == "step":
            if onward is not None and onward != fact.id:
                facts.append(fact.model_copy(update={"value": fact.value.model_copy(update={"to": onward})}))
        elif not (key.refers_to == ref.kind and fact.value == ref.id):
            facts.append(fact)
    parts = tuple(c for c in stack.components if c.ref != ref)
    return stack.having(components=parts, facts=tuple(dict.fromkeys(facts)))


def _onward(stack: Stack, ref: Ref) -> str:
    ways = [f.value.to for f in stack.index.get(ref, {}).get("next", ()) if isinstance(f.value, Edge) and f.value.to]
    steps = [r.id for r in stack.by_kind["step"]]
    place = steps.index(ref.id)
    return str(ways[0]) if ways else steps[place + 1] if place + 1 < len(steps) else END


def _recorded(stack: Stack, section: str, values: dict[str, Any]) -> Stack:
    """Answers alone can move a finding; the rest of the paperwork moves nothing."""
    if section != "answers":
        return stack
    answer = Answer.model_validate(values)
    rest = tuple(a for a in stack.answers if (a.check, a.component) != (answer.check, answer.component))
    return stack.having(answers=(*rest, answer))


def _dropped(stack: Stack, section: str, identity: tuple[str, ...]) -> Stack:
    if section != "answers":
        return stack
    kept = tuple(a for a in stack.answers if (a.check, a.component or "") != (identity[0], *(identity[1:] or ("",))))
    return stack.having(answers=kept)

