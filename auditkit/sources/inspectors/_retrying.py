"""Repeats around a call: decorators of retry libraries, and loops that try again after an exception."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Place
from auditkit.syntax.python.module import Call, Scope, Within, dotted, tail
from auditkit.syntax.python.values import Const, Made, Many, Outside, Site, Value

DECORATORS = (
    "tenacity.**.retry",
    "backoff.**.on_exception",
    "backoff.**.on_predicate",
    "stamina.**.retry",
    "retrying.**.retry",
    "retry.**.retry",
    "google.api_core.retry.**.Retry",
    "retry_async.**.retry",
    "tenacity.**.Retrying.wraps",
)
CALLERS = 2
"""So many callers above a function a repeat still counts as its own."""


@dataclass(frozen=True)
class Retry:
    """How something is repeated; None is not known. `endless` says that nothing stops it."""

    at: Place
    max: int | None = None
    backoff: str | None = None
    jitter: bool | None = None
    classified: bool | None = None
    endless: bool = False
    note: str = ""


def retry_of(project: Project, site: Site) -> Retry | None:
    """What a retry decorator or context says."""
    name, at = site.name, Place(site.path, site.line)
    if name.startswith("tenacity."):
        return _tenacity(project, site, at)
    if name.startswith("backoff."):
        return _backoff(project, site, at)
    if name.startswith("stamina."):
        attempts = project.program.arg(site, 1, "attempts")
        most = _number(attempts) if attempts is not None else 10
        return Retry(
            at, _less(most), "exponential", True, True, note="" if attempts is not None else "stamina makes 10 attempts"
        )
    most = _number(project.program.arg(site, None, "stop_max_attempt_number", "tries", "maximum", "max_attempts"))
    waits = {k.arg for k in site.node.keywords}
    backoff = (
        "exponential"
        if waits & {"wait_exponential_multiplier", "backoff", "multiplier"}
        else "fixed"
        if waits & {"wait_fixed", "delay"}
        else "none"
    )
    endless = most is None and not waits & {"stop_max_delay", "deadline", "timeout"} and name.startswith(("retrying", "retry."))
    return Retry(at, _less(most), backoff, None, bool(waits & {"retry_on_exception", "exceptions", "predicate"}), endless)


def bare_retry(name: str, at: Place) -> Retry:
    """A retry decorator without arguments: the library's own behaviour."""
    if name.startswith("stamina."):
        return Retry(at, 9, "exponential", True, True, note="stamina makes 10 attempts")
    return Retry(at, None, "none", False, False, True, "without a stop it is repeated for ever, at once")


def _tenacity(project: Project, site: Site, at: Place) -> Retry:
    program = project.program
    stop, wait = program.arg(site, None, "stop"), program.arg(site, None, "wait")
    on = program.arg(site, None, "retry")
    most = next((_number(_first(project, m)) for m in _named(stop, "stop_after_attempt")), None)
    waits = [m.name.rpartition(".")[2] for m in _each(wait) if isinstance(m, Made)]
    spaced = "exponential" if any("exponential" in w for w in waits) else "fixed" if waits else None
    backoff = "none" if wait is None else spaced
    jitter = any("random" in w or "jitter" in w for w in waits) if waits else None if wait is not None else False
    endless = stop is None and program.closed(site)
    note = "tenacity without a stop repeats for ever" if endless else ""
    return Retry(at, _less(most), backoff, jitter, on is not None, endless, note)


def _backoff(project: Project, site: Site, at: Place) -> Retry:
    program = project.program
    wait = program.arg(site, 0, "wait_gen")
    kind = wait.name.rpartition(".")[2] if isinstance(wait, Outside) else ""
    on = program.arg(site, 1, "exception", "predicate")
    broad = any(isinstance(o, Outside) and o.name in ("builtins.Exception", "builtins.BaseException") for o in _each(on))
    most = _number(program.arg(site, None, "max_tries"))
    endless = program.arg(site, None, "max_tries", "max_time") is None and program.closed(site)
    note = "backoff without max_tries or max_time repeats for ever" if endless else ""
    jitter = program.arg(site, None, "jitter") is None
    return Retry(at, _less(most), "fixed" if kind == "constant" else "exponential", jitter, not broad, endless, note)


def _each(value: Value | None) -> Iterator[Value]:
    for one in value.options() if value is not None else ():
        if isinstance(one, Many):
            for item in one.items:
                yield from item.options()
        else:
            yield one


def _named(value: Value | None, name: str) -> Iterator[Made]:
    for one in _each(value):
        if isinstance(one, Made) and one.name.endswith(name):
            yield one


def _first(project: Project, made: Made) -> Value | None:
    return project.program.arg(made.site, 0, "max_attempt_number") if made.site is not None else None


def _number(value: Value | None) -> int | None:
    for one in value.options() if value is not None else ():
        if isinstance(one, Const) and isinstance(one.value, int) and not isinstance(one.value, bool):
            return one.value
    return None


def _less(attempts: int | None) -> int | None:
    return max(0, attempts - 1) if attempts is not None else None


def decorated(project: Project) -> dict[int, Retry]:
    """The functions that are repeated by a decorator, by their scope's identity; remembered on the code."""
    found: dict[int, Retry] | None = project.code.__dict__.get("_retried")
    if found is None:
        found = {}
        for scope, name, site, _ in project.program.decorated(*DECORATORS):
            given = retry_of(project, site) if site is not None else bare_retry(name, _decorator_place(scope, name))
            if given is not None:
                found.setdefault(id(scope), given)
        for scope, at in _homemade(project):
            found.setdefault(id(scope), Retry(at))
        project.code.__dict__["_retried"] = found
    return found


def _decorator_place(scope: Scope, name: str) -> Place:
    for decorator in getattr(scope.node, "decorator_list", ()):
        if tail(decorator.func if isinstance(decorator, ast.Call) else decorator) == name.rpartition(".")[2]:
            return Place(scope.module.path, scope.module.line(decorator))
    return Place(scope.module.path, scope.module.line(scope.line))


def _homemade(project: Project) -> Iterator[tuple[Scope, Place]]:
    """Functions under a decorator of the folder's own that is called a retry."""
    for module in project.program.modules.values():
        for scope in module.scopes:
            for decorator in getattr(scope.node, "decorator_list", ()):
                name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator) or ""
                if "retry" in name.lower().rpartition(".")[2] or "retries" in name.lower():
                    yield scope, Place(module.path, module.line(decorator))


def retry_around(project: Project, call: Call, hops: int = CALLERS) -> Retry | None:
    """What repeats a call: a loop or context around it, a decorator on its function, or the same on who calls that."""
    near = loop_around(project, call) or _by_decorator(project, call.scope)
    if near is not None or hops <= 0:
        return near
    for caller in project.program.callers(call.scope) if call.scope.kind == "function" else ():
        if (found := retry_around(project, caller.call, hops - 1)) is not None:
            return found
    return None


def _by_decorator(project: Project, scope: Scope) -> Retry | None:
    here: Scope | None = scope
    known = decorated(project)
    while here is not None:
        if id(here) in known:
            return known[id(here)]
        here = here.parent
    return None


def loop_around(project: Project, call: Call) -> Retry | None:
    """A loop around a call that tries again when it fails."""
    module = call.scope.module
    chain = list(call.within.chain()) if call.within is not None else []
    for n, within in enumerate(chain):
        node = within.node
        if isinstance(node, ast.For | ast.AsyncFor) and within.part == "body":
            context = _context(project, node, call)
            if context is not None:
                return context
            if _tries(node, chain[:n]):
                most = _range(project, node, call)
                return Retry(Place(module.path, module.line(node)), most, *_sleeps(node), _classified(chain[:n]))
        if isinstance(node, ast.While) and within.part == "body" and _tries(node, chain[:n]) and _counts(node):
            return Retry(Place(module.path, module.line(node)), None, *_sleeps(node), _classified(chain[:n]))
    return None


def _context(project: Project, node: ast.For | ast.AsyncFor, call: Call) -> Retry | None:
    for one in project.program.value(node.iter, call.scope).options():
        last = one.name.rpartition(".")[2] if isinstance(one, Made) else ""
        if isinstance(one, Made) and one.site is not None and last in ("Retrying", "AsyncRetrying", "retry_context"):
            return retry_of(project, one.site)
    return None


def _tries(loop: ast.AST, inner: list[Within]) -> bool:
    """Whether the call stands in a `try` inside of the loop whose handler lets the loop go on."""
    for within in inner:
        node = within.node
        if isinstance(node, ast.Try) and within.part == "body" and node.handlers:
            return any(_goes_on(h) for h in node.handlers) and _means_retry(loop, node)
    return False


def _goes_on(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return not isinstance(last, ast.Raise | ast.Return | ast.Break)


def _means_retry(loop: ast.AST, tried: ast.Try) -> bool:
    """Whether the loop counts attempts (or waits in between), and does not walk over things to do."""
    if isinstance(loop, ast.For | ast.AsyncFor):
        target = loop.target.id.lower() if isinstance(loop.target, ast.Name) else ""
        counted = isinstance(loop.iter, ast.Call) and tail(loop.iter.func) == "range"
        named = target == "_" or any(w in target for w in ("attempt", "retr", "try", "tries"))
        return counted and (named or _waits(tried) or _leaves(tried))
    return _waits(tried) or _leaves(tried)


def _waits(node: ast.AST) -> bool:
    return any(isinstance(n, ast.Call) and tail(n.func) == "sleep" for n in ast.walk(node))


def _leaves(tried: ast.Try) -> bool:
    """Whether success leaves the loop."""
    ends = [*tried.body[-1:], *tried.orelse[-1:]]
    return any(isinstance(n, ast.Return | ast.Break) for n in ends)


def _counts(loop: ast.While) -> bool:
    return any(isinstance(n, ast.Compare) for n in ast.walk(loop.test)) or any(
        isinstance(n, ast.AugAssign) and isinstance(n.op, ast.Add) for n in ast.walk(loop)
    )


def _range(project: Project, node: ast.For | ast.AsyncFor, call: Call) -> int | None:
    if isinstance(node.iter, ast.Call) and len(node.iter.args) == 1:
        return _less(_number(project.program.value(node.iter.args[0], call.scope)))
    return None


def _sleeps(loop: ast.AST) -> tuple[str, bool]:
    """How a loop waits between attempts, and whether at random."""
    waits = [n for n in ast.walk(loop) if isinstance(n, ast.Call) and tail(n.func) == "sleep"]
    if not waits:
        return "none", False
    text = " ".join(ast.dump(w) for w in waits)
    grows = "Pow" in text or "delay" in text or "backoff" in text or "Mult" in text
    return "exponential" if grows else "fixed", "random" in text or "jitter" in text or "uniform" in text


def _classified(inner: list[Within]) -> bool:
    """Whether only named exceptions are tried again."""
    for within in inner:
        node = within.node
        if isinstance(node, ast.Try):
            return not any(h.type is None or dotted(h.type) in ("Exception", "BaseException") for h in node.handlers)
    return False
