"""What a shell command or an address says that it does, when it stands in the code."""

from __future__ import annotations

import re

from auditkit.syntax.patterns import later
from auditkit.syntax.python.values import Const, Many, Value


def _listed(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


_ASKS = later(
    r"(?i)/(?:[\w.:-]*search|query|lookup|graphql|embeddings?|(?:chat/)?completions?|generate|predict|messages/count_tokens|"
    r"(?:oauth2?/)?token|login|auth|rerank|scrape|extract|analyze|classify|geocode|[\w.-]*:generateContent)/?$")
"""Ends of addresses to which a POST asks and changes nothing."""
_LOOKING = _listed("""
    ls cat grep rg find head tail wc ps df du which where uname whoami pwd echo file stat nvidia-smi ffprobe pdftotext lsof
    env printenv date hostname id tree diff jq sysctl ruff mypy flake8 black pylint tput stty clear cls xdg-open open free
    uptime lscpu ffmpeg pandoc dot tesseract ipconfig ifconfig netstat ping exiftool""")
_GIT = _listed("""
    diff log status show rev-parse ls-files branch remote blame describe config ls-remote rev-list shortlog merge-base cat-file
    """)
_ABOUT = frozenset(("--version", "-v", "version", "-V", "--help"))
_RUNNERS = (("uv", "run"), ("poetry", "run"), ("pipx", "run"), ("hatch", "run"), ("uvx",), ("npx",))
"""Words in front of a program that only find it."""
_SHELLS = frozenset(("sh", "bash", "zsh", "cmd", "powershell", "pwsh", "python", "python3", "node", "sudo", "ssh", "docker"))


def asks(url: str | None) -> bool:
    """Whether a POST to an address asks (a search, a login, a model) and changes nothing."""
    return url is not None and _ASKS.search(url.partition("?")[0]) is not None


def command_effect(value: Value | None) -> str:
    """`read` for a command that stands in the code and only looks; "" when it is another or not known."""
    if value is None:
        return ""
    for one in value.options():
        parts = _parts(one)
        if not parts or re.search(r"[;&|><`$]", " ".join(parts)) or not _looks(parts):
            return ""
    return "read"


def fixed_program(value: Value | None) -> bool:
    """Whether a command runs a program that the code names, and no shell or interpreter."""
    if value is None:
        return False
    firsts = [_parts(one)[:1] for one in value.options()]
    return all(first and first[0].rpartition("/")[2] not in _SHELLS and "{" not in first[0] for first in firsts)


def _parts(value: Value) -> list[str]:
    if isinstance(value, Many):
        parts = [str(v.value) if isinstance(v, Const) else "{}" for v in value.items[:6]]
    else:
        parts = value.value.split() if isinstance(value, Const) and isinstance(value.value, str) else []
    for runner in _RUNNERS:
        if tuple(parts[: len(runner)]) == runner and len(parts) > len(runner):
            return parts[len(runner) :]
    return parts


def _looks(parts: list[str]) -> bool:
    command, first = parts[0].rpartition("/")[2], parts[1] if len(parts) > 1 else ""
    return command in _LOOKING or first in _ABOUT or (command == "git" and first in _GIT)
