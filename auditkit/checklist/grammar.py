"""From a node of a checklist to a condition: every key, relation and value is held against the vocabulary."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import BaseModel

from auditkit.checklist.conditions import (
    Both,
    Condition,
    Either,
    Not,
    Plain,
    Related,
    Test,
    relation_target,
    resolve,
)
from auditkit.checklist.page import FLAGS, Page, meant, what
from auditkit.model.keys import Key, groups, keys, record_keys
from auditkit.model.vocabulary import SECTIONS, Rate
from auditkit.syntax.documents import Entry, Mapping, Node, Scalar, Sequence
from auditkit.syntax.words import listed, shown

Quantity = Literal["any", "all", "no", "count"]
COMPARISONS = ("at_least", "at_most", "has_all")


class Seen(NamedTuple):
    """From where a condition looks: a component of a kind, or a record such as a failure branch."""

    kind: str
    record: type[BaseModel] | None = None

    @property
    def noun(self) -> str:
        """It in words."""
        if self.record is not None:
            return f"a {self.record.__name__.lower()}"
        article = "an" if self.kind[0] in "aei" else "a"
        return "the system" if self.kind == "system" else f"{article} {self.kind.replace('_', ' ')}"

    @property
    def paths(self) -> list[str]:
        """Every path that begins with one of its keys, one reference deep."""
        table = record_keys(self.record) if self.record else keys(self.kind)
        inner = [f"{name}.{rest}" for name, key in table.items() if key.refers_to and not key.many
                 for rest in keys(key.refers_to)]
        return [*table, *inner, *(f"system.{name}" for name in keys("system"))]


def read_condition(page: Page, node: Node, seen: Seen) -> Condition:
    """The condition that a node holds; problems are noted on the page."""
    if not isinstance(node, Mapping):
        page.wrong(node, f"a condition is written as keys and values, not as {what(node)}",
                   "write {key: value}")
        return Both()
    if not node.entries:
        page.wrong(node, "a condition is empty", "name a key and a value")
    parts = [part for entry in node.entries for part in _entry(page, entry, seen)]
    return parts[0] if len(parts) == 1 else Both(tuple(parts))


def _entry(page: Page, entry: Entry, seen: Seen) -> list[Condition]:
    name, value = entry.key.text, entry.value
    match name:
        case "any" | "all" | "no" | "count":
            return _related(page, name, value, seen)
        case "any_of" | "all_of":
            parts = tuple(read_condition(page, item, seen) for item in page.sequence(value, name))
            return [Either(parts) if name == "any_of" else Both(parts)]
        case "not":
            return [Not(read_condition(page, value, seen))]
        case _:
            return _tests(page, entry, seen)


def _related(page: Page, quantity: Quantity, node: Node, seen: Seen) -> list[Condition]:
    body = page.mapping(node, quantity)
    if body is None:
        return []
    limits = ("at_least", "at_most") if quantity == "count" else ()
    found = page.fields(body, f"'{quantity}'", ["of"], ["that", *limits])
    if "of" not in found:
        return []
    relation = page.text(found["of"], "of")
    if seen.record is not None:
        page.wrong(found["of"], f"{seen.noun} has nothing related to it", "ask about its keys")
        return []
    target = relation_target(relation, seen.kind)
    if target is None:
        page.wrong(found["of"], f"{seen.noun} has no relation {shown(relation)}",
                   _relation_hint(relation, seen))
        return []
    that = read_condition(page, found["that"], Seen(*target)) if "that" in found else Both()
    numbers = {name: page.whole(found[name], name) for name in limits if name in found}
    if quantity == "count" and not numbers:
        page.wrong(body, "'count' has no bound", "write at_least: or at_most: and a number")
    return [Related(quantity, relation, that, numbers.get("at_least"), numbers.get("at_most"))]


def _relation_hint(relation: str, seen: Seen) -> str:
    names = [n for n in (*keys(seen.kind), *SECTIONS) if relation_target(n, seen.kind) is not None]
    return meant(relation, names, f"it has {listed(names, 'and')}" if names else "ask about its keys")


# Tests of one key -----------------------------------------------------------------------------------------

def _tests(page: Page, entry: Entry, seen: Seen) -> list[Condition]:
    path, node = entry.key.text, entry.value
    found = None if path in ("", "system.") else resolve(path, seen.kind, seen.record)
    if found is None:
        page.wrong(entry.key, f"{seen.noun} has no key {shown(path)}", _path_hint(path, seen))
        return []
    key = found.key
    if isinstance(node, Sequence):
        values = [_value(page, key, item) for item in node.items]
        if not values:
            page.wrong(node, f"'{path}' is one of nothing", "write none for an empty set")
        return [Test(path, "one_of", tuple(v for v in values if v is not None))]
    if isinstance(node, Mapping):
        return _compared(page, path, key, node)
    if node.text in ("known", "none"):
        return [Test(path, "known" if node.text == "known" else "none")]
    value = _value(page, key, node)
    return [] if value is None else [Test(path, "is", (value,))]


def _path_hint(path: str, seen: Seen) -> str:
    if seen.record is None and path in groups(seen.kind):
        inside = [name for name in keys(seen.kind) if name.startswith(f"{path}.")]
        return f"name one of {listed(inside)}"
    if seen.record is None and relation_target(path, seen.kind) is not None:
        return f"write any: {{of: {path}, that: {{...}}}}"
    return meant(path, seen.paths)


def _compared(page: Page, path: str, key: Key, node: Mapping) -> list[Condition]:
    tests: list[Condition] = []
    for entry in node.entries:
        name, value = entry.key.text, entry.value
        if name in ("at_least", "at_most"):
            bound = _bound(page, path, key, value)
            side: Literal["at_least", "at_most"] = "at_least" if name == "at_least" else "at_most"
            tests += [] if bound is None else [Test(path, side, (bound,))]
        elif name == "has_all":
            if not key.many:
                page.wrong(entry.key, f"'{path}' holds one value, so it cannot have all of several",
                           "write [a, b] for one of them")
            values = [_value(page, key, item) for item in page.sequence(value, name)]
            tests.append(Test(path, "has_all", tuple(v for v in values if v is not None)))
        else:
            page.wrong(entry.key, f"a comparison has no {shown(name)}",
                       meant(name, COMPARISONS, f"it takes {listed(COMPARISONS)}"))
    if not node.entries:
        page.wrong(node, f"'{path}' is compared with nothing", f"write {listed(COMPARISONS)}")
    return tests


def _bound(page: Page, path: str, key: Key, node: Node) -> Plain | None:
    """What a key is at least or at most: a number, a number of items, or a word of an ordered choice."""
    if key.many:
        return page.whole(node, path)
    if key.form == "choice":
        if key.better is None:
            page.wrong(node, f"the words of '{path}' have no order", "list the words that count")
        return _value(page, key, node)
    if key.form in ("whole", "number") or key.record is Rate:
        return _number(page, path, key, node)
    page.wrong(node, f"'{path}' is no number, so it cannot be compared")
    return None


def _value(page: Page, key: Key, node: Node) -> Plain | None:
    """A value as the vocabulary types it, or None after a noted problem."""
    name = key.name
    if not isinstance(node, Scalar) or node.empty:
        page.wrong(node, f"'{name}' wants a value, not {what(node)}")
        return None
    text = node.text.strip()
    if key.form in ("whole", "number"):
        return _number(page, name, key, node)
    if key.form == "flag":
        if text in key.words:
            return text
        if text in FLAGS:
            return FLAGS[text]
        words = ("yes", "no", *key.words)
        page.wrong(node, f"'{name}' wants {listed(words)}, not {shown(text)}", meant(text, words))
        return None
    if key.form == "choice" and text not in key.choices:
        hint = meant(text, key.choices, f"choose {listed(key.choices)}")
        page.wrong(node, f"'{name}' cannot be {shown(text)}", hint)
        return None
    if key.form in ("record", "date"):
        page.wrong(node, f"'{name}' can only be known or none here, not {shown(text)}")
        return None
    return text


def _number(page: Page, path: str, key: Key, node: Node) -> Plain | None:
    text = page.text(node, path)
    try:
        number = float(text)
    except ValueError:
        page.wrong(node, f"'{path}' wants a number, not {what(node)}")
        return None
    low, high = (0.0, 1.0) if key.record is Rate else (key.minimum, key.maximum)
    if (low is not None and number < low) or (high is not None and number > high):
        page.wrong(node, f"'{path}' lies between {low:g} and {high:g}, not {text}" if high is not None
                   else f"'{path}' is never below {low:g}")
        return None
    if key.form == "whole" and number != int(number):
        page.wrong(node, f"'{path}' wants a whole number, not {text}")
        return None
    return int(number) if key.form == "whole" else number
