"""`seen:` and other places: where a person looked, as `path:line` or `path:line@commit`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from auditkit.model.receipts import Inspected
from auditkit.sources.stack_file.page import Page, unknown, what
from auditkit.syntax.documents import Mapping, Node, Scalar, Sequence
from auditkit.syntax.words import shown

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_HINT = "write path:line, such as src/flow.py:112"


def read_places(page: Page, node: Node) -> tuple[Inspected, ...]:
    """The receipts of one place or a list of places."""
    if isinstance(node, Mapping):
        page.wrong(node, "a place is text, not keys and values", _HINT)
        return ()
    items = node.items if isinstance(node, Sequence) else (node,)
    found = (_place(page, item) for item in items)
    return tuple(dict.fromkeys(place for place in found if place is not None))


def read_seen(
    page: Page, node: Mapping, written: Iterable[str], holder: str
) -> dict[str, tuple[Inspected, ...]]:
    """The places of each key that was seen; keys are dotted, or nested as in the component itself."""
    names = list(written)
    found: dict[str, tuple[Inspected, ...]] = {}
    for name, key, value in _flat(node, ""):
        if name in names:
            found[name] = read_places(page, value)
        else:
            guess = page.guess(name, names)
            page.wrong(
                key,
                f"'seen' names {shown(name)}, which {holder} does not state",
                f"did you mean '{guess}'?" if guess else f"write '{name.rpartition('.')[2][:40]}' as well",
            )
    return found


def _flat(node: Mapping, prefix: str) -> Iterator[tuple[str, Scalar, Node]]:
    for entry in node.entries:
        name = prefix + entry.key.text
        if isinstance(entry.value, Mapping):
            yield from _flat(entry.value, f"{name}.")
        else:
            yield name, entry.key, entry.value


def _place(page: Page, node: Node) -> Inspected | None:
    if not isinstance(node, Scalar):
        page.wrong(node, f"a place is text, not {what(node)}", _HINT)
        return None
    text = node.text.strip()
    if node.empty or unknown(node):
        page.wrong(node, "'seen' names no place", _HINT)
        return None
    rest, at, commit = text.rpartition("@")
    if not at or "/" in commit or ":" in commit:
        rest, at, commit = text, "", ""
    path, _, line = rest.rpartition(":")
    problem, hint = _path_problem(path or rest)
    if not problem and not re.fullmatch(r"[0-9]{1,8}", line if path else ""):
        problem, hint = "has no line number", _HINT
    elif not problem and not int(line):
        problem, hint = "counts lines from 1", ""
    elif not problem and at and not _COMMIT.fullmatch(commit):
        problem, hint = "does not end in a commit", "a commit is 7 to 64 digits and letters a to f"
    if problem:
        page.wrong(node, f"the place {shown(text)} {problem}", hint)
        return None
    return Inspected(path=path, line=int(line), commit=commit or page.voice.commit, who=page.voice.lead)


def _path_problem(path: str) -> tuple[str, str]:
    """What is wrong with a path that should lie inside the audited folder, and a hint."""
    if "://" in path:
        return "is an address", "give a path inside the audited folder"
    if path.startswith(("/", "~")) or re.match(r"[A-Za-z]:[\\/]", path):
        return "is an absolute path", "give it from the audited folder, such as src/flow.py:112"
    if "\\" in path:
        return "has backslashes", "write '/' between folders"
    if ".." in path.split("/"):
        return "leaves the audited folder ('..')", "give a path inside it"
    if not path.strip() or len(path) > 400 or not path.isprintable():
        return "has no path", _HINT
    return "", ""
