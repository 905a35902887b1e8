"""A question for every check: of any checklist, not only of the one that the shipped questions were written for."""

from __future__ import annotations

from auditkit.checklist.checks import Check, Checklist
from auditkit.checklist.conditions import Both
from auditkit.checklist.load import load_checklist
from auditkit.sources.questionnaire.forms import LEVELS, Catalogue, Choice, Form, Topic, load_forms

OTHER = Topic(id="other", title="What else your checklist asks")
MINUTES = 1.0
_ASK, _SHORT = 70, 36


def questions_for(checklist: Checklist) -> Catalogue:
    """The shipped questions that a checklist has a use for, and one in its own words for each check beyond them.

    Where a check has no question of ours its level is asked, in the words of its criteria; the answer goes on record
    as a person's word on the check, since nothing tells which facts it rests on.
    """
    shipped = load_forms(load_checklist("reliability"))
    wanted = {c.id for c in checklist.checks}
    kinds = {c.about for c in checklist.checks}
    forms = [f.model_copy(update={"settles": tuple(c for c in f.settles if c in wanted)}) for f in shipped.forms
             if not f.settles or wanted & set(f.settles) or (f.lists in kinds) or f.lists in ("step", "action")]
    covered = {c for f in forms for c in f.settles}
    more = [_level_form(c) for c in checklist.checks if c.id not in covered]
    topics = (*shipped.topics, OTHER) if more else shipped.topics
    return shipped.model_copy(update={"forms": (*forms, *more), "topics": topics})


def _level_form(check: Check) -> Form:
    """A check as a question: its criteria are the choices, and a choice is a level."""
    words = {"pass": check.criteria.passes, "partial": check.criteria.partial, "fail": check.criteria.fails}
    choices = tuple(Choice(says=says, means=words[level], sets={}) for says, level in LEVELS.items()
                    if level != "partial" or check.partial is not None)
    return Form(id=check.id, topic=OTHER.id, about=check.about, ask=_cut(check.question, _ASK), short=_cut(check.short, _SHORT),
                why=check.why, settles=(check.id,), when=check.when or Both(), fields=(), needs=(), choices=choices,
                minutes=MINUTES)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most - 1].rstrip()}…"


