"""From what the inspectors drew to whole workflows: parts find their callers, loose items find their workflow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from auditkit.sources.inspection.code import HOPS, Code, home_of
from auditkit.sources.inspection.effects import CONSEQUENTIAL
from auditkit.sources.inspection.joining import join_integrations
from auditkit.sources.inspection.sketch import Flow, Home, Item, Place, Sketch
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.values import Klass, Made, Outside, Value


def settle(sketch: Sketch, code: Code | None, wide: Iterable[Item] = ()) -> None:
    """Joins workflows that call each other, gives every loose item to the workflows whose code reaches it.

    `wide` are items of the whole folder (evals, CI) that belong to every workflow of their part of the folder.
    """
    flows = [f for f in sketch.flows if f.items]
    if code is not None:
        _nest(flows, code)
    flows = [f for f in flows if f.within is None]
    own = {id(f): _own(f, code) for f in flows}
    reached = {id(f): _reached(f, code, {s for o in flows if o is not f for s in own[id(o)]}) for f in flows}
    given: dict[int, list[Item]] = {id(f): [] for f in flows}
    for item in sketch.loose:
        for flow in _owners(item, flows, reached):
            given[id(flow)].append(item)
    loose = {id(i): i for i in sketch.loose}
    taken: set[int] = set()
    for flow in flows:
        _give(flow, [*given[id(flow)], *wide], loose, taken)
    for flow in flows:
        _place_in_steps(flow, code)
        _merge(flow)
        _replace(flow, join_integrations(flow, code))


def _give(flow: Flow, items: Iterable[Item], loose: dict[int, Item], taken: set[int]) -> None:
    """Puts items into a workflow, with the loose items that are named by what it holds; what another workflow has
    already is copied, since each workflow says its own of it."""
    has = {id(i) for i in flow.items}
    waiting = [i for i in dict.fromkeys(items) if id(i) not in has]
    has |= {id(i) for i in waiting}
    became: dict[int, Item] = {}
    stack = [*waiting, *flow.items]
    while stack:
        for other in _named_by(stack.pop()):
            if id(other) in loose and id(other) not in has:
                has.add(id(other))
                waiting.append(other)
                stack.append(other)
    for item in waiting:
        own = item
        if id(item) in taken:
            own = became[id(item)] = replace(item, places=list(item.places), said=[replace(s) for s in item.said])
        taken.add(id(item))
        flow.items.append(own)
    _replace(flow, became)


def _named_by(item: Item) -> Iterable[Item]:
    """The items that an item names."""
    yield from (s.value for s in item.said if isinstance(s.value, Item))
    yield from item.protects or ()


def _scope(home: Home, code: Code) -> Scope | None:
    module = code.program.modules.get(home.path)
    return module.scope(home.name) if module is not None else None


def _scopes(homes: Iterable[Home], code: Code) -> list[Scope]:
    return [s for h in sorted(homes) if (s := _scope(h, code)) is not None]


def _own(flow: Flow, code: Code | None) -> set[int]:
    """The functions of a workflow's steps, and the class that it is written as with its methods, by identity."""
    if code is None:
        return set()
    steps = _scopes({i.home for i in flow.of("step") if i.home is not None and i.home.name}, code)
    classes = [k for k in flow.keys if isinstance(k, Scope) and k.kind == "class"]
    return {id(s) for s in (*steps, *classes, *(method for k in classes for method in k.children))}


def _reached(flow: Flow, code: Code | None, others: set[int]) -> set[Home]:
    """The code that a workflow uses, with that which starts it; what starts several (a dispatcher) brings none into the
    `others`."""
    if code is None:
        return set(flow.homes)
    forward = code.reach(_scopes(flow.homes, code))
    starters = [s for s in users_of(flow, code) if id(s) not in forward]
    everything = {**forward, **code.reach(starters, beyond=others)}
    return {Home(s.module.path, s.name) for s in everything.values()} | flow.homes


def users_of(flow: Flow, code: Code) -> list[Scope]:
    """The scopes that name one of the workflow's objects."""
    return [scope for scope, keys in _named(code) if not keys.isdisjoint(flow.keys)] if flow.keys else []


def _named(code: Code) -> list[tuple[Scope, set[object]]]:
    """Every scope with the keys of the objects it names; remembered on the code."""
    found: list[tuple[Scope, set[object]]] | None = code.__dict__.get("_named")
    if found is None:
        found = []
        for module in code.program.modules.values():
            for scope in module.scopes:
                keys: set[object] = set()
                for name in sorted(scope.loads):
                    for one in code.program._load(name, scope).options():
                        keys |= keys_of(one)
                if keys:
                    found.append((scope, keys))
        code.__dict__["_named"] = found
    return found


def keys_of(value: Value) -> set[object]:
    """The keys of the objects that a value names: itself, and those whose methods gave it."""
    keys: set[object] = set()
    here: object = value.owner if isinstance(value, Outside) else value  # `agent.run` names the agent
    if isinstance(value, Klass):  # a workflow that is written as a class is named by its class
        keys.add(value.scope)
    for _ in range(8):
        if not isinstance(here, Made):
            break
        keys.add(here.key)
        if isinstance(here.of, Klass):
            keys.add(here.of.scope)
        elif here.site is not None:  # whoever called the factory it was made in
            keys.add((id(here.site.call.node), 0))
        here = getattr(here.of, "owner", None)
    return keys


def _nest(flows: list[Flow], code: Code) -> None:
    """A workflow whose object a step of another one names is a part of that other one."""
    if len(flows) < 2:
        return
    by_key = {key: flow for flow in flows for key in flow.keys}
    _ask_back(flows, by_key, code)
    named = {(s.module.path, s.name): keys for s, keys in _named(code)}
    for outer in flows:
        for step in [i for i in outer.of("step") if i.home is not None and i.home.name]:
            scope = _scope(step.home, code) if step.home else None
            if scope is None:
                continue
            for reached in code.reach([scope], hops=4).values():
                keys = named.get((reached.module.path, reached.name), set())
                used = {id(by_key[key]) for key in keys if key in by_key}
                for inner in [f for f in flows if id(f) in used]:
                    if inner is outer or inner.within is not None or outer.lies_in(inner):
                        continue
                    thread(_whole(outer), step, inner)


def _ask_back(flows: list[Flow], by_key: dict[object, Flow], code: Code) -> None:
    """A workflow that a model's tool runs is a part of that model's, and hands what it found back to the model."""
    named = {id(scope): keys for scope, keys in _named(code)}
    for outer in flows:
        for action in outer.of("action"):
            scope = _scope(action.home, code) if action.home is not None and action.home.name else None
            if scope is None or action.step is None or action.value("decided_by") != "model":
                continue
            reached = code.reach([scope], hops=4)
            used = {id(by_key[k]) for here in reached for k in named.get(here, ()) if k in by_key}
            homes = {home_of(s) for s in reached.values()} - {action.step.home}
            for inner in [f for f in flows if id(f) in used or _made_by(f, homes)]:
                if inner is not outer and inner.within is None and not outer.lies_in(inner):
                    _call_back(_whole(outer), action.step, inner, action.at)
                    _delegated(action, scope, inner, code)


def _made_by(flow: Flow, homes: set[Home]) -> bool:
    """Whether some code makes the agent of a workflow: `mail_agent().invoke(..)`."""
    return any(step.home in homes and step.home is not None and step.home.name for step in flow.of("step"))


def _call_back(outer: Flow, step: Item, inner: Flow, at: Place) -> None:
    """Puts a workflow that a step's tool runs behind the step, and the step behind its ends."""
    entries = inner.entries or inner.of("step")[:1]
    ends = [s for s in inner.of("step") if None in inner.after(s) or not inner.after(s)]
    inner.edges = [edge for edge in inner.edges if edge[1] is not None]
    outer.absorb(inner)
    if step not in entries:
        outer.edges += [*((step, entry, at) for entry in entries), *((end, step, at) for end in ends)]


def _delegated(action: Item, scope: Scope, inner: Flow, code: Code) -> None:
    """Takes back of a tool what only the workflow does that it runs: that is drawn as the workflow's own tools."""
    if not inner.of("action") or not action.value("consequential"):
        return
    within = code.reach([s for i in inner.of("action") if i.home is not None and (s := _scope(i.home, code)) is not None])
    own = [d for here in code.reach([scope], hops=HOPS).values() if id(here) not in within
           for d in code.by_scope.get(id(here), ()) if d.effect in CONSEQUENTIAL and d.kind not in ("model", "store", "agent")]
    if not own:
        for key in ("effect", "consequential", "reversible"):
            action.unsay(key)
        action.say("effect", "none", how="resolved", note="asks another agent of the workflow")
        action.say("consequential", False, how="resolved", note="what the other agent may do is drawn as its own tools")


def _whole(flow: Flow) -> Flow:
    """The workflow that a part was already put into: it holds the part's steps."""
    while flow.within is not None:
        flow = flow.within
    return flow


def thread(outer: Flow, step: Item, inner: Flow) -> None:
    """Puts a called workflow behind the step that calls it: the step's successors follow the inner end."""
    entries = inner.entries or inner.of("step")[:1]
    inner_steps = inner.of("step")
    following = [(s, t, at) for s, t, at in outer.edges if s is step]
    outer.absorb(inner)
    if not entries:
        return
    ends = [(s, at) for s, t, at in inner.edges if t is None]
    ends += [(s, s.at) for s in inner_steps if not any(x is s for x, _, _ in inner.edges)]
    outer.edges = [e for e in outer.edges if e not in following and not (e[1] is None and e[0] in inner_steps)]
    outer.edges += [(step, entry, step.at) for entry in entries]
    for source, at in ends:
        outer.edges += [(source, t, at) for _, t, _ in following] or [(source, None, at)]


def _owners(item: Item, flows: list[Flow], reached: dict[int, set[Home]]) -> list[Flow]:
    if len(flows) <= 1 or item.home is None:
        return flows
    home = item.home
    exact = [f for f in flows if _holds(home, reached[id(f)])]
    if exact:
        return exact
    same = [f for f in flows if any(h.path == home.path for h in reached[id(f)])]
    if same:
        return same
    folder = home.path.rpartition("/")[0]
    ranked = [(len(_common(folder, f.at.path.rpartition("/")[0])), f) for f in flows]
    best = max((n for n, _ in ranked), default=0)
    if best == 0:  # at the top of the folder: the largest workflow's
        return [max(flows, key=lambda f: len(f.items))]
    return [f for n, f in ranked if n == best]


def _holds(home: Home, homes: set[Home]) -> bool:
    """Whether a piece of code, or a function or class it stands in, is among some."""
    name = home.name
    while name:
        if Home(home.path, name) in homes:
            return True
        name = name.rpartition(".")[0]
    return not home.name and Home(home.path) in homes


def _common(a: str, b: str) -> list[str]:
    found = []
    for x, y in zip(a.split("/"), b.split("/"), strict=False):
        if x != y:
            break
        found.append(x)
    return found


def _place_in_steps(flow: Flow, code: Code | None) -> None:
    """Finds for actions and gates without a step the step whose code carries them out."""
    if code is None:
        return
    steps = [s for s in flow.of("step") if s.home is not None and s.home.name]
    reach = {id(s): code.reach([scope], hops=3) for s in steps if s.home and (scope := _scope(s.home, code)) is not None}
    for item in flow.items:
        if item.kind not in ("action", "gate") or item.step is not None or item.home is None:
            continue
        scope = _scope(item.home, code)
        holders = [s for s in steps if scope is not None and id(scope) in reach.get(id(s), ())]
        own = [s for s in holders if s.home == item.home]
        if own or len(holders) == 1:
            item.step = (own or holders)[0]


def _merge(flow: Flow) -> None:
    """Items of one kind at one place are one item; what was said first stays."""
    kept: dict[tuple[str, str, int, str], Item] = {}
    dropped: dict[int, Item] = {}
    for item in dict.fromkeys(flow.items):
        here = key = (item.kind, item.at.path, item.at.line, item.name.lower())
        if _one_by_name(item):
            key = (item.kind, item.rule if item.kind == "store" else "", 0, item.name.lower())
        if item.kind in ("store", "knowledge") and item.rule.startswith(("stores.", "knowledge.", "raw")):
            key = (item.kind, "", 0, item.name.lower())  # the same store, seen where it is made and where it is used
        first = kept.get(key) or kept.get(here)
        if first is None:
            kept[key] = kept[here] = item
            continue
        dropped[id(item)] = first
        known = {s.key for s in first.said}
        first.said += [s for s in item.said if s.key not in known]
        first.step = first.step or item.step
        if first.protects is not None or item.protects is not None:
            first.protects = list(dict.fromkeys([*(first.protects or ()), *(item.protects or ())]))
        first.open = first.open or item.open
        first.entry = first.entry or item.entry
        for place in item.places:
            first.also(place)
    flow.items = list(dict.fromkeys(kept.values()))
    _replace(flow, dropped)


def _one_by_name(item: Item) -> bool:
    """Whether all of a workflow's items of this name are one thing: a library's default model, the open web, a database
    that is opened in several places, what a platform or a runtime keeps of all that it runs."""
    if item.kind == "model":
        return item.value("name") is None
    if item.kind == "knowledge":
        return item.value("kind") == "web" and item.name == "open web"
    return item.kind == "store" and (item.rule in _DATABASES or item.rule.startswith("runtime."))


_DATABASES = frozenset(
    (
        "stores.sqlite",
        "stores.sql_database",
        "stores.postgres",
        "stores.mysql",
        "stores.mongodb",
        "stores.dynamodb",
        "stores.duckdb",
        "stores.tinydb",
        "stores.shelve",
        "stores.sqlitedict",
        "stores.jobs",
        "langgraph_sdk.threads.update",
        "langgraph.BaseStore",
    )
)
"""The rules by which stores are drawn that are one for an address, however often it is opened."""


def _replace(flow: Flow, dropped: dict[int, Item]) -> None:
    """Puts what an item became wherever the item was named."""
    if dropped:
        flow.edges = [(dropped.get(id(s), s), dropped.get(id(t), t) if t is not None else None, at) for s, t, at in flow.edges]
        flow.entries = [dropped.get(id(e), e) for e in flow.entries]
        for item in flow.items:
            for statement in item.said:
                statement.value = dropped.get(id(statement.value), statement.value)
            if item.step is not None:
                item.step = dropped.get(id(item.step), item.step)
            if item.protects is not None:
                item.protects = [dropped.get(id(p), p) for p in item.protects]
