"""What .gitignore files hide, as git reads them. No regular expressions: a hostile pattern costs no more than its length."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

MOST_BYTES = 200_000
MOST_RULES = 2_000
MOST_LENGTH = 200
_SIGNS = frozenset("*?[\\")
Token = str | tuple[str, frozenset[str] | None]
"""A letter as it is, or ("*", None), ("?", None), ("[", letters), ("!", letters not allowed)."""


@dataclass(frozen=True)
class Rule:
    """One line of a .gitignore: the folder it stands in, its names, and what it asks."""

    base: str
    names: tuple[str, ...]
    anchored: bool
    only_folders: bool
    negated: bool

    @cached_property
    def start(self) -> str:
        """How every path begins that fits: the folder of the rule, and the first name of an anchored one when it is plain."""
        base = f"{self.base}/" if self.base else ""
        return base if not self.anchored or _SIGNS & set(self.names[0]) else base + self.names[0]

    def matches(self, path: str) -> bool:
        """Whether a path fits."""
        if not path.startswith(self.start):
            return False
        if not self.anchored:
            return _name(self.names[0], path.rpartition("/")[2])
        return _path(self.names, tuple((path[len(self.base) + 1:] if self.base else path).split("/")))


class Ignored:
    """The rules in force in one folder: those of its own .gitignore after those of the folders above."""

    def __init__(self, root: Path, rules: tuple[Rule, ...] = ()) -> None:
        self.root = root
        self.rules = rules
        self._plain: dict[str, list[int]] = {}
        """Rules that end in a plain name (`build/`, `/docs/out`), by that name; they are most, and need no look at each."""
        self._others: list[tuple[int, Rule]] = []
        for n, rule in enumerate(rules):
            if _SIGNS & set(rule.names[-1]):
                self._others.append((n, rule))
            else:
                self._plain.setdefault(rule.names[-1], []).append(n)
        self._others.reverse()

    def within(self, below: str, present: bool) -> Ignored:
        """The rules in force in a folder below, with its own .gitignore if it has one."""
        if not present:
            return self
        path = self.root / below / ".gitignore"
        try:
            if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
                return self
            lines = path.read_text("utf-8", "replace").splitlines()[:MOST_RULES]
        except OSError:
            return self
        return Ignored(self.root, (*self.rules, *(rule for line in lines if (rule := _rule(below, line)))))

    def hides(self, path: str, *, folder: bool) -> bool:
        """Whether git would leave a path out; the last rule that matches decides."""
        last = -1
        for n in self._plain.get(path.rpartition("/")[2], ()):
            rule = self.rules[n]
            if (folder or not rule.only_folders) and rule.matches(path):
                last = n
        for n, rule in self._others:
            if n < last:
                break
            if (folder or not rule.only_folders) and rule.matches(path):
                last = n
                break
        return last >= 0 and not self.rules[last].negated


def _rule(base: str, line: str) -> Rule | None:
    text = line.rstrip()
    if not text or text.startswith("#") or len(text) > MOST_LENGTH:
        return None
    negated = text.startswith("!")
    text = text[1:] if negated else text
    only_folders = text.endswith("/")
    text = text.rstrip("/")
    anchored = "/" in text
    names = tuple(n for n in text.split("/") if n)
    return Rule(base, names, anchored, only_folders, negated) if names else None


def _path(names: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    """Whether the parts of a path fit the names of a pattern; `**` is any number of parts (at the end: at least one)."""
    fits = {0}
    for n, name in enumerate(names):
        if name == "**":
            first = min(fits, default=None)
            if first is None:
                return False
            fits = set(range(first + (n == len(names) - 1), len(parts) + 1))
        else:
            fits = {at + 1 for at in fits if at < len(parts) and _name(name, parts[at])}
    return len(parts) in fits


@lru_cache(maxsize=65_536)
def _name(pattern: str, name: str) -> bool:
    """Whether one name fits a glob: only the last star is ever tried again, so it costs at most length times length."""
    if not _SIGNS & set(pattern):
        return pattern == name
    if pattern[0] == "*" and not _SIGNS & set(pattern[1:]):     # `*.log`, the usual kind
        return name.endswith(pattern[1:])
    tokens = _tokens(pattern)
    at = here = 0
    star, mark = -1, 0
    while at < len(name):
        if here < len(tokens) and _is_star(tokens[here]):
            star, mark = here, at
            here += 1
        elif here < len(tokens) and _fits(tokens[here], name[at]):
            here, at = here + 1, at + 1
        elif star >= 0:
            mark += 1
            here, at = star + 1, mark
        else:
            return False
    return all(_is_star(t) for t in tokens[here:])


def _is_star(token: Token) -> bool:
    return isinstance(token, tuple) and token[0] == "*"


def _fits(token: Token, letter: str) -> bool:
    if isinstance(token, str):
        return token == letter
    kind, letters = token
    return kind == "?" or (letters is not None and (letter in letters) == (kind == "["))


@lru_cache(maxsize=4096)
def _tokens(pattern: str) -> tuple[Token, ...]:
    found: list[Token] = []
    n = 0
    while n < len(pattern):
        c = pattern[n]
        close = pattern.find("]", n + 2) if c == "[" else -1
        if c == "*":
            if not (found and _is_star(found[-1])):
                found.append(("*", None))
        elif c == "?":
            found.append(("?", None))
        elif close > 0:
            inner = pattern[n + 1:close]
            kind = "!" if inner[0] in "!^" else "["
            found.append((kind, _letters(inner[1:] if kind == "!" else inner)))
            n = close
        else:
            if c == "\\" and n + 1 < len(pattern):
                n += 1
                c = pattern[n]
            found.append(c)
        n += 1
    return tuple(found)


def _letters(inner: str) -> frozenset[str]:
    """The letters of `a-cx`."""
    found: set[str] = set()
    n = 0
    while n < len(inner):
        if n + 2 < len(inner) and inner[n + 1] == "-" and ord(inner[n]) <= ord(inner[n + 2]) <= ord(inner[n]) + 256:
            found.update(chr(c) for c in range(ord(inner[n]), ord(inner[n + 2]) + 1))
            n += 3
        else:
            found.add(inner[n])
            n += 1
    return frozenset(found)
