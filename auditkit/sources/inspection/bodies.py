"""What the code of a function shows of itself: that it stays inside the run, that it works out what it gives back.

A name says little. `add_numbers` adds two numbers, `update_overview` writes into the run's own state, `edit_text` asks
another agent. Only where a body calls something that cannot be told does a name's word stand for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.sources.inspection.code import Code
from auditkit.syntax.python.module import FUNCTIONS, Call, Scope, dotted, tail
from auditkit.syntax.python.values import Func, Klass, Made, Outside, Value


def _listed(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


MOST_HOPS = 3
"""Local calls that are followed."""
_INSIDE = frozenset((
    "abc", "asyncio", "base64", "bisect", "builtins", "calendar", "collections", "contextlib", "copy", "dataclasses", "datetime",
    "decimal", "difflib", "enum", "fractions", "functools", "hashlib", "heapq", "html", "itertools", "json", "logging",
    "loguru", "math", "operator", "pprint", "pydantic", "random", "re", "rich", "secrets", "statistics", "streamlit",
    "string", "structlog", "textwrap", "time", "traceback", "typing", "typing_extensions", "unicodedata", "uuid", "zoneinfo",
    # what agents are built with: their results and messages, and the agents that a tool asks
    "agents", "autogen", "autogen_agentchat", "autogen_core", "crewai", "google.adk", "google.genai", "langchain",
    "langchain_core", "langgraph", "pydantic_ai", "smolagents", "strands", "swarm"))
"""Packages whose calls change nothing outside, where the table of calls has no other word for them."""
_REACHES_OUT = frozenset(("builtins.open", "builtins.exec", "builtins.eval", "builtins.compile", "builtins.__import__"))
_ON_DATA = _listed("""
    add append capitalize casefold clear copy count decode dict discard encode endswith extend find format get group groups
    hexdigest index insert isalnum isalpha isdigit isoformat items join keys lower lstrip match model_dump model_dump_json pop
    popitem remove replace reverse rfind round rsplit rstrip search setdefault sort split splitlines startswith strftime strip
    strptime sub timestamp title total_seconds union update upper values zfill
    debug error exception info log warning success print""")
"""Methods of texts, lists, dicts and dates, and what is said to a log or on a screen."""
_RUN_STATE = ("state", "session_state", "context_variables", "context", "ctx")


def stays_inside(code: Code, scope: Scope | None) -> bool:
    """Whether all that a function calls can be told, and none of it reaches out of the run: a simulation, a reckoning,
    a change of the run's own state."""
    if scope is None or not isinstance(scope.node, FUNCTIONS):
        return False
    return all(_inside(code, call) for call in _calls(code, scope))


def _calls(code: Code, scope: Scope) -> Iterator[Call]:
    """The calls of a function and of the local functions it gets to."""
    for here in code.reach([scope], MOST_HOPS).values():
        for call in here.module.calls:
            if call.scope is here:
                yield call


def _inside(code: Code, call: Call) -> bool:
    found = list(code.program.resolved(call).options())
    return all(_harmless(one, call) for one in found)


def _harmless(called: Value, call: Call) -> bool:
    match called:
        case Func() | Klass():
            return True         # its own calls are looked at
        case Made(of=Klass()):
            return True
        case Outside() | Made():
            first, second = [*called.name.split("."), ""][:2]
            return called.name not in _REACHES_OUT and (first in _INSIDE or f"{first}.{second}" in _INSIDE)
    func = call.node.func
    if not isinstance(func, ast.Attribute):
        return False
    parts = (dotted(func.value) or "").split(".")
    return tail(func) in _ON_DATA or any(p in _RUN_STATE for p in parts)


_WORKS = ast.BinOp | ast.UnaryOp | ast.Compare | ast.BoolOp


def works_out(scope: Scope | None) -> bool:
    """Whether a function gives back only what it reckons from its arguments: `return a + b`."""
    if scope is None or not isinstance(scope.node, FUNCTIONS):
        return False
    given = [n.value for n in ast.walk(scope.node) if isinstance(n, ast.Return) and n.value is not None]
    return bool(given) and all(_reckoned(value, scope) for value in given) and not _keeps(scope)


def _reckoned(node: ast.AST, scope: Scope, depth: int = 0) -> bool:
    if isinstance(node, ast.Name) and depth < 3:
        bound = [b for b in scope.bindings.get(node.id, ()) if b.value is not None and b.how == "value"]
        return bool(bound) and all(_reckoned(b.value, scope, depth + 1) for b in bound if b.value is not None)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("str", "round", "float", "int") \
            and node.args:
        return _reckoned(node.args[0], scope, depth + 1)
    return isinstance(node, _WORKS) and not any(
        isinstance(n, ast.JoinedStr) or (isinstance(n, ast.Constant) and isinstance(n.value, str)) for n in ast.walk(node))


def _keeps(scope: Scope) -> bool:
    """Whether a function puts anything into what outlives it."""
    for node in ast.walk(scope.node):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
        if any(isinstance(t, ast.Subscript | ast.Attribute) for t in targets) or isinstance(node, ast.Global | ast.Nonlocal):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return True
    return False
