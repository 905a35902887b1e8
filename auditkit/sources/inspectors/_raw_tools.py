"""Tools that code offers to a model by itself: schemas in dicts, classes that describe themselves, functions, built-in tools."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.effects import Effect, effect_of, say_effect
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place
from auditkit.sources.inspection.tools import draw_tool
from auditkit.sources.inspection.verbs import words
from auditkit.sources.inspectors._raw_calls import TOOL_ARGS, Asked
from auditkit.sources.inspectors._raw_registry import Entry, by_name, registered
from auditkit.syntax.patterns import later
from auditkit.syntax.python.interfaces import is_abstract
from auditkit.syntax.python.module import Call, Scope
from auditkit.syntax.python.program import text_of
from auditkit.syntax.python.values import Const, Func, Klass, Made, Many, Param, Site, Table, Value

RULE = "raw.tool"
_BUILT_IN = {
    "bash": "execute",
    "text_editor": "write",
    "computer": "execute",
    "code_execution": "execute",
    "web_search": "read",
    "web_fetch": "read",
    "file_search": "read",
    "code_interpreter": "execute",
    "computer_use_preview": "execute",
    "computer-preview": "execute",
    "local_shell": "execute",
    "shell": "execute",
    "apply_patch": "write",
    "image_generation": "none",
    "memory": "write",
    "retrieval": "read",
}
_DESCRIBES = frozenset(
    (
        "to_params",
        "to_param",
        "to_dict",
        "to_schema",
        "get_schema",
        "schema",
        "to_openai",
        "to_anthropic",
        "to_openai_tool",
        "to_tool",
        "get_info",
        "get_definition",
        "definition",
        "to_openai_schema",
        "to_anthropic_schema",
        "to_function",
        "as_tool",
        "json_schema",
        "to_json",
        "get_tool_definition",
        "tool_definition",
        "openai_schema",
        "anthropic_schema",
        "spec",
        "get_spec",
        "to_api",
        "to_openai_function",
    )
)
"""Methods by which a tool class tells a model what it is."""
_SHAPES = frozenset(("input_schema", "inputSchema", "parameters", "params_schema", "args_schema", "json_schema"))
"""Attributes in which a tool class keeps the form of its arguments, beside its name and description."""
DISPATCH = later(r"(?i)(?:execute|run|call|handle|process|dispatch|perform|invoke|use|do)_?(?:a_|the_)?(?:tool|function|action)")
"""Names of functions that carry out whichever tool they are told."""
_WORKS = (
    "__call__",
    "execute",
    "run",
    "invoke",
    "call",
    "_run",
    "forward",
    "arun",
    "execute_async",
    "use",
    "do",
    "handle",
    "perform",
    "apply",
)


class Described(NamedTuple):
    """A tool by its schema: its name, where it is written, what it says, and what kind of built-in it is."""

    name: str
    at: Place
    description: str | None
    built_in: str


def draw_tools(project: Project, flow: Flow, asked: list[Asked], holder: Item, run: Call | None = None) -> list[Item]:
    """The tools that are offered at some points of a flow, drawn as actions; `run` is the call that carries them out."""
    single = [d for one in asked for value in _offered(project, one) for d in _schemas(value)]
    if run is not None and len({d.name for d in single}) == 1 and handler(project, single[0].name) is None:
        _alone(project, single[0].name, run)
    found: list[Item] = []
    whole = True
    for one in asked:
        for value in _offered(project, one):
            items, closed = _draw(project, flow, value, holder)
            found += items
            whole = whole and closed
    if not found or not whole:
        entered = _registered(project, flow, asked, holder)
        found += [item for item in (entered or _classes(project, flow, holder)) if item not in found]
    return list(dict.fromkeys(found))


def _registered(project: Project, flow: Flow, asked: list[Asked], holder: Item) -> list[Item]:
    """The tools in a table that the code reads where it asks the model, and that the program's own decorators fill."""
    scopes = [call.scope for one in asked for call in (one.call, *one.via) if call.scope.kind == "function"]
    return [_described(project, flow, entry, holder) for entry in registered(project, scopes)]


def _described(project: Project, flow: Flow, entry: Entry, holder: Item) -> Item:
    """The action of an entry in a table of tools."""
    if entry.body is not None:
        func = Func(entry.body.node, entry.body.module, entry.body)
        item = draw_tool(project, flow, func, RULE, holder, entry.name, entry.description)
        if item is not None:
            return item
    return _plain(project, flow, Described(entry.name, entry.at, entry.description, ""), holder)


def _schemas(value: Value) -> Iterator[Described]:
    """The schemas in a list of tools."""
    for one in value.options():
        if isinstance(one, Many):
            for item in one.items:
                yield from _schemas(item)
        elif isinstance(one, Table) and (told := described_by(one)) is not None:
            yield told


def _alone(project: Project, name: str, run: Call) -> None:
    """Remembers the function that carries out the only tool there is, which nothing has to look up by its name."""
    called = [one.scope for one in project.program.resolved(run).options() if isinstance(one, Func)]
    if len(called) == 1 and not (DISPATCH.search(called[0].name.rpartition(".")[2])):
        _tables(project)[name] = called[0]


def _offered(project: Project, asked: Asked) -> Iterator[Value]:
    """What stands for `tools=` in the client's call, or in the arguments that a wrapper hands on."""
    program = project.program
    for call in (asked.site.call, asked.call, *asked.via):
        for one in program.resolved(call).options():
            site = Site(call, one)
            for arg in TOOL_ARGS:
                given = program.arg(site, None, arg)
                if given is not None:
                    yield given
            config = program.arg(site, None, "config", "generation_config")
            for made in config.options() if config is not None else ():
                if (
                    isinstance(made, Made)
                    and made.site is not None
                    and (given := program.arg(made.site, None, "tools")) is not None
                ) or (isinstance(made, Table) and (given := made.get("tools")) is not None):
                    yield given
            break


def _draw(project: Project, flow: Flow, value: Value, holder: Item) -> tuple[list[Item], bool]:
    """The tools in an expression, and whether there can be no others."""
    found: list[Item] = []
    whole = True
    for one in value.options():
        if isinstance(one, Many):
            whole = whole and one.whole
            for item in one.items:
                items, closed = _draw(project, flow, item, holder)
                found += items
                whole = whole and closed
        elif isinstance(one, Table):
            nested = one.get("tools") or one.get("function_declarations")
            described = described_by(one)
            if nested is not None and described is None:
                items, closed = _draw(project, flow, nested, holder)
                found, whole = found + items, whole and closed
            elif described is not None:
                found.append(_schema(project, flow, described, holder))
            else:
                found += [_described(project, flow, entry, holder) for entry in by_name(one)]
        elif isinstance(one, Func | Klass) and (drawn := draw_tool(project, flow, one, RULE, holder)) is not None:
            found.append(drawn)
        elif isinstance(one, Made):
            items, closed = _made(project, flow, one, holder)
            found, whole = found + items, whole and closed
        elif isinstance(one, Param):
            for given in project.program.handed(one):   # what those who make the object, or call the function, offer
                found += _draw(project, flow, given, holder)[0] if not isinstance(given, Param) else []
            whole = False
        elif not (isinstance(one, Const) and one.value is None):
            whole = False
    return found, whole


def _made(project: Project, flow: Flow, made: Made, holder: Item) -> tuple[list[Item], bool]:
    """A tool or list of tools that a call makes: `pydantic_function_tool(M)`, `types.Tool(function_declarations=[..])`."""
    if made.site is None:
        return [], False
    program = project.program
    nested = program.arg(made.site, None, "function_declarations", "tools", "functionDeclarations")
    if nested is not None:
        return _draw(project, flow, nested, holder)
    last = made.name.rpartition(".")[2]
    if last in (
        "FunctionDeclaration",
        "Function",
        "ToolParam",
        "FunctionDefinition",
        "ChatCompletionToolParam",
        "FunctionToolParam",
        "Tool",
    ):
        name = text_of(program.arg(made.site, 0 if last != "Tool" else None, "name"))
        if name:
            told = text_of(program.arg(made.site, None, "description"))
            return [_schema(project, flow, Described(name, Place(made.path, made.line), told, ""), holder)], True
    item = draw_tool(project, flow, made, RULE, holder)
    return ([item], True) if item is not None and item.name not in ("to_params", "list", "dict") else ([], False)


def described_by(table: Table) -> Described | None:
    """The tool that a schema in a dict describes: OpenAI's, Anthropic's, Bedrock's and Gemini's forms."""
    inner = table.get("function") or table.get("toolSpec")
    for one in inner.options() if inner is not None else ():
        if isinstance(one, Table):
            return described_by(one)
    kind, name = text_of(table.get("type")) or "", text_of(table.get("name"))
    built = next((b for b in sorted(_BUILT_IN, key=len, reverse=True) if kind == b or kind.startswith(f"{b}_")), "")
    if built:
        return Described(name or built, Place(table.path, table.line), None, built)
    shaped = any(
        table.get(k) is not None for k in ("parameters", "input_schema", "inputSchema", "description", "parameters_json_schema")
    )
    if name and shaped:
        return Described(name, Place(table.path, table.line), text_of(table.get("description")), "")
    return None


def _schema(project: Project, flow: Flow, told: Described, holder: Item) -> Item:
    """The action of a schema, at the function that carries it out when that can be found."""
    runs_anything = bool(told.built_in) and _BUILT_IN[told.built_in] == "execute"  # whatever carries it out
    body = handler(project, told.name) if not runs_anything else None
    if body is not None:
        item = draw_tool(project, flow, Func(body.node, body.module, body), RULE, holder, told.name, told.description)
        if item is not None:
            return item.also(told.at)
    return _plain(project, flow, told, holder)


def _plain(project: Project, flow: Flow, told: Described, holder: Item) -> Item:
    """The action of a schema of which no function is known."""
    found = next((i for i in flow.of("action") if i.name == told.name), None)
    if found is None:
        found = flow.add("action", told.name, told.at, RULE)
        if told.built_in:
            effect = _BUILT_IN[told.built_in]
            say_effect(found, Effect(effect, effect not in ("read", "none"), told.at, "a tool that the vendor defines"))
        else:
            say_effect(found, effect_of(project.code, None, told.name, told.description))
        found.say("decided_by", "model")
        found.step = holder
        found.say("step", holder)
    return found


def handler(project: Project, name: str) -> Scope | None:
    """The function that carries a tool out: by the table that names it, else by its own name."""
    tables = _tables(project)
    if name in tables:
        return tables[name]
    by_name = [
        s
        for m in project.program.modules.values()
        for s in m.scopes
        if s.kind == "function" and s.name.rpartition(".")[2] == name
    ]
    return by_name[0] if by_name else _branches(project).get(name)


def _branches(project: Project) -> dict[str, Scope]:
    """Functions by the names for which a branch calls them: `if name == "get_weather": result = fetch(args)`."""
    found: dict[str, Scope] | None = project.code.__dict__.get("_branching")
    if found is not None:
        return found
    found = project.code.__dict__["_branching"] = {}
    for module in project.program.modules.values():
        for call in module.calls:
            if not isinstance(call.node.func, ast.Name | ast.Attribute) or call.scope.kind != "function":
                continue
            within = next((w for w in (call.within.chain() if call.within else ()) if isinstance(w.node, ast.If)), None)
            test = within.node.test if within is not None and within.part == "body" and isinstance(within.node, ast.If) else None
            name = _equals(test) if test is not None else None
            if name is None or name in found:
                continue
            for one in project.program.resolved(call).options():
                if isinstance(one, Func):
                    found[name] = one.scope
    return found


def _equals(test: ast.AST) -> str | None:
    """The text that a test compares something called a name, tool or function with."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return None
    left, right = test.left, test.comparators[0]
    named = re.search(r"(?i)name|tool|func|action|call", ast.unparse(left)) is not None
    return right.value if named and isinstance(right, ast.Constant) and isinstance(right.value, str) else None


def _tables(project: Project) -> dict[str, Scope]:
    """Functions by the names under which dicts of the program hold them: `{"get_weather": get_weather}`."""
    found: dict[str, Scope] | None = project.code.__dict__.get("_dispatch")
    if found is None:
        found = {}
        for module in project.program.modules.values():
            for scope in module.scopes:
                for bindings in scope.bindings.values():
                    for binding in bindings:
                        if binding.how == "value" and isinstance(binding.value, ast.Dict):
                            _entries(project, binding.value, scope, found)
            for _, value, scope in module.attributes:
                if isinstance(value, ast.Dict):
                    _entries(project, value, scope, found)
        project.code.__dict__["_dispatch"] = found
    return found


def _entries(project: Project, node: ast.Dict, scope: Scope, found: dict[str, Scope]) -> None:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and isinstance(value, ast.Name | ast.Attribute):
            for one in project.program.value(value, scope).options():
                if isinstance(one, Func):
                    found.setdefault(key.value, one.scope)


# Classes that describe themselves ---------------------------------------------------------------------------------------


def _classes(project: Project, flow: Flow, holder: Item) -> list[Item]:
    """Classes with a name and a method that tells a model what they are, where the list of tools cannot be followed."""
    classes = [s for m in project.program.modules.values() for s in m.scopes if s.kind == "class"]
    below: dict[int, list[Scope]] = {}
    for scope in classes:
        for above in project.program.ancestors(scope):
            below.setdefault(id(above), []).append(scope)
    found: dict[str, Item] = {}
    for scope in classes:
        named = _named(scope) or _by_its_schema(project, scope)
        if named is None or named[0] in found:
            continue
        family = [scope, *below.get(id(scope), ())]
        if _by_its_schema(project, scope) is None and not any(_describes(project, member) for member in family):
            continue
        body = next((b for member in reversed(family) if (b := _work(member)) is not None), None)
        several = _specs(scope)
        if len(several) < 2:
            found[named[0]] = _class_tool(project, flow, scope, body, named, holder)
        for told in several if len(several) > 1 else ():  # one class that stands for several tools
            found[told[0]] = _class_tool(project, flow, scope, body, told, holder)
    return list(found.values())


def _by_its_schema(project: Project, scope: Scope) -> tuple[str, Place] | None:
    """The name of a class that a library turns into a tool's schema, where it does the tool's work as well."""
    described = any(base.rpartition(".")[2] == "OpenAISchema" for base in project.program.bases(scope))
    if not described or (body := _work(scope)) is None or is_abstract(body):
        return None
    return scope.name.rpartition(".")[2], place_of(scope)


def _class_tool(
    project: Project, flow: Flow, scope: Scope, body: Scope | None, named: tuple[str, Place], holder: Item
) -> Item:
    """The action of a class that is a tool."""
    item = flow.add("action", named[0], named[1], RULE, home_of(body or scope))
    item.also(place_of(scope))
    say_effect(
        item,
        effect_of(
            project.code,
            body,
            named[0] if len(words(named[0])) > 1 else scope.name.rpartition(".")[2],  # "filecreatortool" is one word
            ast.get_docstring(scope.node) if isinstance(scope.node, ast.ClassDef) else None,
        ),
    )
    item.say("decided_by", "model")
    item.say("symbol", f"{scope.module.path}:{(body or scope).name}"[:120])
    item.step = holder
    item.say("step", holder)
    flow.homes.add(home_of(body or scope))
    return item


def _specs(scope: Scope) -> list[tuple[str, Place]]:
    """The names in the schemas that a method of a class lists, each where it is written."""
    found: dict[str, Place] = {}
    for child in scope.children:
        if child.name.rpartition(".")[2] not in _DESCRIBES:
            continue
        for returned in ast.walk(child.node):
            listed = returned.value if isinstance(returned, ast.Return) else None
            for node in listed.elts if isinstance(listed, ast.List) else ():
                if isinstance(node, ast.Dict) and (name := _name_in(node)) is not None:
                    found.setdefault(name, Place(scope.module.path, scope.module.line(node)))
    return list(found.items())


def _name_in(node: ast.Dict) -> str | None:
    """The name that a schema written as a dict gives its tool."""
    keys = {k.value: v for k, v in zip(node.keys, node.values, strict=True) if isinstance(k, ast.Constant)}
    inner = keys.get("function")
    if isinstance(inner, ast.Dict):
        return _name_in(inner)
    name = keys.get("name")
    shaped = bool({"parameters", "input_schema", "description"} & set(keys))
    return name.value if shaped and isinstance(name, ast.Constant) and isinstance(name.value, str) else None


def _describes(project: Project, scope: Scope) -> bool:
    own = {c.name.rpartition(".")[2] for c in scope.children}
    told = set(scope.bindings)
    for above in project.program.ancestors(scope):
        own |= {c.name.rpartition(".")[2] for c in above.children}
        told |= set(above.bindings)
    says = bool(own & _DESCRIBES) or ("description" in told and bool(told & _SHAPES))
    return says and bool(own & set(_WORKS))


def _work(scope: Scope) -> Scope | None:
    by_name = {c.name.rpartition(".")[2]: c for c in scope.children if c.kind == "function"}
    return next((by_name[n] for n in _WORKS if n in by_name), None)


def _named(scope: Scope) -> tuple[str, Place] | None:
    """The name that a tool class gives itself: `name = "bash"`, or the name in the schema that a method of it returns."""
    for binding in scope.bindings.get("name", ()):
        if binding.how == "value" and isinstance(binding.value, ast.Constant) and isinstance(binding.value.value, str):
            return binding.value.value, Place(scope.module.path, scope.module.line(binding.node))
    if (given := _given_up(scope)) is not None:
        return given, Place(scope.module.path, scope.module.line(scope.line))
    for child in scope.children:
        if child.name.rpartition(".")[2] in _DESCRIBES:
            for node in ast.walk(child.node):
                if isinstance(node, ast.Dict):
                    keys = {k.value: v for k, v in zip(node.keys, node.values, strict=True) if isinstance(k, ast.Constant)}
                    name = keys.get("name")
                    if (
                        isinstance(name, ast.Constant)
                        and isinstance(name.value, str)
                        and {"parameters", "input_schema", "description"} & set(keys)
                    ):
                        return name.value, Place(scope.module.path, scope.module.line(scope.line))
    return None


def _given_up(scope: Scope) -> str | None:
    """The name that a class hands to its base class: `super().__init__(name="search", ..)`, or sets on itself."""
    for child in scope.children:
        if child.name.rpartition(".")[2] != "__init__":
            continue
        for node in ast.walk(child.node):
            value: ast.AST | None = None
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__init__":
                value = next((k.value for k in node.keywords if k.arg == "name"), None)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute) and node.targets[0].attr == "name":
                value = node.value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                return value.value
    return None
