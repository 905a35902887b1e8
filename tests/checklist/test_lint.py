"""The lint proves a checklist's logic. What must not pass comes first."""

from __future__ import annotations

import time
from itertools import product

import pytest

from auditkit.checklist.conditions import evaluate
from auditkit.checklist.lint import lint
from auditkit.checklist.load import checklist_from_text, load_checklist
from auditkit.checklist.worlds import variables
from auditkit.model.facts import Ref
from tests.checklist.given import a_check, a_checklist
from tests.checklist.test_conditions import World


def found(*changes: tuple[str, str]) -> list[str]:
    checklist = checklist_from_text(a_checklist(a_check(*changes)), "c.yaml")
    return [f"{p.text}; {p.hint}" for p in lint(checklist)]


PASS, PARTIAL = "pass: {validation.kind: rule}", "partial: {validation.kind: schema}"
WHEN = "when: {decider: model}"
MONOTONE = "a better fact must never worsen an outcome"

BAD = [
    ("a partial that pass swallows", [(PASS, "pass: {validation.kind: [rule, schema]}")],
     "TST-01 can never be partial; 'pass' swallows it, or nothing meets it"),
    ("a fail that partial takes",
     [(PASS, "pass: {required: true}"), (PARTIAL, "partial: {required: false}")],
     "TST-01 can never be fail; 'partial' takes all that does not pass"),
    ("a fail that no stated fact makes",
     [("  partial: {validation.kind: schema}\n", ""), (PASS, "pass: {success: known}"),
      ("    partial: It is half tested.\n", ""), ("    partial: The thing is half tested\n", ""),
      ("    partial: {steps: []}\n", "")],
     "TST-01 can never be fail; no stated fact makes 'pass' false"),
    ("a pass that contradicts itself",
     [(PASS, "pass: {validation.kind: rule, not: {validation.kind: rule}}")],
     "TST-01 can never be pass; no facts meet it"),
    ("a when that always holds", [(WHEN, "when: {decider: [model, code, human]}")],
     "TST-01 can never be not applicable; no stated fact makes 'when' false"),
    ("a better word that fails", [(PASS, "pass: {validation.kind: rule}")],
     "TST-01 is not monotone: raising 'validation.kind' from rule to schema_and_rule turns pass into fail; "
     f"{MONOTONE}"),
    ("a flag the wrong way round",
     [(PASS, "pass: {rule_known: true}"), (PARTIAL, "partial: {required: true}")],
     f"TST-01 is not monotone: raising 'rule_known' from yes to no turns pass into fail; {MONOTONE}"),
    ("a number the wrong way round", [("about: step", "about: eval"), (WHEN, "when: {in_ci: true}"),
      (PASS, "pass: {size: {at_most: 20}}"), (PARTIAL, "partial: {versioned: true}")],
     f"TST-01 is not monotone: raising 'size' from 19 to 21 turns pass into fail; {MONOTONE}"),
    ("a better member of a set",
     [(PASS, "pass: {any: {of: failure_branches, that: {trigger_in: score}}}"),
      (PARTIAL, "partial: {failure_branches: known}")],
     f"TST-01 is not monotone: raising 'trigger_in' from score to code turns pass into partial; {MONOTONE}"),
    ("a better end of a reference", [("about: step", "about: action"), (WHEN, "when: {effect: money}"),
      (PASS, "pass: {gate.enforced_in: prompt}"), (PARTIAL, "partial: {gate: known}")],
     f"TST-01 is not monotone: raising 'enforced_in' from prompt to code turns pass into partial; {MONOTONE}"),
    ("the system inside a relation", [(PASS, "pass: {any: {of: actions, that: {system.channel: voice}}}")],
     "TST-01 asks about the system inside a relation, which cannot be proved; "
     "ask about the system beside the relation"),
    ("an empty example", [("unknown: {steps: []}", "unknown: {}")],
     "TST-01 has an empty example for unknown; write the smallest stack file that shows it"),
]


@pytest.mark.parametrize(("changes", "message"), [(c, m) for _, c, m in BAD], ids=[name for name, _, _ in BAD])
def test_what_must_not_pass(changes: list[tuple[str, str]], message: str) -> None:
    assert message in found(*changes)


def test_where_nothing_is_known_the_outcome_is_unknown() -> None:
    always = "pass: {any_of: [{decider: model}, {decider: [code, human]}], all_of: []}"
    empty = found((WHEN, "asked_of: all"), ("asked_of: every step\n  ", ""), (PASS, "pass: {all_of: []}"))
    assert "TST-01 is pass where nothing is known; ask about a stated fact" in empty
    assert not any("nothing is known" in text for text in found((PASS, always)))


def test_too_many_combinations_are_said_and_sampled() -> None:
    keys = ("required", "output_read", "untrusted_input", "private_data", "rule_known", "absorbed",
            "loop.no_progress_check", "leads_to_write", "needed", "decides_weight", "agent", "model", "verifies")
    wide = "pass: {any_of: [{validation.kind: verifier}, " + ", ".join(f"{{{k}: known}}" for k in keys) + "]}"
    flags = "partial: {any_of: [" + ", ".join(f"{{{k}: true}}" for k in keys[:10]) + "]}"
    text = found((PASS, wide), (PARTIAL, flags))
    assert any("has too many combinations to prove" in t and t.endswith("split the check") for t in text)


def test_a_sound_check_has_nothing_to_say() -> None:
    assert found((PASS, "pass: {validation.kind: {at_least: rule}}"),
                 (PARTIAL, "partial: {validation.kind: {at_least: schema}}")) == []


def test_values_that_no_question_tells_apart_are_one() -> None:
    check = checklist_from_text(a_checklist(), "c.yaml").checks[0]
    kind = next(v for v in variables([check.passes, check.when], "step") if v.name == "validation.kind")
    assert sorted(kind.rows, key=str) == [(False,), (None,), (True,)]


def test_the_reliability_checklist_is_proved_in_time() -> None:
    start = time.process_time()
    assert [str(p) for p in lint(load_checklist("reliability"))] == []
    assert time.process_time() - start < 10


def test_made_up_worlds_answer_as_real_ones() -> None:
    """Every row of a variable is what some real world answers, and every small real world has its row."""
    check = load_checklist("reliability").check("ACT-02")
    assert check is not None
    action, gate = Ref("action", "refund"), Ref("gate", "approval")
    rows = {v.name: v for v in variables([check.when, check.passes, check.partial or check.when], "action")}
    tried: dict[str, set[tuple[bool | None, ...]]] = {name: set() for name in rows}
    for stated in product([None, "none", "approval"], [None, "prompt", "code", "credentials"],
                          [None, "none", "per_call", "per_period"], [None, "none", "Mia"], [None, "model", "human"],
                          [None, True, False]):
        facts: dict[tuple[Ref, str], object] = dict(zip(
            [(action, "gate"), (gate, "enforced_in"), (action, "limit.scope"), (action, "limit.accepted_by"),
             (action, "decided_by"), (action, "weighty")], stated))
        world = World({k: v for k, v in facts.items() if v is not None})
        for name, variable in rows.items():
            tried[name].add(tuple(evaluate(leaf, action, world).truth for leaf in variable.leaves))
    assert tried == {name: set(variable.rows) for name, variable in rows.items()}
