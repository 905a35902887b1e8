"""What is read of a file that is no plain Python 3 source, on which lines, and what is left out with a reason."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditkit.syntax.python.module import Module
from auditkit.syntax.python.program import Program
from auditkit.syntax.python.reading import MOST_LINE, Unreadable, read_module

L = "from lib import A\n"


def calls(module: Module) -> list[int]:
    """The lines on which the library is called."""
    return [site.line for site in Program([module]).sites("lib.**.*")]


def read(text: str, path: str = "app.py") -> tuple[list[int], list[int]]:
    """The lines on which the library is called, and the lines that were lost."""
    module = read_module(path, text)
    return calls(module), [line for line, _ in module.lost]


def notebook(*cells: str | list[str], indent: int | None = 1, **more: Any) -> str:
    """A notebook of code cells, as Jupyter writes it; a text is split into lines, a list taken as it is."""
    made = [{"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [],
             "source": cell.splitlines(keepends=True) if isinstance(cell, str) else cell} for cell in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=indent, **more)


def rows_with(text: str, part: str) -> list[int]:
    """The lines of a text that hold a part."""
    return [n for n, row in enumerate(text.split("\n"), 1) if part in row]


# What is not read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "reason"), [
    ("x = 1\0", "NUL"),
    (f"x = '{'a' * MOST_LINE}'", "line of more than"),
    ("x = (A" + "()\n" * 5000 + ")", "nested too deeply"),
    ("if x: pass\n" + "elif y: pass\n" * 5000, "nested too deeply"),
    ("".join(" " * n + "if x:\n" for n in range(120)) + " " * 120 + "pass\n", "too many levels of indentation"),
])
def test_what_cannot_be_read_has_a_reason(text: str, reason: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read_module("app.py", text)
    assert reason in raised.value.reason


@pytest.mark.parametrize(("text", "reason"), [
    ("", "JSON"), ("{", "JSON"), ("[" * 100_000, "nested"), ("[]", "without cells"), ("null", "without cells"), ('{"cells": 3}', "without cells"),
    ('{"cells": {}}', "without cells"), ("<html>", "JSON"), ("%PDF-1.4", "JSON"),
])
def test_what_is_no_notebook_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read_module("a.ipynb", text)
    assert reason in raised.value.reason


@pytest.mark.parametrize("cell", [
    "%%bash\nA(1)", "%%javascript\nA(1)", "%%writefile x.py\nfrom lib import A\nA(1)", "\n%%sql\nA(1)", "# A(1)", "'''\nA(1)\n'''", "!A(1)",
    "%run A(1)", "?A", "A?", "A.b??", "x = !A(1)",
])
def test_what_is_no_python_in_a_cell_is_not_read_as_python(cell: str) -> None:
    assert read(notebook(L, cell), "a.ipynb") == ([], [])


@pytest.mark.parametrize("cell", [
    {"cell_type": "markdown", "source": ["A(1)"]}, {"cell_type": "raw", "source": ["A(1)"]}, {"cell_type": "code"},
    {"cell_type": "code", "source": None}, {"cell_type": "code", "source": 5}, {"cell_type": "code", "source": [1, None]}, None, 3, [],
    {"cell_type": "code", "source": [], "outputs": [{"text": ["A(1)\n"]}]},
])
def test_only_code_cells_are_read(cell: Any) -> None:
    text = json.dumps({"cells": [cell, {"cell_type": "code", "source": [L, "A(2)"]}]}, indent=1)
    assert read(text, "a.ipynb") == (rows_with(text, '"A(2)'), [])


# Notebooks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cells", [
    [L + "A(1)\nA(2)"], [L, "A(1)\n", "A(1)\n", "A(1)\n"], [L, "x = 1\nA(1)\n\n\nA(1)"], ["", L, "", "\n\nA(1)"],
    [L, "A('é')\nA(\"q\\n\")\nA('\\\\')"], [L, "x = '''\nA(0)\n'''\n"], ["%pip install x\n!ls\n" + L + "A(1)"],
    [L, "if x:\n    !ls\nA(1)"], [L, "if x:\n    %time A(1)\nA(2)"], [L, "%%time\nA(1)"], [L, "y = %time A(1)"], [L, "a = await A(1)\n", "return A(2)"],
    [L, "async with A(1) as a: pass\nawait a.run(A(2))"], [L, "    A(1)\n    A(2)"], [L, "A(1);"], [L, "A(1)\n?A\nA?\nA(2)"],
])
def test_a_line_of_a_cell_is_the_line_of_the_file(cells: list[str]) -> None:
    text = notebook(*cells)
    wanted = [n for n in rows_with(text, "A(") if "A(0)" not in text.split("\n")[n - 1]]
    found, lost = read(text, "a.ipynb")
    assert sorted(set(found)) == wanted
    assert lost == []


def test_the_same_line_in_other_cells_and_outputs_is_not_taken_for_it() -> None:
    text = json.dumps({"cells": [
        {"cell_type": "markdown", "source": [L, "A(1)"]}, {"cell_type": "code", "source": [L, "x = 1"], "outputs": [{"text": ["A(1)\n", "A(1)"]}]},
        {"attachments": {"A(1)": "A(1)"}, "cell_type": "code", "source": ["A(1)"]}]}, indent=1)
    assert read(text, "a.ipynb") == ([rows_with(text, '"A(1)"')[-1]], [])


def test_a_cell_written_as_one_text_stands_on_its_line() -> None:
    text = json.dumps({"cells": [{"cell_type": "code", "source": L + "A(1)\nA(2)"}, {"cell_type": "code", "source": "A(3)"}]}, indent=1)
    rows = rows_with(text, "A(")
    assert read(text, "a.ipynb") == ([rows[0], rows[0], rows[1]], [])
    assert read(json.dumps(json.loads(text)), "a.ipynb") == ([1, 1, 1], [])


def test_a_broken_cell_costs_the_others_nothing() -> None:
    text = notebook(L + "A(1)", "A(2)\nthis is (\n", "    if x:\n  y\n", "A(3)", "x = '''", "A(4)")
    found, lost = read(text, "a.ipynb")
    assert {rows_with(text, f"A({n})")[0] for n in (1, 3, 4)} <= set(found)
    assert len(lost) >= 3
    assert all(text.split("\n")[line - 1].strip().startswith('"') for line in lost)


def test_texts_in_a_cell_are_not_changed() -> None:
    module = read_module("a.ipynb", notebook('x = """\n%what\nis it?\n! no\n"""'))
    assert module.tree.body[0].value.value == "\n%what\nis it?\n! no\n"      # type: ignore[attr-defined]


def test_an_old_notebook_with_worksheets_is_read() -> None:
    text = json.dumps({"worksheets": [{"cells": [{"cell_type": "code", "input": [L, "A(1)"]}]}]}, indent=1)
    assert read(text, "a.ipynb") == (rows_with(text, "A(1)"), [])


# Files that do not parse ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "found", "lost"), [
    (L + "A(1)\nprint 'x'\nA(2)\n", [2, 4], [3]),
    (L + "class K:\n    def f(self):\n        print 'y'\n        A(1)\nA(2)\n", [5, 6], [4]),
    (L + "try:\n    f()\nexcept X, e:\n    pass\nA(1)\n", [6], []),
    (L + "exec 'q'\nraise E, 'x'\nx = `1`\ny = 0777\nz = 10L\nA(1)\n", [7], [2, 3, 4, 5, 6]),
    (L + "if x:\n\tA(1)\n        A(2)\nA(3)\n", [3, 4, 5], []),
    (L + "A(1)\ndef f():\n    A(2)\n    A(3\n", [2, 4], [5]),
    (L + "A(1)\ndef f(a,\n", [2], [3]),
    (L + "A(1)\nx = '''abc\n", [2], [3]),
    (L + "A(1)\nx = 'abc\nA(2)\n", [2, 4], [3]),
    (L + "A(1)\ndef f(:\n    A(2)\ndef g():\n    A(3)\nA(4)\n", [2, 6, 7], [3]),
    (L + "<<<<<<< HEAD\nA(1)\n=======\nA(2)\n>>>>>>> x\nA(3)\n", [3, 5, 7], [2, 4, 6]),
    (L + "class K:\n    def f(self):\n        if x:\n            A(1)\n            y = = 2\n            A(2)\n        A(3)\nA(4)\n", [5, 7, 8, 9], [6]),
    (L + "x = " + "[" * 300 + "]" * 300 + "\nA(1)\n", [3], [2]),
])
def test_what_is_whole_in_a_broken_file_survives_on_its_line(text: str, found: list[int], lost: list[int]) -> None:
    assert read(text) == (found, lost)


@pytest.mark.parametrize(("text", "found"), [
    ("\ufeff" + L + "A(1)\n", [2]),
    (L + "\x0cA(1)\n\x0c\nA(2)\n", [2, 4]),
    ((L + "A(1)\n\nA(2)\n").replace("\n", "\r\n"), [2, 4]),
    ((L + "A(1)\nA(2)\n").replace("\n", "\r"), [2, 3]),
    (L + "x = 'a\u2028b\x85\x0b\x1c'\nA(1)\n", [3]),
    ("# -*- coding: latin-1 -*-\n" + L + "A('é')\n", [3]),
    ("# -*- coding: no-such -*-\n" + L + "A(1)\n", [3]),
    (L + "A('\udc80')\n", [2]),
    (L + "x = await A(1)\nreturn A(2)\nyield A(3)\n", [2, 3, 4]),
    (L + "A(1) if x else \\\n  A(2)\n", [2, 3]),
    (L + "x = 1 \\\n\nA(1)", [4]),
    ("", []), (" \n\t\n", []), ("#", []),
])
def test_lines_are_counted_as_an_editor_counts_them(text: str, found: list[int]) -> None:
    assert read(text) == (found, [])


_TEXTS = st.lists(st.sampled_from([*"abA(){}[]'\"\\:=,.# \n\t\r%!?@*0'", "def ", "class ", "if ", "A(1)\n", "\n    ", "print 'x'\n", "é", "\x0c"]),
                  max_size=60).map("".join)
_QUICK = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@_QUICK
@given(_TEXTS)
def test_no_text_raises_anything_but_unreadable(text: str) -> None:
    for path in ("app.py", "a.ipynb"):
        given_text = text if path == "app.py" else notebook(L, text, "A(1)")
        try:
            module = read_module(path, given_text)
        except Unreadable:
            assert path == "app.py"
            continue
        count = max(given_text.replace("\r", "\n").count("\n") + 1, 1)
        assert all(1 <= line <= count for line in (*calls(module), *(line for line, _ in module.lost)))


@_QUICK
@given(st.lists(st.sampled_from(["A(1)", "x = 1", "", "# A", "!ls", "%time A(2)", "def f():\n    return A(3)", "s = 'é\\n'"]), max_size=8), st.integers(0, 3))
def test_a_notebook_gives_the_lines_that_its_file_shows(cells: list[str], indent: int) -> None:
    text = notebook(L, *cells, indent=indent)
    assert read(text, "a.ipynb") == (rows_with(text, "A("), [])


def test_statements_in_a_function_of_a_broken_file_keep_their_function() -> None:
    text = textwrap.dedent("""\
        from lib import A
        def f():
            A(1)
            print 'x'
        def g():
            A(2)
        """)
    module = read_module("app.py", text)
    assert [(c.scope.name, c.line) for c in module.calls] == [("f", 3), ("g", 6)]
