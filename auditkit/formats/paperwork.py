"""The paperwork of a report: for whom, by whom, who reads what, on what it rests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from auditkit.formats.coverage import coverage_sentences, coverage_short, not_understood
from auditkit.formats.numbers import cut, day, first_up
from auditkit.formats.parts import Budget, stage_of
from auditkit.formats.phrases import STATE, open_issues
from auditkit.model.report import Report

_READERS = (
    (
        "Executive",
        "May it launch, what does it cost, who does what by when, how sure are we?",
        (("decision", "Decision"), ("breaks", "Where it breaks"), ("roadmap", "Roadmap")),
    ),
    ("Engineering lead", "What is wrong, and in which order is it mended?", (("roadmap", "Roadmap"), ("findings", "Findings"))),
    (
        "Engineer",
        "Where exactly, why does it matter, what is the smallest fix, how is it proved?",
        (("full", "Findings in full"), ("works", "What works")),
    ),
    (
        "Auditor",
        "Which rule, which evidence, what is unknown, can the file be reproduced?",
        (("matrix", "Checklist"), ("method", "Method"), ("evidence", "Evidence")),
    ),
)
_LONGEST = 44
_FEW = {"conflicts": 2, "waivers": 4}


def contents(report: Report, budget: Budget, digest: str) -> dict[str, Any]:
    """What the parts without findings print."""
    return {
        "colophon": colophon(report, digest),
        "signers": signers(report),
        "readers": readers(report),
        "plan": {"owners": any(f.owner for f in report.roadmap), "dues": any(f.due for f in report.roadmap)},
        "gaps": report.gaps[: budget.sources],
        "read": coverage_sentences(report.inspection) if report.inspection else [],
        "not_understood": not_understood(report.inspection)[: budget.sources] if report.inspection else [],
        "lost": report.inspection.failed[: budget.sources] if report.inspection else (),
        "conventions": [c for c in report.reliability.conventions if c.used],
        "evidence": report.evidence[: budget.evidence],
        "sources": report.stack.sources[: budget.sources],
        "problems": report.problems[: budget.sources],
        "state": STATE,
        "flows": flows(report),
    }


def colophon(report: Report, digest: str) -> tuple[tuple[str, str], ...]:
    """Label and value of what stands at the foot of the cover."""
    e = report.engagement
    rows = (
        ("Client", e.client),
        ("Stage", stage_of(report)),
        ("Read", coverage_short(report.inspection) if report.inspection else None),
        ("Audited", day(report.date)),
        ("Audit again by", day(report.again_by)),
        ("Audit", e.id),
        ("Version", version(report)),
        ("Classification", e.classification),
        ("Result", digest[:12]),
    )
    return tuple((label, cut(value, _LONGEST)) for label, value in rows if value)


def version(report: Report) -> str:
    """`1.0, final`."""
    return ", ".join(x for x in (report.engagement.version, report.status) if x)


def signers(report: Report) -> tuple[tuple[str, str], ...]:
    """Names and roles of those who answer for the report."""
    e = report.engagement
    partner = f"Partner, {e.consultant}" if e.consultant else "Partner"
    rows = ((e.partner, partner), (e.lead, "Lead auditor"), (e.reviewer, "Reviewer"))
    return tuple((cut(name, _LONGEST), cut(first_up(role), _LONGEST)) for name, role in rows if name)


def readers(report: Report) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    """Who reads what, without the parts that this report does not have."""
    gone = absent(report)
    rows = ((who, question, tuple(t for t in targets if t[0] not in gone)) for who, question, targets in _READERS)
    return tuple(row for row in rows if row[2])


def absent(report: Report) -> frozenset[str]:
    """The parts that this report does not have."""
    there = {
        "roadmap": report.roadmap,
        "full": open_issues(report),
        "works": report.works,
        "conflicts": report.conflicts,
        "waivers": report.waivers,
    }
    return frozenset(part for part, content in there.items() if not content)


def flows(report: Report) -> Callable[[str], str]:
    """Which parts follow on the same page as the part before them: short ones, and the findings after their table."""
    short = {
        "full": True,
        "conflicts": bool(report.works) and len(report.conflicts) <= _FEW["conflicts"],
        "works": not open_issues(report),
        "waivers": bool(report.works or report.conflicts) and len(report.waivers) <= _FEW["waivers"],
        "control": len(report.evidence) + len(report.stack.sources) <= 14,
    }
    return lambda part: Markup(' class="minor"') if short[part] else ""
