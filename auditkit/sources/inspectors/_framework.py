"""What several inspectors of frameworks share: names that objects are bound to, tools, models, limits, people."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from auditkit.sources.inspection.code import home_of, words_of
from auditkit.sources.inspection.models import draw_model, draw_vendor, host_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Home, Item, Place, Sketch
from auditkit.sources.inspection.tools import draw_tool, tools_in
from auditkit.sources.inspectors._library_tools import LibraryTool, as_made, inherited, library_tool
from auditkit.syntax.python.module import FUNCTIONS, Module, Scope
from auditkit.syntax.python.program import matches, root_of
from auditkit.syntax.python.values import Const, Env, Func, Klass, Made, Many, Outside, Site, Table, Value

COUNTERS = ("count", "retr", "attempt", "iteration", "round", "turn", "tries", "loop", "step", "revision", "max")
"""Parts of names by which code counts how often something was done."""


# Names and places --------------------------------------------------------------------------------------------------


def bound_name(site: Site) -> str:
    """The variable, attribute or function that the object of a call is known by, or ""."""
    return _names(site.module).get(id(site.node), "")


def _names(module: Module) -> dict[int, str]:
    """The name of every call of a module whose result is bound to one; remembered on the module."""
    found: dict[int, str] | None = module.__dict__.get("_bound_names")
    if found is None:
        found = {}
        for scope in module.scopes:
            for name, bindings in scope.bindings.items():
                for binding in bindings:
                    if binding.how == "value":
                        _name_calls(found, binding.value, name)
        for target, value, _ in module.attributes:
            _name_calls(found, value, target.attr)
        for scope in module.scopes:
            if scope.kind == "function":
                for node in returned_by(scope):
                    _name_calls(found, node, scope.name.rpartition(".")[2])
        module.__dict__["_bound_names"] = found
    return found


def _name_calls(found: dict[int, str], node: ast.AST | None, name: str) -> None:
    for _ in range(40):
        if isinstance(node, ast.Await):
            node = node.value
        elif isinstance(node, ast.Call):
            found.setdefault(id(node), name.strip("_") or name)
            node = node.func.value if isinstance(node.func, ast.Attribute) else None
        else:
            return


def returned_by(scope: Scope) -> Iterator[ast.AST]:
    """The expressions that a function gives back, not those of functions inside it."""
    stack: list[ast.AST] = list(getattr(scope.node, "body", ()))
    while stack:
        here = stack.pop()
        if isinstance(here, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(here, ast.Return | ast.Yield):
            if here.value is not None:
                yield here.value
            continue
        stack += ast.iter_child_nodes(here)


def place(of: Site | Scope | Value) -> Place:
    """Where a call, a definition or a value stands."""
    if isinstance(of, Scope):
        return Place(of.module.path, of.module.line(of.line))
    return Place(of.path, of.line)


def arg_place(project: Project, site: Site, *names: str) -> Place:
    """Where a named argument of a call is written."""
    return Place(site.path, project.program.arg_line(site, *names))


def last(name: str) -> str:
    """The last part of a dotted name."""
    return name.rpartition(".")[2]


def enclosing(scope: Scope) -> str:
    """The name of the function or class something stands in, else what its file is called."""
    name = scope.name.rpartition(".")[2]
    if name == "__init__" and scope.holder is not None:
        name = last(scope.holder.name)
    return name if name and name not in _HOOKS else file_name(scope.module.path)


_HOOKS = frozenset(
    ("main", "run", "amain", "_main", "start_chat", "on_chat_start", "lifespan", "chat", "start", "setup", "build", "kickoff")
)
"""Functions that say nothing about the workflow that they start."""


def file_name(path: str) -> str:
    """What a file is called; its folder's name for one that every project has (`main.py`)."""
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0]
    if stem in ("main", "app", "__init__", "__main__", "run", "agent", "workflow", "crew") and folder:
        return folder.rpartition("/")[2]
    return stem or name


def once(sites: Iterable[Site]) -> dict[int, list[Site]]:
    """Sites by the call they stand for: a factory's call is seen once for each of its callers."""
    found: dict[int, list[Site]] = {}
    for site in sites:
        found.setdefault(id(site.node), []).append(site)
    return found


def made(site: Site) -> Made:
    """The object that a call gives."""
    return Made(site.node, site.module, site.callee, site)


def key_of(site: Site) -> object:
    """What code that names the object of a call shares with it, whoever called its factory."""
    return made(Site(site.call, site.callee)).key


# Values ------------------------------------------------------------------------------------------------------------


def flat(value: Value | None, depth: int = 0) -> Iterator[Value]:
    """The values in a list, table or choice, flattened."""
    if value is None or depth > 6:
        return
    for one in value.options():
        if isinstance(one, Many):
            for item in one.items:
                yield from flat(item, depth + 1)
        elif isinstance(one, Table):
            for _, item in one.items:
                yield from flat(item, depth + 1)
        else:
            yield one


def whole(value: Value | None) -> bool:
    """Whether a list is one of which every item can be seen."""
    return value is not None and all(isinstance(one, Many) and one.whole for one in value.options())


def made_by(value: Value | None, *patterns: str) -> Iterator[Made]:
    """The objects among some values that a library's constructor of a pattern made."""
    for one in flat(value):
        if isinstance(one, Made) and one.site is not None and one.name and fits(one.name, *patterns):
            yield one


def fits(name: str, *patterns: str) -> bool:
    """Whether a dotted name fits one of some patterns."""
    return any(matches(p, name) for p in patterns)


def number(value: Value | None) -> int | None:
    """A whole number that is written, or the default of a variable of the environment."""
    for one in value.options() if value is not None else ():
        here = one.otherwise or one if isinstance(one, Env) else one
        if isinstance(here, Const) and isinstance(here.value, str) and here.value.isdigit() and isinstance(one, Env):
            return int(here.value)
        if isinstance(here, Const) and isinstance(here.value, int | float) and not isinstance(here.value, bool):
            return int(here.value)
    return None


def text(value: Value | None) -> str | None:
    """The first literal text of a value, or None."""
    return next((c.value for c in words_of(value)), None)


def is_true(value: Value | None) -> bool:
    """Whether a value is written as true."""
    return value is not None and any(isinstance(v, Const) and v.value is True for v in value.options())


def is_none(value: Value | None) -> bool:
    """Whether an argument is left out, or None."""
    return value is None or (isinstance(value, Const) and value.value is None)


def classes_in(value: Value | None) -> list[str]:
    """The names of the classes in an expression, local and library ones."""
    found: list[str] = []
    for one in flat(value):
        if isinstance(one, Klass):
            found.append(last(one.scope.name))
        elif isinstance(one, Outside):
            found.append(last(one.name))
    return found


# Limits ------------------------------------------------------------------------------------------------------------


def say_limit(project: Project, step: Item, site: Site, args: tuple[str, ...], key: str, value: Value | None = None) -> None:
    """`loop.*` of a step: the limit that a call states, else the framework's default for the version in force."""
    if step.value("loop.bound") is not None:
        return
    given = value if value is not None else project.program.arg(site, None, *args)
    at = arg_place(project, site, *args)
    stated = number(given)
    if stated is not None:
        step.say("loop.bound", "coded", at).say("loop.max_iterations", stated, at)
    elif is_none(given) and (given is not None or project.program.closed(site)):
        say_default_limit(project, step, Place(site.path, site.line), key)
    elif given is not None and not isinstance(given, Const):
        step.say("loop.bound", "coded", at, "resolved", "a limit is set; its value is only known at run time")


def wider_limit(step: Item) -> None:
    """Takes back the limit of a step's own loop: that of the whole talk, which is said next, is the wider one."""
    for key in ("loop.bound", "loop.max_iterations"):
        step.unsay(key)


def say_default_limit(project: Project, step: Item, at: Place, key: str) -> None:
    """`loop.*` as the framework does when nothing is said, where the table of defaults knows it."""
    found = library_default(project, key, at.path) if step.value("loop.bound") is None else None
    if found is None:
        return
    if found.bounded is not None:
        step.say("loop.bound", found.bounded, at, "default", found.note)
    if found.certain and isinstance(found.value, int) and found.bounded == "default":
        step.say("loop.max_iterations", found.value, at, "default", found.note)


def library_default(project: Project, key: str, near: str) -> Any:
    """A framework's default in force near a file, or None where the table has none."""
    from auditkit.sources.inspection.defaults import default

    try:
        return default(key, project.versions, near)
    except (KeyError, OSError):
        return None


# Tools -------------------------------------------------------------------------------------------------------------


def tools_of(
    project: Project, sketch: Sketch, flow: Flow, value: Value | None, holder: Item | None, rule: str
) -> tuple[list[Item], bool]:
    """The tools of a list as actions, and whether there can be no others. A packaged tool of a library that several
    agents use is one action with several places."""
    tools, closed = tools_in(project, value)
    found: list[Item] = []
    for tool in tools:
        known = library_tool(tool)
        if known is not None and known.mcp:
            _mcp(sketch, tool, rule)
            closed = False
            continue
        if known is None and not _nameable(tool):
            closed = False
            continue
        item = (
            _packaged(sketch, project, flow, tool, known, holder, rule)
            if known is not None
            else draw_tool(project, flow, tool, rule, holder, at=place(tool) if isinstance(tool, Outside) else None)
        )
        if item is not None:
            if known is None:
                above = inherited(project.program, tool)
                if above is not None:
                    say_inherited(sketch, item, above, rule)
            found.append(item)
    return found, closed


def say_inherited(sketch: Sketch, item: Item, known: LibraryTool, rule: str) -> None:
    """What a local tool does by the packaged tool that it is built on, where its own code does less."""
    if known.consequential and item.value("consequential") is not True:
        item.unsay("effect")
        item.unsay("consequential")
        item.say("effect", known.effect, how="resolved", note=f"inherited from {known.name}")
        item.say("consequential", True, how="resolved", note=f"inherited from {known.name}")
    behind(sketch, known, item.at, item.home, rule, item.name)


def _nameable(tool: Value) -> bool:
    """Whether a value of a tool list is one tool: not what an unknown method or function of a library gave back."""
    if isinstance(tool, Made) and not isinstance(tool.of, Klass):
        name = last(tool.name)
        return tool.site is not None and (
            name[:1].isupper()
            or "tool" in name.lower()
            or name in ("from_defaults", "from_function", "from_langchain", "from_gradio")
        )
    if isinstance(tool, Outside):
        return bool(tool.name) and not tool.name.startswith(("builtins.", "module:"))
    return True


def _packaged(
    sketch: Sketch, project: Project, flow: Flow, tool: Value, known: LibraryTool, holder: Item | None, rule: str
) -> Item:
    """A tool that comes with a library: its effect is known by its name, not by its body."""
    at = place(tool)
    site = tool.site if isinstance(tool, Made) else None
    home = home_of(site.scope) if site is not None else None
    given = text(project.program.arg(site, None, "name")) if site is not None else None
    title = given if given and " " not in given.strip() else last(known.name)
    item = next((i for i in flow.of("action") if i.name == title and i.rule == f"{rule}:{known.name}"), None)
    if item is None:
        item = flow.add("action", title, at, f"{rule}:{known.name}", home)
        item.say("decided_by", "model")
        if known.effect:
            item.say("effect", known.effect, how="resolved", note=f"known of {known.name}")
            item.say("consequential", known.consequential, how="resolved", note=f"known of {known.name}")
    item.also(at)
    if holder is not None and item.step is None:
        item.step = holder
        item.say("step", holder)
    behind(sketch, as_made(project, tool, known), at, home, rule)
    return item


def _mcp(sketch: Sketch, tool: Value, rule: str) -> None:
    tool = root_of(tool) or tool  # `client.get_tools()`: the server is where the client is made
    site = tool.site if isinstance(tool, Made) else None
    at = place(tool)
    if not any(i.kind == "integration" and i.at == at for i in sketch.loose):
        name = bound_name(site) if site is not None else ""
        home = home_of(site.scope) if site is not None else None
        sketch.add("integration", name or "mcp", at, rule, home).say("kind", "mcp")


def behind(sketch: Sketch, known: LibraryTool, at: Place, home: Home | None, rule: str, name: str = "") -> None:
    """The outside system and the knowledge behind a packaged tool, or behind a local tool of some name built on it."""
    note = f"known of {known.name}"
    if known.vendor:
        system = _loose(sketch, "integration", known.vendor, at, home, rule)
        if system.value("kind") is None:
            system.say("kind", "web" if known.knowledge == "web" else "api")
            system.say("direction", "both" if known.consequential else "read", how="resolved", note=note)
        for key, said in (("timeout", known.timeout), ("retry", known.retry)):
            if said is not None and system.value(key) is None:
                system.say(key, said, how="default", note=f"as {known.name} calls it")
    if known.knowledge:
        title = "open web" if known.knowledge == "web" else f"{name or last(known.name)} documents"
        source = _loose(sketch, "knowledge", title, at, home, rule)
        if source.value("kind") is None:
            source.say("kind", known.knowledge)
            if known.knowledge == "web":
                source.say("version", "live", how="resolved", note=note)


def _loose(sketch: Sketch, kind: str, name: str, at: Place, home: Home | None, rule: str) -> Item:
    """The loose item of a kind and name in the same piece of code, or a new one."""
    for item in sketch.loose:
        if item.kind == kind and item.name == name and item.rule == rule and item.home == home:
            return item.also(at)
    return sketch.add(kind, name, at, rule, home)


# Models ------------------------------------------------------------------------------------------------------------


def model_of(
    project: Project,
    sketch: Sketch,
    value: Value | None,
    at: Place,
    home: Home | None,
    rule: str,
    *,
    vendor: str = "",
    otherwise: str = "",
    timeout: bool | str | None = None,
    retry: bool | str | None = None,
    note: str = "",
) -> Item | None:
    """The model of an agent, with what its framework does about time limits and retries of its own."""
    if value is not None and all(isinstance(v, Const) and v.value is None for v in value.options()):
        value = None
    if value is None and not otherwise:
        return None
    item = draw_model(project, sketch, value, at, home, rule, vendor, otherwise)
    served = vendor or host_of(value) or (str(item.value("provider") or "") if item is not None else "")
    if served and (timeout is not None or retry is not None):
        system = draw_vendor(project, sketch, None, served, at, home, rule)
        if timeout is not None and system.value("timeout") is None:
            system.say("timeout", timeout, at, "default", note)
        if retry is not None and system.value("retry") is None:
            system.say("retry", retry, at, "default", note)
    return item


def models_of(
    project: Project, sketch: Sketch, values: Iterable[Value | None], at: Place, home: Home | None, rule: str, **more: Any
) -> Item | None:
    """The model of an agent that several callers of one factory build: one id is one model, with all its places."""
    first: dict[str, Item] = {}
    for value in values:
        before = len(sketch.loose)
        item = model_of(project, sketch, value, at, home, rule, **more)
        for new in [i for i in sketch.loose[before:] if i.kind == "model"]:
            kept = first.setdefault(new.name, new)
            if kept is not new:
                sketch.loose.remove(new)
                for where in new.places:
                    kept.also(where)
        if item is not None:
            first.setdefault(item.name, item)
    return next(iter(first.values()), None)


def say_model(step: Item, model: Item | None, at: Place | None = None) -> None:
    """The model behind a step, once."""
    if model is not None and step.value("model") is None:
        step.say("model", model, at, "resolved")


def schema_check(step: Item, at: Place, rule: bool = False) -> None:
    """`validation.kind`: the shape of the output is checked; with a rule, its content as well."""
    before = step.value("validation.kind")
    now = "rule" if rule else "schema"
    if before in ("schema", "rule", "schema_and_rule") and before != now:
        now = "schema_and_rule"
    step.unsay("validation.kind")
    step.say("validation.kind", now, at)


def person(
    flow: Flow,
    name: str,
    at: Place,
    rule: str,
    step: Item | None,
    home: Home | None = None,
    protects: list[Item] | None = None,
    note: str | None = None,
) -> Item:
    """A gate at which a person is asked, enforced in code."""
    gate = flow.add("gate", name, at, rule, home)
    gate.say("type", "human").say("enforced_in", "code", note=note)
    gate.step = step
    gate.protects = protects
    return gate


def sandbox(flow: Flow, kind: str, at: Place, rule: str, note: str | None = None) -> None:
    """Where the workflow runs code: on the host, in a container or in a sandbox. The weakest one stays."""
    order = ("host", "container", "sandbox")
    for item in flow.of("system"):
        before = item.value("sandbox.kind")
        if before is not None:
            if order.index(kind) < order.index(str(before)):
                item.unsay("sandbox.kind")
                item.say("sandbox.kind", kind, at, note=note)
            return
    flow.add("system", flow.name, at, rule).say("sandbox.kind", kind, at, note=note)


# Loops in code -----------------------------------------------------------------------------------------------------


def counted(scope: Scope) -> tuple[int | None, int] | None:
    """A test by which code counts how often it did something, such as `if self.retries > 3`: the number (None
    when it is no literal) and its line; None when there is no such test."""
    for node in ast.walk(scope.node):
        if isinstance(node, ast.Compare) and _counts(node):
            return _limit(node), scope.module.line(node)
    return None


def _counts(node: ast.Compare) -> bool:
    return (
        len(node.comparators) == 1
        and isinstance(node.ops[0], ast.Gt | ast.GtE | ast.Lt | ast.LtE)
        and (_counter(node.left) or _counter(node.comparators[0]))
    )


def _limit(node: ast.Compare) -> int | None:
    return next(
        (
            n.value
            for n in (node.left, *node.comparators)
            if isinstance(n, ast.Constant) and isinstance(n.value, int) and not isinstance(n.value, bool)
        ),
        None,
    )


def _counter(node: ast.AST) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        name = str(node.slice.value)
    return any(part in name.lower() for part in COUNTERS)


def say_loops_around(step: Item, sites: Iterable[Site]) -> None:
    """`loop.*` of a step from the loop around one of some calls: a `for` over a range and a counted `while` are limits
    in code, a `while` that only what comes back can end has none."""
    for site in sites:
        for within in site.call.within.chain() if site.call.within is not None else ():
            if within.part != "body":
                continue
            at = Place(site.path, site.module.line(within.node))
            if isinstance(within.node, ast.While):
                _say_while(step, within.node, at)
                return
            if (
                isinstance(within.node, ast.For | ast.AsyncFor)
                and isinstance(within.node.iter, ast.Call)
                and isinstance(within.node.iter.func, ast.Name)
                and within.node.iter.func.id == "range"
            ):
                step.say("loop.bound", "coded", at)
                end = within.node.iter.args[-1] if within.node.iter.args else None
                if isinstance(end, ast.Constant) and isinstance(end.value, int):
                    step.say("loop.max_iterations", end.value, at)
                return


def _say_while(step: Item, loop: ast.While, at: Place) -> None:
    leaves = [
        n.test
        for n in ast.walk(loop)
        if isinstance(n, ast.If) and any(isinstance(b, ast.Break | ast.Return | ast.Raise) for b in n.body)
    ]
    tests = [c for test in (loop.test, *leaves) for c in ast.walk(test) if isinstance(c, ast.Compare) and _counts(c)]
    if not tests:
        step.say("loop.bound", "none", at, note="only what comes back ends the loop")
        return
    step.say("loop.bound", "coded", at)
    limit = next((n for n in map(_limit, tests) if n is not None), None)
    if limit is not None and limit > 0:
        step.say("loop.max_iterations", limit, at)


# Who decides -------------------------------------------------------------------------------------------------------

MODEL_CALLS = (
    "crewai.**.LLM.call",
    "crewai.**.LLM.acall",
    "crewai.**.Agent.kickoff",
    "crewai.**.Agent.kickoff_async",
    "autogen_core.**.ChatCompletionClient.create",
    "autogen_core.**.ChatCompletionClient.create_stream",
    "autogen_ext.models.**.create",
    "autogen_ext.models.**.create_stream",
    "autogen_core.**.tool_agent_caller_loop",
    "autogen_core.**.load_component.create",
    "autogen_core.**.load_component.create_stream",
    "autogen_agentchat.**.run",
    "autogen_agentchat.**.run_stream",
    "autogen_agentchat.**.on_messages",
    "autogen_agentchat.**.on_messages_stream",
    *(
        f"llama_index.llms.**.{verb}"
        for verb in (
            "complete",
            "acomplete",
            "chat",
            "achat",
            "stream_chat",
            "astream_chat",
            "stream_complete",
            "astream_complete",
            "chat_with_tools",
            "achat_with_tools",
            "astream_chat_with_tools",
            "structured_predict",
            "astructured_predict",
            "predict",
            "apredict",
        )
    ),
    "llama_index.core.**.Settings.llm.*",
    "llama_index.core.**.LLM.*",
    "llama_index.core.**.FunctionCallingLLM.*",
    "llama_index.core.**.query",
    "llama_index.core.**.aquery",
    "llama_index.core.agent.**.run",
    "llama_index.core.agent.**.chat",
    "llama_index.core.agent.**.achat",
    "langchain*.**.invoke",
    "langchain*.**.ainvoke",
    "langchain*.**.predict",
    "smolagents.**.run",
    "smolagents.**.generate",
    "dspy.**.__call__",
    "dspy.**.acall",
    "agent_framework.**.run",
    "agent_framework.**.run_stream",
    "agent_framework.**.run_streaming",
    "agent_framework.**.get_response",
    "agent_framework.**.get_streaming_response",
    "semantic_kernel.**.get_response",
    "semantic_kernel.**.invoke",
    "semantic_kernel.**.invoke_stream",
    "semantic_kernel.**.invoke_prompt",
    "semantic_kernel.**.get_chat_message_content",
    "semantic_kernel.**.get_chat_message_contents",
    "semantic_kernel.**.get_streaming_chat_message_content",
    "semantic_kernel.**.get_streaming_chat_message_contents",
    "haystack.components.generators.**.run",
    "haystack.components.agents.**.run",
)
"""Calls by which frameworks ask a model; the vendors' own clients are in the table of calls."""


def model_calls(project: Project) -> dict[int, list[Site]]:
    """The calls of a model by the scope they stand in; remembered for the program."""
    found: dict[int, list[Site]] | None = project.code.__dict__.get("_framework_models")
    if found is None:
        found = {}
        for site in project.program.sites(*MODEL_CALLS):
            found.setdefault(id(site.scope), []).append(site)
        project.code.__dict__["_framework_models"] = found
    return found


def calls_in(project: Project, scope: Scope) -> list[Site]:
    """The framework's calls of a model in a function and in the functions defined in it."""
    own = list(model_calls(project).get(id(scope), ()))
    for child in scope.children:
        own += calls_in(project, child)
    return own


def asks_model(project: Project, scope: Scope, hops: int = 2) -> bool:
    """Whether a function asks a model, itself or by local functions it calls."""
    if any(d.kind == "model" for d in project.code.deeds(scope, hops)):
        return True
    return any(id(s) in model_calls(project) for s in project.code.reach([scope], hops).values() if s.kind != "class")


def asks_person(project: Project, scope: Scope) -> bool:
    """Whether a function waits for a person's word, itself or by a local function it calls."""
    return any(d.kind == "human" for d in project.code.deeds(scope, 1))


def decider_of(project: Project, scope: Scope) -> str:
    """Who decides in a function: a model it asks, else a person it waits for, else its code."""
    if asks_model(project, scope):
        return "model"
    return "human" if asks_person(project, scope) else "code"


def functions_of(scope: Scope) -> Iterator[Scope]:
    """The methods of a class in order; of several of one name the last."""
    by_name = {c.name: c for c in scope.children if isinstance(c.node, FUNCTIONS)}
    yield from by_name.values()


def function_in(value: Value | None) -> Scope | None:
    """The local function among some values, or None."""
    return next((v.scope for v in flat(value) if isinstance(v, Func)), None)


def flow_of(sketch: Sketch, site: Site, name: str, *vague: str) -> Flow:
    """The workflow that a call makes, by its name; by what the call stands in where the name is vague or missing."""
    flow = sketch.flow(name if name and name not in vague else enclosing(site.scope), place(site), site.name)
    flow.homes.add(Home(site.path, site.scope.name))
    flow.keys.add(key_of(site))
    return flow


def agent_name(project: Project, site: Site, position: int | None = None) -> str:
    """What an agent is called: the name that it is given, that of its variable, or what makes it."""
    return text(project.program.arg(site, position, "name")) or bound_name(site) or last(site.name)


def draw_agent(flow: Flow, site: Site, name: str) -> tuple[Item, Item]:
    """An agent that a call makes, in a loop of its own: the step and the agent."""
    at, home = place(site), Home(site.path, site.scope.name)
    flow.homes.add(home)
    flow.keys.add(key_of(site))
    step = flow.add("step", name, at, site.name, home).say("decider", "model").say("kind", "agent_loop")
    agent = flow.add("agent", step.name, at, site.name, home)
    step.say("agent", agent)
    return step, agent


class Direct(Sketch):
    """A sketch whose loose items go straight into a flow: what is drawn is known to belong to it."""

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self.loose = flow.items


def handed_on(site: Site) -> bool:
    """Whether what a call makes outlives the function that makes it, as far as can be seen: not when it stays in a local
    name that nobody else is given."""
    scope = site.scope
    if scope.kind != "function":
        return True
    names = {n for n, found in scope.bindings.items() for b in found if b.how == "value" and b.value is site.node}
    if not names or names & scope.module.declared:
        return True
    for node in ast.walk(scope.node):
        held: list[ast.AST | None] = []
        if isinstance(node, ast.Call):
            held = [*node.args, *(k.value for k in node.keywords)]
        elif isinstance(node, ast.Return | ast.Yield | ast.Assign | ast.AnnAssign | ast.NamedExpr):
            held = [node.value]
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            held = [*node.elts]
        elif isinstance(node, ast.Dict):
            held = [*node.values]
        elif isinstance(node, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef) and node is not scope.node:
            held = [*ast.walk(node)]
        if any(isinstance(n, ast.Name) and n.id in names for n in held):
            return True
    return False


def stores_of(
    project: Project, sketch: Sketch, rule: str, *rows: tuple[str, str, bool | str], local_too: bool = True
) -> None:
    """The stores that a library's constructors make: pattern, kind, whether they survive a restart; `local_too` says
    whether one is a store also when it stays in a local name."""
    for pattern, kind, durable in rows:
        for sites in once(project.program.sites(pattern)).values():
            site = sites[0]
            at = place(site)
            if any(i.kind == "store" and i.at == at for i in sketch.loose) or not (local_too or handed_on(site)):
                continue
            store = sketch.add("store", bound_name(site) or last(site.name), at, rule, home_of(site.scope))
            store.say("kind", kind).say("durable", durable, how="resolved", note=f"known of {site.name}")


def inside(scope: Scope) -> list[Scope]:
    """A function or class with everything that is defined in it."""
    return [scope, *(s for child in scope.children for s in inside(child))]


def reaches(flow: Flow, start: Item, goal: Item) -> bool:
    """Whether a step can come after another (or is it)."""
    seen: set[int] = set()
    stack = [start]
    while stack:
        here = stack.pop()
        if here is goal:
            return True
        if id(here) not in seen:
            seen.add(id(here))
            stack += [t for t in flow.after(here) if t is not None]
    return False
