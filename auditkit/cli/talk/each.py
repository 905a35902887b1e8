"""A choice for each of several things: all on one line, or one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from auditkit.cli.talk.console import Console
from auditkit.cli.talk.screen import names
from auditkit.cli.talk.scribe import Scribe
from auditkit.cli.talk.words import NOTHING, STOP, Wrong, choice, choices_each, fits
from auditkit.formats.terminal import safe
from auditkit.model.facts import Ref
from auditkit.sources.questionnaire.disputes import is_dispute
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.replies import Reply
from auditkit.syntax.words import shown


@dataclass
class Each:
    """A question that is answered for each of its things on its own."""

    question: Question
    console: Console
    scribe: Scribe

    def ask(self, rest: str) -> bool:
        """Takes the choices of all from `rest` or a line, or asks one by one; whether something was saved. Raises Wrong."""
        question, refs = self.question, self.question.refs
        if not question.form.choices or len(refs) < 2 or is_dispute(question) or question.state == "waiting":
            raise Wrong(f"there is one thing to answer for; {fits(question.form)}")
        if rest:
            return self._all(rest)
        told = names(refs, self.scribe.sitting.stack, numbered=True)
        such = " ".join("1" for _ in refs[:6])
        self.console.labelled("Each", f"{told}. One number each, such as {such}; {NOTHING} for none; or an empty line to go one "
                                      "by one.")
        return self.console.until(self._together)

    def _together(self) -> bool:
        line = self.scribe.within("each> ", self._choices())
        if line == STOP:
            return False
        return self._all(line) if line else self._one_by_one()

    def _all(self, line: str) -> bool:
        each = choices_each(line, self.question.form, self.question.refs, self.scribe.sitting.stack)
        return self.scribe.save(self.question, Reply(self.question.id, each=each))

    def _one_by_one(self) -> bool:
        before, said = self.scribe.begin(), False
        for ref in self.question.refs:
            saved = self.console.until(partial(self._one, ref))
            if saved is None:
                break
            said = said or saved
        if said:
            self.scribe.tell_since(before, self.question)
        return said

    def _one(self, ref: Ref) -> bool | None:
        """Asks which choice one thing has: whether it was saved; None when the row is ended."""
        form = self.question.form
        line = self.scribe.within(f"{safe(self.scribe.sitting.stack.title(ref))}> ", self._choices())
        if not line or line in (NOTHING, STOP):
            return None if line == STOP else False
        number = choice(form, line)
        if number is None:
            raise Wrong(f"{shown(line)} is no choice; type 1 to {len(form.choices)}, or {NOTHING} for none")
        return self.scribe.save(self.question, Reply(self.question.id, each={ref.id: number}), told=False)

    def _choices(self) -> list[str]:
        """The choices in short."""
        numbered = (f"{i} {c.says.rstrip('.')}" for i, c in enumerate(self.question.form.choices, 1))
        return self.console.look.wrap("; ".join(numbered), 0)
