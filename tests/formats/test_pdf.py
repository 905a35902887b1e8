"""The PDF is tagged, titled, complete, within its budget, the same twice, and loads nothing."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from auditkit.errors import MissingLibrary
from auditkit.formats import Brand, json, pdf, render
from auditkit.formats.pages import page
from auditkit.formats.parts import Budget
from tests.formats.conftest import rendered, tool
from tests.formats.made_report import EVIL, VARIANTS, hostile, large, voice

ALL = tuple(VARIANTS)
OURS = {"Charis-SIL", "Charis-SIL-Bold", "Charis-SIL-Italic", "Fira-Code", "Fira-Code-Semi-Bold"}
Paths = Callable[..., Path]


def opened(data: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(data))


def pages(data: bytes) -> int:
    """How many pages a file has."""
    document = opened(data)  # pikepdf needs the file for as long as its parts are used
    return len(document.pages)


def tags(document: pikepdf.Pdf) -> list[Any]:
    """All structure elements."""
    found, work = [], [document.Root.StructTreeRoot]
    while work:
        node = work.pop()
        if isinstance(node, pikepdf.Array):
            work += list(node)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                found.append(node)
            if "/K" in node:
                work.append(node.K)
    return found


@pytest.mark.parametrize("name", ALL)
def test_every_variant_keeps_its_budget_of_pages(name: str) -> None:
    assert 8 <= pages(rendered(name)) <= 20


@pytest.mark.parametrize("name", ALL)
def test_every_variant_is_a_sound_file(name: str, file: Paths) -> None:
    done = subprocess.run([tool("qpdf"), "--check", file(name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ALL)
def test_no_text_lies_outside_the_margins(name: str, file: Paths) -> None:
    out = subprocess.run([tool("pdftotext"), "-bbox", file(name), "-"], capture_output=True, check=True).stdout.decode()
    for page_ in re.findall(r"<page .*?</page>", out, re.S):
        width, height = (float(x) for x in re.search(r'width="([\d.]+)" height="([\d.]+)"', page_).groups())
        for found in re.finditer(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)<', page_):
            left, top, right, bottom = (float(x) for x in found.groups()[:4])
            inside = left > 55 and right < width - 44 and top > 10 and bottom < height - 10
            assert inside, (found.group(5), left, top, right, bottom)


@pytest.mark.parametrize("name", ALL)
def test_every_variant_is_tagged_titled_and_has_a_language(name: str) -> None:
    document = opened(rendered(name))
    assert document.Root.MarkInfo.Marked
    assert str(document.Root.Lang) == "en"
    assert document.Root.ViewerPreferences.DisplayDocTitle
    assert str(document.docinfo["/Title"]).startswith("Reliability audit of ")
    assert "pdfuaid:part" in document.Root.Metadata.read_bytes().decode() or "pdfuaid" in str(document.open_metadata())


@pytest.mark.parametrize("name", ALL)
def test_every_figure_says_in_words_what_it_shows(name: str) -> None:
    document = opened(rendered(name))
    images = [t for t in tags(document) if str(t.S) == "/Figure"]
    html = pdf.document(VARIANTS[name](), Budget(), edition="auditor", brand=None, paper="A4", digest="0" * 64)
    assert len(images) == html.count("<img ")
    assert all(len(str(i.Alt)) > 30 for i in images)


def test_tables_have_heads_and_pages_have_headings() -> None:
    document = opened(rendered("voice"))
    names = [str(t.S) for t in tags(document)]
    assert names.count("/H1") >= 12
    assert {"/H2", "/TH", "/TD", "/Table", "/Figure", "/Link", "/L"} <= set(names)


@pytest.mark.parametrize("name", ["voice", "kill", "keep", "unstated", "large"])
def test_only_our_fonts_are_embedded(name: str) -> None:
    fonts = set()
    document = opened(rendered(name))
    for item in document.objects:
        if isinstance(item, pikepdf.Dictionary) and str(item.get("/Type")) == "/FontDescriptor":
            fonts.add(str(item.FontName).partition("+")[2] or str(item.FontName).lstrip("/"))
            assert any(key in item for key in ("/FontFile", "/FontFile2", "/FontFile3"))
    assert fonts <= OURS
    assert len(fonts) >= 3


@pytest.mark.parametrize("edition", ["executive", "engineer", "auditor"])
def test_the_layout_has_nothing_to_complain_about(edition: str, caplog: pytest.LogCaptureFixture) -> None:
    render(voice(), "pdf", edition=edition)
    assert [r.getMessage() for r in caplog.records] == []


def test_ligatures_survive_extraction() -> None:
    report = voice(title="The verified office affair")
    data = render(report, "pdf", edition="executive")
    out = subprocess.run([tool("pdftotext"), "-", "-"], input=data, capture_output=True, check=True).stdout.decode()
    assert "verified office affair" in " ".join(out.split())


def test_a_long_title_wraps(words: Callable[..., str]) -> None:
    assert " ".join(VARIANTS["long_names"]().title.split()) in words("long_names")


def test_two_renders_give_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys; from tests.formats.made_report import large; from auditkit.formats import render; "
        "sys.stdout.buffer.write(render(large(), 'pdf', edition='executive'))"
    )
    root = Path(__file__).parents[2]
    made = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            cwd=root,
            env={"PYTHONPATH": str(root), "PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": epoch, "TZ": zone, "HOME": str(tmp_path)},
        ).stdout
        for seed, epoch, zone in (("1", "1", "UTC"), ("2", "2000000000", "Asia/Tokyo"))
    ]
    assert made[0] == made[1] == render(large(), "pdf", edition="executive")


def test_the_result_is_attached_and_its_hash_is_printed(words: Callable[..., str]) -> None:
    data = json.render(VARIANTS["voice"]())
    document = opened(rendered("voice"))
    attached = document.attachments["findings.json"].get_file().read_bytes()
    assert attached == data
    assert hashlib.sha256(data).hexdigest() in words("voice").replace(" ", "")
    assert json.read_report(attached).title == "Front-desk voice agent"


def test_an_archival_file_is_pdf_a_with_the_result_attached() -> None:
    document = opened(render(voice(), "pdf", edition="executive", archival=True))
    with document.open_metadata() as metadata:
        assert metadata.pdfa_status == "3A"
    assert list(document.attachments) == ["findings.json"]
    assert "/OutputIntents" in document.Root


def test_editions_hold_their_parts(words: Callable[..., str]) -> None:
    executive, engineer, auditor = (words("voice", edition=e) for e in ("executive", "engineer", "auditor"))
    assert "Decision taken" in executive
    assert "Done when" not in executive
    assert len(executive) < len(auditor)
    assert "Done when" in engineer
    assert "Decision taken" not in engineer
    assert "27 % of calls end right [12–45]" in engineer
    for title in ("Who reads what", "How the numbers were made", "Twelve pieces of evidence", "Of 58 checks"):
        assert title in auditor
        assert title not in engineer
    assert pages(rendered("voice", edition="executive")) == 5


def test_a_draft_says_so_on_every_page(words: Callable[..., str]) -> None:
    assert words("keep").count("DRAFT, not for decisions") == pages(rendered("keep"))
    assert "DRAFT" not in words("voice")


def test_letter_paper_holds_the_same_pages() -> None:
    document = opened(rendered("voice", paper="letter"))
    assert [float(x) for x in document.pages[0].mediabox[2:]] == [612, 792]
    assert len(document.pages) <= pages(rendered("voice")) + 1


@pytest.mark.parametrize("name", ["unstated", "no_steps"])
def test_without_a_rate_no_percentage_is_printed_for_endings(name: str, words: Callable[..., str]) -> None:
    text = words(name)
    assert "Nobody stated or measured" in text
    assert "end right [" not in text
    assert "fail unnoticed [" not in text
    assert "90 % interval" not in text


def test_hostile_text_stays_text(words: Callable[..., str]) -> None:
    text = words("hostile")
    for evil in ("<img src=", "{{7*7}}", "javascript:alert(1)", "</style><script>", "=HYPERLINK("):
        assert evil in text or evil in text.replace(" ", "")
    assert "root:" not in text
    document = opened(rendered("hostile"))
    for sheet in document.pages:
        for note in sheet.get("/Annots", ()):
            assert "/URI" not in note.get("/A", {})
    assert b"JavaScript" not in rendered("hostile")


def test_nothing_is_fetched_while_a_hostile_report_is_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    seen: list[str] = []
    real = pdf.shipped
    monkeypatch.setattr(pdf, "shipped", lambda url: seen.append(url) or real(url))
    monkeypatch.setattr(socket.socket, "connect", lambda *a: pytest.fail("the network was used"))
    render(hostile(), "pdf", edition="executive")
    assert seen
    assert all(url.startswith("auditkit:/fonts/") for url in seen)


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.test/x",
        "file:///etc/passwd",
        "auditkit:/fonts/../pdf.py",
        "auditkit:/../x/y",
        "auditkit:/fonts/%2e%2e/pdf.py",
        "auditkit://host/fonts/OFL.txt",
        "auditkit:/etc/passwd",
        "auditkit:/fonts/nothing.ttf",
        "ftp://x/y",
        "/etc/passwd",
        "",
        "auditkit:/templates/web.js",
    ],
)
def test_the_fetcher_refuses_what_is_not_in_the_package(url: str) -> None:
    with pytest.raises(ValueError, match="loads nothing"):
        pdf.shipped(url)


def test_without_pango_the_line_to_type_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(MissingLibrary, match="apt-get install libpango") as caught:
        render(voice(), "pdf")
    assert caught.value.what == "a PDF needs pango, which this machine lacks"


def test_a_brand_prints_its_name_and_refuses_vector_logos() -> None:
    with pytest.raises(ValueError, match="PNG or JPEG"):
        Brand(name="x", logo=b"<svg onload='alert(1)'/>")
    html = pdf.document(voice(), Budget(), edition="executive", brand=Brand(name="Acme & Sons"), paper="A4", digest="0" * 64)
    assert "Acme &amp; Sons" in html


def test_templates_escape_and_know_their_names() -> None:
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        page("paper.html.j2", {"parts": ()})
    html = pdf.document(hostile(), Budget(), edition="auditor", brand=None, paper="A4", digest="0" * 64)
    assert "<script" not in html
    assert "\x07" not in html
    assert "\u202e" not in html
    assert html.count("<style>") == html.count("</style>") == 1
    assert EVIL[0] not in html
