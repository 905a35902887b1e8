"""Facts that are asked one after the other: which ones, and how each is put. Lines of 80 columns; no input, no files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from auditkit.cli.talk.look import Look
from auditkit.formats.terminal import HANG, safe
from auditkit.model.facts import SYSTEM, THE_SYSTEM, Stack
from auditkit.model.keys import Key
from auditkit.model.vocabulary import Edge
from auditkit.sources.questionnaire.asks import asks, spoken
from auditkit.sources.questionnaire.disputes import is_dispute
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.sheet import stated
from auditkit.syntax.words import listed

MOST_NAMED = 5
"""So many facts that may be left out are named."""


def only_facts(question: Question) -> bool:
    """Whether a question has no choices, so that its facts are asked one after the other."""
    return bool(question.form.fields) and not question.form.choices and question.state != "waiting" and not is_dispute(question)


def facts_left(question: Question, stack: Stack) -> tuple[str, ...]:
    """The facts to ask for: the open ones, those that are needed first; all where none is open."""
    form = question.form
    names = sorted(form.fields, key=lambda name: name not in form.needs)
    known = stated(question, stack)
    left = [n for n in names if any((ref.id, n) not in known for ref in _whose(question, n))]
    return tuple(left if left and question.state in ("open", "unknown") else names)


def _whose(question: Question, name: str) -> Sequence[Any]:
    return question.refs[:1] if name.startswith(f"{SYSTEM}.") else question.refs or (THE_SYSTEM,)


def fact_now(question: Question, name: str, stack: Stack) -> Any:
    """What stands already for a fact of one thing; None where there is nothing, or several things differ."""
    found = [value for (_, key), value in stated(question, stack).items() if key == name]
    return found[0] if len(found) == len(question.refs or (THE_SYSTEM,)) and all(v == found[0] for v in found) else None


# Lines -----------------------------------------------------------------------------------------------------

def row_lines(question: Question, look: Look) -> Iterator[str]:
    """What a question that has only facts says of its answers."""
    form = question.form
    needed = [spoken(n) for n in form.fields if n in form.needs]
    more = [spoken(n) for n in form.fields if n not in form.needs]
    text = listed(needed, "and")
    if more:
        text += f"; if you like also {listed(more, 'and') if len(more) <= MOST_NAMED else f'{len(more)} more'}"
    many = "One fact" if len(form.fields) == 1 else f"{len(form.fields)} facts, one at a time"
    yield from look.below(f"{many}: {text}.")
    yield from look.below("An empty line leaves one open, '.' ends. d: nobody knows the rest." if len(form.fields) > 1 else
                          "An empty line leaves it open.")


def fact_lines(word: str, key: Key | None, look: Look, *, optional: bool = False, numbered: bool = False,
               example: bool = True, now: str = "") -> Iterator[str]:
    """One fact: what it asks, what it wants or what its values mean, and what stands already."""
    if key is None:
        return
    values = dict(key.means)
    wanted = "" if values else _wants(key, example=example)
    asked = f"{asks(key)}{f'; {wanted}' if wanted else ''}.{' Optional.' if optional else ''}"
    yield from look.rows(word, asked)
    width = max(map(len, values), default=0)
    for number, (value, what) in enumerate(values.items(), 1):
        first, *rest = look.wrap(what, HANG + width + 3)
        mark = look.screen.bold(f"{number:>{HANG - 2}}") + "  " if numbered else " " * HANG
        yield f"{mark}{value.replace('_', ' '):<{width}}   {first}"
        yield from (" " * (HANG + width + 3) + line for line in rest)
    if values and key.many:
        yield f"{'':{HANG}}Several with commas."
    if now:
        yield from look.below(f"Now: {now}")


def short_wants(key: Key) -> str:
    """What a column of a list takes, in a few words."""
    values = _wants(key, example=False)
    return values if key.form in ("choice", "flag", "reference") else asks(key)


def _wants(key: Key, *, example: bool) -> str:
    """What is to be typed: the values that can be listed, or an example."""
    if key.form == "choice":
        return listed([c.replace("_", " ") for c in key.choices]) + (", or several" if key.many else "")
    if key.form == "flag":
        return listed(("yes", "no", *key.words))
    if key.form == "reference":
        kind = str(key.refers_to).replace("_", " ")
        return f"the name of {'an' if kind[0] in 'aei' else 'a'} {kind}, or none"
    if key.record is not None and key.record.__name__ == "Rate":
        return "171 of 200, 85% or .85"
    if key.record is Edge:
        return "the next step, or end"
    if key.form == "number" and key.maximum == 1:
        return "85% or .85"
    if not example or key.example is None:
        return ""
    return f"such as {safe(_example(key.example).rstrip('.'))}"


def _example(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_example, value))
    if isinstance(value, dict):
        inner = {k: f"[{_example(v)}]" if isinstance(v, list) else _example(v) for k, v in value.items()}
        return f"{{{', '.join(f'{k}: {v}' for k, v in inner.items())}}}"
    return str(value)
