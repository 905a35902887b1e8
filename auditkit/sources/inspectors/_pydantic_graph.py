"""Graphs of pydantic_graph: nodes are classes, edges are what their `run` says it returns."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place, Sketch
from auditkit.syntax.python.module import Scope, dotted
from auditkit.syntax.python.program import Program, text_of
from auditkit.syntax.python.values import Klass, Made, Many, Outside, Value

RULE = "pydantic_graph"
_NODES = ("pydantic_graph.**.BaseNode", "pydantic_graph.BaseNode")
_GRAPHS = ("pydantic_graph.**.Graph", "pydantic_graph.Graph")


def draw_graphs(project: Project, sketch: Sketch) -> None:
    """Draws each graph; without one, the nodes that lead to each other."""
    program = project.program
    nodes = {id(k.scope): k.scope for k in program.classes(*_NODES)}
    if not nodes:
        return
    used: set[int] = set()
    for site in program.sites(*_GRAPHS):
        listed = [k.scope for k in _classes(program.arg(site, None, "nodes")) if id(k.scope) in nodes]
        if not listed:
            continue
        used.update(id(s) for s in listed)
        name = text_of(program.arg(site, None, "name")) or listed[0].name.rpartition(".")[2]
        flow = sketch.flow(name, Place(site.path, site.line), RULE)
        flow.keys.add(Made(site.node, site.module, site.callee, site).key)
        _draw(project, flow, listed)
    for part in _parts(program, {k: s for k, s in nodes.items() if k not in used}):
        flow = sketch.flow(part[0].name.rpartition(".")[2], place_of(part[0]), RULE)
        _draw(project, flow, part)


def _classes(value: Value | None) -> Iterator[Klass]:
    for one in value.options() if value is not None else ():
        if isinstance(one, Klass):
            yield one
        elif isinstance(one, Many):
            for item in one.items:
                yield from _classes(item)


def _draw(project: Project, flow: Flow, listed: list[Scope]) -> None:
    steps: dict[int, Item] = {}
    for scope in listed:
        run = _run(scope)
        home = home_of(run or scope)
        step = flow.add("step", scope.name.rpartition(".")[2], place_of(scope), f"{RULE}.node", home)
        if run is not None:
            step.also(place_of(run))
            kinds = {d.kind for d in project.code.deeds(run)}
            step.say(
                "decider", "model" if "model" in kinds or _runs_agent(project, run) else "human" if "human" in kinds else "code"
            )
        step.say("symbol", f"{scope.module.path}:{scope.name}"[:120])
        flow.homes.add(home)
        steps[id(scope)] = step
    reached: set[int] = set()
    for scope in listed:
        run = _run(scope)
        for name, value in _targets(project.program, run):
            if isinstance(value, Klass) and id(value.scope) in steps:
                flow.edge(steps[id(scope)], steps[id(value.scope)], place_of(run) if run is not None else place_of(scope))
                reached.add(id(value.scope))
            elif name == "End":
                flow.edge(steps[id(scope)], None, place_of(run) if run is not None else place_of(scope))
    flow.entries = [steps[id(s)] for s in listed if id(s) not in reached][:1] or [steps[id(listed[0])]]


def _runs_agent(project: Project, run: Scope) -> bool:
    """Whether a node runs an agent of the library."""
    for here in project.code.reach([run], hops=3).values():
        for call in here.module.calls:
            if (
                call.scope is here
                and isinstance(call.node.func, ast.Attribute)
                and call.node.func.attr in ("run", "run_sync", "run_stream", "iter")
            ):
                for one in project.program.resolved(call).options():
                    if isinstance(one, Outside) and one.name.startswith("pydantic_ai."):
                        return True
    return False


def _run(scope: Scope) -> Scope | None:
    return next((c for c in scope.children if c.kind == "function" and c.name.endswith(".run")), None)


def _targets(program: Program, run: Scope | None) -> Iterator[tuple[str, Value]]:
    """The classes in the annotation of what `run` returns, also when it is written as a text."""
    node = getattr(run.node, "returns", None) if run is not None else None
    if run is None or node is None:
        return
    stack: list[ast.AST] = [node]
    while stack:
        here = stack.pop(0)
        if isinstance(here, ast.Constant) and isinstance(here.value, str):
            try:
                stack.append(ast.parse(here.value[:500], mode="eval").body)
            except (SyntaxError, ValueError):
                continue
        elif isinstance(here, ast.BinOp):
            stack += [here.left, here.right]
        elif isinstance(here, ast.Subscript):
            name = (dotted(here.value) or "").rpartition(".")[2]
            if name in ("Union", "Optional", "Annotated"):
                inner = here.slice
                parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                stack += parts[:1] if name == "Annotated" else parts
            else:
                yield name, program.value(here.value, run.parent or run)
        elif isinstance(here, ast.Name | ast.Attribute):
            top = run.parent.parent if run.parent is not None and run.parent.parent is not None else run
            yield (dotted(here) or "").rpartition(".")[2], program.value(here, top)


def _parts(program: Program, nodes: dict[int, Scope]) -> Iterator[list[Scope]]:
    """Nodes that lead to each other, a list for each lot of them."""
    links: dict[int, set[int]] = {k: set() for k in nodes}
    for key, scope in nodes.items():
        for _, value in _targets(program, _run(scope)):
            if isinstance(value, Klass) and id(value.scope) in nodes:
                links[key].add(id(value.scope))
                links[id(value.scope)].add(key)
    seen: set[int] = set()
    for key in nodes:
        part: list[Scope] = []
        stack = [key]
        while stack:
            here = stack.pop()
            if here not in seen:
                seen.add(here)
                part.append(nodes[here])
                stack += links[here]
        if len(part) > 1:
            yield sorted(part, key=lambda s: (s.module.path, s.line))
