"""Ranges of versions: what a requirement of pip, Poetry or conda admits."""

from __future__ import annotations

import re
from typing import NamedTuple

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import InvalidVersion, Version

MOST_TEXT = 500
"""A requirement longer than this is not one."""


class Range(NamedTuple):
    """The versions that are admitted: one alone, or those from `lowest` on and below `highest`; None is no end."""

    exact: str | None = None
    lowest: str | None = None
    highest: str | None = None


ANY = Range()


def version(text: str) -> Version | None:
    """A version number, or None for what is none."""
    try:
        return Version(text) if len(text) <= MOST_TEXT else None
    except (InvalidVersion, ValueError):
        return None


def pep440(text: str) -> Range:
    """The range of a specifier such as `>=1.2,<2`; any version when nothing can be made of it."""
    try:
        parts = list(SpecifierSet(text)) if len(text) <= MOST_TEXT else []
    except (InvalidSpecifier, ValueError):
        return ANY
    found: Range | None = ANY
    for part in parts:
        found = _common(found, _one(part)) if found is not None else None
    return found or ANY


def poetry(text: str) -> Range:
    """The range of a constraint as Poetry writes it: `^1.2`, `~1.2`, `1.2.*`, `>=1,<2 || ^3`, or a bare version."""
    if len(text) > MOST_TEXT:
        return ANY
    found: Range | None = None
    for choice in text.split("||"):
        tokens = [t for t in re.split(r"[,\s]+", re.sub(r"([<>=!~^])\s+", r"\1", choice)) if t]
        admitted = pep440(",".join(t for t in map(_poetry_token, tokens) if t))
        found = admitted if found is None else either(found, admitted)
    return found or ANY


def conda(text: str) -> Range:
    """The range of a conda spec after its name: `=1.2` means 1.2 and what begins with it."""
    match = re.fullmatch(r"=?\s*(\d[\w.!+]*)(=[\w.*]+)?", text.strip())
    if match and match[2]:
        return pep440("==" + match[1])
    return pep440(f"=={match[1]}.*") if match else pep440(re.sub(r"(?<![<>=!~])=(?!=)", "==", text.strip()))


def both(a: Range, b: Range) -> Range:
    """What both admit; the first alone when they have nothing in common."""
    return _common(a, b) or a


def either(a: Range, b: Range) -> Range:
    """What one of two admits, with what lies between them."""
    if a == b:
        return a
    lowest = min(a.lowest, b.lowest, key=Version) if a.lowest and b.lowest else None
    highest = max(a.highest, b.highest, key=Version) if a.highest and b.highest else None
    return Range(None, lowest, highest)


def admits(admitted: Range, number: str) -> bool:
    """Whether a version lies in a range."""
    return overlaps(admitted, number, after(Version(number)))


def overlaps(admitted: Range, start: str | None, below: str | None) -> bool:
    """Whether a range admits a version from `start` on and below `below`; None is no end."""
    if admitted.exact is not None:
        one = Version(admitted.exact)
        return (start is None or one >= Version(start)) and (below is None or one < Version(below))
    return ((start is None or admitted.highest is None or Version(start) < Version(admitted.highest))
            and (below is None or admitted.lowest is None or Version(admitted.lowest) < Version(below)))


def after(number: Version) -> str:
    """The next version that a project could release."""
    return _raised([*number.release, 0, 0][:max(3, len(number.release))])


def _common(a: Range, b: Range) -> Range | None:
    for one, other in ((a, b), (b, a)):
        if one.exact is not None:
            return one if admits(other, one.exact) else None
    lowest = max(filter(None, (a.lowest, b.lowest)), key=Version, default=None)
    highest = min(filter(None, (a.highest, b.highest)), key=Version, default=None)
    return None if lowest and highest and Version(lowest) >= Version(highest) else Range(None, lowest, highest)


def _one(part: Specifier) -> Range:
    operator, text = part.operator, part.version
    number = version(text.removesuffix(".*"))
    if number is None:
        return ANY
    if text.endswith(".*"):
        return Range(None, str(number), _raised(number.release)) if operator == "==" else ANY
    if operator in ("==", "==="):
        return Range(str(number), str(number), after(number))
    if operator == "~=":
        return Range(None, str(number), _raised(number.release[:-1]))
    if operator in (">", ">="):
        return Range(None, str(number) if operator == ">=" else after(number), None)
    if operator in ("<", "<="):
        return Range(None, None, str(number) if operator == "<" else after(number))
    return ANY


def _poetry_token(token: str) -> str:
    if token in ("*", ""):
        return ""
    if token[0] == "^" or (token[0] == "~" and not token.startswith("~=")):
        number = version(token[1:])
        return f">={number},<{_ceiling(token[0], number.release)}" if number else ""
    return token if token[0] in "<>=!~" else f"=={token}"


def _ceiling(sign: str, release: tuple[int, ...]) -> str:
    """The first version that a caret or tilde leaves out."""
    if sign == "~":
        return _raised(release[:2])
    first = next((n for n, part in enumerate(release) if part), len(release) - 1)
    return _raised(release[:first + 1])


def _raised(release: tuple[int, ...] | list[int]) -> str:
    *kept, last = release
    return ".".join(map(str, [*kept, last + 1]))
