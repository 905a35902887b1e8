"""Adds to a stack file what was drawn, and changes nothing that a person wrote.

The text is edited where something is added and stays byte for byte elsewhere: comments, order, quotes, blanks. Where
a person's word and the code disagree, the word stays and the disagreement is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from auditkit.model.facts import EMPTY, THE_SYSTEM, Component, Fact, Ref, Stack
from auditkit.model.keys import keys
from auditkit.model.receipts import Inspected
from auditkit.model.vocabulary import SECTION_OF, SECTIONS, Edge, Rate
from auditkit.sources.binding import LABELS, SOUGHT, Match, end_of_declared, matches, renamed
from auditkit.sources.stack_file.loader import stack_from_text
from auditkit.sources.stack_file.places import ITSELF, PLACE
from auditkit.sources.stack_file.spelling import WIDTH, Plain, Word, entry, inline, text
from auditkit.sources.stack_file.text_edits import Page, entries, says, shifted
from auditkit.sources.stack_file.writer import Entry, Pen, Question, component_lines, places_value, seen_lines

_Moves = dict[tuple[str, int], tuple[str, int]]


def merge_into(old: str, drawn: Stack, questions: Iterable[Question] = (), *, path: str = "stack.yaml"
               ) -> tuple[str, tuple[str, ...]]:
    """The text of a stack file with what was drawn added to it, and a line for each change or disagreement.

    Raises InputError when the file itself has mistakes. A key that is open in a comment (`# gate: ...`) is answered
    in its place.
    """
    mine = stack_from_text(old, path)
    work = _Merge(Page(old), mine, drawn, matches(mine, drawn), list(questions))
    work.run()
    new = work.page.text()
    if new != old:
        stack_from_text(new, path)      # what was made must be as good as what was there
    return new, tuple(work.changes)


# Merging ---------------------------------------------------------------------------------------------------

@dataclass
class _Merge:
    """One merge: the page, what is known on both sides, and what was changed so far."""

    page: Page
    mine: Stack
    drawn: Stack
    match: Match
    questions: list[Question]
    changes: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Everything, in the order of the file's sections."""
        self.sections = entries(self.page.top)
        self.theirs = renamed(self.mine, self.drawn, self.match)
        self.names = {there: own for own, there in zip((c.ref for c in self.drawn.components),
                                                      (c.ref for c in self.theirs.components))}
        closed = {SECTIONS[s] for s, (_, node) in self.sections.items() if s in SECTIONS and self._none(node)}
        known = {c.ref for c in self.mine.components}
        fresh = [c for c in self.theirs.components if c.ref not in known]
        shown = [c for c in self.theirs.components if c.ref in known or c.kind not in closed]
        both = self.mine | self.theirs.having(components=tuple(shown))
        moves = {part.ref: self._moves(part.ref) for part in self.theirs.components if part.ref in known}
        self.pen = Pen(both, self._commit(moves), {})
        self._places(moves)
        for part in self.theirs.components:
            if part.ref in known:
                self._bound(part)
        for fact in end_of_declared(self.mine, self.match, self.theirs.components):
            if fact.ref not in self.theirs.receipts_of and (node := self._node(fact.ref)) is not None:
                self._one(node, "next", [Word("end")], "")
        for section, kind in SECTIONS.items():
            self._section(section, kind, [c for c in fresh if c.kind == kind], closed)
        self._incomplete()
        self._gone()

    @staticmethod
    def _none(node: Any) -> bool:
        return (isinstance(node, yaml.SequenceNode) and not node.value) or says(node, "none")

    def _commit(self, moves: Mapping[Ref, _Moves]) -> str | None:
        """The commit of bare places: the file's own; the drawn one when it has no places yet, or all of them hold."""
        here = {r.commit for r in _inspected(self.drawn)}
        one = next(iter(here)) if len(here) == 1 else None
        own = self.mine.engagement.commit
        if one is None or own == one:
            return own
        places = {(r.path, r.line) for r in _inspected(self.mine)}
        if own is None:
            if places or "audit" in self.sections:
                return None
            self.page.append(["audit:", *entry("commit", one, 2)])
            return one
        drawn = {(r.path, r.line) for r in _inspected(self.drawn)}
        to = {old: new for table in moves.values() for old, new in table.items()}
        node = entries(self.sections["audit"][1]).get("commit") if "audit" in self.sections else None
        if node is None or any(to.get(p, p) not in drawn for p in places):
            return own
        self.page.replace(node[1], text(one, inside=True))
        self.changes.append(f"~ audit: commit {own[:12]} is now {one[:12]}; every place was seen again")
        return one

    # Bound components

    def _bound(self, part: Component) -> None:
        """Adds to a component of the file what was drawn of it and is not there."""
        node = self._node(part.ref)
        if node is None:
            return
        table, own = self.theirs.index.get(part.ref, {}), self.mine.index.get(part.ref, {})
        added: list[Entry] = []
        seen: dict[str, list[str]] = {}
        if part.ref != THE_SYSTEM or table:
            self._see(seen, ITSELF, part.receipts, self.mine.receipts_of[part.ref])
        for name, facts in table.items():
            if name in LABELS and (name != "symbol" or name in own):
                continue
            if name in own:
                self._compare(part.ref, name, own[name], facts, seen)
                continue
            made = self.pen.entry(keys(part.kind)[name], facts)
            if made is not None:
                added.append(made)
                seen |= {n: p for n, p in made.names.items() if p}
        last = end_of_declared(self.mine, self.match, self.theirs.components)
        added += [Entry(keys("step")["next"], [Word("end")]) for f in last if f.ref == part.ref]
        self._put(node, added, seen)
        for made in added:
            self.changes.append(f"+ {_what(part.ref)}: {made.key.name} {_short(inline(made.value))}{_first(made.names)}")

    def _see(self, seen: dict[str, list[str]], name: str, theirs: Iterable[Any], mine: Iterable[Any]) -> None:
        """Places that the file does not have yet, commits aside."""
        known = {(self.moved.get((r.path, r.line), (r.path, r.line))) for r in mine if isinstance(r, Inspected)}
        new = [r for r in theirs if isinstance(r, Inspected) and (r.path, r.line) not in known]
        if new and (places := self.pen.places(self._short(r) for r in new)):
            seen[name] = places

    def _short(self, receipt: Inspected) -> Inspected:
        """A place with as much of its commit as a person would write."""
        if receipt.commit is None or receipt.commit == self.pen.commit:
            return receipt
        return receipt.model_copy(update={"commit": receipt.commit[:12]})

    def _compare(self, ref: Ref, name: str, own: Sequence[Fact], facts: Sequence[Fact], seen: dict[str, list[str]]) -> None:
        """A key that both know: the same word gets its place, another is told, and the person's stays."""
        key = keys(ref.kind)[name]
        if key.record is Rate:
            return
        said = {_plain(f.value): f for f in own}
        for value in dict.fromkeys(_plain(f.value) for f in facts):
            theirs = [f for f in facts if _plain(f.value) == value]
            if value not in said:
                where = theirs[0].receipt
                place = f"{where.path}:{where.line}" if isinstance(where, Inspected) else where.basis
                yours = ", ".join(_show(v) for v in said)
                self.changes.append(f"~ {_what(ref)}: {name} {_show(value)} seen at {place}; "
                                    f"yours says {_short(yours)} and stays")
            else:
                label = f"{name}.{value}" if key.many and len(own) > 1 and value != EMPTY and key.record in (None, Edge) else name
                before = len(seen)
                self._see(seen, label, (f.receipt for f in theirs),
                          (f.receipt for f in own if _plain(f.value) == value))
                if len(seen) > before:
                    self.changes.append(f"+ {_what(ref)}: {name} {_show(value)} as you say, seen at {seen[label][0]}")

    def _node(self, ref: Ref) -> Any:
        """The mapping of a component in the file."""
        if ref == THE_SYSTEM:
            return self.sections["stack"][1] if "stack" in self.sections else None
        section = self.sections.get(SECTION_OF[ref.kind])
        items = section[1].value if section and isinstance(section[1], yaml.SequenceNode) else ()
        return next((n for n in items if "id" in entries(n) and entries(n)["id"][1].value.strip() == ref.id), None)

    def _put(self, node: Any, added: Sequence[Entry], seen: Mapping[str, Sequence[str]]) -> None:
        """Writes keys and places into a component's mapping."""
        groups: dict[str, list[Entry]] = {}
        for made in added:
            group = made.key.name.partition(".")[0] if "." in made.key.name else ""
            groups.setdefault(group, []).append(made)
        for made in groups.pop("", []):
            self._one(node, made.key.name, made.value, made.comment)
        for group, own in groups.items():
            nested = _nested(own)
            there = entries(node).get(group)
            if there is not None and isinstance(there[1], yaml.MappingNode) and there[1].value:
                for name, value in nested.items():
                    self._one(there[1], name, value, "")
            else:
                self._one(node, group, nested, "; ".join(dict.fromkeys(e.comment for e in own if e.comment)))
        if seen:
            self._seen(node, seen)

    def _one(self, node: Any, name: str, value: Plain, comment: str) -> None:
        """One key into a mapping: where it is blank or unknown, where it is an open question, else at the end."""
        there = entries(node)
        indent = self.page.indent(node)
        if name in there:
            key, old = there[name]
            if isinstance(value, dict) and isinstance(old, yaml.MappingNode):
                for inner, one in value.items():
                    self._one(old, inner, one, "")
            elif isinstance(value, dict) and says(old, "") and not node.flow_style:
                self.page.into_blank(key, value, indent + 2)
            elif says(old, "unknown", ""):
                self.page.edits.append((self.page.at(key.end_mark), self.page.at(old.end_mark), f": {inline(value)}"))
            return
        self.page.add_key(node, name, value, comment)

    def _seen(self, node: Any, seen: Mapping[str, Sequence[str]]) -> None:
        """More places under `seen`."""
        indent = self.page.indent(node)
        there = entries(node).get("seen")
        if there is None:
            if node.flow_style:
                table = {n: places_value(p) for n, p in seen.items()}
                self.page.into_flow(node, f"seen: {inline(table, inside=True)}", indent)
            else:
                self.page.insert_after(max(self.page.last_line(v) for _, v in node.value), seen_lines(seen, indent))
            return
        old = there[1]
        if not isinstance(old, yaml.MappingNode):      # places of the component itself, until now
            own = [self.renewed.get(n.value, n.value)
                   for n in (old.value if isinstance(old, yaml.SequenceNode) else [old])]
            self.page.forget(old)       # a place that moved is written anew here, with the others
            every = {**seen, ITSELF: [*own, *seen.get(ITSELF, ())]}
            flow: dict[str, Plain] = {n: places_value(p) for n, p in every.items()}
            if isinstance(old, yaml.SequenceNode) and not old.flow_style:
                first, last = int(old.start_mark.line), self.page.last_line(old)
                start, end = self.page.starts[first], self.page.starts[last] + len(self.page.lines[last])
                rows = [row for n, p in flow.items() for row in entry(n, p, indent + 2)]
                self.page.edits.append((start, end, self.page.breaks.join(rows)))
            else:
                self.page.replace(old, inline(flow))
            return
        deep = self.page.indent(old)
        for name, places in self._not_yet(old, seen):
            value = places_value(places)
            if old.flow_style:
                self.page.into_flow(old, f"{text(name, inside=True)}: {inline(value, inside=True)}", deep)
            else:
                self.page.insert_after(self.page.last_line(old), entry(name, value, deep))

    def _not_yet(self, old: Any, seen: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Sequence[str]]]:
        """Entries for `seen` whose keys are not there: by place where several keys share one, else by key."""
        there = {k.value for k, _ in old.value}
        shared: dict[str, list[str]] = {}
        for name, places in seen.items():
            if len(places) == 1 and places[0] not in there and len(places[0]) < WIDTH - 40:
                shared.setdefault(places[0], []).append(name)
        turned = {place: names for place, names in shared.items() if len(names) > 1}
        yield from turned.items()
        done = {n for names in turned.values() for n in names}
        for name, places in seen.items():
            if name in done:
                continue
            if name not in there:
                yield name, places
                continue
            for place in places:      # the key has a place already; the new one takes its own line
                if place not in there:
                    yield place, [name]

    # Places that moved

    def _places(self, moves: Mapping[Ref, _Moves]) -> None:
        """Places of the file that the code now has on another line of the same file."""
        self.moved: _Moves = {}
        self.renewed: dict[str, str] = {}
        """Places as they were written, with what is written for them now."""
        commit = next((r.commit for r in _inspected(self.drawn)), None)
        apart = f"@{commit[:12]}" if commit and commit != self.pen.commit else ""
        count = 0
        for ref, move in moves.items():
            node = self._node(ref)
            there = entries(node).get("seen") if node is not None else None
            if there is None or not move:
                continue
            marks = [k for k, _ in there[1].value if PLACE.fullmatch(k.value)] if isinstance(there[1], yaml.MappingNode) else []
            present = {n.value.partition("@")[0] for n in _scalars(there[1])}
            for scalar in (*marks, *_scalars(there[1], values=True)):
                path, _, line = scalar.value.partition("@")[0].rpartition(":")
                target = move.get((path, int(line))) if line.isdigit() else None
                if target is None or f"{target[0]}:{target[1]}" in present:
                    continue
                if scalar in marks:     # a key stands once: of two that move to one line the second stays where it is
                    present.add(f"{target[0]}:{target[1]}")
                self.page.replace(scalar, text(f"{target[0]}:{target[1]}{apart}", inside=True))
                self.renewed[scalar.value] = f"{target[0]}:{target[1]}{apart}"
                self.moved[path, int(line)] = target
                count += 1
        if count:
            plural = "s" if count != 1 else ""
            self.changes.append(f"~ {count} place{plural} moved to {'their' if plural else 'its'} new line{plural}")

    def _moves(self, ref: Ref) -> _Moves:
        """For one component: old places with the new ones, where all its keys agree."""
        found: dict[tuple[str, int], set[tuple[str, int]]] = {}
        rows = [(self.mine.receipts_of[ref], self.theirs.receipts_of[ref])] if ref in self.mine.receipts_of else []
        mine, theirs = self.mine.index.get(ref, {}), self.theirs.index.get(ref, {})
        for name in mine.keys() & theirs.keys():
            for value in {_plain(f.value) for f in mine[name]} & {_plain(f.value) for f in theirs[name]}:
                rows.append(tuple(tuple(f.receipt for f in side[name] if _plain(f.value) == value)       # type: ignore[arg-type]
                                  for side in (mine, theirs)))
        for old, new in rows:
            before, now = ({(r.path, r.line) for r in side if isinstance(r, Inspected)} for side in (old, new))
            for path in {p for p, _ in before}:
                gone = [x for x in before - now if x[0] == path]
                come = [x for x in now - before if x[0] == path]
                for one in gone:
                    found.setdefault(one, set()).update(come if len(gone) == len(come) == 1 else [one])
            for one in before & now:
                found.setdefault(one, set()).add(one)
        return {old: next(iter(new)) for old, new in found.items() if len(new) == 1 and old not in new}

    # New components

    def _section(self, section: str, kind: str, fresh: Sequence[Component], closed: set[str]) -> None:
        if not fresh:
            return
        if kind in closed:
            for part in fresh:
                self.changes.append(f"~ {section}: yours says there are none; seen {_what(part.ref)}{_at(part)}, not added")
            return
        asked: dict[Ref, list[Question]] = {}
        for q in self.questions:
            asked.setdefault(self.names_back.get(Ref(q.kind, q.id), Ref(q.kind, q.id)), []).append(q)
        own = self.sections.get(section)
        node = own[1] if own else None
        if isinstance(node, yaml.SequenceNode) and node.flow_style:
            for part in fresh:
                self.page.into_flow(node, inline(self._flow(part), inside=True), int(node.start_mark.column) + 1)
        else:
            rows = [row for part in fresh for row in component_lines(self.pen, part, asked.get(part.ref, ()))]
            if isinstance(node, yaml.SequenceNode):
                shift = int(node.start_mark.column) - 2
                self.page.insert_after(self._end(node), shifted(rows, shift))
            else:
                self._new_section(section, node, rows)
        self.changes += [f"+ {part.kind.replace('_', ' '):<11} {part.id}{_at(part)}" for part in fresh]

    @property
    def names_back(self) -> dict[Ref, Ref]:
        """Drawn names with those that they have in the file."""
        return {own: there for there, own in self.names.items()}

    def _end(self, node: Any) -> int:
        """The last line of a list, open questions of its last item included."""
        return self.page.with_comments(self.page.last_line(node), int(node.start_mark.column) + 1)

    def _new_section(self, section: str, node: Any, rows: Sequence[str]) -> None:
        """A section that was left out: where a comment asks for it, else at the end; its list may have more."""
        self.opened.append(section)
        key = self.sections[section][0] if node is not None else None
        self.page.new_section(section, key, node, rows)

    def _flow(self, part: Component) -> dict[str, Plain]:
        entries = self.pen.entries(part.ref)
        made: dict[str, Plain] = {"id": part.id, **_nested(entries)}
        names = {ITSELF: self.pen.places(part.receipts), **{n: p for e in entries for n, p in e.names.items()}}
        seen: dict[str, Plain] = {n: places_value(p) for n, p in names.items() if p}
        return {**made, **({"seen": seen} if seen else {})}

    def _incomplete(self) -> None:
        if not self.opened:
            return
        own = self.sections.get("incomplete")
        node = own[1] if own else None
        if node is None:
            self.page.append(entry("incomplete", [*self.opened], 0))
        elif isinstance(node, yaml.SequenceNode) and node.flow_style:
            for name in self.opened:
                self.page.into_flow(node, name, 2)
        elif isinstance(node, yaml.SequenceNode):
            pad = " " * int(node.start_mark.column)
            self.page.insert_after(self.page.last_line(node), [f"{pad}- {name}" for name in self.opened])
        else:
            names = [n for n in (node.value.strip(),) if n in SECTIONS]
            key = own[0] if own else node
            self.page.edits.append((self.page.at(key.end_mark), self.page.at(node.end_mark),
                                    f": [{', '.join([*names, *self.opened])}]"))

    def _gone(self) -> None:
        """What the file saw in the code and the code no longer has."""
        found = set(self.match.values())
        for part in self.mine.components:
            if part.kind in SOUGHT and part.ref not in found and any(isinstance(r, Inspected) for r in part.receipts):
                self.changes.append(f"- {_what(part.ref)} is no longer in the code; it stays in your file")


def _scalars(node: Any, *, values: bool = False) -> list[Any]:
    """The scalars of a `seen` node; with `values` only those that are no keys."""
    if isinstance(node, yaml.ScalarNode):
        return [node]
    if isinstance(node, yaml.SequenceNode):
        return [s for n in node.value for s in _scalars(n)]
    return [s for k, v in node.value for s in ([] if values else [k]) + _scalars(v, values=values)]


def _inspected(stack: Stack) -> Iterator[Inspected]:
    for part in stack.components:
        yield from (r for r in part.receipts if isinstance(r, Inspected))
    yield from (f.receipt for f in stack.facts if isinstance(f.receipt, Inspected))


def _plain(value: Any) -> Any:
    return value.to if isinstance(value, Edge) else value


def _nested(entries: Sequence[Entry]) -> dict[str, Plain]:
    """Entries as a mapping; the first part of a dotted name is left out when all share it."""
    heads = {e.key.name.partition(".")[0] for e in entries}
    strip = len(heads) == 1 and all("." in e.key.name for e in entries)
    made: dict[str, Plain] = {}
    for one in entries:
        path = one.key.name.split(".")[1 if strip else 0:]
        table = made
        for name in path[:-1]:
            inner = table.setdefault(name, {})
            assert isinstance(inner, dict)
            table = inner
        table[path[-1]] = one.value
    return made


def _what(ref: Ref) -> str:
    return "the workflow" if ref == THE_SYSTEM else f"{ref.kind.replace('_', ' ')} {ref.id}"


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value == EMPTY else _short(str(value))


def _short(value: str) -> str:
    return value if len(value) <= 60 else f"{value[:59]}…"


def _first(names: Mapping[str, Sequence[str]]) -> str:
    place = next((p[0] for p in names.values() if p), None)
    return f"   {place}" if place else ""


def _at(part: Component) -> str:
    place = next((f"{r.path}:{r.line}" for r in part.receipts if isinstance(r, Inspected)), None)
    return f"   {place}" if place else ""
