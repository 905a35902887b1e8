"""A person asked in plain code before something is done: `if input("Send it? ") == "y": send(..)`.

A question is a gate when its answer decides a branch. A question whose answer is handed on as text (a chat turn, a
topic) is none. An approver that answers yes by itself is drawn as what it is: no gate that holds.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from auditkit.sources.inspection.code import Deed, home_of, place_of
from auditkit.sources.inspection.effects import say_effect
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Item, Place, Sketch
from auditkit.sources.inspectors._agents import acting
from auditkit.sources.inspectors._packages import AGENTS
from auditkit.sources.inspectors._questions import only_sometimes
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import FUNCTIONS, Call, Scope, dotted, walk
from auditkit.syntax.python.program import text_of
from auditkit.syntax.python.values import Func, Text

NAME = "questions to a person"
ORDER = 300
PACKAGES = (
    *AGENTS,
    "pydantic_graph",
    "claude_code_sdk",
    "ollama",
    "cohere",
    "mistralai",
    "groq",
    "temporalio",
    "workflows",
)
CONSTRUCTORS = ()
RULE = "human.question"


def _words_of(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


_LEAVING = _words_of("q quit exit bye goodbye stop end done /q /quit /exit :q close clear reset help /help menu back n/a") | {""}
_ASKS = later(
    r"(?i)approv|confirm|proceed|continue|allow|accept|permi|authori[sz]|are you sure|sure\?|\by(?:es)?\s*/\s*n(?:o)?\b|"
    r"ok to |okay to |go ahead|do you want to|execute th|run th|send th|choice"
)
_AGAIN = later(r"(?i)another|again|more questions|debug|new session|new game|play")
_APPROVER = later(
    r"(?i)(?:^|_)(?:ask|asks|request|get|wait|await|check|require|seek|obtain|human|manager|supervisor|prompt|user)_?\w*"
    r"(?:approv|authori[sz]|consent|permission|sign_?off|confirm)"
)
_YES = later(r"(?i)^(?:approved?|yes|y|ok(?:ay)?|allow(?:ed)?|confirmed|granted|accept(?:ed)?)$")
_FRAMEWORK = _words_of("approve reject confirm continue_run acontinue_run resume update_state Command approve_tool reject_tool")
"""Calls that hand a person's answer to a framework whose own gate is drawn elsewhere."""
_TEXT = _words_of("strip lower upper casefold startswith endswith isdigit split replace lstrip rstrip capitalize title get")
_HARMLESS = _words_of(
    "print len str int float bool repr isinstance print_formatted_text log info debug warning error echo format"
)


class Decision(NamedTuple):
    """A branch that a person's answer decides, with the function it stands in."""

    node: ast.If | ast.While | ast.Match
    scope: Scope
    at: Place


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws the questions that decide something, and the approvers that ask nobody."""
    looks = _Looks(project, sketch)
    for scope, deed in project.code.all:
        if deed.kind == "human" and not deed.site.name.startswith("langgraph."):
            looks.question(scope, deed)
    looks.approvers()


class _Looks:
    """One look at one program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.program = project.program
        self.sketch = sketch
        self.asking = frozenset(id(d.site.node) for _, d in project.code.all if d.kind == "human")
        self.gates: list[tuple[Item, list[Decision]]] = []
        self._parents: dict[int, dict[int, ast.AST]] = {}

    # Questions -------------------------------------------------------------------------------------------------

    def question(self, scope: Scope, deed: Deed) -> None:
        """Draws one question, when its answer decides."""
        call = deed.site.call
        asked = self._asked(deed)
        decisions, content = self._answer(call.node, scope, _confirms(deed.site.name))
        if not decisions:
            self._further(deed.place, call.node, scope)
            if (
                asked is not None
                and _used_nowhere(self._statement(call.node, scope))
                and re.search(r"(?i)approv|are you sure", asked)
            ):
                gate = self._gate(deed, scope, asked)
                gate.protects = []
                gate.say("bypassable", True, how="resolved", note="the answer is not read")
            return
        words = {w for d in decisions for w in _words(d.node)}
        if content and not (asked and re.search(r"(?i)approv|y/n|\[y", asked)):
            return
        if words and all(w.strip().lower() in _LEAVING for w in words) and not _confirms(deed.site.name):
            return
        if asked is not None and _AGAIN.search(asked):
            return
        if self._hands_on(decisions, deed.place):
            return
        protects = self._protected(decisions, scope)
        if not (protects or self._of_a_step(scope) or (asked and _ASKS.search(asked))):
            return
        gate = self._gate(deed, scope, asked)
        gate.sometimes = only_sometimes(call, self.asking)
        if protects:
            gate.protects = protects
        for decision in decisions:
            if decision.scope is not scope:
                gate.also(decision.at)
        self.gates.append((gate, decisions))

    def _gate(self, deed: Deed, scope: Scope, asked: str | None) -> Item:
        title = " ".join((asked or "").replace("{}", " ").split())[:80] or f"question in {scope.name or 'the script'}"
        gate = self.sketch.add("gate", title, deed.place, RULE, home_of(scope))
        return gate.say("type", "human").say("enforced_in", "code")

    def _asked(self, deed: Deed) -> str | None:
        """The question as it is written, unknown parts as {}."""
        value = self.program.arg(deed.site, 0, "text", "prompt", "message", "content")
        for one in value.options() if value is not None else ():
            if isinstance(one, Text):
                return one.text
            if (text := text_of(one)) is not None:
                return text
        return None

    def _further(self, place: Place, call: ast.Call, scope: Scope) -> None:
        """A question that is only asked after a certain answer belongs to that answer's gate."""
        for gate, decisions in self.gates:
            for decision in decisions:
                if decision.scope is scope and any(n is call for n in ast.walk(decision.node)):
                    gate.also(place)
                    return

    def _hands_on(self, decisions: list[Decision], place: Place) -> bool:
        """Whether the answer is given to a framework that waits for it; then the framework's gate is the gate."""
        for decision in decisions:
            here = decision.node
            branches = here.cases if isinstance(here, ast.Match) else [*here.body, *here.orelse]
            for node in (n for branch in branches for n in ast.walk(branch)):
                if isinstance(node, ast.Call) and (dotted(node.func) or "").rpartition(".")[2] in _FRAMEWORK:
                    for flow in self.sketch.flows:
                        for gate in flow.of("gate"):
                            if gate.at.path == place.path and gate.value("type") == "human":
                                gate.also(place)
                    return True
        return False

    def _of_a_step(self, scope: Scope) -> bool:
        """Whether the question is asked in the code of a step or an action that was drawn."""
        home = home_of(scope)
        return any(i.home == home and i.kind in ("step", "action") and home.name for f in self.sketch.flows for i in f.items)

    # Answers ---------------------------------------------------------------------------------------------------

    def _answer(self, call: ast.Call, scope: Scope, confirms: bool, depth: int = 0) -> tuple[list[Decision], bool]:
        """The branches that an answer decides, and whether it is also handed on as text."""
        statement = self._statement(call, scope)
        if isinstance(statement, ast.If | ast.While) and any(n is call for n in ast.walk(statement.test)):
            return [Decision(statement, scope, _at(scope, statement))], False
        if isinstance(statement, ast.Match) and any(n is call for n in ast.walk(statement.subject)):
            return [Decision(statement, scope, _at(scope, statement))], False
        if isinstance(statement, ast.Return) and depth < 2 and scope.kind == "function":
            return self._asked_by_callers(scope, confirms, depth)
        name = _assigned(statement)
        if name is None:
            return [], False
        found: list[Decision] = []
        content = False
        for node in _own(scope):
            if isinstance(node, ast.If | ast.While | ast.Match):
                test = node.subject if isinstance(node, ast.Match) else node.test
                if _mentions(test, name):
                    found.append(Decision(node, scope, _at(scope, node)))
            elif isinstance(node, ast.Call) and node is not call and _hands(node, name):
                content = True
            elif (
                isinstance(node, ast.Return)
                and node.value is not None
                and _mentions(node.value, name)
                and not found
                and depth < 2
                and _compares(node.value)
                and scope.kind == "function"
            ):
                return self._asked_by_callers(scope, confirms, depth)
        return found, content

    def _asked_by_callers(self, scope: Scope, confirms: bool, depth: int) -> tuple[list[Decision], bool]:
        found: list[Decision] = []
        content = False
        for site in self.program.callers(scope)[:12]:
            more, handed = self._answer(site.node, site.scope, confirms, depth + 1)
            found += more
            content = content or handed
        return found, content

    def _statement(self, call: ast.AST, scope: Scope) -> ast.AST | None:
        """The statement in which an expression stands."""
        parents = self._parents_in(scope)
        here: ast.AST | None = call
        while here is not None and not isinstance(here, ast.stmt):
            here = parents.get(id(here))
        return here

    def _parents_in(self, scope: Scope) -> dict[int, ast.AST]:
        """What each node of a function (of the file, outside of one) stands in."""
        while scope.kind == "class" and scope.parent is not None:
            scope = scope.parent
        found = self._parents.get(id(scope))
        if found is None:
            found = {id(child): node for node in walk(scope.node) for child in ast.iter_child_nodes(node)}
            self._parents[id(scope)] = found
        return found

    # What it stands before ---------------------------------------------------------------------------------------

    def _protected(self, decisions: list[Decision], scope: Scope) -> list[Item]:
        """The actions that are only done after the answer."""
        found: list[Item] = []
        for decision in decisions:
            for statement in self._after(decision):
                for node in ast.walk(statement):
                    if isinstance(node, ast.Call):
                        found += self._done_by(node, decision.scope)
        own = [a for a in self._actions() if a.home is not None and a.home == home_of(scope) and a.home.name]
        return list(dict.fromkeys([*found, *own]))

    def _after(self, decision: Decision) -> Iterator[ast.stmt]:
        """The statements that an answer decides: the branches, and what follows when one of them leaves."""
        node = decision.node
        if isinstance(node, ast.Match):
            for case in node.cases:
                yield from case.body
            return
        yield from node.body
        yield from node.orelse
        if any(_leaves(branch) for branch in (node.body, node.orelse)):
            parents = self._parents_in(decision.scope)
            here: ast.AST = node
            out = any(isinstance(n, ast.Break) for n in ast.walk(node))
            while True:
                above = parents.get(id(here))
                if above is None:
                    return
                yield from _following(above, here)
                loops = isinstance(above, ast.While | ast.For | ast.AsyncFor)
                if isinstance(above, (*FUNCTIONS, ast.Module)) or (loops and not out):
                    return
                here = above

    def _done_by(self, call: ast.Call, scope: Scope) -> Iterator[Item]:
        for one in self.program.resolved(Call(call, scope, None)).options():
            if not isinstance(one, Func):
                continue
            home = home_of(one.scope)
            known = [a for a in self._actions() if a.home == home]
            if known:
                yield from known
                continue
            effect = acting(self.project, one.scope)
            if effect is not None:
                item = self.sketch.add("action", one.scope.name.rpartition(".")[2], place_of(one.scope), f"{RULE}.then", home)
                item.say("decided_by", "code").say("symbol", f"{home.path}:{home.name}"[:120])
                say_effect(item, effect)
                yield item

    def _actions(self) -> Iterator[Item]:
        for flow in self.sketch.flows:
            yield from flow.of("action")
        yield from (i for i in self.sketch.loose if i.kind == "action")

    # Approvers -------------------------------------------------------------------------------------------------

    def approvers(self) -> None:
        """Functions that are named as if they asked somebody, and say yes by themselves."""
        for module in self.program.modules.values():
            for scope in module.scopes:
                name = scope.name.rpartition(".")[2]
                if scope.kind != "function" or not _APPROVER.search(name):
                    continue
                said = [n for n in _own(scope) if isinstance(n, ast.Return)]
                if not said or not all(_approves(n.value) for n in said) or any(True for _ in self.project.code.own(scope)):
                    continue
                gate = self.sketch.add("gate", name, place_of(scope), "human.approver", home_of(scope))
                note = "it answers yes by itself and asks nobody"
                gate.say("type", "human").say("enforced_in", "prompt", note=note)
                gate.say("bypassable", True, _at(scope, said[-1]), "resolved", note)
                gate.say("symbol", f"{module.path}:{scope.name}"[:120])
                gate.protects = []


def _confirms(name: str) -> bool:
    """Whether a call asks yes or no and gives a truth value."""
    return name.rpartition(".")[2] in ("confirm", "Confirm") or ".Confirm." in name


def _at(scope: Scope, node: ast.AST) -> Place:
    return Place(scope.module.path, scope.module.line(node))


def _own(scope: Scope) -> Iterator[ast.AST]:
    """The nodes of a scope's own code, in order, without functions and classes inside it."""
    stack: list[ast.AST] = list(reversed(getattr(scope.node, "body", [])))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            stack += reversed(list(ast.iter_child_nodes(node)))


def _assigned(statement: ast.AST | None) -> str | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    return None


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node))


def _compares(node: ast.AST) -> bool:
    return isinstance(node, ast.Compare | ast.BoolOp | ast.Call | ast.UnaryOp | ast.Name)


def _hands(call: ast.Call, name: str) -> bool:
    """Whether a call is given the answer as text, beyond looking at it."""
    last = (dotted(call.func) or (call.func.attr if isinstance(call.func, ast.Attribute) else "")).rpartition(".")[2]
    if last in _HARMLESS or last in _TEXT:
        return False
    return any(_mentions(a, name) for a in (*call.args, *(k.value for k in call.keywords)))


def _words(node: ast.If | ast.While | ast.Match) -> Iterator[str]:
    """The texts with which a branch compares an answer."""
    tests = [c.pattern for c in node.cases] if isinstance(node, ast.Match) else [node.test]
    for test in tests:
        for part in ast.walk(test):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value
    if isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        yield from _words(node.orelse[0])


def _leaves(branch: list[ast.stmt]) -> bool:
    for node in branch:
        if isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue):
            return True
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and (dotted(node.value.func) or "").rpartition(".")[2] in ("exit", "quit", "_exit")
        ):
            return True
    return False


def _following(above: ast.AST, node: ast.AST) -> list[ast.stmt]:
    """The statements after one in the block it stands in."""
    for part in ("body", "orelse", "finalbody"):
        block = getattr(above, part, None)
        if isinstance(block, list):
            for n, statement in enumerate(block):
                if statement is node:
                    return block[n + 1 :]
    return []


def _used_nowhere(statement: ast.AST | None) -> bool:
    return isinstance(statement, ast.Expr)


def _approves(node: ast.AST | None) -> bool:
    """Whether a returned expression is a plain yes."""
    if isinstance(node, ast.Constant):
        return node.value is True or (isinstance(node.value, str) and bool(_YES.match(node.value.strip())))
    if isinstance(node, ast.Dict):
        rows = [
            (k.value, v.value)
            for k, v in zip(node.keys, node.values, strict=True)
            if isinstance(k, ast.Constant) and isinstance(v, ast.Constant)
        ]
        return any(
            (isinstance(v, str) and _YES.match(v) is not None and k in ("status", "decision", "result", "approval", "answer"))
            or (v is True and k in ("approved", "approve", "confirmed", "allowed", "authorized"))
            for k, v in rows
        )
    if isinstance(node, ast.Tuple) and node.elts:
        return _approves(node.elts[0])
    return False
