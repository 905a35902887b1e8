"""The other commands, and what all of them have in common."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from auditkit.cli import COMMANDS
from tests.cli.conftest import Run

NAMES = [name for group in COMMANDS.values() for name in group]


def test_the_version_needs_none_of_the_heavy_libraries() -> None:
    code = ("import sys\nfrom auditkit.cli import run\nassert run(['--version']) == 0\n"
            "print(sorted({'pydantic', 'numpy', 'jinja2', 'tabulate', 'yaml', 'weasyprint'} & set(sys.modules)))")
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[1] == "[]"


def test_the_help_lists_every_command_and_the_exit_codes(auditkit: Run) -> None:
    ran = auditkit()
    assert ran.code == 0
    assert ran.out == auditkit("--help").out
    assert all(f" {name} " in ran.out for name in NAMES)
    assert max(map(len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize("name", NAMES)
def test_every_command_helps_with_an_example(auditkit: Run, name: str) -> None:
    ran = auditkit(name, "--help")
    assert ran.code == 0
    assert f"auditkit {name}" in ran.out
    assert "Example" in ran.out


def test_a_template_loads_and_audits_as_not_yet_known(auditkit: Run) -> None:
    assert auditkit("init", "mine.yaml", "--template", "support_refunds").code == 0
    assert json.loads(Path("stack.schema.json").read_text(encoding="utf-8"))["$schema"].startswith("https://json-schema.org")
    ran = auditkit("audit", "mine.yaml", "--print", "--on", "2026-11-20")
    assert ran.code == 0
    assert ran.out.startswith("HARDEN")
    assert "Nobody stated or measured" in ran.out
    assert "%" not in ran.out.partition("Not known")[0]


def test_explain_prints_one_check_in_the_order_of_a_person_who_disagrees(auditkit: Run) -> None:
    out = auditkit("explain", "act-02").out
    places = [out.index(f"\n{word}") for word in ("Why", "Asked of", "pass", "partial", "fail", "unknown", "Fix", "Done when",
                                                  "Evidence", "Reads", "Relates to", "Origin")]
    assert places == sorted(places)


def test_explain_with_a_stack_says_where_it_stands_with_receipts(auditkit: Run) -> None:
    out = auditkit("explain", "ACT-04", "voice.yaml", "--on", "2026-11-20").out
    assert "save_lead: fail, critical" in out
    assert "declared voice.yaml:" in out


def test_lint_of_the_sample_is_in_order(auditkit: Run) -> None:
    ran = auditkit("lint", "voice.yaml", "--on", "2026-11-20")
    assert (ran.code, ran.out) == (0, "0 errors, 0 warnings. The audit is in order.\n")


def test_lint_names_what_is_wrong_with_the_audit_and_exits_with_10(auditkit: Run) -> None:
    text = Path("voice.yaml").read_text(encoding="utf-8")
    Path("voice.yaml").write_text(text + "waivers:\n  - {check: MON-04, component: system, reason: pilot only}\n", encoding="utf-8")
    ran = auditkit("lint", "voice.yaml", "--on", "2026-11-20")
    assert ran.code == 10
    assert "Waivers\n  voice.yaml:" in ran.out
    assert "error    MON-04@system: it never expires; give a date" in ran.out
    assert "1 error, 0 warnings. With errors every report stays a draft." in ran.out


def test_the_checklist_that_ships_is_sound(auditkit: Run) -> None:
    ran = auditkit("checks", "lint")
    assert ran.code == 0
    assert ran.out.startswith("70 checks are sound")


def test_a_lens_shows_only_what_relates(auditkit: Run) -> None:
    every, some = auditkit("checks", "list").out, auditkit("checks", "list", "--lens", "owasp-asi").out
    assert "70 checks" in every
    assert "WFL-04" in every
    assert "WFL-04" not in some


@pytest.mark.parametrize("what", ["stack", "checklist", "report"])
def test_schemas_are_json_schema(auditkit: Run, what: str) -> None:
    import jsonschema

    schema = json.loads(auditkit("schema", what).out)
    jsonschema.validators.validator_for(schema).check_schema(schema)


def test_the_shipped_checklist_fits_its_schema(auditkit: Run) -> None:
    import jsonschema
    import yaml

    from auditkit import shipped

    schema = json.loads(auditkit("schema", "checklist").out)
    text = (shipped.folder("checklists") / "reliability.yaml").read_text(encoding="utf-8")
    jsonschema.validate(_as_yaml_1_2(yaml.safe_load(text)), schema)


def _as_yaml_1_2(value: Any) -> Any:
    """What an editor reads: YAML 1.1 takes the key `no` for false."""
    if isinstance(value, dict):
        return {"no" if key is False else key: _as_yaml_1_2(part) for key, part in value.items()}
    return [_as_yaml_1_2(part) for part in value] if isinstance(value, list) else value


def test_a_report_fits_its_schema(auditkit: Run) -> None:
    import jsonschema

    auditkit("audit", "voice.yaml", "-q", "-o", "v.json", "--on", "2026-11-20")
    report = json.loads(Path("v.json").read_text(encoding="utf-8"))
    schema = json.loads(auditkit("schema", "report").out)
    assert {"schema_version", "stack", "checklist", "verdict", "components", "findings", "conflicts", "reliability", "score",
            "assurance", "coverage", "roadmap", "waivers", "gaps", "evidence"} <= set(report)
    jsonschema.validate(report, schema)


def test_doctor_finds_nothing_missing_where_the_tests_run(auditkit: Run) -> None:
    ran = auditkit("doctor")
    assert ran.code == 0, ran.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_command(auditkit: Run, shell: str) -> None:
    assert "_AUDITKIT_COMPLETE" in auditkit("completion", shell).out


def test_completion_offers_the_commands() -> None:
    code = "from auditkit.cli import main; main()"
    environment = {**os.environ, "_AUDITKIT_COMPLETE": "bash_complete", "COMP_WORDS": "auditkit a", "COMP_CWORD": "1"}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert "audit" in ran.stdout


def test_a_full_disk_is_said_and_leaves_no_half_file(tmp_path: Path) -> None:
    import shutil

    from auditkit import shipped

    shutil.copy(shipped.folder("sample_stacks") / "voice_agent.yaml", tmp_path / "voice.yaml")
    code = ("import resource, signal, sys\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
            "from auditkit.cli import main\nmain(['audit', 'voice.yaml', '-q', '-o', 'v.json'])")
    ran = subprocess.run([sys.executable, "-B", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 2, ran.stderr
    assert "Not written v.json: " in ran.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["voice.yaml"]


def test_a_bug_says_so_without_a_traceback(auditkit: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditkit.cli.audit.assess", lambda *_args, **_more: 1 / 0)
    monkeypatch.delenv("AUDITKIT_DEBUG", raising=False)
    ran = auditkit("audit", "voice.yaml")
    assert ran.code == 1
    assert ran.err.startswith("This is a bug in AuditKit, not in your file: ZeroDivisionError")
    assert "Traceback" not in ran.err
