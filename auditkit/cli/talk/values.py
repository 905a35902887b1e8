"""What a typed line says of a fact, for each of the things that it speaks of. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from auditkit.cli.talk.words import Wrong, addressed, numbers, one_line
from auditkit.errors import InputError
from auditkit.model.facts import SYSTEM, THE_SYSTEM, Ref, Stack
from auditkit.model.keys import Key
from auditkit.sources.questionnaire.asks import spoken
from auditkit.sources.questionnaire.forms import key_of
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.sheet import names_of, read_said

Facts = dict[tuple[str, str], Any]
"""What is said, by id of a component and key."""


def named_fact(question: Question, line: str, stack: Stack) -> Facts | None:
    """`success: .85`: what it says of that fact; None when no fact is named. Raises Wrong."""
    head, colon, rest = line.partition(":")
    words = head.strip().casefold()
    found = [f for f in question.form.fields
             if words.replace(" ", "_") in (f, f.rpartition(".")[2]) or words == spoken(f)]
    return fact(question, found[0], rest.strip(), stack) if colon and len(found) == 1 and rest.strip() else None


def fact(question: Question, name: str, text: str, stack: Stack) -> Facts:
    """What one typed line says of one key, for each thing that it speaks of. Raises Wrong."""
    about = question.form.about
    refs = question.refs or (THE_SYSTEM,)
    if about == SYSTEM or name.startswith("system."):
        refs = refs[:1]
    key = key_of(name, about)
    each = _spread(text, key, refs, stack) if len(refs) > 1 or refs[0].kind != SYSTEM else {refs[0]: text}
    try:
        found = _read(about, name, key, each, stack, numbered=len(refs) == 1)
    except InputError as error:
        raise Wrong(one_line(error.problems[0]).replace(key.name if key else name, spoken(name))) from None
    if not found:
        raise Wrong("that states nothing; type a value, or d when nobody knows")
    return found


def column(kind: str, name: str, text: str, refs: Sequence[Ref], stack: Stack) -> Facts:
    """What one typed line says of a column of a list. Raises Wrong, InputError."""
    key = key_of(name, kind)
    return _read(kind, name, key, _spread(text, key, refs, stack), stack, numbered=len(refs) == 1)


def renamed(facts: Facts, places: Sequence[tuple[str, str]], old: str, new: str) -> Facts:
    """The facts, those of some places with an id instead of the words that were typed for it."""
    return {p: _renamed(v, old, new) if p in places else v for p, v in facts.items()}


def such(choices: Sequence[str], refs: Sequence[Ref], *, many: bool = False) -> str:
    """An example of an answer for several things."""
    one, other = (choices[0], choices[1]) if len(choices) > 1 else ("VALUE", "VALUE")
    if len(refs) == 1:
        return one
    mark = "; " if many else ", "
    return f"1-{len(refs) - 1}: {one}{mark}{len(refs)}: {other}" if len(refs) > 2 else f"1: {one}{mark}2: {other}"


def _read(about: str, name: str, key: Key | None, each: Mapping[Ref, str], stack: Stack, *, numbered: bool) -> Facts:
    """Words as the values of a key; what states nothing is left out. Raises InputError."""
    known = names_of(stack)
    found = {(ref.id, name): read_said(about, name, _word(key, word, numbered=numbered), known) for ref, word in each.items()}
    return {place: value for place, value in found.items() if value is not None}


def _spread(text: str, key: Key | None, refs: Sequence[Ref], stack: Stack) -> dict[Ref, str]:
    """What one typed line says of a key, for each of some things."""
    if key is None:
        return addressed(text, refs, stack)
    numeric = key.form in ("whole", "number") or getattr(key.record, "__name__", "") == "Rate"
    return addressed(text, refs, stack, numeric=numeric, words=key.form == "text", many=key.many)


def _word(key: Key | None, text: str, *, numbered: bool) -> str:
    """A value as it stands in the vocabulary: y for yes, the number of a choice that was shown with numbers."""
    low = text.strip().lower()
    if key is None:
        return text
    if key.form == "flag":
        return {"y": "yes", "n": "no"}.get(low, text)
    if key.form == "choice" and numbered and re.fullmatch(r"[0-9]{1,2}(?:[\s,]+[0-9]{1,2})*", low):
        chosen = [key.choices[i] for i in numbers(low, len(key.choices))]
        if key.many or len(chosen) == 1:
            return ", ".join(chosen)
    return text


def _renamed(value: Any, old: str, new: str) -> Any:
    if isinstance(value, tuple):
        return tuple(_renamed(v, old, new) for v in value)
    return new if value == old else value
