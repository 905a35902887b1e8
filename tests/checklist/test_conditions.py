"""Conditions are three-valued: one no is a no, else one blank is a blank, else yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from auditkit.checklist.conditions import (
    Answer,
    Both,
    Condition,
    Either,
    Item,
    Node,
    Not,
    Related,
    evaluate,
    relation_target,
    resolve,
)
from auditkit.checklist.conditions import (
    Test as Asks,
)
from auditkit.model.base import Truth
from auditkit.model.facts import Known, Ref
from auditkit.model.receipts import Declared, Receipt
from auditkit.model.vocabulary import Branch, Rate

STEP = Ref("step", "route")
SYSTEM = Ref("system", "system")
HERE = Declared(path="stack.yaml", line=1)


@dataclass
class World:
    """Facts and relations, written down."""

    facts: dict[tuple[Ref, str], object] = field(default_factory=dict)
    relations: dict[tuple[Ref, str], tuple[Sequence[Node], bool | None]] = field(default_factory=dict)

    def known(self, ref: Ref, key: str) -> Known | None:
        value = self.facts.get((ref, key))
        return None if value is None else Known(value, (HERE,))

    def related(self, ref: Ref, relation: str) -> tuple[Sequence[Node], bool | None, tuple[Receipt, ...]]:
        nodes, whole = self.relations.get((ref, relation), ((), None))
        return nodes, whole, (HERE,) if whole else ()


def ask(condition: Condition, facts: dict[str, object] | None = None, ref: Ref = STEP) -> Answer:
    return evaluate(condition, ref, World({(ref, k): v for k, v in (facts or {}).items()}))


MODEL = Asks("decider", "is", ("model",))
NEEDED = Asks("required", "is", (True,))


@pytest.mark.parametrize(("left", "right", "both", "either"), [
    (True, True, True, True), (True, False, False, True), (True, None, None, True),
    (False, False, False, False), (False, None, False, None), (None, None, None, None)])
def test_both_and_either_are_kleenes(left: Truth, right: Truth, both: Truth, either: Truth) -> None:
    facts: dict[str, object] = {}
    facts |= {} if left is None else {"decider": "model" if left else "code"}
    facts |= {} if right is None else {"required": right}
    for one, other in ((MODEL, NEEDED), (NEEDED, MODEL)):
        assert ask(Both((one, other)), facts).truth is both
        assert ask(Either((one, other)), facts).truth is either


def test_nothing_asked_holds() -> None:
    assert ask(Both()).truth is True


def test_the_opposite_of_a_blank_is_a_blank() -> None:
    assert ask(Not(MODEL)).truth is None
    assert ask(Not(MODEL), {"decider": "code"}).truth is True


def test_a_blank_is_named_and_what_decides_brings_its_receipt_alone() -> None:
    blank = ask(Both((MODEL, NEEDED)), {"decider": "model"})
    assert [b.key for b in blank.blanks] == ["required"]
    decided = ask(Both((MODEL, NEEDED)), {"decider": "code"})
    assert decided.receipts == (HERE,)
    assert decided.blanks == ()


@pytest.mark.parametrize(("test", "value", "truth"), [
    (Asks("validation.kind", "at_least", ("rule",)), "schema_and_rule", True),
    (Asks("validation.kind", "at_least", ("rule",)), "judge", False),
    (Asks("validation.kind", "at_most", ("judge",)), "none", True),
    (Asks("decider", "one_of", ("code", "human")), "model", False),
    (Asks("success", "at_least", (0.8,)), Rate(successes=9, runs=10), True),
    (Asks("success", "at_least", (0.8,)), Rate(rate=0.7), False),
    (Asks("verifies", "known"), "none", False),
    (Asks("verifies", "none"), "none", True),
    (Asks("verifies", "known"), "draft", True),
    (Asks("reads_state", "known"), (), False),
    (Asks("reads_state", "none"), ("none",), True),
    (Asks("reads_state", "is", ("intent",)), ("intent", "day"), True),
    (Asks("reads_state", "has_all", ("intent", "day")), ("intent",), False),
    (Asks("reads_state", "at_least", (2,)), ("intent", "day"), True),
    (Asks("required", "is", (True,)), False, False),
    (Asks("loop.max_iterations", "is", (1,)), 1, True),
])
def test_one_key_against_a_value(test: Asks, value: object, truth: Truth) -> None:
    assert ask(test, {test.path: value}).truth is truth
    assert ask(test).truth is None


def test_true_is_not_one() -> None:
    assert ask(Asks("loop.max_iterations", "is", (True,)), {"loop.max_iterations": 1}).truth is False


def test_a_rate_without_a_number_is_not_known() -> None:
    assert ask(Asks("success", "at_least", (0.5,)), {"success": Rate(source="review")}).truth is None


GATE = Asks("gate.enforced_in", "one_of", ("code", "credentials"))
REFUND = Ref("action", "refund")


@pytest.mark.parametrize(("gate", "enforced", "truth"), [
    (None, None, None), ("none", None, False), ("approval", None, None), ("approval", "prompt", False),
    ("approval", "code", True)])
def test_a_path_follows_its_reference(gate: str | None, enforced: str | None, truth: Truth) -> None:
    facts: dict[tuple[Ref, str], object] = {}
    facts |= {(REFUND, "gate"): gate} if gate else {}
    facts |= {(Ref("gate", "approval"), "enforced_in"): enforced} if enforced else {}
    assert evaluate(GATE, REFUND, World(facts)).truth is truth


def test_a_path_reaches_the_system() -> None:
    world = World({(SYSTEM, "channel"): "voice"})
    assert evaluate(Asks("system.channel", "is", ("voice",)), STEP, world).truth is True


def _quantified(quantity: str, answers: Sequence[Truth], whole: bool | None, **bounds: int) -> Truth:
    """The truth of a quantifier over steps whose decider is a model (yes), code (no) or blank."""
    refs = [Ref("step", f"s{i}") for i in range(len(answers))]
    facts: dict[tuple[Ref, str], object] = {
        (r, "decider"): "model" if a else "code" for r, a in zip(refs, answers) if a is not None}
    low, high = bounds.get("at_least"), bounds.get("at_most")
    condition = Related(quantity, "steps", MODEL, low, high)  # type: ignore[arg-type]
    return evaluate(condition, SYSTEM, World(facts, {(SYSTEM, "steps"): (refs, whole)})).truth


@pytest.mark.parametrize(("answers", "whole", "any_", "all_", "no"), [
    ([], True, False, True, True), ([], None, None, None, None), ([True], True, True, True, False),
    ([True], None, True, None, False), ([False], True, False, False, True), ([False], None, None, False, None),
    ([None], True, None, None, None), ([True, None], True, True, None, False),
    ([False, None], True, None, False, None)])
def test_quantifiers_are_open_until_the_list_is_whole(
        answers: list[Truth], whole: bool | None, any_: Truth, all_: Truth, no: Truth) -> None:
    assert _quantified("any", answers, whole) is any_
    assert _quantified("all", answers, whole) is all_
    assert _quantified("no", answers, whole) is no


@pytest.mark.parametrize(("answers", "whole", "bounds", "truth"), [
    ([True, True], None, {"at_least": 2}, True), ([True], None, {"at_least": 2}, None),
    ([True], True, {"at_least": 2}, False), ([True, None], True, {"at_least": 2}, None),
    ([True, True], None, {"at_most": 1}, False), ([True], None, {"at_most": 1}, None),
    ([True, False], True, {"at_most": 1}, True), ([True], True, {"at_least": 1, "at_most": 1}, True),
    ([], True, {"at_most": 0}, True), ([None], True, {"at_most": 0}, None)])
def test_a_count_is_decided_as_early_as_it_can_be(
        answers: list[Truth], whole: bool | None, bounds: dict[str, int], truth: Truth) -> None:
    assert _quantified("count", answers, whole, **bounds) is truth


def test_records_are_asked_like_components() -> None:
    branches = [Item(STEP, "failure_branches", 0, Branch(type="clarify", trigger_in="code"), HERE),
                Item(STEP, "failure_branches", 1, Branch(type="handoff"), HERE)]
    world = World({}, {(STEP, "failure_branches"): (branches, True)})
    coded = Asks("trigger_in", "is", ("code",))
    assert evaluate(Related("any", "failure_branches", coded), STEP, world).truth is True
    every = evaluate(Related("all", "failure_branches", coded), STEP, world)
    assert every.truth is None
    assert [b.key for b in every.blanks] == ["failure_branches.trigger_in"]


def test_what_a_path_or_a_relation_may_name() -> None:
    found = resolve("gate.enforced_in", "action")
    assert found is not None
    assert found.followed == ("gate",)
    assert resolve("gate.enforced", "action") is None
    assert resolve("reads_state.x", "step") is None
    assert resolve("trigger_in", "", Branch) is not None
    assert relation_target("steps", "system") == ("step", None)
    assert relation_target("actions", "step") == ("action", None)
    assert relation_target("failure_branches", "step") == ("", Branch)
    assert relation_target("evals", "step") is None
