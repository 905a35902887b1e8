"""Where a person must answer, what is done with the answer, and which steps lie behind it on every path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from auditkit.sources.inspection.sketch import Place
from auditkit.sources.inspectors._n8n_graph import Graph, Link
from auditkit.sources.inspectors._n8n_nodes import Node
from auditkit.syntax.patterns import later

_READS = later(r"approved|\.data\b|\$json|respon[sd]|answer|decision|confirm|text", re.IGNORECASE)
_ROUTERS = ("if", "switch", "filter")
MOST_VISITS = 100_000
"""So many steps are walked through for gates; beyond it (thousands of gates in one export) no claim about paths is made."""


@dataclass
class Asked:
    """One point where a person is asked."""

    node: Node
    at: Place
    mechanism: str
    holds: str | None
    """`code` when a test reads the answer, `prompt` when a model does; None when nobody does."""
    read_at: Place | None
    guarded: frozenset[Node]
    """The steps that cannot be reached without the answer being read."""
    behind: frozenset[Node]
    """The steps that can follow it."""
    passed: frozenset[Node]
    """The steps that can follow it and can also be reached without it."""
    limited: bool | None
    """Waiting ends after a time; None where only a run could tell."""
    walked: bool = True
    """The ways behind it were looked at."""


def asked(graph: Graph, deciders: dict[Node, str]) -> list[Asked]:
    """Every step that asks a person and is more than a page of the form that began the run."""
    entries = graph.entries()
    invites = any("resumeUrl" in n.text and n.vendor and not n.type.startswith("httpRequest") for n in graph.steps)
    # An API may call a webhook back; for a person, some message must carry the address.
    waiting = [n for n in graph.steps if n.waits and (invites or n.type != "wait" or n.get("resume") != "webhook")]
    most = MOST_VISITS // max(1, len(graph.steps))
    found = [_asked(node, graph, deciders, entries) for node in waiting[:most]]
    nobody: frozenset[Node] = frozenset()
    rest = [Asked(n, n.place, mechanism(n), None, None, nobody, nobody, nobody, None, False) for n in waiting[most:]]
    return [a for a in found if a is not None] + rest


def mechanism(node: Node) -> str:
    """How the person is asked, in n8n's words."""
    if node.type in ("wait", "form"):
        return f"{node.type} for a {'form' if node.type == 'form' else node.get('resume')}"
    default = "free text" if node.type == "chat" else "approval"
    kind = {"freeText": "free text", "freeTextChat": "free text", "customForm": "form", "approval": "approval"}.get(
        str(node.get("responseType")), default
    )
    return f"{node.base} send and wait, answer as {kind}"


def _asked(node: Node, graph: Graph, deciders: dict[Node, str], entries: list[Node]) -> Asked | None:
    key = "operation" if node.get("operation") == "sendAndWait" else "resume" if node.type == "wait" else ""
    at = node.at("parameters", key) if key else node.place
    behind = graph.reach([link.target for link in graph.after.get(node, ())])
    test = _test(node, graph, deciders)
    asks = test is not None and deciders.get(test) != "model"
    if node.type in ("form", "chat") and not asks and not re.search(r"approv|confirm", node.text[:5000], re.IGNORECASE):
        return None
    approval = node.type not in ("form", "wait", "chat") and str(node.get("responseType") or "approval") == "approval"
    read_at: Place | None = None
    holds: str | None = None
    guarded: frozenset[Node] = frozenset()
    if test is not None and test in deciders and deciders[test] == "model":
        holds, read_at = "prompt", _prompt(test)
        guarded = frozenset(behind - graph.reach([e for e in entries if e is not node], avoiding=node))
    elif test is not None:
        holds, read_at = "code", test.at("parameters", "conditions")
        guarded = _guarded(test, graph, entries, behind)
    elif not approval and node.type not in ("wait", "form"):
        guarded = frozenset(behind - graph.reach([e for e in entries if e is not node], avoiding=node))
    limit = node.get("options", "limitWaitTime") if node.type not in ("wait", "form") else node.get("limitWaitTime")
    limited = None if isinstance(limit, str) else bool(limit)
    around = graph.reach([e for e in entries if e is not node], avoiding=node)
    return Asked(node, at, mechanism(node), holds, read_at, guarded, frozenset(behind), frozenset(behind & around), limited)


def _guarded(test: Node, graph: Graph, entries: list[Node], behind: set[Node]) -> frozenset[Node]:
    """The steps that hang on one way out of the test: they do not happen whatever is answered."""
    ways: dict[int, set[Link]] = {}
    for link in graph.after.get(test, ()):
        ways.setdefault(link.output, set()).add(link)
    starts = [e for e in entries if e is not test]
    found: set[Node] = set()
    for way in list(ways.values())[:20]:
        found |= behind - graph.reach(starts, without=way)
    return frozenset(found)


def _prompt(node: Node) -> Place:
    for path in (("parameters", "options", "systemMessage"), ("parameters", "text")):
        if node.get(*path[1:]) is not None:
            return node.at(*path)
    return node.place


def _test(gate: Node, graph: Graph, deciders: dict[Node, str]) -> Node | None:
    """The first step after a gate that reads its answer: a router with a condition on it, or a model."""
    queue, seen = [link.target for link in graph.after.get(gate, ())], {gate}
    for _ in range(12):
        onward: list[Node] = []
        for node in queue:
            if node in seen:
                continue
            seen.add(node)
            if node.type in _ROUTERS and _reads(node, gate):
                return node
            if deciders.get(node) == "model":
                return node
            if not node.waits:
                onward += [link.target for link in graph.after.get(node, ())]
        queue = onward
    return None


def _reads(router: Node, gate: Node) -> bool:
    return gate.name in router.text or bool(_READS.search("\n".join(t for t in router.texts if "{{" in t)))


def conditions(router: Node) -> list[list[dict[str, Any]]]:
    """The single conditions of an If or Filter, or of each rule of a Switch, whatever its version writes them as."""
    rules = router.get("rules", "values")
    if isinstance(rules, list):
        return [_conditions(rule.get("conditions") if isinstance(rule, dict) else None) for rule in rules]
    return [_conditions(router.get("conditions"))]


def _conditions(found: Any) -> list[dict[str, Any]]:
    if not isinstance(found, dict):
        return []
    several = found.get("conditions")
    if isinstance(several, list):
        return [c for c in several if isinstance(c, dict)]
    return [c for group in found.values() if isinstance(group, list) for c in group if isinstance(c, dict)]


def constant(router: Node) -> bool:
    """All conditions of an If or Filter compare what is written there with what is written there."""
    found = [c for several in conditions(router) for c in several]
    sides = [str(c.get(k, "")) for c in found for k in ("leftValue", "rightValue", "value1", "value2")]
    return bool(found) and router.type in ("if", "filter") and not any("{{" in s for s in sides)
