"""`auditkit audit` as a user meets it: what must not happen first."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run

GOLDEN = Path(__file__).parent / "golden"
DAY = ("--on", "2026-11-20")


def test_nothing_is_written_when_the_file_has_a_mistake(auditkit: Run) -> None:
    Path("bad.yaml").write_text("stack:\n  name: x\nsteps:\n  - id: a\n    decidor: model\n")
    ran = auditkit("audit", "bad.yaml")
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err == (
        "bad.yaml:5: a step has no 'decidor'; did you mean 'decider'?\n"
        "     5 |     decidor: model\n"
        "       |     ^^^^^^^\n"
        "1 problem. Nothing was audited.\n")
    assert sorted(p.name for p in Path().iterdir()) == ["bad.yaml", "voice.yaml"]


def test_a_missing_file_is_named_with_the_one_that_was_meant(auditkit: Run) -> None:
    ran = auditkit("audit", "voise.yaml")
    assert ran.code == 2
    assert ran.err.startswith("voise.yaml: no such file; did you mean voice.yaml?\n")


def test_an_empty_folder_is_nothing_to_audit_and_never_clean(auditkit: Run) -> None:
    Path("empty").mkdir()
    ran = auditkit("audit", "empty")
    assert ran.code == 3
    assert "This is not a clean result: nothing was assessed and nothing was written." in ran.err


def test_a_folder_of_code_without_an_agent_is_nothing_to_audit(auditkit: Run) -> None:
    Path("repo").mkdir()
    Path("repo/agent.py").write_text("print()")
    ran = auditkit("audit", "repo")
    assert ran.code == 3
    assert ran.err.startswith("repo: nothing to audit. 1 file seen, 1 read.\n")


@pytest.mark.parametrize(("args", "message"), [
    (["audit", "voice.yaml", "-o", "x.docx"], "x.docx: no format .docx; there are .csv, .html, .json, .md, .pdf"),
    (["audit", "voice.yaml", "-o", "x"], "x: no format without an ending; there are"),
    (["audit", "voice.yaml", "-o", "no/such/x.json"], "no/such/x.json: its folder does not exist; make it first: mkdir -p no/such"),
    (["audit", "voice.yaml", "--lens", "owasp"], "--lens: no lens 'owasp'; there are owasp-asi, owasp-llm,"),
    (["audit", "voice.yaml", "--checklist", "reliabilty"], "reliabilty: no checklist of this name"),
    (["audit", "voice.yaml", "--on", "20.11.2026"], "a day is written 2026-11-20, not '20.11.2026'"),
    (["audit", "voice.yaml", "--fail-on", "bad"], "--fail-on"),
    (["audit", "voice.yaml", "--brand", "none.yaml"], "none.yaml: no such file or directory; a brand file holds"),
    (["audti", "voice.yaml"], "no command 'audti'; did you mean 'audit'?"),
    (["explain", "ACT-2"], "ACT-2: no check of that id in reliability; did you mean ACT-0"),
    (["init", "--template", "voice"], "--template: no template 'voice'; did you mean 'voice_agent'?"),
    (["init", "voice.yaml"], "voice.yaml: is there already; name another file, or overwrite it with --force"),
    (["report", "none.json"], "none.json: no such file or directory; 'auditkit audit STACK -o report.json' writes one"),
])
def test_a_wrong_argument_says_place_problem_and_hint(auditkit: Run, args: list[str], message: str) -> None:
    ran = auditkit(*args)
    assert ran.code == 2
    assert message in " ".join(ran.err.split())
    assert "Traceback" not in ran.err


def test_the_screen_of_the_voice_agent(auditkit: Run, request: pytest.FixtureRequest) -> None:
    ran = auditkit("audit", "voice.yaml", "--print", *DAY)
    assert ran.code == 0
    assert ran.err == ""
    assert ran.out == (GOLDEN / "voice_agent.txt").read_text(encoding="utf-8")


def test_no_line_is_wider_than_eighty_columns_and_no_sign_is_beyond_ascii_in_a_pipe(auditkit: Run) -> None:
    out = auditkit("audit", "voice.yaml", "--print", "-v", *DAY).out.partition("Checks\n")[0]
    assert max(map(len, out.splitlines())) <= 80
    assert out.isascii()
    assert "\x1b" not in out


def test_without_an_output_the_pdf_is_written_beside_the_user(auditkit: Run) -> None:
    ran = auditkit("audit", "voice.yaml", *DAY)
    assert ran.code == 0
    assert Path("voice-audit.pdf").read_bytes().startswith(b"%PDF-")
    assert re.search(r"^Wrote       voice-audit.pdf   \d+ pages, draft$", ran.out, re.MULTILINE)


def test_each_output_is_written_by_its_ending(auditkit: Run) -> None:
    ran = auditkit("audit", "voice.yaml", "-q", "-o", "v.json", "-o", "v.md", "-o", "v.csv", "-o", "v.html", *DAY)
    assert ran.code == 0
    assert json.loads(Path("v.json").read_text(encoding="utf-8"))["verdict"]["rule"] == "O6"
    assert {p.name for p in Path().iterdir()} == {"voice.yaml", "v.json", "v.md", "v.csv", "v.html"}


def test_without_pango_everything_but_the_pdf_is_written(auditkit: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    ran = auditkit("audit", "voice.yaml", "-o", "v.pdf", "-o", "v.json", *DAY)
    assert ran.code == 2
    assert Path("v.json").exists()
    assert not Path("v.pdf").exists()
    assert "Not written v.pdf: a PDF needs pango, which this machine lacks. Install it:\n" in ran.out
    assert "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in ran.out
    assert "auditkit report v.json -o v.pdf" in ran.out


@pytest.mark.parametrize(("gate", "code"), [("kill", 0), ("harden", 10), ("keep", 10), ("critical", 10), ("high", 10),
                                            ("unknown", 10)])
def test_a_gate_that_is_not_met_exits_with_10(auditkit: Run, gate: str, code: int) -> None:
    ran = auditkit("audit", "voice.yaml", "--print", "--fail-on", gate, *DAY)
    assert ran.code == code
    assert ("Gate        not met" in ran.out) is bool(code)


def test_coverage_below_the_floor_exits_with_12(auditkit: Run) -> None:
    assert auditkit("audit", "voice.yaml", "--print", "--min-coverage", "80", *DAY).code == 0
    assert auditkit("audit", "voice.yaml", "--print", "--min-coverage", "99", *DAY).code == 12


def test_an_expired_waiver_exits_with_11_and_counts_as_a_fail_again(auditkit: Run) -> None:
    text = Path("voice.yaml").read_text(encoding="utf-8")
    waiver = ("waivers:\n  - {check: MON-04, component: system, reason: pilot only, requester: Lee Okafor,\n"
              "     approver: Ingrid Solheim, since: 2026-11-01, expires: 2027-01-20}\n")
    Path("voice.yaml").write_text(text + waiver, encoding="utf-8")
    assert auditkit("audit", "voice.yaml", "--print", "--on", "2026-11-20").code == 0
    ran = auditkit("audit", "voice.yaml", "--print", "--on", "2027-02-01")
    assert ran.code == 11
    assert "MON-04@system it expired 12 days ago, on 20 January 2027." in ran.out


def test_a_saved_report_renders_again_to_the_same_bytes(auditkit: Run) -> None:
    auditkit("audit", "voice.yaml", "-q", "-o", "v.json", "-o", "v.md", *DAY)
    first = Path("v.md").read_bytes()
    assert auditkit("report", "v.json", "-o", "again.md", "-o", "again.json").code == 0
    assert Path("again.md").read_bytes() == first
    assert Path("again.json").read_bytes() == Path("v.json").read_bytes()


def test_a_report_shows_the_same_screen_as_its_audit(auditkit: Run) -> None:
    shown = auditkit("audit", "voice.yaml", "-o", "v.json", *DAY).out.partition("\nWrote")[0]
    assert auditkit("report", "v.json").out.rstrip() == shown.rstrip()


def test_a_brand_names_who_gives_the_report(auditkit: Run) -> None:
    Path("brand.yaml").write_text("name: Example Reliability Ltd\n")
    assert auditkit("audit", "voice.yaml", "-q", "-o", "v.html", "--brand", "brand.yaml", *DAY).code == 0
    assert "Example Reliability Ltd" in Path("v.html").read_text(encoding="utf-8")
