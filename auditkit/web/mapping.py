"""Changing the step map: add, rename, move and take out steps, who decides, and where each leads with which share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from auditkit.errors import InputError, Problem
from auditkit.model.facts import Ref
from auditkit.model.keys import keys
from auditkit.model.vocabulary import Edge
from auditkit.sources.questionnaire.replies import slug
from auditkit.sources.questionnaire.sitting import Sitting
from auditkit.sources.stack_file.editing import Add, Change, Move, Put, Remove
from auditkit.sources.stack_file.records import END
from auditkit.web import fields
from auditkit.web.posted import Posted

DECIDERS = {"model": "a model", "code": "code", "human": "a person"}


@dataclass(frozen=True)
class Step:
    """One step in the editor."""

    id: str
    no: int
    name: str
    deciders: tuple[fields.Option, ...]
    ways: fields.Input
    first: bool
    last: bool
    branches: bool
    leads: str


@dataclass(frozen=True)
class Editor:
    """All steps, and the name of one that could not be added."""

    steps: tuple[Step, ...]
    new: str


def editor(sitting: Sitting, typed: Posted | None = None) -> Editor:
    """The steps as they can be changed; `typed` is what could not be saved."""
    refs = sitting.declared.by_kind["step"]
    posted = typed or Posted(())
    made = tuple(_step(sitting, i, ref, len(refs), posted if posted.one("id") == ref.id else Posted(()))
                 for i, ref in enumerate(refs))
    return Editor(made, posted.one("name") if posted.one("do") == "add" else "")


def _step(sitting: Sitting, i: int, ref: Ref, total: int, posted: Posted) -> Step:
    stack = sitting.declared
    decider = posted.one("decider") or stack.value(ref, "decider") or ""
    ways = stack.value(ref, "next")
    shown = fields.retyped(fields.input_of("next", keys("step")["next"], ways, stack), keys("step")["next"], posted, stack)
    return Step(ref.id, i + 1, posted.one("name") or stack.title(ref),
                tuple(fields.Option(v, w, v == decider) for v, w in DECIDERS.items()),
                shown, i == 0, i == total - 1, _branches(stack.by_kind["step"], i, ways), _leads(ways))


def _branches(refs: Sequence[Ref], i: int, ways: Sequence[Edge] | None) -> bool:
    """Whether a step leads elsewhere than simply to the one below it."""
    plain = refs[i + 1].id if i + 1 < len(refs) else END
    return bool(ways) and [(w.to, w.share) for w in ways or ()] != [(plain, None)]


def _leads(ways: Sequence[Edge] | None) -> str:
    return "Ends the run" if ways and [w.to for w in ways] == [END] else "Goes to the next one"


def changes_of(sitting: Sitting, posted: Posted) -> tuple[tuple[Change, ...], str]:
    """What a form of the editor changes, and which element is to have the focus then. Raises InputError."""
    do, id = posted.one("do"), posted.one("id")
    refs = sitting.declared.by_kind["step"]
    if do == "add":
        return _added(sitting, posted)
    ref = Ref("step", id)
    if ref not in refs:
        raise InputError(Problem("map", 0, "That step is gone", "somebody has taken it out; load the page again"))
    if do == "out":
        return (Remove(ref),), "undo-here"
    if do in ("up", "down"):
        after = place_after(refs, ref, -1 if do == "up" else 1)
        return (() if after is None else (Move(ref, after),)), f"step-{id}"
    return _stated(sitting, ref, posted), f"step-{id}"


def place_after(refs: Sequence[Ref], ref: Ref, by: int) -> str | None:
    """Behind which component one stands after moving by one place ("": first); None where it cannot move."""
    at = refs.index(ref)
    to = at + by
    if not 0 <= to < len(refs):
        return None
    rest = [r for r in refs if r != ref]
    return rest[to - 1].id if to else ""


def _added(sitting: Sitting, posted: Posted) -> tuple[tuple[Change, ...], str]:
    name = posted.one("name")
    if not name:
        raise InputError(Problem("map", 0, "A step needs a name", "one or two words: Identify intent"))
    taken = {r.id for r in sitting.declared.by_kind["step"]}
    base = slug(name) or "step"
    base = f"{base}_1" if base in ("end", "none", "system", "unknown") else base
    id, n = base, 1
    while id in taken:
        n += 1
        id = f"{base}_{n}"
    decider = posted.one("decider")
    facts = (("name", name), *((("decider", decider),) if decider in DECIDERS else ()))
    return (Add("step", id, facts, posted.one("after") or None),), "new-name"


def _stated(sitting: Sitting, ref: Ref, posted: Posted) -> tuple[Change, ...]:
    stack, made = sitting.declared, list[Change]()
    name, decider = posted.one("name"), posted.one("decider")
    if not name:
        raise InputError(Problem("map", 0, "A step needs a name", "give it one, or take it out"))
    if name != stack.title(ref):
        made.append(Put(ref, "name", name))
    if decider in DECIDERS and decider != stack.value(ref, "decider"):
        made.append(Put(ref, "decider", decider))
    new, ways = fields.changed("next", keys("step")["next"], posted, stack)
    if new:
        made.append(Put(ref, "next", ways or None))
    return tuple(made)
