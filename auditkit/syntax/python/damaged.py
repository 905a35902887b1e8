"""Files that Python cannot parse, by tree-sitter: the statements that hold an error are blanked out."""

from __future__ import annotations

from typing import Any

MOST_LOST = 400
_SIMPLE = ("print_statement", "exec_statement")


def without_broken_statements(text: str, first: tuple[int, str]) -> tuple[str, list[tuple[int, str]]]:
    """The text with broken statements replaced by `pass` and blank lines, and the lines that were lost.

    `first` is Python's own word on the first error, which names the reason.
    """
    import tree_sitter
    import tree_sitter_python

    language = tree_sitter.Language(tree_sitter_python.language())
    data = text.encode()
    tree = tree_sitter.Parser(language).parse(data)
    rows = text.split("\n")
    lost: list[tuple[int, str]] = []
    stack: list[Any] = [tree.root_node]
    while stack and len(lost) < MOST_LOST:
        node = stack.pop()
        if not node.has_error and not _old(node):
            continue
        inner = [c for c in node.children if c.is_named and (c.has_error or _old(c))]
        deeper = [c for c in inner if c.type not in ("ERROR",) and c.type in _HOLDERS]
        if node.type in _HOLDERS and inner and len(deeper) == len(inner):
            stack += reversed(deeper)
            continue
        if node.type in ("module", "block") and inner:
            for child in reversed(inner):
                if child.type in _HOLDERS and any(_breaks(c) for c in child.children):
                    stack.append(child)
                else:
                    _blank(rows, child)
                    lost.append((child.start_point[0] + 1, _reason(child, first)))
            continue
        _blank(rows, node)
        lost.append((node.start_point[0] + 1, _reason(node, first)))
    return "\n".join(rows), sorted(set(lost))


_HOLDERS = frozenset((
    "module", "block", "function_definition", "class_definition", "decorated_definition", "if_statement", "else_clause",
    "elif_clause", "for_statement", "while_statement", "try_statement", "except_clause", "finally_clause", "with_statement",
))


def _reason(node: Any, first: tuple[int, str]) -> str:
    """Python's own word when the first error lies in the statement."""
    inside = node.start_point[0] < first[0] <= node.end_point[0] + 1
    return first[1] if inside else "does not parse as Python 3"


def _breaks(node: Any) -> bool:
    return node.type in ("block", "function_definition", "class_definition") and (node.has_error or _old(node))


def _old(node: Any) -> bool:
    """Whether Python 2's own statements stand in it."""
    stack, seen = [node], 0
    while stack and seen < 50_000:
        here = stack.pop()
        seen += 1
        if here.type in _SIMPLE:
            return True
        if here.type == "except_clause" and any(c.type == "," for c in here.children):
            return True
        stack += here.children
    return False


def _blank(rows: list[str], node: Any) -> None:
    start, end = node.start_point[0], node.end_point[0]
    if node.end_point[1] == 0 and end > start:
        end -= 1
    for n in range(start, min(end + 1, len(rows))):
        row = rows[n]
        if n == start:
            before = row[: node.start_point[1]]
            rows[n] = (before if not before.strip() else row[: len(row) - len(row.lstrip())]) + "pass"
        else:
            rows[n] = ""
