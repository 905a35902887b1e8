"""smolagents: agents that write Python, agents that call tools, and agents managed by agents."""

from __future__ import annotations

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Home, Item, Sketch
from auditkit.sources.inspectors import _framework as base
from auditkit.syntax.python.values import Const, Func, Klass, Made, Site, Value

NAME = "smolagents"
PACKAGES = ("smolagents",)
_AGENT = ("smolagents.**.CodeAgent", "smolagents.**.ToolCallingAgent", "smolagents.**.MultiStepAgent")
CONSTRUCTORS = (
    *_AGENT,
    "smolagents.**.*Model",
    "smolagents.**.*Tool",
    "smolagents.**.ToolCollection",
    "smolagents.**.MCPClient",
    "smolagents.**.GradioUI",
)
_SANDBOXES = {
    "docker": "container",
    "e2b": "sandbox",
    "modal": "sandbox",
    "wasm": "sandbox",
    "blaxel": "sandbox",
    "local": "host",
}


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws every agent that no other one manages, with those it manages, as a workflow."""
    agents = base.once(_sites(project))
    managed = {
        id(made.site.node)
        for sites in agents.values()
        for site in sites
        for made in _managed(project, site)
        if made.site is not None
    }
    for node, sites in agents.items():
        if node in managed:
            continue
        site = sites[0]
        flow = sketch.flow(_flow_name(project, site), base.place(site), site.name)
        step = _agent(project, sketch, flow, sites, agents, set())
        flow.entries = [step]
        flow.add("store", "agent memory", base.place(site), "smolagents.memory", Home(site.path, site.scope.name)).say(
            "kind", "memory"
        ).say("durable", False, how="resolved", note="the steps of an agent are kept in memory")


def _sites(project: Project) -> list[Site]:
    found = list(project.program.sites(*_AGENT))
    own = {id(k.scope): k for k in project.program.classes(*_AGENT)}
    for module in project.program.modules.values() if own else ():
        for call in module.calls:
            for one in project.program.resolved(call).options():
                if isinstance(one, Klass) and id(one.scope) in own:
                    found.append(Site(call, one))
    return found


def _flow_name(project: Project, site: Site) -> str:
    name = base.text(project.program.arg(site, None, "name")) or base.bound_name(site)
    return name if name and name not in ("agent", "self") else base.enclosing(site.scope)


def _kind(project: Project, site: Site) -> str:
    if isinstance(site.callee, Klass):
        return next((base.last(b) for b in project.program.bases(site.callee.scope) if b.startswith("smolagents.")), "")
    return base.last(site.name)


def _managed(project: Project, site: Site) -> list[Made]:
    """The agents that an agent can call, also those wrapped as `ManagedAgent`."""
    found: list[Made] = []
    for one in base.flat(project.program.arg(site, None, "managed_agents")):
        if isinstance(one, Made) and one.name.endswith(".ManagedAgent") and one.site is not None:
            found += [
                m for m in base.flat(project.program.arg(one.site, 0, "agent")) if isinstance(m, Made) and m.site is not None
            ]
        elif isinstance(one, Made) and one.site is not None:
            found.append(one)
    return found


def _agent(
    project: Project, sketch: Sketch, flow: Flow, sites: list[Site], agents: dict[int, list[Site]], seen: set[int]
) -> Item:
    site = sites[0]
    seen.add(id(site.node))
    program = project.program
    at, home = base.place(site), Home(site.path, site.scope.name)
    name = base.agent_name(project, site)
    step = flow.add("step", name, at, site.name or "smolagents.agent", home)
    step.say("decider", "model").say("kind", "agent_loop")
    agent = flow.add("agent", name, at, site.name or "smolagents.agent", home)
    step.say("agent", agent)
    flow.homes.add(home)
    flow.keys.add(base.key_of(site))
    if isinstance(site.callee, Klass):
        step.also(base.place(site.callee.scope))
        flow.homes.add(Home(site.callee.scope.module.path, site.callee.scope.name))
    base.say_limit(project, step, site, ("max_steps",), "smolagents.max_steps")
    model = base.models_of(project, sketch, [program.arg(s, 1, "model") for s in sites], at, home, "smolagents.model")
    base.say_model(step, model, at)
    _tools(project, sketch, flow, site, step, agent)
    if _kind(project, site) == "CodeAgent":
        _interpreter(project, flow, site, step)
    _checks(project, step, site)
    for made in _managed(project, site):
        inner = agents.get(id(made.site.node)) if made.site is not None else None
        if inner is not None and id(inner[0].node) not in seen:
            below = _agent(project, sketch, flow, inner, agents, seen)
            flow.edge(step, below, base.arg_place(project, site, "managed_agents"))
            agent.say("can_delegate_to", below.value("agent"), base.arg_place(project, site, "managed_agents"))
    flow.edge(step, None, at)
    return step


def _tools(project: Project, sketch: Sketch, flow: Flow, site: Site, step: Item, agent: Item) -> None:
    items, closed = base.tools_of(project, sketch, flow, _given(project, site), step, "smolagents.tools")
    if items and closed:
        agent.say("tools", [i.name for i in items], base.place(site), "resolved")
    if base.is_true(project.program.arg(site, None, "add_base_tools")):
        at = base.arg_place(project, site, "add_base_tools")
        action = flow.add("action", "web_search", at, "smolagents.add_base_tools", step.home)
        action.say("effect", "read").say("consequential", False).say("decided_by", "model").say("step", step)
        action.step = step


def _given(project: Project, site: Site) -> Value | None:
    return project.program.arg(site, 0, "tools")


def _interpreter(project: Project, flow: Flow, site: Site, step: Item) -> None:
    """A code agent acts by Python that the model writes: a tool that stands in no list."""
    at = base.place(site)
    action = flow.add("action", "python_interpreter", at, "smolagents.CodeAgent", step.home)
    action.say("effect", "execute", note="a code agent runs the Python that its model writes").say("consequential", True)
    action.say("decided_by", "model").say("step", step)
    action.step = step
    action.also(base.arg_place(project, site, "additional_authorized_imports"))
    step.say("executes", "code", base.arg_place(project, site, "additional_authorized_imports"))
    kind = base.text(project.program.arg(site, None, "executor_type"))
    if base.is_true(project.program.arg(site, None, "use_e2b_executor")):
        kind = "e2b"
    if kind is None and project.program.closed(site) and project.program.arg(site, None, "executor_type") is None:
        base.sandbox(flow, "host", at, "smolagents.executor_type", "the library's local executor runs in the same process")
    elif kind in _SANDBOXES:
        base.sandbox(flow, _SANDBOXES[kind], base.arg_place(project, site, "executor_type"), "smolagents.executor_type")


def _checks(project: Project, step: Item, site: Site) -> None:
    given = project.program.arg(site, None, "final_answer_checks")
    if any(isinstance(v, Func | Made) for v in base.flat(given)) and not isinstance(given, Const):
        base.schema_check(step, base.arg_place(project, site, "final_answer_checks"), rule=True)
