"""One folder from its files to its stacks: what was looked at is said, whatever is wrong with a part costs only the part."""

from __future__ import annotations

import builtins
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from auditkit.sources.inspection import Inspection, inspect_code
from auditkit.sources.inspection import inspect as inspecting
from auditkit.sources.inspection.project import Project, decoded
from auditkit.sources.inspection.sketch import Place, Sketch

AGENT = "from agents import Agent\nmain = Agent(name='Main', instructions='x')\n"


def write(root: Path, **files: str | bytes) -> Path:
    """Writes files; `__` in a name is a folder, `_py` at its end is `.py`."""
    for name, data in files.items():
        path = root / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return root


def inspector(name: str, inspect: Any, packages: tuple[str, ...] = ("agents",), constructors: tuple[str, ...] = (), order: int = 50) -> ModuleType:
    """An inspector made for a test."""
    module = ModuleType(f"made.{name}")
    module.NAME, module.PACKAGES, module.CONSTRUCTORS, module.inspect, module.ORDER = name, packages, constructors, inspect, order      # type: ignore[attr-defined]
    return module


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Puts inspectors made for a test in the place of all others."""
    def put(*modules: ModuleType) -> None:
        monkeypatch.setattr(inspecting, "inspectors", lambda: modules)
        inspecting._packages.cache_clear() if hasattr(inspecting._packages, "cache_clear") else None
    yield put
    inspecting._packages.cache_clear() if hasattr(inspecting._packages, "cache_clear") else None


def draws(project: Project, sketch: Sketch) -> None:
    """One workflow for each file of the program."""
    for path in sorted(project.program.modules):
        sketch.flow(path, Place(path, 1), "made").add("step", "s", Place(path, 2), "made")


def breaks(_project: Project, _sketch: Sketch) -> None:
    """An inspector with a bug."""
    raise KeyError("a bug")


def drawn(found: Inspection) -> list[str]:
    """The names of the stacks."""
    return [s.name for s in found.stacks]


# What must not happen ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [KeyError("a bug"), RecursionError(), ZeroDivisionError(), AssertionError("x" * 5000), UnicodeEncodeError("utf-8", "\udc80", 0, 1, "x"),
                                   MemoryError()])
def test_an_inspector_that_raises_becomes_a_gap_and_costs_the_others_nothing(tmp_path: Path, only: Any, error: Exception) -> None:
    def fails(_project: Project, _sketch: Sketch) -> None:
        raise error

    only(inspector("bad", fails, order=1), inspector("good", draws), inspector("worse", breaks, order=99), inspector("wide", fails, ()))
    found = inspect_code(write(tmp_path, app_py=AGENT))
    assert drawn(found) == ["app_py"]
    said = [g.reason for g in found.gaps if "stopped" in g.reason]
    assert [r.split(" inspector")[0] for r in said] == ["the wide", "the bad", "the worse"]
    assert all(len(r) < 300 for r in said)
    assert found.coverage.libraries == ("good",)


def test_nothing_outside_the_folder_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, out__app_py=AGENT, inside__app_py="import sys; sys.path.insert(0, '..')\nfrom out.app import main\n" + AGENT, out__pyproject_toml="x")
    inspect_code(tmp_path / "inside")       # so that the inspectors' own data is loaded
    opened: list[str] = []
    real_open, real_os_open = builtins.open, os.open
    monkeypatch.setattr(builtins, "open", lambda file, *a, **k: (opened.append(str(file)), real_open(file, *a, **k))[1])
    monkeypatch.setattr(os, "open", lambda file, *a, **k: (opened.append(str(file)), real_os_open(file, *a, **k))[1])
    inspect_code(tmp_path / "inside")
    assert opened
    assert not [p for p in opened if p.startswith(str(tmp_path)) and not p.startswith(str(tmp_path / "inside"))]
    assert not [p for p in opened if p.endswith(".py") and not p.startswith(str(tmp_path / "inside"))]


def test_no_module_of_the_folder_and_no_audited_library_is_imported(tmp_path: Path) -> None:
    before = set(sys.modules)
    inspect_code(write(tmp_path, audited_thing_py=AGENT + "raise SystemExit\n", agents_py="raise SystemExit\n"))
    assert not {m.partition(".")[0] for m in set(sys.modules) - before} & {"audited_thing", "agents", "langgraph", "crewai", "openai"}


@pytest.mark.parametrize("path", ["tests/test_app.py", "test_app.py", "tests/conftest.py"])
def test_a_test_is_read_and_draws_nothing(tmp_path: Path, path: str) -> None:
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(AGENT)
    found = inspect_code(tmp_path)
    assert (found.stacks, found.coverage.read) == ((), (("Python", 1),))


@pytest.mark.parametrize("text", ["", "x = 1\n", "class Agent: pass\nAgent()\n", "# from agents import Agent\n", "'''\n" + AGENT + "'''\n"])
def test_code_without_a_known_library_draws_nothing(tmp_path: Path, text: str) -> None:
    assert inspect_code(write(tmp_path, app_py=text)).stacks == ()


def test_a_path_that_is_not_there_raises_or_is_named(tmp_path: Path) -> None:
    assert inspect_code(tmp_path / "none").coverage.failed


@pytest.mark.parametrize("head", ["ref: ../../secret", "ref: /etc/passwd", "x" * 500, "", "ref: ", "ref: refs/heads/none", "\0"])
def test_a_made_up_git_folder_gives_no_commit(tmp_path: Path, head: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text(head)
    (tmp_path / "secret").write_text("a" * 40)
    assert inspect_code(tmp_path).coverage.commit is None


def test_a_linked_git_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/HEAD").write_text("a" * 40)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/.git").symlink_to(tmp_path / "out")
    assert inspect_code(tmp_path / "in").coverage.commit is None


# The ledger ----------------------------------------------------------------------------------------------------


def test_every_file_is_read_skipped_of_another_kind_or_failed(tmp_path: Path) -> None:
    write(tmp_path, app_py=AGENT, b_py=b"import agents\0", c_py="from agents import Agent\nx = (\n", tests__t_py="x = 1\n", node_modules__x_py="x", d_json=b"{}")
    (tmp_path / "pic.png").write_bytes(b"x")
    (tmp_path / "ign.py").write_text(AGENT)
    (tmp_path / ".gitignore").write_text("ign.py\n")
    (tmp_path / "link.py").symlink_to(tmp_path / "app.py")
    (tmp_path / "d.json").write_text("{}")
    coverage = inspect_code(tmp_path).coverage
    assert dict(coverage.read) == {"Python": 3, "JSON": 1}
    assert dict(coverage.skipped) == {"ignored by .gitignore": 1, "link": 1, "vendored folder": 1}
    assert [(g.path, g.line) for g in coverage.failed] == [("b.py", None), ("c.py", 2)]
    others = sum(n for _, n in coverage.others)
    files_skipped = sum(n for what, n in coverage.skipped if "folder" not in what)
    assert coverage.seen == sum(n for _, n in coverage.read) + files_skipped + others + 1       # b.py was seen and is no text
    assert coverage.root == tmp_path.name


def test_constructors_are_counted_as_understood_or_named(tmp_path: Path, only: Any) -> None:
    only(inspector("one", draws, constructors=("agents.**.Agent", "agents.**.Runner.*")))
    text = "from agents import Agent, RealtimeAgent, Tool, helper\nAgent()\na = Agent()\nRealtimeAgent()\nTool()\nhelper()\na.run()\n"
    found = inspect_code(write(tmp_path, app_py=text))
    assert found.coverage.constructors == (("agents.Agent", 2, 2), ("agents.RealtimeAgent", 1, 0))
    assert [(g.path, g.line) for g in found.gaps] == [("app.py", 4)]


def test_inspectors_are_asked_once_for_each_group_that_imports_their_library(tmp_path: Path, only: Any) -> None:
    asked: list[tuple[str, list[str]]] = []

    def asks(name: str) -> Any:
        return lambda project, _sketch: asked.append((name, sorted(project.program.modules)))

    only(inspector("agents", asks("agents")), inspector("other", asks("other"), ("otherlib",)), inspector("wide", asks("wide"), ()))
    write(tmp_path, a__x_py="import agents\nfrom .y import z\n", a__y_py="z = 1\n", b__x_py="import agents\n", c__x_py="import otherlib\n", d__x_py="import json\n")
    inspect_code(tmp_path)
    assert asked == [("wide", []), ("agents", ["a/x.py", "a/y.py"]), ("agents", ["b/x.py"]), ("other", ["c/x.py"])]


def test_of_a_group_too_large_only_what_imports_a_known_library_is_held(tmp_path: Path, only: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspecting, "MOST_CLUSTER", 3)
    only(inspector("one", draws))
    found = inspect_code(write(tmp_path, a_py="import agents, b\n", b_py="x = 1\ny = 2\nz = 3\n"))
    assert drawn(found) == ["a_py"]


def test_progress_is_told_from_start_to_end(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    inspect_code(write(tmp_path, a_py=AGENT, b_py=AGENT), progress=lambda *row: told.append(row))
    assert told[0][1:] == (0, 6)
    assert told[-1][1:] == (6, 6)


def test_one_file_alone_is_inspected(tmp_path: Path) -> None:
    write(tmp_path, app_py=AGENT, other_py=AGENT)
    found = inspect_code(tmp_path / "app.py")
    assert {r.path for s in found.stacks for c in s.components for r in c.receipts} == {"app.py"}
    assert found.coverage.seen == 1


@pytest.mark.parametrize("packed", [False, True])
def test_the_commit_of_the_folder_is_read(tmp_path: Path, packed: bool) -> None:
    git = tmp_path / ".git"
    (git / "refs/heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "packed-refs" if packed else git / "refs/heads/main").write_text(("# pack\n" + "b" * 40 + " refs/heads/main\n") if packed else "b" * 40 + "\n")
    assert inspect_code(tmp_path).coverage.commit == "b" * 40


def test_every_receipt_points_to_a_line_that_is_there(tmp_path: Path) -> None:
    found = inspect_code(write(tmp_path, app_py="\n\n" + AGENT + "\n"))
    receipts = [r for s in found.stacks for c in s.components for r in c.receipts]
    assert receipts
    assert all((tmp_path / r.path).read_text().split("\n")[r.line - 1].strip() for r in receipts)


def test_the_same_folder_gives_the_same_stacks_whatever_the_seed_of_hashes(tmp_path: Path) -> None:
    rows = ["from langgraph.graph import StateGraph, END", "from langchain_openai import ChatOpenAI", "import requests, smtplib", "llm = ChatOpenAI(model='gpt-4o')"]
    for n in range(8):
        rows += [f"def n{n}(s):", f"    requests.post('https://x.example/{n}')", f"    smtplib.SMTP('h').sendmail('a', 'b', 'c'); return h{n}(s)", f"def h{n}(s): return llm.invoke(s)"]
    rows += ["g = StateGraph(dict)", *(f"g.add_node('n{n}', n{n})" for n in range(8)), *(f"g.add_edge('n{n}', 'n{n + 1}')" for n in range(7)),
             "g.set_entry_point('n0')", "g.add_edge('n7', END)", "app = g.compile()"]
    write(tmp_path, app_py="\n".join(rows))
    code = ("import sys; from pathlib import Path; from auditkit.sources.inspection import inspect_code; r = inspect_code(Path(sys.argv[1]))\n"
            "print(r.stacks, r.coverage, r.gaps)")
    said = {subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True,
                           env={**os.environ, "PYTHONHASHSEED": seed}).stdout for seed in ("1", "2")}
    assert len(said) == 1
    assert "n7" in said.pop()


# Text ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "text"), [
    (b"", ""), (b"x", "x"), ("é".encode(), "é"), (b"\xe9", "é"), (b"\xef\xbb\xbfx", "x"), ("x".encode("utf-16"), "x"), (b"a\0b", None),
    (b"\xff\xfea", None), (b"\xff\xfe\x00\xd8", None), (b"\xff", "ÿ"),
])
def test_bytes_are_read_as_text(data: bytes, text: str | None) -> None:
    assert decoded(data) == text


def test_an_export_that_cannot_be_read_is_counted_as_such(tmp_path: Path) -> None:
    (tmp_path / "half.json").write_text('{"nodes": [{"name": "A", "type": "n8n-nodes-base.set"}], "connections": {}')
    found = inspect_code(tmp_path)
    assert found.stacks == ()
    assert dict(found.coverage.read).get("JSON", 0) == 0
    assert [(g.path, "cannot be read" in g.reason) for g in found.coverage.failed] == [("half.json", True)]
