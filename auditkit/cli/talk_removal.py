"""What goes with a component that is taken out. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from auditkit.cli.talk_facts import spoken
from auditkit.formats.numbers import count_digits
from auditkit.formats.terminal import safe
from auditkit.model.facts import SYSTEM, Ref, Stack
from auditkit.model.keys import keys
from auditkit.model.vocabulary import Edge
from auditkit.sources.stack_file.records import END
from auditkit.syntax.words import listed


def goes_with(before: Stack, after: Stack, gone: Ref) -> tuple[str, ...]:
    """What else a stack no longer says without one component, in sentences: what names it, what was on record."""
    return (*_others(before, after, gone), *_papers(before, after))


def own_facts(before: Stack, gone: Ref) -> str:
    """What is known of a component itself, in a few words: `2 facts of its own (kind and direction)`."""
    facts = [spoken(name) for name in before.index.get(gone, {}) if name not in ("name", "text")]
    return f"{count_digits(len(facts), 'fact', 'facts')} of its own ({listed(facts, 'and')})" if facts else ""


def _others(before: Stack, after: Stack, gone: Ref) -> Iterator[str]:
    """What other components say differently."""
    for part in before.components:
        names = dict.fromkeys((*before.index.get(part.ref, {}), *after.index.get(part.ref, {})))
        for name in names if part.ref != gone else ():
            old, new = before.value(part.ref, name), after.value(part.ref, name)
            if old == new:
                continue
            title = safe(before.title(part.ref))
            noun = "" if part.kind in (SYSTEM, gone.kind) else f" ({part.kind.replace('_', ' ')})"
            if keys(part.kind)[name].record is Edge:
                yield f"{title}{noun} leads to {_way(after, new)} now."
            elif new is None:
                yield f"{title}{noun} names no {spoken(name)} any more."
            else:
                yield f"{title}{noun} no longer names it under {spoken(name)}."


def _way(stack: Stack, edges: object) -> str:
    """Where edges lead, by the names of steps."""
    ends = [str(e.to) for e in edges if isinstance(e, Edge)] if isinstance(edges, tuple) else []
    return listed(["the end" if e == END else safe(stack.title(Ref("step", e))) for e in ends], "and") or "the next step"


def _papers(before: Stack, after: Stack) -> Iterator[str]:
    """Answers, accepted risks and planned fixes that were about it."""
    for old, new, one, many in ((before.answers, after.answers, "answer on record", "answers on record"),
                                (before.waivers, after.waivers, "accepted risk", "accepted risks"),
                                (before.plan, after.plan, "planned fix", "planned fixes")):
        if len(old) > len(new):
            yield f"{count_digits(len(old) - len(new), one, many)} about it."
