"""Excerpts as rows of code: numbered lines, what is marked in them, and what stands under a mark. And all places in a row."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditkit.model.facts import SYSTEM, Ref
from auditkit.model.receipts import Inspected

if TYPE_CHECKING:
    from auditkit.model.excerpts import Excerpt, Span
    from auditkit.model.report import Issue, Report

MOST_COLUMNS = 88
AROUND = 1
"""Lines shown beside a mark; what lies between is left out."""

_STEERS = ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")


@dataclass(frozen=True)
class CodeRow:
    """One line: its number (None where lines are left out), the text in three parts, and what stands under the mark."""

    number: int | None
    before: str = ""
    marked: str = ""
    after: str = ""
    label: str = ""

    @property
    def text(self) -> str:
        """The whole line."""
        return self.before + self.marked + self.after

    @property
    def indent(self) -> str:
        """Blanks up to the mark."""
        return " " * columns(self.before)


@dataclass(frozen=True)
class CodeBlock:
    """An excerpt of one file, ready to be set; `alt` says in words what it is.

    `path` is empty where the block goes on in the file of the block before.
    """

    path: str
    rows: tuple[CodeRow, ...]
    alt: str


def blocks(excerpts: Sequence[Excerpt], most: int = MOST_COLUMNS, keep: int = 0, dots: str = " …") -> tuple[CodeBlock, ...]:
    """The excerpts of one finding: lines of at most `most` columns, `keep` columns of a common indentation kept.

    Where two lines are marked, what stands under the first goes on under the second; `dots` join them.
    """
    labels = [clean(span.label) for excerpt in excerpts for span in _in_order(excerpt)]
    if len(labels) > 1:
        labels = [f"{labels[0]}{dots}", *(f"{dots.strip()} {label}" for label in labels[1:])]
    made: list[CodeBlock] = []
    for i, excerpt in enumerate(excerpts):
        block = _block(excerpt, labels[: len(excerpt.spans)], most, keep)
        labels = labels[len(excerpt.spans) :]
        goes_on = i > 0 and excerpts[i - 1].path == excerpt.path
        made.append(CodeBlock("", (CodeRow(None), *block.rows), block.alt) if goes_on else block)
    return tuple(made)


def _in_order(excerpt: Excerpt) -> list[Span]:
    return sorted(excerpt.spans, key=lambda s: (s.line, s.start))


def _block(excerpt: Excerpt, labels: Sequence[str], most: int, keep: int) -> CodeBlock:
    spans = {span.line: (span, label) for span, label in zip(_in_order(excerpt), labels)}
    lines = [clean(line) for line in excerpt.lines]
    shown = [n for n, line in enumerate(lines, excerpt.first)
             if n in spans or (line.strip() and any(abs(n - at) <= AROUND for at in spans))]
    indents = [len(line) - len(line.lstrip()) for line in (lines[n - excerpt.first] for n in shown)]
    spare = max(0, min(indents, default=0) - keep)
    rows: list[CodeRow] = []
    for n in shown:
        if rows and rows[-1].number != n - 1:
            rows.append(CodeRow(None))
        line = lines[n - excerpt.first]
        if n in spans:
            span, label = spans[n]
            rows.append(_marked(n, line[spare:], span.start - 1 - spare, span.end - 1 - spare, label, most))
        else:
            rows.append(CodeRow(n, _fit(line[spare:], most)))
    path = clean(excerpt.path)
    where = f"line {shown[0]}" if len(shown) == 1 else f"lines {shown[0]} to {shown[-1]}"
    return CodeBlock(path, tuple(rows), f"Code of {path}, {where}")


def _marked(number: int, line: str, start: int, end: int, label: str, most: int) -> CodeRow:
    text = _fit(line, most)
    end = min(end, len(text))
    if start >= end:
        start = end = len(text)
    return CodeRow(number, text[:start], text[start:end], text[end:], label)


def clean(text: str) -> str:
    """A line that stays one: a blank for every sign that cannot be seen or that steers what is around it."""
    return "".join(" " if unicodedata.category(c) in _STEERS else c for c in text)


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: two for wide signs, none for marks on top of others."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _fit(text: str, most: int) -> str:
    """The text in at most so many columns, cut with an ellipsis."""
    text = text.rstrip()
    if columns(text) <= most:
        return text
    while columns(text) > most - 1:
        text = text[: min(len(text) - 1, most - 1)]
    return f"{text}…"


# Places ----------------------------------------------------------------------------------------------------

Place = tuple[str, int]


def places(report: Report, issue: Issue) -> tuple[Place, ...]:
    """Every place in the code that an issue is about, once each: those of its components, then those of its facts."""
    found = [f for f in report.findings if f.check == issue.check and f.outcome == issue.outcome]
    own = [r for f in found if f.kind != SYSTEM for r in report.stack.receipts_of.get(Ref(f.kind, f.component), ())]
    said = [s.receipt for f in found for s in f.saw if not s.derived]
    return tuple(dict.fromkeys((clean(r.path), r.line) for r in (*own, *said) if isinstance(r, Inspected)))


def by_file(found: Iterable[Place], most: int | None = None, known: str | None = None) -> tuple[str, ...]:
    """Places in a few words, one entry a file: `src/mail.py:163, :407`; with more than `most`, `and 2 more` at the end.

    The name of a file that is `known` is left out.
    """
    all_of_them = list(found)
    shown = all_of_them if most is None or len(all_of_them) <= most else all_of_them[:most]
    lines: dict[str, list[int]] = {}
    for path, line in shown:
        lines.setdefault(path, []).append(line)
    entries = [f"{'' if path == known else path}:{', :'.join(map(str, some))}" for path, some in lines.items()]
    rest = len(all_of_them) - len(shown)
    return (*entries, f"and {rest} more") if rest else tuple(entries)
