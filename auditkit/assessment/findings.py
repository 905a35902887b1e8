"""Findings: every check on every component it applies to, with the facts it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from auditkit.assessment.world import StackWorld
from auditkit.checklist.checks import SEVERITIES, Check
from auditkit.checklist.conditions import Answer as Verdict
from auditkit.checklist.conditions import Blank, Node, evaluate
from auditkit.model.base import STRENGTH
from auditkit.model.facts import THE_SYSTEM, Answer, Known, Ref
from auditkit.model.keys import keys
from auditkit.model.receipts import Declared, Inspected, Receipt
from auditkit.model.report import Finding, Said, Severity
from auditkit.model.vocabulary import Rate

_PARTLY = SEVERITIES.index("medium")
"""A limit that the library supplies is a limit: what is missing then is that somebody chose it."""
DECIDES = frozenset(("pass", "partial", "fail", "not_applicable"))
"""What a person's answer to a check can be; "unknown" and "stated" decide nothing."""
MOST_SAID = 8
"""Facts shown with a finding; the receipts are all there."""


def findings(world: StackWorld, checks: Sequence[Check]) -> tuple[Finding, ...]:
    """One finding for each check and each component of its kind, in the order of the checklist."""
    answers = {(a.check, a.component or "system"): a for a in world.stack.answers}
    found: list[Finding] = []
    for check in checks:
        refs = (THE_SYSTEM,) if check.about == "system" else world.stack.by_kind[check.about]
        found += [_finding(check, ref, world, answers.get((check.id, ref.id))) for ref in refs]
    return tuple(found)


@dataclass(frozen=True)
class Recorder:
    """A world that remembers which facts were looked up."""

    world: StackWorld
    seen: dict[tuple[Ref, str], Known]

    def known(self, ref: Ref, key: str) -> Known | None:
        """The fact, remembered."""
        found = self.world.known(ref, key)
        if found is not None:
            self.seen[ref, key] = found
        return found

    def related(self, ref: Ref, relation: str) -> tuple[Sequence[Node], bool | None, tuple[Receipt, ...]]:
        """The related nodes; the records of a set are facts as well."""
        nodes, whole, receipts = self.world.related(ref, relation)
        if relation in keys(ref.kind):
            self.known(ref, relation)
        return nodes, whole, receipts


def decide(check: Check, ref: Ref, world: StackWorld) -> tuple[str, Verdict, dict[tuple[Ref, str], Known]]:
    """The outcome of a check on a component, what decided it, and the facts that were read."""
    recorder = Recorder(world, {})
    applies = evaluate(check.when, ref, recorder)
    if applies.truth is False:
        return "not_applicable", applies, recorder.seen
    if applies.truth is None:
        return "unknown", applies, recorder.seen
    passes = evaluate(check.passes, ref, recorder)
    if passes.truth is True:
        return "pass", _with(applies, passes), recorder.seen
    partial = evaluate(check.partial, ref, recorder) if check.partial is not None else Verdict(False)
    if passes.truth is False and partial.truth is True:
        return "partial", _with(applies, passes, partial), recorder.seen
    if passes.truth is False and partial.truth is False:
        return "fail", _with(applies, passes, partial), recorder.seen
    return "unknown", _with(applies, passes, partial), recorder.seen


def _with(*parts: Verdict) -> Verdict:
    receipts = tuple(dict.fromkeys(r for p in parts for r in p.receipts))
    blanks = tuple(dict.fromkeys(b for p in parts for b in p.blanks))
    return Verdict(parts[-1].truth, receipts, blanks)


def _finding(check: Check, ref: Ref, world: StackWorld, answer: Answer | None) -> Finding:
    outcome, verdict, seen = decide(check, ref, world)
    note = None
    if outcome == "unknown" and answer is not None and answer.outcome in DECIDES:
        outcome, note = answer.outcome, answer.note or answer.reason
        verdict = Verdict(None, (Declared(path=answer.path, line=answer.line, who=answer.who, when=answer.when),))
        seen = {}
    severity, why = severity_of(check, ref, world)
    if outcome == "partial" and SEVERITIES.index(severity) < _PARTLY and _by_default(verdict.receipts):
        severity, why = SEVERITIES[_PARTLY], "medium: partly met, by the library's own finite default"
    if outcome in ("partial", "fail") and SEVERITIES.index(severity) < _PARTLY and _by_name(verdict.receipts):
        severity, why = SEVERITIES[_PARTLY], "medium: it is named for that, but the code that was read changes nothing outside"
    return Finding.trusted(
        check=check.id, kind=ref.kind, component=ref.id, outcome=outcome, severity=severity,
        base_severity=check.severity, severity_reason=why, confidence=_confidence(outcome, verdict.receipts),
        title=title(check, outcome, ref, world), saw=_said(seen, verdict.receipts),
        missing=tuple(dict.fromkeys(_missing(b, ref) for b in verdict.blanks)) if outcome == "unknown" else (),
        note=note, receipts=verdict.receipts)


def _by_default(receipts: Iterable[Receipt]) -> bool:
    """Whether an outcome rests on what a library does when nothing is said."""
    return any(isinstance(r, Inspected) and r.how == "default" for r in receipts)


def _by_name(receipts: Iterable[Receipt]) -> bool:
    """Whether an outcome rests on what an action is named for, while its code does nothing of the kind."""
    return any(isinstance(r, Inspected) and r.how == "named" for r in receipts)


def _missing(blank: Blank, ref: Ref) -> str:
    return blank.key if blank.ref in (ref, THE_SYSTEM) else f"{blank.ref.id}.{blank.key}"


def _confidence(outcome: str, receipts: Iterable[Receipt]) -> str:
    if outcome == "unknown":
        return "low"
    best = max((STRENGTH[r.basis] for r in receipts), default=0)
    return "high" if best >= STRENGTH["inspected"] else "medium"


# Severity --------------------------------------------------------------------------------------------------

def severity_of(check: Check, ref: Ref, world: StackWorld) -> tuple[Severity, str | None]:
    """The effective severity and why it differs from the check's own."""
    level = SEVERITIES.index(check.severity)
    reasons = []
    if level > 0 and not check.proof and _reaches_ungated(ref, world):
        level -= 1
        reasons.append("one level up: it can reach an action that cannot be undone and that no enforced gate guards")
    if world.only_tried and level < len(SEVERITIES) - 1:
        level += 1
        reasons.append("one level down: a prototype without real users")
    if SEVERITIES[level] == check.severity:
        return check.severity, None
    return SEVERITIES[level], "; ".join(reasons)


def _reaches_ungated(ref: Ref, world: StackWorld) -> bool:
    """Whether a component can reach an irreversible action without an enforced gate."""
    if ref.kind in ("system", "gate"):
        return False
    loose = world.ungated_for_good
    if not loose:
        return False
    if ref.kind == "action":
        return ref in loose
    if ref.kind == "step":
        return world.value(ref, "reach") == "irreversible"
    if ref.kind == "knowledge":
        return world.value(ref, "feeds") == "irreversible"
    if ref.kind == "integration":
        return any(world.value(a, "integration") == ref.id for a in loose)
    return False


# Words -----------------------------------------------------------------------------------------------------

def title(check: Check, outcome: str, ref: Ref, world: StackWorld) -> str:
    """What a finding is called: the check's own words, with facts of the component filled in."""
    if outcome == "unknown":
        return f"Not known: {check.question[0].lower()}{check.question[1:]}" if outcome not in check.says else check.says[outcome]
    template = check.says.get(outcome) or (check.short if outcome == "pass" else check.name.replace("-", " "))

    if "{" not in template:
        return template

    def fill(match: re.Match[str]) -> str:
        path = match.group(1)
        value = (world.stack.title(ref) if path == "name"
                 else world.value(THE_SYSTEM, path.removeprefix("system.")) if path.startswith("system.")
                 else world.value(ref, path))
        return in_words(value) if value is not None else path.rpartition(".")[2].replace("_", " ")

    return re.sub(r"\{([a-z_.0-9]+)\}", fill, template)


def _said(seen: dict[tuple[Ref, str], Known], receipts: Sequence[Receipt]) -> tuple[Said, ...]:
    """The facts that decided, each with its strongest receipt."""
    said: list[Said] = []
    same, lines = {id(r) for r in receipts}, {r.line for r in receipts}     # a receipt's hash is dear, and so is its `==`
    for (ref, key), known in seen.items() if receipts else ():
        if len(said) == MOST_SAID:
            break
        behind = [] if key.startswith("computed.") else [
            r for r in known.receipts if id(r) in same or (r.line in lines and r in receipts)]
        if behind:
            best = behind[0] if len(behind) == 1 else max(behind, key=lambda r: STRENGTH[r.basis])
            said.append(Said.trusted(kind=ref.kind, component=ref.id, key=key, value=in_words(known.value), receipt=best,
                                     derived=keys(ref.kind)[key].derived))
    return tuple(said)


def in_words(value: object) -> str:
    """A value as people write it."""
    if isinstance(value, str):      # by far the most
        return value if " " in value else value.replace("_", " ")
    match value:
        case bool():
            return "yes" if value else "no"
        case Rate():
            return f"{value.successes} of {value.runs}" if value.runs else f"{value.rate:g}"
        case tuple():
            return ", ".join(in_words(v) for v in value) if value else "none"
        case date():
            return f"{value.day} {value:%B} {value.year}"
        case float():
            return f"{value:g}"
        case int():
            return str(value)
        case _:
            fields = {k: getattr(value, k) for k in type(value).model_fields}  # type: ignore[attr-defined]
            return " ".join(in_words(v) for v in fields.values() if v is not None)
