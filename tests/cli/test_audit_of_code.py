"""`auditkit audit` on code, and on a description together with code: what must not happen first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditkit.cli import code as reading
from auditkit.formats.json import read_report
from auditkit.model.report import Report
from tests.cli.conftest import Run
from tests.cli.drawn import COVERAGE, inspection, workflow

DAY = ("--on", "2026-11-20")


@pytest.fixture
def draws(auditkit: Run, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what is drawn from any folder."""
    Path("repo").mkdir()
    Path("repo/agent.py").write_text("print()\n", encoding="utf-8")

    def these(*stacks: Any) -> None:
        monkeypatch.setattr(reading, "inspect_code", lambda _path, **_more: inspection(*stacks))
    return these


def saved(name: str) -> Report:
    """A report that was written."""
    return read_report(Path(name).read_bytes(), name)


# What must not happen --------------------------------------------------------------------------------------

def test_code_without_a_workflow_is_nothing_to_audit(auditkit: Run, draws: Any) -> None:
    draws()
    ran = auditkit("audit", "repo", *DAY)
    assert ran.code == 3
    assert "This is not a clean result: nothing was assessed and nothing was written." in ran.err
    assert not list(Path().glob("*.pdf"))


def test_two_folders_are_not_one_workflow(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"))
    Path("other").mkdir()
    ran = auditkit("audit", "repo", "other", *DAY)
    assert ran.code == 2
    assert "other: is a second folder or export, and one audit is of one; audit it apart from repo" in " ".join(ran.err.split())


def test_a_workflow_that_is_not_there_is_named_with_one_that_is(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"), workflow("cron"))
    ran = auditkit("audit", "repo", "--workflow", "corn", *DAY)
    assert ran.code == 2
    assert "repo: no workflow 'corn' in it; did you mean 'cron'?" in ran.err


def test_one_check_of_several_workflows_is_not_explained_by_chance(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"), workflow("cron"))
    assert auditkit("explain", "ACT-02", "repo").code == 2
    assert auditkit("explain", "ACT-02", "repo", "--workflow", "cron").code == 0


# What must -------------------------------------------------------------------------------------------------

def test_coverage_stands_before_the_decision_and_the_result_is_provisional(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"))
    ran = auditkit("audit", "repo", "--print", *DAY)
    assert ran.code == 0
    assert ran.out.startswith("Coverage    28 files: 18 Python and 5 JSON read.")
    assert "Workflows" not in ran.out
    assert "HARDEN      main, provisional" in ran.out
    assert "Next        auditkit inspect repo -o stack.yaml" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_a_report_of_code_carries_its_coverage_and_shows_the_same_again(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"))
    shown = auditkit("audit", "repo", "-o", "r.json", *DAY).out.partition("\nWrote")[0]
    assert saved("r.json").inspection == COVERAGE
    assert auditkit("report", "r.json").out.rstrip() == shown.rstrip()


def test_coverage_stands_in_every_document(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"))
    auditkit("audit", "repo", "-q", "-o", "r.md", "-o", "r.html", *DAY)
    for name in ("r.md", "r.html"):
        assert "18 Python and 5 JSON read." in Path(name).read_text(encoding="utf-8")
    assert "langgraph.types.Odd" in Path("r.html").read_text(encoding="utf-8")


def test_each_workflow_gets_its_own_files_and_the_worst_comes_first(auditkit: Run, draws: Any) -> None:
    draws(workflow("cron", steps=1), workflow("main", steps=4))
    ran = auditkit("audit", "repo", "-o", "r.json", *DAY)
    assert ran.code == 0
    assert "Workflows   cron    1 step    eaia/cron.py:190\n            main    4 steps   eaia/main.py:190\n" in ran.out
    assert saved("r.json").stack.name == "main"
    assert saved("r-cron.json").stack.name == "cron"
    assert "The others  HARDEN  cron: rule O6" in ran.out


def test_verbose_prints_all_of_them(auditkit: Run, draws: Any) -> None:
    draws(workflow("cron", steps=1), workflow("main", steps=4))
    out = auditkit("audit", "repo", "--print", "-v", *DAY).out
    assert out.count("Evidence") == 2
    assert out.count("Coverage  ") == 1


def test_one_workflow_can_be_named(auditkit: Run, draws: Any) -> None:
    draws(workflow("cron", steps=1), workflow("main", steps=4))
    auditkit("audit", "repo", "--workflow", "cron", "-q", "-o", "r.json", *DAY)
    assert saved("r.json").stack.name == "cron"
    assert not Path("r-main.json").exists()


def test_a_gate_of_ci_holds_for_every_workflow(auditkit: Run, draws: Any) -> None:
    draws(workflow("cron", steps=1), workflow("main", steps=4))
    ran = auditkit("audit", "repo", "--print", "--fail-on", "harden", *DAY)
    assert ran.code == 10
    assert "the decision of cron is HARDEN" in ran.out


def test_what_is_said_is_held_against_what_is_there(auditkit: Run, draws: Any) -> None:
    draws(workflow("main"))
    Path("mine.yaml").write_text("stack: {name: Mail}\nactions:\n  - {id: send_email, effect: message, gate: approval}\n"
                                 "gates: [{id: approval, type: human}]\nsteps: [{id: step_1}, {id: greet}]\n", encoding="utf-8")
    auditkit("audit", "mine.yaml", "repo", "-q", "-o", "r.json", *DAY)
    report = saved("r.json")
    assert report.title == "Mail"
    assert [(c.component, c.key, c.wins) for c in report.conflicts] == [("send_email", "gate", "none")]
    assert any("step greet is declared and was not found in the code" in g.reason for g in report.gaps)
    assert report.inspection == COVERAGE


def test_an_export_is_told_from_a_stack_file(auditkit: Run) -> None:
    Path("flow.json").write_text('{"name": "x", "nodes": [], "connections": {}}', encoding="utf-8")
    Path("stack.json").write_text('{"stack": {"name": "x"}, "steps": [{"id": "a"}]}', encoding="utf-8")
    Path("broken.json").write_text('{"nodes": [', encoding="utf-8")
    assert auditkit("audit", "flow.json", "--print", *DAY).code == 3
    assert auditkit("audit", "stack.json", "--print", *DAY).code == 0
    ran = auditkit("audit", "broken.json", "--print", *DAY)
    assert ran.code == 3
    assert "broken.json" in ran.err


def test_the_schema_of_a_report_knows_its_coverage(auditkit: Run) -> None:
    assert "inspection" in json.loads(auditkit("schema", "report").out)["properties"]


SHOP = ("import requests\nfrom agents import Agent, Runner, function_tool\n@function_tool\ndef cancel_order(order: str) -> str:\n"
        "    %s\n    return f'{order} is cancelled'\nagent = Agent(name='Shop', model='gpt-4o', tools=[cancel_order])\n"
        "Runner.run_sync(agent, 'hi')\n")


@pytest.mark.parametrize(("body", "severity"), [("requests.delete(f'https://shop.example/{order}')", "critical"), ("print(order)", "medium")])
def test_an_action_that_only_its_name_makes_weighty_is_at_most_medium(auditkit: Run, body: str, severity: str) -> None:
    Path("shop").mkdir()
    Path("shop/main.py").write_text(SHOP % body, encoding="utf-8")
    assert auditkit("audit", "shop", "-o", "r.json", *DAY).code in (0, 1)
    found = [f for f in saved("r.json").findings if f.component == "cancel_order" and f.check == "ACT-04"]
    assert [(f.outcome in ("fail", "partial"), f.severity) for f in found] == [(True, severity)]
    reason = "medium: it is named for that, but the code that was read changes nothing outside"
    assert (found[0].severity_reason == reason) is (severity == "medium")
