"""Small programs written in a test, and what the evaluator says of them."""

from __future__ import annotations

import ast
from typing import Any

from auditkit.syntax.python.program import Program
from auditkit.syntax.python.reading import read_module
from auditkit.syntax.python.values import (
    Const,
    Either,
    Env,
    Func,
    Klass,
    Made,
    Many,
    Outside,
    Param,
    Site,
    Table,
    Text,
    Value,
)

UNKNOWN = "?"
REST = "..."
"""Stands at the end of a list or dict that may hold more than was seen."""


def program(files: str | dict[str, str]) -> Program:
    """The program of some files; a text alone is `app.py`."""
    given = {"app.py": files} if isinstance(files, str) else files
    return Program([read_module(path, text) for path, text in given.items()])


def plain(value: Value | None) -> Any:
    """A value as plain data: constants as they are, several possible ones as a set, names as `<name>`."""
    match value:
        case None:
            return None
        case Const():
            return value.value
        case Text():
            return f"~{value.text}"
        case Env():
            return ("env", value.name, plain(value.otherwise))
        case Many():
            return [*map(plain, value.items), *([] if value.whole else [REST])]
        case Table():
            return {**{_key(plain(k)): plain(v) for k, v in value.items}, **({} if value.whole else {REST: REST})}
        case Either():
            return {_key(plain(one)) for one in value.of}
        case Made():
            return f"<{value.name or plain(value.of)}>"
        case Func() | Klass():
            return f"<{value.scope.name}>"
        case Outside():
            return f"<{value.name}>"
        case Param():
            return f"<param {value.name}>"
    return UNKNOWN


def _key(given: Any) -> Any:
    return repr(given) if isinstance(given, list | dict | set) else given


def sites(files: str | dict[str, str], pattern: str = "lib.**.*") -> list[tuple[int, str]]:
    """Line and name of the calls that fit a pattern."""
    return [(s.line, s.name) for s in program(files).sites(pattern)]


def args_of(here: Program, site: Site) -> list[Any]:
    """What a call is given: the positional arguments, then the named ones as pairs."""
    given = [plain(here.value(a, site.scope, site.frame)) for a in site.node.args if not isinstance(a, ast.Starred)]
    return [*given, *((k.arg, plain(here.value(k.value, site.scope, site.frame))) for k in site.node.keywords if k.arg)]


def given(files: str | dict[str, str], pattern: str = "lib.Agent") -> list[list[Any]]:
    """The arguments of every call that fits a pattern."""
    here = program(files)
    return [args_of(here, site) for site in here.sites(pattern)]
