"""What can be typed at every question beside its answers, and what it does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from auditkit.cli.talk.console import Console, Stop
from auditkit.cli.talk.screen import help_lines, map_lines, names, short_form, why_lines
from auditkit.cli.talk.scribe import Scribe
from auditkit.cli.talk.trying import try_out
from auditkit.cli.talk.way import Way, place
from auditkit.cli.talk.words import Wrong, fits, numbers
from auditkit.formats.terminal import label, show
from auditkit.sources.questionnaire.disputes import is_dispute
from auditkit.sources.questionnaire.keeping import evidence_of
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.replies import REASONS, Reply
from auditkit.syntax.words import shown

REMARKS = ("note", "evidence")
STAYING = (*REMARKS, "?", "why", "show", "if")
"""Commands that lead away from no question."""
LONGEST_NOTE = 600
_DAY_LIKE = re.compile(r"[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}")

Command = Callable[[Question, str], bool]
"""What a command with what follows it does at a question; whether something else is to be shown then."""


@dataclass
class Commands:
    """The commands that every question knows."""

    console: Console
    scribe: Scribe
    way: Way

    def do(self, command: str, question: Question, rest: str) -> bool:
        """Carries a command out; whether something else is to be shown then. Raises Wrong, Stop."""
        return self._all[command](question, rest)

    @cached_property
    def _all(self) -> Mapping[str, Command]:
        return {"d": self.unknown, "ask": self._ask, "n": self._not_applicable, "n/a": self._not_applicable,
                "next": self._next, "skip": self._skip, "back": self._back, "jump": self._jump, "undo": self._undo,
                "?": self._help, "why": self._why, "show": self._show, "if": self._if,
                "note": self._note, "evidence": self._evidence, "quit": self._quit}

    # Not known, does not apply

    def unknown(self, question: Question, ask: str = "") -> bool:
        """Nobody here knows; `ask` is who can find out."""
        return self.scribe.save(question, Reply(question.id, outcome="unknown", ask=ask or None))

    def _ask(self, question: Question, rest: str) -> bool:
        if not rest:
            raise Wrong("type 'ask NAME': who can find out?")
        return self.unknown(question, rest)

    def _not_applicable(self, question: Question, rest: str) -> bool:
        _refuse_not_applicable(question)
        number, _, words = rest.partition(" ")
        if not rest:
            self.console.say(label("Why not", [f"{i}  {r}" for i, r in enumerate(REASONS, 1)], self.console.look.screen))
            number = self.console.line("reason> ")
            if not number:
                self.console.say(self.console.look.wrap(short_form(self.scribe.sitting, question), 0))
                return False
        chosen = numbers(number, len(REASONS))[0]
        words = words or self.console.line("in your words> ")
        if not words:
            raise Wrong("a reason needs a few words of yours; n to begin again")
        return self.scribe.save(question, Reply(question.id, outcome="not_applicable", reason=REASONS[chosen], note=words))

    # Going about

    def _next(self, question: Question, _rest: str) -> bool:
        self._refuse_only(question)
        self.way.pass_over(question.id)
        return True

    def _skip(self, question: Question, _rest: str) -> bool:
        self._refuse_only(question)
        self.scribe.keeper.skip(question.id)
        self.way.at = None
        return True

    def _refuse_only(self, question: Question) -> None:
        if [q.id for q in self.scribe.sitting.plan.of("open")] == [question.id]:
            raise Wrong("it is the only one that is open; d when nobody knows, or quit")

    def _back(self, _question: Question, _rest: str) -> bool:
        self.way.back()
        return True

    def _jump(self, _question: Question, rest: str) -> bool:
        self.way.at = place(self.scribe.sitting, rest).id
        return True

    def _undo(self, question: Question, _rest: str) -> bool:
        origin = self.scribe.undo()
        if origin == question.id and question.form.lists is not None:
            stack = self.scribe.sitting.stack
            self.console.labelled("So far", names(stack.by_kind[question.form.lists], stack, numbered=True) or "nothing")
            return False
        self.console.say()
        self.way.undone(origin)
        return True

    def _quit(self, _question: Question, _rest: str) -> bool:
        raise Stop

    # Looking

    def _help(self, question: Question, _rest: str) -> bool:
        self.console.say(help_lines(question, self.console.look))
        return False

    def _why(self, question: Question, _rest: str) -> bool:
        self.console.say(why_lines(self.scribe.sitting, question, self.console.look))
        return False

    def _show(self, _question: Question, _rest: str) -> bool:
        look, sitting = self.console.look, self.scribe.sitting
        self.console.say(map_lines(sitting, look))
        self.console.say()
        self.console.say(show(sitting.report, look.screen).rstrip("\n").split("\n"))
        return False

    def _if(self, _question: Question, rest: str) -> bool:
        try_out(self.console, self.scribe, rest)
        return False

    # Notes and evidence

    def _note(self, question: Question, rest: str) -> bool:
        """Words of one's own: on the line, or line by line until an empty one."""
        lines = [rest] if rest else []
        while not rest and (line := self.console.line("note> ")):
            lines.append(line)
        text = " ".join(lines)
        if not text:
            raise Wrong("a note needs words")
        if len(text) > LONGEST_NOTE:
            raise Wrong(f"a note has at most {LONGEST_NOTE} characters, not {len(text)}; put it into a file, and type "
                        "'evidence FILE'")
        self.scribe.draft.note = text
        return self._kept(question, "note")

    def _evidence(self, question: Question, rest: str) -> bool:
        source, day = _source(rest)
        scribe = self.scribe
        scribe.draft.evidence = evidence_of(source, scribe.keeper.path.parent, on=day or scribe.on, by=scribe.who)
        return self._kept(question, "evidence")

    def _kept(self, question: Question, what: str) -> bool:
        """A note or evidence waits for its answer; where there is one already it is saved with that."""
        if question.state == "answered":
            return self.scribe.save(question, Reply(question.id))
        self.console.say([f"The {what} is saved with your answer."])
        return False


def _refuse_not_applicable(question: Question) -> None:
    """Refuses a reason where a question has always an answer. Raises Wrong."""
    if is_dispute(question):
        raise Wrong(f"one of the two sides is right; {fits(question.form)}")
    if question.state == "waiting":
        raise Wrong("it waits for another question; type next, or jump to that one")
    if question.form.lists:
        none = question.form.none
        raise Wrong(f"type 0 ({none.rstrip('.')})" if none and not question.refs else
                    "a list is what there is; an empty line ends it, d when nobody knows")


def _source(text: str) -> tuple[str, date | None]:
    """`proof.pdf 2026-11-20`: a file or link, and the day it was true. Raises Wrong."""
    source, _, last = text.rpartition(" ")
    try:
        day = date.fromisoformat(last) if source else None
    except ValueError:
        day = None
        if _DAY_LIKE.fullmatch(last):
            raise Wrong(f"{shown(last)} is no date; write it like 2026-11-20") from None
    source = source if day else text
    if not source:
        raise Wrong("type 'evidence FILE' or a link, and the day it was true, such as 2026-11-20")
    if "://" in source and not source.strip().lower().startswith(("http://", "https://")):
        raise Wrong("a link begins with https:// or http://; type that, or name a file")
    return source.strip(), day
