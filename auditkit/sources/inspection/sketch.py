"""What inspectors draw on: items with places and facts, put into workflows; turned into stacks at the end.

An inspector says what it sees and where. It never says what that is worth, and never what it did not see:
a key it does not `say` stays unknown. Everything here is mutable and lives only while a folder is read;
`stacks` makes the frozen `Stack`s that the rest of the pipe knows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from auditkit.model.facts import EMPTY, SYSTEM, THE_SYSTEM, Component, Fact, Gap, Stack
from auditkit.model.keys import keys
from auditkit.model.receipts import Inspected
from auditkit.model.vocabulary import KINDS, Edge

END = "end"
How = Literal["literal", "resolved", "default", "named"]
"""How a value was read: written there, followed to where it is written, or the library's own default."""


class Place(NamedTuple):
    """A line of a file; the path is relative to the inspected folder, with '/'."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Home(NamedTuple):
    """The piece of code in whose body something stands: a file and the dotted name of a function or class.

    The name is "" for what stands at the top of the file.
    """

    path: str
    name: str = ""


@dataclass
class Statement:
    """One thing said of one key of an item."""

    key: str
    value: Any
    at: Place
    how: How
    note: str | None


@dataclass(eq=False)
class Item:
    """A component as it is drawn: where it is, and what was said of it."""

    kind: str
    name: str
    places: list[Place]
    rule: str
    home: Home | None = None
    id: str = ""
    said: list[Statement] = field(default_factory=list)
    step: Item | None = None
    """For actions and gates: the step in which it is carried out."""
    protects: list[Item] | None = None
    """For gates: the actions it stands before, when its inspector knows (a tool's own approval); else the graph says."""
    open: bool = False
    """For actions: a hook could stand before it that was not seen; then no absence is claimed."""
    entry: bool = False
    """For gates: it stands at the start of its step, before all that the step does."""
    sometimes: bool = False
    """For gates: its step asks only in some cases; then it is not claimed to hold, nor that nothing does."""

    @property
    def at(self) -> Place:
        """Its first place."""
        return self.places[0]

    def say(self, key: str, value: Any, at: Place | None = None, how: How = "literal", note: str | None = None) -> Item:
        """States a fact; `at` is where it can be seen (its own place when left out). None says nothing.

        A list or tuple says one fact an item; an empty one says that there are none. Raises KeyError for a
        key that the vocabulary does not have.
        """
        if value is None:
            return self
        if key not in keys(self.kind):
            raise KeyError(f"a {self.kind} has no key {key!r}")
        values = value if isinstance(value, list | tuple) and not hasattr(value, "_fields") else [value]
        for one in values if values else [EMPTY]:
            self.said.append(Statement(key, one, at or self.at, how, note))
        return self

    def also(self, place: Place) -> Item:
        """Another place where the same thing can be seen."""
        if place not in self.places:
            self.places.append(place)
        return self

    def value(self, key: str) -> Any:
        """What was said first of a key, or None."""
        return next((s.value for s in self.said if s.key == key), None)

    def note(self, key: str) -> str:
        """What was noted beside the first fact of a key; empty without one."""
        return next((s.note or "" for s in self.said if s.key == key), "")

    def unsay(self, key: str) -> None:
        """Takes back what was said of a key (a later look knew better)."""
        self.said = [s for s in self.said if s.key != key]


@dataclass(eq=False)
class Flow:
    """One workflow as it is drawn.

    `homes` is the code that belongs to it (functions of its steps, modules of its agents); items that no
    workflow claims are given to the workflow whose code reaches them.
    """

    name: str
    at: Place
    rule: str
    id: str = ""
    items: list[Item] = field(default_factory=list)
    edges: list[tuple[Item, Item | None, Place]] = field(default_factory=list)
    entries: list[Item] = field(default_factory=list)
    homes: set[Home] = field(default_factory=set)
    keys: set[object] = field(default_factory=set)
    """The objects it is made of (`Made.key` of its graph, crew or agents): code that names one uses the workflow."""
    open_ended: bool = False
    """Edges may exist that cannot be seen (a dynamic target); then no path claim is made."""
    within: Flow | None = None
    """The workflow that calls this one, when it is a part of it."""
    served: bool = False
    """A platform runs it and supplies what the code leaves out (checkpointer, store)."""

    def add(self, kind: str, name: str, at: Place, rule: str, home: Home | None = None) -> Item:
        """Puts a component in. `rule` names the construct that was seen, such as `langgraph.add_node`."""
        item = Item(kind, name, [at], rule, home)
        self.items.append(item)
        return item

    def of(self, kind: str) -> list[Item]:
        """Its items of a kind, in order."""
        return [i for i in self.items if i.kind == kind]

    def edge(self, source: Item, target: Item | None, at: Place) -> None:
        """One step follows another; None is the end of the run."""
        self.edges.append((source, target, at))

    def after(self, step: Item) -> list[Item | None]:
        """The steps that can follow a step, once each."""
        return list(dict.fromkeys(t for s, t, _ in self.edges if s is step))

    def absorb(self, part: Flow) -> None:
        """Takes a workflow in that this one calls."""
        self.items += part.items
        self.edges += part.edges
        self.homes |= part.homes
        self.keys |= part.keys
        self.open_ended = self.open_ended or part.open_ended
        part.within = self

    def lies_in(self, other: Flow) -> bool:
        """Whether it is another workflow, or a part of it however deep."""
        here: Flow | None = self
        while here is not None:
            if here is other:
                return True
            here = here.within
        return False


@dataclass
class Sketch:
    """Everything the inspectors have drawn of one folder."""

    flows: list[Flow] = field(default_factory=list)
    loose: list[Item] = field(default_factory=list)
    """Items seen in the code of the folder that still have to find their workflow, by their home."""
    gaps: list[Gap] = field(default_factory=list)
    unread: list[Gap] = field(default_factory=list)
    """Those gaps that are whole files which could not be read."""
    seen: dict[str, int] = field(default_factory=dict)
    """Constructors of known libraries that were met, by dotted name."""
    understood: dict[str, int] = field(default_factory=dict)
    """Those of them that an inspector made something of."""
    _noted: set[Gap] = field(default_factory=set)

    def flow(self, name: str, at: Place, rule: str) -> Flow:
        """Starts a workflow."""
        flow = Flow(name, at, rule)
        self.flows.append(flow)
        return flow

    def add(self, kind: str, name: str, at: Place, rule: str, home: Home | None) -> Item:
        """Puts in a component of which only its home in the code is known, not its workflow."""
        item = Item(kind, name, [at], rule, home)
        self.loose.append(item)
        return item

    def unreadable(self, path: str, line: int | None, reason: str) -> None:
        """A file that should have been read and could not be."""
        self.gap(path, line, reason)
        self.unread.append(Gap(path=path, line=line, reason=reason))

    def gap(self, path: str, line: int | None, reason: str) -> None:
        """Something that could not be looked at, and why."""
        gap = Gap(path=path, line=line, reason=characters(reason))
        if gap not in self._noted:
            self._noted.add(gap)
            self.gaps.append(gap)


def characters(text: str) -> str:
    """A text in which what is no character (half of a pair, as an escape can write it) is a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def slug(text: str, otherwise: str) -> str:
    """An id from a name: letters and digits of the name, `_` between words; `otherwise` when nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    parts = re.findall(r"[A-Za-z0-9]+", plain)
    found = "_".join(parts)[:60].strip("_")
    return found if found and found.lower() not in ("id", "end", "none", "unknown") else otherwise


def stacks(sketch: Sketch, commit: str | None = None) -> tuple[Stack, ...]:
    """The drawn workflows as frozen stacks, in the order in which they were drawn; those within others are left out."""
    made = [f for f in sketch.flows if f.within is None and f.items]
    taken: set[str] = set()
    for flow in made:
        flow.id = _free(slug(flow.name, "workflow"), taken)
    return tuple(_stack(flow, sketch, commit) for flow in made)


def _free(wanted: str, taken: set[str]) -> str:
    found, n = wanted, 2
    while found.lower() in taken:
        found, n = f"{wanted}_{n}", n + 1
    taken.add(found.lower())
    return found


def _stack(flow: Flow, sketch: Sketch, commit: str | None) -> Stack:
    _name(flow)
    parts: list[Component] = [Component(kind=SYSTEM, id=SYSTEM, receipts=(_receipt(flow.at, flow.rule, commit),))]
    facts: list[Fact] = [Fact(kind=SYSTEM, id=SYSTEM, key="name", value=characters(flow.name[:120]),
                              receipt=_receipt(flow.at, flow.rule, commit))]
    order = {kind: n for n, kind in enumerate(KINDS)}
    held = {id(i) for i in flow.items}
    for item in sorted(flow.items, key=lambda i: order[i.kind]):
        receipts = tuple(_receipt(place, item.rule, commit) for place in item.places)
        if item.kind == SYSTEM:
            parts[0] = parts[0].model_copy(update={"receipts": (*parts[0].receipts, *receipts)})
        else:
            parts.append(Component(kind=item.kind, id=item.id, receipts=receipts))
            if item.name != item.id and "name" in keys(item.kind) and item.value("name") is None:
                facts.append(Fact(kind=item.kind, id=item.id, key="name", value=characters(item.name[:120]), receipt=receipts[0]))
        ref = THE_SYSTEM if item.kind == SYSTEM else (item.kind, item.id)
        for s in item.said:
            if isinstance(s.value, Item) and id(s.value) not in held:
                continue        # what is named belongs to another workflow
            value = s.value.id if isinstance(s.value, Item) else characters(s.value) if isinstance(s.value, str) else s.value
            receipt = _receipt(s.at, item.rule, commit, s.how, s.note)
            facts.append(Fact(kind=ref[0], id=ref[1], key=s.key, value=value, receipt=receipt))
    facts += _edges(flow, commit)
    homes = {i.at.path for i in flow.items} | {flow.at.path}
    gaps = tuple(g for g in sketch.gaps if g.path in homes or len(sketch.flows) == 1)
    return Stack(name=flow.id, components=tuple(parts), facts=tuple(dict.fromkeys(facts)), gaps=gaps)


def _name(flow: Flow) -> None:
    """Gives every item an id that is unique among its kind; the entry steps come first."""
    first = [i for i in flow.entries if i in flow.items]
    flow.items = [*dict.fromkeys([*first, *flow.items])]
    taken: dict[str, set[str]] = {}
    for item in flow.items:
        if item.kind != SYSTEM:
            item.id = _free(slug(item.name, item.kind), taken.setdefault(item.kind, set()))


def _edges(flow: Flow, commit: str | None) -> Iterable[Fact]:
    """`next` of every step, stated for each: what an inspector drew is never meant as "the next in the file"."""
    known = set(map(id, flow.items))
    leaving: dict[int, list[tuple[Item | None, Place]]] = {}
    for source, target, at in flow.edges:
        if target is None or id(target) in known:
            leaving.setdefault(id(source), []).append((target, at))
    for step in flow.of("step"):
        drawn = leaving.get(id(step)) or [(None, step.at)]
        said: set[str] = set()
        for target, at in drawn:
            to = END if target is None else target.id
            if to not in said:
                said.add(to)
                yield Fact(kind="step", id=step.id, key="next", value=Edge(to=to), receipt=_receipt(at, "edge", commit))


@lru_cache(maxsize=4096)
def _receipt(at: Place, rule: str, commit: str | None, how: How = "literal", note: str | None = None) -> Inspected:
    return Inspected(path=at.path, line=max(1, at.line), commit=commit, rule=rule,
                     how=None if how == "literal" else how, note=characters(note) if note else note)
