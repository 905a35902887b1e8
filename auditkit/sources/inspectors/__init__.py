"""One framework, library family or export format a file; found by walking this folder.

Every module here has

    NAME: str                      what the coverage lines call it
    PACKAGES: tuple[str, ...]      the top-level imports that make it worth a look; () for formats of their own
    CONSTRUCTORS: tuple[str, ...]  the dotted names of constructors it makes something of (a trailing `.*` for a family)
    def inspect(project: Project, sketch: Sketch) -> None

`ORDER` (100 when left out) lets what needs the workflows of others come later. Inspectors know nothing of each
other: what one draws, another never reads, except through the sketch.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from types import ModuleType


@lru_cache(maxsize=1)
def inspectors() -> tuple[ModuleType, ...]:
    """All inspectors, in the order in which they are asked."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    found = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(sorted(found, key=lambda m: (getattr(m, "ORDER", 100), m.__name__)))
