"""Binding a description to drawn code: what must not be bound first."""

from __future__ import annotations

from typing import Any

import pytest

from auditkit.model.facts import Component, Fact, Gap, Ref, Stack
from auditkit.model.receipts import Inspected
from auditkit.model.vocabulary import Edge
from auditkit.sources.binding import bind
from auditkit.sources.stack_file import stack_from_text


def at(line: int, path: str = "src/tools.py") -> Inspected:
    """A place in the code."""
    return Inspected(path=path, line=line)


def drawn(name: str, *parts: tuple[str, str, int], facts: tuple[tuple[str, str, str, Any, int], ...] = (),
          path: str = "src/tools.py") -> Stack:
    """A workflow as it was drawn: components with their lines, facts with theirs."""
    return Stack(name=name,
                 components=(Component(kind="system", id="system", receipts=(at(1, path),)),
                             *(Component(kind=k, id=i, receipts=(at(n, path),)) for k, i, n in parts)),
                 facts=tuple(Fact(kind=k, id=i, key=key, value=v, receipt=at(n, path)) for k, i, key, v, n in facts))


def declared(text: str) -> Stack:
    """A description."""
    return stack_from_text(f"stack: {{name: Refunds}}\n{text}", "s.yaml")


REFUND = Ref("action", "refund")


def test_components_of_other_names_stay_apart() -> None:
    one = bind(declared("actions: [{id: refund}]"), [drawn("main", ("action", "send_mail", 12))])
    assert [c.id for c in one.components] == ["system", "refund", "send_mail"]
    assert [r.basis for r in one.receipts_of[Ref("action", "send_mail")]] == ["inspected"]


def test_a_name_is_not_bound_across_kinds() -> None:
    one = bind(declared("steps: [{id: refund, decider: model}]"), [drawn("main", ("action", "refund", 12))])
    assert {c.ref for c in one.components} >= {Ref("step", "refund"), REFUND}
    assert one.value(Ref("step", "refund"), "decider") == "model"
    assert [r.basis for r in one.receipts_of[Ref("step", "refund")]] == ["declared"]


def test_the_declared_name_is_not_replaced_by_that_of_the_code() -> None:
    one = bind(declared(""), [drawn("main", facts=(("system", "system", "name", "main", 1),))])
    assert one.title(Ref("system", "system")) == "Refunds"


def test_several_workflows_of_which_none_matches_are_not_mixed_in() -> None:
    one = bind(declared("steps: [{id: a}]"), [drawn("x", ("step", "b", 1)), drawn("y", ("step", "c", 1))])
    assert [c.id for c in one.components] == ["system", "a"]
    assert one.gaps == (Gap(path=".", reason="none of the 2 workflows in the code matches what is declared (x, y); name one "
                                             "with --workflow"),)


def test_no_workflow_of_that_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        bind(declared(""), [drawn("x")], "z")


def test_without_code_the_description_stays_as_it_is() -> None:
    stack = declared("actions: [{id: refund}]")
    assert bind(stack, []) == stack


@pytest.mark.parametrize("symbol", ["src/tools.py:pay_back", "src/tools.py:88", "src/tools.py:90", "./src/tools.py:pay_back",
                                    "src/tools.py:Tools.pay_back"])
def test_a_symbol_binds_what_has_another_name(symbol: str) -> None:
    code = drawn("main", ("action", "refund", 12), ("action", "pay_back", 88), facts=(("action", "pay_back", "effect", "money", 91),))
    one = bind(declared(f"actions: [{{id: refund, effect: money, symbol: '{symbol}'}}]"), [code])
    assert [c.id for c in one.components if c.kind == "action"] == ["refund", "refund_in_code"]
    known = one.known(REFUND, "effect")
    assert known is not None
    assert [r.basis for r in known.receipts] == ["declared", "inspected"]


@pytest.mark.parametrize("symbol", ["src/tools.py:70", "src/other.py:pay_back", "src/tools.py:nothing"])
def test_a_symbol_that_points_nowhere_is_a_gap(symbol: str) -> None:
    one = bind(declared(f"actions:\n  - id: money_back\n    symbol: '{symbol}'"), [drawn("main", ("action", "pay_back", 88))])
    assert Gap(path="s.yaml", line=3, reason=f"action money_back: its symbol {symbol} points at nothing that was drawn from the "
                                             "code") in one.gaps


def test_what_is_declared_and_not_in_the_code_is_a_gap() -> None:
    one = bind(declared("steps:\n  - id: greet\n  - id: triage"), [drawn("main", ("step", "triage", 3))])
    assert one.gaps == (Gap(path="s.yaml", line=3, reason="step greet is declared and was not found in the code"),)


def test_names_are_bound_whatever_their_case_and_dashes() -> None:
    one = bind(declared("steps: [{id: s1, name: Triage Input}]"),
               [drawn("main", ("step", "triage_input", 3), facts=(("step", "triage_input", "decider", "model", 3),))])
    assert one.value(Ref("step", "s1"), "decider") == "model"


def test_references_follow_their_components() -> None:
    code = drawn("main", ("step", "triage_input", 3), ("step", "draft", 4), ("action", "send", 9),
                 facts=(("action", "send", "step", "triage_input", 9), ("step", "draft", "next", Edge(to="triage_input"), 5)))
    one = bind(declared("steps: [{id: triage, name: triage input}]"), [code])
    assert one.value(Ref("action", "send"), "step") == "triage"
    assert one.value(Ref("step", "draft"), "next") == (Edge(to="triage"),)


def test_an_edge_that_both_know_is_one_edge() -> None:
    code = drawn("main", ("step", "a", 3), ("step", "b", 4), facts=(("step", "a", "next", Edge(to="b"), 5),
                                                                    ("step", "a", "next", Edge(to="end"), 6)))
    one = bind(declared("steps: [{id: a, next: [{to: b, share: .7}, end]}, {id: b}]"), [code])
    assert one.value(Ref("step", "a"), "next") == (Edge(to="b", share=0.7), Edge(to="end"))


def test_a_gate_that_both_put_before_the_same_action_is_one_gate() -> None:
    code = drawn("main", ("action", "refund", 9), ("gate", "interrupt", 20), facts=(("action", "refund", "gate", "interrupt", 20),))
    one = bind(declared("actions: [{id: refund, gate: approval}]\ngates: [{id: approval}]"), [code])
    assert one.value(REFUND, "gate") == "approval"
    assert len(one.by_kind["gate"]) == 1


def test_a_place_that_was_seen_again_is_told_once_and_by_the_inspector() -> None:
    code = Stack(name="main", components=(Component(kind="system", id="system"),
                                          Component(kind="action", id="refund", receipts=(at(9).model_copy(update={"rule": "tool"}),))),
                 facts=(Fact(kind="action", id="refund", key="effect", value="money",
                             receipt=at(9).model_copy(update={"rule": "tool"})),))
    one = bind(declared("actions: [{id: refund, effect: money, seen: {'src/tools.py:9': [id, effect]}}]"), [code])
    assert [r.rule for r in one.known(REFUND, "effect").receipts] == ["tool"]
    assert [r.basis for r in one.receipts_of[REFUND]] == ["declared", "inspected"]


def test_a_disagreement_keeps_both_words() -> None:
    code = drawn("main", ("action", "refund", 88), facts=(("action", "refund", "gate", "none", 88),))
    one = bind(declared("actions: [{id: refund, gate: approval}]\ngates: [{id: approval}]"), [code])
    assert [f.value for f in one.index[REFUND]["gate"]] == ["approval", "none"]


def test_the_workflow_with_most_matches_is_taken() -> None:
    one = bind(declared("steps: [{id: a}, {id: b}]"), [drawn("x", ("step", "a", 1)), drawn("y", ("step", "a", 1), ("step", "b", 2))])
    assert [r.basis for r in one.receipts_of[Ref("step", "b")]] == ["declared", "inspected"]


def test_the_code_path_of_the_description_chooses_among_workflows() -> None:
    stack = declared("steps: [{id: a}]\nsources: {code: apps/two}")
    one = bind(stack, [drawn("x", ("step", "a", 1), path="apps/one/m.py"), drawn("y", ("step", "z", 1), path="apps/two/m.py")])
    assert [c.id for c in one.by_kind["step"]] == ["a", "z"]


def test_a_last_step_does_not_begin_to_lead_into_drawn_ones() -> None:
    code = drawn("main", ("step", "x", 1), facts=(("step", "x", "next", Edge(to="end"), 1),))
    one = bind(declared("steps: [{id: a}, {id: b}]"), [code])
    assert one.value(Ref("step", "b"), "next") == (Edge(to="end"),)
    assert one.known(Ref("step", "a"), "next") is None


def test_a_list_that_is_declared_whole_stays_so() -> None:
    one = bind(declared("actions: [{id: refund}]\ngates: []"), [drawn("main", ("action", "wire", 5))])
    assert set(one.complete) == {"actions", "gates"}
