"""The paperwork of an audit: accepted risks on the day, and what is wrong with the audit itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from auditkit.assessment.graph import StepGraph
from auditkit.checklist.checks import Check
from auditkit.model.facts import REASONS, Ref, Stack, Waiver
from auditkit.model.receipts import Measured
from auditkit.model.report import Finding, Problem, WaiverStatus

ANNOUNCE_DAYS = 14
AGAIN_DAYS = 91
OLD_EVIDENCE_DAYS = 90
NEVER_ALONE = frozenset({"FIT-02", "ACT-02", "ACT-03"})
"""What a team cannot accept without somebody else's name."""
QUESTION = re.compile(r"MAP-[0-9]{2,3}")
"""A question of the catalogue that is no check: it asks for the map."""

def waiver_status(waiver: Waiver, findings: Sequence[Finding], on: date) -> WaiverStatus:
    """Where an accepted risk stands on the day: active, expiring, expired, orphaned or refused."""
    own = [f for f in findings if f.check == waiver.check and f.component == waiver.component]
    left = (waiver.expires - on).days if waiver.expires else None
    if not any(f.outcome in ("fail", "partial", "waived") for f in own):
        return WaiverStatus(waiver=waiver, status="orphaned", days_left=left, reason="no open finding matches it; remove it")
    if waiver.expires is None:
        return WaiverStatus(waiver=waiver, status="refused", reason="it never expires; give a date")
    if not waiver.approver:
        return WaiverStatus(waiver=waiver, status="refused", days_left=left, reason="nobody approved it; name the approver")
    if waiver.approver in (waiver.requester, waiver.owner):
        return WaiverStatus(waiver=waiver, status="refused", days_left=left,
                            reason="the approver is the one who asked for it or owns it; somebody else must accept it")
    if waiver.check in NEVER_ALONE and not waiver.requester:
        return WaiverStatus(waiver=waiver, status="refused", days_left=left,
                            reason="the audited team cannot accept this alone; name who asked and who approved")
    if waiver.since and waiver.since > on:
        return WaiverStatus(waiver=waiver, status="refused", days_left=left, reason=f"it begins on {day(waiver.since)}")
    assert left is not None
    if left < 0:
        return WaiverStatus(waiver=waiver, status="expired", days_left=left,
                            reason=f"it expired {-left} day{'s' if left != -1 else ''} ago, on {day(waiver.expires)}")
    status = "expiring" if left <= ANNOUNCE_DAYS else "active"
    return WaiverStatus(waiver=waiver, status=status, days_left=left, reason=f"until {day(waiver.expires)}")


def waive(findings: Sequence[Finding], waivers: Sequence[WaiverStatus]) -> tuple[Finding, ...]:
    """The findings, with those of accepted risks marked."""
    accepted = {(w.waiver.check, w.waiver.component): w for w in waivers if w.status in ("active", "expiring")}
    return tuple(
        f.model_copy(update={"outcome": "waived", "note": accepted[f.check, f.component].waiver.reason})
        if (f.check, f.component) in accepted and f.outcome in ("fail", "partial") else f for f in findings)


def problems(stack: Stack, graph: StepGraph, checks: Sequence[Check], findings: Sequence[Finding],
             waivers: Sequence[WaiverStatus], on: date) -> tuple[Problem, ...]:
    """What is wrong with the audit itself, in the order of the file within each group."""
    found = [*_evidence(stack, findings, on), *_waivers(waivers), *_answers(stack, checks), *_dates(stack, on),
             *_steps(stack, graph)]
    groups = ["Evidence", "Waivers", "Answers", "Dates", "Steps", "Text"]
    return tuple(sorted(found, key=lambda p: (groups.index(p.group), p.path, p.line)))


def _evidence(stack: Stack, findings: Sequence[Finding], on: date) -> Iterator[Problem]:
    for fact in stack.facts:
        receipt = fact.receipt
        if isinstance(receipt, Measured) and receipt.source == "counts in the stack file":
            yield Problem(group="Evidence", level="warning", path=receipt.path or "", line=receipt.line or 0,
                          text=f"{fact.key} of {fact.id} is counted, but nobody says where; add a source")
        if isinstance(receipt, Measured) and receipt.when and (on - receipt.when).days > OLD_EVIDENCE_DAYS:
            days = (on - receipt.when).days
            yield Problem(group="Evidence", level="warning", path=receipt.path or "", line=receipt.line or 0,
                          text=f"the counts of {fact.id} are {days} days old; their limit is {OLD_EVIDENCE_DAYS}")
    for item in stack.evidence:
        if item.date and (on - item.date).days > OLD_EVIDENCE_DAYS:
            yield Problem(group="Evidence", level="warning", path=item.path, line=item.line,
                          text=f"{item.id} is {(on - item.date).days} days old; its limit is {OLD_EVIDENCE_DAYS}")
        if item.kind == "file" and not item.sha256:
            yield Problem(group="Evidence", level="warning", path=item.path, line=item.line,
                          text=f"{item.id} has no SHA-256, so nobody can tell whether it is the same file")
    words = {(a.check, a.path, a.line): a for a in stack.answers if not a.evidence}
    for finding in findings:
        if finding.outcome != "pass" or finding.severity != "critical" or len(finding.receipts) != 1:
            continue
        place = finding.receipts[0]
        if (finding.check, place.path, place.line) in words:
            yield Problem(group="Evidence", level="warning", path=place.path or "", line=place.line or 0,
                          text=f"{finding.check} passes on a word alone; add a file or a link")


def _waivers(waivers: Sequence[WaiverStatus]) -> Iterator[Problem]:
    for status in waivers:
        waiver = status.waiver
        name = f"{waiver.check}@{waiver.component}"
        if status.status in ("orphaned", "refused", "expired"):
            yield Problem(group="Waivers", level="error", path=waiver.path, line=waiver.line, text=f"{name}: {status.reason}")
        elif status.status == "expiring":
            yield Problem(group="Waivers", level="warning", path=waiver.path, line=waiver.line,
                          text=f"{name} ends in {status.days_left} days")


def _answers(stack: Stack, checks: Sequence[Check]) -> Iterator[Problem]:
    known = {c.id for c in checks}
    for answer in stack.answers:
        if answer.check not in known and not QUESTION.fullmatch(answer.check):
            yield Problem(group="Answers", level="error", path=answer.path, line=answer.line,
                          text=f"no check {answer.check} in this checklist")
        if answer.outcome == "not_applicable" and not (answer.reason or "").lower().startswith(REASONS):
            yield Problem(group="Answers", level="warning", path=answer.path, line=answer.line,
                          text=f"{answer.check} does not apply, without a reason; begin it with one of: {', '.join(REASONS)}")


def _dates(stack: Stack, on: date) -> Iterator[Problem]:
    for task in stack.plan:
        if task.due and task.due < on:
            yield Problem(group="Dates", level="warning", path=task.path, line=task.line,
                          text=f"the work on {', '.join(task.closes)} was due on {day(task.due)}, before this audit")
    for answer in stack.answers:
        if answer.when and answer.when > on:
            yield Problem(group="Dates", level="error", path=answer.path, line=answer.line,
                          text=f"the answer to {answer.check} is dated {day(answer.when)}, after this audit")
    for fact in stack.facts:
        when = getattr(fact.receipt, "when", None)
        if when and when > on:
            yield Problem(group="Dates", level="error", path=getattr(fact.receipt, "path", "") or "",
                          line=getattr(fact.receipt, "line", 0) or 0,
                          text=f"{fact.key} of {fact.id} is dated {day(when)}, after this audit")


def _steps(stack: Stack, graph: StepGraph) -> Iterator[Problem]:
    if not graph.steps:
        return
    reached = graph.reach[graph.steps[0]]
    for step in graph.steps:
        if not graph.bits([step]) & reached:
            receipts = stack.receipts_of[Ref("step", step)]
            line = next((r.line for r in receipts if r.line), 0) or 0
            path = next((r.path for r in receipts if r.path), "") or ""
            yield Problem(group="Steps", level="warning", path=path, line=line, text=f"no step leads to {step}")


def day(when: date) -> str:
    """A date as people write it."""
    return f"{when.day} {when:%B} {when.year}"


def again_by(stack: Stack, on: date) -> date:
    """When to audit again: as agreed, else a quarter later."""
    return stack.engagement.again_by or on + timedelta(days=AGAIN_DAYS)
