"""The talk itself: prints a question, reads a line, saves, says what moved, goes on. Nothing is redrawn.

Every answer is on disk before the next thing is printed. What a line means is `talk_words`', what is printed is
`talk_screen`'s, what an answer does is the engine's.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any, Literal, TypeVar

import click

from auditkit.cli.talk_facts import fact_lines, facts_left, only_facts
from auditkit.cli.talk_look import Look
from auditkit.cli.talk_screen import (
    MOST_TRIES,
    bar,
    clash_lines,
    end_lines,
    fact_of,
    final_lines,
    foot,
    help_lines,
    map_lines,
    moved_lines,
    names,
    outcome_lines,
    question_lines,
    several_lines,
    short_form,
    tries_lines,
    why_lines,
)
from auditkit.cli.talk_words import (
    COMMANDS,
    STARRED,
    Wrong,
    addressed,
    choice,
    choices_each,
    clean,
    fits,
    item,
    meant,
    no_item,
    numbers,
    ranged,
    typed,
    unknown_word,
    yes_no,
)
from auditkit.errors import InputError, Problem
from auditkit.formats.numbers import first_up
from auditkit.formats.sitting import verdict_word
from auditkit.formats.terminal import HANG, label, safe, show
from auditkit.model.facts import SYSTEM, THE_SYSTEM, Ref, Stack
from auditkit.model.keys import Key
from auditkit.model.vocabulary import SECTION_OF
from auditkit.sources.questionnaire.asks import spoken
from auditkit.sources.questionnaire.disputes import is_dispute
from auditkit.sources.questionnaire.forms import key_of
from auditkit.sources.questionnaire.keeping import Keeper, Saved, evidence_of
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.removal import removal
from auditkit.sources.questionnaire.replies import MORE, REASONS, Evidence, Item, Reply, slug
from auditkit.sources.questionnaire.sheet import called, missing_parts, names_of, read_said
from auditkit.sources.questionnaire.sitting import Moved, Option, Sitting, moved
from auditkit.sources.questionnaire.starred import starred
from auditkit.sources.questionnaire.whatif import outcome, to_plan, tries
from auditkit.sources.stack_file.editing import Add, Change, Move, Put, Remove, Whole
from auditkit.sources.stack_file.saving import NotSaved
from auditkit.syntax.words import did_you_mean, listed, shown

MOST_TURNING = 8
"""Of so many open questions the end says whether they can still change the decision."""
REMARKS = ("note", "evidence")
STAYING = (*REMARKS, "?", "why", "show", "if")
"""Commands that lead away from no question."""
METHODS = {"?": "help", "if": "what_if", "d": "unknown", "n": "not_applicable", "n/a": "not_applicable", "e": "each",
           "x": "exact"}
"""What carries a command out, where that is not called as it is typed."""
STOP = "."
"""Ends a row of exact facts."""
Fits = TypeVar("Fits")
Step = Literal["on", "stay", "show", "back", "end", "left"]
"""What a line at a fact leads to: the next fact, the same one, the same one shown again, the one before, the end of the row,
or away from the question."""
_DAY_LIKE = re.compile(r"[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}")


class Console:
    """Lines in and out: a terminal, a pipe, a test."""

    def say(self, lines: Iterable[str] = ("",)) -> None:
        """Prints lines."""
        for line in lines:
            click.echo(line)

    def ask(self, prompt: str) -> str:
        """A typed line. Raises EOFError when nobody answers any more, Wrong for what no person types."""
        sys.stdout.flush()
        try:
            line = input(prompt)
        except UnicodeDecodeError:
            raise Wrong("that is not UTF-8; type it again") from None
        if not sys.stdin.isatty():
            click.echo(line if "\x1b" not in line else safe(line))      # a log reads like the talk
        return clean(line)


class Stop(Exception):
    """Somebody wants to stop; everything is saved."""


@dataclass
class Draft:
    """What goes along with the answer to the question at hand."""

    note: str | None = None
    evidence: Evidence | None = None


@dataclass
class Row:
    """Facts that are asked one after the other; `said` are the places of those that were said and not told yet."""

    question: Question
    names: Sequence[str]
    before: Sitting
    inside: bool = False
    at: int = 0
    said: list[int] = field(default_factory=list)
    some: bool = False
    """Whether anything was said."""


@dataclass
class Talk:
    """One sitting at the terminal. `clock` tells the time of day that stands beside what was saved, or nothing."""

    keeper: Keeper
    look: Look
    console: Console
    who: str | None
    on: date
    clock: Callable[[], str] = lambda: ""
    at: str | None = None
    """The question that was jumped to."""
    passed: set[str] = field(default_factory=set)
    """Questions that were passed over; they come back when nothing else is left."""
    seen: list[str] = field(default_factory=list)
    draft: Draft = field(default_factory=Draft)
    next_step: str = ""
    """The command that comes after the sitting."""
    lines: list[str] = field(default_factory=list)
    """What was typed and is not saved yet."""
    origins: dict[int, str] = field(default_factory=dict)
    """The question at which each text of the file was made, by the text's hash."""
    final: bool = False
    """Whether it was said that the decision stands."""

    @property
    def sitting(self) -> Sitting:
        """The sitting as it stands."""
        return self.keeper.sitting

    # The row of questions

    def run(self) -> None:
        """Asks until nothing is open. Raises Stop, EOFError or KeyboardInterrupt when somebody stops before."""
        self.final = self.sitting.stands
        while (question := self._next()) is not None:
            self._ask(question)
        self.end()

    def _next(self) -> Question | None:
        if self.at is not None:
            return self.sitting.question(self.at)
        open_ = self.sitting.plan.of("open")
        found = next((q for q in open_ if q.id not in self.passed), None)
        if found is None and open_:
            self.passed.clear()
            self.console.say(["Only questions that were passed over are left.", ""])
            found = open_[0]
        return found

    def _ask(self, question: Question) -> None:
        """Shows one question and takes lines until something else is to be shown."""
        console, sitting = self.console, self.sitting
        options = () if question.form.lists or question.state == "waiting" else sitting.options(question)
        console.say(bar(sitting, self.look))
        console.say(question_lines(sitting, question, options, self.look))
        console.say(["", *foot(self.look)])
        self.draft = Draft()
        if not self.seen or self.seen[-1] != question.id:
            self.seen.append(question.id)
        if only_facts(question):
            self._row(question)
            return
        prompt = f"{sitting.number(question)}> "
        while not self._until(lambda: self._line(question, options, self._read(prompt))):
            pass

    def _until(self, ask: Callable[[], Fits]) -> Fits:
        """Asks until a line fits; of one that does not it is said what was wrong and what fits."""
        while True:
            try:
                return ask()
            except Wrong as wrong:
                self._wrong(str(wrong))
            except NotSaved:
                raise
            except InputError as error:
                self._wrong(_one_line(error.problems[0]))

    def _wrong(self, text: str) -> None:
        self.console.say(self.look.wrap(first_up(text), 0))

    def _read(self, prompt: str) -> str:
        """A line at a prompt, remembered until it is saved."""
        line = self.console.ask(prompt)
        self.lines.append(line)
        return line

    def _line(self, question: Question, options: Sequence[Option], line: str) -> bool:
        """What one line at a question does; whether something else is to be shown now."""
        if not line:
            if question.form.lists and len(self.sitting.stack.by_kind[question.form.lists]):
                return self._whole(question)
            self.console.say(self.look.wrap(short_form(self.sitting, question), 0))
            return False
        said = typed(line, listing=question.form.lists is not None)
        if not said.command:
            return self._answer(question, options, line)
        do: Callable[[Question, str], bool] = getattr(self, f"_do_{METHODS.get(said.command, said.command)}")
        return do(question, said.rest)

    # Answers

    def _answer(self, question: Question, options: Sequence[Option], line: str) -> bool:
        form = question.form
        if question.state == "waiting":
            raise Wrong("it waits for another question; type next, or jump to that one")
        if form.lists is not None:
            return self._listed(question, line)
        number = choice(form, line) if form.choices else None
        if number is not None:
            return self._save(question, Reply(question.id, choice=number), options)
        facts = self._named_fact(question, line)
        if facts is not None:
            return self._state(question, facts, options)
        if unknown_word(line):
            return self._do_unknown(question, "")
        hint_ = meant(line)
        raise Wrong(f"{shown(line)} is no answer here; {hint_ or fits(form)}")

    def _save(self, question: Question, reply: Reply, options: Sequence[Option] = (), *, told: bool = True) -> bool:
        """Saves an answer, with its note and evidence; whether it was saved."""
        full = replace(reply, note=reply.note or self.draft.note, evidence=self.draft.evidence, who=self.who, when=self.on)
        saved = self._try(lambda: self.keeper.answer(full))
        if saved is None:
            return False
        if saved.clashes:
            mine = full if full.choice is None or is_dispute(question) or question.form.lists is not None else replace(
                full, choice=None, each={r.id: full.choice for r in question.refs})     # of all that it was asked of
            saved = self._settle(saved, lambda: self.keeper.answer(mine, win=True))
            if saved is None:
                return True
        self.draft = Draft()
        self.passed.discard(question.id)
        self.at = None
        if told:
            self._told(saved.moved, options, own=question.id, others=saved.others)
        return True

    def _note(self, word: str, text: str) -> None:
        self.console.say(self.look.rows(word, text))

    def _told(self, change: Moved | None, options: Sequence[Option] = (), *, own: str = "", others: bool = False) -> None:
        """That it is saved, when, and what it moved."""
        now = self.clock()
        where = self.keeper.path.name + (f", {now}" if now else "")
        also = ". Somebody else had changed the file; their words were kept." if others else ""
        self._note("Saved", where + also)
        if change is not None:
            self.console.say(moved_lines(self.sitting, change, options, self.look, own))
        if self.sitting.stands and not self.final:
            self.final = True
            self.console.say(final_lines(self.sitting, self.look, self.next_step))
        self.console.say()

    def _try(self, save: Callable[[], Saved]) -> Saved | None:
        """Saves, and where that fails keeps the answer until it can be saved; None when it was given up."""
        before = self.sitting.text
        while True:
            try:
                saved = save()
                self._kept_as(before)
                return saved
            except NotSaved as error:
                problem = error.problems[0]
                why = problem.text.removeprefix("cannot be saved: ")
                self._note("Not saved", f"{first_up(why)}. Your answer is still here; try again with '!' ('drop' gives it up).")
                while (line := self._plain_ask("!> ")) != "!":
                    if line == "drop":
                        return None
                    if line in ("quit", "q"):
                        self.console.say(label("Not saved", ["your last answer"], self.look.screen))
                        raise Stop from None

    def _kept_as(self, before: str) -> None:
        """Remembers where a change was made, and says where what was typed stands starred in the file."""
        after = self.sitting.text
        if after != before:
            self.origins[hash(after)] = self.seen[-1] if self.seen else ""
        if starred(self.lines, before, after):
            self._note("Secret", STARRED)
        self.lines.clear()

    def _settle(self, saved: Saved, win: Callable[[], Saved]) -> Saved | None:
        """Somebody else answered the same: both words, and a choice; None when theirs stays."""
        self.console.say(clash_lines(saved.clashes, self.look))
        sides = {"yours": True, "y": True, "mine": True, "theirs": False, "t": False}
        if self._one_of("yours or theirs? ", lambda line: sides.get(line.lower()), "type yours or theirs"):
            return self._try(win)
        self.console.say(label("Kept", ["their answer; yours is not saved"], self.look.screen))
        self.console.say()
        self.at = None
        return None

    def _plain_ask(self, prompt: str) -> str:
        """A line at a question within a question."""
        return self._until(lambda: self._read(prompt))

    def _one_of(self, prompt: str, meant: Callable[[str], bool | None], fits: str) -> bool:
        """One of two answers to a question within a question."""
        def said() -> bool:
            line = self._read(prompt)
            found = meant(line)
            if line.lower() in ("quit", "q"):
                raise Stop
            if found is None:
                raise Wrong(fits)
            return found
        return self._until(said)

    # Exact facts

    def _named_fact(self, question: Question, line: str) -> dict[tuple[str, str], Any] | None:
        """`success: .85`: what it says of that fact; None when no fact is named."""
        head, colon, rest = line.partition(":")
        words = head.strip().casefold()
        found = [f for f in question.form.fields
                 if words.replace(" ", "_") in (f, f.rpartition(".")[2]) or words == spoken(f)]
        return self._values(question, found[0], rest.strip()) if colon and len(found) == 1 and rest.strip() else None

    def _values(self, question: Question, name: str, text: str) -> dict[tuple[str, str], Any]:
        """What one typed line says of one key, for each thing that it speaks of."""
        about = question.form.about
        refs = question.refs or (THE_SYSTEM,)
        if about == SYSTEM or name.startswith("system."):
            refs = refs[:1]
        key = key_of(name, about)
        each = _spread(text, key, refs, self.sitting.stack) if len(refs) > 1 or refs[0].kind != SYSTEM else {refs[0]: text}
        known = names_of(self.sitting.stack)
        words = {ref: _word(key, word, numbered=len(refs) == 1) for ref, word in each.items()}
        try:
            found = {(ref.id, name): read_said(about, name, word, known) for ref, word in words.items()}
        except InputError as error:
            raise Wrong(_one_line(error.problems[0]).replace(key.name if key else name, spoken(name))) from None
        if not any(v is not None for v in found.values()):
            raise Wrong("that states nothing; type a value, or d when nobody knows")
        return {place: value for place, value in found.items() if value is not None}

    def _state(self, question: Question, facts: dict[tuple[str, str], Any], options: Sequence[Option] = (), *,
               told: bool = True) -> bool:
        """Saves exact facts; what they name and is not there yet can be added."""
        facts = self._with_parts(question.form.about, facts)
        if not facts or not self._save(question, Reply(question.id, facts=facts), options, told=told):
            return False
        if told:
            self._still_open(question, stay=True)
        return True

    def _still_open(self, question: Question, *, stay: bool = False) -> None:
        """Says what of a question is still open; it comes back at the end, or stays while keys of it are missing."""
        now = next((q for q in self.sitting.plan.of("open") if q.id == question.id), None)
        if now is None:
            return
        missing = [spoken(name) for name in question.form.needs if name in facts_left(now, self.sitting.stack)]
        what = ", ".join(missing) if missing else names(now.refs, self.sitting.stack)
        if stay and missing:
            self.at = question.id
            self._note("Still open", f"{what}. Type it as well; next goes on, d when nobody knows.")
            self.console.say()
            return
        self.passed.add(question.id)
        self._note("Still open", f"{what}. It comes back at the end; d when nobody knows.")
        self.console.say()

    def _left_open(self, question: Question) -> None:
        """Nothing was said: the question comes back, where it is open."""
        if question.id in (q.id for q in self.sitting.plan.of("open")):
            self.passed.add(question.id)
            self._note("Left open", "It comes back at the end; d when nobody knows.")
            self.console.say()

    def _with_parts(self, about: str, facts: dict[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
        """The facts, once what they name is there: somebody says whether to add it; without that they are left out."""
        lost: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for (id, name), value in facts.items():
            for part in missing_parts(about, name, value, self.sitting.stack):
                lost.setdefault(part, []).append((id, name))
        for (kind, called_), places in lost.items():
            noun = kind.replace("_", " ")
            if kind != "step" and self._yes(f"No {noun} is called {shown(called_)} yet. Add it? [y/n] "):
                id = self._added(kind, called_)
                facts = {p: _renamed(v, called_, id) if p in places else v for p, v in facts.items()}
            else:
                have = [safe(self.sitting.stack.title(r)) for r in self.sitting.stack.by_kind[kind]]
                if kind == "step":
                    self._wrong(f"no step is called {shown(called_)}" + (f"; there are {listed(have, 'and')}" if have else ""))
                facts = {p: v for p, v in facts.items() if p not in places}
        return facts

    def _added(self, kind: str, name: str) -> str:
        """Adds a component that an answer names, and says that the list may have more; its id."""
        id = slug(name) or f"{kind}_1"
        taken = self.sitting.stack.receipts_of
        base, n = id, 2
        while Ref(kind, id) in taken:
            id, n = f"{base}_{n}", n + 1
        section = SECTION_OF[kind]
        changes: list[Change] = [Add(kind, id, (("name", name),))]
        if section not in self.sitting.declared.complete:
            changes.append(Whole(section, False))
        self._try(lambda: self.keeper.change(changes, who=self.who, when=self.on))
        return id

    def _yes(self, prompt: str) -> bool:
        return self._one_of(prompt, yes_no, "type y or n")

    def _do_exact(self, question: Question, rest: str) -> bool:
        """Exact facts, key by key; each is saved when it is typed."""
        if not question.form.fields or is_dispute(question) or question.state == "waiting":
            raise Wrong(f"there are no exact facts to state here; {fits(question.form)}")
        if rest:
            facts = self._named_fact(question, rest)
            if facts is None:
                raise Wrong(f"type KEY: VALUE with one of {', '.join(question.form.fields)}")
            return self._state(question, facts)
        return self._row(question, inside=True)

    # Fact by fact

    def _row(self, question: Question, *, inside: bool = False) -> bool:
        """Fact by fact, each saved when it is typed; whether something else is to be shown now.

        `inside`: within a question that has choices as well, to whose prompt one comes back with nothing said.
        """
        left = facts_left(question, self.sitting.stack, every=inside)
        if not inside and question.id in self.seen[:-1]:     # it comes back for what is needed
            left = tuple(name for name in left if name in question.form.needs) or left
        row = Row(question, left, self.sitting, inside)
        if inside:
            self._note("Exact", f"Fact by fact; an empty line leaves one open, '{STOP}' ends.")
        self.console.say(several_lines(question, self.sitting.stack, self.look, first=not inside))
        step: Step = "show"
        while 0 <= row.at < len(row.names) and step != "end":
            if step != "stay":
                word = f"{row.at + 1} of {len(row.names)}" if len(row.names) > 1 else ""
                self.console.say(["", *fact_of(question, row.names[row.at], self.sitting.stack, self.look, word)])
            step = self._until(lambda: self._fact(row))
            if step == "left":
                return True
            row.at += {"on": 1, "back": -1}.get(step, 0)
        self._row_told(row)
        if row.some:
            self._still_open(question)
        elif not inside:
            self.at = None
            self._lost_remarks()
            self._left_open(question)
        return row.some or not inside

    def _fact(self, row: Row) -> Step:
        """What a line at a fact does: it states the fact, leaves it open, or is a command as at every question."""
        question, name = row.question, row.names[row.at]
        key = key_of(name, question.form.about)
        line = self._read(f"{spoken(name)}> ")
        said = typed(line, listing=key is not None and key.form == "text")
        command, rest = said.command, said.rest
        if not line or unknown_word(line) or (command == "d" and row.inside):
            return "on"
        if line == STOP:
            return "end"
        if command == "n" and not rest and key is not None and key.form == "flag":
            raise Wrong("n can mean two things here; type no, or n/a where the question does not apply")
        if command == "back" and (row.at > 0 or row.inside):
            return "back"
        if command == "undo" and row.said:
            return self._row_undo(row)
        if command and command != "x":
            return self._row_command(row, command, rest)
        if command == "x" and not rest:
            return "show"
        text = rest if command == "x" else line
        facts = self._named_fact(question, text) or self._values(question, name, text)
        if not self._state(question, facts, told=False):
            return "show"
        row.said.append(row.at)
        row.some = True
        return "on" if any(stated_ == name for _, stated_ in facts) else "show"

    def _row_command(self, row: Row, command: str, rest: str) -> Step:
        """A command at a fact; what was said before it is told first where the command leads away."""
        if command in ("e", "x"):
            raise Wrong(f"type the fact, '{STOP}' to end, or ? for help")
        if row.some and (command == "d" or (command == "ask" and rest)):
            return self._row_unknown(row, rest)
        if command not in STAYING:
            self._row_told(row)
        do: Callable[[Question, str], bool] = getattr(self, f"_do_{METHODS.get(command, command)}")
        if do(row.question, rest):
            return "left"
        if command in REMARKS:
            if row.some and self._save(row.question, Reply(row.question.id), told=False):     # it has its answer already
                row.said.append(row.at)
            return "stay"
        return "show" if command in STAYING else "stay"

    def _row_unknown(self, row: Row, ask: str) -> Step:
        """Nobody knows the rest of a row; what was said before is kept."""
        if not ask and not any(name in row.names[row.at:] for name in row.question.form.needs):
            return "end"        # nothing that is needed is left
        if not self._save(row.question, Reply(row.question.id, outcome="unknown", ask=ask or None), told=False):
            return "stay"
        row.said.append(row.at)
        self._row_told(row)
        left = facts_left(self.sitting.question(row.question.id), self.sitting.stack)
        open_ = listed([spoken(name) for name in row.question.form.needs if name in left], "and")
        self._note("Not known", f"{open_ or 'the rest'}. What you said before is kept.")
        self.console.say()
        return "left"

    def _row_told(self, row: Row) -> None:
        """Tells once what the facts of a row have moved."""
        if row.said:
            self._told(moved(row.before, self.sitting), own=row.question.id)
            row.before = self.sitting
            row.said.clear()

    def _row_undo(self, row: Row) -> Step:
        """Takes the last fact of a row back, and asks for it again."""
        self._taken_back()
        row.at = row.said.pop()
        return "show"

    def _inner(self, question: Question, prompt: str, means: Iterable[str]) -> str:
        """A line at a prompt within a question: `?` says what is meant, d leaves it open, quit stops."""
        while (line := self._read(prompt)).lower() in ("?", "h", "help"):
            self.console.say(means)
        if line.lower() in ("quit", "q"):
            self._do_quit(question, "")
        return "" if line.lower() == "d" else line

    def _do_each(self, question: Question, rest: str) -> bool:
        """Each component on its own: all at once, or one after the other."""
        form, refs, stack = question.form, question.refs, self.sitting.stack
        if not form.choices or len(refs) < 2 or is_dispute(question) or question.state == "waiting":
            raise Wrong(f"there is one thing to answer for; {fits(form)}")
        if rest:
            return self._save(question, Reply(question.id, each=choices_each(rest, form, refs, stack)))
        self._note("Each", f"{names(refs, stack, numbered=True)}. One number each, such as {' '.join('1' for _ in refs[:6])}; "
                           "- for none; or an empty line to go one by one.")

        def together() -> bool:
            line = self._inner(question, "each> ", _numbered(question, self.look))
            if line == STOP:
                return False
            return self._one_by_one(question) if not line else self._save(
                question, Reply(question.id, each=choices_each(line, form, refs, stack)))
        return self._until(together)

    def _one_by_one(self, question: Question) -> bool:
        before, said = self.sitting, False
        for ref in question.refs:
            saved = self._until(partial(self._choice_of, question, ref))
            if saved is None:
                break
            said = said or saved
        if said:
            self._told(moved(before, self.sitting), own=question.id)
        return said

    def _choice_of(self, question: Question, ref: Ref) -> bool | None:
        """Asks which choice one component has: whether it was saved; None when the row is ended."""
        line = self._inner(question, f"{safe(self.sitting.stack.title(ref))}> ", _numbered(question, self.look))
        if not line or line in ("-", STOP):
            return None if line == STOP else False
        number = choice(question.form, line)
        if number is None:
            raise Wrong(f"{shown(line)} is no choice; type 1 to {len(question.form.choices)}, or - for none")
        return self._save(question, Reply(question.id, each={ref.id: number}), told=False)

    # Lists

    def _listed(self, question: Question, line: str) -> bool:
        """One more item of a list, saved at once; or a change of the list."""
        form = question.form
        kind = form.lists or ""
        refs = self.sitting.stack.by_kind[kind]
        if line == "0" and form.none:
            if refs:
                raise Wrong("there are some already; remove them first, or end the list with an empty line")
            return self._save(question, Reply(question.id, items=(), whole=True))
        if self._changed(kind, refs, line):
            return False
        no_item(form, line, some=bool(refs))
        one = item(line, form.columns)
        known = names_of(self.sitting.stack)
        facts = {}
        for name, word in zip(form.columns, one.values):
            if word and word != "-":
                value = read_said(kind, name, word, known)
                if value is not None:
                    facts[one.name, name] = value
        facts = self._with_parts(kind, facts)
        values = tuple((name, value) for (_, name), value in facts.items())
        id = called(kind, one.name, known)
        last = () if id is not None or not refs else (Item(self.sitting.stack.title(refs[-1]), id=refs[-1].id),)
        self._save_items(question, (*last, Item(one.name, values, id)))     # behind what stands there
        self.at = question.id
        return False

    def _save_items(self, question: Question, items: tuple[Item, ...]) -> None:
        reply = Reply(question.id, items=items, whole=False, who=self.who, when=self.on)
        self._try(lambda: self.keeper.answer(reply))

    def _changed(self, kind: str, refs: Sequence[Ref], line: str) -> bool:
        """`remove 3`, `rename 3 NAME`, `move 3 after 1`; whether the line was one of them."""
        words = line.split()
        verb = words[0].lower()
        if verb not in ("remove", "rename", "move") or len(words) < 2 or not words[1].isdigit():
            return False
        ref = next(iter(ranged(words[1], refs)), None)
        if ref is None:
            raise Wrong(f"there is no item {words[1]}; there are {len(refs)}")
        change: Change
        if verb == "remove" and len(words) == 2:
            change = Remove(ref)
        elif verb == "rename" and len(words) > 2:
            change = Put(ref, "name", line.split(None, 2)[2])
        elif verb == "move" and words[2:3] == ["after"] and "".join(words[3:]).isdigit() and int(words[3]) <= len(refs):
            change = Move(ref, refs[int(words[3]) - 1].id if int(words[3]) else "")
        else:
            raise Wrong("type 'remove 3', 'rename 3 NAME' or 'move 3 after 1'")
        if isinstance(change, Remove) and not self._goes(change):
            return True
        self._try(lambda: self.keeper.change([change], who=self.who, when=self.on))
        self._note("So far", names(self.sitting.stack.by_kind[kind], self.sitting.stack, numbered=True) or "nothing")
        return True

    def _goes(self, change: Remove) -> bool:
        """Says what goes with a component; whether it is to be taken out."""
        out = removal(self.sitting.declared, self.sitting.changed([change]).declared, change.ref)
        back = "'undo' brings all of it back." if out.facts or out.others else "'undo' brings it back."
        first = f"{out.title}{f', with {out.own_named}' if out.facts else ''}. {back}"
        lines = [line for text in (first, *out.others) for line in self.look.wrap(text)]
        self.console.say(label("Takes out", lines, self.look.screen))
        return not out.others or self._yes(f"{'':{HANG}}Take it out? [y/n] ")

    def _whole(self, question: Question) -> bool:
        """The list is ended: asks for columns that are open, and whether that is all."""
        form, before = question.form, self.sitting
        for column in form.columns:
            if not self._column(question, column):
                break
        said = self._one_of("Is that all? [y/n] ", lambda line: False if line == "d" or unknown_word(line) else yes_no(line),
                            "type y when these are all, n when there may be more")
        reply = Reply(question.id, items=(), whole=said, reason=None if said else MORE, who=self.who, when=self.on)
        if not self._save(question, reply, told=False):
            return False
        self._told(moved(before, self.sitting), own=question.id)
        return True

    def _column(self, question: Question, column: str) -> bool:
        """One column for all items that lack it; an empty line leaves it open. Whether the next one is to be asked."""
        kind = question.form.lists or ""
        stack = self.sitting.stack
        refs = tuple(r for r in stack.by_kind[kind] if stack.value(r, column) is None)
        if not refs:
            return True
        key = key_of(column, kind)
        several = (f"Of each: {names(refs, stack, numbered=True)}; such as "
                   f"{_such(key.choices if key else (), refs, many=key is not None and key.many)}." if len(refs) > 1 else
                   f"Of {names(refs, stack)}.")
        self.console.say(["", *fact_lines("", key, self.look, numbered=len(refs) == 1, example=len(refs) == 1)])
        self.console.say(self.look.below(f"{several} An empty line leaves it open, '{STOP}' ends."))
        return self._until(lambda: self._column_line(question, column, refs))

    def _column_line(self, question: Question, column: str, refs: Sequence[Ref]) -> bool:
        """What a line says of one column; whether the next one is to be asked."""
        kind, stack = question.form.lists or "", self.sitting.stack
        key, alone = key_of(column, kind), len(refs) == 1
        line = self._inner(question, f"{spoken(column)}> ", list(fact_lines("", key, self.look, numbered=alone)))
        if not line or line == STOP or unknown_word(line):
            return line != STOP
        if line.lower() in COMMANDS:
            raise Wrong(f"type a value, an empty line or '{STOP}'; {line.lower()} works again after the list")
        words = _spread(line, key, refs, stack)
        known = names_of(stack)
        facts = {(r.id, column): read_said(kind, column, _word(key, w, numbered=alone), known) for r, w in words.items()}
        facts = self._with_parts(kind, {p: v for p, v in facts.items() if v is not None})
        items = tuple(Item(stack.title(Ref(kind, id)), ((name, value),), id) for (id, name), value in facts.items())
        if items:
            self._save_items(question, items)
        return True

    # Not known, does not apply

    def _do_unknown(self, question: Question, rest: str) -> bool:
        return self._save(question, Reply(question.id, outcome="unknown", ask=rest or None))

    def _do_ask(self, question: Question, rest: str) -> bool:
        if not rest:
            raise Wrong("type 'ask NAME': who can find out?")
        return self._do_unknown(question, rest)

    def _do_not_applicable(self, question: Question, rest: str) -> bool:
        if is_dispute(question):
            raise Wrong(f"one of the two sides is right; {fits(question.form)}")
        if question.state == "waiting":
            raise Wrong("it waits for another question; type next, or jump to that one")
        if question.form.lists:
            none = question.form.none
            raise Wrong(f"type 0 ({none.rstrip('.')})" if none and not question.refs else
                        "a list is what there is; an empty line ends it, d when nobody knows")
        number, _, words = rest.partition(" ")
        if not rest:
            self.console.say(label("Why not", [f"{i}  {r}" for i, r in enumerate(REASONS, 1)], self.look.screen))
            number = self._plain_ask("reason> ")
            if not number:
                self.console.say(self.look.wrap(short_form(self.sitting, question), 0))
                return False
        chosen = numbers(number, len(REASONS))[0]
        words = words or self._plain_ask("in your words> ")
        if not words:
            raise Wrong("a reason needs a few words of yours; n to begin again")
        return self._save(question, Reply(question.id, outcome="not_applicable", reason=REASONS[chosen], note=words))

    # Going about

    def _do_next(self, question: Question, _rest: str) -> bool:
        self._refuse_only(question)
        self.passed.add(question.id)
        self.at = None
        return True

    def _refuse_only(self, question: Question) -> None:
        if [q.id for q in self.sitting.plan.of("open")] == [question.id]:
            raise Wrong("it is the only one that is open; d when nobody knows, or quit")

    def _do_skip(self, question: Question, _rest: str) -> bool:
        self._refuse_only(question)
        self.keeper.skip(question.id)
        self.at = None
        return True

    def _do_back(self, question: Question, _rest: str) -> bool:
        place = max((i for i, id in enumerate(self.seen) if id == question.id), default=0)
        if place == 0:
            raise Wrong("this is the first question of this sitting; jump to a number instead")
        del self.seen[place:]
        self.at = self.seen.pop()
        return True

    def _do_jump(self, _question: Question, rest: str) -> bool:
        self.at = self._place(rest).id
        return True

    def _place(self, text: str) -> Question:
        """The question that a number, a check, or a topic names. Raises Wrong."""
        plan = self.sitting.plan
        every = (*plan.questions, *plan.aside)
        word = text.strip()
        if not word:
            raise Wrong("type 'jump 22', 'jump BRN-01' or 'jump' and a topic")
        if word.isdigit():
            by_number = {n: id for id, n in self.sitting.numbers.items()}
            if int(word[:6]) not in by_number:
                raise Wrong(f"there is no question {word[:6]}; they run from 1 to {max(by_number, default=0)}")
            return self.sitting.question(by_number[int(word[:6])])
        upper = word.upper()
        found = next((q for q in every if q.id.upper() == upper), None) or next(
            (q for q in every if upper in q.checks), None) or next((q for q in every if upper in q.form.settles), None)
        if found is not None:
            return found
        if self.sitting.rules.catalogue.form(upper) is not None:
            raise Wrong(f"{upper} is not asked now: nothing waits for it, or there is nothing here that it is about")
        topics = {t.title: t.id for t in self.sitting.rules.catalogue.topics}
        title = next((t for t in topics if t.casefold().startswith(word.casefold())), None) or did_you_mean(word, topics)
        own = [q for q in plan.questions if title is not None and q.form.topic == topics[title]]
        if not own:
            raise Wrong(f"there is no question {shown(word)}; a number, a check such as BRN-01, or a topic: {', '.join(topics)}")
        return next((q for q in own if q.state == "open"), own[0])

    def _do_undo(self, question: Question, _rest: str) -> bool:
        target = self._taken_back()
        if target == question.id and question.form.lists is not None:
            refs = self.sitting.stack.by_kind[question.form.lists]
            self._note("So far", names(refs, self.sitting.stack, numbered=True) or "nothing")
            return False
        self.console.say()
        self.at = target or question.id
        self.seen.pop()
        if self.seen and self.seen[-1] == target:
            self.seen.pop()
        return True

    def _taken_back(self) -> str | None:
        """Takes the last change back and tells what that moved; the question at which it was made. Raises Wrong."""
        origin = self.origins.get(hash(self.sitting.text))
        try:
            back = self.keeper.undo()
        except NotSaved as error:
            raise Wrong(f"not taken back: {error.problems[0].text.removeprefix('cannot be saved: ')}") from None
        if back is None:
            raise Wrong("there is nothing of this sitting to take back")
        self.console.say(label("Taken back", [self.keeper.path.name], self.look.screen))
        self.console.say(moved_lines(self.sitting, back, (), self.look))
        return origin

    # Looking

    def _do_help(self, question: Question, _rest: str) -> bool:
        self.console.say(help_lines(question, self.look))
        return False

    def _do_why(self, question: Question, _rest: str) -> bool:
        self.console.say(why_lines(self.sitting, question, self.look))
        return False

    def _do_show(self, _question: Question, _rest: str) -> bool:
        self.console.say(map_lines(self.sitting, self.look))
        self.console.say()
        self.console.say(show(self.sitting.report, self.look.screen).rstrip("\n").split("\n"))
        return False

    def _do_quit(self, _question: Question, _rest: str) -> bool:
        self._lost_remarks()
        raise Stop

    # Notes and evidence

    def _lost_remarks(self) -> None:
        if self.draft.note or self.draft.evidence:
            self.console.say(self.look.wrap("The note or evidence goes with an answer, and there is none: it is not saved.", 0))

    def _do_note(self, question: Question, rest: str) -> bool:
        """Words of one's own: on the line, or line by line until an empty one."""
        lines = [rest] if rest else []
        while not rest and (line := self._plain_ask("note> ")):
            lines.append(line)
        text = " ".join(lines)
        if not text:
            raise Wrong("a note needs words")
        if len(text) > 600:
            raise Wrong(f"a note has at most 600 characters, not {len(text)}; put it into a file, and type 'evidence FILE'")
        self.draft.note = text
        return self._kept(question, "note")

    def _do_evidence(self, question: Question, rest: str) -> bool:
        source, _, last = rest.rpartition(" ")
        try:
            day = date.fromisoformat(last) if source else None
        except ValueError:
            day = None
            if _DAY_LIKE.fullmatch(last):
                raise Wrong(f"{shown(last)} is no date; write it like 2026-11-20") from None
        source = source if day else rest
        if not source:
            raise Wrong("type 'evidence FILE' or a link, and the day it was true, such as 2026-11-20")
        if "://" in source and not source.strip().lower().startswith(("http://", "https://")):
            raise Wrong("a link begins with https:// or http://; type that, or name a file")
        self.draft.evidence = evidence_of(source.strip(), self.keeper.path.parent, on=day or self.on, by=self.who)
        return self._kept(question, "evidence")

    def _kept(self, question: Question, what: str) -> bool:
        """A note or evidence waits for its answer; where there is one already it is saved with that."""
        if question.state == "answered":
            return self._save(question, Reply(question.id))
        self.console.say([f"The {what} is saved with your answer."])
        return False

    # What if

    def _do_what_if(self, _question: Question, rest: str) -> bool:
        found = tries(self.sitting)[:MOST_TRIES]
        self.console.say(tries_lines(found, self.look))
        if not found:
            return False
        line = rest or self._plain_ask("if> ")
        if not line:
            return False
        chosen = [found[i] for i in numbers(line, len(found))]
        then = outcome(self.sitting, chosen)
        self.console.say(outcome_lines(self.sitting, chosen, then, self.look))
        changes = to_plan(self.sitting, chosen)
        if not changes:
            why = "the plan holds all of it already" if then.mends else "it mends no finding that has failed so far"
            self.console.say([f"{'':{HANG}}Nothing is saved: {why}."])
        elif yes_no(self._plain_ask(f"{'':{HANG}}Nothing is saved. Add to the plan? [y/N] ")):
            saved = self._try(lambda: self.keeper.change(changes, who=self.who, when=self.on))
            if saved is not None:
                self._told(None)
        return False

    # The end

    def end(self) -> None:
        """The decision, what is open, and the next command."""
        self.console.say(bar(self.sitting, self.look))
        self.console.say(end_lines(self.sitting, self.look, turning(self.sitting)))
        self.console.say(["", f"{'Next':<{HANG}}{self.next_step}"])


def turning(sitting: Sitting) -> tuple[tuple[Question, str], ...] | None:
    """The open questions of which one answer would change the decision, with what it could become.

    None where there are too many to try, or some have no choices to try.
    """
    open_ = [q for q in sitting.plan.questions if q.state in ("open", "unknown", "waiting")]
    tried = [q for q in open_ if q.form.choices and q.state != "waiting"]
    if len(open_) > MOST_TURNING or len(tried) < len(open_):
        return None
    now = (sitting.figures.decision, sitting.figures.act)
    found = []
    for question in tried:
        other = [o.figures for o in sitting.options(question) if (o.figures.decision, o.figures.act) != now]
        if other:
            found.append((question, listed(list(dict.fromkeys(verdict_word(f) for f in other)))))
    return tuple(found)


def _renamed(value: Any, old: str, new: str) -> Any:
    """A value that names a component by the words that were typed, with its id instead."""
    if isinstance(value, tuple):
        return tuple(_renamed(v, old, new) for v in value)
    return new if value == old else value


def _word(key: Key | None, text: str, *, numbered: bool = False) -> str:
    """A value as it stands in the vocabulary: y for yes, the number of a choice that was shown with numbers."""
    low = text.strip().lower()
    if key is None:
        return text
    if key.form == "flag":
        return {"y": "yes", "n": "no"}.get(low, text)
    if key.form == "choice" and numbered and re.fullmatch(r"[0-9]{1,2}(?:[\s,]+[0-9]{1,2})*", low):
        chosen = [key.choices[i] for i in numbers(low, len(key.choices))]
        if key.many or len(chosen) == 1:
            return ", ".join(chosen)
    return text


def _spread(text: str, key: Key | None, refs: Sequence[Ref], stack: Stack) -> dict[Ref, str]:
    """What one typed line says of a key, for each of some things."""
    if key is None:
        return addressed(text, refs, stack)
    numeric = key.form in ("whole", "number") or getattr(key.record, "__name__", "") == "Rate"
    return addressed(text, refs, stack, numeric=numeric, words=key.form == "text", many=key.many)


def _numbered(question: Question, look: Look) -> list[str]:
    """The choices of a question in short."""
    return look.wrap("; ".join(f"{i} {c.says.rstrip('.')}" for i, c in enumerate(question.form.choices, 1)), 0)


def _such(choices: Sequence[str], refs: Sequence[Ref], *, many: bool = False) -> str:
    """An example of an answer for several things."""
    one, other = (choices[0], choices[1]) if len(choices) > 1 else ("VALUE", "VALUE")
    if len(refs) == 1:
        return one
    mark = "; " if many else ", "
    return f"1-{len(refs) - 1}: {one}{mark}{len(refs)}: {other}" if len(refs) > 2 else f"1: {one}{mark}2: {other}"


def _one_line(problem: Problem) -> str:
    """A problem in one line: what was wrong, and what fits."""
    return safe(problem.text + (f"; {problem.hint}" if problem.hint else ""))


def wall_clock() -> str:
    """The time of day on this machine."""
    return datetime.now().astimezone().strftime("%H:%M")
