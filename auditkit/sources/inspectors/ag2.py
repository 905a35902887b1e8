"""AutoGen 0.2 and AG2: conversable agents, people as proxies, group chats and swarms; and AG2 from 1.0 on."""

from __future__ import annotations

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Home, Item, Place, Sketch
from auditkit.sources.inspectors import _framework as base
from auditkit.syntax.python.values import Const, Func, Klass, Made, Site, Table, Value

NAME = "AG2"
PACKAGES = ("autogen", "ag2", "pyautogen")
_KINDS = (
    "ConversableAgent",
    "AssistantAgent",
    "UserProxyAgent",
    "SwarmAgent",
    "GPTAssistantAgent",
    "RetrieveAssistantAgent",
    "RetrieveUserProxyAgent",
    "CaptainAgent",
    "ReasoningAgent",
    "MultimodalConversableAgent",
    "TeachableAgent",
    "MathUserProxyAgent",
)
_AGENT = tuple(f"autogen.**.{kind}" for kind in _KINDS)
_NEW = ("ag2.Agent", "ag2.agent.Agent")
_CHAT = ("autogen.**.GroupChat",)
CONSTRUCTORS = (
    *_AGENT,
    *_NEW,
    *_CHAT,
    "autogen.**.GroupChatManager",
    "autogen.**.LLMConfig",
    "autogen.**.AutoPattern",
    "autogen.**.DefaultPattern",
    "autogen.**.RoundRobinPattern",
    "autogen.**.*CodeExecutor",
    "ag2.**.*Config",
)
_MODES = {
    "UserProxyAgent": "ALWAYS",
    "RetrieveUserProxyAgent": "ALWAYS",
    "AssistantAgent": "NEVER",
    "RetrieveAssistantAgent": "NEVER",
    "SwarmAgent": "NEVER",
    "GPTAssistantAgent": "NEVER",
    "ConversableAgent": "TERMINATE",
}


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws the agents that stand together in one function or file as one workflow."""
    groups: dict[tuple[str, str], list[Site]] = {}
    for sites in base.once(project.program.sites(*_AGENT, *_NEW)).values():
        site = sites[0]
        groups.setdefault((site.path, site.scope.name), []).append(site)
    for sites in groups.values():
        _Group(project, sketch, sites).draw()


class _Group:
    """The agents of one function."""

    def __init__(self, project: Project, sketch: Sketch, sites: list[Site]) -> None:
        self.project = project
        self.sketch = sketch
        self.program = project.program
        self.sites = sites
        self.steps: dict[int, Item] = {}
        first = sites[0]
        self.flow: Flow = sketch.flow(base.enclosing(first.scope), base.place(first), "autogen.agents")
        self.flow.homes.add(Home(first.path, first.scope.name))

    def draw(self) -> None:
        """Agents, their tools, who talks to whom, and what ends the talk."""
        for site in self.sites:
            self.steps[id(site.node)] = self._agent(site)
            self.flow.keys.add(base.key_of(site))
        for site in self.sites:
            self._given_tools(site)
        self._registered()
        self._talks()

    def _kind(self, site: Site) -> str:
        return base.last(site.name)

    def _step_of(self, value: Value | None) -> Item | None:
        for one in base.flat(value):
            if isinstance(one, Made) and one.site is not None and id(one.site.node) in self.steps:
                return self.steps[id(one.site.node)]
        return None

    def _agent(self, site: Site) -> Item:
        at, home, kind = base.place(site), Home(site.path, site.scope.name), self._kind(site)
        name = base.text(self.program.arg(site, 0, "name")) or base.bound_name(site) or kind
        step = self.flow.add("step", name, at, site.name, home)
        agent = self.flow.add("agent", name, at, site.name, home)
        step.say("agent", agent)
        model = self._model(step, site, home)
        human = self._person(step, site, name, home)
        proxy = "UserProxy" in kind
        step.say("decider", "human" if human else "model" if model or (not proxy and not self._no_model(site)) else "code")
        if step.value("decider") == "model":
            step.say("kind", "agent_loop")
        replies = self.program.arg(site, None, "max_consecutive_auto_reply")
        if base.number(replies) is not None:
            base.say_limit(self.project, step, site, ("max_consecutive_auto_reply",), "")
        self._code(step, site)
        if not base.is_none(self.program.arg(site, None, "response_format", "response_schema")):
            base.schema_check(step, base.arg_place(self.project, site, "response_format", "response_schema"))
        return step

    def _no_model(self, site: Site) -> bool:
        given = self.program.arg(site, None, "llm_config")
        return isinstance(given, Const) and not given.value

    def _model(self, step: Item, site: Site, home: Home) -> bool:
        """Whether the agent asks a model; its ids are drawn."""
        given = self.program.arg(site, None, "llm_config", "config")
        if base.is_none(given) or self._no_model(site):
            return False
        drawn: list[Item | None] = []
        for value in _models_in(self.project, given):
            vendor = ""
            drawn.append(
                base.model_of(self.project, self.sketch, value, base.place(site), home, "autogen.llm_config", vendor=vendor)
            )
        base.say_model(step, next((m for m in drawn if m is not None), None), base.place(site))
        return True

    def _person(self, step: Item, site: Site, name: str, home: Home) -> bool:
        """Whether a person is asked: by the mode that is written, else by that of the class. NEVER is no person."""
        mode = base.text(self.program.arg(site, None, "human_input_mode"))
        stated = mode is not None
        if mode is None and self.program.closed(site) and self.program.arg(site, None, "human_input_mode") is None:
            mode = _MODES.get(self._kind(site))
        if self._kind(site) == "Agent" and not base.is_none(self.program.arg(site, None, "hitl_hook")):
            at = base.arg_place(self.project, site, "hitl_hook")
            base.person(self.flow, f"{name} asks a person", at, "ag2.hitl_hook", step, home)
            return False
        if mode == "ALWAYS":
            at = base.arg_place(self.project, site, "human_input_mode") if stated else base.place(site)
            base.person(self.flow, name, at, "autogen.human_input_mode", step, home)
            return True
        return bool(mode == "TERMINATE" and "UserProxy" in self._kind(site))

    def _code(self, step: Item, site: Site) -> None:
        given = self.program.arg(site, None, "code_execution_config")
        if base.is_none(given) or (isinstance(given, Const) and not given.value):
            return
        at = base.arg_place(self.project, site, "code_execution_config")
        step.say("executes", "code", at)
        action = self.flow.add("action", "execute_code", at, "autogen.code_execution_config", Home(site.path, site.scope.name))
        action.say("effect", "execute").say("consequential", True).say("decided_by", "model").say("step", step)
        action.step = step
        for gate in self.flow.of("gate"):
            if gate.step is step:  # a person who is asked for every answer is asked before code runs
                gate.protects = [action]
        for one in given.options() if given is not None else ():
            if not isinstance(one, Table):
                continue
            docker, executor = one.get("use_docker"), one.get("executor")
            made = next((v for v in base.flat(executor) if isinstance(v, Made)), None)
            if made is not None:
                base.sandbox(self.flow, "container" if "Docker" in made.name else "host", base.place(made), "autogen.executor")
            elif isinstance(docker, Const):
                base.sandbox(
                    self.flow, "container" if docker.value else "host", Place(docker.path, docker.line), "autogen.use_docker"
                )

    # Tools -------------------------------------------------------------------------------------------------------

    def _given_tools(self, site: Site) -> None:
        step = self.steps[id(site.node)]
        given = self.program.arg(site, None, "functions", "tools")
        items, _ = base.tools_of(self.project, self.sketch, self.flow, given, step, "autogen.tools")
        for value in base.flat(given):
            if not isinstance(value, Func):
                continue
            for name, _, deco in self.program.decorators(value.scope):
                middleware = self.program.arg(deco, None, "middleware") if deco is not None and name.startswith("ag2.") else None
                for one in base.flat(middleware):
                    if isinstance(one, Made) and base.fits(
                        one.name, "ag2.middleware.**.approval_required", "ag2.middleware.**.ApprovalRequired"
                    ):
                        tool = next((i for i in items if i.at == base.place(value.scope)), None)
                        base.person(
                            self.flow,
                            f"approval of {base.last(value.scope.name)}",
                            base.place(one),
                            "ag2.approval_required",
                            None,
                            None,
                            [tool] if tool is not None else [],
                        )

    def _registered(self) -> None:
        """`register_function(f, caller=, executor=)`, and the decorators `@agent.register_for_llm()`."""
        for site in self.program.sites("autogen.**.register_function"):
            step = self._step_of(self.program.arg(site, None, "caller"))
            if step is not None:
                self._tool(self.program.arg(site, 0, "f"), step, base.place(site))
        for scope, _, _, owner in self.program.decorated("autogen.**.register_for_llm"):
            step = self._step_of(owner)
            if step is not None:
                self._tool(Func(scope.node, scope.module, scope), step, base.place(scope))
        for site in self.program.sites("autogen.**.register_for_llm.__call__"):
            owner = site.owner
            inner = owner.of.owner if isinstance(owner, Made) and owner.site is not None else None  # type: ignore[attr-defined]
            step = self._step_of(inner)
            if step is not None:
                self._tool(self.program.arg(site, 0), step, base.place(site))

    def _tool(self, value: Value | None, step: Item, at: Place) -> None:
        items, _ = base.tools_of(self.project, self.sketch, self.flow, value, step, "autogen.register")
        for item in items:
            item.also(at)

    # Talks -------------------------------------------------------------------------------------------------------

    def _talks(self) -> None:
        flow = self.flow
        for site in self.program.sites("autogen.**.initiate_chat", "autogen.**.a_initiate_chat", "autogen.**.run"):
            sender = self._step_of(site.owner)
            given = self.program.arg(site, 0, "recipient")
            receiver = self._step_of(given) or self._manager(given, sender)
            if sender is None:
                continue
            flow.entries = flow.entries or [sender]
            if receiver is not None:
                flow.edge(sender, receiver, base.place(site))
                flow.edge(receiver, sender, base.place(site))
                flow.edge(receiver, None, base.place(site))
            base.say_limit(self.project, receiver or sender, site, ("max_turns",), "autogen02.max_consecutive_auto_reply")
        for site in self.program.sites(*_CHAT):
            self._group_chat(site)
        for site in self.program.sites(
            "autogen.**.initiate_swarm_chat", "autogen.**.initiate_group_chat", "autogen.**.a_initiate_group_chat"
        ):
            first = self._step_of(self.program.arg(site, None, "initial_agent")) or self._step_of(
                self.program.arg(site, None, "agents")
            )
            if first is not None:
                flow.entries = [first]
                flow.open_ended = True
                base.say_limit(self.project, first, site, ("max_rounds",), "")
        if not flow.edges:
            flow.open_ended = True
            flow.entries = flow.entries or list(self.steps.values())

    def _group_chat(self, site: Site) -> None:
        given = self.program.arg(site, 0, "agents")
        members = [s for v in base.flat(given) if (s := self._step_of(v)) is not None]
        at = base.place(site)
        if not members:
            return
        for before in members:
            for after in members:
                if before is not after:
                    self.flow.edge(before, after, at)
            self.flow.edge(before, None, at)
        base.say_limit(self.project, members[0], site, ("max_round",), "autogen02.group_chat.max_round")

    def _manager(self, value: Value | None, sender: Item | None) -> Item | None:
        """The first other member of the group chat that a manager leads."""
        for one in base.flat(value):
            if isinstance(one, Made) and one.site is not None and one.name.endswith(".GroupChatManager"):
                for chat in base.flat(self.program.arg(one.site, 0, "groupchat")):
                    if isinstance(chat, Made) and chat.site is not None:
                        members = [
                            s for v in base.flat(self.program.arg(chat.site, 0, "agents")) if (s := self._step_of(v)) is not None
                        ]
                        return next((m for m in members if m is not sender), None)
        return None


def _models_in(project: Project, value: Value | None, depth: int = 0) -> list[Value]:
    """The ids in a configuration: `{"model": ..}`, `{"config_list": [{"model": ..}]}`, `LLMConfig(model=..)`."""
    found: list[Value] = []
    for one in value.options() if value is not None and depth < 4 else ():
        if isinstance(one, Table):
            for key in ("model", "config_list"):
                inner = one.get(key)
                if inner is not None:
                    found += [inner] if key == "model" else [m for v in _tables(inner) for m in _models_in(project, v, depth + 1)]
        elif isinstance(one, Made) and one.site is not None and not isinstance(one.of, Klass):
            given = project.program.arg(one.site, None, "model")
            if given is not None:
                found.append(given)
            found += [
                m for v in _tables(project.program.arg(one.site, None, "config_list")) for m in _models_in(project, v, depth + 1)
            ]
            for node in one.site.node.args:
                found += _models_in(project, project.program.value(node, one.site.scope, one.site.frame), depth + 1)
    return found


def _tables(value: Value | None) -> list[Value]:
    found: list[Value] = []
    for one in value.options() if value is not None else ():
        found += list(getattr(one, "items", ())) if not isinstance(one, Table) else [one]
    return [v for v in found if not isinstance(v, tuple)]
