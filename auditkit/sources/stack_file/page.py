"""The page that is being read: its name, its lines, and everything that is wrong with it so far."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from auditkit.errors import Problem
from auditkit.model.receipts import Declared
from auditkit.syntax.documents import Mapping, Node, Scalar, Sequence, excerpt
from auditkit.syntax.words import did_you_mean

MOST_PROBLEMS = 200
_COMPARISONS = 300_000

KIND_WORDS = {
    "system": "the stack",
    "step": "a step",
    "action": "an action",
    "store": "a store",
    "integration": "an integration",
    "knowledge": "a knowledge source",
    "gate": "a gate",
    "monitor": "a monitor",
    "eval": "an eval",
    "model": "a model",
    "agent": "an agent",
    "edge_case": "an edge case",
    "guardrail": "a guardrail",
}
"""How an error names a kind, with its article."""


@dataclass(frozen=True)
class Voice:
    """Who says what stands in the file, and when; and who looked at which version of the code."""

    who: str | None = None
    when: date | None = None
    lead: str | None = None
    commit: str | None = None


@dataclass(frozen=True)
class Reference:
    """A place where the file names one of its components; checked when all of them are known."""

    holder: str
    kind: str
    node: Scalar


@dataclass
class Page:
    """Collects problems and references; readers of values return None for what they could not read.

    `path` is the file as the user named it, `named` as receipts name it; `holder` is the component that is
    being read, in words.
    """

    path: str
    named: str
    lines: list[str]
    problems: list[Problem] = field(default_factory=list)
    voice: Voice = Voice()
    comparisons: int = 0
    holder: str = ""
    references: list[Reference] = field(default_factory=list)

    def wrong(self, node: Node, text: str, hint: str = "") -> None:
        """Notes a problem at the place of a node."""
        length = node.length if isinstance(node, Scalar) else 1
        line = excerpt(self.lines, node.line, node.column)
        self.problems.append(
            Problem(
                self.path,
                node.line,
                text,
                hint,
                node.column,
                max(1, min(length, len(line) - node.column + 1)),
                line,
            )
        )

    def guess(self, word: str, candidates: Collection[str]) -> str | None:
        """The candidate that was meant; None also when a hopeless file has used up its guesses."""
        self.comparisons += len(candidates)
        return did_you_mean(word, candidates) if self.comparisons <= _COMPARISONS else None

    def meant(self, word: str, candidates: Collection[str], otherwise: str = "") -> str:
        """The hint `did you mean 'x'?`, or another hint when nothing comes near."""
        guess = self.guess(word, candidates)
        return f"did you mean '{guess}'?" if guess else otherwise

    @contextmanager
    def trial(self) -> Iterator[list[Problem]]:
        """Reads something only to see whether it fits: its problems are given and then forgotten."""
        kept, references = (self.problems, self.comparisons), self.references
        self.problems, self.references = [], []
        try:
            yield self.problems
        finally:
            (self.problems, self.comparisons), self.references = kept, references

    def declared(self, line: int, note: str | None = None) -> Declared:
        """The receipt of something that stands in this file."""
        return Declared(path=self.named, line=line, who=self.voice.who, when=self.voice.when, note=note)


def noun(kind: str) -> str:
    """The kind in words, without an article."""
    return KIND_WORDS[kind].partition(" ")[2]


def what(node: Node) -> str:
    """The shape of a node, for an error."""
    if isinstance(node, Mapping):
        return "keys and values"
    return "a list" if isinstance(node, Sequence) else "plain text"


def is_word(node: Node, word: str) -> bool:
    """Whether a single value is this word, however it is quoted."""
    return isinstance(node, Scalar) and node.text.strip() == word


def blank(node: Node) -> bool:
    """Nothing is written below a key."""
    return isinstance(node, Scalar) and node.empty


def unknown(node: Node) -> bool:
    """Somebody was asked and does not know."""
    return is_word(node, "unknown")
