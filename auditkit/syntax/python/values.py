"""What an expression can be known to stand for, without running anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from auditkit.syntax.python.module import Call, Module, Scope


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """A call of a local function, by which its parameters get values; `outer` is the frame of the caller."""

    scope: Scope
    call: Call
    outer: Frame | None = None
    depth: int = 1


@dataclass(frozen=True, eq=False, slots=True)
class Value:
    """The base: something of which nothing is known. `node` is where it stands, in `module`."""

    node: ast.AST | None = None
    module: Module | None = None

    @property
    def line(self) -> int:
        """The line of the file it stands on, or 1."""
        return self.module.line(self.node) if self.module and self.node else 1

    @property
    def path(self) -> str:
        """The file it stands in, or ""."""
        return self.module.path if self.module else ""

    def options(self) -> Iterator[Value]:
        """The values it may have: itself, or each of several."""
        yield self


@dataclass(frozen=True, eq=False, slots=True)
class Unknown(Value):
    """Not known."""


@dataclass(frozen=True, eq=False, slots=True)
class Const(Value):
    """A literal, or what adds up to one."""

    value: Any = None


@dataclass(frozen=True, eq=False, slots=True)
class Text(Value):
    """A text of which only parts are known; the unknown parts are "{}"."""

    text: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Env(Value):
    """A variable of the environment, with the value it has when it is not set."""

    name: str = ""
    otherwise: Value | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Many(Value):
    """A list, tuple or set; `whole` when nothing else can be in it."""

    items: tuple[Value, ...] = ()
    whole: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class Table(Value):
    """A dict; a key that is not known is None; `whole` when nothing else can be in it."""

    items: tuple[tuple[Value | None, Value], ...] = ()
    whole: bool = True

    def get(self, name: str) -> Value | None:
        """The value of a text key."""
        return next((v for k, v in reversed(self.items) if isinstance(k, Const) and k.value == name), None)


@dataclass(frozen=True, eq=False, slots=True)
class Func(Value):
    """A function of the folder; `owner` is the object it is a method of, `frame` where it was defined."""

    scope: Scope = None         # type: ignore[assignment]
    owner: Value | None = None
    bound: Site | None = None
    """The call of `functools.partial` that already gave some of its arguments."""


@dataclass(frozen=True, eq=False, slots=True)
class Klass(Value):
    """A class of the folder."""

    scope: Scope = None         # type: ignore[assignment]


@dataclass(frozen=True, eq=False, slots=True)
class Outside(Value):
    """A name of a library, dotted: `langgraph.graph.StateGraph`. For a method, `owner` is the object; `bound` is the call
    of `functools.partial` that already gave some of its arguments."""

    name: str = ""
    owner: Value | None = None
    bound: Site | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Made(Value):
    """What a call gave: an instance of a class, or the result of a library's function.

    `of` is what was called. Without a `site` only its type is known (from an annotation).
    """

    of: Value = None            # type: ignore[assignment]
    site: Site | None = None

    @property
    def name(self) -> str:
        """The dotted name of what made it, or ""."""
        return self.of.name if isinstance(self.of, Outside) else ""

    @property
    def key(self) -> object:
        """What two looks at the same object share."""
        return (id(self.site.call.node), id(self.site.frame) if self.site.frame else 0) if self.site else id(self)


@dataclass(frozen=True, eq=False, slots=True)
class Param(Value):
    """A parameter whose value depends on the caller."""

    scope: Scope = None         # type: ignore[assignment]
    name: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Either(Value):
    """One of several."""

    of: tuple[Value, ...] = ()

    def options(self) -> Iterator[Value]:
        """Each of them."""
        for value in self.of:
            yield from value.options()


@dataclass(frozen=True, eq=False, slots=True)
class Site:
    """A call that was resolved: what is called, where it stands, and in which frame its arguments are read."""

    call: Call
    callee: Value
    frame: Frame | None = None

    @property
    def node(self) -> ast.Call:
        """The call's node."""
        return self.call.node

    @property
    def scope(self) -> Scope:
        """The scope it stands in."""
        return self.call.scope

    @property
    def module(self) -> Module:
        """The module it stands in."""
        return self.call.scope.module

    @property
    def path(self) -> str:
        """The file it stands in."""
        return self.module.path

    @property
    def line(self) -> int:
        """The line of the file it stands on."""
        return self.module.line(self.call.line)

    @property
    def name(self) -> str:
        """The dotted name of what is called, or ""."""
        return self.callee.name if isinstance(self.callee, Outside) else ""

    @property
    def bound(self) -> Site | None:
        """The call of `functools.partial` that already gave some of the arguments."""
        return self.callee.bound if isinstance(self.callee, Outside | Func) else None

    @property
    def owner(self) -> Value | None:
        """The object whose method is called."""
        return self.callee.owner if isinstance(self.callee, Outside | Func) else None
