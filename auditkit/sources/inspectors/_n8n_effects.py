"""What a node does to the world: read off its type, resource, operation, method or query."""

from __future__ import annotations

import re
from dataclasses import dataclass

from auditkit.sources.inspection.sketch import How, Place
from auditkit.sources.inspectors._n8n_graph import Graph
from auditkit.sources.inspectors._n8n_nodes import Node, literal, table, words
from auditkit.syntax.patterns import later

_SQL = later(
    r"\b(select|with|show|explain|describe|insert|update|upsert|replace|merge|delete|drop|truncate|alter|create|grant|revoke|call|exec)\b",
    re.IGNORECASE,
)
_COMMENT = later(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_CALLS = later(r"httpRequest|fetch\(|axios|\$http|requests\.|urllib")
_CHANGING = later(
    r"""method['"]?\s*:\s*['"](post|put|patch|delete)|\.(?:post|put|patch|delete)\(|requests\.(?:post|put|patch|delete)""",
    re.IGNORECASE,
)
_LIBRARY = later(
    r"""(?:require\(|\bfrom|\bimport\()\s*['"](?!node:|(?:assert|buffer|crypto|events|fs|os|path|querystring|stream|url|util|zlib)['"/])[@a-z]"""
)
_RECORDS = r"(?i:client|collection|store|index|bucket|table|db|database|supabase)\)?\s*\.\s*"
_REMOVES = later(_RECORDS + r"(?:delete|remove|drop|destroy|truncate)\w*\(")
_CHANGES = later(_RECORDS + r"(?:insert|upsert|update|add|save|create|put)\w*\(")
"""What code does to the records of an outside system by a library's client."""
_MUTATION = later(r"\bmutation\b[\s\w]*[({]")
_TYPING = later(r"sender_action|sendChatAction|typing_indicator")
REFERS = later(r"\$fromAI\s*\(", re.IGNORECASE)
MOST_TOOLS = 400
HTTP = ("httpRequest", "toolHttpRequest", "httpRequestTool")
WEIGHTY = ("write", "message", "money", "delete", "deploy", "execute", "access", "legal")


@dataclass(frozen=True)
class Effect:
    """What a node does; `consequential` and `effect` are None where the file does not tell."""

    effect: str | None
    consequential: bool | None
    at: Place
    how: How = "literal"
    note: str | None = None
    reversible: str | None = None


def effect_of(node: Node, graph: Graph) -> Effect:
    """What a node does."""
    known = graph.effects.get(node)
    if known is None:
        known = graph.effects[node] = _effect(node, graph)
    return known


def _effect(node: Node, graph: Graph) -> Effect:
    at = node.at("parameters", "operation") if node.operation_written else node.place
    if node.type in HTTP or node.base in (*HTTP, "facebookGraphApi"):
        return _http(node)
    if node.type.startswith("vectorStore"):
        changes = (node.operation or "") in ("insert", "update") or node.type.endswith("Insert")
        return Effect("write" if changes else "read", False, at)
    fixed = table()["types"].get(node.type) or table()["types"].get(node.base)
    if fixed and not node.get("operation"):
        return Effect(
            fixed[0],
            fixed[1],
            node.place,
            "resolved",
            reversible="no" if fixed[0] in ("message", "execute") and fixed[1] else None,
        )
    if node.type in ("toolCode", "code", "function", "functionItem"):
        return _code(node)
    if node.type == "toolWorkflow" or node.base == "executeWorkflow":
        return _sub_workflow(node, graph)
    if node.type in ("mcpClientTool", "mcpRegistryClientTool", "mcpClient"):
        return Effect(None, None, at, note="what an MCP server offers is not in the file")
    if node.base in ("graphql",):
        query = node.text
        return Effect("write", True, node.place) if re.search(r"\bmutation\b", query) else Effect("read", False, node.place)
    return _operation(node, at)


def _operation(node: Node, at: Place) -> Effect:
    operation, resource = node.operation, node.resource or ""
    how: How = "literal" if node.operation_written else "default"
    note = None if node.operation_written else f"n8n's default operation of this node is {operation!r}" if operation else None
    if operation is None:
        return Effect(None, None, at, note="the operation is an expression")
    if "query" in operation.lower() or node.base in ("executeQuery",):
        return _sql(node, at, how)
    if not operation and node.base not in table()["types"]:
        return _by_name(node)
    spoken = words(operation)
    effect = next((table()["verbs"][w] for w in spoken if w in table()["verbs"]), None)
    if operation.lower() in table()["verbs"]:
        effect = table()["verbs"][operation.lower()]
    if spoken[:1] and spoken[0] in ("get", "list", "search", "read", "find", "lookup", "download", "count", "check", "fetch"):
        effect = "read"
    key = f"{node.base}.{resource}"
    if effect == "write" and spoken[:1] in (["create"], ["add"]) and key in table()["money"]:
        return Effect("money", True, at, how, note, "compensable")
    if (
        effect == "write"
        and spoken[:1] in (["create"], ["upload"], ["submit"])
        and (key in table()["posts"] or node.base in table()["posts"])
    ):
        return Effect("message", True, at, how, note, "no")
    if (
        effect == "write"
        and node.base in ("slack", "discord", "mattermost", "microsoftTeams", "rocketchat")
        and "essage" in resource
    ):
        return Effect("message", True, at, how, note, "no")
    if effect is None:
        return _by_name(node) if node.ours else Effect(None, None, at)
    mild = (
        resource in table()["mild_resources"]
        or any(w in table()["mild_words"] for w in [*spoken, "".join(spoken)])
        or _marks_only(node)
    )
    if effect in ("write", "message", "access") and mild and "send" not in spoken and effect != "access":
        return Effect("write", False, at, how, note, "yes")
    if node.base == "redis" and effect == "write":
        return Effect("write", False, at, how, note, "yes")
    lasting = {"message": "no", "delete": "yes" if "trash" in spoken else "no", "write": "compensable", "money": "compensable"}
    return Effect(effect, effect in WEIGHTY, at, how, note, lasting.get(effect) if effect in WEIGHTY else None)


def _marks_only(node: Node) -> bool:
    """An update of a mail that sets its marks (read, category, flag) and nothing of its content."""
    fields = node.get("updateFields")
    return node.vendor in ("microsoft_outlook", "gmail") and isinstance(fields, dict) and len(fields) > 0 and (
        set(fields) <= table()["mild_fields"]
    )


def _http(node: Node) -> Effect:
    key = next((k for k in ("requestMethod", "httpRequestMethod") if node.get(k) is not None), "method")
    written = node.get(key)
    method = node.said(key) if written is not None else "GET"
    at = node.at("parameters", key) if written is not None else node.place
    how: How = "literal" if written is not None else "default"
    if not isinstance(method, str):
        return Effect(None, None, at, note="the method is an expression")
    method, note = method.upper(), None if written is not None else "n8n's default method is GET"
    if method in ("GET", "HEAD", "OPTIONS"):
        return Effect("read", False, at, how, note)
    if method == "DELETE":
        return Effect("delete", True, at, how, note, "no")
    url = str(node.get("url") or "")[:500]
    if re.search(r"/(?:delete|remove|destroy)(?=[/?]|$)", url):
        return Effect("delete", True, at, how, note, "no")
    if "graphql" in url.lower() and _MUTATION.search(node.text):
        return Effect("write", True, at, how, "a mutation is sent", "compensable")
    if any(host in url.lower() for host in table()["model_hosts"]) or table()["asking"].search(url.split("?")[0]):
        return Effect("read", False, at, "resolved", f"{method} to an address that is asked, not changed")
    if _TYPING.search(node.text):
        return Effect("write", False, at, "resolved", "a sign that somebody is typing", "yes")
    if re.search(r"/(?:charges|refunds|payouts|payment_intents|transfers)\b", url):
        return Effect("money", True, at, how, note, "compensable")
    if re.search(
        r"sendMessage|/messages?\b|/send\b|/sms\b|chat\.postMessage|hooks\.slack\.com|/api/webhooks/|chat\.googleapis\.com", url
    ):
        return Effect("message", True, at, how, note, "no")
    return Effect("write", True, at, how, note, "compensable")


def calls_model(node: Node) -> bool:
    """It calls a language model over HTTP, or from its code."""
    if node.type in HTTP or node.base in HTTP:
        url = str(node.get("url") or "")[:500].lower()
        return any(host in url for host in table()["model_hosts"]) and not re.search(
            r"/(?:files|assistants|threads|vector_stores|models$|embeddings|moderations|speech)\b|embedContent", url
        )
    if node.type in ("code", "function", "functionItem"):
        code = str(node.get("jsCode") or node.get("functionCode") or node.get("pythonCode") or "")
        return any(host in code for host in table()["model_hosts"])
    return False


def plain_sql(written: str) -> str:
    """A query without its comments and without the sign of an expression."""
    return _COMMENT.sub(" ", written).removeprefix("=").strip()[:20_000]


def _sql(node: Node, at: Place, how: How) -> Effect:
    for key in ("query", "sqlQuery", "queryText"):
        if node.get(key) is not None:
            at = node.at("parameters", key)
            written = node.get(key)
            break
    else:
        return Effect("read", False, at, how)
    text = plain_sql(str(written))
    if re.match(r"\{\{", text) or not _SQL.search(text):
        chosen = bool(REFERS.search(text))
        return (
            Effect(
                "execute",
                True,
                at,
                note="the model writes the query" if chosen else "the query is an expression",
                reversible="no",
            )
            if chosen or node.type.endswith("Tool")
            else Effect(None, None, at, note="the query is an expression")
        )
    prepared = re.search(r"\bexecute\b", text, re.IGNORECASE)  # what it runs stands in quotes
    verbs = {m[1].lower() for m in _SQL.finditer(text if prepared else re.sub(r"'[^']*'", "''", text))}
    if verbs & {"delete", "drop", "truncate"}:
        return Effect("delete", True, at, reversible="no")
    if verbs & {"grant", "revoke"}:
        return Effect("access", True, at)
    if verbs & {"insert", "update", "upsert", "replace", "merge", "alter", "create"} and not (
        verbs & {"select"} and text[:6].lower() == "select"
    ):
        return Effect("write", True, at, reversible="compensable")
    return Effect("read", False, at) if verbs & {"select", "with", "show", "explain", "describe"} else Effect("execute", True, at)


def _code(node: Node) -> Effect:
    for path in (("jsCode",), ("pythonCode",), ("functionCode",), ("code", "execute", "code")):
        code = node.get(*path)
        if isinstance(code, str):
            at = node.at("parameters", *path)
            if _LIBRARY.search(code) and _REMOVES.search(code):
                return Effect("delete", True, at, "resolved", "its code deletes by a library's client", "no")
            if _LIBRARY.search(code) and _CHANGES.search(code):
                return Effect("write", True, at, "resolved", "its code writes by a library's client", "compensable")
            if not _CALLS.search(code):
                return Effect("none", False, at, "resolved", "its code calls nothing outside")
            if _CHANGING.search(code) and not any(host in code for host in table()["model_hosts"]):
                return Effect("write", True, at, "resolved", "its code sends a changing HTTP request")
            return Effect("read", False, at, "resolved", "its code only asks over HTTP")
    return Effect("none", False, node.place, "default")


def _sub_workflow(node: Node, graph: Graph) -> Effect:
    """The heaviest effect of the workflow that is called, when it is in the same export; else what its name says."""
    starts = graph.called_at
    target = node.get("workflowId")
    own = isinstance(target, str | dict) and "$workflow.id" in str(target)
    aimed, ours = literal(target), graph.raw.get("id")
    elsewhere = aimed is not None and ours is not None and str(aimed) != str(ours)
    named = _by_name(node)
    if graph.callers > 1 and named.effect is not None:  # several tools share one sub-workflow, which branches by their request
        return named
    if (own or not elsewhere) and starts and (own or node.type == "toolWorkflow"):
        if starts[0] not in graph.called:
            reached = graph.reach(starts)
            graph.called[starts[0]] = [
                n for n in graph.steps if n in reached and (n.vendor is not None or n.base == "executeCommand")
            ]
        found = [effect_of(n, graph) for n in graph.called[starts[0]][:MOST_TOOLS]]
        heavy = [e for e in found if e.consequential]
        if heavy:
            worst = min(heavy, key=lambda e: (WEIGHTY.index(e.effect or "write") * -1, e.at))
            return Effect(worst.effect, True, worst.at, "resolved", "done by the sub-workflow in this file", worst.reversible)
        if all(e.effect is not None for e in found):
            return Effect(
                "read" if any(e.effect == "read" for e in found) else "none",
                False,
                node.place,
                "resolved",
                "nothing in the sub-workflow in this file changes anything outside",
            )
    return named


def _by_name(node: Node) -> Effect:
    """What its own name, and then its description, says that it does."""
    for text in (node.said("name"), node.name):
        found = _spoken(str(text or ""))
        if found:
            return Effect(
                found,
                found in WEIGHTY,
                node.place,
                "resolved",
                "by its name; what it calls is not in the file",
                "no" if found in ("message", "delete") else None,
            )
    described = node.said("description") or node.said("toolDescription")
    found = _spoken(" ".join(str(described or "").split()[:12]))
    if found:
        return Effect(found, found in WEIGHTY, node.place, "resolved", "by its description; what it calls is not in the file")
    return Effect(None, None, node.place, note="what it calls is not in the file")


def _spoken(text: str) -> str | None:
    strong = (
        "send",
        "email",
        "post",
        "reply",
        "create",
        "update",
        "delete",
        "remove",
        "get",
        "search",
        "find",
        "read",
        "list",
        "retrieve",
        "lookup",
        "fetch",
        "book",
        "cancel",
        "add",
        "insert",
        "upsert",
        "pay",
        "refund",
        "charge",
        "schedule",
        "write",
        "save",
        "check",
        "query",
        "scrape",
        "append",
        "publish",
        "execute",
        "crawl",
        "invite",
        "answer",
        "calculate",
        "summarize",
        "analyze",
        "extract",
    )
    for word in words(text):
        if word in strong:
            verbs: dict[str, str] = table()["verbs"]
            return {
                "schedule": "write",
                "answer": "read",
                "calculate": "none",
                "summarize": "none",
                "crawl": "read",
                "save": "write",
            }.get(word) or verbs.get(word)
    return None


def model_writes(node: Node) -> str | None:
    """What of the model's words reaches its parameters: `free_text`, `typed`, or None where that is not seen."""
    filled = [t for t in node.texts if REFERS.search(t)]
    if not filled and node.type in ("toolHttpRequest",) and "{" in str(node.get("url") or ""):
        return "free_text"
    if not filled:
        return None
    typed = all(re.search(r"['\"`]\s*,\s*['\"`](?:number|boolean|json)['\"`]", t) for t in filled)
    return "typed" if typed else "free_text"
