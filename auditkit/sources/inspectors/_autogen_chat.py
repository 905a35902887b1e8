"""AutoGen AgentChat: assistants, people and code executors, alone or in teams."""

from __future__ import annotations

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Home, Item, Place, Sketch
from auditkit.sources.inspectors import _framework as base
from auditkit.sources.inspectors._autogen_core import CLIENTS, client_model
from auditkit.syntax.python.values import Const, Klass, Made, Site, Value

_AGENT = ("autogen_agentchat.agents.**.*Agent", "autogen_ext.agents.**.*")
_TEAM = (
    "autogen_agentchat.teams.**.*GroupChat",
    "autogen_agentchat.teams.**.Swarm",
    "autogen_agentchat.teams.**.GraphFlow",
    "autogen_ext.teams.**.MagenticOne",
)
_HARD = {
    "MaxMessageTermination": ("max_messages", 0),
    "TokenUsageTermination": ("max_total_token", 0),
    "TimeoutTermination": ("timeout_seconds", 0),
}


class _Chat:
    """All teams and lone agents of a program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.sketch = sketch
        self.program = project.program
        self.used: set[int] = set()

    def draw(self) -> None:
        """Teams first, then the agents that are in none."""
        teams = [sites[0] for sites in base.once(self.program.sites(*_TEAM)).values()]
        for site in teams:
            self._team(site)
        groups: dict[tuple[str, str], list[Site]] = {}
        for sites in base.once(self.program.sites(*_AGENT)).values():
            site = sites[0]
            if id(site.node) not in self.used and not self._held(site):
                groups.setdefault((site.path, site.scope.name), []).append(site)
        for sites in groups.values():
            self._alone(sites)

    def _held(self, site: Site) -> bool:
        """Whether an agent is made inside a registered agent of AutoGen core: it belongs to that step."""
        holder = site.scope.holder
        return holder is not None and any(base.fits(b, "autogen_core.**.*Agent") for b in self.program.bases(holder))

    def _alone(self, sites: list[Site]) -> None:
        first = sites[0]
        name = self._name(first) if len(sites) == 1 else base.enclosing(first.scope)
        flow = self.sketch.flow(name, base.place(first), "autogen_agentchat.agents")
        flow.homes.add(Home(first.path, first.scope.name))
        for site in sites:
            step = self._agent(flow, site)
            flow.entries.append(step)
            flow.keys.add(base.key_of(site))

    # Teams -------------------------------------------------------------------------------------------------------

    def _team(self, site: Site) -> Flow:
        given = self.program.arg(site, 0, "participants")
        flow = base.flow_of(self.sketch, site, base.bound_name(site), "team", "group_chat", "flow", "agent", "self")
        steps: list[Item] = []
        named: dict[str, Item] = {}
        for made in self._participants(given):
            step = self._agent(flow, made)
            steps.append(step)
            named[step.name] = step
        kind = base.last(site.name)
        if not base.whole(given) or not steps:
            flow.open_ended = True
        if kind == "MagenticOne":
            steps.append(self._magentic(flow, site))
        self._order(flow, site, kind, steps, named)
        if steps:
            self._limit(site, steps[0], any(s.value("decider") == "human" for s in steps))
        return flow

    def _participants(self, value: Value | None) -> list[Site]:
        found: list[Site] = []
        for one in base.flat(value):
            if (
                isinstance(one, Made)
                and one.site is not None
                and (base.fits(one.name, *_AGENT) or self._own(one))
                and all(one.site.node is not f.node for f in found)
            ):
                found.append(one.site)
        return found

    def _own(self, made: Made) -> bool:
        """Whether an object is of a local class below AgentChat's agents."""
        return isinstance(made.of, Klass) and any(b.startswith("autogen_agentchat.") for b in self.program.bases(made.of.scope))

    def _magentic(self, flow: Flow, site: Site) -> Item:
        step = flow.add("step", "MagenticOne", base.place(site), site.name, Home(site.path, site.scope.name))
        step.say("decider", "model").say("kind", "agent_loop").say("executes", "code")
        action = flow.add("action", "execute_code", base.place(site), site.name)
        action.say("effect", "execute").say("consequential", True).say("decided_by", "model").say("step", step)
        action.step = step
        return step

    def _order(self, flow: Flow, site: Site, kind: str, steps: list[Item], named: dict[str, Item]) -> None:
        at = base.place(site)
        flow.entries = steps[:1]
        if kind == "RoundRobinGroupChat":
            for before, after in zip(steps, [*steps[1:], *steps[:1]], strict=True):
                if before is not after:
                    flow.edge(before, after, at)
            for step in steps[-1:]:
                flow.edge(step, None, at)
        elif kind == "GraphFlow":
            self._graph(flow, site, named)
        elif kind == "Swarm":
            for made in self._participants(self.program.arg(site, 0, "participants")):
                self._handoffs(flow, made, named)
            for step in steps:
                flow.edge(step, None, at)
        else:
            flow.entries = list(steps)
            for before in steps:
                for after in steps:
                    if before is not after:
                        flow.edge(before, after, at)
                flow.edge(before, None, at)

    def _graph(self, flow: Flow, site: Site, named: dict[str, Item]) -> None:
        targets: set[int] = set()
        for edge in self.program.sites("autogen_agentchat.teams.**.add_edge"):
            if edge.scope is not site.scope:
                continue
            source, target = (self._step_of(self.program.arg(edge, n, a), named) for n, a in ((0, "source"), (1, "target")))
            if source is not None and target is not None:
                flow.edge(source, target, base.place(edge))
                targets.add(id(target))
        flow.entries = [s for s in flow.of("step") if id(s) not in targets][:3] or flow.entries

    def _step_of(self, value: Value | None, named: dict[str, Item]) -> Item | None:
        for one in base.flat(value):
            if isinstance(one, Const) and isinstance(one.value, str):
                return named.get(one.value)
            if isinstance(one, Made) and one.site is not None:
                return named.get(self._name(one.site))
        return None

    def _handoffs(self, flow: Flow, site: Site, named: dict[str, Item]) -> None:
        for one in base.flat(self.program.arg(site, None, "handoffs")):
            to = one.value if isinstance(one, Const) else None
            if isinstance(one, Made) and one.site is not None:
                to = base.text(self.program.arg(one.site, 0, "target"))
            source = named.get(self._name(site))
            if source is not None and isinstance(to, str):
                flow.edge(source, named.get(to), base.arg_place(self.project, site, "handoffs"))

    def _limit(self, site: Site, step: Item, human: bool) -> None:
        """What ends the talk: a number of turns or messages, tokens or time; else a word of a model or person, or nothing."""
        at = base.place(site)
        base.wider_limit(step)
        turns = self.program.arg(site, None, "max_turns")
        if not base.is_none(turns):
            base.say_limit(self.project, step, site, ("max_turns",), "")
            return
        given = self.program.arg(site, None, "termination_condition")
        if base.is_none(given):
            if self.program.closed(site) and not human:
                key = "autogen.magentic_one.max_turns" if "Magentic" in site.name else "autogen.team.max_turns"
                base.say_default_limit(self.project, step, at, key)
            return
        conditions = [c for c in base.flat(given) if isinstance(c, Made)]
        for one in conditions:
            hard = _HARD.get(base.last(one.name))
            if hard is not None and one.site is not None:
                step.say("loop.bound", "coded", base.place(one)).say("loop.bound", "coded", at)
                if base.last(one.name) == "MaxMessageTermination":
                    step.say("loop.max_iterations", base.number(self.program.arg(one.site, hard[1], hard[0])), base.place(one))
                return
        if conditions and not human and all(base.fits(c.name, "autogen_agentchat.conditions.**.*") for c in conditions):
            note = "only a word or a message of a participant ends the talk"
            step.say("loop.bound", "none", base.place(conditions[0]), note=note).say("loop.bound", "none", at, note=note)

    # Agents ------------------------------------------------------------------------------------------------------

    def _name(self, site: Site) -> str:
        return base.agent_name(self.project, site, 0)

    def _agent(self, flow: Flow, site: Site) -> Item:
        self.used.add(id(site.node))
        at, home, kind = base.place(site), Home(site.path, site.scope.name), base.last(site.name)
        step = flow.add("step", self._name(site), at, f"autogen_agentchat.{kind}", home)
        if kind == "UserProxyAgent":
            step.say("decider", "human").say("kind", "approve")
            base.person(flow, step.name, at, "autogen_agentchat.UserProxyAgent", step, home)
            return step
        agent = flow.add("agent", step.name, at, f"autogen_agentchat.{kind}", home)
        step.say("agent", agent)
        executor = self.program.arg(site, 1 if kind == "CodeExecutorAgent" else None, "code_executor")
        client = self.program.arg(site, 1 if kind != "CodeExecutorAgent" else None, "model_client")
        if kind == "CodeExecutorAgent" and base.is_none(client):
            step.say("decider", "code")
        else:
            step.say("decider", "model").say("kind", "agent_loop")
        for made in base.made_by(client, *CLIENTS, "**.*"):
            base.say_model(step, client_model(self.project, self.sketch, made, at, home), at)
        items, closed = base.tools_of(self.project, self.sketch, flow, self.program.arg(site, 2, "tools"), step, "autogen.tools")
        if not base.is_none(self.program.arg(site, None, "workbench")):
            closed = False
            base.tools_of(self.project, self.sketch, flow, self.program.arg(site, None, "workbench"), step, "autogen.tools")
        if items and closed:
            agent.say("tools", [i.name for i in items], at, "resolved")
        if not base.is_none(executor):
            self._executor(flow, site, step, executor)
        if not base.is_none(self.program.arg(site, None, "output_content_type")):
            base.schema_check(step, base.arg_place(self.project, site, "output_content_type"))
        if items:
            base.say_limit(self.project, step, site, ("max_tool_iterations",), "autogen.assistant_agent.max_tool_iterations")
        self._memory(flow, site, home)
        return step

    def _memory(self, flow: Flow, site: Site, home: Home) -> None:
        for one in base.flat(self.program.arg(site, None, "memory")):
            if isinstance(one, Made) and base.fits(one.name, "autogen_*.**.*Memory*"):
                kept = base.last(one.name) != "ListMemory"
                store = flow.add(
                    "store",
                    base.bound_name(one.site) if one.site else base.last(one.name),
                    base.place(one),
                    "autogen.memory",
                    home,
                )
                store.say("kind", "vector" if kept else "memory").say("durable", kept if not kept else "unknown")

    def _executor(self, flow: Flow, site: Site, step: Item, executor: Value | None) -> None:
        """What runs the code that a model wrote, and whether somebody is asked before."""
        at = base.arg_place(self.project, site, "code_executor")
        step.say("executes", "code", at)
        action = flow.add("action", "execute_code", at, "autogen.code_executor", Home(site.path, site.scope.name))
        action.say("effect", "execute").say("consequential", True).say("decided_by", "model").say("step", step)
        action.step = step
        for one in base.flat(executor):
            if isinstance(one, Made):
                action.also(base.place(one))
                _sandbox(flow, one.name, base.place(one))
        approval = self.program.arg(site, None, "approval_func")
        if not base.is_none(approval):
            gate_at = base.arg_place(self.project, site, "approval_func")
            function = base.function_in(approval)
            human = function is None or base.asks_person(self.project, function)
            gate = flow.add("gate", "approval of code", gate_at, "autogen.approval_func", Home(site.path, site.scope.name))
            gate.say("type", "human" if human else "policy").say("enforced_in", "code")
            gate.protects = [action]


def _sandbox(flow: Flow, name: str, at: Place) -> None:
    kind = "container" if "Docker" in name else "sandbox" if "ACA" in name or "azure" in name else "host"
    if name:
        base.sandbox(flow, kind, at, "autogen.code_executor", f"{base.last(name)} runs the code")


def draw_chat(project: Project, sketch: Sketch) -> None:
    """Every team, and every agent that is in none, as a workflow."""
    _Chat(project, sketch).draw()


__all__ = ["draw_chat"]
