"""Whether an open answer can still change the decision: never dearer than it may be, and never said without having been tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.sitting import Figures, Option, Rules, Sitting
from auditkit.sources.questionnaire.turning import Turning, turning, turning_sentence

SMALL = """version: 1
stack: {name: Desk, channel: chat, users: customers, stage: pilot}
steps:
  - {id: read, name: Read the mail, decider: model, kind: classify}
"""


@pytest.fixture
def sitting(rules: Rules) -> Sitting:
    return Sitting.begin(rules, SMALL)


def open_(sitting: Sitting) -> list[Question]:
    return list(sitting.plan.of("open", "unknown", "waiting"))


def word(figures: Figures) -> str:
    return figures.decision.upper()


class Judging:
    """Options that say what they are told to, and count the judgements."""

    def __init__(self, sitting: Sitting, *, turns: bool) -> None:
        other = "kill" if sitting.figures.decision != "kill" else "keep"
        self.figures = replace(sitting.figures, decision=other) if turns else sitting.figures      # type: ignore[arg-type]
        self.asked: list[Question] = []

    def __call__(self, question: Question) -> Sequence[Option]:
        self.asked.append(question)
        return [Option(c.says, c.means, None, self.figures) for c in question.form.choices]


def test_above_so_many_open_questions_nothing_is_tried_and_nothing_is_claimed(sitting: Sitting) -> None:
    judging = Judging(sitting, turns=True)
    found = turning(sitting, word, judging, most_open=8)
    assert (judging.asked, found) == ([], Turning((), 0, len(open_(sitting))))
    said = turning_sentence(sitting, found)
    assert said == f"Whether an answer can still change the decision is not known: {len(open_(sitting))} open questions were not tried."


@pytest.mark.parametrize("most", [0, 3, 12])
def test_never_more_choices_are_tried_than_is_allowed(sitting: Sitting, most: int) -> None:
    judging = Judging(sitting, turns=False)
    found = turning(sitting, word, judging, most_judged=most)
    assert sum(len(q.form.choices) for q in judging.asked) <= most
    assert found.untried == len(open_(sitting)) - len(judging.asked)


def test_what_cannot_be_tried_is_not_said_to_change_nothing(sitting: Sitting) -> None:
    found = turning(sitting, word, Judging(sitting, turns=False))
    assert found.tried
    assert found.untried
    assert turning_sentence(sitting, found) == (
        f"No answer that was tried can change the decision by itself; {found.untried} open questions were not tried.")
    assert turning_sentence(sitting, replace(found, untried=0)) == "No open answer can change the decision by itself."


def test_what_waits_is_not_tried(sitting: Sitting) -> None:
    judging = Judging(sitting, turns=True)
    turning(sitting, word, judging, most_judged=1000)
    assert not [q for q in judging.asked if q.state == "waiting" or not q.form.choices or not q.refs]


def test_what_is_shown_as_the_same_decision_is_no_change(sitting: Sitting) -> None:
    assert not turning(sitting, lambda _: "HARDEN", Judging(sitting, turns=True)).turns


def test_what_can_change_it_is_named_with_what_it_becomes_and_the_rest_is_not_forgotten(sitting: Sitting) -> None:
    judging = Judging(sitting, turns=True)
    found = turning(sitting, word, judging, most_judged=8)
    numbers = [sitting.number(q) for q in judging.asked]
    assert [q for q, _ in found.turns] == judging.asked
    said = turning_sentence(sitting, found)
    assert said.startswith(f"An answer to question {numbers[0]} (to {word(judging.figures)})")
    assert said.endswith(f"can still change the decision. {found.untried} open questions were not tried.")


def test_a_choice_that_changes_the_decision_is_found(rules: Rules) -> None:
    text = "version: 1\nstack: {name: X}\nsteps:\n  - {id: a, decider: model}\n"
    sitting = Sitting.begin(replace(rules, depth="standard"), text)
    assert ("FIT-01", ("KILL",)) in [(q.id, words) for q, words in turning(sitting, word).turns]
