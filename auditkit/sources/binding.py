"""Binds what people describe to what was drawn from their code: one workflow, one name for each thing.

A declared component is found in the code by its `symbol:` (`path.py:name` or `path.py:12`), else by its id or name,
else because a bound action, step or agent names it on both sides (its gate, its integration, its model). Bound
components keep the declared id, and the facts of both sides stay with their receipts: where they disagree,
assessment says so. What was drawn and matches nothing stays, with inspected receipts only; what is declared and was
not found becomes a gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from auditkit.model.facts import THE_SYSTEM, Component, Fact, Gap, Ref, Stack
from auditkit.model.keys import Key, keys
from auditkit.model.receipts import Declared, Inspected
from auditkit.model.vocabulary import NONE, Edge

LABELS = frozenset(("name", "purpose", "symbol", "rule"))
"""Keys that are only words: the declared ones stand."""
NEAR = 3
"""A line that a person wrote down may be a few lines off."""
SOUGHT = ("step", "action", "gate")
"""Kinds that code should show; when it does not, that is a gap."""

Match = dict[Ref, Ref]
"""Drawn components with the declared ones they are."""


def bind(declared: Stack, drawn: Sequence[Stack], workflow: str | None = None) -> Stack:
    """One stack of what is declared and what was drawn of it.

    Of several drawn workflows it takes the one that is named, else those under the stack file's `sources: code`, else
    the one that matches most. Raises KeyError when no drawn workflow has the name.
    """
    if not drawn:
        return declared
    chosen, match = choose(declared, drawn, workflow)
    if chosen is None:
        names = ", ".join(s.name for s in drawn[:8]) + (" and more" if len(drawn) > 8 else "")
        reason = f"none of the {len(drawn)} workflows in the code matches what is declared ({names}); name one with --workflow"
        return declared.model_copy(update={"gaps": (*declared.gaps, Gap(path=".", reason=reason))})
    return join(declared, chosen, match)


def choose(declared: Stack, drawn: Sequence[Stack], workflow: str | None = None) -> tuple[Stack | None, Match]:
    """The drawn workflow that a description is about, and what is what in it; None when nothing matches."""
    if workflow is not None:
        named = next((s for s in drawn if s.name == workflow), None)
        if named is None:
            raise KeyError(workflow)
        return named, matches(declared, named)
    within = [s for s in drawn if any(_lies_in(s, path) for kind, path in declared.sources if kind == "code")]
    pool = within or list(drawn)
    found = [(matches(declared, s), s) for s in pool]
    best = max(found, key=lambda row: (len(row[0]), len(row[1].components)))
    if len(pool) == 1 or len(best[0]) > 1:      # the system itself always matches
        return best[1], best[0]
    return None, {}


def _lies_in(stack: Stack, path: str) -> bool:
    base = path.removeprefix("./").strip("/")
    places = [r.path for c in stack.components for r in c.receipts if isinstance(r, Inspected)]
    return base not in ("", ".") and any(p == base or p.startswith(f"{base}/") for p in places)


# What is what ----------------------------------------------------------------------------------------------

def matches(declared: Stack, drawn: Stack) -> Match:
    """Drawn components with the declared ones they are, one to one."""
    found: Match = {THE_SYSTEM: THE_SYSTEM}
    taken: set[Ref] = {THE_SYSTEM}

    def pair(one: Ref, other: Ref) -> None:
        found[one] = other
        taken.add(other)

    for own in _open(declared, taken):
        symbol = declared.value(own, "symbol") if "symbol" in keys(own.kind) else None
        if symbol:
            there = next((r for r in _open(drawn, set(found)) if r.kind == own.kind and _points(str(symbol), drawn, r)), None)
            if there is not None:
                pair(there, own)
    for names in (_id_only, _id_and_name):
        table: dict[tuple[str, str], Ref] = {}
        for ref in _open(drawn, set(found)):
            for name in names(drawn, ref):
                table.setdefault((ref.kind, name), ref)
        for own in _open(declared, taken):
            there = next((table[own.kind, n] for n in names(declared, own) if (own.kind, n) in table), None)
            if there is not None and there not in found:
                pair(there, own)
    for one, other in [*found.items()]:
        for there, own in _named_by_both(drawn, one, declared, other):
            if there not in found and own not in taken:
                pair(there, own)
    return found


def _open(stack: Stack, taken: set[Ref]) -> Iterator[Ref]:
    return (c.ref for c in stack.components if c.ref not in taken)


def _points(symbol: str, drawn: Stack, ref: Ref) -> bool:
    """Whether a symbol names a drawn component: its own symbol, or its file with its name or a line near it."""
    own = drawn.value(ref, "symbol") if "symbol" in keys(ref.kind) else None
    if own is not None and str(own) == symbol:
        return True
    path, _, name = symbol.rpartition(":")
    path = path.removeprefix("./")
    places = [r for r in drawn.receipts_of[ref] if isinstance(r, Inspected) and r.path == path]
    if not places:
        return False
    if name.isdigit():
        return any(abs(r.line - int(name)) <= NEAR for r in places)
    last = _last(name)
    return bool(last) and (last in _id_and_name(drawn, ref) or (own is not None and last == _last(str(own))))


def _last(symbol: str) -> str:
    return _norm(re.split(r"[.:]", symbol)[-1])


def _id_only(_stack: Stack, ref: Ref) -> list[str]:
    return [n] if (n := _norm(ref.id)) else []


def _id_and_name(stack: Stack, ref: Ref) -> list[str]:
    name = stack.value(ref, "name") if "name" in keys(ref.kind) else None
    return [n for text in (ref.id, name) if text and (n := _norm(str(text)))]


def _norm(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def _named_by_both(drawn: Stack, one: Ref, declared: Stack, other: Ref) -> Iterator[tuple[Ref, Ref]]:
    """What two bound components both name under the same key."""
    for name, key in keys(one.kind).items():
        if key.form == "reference" and key.refers_to and not key.many and name not in ("verifies", "duplicate_of"):
            there, own = drawn.value(one, name), declared.value(other, name)
            if there not in (None, NONE) and own not in (None, NONE):
                a, b = Ref(key.refers_to, str(there)), Ref(key.refers_to, str(own))
                if a in drawn.receipts_of and b in declared.receipts_of:
                    yield a, b


# One stack -------------------------------------------------------------------------------------------------

def join(declared: Stack, drawn: Stack, match: Mapping[Ref, Ref]) -> Stack:
    """Both stacks as one; bound components under their declared ids."""
    moved = renamed(declared, drawn, match)
    kept = tuple(f for f in moved.facts if f.key not in LABELS or declared.known(f.ref, f.key) is None)
    one = _without_echo(declared, moved) | moved.having(facts=kept)
    return one.having(facts=(*one.facts, *end_of_declared(declared, match, moved.components)),
                      gaps=(*one.gaps, *_lost(declared, drawn, match)))


def _without_echo(declared: Stack, moved: Stack) -> Stack:
    """The description without places that were just seen again: the inspector's own receipt says more."""
    seen = {(f.ref, f.key, f.value, f.receipt.path, f.receipt.line) for f in moved.facts if isinstance(f.receipt, Inspected)}
    named = {(c.ref, r.path, r.line) for c in moved.components for r in c.receipts if isinstance(r, Inspected)}
    facts = tuple(f for f in declared.facts if not isinstance(f.receipt, Inspected)
                  or (f.ref, f.key, f.value, f.receipt.path, f.receipt.line) not in seen)
    parts = tuple(c.model_copy(update={"receipts": tuple(
        r for r in c.receipts if not isinstance(r, Inspected) or (c.ref, r.path, r.line) not in named)})
        for c in declared.components)
    return declared.having(components=parts, facts=facts)


def renamed(declared: Stack, drawn: Stack, match: Mapping[Ref, Ref]) -> Stack:
    """What was drawn, under the ids that it has in the joined stack."""
    ids = _ids(declared, drawn, match)
    parts = tuple(Component(kind=c.kind, id=ids[c.ref].id, receipts=c.receipts) for c in drawn.components)
    return drawn.having(components=parts, facts=tuple(_moved(f, declared, ids) for f in drawn.facts))


def _ids(declared: Stack, drawn: Stack, match: Mapping[Ref, Ref]) -> dict[Ref, Ref]:
    """The name of every drawn component in the joined stack; a name that another has taken gets `_in_code`."""
    taken = {c.ref for c in declared.components}
    found: dict[Ref, Ref] = {}
    for ref in (c.ref for c in drawn.components):
        name = match.get(ref)
        if name is None:
            name = ref
            while name in taken:
                name = Ref(ref.kind, f"{name.id}_in_code")
        taken.add(name)
        found[ref] = name
    return found


def _moved(fact: Fact, declared: Stack, ids: Mapping[Ref, Ref]) -> Fact:
    ref = ids.get(fact.ref, fact.ref)
    value = _value(fact, keys(fact.kind)[fact.key], ref, declared, ids)
    return Fact(kind=ref.kind, id=ref.id, key=fact.key, value=value, receipt=fact.receipt)


def _value(fact: Fact, key: Key, ref: Ref, declared: Stack, ids: Mapping[Ref, Ref]) -> object:
    value = fact.value
    if isinstance(value, Edge):
        to = ids.get(Ref("step", str(value.to)), Ref("step", str(value.to))).id
        known = declared.value(ref, fact.key) or ()
        return next((e for e in known if e.to == to), value.model_copy(update={"to": to}))
    if key.form == "reference" and key.refers_to:
        return ids.get(Ref(key.refers_to, str(value)), Ref(key.refers_to, str(value))).id
    if (fact.kind, fact.key) == ("agent", "tools"):
        return ids.get(Ref("action", str(value)), Ref("action", str(value))).id
    return value


def end_of_declared(declared: Stack, match: Mapping[Ref, Ref], parts: Sequence[Component]) -> tuple[Fact, ...]:
    """The last declared step ends the run as before, though drawn steps now stand behind it in the list."""
    steps = declared.by_kind["step"]
    more = any(p.kind == "step" and p.ref not in steps for p in parts)
    if not steps or not more or steps[-1] in match.values() or declared.known(steps[-1], "next") is not None:
        return ()
    receipt = next(iter(declared.receipts_of[steps[-1]]))
    return (Fact(kind="step", id=steps[-1].id, key="next", value=Edge(to="end"), receipt=receipt),)


def _lost(declared: Stack, drawn: Stack, match: Mapping[Ref, Ref]) -> Iterator[Gap]:
    """Declared components that the code does not show: those with a symbol, and those that code should show."""
    found = set(match.values())
    kinds = {c.kind for c in drawn.components}
    for part in declared.components:
        if part.ref in found:
            continue
        here = next((r for r in part.receipts if isinstance(r, Declared)), None)
        symbol = declared.value(part.ref, "symbol") if "symbol" in keys(part.kind) else None
        noun = part.kind.replace("_", " ")
        if symbol:
            reason = f"{noun} {part.id}: its symbol {symbol} points at nothing that was drawn from the code"
        elif part.kind in SOUGHT and part.kind in kinds:
            reason = f"{noun} {part.id} is declared and was not found in the code"
        else:
            continue
        yield Gap(path=here.path if here else ".", line=here.line if here else None, reason=reason)
