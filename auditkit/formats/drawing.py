"""A drawing as a list of shapes in points; a template turns it into SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

INK, INK2, RULE, HAIR, AXIS, BAND = "#17202A", "#55606C", "#B9C0C6", "#DDE1E4", "#C9CFD4", "#E9ECEE"
ACCENT, LIGHT, MIDDLE, WHITE, NONE = "#0F7A86", "#B4D0D3", "#6FA3A9", "#FFFFFF", "none"
KEEP, HARDEN, KILL = "#2F6DB5", "#B26A00", "#8C1D2F"

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Text:
    """A line of text; `y` is its baseline."""

    x: float
    y: float
    text: str
    size: float = 8.25
    fill: str = INK
    anchor: Anchor = "start"
    bold: bool = False
    italic: bool = False
    face: Literal["serif", "mono"] = "serif"
    tag: str = "text"


@dataclass(frozen=True)
class Rect:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    stroke: str | None = None
    dash: str | None = None
    tag: str = "rect"


@dataclass(frozen=True)
class Circle:
    """A disc."""

    x: float
    y: float
    r: float
    fill: str
    tag: str = "circle"


@dataclass(frozen=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    stroke: str = INK
    width: float = 0.75
    dash: str | None = None
    tag: str = "line"


@dataclass(frozen=True)
class Path:
    """An outline in SVG's path language; made by this package only, never from a report's text."""

    d: str
    fill: str = NONE
    stroke: str | None = None
    width: float = 1.0
    dash: str | None = None
    tag: str = "path"


Shape = Text | Rect | Circle | Line | Path


@dataclass(frozen=True)
class Drawing:
    """Shapes on a canvas, with a text that says everything the drawing shows."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    alt: str


def path(points: Sequence[tuple[float, float]], close: bool = False) -> str:
    """Points as path data."""
    steps = " ".join(f"{x:.2f} {y:.2f}" for x, y in points)
    return f"M{steps}{'Z' if close else ''}"


def mark(decision: str, x: float, y: float, r: float = 5.4) -> Shape:
    """The shape of a verdict: KEEP circle, HARDEN triangle, KILL square."""
    if decision == "kill":
        return Rect(x - r, y - r, 2 * r, 2 * r, KILL)
    if decision == "harden":
        top, low, half = y - 1.17 * r, y + r, 1.256 * r
        return Path(path([(x, top), (x + half, low), (x - half, low)], close=True), fill=HARDEN)
    return Circle(x, y, r * 1.08, KEEP)


def whisker(x1: float, x2: float, y: float) -> list[Shape]:
    """An interval as a line with two ends."""
    return [Line(x1, y, x2, y, INK2, 0.9), Line(x1, y - 2.2, x1, y + 2.2, INK2, 0.9), Line(x2, y - 2.2, x2, y + 2.2, INK2, 0.9)]
