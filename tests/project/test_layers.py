"""The house keeps its shape: layers, top level, no private names of a workplace."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from auditkit.model import vocabulary
from auditkit.model.keys import keys

TOP = Path(__file__).parents[2]


def test_each_layer_knows_only_what_lies_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TOP)
    assert lint_imports(config_filename=str(TOP / "pyproject.toml"), no_cache=True) == 0


def test_importing_the_package_imports_none_of_its_parts() -> None:
    import subprocess
    import sys

    code = "import sys, auditkit; print([m for m in sys.modules if m.startswith('auditkit.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_public_name_is_there() -> None:
    import auditkit

    assert all(getattr(auditkit, name) is not None for name in auditkit.__all__)


def test_choices_keep_the_order_in_which_the_vocabulary_writes_them() -> None:
    written = list(_literals(Path(vocabulary.__file__)))
    read = [key.choices for kind in vocabulary.KINDS for key in keys(kind).values() if key.choices]
    orders = {frozenset(choices): set() for choices in written}
    for choices in written:
        orders[frozenset(choices)].add(choices)
    assert all(choices in orders[frozenset(choices)] for choices in read)
    twice = [c for c, found in orders.items() if len(found) > 1]
    for choices in twice:
        assert {c for c in read if frozenset(c) == choices} == orders[choices], "typing merged two orders of the same words"


def _literals(path: Path) -> list[tuple[str, ...]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal":
            items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            found.append(tuple(i.value for i in items if isinstance(i, ast.Constant) and isinstance(i.value, str)))
    return found



def test_the_top_level_holds_what_the_readme_promises_and_nothing_else() -> None:
    wanted = {"pyproject.toml", "README.md", "auditkit", "templates", "checklists", "sample_stacks", "tests", "docs", "benchmarks",
              "Makefile", "CHANGELOG.md", "LICENSE", "CONTRIBUTING.md"}
    made = {"voice_agent-audit.pdf", "dist", "build"}
    assert {p.name for p in TOP.iterdir() if not p.name.startswith(".")} - made == wanted
