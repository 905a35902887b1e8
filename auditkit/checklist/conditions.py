"""The closed grammar of a checklist's conditions, evaluated in three-valued logic.

A condition is a mapping; all its entries must hold. An entry is one of

    key: value                      the fact equals the value (for a key that holds a set: the set has it)
    key: [a, b]                     the fact is one of these (for a set: it has at least one of these)
    key: known                      something is stated, and it is not `none` or an empty set
    key: none                       it is stated that there is none
    key: {at_least: n}              also at_most: numbers; and, for choices with a direction, words
    key: {has_all: [a, b]}          a set has all of these
    any: {of: RELATION, that: COND} some related component (or record of a set) meets COND
    all: {of: RELATION, that: COND} every one does
    no:  {of: RELATION, that: COND} none does
    count: {of: RELATION, that: COND, at_least: n, at_most: n}
    any_of: [COND, ...]             one of these holds
    all_of: [COND, ...]             all of these hold
    not: COND                       it does not hold

A key may follow a reference (`gate.enforced_in`, `step.decider`) and may begin with `system.`. A RELATION is
a section (`steps`, `actions`, ...; from the system: all of them; from another component: those that refer to
it), a key that holds references, or a key that holds records (`failure_branches`).
One no is a no; else one blank is a blank; else yes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from auditkit.model.base import Truth
from auditkit.model.facts import Known, Ref, known_to_be_none
from auditkit.model.keys import Key, keys, record_keys
from auditkit.model.receipts import Receipt
from auditkit.model.vocabulary import NONE, SECTION_OF, SECTIONS, Rate

Plain = str | bool | int | float


class Item(NamedTuple):
    """One record of a key that holds a set, as something to ask about."""

    owner: Ref
    key: str
    position: int
    record: object
    receipt: Receipt | None


Node = Ref | Item


class World(Protocol):
    """Where facts are looked up: a stack with its derived facts, or a made-up world of the lint."""

    def known(self, ref: Ref, key: str) -> Known | None:
        """What is known of a key."""

    def related(self, ref: Ref, relation: str) -> tuple[Sequence[Node], bool | None, tuple[Receipt, ...]]:
        """The related nodes, whether that is all of them (None: not known), and the receipts that say so."""


class Blank(NamedTuple):
    """A fact that was asked for and is not known."""

    ref: Ref
    key: str


@dataclass(frozen=True)
class Answer:
    """The truth of a condition, the receipts it rests on and the facts that were missing."""

    truth: Truth
    receipts: tuple[Receipt, ...] = ()
    blanks: tuple[Blank, ...] = ()


YES, NO = Answer(True), Answer(False)


# The grammar's nouns ---------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Test:
    """One key against a value."""

    path: str
    test: Literal["is", "one_of", "known", "none", "at_least", "at_most", "has_all"]
    values: tuple[Plain, ...] = ()


@dataclass(frozen=True)
class Related:
    """A condition over related nodes."""

    quantity: Literal["any", "all", "no", "count"]
    relation: str
    that: Condition
    at_least: int | None = None
    at_most: int | None = None


@dataclass(frozen=True)
class Not:
    """The opposite of a condition."""

    part: Condition


@dataclass(frozen=True)
class Both:
    """All parts hold (an empty one is always true)."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Either:
    """One part holds."""

    parts: tuple[Condition, ...]


Condition = Test | Related | Not | Both | Either


# Evaluation ------------------------------------------------------------------------------------------------

def evaluate(condition: Condition, node: Node, world: World) -> Answer:
    """The truth of `condition` about `node`."""
    match condition:
        case Test():
            return _test(condition, node, world)
        case Related():
            return _related(condition, node, world)
        case Not(part):
            inner = evaluate(part, node, world)
            return Answer(None if inner.truth is None else not inner.truth, inner.receipts, inner.blanks)
        case Both(parts):
            return _join((evaluate(p, node, world) for p in parts), decisive=False)
        case Either(parts):
            return _join((evaluate(p, node, world) for p in parts), decisive=True)


def _join(answers: Iterator[Answer] | Sequence[Answer], *, decisive: bool) -> Answer:
    """Kleene's and (decisive False) or or (decisive True); what decides brings its receipts alone."""
    receipts: dict[Receipt, None] = {}
    blanks: dict[Blank, None] = {}
    for answer in answers:
        if answer.truth is decisive:
            return Answer(decisive, answer.receipts)
        receipts |= dict.fromkeys(answer.receipts)
        blanks |= dict.fromkeys(answer.blanks)
    return Answer(None if blanks else not decisive, tuple(receipts), tuple(blanks))


def _test(test: Test, node: Node, world: World) -> Answer:
    target, name, via = _follow(test.path, node, world)
    if target is None:
        return via
    key = _key(target, name)
    known = _look(target, name, world)
    if known is None:
        return Answer(None, via.receipts, (_blank(target, name),))
    truth = holds(test, known.value, key)
    if truth is None:
        return Answer(None, (*via.receipts, *known.receipts), (_blank(target, name),))
    return Answer(truth, (*via.receipts, *known.receipts))


def _follow(path: str, node: Node, world: World) -> tuple[Node | None, str, Answer]:
    """The node and key that a path leads to; without a node, the answer is already known."""
    if path.startswith("system."):
        return Ref("system", "system"), path.removeprefix("system."), YES
    if path in _keys_of(node):
        return node, path, YES
    head, _, rest = path.partition(".")
    step = _keys_of(node)[head]
    known = _look(node, head, world)
    if known is None:
        return None, "", Answer(None, (), (_blank(node, head),))
    if known.value == NONE or known.value == ():
        return None, "", Answer(False, known.receipts)
    assert step.refers_to is not None
    target, name, via = _follow(rest, Ref(step.refers_to, str(known.value)), world)
    return target, name, Answer(via.truth, (*known.receipts, *via.receipts), via.blanks)


def holds(test: Test, value: object, key: Key) -> Truth:
    """Whether a known value passes a test."""
    number = value.value if isinstance(value, Rate) else value
    if key.many:
        items = set(value) if isinstance(value, tuple) else {value}
        plain = items - {NONE}
        match test.test:
            case "known":
                return bool(plain)
            case "none":
                return not plain
            case "is" | "one_of":
                return any(v in items for v in test.values)
            case "has_all":
                return all(v in items for v in test.values)
            case "at_least":
                return len(plain) >= float(test.values[0])
            case "at_most":
                return len(plain) <= float(test.values[0])
    match test.test:
        case "known":
            return not known_to_be_none(value)
        case "none":
            return known_to_be_none(value)
        case "is" | "one_of":
            return any(_same(number, v) for v in test.values)
        case "at_least" | "at_most":
            ranks = _ranks(number, test.values[0], key)
            if ranks is None:
                return None
            return ranks[0] >= ranks[1] if test.test == "at_least" else ranks[0] <= ranks[1]
        case _:
            return False


def _same(value: object, wanted: Plain) -> bool:
    """Equality that does not take True for 1."""
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _ranks(value: object, bound: Plain, key: Key) -> tuple[float, float] | None:
    if key.choices:
        return float(key.choices.index(str(value))), float(key.choices.index(str(bound)))
    if isinstance(value, int | float):
        return float(value), float(bound)
    return None


def _related(condition: Related, node: Node, world: World) -> Answer:
    nodes, whole, receipts = world.related(node if isinstance(node, Ref) else node.owner, condition.relation)
    answers = [evaluate(condition.that, n, world) for n in nodes]
    rest = Answer(True, receipts) if whole else Answer(None, (), (_blank(node, condition.relation),))
    return quantify(condition, answers, rest)


def quantify(condition: Related, answers: Sequence[Answer], rest: Answer) -> Answer:
    """The truth of a condition over related nodes; `rest` is whether these are all of them."""
    match condition.quantity:
        case "any":
            return _join([*answers, _opposite(rest)], decisive=True)
        case "all":
            return _join([*answers, rest], decisive=False)
        case "no":
            return _opposite(_join([*answers, _opposite(rest)], decisive=True))
        case "count":
            return _count(condition, answers, rest)


def _opposite(answer: Answer) -> Answer:
    return Answer(None if answer.truth is None else not answer.truth, answer.receipts, answer.blanks)


def _count(condition: Related, answers: Sequence[Answer], rest: Answer) -> Answer:
    receipts = tuple(dict.fromkeys(r for a in (*answers, rest) for r in a.receipts))
    blanks = tuple(dict.fromkeys(b for a in (*answers, rest) for b in a.blanks))
    fewest = sum(a.truth is True for a in answers)
    most = fewest + sum(a.truth is None for a in answers) + (0 if rest.truth else 10**9)
    low = condition.at_least if condition.at_least is not None else 0
    high = condition.at_most if condition.at_most is not None else 10**9
    if fewest > high or most < low:
        return Answer(False, receipts)
    if fewest >= low and most <= max(high, 10**9 if condition.at_most is None else high):
        return Answer(True, receipts)
    if fewest >= low and condition.at_most is None:
        return Answer(True, receipts)
    return Answer(None, receipts, blanks)


# Looking things up -----------------------------------------------------------------------------------------

def _keys_of(node: Node) -> dict[str, Key]:
    if isinstance(node, Item):
        return record_keys(type(node.record))  # type: ignore[arg-type]
    return keys(node.kind)


def _key(node: Node, name: str) -> Key:
    return _keys_of(node)[name]


def _look(node: Node, name: str, world: World) -> Known | None:
    if isinstance(node, Ref):
        return world.known(node, name)
    value = getattr(node.record, name)
    if value is None:
        return None
    return Known(value, (node.receipt,) if node.receipt else ())


def _blank(node: Node, name: str) -> Blank:
    if isinstance(node, Ref):
        return Blank(node, name)
    return Blank(node.owner, f"{node.key}.{name}")


# Which keys a condition may name ---------------------------------------------------------------------------

class Path(NamedTuple):
    """Where a path ends: the key it names, and the references it followed."""

    key: Key
    followed: tuple[str, ...]


def resolve(path: str, kind: str, record: type | None = None) -> Path | None:
    """The key that `path` names, seen from a component of `kind` (or a record); None when there is none."""
    table = record_keys(record) if record else keys(kind)
    if path.startswith("system."):
        key = keys("system").get(path.removeprefix("system."))
        return Path(key, ("system",)) if key else None
    if path in table:
        return Path(table[path], ())
    head, _, rest = path.partition(".")
    step = table.get(head)
    if step is None or not rest or step.refers_to is None or step.many:
        return None
    inner = resolve(rest, step.refers_to)
    return Path(inner.key, (head, *inner.followed)) if inner else None


def relation_target(relation: str, kind: str) -> tuple[str, type | None] | None:
    """What a relation leads to, seen from `kind`: (kind, None) or ("", record); None when there is none."""
    own = keys(kind).get(relation)
    if own is not None and own.many:
        if own.record is not None:
            return "", own.record
        if own.refers_to is not None:
            return own.refers_to, None
    target = SECTIONS.get(relation)
    if target is None:
        return None
    if kind == "system" or back_reference(target, kind):
        return target, None
    return None


def back_reference(target: str, kind: str) -> str | None:
    """The key by which components of kind `target` refer to one of `kind`: the first in the vocabulary."""
    for name, key in keys(target).items():
        if key.refers_to == kind and name != "duplicate_of":
            return name
    return None


__all__ = ["NO", "SECTION_OF", "YES", "Answer", "Blank", "Both", "Condition", "Either", "Item", "Node", "Not",
           "Path", "Related", "Test", "World", "back_reference", "evaluate", "holds", "quantify",
           "relation_target", "resolve"]
