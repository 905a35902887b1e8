"""Engines that keep a workflow's state while it runs: Temporal, Restate, DBOS, Prefect, Celery, Inngest, Hatchet.

What an engine runs is drawn as a workflow of its own when a model is asked in it and no framework holds it already;
else only the state that survives a restart, the repeats and the waits for a person are stated.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place, Sketch
from auditkit.sources.inspectors._raw_calls import Asked, Turn, bound_of
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Call, Scope, tail
from auditkit.syntax.python.program import matches, text_of
from auditkit.syntax.python.values import Const, Func, Made, Site

NAME = "durable runtimes"
ORDER = 180
PACKAGES = ("temporalio", "restate", "dbos", "prefect", "celery", "inngest", "hatchet_sdk")
CONSTRUCTORS = (
    "dbos.**.DBOS",
    "restate.**.Service",
    "restate.**.VirtualObject",
    "restate.**.Workflow",
    "celery.**.Celery",
    "inngest.**.Inngest",
    "hatchet_sdk.**.Hatchet",
    "temporalio.worker.**.Worker",
    "temporalio.common.**.RetryPolicy",
)
RULE = "runtime"
_APPROVES = later(r"(?i)approv|review|human|confirm|decision|consent|reject|authori[sz]|sign_?off|permission")
_HOPS = 5


@dataclass(frozen=True)
class Engine:
    """One engine: how it marks workflows and steps, how code calls a step, how it waits, and whether its state lasts."""

    name: str
    package: str
    workflows: tuple[str, ...]
    steps: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    durable: bool | None = True
    kind: str = "checkpointer"


ENGINES = (
    Engine(
        "temporal",
        "temporalio",
        ("temporalio.workflow.defn",),
        ("temporalio.activity.defn",),
        (
            "temporalio.workflow.execute_activity",
            "temporalio.workflow.execute_activity_method",
            "temporalio.workflow.start_activity",
            "temporalio.workflow.execute_local_activity",
            "temporalio.workflow.execute_child_workflow",
        ),
        ("temporalio.workflow.wait_condition",),
    ),
    Engine(
        "restate",
        "restate",
        ("restate.**.handler", "restate.**.main"),
        (),
        ("restate.**.run", "restate.**.run_typed"),
        ("restate.**.awakeable", "restate.**.promise"),
    ),
    Engine(
        "dbos",
        "dbos",
        ("dbos.**.DBOS.workflow",),
        ("dbos.**.DBOS.step", "dbos.**.DBOS.transaction"),
        ("dbos.**.run_step", "dbos.**.run_step_async"),
        ("dbos.**.DBOS.recv", "dbos.**.DBOS.recv_async"),
    ),
    Engine(
        "prefect",
        "prefect",
        ("prefect.**.flow",),
        ("prefect.**.task",),
        (),
        ("prefect.**.pause_flow_run", "prefect.**.suspend_flow_run"),
        None,
    ),
    Engine("celery", "celery", ("celery.**.task", "celery.**.shared_task"), (), (), (), None, "queue"),
    Engine(
        "inngest", "inngest", ("inngest.**.create_function",), (), ("inngest.**.step.run",), ("inngest.**.step.wait_for_event",)
    ),
    Engine(
        "hatchet",
        "hatchet_sdk",
        ("hatchet_sdk.**.task", "hatchet_sdk.**.durable_task", "hatchet_sdk.**.workflow"),
        (),
        (),
        ("hatchet_sdk.**.aio_wait_for",),
    ),
)


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws what the engines of a group of files run."""
    for engine in ENGINES:
        if engine.package in project.packages:
            _Engine(project, sketch, engine).draw()


class _Engine:
    """Draws what one engine runs."""

    def __init__(self, project: Project, sketch: Sketch, engine: Engine) -> None:
        self.project = project
        self.sketch = sketch
        self.engine = engine
        self.steps = {id(s): (s, site) for s, _, site, _ in project.program.decorated(*engine.steps)} if engine.steps else {}

    def draw(self) -> None:
        """Every workflow, its store and its waits."""
        stored: set[str] = set()
        self._waits()
        for marked, _, site, _ in self.project.program.decorated(*self.engine.workflows):
            scope = self._main(marked)
            if scope is None:
                continue
            at = self._decorator(marked)
            known = self._drawn(scope, marked)
            model = self._asks(scope)
            if not known and model:
                known = self._workflow(scope, marked, site)
            if (known or model) and marked.module.path not in stored:
                stored.add(marked.module.path)
                self._store(at, scope)

    def _main(self, scope: Scope) -> Scope | None:
        """The function that an engine runs: a decorated function, or a class's method that is marked (or called) run."""
        if scope.kind == "function":
            return scope
        methods = [c for c in scope.children if c.kind == "function"]
        marked = [m for m in methods if "run" in _decorated_by(m)]
        return next(iter(marked), next((m for m in methods if m.name.endswith(".run")), None))

    def _decorator(self, scope: Scope) -> Place:
        decorators = getattr(scope.node, "decorator_list", ())
        return Place(scope.module.path, scope.module.line(decorators[0] if decorators else scope.line))

    def _drawn(self, scope: Scope, marked: Scope) -> bool:
        """Whether a framework's workflow holds the code, or is run by it."""
        reached = {(s.module.path, s.name) for s in self.project.code.reach([scope], hops=_HOPS).values()}
        reached |= {(c.module.path, c.name) for c in marked.children}
        return any((h.path, h.name) in reached and h.name for f in self.sketch.flows for h in f.homes)

    def _asks(self, scope: Scope) -> bool:
        """Whether a model is asked in a workflow."""
        reach = [scope, *(target for _, target, _ in self._calls(scope) if target is not None)]
        return any(self.project.code.does(s, kind) is not None for s in reach for kind in ("model", "agent"))

    # Workflows -----------------------------------------------------------------------------------------------------------

    def _workflow(self, scope: Scope, marked: Scope, site: Site | None) -> bool:
        calls = list(self._calls(scope))
        name = (marked if marked.kind == "class" else scope).name
        flow = self.sketch.flow(name, place_of(marked), f"{RULE}.{self.engine.name}")
        flow.homes |= {home_of(scope), home_of(marked)} if marked.kind == "class" else {home_of(scope)}
        steps: list[tuple[Call, Item]] = []
        seen: dict[str, Item] = {}
        for call, target, title in calls:
            step = seen.get(title) or self._step(flow, call, target, title)
            seen[title] = step
            steps.append((call, step))
        if not steps:
            own = flow.add("step", name, place_of(scope), f"{RULE}.{self.engine.name}", home_of(scope))
            own.say("decider", self._decider(scope))
            self._repeats(own, site)
            flow.edge(own, None, own.at)
            flow.entries = [own]
            return True
        self._edges(flow, scope, steps)
        return True

    def _calls(self, scope: Scope) -> Iterator[tuple[Call, Scope | None, str]]:
        """The steps that a workflow calls, in order: the call, the function, the name."""
        program = self.project.program
        for call in sorted(
            (c for c in scope.module.calls if _inside(c.scope, scope)), key=lambda c: (c.node.lineno, c.node.col_offset)
        ):
            for one in program.resolved(call).options():
                if isinstance(one, Func) and id(one.scope) in self.steps:
                    yield call, one.scope, one.scope.name.rpartition(".")[2]
                    break
                name = getattr(one, "name", "") if not isinstance(one, Made) else ""
                if name and any(matches(p, name) for p in self.engine.calls):
                    yield call, *self._target(Site(call, one))
                    break
            else:
                if (
                    self.engine.name == "restate"
                    and tail(call.node.func) in ("run", "run_typed")
                    and len(call.node.args) > 1
                    and isinstance(call.node.args[0], ast.Constant)
                ):
                    yield call, *self._target(Site(call, one))

    def _target(self, site: Site) -> tuple[Scope | None, str]:
        """The function that a call of the engine runs, and its name."""
        name = ""
        for n in range(min(3, len(site.node.args))):
            given = self.project.program.arg(site, n)
            for one in given.options() if given is not None else ():
                if isinstance(one, Func):
                    return one.scope, name or one.scope.name.rpartition(".")[2]
            name = name or (text_of(given) or "")
        scope = next((s for s, _ in self.steps.values() if s.name.rpartition(".")[2] == name), None)
        first = site.node.args[0] if site.node.args else None
        return scope, name or (tail(first) if first is not None else "") or "step"

    def _step(self, flow: Flow, call: Call, target: Scope | None, title: str) -> Item:
        at = Place(call.scope.module.path, call.scope.module.line(call.line))
        step = flow.add(
            "step",
            title.replace(" ", "_"),
            place_of(target) if target is not None else at,
            f"{RULE}.{self.engine.name}",
            home_of(target) if target is not None else home_of(call.scope),
        )
        step.also(at)
        step.say("decider", self._decider(target) if target is not None else self._within(call))
        if target is not None:
            flow.homes.add(home_of(target))
            decorator = self.steps.get(id(target))
            self._repeats(step, decorator[1] if decorator else None)
        self._policy(step, call)
        return step

    def _decider(self, scope: Scope) -> str:
        code = self.project.code
        if code.does(scope, "model") is not None or code.does(scope, "agent") is not None:
            return "model"
        return "human" if code.does(scope, "human", 1) is not None else "code"

    def _within(self, call: Call) -> str:
        """Who decides in a lambda that a call runs."""
        inner = {id(n) for n in ast.walk(call.node)}
        deeds = self.project.code.by_scope.get(id(call.scope), ())
        return "model" if any(id(d.site.node) in inner and d.kind in ("model", "agent") for d in deeds) else "code"

    def _edges(self, flow: Flow, scope: Scope, steps: list[tuple[Call, Item]]) -> None:
        items = list(dict.fromkeys(step for _, step in steps))
        flow.entries = [items[0]]
        for before, after in pairwise(items):
            flow.edge(before, after, before.at)
        flow.edge(items[-1], None, items[-1].at)
        flow.open_ended = len(items) > 1  # the order of the calls is read, not their conditions
        for call, step in steps:
            loop = next(
                (
                    w.node
                    for w in (call.within.chain() if call.within is not None else ())
                    if isinstance(w.node, ast.While | ast.For | ast.AsyncFor) and w.part == "body" and _turns(w.node)
                ),
                None,
            )
            if loop is None or step.value("decider") != "model" or step.value("loop.bound") is not None:
                continue
            deed = next(iter(self.project.code.deeds(scope)), None)
            if deed is None:
                continue
            turn = Turn(loop, call.scope, Asked(deed, call), call)
            bound = bound_of(self.project, turn)
            step.say("loop.bound", bound.bound, turn.place)
            step.say("loop.max_iterations", bound.most, turn.place)
            flow.edge(step, step, step.at)

    # Repeats ---------------------------------------------------------------------------------------------------------------

    def _repeats(self, step: Item, site: Site | None) -> None:
        """Repeats that a decorator sets: `@DBOS.step(retries_allowed=True, max_attempts=5)`, `@task(retries=3)`."""
        if site is None:
            return
        program = self.project.program
        allowed = program.arg(site, None, "retries_allowed")
        if self.engine.name == "dbos":
            if isinstance(allowed, Const) and allowed.value is True:
                given = program.arg(site, None, "max_attempts")
                most = given.value - 1 if isinstance(given, Const) and isinstance(given.value, int) else 2
                step.say("retries.max", most, Place(site.path, site.line), "literal" if given is not None else "default")
            elif program.closed(site) and allowed is None:
                step.say(
                    "retries.max",
                    0,
                    Place(site.path, site.line),
                    "default",
                    "a step of DBOS is not tried again unless it allows it",
                )
            return
        given = program.arg(site, None, "retries", "max_retries")
        if isinstance(given, Const) and isinstance(given.value, int) and not isinstance(given.value, bool):
            step.say("retries.max", given.value, Place(site.path, site.line))

    def _policy(self, step: Item, call: Call) -> None:
        """Temporal's `retry_policy=RetryPolicy(maximum_attempts=3)`, Restate's `max_attempts`."""
        program = self.project.program
        for one in program.resolved(call).options():
            site = Site(call, one)
            policy = program.arg(site, None, "retry_policy", "run_options")
            for made in policy.options() if policy is not None else ():
                given = (
                    program.arg(made.site, None, "maximum_attempts", "max_attempts")
                    if isinstance(made, Made) and made.site
                    else None
                )
                if (
                    isinstance(given, Const)
                    and isinstance(given.value, int)
                    and given.value > 0
                    and step.value("retries.max") is None
                ):
                    step.say("retries.max", given.value - 1, Place(given.path, given.line))
            direct = program.arg(site, None, "max_attempts")
            if (
                isinstance(direct, Const)
                and isinstance(direct.value, int)
                and direct.value > 0
                and step.value("retries.max") is None
            ):
                step.say("retries.max", direct.value - 1, Place(direct.path, direct.line))
            break

    # State and people ----------------------------------------------------------------------------------------------------------

    def _store(self, at: Place, scope: Scope) -> None:
        store = self.sketch.add("store", self.engine.name, at, f"{RULE}.{self.engine.name}", home_of(scope))
        store.say("kind", self.engine.kind)
        store.say("durable", self.engine.durable)

    def _waits(self) -> None:
        """Waits for a signal that a person sends: a gate, when its names speak of an approval."""
        for module in self.project.program.modules.values():
            for last in {w.rpartition(".")[2] for w in self.engine.waits}:
                for call in module.by_tail.get(last, ()):
                    if call.scope.kind == "function" and self._is_wait(call) and _APPROVES.search(_around(call)):
                        self._gate(call)

    def _gate(self, call: Call) -> None:
        """A wait in a tool's own function stands before that tool; another finds its place in the graph."""
        at, home = Place(call.scope.module.path, call.scope.module.line(call.line)), home_of(call.scope)
        name, rule = call.scope.name.rpartition(".")[2], f"{RULE}.{self.engine.name}.wait"
        held = [(f, a) for f in self.sketch.flows for a in f.of("action") if a.home == home]
        gates = [flow.add("gate", name, at, rule, home) for flow in dict.fromkeys(f for f, _ in held)] or [
            self.sketch.add("gate", name, at, rule, home)]
        for gate in gates:
            gate.say("type", "human")
            gate.say("enforced_in", "code")
            protected = [a for f, a in held if gate in f.items]
            gate.protects = protected or None

    def _is_wait(self, call: Call) -> bool:
        names = [getattr(o, "name", "") for o in self.project.program.resolved(call).options()]
        return any(matches(p, n) for p in self.engine.waits for n in names if n) or (
            self.engine.name == "restate" and tail(call.node.func) == "awakeable"
        )


def _inside(scope: Scope | None, outer: Scope) -> bool:
    while scope is not None:
        if scope is outer:
            return True
        scope = scope.parent
    return False


def _decorated_by(scope: Scope) -> list[str]:
    """The last names of a function's decorators."""
    return [tail(d.func if isinstance(d, ast.Call) else d) for d in getattr(scope.node, "decorator_list", ())]


def _turns(loop: ast.While | ast.For | ast.AsyncFor) -> bool:
    """Whether a loop asks again, and does not walk over a list of things."""
    return isinstance(loop, ast.While) or (isinstance(loop.iter, ast.Call) and tail(loop.iter.func) in ("range", "count"))


def _around(call: Call) -> str:
    """The words around a wait: the function's name, what it is bound to, what it is called with."""
    names = [call.scope.name]
    for name, bindings in call.scope.bindings.items():
        if any(b.value is not None and any(n is call.node for n in ast.walk(b.value)) for b in bindings):
            names.append(name)
    for node in ast.walk(call.node):
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
        elif isinstance(node, ast.Name):
            names.append(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.append(node.value[:80])
    holder = call.scope.holder
    if holder is not None:
        names += [c.name for c in holder.children if {"signal", "update"} & set(_decorated_by(c))]
    return " ".join(names)
