"""Checks and checklists as data: what is asked, of what, what passes, and what to do when it does not."""

from __future__ import annotations

from typing import Any, Literal

from auditkit.checklist.conditions import Both, Condition
from auditkit.model.base import Frozen

Severity = Literal["critical", "high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")
WEIGHTS: dict[str, float] = {"critical": 10, "high": 7.5, "medium": 5, "low": 2.5}
"""Convention, after the weights of OpenSSF Scorecard."""

OUTCOMES = ("pass", "partial", "fail", "unknown")
Topic = Literal["map", "state", "branches", "knowledge", "monitoring", "gates"]
TOPICS: tuple[Topic, ...] = ("map", "state", "branches", "knowledge", "monitoring", "gates")
"""The order in which work is done: first what everything else rests on."""


class Criteria(Frozen):
    """What each outcome means, in words."""

    passes: str
    partial: str
    fails: str


class Maps(Frozen):
    """What a check relates to elsewhere; "relates to", never "complies with"."""

    owasp_asi: tuple[str, ...] = ()
    owasp_llm: tuple[str, ...] = ()
    nist_ai_rmf: tuple[str, ...] = ()
    eu_ai_act: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


class Origin(Frozen):
    """Which commitment a check comes from, in our words."""

    source: str
    says: str


class Check(Frozen):
    """One check. `name` is the bad pattern; `says` holds the titles a finding gets."""

    id: str
    name: str
    short: str
    pillar: str
    about: str
    severity: Severity
    rationale: str
    proof: bool = False
    question: str
    why: str
    when: Condition = Both()
    asked_of: str
    passes: Condition
    partial: Condition | None = None
    criteria: Criteria
    says: dict[str, str]
    fix_title: str
    fix: tuple[str, ...]
    kind_of_work: Literal["quick win", "configuration", "redesign", "remove"]
    topic: Topic
    done_when: str
    effort: Literal["S", "M", "L"]
    evidence: dict[str, str] = {}
    moves: str | None = None
    references: tuple[str, ...] = ()
    maps: Maps = Maps()
    origin: tuple[Origin, ...] = ()
    examples: dict[str, dict[str, Any]] = {}
    line: int = 0


class Checklist(Frozen):
    """A named, versioned list of checks; `sha256` is of the file as read."""

    name: str
    version: str
    title: str
    pillars: tuple[str, ...]
    checks: tuple[Check, ...]
    sha256: str
    path: str = ""
    lens: str | None = None

    def check(self, id: str) -> Check | None:
        """The check with this id, or None."""
        return next((c for c in self.checks if c.id == id), None)


LENSES: dict[str, tuple[str, ...]] = {
    "owasp-asi": ("owasp_asi",), "owasp-llm": ("owasp_llm",), "nist-ai-rmf": ("nist_ai_rmf",),
    "eu-ai-act": ("eu_ai_act",), "aws-agentic": ("other:AWS",), "mast": ("other:MAST",),
}
"""A lens is a filter over the same checks by the map they carry."""


def through(checklist: Checklist, lens: str) -> Checklist:
    """The checklist seen through a lens. Raises KeyError for an unknown lens."""
    fields = LENSES[lens]
    kept = tuple(check for check in checklist.checks if _has(check, fields))
    return checklist.model_copy(update={"checks": kept, "lens": lens})


def _has(check: Check, fields: tuple[str, ...]) -> bool:
    for field in fields:
        name, _, prefix = field.partition(":")
        if any(entry.startswith(prefix) for entry in getattr(check.maps, name)):
            return True
    return False
