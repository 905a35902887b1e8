"""Google ADK's graphs: `Workflow(edges=[(START, a, b), (b, {"yes": c, "no": d})])`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Place, Sketch
from auditkit.sources.inspectors import _framework as base
from auditkit.sources.inspectors._agents import Agent, Team, functions, given, nothing, number
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.program import text_of
from auditkit.syntax.python.values import Const, Func, Made, Many, Outside, Site, Table, Value

GRAPH = ("google.adk.Workflow", "google.adk.**.Workflow")
_WRAPPERS = ("node", "FunctionNode", "Node")
_JOIN = "JoinNode"
_EDGE = "Edge"
_START = "START"
_ASKS = "RequestInput"
_SCHEDULED = "run_node"


class Graphs:
    """The graphs of one program: their nodes are agents of the team, or functions that stand beside these."""

    def __init__(self, project: Project, sketch: Sketch, team: Team, rule: str) -> None:
        self.project = project
        self.program = project.program
        self.sketch = sketch
        self.team = team
        self.rule = rule
        self.bodies: dict[int, Scope] = {}
        """The function that a node runs, by the node."""
        self.settings: dict[int, list[Site]] = {}
        """The calls that set a node's limits: `node(f, timeout=..)`, `@node(retry_config=..)`."""
        self._nodes: dict[object, Agent] = {}

    def add(self) -> None:
        """Notes the graphs; their edges are read when all agents are known."""
        for site in self.program.sites(*GRAPH):
            graph = self.team.add(site, "name")
            graph.shape, graph.decider, graph.hidden = "graph", "code", True

    def read(self) -> None:
        """Reads the edges of the graphs that were noted."""
        for graph in [a for a in self.team.agents if a.shape == "graph"]:
            edges = self.program.arg(graph.site, None, "edges")
            if edges is None or not base.whole(edges):
                graph.whole = False
            for item in _items(edges):
                self._item(graph, item)
            if not graph.ways:
                graph.hidden = False
                at = Place(graph.site.path, graph.site.line)
                self.sketch.gap(at.path, at.line, "the edges of this workflow could not be read")

    # Edges -----------------------------------------------------------------------------------------------------

    def _item(self, graph: Agent, item: Value) -> None:
        if isinstance(item, Made) and item.site is not None and base.last(item.name) == _EDGE:
            at = Place(item.site.path, item.site.line)
            source, target = (self.program.arg(item.site, n, w) for n, w in enumerate(("from_node", "to_node")))
            self._ways(graph, self._ends(source), self._ends(target), at)
            return
        if not isinstance(item, Many):
            graph.whole = False
            return
        for before, after in zip(item.items, item.items[1:], strict=False):
            at = Place(after.path or item.path, after.line if after.path == item.path else item.line)
            self._ways(graph, self._ends(before), self._ends(after), at)

    def _ways(self, graph: Agent, sources: list[Agent | None], targets: list[Agent | None], at: Place) -> None:
        graph.whole = graph.whole and bool(sources) and bool(targets)
        for target in targets:
            for source in sources if target is not None else ():
                if target is not None and (source, target) not in [(s, t) for s, t, _ in graph.ways]:
                    graph.ways.append((source, target, at))
                    graph.parts += [n for n in (source, target) if n is not None and n not in graph.parts]

    def _ends(self, value: Value | None) -> list[Agent | None]:
        """The nodes of one element of a chain: one, several at once, or those of a table of routes. None is the start."""
        found: list[Agent | None] = []
        for one in value.options() if value is not None else ():
            match one:
                case Table():
                    for _, inner in one.items:
                        found += self._ends(inner)
                case Many():
                    for inner in one.items:
                        found += self._ends(inner)
                case Const(value=str() as text) if text == _START:
                    found.append(None)
                case Outside() if base.last(one.name) == _START:
                    found.append(None)
                case _:
                    found += self._node(one)
        return found

    # Nodes -----------------------------------------------------------------------------------------------------

    def _node(self, value: Value) -> list[Agent]:
        agents = self.team.of(value)
        if agents:
            return agents
        if isinstance(value, Func):
            return [self._function(value, "", None)]
        if isinstance(value, Made) and value.site is not None:
            last = base.last(value.name)
            name = text_of(given(self.program.arg(value.site, None, "name"))) or ""
            if last == _JOIN:
                return [self._plain(value.site, name or base.bound_name(value.site) or "join")]
            if last in _WRAPPERS:
                inner = self.program.arg(value.site, 0, "func", "node_like")
                for func in functions(inner):
                    return [self._function(func, name, value.site)]
                return self.team.of(inner)
            if isinstance(value.site.node.func, ast.Name | ast.Attribute):
                return [self._plain(value.site, name or base.bound_name(value.site) or last)]
        return []

    def _function(self, func: Func, name: str, site: Site | None) -> Agent:
        """A function as a node; one that is wrapped twice under other names is two nodes."""
        decorated = [(n, s) for n, _, s in self.program.decorators(func.scope) if base.last(n) == "node"]
        for _, made in decorated:
            name = name or (text_of(given(self.program.arg(made, None, "name"))) or "" if made is not None else "")
        title = name or base.last(func.scope.name)
        key = (id(func.scope), title)
        node = self._nodes.get(key)
        if node is None:
            anchor = next((a.site for a in self.team.agents if a.shape == "graph"), None)
            assert anchor is not None
            node = Agent(site or anchor, title[:120], place_of(func.scope), home_of(func.scope), func.scope.name, decider="code")
            self._nodes[key] = node
            self.bodies[id(node)] = func.scope
            self.team.agents.append(node)
        self.settings.setdefault(id(node), []).extend(s for s in (site, *(s for _, s in decorated)) if s is not None)
        for called in self._scheduled(func.scope):
            node.link("call", (c for c in called if c is not node), node.at)
        return node

    def _plain(self, site: Site, title: str) -> Agent:
        """A node that only waits for others, or one that a class of the folder makes."""
        key = id(site.node)
        if key not in self._nodes:
            node = Agent(site, title[:120], Place(site.path, site.line), home_of(site.scope), title, decider="code")
            self._nodes[key] = node
            self.team.agents.append(node)
        return self._nodes[key]

    def _scheduled(self, scope: Scope) -> Iterator[list[Agent]]:
        """The nodes that a function runs by itself: `ctx.run_node(other)`."""
        for call in scope.module.by_tail.get(_SCHEDULED, ()):
            if call.scope is scope and call.node.args:
                value = self.program.value(call.node.args[0], scope)
                yield self.team.of(value) or [self._nodes[k] for k in self._nodes if _runs(value, k)]

    # Drawing ---------------------------------------------------------------------------------------------------

    def say(self, flow: Flow, agents: list[Agent]) -> None:
        """What is known of the nodes that are functions, and of the graphs they stand in."""
        for agent in agents:
            if agent.shape == "graph" and not agent.whole:
                flow.open_ended = True
            body = self.bodies.get(id(agent))
            if agent.step is None or body is None:
                continue
            flow.homes.add(agent.home)
            agent.step.home = agent.home
            self._decided(flow, agent, body)
            for site in self.settings.get(id(agent), ()):
                agent.step.also(Place(site.path, site.line))
                self._tries(agent, site)

    def _decided(self, flow: Flow, agent: Agent, body: Scope) -> None:
        step = agent.step
        assert step is not None
        asked = [c for c in body.module.by_tail.get(_ASKS, ()) if c.scope is body]
        decider = "human" if asked else base.decider_of(self.project, body)
        if decider != step.value("decider"):
            step.unsay("decider")
            step.say("decider", decider, how="resolved")
        for call in asked:
            at = Place(body.module.path, body.module.line(call.line))
            base.person(flow, f"answer to {agent.name}", at, f"{self.rule}.request_input", step, agent.home)

    def _tries(self, agent: Agent, site: Site) -> None:
        retry = given(self.program.arg(site, None, "retry_config"))
        if agent.step is None or not isinstance(retry, Made) or retry.site is None or nothing(retry):
            return
        tries = number(self.program.arg(retry.site, None, "max_attempts"))
        if tries is not None and agent.step.value("retries.max") is None:
            agent.step.say("retries.max", max(0, tries - 1), Place(retry.site.path, retry.site.line))


def _items(value: Value | None) -> Iterator[Value]:
    """The items of a list, whichever of several lists it is."""
    for one in value.options() if value is not None else ():
        if isinstance(one, Many):
            yield from one.items


def _runs(value: Value, key: object) -> bool:
    return isinstance(key, tuple) and any(isinstance(v, Func) and id(v.scope) == key[0] for v in value.options())
