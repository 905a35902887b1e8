"""browser-use: agents that work a browser, the actions that are added for them, and how long a run may be."""

from __future__ import annotations

import ast

from auditkit.sources.inspection.code import home_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Home, Item, Sketch
from auditkit.sources.inspection.tools import draw_tool
from auditkit.sources.inspectors import _framework as base
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.program import root_of
from auditkit.syntax.python.values import Const, Func, Made, Site, Value

NAME = "browser-use"
PACKAGES = ("browser_use",)
RULE = "browser_use"
_AGENT = ("browser_use.**.Agent", "browser_use.**.CodeAgent")
_ACTIONS = ("browser_use.**.Controller", "browser_use.**.Tools")
CONSTRUCTORS = (*_AGENT, *_ACTIONS, "browser_use.**.Browser", "browser_use.**.BrowserSession", "browser_use.**.BrowserProfile")
_WINDOWS = ("browser", "browser_session", "browser_profile", "browser_context")
"""Arguments by which an agent is given its browser."""
_KNOWN_USER = ("user_data_dir", "storage_state", "cookies_file", "cdp_url", "chrome_instance_path", "profile_directory")
"""Arguments of a browser by which it is one in which somebody is logged in already."""
_QUESTION = later(
    r"(?i)^(?:ask|prompt|consult|wait_for|confirm_with|check_with)_(?:the_)?(?:user|human|person|customer|owner|operator)"
)
_RUN_NOTE = "the library ends a run after a number of steps of its own (max_steps)"


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws every agent as a workflow: a browser agent is given a task and works alone."""
    added = _added(project)
    for sites in base.once(project.program.sites(*_AGENT)).values():
        _agent(project, sketch, sites, added)


def _agent(project: Project, sketch: Sketch, sites: list[Site], added: dict[int, list[tuple[Scope, str | None]]]) -> None:
    site = sites[0]
    at, home = base.place(site), Home(site.path, site.scope.name)
    name = base.bound_name(site)
    title = name if name and name not in ("agent", "self") else base.enclosing(site.scope)
    flow = sketch.flow(title, at, RULE)
    flow.homes.add(home)
    flow.keys.add(base.key_of(site))
    step = flow.add("step", title, at, RULE, home)
    step.say("decider", "model").say("kind", "agent_loop").say("executes", "browser")
    values = [project.program.arg(s, None, "llm") for s in sites]
    base.say_model(step, base.models_of(project, sketch, values, at, home, f"{RULE}.llm"), at)
    _browser(project, flow, site, step)
    for value in (project.program.arg(s, None, "controller", "tools") for s in sites):
        _tools(project, flow, value, step, added)
    _limits(project, step, site)
    if not base.is_none(project.program.arg(site, None, "output_model_schema")):
        base.schema_check(step, base.arg_place(project, site, "output_model_schema"))
    flow.entries = [step]
    flow.edge(step, None, at)


def _browser(project: Project, flow: Flow, site: Site, step: Item) -> None:
    """What the library offers the model by itself: to open, click and fill in pages. Whether that changes anything can
    only be said where the browser has an account to act with."""
    action = flow.add("action", "browser", base.place(site), RULE, step.home)
    action.say("decided_by", "model").say("step", step)
    action.step = step
    known = _logged_in(project, site)
    if known is not None:
        note = f"the model clicks and fills in pages of an account ({known})"
        action.say("effect", "write", how="resolved", note=note).say("consequential", True, how="resolved", note=note)


def _logged_in(project: Project, site: Site) -> str | None:
    """The argument by which the browser acts for somebody: credentials for pages, or a profile with its logins."""
    if not base.is_none(project.program.arg(site, None, "sensitive_data")):
        return "sensitive_data"
    for window in _WINDOWS:
        for made in base.made_by(project.program.arg(site, None, window), "browser_use.**.Browser*"):
            assert made.site is not None
            for name in _KNOWN_USER:
                if not base.is_none(project.program.arg(made.site, None, name)):
                    return name
    return None


def _added(project: Project) -> dict[int, list[tuple[Scope, str | None]]]:
    """The functions that are added as actions, with what the model is told of them, by the call of their registry."""
    found: dict[int, list[tuple[Scope, str | None]]] = {}
    patterns = tuple(f"{pattern}.**.action" for pattern in _ACTIONS)
    for scope, _, site, owner in project.program.decorated(*patterns):
        registry = root_of(owner)
        if registry is None or registry.site is None:
            continue
        told = project.program.arg(site, 0, "description") if site is not None else None
        text = told.value if isinstance(told, Const) and isinstance(told.value, str) else None
        held = found.setdefault(id(registry.site.call.node), [])
        if all(scope is not s for s, _ in held):
            held.append((scope, text))
    return found


def _tools(
    project: Project, flow: Flow, value: Value | None, step: Item, added: dict[int, list[tuple[Scope, str | None]]]
) -> None:
    """The actions of the registry that an agent is given."""
    for made in base.made_by(value, *_ACTIONS):
        assert made.site is not None
        for scope, told in added.get(id(made.site.call.node), ()):
            draw_tool(project, flow, Func(scope.node, scope.module, scope), f"{RULE}.action", step, description=told)
            _asks_nobody(flow, scope, step)
        if not base.is_none(project.program.arg(made.site, None, "output_model")):
            base.schema_check(step, base.arg_place(project, made.site, "output_model"))


def _asks_nobody(flow: Flow, scope: Scope, step: Item) -> None:
    """A question to the user whose function has no code: the library runs it, and the model goes on without an answer."""
    name = base.last(scope.name)
    body = [s for s in getattr(scope.node, "body", ()) if not isinstance(s, ast.Pass)]
    hollow = all(isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant) for s in body)
    if not hollow or not _QUESTION.search(name) or any(g.at == base.place(scope) for g in flow.of("gate")):
        return
    gate = base.person(flow, name, base.place(scope), f"{RULE}.action", step, home_of(scope), [])
    gate.unsay("enforced_in")
    note = "the function that is to ask has no code: nobody is asked"
    gate.say("enforced_in", "prompt", note=note).say("bypassable", True, how="resolved", note=note)


def _limits(project: Project, step: Item, site: Site) -> None:
    """`run(max_steps=..)`, or the library's own number of steps; `max_failures` of the agent."""
    runs = [
        run
        for run in project.program.sites(*(f"{pattern}.{verb}" for pattern in _AGENT for verb in ("run", "run_sync")))
        if isinstance(run.owner, Made) and run.owner.site is not None and run.owner.site.call.node is site.call.node
    ]
    for run in runs:
        at = base.arg_place(project, run, "max_steps")
        given = project.program.arg(run, 0, "max_steps")
        stated = base.number(given)
        if stated is not None:
            step.say("loop.bound", "coded", at).say("loop.max_iterations", stated, at)
        elif given is not None:
            step.say("loop.bound", "coded", at, "resolved", "a limit is set; its value is only known at run time")
        elif project.program.closed(run):
            step.say("loop.bound", "default", base.place(run), "default", _RUN_NOTE)
    failures = base.number(project.program.arg(site, None, "max_failures"))
    if failures is not None:
        step.say("retries.max", failures, base.arg_place(project, site, "max_failures"))
