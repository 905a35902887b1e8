"""Excerpts: a few lines of the audited code as they stand, with what happens and why marked in them."""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import Field, model_validator

from auditkit.model.base import Frozen

LONGEST_LABEL = 60
MOST_SPANS = 2
MOST_LINES = 40


class Span(Frozen):
    """One marked stretch of a line: the `effect` (what happens here) or the `cause` (why it is a finding).

    Lines and columns count from 1; `end` is the column after the last marked character.
    """

    role: Literal["effect", "cause"]
    line: int
    start: int
    end: int
    label: str = Field(max_length=LONGEST_LABEL)


class Excerpt(Frozen):
    """Lines of one file, `first` being the number of the first of them, and up to two marked spans."""

    path: str
    first: int = Field(ge=1)
    lines: tuple[str, ...] = Field(min_length=1, max_length=MOST_LINES)
    spans: tuple[Span, ...] = Field(min_length=1, max_length=MOST_SPANS)

    @model_validator(mode="after")
    def _within(self) -> Excerpt:
        """Every span marks something that is there, and each another line."""
        if len({span.line for span in self.spans}) < len(self.spans):
            raise ValueError(f"two spans of the excerpt of {self.path} mark one line")
        for span in self.spans:
            at = span.line - self.first
            if not (0 <= at < len(self.lines) and 1 <= span.start < span.end <= len(self.lines[at]) + 1):
                raise ValueError(f"line {span.line} of the excerpt of {self.path} has no columns {span.start} to {span.end}")
        return self


class Source(Protocol):
    """Where the text of an excerpt comes from: the files that were inspected, line by line."""

    def line(self, path: str, n: int) -> str | None:
        """Line `n` (from 1) of a file as it can be shown to anybody; None when there is none. Never raises."""
