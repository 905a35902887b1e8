"""One Python file, parsed once and walked once: scopes with their bindings, and every call with what is around it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPOUND = (ast.If, ast.While, ast.For, ast.AsyncFor, ast.Try, ast.With, ast.AsyncWith, ast.ExceptHandler, ast.Match)
_SKIP = (ast.Constant, ast.Pass, ast.Break, ast.Continue, ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)


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
    """One way in which a name gets its value: `how` is import, value, item (of a loop or unpacking), with,
    parameter, function or class."""

    how: str
    node: ast.AST
    value: ast.AST | None = None
    dotted: str = ""
    part: int | None = None


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
        return next((s for s in self.scopes if s.name == name), None)

    def scope_of(self, node: ast.AST) -> Scope | None:
        """The scope that a def or class opens."""
        return next((s for s in self.scopes if s.node is node), None)

    @cached_property
    def aliases(self) -> dict[str, set[str]]:
        """Names that stand for something known by another last name: `import x as y`, `y = module.x`."""
        found: dict[str, set[str]] = {}
        for scope in self.scopes:
            for name, bindings in scope.bindings.items():
                for binding in bindings:
                    if binding.how == "import":
                        last = binding.dotted.rpartition(":")[2].rpartition(".")[2]
                    elif binding.how == "value" and isinstance(binding.value, ast.Name | ast.Attribute):
                        last = tail(binding.value)
                    else:
                        continue
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


def _walk(module: Module) -> None:
    """Fills the module's scopes and calls. A loop with a stack, since hostile code nests deeper than Python recurses."""
    stack: list[tuple[ast.AST, Scope, Within | None]] = [
        (node, module.top, None) for node in reversed(module.tree.body)]
    while stack:
        node, scope, within = stack.pop()
        kind = type(node)
        if kind is ast.Name:
            if isinstance(node.ctx, ast.Load):      # type: ignore[attr-defined]
                scope.loads.add(node.id)            # type: ignore[attr-defined]
            continue
        if kind is ast.Attribute:
            name = dotted(node)
            if name is not None:
                scope.loads.add(name)
                continue
            stack.append((node.value, scope, within))       # type: ignore[attr-defined]
            continue
        if kind is ast.Call:
            call = Call(node, scope, within)        # type: ignore[arg-type]
            module.calls.append(call)
            module.by_tail[tail(node.func)].append(call)        # type: ignore[attr-defined]
        elif isinstance(node, FUNCTIONS):
            _function(module, node, scope, within, stack)
            continue
        elif kind is ast.ClassDef:
            inner = _opened(module, node, "class", scope, within)
            _push(stack, [*node.decorator_list, *node.bases, *node.keywords], scope, within)        # type: ignore[attr-defined]
            _push(stack, node.body, inner, None)        # type: ignore[attr-defined]
            continue
        else:
            _bind(module, node, scope)
        if isinstance(node, _COMPOUND):
            for part in node._fields:
                value = getattr(node, part, None)
                here = within if part in ("items", "test", "iter", "subject", "type") else Within(node, part, within)
                _push(stack, value if isinstance(value, list) else [value], scope, here)
            continue
        children: list[ast.AST] = []
        for part in node._fields:
            value = getattr(node, part, None)
            if isinstance(value, list):
                children += value
            elif isinstance(value, ast.AST):
                children.append(value)
        _push(stack, children, scope, within)


def _push(stack: list[tuple[ast.AST, Scope, Within | None]], children: Sequence[ast.AST | None], scope: Scope,
          within: Within | None) -> None:
    for child in reversed(children):
        if isinstance(child, ast.AST) and not isinstance(child, _SKIP):
            stack.append((child, scope, within))


def _opened(module: Module, node: ast.AST, kind: str, scope: Scope, within: Within | None) -> Scope:
    name = f"{scope.name}.{node.name}" if scope.name else node.name      # type: ignore[attr-defined]
    inner = Scope(kind, name, node, module, scope, within=within)
    module.scopes.append(inner)
    scope.children.append(inner)
    scope.bind(node.name, Binding(kind, node))      # type: ignore[attr-defined]
    return inner


def _function(module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, within: Within | None,
              stack: list[tuple[ast.AST, Scope, Within | None]]) -> None:
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
        case ast.AnnAssign():
            if node.value is not None:
                _target(module, node.target, node.value, scope)
            elif isinstance(node.target, ast.Name):
                scope.bind(node.target.id, Binding("parameter", node, node.annotation))
        case ast.AugAssign():
            if isinstance(node.target, ast.Attribute):
                module.attributes.append((node.target, node.value, scope))
            elif isinstance(node.target, ast.Name):
                scope.bind(node.target.id, Binding("more", node, node.value))
        case ast.NamedExpr():
            _target(module, node.target, node.value, scope)
        case ast.For() | ast.AsyncFor():
            _item(node.target, node.iter, scope)
        case ast.comprehension():
            _item(node.target, node.iter, scope)
        case ast.With() | ast.AsyncWith():
            for item in node.items:
                if item.optional_vars is not None:
                    _target(module, item.optional_vars, item.context_expr, scope)
        case _:
            pass


def _target(module: Module, target: ast.AST, value: ast.AST, scope: Scope) -> None:
    if isinstance(target, ast.Name):
        scope.bind(target.id, Binding("value", target, value))
    elif isinstance(target, ast.Attribute):
        module.attributes.append((target, value, scope))
    elif isinstance(target, ast.Tuple | ast.List):
        for n, part in enumerate(target.elts):
            if isinstance(part, ast.Name):
                scope.bind(part.id, Binding("item", part, value, part=n))


def _item(target: ast.AST, source: ast.AST, scope: Scope) -> None:
    if isinstance(target, ast.Name):
        scope.bind(target.id, Binding("each", target, source))
    elif isinstance(target, ast.Tuple):
        for n, part in enumerate(target.elts):
            if isinstance(part, ast.Name):
                scope.bind(part.id, Binding("each", part, source, part=n))
