"""Agno: agents, teams and workflows, their toolkits, approvals, guardrails, databases and limits."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.models import draw_model
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place, Sketch
from auditkit.sources.inspection.tools import tools_in
from auditkit.sources.inspectors._agents import Agent, Group, Team, functions, given, nothing, number, say_tools, true
from auditkit.sources.inspectors._limits import say_default, say_limit
from auditkit.syntax.python.module import Call
from auditkit.syntax.python.program import text_of
from auditkit.syntax.python.values import Const, Func, Made, Many, Site, Value

NAME = "Agno"
ORDER = 120
PACKAGES = ("agno", "phi")
RULE = "agno"
_AGENTS = ("agno.agent.Agent", "agno.**.Agent", "phi.agent.Agent", "phi.**.Agent")
_TEAMS = ("agno.team.Team", "agno.**.Team")
_SHAPES = {
    "Workflow": "sequence",
    "Steps": "sequence",
    "Parallel": "parallel",
    "Loop": "loop",
    "Condition": "parallel",
    "Router": "parallel",
}
_PARTS = tuple(f"agno.workflow.**.{name}" for name in (*_SHAPES, "Step"))
_RUNS = ("run", "arun", "print_response", "aprint_response", "cli_app", "acli_app")
CONSTRUCTORS = (*_AGENTS, *_TEAMS, *_PARTS, "agno.**.AgentOS", "agno.**.Playground")
_STORES = {
    "InMemoryDb": ("memory", False),
    "SqliteDb": ("database", True),
    "AsyncSqliteDb": ("database", True),
    "PostgresDb": ("database", True),
    "AsyncPostgresDb": ("database", True),
    "MySQLDb": ("database", True),
    "AsyncMySQLDb": ("database", True),
    "MongoDb": ("database", True),
    "AsyncMongoDb": ("database", True),
    "RedisDb": ("cache", True),
    "JsonDb": ("file", True),
    "DynamoDb": ("database", True),
    "FirestoreDb": ("database", True),
    "SingleStoreDb": ("database", True),
    "GcsJsonDb": ("file", True),
    "SurrealDb": ("database", True),
    "SqliteStorage": ("database", True),
    "PostgresStorage": ("database", True),
    "JsonStorage": ("file", True),
    "MongoDbStorage": ("database", True),
    "SqliteAgentStorage": ("database", True),
    "PostgresAgentStorage": ("database", True),
    "SqliteMemoryDb": ("database", True),
    "PostgresMemoryDb": ("database", True),
    "SqlAgentStorage": ("database", True),
    "SqliteWorkflowStorage": ("database", True),
}


_EMBEDDERS = {
    "OpenAIEmbedder": "openai",
    "AzureOpenAIEmbedder": "azure_openai",
    "GeminiEmbedder": "google",
    "CohereEmbedder": "cohere",
    "MistralEmbedder": "mistral",
    "OllamaEmbedder": "ollama",
    "VoyageAIEmbedder": "voyage",
    "TogetherEmbedder": "together",
    "FireworksEmbedder": "fireworks",
    "JinaEmbedder": "jina",
    "NebiusEmbedder": "nebius",
    "AwsBedrockEmbedder": "amazon",
    "HuggingfaceCustomEmbedder": "huggingface",
    "SentenceTransformerEmbedder": "",
    "FastEmbedEmbedder": "",
}
"""Agno's classes of embedding models, by who serves them; "" for those that run in the process."""


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws the workflows of Agno's agents, teams and workflows."""
    Inspector(project, sketch).run()


class Inspector:
    """One look at one program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.program = project.program
        self.sketch = sketch
        self.team = Team(project, sketch, RULE, self._unwrapped)
        self.registered: dict[int, list[Place]] = {}

    def run(self) -> None:
        """Finds agents and teams, then the workflows they are parts of, then where they are run."""
        for site in self.program.sites(*_AGENTS):
            self.team.add(site, "name").model = self.program.arg(site, None, "model")
        for site in self.program.sites(*_TEAMS):
            self.team.add(site, "name").model = self.program.arg(site, None, "model")
        if not self.team.agents:
            return
        self._workflows()
        for agent in self.team.agents:
            if agent.decider == "model":
                self._read(agent)
        for site in self.program.sites(*(f"agno.**.{w}" for w in _RUNS), *(f"phi.**.{w}" for w in _RUNS)):
            self.team.ran(site, site.owner)
        for group in self.team.groups():
            self._draw(group)
        self.team.close()
        self._databases()
        self._embedders()

    # Reading ---------------------------------------------------------------------------------------------------

    def _unwrapped(self, made: Made) -> Value | None:
        """The agent behind `Step(agent=..)` and `agent.deep_copy()`."""
        last = made.name.rpartition(".")[2]
        if made.site is not None and last == "Step":
            found = self.program.arg(made.site, None, "agent", "team", "workflow")
            if found is not None:
                for agent in self.team.of(found):
                    self.registered.setdefault(id(agent), []).append(Place(made.site.path, made.site.line))
            return found
        if last in ("deep_copy", "copy", "model_copy"):
            return getattr(made.of, "owner", None)
        return None

    def _workflows(self) -> None:
        """Steps that code carries out, and what puts steps in order."""
        for site in self.program.sites("agno.workflow.**.Step"):
            if nothing(self.program.arg(site, None, "agent", "team", "workflow")):
                self._code_step(site, self.program.arg(site, None, "executor"))
        for site in self.program.sites(*_PARTS):
            last = site.name.rpartition(".")[2]
            if last in _SHAPES:
                agent = self.team.add(site, "name")
                agent.decider, agent.shape, agent.hidden = "code", _SHAPES[last], last == "Workflow"  # type: ignore[assignment]
        for agent in list(self.team.agents):
            if agent.shape:
                agent.parts = [p for p in self._parts(agent.site) if p is not agent]

    def _code_step(self, site: Site, executor: Value | None) -> Agent:
        agent = self.team.add(site, "name")
        agent.decider = "code"
        for func in functions(executor):
            if self.project.code.does(func.scope, "model") is not None:
                agent.decider = "model"
            self.team.within(func.scope, agent)
            self.registered.setdefault(id(agent), []).append(place_of(func.scope))
        return agent

    def _parts(self, site: Site) -> Iterator[Agent]:
        """The parts of a workflow, loop or condition, in order; plain functions among them become steps of code."""
        values = [v for n in ("steps", "choices", "else_steps") if (v := self.program.arg(site, None, n)) is not None]
        if site.name.rpartition(".")[2] == "Parallel":
            values += [self.program.value(a, site.scope, site.frame) for a in site.node.args]
        for value in values:
            for one in value.options():
                for item in one.items if isinstance(one, Many) else (one,):
                    found = self.team.of(item)
                    yield from found
                    for func in functions(item) if not found else ():
                        yield self._function(func)

    def _function(self, func: Func) -> Agent:
        known = next((a for a in self.team.agents if a.at == place_of(func.scope) and a.decider == "code"), None)
        if known is not None:
            return known
        node = ast.Call(
            func=ast.Name(id=func.scope.name, ctx=ast.Load()), args=[], keywords=[], lineno=func.scope.line, col_offset=0
        )
        agent = Agent(
            Site(Call(node, func.scope.module.top, None), func),
            func.scope.name.rpartition(".")[2],
            place_of(func.scope),
            home_of(func.scope),
            decider="code",
        )
        self.team.agents.append(agent)
        self.team.within(func.scope, agent)
        return agent

    def _read(self, agent: Agent) -> None:
        agent.whole = self.program.closed(agent.site)
        members = self.team.of(self.program.arg(agent.site, None, "members", "team"))
        agent.link("call", members, Place(agent.site.path, self.program.arg_line(agent.site, "members", "team")))
        found, whole = tools_in(self.project, self.program.arg(agent.site, None, "tools"))
        agent.whole = agent.whole and whole
        for tool in found:
            agent.tools.append(tool)
            if isinstance(tool, Func):
                self.team.within(tool.scope, agent)
        for word in ("pre_hooks", "post_hooks", "tool_hooks", "instructions"):
            for func in functions(self.program.arg(agent.site, None, word)):
                self.team.within(func.scope, agent)

    # Drawing ---------------------------------------------------------------------------------------------------

    def _draw(self, group: Group) -> None:
        if all(a.decider == "code" for a in group.agents) and not any(a.hidden for a in group.agents):
            return
        flow = self.team.draw(group, "Agno's default model", "")
        workflow = next((a for a in group.agents if a.hidden), None)
        if workflow is not None:
            flow.name = workflow.name
        for agent in group.agents:
            if agent.step is None:
                continue
            for place in self.registered.get(id(agent), ()):
                agent.step.also(place)
            if agent.decider == "model":
                self._agent(flow, agent, agent.step)
            elif agent.shape == "loop":
                self._loop(agent, agent.step)
        self._reviews(group)
        say_tools(flow, group.agents)

    def _agent(self, flow: Flow, agent: Agent, step: Item) -> None:
        hooked = not nothing(self.program.arg(agent.site, None, "tool_hooks"))
        for tool in agent.tools:
            item = self.team.tool(flow, agent, tool)
            if item is not None:
                item.open = item.open or hooked
                self._confirmed(flow, tool, item)
        if agent.tools or any(k.kind == "call" for k in agent.links):
            step.say("kind", "agent_loop")
        for word in ("output_schema", "response_model", "output_model"):
            if not nothing(self.program.arg(agent.site, None, word)):
                step.say("validation.kind", "schema", Place(agent.site.path, self.program.arg_line(agent.site, word)))
                break
        self._bounds(agent, step)
        self._guardrails(flow, agent, step)
        if not nothing(self.program.arg(agent.site, None, "session_state")):
            self._session_state(flow, agent)

    def _bounds(self, agent: Agent, step: Item) -> None:
        team = agent.site.name.rpartition(".")[2] == "Team"
        for word in ("tool_call_limit", "max_iterations"):
            value = self.program.arg(agent.site, None, word)
            if value is not None and not nothing(value):
                say_limit(step, value, Place(agent.site.path, self.program.arg_line(agent.site, word)), word)
                return
        if self.program.closed(agent.site) and (agent.tools or team):
            say_default(self.project, step, "agno.team.max_iterations" if team else "agno.agent.tool_call_limit", agent.at)
        count = number(self.program.arg(agent.site, None, "retries"))
        if count is not None:
            step.say("retries.max", count, Place(agent.site.path, self.program.arg_line(agent.site, "retries")))

    def _loop(self, agent: Agent, step: Item) -> None:
        value = self.program.arg(agent.site, None, "max_iterations")
        if value is not None and not nothing(value):
            say_limit(step, value, Place(agent.site.path, self.program.arg_line(agent.site, "max_iterations")), "max_iterations")
        elif self.program.closed(agent.site):
            say_default(self.project, step, "agno.loop.max_iterations", agent.at)

    def _confirmed(self, flow: Flow, tool: Value, item: Item) -> None:
        """The approval that the library waits for before a tool runs, by the tool or by its toolkit."""
        sites: list[Site] = []
        if isinstance(tool, Func):
            sites = [s for _, _, s in self.program.decorators(tool.scope) if s is not None]
        elif isinstance(tool, Made) and tool.site is not None:
            sites = [tool.site]
        for site in sites:
            for word in ("requires_confirmation", "requires_confirmation_tools", "external_execution"):
                value = self.program.arg(site, None, word)
                listed = given(value)
                if value is None or nothing(value) or true(value) is False or (isinstance(listed, Many) and not listed.items):
                    continue
                at = Place(site.path, self.program.arg_line(site, word))
                gate = flow.add("gate", f"Confirmation of {item.name}", at, f"{RULE}.{word}", item.home)
                gate.say("type", "human").say("enforced_in", "code")
                gate.also(item.at)
                gate.step, gate.protects = item.step, [item]
                item.say("autonomy", "approve", at)
                return

    def _reviews(self, group: Group) -> None:
        """A step of a workflow that waits for a person: `Step(requires_confirmation=True)`, `HumanReview(..)`."""
        by_place = {p: a for a in group.agents for p in (*self.registered.get(id(a), ()), a.at)}
        for site in self.program.sites(*_PARTS):
            agent = by_place.get(Place(site.path, site.line))
            for word in ("requires_confirmation", "human_review", "requires_output_review"):
                value = self.program.arg(site, None, word)
                if agent is None or value is None or nothing(value) or true(value) is False:
                    continue
                at = Place(site.path, self.program.arg_line(site, word))
                if any(g.at == at for g in group.flow.of("gate")):
                    continue
                gate = group.flow.add("gate", f"Review of {agent.name}", at, f"{RULE}.{word}", home_of(site.scope))
                gate.say("type", "human").say("enforced_in", "code")
                gate.step = agent.step
                gate.protects = [i for i in group.flow.of("action") if i.step is agent.step]

    def _guardrails(self, flow: Flow, agent: Agent, step: Item) -> None:
        for word in ("pre_hooks", "post_hooks"):
            value = given(self.program.arg(agent.site, None, word))
            for one in value.items if isinstance(value, Many) else ():
                last = one.name.rpartition(".")[2] if isinstance(one, Made) else ""
                if not last.endswith("Guardrail") or not isinstance(one, Made):
                    continue
                at = Place(one.path, one.line)
                if any(i.at == at for i in flow.of("guardrail")):
                    continue
                item = flow.add("guardrail", last, at, f"{RULE}.{word}", agent.home)
                item.say("text", last.removesuffix("Guardrail")).say("enforced_in", "code").say("step", step)

    def _session_state(self, flow: Flow, agent: Agent) -> None:
        at = Place(agent.site.path, self.program.arg_line(agent.site, "session_state"))
        kept = self.program.arg(agent.site, None, "db", "storage")
        memory = isinstance(given(kept), Made) and given(kept).name.endswith("InMemoryDb")  # type: ignore[union-attr]
        store = flow.add("store", "session_state", at, f"{RULE}.session_state", agent.home)
        store.say("kind", "session").say(
            "durable",
            not nothing(kept) and not memory,
            how="resolved",
            note="kept in the agent's database" if not nothing(kept) else "the agent has no database",
        )

    def _databases(self) -> None:
        for site in self.program.sites(*(f"agno.**.{name}" for name in _STORES), *(f"phi.**.{name}" for name in _STORES)):
            last = site.name.rpartition(".")[2]
            kind, durable = _STORES[last]
            place = Place(site.path, site.line)
            if any(i.kind == "store" and i.at == place for i in self.sketch.loose):
                continue
            url = next(
                (
                    c.value
                    for c in (self.program.arg(site, None, "db_url", "db_file") or Value()).options()
                    if isinstance(c, Const) and isinstance(c.value, str)
                ),
                "",
            )
            title = text_of(given(self.program.arg(site, None, "session_table", "table_name"))) or last
            item = self.sketch.add("store", title, place, f"{RULE}.db", home_of(site.scope))
            item.say("kind", kind).say("durable", durable and ":memory:" not in url).say("persists", durable)

    def _embedders(self) -> None:
        """The models that turn texts into vectors: `OpenAIEmbedder(id=..)`, or the class's own when none is named."""
        wanted = (f"{package}.**.embedder.**.{name}" for package in PACKAGES for name in _EMBEDDERS)
        for site in self.program.sites(*wanted):
            last = site.name.rpartition(".")[2]
            given = self.program.arg(site, None, "id", "model")
            otherwise = f"{last}'s default model" if given is None and self.program.closed(site) else ""
            at = Place(site.path, site.line)
            draw_model(self.project, self.sketch, given, at, home_of(site.scope), f"{RULE}.embedder", _EMBEDDERS[last], otherwise)
