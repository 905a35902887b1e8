"""Google ADK: model agents, sequences, loops and parallel agents, their tools, callbacks, sessions and limits."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place, Sketch
from auditkit.sources.inspection.tools import tools_in
from auditkit.sources.inspectors._adk_graphs import GRAPH, Graphs
from auditkit.sources.inspectors._agents import Agent, Group, Team, functions, given, nothing, say_tools, true
from auditkit.sources.inspectors._limits import say_default, say_limit
from auditkit.sources.inspectors._session_state import state_writes
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.program import text_of
from auditkit.syntax.python.values import Const, Func, Made, Outside, Site, Value

NAME = "Google ADK"
ORDER = 120
PACKAGES = ("google",)
_MODEL = (
    "google.adk.Agent",
    "google.adk.**.Agent",
    "google.adk.**.LlmAgent",
    "google.adk.**.RemoteA2aAgent",
    "google.adk.**.LangGraphAgent",
)
_SHAPES = {"SequentialAgent": "sequence", "ParallelAgent": "parallel", "LoopAgent": "loop"}
_BUILDERS = (*_MODEL, *(f"google.adk.**.{name}" for name in _SHAPES))
CONSTRUCTORS = (
    *_BUILDERS,
    *GRAPH,
    "google.adk.**.Runner",
    "google.adk.**.InMemoryRunner",
    "google.adk.**.AgentTool",
    "google.adk.**.FunctionTool",
    "google.adk.**.LongRunningFunctionTool",
    "google.adk.**.McpToolset",
    "google.adk.**.MCPToolset",
    "google.adk.**.OpenAPIToolset",
    "google.adk.**.RunConfig",
    "google.adk.**.App",
    "google.adk.**.LiteLlm",
)
RULE = "google_adk"
_RUNNERS = ("Runner", "InMemoryRunner", "App", "AdkApp", "AgentEngine")
_CALLBACKS = (
    "before_agent_callback",
    "after_agent_callback",
    "before_model_callback",
    "after_model_callback",
    "before_tool_callback",
    "after_tool_callback",
    "on_tool_error_callback",
    "on_model_error_callback",
)
_BUILT_IN = {
    "google_search": "read",
    "google_search_tool": "read",
    "enterprise_web_search": "read",
    "url_context": "read",
    "built_in_code_execution": "execute",
    "load_memory": "read",
    "load_artifacts": "read",
    "load_web_page": "read",
    "preload_memory": "read",
    "exit_loop": "none",
    "get_user_choice": "none",
    "transfer_to_agent": "none",
    "google_maps_grounding": "read",
    "VertexAiSearchTool": "read",
    "VertexAiRagRetrieval": "read",
    "GoogleSearchTool": "read",
    "FilesRetrieval": "read",
    "DiscoveryEngineSearchTool": "read",
    "UrlContextTool": "read",
    "LoadMemoryTool": "read",
}
_NO_TOOLS = frozenset(("exit_loop", "transfer_to_agent"))
"""They steer the run and do nothing else."""
_SERVERS = ("McpToolset", "MCPToolset")
_SERVICES = {
    "InMemorySessionService": ("memory", False),
    "InMemoryMemoryService": ("memory", False),
    "InMemoryArtifactService": ("memory", False),
    "DatabaseSessionService": ("database", True),
    "SqliteSessionService": ("database", True),
    "VertexAiSessionService": ("platform", True),
    "VertexAiMemoryBankService": ("platform", True),
    "VertexAiRagMemoryService": ("platform", True),
    "GcsArtifactService": ("file", True),
    "FileArtifactService": ("file", True),
    "FirestoreSessionService": ("database", True),
}
_BUNDLED = "InMemoryRunner"


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws the workflows of ADK agents."""
    Inspector(project, sketch).run()


class Inspector:
    """One look at one program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.program = project.program
        self.sketch = sketch
        self.team = Team(project, sketch, RULE, self._unwrapped)
        self.graphs = Graphs(project, sketch, self.team, RULE)
        self.servers: dict[int, list[Made]] = {}
        self.asked: dict[int, list[tuple[str, Place]]] = {}
        """Other agents that an agent may ask as a tool: name and place."""

    def run(self) -> None:
        """Finds the agents, links them, finds where they are run, and draws."""
        for site in self._sites():
            agent = self.team.add(site, "name")
            last = site.name.rpartition(".")[2]
            if last in _SHAPES:
                agent.shape, agent.decider = _SHAPES[last], "code"  # type: ignore[assignment]
            agent.model = self.program.arg(site, None, "model")
        self.graphs.add()
        if not self.team.agents:
            return
        for agent in self.team.agents:
            if agent.shape != "graph":
                self._read(agent)
        self.graphs.read()
        self._inherit()
        runners = ("run", "run_async", "run_live", "run_debug", "query", "stream_query", "async_stream_query")
        for site in self.program.sites(*(f"google.adk.**.{w}" for w in runners), *(f"vertexai.**.{w}" for w in runners)):
            self.team.ran(site, site.owner)
        self._services()
        for group in self.team.groups():
            self._draw(group)
        self.team.close()

    def _sites(self) -> Iterator[Site]:
        """The calls that build agents, those of the folder's own classes of agents with them."""
        yield from self.program.sites(*_BUILDERS)
        own = {id(k.scope): k for k in self.program.classes("google.adk.**.BaseAgent", *_MODEL)}
        for module in self.program.modules.values() if own else ():
            for call in module.calls:
                for one in self.program.resolved(call).options():
                    if id(getattr(one, "scope", None)) in own and type(one).__name__ == "Klass":
                        yield Site(call, one)

    # Reading ---------------------------------------------------------------------------------------------------

    def _unwrapped(self, made: Made) -> Value | None:
        """The agent behind a runner, an app or `AgentTool(agent)`."""
        last = made.name.rpartition(".")[2]
        if made.site is None:
            return None
        if last in _RUNNERS:
            return self.program.arg(made.site, None, "agent", "root_agent", "app", "node")
        if last == "AgentTool":
            return self.program.arg(made.site, 0, "agent")
        return None

    def _read(self, agent: Agent) -> None:
        agent.whole = self.program.closed(agent.site)
        subs = self.program.arg(agent.site, None, "sub_agents")
        others = self.team.of(subs)
        if agent.shape:
            agent.parts = [o for o in others if o is not agent]
        else:
            at = Place(agent.site.path, self.program.arg_line(agent.site, "sub_agents"))
            agent.link("handoff", others, at)
        self._offered(agent, self.program.arg(agent.site, None, "tools"))
        for value, _, _ in self.program.assigned(
            Made(agent.site.node, agent.site.module, agent.site.callee, agent.site), "tools"
        ):
            self._offered(agent, value)
        for word in (*_CALLBACKS, "instruction", "global_instruction"):
            for func in functions(self.program.arg(agent.site, None, word)):
                self.team.within(func.scope, agent)

    def _offered(self, agent: Agent, value: Value | None) -> None:
        found, whole = tools_in(self.project, value)
        agent.whole = agent.whole and whole
        for tool in found:
            others = self.team.of(tool)
            if others:
                agent.link("call", others, Place(tool.path, tool.line))
                if isinstance(tool, Made) and tool.name.rpartition(".")[2] == "AgentTool":
                    self.asked.setdefault(id(agent), []).append((others[0].name, Place(tool.path, tool.line)))
                continue
            if isinstance(tool, Made) and tool.name.rpartition(".")[2] in _SERVERS:
                agent.whole = False
                self.servers.setdefault(id(agent), []).append(tool)
                continue
            agent.tools.append(tool)
            bodies = (
                [tool]
                if isinstance(tool, Func)
                else list(
                    functions(self.program.arg(tool.site, 0, "func")) if isinstance(tool, Made) and tool.site is not None else ()
                )
            )
            for func in bodies:
                self.team.within(func.scope, agent)

    def _inherit(self) -> None:
        """An agent without a model has its parent's."""
        for _ in range(4):
            for agent in self.team.agents:
                for other in (*(k.to for k in agent.links if k.kind == "handoff"), *agent.parts):
                    if nothing(other.model) and not nothing(agent.model):
                        other.model = agent.model

    # Drawing ---------------------------------------------------------------------------------------------------

    def _draw(self, group: Group) -> None:
        flow = self.team.draw(group, "google-adk's default model", "")
        self.graphs.say(flow, group.agents)
        for agent in group.agents:
            self._agent(flow, agent)
        self._limits(group)
        self._state(group)
        say_tools(flow, group.agents)

    def _agent(self, flow: Flow, agent: Agent) -> None:
        step = agent.step
        if step is None:
            return
        actions: list[Item] = []
        for tool in agent.tools:
            item = self._tool(flow, agent, tool)
            if item is not None:
                actions.append(item)
        for name, at in self.asked.get(id(agent), ()):
            self.team.agent_tool(flow, agent, name, at)
        for server in self.servers.get(id(agent), ()):
            self._server(flow, step, server)
        if agent.decider == "model" and (agent.tools or self.servers.get(id(agent))):
            step.say("kind", "agent_loop")
        if not nothing(self.program.arg(agent.site, None, "output_schema")):
            step.say("validation.kind", "schema", Place(agent.site.path, self.program.arg_line(agent.site, "output_schema")))
        if not nothing(self.program.arg(agent.site, None, "code_executor")):
            step.say("executes", "code", Place(agent.site.path, self.program.arg_line(agent.site, "code_executor")))
        if agent.shape == "loop":
            self._repeats(agent, step)
        self._before_tools(agent, actions)

    def _tool(self, flow: Flow, agent: Agent, tool: Value) -> Item | None:
        last = tool.name.rpartition(".")[2] if isinstance(tool, Made | Outside) else ""
        if last in _NO_TOOLS and tool.path:
            return None
        item = self.team.tool(flow, agent, tool)
        if item is None:
            return None
        if last in _BUILT_IN and item.value("effect") is None:
            item.say("effect", _BUILT_IN[last]).say("consequential", _BUILT_IN[last] == "execute")
        self._confirmed(flow, tool, item)
        return item

    def _confirmed(self, flow: Flow, tool: Value, item: Item) -> None:
        """The approval a tool asks for: by `require_confirmation`, or by itself with `request_confirmation`."""
        site = tool.site if isinstance(tool, Made) else None
        value = self.program.arg(site, None, "require_confirmation") if site is not None else None
        if site is not None and value is not None and true(value) is not False:
            gate = self._gate(
                flow, item, Place(site.path, self.program.arg_line(site, "require_confirmation")), "require_confirmation"
            )
            gate.protects = [item]
        scope = next(
            (
                f.scope
                for f in (
                    [tool]
                    if isinstance(tool, Func)
                    else functions(self.program.arg(site, 0, "func") if site is not None else None)
                )
            ),
            None,
        )
        for call in scope.module.by_tail.get("request_confirmation", ()) if scope is not None else ():
            if scope is not None and call.scope is scope:
                gate = self._gate(flow, item, Place(scope.module.path, scope.module.line(call.line)), "request_confirmation")
                read = any(
                    isinstance(n, ast.Attribute) and n.attr in ("confirmed", "tool_confirmation") for n in ast.walk(scope.node)
                )
                gate.protects = [item] if read else []
                if not read:
                    gate.say("bypassable", True, how="resolved", note="the answer is never read")

    def _gate(self, flow: Flow, item: Item, at: Place, rule: str) -> Item:
        known = next((g for g in flow.of("gate") if g.at == at), None)
        if known is not None:
            return known
        gate = flow.add("gate", f"Confirmation of {item.name}", at, f"{RULE}.{rule}", item.home)
        gate.say("type", "human").say("enforced_in", "code")
        gate.step = item.step
        item.say("autonomy", "approve", at)
        return gate

    def _before_tools(self, agent: Agent, actions: list[Item]) -> None:
        """A callback before tools can stop them: what can be read in it is said, else a gate is not ruled out."""
        value = self.program.arg(agent.site, None, "before_tool_callback")
        if nothing(value):
            return
        bodies = list(functions(value))
        seen = bool(bodies) and all(_plain(self.project, f.scope) for f in bodies)
        for item in actions:
            item.open = item.open or not seen
        for func in bodies:
            words = {n.value for n in ast.walk(func.scope.node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
            if not any(isinstance(n, ast.Return) and not _none(n.value) for n in ast.walk(func.scope.node)):
                continue
            words_in = {
                c.left.value
                for c in ast.walk(func.scope.node)
                if isinstance(c, ast.Compare) and isinstance(c.left, ast.Constant) and isinstance(c.ops[0], ast.In)
            }
            for item in actions:
                scope = self._body(item)
                params = {a.arg for a in scope.node.args.args} if scope is not None and hasattr(scope.node, "args") else set()
                if item.name in words or params & words_in:
                    item.say(
                        "policy_check",
                        "policy",
                        place_of(func.scope),
                        "resolved",
                        "a callback looks at the call before it is made",
                    )

    def _body(self, item: Item) -> Scope | None:
        module = self.program.modules.get(item.home.path) if item.home is not None else None
        return module.scope(item.home.name) if module is not None and item.home is not None else None

    def _server(self, flow: Flow, step: Item, made: Made) -> None:
        assert made.site is not None
        at = Place(made.site.path, made.site.line)
        server = next((i for i in flow.of("integration") if i.at == at), None)
        if server is None:
            server = flow.add(
                "integration",
                text_of(self.program.arg(made.site, None, "tool_name_prefix")) or "mcp_server",
                at,
                f"{RULE}.mcp",
                home_of(made.site.scope),
            )
            server.say("kind", "mcp")
            value = self.program.arg(made.site, None, "require_confirmation")
            if value is not None and true(value) is not False:
                gate = flow.add(
                    "gate", f"Confirmation of calls to {server.name}", at, f"{RULE}.require_confirmation", server.home
                )
                gate.say("type", "human").say("enforced_in", "code")
                gate.protects, gate.step = [], step
        step.say("integrations", server, at)

    # Limits ----------------------------------------------------------------------------------------------------

    def _repeats(self, agent: Agent, step: Item) -> None:
        value = self.program.arg(agent.site, None, "max_iterations")
        at = Place(agent.site.path, self.program.arg_line(agent.site, "max_iterations"))
        if value is not None and not nothing(value):
            say_limit(step, value, at, "max_iterations")
        elif self.program.closed(agent.site):
            say_default(
                self.project,
                step,
                "google_adk.max_llm_calls",
                agent.at,
                "max_iterations is not set; the limit of model calls holds",
            )

    def _limits(self, group: Group) -> None:
        """The limit of model calls of a run: on the agents that runs start with."""
        said: set[int] = set()
        for run in group.runs:
            config = given(self.program.arg(run.site, None, "run_config"))
            limit = self.program.arg(config.site, None, "max_llm_calls") if isinstance(config, Made) and config.site else None
            for agent in run.agents[:1]:
                step = self._model_step(agent)
                if step is not None and limit is not None and isinstance(config, Made) and config.site is not None:
                    at = Place(config.site.path, self.program.arg_line(config.site, "max_llm_calls"))
                    if say_limit(step, limit, at, "max_llm_calls"):
                        said.add(id(step))
        for agent in group.agents:
            step = agent.step
            first = step is not None and step in group.flow.entries and agent.decider == "model"
            if step is not None and id(step) not in said and first and step.value("loop.bound") is None:
                say_default(self.project, step, "google_adk.max_llm_calls", agent.at)

    def _model_step(self, agent: Agent) -> Item | None:
        return agent.step if agent.decider == "model" else next((p.step for p in agent.parts if p.step is not None), agent.step)

    # State -----------------------------------------------------------------------------------------------------

    def _state(self, group: Group) -> None:
        """What callbacks, tools and `output_key` put into the session's state; the session service keeps it or not."""
        scopes: dict[int, Scope] = {}
        members = {id(a) for a in group.agents}
        for module in self.program.modules.values():
            for scope in module.scopes:
                if any(id(a) in members for a, _ in self.team.inner.get(id(scope), ())):
                    scopes |= self.project.code.reach([scope], hops=2)
        writes = state_writes(scopes.values())
        for agent in group.agents:
            key = text_of(self.program.arg(agent.site, None, "output_key"))
            if key:
                writes.append((Place(agent.site.path, self.program.arg_line(agent.site, "output_key")), key))
                if agent.step is not None:
                    agent.step.say("writes_state", key[:120])
        if not writes:
            return
        kept = next((i for i in self.sketch.loose if i.rule == f"{RULE}.service" and "Session" in i.name), None)
        if kept is not None:  # the service is where that state lives
            for place, _ in writes:
                kept.also(place)
            self._holds(kept, writes)
            return
        store = group.flow.add("store", "session_state", writes[0][0], f"{RULE}.state")
        for place, _ in writes:
            store.also(place)
        service = next(
            (
                s.name.rpartition(".")[2]
                for s in self.program.sites(*(f"google.adk.**.{n}" for n in _SERVICES))
                if "Session" in s.name
            ),
            None,
        )
        if service is None and self.program.sites(f"google.adk.**.{_BUNDLED}"):
            service = "InMemorySessionService"
        durable = _SERVICES[service][1] if service else "unknown"
        store.say("kind", "session").say(
            "durable", durable, how="resolved", note=f"kept by {service}" if service else "no session service is chosen here"
        )
        self._holds(store, writes)

    def _holds(self, store: Item, writes: list[tuple[Place, str]]) -> None:
        keys = list(dict.fromkeys(k for _, k in writes if k))
        if keys and store.value("holds") is None:
            store.say("holds", [k[:120] for k in keys[:20]])

    def _services(self) -> None:
        for site in self.program.sites(*(f"google.adk.**.{n}" for n in _SERVICES), f"google.adk.**.{_BUNDLED}"):
            last = site.name.rpartition(".")[2]
            kind, durable = _SERVICES.get(last, ("memory", False))
            given_url = given(self.program.arg(site, 0, "db_url"))
            url = given_url.value if isinstance(given_url, Const) and isinstance(given_url.value, str) else ""
            item = self.sketch.add("store", last, Place(site.path, site.line), f"{RULE}.service", home_of(site.scope))
            item.say("kind", kind).say("durable", durable and ":memory:" not in url and url != "sqlite://")


def _none(node: ast.AST | None) -> bool:
    """Whether nothing is returned."""
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _plain(project: Project, scope: Scope) -> bool:
    """Whether a callback can be read to the end and asks nobody."""
    if project.code.does(scope, "human") is not None:
        return False
    text = ast.dump(scope.node)
    return not any(word in text for word in ("request_confirmation", "approval", "Approval", "interrupt", "confirm"))
