"""Semantic Kernel: agents with plugins, group chats, orchestrations, processes, and kernels that are asked directly."""

from __future__ import annotations

import ast
from itertools import pairwise

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Home, Item, Sketch
from auditkit.sources.inspection.tools import draw_tool
from auditkit.sources.inspectors import _framework as base
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.program import root_of
from auditkit.syntax.python.values import Const, Func, Klass, Made, Site, Value

NAME = "Semantic Kernel"
PACKAGES = ("semantic_kernel",)
_AGENT = tuple(
    f"semantic_kernel.agents.**.{kind}"
    for kind in (
        "ChatCompletionAgent",
        "OpenAIAssistantAgent",
        "AzureAssistantAgent",
        "AzureAIAgent",
        "OpenAIResponsesAgent",
        "AzureResponsesAgent",
        "BedrockAgent",
        "CopilotStudioAgent",
    )
)
_TEAM = tuple(
    f"semantic_kernel.agents.**.{kind}Orchestration" for kind in ("Sequential", "Concurrent", "Handoff", "GroupChat", "Magentic")
)
_CHAT = ("semantic_kernel.agents.**.AgentGroupChat",)
_PROCESS = ("semantic_kernel.processes.**.ProcessBuilder",)
_ASKS = (
    "semantic_kernel.**.Kernel.invoke_prompt",
    "semantic_kernel.**.Kernel.invoke",
    "semantic_kernel.**.get_chat_message_content",
    "semantic_kernel.**.get_chat_message_contents",
    "semantic_kernel.**.get_streaming_chat_message_content",
    "semantic_kernel.**.get_streaming_chat_message_contents",
)
CONSTRUCTORS = (
    *_AGENT,
    *_TEAM,
    *_CHAT,
    *_PROCESS,
    "semantic_kernel.**.Kernel",
    "semantic_kernel.**.ChatHistoryAgentThread",
    "semantic_kernel.connectors.**.*",
    "semantic_kernel.agents.**.*",
)


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws processes, orchestrations and group chats, then agents and kernels that are in none."""
    drawing = _Drawing(project, sketch)
    drawing.processes()
    drawing.teams()
    drawing.alone()
    drawing.kernels()
    base.stores_of(
        project,
        sketch,
        "semantic_kernel.store",
        ("semantic_kernel.**.VolatileMemoryStore", "memory", False),
        ("semantic_kernel.**.InMemoryStore", "vector", False),
        ("semantic_kernel.**.InMemoryCollection", "vector", False),
    )


class _Drawing:
    """The workflows of one program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.sketch = sketch
        self.program = project.program
        self.used: set[int] = set()
        self.covered: set[str] = set()

    def _flow(self, site: Site) -> Flow:
        name = base.text(self.program.arg(site, None, "name")) or base.bound_name(site)
        vague = ("agent", "chat", "process", "process_builder", "orchestration", "self", "kernel")
        flow = base.flow_of(self.sketch, site, name, *vague)
        self.covered.add(site.path)
        return flow

    # Processes ---------------------------------------------------------------------------------------------------

    def processes(self) -> None:
        """`ProcessBuilder` with its steps and the events between them."""
        for node, sites in base.once(self.program.sites(*_PROCESS)).items():
            site = sites[0]
            steps: dict[int, Item] = {}
            flow = self._flow(site)
            for call in self.program.sites(*(f"{p}.add_step" for p in _PROCESS)):
                root = root_of(call.callee)
                if root is not None and root.site is not None and id(root.site.node) == node:
                    for klass in base.flat(self.program.arg(call, 0, "step_type")):
                        if isinstance(klass, Klass):
                            steps[id(call.node)] = self._step(flow, klass.scope, call)
            self._events(flow, steps)
            if not steps:
                self.sketch.flows.remove(flow)

    def _step(self, flow: Flow, klass: Scope, call: Site) -> Item:
        home = Home(klass.module.path, klass.name)
        step = flow.add(
            "step", base.bound_name(call) or base.last(klass.name), base.place(call), "semantic_kernel.add_step", home
        )
        step.also(base.place(klass)).say("symbol", f"{klass.module.path}:{klass.name}"[:120])
        flow.homes.add(home)
        methods = list(base.functions_of(klass))
        deciders = {base.decider_of(self.project, m) for m in methods}
        step.say("decider", next((d for d in ("model", "human") if d in deciders), "code"), how="resolved")
        return step

    def _events(self, flow: Flow, steps: dict[int, Item]) -> None:
        for module in self.program.modules.values():
            for call in (*module.by_tail.get("send_event_to", ()), *module.by_tail.get("stop_process", ())):
                source = self._behind(call.node.func, call.scope, steps)
                at = flow.at._replace(path=module.path, line=module.line(call.line))
                if isinstance(call.node.func, ast.Attribute) and call.node.func.attr == "stop_process":
                    if source is not None:
                        flow.edge(source, None, at)
                    continue
                made = Site(call, self.program.resolved(call))
                target = next(
                    (
                        steps[id(v.site.node)]
                        for v in base.flat(self.program.arg(made, 0, "target"))
                        if isinstance(v, Made) and v.site is not None and id(v.site.node) in steps
                    ),
                    None,
                )
                if target is not None and source is not None:
                    flow.edge(source, target, at)
                elif target is not None and target not in flow.entries:
                    flow.entries.append(target)

    def _behind(self, node: ast.AST, scope: Scope, steps: dict[int, Item]) -> Item | None:
        """The step at the start of `step.on_event(..).send_event_to`."""
        here: ast.AST = node
        for _ in range(12):
            if isinstance(here, ast.Attribute):
                here = here.value
            elif isinstance(here, ast.Call):
                if id(here) in steps:
                    return steps[id(here)]
                here = here.func
            else:
                break
        for one in self.program.value(here, scope).options():
            if isinstance(one, Made) and one.site is not None and id(one.site.node) in steps:
                return steps[id(one.site.node)]
        return None

    # Agents ------------------------------------------------------------------------------------------------------

    def teams(self) -> None:
        """Orchestrations and group chats of agents."""
        for sites in base.once(self.program.sites(*_TEAM, *_CHAT)).values():
            site = sites[0]
            given = self.program.arg(site, None, "members", "agents")
            members = [m.site for m in base.made_by(given, *_AGENT) if m.site is not None]
            members = list({id(m.node): m for m in members}.values())
            if not members:
                continue
            flow = self._flow(site)
            named = {self._name(m): self._agent(flow, m) for m in members}
            steps = list(named.values())
            flow.open_ended = not base.whole(given)
            self._order(flow, site, steps, named)
            self._people(flow, site, steps)
            self._limit(site, steps)

    def _order(self, flow: Flow, site: Site, steps: list[Item], named: dict[str, Item]) -> None:
        kind, at = base.last(site.name), base.place(site)
        flow.entries = steps[:1]
        pairs: list[tuple[Item, Item]] = []
        if kind == "SequentialOrchestration":
            pairs = list(pairwise(steps))
        elif kind == "ConcurrentOrchestration":
            flow.entries = list(steps)
        elif kind == "HandoffOrchestration":
            pairs = self._handoffs(site, named)
        else:
            pairs = [(a, b) for a in steps for b in steps if a is not b]
        for before, after in pairs:
            flow.edge(before, after, at)
        for step in steps if kind != "SequentialOrchestration" else steps[-1:]:
            flow.edge(step, None, at)

    def _handoffs(self, site: Site, named: dict[str, Item]) -> list[tuple[Item, Item]]:
        found: list[tuple[Item, Item]] = []
        for call in self.program.sites(
            "semantic_kernel.agents.**.OrchestrationHandoffs.**.add",
            "semantic_kernel.agents.**.OrchestrationHandoffs.**.add_many",
        ):
            if call.path != site.path:
                continue
            source = self._named(call, "source_agent", 0, named)
            for target in self._named(call, "target_agent", 1, named) + self._named(call, "target_agents", 1, named):
                found += [(s, target) for s in source if s is not target]
        return list(dict.fromkeys(found))

    def _named(self, call: Site, arg: str, position: int, named: dict[str, Item]) -> list[Item]:
        """The agents that an argument names: by object, by `agent.name`, or as the keys of a table."""
        node = next((k.value for k in call.node.keywords if k.arg == arg), None)
        if node is None and position < len(call.node.args):
            node = call.node.args[position]
        nodes = list(node.keys) if isinstance(node, ast.Dict) else [node]
        found: list[Item] = []
        for one in nodes:
            inner = one.value if isinstance(one, ast.Attribute) and one.attr == "name" else one
            for value in base.flat(self.program.value(inner, call.scope, call.frame)):
                name = (
                    self._name(value.site)
                    if isinstance(value, Made) and value.site is not None
                    else value.value
                    if isinstance(value, Const)
                    else None
                )
                if name in named:
                    found.append(named[str(name)])
        return found

    def _people(self, flow: Flow, site: Site, steps: list[Item]) -> None:
        managers = [v for v in base.flat(self.program.arg(site, None, "manager")) if isinstance(v, Made) and v.site is not None]
        for holder in (site, *(m.site for m in managers if m.site is not None)):
            given = self.program.arg(holder, None, "human_response_function")
            if not base.is_none(given):
                at = base.arg_place(self.project, holder, "human_response_function")
                function = base.function_in(given)
                gate = base.person(flow, "human response", at, "semantic_kernel.human_response_function", steps[0])
                if function is not None:
                    gate.also(base.place(function))

    def _limit(self, site: Site, steps: list[Item]) -> None:
        kind = base.last(site.name)
        if kind in ("AgentGroupChat", "GroupChatOrchestration", "MagenticOrchestration"):
            base.wider_limit(steps[0])
        if kind == "AgentGroupChat":
            given = self.program.arg(site, None, "termination_strategy")
            for one in base.flat(given):
                if isinstance(one, Made) and one.site is not None:
                    base.say_limit(
                        self.project,
                        steps[0],
                        one.site,
                        ("maximum_iterations",),
                        "semantic_kernel.termination_strategy.maximum_iterations" if not isinstance(one.of, Klass) else "",
                    )
                    return
            if given is None:
                base.say_default_limit(
                    self.project, steps[0], base.place(site), "semantic_kernel.termination_strategy.maximum_iterations"
                )
        elif kind in ("GroupChatOrchestration", "MagenticOrchestration"):
            for one in base.flat(self.program.arg(site, None, "manager")):
                if isinstance(one, Made) and one.site is not None:
                    base.say_limit(self.project, steps[0], one.site, ("max_rounds", "max_round_count"), "")

    def alone(self) -> None:
        """Agents in no team: those of one function are one workflow; an agent that is a plugin of another is below it."""
        groups: dict[tuple[str, str], list[Site]] = {}
        for sites in base.once(self.program.sites(*_AGENT)).values():
            site = sites[0]
            if id(site.node) not in self.used:
                groups.setdefault((site.path, site.scope.name), []).append(site)
        for sites in groups.values():
            flow = self._flow(sites[0])
            drawn = {id(s.node): self._agent(flow, s) for s in sites}
            below: set[int] = set()
            for site in sites:
                for one in base.flat(self.program.arg(site, None, "plugins")):
                    if isinstance(one, Made) and one.site is not None and id(one.site.node) in drawn:
                        below.add(id(one.site.node))
                        flow.edge(drawn[id(site.node)], drawn[id(one.site.node)], base.place(site))
            flow.entries = [step for node, step in drawn.items() if node not in below]

    def _name(self, site: Site) -> str:
        return base.agent_name(self.project, site)

    def _agent(self, flow: Flow, site: Site) -> Item:
        self.used.add(id(site.node))
        step, agent = base.draw_agent(flow, site, self._name(site))
        self._asks(flow, step, site, Home(site.path, site.scope.name), agent)
        return step

    def _asks(self, flow: Flow, step: Item, site: Site, home: Home, agent: Item | None) -> None:
        """Model, plugins and limits of an agent, its kernel's included."""
        at = base.place(site)
        kernel = self.program.arg(site, None, "kernel")
        service = self.program.arg(site, None, "service")
        base.say_model(step, base.model_of(self.project, self.sketch, service, at, home, "semantic_kernel.service"), at)
        plugins = self._plugins(flow, step, self.program.arg(site, None, "plugins"))
        for one in base.flat(kernel):
            if isinstance(one, Made) and one.site is not None:
                plugins += self._kernel(flow, step, one.site, home)
        if agent is not None and plugins:
            agent.say("tools", [p.name for p in plugins], at, "resolved")
        behaviour = self.program.arg(site, None, "function_choice_behavior")
        if plugins and base.is_none(behaviour):
            base.say_default_limit(self.project, step, at, "semantic_kernel.auto_invoke_attempts")
        for one in base.flat(behaviour):
            if isinstance(one, Made) and one.site is not None:
                base.say_limit(
                    self.project, step, one.site, ("maximum_auto_invoke_attempts",), "semantic_kernel.auto_invoke_attempts"
                )

    def _kernel(self, flow: Flow, step: Item, kernel: Site, home: Home) -> list[Item]:
        """What is added to a kernel: services, plugins, and filters that may stop a function."""
        found: list[Item] = []
        for call in self.program.sites(
            "semantic_kernel.**.Kernel.add_service",
            "semantic_kernel.**.Kernel.add_plugin",
            "semantic_kernel.**.Kernel.add_function",
            "semantic_kernel.**.Kernel.add_filter",
        ):
            root = root_of(call.callee)
            if root is None or root.site is None or root.site.node is not kernel.node:
                continue
            verb = base.last(call.name)
            given = self.program.arg(call, 0, "service", "plugin")
            if verb == "add_service":
                base.say_model(
                    step, base.model_of(self.project, self.sketch, given, base.place(call), home, "semantic_kernel.add_service")
                )
            elif verb == "add_filter":
                for item in flow.of("action"):
                    item.open = True
            else:
                found += self._plugins(flow, step, given)
        return found

    def _plugins(self, flow: Flow, step: Item, value: Value | None) -> list[Item]:
        """The functions of plugins: methods under `@kernel_function`, functions given as they are, packaged plugins."""
        found: list[Item] = []
        for one in base.flat(value):
            klass = (
                one.of.scope
                if isinstance(one, Made) and isinstance(one.of, Klass)
                else one.scope
                if isinstance(one, Klass)
                else None
            )
            if klass is not None:
                for method in base.functions_of(klass):
                    marked = [s for n, _, s in self.program.decorators(method) if n.endswith(".kernel_function")]
                    if marked:
                        named = base.text(self.program.arg(marked[0], None, "name")) if marked[0] is not None else None
                        item = draw_tool(
                            self.project,
                            flow,
                            Func(method.node, method.module, method),
                            "semantic_kernel.kernel_function",
                            step,
                            name=named,
                        )
                        found += [item] if item is not None else []
            elif not (isinstance(one, Made) and base.fits(one.name, *_AGENT)):
                items, _ = base.tools_of(self.project, self.sketch, flow, one, step, "semantic_kernel.plugins")
                found += items
        return found

    # Kernels -----------------------------------------------------------------------------------------------------

    def kernels(self) -> None:
        """Calls that ask a kernel or a chat service outside of agents: one step each function that does."""
        groups: dict[tuple[str, str], list[Site]] = {}
        for site in self.program.sites(*_ASKS):
            holder = site.scope.holder
            if site.path in self.covered or (
                holder is not None and any(b.startswith("semantic_kernel.") for b in self.program.bases(holder))
            ):
                continue
            groups.setdefault((site.path, site.scope.name), []).append(site)
        for sites in groups.values():
            site = sites[0]
            flow = self.sketch.flow(base.enclosing(site.scope), base.place(site), site.name)
            home = Home(site.path, site.scope.name)
            flow.homes.add(home)
            step = flow.add("step", base.enclosing(site.scope), base.place(site), site.name, home).say("decider", "model")
            flow.entries = [step]
            base.say_loops_around(step, sites)
            for kernel in self.program.sites("semantic_kernel.**.Kernel"):
                if kernel.path == site.path:
                    self._kernel(flow, step, kernel, home)
            owner = root_of(site.callee)
            if owner is not None:
                base.say_model(
                    step, base.model_of(self.project, self.sketch, owner, base.place(site), home, "semantic_kernel.service")
                )
