"""AutoGen core: agents are classes with message handlers, registered with a runtime under a type."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from auditkit.errors import InputError
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Home, Item, Place, Sketch
from auditkit.sources.inspectors import _framework as base
from auditkit.sources.inspectors._library_tools import library_tool
from auditkit.syntax.documents import Mapping, Scalar, parse
from auditkit.syntax.python.module import Call, Scope
from auditkit.syntax.python.values import Const, Func, Klass, Made, Site, Table, Value

CLIENTS = (
    "autogen_ext.models.**.*Client",
    "autogen_ext.models.**.*Adapter",
    "autogen_core.**.load_component",
    "autogen_ext.**.load_component",
)
_TOOLS = (
    "autogen_core.**.FunctionTool",
    "autogen_core.**.BaseTool",
    "autogen_ext.tools.**.*",
    "autogen_core.**.StaticWorkbench",
    "autogen_agentchat.tools.**.*",
)
_HANDLERS = ("autogen_core.**.message_handler", "autogen_core.**.event", "autogen_core.**.rpc")
_MOST_CONFIG = 60


@dataclass
class Registered:
    """One agent as it is registered: where, under which type, of which class, built by which call."""

    site: Site
    type: str
    klass: Scope | None
    built: Site | None
    function: Scope | None = None
    step: Item | None = None
    handled: set[str] = field(default_factory=set)


def registrations(project: Project) -> list[Registered]:
    """The agents that the program registers with a runtime."""
    found: list[Registered] = []
    program = project.program
    for sites in base.once(
        program.sites("autogen_core.**.register", "autogen_core.**.register_factory", "autogen_core.**.register_closure")
    ).values():
        site = sites[0]
        verb = base.last(site.name)
        if verb == "register" and ".tools" in site.name:
            continue
        given = (
            program.arg(site, 1, "type", "id", "agent_type", "name")
            if verb != "register_factory"
            else program.arg(site, 0, "type")
        )
        title = base.text(given) or (
            base.text(program.arg(given.site, 0, "type")) if isinstance(given, Made) and given.site else None
        )
        owner = site.owner if isinstance(site.owner, Klass) else None
        built = _built(project, site, 2 if verb == "register" else 1)
        klass = (
            owner.scope
            if owner is not None
            else built.callee.scope
            if built is not None and isinstance(built.callee, Klass)
            else None
        )
        function = base.function_in(program.arg(site, 2, "closure")) if verb == "register_closure" else None
        name = title or (base.last(klass.name) if klass is not None else base.last(site.name.rpartition(".")[0]))
        found.append(Registered(site, name, klass, built, function))
    return found


def _built(project: Project, site: Site, position: int) -> Site | None:
    """The call in the factory that builds the agent: `lambda: X(...)`, a function that returns one, or the class."""
    node = next((k.value for k in site.node.keywords if k.arg in ("factory", "agent_factory")), None)
    if node is None and position < len(site.node.args):
        node = site.node.args[position]
    if node is None:
        return None
    value = project.program.value(node.body if isinstance(node, ast.Lambda) else node, site.scope, site.frame)
    for one in value.options():
        if isinstance(one, Func):
            one = next(project.program.returned(one).options())
        if isinstance(one, Made) and one.site is not None:
            return one.site
        if isinstance(one, Klass):
            return Site(Call(ast.copy_location(ast.Call(node, [], []), node), site.scope, None), one)
    return None


def draw_core(project: Project, sketch: Sketch) -> None:
    """The registered agents as workflows: those of one function, and those that share classes, belong together."""
    for group in _groups(registrations(project)):
        _draw(project, sketch, group)


def _groups(found: list[Registered]) -> list[list[Registered]]:
    groups: list[list[Registered]] = []
    for one in found:
        fitting = [g for g in groups if any(_together(one, other) for other in g)]
        for group in fitting:
            groups.remove(group)
        groups.append([*(r for g in fitting for r in g), one])
    return groups


def _together(a: Registered, b: Registered) -> bool:
    return a.site.path == b.site.path or (a.klass is not None and b.klass is not None and a.klass.module is b.klass.module)


def _draw(project: Project, sketch: Sketch, group: list[Registered]) -> None:
    first = group[0]
    flow = sketch.flow(base.enclosing(first.site.scope), base.place(first.site), "autogen_core.register")
    for one in group:
        _agent(project, sketch, flow, one)
    handed = _handovers(project, flow, group)
    for one in group:
        _messages(project, flow, one, group, handed)
    _entries(project, flow, group)
    _interventions(project, flow, group)


def _agent(project: Project, sketch: Sketch, flow: Flow, one: Registered) -> None:
    at = base.place(one.site)
    code = one.klass or one.function
    home = Home(code.module.path, code.name) if code is not None else Home(one.site.path, one.site.scope.name)
    step = one.step = flow.add("step", one.type, at, "autogen_core.register", home)
    flow.homes |= {home, Home(one.site.path, one.site.scope.name)}
    agent = flow.add("agent", one.type, at, "autogen_core.register", home)
    step.say("agent", agent)
    if code is not None:
        step.also(base.place(code)).say("symbol", f"{code.module.path}:{code.name}"[:120])
        one.handled = set(_handled(project, code))
        model_calls = _calls(project, code)
        step.say(
            "decider",
            "model" if model_calls else base.decider_of(project, code) if one.function else _class_decider(project, code),
            how="resolved",
        )
        base.say_loops_around(step, model_calls)
        _caller_loop(step, model_calls)
        if model_calls and step.value("loop.bound") is not None:
            step.say("kind", "agent_loop", how="resolved")
        if step.value("decider") == "human":
            base.person(flow, one.type, at, "autogen_core.register", step, home)
    else:
        step.say("decider", "code" if base.last(one.site.name.rpartition(".")[0]) == "ToolAgent" else None)
    tools = _tools(project, sketch, flow, one, step)
    if tools:
        agent.say("tools", [t.name for t in tools], at, "resolved")
    for value in _arguments(project, one):
        for client in base.flat(value):
            if isinstance(client, Made) and base.fits(client.name, *CLIENTS):
                base.say_model(step, client_model(project, sketch, client, at, home), at)


def _caller_loop(step: Item, calls: list[Site]) -> None:
    """The library's own loop of model and tools ends only when the model asks for no more tools."""
    for call in calls:
        if base.last(call.name) == "tool_agent_caller_loop" and step.value("loop.bound") is None:
            step.say("loop.bound", "none", base.place(call), "default", "tool_agent_caller_loop has no limit of its own")


def _class_decider(project: Project, klass: Scope) -> str:
    return "human" if any(base.asks_person(project, m) for m in base.functions_of(klass)) else "code"


def _calls(project: Project, scope: Scope) -> list[Site]:
    """The model calls of a class, in its local base classes too."""
    found = base.calls_in(project, scope)
    for above in getattr(scope.node, "bases", ()) if scope.kind == "class" else ():
        for one in project.program.value(above, scope.parent or scope).options():
            if isinstance(one, Klass) and one.scope is not scope:
                found += _calls(project, one.scope)
    found += [d.site for d in project.code.own(scope) if d.kind == "model"]
    return sorted(found, key=lambda s: (s.path, s.line))


def _handled(project: Project, scope: Scope) -> Iterator[str]:
    """The names of the message types that a class (or closure) handles."""
    functions = (
        [m for m in base.functions_of(scope) if any(base.fits(n, *_HANDLERS) for n, _, _ in project.program.decorators(m))]
        if scope.kind == "class"
        else [scope]
    )
    for function in functions:
        for arg in getattr(function.node, "args", ast.arguments([], [], None, [], [], None, [])).args:
            for node in ast.walk(arg.annotation) if arg.annotation is not None and arg.arg not in ("ctx", "self", "_ctx") else ():
                if isinstance(node, ast.Name | ast.Attribute):
                    yield node.id if isinstance(node, ast.Name) else node.attr


def _arguments(project: Project, one: Registered) -> list[Value]:
    site = one.built
    if site is None:
        return []
    nodes = [*site.node.args, *(k.value for k in site.node.keywords)]
    return [project.program.value(n, site.scope, site.frame) for n in nodes]


def _tools(project: Project, sketch: Sketch, flow: Flow, one: Registered, step: Item) -> list[Item]:
    """The tools an agent gets when it is built, and those its own code makes."""
    values = [v for argument in _arguments(project, one) for v in base.flat(argument)]
    if one.klass is not None:
        inside = {id(s) for s in base.inside(one.klass)}
        values += [base.made(s) for s in project.program.sites("autogen_core.**.FunctionTool") if id(s.scope) in inside]
        for call in _calls(project, one.klass):
            values += base.flat(project.program.arg(call, None, "tools"))
    found: list[Item] = []
    for value in values:
        if _is_tool(project, value):
            items, _ = base.tools_of(project, sketch, flow, value, step, "autogen_core.tools")
            found += [i for i in items if i not in found]
    return found


def _is_tool(project: Project, value: Value) -> bool:
    if isinstance(value, Made) and isinstance(value.of, Klass):
        return any(
            base.fits(b, "autogen_core.**.BaseTool*", "autogen_core.**.FunctionTool")
            for b in project.program.bases(value.of.scope)
        )
    return (isinstance(value, Made) and base.fits(value.name, *_TOOLS)) or library_tool(value) is not None


def _handovers(project: Project, flow: Flow, group: list[Registered]) -> set[int]:
    """Tools that give back the type of another agent hand over to it. The steps that can hand over."""
    by_type = {one.type: one for one in group}
    handing: set[int] = set()
    for one in group:
        for value in (v for argument in _arguments(project, one) for v in base.flat(argument)):
            if not isinstance(value, Made) or value.site is None or not base.fits(value.name, "autogen_core.**.FunctionTool"):
                continue
            function = base.function_in(project.program.arg(value.site, 0, "func"))
            to = (
                by_type.get(base.text(project.program.returned(Func(function.node, function.module, function))) or "")
                if function is not None
                else None
            )
            if function is None or to is None or to.step is None or one.step is None:
                continue
            flow.edge(one.step, to.step, base.place(value))
            handing.add(id(one.step))
            for item in flow.of("action"):
                if item.at == base.place(function):
                    item.unsay("effect")
                    item.unsay("consequential")
                    item.say("effect", "none", note="hands over to another agent").say("consequential", False)
    return handing


def _messages(project: Project, flow: Flow, one: Registered, group: list[Registered], handed: set[int]) -> None:
    """What an agent sends goes to those that handle messages of that class."""
    code = one.klass or one.function
    if code is None or one.step is None:
        return
    for to in group:  # the agent that runs the tools is named when the agent is built
        if (
            to is not one
            and to.step is not None
            and to.klass is None
            and any(base.text(v) == to.type for v in _arguments(project, one))
        ):
            flow.edge(one.step, to.step, base.place(one.site))
            flow.edge(to.step, one.step, base.place(one.site))
            handed.add(id(one.step))
    inside = {id(s) for s in base.inside(code)}
    for site in project.program.sites("**.publish_message", "**.send_message"):
        if id(site.scope) not in inside:
            continue
        sent = {
            base.last(v.of.scope.name)
            for v in base.flat(project.program.arg(site, 0, "message"))
            if isinstance(v, Made) and isinstance(v.of, Klass)
        }
        receivers = [r for r in group if r is not one and r.step is not None and sent & r.handled]
        for to in receivers:
            flow.edge(one.step, to.step, base.place(site))
        if not receivers and id(one.step) not in handed:
            flow.open_ended = True


def _entries(project: Project, flow: Flow, group: list[Registered]) -> None:
    """Where code outside of the agents sends the first message."""
    own = {id(s) for one in group for code in (one.klass, one.function) if code is not None for s in base.inside(code)}
    paths = {one.site.path for one in group}
    for site in project.program.sites("autogen_core.**.publish_message", "autogen_core.**.send_message"):
        if id(site.scope) in own or site.path not in paths:
            continue
        named: list[str] = []
        for target in base.flat(project.program.arg(site, 1, "topic_id", "recipient")):
            if isinstance(target, Made) and target.site is not None:
                given = project.program.arg(target.site, 0, "type")
                named += [str(v.value) for v in given.options() if isinstance(v, Const)] if given is not None else []
        sent = {
            base.last(v.of.scope.name)
            for v in base.flat(project.program.arg(site, 0, "message"))
            if isinstance(v, Made) and isinstance(v.of, Klass)
        }
        entries = [r.step for r in group if r.type in named] or [r.step for r in group if sent & r.handled]
        flow.entries += [e for e in entries if e is not None and e not in flow.entries]


def _interventions(project: Project, flow: Flow, group: list[Registered]) -> None:
    """An intervention handler sees every message, so it may stop a tool; one that asks a person is a gate."""
    paths = {one.site.path for one in group}
    for site in project.program.sites("autogen_core.**.SingleThreadedAgentRuntime"):
        if site.path not in paths or base.is_none(project.program.arg(site, None, "intervention_handlers")):
            continue
        for action in flow.of("action"):
            action.open = True
        for one in base.flat(project.program.arg(site, None, "intervention_handlers")):
            if isinstance(one, Made) and isinstance(one.of, Klass) and _class_decider(project, one.of.scope) == "human":
                base.person(
                    flow,
                    base.last(one.of.scope.name),
                    base.place(one.of.scope),
                    "autogen_core.intervention_handlers",
                    None,
                    Home(one.of.scope.module.path, one.of.scope.name),
                    flow.of("action"),
                )


# Model clients -----------------------------------------------------------------------------------------------------


def client_model(project: Project, sketch: Sketch, client: Made, at: Place, home: Home | None) -> Item | None:
    """The model of a client that is built in code, or loaded from a configuration."""
    if not client.name.endswith("load_component") or client.site is None:
        return base.model_of(project, sketch, client, at, home, "autogen.model_client")
    given = project.program.arg(client.site, 0, "model")
    for one in given.options() if given is not None else ():
        if isinstance(one, Table):
            inner = one.get("config")
            named = inner.get("model") if isinstance(inner, Table) else None
            provider = base.text(one.get("provider")) or ""
            if named is not None:
                return base.model_of(
                    project,
                    sketch,
                    named,
                    at,
                    home,
                    "autogen.load_component",
                    vendor=_vendor(provider),
                    timeout="default",
                    retry="default",
                )
    return _configured(project, sketch, client.site, home)


def _configured(project: Project, sketch: Sketch, site: Site, home: Home | None) -> Item | None:
    """The models that the YAML files beside the code configure."""
    folder = site.path.rpartition("/")[0]
    first: Item | None = None
    near = [
        f.path for f in project.folder.of("YAML", "JSON", "configuration") if f.path.startswith(f"{folder}/" if folder else "")
    ]
    for path in near[:_MOST_CONFIG]:
        text = project.read(path)
        if text is None or "provider" not in text or "config" not in text:
            continue
        try:
            top = parse(text, path)
        except InputError:
            continue
        for provider, config in _components(top):
            named = config.get("model")
            if isinstance(named, Scalar) and not named.empty:
                value = Const(ast.Constant(named.text, lineno=named.line), _File(path), named.text)  # type: ignore[arg-type]
                item = base.model_of(
                    project,
                    sketch,
                    value,
                    Place(path, provider.line),
                    home,
                    "autogen.load_component",
                    vendor=_vendor(provider.text),
                    timeout="default",
                    retry="default",
                    note="the vendor's client has a time limit and repeats failed calls by itself",
                )
                first = first or item
    return first


def _components(node: Mapping) -> Iterator[tuple[Scalar, Mapping]]:
    provider, config = node.get("provider"), node.get("config")
    if (
        isinstance(provider, Scalar)
        and isinstance(config, Mapping)
        and ("models" in provider.text or "ChatCompletionClient" in provider.text)
    ):
        yield provider, config
    for entry in node.entries:
        if isinstance(entry.value, Mapping):
            yield from _components(entry.value)


def _vendor(provider: str) -> str:
    name = provider.lower()
    return next((v for v in ("openai", "anthropic", "ollama", "azure") if v in name), "")


@dataclass(frozen=True)
class _File:
    """Stands in for a module where a value comes from a configuration file."""

    path: str

    def line(self, node: ast.AST | int) -> int:
        """The line of the file."""
        return node if isinstance(node, int) else getattr(node, "lineno", 1)
