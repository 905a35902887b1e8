"""Conflicts: receipts that disagree. The strongest one speaks, and the disagreement is a finding of its own."""

from __future__ import annotations

from collections.abc import Iterator

from auditkit.assessment.derived import Scene
from auditkit.assessment.evidence import Numbers
from auditkit.assessment.findings import in_words
from auditkit.assessment.world import StackWorld
from auditkit.checklist.checks import SEVERITIES, Check
from auditkit.model.base import STRENGTH
from auditkit.model.facts import EMPTY, THE_SYSTEM, Fact, Ref
from auditkit.model.keys import keys
from auditkit.model.receipts import Measured
from auditkit.model.report import Conflict, Finding, Said, Severity
from auditkit.model.report import Measured as Counted
from auditkit.model.vocabulary import Rate
from auditkit.reliability import clopper_pearson, contradicts, measured

LABELS = frozenset({"name", "purpose", "symbol", "rule"})
"""Keys that are only words: two names are no disagreement."""


def conflicts(scene: Scene, checks: tuple[Check, ...], findings: tuple[Finding, ...]) -> tuple[Conflict, ...]:
    """Every key on which facts disagree: values that differ, and rates outside what was counted."""
    found: list[Conflict] = []
    for ref, table in scene.world.stack.index.items():
        for key, facts in table.items():
            if len(facts) > 1 and key not in LABELS and not keys(ref.kind)[key].many:
                found += _of_key(scene.world, ref, key, facts, checks, findings)
    return tuple(found)


def _of_key(world: StackWorld, ref: Ref, key: str, facts: tuple[Fact, ...], checks: tuple[Check, ...],
            findings: tuple[Finding, ...]) -> Iterator[Conflict]:
    if any(isinstance(f.value, Rate) for f in facts):
        yield from _rates(world, ref, key, facts)
        return
    values = dict.fromkeys(f.value for f in facts if f.value != EMPTY)
    if len(values) < 2:
        return
    speaks = world.known(ref, key)
    assert speaks is not None
    check = _reader(key, ref, checks, findings)
    title = f"{world.stack.title(ref)}: sources disagree on {key.replace('_', ' ')}"
    yield Conflict(id=f"CNF-{check.id}" if check else "CNF", kind=ref.kind, component=ref.id, key=key,
                   check=check.id if check else None, severity=_severity(world, ref, check), title=title,
                   statements=_statements(ref, key, facts), wins=in_words(speaks.value),
                   why=f"{speaks.basis} evidence is the strongest here")


def _rates(world: StackWorld, ref: Ref, key: str, facts: tuple[Fact, ...]) -> Iterator[Conflict]:
    """A declared rate that the counts rule out; it is dropped, not averaged."""
    counts = [f for f in facts if isinstance(f.receipt, Measured) and f.value.runs]
    claims = [f for f in facts if not isinstance(f.receipt, Measured) and f.value.value is not None]
    if not counts or not claims:
        return
    successes, runs = sum(f.value.successes or 0 for f in counts), sum(f.value.runs for f in counts)
    low, high = clopper_pearson(successes, runs, 0.025)
    for claim in claims:
        share = claim.value.value
        too_high = contradicts(share, measured(successes, runs))
        too_low = contradicts(1 - share, measured(runs - successes, runs))
        if too_high or too_low:
            yield Conflict(
                id="CNF-WFL-05", kind=ref.kind, component=ref.id, key=key, check="WFL-05", severity="high",
                title=f"{world.stack.title(ref)}: declared {share:.0%}, counted {successes} of {runs}",
                statements=_statements(ref, key, (*claims, *counts)), wins=f"{successes} of {runs}",
                why=f"the counted rate lies in {low:.1%} to {high:.1%} (95%); the declared one is dropped, not averaged")


def chain_against_counts(numbers: Numbers, scene: Scene) -> tuple[Conflict, ...]:
    """The chain against what was counted end to end: outside the 95 % interval, the count decides."""
    if not numbers.chances:
        return ()
    as_is = numbers.as_is
    pairs = ((as_is.success.point, numbers.end_to_end, "outcomes.success", "WFL-02", "end right"),
             (as_is.silent.point, numbers.end_to_end_silent, "outcomes.silent", "WFL-03", "fail unnoticed"))
    return tuple(conflict for share, counted, key, check, words in pairs if counted is not None
                 for conflict in _against(share, counted, key, check, words, scene))


def _against(share: float, counted: Counted, key: str, check: str, words: str, scene: Scene) -> Iterator[Conflict]:
    low, high = clopper_pearson(counted.successes, counted.runs, 0.025)
    if low <= share <= high:
        return
    known = scene.world.known(THE_SYSTEM, key)
    count = f"{counted.successes:,} of {counted.runs:,}"
    statements = tuple(Said(kind="system", component="system", key=key, value=count, receipt=r)
                       for r in (known.receipts if known else ()))
    yield Conflict(
        id=f"CNF-{check}", kind="system", component="system", key=key, check=check, severity="high",
        title=f"By its steps {share:.1%} of runs {words}; {counted.point:.1%} were counted", statements=statements, wins=count,
        why=f"the counted rate lies in {low:.1%} to {high:.1%} (95%); the chain explains, the count decides")


def _statements(ref: Ref, key: str, facts: tuple[Fact, ...]) -> tuple[Said, ...]:
    ordered = sorted(facts, key=lambda f: -STRENGTH[f.receipt.basis])
    return tuple(Said(kind=ref.kind, component=ref.id, key=key, value=in_words(f.value), receipt=f.receipt) for f in ordered)


def _reader(key: str, ref: Ref, checks: tuple[Check, ...], findings: tuple[Finding, ...]) -> Check | None:
    """The heaviest check that read this key of this component."""
    ids = {f.check for f in findings if any(s.key == key and s.component == ref.id for s in f.saw)}
    own = [c for c in checks if c.id in ids]
    return min(own, key=lambda c: SEVERITIES.index(c.severity), default=None)


def _severity(world: StackWorld, ref: Ref, check: Check | None) -> Severity:
    """The check's, and at least high where something consequential hangs on it."""
    base = check.severity if check else "medium"
    weight = world.value(ref, "consequential") is True or world.value(ref, "leads_to_write") is True or ref.kind == "gate"
    return base if SEVERITIES.index(base) <= SEVERITIES.index("high") or not weight else "high"
