"""What a key holds: one value, a set of them, or records such as rates, edges and failure branches."""

from __future__ import annotations

from collections.abc import Mapping as Table
from typing import Any

from auditkit.model.base import Frozen
from auditkit.model.facts import EMPTY
from auditkit.model.keys import Key, record_keys
from auditkit.model.vocabulary import NONE, Edge, Rate
from auditkit.sources.stack_file.page import Page, Reference, is_word, unknown, what
from auditkit.sources.stack_file.values import as_number, as_percent, read_value, share_hint, short
from auditkit.syntax.documents import Mapping, Node, Scalar, Sequence
from auditkit.syntax.patterns import later
from auditkit.syntax.words import bare, listed, shown

END = "end"
_OF = later(r"([0-9_]{1,15})\s*(?:/|of|out of)\s*([0-9_]{1,15})")
_WORDS: dict[str, str] = {
    "Rate": "a rate",
    "Edge": "a way to the next step",
    "Branch": "a failure branch",
    "Alert": "an alert",
    "Handover": "a handover",
    "Asked": "somebody who was asked",
}
MOST_ITEMS = 1_000
_TOLERANCE = 0.005


def read_key(page: Page, key: Key, node: Node) -> list[tuple[Any, int]]:
    """The values of a key, each with its line: none when unknown or wrong, one, or one an item of a set."""
    if unknown(node) and "unknown" not in key.choices:
        return []
    if not key.many:
        value = read_one(page, key, node)
        return [] if value is None else [(value, node.line)]
    if (isinstance(node, Sequence) and not node.items) or (is_word(node, NONE) and NONE not in key.choices):
        return [(EMPTY, node.line)]
    items = node.items if isinstance(node, Sequence) else (node,)
    if len(items) > MOST_ITEMS:
        page.wrong(
            node, f"{key.name} holds {len(items):,} items; the most is {MOST_ITEMS:,}", "name groups of them"
        )
        return []
    if key.form in ("whole", "number"):     # a row of numbers, in which one may stand twice
        numbers = [(read_value(page, key, item), item.line) for item in items]
        return [(number, line) for number, line in numbers if number is not None]
    values = _items(page, key, items)
    if key.record is Edge:
        _check_shares(page, node, [value for value, _ in values])
    return values


def _items(page: Page, key: Key, nodes: tuple[Node, ...]) -> list[tuple[Any, int]]:
    values: dict[Any, int] = {}
    names: set[Any] = set()
    for node in nodes:
        if len(nodes) > 1 and (is_word(node, NONE) or unknown(node)):
            page.wrong(
                node,
                f"'{node.text.strip()}' stands beside other items" if isinstance(node, Scalar) else "",
                "keep either the word alone or the items",
            )
            continue
        if unknown(node):
            continue
        if is_word(node, NONE) and NONE not in key.choices:
            return [(EMPTY, node.line)]
        if is_word(node, EMPTY):
            page.wrong(node, f"{key.name} cannot hold the text '[]'", "write [] without quotes for none")
            continue
        value = read_one(page, key, node)
        name = value.to if isinstance(value, Edge) else value
        if value is not None and name in names:
            page.wrong(
                node,
                f"{key.name} names {shown(str(name))} twice"
                if isinstance(name, str)
                else f"{key.name} holds the same item twice",
                "keep one of the two",
            )
        elif value is not None:
            names.add(name)
            values[value] = node.line
    return list(values.items())


def read_one(page: Page, key: Key, node: Node) -> Any:
    """One value or record, or None after a noted problem."""
    if key.record is Rate:
        return _rate(page, key, node)
    if key.record is Edge and isinstance(node, Scalar):
        to = read_value(page, record_keys(Edge)["to"], node)
        page.references.append(Reference(page.holder, "step", node))
        return None if to is None else Edge(to=to)
    if key.record is not None:
        return read_record(page, key, node)
    value = read_value(page, key, node)
    if key.form == "reference" and isinstance(node, Scalar) and value is not None and value != NONE:
        page.references.append(Reference(page.holder, key.refers_to or "", node))
    return value


def read_record(page: Page, key: Key, node: Node) -> Any:
    """A record written as a mapping."""
    assert key.record is not None
    label = _WORDS.get(key.record.__name__, key.name)
    parts = record_keys(key.record)
    if not isinstance(node, Mapping):
        page.wrong(
            node, f"{label} is written as keys and values, not as {what(node)}", written_as(page, parts, node)
        )
        return None
    values = read_parts(page, label, parts, node)
    if values is None:
        return None
    if not values and not any(unknown(e.value) for e in node.entries):
        page.wrong(node, f"{label} says nothing", f"write some of {listed(parts, 'and')}")
    elif key.record is Edge and "to" not in values:
        page.wrong(node, f"{label} does not say where it goes", "write 'to:' and a step, or 'to: end'")
    elif values:
        return key.record.model_validate(values)
    return None


def read_parts(page: Page, label: str, parts: Table[str, Key], node: Mapping) -> dict[str, Any] | None:
    """The parts of a mapping by name; None after a noted problem."""
    before = len(page.problems)
    values: dict[str, Any] = {}
    for entry in node.entries:
        name = entry.key.text
        if name not in parts:
            page.wrong(
                entry.key,
                f"{label} has no {shown(name)}",
                page.meant(name, parts, f"it holds {listed(parts, 'and')}"),
            )
            continue
        part = parts[name]
        if part.many and part.record is None and is_word(entry.value, NONE):
            values[name] = (NONE,) if part.form == "text" else ()
            continue
        found = [value for value, _ in read_key(page, part, entry.value)]
        if part.many and found:
            values[name] = () if found == [EMPTY] else tuple(found)
        elif found:
            values[name] = found[0]
    return values if len(page.problems) == before else None


def written_as(page: Page, parts: Table[str, Key], node: Node, inside: str = "") -> str:
    """How a lone value could be meant: under the first key that takes it."""
    if isinstance(node, Scalar) and not node.empty:
        for key in sorted(parts.values(), key=lambda k: k.form == "text"):
            if key.derived or key.form == "record" or key.many:
                continue
            with page.trial() as problems:
                value = read_value(page, key, node)
            name = key.name.rpartition(".")[2]
            if value is not None and not problems and key.form != "reference":
                return f"write {inside}{{{name}: {bare(node.text)}}}"
    return f"it holds {listed((k.rpartition('.')[2] for k in parts), 'and')}"


def _rate(page: Page, key: Key, node: Node) -> Rate | None:
    name = key.name
    if isinstance(node, Sequence):
        page.wrong(node, f"{name} wants a rate, not a list", "write .85, or {successes: 171, runs: 200}")
        return None
    if isinstance(node, Mapping):
        return _rate_of_parts(page, name, node)
    text = node.text.strip()
    if match := _OF.fullmatch(text):
        successes, runs = (as_number(group) for group in match.groups())
        if successes is not None and runs is not None:
            return _counted(page, node, {"successes": int(successes), "runs": int(runs)})
    number = as_number(text)
    if number is None:
        number = as_percent(text)
    part = _named(record_keys(Rate)["rate"], name)
    if number is not None and not 0 <= number <= 1:
        with page.trial() as problems:
            read_value(page, part, node)
        page.wrong(node, problems[0].text, problems[0].hint and share_hint(number, text, counts=True))
        return None
    if number is None and not node.empty:
        page.wrong(
            node, f"{name} wants a rate, not {shown(text)}", "write .85, 85% or {successes: 171, runs: 200}"
        )
        return None
    rate = read_value(page, part, node)
    return None if rate is None else Rate(rate=rate)


def _named(key: Key, name: str) -> Key:
    return Key(**{f: getattr(key, f) for f in key.__dataclass_fields__} | {"name": name})


def _rate_of_parts(page: Page, name: str, node: Mapping) -> Rate | None:
    parts = {part: _named(key, name) if part == "rate" else key for part, key in record_keys(Rate).items()}
    values = read_parts(page, "a rate", parts, node)
    if values is None:
        return None
    if "successes" in values and "runs" in values:
        return _counted(page, node, values)
    if "successes" in values:
        page.wrong(
            node,
            f"{name} has successes but no runs",
            f"write {{successes: {values['successes']}, runs: ...}}",
        )
    elif "runs" in values:
        known = values.get("rate")
        page.wrong(
            node,
            f"{name} has runs but no successes",
            "how many of them went right?"
            if known is None
            else f"did you mean {{successes: {round(known * values['runs'])}, runs: {values['runs']}}}?",
        )
    elif "rate" in values:
        return Rate.model_validate(values)
    elif not any(unknown(e.value) for e in node.entries):
        page.wrong(node, f"{name} has no rate and no counts", "write 'rate: .85', or successes and runs")
    return None


def _counted(page: Page, node: Node, values: dict[str, Any]) -> Rate | None:
    successes, runs = values["successes"], values["runs"]
    if runs < 1:
        page.wrong(node, "a rate needs at least 1 run", "write 'unknown' if nothing was counted")
    elif successes > runs:
        page.wrong(
            node,
            f"{successes:,} successes are more than {runs:,} runs",
            f"did you mean {{successes: {runs}, runs: {successes}}}?",
        )
    else:
        return Rate.model_validate(values)
    return None


def _check_shares(page: Page, node: Node, edges: list[Frozen]) -> None:
    shares = [edge.share for edge in edges if isinstance(edge, Edge) and edge.share is not None]
    total = sum(shares)
    if not shares or (total <= 1 + _TOLERANCE and (len(shares) < len(edges) or total >= 1 - _TOLERANCE)):
        return
    rest = (
        f"say where the other {short(round(1 - total, 6))} goes, or leave one share out"
        if total < 1
        else ("shares are parts of 1")
    )
    page.wrong(node, f"the shares after {page.holder} add up to {total:.6g}, not 1", rest)
