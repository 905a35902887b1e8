"""Charts of a report: cover bars, evidence strip, compounding curve, roadmap columns."""

from __future__ import annotations

from collections.abc import Callable

from auditkit.formats.drawing import (
    ACCENT,
    AXIS,
    BAND,
    HAIR,
    INK,
    INK2,
    LIGHT,
    MIDDLE,
    WHITE,
    Anchor,
    Drawing,
    Line,
    Path,
    Rect,
    Shape,
    Text,
    path,
    whisker,
)
from auditkit.formats.drawing import Circle as Dot
from auditkit.formats.metrics import fitted, wide
from auditkit.formats.numbers import THIN, Ends, bounds, ends, per_cent, percent
from auditkit.formats.parts import landed
from auditkit.formats.phrases import evidence_shares, first_fixes
from auditkit.model.report import Report, Scenario, Stage

WIDTH = 479.0
_LEFT, _BAR, _ROW = 112.0, 19.0, 45.5
MOST_COLUMNS = 6
MOST_FULL_HEIGHT = 7
"""With more fixes than this the columns are lower, so that the table under them stays on the page."""
Scale = Callable[[float], float]


# Cover -----------------------------------------------------------------------------------------------------


def cover_bars(report: Report) -> Drawing | None:
    """Today, after the first fixes, after all: one bar each with its interval, and the target."""
    r = report.reliability
    if not r.stated:
        return None
    n, first = first_fixes(report)
    rows = [("Today", r.as_is)]
    if n:
        rows.append((landed(report), first))
    computed = sum(s.fix is not None for s in r.stages)
    if computed > n:
        rows.append(("After all fixes", r.stages[-1].scenario))
    at = _LEFT + (WIDTH - _LEFT) * r.target_success
    shapes: list[Shape] = [
        Text(at, 9, f"target {percent(r.target_success)}", 7.5, anchor="end" if r.target_success > 0.9 else "middle"),
        Line(at, 12, at, 18, INK, 0.9),
    ]
    for i, (label, scenario) in enumerate(rows):
        shapes += _cover_row(label, scenario, 32 + i * _ROW, at, wordy=i == 0)
    said = "; ".join(_where_runs_end(label, s) for label, s in rows)
    alt = (
        f"{'Bars' if len(rows) > 1 else 'One bar'} on a scale from 0 to 100{THIN}%, where {report.noun} end. {said}. "
        f"The target for success is {percent(r.target_success)}."
    )
    return Drawing(WIDTH, 32 + len(rows) * _ROW - 14, tuple(shapes), alt)


def _cover_row(label: str, scenario: Scenario, y: float, target: float, wordy: bool) -> list[Shape]:
    span, share = WIDTH - _LEFT, ends(scenario)
    shapes: list[Shape] = [Text(0, y + 13.5, label, 9.25)]
    if wordy:
        shapes.append(Line(target, 18, target, y, INK, 0.9))
    x, inside, beside = _LEFT, {"caught": False, "silent": False}, []
    parts = (
        (share.success, scenario.success.point, ACCENT, "end right", "success"),
        (share.caught, scenario.caught.point, LIGHT, "are caught", "caught"),
        (share.silent, scenario.silent.point, INK, "fail unnoticed", "silent"),
    )
    for whole, point, colour, words, key in parts:
        width = span * point
        shapes.append(Rect(x, y, width, _BAR, colour))
        text = f"{per_cent(whole)} {words}"
        if width > wide(text, 9.25, bold=True) + 14:
            shapes.append(Text(x + 7, y + 13, text, 9.25, INK if colour == LIGHT else WHITE, bold=True))
            inside[key] = True
        elif whole:
            beside.append(f"{per_cent(whole)} {'success' if key == 'success' else key}")
        x += width
        if point > 0 and x < WIDTH - 1:
            shapes.append(Rect(x - 0.5, y, 1, _BAR, WHITE))
    if beside:
        words = ", ".join(beside)
        shapes += [
            Rect(WIDTH - wide(words, 7.5) - 2, y - 12, wide(words, 7.5) + 2, 10.5, WHITE),
            Text(WIDTH, y - 4.5, words, 7.5, anchor="end"),
        ]
    shapes.append(Line(target, y, target, y + _BAR, WHITE, 0.9, dash="2 2"))
    low, high = _LEFT + span * scenario.success.low, _LEFT + span * scenario.success.high
    text = bounds(scenario.success.low, scenario.success.high)
    shapes += whisker(low, high, y + 26)
    words = f"90{THIN}% interval {text}" if wordy else text
    right = high + 5 + wide(words, 7.5) < WIDTH
    shapes.append(Text(high + 5 if right else low - 5, y + 28.8, words, 7.5, INK2, "start" if right else "end"))
    return shapes


def _where_runs_end(label: str, scenario: Scenario) -> str:
    share = ends(scenario)
    return (
        f"{label}: {per_cent(share.success)} end right (90{THIN}% interval "
        f"{bounds(scenario.success.low, scenario.success.high)}), {per_cent(share.caught)} are caught, "
        f"{per_cent(share.silent)} fail unnoticed "
        f"({bounds(scenario.silent.low, scenario.silent.high)})"
    )


# What the results rest on ----------------------------------------------------------------------------------


def evidence_strip(report: Report) -> Drawing:
    """One bar of what the results rest on."""
    width = 353.0
    shares = [(name, n) for name, n in evidence_shares(report) if n]
    fills = {"measured": ACCENT, "inspected": MIDDLE, "declared": LIGHT}
    shapes: list[Shape] = []
    x = 0.0
    narrow = any((width - 1) * n / 100 < wide(name, 8) + 6 for name, n in shares)
    for i, (name, n) in enumerate(shares):
        part = (width - 1) * n / 100
        fill = fills.get(name)
        shapes.append(_swatch(x, 0, part - 1 if fill and i < len(shares) - 1 else part, 17, fill))
        if part > wide(per_cent(n), 8.25, bold=True) + 7:
            shapes.append(Text(x + 5, 11.7, per_cent(n), 8.25, WHITE if fill == ACCENT else INK, bold=True))
        if not narrow:
            shapes.append(Text(x, 27, name, 8))
        x += part
    at = 0.0
    for name, n in shares if narrow else ():
        words = f"{name} {per_cent(n)}"
        shapes += [_swatch(at, 21, 6.5, 6.5, fills.get(name)), Text(at + 9, 27, words, 8)]
        at += wide(words, 8) + 22
    said = ", ".join(f"{per_cent(n)} {name}" for name, n in evidence_shares(report))
    return Drawing(width, 30, tuple(shapes), f"Share of the checklist by kind of evidence: {said}.")


def _swatch(x: float, y: float, width: float, height: float, fill: str | None) -> Shape:
    """A piece of the strip; what is not known is an empty dashed box."""
    if fill:
        return Rect(x, y, width, height, fill)
    return Rect(x + 0.4, y + 0.4, max(0.5, width - 0.8), height - 0.8, WHITE, INK, "2 1.5")


# Compounding -----------------------------------------------------------------------------------------------


def curve(report: Report) -> Drawing | None:
    """The share still right after each step, now with its band, and with all fixes."""
    r = report.reliability
    if not r.stated or len(r.curve) < 2:
        return None
    n, left, right, top, bottom = len(r.curve), 26.0, 372.0, 12.0, 150.0
    xs = [left + (right - left) * i / n for i in range(n + 1)]

    def y(share: float) -> float:
        return bottom - (bottom - top) * share

    now, hard = [1.0, *(p.now for p in r.curve)], [1.0, *(p.hardened for p in r.curve)]
    low, high = [1.0, *(p.low for p in r.curve)], [1.0, *(p.high for p in r.curve)]
    shapes: list[Shape] = []
    shapes.append(
        Path(
            path([(a, y(b)) for a, b in zip(xs, high)] + [(a, y(b)) for a, b in reversed(list(zip(xs, low)))], close=True),
            fill=BAND,
        )
    )
    shapes += _axis(left, right, y)
    shapes.append(Line(left, y(r.target_success), right, y(r.target_success), INK, 0.75, "2 2"))
    better = abs(hard[-1] - now[-1]) > 0.005
    if better:
        shapes.append(Path(path([(a, y(b)) for a, b in zip(xs, hard)]), stroke=ACCENT, width=1.75))
    shapes.append(Path(path([(a, y(b)) for a, b in zip(xs, now)]), stroke=INK, width=1.75))
    shapes += _curve_points(report, xs, now, hard if better else [], y)
    shapes += _curve_ends(report, xs[-1], y(now[-1]), y(hard[-1]) if better else None, y(r.target_success))
    return Drawing(WIDTH, 166, tuple(shapes), _curve_alt(report, better))


def _axis(left: float, right: float, y: Scale) -> list[Shape]:
    shapes: list[Shape] = []
    for value in (0, 20, 40, 60, 80, 100):
        at = y(value / 100)
        shapes.append(Line(left, at, right, at, INK if value == 0 else AXIS, 0.6))
        shapes.append(Text(left - 6, at + 2.7, str(value), 7.5, INK2, "end"))
    return shapes


def _curve_points(report: Report, xs: list[float], now: list[float], hard: list[float], y: Scale) -> list[Shape]:
    shapes: list[Shape] = []
    n = len(xs) - 1
    every = 1 if n <= 10 else 3 if n <= 30 else 10
    titles = {ref.id: report.stack.title(ref) for ref in report.stack.by_kind["step"]}
    names = [titles.get(p.step, p.step) for p in report.reliability.curve]
    named = every == 1 and max(wide(name, 7.5) for name in names) < xs[1] - xs[0]
    shapes.append(Text(xs[0], 161, "start", 7.5, INK2, "middle"))
    for i in range(1, n + 1):
        if hard:
            shapes.append(Dot(xs[i], y(hard[i]), 2 if n <= 15 else 1.3, ACCENT))
        shapes.append(Dot(xs[i], y(now[i]), 2.4 if n <= 15 else 1.5, INK))
        if i % every == 0 or i == n:
            if i < n:
                down = 9.5 if i > 1 else -3.0
                shapes.append(
                    Text(
                        xs[i] - 3.5 if i > 1 else xs[i] + 4,
                        y(now[i]) + down,
                        f"{100 * now[i]:.0f}",
                        8,
                        anchor="end" if i > 1 else "start",
                        bold=True,
                    )
                )
            shapes.append(Text(xs[i], 161, names[i - 1] if named else str(i), 7.5, INK2, "middle"))
    return shapes


def _curve_ends(report: Report, x: float, now: float, hard: float | None, target: float) -> list[Shape]:
    """The labels right of the curves, moved apart where they would touch."""
    r = report.reliability
    share = ends(r.as_is)
    labels = [(now, 20.0, f"{per_cent(share.success)} today", r.as_is, INK)]
    if hard is not None:
        labels.append((hard, 20.0, f"{per_cent(ends(r.hardened).success)} after all fixes", r.hardened, ACCENT))
    placed: list[Shape] = []
    rows: list[tuple[float, float, int]] = [(at - 3, height, i) for i, (at, height, *_rest) in enumerate(labels)]
    rows.append((target - 3, 10.0, -1))
    free = 2.0
    for at, height, i in sorted(rows):
        y = max(at, free)
        free = y + height + 2
        if i < 0:
            placed.append(Text(x + 8, y + 6, f"target {percent(r.target_success)}", 7.5))
        else:
            _, _, words, scenario, colour = labels[i]
            placed.append(Text(x + 8, y + 6, words, 9, colour, bold=True))
            interval = bounds(scenario.success.low, scenario.success.high)
            placed.append(Text(x + 8, y + 16, f"90{THIN}% interval {interval}{THIN}%", 7.5, INK2))
    return placed


def _curve_alt(report: Report, better: bool) -> str:
    r = report.reliability
    now = ", ".join(f"{100 * p.now:.0f}" for p in r.curve)
    text = (
        f"Line chart of the share of {report.noun} still right after each step. Today: 100, {now}{THIN}%; at the end "
        f"90{THIN}% interval {bounds(r.as_is.success.low, r.as_is.success.high)}{THIN}%."
    )
    if better:
        hard = ", ".join(f"{100 * p.hardened:.0f}" for p in r.curve)
        text += (
            f" After all fixes: 100, {hard}{THIN}%; 90{THIN}% interval "
            f"{bounds(r.hardened.success.low, r.hardened.success.high)}{THIN}%."
        )
    return f"{text} Target {percent(r.target_success)}."


# Roadmap ---------------------------------------------------------------------------------------------------


def roadmap_columns(report: Report) -> Drawing | None:
    """Where 100 runs end as the fixes land: one stacked column for today and for each fix that moves something."""
    r = report.reliability
    if not r.stated or len(r.stages) < 2:
        return None
    stages = _columns(r.stages)
    left, top, bottom = 26.0, 20.0, 204.0 if len(report.roadmap) <= MOST_FULL_HEIGHT else 156.0
    width = 60.0 if len(stages) < 6 else 50.0
    pitch = min(110.0, (407.0 - width) / (len(stages) - 1))
    right = left + 6 + (len(stages) - 1) * pitch + width

    def y(share: float) -> float:
        return bottom - (bottom - top) * share

    shapes: list[Shape] = []
    for value in (0, 20, 40, 60, 80, 100):
        shapes.append(Line(left, y(value / 100), right, y(value / 100), INK if value == 0 else HAIR, 0.6))
        shapes.append(Text(left - 6, y(value / 100) + 2.7, str(value), 7.5, INK2, "end"))
    shapes.append(Line(left, y(r.target_success), right, y(r.target_success), INK, 0.75, "2 2"))
    for i, stage in enumerate(stages):
        x = left + 6 + i * pitch
        before = stages[i - 1].scenario.success.point if i else None
        shapes += _column(stage, x, width, y, before, pitch)
        if i < len(stages) - 1:
            shapes.append(Line(x + width, y(stage.scenario.success.point), x + pitch, y(stage.scenario.success.point), ACCENT))
    shapes += _column_labels(stages[-1].scenario, right + 4, y, r.target_success)
    said = "; ".join(
        f"{_column_name(s)[0]}: {e.success} right, {e.caught} caught, {e.silent} silent"
        for s in stages
        for e in (ends(s.scenario),)
    )
    return Drawing(
        WIDTH,
        bottom + 28,
        tuple(shapes),
        f"Stacked columns of where 100 {report.noun} end. {said}. Target for success: {100 * r.target_success:.0f}.",
    )


def _columns(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Today, the stages that move most, and the last one, in their order."""
    if len(stages) <= MOST_COLUMNS:
        return stages
    gains = {
        i: abs(stages[i].scenario.success.point - stages[i - 1].scenario.success.point)
        + abs(stages[i].scenario.silent.point - stages[i - 1].scenario.silent.point)
        for i in range(1, len(stages) - 1)
    }
    best = sorted(sorted(gains, key=lambda i: -gains[i])[: MOST_COLUMNS - 2])
    return (stages[0], *(stages[i] for i in best), stages[-1])


def _column_name(stage: Stage) -> tuple[str, str]:
    return ("Today", "as audited") if stage.fix is None else (f"After {stage.fix}", stage.title)


def _column(stage: Stage, x: float, width: float, y: Scale, before: float | None, pitch: float) -> list[Shape]:
    s, share = stage.scenario, ends(stage.scenario)
    ys = [y(v) for v in (0, s.success.point, s.success.point + s.caught.point, 1)]
    shapes: list[Shape] = [
        Rect(x, ys[1], width, ys[0] - ys[1], ACCENT),
        Rect(x, ys[2], width, ys[1] - ys[2], LIGHT),
        Rect(x, ys[3], width, ys[2] - ys[3], INK),
    ]
    shapes += [Rect(x, edge - 0.5, width, 1, WHITE) for edge in {ys[1], ys[2]} if ys[3] + 1 < edge < ys[0] - 1]
    middle = x + width / 2
    if before is not None and s.success.point - before > 0.005:
        at = y(before)
        shapes.append(Line(x, at, x + width, at, WHITE, 0.8, "1 2"))
        if at - ys[1] > 16:
            shapes.append(
                Text(middle, (at + ys[1]) / 2 + 3.5, f"+{100 * (s.success.point - before):.0f}", 10.5, WHITE, "middle", bold=True)
            )
    small = width < 40
    size = 8.0 if small else 10.5
    inside = ys[0] - ys[1] > 15
    shapes.append(
        Text(
            middle,
            ys[0] - 7 if inside else ys[1] - 3,
            per_cent(share.success),
            size,
            WHITE if inside else INK,
            "middle",
            bold=True,
        )
    )
    room = ys[2] - ys[3] > 15
    shapes.append(
        Text(middle, ys[3] + 13 if room else ys[3] - 4, per_cent(share.silent), size, WHITE if room else INK, "middle", bold=True)
    )
    name, title = _column_name(stage)
    shapes.append(Text(middle, ys[0] + 12, name, 8.25, anchor="middle", bold=True))
    shapes.append(Text(middle, ys[0] + 22.5, fitted(title, pitch - 5, 7.5), 7.5, INK2, "middle"))
    return shapes


def _column_labels(s: Scenario, x: float, y: Scale, target: float) -> list[Shape]:
    """The words beside the last column, moved apart where they would touch."""
    share: Ends = ends(s)
    wanted = [
        ((1 + s.success.point + s.caught.point) / 2, "silent", INK, share.silent),
        (s.success.point + s.caught.point / 2, "caught", INK2, share.caught),
        (target, f"target {100 * target:.0f}", INK, 1),
        (s.success.point / 2, "success", ACCENT, share.success),
    ]
    shapes: list[Shape] = []
    free = 0.0
    anchor: Anchor = "start"
    for value, words, colour, n in sorted(wanted, key=lambda row: -row[0]):
        if n:
            at = max(y(value) + 2.7, free)
            shapes.append(Text(x, at, words, 7.5, colour, anchor))
            free = at + 10
    return shapes
