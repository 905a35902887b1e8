"""All the worlds that a check can tell apart, made up from the vocabulary: what the lint enumerates.

A check asks a few questions (leaves) about a few things. Each thing is a variable; each of its values is
kept only as the answers it gives, so that values which no question can tell apart count as one. Collections
of related components are tried with none, one and two members (more where a count asks for more).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement, product

from pydantic import BaseModel

from auditkit.checklist.conditions import (
    Answer,
    Blank,
    Both,
    Condition,
    Either,
    Not,
    Plain,
    Related,
    Test,
    holds,
    quantify,
    relation_target,
)
from auditkit.model.base import Truth
from auditkit.model.facts import Ref
from auditkit.model.keys import Key, keys, record_keys
from auditkit.model.vocabulary import NONE, Rate

Leaf = Test | Related
Row = tuple[Truth, ...]
Raise = tuple[int, int, str]
MOST_MEMBERS = 4
_GAP = (Blank(Ref("system", "system"), ""),)


@dataclass(frozen=True)
class Variable:
    """One thing that a check asks about: the answers each of its values gives to `leaves`.

    `raises` holds pairs of rows where the second is the first with one fact better, with that in words.
    `blank` is the row in which nothing is known.
    """

    name: str
    leaves: tuple[Leaf, ...]
    rows: tuple[Row, ...]
    raises: dict[tuple[int, int], str]
    blank: int


def truth(condition: Condition, answer: Callable[[Leaf], Truth]) -> Truth:
    """The truth of a condition when the truth of its leaves is known."""
    match condition:
        case Not(part):
            inner = truth(part, answer)
            return None if inner is None else not inner
        case Both(parts) | Either(parts):
            decisive = isinstance(condition, Either)
            values = [truth(part, answer) for part in parts]
            return decisive if decisive in values else None if None in values else not decisive
        case _:
            return answer(condition)


def leaves(condition: Condition) -> Iterator[Leaf]:
    """The tests and relations of a condition, without what stands inside relations."""
    match condition:
        case Not(part):
            yield from leaves(part)
        case Both(parts) | Either(parts):
            for part in parts:
                yield from leaves(part)
        case _:
            yield condition


def variables(conditions: Sequence[Condition], kind: str,
              record: type[BaseModel] | None = None) -> list[Variable]:
    """The variables that some conditions read, seen from a component of `kind` or from a record."""
    groups: dict[str, dict[Leaf, None]] = {}
    for condition in conditions:
        for leaf in leaves(condition):
            groups.setdefault(_name(leaf, kind, record), {})[leaf] = None
    return [_variable(name, tuple(group), kind, record) for name, group in groups.items()]


def _name(leaf: Leaf, kind: str, record: type[BaseModel] | None) -> str:
    """What a leaf asks about: a key, the reference that a path follows first, or a relation."""
    if isinstance(leaf, Related):
        return leaf.relation
    if leaf.path.startswith("system."):
        return leaf.path.removeprefix("system.") if kind == "system" else leaf.path
    own = record_keys(record) if record else keys(kind)
    return leaf.path if leaf.path in own else leaf.path.partition(".")[0]


def _variable(name: str, group: tuple[Leaf, ...], kind: str, record: type[BaseModel] | None) -> Variable:
    if any(isinstance(leaf, Related) for leaf in group):
        return _collection(name, group, kind)
    if name.startswith("system."):
        kind, record, key = "system", None, keys("system")[name.removeprefix("system.")]
    else:
        key = (record_keys(record) if record else keys(kind))[name]
    tests = [leaf for leaf in group if isinstance(leaf, Test)]
    if any(t.path not in (name, f"system.{name}") for t in tests):
        return _reference(name, tests, key)
    return _plain(name, tests, key)


def _collapsed(name: str, group: tuple[Leaf, ...], states: Sequence[Row],
               raised: Iterator[Raise]) -> Variable:
    """Rows once each; the first state is the blank one."""
    rows = tuple(dict.fromkeys(states))
    place = {row: i for i, row in enumerate(rows)}
    raises: dict[tuple[int, int], str] = {}
    for low, high, words in raised:
        pair = place[states[low]], place[states[high]]
        if pair[0] != pair[1]:
            raises.setdefault(pair, words)
    return Variable(name, group, rows, raises, place[states[0]])


# One key ---------------------------------------------------------------------------------------------------

def _plain(name: str, tests: Sequence[Test], key: Key) -> Variable:
    values = _values(key, tests)
    states: list[Row] = [(None,) * len(tests), *(tuple(holds(t, v, key) for t in tests) for v in values)]

    def raised() -> Iterator[Raise]:
        for i, low in enumerate(values):
            for j, high in enumerate(values):
                if _better(key, low, high):
                    yield i + 1, j + 1, f"'{name}' from {_said(low)} to {_said(high)}"

    return _collapsed(name, tuple(tests), states, raised())


def _values(key: Key, tests: Sequence[Test]) -> list[object]:
    """Values of a key that its tests may tell apart."""
    named = list(dict.fromkeys(v for t in tests if t.test in ("is", "one_of", "has_all") for v in t.values))
    bounds = [float(v) for t in tests if t.test in ("at_least", "at_most")
              for v in t.values if not isinstance(v, str)]
    if key.many:
        return _sets(key, named, int(max(bounds, default=0)))
    if key.form == "flag":
        return [False, True, *key.words]
    if key.form == "choice":
        return list(key.choices)
    if key.form in ("whole", "number") or key.record is Rate:
        return _numbers(key, [*bounds, *(float(v) for v in named)])
    return [NONE, "something", *named] if key.form in ("text", "reference") else ["something"]


def _numbers(key: Key, bounds: Sequence[float]) -> list[object]:
    """Just below, at and just above each bound, as far as the key allows."""
    low, high = (0.0, 1.0) if key.record is Rate else (key.minimum, key.maximum)
    step = 1.0 if key.form == "whole" else 0.001
    numbers = {b + d for b in bounds for d in (-step, 0, step)} or {1.0}
    fit = sorted(n for n in numbers if (low is None or n >= low) and (high is None or n <= high))
    if key.record is Rate:
        return [Rate(rate=n) for n in fit]
    return [int(n) if key.form == "whole" else n for n in fit]


def _sets(key: Key, named: Sequence[Plain], most: int) -> list[object]:
    """Sets of the named items and others."""
    others = [c for c in (key.choices or ("something", "else")) if c not in named and c != NONE]
    sets = [tuple(item for item, inside in zip(named, picked) if inside)
            for picked in product((False, True), repeat=min(len(named), 6))]
    sets += [(*s, *others[:1]) for s in sets]
    sets += [tuple(f"item {i}" for i in range(n)) for n in range(1, most + 2) if most]
    return list(dict.fromkeys(sets))


def _better(key: Key, low: object, high: object) -> bool:
    """Whether `high` is better than `low` along the key's direction."""
    if key.better is None or key.many:
        return False
    if key.better == "down":
        low, high = high, low
    if key.choices:
        return key.choices.index(str(low)) < key.choices.index(str(high))
    if isinstance(low, Rate) and isinstance(high, Rate):
        low, high = low.value, high.value
    if isinstance(low, bool) or isinstance(high, bool):
        return low is False and high is True
    return isinstance(low, int | float) and isinstance(high, int | float) and low < high


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


# What a reference leads to, and collections ----------------------------------------------------------------

def _reference(name: str, tests: Sequence[Test], key: Key) -> Variable:
    """A reference: not known, none, or a component whose own keys are asked."""
    assert key.refers_to is not None
    inner = {t: replace(t, path=t.path.removeprefix(f"{name}.")) for t in tests if t.path != name}
    parts = variables(list(inner.values()), key.refers_to)
    states: list[Row] = [(None,) * len(tests)]
    states.append(tuple(holds(t, NONE, key) if t.path == name else False for t in tests))
    rest, raised = _product(parts)
    for answers in rest:
        states.append(tuple(holds(t, "something", key) if t.path == name else answers[inner[t]]
                            for t in tests))
    return _collapsed(name, tuple(tests), states, ((i + 2, j + 2, words) for i, j, words in raised))


def _product(parts: Sequence[Variable]) -> tuple[list[dict[Leaf, Truth]], list[Raise]]:
    """Every combination of rows as answers to leaves, and the raises between combinations."""
    sizes = [range(len(part.rows)) for part in parts]
    picks = list(product(*sizes))
    place = {pick: i for i, pick in enumerate(picks)}
    answers = [{leaf: part.rows[row][k]
                for part, row in zip(parts, pick) for k, leaf in enumerate(part.leaves)} for pick in picks]
    raised = [(place[pick], place[(*pick[:n], high, *pick[n + 1:])], words)
              for n, part in enumerate(parts) for (low, high), words in part.raises.items()
              for pick in picks if pick[n] == low]
    return answers, raised


def _collection(name: str, group: tuple[Leaf, ...], kind: str) -> Variable:
    """Related components, known only by what they answer to each question of the group."""
    target = relation_target(name, kind)
    assert target is not None
    relations = [leaf for leaf in group if isinstance(leaf, Related)]
    questions = list(dict.fromkeys(leaf.that for leaf in relations))
    answers, raised = _product(variables(questions, *target))
    seen = [tuple(truth(q, lambda leaf, a=a: a[leaf]) for q in questions) for a in answers]  # type: ignore[misc]
    members = list(dict.fromkeys(seen))
    place = {member: i for i, member in enumerate(members)}
    better: dict[int, dict[int, str]] = {}
    for low, high, words in raised:
        if seen[low] != seen[high]:
            better.setdefault(place[seen[low]], {}).setdefault(place[seen[high]], words)
    own = keys(kind).get(name) if kind else None
    worlds = [(members_of, whole) for n in range(_most(relations) + 1)
              for members_of in combinations_with_replacement(range(len(members)), n)
              for whole in (False, True) if whole or own is None or not members_of]
    at = {world: i for i, world in enumerate(worlds)}

    def answer(leaf: Leaf, picked: tuple[int, ...], whole: bool) -> Truth:
        if isinstance(leaf, Test):
            assert own is not None
            return holds(leaf, tuple(f"item {i}" for i in range(len(picked))), own) if whole else None
        question = questions.index(leaf.that)
        values = [members[m][question] for m in picked]
        known = [Answer(value, (), _GAP if value is None else ()) for value in values]
        return quantify(leaf, known, Answer(True) if whole else Answer(None, (), _GAP)).truth

    def raises() -> Iterator[Raise]:
        for (picked, whole), i in at.items():
            for n, member in enumerate(picked):
                for high, words in better.get(member, {}).items():
                    yield i, at[tuple(sorted((*picked[:n], high, *picked[n + 1:]))), whole], words

    states = [tuple(answer(leaf, picked, whole) for leaf in group) for picked, whole in worlds]
    return _collapsed(name, group, states, raises())


def _most(relations: Sequence[Related]) -> int:
    """How many members a collection is tried with."""
    bounds = [b for r in relations for b in (r.at_least, r.at_most) if b is not None]
    return min(MOST_MEMBERS, max([2, *(b + 1 for b in bounds)]))
