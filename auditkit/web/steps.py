"""The step map: one row a step with its verdict, its way out and its lines, for a page that draws it as a list of links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from auditkit.formats.lanes import Lanes, Route, lanes
from auditkit.formats.numbers import count_digits, percent
from auditkit.formats.stepgraph import END, WayOut, leads_to, way_out
from auditkit.model.facts import Ref
from auditkit.model.report import ComponentVerdict, Report

MANY, MOST = 12, 30
"""Above these, rows lose their id line, and runs of steps that are kept fold."""
LANE, NODE, BESIDE = 20, 9, 5
WIDEST = 4


@dataclass(frozen=True)
class Rail:
    """What is drawn beside one row, in pixels across: lines in from above, out below, and from one lane to another.

    `into` and `out` are (across, dashed); `shifts` are (from, to, dashed), drawn in the last pixels of the row.
    """

    node: float
    into: tuple[tuple[float, bool], ...] = ()
    out: tuple[tuple[float, bool], ...] = ()
    shifts: tuple[tuple[float, float, bool], ...] = ()
    arrives: bool = False
    returns: bool = False


@dataclass(frozen=True)
class Row:
    """One step, or a run of steps that are folded. `then` is its verdict if what is tried were true."""

    id: str
    no: str
    name: str
    decision: str
    way: WayOut
    words: str
    goes: str = ""
    loop: bool = False
    asked: bool = False
    first: bool = False
    last: bool = False
    new: bool = False
    then: str | None = None
    rail: Rail | None = None
    ids: tuple[str, ...] = ()

    @property
    def spoken(self) -> str:
        """What stands between the name and the way out for who does not see the shape."""
        return "nothing decided" if self.decision == "open" else self.decision.upper()


@dataclass(frozen=True)
class Map:
    """All rows; `lanes` is the width class of the lines beside them, 0 for one straight line."""

    title: str
    rows: tuple[Row, ...]
    lanes: int
    many: bool
    marks: tuple[str, ...]
    tried: bool = False
    start: str = "start"
    marked: bool = False


def drawn(report: Report, asked: Sequence[Ref] = (), *, before: Mapping[str, tuple[str, str]] | None = None,
          then: Report | None = None) -> Map:
    """The map of a report. `asked`: what the open question is about; `before`: the cells before the last answer;
    `then`: the report if what is tried were true."""
    refs = report.stack.by_kind["step"]
    follow = [leads_to(report, i, refs) for i in range(len(refs))]
    place = {ref.id: i for i, ref in enumerate(refs)}
    edges = [(i, place[to]) for i, ways in enumerate(follow) for to, _ in ways if to in place]
    web = lanes(len(refs), edges)
    about = _steps_of(asked)
    rows = [_row(report, i, ref, follow[i], refs) for i, ref in enumerate(refs)]
    rows = [replace(r, asked=r.id in about, loop=i in web.loops) for i, r in enumerate(rows)]
    rows = [_changed(r, before) for r in rows]
    rows = [_tried(r, then) for r in rows]
    straight = web.width == 0
    if straight:
        rows = _folded(rows) if len(rows) > MOST else rows
    else:
        rails = _rails(web)
        rows = [replace(rows[i], rail=rails[at]) for at, i in enumerate(web.order)]
    rows = _bracketed(rows)
    marks = tuple(d for d in ("kill", "harden", "keep") if any(d in (r.decision, r.then) for r in rows))
    return Map(_title(report), tuple(rows), 0 if straight else min(WIDEST, int(web.width)), len(rows) > MANY, marks,
               any(r.then for r in rows), _start(report), any(r.asked for r in rows))


def cells(report: Report) -> dict[str, tuple[str, str]]:
    """The verdict and the way out of each step, to see later which of them changed."""
    refs = report.stack.by_kind["step"]
    return {ref.id: _cell(report, ref) for ref in refs}


def _title(report: Report) -> str:
    noun = report.noun
    one = noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
    return f"The {one}, step by step"


def _start(report: Report) -> str:
    noun = report.noun
    return f"{noun[:-1].capitalize()} begins" if noun.endswith("s") else "Start"


def _steps_of(asked: Sequence[Ref]) -> frozenset[str]:
    return frozenset(ref.id for ref in asked if ref.kind == "step")


def _verdict(report: Report, ref: Ref) -> ComponentVerdict | None:
    return next((c for c in report.components if c.kind == "step" and c.id == ref.id), None)


def _cell(report: Report, ref: Ref) -> tuple[str, str]:
    return _decision(_verdict(report, ref)), _way_out(report, ref)[1]


def _decision(verdict: ComponentVerdict | None) -> str:
    return "open" if verdict is None else "harden" if verdict.pending else verdict.decision


def _row(report: Report, i: int, ref: Ref, ways: Sequence[tuple[str, float | None]], refs: Sequence[Ref]) -> Row:
    way, words = _way_out(report, ref)
    return Row(ref.id, str(i + 1), report.stack.title(ref), _decision(_verdict(report, ref)), way, words,
               _goes(i, ways, refs), ids=(ref.id,))


def _way_out(report: Report, ref: Ref) -> tuple[WayOut, str]:
    verdict = _verdict(report, ref)
    killed = verdict is not None and _decision(verdict) == "kill"
    return way_out(report, ref, verdict.act if verdict and killed else None, "missing")


def _goes(i: int, ways: Sequence[tuple[str, float | None]], refs: Sequence[Ref]) -> str:
    """Where a step leads when it is not simply to the one below."""
    number = {ref.id: str(n) for n, ref in enumerate(refs, start=1)} | {END: "the end"}
    plain = refs[i + 1].id if i + 1 < len(refs) else END
    if [to for to, _ in ways] == [plain]:
        return ""
    shares = [f"{percent(share)} " if share is not None else "" for _, share in ways]
    return "goes " + ", ".join(f"{share}to {number.get(to, to)}" for share, (to, _) in zip(shares, ways))


def _changed(row: Row, before: Mapping[str, tuple[str, str]] | None) -> Row:
    known = None if before is None else before.get(row.id)
    return replace(row, new=known is not None and known[1] != row.words)


def _tried(row: Row, then: Report | None) -> Row:
    if then is None:
        return row
    ref = Ref("step", row.id)
    gone = ref not in then.stack.by_kind["step"]
    decision = "gone" if gone else _decision(_verdict(then, ref))
    if decision == row.decision:
        return row
    return replace(row, then=decision, words="is taken out" if gone else row.words, way="taken" if gone else row.way)


def _folded(rows: Sequence[Row]) -> list[Row]:
    """Runs of kept steps as one row each: what nobody asks about and nothing has to be done to."""
    groups: list[list[Row]] = []
    for row in rows:
        plain = row.decision == "keep" and not (row.asked or row.then or row.loop)
        if plain and groups and groups[-1][-1].decision == "keep" and not groups[-1][-1].asked and not groups[-1][-1].then:
            groups[-1].append(row)
        else:
            groups.append([row])
    return [g[0] if len(g) == 1 else _fold(g) for g in groups]


def _fold(rows: Sequence[Row]) -> Row:
    return Row(rows[0].id, f"{rows[0].no}–{rows[-1].no}", count_digits(len(rows), "step", "steps"), "keep", "none", "",
               ids=tuple(r.id for r in rows))


def _bracketed(rows: Sequence[Row]) -> list[Row]:
    """Where the bracket of the asked steps begins and ends."""
    def at(i: int) -> bool:
        return 0 <= i < len(rows) and rows[i].asked
    return [replace(r, first=r.asked and not at(i - 1), last=r.asked and not at(i + 1)) for i, r in enumerate(rows)]


# Lines -----------------------------------------------------------------------------------------------------

def _rails(web: Lanes) -> list[Rail]:
    """The lines of a branching map, row by row: rows differ in height, so each draws its own part."""
    pitch = LANE if web.width <= WIDEST else LANE * WIDEST / web.width

    def across(lane: float, back: bool) -> float:
        return NODE + lane * pitch + (BESIDE if back else 0)

    into: list[dict[tuple[float, bool], None]] = [{} for _ in web.order]
    out: list[dict[tuple[float, bool], None]] = [{} for _ in web.order]
    shifts: list[dict[tuple[float, float, bool], None]] = [{} for _ in web.order]
    for route in web.routes:
        for (x0, y0), (x1, y1) in _down(route):
            a, b = across(x0, route.back), across(x1, route.back)
            if a != b:
                shifts[int(y0 + 0.5)][a, b, route.back] = None
                continue
            for row in range(len(web.order)):
                if y0 <= row - 0.3 and y1 > row - 0.5:
                    into[row][a, route.back] = None
                if y0 < row + 0.5 < y1:     # what turns off in this row is drawn with its turn
                    out[row][a, route.back] = None
    into[0][across(web.across[web.order[0]], back=False), False] = None
    at = {row: i for i, row in enumerate(web.order)}
    arrives = {at[r.target] for r in web.routes if not r.back}
    returns = {at[r.target] for r in web.routes if r.back}
    return [Rail(across(web.across[i], back=False), tuple(into[n]), tuple(out[n]), tuple(shifts[n]), n in arrives, n in returns)
            for n, i in enumerate(web.order)]


def _down(route: Route) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """The pieces of a line, each from above to below."""
    points = route.points[::-1] if route.back else route.points
    return list(pairwise(points))
