"""The report as a tagged PDF on paper: same report, same bytes; nothing is fetched, all fonts are embedded."""

from __future__ import annotations

import hashlib
import mimetypes
import warnings
from datetime import UTC, datetime, time
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from auditkit.errors import MissingLibrary
from auditkit.formats import json
from auditkit.formats.brand import Brand
from auditkit.formats.pages import contents, page
from auditkit.formats.parts import Budget
from auditkit.model.report import Report

ENDING = ".pdf"
SCHEME = "auditkit"
ATTACHMENT = "findings.json"
MOST_PAGES = 20
FONTS = Path(__file__).parent / "fonts"
_PARTS = {
    "executive": ("cover", "decision", "breaks", "next", "roadmap"),
    "engineer": ("masthead", "breaks", "roadmap", "findings", "full", "conflicts", "works"),
    "auditor": (
        "cover",
        "decision",
        "breaks",
        "next",
        "roadmap",
        "findings",
        "full",
        "works",
        "conflicts",
        "waivers",
        "matrix",
        "method",
        "evidence",
        "control",
    ),
}
_INSTALL = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 (macOS: brew install pango)"


def render(
    report: Report,
    *,
    edition: str = "auditor",
    brand: Brand | None = None,
    archival: bool = False,
    paper: Literal["A4", "letter"] = "A4",
    **_options: object,
) -> bytes:
    """One edition as PDF/UA-1, or PDF/A-3a when `archival`; at most 20 pages. Raises MissingLibrary without pango."""
    weasyprint = engine()
    data = json.render(report)
    digest = hashlib.sha256(data)
    budget = Budget()
    while True:
        html = document(report, budget, edition=edition, brand=brand, paper=paper, digest=digest.hexdigest())
        laid = weasyprint.HTML(string=html, base_url=f"{SCHEME}:/", url_fetcher=_fetcher()).render()
        if len(laid.pages) <= MOST_PAGES or budget == budget.tighter():
            break
        budget = budget.tighter()
    when = datetime.combine(report.date, time(), UTC)
    laid.metadata.attachments = [
        weasyprint.Attachment(
            string=data.decode(),
            name=ATTACHMENT,
            description="The report as data",
            created=when,
            modified=when,
            relationship="Data",
        )
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint 70 leaves its colour profile open
        pdf: bytes = laid.write_pdf(
            pdf_variant="pdf/a-3a" if archival else "pdf/ua-1", pdf_tags=True, pdf_identifier=digest.digest()[:16]
        )
    return pdf


def document(report: Report, budget: Budget, *, edition: str, brand: Brand | None, paper: str, digest: str) -> str:
    """The HTML that is laid out: all parts of an edition."""
    parts = _PARTS[edition]
    values = contents(report, budget, digest)
    return page(
        "paper.html.j2",
        {
            **values,
            "parts": parts,
            "edition": edition,
            "brand": brand or Brand(),
            "paper": paper,
            "attachment": ATTACHMENT,
            "scheme": SCHEME,
        },
    )


def engine() -> ModuleType:
    """WeasyPrint, loaded when a PDF is asked for: it costs a second and needs libraries of the system."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about a machine without fonts; ours are embedded
            import weasyprint
    except (ImportError, OSError):
        raise MissingLibrary("a PDF needs pango, which this machine lacks", _INSTALL) from None
    module: ModuleType = weasyprint
    return module


def _fetcher() -> Any:
    """A fetcher that serves `data:` URLs and the fonts and styles of this package, and refuses everything else."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Shipped(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("data:"):
                return super().fetch(url, headers)
            path = shipped(url)
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            return URLFetcherResponse(url, path.read_bytes(), headers={"Content-Type": kind})

    return Shipped(allowed_protocols=("data", SCHEME))


def shipped(url: str) -> Path:
    """The file of this package behind `auditkit:/fonts/...`. Raises ValueError for every other address."""
    parts = urlsplit(url)
    path = PurePosixPath(unquote(parts.path))
    if parts.scheme != SCHEME or parts.netloc or len(path.parts) != 3 or ".." in path.parts:
        raise ValueError("a report loads nothing from outside its package")
    folder, name = path.parts[1:]
    if folder == "fonts" and name in {f.name for f in FONTS.iterdir()}:
        return FONTS / name
    raise ValueError("a report loads nothing from outside its package")
