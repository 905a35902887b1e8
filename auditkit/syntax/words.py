"""Words as people write them: near misses, lists in a sentence, and what an error may quote."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from auditkit.syntax.patterns import later

QUOTED = 40
"""An error quotes at most so many characters of a value."""

_NEAR = 0.75
_SECRET = later(
    r"""-----BEGIN[ A-Z]*
      | (?<![A-Za-z0-9])(?:sk|pk|rk|ghp|gho|ghs|ghu|glpat|xox[a-z]|whsec|hf)[-_](?=[\w\-]*[0-9])[\w\-]{8,}
      | github_pat_\w+
      | (?:AKIA|ASIA)[A-Z0-9]{12,}
      | AIza[\w\-]{20,}
      | eyJ[\w\-]{8,}(?:\.[\w\-]+)*
      | (?<=://)[^\s/:@]+:[^\s/@]+(?=@)
      | (?i:(?:password|passwd|secret|token|api[_-]?key|authorization)["']?\s*[:=]\s*)["']?[^\s"',}]+
      | (?i:bearer\s+)[\w.\-]{8,}
      | \b[0-9a-fA-F]{32,}\b
      | (?<![A-Za-z0-9])(?=[A-Za-z+]*[0-9])(?=[0-9A-Z+]*[a-z])(?=[0-9a-z+]*[A-Z])[A-Za-z0-9+]{24,}
    """,
    re.VERBOSE,
)


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was most likely meant, or None when a guess would be wild.

    Case, spaces and dashes do not count; a unique beginning (`prod`) and a whole part of a name
    (`crm_mcp` for `crm`) do.
    """
    pool = list(dict.fromkeys(candidates))
    wanted = _plain(word[:80])
    if not wanted:
        return None
    plain = [_plain(c) for c in pool]
    if wanted in plain:
        return pool[plain.index(wanted)]
    best, score = None, 0.0
    matcher = SequenceMatcher(None, b=wanted, autojunk=False)
    for candidate, text in zip(pool, plain):
        if abs(len(text) - len(wanted)) > 4 or len(wanted) < 3 or len(text) < 3:
            continue
        matcher.set_seq1(text)
        if (
            matcher.quick_ratio() >= max(score, _NEAR)
            and (ratio := matcher.ratio()) >= _NEAR
            and ratio > score
        ):
            best, score = candidate, ratio
    return best or _part(wanted, pool, plain)


def _plain(word: str) -> str:
    return re.sub(r"[\s\-]+", "_", word.strip().lower())


def _part(wanted: str, pool: Sequence[str], plain: Sequence[str]) -> str | None:
    """The one candidate that begins with the word, or is a whole part of it."""
    if len(wanted) < 3:
        return None
    begins = [c for c, text in zip(pool, plain) if text.startswith(wanted)]
    if len(begins) == 1:
        return begins[0]
    parts = set(re.split(r"[_.]", wanted))
    inside = [c for c, text in zip(pool, plain) if len(text) > 2 and text in parts]
    return inside[0] if len(inside) == 1 else None


def secret(text: str) -> bool:
    """Whether a text looks like a credential, or holds one."""
    return _SECRET.search(text) is not None


def hide_secrets(text: str) -> str:
    """The text with everything that looks like a credential starred out; its length stays."""
    return _SECRET.sub(lambda match: "*" * len(match[0]), text)


def shown(text: str) -> str:
    """A value as an error may quote it: in quotes, one line, at most 40 characters, never a credential."""
    if secret(text):
        return "a value that looks like a secret (not shown)"
    line = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    return f"'{line}'" if len(line) <= QUOTED else f"'{line[: QUOTED - 1]}…'"


def bare(text: str) -> str:
    """The same without quotes, for what is to be typed."""
    quoted = shown(text)
    return quoted[1:-1] if quoted[0] == "'" else quoted


def listed(words: Iterable[str], last: str = "or") -> str:
    """`a, b or c`."""
    items = list(words)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
