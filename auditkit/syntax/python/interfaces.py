"""Classes that only say what others do: methods without a body, and the shape of a Protocol."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from auditkit.syntax.python.module import Scope, tail

PROTOCOLS = ("typing.Protocol", "typing_extensions.Protocol")


def is_abstract(scope: Scope) -> bool:
    """Whether a method only names what heirs do: its body is `...`, `pass`, a docstring or `raise NotImplementedError`."""
    node = scope.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    if any(tail(d) in ("abstractmethod", "abstractproperty") for d in node.decorator_list):
        return True
    return all(_says_nothing(one) for one in node.body)


def _says_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Raise):
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


@dataclass(frozen=True)
class Shape:
    """What a Protocol asks for: methods with the names of their parameters, and attributes."""

    methods: dict[str, tuple[str, ...]]
    attributes: frozenset[str]

    @classmethod
    def of(cls, klass: Scope) -> Shape:
        """The shape that a Protocol's own body states."""
        body = getattr(klass.node, "body", ())
        methods = {n.name: _parameters(n) for n in body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
        attributes = {n.target.id for n in body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
        return cls(methods, frozenset(attributes))

    def fits(self, klass: Scope) -> bool:
        """Whether a class has it all. A single method without parameters fits too much to mean anything."""
        if not self.methods or (len(self.methods) == 1 and not self.attributes and not any(self.methods.values())):
            return False
        own = Shape.of(klass)
        fit = all(name in own.methods and own.methods[name][: len(asked)] == asked for name, asked in self.methods.items())
        return fit and all(name in klass.bindings or _assigns(klass, name) for name in self.attributes)


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    return tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args))[1:]


def _assigns(klass: Scope, name: str) -> bool:
    """Whether a method of a class assigns an attribute of itself."""
    return any(scope.holder is klass for _, _, scope in klass.module.attributes_by_name.get(name, ()))
