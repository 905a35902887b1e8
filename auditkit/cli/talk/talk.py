"""The talk itself: shows a question, takes a line, does what it means, goes on. Nothing is redrawn."""

from __future__ import annotations

from collections.abc import Sequence

from auditkit.cli.talk.commands import Commands
from auditkit.cli.talk.each import Each
from auditkit.cli.talk.facts import facts_left, only_facts
from auditkit.cli.talk.lists import Listing
from auditkit.cli.talk.row import Row
from auditkit.cli.talk.screen import bar, end_lines, foot, question_lines, short_form
from auditkit.cli.talk.scribe import Scribe
from auditkit.cli.talk.stating import Stating
from auditkit.cli.talk.values import named_fact
from auditkit.cli.talk.way import topics_of
from auditkit.cli.talk.words import Wrong, choice, fits, meant, typed, unknown_word
from auditkit.formats.sitting import verdict_word
from auditkit.formats.terminal import HANG
from auditkit.sources.questionnaire.disputes import is_dispute
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.replies import Reply
from auditkit.sources.questionnaire.sitting import Option
from auditkit.sources.questionnaire.turning import turning
from auditkit.syntax.words import shown

MOST_TURNING = 8
"""Of so many open questions the end says whether they can still change the decision."""


class Talk:
    """One sitting at the terminal, from the question that is next to the end."""

    def __init__(self, scribe: Scribe) -> None:
        self.scribe, self.console, self.way = scribe, scribe.console, scribe.way
        self.commands = Commands(self.console, scribe, self.way)
        self.stating = Stating(self.console, scribe, self.way)

    # The row of questions

    def run(self) -> None:
        """Asks until nothing is open. Raises Stop, EOFError or KeyboardInterrupt when somebody stops before."""
        while (question := self._next()) is not None:
            self._ask(question)
        self._end()

    def _next(self) -> Question | None:
        sitting = self.scribe.sitting
        found = self.way.next(sitting)
        if found is None and sitting.plan.next is not None:
            self.way.passed.clear()
            self.console.say(["Only questions that were passed over are left.", ""])
            found = sitting.plan.next
        return found

    def _ask(self, question: Question) -> None:
        """Shows one question and takes lines until something else is to be shown."""
        self.scribe.lose_remarks()
        console, sitting, look = self.console, self.scribe.sitting, self.console.look
        options = () if question.form.lists or question.state == "waiting" else sitting.options(question)
        console.say(bar(sitting, look))
        console.say(question_lines(sitting, question, options, look))
        console.say(["", *foot(look)])
        self.way.show(question.id)
        if only_facts(question):
            left = facts_left(question, sitting.stack)
            if question.id in self.way.seen[:-1]:     # it comes back for what is needed
                left = tuple(name for name in left if name in question.form.needs) or left
            self._row(question, left).ask()
            return
        prompt = f"{sitting.number(question)}> "
        while not console.until(lambda: self._line(question, options, console.read(prompt))):
            pass

    def _end(self) -> None:
        """The decision, what is open, and the next command."""
        self.scribe.lose_remarks()
        sitting, look = self.scribe.sitting, self.console.look
        self.console.say(bar(sitting, look))
        self.console.say(end_lines(sitting, look, turning(sitting, verdict_word, most_open=MOST_TURNING)))
        self.console.say(["", f"{'Next':<{HANG}}{self.scribe.then}"])

    # One line

    def _line(self, question: Question, options: Sequence[Option], line: str) -> bool:
        """What one line at a question does; whether something else is to be shown now. Raises Wrong, InputError, Stop."""
        lists = question.form.lists
        if not line:
            if lists and len(self.scribe.sitting.stack.by_kind[lists]):
                return self._listing(question, lists).end()
            self.console.say(self.console.look.wrap(short_form(self.scribe.sitting, question), 0))
            return False
        said = typed(line, listing=lists is not None, topics=topics_of(self.scribe.sitting))
        match said.command:
            case "":
                return self._answer(question, options, line)
            case "x":
                return self._exact(question, said.rest)
            case "e":
                return Each(question, self.console, self.scribe).ask(said.rest)
            case command:
                return self.commands.do(command, question, said.rest)

    def _answer(self, question: Question, options: Sequence[Option], line: str) -> bool:
        form = question.form
        if question.state == "waiting":
            raise Wrong("it waits for another question; type next, or jump to that one")
        if form.lists is not None:
            return self._listing(question, form.lists).take(line)
        number = choice(form, line) if form.choices else None
        if number is not None:
            return self.scribe.save(question, Reply(question.id, choice=number), options)
        facts = named_fact(question, line, self.scribe.sitting.stack)
        if facts is not None:
            return self.stating.state(question, facts, options)
        if unknown_word(line):
            return self.commands.unknown(question)
        raise Wrong(f"{shown(line)} is no answer here; {meant(line) or fits(form)}")

    def _exact(self, question: Question, rest: str) -> bool:
        """Exact facts: one at once, or key by key."""
        form, stack = question.form, self.scribe.sitting.stack
        if not form.fields or is_dispute(question) or question.state == "waiting":
            raise Wrong(f"there are no exact facts to state here; {fits(form)}")
        if not rest:
            return self._row(question, form.fields, inside=True).ask()
        facts = named_fact(question, rest, stack)
        if facts is None:
            raise Wrong(f"type KEY: VALUE with one of {', '.join(form.fields)}")
        return self.stating.state(question, facts)

    def _row(self, question: Question, names: Sequence[str], *, inside: bool = False) -> Row:
        return Row(question, names, self.console, self.scribe, self.stating, self.commands, inside)

    def _listing(self, question: Question, kind: str) -> Listing:
        return Listing(question, kind, self.console, self.scribe, self.stating, self.way)
