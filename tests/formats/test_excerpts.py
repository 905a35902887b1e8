"""Excerpts on screen, on paper, on a page and in a comment; whatever stands in the code stays text."""

from __future__ import annotations

import io
import re
import subprocess
from functools import cache
from pathlib import Path

import pikepdf
import pytest

from auditkit.formats import render
from auditkit.formats.excerpts import blocks, by_file, columns, places
from auditkit.formats.json import read_report
from auditkit.formats.markdown import fenced
from auditkit.formats.terminal import WIDTH, Screen, show
from auditkit.model.excerpts import Excerpt, Span
from auditkit.model.facts import Component, Stack
from auditkit.model.report import Report
from tests.formats.conftest import tool
from tests.formats.made_report import inspected, voice
from tests.formats.test_html import Page

CAUSE = Excerpt(
    path="eaia/gmail.py", first=446,
    lines=("        service.send(message)", "    except Exception as e:", "        print(e)"),
    spans=(Span(role="cause", line=447, start=5, end=27, label="the error is swallowed here"),),
)
EFFECT = Excerpt(
    path="eaia/main/graph.py", first=120,
    lines=("        send_calendar_invite(", *["            more,"] * 6, '        message = "Sent calendar invite!"'),
    spans=(Span(role="effect", line=127, start=9, end=42, label="the model is told that it went out"),),
)
EVIL = "\tif x: </code></pre><script>alert(1)</script> {{7*7}} {% raw %} ``````` \x1b[2J\x07\u202e\u2066 ${x} <!-- " + "ы漢" * 200
HOSTILE = Excerpt(path="a\x1b[31m/<b>\u202e.py", first=9_999_999, lines=(EVIL, "", EVIL[::-1]), spans=(
    Span(role="cause", line=9_999_999, start=2, end=len(EVIL) + 1, label="x</pre>\x1b[0m```\u202e"),
    Span(role="effect", line=10_000_001, start=1, end=3, label="# @someone https://evil.test"),
))

EXPECTED = """\
  eaia/gmail.py
    446 |         service.send(message)
    447 |     except Exception as e:
        |     ^^^^^^^^^^^^^^^^^^^^^^ the error is swallowed here ...
    448 |         print(e)
  eaia/main/graph.py
    126 |         more,
    127 |     message = "Sent calendar invite!"
        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        |     ... the model is told that it went out
"""


@cache
def report(*excerpts: Excerpt) -> Report:
    """The voice agent, whose worst finding is shown in code."""
    base = voice()
    first = base.issues[0].model_copy(update={"excerpts": excerpts})
    return base.model_copy(update={"issues": (first, *base.issues[1:])})


# The terminal ----------------------------------------------------------------------------------------------


def test_the_terminal_shows_the_worst_finding_as_designed() -> None:
    said = show(report(CAUSE, EFFECT))
    assert EXPECTED in said
    assert "critical    BRN-01  When unsure it answers anyway" in said
    assert said.count("eaia/gmail.py") == 1
    assert EXPECTED in show(report(CAUSE, EFFECT), verbose=True)


def test_without_excerpts_the_terminal_says_nothing_of_them() -> None:
    assert "|" not in show(voice())


def test_colour_repeats_what_words_say() -> None:
    shown = show(report(CAUSE, EFFECT), Screen(colour=True, unicode=True))
    assert "\x1b[36m^^^" in shown
    assert EXPECTED in re.sub(r"\x1b\[[0-9;]*m", "", shown)


def test_carets_stand_under_wide_signs() -> None:
    (block,) = blocks([Excerpt(path="a.py", first=1, lines=('名 = f("x")',), spans=(
        Span(role="cause", line=1, start=5, end=11, label="here"),))])
    assert len(block.rows[0].indent) == columns("名 = ") == 5


@pytest.mark.parametrize("screen", [Screen(), Screen(colour=True, unicode=True)])
def test_nothing_in_code_steers_the_terminal(screen: Screen) -> None:
    said = re.sub(r"\x1b\[[0-9;]*m", "", show(report(HOSTILE), screen, verbose=True))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", said)
    assert all(columns(line) <= WIDTH + 3 for line in said.splitlines() if " | " in line)


# The page --------------------------------------------------------------------------------------------------


def test_the_page_shows_lines_marks_and_words() -> None:
    html = render(report(CAUSE, EFFECT), "html").decode()
    page = Page(html)
    assert [a["aria-label"] for a in page.all("div") if a.get("role") == "group"] == [
        "Code of eaia/gmail.py, lines 446 to 448", "Code of eaia/main/graph.py, lines 126 to 127"]
    assert len(page.all("mark")) == 2
    assert "the error is swallowed here …" in page.text
    assert "… the model is told that it went out" in page.text


def test_hostile_code_stays_text_on_the_page() -> None:
    html = render(report(HOSTILE), "html").decode()
    page = Page(html)
    assert len(page.all("script")) == 1
    assert "</code></pre><script>alert(1)</script> {{7*7}} {% raw %}" in page.text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", html)


# Paper -----------------------------------------------------------------------------------------------------


def test_paper_shows_the_same_and_keeps_its_margins(tmp_path: Path) -> None:
    data = render(report(CAUSE, HOSTILE), "pdf", edition="engineer")
    path = tmp_path / "x.pdf"
    path.write_bytes(data)
    text = subprocess.run([tool("pdftotext"), "-layout", path, "-"], capture_output=True, check=True).stdout.decode()
    for words in ("eaia/gmail.py", "except Exception as e:", "447", "the error is swallowed here …", "<script>alert(1)"):
        assert words in text
    boxes = subprocess.run([tool("pdftotext"), "-bbox", path, "-"], capture_output=True, check=True).stdout.decode()
    right = [float(x) for x in re.findall(r'xMax="([\d.]+)"', boxes)]
    assert max(right) < 595 - 44
    assert render(report(CAUSE, HOSTILE), "pdf", edition="engineer") == data


def test_paper_stays_tagged_and_within_its_pages() -> None:
    base = report(CAUSE, EFFECT)
    issues = tuple(i.model_copy(update={"excerpts": (CAUSE, EFFECT)}) for i in base.issues)
    document = pikepdf.open(io.BytesIO(render(base.model_copy(update={"issues": issues}), "pdf")))
    assert len(document.pages) <= 20
    assert document.Root.MarkInfo.Marked


# Comments and data -----------------------------------------------------------------------------------------


def test_a_comment_quotes_the_code_between_fences() -> None:
    said = render(report(CAUSE, EFFECT), "md").decode()
    assert "```\neaia/gmail.py\n  446 |     service.send(message)\n  447 | except Exception as e:\n      | ^^^^^^^^^^^^^^^^^^^^^^ the error" in said


def test_no_code_gets_out_of_its_fence() -> None:
    lines = fenced(blocks([HOSTILE])).splitlines()
    fence = lines[0]
    assert set(fence) == {"`"}
    assert len(fence) > 7
    assert lines[-1] == fence
    assert not any(line.strip().startswith(fence) for line in lines[1:-1])


def test_json_brings_excerpts_back() -> None:
    data = render(report(CAUSE, HOSTILE), "json")
    assert read_report(data) == report(CAUSE, HOSTILE)
    assert render(read_report(data), "json") == data


def test_a_report_of_before_has_none() -> None:
    old = re.sub(rb',\s*"excerpts": \[\]', b"", render(voice(), "json"))
    assert b"excerpts" not in old
    assert read_report(old) == voice()


# Rows and places -------------------------------------------------------------------------------------------


def test_what_lies_between_two_marks_is_left_out() -> None:
    both = Excerpt(path="a.py", first=1, lines=tuple(f"    line {n}" for n in range(1, 12)), spans=(
        Span(role="effect", line=10, start=5, end=9, label="then"), Span(role="cause", line=2, start=5, end=9, label="first")))
    (block,) = blocks([both])
    assert [r.number for r in block.rows] == [1, 2, 3, None, 9, 10, 11]
    assert [r.label for r in block.rows if r.label] == ["first …", "… then"]
    assert {r.text[:4] for r in block.rows if r.number} == {"line"}
    assert block.alt == "Code of a.py, lines 1 to 11"


def test_every_place_is_named_once() -> None:
    base = voice()
    first = base.issues[0]
    at = {c: (inspected("src/b.py", i), inspected("src/a.py", 7)) for i, c in enumerate(first.components, 1)}
    stack = Stack(name="x", components=tuple(Component(kind="step", id=c, receipts=r) for c, r in at.items()))
    found = places(base.model_copy(update={"stack": stack}), first)
    assert found == (("src/b.py", 1), ("src/a.py", 7), *(("src/b.py", n) for n in (2, 3, 4, 5)), ("src/flow/turn.py", 113))
    assert by_file(found) == ("src/b.py:1, :2, :3, :4, :5", "src/a.py:7", "src/flow/turn.py:113")
    assert by_file(found, 3) == ("src/b.py:1, :2", "src/a.py:7", "and 4 more")
    said = show(base.model_copy(update={"stack": stack}), verbose=True)
    assert "At src/b.py:1, :2, :3, :4, :5   src/a.py:7" in said


def test_the_name_of_a_file_is_not_repeated() -> None:
    later = CAUSE.model_copy(update={"first": 946, "spans": (CAUSE.spans[0].model_copy(update={"line": 947}),)})
    first, second = blocks([CAUSE, later])
    assert (first.path, second.path, second.rows[0].number) == ("eaia/gmail.py", "", None)
    assert second.alt == "Code of eaia/gmail.py, lines 946 to 948"
    assert by_file([("a.py", 1), ("a.py", 3), ("b.py", 2)], known="a.py") == (":1, :3", "b.py:2")
