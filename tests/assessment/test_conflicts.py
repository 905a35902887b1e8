"""Receipts that disagree: the strongest speaks, and the disagreement is shown."""

from __future__ import annotations

import pytest

from auditkit.model.facts import Stack
from auditkit.model.report import Conflict, Report
from auditkit.sources.stack_file import stack_from_text

from .stacks import NAMES, of_changed, of_sample, report

HEAD = "stack:\n  name: x\n"
STEP = HEAD + "steps:\n  - id: s\n    decider: model\n    kind: decide\n    success: %s\n"


def two(first: str, second: str) -> Report:
    """What two descriptions of one workflow make together."""
    both: Stack = stack_from_text(first, "one.yaml") | stack_from_text(second, "two.yaml")
    return report(both)


def rates(declared: str, counted: str) -> tuple[Conflict, ...]:
    """The conflicts between a declared rate and a counted one."""
    return two(STEP % declared, STEP % counted).conflicts


@pytest.mark.parametrize("name", [n for n in NAMES if n != "executive_assistant"])
def test_one_description_alone_disagrees_with_nobody_but_the_counts(name: str) -> None:
    against_counts = {"invoice_router": ["CNF-WFL-03"], "refund_helper": ["CNF-WFL-03"]}
    assert [c.id for c in of_sample(name).conflicts] == against_counts.get(name, [])


def test_the_same_statement_twice_is_no_conflict() -> None:
    assert two(STEP % "0.85", STEP % "0.85").conflicts == ()


def test_two_names_are_no_conflict() -> None:
    assert two(HEAD + "models:\n  - {id: m, name: a}\n", HEAD + "models:\n  - {id: m, name: b}\n").conflicts == ()


def test_sets_add_up_and_do_not_disagree() -> None:
    text = HEAD + "steps:\n  - {id: s, reads_state: [%s]}\n"
    assert two(text % "x", text % "y").conflicts == ()


GATE = HEAD + "gates:\n  - id: g\n    enforced_in: %s\n"
SEEN = GATE + "    seen: {enforced_in: src/g.py:9}\n"


def test_what_was_seen_beats_what_was_said() -> None:
    (found,) = two(GATE % "code", SEEN % "prompt").conflicts
    assert (found.kind, found.component, found.key, found.wins) == ("gate", "g", "enforced_in", "prompt")
    assert [s.receipt.basis for s in found.statements] == ["inspected", "declared"]
    assert "inspected" in found.why


def test_the_order_of_the_two_files_does_not_decide() -> None:
    first = two(GATE % "code", SEEN % "prompt").conflicts[0]
    second = two(SEEN % "prompt", GATE % "code").conflicts[0]
    assert (first.wins, first.severity) == (second.wins, second.severity)
    assert [s.value for s in first.statements] == [s.value for s in second.statements] == ["prompt", "code"]


def test_a_conflict_bears_the_check_that_reads_the_fact() -> None:
    (found,) = two(GATE % "code", SEEN % "prompt").conflicts
    assert (found.id, found.check, found.severity) == ("CNF-ACT-03", "ACT-03", "critical")


def test_a_conflict_on_what_leads_to_a_write_weighs_at_least_high() -> None:
    text = HEAD + "steps:\n  - {id: s}\nactions:\n  - {id: a, step: s, effect: write, undo: %s}\n"
    (found,) = two(text % "manual", text % "compensation").conflicts
    assert found.severity == "high"


# Rates -----------------------------------------------------------------------------------------------------


def test_a_rate_that_the_counts_rule_out_is_dropped() -> None:
    (found,) = rates("0.97", "171/200")
    assert (found.id, found.severity, found.wins) == ("CNF-WFL-05", "high", "171 of 200")
    assert "97%" in found.title
    assert "171 of 200" in found.title


def test_the_dropped_rate_is_not_averaged_in() -> None:
    both = two(STEP % "0.97", STEP % "171/200").reliability.steps[0]
    alone = report(stack_from_text(STEP % "171/200", "two.yaml")).reliability.steps[0]
    assert both == alone
    assert both.point == pytest.approx(171 / 200)


def test_a_rate_that_the_counts_allow_stands() -> None:
    assert rates("0.88", "171/200") == ()


def test_few_counts_rule_out_little() -> None:
    assert rates("0.97", "9/10") == ()


def test_a_rate_far_too_low_is_ruled_out_as_well() -> None:
    (found,) = rates("0.5", "171/200")
    assert found.wins == "171 of 200"


# The chain against the counts --------------------------------------------------------------------------------


def outcome(successes: int) -> Report:
    """The voice agent with scored calls."""
    return of_changed(
        "voice_agent",
        {"stack.outcomes.success": {"successes": str(successes), "runs": "200", "source": "review"}},
    )


def test_steps_that_multiply_to_what_was_counted_agree() -> None:
    assert outcome(54).conflicts == ()


def test_steps_that_multiply_to_something_else_are_a_conflict() -> None:
    (found,) = outcome(150).conflicts
    assert (found.id, found.check, found.wins) == ("CNF-WFL-02", "WFL-02", "150 of 200")
    assert "27.2%" in found.title


def test_too_few_scored_runs_decide_nothing() -> None:
    found = of_changed("voice_agent", {"stack.outcomes.success": {"successes": "80", "runs": "99"}})
    assert found.reliability.end_to_end is None
    assert found.conflicts == ()
