"""What a verdict may read beside the stack: findings by place, numbers, and the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from auditkit.assessment.chances import Chance
from auditkit.assessment.derived import Scene
from auditkit.assessment.outlook import Draws, visit_interval
from auditkit.checklist.checks import Check
from auditkit.model.facts import Known, Ref
from auditkit.model.report import CheckResult, Finding, Measured, Scenario

SERIOUS = frozenset({"critical", "high"})
NOT_FINE = frozenset({"fail", "partial", "unknown"})
"""An unknown critical or high check means "find out": never fine."""


@dataclass(frozen=True)
class StepNumbers:
    """What the maths says of one step: its floor, and its worth."""

    required: float
    gain: float
    rank: int
    """1 for the step whose removal is worth most."""


@dataclass(frozen=True)
class Numbers:
    """What the maths says of the whole."""

    stated: bool
    target: float
    max_silent: float
    targets_stated: bool
    as_is: Scenario
    steps: Mapping[str, StepNumbers]
    chances: tuple[Chance, ...]
    end_to_end: Measured | None
    end_to_end_silent: Measured | None
    draws: Draws | None = None
    """As the workflow stands."""
    hardened: Draws | None = None
    """After every fix; None where no fix changes a number."""

    def low(self, step: str) -> float:
        """The lower bound of one visit to a step ending right; worked out when asked for, since few rules ask."""
        assert self.draws is not None
        return visit_interval(self.draws, self.place[step])[0]

    def best(self, step: str) -> float:
        """The upper bound of one visit to a step ending right, after every fix."""
        draws = self.hardened or self.draws
        assert draws is not None
        return visit_interval(draws, self.place[step])[1]

    @cached_property
    def place(self) -> Mapping[str, int]:
        """The position of each step."""
        return {x.id: i for i, x in enumerate(self.chances)}

    @property
    def success_low(self) -> float:
        """The lower bound that decides: counted end to end where there are enough runs, else the chain's."""
        return self.end_to_end.low if self.end_to_end else self.as_is.success.low

    @property
    def silent_high(self) -> float:
        """The upper bound that decides for silent failures."""
        return self.end_to_end_silent.high if self.end_to_end_silent else self.as_is.silent.high


@dataclass(frozen=True)
class Case:
    """Everything a verdict reads."""

    scene: Scene
    """With all derived facts in its world."""
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    results: tuple[CheckResult, ...]
    numbers: Numbers

    @cached_property
    def by_place(self) -> Mapping[Ref, Sequence[Finding]]:
        """Findings by component."""
        table: dict[Ref, list[Finding]] = {}
        for finding in self.findings:
            table.setdefault(Ref(finding.kind, finding.component), []).append(finding)
        return table

    @cached_property
    def proofs(self) -> frozenset[str]:
        """The checks that ask whether reliability is known, not whether the workflow is protected."""
        return frozenset(c.id for c in self.checks if c.proof)

    @cached_property
    def chance(self) -> Mapping[str, Chance]:
        """What is known of each step's numbers, by step."""
        return {x.id: x for x in self.numbers.chances}

    @cached_property
    def outcome(self) -> Mapping[str, CheckResult]:
        """Results by check."""
        return {r.check: r for r in self.results}

    def get(self, ref: Ref, key: str) -> object:
        """The value of a key, stated or derived."""
        return self.scene.world.value(ref, key)

    def known(self, ref: Ref, key: str) -> Known | None:
        """What is known of a key."""
        return self.scene.world.known(ref, key)

    def serious(self, *refs: Ref) -> list[Finding]:
        """Open critical and high findings bound to some components, proof checks aside; worst first."""
        found = [f for ref in refs for f in self.by_place.get(ref, ())
                 if f.outcome in NOT_FINE and f.severity in SERIOUS and f.check not in self.proofs]
        return sorted(found, key=lambda f: (f.severity != "critical", f.outcome == "unknown", f.outcome == "partial"))

    def failed(self, *refs: Ref) -> list[Finding]:
        """Failed findings of any severity bound to some components."""
        return [f for ref in refs for f in self.by_place.get(ref, ()) if f.outcome == "fail"]

    def hard(self, *places: tuple[Ref, str]) -> bool:
        """Whether a kill may rest on these facts: one inspected or measured, or two declared ones."""
        known = [k for k in (self.known(ref, key) for ref, key in dict.fromkeys(places)) if k is not None]
        return len(known) >= 2 or any(k.basis in ("inspected", "measured") for k in known)
