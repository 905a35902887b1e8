"""The six worked cases of the method, as shipped samples, and two public ones: verdict, act, rule, components."""

from __future__ import annotations

import pytest

from auditkit.model.report import Report

from .stacks import NAMES, SOUND, of_changed, of_sample, outcomes, rule_of, verdict_on

WORKED = [
    ("voice_agent", "O6", "harden", None),
    ("invoice_router", "O1", "kill", "replace by code"),
    ("refund_helper", "O6", "harden", None),
    ("ops_agent", "O5", "harden", "stop the action now"),
    ("benefits_eligibility", "O2", "kill", "do not use an agent"),
    ("research_summariser", "O7", "keep", "prove it"),
    ("executive_assistant", "O6", "harden", None),
    ("tau_airline", "O6", "harden", None),
]

COMPONENTS = [
    ("voice_agent", "greet", "S2", "kill"),
    ("voice_agent", "write_crm", "S2", "kill"),
    ("voice_agent", "close", "S2", "kill"),
    ("voice_agent", "identify_intent", "S5", "harden"),
    ("voice_agent", "qualify", "S5", "harden"),
    ("voice_agent", "handle_tangent", "S5", "harden"),
    ("voice_agent", "hold_facts", "S5", "harden"),
    ("voice_agent", "route", "S5", "harden"),
    ("voice_agent", "calendar", "I3", "harden"),
    ("voice_agent", "crm", "I4", "keep"),
    ("voice_agent", "price_list", "K3", "harden"),
    ("voice_agent", "practice_facts", "K4", "keep"),
    ("voice_agent", "dashboard", "M2", "harden"),
    ("invoice_router", "route_invoice", "S2", "kill"),
    ("invoice_router", "read_invoice", "S7", "keep"),
    ("invoice_router", "post_to_ledger", "S7", "keep"),
    ("invoice_router", "ledger", "I4", "keep"),
    ("invoice_router", "ledger_report", "M3", "keep"),
    ("refund_helper", "extract_reason", "S7", "keep"),
    ("refund_helper", "pay_refund", "S7", "keep"),
    ("refund_helper", "approval", "G4", "keep"),
    ("ops_agent", "runbook_wiki", "K1", "kill"),
    ("ops_agent", "apply_change", "S5", "harden"),
    ("ops_agent", "ask_first", "G3", "harden"),
    ("benefits_eligibility", "issue_decision", "S3", "kill"),
    ("benefits_eligibility", "grant_or_refuse", "S3", "kill"),
    ("benefits_eligibility", "weigh_case", "S5", "harden"),
    ("research_summariser", "search", "S6", "keep"),
    ("research_summariser", "summarise", "S6", "keep"),
    ("research_summariser", "check_citations", "S6", "keep"),
    ("executive_assistant", "google_calendar", "I3", "harden"),
]


def critical_fails(report: Report) -> set[str]:
    """The critical checks that fail."""
    return {r.check for r in report.results if r.severity == "critical" and r.outcome == "fail"}


@pytest.mark.parametrize(("name", "rule", "decision", "act"), WORKED)
def test_the_verdict_on_the_whole(name: str, rule: str, decision: str, act: str | None) -> None:
    found = of_sample(name).verdict
    assert (found.rule, found.decision, found.act, found.pending) == (rule, decision, act, False)


@pytest.mark.parametrize(("name", "id", "rule", "decision"), COMPONENTS)
def test_the_verdict_on_a_component(name: str, id: str, rule: str, decision: str) -> None:
    found = verdict_on(of_sample(name), id)
    assert (found.rule, found.decision, found.pending) == (rule, decision, False)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wrong_with_the_audit_of_a_sample(name: str) -> None:
    assert [p for p in of_sample(name).problems if p.level == "error"] == []


# A: the voice agent ----------------------------------------------------------------------------------------


def test_eight_steps_at_85_percent_leave_27_percent_of_calls_right() -> None:
    now = of_sample("voice_agent").reliability.as_is
    assert now.success.point == pytest.approx(0.85**8)
    assert (round(now.success.point, 4), round(now.silent.point, 4)) == (0.2725, 0.7275)
    assert now.caught.point == 0


def test_four_critical_checks_of_the_voice_agent_fail() -> None:
    assert critical_fails(of_sample("voice_agent")) == {"ACT-04", "BRN-01", "STA-01", "WFL-03"}


def test_the_listed_fixes_bring_the_voice_agent_over_both_targets() -> None:
    numbers = of_sample("voice_agent").reliability
    assert numbers.hardened.success.point >= numbers.target_success
    assert numbers.hardened.silent.point <= numbers.max_silent


def test_the_voice_agent_kills_three_steps_and_no_more() -> None:
    killed = {c.id for c in of_sample("voice_agent").components if c.decision == "kill"}
    assert killed == {"greet", "write_crm", "close"}


# B: the invoice router -------------------------------------------------------------------------------------


def test_the_rule_that_beats_the_model_is_what_to_build_instead() -> None:
    report = of_sample("invoice_router")
    assert critical_fails(report) == {"FIT-01"}
    assert any("41 rows" in line for line in report.verdict.instead)
    assert any("gpt-4o-mini" in line for line in report.verdict.switch_off)


def test_nothing_else_of_the_invoice_router_hardens() -> None:
    assert {c.decision for c in of_sample("invoice_router").components} == {"keep", "kill"}


# C: the refund helper --------------------------------------------------------------------------------------


def test_nine_silent_failures_of_300_leave_one_thing_to_harden() -> None:
    report = of_sample("refund_helper")
    silent = report.reliability.end_to_end_silent
    assert silent is not None
    assert (round(silent.point, 3), round(silent.high, 3)) == (0.03, 0.052)
    assert silent.high > report.reliability.max_silent
    assert report.verdict.because == ("WFL-03",)
    assert [i.check for i in report.issues] == ["WFL-03"]


def test_success_is_no_issue_of_the_refund_helper() -> None:
    counted = of_sample("refund_helper").reliability.end_to_end
    assert counted is not None
    assert round(counted.low, 3) == 0.963
    assert outcomes(of_sample("refund_helper"))["WFL-02"] == "pass"


def test_the_same_share_of_twice_as_many_reviewed_runs_is_keep() -> None:
    report = of_changed("refund_helper", SOUND)
    silent = report.reliability.end_to_end_silent
    assert silent is not None
    assert (round(silent.point, 3), round(silent.high, 3)) == (0.03, 0.044)
    assert (report.verdict.rule, report.verdict.decision, report.verdict.act) == ("O8", "keep", None)
    assert report.assurance.letter in ("A1", "A2")
    assert report.issues == ()


def test_every_part_of_the_refund_helper_is_kept() -> None:
    assert {c.decision for c in of_sample("refund_helper").components} == {"keep"}


# D: the ops agent ------------------------------------------------------------------------------------------


def test_nothing_stands_before_the_change_of_production() -> None:
    assert {"FIT-02", "ACT-02", "ACT-03"} <= critical_fails(of_sample("ops_agent"))


def test_a_stale_page_before_an_ungated_action_is_critical() -> None:
    found = next(f for f in of_sample("ops_agent").findings if f.check == "KNW-02")
    assert (found.base_severity, found.severity, found.outcome) == ("high", "critical", "fail")
    assert found.severity_reason is not None
    assert "up" in found.severity_reason


def test_an_action_that_can_be_gated_is_not_taken_away() -> None:
    assert rule_of(of_sample("ops_agent"), "set_config", "action") is None


def test_without_a_person_on_call_the_action_is_taken_away() -> None:
    report = of_changed("ops_agent", {"actions.set_config.gate_possible": "no"})
    assert rule_of(report, "set_config", "action") == "S3"
    assert rule_of(report, "apply_change", "step") == "S3"


def test_before_production_there_is_nothing_to_stop_now() -> None:
    found = of_changed("ops_agent", {"stack.stage": "pilot"}).verdict
    assert (found.rule, found.decision) == ("O6", "harden")


# E: benefits eligibility -----------------------------------------------------------------------------------


def test_a_person_in_the_path_takes_the_kill_off_the_eligibility_decision() -> None:
    changes = {
        "stack.fit.person_possible": "yes",
        "stack.fit.person_decides": "before",
        "actions.grant_or_refuse.decided_by": "human",
    }
    report = of_changed("benefits_eligibility", changes)
    assert outcomes(report)["FIT-02"] == "pass"
    assert report.verdict.decision == "harden"


def test_the_agent_may_still_gather_and_pre_fill() -> None:
    report = of_sample("benefits_eligibility")
    assert report.verdict.because == ("FIT-02",)
    assert any("pre-fill" in line for line in report.verdict.instead)
    assert verdict_on(report, "read_application").decision == "harden"


# F: the research summariser --------------------------------------------------------------------------------


def test_what_only_reads_and_was_never_measured_is_kept_on_proof() -> None:
    report = of_sample("research_summariser")
    assert report.assurance.letter == "A4"
    assert report.assurance.measured == 0
    assert {"EVL-01", "WFL-05"} <= {p.check for p in report.proofs}
    assert {c.act for c in report.components} == {"prove it"}


def test_before_real_users_a_missing_eval_set_weighs_high() -> None:
    found = next(f for f in of_sample("research_summariser").findings if f.check == "EVL-01")
    assert (found.base_severity, found.severity, found.outcome) == ("critical", "high", "fail")


def test_without_own_targets_the_limits_are_the_conventions_for_low_impact() -> None:
    numbers = of_sample("research_summariser").reliability
    assert (numbers.targets_basis, numbers.target_success, numbers.max_silent) == ("convention", 0.80, 0.10)


def test_no_critical_or_high_check_of_the_summariser_is_unknown() -> None:
    assert not of_sample("research_summariser").coverage.provisional


def test_with_more_at_stake_a_missing_proof_hardens() -> None:
    found = of_changed("research_summariser", {"stack.impact": "moderate", "stack.stage": "pilot"}).verdict
    assert (found.rule, found.decision) == ("O6", "harden")


# Public samples --------------------------------------------------------------------------------------------


def test_the_counts_of_tau_bench_speak_for_its_airline_agent() -> None:
    report = of_sample("tau_airline")
    counted = report.reliability.end_to_end
    assert counted is not None
    assert (counted.successes, counted.runs, counted.point) == (84, 200, 0.42)
    assert report.reliability.as_is.success.point == pytest.approx(0.42)
    assert report.conflicts == ()
    assert verdict_on(report, "customer_says_yes").rule == "G3"
    assert {"FIT-02", "ACT-02", "ACT-03", "ACT-04"} <= {r.check for r in report.results if r.outcome == "fail"}


def test_nothing_is_killed_by_targets_that_nobody_set() -> None:
    report = of_sample("tau_airline")
    assert report.reliability.targets_basis == "convention"
    assert report.reliability.hardened.success.high < report.reliability.target_success
    assert not [c for c in report.components if c.decision == "kill"]
    targets = {"stack.targets": {"success": "0.9", "max_silent": "0.05"}}
    assert of_changed("tau_airline", targets).verdict.rule == "O6", "first the agent must no longer act alone"
    acting = [ref.id for ref in report.stack.by_kind["action"]]
    reduced = {f"actions.{action}.autonomy": "approve" for action in acting}
    own = of_changed("tau_airline", {**targets, **reduced})
    assert (own.verdict.rule, own.verdict.decision) == ("O3", "kill")


def test_what_the_assistants_code_does_not_say_stays_unknown() -> None:
    report = of_sample("executive_assistant")
    assert not report.reliability.stated
    for check in ("FIT-03", "STA-01", "EVL-01", "INT-03", "WFL-02"):
        assert outcomes(report)[check] == "unknown"


def test_what_the_assistants_code_says_is_found() -> None:
    fails = {(f.check, f.component) for f in of_sample("executive_assistant").findings if f.outcome == "fail"}
    assert {("INT-07", "google_calendar"), ("INT-01", "openai"), ("STA-06", "preference_store")} <= fails


def test_a_person_stands_before_both_sends_of_the_assistant() -> None:
    passed = {(f.check, f.component) for f in of_sample("executive_assistant").findings if f.outcome == "pass"}
    assert {("ACT-04", "send_email"), ("ACT-02", "send_email"), ("ACT-04", "send_calendar_invite")} <= passed


def test_places_in_the_code_are_receipts_of_the_assistant() -> None:
    found = next(f for f in of_sample("executive_assistant").findings if (f.check, f.component) == ("INT-07", "google_calendar"))
    assert ("eaia/gmail.py", 447) in {(getattr(r, "path", ""), getattr(r, "line", 0)) for r in found.receipts}
    assert found.confidence == "high"
