"""What the builder calls of a LangGraph graph say, read into one plain structure a graph."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Place
from auditkit.syntax.python.module import Module, Scope, tail
from auditkit.syntax.python.program import Program, text_of
from auditkit.syntax.python.values import Const, Func, Klass, Made, Many, Outside, Site, Table, Text, Value

GRAPHS = ("StateGraph", "MessageGraph", "Graph")
START, END = "__start__", "__end__"
BUILDERS = ("add_node", "add_edge", "add_conditional_edges", "add_sequence", "set_entry_point", "set_finish_point",
            "set_conditional_entry_point", "compile", "set_node_defaults")


@dataclass(eq=False)
class Node:
    """One node: its name, where it is registered, what it runs."""

    name: str
    at: Place
    action: Value
    site: Site
    given: ast.AST | None = None
    scope: Scope | None = None
    destinations: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Router:
    """A conditional edge: from a node (or the start) by a path function to the targets of a map, if it has one."""

    source: str
    at: Place
    path: Value
    node: ast.AST | None
    scope: Scope
    mapped: list[str] | None


@dataclass(eq=False)
class Graph:
    """One `StateGraph(...)` with all that is called on it."""

    site: Site
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[tuple[str, str, Place]] = field(default_factory=list)
    routers: list[Router] = field(default_factory=list)
    compiles: list[Site] = field(default_factory=list)
    open: bool = False

    @property
    def at(self) -> Place:
        """Where it is made."""
        return Place(self.site.path, self.site.line)

    @property
    def module(self) -> Module:
        """The module in which it is made."""
        return self.site.module


def graphs(project: Project) -> list[Graph]:
    """Every graph of the program that has nodes, in order."""
    program = project.program
    found: dict[int, Graph] = {}
    for site in program.sites(*(f"langgraph.**.{name}" for name in GRAPHS)):
        found.setdefault(id(site.node), Graph(site))
    for klass in program.classes("langgraph.**.StateGraph"):
        for site in program.callers(klass.scope):
            found.setdefault(id(site.node), Graph(site))
    if found:
        for verb in BUILDERS:
            for site in _sites(program, verb):
                for graph in _graphs_of(program, site, found):
                    _read(program, graph, verb, site)
    return [g for g in found.values() if g.nodes]


def _sites(program: Program, verb: str) -> Iterator[Site]:
    names = [f"langgraph.**.{name}.**.{verb}" for name in GRAPHS]
    yield from program.sites(*names)


def roots(value: Value | None, depth: int = 0) -> Iterator[Made]:
    """The graph builders behind a value: a builder, what its methods gave, a compiled graph."""
    for one in value.options() if value is not None and depth < 60 else ():
        if isinstance(one, Made) and one.site is not None and one.name.startswith("langgraph.") \
                and one.name.rpartition(".")[2] in GRAPHS:
            yield one
        elif isinstance(one, Made) and isinstance(one.of, Outside) and one.of.owner is not None:
            yield from roots(one.of.owner, depth + 1)
        elif isinstance(one, Outside) and one.owner is not None:
            yield from roots(one.owner, depth + 1)


def _graphs_of(program: Program, site: Site, found: dict[int, Graph]) -> list[Graph]:
    """The graph that a builder call is made on; the latest before it where a name was bound several times."""
    func = site.node.func
    if not isinstance(func, ast.Attribute):
        return []
    behind = [g for made in roots(program.value(func.value, site.scope, site.frame)) if made.site and (
        g := found.get(id(made.site.node)))]
    if not behind:
        for caller in program.callers(site.scope):      # the builder is a parameter of a local function
            frame = program.frame(site.scope, caller.call, caller.frame, 2)
            behind += [g for made in roots(program.value(func.value, site.scope, frame)) if made.site and (
                g := found.get(id(made.site.node)))]
    return latest(list(dict.fromkeys(behind)), lambda g: g.site, site)


def latest(options: list, site_of, here: Site) -> list:     # type: ignore[type-arg, no-untyped-def]
    """Of several things that a name was bound to, the last before a line of the same function, else all of one module."""
    if len(options) < 2:
        return options
    near = [o for o in options if site_of(o).module is here.module]
    same = [o for o in near if site_of(o).scope is here.scope] or near
    before = [o for o in same if site_of(o).node.lineno <= here.node.lineno]
    if before:
        return [max(before, key=lambda o: site_of(o).node.lineno)]
    return options


def _read(program: Program, graph: Graph, verb: str, site: Site) -> None:
    match verb:
        case "add_node":
            _node(program, graph, site)
        case "add_edge":
            _edge(program, graph, site)
        case "add_sequence":
            _sequence(program, graph, site)
        case "add_conditional_edges":
            sources = names_of(program.arg(site, 0, "source", "start_key"))
            graph.open = graph.open or not sources
            for source in sources:
                _router(program, graph, site, source, 1)
        case "set_conditional_entry_point":
            _router(program, graph, site, START, 0)
        case "set_entry_point":
            graph.edges += [(START, name, _place(site)) for name in names_of(program.arg(site, 0, "key"))]
        case "set_finish_point":
            graph.edges += [(name, END, _place(site)) for name in names_of(program.arg(site, 0, "key"))]
        case "compile":
            if all(site.node is not other.node for other in graph.compiles):
                graph.compiles.append(site)


def _place(site: Site) -> Place:
    return Place(site.path, site.line)


def names_of(value: Value | None) -> list[str]:
    """The node names in a value: texts, START and END, lists of them, functions that give their name to their node."""
    found: list[str] = []
    for one in value.options() if value is not None else ():
        match one:
            case Const() if isinstance(one.value, str):
                found.append(one.value)
            case Text():
                found.append(one.text)
            case Outside() if one.name.startswith("langgraph.") and one.name.endswith((".END", ".START")):
                found.append(END if one.name.endswith(".END") else START)
            case Outside() if one.name.endswith(".__name__") and isinstance(one.owner, Func):
                found.append(_last(one.owner.scope.name))
            case Many():
                found += [n for item in one.items for n in names_of(item)]
            case Made() if one.name.startswith("langgraph.") and one.name.endswith(".Send"):
                found += _sent(one)
            case Func():
                found.append(_last(one.scope.name))
    return list(dict.fromkeys(found))


def _sent(made: Made) -> list[str]:
    first = made.site.node.args[0] if made.site and made.site.node.args else None
    return [first.value] if isinstance(first, ast.Constant) and isinstance(first.value, str) else []


def _edge(program: Program, graph: Graph, site: Site) -> None:
    first, second = program.arg(site, 0, "start_key"), program.arg(site, 1, "end_key")
    sources, targets = names_of(first), names_of(second)
    if not sources or not targets:
        graph.open = True
    if len(sources) == len(targets) > 1 and not any(isinstance(v, Many) for v in (first, second)):
        pairs = list(zip(sources, targets, strict=True))        # both come from one loop
    else:
        pairs = [(s, t) for s in sources for t in targets]
    graph.edges += [(s, t, _place(site)) for s, t in pairs if (s, t) not in {(a, b) for a, b, _ in graph.edges}]


def _router(program: Program, graph: Graph, site: Site, source: str, position: int) -> None:
    path = program.arg(site, position, "path", "condition")
    given = program.arg(site, position + 1, "path_map", "conditional_edge_mapping")
    mapped: list[str] | None = None
    for one in given.options() if given is not None else ():
        if isinstance(one, Table):
            mapped = [*(mapped or []), *(n for _, v in one.items for n in names_of(v))]
            graph.open = graph.open or not one.whole
        elif isinstance(one, Many):
            mapped = [*(mapped or []), *names_of(one)]
    node = site.node.args[position] if len(site.node.args) > position else next(
        (k.value for k in site.node.keywords if k.arg in ("path", "condition")), None)
    if path is not None and all(r.node is not node or r.source != source for r in graph.routers):
        graph.routers.append(Router(source, _place(site), path, node, site.scope, mapped))


def _sequence(program: Program, graph: Graph, site: Site) -> None:
    given = program.arg(site, 0, "nodes")
    previous = ""
    for one in given.options() if given is not None else ():
        for item in one.items if isinstance(one, Many) else ():
            if isinstance(item, Many) and len(item.items) == 2:
                name, action = text_of(item.items[0]), item.items[1]
            else:
                name, action = None, item
            name = name or _name_for(action, None)
            if not name:
                graph.open = True
                continue
            written = item.node is not None and not isinstance(item, Func)
            place = Place(item.path or site.path, item.line) if written else _place(site)
            graph.nodes.setdefault(name, Node(name, place, action, site, None, scope_of(program, action)))
            if previous:
                graph.edges.append((previous, name, place))
            previous = name


def _node(program: Program, graph: Graph, site: Site) -> None:
    args = site.node.args
    first = program.arg(site, 0, "node")
    action = program.arg(site, 1, "action")
    given: ast.AST | None = args[1] if len(args) > 1 else next((k.value for k in site.node.keywords if k.arg == "action"), None)
    names: list[str] = []
    if action is None and given is None:
        action, given = first, args[0] if args else None
        for one in action.options() if action is not None else ():
            if (name := _name_for(one, given)):
                names.append(name)
    else:
        names = [n for n in names_of(first) if n not in (START, END)]
    if not names or action is None:
        graph.open = True
        return
    options = list(action.options())
    options = _near(options, site) if len(names) == 1 else options
    paired = len(options) == len(names)
    for n, name in enumerate(names):
        one = options[n] if paired else options[0] if len(options) == 1 else action
        scopes = [s for o in one.options() if (s := scope_of(program, o)) is not None]
        node = Node(name, _place(site), one, site, given, scopes[0] if scopes else _lambda(program, one, site))
        node.destinations = names_of(_listed(program.arg(site, None, "destinations", "ends")))
        graph.nodes.setdefault(name, node)


def _listed(value: Value | None) -> Value | None:
    """A dict of destinations as the list of its keys."""
    if isinstance(value, Table):
        return Many(value.node, value.module, tuple(k for k, _ in value.items if k is not None), value.whole)
    return value


def _near(options: list[Value], site: Site) -> list[Value]:
    """Of several functions of one name the one that was defined last before the call (cells of a notebook)."""
    funcs = [o for o in options if isinstance(o, Func) and o.scope.module is site.module and o.scope.line <= site.node.lineno]
    if len(options) > 1 and len(funcs) == len(options):
        return [max(funcs, key=lambda f: f.scope.line)]
    return options


def scope_of(program: Program, value: Value | None) -> Scope | None:
    """The local function that a node runs: a function, a method, an object with `__call__`, what a wrapper wraps."""
    for one in value.options() if value is not None else ():
        match one:
            case Func():
                return one.scope
            case Made(of=Klass() as klass):
                return next((c for c in klass.scope.children if c.name.endswith((".__call__", ".invoke", ".run"))), None)
            case Klass():
                return next((c for c in one.scope.children if c.name.endswith((".__call__", ".__init__"))), None)
            case Made() if one.site is not None and one.name.endswith((".RunnableLambda", ".RunnableCallable", ".partial")):
                return scope_of(program, program.arg(one.site, 0, "func"))
    return None


def _lambda(program: Program, value: Value, site: Site) -> Scope | None:
    """The local function that a lambda calls first."""
    node = value.node
    if isinstance(node, ast.Lambda):
        for inner in ast.walk(node.body):
            if isinstance(inner, ast.Call):
                found = scope_of(program, program.value(inner.func, site.scope))
                if found is not None:
                    return found
    return None


def _name_for(value: Value, given: ast.AST | None) -> str:
    match value:
        case Func():
            return _last(value.scope.name)
        case Klass():
            return _last(value.scope.name)
        case Made(of=Klass() as klass):
            return _last(klass.scope.name)
        case Made() if value.name.endswith(".RunnableLambda") and value.site is not None and value.site.node.args:
            return tail(value.site.node.args[0])
        case Made() if value.name.endswith(".ToolNode"):
            return "tools"
        case Made() if value.site is not None:
            named = next((k.value for k in value.site.node.keywords if k.arg == "name"), None)
            if isinstance(named, ast.Constant) and isinstance(named.value, str):
                return named.value
    return tail(given) if given is not None else ""


def _last(name: str) -> str:
    return name.rpartition(".")[2]


# Targets of routers and of Command(goto=..) -----------------------------------------------------------------------

def literals(program: Program, annotation: ast.AST | None, scope: Scope, within: str = "") -> list[str] | None:
    """The texts of the `Literal[...]` in an annotation; with `within`, only inside `within[...]`. None when there is none."""
    node = _parsed(annotation)
    if node is None:
        return None
    if within:
        inner = [n.slice for n in ast.walk(node) if isinstance(n, ast.Subscript) and tail(n.value) == within]
        found = [literals(program, i, scope) for i in inner]
        kept = [n for f in found if f is not None for n in f]
        return kept if any(f is not None for f in found) else None
    found_any = False
    names: list[str] = []
    for part in ast.walk(node):
        if isinstance(part, ast.Subscript) and tail(part.value) == "Literal":
            found_any = True
            names += names_of(program.value(part.slice, scope))
            if not isinstance(part.slice, ast.Tuple) and isinstance(part.slice, ast.Constant):
                names += [part.slice.value] if isinstance(part.slice.value, str) else []
    if not found_any and isinstance(node, ast.Name):
        here: Scope | None = scope
        while here is not None:
            for binding in here.bindings.get(node.id, ()):
                if binding.how == "value" and isinstance(binding.value, ast.Subscript):
                    return literals(program, binding.value, here)
            here = here.parent
    return list(dict.fromkeys(names)) if found_any else None


def _parsed(annotation: ast.AST | None) -> ast.AST | None:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return ast.parse(annotation.value[:500], mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    return annotation


def returned(scope: Scope) -> Iterator[ast.AST]:
    """The expressions a function returns, not those of functions inside it."""
    stack: list[ast.AST] = list(reversed(getattr(scope.node, "body", [])))
    while stack:
        here = stack.pop()
        if isinstance(here, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(here, ast.Return):
            if here.value is not None:
                yield here.value
            continue
        stack += [c for c in ast.iter_child_nodes(here) if isinstance(c, ast.stmt | ast.ExceptHandler | ast.match_case)]


def targets(program: Program, expression: ast.AST, scope: Scope) -> tuple[list[str], bool]:
    """The nodes an expression names, and whether it can name others that cannot be seen."""
    if isinstance(expression, ast.IfExp):
        return _joined(targets(program, part, scope) for part in (expression.body, expression.orelse))
    if isinstance(expression, ast.BoolOp):
        return _joined(targets(program, part, scope) for part in expression.values)
    if isinstance(expression, ast.List | ast.Tuple | ast.Set):
        return _joined(targets(program, part, scope) for part in expression.elts)
    if isinstance(expression, ast.ListComp | ast.GeneratorExp):
        return targets(program, expression.elt, scope)
    if isinstance(expression, ast.Call) and tail(expression.func) == "Send" and (expression.args or expression.keywords):
        first = expression.args[0] if expression.args else expression.keywords[0].value
        return targets(program, first, scope)
    value = program.value(expression, scope)
    names = names_of(value)
    if isinstance(value, Const) and isinstance(value.value, bool):
        return [], False
    open_ended = not names or any(isinstance(o, Text) for o in value.options())
    if isinstance(value, Const) and value.value is None:
        return [], False
    return names, open_ended


def _joined(parts: Iterable[tuple[list[str], bool]]) -> tuple[list[str], bool]:
    names: list[str] = []
    open_ended = False
    for found, more in parts:
        names += found
        open_ended = open_ended or more
    return list(dict.fromkeys(names)), open_ended


def routed(program: Program, router: Router) -> tuple[list[str], bool]:
    """The nodes a conditional edge can lead to, and whether there can be others."""
    if router.mapped is not None:
        return list(dict.fromkeys(router.mapped)), False
    if isinstance(router.node, ast.Lambda):
        return targets(program, router.node.body, router.scope)
    names: list[str] = []
    open_ended = False
    seen = False
    for one in router.path.options():
        if isinstance(one, Outside) and one.name.endswith(".tools_condition"):
            names += ["tools", END]
            seen = True
            continue
        scope = scope_of(program, one)
        if scope is None:
            open_ended = True
            continue
        seen = True
        said = literals(program, getattr(scope.node, "returns", None), scope.parent or scope)
        if said is not None:
            names += said
            continue
        found, more = _joined(targets(program, e, scope) for e in returned(scope))
        names += found
        open_ended = open_ended or more
    return list(dict.fromkeys(names)), open_ended or not seen or not names
