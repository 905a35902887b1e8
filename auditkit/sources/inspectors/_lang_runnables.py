"""LangChain's runnables: which calls reach a model, an agent, a graph or a tool, and what they are made of.

`prompt | model.bind_tools(tools) | parser` is one runnable of several parts; a call of `.invoke` on it is one `Use`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Place
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Call, Scope, dotted
from auditkit.syntax.python.values import Func, Klass, Made, Many, Outside, Param, Site, Table, Unknown, Value

HOPS = 3
"""How many local calls deep a use still counts as the function's own."""
INVOKES = frozenset((
    "invoke", "ainvoke", "stream", "astream", "astream_events", "astream_log", "batch", "abatch", "predict", "apredict",
    "predict_messages", "apredict_messages", "run", "arun", "call", "acall", "generate", "agenerate", "apply", "aapply",
    "generate_prompt", "transform", "__call__"))
ROOTS = later(r"^(?:langchain\w*|langgraph\w*|deepagents|trustcall|langmem)\.")
_MODEL = later(
    r"^(?:Chat(?!Prompt|Message|Generation|Result|History)[A-Z]\w*|\w+Chat|Base(?:Chat|Language)?(?:Model|LLM)|init_chat_model|LLM|"
    r"(?:Azure)?OpenAI|Anthropic(?:LLM)?|VertexAI|Ollama(?:LLM|Functions)?|HuggingFace(?:Hub|Endpoint|Pipeline)|LlamaCpp|"
    r"Bedrock(?:LLM)?|GoogleGenerativeAI|Cohere|MistralAI|Replicate|Together|Fireworks|GPT4All|NVIDIA|create_extractor)$")
_AGENT = later(
    r"^(?:create_agent|create_react_agent|(?:async_)?create_deep_agent|AgentExecutor|initialize_agent|create_\w+_agent|"
    r"create_supervisor|create_swarm|LLMSingleActionAgent|OpenAIAssistantRunnable|PlanAndExecute|load_agent_executor|"
    r"create_function_calling_executor|create_tool_calling_executor)$")
_CHAIN = later(r"^(?:\w+Chain|RetrievalQA(?:WithSourcesChain)?|(?:create|load)_\w*chain\w*|create_history_aware_retriever|"
                    r"create_structured_output_runnable|create_sql_query_chain)$")
_GRAPH = later(r"^(?:StateGraph|MessageGraph|Graph|CompiledStateGraph|CompiledGraph|Pregel|RemoteGraph)$")
_WRAPPERS = later(r"^Runnable(?:WithMessageHistory|Sequence|Parallel|Map|Branch|Lambda|WithFallbacks|Retry)$")
_MODEL_WORD = later(r"(?:^|_)(?:llms?|model|chat_?model|gpt|claude|gemini)(?:$|_)|_?llm(?:$|_)|chain$", re.IGNORECASE)
_AGENT_WORD = later(r"(?:^|_)(?:agent|agent_executor|executor)$", re.IGNORECASE)
_CHECKING = later(r"Pydantic|Structured|OutputFixing|RetryOutput")
_VAGUE = frozenset(("Runnable", "RunnableSequence", "Any", "Callable", "RunnableSerializable", "BaseTool"))
_TOOL_WORD = later(r"(?:^|_)tools?(?:$|_)", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a runnable. Its sort: model, schema, tools, retry, fallback, agent, chain, graph, parser or function."""

    sort: str
    value: Value

    @property
    def site(self) -> Site | None:
        """The call that made it."""
        return self.value.site if isinstance(self.value, Made) else None


@dataclass(frozen=True, eq=False)
class Use:
    """One call of a runnable: what it is (`model`, `agent`, `graph` or `tool`), its parts, how many local calls away."""

    call: Call
    sort: str
    parts: tuple[Part, ...]
    hop: int = 0

    @property
    def place(self) -> Place:
        """Where it stands."""
        module = self.call.scope.module
        return Place(module.path, module.line(self.call.line))

    def of(self, sort: str) -> Iterator[Part]:
        """Its parts of a sort."""
        return (p for p in self.parts if p.sort == sort)


@lru_cache(maxsize=50_000)
def sort_of(name: str) -> str:
    """What a library's name makes: model, agent, chain, graph, wrapper, or the sort of a method on a runnable."""
    if not ROOTS.match(name):
        return ""
    last = name.rpartition(".")[2]
    method = {"with_structured_output": "schema", "bind_tools": "tools", "bind_functions": "tools", "with_retry": "retry",
              "with_fallbacks": "fallback", "as_retriever": "retriever"}.get(last)
    if method:
        return method
    for one in reversed(name.split(".")[1:]):
        if one in INVOKES:
            return ""
        for sort, pattern in (("agent", _AGENT), ("graph", _GRAPH), ("chain", _CHAIN), ("model", _MODEL), ("wrapper", _WRAPPERS)):
            if pattern.match(one):
                return sort
    return "toolnode" if last == "ToolNode" else "parser" if last.endswith("Parser") else ""


class Runnables:
    """The uses of runnables in one program; one for a program."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.program = project.program
        self._own: dict[int, tuple[Use, ...]] = {}
        self._calls: dict[int, list[Call]] | None = None
        self._tools: frozenset[int] | None = None
        self._near: dict[int, list[tuple[Scope, int]]] = {}

    @staticmethod
    def of(project: Project) -> Runnables:
        """The one of a project's program."""
        found = project.code.__dict__.get("_runnables")
        if found is None:
            found = project.code.__dict__["_runnables"] = Runnables(project)
        return found

    # Parts -----------------------------------------------------------------------------------------------------

    def parts(self, value: Value | None, depth: int = 0) -> Iterator[Part]:
        """What a runnable is made of, outside in."""
        if value is None or depth > 12:
            return
        for one in value.options():
            match one:
                case Many():
                    for item in one.items:
                        yield from self.parts(item, depth + 1)
                case Table():
                    for _, item in one.items:
                        yield from self.parts(item, depth + 1)
                case Func():
                    yield Part("function", one)
                case Outside() if one.owner is not None:
                    yield from self.parts(one.owner, depth + 1)
                case Made():
                    yield from self._made(one, depth)
                case Param():       # a model that the callers hand in
                    for given in self.program.handed(one):
                        yield from self.parts(given, depth + 4)

    def _made(self, made: Made, depth: int) -> Iterator[Part]:
        if isinstance(made.of, Klass):
            sort = next((s for b in self.program.bases(made.of.scope) if (s := sort_of(b)) in ("model", "chain", "agent")), "")
            if sort:
                yield Part(sort, made)
            return
        if made.name.rpartition(".")[2] in INVOKES:         # the answer of a model is no model
            return
        sort = sort_of(made.name)
        if sort == "wrapper":
            for n in range(min(4, len(made.site.node.args) if made.site else 0)):
                yield from self.parts(self.program.arg(made.site, n), depth + 1)       # type: ignore[arg-type]
            for name in ("runnable", "first", "last", "func"):
                if made.site is not None:
                    yield from self.parts(self.program.arg(made.site, None, name), depth + 1)
        elif sort:
            yield Part(sort, made)
            if sort == "fallback" and made.site is not None:
                for part in self.parts(self.program.arg(made.site, 0, "fallbacks"), depth + 1):
                    if part.sort != "schema":
                        yield part
        owner = made.of.owner if isinstance(made.of, Outside) else None
        if owner is not None:
            for part in self.parts(owner, depth + 1):
                if not (part.sort == sort and sort in ("model", "agent", "chain", "graph")):
                    yield part

    def is_model(self, value: Value | None) -> bool:
        """Whether a value is a model, or a runnable that contains one, or an agent."""
        return any(p.sort in ("model", "agent", "chain", "schema", "tools") for p in self.parts(value))

    # Uses ------------------------------------------------------------------------------------------------------

    def calls(self, scope: Scope) -> list[Call]:
        """The calls in a function's own body, with those of functions defined in it."""
        if self._calls is None:
            self._calls = {}
            for module in self.program.modules.values():
                for call in module.calls:
                    self._calls.setdefault(id(call.scope), []).append(call)
        found = list(self._calls.get(id(scope), ()))
        if scope.kind != "module":
            for child in scope.children:
                found += self.calls(child)
        return found

    def own(self, scope: Scope) -> tuple[Use, ...]:
        """The uses of runnables in a function's own body."""
        if id(scope) not in self._own:
            self._own[id(scope)] = tuple(u for c in self.calls(scope) if (u := self.use(c)) is not None)
        return self._own[id(scope)]

    def tool_scopes(self) -> frozenset[int]:
        """The functions that are tools (by decorator): a model may call them, code that names them does not."""
        if self._tools is None:
            self._tools = frozenset(id(scope) for scope, _, _, _ in self.program.decorated("langchain*.**.tool"))
        return self._tools

    def near(self, scope: Scope, without: frozenset[int] = frozenset(), hops: int = HOPS) -> list[tuple[Scope, int]]:
        """The function and the local functions it gets to, with how many calls away; not through `without` (ids of scopes)."""
        key = hash((id(scope), without, hops))
        if key not in self._near:
            found = [(scope, 0)]
            seen = {id(scope), *without, *self.tool_scopes()}
            layer = [scope]
            for hop in range(1, hops + 1):
                following = []
                for here in layer:
                    for target in self.program.refs(here):
                        inner = target
                        if inner.kind == "class":
                            inner = next((c for c in target.children if c.name.endswith(".__init__")), target)
                        if id(inner) not in seen and not _inside(inner, scope):
                            seen.add(id(inner))
                            following.append(inner)
                            found.append((inner, hop))
                layer = following
            self._near[key] = found
        return self._near[key]

    def uses(self, scope: Scope, without: frozenset[int] = frozenset()) -> Iterator[Use]:
        """The uses that a function reaches, nearest first."""
        for here, hop in self.near(scope, without):
            if here.kind == "class":
                continue
            for use in self.own(here):
                yield Use(use.call, use.sort, use.parts, hop)

    def use(self, call: Call) -> Use | None:
        """What a call uses, or None when it calls no runnable."""
        func = call.node.func
        if isinstance(func, ast.Attribute):
            if func.attr not in INVOKES:
                return None
            receiver = self.program.value(func.value, call.scope)
        else:
            receiver = self.program.resolved(call)
            if not any(isinstance(one, Made) for one in receiver.options()):
                return None
            func = ast.Attribute(func, "__call__", ast.Load())
        return self._sorted(call, func, receiver)

    def _sorted(self, call: Call, func: ast.Attribute, receiver: Value) -> Use | None:
        parts = tuple(self.parts(receiver))
        sorts = {p.sort for p in parts}
        if "agent" in sorts:
            return Use(call, "agent", parts)
        if sorts & {"model", "chain"} or (sorts & {"schema", "tools"} and not sorts & {"graph"}):
            return Use(call, "model", parts)
        if "graph" in sorts:
            return Use(call, "graph", parts)
        word = _word(func.value)
        known = [one for one in receiver.options() if not isinstance(one, Unknown | Param)]
        if any(isinstance(one, Func) for one in known) and func.attr in ("invoke", "ainvoke", "run", "arun"):
            return Use(call, "tool", parts)
        if func.attr in ("run", "call", "apply", "generate", "transform", "__call__") or (known and any(
                isinstance(one, Made | Outside) and not _vague(one) for one in known)):
            tool = _TOOL_WORD.search(word) and func.attr in ("run", "__call__") and not known
            return Use(call, "tool", parts) if tool else None
        if _TOOL_WORD.search(word) and not _MODEL_WORD.search(word):
            return Use(call, "tool", parts)
        if _MODEL_WORD.search(word):
            return Use(call, "model", parts)
        return Use(call, "agent", parts) if _AGENT_WORD.search(word) else None


def schema_places(use: Use) -> Iterator[Place]:
    """Where a use's output is held to a schema: `with_structured_output`, a parser with a model of the data."""
    for part in use.parts:
        name = part.value.name if isinstance(part.value, Made) else ""
        if part.site is not None and (part.sort == "schema" or (part.sort == "parser" and _CHECKING.search(name))):
            yield Place(part.site.path, part.site.line)


def _vague(value: Made | Outside) -> bool:
    """A value whose type says nothing: `Runnable`, `Any`, the result of some library's call."""
    return value.name.rpartition(".")[2] in _VAGUE


def _word(node: ast.AST) -> str:
    """The last name of an expression: `llm` of `self.llm`, `tools_by_name` of `tools_by_name[x]`."""
    while isinstance(node, ast.Subscript | ast.Call | ast.Await):
        node = node.value if isinstance(node, ast.Subscript | ast.Await) else node.func
    name = dotted(node)
    return name.rpartition(".")[2] if name else node.attr if isinstance(node, ast.Attribute) else ""


def _inside(scope: Scope, outer: Scope) -> bool:
    here: Scope | None = scope.parent
    while here is not None:
        if here is outer and outer.kind != "module":
            return True
        here = here.parent
    return False
