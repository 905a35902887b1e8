"""State that agents keep in the process between their runs: message lists, run contexts that tools write to."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.sources.inspection.code import home_of, place_of
from auditkit.sources.inspection.sketch import Flow, Home, Item, Place
from auditkit.syntax.python.module import Binding, Scope
from auditkit.syntax.python.program import Program
from auditkit.syntax.python.values import Klass, Made, Site

_EMPTY = (ast.List, ast.Dict, ast.ListComp)


def volatile(flow: Flow, name: str, at: Place, rule: str, home: Home | None, note: str) -> Item:
    """A store in the process; one for each name in a workflow, however often it is set up anew."""
    found = next((i for i in flow.of("store") if i.name == name and (i.at == at or i.at.path == at.path)), None)
    if found is None:
        found = flow.add("store", name, at, rule, home)
        found.say("kind", "memory", how="resolved").say("durable", False, how="resolved", note=note)
    return found.also(at)


def messages(program: Program, flow: Flow, site: Site, rule: str, position: int | None, *names: str, depth: int = 0) -> None:
    """The list that a run is given and that is carried on to the next run: a variable or an object's attribute."""
    node = argument(site, position, *names)
    if isinstance(node, ast.Name):
        owner = _owner(site.scope, node.id)
        bindings = owner.bindings.get(node.id, []) if owner is not None else []
        if depth < 2 and owner is not None and bindings and all(b.how == "parameter" for b in bindings):
            place = place_of_parameter(owner, node.id)       # a function around the run hands on what its callers keep
            for caller in program.callers(owner)[:12] if place is not None else ():
                messages(program, flow, caller, rule, place, node.id, depth=depth + 1)
            return
        if (
            owner is not None
            and bindings
            and _starts_empty(bindings)
            and _carried(site.scope, node.id, bindings)
            and not _filled_before(site, owner, bindings)
        ):
            at = Place(owner.module.path, owner.module.line(bindings[0].node))
            volatile(flow, node.id, at, rule, home_of(owner), "a list in the process: a restart loses the conversation")
    elif isinstance(node, ast.Attribute):
        for one in program.value(node.value, site.scope, site.frame).options():
            if isinstance(one, Made) and isinstance(one.of, Klass):
                kept_by(flow, one.of.scope, node.attr, rule)


def place_of_parameter(scope: Scope, name: str) -> int | None:
    """The place at which a function takes a parameter, its own object left out."""
    args = getattr(scope.node, "args", None)
    listed = [a.arg for a in (*args.posonlyargs, *args.args)] if isinstance(args, ast.arguments) else []
    listed = listed[1:] if scope.self_name else listed
    return listed.index(name) if name in listed else None


def kept_on(scope: Scope, node: ast.Attribute) -> Scope | None:
    """The class on whose object an attribute is read in a method of it: `self.messages`."""
    of_self = isinstance(node.value, ast.Name) and node.value.id == scope.self_name
    return scope.holder if of_self else None


def kept_by(flow: Flow, klass: Scope, attribute: str, rule: str) -> None:
    """A list on an object: at the attribute's first assignment, or at the class that declares it."""
    if attribute in klass.bindings:
        if _is_text(klass, attribute):
            return  # one message of a request, and no conversation
        volatile(flow, klass.name.rpartition(".")[2], place_of(klass), rule, home_of(klass), "an object in the process")
        return
    for target, value, scope in klass.module.attributes:
        if target.attr == attribute and scope.holder is klass and isinstance(value, _EMPTY):
            at = Place(klass.module.path, klass.module.line(target))
            volatile(flow, attribute, at, rule, home_of(scope), "a list in the process: a restart loses the conversation")
            return


def _is_text(klass: Scope, attribute: str) -> bool:
    """Whether a class declares a field as a plain text."""
    for node in getattr(klass.node, "body", ()):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == attribute:
            return ast.unparse(node.annotation).replace("None", "").strip(" |") in ("str", "Optional[str]")
    return False


def argument(site: Site, position: int | None, *names: str) -> ast.AST | None:
    """The expression of an argument, by position or name."""
    for keyword in site.node.keywords:
        if keyword.arg in names:
            return keyword.value
    if position is not None and position < len(site.node.args):
        return site.node.args[position]
    return None


def _owner(scope: Scope, name: str) -> Scope | None:
    here: Scope | None = scope
    while here is not None:
        if name in here.bindings:
            return here
        here = here.parent
    return None


def _starts_empty(bindings: list[Binding]) -> bool:
    return any(
        b.how == "value" and (isinstance(b.value, _EMPTY) or (isinstance(b.value, ast.Constant) and b.value.value is None))
        for b in bindings
    )


def _carried(scope: Scope, name: str, bindings: list[Binding]) -> bool:
    """Whether what comes out of a run goes into the next: set anew from a result, or added to."""
    if any(isinstance(b.value, ast.Call | ast.Attribute | ast.BinOp) for b in bindings if b.how in ("value", "more")):
        return True
    for verb in ("append", "extend"):
        for call in scope.module.by_tail.get(verb, ()):
            func = call.node.func
            if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == name:
                return True
    return False


def _filled_before(site: Site, owner: Scope, bindings: list[Binding]) -> bool:
    """Whether a function only makes the list ready for its one run, from what is kept elsewhere: made in the same turn of
    the same function, and nothing put into it after the run."""
    if owner is not site.scope or owner.kind != "function":
        return False
    around = site.call.within.chain() if site.call.within else ()
    loops = [w.node for w in around if isinstance(w.node, ast.While | ast.For | ast.AsyncFor)]
    first = bindings[0].node
    if any(not (loop.lineno <= getattr(first, "lineno", 0) <= (loop.end_lineno or 0)) for loop in loops):
        return False
    name = getattr(first, "id", None) or next((n.id for n in ast.walk(first) if isinstance(n, ast.Name)), "")
    after = site.node.end_lineno or site.node.lineno
    return not any(
        isinstance(n, ast.Name) and n.id == name and n.lineno > after for n in ast.walk(owner.node)
    )


def written_contexts(program: Program, flow: Flow, site: Site, scopes: Iterator[Scope], rule: str, *names: str) -> None:
    """The object that is given to a run as its context, when tools or hooks write to it."""
    node = argument(site, None, *names)
    if node is None:
        return
    attributes = {
        target.attr
        for scope in scopes
        for target, _, where in scope.module.attributes
        if where is scope and isinstance(target.value, ast.Attribute) and target.value.attr in (*names, "deps", "context")
    }
    if not attributes:
        return
    for one in program.value(node, site.scope, site.frame).options():
        if isinstance(one, Made) and isinstance(one.of, Klass) and attributes & set(one.of.scope.bindings):
            klass = one.of.scope
            volatile(
                flow,
                klass.name.rpartition(".")[2],
                place_of(klass),
                rule,
                home_of(klass),
                "the run's context, an object in the process",
            )
