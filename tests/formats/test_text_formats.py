"""Markdown, CSV and JSON: nothing gets out of its cell, and JSON comes back as the same report."""

from __future__ import annotations

import csv
import io
import re

import pytest

from auditkit.errors import InputError
from auditkit.formats import endings, render
from auditkit.formats.csv import COLUMNS, cell
from auditkit.formats.json import read_report
from auditkit.formats.markdown import text
from tests.formats.conftest import rendered
from tests.formats.made_report import VARIANTS, voice


def test_formats_are_found_by_walking_the_folder() -> None:
    assert {".pdf", ".html", ".md", ".csv", ".json"} <= set(endings())
    with pytest.raises(KeyError):
        render(voice(), "docx")


@pytest.mark.parametrize("name", list(VARIANTS))
def test_json_comes_back_as_the_same_bytes(name: str) -> None:
    data = rendered(name, "json")
    assert render(read_report(data), "json") == data
    assert data.endswith(b"}\n")
    assert data.startswith(b'{\n "schema_version"')


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a report"),
        (b"{}", "not a report"),
        (b'{"schema_version": "9.0"}', "9.0"),
        (b'{"schema_version": "1.0"}', "is missing"),
        (b"\xff\xfe", "not JSON"),
    ],
)
def test_wrong_json_is_named(data: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read_report(data, "old.json")
    assert all(p.path == "old.json" for p in caught.value.problems)


def test_a_key_that_no_report_has_is_named() -> None:
    data = rendered("voice", "json").replace(b'"title": "Front-desk', b'"titel": "Front-desk', 1)
    with pytest.raises(InputError, match="titel is not a key"):
        read_report(data)


@pytest.mark.parametrize("name", list(VARIANTS))
def test_csv_has_one_row_a_finding(name: str) -> None:
    data = rendered(name, "csv")
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 1 + len(VARIANTS[name]().findings)
    assert all(len(row) == len(COLUMNS) for row in rows)
    assert data.count(b"\r\n") >= len(rows)
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for value in row)


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\x07=1", "\u202e=1"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert cell(start).startswith("'")


def test_markdown_says_decision_list_work_and_doubt() -> None:
    said = rendered("voice", "md").decode()
    order = [said.index(x) for x in ("HARDEN", "| ■ KILL", "Three actions before launch", "24 findings", "How sure")]
    assert order == sorted(order)
    assert "27\u202f% of calls end right\xa0\\[12–45\\]" in said


def test_markdown_lets_nothing_through() -> None:
    said = re.sub(r"(?m)^\*\*|\.\*\*", "", rendered("hostile", "md").decode())  # our own bold
    for pattern in (
        r"(?<!\\)<",
        r"(?<!\\)\[[^\]]*[^\\]\]\(",
        r"https?://",
        r"@\w",
        r"(?<!\\)\*",
        r"(?<![\\\n])#\d",
        r"[\x00-\x09]",
    ):
        assert not re.search(pattern, said.replace("\n", " ")), pattern
    for line in said.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in (5, 8)


def test_markdown_keeps_plain_words_plain() -> None:
    assert text("write_crm at src/flow.py:113, 27 % [12–45]") == "write_crm at src/flow.py:113, 27 % \\[12–45\\]"
