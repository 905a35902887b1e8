"""Draws the models: chat models and embeddings that serve a step, and steps that name a model themselves."""

from __future__ import annotations

import re

from auditkit.sources.inspection.models import pinned
from auditkit.sources.inspection.sketch import Place
from auditkit.sources.inspectors._n8n_drawing import Drawing
from auditkit.sources.inspectors._n8n_effects import HTTP, calls_model
from auditkit.sources.inspectors._n8n_graph import Graph
from auditkit.sources.inspectors._n8n_nodes import Node, clean, host_of, literal, strings, table
from auditkit.syntax.patterns import later

PINNED = later(r"(?:-\d{4}-\d{2}-\d{2}|[-@]\d{8}|-\d{2}-\d{4}|-\d{4}|-00\d)(?:-preview|-v\d+(?::\d+)?)?$")
"""The end of a model id that names a dated or numbered snapshot."""


def draw_models(drawing: Drawing) -> None:
    """Every node that names a model or stands for one."""
    graph = drawing.graph
    for node in graph.helpers:
        if node.type.startswith("lm") or (node.type.startswith("embeddings") and _named(node)[0] is not None):
            _model(drawing, node, _answering(node, graph))
    for node in graph.steps:
        if embeds(node) and _in_body(node)[0] is not None:
            _model(drawing, node, [])
        if drawing.deciders[node] != "model" or graph.parts(node, "ai_languageModel"):
            continue
        name = _named(node)[0] or _prepared(node, graph)[0]
        talks = (
            node.type in ("openAi", "anthropic", "googleGemini", "ollama", "perplexity", "mistralAi")
            and node.resource not in NOT_TALKING
        )
        if name is not None or (talks and node.operation != "moderate"):
            _model(drawing, node, [node])


def _answering(node: Node, graph: Graph) -> list[Node]:
    """The nodes in which a chat model decides: those that it is attached to, not those whose tool or parser it serves."""
    direct = [s.target for s in graph.serves.get(node, ()) if s.kind == "ai_languageModel"]
    chosen = [s.target for d in direct if d.type == "modelSelector" for s in graph.serves.get(d, ())]
    return direct + chosen


def embeds(node: Node) -> bool:
    """Whether a node asks for embeddings over HTTP."""
    return node.base in HTTP and re.search(r"/(?:\w*embeddings?|embed)(?:[/?]|$)", str(node.get("url") or "")) is not None


NOT_TALKING = ("audio", "image", "video", "assistant", "document")
_KEYS = ("model", "modelId", "modelName", "modelIdentifier", "deploymentName")


def _named(node: Node) -> tuple[object, tuple[str, ...]]:
    """The model as written (None when left out), and where it stands."""
    for key in _KEYS:
        for path in ((key,), ("options", key)):
            found = node.get(*path)
            if found is not None and found != "":
                return found, ("parameters", *path)
    if node.type == "openAi" and isinstance(node.get("chatModel"), str):
        return node.get("chatModel"), ("parameters", "chatModel")
    if calls_model(node) or embeds(node):
        return _in_body(node)
    return None, ()


def _in_body(node: Node) -> tuple[str | None, tuple[str, ...]]:
    """The model that an HTTP call or a piece of code names."""
    for key in ("jsonBody", "body", "bodyParametersJson", "jsCode", "functionCode", "jsonOutput"):
        found = node.get(key)
        match = re.search(r"""["']?model["']?\s*:\s*["']([^"'{}]{2,80})["']""", found) if isinstance(found, str) else None
        if match:
            return match[1], ("parameters", key)
    for holder, key, value in strings(node.parameters):
        if key == "value" and holder.get("name") == "model":
            return value, ("parameters", "bodyParameters")
    match = re.search(r"/models/([A-Za-z0-9.-]+):", str(node.get("url") or ""))
    return (match[1], ("parameters", "url")) if match else (None, ())


def _prepared(node: Node, graph: Graph) -> tuple[str | None, tuple[str, ...], Node]:
    """The model of an HTTP call whose body a node shortly before it builds."""
    if calls_model(node):
        near = [link.source for link in graph.before.get(node, ())]
        for before in [*near, *(link.source for n in near for link in graph.before.get(n, ()))][:20]:
            found, path = _in_body(before) if before.type in ("code", "function", "set") else (None, ())
            if found is not None:
                return found, path, before
    return None, (), node


def _model(drawing: Drawing, node: Node, holders: list[Node]) -> None:
    written, path = _named(node)
    source = node
    if written is None:
        written, path, source = _prepared(node, drawing.graph)
    name = literal(written)
    if isinstance(name, str) and name.strip():
        name = clean(name)
        at = _value_place(source, written, path)
        item = drawing.flow.add("model", name, at, f"n8n.{node.type}").also(node.place)
        item.say("name", name, at).say("pinned", bool(PINNED.search(name)) or pinned(name), at)
    else:
        item = drawing.flow.add(
            "model", "node default" if written is None else f"model of {node.name}"[:120], node.place, f"n8n.{node.type}"
        )
        if written is None:
            item.say(
                "pinned",
                False,
                how="default",
                note=f"no model is chosen: the default of {node.type} version {node.version:g}, which changes with n8n",
            )
    maker = table()["model_makers"].get(host_of(node.get("url"))) if node.base in HTTP else None
    item.say("provider", maker or node.vendor or None)
    drawing.models[node] = item
    for holder in holders:  # a second model of a step is its fallback
        step = drawing.steps.get(holder)
        if step is not None and drawing.deciders[holder] == "model" and step.value("model") is None:
            step.say("model", item, node.place)


def _value_place(node: Node, written: object, path: tuple[str, ...]) -> Place:
    return node.at(*path, "value") if isinstance(written, dict) else node.at(*path)
