"""Drawings are well-formed, say all their numbers in words, and keep lines off the steps they pass."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from auditkit.formats import figures, stepgraph
from auditkit.formats.drawing import Drawing, Rect, Text
from auditkit.formats.lanes import lanes
from auditkit.formats.metrics import fitted, wide
from auditkit.formats.pages import svg
from tests.formats.made_report import VARIANTS, large, voice

DRAWN = (figures.cover_bars, figures.evidence_strip, figures.curve, figures.roadmap_columns)


def drawings(name: str) -> list[Drawing]:
    report = VARIANTS[name]()
    made = [draw(report) for draw in DRAWN]
    both = stepgraph.picture(report, full_width=not report.reliability.stated)
    return [d for d in (*made, *((both.graph, both.bars) if both else ())) if d]


@pytest.mark.parametrize("name", list(VARIANTS))
def test_every_drawing_is_well_formed_and_described(name: str) -> None:
    for drawing in drawings(name):
        root = ElementTree.fromstring(svg(drawing))
        assert root.tag.endswith("svg")
        assert drawing.alt.strip()
        assert not [e for e in root.iter() if e.tag.rpartition("}")[2] not in ("svg", "text", "rect", "circle", "line", "path")]


@pytest.mark.parametrize("name", [n for n in VARIANTS if n != "hostile"])
def test_no_shape_leaves_its_canvas(name: str) -> None:
    for drawing in drawings(name):
        for shape in drawing.shapes:
            if isinstance(shape, Rect):
                assert -1 <= shape.x <= drawing.width + 1 - shape.width, shape
                assert -1 <= shape.y <= drawing.height + 1 - shape.height, shape
            if isinstance(shape, Text) and shape.face == "serif":
                left = shape.x - {"start": 0, "middle": 0.5, "end": 1}[shape.anchor] * wide(shape.text, shape.size, shape.bold)
                assert -12 <= left <= drawing.width + 8 - wide(shape.text, shape.size, shape.bold), shape


def test_charts_say_their_numbers_in_words() -> None:
    bars, strip, curve, columns = (draw(voice()) for draw in DRAWN)
    for number in ("27\u202f% end right", "12–45", "73\u202f% fail unnoticed", "89\u202f%", "72–97", "80\u202f%"):
        assert number in bars.alt
    assert "23\u202f% measured, 47\u202f% inspected, 18\u202f% declared, 12\u202f% unknown" in strip.alt
    assert "100, 85, 72, 61, 52, 44, 38, 32, 27" in curve.alt
    assert "After R1: 54 right, 5 caught, 41 silent" in columns.alt


def test_missing_and_present_ways_out_are_drawn_and_said() -> None:
    graph = stepgraph.picture(large(12)).graph
    words = {s.text for s in graph.shapes if isinstance(s, Text)}
    assert {"missing: way out", "hand over, clarify", "not known", "removed"} <= words
    assert "way out missing" in graph.alt
    assert "way out: hand over, clarify" in graph.alt


def test_bars_stand_beside_their_steps() -> None:
    both = stepgraph.picture(voice())
    assert both.graph.height == both.bars.height
    assert both.rows == 8


def test_many_kept_steps_fold() -> None:
    both = stepgraph.picture(large(45, keep_every=True))
    assert both.rows <= 30
    assert any(re.search(r"\d+–\d+  8 steps, KEEP", s.text) for s in both.graph.shapes if isinstance(s, Text))


def test_a_chain_runs_straight_down() -> None:
    found = lanes(4, [(0, 1), (1, 2), (2, 3)])
    assert found.order == (0, 1, 2, 3)
    assert found.width == 0
    assert len(found.routes) == 3


@pytest.mark.parametrize(
    "edges",
    [
        [(0, 1), (1, 2), (0, 2), (2, 3)],
        [(0, 1), (1, 2), (2, 0), (2, 3)],
        [(0, 1), (1, 0), (1, 2), (2, 3)],
        [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4), (4, 0), (0, 4)],
        [(0, 1), (2, 3), (3, 2)],
        [(0, 0), (0, 2)],
    ],
)
def test_lines_reach_their_steps_and_pass_by_the_others(edges: list[tuple[int, int]]) -> None:
    n = 1 + max(max(e) for e in edges)
    found = lanes(n, edges)
    assert sorted(found.order) == list(range(n))
    assert {(r.source, r.target) for r in found.routes} == {e for e in edges if e[0] != e[1]}
    at = {row: i for i, row in enumerate(found.order)}
    for route in found.routes:
        assert route.points[0] == (found.across[route.source], at[route.source])
        assert route.points[-1] == (found.across[route.target], at[route.target])
        assert route.back == (at[route.source] > at[route.target])
        for x, y in route.points[1:-1]:
            assert not any(
                abs(x - found.across[row]) < 0.4 and abs(y - at[row]) < 0.3
                for row in range(n)
                if row not in (route.source, route.target)
            ), (route, x, y)


def test_text_is_cut_to_its_room() -> None:
    assert fitted("short", 100, 8) == "short"
    assert wide(fitted("a very long name", 40, 8), 8) <= 40
    assert fitted("a very long name", 40, 8).endswith("…")
