"""What stands in each part of a document: lists and rows, cut to the budget of a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import timedelta

from auditkit.formats.numbers import count, ends, first_up, listed, per_cent, word
from auditkit.formats.phrases import first_actions, first_fixes, in_production
from auditkit.model.facts import THE_SYSTEM
from auditkit.model.report import ComponentVerdict, Decision, Fix, Report

MOST_ROWS = 14
MOST_HARDEN = 10
MOST_FIXES = 18
_KINDS = {"eval": "eval set", "edge_case": "edge case", "system": "the workflow"}


@dataclass(frozen=True)
class Budget:
    """How much a document may hold; `tighter` gives the next smaller one."""

    full: int = 8
    rows: int = 60
    evidence: int = 40
    works: int = 30
    sources: int = 12

    def tighter(self) -> Budget:
        """A smaller budget, until nothing can be left out any more."""
        return Budget(
            max(2, self.full - 2),
            max(30, self.rows - 12),
            max(12, self.evidence // 2),
            max(12, self.works // 2),
            max(4, self.sources // 2),
        )


@dataclass(frozen=True)
class DecisionRow:
    """One component on the decision page."""

    name: str
    kind: str
    rule: str
    text: str


@dataclass(frozen=True)
class DecisionGroup:
    """All components with one verdict; `names` stands for the rows where they are many and nothing is to be done."""

    decision: Decision
    n: int
    rows: tuple[DecisionRow, ...]
    names: str | None = None
    rest: str | None = None


def decision_groups(report: Report) -> tuple[DecisionGroup, ...]:
    """The keep, kill, harden list, kill first; long lists are cut as the design says."""
    many = len(report.components) > MOST_ROWS
    groups = []
    order: tuple[Decision, ...] = ("kill", "harden", "keep")
    for decision in order:
        some = [c for c in report.components if (c.decision if not c.pending else "harden") == decision]
        if not some:
            continue
        if many and decision == "keep":
            groups.append(DecisionGroup(decision, len(some), (), names=_name_line(some)))
            continue
        if decision == "harden":
            some.sort(key=lambda c: -(c.gain_success or 0))
        most = {"kill": 2 * MOST_HARDEN, "harden": MOST_HARDEN, "keep": MOST_ROWS}[decision] if many else len(some)
        rest = [c.name for c in some[most:]]
        groups.append(
            DecisionGroup(
                decision, len(some), tuple(_row(c) for c in some[:most]), rest=f"and {word(len(rest))} more" if rest else None
            )
        )
    return tuple(groups)


def _name_line(components: Sequence[ComponentVerdict]) -> str:
    names = [c.name for c in components]
    return f"{listed(names[:24])}" + (f" and {len(names) - 24} more" if len(names) > 24 else "")


def _row(c: ComponentVerdict) -> DecisionRow:
    said = f"Kill, pending evidence. {c.reason}" if c.pending else c.reason
    return DecisionRow(c.name, _KINDS.get(c.kind, c.kind), c.rule, said)


@dataclass(frozen=True)
class Action:
    """One of the things to do first."""

    no: int
    fix: Fix
    success: str | None


@dataclass(frozen=True)
class Actions:
    """What to do first, with which columns are worth printing."""

    title: str
    rows: tuple[Action, ...]
    owners: bool
    dues: bool
    gains: bool


def actions(report: Report, most: int = 3) -> Actions:
    """The first fixes: those before launch, else the first ones of the roadmap."""
    marked = [f for f in report.roadmap if f.before_launch]
    first = first_actions(report)[:most]
    r = report.reliability
    success = {s.fix: per_cent(ends(s.scenario).success) for s in r.stages} if r.stated else {}
    rows = tuple(Action(i, f, success.get(f.id)) for i, f in enumerate(first, start=1))
    when = "first" if in_production(report) or not marked else "before launch"
    return Actions(
        f"{first_up(count(len(rows), 'action', 'actions'))} {when}",
        rows,
        any(f.owner for f in first),
        any(f.due for f in first),
        any(r.success for r in rows),
    )


@dataclass(frozen=True)
class Window:
    """What is due by one date."""

    label: str
    by: Day
    items: tuple[str, ...]


def windows(report: Report) -> tuple[Window, ...]:
    """What happens in 2, 8 and 12 weeks: by the dates of the plan, else by effort and what comes before launch."""
    found = []
    left = list(report.roadmap)
    for weeks in (2, 8, 12):
        by = report.date + timedelta(weeks=weeks)
        now = [f for f in left if (f.due <= by if f.due else _weeks(f) <= weeks)]
        left = [f for f in left if f not in now]
        found.append(
            Window(
                f"In {word(weeks)} weeks",
                by,
                tuple(f"{f.id} {f.title}" for f in now[:6]) + ((f"and {word(len(now) - 6)} more",) if len(now) > 6 else ()),
            )
        )
    return tuple(found)


def _weeks(fix: Fix) -> int:
    if fix.before_launch:
        return 2 if fix.effort == "S" else 8
    return 8 if fix.effort == "S" else 12


@dataclass(frozen=True)
class FixRow:
    """One line of the roadmap."""

    fix: Fix
    closes: str


def roadmap_rows(report: Report) -> tuple[FixRow, ...]:
    """The fixes in their order, each with the checks it closes."""
    return tuple(FixRow(f, _short_list(f.closes)) for f in report.roadmap[:MOST_FIXES])


def _short_list(ids: Iterable[str], most: int = 8) -> str:
    checks = list(dict.fromkeys(i.partition("@")[0] for i in ids))
    rest = len(checks) - most
    return ", ".join(checks[:most]) + (f" and {rest} more" if rest > 0 else "")


def landed(report: Report) -> str:
    """The name of the second bar on the cover: `After three fixes`."""
    n, _ = first_fixes(report)
    return f"After {count(n, 'fix', 'fixes')}"


def stage_of(report: Report) -> str | None:
    """How far the workflow has come, with its impact."""
    stage = report.stack.value(THE_SYSTEM, "stage")
    impact = report.stack.value(THE_SYSTEM, "impact")
    parts = [first_up(stage) if stage else None, f"{impact} impact" if impact else None]
    return ", ".join(p for p in parts if p) or None
