"""Facts that are asked one after the other, each saved when it is typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from auditkit.cli.talk.commands import REMARKS, STAYING, Commands
from auditkit.cli.talk.console import Console
from auditkit.cli.talk.facts import facts_left
from auditkit.cli.talk.screen import fact_of, several_lines
from auditkit.cli.talk.scribe import Scribe
from auditkit.cli.talk.stating import Stating
from auditkit.cli.talk.values import fact, named_fact
from auditkit.cli.talk.way import topics_of
from auditkit.cli.talk.words import STOP, Wrong, typed, unknown_word
from auditkit.sources.questionnaire.asks import spoken
from auditkit.sources.questionnaire.forms import key_of
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.replies import Reply
from auditkit.sources.questionnaire.sitting import Sitting
from auditkit.syntax.words import listed

Step = Literal["on", "stay", "show", "back", "end", "left"]
"""What a line at a fact leads to: the next fact, the same one, the same one shown again, the one before, the end of the row,
or away from the question."""


@dataclass
class Row:
    """The facts of one question in a row. `inside`: within a question that has choices as well, to whose prompt one comes
    back with nothing said."""

    question: Question
    names: Sequence[str]
    console: Console
    scribe: Scribe
    stating: Stating
    commands: Commands
    inside: bool = False
    at: int = 0
    said: list[int] = field(default_factory=list)
    """The places of the facts that were said and not told yet."""
    some: bool = False
    """Whether anything was said."""
    before: Sitting = field(init=False)
    """The sitting when it was last told what has moved."""

    def __post_init__(self) -> None:
        self.before = self.scribe.begin()

    def ask(self) -> bool:
        """Asks fact by fact; whether something else is to be shown now."""
        console = self.console
        if self.inside:
            console.labelled("Exact", f"Fact by fact; an empty line leaves one open, '{STOP}' ends.")
        console.say(several_lines(self.question, self.scribe.sitting.stack, console.look, first=not self.inside))
        step: Step = "show"
        while 0 <= self.at < len(self.names) and step != "end":
            if step != "stay":
                self._show()
            step = console.until(self._line)
            if step == "left":
                return True
            self.at += {"on": 1, "back": -1}.get(step, 0)
        self._tell()
        if self.some:
            self.stating.still_open(self.question)
        elif not self.inside:
            self.scribe.lose_remarks()
            self.stating.left_open(self.question)
        return self.some or not self.inside

    def _show(self) -> None:
        word = f"{self.at + 1} of {len(self.names)}" if len(self.names) > 1 else ""
        stack = self.scribe.sitting.stack
        self.console.say(["", *fact_of(self.question, self.names[self.at], stack, self.console.look, word)])

    def _line(self) -> Step:
        """What a line at a fact does: it states the fact, leaves it open, or is a command as at every question."""
        question, name = self.question, self.names[self.at]
        key = key_of(name, question.form.about)
        line = self.console.read(f"{spoken(name)}> ")
        said = typed(line, listing=key is not None and key.form == "text", topics=topics_of(self.scribe.sitting))
        command, rest = said.command, said.rest
        if not line or unknown_word(line) or (command == "d" and self.inside):
            return "on"
        if line == STOP:
            return "end"
        if command == "n" and not rest and key is not None and key.form == "flag":
            raise Wrong("n can mean two things here; type no, or n/a where the question does not apply")
        if command == "back" and (self.at > 0 or self.inside):
            return "back"
        if command == "undo" and self.said:
            return self._undo()
        if command and command != "x":
            return self._command(command, rest)
        if command == "x" and not rest:
            return "show"
        return self._state(rest if command == "x" else line)

    def _state(self, text: str) -> Step:
        """States the fact that is asked, or another one by its name."""
        question, name, stack = self.question, self.names[self.at], self.scribe.sitting.stack
        facts = named_fact(question, text, stack) or fact(question, name, text, stack)
        if not self.stating.state(question, facts, told=False):
            return "show"
        self._count()
        return "on" if any(stated == name for _, stated in facts) else "show"

    def _command(self, command: str, rest: str) -> Step:
        """A command at a fact; what was said before it is told first where the command leads away."""
        question = self.question
        if command in ("e", "x"):
            raise Wrong(f"type the fact, '{STOP}' to end, or ? for help")
        if self.some and (command == "d" or (command == "ask" and rest)):
            return self._unknown(rest)
        if command not in STAYING:
            self._tell()
        if self.commands.do(command, question, rest):
            return "left"
        if command in REMARKS:
            if self.some and self.scribe.save(question, Reply(question.id), told=False):     # it has its answer already
                self._count()
            return "stay"
        return "show" if command in STAYING else "stay"

    def _unknown(self, ask: str) -> Step:
        """Nobody knows the rest of the row; what was said before is kept."""
        question, needs = self.question, self.question.form.needs
        if not ask and not any(name in self.names[self.at:] for name in needs):
            return "end"        # nothing that is needed is left
        if not self.scribe.save(question, Reply(question.id, outcome="unknown", ask=ask or None), told=False):
            return "stay"
        self._count()
        self._tell()
        sitting = self.scribe.sitting
        left = facts_left(sitting.question(question.id), sitting.stack)
        open_ = listed([spoken(name) for name in needs if name in left], "and")
        self.console.labelled("Not known", f"{open_ or 'the rest'}. What you said before is kept.")
        self.console.say()
        return "left"

    def _count(self) -> None:
        self.said.append(self.at)
        self.some = True

    def _tell(self) -> None:
        """Tells once what the facts have moved."""
        if self.said:
            self.scribe.tell_since(self.before, self.question)
            self.before = self.scribe.begin()
            self.said.clear()

    def _undo(self) -> Step:
        """Takes the last fact back, and asks for it again."""
        self.scribe.undo()
        self.at = self.said.pop()
        return "show"
