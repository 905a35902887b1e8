"""MCP servers in Python: tools that are offered to a model nobody here knows, by FastMCP or by the low-level server.

The host of that model may ask a person before it calls a tool; so the absence of a gate is never claimed here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.effects import effect_of, say_effect
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place, Sketch
from auditkit.sources.inspection.tools import draw_tool, tools_in
from auditkit.sources.inspectors._agents import functions, given, variable_of
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.program import text_of
from auditkit.syntax.python.values import Const, Func, Made, Outside, Site, Table, Value

NAME = "MCP servers"
ORDER = 130
PACKAGES = ("mcp", "fastmcp")
_HIGH = (
    "mcp.server.fastmcp.**.FastMCP",
    "mcp.server.**.FastMCP",
    "mcp.server.**.MCPServer",
    "mcp.**.FastMCP",
    "fastmcp.**.FastMCP",
    "fastmcp.FastMCP",
)
_LOW = ("mcp.server.**.Server", "mcp.server.lowlevel.**.Server", "mcp.server.Server")
CONSTRUCTORS = (*_HIGH, *_LOW)
RULE = "mcp_server"


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws every server with its tools."""
    _Servers(project, sketch).run()
    _connections(project, sketch)


_CONNECTIONS = (
    "mcp.stdio_client",
    "mcp.client.**.stdio_client",
    "mcp.client.**.sse_client",
    "mcp.client.**.streamablehttp_client",
    "mcp.client.**.streamable_http_client",
    "mcp.client.**.websocket_client",
    "fastmcp.Client",
    "fastmcp.client.**.Client",
)


def _connections(project: Project, sketch: Sketch) -> None:
    """Code that opens a connection to a server by itself, where no framework does it for the code."""
    items = [*sketch.loose, *(i for f in sketch.flows for i in f.items)]
    drawn = {i.at.path for i in items if i.kind == "integration" and i.value("kind") == "mcp"}
    for site in project.program.sites(*_CONNECTIONS):
        if site.path in drawn:
            continue
        if site.name.endswith("stdio_client") and _configured(project, sketch, site):
            continue
        last = site.name.rpartition(".")[2].removesuffix("_client").replace("Client", "client")
        sketch.add("integration", f"mcp {last}", Place(site.path, site.line), f"{RULE}.client", home_of(site.scope)).say(
            "kind", "mcp"
        )


def _configured(project: Project, sketch: Sketch, site: Site) -> bool:
    """Draws the servers that a table of the program describes, `{"command": "npx", "args": [..]}`; whether there are any.

    Code that starts servers from such a table names none of them where it connects.
    """
    known: dict[str, Item] = {}
    for module in project.program.modules.values():
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Dict):
                continue
            name = _server_name({k.value: v for k, v in zip(node.keys, node.values, strict=True) if isinstance(k, ast.Constant)})
            if name is None:
                continue
            at = Place(module.path, module.line(node))
            if name not in known:
                known[name] = sketch.add("integration", name, at, f"{RULE}.configured", home_of(site.scope)).say("kind", "mcp")
            known[name].also(at).also(Place(site.path, site.line))
    return bool(known)


def _server_name(keys: dict[object, ast.expr]) -> str | None:
    """What a described server is called: its name, else its package; None for what describes no server."""
    args, command = keys.get("args"), keys.get("command")
    if not isinstance(args, ast.List) or not isinstance(command, ast.Constant | ast.Attribute | ast.Name | ast.Call):
        return None
    words = [e.value for e in args.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
    named = keys.get("name")
    if isinstance(named, ast.Constant) and isinstance(named.value, str) and named.value:
        return named.value[:80]
    package = next((w for w in words if "mcp" in w.lower() or w.startswith("@")), None)
    return package.rpartition("/")[2][:80] if package else "mcp stdio"


class _Servers:
    """The servers of one program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.program = project.program
        self.sketch = sketch
        self.flows: dict[int, Flow] = {}

    def run(self) -> None:
        """High-level servers by what is registered on them, low-level ones by their two handlers."""
        for site in self.program.sites(*_HIGH):
            self._server(site, "name")
        for site in self.program.sites(*_LOW):
            self._server(site, "name")
        if not self.flows:
            return
        self._registered()
        for site in self.program.sites(*_HIGH):
            tools, _ = tools_in(self.project, self.program.arg(site, None, "tools"))
            for tool in tools:
                self._tool(self.flows[id(site.node)], tool, None)
        self._handlers()
        self._mounted()

    def _server(self, site: Site, *names: str) -> None:
        if id(site.node) in self.flows:
            return
        title = text_of(given(self.program.arg(site, 0, *names))) or variable_of(site) or "MCP server"
        flow = self.sketch.flow(title, Place(site.path, site.line), RULE)
        flow.keys.add((id(site.node), 0))
        flow.homes.add(home_of(site.scope))
        flow.open_ended = True
        self.flows[id(site.node)] = flow

    def _of(self, owner: Value | None) -> Iterator[Flow]:
        for one in owner.options() if owner is not None else ():
            if isinstance(one, Made) and one.site is not None and id(one.site.node) in self.flows:
                yield self.flows[id(one.site.node)]

    # FastMCP -----------------------------------------------------------------------------------------------------

    def _registered(self) -> None:
        patterns = ("mcp.**.FastMCP.tool", "mcp.**.MCPServer.tool", "fastmcp.**.FastMCP.tool", "fastmcp.FastMCP.tool")
        for scope, _, site, owner in self.program.decorated(*patterns):
            for flow in self._of(owner):
                self._tool(flow, Func(scope.node, scope.module, scope), site)
        adding = tuple(p.removesuffix("tool") + "add_tool" for p in patterns)
        for site in self.program.sites(*patterns, *adding):
            for flow in self._of(site.owner):
                for func in functions(self.program.arg(site, 0, "fn", "tool", "name_or_fn")):
                    self._tool(flow, func, site)
        for call in (c for m in self.program.modules.values() for c in m.calls if isinstance(c.node.func, ast.Call)):
            outer = self.program.value(call.node.func, call.scope)  # mcp.tool(name="x")(function)
            if (
                isinstance(outer, Made)
                and outer.site is not None
                and outer.name.endswith(".tool")
                and isinstance(outer.of, Outside)
            ):
                for flow in self._of(outer.of.owner):
                    for func in functions(self.program.value(call.node.args[0], call.scope) if call.node.args else None):
                        self._tool(flow, func, outer.site)

    def _tool(self, flow: Flow, tool: Value, site: Site | None) -> None:
        named = text_of(given(self.program.arg(site, None, "name"))) if site is not None else None
        if named is None and site is not None and isinstance(tool, Func):
            first = given(self.program.arg(site, 0))
            named = first.value if isinstance(first, Const) and isinstance(first.value, str) else None
        told = text_of(given(self.program.arg(site, None, "description"))) if site is not None else None
        item = draw_tool(self.project, flow, tool, f"{RULE}.tool", name=named, description=told)
        if item is None:
            return
        item.open = True
        if site is not None:
            item.also(Place(site.path, site.line))
            self._hints(item, self.program.arg(site, None, "annotations"))
        if isinstance(tool, Func):
            self._elicits(flow, item, tool.scope)

    def _hints(self, item: Item, value: Value | None) -> None:
        """What the server says of a tool: read only, or destructive. A hint, weaker than what the body shows."""
        hints = given(value)
        read = self._hint(hints, "readOnlyHint", "read_only_hint")
        harm = self._hint(hints, "destructiveHint", "destructive_hint")
        if read is not None and read[0] and item.value("effect") in (None, "none"):
            item.unsay("effect")
            item.say("effect", "read", read[1], note="by the tool's own annotation")
            if item.value("consequential") is None:
                item.say("consequential", False, read[1], note="by the tool's own annotation")
        if harm is not None and harm[0] and item.value("consequential") is not True:
            item.unsay("consequential")
            item.say("consequential", True, harm[1], note="by the tool's own annotation")

    def _hint(self, hints: Value | None, *names: str) -> tuple[bool, Place] | None:
        found: Value | None = None
        if isinstance(hints, Made) and hints.site is not None:
            found = given(self.program.arg(hints.site, None, *names))
        elif isinstance(hints, Table):
            found = next((v for n in names if (v := hints.get(n)) is not None), None)
        if isinstance(found, Const) and isinstance(found.value, bool):
            return found.value, Place(found.path, found.line)
        return None

    def _elicits(self, flow: Flow, item: Item, scope: Scope) -> None:
        """A tool that asks the client's user itself before it acts."""
        for word in ("elicit", "elicit_form", "elicit_url"):
            for call in scope.module.by_tail.get(word, ()):
                if call.scope is not scope:
                    continue
                at = Place(scope.module.path, scope.module.line(call.line))
                gate = flow.add("gate", f"Question before {item.name}", at, f"{RULE}.elicit", home_of(scope))
                gate.say("type", "human").say("enforced_in", "code")
                read = any(isinstance(n, ast.Attribute) and n.attr == "action" for n in ast.walk(scope.node)) or any(
                    isinstance(n, ast.MatchClass) for n in ast.walk(scope.node)
                )
                gate.protects = [item] if read else []
                if not read:
                    gate.say("bypassable", True, how="resolved", note="the answer is not read")

    # The low-level server ------------------------------------------------------------------------------------------

    def _handlers(self) -> None:
        """`@server.list_tools()` names the tools, `@server.call_tool()` carries them out."""
        listing: dict[int, list[Scope]] = {}
        calling: dict[int, list[Scope]] = {}
        for word, table in (("list_tools", listing), ("call_tool", calling)):
            for scope, _, _, owner in self.program.decorated(*(f"{p}.{word}" for p in _LOW)):
                for flow in self._of(owner):
                    table.setdefault(id(flow), []).append(scope)
            for site in self.program.sites(*_LOW):
                for func in functions(self.program.arg(site, None, f"on_{word}")):
                    table.setdefault(id(self.flows[id(site.node)]), []).append(func.scope)
        for flow in self.flows.values():
            step: Item | None = None
            for scope in calling.get(id(flow), ()):
                step = flow.add("step", "CallTool dispatch", place_of(scope), f"{RULE}.call_tool", home_of(scope))
                step.say("decider", "code").say("symbol", f"{scope.module.path}:{scope.name}"[:120])
                for decorator in getattr(scope.node, "decorator_list", ()):
                    step.also(Place(scope.module.path, scope.module.line(decorator)))
                flow.homes.add(home_of(scope))
                flow.entries = [step]
            for scope in listing.get(id(flow), ()):
                self._listed(flow, scope, step)

    def _listed(self, flow: Flow, scope: Scope, step: Item | None) -> None:
        flow.homes.add(home_of(scope))
        reached = self.project.code.reach([scope], hops=2)
        for here in reached.values():
            for call in here.module.by_tail.get("Tool", ()):
                if call.scope is not here:
                    continue
                site = Site(call, self.program.resolved(call))
                self._one_listed(flow, site, step)
        tables = [v for one in (self.program.returned(Func(scope.node, scope.module, scope)),) for v in one.options()]
        for made in (m for t in tables for m in tools_in(self.project, t)[0]):
            if isinstance(made, Made) and made.site is not None and made.name.endswith(".Tool"):
                self._one_listed(flow, made.site, step)

    def _one_listed(self, flow: Flow, site: Site, step: Item | None) -> None:
        name = next(
            (
                c.value
                for c in (self.program.arg(site, None, "name") or Value()).options()
                if isinstance(c, Const) and isinstance(c.value, str)
            ),
            None,
        )
        at = Place(site.path, site.line)
        if not name or any(i.at == at and i.name == name for i in flow.of("action")):
            return
        told = text_of(given(self.program.arg(site, None, "description")))
        item = flow.add("action", name, at, f"{RULE}.list_tools", home_of(site.scope))
        say_effect(item, effect_of(self.project.code, None, name, told))
        item.say("decided_by", "model")
        item.open = True
        if step is not None:
            item.say("step", step)
            item.step = step
        self._hints(item, self.program.arg(site, None, "annotations"))

    def _mounted(self) -> None:
        """A server that is mounted in another one is a part of it."""
        for site in self.program.sites(*(f"{p}.{w}" for p in _HIGH for w in ("mount", "import_server"))):
            for outer in self._of(site.owner):
                for inner in self._of(self.program.arg(site, 0, "server")) if self.program.arg(site, 0, "server") else ():
                    if inner is not outer and inner.within is None and outer.within is None:
                        outer.absorb(inner)
