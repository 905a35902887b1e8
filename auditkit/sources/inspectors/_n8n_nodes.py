"""What is known of n8n's node types, and one node of an export with what it says and what it leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from auditkit.sources.inspection.sketch import Place
from auditkit.syntax.json_places import Document, Object
from auditkit.syntax.patterns import later
from auditkit.syntax.tables import read_table

_WORDS = later(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SUB_TYPES = later(
    r"(?:lm[A-Z]|embeddings|memory(?!Manager|ChatRetriever)|outputParser|textSplitter|document[A-Z]|retriever|reranker"
    r"|tool(?!Executor)[A-Z]|agentTool|modelSelector|mcpClientTool|mcpRegistryClientTool)"
)
_STRIPPED = later(
    r"^(?:lmChat|lm|embeddings|memory|vectorStore|reranker|tool(?=[A-Z]))|(?:HitlTool|Tool|Trigger|Insert|Load|Chat)$"
)
_CREDENTIAL = later(r"(?:Api)?(?:Token|OAuth2|OAuth1|ServiceAccount|Service)?(?:Api)?$")
"""What the name of a credential adds to that of its service."""
_CONTROL = later("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
MOST_TEXT = 200_000


@lru_cache(maxsize=1)
def table() -> dict[str, Any]:
    """The data file on node types."""
    found: dict[str, Any] = read_table(Path(__file__).parent / "data" / "n8n_nodes.yaml")
    for name in (
        "model_types",
        "other_triggers",
        "public_triggers",
        "public_reads",
        "chat_vendors",
        "private_vendors",
        "inside",
        "outside",
        "volatile_memories",
        "money",
        "posts",
        "mild_words",
        "mild_resources",
        "mild_fields",
        "not_model_resources",
        "broad_credentials",
    ):
        found[name] = frozenset(found[name])
    found["verbs"] = {word: effect for effect, words in reversed(found["verbs"].items()) for word in words}
    found["order"] = ("access", "delete", "message", "read", "execute", "deploy", "money", "write")
    found["asking"] = re.compile(found["asking"], re.IGNORECASE)
    return dict(found)


def words(name: str) -> list[str]:
    """The words of a camelCase or snake_case name, in small letters."""
    return [w.lower() for w in _WORDS.findall(name)]


def clean(value: object, most: int = 120) -> str:
    """A text of an export as a name: no control characters, no half characters, no more than `most` letters."""
    return _CONTROL.sub(" ", str(value)).strip()[:most]


def literal(value: Any) -> Any:
    """A parameter's value when it is written out; None for an expression, which only a run could tell.

    A resource locator (`__rl`) gives what it points at.
    """
    if isinstance(value, dict):
        return literal(value.get("value")) if value.get("__rl") or set(value) <= {"mode", "value", "cachedResultName"} else None
    if isinstance(value, str):
        return None if value.startswith("=") and "{{" in value else value.removeprefix("=")
    return value if isinstance(value, bool | int | float) else None


@dataclass(eq=False)
class Node:
    """One node of a workflow."""

    name: str
    raw: Object
    path: str
    document: Document
    spare: int = 0
    """How many outputs it has beyond what its type says (a Switch's rules, a classifier's categories)."""
    known_as: list[str] = field(default_factory=list)

    @cached_property
    def full_type(self) -> str:
        """Its type as written, such as `n8n-nodes-base.gmail`."""
        return clean(self.raw.get("type") or "", 200)

    @cached_property
    def type(self) -> str:
        """Its type without the package."""
        return self.full_type.rpartition(".")[2] or "node"

    @cached_property
    def ours(self) -> bool:
        """It comes with n8n, not from the community."""
        return not self.full_type or self.full_type.startswith(("n8n-nodes-base.", "@n8n/n8n-nodes-langchain."))

    @cached_property
    def base(self) -> str:
        """The type that it is a tool of: `gmail` for `gmailTool` and `gmailHitlTool`."""
        for suffix in ("HitlTool", "Tool"):
            stem = self.type.removesuffix(suffix)
            if stem != self.type and (stem in table()["defaults"] or self.type not in table()["types"]) and stem != "agent":
                return stem
        return self.type

    @cached_property
    def version(self) -> float:
        """Its version; 1 when it is not written."""
        found = self.raw.get("typeVersion")
        return float(found) if isinstance(found, int | float) and 0 < found < 1000 else 1.0

    @cached_property
    def parameters(self) -> Object:
        """Its parameters; an empty object when it has none."""
        found = self.raw.get("parameters")
        if isinstance(found, Object):
            return found
        empty = Object()
        empty.start = self.raw.start
        return empty

    @cached_property
    def options(self) -> dict[str, Any]:
        """Its `options`, wherever its type keeps them."""
        for key in ("options", "additionalFields", "additionalOptions"):
            found = self.parameters.get(key)
            if isinstance(found, dict) and found:
                return found
        return {}

    @property
    def disabled(self) -> bool:
        """It is switched off."""
        return self.raw.get("disabled") is True

    @property
    def note(self) -> bool:
        """It is a remark on the canvas."""
        return self.type == "stickyNote"

    @cached_property
    def trigger(self) -> bool:
        """Runs begin at it."""
        return self.type.endswith("Trigger") or self.type in table()["other_triggers"]

    @cached_property
    def sub_type(self) -> bool:
        """Its type serves another node (model, memory, tool) and does no step of its own."""
        return bool(_SUB_TYPES.match(self.type)) or (self.type.endswith("Tool") and not self.trigger)

    @cached_property
    def place(self) -> Place:
        """The line of its name (of its opening brace when it has none)."""
        return Place(self.path, self.document.line(self.raw, "name"))

    def at(self, *path: str) -> Place:
        """The line of a member; of the part of the path that exists."""
        return Place(self.path, self.document.line(self.raw, *path))

    def get(self, *path: str) -> Any:
        """A parameter as written, or None."""
        value: Any = self.parameters
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def said(self, *path: str) -> Any:
        """A parameter when it is written out."""
        return literal(self.get(*path))

    @cached_property
    def _defaults(self) -> dict[str, str]:
        versions: dict[float, dict[str, str]] = table()["defaults"].get(self.base) or {}
        fitting = [v for v in versions if v <= self.version]
        return versions[max(fitting)] if fitting else {}

    @cached_property
    def resource(self) -> str | None:
        """What it works on, n8n's default when it is not written; None when only a run could tell."""
        found = self.get("resource")
        if found is None:
            return self._defaults.get("", "")
        known = literal(found)
        return known if isinstance(known, str) else None

    @cached_property
    def operation(self) -> str | None:
        """What it does there, n8n's default when it is not written; None when only a run could tell."""
        found = self.get("operation")
        if found is None:
            found = self.get("mode") if self.type.startswith("vectorStore") else None
        if found is None:
            return self._defaults.get(self.resource or "", self._defaults.get("*", "")) if self.resource is not None else None
        known = literal(found)
        return known if isinstance(known, str) else None

    @cached_property
    def operation_written(self) -> bool:
        """Its operation stands in the file; else it is n8n's default."""
        return isinstance(self.get("operation"), str) or isinstance(self.get("mode"), str)

    @cached_property
    def outputs(self) -> int:
        """How many outputs it has beside the one for errors."""
        if self.type == "switch":
            rules = self.get("rules", "values") or self.get("rules", "rules")
            several = self.get("numberOutputs") if self.said("mode") == "expression" else None
            count = several if isinstance(several, int) and 0 < several < 1000 else len(rules) if isinstance(rules, list) else 4
            fallback = self.said("options", "fallbackOutput") == "extra" or self.said("fallbackOutput") == "extra"
            return max(1, int(count) + bool(fallback))
        if self.type == "textClassifier":
            found = self.get("categories", "categories")
            return max(1, (len(found) if isinstance(found, list) else 1) + int(self.said("options", "fallback") == "other"))
        if self.type == "splitInBatches" and self.version < 2:
            return 1
        return int(table()["outputs"].get(self.type, 1))

    @cached_property
    def waits(self) -> bool:
        """It asks a person and waits for the answer."""
        if self.get("operation") == "sendAndWait" or self.type.endswith("HitlTool"):
            return True
        if self.type == "chat":
            return self.said("operation") in (None, "send") and self.get("waitUserReply") is not False
        if self.type == "form":
            return self.said("operation") in (None, "page")
        return self.type == "wait" and self.get("resume") in ("form", "webhook")

    @cached_property
    def vendor(self) -> str | None:
        """The outside system that it calls, such as `google_calendar`; None for n8n's own nodes."""
        kind = self.type if self.type in ("httpRequest", "toolHttpRequest", "httpRequestTool") else self.base
        if kind in ("httpRequest", "toolHttpRequest", "httpRequestTool", "graphql", "mcpClientTool", "mcpClient"):
            host = host_of(self.get("url") or self.get("endpointUrl") or self.get("sseEndpoint") or self.get("endpoint"))
            return str(table()["hosts"].get(host) or _service(host) or self._by_credential() or host)
        elsewhere = self.options.get("baseURL") or self.options.get("baseUrl") if kind.startswith("lm") else None
        if elsewhere and (host := host_of(elsewhere)) and host != "api.openai.com":
            return str(table()["model_makers"].get(host) or host)
        if kind in table()["inside"]:
            return None
        if (
            kind not in table()["outside"]
            and self.ours
            and kind not in table()["defaults"]
            and not self.raw.get("credentials")
            and not _STRIPPED.search(kind)
        ):
            return None
        stem = kind
        while (shorter := _STRIPPED.sub("", stem)) and shorter != stem:
            stem = shorter
        plain = "_".join(words(stem)) or "other"
        found: str = table()["vendor_names"].get(plain, plain)
        if found == "openai" and self.type == "openAi" and self.resource == "audio":
            return "openai_whisper" if self.operation in ("transcribe", "translate") else "openai_audio"
        return None if found in ("schedule", "manual", "execute_workflow", "error", "workflow", "n8n_") else found

    def _by_credential(self) -> str:
        """The service whose credentials an HTTP call uses, whatever host serves it; "" for those that open many services."""
        if self.get("authentication") != "predefinedCredentialType":
            return ""
        found = _CREDENTIAL.sub("", str(self.get("nodeCredentialType") or ""))
        plain = "_".join(words(found))
        return "" if plain in table()["broad_credentials"] else str(table()["vendor_names"].get(plain, plain))

    @cached_property
    def texts(self) -> list[str]:
        """All texts in its parameters."""
        return [value for _, _, value in strings(self.parameters)]

    @cached_property
    def text(self) -> str:
        """All its texts as one, cut to a size that is quick to search."""
        return "\n".join(self.texts)[:MOST_TEXT]


def _service(host: str) -> str:
    """The service that gives each customer a host of its own, or ""."""
    return next((str(name) for ending, name in table()["host_endings"].items() if host.endswith(ending)), "")


def host_of(url: Any) -> str:
    """The host of an address whose beginning is written out; "" when only a run could tell."""
    if isinstance(url, dict):
        url = url.get("value")
    if not isinstance(url, str):
        return ""
    match = re.match(r"=?\s*(?:(https?|wss?)://)?([A-Za-z0-9_.-]+)(?=[:/?#]|$|\s)", url[:300])
    if match is None or not (match[1] or re.search(r"\.[A-Za-z]{2,}$|^localhost$|^\d+(?:\.\d+){3}$", match[2])):
        return ""
    return match[2].lower().removeprefix("www.")


def strings(top: Any) -> Iterator[tuple[Object, str, str]]:
    """Every text below a value, with the object and the key it stands under, in order."""
    stack: list[tuple[Any, Object | None, str]] = [(top, None, "")]
    while stack:
        value, holder, key = stack.pop()
        if isinstance(value, Object):
            stack += [(v, value, k) for k, v in reversed(value.items())]
        elif isinstance(value, list):
            stack += [(v, holder, key) for v in reversed(value)]
        elif isinstance(value, str) and holder is not None:
            yield holder, key, value
