"""JSON is read whole with the lines of its parts, or refused with place and reason."""

from __future__ import annotations

import pytest

from auditkit.syntax.json_places import Broken, Document, parse


def read(text: str) -> Document:
    found = parse(text)
    assert isinstance(found, Document), found
    return found


@pytest.mark.parametrize(("text", "line", "reason"), [
    ("", 1, "empty"),
    ('{"a": 1,\n "b": [1, 2', 2, "cut off"),
    ('{"a": "x\ny"}', 1, "line break"),
    ('{"a": "x', 1, "not closed"),
    ('{"a": 1}\n{"b": 2}', 2, "follows after the end"),
    ('{"a": 1}}', 1, "follows after the end"),
    ('{"a": 1\n"b": 2}', 2, "comma"),
    ("[" * 100_000, 1, "nested"),
    ('{"a":' * 100_000, 1, "nested"),
    ("\0", 1, "missing"),
])
def test_what_is_no_json_is_refused_with_its_place(text: str, line: int, reason: str) -> None:
    found = parse(text)
    assert isinstance(found, Broken)
    assert found.line == line
    assert reason in found.reason


def test_objects_and_members_have_their_lines() -> None:
    found = read('{\n "nodes": [\n  {"name": "a"},\n  {\n   "x": "}{",\n   "name": "b",\n   "p": {"q": [{}, 1],\n    "r": 2}\n  }\n ]\n}')
    first, second = found.value["nodes"]
    assert found.line(first) == 3
    assert found.line(second) == 4
    assert found.line(second, "name") == 6
    assert found.line(second, "p", "r") == 8
    assert found.line(second["p"]["q"][0]) == 7


def test_a_path_that_ends_early_gives_the_last_part_that_exists() -> None:
    found = read('{\n "a": {\n  "b": 1}}')
    assert found.line(found.value, "a", "c", "d") == 2
    assert found.line(found.value, "z") == 1


def test_of_a_key_that_stands_twice_the_last_counts() -> None:
    found = read('{"a": {"x": 1},\n "a": {"y": 2}}')
    assert found.value == {"a": {"y": 2}}
    assert found.line(found.value, "a") == 2
    assert found.line(found.value["a"]) == 2


def test_escaped_keys_have_lines_too() -> None:
    found = read('{\n "\\u0061b": 1}')
    assert found.line(found.value, "ab") == 2


def test_marks_and_odd_numbers_are_survived() -> None:
    assert read("\ufeff[NaN, 1e999, -Infinity]").value[0] is None
    assert read('{"a": 1' + "0" * 6000 + "}").value["a"] == float("inf")


def test_a_lone_quote_in_a_large_text_is_found_at_once() -> None:
    assert isinstance(parse('"' + "a" * 300_000 + "{" * 10), Broken)
    assert isinstance(parse("[" + '"a", ' * 100_000 + '"'), Broken)
