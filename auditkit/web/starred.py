"""Whether something that was typed was starred before it was stored: what looks like a password or a key is not kept."""

from __future__ import annotations

from auditkit.syntax.words import hide_secrets
from auditkit.web.posted import Posted

_OURS = ("csrf", "state", "about", "then", "was:", "here", "do", "id")
"""How the names of fields begin that nobody types."""


def starred(posted: Posted, stored: str) -> bool:
    """Whether the file holds stars in the place of something in a form."""
    typed = {line for name, value in posted.pairs if not name.startswith(_OURS) for line in value.splitlines()}
    return any(_starred(line, stored) for line in typed)


def _starred(line: str, stored: str) -> bool:
    kept = hide_secrets(line)
    hidden = {line[i:j] for i, j in _runs(line, kept)}
    return bool(hidden) and all(part not in stored and "*" * len(part) in stored for part in hidden)


def _runs(line: str, kept: str) -> list[tuple[int, int]]:
    """Where the two differ: from, to."""
    runs: list[tuple[int, int]] = []
    for i, (a, b) in enumerate(zip(line, kept)):
        if a != b and runs and runs[-1][1] == i:
            runs[-1] = (runs[-1][0], i + 1)
        elif a != b:
            runs.append((i, i + 1))
    return runs
