"""Issues and results: findings put together by check, one row a cause with all its places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from auditkit.checklist.checks import SEVERITIES, Check
from auditkit.model.base import STRENGTH, Basis
from auditkit.model.receipts import Receipt
from auditkit.model.report import CheckResult, Finding, Issue, Outcome, Works

WORST_FIRST: tuple[Outcome, ...] = ("fail", "waived", "partial", "unknown", "pass", "not_applicable")
OPEN: frozenset[str] = frozenset({"fail", "partial", "waived"})


def by_check(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Findings by check, in order."""
    table: dict[str, list[Finding]] = {}
    for finding in findings:
        table.setdefault(finding.check, []).append(finding)
    return table


def worst(findings: Sequence[Finding]) -> Outcome:
    """The worst outcome; a check without any component does not apply."""
    return min((f.outcome for f in findings), key=WORST_FIRST.index, default="not_applicable")


def heaviest(findings: Sequence[Finding]) -> Finding:
    """The finding that speaks for its check: the heaviest, then the first."""
    return min(findings, key=lambda f: SEVERITIES.index(f.severity))


def issues(checks: Sequence[Check], findings: Sequence[Finding], fixes: dict[str, str]) -> tuple[Issue, ...]:
    """One row for each check that did not pass, heaviest first; `fixes` maps checks to the roadmap."""
    rows: list[Issue] = []
    table = by_check(findings)
    for check in checks:
        outcome = worst(table.get(check.id, []))
        if outcome not in OPEN:
            continue
        same = [f for f in table[check.id] if f.outcome == outcome]
        speaks = heaviest(same)
        receipts = _receipts(same)
        rows.append(Issue(
            check=check.id, outcome=outcome, severity=speaks.severity, severity_reason=speaks.severity_reason,
            confidence=speaks.confidence, title=speaks.title, components=tuple(f.component for f in same),
            of=sum(f.outcome != "not_applicable" for f in table[check.id]), fix=fixes.get(check.id),
            status="waived" if outcome == "waived" else "open", proof=check.proof, receipts=receipts,
            bases=_bases(receipts)))
    order = {c.id: i for i, c in enumerate(checks)}
    return tuple(sorted(rows, key=lambda i: (SEVERITIES.index(i.severity), WORST_FIRST.index(i.outcome), order[i.check])))


def results(checks: Sequence[Check], findings: Sequence[Finding]) -> tuple[CheckResult, ...]:
    """One result for each check: the worst outcome among its components."""
    table = by_check(findings)
    rows: list[CheckResult] = []
    for check in checks:
        own = table.get(check.id, [])
        outcome = worst(own)
        same = [f for f in own if f.outcome == outcome]
        counts: dict[str, int] = {}
        for finding in own:
            counts[finding.outcome] = counts.get(finding.outcome, 0) + 1
        bases = _bases(r for f in same for r in f.receipts)
        rows.append(CheckResult(
            check=check.id, pillar=check.pillar, outcome=outcome,
            severity=heaviest(same).severity if same else check.severity,
            basis=bases[0] if bases and outcome != "unknown" else None, counts=counts,
            reason=_why_not(check, own) if outcome == "not_applicable" else None))
    return tuple(rows)


def _why_not(check: Check, own: Sequence[Finding]) -> str:
    if own and own[0].note:
        return own[0].note
    if not own:
        return f"no {check.about.replace('_', ' ')} in this workflow"
    return f"asked of {check.asked_of}"


def works(checks: Sequence[Check], findings: Sequence[Finding]) -> tuple[Works, ...]:
    """What was found working: checks passed everywhere they apply, heaviest and best known first."""
    table = by_check(findings)
    rows: list[tuple[int, int, Works]] = []
    for check in checks:
        own = [f for f in table.get(check.id, []) if f.outcome != "not_applicable"]
        if own and all(f.outcome == "pass" for f in own):
            receipts = _receipts(own)
            basis = _bases(receipts)[0] if receipts else "declared"
            rows.append((SEVERITIES.index(check.severity), -STRENGTH[basis], Works(
                check=check.id, title=own[0].title, components=tuple(f.component for f in own), basis=basis,
                receipts=receipts[:4])))
    return tuple(w for _, _, w in sorted(rows, key=lambda row: row[:2]))


def _receipts(findings: Sequence[Finding]) -> tuple[Receipt, ...]:
    return tuple(dict.fromkeys(r for f in findings for r in f.receipts))


def _bases(receipts: Iterable[Receipt]) -> tuple[Basis, ...]:
    """The kinds of receipts, strongest first."""
    return tuple(sorted({r.basis for r in receipts}, key=lambda b: -STRENGTH[b]))
