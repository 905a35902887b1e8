"""Folders made to break a reader: nothing crashes, nothing hangs, nothing outside is read, nothing is run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from auditkit.sources.inspection import Inspection, inspect_code

AGENT = "from agents import Agent\nmain = Agent(name='Main', instructions='x')\n"


def reasons(found: Inspection) -> str:
    """What could not be read, in one text."""
    return " | ".join(f"{g.path}: {g.reason}" for g in found.coverage.failed)


def test_an_empty_folder_gives_no_workflow(tmp_path: Path) -> None:
    found = inspect_code(tmp_path)
    assert found.stacks == ()
    assert found.coverage.seen == 0


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "agent.py").write_text(AGENT)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "folder").symlink_to(outside)
    (inside / "file.py").symlink_to(outside / "agent.py")
    (inside / "loop").symlink_to(inside)
    (inside / ".gitignore").symlink_to(outside / "agent.py")
    found = inspect_code(inside)
    assert found.stacks == ()
    assert dict(found.coverage.skipped) == {"link": 4}


def test_audited_code_is_never_run(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text("import pathlib; pathlib.Path('ran').write_text('x')\n" + AGENT)
    (tmp_path / "conftest.py").write_text("raise SystemExit\n")
    (tmp_path / "agents.pth").write_text("import os; os.abort()\n")
    before = set(sys.modules)
    inspect_code(tmp_path)
    assert not (tmp_path / "ran").exists()
    assert not {m for m in set(sys.modules) - before if m in ("setup", "conftest")}


@pytest.mark.parametrize(("name", "data", "said"), [
    ("nul.py", b"import agents\0\n", "NUL"),
    ("deep.py", b"import agents\nx = " + b"(" * 3000 + b")" * 3000, "nested"),
    ("wide.py", b"import agents\nx = '" + b"a" * 30_000 + b"'\n", "longer|more than"),
    ("half.py", b"from agents import Agent\na = Agent(name='A'\n", "left out"),
    ("two.py", b"from agents import Agent\nprint 'x'\nexec 'y'\nmain = Agent(name='Main')\n", "left out"),
])
def test_a_file_that_cannot_be_read_is_a_gap_with_a_reason(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    found = inspect_code(tmp_path)
    assert any(word in reasons(found) for word in said.split("|")), reasons(found)


def test_what_is_whole_in_a_broken_file_is_still_drawn(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("from agents import Agent\nprint 'old'\nmain = Agent(name='Main')\n")
    found = inspect_code(tmp_path)
    assert [c.id for s in found.stacks for c in s.components if c.kind == "step"] == ["Main"]


def test_a_long_sum_does_not_exhaust_the_stack(tmp_path: Path) -> None:
    (tmp_path / "sum.py").write_text("import openai\nx = " + "+".join(["1"] * 20_000) + "\n")
    inspect_code(tmp_path)
    (tmp_path / "calls.py").write_text("import openai\nx = openai" + ".a()" * 3_000 + "\n")
    inspect_code(tmp_path)


def test_functions_that_call_themselves_and_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import openai\nfrom b import g\ndef f(x): return g(f(x))\ny = f(f)\n")
    (tmp_path / "b.py").write_text("from a import f\ndef g(x): return [f(x), g(x), {**g(x)}]\nclass A(A): pass\nclass B(C): pass\nclass C(B): pass\n")
    inspect_code(tmp_path)


def test_branching_calls_do_not_explode(tmp_path: Path) -> None:
    rows = ["import openai"]
    for n in range(12):
        rows.append(f"def f{n}(a, b=None): return {{'x': f{n + 1}(a, b), 'y': f{n + 1}(b, a), 'z': [f{n + 1}(a, a)] * 3}}")
    rows += ["def f12(a, b): return a", "out = f0(openai.OpenAI(), 2)", "out.get('x').run(out)"]
    (tmp_path / "app.py").write_text("\n".join(rows))
    inspect_code(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(AGENT)
    (tmp_path / "app.py").chmod(0)
    assert "cannot be read" in reasons(inspect_code(tmp_path))


def test_utf16_source_is_read(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_bytes(AGENT.encode("utf-16"))
    assert len(inspect_code(tmp_path).stacks) == 1


def test_pipes_and_devices_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "app.py")
    found = inspect_code(tmp_path)
    assert dict(found.coverage.skipped) == {"not a regular file": 1}


def test_names_that_are_no_text_do_not_stop_the_walk(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff.py")).write_text(AGENT)
    (tmp_path / "app.py").write_text(AGENT)
    assert len(inspect_code(tmp_path).stacks) == 1


def test_folders_nested_too_deep_are_named(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(60):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "app.py").write_text(AGENT)
    assert "nested more than" in reasons(inspect_code(tmp_path))


def test_gitignore_is_honoured_as_git_reads_it(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("build/\n*.gen.py\n!keep.gen.py\n/only_top.py\n**/deep/**/x.py\n")
    for name in ("build/a.py", "b.gen.py", "keep.gen.py", "only_top.py", "sub/only_top.py", "q/deep/r/x.py", "ok.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    found = inspect_code(tmp_path)
    assert sorted(f.path for f in found.folder.files if f.kind == "Python") == ["keep.gen.py", "ok.py", "sub/only_top.py"]


def test_a_hostile_gitignore_does_not_hang(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*a*a*a*a*a*a*a*a*a*a*b\n[\n[!\n\\\n" + "**/" * 60 + "x\n")
    (tmp_path / ("a" * 200 + ".py")).write_text("x = 1\n")
    inspect_code(tmp_path)


def test_the_same_folder_gives_the_same_stacks(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(AGENT)
    assert inspect_code(tmp_path).stacks == inspect_code(tmp_path).stacks
