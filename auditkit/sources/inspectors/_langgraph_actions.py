"""What the nodes of a graph do to the world: tools that a node's model is offered and where they are carried out,
shapes that stand for an action done elsewhere, consequential functions that a node's code calls, and interrupts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from auditkit.sources.inspection.code import Deed, home_of, place_of
from auditkit.sources.inspection.effects import effect_of, say_effect
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Place
from auditkit.sources.inspection.tools import draw_tool
from auditkit.sources.inspectors._lang_agents import is_schema, offered
from auditkit.sources.inspectors._lang_runnables import Runnables, Use
from auditkit.sources.inspectors._langgraph_build import Graph, Node, names_of, scope_of
from auditkit.sources.inspectors._questions import only_sometimes
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Scope, tail
from auditkit.syntax.python.values import Const, Func, Klass, Made, Many, Outside, Site, Value

_STRONG = later(r"^(?:send|e?mail|notify|reply|tweet|publish|pay|refund|charge|transfer|purchase|order|buy|delete|remove|"
                     r"cancel|book|schedule|invite|post|deploy|merge|push)(?:_|$|[A-Z])")
_MARKS = later(r"^(?:mark|label|archive|tag|flag|star)_")
_INNER = later(r"(?:update|event|progress|status|log|chunk|token|stream|state|state_update|node|ui|metric|cache|duplicates?|"
                    r"whitespace|prefix|html|tags|none|empty|stopwords)s?$")
_OUTER_KINDS = ("message", "money", "delete")
_LOCAL = ("builtins.", "logging.", "json.", "re.", "typing.", "datetime.", "os.", "pathlib.", "uuid.", "time.", "asyncio.",
          "math.", "random.", "string.", "copy.", "collections.", "functools.", "itertools.", "pydantic.", "dataclasses.",
          "langchain_core.messages.")


class Actions:
    """The actions of one graph's workflow, put in step by step."""

    def __init__(self, project: Project, flow: Flow, graph: Graph, steps: dict[str, Item]) -> None:
        self.project = project
        self.flow = flow
        self.graph = graph
        self.steps = steps
        self.runnables = Runnables.of(project)
        self.own = frozenset(id(n.scope) for n in graph.nodes.values() if n.scope is not None)
        self.schemas: list[tuple[Item, Klass]] = []
        self.bound: list[tuple[Item, Item, Value]] = []
        """Action, the step that is offered it, the tool."""
        self.lists: dict[int, Place] = {}
        """Where the list of what a step is offered stands."""

    def uses(self, node: Node) -> Iterator[Use]:
        """What a node's function uses, not through the functions of other nodes."""
        if node.scope is not None:
            yield from self.runnables.uses(node.scope, self.own - {id(node.scope)})

    # Tools -----------------------------------------------------------------------------------------------------

    def offer(self, node: Node, step: Item) -> None:
        """The tools that a node's model is offered by `bind_tools`."""
        for use in self.uses(node):
            for part in use.of("tools"):
                if part.site is not None:
                    self._bind(step, part.site)
        for part in self.runnables.parts(node.action):
            if part.sort == "tools" and part.site is not None:
                self._bind(step, part.site)

    def _bind(self, step: Item, site: Site) -> None:
        given = self.project.program.arg(site, 0, "tools", "functions")
        at = Place(site.path, site.line)
        for one in given.options() if given is not None else ():
            if isinstance(one, Many) and one.path:
                self.lists[id(step)] = Place(one.path, one.line)
        found, _ = offered(self.project, given)
        for tool in found:
            item = draw_tool(self.project, self.flow, tool, "langchain.bind_tools", step, at=at)
            if item is None:
                continue
            self.bound.append((item, step, tool))
            if is_schema(self.project, tool) and isinstance(tool, Klass):
                self.schemas.append((item, tool))

    def execute(self) -> None:
        """Finds for every tool the step in which it is carried out: a ToolNode that holds it, a node that calls tools."""
        nodes = [(n, self.steps[n.name]) for n in self.graph.nodes.values()]
        for node, step in nodes:
            for site in tool_nodes(self.project, self.runnables, node):
                given = self.project.program.arg(site, 0, "tools")
                found, _ = offered(self.project, given)
                for held in found:
                    item = draw_tool(self.project, self.flow, held, "langgraph.ToolNode", None, at=Place(site.path, site.line))
                    if item is not None:
                        self._move(item, step)
                if not found:
                    for item, _, _ in self.bound:
                        self._move(item, step)
        runners = [(node, step, uses) for node, step in nodes if step.value("decider") != "model"
                   and (uses := [u for u in self.uses(node) if u.sort == "tool"])]
        placed = {id(i) for i, _, _ in self.bound if i.step is not None and i.step.value("decider") != "model"}
        for item, step, _ in self.bound:
            if id(item) in placed or any(item is i for i, _ in self.schemas):
                continue
            for _, runner, _ in runners:
                if runner is not step:
                    self._move(item, runner)
                    break

    def dead_ends(self) -> None:
        """Schemas that a model is offered while routes carry out only others of the same offer."""
        for holder in dict.fromkeys(step for _, step, _ in self.bound):
            schemas = [i for i, _ in self.schemas if any(i is b and s is holder for b, s, _ in self.bound)]
            named = self._routed()
            dead = [i for i in schemas if i.name not in named]
            if dead and len(dead) < len(schemas) and len(schemas) - len(dead) >= 2:
                at = self.lists.get(id(holder), dead[0].at)
                names = ", ".join(i.name for i in dead)
                holder.say("tools", "broad", at, "resolved", f"{names} is offered, and no route carries it out"[:160])

    def _routed(self) -> set[str]:
        """The texts that the files of the graph compare with."""
        paths = {n.scope.module.path for n in self.graph.nodes.values() if n.scope is not None} | {self.graph.site.path}
        found: set[str] = set()
        for path in paths:
            module = self.project.program.modules.get(path)
            for node in ast.walk(module.tree) if module is not None else ():
                if isinstance(node, ast.Compare):
                    found |= {c.value for c in ast.walk(node) if isinstance(c, ast.Constant) and isinstance(c.value, str)}
                elif isinstance(node, ast.Dict):
                    found |= {k.value for k in node.keys if isinstance(k, ast.Constant) and isinstance(k.value, str)}
        return found

    def _move(self, item: Item, step: Item) -> None:
        if item.step is not None and item.step.value("kind") == "agent_loop":
            return
        item.step = step
        item.unsay("step")
        item.say("step", step)

    # Code ------------------------------------------------------------------------------------------------------

    def by_code(self, node: Node, step: Item) -> None:
        """The consequential functions that a node's own code calls."""
        if node.scope is None:
            return
        tools = {i.at for i in self.flow.of("action")}
        for target in self._called(node.scope):
            if place_of(target) in tools or id(target) in self.own:
                continue
            self._act(target, step)
        for deed in self.project.code.own(node.scope):
            if deed.kind in _OUTER_KINDS:
                item = self.flow.add("action", _last(node.scope.name), deed.place, f"call of {deed.site.name}"[:80],
                                     home_of(node.scope))
                item.step = step
                item.say("step", step).say("decided_by", "code")
                item.say("effect", deed.effect or "message", deed.place).say("consequential", True, deed.place)

    def _called(self, scope: Scope) -> list[Scope]:
        """The local functions that a function calls by name, and those that helpers of the same file call."""
        found: dict[int, Scope] = {}
        for here, hop in self.runnables.near(scope, self.own - {id(scope)}, 2):
            for call in self.runnables.calls(here):
                for one in self.project.program.resolved(call).options():
                    if isinstance(one, Func) and one.scope is not scope and (hop == 0 or here.module is scope.module):
                        found.setdefault(id(one.scope), one.scope)
        return list(found.values())

    def _act(self, target: Scope, step: Item) -> None:
        name = _last(target.name)
        deed = self._deed(target)
        marks = bool(_MARKS.match(name))
        strong = (bool(_STRONG.match(name)) or marks) and not _INNER.search(name)
        if not strong and (deed is None or deed.kind not in _OUTER_KINDS):
            return
        if strong and deed is None and not self._outside(target):
            return
        if any(i.step is step and i.kind == "action" and i.at == place_of(target) for i in self.flow.items):
            return
        if not strong and any(_STRONG.match(_last(t.name)) for t in self._called(target)):
            for inner in self._called(target):      # the helper only prepares: the function it calls is the action
                if _STRONG.match(_last(inner.name)):
                    self._act(inner, step)
            return
        known = effect_of(self.project.code, target, name)
        if known is not None and not known.consequential and not marks:
            return
        item = self.flow.add("action", name, place_of(target), "call of a consequential function", home_of(target))
        item.step = step
        item.say("step", step).say("decided_by", "code").say("symbol", f"{target.module.path}:{target.name}"[:120])
        if marks:
            item.say("effect", "write", note="by its name").say("consequential", False, note="a mark that can be taken back")
            return
        say_effect(item, known)
        if item.value("consequential") is None:
            item.say("effect", "message", how="resolved", note="by its name").say("consequential", True, how="resolved")

    def _deed(self, scope: Scope) -> Deed | None:
        effects = ("message", "money", "delete", "write")
        found = [d for d in self.project.code.deeds(scope)
                 if d.kind in _OUTER_KINDS or (d.effect in effects and d.kind in ("http", "cloud"))]
        return next((d for d in found if d.kind in _OUTER_KINDS), found[0] if found else None)

    def _outside(self, scope: Scope) -> bool:
        """Whether a function calls some library that is not of the language's own."""
        for here, _ in self.runnables.near(scope, hops=2):
            for call in self.runnables.calls(here):
                for one in self.project.program.resolved(call).options():
                    if isinstance(one, Outside) and not one.name.startswith(_LOCAL):
                        return True
        return False

    # Shapes ----------------------------------------------------------------------------------------------------

    def carry_out(self) -> None:
        """Finds for shapes offered as tools (pydantic models) the step that does what they stand for."""
        for item, klass in self.schemas:
            reached = self._handlers(item.name, klass)
            item.unsay("effect")
            item.unsay("consequential")
            acting = [(s, a) for s in reached for a in self.flow.of("action")
                      if a.step is s and a is not item and a.value("decided_by") == "code" and a.value("consequential")]
            if acting:
                step, action = acting[-1]
                item.step = step
                item.unsay("step")
                item.say("step", step)
                note = f"carried out by {action.name} at {action.at}"
                item.say("effect", action.value("effect"), action.at, "resolved", note)
                item.say("consequential", True, action.at, "resolved", note)
            elif not self.flow.open_ended:
                note = "a shape that code reads; nothing consequential follows" if reached else "no code was seen that acts on it"
                item.say("effect", "none", how="resolved", note=note).say("consequential", False, how="resolved", note=note)

    def _handlers(self, name: str, klass: Klass) -> list[Item]:
        """The steps that follow when a tool call's name is compared with this one."""
        found: list[Item] = []
        program = self.project.program
        scopes = [n.scope for n in self.graph.nodes.values() if n.scope is not None]
        scopes += [s for r in self.graph.routers if (s := scope_of(program, r.path)) is not None]
        for scope in dict.fromkeys(scopes):
            for test, body in _branches(scope.node):
                if not _compares(program, test, scope, name, klass):
                    continue
                for inner in (n for statement in body for n in ast.walk(statement)):
                    given = inner.value if isinstance(inner, ast.Return | ast.Assign) else next(
                        (k.value for k in inner.keywords if k.arg == "goto"), None) if isinstance(inner, ast.Call) else None
                    if given is None:
                        continue
                    for target in names_of(program.value(given, scope)) if not isinstance(given, ast.Dict) else ():
                        if target in self.steps:
                            found.append(self.steps[target])
                if (home := next((n for n in self.graph.nodes.values() if n.scope is scope), None)) is not None:
                    found.append(self.steps[home.name])
        return list(dict.fromkeys(found))

    # Interrupts ------------------------------------------------------------------------------------------------

    def interrupts(self, sites: list[Site], compiled_note: str | None) -> set[int]:
        """The gates that `interrupt()` makes in nodes, and in tools; gives back the calls that were placed."""
        placed: set[int] = set()
        asking = frozenset(id(s.node) for s in sites)
        for site in sites:
            tool = self._tool_around(site)
            if tool is not None:
                gate = self._gate(site, tool.name, compiled_note)
                gate.protects, gate.step = [tool], tool.step
                placed.add(id(site.node))
                continue
            for node in self.graph.nodes.values():
                if node.scope is None or not any(_holds(s, site.scope) for s, _ in self.runnables.near(
                        node.scope, self.own - {id(node.scope)})):
                    continue
                step = self.steps[node.name]
                gate = self._gate(site, node.name, compiled_note)
                gate.step, gate.sometimes = step, only_sometimes(site.call, asking)
                listed = self._listed(node, site, step)
                if listed is not None:
                    gate.protects = listed
                placed.add(id(site.node))
                break
        return placed

    def _gate(self, site: Site, name: str, note: str | None) -> Item:
        gate = self.flow.add("gate", f"{name}.interrupt", Place(site.path, site.line), "langgraph.interrupt", home_of(site.scope))
        gate.say("type", "human").say("enforced_in", "code", note=note)
        gate.say("symbol", f"{site.path}:{site.scope.name}"[:120] if site.scope.name else None)
        swallowed = swallowing(site)
        if swallowed is not None:
            gate.say("bypassable", True, Place(site.path, site.module.line(swallowed)),
                     note="interrupt() stops the run by an exception, which this except clause catches")
        return gate

    def _tool_around(self, site: Site) -> Item | None:
        for item in self.flow.of("action"):
            if item.home is None or item.home.path != site.path or item.value("decided_by") != "model" or not item.home.name:
                continue
            if item.home.name == site.scope.name or site.scope.name.startswith(f"{item.home.name}."):
                return item
        return None

    def _listed(self, node: Node, site: Site, step: Item) -> list[Item] | None:
        """The tools of a node that both asks and carries out: those whose names it compares before it asks."""
        if node.scope is None or site.scope is not node.scope:
            return None
        here = [a for a in self.flow.of("action") if a.step is step and a.value("decided_by") == "model"]
        if not here or not any(u.sort == "tool" for u in self.runnables.own(node.scope)):
            return None
        names: set[str] = set()
        told = False
        for test, body in _branches(node.scope.node):
            listed = _named(self.project, test, node.scope)
            if listed is None:
                continue
            inside = any(n is site.node for statement in body for n in ast.walk(statement))
            negative, wanted = listed
            after = test.lineno < site.node.lineno          # type: ignore[attr-defined]
            if negative and not inside and after:       # `not in list: run it; continue`: the listed ones go on to the interrupt
                names, told = wanted, True
                break
            if not negative and inside:
                names, told = wanted, True
                break
            if not negative and not inside and after and _leaves(body):
                names, told = {a.name for a in here} - wanted, True
                break
        if not told:
            first = min((u.call.node.lineno for u in self.runnables.own(node.scope) if u.sort == "tool"), default=0)
            return here if first > site.node.lineno else None
        return [a for a in here if a.name in names]


def tool_nodes(project: Project, runnables: Runnables, node: Node) -> list[Site]:
    """The `ToolNode(...)` that a node is, or that its function uses."""
    found = [one.site for one in node.action.options()
             if isinstance(one, Made) and one.site is not None and re.search(r"\.ToolNode$|\.ToolExecutor$", one.name)]
    if node.scope is not None:
        for call in runnables.calls(node.scope):
            if isinstance(call.node.func, ast.Attribute) and call.node.func.attr in ("invoke", "ainvoke"):
                for one in project.program.value(call.node.func.value, call.scope).options():
                    if isinstance(one, Made) and one.name.endswith((".ToolNode", ".ToolExecutor")) and one.site is not None:
                        found.append(one.site)
    return found


def swallowing(site: Site) -> ast.ExceptHandler | None:
    """The except clause around an `interrupt()` that catches its exception and does not raise it again."""
    for within in (site.call.within.chain() if site.call.within else ()):
        if isinstance(within.node, ast.Try) and within.part == "body":
            for handler in within.node.handlers:
                names = {n.attr if isinstance(n, ast.Attribute) else n.id for n in ast.walk(handler.type)
                         if isinstance(n, ast.Name | ast.Attribute)} if handler.type is not None else {"BaseException"}
                if names & {"GraphInterrupt", "GraphBubbleUp", "NodeInterrupt"}:
                    return None
                if names & {"Exception", "BaseException"}:
                    raises = any(isinstance(n, ast.Raise) for s in handler.body for n in ast.walk(s))
                    return None if raises else handler
    return None


def _holds(scope: Scope, inner: Scope) -> bool:
    here: Scope | None = inner
    while here is not None and here.kind != "module":
        if here is scope:
            return True
        here = here.parent
    return False


def _branches(node: ast.AST) -> Iterator[tuple[ast.AST, list[ast.stmt]]]:
    """The tests of a function with the statements they lead to, in order."""
    found: list[tuple[ast.AST, list[ast.stmt]]] = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.If):
            found.append((inner.test, inner.body))
        elif isinstance(inner, ast.Match):
            found += [(case.pattern, case.body) for case in inner.cases]
    yield from sorted(found, key=lambda f: getattr(f[0], "lineno", 0))


def _compares(program: object, test: ast.AST, scope: Scope, name: str, klass: Klass) -> bool:
    """Whether a test holds a name against a tool call's: `call["name"] == "Question"`, `in ("a", "b")`, `Question.__name__`."""
    wanted = {name, _last(klass.scope.name)}
    for inner in ast.walk(test):
        if isinstance(inner, ast.Compare) and isinstance(inner.ops[0], ast.Eq | ast.In):
            for side in (inner.left, *inner.comparators):
                values = program.value(side, scope)         # type: ignore[attr-defined]
                if set(names_of(values)) & wanted:
                    return True
                if isinstance(side, ast.Attribute) and side.attr == "__name__" and tail(side.value) in wanted:
                    return True
        elif isinstance(inner, ast.MatchValue) and isinstance(inner.value, ast.Constant) and inner.value.value in wanted:
            return True
    return False


def _named(project: Project, test: ast.AST, scope: Scope) -> tuple[bool, set[str]] | None:
    """The names a test holds a tool call's name against, and whether it asks that it is none of them."""
    for inner in ast.walk(test):
        if not isinstance(inner, ast.Compare) or len(inner.ops) != 1:
            continue
        if "name" not in ast.dump(inner.left):
            continue
        value = project.program.value(inner.comparators[0], scope)
        names = {i.value for one in value.options() if isinstance(one, Many) for i in one.items
                 if isinstance(i, Const) and isinstance(i.value, str)}
        names |= {one.value for one in value.options() if isinstance(one, Const) and isinstance(one.value, str)}
        if names:
            return isinstance(inner.ops[0], ast.NotIn | ast.NotEq), names
    return None


def _leaves(body: list[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Continue | ast.Return)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


__all__ = ["Actions", "swallowing", "tool_nodes"]
