"""Whether something that was typed was starred before it was stored: what looks like a password or a key is not kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_STARS = re.compile(r"\*{4,}")


def starred(lines: Iterable[str], before: str, after: str) -> bool:
    """Whether the file has stars that it had not before, and that none of the typed lines holds."""
    typed = tuple(lines)
    new = Counter(_STARS.findall(after)) - Counter(_STARS.findall(before))
    return any(all(stars not in line for line in typed) for stars in new)
