"""CrewAI's flows: classes whose methods start, listen to each other and route by labels."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Home, Item, Place, Sketch
from auditkit.sources.inspectors import _framework as base
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.values import Const, Func, Klass, Made, Site, Value

_VERBS = ("start", "listen", "router")


@dataclass
class _Method:
    scope: Scope
    step: Item
    verb: str = ""
    waits: list[str] = field(default_factory=list)
    """The methods and labels it waits for."""
    labels: list[tuple[str, Place]] = field(default_factory=list)
    """For a router: the labels that it gives back."""
    open: bool = False


def draw_flows(project: Project, sketch: Sketch) -> list[Flow]:
    """Every flow class of the program as a workflow."""
    found: list[Flow] = []
    for klass in project.program.classes("crewai.**.Flow"):
        flow = _flow(project, sketch, klass.scope)
        if flow is not None:
            found.append(flow)
    return found


def _flow(project: Project, sketch: Sketch, klass: Scope) -> Flow | None:
    methods = [m for m in base.functions_of(klass) if any(_verb(n) for n, _, _ in project.program.decorators(m))]
    if not methods:
        return None
    flow = sketch.flow(base.last(klass.name), base.place(klass), "crewai.Flow")
    flow.keys.add(klass)
    flow.homes.add(Home(klass.module.path, klass.name))
    drawn = [_method(project, flow, m) for m in methods]
    _edges(flow, drawn)
    _cycles(project, flow, klass, drawn)
    _state(project, flow, klass, methods)
    return flow


def _verb(name: str) -> str:
    last = base.last(name)
    return last if name.startswith("crewai.") and last in (*_VERBS, "human_feedback") else ""


def _method(project: Project, flow: Flow, method: Scope) -> _Method:
    home = Home(method.module.path, method.name)
    step = flow.add("step", base.last(method.name), base.place(method), "crewai.flow", home)
    step.say("symbol", f"{method.module.path}:{method.name}"[:120])
    found = _Method(method, step)
    for name, node, site in project.program.decorators(method):
        verb = _verb(name)
        if not verb:
            continue
        at = Place(method.module.path, method.module.line(node))
        step.also(at)
        if verb == "human_feedback":
            _feedback(project, flow, found, site, at, home)
            continue
        found.verb = verb if found.verb != "router" else found.verb
        if site is not None:
            for argument in site.node.args:
                found.waits += _condition(project, argument, method)
        if verb == "start":
            flow.entries.append(step)
    decider = base.decider_of(project, method)
    if step.value("decider") is None:
        step.say("decider", decider, how="resolved")
    if decider == "model":
        for call in base.calls_in(project, method):
            if isinstance(call.owner, Made):
                base.say_model(step, base.model_of(project, base.Direct(flow), call.owner, base.place(call), home, "crewai.LLM"))
    elif decider == "code" and found.verb == "router":
        step.say("kind", "rule")
    if found.verb == "router":
        _labels(project, found)
    return found


def _condition(project: Project, node: ast.AST, method: Scope) -> list[str]:
    """The names in `listen(a)`, `listen("label")`, `or_(a, "b")`, `and_(..)`."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.Call):
        return [n for a in node.args for n in _condition(project, a, method)]
    if isinstance(node, ast.Name | ast.Attribute):
        value = project.program.value(node, method.parent or method)
        for one in value.options():
            if isinstance(one, Func):
                return [base.last(one.scope.name)]
            if isinstance(one, Const) and isinstance(one.value, str):
                return [one.value]
        return [node.id if isinstance(node, ast.Name) else node.attr]
    return []


def _labels(project: Project, method: _Method) -> None:
    """The labels a router can give back: its returned texts, or the literals of its annotation."""
    scope = method.scope
    literals = _literals(getattr(scope.node, "returns", None))
    if literals:
        method.labels = [(text, base.place(scope)) for text in literals]
        return
    for node in base.returned_by(scope):
        value = project.program.value(node, scope)
        texts = [c for c in value.options() if isinstance(c, Const)]
        at = Place(scope.module.path, scope.module.line(node))
        method.labels += [(c.value, at) for c in texts if isinstance(c.value, str)]
        method.open = method.open or any(not isinstance(v, Const) for v in value.options())


def _literals(node: ast.AST | None) -> list[str]:
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name | ast.Attribute)
        and (node.value.id if isinstance(node.value, ast.Name) else node.value.attr) == "Literal"
    ):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return [e.value for e in inner if isinstance(e, ast.Constant) and isinstance(e.value, str)]
    return []


def _edges(flow: Flow, methods: list[_Method]) -> None:
    by_name = {base.last(m.scope.name): m for m in methods}
    heard: set[str] = set()
    for method in methods:
        for waited in method.waits:
            heard.add(waited)
            source = by_name.get(waited)
            if source is not None and source is not method:
                flow.edge(source.step, method.step, method.step.at)
    for router in methods:
        for label, at in router.labels:
            listening = [m for m in methods if label in m.waits]
            for target in listening:
                flow.edge(router.step, target.step, at)
            if not listening:
                flow.edge(router.step, None, at)
        if router.open:
            flow.open_ended = True
            for target in methods:
                if any(w not in by_name and not any(w == text for text, _ in router.labels) for w in target.waits):
                    flow.edge(router.step, target.step, target.step.at)


def _cycles(project: Project, flow: Flow, klass: Scope, methods: list[_Method]) -> None:
    """A flow that comes back to a method is bounded by a count in code, else by the flow's limit or the library's."""
    stated = _limit(project, klass)
    for method in methods:
        back = [t for t in flow.after(method.step) if t is not None and base.reaches(flow, t, method.step)]
        if not back or not method.labels:
            continue
        found = base.counted(method.scope)
        if found is not None:
            limit, line = found
            at = Place(method.scope.module.path, line)
            method.step.say("loop.bound", "coded", at).say("loop.max_iterations", limit, at)
        elif stated is not None:
            method.step.say("loop.bound", "coded", stated[1]).say("loop.max_iterations", stated[0], stated[1])
        elif method.step.value("decider") != "human":
            base.say_default_limit(project, method.step, method.step.at, "crewai.flow.max_method_calls")


def _limit(project: Project, klass: Scope) -> tuple[int, Place] | None:
    """How many method calls the class allows a run."""
    for binding in klass.bindings.get("max_method_calls", ()):
        value = project.program.value(binding.value, klass) if binding.value is not None else None
        found = base.number(value)
        if found is not None and value is not None:
            return found, Place(klass.module.path, klass.module.line(binding.node))
    return None


def _feedback(project: Project, flow: Flow, method: _Method, site: Site | None, at: Place, home: Home) -> None:
    """`@human_feedback`: a person looks at what the method gives back; with `emit` the answer routes."""
    base.person(flow, f"feedback on {base.last(method.scope.name)}", at, "crewai.human_feedback", method.step, home)
    if site is None:
        return
    labels = [c.value for c in base.flat(project.program.arg(site, None, "emit")) if isinstance(c, Const)]
    method.labels += [(str(label), at) for label in labels]


def _state(project: Project, flow: Flow, klass: Scope, methods: list[Scope]) -> None:
    """The state of a flow lives in memory, unless `@persist` writes it to a file."""
    kept = _persisted(project, klass, methods)
    shape = _shape(project, klass)
    if (
        shape is None
        and kept is None
        and not any("self.state" in m.loads or any(n.startswith("self.state.") for n in m.loads) for m in base.inside(klass))
    ):
        return
    at = base.place(shape) if shape is not None else base.place(klass)
    name = base.last(shape.name) if shape is not None else f"{flow.name} state"
    store = flow.add("store", name, at, "crewai.flow.state", Home(klass.module.path, klass.name))
    store.say("kind", "database" if kept is not None else "memory")
    store.say(
        "durable",
        kept is not None,
        kept,
        note="written to a local database after each method"
        if kept is not None
        else "the state of a flow is lost when the process ends",
    )


def _persisted(project: Project, klass: Scope, methods: list[Scope]) -> Place | None:
    for scope in (klass, *methods):
        for name, node, _ in project.program.decorators(scope):
            if name.startswith("crewai.") and base.last(name) == "persist":
                return Place(scope.module.path, scope.module.line(node))
    for site in project.program.sites("crewai.**.Flow"):
        if project.program.arg(site, None, "persistence") is not None:
            return base.place(site)
    return None


def _shape(project: Project, klass: Scope) -> Scope | None:
    """The class of the state: `Flow[State]`, else `initial_state = State`."""
    nodes = [b.slice for b in getattr(klass.node, "bases", ()) if isinstance(b, ast.Subscript)]
    values: list[Value] = [project.program.value(n, klass.parent or klass) for n in nodes]
    values += [project.program.value(b.value, klass) for b in klass.bindings.get("initial_state", ()) if b.value is not None]
    return next((one.scope for value in values for one in value.options() if isinstance(one, Klass)), None)
