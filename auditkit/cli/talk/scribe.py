"""Writes down what was said: saves it, tries again where that fails, and says what it moved.

Every answer is on disk before the next thing is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from auditkit.cli.talk.console import Console, Stop
from auditkit.cli.talk.screen import clash_lines, final_lines, moved_lines
from auditkit.cli.talk.way import Way
from auditkit.cli.talk.words import STARRED, Wrong
from auditkit.formats.numbers import first_up
from auditkit.formats.terminal import label
from auditkit.sources.questionnaire.disputes import is_dispute
from auditkit.sources.questionnaire.keeping import Keeper, Saved
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.replies import Evidence, Reply
from auditkit.sources.questionnaire.sitting import Moved, Option, Sitting, moved
from auditkit.sources.questionnaire.starred import starred
from auditkit.sources.stack_file.editing import Change
from auditkit.sources.stack_file.saving import NotSaved

_LOST = "The note or evidence goes with an answer, and there is none: it is not saved."
_SIDES = {"yours": True, "y": True, "mine": True, "theirs": False, "t": False}


@dataclass
class Draft:
    """What goes along with the answer to the question at hand."""

    note: str | None = None
    evidence: Evidence | None = None


@dataclass
class Scribe:
    """Who writes down what is said at a console. `clock` tells the time of day that stands beside what was saved, or nothing;
    `then` is the command that comes after the sitting."""

    keeper: Keeper
    console: Console
    way: Way
    who: str | None
    on: date
    clock: Callable[[], str] = lambda: ""
    then: str = ""
    draft: Draft = field(default_factory=Draft)
    final: bool = field(init=False)
    """Whether it is known already that the decision stands."""
    _origins: dict[int, str] = field(init=False, default_factory=dict)
    """The question at which each text of the file was made, by the text's hash."""
    _theirs: Sitting | None = field(init=False, default=None)
    """The sitting with what somebody else has changed since `begin`, before the answer that found it."""

    def __post_init__(self) -> None:
        self.final = self.sitting.stands

    @property
    def sitting(self) -> Sitting:
        """The sitting as it stands."""
        return self.keeper.sitting

    # Saving

    def save(self, question: Question, reply: Reply, options: Sequence[Option] = (), *, told: bool = True) -> bool:
        """Saves an answer, with its note and evidence; whether it was saved. What it moved is `told` at once, or later."""
        full = replace(reply, note=reply.note or self.draft.note, evidence=self.draft.evidence, who=self.who, when=self.on)
        saved = self._try(lambda: self.keeper.answer(full))
        if saved is None:
            return False
        if saved.clashes:
            mine = full if full.choice is None or is_dispute(question) or question.form.lists is not None else replace(
                full, choice=None, each={r.id: full.choice for r in question.refs})     # of all that it was asked of
            saved = self._settle(saved, lambda: self.keeper.answer(mine, win=True))
            if saved is None:
                self.way.at = None
                return True
        self.draft = Draft()
        self.way.answered(question.id)
        if told:
            self.tell(saved.moved, options, own=question.id, others=saved.others)
        return True

    def save_part(self, reply: Reply) -> None:
        """Saves a part of an answer, such as one item of a list; nothing is told yet, and notes wait for the rest."""
        full = replace(reply, who=self.who, when=self.on)
        self._settled(lambda win: self.keeper.answer(full, win=win))

    def change(self, changes: Sequence[Change]) -> bool:
        """Saves changes that are no answer; whether they were saved."""
        return self._settled(lambda win: self.keeper.change(changes, who=self.who, when=self.on, win=win))

    def _settled(self, save: Callable[[bool], Saved]) -> bool:
        """Saves, and where somebody else has said otherwise asks whose words count; whether it was saved."""
        saved = self._try(lambda: save(False))
        if saved is not None and saved.clashes:
            saved = self._settle(saved, lambda: save(True))
        return saved is not None

    def _try(self, save: Callable[[], Saved]) -> Saved | None:
        """Saves, and where that fails keeps the answer until it can be saved; None when it was given up."""
        before = self.sitting.text
        while True:
            try:
                saved = save()
                self._theirs = saved.on if saved.others else self._theirs
                self._kept_as(before)
                return saved
            except NotSaved as error:
                again = "Your answer is still here; try again with '!' ('drop' gives it up)."
                self.console.labelled("Not saved", f"{first_up(_why(error))}. {again}")
                while (line := self.console.line("!> ")) != "!":
                    if line == "drop":
                        return None
                    if line in ("quit", "q"):
                        self.console.say(label("Not saved", ["your last answer"], self.console.look.screen))
                        raise Stop from None

    def _kept_as(self, before: str) -> None:
        """Remembers where a change was made, and says where what was typed stands starred in the file."""
        after = self.sitting.text
        if after != before:
            self._origins[hash(after)] = self.way.here
        if starred(self.console.typed, before, after):
            self.console.labelled("Secret", STARRED)
        self.console.typed.clear()

    def _settle(self, saved: Saved, win: Callable[[], Saved]) -> Saved | None:
        """Somebody else answered the same: both words, and a choice; None when theirs stays."""
        console = self.console
        console.say(clash_lines(saved.clashes, console.look))
        if console.one_of("yours or theirs? ", lambda line: _SIDES.get(line.lower()), "type yours or theirs"):
            return self._try(win)
        console.say(label("Kept", ["their answer; yours is not saved"], console.look.screen))
        console.say()
        return None

    # Taking back

    def undo(self) -> str | None:
        """Takes the last change back and tells what that moved; the question at which it was made. Raises Wrong."""
        origin = self._origins.get(hash(self.sitting.text))
        try:
            back = self.keeper.undo()
        except NotSaved as error:
            raise Wrong(f"not taken back: {_why(error)}") from None
        if back is None:
            raise Wrong("there is nothing of this sitting to take back")
        console = self.console
        console.say(label("Taken back", [self.keeper.path.name], console.look.screen))
        console.say(moved_lines(self.sitting, back, (), console.look))
        return origin

    # Telling

    def tell(self, change: Moved | None = None, options: Sequence[Option] = (), *, own: str = "", others: bool = False) -> None:
        """That it is saved, when, and what it moved."""
        console, now = self.console, self.clock()
        where = self.keeper.path.name + (f", {now}" if now else "")
        also = ". Somebody else had changed the file; their words were kept." if others else ""
        console.labelled("Saved", where + also)
        if change is not None:
            console.say(moved_lines(self.sitting, change, options, console.look, own))
        if self.sitting.stands and not self.final:
            self.final = True
            console.say(final_lines(self.sitting, console.look, self.then))
        console.say()

    def begin(self) -> Sitting:
        """The sitting from which on several answers are told together."""
        self._theirs = None
        return self.sitting

    def tell_since(self, before: Sitting, question: Question) -> None:
        """What several answers to a question have moved together, from the last edit of somebody else on."""
        theirs = self._theirs
        self.tell(moved(theirs or before, self.sitting), own=question.id, others=theirs is not None)

    # Within a question

    def within(self, prompt: str, means: Iterable[str]) -> str:
        """A line at a prompt within a question: `?` says what is `means`, d leaves it open, quit stops."""
        while (line := self.console.read(prompt)).lower() in ("?", "h", "help"):
            self.console.say(means)
        if line.lower() in ("quit", "q"):
            raise Stop
        return "" if line.lower() == "d" else line

    # Going on

    def lose_remarks(self) -> None:
        """Says once that a note or evidence without an answer is not saved, and lets go of it."""
        if self.draft.note or self.draft.evidence:
            self.console.say(self.console.look.wrap(_LOST, 0))
        self.draft = Draft()


def _why(error: NotSaved) -> str:
    return error.problems[0].text.removeprefix("cannot be saved: ")
