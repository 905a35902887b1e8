"""The keys that people can answer behind what an undecided finding misses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditkit.model.facts import THE_SYSTEM, Ref, Stack
from auditkit.model.keys import keys
from auditkit.model.report import Finding

BEHIND: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("step", "cycle"): (("step", "loop.bound"),),
    ("step", "untrusted_path"): (("step", "untrusted_input"),),
    ("step", "state_ok"): (("step", "reads_state"),),
    ("step", "needed"): (("step", "required"),),
    ("step", "leads_to_write"): (("action", "effect"),),
    ("action", "weighty"): (("action", "effect"), ("action", "reversible")),
    ("action", "ungated"): (("action", "gate"), ("action", "reversible")),
    ("action", "repeated"): (("action", "idempotent_key"),),
    ("integration", "repeats"): (("integration", "idempotency"),),
    ("integration", "time_limited"): (("integration", "timeout"),),
    ("knowledge", "age"): (("knowledge", "max_age_days"), ("knowledge", "last_reviewed")),
    ("knowledge", "feeds"): (("step", "knowledge"), ("action", "effect")),
    ("store", "duplicates"): (("store", "holds"),),
    ("gate", "rubber_stamp"): (("gate", "seeded_catch_rate"),),
    ("eval", "age"): (("eval", "last_run"),),
    ("eval", "supports_claim"): (("eval", "size"),),
    ("system", "computed.weighty"): (("system", "fit.domain_weight"), ("action", "effect")),
    ("system", "computed.writes"): (("action", "effect"),),
    ("system", "computed.code_steps_possible"): (("step", "rule_known"),),
    ("system", "computed.model_steps"): (("step", "decider"),),
    ("system", "computed.measured_steps"): (("step", "success"),),
    ("system", "computed.unchecked_run"): (("step", "validation.kind"),),
    ("system", "computed.success_level"): (("step", "success"),),
    ("system", "computed.silent_level"): (("step", "detect"),),
    ("system", "computed.volatile_facts"): (("step", "writes_state"), ("step", "reads_state"), ("store", "durable")),
    ("system", "computed.replay_safe"): (("action", "idempotent_key"),),
    ("system", "computed.weighty_control"): (("action", "gate"), ("system", "fit.person_decides")),
}
"""The keys that people can answer behind those that are computed."""

FOR_MODELS = frozenset(("rule_known", "success", "detect", "validation.kind"))
"""Asked of the steps that a model decides, and of no others."""


def keys_behind(stack: Stack, finding: Finding) -> Iterator[tuple[Ref, str]]:
    """The components and keys whose answers would decide a finding, as far as its blanks tell."""
    yield from plain_keys(stack, Ref(finding.kind, finding.component), finding.missing)


def plain_keys(stack: Stack, own: Ref, blanks: Iterable[str]) -> Iterator[tuple[Ref, str]]:
    """The components and keys that people can answer behind what is not known about a component."""
    for blank in blanks:
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
    """The component and key that a blank names: its own, the system's, a part of a record, or `id.key` of another."""
    for ref in (own, THE_SYSTEM):
        if blank in keys(ref.kind):
            yield ref, blank
            return
    head, _, rest = blank.partition(".")
    if head in keys(own.kind):      # a part of a record: failure_branches.trigger_in
        yield own, head
        return
    for refs in stack.by_kind.values():
        for ref in refs:
            if ref.id == head and rest.partition(".")[0] in keys(ref.kind) and rest not in keys(ref.kind):
                yield ref, rest.partition(".")[0]
                return
            if ref.id == head and rest in keys(ref.kind):
                yield ref, rest
                return
