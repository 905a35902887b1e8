"""Exact facts: saved as they are said, with what they name and is not there yet; and what is still open then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from auditkit.cli.talk.console import Console
from auditkit.cli.talk.facts import facts_left
from auditkit.cli.talk.screen import names
from auditkit.cli.talk.scribe import Scribe
from auditkit.cli.talk.values import Facts, renamed
from auditkit.cli.talk.way import Way
from auditkit.formats.terminal import safe
from auditkit.model.facts import Ref
from auditkit.model.vocabulary import SECTION_OF
from auditkit.sources.questionnaire.asks import spoken
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.replies import Reply, slug
from auditkit.sources.questionnaire.sheet import missing_parts
from auditkit.sources.questionnaire.sitting import Option
from auditkit.sources.stack_file.editing import Add, Change, Whole
from auditkit.syntax.words import listed, shown


@dataclass
class Stating:
    """States facts at a console."""

    console: Console
    scribe: Scribe
    way: Way

    def state(self, question: Question, facts: Facts, options: Sequence[Option] = (), *, told: bool = True) -> bool:
        """Saves exact facts; what they name and is not there yet can be added. Whether something was saved."""
        facts = self.with_parts(question.form.about, facts)
        if not facts or not self.scribe.save(question, Reply(question.id, facts=facts), options, told=told):
            return False
        if told:
            self.still_open(question, stay=True)
        return True

    # What they name

    def with_parts(self, about: str, facts: Facts) -> Facts:
        """The facts, once what they name is there: somebody says whether to add it; without that they are left out."""
        stack = self.scribe.sitting.stack
        lost: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for (id, name), value in facts.items():
            for part in missing_parts(about, name, value, stack):
                lost.setdefault(part, []).append((id, name))
        for (kind, called), places in lost.items():
            noun = kind.replace("_", " ")
            if kind != "step" and self.console.yes(f"No {noun} is called {shown(called)} yet. Add it? [y/n] "):
                facts = renamed(facts, places, called, self._added(kind, called))
            else:
                if kind == "step":
                    self._no_step(called)
                facts = {p: v for p, v in facts.items() if p not in places}
        return facts

    def _no_step(self, called: str) -> None:
        stack = self.scribe.sitting.stack
        have = [safe(stack.title(r)) for r in stack.by_kind["step"]]
        self.console.wrong(f"no step is called {shown(called)}" + (f"; there are {listed(have, 'and')}" if have else ""))

    def _added(self, kind: str, name: str) -> str:
        """Adds a component that an answer names, and says that the list may have more; its id."""
        id = slug(name) or f"{kind}_1"
        taken = self.scribe.sitting.stack.receipts_of
        base, n = id, 2
        while Ref(kind, id) in taken:
            id, n = f"{base}_{n}", n + 1
        section = SECTION_OF[kind]
        changes: list[Change] = [Add(kind, id, (("name", name),))]
        if section not in self.scribe.sitting.declared.complete:
            changes.append(Whole(section, False))
        self.scribe.change(changes)
        return id

    # What is still open

    def still_open(self, question: Question, *, stay: bool = False) -> None:
        """Says what of a question is still open; it comes back at the end, or stays while keys of it are missing."""
        sitting = self.scribe.sitting
        now = next((q for q in sitting.plan.of("open") if q.id == question.id), None)
        if now is None:
            return
        missing = [spoken(name) for name in question.form.needs if name in facts_left(now, sitting.stack)]
        what = ", ".join(missing) if missing else names(now.refs, sitting.stack)
        if stay and missing:
            self.way.at = question.id
            self.console.labelled("Still open", f"{what}. Type it as well; next goes on, d when nobody knows.")
        else:
            self.way.pass_over(question.id)
            self.console.labelled("Still open", f"{what}. It comes back at the end; d when nobody knows.")
        self.console.say()

    def left_open(self, question: Question) -> None:
        """Nothing was said: the talk goes on, and the question comes back where it is open."""
        self.way.at = None
        if question.id in (q.id for q in self.scribe.sitting.plan.of("open")):
            self.way.pass_over(question.id)
            self.console.labelled("Left open", "It comes back at the end; d when nobody knows.")
            self.console.say()
