"""The sentences that more than one format prints, as functions of the report; so formats cannot disagree.

`style` decides about the signs around numbers: `PAPER` for documents, `PLAIN` for a terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.formats.numbers import (
    PAPER,
    Style,
    bracket,
    count,
    count_digits,
    cut,
    day,
    ends,
    first_up,
    listed,
    money,
    per_cent,
    percent,
    whole,
    word,
)
from auditkit.model.facts import THE_SYSTEM, Ref

if TYPE_CHECKING:
    from auditkit.model.report import ComponentVerdict, Estimate, Fix, Issue, Measured, Report, Scenario

SEVERITIES = ("critical", "high", "medium", "low")
EFFORT = {"S": "S, under a day", "M": "M, under a week", "L": "L, over a week"}
STATE = {"pass": "pass", "partial": "partial", "fail": "fail", "unknown": "unknown", "not_applicable": "n/a", "waived": "waived"}
ACTS = {
    "remove": "Remove it: nothing needs what it makes",
    "replace by code": "Build the deterministic version: a rule can decide this",
    "give to a person": "Give this work to a person",
    "take the action away": "Take the action away from the agent",
    "do not use an agent": "Use no agent for this decision",
    "stop the action now": "Stop the action now",
    "prove it": "Keep it, and prove it",
}
_TAKEN = {
    "replace by code": "code takes over",
    "remove": "remove",
    "give to a person": "a person takes over",
    "take the action away": "take the action from",
}


# What the whole report says --------------------------------------------------------------------------------


def word_of(report: Report) -> str:
    """The verdict as one word: KEEP, HARDEN or KILL."""
    return report.verdict.decision.upper()


def verdict_words(report: Report) -> str:
    """The verdict with what belongs to it: `KEEP, PROVE IT`, `HARDEN, STOP THE ACTION NOW`."""
    act = report.verdict.act
    extra = act if act in ("prove it", "stop the action now") else None
    return f"{word_of(report)}, {extra.upper()}" if extra else word_of(report)


def document_title(report: Report) -> str:
    """The title of the file."""
    client = f", {report.engagement.client}" if report.engagement.client else ""
    return f"Reliability audit of {report.title}{client}: {verdict_words(report)}"


def subject(report: Report) -> str:
    """Who and what, for running heads."""
    client = report.engagement.client
    return f"{client}, {report.title}" if client else report.title


def in_production(report: Report) -> bool:
    """Whether real users already meet it."""
    return bool(report.stack.value(THE_SYSTEM, "stage") == "production")


def headline(report: Report, style: Style = PAPER) -> str:
    """How runs end today: `27 % of calls end right [12–45], 73 % fail unnoticed [55–88].`"""
    r = report.reliability
    if not r.stated:
        return f"Nobody stated or measured how often {report.noun} end right, so no percentage is printed."
    if r.end_to_end is not None or r.end_to_end_silent is not None:
        return _counted_headline(report, style)
    now, share = ends(r.as_is), r.as_is
    right = f"{per_cent(now.success, style)} of {report.noun} end right{bracket(share.success, style)}"
    silent = f"{per_cent(now.silent, style)} fail unnoticed{bracket(share.silent, style)}"
    if not now.caught:
        return f"{right}, {silent}."
    caught = f"{per_cent(now.caught, style)} are caught{bracket(share.caught, style)}"
    return f"{right}, {caught}, {silent}."


def _counted_headline(report: Report, style: Style) -> str:
    """Where whole runs were scored, the counts speak: `1,940 of 2,000 calls ended right, 97.0 % [96.3–97.6]; ...`"""
    r, said = report.reliability, []
    if r.end_to_end is not None:
        said.append(f"{_fraction(r.end_to_end)} {report.noun} ended right, {_exact(r.end_to_end, style)}")
    else:
        said.append(f"By its steps {outlook(r.as_is.success, style)} of {report.noun} end right")
    if r.end_to_end_silent is not None:
        said.append(f"{_fraction(r.end_to_end_silent)} reviewed failed unnoticed, {_exact(r.end_to_end_silent, style)}")
    else:
        said.append(f"by its steps {outlook(r.as_is.silent, style)} fail unnoticed")
    return f"{said[0]}; {said[1]}."


def _fraction(counted: Measured) -> str:
    return f"{counted.successes:,} of {counted.runs:,}"


def _exact(counted: Measured, style: Style) -> str:
    """A counted share with its exact bounds."""
    low, high = (f"{100 * x:.1f}" for x in (counted.low, counted.high))
    return f"{percent(counted.point, style, 1)}{style.gap}[{low}{style.dash}{high}]"


def after(report: Report, style: Style = PAPER) -> str | None:
    """What the fixes bring, or None where they bring nothing that was computed."""
    r = report.reliability
    if not r.stated:
        return None
    if report.verdict.decision == "kill":
        if r.hardened.success.high >= r.target_success:
            return None
        return (
            f"Even with every fix {outlook(r.hardened.success, style)} would end right; "
            f"the target is {percent(r.target_success, style)}."
        )
    n, scenario = first_fixes(report)
    if not n or round(scenario.success.point - r.as_is.success.point, 2) <= 0:
        return None
    fixes = first_up(count(n, "fix", "fixes"))
    which = (
        f"The first {count(n, 'fix', 'fixes')}"
        if in_production(report) and n < len(report.roadmap)
        else (fixes if in_production(report) else f"{fixes} before launch")
    )
    verb = "brings" if n == 1 else "bring"
    return f"{which} {verb} success to {outlook(scenario.success, style)}."


def outlook(estimate: Estimate, style: Style = PAPER) -> str:
    """`89 % [72–97]`."""
    return f"{percent(estimate.point, style)}{bracket(estimate, style)}"


def first_fixes(report: Report) -> tuple[int, Scenario]:
    """How many fixes come before launch (all, if none is marked), and where runs end once they have landed."""
    r = report.reliability
    landed = [s for s in r.stages if s.fix is not None]
    marked = {f.id for f in report.roadmap if f.before_launch}
    last = max((i for i, s in enumerate(landed, start=1) if s.fix in marked), default=len(landed))
    return last, landed[last - 1].scenario if last else r.as_is


def first_actions(report: Report) -> tuple[Fix, ...]:
    """What to do first: what comes before launch; where an action must stop now, what guards it comes first of all."""
    marked = [f for f in report.roadmap if f.before_launch]
    first = marked or list(report.roadmap)
    if report.verdict.act == "stop the action now":
        first.sort(key=lambda f: not any(check.startswith(("ACT-", "FIT-02")) for check in f.closes))
    return tuple(first)


def instead_word(report: Report) -> str:
    """What stands before the lines of what is done instead: `Instead`, or `Today` where an action must stop."""
    return "Today" if report.verdict.act == "stop the action now" else "Instead"


def acts(report: Report) -> tuple[str, ...]:
    """What to do with the thing, in one or two sentences."""
    verdict = report.verdict
    said = [f"{ACTS[verdict.act]}."] if verdict.act else []
    if verdict.decision == "kill":
        return (*said, *(first_up(_stopped(i)) for i in verdict.instead[:1]))
    if verdict.act == "prove it":
        n = len(report.proofs)
        due = f" by {day(report.again_by)}"
        return (f"{ACTS['prove it']}{due}" + (f": {count(n, 'proof is', 'proofs are')} asked for." if n else "."),)
    steps = [c for c in report.components if c.kind == "step"]
    gone = [c for c in steps if group_of(c) == "kill"]
    if gone:
        kept = len(steps) - len(gone)
        said.append(f"Keep {word(kept)} of its {count(len(steps), 'step', 'steps')}." if kept else "Keep none of its steps.")
        said += [f"{first_up(s)}." for s in taken(gone, names=True)]
    elif steps and verdict.decision == "harden":
        n = sum(group_of(c) == "harden" for c in steps)
        said.append(
            f"Keep all of its steps; mend {'each' if n == len(steps) else word(n)} of them." if n else "Keep all of its steps."
        )
    elif verdict.decision == "keep":
        said.append("Keep it as it is.")
    return tuple(said[:3])


def taken(gone: list[ComponentVerdict], names: bool) -> list[str]:
    """`code takes over Greet and Close`, one clause for each act."""
    clauses = []
    for act, words in _TAKEN.items():
        some = [c for c in gone if c.act == act]
        if some:
            clauses.append(f"{words} {_names(some) if names else count(len(some), 'step', 'steps')}")
    return clauses


def _names(components: list[ComponentVerdict], most: int = 3) -> str:
    names = [cut(c.name, 40) for c in components[:most]]
    rest = len(components) - len(names)
    return listed([*names, f"{word(rest)} more"] if rest else names)


def group_of(component: ComponentVerdict) -> str:
    return "harden" if component.pending else component.decision


def _stopped(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def missing_way_out(report: Report) -> tuple[Ref, ...]:
    """The model's steps that are known to have no failure branch."""
    stack = report.stack
    return tuple(
        ref
        for ref in stack.by_kind["step"]
        if stack.value(ref, "failure_branches") == () and stack.value(ref, "decider") in (None, "model")
    )


# Paragraphs ------------------------------------------------------------------------------------------------


def if_nothing(report: Report, style: Style = PAPER) -> str | None:
    """What happens if nothing is done; None without a number of runs and without costs."""
    r, stack = report.reliability, report.stack
    if not r.stated:
        return None
    said = []
    known = stack.known(THE_SYSTEM, "run.per_week")
    if known is not None:
        week, share = float(known.value), r.end_to_end_silent or r.as_is.silent
        low, high = week * share.low, week * share.high
        said.append(
            f"At {week:,.0f} {report.noun} a week ({known.basis}) about {week * share.point:,.0f}"
            f"{style.gap}[{low:,.0f}{style.dash}{high:,.0f}] end wrong and look right."
        )
    if r.loss_now is not None:
        costs = [
            (stack.value(THE_SYSTEM, "costs.silent"), "an unnoticed failure"),
            (stack.value(THE_SYSTEM, "costs.caught"), "a caught one"),
        ]
        given = [f"{money(c, r.currency)} for {what}" for c, what in costs if c is not None]
        start = f"At the costs you gave, {listed(given)}, " if given else ""
        said.append(first_up(f"{start}1,000 {report.noun} lose {money(r.loss_now, r.currency)}."))
        if r.loss_hardened is not None and report.roadmap:
            said.append(f"After all fixes they lose {money(r.loss_hardened, r.currency)}.")
    return " ".join(said) or None


def roadmap_lead(report: Report) -> str | None:
    """The numbers behind the title of the roadmap."""
    r = report.reliability
    if not r.stated or len(r.stages) < 2:
        return None
    last, target = r.stages[-1], f"the target is {percent(r.target_success)}, the limit {percent(r.max_silent)}"
    if r.targets_basis == "convention":
        target += " (our convention, since the team set none)"
    text = (
        f"After {last.fix} {outlook(last.scenario.success)} end right and "
        f"{outlook(last.scenario.silent)} fail unnoticed; {target}."
    )
    if last.scenario.success.point >= r.target_success > last.scenario.success.low:
        text += f" The lower bound, {percent(last.scenario.success.low)}, rises only when rates are measured."
    return text


def evidence_shares(report: Report) -> tuple[tuple[str, int], ...]:
    """What the results rest on, in whole percentages that add up to 100."""
    a = report.assurance
    names = ("measured", "inspected", "declared", "unknown")
    return tuple(zip(names, whole([getattr(a, name) for name in names])))


def how_sure(report: Report) -> str:
    """What stands behind results and rates."""
    a, apply = report.assurance, report.coverage.checks - report.coverage.not_applicable
    return (
        f"Share of weight over {count_digits(apply, 'applicable check', 'applicable checks')}. {rates_rest_on(report)} "
        f"Assurance {a.letter}: {_stopped(a.because)}"
    )


def rates_rest_on(report: Report) -> str:
    """What the success rates rest on."""
    r = report.reliability
    if not r.stated:
        return "No success rate was stated or measured."
    kinds = {b: sum(s.basis == b for s in r.steps) for b in ("measured", "inspected", "declared", "assumed")}
    parts = [f"{n} {basis}" for basis, n in kinds.items() if n]
    rates = parts[0].partition(" ")[2] if len(parts) == 1 else ", ".join(parts)
    counted = r.end_to_end
    end = (
        f"{counted.successes:,} of {counted.runs:,} {report.noun} were counted right end to end."
        if counted
        else f"No {report.noun} were scored right or wrong end to end."
    )
    return (f"Success rates of {count_digits(len(r.steps), 'step', 'steps')}: {rates}. " if parts else "") + end


def open_issues(report: Report) -> tuple[Issue, ...]:
    """The issues that failed wholly or partly and are not waived, worst first as they stand in the report."""
    return tuple(i for i in report.issues if i.status == "open" and i.outcome in ("fail", "partial"))


def fix_of(report: Report, issue: Issue) -> Fix | None:
    """The fix on the roadmap that closes an issue."""
    return next((f for f in report.roadmap if f.id == issue.fix), None)


def breaks_lead(report: Report) -> str | None:
    """Which step to work on first, and what that gains."""
    r = report.reliability
    if not r.stated:
        return (
            f"Count how many of 100 {report.noun} end right, and at which step the others go wrong. With one rate a "
            "step, this page shows where the chain breaks and what each fix gains."
        )
    best = sorted(r.steps, key=lambda s: -s.gain_if_removed)
    if not best or best[0].gain_if_removed < 0.0005:
        return None
    top = best[0]
    gain = f"{100 * top.gain_if_removed:.1f} points"
    if len(best) > 1 and best[-1].gain_if_removed > top.gain_if_removed - 0.0005:
        return f"Every step costs the same, {gain} of success each: start where a wrong step does most harm."
    text = f"Work on {top.name} first: always right, it would add {gain} of success."
    if top.gain_if_fixed >= 0.0005:
        text = f"{text[:-1]}; with its fixes alone, {100 * top.gain_if_fixed:.1f}."
    return text


def rates_note(report: Report, style: Style = PAPER) -> str | None:
    """What the numbers of the step page rest on."""
    r = report.reliability
    if not r.stated:
        return None
    parts = [rates_rest_on(report)]
    if r.end_to_end is not None:
        m = r.end_to_end
        parts.append(
            f"Counted: {percent(m.point, style)}{style.gap}[{100 * m.low:.0f}{style.dash}{100 * m.high:.0f}], {m.source}."
        )
    if r.required_per_step is not None and len(r.steps) > 1:
        parts.append(
            f"To reach {percent(r.target_success, style)} with {count(len(r.steps), 'step', 'steps')} in a row, each "
            f"must be right {percent(r.required_per_step, style, 1)} of the time."
        )
    return " ".join(parts)


def verdict_line(report: Report) -> str:
    """The rule that fired, in one sentence."""
    because = sorted({b.partition("@")[0] for b in report.verdict.because})
    shown = f" Because of {listed(because[:8])}{f' and {len(because) - 8} more' if len(because) > 8 else ''}." if because else ""
    pending = " A kill is pending evidence." if report.verdict.pending else ""
    return f"{verdict_words(report)} by rule {report.verdict.rule}: {_stopped(report.verdict.reason)}{shown}{pending}"


def foot(report: Report) -> str:
    """What stands at the foot of every page: `HD-2026-014, version 1.0, final. Client confidential.`"""
    e = report.engagement
    version = f"version {e.version}" if e.version else None
    text = ", ".join(x for x in (e.id, version, report.status) if x)
    return first_up(f"{text}." + (f" {_stopped(e.classification)}" if e.classification else ""))


def unknown_line(report: Report) -> str | None:
    """Which heavy checks are not known, and how to answer them."""
    heavy = [r.check for r in report.results if r.outcome == "unknown" and r.severity in ("critical", "high")]
    if not report.coverage.unknown:
        return None
    which = f" The heaviest: {listed(heavy[:8])}{f' and {len(heavy) - 8} more' if len(heavy) > 8 else ''}." if heavy else ""
    n = report.coverage.unknown
    return f"{first_up(count(n, 'check is', 'checks are'))} not known.{which} The stack file is where the answers go."
