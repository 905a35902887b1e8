"""What code does with the result of a run: `result = crew.kickoff(..)`, and then `send_email(result.raw)`.

The functions that a step's own code reaches are told by `code_actions`; here it is the code around the workflow. A function
that starts several workflows says nothing of which of them an action belongs to.
"""

from __future__ import annotations

import ast

from auditkit.sources.inspection.code import Code, home_of
from auditkit.sources.inspection.code_actions import draw_action, reaches_others, tool_code
from auditkit.sources.inspection.sketch import Flow, Item, Place
from auditkit.sources.inspection.workflows import keys_of, users_of
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import FUNCTIONS, Call, Scope, dotted
from auditkit.syntax.python.values import Func

Starts = dict[int, tuple[Scope, int]]
"""The functions (and the tops of files) that start a workflow, by identity, each with the line at which it does."""
_TESTS = later(r"(?:^|/)(?:tests?|evals?)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")
_CLICKS = ("button", "form_submit_button", "checkbox", "toggle", "download_button")
_HIGHEST = 4
_MOST = 60


def starts_of(flow: Flow, code: Code) -> Starts:
    """Where a workflow is started, directly and by functions that are called for it."""
    found: Starts = {}
    layer: list[tuple[Scope, int]] = []
    for scope in users_of(flow, code):
        lines = [c.line for c in _calls(scope) if _runs(c, flow, code)]
        if lines and not _TESTS.search(scope.module.path):
            layer.append((scope, min(lines)))
    for _ in range(_HIGHEST):
        following: list[tuple[Scope, int]] = []
        for scope, line in layer:
            known = found.get(id(scope))
            if known is not None and known[1] <= line:
                continue
            found[id(scope)] = (scope, line)
            if scope.kind == "function" and len(found) < _MOST:
                following += [(s.scope, s.call.line) for s in code.program.callers(scope) if not _TESTS.search(s.path)]
        layer = following
    return found


def draw_afterwards(flow: Flow, starts: Starts, others: set[int], code: Code) -> None:
    """Draws an action for each plain function that reaches other people's systems and is called after a run."""
    ends = list(dict.fromkeys(s for s, t, _ in flow.edges if t is None)) or flow.of("step")[-1:]
    if not ends:
        return
    covered = tool_code(flow, code)
    around = covered | starts.keys()
    inside = {i.home for i in flow.of("step") if i.home is not None and i.home.name}
    for scope, line in starts.values():
        if id(scope) in others or id(scope) in covered or home_of(scope) in inside:
            continue
        for call in _calls(scope):
            if call.line > line:
                _draw(flow, ends[0], call, code, around, line)


def _clicked(call: Call, line: int) -> bool:
    """Whether a call waits for a click of its own, after the run: `if st.button("Send"): send_email(..)`."""
    for node in ast.walk(call.scope.node):
        if isinstance(node, ast.If) and node.lineno > line and any(n is call.node for s in node.body for n in ast.walk(s)):
            tests = (n for n in ast.walk(node.test) if isinstance(n, ast.Call))
            if any((dotted(n.func) or "").rpartition(".")[2] in _CLICKS for n in tests):
                return True
    return False


def _draw(flow: Flow, step: Item, call: Call, code: Code, covered: set[int], line: int) -> None:
    """Draws what one call does, where a plain function is called; `line` is that of the run before it."""
    drawn = {i.home for i in flow.of("action")}
    at = Place(call.scope.module.path, call.scope.module.line(call.line))
    for one in code.program.resolved(call).options():
        for reached in code.reach([one.scope], hops=2, beyond=covered).values() if isinstance(one, Func) else ():
            if id(reached) in covered or home_of(reached) in drawn or not isinstance(reached.node, FUNCTIONS):
                continue
            if not any(reaches_others(d) for d in code.own(reached)):
                continue
            if draw_action(flow, step, reached, code, at, "human" if _clicked(call, line) else "code"):
                drawn.add(home_of(reached))


def _calls(scope: Scope) -> list[Call]:
    return [c for c in scope.module.calls if c.scope is scope]


def _runs(call: Call, flow: Flow, code: Code) -> bool:
    """Whether a call is one on the workflow's object, or makes it where it is written as a class."""
    return any(not flow.keys.isdisjoint(keys_of(one)) for one in code.program.resolved(call).options())
