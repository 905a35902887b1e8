"""LangGraph: graphs, prebuilt agents, supervisors and swarms, the functional API, checkpointers, stores, interrupts."""

from __future__ import annotations

import ast
import re
from itertools import pairwise

from auditkit.sources.inspection import workflows
from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.models import draw_model
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import END as FINISH
from auditkit.sources.inspection.sketch import Flow, Home, Item, Place, Sketch
from auditkit.sources.inspectors._lang_agents import (
    Maker,
    draw_agent,
    draw_models,
    draw_tools,
    maker_of,
    say_default,
    static_gate,
)
from auditkit.sources.inspectors._lang_runnables import Runnables, Use, schema_places
from auditkit.sources.inspectors._lang_served import served
from auditkit.sources.inspectors._lang_stores import draw_keeper, keepers, kept_by, store_uses
from auditkit.sources.inspectors._langgraph_actions import Actions, tool_nodes
from auditkit.sources.inspectors._langgraph_build import (
    END,
    START,
    Graph,
    Node,
    Router,
    graphs,
    literals,
    names_of,
    roots,
    routed,
    scope_of,
    targets,
)
from auditkit.sources.inspectors._langgraph_loops import cycles, inner_loop, limited_here, say_cycles
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Call, Scope, tail
from auditkit.syntax.python.program import Program, text_of
from auditkit.syntax.python.values import Const, Func, Klass, Made, Many, Outside, Site, Unknown, Value

NAME = "LangGraph"
ORDER = 60
PACKAGES = ("langgraph", "langgraph_supervisor", "langgraph_swarm")
CONSTRUCTORS = ("langgraph.**.StateGraph", "langgraph.**.MessageGraph", "langgraph.**.Graph", "langgraph.**.create_react_agent",
                "langgraph.**.ToolNode", "langgraph_supervisor.**.create_supervisor", "langgraph_swarm.**.create_swarm",
                "langgraph_supervisor.**.create_handoff_tool", "langgraph_swarm.**.create_handoff_tool",
                "langgraph.**.RemoteGraph", "langgraph.**.CompiledStateGraph")
_TEAM = later(r"(?i)^(?:crewai|langgraph)|team|crew|workflow|pipeline|groupchat|initiate")
"""Names of what runs several agents."""
_DECIDES = ("model", "agent", "chain", "tools", "schema")
_PLAIN = frozenset(("graph", "app", "workflow", "agent", "builder", "graph_builder", "compiled", "compiled_graph", "main",
                    "runnable", "chain", "g", "workflow_app", "self", ""))


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws every graph and every agent of LangGraph that stands on its own."""
    draw = _Draw(project, sketch)
    draw.graphs()
    draw.functional()
    draw.agents()
    draw.stores()


class _Draw:
    """One inspection of one program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.program = project.program
        self.sketch = sketch
        self.runnables = Runnables.of(project)
        self.served = served(project)
        self.flows: dict[int, Flow] = {}
        self.steps: dict[int, dict[str, Item]] = {}
        self.inner: list[tuple[Flow, Item, int]] = []
        self.parents: list[tuple[int, Item, list[str], Place]] = []
        self.used: set[int] = set()
        """Agent constructors (by their node) that a node of a graph uses."""
        self.interrupts = list(self.program.sites("langgraph.**.interrupt", "langgraph.**.NodeInterrupt"))

    # Graphs ----------------------------------------------------------------------------------------------------

    def graphs(self) -> None:
        """All graphs of the program; those that are nodes of others are put into them."""
        built = graphs(self.project)
        for graph in built:
            self._graph(graph)
        for flow, step, key in self.inner:
            inner = self.flows.get(key)
            if inner is not None and inner is not flow and inner.within is None and not flow.lies_in(inner):
                workflows.thread(flow, step, inner)
        for key, step, names, at in self.parents:
            outer = next((flow for flow, _, part in self.inner if part == key), None)
            if outer is None:
                continue
            around = self.steps[next(k for k, f in self.flows.items() if f is outer)]
            for name in names:
                if name in around:
                    outer.edge(step, around[name], at)

    def _graph(self, graph: Graph) -> None:
        entry, name = self._title(graph)
        flow = self.sketch.flow(name, graph.at, "langgraph.StateGraph")
        self.flows[id(graph.site.node)] = flow
        flow.keys.add((id(graph.site.node), 0))
        if graph.site.frame is not None:
            flow.keys.add((id(graph.site.node), id(graph.site.frame)))
        for site in graph.compiles:
            flow.keys.add((id(site.node), 0))
        if graph.site.scope.kind == "function":
            flow.homes.add(home_of(graph.site.scope))
        flow.served = entry
        flow.open_ended = graph.open
        steps = {n.name: self._step(flow, n) for n in graph.nodes.values()}
        self.steps[id(graph.site.node)] = steps
        self._edges(flow, graph, steps)
        actions = Actions(self.project, flow, graph, steps)
        for node in graph.nodes.values():
            self._node(flow, node, steps[node.name], actions)
        for node in graph.nodes.values():
            actions.by_code(node, steps[node.name])
        actions.execute()
        actions.dead_ends()
        actions.carry_out()
        actions.interrupts(self.interrupts, self._note(flow, graph))
        self._compiled(flow, graph, steps)
        say_cycles(self.project, flow, graph, steps)
        self._state(flow, graph, steps)

    def _title(self, graph: Graph) -> tuple[bool, str]:
        """Whether a platform serves the graph, and its name: there, at compile, of a variable, of its function or file."""
        names = self._variables(graph)
        entry = self.served.of(graph.site.path, names)
        if entry is not None:
            return True, entry.name
        reached = self._serves(graph)
        if reached is not None:
            return True, reached
        for site in graph.compiles:
            given = text_of(self.program.arg(site, None, "name"))
            if given:
                return False, given
        for name in sorted(names - _PLAIN, key=lambda n: (n.endswith("builder"), n)):
            return bool(self._serving(graph)), name
        stem = graph.site.path.rpartition("/")[2].rpartition(".")[0]
        if stem in ("graph", "main", "app", "agent", "__init__") and "/" in graph.site.path:
            stem = graph.site.path.split("/")[-2]
        return bool(self._serving(graph)), stem

    def _serving(self, graph: Graph) -> bool:
        """Whether some served graph lies in the same file: then this one is a part of what is served."""
        return any(e.path == graph.site.path for e in self.served.entries)

    def _serves(self, graph: Graph) -> str | None:
        """The id under which another file's variable serves this graph."""
        for entry in self.served.entries:
            module = self.program.modules.get(entry.path)
            if module is None or module is graph.module:
                continue
            value = self.program.name(entry.variable, module.top)
            if any(made.site is not None and made.site.node is graph.site.node for made in roots(value)):
                return entry.name
            if isinstance(value, Func):
                given = self.program.returned(value)
                if any(made.site is not None and made.site.node is graph.site.node for made in roots(given)):
                    return entry.name
        return None

    def _variables(self, graph: Graph) -> set[str]:
        """The names that the graph is known by: variables of the builder and of what compile gave, and its function."""
        wanted = {id(graph.site.node), *(id(s.node) for s in graph.compiles)}
        found: set[str] = set()
        for scope in graph.module.scopes:
            for name, bindings in scope.bindings.items():
                for binding in bindings:
                    if binding.how == "value" and binding.value is not None and any(
                            id(n) in wanted for n in ast.walk(binding.value) if isinstance(n, ast.Call)):
                        found.add(name)
        for target, value, _ in graph.module.attributes:
            if any(id(n) in wanted for n in ast.walk(value) if isinstance(n, ast.Call)):
                found.add(target.attr)
        here: Scope | None = graph.site.scope
        while here is not None and here.kind != "module":
            found.add(here.name.rpartition(".")[2].lstrip("_"))
            here = here.parent
        return found - {"init__", "__init__"}

    def _note(self, flow: Flow, graph: Graph) -> str | None:
        """What to say of an interrupt in a graph that is compiled without a checkpointer."""
        if flow.served or not graph.compiles:
            return None
        for site in graph.compiles:
            if self.program.arg(site, 0, "checkpointer") is not None or not self.program.closed(site):
                return None
        site = graph.compiles[0]
        return f"compiled without a checkpointer at {site.path}:{site.line}, which interrupt() needs to be resumed"

    # Steps -----------------------------------------------------------------------------------------------------

    def _step(self, flow: Flow, node: Node) -> Item:
        # the definition is the place: registrations stand line by line, and a reader wants the code
        at = place_of(node.scope) if node.scope is not None else node.at
        step = flow.add("step", node.name, at, "langgraph.add_node", home_of(node.scope) if node.scope else None)
        if any(s.name == node.name and s is not step for f in self.sketch.flows for s in f.of("step")):
            step.also(node.at)      # two graphs have a node of that name: the registration tells them apart
        if node.scope is not None:
            step.say("symbol", f"{node.scope.module.path}:{node.scope.name}"[:120])
            flow.homes.add(home_of(node.scope))
        return step

    def _node(self, flow: Flow, node: Node, step: Item, actions: Actions) -> None:
        """What a node does: who decides in it, what model it uses, what it is offered."""
        uses = list(actions.uses(node))
        parts = list(self.runnables.parts(node.action)) + list(self._partial(node))
        inner = list(roots(node.action))
        if inner and node.scope is None:
            for made in inner[:1]:
                if made.site is not None:
                    self.inner.append((flow, step, id(made.site.node)))
            step.say("decider", "code", note="a graph within the graph")
            return
        self._decider(node, step, uses, parts)
        self._agents(flow, step, uses, parts)
        direct = [p.value for p in parts if p.sort in ("model", "chain")]
        for value in [*(p.value for u in uses for p in u.parts if p.sort in ("model", "chain")), *direct]:
            item = draw_models(self.project, self.sketch, value, "langchain.chat_model")
            if item is not None and step.value("model") is None:
                step.say("model", item)
        self._shape(step, [u for u in uses if u.hop <= 1])
        self._retries(node, step, uses)
        actions.offer(node, step)
        if node.scope is not None:
            inner_loop(self.project, node.scope, step)
        for use in uses:
            if use.sort == "graph":
                for part in use.of("graph"):
                    for made in roots(part.value):
                        if made.site is not None and made.site.scope is not node.scope:
                            self.inner.append((flow, step, id(made.site.node)))

    def _partial(self, node: Node):       # type: ignore[no-untyped-def]
        """The parts of the arguments that `partial(f, agent=x)` or a lambda puts into a node's function."""
        call: ast.AST | None = node.given
        if isinstance(call, ast.Name):
            here: Scope | None = node.site.scope
            while here is not None and call.__class__ is ast.Name:
                bound = [b.value for b in here.bindings.get(node.given.id, ()) if b.how == "value"]      # type: ignore[union-attr]
                if bound:
                    call = bound[-1]
                here = here.parent
        if isinstance(call, ast.Lambda):
            call = call.body
        if isinstance(call, ast.Call) and node.scope is not None:
            for given in (*call.args, *(k.value for k in call.keywords)):
                value = self.program.value(given, node.site.scope, node.site.frame)
                if not isinstance(value, Unknown):
                    yield from (p for p in self.runnables.parts(value) if p.sort in _DECIDES)

    def _decider(self, node: Node, step: Item, uses: list[Use], parts: list) -> None:     # type: ignore[type-arg]
        models = [u for u in uses if u.sort in ("model", "agent")]
        asks = self._asks(node)
        if tool_nodes(self.project, self.runnables, node) and not models:
            step.say("decider", "code", note="carries out the tools that a model chose")
        elif asks == 0 and not any(u.hop == 0 for u in models):
            step.say("decider", "human").say("kind", "approve")
        elif models:
            step.say("decider", "model", models[0].place if models[0].place.path == node.at.path else None)
        elif any(p.sort in _DECIDES for p in parts):
            step.say("decider", "model")
        elif node.scope is not None and (deed := self._deed(node.scope, "model")) is not None:
            step.say("decider", "model", deed)
        elif node.scope is not None and (run := self._agent_run(node.scope)) is not None:
            step.say("decider", "model", run, note="the agent that it runs decides")
        elif asks is not None or (node.scope is not None and self._deed(node.scope, "human") is not None):
            step.say("decider", "human").say("kind", "approve")
        elif node.scope is not None or isinstance(node.action.node, ast.Lambda):
            step.say("decider", "code")

    def _asks(self, node: Node) -> int | None:
        """How many calls away the node's function asks a person, or None when it does not."""
        if node.scope is None:
            return None
        scopes = {id(s.scope): s for s in self.interrupts}
        for here, hop in self.runnables.near(node.scope):
            if any(id(s) in scopes for s in _with_children(here)):
                return hop
        return None

    def _agent_run(self, scope: Scope) -> Place | None:
        """Where a node's own function runs an agent of another library; crews, teams and graphs are workflows of their own."""
        for deed in self.project.code.own(scope):
            if deed.kind == "agent" and not _TEAM.search(deed.site.name):
                return deed.place
        return None

    def _deed(self, scope: Scope, kind: str) -> Place | None:
        for here, _ in self.runnables.near(scope):
            for deed in self.project.code.own(here):
                if deed.kind == kind:
                    return deed.place
        return None

    def _agents(self, flow: Flow, step: Item, uses: list[Use], parts: list) -> None:     # type: ignore[type-arg]
        """Prebuilt agents that a node is, or that its function calls."""
        found = [p for u in uses for p in u.of("agent")] + [p for p in parts if p.sort == "agent"]
        seen: set[int] = set()
        for part in found:
            made = _maker_behind(part.value)
            if made is None or made.site is None or id(made.site.node) in seen:
                continue
            seen.add(id(made.site.node))
            maker = maker_of(made.name)
            if maker is not None:
                self.used.add(id(made.site.node))
                draw_agent(self.project, self.sketch, flow, step, made, maker)

    def _shape(self, step: Item, uses: list[Use]) -> None:
        for use in uses:
            for place in schema_places(use):
                step.say("validation.kind", "schema", place)
                return

    def _retries(self, node: Node, step: Item, uses: list[Use]) -> None:
        given = self.program.arg(node.site, None, "retry", "retry_policy")
        for one in given.options() if given is not None else ():
            for policy in one.items if isinstance(one, Many) else (one,):
                if isinstance(policy, Made) and policy.name.endswith(".RetryPolicy") and policy.site is not None:
                    most = self.program.arg(policy.site, None, "max_attempts")
                    at = Place(policy.site.path, policy.site.line)
                    if isinstance(most, Const) and isinstance(most.value, int):
                        step.say("retries.max", max(0, most.value - 1), at)
                    elif most is None and self.program.closed(policy.site):
                        step.say("retries.max", 2, at, "default", "RetryPolicy tries three times when nothing is said")
                    return
        for use in uses:
            for part in use.of("retry"):
                if part.site is not None and step.value("retries.max") is None:
                    most = self.program.arg(part.site, None, "stop_after_attempt")
                    at = Place(part.site.path, part.site.line)
                    if isinstance(most, Const) and isinstance(most.value, int):
                        step.say("retries.max", max(0, most.value - 1), at)
                    elif most is None and self.program.closed(part.site):
                        step.say("retries.max", 2, at, "default", "with_retry tries three times when nothing is said")

    # Edges -----------------------------------------------------------------------------------------------------

    def _edges(self, flow: Flow, graph: Graph, steps: dict[str, Item]) -> None:
        entries: list[str] = []
        for source, target, at in graph.edges:
            if source == START:
                entries.append(target)
            else:
                self._edge(flow, steps, source, target, at)
        for router in graph.routers:
            names, more = routed(self.program, router)
            flow.open_ended = flow.open_ended or more
            decision = self._decision(flow, router)
            if decision is not None:        # a model decides between two nodes: a step of its own
                entries += [] if router.source != START else [decision.name]
                steps.setdefault(decision.name, decision)
                if router.source != START:
                    self._edge(flow, steps, router.source, decision.name, router.at)
                for name in names:
                    self._edge(flow, steps, decision.name, name, router.at)
                continue
            if router.source == START:
                entries += names
            path = scope_of(self.program, router.path)
            at = place_of(path) if path is not None else router.at      # where it is decided, not where it is registered
            for name in names if router.source != START else ():
                self._edge(flow, steps, router.source, name, at)
        for node in graph.nodes.values():
            self._commands(flow, graph, node, steps)
        flow.entries = [steps[n] for n in dict.fromkeys(entries) if n in steps]
        if not flow.entries and steps:
            pointed = {t for _, t, _ in flow.edges if t is not None}
            flow.entries = [s for s in steps.values() if s not in pointed] or [next(iter(steps.values()))]

    def _decision(self, flow: Flow, router: Router) -> Item | None:
        """The step of a path function that asks a model where to go, or None when code decides."""
        scope = scope_of(self.program, router.path)
        if scope is None:
            return None
        uses = [u for u in self.runnables.uses(scope) if u.sort in ("model", "agent")]
        flow.homes.add(home_of(scope))
        if not uses:
            return None
        name = scope.name.rpartition(".")[2]
        found = next((s for s in flow.of("step") if s.name == name and s.home == home_of(scope)), None)
        if found is not None:
            return found.also(router.at)
        step = flow.add("step", name, router.at, "langgraph.add_conditional_edges", home_of(scope))
        step.also(place_of(scope)).say("symbol", f"{scope.module.path}:{scope.name}"[:120])
        step.say("decider", "model", uses[0].place).say("kind", "classify")
        self._shape(step, uses)
        for use in uses:
            for part in use.of("model"):
                item = draw_models(self.project, self.sketch, part.value, "langchain.chat_model")
                if item is not None and step.value("model") is None:
                    step.say("model", item)
        return step

    def _edge(self, flow: Flow, steps: dict[str, Item], source: str, target: str, at: Place) -> None:
        first = steps.get(source)
        if first is None:
            flow.open_ended = flow.open_ended or source != START
        elif target in (END, FINISH) and target not in steps:
            flow.edge(first, None, at)
        elif target in steps:
            flow.edge(first, steps[target], at)
        else:
            flow.open_ended = True

    def _commands(self, flow: Flow, graph: Graph, node: Node, steps: dict[str, Item]) -> None:
        """Edges by `Command(goto=..)`: from the annotation and from the calls in the node's function."""
        for name in node.destinations:
            self._edge(flow, steps, node.name, name, node.at)
        if node.scope is None:
            return
        said = literals(self.program, getattr(node.scope.node, "returns", None), node.scope.parent or node.scope, "Command")
        for name in said or ():
            self._edge(flow, steps, node.name, name, place_of(node.scope))
        own = {id(n.scope) for n in graph.nodes.values() if n.scope is not None} - {id(node.scope)}
        for here, hop in self.runnables.near(node.scope, frozenset(own), 2):
            for call in self.runnables.calls(here):
                if tail(call.node.func) not in ("Command", "Send"):
                    continue
                name = next((o.name for o in self.program.resolved(call).options() if isinstance(o, Outside)), "")
                if not name.startswith("langgraph."):
                    continue
                self._command(flow, graph, node, steps, call, bool(said) or bool(node.destinations) or hop > 0)

    def _command(self, flow: Flow, graph: Graph, node: Node, steps: dict[str, Item], site: Call, said: bool) -> None:
        call, scope = site.node, site.scope
        at = Place(scope.module.path, scope.module.line(call))
        if tail(call.func) == "Send":
            names, _ = targets(self.program, call, scope)
            for name in names:
                if name in steps and self._sends(node, scope):
                    self._edge(flow, steps, node.name, name, at)
            return
        goto = next((k.value for k in call.keywords if k.arg == "goto"), None)
        if goto is None:
            return
        names, more = targets(self.program, goto, scope)
        if any(k.arg == "graph" and "PARENT" in ast.dump(k.value) for k in call.keywords):
            self.parents.append((id(graph.site.node), steps[node.name], names, at))
            return
        for name in names:
            if name in steps or name == END:
                self._edge(flow, steps, node.name, name, at)
            elif not said:
                flow.open_ended = True
        if more and not said and not _sent_below(goto, scope, self.program):
            flow.open_ended = True

    def _sends(self, node: Node, scope: Scope) -> bool:
        """Whether a Send stands in a node that hands it on by a Command (not in a path function of the same name)."""
        return node.scope is not None and (scope is node.scope or scope.parent is node.scope)

    # Compile, state --------------------------------------------------------------------------------------------

    def _compiled(self, flow: Flow, graph: Graph, steps: dict[str, Item]) -> None:
        for site in graph.compiles:
            kept = kept_by(self.program.arg(site, 0, "checkpointer"))
            if kept is not None:
                draw_keeper(self.project, self.sketch, flow, *kept)
            stored = kept_by(self.program.arg(site, None, "store"))
            if stored is not None:
                draw_keeper(self.project, self.sketch, flow, *stored)
            for name in ("interrupt_before", "interrupt_after"):
                given = self.program.arg(site, None, name)
                for one in given.options() if given is not None else ():
                    if isinstance(one, Many):
                        self._static(flow, site, name, [n for i in one.items for n in names_of(i)], bool(one.items), steps)
                    elif isinstance(one, Const) and one.value in ("*", "all"):
                        self._static(flow, site, name, list(steps), True, steps)

    def _static(self, flow: Flow, site: Site, name: str, listed: list[str], any_name: bool, steps: dict[str, Item]) -> None:
        at = Place(site.path, self.program.arg_line(site, name))
        if not any_name:
            empty = next((g for g in flow.of("gate") if g.name.endswith("(empty)") and g.at.path == site.path
                          and site.line <= g.at.line <= at.line), None)
            if empty is not None:       # before=[] and after=[] of one compile() are one cause
                empty.also(at)
            else:
                static_gate(flow, None, name, at, None, False)
            return
        for node in listed:
            if node not in steps:
                continue
            gate = static_gate(flow, steps[node], f"{name} {node}", at, None, True)
            gate.entry = name == "interrupt_before"

    def _state(self, flow: Flow, graph: Graph, steps: dict[str, Item]) -> None:
        """The state of a graph as a store. One or two nodes hand arguments on; that is no state worth a line."""
        if len(steps) < 3 and not cycles(flow) and not any(s.value("kind") == "checkpointer" for s in flow.of("store")):
            return
        given = self.program.arg(graph.site, 0, "state_schema", "schema")
        for one in given.options() if given is not None else ():
            if isinstance(one, Klass):
                name = one.scope.name.rpartition(".")[2]
                item = flow.add("store", name, place_of(one.scope), "langgraph.state", home_of(one.scope))
                item.say("symbol", f"{one.path}:{one.scope.name}"[:120])
                self._lasting(flow, graph, item)
                return

    def _lasting(self, flow: Flow, graph: Graph, item: Item) -> None:
        checkpointers = [s for s in flow.of("store") if s.value("kind") == "checkpointer"]
        if checkpointers:
            first = checkpointers[0]
            item.say("kind", "memory" if first.value("durable") is False else "checkpointer")
            item.say("durable", first.value("durable"), first.at, "resolved", f"kept by {first.name}")
        elif flow.served:
            item.say("kind", "platform")
            item.say("durable", "unknown", note="served by a platform that supplies the checkpointer (langgraph.json)")
        elif graph.compiles and all(
                self.program.closed(s) and self.program.arg(s, 0, "checkpointer") is None for s in graph.compiles):
            site = graph.compiles[0]
            item.say("kind", "memory")
            item.say("durable", False, Place(site.path, site.line), "resolved", "compiled without a checkpointer")
        else:
            item.say("kind", "memory")

    def stores(self) -> None:
        """Checkpointers and stores that no graph names, and the long-term store that a platform or a caller gives."""
        kept = self.project.code.__dict__.setdefault("_keepers", {})
        known = {node for node, _ in kept}
        for site, keeper, name in keepers(self.program, ("langgraph",)):
            if id(site.node) not in known:
                draw_keeper(self.project, self.sketch, None, site, keeper, name)
        self._given_store()
        self._threads()
        for name, at in self.served.embeddings:
            if self.sketch.flows and self.project.shared.get(f"embedding {at}") is None:
                self.project.shared[f"embedding {at}"] = True
                item = self.sketch.add("model", name.rpartition(":")[2], at, "langgraph.json store.index", None)
                item.say("name", name.rpartition(":")[2]).say("pinned", False).say("provider", name.partition(":")[0])

    def _given_store(self) -> None:
        uses = store_uses(self.project)
        if not uses:
            return
        made = any(i.kind == "store" and i.rule.startswith("langgraph.") and i.name.endswith("Store")
                   for i in [*self.sketch.loose, *(i for f in self.sketch.flows for i in f.items)])
        firsts: dict[str, Place] = {}
        for site, _ in uses:
            firsts.setdefault(site.path, Place(site.path, site.line))
        scopes = {id(s.scope) for s, _ in uses}
        for flow in self.flows.values():
            code = self.project.code
            reached = code.reach([s for h in flow.homes if (m := self.program.modules.get(h.path)) and (s := m.scope(h.name))], 4)
            if made or not scopes & set(reached):
                continue
            item = flow.add("store", "store", next(iter(firsts.values())), "langgraph.BaseStore", None)
            for place in firsts.values():
                item.also(place)
            item.say("kind", "platform" if flow.served else "memory")
            if flow.served:
                item.say("durable", "unknown", note="the platform supplies the store (langgraph.json)")
            self._written_by_model(item, uses)
        for site, verb in uses:
            if verb in ("search", "asearch") and any(k.arg == "query" for k in site.node.keywords):
                name = "store search"
                known = self.sketch.add("knowledge", name, Place(site.path, site.line), "langgraph.store.search",
                                        home_of(site.scope))
                known.say("kind", "vector").say("version", "live")

    def _written_by_model(self, item: Item, uses: list[tuple[Site, str]]) -> None:
        """What a model writes into the store that later runs read, without a schema or a person between."""
        for site, verb in uses:
            if verb in ("put", "aput") and site.scope.kind == "function" and self.project.code.does(site.scope, "model", hops=1) \
                    and self.project.code.does(site.scope, "human", hops=1) is None:
                at = Place(site.path, site.line)
                item.say("persists", True, at).say("written_by", "model", at, "resolved")
                item.say("write_validation", "none", at, "resolved", "what the model answers is put into the store as it is")

    def _threads(self) -> None:
        """Metadata of threads on a LangGraph server, used as state."""
        sites = [s for s in self.program.sites("langgraph_sdk.**.threads.update", "langgraph_sdk.**.threads.update_state")
                 if any(k.arg == "metadata" for k in s.node.keywords)]
        for site in sites:
            item = self.sketch.add("store", "thread metadata", Place(site.path, site.line), "langgraph_sdk.threads.update",
                                   home_of(site.scope))
            item.say("kind", "platform").say("durable", "unknown", note="kept by the LangGraph server")
            for other in sites[:12]:        # one server keeps them all, whichever script writes
                item.also(Place(other.path, other.line))

    # Agents and teams that stand alone --------------------------------------------------------------------------

    def agents(self) -> None:
        """Prebuilt agents, supervisors and swarms that are no node of a drawn graph."""
        teams = self.program.sites("langgraph_supervisor.**.create_supervisor", "langgraph_swarm.**.create_swarm")
        for site in _once(teams):
            self._team(site)
        for site in _once(self.program.sites("langgraph.**.create_react_agent")):
            if id(site.node) in self.used:
                continue
            made = Made(site.node, site.module, site.callee, site)
            maker = maker_of(site.name)
            if maker is None or self._in_flow(site):
                continue
            self._alone(site, made, maker)

    def _in_flow(self, site: Site) -> bool:
        """Whether the code of a drawn graph's node makes this agent."""
        for flow in self.flows.values():
            for step in flow.of("step"):
                if step.home == home_of(site.scope) and site.scope.kind == "function":
                    return True
        return False

    def _alone(self, site: Site, made: Made, maker: Maker) -> None:
        at = Place(site.path, site.line)
        name = self._named(site)
        entry = self.served.of(site.path, {name, *self._bound_names(site)})
        flow = self.sketch.flow(entry.name if entry else name, at, maker.rule)
        flow.served = entry is not None
        step = flow.add("step", name, at, maker.rule, home_of(site.scope))
        step.say("decider", "model")
        flow.entries = [step]
        draw_agent(self.project, self.sketch, flow, step, made, maker)
        flow.edge(step, step, at)
        flow.edge(step, None, at)
        for argument in ("checkpointer", "store"):
            kept = kept_by(self.program.arg(site, None, argument))
            if kept is not None:
                draw_keeper(self.project, self.sketch, flow, *kept)
        self._tool_gates(flow)
        limited_here(self.project, step, site.path)

    def _tool_gates(self, flow: Flow) -> None:
        """Interrupts within the tools of an agent that stands alone."""
        graph = Graph(Site(None, Unknown()))        # type: ignore[arg-type]
        Actions(self.project, flow, graph, {}).interrupts(self.interrupts, None)

    def _bound_names(self, site: Site) -> set[str]:
        return {name for scope in (site.scope, site.module.top) for name, bindings in scope.bindings.items()
                for b in bindings if b.value is not None and any(n is site.node for n in ast.walk(b.value))}

    def _named(self, site: Site) -> str:
        given = text_of(self.program.arg(site, None, "name", "supervisor_name"))
        if given:
            return given
        names = self._bound_names(site)
        for target, value, _ in site.module.attributes:
            if any(n is site.node for n in ast.walk(value)):
                names.add(target.attr)
        good = sorted(names - _PLAIN)
        if good:
            return good[0]
        if site.scope.kind == "function" and not site.scope.name.endswith("__init__"):
            found = site.scope.name.rpartition(".")[2]
            return re.sub(r"^(?:create|make|build|get|_)+_?", "", found) or found
        return next(iter(sorted(names)), site.path.rpartition("/")[2].rpartition(".")[0])

    def _team(self, site: Site) -> None:
        """A supervisor with its agents, or agents that hand over to each other."""
        at = Place(site.path, site.line)
        supervised = site.name.endswith("create_supervisor")
        name = self._named(site)
        flow = self.sketch.flow(name, at, f"langgraph.{site.name.rpartition('.')[2]}")
        flow.keys |= {(id(site.node), 0)}
        entry = self.served.of(site.path, self._bound_names(site))
        flow.served = entry is not None
        agents = self.program.arg(site, 0, "agents")
        members: list[Item] = []
        whole = False
        for one in agents.options() if agents is not None else ():
            if isinstance(one, Many):
                whole = one.whole
                for item in one.items:
                    step = self._member(flow, item)
                    if step is not None and step not in members:
                        members.append(step)
        flow.open_ended = not whole
        if supervised:
            maker = maker_of(site.name)
            head = flow.add("step", text_of(self.program.arg(site, None, "supervisor_name")) or "supervisor", at,
                            "langgraph_supervisor.create_supervisor", home_of(site.scope))
            head.say("decider", "model").say("kind", "decide")
            model = self.program.arg(site, None, "model")
            if model is not None:
                rule = "langgraph_supervisor"
                head.say("model", draw_models(self.project, self.sketch, model, rule) or draw_model(
                    self.project, self.sketch, model, at, home_of(site.scope), rule))
            tools = self.program.arg(site, None, "tools")
            if tools is not None and maker is not None:
                draw_tools(self.project, flow, head, tools, maker.rule, at)
            flow.entries = [head]
            for step in members:
                flow.edge(head, step, at)
                flow.edge(step, head, at)
            flow.edge(head, None, at)
            say_default(self.project, head, "langgraph.recursion_limit", at)
        else:
            first = text_of(self.program.arg(site, None, "default_active_agent"))
            flow.entries = [s for s in members if s.name == first] or members[:1]
            for step in members:
                for other in members:
                    if other is not step:
                        flow.edge(step, other, at)
                flow.edge(step, None, at)
        self._tool_gates(flow)

    def _member(self, flow: Flow, value: Value) -> Item | None:
        """One agent of a team: a prebuilt agent, or a graph or team of its own."""
        for one in value.options():
            made = _maker_behind(one)
            if made is not None and made.site is not None:
                maker = maker_of(made.name)
                site = made.site
                self.used.add(id(site.node))
                if maker is None:
                    continue
                step = flow.add("step", self._named(site), Place(site.path, site.line), maker.rule, home_of(site.scope))
                step.say("decider", "model")
                draw_agent(self.project, self.sketch, flow, step, made, maker)
                return step
            for made in roots(one):
                if made.site is not None and id(made.site.node) in self.flows:
                    inner = self.flows[id(made.site.node)]
                    step = flow.add("step", inner.name, Place(made.site.path, made.site.line), "langgraph.StateGraph")
                    step.say("decider", "code", note="a graph within the team")
                    if inner.within is None and inner is not flow:
                        workflows.thread(flow, step, inner)
                    return step
        return None

    # Functional API --------------------------------------------------------------------------------------------

    def functional(self) -> None:
        """Workflows of `@entrypoint` with their `@task`s, in the order in which the body calls them."""
        tasks = {id(scope): scope for scope, _, _, _ in self.program.decorated("langgraph.func.task", "langgraph.**.task")}
        for scope, _, call, _ in self.program.decorated("langgraph.func.entrypoint", "langgraph.**.entrypoint"):
            self._workflow(scope, call, tasks)

    def _workflow(self, scope: Scope, call: Site | None, tasks: dict[int, Scope]) -> None:
        at = place_of(scope)
        name = scope.name.rpartition(".")[2]
        entry = self.served.of(scope.module.path, {name})
        flow = self.sketch.flow(entry.name if entry else name, at, "langgraph.entrypoint")
        flow.served = entry is not None
        flow.homes.add(home_of(scope))
        steps: dict[int, Item] = {}
        order: list[tuple[Item, ast.Call]] = []
        graph = Graph(Site(None, Unknown()))        # type: ignore[arg-type]
        named: dict[str, Item] = {}
        for site_call in sorted(self.runnables.calls(scope), key=lambda c: (c.node.lineno, c.node.col_offset)):
            for one in self.program.resolved(site_call).options():
                if isinstance(one, Func) and id(one.scope) in tasks:
                    step = steps.get(id(one.scope))
                    if step is None:
                        step = steps[id(one.scope)] = self._task(flow, one, graph, named)
                    order.append((step, site_call.node))
        own = [u for u in self.runnables.own(scope) if u.sort in ("model", "agent")]
        if not steps or own:
            site = Site(None, Unknown())        # type: ignore[arg-type]
            node = Node(name, at, Func(scope.node, scope.module, scope), call or site, None, scope)
            if call is not None:
                graph.nodes[name] = node
                head = flow.add("step", name, at, "langgraph.entrypoint", home_of(scope))
                named[name] = head
                actions = Actions(self.project, flow, graph, named)
                self._node(flow, node, head, actions)
                order.insert(0, (head, scope.node))     # type: ignore[arg-type]
        if call is not None:
            kept = kept_by(self.program.arg(call, None, "checkpointer"))
            if kept is not None:
                draw_keeper(self.project, self.sketch, flow, *kept)
        flow.entries = [order[0][0]] if order else []
        for (first, _), (second, node_at) in pairwise(order):
            if first is not second:
                flow.edge(first, second, Place(scope.module.path, scope.module.line(node_at)))
        if order:
            flow.edge(order[-1][0], None, at)
        self._turns(flow, scope, order)
        flow.open_ended = flow.open_ended or any(isinstance(n, ast.If | ast.While | ast.For) for n in ast.walk(scope.node))
        actions = Actions(self.project, flow, graph, named)
        actions.interrupts([s for s in self.interrupts if s.scope is not scope], None)
        for site in self.interrupts:
            if site.scope is scope:
                gate = flow.add("gate", f"{name}.interrupt", Place(site.path, site.line), "langgraph.interrupt", home_of(scope))
                gate.say("type", "human").say("enforced_in", "code")

    def _task(self, flow: Flow, func: Func, graph: Graph, named: dict[str, Item]) -> Item:
        name = func.scope.name.rpartition(".")[2]
        step = flow.add("step", name, place_of(func.scope), "langgraph.task", home_of(func.scope))
        flow.homes.add(home_of(func.scope))
        for decorator in getattr(func.scope.node, "decorator_list", ()):
            step.also(Place(func.scope.module.path, func.scope.module.line(decorator)))
        site = next((s for _, _, s in self.program.decorators(func.scope) if s is not None), None)
        empty = Site(_nothing_called(func.scope), Unknown())
        node = Node(name, step.at, func, site or empty, None, func.scope)
        graph.nodes[name] = node
        named[name] = step
        self._node(flow, node, step, Actions(self.project, flow, graph, named))
        return step

    def _turns(self, flow: Flow, scope: Scope, order: list[tuple[Item, ast.Call]]) -> None:
        """The `while` loops of an entrypoint around its tasks."""
        for node in ast.walk(scope.node):
            if not isinstance(node, ast.While):
                continue
            inside = [s for s, c in order if any(n is c for n in ast.walk(node))]
            if inside:
                at = Place(scope.module.path, scope.module.line(node))
                flow.edge(inside[-1], inside[0], at)
                counted = any(isinstance(n, ast.Compare) and isinstance(n.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE)
                              for n in ast.walk(node.test))
                carrier = next((s for s in inside if s.value("decider") == "model"), inside[0])
                if carrier.value("loop.bound") is None:
                    carrier.say("loop.bound", "coded" if counted else "none", at)


def _once(sites: list[Site] | tuple[Site, ...]) -> list[Site]:
    """Each call once, though it may be seen from several callers."""
    found: dict[int, Site] = {}
    for site in sites:
        found.setdefault(id(site.node), site)
    return list(found.values())


def _nothing_called(scope: Scope):      # type: ignore[no-untyped-def]
    """A call without arguments, for a task whose decorator has none."""
    from auditkit.syntax.python.module import Call

    return Call(ast.Call(ast.Name("task", ast.Load()), [], []), scope, None)


def _maker_behind(value: Value | None, depth: int = 0) -> Made | None:
    """The prebuilt agent behind a value."""
    for one in value.options() if value is not None and depth < 10 else ():
        if isinstance(one, Made):
            if one.site is not None and maker_of(one.name) is not None:
                return one
            owner = one.of.owner if isinstance(one.of, Outside) else None
            found = _maker_behind(owner, depth + 1)
            if found is not None:
                return found
    return None


def _with_children(scope: Scope) -> list[Scope]:
    found = [scope]
    for child in scope.children if scope.kind == "function" else ():
        found += _with_children(child)
    return found


def _sent_below(goto: ast.AST, scope: Scope, program: Program) -> bool:
    """Whether a goto hands on a list of Sends that the function fills (`sends.append(Send("x", ..))`)."""
    value = program.value(goto, scope)
    return any(isinstance(o, Many) and o.items for o in value.options())


__all__ = ["Home", "inspect", "scope_of"]
