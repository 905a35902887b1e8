"""The inspected files line by line, for excerpts: nothing outside the folder, no secret, nothing that steers a screen."""

from __future__ import annotations

import json
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from auditkit.sources.inspection.folder import MOST_BYTES
from auditkit.sources.inspection.project import decoded
from auditkit.syntax.documents import lines_of
from auditkit.syntax.patterns import later
from auditkit.syntax.words import hide_secrets

LONGEST = 160
"""Characters of a line that are shown."""
DATA = 2_000
"""A longer line is data, or a program made small by a machine: its beginning shows nothing of a place in it."""
MOST_KEPT = 64
ABOVE = 3
"""Lines above one that may name what it holds: `API_KEY = (`."""
LONGEST_KEY = 200

_TAB = "    "
_PRIVATE = later(r"(?i)^\.env|\.(?:pem|key|p12|pfx|keystore)$")
_NAMED = later(
    r"""(?i)(?:passw|pwd|secret|token(?!i[sz])|credential|bearer|authorization|(?:api|access|private|signing|master|auth)[_-]?key)
        [\w\-]{0,40} ["'\])]{0,3} \s{0,80}
        (?: : [^=,"'\n]{0,60} )? [=:,] \s{0,80} \(? \s{0,80}
        (?: (?:[\w.]{1,40}\( )? [a-z]{0,2} (["'])(?P<value>[^"'\n]{4,400}) )""",
    re.VERBOSE,
)


@dataclass
class Sources:
    """The files below a folder, or one file alone. What cannot be shown is None; nothing raises."""

    root: Path
    _kept: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def line(self, path: str, n: int) -> str | None:
        """Line `n` (from 1) of a file below the folder: printable, tabs as four blanks, secrets starred, 160 characters."""
        if path not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[path] = self._lines(path)
        rows = self._kept[path]
        if not 1 <= n <= len(rows) or len(rows[n - 1]) > DATA:
            return None
        row = _without_values(rows[max(0, n - 1 - ABOVE) : n])
        row = hide_secrets(_cell(row) if path.endswith(".ipynb") else row)
        text = "".join(c for c in row.replace("\t", _TAB) if _shown(c)).rstrip()
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"

    def _lines(self, path: str) -> tuple[str, ...]:
        try:
            data = _read(self.root, path)
        except (OSError, ValueError):
            return ()
        text = decoded(data) if data is not None else None
        return () if text is None else tuple(_without_keys(lines_of(text)))


def _read(root: Path, path: str) -> bytes | None:
    """The bytes of a regular file below the folder, reached without any link. Raises OSError, ValueError."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or "\\" in path or ".." in parts or _PRIVATE.search(parts[-1]):
        return None
    if root.is_file():
        if path != root.name:
            return None
        root = root.parent
    home = Path(os.path.realpath(root))
    place = home.joinpath(*parts)
    if os.path.realpath(place) != str(place):
        return None
    handle = os.open(place, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as stream:
        info = os.fstat(stream.fileno())
        if not stat.S_ISREG(info.st_mode) or info.st_size > MOST_BYTES:
            return None
        return stream.read(MOST_BYTES)


def _without_keys(rows: Iterable[str]) -> Iterator[str]:
    """The lines, those of a private key starred."""
    left = 0
    for row in rows:
        if "-----BEGIN " in row:
            left = LONGEST_KEY
        yield re.sub(r"[^\s-]", "*", row) if left else row
        left = 0 if "-----END" in row else max(0, left - 1)


def _without_values(rows: Sequence[str]) -> str:
    """The last of some lines; what stands in quotes after a name such as `api_key` is starred."""
    text = "\n".join(row if len(row) <= DATA else "" for row in rows)
    return _NAMED.sub(_hidden, text).split("\n")[-1]


def _hidden(match: re.Match[str]) -> str:
    start, end = (at - match.start() for at in match.span("value"))
    return f"{match[0][:start]}{'*' * (end - start)}{match[0][end:]}"


def _cell(row: str) -> str:
    """A line of a notebook's code: in the file it is a JSON text."""
    try:
        text = json.loads(row.strip().removesuffix(","))
    except (ValueError, RecursionError):
        return row
    return text.split("\n")[0] if isinstance(text, str) else row


def _shown(sign: str) -> bool:
    """Whether a character is seen as itself: no control, no mark that turns the reading direction, no half of a pair."""
    return unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")
