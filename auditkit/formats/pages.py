"""The templates of documents, and what they are given: plain data and functions, never code from a report."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from auditkit.formats import figures, found, numbers, paperwork, parts, phrases, statements, stepgraph, titles
from auditkit.formats.drawing import Drawing
from auditkit.model.report import Report

TEMPLATES = Path(__file__).parent / "templates"
FACES = {"serif": "Charis SIL, Charter, serif", "mono": "Fira Code, monospace"}
_KEPT = "\t\n"
_HIDDEN = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff")


def visible(value: Any) -> Any:
    """Text without control characters and without marks that turn the reading direction; the rest as it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(c for c in value if c in _KEPT or (c not in _HIDDEN and unicodedata.category(c) not in ("Cc", "Cs", "Cn")))


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """Jinja with escaping everywhere, in its sandbox; an unknown name is an error."""
    env = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(
        n=lambda x: Markup(f"{x:.2f}".rstrip("0").rstrip(".") or "0"),  # noqa: S704  (a number)
        percent=numbers.percent,
        points=numbers.points,
        day=numbers.day,
        short_day=numbers.short_day,
        first_up=numbers.first_up,
        lower_first=lambda text: text[:1].lower() + text[1:],
        long=lambda title: Markup(' class="long"') if len(title) > titles.LONGEST_TITLE else "",
        cut=numbers.cut,
        money=numbers.money,
        receipt=statements.receipt_text,
        place=statements.place,
        source=statements.source,
        letter=statements.letter,
    )
    env.globals.update(words=numbers.word, count=numbers.count, fonts=FACES)
    return env


def svg(drawing: Drawing) -> str:
    """A drawing as an SVG document."""
    return environment().get_template("drawing.svg.j2").render(d=drawing)


def data_url(image: str) -> str:
    """An SVG document as a data URL."""
    return f"data:image/svg+xml,{quote(image, safe=' =:/,;-')}".replace(" ", "%20")


def page(name: str, values: Mapping[str, Any]) -> str:
    """One template, filled."""
    return environment().get_template(name).render(**values)


def contents(report: Report, budget: parts.Budget, digest: str) -> dict[str, Any]:
    """Everything that the templates of documents print, from one report."""
    picture = stepgraph.picture(report, full_width=not report.reliability.stated)
    return {
        "report": report,
        "r": report.reliability,
        "e": report.engagement,
        "say": _sentences(report),
        "noun": report.noun,
        "groups": parts.decision_groups(report),
        "actions": parts.actions(report),
        "windows": parts.windows(report),
        "fixes": parts.roadmap_rows(report),
        "more_fixes": len(report.roadmap) - parts.MOST_FIXES,
        "stage": parts.stage_of(report),
        "issues": found.issue_table(report, budget),
        "full": found.full_findings(report, budget),
        "open": phrases.open_issues(report),
        "matrix": found.sheets(found.matrix(report)),
        "not_applicable": found.reasons(report, "not_applicable"),
        "unknown": found.reasons(report, "unknown"),
        "works": found.works_rows(report, budget),
        "budget": budget,
        "picture": picture,
        "cover_bars": figures.cover_bars(report),
        "strip": figures.evidence_strip(report),
        "curve": figures.curve(report),
        "columns": figures.roadmap_columns(report),
        "url": lambda drawing: Markup(data_url(svg(drawing))),  # noqa: S704  (percent-encoded)
        "digest": digest,
        **paperwork.contents(report, budget, digest),
    }


def _sentences(report: Report) -> dict[str, Any]:
    """Every sentence by name: the public functions of `phrases` and `titles` that need only the report."""
    names = (
        "word_of",
        "verdict_words",
        "document_title",
        "subject",
        "headline",
        "after",
        "acts",
        "breaks_lead",
        "rates_note",
        "roadmap_lead",
        "foot",
        "unknown_line",
        "if_nothing",
        "how_sure",
        "rates_rest_on",
        "in_production",
        "verdict_line",
        "instead_word",
    )
    headings = (
        "decision_title",
        "breaks_title",
        "roadmap_title",
        "findings_title",
        "works_title",
        "matrix_title",
        "coverage_line",
        "score_line",
        "evidence_title",
        "method_title",
        "conflicts_title",
        "waivers_title",
    )
    return {name: getattr(module, name)(report) for module, some in ((phrases, names), (titles, headings)) for name in some}
