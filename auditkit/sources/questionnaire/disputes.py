"""Where a person's word and the code disagree: a question of its own, with both sides, until somebody settles it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditkit.checklist.conditions import Both
from auditkit.model.facts import Answer, Fact, Ref, Stack
from auditkit.model.receipts import Declared
from auditkit.model.report import Conflict, Report
from auditkit.sources.questionnaire.forms import Choice, Form
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.replies import Reply
from auditkit.sources.stack_file.editing import Change, Put, Record

TOPIC = "map"
MARK = "disputed: "
"""How the reason of a record begins that leaves a dispute open."""

UNSEEN = "There is a rule the reader did not see"
WORDS = {1: "a rule that was not seen", 2: "decided, not yet live"}
NOT_YET = "Both: it is decided, not yet live"


def disputes(stack: Stack, report: Report) -> tuple[Question, ...]:
    """One question for each key on which what is declared and what was seen disagree."""
    return tuple(q for conflict in report.conflicts if (q := _question(stack, conflict)) is not None)


def sides(stack: Stack, question: Question) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """What was said, and what was seen or counted, of the key that a dispute is about."""
    ref, key = question.refs[0], question.form.fields[0]
    facts = stack.index.get(ref, {}).get(key, ())
    return (tuple(f for f in facts if isinstance(f.receipt, Declared)),
            tuple(f for f in facts if not isinstance(f.receipt, Declared)))


def is_dispute(question: Question) -> bool:
    """Whether a question is about two sides that disagree."""
    return question.id.startswith(MARK)


def _question(stack: Stack, conflict: Conflict) -> Question | None:
    ref = Ref(conflict.kind, conflict.component)
    facts = stack.index.get(ref, {}).get(conflict.key, ())
    seen = [f for f in facts if not isinstance(f.receipt, Declared)]
    if not seen or len(seen) == len(facts):
        return None     # two sources of one kind: nothing that an answer could settle
    title = stack.title(ref)
    name = conflict.key.replace("_", " ")
    form = Form.model_construct(
        id=f"{MARK}{ref.kind}.{ref.id}.{conflict.key}", topic=TOPIC, about=ref.kind, short=f"{title}: {name}",
        ask=f"{title}: your answer and the evidence disagree on {name}. Which is right?",
        why="What was seen counts until you settle this, because it was seen and the answer was only said.",
        settles=(conflict.check,) if conflict.check else (), when=Both(), fields=(conflict.key,), needs=(conflict.key,),
        choices=(Choice(says="What was seen is right", means="Your answer becomes what was seen.",
                        sets={conflict.key: _value(seen)}, adds=None),
                 Choice(says=UNSEEN, means="Name the file and line, or the system that holds it, in a note.", sets={}, adds=None),
                 Choice(says=NOT_YET, means="Both stay on record; what was seen counts.", sets={}, adds=None)),
        lists=None, columns=(), none="", minutes=1.0, quick=True, line=0)
    answer = next((a for a in stack.answers if a.component == ref.id and (a.reason or "").startswith(_reason(conflict.key, ""))),
                  None)
    return Question(form, "unknown" if answer else "open", (ref,), (conflict.check,) if conflict.check else (),
                    conflict.severity, 20.0, answer=answer)


def _value(seen: list[Fact]) -> Any:
    return seen[0].value


def _reason(key: str, words: str) -> str:
    return f"{MARK}{key}{f', {words}' if words else ''}"


def changes_of_dispute(question: Question, reply: Reply, _stack: Stack) -> Iterator[Change]:
    """What settling a dispute changes: the person's word becomes what was seen, or the dispute goes on record."""
    ref, key = question.refs[0], question.form.fields[0]
    if reply.choice == 0 and reply.outcome is None:
        yield Put(ref, key, question.form.choices[0].sets[key])
        return
    words = WORDS.get(reply.choice or 0, "left open")
    check = question.form.settles[0] if question.form.settles else "MAP-00"
    record = Answer(check=check, component=ref.id, outcome="unknown", reason=_reason(key, words), note=reply.note,
                    who=reply.who, when=reply.when)
    yield Record("answers", tuple((k, v) for k, v in record.model_dump(exclude_none=True).items() if k not in ("path", "line")))
