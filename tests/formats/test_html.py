"""The page is one file, loads nothing, works without JavaScript, and says what the PDF says."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from auditkit.formats import Brand, render
from tests.formats.conftest import rendered
from tests.formats.made_report import VARIANTS, voice

VOID = {"meta", "img", "source", "br", "input", "link", "hr", "col", "wbr"}


class Page(HTMLParser):
    """Elements and text of a page; complains about tags that do not close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self.feed(html)
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["script"], ["style"]):
            self.pieces.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.pieces).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [a for t, a in self.tags if t == tag]


def opened(name: str) -> Page:
    return Page(rendered(name, "html").decode())


@pytest.mark.parametrize("name", list(VARIANTS))
def test_every_variant_is_well_formed_and_loads_nothing(name: str) -> None:
    page = opened(name)
    for tag, attrs in page.tags:
        assert not any(a.startswith("on") or a == "style" for a in attrs), (tag, attrs)
        for key in ("src", "srcset", "href", "action", "data", "poster"):
            value = attrs.get(key) or "#"
            assert value.startswith(("data:image/", "#")), (tag, key, value)
        assert tag not in ("iframe", "object", "embed", "link", "base")
    assert len(page.all("script")) == 1
    assert len(page.all("style")) == 1


@pytest.mark.parametrize("name", list(VARIANTS))
def test_landmarks_headings_and_links_are_in_order(name: str) -> None:
    page = opened(name)
    assert [len(page.all(tag)) for tag in ("h1", "main", "header", "nav", "footer", "title")] == [1] * 6
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"] for a in page.all("a")} <= {f"#{i}" for i in ids}
    levels = [int(t[1]) for t, _ in page.tags if re.fullmatch("h[1-6]", t)]
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))
    assert all(a.get("scope") in ("col", "row") for a in page.all("th"))
    assert all(a.get("alt") for a in page.all("img"))
    labels = {a["for"] for a in page.all("label")}
    assert {a["id"] for tag in ("select", "input") for a in page.all(tag)} == labels
    assert page.tags[0] == ("html", {"lang": "en"})


def test_the_policy_names_exactly_the_style_and_the_script_of_the_page() -> None:
    html = rendered("voice", "html").decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html).group(1)
    assert policy.startswith(("default-src &#39;none&#39;", "default-src 'none'"))
    for tag in ("style", "script"):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.S).group(1)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_everything_is_there_without_javascript() -> None:
    page = opened("voice")
    cards = [a for t, a in page.tags if t == "article"]
    assert len(cards) == 24
    assert not any("hidden" in c for c in cards)
    assert len(page.all("details")) == 24
    assert "hidden" in page.all("form")[0]


def test_the_page_is_small() -> None:
    assert max(len(rendered(name, "html")) for name in VARIANTS) < 1_500_000


@pytest.mark.parametrize("name", [n for n in VARIANTS if n not in ("hostile", "long_names")])
def test_pdf_and_page_state_the_same_numbers(name: str, words: Callable[..., str]) -> None:
    numbers = re.compile(r"\d[\d,.]*\s%|\[\d+–\d+\]")
    on_paper = set(numbers.findall(words(name, edition="executive").replace("\u202f", " ").replace("\xa0", " ")))
    page = opened(name)
    alts = " ".join(a["alt"] or "" for a in page.all("img"))
    on_screen = set(numbers.findall(f"{page.text} {alts}".replace("\u202f", " ").replace("\xa0", " ")))
    assert on_paper <= on_screen, on_paper - on_screen


def test_hostile_text_stays_text() -> None:
    page = opened("hostile")
    assert '<img src="http://evil.test/a.png" onerror=alert(1)>' in page.text
    assert "{{7*7}}" in page.text
    assert "</style><script>alert(1)</script>" in page.text
    html = rendered("hostile", "html").decode()
    assert "\x07" not in html
    assert "\u202e" not in html
    assert "alert(1)</script>" not in html


def test_a_logo_is_part_of_the_file() -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 20
    html = render(voice(), "html", brand=Brand(name="Acme", logo=png)).decode()
    assert 'src="data:image/png;base64,' in html


def test_two_renders_give_the_same_bytes() -> None:
    assert render(voice(), "html") == render(voice(), "html")
