"""Every sample goes from its file to a report in every format; the PDFs are looked at as files."""

from __future__ import annotations

import io
import re
import subprocess
from datetime import date
from functools import cache
from pathlib import Path

import pikepdf
import pytest

from auditkit import Report, assess, load_checklist, read_stack, render, shipped
from auditkit.formats import phrases
from tests.formats.conftest import tool

SAMPLES = tuple(sorted(path.stem for path in shipped.folder("sample_stacks").glob("*.yaml")))
DAY = date(2026, 11, 20)


@cache
def report(name: str) -> Report:
    return assess(read_stack(shipped.folder("sample_stacks") / f"{name}.yaml"), load_checklist(), on=DAY)


@cache
def pdf(name: str) -> bytes:
    return render(report(name), "pdf")


def test_there_are_eight_samples() -> None:
    assert len(SAMPLES) == 8


@pytest.mark.parametrize("name", SAMPLES)
def test_the_pdf_is_sound_tagged_titled_and_within_its_pages(name: str, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf(name))
    checked = subprocess.run([tool("qpdf"), "--check", path], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    with pikepdf.open(io.BytesIO(pdf(name))) as document:
        assert 8 <= len(document.pages) <= 20
        assert str(document.Root.Lang) == "en"
        assert bool(document.Root.MarkInfo.Marked)
        assert str(document.docinfo.Title).startswith("Reliability audit of ")


@pytest.mark.parametrize("name", SAMPLES)
def test_no_word_stands_outside_its_page(name: str, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf(name))
    boxes = subprocess.run([tool("pdftotext"), "-bbox", path, "-"], capture_output=True, text=True, check=True).stdout
    width, height = map(float, re.search(r'<page width="([\d.]+)" height="([\d.]+)"', boxes).groups())  # type: ignore[union-attr]
    words = re.findall(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)"', boxes)
    assert len(words) > 500
    assert all(float(x1) >= 0 and float(y1) >= 0 and float(x2) <= width and float(y2) <= height for x1, y1, x2, y2 in words)


@pytest.mark.parametrize("name", SAMPLES)
def test_all_formats_say_the_same_headline(name: str, tmp_path: Path) -> None:
    said = " ".join(phrases.headline(report(name)).split())
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf(name))
    text = subprocess.run([tool("pdftotext"), "-l", "1", path, "-"], capture_output=True, text=True, check=True).stdout
    page = render(report(name), "html").decode()
    assert _plain(said) in _plain(text)
    assert _plain(said) in _plain(re.sub(r"<[^>]+>", "", page))
    assert _plain(said) in _plain(render(report(name), "md").decode().replace("\\", ""))


def _plain(text: str) -> str:
    """Text without spaces of any kind, so that line breaks do not matter."""
    return re.sub(r"\s", "", text)


def test_the_voice_agent_is_the_article_in_numbers() -> None:
    numbers = report("voice_agent").reliability.as_is
    assert round(numbers.success.point, 4) == 0.2725
    assert round(numbers.silent.point, 4) == 0.7275
    assert numbers.caught.point == 0


def test_the_same_day_gives_the_same_bytes_in_every_format() -> None:
    again = assess(read_stack(shipped.folder("sample_stacks") / "voice_agent.yaml"), load_checklist(), on=DAY)
    assert all(render(again, ending) == render(report("voice_agent"), ending) for ending in ("json", "md", "csv", "html", "pdf"))


def test_a_benchmark_tried_four_times_gives_the_published_pass_k() -> None:
    assert [round(p.value, 3) for p in report("tau_airline").reliability.pass_k[:4]] == [0.42, 0.273, 0.22, 0.2]
