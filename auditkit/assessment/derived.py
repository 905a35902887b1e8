"""Derived facts: what needs arithmetic or a walk over the graph, so that conditions stay a closed grammar.

Each function states one key of one kind from a stack, or nothing when what it needs is not known. A derived
fact carries the receipts of the facts it was made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from auditkit.assessment.graph import StepGraph
from auditkit.assessment.world import StackWorld
from auditkit.model.base import Truth
from auditkit.model.facts import THE_SYSTEM, Known, Ref
from auditkit.model.receipts import Receipt
from auditkit.model.vocabulary import NONE
from auditkit.reliability.order import components

CHANGES = frozenset({"write", "message", "money", "delete", "deploy", "execute", "access", "legal"})
WEIGHTY = frozenset({"money", "delete", "deploy", "access", "legal"})
ENFORCED = frozenset({"code", "credentials"})
KEYED = frozenset({"key", "upsert", "stable_key"})
MOST_RECEIPTS = 12

Row = tuple[Ref, str, Known]


@dataclass(frozen=True)
class Scene:
    """What derivations read: the world of stated facts, the step graph, the day of the audit."""

    world: StackWorld
    graph: StepGraph
    on: date

    @cached_property
    def actions_of(self) -> Mapping[str, tuple[Ref, ...]]:
        """The actions done at each step."""
        table: dict[str, list[Ref]] = {}
        for action in self.refs("action"):
            step = self.get(action, "step")
            if isinstance(step, str):
                table.setdefault(step, []).append(action)
        return {step: tuple(done) for step, done in table.items()}

    def refs(self, kind: str) -> tuple[Ref, ...]:
        """All components of a kind."""
        return self.world.stack.by_kind[kind]

    def get(self, ref: Ref, key: str) -> object:
        """The value of a key, or None."""
        return self.world.value(ref, key)

    def whole(self, section: str) -> bool:
        """Whether the list of a section is known to be whole."""
        return section in self.world.stack.complete

    def receipts(self, *places: tuple[Ref, str]) -> tuple[Receipt, ...]:
        """The receipts behind some keys, once each."""
        found: dict[Receipt, None] = {}
        for ref, key in places:
            known = self.world.known(ref, key)
            found |= dict.fromkeys(known.receipts if known else ())
        return tuple(found)

    def list_receipt(self, *sections: str) -> tuple[Receipt, ...]:
        """The receipts that say that some lists are whole."""
        return tuple(self.world.stack.complete[s] for s in sections if s in self.world.stack.complete)


def all_of(truths: Iterable[Truth]) -> Truth:
    """Three-valued and: one no is a no, else one blank is a blank, else yes."""
    result: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            result = None
    return result


def any_of(truths: Iterable[Truth]) -> Truth:
    """Three-valued or."""
    inverse = all_of(None if t is None else not t for t in truths)
    return None if inverse is None else not inverse


# Actions ---------------------------------------------------------------------------------------------------

def changes_something(scene: Scene, action: Ref) -> Truth:
    """Whether an action changes something outside the run."""
    stated = scene.get(action, "consequential")
    if isinstance(stated, bool):
        return stated
    effect = scene.get(action, "effect")
    return None if effect is None else effect in CHANGES


def is_weighty(scene: Scene, action: Ref) -> Truth:
    """Whether an action cannot be undone, or moves money, deletes, deploys, grants access or binds in law."""
    reversible, effect = scene.get(action, "reversible"), scene.get(action, "effect")
    return any_of([None if reversible is None else reversible == "no" and effect not in ("none", "read"),
                   None if effect is None else effect in WEIGHTY])


def is_gated(scene: Scene, action: Ref) -> Truth:
    """Whether an enforced gate, a person's decision, or a limit below which the loss was accepted stands before it."""
    return any_of([_enforced_gate(scene, action), _accepted_limit(scene, action), _is(scene.get(action, "decided_by"), "human")])


def _enforced_gate(scene: Scene, action: Ref) -> Truth:
    gate = scene.get(action, "gate")
    if gate is None or gate == NONE:
        return None if gate is None else False
    enforced = scene.get(Ref("gate", str(gate)), "enforced_in")
    return None if enforced is None else enforced in ENFORCED


def _accepted_limit(scene: Scene, action: Ref) -> Truth:
    scope, accepted = scene.get(action, "limit.scope"), scene.get(action, "limit.accepted_by")
    return all_of([None if scope is None else scope != NONE, None if accepted is None else accepted != NONE])


def control_of(scene: Scene, action: Ref) -> str | None:
    """What stands between the agent and the effect of an action: before, afterwards, none, or not known."""
    decided = scene.get(action, "decided_by")
    ruled = all_of([None if decided is None else decided == "code",
                    None if scene.get(action, "policy_check") is None else scene.get(action, "policy_check") == "policy"])
    before = any_of([is_gated(scene, action), None if decided is None else decided == "human", ruled])
    if before:
        return "before"
    afterwards = all_of([_is(scene.get(THE_SYSTEM, "fit.person_decides"), "afterwards"),
                         _is(scene.get(action, "reversible"), "compensable", "yes")])
    if afterwards:
        return "afterwards"
    return None if before is None or (afterwards is None and before is not False) else "none"


def _is(value: object, *wanted: object) -> Truth:
    return None if value is None else value in wanted


def actions(scene: Scene) -> Iterator[Row]:
    """weighty, ungated, repeated, and the effect in one word: consequential."""
    for ref in scene.refs("action"):
        place = (ref, "effect"), (ref, "reversible")
        yield from _state(ref, "consequential", changes_something(scene, ref),
                          scene.receipts((ref, "consequential"), (ref, "effect")))
        weighty = is_weighty(scene, ref)
        yield from _state(ref, "weighty", weighty, scene.receipts(*place))
        gated = is_gated(scene, ref)
        ungated = all_of([weighty, None if gated is None else not gated])
        yield from _state(ref, "ungated", ungated, scene.receipts(*place, (ref, "gate"), (ref, "limit.scope")))
        yield from _state(ref, "repeated", _repeated(scene, ref),
                          scene.receipts((ref, "decided_by"), (ref, "integration")))


def _repeated(scene: Scene, action: Ref) -> Truth:
    by_model = _is(scene.get(action, "decided_by"), "model")
    name = scene.get(action, "integration")
    if name is None or name == NONE:
        return True if by_model else None
    return any_of([by_model, _sent_again(scene, Ref("integration", str(name)))])


def _sent_again(scene: Scene, integration: Ref) -> Truth:
    most = scene.get(integration, "retries.max")
    retried = any_of([None if most is None else isinstance(most, int) and most > 0,
                      _is(scene.get(integration, "retry"), True, "default")])
    if most == 0 or scene.get(integration, "retry") is False:
        retried = False
    resumed = scene.get(integration, "resumed")
    return any_of([retried, resumed if isinstance(resumed, bool) else None])


# Steps -----------------------------------------------------------------------------------------------------

def steps(scene: Scene) -> Iterator[Row]:
    """reach, leads_to_write, needed, state_ok, cycle, untrusted_path, decides_weight."""
    if not scene.refs("step"):
        return
    ways = [_way(scene, action) for action in scene.refs("action")]
    closed = scene.whole("actions") and all(scene.get(w.action, "step") is not None for w in ways)
    flow, round_trips = _flow(scene), _round_trips(scene)
    for ref in scene.refs("step"):
        ahead = scene.graph.reach[ref.id]
        reachable = [w for w in ways if w.bits & ahead]
        yield from _reach(scene, ref, reachable, closed)
        yield from _needed(scene, ref, flow)
        yield from _state_ok(scene, ref, flow)
        yield from _cycle(scene, ref, round_trips)
        yield from _untrusted(scene, ref, reachable, closed)


@dataclass(frozen=True)
class Way:
    """An action as the steps before it see it; worked out once, since many steps may lead to it."""

    action: Ref
    bits: int
    """Where in the graph it is done."""
    changes: Truth
    final: Truth
    cut: str | None
    receipts: tuple[Receipt, ...]
    controls: tuple[Receipt, ...]


def _way(scene: Scene, action: Ref) -> Way:
    changes = changes_something(scene, action)
    return Way(action, scene.graph.bits([str(scene.get(action, "step"))]), changes,
               all_of([changes, _is(scene.get(action, "reversible"), "no")]), _cut_level(scene, action),
               scene.receipts((action, "effect"), (action, "reversible")),
               scene.receipts(*((action, k) for k in ("policy_check", "gate", "decided_by", "inputs"))))


def _behind(ways: Iterable[tuple[Receipt, ...]]) -> tuple[Receipt, ...]:
    """Some receipts, once each; enough to go by where hundreds of actions follow."""
    found: dict[Receipt, None] = {}
    for receipts in ways:
        found |= dict.fromkeys(receipts)
        if len(found) >= MOST_RECEIPTS:
            break
    return tuple(found)


def _reach(scene: Scene, ref: Ref, reachable: list[Way], closed: bool) -> Iterator[Row]:
    heaviest = sorted(reachable, key=lambda w: (w.final is not True, w.changes is not True))
    receipts = _behind(w.receipts for w in heaviest) or scene.list_receipt("actions")
    rest: Truth = False if closed else None
    write = any_of([*(w.changes for w in reachable), rest])
    yield from _state(ref, "leads_to_write", write, receipts)
    final = any_of([*(w.final for w in reachable), rest])
    level = "irreversible" if final else None if final is None or write is None else "reversible" if write else NONE
    yield from _state(ref, "reach", level, receipts)
    model = _is(scene.get(ref, "decider"), "model")
    yield from _state(ref, "decides_weight", all_of([model, write]), (*scene.receipts((ref, "decider")), *receipts))


@dataclass(frozen=True)
class Flow:
    """Which steps read and write which facts, as sets of bits; computed once for all steps."""

    readers: Mapping[str, int]
    writers: Mapping[str, int]
    silent_writers: int
    """The steps whose `writes_state` is not known."""
    all_readers_known: bool
    kept: Mapping[str, Truth]
    """Whether each fact lives in a store that survives a restart."""
    held: frozenset[str]


def _flow(scene: Scene) -> Flow:
    readers: dict[str, int] = {}
    writers: dict[str, int] = {}
    silent = 0
    for ref in scene.refs("step"):
        bit = scene.graph.bits([ref.id])
        for name in _items(scene.get(ref, "reads_state")):
            readers[name] = readers.get(name, 0) | bit
        for name in _items(scene.get(ref, "writes_state")):
            writers[name] = writers.get(name, 0) | bit
        silent |= 0 if scene.get(ref, "writes_state") is not None else bit
    known = all(scene.get(s, "reads_state") is not None for s in scene.refs("step"))
    held = frozenset(n for s in scene.refs("store") for n in _items(scene.get(s, "holds")))
    return Flow(readers, writers, silent, known, {n: _kept(scene, n) for n in readers}, held)


def _items(value: object) -> tuple[str, ...]:
    return tuple(str(v) for v in value) if isinstance(value, tuple) else ()


def _needed(scene: Scene, ref: Ref, flow: Flow) -> Iterator[Row]:
    required, read = scene.get(ref, "required"), scene.get(ref, "output_read")
    if read is None:
        writes, own = _items(scene.get(ref, "writes_state")), scene.graph.bits([ref.id])
        if any(flow.readers.get(w, 0) & ~own for w in writes):
            read = True
        elif writes and flow.all_readers_known:
            read = False
    acts = any_of([False, *(changes_something(scene, a) for a in scene.actions_of.get(ref.id, ()))])
    needed = any_of([required if isinstance(required, bool) else None, read if isinstance(read, bool) else None, acts])
    yield from _state(ref, "needed", needed, scene.receipts((ref, "required"), (ref, "output_read"), (ref, "writes_state")))


def _state_ok(scene: Scene, ref: Ref, flow: Flow) -> Iterator[Row]:
    order = ["missing", "volatile", "durable"]
    levels = [_fact_level(scene, ref, name, flow) for name in _items(scene.get(ref, "reads_state"))]
    worst = min((order.index(x) for x in levels if x is not None), default=None)
    if worst is None or (None in levels and worst != 0):
        return
    places = [(ref, "reads_state"), *((s, "holds") for s in scene.refs("store"))]
    yield from _state(ref, "state_ok", order[worst], scene.receipts(*places) + scene.list_receipt("stores"))


def _fact_level(scene: Scene, ref: Ref, name: str, flow: Flow) -> str | None:
    kept = flow.kept[name]
    if kept:
        return "durable"
    upstream = scene.graph.before[ref.id] & ~scene.graph.bits([ref.id])
    if upstream & flow.writers.get(name, 0):
        return None if kept is None else "volatile"
    return None if upstream & flow.silent_writers or name in flow.held else "missing"


def _kept(scene: Scene, name: str) -> Truth:
    """Whether a fact lives in a store that survives a restart."""
    truths: list[Truth] = [False if scene.whole("stores") else None]
    for store in scene.refs("store"):
        holds, durable = scene.get(store, "holds"), scene.get(store, "durable")
        inside = None if holds is None else name in _items(holds)
        truths.append(all_of([inside, durable if isinstance(durable, bool) else None]))
    return any_of(truths)


def _cycle(scene: Scene, ref: Ref, round_trips: Mapping[str, str | None]) -> Iterator[Row]:
    places = [(ref, k) for k in ("loop.max_iterations", "loop.bound", "kind", "next")]
    if ref.id in round_trips:
        level = round_trips[ref.id]
    elif scene.get(ref, "kind") == "agent_loop" or _bound(scene, ref) is not None:
        level = _bound(scene, ref)
    else:
        plain = scene.get(ref, "decider") in ("code", "human") or scene.get(ref, "kind") is not None
        level = NONE if plain else None
        places = [(ref, "kind"), (ref, "decider")]
    yield from _state(ref, "cycle", level, scene.receipts(*places))


def _round_trips(scene: Scene) -> dict[str, str | None]:
    """For each step on a way back to itself: what bounds it there; `none` where another step bounds every such way.

    Steps that state a bound are taken out; what still goes round is bounded by nothing that is stated.
    """
    found: dict[str, str | None] = {}
    for group in scene.graph.loops:
        bounds = {s: _bound(scene, Ref("step", s)) for s in group}
        holding = {s for s, bound in bounds.items() if bound in ("bounded", "default")}
        found |= {s: bounds[s] if s in holding else NONE for s in group}
        rest = sorted(group - holding, key=scene.graph.place.__getitem__)
        after = {s: [t for t in scene.graph.after[s] if t in group and t not in holding] for s in rest}
        for loose in components(rest, after):
            if len(loose) > 1 or loose[0] in after[loose[0]]:
                first = min(loose, key=scene.graph.place.__getitem__)
                found[first] = "unbounded" if any(bounds[s] == "unbounded" for s in loose) else None
    return found


def _bound(scene: Scene, ref: Ref) -> str | None:
    """What bounds the loop at a step, as the step itself states it."""
    bound = scene.get(ref, "loop.bound")
    if bound is not None:
        return {"none": "unbounded", "default": "default", "coded": "bounded"}[str(bound)]
    return "bounded" if scene.get(ref, "loop.max_iterations") is not None else None


def _untrusted(scene: Scene, ref: Ref, reachable: list[Way], closed: bool) -> Iterator[Row]:
    untrusted = scene.get(ref, "untrusted_input")
    if untrusted is not True:
        yield from _state(ref, "untrusted_path", NONE if untrusted is False else None,
                          scene.receipts((ref, "untrusted_input")))
        return
    order = ["open", "filtered", "cut", NONE]
    levels = [w.cut for w in reachable]
    worst = min((order.index(x) for x in levels if x is not None), default=3 if closed or levels else None)
    if worst is None or (worst > 0 and (None in levels or not closed)):
        return
    deciding = _behind(w.controls for w in reachable if w.cut == order[worst])
    yield from _state(ref, "untrusted_path", order[worst], (*scene.receipts((ref, "untrusted_input")), *deciding))


def _cut_level(scene: Scene, action: Ref) -> str | None:
    """What stands between outsiders' text and an action."""
    if changes_something(scene, action) is False:
        return NONE
    cut = any_of([_enforced_gate(scene, action), _is(scene.get(action, "policy_check"), "policy"),
                  _is(scene.get(action, "decided_by"), "human")])
    if cut:
        return "cut"
    if changes_something(scene, action) is None or cut is None:
        return None
    filtered = any_of([_is(scene.get(action, "policy_check"), "schema"), _is(scene.get(action, "inputs"), "typed",
                                                                           "fields_checked")])
    return None if filtered is None else "filtered" if filtered else "open"


# Stores, integrations, knowledge, gates, evals --------------------------------------------------------------

def stores(scene: Scene) -> Iterator[Row]:
    """duplicates: whether another writable store holds the same facts."""
    refs = scene.refs("store")
    for ref in refs:
        holds = scene.get(ref, "holds")
        if holds is None or not all(scene.get(s, "holds") is not None for s in refs) or not scene.whole("stores"):
            continue
        twins = [s for s in refs if s != ref and set(_items(holds)) & set(_items(scene.get(s, "holds")))]
        truths = [scene.get(s, "source_of_truth") for s in (ref, *twins)]
        if not twins:
            level: str | None = NONE
        elif "precedence" in truths or truths.count("yes") == 1:
            level = "precedence" if "no" not in truths or "precedence" in truths else NONE
        else:
            level = None if None in truths else "conflict"
        yield from _state(ref, "duplicates", level, scene.receipts(*((s, "holds") for s in (ref, *twins))))


def integrations(scene: Scene) -> Iterator[Row]:
    """repeats and time_limited; and, where nobody says so, that a model behind a service is asked and not written to."""
    for ref in scene.refs("integration"):
        if scene.get(ref, "direction") is None and scene.get(ref, "kind") == "model":
            yield from _state(ref, "direction", "read", scene.receipts((ref, "kind")))
        by_model = [_is(scene.get(a, "decided_by"), "model") for a in scene.refs("action")
                    if scene.get(a, "integration") == ref.id]
        yield from _state(ref, "repeats", any_of([_sent_again(scene, ref), *by_model]),
                          scene.receipts((ref, "retry"), (ref, "retries.max"), (ref, "resumed")))
        most = scene.get(ref, "retries.max")
        if scene.get(ref, "retry") is None and isinstance(most, int):
            yield from _state(ref, "retry", most > 0, scene.receipts((ref, "retries.max")))
        timeout, seconds = scene.get(ref, "timeout"), scene.get(ref, "timeout_s")
        level = "yes" if seconds is not None or timeout is True else {"default": "default", False: "no"}.get(timeout)
        yield from _state(ref, "time_limited", level, scene.receipts((ref, "timeout"), (ref, "timeout_s")))


def knowledge(scene: Scene) -> Iterator[Row]:
    """age and feeds."""
    reach = {ref.id: scene.world.derived.get((ref, "reach")) for ref in scene.refs("step")}
    for ref in scene.refs("knowledge"):
        limit, reviewed = scene.get(ref, "max_age_days"), scene.get(ref, "last_reviewed")
        if limit == 0:
            yield from _state(ref, "age", "unlimited", scene.receipts((ref, "max_age_days")))
        elif isinstance(limit, int) and isinstance(reviewed, date):
            late = (scene.on - reviewed).days > limit
            yield from _state(ref, "age", "overdue" if late else "within",
                              scene.receipts((ref, "max_age_days"), (ref, "last_reviewed")))
        users = [s for s in scene.refs("step") if ref.id in _items(scene.get(s, "knowledge"))]
        whole = all(scene.get(s, "knowledge") is not None for s in scene.refs("step")) and scene.whole("steps")
        levels = [None if reach[s.id] is None else reach[s.id].value for s in users]  # type: ignore[union-attr]
        yield from _state(ref, "feeds", _feeds(levels, whole), scene.receipts(*((s, "knowledge") for s in users)))


def _feeds(levels: list[object], whole: bool) -> str | None:
    if "irreversible" in levels:
        return "irreversible"
    if None in levels or (not levels and not whole):
        return None
    return "actions" if "reversible" in levels else "answers" if levels else "nothing"


def gates(scene: Scene) -> Iterator[Row]:
    """rubber_stamp: whether the gate ever says no."""
    for ref in scene.refs("gate"):
        approve, caught = scene.get(ref, "approve_rate"), scene.get(ref, "seeded_catch_rate")
        share, runs = getattr(approve, "value", None), getattr(approve, "runs", None) or 0
        catch = getattr(caught, "value", None)
        level = None
        if share is not None and share >= 0.995 and runs >= 200 and (catch is None or catch < 0.5):
            level = "yes"
        elif catch is not None:
            level = "no" if catch >= 0.5 else "unproved"
        elif share is not None:
            level = "unproved"
        yield from _state(ref, "rubber_stamp", level, scene.receipts((ref, "approve_rate"), (ref, "seeded_catch_rate")))


def _state(ref: Ref, key: str, value: object, receipts: tuple[Receipt, ...]) -> Iterator[Row]:
    """A derived fact, when its value is known."""
    if value is not None:
        yield ref, key, Known(value, receipts)


FIRST: tuple[Callable[[Scene], Iterator[Row]], ...] = (actions, steps, stores, integrations, gates)
SECOND: tuple[Callable[[Scene], Iterator[Row]], ...] = (knowledge,)


def derive(scene: Scene) -> dict[tuple[Ref, str], Known]:
    """All derived facts of components; those that read other derived facts come second."""
    rows: dict[tuple[Ref, str], Known] = {}
    for wave in (FIRST, SECOND):
        current = Scene(StackWorld(scene.world.stack, dict(rows)), scene.graph, scene.on)
        for part in wave:
            rows |= {(ref, key): known for ref, key, known in part(current)}
    return rows
