"""Haystack: pipelines of components, and agents with tools."""

from __future__ import annotations

import ast

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Home, Item, Sketch
from auditkit.sources.inspectors import _framework as base
from auditkit.sources.inspectors._library_tools import library_tool
from auditkit.syntax.python.program import root_of
from auditkit.syntax.python.values import Const, Klass, Made, Site, Value

NAME = "Haystack"
PACKAGES = ("haystack", "haystack_integrations", "haystack_experimental")
_PIPELINE = ("haystack.**.Pipeline", "haystack.**.AsyncPipeline", "haystack_experimental.**.Pipeline")
_AGENT = ("haystack.components.agents.**.Agent", "haystack_experimental.components.agents.**.Agent")
_GENERATOR = (
    "haystack.components.generators.**.*Generator",
    "haystack_integrations.components.generators.**.*Generator",
    "haystack_experimental.components.generators.**.*Generator",
)
_ASKS = (
    *_GENERATOR,
    "haystack.components.routers.**.LLM*Router",
    "haystack.components.evaluators.**.LLM*",
    "haystack.components.extractors.**.LLM*",
    "haystack.components.rankers.**.LLM*",
    "haystack.components.query.**.*",
)
CONSTRUCTORS = (
    *_PIPELINE,
    *_AGENT,
    *_GENERATOR,
    "haystack.tools.**.*",
    "haystack.components.**.*",
    "haystack.document_stores.**.*",
    "haystack_integrations.**.*",
)
DEFAULT_MODEL = "Haystack's default model"


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws the pipelines that ask a model, then the agents that are in none."""
    drawing = _Drawing(project, sketch)
    drawing.pipelines()
    drawing.agents()
    base.stores_of(
        project,
        sketch,
        "haystack.document_store",
        ("haystack.document_stores.**.InMemoryDocumentStore", "vector", False),
        ("haystack_integrations.document_stores.**.*DocumentStore", "vector", True),
    )


class _Drawing:
    """The workflows of one program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.sketch = sketch
        self.program = project.program
        self.used: set[int] = set()

    def pipelines(self) -> None:
        """Every pipeline with the components that are added to it."""
        added = self._calls("add_component")
        joined = self._calls("connect")
        for node, sites in base.once(self.program.sites(*_PIPELINE)).items():
            site = sites[0]
            components = added.get(node, [])
            if components:
                self._pipeline(site, components, joined.get(node, []))

    def _calls(self, verb: str) -> dict[int, list[Site]]:
        found: dict[int, list[Site]] = {}
        for sites in base.once(self.program.sites(*(f"{p}.{verb}" for p in _PIPELINE))).values():
            root = root_of(sites[0].callee)
            if root is not None and root.site is not None:
                found.setdefault(id(root.site.node), []).append(sites[0])
        return found

    def _flow(self, site: Site) -> Flow:
        return base.flow_of(self.sketch, site, base.bound_name(site), "pipeline", "pipe", "p", "agent", "self")

    def _pipeline(self, site: Site, components: list[Site], joined: list[Site]) -> None:
        flow = self._flow(site)
        steps: dict[str, Item] = {}
        for call in components:
            name = base.text(self.program.arg(call, 0, "name")) or base.bound_name(call) or f"component_{len(steps) + 1}"
            steps[name] = self._component(flow, call, name, self.program.arg(call, 1, "instance"))
        targets: set[int] = set()
        for call in joined:
            source, target = (self._end(call, n, a, steps) for n, a in ((0, "sender"), (1, "receiver")))
            if source is not None and target is not None:
                flow.edge(source, target, base.place(call))
                if source is not target:
                    targets.add(id(target))
            else:
                flow.open_ended = True
        flow.entries = [s for s in steps.values() if id(s) not in targets] or list(steps.values())[:1]
        for step in steps.values():
            if any(t is not None and base.reaches(flow, t, step) for t in flow.after(step)) and step.value("loop.bound") is None:
                base.say_limit(
                    self.project,
                    step,
                    site,
                    ("max_runs_per_component", "max_loops_allowed"),
                    "haystack.pipeline.max_runs_per_component",
                )
                break
        if not any(s.value("decider") == "model" for s in steps.values()):
            self.sketch.flows.remove(flow)  # a pipeline that fills an index is no agent's workflow

    def _end(self, call: Site, position: int, arg: str, steps: dict[str, Item]) -> Item | None:
        """The component in `connect("retriever.documents", ..)` or in `connect(a.outputs["x"], ..)`."""
        named = base.text(self.program.arg(call, position, arg))
        return steps.get(named.partition(".")[0]) if named else None

    def _component(self, flow: Flow, call: Site, name: str, value: Value | None) -> Item:
        at, home = base.place(call), Home(call.path, call.scope.name)
        step = flow.add("step", name, at, "haystack.add_component", home)
        for one in base.flat(value):
            if not isinstance(one, Made) or one.site is None:
                continue
            step.also(base.place(one))
            if base.fits(one.name, *_AGENT):
                self._gives(flow, step, one.site)
            elif base.fits(one.name, *_ASKS):
                step.say("decider", "model").say("kind", "write_text")
                self._model(step, one, home)
                base.tools_of(self.project, self.sketch, flow, self.program.arg(one.site, None, "tools"), step, "haystack.tools")
            elif isinstance(one.of, Klass):
                self._own(flow, step, one.of)
            else:
                step.say("decider", "code")
                self._plain(flow, step, one)
        return step

    def _own(self, flow: Flow, step: Item, klass: Klass) -> None:
        """A component of the folder: its `run` says who decides."""
        scope = klass.scope
        step.home = Home(scope.module.path, scope.name)
        step.also(base.place(scope)).say("symbol", f"{scope.module.path}:{scope.name}"[:120])
        flow.homes.add(step.home)
        run = next((m for m in base.functions_of(scope) if base.last(m.name) in ("run", "run_async")), None)
        step.say("decider", base.decider_of(self.project, run) if run is not None else "code", how="resolved")

    def _plain(self, flow: Flow, step: Item, made: Made) -> None:
        """What a packaged component reads or calls; a tool invoker carries out what the model chose."""
        assert made.site is not None
        known = library_tool(made)
        if known is not None:
            base.behind(self.sketch, known, base.place(made), step.home, "haystack.component")
        if base.last(made.name) == "ToolInvoker":
            base.tools_of(self.project, self.sketch, flow, self.program.arg(made.site, None, "tools"), step, "haystack.tools")
        if base.last(made.name) == "JsonSchemaValidator":
            base.schema_check(step, base.place(made))

    def _model(self, step: Item, made: Made, home: Home) -> None:
        site = made.site
        assert site is not None
        value: Value | None = made
        if self.program.arg(site, None, "model", "azure_deployment") is None:
            inner = self.program.arg(site, 0, "chat_generator", "chat_generators")
            value = next(iter(base.made_by(inner, *_GENERATOR)), None)
            if value is None and self.program.closed(site) and "OpenAI" in made.name:
                base.say_model(
                    step,
                    base.model_of(
                        self.project,
                        self.sketch,
                        None,
                        base.place(site),
                        home,
                        "haystack.generator",
                        vendor="openai",
                        otherwise=DEFAULT_MODEL,
                        timeout="default",
                        retry="default",
                    ),
                )
                return
        base.say_model(step, base.model_of(self.project, self.sketch, value, base.place(site), home, "haystack.generator"))

    # Agents ------------------------------------------------------------------------------------------------------

    def agents(self) -> None:
        """Agents that are in no pipeline."""
        for sites in base.once(self.program.sites(*_AGENT)).values():
            site = sites[0]
            if id(site.node) in self.used:
                continue
            flow = self._flow(site)
            step = flow.add(
                "step", base.bound_name(site) or "agent", base.place(site), site.name, Home(site.path, site.scope.name)
            )
            flow.entries = [step]
            self._gives(flow, step, site)

    def _gives(self, flow: Flow, step: Item, site: Site) -> None:
        """Model, tools, limits and approvals of an agent."""
        self.used.add(id(site.node))
        at, home = base.place(site), Home(site.path, site.scope.name)
        step.say("decider", "model").say("kind", "agent_loop")
        agent = flow.add("agent", step.name, at, site.name, home)
        step.say("agent", agent)
        for made in base.made_by(self.program.arg(site, 0, "chat_generator"), *_GENERATOR):
            self._model(step, made, home)
        items, closed = base.tools_of(
            self.project, self.sketch, flow, self.program.arg(site, None, "tools"), step, "haystack.tools"
        )
        if items and closed:
            agent.say("tools", [i.name for i in items], at, "resolved")
        base.say_limit(self.project, step, site, ("max_agent_steps",), "haystack.agent.max_agent_steps")
        self._approvals(flow, site, items)

    def _approvals(self, flow: Flow, site: Site, items: list[Item]) -> None:
        """Strategies by which a person confirms a tool call; a policy that never asks is no gate."""
        given = self.program.arg(site, None, "confirmation_strategies", "hooks")
        if base.is_none(given):
            return
        at = base.arg_place(self.project, site, "confirmation_strategies", "hooks")
        node = next((k.value for k in site.node.keywords if k.arg in ("confirmation_strategies", "hooks")), None)
        values = (
            [self.program.value(n, site.scope, site.frame) for n in ast.walk(node) if isinstance(n, ast.Call | ast.Name)]
            if node is not None
            else []
        )
        names = [base.last(v.name) for value in values for v in value.options() if isinstance(v, Made)]
        for item in items:
            item.open = True
        if (names and "NeverAskPolicy" not in names) or not names:
            protected = [i for i in items if i.name in {c.value for c in base.flat(given) if isinstance(c, Const)}] or items
            base.person(flow, "confirmation of tools", at, "haystack.human_in_the_loop", None, None, protected)
