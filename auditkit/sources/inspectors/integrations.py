"""Outside systems that code calls: plain HTTP by its host, client libraries by their vendor, raw model clients.

Every call is drawn where it stands, with what limits and repeats it; calls of one vendor become one integration of
the workflow they belong to. What only keeps the run's own state or files is no outside system.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from auditkit.sources.inspection.code import Deed, home_of
from auditkit.sources.inspection.commands import fixed_program
from auditkit.sources.inspection.defaults import Default, default
from auditkit.sources.inspection.models import model_class, names_in, pinned, vendor_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Item, Place, Sketch
from auditkit.sources.inspectors import _outside
from auditkit.sources.inspectors._libraries import Library, kind_of, libraries, library_of, vendor_of_client, vendor_of_deed
from auditkit.sources.inspectors._library_tools import named_tool
from auditkit.sources.inspectors._outside import KINDS, LOCAL, dead
from auditkit.sources.inspectors._retrying import retry_around
from auditkit.sources.inspectors._secrets import secret_of, source_of
from auditkit.sources.inspectors._time_limits import limit_around, process_limit
from auditkit.syntax.python.module import Scope, tail, walk
from auditkit.syntax.python.program import root_of
from auditkit.syntax.python.values import Const, Made, Outside, Site, Table, Value

NAME = "client libraries"
ORDER = 300
PACKAGES = _outside.PACKAGES
CONSTRUCTORS: tuple[str, ...] = ()
RULE = "integration"
_FRAMEWORK_MODELS = (
    "langchain",
    "llama_index",
    "smolagents",
    "crewai",
    "agents",
    "autogen",
    "pydantic_ai",
    "dspy",
    "haystack",
    "agno",
    "semantic_kernel",
    "google.adk",
    "agent_framework",
    "strands",
    "metagpt",
    "swarm",
    "marvin",
    "trustcall",
    "guidance",
    "outlines",
    "magentic",
)


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws the outside systems that a group of files calls."""
    drawing = _Drawing(project, sketch)
    for scope, deed in project.code.all:
        if deed.kind in KINDS and not dead(project, scope):
            drawing.call(scope, deed)
    for scope, site, library in _clients(project):
        if not dead(project, scope):
            drawing.client(scope, site, library)
    for scope, site in _keyed(project):
        if not dead(project, scope):
            drawing.keyed(scope, site)


_KEYS = frozenset(("api_key", "apikey", "api_token", "access_token", "auth_token", "bearer_token"))
_OTHER_FRAMEWORKS = (
    *_FRAMEWORK_MODELS,
    "phi",
    "langgraph",
    "deepagents",
    "mcp",
    "fastmcp",
    "claude_agent_sdk",
    "instructor",
    "livekit",
    "pipecat",
    "embedchain",
    "streamlit",
    "gradio",
    "pydantic",
)


def _keyed(project: Project) -> Iterator[tuple[Scope, Site]]:
    """Constructors of libraries that nothing is known of but that they are given a key: `QueryApi(api_key=..)`."""
    for module in project.program.modules.values():
        for call in module.calls:
            if not tail(call.node.func)[:1].isupper() or not any(k.arg in _KEYS for k in call.node.keywords):
                continue
            for one in project.program.resolved(call).options():
                if (
                    isinstance(one, Outside)
                    and one.owner is None
                    and "." in one.name
                    and not one.name.startswith(("~", "module:", *_OTHER_FRAMEWORKS))
                    and _unknown(one.name)
                ):
                    yield call.scope, Site(call, one)
                    break


def _unknown(name: str) -> bool:
    return library_of(name) is None and model_class(name) is None and named_tool(name) is None


def _clients(project: Project) -> Iterator[tuple[Scope, Site, Library]]:
    """Constructors of client libraries."""
    roots = {n.partition(".")[0] for n in libraries()}
    for module in project.program.modules.values():
        if not any(b.dotted.partition(":")[0].partition(".")[0] in roots for _, b in module.imports):
            continue
        for call in module.calls:
            last = tail(call.node.func)
            if not (last[:1].isupper() or last in _MAKERS):
                continue
            for one in project.program.resolved(call).options():
                if isinstance(one, Outside) and (one.owner is None or one.name.startswith(("boto3.", "google"))):
                    library = library_of(one.name)
                    if library is not None and library.makes(one.name) and not library.host:
                        yield call.scope, Site(call, one), library
                        break


_MAKERS = frozenset(maker for library in libraries().values() for maker in library.clients if maker[:1].islower())


@dataclass
class _Drawing:
    """Puts calls and clients into a sketch."""

    project: Project
    sketch: Sketch

    def call(self, scope: Scope, deed: Deed) -> None:
        """One call of an outside system."""
        site = deed.site
        root_name = site.name.partition(".")[0]
        if root_name in LOCAL or (deed.kind == "execute" and not self._runs_anything(deed)):
            return
        if deed.kind == "model" and (site.name.startswith(("~", *_FRAMEWORK_MODELS)) or library_of(site.name) is None):
            return
        vendor = vendor_of_deed(self.project, deed)
        if not vendor or vendor == "python":
            return
        library = library_of(site.name)
        name = vendor if vendor != "web" else f"{_stem(site.path)}_web" if deed.kind == "http" else vendor
        root = root_of(site.callee)
        client = root.site if root is not None and root.site is not None and root.site is not site else None
        if deed.kind == "model" and client is not None:
            return  # the client's constructor says it all
        item = self._item(scope, site, name, kind_of(vendor, library, deed))
        if deed.kind == "http" or deed.meaning.option("by_address"):
            self._posted_model(scope, site, name.endswith("_http"))
        if deed.effect and deed.kind != "model":
            item.say("direction", "read" if deed.effect in ("read", "none") else "write", deed.place)
        if client is not None and library is not None and not library.host:
            item.also(Place(client.path, client.line))
        self._facts(item, site, client, library, deed)

    def _posted_model(self, scope: Scope, site: Site, known: bool) -> None:
        """The model that a plain HTTP call names in what it posts: to a known vendor of models, or beside messages."""
        given = self.project.program.arg(site, None, "json", "data")
        for one in given.options() if given is not None else ():
            if isinstance(one, Table) and one.get("model") is not None and (known or one.get("messages") is not None):
                for model, at, _ in names_in(self.project, one.get("model")):
                    item = self.sketch.add("model", model, at, f"{RULE}.http", home_of(scope))
                    item.say("name", model[:120]).say("pinned", pinned(model)).say("provider", vendor_of(model) or None)

    def client(self, scope: Scope, site: Site, library: Library) -> None:
        """A client's constructor, whether or not its calls were understood."""
        vendor = vendor_of_client(self.project, Made(site.node, site.module, site.callee, site), site.name, library)
        if not vendor or self._in_process(site):
            return
        item = self._item(scope, site, vendor, kind_of(vendor, library))
        self._facts(item, site, None, library, None)

    def _in_process(self, site: Site) -> bool:
        """Whether a client of a database keeps it in the process or in a file: `QdrantClient(":memory:")`."""
        program = self.project.program
        first = program.arg(site, 0, "location", "url")
        inside = isinstance(first, Const) and first.value == ":memory:"
        return inside or (site.name.startswith("qdrant_client.") and program.arg(site, None, "path") is not None)

    def keyed(self, scope: Scope, site: Site) -> None:
        """The client of a service that is known by its package alone; what limits its calls is not known."""
        root = site.name.partition(".")[0]
        item = self._item(scope, site, root, "api")
        found = secret_of(self.project, site, tuple(sorted(_KEYS)))
        _say_secret(item, found)

    def _item(self, scope: Scope, site: Site, name: str, kind: str) -> Item:
        item = self.sketch.add("integration", name[:60], Place(site.path, site.line), f"{RULE}.{name}"[:60], home_of(scope))
        return item.say("kind", kind)

    def _runs_anything(self, deed: Deed) -> bool:
        """Whether a call runs what it is given, and no program that the code names."""
        if deed.vendor != "shell":
            return deed.vendor not in ("python", "git")
        if deed.effect != "execute":
            return False
        last = deed.site.name.rpartition(".")[2]
        shell = self.project.program.arg(deed.site, None, "shell")
        through_shell = last in ("create_subprocess_shell", "system", "popen", "getoutput") or (
            isinstance(shell, Const) and bool(shell.value)
        )
        command = self.project.program.arg(deed.site, 0, "args", "cmd", "command")
        if isinstance(command, Const):
            return last == "create_subprocess_shell"  # a session that is fed later
        return through_shell and not fixed_program(command)

    def _facts(self, item: Item, site: Site, client: Site | None, library: Library | None, deed: Deed | None) -> None:
        self._timeout(item, site, client, library, deed)
        self._retry(item, site, client, library)
        self._idempotency(item, site, library)
        self._response(item, site, deed)
        if library is not None:
            found = secret_of(self.project, client or site, library.secret)
            found = found or (_header_secret(self.project, site) if deed is not None else None)
            _say_secret(item, found)

    # Time limits ---------------------------------------------------------------------------------------------------------

    def _timeout(self, item: Item, site: Site, client: Site | None, library: Library | None, deed: Deed | None) -> None:
        args = library.timeout_args if library is not None and library.timeout_args else ("timeout",)
        program = self.project.program
        waits = tail(site.node.func).startswith("wait")      # how long to wait for somebody, not for an answer
        for one in filter(None, (client if waits else site, client)):
            for arg in args:
                given = program.arg(one, None, arg)
                said = _says_limit(given)
                if said is not None:
                    at = Place(one.path, program.arg_line(one, arg))
                    item.say("timeout", said, at)
                    if said and (seconds := _seconds(given)) is not None:
                        item.say("timeout_s", seconds, at)
                    return
        around = limit_around(self.project, site.call)
        if around is None and deed is not None and deed.vendor == "shell":
            around = process_limit(site.call)
        if around is not None:
            item.say("timeout", True, around)
            return
        kept = _kept_argument(self.project, site, args)
        if kept is not None:
            item.say("timeout", True, kept, "resolved")
            return
        if not (self._closed(site) and (client is None or self._closed(client))):
            return
        self._default(item, "timeout", site, library, f"nothing in the code limits a call of {item.name}")

    def _closed(self, site: Site) -> bool:
        """Whether all arguments of a call can be seen. A dict that is copied or chosen elsewhere may hold more."""
        if not self.project.program.closed(site):
            return False
        return all(k.arg is not None or _written_out(k.value, site.scope) for k in site.node.keywords)

    def _default(self, item: Item, key: str, site: Site, library: Library | None, note: str) -> None:
        value = getattr(library, key) if library is not None else None  # nobody read what a library of no row does
        told = library.note if library is not None and library.note else note
        entry = None if library is not None and library.of_class else _default_of(self.project, site, key)
        if entry is not None and entry.given is not None:
            value, told = ("default" if entry.given else False), entry.note
        if value is not None:
            item.say(key, value, how="default", note=told)

    # Repeats -------------------------------------------------------------------------------------------------------------

    def _retry(self, item: Item, site: Site, client: Site | None, library: Library | None) -> None:
        program = self.project.program
        for one in filter(None, (site, client)):
            for arg in library.retry_args if library is not None else ():
                given = program.arg(one, None, arg)
                said = _says_repeat(given)
                if said is not None:
                    at = Place(one.path, program.arg_line(one, arg))
                    item.say("retry", said, at)
                    most = next((o.value for o in given.options() if isinstance(o, Const)), None) if given is not None else None
                    if said and isinstance(most, int) and not isinstance(most, bool):
                        item.say("retries.max", most, at)
                    return
        if client is not None and (mounted := _mounted(client)) is not None:
            item.say("retry", True, mounted)
            return
        found = retry_around(self.project, site.call)
        if found is not None:
            item.say("retry", True, found.at, note=found.note or None)
            item.say("retries.max", found.max, found.at)
            item.say("retries.backoff", found.backoff, found.at)
            item.say("retries.jitter", found.jitter, found.at)
            item.say("retries.classified", found.classified, found.at)
            return
        repeats = library is None or bool(library.retry_args)
        if not repeats or (self._closed(site) and (client is None or self._closed(client))):
            self._default(item, "retry", site, library, f"nothing in the code repeats a failed call of {item.name}")

    # Writes that are safe to repeat; answers that are checked --------------------------------------------------------------

    def _idempotency(self, item: Item, site: Site, library: Library | None) -> None:
        for keyword in site.node.keywords:
            if keyword.arg in _ONCE or (keyword.arg == "headers" and "dempotency-" in ast.dump(keyword.value)):
                item.say("idempotency", "key", Place(site.path, site.module.line(keyword.value)))
        if library is not None and library.key_possible:
            item.say("key_possible", True, how="default", note=f"{item.name} takes an idempotency key")

    def _response(self, item: Item, site: Site, deed: Deed | None) -> None:
        if deed is None or deed.kind != "http":
            return
        for name in _CHECKS:
            for other in site.module.by_tail.get(name, ()):
                if other.scope is site.scope:
                    item.say("response_schema", True, Place(site.path, site.module.line(other.node)))
                    return


_ONCE = ("idempotency_key", "ClientToken", "ClientRequestToken", "clientToken", "MessageDeduplicationId")
_CHECKS = ("model_validate", "model_validate_json", "parse_obj", "parse_raw", "TypeAdapter", "validate_python", "validate_json")


def _written_out(node: ast.AST, scope: Scope) -> bool:
    """Whether a dict that is unpacked into a call stands written out in the same function."""
    if isinstance(node, ast.Name):
        bound = [b.value for b in scope.bindings.get(node.id, ()) if b.how == "value"]
        return len(bound) == 1 and len(scope.bindings[node.id]) == 1 and isinstance(bound[0], ast.Dict)
    return isinstance(node, ast.Dict)


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


def _says_limit(given: Value | None) -> bool | None:
    """Whether an argument sets a time limit; None when it does not tell."""
    for one in given.options() if given is not None else ():
        if isinstance(one, Const):
            return one.value is not None
        if isinstance(one, Made) and one.site is not None:
            inner = {k.arg or "" for k in one.site.node.keywords}
            last = one.name.rpartition(".")[2]
            return True if last in ("Timeout", "ClientTimeout", "timedelta") or any("timeout" in a for a in inner) else None
        if isinstance(one, Table):
            return True if one.get("timeout") is not None else None
        return True  # a variable, a parameter: something is set there
    return None


def _says_repeat(given: Value | None) -> bool | None:
    for one in given.options() if given is not None else ():
        if isinstance(one, Const):
            return bool(one.value)
        if isinstance(one, Made) and one.site is not None:
            inner = {k.arg or "" for k in one.site.node.keywords}
            last = one.name.rpartition(".")[2]
            return True if "retry" in last.lower() or any("retr" in a for a in inner) else None
        if isinstance(one, Table):
            return True if any(one.get(k) is not None for k in ("max_retries", "retries", "max_attempts")) else None
        return True
    return None


def _seconds(given: Value | None) -> float | None:
    for one in given.options() if given is not None else ():
        if isinstance(one, Const) and isinstance(one.value, int | float) and not isinstance(one.value, bool) and one.value > 0:
            return float(one.value)
    return None


def _kept_argument(project: Project, site: Site, args: tuple[str, ...]) -> Place | None:
    """Where a dict that is unpacked into a call, and kept under the same name elsewhere, is given a time limit."""
    for keyword in site.node.keywords:
        if keyword.arg is not None or _written_out(keyword.value, site.scope):
            continue
        names = _names_behind(keyword.value, site.scope)
        for module in project.program.modules.values():
            if not any(n.value in args for n in module.texts):
                continue
            for node in walk(module.tree):
                for name, value in _named_values(node):
                    if name in names and isinstance(value, ast.Dict):
                        for key in value.keys:
                            if isinstance(key, ast.Constant) and key.value in args:
                                return Place(module.path, module.line(key))
    return None


def _names_behind(node: ast.AST, scope: Scope) -> set[str]:
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute):
            found.add(part.attr)
        elif isinstance(part, ast.Name):
            found.add(part.id)
            for binding in scope.bindings.get(part.id, ()):
                if binding.value is not None:
                    found |= {n.attr for n in ast.walk(binding.value) if isinstance(n, ast.Attribute)}
    return found - {"copy", "self"}


def _named_values(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Dict():
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        case ast.keyword() if node.arg:
            yield node.arg, node.value
        case ast.Assign() if len(node.targets) == 1:
            name = tail(node.targets[0])
            if name:
                yield name, node.value


def _mounted(client: Site) -> Place | None:
    """Where an adapter that repeats is mounted on a session of requests."""
    for name in ("mount", "HTTPAdapter", "Retry"):
        for call in client.module.by_tail.get(name, ()):
            near = call.scope is client.scope or (call.scope.holder is not None and call.scope.holder is client.scope.holder)
            if near and (any(k.arg in ("max_retries", "total") for k in call.node.keywords) or name == "Retry"):
                return Place(client.path, client.module.line(call.node))
    return None


def _say_secret(item: Item, found: tuple[str, Place] | None) -> None:
    """Where a credential lies; one that is written into the code is renewed by nobody."""
    if found is not None:
        item.say("auth.secret_store", found[0], found[1], "resolved")
        if found[0] == "code":
            item.say("auth.refresh", "none", found[1], "resolved", "nobody renews what is written into the code")


def _header_secret(project: Project, site: Site) -> tuple[str, Place] | None:
    """Where the credential in a call's headers or parameters comes from."""
    for arg in ("headers", "params", "auth"):
        for one in given.options() if (given := project.program.arg(site, None, arg)) is not None else ():
            for key, value in one.items if isinstance(one, Table) else ():
                word = str(key.value).lower() if isinstance(key, Const) else ""
                if any(w in word for w in ("auth", "key", "token")):
                    found = source_of(project, value)
                    if found is not None:
                        return found
    return None


def _default_of(project: Project, site: Site, key: str) -> Default | None:
    """The library's default by version, where the table of defaults has it."""
    root = site.name.partition(".")[0]
    base = "google_genai" if site.name.startswith("google.genai") else root
    for name in (f"{base}.{key}", f"{base}.max_retries", f"{base}.retries") if key == "retry" else (f"{base}.{key}",):
        try:
            found = default(name, project.versions, site.path)
        except (KeyError, OSError):
            continue
        if found is not None:
            return found
    return None
