"""Tables, sheets and documents that a workflow both reads and writes: there it keeps what later steps and runs go by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from auditkit.sources.inspectors._n8n_effects import WEIGHTY, effect_of, plain_sql
from auditkit.sources.inspectors._n8n_graph import Graph
from auditkit.sources.inspectors._n8n_nodes import Node, clean
from auditkit.syntax.patterns import later

_WHERE = {
    "googleSheets": ("documentId", "sheetName"),
    "microsoftExcel": ("workbook", "worksheet"),
    "airtable": ("base|application", "table"),
    "baserow": ("databaseId", "tableId"),
    "nocoDb": ("projectId", "table"),
    "seaTable": ("tableName",),
    "grist": ("docId", "tableId"),
    "notion": ("databaseId",),
    "supabase": ("tableId",),
    "postgres": ("table",),
    "mySql": ("table",),
    "microsoftSql": ("table",),
    "mongoDb": ("collection",),
    "googleDocs": ("documentURL",),
}
"""The parameters that tell which table a node works on; `|` for another name in older versions."""
_NAMED_IN_SQL = later(
    r"\b(?P<verb>from|join|into|update|delete\s+from|truncate(?:\s+table)?)\s+(?:only\s+)?[\"`\[]?(?:\w+[\"`\]]?\.[\"`\[]?)?(?P<table>\w+)",
    re.IGNORECASE,
)
_ID = later(r"(?=\S*\d)[\w-]{16,}|https?://\S+")
"""What stands for a table without telling anybody which."""
_NO_TABLE = frozenset(("set", "select", "lateral", "unnest", "jsonb_array_elements", "generate_series", "nothing"))


@dataclass
class Kept:
    """One table, by the nodes that work on it."""

    name: str
    reads: list[Node] = field(default_factory=list)
    writes: list[Node] = field(default_factory=list)


def kept(graph: Graph) -> list[Kept]:
    """The tables that are both read and written."""
    found: dict[tuple[str, ...], Kept] = {}
    for node in [*graph.steps, *graph.helpers]:
        for key, name, writes in _touched(node, graph):
            table = found.setdefault(key, Kept(name))
            (table.writes if writes else table.reads).append(node)
    return [t for t in found.values() if t.reads and t.writes]


def _touched(node: Node, graph: Graph) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    """Key, name and whether it is written, of every table that a node names."""
    if node.base not in _WHERE or node.vendor is None or node.trigger:
        return
    service = "postgres" if node.vendor == "supabase" else node.vendor  # Supabase's tables are Postgres'
    if isinstance(query := node.get("query"), str):
        for match in _NAMED_IN_SQL.finditer(plain_sql(query)):
            name = match["table"].lower()
            if name not in _NO_TABLE:
                yield (service, name), name, match["verb"].lower() not in ("from", "join")
        return
    effect = effect_of(node, graph).effect
    parts = [next((v for key in keys.split("|") if (v := node.said(key)) not in (None, "")), None) for keys in _WHERE[node.base]]
    if None in parts or effect is None or (effect != "read" and effect not in WEIGHTY):
        return
    last = _WHERE[node.base][-1]
    shown = node.get(last, "cachedResultName") or parts[-1]
    name = f"table of {node.name}" if _ID.fullmatch(str(shown)) else clean(shown)
    yield (service, *(str(p).lower() for p in parts)), name, effect != "read"
