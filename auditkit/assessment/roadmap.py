"""The roadmap: open findings put together into pieces of work, in the order in which work is done.

Order: map, state, branches, knowledge, monitoring, gates; inside a topic by computed gain per effort. Gains
are marginal in that order: another order splits them differently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from auditkit.assessment import chances as change
from auditkit.assessment import conventions as ours
from auditkit.assessment.chances import Chance
from auditkit.assessment.derived import Scene
from auditkit.assessment.evidence import Case
from auditkit.assessment.outlook import Draws, Judged, at_stated, chain, drawn, outlook, scenario
from auditkit.checklist.checks import SEVERITIES, TOPICS, Check
from auditkit.model.facts import THE_SYSTEM, Ref, Task
from auditkit.model.report import Effort, Finding, Fix, Scenario, Stage
from auditkit.model.vocabulary import NONE
from auditkit.reliability import Step, declared

DAYS: dict[Effort, float] = {"S": 1, "M": 4, "L": 15}
"""What an effort letter stands for when gains are weighed against it (convention)."""
INTERACTIVE = frozenset({"voice", "chat"})
FAMILIES = {("map", "FIT"): "map", ("map", "WFL"): "map", ("monitoring", "WFL"): "MON", ("monitoring", "FIT"): "MON",
            ("gates", "FIT"): "ACT"}
"""Families of checks that are one piece of work."""
FALLS_AWAY = frozenset({"ACT-04", "GRD-07"})
"""What is closed when code takes the acting step over and checks what the model wants."""

Change = Callable[[Chance], Chance]
Changes = dict[str, list[Change]]
"""What a piece of work changes in the numbers, by step."""


@dataclass(frozen=True)
class Package:
    """One piece of work: the checks it closes, and what it changes in the numbers."""

    topic: str
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    changes: Changes
    title: str
    steps: tuple[str, ...]

    @property
    def effort(self) -> Effort:
        """The largest effort among its checks."""
        return max((c.effort for c in self.checks), key=DAYS.__getitem__)

    @property
    def critical(self) -> bool:
        """Whether it closes a critical finding."""
        return any(f.severity == "critical" for f in self.findings)


@dataclass(frozen=True)
class Plan:
    """The roadmap with what it does to the numbers."""

    fixes: tuple[Fix, ...]
    stages: tuple[Stage, ...]
    hardened: Scenario
    chances: tuple[Chance, ...]
    draws: Draws | None
    fix_of: Mapping[str, str]
    """The fix that closes each check."""


def plan(case: Case, removed: Sequence[str], coded: Sequence[str], n: int, judged: Judged | None = None) -> Plan:
    """The roadmap of a case, with n draws; `removed` and `coded` are the steps that S1 and S2 kill.

    With `judged`, what a decision needs of it: the fixes by topic alone, without gains and stages.
    """
    start, as_is = case.numbers.chances, case.numbers.draws
    graph = chain(case.scene, start) if start else ()
    live = judged is not None
    packages = _in_order(_packages(case, removed, coded), () if live else graph, start)
    states = list(accumulate(packages, lambda now, package: _apply(now, package.changes), initial=start))
    best = _at_best(case, states[-1])
    draws, hardened = None, case.numbers.as_is
    if graph and any(state != start for state in (*states, best)):
        draws, hardened = outlook(graph, best, n, judged, as_is)
    stages = [] if live else _stages(case, packages, states, graph, n)
    if len(stages) > 1:     # the last stage is the hardened workflow, and gets all its draws
        last = hardened if best == states[-1] else scenario(graph, states[-1], drawn(states[-1], n, as_is))
        stages[-1] = stages[-1].model_copy(update={"scenario": last})
    gains = {stage.fix: (stage.scenario.success.point - before.scenario.success.point,
                         stage.scenario.silent.point - before.scenario.silent.point)
             for before, stage in pairwise(stages)}
    fixes = [_fix(case, package, number, gains.get(f"R{number}", (None, None))) for number, package in enumerate(packages, 1)]
    fixes = _target_reached(fixes, stages, case)
    return Plan(_before_launch(fixes, stages, case), tuple(stages), hardened, best, draws,
                {check: f.id for f in fixes for check in f.closes})


def _stages(case: Case, packages: Sequence[Package], states: Sequence[tuple[Chance, ...]], graph: tuple[Step, ...],
            n: int) -> list[Stage]:
    """Today, and where runs end after each piece of work that changes the numbers."""
    stages = [Stage(fix=None, title="Today", scenario=case.numbers.as_is)]
    for number, (package, (before, after)) in enumerate(zip(packages, pairwise(states)), 1):
        if after != before and graph:
            then = scenario(graph, after, drawn(after, _fewer(n), case.numbers.draws))
            stages.append(Stage(fix=f"R{number}", title=package.title, scenario=then))
    return stages


def _fewer(n: int) -> int:
    """Draws for a stage on the way, whose interval is only drawn as a band: a quarter, and at least 2,000."""
    return min(n, max(2_000, n // 4))


def _target_reached(fixes: list[Fix], stages: Sequence[Stage], case: Case) -> list[Fix]:
    """WFL-02 is closed by the fix that brings success to its target, whatever its own piece of work was."""
    if any(f.closes == ("WFL-02",) for f in fixes):
        return fixes
    reached = next((s.fix for s in stages[1:] if s.scenario.success.point >= case.numbers.target), None)
    if reached is None or not any("WFL-02" in f.closes for f in fixes):
        return fixes
    moved = []
    for fix in fixes:
        closes = tuple(c for c in fix.closes if c != "WFL-02")
        if fix.id == reached:
            closes = (*closes, "WFL-02")
        moved.append(fix.model_copy(update={"closes": closes}) if closes else fix)
    return moved


def _at_best(case: Case, current: tuple[Chance, ...]) -> tuple[Chance, ...]:
    """Where the team says how good a step can become, the hardened numbers go no further."""
    best: list[Chance] = []
    for x in current:
        limit = case.get(Ref("step", x.id), "after_fix")
        capped = isinstance(limit, float | int) and x.becomes == "same" and x.point < limit
        best.append(replace(x, point=float(limit), rate=declared(float(limit), ours.STRENGTH["watched"]),  # type: ignore[arg-type]
                            basis="declared", n=None) if capped else x)
    return tuple(best)


def _packages(case: Case, removed: Sequence[str], coded: Sequence[str]) -> list[Package]:
    """Open findings by topic and family."""
    open_ = [f for f in case.findings if f.outcome in ("fail", "partial", "waived")]
    by_id = {c.id: c for c in case.checks}
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in open_:
        check = by_id[finding.check]
        groups.setdefault(_group(case, finding, check, coded), []).append(finding)
    if (removed or coded) and ("map", "map") not in groups:
        groups["map", "map"] = []
    packages = []
    for (topic, _), findings in groups.items():
        checks = tuple(by_id[name] for name in dict.fromkeys(f.check for f in sorted(findings, key=_weight)))
        kills = (removed, coded) if (topic, _) == ("map", "map") else ((), ())
        packages.append(_package(case, topic, checks, findings, *kills))
    return [p for p in packages if p.checks]


def _group(case: Case, finding: Finding, check: Check, coded: Sequence[str]) -> tuple[str, str]:
    """Topic and family; what falls away when code takes a step over belongs to that piece of work."""
    if check.id in FALLS_AWAY and coded and _acted_by(case, finding) <= set(coded):
        return "map", "map"
    family = finding.check.partition("-")[0]
    return check.topic, FAMILIES.get((check.topic, family), family)


def _acted_by(case: Case, finding: Finding) -> set[str]:
    """The steps whose actions a finding is about."""
    if finding.kind == "action":
        return {str(case.get(Ref("action", finding.component), "step"))}
    ahead = case.scene.graph.reach[finding.component]
    steps = {str(case.get(a, "step")) for a in case.scene.refs("action") if case.get(a, "consequential") is not False}
    return {s for s in steps if case.scene.graph.bits([s]) & ahead} or {finding.component}


def _weight(finding: Finding) -> tuple[int, bool]:
    return SEVERITIES.index(finding.severity), finding.outcome == "partial"


def _package(case: Case, topic: str, checks: tuple[Check, ...], findings: list[Finding], removed: Sequence[str],
             coded: Sequence[str]) -> Package:
    changes: Changes = {}
    for step in removed:
        changes.setdefault(step, []).append(change.gone)
    for step in coded:
        changes.setdefault(step, []).append(change.as_code)
    for check in checks:
        effect = EFFECTS.get(check.id)
        if effect is not None:
            for step, how in effect(case.scene, [f for f in findings if f.check == check.id]).items():
                changes.setdefault(step, []).append(how)
    title, steps = _words(case, checks, removed, coded)
    return Package(topic, checks, tuple(findings), changes, title, steps)


def _words(case: Case, checks: tuple[Check, ...], removed: Sequence[str], coded: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    names = [case.scene.world.stack.title(Ref("step", s)) for s in (*coded, *removed)]
    if coded:
        title = f"Code for {_and(names)}" if len(names) <= 4 else f"Code for {len(names)} steps that a rule can decide"
        rules = [str(case.get(Ref("step", s), "rule")) for s in coded if case.get(Ref("step", s), "rule")]
        return title, (*(f"{n}: {r}." for n, r in zip(names, rules)), *(checks[0].fix[:2] if checks else ()))
    if removed:
        return f"Remove {_and(names)}", checks[0].fix if checks else ()
    more = [c.fix_title for c in checks[1:3]]
    return (checks[0].fix_title if checks else ""), (*checks[0].fix, *more)[:5] if checks else ()


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


# Order -----------------------------------------------------------------------------------------------------

def _in_order(packages: list[Package], graph: tuple[Step, ...], start: tuple[Chance, ...]) -> list[Package]:
    """Topic by topic; inside one, what gains most per day of work comes first, then what closes criticals.

    Without a graph nothing gains, and the rest of the order stays.
    """
    ordered: list[Package] = []
    current = start
    for topic in TOPICS:
        own = [p for p in packages if p.topic == topic]
        worth = {id(p): _gain(graph, current, p) / DAYS[p.effort] for p in own}
        own.sort(key=lambda p: (-worth[id(p)], not p.critical, min((_weight(f) for f in p.findings), default=(9, False))))
        for package in own:
            current = _apply(current, package.changes)
        ordered += own
    return ordered


def _gain(graph: tuple[Step, ...], current: tuple[Chance, ...], package: Package) -> float:
    """How much fewer runs fail: the gain in success plus the fall in silent failures, at the stated rates."""
    changed = _apply(current, package.changes)
    if changed == current or not graph:
        return 0.0
    now, then = at_stated(graph, current), at_stated(graph, changed)
    return round(float(then.success[0] - now.success[0] + now.silent[0] - then.silent[0]), 9)


def _apply(chances: tuple[Chance, ...], changes: Changes) -> tuple[Chance, ...]:
    if not changes:
        return chances
    result = []
    for chance in chances:
        for how in changes.get(chance.id, ()):
            if chance.becomes == "same" or how.__name__ == "checkpoint":
                chance = how(chance)
        result.append(chance)
    return tuple(result)


def _fix(case: Case, package: Package, number: int, gain: tuple[float | None, float | None]) -> Fix:
    closes = tuple(c.id for c in package.checks)
    task = _task(case.scene.world.stack.plan, closes)
    heavy = package.checks[0]
    kind = "remove" if package.title.startswith(("Code for", "Remove ")) else heavy.kind_of_work
    return Fix(id=f"R{number}", title=package.title, closes=closes,
               components=tuple(dict.fromkeys(f.component for f in package.findings)), steps=package.steps,
               effort=package.effort, kind_of_work=kind, topic=package.topic, order=number,
               before_launch=package.critical, gain_success=gain[0], gain_silent=gain[1],
               owner=task.owner if task else None, due=task.due if task else None)


def _task(tasks: Sequence[Task], closes: Sequence[str]) -> Task | None:
    return next((t for t in tasks if set(t.closes) & set(closes)), None)


def _before_launch(fixes: list[Fix], stages: list[Stage], case: Case) -> tuple[Fix, ...]:
    """Before launch: what closes a critical finding, and what is needed until both targets hold on the point."""
    needed: set[str] = set()
    numbers = case.numbers
    for stage in stages[1:]:
        earlier = stages[stages.index(stage) - 1].scenario
        met = earlier.success.point >= numbers.target and earlier.silent.point <= numbers.max_silent
        if stage.fix and numbers.stated and not met:
            needed.add(stage.fix)
    return tuple(f.model_copy(update={"before_launch": f.before_launch or f.id in needed}) for f in fixes)


# What closing a check changes in the numbers (section C3 of the method) --------------------------------------

Effect = Callable[[Scene, Sequence[Finding]], dict[str, Change]]


def _steps_of(_: Scene, findings: Sequence[Finding]) -> list[str]:
    return [f.component for f in findings if f.kind == "step"]


def _way_out(scene: Scene, findings: Sequence[Finding]) -> dict[str, Change]:
    return dict.fromkeys(_steps_of(scene, findings), change.with_way_out)


def _validation(scene: Scene, findings: Sequence[Finding]) -> dict[str, Change]:
    return dict.fromkeys(_steps_of(scene, findings), change.with_validation)


def _facts(scene: Scene, findings: Sequence[Finding]) -> dict[str, Change]:
    """Steps that read earlier facts; where nobody stated what is read, model steps from the third on."""
    own = _steps_of(scene, findings)
    if own:
        return dict.fromkeys(own, change.with_facts)
    readers = [s.id for s in scene.refs("step") if scene.get(s, "reads_state") and scene.get(s, "decider") == "model"]
    if not readers and not any(scene.get(s, "reads_state") is not None for s in scene.refs("step")):
        readers = [s.id for s in scene.refs("step")[2:] if scene.get(s, "decider") == "model"]
    return dict.fromkeys(readers, change.with_facts)


def _checkpoint(name: str, share: float) -> Change:
    def checkpoint(chance: Chance) -> Chance:
        return change.with_checkpoint(chance, name, share)

    return checkpoint


def _gate(scene: Scene, findings: Sequence[Finding]) -> dict[str, Change]:
    """A person, or a gate that holds, before the actions that need one."""
    found: dict[str, Change] = {}
    for finding in findings:
        ref = Ref(finding.kind, finding.component)
        actions = ([ref] if ref.kind == "action" else
                   [a for a in scene.refs("action") if scene.get(a, "gate") == ref.id] if ref.kind == "gate" else
                   [a for a in scene.refs("action") if scene.get(a, "weighty") is True])
        for action in actions:
            step = scene.get(action, "step")
            if isinstance(step, str) and scene.get(action, "gate_possible") is not False:
                name = scene.get(action, "gate")        # a gate that is mended stays one gate
                found[step] = _checkpoint("gate" if name in (None, NONE) else str(name), ours.GATE_CATCHES["human"])
    return found


def _policy(scene: Scene, findings: Sequence[Finding]) -> dict[str, Change]:
    """Code checks the policy before the action."""
    steps = [scene.get(Ref("action", f.component), "step") for f in findings]
    return {s: _checkpoint("policy", ours.GATE_CATCHES["policy"]) for s in steps if isinstance(s, str)}


def _read_back(scene: Scene, _: Sequence[Finding]) -> dict[str, Change]:
    """One checkpoint just before the first action that changes something, else at the end."""
    acting = {scene.get(a, "step") for a in scene.refs("action") if scene.get(a, "consequential") is True}
    where = next((s for s in scene.graph.order if s in acting), scene.graph.order[-1] if scene.graph.order else None)
    if where is None:
        return {}
    spoken = scene.get(THE_SYSTEM, "channel") in INTERACTIVE
    return {where: _checkpoint("read-back" if spoken else "check",
                               ours.GATE_CATCHES["read_back"] if spoken else ours.VERIFIER_CATCHES)}


def _keyed(scene: Scene, findings: Sequence[Finding]) -> dict[str, Change]:
    """A write that carries a key may be repeated."""
    names = {f.component for f in findings}
    steps = [scene.get(a, "step") for a in scene.refs("action") if scene.get(a, "integration") in names or a.id in names]
    return {s: change.repeatable for s in steps if isinstance(s, str)}


def _sources(scene: Scene, findings: Sequence[Finding]) -> dict[str, Change]:
    """Stale, missing and disagreeing sources are noticed."""
    names = {f.component for f in findings}

    def noticed(chance: Chance) -> Chance:
        return replace(chance, detects={**chance.detects, "sources": ours.SOURCE_CHECK})

    return {s.id: noticed for s in scene.refs("step") if names & set(scene.get(s, "knowledge") or ())}  # type: ignore[call-overload]


EFFECTS: Mapping[str, Effect] = {
    "BRN-01": _way_out, "BRN-02": _way_out, "GRD-03": _validation, "STA-01": _facts, "STA-02": _facts,
    "FIT-02": _gate, "ACT-02": _gate, "ACT-03": _gate, "ACT-04": _policy, "WFL-03": _read_back, "WFL-06": _read_back,
    "INT-03": _keyed, "KNW-02": _sources, "KNW-05": _sources,
}
"""By check; a user's own checks have no effect on the numbers, and say so ("not computed")."""
