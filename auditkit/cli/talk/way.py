"""The way through the questions: which comes next, which were shown, and where a jump leads."""

from __future__ import annotations

from dataclasses import dataclass, field

from auditkit.cli.talk.words import Wrong, topic_of
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.sitting import Sitting
from auditkit.syntax.words import did_you_mean, shown


@dataclass
class Way:
    """Where a talk is among its questions, and where it was."""

    at: str | None = None
    """The question that was jumped to, or that stays."""
    passed: set[str] = field(default_factory=set)
    """Questions that were passed over; they come back when nothing else is left."""
    seen: list[str] = field(default_factory=list)
    """The questions that were shown, the one at hand last."""

    @property
    def here(self) -> str:
        """The question at hand; "" before the first."""
        return self.seen[-1] if self.seen else ""

    def next(self, sitting: Sitting) -> Question | None:
        """The question that comes next; None where none is open but those that were passed over."""
        if self.at is not None:
            return sitting.question(self.at)
        return next((q for q in sitting.plan.of("open") if q.id not in self.passed), None)

    def show(self, id: str) -> None:
        """Remembers that a question was shown."""
        if self.here != id:
            self.seen.append(id)

    def answered(self, id: str) -> None:
        """The question has an answer: the talk goes on."""
        self.passed.discard(id)
        self.at = None

    def pass_over(self, id: str) -> None:
        """The question stays open for now: the talk goes on."""
        self.passed.add(id)
        self.at = None

    def back(self) -> None:
        """To the question before the one at hand. Raises Wrong at the first."""
        if len(self.seen) < 2:
            raise Wrong("this is the first question of this sitting; jump to a number instead")
        self.seen.pop()
        self.at = self.seen.pop()

    def undone(self, origin: str | None) -> None:
        """To the question whose answer was taken back, or again to the one at hand."""
        here = self.seen.pop()
        self.at = origin or here
        if origin and self.here == origin:
            self.seen.pop()


def topics_of(sitting: Sitting) -> tuple[str, ...]:
    """The titles of the topics, to which one can jump."""
    return tuple(t.title for t in sitting.rules.catalogue.topics)


def place(sitting: Sitting, text: str) -> Question:
    """The question that a number, a check, or a topic names. Raises Wrong."""
    plan = sitting.plan
    every = (*plan.questions, *plan.aside)
    word = text.strip()
    if not word:
        raise Wrong("type 'jump 22', 'jump BRN-01' or 'jump' and a topic")
    if word.isdigit():
        by_number = {n: id for id, n in sitting.numbers.items()}
        if int(word[:6]) not in by_number:
            raise Wrong(f"there is no question {word[:6]}; they run from 1 to {max(by_number, default=0)}")
        return sitting.question(by_number[int(word[:6])])
    upper = word.upper()
    found = next((q for q in every if q.id.upper() == upper), None) or next(
        (q for q in every if upper in q.checks), None) or next((q for q in every if upper in q.form.settles), None)
    if found is not None:
        return found
    if sitting.rules.catalogue.form(upper) is not None:
        raise Wrong(f"{upper} is not asked now: nothing waits for it, or there is nothing here that it is about")
    topics = {t.title: t.id for t in sitting.rules.catalogue.topics}
    title = topic_of(word, topics) or did_you_mean(word, topics)
    own = [q for q in plan.questions if title is not None and q.form.topic == topics[title]]
    if not own:
        raise Wrong(f"there is no question {shown(word)}; a number, a check such as BRN-01, or a topic: {', '.join(topics)}")
    return next((q for q in own if q.state == "open"), own[0])
