"""From a posted form to a reply: which question kind it is, what was chosen, what was typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from auditkit.errors import InputError, Problem
from auditkit.model.facts import THE_SYSTEM, Ref, Stack
from auditkit.model.facts import Evidence as Kept
from auditkit.model.keys import Key, keys
from auditkit.sources.questionnaire.disputes import is_dispute
from auditkit.sources.questionnaire.forms import Form, key_of, owner_of
from auditkit.sources.questionnaire.keeping import evidence_of
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.replies import MORE as REST
from auditkit.sources.questionnaire.replies import REASONS, Evidence, Item, Reply
from auditkit.web.fields import changed
from auditkit.web.posted import Posted

UNKNOWN, NOT_APPLICABLE = "unknown", "na"
ALL, MORE, NOTHING = "all", "more", "none"


def reply_of(question: Question, posted: Posted, stack: Stack, folder: Path, *, who: str | None, on: date) -> Reply | None:
    """What was answered; None where nothing was. Raises InputError for what cannot be read."""
    reply = _answered(question, posted, stack)
    note, evidence = _remarks(posted, folder, who, on)
    if reply is None and note is None and evidence is None:
        return None
    kept = recorded(question, stack)
    if note is None and kept is not None and (evidence is not None or (reply is not None and reply.outcome is not None)):
        note = kept[0] or None      # a record is replaced whole
    if evidence is None and kept is not None and (note is not None or (reply is not None and reply.outcome is not None)):
        evidence = kept[1]
    made = reply or Reply(question.id)
    return replace(made, note=note or made.note, evidence=evidence, who=who, when=on)


def _answered(question: Question, posted: Posted, stack: Stack) -> Reply | None:
    choice = posted.one("choice")
    if choice == UNKNOWN:
        return Reply(question.id, outcome="unknown", ask=posted.one("ask") or None)
    if choice == NOT_APPLICABLE:
        reason = posted.one("reason")
        if reason not in REASONS:
            raise InputError(Problem(question.id, 0, "What does not apply needs a reason", "choose one"))
        text = posted.one("reason_text")
        return Reply(question.id, outcome="not_applicable", reason=f"{reason}: {text}" if text else reason)
    if question.form.lists is not None:
        return _listed(question, question.form.lists, posted, stack)
    if is_dispute(question):
        return Reply(question.id, choice=int(choice)) if choice.isdigit() and len(choice) < 3 else None
    return _stated(question, choice, posted, stack)


def _stated(question: Question, choice: str, posted: Posted, stack: Stack) -> Reply | None:
    """A choice counts for the components that the page named, and for no other that came since."""
    each = {id: int(choice) for id in posted.all("about")} if choice.isdigit() and len(choice) < 3 else {}
    each |= {id: int(value) for id, value in posted.under("each/") if value.isdigit() and len(value) < 3}
    facts = dict(_facts(question, posted, stack))
    return Reply(question.id, each=each, facts=facts) if each or facts else None


def _facts(question: Question, posted: Posted, stack: Stack) -> Iterator[tuple[tuple[str, str], Any]]:
    for ref in question.refs:
        for name in question.form.fields:
            key = key_of(name, question.form.about)
            if key is None:
                continue
            new, value = changed(field_name(ref, name), key, posted, stack)
            if new:
                yield (ref.id, name), value


def field_name(ref: Ref, key: str) -> str:
    """The name of the input for a key of a component."""
    return f"f/{ref.id}/{key}"


# Lists -----------------------------------------------------------------------------------------------------

def _listed(question: Question, kind: str, posted: Posted, stack: Stack) -> Reply | None:
    whole = posted.one("whole")
    items = tuple(_items(question.form, kind, posted, stack))
    if whole == NOTHING:
        if items:
            raise InputError(Problem(question.id, 0, "There is a list, and the answer says that there is none",
                                     "take the lines out, or choose another answer"))
        return Reply(question.id, items=(), whole=True)
    known = bool(stack.by_kind[kind])
    if whole == ALL and not items and not known:
        raise InputError(Problem(question.id, 0, "The list is empty", "name the first, or say that there is none"))
    fresh = [i for i in items if i.id is None or i.facts]
    if not fresh and whole not in (ALL, MORE):
        return None
    return Reply(question.id, items=items, whole=whole == ALL, reason=REST if whole == MORE else None)


def _items(form: Form, kind: str, posted: Posted, stack: Stack) -> Iterator[Item]:
    table = keys(kind)
    known = {r.id for r in stack.by_kind[kind]}
    for n in _numbers(posted):
        name, id = posted.one(f"i/{n}/name"), posted.one(f"i/{n}/id")
        facts = tuple(_columns(form, table, n, posted, stack))
        if id and id not in known:
            continue        # somebody took it out meanwhile
        if id:
            renamed = name and name != posted.one(f"was:i/{n}/name")
            yield Item(name, (("name", name), *facts) if renamed else facts, id)
        elif name:
            yield Item(name, facts)
        elif facts:
            raise InputError(Problem(form.id, 0, "A line has no name", "give each a short name"))


def _columns(form: Form, table: dict[str, Key], n: int, posted: Posted, stack: Stack) -> Iterator[tuple[str, Any]]:
    for column in form.columns:
        new, value = changed(f"i/{n}/{column}", table[column], posted, stack)
        if new and (value is not None or posted.one(f"i/{n}/id")):
            yield column, value


def _numbers(posted: Posted) -> list[int]:
    """The lines in the order in which the page showed them."""
    found = [n.partition("/")[0] for n, _ in posted.under("i/") if n.endswith("/name")]
    return list(dict.fromkeys(int(n) for n in found if n.isdigit() and len(n) < 5))


# Note and evidence -----------------------------------------------------------------------------------------

def recorded(question: Question, stack: Stack) -> tuple[str, Evidence | None] | None:
    """The note and the evidence that are on record for a question."""
    ids = {None, *(r.id for r in question.refs)}
    found = [a for a in stack.answers if a.check == question.id and a.component in ids]
    if not found:
        return None
    kept = next((e for e in stack.evidence if e.id == found[-1].evidence), None)
    return found[-1].note or "", _evidence(kept) if kept else None


def _evidence(kept: Kept) -> Evidence:
    kind = kept.kind if kept.kind in ("file", "link", "talk") else "file"
    return Evidence(kept.source, kind, kept.sha256, kept.date, kept.by)     # type: ignore[arg-type]


def _remarks(posted: Posted, folder: Path, who: str | None, on: date) -> tuple[str | None, Evidence | None]:
    note = posted.one("note")
    changed_note = note if note and note != posted.one("was:note") else None
    source = posted.one("evidence")
    return changed_note, evidence_of(source, folder, on=_day(posted.one("evidence_on")) or on, by=who) if source else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(Problem("evidence", 0, "The day of the evidence cannot be read", "write it as 2026-11-20")) from None


def chosen(question: Question, stack: Stack) -> dict[str, int]:
    """Which choice says what is known, by component id: all that it states is known just so."""
    return {ref.id: found for ref in question.refs if (found := _chosen(question.form, ref, stack)) is not None}


def _chosen(form: Form, ref: Ref, stack: Stack) -> int | None:
    fitting = [(len(choice.sets) + (choice.adds is not None), -i) for i, choice in enumerate(form.choices)
               if _fits(choice, form, ref, stack)]
    return -max(fitting)[1] if fitting else None


def _fits(choice: Any, form: Form, ref: Ref, stack: Stack) -> bool:
    for name, wanted in choice.sets.items():
        kind, own = owner_of(name, form.about)
        target = THE_SYSTEM if kind == "system" else ref
        if own not in keys(kind) or stack.value(target, own) != wanted:
            return False
    if choice.adds is not None:
        known = stack.value(ref, choice.adds.refers)
        other = Ref(choice.adds.kind, str(known))
        return known is not None and all(stack.value(other, k) == v for k, v in choice.adds.sets.items())
    return bool(choice.sets)
