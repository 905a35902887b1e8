"""What the code of a folder does to the world: library calls with a known meaning, and who reaches them.

`calls.yaml` says what a library's call means. A `Deed` is one such call at its place; `deeds(scope)` are those
that a function does itself or by the local functions it names, two hops deep.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from auditkit.sources.inspection.commands import asks, command_effect
from auditkit.sources.inspection.model_addresses import asked_at
from auditkit.sources.inspection.sketch import Home, Place
from auditkit.sources.inspection.verbs import verb_effect
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Call, Module, Scope, tail
from auditkit.syntax.python.program import Program, matches, root_of
from auditkit.syntax.python.values import Const, Either, Env, Made, Many, Outside, Param, Site, Text, Unknown, Value
from auditkit.syntax.tables import read_table

HOPS = 3
"""How many local calls deep a deed still counts as the function's own."""


@dataclass(frozen=True)
class Meaning:
    """What a library's call does: `kind` (model, human, http, database, message, money, file, execute, search,
    cloud, mcp, store, retry, log), its `effect` in the vocabulary's words, the outside system, and how the
    effect depends on the arguments (`by`: method, sql, mode)."""

    pattern: str
    kind: str
    effect: str = ""
    vendor: str = ""
    by: str = ""
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def root(self) -> str:
        """The first name of its pattern."""
        return self.pattern.partition(".")[0]

    def option(self, name: str) -> Any:
        """A further column of the table, or None."""
        return dict(self.options).get(name)


@dataclass(frozen=True, eq=False)
class Deed:
    """One call with a known meaning, where it stands, and how many local calls away it was found."""

    meaning: Meaning
    site: Site
    effect: str
    hops: int = 0
    vendor: str = ""
    """The outside system: the table's word, or the service that the client was made for."""

    @property
    def kind(self) -> str:
        """What sort of call it is."""
        return self.meaning.kind

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.site.path, self.site.line)


@lru_cache(maxsize=1)
def meanings() -> dict[str, tuple[Meaning, ...]]:
    """The rows of `calls.yaml` by the last name of their pattern ("*" for any)."""
    table: dict[str, list[Meaning]] = {}
    for row in read_table(Path(__file__).with_name("calls.yaml")):
        extra = tuple(sorted((k, v) for k, v in row.items() if k not in ("calls", "under", "kind", "effect", "vendor", "by")))
        for pattern in (f"{u}.{c}" for u in row["under"] for c in row["calls"]) if "under" in row else row["calls"]:
            meaning = Meaning(pattern, row["kind"], row.get("effect", ""), row.get("vendor", ""), row.get("by", ""), extra)
            table.setdefault(pattern.rpartition(".")[2], []).append(meaning)
    return {tail: tuple(found) for tail, found in table.items()}


@lru_cache(maxsize=100_000)
def meaning_of(name: str) -> Meaning | None:
    """What a call of a dotted name means, or None when the table does not know it. The longest pattern wins."""
    table = meanings()
    root = name.partition(".")[0]
    found = [
        m
        for m in (*table.get(name.rpartition(".")[2], ()), *table.get("*", ()), *table.get("**", ()))
        if (m.root == root or "*" in m.root) and matches(m.pattern, name)
    ]
    return max(found, key=lambda m: (len(m.pattern.replace("*", "")), m.pattern), default=None)


class Code:
    """One program with its deeds."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._reached: dict[int, tuple[Deed, ...]] = {}

    @cached_property
    def by_scope(self) -> dict[int, list[Deed]]:
        """The deeds that stand in each function, class or module, by the scope's identity."""
        table: dict[int, list[Deed]] = {}
        known = meanings()
        roots = _roots()
        for module in self.program.modules.values():
            imported = {_root(b.dotted) for _, b in module.imports}
            wild = "*" in known and bool(imported & roots)
            callables = bool(imported & _callable_roots())
            for call in module.calls:
                func = call.node.func
                last = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
                named = wild or last in known or last in self._renamed(module) or (callables and _object(call))
                if not named and not is_shaped(call):
                    continue
                for site, meaning in self._meant(call):
                    deed = Deed(meaning, site, self._effect(meaning, site), 0, self._vendor(meaning, site))
                    table.setdefault(id(call.scope), []).append(deed)
        return table

    def _renamed(self, module: Module) -> frozenset[str]:
        return _renamed_in(module)

    def _meant(self, call: Call) -> Iterator[tuple[Site, Meaning]]:
        resolved = unknown = False
        for one in self.program.resolved(call).options():
            if isinstance(one, Made) and one.name:  # an object that is called: `llm(prompt)`
                one = Outside(one.node, one.module, f"{one.name}.__call__", one)
            if isinstance(one, Outside):
                resolved = resolved or not one.name.startswith(_OPEN)
                meaning = meaning_of(one.name)
                if meaning is not None and self._fits(meaning, call):
                    yield Site(call, one), self._asks_model(meaning, Site(call, one)) or meaning
                    return
                unknown = unknown or (meaning is None and _root(one.name) not in _known_roots())
            elif not isinstance(one, Unknown | Param):
                resolved = True
        guessed = list(self._guessed(call)) if not resolved else []
        if not guessed and (unknown or not resolved) and is_shaped(call):
            name = f"{SHAPED}{tail(call.node.func)}"
            guessed = [(Site(call, Outside(call.node.func, call.scope.module, name)), _SOME_MODEL)]
        yield from guessed

    def _asks_model(self, meaning: Meaning, site: Site) -> Meaning | None:
        """What a plain HTTP call means that is sent to where a vendor's model answers."""
        if meaning.kind != "http" or site.name.rpartition(".")[2] not in ("post", "stream", "request"):
            return None
        places = (0, 1) if meaning.by == "method" else (0,)
        given = [_text(self.program.arg(site, at, "url")) for at in places]
        vendor = next((found for address in given if (found := asked_at(address)) is not None), None)
        if vendor is None:
            return None     # a vendor by HTTP has limits of its own: it is another system than the vendor's client
        return Meaning(meaning.pattern, "model", "", f"{vendor}_http", options=(("by_address", True),))

    def _fits(self, meaning: Meaning, call: Call) -> bool:
        """Whether a call gives one of the arguments by which the table tells it from a namesake."""
        needs = meaning.option("needs")
        return not needs or any(k.arg in needs or k.arg is None for k in call.node.keywords)

    def _guessed(self, call: Call) -> Iterator[tuple[Site, Meaning]]:
        """What a call on an object that is not known means: the objects of a piped chain, the end of a long chain
        (`service.users().messages().send(..)`), or a receiver that is called a model."""
        func = call.node.func
        if not isinstance(func, ast.Attribute):
            return
        if func.attr in _ASKING:
            for one in self.program.value(func.value, call.scope).options():
                for part in reversed(one.items) if isinstance(one, Many) else ():
                    name = f"{part.name}.{func.attr}" if isinstance(part, Made) and part.name else ""
                    if name and (meaning := meaning_of(name)) is not None:
                        yield Site(call, Outside(func, call.scope.module, name, part)), meaning
                        return
        names = _chain(func)
        for n in range(max(0, len(names) - 4), len(names)):
            name = ".".join(("~", *names[n:]))
            meaning = meaning_of(name)
            if meaning is not None and self._fits(meaning, call):
                yield Site(call, Outside(func, call.scope.module, name)), meaning
                return
        if func.attr in _ASKING and _MODEL_NAME.search(tail(func.value)):
            yield Site(call, Outside(func, call.scope.module, f"~.{tail(func.value)}.{func.attr}")), _SOME_MODEL

    def _vendor(self, meaning: Meaning, site: Site) -> str:
        """The outside system: the argument of the client's constructor when the table says so, else the table's word."""
        at = meaning.option("service")
        if at is None:
            return meaning.vendor
        root = root_of(site.callee)
        given = self.program.arg(root.site, at, "service_name") if root is not None and root.site is not None else None
        name = next((str(c.value) for c in words_of(given)), "")
        return name.partition("-")[0] if name.startswith("bedrock") else name or meaning.vendor

    def _effect(self, meaning: Meaning, site: Site) -> str:
        match meaning.by:
            case "method":
                method = self.program.arg(site, 0, "method")
                found = _http(str(method.value)) if isinstance(method, Const) else ""
                url = _text(self.program.arg(site, 1, "url"))
                return "read" if found == "write" and url is not None and asks(url) else found
            case "sql":
                text = self.program.arg(site, 0, "query", "sql", "statement", "operation")
                return sql_effect(_text(text)) or ""
            case "mode":
                mode = self.program.arg(site, 0 if site.name.startswith("pathlib.") else 1, "mode")
                said = mode.value if isinstance(mode, Const) else "r"
                return "write" if isinstance(said, str) and set(said) & set("wax+") else "read"
            case "url":
                url = _text(self.program.arg(site, 0, "url"))
                return "read" if url is not None and asks(url) else meaning.effect
            case "command":
                return command_effect(self.program.arg(site, 0, "args", "cmd", "command")) or meaning.effect
            case "literal":
                code = self.program.arg(site, 0)
                return "none" if isinstance(code, Const) else meaning.effect
            case "verb":
                return verb_effect(site.name.rpartition(".")[2])
        return meaning.effect

    @property
    def all(self) -> Iterator[tuple[Scope, Deed]]:
        """Every deed of the program with the scope it stands in, in order."""
        for module in self.program.modules.values():
            for scope in module.scopes:
                for deed in self.by_scope.get(id(scope), ()):
                    yield scope, deed

    def own(self, scope: Scope) -> Iterator[Deed]:
        """The deeds in a function's own body, with those of functions defined in it."""
        yield from self.by_scope.get(id(scope), ())
        if scope.kind != "module":
            for child in scope.children:
                yield from self.own(child)

    def deeds(self, scope: Scope, hops: int = HOPS) -> tuple[Deed, ...]:
        """The deeds that a function does itself or by local functions it names."""
        if hops != HOPS or id(scope) not in self._reached:
            found: list[Deed] = []
            seen = {id(scope)}
            layer = [scope]
            for hop in range(hops + 1):
                following: list[Scope] = []
                for here in layer:
                    found += [Deed(d.meaning, d.site, d.effect, hop, d.vendor) for d in self.own(here)]
                    for target in self.program.refs(here):
                        inner = target
                        if inner.kind == "class":  # naming a class runs its __init__ and what is called on it
                            inner = next((c for c in target.children if c.name.endswith(".__init__")), target)
                        if id(inner) not in seen:
                            seen.add(id(inner))
                            following.append(inner)
                layer = following
            if hops != HOPS:
                return tuple(found)
            self._reached[id(scope)] = tuple(found)
        return self._reached[id(scope)]

    def does(self, scope: Scope, kind: str, hops: int = HOPS) -> Deed | None:
        """The nearest deed of a kind that a function reaches, or None."""
        return next((d for d in self.deeds(scope, hops) if d.kind == kind), None)

    def reach(self, scopes: Iterable[Scope], hops: int = 40, beyond: Collection[int] = ()) -> dict[int, Scope]:
        """All local scopes that some scopes can get to, themselves included, by identity; `beyond` are scopes at which
        the way ends."""
        found = {id(s): s for s in scopes}
        layer = list(found.values())
        for _ in range(hops):
            following = []
            for here in layer:
                targets = [*self.program.refs(here), *(here.children if here.kind != "module" else ())]
                for target in targets:
                    if id(target) not in found and id(target) not in beyond:
                        found[id(target)] = target
                        following.append(target)
            if not following:
                break
            layer = following
        return found


def home_of(scope: Scope) -> Home:
    """The home that items in a scope have."""
    return Home(scope.module.path, scope.name)


def place_of(value: Value | Site | Scope) -> Place:
    """Where a value, a call or a definition stands."""
    if isinstance(value, Scope):
        return Place(value.module.path, value.module.line(value.line))
    return Place(value.path, value.line)


def words_of(value: Value | None) -> Iterator[Const]:
    """The literal texts a value may have: itself, the default of an environment variable, each of several."""
    if value is None:
        return
    for one in value.options():
        if isinstance(one, Const) and isinstance(one.value, str):
            yield one
        elif isinstance(one, Env) and one.otherwise is not None:
            yield from words_of(one.otherwise)


_SQL = later(
    r"(?is)^\s*(?:(?:--[^\n]*\n|/\*.*?\*/)\s*)*(?:with\b.*?\)\s*)?"
    r"(select|show|describe|explain|pragma|insert|update|delete|drop|truncate|alter|create|merge|replace|upsert|grant|revoke|copy)\b"
)
_SQL_EFFECTS = {
    "select": "read",
    "show": "read",
    "describe": "read",
    "explain": "read",
    "pragma": "read",
    "delete": "delete",
    "drop": "delete",
    "truncate": "delete",
    "grant": "access",
    "revoke": "access",
}


_SET_UP = later(
    r"(?is)create\s+(?:unique\s+|virtual\s+|temp\s+|temporary\s+)?(?:table|index|extension|schema|database|type)\s[^;]*;?\s*$"
)


def sql_effect(text: str | None) -> str | None:
    """What an SQL statement does, by its verb; None when it is not known."""
    found = _SQL.match(text[:4000]) if text else None
    if found and _SET_UP.match(text[found.start(1) : 4000] if text else ""):
        return "none"  # what is made ready for use changes nothing that is there
    return _SQL_EFFECTS.get(found[1].lower(), "write") if found else None


def _http(method: str) -> str:
    return {"get": "read", "head": "read", "options": "read", "delete": "delete"}.get(method.lower(), "write")


def _text(value: Value | None) -> str | None:
    for one in value.options() if value is not None else ():
        if isinstance(one, Const) and isinstance(one.value, str):
            return one.value
        if isinstance(one, Text):
            return one.text
        if isinstance(one, Made) and one.name.endswith(".text") and one.site is not None and one.site.node.args:
            first = one.site.node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                return first.value
    return None


@lru_cache(maxsize=1)
def _roots() -> frozenset[str]:
    return frozenset(m.pattern.partition(".")[0] for m in meanings().get("*", ()))


@lru_cache(maxsize=1)
def _callable_roots() -> frozenset[str]:
    """Libraries some of whose objects are called themselves."""
    return frozenset(m.pattern.partition(".")[0].partition("*")[0].rstrip("_") for m in meanings().get("__call__", ()))


def _object(call: Call) -> bool:
    """Whether what is called may be an object: a name that was assigned, or an attribute of `self`."""
    func = call.node.func
    if isinstance(func, ast.Attribute):
        holder = call.scope.holder
        return (
            isinstance(func.value, ast.Name)
            and func.value.id == "self"
            and holder is not None
            and not any(b.how == "function" for b in holder.bindings.get(func.attr, ()))
        )
    if not isinstance(func, ast.Name):
        return False
    here: Scope | None = call.scope
    while here is not None:
        if func.id in here.bindings:
            return any(b.how in ("value", "parameter", "import") for b in here.bindings[func.id])
        here = here.parent
    return False


_ASKING = frozenset(
    (
        "invoke",
        "ainvoke",
        "stream",
        "astream",
        "batch",
        "abatch",
        "complete",
        "acomplete",
        "achat",
        "generate",
        "agenerate",
        "stream_complete",
        "stream_chat",
        "astream_chat",
        "apredict",
    )
)
_OPEN = ("module:", "builtins.", "langchain_core.runnables.RunnableSequence.")
"""Beginnings of names that do not tell which object is meant: a file, a list, the parts of a piped chain."""
_MODEL_NAME = later(r"(?i)(?:^|_)(?:llm|llms|chat_?model|language_model)(?:$|_)|^(?:model|chat)$")
_SOME_MODEL = Meaning("~", "model")
SHAPED = "~shaped."
"""What the name of a call begins with that is known by its form alone."""
_VERB = later(
    r"^_?a?(?:stream_?)?(?:chat|complet\w*|(?:create_|get_)?(?:a?chat_?)?complet\w*|generat\w*|respon[ds]\w*|create_\w*|ask|query|"
    r"(?:call|run|query|ask|invoke|get)_?(?:llm|model|openai|gpt|ai|chat)\w*|(?:llm|model|gpt|chat)_\w+|invoke|predict|infer\w*)$"
)
"""What a function is called that asks a model for an answer."""
_OURS = ("openai", "instructor", "litellm", "anthropic", "azure", "together", "groq")
"""Libraries that are known and whose calls may have names that the table does not know."""


def is_shaped(call: Call) -> bool:
    """Whether a call hands over a conversation, `messages=[{"role": .., "content": ..}]`, and is called like a question."""
    given = next((k.value for k in call.node.keywords if k.arg == "messages"), None)
    return given is not None and _VERB.match(tail(call.node.func)) is not None and _conversation(given, call.scope)


def _conversation(node: ast.AST, scope: Scope, depth: int = 0) -> bool:
    """Whether an expression is a list of messages, as far as is written here: literal, or built in the same function."""
    if any(_message(n) for n in ast.walk(node)):
        return True
    if isinstance(node, ast.BinOp):
        return any(_conversation(side, scope, depth) for side in (node.left, node.right))
    name = node.id if isinstance(node, ast.Name) else None
    if name is None or depth > 2:
        return False
    if any(b.value is not None and _conversation(b.value, scope, depth + 1) for b in scope.bindings.get(name, ())):
        return True
    added = (c for verb in ("append", "extend", "insert") for c in scope.module.by_tail.get(verb, ()) if c.scope is scope)
    return any(
        isinstance(c.node.func, ast.Attribute)
        and isinstance(c.node.func.value, ast.Name)
        and c.node.func.value.id == name
        and any(_message(n) for a in c.node.args for n in ast.walk(a))
        for c in added
    )


def _message(node: ast.AST) -> bool:
    """Whether an expression is one message of a conversation: a dict with `role` and `content`."""
    return isinstance(node, ast.Dict) and {"role", "content"} <= {k.value for k in node.keys if isinstance(k, ast.Constant)}


@lru_cache(maxsize=1)
def _known_roots() -> frozenset[str]:
    """The first names of libraries of which the table knows calls, but for clients of models."""
    return frozenset(m.root for rows in meanings().values() for m in rows) - frozenset(_OURS)
"""A call on something whose name says that it is a model."""


def _chain(func: ast.Attribute) -> list[str]:
    """The names of a chain of attributes and calls below its first object."""
    names: list[str] = []
    here: ast.AST = func
    for _ in range(12):
        if isinstance(here, ast.Attribute):
            names.append(here.attr)
            here = here.value
        elif isinstance(here, ast.Call):
            here = here.func
        elif isinstance(here, ast.Await):
            here = here.value
        else:
            break
    return names[::-1]


def _root(dotted: str) -> str:
    return dotted.partition(":")[0].partition(".")[0]


def _renamed_in(module: Module) -> frozenset[str]:
    """Names under which a module imports something that the table knows by another name."""
    found = module.__dict__.get("_renamed")
    if found is None:
        known = meanings()
        found = frozenset(
            name
            for name, b in module.imports
            if (last := b.dotted.rpartition(":")[2].rpartition(".")[2]) != name and last in known
        )
        module.__dict__["_renamed"] = found
    return found


__all__ = ["Code", "Deed", "Either", "Meaning", "home_of", "meaning_of", "meanings", "place_of", "sql_effect", "words_of"]
