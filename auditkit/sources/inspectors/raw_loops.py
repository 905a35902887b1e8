"""Agents and pipelines that are written on a model's own client: a loop that asks, runs tools and asks again; or one
question after the other. What a framework's workflow already holds is left to it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from auditkit.model.vocabulary import Branch
from auditkit.sources.inspection.code import SHAPED, home_of, place_of
from auditkit.sources.inspection.effects import CONSEQUENTIAL, effect_of, say_effect
from auditkit.sources.inspection.models import draw_model, names_in, vendor_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Home, Item, Place, Sketch
from auditkit.sources.inspectors._agent_state import kept_by, kept_on, messages, place_of_parameter
from auditkit.sources.inspectors._outside import dead, looked_for
from auditkit.sources.inspectors._packages import MODEL_CLIENTS
from auditkit.sources.inspectors._raw_calls import (
    Asked,
    Turn,
    asks_person,
    bound_of,
    execution,
    gives_tools,
    is_raw,
    loop_of,
    ways,
    wrapped,
)
from auditkit.sources.inspectors._raw_tools import draw_tools
from auditkit.sources.inspectors._tries import answer, caught_around
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Call, Scope, tail
from auditkit.syntax.python.values import Const, Param, Site, Table, Unknown, Value

NAME = "model clients"
ORDER = 200
PACKAGES = MODEL_CLIENTS
CONSTRUCTORS: tuple[str, ...] = ()
RULE = "raw.model_call"
_BY_FORM = "the client is not known; the call has the form of a question to a model"
_ELSEWHERE = later(r"(?:^|/)(?:evals?|evaluations?|benchmarks?|tests?|docs?)(?:/|\.py$)|(?:^|/)(?:evals?|test)_[^/]*$")
_MODEL_CLASS = later(r"^(?!builtins|pydantic|abc\.).*\.(?:\w*(?:LLM|Model|Client|Provider|OpenAI|Anthropic)|Chat\w+)$")
"""A class of a framework that stands for a model."""
_MAIL = frozenset(("smtp", "gmail", "sendgrid", "resend", "outlook", "twilio", "email", "telephony"))
_HISTORIES = ("messages", "input", "contents", "history", "conversation", "input_list", "chat_history")
"""What the list of a conversation is called, as an argument or an attribute."""
_ACTING = frozenset(("message", "money", "api", "http", "database", "cloud", "queue", "execute"))
_SHAPED = ("response_format", "text_format", "response_model", "response_schema", "output_format")


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws what is built on model clients in a group of files."""
    deeds = [(scope, deed) for scope, deed in project.code.all if is_raw(deed)]
    if not deeds:
        return
    covered = _covered(project, sketch)
    for scope, deed in deeds:
        if id(scope) in covered:  # the call belongs to a framework's workflow; its model is still to be named
            for value in _given_models(project, Asked(deed, deed.site.call)):
                draw_model(project, sketch, value, deed.place, home_of(scope), RULE, deed.vendor)
    asked = [one for scope, deed in deeds if _counts(project, scope, covered) for one in wrapped(project, deed)]
    asked = [one for one in asked if _counts(project, one.scope, covered) and not dead(project, one.scope)]
    for group in _groups(project, _once(asked)):
        _Drawing(project, sketch, group).draw()


def _covered(project: Project, sketch: Sketch) -> set[int]:
    """The functions that belong to the workflows of frameworks."""
    scopes = []
    for flow in sketch.flows:
        for home in flow.homes:
            module = project.program.modules.get(home.path)
            scope = module.scope(home.name) if module is not None else None
            if scope is not None and scope.kind != "module":
                scopes.append(scope)
    return set(project.code.reach(scopes))


def _counts(project: Project, scope: Scope, covered: set[int]) -> bool:
    """Whether a call belongs to an application of its own: not to a framework's workflow, an evaluation, or a model class
    that is written for a framework."""
    if id(scope) in covered or _ELSEWHERE.search(scope.module.path):
        return False
    holder = scope.holder
    return holder is None or not any(_MODEL_CLASS.search(base) for base in project.program.bases(holder))


def _once(asked: list[Asked]) -> list[Asked]:
    seen: dict[int, Asked] = {}
    for one in asked:
        seen.setdefault(id(one.call.node), one)
    return sorted(seen.values(), key=lambda a: (a.scope.module.path, a.call.node.lineno))


def _groups(project: Project, asked: list[Asked]) -> list[list[Asked]]:
    """Points at which models are asked, by the code that starts them: what one function leads to is one workflow."""
    above = _named_by(project)
    tops: dict[int, set[int]] = {}
    for one in asked:
        tops.setdefault(id(one.scope), _tops(one.scope, above))
    parent = {n: n for n in range(len(asked))}

    def top(n: int) -> int:
        while parent[n] != n:
            n = parent[n]
        return n

    owner: dict[int, int] = {}
    for n, one in enumerate(asked):
        for start in tops[id(one.scope)]:
            if start in owner:
                parent[top(n)] = top(owner[start])
            else:
                owner[start] = n
    grouped: dict[int, list[Asked]] = {}
    for n, one in enumerate(asked):
        grouped.setdefault(top(n), []).append(one)
    return sorted(grouped.values(), key=lambda g: (g[0].scope.module.path, g[0].call.node.lineno))


def _named_by(project: Project) -> dict[int, list[Scope]]:
    """Who names a function or class; the top of a file only where it runs something."""
    found: dict[int, list[Scope]] = {}
    for module in project.program.modules.values():
        for scope in module.scopes:
            if scope.kind == "class":
                continue
            for target in project.program.refs(scope):
                found.setdefault(id(target), []).append(scope)
                if target.kind == "class":  # who makes an object may call every method of it
                    for child in target.children:
                        found.setdefault(id(child), []).append(scope)
    for scope, klass in looked_for(project):
        for child in klass.children:
            found.setdefault(id(child), []).append(scope)
    for module in project.program.modules.values():
        for scope in module.scopes:     # who names a method may mean the one that stands in for it in a class below
            for other in project.program.overridden(scope):
                found.setdefault(id(scope), []).extend(found.get(id(other), ()))
    return found


def _tops(scope: Scope, above: dict[int, list[Scope]]) -> set[int]:
    """The functions (or files) from which a function is reached and that nobody else names."""
    seen, tops, stack = {id(scope)}, set(), [scope]
    while stack and len(seen) < 400:
        here = stack.pop()
        users = [u for u in above.get(id(here), ()) if u is not here]
        if here.parent is not None and here.parent.kind == "function":
            users.append(here.parent)
        fresh = [u for u in users if id(u) not in seen]
        if not users:
            tops.add(id(here))
        for user in fresh:
            seen.add(id(user))
            stack.append(user)
    return tops or {id(scope)}


class _Drawing:
    """Draws one workflow from the points at which it asks models."""

    def __init__(self, project: Project, sketch: Sketch, asked: list[Asked]) -> None:
        self.project = project
        self.sketch = sketch
        self.asked = asked
        first = next((one for one in asked if gives_tools(one)), asked[0])       # the agent, before what serves it
        entry = self._entry(first.scope)
        self.flow = sketch.flow(_title(entry), place_of(entry) if entry.kind == "function" else first.place, RULE)
        self.flow.homes.add(home_of(entry))

    def _entry(self, scope: Scope) -> Scope:
        for _ in range(6):
            callers = (
                [c.call.scope for c in self.project.program.callers(scope) if c.call.scope is not scope]
                if scope.kind == "function"
                else []
            )
            if len({id(c) for c in callers}) != 1 or callers[0].kind == "module":
                break
            scope = callers[0]
        return scope

    def _acts(self) -> None:
        """What the entry's own code does to the outside, beside what a model chooses."""
        entry = self._entry(self.asked[0].scope)
        offered = self._offered()
        for scope in self.project.code.reach([entry], hops=3).values():
            if scope.kind != "function" or scope is entry or home_of(scope) in offered or scope.holder is not None:
                continue
            own = [d for d in self.project.code.by_scope.get(id(scope), ()) if d.effect in CONSEQUENTIAL and d.kind in _ACTING]
            found = effect_of(self.project.code, scope, scope.name) if own else None
            if found is not None and found.consequential:
                item = self.flow.add("action", scope.name, place_of(scope), "raw.action", home_of(scope))
                say_effect(item, found)
                item.say("decided_by", "code")
                item.say("symbol", f"{scope.module.path}:{scope.name}"[:120])
        if not self.flow.of("action"):
            self._sends(entry)

    def _sends(self, entry: Scope) -> None:
        """What several callers of the question do with the answer: mail that they send, money that they move."""
        above, layer = {id(entry): entry}, [entry]
        for _ in range(3):
            callers = [c.call.scope for s in layer if s.kind == "function" for c in self.project.program.callers(s)]
            layer = [s for s in callers if s.kind == "function" and id(s) not in above]
            above |= {id(s): s for s in layer}
        if len(above) > 12:
            return
        for scope in self.project.code.reach(above.values(), hops=2).values():
            own = [d for d in self.project.code.by_scope.get(id(scope), ()) if d.effect in CONSEQUENTIAL]
            if scope.kind != "function" or not any(d.kind == "money" or (d.kind == "message" and d.vendor in _MAIL) for d in own):
                continue
            found = effect_of(self.project.code, scope, scope.name.rpartition(".")[2])
            if found is not None and found.consequential and not dead(self.project, scope):
                item = self.flow.add("action", scope.name.rpartition(".")[2], place_of(scope), "raw.action", home_of(scope))
                say_effect(item, found)
                item.say("decided_by", "code")
                item.say("symbol", f"{scope.module.path}:{scope.name}"[:120])

    def _offered(self) -> set[Home]:
        """The code of the tools, and what they call."""
        modules = self.project.program.modules
        homes = [a.home for a in self.flow.of("action") if a.home is not None]
        scopes = [s for h in homes if h.path in modules and (s := modules[h.path].scope(h.name)) is not None]
        return {home_of(s) for s in self.project.code.reach(scopes, hops=4).values()}

    def draw(self) -> None:
        """The loops first; what is asked within them belongs to them. Then the single questions, in their order."""
        turns: dict[int, list[tuple[Turn, Asked]]] = {}
        single = self._turns(self.asked, turns)
        if single and turns:
            known = frozenset((id(t.node), id(t.near.node)) for pairs in turns.values() for t, _ in pairs if t.way)
            single = self._turns(single, turns, known)
        heads: list[tuple[Place, Item, Item | None]] = []
        for pairs in turns.values():
            head = self._loop(pairs[0][0], [one for _, one in pairs])
            heads.append((head.at, head, None))
        for group in ways(single):
            step = self._single(group)
            heads.append((step.at, step, step))
        self._order(heads, bool(turns))
        self._acts()

    def _turns(self, asked: list[Asked], turns: dict[int, list[tuple[Turn, Asked]]],
               known: frozenset[tuple[int, int]] = frozenset()) -> list[Asked]:
        """Puts each point at which a model is asked with its loop; gives back those that stand in none."""
        single: list[Asked] = []
        for one in asked:
            turn = loop_of(self.project, one, known=known)
            if turn is None:
                single.append(one)
            else:
                turns.setdefault(id(turn.node or turn.scope), []).append((turn, one))
        return single

    # Loops -------------------------------------------------------------------------------------------------------------

    def _loop(self, turn: Turn, asked: list[Asked]) -> Item:
        flow, scope = self.flow, turn.scope
        head = flow.add("step", _title(scope), turn.place, "raw.loop", home_of(scope))
        head.say("kind", "agent_loop")
        head.say("decider", "model", asked[0].place)
        if scope.kind == "function":
            head.also(place_of(scope))
        person = turn.node is not None and asks_person(turn.node)
        bound = bound_of(self.project, turn)
        if bound.bound == "coded" or not person:
            head.say("loop.bound", bound.bound, turn.place, note="a person ends it" if person else None)
            for again in (bound.at, self._again(turn)):
                if again is not None:
                    head.say("loop.bound", bound.bound, again)
            head.say("loop.max_iterations", bound.most, turn.place)
            head.say("loop.on_limit", bound.on_limit, bound.at or turn.place)
        ask = self._asking(asked, "llm_call")
        flow.edge(head, ask, head.at)
        run = execution(self.project, turn)
        tools = draw_tools(self.project, flow, asked, ask, run)
        for tool in tools:  # who approves would stand in the loop, which can be seen; else it may stand anywhere
            tool.open = run is None or self.project.code.does(run.scope, "human") is not None
        if run is not None:
            place = Place(scope.module.path, scope.module.line(run.line))
            act = flow.add("step", "tool_run", place, "raw.tool_run", home_of(run.scope))
            act.say("decider", "code")
            effects = {t.value("effect") for t in tools}
            if "execute" in effects:
                act.say("executes", "shell" if any("bash" in t.name or "shell" in t.name for t in tools) else "code", place)
            flow.edge(ask, act, ask.at)
            flow.edge(act, head, place)
            flow.homes.add(home_of(run.scope))
        else:
            flow.edge(ask, head, ask.at)
        flow.edge(ask, None, ask.at)
        flow.homes.add(home_of(scope))
        self._history(turn, asked)
        return head

    def _spread(self, turn: Turn, name: str) -> ast.AST | None:
        """A list of the object that the loop hands on by its place, alone or in a longer list: `ask([*self.messages, m])`."""
        for arg in turn.near.node.args:
            for node in (arg, *(e.value for e in getattr(arg, "elts", ()) if isinstance(e, ast.Starred))):
                if isinstance(node, ast.Attribute) and node.attr == name and kept_on(turn.scope, node) is not None:
                    return node
        return None

    def _again(self, turn: Turn) -> Place | None:
        """Where a function that is its own loop calls itself."""
        callers = self.project.program.callers(turn.scope) if turn.node is None else ()
        calls = [c.call for c in callers if c.call.scope is turn.scope]
        return Place(turn.scope.module.path, turn.scope.module.line(calls[0].line)) if calls else None

    def _history(self, turn: Turn, asked: list[Asked]) -> None:
        """The messages of the run, that live in a list only: those that an object hands to a wrapper, else the argument."""
        for call in (turn.near, *(one.call for one in asked)) if asked[0].via else ():
            found = _spread(call)
            if found is not None and (holder := kept_on(call.scope, found)) is not None:
                kept_by(self.flow, holder, found.attr, "raw.messages")
                return
        for name in _HISTORIES:
            calls = (asked[0].site.call, turn.near)
            node = next((k.value for c in calls for k in c.node.keywords if k.arg == name), None)
            if node is not None:
                self._kept(turn, asked[0], node)
                return

    def _kept(self, turn: Turn, asked: Asked, given: ast.expr) -> None:
        """The store of what a loop hands on as its messages."""
        node: ast.AST = given
        while isinstance(node, ast.Subscript):
            node = node.value  # self.conversations[chat_id]
        if isinstance(node, ast.Attribute) and (kept := kept_on(turn.scope, node)) is not None:
            kept_by(self.flow, kept, node.attr, "raw.messages")
            return
        base = next((n for n in ast.walk(node) if isinstance(n, ast.Name)), None)
        scope: Scope | None = turn.scope if turn.near is not asked.site.call or asked.via else asked.site.scope
        while scope is not None and base is not None and base.id not in scope.bindings:
            scope = scope.parent
        if base is None or scope is None or base.id == scope.self_name:
            return
        if self._callers_keep(scope, base.id):
            return
        at = Place(scope.module.path, scope.module.line(scope.bindings[base.id][0].node))
        if any(i.at == at for i in (*self.flow.of("store"), *self.sketch.loose)):
            return
        if _of_one_run(scope, base.id):
            return
        store = self.flow.add("store", base.id, at, "raw.messages", home_of(scope))
        store.say("kind", "memory")
        if not _saved(base.id, turn.scope):
            store.say("durable", False)

    def _callers_keep(self, scope: Scope, name: str) -> bool:
        """Draws the list that the callers of a function keep and hand to it; whether there is one."""
        place = place_of_parameter(scope, name)
        if place is None or any(b.how != "parameter" for b in scope.bindings[name]):
            return False
        before = len(self.flow.of("store"))
        for caller in self.project.program.callers(scope)[:12]:
            messages(self.project.program, self.flow, caller, "raw.messages", place, name)
        return len(self.flow.of("store")) > before

    # Single questions --------------------------------------------------------------------------------------------------------

    def _single(self, group: list[Asked]) -> Item:
        step = self._asking(group, "")
        if any(gives_tools(one) for one in group):
            draw_tools(self.project, self.flow, group, step)
        return step

    def _asking(self, group: list[Asked], name: str) -> Item:
        """The step in which a model is asked, with its model, its checks and its ways out."""
        first = group[0]
        title = name or _step_title(first)
        if any(s.name == title for s in self.flow.of("step")) and name:
            title = f"{name}_{_title(first.scope)}"
        step = self.flow.add("step", title, first.place, RULE, home_of(first.scope))
        if all(one.site.name.startswith(SHAPED) for one in group):
            step.say("decider", "model", how="resolved", note=_BY_FORM)
        else:
            step.say("decider", "model")
        for one in group:
            step.also(one.place)
            for call in one.via:
                step.also(Place(call.scope.module.path, call.scope.module.line(call.line)))
            if one.scope.kind == "function" and not name:
                step.also(place_of(one.scope))
            self.flow.homes |= {home_of(one.scope), *(home_of(c.scope) for c in one.via)}
            self._model(step, one)
            self._checks(step, one)
            self._ways_out(step, one)
        return step

    def _model(self, step: Item, asked: Asked) -> None:
        for value in _given_models(self.project, asked):
            item = draw_model(self.project, self.sketch, value, asked.place, home_of(asked.site.scope), RULE, asked.deed.vendor)
            if item is not None and step.value("model") is None:
                step.say("model", item, asked.place, "resolved")

    def _checks(self, step: Item, asked: Asked) -> None:
        program = self.project.program
        if step.value("validation.kind") is not None:
            return
        at = Place(asked.site.path, asked.site.line)
        for arg in _SHAPED:
            given = program.arg(asked.site, None, arg)
            if given is None:
                continue
            text = next((o for o in given.options() if isinstance(o, Table)), None)
            loose = (
                text is not None
                and isinstance(text.get("type"), Const)
                and str(getattr(text.get("type"), "value", "")) == "json_object"
            )
            if not loose:
                step.say("validation.kind", "schema", at)
            return
        if asked.site.name.endswith(".parse"):
            step.say("validation.kind", "schema", at)

    def _ways_out(self, step: Item, asked: Asked) -> None:
        for call in (asked.call, *asked.via):
            for caught in caught_around(call):
                kind: Any = answer(caught.handler)
                if kind is not None and not any(s.at == caught.at for s in step.said):
                    step.say("failure_branches", Branch(type=kind, trigger=caught.name[:120], trigger_in="code"), caught.at)

    # Order -------------------------------------------------------------------------------------------------------------------

    def _order(self, heads: list[tuple[Place, Item, Item | None]], loops: bool) -> None:
        """Edges between the parts: in the order in which the entry's code leads to them."""
        items = [item for _, item, _ in heads]
        if not items:
            return
        ranked = sorted(items, key=lambda i: self._rank(i))
        self.flow.entries = [ranked[0]]
        for before, after in pairwise(ranked):
            self.flow.edge(before, after, before.at)
        if not any(t is None for s, t, _ in self.flow.edges if s is ranked[-1]) and not loops:
            self.flow.edge(ranked[-1], None, ranked[-1].at)
        if len(ranked) > 1:
            self.flow.open_ended = True  # the order of calls is read, not their conditions

    def _rank(self, item: Item) -> tuple[int, str, int]:
        ranks = self.__dict__.setdefault("_order_known", self._ranks())
        home = (item.home.path, item.home.name) if item.home is not None else ("", "")
        return ranks.get(home, 10_000), item.at.path, item.at.line

    def _ranks(self) -> dict[tuple[str, str], int]:
        """How early the entry's code names each function, first to last."""
        found: dict[tuple[str, str], int] = {}
        seen: set[int] = set()

        def walk(scope: Scope, depth: int) -> None:
            if id(scope) in seen or depth > 6:
                return
            seen.add(id(scope))
            found.setdefault((scope.module.path, scope.name), len(found))
            for call in sorted(
                (c for c in scope.module.calls if c.scope is scope), key=lambda c: (c.node.lineno, c.node.col_offset)
            ):
                for one in self.project.program.resolved(call).options():
                    inner = getattr(one, "scope", None)
                    if isinstance(inner, Scope) and inner.kind == "function":
                        walk(inner, depth + 1)

        walk(self._entry(self.asked[0].scope), 0)
        return found


def _spread(call: Call) -> ast.Attribute | None:
    """A list of the object that a call hands on by its place, alone or in a longer list: `ask([*self.messages, m])`."""
    for arg in call.node.args:
        for node in (arg, *(e.value for e in getattr(arg, "elts", ()) if isinstance(e, ast.Starred))):
            if isinstance(node, ast.Attribute) and node.attr in _HISTORIES:
                return node
    return None


_LOADS = later(r"(?i)(?:load|get|fetch|read|restore|recall)_?\w*(?:history|messages|conversation|session|memory|thread|turns)")


def _of_one_run(scope: Scope, name: str) -> bool:
    """Whether a list is only made ready for one question, from a conversation that is kept elsewhere: by a function that
    asks no person, loads that conversation, and gives the list to nobody."""
    bindings = scope.bindings[name]
    if scope.kind != "function" or any(b.how == "parameter" for b in bindings):
        return False
    if not any(c.scope is scope and _LOADS.search(tail(c.node.func)) for c in scope.module.calls):
        return False
    if any(isinstance(n, ast.While | ast.For) and asks_person(n) for n in ast.walk(scope.node)):
        return False
    return not any(
        isinstance(n, ast.Return | ast.Yield) and n.value is not None
        and any(isinstance(m, ast.Name) and m.id == name for m in (n.value, *getattr(n.value, "elts", ())))
        for n in ast.walk(scope.node)
    )


_SAYS_LITTLE = frozenset(("run", "main", "__call__", "execute", "chat", "solve", "forward", "invoke", "start", "step", "loop",
                         "__init__", "call", "query", "ask", "send", "complete", "predict", "process", "respond", "act"))
"""Names of methods that say nothing without their class."""


def _title(scope: Scope) -> str:
    if scope.kind == "module":
        stem = scope.module.path.rpartition("/")[2].rpartition(".")[0]
        return (
            scope.module.path.rpartition("/")[0].rpartition("/")[2] or stem
            if stem in ("__init__", "main", "app", "__main__")
            else stem
        )
    short = scope.name.rpartition(".")[2]
    if short in _SAYS_LITTLE:
        holder = scope.holder
        if holder is not None:
            return f"{holder.name.rpartition('.')[2]}.{short}"
    return short


def _step_title(asked: Asked) -> str:
    """The name of the function, or of what the answer is bound to at the top of a file."""
    if asked.scope.kind != "module":
        return _title(asked.scope)
    for name, bindings in asked.scope.bindings.items():
        if any(b.value is not None and any(n is asked.call.node for n in ast.walk(b.value)) for b in bindings):
            return f"{_title(asked.scope)}.{name}"
    return _title(asked.scope)


def _saved(name: str, scope: Scope) -> bool:
    """Whether a function hands the list on to what may keep it: a file, a database, a store."""
    for call in scope.module.calls:
        if (
            call.scope is scope
            and re.search(r"(?:^|_)(?:save|dump|persist|write|store|insert|put)", tail(call.node.func))
            and any(isinstance(n, ast.Name) and n.id == name for a in call.node.args for n in ast.walk(a))
        ):
            return True
    return False


def _given_models(project: Project, asked: Asked) -> list[Value]:
    """What stands for the model: the call's argument, else that of the call of its wrapper, else constants of the program."""
    program = project.program
    names = ("model", "modelId", "model_id", "model_name", "engine", "deployment_id")
    given = program.arg(asked.site, None, *names)
    for call in (asked.call, *asked.via):
        if given is not None and not all(isinstance(o, Param | Unknown) for o in given.options()):
            break
        for one in program.resolved(call).options():
            handed = program.arg(Site(call, one), None, *names, "llm_model")
            given = handed if handed is not None else given
            break
    if given is not None and not all(isinstance(o, Param | Unknown) for o in given.options()):
        return [given]
    if given is not None and next(names_in(project, given), None) is not None:
        return [given]  # what an object was made with, by those who make it
    return list(_configured(project, given, asked.site.scope)) or list(_named_models(project))


def _configured(project: Project, given: Value | None, scope: Scope) -> Iterator[Value]:
    """What stands under a key of a dict that an object was made with: `self.config["model"]`."""
    for one in given.options() if given is not None else ():
        node = one.node
        if not isinstance(one, Unknown) or not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Constant):
            continue
        for held in project.program.value(node.value, scope).options():
            for table in project.program.handed(held) if isinstance(held, Param) else ():
                found = table.get(str(node.slice.value)) if isinstance(table, Table) else None
                if found is not None:
                    yield found


def _named_models(project: Project) -> Iterator[Value]:
    """Model ids that stand in constants of the program whose name speaks of a model, where the argument cannot be followed."""
    for module in project.program.modules.values():
        for name, bindings in module.top.bindings.items():
            if "model" not in name.lower():
                continue
            for binding in bindings:
                if binding.how != "value":
                    continue
                for one in project.program.value(binding.value, module.top).options():
                    values = [v for _, v in one.items] if isinstance(one, Table) else [one]
                    for value in values:
                        if (
                            isinstance(value, Const)
                            and isinstance(value.value, str)
                            and vendor_of(value.value)
                            and " " not in value.value
                        ):
                            yield value
