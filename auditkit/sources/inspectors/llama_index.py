"""LlamaIndex: workflows of steps and events, agents alone and together, and query engines."""

from __future__ import annotations

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Home, Item, Sketch
from auditkit.sources.inspectors import _framework as base
from auditkit.sources.inspectors._llama_workflows import draw_workflows
from auditkit.syntax.python.values import Const, Made, Site, Value

NAME = "LlamaIndex"
PACKAGES = ("llama_index", "workflows", "llama_index_workflows")
_AGENTS = tuple(
    f"llama_index.core.agent.**.{kind}" for kind in ("FunctionAgent", "ReActAgent", "CodeActAgent", "FunctionCallingAgent")
)
_BUILT = (
    "llama_index.**.OpenAIAgent.from_tools",
    "llama_index.**.ReActAgent.from_tools",
    "llama_index.**.FunctionCallingAgent.from_tools",
    "llama_index.**.FunctionCallingAgentWorker.from_tools",
    "llama_index.**.OpenAIAssistantAgent.from_new",
    "llama_index.**.AgentRunner.from_llm",
)
_TEAM = ("llama_index.core.agent.**.AgentWorkflow",)
_FLAT = ("llama_index.core.agent.**.AgentWorkflow.from_tools_or_functions",)
_ENGINES = (
    "llama_index.**.as_query_engine",
    "llama_index.**.as_chat_engine",
    "llama_index.**.RetrieverQueryEngine.from_args",
    "llama_index.**.RouterQueryEngine.from_defaults",
    "llama_index.**.SubQuestionQueryEngine.from_defaults",
)
_QUESTIONS = ("chat", "achat", "stream_chat", "astream_chat", "query", "aquery")
"""How an engine is asked."""
CONSTRUCTORS = (
    *_AGENTS,
    *_BUILT,
    *_TEAM,
    "llama_index.**.Workflow",
    "llama_index.**.FunctionTool",
    "llama_index.**.QueryEngineTool",
    "llama_index.llms.**.*",
    "llama_index.core.**.VectorStoreIndex",
)
DEFAULT_MODEL = "LlamaIndex's default model"


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws the workflow classes, the teams, the agents that are in none, and engines that are asked directly."""
    drawn = draw_workflows(project, sketch)
    agents = _Agents(project, sketch)
    agents.draw()
    if not drawn and not agents.used:
        _engines(project, sketch)


class _Agents:
    """The agents of a program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.sketch = sketch
        self.program = project.program
        self.used: set[int] = set()

    def draw(self) -> None:
        """Teams first, then single agents."""
        for sites in base.once(self.program.sites(*_TEAM)).values():
            self._team(sites[0])
        for sites in base.once(self.program.sites(*_AGENTS, *_BUILT, *_FLAT)).values():
            site = sites[0]
            if id(site.node) not in self.used:
                flow = self.sketch.flow(self._flow_name(site), base.place(site), site.name)
                flow.entries = [self._agent(flow, site)]

    def _flow_name(self, site: Site) -> str:
        name = base.text(self.program.arg(site, None, "name")) or base.bound_name(site)
        return name if name and name not in ("agent", "workflow", "self", "Agent") else base.enclosing(site.scope)

    def _team(self, site: Site) -> None:
        given = self.program.arg(site, 0, "agents")
        members = [m.site for m in base.made_by(given, *_AGENTS) if m.site is not None]
        if not members:
            return
        flow = self.sketch.flow(self._flow_name(site), base.place(site), site.name)
        flow.keys.add(base.key_of(site))
        named = {self._name(m): self._agent(flow, m) for m in members}
        flow.open_ended = not base.whole(given)
        root = base.text(self.program.arg(site, None, "root_agent"))
        first = named.get(root or "") or next(iter(named.values()))
        flow.entries = [first]
        for member in members:
            source = named[self._name(member)]
            allowed = self.program.arg(member, None, "can_handoff_to")
            targets = [v.value for v in base.flat(allowed) if isinstance(v, Const) and v.value is not None]
            if base.is_none(allowed):
                targets = [n for n in named if n != self._name(member)]
            for name in targets:
                if (to := named.get(str(name))) is not None:
                    flow.edge(source, to, base.arg_place(self.project, member, "can_handoff_to"))
            flow.edge(source, None, base.place(member))
        flow.add("store", "workflow context", base.place(site), "llama_index.Context", Home(site.path, site.scope.name)).say(
            "kind", "memory"
        ).say("durable", False, how="resolved", note="the context of a run is kept in memory") if self.program.arg(
            site, None, "initial_state"
        ) is not None else None

    def _name(self, site: Site) -> str:
        return base.agent_name(self.project, site)

    def _agent(self, flow: Flow, site: Site) -> Item:
        self.used.add(id(site.node))
        at, home = base.place(site), Home(site.path, site.scope.name)
        step, agent = base.draw_agent(flow, site, self._name(site))
        tools = self.program.arg(site, 0 if base.last(site.name).startswith("from_") else None, "tools", "tools_or_functions")
        items, closed = base.tools_of(self.project, self.sketch, flow, tools, step, "llama_index.tools")
        if items and closed:
            agent.say("tools", [i.name for i in items], at, "resolved")
        self._model(step, site, home)
        self._limit(step, site)
        if base.last(site.name) == "CodeActAgent":
            step.say("executes", "code", at)
            action = flow.add("action", "execute_code", at, site.name, home)
            action.say("effect", "execute").say("consequential", True).say("decided_by", "model").say("step", step)
            action.step = step
        if not base.is_none(self.program.arg(site, None, "output_cls")):
            base.schema_check(step, base.arg_place(self.project, site, "output_cls"))
        return step

    def _model(self, step: Item, site: Site, home: Home) -> None:
        value = self.program.arg(site, None, "llm")
        if base.is_none(value):
            value = _settings(self.project)
        otherwise = DEFAULT_MODEL if value is None and self.program.closed(site) else ""
        base.say_model(
            step,
            base.model_of(
                self.project,
                self.sketch,
                value,
                base.place(site),
                home,
                "llama_index.llm",
                vendor="openai" if otherwise else "",
                otherwise=otherwise,
            ),
        )

    def _limit(self, step: Item, site: Site) -> None:
        """`max_iterations` of the constructor or of a run."""
        if not base.is_none(self.program.arg(site, None, "max_iterations")):
            base.say_limit(self.project, step, site, ("max_iterations",), "")
            return
        for run in self.program.sites(f"{site.name}.run", "llama_index.core.agent.**.AgentWorkflow.run"):
            if not base.is_none(self.program.arg(run, None, "max_iterations")):
                base.say_limit(self.project, step, run, ("max_iterations",), "")
                return
        key = (
            "llama_index.react_agent.max_iterations"
            if site.name.endswith("ReActAgent.from_tools")
            else "llama_index.agent.max_iterations"
        )
        if self.program.closed(site):
            base.say_default_limit(self.project, step, base.place(site), key)


def _settings(project: Project) -> Value | None:
    """`Settings.llm = X`: the model of everything that names none."""
    for module in project.program.modules.values():
        for target, value, scope in module.attributes:
            if target.attr == "llm":
                owner = project.program.value(target.value, scope)
                if getattr(owner, "name", "").startswith("llama_index.") and getattr(owner, "name", "").endswith("Settings"):
                    return project.program.value(value, scope)
    return None


def _engines(project: Project, sketch: Sketch) -> None:
    """Engines that answer from an index: one step each, where they are made."""
    for sites in base.once(project.program.sites(*_ENGINES)).values():
        site = sites[0]
        at, home = base.place(site), Home(site.path, site.scope.name)
        name = base.bound_name(site) or base.last(site.name).removeprefix("as_")
        flow = sketch.flow(base.enclosing(site.scope), at, site.name)
        flow.homes.add(home)
        flow.keys.add(base.key_of(site))
        step = flow.add("step", name, at, site.name, home).say("decider", "model").say("kind", "write_text")
        flow.entries = [step]
        for call in project.program.sites(*(f"{pattern}.{verb}" for pattern in _ENGINES for verb in _QUESTIONS)):
            if isinstance(call.owner, Made) and call.owner.site is not None and call.owner.site.node is site.node:
                step.also(base.place(call))
                flow.homes.add(Home(call.path, call.scope.name))
        value = project.program.arg(site, None, "llm")
        value = _settings(project) if base.is_none(value) else value
        otherwise = DEFAULT_MODEL if value is None and project.program.closed(site) else ""
        base.say_model(
            step,
            base.model_of(
                project, sketch, value, at, home, "llama_index.llm", vendor="openai" if otherwise else "", otherwise=otherwise
            ),
        )
