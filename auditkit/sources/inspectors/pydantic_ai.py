"""PydanticAI: agents with their tools, toolsets, outputs and limits, and graphs of pydantic_graph."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.model.vocabulary import Branch
from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.models import draw_model
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place, Sketch
from auditkit.sources.inspection.tools import tools_in
from auditkit.sources.inspectors._agent_state import messages, written_contexts
from auditkit.sources.inspectors._agents import Agent, Group, Run, Team, functions, given, nothing, number, say_tools, true
from auditkit.sources.inspectors._limits import say_default, say_limit
from auditkit.sources.inspectors._pydantic_graph import draw_graphs
from auditkit.sources.inspectors._tries import answer, caught_around
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.program import text_of
from auditkit.syntax.python.values import Const, Func, Klass, Made, Many, Outside, Site, Value

NAME = "PydanticAI"
ORDER = 120
PACKAGES = ("pydantic_ai", "pydantic_graph")
CONSTRUCTORS = (
    "pydantic_ai.**.Agent",
    "pydantic_ai.**.Tool",
    "pydantic_ai.**.UsageLimits",
    "pydantic_ai.**.FunctionToolset",
    "pydantic_ai.**.ApprovalRequiredToolset",
    "pydantic_ai.**.CombinedToolset",
    "pydantic_ai.**.FilteredToolset",
    "pydantic_ai.**.PrefixedToolset",
    "pydantic_ai.**.WrapperToolset",
    "pydantic_ai.**.MCPToolset",
    "pydantic_ai.**.MCPServerStdio",
    "pydantic_ai.**.MCPServerSSE",
    "pydantic_ai.**.MCPServerStreamableHTTP",
    "pydantic_ai.**.TemporalAgent",
    "pydantic_ai.**.DBOSAgent",
    "pydantic_ai.**.PrefectAgent",
    "pydantic_graph.**.Graph",
    "pydantic_ai.**.LangChainToolset",
    "pydantic_ai.**.ExternalToolset",
    "pydantic_ai.**.FastMCPToolset",
)
RULE = "pydantic_ai"
BUILDERS = ("pydantic_ai.Agent", "pydantic_ai.**.Agent")
_RUNS = (
    "run",
    "run_sync",
    "run_stream",
    "run_stream_sync",
    "run_stream_events",
    "iter",
    "to_cli",
    "to_cli_sync",
    "to_web",
    "to_ag_ui",
    "realtime",
    "realtime_session",
)
RUNNERS = (*(f"pydantic_ai.**.{word}" for word in _RUNS), "restate.**.run", "restate.**.run_sync")
_WRAPPERS = ("TemporalAgent", "DBOSAgent", "PrefectAgent", "RestateAgent", "WrapperAgent")
_HOSTED = {
    "WebSearchTool": ("web_search", "read"),
    "CodeExecutionTool": ("code_execution", "execute"),
    "WebFetchTool": ("web_fetch", "read"),
    "UrlContextTool": ("url_context", "read"),
    "ImageGenerationTool": ("image_generation", "none"),
    "MemoryTool": ("memory", "write"),
    "FileSearchTool": ("file_search", "read"),
    "XSearchTool": ("x_search", "read"),
    "WebSearch": ("web_search", "read"),
    "WebFetch": ("web_fetch", "read"),
    "CodeExecution": ("code_execution", "execute"),
}
_CONTAINED = frozenset(("CodeExecutionTool", "CodeExecution", "MemoryTool"))
_SERVERS = (
    "MCPServerStdio",
    "MCPServerSSE",
    "MCPServerStreamableHTTP",
    "MCPServerHTTP",
    "MCPToolset",
    "FastMCPToolset",
    "MCPServerTool",
    "MCP",
    "load_mcp_servers",
    "load_mcp_toolsets",
)
_ERRORS = {
    "UsageLimitExceeded": "the run reaches its limit of requests",
    "UnexpectedModelBehavior": "no valid answer within the retries",
    "ModelHTTPError": "the model's service fails",
    "ModelAPIError": "the model's service fails",
    "AgentRunError": "the run stops with an error of the library",
}
_LIMITED = ("UsageLimitExceeded", "AgentRunError", "Exception", "BaseException")


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws graphs first (their nodes run agents), then the agents."""
    draw_graphs(project, sketch)
    Inspector(project, sketch).run()


class Inspector:
    """One look at one program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.program = project.program
        self.sketch = sketch
        self.team = Team(project, sketch, RULE, self._unwrapped)
        self.checked: dict[int, list[Scope]] = {}
        self.approved: dict[int, list[tuple[Value, Place]]] = {}
        self.servers: dict[int, list[Made]] = {}

    def run(self) -> None:
        """Finds the agents, what is registered on them, and where they are run; then draws."""
        for site in self.program.sites(*BUILDERS):
            agent = self.team.add(site, "name")
            agent.model = self.program.arg(site, 0, "model")
        if not self.team.agents:
            return
        for agent in self.team.agents:
            self._read(agent)
        self._registered()
        for site in self.program.sites(*RUNNERS):
            self.team.ran(site, site.owner)
        for group in self.team.groups():
            self._draw(group)
        self.team.close()

    # Reading ---------------------------------------------------------------------------------------------------

    def _unwrapped(self, made: Made) -> Value | None:
        """The agent behind a wrapper for durable execution."""
        if made.site is not None and made.name.rpartition(".")[2] in _WRAPPERS:
            return self.program.arg(made.site, 0, "wrapped", "agent")
        return None

    def _read(self, agent: Agent) -> None:
        agent.whole = self.program.closed(agent.site)
        self._offered(agent, self.program.arg(agent.site, None, "tools"))
        for word in ("toolsets", "capabilities", "builtin_tools", "native_tools", "mcp_servers"):
            self._toolsets(agent, self.program.arg(agent.site, None, word))
        for one in _outputs(self.program.arg(agent.site, None, "output_type", "result_type")):
            if isinstance(one, Func):
                self._offered(agent, one)

    def _registered(self) -> None:
        """What decorators and calls put on an agent later: tools, validators, prompts."""
        words = ("tool", "tool_plain", "output_validator", "result_validator", "system_prompt", "instructions", "toolset")
        patterns = tuple(f"pydantic_ai.**.Agent.{word}" for word in words)
        for scope, name, site, owner in self.program.decorated(*patterns):
            self._registers(scope, name.rpartition(".")[2], site, owner)
        for site in self.program.sites(*(f"pydantic_ai.**.Agent.{word}" for word in words)):
            for func in functions(self.program.arg(site, 0)):
                self._registers(func.scope, site.name.rpartition(".")[2], site, site.owner)

    def _registers(self, scope: Scope, word: str, site: Site | None, owner: Value | None) -> None:
        for agent in self.team.of(owner):
            self.team.within(scope, agent)
            if word in ("tool", "tool_plain"):
                tool = Func(scope.node, scope.module, scope)
                if not any(isinstance(t, Func) and t.scope is scope for t in agent.tools):
                    agent.tools.append(tool)
                self._approval(agent, tool, site)
            elif word in ("output_validator", "result_validator"):
                self.checked.setdefault(id(agent), []).append(scope)
            elif word == "toolset":
                agent.whole = False

    def _approval(self, agent: Agent, tool: Value, site: Site | None) -> None:
        value = self.program.arg(site, None, "requires_approval") if site is not None else None
        if site is not None and value is not None and true(value) is not False:
            at = Place(site.path, self.program.arg_line(site, "requires_approval"))
            self.approved.setdefault(id(agent), []).append((tool, at))

    def _offered(self, agent: Agent, value: Value | None, approve: Place | None = None) -> None:
        found, whole = tools_in(self.project, value)
        agent.whole = agent.whole and whole
        for tool in found:
            agent.tools.append(tool)
            if approve is not None:
                self.approved.setdefault(id(agent), []).append((tool, approve))
            if isinstance(tool, Made) and tool.site is not None:
                self._approval(agent, tool, tool.site)
            bodies = (
                [tool]
                if isinstance(tool, Func)
                else list(functions(self.program.arg(tool.site, 0, "function")) if isinstance(tool, Made) and tool.site else ())
            )
            for func in bodies:
                self.team.within(func.scope, agent)

    def _toolsets(self, agent: Agent, value: Value | None, approve: Place | None = None, depth: int = 0) -> None:
        for one in value.options() if value is not None and depth < 6 else ():
            if isinstance(one, Many):
                agent.whole = agent.whole and one.whole
                for item in one.items:
                    self._toolsets(agent, item, approve, depth + 1)
            elif isinstance(one, Made) and one.site is not None:
                self._toolset(agent, one, one.site, approve, depth)
            elif not nothing(one):
                agent.whole = False

    def _toolset(self, agent: Agent, made: Made, site: Site, approve: Place | None, depth: int) -> None:
        last = made.name.rpartition(".")[2]
        if last in _SERVERS:
            agent.whole = False
            self.servers.setdefault(id(agent), []).append(made)
        elif last in _HOSTED:
            agent.tools.append(made)
        elif last == "FunctionToolset":
            self._offered(agent, self.program.arg(site, 0, "tools"), approve)
            self._put_in(agent, made, approve or self._asks(site))
        elif last in ("approval_required", "ApprovalRequiredToolset"):
            owner = (
                made.of.owner
                if last == "approval_required" and isinstance(made.of, Outside)
                else self.program.arg(site, 0, "wrapped")
            )
            self._toolsets(agent, owner, Place(site.path, site.line), depth + 1)
        elif last in ("filtered", "prefixed", "prepared", "renamed") and isinstance(made.of, Outside):
            self._toolsets(agent, made.of.owner, approve, depth + 1)
        elif last in ("CombinedToolset", "FilteredToolset", "PrefixedToolset", "PreparedToolset", "RenamedToolset"):
            self._toolsets(agent, self.program.arg(site, 0, "toolsets", "wrapped"), approve, depth + 1)
        else:
            agent.whole = False

    def _asks(self, site: Site) -> Place | None:
        if true(self.program.arg(site, None, "requires_approval")):
            return Place(site.path, self.program.arg_line(site, "requires_approval"))
        return None

    def _put_in(self, agent: Agent, toolset: Made, approve: Place | None) -> None:
        """Functions that are put into a toolset after it was made."""
        for scope, _, site, owner in self.program.decorated(
            "pydantic_ai.**.FunctionToolset.tool", "pydantic_ai.**.FunctionToolset.tool_plain"
        ):
            if any(isinstance(o, Made) and o.key == toolset.key for o in (owner.options() if owner is not None else ())):
                tool = Func(scope.node, scope.module, scope)
                self._offered(agent, tool, approve)
                self._approval(agent, tool, site)
        for site in self.program.sites("pydantic_ai.**.FunctionToolset.add_function", "pydantic_ai.**.FunctionToolset.add_tool"):
            if any(
                isinstance(o, Made) and o.key == toolset.key for o in (site.owner.options() if site.owner is not None else ())
            ):
                self._offered(agent, self.program.arg(site, 0, "func", "tool"), approve)

    # Drawing ---------------------------------------------------------------------------------------------------

    def _draw(self, group: Group) -> None:
        flow = self.team.draw(group, "PydanticAI model chosen at run time")
        for agent in group.agents:
            self._agent(flow, agent)
        for run in group.runs:
            self._run(run)
        inner = [s for m in self.program.modules.values() for s in m.scopes if id(s) in self.team.inner]
        for run in group.runs:
            messages(self.program, flow, run.site, f"{RULE}.message_history", None, "message_history")
            written_contexts(self.program, flow, run.site, iter(inner), f"{RULE}.deps", "deps")
        say_tools(flow, group.agents)

    def _agent(self, flow: Flow, agent: Agent) -> None:
        step = agent.step
        if step is None:
            return
        drawn: list[tuple[Value, Item]] = []
        for tool in agent.tools:
            item = self._tool(flow, step, agent, tool)
            if item is not None:
                drawn.append((tool, item))
        for tool, at in self.approved.get(id(agent), ()):
            for item in [i for t, i in drawn if t is tool or (t.node is tool.node and t.node is not None)]:
                self._gate(flow, item, at)
        for server in self.servers.get(id(agent), ()):
            self._server(flow, step, server)
        if agent.tools or self.servers.get(id(agent)):
            step.say("kind", "agent_loop")
        self._validation(agent, step)
        self._retries(agent, step)

    def _tool(self, flow: Flow, step: Item, agent: Agent, tool: Value) -> Item | None:
        last = tool.name.rpartition(".")[2] if isinstance(tool, Made) else ""
        if not (isinstance(tool, Made) and last in _HOSTED and tool.site is not None):
            return self.team.tool(flow, agent, tool)
        at = Place(tool.site.path, tool.site.line)
        name, effect = _HOSTED[last]
        item = flow.add("action", name, at, f"{RULE}.builtin_tool", home_of(tool.site.scope))
        item.say("effect", effect).say("consequential", effect in ("execute", "write") and last not in _CONTAINED)
        item.say("decided_by", "model").say("step", step)
        item.step = step
        if effect == "execute":
            step.say("executes", "code", at)
        return item

    def _gate(self, flow: Flow, item: Item, at: Place) -> None:
        """The approval that the library waits for before a tool runs."""
        gate = next((g for g in flow.of("gate") if g.at == at), None)
        if gate is None:
            gate = flow.add("gate", f"Approval of {item.name}", at, f"{RULE}.requires_approval", item.home)
            gate.say("type", "human").say("enforced_in", "code")
            gate.step, gate.protects = item.step, []
            gate.also(item.at)
        if gate.protects is not None and item not in gate.protects:
            gate.protects.append(item)
        item.say("autonomy", "approve", at)

    def _server(self, flow: Flow, step: Item, made: Made) -> None:
        assert made.site is not None
        at = Place(made.site.path, made.site.line)
        server = next((i for i in flow.of("integration") if i.at == at), None)
        if server is None:
            name = text_of(self.program.arg(made.site, None, "id", "tool_prefix", "name"))
            server = flow.add("integration", name or "mcp_server", at, f"{RULE}.mcp", home_of(made.site.scope))
            server.say("kind", "mcp")
            timed = not nothing(self.program.arg(made.site, None, "timeout", "read_timeout"))
            server.say("timeout", True if timed else "default", at, "literal" if timed else "default")
        step.say("integrations", server, at)

    def _validation(self, agent: Agent, step: Item) -> None:
        value = self.program.arg(agent.site, None, "output_type", "result_type")
        checks = self.checked.get(id(agent), [])
        structured = (
            any(not (isinstance(o, Outside) and o.name == "builtins.str") for o in _outputs(value))
            if value is not None
            else False
        )
        at = Place(agent.site.path, self.program.arg_line(agent.site, "output_type", "result_type"))
        if checks:
            step.say("validation.kind", "schema_and_rule" if structured else "rule", place_of(checks[0]))
        elif structured:
            step.say("validation.kind", "schema", at)
        for scope in checks:
            if any(isinstance(n, ast.Raise) and "ModelRetry" in ast.dump(n)[:400] for n in ast.walk(scope.node)):
                step.say(
                    "failure_branches",
                    Branch(type="retry", trigger="the output breaks a rule", trigger_in="code"),
                    place_of(scope),
                )

    def _retries(self, agent: Agent, step: Item) -> None:
        value = self.program.arg(agent.site, None, "output_retries", "result_retries", "retries")
        count = number(value)
        if count is not None:
            at = Place(agent.site.path, self.program.arg_line(agent.site, "output_retries", "result_retries", "retries"))
            step.say("retries.max", count, at)

    # Runs ------------------------------------------------------------------------------------------------------

    def _run(self, run: Run) -> None:
        steps = [a.step for a in run.agents if a.step is not None]
        if not steps:
            return
        step, site, at = steps[0], run.site, run.at
        limits = given(self.program.arg(site, None, "usage_limits"))
        request = self.program.arg(limits.site, None, "request_limit") if isinstance(limits, Made) and limits.site else None
        if request is not None:
            if say_limit(step, request, at, "request_limit") and step.value("loop.bound") == "coded":
                self._bounded_retries(run.agents[0], step)
        elif nothing(limits) or isinstance(limits, Made):
            say_default(self.project, step, "pydantic_ai.request_limit", at)
            if run.agents[0].tools:  # the loop over its tools belongs to the agent, wherever it is run
                say_default(self.project, step, "pydantic_ai.request_limit", run.agents[0].at)
        model = self.program.arg(site, None, "model")
        if model is not None and not nothing(model):
            drawn = draw_model(self.project, self.sketch, model, at, home_of(site.scope), f"{RULE}.model")
            if drawn is not None and step.value("model") is None:
                step.say("model", drawn)
        self._branches(step, site)

    def _bounded_retries(self, agent: Agent, step: Item) -> None:
        """The second limit of a loop that has one: how often an answer that does not hold is asked for again."""
        value = self.program.arg(agent.site, None, "output_retries", "result_retries", "retries")
        if (count := number(value)) is not None:
            at = Place(agent.site.path, self.program.arg_line(agent.site, "output_retries", "result_retries", "retries"))
            step.say("loop.bound", "coded", at, note=f"an answer that does not hold is asked for again at most {count} times")

    def _branches(self, step: Item, site: Site) -> None:
        caught = list(caught_around(site.call))
        for one in caught:
            if one.name in _ERRORS and (kind := answer(one.handler)) is not None:
                step.say("failure_branches", Branch(type=kind, trigger=_ERRORS[one.name], trigger_in="code"), one.at)
        limited = next((c for c in caught if c.name in _LIMITED), None)
        if step.value("loop.on_limit") is None and step.value("loop.bound") not in (None, "none"):
            if limited is None:
                step.say(
                    "loop.on_limit",
                    "error",
                    Place(site.path, site.line),
                    "default",
                    "UsageLimitExceeded is raised; nothing here catches it",
                )
            elif answer(limited.handler) not in (None, "abort"):
                step.say("loop.on_limit", "branch", limited.at)


def _outputs(value: Value | None) -> Iterator[Value]:
    """The types (or functions) that an agent may give back, out of lists, unions and markers."""
    for one in value.options() if value is not None else ():
        if isinstance(one, Many):
            for item in one.items:
                yield from _outputs(item)
        elif (
            isinstance(one, Made)
            and one.site is not None
            and one.name.rpartition(".")[2] in ("ToolOutput", "NativeOutput", "PromptedOutput", "TextOutput")
            and one.site.node.args
        ):
            yield Klass(one.node, one.module, None) if one.site.frame is not None else one  # type: ignore[arg-type]
        elif not (isinstance(one, Const) and one.value is None):
            yield one
