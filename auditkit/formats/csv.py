"""All findings as CSV (RFC 4180, UTF-8), one row each, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io

from auditkit.formats.found import text_of
from auditkit.formats.pages import visible
from auditkit.formats.phrases import fix_of
from auditkit.formats.statements import receipt_text
from auditkit.model.report import Finding, Report

ENDING = ".csv"
_OWN = (
    "check",
    "component",
    "kind",
    "outcome",
    "severity",
    "base_severity",
    "severity_reason",
    "confidence",
    "title",
    "note",
)
"""Columns that hold what a finding says under the same name."""
COLUMNS = (
    *_OWN,
    "missing",
    "receipts",
    "fix",
    "fix_title",
    "owner",
    "due",
    "effort",
    "pillar",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(report: Report, **_options: object) -> bytes:
    """One row a finding, in the order of the report; the columns never change their order."""
    fixes = {issue.check: fix_of(report, issue) for issue in report.issues}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for finding in report.findings:
        text = text_of(report, finding.check)
        fix = fixes.get(finding.check)
        row = {
            **_plain(finding),
            "fix": fix.id if fix else "",
            "owner": (fix.owner or "") if fix else "",
            "due": fix.due.isoformat() if fix and fix.due else "",
            "fix_title": text.fix_title if text else "",
            "effort": text.effort if text else "",
            "pillar": text.pillar if text else "",
        }
        writer.writerow([cell(row[name]) for name in COLUMNS])
    return out.getvalue().encode()


def _plain(finding: Finding) -> dict[str, str]:
    return {
        **{name: getattr(finding, name) or "" for name in _OWN},
        "missing": "; ".join(finding.missing),
        "receipts": "; ".join(f"{r.basis}: {receipt_text(r)}" for r in finding.receipts),
    }


def cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    starts = text.startswith(_FORMULA)
    clean = str(visible(text))
    return f"'{clean}" if starts or clean.startswith(_FORMULA) else clean
