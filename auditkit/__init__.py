"""AuditKit: audit an agent workflow and hand out a keep / kill / harden report in which every statement has a receipt.

    stack = read_stack("voice.yaml")
    report = assess(stack, load_checklist("reliability"), on=date(2026, 11, 20))
    Path("voice.pdf").write_bytes(render(report, "pdf"))

Names are imported when they are first used, so that `import auditkit` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditkit.assessment import assess
    from auditkit.checklist.checks import Check, Checklist, through
    from auditkit.checklist.load import load_checklist
    from auditkit.errors import AuditKitError, InputError, MissingLibrary, NothingToAudit, Problem
    from auditkit.formats import endings, render
    from auditkit.formats.json import read_report
    from auditkit.model.facts import Component, Fact, Gap, Stack
    from auditkit.model.receipts import Declared, Inspected, Measured
    from auditkit.model.report import Finding, Reliability, Report, Verdict
    from auditkit.sources.inspection import Inspection, inspect_code
    from auditkit.sources.stack_file import read_stack, stack_from_text

_HOMES = {
    "auditkit.assessment": ("assess",),
    "auditkit.checklist.checks": ("Check", "Checklist", "through"),
    "auditkit.checklist.load": ("load_checklist",),
    "auditkit.errors": ("AuditKitError", "InputError", "MissingLibrary", "NothingToAudit", "Problem"),
    "auditkit.formats": ("endings", "render"),
    "auditkit.formats.json": ("read_report",),
    "auditkit.model.facts": ("Component", "Fact", "Gap", "Stack"),
    "auditkit.model.receipts": ("Declared", "Inspected", "Measured"),
    "auditkit.model.report": ("Finding", "Reliability", "Report", "Verdict"),
    "auditkit.sources.inspection": ("Inspection", "inspect_code"),
    "auditkit.sources.stack_file": ("read_stack", "stack_from_text"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AuditKitError", "Check", "Checklist", "Component", "Declared", "Fact", "Finding", "Gap", "InputError",
    "Inspected", "Inspection", "Measured", "MissingLibrary", "NothingToAudit", "Problem", "Reliability", "Report", "Stack",
    "Verdict", "assess", "endings", "inspect_code", "load_checklist", "read_report", "read_stack", "render", "stack_from_text",
    "through",
]


def __getattr__(name: str) -> Any:
    """The public name, imported now."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'auditkit' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)
