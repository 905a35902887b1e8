"""The workflows of an export, and each as a graph: which nodes take part, what follows what, what serves whom."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from auditkit.sources.inspection.sketch import Place
from auditkit.sources.inspectors._n8n_nodes import Node, clean
from auditkit.syntax.json_places import Document, Object

MOST_LEVELS = 4
"""How deep inside other objects a workflow is looked for."""
MOST_WORKFLOWS = 2000
MOST_SERVED = 500
"""How many sub-nodes are followed from one to the step that it serves in the end."""


class Link(NamedTuple):
    """One node leads to another, from an output; `error` is the output for errors."""

    source: Node
    output: int
    target: Node
    at: Place
    error: bool = False


class Service(NamedTuple):
    """A sub-node serves a node, as a `kind` such as `ai_tool`."""

    source: Node
    kind: str
    target: Node


@dataclass(eq=False)
class Graph:
    """One workflow of an export."""

    name: str
    raw: Object
    path: str
    document: Document
    nodes: list[Node] = field(default_factory=list)
    steps: list[Node] = field(default_factory=list)
    """The nodes that take part and do a step of their own."""
    links: list[Link] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    after: dict[Node, list[Link]] = field(default_factory=dict)
    before: dict[Node, list[Link]] = field(default_factory=dict)
    serves: dict[Node, list[Service]] = field(default_factory=dict)
    served_by: dict[Node, list[Service]] = field(default_factory=dict)
    wired_errors: set[Node] = field(default_factory=set)
    """Nodes whose error output leads somewhere."""
    helpers: list[Node] = field(default_factory=list)
    """The sub-nodes that serve a step in the end."""
    sub_agents: list[Node] = field(default_factory=list)
    """Those of them that are agents with tools of their own."""
    effects: dict[Node, Any] = field(default_factory=dict)
    """What was found out of what its nodes do."""
    called: dict[Node, list[Node]] = field(default_factory=dict)
    """What runs below the trigger of a sub-workflow."""
    _own: set[Node] = field(default_factory=set)

    @property
    def place(self) -> Place:
        """Where the workflow begins."""
        return Place(self.path, self.document.line(self.raw))

    @property
    def settings(self) -> dict[str, Any]:
        """Its settings."""
        found = self.raw.get("settings")
        return found if isinstance(found, dict) else {}

    @cached_property
    def triggers(self) -> list[Node]:
        """The steps at which runs begin."""
        return [n for n in self.steps if n.trigger]

    @cached_property
    def called_at(self) -> list[Node]:
        """The triggers at which other workflows start this one."""
        return [n for n in self.triggers if n.type == "executeWorkflowTrigger"]

    @cached_property
    def callers(self) -> int:
        """How many of its tools call a workflow."""
        return sum(n.type == "toolWorkflow" for n in self.helpers)

    def entries(self) -> list[Node]:
        """The triggers, and the first steps of parts that no trigger starts (a person can)."""
        found = [n for n in self.steps if n.trigger or not any(link.source is not n for link in self.before.get(n, ()))]
        reached = self.reach(found)
        for step in self.steps:  # a part that is one circle begins at its first step
            if step not in reached:
                found.append(step)
                reached |= self.reach([step], known=reached)
        return found

    def reach(
        self,
        starts: Iterable[Node],
        without: set[Link] | None = None,
        avoiding: Node | None = None,
        known: set[Node] | None = None,
    ) -> set[Node]:
        """The steps that can be reached, the first ones too, when some links are cut and one step is shut.

        What is `known` already is not walked again.
        """
        found = {s for s in starts if s is not avoiding}
        queue = deque(found)
        while queue:
            for link in self.after.get(queue.popleft(), ()):
                target = link.target
                if target in found or target is avoiding or (known and target in known):
                    continue
                if not (without and link in without):
                    found.add(link.target)
                    queue.append(link.target)
        return found

    def parts(self, node: Node, *kinds: str) -> list[Node]:
        """The sub-nodes that serve a node, as some kinds (any, when none is named)."""
        return [s.source for s in self.served_by.get(node, ()) if not kinds or s.kind in kinds]

    def holders(self, node: Node) -> list[Node]:
        """The steps that a sub-node serves in the end, over other sub-nodes; agents offered as tools hold their own."""
        found: dict[Node, None] = {}
        queue, seen = deque([node]), {node}
        while queue and len(seen) < MOST_SERVED:
            for service in self.serves.get(queue.popleft(), ()):
                target = service.target
                if target in seen:
                    continue
                seen.add(target)
                if target in self._own:
                    found[target] = None
                else:
                    queue.append(target)
        return list(found)


def workflows(document: Document) -> Iterator[tuple[Object, str]]:
    """The workflows that a JSON value holds, each with the name that stands around it ("" for none)."""
    queue: deque[tuple[Any, int, str]] = deque([(document.value, 0, "")])
    found = 0
    while queue and found < MOST_WORKFLOWS:
        value, level, around = queue.popleft()
        if isinstance(value, Object) and _is_workflow(value):
            found += 1
            yield value, around
        elif level < MOST_LEVELS:
            if isinstance(value, Object):
                title = value.get("name") or value.get("title")
                queue += [
                    (v, level + 1, title if isinstance(title, str) else around)
                    for v in value.values()
                    if isinstance(v, dict | list)
                ]
            elif isinstance(value, list):
                queue += [(v, level + 1, around) for v in value[:MOST_WORKFLOWS] if isinstance(v, dict | list)]


def _is_workflow(value: Object) -> bool:
    nodes = value.get("nodes")
    if not isinstance(nodes, list) or isinstance(value.get("edges"), list):
        return False
    kinds = [n for n in nodes if isinstance(n, dict) and isinstance(n.get("type"), str)]
    if any("n8n-nodes" in n["type"] for n in kinds):
        return True
    connections = value.get("connections", 0)
    return (connections is None or isinstance(connections, dict)) and (
        (not nodes and len({"connections", "settings", "active", "meta", "pinData"} & set(value)) > 1)
        or any("parameters" in n or "typeVersion" in n for n in kinds)
    )


def graph(raw: Object, name: str, path: str, document: Document) -> Graph:
    """One workflow as a graph. What is not shaped as n8n writes it is left out."""
    made = Graph(name, raw, path, document)
    for number, item in enumerate(raw["nodes"], 1):
        if isinstance(item, Object):
            found = item.get("name")
            named = clean(found) if isinstance(found, str | int | float) and not isinstance(found, bool) else ""
            made.nodes.append(
                Node(named or clean(str(item.get("type") or "").rpartition(".")[2]) or f"node {number}", item, path, document)
            )
    by_name: dict[str, Node] = {}
    for node in reversed(made.nodes):  # of two with one name, connections mean the first
        if isinstance(node.raw.get("id"), str | int):
            by_name.setdefault(str(node.raw["id"]), node)
    for node in reversed(made.nodes):
        written = node.raw.get("name")
        by_name[str(written) if written is not None else node.name] = node
    _connect(made, by_name)
    _bridge(made)
    _take_part(made)
    return made


def _connect(made: Graph, by_name: dict[str, Node]) -> None:
    connections = made.raw.get("connections")
    seen: set[tuple[Node, int, Node]] = set()
    for source_name, outputs in connections.items() if isinstance(connections, dict) else ():
        source = by_name.get(source_name)
        if source is None or not isinstance(outputs, dict):
            continue
        for kind, number, end in _ends(outputs):
            target = by_name.get(str(end.get("node")))
            if target is None or target.note or source.note:
                continue
            if kind != "main":
                made.services.append(Service(source, kind, target))
            elif (source, number, target) not in seen:
                seen.add((source, number, target))
                at = Place(made.path, made.document.line(end))
                error = source.raw.get("onError") == "continueErrorOutput" and number >= source.outputs
                made.links.append(Link(source, number, target, at, error))


def _ends(outputs: dict[str, Any]) -> Iterator[tuple[str, int, Object]]:
    """Kind, output and end of every connection of a node; an output may be null, and some tools write one level less."""
    for kind, several in outputs.items():
        for number, ends in enumerate(several if isinstance(several, list) else [several]):
            for end in ends if isinstance(ends, list) else [ends]:
                if isinstance(end, Object):
                    yield str(kind), number if isinstance(ends, list) else 0, end


def _bridge(made: Graph) -> None:
    """A disabled node hands on what it is given, from its first output."""
    through: dict[Node, list[Link]] = {}
    for link in made.links:
        if link.source.disabled and link.output == 0:
            through.setdefault(link.source, []).append(link)
    found: list[Link] = []
    for link in made.links:
        if link.source.disabled:
            continue
        queue, seen = deque([link.target]), set()
        while queue:
            target = queue.popleft()
            if target in seen:
                continue
            seen.add(target)
            if target.disabled:
                queue += [onward.target for onward in through.get(target, ())]
            else:
                found.append(link._replace(target=target))
    made.links = found
    made.services = [s for s in made.services if not s.source.disabled and not s.target.disabled]


def _take_part(made: Graph) -> None:
    """Steps are triggers and what is connected by `main`; sub-nodes count when they serve a step in the end.

    An agent with a model and tools is one too where nothing leads to it: on such a canvas it is run by hand, or shows
    what a workflow does that another one calls.
    """
    linked = {n for link in made.links for n in (link.source, link.target)}
    lends = {s.source for s in made.services}
    helped: dict[Node, set[str]] = {}
    for service in made.services:
        helped.setdefault(service.target, set()).add(service.kind)
    for node in made.nodes:
        if node.note or node.disabled:
            continue
        alone_with_model = node in helped and node not in lends and not node.sub_type
        if (
            (node.trigger and not node.type.endswith("Tool"))
            or (node in linked and not (node in lends and node.sub_type))
            or (alone_with_model and (not linked or {"ai_languageModel", "ai_tool"} <= helped[node]))
        ):
            made.steps.append(node)
    inside = set(made.steps)
    made._own = inside | {s.source for s in made.services if s.source.type in ("agentTool",)}
    made.links = [link for link in made.links if link.source in inside and link.target in inside]
    for link in made.links:
        made.after.setdefault(link.source, []).append(link)
        made.before.setdefault(link.target, []).append(link)
        if link.error:
            made.wired_errors.add(link.source)
    for service in made.services:
        made.serves.setdefault(service.source, []).append(service)
        made.served_by.setdefault(service.target, []).append(service)
    live: set[Node] = set(made.steps)
    queue = deque(made.steps)
    while queue:
        for service in made.served_by.get(queue.popleft(), ()):
            if service.source not in live:
                live.add(service.source)
                queue.append(service.source)
    made.services = [s for s in made.services if s.target in live and s.source in live]
    made.serves = {n: [s for s in several if s.target in live] for n, several in made.serves.items() if n in live}
    made.served_by = {n: several for n, several in made.served_by.items() if n in live}
    made._own &= live
    made.sub_agents = [n for n in made.nodes if n in made._own and n not in inside]
    made.helpers = [n for n in made.nodes if n in live and n not in inside]
