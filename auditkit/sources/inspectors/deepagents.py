"""deepagents: an agent with its own file tools, sub-agents and approvals, made by one call."""

from __future__ import annotations

from auditkit.sources.inspection.code import home_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place, Sketch
from auditkit.sources.inspectors._lang_agents import draw_agent, draw_tools, maker_of, per_tool
from auditkit.sources.inspectors._lang_served import served
from auditkit.sources.inspectors._lang_stores import draw_keeper, kept_by
from auditkit.sources.inspectors._langgraph_loops import limited_here
from auditkit.syntax.python.program import text_of
from auditkit.syntax.python.values import Const, Made, Many, Outside, Site, Table

NAME = "deepagents"
ORDER = 65
PACKAGES = ("deepagents",)
CONSTRUCTORS = ("deepagents.**.create_deep_agent", "deepagents.**.async_create_deep_agent", "deepagents.**.*Backend",
                "deepagents.**.SubAgent", "deepagents.**.CompiledSubAgent", "deepagents.**.*Middleware")
_SHELLS = ("LocalShellBackend",)
_DISKS = ("FilesystemBackend", *_SHELLS)


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws a workflow for every deep agent that is no node of a graph."""
    taken = {key for flow in sketch.flows for key in flow.keys}
    seen: set[int] = set()
    for site in project.program.sites("deepagents.**.create_deep_agent", "deepagents.**.async_create_deep_agent"):
        if id(site.node) in seen or (id(site.node), 0) in taken:
            continue
        seen.add(id(site.node))
        _agent(project, sketch, site)


def _agent(project: Project, sketch: Sketch, site: Site) -> None:
    maker = maker_of(site.name)
    if maker is None:
        return
    at = Place(site.path, site.line)
    names = {name for scope in (site.scope, site.module.top) for name, bound in scope.bindings.items()
             for b in bound if b.value is site.node}
    name = text_of(project.program.arg(site, None, "name")) or next(iter(sorted(names - {"agent", "graph"})), None) \
        or (site.scope.name.rpartition(".")[2] if site.scope.kind == "function" else "deep agent")
    entry = served(project).of(site.path, {*names, site.scope.name})
    flow = sketch.flow(entry.name if entry else name, at, maker.rule)
    flow.served = entry is not None
    step = flow.add("step", name, at, maker.rule, home_of(site.scope))
    step.say("decider", "model")
    flow.entries = [step]
    tools = draw_agent(project, sketch, flow, step, Made(site.node, site.module, site.callee, site), maker)
    limited_here(project, step, site.path)
    flow.edge(step, step, at)
    flow.edge(step, None, at)
    _disk(project, flow, step, site, tools)
    _subagents(project, flow, step, site)
    for argument in ("checkpointer", "store"):
        kept = kept_by(project.program.arg(site, None, argument))
        if kept is not None:
            draw_keeper(project, sketch, flow, *kept)


def _disk(project: Project, flow: Flow, step: Item, site: Site, tools: list[Item]) -> None:
    """The built-in tools that reach the real disk or shell: no `tools=` list shows them."""
    backend = project.program.arg(site, None, "backend")
    for one in backend.options() if backend is not None else ():
        last = one.name.rpartition(".")[2] if isinstance(one, Made | Outside) else ""
        if last not in _DISKS or not isinstance(one, Made) or one.site is None:
            continue
        at = Place(one.site.path, one.site.line)
        rows = [("write_file", "write"), ("edit_file", "write"), *([("execute", "execute")] if last in _SHELLS else [])]
        for name, effect in rows:
            item = flow.add("action", name, at, f"deepagents.{last}", step.home)
            item.step = step
            item.say("step", step).say("decided_by", "model").say("effect", effect).say("consequential", True)
            tools.append(item)
        given = project.program.arg(site, None, "interrupt_on")
        if given is not None:
            for gate in flow.of("gate"):
                if gate.rule == "langchain.interrupt_on":
                    flow.items.remove(gate)
            per_tool(flow, step, site, given, tools)


def _subagents(project: Project, flow: Flow, step: Item, site: Site) -> None:
    """The agents that the agent may hand work to."""
    given = project.program.arg(site, None, "subagents")
    for one in given.options() if given is not None else ():
        for item in one.items if isinstance(one, Many) else ():
            for sub in item.options():
                if isinstance(sub, Table):
                    _subagent(project, flow, step, site, sub)


def _subagent(project: Project, flow: Flow, step: Item, site: Site, table: Table) -> None:
    name = text_of(table.get("name"))
    if not name:
        return
    at = Place(table.path or site.path, table.line)
    inner = flow.add("step", name, at, "deepagents.subagent", home_of(site.scope))
    inner.say("decider", "model").say("kind", "agent_loop")
    tools, _ = draw_tools(project, flow, inner, table.get("tools"), "deepagents.subagent", at)
    asked = table.get("interrupt_on")
    if asked is not None and not isinstance(asked, Const):
        per_tool(flow, inner, site, asked, tools)
    flow.edge(step, inner, at)
    flow.edge(inner, step, at)
