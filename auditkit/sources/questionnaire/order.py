"""In which order to ask: the map first, then topic by topic what can move the decision most."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from auditkit.checklist.checks import SEVERITIES
from auditkit.sources.questionnaire.forms import Catalogue
from auditkit.sources.questionnaire.questions import QUICK_AT_MOST, STANDARD_AT_MOST, Depth, Question

FIRST = "map"
"""The topic that the talk begins with: what the rest is asked of."""

KEPT_FREE = 2
"""Questions that a settled sitting leaves room for: what is critical and comes up with the last answers is still asked."""

_ASKED = ("open", "waiting", "unknown")


@dataclass(frozen=True)
class Plan:
    """The questions of a sitting in the order of the talk; `aside` holds what this depth does not ask."""

    questions: tuple[Question, ...]
    aside: tuple[Question, ...] = ()

    @property
    def next(self) -> Question | None:
        """The first open question."""
        return next((q for q in self.questions if q.state == "open"), None)

    def of(self, *states: str) -> tuple[Question, ...]:
        """The questions in some states, in order."""
        return tuple(q for q in self.questions if q.state in states)

    @property
    def answered(self) -> int:
        """How many somebody has answered, "I don't know" included."""
        return len(self.of("answered", "unknown"))

    @property
    def total(self) -> int:
        """How many there are in all, those that wait for others included."""
        return self.answered + len(self.of("open", "waiting"))

    @property
    def minutes(self) -> float:
        """How long the open ones take, by the catalogue's estimate; what waits counts half, it may fall away."""
        return sum(q.form.minutes * (1 if q.state == "open" else 0.5) for q in self.of("open", "waiting"))


def plan(questions: Mapping[str, Question], catalogue: Catalogue, depth: Depth = "standard",
         later: Iterable[str] = (), *, topics: Sequence[str] = (), most: int = STANDARD_AT_MOST, settled: bool = False,
         done: Collection[str] = ()) -> Plan:
    """The questions in order. `later` are those that were skipped: they come last.

    `topics` is the order of the topics that the talk has begun with; without it, what hangs on them decides. A standard
    sitting asks `most` questions; more only while nothing has `settled` the decision. `done` are those that were answered
    in this sitting, in part at least.

    First the map; then what critical checks wait for, topic by topic; then the rest, topic by topic. So the talk stays
    on one thing, and what can decide comes before what can only refine.
    """
    place = {form.id: i for i, form in enumerate(catalogue.forms)}
    skipped = {id: i for i, id in enumerate(later)}
    ranked = {t: float(i) for i, t in enumerate(topics or topics_in_order(questions.values(), catalogue))}

    def rank(q: Question) -> tuple[float, ...]:
        if q.id in skipped and q.state == "open":
            return (9, skipped[q.id], 0, 0, 0)
        decides = q.severity == "critical" or q.form.topic == FIRST or q.state in ("answered", "known")
        return (0 if q.form.topic == FIRST else 1 if decides else 2, ranked[q.form.topic], q.state == "waiting",
                SEVERITIES.index(q.severity) if q.severity and q.form.topic != FIRST else 0, place[q.id])

    asked = sorted((q for q in questions.values() if q.state != "away"), key=rank)
    wanted, aside = _within(asked, depth, most, settled, done)
    return Plan(tuple(_after_parents(wanted)), tuple(aside))


def topics_in_order(questions: Iterable[Question], catalogue: Catalogue) -> tuple[str, ...]:
    """The order of the topics: the map first, the others by what hangs on their open critical questions."""
    heavy = {t.id: 0.0 for t in catalogue.topics}
    for q in questions:
        if q.state in _ASKED and q.severity == "critical":
            heavy[q.form.topic] += q.weight
    return tuple(sorted(heavy, key=lambda t: (t != FIRST, -heavy[t], list(heavy).index(t))))


def _within(asked: list[Question], depth: Depth, most: int, settled: bool,
            done: Collection[str]) -> tuple[list[Question], list[Question]]:
    """What a depth asks, and what it leaves aside. `done` are the questions that were answered in this sitting.

    A quick sitting never goes beyond its length: its decision is provisional. A standard one does only while what is open
    can still change the decision; then it leaves aside what is not critical first, and of the map nothing.
    """
    if depth == "all":
        return asked, []
    wanted = [q for q in asked if q.state not in _ASKED or (q.form.quick if depth == "quick" else _matters(q))]
    gone = {q.id for q in wanted if q.id in done or q.state in ("answered", "unknown")}
    left = [q for q in wanted if q.state in _ASKED and q.id not in gone]
    room = (QUICK_AT_MOST if depth == "quick" else most) - len(gone)
    if depth == "quick":
        out = _lightest(left, room)
    elif settled:
        open_ = [q for q in left if q.state != "waiting"]       # what waits may well fall away
        out = [q for q in _lightest(open_, room - KEPT_FREE) if not _first(q)]
        kept = [q for q in open_ if q not in out]
        out += [q for q in _lightest(kept, room) if q.form.topic != FIRST]
        out += [q for q in left if q.state == "waiting" and not _first(q) and len(kept) >= room - KEPT_FREE]
    else:
        out = []
    names = {q.id for q in wanted} - {q.id for q in out}
    return [q for q in asked if q.id in names], [q for q in asked if q.id not in names]


def _lightest(left: list[Question], room: int) -> list[Question]:
    """What does not fit, the lightest first."""
    return sorted(left, key=_lightness)[:max(0, len(left) - max(0, room))]


def _matters(q: Question) -> bool:
    return q.severity in ("critical", "high") or q.form.topic == FIRST


def _first(q: Question) -> bool:
    return q.severity == "critical" or q.form.topic == FIRST


def _lightness(q: Question) -> tuple[int, float]:
    return (-SEVERITIES.index(q.severity) if q.severity else -len(SEVERITIES), q.weight)


def _after_parents(asked: list[Question]) -> list[Question]:
    """The same order, but nothing stands before what it waits for."""
    by_id = {q.id: q for q in asked}
    done: dict[str, Question] = {}

    def put(q: Question, above: frozenset[str]) -> None:
        if q.id in done or q.id in above:
            return
        for parent in q.waits_for:
            if parent in by_id and by_id[parent].state != "answered":
                put(by_id[parent], above | {q.id})
        done[q.id] = q

    for q in asked:
        put(q, frozenset())
    return list(done.values())
