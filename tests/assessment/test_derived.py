"""Derived facts: not known stays not known; each value they can take, from the facts it takes."""

from __future__ import annotations

from typing import Any

import pytest

from auditkit.assessment.derived import Scene, all_of, any_of, derive
from auditkit.assessment.graph import step_graph
from auditkit.assessment.totals import totals
from auditkit.assessment.world import StackWorld
from auditkit.model.base import Truth
from auditkit.model.facts import THE_SYSTEM, Known, Ref
from auditkit.sources.stack_file import stack_from_text

from .stacks import ON

HEAD = "stack:\n  name: x\n"


def facts(body: str, head: str = "") -> dict[tuple[Ref, str], Known]:
    """Every derived fact of a stack file's text."""
    stack = stack_from_text(HEAD + head + body, "stack.yaml")
    graph = step_graph(stack)
    found = derive(Scene(StackWorld(stack), graph, ON))
    scene = Scene(StackWorld(stack, found), graph, ON)
    return found | {(ref, key): known for ref, key, known in totals(scene)}


def value(kind: str, id: str, key: str, body: str, head: str = "") -> Any:
    """One derived fact of a component; None when it is not known."""
    known = facts(body, head).get((Ref(kind, id), key))
    return None if known is None else known.value


def total(key: str, body: str, head: str = "") -> Any:
    """One total of the workflow; None when it is not known."""
    known = facts(body, head).get((THE_SYSTEM, f"computed.{key}"))
    return None if known is None else known.value


def item(section: str, *keys: str) -> str:
    """A section with one component `a`."""
    return f"{section}:\n  - id: a\n" + "".join(f"    {k}\n" for k in keys)


# Nothing stated, nothing derived ---------------------------------------------------------------------------


def test_an_empty_file_says_nothing() -> None:
    assert facts("") == {}


@pytest.mark.parametrize(
    "section",
    ["actions", "stores", "integrations", "knowledge", "gates", "monitoring", "evals", "models", "agents"],
)
def test_a_component_without_facts_derives_nothing_about_itself(section: str) -> None:
    found = facts(item(section))
    assert {ref for ref, _ in found} <= {THE_SYSTEM}


def test_a_step_without_facts_is_nothing_but_counted() -> None:
    found = facts(item("steps"))
    assert {key for ref, key in found if ref != THE_SYSTEM} == set()
    assert found[THE_SYSTEM, "computed.steps"].value == 1


def test_every_derived_fact_carries_a_receipt() -> None:
    body = item("actions", "effect: money", "reversible: 'no'", "gate: none", "decided_by: model", "step: s")
    body += "steps:\n  - {id: s, decider: model, kind: decide, reads_state: [], writes_state: []}\n"
    for (ref, key), known in facts(body).items():
        assert known.receipts, (ref, key)


@pytest.mark.parametrize(
    ("truths", "both", "either"),
    [
        ([], True, False),
        ([True, True], True, True),
        ([True, None], None, True),
        ([False, None], False, None),
        ([None, None], None, None),
        ([True, False], False, True),
    ],
)
def test_and_and_or_have_three_values(truths: list[Truth], both: Truth, either: Truth) -> None:
    assert all_of(truths) is both
    assert any_of(truths) is either


# Actions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "weighty"),
    [
        ((), None),
        (("effect: write",), None),
        (("reversible: compensable",), None),
        (("effect: read", "reversible: 'no'"), False),
        (("effect: write", "reversible: compensable"), False),
        (("effect: write", "reversible: 'no'"), True),
        (("effect: money",), True),
        (("effect: deploy", "reversible: 'yes'"), True),
    ],
)
def test_weighty(keys: tuple[str, ...], weighty: bool | None) -> None:
    assert value("action", "a", "weighty", item("actions", *keys)) is weighty


@pytest.mark.parametrize(
    ("keys", "ungated"),
    [
        (("effect: money",), None),
        (("effect: money", "gate: none"), None),
        (("effect: money", "gate: none", "limit: {scope: none}"), None),
        (("effect: money", "gate: none", "limit: {scope: none}", "decided_by: model"), True),
        (("effect: money", "gate: none", "limit: {scope: none}", "decided_by: human"), False),
        (("effect: money", "gate: none", "limit: {scope: per_call}"), None),
        (("effect: money", "gate: none", "limit: {scope: per_call, accepted_by: Mia}"), False),
        (("effect: money", "gate: none", "limit: {accepted_by: none}", "decided_by: model"), True),
        (("effect: read", "reversible: 'yes'"), False),
    ],
)
def test_ungated(keys: tuple[str, ...], ungated: bool | None) -> None:
    assert value("action", "a", "ungated", item("actions", *keys)) is ungated


@pytest.mark.parametrize(
    ("enforced", "ungated"),
    [("enforced_in: prompt", True), ("enforced_in: code", False), ("enforced_in: credentials", False)],
)
def test_only_an_enforced_gate_guards(enforced: str, ungated: bool) -> None:
    body = item("actions", "effect: money", "gate: g", "limit: {scope: none}", "decided_by: model")
    assert value("action", "a", "ungated", f"{body}gates:\n  - {{id: g, {enforced}}}\n") is ungated


def test_a_gate_of_unknown_strength_leaves_it_open() -> None:
    body = item("actions", "effect: money", "gate: g", "limit: {scope: none}") + "gates:\n  - id: g\n"
    assert value("action", "a", "ungated", body) is None


def test_a_gate_that_names_its_action_stands_before_it() -> None:
    body = item("actions", "effect: money", "limit: {scope: none}")
    assert value("action", "a", "ungated", body + "gates:\n  - {id: g, before: [a], enforced_in: code}\n") is False


def test_a_list_without_gates_is_a_known_absence() -> None:
    body = item("actions", "effect: money", "limit: {scope: none}", "decided_by: model")
    assert value("action", "a", "ungated", body) is None
    assert value("action", "a", "ungated", body + "gates: []\n") is True


# Steps -----------------------------------------------------------------------------------------------------

TWO = "steps:\n  - {id: s}\n  - {id: t}\n"


@pytest.mark.parametrize(
    ("actions", "reach"),
    [
        ("", None),
        ("actions: []\n", "none"),
        ("actions:\n  - {id: a, step: t}\n", None),
        ("actions:\n  - {id: a, effect: write}\n", None),
        ("actions:\n  - {id: a, step: t, effect: read}\n", "none"),
        ("actions:\n  - {id: a, step: t, effect: write}\n", None),
        ("actions:\n  - {id: a, step: t, effect: write, reversible: compensable}\n", "reversible"),
        ("actions:\n  - {id: a, step: t, effect: write, reversible: 'no'}\n", "irreversible"),
    ],
)
def test_the_worst_action_that_a_step_leads_to(actions: str, reach: str | None) -> None:
    assert value("step", "s", "reach", TWO + actions) == reach


def test_a_step_does_not_reach_back() -> None:
    actions = "actions:\n  - {id: a, step: s, effect: write, reversible: 'no'}\n"
    assert value("step", "t", "reach", TWO + actions) == "none"


@pytest.mark.parametrize(
    ("keys", "needed"),
    [
        ("", None),
        ("required: no", None),
        ("output_read: no", None),
        ("required: no, output_read: no", False),
        ("required: yes", True),
        ("output_read: yes", True),
        ("required: no, writes_state: [x]", None),
    ],
)
def test_needed(keys: str, needed: bool | None) -> None:
    text = f"steps:\n  - {{id: s, {keys}}}\n" if keys else "steps:\n  - {id: s}\n"
    assert value("step", "s", "needed", text) is needed


def test_a_fact_that_another_step_reads_is_needed() -> None:
    body = "steps:\n  - {id: s, required: no, writes_state: [x]}\n  - {id: t, reads_state: [x]}\n"
    assert value("step", "s", "needed", body) is True


def test_a_fact_that_nobody_reads_is_not_needed_once_every_reader_is_known() -> None:
    body = "steps:\n  - {id: s, required: no, writes_state: [x], reads_state: []}\n  - {id: t%s}\n"
    assert value("step", "s", "needed", body % "") is None
    assert value("step", "s", "needed", body % ", reads_state: [y]") is False


STORE = "stores:\n  - {id: db, durable: %s, holds: %s}\n"


@pytest.mark.parametrize(
    ("stores", "level"),
    [
        ("", None),
        ("stores: []\n", "volatile"),
        (STORE % ("yes", "[x]"), "durable"),
        (STORE % ("no", "[x]"), "volatile"),
        (STORE % ("unknown", "[x]"), None),
        (STORE % ("yes", "[y]"), "volatile"),
    ],
)
def test_whether_a_step_finds_its_facts(stores: str, level: str | None) -> None:
    body = "steps:\n  - {id: s, writes_state: [x]}\n  - {id: t, reads_state: [x]}\n"
    assert value("step", "t", "state_ok", body + stores) == level


def test_a_fact_that_nobody_writes_is_missing() -> None:
    body = "steps:\n  - {id: s, writes_state: []}\n  - {id: t, reads_state: [x]}\nstores: []\n"
    assert value("step", "t", "state_ok", body) == "missing"


def test_a_fact_whose_writers_are_not_known_is_not_missing() -> None:
    body = "steps:\n  - {id: s}\n  - {id: t, reads_state: [x]}\nstores: []\n"
    assert value("step", "t", "state_ok", body) is None


@pytest.mark.parametrize(
    ("keys", "cycle"),
    [
        ("kind: agent_loop", None),
        ("kind: agent_loop, loop: {bound: none}", "unbounded"),
        ("kind: agent_loop, loop: {bound: default}", "default"),
        ("kind: agent_loop, loop: {bound: coded}", "bounded"),
        ("kind: agent_loop, loop: {max_iterations: 9}", "bounded"),
        ("kind: decide", "none"),
        ("decider: code", "none"),
        ("decider: model", None),
    ],
)
def test_what_bounds_a_loop(keys: str, cycle: str | None) -> None:
    assert value("step", "s", "cycle", f"steps:\n  - {{id: s, {keys}}}\n") == cycle


def test_a_way_back_in_the_graph_is_a_loop_of_unknown_bound() -> None:
    body = "steps:\n  - {id: s, kind: decide}\n  - {id: t, kind: decide, next: [s, end]}\n"
    assert value("step", "s", "cycle", body) is None
    assert value("step", "t", "cycle", body) == "none"


PATH = "steps:\n  - {id: s, untrusted_input: %s}\nactions:\n  - {id: a, step: s, %s}\ngates: []\n"


@pytest.mark.parametrize(
    ("untrusted", "action", "path"),
    [
        ("unknown", "effect: write", None),
        ("no", "effect: write", "none"),
        ("yes", "effect: read", "none"),
        ("yes", "effect: write", None),
        ("yes", "effect: write, decided_by: model, policy_check: none, inputs: free_text", "open"),
        ("yes", "effect: write, decided_by: model, policy_check: none, inputs: typed", "filtered"),
        ("yes", "effect: write, decided_by: model, policy_check: schema", "filtered"),
        ("yes", "effect: write, decided_by: code, policy_check: policy", "cut"),
        ("yes", "effect: write, decided_by: human", "cut"),
    ],
)
def test_what_stands_between_outsiders_and_an_action(untrusted: str, action: str, path: str | None) -> None:
    assert value("step", "s", "untrusted_path", PATH % (untrusted, action)) == path


# Stores, integrations, knowledge, gates ----------------------------------------------------------------------


def test_two_owners_of_one_fact_conflict() -> None:
    body = "stores:\n  - {id: a, holds: [x], source_of_truth: %s}\n  - {id: b, holds: [x], source_of_truth: %s}\n"
    assert value("store", "a", "duplicates", body % ("no", "no")) == "conflict"
    assert value("store", "a", "duplicates", body % ("precedence", "no")) == "precedence"
    assert value("store", "a", "duplicates", body % ("unknown", "no")) is None
    assert value("store", "a", "duplicates", item("stores", "holds: [x]")) == "none"


@pytest.mark.parametrize(
    ("keys", "repeats"),
    [
        ("retry: no", None),
        ("resumed: no", None),
        ("retry: no, resumed: no", False),
        ("retry: yes", True),
        ("retry: default", True),
        ("retries: {max: 2}", True),
        ("retries: {max: 0}, resumed: no", False),
        ("retries: {max: 0}, resumed: yes", True),
    ],
)
def test_whether_a_call_can_be_sent_twice(keys: str, repeats: bool | None) -> None:
    assert value("integration", "i", "repeats", f"integrations:\n  - {{id: i, {keys}}}\n") is repeats


def test_a_model_can_always_send_twice() -> None:
    body = "integrations:\n  - {id: i, retry: no, resumed: no}\nactions:\n  - {id: a, integration: i, decided_by: model}\n"
    assert value("integration", "i", "repeats", body) is True


@pytest.mark.parametrize(
    ("keys", "direction"),
    [("kind: api", None), ("kind: web", None), ("kind: model, direction: both", None), ("kind: model", "read")],
)
def test_a_model_behind_a_service_is_read_unless_somebody_says_otherwise(keys: str, direction: str | None) -> None:
    assert value("integration", "i", "direction", f"integrations:\n  - {{id: i, {keys}}}\n") == direction


@pytest.mark.parametrize(
    ("keys", "limited"),
    [("timeout_s: 5", "yes"), ("timeout: yes", "yes"), ("timeout: default", "default"), ("timeout: no", "no")],
)
def test_time_limits(keys: str, limited: str) -> None:
    assert value("integration", "a", "time_limited", item("integrations", keys)) == limited


@pytest.mark.parametrize(
    ("keys", "age"),
    [
        (("max_age_days: 0",), "unlimited"),
        (("max_age_days: 30",), None),
        (("last_reviewed: 2026-11-01",), None),
        (("max_age_days: 30", "last_reviewed: 2026-10-21"), "within"),
        (("max_age_days: 30", "last_reviewed: 2026-10-20"), "overdue"),
    ],
)
def test_age_on_the_day_of_the_audit(keys: tuple[str, ...], age: str | None) -> None:
    assert value("knowledge", "a", "age", item("knowledge", *keys)) == age


KNOWS = "knowledge:\n  - id: k\nsteps:\n  - {id: s, knowledge: %s}\n"


@pytest.mark.parametrize(
    ("used", "actions", "feeds"),
    [
        ("unknown", "actions: []\n", None),
        ("[]", "actions: []\n", "nothing"),
        ("[k]", "", None),
        ("[k]", "actions: []\n", "answers"),
        ("[k]", "actions:\n  - {id: a, step: s, effect: write, reversible: 'yes'}\n", "actions"),
        ("[k]", "actions:\n  - {id: a, step: s, effect: write, reversible: 'no'}\n", "irreversible"),
    ],
)
def test_what_a_source_feeds(used: str, actions: str, feeds: str | None) -> None:
    assert value("knowledge", "k", "feeds", KNOWS % used + actions) == feeds


@pytest.mark.parametrize(
    ("keys", "stamp"),
    [
        ((), None),
        (("approve_rate: 200/200",), "yes"),
        (("approve_rate: 199/199",), "unproved"),
        (("approve_rate: 190/200",), "unproved"),
        (("approve_rate: 200/200", "seeded_catch_rate: 20/50"), "yes"),
        (("approve_rate: 200/200", "seeded_catch_rate: 25/50"), "no"),
        (("seeded_catch_rate: 46/50",), "no"),
        (("seeded_catch_rate: 20/50",), "unproved"),
    ],
)
def test_rubber_stamps(keys: tuple[str, ...], stamp: str | None) -> None:
    assert value("gate", "a", "rubber_stamp", item("gates", *keys)) == stamp


# Totals ----------------------------------------------------------------------------------------------------


def test_no_section_no_count() -> None:
    assert total("steps", "") is None
    assert total("agents", "") is None
    assert total("agents", "agents: []\n") == 0
    assert total("steps", "steps: []\n") == 0


def test_model_steps_are_counted_once_every_decider_is_known() -> None:
    assert total("model_steps", "steps:\n  - {id: s, decider: model}\n  - id: t\n") is None
    assert total("model_steps", "steps:\n  - {id: s, decider: model}\n  - {id: t, decider: code}\n") == 1


def test_steps_that_code_could_do_are_at_least_those_known() -> None:
    body = "steps:\n  - {id: s, decider: model, rule_known: %s}\n  - {id: t, decider: model%s}\n"
    assert total("code_steps_possible", body % ("no", "")) is None
    assert total("code_steps_possible", body % ("yes", "")) == 1
    assert total("code_steps_possible", body % ("no", ", rule_known: no")) == 0


@pytest.mark.parametrize(
    ("actions", "writes"),
    [
        ("", None),
        ("actions: []\n", False),
        ("actions:\n  - id: a\n", None),
        ("actions:\n  - {id: a, effect: read}\n", False),
        ("actions:\n  - {id: a, effect: read}\n  - {id: b, effect: message}\n", True),
        ("actions:\n  - {id: a}\n  - {id: b, effect: message}\n", True),
    ],
)
def test_whether_anything_is_changed_outside(actions: str, writes: bool | None) -> None:
    assert total("writes", actions) is writes


@pytest.mark.parametrize(
    ("head", "actions", "weighty"),
    [
        ("", "actions: []\n", None),
        ("  fit: {domain_weight: none}\n", "actions: []\n", False),
        ("  fit: {domain_weight: none}\n", "", None),
        ("  fit: {domain_weight: [legal]}\n", "", True),
        ("", "actions:\n  - {id: a, effect: money}\n", True),
    ],
)
def test_whether_an_outcome_carries_weight(head: str, actions: str, weighty: bool | None) -> None:
    assert total("weighty", actions, head) is weighty


MONEY = "actions:\n  - {id: a, effect: money, gate: none, limit: {scope: none}, decided_by: %s, policy_check: %s%s}\n"


@pytest.mark.parametrize(
    ("head", "action", "control"),
    [
        ("", ("unknown", "unknown", ""), None),
        ("", ("human", "unknown", ""), "before"),
        ("", ("code", "policy", ""), "before"),
        ("", ("code", "unknown", ""), None),
        ("", ("model", "policy", ""), "none"),
        ("  fit: {person_decides: afterwards}\n", ("model", "none", ", reversible: compensable"), "afterwards"),
        ("  fit: {person_decides: afterwards}\n", ("model", "none", ", reversible: 'no'"), "none"),
        ("  fit: {person_decides: never}\n", ("model", "none", ", reversible: compensable"), "none"),
    ],
)
def test_what_stands_before_an_outcome_of_weight(head: str, action: tuple[str, str, str], control: str | None) -> None:
    assert total("weighty_control", MONEY % action, head) == control


@pytest.mark.parametrize(
    ("stores", "volatile"),
    [
        ("", None),
        ("stores: []\n", "all"),
        (STORE % ("unknown", "[x]"), None),
        (STORE % ("no", "[x]"), "all"),
        (STORE % ("yes", "[x, y]"), "none"),
        (STORE % ("yes", "[x]"), "some"),
    ],
)
def test_how_many_facts_live_only_in_the_window(stores: str, volatile: str | None) -> None:
    steps = "steps:\n  - {id: s, writes_state: [x, y]}\n  - {id: t, reads_state: [x, y]}\n"
    assert total("volatile_facts", steps + stores) == volatile


ROW = "steps:\n" + "".join(f"  - {{id: s{i}, kind: decide, decider: model, %s}}\n" for i in range(4))


def test_the_longest_run_without_a_check() -> None:
    none, rule, unknown = "validation: {kind: none}", "validation: {kind: rule}", "name: x"
    assert total("unchecked_run", ROW % (none, none, none, none)) == 4
    assert total("unchecked_run", ROW % (none, rule, none, none)) == 2
    assert total("unchecked_run", ROW % (none, unknown, none, none)) is None


def test_an_open_agent_loop_has_no_end() -> None:
    loop = "steps:\n  - {id: s, kind: agent_loop, decider: model, validation: {kind: none}%s}\n"
    assert total("unchecked_run", loop % "") == 999
    assert total("unchecked_run", loop % ", loop: {max_iterations: 7}") == 7


@pytest.mark.parametrize(
    ("keys", "safe"),
    [
        ("effect: read", True),
        ("effect: write", None),
        ("effect: write, idempotent_key: none", False),
        ("effect: write, idempotent_key: stable_key", True),
        ("effect: write, idempotent_key: own_dedup", False),
    ],
)
def test_whether_every_write_can_be_repeated(keys: str, safe: bool | None) -> None:
    assert total("replay_safe", f"actions:\n  - {{id: a, {keys}}}\n") is safe
