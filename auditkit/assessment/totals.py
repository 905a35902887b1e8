"""Derived facts about the whole workflow (`computed.*`): totals over components, and the numbers' levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from auditkit.assessment.chances import is_old
from auditkit.assessment.derived import (
    KEYED,
    Row,
    Scene,
    _items,
    all_of,
    any_of,
    changes_something,
    control_of,
    is_weighty,
)
from auditkit.assessment.evidence import Numbers
from auditkit.model.base import Truth
from auditkit.model.facts import THE_SYSTEM, Known, Ref
from auditkit.model.receipts import Inspected, Measured, Receipt
from auditkit.model.vocabulary import NONE, Rate
from auditkit.reliability import clopper_pearson, upper_bound_no_failure

ENOUGH_RUNS = 100
NO_END = 999
SENSITIVE = 3
PASSING = ("window", "memory", "session")
"""Kinds of stores that end with the process."""
FRESH_RUN_DAYS = 30
OLD_RUN_DAYS = 90
CLOSE = 0.05


def totals(scene: Scene) -> Iterator[Row]:
    """Totals that need no numbers."""
    yield from _counts(scene)
    yield from _weight(scene)
    yield from _kept_facts(scene)
    yield from _unchecked(scene)


def _say(key: str, value: object, receipts: Sequence[Receipt] = ()) -> Iterator[Row]:
    if value is not None:
        yield THE_SYSTEM, f"computed.{key}", Known(value, tuple(dict.fromkeys(receipts)))


def _counts(scene: Scene) -> Iterator[Row]:
    steps, models = scene.refs("step"), [s for s in scene.refs("step") if scene.get(s, "decider") == "model"]
    listed = scene.list_receipt("steps")
    if listed or steps:
        yield from _say("steps", len(steps), listed)
    if scene.whole("agents") or scene.refs("agent"):
        yield from _say("agents", len(scene.refs("agent")), scene.list_receipt("agents"))
    if steps and all(scene.get(s, "decider") is not None for s in steps):
        yield from _say("model_steps", len(models), scene.receipts(*((s, "decider") for s in steps)))
        known = [scene.get(s, "rule_known") for s in models]
        if None not in known:
            yield from _say("code_steps_possible", known.count(True), scene.receipts(*((s, "rule_known") for s in models)))
        elif True in known:
            yield from _say("code_steps_possible", known.count(True),
                            scene.receipts(*((s, "rule_known") for s in models if scene.get(s, "rule_known"))))
    yield from _unlisted(scene)


def _unlisted(scene: Scene) -> Iterator[Row]:
    """Steps and tools that an inspector found in the code and a written list leaves out."""
    listed = scene.list_receipt("steps", "actions")
    if not scene.whole("steps"):
        return
    found: list[Receipt] = []
    extra = 0
    for section, kind in (("steps", "step"), ("actions", "action")):
        if not scene.whole(section):
            continue
        for ref in scene.refs(kind):
            receipts = scene.world.stack.receipts_of.get(ref, ())
            if receipts and all(isinstance(r, Inspected) and r.rule for r in receipts):
                extra += 1
                found += receipts[:1]
    yield from _say("unlisted", extra, (*listed, *found))


def _weight(scene: Scene) -> Iterator[Row]:
    actions = scene.refs("action")
    rest: Truth = False if scene.whole("actions") else None
    effects = scene.receipts(*((a, "effect") for a in actions)) or scene.list_receipt("actions")
    writes = any_of([*(changes_something(scene, a) for a in actions), rest])
    yield from _say("writes", writes, effects)
    domain = scene.get(THE_SYSTEM, "fit.domain_weight")
    heavy: Truth = None if domain is None else bool(set(_items(domain)) - {NONE})
    weighty = [(a, is_weighty(scene, a)) for a in actions]
    yield from _say("weighty", any_of([heavy, *(w for _, w in weighty), rest]),
                    (*scene.receipts((THE_SYSTEM, "fit.domain_weight")), *effects))
    yield from _control(scene, heavy, [a for a, w in weighty if w])
    safe = [_replay_safe(scene, a) for a in actions]
    yield from _say("replay_safe", all_of([*safe, None if rest is None else True]),
                    scene.receipts(*((a, "idempotent_key") for a in actions)) or scene.list_receipt("actions"))


def _control(scene: Scene, heavy: Truth, weighty: Sequence[Ref]) -> Iterator[Row]:
    order = ["none", "afterwards", "before"]
    levels = [control_of(scene, a) for a in weighty]
    if heavy:
        person = scene.get(THE_SYSTEM, "fit.person_decides")
        levels.append(None if person is None else {"never": "none"}.get(str(person), str(person)))
    worst = min((order.index(x) for x in levels if x is not None), default=None)
    if worst is None or (None in levels and worst > 0):
        return
    keys = ("gate", "limit.scope", "decided_by", "policy_check")
    yield from _say("weighty_control", order[worst],
                    scene.receipts((THE_SYSTEM, "fit.person_decides"), *((a, k) for a in weighty for k in keys)))


def _replay_safe(scene: Scene, action: Ref) -> Truth:
    if changes_something(scene, action) is False:
        return True
    key, name = scene.get(action, "idempotent_key"), scene.get(action, "integration")
    other = scene.get(Ref("integration", str(name)), "idempotency") if isinstance(name, str) and name != NONE else None
    if key in KEYED or other in KEYED:
        return True
    elsewhere = isinstance(name, str) and name != NONE and other is None
    return None if key is None or elsewhere else False


def _kept_facts(scene: Scene) -> Iterator[Row]:
    """How many of the facts that later steps read live only in the window."""
    stores = scene.refs("store")
    durable = [s for s in stores if scene.get(s, "durable") is True]
    read = {n for s in scene.refs("step") for n in _items(scene.get(s, "reads_state"))}
    receipts = (*scene.list_receipt("stores"), *scene.receipts(*((s, k) for s in stores for k in ("durable", "holds"))))
    if not scene.whole("stores"):
        return
    nothing_read = bool(scene.refs("step")) and not read and all(
        scene.get(s, "reads_state") is not None for s in scene.refs("step"))
    if nothing_read:
        yield from _say("volatile_facts", "none", scene.receipts(*((s, "reads_state") for s in scene.refs("step"))))
        return
    if not durable and all(scene.get(s, "durable") is not None for s in stores):
        yield from _say("volatile_facts", "all" if read or scene.refs("step") else None, receipts)
        return
    if not read:
        passing = [s for s in stores if scene.get(s, "durable") is False and scene.get(s, "kind") in PASSING]
        if durable and not passing and all(scene.get(s, "durable") is not None for s in stores):
            yield from _say("volatile_facts", "none", receipts)
        return
    inside = {n for s in durable for n in _items(scene.get(s, "holds"))}
    known = all(scene.get(s, "holds") is not None and scene.get(s, "durable") is not None for s in stores)
    if read <= inside:
        yield from _say("volatile_facts", "none", receipts)
    elif known:
        yield from _say("volatile_facts", "some" if read & inside else "all", receipts)


def _unchecked(scene: Scene) -> Iterator[Row]:
    """The longest run of model steps with nothing checking between them."""
    steps = scene.refs("step")
    if not steps or any(scene.get(s, "decider") is None for s in steps):
        return
    low, high = _longest(scene, unknown_checks=True), _longest(scene, unknown_checks=False)
    if low == high:
        yield from _say("unchecked_run", low, scene.receipts(*((s, k) for s in steps for k in ("decider", "validation.kind"))))


def _longest(scene: Scene, *, unknown_checks: bool) -> int:
    """Longest unchecked run along the graph; `unknown_checks`: take what is not known for a check.

    A run ends after a step whose output is checked. A loop of model steps counts its turns.
    """
    running: dict[str, int] = {}
    longest = 0
    for group in scene.graph.groups:
        coming = max((running.get(b, 0) for s in group for b in scene.graph.sources[s] if b not in group), default=0)
        weight = sum(_turns(scene, Ref("step", s)) for s in group) * _rounds(scene, group)
        here = min(NO_END, coming + weight) if weight else 0
        longest = max(longest, here)
        checked = any(_checked(scene, Ref("step", s), unknown_checks) for s in group)
        running |= dict.fromkeys(group, 0 if checked else here)
    return longest


def _checked(scene: Scene, ref: Ref, unknown: bool) -> bool:
    kind = scene.get(ref, "validation.kind")
    return unknown if kind is None else kind != NONE


def _rounds(scene: Scene, group: Sequence[str]) -> int:
    """How often a group of steps may go round; once when it is no loop, or when something inside it checks."""
    if len(group) == 1 or any(scene.get(Ref("step", s), "validation.kind") not in (None, NONE) for s in group):
        return 1
    bounds = [scene.get(Ref("step", s), "loop.max_iterations") for s in group]
    return max((b for b in bounds if isinstance(b, int)), default=NO_END)


def _turns(scene: Scene, ref: Ref) -> int:
    """How many model turns a step is: an agent loop as many as its bound, with a check at most six."""
    if scene.get(ref, "decider") != "model":
        return 0
    if scene.get(ref, "kind") != "agent_loop":
        return 1
    most = scene.get(ref, "loop.max_iterations")
    if not isinstance(most, int):
        return NO_END
    checked = scene.get(ref, "validation.kind") not in (None, NONE)
    return 6 if checked and most <= 20 else most


# Levels that need numbers ------------------------------------------------------------------------------------

def levels(scene: Scene, numbers: Numbers) -> Iterator[Row]:
    """Where the numbers stand to their targets, what an eval supports, how much is counted."""
    rates = scene.receipts(*((s, "success") for s in scene.refs("step")),
                           (THE_SYSTEM, "outcomes.success"), (THE_SYSTEM, "targets.success"))
    silent = scene.receipts(*((s, k) for s in scene.refs("step") for k in ("success", "detect", "validation.kind")),
                            (THE_SYSTEM, "outcomes.silent"), (THE_SYSTEM, "targets.max_silent"))
    if numbers.stated:
        best = numbers.end_to_end or numbers.as_is.success
        worst = numbers.end_to_end_silent or numbers.as_is.silent
        yield from _say("success_level", "clear" if best.low >= numbers.target else "point_only"
                        if best.point >= numbers.target else "below", rates)
        yield from _say("silent_level", "clear" if worst.high <= numbers.max_silent else "point_only"
                        if worst.point <= numbers.max_silent else "above", silent)
    if numbers.stated:
        yield from _say("measured_steps", _measured(scene, numbers), rates or scene.list_receipt("steps"))
    for ref in scene.refs("eval"):
        yield from _eval(scene, ref, numbers.target)


def _eval(scene: Scene, ref: Ref, target: float) -> Iterator[Row]:
    """How old an eval's last run is, and whether its size supports the target."""
    last = scene.get(ref, "last_run")
    if isinstance(last, date):
        days = (scene.on - last).days
        level = "old" if days > OLD_RUN_DAYS else "ageing" if days > FRESH_RUN_DAYS else "fresh"
        yield ref, "age", Known(level, scene.receipts((ref, "last_run")))
    rate, size, trials = (scene.get(ref, k) for k in ("pass_rate", "size", "trials_per_case"))
    support: str | None = None
    if isinstance(rate, Rate) and rate.runs and rate.successes is not None:
        support = _supports(clopper_pearson(rate.successes, rate.runs)[0], target)
    elif isinstance(size, int) and size > 0:
        runs = size * (trials if isinstance(trials, int) and trials > 0 else 1)
        support = "no" if _supports(1 - upper_bound_no_failure(runs), target) == "no" else None
    if support is not None:
        yield ref, "supports_claim", Known(support, scene.receipts((ref, "pass_rate"), (ref, "size"), (ref, "trials_per_case")))


def _supports(low: float, target: float) -> str:
    return "yes" if low >= target else "close" if low >= target - CLOSE else "no"


def _measured(scene: Scene, numbers: Numbers) -> str:
    def counted(rate: object, receipt: Receipt) -> bool:
        enough = isinstance(rate, Rate) and (rate.runs or 0) >= ENOUGH_RUNS
        return enough and isinstance(receipt, Measured) and not is_old(receipt.when, scene.on)

    index = scene.world.stack.index
    sensitive = [s for s, n in numbers.steps.items() if n.rank <= SENSITIVE]
    facts = {s: index.get(Ref("step", s), {}).get("success", ()) for s in numbers.steps}
    whole = index.get(THE_SYSTEM, {}).get("outcomes.success", ())
    solid = all(any(counted(f.value, f.receipt) for f in facts[s]) for s in sensitive)
    if solid and any(counted(f.value, f.receipt) for f in whole):
        return "all"
    some = any(isinstance(f.receipt, Measured) for rows in (*facts.values(), whole) for f in rows)
    return "some" if some else "none"
