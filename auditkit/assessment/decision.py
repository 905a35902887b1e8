"""The verdict on the whole workflow: table B4 of the method, first match wins."""

from __future__ import annotations

from collections.abc import Sequence

from auditkit.assessment import score as scoring
from auditkit.assessment.derived import is_gated
from auditkit.assessment.evidence import Case
from auditkit.model.facts import THE_SYSTEM, Ref
from auditkit.model.report import Assurance, CheckResult, Scenario, Score, Verdict
from auditkit.model.vocabulary import NONE, Rate
from auditkit.reliability import expected_value

KEEP_SCORE = 70
MANY_HIGH = 3


def decide(case: Case, hardened: Scenario, score: Score, assurance: Assurance) -> Verdict:
    """The first rule that fires, O1 to O8."""
    verdict = (_wrong_tool(case) or _beyond_control(case) or _out_of_reach(case, hardened) or _not_worth_it(case, hardened)
               or _stop_now(case) or _harden(case, score))
    if verdict is None:
        verdict = _keep(case, assurance)
    if verdict.decision != "kill":
        return verdict
    return verdict.model_copy(update={"instead": verdict.instead or _instead(case), "switch_off": _switch_off(case)})


def out_of_reach(case: Case, hardened: Scenario) -> tuple[tuple[str, ...], ...]:
    """What O3 and O4 rest on, of a hardened scenario: where it decides, and whether its bounds leave that open."""
    return tuple(v.because for v in (_out_of_reach(case, hardened), _not_worth_it(case, hardened)) if v is not None)


def stands(case: Case, verdict: Verdict) -> bool:
    """Whether it is KILL and no answer still to come can lift that: O1 and O2 rest on facts, O3 and O4 on numbers that move."""
    if verdict.decision != "kill" or verdict.rule not in ("O1", "O2"):
        return False
    weighty = [case.get(a, "weighty") for a in case.scene.refs("action")]
    # an action of weight that a gate could hold would lift O2, as long as none is known that nothing can hold
    return verdict.rule == "O1" or True in weighty or (case.scene.whole("actions") and None not in weighty)


def _wrong_tool(case: Case) -> Verdict | None:
    """O1: the job is a rule over structured inputs."""
    if not _failed(case, "FIT-01"):
        return None
    hard = case.hard((THE_SYSTEM, "fit.input_variability"), (THE_SYSTEM, "fit.rules_expressible"))
    return Verdict(decision="kill" if hard else "harden", rule="O1", act="replace by code", pending=not hard,
                   because=("FIT-01",), reason="The inputs are structured and a rule covers every decision: build the "
                   "deterministic version.")


def _beyond_control(case: Case) -> Verdict | None:
    """O2: an outcome of weight takes effect alone, and nothing can be put in the path."""
    if not _failed(case, "FIT-02") or case.get(THE_SYSTEM, "fit.person_possible") is not False:
        return None
    weighty = [a for a in case.scene.refs("action") if case.get(a, "weighty") is True]
    open_ways = [a for a in weighty if case.get(a, "gate_possible") is not False
                 or case.get(a, "limit.scope") != NONE or is_gated(case.scene, a) is not False]
    if weighty and len(open_ways) == len(weighty):
        return None
    hard = case.hard((THE_SYSTEM, "fit.person_possible"), (THE_SYSTEM, "fit.domain_weight"),
                     (THE_SYSTEM, "fit.person_decides"))
    return Verdict(decision="kill" if hard else "harden", rule="O2", act="do not use an agent", pending=not hard,
                   because=("FIT-02",), reason="An outcome that carries weight takes effect with no person and no rule, and "
                   "neither can be put in its path: no agent for this decision.",
                   instead=("A person or a written rule decides; the agent may gather, draft and pre-fill.",))


def _out_of_reach(case: Case, hardened: Scenario) -> Verdict | None:
    """O3: with every fix, and no action left to the agent alone, it still cannot meet the targets that the team set."""
    numbers = case.numbers
    acting = [a for a in case.scene.refs("action") if case.get(a, "consequential") is not False]
    reduced = all(case.get(a, "autonomy") in ("approve", "suggest") for a in acting)
    if not numbers.stated or not numbers.targets_stated or not reduced:
        return None
    most = max(hardened.success.high, numbers.end_to_end.high if numbers.end_to_end else 0.0)
    least = min(hardened.silent.low, numbers.end_to_end_silent.low if numbers.end_to_end_silent else 1.0)
    short, loud = most < numbers.target, least > numbers.max_silent
    if not (short or loud):
        return None
    said = (f"at most {most:.0%} of runs end right; the target is {numbers.target:.0%}" if short else
            f"at least {least:.1%} of runs fail unnoticed; the limit is {numbers.max_silent:.1%}")
    hard = case.hard(*((s, "success") for s in case.scene.refs("step") if not _guessed(case, s)))
    return Verdict(decision="kill" if hard else "harden", rule="O3", act="do not use an agent", pending=not hard,
                   because=("WFL-02",) if short else ("WFL-03",), reason=f"With every listed fix {said}.")


def _guessed(case: Case, step: Ref) -> bool:
    """Whether the rate of a step is a guess, which kills nothing."""
    rate = case.get(step, "success")
    return isinstance(rate, Rate) and rate.known_by == "guess"


def _not_worth_it(case: Case, hardened: Scenario) -> Verdict | None:
    """O4: hardened, a run is still worth less than today's process; only where the team gave the amounts."""
    names = ("value", "caught", "silent")
    value, caught, silent = (case.get(THE_SYSTEM, f"costs.{n}") for n in names)
    baseline = case.get(THE_SYSTEM, "fit.baseline")
    if not all(isinstance(x, int | float) for x in (value, caught, silent)) or not isinstance(baseline, Rate) \
            or baseline.value is None or not case.numbers.stated:
        return None
    run, today = (_amount(case.get(THE_SYSTEM, f"costs.{n}")) for n in ("run", "baseline_run"))
    best = expected_value(hardened.success.high, hardened.caught.low, hardened.silent.low,
                          float(value), float(caught), float(silent), run)       # type: ignore[arg-type]
    now = expected_value(baseline.value, 0.0, 1 - baseline.value, float(value), float(caught), float(silent), today)  # type: ignore[arg-type]
    if best >= now:
        return None
    return Verdict(decision="kill", rule="O4", act="do not use an agent", because=("FIT-03",),
                   reason=f"Hardened, a run is worth {best:.2f} at best; today's process is worth {now:.2f}.")


def _amount(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _stop_now(case: Case) -> Verdict | None:
    """O5: a critical check fails in production where an action cannot be undone."""
    failed = [r.check for r in case.results if r.severity == "critical" and r.outcome in ("fail", "waived")]
    final = any(case.get(a, "reversible") == "no" for a in case.scene.refs("action"))
    if not failed or case.get(THE_SYSTEM, "stage") != "production" or not final:
        return None
    title = case.scene.world.stack.title
    actions = [a for a in case.scene.refs("action") if case.get(a, "reversible") == "no"]
    loose = [a for a in actions if is_gated(case.scene, a) is False]
    today = tuple(f"{title(a)}: remove its credential, or put a gate in code before it." for a in loose) or tuple(
        f"{title(a)}: hold it until this is mended." for a in actions)
    what = "remove its credential or force the gate today" if loose else "hold the action until this is mended"
    return Verdict(decision="harden", rule="O5", act="stop the action now", because=tuple(failed), instead=today,
                   reason=f"{_critical(failed, 'fail')} in production, before an action that cannot be undone: {what}.")


def _harden(case: Case, score: Score) -> Verdict | None:
    """O6: something serious is open, unknown, or the numbers are not clear of their targets."""
    results = [r for r in case.results if not spared(case, r)]
    critical = [r for r in results if r.severity == "critical" and r.outcome in ("fail", "partial", "unknown", "waived")]
    high = [r for r in results if r.severity == "high" and r.outcome in ("fail", "waived")]
    blank = [r for r in results if r.severity == "high" and r.outcome == "unknown"]
    numbers, reasons = case.numbers, list[str]()
    because = [r.check for r in critical]
    for outcome, word in (("fail", "fail"), ("waived", "is accepted as a risk"), ("partial", "pass only in part"),
                          ("unknown", "unknown")):
        found = [r.check for r in critical if r.outcome == outcome]
        if found:
            reasons.append(_critical(found, word))
    numeric = []
    if numbers.stated and numbers.success_low < numbers.target:
        numeric.append(f"the lower bound of success is {numbers.success_low:.1%}, the target {numbers.target:.0%}")
        because.append("WFL-02")
    if numbers.stated and numbers.silent_high > numbers.max_silent:
        numeric.append(
            f"the upper bound of silent failures is {numbers.silent_high:.1%}, the limit {numbers.max_silent:.1%}")
        because.append("WFL-03")
    if len(high) >= MANY_HIGH:
        numeric.append(f"{len(high)} high checks fail")
        because += [r.check for r in high]
    if not any(r.outcome == "fail" for r in critical):      # a failed critical check is reason enough
        reasons += numeric
    if blank and not reasons:
        reasons.append(f"{len(blank)} high check{'s are' if len(blank) > 1 else ' is'} not known ({_list(blank)}): find out")
        because += [r.check for r in blank]
    if not reasons and _score_without_proofs(case, score) < KEEP_SCORE:
        reasons.append(f"the score is {score.shown:g}, under {KEEP_SCORE}")
        because += [r.check for r in high] or list(score.capped_by)
    if not reasons:
        return None
    text = "; ".join(reasons)
    return Verdict(decision="harden", rule="O6", because=tuple(dict.fromkeys(because)), reason=text[0].upper() + text[1:] + ".")


def spared(case: Case, result: CheckResult) -> bool:
    """Whether a proof check leads to "keep, prove it" instead: low impact, and nothing beyond reading is reachable."""
    if result.check not in case.proofs or case.get(THE_SYSTEM, "impact") != "low":
        return False
    return case.get(THE_SYSTEM, "computed.writes") is False


def _score_without_proofs(case: Case, score: Score) -> float:
    if not any(spared(case, r) for r in case.results):
        return score.shown
    return scoring.score([r for r in case.results if not spared(case, r)], ()).shown


def _keep(case: Case, assurance: Assurance) -> Verdict:
    """O7 and O8: nothing is in the way; the question is how well that is known."""
    open_proofs = [r.check for r in case.results if r.check in case.proofs and r.outcome in ("fail", "partial", "unknown")]
    if open_proofs or assurance.letter in ("A3", "A4"):
        return Verdict(decision="keep", rule="O7", act="prove it", because=tuple(open_proofs),
                       reason="Nothing critical is open; most of it rests on words." if assurance.letter in ("A3", "A4")
                       else "Nothing critical is open; a proof is missing.")
    return Verdict(decision="keep", rule="O8",
                   reason="Nothing is in the way, and every critical check was inspected or measured.")


def _failed(case: Case, check: str) -> bool:
    return check in case.outcome and case.outcome[check].outcome in ("fail", "waived")


def _critical(checks: list[str], word: str) -> str:
    if word == "unknown":
        return f"{len(checks)} critical check{'s are' if len(checks) > 1 else ' is'} not known ({', '.join(checks)})"
    verb = word if len(checks) > 1 else {"fail": "fails", "pass only in part": "passes only in part"}.get(word, word)
    verb = "are accepted as risks" if word.startswith("is accepted") and len(checks) > 1 else verb
    return f"{len(checks)} critical check{'s' if len(checks) > 1 else ''} {verb} ({', '.join(checks)})"


def _list(results: Sequence[CheckResult]) -> str:
    return ", ".join(r.check for r in results)


def _instead(case: Case) -> tuple[str, ...]:
    """What replaces a killed workflow: the rules that the team itself named."""
    rules = [str(case.get(ref, "rule")) for ref in case.scene.refs("step") if case.get(ref, "rule")]
    found = [f"{r[0].upper()}{r[1:].rstrip('.')}." for r in rules]
    return (*found, "What the rule does not cover goes to a person.") if found else (
        "A function with a test for each rule; what it does not cover goes to a person.",)


def _switch_off(case: Case) -> tuple[str, ...]:
    """What to decommission with a killed workflow: model access, credentials, and what it stored."""
    world = case.scene.world
    models = [f"model access: {world.value(m, 'name') or m.id}" for m in case.scene.refs("model")]
    access = [f"credential of {world.stack.title(i)}" for i in case.scene.refs("integration")
              if world.value(i, "direction") in ("write", "both")]
    kept = [f"data in {world.stack.title(s)}" for s in case.scene.refs("store") if world.value(s, "persists")]
    return (*models, *access, *kept)
