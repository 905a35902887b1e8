"""Which files belong together, by their imports alone."""

from __future__ import annotations

import json

import pytest

from auditkit.sources.inspection.clusters import clusters, imports_of
from auditkit.sources.inspection.folder import File


def groups(files: dict[str, str]) -> list[list[str]]:
    """The paths of each cluster."""
    rows = [(File(path, "Python", 1), imports_of(text, notebook=path.endswith(".ipynb")), 1) for path, text in files.items()]
    return [[f.path for f in c.files] for c in clusters(rows)]


@pytest.mark.parametrize("text", [
    "x = 'from lib import y'", "# import lib", "notimport lib", "fromlib import x", "importlib.import_module('lib')", "from import x", "import", "x.import lib",
])
def test_what_is_no_import_is_none(text: str) -> None:
    assert "lib" not in set(imports_of(text).packages)


@pytest.mark.parametrize("files", [
    {"a.py": "import lib", "b.py": "import lib"},
    {"one/a.py": "import util", "two/util.py": ""},
    {"a.py": "from . import missing", "b.py": ""},
    {"p/a.py": "from .b import x", "q/b.py": ""},
    {"p/q/a.py": "from ..... import b", "p/b.py": ""},
])
def test_files_that_do_not_import_each_other_stay_apart(files: dict[str, str]) -> None:
    assert groups(files) == sorted([path] for path in files)


@pytest.mark.parametrize("files", [
    {"a.py": "import b", "b.py": ""}, {"a.py": "import b as c, d", "b.py": ""}, {"a.py": "import x, b", "b.py": ""}, {"a.py": "from b import *", "b.py": ""},
    {"p/a.py": "from .b import x", "p/b.py": ""}, {"p/a.py": "from . import b", "p/b.py": ""}, {"p/q/a.py": "from ..b import x", "p/b.py": ""},
    {"a.py": "from p import b", "p/b.py": ""}, {"a.py": "import p.b", "p/b.py": ""}, {"a.py": "from p.b import x", "p/b.py": ""},
    {"a.py": "from p import (\n    x,\n    b,  # c\n)", "p/b.py": ""}, {"a.py": "from p import x", "p/__init__.py": ""},
    {"src/p/a.py": "from p.b import x", "src/p/b.py": ""}, {"src/app/a.py": "from app.b import x", "src/app/b.py": ""},
    {"a.py": "def f():\n    from b import x", "b.py": ""}, {"a.py": "import b", "b.py": "import a"}, {"a.py": "this is ( broken\nimport b", "b.py": ""},
    {"a.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": ["x=1\n", "from b import y\n"]}]}, indent=1), "b.py": ""},
    {"a.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": "x=1\nfrom b import y"}]}), "b.py": ""},
])
def test_files_that_import_each_other_belong_together(files: dict[str, str]) -> None:
    assert groups(files) == [sorted(files)] or groups(files) == [list(files)]


def test_a_chain_of_imports_is_one_cluster() -> None:
    files = {f"m{n}.py": f"import m{n + 1}" for n in range(50)}
    assert len(groups(files)) == 1


def test_packages_are_the_first_names_of_absolute_imports() -> None:
    rows = [(File("a.py", "Python", 1), imports_of("import os.path as p, lib.x\nfrom other.y import z\nfrom .near import q\nfrom . import r"), 7)]
    (one,) = clusters(rows)
    assert one.packages == {"os", "lib", "other"}
    assert one.lines == 7


@pytest.mark.parametrize("text", ["from a import (\n" * 30_000, "from a import (" + "b,\n" * 200_000, " " * 500_000 + "import", "import a," * 60_000, "from " * 100_000,
                                  "from " + "." * 500_000, "\"" * 500_000])
def test_a_hostile_text_ends(text: str) -> None:
    imports_of(text)
    imports_of(text, notebook=True)


def test_many_files_of_one_name_do_not_square() -> None:
    files = {f"d{n}/utils.py": "import utils\nfrom utils import x" for n in range(1500)}
    assert len(groups(files)) == 1500
