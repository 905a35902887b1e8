"""Microsoft Agent Framework: agents, workflow graphs of executors, and the orchestrations built from agents."""

from __future__ import annotations

import ast
import itertools

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Home, Item, Sketch
from auditkit.sources.inspectors import _framework as base
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.program import root_of
from auditkit.syntax.python.values import Const, Func, Klass, Made, Outside, Site, Value

NAME = "Microsoft Agent Framework"
PACKAGES = ("agent_framework", "agent_framework_orchestrations")
_BUILDER = ("agent_framework.**.WorkflowBuilder",)
_TEAMS = tuple(f"agent_framework*.**.{kind}Builder" for kind in ("Sequential", "Concurrent", "Handoff", "GroupChat", "Magentic"))
_AGENT = (
    "agent_framework.**.Agent",
    "agent_framework.**.ChatAgent",
    "agent_framework.**.as_agent",
    "agent_framework.**.create_agent",
)
_WRAPS = ("agent_framework.**.AgentExecutor", "agent_framework.**.WorkflowExecutor")
_EDGES = (
    "add_edge",
    "add_chain",
    "add_fan_out_edges",
    "add_fan_in_edges",
    "add_switch_case_edge_group",
    "add_multi_selection_edge_group",
)
_MORE = (
    "participants",
    "add_handoff",
    "with_manager",
    "with_request_info",
    "with_plan_review",
    "with_termination_condition",
    "set_start_executor",
    "with_checkpointing",
)
CONSTRUCTORS = (
    *_BUILDER,
    *_TEAMS,
    "agent_framework.**.Agent",
    "agent_framework.**.ChatAgent",
    *_WRAPS,
    "agent_framework.**.*Client",
    "agent_framework.**.*CheckpointStorage",
    "agent_framework.**.MCP*Tool",
    "agent_framework.**.WorkflowAgent",
    "agent_framework.ag_ui.**.AgentFramework*",
)
DEFAULT_LOOP = "agent_framework.agent.max_iterations"


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws graphs and orchestrations, then the agents that are in none."""
    drawing = _Drawing(project, sketch)
    drawing.graphs()
    drawing.teams()
    drawing.agents()
    base.stores_of(
        project,
        sketch,
        "agent_framework.store",
        ("agent_framework.**.InMemoryCheckpointStorage", "checkpointer", False),
        ("agent_framework.**.FileCheckpointStorage", "checkpointer", True),
        ("agent_framework.**.CosmosCheckpointStorage", "checkpointer", True),
        ("agent_framework.**.InMemoryHistoryProvider", "session", False),
        ("agent_framework.**.FileHistoryProvider", "session", True),
        ("agent_framework.**.Redis*Provider", "session", "unknown"),
        ("agent_framework.**.Mem0*Provider", "memory", True),
    )


class _Drawing:
    """The workflows of one program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.sketch = sketch
        self.program = project.program
        self.used: set[int] = set()

    # Graphs ------------------------------------------------------------------------------------------------------

    def graphs(self) -> None:
        """Every `WorkflowBuilder` with the edges that are added to it."""
        calls = self._by_root(_BUILDER, (*_EDGES, *_MORE))
        for node, sites in base.once(self.program.sites(*_BUILDER)).items():
            self._graph(sites[0], calls.get(node, []))

    def _by_root(self, roots: tuple[str, ...], verbs: tuple[str, ...]) -> dict[int, list[Site]]:
        found: dict[int, list[Site]] = {}
        for site in self.program.sites(*(f"{root}.**.{verb}" for root in roots for verb in verbs)):
            root = root_of(site.callee)
            if root is not None and root.site is not None:
                rows = found.setdefault(id(root.site.node), [])
                if all(r.node is not site.node for r in rows):
                    rows.append(site)
        return found

    def _flow(self, site: Site) -> Flow:
        name = base.text(self.program.arg(site, None, "name")) or base.bound_name(site)
        return base.flow_of(self.sketch, site, name, "workflow", "builder", "agent", "self")

    def _graph(self, site: Site, calls: list[Site]) -> None:
        flow = self._flow(site)
        steps: dict[object, Item] = {}
        start = self.program.arg(site, None, "start_executor")
        for call in calls:
            if base.last(call.name) == "set_start_executor":
                start = self.program.arg(call, 0, "executor")
        flow.entries = self._steps(flow, start, steps)[:1]
        for call in calls:
            if base.last(call.name) in _EDGES:
                self._edge(flow, call, steps)
        if not flow.of("step"):
            self.sketch.flows.remove(flow)
            return
        flow.entries = flow.entries or flow.of("step")[:1]
        self._bound(flow, site)

    def _edge(self, flow: Flow, call: Site, steps: dict[object, Item]) -> None:
        verb, at = base.last(call.name), base.place(call)
        if verb == "add_chain":
            chain = self._steps(flow, self.program.arg(call, 0, "executors"), steps)
            for before, after in itertools.pairwise(chain):
                flow.edge(before, after, at)
            return
        sources = self._steps(flow, self.program.arg(call, 0, "source", "sources"), steps)
        given = self.program.arg(call, 1, "target", "targets", "cases")
        targets = self._steps(flow, given, steps)
        for source in sources:
            for target in targets:
                flow.edge(source, target, at)
        if not sources or not targets:
            flow.open_ended = True

    def _steps(self, flow: Flow, value: Value | None, steps: dict[object, Item]) -> list[Item]:
        """The steps that an expression of the builder stands for, drawn when they are met first."""
        found: list[Item] = []
        for one in base.flat(value):
            inner = self._unwrapped(one)
            for option in inner:
                key = self._key(option)
                if key is None:
                    continue
                if key not in steps:
                    step = self._node(flow, option)
                    if step is None:
                        continue
                    steps[key] = step
                found.append(steps[key])
        return found

    def _unwrapped(self, value: Value) -> list[Value]:
        """The executor behind a case of a switch or a wrapper of an agent."""
        if (
            isinstance(value, Made)
            and value.site is not None
            and base.fits(value.name, "agent_framework.**.Case", "agent_framework.**.Default")
        ):
            return list(base.flat(self.program.arg(value.site, 1 if value.name.endswith("Case") else 0, "target")))
        if isinstance(value, Made) and value.site is not None and base.fits(value.name, "agent_framework.**.AgentExecutor"):
            return list(base.flat(self.program.arg(value.site, 0, "agent"))) or [value]
        return [value]

    def _key(self, value: Value) -> object:
        if isinstance(value, Made) and value.site is not None:
            return id(value.site.node)
        if isinstance(value, Func | Klass):
            return id(value.scope)
        return value.value if isinstance(value, Const) and isinstance(value.value, str) else None

    def _node(self, flow: Flow, value: Value) -> Item | None:
        if isinstance(value, Made) and value.site is not None:
            if base.fits(value.name, *_AGENT):
                return self._agent(flow, value.site)
            if isinstance(value.of, Klass):
                return self._executor(flow, value.of.scope, value.site)
            name = (
                base.text(self.program.arg(value.site, None, "id", "name"))
                or base.bound_name(value.site)
                or base.last(value.name)
            )
            step = flow.add("step", name, base.place(value.site), value.name, Home(value.site.path, value.site.scope.name))
            if base.fits(value.name, "agent_framework.**.WorkflowExecutor"):
                flow.homes.add(Home(value.site.path, value.site.scope.name))
                step.say("decider", "code")
            return step
        if isinstance(value, Func):
            return self._function(flow, value.scope)
        if isinstance(value, Const):
            return None
        return None

    def _function(self, flow: Flow, scope: Scope) -> Item:
        home = Home(scope.module.path, scope.name)
        step = flow.add("step", base.last(scope.name), base.place(scope), "agent_framework.executor", home)
        step.say("symbol", f"{scope.module.path}:{scope.name}"[:120]).say(
            "decider", base.decider_of(self.project, scope), how="resolved"
        )
        flow.homes.add(home)
        self._asks(flow, scope, step)
        return step

    def _executor(self, flow: Flow, klass: Scope, site: Site) -> Item:
        """An object of an executor class: what its handlers do decides what it is."""
        name = base.text(self.program.arg(site, 0, "id")) or base.bound_name(site) or base.last(klass.name)
        home = Home(klass.module.path, klass.name)
        step = flow.add("step", name, base.place(site), "agent_framework.Executor", home)
        step.also(base.place(klass)).say("symbol", f"{klass.module.path}:{klass.name}"[:120])
        flow.homes.add(home)
        calls = base.calls_in(self.project, klass)
        inner = [a for a in self.program.sites(*_AGENT) if a.scope.holder is klass and self._is_agent(a)]
        asked = self._asks(flow, klass, step)
        deciding = calls or inner or any(d.kind == "model" for d in self.project.code.own(klass))
        step.say("decider", "model" if deciding else "human" if asked else "code", how="resolved")
        for agent in inner:
            self.used.add(id(agent.node))
            step.also(base.place(agent))
            self._gives(flow, step, agent)
        base.say_loops_around(step, calls)
        return step

    def _asks(self, flow: Flow, scope: Scope, step: Item) -> bool:
        """`ctx.request_info(..)`: the workflow waits for a person's answer."""
        found = False
        inside = {id(s) for s in base.inside(scope)}
        for call in scope.module.by_tail.get("request_info", ()):
            if id(call.scope) in inside and isinstance(call.node.func, ast.Attribute):
                at = step.at._replace(path=scope.module.path, line=scope.module.line(call.line))
                base.person(
                    flow,
                    f"request of {step.name}",
                    at,
                    "agent_framework.request_info",
                    step,
                    Home(scope.module.path, call.scope.name),
                )
                found = True
        return found

    def _bound(self, flow: Flow, site: Site) -> None:
        """A graph with a cycle is bounded by a count in its executors, else by the builder's `max_iterations`."""
        for step in flow.of("step"):
            if any(t is not None and base.reaches(flow, t, step) for t in flow.after(step)) and step.value("decider") != "human":
                base.say_limit(self.project, step, site, ("max_iterations",), "agent_framework.workflow.max_iterations")
                return

    # Orchestrations ----------------------------------------------------------------------------------------------

    def teams(self) -> None:
        """Sequences, handoffs, group chats and the like."""
        calls = self._by_root(_TEAMS, _MORE)
        for node, sites in base.once(self.program.sites(*_TEAMS)).items():
            self._team(sites[0], calls.get(node, []))

    def _team(self, site: Site, calls: list[Site]) -> None:
        kind = base.last(site.name).removesuffix("Builder")
        given = self.program.arg(site, None, "participants")
        for call in calls:
            if base.last(call.name) == "participants":
                given = self.program.arg(call, 0, "participants")
        flow = self._flow(site)
        steps: dict[object, Item] = {}
        members = self._steps(flow, given, steps)
        lead = self._steps(
            flow, self.program.arg(site, None, "manager_agent", "manager", "orchestrator_agent", "start_agent"), steps
        )
        for call in calls:
            if base.last(call.name) == "with_manager":
                lead += self._steps(flow, self.program.arg(call, None, "agent", "manager"), steps)
        if not members and not lead:
            self.sketch.flows.remove(flow)
            return
        flow.open_ended = not base.whole(given)
        self._order(flow, site, kind, members, lead, calls, steps)
        self._team_people(flow, site, calls)
        rounds = {
            "GroupChat": (("max_rounds",), "agent_framework.group_chat.max_rounds"),
            "Magentic": (("max_round_count",), "agent_framework.magentic.max_round_count"),
        }.get(kind)
        if rounds is not None:
            first = (lead or members)[0]
            base.wider_limit(first)
            base.say_limit(self.project, first, site, *rounds)

    def _order(
        self,
        flow: Flow,
        site: Site,
        kind: str,
        members: list[Item],
        lead: list[Item],
        calls: list[Site],
        steps: dict[object, Item],
    ) -> None:
        at = base.place(site)
        flow.entries = (lead or members)[:1]
        if kind == "Sequential":
            for before, after in itertools.pairwise(members):
                flow.edge(before, after, at)
        elif kind == "Concurrent":
            flow.entries = list(members)
        elif kind == "Handoff" and any(base.last(c.name) == "add_handoff" for c in calls):
            for call in (c for c in calls if base.last(c.name) == "add_handoff"):
                for source in self._steps(flow, self.program.arg(call, 0, "source"), steps):
                    for target in self._steps(flow, self.program.arg(call, 1, "targets"), steps):
                        flow.edge(source, target, base.place(call))
        else:
            around = (
                [pair for head in lead for m in members for pair in ((head, m), (m, head))]
                if lead
                else [(a, b) for a in members for b in members if a is not b]
            )
            for before, after in around:
                flow.edge(before, after, at)
        for step in lead or members[-1:]:
            flow.edge(step, None, at)

    def _team_people(self, flow: Flow, site: Site, calls: list[Site]) -> None:
        review = self.program.arg(site, None, "enable_plan_review")
        if base.is_true(review):
            base.person(
                flow,
                "plan review",
                base.arg_place(self.project, site, "enable_plan_review"),
                "agent_framework.plan_review",
                flow.of("step")[0] if flow.of("step") else None,
            )
        for call in calls:
            if base.last(call.name) in ("with_request_info", "with_plan_review"):
                base.person(
                    flow,
                    base.last(call.name).removeprefix("with_").replace("_", " "),
                    base.place(call),
                    f"agent_framework.{base.last(call.name)}",
                    flow.of("step")[0] if flow.of("step") else None,
                )

    # Agents ------------------------------------------------------------------------------------------------------

    def agents(self) -> None:
        """Agents that are in no graph: those of one function are one workflow, agents used as tools are below the others."""
        groups: dict[tuple[str, str], list[Site]] = {}
        for sites in base.once(self.program.sites(*_AGENT)).values():
            site = sites[0]
            if id(site.node) not in self.used and self._is_agent(site):
                groups.setdefault((site.path, site.scope.name), []).append(site)
        for sites in groups.values():
            below = {
                id(root.site.node)
                for s in sites
                for v in base.flat(self.program.arg(s, None, "tools"))
                if (root := root_of(v)) is not None
                and root.site is not None
                and isinstance(v, Made)
                and v.name.endswith(".as_tool")
            }
            names = {self._name(s) for s in sites}
            flow = self._flow(sites[0])
            if len(names) == 1:
                flow.name = next(iter(names))
            drawn = [(s, self._agent(flow, s)) for s in sites]
            tops = [(s, i) for s, i in drawn if id(s.node) not in below]
            flow.entries = [i for _, i in tops]
            for _, top in tops:
                for site, step in drawn:
                    if id(site.node) in below:
                        flow.edge(top, step, base.place(site))

    def _is_agent(self, site: Site) -> bool:
        """`client.as_agent(..)` is an agent; `workflow.as_agent()` is a workflow that looks like one."""
        root = root_of(site.callee)
        return not (root is not None and base.fits(root.name, *_BUILDER, *_TEAMS))

    def _name(self, site: Site) -> str:
        return base.agent_name(self.project, site)

    def _agent(self, flow: Flow, site: Site) -> Item:
        self.used.add(id(site.node))
        step, agent = base.draw_agent(flow, site, self._name(site))
        self._gives(flow, step, site, agent)
        return step

    def _gives(self, flow: Flow, step: Item, site: Site, agent: Item | None = None) -> None:
        """Model, tools, approvals, limits and shape of the answers of an agent."""
        at, home = base.place(site), Home(site.path, site.scope.name)
        client = self.program.arg(site, 0, "client", "chat_client")
        if base.last(site.name) in ("as_agent", "create_agent"):
            client = site.owner
        base.say_model(step, base.model_of(self.project, self.sketch, client, at, home, "agent_framework.client"), at)
        tools = self.program.arg(site, None, "tools")
        items, closed = base.tools_of(self.project, self.sketch, flow, tools, step, "agent_framework.tools")
        if agent is not None and items and closed:
            agent.say("tools", [i.name for i in items], at, "resolved")
        for value in base.flat(tools):
            self._approval(flow, value, items)
        if items:
            base.say_default_limit(self.project, step, at, DEFAULT_LOOP)
        if not base.is_none(self.program.arg(site, None, "middleware")):
            for item in items:
                item.open = True
        for name in ("response_format", "default_options"):
            given = self.program.arg(site, None, name)
            if (name == "response_format" and not base.is_none(given)) or any(
                isinstance(v, Made) and v.site is not None and self.program.arg(v.site, None, "response_format") is not None
                for v in base.flat(given)
            ):
                base.schema_check(step, base.arg_place(self.project, site, name))

    def _approval(self, flow: Flow, tool: Value, items: list[Item]) -> None:
        """`@tool(approval_mode="always_require")`: a person answers before the tool runs."""
        sites: list[Site] = []
        if isinstance(tool, Func):
            sites = [s for n, _, s in self.program.decorators(tool.scope) if s is not None and n.startswith("agent_framework.")]
            item = next((i for i in items if i.at == base.place(tool.scope)), None)
        else:
            item = None
            if isinstance(tool, Made) and tool.site is not None and isinstance(tool.of, Outside):
                sites = [tool.site]
                item = next((i for i in items if base.place(tool.site) in i.places), None)
        for site in sites:
            if base.text(self.program.arg(site, None, "approval_mode")) == "always_require":
                at = base.arg_place(self.project, site, "approval_mode")
                if not any(g.at == at for g in flow.of("gate")):
                    base.person(
                        flow,
                        f"approval of {item.name}" if item else "approval",
                        at,
                        "agent_framework.approval_mode",
                        None,
                        None,
                        [item] if item is not None else [],
                    )
