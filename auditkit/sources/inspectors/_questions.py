"""Where a question to a person stands in its function: always asked, or in one branch only."""

from __future__ import annotations

import ast
from collections.abc import Collection

from auditkit.syntax.python.module import Call


def only_sometimes(question: Call, asking: Collection[int]) -> bool:
    """Whether a question stands in a branch whose other side asks nobody: `if config.review: input(..)`. `asking` are the
    calls (by identity of their nodes) that ask a person."""
    for within in question.within.chain() if question.within is not None else ():
        if isinstance(within.node, ast.If) and within.part in ("body", "orelse"):
            other = within.node.orelse if within.part == "body" else within.node.body
            if not any(id(n) in asking for statement in other for n in ast.walk(statement)):
                return True
    return False
