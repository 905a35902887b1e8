"""LangChain: chat models, agents (create_agent with middleware, AgentExecutor), chains and plain calls of a model, memories."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from itertools import pairwise

from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.models import draw_model, draw_vendor, model_class, names_in, vendor_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place, Sketch
from auditkit.sources.inspectors._lang_agents import (
    MAKERS,
    Maker,
    draw_agent,
    draw_models,
    draw_tools,
    maker_of,
    offered,
    vendor_for,
)
from auditkit.sources.inspectors._lang_memory import draw_conversations
from auditkit.sources.inspectors._lang_runnables import INVOKES, Runnables, Use, schema_places, sort_of
from auditkit.sources.inspectors._lang_served import served
from auditkit.sources.inspectors._lang_stores import draw_keeper, keepers, kept_by
from auditkit.sources.inspectors._langgraph_loops import inner_loop, limited_here
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Call, Module, Scope, dotted, tail
from auditkit.syntax.python.program import text_of
from auditkit.syntax.python.values import Func, Klass, Made, Many, Outside, Site, Value

NAME = "LangChain"
ORDER = 70
PACKAGES = (
    "langchain", "langchain_core", "langchain_community", "langchain_classic", "langchain_experimental", "langchain_openai",
    "langchain_anthropic", "langchain_google_genai", "langchain_google_vertexai", "langchain_aws", "langchain_ollama",
    "langchain_groq", "langchain_mistralai", "langchain_cohere", "langchain_fireworks", "langchain_together",
    "langchain_huggingface", "langchain_nvidia_ai_endpoints", "langchain_deepseek", "langchain_xai",
    "langchain_perplexity", "langchain_litellm",
    "langchain_azure_ai", "langchain_ibm", "langchain_openrouter", "langchain_mcp_adapters")
CONSTRUCTORS = (
    "langchain.**.create_*", "langchain_classic.**.create_*", "langchain_community.**.create_*",
    "langchain_experimental.**.create_*", "langchain*.**.AgentExecutor",
    "langchain*.**.AgentExecutor.from_agent_and_tools", "langchain.**.initialize_agent",
    "langchain*.**.LLMSingleActionAgent", "langchain*.**.*Toolkit", "langchain*.**.*Chain", "langchain*.**.RunnableParallel",
    "langchain*.**.*Agent", "langchain_core.**.create_*", "langchain*.**.*Middleware", "langchain*.**.*Graph",
    "langchain*.**.Chat*")
_MODEL_NAME = later(r"^(?:Chat[A-Z]|Azure|init_|OpenAI|Ollama|Bedrock|VertexAI|HuggingFace|GoogleGen)|LLM$|Embeddings$")
_SETTING = later(r"(?:^|_)(?:model|llm)(?:_name|_id)?$")
_HUMAN = later(r"^(?:human|user)_(?:step|turn|input|message)$")
_EVALS = later(r"(?:^|/)(?:evals?|evaluations?|benchmarks?)/|(?:^|[/_])(?:eval|evaluat\w+)(?:_\w+)?\.(?:py|ipynb)$")
"""Files that measure the workflow and are no part of it."""
_PLAIN = frozenset(("chain", "agent", "llm", "model", "main", "app", "executor", "agent_executor", "result", "response", "self",
                    ""))


@dataclass(eq=False)
class Built:
    """A chain or an agent that code makes: what it is called, where, and of what."""

    name: str
    node: ast.AST
    scope: Scope
    value: Value
    maker: Maker | None = None
    made: Made | None = None
    places: list[Place] = field(default_factory=list)
    step: Item | None = None


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws the models, memories, agents and chains of a program."""
    unnamed = _models(project, sketch)
    _settings(project, sketch)
    _configured(project, sketch, unnamed)
    for site, keeper, name in keepers(project.program, ("langchain",)):
        draw_keeper(project, sketch, None, site, keeper, name)
    before = len(sketch.flows)
    _Apps(project, sketch).draw()
    if len(sketch.flows) > before:
        draw_conversations(project, sketch)


def _models(project: Project, sketch: Sketch) -> list[Made]:
    """Every chat model and embedding model that is made with a name, or with the library's default. Those are given
    back whose name comes from where it cannot be followed."""
    program = project.program
    unnamed: list[Made] = []
    for module in program.modules.values():
        for call in module.calls:
            if not _MODEL_NAME.search(tail(call.node.func)):
                continue
            for one in program.resolved(call).options():
                if isinstance(one, Outside) and one.name.startswith("langchain") and (row := model_class(one.name)):
                    if not _model(project, sketch, call, one, row):
                        unnamed.append(Made(call.node, module, one, Site(call, one)))
                    break
    return unnamed


def _model(project: Project, sketch: Sketch, call: Call, callee: Outside, row: dict[str, object]) -> bool:
    """Draws what one constructor makes; whether its name, or that it has none, is known."""
    program = project.program
    known = False
    sites = list(program._framed(call, callee))
    if sites and sites[0].frame is not None:
        sites.append(Site(call, callee))        # a parameter's own default is written too
    vendor = vendor_for(callee.name)
    for site in sites:
        at = Place(site.path, site.line)
        made = Made(site.node, site.module, callee, site)
        item = draw_model(project, sketch, made, at, home_of(site.scope), "langchain.chat_model", vendor)
        given = program.arg(site, 0 if callee.name.endswith(("init_chat_model", "init_embeddings")) else None, *row["args"])     # type: ignore[misc]
        known = known or item is not None or given is None
        if item is None and given is None and program.closed(site) and not any(True for _ in names_in(project, made)) \
                and callee.name.rpartition(".")[2][:1].isupper():
            draw_model(project, sketch, None, at, home_of(site.scope), "langchain.chat_model",
                       otherwise=f"{callee.name.rpartition('.')[2]}'s default model")
    return known


def _configured(project: Project, sketch: Sketch, unnamed: list[Made]) -> None:
    """Binds `init_chat_model(name)`, where the name is handed in from outside, to the only vendor whose models the
    settings name: that is the system which it calls unless somebody sets another."""
    vendors = {str(i.value("provider")) for i in sketch.loose if i.kind == "model" and i.rule == "configuration default"
               and i.value("provider") and "embed" not in i.name}
    for made in unnamed:
        if len(vendors) == 1 and made.site is not None and made.name.endswith("init_chat_model"):
            draw_vendor(project, sketch, made, next(iter(vendors)), Place(made.site.path, made.site.line),
                        home_of(made.site.scope), "langchain.chat_model")


def _settings(project: Project, sketch: Sketch) -> None:
    """Model ids that are the defaults of settings classes: `model: str = field(default="openai/gpt-4o")`."""
    for module in project.program.modules.values():
        for scope in module.scopes:
            if scope.kind != "class":
                continue
            for name, bindings in scope.bindings.items():
                if not _SETTING.search(name):
                    continue
                for binding in bindings:
                    if binding.how == "value":
                        _setting(project, sketch, scope, binding.node, project.program.value(binding.value, scope))


def _setting(project: Project, sketch: Sketch, scope: Scope, node: ast.AST, value: Value) -> None:
    program = project.program
    for one in value.options():
        given: Value | None = one
        if isinstance(one, Made) and one.site is not None and one.name.rpartition(".")[2] in ("Field", "field"):
            given = program.arg(one.site, 0, "default")
        text = text_of(given)
        if text and vendor_of(text) and re.fullmatch(r"[\w./:@-]+", text) and given is not None:
            at = Place(scope.module.path, scope.module.line(node))
            draw_model(project, sketch, given, at, home_of(scope), "configuration default")


class _Apps:
    """The agents and chains of a program that belong to no graph."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.program = project.program
        self.sketch = sketch
        self.runnables = Runnables.of(project)
        self.keys = {key for flow in sketch.flows for key in flow.keys}
        self.taken = self._taken()
        self.modules = [m for m in self.program.modules.values() if not _EVALS.search(m.path)]
        self.inner: set[int] = set()
        """Agents and chains (by their node) that are parts of others."""

    def _taken(self) -> set[int]:
        """The functions that drawn workflows already account for, and those of tools."""
        code = self.project.code
        starts = []
        for flow in self.sketch.flows:
            if flow.rule.startswith("langgraph."):
                homes = {(h.path, h.name) for h in flow.homes if h.name}
                builders = {(i.home.path, i.home.name) for i in flow.items if i.home and not self._is_named(i)}
                starts += [s for p in {h for h, _ in homes} if (m := self.program.modules.get(p)) for s in m.scopes
                           if (p, s.name) in homes - builders and s.kind == "function"]
            for item in flow.items:
                if item.home is not None and item.home.name and item.kind in ("step", "action"):
                    module = self.program.modules.get(item.home.path)
                    for scope in module.scopes if module else ():       # a notebook may define a name several times
                        if scope.name == item.home.name and (item.kind == "action" or self._is_body(item, scope)):
                            starts.append(scope)
        for scope, _, _, _ in self.program.decorated("langchain*.**.tool"):
            starts.append(scope)
        for module in self.program.modules.values():
            for scope in module.scopes:         # a tool's own body, and a model that is written here
                bases = self.program.bases(scope) if scope.kind == "class" else ()
                if any(b.endswith(".BaseTool") or sort_of(b) == "model" for b in bases):
                    starts += scope.children
        for name in ("Tool", "StructuredTool", "from_function"):
            for module in self.program.modules.values():
                for call in module.by_tail.get(name, ()):
                    for given in (*call.node.args[:3], *(k.value for k in call.node.keywords if k.arg in ("func", "coroutine"))):
                        starts += [o.scope for o in self.program.value(given, call.scope).options() if isinstance(o, Func)]
        return set(code.reach(starts, 4))

    def _is_named(self, item: Item) -> bool:
        """Whether an item says which function it is."""
        return item.value("symbol") is not None

    def _is_body(self, item: Item, scope: Scope) -> bool:
        """Whether a step's home is the function it runs (not the function in which it is put together)."""
        return str(item.value("symbol") or "").endswith(f":{scope.name}")

    # Building blocks -------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draws what stands alone, a workflow for each group of modules that use each other's steps."""
        built = self._built()
        for one in built:
            self._parts_of(one)
        built = [b for b in built if id(b.node) not in self.inner]
        used = self._uses(built)
        called, plain = used
        steps = [b for b in built if b.step is None and (b.maker is not None or id(b) in called)]
        if not steps and not plain:
            return
        for group in self._groups([b.scope.module for b in steps] + [s.module for s, _ in plain.values()]):
            self._flow(group, [b for b in steps if b.scope.module in group],
                       [(s, u) for s, u in plain.values() if s.module in group])

    def _built(self) -> list[Built]:
        """Agents and chains as they are made, with the name they are given."""
        found: dict[int, Built] = {}
        for module in self.modules:
            for call in module.calls:
                if id(call.scope) in self.taken or not (call.node.args or call.node.keywords):
                    continue
                one = self._agent_or_chain(call)
                if one is not None and (id(call.node), 0) not in self.keys:
                    found[id(call.node)] = one
            for node, scope in _pipes(module):
                if id(scope) in self.taken:
                    continue
                value = self.program.value(node, scope)
                if isinstance(value, Many) and self.runnables.is_model(value):
                    found[id(node)] = Built("", node, scope, value)
        names = self._names({k: b.scope.module for k, b in found.items()})
        for key, one in found.items():
            one.name = one.name or names.get(key, "")
            one.places.append(Place(one.scope.module.path, one.scope.module.line(one.node)))
        return self._merged(list(found.values()))

    def _merged(self, built: list[Built]) -> list[Built]:
        """One entry for the same name bound twice in one function; the last stands for it."""
        kept: dict[tuple[int, str], Built] = {}
        rest = []
        for one in built:
            if not one.name or one.maker is not None:
                rest.append(one)
                continue
            first = kept.get((id(one.scope), one.name))
            if first is not None:
                first.places += one.places
            else:
                kept[(id(one.scope), one.name)] = one
        return [*rest, *kept.values()]

    def _agent_or_chain(self, call: Call) -> Built | None:
        last = tail(call.node.func)
        likely = re.search(r"agent|chain|executor|^from_|RetrievalQA|Chain$|Agent$|Executor$", last, re.IGNORECASE)
        if not likely and not last[:1].isupper():
            return None
        for one in self.program.resolved(call).options():
            if isinstance(one, Outside) and one.name.startswith("langchain"):
                maker = maker_of(one.name)
                value = Made(call.node, call.scope.module, one, Site(call, one))
                if maker is not None:
                    return Built("", call.node, call.scope, value, maker, value)
                if sort_of(one.name) == "chain" and (last[:1].isupper() or last.startswith(("from_", "create_", "load_"))):
                    return Built("", call.node, call.scope, value)
            if isinstance(one, Klass):
                bases = self.program.bases(one.scope)
                maker = next((m for b in bases if (m := maker_of(b))), None)
                value = Made(call.node, call.scope.module, one, Site(call, one))
                if maker is not None:
                    return Built("", call.node, call.scope, value, maker, value)
                if any(sort_of(b) == "chain" for b in bases) and not any(b.endswith(".base.Chain") for b in bases):
                    return Built("", call.node, call.scope, value)
            if isinstance(one, Func) and isinstance(one.owner, Klass) and last.startswith(("from_", "create", "load", "build")):
                bases = self.program.bases(one.owner.scope)
                if any(sort_of(b) == "chain" for b in bases) and not any(b.endswith(".base.Chain") for b in bases):
                    value = Made(call.node, call.scope.module, one.owner, Site(call, one.owner))
                    return Built("", call.node, call.scope, value)
        return None

    def _names(self, wanted: dict[int, Module]) -> dict[int, str]:
        """The variable, attribute or keyword that a call's result is bound to."""
        found: dict[int, str] = {}
        for module in {id(m): m for m in wanted.values()}.values():
            for scope in module.scopes:
                for name, bindings in scope.bindings.items():
                    for binding in bindings:
                        if binding.how == "value" and binding.value is not None:
                            _mark(found, wanted, binding.value, name)
            for target, value, _ in module.attributes:
                _mark(found, wanted, value, target.attr)
        return found

    def _parts_of(self, one: Built) -> None:
        """Notes the chains and agents that are handed to another one: they are no steps of their own."""
        if not isinstance(one.node, ast.Call):
            for inner in ast.walk(one.node):
                if inner is not one.node and isinstance(inner, ast.Call | ast.BinOp):
                    self.inner.add(id(inner))
            return
        for given in (*one.node.args, *(k.value for k in one.node.keywords if k.arg not in ("tools",))):
            for option in self.program.value(given, one.scope).options():
                here: Value | None = option
                for _ in range(6):
                    if isinstance(here, Made) and here.site is not None:
                        self.inner.add(id(here.site.node))
                        for deeper in (*here.site.node.args, *(k.value for k in here.site.node.keywords)):
                            for below in self.program.value(deeper, here.site.scope).options():
                                if isinstance(below, Made) and below.site is not None:
                                    self.inner.add(id(below.site.node))
                    elif isinstance(here, Many) and here.node is not None:
                        self.inner.add(id(here.node))
                    here = here.of.owner if isinstance(here, Made) and isinstance(here.of, Outside) else None

    def _uses(self, built: list[Built]) -> tuple[set[int], dict[int, tuple[Scope, list[Use]]]]:
        """Which of them are called, and the plain calls of models outside of them."""
        by_node = {id(b.node): b for b in built}
        by_name: dict[str, list[Built]] = {}
        for one in built:
            if one.name and one.name not in _PLAIN:
                by_name.setdefault(one.name, []).append(one)
        called: set[int] = set()
        plain: dict[int, tuple[Scope, list[Use]]] = {}
        self.sequence: dict[int, list[tuple[int, Built | Scope]]] = {}
        for module in self.modules:
            for call in module.calls:
                if id(call.scope) in self.taken:
                    continue
                use = self.runnables.use(call)
                hit = self._hit(call, use, by_node, by_name)
                if hit:
                    for one in hit:
                        called.add(id(one))
                        self.sequence.setdefault(id(call.scope), []).append((call.node.lineno, one))
                elif use is not None and use.sort == "model" and self._direct(use):
                    plain.setdefault(id(call.scope), (call.scope, []))[1].append(use)
                    self.sequence.setdefault(id(call.scope), []).append((call.node.lineno, call.scope))
        return called, plain

    def _hit(self, call: Call, use: Use | None, by_node: dict[int, Built], by_name: dict[str, list[Built]]) -> list[Built]:
        func = call.node.func
        receiver = func.value if isinstance(func, ast.Attribute) and func.attr in INVOKES else None
        found: list[Built] = []
        if use is not None:
            values = [p.value for p in use.parts]
            found = [by_node[id(v.node)] for v in values if v.node is not None and id(v.node) in by_node]
        if not found and receiver is not None:
            for option in self.program.value(receiver, call.scope).options():
                here: Value | None = option
                for _ in range(8):
                    if here is not None and here.node is not None and id(here.node) in by_node:
                        found.append(by_node[id(here.node)])
                    here = here.of.owner if isinstance(here, Made) and isinstance(here.of, Outside) else None
        if not found:
            name = dotted(receiver if receiver is not None else func) or ""
            found = by_name.get(name.rpartition(".")[2], []) if receiver is not None or "." in name else []
        return list(dict.fromkeys(found))

    def _direct(self, use: Use) -> bool:
        """Whether a use calls a model that the program can be seen to make (or one that is named as a model)."""
        langchain = any(b.dotted.startswith("langchain") for _, b in use.call.scope.module.imports)
        return langchain or any(p.sort == "model" for p in use.parts)

    # Workflows -------------------------------------------------------------------------------------------------

    def _groups(self, modules: list[Module]) -> list[set[Module]]:
        """Modules whose code reaches each other's, together."""
        groups: list[set[Module]] = []
        wanted = list(dict.fromkeys(modules))
        for module in wanted:
            reached = {s.module for s in self.project.code.reach(module.scopes, 6).values()} & set(wanted)
            joined = {module} | reached
            for group in [g for g in groups if g & joined]:
                joined |= group
                groups.remove(group)
            groups.append(joined)
        return groups

    def _flow(self, group: set[Module], built: list[Built], plain: list[tuple[Scope, list[Use]]]) -> None:
        first = min([b.places[0] for b in built] + [place_of(s) if s.kind != "module" else u[0].place for s, u in plain])
        head = next((b for b in built if b.maker is not None and b.name), next((b for b in built if b.name), None))
        title = self._title(first, head, built, plain)
        flow = self.sketch.flow(title, first, "langchain")
        names: set[str] = set()
        steps: dict[int, Item] = {}
        for one in sorted(built, key=lambda b: b.places[0]):
            one.step = steps[id(one)] = self._built_step(flow, one, names)
        for scope, uses in plain:
            steps[id(scope)] = self._plain_step(flow, scope, uses, names)
        self._people(flow, group, steps)
        self._order(flow, steps)
        flow.open_ended = len(flow.of("step")) > 1 and any(b.maker is None for b in built)

    def _title(self, first: Place, head: Built | None, built: list[Built], plain: list[tuple[Scope, list[Use]]]) -> str:
        if head is not None:
            entry = served(self.project).of(head.places[0].path, {head.name})
            if entry is not None:
                return entry.name
        if len(built) + len(plain) == 1 and head is not None and head.name not in _PLAIN:
            return head.name
        stem = first.path.rpartition("/")[2].rpartition(".")[0]
        if stem in ("main", "app", "agent", "agents", "graph", "__init__", "chain", "chains", "run") and "/" in first.path:
            stem = first.path.split("/")[-2]
        return stem

    def _built_step(self, flow: Flow, one: Built, names: set[str]) -> Item:
        name = self._name(one.name if one.name not in _PLAIN else "", one.scope, one.name, names)
        at = one.places[-1]
        rule = one.maker.rule if one.maker else "langchain.chain"
        step = flow.add("step", name, at, rule, home_of(one.scope))
        for place in one.places:
            step.also(place)
        step.say("decider", "model")
        if one.scope.kind == "function":
            flow.homes.add(home_of(one.scope))
        flow.keys.add((id(one.node), 0))
        if one.maker is not None and one.made is not None:
            self._agent(flow, step, one, one.made, one.maker)
        else:
            self._chain(flow, step, one)
        return step

    def _agent(self, flow: Flow, step: Item, one: Built, made: Made, maker: Maker) -> None:
        draw_agent(self.project, self.sketch, flow, step, made, maker)
        site = made.site
        assert site is not None
        inner = self.program.arg(site, 0 if maker.rule == "langchain.AgentExecutor" else None, "agent")
        for part in self.runnables.parts(inner):
            behind = part.value
            below = maker_of(behind.name) if isinstance(behind, Made) and behind.site is not None else None
            if isinstance(behind, Made) and below is not None and not below.loops:
                draw_agent(self.project, self.sketch, flow, step, behind, below)
        for value in (inner, self.program.arg(site, None, "llm", "model")):
            item = draw_models(self.project, self.sketch, value, maker.rule) if value is not None else None
            if item is not None and step.value("model") is None:
                step.say("model", item)
        for argument in ("checkpointer", "memory", "store"):
            kept = kept_by(self.program.arg(site, None, argument))
            if kept is not None:
                draw_keeper(self.project, self.sketch, None, *kept)
        if maker.loops:
            flow.edge(step, step, step.at)
        if maker.limit.endswith("recursion_limit"):
            limited_here(self.project, step, one.scope.module.path)

    def _chain(self, flow: Flow, step: Item, one: Built) -> None:
        parts = list(self.runnables.parts(one.value))
        for part in parts:
            if part.sort == "tools" and part.site is not None:
                draw_tools(self.project, flow, step, self.program.arg(part.site, 0, "tools", "functions"), "langchain.bind_tools",
                           Place(part.site.path, part.site.line))
            if part.sort in ("model", "chain"):
                item = draw_models(self.project, self.sketch, part.value, "langchain.chain")
                if item is not None and step.value("model") is None:
                    step.say("model", item)
        if isinstance(one.value, Made) and one.value.site is not None:
            item = draw_models(self.project, self.sketch, self.program.arg(one.value.site, 0, "llm", "model"), "langchain.chain")
            if item is not None and step.value("model") is None:
                step.say("model", item)
        use = Use(Call(ast.Call(ast.Name("", ast.Load()), [], []), one.scope, None), "model", tuple(parts))
        for place in schema_places(use):
            step.say("validation.kind", "schema", place)
            break

    def _plain_step(self, flow: Flow, scope: Scope, uses: list[Use], names: set[str]) -> Item:
        name = self._name("", scope, "model call", names)
        step = flow.add("step", name, uses[0].place, "langchain.invoke", home_of(scope))
        step.say("decider", "model")
        if scope.kind == "function":
            step.also(place_of(scope))
            flow.homes.add(home_of(scope))
            step.say("symbol", f"{scope.module.path}:{scope.name}"[:120])
        for use in uses:
            step.also(use.place)
            for part in use.of("tools"):
                if part.site is not None:
                    draw_tools(self.project, flow, step, self.program.arg(part.site, 0, "tools", "functions"),
                               "langchain.bind_tools", Place(part.site.path, part.site.line))
            for part in use.of("model"):
                item = draw_models(self.project, self.sketch, part.value, "langchain.invoke")
                if item is not None and step.value("model") is None:
                    step.say("model", item)
            for place in schema_places(use):
                if step.value("validation.kind") is None:
                    step.say("validation.kind", "schema", place)
        inner_loop(self.project, scope, step)
        return step

    def _name(self, given: str, scope: Scope, otherwise: str, names: set[str]) -> str:
        found = given.lstrip("_")
        if not found:
            here: Scope | None = scope
            while here is not None and here.kind != "module":
                last = here.name.rpartition(".")[2]
                if not last.startswith("__"):
                    found = last.lstrip("_")
                    break
                here = here.parent
        found = found or otherwise or "model call"
        names.add(found)
        return found

    def _people(self, flow: Flow, group: set[Module], steps: dict[int, Item]) -> None:
        """Methods that take a person's turn in: `human_step(human_input)`."""
        for module in group:
            for scope in module.scopes:
                last = scope.name.rpartition(".")[2]
                if scope.kind == "function" and _HUMAN.match(last) and any(
                        re.search(r"input|message|text|human|user", n) for n in scope.bindings if n != scope.self_name):
                    step = flow.add("step", last, place_of(scope), "langchain.human_turn", home_of(scope))
                    step.say("decider", "human").say("kind", "converse")
                    steps[id(scope)] = step

    def _order(self, flow: Flow, steps: dict[int, Item]) -> None:
        """Edges in the order in which the code calls the steps."""
        orders: dict[int, list[Item]] = {}
        for module in self.modules if len(steps) > 1 else ():
            for scope in module.scopes:
                if scope.kind != "class":
                    orders[id(scope)] = self._called(scope, steps, 0)
        pairs: list[tuple[Item, Item]] = []
        for order in orders.values():
            pairs += [(a, b) for a, b in pairwise(order) if a is not b]
        for first, second in dict.fromkeys(pairs):
            flow.edge(first, second, first.at)
        followed = {id(s) for s, t in pairs}
        for step in flow.of("step"):
            if id(step) not in followed:
                flow.edge(step, None, step.at)
        pointed = {id(t) for _, t in pairs}
        flow.entries = [s for s in flow.of("step") if id(s) not in pointed] or flow.of("step")[:1]

    def _called(self, scope: Scope, steps: dict[int, Item], depth: int) -> list[Item]:
        events: list[tuple[int, list[Item]]] = [(line, [steps[id(one)]]) for line, one in self.sequence.get(id(scope), ())
                                               if id(one) in steps]
        if depth < 3:
            for call in self.runnables.calls(scope):
                if call.scope is not scope:
                    continue
                for one in self.program.resolved(call).options():
                    if isinstance(one, Func) and one.scope is not scope:
                        if id(one.scope) in steps:
                            events.append((call.node.lineno, [steps[id(one.scope)]]))
                        elif (inner := self._called(one.scope, steps, depth + 1)):
                            events.append((call.node.lineno, inner))
                        break
        found: list[Item] = []
        for _, items in sorted(events, key=lambda e: e[0]):
            for item in items:
                if not found or found[-1] is not item:
                    found.append(item)
        return found[:40]


def _pipes(module: Module) -> list[tuple[ast.BinOp, Scope]]:
    """The outermost `a | b | c` of a module with the scope they stand in."""
    found: list[tuple[ast.BinOp, Scope]] = []
    values: list[tuple[ast.AST, Scope]] = [(v, s) for _, v, s in module.attributes]
    for scope in module.scopes:
        for bindings in scope.bindings.values():
            values += [(b.value, scope) for b in bindings if b.how == "value" and b.value is not None]
    for call in module.calls:
        func = call.node.func
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.BinOp):
            values.append((func.value, call.scope))
    for node, scope in values:
        here: ast.AST = node
        while isinstance(here, ast.Await) or (isinstance(here, ast.Call) and isinstance(here.func, ast.Attribute)):
            here = here.value if isinstance(here, ast.Await) else here.func.value       # type: ignore[attr-defined]
        if isinstance(here, ast.BinOp) and isinstance(here.op, ast.BitOr):
            found.append((here, scope))
    for scope in module.scopes:
        for node in getattr(scope.node, "body", ()) if scope.kind == "function" else ():
            if isinstance(node, ast.Return) and isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.BitOr):
                found.append((node.value, scope))
    return found


def _mark(found: dict[int, str], wanted: dict[int, Module], value: ast.AST, name: str) -> None:
    here: ast.AST | None = value
    while here is not None:
        if id(here) in wanted:
            found.setdefault(id(here), name)
        if isinstance(here, ast.Await):
            here = here.value
        elif isinstance(here, ast.Call) and isinstance(here.func, ast.Attribute):
            here = here.func.value
        else:
            here = None


__all__ = ["MAKERS", "inspect", "offered", "text_of"]
