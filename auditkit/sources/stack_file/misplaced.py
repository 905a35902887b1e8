"""Where a key that cannot stand here would belong."""

from __future__ import annotations

from functools import cache

from auditkit.model.keys import groups, keys
from auditkit.model.vocabulary import KINDS, SECTION_OF
from auditkit.sources.stack_file.page import KIND_WORDS, Page
from auditkit.syntax.documents import Scalar
from auditkit.syntax.words import listed, shown

COMMON = ("id", "note", "said_by", "said_on", "said", "seen")
"""Keys that every component takes beside those of its kind."""

COMPUTED = "computed"


@cache
def level(kind: str, prefix: str = "") -> tuple[str, ...]:
    """The names that can be written at one level of a kind."""
    names = [
        n.removeprefix(prefix).partition(".")[0]
        for n, key in keys(kind).items()
        if n.startswith(prefix) and not key.derived
    ]
    common = () if prefix else tuple(c for c in COMMON if c != "id" or kind != "system")
    return tuple(dict.fromkeys((*names, *common)))


@cache
def _homes() -> dict[str, tuple[tuple[str, str], ...]]:
    """For each plain name, the kinds that have it and the group it stands in ("" for none)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for kind in KINDS:
        for name, key in keys(kind).items():
            group, _, last = name.rpartition(".")
            if not key.derived:
                found.setdefault(last, []).append((kind, group))
    return {name: tuple(homes) for name, homes in found.items()}


def refuse(page: Page, kind: str, prefix: str, node: Scalar) -> None:
    """Notes that a kind has no such key here, and where it belongs or what was meant."""
    name = node.text
    dotted = f"{prefix}{name}"
    key = keys(kind).get(dotted)
    if (key is not None and key.derived) or (dotted == COMPUTED and kind == "system"):
        page.wrong(node, f"{shown(name)} is computed, not written", "take it out")
        return
    inside = f"'{prefix[:-1]}' in {KIND_WORDS[kind]}" if prefix else KIND_WORDS[kind]
    page.wrong(node, f"{inside} has no {shown(name)}", _hint(page, kind, prefix, name))


def _hint(page: Page, kind: str, prefix: str, name: str) -> str:
    if name in keys(kind) and "." in name and not prefix:
        group, _, last = name.rpartition(".")
        return f"write '{last}' under '{group}:'"
    here = level(kind, prefix)
    homes = _homes().get(name, ())
    own = [group for other, group in homes if other == kind]
    if own or name in groups(kind):
        return belongs(own[0] if own else name.rpartition(".")[0], kind)
    if prefix and name in COMMON:
        return f"it belongs to {KIND_WORDS[kind]} as a whole"
    guess = page.guess(name, here)
    if guess:
        return f"did you mean '{guess}'?"
    if homes:
        places = dict.fromkeys("stack" if other == "system" else SECTION_OF[other] for other, _ in homes)
        return f"that is a key of {listed(places, 'and')}"
    deeper = page.guess(
        name, [n.rpartition(".")[2] for n, k in keys(kind).items() if "." in n and not k.derived]
    )
    if deeper:
        group = next(g for other, g in _homes()[deeper] if other == kind)
        return f"did you mean '{deeper}' under '{group}'?"
    return f"it holds {listed(here, 'and')}" if len(here) <= 12 else "'auditkit schema stack' lists the keys"


def belongs(group: str, kind: str) -> str:
    """The hint that names a group, or the component itself."""
    return f"it belongs under '{group}'" if group else f"it belongs directly to {KIND_WORDS[kind]}"
