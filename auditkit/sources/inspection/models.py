"""Models as they are written in code: the id, where it stands, whether it names a dated snapshot, who serves it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Home, Item, Place, Sketch
from auditkit.syntax.patterns import later
from auditkit.syntax.python.values import Const, Env, Klass, Made, Param, Site, Text, Value
from auditkit.syntax.tables import read_table

_DATED = later(
    r"(?:20\d\d-?[01]\d-?[0-3]\d)|(?:[-@_](?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:$|[-:@]))|(?:-(?:0[1-9]|1[0-2])-(?:[0-2]\d|3[01])$)|"
    r"(?:-\d{4}-preview)|(?:[-@]00\d$)|(?:@[0-9a-f]{12,}$)"
)
_MOVING = later(r"(?:latest|preview$|-exp$|:free$)")
_NO_MODEL = later(r"^Chat(?:Prompt|Message|Generation|Result|History)")
_PREFIX = later(r"^(?:models/|[a-z_\-]+[:/](?=[\w]))", re.IGNORECASE)
_VENDORS = (
    ("openai", r"^(?:gpt-|o[1-9](?:-|$)|chatgpt|text-embedding-(?:3|ada)|whisper|dall-e|davinci|codex|tts-|computer-use)"),
    ("anthropic", r"claude"),
    ("google", r"gemini|gemma|palm|bison|^text-embedding-0|^text-multilingual-embedding|^embedding-001$"),
    ("mistral", r"mistral|mixtral|codestral|ministral|magistral"),
    ("meta", r"llama"),
    ("deepseek", r"deepseek"),
    ("qwen", r"qwen"),
    ("cohere", r"command-|embed-(?:english|multi)"),
    ("xai", r"grok"),
    ("amazon", r"nova-|titan"),
    ("voyage", r"voyage"),
)


@lru_cache(maxsize=1)
def classes() -> tuple[dict[str, Any], ...]:
    """The rows of `models.yaml`: constructors of model objects, the argument that names the model, the vendor."""
    return tuple(read_table(Path(__file__).with_name("models.yaml")))


@lru_cache(maxsize=20_000)
def model_class(name: str) -> dict[str, Any] | None:
    """What is known of a constructor of models by its dotted name, or None."""
    from auditkit.syntax.python.program import matches

    if _NO_MODEL.match(name.rpartition(".")[2]):
        return None
    return next((row for row in classes() if any(matches(p, name) for p in row["calls"])), None)


def pinned(name: str) -> bool:
    """Whether a model id names a dated (or numbered) snapshot."""
    found = _DATED.search(name)
    return found is not None and (re.search(r"-\d{4}-preview$", name) is not None or not _MOVING.search(name))


def vendor_of(name: str, otherwise: str = "") -> str:
    """Who makes the model of an id, or `otherwise`."""
    prefix = re.match(r"^([a-z_\-]+)[:/]", name, re.IGNORECASE)
    bare = name.lower().rpartition("/")[2]
    for vendor, pattern in _VENDORS:
        if re.search(pattern, bare.partition(":")[2] if prefix and ":" in bare else bare):
            return vendor
    return otherwise or (prefix[1].lower().replace("-", "_") if prefix else "")


def names_in(project: Project, value: Value | None, depth: int = 0) -> Iterator[tuple[str, Place, bool]]:
    """The model ids a value may hold: id, where it is written, and whether it can be set at run time."""
    if value is None or depth > 6:
        return
    for one in value.options():
        match one:
            case Const() if (
                isinstance(one.value, str) and one.value.strip() and len(one.value) < 120 and " " not in one.value.strip()
            ):
                yield one.value.strip(), Place(one.path, one.line), False
            case Env() if one.otherwise is not None:
                for name, at, _ in names_in(project, one.otherwise, depth + 1):
                    yield name, at, True
            case Made() if one.site is not None:
                yield from _made(project, one, one.site, depth)
            case Param():   # what an object was made with: self.model in a method, when the callers can be seen
                for given in project.program.handed(one):
                    yield from names_in(project, given, depth + 1)


def _made(project: Project, made: Made, site: Site, depth: int) -> Iterator[tuple[str, Place, bool]]:
    row = model_class(made.name) if made.name else None
    if row is not None:
        given = project.program.arg(site, row.get("position", 0), *row["args"])
        yield from names_in(project, given, depth + 1)
        return
    if isinstance(made.of, Klass):
        for arg in ("model", "model_name", "model_id", "llm"):
            given = project.program.arg(site, None, arg)
            if given is not None:
                yield from names_in(project, given, depth + 1)
                return
    owner = getattr(made.of, "owner", None)
    if owner is not None:  # llm.bind_tools(..), llm.with_structured_output(..): the model behind it
        yield from names_in(project, owner, depth + 1)


def draw_model(
    project: Project,
    sketch: Sketch,
    value: Value | None,
    at: Place,
    home: Home | None,
    rule: str,
    vendor: str = "",
    otherwise: str = "",
) -> Item | None:
    """A model item for each id that a value may hold (the first is given back), or, when the value is None and
    `otherwise` says so, one for the library's own default. The vendor's integration is drawn with it."""
    first: Item | None = None
    for name, place, settable in names_in(project, value):
        item = _item(sketch, name, place, home, rule)
        if item.value("name") is None:
            item.say("name", name[:120])
            item.say("pinned", pinned(name), note="can be set at run time; this is the default" if settable else None)
            if by := vendor_of(name, vendor.removesuffix("_http")):
                item.say("provider", by)
        if at.path == place.path and abs(at.line - place.line) <= 30:
            item.also(at)
        first = first or item
    if first is None and value is None and otherwise:
        first = _item(sketch, otherwise, at, home, rule)
        if first.value("pinned") is None:
            first.say("pinned", False, how="default", note="no model is named; the library's default moves with its releases")
    if _in_process(value):
        return first
    used = vendor or host_of(value) or (vendor_of(str(first.value("name") or "")) if first is not None else "") or _maker(value)
    if used:
        vendor_item = draw_vendor(project, sketch, value, used, at, home, rule)
        if first is not None:
            vendor_item.also(first.at)
    return first


def host_of(value: Value | None) -> str:
    """Who serves a model object's model when that is not who made the model: a cloud, or the machine itself."""
    for one in value.options() if value is not None else ():
        row = model_class(one.name) if isinstance(one, Made) and one.name else None
        if row is not None and row["vendor"] in ("amazon", "ollama"):
            return str(row["vendor"])
    return ""


def _in_process(value: Value | None) -> bool:
    """Whether a model runs in the program's own process: no outside system answers."""
    rows = [model_class(one.name) for one in (value.options() if value is not None else ()) if isinstance(one, Made) and one.name]
    return bool(rows) and all(row is not None and row.get("local") for row in rows)


def _maker(value: Value | None) -> str:
    """Whose service a model object speaks to by its class, where the model's id cannot be seen."""
    rows = [model_class(one.name) for one in (value.options() if value is not None else ()) if isinstance(one, Made) and one.name]
    return next((str(row["vendor"]) for row in rows if row is not None and row["vendor"]), "")


def draw_vendor(
    project: Project, sketch: Sketch, value: Value | None, vendor: str, at: Place, home: Home | None, rule: str
) -> Item:
    """The integration of the vendor that serves a model, with what is said of time limits and retries."""
    found = next((i for i in sketch.loose if i.kind == "integration" and i.name == vendor), None)
    if found is None:
        found = sketch.add("integration", vendor, at, rule, home)
        found.say("kind", "model")
    found.also(at)
    for one in value.options() if value is not None else ():
        site = one.site if isinstance(one, Made) else None
        row = model_class(one.name) if isinstance(one, Made) and one.name else None
        if site is None or row is None:
            continue
        found.also(Place(site.path, site.line))
        _limits(project, found, site, row)
    return found


def _limits(project: Project, item: Item, site: Site, row: dict[str, Any]) -> None:
    """`timeout` and `retry` as the constructor states them, else as the library does without."""
    at = Place(site.path, site.line)
    program = project.program
    for key, args in (
        ("timeout", ("timeout", "request_timeout", "timeout_s", "default_request_timeout")),
        ("retry", ("max_retries", "num_retries", "retries")),
    ):
        given = program.arg(site, None, *args)
        if isinstance(given, Const) and given.value is not None:
            stated = bool(given.value) if key == "retry" else True
            if item.value(key) is None:
                item.say(key, stated, at)
        elif given is None and program.closed(site) and row.get(key) is not None and item.value(key) is None:
            item.say(key, row[key], at, "default", row.get("note"))


def _item(sketch: Sketch, name: str, place: Place, home: Home | None, rule: str) -> Item:
    found = next((i for i in sketch.loose if i.kind == "model" and i.name == name and place in i.places), None)
    return found or sketch.add("model", name, place, rule, home)


__all__ = ["Text", "draw_model", "draw_vendor", "host_of", "model_class", "names_in", "pinned", "vendor_of"]
