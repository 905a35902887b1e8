"""Decorators and loops that try again: tenacity, backoff, stamina, retrying, and `for attempt in range(n)`.

What they repeat is stated on the model clients behind the call and on the steps whose function they stand in.
"""

from __future__ import annotations

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Item, Place, Sketch
from auditkit.sources.inspectors._outside import PACKAGES as CLIENTS
from auditkit.sources.inspectors._retrying import Retry, decorated, retry_around
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.program import root_of

NAME = "repeats"
ORDER = 320
PACKAGES = tuple(
    sorted(
        {
            *CLIENTS,
            "tenacity",
            "backoff",
            "stamina",
            "retrying",
            "retry",
            "langchain",
            "langchain_openai",
            "langgraph",
            "crewai",
            "llama_index",
            "agents",
        }
    )
)
CONSTRUCTORS = (
    "tenacity.**.retry",
    "tenacity.**.Retrying",
    "tenacity.**.AsyncRetrying",
    "backoff.**.on_exception",
    "backoff.**.on_predicate",
    "stamina.**.retry",
    "retrying.**.retry",
)


def inspect(project: Project, sketch: Sketch) -> None:
    """States repeats on the clients of models and on steps."""
    for scope, deed in project.code.all:
        if deed.kind not in ("model", "agent"):
            continue
        found = retry_around(project, deed.site.call)
        if found is None:
            continue
        root = root_of(deed.site.callee)
        client = root.site if root is not None and root.site is not None else deed.site
        for item in _clients(sketch, Place(client.path, client.line), deed.place):
            _say(item, found)
        for step in _steps(sketch, scope):
            _repeats(step, found)
    for identity, found in decorated(project).items():
        for step in (i for f in sketch.flows for i in f.of("step")):
            own = _scope(project, step)
            if own is not None and id(own) == identity:
                _repeats(step, found)


def _clients(sketch: Sketch, *places: Place) -> list[Item]:
    return [i for i in sketch.loose if i.kind == "integration" and i.value("kind") == "model" and set(places) & set(i.places)]


def _steps(sketch: Sketch, scope: Scope) -> list[Item]:
    return [
        i
        for f in sketch.flows
        for i in f.of("step")
        if i.home is not None and i.home.path == scope.module.path and i.home.name == scope.name
    ]


def _scope(project: Project, step: Item) -> Scope | None:
    module = project.program.modules.get(step.home.path) if step.home is not None and step.home.name else None
    return module.scope(step.home.name) if module is not None and step.home is not None else None


def _say(item: Item, found: Retry) -> None:
    for key in ("retry", "retries.max", "retries.backoff", "retries.jitter", "retries.classified"):
        if key == "retry" or item.value("retry") in (False, "default"):
            item.unsay(key)
    item.say("retry", True, found.at, note=found.note or None)
    item.say("retries.max", found.max, found.at)
    item.say("retries.backoff", found.backoff, found.at)
    item.say("retries.jitter", found.jitter, found.at)
    item.say("retries.classified", found.classified, found.at)


def _repeats(step: Item, found: Retry) -> None:
    if step.value("retries.max") is None:
        step.say("retries.max", found.max, found.at)
