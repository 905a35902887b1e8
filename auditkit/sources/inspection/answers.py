"""Which messages answer the chat that a bot was asked in: they go back to whoever asked, and reach nobody else.

`update.message.reply_text(..)` is one by its name. `bot.send_message(chat_id=..)` is one when the chat comes from what
was received, directly or through the callers of a function; not when it is a constant, a setting, or what a model gives.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from auditkit.sources.inspection.code import Code, Deed
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Scope, dotted
from auditkit.syntax.python.program import written_for
from auditkit.syntax.python.values import Site

_CHATS = frozenset(("telegram", "discord"))
_REPLIES = later(r"(?:^|\.)(?:reply(?:_\w+)?|answer(?:_\w+)?|Context\.send|response\.send_message|followup\.send)$")
_RECEIVED = later(
    r"(?i)^(?:self\.)?_?(?:update|message|msg|event|job|context|ctx|call|callback|callback_query|query|interaction|event_from_\w+)\."
    r"(?:\w+\.)*?(?:chat_id|user_id|_chat_id|_user_id|(?:effective_|from_)?(?:chat|user)\.id|channel)$"
)
_KEPT = later(r"(?i)^(?:job|context|ctx)\.(?:\w+\.)*data$")
"""What a scheduled job was given when it was set up."""
_MOST_CALLERS = 6
_DEEPEST = 4


def answers(code: Code, deed: Deed) -> bool:
    """Whether a message goes back to the chat that it was asked in."""
    if deed.vendor not in _CHATS or deed.kind != "message":
        return False
    if _REPLIES.search(deed.site.name):
        return True
    to = _recipient(deed.site.node)
    return to is not None and _received(code, to, deed.site.scope, 0)


def _recipient(node: ast.Call) -> ast.AST | None:
    """The expression of the chat that a message is sent to: `chat_id=`, the first argument, or `chat` of `chat.send(..)`."""
    named = next((k.value for k in node.keywords if k.arg in ("chat_id", "chat", "user_id")), None)
    if named is not None:
        return named
    if isinstance(node.func, ast.Attribute) and node.func.attr == "send":
        return node.func.value
    return node.args[0] if node.args else None


def _received(code: Code, node: ast.AST, scope: Scope, depth: int) -> bool:
    """Whether an expression is known to come from what was received."""
    if depth > _DEEPEST:
        return False
    if isinstance(node, ast.Subscript):
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        return _KEPT.match(dotted(node.value) or "") is not None and re.fullmatch(r"(?:chat|user)_?id", str(key)) is not None
    if isinstance(node, ast.Attribute):
        return _RECEIVED.match(dotted(node) or "") is not None
    return isinstance(node, ast.Name) and _named(code, node.id, scope, depth)


def _named(code: Code, name: str, scope: Scope, depth: int) -> bool:
    """Whether a name stands for what was received: by its values, or by what every caller that can be seen gives."""
    here: Scope | None = scope
    while here is not None and name not in here.bindings:
        here = here.parent
    if here is None:
        return False
    found = [_received(code, b.value, here, depth + 1) for b in here.bindings[name] if b.how == "value" and b.value is not None]
    if not found and here.kind == "function":
        found = [_received(code, given, site.scope, depth + 1) for site, given in _given(code, here, name)]
    return bool(found) and all(found)


def _given(code: Code, scope: Scope, name: str) -> Iterator[tuple[Site, ast.AST]]:
    """What the callers of a function give to one of its parameters, each with its call."""
    sites = code.program.callers(scope)
    for site in sites if len(sites) <= _MOST_CALLERS else ():
        given = written_for(name, scope, site.node)
        if given is not None:
            yield site, given
