"""Findings as rows and in full, the checklist as a matrix, and controls that work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from auditkit.formats.excerpts import CodeBlock, blocks, by_file, places
from auditkit.formats.metrics import wide
from auditkit.formats.numbers import HARD, PAPER, count, ends, first_up, listed, per_cent, short_day
from auditkit.formats.parts import Budget
from auditkit.formats.phrases import EFFORT, SEVERITIES, STATE, fix_of, open_issues
from auditkit.formats.statements import letter, letters, place, said_text, source
from auditkit.model.report import CheckResult, CheckText, Finding, Fix, Issue, Report, Said, Works

MOST_FACTS = 6
MOST_CHECKS = 40
MOST_PLACES = 12
FIRST_SHEET, SHEET = 560.0, 660.0
SHORT_SEVERITY = {"critical": "crit.", "high": "high", "medium": "med.", "low": "low"}


@dataclass(frozen=True)
class IssueRow:
    """One line of the findings table."""

    issue: Issue
    where: str
    fix_title: str | None
    result: str
    receipts: tuple[str, ...]
    full: bool


@dataclass(frozen=True)
class IssueGroup:
    """The lines of one severity, or those not known."""

    title: str
    rows: tuple[IssueRow, ...]


@dataclass(frozen=True)
class IssueTable:
    """The findings table, and one line a pillar for what it has no room for."""

    groups: tuple[IssueGroup, ...]
    rest: tuple[str, ...]


def issue_table(report: Report, budget: Budget) -> IssueTable:
    """All findings by severity; with more than the budget, the last ones become one line a pillar."""
    full = {i.check for i in in_full(report, budget)}
    waived = [i for i in report.issues if i.status == "waived" or i.outcome == "waived"]
    rows = [*open_issues(report), *waived]
    shown, rest = rows[: budget.rows], rows[budget.rows :]
    brief = len(rows) > 40
    groups = []
    for severity in SEVERITIES:
        some = [i for i in shown if i.severity == severity and i not in waived]
        if some:
            short = brief and severity in ("medium", "low")
            groups.append(IssueGroup(f"{len(some)} {severity}", tuple(_row(report, i, full, not short) for i in some)))
    some = [i for i in shown if i in waived]
    if some:
        groups.append(IssueGroup(f"{len(some)} waived", tuple(_row(report, i, full, not brief) for i in some)))
    return IssueTable(tuple(groups), _by_pillar(report, rest))


def _row(report: Report, issue: Issue, full: set[str], with_fix: bool) -> IssueRow:
    fix = text_of(report, issue.check)
    outcome = STATE.get(issue.outcome, issue.outcome)
    result = f"{outcome}, waived" if issue.status == "waived" and outcome != "waived" else outcome
    return IssueRow(
        issue, where(issue), fix.fix_title if fix and with_fix else None, result, letters(issue.bases), issue.check in full
    )


def where(issue: Issue, most: int = 2) -> str:
    """The components of an issue in one line: ids, or how many."""
    if len(issue.components) <= most:
        return ", ".join(issue.components)
    return (
        f"{len(issue.components)} components" if issue.of <= len(issue.components) else (f"{len(issue.components)} of {issue.of}")
    )


def _by_pillar(report: Report, issues: Sequence[Issue]) -> tuple[str, ...]:
    lines = []
    for pillar in report.checklist.pillars:
        some = [i for i in issues if (c := text_of(report, i.check)) is not None and c.pillar == pillar]
        if some:
            counts = [f"{n} {s}" for s in SEVERITIES if (n := sum(i.severity == s for i in some))]
            lines.append(f"{pillar}: {len(some)} more, {', '.join(counts)}")
    return tuple(lines)


def text_of(report: Report, check: str) -> CheckText | None:
    """The words of a check, or None when the checklist lacks it."""
    return next((c for c in report.checklist.checks if c.id == check), None)


# Findings in full ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FactRow:
    """Statements of one receipt about one key."""

    basis: str
    text: str
    source: str
    place: str


@dataclass(frozen=True)
class FullFinding:
    """One finding on half a page."""

    issue: Issue
    text: CheckText
    criterion: str
    notes: tuple[str, ...]
    facts: tuple[FactRow, ...]
    more: int
    missing: tuple[str, ...]
    fix: str | None
    effort: str
    moves: str | None
    relates: str
    components: tuple[str, ...]
    code: tuple[CodeBlock, ...] = ()
    places: tuple[str, ...] = ()

    @property
    def beside(self) -> float:
        """About how high the column beside the text is, in points."""
        texts = [
            self.issue.severity,
            self.issue.severity_reason or "",
            self.issue.confidence,
            ", ".join(self.components),
            self.effort,
            self.fix or "",
            self.relates,
        ]
        lines = sum(1 + int(wide(text, 7.2) // 90) for text in texts if text)
        return 24 + 10.5 * lines + 14 * (4 + bool(self.fix) + bool(self.relates))


def in_full(report: Report, budget: Budget) -> tuple[Issue, ...]:
    """The issues shown in full: worst first, then by what their fix gains."""

    def leverage(issue: Issue) -> tuple[int, float, int]:
        fix = fix_of(report, issue)
        gain = (fix.gain_success or 0) - (fix.gain_silent or 0) if fix else 0.0
        return SEVERITIES.index(issue.severity), -gain, issue.outcome != "fail"

    known = {c.id for c in report.checklist.checks}
    some = [i for i in open_issues(report) if i.check in known]
    return tuple(sorted(some, key=leverage)[: budget.full])


def full_findings(report: Report, budget: Budget) -> tuple[FullFinding, ...]:
    """The findings with the most leverage, each with its facts, its number, its fix and its proof."""
    return tuple(full_finding(report, issue) for issue in in_full(report, budget))


def full_finding(report: Report, issue: Issue, most_places: int | None = MOST_PLACES) -> FullFinding:
    """One issue with everything an engineer needs; its places are named where there are more than its facts and code show."""
    text = report.check(issue.check)
    found = [f for f in report.findings if f.check == issue.check and f.component in issue.components]
    facts = fact_rows(found)
    fix = fix_of(report, issue)
    who = ", ".join(x for x in (fix.id, fix.owner, short_day(fix.due) if fix.due else None) if x) if fix else None
    notes = tuple(dict.fromkeys(f.note for f in found if f.note))
    missing = tuple(dict.fromkeys(m for f in found for m in f.missing))
    at = places(report, issue)
    return FullFinding(
        issue,
        text,
        _criterion(text, issue),
        notes[:2],
        facts[:MOST_FACTS],
        max(0, len(facts) - MOST_FACTS),
        missing[:4],
        who,
        EFFORT[text.effort],
        moves(report, fix),
        listed(text.relates_to) if len(text.relates_to) < 3 else "; ".join(text.relates_to),
        _some(issue.components),
        blocks(issue.excerpts),
        by_file(at, most_places) if len(at) > 2 else (),
    )


def _criterion(text: CheckText, issue: Issue) -> str:
    return text.partial if issue.outcome == "partial" else text.fails


def _some(components: Sequence[str], most: int = 8) -> tuple[str, ...]:
    rest = len(components) - most
    return (*components[:most], f"and {rest} more") if rest > 0 else tuple(components)


def fact_rows(found: Sequence[Finding]) -> tuple[FactRow, ...]:
    """The facts behind findings, strongest receipts first; the same words about several components become one row."""
    merged: dict[tuple[str, str, str], list[Said]] = {}
    for said in (s for f in found for s in f.saw):
        merged.setdefault((said.receipt.basis, said_text(said), source(said.receipt)), []).append(said)
    order = {"measured": 0, "inspected": 1, "declared": 2}
    components = {f.component for f in found}
    rows = []
    for (basis, text, by), group in sorted(merged.items(), key=lambda item: order.get(item[0][0], 3)):
        names = [n for n in dict.fromkeys(s.component for s in group) if n != "system"]
        about = "" if len(components) < 2 else f" ({listed(names)})" if len(names) <= 3 else f" ({len(names)} components)"
        places = list(dict.fromkeys(p for s in group if (p := place(s.receipt))))
        more = f" and {len(places) - 2} more" if len(places) > 2 else ""
        rows.append(FactRow(basis, f"{first_up(text)}{about}", by, ", ".join(places[:2]) + more))
    return tuple(rows)


def moves(report: Report, fix: Fix | None) -> str | None:
    """What the fix of an issue moves, in numbers: `R1 moves success from 27 to 54 %.`"""
    r = report.reliability
    if fix is None or not r.stated or fix.gain_success is None:
        return None
    at = next((i for i, s in enumerate(r.stages) if s.fix == fix.id), 0)
    if not at:
        return None
    before, now = ends(r.stages[at - 1].scenario), ends(r.stages[at].scenario)
    if (before.success, before.silent) == (now.success, now.silent):
        return None
    parts = []
    if before.success != now.success:
        parts.append(f"success from {before.success} to {per_cent(now.success)}")
    if before.silent != now.silent:
        parts.append(f"silent failures from {before.silent} to {per_cent(now.silent)}")
    return f"{fix.id} moves {listed(parts)}."


# The checklist ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MatrixRow:
    """One check."""

    id: str
    short: str
    severity: str
    outcome: str
    letter: str


@dataclass(frozen=True)
class MatrixGroup:
    """One pillar."""

    title: str
    count: str
    rows: tuple[MatrixRow, ...]


def matrix(report: Report) -> tuple[MatrixGroup, ...]:
    """Every check by pillar with its outcome and the kind of its receipt."""
    groups = []
    texts = {c.id: c for c in report.checklist.checks}
    pillars = dict.fromkeys([*report.checklist.pillars, *(r.pillar for r in report.results)])
    for no, pillar in enumerate(pillars, start=1):
        some = [r for r in report.results if r.pillar == pillar]
        if some:
            name = pillar if pillar[:1].isdigit() else f"{no}{HARD}{HARD}{pillar}"
            groups.append(MatrixGroup(name, _passed(some), tuple(_check_row(r, texts.get(r.check)) for r in some)))
    return tuple(groups)


@dataclass(frozen=True)
class Sheet:
    """One page of the matrix: two columns of groups."""

    left: tuple[MatrixGroup, ...]
    right: tuple[MatrixGroup, ...]

    @property
    def height(self) -> float:
        """How high the taller column is, in points."""
        return max(_tall(self.left), _tall(self.right))


def sheets(groups: Sequence[MatrixGroup]) -> tuple[Sheet, ...]:
    """The matrix on pages of two columns; balanced when all of it fits one page."""
    blocks = [block for group in groups for block in _blocks(group)]
    made: list[Sheet] = []
    while blocks:
        room = SHEET if made else FIRST_SHEET
        left = _fill(blocks, max(_tall(blocks) / 2, 1) if _tall(blocks) <= 2 * room else room, room)
        right = _fill(blocks[len(left) :], room, room)
        made.append(Sheet(tuple(left), tuple(right)))
        blocks = blocks[len(left) + len(right) :]
    return tuple(made)


def _fill(blocks: Sequence[MatrixGroup], wanted: float, room: float) -> list[MatrixGroup]:
    """Blocks from the front until the wanted height is passed, and never more than fits."""
    column: list[MatrixGroup] = []
    for block in blocks:
        tall = _tall([*column, block])
        if column and (tall > room or _tall(column) >= wanted or tall - wanted > wanted - _tall(column)):
            break
        column.append(block)
    return column


def _tall(groups: Sequence[MatrixGroup]) -> float:
    return sum(32 + 10.9 * sum(2 if wide(r.short, 7.5) > 114 else 1 for r in g.rows) for g in groups)


def _blocks(group: MatrixGroup) -> Sequence[MatrixGroup]:
    if len(group.rows) <= MOST_CHECKS:
        return [group]
    parts = [group.rows[i : i + MOST_CHECKS] for i in range(0, len(group.rows), MOST_CHECKS)]
    return [
        MatrixGroup(group.title if i == 0 else f"{group.title}, continued", group.count if i == 0 else "", part)
        for i, part in enumerate(parts)
    ]


def _passed(results: Sequence[CheckResult]) -> str:
    apply = [r for r in results if r.outcome != "not_applicable"]
    return f"{sum(r.outcome == 'pass' for r in apply)} of {len(apply)} pass" if apply else "does not apply"


def _check_row(result: CheckResult, text: CheckText | None) -> MatrixRow:
    known = result.outcome not in ("not_applicable", "unknown")
    return MatrixRow(
        result.check,
        text.short if text else result.check,
        SHORT_SEVERITY[result.severity],
        result.outcome,
        letter(result.basis) if known else "",
    )


def reasons(report: Report, outcome: str) -> str:
    """Why checks do not apply: `FIT-02, ACT-02 no irreversible action; ...`"""
    by_reason: dict[str, list[str]] = {}
    for result in report.results:
        if result.outcome == outcome and result.reason:
            by_reason.setdefault(result.reason, []).append(result.check)
    return "; ".join(f"{', '.join(checks)}: {reason.rstrip('.')}" for reason, checks in by_reason.items())


@dataclass(frozen=True)
class WorksRow:
    """One control that works."""

    check: str
    title: str
    components: str
    basis: str
    receipt: str


def works_rows(report: Report, budget: Budget) -> tuple[WorksRow, ...]:
    """Controls found working, those with the strongest receipts first."""
    order = {"measured": 0, "inspected": 1, "declared": 2, "assumed": 3}
    some = sorted(report.works, key=lambda w: order[w.basis])[: budget.works]
    return tuple(WorksRow(w.check, w.title, _where(w), w.basis, _strongest(w)) for w in some)


def _where(works: Works) -> str:
    n = len(works.components)
    return ", ".join(works.components) if n <= 2 else count(n, "component", "components")


def _strongest(works: Works) -> str:
    receipt = next((r for r in works.receipts if r.basis == works.basis), None)
    return ", ".join(x for x in (source(receipt, PAPER), place(receipt)) if x) if receipt else ""
