"""The libraries that lead outside: whose system a call reaches, and what its library does about time and repeats."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from auditkit.sources.inspection import code as calls
from auditkit.sources.inspection.code import Deed
from auditkit.sources.inspection.project import Project
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.program import root_of
from auditkit.syntax.python.values import Const, Env, Site, Text, Value
from auditkit.syntax.tables import read_table

TABLE = Path(calls.__file__).with_name("libraries.yaml")
_KINDS = {
    "gmail": "email",
    "google_drive": "files",
    "google_storage": "files",
    "s3": "files",
    "sqs": "queue",
    "dynamodb": "database",
    "ses": "email",
    "sns": "queue",
    "outlook": "email",
    "bedrock": "model",
}
_MODEL_HOSTS = (
    "openai",
    "anthropic",
    "googleapis",
    "mistral",
    "groq",
    "openrouter",
    "together",
    "cohere",
    "deepseek",
    "huggingface",
)
_TWO_LEVEL = ("co", "com", "org", "net", "ac", "gov")
_SERVICES = {
    "calendar": "google_calendar",
    "gmail": "gmail",
    "sheets": "google_sheets",
    "drive": "google_drive",
    "docs": "google_docs",
    "youtube": "youtube",
    "customsearch": "google_search",
    "people": "google_people",
    "tasks": "google_tasks",
}


@dataclass(frozen=True)
class Library:
    """A row of the table of libraries."""

    names: tuple[str, ...]
    kind: str
    vendor: str
    clients: tuple[str, ...]
    timeout: bool | str | None
    retry: bool | str | None
    timeout_args: tuple[str, ...]
    retry_args: tuple[str, ...]
    secret: tuple[str, ...]
    service: int | None
    host: bool
    by_root: bool
    by_class: bool
    key_possible: bool
    note: str

    @property
    def of_class(self) -> bool:
        """Whether it is a row for one class, of which the default of the whole package says nothing: `serpapi.GoogleSearch`."""
        return any("." in name and name.rpartition(".")[2][:1].isupper() for name in self.names)

    def makes(self, name: str) -> bool:
        """Whether a dotted name is one of its clients."""
        last = name.rpartition(".")[2]
        return any(last == c or (c.startswith("*") and last.endswith(c[1:]) and last[:1].isupper()) for c in self.clients)


@lru_cache(maxsize=1)
def libraries() -> dict[str, Library]:
    """The rows of `libraries.yaml` by their dotted beginnings."""
    found: dict[str, Library] = {}
    for row in read_table(TABLE):
        lists: Any = {key: tuple(row.get(key, ())) for key in ("names", "clients", "timeout_args", "retry_args", "secret")}
        flags: Any = {key: bool(row.get(key)) for key in ("host", "by_root", "by_class", "key_possible")}
        library = Library(
            kind=row["kind"],
            vendor=row.get("vendor", ""),
            timeout=row.get("timeout"),
            retry=row.get("retry"),
            service=row.get("service"),
            note=row.get("note", ""),
            **lists,
            **flags,
        )
        found.update((name, library) for name in library.names)
    return found


@lru_cache(maxsize=50_000)
def library_of(name: str) -> Library | None:
    """The library of a dotted name: the longest beginning that the table knows."""
    parts = name.split(".")
    for n in range(min(4, len(parts)), 0, -1):
        found = libraries().get(".".join(parts[:n]))
        if found is not None:
            return found
    return None


def vendor_of_deed(project: Project, deed: Deed) -> str:
    """Whose system a call reaches, or "" when it leads nowhere outside that could be named."""
    library = library_of(deed.site.name)
    if library is not None and library.host and (deed.kind == "http" or deed.meaning.option("by_address")):
        return host_of(project, deed.site)
    if deed.vendor and not (deed.vendor == "sandbox" and library is not None and library.by_root):
        return deed.vendor
    return vendor_of_client(project, root_of(deed.site.callee), deed.site.name, library)


def vendor_of_client(project: Project, client: Value | None, name: str, library: Library | None) -> str:
    """Whose system a client is for, by its class, its arguments or the library's name."""
    if library is None:
        return ""
    site = getattr(client, "site", None)
    if library.service is not None and site is not None:
        name_given = project.program.arg(site, library.service, "service_name", "serviceName")
        given = next((str(c.value) for c in _texts(name_given)), "")
        return _SERVICES.get(given, "bedrock" if given.startswith("bedrock") else re.sub(r"\W+", "_", given))
    last = name.rpartition(".")[2]
    if library.kind == "model" and site is not None:
        base = project.program.arg(site, None, "base_url", "api_base", "azure_endpoint")
        host = _host_name(base)
        if host and host not in (library.vendor, "web"):
            return host
        if last in ("AnthropicBedrock", "AsyncAnthropicBedrock", "AnthropicVertex", "AsyncAnthropicVertex", "AnthropicFoundry"):
            return "anthropic_" + last.removeprefix("Async").removeprefix("Anthropic").lower()
        if last in ("AzureOpenAI", "AsyncAzureOpenAI"):
            return "azure_openai"
    if library.by_class:
        short = re.sub(r"(?:APIWrapper|Retriever|SearchRun|SearchResults|QueryRun|Results|Run)$", "", last)
        return "_".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", short)).lower()
    if library.by_root:
        return name.partition(".")[0]
    return library.vendor


def kind_of(vendor: str, library: Library | None, deed: Deed | None = None) -> str:
    """The vocabulary's word for an outside system."""
    if vendor in _KINDS:
        return _KINDS[vendor]
    if library is not None and library.kind != "api":
        return library.kind
    if deed is not None:
        return {"database": "database", "queue": "queue", "browser": "web", "execute": "other"}.get(deed.kind, "api")
    return "api"


def host_of(project: Project, site: Site) -> str:
    """Whose system an HTTP call reaches: the host of its address, or the name of the variable that holds it; "web" when
    the address comes from elsewhere."""
    program = project.program
    last = site.name.rpartition(".")[2]
    given = program.arg(site, 1 if last in ("request", "stream") else 0, "url")
    found = _host_name(given)
    if found and found != "web":
        return found
    root = root_of(site.callee)
    if root is not None and root.site is not None:
        base = _host_name(program.arg(root.site, 0 if root.name.endswith("ClientSession") else None, "base_url", "host"))
        if base and base != "web":
            return base
    node = next((k.value for k in site.node.keywords if k.arg == "url"), site.node.args[0] if site.node.args else None)
    return _by_constant(node, site.scope) or "web"


_ANYBODY = frozenset(("tool", "tools", "app", "my", "the", "default", "target", "request", "root", "remote", "main", "external"))
"""What a constant says of an address that is no name of anybody."""


def _by_constant(node: ast.AST | None, scope: Scope, depth: int = 0) -> str:
    """The name of a constant with which an address begins: `f"{JIRA_HOST}/rest/api"`, also over a local name."""
    match node:
        case ast.JoinedStr() if node.values and isinstance(node.values[0], ast.FormattedValue):
            return _by_constant(node.values[0].value, scope, depth)
        case ast.BinOp(op=ast.Add()):
            return _by_constant(node.left, scope, depth)
        case ast.Attribute() | ast.Name() if (name := node.attr if isinstance(node, ast.Attribute) else node.id).isupper():
            found = _by_variable(name)
            return "" if found in _ANYBODY else found
        case ast.Name() if depth < 3:
            bound = [b.value for b in scope.bindings.get(node.id, ()) if b.how == "value"]
            return _by_constant(bound[0], scope, depth + 1) if len(bound) == 1 else ""
    return ""


def _texts(value: Value | None) -> list[Const]:
    return [o for o in value.options() if isinstance(o, Const) and isinstance(o.value, str)] if value is not None else []


def _host_name(value: Value | None) -> str:
    for one in value.options() if value is not None else ():
        match one:
            case Const() | Text():
                text = one.value if isinstance(one, Const) else one.text
                found = name_of_address(text) if isinstance(text, str) else ""
                if found:
                    return found
            case Env():
                if one.otherwise is not None and (found := _host_name(one.otherwise)):
                    return found
                if found := _by_variable(one.name):
                    return found
    return "web" if value is not None else ""


def name_of_address(text: str) -> str:
    """A vendor's name from an address: `https://api.trello.com/1/cards` is trello."""
    found = re.match(r"(?i)(?:https?|wss?)://(?:[^/@\s]*@)?([\w.-]+)", text)
    if found is None:
        return ""
    labels = found[1].lower().strip(".").split(".")
    if labels[0] in ("localhost", "127", "0", "host", "192", "10") or len(labels) == 1:
        return "local_service"
    cut = 3 if len(labels) > 2 and labels[-2] in _TWO_LEVEL and len(labels[-1]) == 2 else 2
    name = labels[-cut] if len(labels) >= cut else labels[0]
    name = re.sub(r"\W+", "_", name)
    return f"{name}_http" if any(h in name for h in _MODEL_HOSTS) else name


def _by_variable(name: str) -> str:
    short = re.sub(r"(?i)_?(?:base|api|webhook|endpoint|service|server)?_?(?:url|uri|endpoint|host|base)$", "", name)
    return re.sub(r"\W+", "_", short).strip("_").lower() if short and short != name else ""
