"""A stack as the checklist sees it: stated facts, facts derived from them, and who is related to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from auditkit.checklist.conditions import Item, Node, back_reference
from auditkit.model.facts import EMPTY, THE_SYSTEM, Known, Ref, Stack
from auditkit.model.keys import keys
from auditkit.model.receipts import Receipt
from auditkit.model.vocabulary import NONE, SECTION_OF, SECTIONS

Derived = Mapping[tuple[Ref, str], Known]


@dataclass(frozen=True)
class StackWorld:
    """Where a checklist's conditions look facts up. `derived` holds what was computed from the stack."""

    stack: Stack
    derived: Derived = field(default_factory=dict)

    def known(self, ref: Ref, key: str) -> Known | None:
        """What is stated or derived of a key; None when it is not known."""
        place = ref, key
        if place not in self._found:
            self._found[place] = self._look_up(ref, key)
        return self._found[place]

    @cached_property
    def _found(self) -> dict[tuple[Ref, str], Known | None]:
        """What was looked up before: seventy checks ask for the same facts, and a world never changes."""
        return {}

    def _look_up(self, ref: Ref, key: str) -> Known | None:
        computed = self.derived.get((ref, key))
        if computed is not None:
            return computed
        known = self.stack.known(ref, key)
        if known is not None:
            return None if known.value == "unknown" else known
        if ref.kind == "action" and key == "gate":
            return self._gate_before(ref)
        return None

    @cached_property
    def only_tried(self) -> bool:
        """Whether this is a prototype without real users."""
        return self.value(THE_SYSTEM, "stage") == "prototype" and self.value(THE_SYSTEM, "users") in ("none", "staff")

    @cached_property
    def ungated_for_good(self) -> tuple[Ref, ...]:
        """The actions that cannot be undone and that no enforced gate guards."""
        return tuple(a for a in self.stack.by_kind["action"]
                     if self.value(a, "ungated") is True and self.value(a, "reversible") == "no")

    def value(self, ref: Ref, key: str) -> object:
        """The value that speaks, or None."""
        known = self.known(ref, key)
        return None if known is None else known.value

    def related(self, ref: Ref, relation: str) -> tuple[Sequence[Node], bool | None, tuple[Receipt, ...]]:
        """The related nodes, whether that is all of them, and the receipts that say so."""
        own = keys(ref.kind).get(relation)
        if own is not None and own.many and (own.record is not None or own.refers_to is not None):
            return self._items(ref, relation)
        kind = SECTIONS[relation]
        whole = self.stack.complete.get(relation)
        receipts = (whole,) if whole else ()
        everyone = self.stack.by_kind[kind]
        if ref.kind == "system":
            return everyone, bool(whole) or None, receipts
        return self._referring(ref, kind, everyone, bool(whole), receipts)

    def _referring(self, ref: Ref, kind: str, everyone: Sequence[Ref], whole: bool,
                   receipts: tuple[Receipt, ...]) -> tuple[Sequence[Node], bool | None, tuple[Receipt, ...]]:
        key = back_reference(kind, ref.kind)
        assert key is not None, f"{SECTION_OF[kind]} do not refer to a {ref.kind}"
        found: list[Ref] = []
        all_known = True
        for other in everyone:
            known = self.known(other, key)
            if known is None:
                all_known = False
            elif ref.id == known.value or (isinstance(known.value, tuple) and ref.id in known.value):
                found.append(other)
        return found, (whole and all_known) or None, receipts

    def _items(self, ref: Ref, key: str) -> tuple[Sequence[Node], bool | None, tuple[Receipt, ...]]:
        facts = self.stack.index.get(ref, {}).get(key, ())
        form = keys(ref.kind)[key]
        receipts = tuple(f.receipt for f in facts)
        stated = [f for f in facts if f.value not in (EMPTY, NONE)]
        if form.record is not None:
            items = [Item(ref, key, i, f.value, f.receipt) for i, f in enumerate(stated)]
            return items, bool(facts) or None, receipts
        assert form.refers_to is not None
        return [Ref(form.refers_to, str(f.value)) for f in stated], bool(facts) or None, receipts

    def _gate_before(self, action: Ref) -> Known | None:
        """The gate of an action that only the gate names; no gate at all when every gate is known."""
        gates = self.stack.by_kind["gate"]
        for gate in gates:
            before = self.stack.known(gate, "before")
            if before is not None and action.id in before.value:
                return Known(gate.id, before.receipts)
        whole = self.stack.complete.get("gates")
        if whole is not None and all(self.stack.known(g, "before") is not None for g in gates):
            return Known(NONE, (whole,))
        return None
