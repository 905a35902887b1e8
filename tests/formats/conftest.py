"""Rendered once a session: a PDF costs seconds."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from auditkit.formats import render
from tests.formats.made_report import VARIANTS


@cache
def _rendered(name: str, format: str, options: tuple[tuple[str, object], ...]) -> bytes:
    return render(VARIANTS[name](), format, **dict(options))  # type: ignore[arg-type]


def rendered(name: str, format: str = "pdf", **options: object) -> bytes:
    """A variant in a format, rendered once however it is asked for."""
    return _rendered(name, format, tuple(sorted(options.items())))


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The path of a rendered variant."""
    folder = tmp_path_factory.mktemp("rendered")

    def write(name: str, format: str = "pdf", **options: object) -> Path:
        path = folder / f"{name}{'-'.join(map(str, options.values()))}.{format}"
        if not path.exists():
            path.write_bytes(rendered(name, format, **options))
        return path

    return write


@pytest.fixture(scope="session")
def words(file: Callable[..., Path]) -> Callable[..., str]:
    """The text of a rendered PDF, all white space as single blanks."""
    tool("pdftotext")

    def read(name: str, **options: object) -> str:
        out = subprocess.run(["pdftotext", file(name, **options), "-"], capture_output=True, check=True)
        return " ".join(out.stdout.decode().split())

    return read


def tool(name: str) -> str:
    """The path of a program that the tests need; they fail without it, they do not skip."""
    path = shutil.which(name)
    assert path, f"these tests need {name}: apt-get install poppler-utils qpdf"
    return path
