"""What the agent frameworks have in common: agents that are built, linked to each other, and run from code.

A framework's inspector says which calls build agents, how they are linked and where they are run. From that come
the workflows (agents that are linked, or run by the same code), their steps and the order of these.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.effects import CONSEQUENTIAL, Effect, effect_of, say_effect
from auditkit.sources.inspection.models import draw_model
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Home, Item, Place, Sketch
from auditkit.sources.inspection.tools import draw_tool
from auditkit.sources.inspectors._framework import behind, say_inherited
from auditkit.sources.inspectors._library_tools import inherited, library_tool
from auditkit.sources.inspectors._limits import say_client
from auditkit.sources.inspectors._order import Mark, Order
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Scope, tail, walk
from auditkit.syntax.python.program import Program, root_of, text_of
from auditkit.syntax.python.values import Const, Func, Klass, Made, Many, Outside, Site, Value

LinkKind = Literal["handoff", "call", "guard", "check"]
"""How one agent leads to another: for good, with a return, as a check of what comes in, as a check of what goes out."""
_FOR_SURE = frozenset(
    (
        "buy",
        "purchase",
        "pay",
        "refund",
        "charge",
        "send",
        "email",
        "sms",
        "delete",
        "cancel",
        "deploy",
        "publish",
        "tweet",
        "transfer",
        "book",
        "order",
    )
)
"""First words of a plain function that acts on the outside, whatever its body shows."""
_ACTING = frozenset(("message", "money", "database", "http", "cloud", "deploy"))
MOST_CLIMBED = 400


_CONVERSATION = later(
    r"(?i)(?:save|store|log|add|append|record|insert|persist|write)_?\w*(?:message|history|conversation|chat|turn|session)"
)
"""Names of functions that keep what was said."""


@dataclass(eq=False)
class Link:
    """A way from an agent to another."""

    kind: LinkKind
    to: Agent
    at: Place


@dataclass(eq=False)
class Agent:
    """One agent as it is built in code."""

    site: Site
    name: str
    at: Place
    home: Home
    variable: str = ""
    links: list[Link] = field(default_factory=list)
    tools: list[Value] = field(default_factory=list)
    whole: bool = True
    """Whether it can have no other tools."""
    model: Value | None = None
    decider: Literal["model", "code"] = "model"
    shape: Literal["", "sequence", "parallel", "loop", "graph"] = ""
    """How it runs its parts, when it is made of other agents."""
    ways: list[tuple[Agent | None, Agent, Place]] = field(default_factory=list)
    """The edges of a graph of parts; those from None begin it."""
    hidden: bool = False
    """Whether it is the workflow itself, and no step of it."""
    parts: list[Agent] = field(default_factory=list)
    keys: set[object] = field(default_factory=set)
    step: Item | None = None

    def link(self, kind: LinkKind, to: Iterable[Agent], at: Place) -> None:
        """Notes ways to other agents, once each."""
        for other in to:
            if other is not self and not any(k.to is other and k.kind == kind for k in self.links):
                self.links.append(Link(kind, other, at))


@dataclass(eq=False)
class Run:
    """A call that runs agents: the call itself, or that of the helper function that was handed the agent."""

    agents: list[Agent]
    site: Site
    node: ast.Call
    scope: Scope

    @property
    def at(self) -> Place:
        """Where the framework is called."""
        return Place(self.site.path, self.site.line)


@dataclass(eq=False)
class Group:
    """The agents of one workflow, the calls that run them, and the functions from which that is done."""

    agents: list[Agent]
    runs: list[Run] = field(default_factory=list)
    tops: list[Scope] = field(default_factory=list)
    leading: dict[int, Scope] = field(default_factory=dict)
    flow: Flow = None  # type: ignore[assignment]


def identity(made: Made) -> tuple[int, int]:
    """What the looks at one constructor share, whichever way they came to it."""
    site = made.site
    if site is None:
        return 0, id(made)
    return id(site.call.node), id(site.frame.call.node) if site.frame is not None and site.frame.call is not None else 0


class Team:
    """All agents of one framework in one program."""

    def __init__(self, project: Project, sketch: Sketch, rule: str, unwrap: Callable[[Made], Value | None] | None = None) -> None:
        self.project = project
        self.program: Program = project.program
        self.sketch = sketch
        self.rule = rule
        self.unwrap = unwrap or _no_wrapper
        self.agents: list[Agent] = []
        self.runs: list[Run] = []
        self._used: list[Item] = []
        self._found = list(sketch.loose)
        """What other inspectors had drawn before."""
        self.inner: dict[int, list[tuple[Agent, LinkKind]]] = {}
        """Functions that agents call by themselves (tools, hooks, guardrails), with their agents."""
        self.steps = {i.home for f in sketch.flows for i in f.of("step") if i.home is not None and i.home.name}
        """The code of steps that other inspectors have drawn: a climb ends there."""
        self._by_identity: dict[tuple[int, int], Agent] = {}
        self._by_node: dict[int, list[Agent]] = {}

    # Finding ---------------------------------------------------------------------------------------------------

    def add(self, site: Site, *names: str, position: int | None = None) -> Agent:
        """An agent by its constructor; `names` are the arguments that name it."""
        variable = variable_of(site)
        given = self.program.arg(site, position, *names) if names else None
        name = next((t for one in (given.options() if given is not None else ()) if (t := text_of(one))), None)
        title = name or variable or f"{site.name.rpartition('.')[2] or 'agent'}"
        same = [a for a in self._by_node.get(id(site.node), ()) if a.name == title]
        if same:
            agent = same[0]
        else:
            agent = Agent(site, title[:120], Place(site.path, site.line), home_of(site.scope), variable)
            self.agents.append(agent)
            self._by_node.setdefault(id(site.node), []).append(agent)
        made = Made(site.node, site.module, site.callee, site)
        self._by_identity[identity(made)] = agent
        agent.keys.update((made.key, (id(site.node), 0)))
        return agent

    def of(self, value: Value | None, depth: int = 0) -> list[Agent]:
        """The agents a value may be or hold, in order, once each."""
        found: list[Agent] = []
        for one in value.options() if value is not None and depth < 8 else ():
            if isinstance(one, Many):
                for item in one.items:
                    found += self.of(item, depth + 1)
            elif isinstance(one, Made):
                agent = self._known(one)
                if agent is not None:
                    agent.keys.add(one.key)
                    found.append(agent)
                else:
                    found += self.of(self.unwrap(one), depth + 1)
        return list(dict.fromkeys(found))

    def _known(self, made: Made) -> Agent | None:
        if made.site is None:
            return None
        exact = self._by_identity.get(identity(made))
        if exact is not None:
            return exact
        same = self._by_node.get(id(made.site.call.node), [])
        return same[0] if same else None

    def ran(self, site: Site, value: Value | None) -> Run | None:
        """Notes a call that runs the agents of a value."""
        agents = self.of(value)
        if not agents:
            return None
        call = site.frame.call if site.frame is not None and site.frame.call is not None else site.call
        run = next((r for r in self.runs if r.node is call.node and r.site.node is site.node), None)
        if run is None:
            run = Run(agents, site, call.node, call.scope)
            self.runs.append(run)
        else:
            run.agents = list(dict.fromkeys([*run.agents, *agents]))
        return run

    def within(self, scope: Scope, agent: Agent, kind: LinkKind = "call") -> None:
        """Notes a function that an agent calls by itself."""
        held = self.inner.setdefault(id(scope), [])
        if (agent, kind) not in held:
            held.append((agent, kind))

    # Grouping --------------------------------------------------------------------------------------------------

    def groups(self) -> list[Group]:
        """The agents by workflow, in the order in which they stand in the files."""
        climbed = [self._climb(run) for run in self.runs]
        parent: dict[int, int] = {}

        def top(key: int) -> int:
            while parent.setdefault(key, key) != key:
                key = parent[key]
            return key

        def join(a: int, b: int) -> None:
            parent[top(b)] = top(a)

        for run, (visited, _) in zip(self.runs, climbed, strict=True):
            for other in (*run.agents[1:], *visited.values()):
                join(id(run.agents[0]), id(other))
        for agent in self.agents:
            for other in (*(k.to for k in agent.links), *agent.parts):
                join(id(agent), id(other))
        self._built_together(climbed, join)
        groups: dict[int, Group] = {}
        for agent in self.agents:
            groups.setdefault(top(id(agent)), Group([])).agents.append(agent)
        for run, (visited, tops) in zip(self.runs, climbed, strict=True):
            group = groups[top(id(run.agents[0]))]
            group.runs.append(run)
            group.leading.update(visited)
            group.tops += [t for t in tops if t not in group.tops]
        return list(groups.values())

    def _built_together(self, climbed: list[tuple[dict[int, Scope], list[Scope]]], join: Callable[[int, int], None]) -> None:
        """An agent that no code here runs belongs to those that are built by the same function."""
        run = {id(a) for r, (visited, _) in zip(self.runs, climbed, strict=True) if visited for a in r.agents}
        linked = {id(x) for a in self.agents for o in (*(k.to for k in a.links), *a.parts) for x in (a, o)}
        first: dict[Home, Agent] = {}
        for agent in sorted(self.agents, key=lambda a: id(a) not in run):
            if agent.home.name:
                other = first.setdefault(agent.home, agent)
                if other is not agent and id(agent) not in run and id(agent) not in linked:
                    join(id(other), id(agent))

    def _climb(self, run: Run) -> tuple[dict[int, Scope], list[Scope]]:
        """The functions from which a run is reached, up to those that nobody calls. A function that an agent calls
        by itself ends the climb: what it runs is run for that agent."""
        visited: dict[int, Scope] = {}
        tops: list[Scope] = []
        stack = [run.scope]
        while stack and len(visited) < MOST_CLIMBED:
            scope = stack.pop()
            if id(scope) in visited:
                continue
            if id(scope) in self.inner:
                for owner, kind in self.inner[id(scope)]:
                    owner.link(kind, run.agents, run.at)
                continue
            visited[id(scope)] = scope
            if home_of(scope) in self.steps:  # the node of a graph: another workflow's step runs these agents
                tops.append(scope)
                continue
            users = [u for u in self._users.get(id(scope), ()) if u is not scope]
            stack += users
            if not users and scope.kind != "class":
                tops.append(scope)
        return visited, tops

    @property
    def _users(self) -> dict[int, list[Scope]]:
        """Who names a function, for every function; remembered with the program's code."""
        code = self.project.code
        found: dict[int, list[Scope]] | None = code.__dict__.get("_users_of")
        if found is None:
            found = {}
            for module in self.program.modules.values():
                for scope in module.scopes:
                    for target in self.program.refs(scope):
                        found.setdefault(id(target), []).append(scope)
            code.__dict__["_users_of"] = found
        return found

    # Drawing ---------------------------------------------------------------------------------------------------

    def draw(self, group: Group, default_model: str = "", vendor: str = "") -> Flow:
        """The workflow of a group: its steps with their models and tools, and the order in which they come."""
        first = _first(group)
        flow = self.sketch.flow(first.name, first.at, self.rule)
        group.flow = flow
        for agent in group.agents:
            flow.keys |= agent.keys
            flow.homes.add(agent.home)
            if not agent.hidden:
                self._step(flow, agent)
        flow.homes |= {home_of(s) for s in group.leading.values()}
        self._models(group, default_model, vendor)
        self._links(group)
        self._order(group)
        drawn = [a for a in group.agents if a.step is not None and a.decider == "model"]
        if len(drawn) > 1:
            _agents(flow, drawn)
        return flow

    def _step(self, flow: Flow, agent: Agent) -> None:
        step = flow.add("step", agent.name, agent.at, self.rule)
        step.say("decider", agent.decider)
        step.say("symbol", f"{agent.at.path}:{agent.variable or agent.home.name or agent.name}"[:120])
        agent.step = step

    def _models(self, group: Group, default_model: str, vendor: str) -> None:
        """A model for each place where one is named; one unnamed for all agents that leave it to the library."""
        unnamed: Item | None = None
        for agent in group.agents:
            if agent.step is None or agent.decider == "code":
                continue
            if agent.model is None or _nothing(agent.model):
                if default_model and unnamed is None:
                    unnamed = draw_model(
                        self.project, self.sketch, None, agent.at, agent.home, f"{self.rule}.model", vendor, default_model
                    )
                elif unnamed is not None:
                    unnamed.also(agent.at)
                model = unnamed
            else:
                model = draw_model(self.project, self.sketch, agent.model, agent.at, agent.home, f"{self.rule}.model", vendor)
            if model is not None:
                agent.step.say("model", model)
                self._own(group.flow, agent, model)

    def _own(self, flow: Flow, agent: Agent, model: Item) -> None:
        """Puts a model, and the vendor that serves it, into the workflows that use it and into no others."""
        if model not in flow.items:
            flow.items.append(model)
        self._used.append(model)
        for vendor in [i for i in self.sketch.loose if i.kind == "integration" and i.value("kind") == "model"]:
            if vendor.name != model.value("provider") and model.at not in vendor.places:
                continue
            self._used.append(vendor)
            own = next((i for i in flow.of("integration") if i.name == vendor.name and i.value("kind") == "model"), None)
            if own is None:
                own = flow.add("integration", vendor.name, agent.at, vendor.rule, agent.home)
                own.said = [s for s in vendor.said if s.at.path in (agent.at.path, model.at.path) or s.key == "kind"]
                if self.rule in ("openai_agents", "pydantic_ai", "agno", "swarm"):
                    say_client(self.project, own, agent.at)
            own.also(agent.at).also(model.at)

    def close(self) -> None:
        """What the workflows here have taken is no longer looked for by others."""
        self.sketch.loose = [i for i in self.sketch.loose if i not in self._used or i in self._found]

    def _links(self, group: Group) -> None:
        flow = group.flow
        for agent in group.agents:
            self._parts(flow, agent)
            for link in agent.links:
                if agent.step is None or link.to.step is None:
                    continue
                match link.kind:
                    case "handoff":
                        flow.edge(agent.step, link.to.step, link.at)
                    case "call":
                        flow.edge(agent.step, link.to.step, link.at)
                        for end in ends(link.to):
                            flow.edge(end, agent.step, link.at)
                    case "guard":
                        flow.edge(link.to.step, agent.step, link.at)
                    case "check":
                        flow.edge(agent.step, link.to.step, link.at)
                        flow.edge(link.to.step, None, link.at)

    def _parts(self, flow: Flow, agent: Agent) -> None:
        """The order in which an agent that is made of others runs these."""
        if not agent.parts or not agent.shape:
            return
        for step in begins(agent, inside=True):
            if agent.step is not None:
                flow.edge(agent.step, step, agent.at)
        if agent.shape == "parallel":
            return
        if agent.shape == "graph":
            for source, target, at in agent.ways:
                for end in ends(source) if source is not None else ():
                    for step in begins(target):
                        flow.edge(end, step, at)
            return
        following = list(zip(agent.parts, agent.parts[1:], strict=False))
        if agent.shape == "loop":
            following.append((agent.parts[-1], agent.parts[0]))
        for before, after in following:
            for end in ends(before):
                for step in begins(after):
                    flow.edge(end, step, agent.at)

    def _order(self, group: Group) -> None:
        """Edges and entries from the code that runs the agents; without such code, from the links alone."""
        flow = group.flow
        marks: dict[int, list[Mark]] = {}
        for run in group.runs:
            first = [b for a in run.agents for b in begins(a)]
            if id(run.scope) in group.leading and first:
                last = tuple(dict.fromkeys(e for a in run.agents for e in ends(a)))
                marks.setdefault(id(run.node), []).append(Mark(first[0], last, run.at))
                flow.entries += [] if flow.entries else first[:1]
        if marks:
            marks |= self._deeds(group, marks)
        starts: list[Item] = []
        for scope in group.tops:
            order = Order(self.program, marks, set(group.leading))
            order.run(scope)
            for source, target, at in order.edges.values():
                if source is None and target is not None:
                    starts.append(target)
                elif source is not None:
                    flow.edge(source, target, at)
        guards = [link.to.step for a in group.agents for link in a.links if link.kind == "guard" and link.to.step is not None]
        if not starts:
            starts = flow.entries
            for agent in _roots(group):
                starts = starts or begins(agent)
                for end in ends(agent):
                    flow.edge(end, None, end.at)
        flow.entries = list(dict.fromkeys([*starts, *guards]))

    def _deeds(self, group: Group, marks: dict[int, list[Mark]]) -> dict[int, list[Mark]]:
        """Plain functions that act on the outside and that code calls beside the agents: each an action and a step."""
        found: dict[int, list[Mark]] = {}
        for scope in group.leading.values():
            for call in scope.module.calls:
                if call.scope is not scope or id(call.node) in marks:
                    continue
                for one in self.program.resolved(call).options():
                    if isinstance(one, Func) and id(one.scope) not in group.leading and id(one.scope) not in self.inner:
                        effect = acting(self.project, one.scope)
                        if effect is not None and not self._remembers(one.scope):
                            step = self._act(group.flow, one.scope, effect)
                            at = Place(scope.module.path, scope.module.line(call.line))
                            found[id(call.node)] = [Mark(step, (step,), at)]
        return found

    def _remembers(self, scope: Scope) -> bool:
        """Whether a function only puts the conversation into the program's own database: `store_message(session, text)`."""
        changing = [d for d in self.project.code.deeds(scope) if d.effect in CONSEQUENTIAL]
        return bool(_CONVERSATION.search(scope.name.rpartition(".")[2])) and all(d.kind in ("database", "file") for d in changing)

    def _act(self, flow: Flow, scope: Scope, effect: Effect) -> Item:
        at, home = place_of(scope), home_of(scope)
        name = scope.name.rpartition(".")[2]
        known = next((i for i in flow.of("step") if i.at == at and i.name == name), None)
        if known is not None:
            return known
        step = flow.add("step", name, at, f"{self.rule}.code", home)
        step.say("decider", "code").say("kind", "write").say("symbol", f"{at.path}:{scope.name}"[:120])
        action = flow.add("action", name, at, f"{self.rule}.code", home)
        say_effect(action, effect)
        action.say("decided_by", "code").say("symbol", f"{at.path}:{scope.name}"[:120]).say("step", step)
        action.step = step
        flow.homes.add(home)
        return step

    def tool(self, flow: Flow, agent: Agent, value: Value) -> Item | None:
        """Draws a tool of an agent: a function or class of the folder, or one that comes with a library."""
        known = library_tool(value)
        at = listed_at(agent.site, value) if isinstance(value, Outside) else Place(value.path, value.line)
        if known is None:
            drawn = draw_tool(
                self.project, flow, value, f"{self.rule}.tool", agent.step, at=at if isinstance(value, Outside) else None
            )
            if drawn is not None and isinstance(value, Outside):
                drawn.open = True  # its body was not seen: it may ask by itself
            above = inherited(self.program, value)
            if drawn is not None and above is not None:
                say_inherited(self.sketch, drawn, above, f"{self.rule}.tool")
            return drawn
        site = value.site if isinstance(value, Made) else None
        home = home_of(site.scope) if site is not None else agent.home
        if known.mcp:
            agent.whole = False
            client = root_of(value)  # `client.list_tools_sync()`: the server is where the client is made
            if client is not None and client.site is not None:
                value, at, home = client, Place(client.path, client.line), home_of(client.site.scope)
            self.server(flow, agent, value, at, home)
            return None
        title = known.name.rpartition(".")[2]
        item = next(
            (i for i in flow.of("action") if i.name == title and (i.at == at or i.rule == f"{self.rule}.tool:{known.name}")), None
        )
        if item is None:
            item = flow.add("action", title, at, f"{self.rule}.tool:{known.name}", home)
            item.say("decided_by", "model")
            if known.effect:
                note = f"known of {known.name}"
                item.say("effect", known.effect, how="resolved", note=note)
                item.say("consequential", known.consequential, how="resolved", note=note)
            behind(self.sketch, known, at, home, f"{self.rule}.tool")
        item.also(at)
        if agent.step is not None and item.step is None:
            item.step = agent.step
            item.say("step", agent.step)
        return item

    def agent_tool(self, flow: Flow, agent: Agent, name: str, at: Place) -> Item:
        """Draws another agent that is offered as a tool: the model decides whether to ask it; it does what its own tools do."""
        item = next((i for i in flow.of("action") if i.at == at and i.name == name), None)
        if item is None:
            item = flow.add("action", name, at, f"{self.rule}.agent_tool", agent.home)
            item.say("decided_by", "model").say("effect", "none", how="resolved", note="asks another agent of the workflow")
            item.say("consequential", False, how="resolved", note="what the other agent may do is drawn as its own tools")
        if agent.step is not None and item.step is None:
            item.step = agent.step
            item.say("step", agent.step)
        return item

    def server(self, flow: Flow, agent: Agent, value: Value, at: Place, home: Home | None, *names: str) -> Item:
        """Draws an MCP server: an integration, since its tools cannot be seen."""
        found = next((i for i in flow.of("integration") if i.at == at and i.value("kind") == "mcp"), None)
        if found is None:
            site = value.site if isinstance(value, Made) else None
            named = text_of(given(self.program.arg(site, None, *names))) if site is not None and names else None
            found = flow.add(
                "integration",
                named or (variable_of(site) if site is not None else "") or "mcp_server",
                at,
                f"{self.rule}.mcp",
                home,
            )
            found.say("kind", "mcp")
        if agent.step is not None:
            agent.step.say("integrations", found, at)
        return found


def listed_at(site: Site, value: Outside) -> Place:
    """The line of the tools' list on which a library's tool is named, or the constructor's."""
    for keyword in site.node.keywords:
        for node in ast.walk(keyword.value) if keyword.arg in ("tools", "toolsets") else ():
            if isinstance(node, ast.Name | ast.Attribute) and tail(node) == value.name.rpartition(".")[2]:
                return Place(site.path, site.module.line(node))
    return Place(site.path, site.line)


def _no_wrapper(_made: Made) -> Value | None:
    """Nothing stands behind anything."""
    return None


def ends(agent: Agent) -> list[Item]:
    """The steps in which a run of an agent may end: its own, and those of all it can hand over to."""
    found: dict[int, Item] = {}
    stack, seen = [agent], set()
    while stack:
        here = stack.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        if here.parts and here.shape:
            stack += _last_parts(here)
            continue
        if here.step is not None and not any(k.kind == "check" for k in here.links):
            found[id(here.step)] = here.step
        stack += [k.to for k in here.links if k.kind in ("handoff", "check")]
    return list(found.values())


def begins(agent: Agent, inside: bool = False) -> list[Item]:
    """The steps with which an agent begins: its own, or those of its first parts."""
    found: list[Item] = []
    stack: list[tuple[Agent, int]] = [(agent, 0)]
    while stack:
        here, depth = stack.pop(0)
        if here.step is not None and not (inside and here is agent):
            found.append(here.step)
        elif here.parts and depth < 8:
            stack += [(p, depth + 1) for p in _first_parts(here)]
    return list(dict.fromkeys(found))


def _first_parts(agent: Agent) -> list[Agent]:
    """The parts with which an agent that is made of others begins."""
    if agent.shape == "graph":
        return [target for source, target, _ in agent.ways if source is None]
    return agent.parts if agent.shape == "parallel" else agent.parts[:1]


def _last_parts(agent: Agent) -> list[Agent]:
    """The parts in which an agent that is made of others may end."""
    if agent.shape == "graph":
        left = {id(source) for source, _, _ in agent.ways}
        return [p for p in agent.parts if id(p) not in left]
    return agent.parts if agent.shape == "parallel" else agent.parts[-1:]


def _first(group: Group) -> Agent:
    """The agent that gives the workflow its name: the first that is run, else one that no other leads to."""
    for run in group.runs:
        if id(run.scope) in group.leading:
            return run.agents[0]
    return next(iter(_roots(group)), group.agents[0])


def _roots(group: Group) -> list[Agent]:
    reached = {id(o) for a in group.agents for o in (*(k.to for k in a.links), *a.parts)}
    roots = [a for a in group.agents if id(a) not in reached]
    return roots or [max(group.agents, key=lambda a: len(a.links))]


def _agents(flow: Flow, drawn: list[Agent]) -> None:
    """The agents themselves, where there are several: who can call whom."""
    items = {id(a): flow.add("agent", a.name, a.at, a.step.rule if a.step else flow.rule) for a in drawn}
    for agent in drawn:
        item = items[id(agent)]
        if agent.step is not None:
            agent.step.say("agent", item)
            item.say("symbol", agent.step.value("symbol"))
        targets = [items[id(k.to)] for k in agent.links if k.kind in ("handoff", "call") and id(k.to) in items]
        if targets:
            item.say("can_delegate_to", targets)


def say_tools(flow: Flow, agents: Iterable[Agent]) -> None:
    """Says of the drawn agents which tools they have, where these can all be seen."""
    by_name = {(i.at, i.name): i for i in flow.of("agent")}
    for agent in agents:
        item = by_name.get((agent.at, agent.name))
        names = [i.name for i in flow.of("action") if i.step is agent.step and i.value("decided_by") == "model"]
        if item is not None and names and agent.whole:
            item.say("tools", names)


def variable_of(site: Site) -> str:
    """The name that the result of a call is bound to, or ""; of `return f(..)`, the function's own without its verb."""
    scope, node = site.scope, site.node
    for name, bindings in scope.bindings.items():
        for binding in bindings:
            if binding.how == "value" and _holds(binding.value, node):
                return name
    for target, value, where in scope.module.attributes:
        if where is scope and _holds(value, node):
            return target.attr
    if scope.kind == "function":
        for statement in walk(scope.node):
            if isinstance(statement, ast.Return) and _holds(statement.value, node):
                name = scope.name.rpartition(".")[2]
                for verb in ("create_", "build_", "make_", "get_", "new_", "init_", "setup_"):
                    name = name.removeprefix(verb)
                return name
    return ""


def _holds(value: ast.AST | None, node: ast.AST) -> bool:
    for _ in range(6):
        if value is node:
            return True
        if isinstance(value, ast.Await | ast.NamedExpr):
            value = value.value
        elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            value = value.func.value
        else:
            return False
    return False


_OWN_CHANNEL = later(r"(?i)session|socket|(?:^|_)ws(?:$|_)|connection|realtime|frontend")
"""Names of what leads back to who asked."""


def acting(project: Project, scope: Scope) -> Effect | None:
    """What a plain function does to the outside, when its body or the first word of its name leaves no doubt."""
    deeds = [d for d in project.code.deeds(scope, 2) if d.kind in _ACTING and d.effect and d.effect not in ("read", "none")]
    name = scope.name.rpartition(".")[2]
    first = name.lower().split("_")[0]
    if not deeds and (not (first in _FOR_SURE and "_" in name) or _answers(scope)):
        return None
    found = effect_of(project.code, scope, name)
    return found if found is not None and found.consequential else None


def _answers(scope: Scope) -> bool:
    """Whether a function only sends over the program's own connection: to the caller's screen, or to the model's session."""
    if _OWN_CHANNEL.search(scope.name.rpartition(".")[2]):
        return True
    sent = [c.node.func.value for c in scope.module.calls if c.scope is scope and isinstance(c.node.func, ast.Attribute)
            and c.node.func.attr.startswith(("send", "emit", "push", "publish"))]
    return bool(sent) and all(_OWN_CHANNEL.search(ast.unparse(receiver)) for receiver in sent)


def _nothing(value: Value | None) -> bool:
    return isinstance(value, Const) and value.value is None


def nothing(value: Value | None) -> bool:
    """Whether an argument is left out, or None is given."""
    return value is None or _nothing(value)


def given(value: Value | None) -> Value | None:
    """The first thing an argument may be, or None."""
    return next(value.options(), None) if value is not None else None


def number(value: Value | None) -> int | None:
    """A whole number that is written there, or None."""
    for one in value.options() if value is not None else ():
        if isinstance(one, Const) and isinstance(one.value, int) and not isinstance(one.value, bool):
            return one.value
    return None


def true(value: Value | None) -> bool | None:
    """Whether an argument is True; None when it is neither True nor False."""
    one = given(value)
    return one.value if isinstance(one, Const) and isinstance(one.value, bool) else None


def functions(value: Value | None) -> Iterator[Func]:
    """The local functions a value may be or hold."""
    for one in value.options() if value is not None else ():
        if isinstance(one, Func):
            yield one
        elif isinstance(one, Many):
            for item in one.items:
                yield from functions(item)


__all__ = [
    "Agent",
    "Group",
    "Klass",
    "Link",
    "Run",
    "Team",
    "acting",
    "ends",
    "functions",
    "given",
    "identity",
    "nothing",
    "number",
    "say_tools",
    "true",
    "variable_of",
]
