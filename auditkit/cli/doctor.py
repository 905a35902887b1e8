"""`auditkit doctor`: what this machine lacks, and how to get it."""

from __future__ import annotations

import platform
import sys
from importlib import metadata

import click

from auditkit import shipped
from auditkit.cli import DONE, WRONG
from auditkit.errors import MissingLibrary

LIBRARIES = ("click", "jinja2", "numpy", "packaging", "pydantic", "pyyaml", "tabulate", "tree-sitter", "weasyprint")
WEB = ("starlette", "uvicorn", "python-multipart")


@click.command(short_help="what this machine lacks, and how to get it")
def command() -> int:
    """Check the machine: Python, libraries, the PDF engine, shipped files. Exit 2 when something is missing.

    \b
    Example:
      auditkit doctor
    """
    rows = [_python(), *(_library(name) for name in LIBRARIES), _pdf(), *(_folder(name) for name in shipped.FOLDERS)]
    for good, what, said in rows:
        click.echo(f"{'ok' if good else 'missing':<12}{what:<20}{said}")
    web = [_library(name)[0] for name in WEB]
    click.echo(f"{'ok' if all(web) else 'not here':<12}{'browser page':<20}"
               + ("interview --web can be served" if all(web) else "only for interview --web: pip install 'auditkit[web]'"))
    missing = [what for good, what, _ in rows if not good]
    click.echo()
    click.echo("Nothing is missing." if not missing else f"Missing: {', '.join(missing)}. Everything else works.")
    return WRONG if missing else DONE


def _python() -> tuple[bool, str, str]:
    return sys.version_info >= (3, 11), "Python", platform.python_version()


def _library(name: str) -> tuple[bool, str, str]:
    try:
        return True, name, metadata.version(name)
    except metadata.PackageNotFoundError:
        return False, name, f"pip install {name}"


def _pdf() -> tuple[bool, str, str]:
    from auditkit.formats.pdf import engine

    try:
        engine()
    except MissingLibrary as error:
        return False, "PDF (pango)", error.install
    return True, "PDF (pango)", "reports can be written as PDF"


def _folder(name: str) -> tuple[bool, str, str]:
    try:
        return True, name, f"{len(list(shipped.folder(name).glob('*.yaml')))} files"
    except FileNotFoundError as error:
        return False, name, str(error)
