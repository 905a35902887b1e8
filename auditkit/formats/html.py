"""The report as one page of HTML: light and dark, narrow and wide, filtered in place, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
import re

from markupsafe import Markup

from auditkit.formats import json, paperwork, phrases
from auditkit.formats.brand import Brand
from auditkit.formats.drawing import (
    ACCENT,
    AXIS,
    BAND,
    HAIR,
    HARDEN,
    INK,
    INK2,
    KEEP,
    KILL,
    LIGHT,
    MIDDLE,
    RULE,
    WHITE,
    Drawing,
)
from auditkit.formats.found import full_finding, text_of
from auditkit.formats.pages import TEMPLATES, contents, data_url, page, svg
from auditkit.formats.parts import Budget
from auditkit.model.report import Report

ENDING = ".html"
PARTS = {
    "decision": "Decision",
    "breaks": "Where it breaks",
    "next": "What now",
    "roadmap": "Roadmap",
    "findings": "Findings",
    "works": "What works",
    "conflicts": "Conflicts",
    "waivers": "Accepted risks",
    "matrix": "Checklist",
    "method": "Method",
    "evidence": "Evidence",
    "control": "Document control",
}
DARK = {
    INK: "#E8EAEC",
    INK2: "#A9B3BC",
    RULE: "#4A545E",
    HAIR: "#333C45",
    AXIS: "#3C4650",
    BAND: "#27313A",
    ACCENT: "#3FA7B3",
    LIGHT: "#2C5A60",
    MIDDLE: "#35757D",
    WHITE: "#12181E",
    KEEP: "#6FA4E3",
    HARDEN: "#E09A35",
    KILL: "#E0677B",
}
"""Colours of drawings on a dark page."""


def render(report: Report, *, brand: Brand | None = None, **_options: object) -> bytes:
    """One file without anything to load; works without JavaScript, which only filters the findings."""
    digest = hashlib.sha256(json.render(report)).hexdigest()
    budget = Budget(
        full=len(report.issues), rows=len(report.issues), evidence=len(report.evidence), works=len(report.works), sources=200
    )
    style, script = (_shipped(name) for name in ("web.css", "web.js"))
    values = contents(report, budget, digest)
    found = list(phrases.open_issues(report)) + [i for i in report.issues if i.status == "waived"]
    choices = {
        "severity": [s for s in phrases.SEVERITIES if any(i.severity == s for i in found)],
        "outcome": sorted({i.outcome for i in found}),
        "component": sorted({c for i in found for c in i.components}),
    }
    bodies = {i.check: full_finding(report, i, None) for i in found if text_of(report, i.check)}
    nav = [(part, name) for part, name in PARTS.items() if part not in paperwork.absent(report)]
    html = page(
        "web.html.j2",
        {
            **values,
            "choices": choices,
            "bodies": bodies,
            "nav": nav,
            "parts": tuple(PARTS),
            "brand": brand or Brand(),
            "dark": dark_url,
            "style": Markup(style),  # noqa: S704  (ours)
            "script": Markup(script),  # noqa: S704  (ours)
            "style_hash": _hash(style),
            "script_hash": _hash(script),
        },
    )
    # Widths belong to paper; here they would be refused by the policy against inline styles.
    return re.sub(r"<colgroup>.*?</colgroup>| style=\"[^\"]*\"", "", html).encode()


def dark_url(drawing: Drawing) -> Markup:
    """A drawing in the colours of a dark page, as a data URL."""
    image = svg(drawing)
    for light, dark in DARK.items():
        image = image.replace(f'"{light}"', f'"{dark.lower()}"')
    return Markup(data_url(image))  # noqa: S704  (percent-encoded)


def _shipped(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
