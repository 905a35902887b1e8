"""Draws what a workflow stands on: outside systems, models, stores, knowledge, agents, monitors and evals."""

from __future__ import annotations

import re

from auditkit.sources.inspection.sketch import Item, Place
from auditkit.sources.inspectors._n8n_drawing import Drawing, error_mode, swallows
from auditkit.sources.inspectors._n8n_effects import HTTP, effect_of
from auditkit.sources.inspectors._n8n_graph import Graph
from auditkit.sources.inspectors._n8n_nodes import Node, clean, literal, strings, table
from auditkit.sources.inspectors._n8n_tables import kept
from auditkit.sources.inspectors._secrets import is_credential
from auditkit.syntax.patterns import later

_SECRET_KEY = later(
    r"(?:api[-_ ]?key|authorization|auth[-_ ]?token|access[-_ ]?token|secret|password|x-api-key|bearer)$", re.IGNORECASE
)
_SECRET = later(
    r"^=?(?:(?:Bearer|Basic|Token|Bot)\s+[A-Za-z0-9._~+/=-]{16,}|sk-[A-Za-z0-9_-]{16,}|xox[bap]-[A-Za-z0-9-]{10,}"
    r"|AIza[A-Za-z0-9_-]{30,}|gh[pousr]_[A-Za-z0-9]{20,}|AKIA[A-Z0-9]{16}|r8_[A-Za-z0-9]{20,}|apify_api_\w{10,}|pat[A-Za-z0-9.]{30,})"
)
_IN_URL = later(r"[?&](?:api[-_]?key|key|token|access_token|apikey)=([A-Za-z0-9_-]{16,})")
_IN_TEXT = later(
    r"""(?:api[-_]?key|access[-_]?token|auth[-_]?token|client[-_]?secret|authorization)["']?\s*[:=]\s*["'](?:(?:Bearer|Basic)\s+)?([\w.~+/=-]{16,200})["']""",
    re.IGNORECASE,
)
"""A credential inside a longer text, such as a body of JSON."""
_SEARCH = later(r"/points/(?:query|search|recommend|discover)|/query(?:[?/]|$)|/graphql(?:[?/]|$)")
"""The addresses at which vector stores are asked what is near."""
_PLACEHOLDER = later(
    r"your|xxx|\*\*\*|<|>|\{|\[|replace|insert|example|placeholder|api[-_ ]?key[-_ ]?here|todo", re.IGNORECASE
)


# Integrations ----------------------------------------------------------------------------------------------


def draw_integrations(drawing: Drawing) -> None:
    """One a system that is called outside, with every node that calls it."""
    graph = drawing.graph
    groups: dict[str, list[Node]] = {}
    unseen: dict[str, str] = {}
    for node in [*graph.steps, *graph.helpers]:
        vendor = node.vendor
        if vendor == "":  # an address that only a run could tell: one for each expression it begins with
            begins = str(node.get("url") or node.get("endpointUrl") or node.name)[:300].partition("}}")[0]
            vendor = unseen.setdefault(begins, f"HTTP of {node.name}")
        if vendor:
            groups.setdefault(vendor, []).append(node)
    for name, nodes in groups.items():
        item = drawing.flow.add("integration", clean(name), nodes[0].place, f"n8n.{nodes[0].type}")
        for node in nodes:
            item.also(node.place)
            drawing.integrations[node] = item
        _integration(item, nodes, drawing)


def _integration(item: Item, nodes: list[Node], drawing: Drawing) -> None:
    graph = drawing.graph
    models = [n for n in nodes if _serves_model(n)]
    hub = any(n.base in HTTP for n in nodes)
    kind = (
        "model"
        if models or any(drawing.deciders.get(n) == "model" for n in nodes)
        else "mcp"
        if any(n.type.startswith("mcp") for n in nodes)
        else table()["vendor_kinds"].get(item.name, "api")
    )
    item.say("kind", kind).say("third_party", True if not hub or "." in item.name else None).say("used", True)
    item.say("direction", _direction(nodes, graph) if kind != "model" else None)
    _time_limit(item, nodes)
    _repeats(item, nodes, models)
    same = set(nodes)
    lost = [found for n in nodes if (found := swallows(n, graph)) is not None and not _stops_next(n, same, graph)]
    if kind == "model":
        lost += [found for n in models for h in graph.holders(n) if (found := swallows(h, graph)) is not None]
    for at, note in lost:
        item.say("on_error", "swallow", at, note=note)
    if not lost and all(n in drawing.steps and not n.raw.get("onError") for n in nodes):
        item.say("on_error", "raise", how="default", note="n8n stops the run when a node fails and nothing else is set")
    _credentials(item, nodes)


def _stops_next(node: Node, same: set[Node], graph: Graph) -> bool:
    """The next step calls the same system and stops the run when that is down."""
    onward = [link.target for link in graph.after.get(node, ())]
    return bool(onward) and all(n in same and error_mode(n)[0] == "stopWorkflow" for n in onward)


def _serves_model(node: Node) -> bool:
    return node.type.startswith(("lm", "embeddings")) or node.type == "rerankerCohere"


def _direction(nodes: list[Node], graph: Graph) -> str | None:
    ways = {
        "read" if n.trigger else {"read": "read", "none": "read", None: ""}.get(effect_of(n, graph).effect, "write")
        for n in nodes
    }
    if "" in ways:
        return None
    return "both" if len(ways) > 1 else ways.pop()


def _time_limit(item: Item, nodes: list[Node]) -> None:
    limited = [n for n in nodes if isinstance(n.options.get("timeout"), int | float) and n.options.get("timeout")]
    for node in limited:
        seconds = node.options["timeout"] / (1000 if node.options["timeout"] >= 1000 or node.base in HTTP else 1)
        if 0 < seconds < 1e6:
            item.say("timeout_s", seconds, node.at("parameters", "options", "timeout"))
    calling = [n for n in nodes if not n.trigger]
    if limited and len(limited) == len(calling):
        item.say("timeout", True, limited[0].at("parameters", "options", "timeout"))
    else:
        item.say("timeout", "default", how="default", note="no timeout is set; n8n's own limit of the node holds")


def _repeats(item: Item, nodes: list[Node], models: list[Node]) -> None:
    if models:
        named = [n for n in models if isinstance(n.options.get("maxRetries"), int)]
        if named and len(named) == len(models):
            most = named[0].options["maxRetries"]
            item.say("retry", bool(most), named[0].at("parameters", "options", "maxRetries"))
            item.say("retries.max", max(0, most), named[0].at("parameters", "options", "maxRetries"))
        else:
            item.say(
                "retry", "default", how="default", note="the model node repeats failed calls twice when Max Retries is not set"
            )
        return
    calling = [n for n in nodes if not n.trigger] or nodes
    bare = [n for n in calling if n.raw.get("retryOnFail") is not True]
    if bare:
        written = bare[0].raw.get("retryOnFail") is False
        item.say(
            "retry",
            False,
            bare[0].at("retryOnFail") if written else bare[0].place,
            "literal" if written else "default",
            None if written else "Retry On Fail is off unless it is set",
        )
        return
    tries = calling[0].raw.get("maxTries")
    known = tries if isinstance(tries, int) and not isinstance(tries, bool) and 1 < tries <= 5 else 3
    at = calling[0].at("retryOnFail")
    item.say("retry", True, at).say("retries.max", known - 1, at, "literal" if tries else "default")
    item.say("retries.backoff", "fixed", at, "default", "n8n waits the same time between tries")
    item.say("retries.jitter", False, at, "default").say(
        "retries.classified", False, at, "default", "n8n repeats after every kind of error"
    )


def _credentials(item: Item, nodes: list[Node]) -> None:
    places = [place for n in nodes for place in secrets(n)]
    for place in places[:20]:
        item.say("auth.secret_store", "code", place, note="a credential is written into the node instead of n8n's credentials")
        item.say("auth.refresh", "none", place, note="nobody renews what is written into a node")
    named = [n for n in nodes if isinstance(n.raw.get("credentials"), dict) and n.raw["credentials"]]
    if named and not places:
        item.say("auth.secret_store", "manager", named[0].at("credentials"), note="a credential kept by n8n, named by reference")
    if named and not places and all("oauth2" in str(k).lower() for n in named for k in n.raw["credentials"]):
        item.say("auth.refresh", "auto", named[0].at("credentials"), "default", "n8n renews OAuth2 tokens")


def secrets(node: Node) -> list[Place]:
    """Where credentials are written out in a node's parameters. Never what they are."""
    found: list[Place] = []
    for holder, key, value in strings(node.parameters):
        if any(is_credential(m[1], given_as_one=True) for m in _IN_TEXT.finditer(value[:20_000])):
            found.append(Place(node.path, node.document.line(holder, key)))
            continue
        if len(value) > 2000 or (value.startswith("=") and "{{" in value):
            continue
        label = str(holder.get("name", "")) if key == "value" else key
        named = bool(_SECRET_KEY.search(label)) and len(value) >= 16 and " " not in value.removeprefix("Bearer ").strip()
        in_url = _IN_URL.search(value)
        if (
            (named or _SECRET.match(value) or in_url)
            and not _PLACEHOLDER.search(value.partition("//")[2] if in_url else value)
            and re.search(r"\d", value)
        ):
            found.append(Place(node.path, node.document.line(holder, key)))
    return found


# Stores ----------------------------------------------------------------------------------------------------


def draw_stores(drawing: Drawing) -> None:
    """Memories, what is remembered between runs, and vector stores that are written to."""
    graph, flow = drawing.graph, drawing.flow
    for node in [*graph.helpers, *graph.steps]:
        rule = f"n8n.{node.type}"
        if node in graph.serves and node.type.startswith("memory") and any(s.kind == "ai_memory" for s in graph.serves[node]):
            _memory(flow.add("store", node.name, node.place, rule), node)
        elif node.type == "removeDuplicates" and node.operation in (
            "removeItemsSeenInPreviousExecutions",
            "clearDeduplicationHistory",
        ):
            flow.add("store", f"{node.name} (seen items)"[:120], node.place, rule).also(node.at("parameters", "operation")).say(
                "kind", "platform"
            ).say("durable", True, note="n8n keeps the values it has seen in its database").say("persists", True)
        elif node.base == "dataTable":
            _once(drawing, "store", f"data table {node.said('dataTableId') or ''}".strip(), node).say("kind", "platform").say(
                "durable", True
            )
        elif node.base == "redis" and not node.trigger:
            _once(drawing, "store", "redis", node).say("kind", "cache").say("durable", True).say("persists", True)
        elif node.type in ("code", "function", "functionItem") and "getWorkflowStaticData" in node.text:
            _once(drawing, "store", "workflow static data", node).say("kind", "platform").say(
                "durable", True, note="kept by n8n between runs of the active workflow"
            ).say("persists", True)
        elif node.type.startswith("vectorStore") and (effect_of(node, graph).effect == "write" or "InMemory" in node.type):
            inside = "InMemory" in node.type
            item = _once(drawing, "store", f"{node.vendor or 'in-memory'} {index_of(node)}".strip(), node)
            item.say("kind", "vector").say("durable", not inside, note="lives in n8n's process" if inside else None)
            item.say("persists", True if not inside else None)
    _draw_tables(drawing)


def _draw_tables(drawing: Drawing) -> None:
    """The tables that the workflow reads and writes; one that a vector store works on is drawn as that."""
    indexes = {index_of(n) for n in drawing.graph.nodes if n.type.startswith("vectorStore")}
    for table_ in kept(drawing.graph):
        if table_.name in indexes:
            continue
        first = table_.writes[0]
        item = _once(drawing, "store", f"{first.vendor} {table_.name}", first)
        for node in [*table_.writes, *table_.reads]:
            item.also(node.place)
        item.say("kind", "file" if first.base == "googleDocs" else "database")
        item.say("durable", True, note="kept by the service outside n8n")
        item.say("persists", True, table_.reads[0].place, "resolved", "the workflow reads what it wrote")


def _once(drawing: Drawing, kind: str, name: str, node: Node) -> Item:
    """The component of a name, drawn at its first node; later nodes are further places of it."""
    known = drawing.shared.get((kind, clean(name)))
    if known is None:
        known = drawing.shared[kind, clean(name)] = drawing.flow.add(kind, clean(name), node.place, f"n8n.{node.type}")
    return known.also(node.place)


def _memory(item: Item, node: Node) -> None:
    volatile = node.type in table()["volatile_memories"]
    item.say("kind", "window" if volatile else "database")
    item.say(
        "durable",
        not volatile,
        how="default",
        note="it lives in n8n's process and is lost at a restart" if volatile else "kept in a database",
    )
    item.say("persists", None if volatile else True).say("symbol", f"n8n:{node.name}"[:120])
    session = node.get("sessionKey")
    if isinstance(session, str) and session:
        fixed = literal(session) is not None
        item.say(
            "scope",
            "shared" if fixed else None,
            node.at("parameters", "sessionKey"),
            note="its session key is fixed" if fixed else None,
        )


def index_of(node: Node) -> str:
    """Which index, collection or table of a vector store a node uses, when that is written out."""
    for key in (
        "pineconeIndex",
        "qdrantCollection",
        "tableName",
        "memoryKey",
        "weaviateCollection",
        "milvusCollection",
        "mongoCollection",
        "collectionName",
        "redisIndex",
        "indexName",
        "chromaCollection",
    ):
        found = node.said(key)
        if isinstance(found, str) and found:
            return found
    return ""


# Knowledge -------------------------------------------------------------------------------------------------


def draw_knowledge(drawing: Drawing) -> None:
    """What models read from: vector stores, and tables, documents and the web where they are offered as tools."""
    graph = drawing.graph
    for node in [*graph.helpers, *graph.steps]:
        if node.type.startswith("vectorStore"):
            if effect_of(node, graph).effect == "read":
                name = f"{node.vendor or 'in-memory'} {index_of(node)}".strip()
                _knowledge(drawing, name, node, "vector", graph.holders(node) if node in graph.serves else [node])
            continue
        if found := _searched(node):
            _knowledge(drawing, found, node, "vector", graph.holders(node) if node in graph.serves else [node])
            continue
        if node not in graph.serves or not any(s.kind == "ai_tool" for s in graph.serves[node]):
            continue
        kind = (
            table()["knowledge"].get(node.vendor or "")
            or ("database" if node.base == "dataTable" else None)
            or table()["knowledge"].get("_".join(re.findall(r"[A-Z]?[a-z]+", node.base)).lower().removeprefix("tool_"))
        )
        if kind is None and node.base in HTTP and effect_of(node, graph).effect == "read":
            kind = "web"
        if kind is not None and effect_of(node, graph).effect in ("read", None):
            _knowledge(drawing, node.name, node, kind, graph.holders(node))


def _searched(node: Node) -> str:
    """The vector store that a node searches over HTTP, with its collection where that is written; "" for other calls."""
    url = str(node.get("url") or "") if node.base in HTTP else ""
    if node.vendor not in ("qdrant", "pinecone", "weaviate") or not _SEARCH.search(url):
        return ""
    named = re.search(r"/collections/([\w-]+)/", url)
    return f"{node.vendor} {named[1] if named else ''}".strip()


def _knowledge(drawing: Drawing, name: str, node: Node, kind: str, holders: list[Node]) -> None:
    if kind == "vector":
        item = _once(drawing, "knowledge", name, node)
    else:
        item = drawing.flow.add("knowledge", clean(name), node.place, f"n8n.{node.type}")
    item.say("kind", kind, node.place).say("symbol", f"n8n:{node.name}"[:120])
    if kind in ("web", "database", "api"):
        item.say("version", "live", node.place, "resolved", "read at the moment of the call")
    drawing.knowledge[node] = item
    for holder in holders:
        if holder in drawing.steps:
            drawing.steps[holder].say("knowledge", item, node.place)


# The whole -------------------------------------------------------------------------------------------------


def draw_system(drawing: Drawing) -> None:
    """What holds for the workflow as a whole, its agents, who watches it and what tests it."""
    graph, flow = drawing.graph, drawing.flow
    system = flow.add("system", flow.name, graph.place, "n8n.workflow")
    system.say("platform", "n8n")
    for trigger in graph.triggers:
        channel = (
            table()["channels"].get(trigger.type)
            or table()["channels"].get(trigger.vendor or "")
            or ("schedule" if trigger.type == "scheduleTrigger" else None)
        )
        if channel is not None:
            system.say("channel", channel, trigger.place)
            break
    settings = graph.raw.get("settings")
    limit = graph.settings.get("executionTimeout")
    line = Place(graph.path, graph.document.line(graph.raw, "settings", "executionTimeout"))
    if isinstance(limit, int | float) and not isinstance(limit, bool) and 0 < limit < 1e7:
        system.say("run.timeout_s", float(limit), line)
    if settings and graph.settings.get("saveExecutionProgress") is True:
        system.say(
            "state.checkpoint", "per_step", Place(graph.path, graph.document.line(graph.raw, "settings", "saveExecutionProgress"))
        )
    system.say("ops.kill_switch", "switch", how="default", note="the workflow can be switched off in n8n")
    _uses(drawing)
    _agents(drawing)
    error_workflow = graph.settings.get("errorWorkflow")
    if isinstance(error_workflow, str) and error_workflow:
        at = Place(graph.path, graph.document.line(graph.raw, "settings", "errorWorkflow"))
        flow.add("monitor", "error workflow", at, "n8n.settings.errorWorkflow").say("kind", "errors").say("granularity", "run")
    for node in graph.steps:
        if node.type == "errorTrigger" and graph.after.get(node):
            flow.add("monitor", node.name, node.place, "n8n.errorTrigger").say("kind", "errors").say("granularity", "run")
        elif node.type in ("evaluationTrigger", "evaluation") and (
            node.type != "evaluation" or node.operation != "checkIfEvaluating"
        ):
            known = flow.of("eval")
            (
                known[0].also(node.place)
                if known
                else flow.add("eval", node.name, node.place, f"n8n.{node.type}").say("in_ci", False, how="default")
            )


def _uses(drawing: Drawing) -> None:
    graph = drawing.graph
    for node, step in drawing.steps.items():
        used = dict.fromkeys(drawing.integrations[n] for n in [node, *graph.parts(node)] if n in drawing.integrations)
        for item in used:
            step.say("integrations", item, how="resolved")


def _agents(drawing: Drawing) -> None:
    graph = drawing.graph
    agents = [n for n in drawing.steps if n.type in ("agent", "agentTool", "openAiAssistant")]
    acting = [n for n in agents if graph.parts(n, "ai_tool")]
    if len(agents) < 2 or (len(acting) < 2 and not graph.sub_agents):  # AI nodes in a row are steps, not several agents
        return
    made = {n: drawing.flow.add("agent", n.name, n.place, f"n8n.{n.type}") for n in agents}
    for node, item in made.items():
        tools = [t for t in graph.parts(node, "ai_tool") if t not in made]
        item.say("tools", [t.name for t in tools] if tools else None).say("symbol", f"n8n:{node.name}"[:120])
        item.say("can_delegate_to", [made[t] for t in graph.parts(node, "ai_tool") if t in made] or None)
        drawing.steps[node].say("agent", item)
