"""OpenAI Agents SDK: agents, handoffs, agents as tools, function and hosted tools, guardrails, sessions, runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.model.vocabulary import Branch
from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.effects import effect_of, say_effect
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place, Sketch
from auditkit.sources.inspection.tools import tools_in
from auditkit.sources.inspectors._agent_state import messages, written_contexts
from auditkit.sources.inspectors._agents import Agent, Group, Run, Team, functions, given, nothing, say_tools, true
from auditkit.sources.inspectors._limits import say_default, say_limit
from auditkit.sources.inspectors._tries import answer, caught_around
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.program import matches, text_of
from auditkit.syntax.python.values import Const, Func, Made, Many, Outside, Site, Table, Text, Value

NAME = "OpenAI Agents SDK"
ORDER = 120
PACKAGES = ("agents",)
CONSTRUCTORS = (
    "agents.**.Agent",
    "agents.**.SandboxAgent",
    "agents.**.RealtimeAgent",
    "agents.**.Runner",
    "agents.**.MCPServer*",
    "agents.**.*Tool",
    "agents.**.*Session",
    "agents.**.RunConfig",
    "agents.**.ModelSettings",
)
RULE = "openai_agents"
BUILDERS = ("agents.Agent", "agents.**.Agent", "agents.**.SandboxAgent", "agents.**.RealtimeAgent")
RUNNERS = (
    "agents.**.Runner.run",
    "agents.**.Runner.run_sync",
    "agents.**.Runner.run_streamed",
    "agents.**.RealtimeRunner",
    "restate.ext.openai.**.DurableRunner.run",
)
TOOL_MARKS = ("agents.**.function_tool", "agents.decorators.tool", "agents.**.tool")
_HOSTED = {
    "WebSearchTool": ("web_search", "read"),
    "FileSearchTool": ("file_search", "read"),
    "CodeInterpreterTool": ("code_interpreter", "execute"),
    "ImageGenerationTool": ("image_generation", "none"),
    "ComputerTool": ("computer", "execute"),
    "LocalShellTool": ("local_shell", "execute"),
    "ShellTool": ("shell", "execute"),
    "ApplyPatchTool": ("apply_patch", "write"),
}
_CONTAINED = frozenset(("CodeInterpreterTool",))
"""They run on the vendor's machine, apart from the host."""
_SESSIONS = {
    "SQLiteSession": ("session", None),
    "AsyncSQLiteSession": ("session", None),
    "AdvancedSQLiteSession": ("session", None),
    "SQLAlchemySession": ("database", True),
    "RedisSession": ("database", True),
    "MongoDBSession": ("database", True),
    "DaprSession": ("database", True),
    "OpenAIConversationsSession": ("platform", True),
}
_WRAPPED = ("**.clone", "**.as_tool", "**.handoff", "agents.**.handoff", "agents.**.realtime_handoff", "**.last_agent")
_TRIPWIRES = {
    "InputGuardrailTripwireTriggered": "an input guardrail fires",
    "OutputGuardrailTripwireTriggered": "an output guardrail fires",
    "ToolInputGuardrailTripwireTriggered": "a guardrail on a tool's input fires",
    "ToolOutputGuardrailTripwireTriggered": "a guardrail on a tool's output fires",
    "MaxTurnsExceeded": "the run reaches its limit of turns",
    "ModelBehaviorError": "the model's answer has no valid form",
    "ToolTimeoutError": "a tool runs out of time",
    "AgentsException": "the run stops with an error of the SDK",
    "ModelRefusalError": "the model refuses",
}
_LIMITED = ("MaxTurnsExceeded", "AgentsException", "Exception", "BaseException")


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws the workflows of the SDK's agents."""
    Inspector(project, sketch).run()


class Inspector:
    """One look at one program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.program = project.program
        self.sketch = sketch
        self.team = Team(project, sketch, RULE, self._unwrapped)
        self.tools: dict[int, list[Value]] = {}

    def run(self) -> None:
        """Finds the agents, then what leads from one to another, then draws."""
        for site in self.program.sites(*BUILDERS):
            agent = self.team.add(site, "name", position=0)
            agent.model = self.program.arg(site, None, "model")
        if not self.team.agents:
            return
        for agent in self.team.agents:
            self._read(agent)
        self._clones()
        for site in self.program.sites(*RUNNERS):
            self.team.ran(site, self.program.arg(site, 0, "starting_agent", "agent"))
        for group in self.team.groups():
            self._draw(group)
        self.team.close()
        self._unbound()
        self._sessions()

    # Reading ---------------------------------------------------------------------------------------------------

    def _unwrapped(self, made: Made) -> Value | None:
        """The agent behind `handoff(agent)`, `agent.as_tool()` and `agent.clone()`."""
        if made.site is None or not any(matches(p, made.name) for p in _WRAPPED):
            return None
        if isinstance(made.of, Outside) and made.of.owner is not None:
            return made.of.owner
        return self.program.arg(made.site, 0, "agent")

    def _read(self, agent: Agent) -> None:
        self._handoffs(
            agent, self.program.arg(agent.site, None, "handoffs"), Place(agent.site.path, self._line(agent, "handoffs"))
        )
        of = Made(agent.site.node, agent.site.module, agent.site.callee, agent.site)
        for value, line, path in self.program.assigned(of, "handoffs"):
            self._handoffs(agent, value, Place(path, line))
        agent.whole = self.program.closed(agent.site)
        self._offered(agent, self.program.arg(agent.site, None, "tools"))
        for value, _, _ in self.program.assigned(of, "tools"):
            self._offered(agent, value)
        for word, kind in (("input_guardrails", "guard"), ("output_guardrails", "check")):
            for func in self._guards(self.program.arg(agent.site, None, word)):
                self.team.within(func.scope, agent, kind)  # type: ignore[arg-type]
        for func in functions(self.program.arg(agent.site, None, "instructions")):
            self.team.within(func.scope, agent)

    def _line(self, agent: Agent, *names: str) -> int:
        return self.program.arg_line(agent.site, *names)

    def _handoffs(self, agent: Agent, value: Value | None, at: Place) -> None:
        for one in value.options() if value is not None else ():
            items = one.items if isinstance(one, Many) else (one,)
            for item in items:
                line = Place(item.path, item.line) if item.path and item.path == at.path else at
                agent.link("handoff", self.team.of(item), line)
                for func in functions(
                    self.program.arg(item.site, None, "on_handoff") if isinstance(item, Made) and item.site else None
                ):
                    self.team.within(func.scope, agent)

    def _offered(self, agent: Agent, value: Value | None) -> None:
        """Sorts what stands in `tools=[..]`: agents as tools become links, the rest stays a tool."""
        found, whole = tools_in(self.project, value)
        agent.whole = agent.whole and whole
        for tool in found:
            others = self.team.of(tool)
            if others:
                agent.link("call", others, Place(tool.path, tool.line))
                self.tools.setdefault(id(agent), []).append(tool)
                continue
            agent.tools.append(tool)
            for scope in self._bodies(tool):
                self.team.within(scope, agent)

    def _bodies(self, tool: Value) -> Iterator[Scope]:
        """The functions behind a tool."""
        if isinstance(tool, Func):
            yield tool.scope
        elif isinstance(tool, Made) and tool.site is not None:
            for word in ("func", "on_invoke_tool", "executor", "on_approval"):
                for func in functions(self.program.arg(tool.site, 0 if word == "func" else None, word)):
                    yield func.scope

    def _guards(self, value: Value | None) -> Iterator[Func]:
        """The functions behind guardrails: decorated ones, or given to `InputGuardrail(guardrail_function=..)`."""
        for one in value.options() if value is not None else ():
            for item in one.items if isinstance(one, Many) else (one,):
                if isinstance(item, Func):
                    yield item
                elif isinstance(item, Made) and item.site is not None:
                    yield from functions(self.program.arg(item.site, 0, "guardrail_function"))

    def _clones(self) -> None:
        """What `agent.clone(tools=..)` adds to the agent it copies."""
        for site in self.program.sites("agents.**.clone"):
            for agent in self.team.of(site.owner):
                self._offered(agent, self.program.arg(site, None, "tools"))
                self._handoffs(agent, self.program.arg(site, None, "handoffs"), Place(site.path, site.line))

    # Drawing ---------------------------------------------------------------------------------------------------

    def _draw(self, group: Group) -> None:
        flow = self.team.draw(group, "openai-agents' default model", "openai")
        for agent in group.agents:
            self._agent(flow, agent)
        for run in group.runs:
            self._run(flow, run)
        self._state(group)
        say_tools(flow, group.agents)

    def _agent(self, flow: Flow, agent: Agent) -> None:
        step = agent.step
        if step is None:
            return
        for tool in agent.tools:
            self._tool(flow, agent, step, tool)
        for tool in self.tools.get(id(agent), ()):
            self._agent_tool(flow, agent, tool)
            self._agent_gate(flow, agent, tool)
        self._servers(flow, agent, step)
        output = self.program.arg(agent.site, None, "output_type")
        if not nothing(output) and not _plain(output):
            step.say("validation.kind", "schema", Place(agent.site.path, self._line(agent, "output_type")))
        if agent.tools or self.tools.get(id(agent)):
            step.say("kind", "agent_loop")
        for word, when in (("input_guardrails", "input"), ("output_guardrails", "output")):
            for func in self._guards(self.program.arg(agent.site, None, word)):
                self._guardrail(flow, func, step, when)

    def _tool(self, flow: Flow, agent: Agent, step: Item, tool: Value) -> None:
        last = tool.name.rpartition(".")[2] if isinstance(tool, Made) else ""
        if isinstance(tool, Made) and last == "HostedMCPTool":
            self._hosted_mcp(flow, step, tool)
            return
        if isinstance(tool, Made) and last in _HOSTED and tool.site is not None:
            item = self._hosted(flow, step, tool, last)
        else:
            drawn = self.team.tool(flow, agent, tool)
            if drawn is None:
                return
            item = drawn
        self._approval(flow, tool, item)

    def _hosted(self, flow: Flow, step: Item, tool: Made, last: str) -> Item:
        assert tool.site is not None
        at = Place(tool.site.path, tool.site.line)
        known = next((i for i in flow.of("action") if i.at == at), None)
        if known is not None:
            return known
        name, effect = _HOSTED[last]
        item = flow.add("action", name, at, f"{RULE}.hosted_tool", home_of(tool.site.scope))
        item.say("effect", effect)
        item.say("consequential", effect in ("execute", "write") and not self._is_contained(tool.site, last))
        item.say("decided_by", "model").say("step", step)
        item.step = step
        if effect == "execute":
            step.say("executes", "browser" if last == "ComputerTool" else "shell" if "Shell" in last else "code", at)
        return item

    def _is_contained(self, site: Site, last: str) -> bool:
        """Whether a hosted tool runs on the vendor's machine: by its nature, or by `environment={"type": "container_auto"}`."""
        table = given(self.program.arg(site, None, "environment"))
        where = text_of(table.get("type")) if isinstance(table, Table) else None
        return last in _CONTAINED or (where or "").startswith("container")

    def _hosted_mcp(self, flow: Flow, step: Item, tool: Made) -> None:
        """A server of tools that the vendor calls: what it offers cannot be seen; whether a person is asked can."""
        assert tool.site is not None
        at = Place(tool.site.path, tool.site.line)
        config = given(self.program.arg(tool.site, 0, "tool_config"))
        label = text_of(config.get("server_label")) if isinstance(config, Table) else None
        server = flow.add("integration", label or "mcp_server", at, f"{RULE}.mcp", home_of(tool.site.scope))
        server.say("kind", "mcp").say("third_party", True)
        step.say("integrations", server, at)
        asked = given(config.get("require_approval")) if isinstance(config, Table) else None
        if isinstance(asked, Const) and asked.value == "always":
            gate = flow.add(
                "gate",
                f"Approval of calls to {label or 'the MCP server'}",
                Place(asked.path, asked.line),
                f"{RULE}.require_approval",
                home_of(tool.site.scope),
            )
            gate.say("type", "human").say("enforced_in", "code")
            gate.protects, gate.step = [], step
            gate.also(at)
            self._answered(gate, tool, flow)

    def _approval(self, flow: Flow, tool: Value, item: Item) -> None:
        """The approval that the SDK asks for before a tool runs."""
        value, at = self._needs_approval(tool)
        if value is None or at is None or true(value) is False:
            return
        gate = next((g for g in flow.of("gate") if g.at == at and g.protects and item in g.protects), None)
        if gate is None:
            gate = flow.add("gate", f"Approval of {item.name}", at, f"{RULE}.needs_approval", item.home)
            chosen = true(value) is None and isinstance(given(value), Func)
            gate.say("type", "policy" if chosen else "human",
                     note="a function decides which calls are put to a person" if chosen else None)
            gate.say("enforced_in", "code")
            self._answered(gate, tool, flow)
            gate.also(item.at)
        gate.protects, gate.step = [item], item.step
        item.say("autonomy", "approve", at)

    def _needs_approval(self, tool: Value) -> tuple[Value | None, Place | None]:
        sites: list[Site] = []
        if isinstance(tool, Func):
            sites = [s for _, _, s in self.program.decorators(tool.scope) if s is not None]
        elif isinstance(tool, Made) and tool.site is not None:
            sites = [tool.site]
        for site in sites:
            value = self.program.arg(site, None, "needs_approval")
            if value is not None and not nothing(value):
                return value, Place(site.path, self.program.arg_line(site, "needs_approval"))
        return None, None

    def _answered(self, gate: Item, tool: Value, flow: Flow) -> None:
        """Whether a person answers: code that approves what is put to it without asking is no approval."""
        site = tool.site if isinstance(tool, Made) else None
        for word in ("on_approval", "on_approval_request") if site is not None else ():
            for func in functions(self.program.arg(site, None, word)):  # type: ignore[arg-type]
                if _always_yes(func.scope) and self.project.code.does(func.scope, "human") is None:
                    gate.say("bypassable", True, place_of(func.scope), "resolved", "its approver answers yes by itself")
                    return
        for call in (c for m in self.program.modules.values() for c in m.by_tail.get("approve", ())):
            if home_of(call.scope) in flow.homes or any(h.path == call.scope.module.path for h in flow.homes):
                gate.also(Place(call.scope.module.path, call.scope.module.line(call.line)))
                if call.within is None or not any(isinstance(w.node, ast.If | ast.Match) for w in call.within.chain()):
                    gate.say(
                        "bypassable",
                        True,
                        Place(call.scope.module.path, call.scope.module.line(call.line)),
                        "resolved",
                        "the code approves every call that is put to it",
                    )
                return

    def _agent_tool(self, flow: Flow, agent: Agent, tool: Value) -> None:
        """`agent.as_tool(tool_name="translate")`: an action of its own name."""
        if isinstance(tool, Made) and tool.site is not None and tool.name.endswith(".as_tool"):
            others = self.team.of(tool)
            named = text_of(self.program.arg(tool.site, 0, "tool_name")) or (others[0].name if others else "")
            if named:
                self.team.agent_tool(flow, agent, named, Place(tool.path, tool.line))

    def _agent_gate(self, flow: Flow, agent: Agent, tool: Value) -> None:
        """`agent.as_tool(needs_approval=True)`: a person is asked before the other agent does anything."""
        value, at = self._needs_approval(tool)
        if value is None or at is None or true(value) is False:
            return
        names = [a for a in self.team.of(tool) if a.step is not None]
        gate = flow.add(
            "gate", f"Approval of {names[0].name if names else 'the agent'}", at, f"{RULE}.needs_approval", agent.home
        )
        gate.say("type", "human").say("enforced_in", "code")
        gate.step = agent.step
        gate.protects = [i for i in flow.of("action") if any(i.step is a.step for a in names)]
        self._answered(gate, tool, flow)

    def _servers(self, flow: Flow, agent: Agent, step: Item) -> None:
        """MCP servers: integrations whose tools cannot be seen."""
        value = self.program.arg(agent.site, None, "mcp_servers")
        found, whole = tools_in(self.project, value)
        agent.whole = agent.whole and whole and not found
        for one in found:
            if not isinstance(one, Made) or one.site is None or not one.name.rpartition(".")[2].startswith("MCPServer"):
                continue
            at = Place(one.site.path, one.site.line)
            server = next((i for i in flow.of("integration") if i.at == at), None)
            if server is None:
                name = text_of(self.program.arg(one.site, None, "name")) or "mcp_server"
                server = flow.add("integration", name, at, f"{RULE}.mcp", home_of(one.site.scope))
                server.say("kind", "mcp").say(
                    "timeout", True if self._timed(one.site) else "default", at, "literal" if self._timed(one.site) else "default"
                )
            step.say("integrations", server, at)
            asked = given(self.program.arg(one.site, None, "require_approval"))
            if isinstance(asked, Const) and asked.value in ("always", True):
                gate = flow.add(
                    "gate",
                    f"Approval of calls to {server.name}",
                    Place(one.site.path, self.program.arg_line(one.site, "require_approval")),
                    f"{RULE}.require_approval",
                    home_of(one.site.scope),
                )
                gate.say("type", "human").say("enforced_in", "code")
                gate.protects, gate.step = [], step

    def _timed(self, site: Site) -> bool:
        value = given(self.program.arg(site, None, "client_session_timeout_seconds"))
        return isinstance(value, Const) and value.value is not None

    def _guardrail(self, flow: Flow, func: Func, step: Item, when: str) -> None:
        """A rule that code checks; one that asks a model is only as good as the model."""
        at = place_of(func.scope)
        if any(i.at == at for i in flow.of("guardrail")):
            return
        judges = [a for r in self.team.runs if r.scope is func.scope for a in r.agents]
        asks = bool(judges) or self.project.code.does(func.scope, "model") is not None
        name = func.scope.name.rpartition(".")[2]
        item = flow.add("guardrail", name, at, f"{RULE}.guardrail", home_of(func.scope))
        told = ast.get_docstring(func.scope.node) if isinstance(func.scope.node, ast.FunctionDef | ast.AsyncFunctionDef) else None
        item.say("text", (told or name.replace("_", " ")).strip().splitlines()[0][:600])
        item.say("enforced_in", "code", note=f"code stops the run, but a model judges the {when}" if asks else None)
        item.say("step", step).say("symbol", f"{at.path}:{func.scope.name}"[:120])
        for judge in judges:
            if judge.step is not None and judge.step.value("kind") is None:
                judge.step.say("kind", "verify")
                if when == "output":
                    judge.step.say("verifies", step)

    # Runs ------------------------------------------------------------------------------------------------------

    def _run(self, flow: Flow, run: Run) -> None:
        """The limit of turns where the run is started, and what happens when it stops short."""
        steps = [a.step for a in run.agents if a.step is not None]
        if not steps:
            return
        site, at = run.site, run.at
        for item in flow.of("integration"):
            if item.name == "openai" and item.value("kind") == "model":
                item.also(at)
        given_turns = self.program.arg(site, None, "max_turns")
        for step in steps[:1]:
            if given_turns is not None:
                say_limit(step, given_turns, Place(site.path, self.program.arg_line(site, "max_turns")), "max_turns")
            elif self.program.closed(site) and "Realtime" not in site.name:
                say_default(self.project, step, "openai_agents.max_turns", at)
            self._branches(step, site)

    def _branches(self, step: Item, site: Site) -> None:
        branches: list[tuple[Branch, Place]] = []
        caught = list(caught_around(site.call))
        for one in caught:
            if one.name in _TRIPWIRES and (kind := answer(one.handler)) is not None:
                branches.append((Branch(type=kind, trigger=_TRIPWIRES[one.name], trigger_in="code"), one.at))
        handlers = given(self.program.arg(site, None, "error_handlers"))
        if isinstance(handlers, Table):
            for key, value in handlers.items:
                branches.append(
                    (
                        Branch(type="fallback", trigger=(text_of(key) or "an error").replace("_", " "), trigger_in="code"),
                        Place(value.path or site.path, value.line if value.path else site.line),
                    )
                )
        for branch, place in branches:
            step.say("failure_branches", branch, place)
        limited = next((c for c in caught if c.name in _LIMITED), None)
        if step.value("loop.on_limit") is None and step.value("loop.bound") not in (None, "none"):
            if limited is None:
                step.say(
                    "loop.on_limit",
                    "error",
                    Place(site.path, site.line),
                    "default",
                    "MaxTurnsExceeded is raised; nothing here catches it",
                )
            elif answer(limited.handler) not in (None, "abort"):
                step.say("loop.on_limit", "branch", limited.at)

    # State -----------------------------------------------------------------------------------------------------

    def _state(self, group: Group) -> None:
        inner = [s for s in self._scopes() if id(s) in self.team.inner]
        for run in group.runs:
            messages(self.program, group.flow, run.site, f"{RULE}.input", 1, "input")
            written_contexts(self.program, group.flow, run.site, iter(inner), f"{RULE}.context", "context")

    def _scopes(self) -> Iterator[Scope]:
        for module in self.program.modules.values():
            yield from module.scopes

    def _sessions(self) -> None:
        """Sessions: SQLite without a file is memory."""
        for site in self.program.sites(
            *(f"agents.**.{name}" for name in _SESSIONS),
            *(f"agents.**.{name}.from_url" for name in _SESSIONS),
            *(f"agents.**.{name}.from_address" for name in _SESSIONS),
        ):
            last = next(part for part in reversed(site.name.split(".")) if part in _SESSIONS)
            kind, durable = _SESSIONS[last]
            place = Place(site.path, site.line)
            if any(i.kind == "store" and i.at == place for i in self.sketch.loose):
                continue
            item = self.sketch.add("store", last, place, f"{RULE}.session", home_of(site.scope))
            note = None
            if durable is None:
                durable, note = self._on_disk(site)
            item.say("kind", kind if durable or kind != "session" else "memory").say("persists", durable)
            item.say("durable", durable if durable is not None else "unknown", note=note)

    def _on_disk(self, site: Site) -> tuple[bool | None, str | None]:
        path = self.program.arg(site, 1, "db_path")
        if path is None:
            return (False, "without a path it lives in memory") if self.program.closed(site) else (None, None)
        for one in path.options():
            if isinstance(one, Const) and isinstance(one.value, str):
                return (":memory:" not in one.value), None
            if isinstance(one, Text | Made | Outside):
                return True, None
        return None, None

    def _unbound(self) -> None:
        """Tools that are defined and offered to no agent that was seen."""
        drawn = {i.at for f in self.sketch.flows for i in f.of("action")}
        for scope, _, site, _ in self.program.decorated(*TOOL_MARKS):
            at = place_of(scope)
            if scope.kind != "function" or at in drawn:
                continue
            named = text_of(self.program.arg(site, None, "name_override", "name")) if site is not None else None
            title = named or scope.name.rpartition(".")[2]
            item = self.sketch.add("action", title, at, f"{RULE}.tool", home_of(scope))
            item.say("symbol", f"{at.path}:{scope.name}"[:120])
            item.open = True
            say_effect(item, effect_of(self.project.code, scope, title))


def _plain(value: Value | None) -> bool:
    """Whether an output type is a plain text."""
    one = given(value)
    return isinstance(one, Outside) and one.name == "builtins.str"


def _always_yes(scope: Scope) -> bool:
    """Whether a function returns nothing but yes."""
    said = [n.value for n in ast.walk(scope.node) if isinstance(n, ast.Return)]
    return bool(said) and all(_yes(v) for v in said)


def _yes(node: ast.AST | None) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is True
    if isinstance(node, ast.Dict):
        return any(
            isinstance(k, ast.Constant) and k.value == "approve" and isinstance(v, ast.Constant) and v.value is True
            for k, v in zip(node.keys, node.values, strict=True)
        )
    if isinstance(node, ast.Call):
        return any(
            k.arg in ("approve", "approved") and isinstance(k.value, ast.Constant) and k.value.value is True
            for k in node.keywords
        )
    return False
