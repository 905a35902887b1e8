"""Verdicts on components: table B3 of the method, one function a row, first match wins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from auditkit.assessment.derived import all_of, is_gated
from auditkit.assessment.evidence import Case
from auditkit.model.facts import Ref
from auditkit.model.report import Act, ComponentVerdict, Decision, Finding
from auditkit.model.vocabulary import NONE
from auditkit.reliability import window_size

MONTH_WEEKS = 4
DROP = 0.05
"""The fall that a monitor must be able to see within a month (convention)."""


@dataclass(frozen=True)
class Call:
    """What a rule says of a component when it fires."""

    rule: str
    decision: Decision
    reason: str
    act: Act | None = None
    because: tuple[str, ...] = ()
    gain: float | None = None
    pending: bool = False


Rule = Callable[[Case, Ref], Call | None]


def verdicts(case: Case) -> tuple[ComponentVerdict, ...]:
    """One verdict for each step, integration, knowledge source, gate and monitor; for an action where S3 fires."""
    found = []
    for kind, rules in RULES.items():
        for ref in case.scene.refs(kind):
            call = next((c for c in (rule(case, ref) for rule in rules) if c is not None), None)
            if call is not None:
                found.append(_verdict(case, ref, call))
    return tuple(found)


def _verdict(case: Case, ref: Ref, call: Call) -> ComponentVerdict:
    decision: Decision = "harden" if call.pending else call.decision
    return ComponentVerdict(kind=ref.kind, id=ref.id, name=case.scene.world.stack.title(ref), decision=decision,
                            act=call.act, pending=call.pending, rule=call.rule, because=call.because,
                            reason=call.reason, gain_success=call.gain)


def _kill(rule: str, act: Act, reason: str, hard: bool, because: tuple[str, ...] = (), gain: float | None = None) -> Call:
    """A kill is rare and argued: without a hard receipt it waits for evidence."""
    return Call(rule, "kill", reason, act, because, gain, pending=not hard)


def _names(findings: list[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{f.check}@{f.component}" for f in findings))


def _only_declared(case: Case, ref: Ref) -> bool:
    """Whether everything known of a component is somebody's word."""
    facts = case.scene.world.stack.index.get(ref, {})
    return not any(f.receipt.basis in ("inspected", "measured") for rows in facts.values() for f in rows)


# Steps -----------------------------------------------------------------------------------------------------

def step_unneeded(case: Case, ref: Ref) -> Call | None:
    """S1: nobody reads its output and the outcome does not need it."""
    if case.get(ref, "needed") is not False:
        return None
    gain = case.numbers.steps[ref.id].gain
    return _kill("S1", "remove", "Nothing reads its output and the outcome does not need it.",
                 case.hard((ref, "required"), (ref, "output_read"), (ref, "writes_state")), gain=gain)


def step_is_a_rule(case: Case, ref: Ref) -> Call | None:
    """S2: a model decides what a rule could, and it matters."""
    if case.get(ref, "decider") != "model" or case.get(ref, "rule_known") is not True:
        return None
    numbers = case.numbers.steps[ref.id]
    matters = case.get(ref, "reach") in ("reversible", "irreversible")
    if not (matters or numbers.rank <= 3 or case.numbers.low(ref.id) < numbers.required):
        return None
    rule = case.get(ref, "rule")
    reason = _sentence(str(rule)) if rule else "A rule can decide this; no model is needed."
    return _kill("S2", "replace by code", reason, case.hard((ref, "decider"), (ref, "rule_known")), gain=numbers.gain)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def action_beyond_control(case: Case, ref: Ref) -> Call | None:
    """S3: irreversible, no gate possible, and no coded limit that bounds the loss."""
    if case.get(ref, "reversible") != "no" or case.get(ref, "gate_possible") is not False:
        return None
    if case.get(ref, "limit.scope") != NONE or is_gated(case.scene, ref) is not False:
        return None
    return _kill("S3", "take the action away",
                 "It cannot be undone, nobody can approve it in time, and no limit bounds the loss.",
                 case.hard((ref, "reversible"), (ref, "gate_possible"), (ref, "gate")))


def step_beyond_control(case: Case, ref: Ref) -> Call | None:
    """S3 on a step: it does an action that must be taken away from it."""
    for action in case.scene.actions_of.get(ref.id, ()):
        if case.get(action, "decided_by") != "code":
            call = action_beyond_control(case, action)
            if call is not None:
                return call
    return None


def step_out_of_reach(case: Case, ref: Ref) -> Call | None:
    """S4: even with every listed fix its best is under the floor, and no way out can absorb that."""
    if not (case.numbers.stated and case.numbers.targets_stated):
        return None
    if case.get(ref, "absorbed") is not False or case.get(ref, "decider") != "model":
        return None
    required, best = case.numbers.steps[ref.id].required, case.numbers.best(ref.id)
    if best >= required:
        return None
    return _kill("S4", "give to a person",
                 f"It needs {required:.1%} and reaches {best:.1%} at best, after every fix.",
                 case.hard((ref, "absorbed"), (ref, "success"), (ref, "after_fix")))


def step_weak(case: Case, ref: Ref) -> Call | None:
    """S5: an open critical or high finding, a rate under its floor, or a model's decision with no way out."""
    found = case.serious(ref, *case.scene.actions_of.get(ref.id, ()))
    if found:
        return Call("S5", "harden", found[0].title, because=_names(found))
    required = case.numbers.steps[ref.id].required
    if case.numbers.stated and (low := case.numbers.low(ref.id)) < required:
        return Call("S5", "harden", f"It must be right {required:.1%} of the time; its lower bound is {low:.0%}.",
                    because=("WFL-02@system",))
    if case.get(ref, "decider") == "model" and case.get(ref, "failure_branches") in (None, ()):
        return Call("S5", "harden", "When it is not sure it has no way out.", because=(f"BRN-01@{ref.id}",))
    return None


def step_unproved(case: Case, ref: Ref) -> Call | None:
    """S6: nothing open, above its floor, but nobody counted."""
    chance = case.chance[ref.id]
    if chance.basis == "measured":
        return None
    return Call("S6", "keep", "Nothing above medium is open; its rate is stated, not counted.", "prove it")


def step_sound(case: Case, ref: Ref) -> Call | None:
    """S7: otherwise."""
    chance = case.chance[ref.id]
    return Call("S7", "keep", f"Counted right in {chance.point:.1%} of {chance.n:,} runs.")


# Integrations ----------------------------------------------------------------------------------------------

def integration_unused(case: Case, ref: Ref) -> Call | None:
    """I1: nothing uses it, or another one does the same."""
    twin = case.get(ref, "duplicate_of")
    if twin not in (None, NONE):
        return _kill("I1", "remove", f"It does the same as {twin}. Disconnect it and revoke its credential.",
                     case.hard((ref, "duplicate_of")))
    if case.get(ref, "used") is False:
        return _kill("I1", "remove", "Nothing uses it. Disconnect it and revoke its credential.",
                     case.hard((ref, "used")))
    return None


def integration_unsafe(case: Case, ref: Ref) -> Call | None:
    """I2: a write that can be sent twice, with no way to make the second one harmless."""
    if case.get(ref, "direction") in ("write", "both") and case.get(ref, "idempotency") == NONE \
            and case.get(ref, "key_possible") is False and case.get(ref, "repeats") is True:
        return _kill("I2", "take the action away",
                     "A write can be sent twice and the vendor offers no key. Let code with a ledger call it.",
                     case.hard((ref, "idempotency"), (ref, "key_possible"), (ref, "retry"), (ref, "retries.max")))
    return None


def integration_weak(case: Case, ref: Ref) -> Call | None:
    """I3: a control is missing, or a serious one is not known."""
    found = case.serious(ref) or case.failed(ref)
    if found:
        return Call("I3", "harden", found[0].title, because=_names(found))
    if case.get(ref, "scope") in ("admin", "broad"):
        return Call("I3", "harden", "Its credential may do more than the workflow needs.")
    return None


def integration_sound(case: Case, ref: Ref) -> Call | None:
    """I4: otherwise."""
    if _only_declared(case, ref):
        return Call("I4", "keep", "Its controls are declared, not yet seen.", "prove it")
    return Call("I4", "keep", "Its controls were seen.")


# Knowledge -------------------------------------------------------------------------------------------------

def knowledge_dangerous(case: Case, ref: Ref) -> Call | None:
    """K1: it feeds an action, and it is ownerless and stale, or outsiders can write to it."""
    if case.get(ref, "feeds") not in ("actions", "irreversible"):
        return None
    stale = case.get(ref, "age") in ("overdue", "unlimited")
    if case.get(ref, "owner") == NONE and (stale or case.get(ref, "last_reviewed") is None):
        age = "it is out of date" if stale else "nobody knows how old it is"
        facts = ((ref, "owner"), (ref, "age")) if stale else ((ref, "owner"),)
        return _kill("K1", "remove", f"It has no owner, {age}, and it feeds an action.", case.hard(*facts), ("KNW-01@" + ref.id,))
    if case.get(ref, "write_access") == "anyone":
        return _kill("K1", "remove", "Anyone can write to it, and it feeds an action.",
                     case.hard((ref, "write_access"), (ref, "feeds")), ("KNW-06@" + ref.id,))
    return None


def knowledge_unread(case: Case, ref: Ref) -> Call | None:
    """K2: nothing read it in 90 days."""
    if case.get(ref, "retrieved_90d") is not False:
        return None
    return _kill("K2", "remove", "Nothing read it in 90 days.", case.hard((ref, "retrieved_90d"),
                 *([(ref, "feeds")] if case.get(ref, "feeds") == "nothing" else [])))


def knowledge_weak(case: Case, ref: Ref) -> Call | None:
    """K3: owner, age limit, version or conflict rule is missing, or a serious check is not known."""
    found = case.serious(ref)
    missing = [word for key, bad, word in (("owner", NONE, "owner"), ("max_age_days", 0, "age limit"),
                                           ("version", "live", "version"), ("on_conflict", "use", "rule for conflicts"))
               if case.get(ref, key) == bad]
    if found:
        return Call("K3", "harden", found[0].title, because=_names(found))
    if missing:
        return Call("K3", "harden", f"It has no {' and no '.join(missing)}.")
    return None


def knowledge_sound(case: Case, ref: Ref) -> Call | None:
    """K4: otherwise."""
    if _only_declared(case, ref):
        return Call("K4", "keep", "Owned and current by its owner's word.", "prove it")
    return Call("K4", "keep", "Owned, current and versioned.")


# Gates -----------------------------------------------------------------------------------------------------

def gate_needless(case: Case, ref: Ref) -> Call | None:
    """G1: it guards only reversible, capped actions, approves almost all, and is known to catch errors."""
    approve, caught = case.get(ref, "approve_rate"), case.get(ref, "seeded_catch_rate")
    if getattr(approve, "value", None) is None or getattr(caught, "value", None) is None:
        return None
    if approve.value < 0.995 or (approve.runs or 0) < 200 or caught.value < 0.9:      # type: ignore[attr-defined]
        return None
    guarded = [a for a in case.scene.refs("action") if case.get(a, "gate") == ref.id]
    capped = all_of(case.get(a, "reversible") == "yes" and case.get(a, "limit.scope") not in (None, NONE) for a in guarded)
    if not guarded or capped is not True:
        return None
    return _kill("G1", "replace by code", "It approves almost everything, rightly, and what it guards can be undone and is "
                 "capped. A limit in code and a sample do the same.",
                 case.hard((ref, "approve_rate"), (ref, "seeded_catch_rate")))


def gate_rubber_stamp(case: Case, ref: Ref) -> Call | None:
    """G2: it approves almost everything, and nobody knows that it would catch an error."""
    if case.get(ref, "rubber_stamp") != "yes":
        return None
    return Call("G2", "harden", "It approves almost everything, and nobody knows what it would catch.",
                because=(f"ACT-05@{ref.id}",))


def gate_porous(case: Case, ref: Ref) -> Call | None:
    """G3: prompt-only, can be passed by, opens on a timeout, or does not bind the arguments."""
    holes = [word for key, bad, word in (
        ("enforced_in", "prompt", "it stands only in the prompt"), ("bypassable", True, "it can be passed by"),
        ("timeout_behaviour", "allow", "it opens when nobody answers"),
        ("binds_args", False, "an approval does not bind what is executed")) if case.get(ref, key) == bad]
    if holes:
        return Call("G3", "harden", f"{holes[0][0].upper()}{holes[0][1:]}.", because=(f"ACT-03@{ref.id}",))
    found = case.serious(ref)
    return Call("G3", "harden", found[0].title, because=_names(found)) if found else None


def gate_sound(case: Case, ref: Ref) -> Call | None:
    """G4: otherwise."""
    if _only_declared(case, ref):
        return Call("G4", "keep", "It holds, by its owner's word.", "prove it")
    return Call("G4", "keep", "It holds, and was seen to.")


# Monitors --------------------------------------------------------------------------------------------------

def monitor_idle(case: Case, ref: Ref) -> Call | None:
    """M1: no owner, no alert in 90 days, no decision uses it."""
    if case.get(ref, "owner") == NONE and case.get(ref, "alerted_90d") is False and case.get(ref, "used_for_decision") is False:
        return _kill("M1", "remove", "Nobody owns it, it never alerts, and no decision uses it.",
                     case.hard((ref, "owner"), (ref, "alerted_90d"), (ref, "used_for_decision")))
    return None


def monitor_blind(case: Case, ref: Ref) -> Call | None:
    """M2: no outcome metric anywhere, or too few runs to see the target missed within a month."""
    monitors = case.scene.refs("monitor")
    counted = [m for m in monitors if case.get(m, "outcome_metric") in ("review", "ground_truth")]
    if not counted and case.get(ref, "outcome_metric") is None:
        return Call("M2", "harden", "Not known whether it sees a wrong outcome.", because=("MON-03@system",))
    if not counted:
        return Call("M2", "harden", "It counts runs and cannot see a wrong outcome.", because=("MON-03@system",))
    weekly = case.get(ref, "weekly_runs")
    if ref in counted and isinstance(weekly, int):
        target = case.numbers.target
        needed = window_size(target, max(target - DROP, 0.0))
        if weekly * MONTH_WEEKS < needed:
            return Call("M2", "harden", f"At {weekly} scored runs a week it needs {needed} to see a fall of 5 points.",
                        because=("MON-04@system",))
    return None


def monitor_sound(case: Case, ref: Ref) -> Call | None:
    """M3: otherwise."""
    own = case.get(ref, "outcome_metric") in ("review", "ground_truth")
    sees = "It sees outcomes" if own else "It does its part; another one sees outcomes"
    if _only_declared(case, ref):
        return Call("M3", "keep", f"{sees}, by its owner's word.", "prove it")
    return Call("M3", "keep", f"{sees}.")


RULES: Mapping[str, tuple[Rule, ...]] = {
    "step": (step_unneeded, step_is_a_rule, step_beyond_control, step_out_of_reach, step_weak, step_unproved, step_sound),
    "action": (action_beyond_control,),
    "integration": (integration_unused, integration_unsafe, integration_weak, integration_sound),
    "knowledge": (knowledge_dangerous, knowledge_unread, knowledge_weak, knowledge_sound),
    "gate": (gate_needless, gate_rubber_stamp, gate_porous, gate_sound),
    "monitor": (monitor_idle, monitor_blind, monitor_sound),
}
