"""What goes with a component that is taken out, in words that hold before and after it is done. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditkit.model.facts import SYSTEM, Ref, Stack
from auditkit.model.keys import keys
from auditkit.model.vocabulary import Edge
from auditkit.sources.questionnaire.asks import spoken
from auditkit.sources.stack_file.records import END
from auditkit.syntax.words import listed


@dataclass(frozen=True)
class Removal:
    """A component that is taken out: its name, its own facts in short words, and sentences on what else changes."""

    title: str
    facts: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def own(self) -> str:
        """`2 facts of its own`; "" where there is none."""
        return f"{_many(len(self.facts), 'fact', 'facts')} of its own" if self.facts else ""

    @property
    def own_named(self) -> str:
        """`2 facts of its own (kind and direction)`."""
        return f"{self.own} ({listed(self.facts, 'and')})" if self.facts else ""


def removal(before: Stack, after: Stack, gone: Ref) -> Removal:
    """What a stack no longer says without one component: what was known of it, what named it, what was on record."""
    facts = tuple(spoken(name) for name in before.index.get(gone, {}) if name not in ("name", "text"))
    return Removal(before.title(gone), facts, (*_others(before, after, gone), *_papers(before, after)))


def _others(before: Stack, after: Stack, gone: Ref) -> Iterator[str]:
    """What other components say differently."""
    for part in before.components:
        names = dict.fromkeys((*before.index.get(part.ref, {}), *after.index.get(part.ref, {})))
        for name in names if part.ref != gone else ():
            old, new = before.value(part.ref, name), after.value(part.ref, name)
            if old == new:
                continue
            noun = "" if part.kind in (SYSTEM, gone.kind) else f" ({part.kind.replace('_', ' ')})"
            title = f"{before.title(part.ref)}{noun}"
            if keys(part.kind)[name].record is Edge:
                yield f"{title} leads to {_way(after, new)} now."
            elif new is None:
                yield f"{title} names no {spoken(name)} any more."
            else:
                yield f"{title} no longer names it under {spoken(name)}."


def _way(stack: Stack, edges: object) -> str:
    """Where edges lead, by the names of steps."""
    ends = [str(e.to) for e in edges if isinstance(e, Edge)] if isinstance(edges, tuple) else []
    return listed(["the end" if e == END else stack.title(Ref("step", e)) for e in ends], "and") or "the next step"


def _papers(before: Stack, after: Stack) -> Iterator[str]:
    """Answers, accepted risks and planned fixes that were about it."""
    for old, new, one, many in ((before.answers, after.answers, "answer on record", "answers on record"),
                                (before.waivers, after.waivers, "accepted risk", "accepted risks"),
                                (before.plan, after.plan, "planned fix", "planned fixes")):
        lost = len(old) - len(new)
        if lost > 0:
            yield f"{_many(lost, one, many)} about it {'goes' if lost == 1 else 'go'} with it."


def _many(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"
