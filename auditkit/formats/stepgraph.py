"""The step graph and the bars beside it: one row a step, with its verdict, its way out and how a visit ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from auditkit.formats.drawing import (
    ACCENT,
    INK,
    INK2,
    LIGHT,
    RULE,
    WHITE,
    Circle,
    Drawing,
    Line,
    Path,
    Rect,
    Shape,
    Text,
    mark,
    path,
)
from auditkit.formats.lanes import Lanes, lanes
from auditkit.formats.metrics import fitted, wide
from auditkit.formats.numbers import cut, percent
from auditkit.model.facts import Ref
from auditkit.model.report import Report, StepReliability
from auditkit.model.vocabulary import Branch, Edge

LONGEST_LABEL = 26
MOST_ROWS = 30
GRAPH_WIDTH, BOTH = 262.0, 465.0
END = "end"
_TAKEN = {
    "replace by code": "code takes over",
    "remove": "removed",
    "give to a person": "a person takes over",
    "take the action away": "action taken away",
}
_TYPES = {"handoff": "hand over"}
WayOut = Literal["present", "missing", "unknown", "taken", "none"]


@dataclass(frozen=True)
class Row:
    """One row: a step, or a run of steps that are folded."""

    no: str
    name: str
    ids: tuple[str, ...]
    decision: str
    way_out: WayOut
    words: str
    goes: str = ""


@dataclass(frozen=True)
class Picture:
    """The graph and, where rates are known, the bars; rows share their pitch."""

    graph: Drawing
    bars: Drawing | None
    rows: int
    marks: tuple[str, ...]


def picture(report: Report, *, full_width: bool = False) -> Picture | None:
    """The step graph of a report with its bars; None without steps."""
    rows, edges, rest = _rows(report)
    if not rows:
        return None
    web = lanes(len(rows), edges)
    pitch = 30.0 if len(rows) <= 10 else 21.0 if len(rows) <= 20 else 18.0
    width = 479.0 if full_width else GRAPH_WIDTH + (24 if web.width else 0)
    graph = _graph(report, rows, web, pitch, rest, width)
    bars = None if full_width else _bars(report, [rows[i] for i in web.order], pitch, rest, BOTH - width)
    decisions = [d for d in ("kill", "harden", "keep") if any(r.decision == d for r in rows)]
    return Picture(graph, bars, len(rows), tuple(decisions))


# Rows ------------------------------------------------------------------------------------------------------


def _rows(report: Report) -> tuple[list[Row], list[tuple[int, int]], int]:
    """The rows, the lines between them, and how many steps found no room."""
    steps = report.stack.by_kind["step"]
    rows = [_row(report, i, ref) for i, ref in enumerate(steps, start=1)]
    follow = [leads_to(report, i, steps) for i in range(len(steps))]
    rows = [_with_goes(r, f, steps) for r, f in zip(rows, follow)]
    groups = [[i] for i in range(len(rows))]
    if len(rows) > MOST_ROWS:
        groups = _folded(rows, follow, steps)
    rest = sum(len(g) for g in groups[MOST_ROWS:])
    groups = groups[:MOST_ROWS]
    home = {i: g for g, group in enumerate(groups) for i in group}
    place = {ref.id: i for i, ref in enumerate(steps)}
    edges = [
        (home[i], home[place[t]])
        for i, targets in enumerate(follow)
        if i in home
        for t, _ in targets
        if t in place and place[t] in home
    ]
    inner = [(a, b) for a, b in edges if a != b or len(groups[a]) == 1]
    return [_fold([rows[i] for i in group]) for group in groups], inner, rest


def _row(report: Report, no: int, ref: Ref) -> Row:
    verdict = next((c for c in report.components if c.kind == "step" and c.id == ref.id), None)
    decision = "keep" if verdict is None else "harden" if verdict.pending else verdict.decision
    way, words = way_out(report, ref, verdict.act if verdict and decision == "kill" else None)
    return Row(str(no), report.stack.title(ref), (ref.id,), decision, way, words)


def way_out(report: Report, ref: Ref, act: str | None, missing: str = "missing: way out") -> tuple[WayOut, str]:
    """The way out of a step and its words; `act` is what a kill does to it."""
    if act is not None and act in _TAKEN:
        return "taken", _TAKEN[act]
    branches = report.stack.value(ref, "failure_branches")
    decider = report.stack.value(ref, "decider")
    if branches:
        types = dict.fromkeys(_TYPES.get(b.type or "", b.type or "") for b in branches if isinstance(b, Branch))
        return "present", ", ".join(t for t in types if t) or "a way out"
    if decider in ("code", "human"):
        return "none", "code decides" if decider == "code" else "a person decides"
    return ("missing", missing) if branches == () else ("unknown", "not known")


def leads_to(report: Report, i: int, steps: Sequence[Ref]) -> list[tuple[str, float | None]]:
    """Where a step leads: (step id or `end`, share); without a stated `next`, to the next step in the file."""
    edges = report.stack.value(steps[i], "next")
    if edges is None:
        return [(steps[i + 1].id if i + 1 < len(steps) else END, None)]
    return [(e.to, e.share) for e in edges if isinstance(e, Edge) and e.to] or [(END, None)]


def _with_goes(row: Row, targets: list[tuple[str, float | None]], steps: Sequence[Ref]) -> Row:
    """Where a step leads, in numbers of steps, when it is not simply to the next one."""
    number = {ref.id: str(i) for i, ref in enumerate(steps, start=1)} | {END: END}
    if len(targets) == 1 and number.get(targets[0][0]) in (str(int(row.no) + 1), END):
        return row
    parts = [
        f"{percent(share)} to {number.get(to, to)}" if share is not None else f"to {number.get(to, to)}" for to, share in targets
    ]
    return Row(row.no, row.name, row.ids, row.decision, row.way_out, row.words, ", ".join(parts))


def _folded(rows: Sequence[Row], follow: Sequence[list[tuple[str, float | None]]], steps: Sequence[Ref]) -> list[list[int]]:
    """Rows in groups: neighbours that are kept and simply follow one another become one."""
    groups: list[list[int]] = []
    for i, row in enumerate(rows):
        joins = (
            groups
            and row.decision == "keep"
            and rows[i - 1].decision == "keep"
            and [t for t, _ in follow[i - 1]] == [steps[i].id]
        )
        if joins:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _fold(rows: Sequence[Row]) -> Row:
    if len(rows) == 1:
        return rows[0]
    ids = tuple(i for row in rows for i in row.ids)
    return Row(f"{rows[0].no}–{rows[-1].no}", f"{len(rows)} steps, KEEP", ids, "keep", "none", "")


# Graph -----------------------------------------------------------------------------------------------------


def _graph(report: Report, rows: Sequence[Row], web: Lanes, pitch: float, rest: int, width: float) -> Drawing:
    lane = min(13.0, (60.0 if width < 300 else 130.0) / max(web.width, 1.0))
    gutter = 9 + web.width * lane + 15
    out = 160.0 if width == GRAPH_WIDTH else max(184.0, gutter + 112.0) if width < 300 else max(230.0, gutter + 170)
    at = {row: i for i, row in enumerate(web.order)}

    def xy(across: float, row: float) -> tuple[float, float]:
        return 9 + across * lane, 48 + row * pitch

    shapes: list[Shape] = [Text(0, 9, "Step", 7.5, INK2), Text(out, 9, "Way out when unsure", 7.5, INK2)]
    first = xy(web.across[web.order[0]], 0)
    shapes += [Line(first[0], 21, *first, INK, 1), Circle(first[0], 21, 2.6, INK), Text(gutter, 23.8, "start", 8.25, INK2)]
    for route in web.routes:
        shift = 3.6 if route.back else 0.0
        points = [(x + shift, y) for x, y in (xy(*p) for p in route.points)]
        shapes.append(Path(path(points), stroke=INK2 if route.back else INK, width=1, dash="3 1.5" if route.back else None))
    r = 5.4 if pitch > 20 else 4.6
    for row in web.loops:
        x, y = xy(web.across[row], at[row])
        shapes.append(Path(f"M{x:.1f} {y - 3:.1f}h{r + 4:.1f}v6h-{r + 4:.1f}", stroke=INK, width=1))
    straight = web.width == 0
    for row in range(len(rows)):
        x, y = xy(web.across[row], at[row])
        shapes.append(
            Rect(x - r - 2.6, y - r - 2.6, 2 * r + 5.2, 2 * r + 5.2, WHITE) if straight else Circle(x, y, r + 2.2, WHITE)
        )
        shapes.append(mark(rows[row].decision, x, y, r))
        shapes += _label(rows[row], gutter, y, out - gutter - (6 if rows[row].way_out in ("taken", "none") else 24), pitch)
        shapes += _stub(rows[row], out, y, width - out)
    for route in () if straight else web.routes:
        shapes.append(_tip(*xy(web.across[route.target], at[route.target]), r + 2.6, route.back))
    height = 48 + len(rows) * pitch - (2 if pitch > 20 else 0)
    if rest:
        shapes.append(Text(gutter, height + 4, f"and {rest} more steps", 8.25, INK2, italic=True))
        height += 14
    return Drawing(width, height, tuple(shapes), _graph_alt(report, rows, rest))


def _tip(x: float, y: float, away: float, back: bool) -> Shape:
    """The head of an arrow that arrives at a step from above, or from below when it leads back."""
    x, y, end = (x + 3.6, y + away, 3.4) if back else (x, y - away, -3.4)
    return Path(path([(x, y), (x - 2.2, y + end), (x + 2.2, y + end)], close=True), fill=INK2 if back else INK)


def _label(row: Row, x: float, y: float, room: float, pitch: float) -> list[Shape]:
    size = 8.75 if pitch > 20 else 8.25
    second = row.goes or (row.ids[0] if len(row.ids) == 1 and pitch > 25 else "")
    base = y - 0.5 if second else y + 2.8
    name = fitted(cut(f"{row.no}  {row.name}", LONGEST_LABEL + len(row.no) + 2), room, size, bold=True)
    shapes: list[Shape] = [Text(x, base, name, size, bold=True)]
    if second:
        at = wide(f"{row.no}  ", size, bold=True)
        small = fitted(second, room - at, 7.0) if row.goes else cut(second, int((room - at) / 4.1))
        face: Literal["serif", "mono"] = "serif" if row.goes else "mono"
        shapes.append(Text(x + at, base + (9 if pitch > 25 else 7.8), small, 7.0 if row.goes else 6.75, INK2, face=face))
    return shapes


def _stub(row: Row, x: float, y: float, room: float) -> list[Shape]:
    words = fitted(row.words, room, 8.25)
    if row.way_out == "none":
        return [Text(x, y + 2.8, words, 8.25, INK2, italic=True)] if words else []
    if row.way_out == "taken":
        return [Text(x, y + 2.8, words, 8.25, INK2, italic=True)]
    text = Text(x, y + 2.8, words, 8.25)
    if row.way_out == "present":
        return [
            Line(x - 20, y, x - 9, y, INK, 1),
            Path(path([(x - 9, y - 3), (x - 3, y), (x - 9, y + 3)], close=True), fill=INK),
            text,
        ]
    dash = Line(x - 20, y, x - 9.5, y, INK, 1, "2.2 1.8")
    if row.way_out == "unknown":
        return [dash, Text(x - 8, y + 2.8, "?", 8.25, bold=True), text]
    return [dash, Line(x - 8.5, y - 2.6, x - 3.3, y + 2.6, INK, 1.1), Line(x - 8.5, y + 2.6, x - 3.3, y - 2.6, INK, 1.1), text]


def _graph_alt(report: Report, rows: Sequence[Row], rest: int) -> str:
    said = []
    for row in rows:
        words = {"missing": "way out missing", "unknown": "way out not known", "present": f"way out: {row.words}"}.get(
            row.way_out, row.words
        )
        said.append(", ".join(x for x in (f"{row.no} {row.name}", row.decision.upper(), words, row.goes) if x))
    more = f" And {rest} more steps." if rest else ""
    return f"Step graph of {report.title}. {'. '.join(said)}.{more}"


# Bars ------------------------------------------------------------------------------------------------------


def _bars(report: Report, rows: Sequence[Row], pitch: float, rest: int, width: float) -> Drawing | None:
    if not report.reliability.stated:
        return None
    known = {s.id: s for s in report.reliability.steps}
    shapes: list[Shape] = []
    for x, words, colour in ((0, "success", ACCENT), (42, "caught", LIGHT), (80, "silent", INK)):
        shapes += [Rect(x, 2.5, 7, 7, colour), Text(x + 9.5, 9, words, 7.5, INK2)]
    shapes += [Text(width - 26, 9, "success", 7.5, INK2, "end"), Text(width, 9, "silent", 7.5, INK2, "end")]
    bottom = 48 + (len(rows) - 1) * pitch + pitch / 2
    shapes.append(Line(0, 35, 0, bottom, RULE, 0.5))
    said = []
    for i, row in enumerate(rows):
        y = 48 + i * pitch
        step = known.get(row.ids[0]) if len(row.ids) == 1 else None
        if step is None:
            shapes.append(Text(4, y + 2.8, "kept" if len(row.ids) > 1 else "not known", 7.5, INK2, italic=True))
        else:
            shapes += _bar_pair(step, y, pitch, width)
            said.append(_bar_alt(row, step))
    height = 48 + len(rows) * pitch - (2 if pitch > 20 else 0) + (14 if rest else 0)
    return Drawing(
        width, height, tuple(shapes), f"Bars of one visit to each step, success, caught and silent in %. {'; '.join(said)}."
    )


def _bar_pair(step: StepReliability, y: float, pitch: float, width: float) -> list[Shape]:
    bar = width - 85
    thick, gap = (8.0, 1.0) if pitch > 25 else (6.6, 1.0) if pitch > 20 else (5.6, 0.8)
    size = 8.0 if pitch > 20 else 7.2
    top, low = y - thick - gap / 2, y + gap / 2
    shapes = _bar(step.ok, step.caught, step.silent, top, thick, bar)
    first, second = top + thick - 0.8, low + thick - 0.4
    shapes += [
        Text(bar + 6, first, "now", 7.5 if pitch > 20 else 7, INK2),
        Text(width - 26, first, f"{100 * step.ok:.1f}", size, anchor="end"),
        Text(width, first, f"{100 * step.silent:.1f}", size, anchor="end"),
        Text(bar + 6, second, "after", 7.5 if pitch > 20 else 7, INK2),
    ]
    if step.becomes != "same":
        shapes += [
            Line(0, low + thick / 2, bar, low + thick / 2, ACCENT, 0.8, "1.5 2"),
            Text(width, second, "code" if step.becomes == "code" else "removed", size, INK2, "end", italic=True),
        ]
        return shapes
    shapes += _bar(step.hardened_ok, step.hardened_caught, step.hardened_silent, low, thick, bar)
    return [
        *shapes,
        Text(width - 26, second, f"{100 * step.hardened_ok:.1f}", size, anchor="end", bold=True),
        Text(width, second, f"{100 * step.hardened_silent:.1f}", size, anchor="end", bold=True),
    ]


def _bar(ok: float, caught: float, silent: float, y: float, thick: float, whole: float) -> list[Shape]:
    shapes: list[Shape] = []
    x = 0.0
    for share, colour in ((ok, ACCENT), (caught, LIGHT), (silent, INK)):
        width = whole * share
        if width > 0.05:
            shapes.append(Rect(x, y, max(0.3, width - 0.5), thick, colour))
        x += width
    return shapes


def _bar_alt(row: Row, step: StepReliability) -> str:
    now = f"{row.no} {row.name}: now {100 * step.ok:.1f}, {100 * step.caught:.1f}, {100 * step.silent:.1f}"
    if step.becomes != "same":
        return f"{now}, then {'code' if step.becomes == 'code' else 'removed'}"
    return f"{now}, after {100 * step.hardened_ok:.1f}, {100 * step.hardened_caught:.1f}, {100 * step.hardened_silent:.1f}"
