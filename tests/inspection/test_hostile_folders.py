"""Folders made to break a reader: nothing crashes, nothing hangs, nothing outside is read, nothing is run."""

from __future__ import annotations

import json
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


def started(root: Path, *rows: str) -> Inspection:
    """A file with an import of a known library and some rows, inspected."""
    (root / "app.py").write_text("\n".join(("from agents import Agent, function_tool", *rows)) + "\n")
    return inspect_code(root)


def steps(found: Inspection) -> int:
    """How many steps were drawn."""
    return sum(c.kind == "step" for s in found.stacks for c in s.components)


def test_thousands_of_tiny_files_are_seen(tmp_path: Path) -> None:
    for n in range(3000):
        if n % 500 == 0:
            (tmp_path / f"p{n // 500}").mkdir()
        (tmp_path / f"p{n // 500}/m{n}.py").write_text("from agents import Agent\n" if n % 100 == 0 else f"x = {n}\n")
    (tmp_path / "app.py").write_text(AGENT)
    found = inspect_code(tmp_path)
    assert (found.coverage.seen, steps(found)) == (3001, 1)


@pytest.mark.parametrize(("name", "size", "said"), [("a.py", 50_000_000, "larger than"), ("a.py", 2_000_000, "more than"), ("a.json", 50_000_000, "larger than"),
                                                    ("a.ipynb", 2_000_000, "JSON"), ("a.json", 2_000_000, "")])
def test_one_endless_line_costs_only_its_file(tmp_path: Path, name: str, size: int, said: str) -> None:
    (tmp_path / "app.py").write_text(AGENT)
    (tmp_path / name).write_bytes(b"import agents; x = '" + b"a" * size + b"'")
    found = inspect_code(tmp_path)
    assert said in reasons(found)
    assert steps(found) == 1


def test_a_large_export_with_cycles_and_connections_to_nowhere_is_drawn(tmp_path: Path) -> None:
    kinds = ("n8n-nodes-base.httpRequest", "@n8n/n8n-nodes-langchain.agent", "n8n-nodes-base.if", "n8n-nodes-base.gmail")
    nodes = [{"id": str(n), "name": f"N{n}", "type": kinds[n % 4], "typeVersion": 1, "position": [n, n], "parameters": {"method": "POST"}} for n in range(400)]
    ways = {f"N{n}": {"main": [[{"node": to, "type": "main", "index": 0} for to in (f"N{(n * 7 + 1) % 400}", f"N{n}", f"none{n}", None, "")]]} for n in range(400)}
    (tmp_path / "w.json").write_text(json.dumps({"name": "W", "nodes": nodes, "connections": {**ways, "gone": ways["N1"], "odd": 3, "": None}}))
    assert steps(inspect_code(tmp_path)) > 100


@pytest.mark.parametrize(("name", "text"), [
    ("a.json", '{"nodes":' * 50_000), ("a.json", "[" * 200_000 + "]" * 200_000), ("a.yaml", "- " * 5_000 + "x"), ("a.yaml", "{" * 20_000),
    ("a.yaml", "".join(" " * n + "a:\n" for n in range(1500))), ("pyproject.toml", "x = " + "[" * 20_000), ("package.json", '{"a":' * 20_000),
    ("a.yaml", "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(12))),
    ("langgraph.json", '{"graphs": {"a": "../../../../etc/passwd:x", "b": "./app.py:none", "c": 3}}'), ("agents.yaml", "!!python/object/apply:os.system ['touch ran']"),
    ("requirements.txt", "-r requirements.txt\n-r ../../../etc/passwd\n" + "langgraph==" + "9" * 5000), ("uv.lock", "[[package]]\n" * 5000), (".env", "=" * 10_000),
    ("poetry.lock", "\x00\x01"), ("a.ipynb", '{"cells": ' + "[" * 20_000),
])
def test_deep_and_crooked_documents_cost_the_code_nothing(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "app.py").write_text(AGENT)
    (tmp_path / name).write_text(text)
    assert steps(inspect_code(tmp_path)) == 1
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("rows", [
    ["".join(" " * n + f"def f{n}():\n" for n in range(95)) + " " * 95 + "Agent(name='x')"],
    ["".join(" " * n + f"class C{n}(Agent):\n" for n in range(95)) + " " * 95 + "Agent(name='x')"],
    ["@function_tool\n" * 1500 + "def f(): pass", "Agent(name='x', tools=[f])"],
    ["if x: pass", *(f"elif y == {n}: a = {n}" for n in range(900)), "Agent(name=a)"],
    ["D = {" + ",\n".join(f"'k{n}': {{'m': 'v{n}'}}" for n in range(10_000)) + "}", "Agent(name='x', model=D[k]['m'])"],
    ["L = [" + ",\n".join(f"'v{n}'" for n in range(20_000)) + "]", "Agent(name='x', tools=[*L, *L])"],
    [*(f"def f{n}(): return f{n + 1}()" for n in range(1500)), "def f1500(): return Agent(name='x')", "f0()"],
    ["class C0(Agent): pass", *(f"class C{n + 1}(C{n}): pass" for n in range(400)), "C400(name='x')", "Agent(name='y')"],
    ["s = 'ab'", *(["s = s + s", "t = [s, *t, *t]"] * 40), "Agent(name='x', instructions=s, tools=t)"],
    ["x = (", *("lambda a:" for _ in range(500)), "a)", "Agent(name='x')"],
    ["Agent(name='x')", "x = " + " + ".join(["Agent"] * 3000)],
    ["Agent(name='\\udc80', instructions='\\ud800 x \\x00')"],
    ["Agent(name=f'{__import__(\"os\").abort()}')"], ["Agent(name='x' * 10**9)"], ["Agent(name='x', model=9**9**9)"], ["Agent(**Agent(**Agent))"],
])
def test_hostile_code_is_read_to_its_end(tmp_path: Path, rows: list[str]) -> None:
    found = started(tmp_path, *rows)
    assert not [g for g in found.gaps if "stopped" in g.reason]
    for stack in found.stacks:
        stack.model_dump_json()


def test_ten_thousand_branches_are_too_deep_for_python_itself_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text(AGENT)
    found = started(tmp_path, "if x: pass", *(f"elif y == {n}: pass" for n in range(10_000)), "Agent(name='x')")
    assert "nested too deeply" in reasons(found)
    assert steps(found) == 1


def test_a_folder_whose_own_name_is_no_text_is_inspected(tmp_path: Path) -> None:
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff"))
    root.mkdir()
    (root / "app.py").write_text(AGENT)
    found = inspect_code(root)
    assert steps(found) == 1
    found.coverage.root.encode()
