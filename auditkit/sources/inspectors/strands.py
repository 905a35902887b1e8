"""Strands Agents: agents that are called like functions, graphs and swarms of them, sessions, hooks and interrupts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.sources.inspection.code import home_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place, Sketch
from auditkit.sources.inspection.tools import tools_in
from auditkit.sources.inspectors._agent_state import messages, volatile
from auditkit.sources.inspectors._agents import Agent, Group, Team, given, nothing, say_tools
from auditkit.sources.inspectors._limits import say_default, say_limit
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.program import text_of
from auditkit.syntax.python.values import Func, Klass, Made, Outside, Site, Value

NAME = "Strands"
ORDER = 120
PACKAGES = ("strands",)
RULE = "strands"
_BUILDERS = ("strands.Agent", "strands.**.Agent")
_CALLS = ("invoke_async", "stream_async", "structured_output", "structured_output_async", "invoke")
CONSTRUCTORS = (
    *_BUILDERS,
    "strands.**.GraphBuilder",
    "strands.**.Swarm",
    "strands.**.MCPClient",
    "strands.**.FileSessionManager",
    "strands.**.S3SessionManager",
    "strands.**.RepositorySessionManager",
    "strands.**.BedrockModel",
)
_SESSIONS = {
    "FileSessionManager": ("file", True),
    "S3SessionManager": ("file", True),
    "RepositorySessionManager": ("database", True),
    "AgentCoreMemorySessionManager": ("platform", True),
}
_ASKING = frozenset(("shell", "python_repl", "editor", "file_write", "use_aws", "http_request", "load_tool", "use_computer"))
"""Packaged tools that ask the user at the terminal before they act, unless BYPASS_TOOL_CONSENT is set."""


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws the workflows of Strands agents."""
    Inspector(project, sketch).run()


class Inspector:
    """One look at one program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.program = project.program
        self.sketch = sketch
        self.team = Team(project, sketch, RULE, self._unwrapped)
        self.bounds: list[tuple[Agent, Site, str, str]] = []
        """Groups with a limit of their own: first agent, the group's constructor, argument, key of the default."""

    def run(self) -> None:
        """Finds the agents and the groups they are put in, then where they are called."""
        for site in self.program.sites(*_BUILDERS):
            agent = self.team.add(site, "name")
            agent.model = self.program.arg(site, 0, "model")
        if not self.team.agents:
            return
        for agent in list(self.team.agents):
            self._read(agent)
        self._swarms()
        self._graphs()
        self._called()
        for group in self.team.groups():
            self._draw(group)
        self.team.close()
        self._sessions()

    def _unwrapped(self, made: Made) -> Value | None:
        """The agent behind `agent.as_tool()`."""
        if made.name.endswith((".as_tool", ".with_tools")) and isinstance(made.of, Outside):
            return made.of.owner
        return None

    # Reading ---------------------------------------------------------------------------------------------------

    def _read(self, agent: Agent) -> None:
        agent.whole = self.program.closed(agent.site) and nothing(self.program.arg(agent.site, None, "load_tools_from_directory"))
        found, whole = tools_in(self.project, self.program.arg(agent.site, None, "tools"))
        agent.whole = agent.whole and whole
        for tool in found:
            others = self.team.of(tool)
            if others:
                agent.link("call", others, Place(tool.path, tool.line))
                continue
            agent.tools.append(tool)
            for scope in _bodies(tool):
                self.team.within(scope, agent)

    def _swarms(self) -> None:
        """A swarm: agents that hand over to each other, from the first (or the entry point) on."""
        for site in self.program.sites("strands.**.Swarm"):
            members = self.team.of(self.program.arg(site, 0, "nodes", "agents"))
            if not members:
                continue
            at = Place(site.path, site.line)
            for one in members:
                one.link("handoff", members, at)
            first = self.team.of(self.program.arg(site, None, "entry_point")) or members
            self.team.ran(site, _made(first[0]))
            self.bounds.append((first[0], site, "max_iterations", "strands.swarm.max_iterations"))

    def _graphs(self) -> None:
        """`GraphBuilder`: nodes by name, edges between names."""
        for site in self.program.sites("strands.**.GraphBuilder"):
            builder = Made(site.node, site.module, site.callee, site)
            nodes: dict[str, list[Agent]] = {}
            for call in self.program.sites("strands.**.GraphBuilder.add_node"):
                if not _same(call.owner, builder):
                    continue
                agents = self.team.of(self.program.arg(call, 0, "executor"))
                name = text_of(given(self.program.arg(call, 1, "node_id"))) or (agents[0].name if agents else "")
                nodes[name] = agents
            for call in self.program.sites("strands.**.GraphBuilder.add_edge"):
                if _same(call.owner, builder):
                    for source in self._node(call, 0, "from_node", nodes):
                        source.link("handoff", self._node(call, 1, "to_node", nodes), Place(call.path, call.line))
            starts = [
                a
                for call in self.program.sites("strands.**.GraphBuilder.set_entry_point")
                if _same(call.owner, builder)
                for a in self._node(call, 0, "node_id", nodes)
            ]
            every = starts or [a for agents in nodes.values() for a in agents]
            if every:
                first = every[0]
                self.team.ran(site, _made(first))
                self.bounds.append((first, site, "max_node_executions", "strands.graph.max_node_executions"))

    def _node(self, call: Site, position: int, name: str, nodes: dict[str, list[Agent]]) -> list[Agent]:
        value = given(self.program.arg(call, position, name))
        text = text_of(value)
        if text is not None:
            return nodes.get(text, [])
        if isinstance(value, Made) and value.name.endswith(".add_node") and value.site is not None:
            return self.team.of(self.program.arg(value.site, 0, "executor"))
        return self.team.of(value)

    def _called(self) -> None:
        """`agent("..")` and the methods that run it."""
        for site in self.program.sites(*(f"strands.**.Agent.{word}" for word in _CALLS)):
            self.team.ran(site, site.owner)
        names = {a.variable for a in self.team.agents if a.variable}
        for module in self.program.modules.values():
            for name in sorted(names | {"agent"}):
                for call in module.by_tail.get(name, ()):
                    value = self.program.resolved(call)
                    if self.team.of(value):
                        self.team.ran(Site(call, value), value)

    # Drawing ---------------------------------------------------------------------------------------------------

    def _draw(self, group: Group) -> None:
        flow = self.team.draw(group, "Strands' default model (Amazon Bedrock)", "amazon")
        for agent in group.agents:
            self._agent(flow, agent)
        for agent, site, key, row in self.bounds:
            if agent in group.agents and agent.step is not None:
                value = self.program.arg(site, None, key)
                at = Place(site.path, site.line)
                if key == "max_node_executions":
                    value, at = self._set_limit(site, at)
                if value is None or not say_limit(agent.step, value, at, key):
                    say_default(self.project, agent.step, row, at)
        for agent in group.agents:
            if agent.step is not None and agent.step.value("loop.bound") is None and agent.tools:
                say_default(self.project, agent.step, "strands.agent.max_turns", agent.at)
        for run in group.runs:
            if run.site.node.args or run.site.node.keywords:
                messages(self.program, flow, run.site, f"{RULE}.messages", None, "messages")
        say_tools(flow, group.agents)

    def _set_limit(self, site: Site, at: Place) -> tuple[Value | None, Place]:
        builder = Made(site.node, site.module, site.callee, site)
        for call in self.program.sites("strands.**.GraphBuilder.set_max_node_executions"):
            if _same(call.owner, builder):
                return self.program.arg(call, 0), Place(call.path, call.line)
        return None, at

    def _agent(self, flow: Flow, agent: Agent) -> None:
        step = agent.step
        if step is None:
            return
        hooked = not nothing(self.program.arg(agent.site, None, "hooks"))
        asks, gate_at = self._interrupts(agent)
        for tool in agent.tools:
            item = self.team.tool(flow, agent, tool)
            if item is None:
                continue
            last = tool.name.rpartition(".")[2] if isinstance(tool, Outside | Made) else ""
            item.open = item.open or hooked or last in _ASKING
            self._own_interrupt(flow, item, tool)
        if agent.tools:
            step.say("kind", "agent_loop")
        self._memory(flow, agent)
        if asks and gate_at is not None:
            gate = flow.add("gate", f"Interrupt before tools of {agent.name}", gate_at, f"{RULE}.interrupt", agent.home)
            gate.say("type", "human").say("enforced_in", "code")
            gate.step = step
            gate.protects = [i for i in flow.of("action") if i.step is step and i.name in asks]
        if not nothing(self.program.arg(agent.site, None, "structured_output_model")):
            step.say(
                "validation.kind", "schema", Place(agent.site.path, self.program.arg_line(agent.site, "structured_output_model"))
            )

    def _memory(self, flow: Flow, agent: Agent) -> None:
        """The conversation that an agent keeps from call to call, in the process unless a session manager keeps it.
        An agent that a function makes for one call keeps nothing."""
        at, scope = agent.at, agent.site.scope
        if agent.site.frame is not None or not nothing(self.program.arg(agent.site, None, "session_manager")):
            return
        if scope.kind == "module" and self.program.closed(agent.site):
            volatile(flow, f"{agent.variable or agent.name} messages", at, f"{RULE}.memory", agent.home,
                     "an agent keeps its conversation in the process: a restart loses it")

    def _interrupts(self, agent: Agent) -> tuple[set[str], Place | None]:
        """The tools before which a hook stops the run and asks."""
        value = self.program.arg(agent.site, None, "hooks")
        for one in (v for o in (value.options() if value is not None else ()) for v in (getattr(o, "items", None) or (o,))):
            scope = (
                one.of.scope
                if isinstance(one, Made) and isinstance(one.of, Klass)
                else one.scope
                if isinstance(one, Func)
                else None
            )
            for call in scope.module.by_tail.get("interrupt", ()) if scope is not None else ():
                if scope is not None and (call.scope is scope or call.scope.holder is scope):
                    words = {
                        n.value for n in ast.walk(call.scope.node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
                    }
                    return words, Place(scope.module.path, scope.module.line(call.line))
        return set(), None

    def _own_interrupt(self, flow: Flow, item: Item, tool: Value) -> None:
        """A tool that stops the run itself and reads the answer."""
        for scope in _bodies(tool):
            for call in scope.module.by_tail.get("interrupt", ()):
                if call.scope is scope:
                    gate = flow.add(
                        "gate",
                        f"Interrupt in {item.name}",
                        Place(scope.module.path, scope.module.line(call.line)),
                        f"{RULE}.interrupt",
                        home_of(scope),
                    )
                    gate.say("type", "human").say("enforced_in", "code")
                    gate.protects = [item]

    def _sessions(self) -> None:
        for site in self.program.sites(*(f"**.{name}" for name in _SESSIONS)):
            last = site.name.rpartition(".")[2]
            kind, durable = _SESSIONS[last]
            item = self.sketch.add("store", last, Place(site.path, site.line), f"{RULE}.session", home_of(site.scope))
            item.say("kind", kind).say("durable", durable).say("persists", True)


def _bodies(tool: Value) -> Iterator[Scope]:
    """The function behind a tool."""
    if isinstance(tool, Func):
        yield tool.scope


def _made(agent: Agent) -> Made:
    """An agent as the value that its constructor gives."""
    return Made(agent.site.node, agent.site.module, agent.site.callee, agent.site)


def _same(owner: Value | None, made: Made) -> bool:
    """Whether a method is called on an object, also by a chain of calls."""
    for one in owner.options() if owner is not None else ():
        here: Value | None = one
        for _ in range(40):
            if isinstance(here, Made) and here.site is not None and here.site.node is made.node:
                return True
            here = here.of.owner if isinstance(here, Made) and isinstance(here.of, Outside) else None
            if here is None:
                break
    return False
