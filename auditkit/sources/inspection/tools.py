"""Tools as frameworks take them: functions, decorated functions, tool objects and classes; drawn as actions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.effects import effect_of, say_effect
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.program import text_of
from auditkit.syntax.python.values import Const, Func, Klass, Made, Many, Outside, Site, Table, Value

_FUNCTION_ARGS = ("func", "function", "coroutine", "fn", "python_callable", "handler", "on_invoke_tool", "tool")
_NAME_ARGS = ("name", "name_override", "tool_name", "name_or_callable")
_BODIES = ("forward", "_run", "_arun", "run", "__call__", "execute", "call", "invoke", "on_invoke_tool", "arun")
"""Where a tool class does its work."""


def tools_in(project: Project, value: Value | None) -> tuple[list[Value], bool]:
    """The tools in an expression, flattened, and whether there can be no others."""
    found: list[Value] = []
    whole = True
    if value is None:
        return found, whole
    for one in value.options():
        if isinstance(one, Many):
            whole = whole and one.whole
            for item in one.items:
                inner, closed = tools_in(project, item)
                found += inner
                whole = whole and closed
        elif isinstance(one, Table) and schema_name(one):
            found.append(one)
        elif isinstance(one, Table):
            whole = whole and one.whole
            for _, item in one.items:
                inner, closed = tools_in(project, item)
                found += inner
                whole = whole and closed
        elif isinstance(one, Outside) and one.name.startswith("module:"):
            inside = module_tools(project, one)
            found += inside
            whole = whole and bool(inside)
        elif isinstance(one, Func | Klass | Made | Outside):
            found.append(one)
        elif not (isinstance(one, Const) and one.value is None):
            whole = False
    unique: dict[tuple[str, int, int, str], Value] = {}
    for tool in found:
        column = getattr(tool.node, "col_offset", 0) if isinstance(tool, Made) else 0  # [tool(a), tool(b)] in one line
        unique.setdefault((tool.path, tool.line, column, type(tool).__name__ + str(getattr(tool, "name", ""))), tool)
    return list(unique.values()), whole


def module_tools(project: Project, value: Outside) -> list[Value]:
    """The tools of a local module that is offered as a whole: its decorated functions, and the function that goes by the
    name in its `TOOL_SPEC`."""
    module = project.program.modules.get(value.name.removeprefix("module:"))
    if module is None:
        return []
    functions = [s for s in module.scopes if s.kind == "function" and s.parent is module.top]
    marked = [s for s in functions if any(_last(name) == "tool" for name, _, _ in project.program.decorators(s))]
    spec = project.program.name("TOOL_SPEC", module.top) if "TOOL_SPEC" in module.top.bindings else None
    names = {
        text_of(item)
        for one in (spec.options() if spec is not None else ())
        if isinstance(one, Table)
        for key, item in one.items
        if isinstance(key, Const) and key.value == "name"
    }
    found = marked + [s for s in functions if s.name in names and s not in marked]
    return [Func(s.node, module, s) for s in found]


def schema_name(table: Table) -> str:
    """The name of a tool that is written as a JSON schema, plain or under `function`; "" for any other dict."""
    inner = table.get("function")
    given = inner if isinstance(inner, Table) else table
    form = any(given.get(key) is not None for key in ("parameters", "input_schema", "args_schema", "inputSchema"))
    return (text_of(given.get("name")) or "") if form else ""


def draw_tool(
    project: Project,
    flow: Flow,
    value: Value,
    rule: str,
    holder: Item | None = None,
    name: str | None = None,
    description: str | None = None,
    at: Place | None = None,
) -> Item | None:
    """The action item of a tool; None for what is no tool that can be named. Idempotent per workflow and tool."""
    body, named, place, told = _read(project, value)
    title = name or named
    if not title:
        return None
    where = place or at
    if where is None:
        return None
    found = next((i for i in flow.of("action") if i.at == where and i.name == title), None)
    if found is None:
        found = flow.add("action", title, where, rule, home_of(body) if body is not None else None)
        say_effect(found, effect_of(project.code, body, title, description or told))
        found.say("decided_by", "model")
        if body is not None:
            found.say("symbol", f"{body.module.path}:{body.name}"[:120])
            found.also(place_of(body))
            for decorator in getattr(body.node, "decorator_list", ()):
                found.also(Place(body.module.path, body.module.line(decorator)))
            flow.homes.add(home_of(body))
    if at is not None:
        found.also(at)
    if holder is not None and found.step is None:
        found.step = holder
        found.say("step", holder)
    return found


def _read(project: Project, value: Value) -> tuple[Scope | None, str, Place | None, str | None]:
    """The body, the name, the place and the description of a tool."""
    match value:
        case Func():
            return (
                value.scope,
                _decorated_name(project, value.scope) or _last(value.scope.name),
                place_of(value.scope),
                ast.get_docstring(value.scope.node)
                if isinstance(value.scope.node, ast.FunctionDef | ast.AsyncFunctionDef)
                else None,
            )
        case Klass():
            return (
                _body(value.scope),
                _class_name(project, value.scope),
                place_of(value.scope),
                _class_text(project, value.scope),
            )
        case Made(of=Klass() as klass):
            given = text_of(project.program.arg(value.site, None, *_NAME_ARGS)) if value.site else None
            return (
                _body(klass.scope),
                given or _class_name(project, klass.scope),
                place_of(klass.scope),
                _class_text(project, klass.scope),
            )
        case Made() if value.site is not None:
            return _made(project, value)
        case Table():
            inner = value.get("function")
            told = text_of((inner if isinstance(inner, Table) else value).get("description"))
            return None, schema_name(value), Place(value.path, value.line), told
        case Outside():
            return None, _last(value.name), None, None
    return None, "", None, None


def _made(project: Project, made: Made) -> tuple[Scope | None, str, Place | None, str | None]:
    """A tool object: `Tool(name=.., func=..)`, `function_tool(f)`, `StructuredTool.from_function(f)`."""
    site = made.site
    assert site is not None
    program = project.program
    named = text_of(program.arg(site, None, *_NAME_ARGS))
    told = text_of(program.arg(site, None, "description", "description_override"))
    for given in (program.arg(site, None, *_FUNCTION_ARGS), *(_positional(project, made))):
        for one in given.options() if given is not None else ():
            if isinstance(one, Func | Klass):
                body, name, place, text = _read(project, one)
                return body, named or name, place, told or text
            if isinstance(one, Made) and one is not made and isinstance(one.of, Klass):
                body, name, place, text = _read(project, one)
                return body, named or name, place, told or text
    title = named or _last(made.name)
    return _behind(project, site), title, Place(site.path, site.line), told


def _behind(project: Project, site: Site) -> Scope | None:
    """The first function of the program that a lambda calls which a tool is made of: `func=lambda q: search(q)`."""
    given = [*site.node.args, *(k.value for k in site.node.keywords if k.arg in _FUNCTION_ARGS)]
    for node in (n for a in given if isinstance(a, ast.Lambda) for n in ast.walk(a.body)):
        if isinstance(node, ast.Call):
            for one in project.program.value(node.func, site.scope, site.frame).options():
                if isinstance(one, Func):
                    return one.scope
    return None


def _positional(project: Project, made: Made) -> Iterator[Value]:
    assert made.site is not None
    for n in range(min(3, len(made.site.node.args))):
        given = project.program.arg(made.site, n)
        if given is not None:
            yield given


def _decorated_name(project: Project, scope: Scope) -> str | None:
    """The name that a decorator gives: `@tool("search")`, `@function_tool(name_override="x")`."""
    for name, _, site in project.program.decorators(scope):
        if site is None or "tool" not in name.lower():
            continue
        given = text_of(project.program.arg(site, None, *_NAME_ARGS))
        first = project.program.arg(site, 0)
        if (
            given is None
            and isinstance(first, Const)
            and isinstance(first.value, str)
            and len(first.value) <= 64
            and " " not in first.value.strip()
        ):
            given = first.value
        if given:
            return given
    return None


def _class_name(project: Project, scope: Scope) -> str:
    """A tool class's own `name = "..."`, else the class's name."""
    for binding in scope.bindings.get("name", ()):
        if binding.how == "value":
            value = project.program.value(binding.value, scope)
            if (text := text_of(value)) is not None:
                return text
    for target, node, where in scope.module.attributes:
        if (
            target.attr == "name"
            and where.holder is scope
            and (text := text_of(project.program.value(node, where))) is not None
        ):
            return text
    return _last(scope.name)


def _class_text(project: Project, scope: Scope) -> str | None:
    for binding in scope.bindings.get("description", ()):
        if binding.how == "value":
            return text_of(project.program.value(binding.value, scope))
    return ast.get_docstring(scope.node) if isinstance(scope.node, ast.ClassDef) else None


def _body(scope: Scope) -> Scope:
    """The method in which a tool class does its work, or the class."""
    by_name = {_last(c.name): c for c in scope.children}
    return next((by_name[n] for n in _BODIES if n in by_name), scope)


def _last(name: str) -> str:
    return name.rpartition(".")[2]
