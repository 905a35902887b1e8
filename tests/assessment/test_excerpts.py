"""Excerpts: which lines are quoted, what is marked in them, and what stands under a mark."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from auditkit.assessment import assess
from auditkit.assessment.labels import CAUSE, EFFECT, OF_KIND, cause_label
from auditkit.formats.json import read_report, render
from auditkit.model.excerpts import LONGEST_LABEL, Excerpt
from auditkit.model.facts import Component, Fact, Stack
from auditkit.model.keys import keys
from auditkit.model.receipts import Declared, Inspected
from auditkit.model.report import Issue, Said
from auditkit.model.vocabulary import KINDS
from tests.assessment.stacks import checklist

ON = date(2026, 11, 20)
MAIL = "src/mail.py"
FILES = {
    MAIL: ["import requests", "", "def send(to):", "    try:", "        requests.post(URL, json=to)  # TODO: a time limit", "",
           "    except Exception:", "        return False", "    return True", *[""] * 20, "x = 1", "y = '# no comment'  # but this", "z = 3"],
    "src/app.py": ["from mail import send", "send(you)"],
    "flow.json": ['{"name": "Send", # 1'],
}


class Lines:
    """The text of made-up files; counts what is asked for."""

    def __init__(self, files: Mapping[str, list[str]] = FILES) -> None:
        self.files, self.asked = files, 0

    def line(self, path: str, n: int) -> str | None:
        self.asked += 1
        rows = self.files.get(path, [])
        return rows[n - 1] if 1 <= n <= len(rows) else None


def seen(path: str, line: int, **more: object) -> Inspected:
    return Inspected(path=path, line=line, **{"rule": "made_up", **more})  # type: ignore[arg-type]


def stack(own: object, why: object, key: str = "on_error", value: object = "swallow", n: int = 1) -> Stack:
    """Integrations whose place is `own`, with one fact whose place is `why`."""
    ids = [f"mail{i}" for i in range(n)]
    return Stack(
        name="made", components=(Component(kind="system", id="system"),
                                 *(Component(kind="integration", id=id, receipts=(own,) if own else ()) for id in ids)),
        facts=tuple(Fact(kind="integration", id=id, key=key, value=value, receipt=why) for id in ids))


def issue(made: Stack, check: str = "INT-07", lines: Lines | None = None) -> Issue:
    report = assess(made, checklist(), on=ON, sources=lines or Lines())
    return next(i for i in report.issues if i.check == check)


def marked(excerpt: Excerpt) -> list[tuple[str, int, str, str]]:
    return [(s.role, s.line, excerpt.lines[s.line - excerpt.first][s.start - 1 : s.end - 1], s.label) for s in excerpt.spans]


# Where nothing is to be shown ------------------------------------------------------------------------------


@pytest.mark.parametrize("receipt", [Declared(path=MAIL, line=5), seen(MAIL, 5, rule=None, who="Dana"), seen(MAIL, 6), seen(MAIL, 999),
                                     seen("src/none.py", 1)])
def test_only_what_an_inspector_saw_in_a_file_at_hand_is_quoted(receipt: object) -> None:
    assert issue(stack(receipt, receipt)).excerpts == ()


def test_without_sources_nothing_is_quoted_and_the_rest_is_the_same() -> None:
    made = stack(seen(MAIL, 5), seen(MAIL, 7))
    plain = assess(made, checklist(), on=ON)
    quoted = assess(made, checklist(), on=ON, sources=Lines())
    assert all(i.excerpts == () for i in plain.issues)
    assert quoted.model_copy(update={"issues": plain.issues}) == plain


def test_the_workflow_as_a_whole_has_no_place_of_its_own() -> None:
    made = Stack(name="made", components=(Component(kind="system", id="system", receipts=(seen("src/app.py", 1),)),
                                          Component(kind="model", id="m", receipts=(seen("src/app.py", 2),))),
                 complete={"models": seen("src/app.py", 2)}, facts=(
                     Fact(kind="model", id="m", key="pinned", value=False, receipt=seen("src/app.py", 2)),
                     Fact(kind="system", id="system", key="prompts.versioned", value=False, receipt=seen("src/app.py", 1))))
    (excerpt,) = issue(made, "EVL-07").excerpts
    assert marked(excerpt) == [("cause", 2, "send(you)", "this id can change overnight")]


# What is shown ---------------------------------------------------------------------------------------------


def test_two_places_near_each_other_are_one_excerpt() -> None:
    (excerpt,) = issue(stack(seen(MAIL, 5), seen(MAIL, 7))).excerpts
    assert (excerpt.path, excerpt.first, excerpt.lines) == (MAIL, 4, tuple(FILES[MAIL][3:8]))
    assert marked(excerpt) == [
        ("effect", 5, "requests.post(URL, json=to)", "the call goes out here"),
        ("cause", 7, "except Exception:", "the error is swallowed here"),
    ]


def test_two_places_far_apart_are_two_excerpts_cause_first() -> None:
    cause, effect = issue(stack(seen("src/app.py", 2), seen(MAIL, 7))).excerpts
    assert [s.role for e in (cause, effect) for s in e.spans] == ["cause", "effect"]
    assert (cause.path, effect.path) == (MAIL, "src/app.py")
    far = issue(stack(seen(MAIL, 30), seen(MAIL, 7))).excerpts
    assert [e.path for e in far] == [MAIL, MAIL]


def test_one_place_is_marked_once_with_the_reason() -> None:
    (excerpt,) = issue(stack(seen(MAIL, 5), seen(MAIL, 5))).excerpts
    assert [s.role for s in excerpt.spans] == ["cause"]


def test_where_only_the_component_was_seen_its_place_is_shown() -> None:
    (excerpt,) = issue(stack(seen(MAIL, 5), Declared(path="stack.yaml", line=3))).excerpts
    assert [s.role for s in excerpt.spans] == ["effect"]


def test_blank_lines_around_a_mark_are_left_out() -> None:
    (excerpt,) = issue(stack(None, seen(MAIL, 1))).excerpts
    assert (excerpt.first, excerpt.lines) == (1, ("import requests",))


def test_comments_are_not_marked_and_signs_in_quotes_are_no_comments() -> None:
    (excerpt,) = issue(stack(None, seen(MAIL, 31))).excerpts
    assert marked(excerpt)[0][2] == "y = '# no comment'"
    (excerpt,) = issue(stack(None, seen("flow.json", 1))).excerpts
    assert marked(excerpt)[0][2] == '{"name": "Send", # 1'


def test_the_first_finding_that_shows_both_speaks() -> None:
    made = stack(None, seen(MAIL, 7), n=2)
    parts = tuple(p.model_copy(update={"receipts": (seen(MAIL, 5),)}) if p.id == "mail1" else p for p in made.components)
    assert len(issue(made.model_copy(update={"components": parts})).excerpts[0].spans) == 2


def test_a_hundred_findings_of_one_cause_are_not_all_looked_up() -> None:
    lines = Lines()
    issue(stack(None, seen(MAIL, 7), n=100), lines=lines)
    assert lines.asked < 1000


def test_excerpts_survive_json() -> None:
    report = assess(stack(seen(MAIL, 5), seen(MAIL, 7)), checklist(), on=ON, sources=Lines())
    assert any(i.excerpts for i in report.issues)
    assert read_report(render(report)) == report


@pytest.mark.parametrize("spoil", [{"first": 0}, {"first": 9}, {"lines": ()}, {"spans": ()}, {"lines": ("x",)}])
def test_a_mark_outside_its_lines_is_refused(spoil: dict[str, object]) -> None:
    (excerpt,) = issue(stack(seen(MAIL, 5), seen(MAIL, 7))).excerpts
    with pytest.raises(ValueError, match=r"."):
        Excerpt.model_validate({**excerpt.model_dump(), **spoil})


# Labels ----------------------------------------------------------------------------------------------------


def test_labels_are_short_and_name_what_exists() -> None:
    assert all(0 < len(label) <= LONGEST_LABEL for table in (EFFECT, OF_KIND, CAUSE) for label in table.values())
    assert set(EFFECT) <= {c.id for c in checklist().checks}
    assert set(OF_KIND) == set(KINDS) - {"system"}
    assert {key for key, _ in CAUSE} <= {key for kind in KINDS for key in keys(kind)}


def test_a_fact_without_words_of_its_own_is_printed_as_stated() -> None:
    said = Said(kind="step", component="x", key="retries.max", value="7", receipt=seen(MAIL, 1))
    assert cause_label(said) == "retries, max: 7"
    assert len(cause_label(said.model_copy(update={"value": "long " * 40}))) == LONGEST_LABEL


def test_a_fact_that_only_says_where_the_check_applies_is_no_cause() -> None:
    facts = {"kind": "decide", "decider": "model", "validation.kind": "none"}
    made = Stack(name="made", components=(Component(kind="system", id="system"),
                                          Component(kind="step", id="s", receipts=(seen(MAIL, 5),))),
                 facts=tuple(Fact(kind="step", id="s", key=key, value=value, receipt=seen(MAIL, 5)) for key, value in facts.items()))
    assert marked(issue(made, "GRD-03").excerpts[0])[0][3] == "nothing checks the output"


def test_of_several_places_the_one_next_to_the_cause_is_the_effect() -> None:
    made = stack(None, seen(MAIL, 7))
    places = (seen("src/app.py", 2), seen(MAIL, 30), seen(MAIL, 5))
    parts = tuple(p.model_copy(update={"receipts": places}) if p.kind == "integration" else p for p in made.components)
    (excerpt,) = issue(made.model_copy(update={"components": parts})).excerpts
    assert [s.line for s in excerpt.spans] == [5, 7]
