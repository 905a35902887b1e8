"""Stacks for the tests: the shipped samples, and copies of them in which single facts are changed."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from functools import cache
from typing import Any

import yaml

from auditkit import shipped
from auditkit.assessment import assess
from auditkit.checklist.checks import Checklist
from auditkit.checklist.load import load_checklist
from auditkit.model.facts import Stack
from auditkit.model.report import ComponentVerdict, Report
from auditkit.sources.stack_file import read_stack, stack_from_text

SAMPLES = shipped.folder("sample_stacks")
NAMES = tuple(sorted(path.stem for path in SAMPLES.glob("*.yaml")))
ON = date(2026, 11, 20)
LEFT_OUT = object()
"""As the value of a change: the key is not in the file, so it is not known."""

SOUND = {"stack.outcomes.silent.successes": 18, "stack.outcomes.silent.runs": 600}
"""What turns the refund helper into KEEP: twice the review, with twice the failures."""

READER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
WRITER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

Changes = Mapping[str, Any]


@cache
def checklist() -> Checklist:
    """The shipped checklist."""
    return load_checklist()


def stack(name: str) -> Stack:
    """A shipped sample."""
    return read_stack(SAMPLES / f"{name}.yaml")


@cache
def of_sample(name: str) -> Report:
    """The report on a shipped sample."""
    return report(stack(name))


def report(stack: Stack, on: date = ON) -> Report:
    """The report on a stack."""
    return assess(stack, checklist(), on=on)


def of_text(text: str, on: date = ON) -> Report:
    """The report on a stack file."""
    return report(stack_from_text(text, "stack.yaml"), on)


def changed(name: str, changes: Changes) -> Stack:
    """A sample with other facts, such as `{"steps.pay_refund.decider": "model"}`; components by their id."""
    return stack_from_text(text_of(name, changes), f"{name}.yaml")


def text_of(name: str, changes: Changes) -> str:
    """The file of a sample with other facts; each fact has a line of its own."""
    data = deepcopy(parsed(name))
    for path, value in changes.items():
        _put(data, path.split("."), value)
    return str(yaml.dump(data, Dumper=WRITER, sort_keys=False, allow_unicode=True))


@cache
def parsed(name: str) -> dict[str, Any]:
    """The file of a sample, every value as text."""
    found: dict[str, Any] = yaml.load((SAMPLES / f"{name}.yaml").read_text(encoding="utf-8"), READER)
    return found


def of_changed(name: str, changes: Changes) -> Report:
    """The report on a sample with other facts."""
    return _of_text(text_of(name, changes), name)


@cache
def _of_text(text: str, name: str) -> Report:
    return report(stack_from_text(text, f"{name}.yaml"))


def of_sound(changes: Changes) -> Report:
    """The report on the refund helper that is KEEP, with other facts."""
    return of_changed("refund_helper", {**SOUND, **changes})


def _put(data: dict[str, Any], path: list[str], value: Any) -> None:
    section, *rest = path
    if not rest:
        _set(data, section, value)
    elif isinstance(data.get(section), dict):
        _set_key(data[section], rest, value)
    else:
        _set_key(next(item for item in data[section] if item["id"] == rest[0]), rest[1:], value)


def _set_key(item: dict[str, Any], path: list[str], value: Any) -> None:
    """Change a key; a changed fact was not seen where the old one was."""
    at, seen, name = item, item.get("seen", {}), ".".join(path)
    for place in [p for p in seen if p == name or p.startswith(f"{name}.") or name.startswith(f"{p}.")]:
        del seen[place]
    for group in path[:-1]:
        at = at.setdefault(group, {})
    _set(at, path[-1], value)


def _set(at: dict[str, Any], name: str, value: Any) -> None:
    if value is LEFT_OUT:
        at.pop(name, None)
    else:
        at[name] = value


def verdict_on(report: Report, id: str, kind: str | None = None) -> ComponentVerdict:
    """The verdict on a component."""
    return next(c for c in report.components if c.id == id and kind in (None, c.kind))


def rule_of(report: Report, id: str, kind: str | None = None) -> str | None:
    """The rule that decided on a component; None where no verdict was given."""
    return next((c.rule for c in report.components if c.id == id and kind in (None, c.kind)), None)


def outcomes(report: Report) -> dict[str, str]:
    """The outcome of each check."""
    return {r.check: r.outcome for r in report.results}
