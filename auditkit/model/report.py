"""The report: everything an audit found, frozen; what every format reads, and nothing else.

All shares lie between 0 and 1; gains are differences of shares; dates are days. `Report` round-trips
through JSON, and its JSON Schema comes from these classes.
"""

from datetime import date as Day
from typing import Literal

from pydantic import Field, model_validator

from auditkit.model.base import Basis, Frozen
from auditkit.model.coverage import Coverage as CodeCoverage
from auditkit.model.excerpts import Excerpt
from auditkit.model.facts import Engagement, Evidence, Gap, Stack, Waiver
from auditkit.model.receipts import Receipt

SCHEMA_VERSION = "1.0"

Decision = Literal["keep", "harden", "kill"]
Outcome = Literal["pass", "partial", "fail", "unknown", "not_applicable", "waived"]
Severity = Literal["critical", "high", "medium", "low"]
Effort = Literal["S", "M", "L"]
Act = Literal["remove", "replace by code", "give to a person", "take the action away", "do not use an agent",
              "stop the action now", "prove it"]
"""What a verdict asks for beyond its word; kill always names one of the first five."""


class Said(Frozen):
    """One fact that a finding rests on: which key of which component, its value in words, and its receipt.

    `derived`: AuditKit worked it out from facts with this receipt.
    """

    kind: str
    component: str
    key: str
    value: str
    receipt: Receipt
    derived: bool = False


class Finding(Frozen):
    """One check on one component. `component` is `system` for the workflow as a whole."""

    check: str
    kind: str
    component: str
    outcome: Outcome
    severity: Severity
    base_severity: Severity
    severity_reason: str | None = None
    confidence: Literal["high", "medium", "low"]
    title: str
    saw: tuple[Said, ...] = ()
    missing: tuple[str, ...] = ()
    note: str | None = None
    receipts: tuple[Receipt, ...] = ()


class Issue(Frozen):
    """All findings of one check that did not pass, as one row: one cause with all its places.

    `components` are those with the worst outcome; `of` counts the components that the check was asked of.
    `fix` is the id of the roadmap's fix that closes it; `excerpts` show what happens and why, where the code was read.
    """

    check: str
    outcome: Outcome
    severity: Severity
    severity_reason: str | None = None
    confidence: Literal["high", "medium", "low"]
    title: str
    components: tuple[str, ...]
    of: int
    fix: str | None = None
    status: Literal["open", "waived"] = "open"
    proof: bool = False
    receipts: tuple[Receipt, ...] = ()
    bases: tuple[Basis, ...] = ()
    excerpts: tuple[Excerpt, ...] = Field(default=(), max_length=2)


class CheckText(Frozen):
    """The words of a check, so that a report can be read without its checklist."""

    id: str
    name: str
    short: str
    pillar: str
    about: str
    severity: Severity
    proof: bool = False
    question: str
    why: str
    asked_of: str
    passes: str
    partial: str
    fails: str
    fix_title: str
    fix: tuple[str, ...]
    kind_of_work: str
    topic: str
    done_when: str
    effort: Effort
    relates_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    origin: tuple[str, ...] = ()


class ChecklistUsed(Frozen):
    """Which checklist was used, and its texts."""

    name: str
    version: str
    hash: str
    title: str
    lens: str | None = None
    pillars: tuple[str, ...]
    checks: tuple[CheckText, ...]


class CheckResult(Frozen):
    """One check over the whole workflow: the worst outcome among its components."""

    check: str
    pillar: str
    outcome: Outcome
    severity: Severity
    basis: Basis | None = None
    counts: dict[str, int] = {}
    reason: str | None = None


class Verdict(Frozen):
    """The decision on the whole workflow, the rule that fired (B4), and because of which findings."""

    decision: Decision
    rule: str
    act: Act | None = None
    pending: bool = False
    because: tuple[str, ...] = ()
    reason: str
    instead: tuple[str, ...] = ()
    switch_off: tuple[str, ...] = ()


class ComponentVerdict(Frozen):
    """The decision on one component, the rule that fired (B3), and because of which findings.

    `pending`: a kill that lacks a hard receipt; printed as "kill, pending evidence", counted as harden.
    """

    kind: str
    id: str
    name: str
    decision: Decision
    act: Act | None = None
    pending: bool = False
    rule: str
    because: tuple[str, ...] = ()
    reason: str
    gain_success: float | None = None


class Conflict(Frozen):
    """Receipts that disagree on one key; which one won, and why."""

    id: str
    kind: str
    component: str
    key: str
    check: str | None = None
    severity: Severity
    title: str
    statements: tuple[Said, ...]
    wins: str
    why: str


class Estimate(Frozen):
    """A share at the stated rates (`point`), the 5 and 95 % of the draws, and what it rests on."""

    point: float
    low: float
    high: float
    basis: Basis


class Scenario(Frozen):
    """Where runs end."""

    success: Estimate
    caught: Estimate
    silent: Estimate
    scripted: float = 0.0
    hung: float = 0.0
    caught_by: dict[str, float] = {}
    expected_steps: float = 0.0


class Stage(Frozen):
    """Where runs end once the fixes up to this one have landed."""

    fix: str | None
    title: str
    scenario: Scenario


class StepReliability(Frozen):
    """One step: its rate, one visit to it now and hardened, and what changing it is worth."""

    id: str
    name: str
    decider: str | None
    point: float
    low: float
    high: float
    basis: Basis
    n: int | None = None
    detect: float
    checkpoint: float
    retries: int
    ok: float
    caught: float
    silent: float
    hardened_ok: float
    hardened_caught: float
    hardened_silent: float
    becomes: Literal["same", "code", "gone"] = "same"
    visits: float
    gain_if_removed: float
    gain_if_fixed: float
    required: float | None = None


class CurvePoint(Frozen):
    """The share of runs still right after a step, now and hardened."""

    step: str
    now: float
    low: float
    high: float
    hardened: float


class PassK(Frozen):
    """The chance that k runs of one task all end right, as observed or by beta-binomial."""

    k: int
    value: float
    basis: Literal["observed", "beta-binomial"]


class Measured(Frozen):
    """A share that was counted end to end, with its exact bounds (one-sided 95 % each)."""

    successes: int
    runs: int
    point: float
    low: float
    high: float
    source: str


class Convention(Frozen):
    """A number that is ours, not measured; printed with that word."""

    name: str
    value: str
    used: bool = True


class Reliability(Frozen):
    """How often runs end right, end caught, or fail silently; as is and hardened.

    `stated` is false when nobody stated or measured a single rate: then formats print no percentages.
    """

    stated: bool
    as_is: Scenario
    hardened: Scenario
    stages: tuple[Stage, ...] = ()
    steps: tuple[StepReliability, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
    required_per_step: float | None = None
    step_budget: int | None = None
    target_success: float
    max_silent: float
    targets_basis: Literal["stated", "convention"]
    end_to_end: Measured | None = None
    end_to_end_silent: Measured | None = None
    pass_k: tuple[PassK, ...] = ()
    draws: int
    seed: int
    shared: float
    loss_now: float | None = None
    loss_hardened: float | None = None
    currency: str | None = None
    assumptions: tuple[str, ...] = ()
    conventions: tuple[Convention, ...] = ()


class PillarScore(Frozen):
    """The score of one pillar."""

    pillar: str
    shown: float | None
    raw: float | None
    high: float | None
    cap: float | None = None
    passed: int
    of: int


class Score(Frozen):
    """The assured score: unknown counts as 0 in `raw` and as 1 in `high`; `shown` is raw under the cap."""

    shown: float
    raw: float
    high: float
    cap: float | None = None
    capped_by: tuple[str, ...] = ()
    band: str
    pillars: tuple[PillarScore, ...] = ()


class Assurance(Frozen):
    """What the results rest on: shares of the applicable weight, and the letter (A1 to A4)."""

    letter: Literal["A1", "A2", "A3", "A4"]
    measured: float
    inspected: float
    declared: float
    unknown: float
    because: str


class Coverage(Frozen):
    """How many checks were decided, and what was looked at."""

    checks: int
    decided: int
    unknown: int
    not_applicable: int
    provisional: bool
    """Some critical or high check is not known."""


class Fix(Frozen):
    """One line of the roadmap; gains are marginal in this order (None: not computed)."""

    id: str
    title: str
    closes: tuple[str, ...]
    components: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    effort: Effort
    kind_of_work: str
    topic: str
    order: int
    before_launch: bool
    gain_success: float | None = None
    gain_silent: float | None = None
    owner: str | None = None
    due: Day | None = None


class Works(Frozen):
    """A control that was found working, and must survive the repairs."""

    check: str
    title: str
    components: tuple[str, ...]
    basis: Basis
    receipts: tuple[Receipt, ...] = ()


class WaiverStatus(Frozen):
    """An accepted risk, and where it stands on the day of the audit."""

    waiver: Waiver
    status: Literal["active", "expiring", "expired", "orphaned", "refused"]
    days_left: int | None = None
    reason: str


class Problem(Frozen):
    """What is wrong with the audit itself (not with the agent)."""

    group: Literal["Evidence", "Waivers", "Answers", "Dates", "Steps", "Text"]
    level: Literal["error", "warning"]
    path: str
    line: int
    text: str


class Proof(Frozen):
    """What turns a "keep, prove it" into a keep."""

    title: str
    check: str
    detail: str | None = None


class Tool(Frozen):
    """What made the report."""

    name: str = "AuditKit"
    version: str


class Report(Frozen):
    """All of an audit."""

    schema_version: str = SCHEMA_VERSION
    tool: Tool
    date: Day
    again_by: Day
    title: str
    noun: str = Field(default="runs", description="What runs are called, plural.")
    status: Literal["draft", "final"] = "draft"
    engagement: Engagement
    stack: Stack
    checklist: ChecklistUsed
    verdict: Verdict
    components: tuple[ComponentVerdict, ...]
    findings: tuple[Finding, ...]
    issues: tuple[Issue, ...]
    results: tuple[CheckResult, ...]
    conflicts: tuple[Conflict, ...]
    reliability: Reliability
    score: Score
    assurance: Assurance
    coverage: Coverage
    roadmap: tuple[Fix, ...]
    proofs: tuple[Proof, ...] = ()
    works: tuple[Works, ...] = ()
    waivers: tuple[WaiverStatus, ...] = ()
    problems: tuple[Problem, ...] = ()
    gaps: tuple[Gap, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    inspection: CodeCoverage | None = Field(default=None, description="What was read of the code, where there was code.")

    @model_validator(mode="after")
    def _whole(self) -> "Report":
        """Every check that is named has its words; in a damaged file it may not."""
        known = {c.id for c in self.checklist.checks}
        named = {r.check for r in self.results} | {i.check for i in self.issues} | {f.check for f in self.findings}
        if named - known:
            raise ValueError(f"no words for the checks {', '.join(sorted(named - known)[:5])}")
        return self

    def check(self, id: str) -> CheckText:
        """The words of a check. Raises KeyError when the checklist has no such check."""
        for check in self.checklist.checks:
            if check.id == id:
                return check
        raise KeyError(id)
