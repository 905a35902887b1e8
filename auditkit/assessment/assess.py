"""Assess: a stack and a checklist in, a report out. Pure: the date comes in, every draw is seeded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from importlib import metadata
from typing import NamedTuple

import numpy as np

from auditkit.assessment import conventions as ours
from auditkit.assessment import issues as grouping
from auditkit.assessment import paperwork, score, totals, verdicts
from auditkit.assessment.chances import anything_stated, chances
from auditkit.assessment.conflicts import chain_against_counts, conflicts
from auditkit.assessment.decision import decide, out_of_reach, stands
from auditkit.assessment.derived import Row, Scene, derive
from auditkit.assessment.evidence import Case, Numbers, StepNumbers
from auditkit.assessment.excerpts import with_excerpts
from auditkit.assessment.findings import findings
from auditkit.assessment.graph import step_graph
from auditkit.assessment.outlook import chain, how_many, outlook, stated_rates
from auditkit.assessment.reliability import reliability
from auditkit.assessment.roadmap import Plan, plan
from auditkit.assessment.world import StackWorld
from auditkit.checklist.checks import Check, Checklist, through
from auditkit.checklist.platforms import fixes_on
from auditkit.model.coverage import Coverage
from auditkit.model.excerpts import Source
from auditkit.model.facts import THE_SYSTEM, Ref, Stack
from auditkit.model.report import (
    ChecklistUsed,
    CheckText,
    Estimate,
    Measured,
    Proof,
    Reliability,
    Report,
    Scenario,
    Tool,
    WaiverStatus,
)
from auditkit.model.vocabulary import Rate
from auditkit.reliability import clopper_pearson, equal_floor, removal_gains, serial_floor
from auditkit.reliability.chain import Rates


class Judgement(NamedTuple):
    """What a sitting asks of a stack: the report, the facts behind it, and whether it is a KILL that no answer can lift."""

    report: Report
    world: StackWorld
    stands: bool


def assess(stack: Stack, checklist: Checklist, *, on: date, lens: str | None = None,
           sources: Source | None = None, inspection: Coverage | None = None, live: bool = False) -> Report:
    """The report on a stack, as of the day `on`. The same arguments give the same report.

    A lens only chooses which checks are shown; the decision rests on all of them. With `sources`, the text of the
    inspected files, findings quote the lines they rest on. `inspection`, what was read of the code, goes into the
    report as it is. Raises KeyError for an unknown lens.

    `live` is for somebody who answers and waits: the same findings, verdicts, score and points, without what only
    the page prints. The intervals of the workflow come from the first 5,000 draws (`reliability.draws` says how
    many), and from all of them where 5,000 leave it open on which side of a target a bound lies. Fixes stand by
    topic without gains, and only those that close a critical finding are marked as due before launch; there are no
    stages, no step-by-step numbers, no curve and no excerpts.
    """
    shown = None if lens is None else frozenset(c.id for c in through(checklist, lens).checks)
    report = judge(stack, checklist, on=on, live=live).report
    if inspection is not None:
        report = report.model_copy(update={"inspection": inspection})
    if sources is not None and not live:
        report = report.model_copy(update={
            "issues": with_excerpts(report.issues, report.findings, checklist.checks, stack, sources)})
    return report if shown is None else _seen_through(report, checklist, str(lens), shown)


def judge(stack: Stack, checklist: Checklist, *, on: date, live: bool = False) -> Judgement:
    """The report and the facts behind it, derived ones included: for a sitting, which asks why a finding is open."""
    graph = step_graph(stack)
    base = Scene(StackWorld(stack), graph, on)
    scene = _with(base, derive(base).items())
    numbers, n = _numbers(scene, live)
    scene = _more(scene, totals.totals(scene))
    scene = _more(scene, totals.levels(scene, numbers))
    found = findings(scene.world, checklist.checks)
    waivers = tuple(paperwork.waiver_status(w, found, on) for w in stack.waivers)
    found = paperwork.waive(found, waivers)
    case = Case(scene, checklist.checks, found, grouping.results(checklist.checks, found), numbers)
    removed, coded = _killed_steps(case)
    work = plan(case, removed, coded, n, partial(out_of_reach, case) if live else None)
    case = Case(scene, checklist.checks, found, case.results, replace(numbers, hardened=work.draws))
    report = _report(case, checklist, waivers, work, reliability(case, work, live=live), on)
    return Judgement(report, scene.world, stands(case, report.verdict))


def _seen_through(report: Report, checklist: Checklist, lens: str, shown: frozenset[str]) -> Report:
    """The report with only the checks that a lens shows; decision, numbers and roadmap stay those of the whole."""
    results = tuple(r for r in report.results if r.check in shown)
    return report.model_copy(update={
        "checklist": report.checklist.model_copy(update={"lens": lens}), "results": results,
        "findings": tuple(f for f in report.findings if f.check in shown),
        "issues": tuple(i for i in report.issues if i.check in shown),
        "works": tuple(w for w in report.works if w.check in shown),
        "score": score.score(results, checklist.pillars), "assurance": score.assurance(results),
        "coverage": score.coverage(results, tuple(c for c in checklist.checks if c.id in shown))})


def _with(scene: Scene, rows: object) -> Scene:
    table = dict(scene.world.derived) | dict(rows)          # type: ignore[call-overload]
    return Scene(StackWorld(scene.world.stack, table), scene.graph, scene.on)


def _more(scene: Scene, rows: object) -> Scene:
    return _with(scene, (((ref, key), known) for ref, key, known in rows))      # type: ignore[attr-defined]


def _killed_steps(case: Case) -> tuple[list[str], list[str]]:
    """The steps that S1 removes and S2 turns into code."""
    refs = case.scene.refs("step")
    removed = [r.id for r in refs if verdicts.step_unneeded(case, r) is not None]
    coded = [r.id for r in refs if r.id not in removed and verdicts.step_is_a_rule(case, r) is not None]
    return removed, coded


# Numbers ---------------------------------------------------------------------------------------------------

def _numbers(scene: Scene, live: bool) -> tuple[Numbers, int]:
    every = chances(scene)
    target, limit, stated = targets(scene)
    success, silent = counted(scene, "outcomes.success"), counted(scene, "outcomes.silent")
    if not every:
        nothing = Estimate(point=0.0, low=0.0, high=1.0, basis="assumed")
        empty = Scenario(success=nothing, caught=nothing, silent=nothing)
        known = success is not None
        return Numbers(known, target, limit, stated, empty, {}, (), success, silent), 0
    n = how_many(len(every), stated=anything_stated(scene))
    graph = chain(scene, every)

    def judged(as_is: Scenario) -> object:      # what is counted end to end decides in place of the chain
        return (success is None and as_is.success.low >= target, silent is None and as_is.silent.high <= limit)

    draw, as_is = outlook(graph, every, n, judged if live else None)
    rates = stated_rates(every)
    floor = serial_floor(target, len(every)) if scene.graph.serial else equal_floor(graph, Rates(p=rates.p), target)
    gains = removal_gains(graph, rates)[0]
    ranks = np.argsort(np.argsort(-gains, kind="stable"), kind="stable") + 1
    steps = {x.id: StepNumbers(1.0 if floor is None else floor, float(gains[i]), int(ranks[i]))
             for i, x in enumerate(every)}
    return Numbers(anything_stated(scene), target, limit, stated, as_is, steps, every, success, silent, draw), n


def targets(scene: Scene) -> tuple[float, float, bool]:
    """The targets: the team's own, else our convention for the impact; whether both are the team's."""
    impact = scene.get(THE_SYSTEM, "impact") or ours.IMPACT_IF_UNKNOWN
    success, silent = ours.TARGETS[str(impact)]
    own, limit = scene.get(THE_SYSTEM, "targets.success"), scene.get(THE_SYSTEM, "targets.max_silent")
    return (float(own) if isinstance(own, int | float) else success,
            float(limit) if isinstance(limit, int | float) else silent, own is not None and limit is not None)


def counted(scene: Scene, key: str) -> Measured | None:
    """An end-to-end count, when there are enough runs for it to decide."""
    known = scene.world.known(THE_SYSTEM, key)
    rate = known.value if known else None
    if not isinstance(rate, Rate) or rate.successes is None or (rate.runs or 0) < ours.END_TO_END_RUNS:
        return None
    assert rate.runs is not None
    low, high = clopper_pearson(rate.successes, rate.runs)
    return Measured(successes=rate.successes, runs=rate.runs, point=rate.successes / rate.runs, low=low, high=high,
                    source=rate.source or "counts in the stack file")


# The report ------------------------------------------------------------------------------------------------

def _report(case: Case, checklist: Checklist, waivers: Sequence[WaiverStatus], work: Plan, numbers: Reliability,
            on: date) -> Report:
    stack = case.scene.world.stack
    points = score.score(case.results, checklist.pillars)
    assurance = score.assurance(case.results)
    components = verdicts.verdicts(case)
    verdict = decide(case, work.hardened, points, assurance)
    problems = paperwork.problems(stack, case.scene.graph, checklist.checks, case.findings, waivers, on)
    draft = stack.engagement.status != "final" or any(p.level == "error" for p in problems)
    return Report(
        tool=Tool(version=metadata.version("auditkit")), date=on, again_by=paperwork.again_by(stack, on),
        title=stack.title(THE_SYSTEM), noun=str(case.get(THE_SYSTEM, "run.noun") or "runs"),
        status="draft" if draft else "final", engagement=stack.engagement, stack=stack,
        checklist=_used(checklist, str(case.get(THE_SYSTEM, "platform") or "").lower()),
        verdict=verdict, components=components, findings=case.findings,
        issues=grouping.issues(checklist.checks, case.findings, dict(work.fix_of)), results=case.results,
        conflicts=(*conflicts(case.scene, checklist.checks, case.findings),
                   *chain_against_counts(case.numbers, case.scene)),
        reliability=numbers, score=points, assurance=assurance,
        coverage=score.coverage(case.results, checklist.checks), roadmap=work.fixes, proofs=_proofs(case, verdict.because),
        works=grouping.works(checklist.checks, case.findings), waivers=tuple(waivers), problems=problems, gaps=stack.gaps,
        evidence=stack.evidence)


def _used(checklist: Checklist, platform: str) -> ChecklistUsed:
    return ChecklistUsed(name=checklist.name, version=checklist.version, hash=checklist.sha256, title=checklist.title,
                         lens=checklist.lens, pillars=checklist.pillars,
                         checks=_texts(checklist.sha256, checklist.checks, platform))


_WORDS: dict[tuple[str, ...], tuple[CheckText, ...]] = {}
"""The words of the checklists seen last; hundreds of workflows are audited against one."""


def _texts(sha256: str, checks: Sequence[Check], platform: str) -> tuple[CheckText, ...]:
    if not sha256:      # made in memory: nothing tells two of them apart
        return tuple(_text(c, platform) for c in checks)
    key = (sha256, platform, *(c.id for c in checks))
    if key not in _WORDS:
        if len(_WORDS) > 8:
            _WORDS.clear()
        _WORDS[key] = tuple(_text(c, platform) for c in checks)
    return _WORDS[key]


def _text(check: Check, platform: str) -> CheckText:
    maps = check.maps
    relates = (*(f"OWASP {x}" for x in (*maps.owasp_asi, *maps.owasp_llm)), *(f"NIST {x}" for x in maps.nist_ai_rmf),
               *(f"EU AI Act {x}" for x in maps.eu_ai_act), *maps.other)
    return CheckText(
        id=check.id, name=check.name, short=check.short, pillar=check.pillar, about=check.about, severity=check.severity,
        proof=check.proof, question=check.question, why=check.why, asked_of=check.asked_of, passes=check.criteria.passes,
        partial=check.criteria.partial, fails=check.criteria.fails, fix_title=check.fix_title,
        fix=fixes_on(platform).get(check.id, check.fix),
        kind_of_work=check.kind_of_work, topic=check.topic, done_when=check.done_when, effort=check.effort,
        relates_to=relates, references=check.references, origin=tuple(f"{o.source}: {o.says}" for o in check.origin))


def _proofs(case: Case, because: Sequence[str]) -> tuple[Proof, ...]:
    """What turns "keep, prove it" into keep: the open proof checks, as work."""
    by_id: Mapping[str, Check] = {c.id: c for c in case.checks}
    return tuple(Proof(title=by_id[c].fix_title, check=c, detail=by_id[c].done_when)
                 for c in because if c in by_id and by_id[c].proof)


__all__ = ["Ref", "Row", "assess", "counted", "judge", "targets"]
