"""The reliability part of a report: where runs end, step by step, now and hardened, with every assumption."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from auditkit.assessment import conventions as ours
from auditkit.assessment.chances import Chance
from auditkit.assessment.evidence import Case
from auditkit.assessment.outlook import Draws, at_stated, chain, one_visit, stated_rates
from auditkit.assessment.roadmap import Plan
from auditkit.model.facts import THE_SYSTEM, Ref
from auditkit.model.report import Convention, CurvePoint, PassK, Reliability, Scenario, StepReliability
from auditkit.model.vocabulary import Repeats
from auditkit.reliability import (
    Step,
    beta_binomial_pass_k,
    expected_cost,
    fix_gains,
    interval,
    intra_task_correlation,
    pass_hat_k,
    required_floor,
    step_budget,
)
from auditkit.reliability.lanes import visit

LONGEST_CURVE = 30
MOST_TRIES = 8
ASSUMPTIONS = (
    "Steps fail independently, given what is known of their model. Real runs do not: hard inputs fail several steps at "
    "once. That makes a chain look worse than it is, and retries, votes and second checks look better.",
    "The shares of errors that controls notice are the softest numbers here. Without seeded errors or reviewed runs they "
    "are conventions, and so is the split between caught and silent.",
    "A caught run is safe only where somebody or something picks it up.",
    "Model, prompt, tools and traffic stay as they were when the rates were true.",
    "The labels behind the counts are taken as right.",
)


def reliability(case: Case, work: Plan, *, live: bool = False) -> Reliability:
    """The numbers of a case as the report prints them; while somebody answers, without those of single steps."""
    numbers = case.numbers
    graph = chain(case.scene, numbers.chances) if numbers.chances and not live else ()
    now, then = _losses(case, numbers.as_is), _losses(case, work.hardened)
    currency = case.get(THE_SYSTEM, "costs.currency")
    return Reliability(
        stated=numbers.stated, as_is=numbers.as_is, hardened=work.hardened, stages=work.stages,
        steps=_steps(case, graph, work), curve=_curve(case, graph, work),
        required_per_step=next((s.required for s in numbers.steps.values()), None),
        step_budget=_budget(numbers.chances, numbers.target), target_success=numbers.target, max_silent=numbers.max_silent,
        targets_basis="stated" if numbers.targets_stated else "convention", end_to_end=numbers.end_to_end,
        end_to_end_silent=numbers.end_to_end_silent, pass_k=_pass_k(case),
        draws=0 if numbers.draws is None else len(numbers.draws.p), seed=ours.SEED, shared=ours.SHARED, loss_now=now,
        loss_hardened=then, currency=str(currency) if currency else None, assumptions=ASSUMPTIONS,
        conventions=tuple(_conventions(case, work)))


def _pass_k(case: Case) -> tuple[PassK, ...]:
    """The chance that k tries of one task all end right: as counted, then by the fitted beta-binomial."""
    repeats = case.get(THE_SYSTEM, "outcomes.repeats")
    if not isinstance(repeats, Repeats) or not repeats.trials or not repeats.tasks_by_successes:
        return ()
    tasks = [(won, repeats.trials) for won, n in enumerate(repeats.tasks_by_successes) for _ in range(n)]
    if not tasks or any(won > repeats.trials for won, _ in tasks):
        return ()
    seen = [PassK(k=k, value=pass_hat_k(tasks, k), basis="observed") for k in range(1, min(repeats.trials, MOST_TRIES) + 1)]
    alike = intra_task_correlation(tasks)
    beyond = range(len(seen) + 1, MOST_TRIES + 1) if alike is not None and 0 < alike < 1 else ()
    return (*seen, *(PassK(k=k, value=beta_binomial_pass_k(seen[0].value, alike, k), basis="beta-binomial")  # type: ignore[arg-type]
                     for k in beyond))


def _budget(chances: Sequence[Chance], target: float) -> int | None:
    """How many steps the target allows at the mean rate of the steps."""
    if not chances:
        return None
    mean = float(np.exp(np.mean([np.log(max(x.point, 1e-9)) for x in chances])))
    return step_budget(target, mean) if 0 < mean < 1 else None


def _losses(case: Case, scenario: Scenario) -> float | None:
    """What 1,000 runs lose at the team's own amounts."""
    caught, silent = (case.get(THE_SYSTEM, f"costs.{k}") for k in ("caught", "silent"))
    if not isinstance(caught, int | float) or not isinstance(silent, int | float) or not case.numbers.stated:
        return None
    return round(expected_cost(scenario.caught.point, scenario.silent.point, float(caught), float(silent), runs=1000), 2)


def _steps(case: Case, graph: tuple[Step, ...], work: Plan) -> tuple[StepReliability, ...]:
    if not graph:
        return ()
    chances = case.numbers.chances
    rates = stated_rates(chances)
    visits = at_stated(graph, chances).visits
    assert visits is not None
    halved = fix_gains(graph, rates)[0]
    floor = required_floor(graph, rates, case.numbers.target)
    rows = []
    bounds = {rate: interval(rate) for rate in {x.rate for x in chances} if rate}
    for i, (now, then) in enumerate(zip(chances, work.chances)):
        low, high = bounds[now.rate] if now.rate else (1.0, 1.0)
        ok, caught, silent = one_visit(now)
        after = one_visit(then)
        ref = Ref("step", now.id)
        decider = case.get(ref, "decider")
        rows.append(StepReliability(
            id=now.id, name=case.scene.world.stack.title(ref), decider=str(decider) if decider else None, point=now.point,
            low=min(low, now.point), high=max(high, now.point), basis=now.basis, n=now.n, detect=round(now.c, 12),
            checkpoint=round(now.d, 12), retries=now.retries, ok=ok, caught=caught, silent=silent, hardened_ok=after[0],
            hardened_caught=after[1], hardened_silent=after[2], becomes=then.becomes, visits=round(float(visits[0, i]), 9),
            gain_if_removed=case.numbers.steps[now.id].gain, gain_if_fixed=float(halved[i]), required=floor))
    return tuple(rows)


def _curve(case: Case, graph: tuple[Step, ...], work: Plan) -> tuple[CurvePoint, ...]:
    """The share of runs still right after each step, for a workflow without branches or loops."""
    draws = case.numbers.draws
    if not graph or draws is None or not case.scene.graph.serial or len(graph) > LONGEST_CURVE:
        return ()
    now = np.cumprod([one_visit(x)[0] for x in case.numbers.chances])
    then = np.cumprod([one_visit(x)[0] for x in work.chances])
    spread = np.cumprod(_visits(case.numbers.chances, draws).T, axis=0)     # a row a step: as the draws lie in memory
    low, high = np.quantile(spread, [0.05, 0.95], axis=1)
    return tuple(CurvePoint(step=x.id, now=float(now[i]), low=float(low[i]), high=float(high[i]), hardened=float(then[i]))
                 for i, x in enumerate(case.numbers.chances))


def _visits(chances: Sequence[Chance], draws: Draws) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """(draws, steps): one visit ending right, in each draw."""
    retries = np.array([float(x.retries) for x in chances])
    return visit(draws.p, np.broadcast_to(draws.c, draws.p.shape), np.broadcast_to(retries, draws.p.shape),
                 np.ones_like(draws.p))[0]


def _conventions(case: Case, work: Plan) -> list[Convention]:
    """The conventions that stand behind these numbers, those in use first."""
    chances = case.numbers.chances
    both = (*chances, *work.chances)
    used = {name for x in both for name in (*x.detects, *x.catches)}
    assumed = [x for x in chances if x.basis == "assumed"]
    declared = [x for x in chances if x.basis == "declared"]
    rows = [
        Convention(name="a declared share is worth", value="guess 5 runs, watched 10, dashboard 20", used=bool(declared)),
        Convention(name="steps on one model share what is not known", value=f"correlation {ours.SHARED:g}",
                   used=any(x.group for x in chances)),
        Convention(name="a rate nobody stated", value=_priors(), used=bool(assumed)),
        Convention(name="a way out with a trigger in code notices", value=f"{ours.BRANCH_DETECTS['code']:.0%} of errors",
                   used="way out" in used),
        Convention(name="a check of the output notices", value="schema 30%, business rule 50%, same model 30%, independent 50%",
                   used=bool(used & {"schema", "rule", "judge", "verifier"})),
        Convention(name="an error in plain code shows itself", value=f"{ours.CODE_DETECTS:.0%}", used="code" in used),
        Convention(name="a gate or read-back stops", value="person 60%, read-back 60%, policy 50% of wrong proposals",
                   used=bool(used & {"gate", "policy", "read-back", "check", "person"})),
        Convention(name="a step that sees the facts it needs", value=f"at least {ours.FRESH_STEP:.0%}",
                   used=any(t.point == ours.FRESH_STEP != n.point for n, t in zip(chances, work.chances))),
        Convention(name="targets by impact", value="low 80% / 10%, moderate 90% / 5%, high 95% / 1%, critical 99% / 0.1%",
                   used=not case.numbers.targets_stated),
    ]
    return sorted(rows, key=lambda row: not row.used)


def _priors() -> str:
    return "code 99.5%, read 98%, write 97%, person 97%, extract or classify 93%, decide 85%, converse 80%, agent loop 70%"
