"""From the text of a file to a `Module`: plain source, notebooks, and files that do not parse."""

from __future__ import annotations

import ast
import json
import textwrap
import warnings
from typing import Any

from auditkit.syntax import json_places
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Module
from auditkit.syntax.python.program import name_of

MOST_LINE = 20_000
"""A longer line is data or minified; the file is not read."""
_MAGIC = later(r"^\s*(?:[%!?]|[\w.*]+\?\??\s*$)")
_TIMED = later(r"^\s*%(?:time|timeit|prun|memit)[ \t]+(?!-)(.+)")
_ASSIGNED = later(r"^\s*([\w.]+(?:[ \t]*,[ \t]*\w+)*)[ \t]*=[ \t]*(?:!|%(?:time[ \t]+(.+))?)")
_OLD_EXCEPT = later(r"(?m)^([ \t]*except[ \t]+(?:[\w.]+|\([\w., \t]*\)))[ \t]*,[ \t]*(\w+)[ \t]*:")
"""Python 2's `except Error, name:`, which Python 3 writes with `as`."""
_CELL_MAGIC = later(r"^\s*%%(\w+)")
_PYTHON_CELLS = frozenset(("time", "timeit", "capture", "prun", "memit"))


class Unreadable(Exception):
    """A file that holds no Python that could be read; `line` is where it stops, `reason` why."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"{line}: {reason}")


def read_module(path: str, text: str) -> Module:
    """The module of a file. Statements that do not parse are left out and named in `lost`. Raises Unreadable."""
    lines = None
    lost: list[tuple[int, str]] = []
    text = _plain(text)
    if path.endswith(".ipynb"):
        text, lines, lost = _notebook(text)
    if "\0" in text:
        raise Unreadable(1, "holds NUL bytes; it is no source file")
    if max(map(len, text.splitlines()), default=0) > MOST_LINE:
        raise Unreadable(1, f"has a line of more than {MOST_LINE:,} characters; it is data or minified")
    try:
        tree = _parsed(text)
    except SyntaxError as error:
        tree, more = _saved(text, error)
        lost += more
    except (RecursionError, MemoryError):
        raise Unreadable(1, "is nested too deeply to be read") from None
    except ValueError as error:
        raise Unreadable(1, str(error)) from None
    name, package = name_of(path)
    try:
        module = Module(path, name, tree, text.count("\n") + 1, package, lines)
    except RecursionError:
        raise Unreadable(1, "is nested too deeply to be read") from None
    module.lost = sorted({(module.line(line), reason) for line, reason in lost})
    return module


def _plain(text: str) -> str:
    """Line breaks as Python counts them, no byte order mark, nothing that is no character."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")       # invalid escapes in audited code are not our news
        return ast.parse(text)


def _saved(text: str, error: SyntaxError) -> tuple[ast.Module, list[tuple[int, str]]]:
    """What of a broken file still parses, with the lines that were lost."""
    rows, lost = _saved_text(text, error)
    return _parsed("\n".join(rows)), lost


def _saved_text(text: str, error: SyntaxError) -> tuple[list[str], list[tuple[int, str]]]:
    """A broken text with the statements that hold an error blanked out; nothing moves. Raises Unreadable."""
    from auditkit.syntax.python.damaged import without_broken_statements  # tree-sitter, only for broken files

    if isinstance(error, TabError):         # Python 2 took a tab for eight blanks
        text = text.expandtabs(8)
        try:
            _parsed(text)
            return text.split("\n"), []
        except SyntaxError as again:
            error = again
    old = _OLD_EXCEPT.sub(r"\1 as \2:", text)
    if old != text:
        text = old
        try:
            _parsed(text)
            return text.split("\n"), []
        except SyntaxError as again:
            error = again
    mended, lost = without_broken_statements(text, (error.lineno or 1, str(error.msg or "does not parse")))
    for _ in range(20):
        try:
            _parsed(mended)
            return mended.split("\n"), lost
        except SyntaxError as again:
            line = again.lineno or 1
            rows = mended.split("\n")
            if not 0 < line <= len(rows) or not rows[line - 1].strip():
                break
            indent = len(rows[line - 1]) - len(rows[line - 1].lstrip())
            nothing = " " * indent + "pass"
            rows[line - 1] = "" if rows[line - 1] == nothing else nothing
            mended = "\n".join(rows)
            lost.append((line, str(again.msg)))
        except (RecursionError, MemoryError, ValueError):
            break
    raise Unreadable(error.lineno or 1, f"does not parse as Python 3 ({error.msg})")


def _notebook(text: str) -> tuple[str, list[int], list[tuple[int, str]]]:
    """The code cells of a notebook below each other, the file's line of each code line, and what was lost.

    Each cell is read on its own, so that one that does not parse costs the others nothing.
    """
    found = json_places.parse(text)
    if isinstance(found, json_places.Broken):
        raise Unreadable(found.line, f"is not valid JSON ({found.reason})")
    book = found.value
    cells = book.get("cells") if isinstance(book, dict) else None
    if cells is None and isinstance(book, dict) and isinstance(book.get("worksheets"), list) and book["worksheets"]:
        first = book["worksheets"][0]
        cells = first.get("cells") if isinstance(first, dict) else None
    if not isinstance(cells, list):
        raise Unreadable(1, "is a notebook without cells")
    rows = text.split("\n")
    code: list[str] = []
    lines: list[int] = []
    lost: list[tuple[int, str]] = []
    for cell in cells:
        if not isinstance(cell, json_places.Object) or cell.get("cell_type") != "code":
            continue
        key = "source" if "source" in cell else "input"
        at = found.line(cell, key)
        source = _source(cell.get(key))
        read, gone = _cell(source)
        lost += [(len(code) + line, reason) for line, reason in gone]
        code += [*read, ""]
        lines += _places(rows, source, at)
        lines.append(lines[-1] if lines else at)
    return "\n".join(code), lines, lost


def _source(source: Any) -> list[str]:
    text = "".join(s for s in source if isinstance(s, str)) if isinstance(source, list) else source
    return _plain(text).split("\n") if isinstance(text, str) else [""]


def _places(rows: list[str], source: list[str], at: int) -> list[int]:
    """The line of the file for each line of a cell whose `source` starts on a line: the next that writes it, else the last."""
    found: list[int] = []
    here = at - 1
    for n, line in enumerate(source):
        written = (json.dumps(line, ensure_ascii=False)[1:-1], json.dumps(line)[1:-1])
        start = here if n == 0 else here + 1
        for row in range(start, min(len(rows), start + 3)):
            if any(f'"{w}' in rows[row] for w in written):
                here = row
                break
        found.append(here + 1)
    return found


def _cell(source: list[str]) -> tuple[list[str], list[tuple[int, str]]]:
    """The lines of a cell as Python, each where it was, and the lines that were lost."""
    magic = _CELL_MAGIC.match(next((line for line in source if line.strip()), ""))
    if magic is not None and magic[1] not in _PYTHON_CELLS:
        return ["#" for _ in source], []
    text = _top_level("\n".join(source))
    try:
        _parsed(text)
        return text.split("\n"), []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    text = _top_level("\n".join(_without_magic(line) for line in source))
    try:
        _parsed(text)
        return text.split("\n"), []
    except SyntaxError as error:
        try:
            return _saved_text(text, error)
        except Unreadable as gone:
            return ["" for _ in source], [(gone.line, gone.reason)]
    except (ValueError, RecursionError, MemoryError):
        return ["" for _ in source], [(1, "a cell that cannot be read")]


def _without_magic(line: str) -> str:
    """A line of IPython as one of Python: `%time f()` runs f, `x = !ls` gives x something, the rest does nothing here."""
    indent = line[: len(line) - len(line.lstrip())]
    if found := _TIMED.match(line):
        return indent + found[1]
    if found := _ASSIGNED.match(line):
        return f"{indent}{found[1]} = {found[2] or 'None'}"
    return f"{indent}pass" if _MAGIC.match(line) else line


def _top_level(text: str) -> str:
    """A cell's code without the indentation that all of it has."""
    return textwrap.dedent(text) if text[:1] in " \t" else text
