"""What goes with a component that is taken out is said in the same words everywhere."""

from __future__ import annotations

from auditkit.model.facts import Ref
from auditkit.sources.questionnaire.removal import removal
from auditkit.sources.stack_file import stack_from_text
from auditkit.sources.stack_file.editing import Remove, edited

STACK = """\
version: 1
stack: {name: Desk}
steps:
  - {id: greet, name: Greet, decider: model, next: book}
  - {id: book, name: Book, kind: write, decider: model, next: end}
actions:
  - {id: save, name: Save it, step: book, effect: write}
gates:
  - {id: approval, name: Approval}
answers:
  - {check: GRD-03, component: book, outcome: unknown}
  - {check: BRN-01, component: book, outcome: unknown, ask: Lee}
  - {check: BRN-01, component: greet, outcome: unknown}
"""


def without(ref: Ref):
    return removal(stack_from_text(STACK, "s.yaml"), edited(STACK, [Remove(ref)], path="s.yaml")[1], ref)


def test_what_nothing_names_takes_nothing_along() -> None:
    out = without(Ref("gate", "approval"))
    assert (out.title, out.facts, out.others, out.own, out.own_named) == ("Approval", (), (), "", "")


def test_what_names_it_and_what_was_on_record_is_told() -> None:
    out = without(Ref("step", "book"))
    assert out.own == "3 facts of its own"
    assert out.own_named == "3 facts of its own (kind, decider and next)"
    assert out.others == ("Greet leads to the end now.", "Save it (action) names no step any more.",
                          "2 answers on record about it go with it.")
