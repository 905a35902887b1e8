"""Where the data that ships with AuditKit lies: in a wheel, or in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
FOLDERS = ("checklists", "templates", "sample_stacks")


def folder(name: str) -> Path:
    """The folder `name` (one of FOLDERS). Raises FileNotFoundError when the installation is damaged."""
    if name not in FOLDERS:
        raise ValueError(f"no shipped folder {name!r}")
    for place in (PACKAGE / "_shipped" / name, PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"the installation lacks its folder {name}; install AuditKit again")
