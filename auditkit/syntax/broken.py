"""What is wrong with YAML that cannot be read, in the words of the person who wrote it."""

from __future__ import annotations

import re
from typing import Any

_QUOTE_IT = "put the value in quotes"
_INDENT = "keys of one level start in the same column"
_SECOND = "a second ': ' stands in this line"

_RULES: tuple[tuple[str, str, str, str], ...] = (
    # the library's problem, its context, our text, our hint; the first match counts
    (
        r"end of stream|document indicator",
        r"quoted scalar",
        "a quote is opened here and never closed",
        "close it",
    ),
    (
        r"unknown escape|hexdec|hexadecimal|Unicode character escape",
        "",
        "a backslash in double quotes starts a code that does not exist",
        "use single quotes: 'a\\b'",
    ),
    (r"cannot start any token", "", "a value cannot start with this character", _QUOTE_IT),
    (r"expected alphabetic or numeric", r"alias|anchor", "a value cannot start with '*' or '&'", _QUOTE_IT),
    (r"unexpected ':'", "", "a ':' stands where no key can be", _QUOTE_IT),
    (
        r"expected ':'",
        "",
        "this line has no ': ' after its key",
        "write 'key: value', with a space after the colon",
    ),
    (r"mapping values are not allowed", "", _SECOND, _QUOTE_IT),
    (
        r"(block )?sequence entries are not allowed",
        "",
        "a list item ('- ') cannot stand here",
        "start it on a line of its own, under its key",
    ),
    (
        r"expected ',' or '[\]}]'",
        "",
        "a bracket is opened here and not closed, or a comma is missing after it",
        "close it, or add the comma",
    ),
    (
        r"expected (the )?node content",
        "",
        "a value is missing before this",
        "write it, or take the comma out",
    ),
    (
        r"chomping|comment or (a )?line break",
        "",
        "text stands beside the '|' or '>' that starts a long text",
        "start the text on the next line",
    ),
    (
        r"expected '?<document start>'?",
        "",
        "this does not belong to what stands above",
        "let every top-level key start in column 1, with nothing between",
    ),
    (r"directive|version number|%", "directive", "a line cannot start with '%'", "put the text in quotes"),
    (r"tag|URI", "", "a value starts with a tag ('!')", "take it out, or put a text with '!' in quotes"),
    (
        r"expected (a )?key|<block end>|'-' indicator|block end",
        "",
        "this line does not fit the lines above",
        f"{_INDENT}; list items start with '- '",
    ),
    (r"indentation", "", "the indentation of this line does not fit", _INDENT),
)


def explain(error: Any, lines: list[str]) -> tuple[int, int, int, str, str]:
    """Line, column, length, text and hint for an error of the YAML library; none of its words are used."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", "") or getattr(error, "reason", "") or "")
    context = str(getattr(error, "context", "") or "")
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    tabbed = [n for n in (line, line - 1) if 0 < n <= len(lines) and re.match(r" *\t", lines[n - 1])]
    if tabbed:
        others = sum(bool(re.match(r" *\t", row)) for row in lines) - 1
        more = f" here and in {others} more line{'s' * (others > 1)}" if others else ""
        return (
            tabbed[0],
            lines[tabbed[0] - 1].index("\t") + 1,
            1,
            "a tab cannot indent a line",
            f"use spaces{more}",
        )
    for pattern, where, text, hint in _RULES:
        if re.search(pattern, problem) and re.search(where, context):
            row = lines[line - 1] if 0 < line <= len(lines) else ""
            if text == _SECOND and ": " not in row[: column - 1]:
                text, hint = "this line is indented too far, or the line above has no ':'", _INDENT
            if row.lstrip()[:2] in (":", ": "):
                text, hint = "a value has no key", "write 'key: value'"
            if ("quoted scalar" in context or "flow" in context) and error.context_mark:
                line, column = error.context_mark.line + 1, error.context_mark.column + 1
            return _placed(line, column, text, hint, lines)
    return _placed(
        line, column, "this cannot be read as YAML", "check quotes, brackets and indentation around it", lines
    )


def _placed(line: int, column: int, text: str, hint: str, lines: list[str]) -> tuple[int, int, int, str, str]:
    """The place, moved back to the last line with text when the file ends too early."""
    line = min(line, len(lines))
    while line > 1 and not lines[line - 1].strip():
        line -= 1
        column = len(lines[line - 1].rstrip())
    return line, max(column, 1), 1, text, hint
