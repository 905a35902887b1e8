"""In which order code comes to the calls that matter: a walk over statements and into local functions.

A mark is a call with the steps it is: where it begins, and where it may end (an agent that may hand over ends
in any of those it can hand over to). Branches join, loops lead back to their beginning, `return` and `raise` leave.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from auditkit.sources.inspection.sketch import Item, Place
from auditkit.syntax.python.module import Call, Scope, tail, walk
from auditkit.syntax.python.program import Program
from auditkit.syntax.python.values import Func

MOST_DEEP = 8
MOST_MOVES = 4_000
_PERSON = ("input", "ask", "prompt", "confirm", "receive", "receive_text", "receive_json", "recv", "readline", "get_user_input")

_DEFINITIONS = frozenset((ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))

Front = dict[int, "Item | None"]
"""The steps the code may have come from, by identity; None is the start of the run."""


@dataclass(frozen=True)
class Mark:
    """A call that is a step: where it begins and where it may end."""

    first: Item
    last: tuple[Item, ...]
    at: Place


@dataclass
class _Loop:
    breaks: Front = field(default_factory=dict)
    again: Front = field(default_factory=dict)


def front(items: Iterable[Item | None]) -> Front:
    """Steps as a front."""
    return {id(i): i for i in items}


class Order:
    """One walk, from one function that nobody calls."""

    def __init__(self, program: Program, marks: dict[int, list[Mark]], leading: set[int]) -> None:
        self.program = program
        self.marks = marks
        self.leading = leading
        """The scopes (by identity) that come to a mark, themselves or by what they call."""
        self.edges: dict[tuple[int, int], tuple[Item | None, Item | None, Place]] = {}
        self._stack: list[int] = []
        self._moves = 0

    def run(self, scope: Scope) -> None:
        """Walks a function from the start of a run to its ends."""
        place = Place(scope.module.path, scope.module.line(scope.line))
        for item in self._scope(scope, {id(None): None}).values():
            if item is not None:
                self._edge(item, None, place)

    def _edge(self, source: Item | None, target: Item | None, at: Place) -> None:
        self.edges.setdefault((id(source), id(target)), (source, target, at))

    def _scope(self, scope: Scope, before: Front) -> Front:
        self._stack.append(id(scope))
        leaving: Front = {}
        body = getattr(scope.node, "body", [])
        after = self._block(body, scope, before, [], leaving)
        self._stack.pop()
        return {**after, **leaving}

    def _block(self, body: list[ast.stmt], scope: Scope, here: Front, loops: list[_Loop], leaving: Front) -> Front:
        for statement in body:
            if not here:
                break
            here = self._statement(statement, scope, here, loops, leaving)
        return here

    def _statement(self, node: ast.stmt, scope: Scope, here: Front, loops: list[_Loop], leaving: Front) -> Front:
        self._moves += 1
        if self._moves > MOST_MOVES:
            return here
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return here
            case ast.If():
                here = self._calls(node.test, scope, here)
                return {
                    **self._block(node.body, scope, here, loops, leaving),
                    **self._block(node.orelse, scope, here, loops, leaving),
                }
            case ast.While() | ast.For() | ast.AsyncFor():
                return self._loop(node, scope, here, loops, leaving)
            case ast.Try():
                done = self._block(node.body, scope, here, loops, leaving)
                done = self._block(node.orelse, scope, done, loops, leaving)
                caught = [self._block(h.body, scope, {**here, **done}, loops, leaving) for h in node.handlers]
                for one in caught:
                    done = {**done, **one}
                return self._block(node.finalbody, scope, done, loops, leaving)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    here = self._calls(item.context_expr, scope, here)
                return self._block(node.body, scope, here, loops, leaving)
            case ast.Match():
                here = self._calls(node.subject, scope, here)
                ends: Front = dict(here)
                for part in node.cases:
                    ends.update(self._block(part.body, scope, here, loops, leaving))
                return ends
            case ast.Return():
                leaving.update(self._calls(node.value, scope, here))
                return {}
            case ast.Raise():
                return {}
            case ast.Break():
                if loops:
                    loops[-1].breaks.update(here)
                return {}
            case ast.Continue():
                if loops:
                    loops[-1].again.update(here)
                return {}
            case _:
                return self._calls(node, scope, here)

    def _loop(
        self, node: ast.While | ast.For | ast.AsyncFor, scope: Scope, here: Front, loops: list[_Loop], leaving: Front
    ) -> Front:
        test = node.test if isinstance(node, ast.While) else node.iter
        here = self._calls(test, scope, here)
        loop = _Loop()
        after = self._block(node.body, scope, here, [*loops, loop], leaving)
        again = {**after, **loop.again}
        if again and not self._turns(node) and any(k not in here for k in again):
            self._block(node.body, scope, again, [*loops, loop], leaving)
        for_ever = isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and bool(node.test.value)
        ends = dict(loop.breaks)
        if not for_ever:
            ends.update(again)
            if isinstance(node, ast.While):
                ends.update(here)
        elif not ends:
            for item in again.values():     # a loop that nothing leaves: each turn of it is a run
                if item is not None:
                    self._edge(item, None, Place(scope.module.path, scope.module.line(node)))
        return self._block(node.orelse, scope, ends, loops, leaving) if ends else {}

    def _turns(self, loop: ast.AST) -> bool:
        """Whether a person (or a peer) opens each turn of a loop with what they say: each turn is then a run of its own."""
        calls = [n for n in walk(loop) if isinstance(n, ast.Call)]
        asked = min((c.lineno for c in calls if _asks(c)), default=None)
        marked = min((c.lineno for c in calls if id(c) in self.marks), default=None)
        return asked is not None and (marked is None or asked <= marked)

    def _calls(self, node: ast.AST | None, scope: Scope, here: Front) -> Front:
        """The calls of an expression or simple statement, arguments first; those gathered run side by side."""
        for call in _calls_in(node):
            if _together(call):
                sides = [self._calls(argument, scope, here) for argument in call.args]
                here = {k: v for side in sides for k, v in side.items()} or here
            else:
                here = self._call(call, scope, here)
        return here

    def _call(self, call: ast.Call, scope: Scope, here: Front) -> Front:
        marks = self.marks.get(id(call), ())
        if marks:
            ends: Front = {}
            for mark in marks:
                for item in here.values():
                    self._edge(item, mark.first, mark.at)
                ends.update(front(mark.last))
            return ends
        for target in self._targets(call, scope):
            if id(target) in self.leading and id(target) not in self._stack and len(self._stack) < MOST_DEEP:
                return self._scope(target, here)
        return here

    def _targets(self, call: ast.Call, scope: Scope) -> Iterator[Scope]:
        """The local functions a call runs: the one it calls, and those it is handed to run."""
        for one in self.program.resolved(Call(call, scope, None)).options():
            if isinstance(one, Func):
                yield one.scope
        for argument in (*call.args, *(k.value for k in call.keywords)):
            if isinstance(argument, ast.Name | ast.Attribute):
                for one in self.program.value(argument, scope).options():
                    if isinstance(one, Func):
                        yield one.scope


def _calls_in(node: ast.AST | None) -> list[ast.Call]:
    """The calls of an expression, inner ones first; what is gathered is left to the gathering call."""
    found: list[ast.Call] = []
    if node is not None:
        _gather(node, found)
    return found


def _gather(node: ast.AST, found: list[ast.Call]) -> None:
    kind = type(node)
    if kind is ast.Name or kind is ast.Constant or kind in _DEFINITIONS:
        return
    if kind is not ast.Call or not _together(node):     # type: ignore[arg-type]
        for value in node.__dict__.values():
            if type(value) is list:
                for child in value:
                    if isinstance(child, ast.AST):
                        _gather(child, found)
            elif isinstance(value, ast.AST):
                _gather(value, found)
    if kind is ast.Call:
        found.append(node)      # type: ignore[arg-type]


def _together(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return name == "gather"


def _asks(call: ast.Call) -> bool:
    """Whether a call waits for what somebody says."""
    name = tail(call.func)
    return name in _PERSON or name.startswith(("input_", "ask_user", "get_input"))
