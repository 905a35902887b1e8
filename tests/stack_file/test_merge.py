"""Adding to a stack file what was drawn: what must not happen first. What a person wrote stays as it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from auditkit import shipped
from auditkit.errors import InputError
from auditkit.model.facts import Component, Fact, Ref, Stack
from auditkit.model.receipts import Inspected
from auditkit.model.vocabulary import Edge
from auditkit.sources.stack_file import stack_from_text
from auditkit.sources.stack_file.merge import merge_into
from auditkit.sources.stack_file.writer import Question, write_stack
from tests.stack_file.test_writer import stacks

calm = settings(derandomize=True, deadline=None, max_examples=60, database=None, suppress_health_check=list(HealthCheck))

MINE = """\
# Our refunds.
stack:
  name: Refunds   # the team's name for it

steps:
  - id: triage    # asks a model
    decider: model
    # kind: extract | classify | decide   # what sort of work?
    success: .9   # a guess

actions:
  - id: refund
    effect: money      # pays
    gate: approval
gates:
  - {id: approval, type: human}
"""


def at(line: int, path: str = "tools.py", commit: str | None = None) -> Inspected:
    """A place in the code."""
    return Inspected(path=path, line=line, commit=commit)


def drawn(*facts: tuple[str, str, str, Any, int], parts: tuple[tuple[str, str, int], ...] = (), commit: str | None = None) -> Stack:
    """A workflow as it was drawn."""
    lines = {Ref(k, i): n for k, i, n in parts} or {Ref(k, i): n for k, i, _, _, n in reversed(facts)}
    return Stack(name="main",
                 components=(Component(kind="system", id="system"),
                             *(Component(kind=r.kind, id=r.id, receipts=(at(n, commit=commit),)) for r, n in lines.items())),
                 facts=tuple(Fact(kind=k, id=i, key=key, value=v, receipt=at(n, commit=commit)) for k, i, key, v, n in facts))


def values(stack: Stack) -> set[tuple[str, str, str, str]]:
    """What is said of each component, whoever says it."""
    return {(f.kind, f.id, f.key, repr(f.value)) for f in stack.facts}


def kept(old: str, new: str) -> bool:
    """Whether every line of the old text stands in the new one, in the same order."""
    rows = iter(new.splitlines())
    return all(any(row == other for other in rows) for row in old.splitlines())


# What must not happen --------------------------------------------------------------------------------------

def test_nothing_new_changes_not_one_byte() -> None:
    stack = drawn(("action", "refund", "effect", "money", 88))
    once, _ = merge_into(MINE, stack)
    assert merge_into(once, stack) == (once, ())
    assert merge_into(MINE, Stack(name="x", components=(Component(kind="system", id="system"),))) == (MINE, ())


def test_a_persons_word_is_never_overwritten() -> None:
    new, changes = merge_into(MINE, drawn(("step", "triage", "decider", "code", 5), parts=(("step", "triage", 5),)))
    assert stack_from_text(new, "s.yaml").value(Ref("step", "triage"), "decider") == "model"
    assert "~ step triage: decider code seen at tools.py:5; yours says model and stays" in changes


def test_an_action_without_the_gate_that_is_declared_is_told_and_left() -> None:
    new, changes = merge_into(MINE, drawn(("action", "refund", "gate", "none", 88), parts=(("action", "refund", 88),)))
    assert "    gate: approval\n" in new
    assert "~ action refund: gate none seen at tools.py:88; yours says approval and stays" in changes


def test_a_list_that_a_person_closed_stays_closed() -> None:
    old = "stack: {name: x}\ngates: []\n"
    new, changes = merge_into(old, drawn(parts=(("gate", "human", 3),)))
    assert new == old
    assert changes == ("~ gates: yours says there are none; seen gate human   tools.py:3, not added",)


def test_a_new_section_never_claims_to_be_whole() -> None:
    new, _ = merge_into(MINE, drawn(("integration", "stripe", "timeout", False, 7)))
    assert set(stack_from_text(new, "s.yaml").complete) == {"steps", "actions", "gates"}


def test_a_last_step_does_not_begin_to_lead_into_a_new_one() -> None:
    new, _ = merge_into(MINE, drawn(("step", "draft", "next", Edge(to="end"), 9)))
    assert stack_from_text(new, "s.yaml").value(Ref("step", "triage"), "next") == (Edge(to="end"),)


def test_a_file_with_mistakes_is_refused_as_it_is_elsewhere() -> None:
    with pytest.raises(InputError):
        merge_into("stack: {name: x}\nsteps: [{id: a, decidor: model}]\n", drawn())


# What must -------------------------------------------------------------------------------------------------

def test_comments_stay_and_new_things_are_added() -> None:
    stack = drawn(("step", "triage", "untrusted_input", True, 6), ("action", "mail", "effect", "message", 12),
                  parts=(("step", "triage", 5), ("action", "mail", 12)))
    new, changes = merge_into(MINE, stack)
    assert kept(MINE, new)
    assert changes == ("+ step triage: untrusted_input yes   tools.py:6", "+ action      mail   tools.py:12")
    back = stack_from_text(new, "s.yaml")
    assert back.value(Ref("action", "mail"), "effect") == "message"
    assert [r.basis for r in back.receipts_of[Ref("step", "triage")]] == ["declared", "inspected"]


def test_an_open_question_is_answered_in_its_place() -> None:
    new, _ = merge_into(MINE, drawn(("step", "triage", "kind", "classify", 5)))
    assert new.splitlines()[7] == "    kind: classify"
    assert "# kind" not in new


def test_a_question_within_a_group_is_answered_in_its_place() -> None:
    asked = [Question("step", "a", "loop.bound", "What stops it?"), Question("step", "a", "loop.on_limit", "And then?")]
    old = write_stack(drawn(("step", "a", "decider", "model", 5)), asked)
    new, _ = merge_into(old, drawn(("step", "a", "decider", "model", 5), ("step", "a", "loop.bound", "coded", 7)))
    assert "    loop:\n      bound: coded\n      # on_limit:" in new
    assert stack_from_text(new, "s.yaml").value(Ref("step", "a"), "loop.bound") == "coded"


def test_what_somebody_did_not_know_is_filled_in() -> None:
    old = "stack: {name: x}\nactions:\n  - id: refund\n    gate: unknown   # nobody knew\n    limit: {scope: unknown}\n"
    new, _ = merge_into(old, drawn(("action", "refund", "gate", "none", 8), ("action", "refund", "limit.scope", "per_call", 9)))
    assert "    gate: none   # nobody knew\n    limit: {scope: per_call}\n" in new


def test_the_same_word_gets_its_place() -> None:
    new, changes = merge_into(MINE, drawn(("action", "refund", "effect", "money", 88)))
    assert stack_from_text(new, "s.yaml").known(Ref("action", "refund"), "effect").receipts == (at(88),)
    assert "+ action refund: effect money as you say, seen at tools.py:88" in changes


def test_one_line_components_and_lists_take_more() -> None:
    old = "stack: {name: x, seen: a.py:1}\nsteps: [{id: a, decider: model, loop: {max_iterations: 3}, seen: {decider: a.py:4}}]\n"
    stack = drawn(("step", "a", "loop.bound", "coded", 5), ("step", "a", "kind", "decide", 6), ("step", "b", "decider", "code", 9))
    new, _ = merge_into(old, stack)
    back = stack_from_text(new, "s.yaml")
    assert values(back) >= values(stack_from_text(old, "s.yaml")) | values(stack)


def test_places_follow_their_lines() -> None:
    stack = drawn(("step", "a", "decider", "model", 5), ("step", "a", "kind", "decide", 7))
    text = write_stack(stack)
    moved = drawn(("step", "a", "decider", "model", 15), ("step", "a", "kind", "decide", 17))
    new, changes = merge_into(text, moved)
    assert changes == ("~ 2 places moved to their new lines",)
    assert {f.receipt.line for f in stack_from_text(new, "s.yaml").facts if f.kind == "step"} == {15, 17}


def test_a_new_commit_is_written_once_when_every_place_was_seen_again() -> None:
    text = write_stack(drawn(("step", "a", "decider", "model", 5), commit="0123456789"))
    new, changes = merge_into(text, drawn(("step", "a", "decider", "model", 5), commit="758db71758db71"))
    assert changes == ("~ audit: commit 0123456789 is now 758db71758db; every place was seen again",)
    assert {f.receipt.commit for f in stack_from_text(new, "s.yaml").facts if f.kind == "step"} == {"758db71758db71"}


def test_a_place_of_another_commit_says_so() -> None:
    text = write_stack(drawn(("step", "a", "decider", "model", 5), ("step", "gone", "decider", "code", 3), commit="0123456789"))
    new, changes = merge_into(text, drawn(("step", "a", "decider", "model", 6), commit="758db71758db71"))
    assert "- step gone is no longer in the code; it stays in your file" in changes
    assert "tools.py:6@758db71758db" in new
    assert "tools.py:3" in new


def test_a_declared_id_is_kept_for_what_it_is_bound_to() -> None:
    old = "stack: {name: x}\nsteps:\n  - id: s1\n    symbol: tools.py:triage_input\n"
    stack = drawn(("step", "triage_input", "decider", "model", 5), ("action", "send", "step", "triage_input", 9))
    new, _ = merge_into(old, stack)
    assert stack_from_text(new, "s.yaml").value(Ref("action", "send"), "step") == "s1"
    assert "triage_input\n    decider: model" in new


def test_windows_line_ends_and_a_missing_last_one_are_kept() -> None:
    old = "stack: {name: x}\r\nsteps:\r\n  - id: a"
    new, _ = merge_into(old, drawn(("step", "a", "decider", "model", 5)))
    assert new.replace("\r\n", "").count("\n") == 0
    assert stack_from_text(new, "s.yaml").value(Ref("step", "a"), "decider") == "model"


def test_questions_come_with_new_components() -> None:
    asked = [Question("action", "mail", "gate", "Who approves?"), Question("step", "triage", "rule_known", "A rule?")]
    new, _ = merge_into(MINE, drawn(("action", "mail", "effect", "message", 12)), asked)
    assert "# Who approves?" in new
    assert "# A rule?" not in new      # the person's own component is left alone


@pytest.mark.parametrize("name", [p.stem for p in sorted(shipped.folder("sample_stacks").glob("*.yaml"))])
def test_a_sample_keeps_every_line_and_every_word(name: str) -> None:
    old = (shipped.folder("sample_stacks") / f"{name}.yaml").read_text(encoding="utf-8")
    mine = stack_from_text(old, "s.yaml")
    step, action = mine.by_kind["step"][0].id, next((r.id for r in mine.by_kind["action"]), "act")
    stack = drawn(("step", step, "max_cost", 0.25, 5), ("step", "drawn_one", "decider", "model", 9),
                  ("action", action, "undo", "draft", 12), ("store", "drawn_store", "durable", True, 14))
    new, _ = merge_into(old, stack)
    assert values(stack_from_text(new, "s.yaml")) >= values(mine)
    assert merge_into(new, stack)[0] == new
    changed = [row for row in old.splitlines() if row not in new.splitlines()]
    assert len(changed) <= 4, changed      # components on one line grow in their line


def test_a_place_that_moved_and_a_new_key_at_it_are_written_once() -> None:
    old = "version: 1\nstack: {name: s, seen: src/a.py:2}\nsteps:\n- id: a\n".replace("{name: s, seen: src/a.py:2}",
                                                                                       "\n  name: s\n  seen: src/a.py:2")
    at = Inspected(path="src/a.py", line=1)
    other = Stack(name="s", components=(Component(kind="system", id="system", receipts=(at,)), Component(kind="step", id="a")),
                  facts=(Fact(kind="system", id="system", key="stage", value="prototype", receipt=at),))
    new, _ = merge_into(old, other)
    assert "src/a.py:2" not in new
    assert merge_into(new, other)[0] == new


# Laws ------------------------------------------------------------------------------------------------------

@calm
@given(stacks(), stacks())
def test_merging_loses_nothing_and_is_done_at_once(one: Stack, other: Stack) -> None:
    old = write_stack(one, origin="x")
    mine = stack_from_text(old, "s.yaml")
    new, _ = merge_into(old, other)
    back = stack_from_text(new, "s.yaml")
    assert values(back) >= values(mine)
    assert {c.ref for c in back.components} >= {c.ref for c in mine.components}
    assert merge_into(new, other)[0] == new
