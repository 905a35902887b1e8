"""From the text of a file to a `Module`: plain source, notebooks, and files that do not parse."""

from __future__ import annotations

import ast
import json
import re
import warnings
from typing import Any

from auditkit.syntax.python.module import Module
from auditkit.syntax.python.program import name_of

MOST_LINE = 20_000
"""A longer line is data or minified; the file is not read."""
_MAGIC = re.compile(r"^\s*(?:[%!]|\?|.*\?\s*$)")
_CELL_MAGIC = re.compile(r"^\s*%%(\w+)")
_PYTHON_CELLS = frozenset(("time", "timeit", "capture", "prun"))


class Unreadable(Exception):
    """A file that holds no Python that could be read; `line` is where it stops, `reason` why."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"{line}: {reason}")


def read_module(path: str, text: str) -> Module:
    """The module of a file. Statements that do not parse are left out and named in `lost`. Raises Unreadable."""
    lines = None
    if path.endswith(".ipynb"):
        text, lines = _notebook(text)
    if "\0" in text:
        raise Unreadable(1, "holds NUL bytes; it is no source file")
    if max(map(len, text.splitlines()), default=0) > MOST_LINE:
        raise Unreadable(1, f"has a line of more than {MOST_LINE:,} characters; it is data or minified")
    lost: list[tuple[int, str]] = []
    try:
        tree = _parsed(text)
    except SyntaxError as error:
        tree, lost = _saved(text, error)
    except (RecursionError, MemoryError):
        raise Unreadable(1, "is nested too deeply to be read") from None
    except ValueError as error:
        raise Unreadable(1, str(error)) from None
    name, package = name_of(path)
    try:
        module = Module(path, name, tree, text.count("\n") + 1, package, lines)
    except RecursionError:
        raise Unreadable(1, "is nested too deeply to be read") from None
    module.lost = [(module.line(line), reason) for line, reason in lost]
    return module


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")       # invalid escapes in audited code are not our news
        return ast.parse(text)


def _saved(text: str, error: SyntaxError) -> tuple[ast.Module, list[tuple[int, str]]]:
    """What of a broken file still parses: the statements that hold an error are blanked out, nothing moves."""
    from auditkit.syntax.python.damaged import without_broken_statements  # tree-sitter, only for broken files

    mended, lost = without_broken_statements(text, (error.lineno or 1, str(error.msg or "does not parse")))
    for _ in range(20):
        try:
            return _parsed(mended), lost
        except SyntaxError as again:
            line = again.lineno or 1
            rows = mended.split("\n")
            if not 0 < line <= len(rows) or not rows[line - 1].strip():
                break
            indent = len(rows[line - 1]) - len(rows[line - 1].lstrip())
            rows[line - 1] = " " * indent + "pass"
            mended = "\n".join(rows)
            lost.append((line, str(again.msg)))
        except (RecursionError, MemoryError, ValueError):
            break
    raise Unreadable(error.lineno or 1, f"does not parse as Python 3 ({error.msg})")


def _notebook(text: str) -> tuple[str, list[int]]:
    """The code cells of a notebook below each other, magics as comments, and the file's line of each code line."""
    try:
        book = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(getattr(error, "lineno", 1), "is not valid JSON") from None
    cells = book.get("cells") if isinstance(book, dict) else None
    if cells is None and isinstance(book, dict) and isinstance(book.get("worksheets"), list) and book["worksheets"]:
        first = book["worksheets"][0]
        cells = first.get("cells") if isinstance(first, dict) else None
    if not isinstance(cells, list):
        raise Unreadable(1, "is a notebook without cells")
    rows = text.split("\n")
    code: list[str] = []
    lines: list[int] = []
    at = 0
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = _source(cell)
        magic = _CELL_MAGIC.match(source[0]) if source else None
        python = magic is None or magic[1] in _PYTHON_CELLS
        for line in source:
            at = _found(rows, line, at)
            code.append(f"# {line}" if not python or _MAGIC.match(line) else line)
            lines.append(at + 1)
        code.append("")
        lines.append(at + 1)
    return "\n".join(_whole_cells(code)), lines


def _source(cell: dict[str, Any]) -> list[str]:
    source = cell.get("source", cell.get("input", ""))
    text = "".join(s for s in source if isinstance(s, str)) if isinstance(source, list) else str(source)
    return text.split("\n")


def _found(rows: list[str], line: str, start: int) -> int:
    """The next row of the file that writes a line of code as a JSON text."""
    written = json.dumps(line, ensure_ascii=False)[1:-1]
    if not written.strip():
        return start
    for n in range(start, min(len(rows), start + 4000)):
        if written in rows[n] or json.dumps(line)[1:-1] in rows[n]:
            return n
    return start


def _whole_cells(code: list[str]) -> list[str]:
    """Top-level `await` and `return` are fine in a cell; they parse as they are, or are read as expressions."""
    return [re.sub(r"^(\s*)return\b", r"\1_ =", row) if row.startswith("return") else row for row in code]
