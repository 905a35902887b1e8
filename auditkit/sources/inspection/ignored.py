"""What .gitignore files hide, as git reads them."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

MOST_BYTES = 200_000
MOST_RULES = 2_000


class Ignored:
    """The rules in force in one folder: those of its own .gitignore after those of the folders above."""

    def __init__(self, root: Path, rules: tuple[tuple[str, re.Pattern[str], bool, bool], ...] = ()) -> None:
        self.root = root
        self.rules = rules

    def within(self, below: str, present: bool) -> Ignored:
        """The rules in force in a folder below, with its own .gitignore if it has one."""
        if not present:
            return self
        path = self.root / below / ".gitignore"
        try:
            if path.is_symlink() or path.stat().st_size > MOST_BYTES:
                return self
            lines = path.read_text("utf-8", "replace").splitlines()[:MOST_RULES]
        except OSError:
            return self
        return Ignored(self.root, (*self.rules, *(rule for line in lines if (rule := _rule(below, line)))))

    def hides(self, path: str, *, folder: bool) -> bool:
        """Whether git would leave a path out; the last rule that matches decides."""
        hidden = False
        for base, pattern, only_folders, negated in self.rules:
            if only_folders and not folder:
                continue
            inside = path[len(base) + 1:] if base else path
            if pattern.fullmatch(inside):
                hidden = not negated
        return hidden


def _rule(base: str, line: str) -> tuple[str, re.Pattern[str], bool, bool] | None:
    text = line.rstrip()
    if not text or text.startswith("#"):
        return None
    negated = text.startswith("!")
    text = text[1:] if negated else text
    only_folders = text.endswith("/")
    text = text.rstrip("/")
    anchored = "/" in text
    text = text.lstrip("/")
    if not text or len(text) > 200:
        return None
    return base, _pattern(text, anchored), only_folders, negated


@lru_cache(maxsize=4096)
def _pattern(text: str, anchored: bool) -> re.Pattern[str]:
    """A glob of git as an expression. `*` never crosses a '/'; runs of stars are one, so that nothing explodes."""
    out: list[str] = [] if anchored else ["(?:.*/)?"]
    i = 0
    while i < len(text):
        c = text[i]
        if text.startswith("**/", i):
            out.append("(?:.*/)?")
            i += 3
            continue
        if c == "*":
            end = i
            while end < len(text) and text[end] == "*":
                end += 1
            out.append(".*" if end - i > 1 else "[^/]*")
            i = end
            continue
        if c == "[" and (close := text.find("]", i + 2)) > 0:
            inner = text[i + 1:close].replace("\\", "\\\\").replace("[", "\\[")
            out.append("[" + ("^" + inner[1:] if inner[0] in "!^" else inner) + "]")
            i = close + 1
            continue
        if c == "\\" and i + 1 < len(text):
            i += 1
            c = text[i]
            out.append(re.escape(c))
        else:
            out.append("[^/]" if c == "?" else re.escape(c))
        i += 1
    try:
        return re.compile("".join(out))
    except re.error:
        return re.compile(re.escape(text))
