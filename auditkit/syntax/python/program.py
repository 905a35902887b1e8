"""Several Python files as one program: names followed across files, values followed to where they are written.

Nothing is imported and nothing is run. Every walk is bounded: what lies further away than the bounds is unknown,
never guessed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from auditkit.syntax.python.interfaces import PROTOCOLS, Shape, is_abstract
from auditkit.syntax.python.module import Binding, Call, Module, Scope, dotted, tail, walk
from auditkit.syntax.python.values import (
    Const,
    Either,
    Env,
    Frame,
    Func,
    Klass,
    Made,
    Many,
    Outside,
    Param,
    Site,
    Table,
    Text,
    Unknown,
    Value,
)

MOST_HOPS = 24
"""How many expressions one look follows before it gives up."""
MOST_FRAMES = 40
"""How many callers of a function are looked at to learn its parameters."""
MOST_OPTIONS = 12
MOST_ITEMS = 5_000
MOST_TEXT = 100_000
"""How far a list, a dict or a text grows that is put together of others (each twice the last would fill the memory)."""
MOST_STEPS = 6_000
"""How many expressions one question may touch in all; what is left then is unknown."""
MOST_STEPS_A_LINE = 100
"""How many expressions all questions together may touch for each line of the program, so that no code keeps an
inspection busy for ever. It is counted, not timed: the same code always gives the same result."""
LEAST_STEPS = 200_000
"""What a program of a few lines may use all the same."""
_BUILTINS = frozenset(dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__)
_ROOTS = ("", "src", "lib", "app", "backend", "python", "api", "server")
_ENVIRONMENT = ("os.getenv", "os.environ.get", "environ.get", "os.environ.setdefault", "decouple.config", "environs.Env.str")
_PARSED = ("argparse.ArgumentParser.parse_args", "argparse.ArgumentParser.parse_known_args.[]")
_DATACLASS = ("dataclass", "define", "frozen", "attrs")
"""Decorators of classes whose fields are given in the order in which they stand."""
_EMPTY = ("builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset")
_GROWING = (Many, Table)
_SAME = frozenset((
    "builtins.list", "builtins.tuple", "builtins.set", "builtins.str", "builtins.int", "builtins.float",
    "builtins.sorted", "asyncio.wait_for", "typing.cast", "copy.deepcopy", "copy.copy"))
"""Calls that hand on what they are given, as far as an inspection is concerned."""


class Program:
    """Parsed modules that may know each other.

    `sites("langgraph.**.StateGraph")` finds calls, `value(expression, scope)` what an expression stands for.
    In patterns `**` stands for any number of names, `*` for one.
    """

    def __init__(self, modules: Iterable[Module], package: str = "") -> None:
        self.modules: dict[str, Module] = {m.path: m for m in modules}
        self._package = f"{package}." if package else ""
        self._by_name: dict[str, list[Module]] = {}
        for module in self.modules.values():
            parts = module.name.split(".")
            for n in range(len(parts)):
                self._by_name.setdefault(".".join(parts[n:]), []).append(module)
        self._values: dict[tuple[int, int, int], Value] = {}
        self._busy: set[tuple[int, int, int]] = set()
        self._resolved: dict[tuple[str, int], Value] = {}
        self._sites: dict[tuple[str, ...], tuple[Site, ...]] = {}
        self._callers: dict[int, tuple[Site, ...]] = {}
        self._frames: dict[tuple[int, int, int], Frame] = {}
        self._plain: dict[int, bool] = {}
        self._given_back: dict[int, list[ast.AST]] = {}
        self._steps = 0
        self._annotations: dict[int, ast.AST | None] = {}
        self._renamed: dict[str, set[str]] | None = None
        self._calling: dict[str, list[Module]] | None = None
        self._bases: dict[int, tuple[str, ...]] = {}
        self._refs: dict[int, tuple[Scope, ...]] = {}
        self._filled_in: dict[tuple[int, str], list[tuple[Scope, Scope]]] = {}
        self._ancestors: dict[int, tuple[Scope, ...]] = {}
        self._left = max(LEAST_STEPS, MOST_STEPS_A_LINE * sum(m.count for m in self.modules.values()))

    @property
    def exhausted(self) -> bool:
        """Whether more was asked than a program of this size may cost; what was asked after that is unknown."""
        return self._left < 0

    def release(self) -> None:
        """Lets go of the modules and of all that is remembered of them: the memory is for the next program."""
        for module in self.modules.values():
            module.release()
        kept: tuple[dict[Any, Any], ...] = (self.modules, self._by_name, self._values, self._resolved, self._sites, self._callers,
                                            self._frames, self._plain, self._given_back, self._annotations, self._bases,
                                            self._refs, self._filled_in, self._ancestors)
        for table in kept:
            table.clear()
        self._renamed = self._calling = None

    # Modules ---------------------------------------------------------------------------------------------------

    def module_of(self, name: str, near: Module) -> Module | None:
        """The local module that `import name` reaches from a file, or None when it is a library's."""
        if self._package and name.startswith(self._package):        # the folder itself is that package
            inside = self._by_path(name.removeprefix(self._package))
            if inside is not None and inside is not near:
                return inside
        found = self._by_name.get(name)
        if not found:
            return None
        folder = near.path.rpartition("/")[0]
        above = [folder, *_above(folder)]
        rests = name.replace(".", "/")
        for base in above:
            for root in _ROOTS:
                prefix = "/".join(p for p in (base, root) if p)
                stem = f"{prefix}/{rests}" if prefix else rests
                for module in found:
                    if module.path in (f"{stem}.py", f"{stem}/__init__.py", f"{stem}.ipynb") and module is not near:
                        return module
        if "." in name and len(found) == 1 and found[0] is not near:
            return found[0]
        return None

    def imported(self, binding: Binding, near: Module) -> Value:
        """What an import binds: a local function, class, module or value, or a library's name."""
        base, colon, name = binding.dotted.partition(":")
        if not colon:
            return Outside(binding.node, near, base)
        if base.startswith("."):
            full = _absolute(base, near)
            module = self._by_path(full)
            if module is not None:
                found = self._exported(module, name) or self._lazy(module, name)
                if found is not None:
                    return found
                if name in module.top.bindings:
                    return Unknown(binding.node, near)
            sub = self._by_path(f"{full}.{name}" if full else name)
            if sub is not None:
                return Outside(binding.node, sub, f"module:{sub.path}")
            return Unknown(binding.node, near)
        module = self.module_of(base, near)
        if module is not None:
            found = self._exported(module, name) or self._lazy(module, name)
            if found is not None:
                return found
            if name in module.top.bindings:     # the modules import it from each other
                return Unknown(binding.node, near)
        sub = self.module_of(f"{base}.{name}", near)
        if sub is not None:
            return Outside(binding.node, sub, f"module:{sub.path}")
        return Outside(binding.node, near, f"{base}.{name}")

    def _by_path(self, name: str) -> Module | None:
        stem = name.replace(".", "/")
        return (self.modules.get(f"{stem}.py") or self.modules.get(f"{stem}/__init__.py")) if stem else self.modules.get(
            "__init__.py")

    def _exported(self, module: Module, name: str, depth: int = 0) -> Value | None:
        if name in module.top.bindings:
            key = (id(module), hash(name), -1)
            if key in self._busy:           # modules that import a name from each other
                return None
            self._busy.add(key)
            try:
                return self.name(name, module.top)
            finally:
                self._busy.discard(key)
        if depth < 4:
            for binding in module.top.bindings.get("*", ()):
                base, _, _ = binding.dotted.partition(":")
                target = self._by_path(_absolute(base, module)) if base.startswith(".") else self.module_of(base, module)
                if target is not None and target is not module:
                    found = self._exported(target, name, depth + 1)
                    if found is not None:
                        return found
        return None

    def _lazy(self, module: Module, name: str) -> Value | None:
        """What a module's own `__getattr__` imports under a name; Unknown when it cannot be told, None without one."""
        for binding in module.top.bindings.get("__getattr__", ()):
            inner = _child(module.top, binding.node)
            if inner is not None:
                return self.name(name, inner) if name in inner.bindings else Unknown(binding.node, module)
        return None

    # Values ----------------------------------------------------------------------------------------------------

    def value(self, node: ast.AST | None, scope: Scope, frame: Frame | None = None) -> Value:
        """What an expression stands for in a scope; in a frame, with the parameters of that call."""
        if node is None:
            return Unknown()
        key = (id(node), id(scope), id(frame) if frame else 0)
        known = self._values.get(key)
        if known is not None:
            return known
        if key in self._busy or len(self._busy) > MOST_HOPS * 4:
            return Unknown(node, scope.module)
        if not self._busy:
            self._steps = 0
        self._steps += 1
        self._left -= 1
        if self._steps > MOST_STEPS or self._left < 0:
            return Unknown(node, scope.module)
        if type(node) is ast.Constant:      # a third of all, and nothing to follow
            found: Value = Const(node, scope.module, node.value)
            self._values[key] = found
            return found
        self._busy.add(key)
        try:
            found = self._value(node, scope, frame)
        except RecursionError:
            found = Unknown(node, scope.module)
        finally:
            self._busy.discard(key)
        self._values[key] = found
        return found

    def frame(self, scope: Scope, call: Call, outer: Frame | None = None, depth: int = 1) -> Frame:
        """The frame of a call; the same one for the same call, and kept, since values are remembered by it."""
        key = (id(scope), id(call.node), id(outer) if outer else 0)
        if key not in self._frames:
            self._frames[key] = Frame(scope, call, outer, depth)
        return self._frames[key]

    def _value(self, node: ast.AST, scope: Scope, frame: Frame | None) -> Value:
        module = scope.module
        match node:         # the most frequent ones first
            case ast.Name():
                return self.name(node.id, scope, frame, node)
            case ast.Attribute():
                return self.attribute(self.value(node.value, scope, frame), node.attr, node, module)
            case ast.Call():
                return self._called(node, scope, frame)
            case ast.Await() | ast.Starred() | ast.NamedExpr() | ast.YieldFrom():
                return self.value(node.value, scope, frame)
            case ast.List() | ast.Tuple() | ast.Set():
                return self._many(node, scope, frame)
            case ast.Dict():
                return self._table(node, scope, frame)
            case ast.JoinedStr():
                return self._joined(node, scope, frame)
            case ast.BoolOp():
                return _either([self.value(v, scope, frame) for v in node.values], node, module)
            case ast.IfExp():
                return _either([self.value(node.body, scope, frame), self.value(node.orelse, scope, frame)], node, module)
            case ast.BinOp():
                return self._sum(node, scope, frame)
            case ast.UnaryOp():
                inner = self.value(node.operand, scope, frame)
                if isinstance(inner, Const) and isinstance(node.op, ast.USub) and isinstance(inner.value, int | float):
                    return Const(node, module, -inner.value)
                if isinstance(inner, Const) and isinstance(node.op, ast.Not):
                    return Const(node, module, not inner.value)
                return Unknown(node, module)
            case ast.Subscript():
                return self._item(node, scope, frame)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                one = self.value(node.elt, scope, frame)
                return Many(node, module, tuple(one.options()) if not isinstance(one, Unknown) else (), whole=False)
            case ast.DictComp():
                one = self.value(node.value, scope, frame)
                return Table(node, module, tuple((None, v) for v in one.options() if not isinstance(v, Unknown)), whole=False)
            case _:
                return Unknown(node, module)

    def name(self, name: str, scope: Scope, frame: Frame | None = None, node: ast.AST | None = None) -> Value:
        """What a name stands for where it is read."""
        own = scope.module.own.get(id(node)) if node is not None else None
        if own is not None:
            return self._binding(name, own, scope, frame)
        here: Scope | None = scope
        while here is not None:
            if name in here.bindings and (here.kind != "class" or here is scope) and (bindings := _bindings(here, name)):
                return self._bound(name, bindings, here, frame, node)
            here = here.parent
        if "*" in scope.module.top.bindings:
            found = self._exported(scope.module, name)
            if found is not None:
                return found
            for binding in scope.module.top.bindings["*"]:
                base = binding.dotted.partition(":")[0]
                if not base.startswith(".") and self.module_of(base, scope.module) is None and name not in _BUILTINS:
                    return Outside(node, scope.module, f"{base}.{name}")
        return Outside(node, scope.module, f"builtins.{name}") if name in _BUILTINS else Unknown(node, scope.module)

    def _bound(self, name: str, bindings: list[Binding], scope: Scope, frame: Frame | None, node: ast.AST | None) -> Value:
        found = [self._binding(name, binding, scope, frame) for binding in bindings[-MOST_OPTIONS:] if binding.how != "more"]
        result = _either(found, node or bindings[0].node, scope.module)
        return self._grown(name, result, scope, frame) if isinstance(result, _GROWING) else result

    def _binding(self, name: str, binding: Binding, scope: Scope, frame: Frame | None) -> Value:
        scope = binding.scope or scope
        module = scope.module
        match binding.how:
            case "import":
                return self.imported(binding, module)
            case "function":
                inner = _child(scope, binding.node)
                return Func(binding.node, module, inner) if inner else Unknown(binding.node, module)
            case "class":
                inner = _child(scope, binding.node)
                return Klass(binding.node, module, inner) if inner else Unknown(binding.node, module)
            case "value":
                return self.value(binding.value, scope, frame)
            case "item":
                found = _unpacked(list(self.value(binding.value, scope, frame).options()), binding.part or ())
                return _either(found, binding.node, module)
            case "each":
                return self._each(binding, scope, frame)
            case "parameter":
                return self._parameter(name, binding, scope, frame)
        return Unknown(binding.node, module)

    def _each(self, binding: Binding, scope: Scope, frame: Frame | None) -> Value:
        whole = self.value(binding.value, scope, frame)
        found: list[Value] = []
        for one in whole.options():
            items: list[Value] = []
            if isinstance(one, Many):
                items = list(one.items)
            elif isinstance(one, Table):
                items = [k for k, _ in one.items if k is not None]
            found += _unpacked(items, binding.part or ())
        return _either(found, binding.node, scope.module) if found else Unknown(binding.node, scope.module)

    def _parameter(self, name: str, binding: Binding, scope: Scope, frame: Frame | None) -> Value:
        module = scope.module
        if name == scope.self_name:
            holder = scope.parent
            if holder is not None and holder.kind == "class":
                klass = Klass(holder.node, module, holder)
                of_class = any(dotted(d) == "classmethod" for d in getattr(scope.node, "decorator_list", ()))
                return klass if of_class else Made(binding.node, module, klass)
        here = frame
        while here is not None and here.scope is not scope:
            here = here.outer
        if here is not None:
            given = self._given(name, scope, here)
            if given is not None:
                return given
        default = _default(scope.node, name)
        typed = self.typed(binding.value, scope.parent or scope)
        if here is not None and default is not None:
            return self.value(default, scope.parent or scope)
        if typed is not None:
            return typed
        if default is not None and not (isinstance(default, ast.Constant) and default.value is None):
            return _either([self.value(default, scope.parent or scope), Param(binding.node, module, scope, name)],
                           binding.node, module)
        return Param(binding.node, module, scope, name)

    def _given(self, name: str, scope: Scope, frame: Frame) -> Value | None:
        """The argument that a call gives to a parameter, read where the call stands."""
        call = frame.call.node
        if not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        written = written_for(name, scope, call)
        if written is not None:
            return self.value(written, frame.call.scope, frame.outer)
        args = scope.node.args
        for keyword in call.keywords:
            if keyword.arg is None:
                table = self.value(keyword.value, frame.call.scope, frame.outer)
                for one in table.options():
                    if isinstance(one, Table) and (found := one.get(name)) is not None:
                        return found
        if args.kwarg is not None and args.kwarg.arg == name:
            return self._rest_by_name(scope, frame)
        if args.vararg is not None and args.vararg.arg == name:
            rest = ast.copy_location(ast.Tuple([*call.args[len(_positional(scope)):]], ast.Load()), call)
            return self._many(rest, frame.call.scope, frame.outer)
        return None

    def _rest_by_name(self, scope: Scope, frame: Frame) -> Table:
        """What `**kwargs` holds: the named arguments that are no parameters."""
        call, module = frame.call.node, frame.call.scope.module
        rows: list[tuple[Value | None, Value]] = []
        whole = True
        for keyword in call.keywords:
            given = self.value(keyword.value, frame.call.scope, frame.outer)
            if keyword.arg is None:
                tables = [one for one in given.options() if isinstance(one, Table)]
                rows += [row for table in tables for row in table.items]
                whole = whole and bool(tables) and all(t.whole for t in tables)
            elif keyword.arg not in scope.bindings:
                rows.append((Const(keyword.value, module, keyword.arg), given))
        return Table(call, module, tuple(rows), whole)

    def typed(self, annotation: ast.AST | None, scope: Scope) -> Value | None:
        """An object of which only the annotation says what it is; None for plain types."""
        if annotation is None:
            return None
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            annotation = self._annotation(annotation, annotation.value)
            if annotation is None:
                return None
        if isinstance(annotation, ast.Subscript):
            outer = dotted(annotation.value) or ""
            if outer.rpartition(".")[2] in ("Optional", "Annotated", "Type", "ClassVar", "Final"):
                inner = annotation.slice
                return self.typed(inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner, scope)
            annotation = annotation.value
        if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
            return self.typed(annotation.left, scope) or self.typed(annotation.right, scope)
        if dotted(annotation) is None:
            return None
        of = self.value(annotation, scope)
        if isinstance(of, Klass):
            return Made(annotation, scope.module, of)
        if isinstance(of, Outside) and not of.name.startswith(("builtins.", "typing.", "collections.")):
            return Made(annotation, scope.module, of)
        return None

    def _annotation(self, node: ast.AST, text: str) -> ast.AST | None:
        """An annotation written as a text, parsed once and kept: values are remembered by the identity of their node."""
        if id(node) not in self._annotations:
            try:
                self._annotations[id(node)] = ast.parse(text[:200], mode="eval").body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self._annotations[id(node)] = None
        return self._annotations[id(node)]

    def _grown(self, name: str, value: Many | Table, scope: Scope, frame: Frame | None) -> Value:
        """A list with what `append`, `extend` and `+=` put into it later; a dict with what `d[k] = v` put in."""
        if isinstance(value, Table):
            return self._updated(name, value, scope, frame)
        rows: list[tuple[int, int, list[Value]]] = []
        whole = value.whole
        for call in _calls_on(scope, name, ("append", "extend", "insert", "add", "update")):
            given = self.value(call.node.args[-1], call.scope, frame) if call.node.args else Unknown()
            if tail(call.node.func) in ("extend", "update"):
                parts, known = _spread(given)
                whole = whole and known
            else:
                parts = [given]
                whole = whole and not call.within
            rows.append((call.node.lineno, call.node.col_offset, parts))
            if sum(len(found) for _, _, found in rows[-200:]) > MOST_ITEMS:
                break
        for binding in scope.bindings.get(name, ()):
            if binding.how == "more" and binding.value is not None:
                parts, known = _spread(self.value(binding.value, binding.scope or scope, frame))
                rows.append((getattr(binding.node, "lineno", 0), 0, parts))
                whole = whole and known
        for target, given_node, where in _puts_into(scope, name):
            rows.append((target.lineno, target.col_offset, [self.value(given_node, where, frame)]))
        more = [one for _, _, parts in sorted(rows, key=lambda row: row[:2]) for one in parts]
        most = max(MOST_ITEMS, len(value.items))
        items = (*value.items, *more)
        if not more and whole == value.whole:
            return value
        return Many(value.node, value.module, items[:most], whole and len(items) <= most)

    def _updated(self, name: str, value: Table, scope: Scope, frame: Frame | None) -> Table:
        """A dict with what `d[k] = v`, `update`, `setdefault` and `|=` put in later."""
        rows: list[tuple[int, int, tuple[tuple[Value | None, Value], ...]]] = []
        whole = value.whole
        for call in _calls_on(scope, name, ("update", "setdefault")):
            node = call.node
            if tail(node.func) == "setdefault":
                given = [self.value(a, call.scope, frame) for a in node.args[:2]]
                more: tuple[tuple[Value | None, Value], ...] = ((given[0], given[1]),) if len(given) == 2 else ()
            elif any(isinstance(w.node, ast.If) and w.part == "body" and self._dead(w.node.test, call.scope, frame)
                     for w in (call.within.chain() if call.within else ())):
                continue
            else:
                more, known = self._table_given(node, call.scope, frame)
                whole = whole and known and not call.within
            rows.append((node.lineno, node.col_offset, more))
            if sum(len(found) for _, _, found in rows[-200:]) > MOST_ITEMS:
                break
        for binding in scope.bindings.get(name, ()):
            if binding.how == "more" and binding.value is not None:
                tables = [o for o in self.value(binding.value, binding.scope or scope, frame).options() if isinstance(o, Table)]
                rows.append((getattr(binding.node, "lineno", 0), 0, tuple(row for t in tables for row in t.items)))
                whole = whole and bool(tables) and all(t.whole for t in tables)
        for target, given_node, where in _puts_into(scope, name):
            key = self.value(target.slice, where, frame)
            put = self.value(given_node, where, frame)
            rows.append((target.lineno, target.col_offset, tuple((k, put) for k in key.options())))
        added = [row for _, _, found in sorted(rows, key=lambda row: row[:2]) for row in found]
        most = max(MOST_ITEMS, len(value.items))
        rows_now = (*value.items, *added)
        if not added and whole == value.whole:
            return value
        return Table(value.node, value.module, rows_now[:most], whole and len(rows_now) <= most)

    def _table_given(self, node: ast.Call, scope: Scope,
                     frame: Frame | None) -> tuple[tuple[tuple[Value | None, Value], ...], bool]:
        """The rows that a call like `dict(..)` or `update(..)` is given, and whether there can be no others."""
        rows: list[tuple[Value | None, Value]] = []
        whole = True
        for part in (*node.args, *(k.value for k in node.keywords if k.arg is None)):
            tables = [one for one in self.value(part, scope, frame).options() if isinstance(one, Table)]
            rows += [row for table in tables for row in table.items]
            whole = whole and bool(tables) and all(t.whole for t in tables)
        rows += [(Const(k.value, scope.module, k.arg), self.value(k.value, scope, frame)) for k in node.keywords if k.arg]
        return tuple(rows[:MOST_ITEMS]), whole and len(rows) <= MOST_ITEMS

    # Attributes ------------------------------------------------------------------------------------------------

    def attribute(self, of: Value, name: str, node: ast.AST | None = None, module: Module | None = None) -> Value:
        """`of.name`."""
        module = module or of.module
        match of:
            case Either():
                return _either([self.attribute(one, name, node, module) for one in of.of], node, module)
            case Outside():
                return self._outside_attribute(of, name, node, module)
            case Klass():
                return self._member(of.scope, name, of, node, module)
            case Made(of=Klass() as made):
                return self._member(made.scope, name, of, node, module)
            case Param():
                return self._of_handed(of, name, node, module)
            case Made(of=Outside() as made):
                if made.name in _PARSED:
                    found = self._option(of, name, node)
                    if found is not None:
                        return found
                return Outside(node, module, f"{made.name}.{name}", of)
            case Const() if name in ("value", "name"):
                return of
            case Many() if isinstance(of.node, ast.BinOp):      # runnables piped into each other: (prompt | model).invoke
                return Outside(node, module, f"langchain_core.runnables.RunnableSequence.{name}", of)
            case _:
                return Unknown(node, module)

    def _of_handed(self, param: Param, name: str, node: ast.AST | None, module: Module | None) -> Value:
        """An attribute of a parameter: that of what the callers hand in, as far as they can be seen."""
        key = (id(param.scope), hash(param.name), -2)
        if key in self._busy:
            return Unknown(node, module)
        self._busy.add(key)
        try:
            given = [one for one in self.handed(param) if isinstance(one, Made | Klass | Outside)]
            found = [self.attribute(one, name, node, module) for one in given]
        finally:
            self._busy.discard(key)
        return _either(found, node, module) if found else Unknown(node, module)

    def _option(self, of: Value, name: str, node: ast.AST | None) -> Value | None:
        """`args.model_id` of `parser.add_argument("--model-id", default="x")`: set at run time, with that default."""
        module = of.module
        for call in module.by_tail.get("add_argument", ()) if module is not None else ():
            flags = [a.value for a in call.node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            given = {k.arg: k.value for k in call.node.keywords if k.arg}
            dest = given.get("dest")
            names = [dest.value] if isinstance(dest, ast.Constant) else [f.lstrip("-").replace("-", "_") for f in flags]
            if name in names:
                default = given.get("default")
                other = self.value(default, call.scope) if default is not None else None
                return Env(node or call.node, module, flags[0] if flags else name, other)
        return None

    def _outside_attribute(self, of: Outside, name: str, node: ast.AST | None, module: Module | None) -> Value:
        if of.name.startswith("module:"):
            target = self.modules.get(of.name[7:])
            if target is None:
                return Unknown(node, module)
            found = self._exported(target, name)
            if found is not None:
                return found
            sub = self._by_path(f"{_package(target)}.{name}".lstrip("."))
            return Outside(node, sub, f"module:{sub.path}") if sub is not None else Unknown(node, module)
        full = f"{of.name}.{name}"
        if of.owner is None and module is not None and not of.name.startswith("builtins."):
            target = self.module_of(of.name, module)
            if target is not None:
                found = self._exported(target, name)
                if found is not None:
                    return found
            sub = self.module_of(full, module)
            if sub is not None:
                return Outside(node, sub, f"module:{sub.path}")
        return Outside(node, module, full, of.owner)

    def _member(self, klass: Scope, name: str, of: Value, node: ast.AST | None, module: Module | None,
                depth: int = 0) -> Value:
        made = of if isinstance(of, Made) else None
        found: list[Value] = []
        if made is not None and made.site is not None:
            given = self._constructed(klass, name, made.site)
            if given is not None:
                return given
        if made is not None:
            for target, given_node, scope in klass.module.attributes_by_name.get(name, ()):
                if scope.holder is klass and isinstance(target.value, ast.Name) \
                        and target.value.id == (scope.self_name or _self_above(scope)):
                    frame = None
                    init = scope if scope.kind == "function" else None
                    if made.site is not None and init is not None and init.node.name == "__init__":     # type: ignore[attr-defined]
                        frame = self.frame(init, made.site.call, made.site.frame)
                    found.append(self.value(given_node, scope, frame))
        known = [v for v in found if not isinstance(v, Unknown) and not (isinstance(v, Const) and v.value is None)]
        if known:
            return self._grown_member(name, _either(known, node, module), klass)
        for binding in klass.bindings.get(name, ()):
            if binding.how == "function":
                inner = _child(klass, binding.node)
                if inner is not None:
                    if any(dotted(d) in ("property", "cached_property", "functools.cached_property")
                           for d in inner.node.decorator_list):     # type: ignore[attr-defined]
                        return self.returned(Func(binding.node, klass.module, inner, of))
                    if made is not None and made.site is None and is_abstract(inner):
                        found = self._left_open(klass, name, of)
                        if found:
                            return _either(found, node, module)
                    return Func(binding.node, klass.module, inner, of)
            return self._field(self._binding(name, binding, klass, None))
        if found:
            return found[-1]
        if depth < 6:
            for base in klass.node.bases:       # type: ignore[attr-defined]
                above = self.value(base, klass.parent or klass)
                if isinstance(above, Klass):
                    value = self._member(above.scope, name, of, node, module, depth + 1)
                    if not isinstance(value, Unknown):
                        return value
                elif isinstance(above, Outside) and not above.name.startswith(("builtins.", "typing.", "abc.", "enum.")):
                    return Outside(node, module, f"{above.name}.{name}", of)
        below = self._left_open(klass, name, of) if depth == 0 else []
        if below:
            return _either(below, node, module)
        late = self._imported_late(klass) if made is not None and "__getattr__" in klass.bindings else ""
        return Outside(node, module, f"{late}.{name}") if late else Unknown(node, module)

    def _left_open(self, klass: Scope, name: str, of: Value) -> list[Value]:
        """The methods with which other classes fill in what a class only names, or calls without having it, for an object of
        which only that class is known."""
        if not isinstance(of, Made) or of.site is not None:
            return []
        return [Func(one.node, one.module, one, Made(of.node, of.module, Klass(heir.node, heir.module, heir)))
                for heir, one in self._implemented(klass, name)]

    def _imported_late(self, klass: Scope) -> str:
        """The module behind a class that imports it when an attribute is first asked for: `import_module("litellm")`."""
        for call in klass.module.by_tail.get("import_module", ()):
            first = call.node.args[0] if call.node.args else None
            if call.scope.holder is klass and isinstance(first, ast.Constant) and isinstance(first.value, str):
                return first.value
        return ""

    def _grown_member(self, name: str, value: Value, klass: Scope) -> Value:
        """A list in an attribute with what the class's own methods put into it."""
        if not isinstance(value, Many):
            return value
        more: list[Value] = []
        whole = value.whole
        for verb in ("append", "extend", "insert", "add", "update"):
            for call in klass.module.by_tail.get(verb, ()):
                func = call.node.func
                if not (isinstance(func, ast.Attribute) and call.scope.holder is klass and call.node.args
                        and dotted(func.value) == f"{_self_above(call.scope)}.{name}"):
                    continue
                given = self.value(call.node.args[-1], call.scope)
                parts, known = _spread(given) if verb in ("extend", "update") else ([given], not call.within)
                more += parts
                whole = whole and known
        return _some(value.node or klass.node, value.module or klass.module, (*value.items, *more),
                     whole) if more or whole != value.whole else value

    def _constructed(self, klass: Scope, name: str, site: Site) -> Value | None:
        """The argument with which a dataclass or pydantic model was built, when the class has no `__init__`."""
        if "__init__" in klass.bindings:
            return None
        for keyword in site.node.keywords:
            if keyword.arg == name:
                return self.value(keyword.value, site.scope, site.frame)
        args = site.node.args
        if args and any((dotted(d.func if isinstance(d, ast.Call) else d) or "").rpartition(".")[2] in _DATACLASS
                        for d in klass.node.decorator_list):        # type: ignore[attr-defined]
            fields = [s.target.id for s in klass.node.body          # type: ignore[attr-defined]
                      if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
            place = fields.index(name) if name in fields else len(args)
            if place < len(args) and not any(isinstance(a, ast.Starred) for a in args[: place + 1]):
                return self.value(args[place], site.scope, site.frame)
        for keyword in site.node.keywords:
            if keyword.arg is None:
                for one in self.value(keyword.value, site.scope, site.frame).options():
                    if isinstance(one, Table) and (found := one.get(name)) is not None:
                        return found
        return None

    def _field(self, value: Value) -> Value:
        """The default that `Field(..)` or `field(..)` gives to an attribute of a class."""
        if not isinstance(value, Made) or value.name.rpartition(".")[2] not in ("Field", "field") or value.site is None:
            return value
        site = value.site
        default = self.arg(site, 0, "default")
        if default is not None:
            required = isinstance(default, Const) and default.value is Ellipsis
            return Unknown(value.node, value.module) if required else default
        factory = next((k.value for k in site.node.keywords if k.arg == "default_factory"), None)
        if isinstance(factory, ast.Lambda):
            return self.value(factory.body, site.scope, site.frame)
        made = self.value(factory, site.scope, site.frame) if factory is not None else value
        if isinstance(made, Func):
            return self.returned(made)
        if isinstance(made, Klass):
            return Made(factory, site.module, made)
        if isinstance(made, Outside) and made.name in (*_EMPTY, "builtins.dict"):
            return Table(factory, site.module) if made.name.endswith("dict") else Many(factory, site.module)
        return made

    # Literals --------------------------------------------------------------------------------------------------

    def _many(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope, frame: Frame | None) -> Value:
        items: list[Value] = []
        whole = True
        for part in node.elts:
            given = self.value(part, scope, frame)
            if isinstance(part, ast.Starred):
                inner = [v for one in given.options() if isinstance(one, Many) for v in one.items]
                whole = whole and bool(inner) and all(isinstance(o, Many) and o.whole for o in given.options())
                items += inner
            else:
                items.append(given)
        return _some(node, scope.module, tuple(items), whole) if len(items) > len(node.elts) else Many(
            node, scope.module, tuple(items), whole)

    def _table(self, node: ast.Dict, scope: Scope, frame: Frame | None) -> Value:
        items: list[tuple[Value | None, Value]] = []
        whole = True
        for key, value in zip(node.keys, node.values, strict=True):
            given = self.value(value, scope, frame)
            if key is None:
                parts = [o for o in given.options() if isinstance(o, Table)]
                whole = whole and bool(parts) and all(p.whole for p in parts)
                for part in parts:
                    items += part.items
            else:
                items.append((self.value(key, scope, frame), given))
        most = max(MOST_ITEMS, len(node.keys))
        return Table(node, scope.module, tuple(items[:most]), whole and len(items) <= most)

    def _joined(self, node: ast.JoinedStr, scope: Scope, frame: Frame | None) -> Value:
        out: list[str] = []
        whole = True
        for part in node.values:
            given = self.value(part.value if isinstance(part, ast.FormattedValue) else part, scope, frame)
            one = next(given.options())
            if isinstance(one, Const) and isinstance(one.value, str | int | float):
                out.append(str(one.value))
            else:
                whole = False
                out.append("{}")
        text = "".join(out)
        whole, text = whole and len(text) <= MOST_TEXT, text[:MOST_TEXT]
        return Const(node, scope.module, text) if whole else Text(node, scope.module, text)

    def _sum(self, node: ast.BinOp, scope: Scope, frame: Frame | None) -> Value:
        module = scope.module
        left, right = self.value(node.left, scope, frame), self.value(node.right, scope, frame)
        sure = not isinstance(left, Either) and not isinstance(right, Either)
        left, right = next(left.options()), next(right.options())
        if isinstance(node.op, ast.Add):
            if isinstance(left, Many) and isinstance(right, Many):
                return _some(node, module, (*left.items, *right.items), sure and left.whole and right.whole)
            if isinstance(left, Many) or isinstance(right, Many):
                known = left if isinstance(left, Many) else right
                return Many(node, module, known.items, whole=False)      # type: ignore[attr-defined]
            a, b = _written(left), _written(right)
            if a is not None or b is not None:
                joined = (a if a is not None else "{}") + (b if b is not None else "{}")
                whole = isinstance(left, Const) and isinstance(right, Const) and len(joined) <= MOST_TEXT
                return Const(node, module, joined) if whole else Text(node, module, joined[:MOST_TEXT])
        if isinstance(left, Const) and isinstance(right, Const) and isinstance(left.value, int | float) \
                and isinstance(right.value, int | float) and abs(left.value) < 1e9 and abs(right.value) < 1e9:
            match node.op:
                case ast.Add():
                    return Const(node, module, left.value + right.value)
                case ast.Sub():
                    return Const(node, module, left.value - right.value)
                case ast.Mult():
                    return Const(node, module, left.value * right.value)
        if isinstance(node.op, ast.Div) and (name := _written(right)) is not None:     # a path: base / "file.csv"
            base = _written(left)
            return Text(node, module, f"{base if base is not None else '{}'}/{name}")
        if isinstance(node.op, ast.Mod) and (text := _written(left)) is not None:
            return Text(node, module, re.sub(r"%[sdr]", "{}", text))
        if isinstance(node.op, ast.BitOr):      # runnables piped into each other, types joined
            return _some(node, module, (*_piped(left), *_piped(right)), whole=True)
        return Unknown(node, module)

    def _item(self, node: ast.Subscript, scope: Scope, frame: Frame | None) -> Value:
        of = self.value(node.value, scope, frame)
        index = self.value(node.slice, scope, frame)
        keys = [one.value for one in index.options() if isinstance(one, Const)]
        if len(keys) > 1 and len(keys) == len(list(index.options())):
            return self._items(of, keys, node, scope.module)
        key = index.value if isinstance(index, Const) else None
        found: list[Value] = []
        for one in of.options():
            if isinstance(one, Table):
                named = _looked(one, index)
                found += [named] if named is not None else [v for k, v in one.items if key is None or not isinstance(k, Const)]
            elif isinstance(one, Many):
                if isinstance(key, int) and not isinstance(key, bool) and -len(one.items) <= key < len(one.items):
                    found.append(one.items[key])
                elif key is None:
                    found += one.items
            elif isinstance(one, Outside) and one.name in ("os.environ", "environ"):
                return Env(node, scope.module, str(key or ""), None)
            elif isinstance(one, Klass):
                member = self.attribute(one, key) if isinstance(key, str) and key in one.scope.bindings else None
                found.append(one if member is None or not _is_enum(self.bases(one.scope)) else member)
            elif isinstance(one, Outside) and not one.name.startswith("module:"):
                found.append(one)           # a generic class: Agent[Context]
            elif isinstance(one, Made) and one.name and key is not None:
                found.append(Outside(node, scope.module, f"{one.name}.[]", one))
        return _either(found, node, scope.module) if found else Unknown(node, scope.module)

    def _items(self, of: Value, keys: list[Any], node: ast.AST, module: Module) -> Value:
        """`table[key]` where the key is one of several known ones."""
        found = [v for one in of.options() if isinstance(one, Table)
                 for k, v in one.items if isinstance(k, Const) and k.value in keys]
        return _either(found, node, module)

    # Calls -----------------------------------------------------------------------------------------------------

    def callee(self, call: Call, frame: Frame | None = None) -> Value:
        """What a call calls."""
        return self.value(call.node.func, call.scope, frame)

    def _called(self, node: ast.Call, scope: Scope, frame: Frame | None) -> Value:
        module = scope.module
        called = self.value(node.func, scope, frame)
        call = Call(node, scope, None)
        found: list[Value] = []
        for one in called.options():
            match one:
                case Func():        # of a partial's arguments only the call's own are known to stand where they stand
                    found.append(self.returned(one, call if one.bound is None else None, frame))
                case Klass():
                    found.append(Made(node, module, one, Site(call, one, frame)))
                case Outside():
                    found.append(self._library(one, call, frame))
                case Made(of=Klass() as made):
                    method = self._member(made.scope, "__call__", one, node, module)
                    found.append(self.returned(method, call, frame) if isinstance(method, Func) else Unknown(node, module))
                case Made():
                    found.append(Made(node, module, Outside(node, module, f"{one.name}.__call__", one), Site(call, one, frame)))
                case _:
                    found.append(self._looked_up(node, scope, frame))
        return _either(found, node, module)

    def _looked_up(self, node: ast.Call, scope: Scope, frame: Frame | None) -> Value:
        """`config.get("model", "gpt-4o")`: set at run time, with a default that stands there; of a dict that stands
        there too, what it holds."""
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in ("get", "values", "keys", "items"):
            return Unknown(node, scope.module)
        tables = [one for one in self.value(node.func.value, scope, frame).options() if isinstance(one, Table)]
        if node.func.attr != "get":
            return self._listed(node, node.func.attr, tables, scope.module) if not node.args else Unknown(node, scope.module)
        key = self.value(node.args[0], scope, frame) if node.args else Unknown()
        other = self.value(node.args[1], scope, frame) if len(node.args) > 1 else None
        if tables:
            found = [v for table in tables if (v := _looked(table, key)) is not None]
            if not isinstance(key, Const):
                found = [v for table in tables for _, v in table.items]
            if not found or not isinstance(key, Const):
                found += [other] if other is not None else []
            return _either(found, node, scope.module)
        if other is not None and isinstance(key, Const) and isinstance(key.value, str):
            return Env(node, scope.module, key.value, other)
        return Unknown(node, scope.module)

    def _listed(self, node: ast.AST, what: str, tables: list[Table], module: Module) -> Value:
        """`table.values()`, `.keys()` or `.items()` of dicts whose content is known."""
        found: list[Value] = []
        for one in tables:
            rows = [(k if k is not None else Unknown(v.node, v.module), v) for k, v in one.items]
            items = tuple(k if what == "keys" else v if what == "values" else Many(k.node, k.module, (k, v)) for k, v in rows)
            found.append(Many(node, module, items, one.whole))
        return _either(found, node, module)

    def _library(self, called: Outside, call: Call, frame: Frame | None) -> Value:
        node, module = call.node, call.scope.module
        name = called.name
        if name in _ENVIRONMENT and node.args:
            key = self.value(node.args[0], call.scope, frame)
            other = self.value(node.args[1], call.scope, frame) if len(node.args) > 1 else next(
                (self.value(k.value, call.scope, frame) for k in node.keywords if k.arg == "default"), None)
            return Env(node, module, str(key.value) if isinstance(key, Const) else "", other)
        if name in _EMPTY and not node.args and not node.keywords:
            return Many(node, module, (), True)
        if name == "functools.partial" and node.args:
            given = self.value(node.args[0], call.scope, frame)
            more = Site(call, called, frame) if len(node.args) > 1 or node.keywords else None
            return _either([replace(one, bound=more) if more is not None and isinstance(one, Outside | Func) else one
                            for one in given.options()], node, module)
        if name == "builtins.zip":
            return self._zipped(node, call.scope, frame)
        if name == "builtins.enumerate" and node.args:
            rows, _ = _spread(self.value(node.args[0], call.scope, frame))
            pairs = tuple(Many(row.node, row.module, (Unknown(node, module), row)) for row in rows)
            return Many(node, module, pairs, whole=False)
        if name in _SAME and node.args:
            given = self.value(node.args[1 if name == "typing.cast" and len(node.args) > 1 else 0], call.scope, frame)
            if not isinstance(given, Unknown):
                return given
        if name == "builtins.dict":
            return Table(node, module, *self._table_given(node, call.scope, frame))
        if name.endswith(".get") and called.owner is not None and not (isinstance(called.owner, Made) and called.owner.site):
            looked = self._looked_up(node, call.scope, frame)
            if isinstance(looked, Env):
                return looked
        if name == "builtins.super":
            holder = call.scope.holder
            if holder is not None and holder.node.bases:        # type: ignore[attr-defined]
                base = self.value(holder.node.bases[0], holder.parent or holder)        # type: ignore[attr-defined]
                return Made(node, module, base)
        return Made(node, module, called, Site(call, called, frame))

    def _zipped(self, node: ast.Call, scope: Scope, frame: Frame | None) -> Value:
        """`zip(a, b)` of lists that are known."""
        lists = [next((one for one in self.value(a, scope, frame).options() if isinstance(one, Many)), None) for a in node.args]
        known = [one.items for one in lists if one is not None]
        if not known or len(known) < len(lists):
            return Unknown(node, scope.module)
        return Many(node, scope.module, tuple(Many(node, scope.module, row) for row in zip(*known)),
                    all(one is not None and one.whole for one in lists))

    def returned(self, func: Func, call: Call | None = None, frame: Frame | None = None) -> Value:
        """What a function of the folder gives back, seen from a call of it."""
        depth = frame.depth + 1 if frame else 1
        scope = func.scope
        if depth > 5 or not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return Unknown(scope.node, scope.module)
        inner = self.frame(scope, call, frame, depth) if call is not None and not self._independent(scope) else None
        found: list[Value] = []
        skipped = self._skipped(scope, inner)
        for node in self._returns(scope):
            if id(node) not in skipped:
                found.append(self.value(node, scope, inner))
        known = [v for v in found if not isinstance(v, Unknown) and not (isinstance(v, Const) and v.value is None)]
        if known:
            return _either([_of_heir(func, v) for v in known], call.node if call else scope.node, scope.module)
        typed = self.typed(scope.node.returns, scope.parent or scope)
        if typed is not None:
            return typed
        return found[0] if found else Unknown(scope.node, scope.module)

    def _returns(self, scope: Scope) -> list[ast.AST]:
        """The expressions that a function may give back; looked for once, and read for every call."""
        if id(scope) not in self._given_back:
            self._given_back[id(scope)] = list(_returns(scope.node))        # type: ignore[arg-type]
        return self._given_back[id(scope)]

    def _independent(self, scope: Scope) -> bool:
        """Whether what a function gives back does not depend on what it is given; then all calls share one look."""
        if id(scope) not in self._plain:
            params = {n for n, b in scope.bindings.items() if any(x.how == "parameter" for x in b)} - {scope.self_name}
            outer = scope.parent is not None and scope.parent.kind == "function"
            self._plain[id(scope)] = not outer and not (params and params & {n.partition(".")[0] for n in scope.loads})
        return self._plain[id(scope)]

    def _dead(self, test: ast.AST, scope: Scope, frame: Frame | None) -> bool:
        """Whether a test is known to fail in a frame: `if extra:` with extra=False, `if names is None:` with names given."""
        if frame is None:
            return False
        if isinstance(test, ast.Name):
            value = self.value(test, scope, frame)
            return isinstance(value, Const) and not value.value
        if isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and isinstance(test.ops[0], ast.Is | ast.IsNot) \
                and isinstance(test.comparators[0], ast.Constant) and test.comparators[0].value is None:
            value = self.value(test.left, scope, frame)
            if not isinstance(value, Const | Many | Table):
                return False
            nothing = isinstance(value, Const) and value.value is None
            return nothing is not isinstance(test.ops[0], ast.Is)
        return False

    def _skipped(self, scope: Scope, frame: Frame | None) -> set[int]:
        """The returns of a function that a frame never gets to."""
        if frame is None:
            return set()
        never = [one for one in getattr(scope.node, "body", ()) if isinstance(one, ast.If) and self._dead(one.test, scope, frame)]
        return {id(n.value) for one in never for statement in one.body for n in ast.walk(statement)
                if isinstance(n, ast.Return) and n.value is not None}

    def arg(self, site: Site, position: int | None, *names: str) -> Value | None:
        """An argument by position or by one of its names; None when the call does not give it."""
        for keyword in site.node.keywords:
            if keyword.arg in names:
                return self.value(keyword.value, site.scope, site.frame)
        args = site.node.args
        if site.bound is not None and position is not None:
            position -= len(site.bound.node.args) - 1
        if position is not None and 0 <= position < len(args) and not any(
                isinstance(a, ast.Starred) for a in args[: position + 1]):
            return self.value(args[position], site.scope, site.frame)
        for keyword in site.node.keywords:
            if keyword.arg is None:
                for one in self.value(keyword.value, site.scope, site.frame).options():
                    if isinstance(one, Table):
                        given = next((g for name in names if (g := one.get(name)) is not None), None)
                        if given is not None:
                            return given
        if site.bound is not None:      # functools.partial gave it before
            at = position + len(site.bound.node.args) if position is not None and position < 0 else None
            return self.arg(site.bound, at, *names)
        return None

    def arg_line(self, site: Site, *names: str) -> int:
        """The line on which a named argument is written, or the call's own line."""
        for keyword in site.node.keywords:
            if keyword.arg in names:
                return site.module.line(keyword.value)
        return site.line

    def closed(self, site: Site) -> bool:
        """Whether the call gives only arguments that can be seen: no `*args`, no `**kwargs` of unknown content."""
        if site.bound is not None and not self.closed(site.bound):
            return False
        if any(isinstance(a, ast.Starred) for a in site.node.args):
            return False
        for keyword in site.node.keywords:
            if keyword.arg is None:
                value = self.value(keyword.value, site.scope, site.frame)
                if not isinstance(value, Table) or not value.whole:
                    return False
        return True

    def sites(self, *patterns: str) -> tuple[Site, ...]:
        """All calls of what a pattern names, in order of file and line; a factory's calls once for each caller
        whose arguments matter to it. Names of local classes below a library's class count as the class."""
        if patterns not in self._sites:
            found: list[Site] = []
            tails = _tails(patterns)
            wanted = tails | self._aliases(tails)
            for module in self.modules.values() if any("*" in t for t in tails) else self._callers_of(wanted):
                found += self._sites_in(module, patterns)
            self._sites[patterns] = tuple(found)
        return self._sites[patterns]

    def _callers_of(self, names: Iterable[str]) -> list[Module]:
        """The modules that call something by one of some last names, in order."""
        if self._calling is None:
            self._calling = {}
            for module in self.modules.values():
                for name in module.by_tail:
                    self._calling.setdefault(name, []).append(module)
        held = [self._calling[n] for n in names if n in self._calling]
        if len(held) < 2:
            return held[0] if held else []
        chosen = {id(m) for modules in held for m in modules}
        return [m for m in self.modules.values() if id(m) in chosen]

    def _sites_in(self, module: Module, patterns: tuple[str, ...]) -> Iterator[Site]:
        tails = set(_tails(patterns))
        wanted: dict[int, Call] = {}
        if "*" in tails:
            wanted = {id(c.node): c for c in module.calls}
        else:
            for part in [t for t in tails if "*" in t]:       # a family of names, such as `*GroupChat`
                tails |= {name for name in (*module.by_tail, *module.aliases) if matches(part, name)}
            for name in tails | self._aliases(tails):
                for call in module.by_tail.get(name, ()):
                    wanted[id(call.node)] = call
        for call in sorted(wanted.values(), key=_order):
            for one in self.resolved(call).options():
                if isinstance(one, Outside) and any(matches(p, one.name) for p in patterns):
                    yield from self._framed(call, one)
                    break

    def resolved(self, call: Call) -> Value:
        """What a call calls, without a frame; remembered."""
        return self.value(call.node.func, call.scope)

    def _aliases(self, tails: Iterable[str]) -> set[str]:
        """The other names under which the program calls what is known by some last names, over some renamings."""
        if self._renamed is None:
            self._renamed = {}
            for one in self.modules.values():
                for last, names in one.aliases.items():
                    self._renamed.setdefault(last, set()).update(names)
        found: set[str] = set()
        layer = set(tails)
        for _ in range(3):
            layer = {name for last in layer for name in self._renamed.get(last, ())} - found
            found |= layer
        return found

    def _framed(self, call: Call, callee: Outside) -> Iterator[Site]:
        for frame in self._frames_of(call, (call.scope,)):
            yield Site(call, callee, frame)

    def _frames_of(self, call: Call, chain: tuple[Scope, ...]) -> list[Frame | None]:
        """The frames in which a call's arguments are read: one for each way by which callers reach the parameters that
        matter to it, else none."""
        names = {n.id for a in (*call.node.args, *(k.value for k in call.node.keywords))
                 for n in walk(a) if isinstance(n, ast.Name)}
        scope: Scope | None = call.scope
        while scope is not None and scope.kind == "function":
            params = {n for n, b in scope.bindings.items() if any(x.how == "parameter" for x in b)} - {scope.self_name}
            names = self._followed(scope, names)
            if params & names:
                callers = [c for c in self.callers(scope) if c.scope not in chain or c.scope.kind == "module"]
                if not 0 < len(callers) <= MOST_FRAMES:
                    break
                found: list[Frame | None] = []
                for caller in callers:
                    outer = self._frames_of(caller.call, (*chain, caller.scope)) if len(chain) < 4 else [caller.frame]
                    found += [self.frame(scope, caller.call, one, 2) for one in outer]
                    if len(found) > MOST_FRAMES:
                        break
                return found if len(found) <= MOST_FRAMES else [self.frame(scope, c.call, c.frame, 2) for c in callers]
            scope = scope.parent
        return [None]

    def _followed(self, scope: Scope, names: set[str]) -> set[str]:
        """Names with those from which a function makes them."""
        found = set(names)
        stack = [n for n in names if n in scope.bindings]
        while stack:
            for binding in scope.bindings[stack.pop()]:
                if binding.value is None or binding.how == "parameter":
                    continue
                for node in walk(binding.value):
                    if isinstance(node, ast.Name) and node.id not in found:
                        found.add(node.id)
                        if node.id in scope.bindings:
                            stack.append(node.id)
        return found

    def callers(self, scope: Scope) -> tuple[Site, ...]:
        """The calls of a function (or, for `__init__`, of its class and of those below it) in the program."""
        if id(scope) not in self._callers:
            name = scope.name.rpartition(".")[2]
            holder = scope.parent if scope.parent is not None and scope.parent.kind == "class" else None
            tails = {name}
            heirs: set[int] = set()
            if name == "__init__" and holder is not None:
                for heir in self._heirs(holder):
                    heirs.add(id(heir))
                    tails.add(heir.name.rpartition(".")[2])
            stands_for = {id(s) for s in self.overridden(scope)}
            found: dict[tuple[str, int, int, int], Site] = {}
            self._callers[id(scope)] = ()
            wanted = sorted(tails | self._aliases(tails))
            for module in self._callers_of(wanted):
                for last in wanted:
                    for call in module.by_tail.get(last, ()):
                        for one in self.resolved(call).options():
                            if isinstance(one, Func | Klass) and (one.scope is scope or id(one.scope) in heirs or (
                                    id(one.scope) in stands_for and _on_any(call, one))):
                                found.setdefault((module.path, *_order(call)), Site(call, one))
            self._callers[id(scope)] = tuple(found[key] for key in sorted(found))
        return self._callers[id(scope)]

    def handed(self, param: Param) -> Iterator[Value]:
        """What the callers of a function give to one of its parameters (of `__init__`: those who make the object); nothing
        where there are too many of them to say."""
        sites = self.callers(param.scope)
        if len(sites) > MOST_FRAMES:
            return
        for site in sites:
            given = self._given(param.name, param.scope, self.frame(param.scope, site.call, site.frame))
            if given is not None:
                yield from given.options()

    def _heirs(self, klass: Scope) -> list[Scope]:
        """A class and the local classes below it that have no `__init__` of their own."""
        found = [klass]
        for module in self.modules.values():
            for scope in module.scopes:
                if scope.kind == "class" and scope is not klass and "__init__" not in scope.bindings and any(
                        isinstance(one, Klass) and one.scope in found
                        for base in scope.node.bases        # type: ignore[attr-defined]
                        for one in self.value(base, scope.parent or scope).options()):
                    found.append(scope)
        return found

    def _implemented(self, klass: Scope, name: str) -> list[tuple[Scope, Scope]]:
        """The local classes that fill in a method which a class only names, with that method: those below it and, of a
        Protocol, those of its shape and those below them."""
        key = (id(klass), name)
        if key not in self._filled_in:
            self._filled_in[key] = []
            classes = [s for module in self.modules.values() for s in module.scopes if s.kind == "class" and s is not klass]
            above = [klass]
            if any(base in PROTOCOLS for base in self.bases(klass)):
                shape = Shape.of(klass)
                above += [scope for scope in classes if name in scope.bindings and shape.fits(scope)]
            for scope in classes:
                own = self._own_method(scope, name)
                if own is not None and not is_abstract(own) and any(one in above for one in (scope, *self.ancestors(scope))):
                    self._filled_in[key].append((scope, own))
        return self._filled_in[key]

    def heirs(self, klass: Scope) -> tuple[Scope, ...]:
        """The local classes below a class, over others too."""
        return tuple(s for module in self.modules.values() for s in module.scopes
                     if s.kind == "class" and klass in self.ancestors(s))

    def _own_method(self, klass: Scope, name: str) -> Scope | None:
        """A method that stands in a class itself."""
        return next((_child(klass, b.node) for b in klass.bindings.get(name, ()) if b.how == "function"), None)

    def ancestors(self, klass: Scope) -> tuple[Scope, ...]:
        """The local classes above a class, over others too."""
        known = self._ancestors.get(id(klass))
        if known is not None:
            return known
        found: dict[int, Scope] = {}
        waiting = [klass]
        while waiting:
            for above in self._named_above(waiting.pop()):
                if above is not klass and id(above) not in found:
                    found[id(above)] = above
                    waiting.append(above)
        if not self._busy:      # in the midst of another look a base may not be known yet
            self._ancestors[id(klass)] = tuple(found.values())
        return tuple(found.values())

    def _named_above(self, klass: Scope) -> Iterator[Scope]:
        """The local classes that a class names as its bases."""
        for base in getattr(klass.node, "bases", ()):
            node = base.value if isinstance(base, ast.Subscript) else base
            for one in self.value(node, klass.parent or klass).options():
                if isinstance(one, Klass):
                    yield one.scope

    def overridden(self, scope: Scope) -> tuple[Scope, ...]:
        """The methods of local classes that a method stands in for: who calls them on any object may mean it."""
        holder, name = scope.parent, scope.name.rpartition(".")[2]
        if scope.kind != "function" or holder is None or holder.kind != "class" or name == "__init__":
            return ()
        return tuple(own for above in self.ancestors(holder) if (own := self._own_method(above, name)) is not None)

    # Classes, functions ----------------------------------------------------------------------------------------

    def classes(self, *patterns: str) -> Iterator[Klass]:
        """The local classes that derive, over other local classes too, from a library's class of a pattern."""
        for module in self.modules.values():
            for scope in module.scopes:
                if scope.kind == "class" and any(matches(p, b) for b in self.bases(scope) for p in patterns):
                    yield Klass(scope.node, module, scope)

    def bases(self, scope: Scope, depth: int = 0) -> tuple[str, ...]:
        """The dotted names of the library classes above a local class."""
        if depth == 0 and id(scope) in self._bases:
            return self._bases[id(scope)]
        found: list[str] = []
        for base in getattr(scope.node, "bases", ()):
            node = base.value if isinstance(base, ast.Subscript) else base
            above = self.value(node, scope.parent or scope)
            for one in above.options():
                if isinstance(one, Outside):
                    found.append(one.name)
                elif isinstance(one, Klass) and depth < 6:
                    found += self.bases(one.scope, depth + 1)
        if depth == 0:
            self._bases[id(scope)] = tuple(found)
        return tuple(found)

    def decorators(self, scope: Scope) -> Iterator[tuple[str, ast.AST, Site | None]]:
        """The decorators of a function or class: dotted name ("" when not known), node, and the call if it is one."""
        for node in getattr(scope.node, "decorator_list", ()):
            func = node.func if isinstance(node, ast.Call) else node
            outer = _decorating(func, scope)
            for one in self.value(func, outer).options():
                name = one.name if isinstance(one, Outside) else ""
                site = Site(Call(node, outer, None), one) if isinstance(node, ast.Call) else None
                yield name, node, site

    def decorated(self, *patterns: str) -> Iterator[tuple[Scope, str, Site | None, Value | None]]:
        """Functions and classes under a decorator: scope, its dotted name, its call, and the object it is a method of."""
        tails = _tails(patterns)
        wanted = tails | self._aliases(tails)
        for module in self.modules.values():
            for last, scope, node in module.decorations:
                if last not in wanted and "*" not in tails:
                    continue
                func = node.func if isinstance(node, ast.Call) else node
                outer = _decorating(func, scope)
                for one in self.value(func, outer).options():
                    if isinstance(one, Outside) and any(matches(p, one.name) for p in patterns):
                        site = Site(Call(node, outer, scope.within), one) if isinstance(node, ast.Call) else None
                        yield scope, one.name, site, one.owner

    def assigned(self, of: Value, name: str) -> list[tuple[Value, int, str]]:
        """What is assigned, appended or extended to an attribute of an object after it was made:
        value, line, file. The object is told by what its name was bound to."""
        found: list[tuple[Value, int, str]] = []
        for module in self.modules.values():
            for target, value, scope in module.attributes_by_name.get(name, ()):
                if self._same(self.value(target.value, scope), of):
                    found.append((self.value(value, scope), module.line(target), module.path))
            for verb, owner, call in module.added_to.get(name, ()):
                if call.node.args and self._same(self.value(owner, call.scope), of):
                    given = self.value(call.node.args[-1], call.scope)
                    if verb == "append":
                        given = Many(given.node, given.module, (given,), whole=False)
                    found.append((given, module.line(call.node), module.path))
        return found

    def _same(self, a: Value, b: Value) -> bool:
        keys = {one.key for one in b.options() if isinstance(one, Made)}
        return any(isinstance(one, Made) and one.key in keys for one in a.options())

    def refs(self, scope: Scope) -> tuple[Scope, ...]:
        """The local functions and classes that a scope's own code (with what is defined inside it) names."""
        known = self._refs.get(id(scope))
        if known is not None:
            return known
        found: dict[int, Scope] = {}
        stack = [scope]
        while stack:
            here = stack.pop()
            if here.kind != "module":
                stack += here.children
            for name in sorted(here.loads):
                for one in self._load(name, here).options():
                    if isinstance(one, Func | Klass) and one.scope is not here:
                        found[id(one.scope)] = one.scope
                    elif isinstance(one, Made) and isinstance(one.of, Klass):
                        found[id(one.of.scope)] = one.of.scope
        self._refs[id(scope)] = tuple(found.values())
        return self._refs[id(scope)]

    def _load(self, name: str, scope: Scope) -> Value:
        key = (name, id(scope))
        if key not in self._resolved:
            first, *rest = name.split(".")
            value = self.name(first, scope)
            for part in rest[:4]:
                if isinstance(value, Unknown | Param):
                    break
                value = self.attribute(value, part, None, scope.module)
            self._resolved[key] = value
        return self._resolved[key]


def written_for(name: str, scope: Scope, call: ast.Call) -> ast.expr | None:
    """The expression that a call of a function writes for one of its parameters, by name or by place; None where it writes
    none that can be told."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    names = _positional(scope)
    place = names.index(name) if name in names else len(call.args)
    spread = any(isinstance(a, ast.Starred) for a in call.args[: place + 1])
    return call.args[place] if place < len(call.args) and not spread else None


def _positional(scope: Scope) -> list[str]:
    """The parameters of a function that a call may give by place, without the object itself."""
    args = getattr(scope.node, "args", None)
    names = [a.arg for a in (*args.posonlyargs, *args.args)] if isinstance(args, ast.arguments) else []
    return names[1:] if scope.self_name and names[:1] == [scope.self_name] else names


def text_of(value: Value | None) -> str | None:
    """The text of a value that is a known text, or None; of a partly known one, None."""
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def root_of(value: Value | None) -> Made | None:
    """The object behind a chain of method calls: of `StateGraph(S).add_node(..).compile()` the `StateGraph(S)`."""
    here = value
    for _ in range(200):
        if isinstance(here, Made) and isinstance(here.of, Outside) and here.of.owner is not None:
            here = here.of.owner
        elif isinstance(here, Outside) and here.owner is not None:
            here = here.owner
        else:
            break
    return here if isinstance(here, Made) else None


@lru_cache(maxsize=8192)
def _tails(patterns: tuple[str, ...]) -> frozenset[str]:
    return frozenset(p.rpartition(".")[2] for p in patterns)


@lru_cache(maxsize=8192)
def _ends(pattern: str) -> tuple[str, str] | None:
    """Beginning and end of a pattern with one `**` between whole names, `a.**.b`; None for any other."""
    first, middle, last = pattern.partition(".**.")
    return (first, last) if middle and "*" not in first and "*" not in last else None


@lru_cache(maxsize=8192)
def _pattern(pattern: str) -> re.Pattern[str]:
    names = pattern.split(".")
    parts = ["(?:[^.]+\\.)*" if p == "**" else re.escape(p).replace("\\*", "[^.]+" if p == "*" else "[^.]*") + "\\."
             for p in names]
    return re.compile("".join(parts).removesuffix("\\.") if names[-1] not in ("*", "**") else "".join(parts[:-1]) + ".*")


@lru_cache(maxsize=200_000)
def matches(pattern: str, name: str) -> bool:
    """Whether a dotted name fits a pattern; `**` is any number of names, `*` one name (at the end: any)."""
    ends = _ends(pattern)
    if ends is not None:
        first, last = ends
        return name.startswith(f"{first}.") and name.endswith(f".{last}") and len(name) > len(first) + len(last)
    return _pattern(pattern).fullmatch(name) is not None if "*" in pattern else pattern == name


def _written(value: Value) -> str | None:
    if isinstance(value, Const) and isinstance(value.value, str):
        return value.value
    return value.text if isinstance(value, Text) else None


def _piped(value: Value) -> tuple[Value, ...]:
    return value.items if isinstance(value, Many) else (value,)


def _either(values: list[Value], node: ast.AST | None, module: Module | None) -> Value:
    if len(values) == 1 and not isinstance(values[0], Either):
        return values[0]
    flat = list({id(one): one for value in values for one in value.options()}.values())
    chosen = [v for v in flat if not isinstance(v, Unknown)][:MOST_OPTIONS] or flat[:1]
    if len(chosen) < len(flat) and any(isinstance(v, Unknown) for v in flat):       # it may be something else altogether
        chosen = [replace(v, whole=False) if isinstance(v, Many | Table) else v for v in chosen]
    if not chosen:
        return Unknown(node, module)
    return chosen[0] if len(chosen) == 1 else Either(node, module, tuple(chosen))


def _decorating(func: ast.AST, scope: Scope) -> Scope:
    """Where a decorator's name is read: `@crew def crew(self)` in a class means the name outside of the class."""
    outer = scope.parent or scope
    first = func
    while isinstance(first, ast.Attribute):
        first = first.value
    if isinstance(first, ast.Name) and outer.kind == "class" and outer.parent is not None and all(
            b.how == "function" and getattr(b.node, "lineno", 0) >= scope.line for b in outer.bindings.get(first.id, ())):
        return outer.parent
    return outer


def _on_any(call: Call, called: Value) -> bool:
    """Whether a method is called on an object of which only a class is known, which may be one below it."""
    owner, func = getattr(called, "owner", None), call.node.func
    on_super = isinstance(func, ast.Attribute) and isinstance(func.value, ast.Call) and tail(func.value.func) == "super"
    return isinstance(owner, Made) and owner.site is None and not on_super


def _of_heir(func: Func, value: Value) -> Value:
    """What an inherited class method makes of its own class: `Child.load()` gives a Child though `load` is Base's."""
    if isinstance(value, Made) and isinstance(value.of, Klass) and isinstance(func.owner, Klass) \
            and value.of.scope is func.scope.parent and func.owner.scope is not value.of.scope:
        return replace(value, of=func.owner)
    return value


def _bindings(scope: Scope, name: str) -> list[Binding]:
    """How a scope binds a name; the loop variable of a comprehension is only the comprehension's."""
    inner = scope.module.inner
    return [b for b in scope.bindings[name] if id(b.node) not in inner] if inner else scope.bindings[name]


def _unpacked(values: list[Value], way: tuple[int, ...]) -> list[Value]:
    """What stands at a place of some tuples."""
    for n in way:
        values = [one.items[n] for value in values for one in value.options() if isinstance(one, Many) and n < len(one.items)]
    return values


def _calls_on(scope: Scope, name: str, verbs: tuple[str, ...]) -> Iterator[Call]:
    """The calls of methods on what a name of a scope stands for."""
    for verb in verbs:
        for call in scope.module.methods_on.get((verb, name), ()):
            if _sees(call.scope, scope, name):
                yield call


def _puts_into(scope: Scope, name: str) -> Iterator[tuple[ast.Subscript, ast.AST, Scope]]:
    """The assignments `name[key] = value` to what a name of a scope stands for."""
    return (row for row in scope.module.puts.get(name, ()) if _sees(row[2], scope, name))


def _spread(value: Value) -> tuple[list[Value], bool]:
    """The items of what extends a list, and whether there can be no others."""
    lists = [one for one in value.options() if isinstance(one, Many)]
    return [item for one in lists for item in one.items], bool(lists) and all(
        isinstance(one, Many) and one.whole for one in value.options())


def _looked(table: Table, key: Value) -> Value | None:
    """What a table holds under a known key; what was put in last counts."""
    if not isinstance(key, Const):
        return None
    return next((v for k, v in reversed(table.items) if isinstance(k, Const) and k.value == key.value), None)


def _is_enum(bases: tuple[str, ...]) -> bool:
    return any(base.startswith("enum.") for base in bases)


def _order(call: Call) -> tuple[int, int, int]:
    """Where a reader meets a call: at the name that is called, which in a chain is not where the expression starts."""
    func = call.node.func
    return call.line, func.end_col_offset or 0, func.col_offset


def _some(node: ast.AST, module: Module, items: tuple[Value, ...], whole: bool) -> Many:
    """A list put together of others, cut where it grows too long."""
    return Many(node, module, items[:MOST_ITEMS], whole and len(items) <= MOST_ITEMS)


def _child(scope: Scope, node: ast.AST) -> Scope | None:
    return scope.module.scope_of(node)


def _default(node: ast.AST, name: str) -> ast.AST | None:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    for arg, default in zip(reversed(positional), reversed(args.defaults), strict=False):
        if arg.arg == name:
            return default
    for arg, given in zip(args.kwonlyargs, args.kw_defaults, strict=False):
        if arg.arg == name:
            return given
    return None


def _returns(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """The expressions a function returns or yields (a context manager's), not those of functions inside it."""
    stack: list[ast.AST] = list(reversed(node.body))
    while stack:
        here = stack.pop()
        if isinstance(here, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(here, (ast.Return, ast.Yield)) and here.value is not None:
            yield here.value
            continue
        for value in here.__dict__.values():
            if type(value) is list:
                stack += [v for v in reversed(value) if isinstance(v, (ast.stmt, ast.ExceptHandler, ast.match_case))]
            elif isinstance(value, (ast.Yield, ast.Await)) and isinstance(here, ast.Expr):
                stack.append(value)


def _sees(inner: Scope, outer: Scope, name: str) -> bool:
    """Whether a name read in a scope is the one bound in another."""
    here: Scope | None = inner
    while here is not None:
        if here is outer:
            return True
        if name in here.bindings:
            return False
        here = here.parent
    return False


def _self_above(scope: Scope) -> str:
    here: Scope | None = scope
    while here is not None:
        if here.self_name:
            return here.self_name
        here = here.parent
    return "self"


def _above(folder: str) -> Iterator[str]:
    while folder:
        folder = folder.rpartition("/")[0]
        yield folder


def _package(module: Module) -> str:
    return module.name if module.is_package else module.name.rpartition(".")[0]


def _absolute(base: str, near: Module) -> str:
    """`..tools` seen from a module, as a dotted name below the folder."""
    level = len(base) - len(base.lstrip("."))
    parts = near.path.removesuffix(".py").split("/")[:-1]
    parts = parts[: max(0, len(parts) - (level - 1))]
    rest = base.lstrip(".")
    return ".".join([*parts, *([rest] if rest else [])])


def name_of(path: str) -> tuple[str, bool]:
    """The dotted name of a file below the folder, and whether it is a package's `__init__`."""
    stem = path.rpartition(".")[0]
    package = stem == "__init__" or stem.endswith("/__init__")
    if package:
        stem = stem.removesuffix("__init__").rstrip("/")
    return stem.replace("/", "."), package


__all__ = ["Mapping", "Program", "matches", "name_of", "root_of", "text_of", "written_for"]
