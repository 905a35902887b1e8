"""Calls of one outside system become one integration of a workflow, with the steps and actions that use it."""

from __future__ import annotations

from auditkit.sources.inspection.code import Code
from auditkit.sources.inspection.sketch import Flow, Home, Item, Statement

_WORST = {"timeout": (False, "default", True), "retry": (False, "default", True), "response_schema": (False, True),
          "on_error": ("swallow", "default_value", "raise", "typed"), "auth.secret_store": ("code", "env", "manager")}
"""What is said of a whole when its parts differ: the first of these that is said of one."""


def join_integrations(flow: Flow, code: Code | None) -> dict[int, Item]:
    """Puts integrations of one name together; tells which item each dropped one became. Servers of tools stay apart."""
    groups: dict[str, list[Item]] = {}
    for item in flow.of("integration"):
        if item.value("kind") != "mcp":
            groups.setdefault(item.name.lower(), []).append(item)
    became: dict[int, Item] = {}
    homes: dict[int, set[Home]] = {}
    for items in groups.values():
        whole = _whole(items)
        homes[id(whole)] = {i.home for i in items if i.home is not None and i.home.name}
        became.update((id(i), whole) for i in items)
    placed: set[int] = set()
    kept: list[Item] = []
    for item in flow.items:
        new = became.get(id(item), item)
        if id(new) not in placed:
            placed.add(id(new))
            kept.append(new)
    flow.items = kept
    if code is not None:
        _users(flow, code, homes)
    return became


def _whole(items: list[Item]) -> Item:
    """One item of several, a copy: the same item may belong to other workflows too."""
    first = items[0]
    whole = Item(first.kind, first.name, [], first.rule, first.home, step=first.step)
    for item in items:
        for place in item.places:
            whole.also(place)
    said: dict[str, list[Statement]] = {}
    for item in items:
        for statement in item.said:
            said.setdefault(statement.key, []).append(statement)
    for key, statements in said.items():
        whole.said += _agreed(key, statements)
    return whole


def _agreed(key: str, statements: list[Statement]) -> list[Statement]:
    """What holds of the whole: the worst where the parts differ, both directions, else what was said first."""
    if key == "direction" and len({s.value for s in statements}) > 1:
        first = statements[0]
        return [Statement(key, "both", first.at, first.how, first.note)]
    order = _WORST.get(key)
    if order is None:
        first = statements[0]
        return [s for s in statements if s.value == first.value][:1]
    for value in order:
        found = [s for s in statements if s.value == value and isinstance(s.value, bool) == isinstance(value, bool)]
        if found:
            return found[:8]
    return statements[:1]


def _users(flow: Flow, code: Code, homes: dict[int, set[Home]]) -> None:
    """States which integrations a step or an action calls, by the code that it reaches."""
    for item in (*flow.of("step"), *flow.of("action")):
        reached = _reached(item.home, code)
        if not reached:
            continue
        for whole in flow.of("integration"):
            if homes.get(id(whole), set()) & reached:
                if item.kind == "step":
                    if whole not in [s.value for s in item.said if s.key == "integrations"]:
                        item.say("integrations", whole, how="resolved")
                elif item.value("symbol") is not None and item.value("integration") is None and whole.value("kind") != "model":
                    item.say("integration", whole, how="resolved")


def _reached(home: Home | None, code: Code) -> set[Home]:
    if home is None or not home.name:
        return set()
    module = code.program.modules.get(home.path)
    scope = module.scope(home.name) if module is not None else None
    if scope is None:
        return set()
    return {Home(s.module.path, s.name) for s in code.reach([scope], hops=3).values()}
