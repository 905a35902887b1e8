"""DSPy: programs of modules (predictions, chains of thought, agents with tools), and predictors used on their own."""

from __future__ import annotations

import ast

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Home, Item, Sketch
from auditkit.sources.inspectors import _framework as base
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.values import Made, Site, Value

NAME = "DSPy"
PACKAGES = ("dspy",)
_LOOPS = {
    "ReAct": ("max_iters", "dspy.react.max_iters"),
    "CodeAct": ("max_iters", "dspy.code_act.max_iters"),
    "ProgramOfThought": ("max_iters", "dspy.program_of_thought.max_iters"),
    "RLM": ("max_iterations", "dspy.rlm.max_iterations"),
}
_PLAIN = (
    "Predict",
    "ChainOfThought",
    "ChainOfThoughtWithHint",
    "TypedPredictor",
    "TypedChainOfThought",
    "MultiChainComparison",
    "Parallel",
)
_MODULES = tuple(f"dspy.**.{kind}" for kind in (*_PLAIN, *_LOOPS))
_TRIES = ("dspy.**.Refine", "dspy.**.BestOfN")
CONSTRUCTORS = (
    *_MODULES,
    *_TRIES,
    "dspy.**.LM",
    "dspy.**.Module",
    "dspy.**.Tool",
    "dspy.**.PythonInterpreter",
    "dspy.**.Retrieve",
    "dspy.**.ColBERTv2",
)


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws every program class, then the predictors that stand outside of one."""
    drawing = _Drawing(project, sketch)
    held: set[int] = set()
    for klass in project.program.classes("dspy.**.Module"):
        held |= drawing.program_class(klass.scope)
    groups: dict[tuple[str, str], list[Site]] = {}
    for sites in base.once(project.program.sites(*_MODULES)).values():
        if id(sites[0].node) not in held:
            groups.setdefault((sites[0].path, sites[0].scope.name), []).append(sites[0])
    for group in groups.values():
        drawing.alone(group)


class _Drawing:
    """The workflows of one program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.sketch = sketch
        self.program = project.program

    def program_class(self, klass: Scope) -> set[int]:
        """A `dspy.Module` with the predictors it makes, in the order in which `forward` uses them."""
        inside = {id(s) for s in base.inside(klass)}
        sites = [s[0] for s in base.once(self.program.sites(*_MODULES)).values() if id(s[0].scope) in inside]
        if not sites:
            return set()
        flow = self.sketch.flow(base.last(klass.name), base.place(klass), "dspy.Module")
        flow.keys.add(klass)
        home = Home(klass.module.path, klass.name)
        flow.homes.add(home)
        order = _order(klass)
        sites.sort(key=lambda s: order.get(base.bound_name(s), 999))
        self._chain(flow, [self._module(flow, s, home) for s in sites])
        return {id(s.node) for s in sites}

    def alone(self, sites: list[Site]) -> None:
        """Predictors of one function that are in no program."""
        first = sites[0]
        name = base.bound_name(first) if len(sites) == 1 and base.bound_name(first) else base.enclosing(first.scope)
        flow = self.sketch.flow(name, base.place(first), first.name)
        flow.homes.add(Home(first.path, first.scope.name))
        for site in sites:
            flow.keys.add(base.key_of(site))
        self._chain(flow, [self._module(flow, s, Home(s.path, s.scope.name)) for s in sites])

    def _chain(self, flow: Flow, steps: list[Item]) -> None:
        flow.entries = steps[:1]
        for before, after in zip(steps, [*steps[1:], None], strict=True):
            flow.edge(before, after, before.at)

    def _module(self, flow: Flow, site: Site, home: Home) -> Item:
        kind, at = base.last(site.name), base.place(site)
        step = flow.add("step", base.bound_name(site) or kind, at, site.name, home).say("decider", "model")
        step.say("kind", "agent_loop" if kind in _LOOPS else "write_text")
        if kind in _LOOPS:
            argument, key = _LOOPS[kind]
            base.say_limit(self.project, step, site, (argument,), key)
        base.tools_of(self.project, self.sketch, flow, self.program.arg(site, 1, "tools"), step, "dspy.tools")
        if kind in ("CodeAct", "ProgramOfThought", "RLM"):
            step.say("executes", "code", at)
            action = flow.add("action", "execute_code", at, site.name, home)
            action.say("effect", "execute").say("consequential", True).say("decided_by", "model").say("step", step)
            action.step = step
        base.say_model(step, base.model_of(self.project, self.sketch, self._lm(site), at, home, "dspy.LM"))
        self._tries(step, site)
        return step

    def _lm(self, site: Site) -> Value | None:
        """The model that `dspy.configure(lm=..)` sets for all, nearest first."""
        sites = self.program.sites(
            "dspy.**.configure", "dspy.**.settings.configure", "dspy.**.context", "dspy.**.settings.context"
        )
        near = sorted(sites, key=lambda s: s.path != site.path)
        return next((v for s in near if (v := self.program.arg(s, None, "lm")) is not None), None)

    def _tries(self, step: Item, site: Site) -> None:
        """`Refine(module, N, reward_fn)`: the answer is checked by a function and asked for again."""
        for around in self.program.sites(*_TRIES):
            inner = self.program.arg(around, 0, "module")
            if any(isinstance(v, Made) and v.site is not None and v.site.node is site.node for v in base.flat(inner)):
                step.say("retries.max", base.number(self.program.arg(around, 1, "N")), base.place(around))
                base.schema_check(step, base.place(around), rule=True)


def _order(klass: Scope) -> dict[str, int]:
    """At which line of `forward` an attribute is used first."""
    found: dict[str, int] = {}
    for method in base.functions_of(klass):
        if base.last(method.name) in ("forward", "aforward"):
            for node in ast.walk(method.node):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
                    found.setdefault(node.attr, node.lineno)
    return found
