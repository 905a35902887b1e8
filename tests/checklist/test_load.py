"""A checklist is read strictly: each mistake has its place, its text and a hint, all of a file at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditkit.checklist.checks import OUTCOMES
from auditkit.checklist.conditions import Both, Either, Not, Related
from auditkit.checklist.conditions import Test as Asks
from auditkit.checklist.load import checklist_from_text, examples_text, load_checklist
from auditkit.errors import InputError
from tests.checklist.given import CHECK, FIRST_LINE, HEAD, a_check, a_checklist


def problems(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        checklist_from_text(text, "c.yaml")
    return [str(p) for p in caught.value.problems]


def when(condition: str) -> tuple[str, str]:
    return "when: {decider: model}", f"when: {condition}"


AT = {name: FIRST_LINE + CHECK.splitlines().index(line) for name, line in {
    "id": "- id: TST-01", "name": "  name: untested-thing", "short": "  short: Things are tested",
    "pillar": "  pillar: 1", "about": "  about: step", "when": "  when: {decider: model}",
    "severity": "  severity: high", "question": "  question: Is the thing tested?",
    "why": "  why: What is not tested breaks.", "criteria": "    pass: It is tested.",
    "says": "    pass: The thing is tested", "fix_title": "  fix_title: Test the thing",
    "fix": "  fix: [Write a test.]", "topic": "  topic: gates", "effort": "  effort: S",
    "examples": "    pass: {steps: []}"}.items()}

BAD: list[tuple[str, str, str, str]] = [
    ("id", "TST-01", "TST-1", "'TST-1' cannot be the id of a check; "
     "write three capitals, a dash and two digits, such as ACT-02"),
    ("name", "untested-thing", "Untested Thing", "'Untested Thing' cannot be the name of a check; "
     "write small letters, digits and dashes"),
    ("short", "Things are tested", "T" * 35, "'short' has 35 characters; the most is 34; shorten it"),
    ("pillar", "pillar: 1", "pillar: 3", "there is no pillar 3; the list above has 2"),
    ("pillar", "pillar: 1", "pillar: one", "'pillar' wants a whole number, not 'one'"),
    ("about", "about: step", "about: steps", "'about' cannot be 'steps'; did you mean 'step'?"),
    ("severity", "severity: high", "severity: hihg", "'severity' cannot be 'hihg'; did you mean 'high'?"),
    ("question", "Is the thing tested?", "Q" * 161,
     "'question' has 161 characters; the most is 160; shorten it"),
    ("why", "What is not tested breaks.", "why " * 41, "'why' has 41 words; the most is 40; shorten it"),
    ("criteria", "It is tested.", "so " * 41, "'criteria' has 41 words; the most is 40; shorten it"),
    ("says", "The thing is tested", "T" * 81, "'says' has 81 characters; the most is 80; shorten it"),
    ("says", "The thing is tested", "'{decidor} is tested'", "a title names {decidor}, which is no key here; "
     "did you mean 'decider'?"),
    ("fix_title", "Test the thing", "T" * 71,
     "'fix_title' has 71 characters; the most is 70; shorten it"),
    ("fix", "[Write a test.]", "Write a test.", "'fix' wants a list, not 'Write a test.'; "
     "write '- ' before each item"),
    ("fix", "[Write a test.]", "[a, b, c, d, e]",
     "'fix' has 5 steps; the most is 4; keep those that matter most"),
    ("topic", "topic: gates", "topic: gate", "'topic' cannot be 'gate'; did you mean 'gates'?"),
    ("effort", "effort: S", "effort: XL", "'effort' cannot be 'XL'; choose S, M or L"),
    ("effort", "effort: S", "efort: S", "TST-01 has no 'efort'; did you mean 'effort'?"),
    ("examples", "pass: {steps: []}", "pass: [a]", "'examples' wants keys and values, not a list"),
    ("when", *when("{decidr: model}"), "a step has no key 'decidr'; did you mean 'decider'?"),
    ("when", *when("{decider: modl}"), "'decider' cannot be 'modl'; did you mean 'model'?"),
    ("when", *when("{required: maybe}"), "'required' wants yes or no, not 'maybe'"),
    ("when", *when("{loop: known}"), "a step has no key 'loop'; name one of loop.max_iterations, loop.bound, "
     "loop.on_limit or loop.no_progress_check"),
    ("when", *when("{model.pined: true}"), "a step has no key 'model.pined'; did you mean 'model.pinned'?"),
    ("when", *when("{system.chanel: voice}"),
     "a step has no key 'system.chanel'; did you mean 'system.channel'?"),
    ("when", *when("{actions: known}"),
     "a step has no key 'actions'; write any: {of: actions, that: {...}}"),
    ("when", *when("{any: {of: action}}"), "a step has no relation 'action'; did you mean 'actions'?"),
    ("when", *when("{any: {of: actions, that: {efect: money}}}"),
     "an action has no key 'efect'; did you mean 'effect'?"),
    ("when", *when("{any: {of: failure_branches, that: {trigger_in: cod}}}"),
     "'trigger_in' cannot be 'cod'; did you mean 'code'?"),
    ("when", *when("{any: {of: failure_branches, that: {any: {of: actions}}}}"),
     "a branch has nothing related to it; ask about its keys"),
    ("when", *when("{any: {that: {decider: model}}}"), "'any' lacks 'of'"),
    ("when", *when("{any: {of: actions, at_least: 2}}"),
     "'any' has no 'at_least'; it holds of and that"),
    ("when", *when("{count: {of: actions}}"),
     "'count' has no bound; write at_least: or at_most: and a number"),
    ("when", *when("{kind: {at_least: decide}}"),
     "the words of 'kind' have no order; list the words that count"),
    ("when", *when("{decider: {atleast: 2}}"), "a comparison has no 'atleast'; did you mean 'at_least'?"),
    ("when", *when("{decider: {has_all: [model]}}"),
     "'decider' holds one value, so it cannot have all of several; write [a, b] for one of them"),
    ("when", *when("{success: {at_least: 1.2}}"), "'success' lies between 0 and 1, not 1.2"),
    ("when", *when("{success: {at_least: half}}"), "'success' wants a number, not 'half'"),
    ("when", *when("{loop.max_iterations: 2.5}"), "'loop.max_iterations' wants a whole number, not 2.5"),
    ("when", *when("{symbol: {at_least: 2}}"), "'symbol' is no number, so it cannot be compared"),
    ("when", *when("{success: 'yes'}"), "'success' can only be known or none here, not 'yes'"),
    ("when", *when("{decider: []}"), "'decider' is one of nothing; write none for an empty set"),
    ("when", *when("{}"), "a condition is empty; name a key and a value"),
    ("when", *when("[decider]"),
     "a condition is written as keys and values, not as a list; write {key: value}"),
    ("when", *when("{not: decider}"), "a condition is written as keys and values, not as 'decider'; "
     "write {key: value}"),
    ("when", *when("{any_of: {decider: model}}"), "'any_of' wants a list, not keys and values; "
     "write '- ' before each item"),
]


@pytest.mark.parametrize(("field", "old", "new", "message"), BAD)
def test_a_mistake_has_place_problem_and_hint(field: str, old: str, new: str, message: str) -> None:
    found = problems(a_checklist(a_check((old, new))))
    assert f"c.yaml:{AT[field]}: {message}" in found


MISSING = [
    ("  severity: high\n", "TST-01 lacks 'severity'"),
    ("    unknown: {steps: []}\n", "'examples' of TST-01 lacks 'unknown'"),
    ("    partial: It is half tested.\n", "'criteria' of TST-01 lacks 'partial'"),
    ("  partial: {validation.kind: schema}\n", "'criteria' of TST-01 has no 'partial'; it holds pass and fail"),
]


@pytest.mark.parametrize(("line", "message"), MISSING)
def test_what_is_missing_is_named(line: str, message: str) -> None:
    assert any(p.endswith(message) for p in problems(a_checklist(a_check((line, "")))))


def test_an_id_and_a_name_stand_once() -> None:
    again = FIRST_LINE + CHECK.count("\n")
    assert problems(a_checklist(CHECK, CHECK)) == [
        f"c.yaml:{again}: the id 'TST-01' stands twice, first on line {FIRST_LINE}; an id is never used again",
        f"c.yaml:{again + 1}: the name 'untested-thing' stands twice, first on line {FIRST_LINE + 1}; "
        "a name stands for one pattern"]


def test_all_problems_come_at_once_in_order() -> None:
    bad = a_checklist(a_check(("severity: high", "severity: worst"), when("{decidr: model}"),
                              ("effort: S", "effort: XL")))
    assert [p.split(":")[1] for p in problems(bad)] == [str(AT[f]) for f in ("when", "severity", "effort")]


@pytest.mark.parametrize(("text", "message"), [
    (HEAD.replace("schema: 1", "schema: 2") + CHECK, "c.yaml:1: the schema of a checklist is 1, not '2'"),
    (HEAD.rstrip() + " []\n", "c.yaml:6: the checklist has no checks"),
    (HEAD.replace("title:", "titel:") + CHECK, "c.yaml:4: a checklist has no 'titel'; did you mean 'title'?"),
    (HEAD + "- one\n", "c.yaml:7: 'checks' wants keys and values, not 'one'")])
def test_the_frame_of_the_file(text: str, message: str) -> None:
    assert message in problems(text)


def test_an_unknown_name_gets_a_guess() -> None:
    with pytest.raises(InputError) as caught:
        load_checklist("relaibility")
    assert str(caught.value) == "relaibility: no checklist of this name; did you mean 'reliability'?"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_checklist("none/such.yaml")
    assert str(caught.value) == "none/such.yaml: no such file; name one that ships ('reliability') or a file"
    with pytest.raises(InputError):
        load_checklist(tmp_path)


def test_values_are_typed_by_the_vocabulary() -> None:
    text = a_checklist(a_check(when(
        "{required: true, verifies: none, kind: [decide, classify], "
        "loop.max_iterations: {at_least: 1, at_most: 3}, any: {of: actions, that: {reversible: no}}, "
        "any_of: [{executes: none}, {not: {untrusted_input: yes}}]}")))
    condition = checklist_from_text(text, "c.yaml").checks[0].when
    assert condition == Both((
        Asks("required", "is", (True,)), Asks("verifies", "none"),
        Asks("kind", "one_of", ("decide", "classify")),
        Asks("loop.max_iterations", "at_least", (1,)), Asks("loop.max_iterations", "at_most", (3,)),
        Related("any", "actions", Asks("reversible", "is", ("no",))),
        Either((Asks("executes", "none"), Not(Asks("untrusted_input", "is", (True,)))))))


def test_a_file_is_read_with_its_place_and_its_hash(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(a_checklist(), encoding="utf-8")
    checklist = load_checklist(file)
    check = checklist.check("TST-01")
    assert check is not None
    assert (check.line, check.pillar) == (FIRST_LINE, "First")
    assert check.partial == Asks("validation.kind", "is", ("schema",))
    assert len(checklist.sha256) == 64
    assert checklist.sha256 != checklist_from_text(a_checklist() + "\n", "c.yaml").sha256


def test_an_example_becomes_a_stack_file() -> None:
    text = a_checklist(a_check(("pass: {steps: []}", "pass: {steps: [{id: a, required: yes}]}")))
    check = checklist_from_text(text, "c.yaml").checks[0]
    assert examples_text(check, "pass") == "stack:\n  name: example\nsteps:\n- id: a\n  required: 'yes'\n"
    with pytest.raises(KeyError):
        examples_text(check, "not_applicable")


def test_the_reliability_checklist_has_its_seventy_checks() -> None:
    checklist = load_checklist("reliability")
    assert len(checklist.checks) == 70
    assert len(checklist.pillars) == 10
    by_severity = [c.severity for c in checklist.checks]
    assert [by_severity.count(s) for s in ("critical", "high", "medium", "low")] == [13, 32, 24, 1]
    assert {c.id for c in checklist.checks if c.proof} == {
        "FIT-03", "WFL-05", *(f"EVL-0{n}" for n in range(1, 7)), "MON-02", "MON-03"}
    for check in checklist.checks:
        assert set(check.examples) == set(OUTCOMES) - ({"partial"} if check.partial is None else set())
        assert check.origin
        assert check.evidence
