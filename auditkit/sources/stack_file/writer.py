"""From a Stack to a stack file that a person would like to go on editing.

What was seen keeps its place (`seen:`), what is not known becomes a question in a comment, what could not be looked
at stands at the end. The file loads again to the same facts and receipts, with these exceptions, which a stack file
has no word for: which rule saw something, whether it was followed there or is a library's default (both become
comments), the day on which it was seen, that the code left something open (which becomes a question), and all but one
value where receipts of one key disagree (the person's value stays, the others become comments).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from auditkit.model.base import Frozen
from auditkit.model.facts import EMPTY, THE_SYSTEM, Component, Engagement, Fact, Ref, Stack
from auditkit.model.keys import Key, groups, keys, record_keys
from auditkit.model.receipts import Declared, Inspected, Measured, Receipt
from auditkit.model.vocabulary import NONE, SECTIONS, Edge, Rate
from auditkit.sources.stack_file import paperwork
from auditkit.sources.stack_file.components import COUNTS, RESERVED, slug_of
from auditkit.sources.stack_file.places import ITSELF, item_name
from auditkit.sources.stack_file.spelling import WIDTH, Plain, Word, comment_lines, entry, inline, list_item, one_line, text
from auditkit.syntax.patterns import later
from auditkit.syntax.words import hide_secrets

SCHEMA = "stack.schema.json"
_SLUG = later(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,79}")
_COMMIT = later(r"[0-9a-f]{7,64}")
_BAD = later("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Question(NamedTuple):
    """Something worth asking of a key that is not known."""

    kind: str
    id: str
    key: str
    text: str


@dataclass
class Entry:
    """One key of a component, ready to be written; `names` are what `seen` calls it, with the places of each."""

    key: Key
    value: Plain
    comment: str = ""
    names: dict[str, list[str]] = field(default_factory=dict)


def write_stack(stack: Stack, questions: Iterable[Question] = (), *, origin: str = "", commit: str | None = None,
                on: date | None = None) -> str:
    """A stack as the text of a stack file. `origin` is the name of what it was drawn from."""
    shared = shared_commit(stack)
    asked: dict[Ref, list[Question]] = {}
    for question in questions:
        asked.setdefault(Ref(question.kind, question.id), []).append(question)
    pen = Pen(stack, shared, _ids(stack))
    rows = [*_header(stack, origin, commit or shared, on), "version: 1", "", *_system(pen, asked.get(THE_SYSTEM, []))]
    for section, kind in SECTIONS.items():
        rows += _section(pen, section, kind, asked)
    open_lists = [s for s, k in SECTIONS.items() if stack.by_kind[k] and s not in stack.complete]
    rows += _incomplete(open_lists)
    rows += _unseen([s for s, k in SECTIONS.items() if not stack.by_kind[k] and s not in stack.complete])
    rows += _papers(stack, shared)
    rows += _gaps(stack)
    return "\n".join(rows).rstrip("\n") + "\n"


def shared_commit(stack: Stack) -> str | None:
    """The commit that every place of a stack has, if it is one; it is written once, under `audit`."""
    own = stack.engagement.commit
    found = {r.commit for r in _receipts(stack) if isinstance(r, Inspected)}
    if own is not None:
        return own
    one = next(iter(found)) if len(found) == 1 else None
    return one if one and _COMMIT.fullmatch(one) else None


def _receipts(stack: Stack) -> Iterator[Receipt]:
    for part in stack.components:
        yield from part.receipts
    yield from (f.receipt for f in stack.facts)


def _header(stack: Stack, origin: str, commit: str | None, on: date | None) -> list[str]:
    rows = [f"# yaml-language-server: $schema={SCHEMA}", "#"]
    if origin:
        where = f"{origin} at commit {commit}" if commit else origin
        rows += comment_lines(f"{stack.name}: drawn by AuditKit from {where}{f' on {on.isoformat()}' if on else ''}.", 0)
        rows += comment_lines("What stands here was seen in the code, at the places under 'seen'. Change what is wrong and add "
                              "what is missing: drawing it again never overwrites what you wrote.", 0)
        rows += comment_lines("A line '# key: ...' is an open question: take the '#' away and keep one of the answers. What "
                              "stays a comment is not known, and never counts as fine. 'auditkit audit' on this file says what "
                              "is heaviest.", 0)
    return [*rows, ""]


# Components ------------------------------------------------------------------------------------------------

@dataclass
class Pen:
    """What writing a component needs to know of the whole: the commit said once, and ids that had to be changed."""

    stack: Stack
    commit: str | None
    ids: Mapping[Ref, str]

    def component(self, part: Component, questions: Sequence[Question], indent: int) -> list[str]:
        """The lines of a component's keys, without its id."""
        entries = self.entries(part.ref)
        rows = list(self._keys(part.ref, entries, questions, indent))
        rows += self._voice(part, indent)
        rows += self._said(part.ref, entries, indent)
        rows += self._seen(part, entries, indent)
        return rows

    def entries(self, ref: Ref) -> list[Entry]:
        """What the file says of each key, in the vocabulary's order."""
        table, found = self.stack.index.get(ref, {}), []
        for name, key in keys(ref.kind).items():
            if not key.derived and name in table:
                made = self.entry(key, table[name])
                if made is not None:
                    found.append(made)
        return found

    def entry(self, key: Key, facts: Sequence[Fact]) -> Entry | None:
        """One key with its value, its places and its remarks; None when the value cannot be written."""
        return self._set(key, facts) if key.many else self._one(key, facts)

    def _one(self, key: Key, facts: Sequence[Fact]) -> Entry | None:
        if key.record is Rate:
            return self._rate(key, facts)
        speaks = next((f for f in facts if isinstance(f.receipt, Declared)), None)
        speaks = speaks or max(facts, key=lambda f: isinstance(f.receipt, Measured))
        value = self.plain(key, speaks.value)
        if value is None:
            return None
        same = [f for f in facts if f.value == speaks.value]
        made = Entry(key, value, _remark(same), {key.name: self.places(f.receipt for f in same)})
        other = [f for f in facts if f.value != speaks.value]
        for fact in other:
            shown = self.plain(key, fact.value)
            said = f"also {inline(shown) if shown is not None else '?'}, {_where(fact.receipt)}"
            made.comment = f"{made.comment}; {said}" if made.comment else said
        return made

    def _rate(self, key: Key, facts: Sequence[Fact]) -> Entry | None:
        counted = next((f for f in facts if f.value.runs is not None), None)
        claimed = next((f for f in facts if f.value.runs is None), None)
        parts: dict[str, Any] = {}
        for fact in (claimed, counted):
            if fact is not None:
                parts |= fact.value.model_dump(exclude_none=True)
        if counted is not None:
            parts.pop("known_by", None)
            receipt = counted.receipt
            if isinstance(receipt, Measured) and counted.value.source is None and receipt.source != COUNTS:
                parts["source"] = receipt.source
        names = {key.name: self.places(f.receipt for f in facts)}
        if set(parts) == {"rate"}:
            return Entry(key, float(parts["rate"]), _remark(facts), names)
        value = self._record(Rate, {n: parts[n] for n in record_keys(Rate) if n in parts})
        return Entry(key, value, _remark(facts), names) if value else None

    def _set(self, key: Key, facts: Sequence[Fact]) -> Entry | None:
        items: dict[Any, list[Fact]] = {}
        for fact in facts:
            if fact.value != EMPTY:
                name = fact.value.to if isinstance(fact.value, Edge) else fact.value
                items.setdefault(name, []).append(fact)
        if not items:
            return Entry(key, [], _remark(facts), {key.name: self.places(f.receipt for f in facts)})
        written = [(value, same) for same in items.values() if (value := self.plain(key, same[0].value)) is not None]
        if not written:
            return None
        places = [self.places(f.receipt for f in same) for _, same in written]
        shared = all(p == places[0] for p in places)
        names = {key.name: places[0]} if shared else {
            f"{key.name}.{self._item_name(same[0].value, i)}": p for i, ((_, same), p) in enumerate(zip(written, places), 1)}
        return Entry(key, [value for value, _ in written], _remark(facts), names)

    def _item_name(self, value: Any, position: int) -> str:
        if isinstance(value, Edge):
            return self.ids.get(Ref("step", str(value.to)), str(value.to))
        return item_name(value, position)

    def plain(self, key: Key, value: Any) -> Plain | None:
        """A value as the file spells it; None where it has no word for it."""
        if isinstance(value, Edge):
            to = self._reference("step", str(value.to))
            return None if to is None else {"to": to, "share": value.share} if value.share is not None else to
        if isinstance(value, Frozen):
            return self._record(type(value), dict(value))
        match key.form:
            case "flag" | "choice":
                if value == "unknown" and "unknown" not in key.choices:
                    return None
                return value if isinstance(value, bool) else Word(value)
            case "whole" | "number":
                return value if isinstance(value, int | float) else None
            case "date":
                return value if isinstance(value, date) else None
            case "reference":
                return self._reference(key.refers_to or "", str(value))
        return words(str(value), key)

    def _reference(self, kind: str, name: str) -> Plain | None:
        if name == NONE or (kind == "step" and name == "end"):
            return Word(name)
        known = self.ids.get(Ref(kind, name), name)
        return known if Ref(kind, name) in self.stack.by_kind[kind] else None

    def _record(self, record: type[Frozen], values: Mapping[str, Any]) -> dict[str, Plain] | None:
        made: dict[str, Plain] = {}
        for name, key in record_keys(record).items():
            value = values.get(name)
            if value is None:
                continue
            if isinstance(value, tuple | list):
                items: list[Plain] = [p for v in value if (p := self.plain(key, v)) is not None]
                if list(value) == [NONE]:
                    made[name] = Word(NONE)
                elif items or not value:
                    made[name] = items
            elif (one := self.plain(key, value)) is not None:
                made[name] = one
        return made or None

    def places(self, receipts: Iterable[Receipt]) -> list[str]:
        """Places as `seen` writes them, once each."""
        return list(dict.fromkeys(place for r in receipts if (place := self.place(r)) is not None))

    def place(self, receipt: Receipt) -> str | None:
        """A place as `path:line` or `path:line@commit`; None for what is no place in code or cannot be written."""
        if not isinstance(receipt, Inspected) or not writable(receipt.path) or receipt.line < 1:
            return None
        apart = receipt.commit and receipt.commit != self.commit and _COMMIT.fullmatch(receipt.commit)
        return f"{receipt.path}:{receipt.line}" + (f"@{receipt.commit}" if apart else "")

    def choices(self, key: Key) -> str:
        """The answers a key takes, for a question: its words, the ids it can name, or an example."""
        if key.form == "choice":
            first = [c for n, c in enumerate(key.choices) if len(" | ".join(key.choices[:n + 1])) <= 48]
            words = [*first, *(["..."] if len(first) < len(key.choices) else [])]
            return f"[{', '.join(words)}]" if key.many else " | ".join(words)
        if key.form == "flag":
            return " | ".join(("yes", "no", *(w for w in key.words if w != "unknown")))
        if key.form == "reference":
            refs = self.stack.by_kind[key.refers_to or ""][:4]
            found = " | ".join([NONE, *(self.ids.get(r, r.id) for r in refs)])
            return found if len(found) <= 60 else "..."
        if key.form in ("text", "date", "record") or isinstance(key.example, list | dict):
            return "[...]" if key.many else "..."
        return str(key.example)

    def _keys(self, ref: Ref, entries: Sequence[Entry], questions: Sequence[Question], indent: int) -> Iterator[str]:
        """The keys of a component, groups nested, open questions where their key would stand."""
        stated = {e.key.name: e for e in entries}
        asked = {q.key: q for q in (*self._unsettled(ref), *questions) if q.key not in stated and q.key in keys(ref.kind)}
        done: set[str] = set()
        for name in keys(ref.kind):
            group = name.partition(".")[0]
            if "." in name and group in groups(ref.kind):
                if group not in done:
                    done.add(group)
                    yield from self._group(ref.kind, group, stated, asked, indent)
            elif name in stated:
                yield from entry(name, stated[name].value, indent, stated[name].comment)
            elif name in asked:
                yield question_line(name, self.choices(keys(ref.kind)[name]), asked[name].text, indent)

    def _group(self, kind: str, group: str, stated: Mapping[str, Entry], asked: Mapping[str, Question],
               indent: int) -> Iterator[str]:
        """A group of keys: on one line when it has no remarks, else nested, with its open questions."""
        own = {n: e for n, e in stated.items() if n.startswith(f"{group}.")}
        open_ = {n: q for n, q in asked.items() if n.startswith(f"{group}.")}
        pad = " " * indent
        if not own and not open_:
            return
        nested: dict[str, Plain] = {}
        for name, one in own.items():
            _put(nested, name.split(".")[1:], one.value)
        line = f"{pad}{group}: {inline(nested)}"
        if not open_ and len(line) <= WIDTH and len(own) <= 6 and not any(e.comment for e in own.values()):
            yield line
            return
        yield f"{pad}{group}:"
        done: set[str] = set()
        for name in keys(kind):
            if not name.startswith(f"{group}."):
                continue
            last = name.split(".")[1]
            if name.count(".") > 1:      # a group within the group
                if last not in done and isinstance(inner := nested.get(last), dict):
                    yield from entry(last, inner, indent + 2)
                elif name in open_:
                    yield question_line(name.partition(".")[2], self.choices(keys(kind)[name]), open_[name].text, indent + 2)
                done.add(last)
            elif name in own:
                yield from entry(last, own[name].value, indent + 2, own[name].comment)
            elif name in open_:
                yield question_line(last, self.choices(keys(kind)[name]), open_[name].text, indent + 2)

    def _unsettled(self, ref: Ref) -> Iterator[Question]:
        """Keys that the code was asked for and did not settle (`durable: unknown`), as questions."""
        for name, facts in self.stack.index.get(ref, {}).items():
            if keys(ref.kind)[name].form == "flag" and all(f.value == "unknown" for f in facts):
                said = keys(ref.kind)[name].doc
                yield Question(ref.kind, ref.id, name, f"{said} {_remark(facts) or 'The code does not say'} "
                                                       f"({', '.join(self.places(f.receipt for f in facts))})")

    def _voice(self, part: Component, indent: int) -> list[str]:
        own = _voice_of(self.stack, part.ref)
        outside = _voice_of(self.stack, THE_SYSTEM) if part.ref != THE_SYSTEM else (None, None)
        note = next((r.note for r in part.receipts if isinstance(r, Declared) and r.note), None)
        rows: list[str] = []
        if note and (said := words(note, None)) is not None:
            rows += entry("note", said, indent)
        for name, value, known in zip(("said_by", "said_on"), own, outside):
            if value is not None and value != known:
                rows += entry(name, value if isinstance(value, date) else words(str(value), None) or "", indent)
        return rows

    def _said(self, ref: Ref, entries: Sequence[Entry], indent: int) -> list[str]:
        """Who says single keys, and when, where somebody else says the rest."""
        usual = voice_of(self.stack, ref)
        made: dict[str, Plain] = {}
        for one in entries:
            voices = Counter((f.receipt.who, f.receipt.when) for f in self.stack.index[ref][one.key.name]
                             if isinstance(f.receipt, Declared))
            if voices and usual not in voices and (said := said_text(*voices.most_common(1)[0][0])) is not None:
                made[one.key.name] = said
        return entry("said", made, indent) if made else []

    def _seen(self, part: Component, entries: Sequence[Entry], indent: int) -> list[str]:
        own = self.places(part.receipts)
        names = {**({ITSELF: own} if own else {}), **{n: p for e in entries for n, p in e.names.items() if p}}
        return seen_lines(names, indent)


def seen_lines(names: Mapping[str, Sequence[str]], indent: int) -> list[str]:
    """`seen:` with each place once and what was seen there; a place alone when it is only the component's."""
    if not names:
        return []
    if set(names) == {ITSELF}:
        return entry("seen", places_value(names[ITSELF]), indent)
    rows = [f"{' ' * indent}seen:"]
    table: dict[str, list[str]] = {}
    for name, places in names.items():
        for place in places:
            table.setdefault(place, []).append(name)
    turned: dict[str, list[str]] = {}
    for place, seen in table.items():
        if len(place) > WIDTH - 40:      # a key cannot be folded, a value can
            for name in seen:
                turned.setdefault(name, []).append(place)
        else:
            rows += entry(place, seen[0] if len(seen) == 1 else list(seen), indent + 2)
    for name, found in turned.items():
        rows += entry(name, places_value(found), indent + 2)
    return rows


def places_value(places: Sequence[str]) -> Plain:
    """One place, or a list of them."""
    return places[0] if len(places) == 1 else [str(p) for p in places]


def _put(table: dict[str, Plain], path: Sequence[str], value: Plain) -> None:
    for part in path[:-1]:
        inner = table.setdefault(part, {})
        assert isinstance(inner, dict)
        table = inner
    table[path[-1]] = value


def question_line(name: str, answers: str, asks: str, indent: int) -> str:
    """`# reversible: no | compensable | yes      # Can it be taken back?`"""
    *outer, last = name.split(".")
    answer = f"{last}: {answers}"
    for group in reversed(outer):
        answer = f"{group}: {{{answer}}}"
    start = f"{' ' * indent}# {answer}"[:WIDTH]
    room = WIDTH - max(len(start), 46) - 4
    said = one_line(asks)
    if len(said) > room:      # the check that wants to know is at the end, and stays
        *_, check = said.split(" ")
        tail = f"… {check}" if re.fullmatch(r"[A-Z]{2,5}-\d{2,3}", check) else "…"
        said = said[:max(0, room - len(tail))].rstrip(" .,;:") + tail
    return f"{start:<46}  # {said}" if room >= 12 else start


def _system(pen: Pen, questions: Sequence[Question]) -> list[str]:
    part = next((c for c in pen.stack.components if c.ref == THE_SYSTEM), Component(kind="system", id="system"))
    rows = pen.component(part, questions, 2)
    if not any(row.startswith("  name:") for row in rows):
        rows = [*entry("name", words(pen.stack.name, keys("system")["name"]) or "Workflow", 2), *rows]
    return ["stack:", *rows]


def _section(pen: Pen, section: str, kind: str, asked: Mapping[Ref, Sequence[Question]]) -> list[str]:
    parts = [c for c in pen.stack.components if c.kind == kind]
    if not parts:
        return ["", f"{section}: []"] if section in pen.stack.complete else []
    rows = ["", f"{section}:"]
    for part in parts:
        rows += component_lines(pen, part, asked.get(part.ref, ()))
    return rows


def component_lines(pen: Pen, part: Component, questions: Sequence[Question]) -> list[str]:
    """One item of a section."""
    return [f"  - id: {text(pen.ids.get(part.ref, part.id))}", *pen.component(part, questions, 4)]


def _incomplete(sections: Sequence[str]) -> list[str]:
    if not sections:
        return []
    said = "Lists that may have more than was seen. Take a name out when you know that its list is whole."
    return ["", *comment_lines(said, 0), *entry("incomplete", list(sections), 0)]


def _unseen(sections: Sequence[str]) -> list[str]:
    if not sections:
        return []
    said = "Of these nothing was seen. Take the '#' away where there are none; list them where there are some."
    return ["", *comment_lines(said, 0), *(f"# {s}: []" for s in sections)]


def _ids(stack: Stack) -> dict[Ref, str]:
    """Ids that a stack file cannot hold, with those that stand for them."""
    taken = {kind: {r.id for r in refs} for kind, refs in stack.by_kind.items()}
    made: dict[Ref, str] = {}
    for ref in (c.ref for c in stack.components if c.ref != THE_SYSTEM):
        if _SLUG.fullmatch(ref.id) and ref.id not in RESERVED:
            continue
        base, n = slug_of(ref.id) or ref.kind, 2
        name = base if base not in RESERVED else f"{base}_{ref.kind}"
        while name in taken[ref.kind] | set(RESERVED):
            name, n = f"{base}_{n}", n + 1
        taken[ref.kind].add(name)
        made[ref] = name
    return made


def words(value: str, key: Key | None) -> str | None:
    """A text as a stack file takes it: no control characters, not too long, nothing secret; None when it would be
    read as something else (`unknown`, an empty set)."""
    most = key.max_length if key is not None and key.max_length else 600
    said = hide_secrets(_BAD.sub(" ", value).strip())[:most].strip()
    if not said or said in ("unknown", EMPTY) or (said == NONE and key is not None and key.many):
        return None
    return said


def writable(path: str) -> bool:
    """Whether a path can stand in a stack file: inside the folder, with '/', printable."""
    bad = path.startswith(("/", "~")) or "\\" in path or "://" in path or ".." in path.split("/") or "@" in path
    return bool(path.strip()) and path == path.strip() and not bad and len(path) <= 400 and path.isprintable() \
        and not re.match(r"[A-Za-z]:", path)


def _voice_of(stack: Stack, ref: Ref) -> tuple[str | None, date | None]:
    """Who says most of what is declared of a component, and when."""
    said = Counter((r.who, r.when) for r in stack.receipts_of.get(ref, ()) if isinstance(r, Declared))
    said += Counter((f.receipt.who, f.receipt.when) for fs in stack.index.get(ref, {}).values() for f in fs
                    if isinstance(f.receipt, Declared))
    return said.most_common(1)[0][0] if said else (None, None)


def voice_of(stack: Stack, ref: Ref) -> tuple[str | None, date | None]:
    """Who says what a component's `said` does not name, and when, as the file says it."""
    own, outside = _voice_of(stack, ref), _voice_of(stack, THE_SYSTEM)
    return own[0] if own[0] is not None else outside[0], own[1] if own[1] is not None else outside[1]


def said_text(who: str | None, when: date | None) -> str | None:
    """`Dana Ruiz, 2026-11-20`, or one of the two; None where it would be read as something else."""
    name = (words(who, None) or "") if who else ""
    if not name:
        return when.isoformat() if when else None
    if when is not None:
        return f"{name}, {when.isoformat()}"
    return None if "," in name or re.match("[0-9]", name) or re.search(r"[0-9]{4}-[0-9]{2}-[0-9]{2}$", name) else name


def _remark(facts: Sequence[Fact]) -> str:
    """What `seen` has no word for: how a value was come by, and what its inspector noted."""
    found: dict[str, None] = {}
    for fact in facts:
        receipt = fact.receipt
        if isinstance(receipt, Inspected) and (receipt.how == "default" or receipt.note):
            start = "default" if receipt.how == "default" else ""
            found[": ".join(p for p in (start, one_line(receipt.note or "")) if p)] = None
        elif isinstance(receipt, Measured) and not isinstance(fact.value, Rate):
            found[f"counted: {one_line(receipt.source)}, n {receipt.n}"] = None
    return "; ".join(list(found)[:3])


def _where(receipt: Receipt) -> str:
    match receipt:
        case Inspected():
            return f"seen at {receipt.path}:{receipt.line}"
        case Measured():
            return f"counted: {receipt.source}, n {receipt.n}"
    return "declared"


# The rest of the file --------------------------------------------------------------------------------------

def _papers(stack: Stack, commit: str | None) -> list[str]:
    rows: list[str] = []
    audit = _record_of("audit", stack.engagement, skip=("status",) if stack.engagement.status == "draft" else ())
    if commit is not None and "commit" not in audit:
        audit["commit"] = commit
    asked: list[Plain] = [_record_of("asked", a) for a in stack.engagement.asked]
    if asked:
        audit["asked"] = asked
    if audit:
        rows += ["", "audit:", *(row for n, v in audit.items() for row in entry(n, v, 2))]
    for name in paperwork.SECTIONS:
        records = getattr(stack, name)
        if records:
            rows += ["", f"{name}:", *(row for r in records for row in list_item(_record_of(name, r), 2))]
    sources: dict[str, list[Plain]] = {}
    for name, path in stack.sources:
        sources.setdefault(name, []).append(path)
    if sources:
        rows += ["", "sources:", *(row for n, v in sources.items() for row in entry(n, v[0] if len(v) == 1 else v, 2))]
    return rows


def _record_of(section: str, record: Frozen, skip: Sequence[str] = ()) -> dict[str, Plain]:
    made: dict[str, Plain] = {}
    for name, key in paperwork.fields(section).items():
        value = getattr(record, name)
        if value is None or name in skip or name == "asked":
            continue
        if isinstance(value, tuple):
            made[name] = [str(v) for v in value]
        elif isinstance(value, date) or key.form == "choice":
            made[name] = value if isinstance(value, date) else Word(value)
        elif name == "sha256" or (name == "commit" and _COMMIT.fullmatch(value)):     # looks like a key and is none
            made[name] = str(value)
        elif (said := words(str(value), key)) is not None:
            made[name] = said
    return made


def _gaps(stack: Stack) -> list[str]:
    if not stack.gaps:
        return []
    rows = ["", *comment_lines("Not looked at:", 0)]
    for gap in stack.gaps:
        rows += comment_lines(f"  {gap.path}{f':{gap.line}' if gap.line else ''}  {gap.reason}", 0)
    return rows


__all__ = ["Engagement", "Pen", "Question", "component_lines", "shared_commit", "write_stack"]
