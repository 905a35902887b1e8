"""What to do in n8n about a finding: advice by check, as data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import yaml


@lru_cache(maxsize=1)
def fixes() -> Mapping[str, tuple[str, ...]]:
    """Check id to the steps of its repair in n8n's own words; checks for which n8n has no lever are left out."""
    path = Path(__file__).parent / "data" / "n8n_fixes.yaml"
    found = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return MappingProxyType({str(check): tuple(str(step) for step in steps) for check, steps in found.items()})
