"""Rendering a report into files, each by its ending; what cannot be written does not stop the rest."""

from __future__ import annotations

import contextlib
import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from auditkit.cli.failures import reason
from auditkit.cli.files import write
from auditkit.errors import InputError, MissingLibrary, Problem
from auditkit.formats import Brand, endings, render
from auditkit.model.report import Report
from auditkit.syntax.documents import Scalar, parse


@dataclass(frozen=True)
class Written:
    """One output: where, what to say of it, or why it is not there and what to install."""

    path: Path
    said: str = ""
    error: str | None = None
    install: str | None = None


def check_endings(paths: Sequence[Path]) -> None:
    """Fails before any work is done when an ending or a folder is wrong."""
    problems = []
    for path in paths:
        if path.suffix not in endings():
            problems.append(Problem(str(path), 0, f"no format {path.suffix or 'without an ending'}",
                                    f"there are {', '.join(endings())}"))
        elif not path.parent.is_dir():
            problems.append(Problem(str(path), 0, "its folder does not exist", f"make it first: mkdir -p {path.parent}"))
        elif path.is_dir():
            problems.append(Problem(str(path), 0, "is a folder", "name a file in it"))
    if problems:
        raise InputError(*problems)


def brand_of(name: str | None) -> Brand | None:
    """The brand that a small YAML file holds (`name:`, `logo: file.png`). Raises InputError."""
    if name is None:
        return None
    try:
        top = parse(Path(name).read_bytes(), name)
    except OSError as error:
        raise InputError(Problem(name, 0, reason(error), "a brand file holds 'name:' and 'logo:'")) from None
    values: dict[str, str] = {}
    for entry in top.entries:
        if entry.key.text not in ("name", "logo") or not isinstance(entry.value, Scalar):
            raise InputError(Problem(name, entry.key.line, f"a brand has no {entry.key.text!r}", "it holds 'name:' and 'logo:'"))
        values[entry.key.text] = entry.value.text
    try:
        logo = (Path(name).parent / values["logo"]).read_bytes() if "logo" in values else None
        return Brand(values.get("name"), logo)
    except (OSError, ValueError) as error:
        said = reason(error) if isinstance(error, OSError) else str(error)
        hint = "give a PNG or JPEG file of at most 1 MB"
        raise InputError(Problem(name, 0, f"the logo cannot be used: {said}", hint)) from None


def write_all(report: Report, paths: Sequence[Path], *, edition: str, brand: Brand | None = None) -> list[Written]:
    """Writes each file; on a terminal, says which one is being made."""
    written = []
    busy = sys.stderr.isatty()
    for path in paths:
        if busy:
            click.echo(f"Writing {path} ...\r", err=True, nl=False)
        written.append(_one(report, path, edition, brand))
        if busy:
            click.echo(" " * (12 + len(str(path))) + "\r", err=True, nl=False)
    return written


def _one(report: Report, path: Path, edition: Any, brand: Brand | None) -> Written:
    try:
        data = render(report, path.suffix, edition=edition, brand=brand)
        write(path, data)
    except MissingLibrary as error:
        return Written(path, error=f"{error.what}. Install it:", install=error.install)
    except OSError as error:
        return Written(path, error=reason(error))
    return Written(path, said=_said(report, path, data))


def _said(report: Report, path: Path, data: bytes) -> str:
    draft = ", draft" if report.status == "draft" else ""
    if path.suffix == ".pdf":
        return f"{pages_of(data)} pages{draft}"
    if path.suffix == ".csv":
        return f"{len(report.findings)} findings"
    return ""


def pages_of(pdf: bytes) -> int:
    """How many pages a PDF of ours has: the root of its page tree counts them, in plain or in packed objects."""
    trees = [tree for text in (pdf, *_unpacked(pdf)) for tree in re.findall(rb"<<[^<>]*/Type /Pages\b[^<>]*>>", text)]
    counts = [int(n) for tree in trees for n in re.findall(rb"/Count (\d+)", tree)]
    return max(counts, default=0)


def _unpacked(pdf: bytes) -> Iterator[bytes]:
    """The packed objects of a PDF."""
    for match in re.finditer(rb"/Type /ObjStm.*?stream\r?\n", pdf, re.DOTALL):
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj().decompress(pdf[match.end():])
