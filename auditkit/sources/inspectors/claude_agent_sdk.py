"""Claude Agent SDK: `query()` and `ClaudeSDKClient` with their options: tools, permissions, hooks, sub-agents, limits."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place, Sketch
from auditkit.sources.inspection.tools import draw_tool
from auditkit.sources.inspectors._agents import Agent, Group, Team, functions, given, nothing, say_tools
from auditkit.sources.inspectors._limits import say_default, say_limit
from auditkit.syntax.python.program import text_of
from auditkit.syntax.python.values import Const, Func, Made, Many, Site, Table, Value

NAME = "Claude Agent SDK"
ORDER = 120
PACKAGES = ("claude_agent_sdk", "claude_code_sdk")
RULE = "claude_agent_sdk"
_STARTS = tuple(f"{package}.**.{name}" for package in PACKAGES for name in ("query", "ClaudeSDKClient"))
_OPTIONS = ("ClaudeAgentOptions", "ClaudeCodeOptions")
CONSTRUCTORS = (
    *_STARTS,
    *(f"{package}.**.{name}" for package in PACKAGES for name in (*_OPTIONS, "AgentDefinition", "HookMatcher")),
)
_BUILT_IN = {
    "Bash": "execute",
    "BashOutput": "read",
    "KillShell": "none",
    "Write": "write",
    "Edit": "write",
    "MultiEdit": "write",
    "NotebookEdit": "write",
    "Read": "read",
    "Grep": "read",
    "Glob": "read",
    "LS": "read",
    "WebFetch": "read",
    "WebSearch": "read",
    "NotebookRead": "read",
    "TodoWrite": "none",
    "TodoRead": "none",
    "Task": "none",
    "Agent": "none",
    "Skill": "none",
    "AskUserQuestion": "none",
    "ExitPlanMode": "none",
    "SlashCommand": "none",
}
_WEB = frozenset(("WebSearch", "WebFetch"))
_CALLS = {"timeout": "API_TIMEOUT_MS", "retry": "CLAUDE_CODE_MAX_RETRIES"}
"""The settings of Claude Code's calls of the model: both have a finite value by themselves."""
_EDITS = frozenset(("Write", "Edit", "MultiEdit", "NotebookEdit"))


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws every place where the SDK's loop is started."""
    Inspector(project, sketch).run()


class Inspector:
    """One look at one program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.program = project.program
        self.sketch = sketch
        self.team = Team(project, sketch, RULE)
        self.options: dict[int, Site] = {}

    def run(self) -> None:
        """Each start of the loop is an agent; those of `agents={..}` are its helpers."""
        for site in self.program.sites(*_STARTS):
            if site.owner is not None:
                continue  # `client.query(..)`: the client is the agent
            options = given(self.program.arg(site, 0 if site.name.endswith("Client") else None, "options"))
            agent = self.team.add(site)
            agent.name = self._name(site, agent)
            if isinstance(options, Made) and options.site is not None and options.name.rpartition(".")[2] in _OPTIONS:
                self.options[id(agent)] = options.site
                agent.model = self.program.arg(options.site, None, "model")
            if site.name.endswith("query"):
                self.team.ran(site, Made(site.node, site.module, site.callee, site))
        for site in self.program.sites(*_STARTS):
            if site.owner is not None:
                self.team.ran(site, site.owner)
        if not self.team.agents:
            return
        for agent in list(self.team.agents):
            self._helpers(agent)
        for group in self.team.groups():
            self._draw(group)
        self.team.close()

    def _name(self, site: Site, agent: Agent) -> str:
        if agent.variable and agent.variable not in ("client", "result", "response", "messages"):
            return agent.variable
        own = site.scope.name.rpartition(".")[2]
        if own in ("", "main", "__init__", "run", "__aenter__", "connect"):
            holder = site.scope.holder
            own = holder.name.rpartition(".")[2] if holder is not None else site.path.rpartition("/")[2].rpartition(".")[0]
        return own or "claude_agent"

    def _helpers(self, agent: Agent) -> None:
        """Sub-agents: `agents={"name": AgentDefinition(..)}`; the model decides when to call one."""
        options = self.options.get(id(agent))
        table = given(self.program.arg(options, None, "agents")) if options is not None else None
        for key, value in table.items if isinstance(table, Table) else ():
            made = given(value)
            if not isinstance(made, Made) or made.site is None:
                continue
            helper = self.team.add(made.site)
            helper.name = text_of(key) or helper.name
            model = self.program.arg(made.site, None, "model")
            helper.model = model if not nothing(model) and text_of(given(model)) != "inherit" else agent.model
            agent.link("call", [helper], Place(value.path or made.site.path, value.line if value.path else made.site.line))

    # Drawing ---------------------------------------------------------------------------------------------------

    def _draw(self, group: Group) -> None:
        flow = self.team.draw(group, "Claude Agent SDK's default model", "anthropic")
        for agent in group.agents:
            if agent.step is None:
                continue
            agent.step.say("kind", "agent_loop")
            options = self.options.get(id(agent))
            if options is not None:
                agent.step.also(Place(options.path, options.line))
                self._tools(flow, agent, options)
                self._permissions(flow, agent, options)
                self._limit(agent, options)
            else:
                own = self.program.arg(agent.site, None, "tools")
                self._listed(flow, agent, own)
                starts = agent.site.name.rpartition(".")[2] in ("query", "ClaudeSDKClient")
                if starts and self.program.arg(agent.site, None, "options") is None and self.program.closed(agent.site):
                    say_default(self.project, agent.step, "claude_agent_sdk.max_turns", agent.at)
            self._client(flow, options or agent.site)
        say_tools(flow, group.agents)

    def _tools(self, flow: Flow, agent: Agent, options: Site) -> None:
        agent.whole = False
        for word in ("tools", "allowed_tools"):
            self._listed(flow, agent, self.program.arg(options, None, word))
        servers = given(self.program.arg(options, None, "mcp_servers"))
        for key, value in servers.items if isinstance(servers, Table) else ():
            one = given(value)
            if isinstance(one, Made) and one.site is not None and one.name.endswith("create_sdk_mcp_server"):
                for tool in functions(self.program.arg(one.site, 2, "tools")):
                    item = draw_tool(self.project, flow, tool, f"{RULE}.tool", agent.step)
                    if item is not None:
                        self.team.within(tool.scope, agent)
            elif one is not None:
                at = Place(one.path or options.path, one.line if one.path else options.line)
                server = flow.add("integration", text_of(key) or "mcp_server", at, f"{RULE}.mcp", home_of(options.scope))
                server.say("kind", "mcp")
                if agent.step is not None:
                    agent.step.say("integrations", server, at)

    def _listed(self, flow: Flow, agent: Agent, value: Value | None) -> None:
        """Built-in tools that are named; with a rule (`Bash(git *)`) or without."""
        for one in value.options() if value is not None else ():
            for item in one.items if isinstance(one, Many) else ():
                text = text_of(given(item))
                name = text.partition("(")[0] if text else ""
                if name not in _BUILT_IN or any(i.name == name and i.step is agent.step for i in flow.of("action")):
                    continue
                at = Place(item.path, item.line)
                action = flow.add("action", name, at, f"{RULE}.builtin_tool", agent.home)
                action.say("effect", _BUILT_IN[name]).say("consequential", _BUILT_IN[name] in ("execute", "write"))
                action.say("decided_by", "model").say("step", agent.step)
                action.step = agent.step
                if name == "Bash" and agent.step is not None:
                    agent.step.say("executes", "shell", at)
                if name in _WEB:
                    self._web(flow, agent, at)

    def _web(self, flow: Flow, agent: Agent, at: Place) -> None:
        """The open web, once for all agents that may look into it."""
        known = next((i for i in flow.of("knowledge") if i.name == "open web"), None)
        if known is None:
            known = flow.add("knowledge", "open web", at, f"{RULE}.builtin_tool", agent.home)
            known.say("kind", "web").say("version", "live")
        known.also(at)

    def _client(self, flow: Flow, options: Site) -> None:
        """What the Claude Code that the SDK runs does about time limits and failed calls, unless its settings say more."""
        env = given(self.program.arg(options, None, "env"))
        for vendor in [i for i in flow.of("integration") if i.name == "anthropic" and i.value("kind") == "model"]:
            for key, setting in _CALLS.items():
                at = Place(options.path, self.program.arg_line(options, "env"))
                if isinstance(env, Table) and env.get(setting) is not None:
                    vendor.unsay(key)
                    vendor.say(key, True, at, note=f"{setting} of the program that the SDK runs")
                elif vendor.value(key) is None:
                    vendor.say(key, "default", at, "default", f"the program that the SDK runs has its own ({setting} changes it)")

    def _permissions(self, flow: Flow, agent: Agent, options: Site) -> None:
        """Who says yes before a tool runs. What `allowed_tools` lists is approved before anybody is asked, and under
        `bypassPermissions` nobody is asked at all."""
        actions = [i for i in flow.of("action") if i.step is agent.step]
        mode = text_of(given(self.program.arg(options, None, "permission_mode")))
        allowed = {t.partition("(")[0] for t in self._texts(self.program.arg(options, None, "allowed_tools"))}
        hooks = self.program.arg(options, None, "hooks")
        asker = self.program.arg(options, None, "can_use_tool")
        other = self.program.arg(options, None, "permission_prompt_tool_name")
        unseen = not nothing(hooks) or not nothing(other) or not self.program.closed(options) or mode is None
        for action in actions:
            listed = action.name in allowed or any(a.startswith("mcp__") and a.endswith(f"__{action.name}") for a in allowed)
            free = mode == "bypassPermissions" or listed or (mode == "acceptEdits" and action.name in _EDITS)
            action.open = action.open or (unseen and not nothing(hooks)) or not nothing(other) or not free
        if not nothing(asker):
            self._asker(flow, agent, options, asker, actions, mode, allowed)
        for func in self._hooked(hooks):
            self.team.within(func.scope, agent)
            self._hook(flow, agent, func)

    def _asker(
        self,
        flow: Flow,
        agent: Agent,
        options: Site,
        asker: Value | None,
        actions: list[Item],
        mode: str | None,
        allowed: set[str],
    ) -> None:
        at = Place(options.path, self.program.arg_line(options, "can_use_tool"))
        gate = flow.add("gate", f"Permission of tools of {agent.name}", at, f"{RULE}.can_use_tool", agent.home)
        gate.say("enforced_in", "code")
        gate.step = agent.step
        gate.protects = [a for a in actions if a.name not in allowed]
        body = next(functions(asker), None)
        if body is not None:
            gate.also(place_of(body.scope))
            gate.say("type", "human" if self.project.code.does(body.scope, "human") is not None else "policy")
            dump = ast.dump(body.scope.node)
            if "Deny" not in dump and "'deny'" not in dump:
                gate.protects = []
                gate.say("bypassable", True, place_of(body.scope), "resolved", "it never says no")
        if mode == "bypassPermissions":
            gate.protects = []
            gate.say(
                "bypassable",
                True,
                Place(options.path, self.program.arg_line(options, "permission_mode")),
                "resolved",
                "under bypassPermissions it is never called",
            )

    def _hook(self, flow: Flow, agent: Agent, func: Func) -> None:
        """A hook that can say no is a rule in code."""
        dump = ast.dump(func.scope.node)
        if "permissionDecision" not in dump and "'block'" not in dump:
            return
        at = place_of(func.scope)
        if any(i.at == at for i in flow.of("guardrail")):
            return
        name = func.scope.name.rpartition(".")[2]
        told = ast.get_docstring(func.scope.node) if isinstance(func.scope.node, ast.FunctionDef | ast.AsyncFunctionDef) else None
        item = flow.add("guardrail", name, at, f"{RULE}.hook", home_of(func.scope))
        item.say("text", (told or name.replace("_", " ")).strip().splitlines()[0][:600])
        item.say("enforced_in", "code").say("symbol", f"{at.path}:{func.scope.name}"[:120])
        if agent.step is not None:
            item.say("step", agent.step)

    def _hooked(self, value: Value | None) -> Iterator[Func]:
        """The functions in `hooks={"PreToolUse": [HookMatcher(hooks=[..])]}`."""
        table = given(value)
        for _, entry in table.items if isinstance(table, Table) else ():
            for one in entry.options():
                for matcher in one.items if isinstance(one, Many) else ():
                    if isinstance(matcher, Made) and matcher.site is not None:
                        yield from functions(self.program.arg(matcher.site, 1, "hooks"))

    def _texts(self, value: Value | None) -> Iterator[str]:
        for one in value.options() if value is not None else ():
            for item in one.items if isinstance(one, Many) else ():
                if isinstance(item, Const) and isinstance(item.value, str):
                    yield item.value

    def _limit(self, agent: Agent, options: Site) -> None:
        value = self.program.arg(options, None, "max_turns")
        if agent.step is None:
            return
        if value is not None and not nothing(value):
            say_limit(agent.step, value, Place(options.path, self.program.arg_line(options, "max_turns")), "max_turns")
        elif self.program.closed(options) and nothing(self.program.arg(options, None, "max_budget_usd")):
            for at in dict.fromkeys((agent.at, Place(options.path, options.line))):
                say_default(self.project, agent.step, "claude_agent_sdk.max_turns", at)
        if not nothing(self.program.arg(options, None, "output_format")):
            agent.step.say("validation.kind", "schema", Place(options.path, self.program.arg_line(options, "output_format")))
