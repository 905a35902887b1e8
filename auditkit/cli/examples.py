"""Runs the examples that a checklist carries: each is a small stack, and must come out as it says."""

from __future__ import annotations

from datetime import date

from auditkit.assessment import assess
from auditkit.checklist.checks import Check, Checklist
from auditkit.checklist.load import examples_text
from auditkit.errors import InputError, Problem
from auditkit.sources.stack_file import stack_from_text

ON = date(2026, 11, 20)
"""The day on which examples are judged, so that dates in them keep their meaning."""


def example_problems(checklist: Checklist) -> tuple[Problem, ...]:
    """The examples that do not come out as they say, or do not load."""
    found = [problem for check in checklist.checks for name in check.examples
             for problem in _example(checklist, check, name)]
    return tuple(found)


def _example(checklist: Checklist, check: Check, wanted: str) -> list[Problem]:
    def problem(text: str, hint: str = "") -> Problem:
        return Problem(checklist.path, check.line, f"{check.id}: its example for {wanted} {text}", hint)

    try:
        stack = stack_from_text(examples_text(check, wanted), "example")
    except InputError as error:
        return [problem(f"is no stack: {error.problems[0].text}", error.problems[0].hint)]
    one = checklist.model_copy(update={"checks": (check,)})
    findings = assess(stack, one, on=ON).findings
    if not findings:
        return [problem(f"holds no {check.about.replace('_', ' ')}")]
    if findings[0].outcome != wanted:
        missing = f"not known: {', '.join(findings[0].missing)}" if findings[0].missing else ""
        return [problem(f"gives {findings[0].outcome.replace('_', ' ')}", missing)]
    return []
