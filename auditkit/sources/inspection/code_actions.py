"""Actions that code carries out itself: functions behind a step that send, pay, delete or write outside.

A tool offered to a model is drawn by the inspector of its framework. What the steps' own code does is told by
its calls, one action a function in whose body such a call stands.
"""

from __future__ import annotations

from auditkit.sources.inspection.code import Code, Deed, home_of, place_of
from auditkit.sources.inspection.effects import CONSEQUENTIAL, effect_of, say_effect
from auditkit.sources.inspection.sketch import Flow, Item, Place
from auditkit.syntax.python.module import FUNCTIONS, Scope
from auditkit.syntax.python.values import Func

KINDS = ("http", "message", "money", "cloud", "api", "email", "deploy")
"""Deeds that reach other people's systems; files and the workflow's own database are its state."""
OWN = ("langgraph_sdk", "langsmith", "langfuse")
"""Systems that are the workflow's own platform."""


OWN_ROOTS = frozenset((
    "agents", "openai", "anthropic", "autogen_core", "autogen_agentchat", "langgraph", "langchain", "langchain_core", "fastapi",
    "starlette", "websockets", "streamlit", "chainlit", "gradio", "asyncio", "mcp", "pydantic_ai", "crewai"))
"""Libraries whose `send` goes to the model, the framework or the caller's own screen."""


def draw_code_actions(flow: Flow, code: Code) -> None:
    """Draws an action for each consequential function that the code of a step reaches, outside of what tools do."""
    drawn = {i.home for i in flow.of("action")}
    covered = tool_code(flow, code)
    for step in flow.of("step"):
        scope = _scope(step, code)
        if scope is None:
            continue
        for reached in code.reach([scope], hops=3).values():
            home = home_of(reached)
            if home in drawn or id(reached) in covered or not isinstance(reached.node, FUNCTIONS):
                continue
            if not any(reaches_others(d) for d in code.own(reached)):
                continue
            if draw_action(flow, step, reached, code, _called_at(scope, reached, code)):
                drawn.add(home)


def draw_action(flow: Flow, step: Item, scope: Scope, code: Code, called: Place | None, by: str = "code") -> bool:
    """Draws a function as an action of a step, when it changes something outside; whether it did."""
    name, home = scope.name.rpartition(".")[2], home_of(scope)
    found = effect_of(code, scope, name)
    if found is None or not found.consequential:
        return False
    item = flow.add("action", name, place_of(scope), "code.action", home)
    say_effect(item, found)
    item.say("decided_by", by, called, note=f"called at {called}" if called else None)
    item.say("symbol", f"{home.path}:{home.name}"[:120])
    item.step = step
    item.say("step", step)
    return True


def reaches_others(deed: Deed) -> bool:
    """Whether a call changes something in other people's systems."""
    root = deed.site.name.partition(".")[0]
    return deed.kind in KINDS and deed.effect in CONSEQUENTIAL and deed.meaning.vendor not in OWN and root not in OWN_ROOTS


def _called_at(step: Scope, scope: Scope, code: Code) -> Place | None:
    """The call in the step's own code that leads to a function; None when the step is the function."""
    for call in step.module.calls:
        if call.scope is not step:
            continue
        for one in code.program.resolved(call).options():
            if isinstance(one, Func) and id(scope) in code.reach([one.scope], hops=3):
                return Place(step.module.path, step.module.line(call.line))
    return None


def tool_code(flow: Flow, code: Code) -> set[int]:
    """The code behind the actions that are drawn already."""
    bodies = [s for i in flow.of("action") if (s := _scope(i, code)) is not None]
    return set(code.reach(bodies, hops=3))


def _scope(item: Item, code: Code) -> Scope | None:
    module = code.program.modules.get(item.home.path) if item.home is not None else None
    return module.scope(item.home.name) if module is not None and item.home is not None and item.home.name else None
