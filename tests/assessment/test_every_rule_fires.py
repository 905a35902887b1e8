"""Every rule of the two verdict tables: a stack on which it fires, and the near misses on which it must not.

The ground is the refund helper with 18 silent failures of 600, which is KEEP: every change below is made to it.
"""

from __future__ import annotations

from typing import Any

import pytest

from auditkit.model.report import Report

from .stacks import LEFT_OUT, Changes, of_sound, of_text, rule_of, verdict_on

READ, EXTRACT, PAY = "steps.read_request", "steps.extract_reason", "steps.pay_refund"
REFUND, SHOP, PAYMENTS = "actions.refund", "integrations.shop", "integrations.payments"
POLICY, APPROVAL, TRACES = "knowledge.policy_table", "gates.approval", "monitoring.traces"

GUESSED = {"rate": "0.99", "known_by": "dashboard"}
LOW_TARGET = {"stack.targets.success": "0.5"}
NEVER_UNDONE = {f"{REFUND}.reversible": "no"}
NO_GATE = {f"{REFUND}.gate": "none", f"{APPROVAL}.before": []}
NO_LIMIT = {f"{REFUND}.limit": {"scope": "none", "accepted_by": "none"}}
BY_MODEL = {f"{REFUND}.decided_by": "model", f"{REFUND}.policy_check": "none"}
BEYOND_CONTROL = {**NEVER_UNDONE, **NO_GATE, **NO_LIMIT, **BY_MODEL, f"{REFUND}.gate_possible": "no"}
WEAK = {
    f"{EXTRACT}.success": {"successes": "120", "runs": "200", "source": "review", "date": "2026-11-10"},
    f"{EXTRACT}.absorbed": "no",
    f"{EXTRACT}.after_fix": "0.7",
}
ALL_APPROVED = {f"{APPROVAL}.approve_rate": {"successes": "259", "runs": "260", "source": "log", "date": "2026-11-14"}}
NEEDLESS = {**ALL_APPROVED, f"{REFUND}.reversible": "yes"}
UNSAFE = {f"{PAYMENTS}.idempotency": "none", f"{PAYMENTS}.key_possible": "no"}
NEVER_SENT_TWICE = {
    f"{PAYMENTS}.retry": "no",
    f"{PAYMENTS}.retries": {"max": "0"},
    f"{PAYMENTS}.resumed": "no",
}
ABANDONED = {f"{POLICY}.owner": "none", f"{POLICY}.last_reviewed": "2025-09-01"}
UNRETRIEVED = {
    f"{POLICY}.retrieved_90d": "no",
    f"{POLICY}.seen": {"retrieved_90d": "src/refunds/policy.py:22"},
}
IDLE = {f"{TRACES}.owner": "none", f"{TRACES}.alerted_90d": "no", f"{TRACES}.used_for_decision": "no"}
UNREAD = {f"{READ}.required": "no", f"{READ}.output_read": "no"}
UNSEEN = {
    f"{SHOP}.seen": LEFT_OUT,
    f"{POLICY}.seen": LEFT_OUT,
    f"{TRACES}.seen": LEFT_OUT,
}
UNSEEN_GATE = {
    f"{APPROVAL}.seen": LEFT_OUT,
    f"{APPROVAL}.approve_rate": {"rate": "0.9"},
    f"{APPROVAL}.seeded_catch_rate": {"rate": "0.9"},
}

FIRES: list[tuple[str, str, str, Changes]] = [
    ("S1", "read_request", "kill", UNREAD),
    ("S2", "extract_reason", "kill", {f"{EXTRACT}.rule_known": "yes"}),
    ("S3", "refund", "kill", BEYOND_CONTROL),
    ("S3", "pay_refund", "kill", BEYOND_CONTROL),
    ("S4", "extract_reason", "kill", WEAK),
    ("S5", "extract_reason", "harden", {f"{EXTRACT}.failure_branches": []}),
    ("S5", "extract_reason", "harden", {"stack.targets.success": "0.95"}),
    ("S6", "extract_reason", "keep", {**LOW_TARGET, f"{EXTRACT}.success": GUESSED}),
    ("S7", "extract_reason", "keep", {}),
    ("I1", "shop", "kill", {f"{SHOP}.used": "no", f"{SHOP}.seen": {"used": "src/refunds/shop.py:1"}}),
    ("I1", "shop", "kill", {f"{SHOP}.duplicate_of": "payments", f"{SHOP}.seen": {"duplicate_of": "src/shop.py:12"}}),
    ("I2", "payments", "kill", UNSAFE),
    ("I3", "shop", "harden", {f"{SHOP}.timeout_s": LEFT_OUT, f"{SHOP}.timeout": "no"}),
    ("I3", "shop", "harden", {f"{SHOP}.scope": "admin"}),
    ("I4", "shop", "keep", {}),
    ("I4", "shop", "keep", UNSEEN),
    ("K1", "policy_table", "kill", ABANDONED),
    ("K1", "policy_table", "kill", {f"{POLICY}.write_access": "anyone"}),
    ("K2", "policy_table", "kill", UNRETRIEVED),
    ("K3", "policy_table", "harden", {f"{POLICY}.version": "live"}),
    ("K3", "policy_table", "harden", {f"{POLICY}.on_conflict": "use"}),
    ("K4", "policy_table", "keep", {}),
    ("G1", "approval", "kill", NEEDLESS),
    ("G2", "approval", "harden", {**ALL_APPROVED, f"{APPROVAL}.seeded_catch_rate": LEFT_OUT}),
    ("G3", "approval", "harden", {f"{APPROVAL}.bypassable": "yes"}),
    ("G3", "approval", "harden", {f"{APPROVAL}.enforced_in": "prompt"}),
    ("G3", "approval", "harden", {f"{APPROVAL}.timeout_behaviour": "allow"}),
    ("G3", "approval", "harden", {f"{APPROVAL}.binds_args": "no"}),
    ("G4", "approval", "keep", {}),
    ("M1", "traces", "kill", IDLE),
    ("M2", "traces", "harden", {f"{TRACES}.outcome_metric": "none"}),
    ("M2", "traces", "harden", {f"{TRACES}.weekly_runs": "20"}),
    ("M3", "traces", "keep", {}),
]

NEAR_MISSES: list[tuple[str, str, Changes]] = [
    ("S1", "read_request", {}),
    ("S1", "read_request", {f"{READ}.required": "no"}),
    ("S1", "read_request", {**UNREAD, f"{READ}.required": LEFT_OUT}),
    ("S2", "extract_reason", {f"{EXTRACT}.rule_known": LEFT_OUT}),
    ("S2", "extract_reason", {f"{EXTRACT}.rule_known": "yes", f"{EXTRACT}.decider": "code"}),
    ("S3", "refund", {**BEYOND_CONTROL, f"{REFUND}.gate_possible": "yes"}),
    ("S3", "refund", {**BEYOND_CONTROL, f"{REFUND}.gate_possible": LEFT_OUT}),
    ("S3", "refund", {**BEYOND_CONTROL, f"{REFUND}.limit": {"scope": "per_period"}}),
    ("S3", "refund", {**BEYOND_CONTROL, f"{REFUND}.limit": LEFT_OUT}),
    ("S3", "refund", {**BEYOND_CONTROL, f"{REFUND}.reversible": "compensable"}),
    ("S3", "pay_refund", {**BEYOND_CONTROL, f"{REFUND}.decided_by": "code"}),
    ("S4", "extract_reason", {**WEAK, f"{EXTRACT}.absorbed": "yes"}),
    ("S4", "extract_reason", {**WEAK, f"{EXTRACT}.absorbed": LEFT_OUT}),
    ("S4", "extract_reason", {**WEAK, "stack.targets": LEFT_OUT}),
    ("S5", "extract_reason", {}),
    ("S5", "extract_reason", {"evals.refund_cases.in_ci": "no"}),
    ("S6", "extract_reason", {}),
    ("S7", "extract_reason", {**LOW_TARGET, f"{EXTRACT}.success": GUESSED}),
    ("I1", "shop", {f"{SHOP}.used": LEFT_OUT}),
    ("I1", "shop", {f"{SHOP}.duplicate_of": LEFT_OUT}),
    ("I2", "payments", {**UNSAFE, f"{PAYMENTS}.key_possible": "yes"}),
    ("I2", "payments", {**UNSAFE, f"{PAYMENTS}.key_possible": LEFT_OUT}),
    ("I2", "payments", {**UNSAFE, **NEVER_SENT_TWICE}),
    ("I2", "payments", {**UNSAFE, f"{PAYMENTS}.direction": "read"}),
    ("I3", "shop", {}),
    ("I4", "shop", {f"{SHOP}.on_error": "swallow"}),
    ("K1", "policy_table", {**ABANDONED, f"{POLICY}.last_reviewed": "2026-11-01"}),
    ("K1", "policy_table", {**ABANDONED, f"{POLICY}.owner": LEFT_OUT}),
    ("K1", "policy_table", {**ABANDONED, "steps.apply_policy.knowledge": []}),
    ("K1", "policy_table", {f"{POLICY}.write_access": LEFT_OUT}),
    ("K2", "policy_table", {f"{POLICY}.retrieved_90d": LEFT_OUT}),
    ("K3", "policy_table", {}),
    ("K4", "policy_table", {f"{POLICY}.owner": "none"}),
    ("G1", "approval", ALL_APPROVED),
    ("G1", "approval", {**NEEDLESS, f"{REFUND}.limit": {"scope": "none"}}),
    ("G1", "approval", {**NEEDLESS, f"{APPROVAL}.approve_rate": {"successes": "199", "runs": "199"}}),
    ("G1", "approval", {**NEEDLESS, f"{APPROVAL}.seeded_catch_rate": {"successes": "44", "runs": "50"}}),
    ("G1", "approval", {**NEEDLESS, f"{APPROVAL}.seeded_catch_rate": LEFT_OUT}),
    ("G2", "approval", {f"{APPROVAL}.seeded_catch_rate": LEFT_OUT}),
    ("G2", "approval", ALL_APPROVED),
    ("G3", "approval", {}),
    ("G4", "approval", {f"{APPROVAL}.bypassable": LEFT_OUT}),
    ("M1", "traces", {**IDLE, f"{TRACES}.owner": LEFT_OUT}),
    ("M1", "traces", {**IDLE, f"{TRACES}.alerted_90d": LEFT_OUT}),
    ("M1", "traces", {**IDLE, f"{TRACES}.used_for_decision": "yes"}),
    ("M2", "traces", {}),
    ("M2", "traces", {f"{TRACES}.weekly_runs": LEFT_OUT}),
    ("M3", "traces", {f"{TRACES}.outcome_metric": "proxy"}),
]


def kind_of(rule: str, id: str) -> str:
    """The kind that a rule is about, where an id alone is not enough."""
    kinds = {"S": "step", "I": "integration", "K": "knowledge", "G": "gate", "M": "monitor"}
    return "action" if id == "refund" else kinds[rule[0]]


@pytest.mark.parametrize(("rule", "id", "decision", "changes"), FIRES)
def test_a_component_rule_fires(rule: str, id: str, decision: str, changes: Changes) -> None:
    found = verdict_on(of_sound(changes), id, kind_of(rule, id))
    assert (found.rule, found.decision) == (rule, decision)


@pytest.mark.parametrize(("rule", "id", "changes"), NEAR_MISSES)
def test_a_component_rule_does_not_fire_on_a_near_miss(rule: str, id: str, changes: Changes) -> None:
    assert rule_of(of_sound(changes), id, kind_of(rule, id)) != rule


def test_every_component_rule_is_tried_both_ways() -> None:
    every = {f"S{n}" for n in range(1, 8)} | {f"{x}{n}" for x in "IKG" for n in range(1, 5)} | {"M1", "M2", "M3"}
    assert {rule for rule, *_ in FIRES} == every
    assert {rule for rule, *_ in NEAR_MISSES} == every


def test_an_action_has_a_verdict_only_where_it_must_be_taken_away() -> None:
    assert rule_of(of_sound({}), "refund", "action") is None
    assert rule_of(of_sound(BEYOND_CONTROL), "refund", "action") == "S3"


# Kills name their act, and wait for evidence ------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "act"),
    [
        ("S1", "remove"),
        ("S2", "replace by code"),
        ("S3", "take the action away"),
        ("S4", "give to a person"),
        ("I1", "remove"),
        ("I2", "take the action away"),
        ("K1", "remove"),
        ("K2", "remove"),
        ("G1", "replace by code"),
        ("M1", "remove"),
    ],
)
def test_a_kill_names_its_act(rule: str, act: str) -> None:
    id, changes = next((i, c) for r, i, _, c in FIRES if r == rule)
    assert verdict_on(of_sound(changes), id, kind_of(rule, id)).act == act


def test_a_removal_says_what_it_gains() -> None:
    assert (verdict_on(of_sound(UNREAD), "read_request").gain_success or 0) > 0


def test_a_kill_on_one_word_waits_for_evidence_and_counts_as_harden() -> None:
    word = {f"{SHOP}.used": "no", f"{SHOP}.duplicate_of": LEFT_OUT, f"{SHOP}.seen": LEFT_OUT}
    found = verdict_on(of_sound(word), "shop")
    assert (found.rule, found.decision, found.pending, found.act) == ("I1", "harden", True, "remove")


def test_one_place_in_the_code_is_enough_for_a_kill() -> None:
    seen = {
        f"{SHOP}.used": "no",
        f"{SHOP}.duplicate_of": LEFT_OUT,
        f"{SHOP}.seen": {"used": "src/refunds/shop.py:1"},
    }
    found = verdict_on(of_sound(seen), "shop")
    assert (found.rule, found.decision, found.pending) == ("I1", "kill", False)


def test_two_declared_facts_are_enough_for_a_kill() -> None:
    found = verdict_on(of_sound({**IDLE, f"{TRACES}.seen": LEFT_OUT}), "traces")
    assert (found.rule, found.decision, found.pending) == ("M1", "kill", False)


# The whole workflow -------------------------------------------------------------------------------------

RULES_COVER_IT = {"stack.fit.input_variability": "structured", "stack.fit.rules_expressible": "all"}
ALONE = {
    **BEYOND_CONTROL,
    "stack.fit.person_possible": "no",
    "stack.fit.person_decides": "never",
}
NEVER_GOOD_ENOUGH = {**WEAK, "stack.outcomes.success": LEFT_OUT}
NOT_WORTH_IT = {
    "stack.costs": {"value": "1", "caught": "4", "silent": "60", "run": "0.5", "baseline_run": "0"},
    "stack.fit.baseline": {"successes": "200", "runs": "200", "source": "by hand", "date": "2026-09-15"},
}
OPEN_IN_PRODUCTION = {**NEVER_UNDONE, f"{APPROVAL}.bypassable": "yes"}

OVERALL: list[tuple[str, str, Any, Changes]] = [
    ("O1", "kill", "replace by code", RULES_COVER_IT),
    ("O2", "kill", "do not use an agent", ALONE),
    ("O3", "kill", "do not use an agent", NEVER_GOOD_ENOUGH),
    ("O4", "kill", "do not use an agent", NOT_WORTH_IT),
    ("O5", "harden", "stop the action now", OPEN_IN_PRODUCTION),
    ("O6", "harden", None, {"stack.outcomes.silent.successes": "9", "stack.outcomes.silent.runs": "300"}),
    ("O6", "harden", None, {f"{APPROVAL}.bypassable": "yes"}),
    ("O6", "harden", None, {f"{APPROVAL}.bypassable": LEFT_OUT}),
    ("O6", "harden", None, {f"{SHOP}.timeout_s": LEFT_OUT}),
    ("O6", "harden", None, {"stack.outcomes.success.successes": "1780"}),
    ("O7", "keep", "prove it", {"evals.refund_cases.in_ci": "no", "evals.refund_cases.run_on": ["code"]}),
    ("O7", "keep", "prove it", {"stack.seen": LEFT_OUT}),
    ("O8", "keep", None, {}),
]

NOT_OVERALL: list[tuple[str, Changes]] = [
    ("O1", {**RULES_COVER_IT, "stack.fit.rules_expressible": "some"}),
    ("O1", {**RULES_COVER_IT, "stack.fit.input_variability": LEFT_OUT}),
    ("O2", {**ALONE, "stack.fit.person_possible": "yes"}),
    ("O2", {**ALONE, "stack.fit.person_possible": LEFT_OUT}),
    ("O2", {**ALONE, f"{REFUND}.gate_possible": "yes"}),
    ("O2", {**ALONE, f"{REFUND}.limit": {"scope": "per_period", "accepted_by": "none"}}),
    ("O3", {**NEVER_GOOD_ENOUGH, f"{EXTRACT}.after_fix": "0.99"}),
    ("O3", {"stack.targets.success": "0.97"}),
    ("O3", {**NEVER_GOOD_ENOUGH, "stack.targets": LEFT_OUT}),
    ("O4", {**NOT_WORTH_IT, "stack.costs.value": LEFT_OUT}),
    ("O4", {**NOT_WORTH_IT, "stack.fit.baseline": LEFT_OUT}),
    ("O4", {**NOT_WORTH_IT, "stack.fit.baseline": {"successes": "176", "runs": "200"}}),
    ("O5", {**OPEN_IN_PRODUCTION, "stack.stage": "pilot"}),
    ("O5", {**OPEN_IN_PRODUCTION, f"{REFUND}.reversible": "compensable"}),
    ("O5", NEVER_UNDONE),
    ("O6", {}),
    ("O6", {f"{SHOP}.rate_limit": LEFT_OUT}),
    ("O7", {}),
    ("O8", {"evals.refund_cases.size": "40"}),
]


@pytest.mark.parametrize(("rule", "decision", "act", "changes"), OVERALL)
def test_a_rule_on_the_whole_fires(rule: str, decision: str, act: str | None, changes: Changes) -> None:
    found = of_sound(changes).verdict
    assert (found.rule, found.decision, found.act) == (rule, decision, act)


@pytest.mark.parametrize(("rule", "changes"), NOT_OVERALL)
def test_a_rule_on_the_whole_does_not_fire_on_a_near_miss(rule: str, changes: Changes) -> None:
    assert of_sound(changes).verdict.rule != rule


def test_every_rule_on_the_whole_is_tried_both_ways() -> None:
    every = {f"O{n}" for n in range(1, 9)}
    assert {rule for rule, *_ in OVERALL} == every
    assert {rule for rule, _ in NOT_OVERALL} == every


def test_a_kill_says_what_to_build_instead_and_what_to_switch_off() -> None:
    found = of_sound(RULES_COVER_IT).verdict
    assert found.instead
    assert any("claude-sonnet-4-20250514" in line for line in found.switch_off)
    assert any("Payments" in line for line in found.switch_off)


def test_keep_and_harden_switch_nothing_off() -> None:
    assert of_sound({}).verdict.switch_off == ()
    assert of_sound(OPEN_IN_PRODUCTION).verdict.switch_off == ()


def open_proof(report: Report) -> set[str]:
    """The checks listed as proofs to bring."""
    return {p.check for p in report.proofs}


def test_keep_prove_it_lists_its_proofs_as_work() -> None:
    report = of_sound({"evals.refund_cases.in_ci": "no", "evals.refund_cases.run_on": ["code"]})
    assert open_proof(report) == {"EVL-02"} == set(report.verdict.because)


def test_a_proof_never_hardens_a_component() -> None:
    report = of_sound({"evals": []})
    assert {c.decision for c in report.components} == {"keep"}


# Not yet so: each of these is a fault of a rule, and turns green with its repair --------------------------


def test_a_step_that_no_fix_can_help_is_out_of_reach() -> None:
    weak = {k: v for k, v in WEAK.items() if not k.endswith("after_fix")}
    assert rule_of(of_sound(weak), "extract_reason") == "S4"


def test_a_fact_that_supports_nothing_is_no_second_word() -> None:
    word = {f"{SHOP}.used": "no", f"{SHOP}.seen": LEFT_OUT}
    assert verdict_on(of_sound(word), "shop").pending


def test_a_step_that_reads_a_source_is_no_word_that_nothing_does() -> None:
    word = {f"{POLICY}.retrieved_90d": "no", f"{POLICY}.seen": LEFT_OUT}
    assert verdict_on(of_sound(word), "policy_table").pending


def test_two_facts_on_one_line_are_two_facts() -> None:
    apart = "    owner: none\n    alerted_90d: no\n    used_for_decision: no\n"
    block = f"stack:\n  name: x\nmonitoring:\n  - id: m\n{apart}"
    flow = "stack:\n  name: x\nmonitoring:\n  - {id: m, owner: none, alerted_90d: no, used_for_decision: no}\n"
    assert verdict_on(of_text(flow), "m").decision == verdict_on(of_text(block), "m").decision


def test_an_action_is_not_taken_away_while_its_limit_is_unknown() -> None:
    unknown = {**BEYOND_CONTROL, f"{REFUND}.limit": {"accepted_by": "none"}}
    assert rule_of(of_sound(unknown), "refund", "action") != "S3"


@pytest.mark.parametrize("unknown", [{f"{REFUND}.gate_possible": LEFT_OUT}, {f"{REFUND}.limit": {"accepted_by": "none"}}])
def test_no_agent_is_forbidden_while_a_way_to_control_it_is_unknown(unknown: Changes) -> None:
    assert of_sound({**ALONE, **unknown}).verdict.rule != "O2"


def test_a_monitor_of_which_nothing_is_known_is_not_called_blind() -> None:
    found = verdict_on(of_sound({f"{TRACES}.outcome_metric": LEFT_OUT}), "traces")
    assert (found.rule, found.decision) == ("M2", "harden")
    assert "cannot see" not in found.reason
