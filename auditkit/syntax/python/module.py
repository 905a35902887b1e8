"""One Python file, parsed once and walked once: scopes with their bindings, and every call with what is around it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPOUND = (ast.If, ast.While, ast.For, ast.AsyncFor, ast.Try, ast.With, ast.AsyncWith, ast.ExceptHandler, ast.Match)
_COMPOUND_KINDS = frozenset(_COMPOUND)
_LEAVES = frozenset((ast.Pass, ast.Break, ast.Continue, *(
    kind for base in (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop) for kind in base.__subclasses__())))
"""Nodes that hold nothing."""
_BINDING = frozenset((
    ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.For, ast.AsyncFor, ast.With,
    ast.AsyncWith, ast.Global, ast.Nonlocal, ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping, ast.Delete))
"""Nodes that give a name its value, or take it away."""


class Within(NamedTuple):
    """The compound statement around something: which, in which part of it, and what is around that."""

    node: ast.AST
    part: str
    outer: Within | None

    def chain(self) -> Iterator[Within]:
        """This one and all around it, inside out."""
        here: Within | None = self
        while here is not None:
            yield here
            here = here.outer


class Binding(NamedTuple):
    """One way in which a name gets its value: `how` is import, value, more (`+=`), item (of an unpacking), each (of a
    loop), parameter, function, class, or other (a value that is not followed). `part` is the way into what is unpacked;
    `scope` is where the value is read when that is not where the name lives (`global x`)."""

    how: str
    node: ast.AST
    value: ast.AST | None = None
    dotted: str = ""
    part: tuple[int, ...] | None = None
    scope: Scope | None = None


@dataclass(eq=False, slots=True)
class Scope:
    """A module, a class or a function: its bindings and the dotted names it reads."""

    kind: str
    name: str
    node: ast.AST
    module: Module
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    loads: set[str] = field(default_factory=set)
    children: list[Scope] = field(default_factory=list)
    within: Within | None = None
    self_name: str = ""
    elsewhere: dict[str, Scope] = field(default_factory=dict)
    """Where the names live that are declared `global` or `nonlocal`."""

    @property
    def line(self) -> int:
        """The line of its `def` or `class` (not of a decorator), or 1."""
        return getattr(self.node, "lineno", 1)

    @property
    def holder(self) -> Scope | None:
        """The class whose method this is (or in whose method this stands)."""
        here: Scope | None = self
        while here is not None and here.kind != "class":
            here = here.parent
        return here

    def bind(self, name: str, binding: Binding) -> None:
        """Notes one more way in which a name gets its value."""
        home = self.elsewhere.get(name)
        if home is not None:
            home.bindings.setdefault(name, []).append(binding._replace(scope=self))
        else:
            self.bindings.setdefault(name, []).append(binding)


class Call(NamedTuple):
    """A call, the scope it stands in and the compound statements around it."""

    node: ast.Call
    scope: Scope
    within: Within | None

    @property
    def line(self) -> int:
        """The line on which the called name ends, which is where a reader looks for it."""
        func = self.node.func
        return (func.end_lineno or func.lineno) if isinstance(func, ast.Attribute) else self.node.lineno


@dataclass(eq=False)
class Module:
    """A parsed file. `name` is its dotted name below the folder; `lines` maps code lines to lines of the file."""

    path: str
    name: str
    tree: ast.Module
    count: int
    is_package: bool = False
    lines: list[int] | None = None
    top: Scope = field(init=False)
    scopes: list[Scope] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    by_tail: dict[str, list[Call]] = field(default_factory=lambda: defaultdict(list))
    attributes: list[tuple[ast.Attribute, ast.AST, Scope]] = field(default_factory=list)
    """Assignments to attributes: target, value, scope."""
    puts: dict[str, list[tuple[ast.Subscript, ast.AST, Scope]]] = field(default_factory=dict)
    """Assignments to a place in what a name stands for, `name[key] = value`: target, value, scope."""
    own: dict[int, Binding] = field(default_factory=dict)
    """Names read inside a lambda or a comprehension that stand for its own parameter or loop variable, by node."""
    inner: set[int] = field(default_factory=set)
    """The loop variables of comprehensions, by node: nothing outside of the comprehension knows them."""
    claims: int = 0
    changes: list[tuple[str, Scope]] = field(default_factory=list)
    """Names of which an item is assigned or deleted (`x[k] = v`, `del x[k]`), with the scope that does it."""
    declared: set[str] = field(default_factory=set)
    """Names that functions declare `global`."""
    texts: list[ast.Constant] = field(default_factory=list)
    """Every text that is written in the code."""
    lost: list[tuple[int, str]] = field(default_factory=list)
    """Lines that could not be read, with the reason."""

    def __post_init__(self) -> None:
        self.top = Scope("module", "", self.tree, self, None)
        self.scopes.append(self.top)
        _walk(self)

    def line(self, node: ast.AST | int) -> int:
        """The line of the file at which a node stands."""
        at = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return self.lines[at - 1] if self.lines and at <= len(self.lines) else at

    def scope(self, name: str) -> Scope | None:
        """The function or class of a dotted name."""
        return self._scopes_by_name.get(name)

    def scope_of(self, node: ast.AST) -> Scope | None:
        """The scope that a def or class opens."""
        return self._scopes_by_node.get(id(node))

    @cached_property
    def _scopes_by_name(self) -> dict[str, Scope]:
        return {s.name: s for s in reversed(self.scopes)}

    @cached_property
    def _scopes_by_node(self) -> dict[int, Scope]:
        return {id(s.node): s for s in reversed(self.scopes)}

    @cached_property
    def attributes_by_name(self) -> dict[str, list[tuple[ast.Attribute, ast.AST, Scope]]]:
        """The assignments to attributes by the attribute's name."""
        found: dict[str, list[tuple[ast.Attribute, ast.AST, Scope]]] = {}
        for row in self.attributes:
            found.setdefault(row[0].attr, []).append(row)
        return found

    @cached_property
    def added_to(self) -> dict[str, list[tuple[str, ast.expr, Call]]]:
        """The calls that put something into what an attribute holds (`agent.tools.append(x)`), by the attribute's name:
        the method, whose attribute it is, and the call."""
        found: dict[str, list[tuple[str, ast.expr, Call]]] = {}
        for verb in ("append", "extend", "add", "update", "insert"):
            for call in self.by_tail.get(verb, ()):
                func = call.node.func
                if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Attribute):
                    found.setdefault(func.value.attr, []).append((verb, func.value.value, call))
        return found

    @cached_property
    def methods_on(self) -> dict[tuple[str, str], list[Call]]:
        """Calls of a method on a plain name (`tools.append(x)`), by the method's name and that name."""
        found: dict[tuple[str, str], list[Call]] = {}
        for call in self.calls:
            func = call.node.func
            if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
                found.setdefault((func.attr, func.value.id), []).append(call)
        return found

    @cached_property
    def decorations(self) -> list[tuple[str, Scope, ast.expr]]:
        """Every decorator: its last name, what it stands on, and its expression, in order."""
        return [(tail(d.func if isinstance(d, ast.Call) else d), scope, d)
                for scope in self.scopes for d in getattr(scope.node, "decorator_list", ())]

    def release(self) -> None:
        """Lets go of everything, so that memory is free at once: a module and its scopes hold each other."""
        nothing = ast.Module([], [])
        for scope in self.scopes:       # whoever still holds a scope does not hold its code
            scope.bindings, scope.children, scope.elsewhere, scope.parent = {}, [], {}, None
            scope.node, scope.within, scope.loads = nothing, None, set()
        for name in ("scopes", "calls", "attributes", "changes", "texts"):
            getattr(self, name).clear()
        for table in (self.by_tail, self.puts, self.own):
            table.clear()
        for name in [n for n, v in vars(type(self)).items() if isinstance(v, cached_property)]:
            self.__dict__.pop(name, None)
        self.tree = nothing

    @cached_property
    def aliases(self) -> dict[str, set[str]]:
        """Names that stand for something known by another last name: `import x as y`, `y = module.x`."""
        found: dict[str, set[str]] = {}
        for scope in self.scopes:
            for name, bindings in scope.bindings.items():
                for binding in bindings:
                    if binding.how == "import":
                        names = [binding.dotted.rpartition(":")[2].rpartition(".")[2]]
                    elif binding.how in ("value", "item", "each"):
                        names = _standing(binding.value)
                    else:
                        continue
                    for last in names:
                        if last and last != name:
                            found.setdefault(last, set()).add(name)
        return found

    @property
    def imports(self) -> Iterator[tuple[str, Binding]]:
        """Every imported name with its binding, wherever it stands."""
        for scope in self.scopes:
            for name, found in scope.bindings.items():
                for binding in found:
                    if binding.how == "import":
                        yield name, binding


def dotted(node: ast.AST | None) -> str | None:
    """`a.b.c` for a chain of attributes on a name, or None."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    parts.append(node.id)
    return ".".join(reversed(parts))


def tail(node: ast.AST) -> str:
    """The last name of what is called, or ""; of a generic class, `Agent[Context]`, its own name."""
    node = node.value if isinstance(node, ast.Subscript) else node
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _standing(node: ast.AST | None) -> list[str]:
    """The last names of what an expression may hand on under a new name: `a.B`, `B if x else C`, `{"k": B}["k"]`."""
    match node:
        case ast.Name() | ast.Attribute():
            return [tail(node)]
        case ast.IfExp():
            return [tail(node.body), tail(node.orelse)]
        case ast.BoolOp():
            return [tail(part) for part in node.values]
        case ast.List() | ast.Tuple() | ast.Set():
            return [name for part in node.elts[:50]
                    for name in (_standing(part) if isinstance(part, ast.Tuple) else [tail(part)])]
        case ast.Dict():
            return [tail(part) for part in node.values[:50]]
        case ast.Subscript():
            return _standing(node.value)
        case ast.Call() if tail(node.func) == "partial" and node.args:
            return [tail(node.args[0])]
        case ast.Call() if isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "values", "items"):
            return _standing(node.func.value)
        case ast.Call() if tail(node.func) in ("enumerate", "zip", "list", "tuple", "sorted", "reversed"):
            return [name for part in node.args[:4] for name in _standing(part)]
    return []


_PLAIN_FIELDS = frozenset((
    "ctx", "op", "ops", "id", "attr", "arg", "name", "names", "asname", "module", "level", "kind", "conversion", "simple",
    "is_async", "rest", "kwd_attrs", "type_comment", "type_ignores", "tag", "str"))
"""Fields of nodes that hold no expressions or statements, but words, numbers, or nodes that hold nothing."""
_CHILDREN: dict[type, tuple[str, ...]] = {
    kind: tuple(field for field in reversed(kind._fields) if field not in _PLAIN_FIELDS)
    for base in ast.AST.__subclasses__() for kind in (base, *base.__subclasses__()) if kind is not ast.MatchSingleton}
"""The fields of a kind of node in which others stand, the last one first."""


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all below it, in the order of `ast.walk`, without the nodes that hold nothing (`Load`, `Add`, `Pass`)."""
    todo = [node]
    for here in todo:       # the list grows while it is gone through
        yield here
        for value in here.__dict__.values():
            if type(value) is list:
                todo += [v for v in value if isinstance(v, ast.AST) and type(v) not in _LEAVES]
            elif isinstance(value, ast.AST) and type(value) not in _LEAVES:
                todo.append(value)


def _walk(module: Module) -> None:
    """Fills the module's scopes and calls. A loop with a stack, since hostile code nests deeper than Python recurses."""
    stack: list[tuple[Any, Scope, Within | None]] = [(node, module.top, None) for node in reversed(module.tree.body)]
    while stack:
        node, scope, within = stack.pop()
        kind = type(node)
        if kind is ast.Constant:
            if type(node.value) is str:
                module.texts.append(node)
            continue
        if kind is ast.Name:
            if type(node.ctx) is ast.Load and id(node) not in module.own:
                scope.loads.add(node.id)
            continue
        if kind is ast.Attribute:
            name = dotted(node)
            if name is not None:
                if not module.own or id(_first(node)) not in module.own:
                    scope.loads.add(name)
                continue
            stack.append((node.value, scope, within))
            continue
        if kind is ast.Call:
            call = Call(node, scope, within)
            module.calls.append(call)
            module.by_tail[tail(node.func)].append(call)
        elif kind in FUNCTIONS:
            _function(module, node, scope, within, stack)
            continue
        elif kind is ast.ClassDef:
            inner = _opened(module, node, "class", scope, within)
            _push(stack, [*node.decorator_list, *node.bases, *node.keywords], scope, within)
            _push(stack, node.body, inner, None)
            continue
        elif kind is ast.Lambda:
            _own(module, node)
        elif kind in _COMPREHENSIONS:
            _own_loops(module, node, scope)
        elif kind in _BINDING:
            _bind(module, node, scope)
        if kind in _COMPOUND_KINDS:
            for part in node._fields:
                value = getattr(node, part, None)
                here = within if part in ("items", "test", "iter", "subject", "type") else Within(node, part, within)
                _push(stack, value if isinstance(value, list) else [value], scope, here)
            continue
        for part in _CHILDREN.get(kind, ()):
            value = getattr(node, part, None)
            if type(value) is list:
                stack += [(child, scope, within) for child in reversed(value) if child is not None]
            elif value is not None:
                stack.append((value, scope, within))


def _push(stack: list[tuple[Any, Scope, Within | None]], children: Sequence[ast.AST | None], scope: Scope,
          within: Within | None) -> None:
    stack += [(child, scope, within) for child in reversed(children)
              if isinstance(child, ast.AST) and type(child) not in _LEAVES]


def _opened(module: Module, node: ast.AST, kind: str, scope: Scope, within: Within | None) -> Scope:
    name = f"{scope.name}.{node.name}" if scope.name else node.name      # type: ignore[attr-defined]
    inner = Scope(kind, name, node, module, scope, within=within)
    module.scopes.append(inner)
    scope.children.append(inner)
    scope.bind(node.name, Binding(kind, node))      # type: ignore[attr-defined]
    return inner


def _function(module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, within: Within | None,
              stack: list[tuple[Any, Scope, Within | None]]) -> None:
    inner = _opened(module, node, "function", scope, within)
    args = node.args
    params = [*args.posonlyargs, *args.args, *args.kwonlyargs, *filter(None, (args.vararg, args.kwarg))]
    for param in params:
        inner.bind(param.arg, Binding("parameter", param, param.annotation))
    positional = [*args.posonlyargs, *args.args]
    if scope.kind == "class" and positional and not any(dotted(d) == "staticmethod" for d in node.decorator_list):
        inner.self_name = positional[0].arg
    outside = [*node.decorator_list, *args.defaults, *(d for d in args.kw_defaults if d),
               *(p.annotation for p in params if p.annotation), *([node.returns] if node.returns else [])]
    _push(stack, outside, scope, within)
    _push(stack, list(node.body), inner, None)


def _bind(module: Module, node: ast.AST, scope: Scope) -> None:
    match node:
        case ast.Import():
            for alias in node.names:
                first = alias.name.partition(".")[0]
                scope.bind(alias.asname or first,
                           Binding("import", node, dotted=alias.name if alias.asname else first))
                if not alias.asname and "." in alias.name:
                    scope.loads.add(alias.name)
        case ast.ImportFrom():
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                scope.bind(alias.asname or alias.name,
                           Binding("import", node, dotted=f"{base}:{alias.name}"))
        case ast.Assign():
            for target in node.targets:
                _target(module, target, node.value, scope)
                _changed(module, target, scope)
        case ast.Delete():
            for target in node.targets:
                _changed(module, target, scope)
        case ast.AnnAssign():
            if node.value is not None:
                _target(module, node.target, node.value, scope)
            elif isinstance(node.target, ast.Name):
                scope.bind(node.target.id, Binding("parameter", node, node.annotation))
        case ast.AugAssign():
            _changed(module, node.target, scope)
            if isinstance(node.target, ast.Attribute):
                module.attributes.append((node.target, node.value, scope))
            elif isinstance(node.target, ast.Name):
                scope.bind(node.target.id, Binding("more", node, node.value))
        case ast.NamedExpr():
            _target(module, node.target, node.value, scope)
        case ast.For() | ast.AsyncFor():
            _item(node.target, node.iter, scope)
        case ast.Global():
            if scope is not module.top:
                module.declared.update(node.names)
                scope.elsewhere.update((name, module.top) for name in node.names)
        case ast.Nonlocal():
            scope.elsewhere.update((name, home) for name in node.names if (home := _home(scope, name)) is not None)
        case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar() if node.name:
            scope.bind(node.name, Binding("other", node))
        case ast.With() | ast.AsyncWith():
            for item in node.items:
                if item.optional_vars is not None:
                    _target(module, item.optional_vars, item.context_expr, scope)
        case _:
            pass


def _changed(module: Module, target: ast.AST, scope: Scope) -> None:
    if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        module.changes.append((target.value.id, scope))


def _target(module: Module, target: ast.AST, value: ast.AST, scope: Scope) -> None:
    if isinstance(target, ast.Name):
        scope.bind(target.id, Binding("value", target, value))
    elif isinstance(target, ast.Attribute):
        module.attributes.append((target, value, scope))
    elif isinstance(target, ast.Subscript):
        if isinstance(target.value, ast.Name):
            module.puts.setdefault(target.value.id, []).append((target, value, scope))
    else:
        for name, part in _parts(target):
            if isinstance(name, ast.Name):
                scope.bind(name.id, Binding("item" if part else "other", name, value, part=part))
            elif isinstance(name, ast.Attribute) and (given := _at(value, part)) is not None:
                module.attributes.append((name, given, scope))


def _item(target: ast.AST, source: ast.AST, scope: Scope) -> None:
    for name, part in _parts(target):
        if isinstance(name, ast.Name):
            whole = isinstance(target, ast.Name)
            scope.bind(name.id, Binding("each" if part or whole else "other", name, source, part=part))


def _parts(target: ast.AST) -> Iterator[tuple[ast.AST, tuple[int, ...] | None]]:
    """What a target names, with the way into what is unpacked; None for the whole, and for `*rest`."""
    if not isinstance(target, ast.Tuple | ast.List):
        yield target, None
        return
    stack: list[tuple[ast.AST, tuple[int, ...] | None]] = [(target, ())]
    while stack:
        here, way = stack.pop()
        if isinstance(here, ast.Tuple | ast.List):
            starred = next((n for n, part in enumerate(here.elts) if isinstance(part, ast.Starred)), len(here.elts))
            stack += [(part, (*way, n) if way is not None and n < starred else None)
                      for n, part in reversed(list(enumerate(here.elts)))]
        elif isinstance(here, ast.Starred):
            stack.append((here.value, None))
        else:
            yield here, way


def _at(value: ast.AST, way: tuple[int, ...] | None) -> ast.AST | None:
    """What stands at a place of a written tuple, or None."""
    here: ast.AST | None = value if way is not None else None
    for n in way or ():
        here = here.elts[n] if isinstance(here, ast.Tuple | ast.List) and n < len(here.elts) and not any(
            isinstance(e, ast.Starred) for e in here.elts[: n + 1]) else None
    return here


MOST_CLAIMS = 200_000
"""How many nodes are looked at for the names of lambdas and comprehensions; lambdas in lambdas would be squared."""
_COMPREHENSIONS = frozenset((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))


def _own(module: Module, node: ast.Lambda) -> None:
    """The parameters of a lambda mean nothing outside of it, and a name outside means nothing to them."""
    args = node.args
    params = {p.arg: Binding("other", p) for p in (
        *args.posonlyargs, *args.args, *args.kwonlyargs, *filter(None, (args.vararg, args.kwarg)))}
    if params:
        _claim(module, [node.body], params)


def _own_loops(module: Module, node: ast.AST, scope: Scope) -> None:
    """The loop variables of a comprehension: its own names, and bound where it stands for those who ask by name."""
    mine: dict[str, Binding] = {}
    for loop in node.generators:       # type: ignore[attr-defined]
        if mine:
            _claim(module, [loop.iter], mine)
        for name, part in _parts(loop.target):
            if isinstance(name, ast.Name):
                whole = isinstance(loop.target, ast.Name)
                mine[name.id] = Binding("each" if part or whole else "other", name, loop.iter, part=part)
                module.inner.add(id(name))
                scope.bindings.setdefault(name.id, []).append(mine[name.id])
    results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]      # type: ignore[attr-defined]
    _claim(module, [*results, *(test for loop in node.generators for test in loop.ifs)], mine)      # type: ignore[attr-defined]


def _claim(module: Module, parts: list[ast.AST], names: dict[str, Binding]) -> None:
    for part in parts:
        for inner in walk(part):
            module.claims += 1
            if module.claims > MOST_CLAIMS:
                return
            if isinstance(inner, ast.Name) and inner.id in names:
                module.own[id(inner)] = names[inner.id]


def _first(node: ast.AST) -> ast.AST:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


def _home(scope: Scope, name: str) -> Scope | None:
    """The function around a scope in which a `nonlocal` name lives."""
    here = scope.parent
    while here is not None and here.kind != "module":
        if here.kind == "function" and name in here.bindings:
            return here
        here = here.parent
    return None
