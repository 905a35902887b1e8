"""Versions: the nearest manifest or lock file speaks; what is no manifest, hostile or outside says nothing."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditkit.sources.inspection import manifests
from auditkit.sources.inspection.folder import walk
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.ranges import ANY, Range, both, conda, either, overlaps, pep440, poetry
from auditkit.sources.inspection.versions import Versions


def versions(root: Path, files: dict[str, str]) -> Versions:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return Versions(Project(walk(root)))


def of(root: Path, name: str, text: str, package: str = "langgraph") -> str | None:
    found = versions(root, {name: text}).of(package, "src/a.py")
    return f"{found} @{found.place.line}" if found else None


# What must not match.

@pytest.mark.parametrize(("name", "text"), [
    ("requirements.txt", "langgraph-checkpoint==2.0\nlanggraphx==1\nmy-langgraph==1\n"),
    ("requirements.txt", "# langgraph==0.2\n--index-url https://x/langgraph==1\n-e .\n"),
    ("requirements.txt", "we use langgraph here\nlanggraph is nice\n"),
    ("requirements.txt", "-r /etc/requirements.txt\n-r ../up.txt\n-r https://x/y.txt\n-c C:\\x.txt\n-r ~/x.txt\n"),
    ("notes.txt", "langgraph==0.2\n"),
    ("README.md", "pip install langgraph==0.2\n"),
    ("pyproject.toml", "[project]\ndescription = 'langgraph==0.2'\n[tool.ruff]\ndependencies = ['langgraph==0.2']\n"),
    ("pyproject.toml", "[project\nlanggraph"),
    ("pyproject.toml", "[project]\ndependencies = {langgraph = '1'}\n[tool.poetry]\ndependencies = 3\ngroup = [1]\n"),
    ("setup.cfg", "[metadata]\ninstall_requires =\n  langgraph==0.2\n"),
    ("setup.py", "import x\nx.set(install_requires=['langgraph==0.2'])\nsetup(install_requires=read('langgraph'))\n"),
    ("setup.py", "setup(install_requires=['langgraph' + '==0.2'])\nsetup(\n"),
    ("Pipfile.lock", '{"_meta": {"langgraph": {"version": "==1.0"}}, "default": [], "develop": 3}'),
    ("uv.lock", '[[package]]\nname = "other"\nversion = "1"\ndependencies = [\n    { name = "langgraph" },\n]\n'),
    ("environment.yml", "name: langgraph\nchannels:\n  - langgraph=1\n"),
])
def test_says_nothing(tmp_path: Path, name: str, text: str) -> None:
    assert of(tmp_path, name, text) is None


def test_no_manifest_and_no_folder(tmp_path: Path) -> None:
    found = versions(tmp_path, {"a.py": "import langgraph"})
    assert found.of("langgraph", "a.py") is None
    assert found.of("langgraph", "../../etc/passwd") is None
    assert found.of("langgraph", "/etc") is None
    assert found.of("", "") is None
    assert found.packages("a.py") == frozenset()


def test_a_sibling_folder_does_not_govern(tmp_path: Path) -> None:
    found = versions(tmp_path, {"one/requirements.txt": "langgraph==0.2.1", "two/a.py": ""})
    assert found.of("langgraph", "two/a.py") is None
    assert found.of("langgraph", "one/deep/er/a.py") is not None


def test_links_out_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "requirements.txt").write_text("langgraph==0.2")
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "requirements.txt").symlink_to(tmp_path / "out" / "requirements.txt")
    assert Versions(Project(walk(inside))).of("langgraph") is None


@pytest.mark.parametrize(("name", "text"), [
    ("requirements.txt", "-r requirements.txt\n" * 3000),
    ("requirements.txt", "langgraph==" + "9" * 100_000),
    ("requirements.txt", "langgraph" + "[" * 50_000),
    ("requirements.txt", "x; " + "(" * 900 + "\n" + "\\\n" * 10_000),
    ("pyproject.toml", "[project]\ndependencies = " + "[" * 100_000),
    ("pyproject.toml", ".".join("a" * 100_000) + " = 1"),
    ("pyproject.toml", "[project]\ndependencies = ['" + "x" * 4_000 + "', 'langgraph>=" + "1." * 900 + "']"),
    ("Pipfile.lock", "[" * 100_000),
    ("Pipfile.lock", '{"default": {"langgraph": {"version": "==' + "1" * 9_000 + '"}}}'),
    ("uv.lock", '[[package]]\nname = "langgraph"\nversion = "not a version"\n' * 9_000),
    ("setup.py", "x = " + "(" * 5_000), ("setup.py", "x = " + "-" * 50_000 + "1"), ("setup.py", "\0"),
    ("setup.cfg", "[options]\ninstall_requires\n" + "=" * 100_000),
    ("environment.yml", "dependencies:\n" + "- " * 50_000),
    ("environment.yml", "dependencies:\n  - pip:\n    - -r environment.yml\n  - langgraph=" + "=" * 900),
])
def test_hostile_manifests_neither_raise_nor_hang(tmp_path: Path, name: str, text: str) -> None:
    start = time.process_time()
    versions(tmp_path, {name: text}).of("langgraph")
    assert time.process_time() - start < 2


@given(st.sampled_from([*manifests.READERS, "requirements.txt", "a.ipynb", "a.py", "pylock.dev.toml"]), st.text(max_size=300))
def test_no_text_raises(name: str, text: str) -> None:
    manifests.read(name, text)
    manifests.read(name, f"[options]\ninstall_requires =\n {text}\n[project]\ndependencies = ['''{text}''']\ndependencies:\n- {text}\n")


@given(st.text(alphabet="0123456789.<>=!~^*|, abx-+", max_size=40))
def test_no_specifier_raises(text: str) -> None:
    for made in (pep440(text), poetry(text), conda(text)):
        assert both(made, ANY) == made
        assert either(made, made) == made


# What is read.

@pytest.mark.parametrize(("text", "said"), [
    ("langgraph==0.5.4", "langgraph 0.5.4 @1"),
    ("\n# x\nLangGraph[all] >= 0.2, <0.4 ; python_version > '3' # why", "langgraph >=0.2,<0.4 @3"),
    ("langgraph", "langgraph (any version) @1"),
    ("langgraph==0.5.4 \\\n    --hash=sha256:abc \\\n    --hash=sha256:def\nx==1", "langgraph 0.5.4 @1"),
    ("langgraph @ git+https://x/y@v1", "langgraph (any version) @1"),
    ("git+https://x/y.git@v1#egg=langgraph", "langgraph (any version) @1"),
    ("langgraph~=0.2.3", "langgraph >=0.2.3,<0.3 @1"),
    ("langgraph<=0.3", "langgraph <0.3.1 @1"),
    ("langgraph>1", "langgraph >=1.0.1 @1"),
    ("langgraph==0.3.*", "langgraph >=0.3,<0.4 @1"),
    ("langgraph!=0.3", "langgraph (any version) @1"),
    ("langgraph>=2,<1", "langgraph (any version) @1"),
    ("langgraph==0.3,>1", "langgraph (any version) @1"),
    ("langgraph==0.2.1; python_version<'3.9'\nlanggraph==0.3.1; python_version>='3.9'", "langgraph >=0.2.1,<0.3.2 @1"),
])
def test_requirements(tmp_path: Path, text: str, said: str) -> None:
    assert of(tmp_path, "requirements.txt", text) == said


@pytest.mark.parametrize(("written", "admitted"), [
    ("^1.2.3", Range(None, "1.2.3", "2")), ("^0.2.3", Range(None, "0.2.3", "0.3")), ("^0.0.3", Range(None, "0.0.3", "0.0.4")),
    ("^0", Range(None, "0", "1")), ("~1.2.3", Range(None, "1.2.3", "1.3")), ("~1", Range(None, "1", "2")),
    ("~=1.2", Range(None, "1.2", "2")), ("*", ANY), ("1.2.*", Range(None, "1.2", "1.3")), ("1.2.3", Range("1.2.3", "1.2.3", "1.2.4")),
    (">= 1.2, < 2.0", Range(None, "1.2", "2.0")), ("^1.2 || ^2.0", Range(None, "1.2", "3")), ("latest", ANY),
])
def test_poetry_constraints(written: str, admitted: Range) -> None:
    assert poetry(written) == admitted


PYPROJECT = """\
[project]
dependencies = [
  "langgraph>=0.2,<0.4",
]
[project.optional-dependencies]
eval = ["deepeval==1.0"]
[dependency-groups]
dev = ["pytest>=8", {include-group = "x"}]
[tool.uv]
constraint-dependencies = ["openai<1.50"]
[tool.uv.sources]
langgraph = {git = "https://x"}
"""
POETRY = """\
[tool.poetry.dependencies]
python = "^3.11"
langgraph = {version = "^0.2.1", extras = ["x"]}
openai = [{version = "1.1", python = "<3.9"}, {version = "1.2", python = ">=3.9"}]
own = {path = "../own"}
[tool.poetry.group.dev.dependencies]
crewai = "~0.80"
"""
UV = 'version = 1\n\n[[package]]\nname = "langgraph"\nversion = "0.3.5"\nsource = { registry = "x" }\n'


def test_pyproject(tmp_path: Path) -> None:
    found = versions(tmp_path, {"pyproject.toml": PYPROJECT})
    assert str(found.of("LangGraph")) == "langgraph >=0.2,<0.4"
    assert [str(found.of(p).place) for p in ("langgraph", "deepeval", "pytest", "openai")] == [  # type: ignore[union-attr]
        f"pyproject.toml:{n}" for n in (3, 6, 8, 10)]
    assert found.packages() == {"langgraph", "deepeval", "pytest"}


def test_poetry(tmp_path: Path) -> None:
    found = versions(tmp_path, {"pyproject.toml": POETRY})
    assert {p: str(found.of(p)) for p in sorted(found.packages())} == {
        "crewai": "crewai >=0.80,<0.81", "langgraph": "langgraph >=0.2.1,<0.3", "openai": "openai >=1.1,<1.2.1",
        "own": "own (any version)"}
    assert found.of("langgraph").place.line == 3  # type: ignore[union-attr]


@pytest.mark.parametrize(("name", "text", "said"), [
    ("uv.lock", UV, "langgraph 0.3.5 @5"),
    ("poetry.lock", '[[package]]\nname = "langgraph"\nversion = "0.3.5"\n', "langgraph 0.3.5 @3"),
    ("pdm.lock", '[[package]]\r\nname = "langgraph"\r\nversion = "0.3.5"\r\n', "langgraph 0.3.5 @3"),
    ("pylock.toml", '[[packages]]\nname = "langgraph"\nversion = "0.3.5"\n', "langgraph 0.3.5 @3"),
    ("Pipfile.lock", json.dumps({"default": {"langgraph": {"version": "==0.3.5"}}}, indent=1), "langgraph 0.3.5 @3"),
    ("Pipfile", '[packages]\nlanggraph = "==0.3.5"\n', "langgraph 0.3.5 @2"),
    ("Pipfile", '[packages]\nlanggraph = {version = ">=0.3", extras = []}\n', "langgraph >=0.3 @2"),
    ("setup.cfg", "[options]\ninstall_requires =\n    openai\n    langgraph>=0.3\n", "langgraph >=0.3 @4"),
    ("setup.cfg", "[options.extras_require]\nall = langgraph>=0.3\n", "langgraph >=0.3 @2"),
    ("setup.py", "import setuptools\nDEPS = ['langgraph>=0.3']\nsetuptools.setup(install_requires=DEPS)", "langgraph >=0.3 @2"),
    ("setup.py", "from setuptools import setup\nsetup(extras_require={'a': ['langgraph>=0.3']})", "langgraph >=0.3 @2"),
    ("environment.yml", "dependencies:\n  - python=3.11\n  - conda-forge::langgraph=0.3\n", "langgraph >=0.3,<0.4 @3"),
    ("environment.yml", "dependencies:\n  - langgraph=0.3.5=py311_0\n", "langgraph 0.3.5 @2"),
    ("environment.yml", "dependencies:\n- pip\n- pip:\n  - langgraph==0.3.5 # x\n- zlib\n", "langgraph 0.3.5 @4"),
    ("requirements-dev.txt", "langgraph==0.3.5", "langgraph 0.3.5 @1"),
    ("requirements/prod.txt", "langgraph==0.3.5", "langgraph 0.3.5 @1"),
])
def test_other_files(tmp_path: Path, name: str, text: str, said: str) -> None:
    assert of(tmp_path, name, text) == said


def test_a_lock_beats_a_manifest_even_from_above(tmp_path: Path) -> None:
    found = versions(tmp_path, {
        "uv.lock": UV, "apps/a/pyproject.toml": '[project]\ndependencies = ["langgraph>=0.2"]',
        "apps/b/pyproject.toml": '[project]\ndependencies = ["langgraph>=1"]', "apps/c/requirements.txt": "langgraph==0.4"})
    assert str(found.of("langgraph", "apps/a/src/x.py")) == "langgraph 0.3.5"
    assert str(found.of("langgraph", "apps/b/src/x.py")) == "langgraph >=1", "the lock is of another project"
    assert str(found.of("langgraph", "apps/c/x.py")) == "langgraph 0.4"
    assert str(found.of("langgraph", "apps/x.py")) == "langgraph 0.3.5"
    assert found.packages("apps/a") == {"langgraph"}


def test_a_pin_beats_a_range_of_the_same_folder(tmp_path: Path) -> None:
    found = versions(tmp_path, {"pyproject.toml": '[project]\ndependencies = ["langgraph>=0.2"]',
                                "requirements.txt": "langgraph==0.3.1", "requirements-old.txt": "langgraph==0.1"})
    assert str(found.of("langgraph")) == "langgraph 0.3.1"
    assert str(found.of("langgraph").place) == "requirements.txt:1"  # type: ignore[union-attr]


def test_what_requirements_point_to(tmp_path: Path) -> None:
    found = versions(tmp_path, {"requirements.txt": "-r deps/base.in.txt\n-c deps/held.txt\n--requirement=requirements.txt\nopenai",
                                "deps/base.in.txt": "langgraph>=0.2\n-r ../requirements.txt", "deps/held.txt": "langgraph<0.4\nopenai==1.2\nhttpx==0.1"})
    assert str(found.of("langgraph")) == "langgraph >=0.2,<0.4"
    assert str(found.of("openai")) == "openai 1.2"
    assert str(found.of("httpx")) == "httpx 0.1"
    assert found.packages() == {"langgraph", "openai"}


def test_notebooks_and_scripts_speak_for_themselves(tmp_path: Path) -> None:
    cell = json.dumps({"cells": [{"cell_type": "code", "source": ["%pip install -U \"langgraph>=0.2\" openai==1.1\n", "x"]}]}, indent=1)
    found = versions(tmp_path, {"n.ipynb": cell, "requirements.txt": "langgraph==1.0",
                                "s.py": "# /// script\n# dependencies = [\n#   'langgraph==0.6.1',\n# ]\n# ///\n", "t.py": ""})
    assert str(found.of("langgraph", "n.ipynb")) == "langgraph >=0.2"
    assert str(found.of("openai", "n.ipynb")) == "openai 1.1"
    assert str(found.of("langgraph", "s.py")) == "langgraph 0.6.1"
    assert str(found.of("langgraph", "s.py").place) == "s.py:3"  # type: ignore[union-attr]
    assert str(found.of("langgraph", "t.py")) == "langgraph 1.0"


def test_ranges() -> None:
    assert overlaps(pep440(">=0.2,<0.4"), None, "0.3")
    assert not overlaps(pep440(">=0.3"), None, "0.3")
    assert not overlaps(pep440("<0.3"), "0.3", None)
    assert overlaps(pep440("==0.3.5"), "0.3", "0.4")
    assert not overlaps(pep440("==1.0.6rc1"), "1.0.6", None)
    assert both(pep440(">=0.2"), pep440("==0.3")) == pep440("==0.3")
    assert both(pep440("<0.2"), pep440("==0.3")) == pep440("<0.2")


def test_only_what_is_asked_for_is_read_and_only_once(tmp_path: Path) -> None:
    files = {f"p{n}/requirements.txt": "langgraph==0.2.1\n" for n in range(300)}
    found = versions(tmp_path, files)
    read: list[str] = []
    text = found.project.text
    found.project.text = lambda file: (read.append(file.path), text(file))[1]  # type: ignore[method-assign]
    for _ in range(1000):
        assert found.of("langgraph", "p7/a/b/c.py") is not None
    assert read == ["p7/requirements.txt"]
