"""Accepted risks on the day of the audit, and what is wrong with an audit itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from auditkit.model.report import Problem, Report, WaiverStatus

from .stacks import ON, changed, of_changed, of_sample, outcomes, report

WAIVER = {
    "check": "MON-03",
    "component": "system",
    "reason": "the pilot ends in December",
    "control": "ten calls a day are listened to",
    "owner": "Dana Ruiz",
    "requester": "Dana Ruiz",
    "approver": "Mia Tran",
    "since": "2026-11-01",
    "expires": "2027-01-31",
}


def with_waiver(name: str = "voice_agent", on: date = ON, **parts: Any) -> Report:
    """A sample with one accepted risk; a part set to None is left out."""
    waiver = {k: v for k, v in {**WAIVER, **parts}.items() if v is not None}
    return report(changed(name, {"waivers": [waiver]}), on)


def status(**parts: Any) -> WaiverStatus:
    """Where the risk stands."""
    (found,) = with_waiver(**parts).waivers
    return found


def problems(report: Report, group: str) -> list[Problem]:
    """The problems of one group."""
    return [p for p in report.problems if p.group == group]


# No waiver, no change ----------------------------------------------------------------------------------------


def test_without_waivers_nothing_is_waived() -> None:
    assert of_sample("voice_agent").waivers == ()
    assert "waived" not in outcomes(of_sample("voice_agent")).values()


# Status ------------------------------------------------------------------------------------------------------


def test_a_risk_that_somebody_else_accepted_is_active() -> None:
    found = status()
    assert (found.status, found.days_left) == ("active", 72)


def test_a_waived_finding_stays_in_sight() -> None:
    found = with_waiver()
    assert outcomes(found)["MON-03"] == "waived"
    issue = next(i for i in found.issues if i.check == "MON-03")
    assert issue.status == "waived"


def test_a_waived_finding_scores_as_a_fail() -> None:
    assert with_waiver().score == of_sample("voice_agent").score


@pytest.mark.parametrize(
    ("expires", "expected", "left"),
    [
        ("2026-12-05", "active", 15),
        ("2026-12-04", "expiring", 14),
        ("2026-11-20", "expiring", 0),
        ("2026-11-19", "expired", -1),
    ],
)
def test_the_day_decides(expires: str, expected: str, left: int) -> None:
    found = status(expires=expires)
    assert (found.status, found.days_left) == (expected, left)


def test_an_expired_risk_is_an_open_finding_again() -> None:
    assert outcomes(with_waiver(expires="2026-11-01"))["MON-03"] == "fail"


def test_an_expiring_risk_still_counts_as_accepted() -> None:
    assert outcomes(with_waiver(expires="2026-11-21"))["MON-03"] == "waived"


@pytest.mark.parametrize("parts", [{"check": "MON-06"}, {"check": "XYZ-99"}, {"check": "WFL-04", "component": "route"}])
def test_a_risk_without_a_finding_is_orphaned(parts: dict[str, str]) -> None:
    assert status(**parts).status == "orphaned"


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"approver": None}, "nobody approved"),
        ({"expires": None}, "never expires"),
        ({"approver": "Dana Ruiz"}, "somebody else"),
        ({"approver": "Lee Okafor", "owner": "Lee Okafor"}, "somebody else"),
        ({"since": "2026-12-01"}, "begins on 1 December 2026"),
    ],
)
def test_a_risk_that_nobody_may_accept_like_this_is_refused(parts: dict[str, Any], word: str) -> None:
    found = status(**parts)
    assert found.status == "refused"
    assert word in found.reason


def test_a_refused_risk_waives_nothing() -> None:
    assert outcomes(with_waiver(approver=None))["MON-03"] == "fail"


NEVER_ALONE = [("FIT-02", "system"), ("ACT-02", "set_config"), ("ACT-03", "ask_first")]


@pytest.mark.parametrize(("check", "component"), NEVER_ALONE)
def test_the_team_cannot_accept_an_ungated_action_alone(check: str, component: str) -> None:
    found = with_waiver("ops_agent", check=check, component=component, requester=None)
    assert found.waivers[0].status == "refused"
    assert "alone" in found.waivers[0].reason
    assert outcomes(found)[check] == "fail"


@pytest.mark.parametrize(("check", "component"), NEVER_ALONE)
def test_with_both_names_it_is_accepted_and_still_no_pass(check: str, component: str) -> None:
    found = with_waiver("ops_agent", check=check, component=component)
    assert found.waivers[0].status == "active"
    assert outcomes(found)[check] in ("waived", "fail")
    assert found.verdict.decision == "harden"
    assert found.verdict.rule == "O5"


def test_other_risks_need_no_requester() -> None:
    assert status(requester=None).status == "active"


def test_a_waiver_never_softens_the_verdict() -> None:
    for check, component in (("STA-01", "system"), ("WFL-03", "system"), ("ACT-04", "save_lead")):
        found = with_waiver(check=check, component=component)
        assert found.waivers[0].status == "active"
        assert found.verdict.decision == "harden"
        assert found.score.shown <= of_sample("voice_agent").score.shown


# Problems of the audit -------------------------------------------------------------------------------------


def test_a_sound_audit_has_no_problems() -> None:
    assert of_sample("refund_helper").problems == ()


@pytest.mark.parametrize(
    ("parts", "level"),
    [
        ({}, None),
        ({"expires": "2026-12-01"}, "warning"),
        ({"expires": "2026-11-01"}, "error"),
        ({"approver": None}, "error"),
        ({"check": "MON-06"}, "error"),
    ],
)
def test_waivers_that_need_work_are_problems(parts: dict[str, Any], level: str | None) -> None:
    assert [p.level for p in problems(with_waiver(**parts), "Waivers")] == ([level] if level else [])


def test_an_error_keeps_a_final_report_a_draft() -> None:
    final = {"audit.status": "final"}
    assert of_changed("refund_helper", final).status == "final"
    late = {**final, "waivers": [{**WAIVER, "expires": "2026-11-01"}]}
    assert of_changed("refund_helper", late).status == "draft"


def test_counts_without_a_source_are_a_problem() -> None:
    found = of_changed("refund_helper", {"steps.pay_refund.success": {"successes": "198", "runs": "200"}})
    (problem,) = problems(found, "Evidence")
    assert (problem.level, "source" in problem.text) == ("warning", True)
    assert problem.line > 0


def test_old_counts_are_a_problem() -> None:
    found = of_changed("refund_helper", {"gates.approval.seeded_catch_rate.date": "2026-08-01"})
    (problem,) = problems(found, "Evidence")
    assert "111 days" in problem.text


EVIDENCE = {"id": "log", "kind": "file", "source": "log.csv", "date": "2026-10-31", "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("parts", "word"),
    [({}, None), ({"date": "2026-01-01"}, "days old"), ({"sha256": None}, "SHA-256")],
)
def test_evidence_has_a_date_and_a_sum(parts: dict[str, Any], word: str | None) -> None:
    evidence = {k: v for k, v in {**EVIDENCE, **parts}.items() if v is not None}
    found = [p.text for p in problems(of_changed("refund_helper", {"evidence": [evidence]}), "Evidence")]
    assert [word in t for t in found if word] == ([True] if word else [])
    assert len(found) == (1 if word else 0)


def answered(**answer: str) -> Report:
    """The refund helper with its time limit left open, and an answer."""
    changes = {"integrations.shop.timeout_s": "unknown", "integrations.shop.seen": {}}
    return of_changed("refund_helper", {**changes, "answers": [{"check": "INT-01", "component": "shop", **answer}]})


def test_an_answer_decides_what_no_fact_decides() -> None:
    assert outcomes(answered(outcome="pass"))["INT-01"] == "pass"
    assert outcomes(answered(outcome="fail"))["INT-01"] == "fail"
    assert outcomes(answered(outcome="unknown"))["INT-01"] == "unknown"


def test_an_answer_never_overrules_a_fact() -> None:
    answers = [{"check": "INT-01", "component": "shop", "outcome": "fail"}]
    assert outcomes(of_changed("refund_helper", {"answers": answers}))["INT-01"] == "pass"


def test_an_answer_to_no_check_is_a_problem() -> None:
    found = of_changed("refund_helper", {"answers": [{"check": "XYZ-99", "outcome": "pass"}]})
    assert [p.level for p in problems(found, "Answers")] == ["error"]


@pytest.mark.parametrize(("reason", "n"), [("not in scope: read only", 0), ("because", 1)])
def test_does_not_apply_wants_a_reason(reason: str, n: int) -> None:
    found = answered(outcome="not_applicable", reason=reason)
    assert len(problems(found, "Answers")) == n


def on_a_word(**answer: str) -> list[Problem]:
    """What is said of a critical check that only an answer decides."""
    changes = {
        "gates.approval.binds_args": "unknown",
        "evidence": [EVIDENCE],
        "answers": [{"check": "ACT-03", "component": "approval", "outcome": "pass", **answer}],
    }
    return problems(of_changed("refund_helper", changes), "Evidence")


def test_a_critical_pass_on_a_word_alone_is_a_problem() -> None:
    (problem,) = on_a_word(note="I have tried it")
    assert "ACT-03" in problem.text


def test_a_word_alone_needs_no_note_to_be_a_problem() -> None:
    assert len(on_a_word()) == 1


def test_an_answer_with_evidence_is_more_than_a_word() -> None:
    assert on_a_word(note="see the log", evidence="log") == []


def test_dates_after_the_audit_are_errors() -> None:
    answers = [{"check": "INT-01", "outcome": "pass", "when": "2026-12-24"}]
    found = of_changed("refund_helper", {"answers": answers})
    assert "error" in {p.level for p in problems(found, "Dates")}
    later = of_changed("refund_helper", {"steps.pay_refund.success.date": "2026-12-24"})
    assert {p.level for p in problems(later, "Dates")} == {"error"}


def test_work_that_was_due_is_a_warning() -> None:
    plan = [{"closes": ["WFL-03"], "owner": "Jonas Ek", "due": "2026-11-01"}]
    (problem,) = problems(of_changed("refund_helper", {"plan": plan}), "Dates")
    assert (problem.level, "WFL-03" in problem.text) == ("warning", True)


def test_a_step_that_nothing_leads_to_is_a_warning() -> None:
    found = of_changed("refund_helper", {"steps.read_request.next": ["apply_policy"]})
    (problem,) = problems(found, "Steps")
    assert (problem.level, "extract_reason" in problem.text) == ("warning", True)


def test_the_next_audit_is_a_quarter_away_unless_agreed() -> None:
    assert of_sample("refund_helper").again_by == date(2027, 2, 19)
    agreed = of_changed("refund_helper", {"audit.again_by": "2027-06-30"})
    assert agreed.again_by == date(2027, 6, 30)


def test_a_plan_gives_a_fix_its_owner() -> None:
    plan = [{"closes": ["WFL-03"], "owner": "Jonas Ek", "due": "2026-12-18"}]
    (fix,) = of_changed("refund_helper", {"plan": plan}).roadmap
    assert (fix.owner, fix.due) == ("Jonas Ek", date(2026, 12, 18))
