"""What the code of a folder does to the world: library calls with a known meaning, and who reaches them.

`calls.yaml` says what a library's call means. A `Deed` is one such call at its place; `deeds(scope)` are those
that a function does itself or by the local functions it names, two hops deep.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from auditkit.sources.inspection.sketch import Home, Place
from auditkit.syntax.python.module import Call, Module, Scope
from auditkit.syntax.python.program import Program, matches
from auditkit.syntax.python.values import Const, Either, Env, Made, Outside, Site, Text, Value

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
    rows = yaml.load((files(__package__) / "calls.yaml").read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    table: dict[str, list[Meaning]] = {}
    for row in rows:
        extra = tuple(sorted((k, v) for k, v in row.items() if k not in ("calls", "kind", "effect", "vendor", "by")))
        for pattern in row["calls"]:
            meaning = Meaning(pattern, row["kind"], row.get("effect", ""), row.get("vendor", ""), row.get("by", ""), extra)
            table.setdefault(pattern.rpartition(".")[2], []).append(meaning)
    return {tail: tuple(found) for tail, found in table.items()}


@lru_cache(maxsize=100_000)
def meaning_of(name: str) -> Meaning | None:
    """What a call of a dotted name means, or None when the table does not know it. The longest pattern wins."""
    table = meanings()
    found = [m for m in (*table.get(name.rpartition(".")[2], ()), *table.get("*", ()), *table.get("**", ()))
             if matches(m.pattern, name)]
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
            wild = "*" in known and any(_root(b.dotted) in roots for _, b in module.imports)
            for call in module.calls:
                func = call.node.func
                last = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
                if not wild and last not in known and last not in self._renamed(module):
                    continue
                for site, meaning in self._meant(call):
                    table.setdefault(id(call.scope), []).append(Deed(meaning, site, self._effect(meaning, site)))
        return table

    def _renamed(self, module: Module) -> frozenset[str]:
        return _renamed_in(module)

    def _meant(self, call: Call) -> Iterator[tuple[Site, Meaning]]:
        for one in self.program.resolved(call).options():
            if isinstance(one, Outside):
                meaning = meaning_of(one.name)
                if meaning is not None:
                    yield Site(call, one), meaning
                    return

    def _effect(self, meaning: Meaning, site: Site) -> str:
        match meaning.by:
            case "method":
                method = self.program.arg(site, 0, "method")
                return _http(str(method.value)) if isinstance(method, Const) else ""
            case "sql":
                text = self.program.arg(site, 0, "query", "sql", "statement", "operation")
                return sql_effect(_text(text)) or ""
            case "mode":
                mode = self.program.arg(site, 1, "mode")
                said = mode.value if isinstance(mode, Const) else "r"
                return "write" if isinstance(said, str) and set(said) & set("wax+") else "read"
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
                    found += [Deed(d.meaning, d.site, d.effect, hop) for d in self.own(here)]
                    for target in self.program.refs(here):
                        inner = target
                        if inner.kind == "class":       # naming a class runs its __init__ and what is called on it
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

    def reach(self, scopes: Iterable[Scope], hops: int = 40) -> dict[int, Scope]:
        """All local scopes that some scopes can get to, themselves included, by identity."""
        found = {id(s): s for s in scopes}
        layer = list(found.values())
        for _ in range(hops):
            following = []
            for here in layer:
                targets = [*self.program.refs(here), *(here.children if here.kind != "module" else ())]
                for target in targets:
                    if id(target) not in found:
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


_SQL = re.compile(r"(?is)^\s*(?:(?:--[^\n]*\n|/\*.*?\*/)\s*)*(?:with\b.*?\)\s*)?"
                  r"(select|show|describe|explain|pragma|insert|update|delete|drop|truncate|alter|create|merge|replace|upsert|grant|revoke|copy)\b")
_SQL_EFFECTS = {"select": "read", "show": "read", "describe": "read", "explain": "read", "pragma": "read", "delete": "delete",
                "drop": "delete", "truncate": "delete", "grant": "access", "revoke": "access"}


def sql_effect(text: str | None) -> str | None:
    """What an SQL statement does, by its verb; None when it is not known."""
    found = _SQL.match(text[:4000]) if text else None
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


def _root(dotted: str) -> str:
    return dotted.partition(":")[0].partition(".")[0]


def _renamed_in(module: Module) -> frozenset[str]:
    """Names under which a module imports something that the table knows by another name."""
    found = module.__dict__.get("_renamed")
    if found is None:
        known = meanings()
        found = frozenset(name for name, b in module.imports
                          if (last := b.dotted.rpartition(":")[2].rpartition(".")[2]) != name and last in known)
        module.__dict__["_renamed"] = found
    return found


__all__ = ["Code", "Deed", "Either", "Meaning", "home_of", "meaning_of", "meanings", "place_of", "sql_effect", "words_of"]
