"""The titles of pages: each says what its page shows, in a sentence of at most 80 characters."""

from __future__ import annotations

from auditkit.formats.numbers import (
    PAPER,
    Style,
    count,
    count_digits,
    ends,
    first_up,
    per_cent,
    percent,
    word,
)
from auditkit.formats.phrases import (
    ACTS,
    SEVERITIES,
    group_of,
    in_production,
    missing_way_out,
    open_issues,
    taken,
)
from auditkit.model.report import Report, Stage

LONGEST_TITLE = 80


def fitted(start: str, *clauses: str) -> str:
    """The start, with as many clauses as a title can hold."""
    title = start
    for clause in clauses:
        if clause and len(title) + len(clause) <= LONGEST_TITLE:
            title += clause
    return title


def decision_title(report: Report) -> str:
    """What to do now."""
    verdict = report.verdict
    if verdict.decision == "kill":
        return ACTS[verdict.act] if verdict.act else "Do not build this with an agent"
    if verdict.act == "prove it":
        n = len(report.proofs)
        return f"Keep it, and prove it: {count(n, 'proof is', 'proofs are')} missing" if n else "Keep it, and prove it"
    if verdict.decision == "keep":
        return "Keep it: nothing critical is open"
    if verdict.act == "stop the action now":
        start = "Stop the action now"
    else:
        start = "Mend it before it runs on" if in_production(report) else "Do not launch yet"
    gone = [c for c in report.components if c.kind == "step" and group_of(c) == "kill"]
    clauses = taken(gone, names=False)[:1]
    lost = [ref for ref in missing_way_out(report) if ref.id not in {c.id for c in gone}]
    if lost:
        clauses.append(
            f"{word(len(lost))} {'gets' if len(lost) == 1 else 'get'} a way out"
            if gone
            else f"{count(len(lost), 'step lacks', 'steps lack')} a way out"
        )
    critical = sum(i.severity == "critical" for i in open_issues(report))
    if not clauses and critical:
        clauses.append(f"{count(critical, 'critical check is', 'critical checks are')} open")
    return fitted(start, *(f"{': ' if i == 0 else ', '}{c}" for i, c in enumerate(clauses)))


def breaks_title(report: Report) -> str:
    """What the step graph shows."""
    r, stack = report.reliability, report.stack
    steps = stack.by_kind["step"]
    n = len(steps)
    if not n:
        return "No step is described, so nothing can be computed"
    models = [ref for ref in steps if stack.value(ref, "decider") == "model"]
    lost = len([ref for ref in missing_way_out(report) if ref in models])
    way_out = ""
    if lost and lost == len(models):
        way_out = "no decision has a way out" if lost > 1 else "its decision has no way out"
    elif lost:
        way_out = f"{count(lost, 'decision lacks', 'decisions lack')} a way out"
    if not r.stated:
        return fitted(f"{first_up(count(n, 'step', 'steps'))} without a success rate", f", and {way_out}" * bool(way_out))
    rates = {round(s.point, 4) for s in r.steps if s.decider == "model"}
    same = len(rates) == 1 and len(r.steps) == len(models)
    at = f" at {percent(rates.pop())}" if same else ""
    verb = "leaves" if n == 1 else "leave"
    start = f"{first_up(count(n, 'step', 'steps'))}{at} {verb} {per_cent(ends(r.as_is).success)} of {report.noun} right"
    return fitted(start, f", and {way_out}" * bool(way_out))


def roadmap_title(report: Report) -> str:
    """How far the fixes reach."""
    r, n = report.reliability, len(report.roadmap)
    if not n:
        return "Nothing is left to mend"
    if report.verdict.decision == "kill":
        return f"If it is kept all the same: {count(n, 'fix', 'fixes')}, in this order"
    if not r.stated or len(r.stages) < 2:
        return f"{first_up(count(n, 'fix', 'fixes'))}, in the order in which they rest on each other"
    reached = next((i for i, s in enumerate(r.stages) if _reaches(report, s)), None)
    if reached is None:
        end = ends(r.stages[-1].scenario)
        if r.stages[-1].scenario.success.point < r.target_success:
            return f"All fixes together bring {per_cent(end.success)} right; the target is {percent(r.target_success)}"
        return f"All fixes together leave {per_cent(end.silent)} unnoticed; the limit is {percent(r.max_silent)}"
    if reached == 0:
        return f"Both targets hold today; {count(n, 'fix adds', 'fixes add')} margin"
    rest = len(r.stages) - 1 - reached
    start = f"{first_up(count(reached, 'fix reaches', 'fixes reach'))} both targets"
    return fitted(start, f"; {count(rest, 'more adds', 'more add')} margin" if rest else "")


def _reaches(report: Report, stage: Stage) -> bool:
    r = report.reliability
    return stage.scenario.success.point >= r.target_success and stage.scenario.silent.point <= r.max_silent


def findings_title(report: Report) -> str:
    """How many findings, by severity."""
    found = open_issues(report)
    waived = sum(i.status == "waived" for i in report.issues)
    unknown = report.coverage.unknown
    if not found:
        return f"No findings: {waived} waived, {unknown} not assessed"
    parts = [f"{n} {s}" for s in SEVERITIES if (n := sum(i.severity == s for i in found))]
    return f"{count_digits(len(found), 'finding', 'findings')}: {', '.join(parts)}"


def works_title(report: Report) -> str:
    """What must survive the repairs."""
    n = len(report.works)
    if not n:
        return "No control was found working"
    return f"{first_up(count(n, 'control works', 'controls work'))}, and must survive the repairs"


def matrix_title(report: Report) -> str:
    """The checklist in one sentence."""
    outcomes: list[str] = [r.outcome for r in report.results]
    apply = sum(o != "not_applicable" for o in outcomes)
    passed = outcomes.count("pass")
    unknown = outcomes.count("unknown")
    start = f"Of {count_digits(apply, 'check', 'checks')} that apply, {passed} pass"
    no = apply - passed - unknown
    tail = f"; {word(unknown)} {'is' if unknown == 1 else 'are'} unknown" if unknown else ""
    return fitted(start, f" and {no} do not" if no else "", tail)


def coverage_line(report: Report) -> str:
    """`70 checks: 25 pass, 7 partial, ...`"""
    outcomes: list[str] = [r.outcome for r in report.results]
    names = (
        ("pass", "pass"),
        ("partial", "partial"),
        ("fail", "fail"),
        ("waived", "waived"),
        ("unknown", "unknown"),
        ("not_applicable", "do not apply"),
    )
    parts = [f"{n} {words}" for outcome, words in names if (n := outcomes.count(outcome))]
    line = f"{count_digits(len(outcomes), 'check', 'checks')}: {', '.join(parts)}."
    return line + (" Provisional: some critical or high check is not known." if report.coverage.provisional else "")


def score_line(report: Report, style: Style = PAPER) -> str:
    """`Score 49 of 100 (raw 50–61, capped by ACT-04)`."""
    s = report.score
    raw = f"{s.raw:.0f}{style.dash}{s.high:.0f}" if round(s.high) > round(s.raw) else f"{s.raw:.0f}"
    capped = f", capped by {', '.join(s.capped_by)}" if s.cap is not None and s.capped_by else ""
    return f"Score {s.shown:.0f} of 100 (raw {raw}{capped})"


def evidence_title(report: Report) -> str:
    """What was filed."""
    n = len(report.evidence)
    if not n:
        return "No evidence was filed beside the description"
    whole_set = all(e.sha256 and e.date for e in report.evidence)
    return f"{first_up(count(n, 'piece', 'pieces'))} of evidence" + (", each with a hash and a date" if whole_set else "")


def method_title(report: Report) -> str:
    """How far the method reaches."""
    if not report.reliability.stated:
        return "What was looked at, and what could not be seen"
    return "How the numbers were made, and what they cannot say"


def conflicts_title(report: Report) -> str:
    """How many receipts disagree."""
    return f"{first_up(count(len(report.conflicts), 'disagreement', 'disagreements'))}; the stronger receipt won"


def waivers_title(report: Report) -> str:
    """How many risks are accepted."""
    return first_up(count(len(report.waivers), "risk is accepted until a date", "risks are accepted until a date"))
