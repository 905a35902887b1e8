"""Where LangGraph and LangChain keep state: checkpointers, stores, chat histories, memories; which survive a restart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from auditkit.sources.inspection.code import home_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place, Sketch
from auditkit.syntax.patterns import later
from auditkit.syntax.python.program import Program
from auditkit.syntax.python.values import Const, Env, Made, Outside, Site, Text, Value


@dataclass(frozen=True)
class Keeper:
    """A class that keeps state: its kind of store, and whether that survives a restart (None: an argument says so)."""

    pattern: str
    kind: str
    durable: bool | None


KEEPERS = (
    Keeper(r"langgraph\.checkpoint\..*\b(?:InMemorySaver|MemorySaver)|langgraph\.checkpoint\.(?:InMemorySaver|MemorySaver)",
           "checkpointer", False),
    Keeper(r"langgraph\.checkpoint\..*\b(?:Async)?SqliteSaver(?:\.from_conn_string)?", "checkpointer", None),
    Keeper(r"langgraph\.checkpoint\..*\b\w*(?:Postgres|Redis|MongoDB|MySQL|DynamoDB|Couchbase|Firestore|Cassandra)\w*Saver"
           r"(?:\.from_\w+)?|langgraph_checkpoint\w*\..*Saver(?:\.from_\w+)?", "checkpointer", True),
    Keeper(r"langgraph\.store\..*\bInMemoryStore", "memory", False),
    Keeper(r"langgraph\.store\..*\b(?:Async)?SqliteStore(?:\.from_conn_string)?", "database", None),
    Keeper(r"langgraph\.store\..*\b\w*(?:Postgres|Redis|MongoDB|MySQL)\w*Store(?:\.from_\w+)?", "database", True),
    Keeper(r"langchain\w*\..*\bConversation\w*Memory|langchain\w*\.memory\.(?:.*\.)?\w*Memory", "memory", False),
    Keeper(r"langchain\w*\..*\b(?:InMemoryChatMessageHistory|InMemoryHistory)|langchain\w*\..*chat_message_histories(?:\.in_memory)?\."
           r"ChatMessageHistory|langchain\.memory\.ChatMessageHistory", "memory", False),
    Keeper(r"langchain\w*\..*\b(?:Redis|SQL|Postgres|MongoDB|DynamoDB|Firestore|Cassandra|Upstash\w*|Zep|Elasticsearch|Cosmos\w*|"
           r"Motorhead|Xata)ChatMessageHistory(?:\.from_\w+)?", "session", True),
    Keeper(r"langchain\w*\..*\bFileChatMessageHistory", "file", True),
    Keeper(r"langchain\w*\..*\bStreamlitChatMessageHistory", "memory", False),
)
_GIVEN = later(r"langgraph\.(?:store\.|config\.get_store|runtime\.|prebuilt\.InjectedStore)")
STORE_CALLS = ("put", "aput", "get", "aget", "search", "asearch", "delete", "adelete")


def keeper_of(name: str) -> Keeper | None:
    """What a constructor keeps state in, or None."""
    if not name.startswith("lang"):
        return None
    return next((k for k in KEEPERS if re.fullmatch(k.pattern, name)), None)


def keepers(program: Program, roots: tuple[str, ...]) -> Iterator[tuple[Site, Keeper, str]]:
    """The constructors of state in a program whose names begin with some roots, with the name of their class."""
    seen: set[int] = set()
    for module in program.modules.values():
        for call in module.calls:
            last = getattr(call.node.func, "attr", "") or getattr(call.node.func, "id", "")
            if not re.search(r"Saver|Store|Memory|History|from_", last):
                continue
            for one in program.resolved(call).options():
                if not isinstance(one, Outside) or not one.name.startswith(roots) or id(call.node) in seen:
                    continue
                keeper = keeper_of(one.name)
                if keeper is not None:
                    seen.add(id(call.node))
                    named = next((p for p in reversed(one.name.split(".")) if p[:1].isupper()), last)
                    yield Site(call, one), keeper, named


def draw_keeper(project: Project, sketch: Sketch, flow: Flow | None, site: Site, keeper: Keeper, name: str) -> Item:
    """A store item for a constructor of state, in a workflow or (None) loose."""
    at = Place(site.path, site.line)
    kept = project.code.__dict__.setdefault("_keepers", {})
    key = (id(site.node), id(flow) if flow else 0)
    if key in kept:
        return kept[key]        # type: ignore[no-any-return]
    if flow is not None:
        item = flow.add("store", name, at, f"langgraph.{keeper.kind}", home_of(site.scope))
    else:
        item = sketch.add("store", name, at, f"langchain.{keeper.kind}", home_of(site.scope))
    item.say("kind", keeper.kind)
    durable = keeper.durable if keeper.durable is not None else _of_file(project.program, site)
    item.say("durable", durable)
    kept[key] = item
    return item


def _of_file(program: Program, site: Site) -> bool | None:
    """Whether SQLite keeps a file: not for `:memory:`, not known when the path is not."""
    given = program.arg(site, 0, "conn_string", "conn")
    for one in given.options() if given is not None else ():
        here: Value = one
        if isinstance(one, Made) and one.site is not None and one.name.endswith(".connect"):
            here = program.arg(one.site, 0, "database") or one
        if isinstance(here, Env):
            return True
        if isinstance(here, Const | Text):
            text = here.value if isinstance(here, Const) else here.text
            return isinstance(text, str) and text not in ("", ":memory:") and "mode=memory" not in text
    return None


def kept_by(value: Value | None) -> tuple[Site, Keeper, str] | None:
    """The constructor of state behind a value (`checkpointer=memory`), or None."""
    for one in value.options() if value is not None else ():
        here: Value | None = one
        for _ in range(8):
            if not isinstance(here, Made):
                break
            keeper = keeper_of(here.name)
            if keeper is not None and here.site is not None:
                named = next((p for p in reversed(here.name.split(".")) if p[:1].isupper()), here.name)
                return here.site, keeper, named
            here = here.of.owner if isinstance(here.of, Outside) else None
    return None


def store_uses(project: Project) -> list[tuple[Site, str]]:
    """Calls on a long-term store that is given to the code (`store: BaseStore`, `get_store()`), with the verb."""
    found: list[tuple[Site, str]] = []
    program = project.program
    for verb in STORE_CALLS:
        for module in program.modules.values():
            for call in module.by_tail.get(verb, ()):
                for one in program.resolved(call).options():
                    if isinstance(one, Outside) and _GIVEN.match(one.name):
                        found.append((Site(call, one), verb))
                        break
    return sorted(found, key=lambda f: (f[0].path, f[0].line))
