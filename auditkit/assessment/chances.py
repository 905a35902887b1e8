"""What can happen at each step, as numbers: from stated and measured facts, else from conventions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from auditkit.assessment import conventions as ours
from auditkit.assessment.derived import ENFORCED, KEYED, Scene
from auditkit.model.base import Basis
from auditkit.model.facts import EMPTY, Fact, Ref
from auditkit.model.receipts import Measured
from auditkit.model.vocabulary import NONE, Branch, Rate
from auditkit.reliability import Beta, assumed, declared, measured


@dataclass(frozen=True)
class Chance:
    """The numbers of one step. `detects` and `catches` hold one share a control, by its name.

    `rate` is what is known of p, None for a step that is gone (always right). `group` names the model, whose
    steps share what is not known about them.
    """

    id: str
    point: float
    rate: Beta | None
    basis: Basis
    n: int | None = None
    group: str | None = None
    detects: dict[str, float] = field(default_factory=dict)
    catches: dict[str, float] = field(default_factory=dict)
    counted: dict[str, Beta] = field(default_factory=dict)
    """What is known of the shares that were counted, by the name of the control."""
    tries: int = 0
    """The retries it has or would have; it may use them only where repeating does no harm."""
    repeatable: bool = True
    way_out: str = "error"
    becomes: str = "same"

    @property
    def retries(self) -> int:
        """The retries it may use."""
        return self.tries if self.repeatable else 0

    @property
    def c(self) -> float:
        """The share of errors that some control in the step notices; controls are taken as independent."""
        return _either(self.detects)

    @property
    def d(self) -> float:
        """The share of earlier errors that a checkpoint at the step stops."""
        return _either(self.catches)


def _either(shares: dict[str, float]) -> float:
    missed = 1.0
    for share in shares.values():
        missed *= 1 - share
    return 1 - missed


# As is -----------------------------------------------------------------------------------------------------

def chances(scene: Scene) -> tuple[Chance, ...]:
    """One `Chance` for each step, as the workflow stands, in the order of the file."""
    gates = _gates_by_step(scene)
    checkers = _checkers(scene)
    return tuple(_chance(scene, ref, gates.get(ref.id, {}), checkers) for ref in scene.refs("step"))


def _chance(scene: Scene, ref: Ref, gates: dict[str, float], checkers: dict[str, float]) -> Chance:
    point, rate, basis, n = step_rate(scene, ref)
    branches = [f.value for f in scene.world.stack.index[ref].get("failure_branches", ()) if isinstance(f.value, Branch)]
    catches = dict(gates)
    if ref.id in checkers:
        catches["verifier"] = checkers[ref.id]
    if scene.get(ref, "decider") == "human":
        catches["person"] = ours.HUMAN_STEP_CATCHES
    model = scene.get(ref, "model")
    by_model = scene.get(ref, "decider") == "model"
    return Chance(
        id=ref.id, point=point, rate=rate, basis=basis, n=n,
        group=(str(model) if model not in (None, NONE) else "the model") if by_model else None,
        detects=_detects(scene, ref, branches), catches=catches, counted=_counted_controls(scene, ref),
        tries=_tries(scene, ref, branches), repeatable=_repeatable(scene, ref),
        way_out=next((str(b.type) for b in branches if b.type), "error"))


def _counted_controls(scene: Scene, ref: Ref) -> dict[str, Beta]:
    """What counts say of a step's own detection, its gates and its checks."""
    gates = {str(scene.get(a, "gate")) for a in scene.actions_of.get(ref.id, ())}
    rates = {"stated": scene.get(ref, "detect"), "verifier": scene.get(ref, "catch_rate"),
             **{gate: scene.get(Ref("gate", gate), "seeded_catch_rate") for gate in gates - {NONE, "None"}}}
    return {name: measured(rate.successes, rate.runs) for name, rate in rates.items()
            if isinstance(rate, Rate) and rate.successes is not None and rate.runs}


def step_rate(scene: Scene, ref: Ref) -> tuple[float, Beta, Basis, int | None]:
    """The rate of a step at its strongest receipt: point, distribution, basis, n."""
    facts = scene.world.stack.index[ref].get("success", ())
    counts = [f for f in facts if isinstance(f.receipt, Measured) and f.value.runs]
    if counts:
        return _counted(scene, counts)
    for fact in facts:
        if isinstance(fact.value, Rate) and fact.value.value is not None:
            share = fact.value.value
            return share, declared(share, ours.STRENGTH[fact.value.known_by or "watched"]), "declared", None
    mean, strength = prior(scene, ref)
    return mean, assumed(mean, strength), "assumed", None


def _counted(scene: Scene, counts: list[Fact]) -> tuple[float, Beta, Basis, int | None]:
    """All counts of a step together; old ones weigh half, in the point as in the spread."""
    beta: Beta | None = None
    right = total = 0.0
    for fact in counts:
        weight = ours.OLD_DATA_WEIGHT if is_old(fact.value.date, scene.on) else 1.0
        beta = measured(fact.value.successes or 0, fact.value.runs, beta, weight)
        right, total = right + weight * (fact.value.successes or 0), total + weight * fact.value.runs
    assert beta is not None
    return right / total, beta, "measured", sum(f.value.runs for f in counts)


def is_old(when: date | None, on: date) -> bool:
    """Whether a count is too old to weigh in full."""
    return when is not None and (on - when).days > ours.OLD_AFTER_DAYS


def prior(scene: Scene, ref: Ref) -> tuple[float, float]:
    """Mean and strength for a step whose rate nobody stated (convention)."""
    kind, decider = str(scene.get(ref, "kind")), scene.get(ref, "decider")
    if decider == "code" or (decider is None and kind == "rule"):
        return ours.CODE_IO_RATE.get(kind, ours.CODE_RATE)
    if decider == "human" or (decider is None and kind == "approve"):
        return ours.HUMAN_RATE
    return ours.KIND_RATE.get(kind, ours.MODEL_RATE)


def _detects(scene: Scene, ref: Ref, branches: list[Branch]) -> dict[str, float]:
    stated = scene.get(ref, "detect")
    if isinstance(stated, Rate) and stated.value is not None:
        return {"stated": stated.value}
    found: dict[str, float] = {}
    kind = str(scene.get(ref, "validation.kind"))
    if scene.get(ref, "validation.on_fail") != "ignore":
        for part in ours.VALIDATION_PARTS.get(kind, (kind,)):
            if part in ours.DETECTS:
                found[part] = ours.DETECTS[part]
    fires = max((ours.BRANCH_DETECTS.get(str(b.trigger_in), 0.0) for b in branches), default=0.0)
    if fires:
        found["way out"] = fires
    if scene.get(ref, "decider") == "code":
        found["code"] = ours.CODE_DETECTS
    return found


def _tries(scene: Scene, ref: Ref, branches: list[Branch]) -> int:
    stated = scene.get(ref, "retries.max")
    if isinstance(stated, int):
        return stated
    asks = [b.max_asks if b.max_asks is not None else 1 for b in branches
            if b.type in ("clarify", "retry") and b.trigger_in in ("code", "score")]
    return max(asks, default=0)


def _repeatable(scene: Scene, ref: Ref) -> bool:
    """Whether repeating the step does no harm: it writes nothing, or each write carries a key."""
    for action in scene.actions_of.get(ref.id, ()):
        if scene.get(action, "consequential") is not False:
            keyed = scene.get(action, "idempotent_key") in KEYED
            name = scene.get(action, "integration")
            if not keyed and (name is None or scene.get(Ref("integration", str(name)), "idempotency") not in KEYED):
                return False
    return True


def _gates_by_step(scene: Scene) -> dict[str, dict[str, float]]:
    """What the gates before each step's actions catch."""
    found: dict[str, dict[str, float]] = {}
    for action in scene.refs("action"):
        step, name = scene.get(action, "step"), scene.get(action, "gate")
        if isinstance(step, str) and name not in (None, NONE):
            gate = Ref("gate", str(name))
            if scene.get(gate, "enforced_in") in ENFORCED:
                found.setdefault(step, {})[gate.id] = gate_catches(scene, gate)
    return found


def gate_catches(scene: Scene, gate: Ref) -> float:
    """The share of wrong proposals that a gate stops: counted with seeded errors, else our convention."""
    counted = scene.get(gate, "seeded_catch_rate")
    if isinstance(counted, Rate) and counted.value is not None:
        return counted.value
    return ours.GATE_CATCHES.get(str(scene.get(gate, "type")), ours.GATE_CATCHES["human"])


def _checkers(scene: Scene) -> dict[str, float]:
    """What each step that checks another one catches."""
    found: dict[str, float] = {}
    for ref in scene.refs("step"):
        checked = scene.get(ref, "verifies")
        if checked is None or checked == NONE:
            continue
        counted = scene.get(ref, "catch_rate")
        same = scene.get(ref, "model") is not None and scene.get(ref, "model") == scene.get(Ref("step", str(checked)), "model")
        found[ref.id] = (counted.value if isinstance(counted, Rate) and counted.value is not None
                         else ours.SELF_CHECK_CATCHES if same else ours.VERIFIER_CATCHES)
    return found


def anything_stated(scene: Scene) -> bool:
    """Whether somebody stated or measured any rate of success."""
    return any(f.key in ("success", "outcomes.success") and f.value != EMPTY for f in scene.world.stack.facts)


# What fixes change (section C3 of the method) -----------------------------------------------------------------

def gone(chance: Chance) -> Chance:
    """The step is removed: nothing can go wrong in it."""
    return replace(chance, point=1.0, rate=None, basis="assumed", detects={}, tries=0, group=None,
                   becomes="gone")


def as_code(chance: Chance) -> Chance:
    """Plain code takes the step over; its errors show themselves."""
    mean, strength = ours.CODE_RATE
    return replace(chance, point=mean, rate=assumed(mean, strength), basis="assumed", n=None, group=None,
                   detects={"code": ours.CODE_DETECTS}, tries=ours.CODE_RETRIES, becomes="code")


def with_way_out(chance: Chance) -> Chance:
    """A way out with a trigger in code; asking again is one more try."""
    share = max(chance.detects.get("way out", 0.0), ours.BRANCH_DETECTS["code"])
    return replace(chance, detects={**chance.detects, "way out": share}, tries=max(chance.tries, 1),
                   way_out="clarify" if chance.way_out == "error" else chance.way_out)


def with_validation(chance: Chance) -> Chance:
    """The output's shape and a business rule are checked before anything uses it."""
    return replace(chance, detects={**chance.detects, "schema": ours.DETECTS["schema"], "rule": ours.DETECTS["rule"]})


def with_facts(chance: Chance) -> Chance:
    """The step sees the facts established before it: at least as good as a fresh step."""
    if chance.point >= ours.FRESH_STEP:
        return chance
    return replace(chance, point=ours.FRESH_STEP, rate=assumed(ours.FRESH_STEP, 10), basis="assumed", n=None)


def with_checkpoint(chance: Chance, name: str, share: float) -> Chance:
    """A gate or read-back before the step's action; kept when it already catches more."""
    return replace(chance, catches={**chance.catches, name: max(share, chance.catches.get(name, 0.0))})


def repeatable(chance: Chance) -> Chance:
    """Its writes carry a key, so that an attempt may be repeated."""
    return replace(chance, repeatable=True)
