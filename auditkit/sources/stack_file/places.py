"""`seen:` and other places: where something was seen, as `path:line` or `path:line@commit`.

`seen:` is one place or a list of them (of the component as a whole), or it says for each key where that was seen
(`decider: src/flow.py:12`), or for each place what was seen there (`src/flow.py:12: [id, decider]`). `id` stands
for the component itself. An item of a set is named after its key: `next.qualify`, and by its position where it
has no name of its own: `failure_branches.1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from auditkit.model.base import Frozen
from auditkit.model.receipts import Inspected
from auditkit.model.vocabulary import Edge
from auditkit.sources.stack_file.page import Page, unknown, what
from auditkit.syntax.documents import Mapping, Node, Scalar, Sequence
from auditkit.syntax.patterns import later
from auditkit.syntax.words import shown

_COMMIT = later(r"[0-9a-f]{7,64}")
PLACE = later(r".+:[0-9]{1,8}(?:@[0-9a-f]{7,64})?")
ITSELF = "id"
"""In `seen`: the component as such."""
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
    """The places of each key that was seen, of items of sets, and of the component (`id`)."""
    names = [ITSELF, *written]
    found: dict[str, tuple[Inspected, ...]] = {}
    for name, at, places in _seen(page, node):
        if name in names:
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *places)))
        else:
            guess = page.guess(name, names[1:])
            page.wrong(
                at,
                f"'seen' names {shown(name)}, which {holder} does not state",
                f"did you mean '{guess}'?" if guess else f"write '{name.rpartition('.')[2][:40]}' as well",
            )
    return found


def item_name(value: Any, position: int) -> str:
    """How `seen` names an item of a set, after the key and a dot; positions count from 1."""
    if isinstance(value, Edge):
        return str(value.to)
    return str(position) if isinstance(value, Frozen) else str(value)


def _seen(page: Page, node: Mapping) -> Iterator[tuple[str, Node, tuple[Inspected, ...]]]:
    """What was seen, where it stands in the file, and its places; both ways round."""
    turned = [e for e in node.entries if PLACE.fullmatch(e.key.text.strip())]
    for name, key, value in _flat(Mapping(tuple(e for e in node.entries if e not in turned), 0, 0), ""):
        yield name, key, read_places(page, value)
    for entry in turned:
        place = _place(page, entry.key)
        for item in entry.value.items if isinstance(entry.value, Sequence) else (entry.value,):
            if not isinstance(item, Scalar) or item.empty:
                page.wrong(item, "a place is followed by the keys that were seen there", "write [id] or key names")
            elif place is not None:
                yield item.text.strip(), item, (place,)


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
