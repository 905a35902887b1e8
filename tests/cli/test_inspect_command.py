"""`auditkit inspect` as a user meets it: what must not happen first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditkit.cli import code as reading
from auditkit.model.coverage import Coverage
from auditkit.model.facts import Component, Fact, Gap
from auditkit.sources.stack_file import read_stack
from tests.cli.conftest import Run
from tests.cli.drawn import COVERAGE, at, inspection, workflow


@pytest.fixture(autouse=True)
def repo(auditkit: Run) -> None:
    """A folder with something in it."""
    Path("repo").mkdir()
    Path("repo/agent.py").write_text("print()\n", encoding="utf-8")


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what is drawn from any folder."""
    def these(*stacks: Any, coverage: Coverage = COVERAGE) -> None:
        monkeypatch.setattr(reading, "inspect_code", lambda _path, **_more: inspection(*stacks, coverage=coverage))
    return these


# What must not happen --------------------------------------------------------------------------------------

def test_nothing_found_is_never_clean(auditkit: Run, draws: Any) -> None:
    draws(coverage=COVERAGE)
    ran = auditkit("inspect", "repo")
    assert ran.code == 3
    assert ran.out == ""
    assert "repo: nothing to audit. 28 files seen, 23 read." in ran.err
    assert "eaia/old.py:3: does not parse" in ran.err
    assert "This is not a clean result: nothing was assessed and nothing was written." in ran.err


def test_nothing_found_as_json_is_an_empty_list_with_its_coverage(auditkit: Run, draws: Any) -> None:
    draws()
    ran = auditkit("inspect", "repo", "--format", "json")
    assert ran.code == 3
    data = json.loads(ran.out)
    assert data["stacks"] == []
    assert data["coverage"]["seen"] == 28
    assert data["gaps"] == [{"path": "eaia/old.py", "line": 3, "reason": "does not parse"}]


def test_a_file_that_is_there_is_not_changed_unasked(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"))
    Path("mine.yaml").write_text("stack: {name: Mine}\nactions: [{id: send_email, gate: approval}]\ngates: [{id: approval}]\n")
    before = Path("mine.yaml").read_bytes()
    ran = auditkit("inspect", "repo", "-o", "mine.yaml")
    assert ran.code == 2
    assert Path("mine.yaml").read_bytes() == before
    assert "~ action send_email: gate none seen at eaia/main.py:191; yours says approval and stays" in ran.out
    assert "+ step        step_1   eaia/main.py:191" in ran.out
    assert "auditkit inspect repo -o mine.yaml --yes" in ran.err


def test_one_of_several_workflows_is_not_taken_by_chance(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"), workflow("cron"))
    for args in (["-o", "s.yaml"], ["--format", "yaml"]):
        ran = auditkit("inspect", "repo", *args)
        assert ran.code == 2
        assert "repo: 2 workflows: main and cron; name one, such as:" in " ".join(ran.err.split())
    assert not Path("s.yaml").exists()


@pytest.mark.parametrize(("args", "message"), [
    (["nowhere"], "nowhere: no such file or folder"),
    (["repo", "-o", "no/such/s.yaml"], "no/such/s.yaml: its folder does not exist; make it first: mkdir -p no/such"),
    (["repo", "--workflow", "mian"], "repo: no workflow 'mian' in it; did you mean 'main'?"),
    (["repo", "--format", "json", "-o", "x.json"], "-o writes a stack file; --format json prints"),
])
def test_a_wrong_argument_says_place_problem_and_hint(auditkit: Run, draws: Any, args: list[str], message: str) -> None:
    draws(workflow("main"))
    ran = auditkit("inspect", *args)
    assert ran.code == 2
    assert message in " ".join(ran.err.split())


def test_names_from_code_cannot_steer_the_terminal(auditkit: Run, draws: Any) -> None:
    stack = workflow("main")
    bad = stack.components[1].model_copy(update={"id": "a\x1b[2Jb"})
    draws(stack.model_copy(update={"components": (*stack.components, bad)}))
    assert "\x1b" not in auditkit("inspect", "repo").out


# What must -------------------------------------------------------------------------------------------------

def test_coverage_comes_first_and_then_what_was_seen_with_its_places(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"))
    ran = auditkit("inspect", "repo")
    assert ran.code == 0
    assert ran.err == ""
    assert ran.out.startswith(
        "Coverage    28 files: 18 Python and 5 JSON read. Of kinds that are not read: 2\n"
        "            Markdown and 2 other. Left out: 1 ignored by .gitignore. 1 could not\n"
        "            be read in full. Google API, LangGraph. 2 of 3 constructors of these\n"
        "            understood. Commit 758db71.\n"
        "            Met and not understood: langgraph.types.Odd (1).\n"
        "\n"
        "Workflows   main    2 steps   eaia/main.py:190\n"
        "\n"
        "Steps       step_1  model  eaia/main.py:191\n"
        "            step_2         eaia/main.py:192\n"
        "Actions     send_email  message, no gate  eaia/gmail.py:152\n")
    assert "Not read    eaia/old.py:3  does not parse\n" in ran.out
    assert "Not known" in ran.out
    assert "Next        auditkit inspect repo -o stack.yaml" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_long_names_and_paths_stay_within_eighty_columns(auditkit: Run, draws: Any) -> None:
    stack = workflow("w" * 60)
    long = Component(kind="gate", id="g" * 80, receipts=(at("a/" * 60 + "b.py", 7),))
    facts = tuple(Fact(kind="gate", id=long.id, key="before", value=f"action_{n}", receipt=at("a.py", 1)) for n in range(9))
    draws(stack.model_copy(update={"components": (*stack.components, long), "facts": (*stack.facts, *facts)}))
    out = auditkit("inspect", "repo").out
    assert max(map(len, out.splitlines())) <= 80
    assert "before 9 actions" in out


def test_verbose_shows_every_fact(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"))
    assert "decider: model   eaia/main.py:191" in auditkit("inspect", "repo", "-v").out


def test_many_workflows_are_a_list(auditkit: Run, draws: Any) -> None:
    draws(*(workflow(f"flow_{n}") for n in range(5)))
    out = auditkit("inspect", "repo").out
    assert "Steps" not in out
    assert "auditkit inspect repo --workflow flow_0" in out


def test_workflows_of_one_name_are_told_apart(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"), workflow("main", steps=3))
    assert [s["name"] for s in json.loads(auditkit("inspect", "repo", "--format", "json").out)["stacks"]] == ["main", "main_2"]


def test_one_workflow_as_json_is_the_contract(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"))
    data = json.loads(auditkit("inspect", "repo", "--format", "json").out)
    step = next(c for c in data["components"] if c["id"] == "step_1")
    assert data["name"] == "main"
    assert step["facts"]["decider"]["value"] == "model"
    assert step["receipts"][0]["path"] == "eaia/main.py"
    assert {"path": "eaia/old.py", "line": 3, "reason": "does not parse"} in data["gaps"]
    assert data["coverage"]["libraries"] == ["Google API", "LangGraph"]


def test_several_workflows_as_json_are_stacks(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"), workflow("cron"))
    data = json.loads(auditkit("inspect", "repo", "--format", "json").out)
    assert [s["name"] for s in data["stacks"]] == ["main", "cron"]
    assert json.loads(auditkit("inspect", "repo", "--format", "json", "--workflow", "cron").out)["name"] == "cron"


def test_a_stack_file_is_written_with_its_schema_and_loads(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"))
    ran = auditkit("inspect", "repo", "-o", "s.yaml")
    assert ran.code == 0
    assert "Next        auditkit audit s.yaml repo" in ran.out
    assert Path("stack.schema.json").exists()
    text = Path("s.yaml").read_text(encoding="utf-8")
    assert "main: drawn by AuditKit from assistant at commit 758db71758db on" in text
    assert "# reversible: no | compensable | yes" in text
    assert {f.key for f in read_stack("s.yaml").facts} >= {"decider", "effect", "gate"}
    assert auditkit("inspect", "repo", "--format", "yaml").out == text


def test_drawing_again_changes_nothing(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"))
    auditkit("inspect", "repo", "-o", "s.yaml")
    before = Path("s.yaml").read_bytes()
    ran = auditkit("inspect", "repo", "-o", "s.yaml")
    assert ran.code == 0
    assert ran.out.startswith("Unchanged   s.yaml            it holds all that was seen\n")
    assert Path("s.yaml").read_bytes() == before


def test_with_yes_what_was_shown_is_done(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"))
    auditkit("inspect", "repo", "-o", "s.yaml")
    draws(workflow("main", steps=3))
    ran = auditkit("inspect", "repo", "-o", "s.yaml", "-y")
    assert ran.code == 0
    assert "+ step        step_3   eaia/main.py:193" in ran.out
    assert "Changed     s.yaml            what you wrote stays as it was" in ran.out
    assert "step_3" in Path("s.yaml").read_text(encoding="utf-8")


def test_on_a_terminal_it_asks(auditkit: Run, draws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    draws(workflow("main"))
    auditkit("inspect", "repo", "-o", "s.yaml")
    draws(workflow("main", steps=3))
    before = Path("s.yaml").read_bytes()
    monkeypatch.setattr("auditkit.cli.inspect.sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("auditkit.cli.inspect.click.confirm", lambda *_a, **_k: False)
    assert auditkit("inspect", "repo", "-o", "s.yaml").code == 0
    assert Path("s.yaml").read_bytes() == before
    monkeypatch.setattr("auditkit.cli.inspect.click.confirm", lambda *_a, **_k: True)
    assert auditkit("inspect", "repo", "-o", "s.yaml").code == 0
    assert Path("s.yaml").read_bytes() != before


def test_a_folder_takes_one_file_a_workflow(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"), workflow("cron"))
    assert auditkit("inspect", "repo", "-o", "stacks/").code == 0
    assert sorted(p.name for p in Path("stacks").iterdir()) == ["cron.yaml", "main.yaml", "stack.schema.json"]


def test_a_gap_is_shown_with_its_place(auditkit: Run, draws: Any) -> None:
    draws(workflow("main").model_copy(update={"gaps": (Gap(path="a.py", line=9, reason="a dynamic import"),)}))
    assert "a.py:9  a dynamic import" in auditkit("inspect", "repo").out
