"""Agents that one call makes (LangGraph's and LangChain's prebuilt agents): their tools, gates, limits and memory on a step."""

from __future__ import annotations

import re
from dataclasses import dataclass

from auditkit.sources.inspection.code import home_of
from auditkit.sources.inspection.defaults import Default, default
from auditkit.sources.inspection.models import draw_model, model_class
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place, Sketch
from auditkit.sources.inspection.tools import draw_tool, tools_in
from auditkit.sources.inspectors._lang_runnables import sort_of
from auditkit.syntax.patterns import later
from auditkit.syntax.python.values import Const, Func, Klass, Made, Many, Outside, Site, Table, Value

_TOOL_MAKERS = later(r"^(?:[A-Z_]\w*|tool|from_function|as_tool|create_retriever_tool|create_\w*handoff\w*|create_\w+_tool|"
                          r"to_langchain_tool|StructuredTool)$")
_SCHEMAS = later(r"(?:^|\.)(?:BaseModel|TypedDict|RootModel|SQLModel)$")


@dataclass(frozen=True)
class Maker:
    """How a constructor of agents takes its arguments."""

    pattern: str
    rule: str
    tools: int | None
    model: int | None
    limit: str
    """The key of the default that bounds its loop."""
    loops: bool = True


MAKERS = (
    Maker(r"langgraph\.prebuilt\.(?:.*\.)?create_react_agent", "langgraph.create_react_agent", 1, 0, "langgraph.recursion_limit"),
    Maker(r"langchain\.agents\.(?:.*\.)?create_agent", "langchain.create_agent", 1, 0, "langchain.create_agent.recursion_limit"),
    Maker(r"deepagents\.(?:.*\.)?(?:async_)?create_deep_agent", "deepagents.create_deep_agent", 0, None,
          "deepagents.recursion_limit"),
    Maker(r"langchain\w*\.(?:.*\.)?AgentExecutor(?:\.from_agent_and_tools)?", "langchain.AgentExecutor", 1, None,
          "langchain.agent_executor.max_iterations"),
    Maker(r"langchain\w*\.(?:.*\.)?initialize_agent", "langchain.initialize_agent", 0, 1,
          "langchain.agent_executor.max_iterations"),
    Maker(r"langchain\w*\.(?:.*\.)?create_(?:sql|csv|pandas_dataframe|python|json|openapi|spark_sql|vectorstore\w*|xorbits|"
          r"conversational_retrieval|pbi)_agent", "langchain.create_agent", None, 0, "langchain.agent_executor.max_iterations"),
    Maker(r"langchain\w*\.(?:.*\.)?create_(?:react|tool_calling|openai_functions|openai_tools|structured_chat|xml|json_chat|"
          r"self_ask_with_search)_agent", "langchain.agent", 1, 0, "", loops=False),
    Maker(r"langgraph_supervisor\.(?:.*\.)?create_supervisor", "langgraph_supervisor.create_supervisor", None, None,
          "langgraph.recursion_limit"),
)


def maker_of(name: str) -> Maker | None:
    """How an agent of a constructor's dotted name is made, or None for what is no agent with a loop of its own."""
    return next((m for m in MAKERS if re.fullmatch(m.pattern, name)), None)


def vendor_for(name: str) -> str:
    """Who serves the models of a constructor, by its dotted name: `langchain_groq.ChatGroq` gives groq."""
    row = model_class(name)
    if row and row.get("vendor"):
        return str(row["vendor"])
    found = re.search(r"(?:^|\.)(?:Azure)?Chat([A-Z]\w+?)(?:AI|Converse|Model)?$", name)
    return found[1].lower() if found else ""


def constructors(value: Value | None, depth: int = 0) -> list[Made]:
    """The calls that made the models behind a value."""
    found: list[Made] = []
    for one in value.options() if value is not None and depth < 12 else ():
        if isinstance(one, Made):
            if one.site is not None and sort_of(one.name) == "model" and model_class(one.name):
                found.append(one)
            elif isinstance(one.of, Outside) and one.of.owner is not None:
                found += constructors(one.of.owner, depth + 1)
        elif isinstance(one, Outside) and one.owner is not None:
            found += constructors(one.owner, depth + 1)
        elif isinstance(one, Many):
            for item in one.items:
                found += constructors(item, depth + 1)
    return found


def draw_models(project: Project, sketch: Sketch, value: Value | None, rule: str) -> Item | None:
    """The models behind a value, with their vendors; the first is given back."""
    first: Item | None = None
    for made in constructors(value):
        site = made.site
        assert site is not None
        item = draw_model(project, sketch, made, Place(site.path, site.line), home_of(site.scope), rule, vendor_for(made.name))
        first = first or item
    return first


def offered(project: Project, value: Value | None) -> tuple[list[Value], bool]:
    """The tools in an expression that can be named, and whether there are no others."""
    found, whole = tools_in(project, value)
    kept = []
    for tool in found:
        last = tool.name.rpartition(".")[2] if isinstance(tool, Made | Outside) else ""
        unseen = isinstance(tool, Made) and isinstance(tool.of, Outside) and not _TOOL_MAKERS.match(last)
        unseen = unseen or last.endswith(("Toolkit", "MCPClient", "Client"))      # toolkit.get_tools(): its content is not seen
        if unseen or (isinstance(tool, Outside) and tool.name.startswith(("builtins.", "module:"))):
            whole = False
        else:
            kept.append(tool)
    return kept, whole


def is_schema(project: Project, tool: Value) -> bool:
    """Whether a tool is only a shape (a pydantic model, a TypedDict): what it stands for is done elsewhere."""
    if not isinstance(tool, Klass):
        return False
    names = set(project.program.bases(tool.scope))
    return any(_SCHEMAS.search(n) for n in names) and not any(n.endswith("BaseTool") for n in names)


def draw_tools(project: Project, flow: Flow, step: Item, value: Value | None, rule: str, at: Place) -> tuple[list[Item], bool]:
    """The tools a step's model is offered, as actions, and whether these are all."""
    found, whole = offered(project, value)
    items = []
    for tool in found:
        item = draw_tool(project, flow, tool, rule, step, at=at)
        if item is None:
            continue
        if is_schema(project, tool) and item.value("effect") is not None and item.rule == rule:
            item.unsay("effect")
            item.unsay("consequential")
        items.append(item)
    return items, whole


def draw_agent(project: Project, sketch: Sketch, flow: Flow, step: Item, made: Made, maker: Maker) -> list[Item]:
    """Puts on a step what a prebuilt agent's constructor says; gives back the tools it is offered."""
    site = made.site
    assert site is not None
    at = Place(site.path, site.line)
    step.also(at)
    flow.keys |= {made.key, (id(site.node), 0)}
    flow.homes.add(home_of(site.scope)) if site.scope.kind == "function" else None
    if step.value("kind") is None and maker.loops:
        step.say("kind", "agent_loop", at)
    tools_value = _tools_arg(project, site, maker)
    tools, _ = draw_tools(project, flow, step, tools_value, maker.rule, at)
    _model(project, sketch, step, site, maker)
    _gates(project, flow, step, site, tools)
    if not project.program.closed(site):
        for tool in tools:
            tool.open = True
    _limit(project, step, site, maker)
    given = project.program.arg(site, None, "response_format")
    if given is not None and not _nothing(given):
        step.say("validation.kind", "schema", Place(site.path, project.program.arg_line(site, "response_format")))
    return tools


def _tools_arg(project: Project, site: Site, maker: Maker) -> Value | None:
    given = project.program.arg(site, None, "tools", "toolkit", "extra_tools")
    if given is None and maker.tools is not None:
        for position in dict.fromkeys((maker.tools, 1, 0)):
            positional = project.program.arg(site, position)
            if positional is not None and any(isinstance(o, Many) for o in positional.options()):
                return positional
        given = project.program.arg(site, maker.tools)
        options = list(given.options()) if given is not None else []
        if not any(isinstance(o, Many | Func | Made) for o in options) or any(
                isinstance(o, Made) and sort_of(o.name) in ("model", "agent") for o in options):
            given = None
    for one in given.options() if given is not None else ():
        if isinstance(one, Made) and one.name.endswith(".ToolNode") and one.site is not None:
            return project.program.arg(one.site, 0, "tools")
    return given


def _model(project: Project, sketch: Sketch, step: Item, site: Site, maker: Maker) -> None:
    given = project.program.arg(site, maker.model, "model", "llm")
    if given is None:
        return
    item = draw_models(project, sketch, given, maker.rule)
    if item is None:
        item = draw_model(project, sketch, given, Place(site.path, site.line), home_of(site.scope), maker.rule)
    if item is not None and step.value("model") is None:
        step.say("model", item)


def _nothing(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


def _limit(project: Project, step: Item, site: Site, maker: Maker) -> None:
    """What bounds the agent's loop: a number at the constructor or a middleware, else the library's default."""
    program = project.program
    at = Place(site.path, site.line)
    if not maker.loops:
        return
    for name in ("max_iterations", "recursion_limit", "max_execution_time"):
        given = program.arg(site, None, name)
        if given is None:
            continue
        line = Place(site.path, program.arg_line(site, name))
        if _nothing(given):
            if name == "max_iterations":
                step.say("loop.bound", "none", line, note="max_iterations=None takes the limit away")
                return
            continue
        step.say("loop.bound", "coded", line)
        if name != "max_execution_time" and isinstance(given, Const) and isinstance(given.value, int):
            step.say("loop.max_iterations", given.value, line)
        return
    for one in middleware(project, site):
        last = one.name.rpartition(".")[2]
        if last in ("ModelCallLimitMiddleware", "ToolCallLimitMiddleware") and one.site is not None:
            bound = program.arg(one.site, None, "run_limit", "thread_limit")
            line = Place(one.site.path, one.site.line)
            if last == "ModelCallLimitMiddleware":
                step.say("loop.bound", "coded", line)
                if isinstance(bound, Const) and isinstance(bound.value, int):
                    step.say("loop.max_iterations", bound.value, line)
                return
    say_default(project, step, maker.limit, at)


def default_of(project: Project, key: str, near: str) -> Default | None:
    """A framework's default; None when the table does not have the key."""
    try:
        return default(key, project.versions, near)
    except (KeyError, OSError):
        return None


def say_default(project: Project, step: Item, key: str, at: Place) -> None:
    """States the library's own bound of a loop on a step, at a place; nothing when it is not known."""
    found = default_of(project, key, at.path)
    if found is None:
        return
    bound = found.bounded or ("default" if found.values else None)
    if found.bounded is None and len(found.values) > 1:
        bound = "default"
    step.say("loop.bound", bound, at, "default", found.note)
    if isinstance(found.value, int) and not isinstance(found.value, bool) and bound == "default":
        step.say("loop.max_iterations", found.value, at, "default", found.note)


# Middleware and gates -------------------------------------------------------------------------------------------

def middleware(project: Project, site: Site) -> list[Made]:
    """The middleware objects of an agent."""
    given = project.program.arg(site, None, "middleware")
    return [item for one in (given.options() if given is not None else ()) if isinstance(one, Many)
            for part in one.items for item in part.options() if isinstance(item, Made)]


def _gates(project: Project, flow: Flow, step: Item, site: Site, tools: list[Item]) -> list[Item]:
    program = project.program
    gates: list[Item] = []
    seen_all = True
    given = program.arg(site, None, "middleware")
    if given is not None:
        items = [i for one in given.options() if isinstance(one, Many) for i in one.items]
        seen_all = any(isinstance(o, Many) and o.whole for o in given.options()) and all(
            isinstance(i, Made) and isinstance(i.of, Outside) and i.name.startswith(("langchain", "deepagents")) for i in items)
    for asked in middleware(project, site):
        if asked.name.endswith(".HumanInTheLoopMiddleware") and asked.site is not None:
            gates += per_tool(flow, step, asked.site, program.arg(asked.site, 0, "interrupt_on", "tool_configs"), tools)
    direct = program.arg(site, None, "interrupt_on")
    if direct is not None and not _nothing(direct):
        gates += per_tool(flow, step, site, direct, tools)
    for name in ("interrupt_before", "interrupt_after"):
        listed = program.arg(site, None, name)
        if listed is None or _nothing(listed):
            continue
        at = Place(site.path, program.arg_line(site, name))
        for one in listed.options():
            if isinstance(one, Many):
                names = [i.value for i in one.items if isinstance(i, Const)]
                holds = "tools" in names if name == "interrupt_before" else bool({"agent", "model"} & set(names))
                gates.append(static_gate(flow, step, name, at, tools if holds else [], bool(one.items)))
            elif isinstance(one, Const) and one.value in ("*", "all"):
                gates.append(static_gate(flow, step, name, at, tools, True))
    if not seen_all:
        for tool in tools:
            tool.open = True
    return gates


def static_gate(flow: Flow, step: Item | None, name: str, at: Place, before: list[Item] | None, any_name: bool) -> Item:
    """A gate that `interrupt_before=[..]` or `interrupt_after=[..]` makes; one with an empty list stops nothing."""
    gate = flow.add("gate", name if any_name else f"{name} (empty)", at, f"langgraph.{name}", step.home if step else None)
    gate.protects = before
    gate.step = step
    gate.say("type", "human").say("enforced_in", "code")
    if not any_name:
        gate.protects = []
        gate.say("bypassable", True, note=f"{name}=[] names no node: nothing ever stops there")
        gate.say("before", [])
    return gate


def per_tool(flow: Flow, step: Item, site: Site, table: Value | None, tools: list[Item]) -> list[Item]:
    """The gates of an `interrupt_on` table: True or a configuration asks a person, False and what is missing do not."""
    gates: list[Item] = []
    for one in table.options() if table is not None else ():
        if not isinstance(one, Table):
            for tool in tools:
                tool.open = True
            continue
        protected: list[Item] = []
        for name, said in one.items:
            if not isinstance(name, Const) or (isinstance(said, Const) and not said.value):
                continue
            protected += [t for t in tools if t.name == name.value]
        for tool in tools:
            tool.open = tool.open or not one.whole
        gate = flow.add("gate", f"approval of {', '.join(t.name for t in protected)}"[:80] if protected else "interrupt_on",
                        Place(site.path, site.line), "langchain.interrupt_on", step.home)
        if one.node is not None:
            gate.also(Place(one.path or site.path, one.line))
        gate.protects, gate.step = protected, step
        gate.say("type", "human").say("enforced_in", "code")
        if not protected and one.whole:
            gate.say("before", [])
        gates.append(gate)
    return gates


