"""A checklist's file while it is read: its nodes as text, whole numbers and lists, and its problems."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Sequence as Many

from auditkit.errors import Problem
from auditkit.syntax.documents import Mapping, Node, Scalar, Sequence, excerpt
from auditkit.syntax.words import did_you_mean, listed, shown

FLAGS = {"yes": True, "true": True, "no": False, "false": False}


class Page:
    """Where problems are noted, each with its line."""

    def __init__(self, path: str, lines: list[str]) -> None:
        self.path, self.lines = path, lines
        self.problems: list[Problem] = []

    def wrong(self, node: Node, text: str, hint: str = "") -> None:
        """Note a problem at a node."""
        length = node.length if isinstance(node, Scalar) else 1
        self.problems.append(Problem(self.path, node.line, text, hint, node.column, length,
                                     excerpt(self.lines, node.line, node.column)))

    def mapping(self, node: Node, name: str) -> Mapping | None:
        """The node as keys and values, or None after a noted problem."""
        if isinstance(node, Mapping):
            return node
        self.wrong(node, f"'{name}' wants keys and values, not {what(node)}")
        return None

    def sequence(self, node: Node, name: str) -> tuple[Node, ...]:
        """The items of a list; none after a noted problem."""
        if isinstance(node, Sequence):
            return node.items
        self.wrong(node, f"'{name}' wants a list, not {what(node)}", "write '- ' before each item")
        return ()

    def text(self, node: Node, name: str) -> str:
        """The node as text, or "" after a noted problem."""
        if isinstance(node, Scalar) and not node.empty:
            return " ".join(node.text.split())
        self.wrong(node, f"'{name}' wants text, not {what(node)}")
        return ""

    def one_of(self, node: Node, name: str, choices: Many[str]) -> str:
        """The node as one of a few words; the first of them after a noted problem."""
        text = self.text(node, name)
        if text and text not in choices:
            hint = meant(text, choices, f"choose {listed(choices)}")
            self.wrong(node, f"'{name}' cannot be {shown(text)}", hint)
        return text if text in choices else choices[0]

    def whole(self, node: Node, name: str) -> int:
        """The node as a whole number, or 0 after a noted problem."""
        text = self.text(node, name)
        if re.fullmatch(r"[0-9]{1,9}", text):
            return int(text)
        if text:
            self.wrong(node, f"'{name}' wants a whole number, not {shown(text)}")
        return 0

    def fields(self, node: Mapping, label: str, needed: Iterable[str],
               other: Iterable[str] = ()) -> dict[str, Node]:
        """The entries of a mapping by name; unknown and missing names are noted."""
        needed, known = list(needed), [*needed, *other]
        found = {e.key.text: e.value for e in node.entries}
        for entry in node.entries:
            if entry.key.text not in known:
                self.wrong(entry.key, f"{label} has no {shown(entry.key.text)}",
                           meant(entry.key.text, known, f"it holds {listed(known, 'and')}"))
        missing = [name for name in needed if name not in found]
        if missing:
            self.wrong(node, f"{label} lacks {listed((repr(m) for m in missing), 'and')}")
        return {name: value for name, value in found.items() if name in known}


def what(node: Node) -> str:
    """What a node is, in words."""
    if isinstance(node, Mapping):
        return "keys and values"
    if isinstance(node, Sequence):
        return "a list"
    return "nothing" if node.empty else shown(node.text)


def meant(word: str, candidates: Iterable[str], otherwise: str = "") -> str:
    """A hint that names the near miss."""
    guess = did_you_mean(word, candidates)
    return f"did you mean '{guess}'?" if guess else otherwise
