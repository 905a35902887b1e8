"""A list at the console: items are added, renamed, moved and taken out; at its end columns are filled and it is closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from auditkit.cli.talk.console import Console
from auditkit.cli.talk.facts import fact_lines
from auditkit.cli.talk.screen import names
from auditkit.cli.talk.scribe import Scribe
from auditkit.cli.talk.stating import Stating
from auditkit.cli.talk.values import column, such
from auditkit.cli.talk.way import Way
from auditkit.cli.talk.words import COMMANDS, NOTHING, STOP, Wrong, item, no_item, ranged, unknown_word, yes_no
from auditkit.formats.terminal import HANG, label
from auditkit.model.facts import Ref, Stack
from auditkit.sources.questionnaire.asks import spoken
from auditkit.sources.questionnaire.forms import key_of
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.removal import removal
from auditkit.sources.questionnaire.replies import MORE, Item, Reply
from auditkit.sources.questionnaire.sheet import called, names_of, read_said
from auditkit.sources.stack_file.editing import Change, Move, Put, Remove


@dataclass
class Listing:
    """A question that lists the components of a kind."""

    question: Question
    kind: str
    console: Console
    scribe: Scribe
    stating: Stating
    way: Way

    @property
    def _stack(self) -> Stack:
        return self.scribe.sitting.stack

    @property
    def _refs(self) -> tuple[Ref, ...]:
        return tuple(self._stack.by_kind[self.kind])

    # Items

    def take(self, line: str) -> bool:
        """One more item, saved at once, or a change of the list; whether something else is to be shown now. Raises Wrong."""
        form, refs = self.question.form, self._refs
        if line == "0" and form.none:
            if refs:
                raise Wrong("there are some already; remove them first, or end the list with an empty line")
            return self.scribe.save(self.question, Reply(self.question.id, items=(), whole=True))
        change = _change(line, refs)
        if change is not None:
            self._change(change)
            return False
        no_item(form, line, some=bool(refs))
        self._add(line, refs)
        self.way.at = self.question.id
        return False

    def _add(self, line: str, refs: Sequence[Ref]) -> None:
        one = item(line, self.question.form.columns)
        known = names_of(self._stack)
        facts = {}
        for name, word in zip(self.question.form.columns, one.values):
            if word and word != NOTHING:
                value = read_said(self.kind, name, word, known)
                if value is not None:
                    facts[one.name, name] = value
        facts = self.stating.with_parts(self.kind, facts)
        values = tuple((name, value) for (_, name), value in facts.items())
        id = called(self.kind, one.name, known)
        last = () if id is not None or not refs else (Item(self._stack.title(refs[-1]), id=refs[-1].id),)
        self._save((*last, Item(one.name, values, id)))     # behind what stands there

    def _save(self, items: tuple[Item, ...]) -> None:
        self.scribe.save_part(Reply(self.question.id, items=items, whole=False))

    def _change(self, change: Change) -> None:
        if isinstance(change, Remove) and not self._agreed(change):
            return
        self.scribe.change([change])
        self.console.labelled("So far", names(self._refs, self._stack, numbered=True) or "nothing")

    def _agreed(self, change: Remove) -> bool:
        """Says what goes with a component; whether it is to be taken out."""
        sitting, console = self.scribe.sitting, self.console
        out = removal(sitting.declared, sitting.changed([change]).declared, change.ref)
        back = "'undo' brings all of it back." if out.facts or out.others else "'undo' brings it back."
        first = f"{out.title}{f', with {out.own_named}' if out.facts else ''}. {back}"
        lines = [line for text in (first, *out.others) for line in console.look.wrap(text)]
        console.say(label("Takes out", lines, console.look.screen))
        return not out.others or console.yes(f"{'':{HANG}}Take it out? [y/n] ")

    # The end of the list

    def end(self) -> bool:
        """Asks for columns that are open, and whether that is all; whether something else is to be shown now."""
        before = self.scribe.begin()
        for name in self.question.form.columns:
            if not self._column(name):
                break
        said = self.console.one_of("Is that all? [y/n] ", _all_of_them, "type y when these are all, n when there may be more")
        reply = Reply(self.question.id, items=(), whole=said, reason=None if said else MORE)
        if not self.scribe.save(self.question, reply, told=False):
            return False
        self.scribe.tell_since(before, self.question)
        return True

    def _column(self, name: str) -> bool:
        """One column for all items that lack it; an empty line leaves it open. Whether the next one is to be asked."""
        stack = self._stack
        refs = tuple(r for r in self._refs if stack.value(r, name) is None)
        if not refs:
            return True
        key, look, alone = key_of(name, self.kind), self.console.look, len(refs) == 1
        example = such(key.choices if key else (), refs, many=key is not None and key.many)
        several = (f"Of {names(refs, stack)}." if alone else f"Of each: {names(refs, stack, numbered=True)}; such as {example}.")
        self.console.say(["", *fact_lines("", key, look, numbered=alone, example=alone)])
        self.console.say(look.below(f"{several} An empty line leaves it open, '{STOP}' ends."))
        return self.console.until(lambda: self._column_line(name, refs))

    def _column_line(self, name: str, refs: Sequence[Ref]) -> bool:
        """What a line says of one column; whether the next one is to be asked."""
        stack = self._stack
        means = list(fact_lines("", key_of(name, self.kind), self.console.look, numbered=len(refs) == 1))
        line = self.scribe.within(f"{spoken(name)}> ", means)
        if not line or line == STOP or unknown_word(line):
            return line != STOP
        if line.lower() in COMMANDS:
            raise Wrong(f"type a value, an empty line or '{STOP}'; {line.lower()} works again after the list")
        facts = self.stating.with_parts(self.kind, column(self.kind, name, line, refs, stack))
        items = tuple(Item(stack.title(Ref(self.kind, id)), ((key, value),), id) for (id, key), value in facts.items())
        if items:
            self._save(items)
        return True


def _all_of_them(line: str) -> bool | None:
    """Whether a list is whole; what nobody knows is not."""
    return False if line == "d" or unknown_word(line) else yes_no(line)


def _change(line: str, refs: Sequence[Ref]) -> Change | None:
    """`remove 3`, `rename 3 NAME`, `move 3 after 1`: what it changes; None where the line is none of them. Raises Wrong."""
    words = line.split()
    verb = words[0].lower()
    if verb not in ("remove", "rename", "move") or len(words) < 2 or not words[1].isdigit():
        return None
    ref = next(iter(ranged(words[1], refs)), None)
    if ref is None:
        raise Wrong(f"there is no item {words[1]}; there are {len(refs)}")
    if verb == "remove" and len(words) == 2:
        return Remove(ref)
    if verb == "rename" and len(words) > 2:
        return Put(ref, "name", line.split(None, 2)[2])
    if verb == "move" and words[2:3] == ["after"] and "".join(words[3:]).isdigit() and int(words[3]) <= len(refs):
        return Move(ref, refs[int(words[3]) - 1].id if int(words[3]) else "")
    raise Wrong("type 'remove 3', 'rename 3 NAME' or 'move 3 after 1'")
