"""How often a run may turn: as code says it, or as the library does by itself."""

from __future__ import annotations

from auditkit.sources.inspection.defaults import Default, default
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Item, Place
from auditkit.syntax.python.values import Const, Env, Value


def by_default(project: Project, key: str, path: str) -> Default | None:
    """The library's default in force near a file; None when the table has none for it."""
    try:
        return default(key, project.versions, path)
    except (KeyError, OSError):
        return None


def say_default(project: Project, step: Item, key: str, at: Place, note: str = "") -> None:
    """States the library's own limit of a loop (or that it has none), where the code leaves it to the library."""
    found = by_default(project, key, at.path)
    if found is None or found.bounded is None:
        return
    said = f"{found.note}; {note}" if note else found.note
    step.say("loop.bound", found.bounded, at, "default", said)
    if isinstance(found.value, int) and not isinstance(found.value, bool) and found.bounded == "default":
        step.say("loop.max_iterations", found.value, at, "default", said)


def say_limit(step: Item, value: Value, at: Place, what: str) -> bool:
    """States a limit that is written in code; whether there was one to be read (None takes the limit away)."""
    said = False
    for one in value.options():
        found = one.otherwise if isinstance(one, Env) else one
        if isinstance(found, Const) and isinstance(found.value, int) and not isinstance(found.value, bool):
            how = "literal" if (found.path, found.line) == (at.path, at.line) else "resolved"
            step.say("loop.bound", "coded" if found.value > 0 else "none", at, how, f"{what} is {found.value}")  # type: ignore[arg-type]
            if found.value > 0:
                step.say("loop.max_iterations", found.value, at, how)  # type: ignore[arg-type]
            said = True
        elif isinstance(found, Const) and found.value is None:
            step.say("loop.bound", "none", at, note=f"{what} is None, which takes the limit away")
            said = True
        if said:
            break
    return said


_CLIENTS = ("openai", "anthropic", "groq", "cohere")
"""Vendors whose own client the frameworks use, with the client's own limits."""


def say_client(project: Project, item: Item, at: Place) -> None:
    """What a vendor's client does by itself about time limits and failed calls, where nothing else was said."""
    if item.name not in _CLIENTS:
        return
    for key, row in (("timeout", "timeout"), ("retry", "max_retries")):
        found = by_default(project, f"{item.name}.{row}", at.path)
        if found is not None and found.given is not None and item.value(key) is None:
            item.say(key, "default" if found.given else False, at, "default", found.note)
