"""One workflow while it is drawn: its graph, and the items made of its nodes; who decides, and what becomes of failures."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from auditkit.sources.inspection.sketch import Flow, Item, Place
from auditkit.sources.inspectors._n8n_effects import calls_model
from auditkit.sources.inspectors._n8n_gates import Asked, asked
from auditkit.sources.inspectors._n8n_graph import Graph
from auditkit.sources.inspectors._n8n_nodes import Node, table


@dataclass
class Drawing:
    """One workflow while it is drawn: the graph it is read from, and the items made of its nodes."""

    graph: Graph
    flow: Flow
    steps: dict[Node, Item] = field(default_factory=dict)
    actions: dict[Node, Item] = field(default_factory=dict)
    integrations: dict[Node, Item] = field(default_factory=dict)
    knowledge: dict[Node, Item] = field(default_factory=dict)
    models: dict[Node, Item] = field(default_factory=dict)
    gates: dict[Node, Item] = field(default_factory=dict)
    shared: dict[tuple[str, str], Item] = field(default_factory=dict)
    """Stores and sources that several nodes use, by kind and name."""

    @cached_property
    def deciders(self) -> dict[Node, str]:
        """Who decides in each step."""
        return {n: _decider(n, self.graph) for n in [*self.graph.steps, *self.graph.sub_agents]}

    @cached_property
    def models_by_name(self) -> dict[str, list[Node]]:
        """The steps in which a model decides, by name."""
        found: dict[str, list[Node]] = {}
        for node, decider in self.deciders.items():
            if decider == "model":
                found.setdefault(node.name, []).append(node)
        return found

    @cached_property
    def asked(self) -> list[Asked]:
        """Where a person is asked."""
        return asked(self.graph, self.deciders)


def _decider(node: Node, graph: Graph) -> str:
    kinds = table()["model_types"]
    if node.trigger:
        return "code"
    if node.waits:
        return "human"
    if graph.parts(node, "ai_languageModel"):  # code asks the model attached to it only by this call
        return "model" if node.type != "code" or "getInputConnectionData" in node.text else "code"
    if node.type in kinds and node.type not in ("agentTool",):
        quiet = node.resource in table()["not_model_resources"] or (node.operation or "") in (
            "create",
            "list",
            "deleteAssistant",
            "upload",
        )
        return "code" if quiet and node.type != "chainLlm" else "model"
    return "model" if node.type == "agentTool" or calls_model(node) else "code"


def error_mode(node: Node) -> tuple[str, Place]:
    """What n8n does when the node fails (`stopWorkflow` when nothing is set), and where that stands."""
    mode = node.raw.get("onError")
    if isinstance(mode, str):
        return mode, node.at("onError")
    if node.raw.get("continueOnFail") is True:
        return "continueRegularOutput", node.at("continueOnFail")
    return "stopWorkflow", node.place


def swallows(node: Node, graph: Graph) -> tuple[Place, str] | None:
    """Where and how a failure of the node is lost, or None."""
    mode, at = error_mode(node)
    if mode == "continueErrorOutput" and node not in graph.wired_errors:
        return at, "its error output is on and leads nowhere: a failure ends the branch and the run shows success"
    if mode == "continueRegularOutput":
        onward = [link.target for link in graph.after.get(node, ())]
        if not any(n.type in ("if", "switch", "filter", "code") and "error" in n.text.lower() for n in onward):
            return at, "the run goes on after a failure with the error as data, and the next node does not look at it"
    return None
