"""Everything that the templates print, as plain data made from a sitting; the templates decide nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from auditkit.formats import phrases
from auditkit.formats import sitting as words_of
from auditkit.formats.numbers import PAPER, bounds, count, count_digits, day, percent, short_day
from auditkit.formats.parts import decision_groups
from auditkit.formats.phrases import SEVERITIES, evidence_shares, first_fixes, how_sure, outlook
from auditkit.model.facts import Ref
from auditkit.model.report import Report
from auditkit.sources.questionnaire.disputes import is_dispute
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.removal import removal
from auditkit.sources.questionnaire.sitting import Figures, Moved, Option, Sitting
from auditkit.sources.questionnaire.whatif import Outcome, Try
from auditkit.web import asking, figures, steps
from auditkit.web.posted import Posted

FIRST_TRIES = 3
MOST_OPEN = 8
_COUNTED = ("answered", "unknown", "open", "waiting")


@dataclass(frozen=True)
class Gone:
    """What was taken out of a list: the place where it stood, and what went with it."""

    at: int
    words: str


@dataclass(frozen=True)
class Last:
    """The last answer that was saved in this sitting, and what it moved."""

    question: str
    moved: Moved
    lines: tuple[figures.Line, ...]
    spoken: str
    at: str
    before: Mapping[str, tuple[str, str]]
    gone: Gone | None = None
    starred: bool = False


@dataclass(frozen=True)
class Row:
    """One question in a list: its place in the talk (0: it is not asked), its short name, where it leads (nowhere once it
    fell away), and a remark."""

    number: int
    short: str
    url: str
    remark: str


@dataclass(frozen=True)
class Topic:
    """One subject of the talk. The open one carries its other questions."""

    id: str
    title: str
    count: str
    url: str
    now: bool = False
    before: tuple[Row, ...] = ()
    after: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Progress:
    """How far the talk is; never how good the result is."""

    words: str
    share: float


@dataclass(frozen=True)
class Tried:
    """What can be tried. `tries` are (id, words, ticked, shown at once); `known` is false until they were computed."""

    known: bool
    tries: tuple[tuple[str, str, bool, bool], ...] = ()
    word: str = ""
    still: bool = False
    sentence: str = ""
    bar: figures.Bar | None = None
    assumes: tuple[str, ...] = ()
    url: str = ""
    mends: bool = True


@dataclass(frozen=True)
class Frame:
    """What stands around every page."""

    title: str
    subject: str
    client: str
    file: str
    csrf: str
    progress: Progress
    can_undo: bool
    here: str
    word: str
    status: str = ""
    alert: str = ""
    said: str = ""


def url_of(id: str, **query: Any) -> str:
    """The address of a question."""
    return f"/q/{quote(id, safe='')}" + (f"?{urlencode(query, doseq=True)}" if query else "")


def frame(sitting: Sitting, *, title: str, csrf: str, file: str, can_undo: bool, here: str, alert: str = "", status: str = "",
          said: str = "") -> Frame:
    """What stands around a page of this sitting."""
    report = sitting.report
    subject = report.title if sitting.text.strip() else file
    return Frame(f"{title}. {subject}", subject, report.engagement.client or "", file, csrf, progress(sitting), can_undo, here,
                 sitting.figures.decision, status, alert, said)


def progress(sitting: Sitting) -> Progress:
    """How many are answered, with whom the others are, and how long the rest takes."""
    plan = sitting.plan
    answered, total = len(plan.of("answered")), plan.total
    with_whom = [q.answer.ask for q in plan.of("unknown") if q.answer is not None and q.answer.ask]
    unknown = len(plan.of("unknown")) - len(with_whom)
    parts = [f"{answered} of {total} answered"]
    for name in dict.fromkeys(with_whom):
        parts.append(f"{with_whom.count(name)} with {name}")
    if unknown:
        parts.append(f"{unknown} not known")
    left = plan.of("open", "waiting")
    rest = f", {words_of.left(plan.minutes)}" if left else ". Nothing more to ask."
    words = ", ".join(parts) + rest
    return Progress(words, round(100 * (plan.answered / total if total else 0.0), 1))


# Topics ----------------------------------------------------------------------------------------------------

def topics(sitting: Sitting, current: Question | None, fell: Sequence[Question] = ()) -> tuple[Topic, ...]:
    """The subjects with their counts, in the order of the talk; the current question's own is unfolded."""
    catalogue, every = sitting.rules.catalogue, sitting.plan.questions
    found = []
    for topic in catalogue.topics:
        mine = [q for q in every if q.form.topic == topic.id and q.state in _COUNTED]
        here = current is not None and current.form.topic == topic.id
        if not mine and not here:
            continue
        goes = next((q for q in mine if q.state == "open"), mine[0] if mine else current)
        before, after = _around(sitting, mine, current, fell) if here and current is not None else ((), ())
        found.append(Topic(topic.id, topic.title, _count(mine), url_of(goes.id) if goes else "/", here, before, after))
    return tuple(found)


def _count(mine: Sequence[Question]) -> str:
    disputed = sum(is_dispute(q) and q.state == "open" for q in mine)
    asked = [q for q in mine if not is_dispute(q)]
    said = f"{sum(q.state == 'answered' for q in asked)} of {len(asked)}"
    if disputed:
        said += f", {count(disputed, 'disputed', 'disputed')}"
    who = {q.answer.ask for q in asked if q.state == "unknown" and q.answer is not None and q.answer.ask}
    waiting = sum(q.state == "unknown" for q in asked)
    if waiting:
        said += f", {count(waiting, '', '').strip()} {f'with {who.pop()}' if len(who) == 1 else 'not known'}"
    return said


def _around(sitting: Sitting, mine: Sequence[Question], current: Question,
            fell: Sequence[Question]) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    mine = sorted(mine, key=sitting.number)
    place = next((i for i, q in enumerate(mine) if q.id == current.id), len(mine))
    upcoming = following(sitting, current.id)
    before = tuple(_row(sitting, q, upcoming) for q in mine[:place])
    after = tuple(_row(sitting, q, upcoming) for q in mine[place + 1:])
    return before, (*after, *(Row(0, q.form.short, "", "falls away") for q in fell if q.form.topic == current.form.topic))


def _row(sitting: Sitting, q: Question, upcoming: Question | None = None) -> Row:
    return Row(sitting.numbers.get(q.id, 0), q.form.short, url_of(q.id), _remark(sitting, q, upcoming))


def _remark(sitting: Sitting, q: Question, upcoming: Question | None) -> str:
    if q.state == "waiting":
        return f"waits for {', '.join(str(sitting.number(sitting.question(p))) for p in q.waits_for[:2])}"
    if q.state == "unknown":
        return f"with {q.answer.ask}" if q.answer is not None and q.answer.ask else "not known"
    if q.answer is not None and q.answer.outcome == "not_applicable":
        return "does not apply"
    if q.state in ("answered", "known"):
        return "answered" if q.state == "answered" else "known"
    if q.id in sitting.later:
        return "put off"
    return "next" if upcoming is not None and q.id == upcoming.id else ""


def in_places(sitting: Sitting, dealt: Sequence[str]) -> Sitting:
    """The sitting with each question called by its place in the talk: first what was known before, then what was dealt with
    in this sitting, in that order, then what is open, then what waits. So "next" is the next number, whatever comes up."""
    order = {id: i for i, id in enumerate(dealt)}

    def place(q: Question) -> tuple[int, int]:
        if q.id in order:
            return 1, order[q.id]
        return (2 if q.state == "open" else 3 if q.state == "waiting" else 0), 0

    asked = sorted((q for q in sitting.plan.questions if q.state in _COUNTED), key=place)
    return sitting.called({q.id: n for n, q in enumerate(asked, 1)})


def following(sitting: Sitting, id: str) -> Question | None:
    """The next open question after this one; after the last, the first that is still open."""
    every = [q for q in sitting.plan.questions if q.state == "open" or q.id == id]
    place = next((i for i, q in enumerate(every) if q.id == id), -1)
    rest = [*every[place + 1:], *every[:max(place, 0)]]
    return next((q for q in rest if q.id != id and q.id not in sitting.later), next((q for q in rest if q.id != id), None))


def previous(sitting: Sitting, id: str) -> Question | None:
    """The question before this one in the talk, whatever its state."""
    every = sorted((q for q in sitting.plan.questions if q.state in _COUNTED or q.id == id), key=sitting.number)
    place = next((i for i, q in enumerate(every) if q.id == id), 0)
    return every[place - 1] if place else None


def back_of(sitting: Sitting, question: Question, came: str) -> str:
    """Where "Back" leads: to the question that somebody came from, else to the one before in the talk."""
    known = came != question.id and any(q.id == came for q in (*sitting.plan.questions, *sitting.plan.aside))
    before = previous(sitting, question.id)
    return url_of(came) if known else url_of(before.id) if before is not None else ""


def everything(sitting: Sitting, about: str = "") -> tuple[tuple[str, tuple[Row, ...]], ...]:
    """All questions by topic, those that this depth leaves aside too; `about` keeps those of one step."""
    upcoming = sitting.plan.next
    found = []
    for topic in sitting.rules.catalogue.topics:
        rows = [_row(sitting, q, upcoming) for q in (*sitting.plan.questions, *sitting.plan.aside)
                if q.form.topic == topic.id and (not about or (Ref("step", about) in q.refs and q.form.lists is None))]
        if rows:
            found.append((topic.title, tuple(rows)))
    return tuple(found)


# The right column ------------------------------------------------------------------------------------------

def decision(sitting: Sitting, question: Question | None = None, options: Sequence[Option] = ()) -> figures.Decision:
    """The decision so far."""
    still_open = question is not None and question.state == "open" and not is_dispute(question)
    return figures.decision(sitting.figures, sitting.report.noun, options if still_open else (),
                            sitting.number(question) if question is not None else None, stands=sitting.stands)


def foretold(sitting: Sitting, question: Question | None, options: Sequence[Option]) -> tuple[tuple[int, figures.Decision], ...]:
    """The decision that each choice would give: a page shows it at once, and again once the answer is saved."""
    if question is None or is_dispute(question):
        return ()
    return tuple((n, figures.decision(o.figures, sitting.report.noun)) for n, o in enumerate(options))


def can_move(sitting: Sitting, options: Sequence[Option]) -> tuple[figures.Line, ...]:
    """What the answers can move."""
    return figures.can_move(sitting.figures, options)


def last_of(before: Sitting, after: Sitting, question: str, moved: Moved, at: str, possible: Sequence[Option] = ()) -> Last:
    """What an answer moved, ready to be shown; `possible` are the answers that could have been given."""
    names = {(c.kind, c.id): c.name for c in after.report.components}
    old, new = steps.cells(before.report), steps.cells(after.report)
    missing = tuple(sum(words == "missing" for _, words in some.values()) for some in (old, new))
    left = tuple(len(s.plan.of("open", "waiting")) for s in (before, after))
    lines = figures.moves(moved, names, (left[0], left[1]), (missing[0], missing[1]), possible)
    return Last(question, moved, lines, figures.spoken(moved, lines), at, old)


def gone(before: Sitting, after: Sitting, ref: Ref) -> Gone:
    """A component that was taken out, and what went with it."""
    old = before.declared
    out = removal(old, after.declared, ref)
    place = old.by_kind[ref.kind].index(ref) if ref in old.by_kind[ref.kind] else 0
    return Gone(place, " ".join((f"{out.title} is out{f', with {out.own}' if out.facts else ''}.", *out.others)))


def waiting(sitting: Sitting, question: Question) -> tuple[figures.Line, ...]:
    """What else waits for the same answers."""
    same = [q for q in sitting.plan.of("waiting") if set(q.waits_for) & set(question.waits_for)]
    numbers = ", ".join(str(sitting.number(q)) for q in same[:8])
    worst = next((s for s in SEVERITIES if any(q.severity == s for q in same)), "")
    checks = len({c for q in same for c in q.checks})
    lines = [figures.Line("Questions", "", numbers, text=True), figures.Line("Checks", "", str(checks)),
             figures.Line("The heaviest", "", worst, text=True)]
    return tuple(line for line in lines if line.after not in ("", "0"))


def tried(sitting: Sitting, tries: Sequence[Try] | None, ticked: Sequence[str], outcome: Outcome | None, url: str) -> Tried:
    """What can be tried, and what the ticked ones would do together."""
    if tries is None:
        return Tried(False, url=url)
    shown = {t.id for t in tries[:FIRST_TRIES]} | set(ticked)
    rows = tuple((t.id, t.says, t.id in ticked, t.id in shown) for t in tries)
    if outcome is None:
        return Tried(True, rows, url=url)
    then, now = outcome.figures, sitting.figures
    chosen = [t for t in tries if t.id in ticked]
    return Tried(True, rows, then.decision, then.decision == now.decision, figures.if_sentence(now, then),
                 figures.if_bar(then, sitting.report.noun), tuple(dict.fromkeys(t.assumes for t in chosen if t.assumes)), url,
                 bool(outcome.mends))


# The end ---------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class End:
    """The last page: the cover of the report, and what is open."""

    over: str
    word: str
    extra: str
    lead: tuple[str, ...]
    stated: bool
    bars: tuple[tuple[str, figures.Bar, str, str], ...]
    groups: tuple[tuple[str, int, str], ...]
    fixes: tuple[tuple[str, str, str], ...]
    gains: bool
    open: tuple[tuple[str, str, str, str], ...]
    more: int
    strip: tuple[tuple[str, str, float, float, str], ...]
    sure: str
    aside: int


def end(sitting: Sitting, report: Report) -> End:
    """The end of a sitting from its full report."""
    plan = sitting.plan
    still = sorted(plan.of("open", "waiting", "unknown"), key=lambda q: SEVERITIES.index(q.severity or "low"))
    rows = tuple((url_of(q.id), q.form.ask, _whose(q), q.severity or "low") for q in still[:MOST_OPEN])
    over = f"Decision after {count_digits(plan.answered, 'question', 'questions')}, {day(report.date)}"
    lead = [phrases.headline(report), *(x for x in (phrases.after(report),) if x)]
    fixes = [(f.title, f.effort, "") for f in phrases.first_actions(report)[:6]]
    stages = {s.fix: s.scenario.success.point for s in report.reliability.stages}
    gained = [(f.title, f.effort, percent(stages[f.id]) if f.id in stages else "")
              for f in phrases.first_actions(report)[:6]] if report.reliability.stated else fixes
    return End(over, report.verdict.decision, words_of.beside(report.verdict.act),
               tuple(lead), report.reliability.stated, _bars(report) if report.reliability.stated else (),
               tuple((g.decision, g.n, _names(g)) for g in decision_groups(report)), tuple(gained),
               report.reliability.stated, rows, len(still) - len(rows), _strip(report), how_sure(report), len(plan.aside))


def _names(group: Any) -> str:
    return group.names or ", ".join(r.name for r in group.rows) + (f", {group.rest}" if group.rest else "")


def _whose(question: Question) -> str:
    answer = question.answer
    if answer is not None and answer.ask:
        return f"{answer.ask}{f', since {short_day(answer.when, year=False)}' if answer.when else ''}"
    return "waits for another" if question.state == "waiting" else "nobody yet"


def _bars(report: Report) -> tuple[tuple[str, figures.Bar, str, str], ...]:
    """Today, after the fixes before launch, after all: each with its interval in words."""
    r = report.reliability
    n, first = first_fixes(report)
    rows = [("Today", r.as_is)]
    if n:
        rows.append((f"After {count(n, 'fix', 'fixes')}", first))
    if len(report.roadmap) > n > 0:
        rows.append(("After all fixes", r.hardened))
    return tuple((label, figures.wide_bar(s, report.noun, r.target_success, label, i == 0),
                  f"90{PAPER.percent} interval {bounds(s.success.low, s.success.high)}",
                  ", ".join(f"{percent(e.point)} {name}" for e, name in ((s.caught, "caught"), (s.silent, "unnoticed"))
                            if e.point >= words_of.LEAST)) for i, (label, s) in enumerate(rows))


def _strip(report: Report) -> tuple[tuple[str, str, float, float, str], ...]:
    letters = {"measured": "s", "inspected": "i", "declared": "c", "unknown": "u"}
    found, at = [], 0.0
    for name, share in evidence_shares(report):
        if share:
            found.append((letters[name], name, at, float(share), f"{share} %" if share >= 7 else ""))
        at += share
    return tuple(found)


__all__ = ["End", "Figures", "Frame", "Last", "Posted", "Row", "Topic", "Tried", "asking", "outlook", "steps"]
