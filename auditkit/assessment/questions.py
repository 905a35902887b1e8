"""What is worth asking: the keys behind unknown critical and high findings, heaviest first, once each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from auditkit.model.facts import THE_SYSTEM, Ref, Stack
from auditkit.model.keys import keys
from auditkit.model.report import Finding, Report

MOST = 8
"""So many questions a component; the rest is asked when these are answered."""

BEHIND: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("step", "cycle"): (("step", "loop.bound"),),
    ("step", "untrusted_path"): (("step", "untrusted_input"),),
    ("step", "state_ok"): (("step", "reads_state"),),
    ("action", "weighty"): (("action", "effect"), ("action", "reversible")),
    ("action", "ungated"): (("action", "gate"), ("action", "reversible")),
    ("action", "repeated"): (("action", "idempotent_key"),),
    ("integration", "repeats"): (("integration", "idempotency"),),
    ("integration", "time_limited"): (("integration", "timeout"),),
    ("knowledge", "age"): (("knowledge", "max_age_days"), ("knowledge", "last_reviewed")),
    ("gate", "rubber_stamp"): (("gate", "seeded_catch_rate"),),
    ("system", "computed.weighty"): (("system", "fit.domain_weight"), ("action", "effect")),
    ("system", "computed.writes"): (("action", "effect"),),
    ("system", "computed.code_steps_possible"): (("step", "rule_known"),),
    ("system", "computed.model_steps"): (("step", "decider"),),
    ("system", "computed.success_level"): (("step", "success"),),
    ("system", "computed.silent_level"): (("step", "detect"),),
    ("system", "computed.weighty_control"): (("action", "gate"), ("system", "fit.person_decides")),
}
"""The keys that people can answer behind those that are computed."""

FOR_MODELS = frozenset(("rule_known", "success", "detect"))
"""Asked of the steps that a model decides, and of no others."""


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
            for ref, key in _keys(report.stack, finding):
                if (ref, key) not in found and report.stack.known(ref, key) is None and count.get(ref, 0) < MOST:
                    count[ref] = count.get(ref, 0) + 1
                    found[ref, key] = Open(ref, key, keys(ref.kind)[key].doc, finding.check, severity)
    return tuple(found.values())


def _keys(stack: Stack, finding: Finding) -> Iterator[tuple[Ref, str]]:
    own = Ref(finding.kind, finding.component)
    for blank in finding.missing:
        for ref, key in _of(stack, own, blank):
            form = keys(ref.kind)[key]
            if not form.derived:
                yield ref, key
                continue
            for kind, name in BEHIND.get((ref.kind, key), ()):
                if kind == ref.kind:
                    yield ref, name
                    continue
                for other in (THE_SYSTEM,) if kind == "system" else stack.by_kind[kind]:
                    if name not in FOR_MODELS or stack.value(other, "decider") in ("model", None):
                        yield other, name


def _of(stack: Stack, own: Ref, blank: str) -> Iterator[tuple[Ref, str]]:
    """The component and key that a finding's blank names: its own, the system's, or `id.key` of another."""
    for ref in (own, THE_SYSTEM):
        if blank in keys(ref.kind):
            yield ref, blank
            return
    id, _, key = blank.partition(".")
    for refs in stack.by_kind.values():
        for ref in refs:
            if ref.id == id and key in keys(ref.kind):
                yield ref, key
                return
