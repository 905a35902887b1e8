"""CrewAI's crews: agents and tasks in code, in `@CrewBase` classes, and in the YAML files beside them.

A task is what is done, an agent is who does it: together they are one step. The step stands at the task and at the
agent; an agent without a task of its own (a manager, one that is asked directly) is a step by itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from auditkit.errors import InputError
from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Home, Item, Place, Sketch
from auditkit.sources.inspectors import _framework as base
from auditkit.syntax.documents import Mapping, Node, Scalar, Sequence, parse
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.values import Const, Func, Klass, Made, Param, Site, Value

AGENT = ("crewai.**.Agent", "crewai.**.LiteAgent")
TASK = ("crewai.**.Task", "crewai.**.ConditionalTask")
CREW = ("crewai.**.Crew",)
DEFAULT_MODEL = "CrewAI's default model"
_LLM_NOTE = "CrewAI's LLM leaves time limits and repeats to the client below it"
_MODEL_NOTE = "no model is named: the environment's MODEL or the library's default is used"


@dataclass
class Config:
    """One entry of `agents.yaml` or `tasks.yaml`: its keys with their lines."""

    path: str
    key: str
    line: int
    values: Mapping

    def text(self, name: str) -> str | None:
        """The text under a key, or None."""
        found = self.values.get(name)
        return found.text.strip() if isinstance(found, Scalar) and not found.empty else None

    def at(self, name: str) -> Place:
        """Where a key's value stands."""
        found = self.values.get(name)
        return Place(self.path, found.line if found is not None else self.line)

    def names(self, name: str) -> list[str]:
        """The texts of a list under a key."""
        found: Node | None = self.values.get(name)
        if isinstance(found, Sequence):
            return [i.text for i in found.items if isinstance(i, Scalar)]
        return [found.text] if isinstance(found, Scalar) and not found.empty else []

    def true(self, name: str) -> bool:
        """Whether a key is written as true."""
        return (self.text(name) or "").lower() in ("true", "yes")


@dataclass
class Member:
    """An agent or a task: the call that makes it, the method it stands in, its entry in the YAML."""

    name: str
    site: Site | None = None
    method: Scope | None = None
    config: Config | None = None

    @property
    def at(self) -> Place:
        """Where a reader looks for it: its `def`, its call, or its line in the YAML."""
        if self.method is not None:
            return base.place(self.method)
        if self.site is not None:
            return base.place(self.site)
        assert self.config is not None
        return Place(self.config.path, self.config.line)

    @property
    def made_at(self) -> Place:
        """The line of the constructor."""
        return base.place(self.site) if self.site is not None else self.at

    @property
    def key(self) -> object:
        """What two looks at the same member share."""
        return id(self.site.node) if self.site is not None else (self.at, self.name)

    @property
    def home(self) -> Home | None:
        """The code it stands in."""
        scope = self.method or (self.site.scope if self.site is not None else None)
        return Home(scope.module.path, scope.name) if scope is not None else None


@dataclass
class Crew:
    """One crew with its members, as it is read."""

    name: str
    at: Place
    site: Site | None
    klass: Scope | None = None
    agents: list[Member] = field(default_factory=list)
    tasks: list[Member] = field(default_factory=list)
    whole: bool = True


class Crews:
    """All crews of a program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.sketch = sketch
        self.program = project.program
        self.used: set[object] = set()
        self._configs: dict[str, dict[str, Config]] = {}

    # Reading -----------------------------------------------------------------------------------------------------

    def read(self) -> list[Crew]:
        """The crews of the program: classes under `@CrewBase`, then crews in plain code."""
        found: list[Crew] = []
        classes: list[Scope] = []
        for scope, _, _, _ in self.program.decorated("crewai.**.CrewBase"):
            if scope.kind == "class" and scope not in classes:
                classes.append(scope)
                crew = self._class(scope)
                if crew is not None:
                    found.append(crew)
        nodes = {id(c.site.node) for c in found if c.site is not None}
        for sites in base.once(self.program.sites(*CREW)).values():
            site = sites[0]
            if id(site.node) in nodes or site.scope.holder in classes:
                continue
            crew = self._plain(sites)
            if crew is not None:
                found.append(crew)
        return found

    def _class(self, klass: Scope) -> Crew | None:
        agents: list[Member] = []
        tasks: list[Member] = []
        site: Site | None = None
        for method in base.functions_of(klass):
            for name, _, _ in self.program.decorators(method):
                last = base.last(name)
                if not name.startswith("crewai.") or last not in ("agent", "task", "crew"):
                    continue
                if last == "crew":
                    site = self._returned(method, CREW)
                    continue
                made = self._returned(method, AGENT if last == "agent" else TASK)
                member = Member(base.last(method.name), made, method, self._config(klass, method, made, last))
                (agents if last == "agent" else tasks).append(member)
        if not agents and not tasks:
            return None
        crew = Crew(base.last(klass.name), base.place(klass), site, klass, agents, tasks)
        self._narrow(crew)
        return crew

    def _narrow(self, crew: Crew) -> None:
        """`Crew(tasks=[self.a(), self.b()])` names its members; `tasks=self.tasks` means all that are decorated."""
        if crew.site is None:
            return
        for kind, patterns in (("agents", AGENT), ("tasks", TASK)):
            given = self.program.arg(crew.site, None, kind)
            nodes = [id(m.site.node) for m in base.made_by(given, *patterns) if m.site is not None]
            members: list[Member] = getattr(crew, kind)
            named = [m for n in nodes for m in members if m.site is not None and id(m.site.node) == n]
            if nodes and len(named) == len(set(nodes)):
                setattr(crew, kind, list({id(m): m for m in named}.values()))

    def _returned(self, method: Scope, patterns: tuple[str, ...]) -> Site | None:
        """The call of a library's constructor that a method gives back, or that stands in it."""
        value = self.program.returned(Func(method.node, method.module, method))
        for made in base.made_by(value, *patterns):
            return made.site
        for site in self.program.sites(*patterns):
            if site.scope is method:
                return site
        return None

    def _plain(self, sites: list[Site]) -> Crew | None:
        site = sites[0]
        crew = Crew(self._crew_name(site), base.place(site), site)
        for one in sites:
            for kind, patterns in (("agents", AGENT), ("tasks", TASK)):
                given = self.program.arg(one, None, kind)
                members: list[Member] = getattr(crew, kind)
                for made in base.made_by(given, *patterns):
                    member = self.member(made, kind)
                    if all(m.key != member.key for m in members):
                        members.append(member)
                crew.whole = crew.whole and (given is None or base.whole(given))
        for task in crew.tasks:
            for made in self._agents_of(task):
                member = self.member(made, "agents")
                if all(m.key != member.key for m in crew.agents):
                    crew.agents.append(member)
        return crew if crew.agents or crew.tasks else None

    def _crew_name(self, site: Site) -> str:
        given = base.text(self.program.arg(site, None, "name"))
        holder = site.scope.holder
        if holder is not None and any(b.startswith("crewai.") for b in self.program.bases(holder)):
            holder = None  # a crew in a method of a flow is no crew of that name
        if given or holder is not None:
            return given or base.last(holder.name)  # type: ignore[union-attr]
        bound = base.bound_name(site)
        return bound if bound and bound not in ("crew", "self", "result") else base.enclosing(site.scope)

    def member(self, made: Made, kind: str) -> Member:
        """The agent or task that a call makes; `kind` is agents or tasks."""
        site = made.site
        assert site is not None
        title = base.text(self.program.arg(site, None, "name" if kind == "tasks" else "role"))
        name = base.bound_name(site) or (title or "")[:60].strip() or kind[:-1]
        return Member(name, site, None, self._config_of(site, site.scope.holder, kind[:-1]))

    def _agents_of(self, task: Member) -> Iterator[Made]:
        if task.site is not None:
            yield from base.made_by(self.program.arg(task.site, None, "agent"), *AGENT)

    # YAML --------------------------------------------------------------------------------------------------------

    def _config(self, klass: Scope, method: Scope, site: Site | None, kind: str) -> Config | None:
        found = self._config_of(site, klass, kind) if site is not None else None
        return found or self._entries(klass, kind).get(base.last(method.name))

    def _config_of(self, site: Site, klass: Scope | None, kind: str) -> Config | None:
        """The entry that `config=self.agents_config["key"]` names."""
        given = next((k.value for k in site.node.keywords if k.arg == "config"), None)
        key = _key_of(given) or _key_within(given, site.scope)
        if key is None:
            return None
        return self._entries(klass, kind).get(key) if klass is not None else self._near(site, key, kind)

    def _near(self, site: Site, key: str, kind: str) -> Config | None:
        for path in (f"config/{kind}s.yaml", f"{kind}s.yaml"):
            full = _beside(site.path, path)
            found = self._file(full).get(key) if full is not None else None
            if found is not None:
                return found
        return None

    def _entries(self, klass: Scope, kind: str) -> dict[str, Config]:
        value = self.program.attribute(Klass(klass.node, klass.module, klass), f"{kind}s_config")
        path = base.text(value) or f"config/{kind}s.yaml"
        full = _beside(klass.module.path, path)
        return self._file(full) if full is not None else {}

    def _file(self, path: str) -> dict[str, Config]:
        if path not in self._configs:
            self._configs[path] = {}
            text = self.project.read(path)
            if text is not None:
                try:
                    top = parse(text, path)
                except InputError as error:
                    self.sketch.gap(path, error.problems[0].line or None, "its agents and tasks could not be read as YAML")
                else:
                    self._configs[path] = {
                        e.key.text: Config(path, e.key.text, e.key.line, e.value)
                        for e in top.entries
                        if isinstance(e.value, Mapping)
                    }
        return self._configs[path]

    # Drawing -----------------------------------------------------------------------------------------------------

    def draw(self, crew: Crew) -> Flow:
        """One crew as a workflow."""
        flow = self.sketch.flow(crew.name, crew.at, "crewai.Crew")
        if crew.klass is not None:
            flow.keys.add(crew.klass)
            flow.homes.add(Home(crew.klass.module.path, crew.klass.name))
        if crew.site is not None:
            flow.keys.add(base.key_of(crew.site))
            flow.homes.add(Home(crew.site.path, crew.site.scope.name))
        people = {agent.key: self._agent(flow, agent) for agent in crew.agents}
        steps = [self._task(flow, task) for task in crew.tasks]
        taken = {id(agent) for task in crew.tasks for agent in [self._doer(crew, task)] if agent is not None}
        for step, task in zip(steps, crew.tasks, strict=True):
            doer = self._doer(crew, task)
            if doer is not None:
                self._gives(flow, step, doer, people[doer.key])
        idle = [self._idle(flow, agent, people[agent.key]) for agent in crew.agents if id(agent) not in taken]
        leading = self._around(flow, crew)
        before, after = self._hooks(flow, crew)
        self._order(flow, [*before, *leading, *steps, *after], idle)
        if len(people) > 1 and any(self._says(a, "allow_delegation") for a in crew.agents):
            flow.open_ended = True
        flow.open_ended = flow.open_ended or not crew.whole
        return flow

    def _hooks(self, flow: Flow, crew: Crew) -> tuple[list[Item], list[Item]]:
        """The methods that run before and after the tasks, where they do more than pass the inputs on."""
        found: dict[str, list[Item]] = {"before_kickoff": [], "after_kickoff": []}
        holder = crew.site.scope.holder if crew.site is not None else None
        for method in holder.children if holder is not None and crew.tasks else ():
            name = next((base.last(n) for n, _, _ in self.program.decorators(method) if base.last(n) in found), None)
            if name is None or not any(d.effect or d.kind == "model" for d in self.project.code.deeds(method)):
                continue
            step = flow.add("step", base.last(method.name), place_of(method), f"crewai.{name}", home_of(method))
            step.say("decider", "model" if self.project.code.does(method, "model") else "code")
            flow.homes.add(home_of(method))
            found[name].append(step)
        return found["before_kickoff"], found["after_kickoff"]

    def _order(self, flow: Flow, steps: list[Item], idle: list[Item]) -> None:
        """Tasks run in the order of their list; agents without a task stand behind the first step."""
        chain = [*steps[:1], *idle, *steps[1:]] if steps else idle
        flow.entries = chain[:1]
        for before, after in zip(chain, [*chain[1:], None], strict=True):
            flow.edge(before, after, after.at if after is not None else before.at)

    def _doer(self, crew: Crew, task: Member) -> Member | None:
        """The agent that a task is given to, by object or by its name in the YAML."""
        for made in self._agents_of(task):
            found = next(
                (a for a in crew.agents if a.site is not None and made.site is not None and a.site.node is made.site.node), None
            )
            if found is not None:
                return found
        if len(crew.agents) == 1:
            return crew.agents[0]
        named = task.config.text("agent") if task.config is not None else None
        for agent in crew.agents:
            if named and (agent.name == named or (agent.config is not None and agent.config.key == named)):
                return agent
        return None

    def _agent(self, flow: Flow, agent: Member) -> Item:
        self.used.add(agent.key)
        item = flow.add("agent", agent.name, agent.at, "crewai.Agent", agent.home)
        _also(item, agent)
        return item

    def _idle(self, flow: Flow, agent: Member, person: Item) -> Item:
        step = flow.add("step", agent.name, agent.at, "crewai.Agent", agent.home)
        _also(step, agent)
        step.say("decider", "model").say("kind", "agent_loop")
        self._gives(flow, step, agent, person)
        return step

    def _gives(self, flow: Flow, step: Item, agent: Member, person: Item) -> None:
        """What the agent of a step brings into it: model, tools, limits."""
        step.say("agent", person, agent.made_at, "resolved")
        _also(step, agent)
        base.say_model(step, self._model(agent), agent.made_at)
        self._limits(step, agent)
        names, closed = self._tools(flow, agent, step)
        if names and closed and person.value("tools") is None:
            person.say("tools", names, agent.made_at, "resolved")
        if self._says(agent, "allow_code_execution"):
            self._executes(flow, step, agent)
        self._knowledge(agent.site, agent.home)
        self._checks(step, agent)

    def _says(self, member: Member, name: str) -> bool:
        """Whether a switch of an agent or task is on, in code or in YAML."""
        given = self.program.arg(member.site, None, name) if member.site is not None else None
        return base.is_true(given) or (given is None and member.config is not None and member.config.true(name))

    def _line(self, member: Member, name: str) -> Place:
        if member.site is not None and self.program.arg(member.site, None, name) is not None:
            return base.arg_place(self.project, member.site, name)
        return member.config.at(name) if member.config is not None else member.at

    def _model(self, agent: Member) -> Item | None:
        value = self.program.arg(agent.site, None, "llm") if agent.site is not None else None
        at, home = agent.made_at, agent.home
        if base.is_none(value):
            value = None
            named = agent.config.text("llm") if agent.config is not None else None
            if named and agent.config is not None:
                at = agent.config.at("llm")
                value = self._named_model(agent, named)
        if value is not None:
            return base.model_of(
                self.project, self.sketch, value, at, home, "crewai.Agent", timeout=self._limited(at), retry="default",
                note=_LLM_NOTE,
            )
        if agent.site is not None and not self.program.closed(agent.site):
            return None
        return base.model_of(
            self.project,
            self.sketch,
            None,
            at,
            home,
            "crewai.Agent",
            vendor="openai",
            otherwise=DEFAULT_MODEL,
            timeout=self._limited(at),
            retry="default",
            note=f"{_LLM_NOTE}; {_MODEL_NOTE}",
        )

    def _limited(self, at: Place) -> bool | str | None:
        """What bounds a model call where the code says nothing: nothing before LiteLLM came in, then the client's default."""
        found = base.library_default(self.project, "crewai.llm.timeout", at.path)
        if found is None or found.given is None:
            return None
        return "default" if found.given else False

    def _named_model(self, agent: Member, named: str) -> Value:
        """`llm:` of the YAML: the class's `@llm` method of that name, else an id."""
        klass = agent.method.parent if agent.method is not None else None
        if klass is not None and named in klass.bindings:
            method = next((m for m in base.functions_of(klass) if base.last(m.name) == named), None)
            if method is not None:
                return self.program.returned(Func(method.node, method.module, method))
        assert agent.config is not None
        return Const(ast.Constant(named, lineno=agent.config.at("llm").line), _Lines(agent.config.path), named)  # type: ignore[arg-type]

    def _limits(self, step: Item, agent: Member) -> None:
        at = agent.made_at
        if agent.config is not None and (stated := agent.config.text("max_iter")) and stated.isdigit():
            place = agent.config.at("max_iter")
            step.say("loop.bound", "coded", place).say("loop.max_iterations", int(stated), place)
        elif agent.site is not None:
            base.say_limit(self.project, step, agent.site, ("max_iter",), "crewai.agent.max_iter")
        else:
            base.say_default_limit(self.project, step, at, "crewai.agent.max_iter")
        if agent.site is not None:
            retries = base.number(self.program.arg(agent.site, None, "max_retry_limit"))
            if retries is not None:
                step.say("retries.max", retries, base.arg_place(self.project, agent.site, "max_retry_limit"))

    def _tools(self, flow: Flow, member: Member, step: Item) -> tuple[list[str], bool]:
        value = self.program.arg(member.site, None, "tools") if member.site is not None else None
        items, closed = base.tools_of(self.project, self.sketch, flow, value, step, "crewai.tools")
        klass = member.method.parent if member.method is not None else None
        for name in member.config.names("tools") if member.config is not None else ():
            method = next((m for m in base.functions_of(klass) if base.last(m.name) == name), None) if klass is not None else None
            if method is None:
                closed = False
                continue
            made = self.program.returned(Func(method.node, method.module, method))
            more, also = base.tools_of(self.project, self.sketch, flow, made, step, "crewai.tools")
            items, closed = [*items, *more], closed and also
        for arg in ("mcps", "apps"):
            given = self.program.arg(member.site, None, arg) if member.site is not None else None
            if given is not None and member.site is not None:
                closed = False
                place = base.arg_place(self.project, member.site, arg)
                self.sketch.add("integration", arg, place, "crewai.Agent", member.home).say(
                    "kind", "mcp" if arg == "mcps" else "api"
                )
        return [i.name for i in items], closed

    def _executes(self, flow: Flow, step: Item, agent: Member) -> None:
        at = self._line(agent, "allow_code_execution")
        action = flow.add("action", "code_interpreter", at, "crewai.allow_code_execution", agent.home)
        action.say("effect", "execute").say("consequential", True).say("decided_by", "model").say("step", step)
        action.step = step
        step.say("executes", "code", at)
        mode = base.text(self.program.arg(agent.site, None, "code_execution_mode")) if agent.site is not None else None
        base.sandbox(flow, "host" if mode == "unsafe" else "container", at, "crewai.code_execution_mode")

    def _knowledge(self, site: Site | None, home: Home | None) -> None:
        value = self.program.arg(site, None, "knowledge_sources", "knowledge") if site is not None else None
        for made in base.made_by(value, "crewai.**.*Source", "crewai.**.*Knowledge*"):
            assert made.site is not None
            at = base.place(made)
            files = [
                c
                for c in base.flat(self.program.arg(made.site, None, "file_paths", "file_path", "content"))
                if isinstance(c, Const) and isinstance(c.value, str)
            ]
            name = base.bound_name(made.site) or base.last(made.name)
            if any(i.kind == "knowledge" and i.at == at for i in self.sketch.loose):
                continue
            item = self.sketch.add("knowledge", name, at, "crewai.knowledge", home)
            item.say("kind", "web" if files and str(files[0].value).startswith("http") else "documents")

    # Tasks -------------------------------------------------------------------------------------------------------

    def _task(self, flow: Flow, task: Member) -> Item:
        self.used.add(task.key)
        step = flow.add("step", task.name, task.at, "crewai.Task", task.home)
        _also(step, task)
        step.say("decider", "model", task.made_at, "resolved", "a task is carried out by an agent")
        step.say("kind", "agent_loop", task.made_at, "resolved")
        self._checks(step, task)
        if self._says(task, "human_input") or self._may_ask(task):
            base.person(
                flow,
                f"review of {task.name}",
                self._line(task, "human_input"),
                "crewai.human_input",
                step,
                task.home,
                [],
                "a person reviews the answer, after the tools have run",
            )
        self._output(task)
        if task.site is not None:
            self._tools(flow, Member(task.name, task.site, task.method), step)
            if base.last(task.site.name) == "ConditionalTask":
                flow.open_ended = True
        return step

    def _may_ask(self, task: Member) -> bool:
        """Whether `human_input` is what the crew is made with, and somebody makes it with what is or may be true."""
        given = self.program.arg(task.site, None, "human_input") if task.site is not None else None
        handed = [v for one in base.flat(given) if isinstance(one, Param) for v in self.program.handed(one)]
        return any(not isinstance(v, Const) or v.value is True for v in handed)

    def _checks(self, step: Item, member: Member) -> None:
        """Structured output checks the shape; a guardrail that is a function is a rule, one that is a text is a judge."""
        if member.site is None:
            return
        for name in ("output_pydantic", "output_json", "response_model"):
            given = self.program.arg(member.site, None, name)
            if not base.is_none(given):
                base.schema_check(step, base.arg_place(self.project, member.site, name))
        for name in ("guardrail", "guardrails"):
            for one in base.flat(self.program.arg(member.site, None, name)):
                at = base.arg_place(self.project, member.site, name)
                if isinstance(one, Func):
                    base.schema_check(step, at, rule=True)
                elif isinstance(one, Const) and isinstance(one.value, str) and step.value("validation.kind") is None:
                    step.say("validation.kind", "judge", at, note="a guardrail that is a text is checked by a model")
        words = ("guardrail_max_retries", "max_retries")
        tries = base.number(self.program.arg(member.site, None, *words))
        if tries is not None and step.value("retries.max") is None:
            step.say("retries.max", tries, base.arg_place(self.project, member.site, *words))

    def _output(self, task: Member) -> None:
        """`output_file`: the library writes the answer to a file."""
        path = base.text(self.program.arg(task.site, None, "output_file")) if task.site is not None else None
        named = path or (task.config.text("output_file") if task.config is not None else None)
        if named:
            store = self.sketch.add("store", named, self._line(task, "output_file"), "crewai.output_file", task.home)
            store.say("kind", "file").say("durable", True)

    # Around ------------------------------------------------------------------------------------------------------

    def _around(self, flow: Flow, crew: Crew) -> list[Item]:
        """What the crew itself adds: a manager, a planner, memory, knowledge. Gives back the steps that come first."""
        site = crew.site
        if site is None:
            return []
        found: list[Item] = []
        home = Home(site.path, site.scope.name)
        arg = self.program.arg
        if base.is_true(arg(site, None, "planning")):
            at = base.arg_place(self.project, site, "planning")
            step = flow.add("step", "planning", at, "crewai.planning", home).say("decider", "model").say("kind", "decide")
            base.say_model(
                step, base.model_of(self.project, self.sketch, arg(site, None, "planning_llm"), at, home, "crewai.planning")
            )
            found.append(step)
        if "hierarchical" in base.classes_in(arg(site, None, "process")):
            flow.open_ended = True
            found += self._manager(flow, crew, site, home)
        self._memory(flow, site, home)
        self._knowledge(site, home)
        return found

    def _manager(self, flow: Flow, crew: Crew, site: Site, home: Home) -> list[Item]:
        given = self.program.arg(site, None, "manager_agent")
        for made in base.made_by(given, *AGENT):
            member = self.member(made, "agents")
            if any(a.key == member.key for a in crew.agents):
                return []
            return [self._idle(flow, member, self._agent(flow, member))]
        if not base.is_none(given):
            return []
        value = self.program.arg(site, None, "manager_llm")
        at = base.arg_place(self.project, site, "manager_llm", "process")
        step = flow.add("step", "manager", at, "crewai.manager_llm", home).say("decider", "model").say("kind", "agent_loop")
        base.say_model(step, base.model_of(self.project, self.sketch, value, at, home, "crewai.manager_llm"), at)
        return [step]

    def _memory(self, flow: Flow, site: Site, home: Home) -> None:
        given = self.program.arg(site, None, "memory")
        named = [
            a
            for a in ("short_term_memory", "long_term_memory", "entity_memory", "external_memory", "user_memory")
            if not base.is_none(self.program.arg(site, None, a))
        ]
        if base.is_true(given) or any(isinstance(v, Made) for v in base.flat(given)) or named:
            at = base.arg_place(self.project, site, "memory", *named)
            store = flow.add("store", "crew memory", at, "crewai.memory", home)
            store.say("kind", "memory").say("durable", True, note="files on the machine's disk").say("persists", True)
        if self.program.arg(site, None, "checkpoint") is not None:
            at = base.arg_place(self.project, site, "checkpoint")
            flow.add("store", "checkpoints", at, "crewai.checkpoint", home).say("kind", "checkpointer").say("durable", True)


@dataclass(frozen=True)
class _Lines:
    """Stands in for a module where a value comes from a YAML file."""

    path: str

    def line(self, node: ast.AST | int) -> int:
        """The line of the file."""
        return node if isinstance(node, int) else getattr(node, "lineno", 1)


def _also(item: Item, member: Member) -> None:
    item.also(member.at)
    item.also(member.made_at)
    if member.config is not None:
        item.also(Place(member.config.path, member.config.line))
    if member.method is not None and item.value("symbol") is None and "symbol" not in {s.key for s in item.said}:
        item.say("symbol", f"{member.method.module.path}:{member.method.name}"[:120])


def _key_of(node: ast.AST | None) -> str | None:
    """The key in `config["key"]` or `config.get("key")`."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ):
        return node.args[0].value
    return None


def _key_within(node: ast.AST | None, scope: Scope) -> str | None:
    """The one key in what is built on an entry: `dict(self.agents_config["key"])`, also where a name stands for it."""
    if isinstance(node, ast.Name):
        bound = [b.value for b in scope.bindings.get(node.id, ()) if b.how == "value" and b.value is not None]
        node = bound[0] if len(bound) == 1 else None
    keys = {
        key
        for inner in (ast.walk(node) if node is not None else ())
        if (key := _key_of(inner)) is not None and _is_config(getattr(inner, "value", None) or getattr(inner, "func", None))
    }
    return keys.pop() if len(keys) == 1 else None


def _is_config(node: ast.AST | None) -> bool:
    """Whether an expression is what a crew keeps its YAML in: `self.agents_config`, `tasks_config`, `config.get`."""
    if isinstance(node, ast.Attribute) and node.attr == "get":
        node = node.value
    return str(getattr(node, "attr", "") or getattr(node, "id", "")).endswith("config")


def _beside(module: str, path: str) -> str | None:
    """A path written in a module, as a path of the folder; None when it leads out of it."""
    folder = module.rpartition("/")[0].split("/") if "/" in module else []
    for part in path.split("/"):
        if part == "..":
            if not folder:
                return None
            folder = folder[:-1]
        elif part not in ("", "."):
            folder = [*folder, part]
    return "/".join(folder)
