"""LlamaIndex workflows: classes whose steps are tied together by the types of the events they take and give."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Home, Item, Place, Sketch
from auditkit.sources.inspectors import _framework as base
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.values import Const, Klass, Made, Outside, Site

_PACKAGES = ("llama_index.**", "workflows.**", "llama_index_workflows.**")
WORKFLOW = tuple(f"{p}.Workflow" for p in _PACKAGES)
_STEP = tuple(f"{p}.step" for p in _PACKAGES)
_EVENTS = {"StartEvent": "start", "StopEvent": "stop", "InputRequiredEvent": "ask", "HumanResponseEvent": "answer"}


@dataclass(frozen=True)
class _Event:
    key: object
    name: str
    role: str
    """start, stop, ask, answer, or "" for an event between steps."""


@dataclass
class _Step:
    scope: Scope
    item: Item
    takes: list[_Event] = field(default_factory=list)
    gives: list[_Event] = field(default_factory=list)


def draw_workflows(project: Project, sketch: Sketch) -> set[int]:
    """Every workflow class as a workflow. Gives back the ids of the classes that were drawn."""
    drawn: set[int] = set()
    for klass in project.program.classes(*WORKFLOW):
        methods = [m for m in base.functions_of(klass.scope) if _decorated(project, m)]
        if methods and id(klass.scope) not in drawn:
            drawn.add(id(klass.scope))
            _workflow(project, sketch, klass.scope, methods)
    return drawn


def _decorated(project: Project, method: Scope) -> tuple[Place, Site | None] | None:
    for name, node, site in project.program.decorators(method):
        if base.fits(name, *_STEP):
            return Place(method.module.path, method.module.line(node)), site
    return None


def _workflow(project: Project, sketch: Sketch, klass: Scope, methods: list[Scope]) -> None:
    flow = sketch.flow(base.last(klass.name), base.place(klass), "llama_index.Workflow")
    flow.keys.add(klass)
    flow.homes.add(Home(klass.module.path, klass.name))
    steps = [_step(project, flow, m) for m in methods]
    steps += [_step(project, flow, m) for m in _functions(project, klass)]
    _edges(flow, steps)
    _people(project, flow, steps)
    built = [
        s
        for m in project.program.modules.values()
        for call in m.by_tail.get(base.last(klass.name), ())
        for s in (Site(call, v) for v in project.program.resolved(call).options() if isinstance(v, Klass) and v.scope is klass)
    ]
    _bounds(project, flow, steps, built)
    asking = next((s.item for s in steps if s.item.value("decider") == "model"), steps[0].item if steps else None)
    for site in built:
        for name in ("tools", "tool_list"):
            base.tools_of(project, sketch, flow, project.program.arg(site, None, name), asking, "llama_index.tools")
        for value in (project.program.arg(site, None, "llm"),):
            for step in steps:
                if step.item.value("decider") == "model":
                    base.say_model(
                        step.item,
                        base.model_of(
                            project, sketch, value, base.place(site), Home(site.path, site.scope.name), "llama_index.llm"
                        ),
                    )


def _functions(project: Project, klass: Scope) -> Iterator[Scope]:
    """Steps as free functions: `@step(workflow=MyWorkflow)`."""
    for scope, _, site, _ in project.program.decorated(*_STEP):
        if site is not None and scope.holder is None:
            given = project.program.arg(site, None, "workflow")
            if any(isinstance(v, Klass) and v.scope is klass for v in base.flat(given)):
                yield scope


def _step(project: Project, flow: Flow, method: Scope) -> _Step:
    home = Home(method.module.path, method.name)
    item = flow.add("step", base.last(method.name), base.place(method), "llama_index.step", home)
    item.say("symbol", f"{method.module.path}:{method.name}"[:120])
    flow.homes.add(home)
    found = _decorated(project, method)
    if found is not None:
        at, site = found
        item.also(at)
        _retries(project, item, site)
    decider = base.decider_of(project, method)
    item.say("decider", decider, how="resolved")
    calls = base.calls_in(project, method)
    for call in calls:
        if isinstance(call.owner, Made):
            base.say_model(item, base.model_of(project, base.Direct(flow), call.owner, base.place(call), home, "llama_index.llm"))
        if base.last(call.name) in ("structured_predict", "astructured_predict"):
            base.schema_check(item, base.place(call))
    base.say_loops_around(item, calls)
    return _Step(method, item, list(_taken(project, method)), [*_given(project, method)])


def _retries(project: Project, item: Item, site: Site | None) -> None:
    given = project.program.arg(site, None, "retry_policy") if site is not None else None
    for one in base.flat(given):
        if isinstance(one, Made) and one.site is not None:
            tries = base.number(project.program.arg(one.site, None, "maximum_attempts"))
            item.say("retries.max", tries, base.place(one))


# Events ------------------------------------------------------------------------------------------------------------


def _events(project: Project, node: ast.AST | None, scope: Scope) -> Iterator[_Event]:
    """The event types in an annotation: unions, lists, optionals, also written as text."""
    if node is None:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value[:400], mode="eval").body
        except (SyntaxError, ValueError):
            return
    if isinstance(node, ast.BinOp):
        yield from _events(project, node.left, scope)
        yield from _events(project, node.right, scope)
    elif isinstance(node, ast.Subscript):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for part in inner:
            yield from _events(project, part, scope)
    elif isinstance(node, ast.Name | ast.Attribute):
        for one in project.program.value(node, scope).options():
            event = _event(project, one)
            if event is not None:
                yield event


def _event(project: Project, value: object) -> _Event | None:
    if isinstance(value, Klass):
        roles = [_EVENTS[base.last(b)] for b in project.program.bases(value.scope) if base.last(b) in _EVENTS]
        known = any(base.fits(b, *(f"{p}.*" for p in _PACKAGES)) for b in project.program.bases(value.scope))
        return _Event(id(value.scope), base.last(value.scope.name), roles[0] if roles else "") if known else None
    if (
        isinstance(value, Outside)
        and base.fits(value.name, *(f"{p}.*" for p in _PACKAGES))
        and base.last(value.name).endswith("Event")
    ):
        return _Event(value.name.rpartition(".")[2], base.last(value.name), _EVENTS.get(base.last(value.name), ""))
    return None


def _taken(project: Project, method: Scope) -> Iterator[_Event]:
    args = getattr(method.node, "args", None)
    for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs) if args is not None else ():
        yield from _events(project, arg.annotation, method.parent or method)


def _given(project: Project, method: Scope) -> Iterator[_Event]:
    """What a step gives back by its annotation, and what it sends by `ctx.send_event(E(..))`."""
    yield from _events(project, getattr(method.node, "returns", None), method.parent or method)
    for scope in base.inside(method):
        for call in (c for c in method.module.by_tail.get("send_event", ()) if c.scope is scope and c.node.args):
            for one in base.flat(project.program.value(call.node.args[0], scope)):
                if isinstance(one, Made):
                    event = _event(project, one.of)
                    if event is not None:
                        yield event


def _edges(flow: Flow, steps: list[_Step]) -> None:
    for step in steps:
        if any(e.role == "start" for e in step.takes):
            flow.entries.append(step.item)
        given = list({e.key: e for e in step.gives}.values())
        for event in given:
            if event.role == "stop":
                flow.edge(step.item, None, step.item.at)
            for other in steps:
                if any(t.key == event.key for t in other.takes):
                    flow.edge(step.item, other.item, step.item.at)
        if not given:
            flow.open_ended = True


def _people(project: Project, flow: Flow, steps: list[_Step]) -> None:
    """An event that asks for input is answered by a person: what takes the answer stands behind a gate."""
    asking = [s for s in steps if any(e.role == "ask" for e in s.gives)]
    answered = [s for s in steps if any(e.role == "answer" for e in s.takes)]
    for step in answered:
        for source in asking:
            flow.edge(source.item, step.item, source.item.at)
        gate = base.person(
            flow, f"answer before {step.item.name}", step.item.at, "llama_index.HumanResponseEvent", step.item, step.item.home
        )
        for source in asking:
            gate.also(source.item.at)
        gate.also(Place(step.item.at.path, max(1, step.item.at.line - 1)))
        if step.item.value("decider") == "code":
            step.item.unsay("decider")
            step.item.say("decider", "human", how="resolved", note="a person's answer comes in here")
    for step in steps:
        for scope in base.inside(step.scope):
            for call in (c for c in step.scope.module.by_tail.get("wait_for_event", ()) if c.scope is scope):
                node = call.node.args[0] if call.node.args else None
                events = list(_events(project, node, scope))
                if any(e.role == "answer" for e in events):
                    at = Place(step.scope.module.path, step.scope.module.line(call.line))
                    base.person(flow, f"answer in {step.item.name}", at, "llama_index.wait_for_event", step.item, step.item.home)


def _bounds(project: Project, flow: Flow, steps: list[_Step], built: list[Site]) -> None:
    """A cycle of steps ends by a count in code, else by the time limit of the workflow, if it has one."""
    cyclic = [
        s
        for s in steps
        if any(t is not None and base.reaches(flow, t, s.item) for t in flow.after(s.item))
        and not any(e.role == "answer" for e in s.takes)
    ]
    if not cyclic or any(s.item.value("loop.bound") for s in cyclic):
        return
    for step in cyclic:
        found = base.counted(step.scope)
        if found is not None:
            at = Place(step.scope.module.path, found[1])
            step.item.say("loop.bound", "coded", at).say("loop.max_iterations", found[0], at)
            return
    step = cyclic[0]
    for site in built:
        given = project.program.arg(site, None, "timeout")
        at = base.arg_place(project, site, "timeout")
        if base.number(given) is not None:
            note = f"only the time limit of {base.number(given)} s ends the loop"
            step.item.say("loop.bound", "coded", step.item.at, note=note).say("loop.bound", "coded", at, note=note)
            return
        if isinstance(given, Const) and given.value is None:
            step.item.say("loop.bound", "none", step.item.at, note="the workflow's time limit is switched off").say(
                "loop.bound", "none", at
            )
            return
        if given is None and project.program.closed(site):
            base.say_default_limit(project, step.item, step.item.at, "llama_index.workflow.timeout")
            step.item.unsay("loop.max_iterations")
            return
