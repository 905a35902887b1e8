"""Small changes to a YAML text that keep every other byte: comments, order, quotes, blanks, line ends.

A `Page` holds the text with the places of its nodes and collects edits; several edits of one mapping are given at
once, as a `Group`, so that each of them sees what the others take out. What is added is spelled as the writer does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from auditkit.sources.stack_file.spelling import WIDTH, Plain, entry, inline, list_item, text

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
LAST = ("note", "said_by", "said_on", "said", "seen")
"""What stands below the keys of a component."""


class _Loader(_Base):  # type: ignore[misc]
    """Nodes as text: what a plain word stands for is the reader's business, and takes a quarter of the time."""

    def resolve(self, kind: Any, _value: Any, _implicit: Any) -> str:
        """The same tag for all values of a kind."""
        return str(kind)


class Drop:
    """Takes a key out."""


DROP: Final = Drop()


class Group(dict[str, Any]):
    """Changes to a mapping, by name: a value, `DROP`, or a Group of changes to a mapping inside it."""

    def at(self, path: Sequence[str], value: Any) -> None:
        """States the change of a key in groups."""
        table = self
        for name in path[:-1]:
            inner = table.setdefault(name, Group())
            assert isinstance(inner, Group)
            table = inner
        table[path[-1]] = value

    def plain(self) -> dict[str, Plain]:
        """What is left when there was nothing before."""
        made: dict[str, Plain] = {}
        for name, value in self.items():
            if isinstance(value, Group):
                if inner := value.plain():
                    made[name] = inner
            elif value is not DROP:
                made[name] = value
        return made


@dataclass
class Page:
    """A YAML text with the places of its nodes, and the edits that are still to be made."""

    old: str
    edits: list[tuple[int, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bom = self.old[:1] == "\ufeff"
        self.body = self.old.removeprefix("\ufeff")
        self.breaks = "\r\n" if "\r\n" in self.body else "\n"
        self.lines = re.split(r"\r\n|\n|\r", self.body)
        self.starts = [0, *(m.end() for m in re.finditer(r"\r\n|\n|\r", self.body))]
        self.top = yaml.compose(self._readable(), Loader=_Loader)

    def _readable(self) -> str:
        """The text as the library takes it, every character in its place: JSON may have tabs and surrogates."""
        if self.body.lstrip()[:1] not in ("{", "["):
            return self.body
        return _PAIR.sub("x" * 12, re.sub(r"(?m)^[ \t]+", lambda m: " " * len(m[0]), self.body))

    def text(self) -> str:
        """The text with all edits made, those at one place in the order in which they were asked for."""
        out, at = [], 0
        for start, end, new in sorted(self.edits, key=lambda e: (e[0], e[1])):
            out += [self.body[at:start], new]
            at = max(at, end)
        return ("\ufeff" if self.bom else "") + "".join([*out, self.body[at:]])

    def at(self, mark: Any) -> int:
        """The place of a mark in the text."""
        return int(self.starts[mark.line]) + int(mark.column)

    def source(self, node: Any) -> str:
        """The text of a node that is written in brackets or is a single value."""
        return self.body[self.at(node.start_mark):self.at(node.end_mark)]

    # Single edits

    def replace(self, node: Any, new: str) -> None:
        """Other text for a node that stands on its line."""
        self.edits.append((self.at(node.start_mark), self.at(node.end_mark), new))

    def forget(self, node: Any) -> None:
        """Takes back the edits inside a node that is going to be written as a whole."""
        start, end = self.at(node.start_mark), self.at(node.end_mark)
        self.edits = [e for e in self.edits if not (start <= e[0] and e[1] <= end)]

    def replace_line(self, number: int, rows: Sequence[str]) -> None:
        """Other lines for a line (counted from 0)."""
        start = self.starts[number]
        self.edits.append((start, start + len(self.lines[number]), self.breaks.join(rows)))

    def delete_lines(self, first: int, last: int) -> None:
        """Takes lines out, with their ends."""
        if last + 1 < len(self.starts):
            self.edits.append((self.starts[first], self.starts[last + 1], ""))
        else:       # the last line of a text that ends without a line end: so it does afterwards
            start = self.starts[first - 1] + len(self.lines[first - 1]) if first else 0
            self.edits.append((start, len(self.body), ""))

    def insert_after(self, number: int, rows: Sequence[str]) -> None:
        """Lines after a line (-1: at the top); the last line may lack its end."""
        if not rows:
            return
        if number + 1 < len(self.starts):
            place = self.starts[number + 1]
            self.edits.append((place, place, "".join(r + self.breaks for r in rows)))
        else:
            self.edits.append((len(self.body), len(self.body), "".join(self.breaks + r for r in rows)))

    def below(self, number: int, rows: Sequence[str]) -> None:
        """Lines that belong to a line, and come before what is inserted after it."""
        end = self.starts[number] + len(self.lines[number])
        self.edits.append((end, end, "".join(self.breaks + r for r in rows)))

    def append(self, rows: Sequence[str]) -> None:
        """Lines at the end of the file, a blank line before them."""
        end = len(self.lines) - 1
        while end >= 0 and not self.lines[end].strip():
            end -= 1
        self.insert_after(end, ["", *rows])

    # Places

    def last_line(self, node: Any) -> int:
        """The last line (from 0) on which a node has text of its own."""
        if isinstance(node, yaml.ScalarNode):
            if node.style in ("|", ">"):
                line = int(node.end_mark.line) - (1 if node.end_mark.column == 0 else 0)
                while line > node.start_mark.line and not self.lines[line].strip():
                    line -= 1
                return line
            return int(node.end_mark.line)
        if node.flow_style or not node.value:
            return int(node.end_mark.line)
        last = node.value[-1]
        return self.last_line(last[1] if isinstance(last, tuple) else last)

    def end(self, node: Any) -> int:
        """The last line of a value: the questions below a blank group are part of it."""
        line = self.last_line(node)
        return self.with_comments(line, len(self.lines[line]) - len(self.lines[line].lstrip()) + 1) if says(node, "") else line

    def indent(self, node: Any) -> int:
        """The column of a mapping's keys."""
        return int(node.value[0][0].start_mark.column) if node.value else int(node.start_mark.column)

    def with_comments(self, line: int, indent: int) -> int:
        """The last of the comment lines that follow a line, at least so far in."""
        while line + 1 < len(self.lines) and re.match(rf"\s{{{max(indent, 1)},}}#", self.lines[line + 1]):
            line += 1
        return line

    def asked(self, start: int, end: int, name: str, indent: int) -> int | None:
        """The line of a commented question for a key, between two lines and the comments below them."""
        pattern = re.compile(rf"\s{{{indent}}}#\s?{re.escape(name)}:")
        taken = {e[0] for e in self.edits}
        return next((n for n in range(start, self.with_comments(end, indent) + 1)
                     if pattern.match(self.lines[n]) and self.starts[n] not in taken), None)

    def item_lines(self, sequence: Any, item: Any) -> tuple[int, int]:
        """The lines of an item of a list that is written line by line: comments directly above and inside included."""
        column = int(sequence.start_mark.column)
        first = int(item.start_mark.line)
        while first and self.lines[first][column:column + 1] != "-":
            first -= 1
        while first and re.match(rf"\s{{{column}}}#", self.lines[first - 1]):
            first -= 1
        return first, self.with_comments(self.last_line(item), column + 1)

    # Mappings

    def add_key(self, node: Any, name: str, value: Plain, comment: str = "") -> None:
        """One more key in a mapping: where it is an open question, else at the end."""
        indent = self.indent(node)
        if node.flow_style:
            self.into_flow(node, f"{text(name, inside=True)}: {inline(value, inside=True)}", indent)
            return
        rows = entry(name, value, indent, comment)
        asked = self.asked(int(node.start_mark.line), self.last_line(node), name, indent)
        if asked is not None:
            self.replace_line(asked, rows)
            return
        if name in LAST:
            self.insert_after(self.with_comments(self.last_line(node), indent), rows)
            return
        before = [v for k, (_, v) in entries(node).items() if k not in LAST]
        self.insert_after(max(map(self.end, before)) if before else int(node.start_mark.line) - 1, rows)

    def into_blank(self, key: Any, values: Mapping[str, Plain], indent: int) -> None:
        """Keys into a group below which only questions stand."""
        line = int(key.start_mark.line)
        for name, value in values.items():
            rows = entry(name, value, indent)
            asked = self.asked(line, line, name, indent)
            if asked is not None:
                self.replace_line(asked, rows)
            else:
                self.below(line, rows)

    def into_flow(self, node: Any, new: str, indent: int, *, behind: Any = None) -> None:
        """One more item in a list or mapping in brackets: at its end, or behind one of its values."""
        if not node.value:
            self.edits.append((self.at(node.end_mark) - 1, self.at(node.end_mark) - 1, new))
            return
        last = behind if behind is not None else value_of(node.value[-1])
        place, line = self.at(last.end_mark), int(last.end_mark.line)
        added = sum(len(e[2]) for e in self.edits if e[0] == e[1] and self.starts[line] <= e[0] <= place)
        wide = len(self.lines[line]) + added + len(new) + 2 > WIDTH
        self.edits.append((place, place, ("," + self.breaks + " " * indent if wide else ", ") + new))

    def change(self, node: Any, table: Group) -> None:
        """Makes changes to a mapping that keeps at least one key."""
        there = entries(node)
        drops: list[str] = []
        adds: dict[str, Plain] = {}
        for name, new in table.items():
            if name not in there:
                fresh = new.plain() if isinstance(new, Group) else new
                if fresh is not DROP and not (isinstance(new, Group) and not fresh):
                    adds[name] = fresh
                continue
            key, old = there[name]
            if new is DROP:
                drops.append(name)
            elif isinstance(new, Group):
                self._change_group(node, key, old, new, drops)
            else:
                self.new_value(node, key, old, new)
        if node.flow_style:
            self._change_flow(node, drops, adds)
            return
        for name in drops:
            self._drop_lines(node, name, drops)
        for name, value in adds.items():
            self.add_key(node, name, value)

    def _change_group(self, node: Any, key: Any, old: Any, new: Group, drops: list[str]) -> None:
        if isinstance(old, yaml.MappingNode) and old.value:
            if not emptied(old, new):
                self.change(old, new)
            elif not node.flow_style and not old.flow_style and self._questions_in(key, old):
                for inner, value in old.value:      # a group in which only questions are left
                    self.delete_lines(int(inner.start_mark.line), self.last_line(value))
            else:
                drops.append(key.value)
        elif values := new.plain():
            if says(old, "") and not node.flow_style:
                self.into_blank(key, values, self.indent(node) + 2)
            else:
                self.new_value(node, key, old, values)

    def _questions_in(self, key: Any, old: Any) -> bool:
        end = self.with_comments(self.last_line(old), self.indent(old))
        return any(re.match(r"\s*#", self.lines[n]) for n in range(int(key.start_mark.line) + 1, end + 1))

    def _drop_lines(self, node: Any, name: str, drops: Collection[str]) -> None:
        key, old = entries(node)[name]
        line = int(key.start_mark.line)
        if not self.lines[line][:key.start_mark.column].strip():
            self.delete_lines(line, self.last_line(old))
            return
        after = [k for k, _ in node.value if self.at(k.start_mark) > self.at(key.start_mark) and k.value not in drops]
        self.edits.append((self.at(key.start_mark), self.at(after[0].start_mark), ""))      # behind the '-' of an item

    def _change_flow(self, node: Any, drops: Collection[str], adds: Mapping[str, Plain]) -> None:
        new = [f"{text(n, inside=True)}: {inline(v, inside=True)}" for n, v in adds.items()]
        rest = self.drop_flow(node, [i for i, (k, _) in enumerate(node.value) if k.value in drops], instead=", ".join(new))
        if rest or not node.value:
            indent = self.indent(node) if node.value else int(node.start_mark.column) + 1
            if not node.value:
                new = [", ".join(new)] if new else []
            for one in new:
                self.into_flow(node, one, indent, behind=value_of(rest[-1]) if rest else None)

    def drop_flow(self, node: Any, which: Collection[int], instead: str = "") -> list[Any]:
        """Takes items out of brackets, with their commas, and gives those that are left; `instead` stands for all."""
        items = node.value
        rest = [item for i, item in enumerate(items) if i not in which]
        if items and not rest:
            self.edits.append((self.at(key_of(items[0]).start_mark), self.at(value_of(items[-1]).end_mark), instead))
            return rest
        i = 0
        while i < len(items):
            j = i
            while j < len(items) and j in which:
                j += 1
            if j > i and j < len(items):
                self.edits.append((self.at(key_of(items[i]).start_mark), self.at(key_of(items[j]).start_mark), ""))
            elif j > i:
                self.edits.append((self.at(value_of(items[i - 1]).end_mark), self.at(value_of(items[-1]).end_mark), ""))
            i = j + 1
        return rest

    def new_value(self, node: Any, key: Any, old: Any, value: Plain) -> None:
        """Another value for a key of a mapping; a comment on its line stays."""
        start, end = self.at(key.end_mark), self.at(old.end_mark)
        if node.flow_style:
            if says(old, "") and old.style is None:
                self.edits.append((start, end, f": {inline(value, inside=True)}"))
            else:
                self.replace(old, inline(value, inside=True))
            return
        name = str(key.value)
        rows = entry(name, value, self.indent(node))
        head, tail = rows[0].lstrip()[len(text(name, inside=True)) + 1:], rows[1:]
        first, last = int(key.start_mark.line), self.last_line(old)
        whole = self.breaks.join([head, *tail])
        block = not isinstance(old, yaml.ScalarNode) and not old.flow_style and old.value
        if isinstance(old, yaml.ScalarNode) and old.style in ("|", ">"):
            comment = re.match(r"[|>][0-9+\-]*(\s+#.*)?", self.lines[old.start_mark.line][old.start_mark.column:])
            end = self.starts[last] + len(self.lines[last])
            remark = (comment[1] or "") if comment else ""
            self.edits.append((start, end, f":{remark}{self.breaks}" + self.breaks.join(tail) if not head
                               else f":{whole}{remark}"))
        elif block:
            colon = self.body.index(":", start) + 1
            self.edits.append((colon, colon, f" {inline(value)}" if head else ""))
            if last + 1 < len(self.starts):
                self.below(first, tail if not head else [])
                self.delete_lines(first + 1, last)
            else:
                self.edits.append((self.starts[first] + len(self.lines[first]), len(self.body),
                                   "".join(self.breaks + r for r in tail) if not head else ""))
        elif says(old, "") and old.style is None:
            self.edits.append((start, end, f":{whole if head else ''}"))
            self.below(first, tail if not head else [])
        elif head:
            self.replace(old, whole[1:])
        elif int(old.start_mark.line) == first:
            self.edits.append((start, end, ":"))
            self.below(int(old.end_mark.line), tail)
        else:
            self.replace(old, inline(value))

    # Lists

    def add_item(self, holder: Any, key: Any, sequence: Any, value: Plain) -> None:
        """One more item at the end of a list; `key` is the key above it, in the mapping `holder`."""
        if not sequence.value and not holder.flow_style:
            column = int(key.start_mark.column)
            self.edits.append((self.at(key.end_mark), self.at(sequence.end_mark), ":"))
            self.insert_after(int(sequence.end_mark.line), list_item(value, column + 2))
        elif sequence.flow_style:
            self.into_flow(sequence, inline(value, inside=True), int(sequence.start_mark.column) + 1)
        else:
            column = int(sequence.start_mark.column)
            end = self.with_comments(self.last_line(sequence), column + 1)
            self.insert_after(end, list_item(value, column))

    def drop_items(self, key: Any, sequence: Any, which: Collection[int]) -> None:
        """Takes items out of a list; without any it is `[]`."""
        if sequence.flow_style:
            self.drop_flow(sequence, which)
            return
        for i in which:
            self.delete_lines(*self.item_lines(sequence, sequence.value[i]))
        if len(which) == len(sequence.value):
            colon = self.body.index(":", self.at(key.end_mark)) + 1
            self.edits.append((colon, colon, " []"))

    def move_item(self, sequence: Any, item: int, after: int) -> None:
        """Puts an item behind another (-1: first)."""
        if after in (item, item - 1):
            return
        order = [i for i in range(len(sequence.value)) if i != item]
        order.insert(order.index(after) + 1 if after >= 0 else 0, item)
        if sequence.flow_style:
            for here, there in zip(sequence.value, order):
                if here is not sequence.value[there]:
                    self.replace(here, self.source(sequence.value[there]))
            return
        first, last = self.item_lines(sequence, sequence.value[item])
        rows = self.lines[first:last + 1]
        place = self.item_lines(sequence, sequence.value[after])[1] if after >= 0 \
            else self.item_lines(sequence, sequence.value[0])[0] - 1
        if last + 1 >= len(self.starts) or place + 1 >= len(self.starts):     # a last line without its end
            self.delete_lines(first, last)
        else:
            self.edits.append((self.starts[first], self.starts[last + 1], ""))
        self.insert_after(place, rows)

    # Sections

    def new_section(self, section: str, key: Any, node: Any, rows: Sequence[str], value: str = "",
                    behind: int | None = None) -> None:
        """A section that was left out: where it says `unknown` or a comment asks for it, else behind a line or at
        the end. `value` stands behind its name."""
        line = next((n for n, row in enumerate(self.lines) if re.match(rf"#\s?{section}:", row)), None)
        if node is not None:      # `section: unknown`, `section: []`
            self.edits.append((self.at(key.end_mark), self.at(node.end_mark), f":{value}"))
            self.insert_after(int(node.end_mark.line), rows)
        elif line is not None:
            self.replace_line(line, [f"{section}:{value}", *rows])
        elif behind is not None:
            self.insert_after(behind, ["", f"{section}:{value}", *rows])
        else:
            self.append([f"{section}:{value}", *rows])


def key_of(item: Any) -> Any:
    """Where an item of a list or mapping begins."""
    return item[0] if isinstance(item, tuple) else item


def value_of(item: Any) -> Any:
    """Where an item of a list or mapping ends."""
    return item[1] if isinstance(item, tuple) else item


def entries(node: Any) -> dict[str, tuple[Any, Any]]:
    """Key and value nodes of a mapping by name."""
    return {k.value: (k, v) for k, v in node.value} if isinstance(node, yaml.MappingNode) else {}


def says(node: Any, *words: str) -> bool:
    """Whether a node is one of these words."""
    return isinstance(node, yaml.ScalarNode) and node.value.strip() in words


def emptied(node: Any, table: Group) -> bool:
    """Whether nothing is left of a mapping after changes."""
    for name, (_, old) in entries(node).items():
        new = table.get(name)
        if new is DROP:
            continue
        if not (isinstance(new, Group) and isinstance(old, yaml.MappingNode) and old.value and emptied(old, new)):
            return False
    there = entries(node)
    return not any(name not in there for name in table.plain())


def shifted(rows: Sequence[str], by: int) -> list[str]:
    """Lines further right or left."""
    if by >= 0:
        return [" " * by + row for row in rows]
    return [row[min(-by, len(row) - len(row.lstrip())):] for row in rows]
