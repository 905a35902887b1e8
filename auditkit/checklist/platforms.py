"""What to do about a finding in a platform's own words: data beside the checklists, one file a platform."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from auditkit.shipped import folder
from auditkit.syntax.tables import read_table


@lru_cache(maxsize=8)
def fixes_on(platform: str) -> Mapping[str, tuple[str, ...]]:
    """Check id to the steps of its repair on a platform; empty for a platform without words of its own.

    Checks for which the platform has no lever are left out: their general advice holds.
    """
    if not platform.isalnum():
        return MappingProxyType({})
    path = folder("checklists") / "platforms" / f"{platform}.yaml"
    if not path.is_file():
        return MappingProxyType({})
    return MappingProxyType({str(check): tuple(str(step) for step in steps) for check, steps in read_table(path).items()})
