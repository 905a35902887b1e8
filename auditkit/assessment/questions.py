"""What is worth asking: the keys behind unknown critical and high findings, heaviest first, once each."""

from __future__ import annotations

from typing import NamedTuple

from auditkit.model.behind import keys_behind
from auditkit.model.facts import Ref
from auditkit.model.keys import keys
from auditkit.model.report import Report

MOST = 8
"""So many questions a component; the rest is asked when these are answered."""


class Open(NamedTuple):
    """A key that is not known: of which component, what it says, and the heaviest check that wants to know."""

    ref: Ref
    key: str
    text: str
    check: str
    severity: str


def open_keys(report: Report) -> tuple[Open, ...]:
    """The keys that unknown critical and high findings wait for, heaviest first."""
    found: dict[tuple[Ref, str], Open] = {}
    count: dict[Ref, int] = {}
    for severity in ("critical", "high"):
        for finding in report.findings:
            if finding.outcome != "unknown" or finding.severity != severity:
                continue
            for ref, key in keys_behind(report.stack, finding):
                if (ref, key) not in found and report.stack.known(ref, key) is None and count.get(ref, 0) < MOST:
                    count[ref] = count.get(ref, 0) + 1
                    found[ref, key] = Open(ref, key, keys(ref.kind)[key].doc, finding.check, severity)
    return tuple(found.values())
