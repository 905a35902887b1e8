"""Output formats: one module each, found by walking this folder. `render` turns a report into bytes.

A format is a module with `ENDING` (such as ".pdf") and `render(report, **options) -> bytes`.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from auditkit.formats.brand import Brand

if TYPE_CHECKING:
    from auditkit.model.report import Report

Edition = Literal["executive", "engineer", "auditor"]


def render(report: Report, format: str, *, edition: Edition = "auditor", brand: Brand | None = None, **options: object) -> bytes:
    """The report in one format, named by its ending without the dot (`pdf`). Raises KeyError for an unknown one."""
    found = _formats()[f".{format.removeprefix('.')}"]
    written: bytes = found.render(report, edition=edition, brand=brand, **options)
    return written


def endings() -> tuple[str, ...]:
    """The endings of all formats, such as `.pdf`."""
    return tuple(sorted(_formats()))


@cache
def _formats() -> dict[str, ModuleType]:
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {module.ENDING: module for module in modules if hasattr(module, "ENDING")}


__all__ = ["Brand", "Edition", "endings", "render"]
