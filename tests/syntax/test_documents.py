"""Documents: text stays text, every node has its place, and nothing hidden gets through."""


from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.errors import InputError
from auditkit.syntax import documents
from auditkit.syntax.documents import Entry, Mapping, Scalar, Sequence, excerpt, parse

BROKEN = {
    "a: @x": "1:4 a value cannot start with this character; put the value in quotes",
    "a: %x": "1:4 a value cannot start with this character; put the value in quotes",
    "a: 'x": "1:4 a quote is opened here and never closed; close it",
    'a: "x\nb: 1\n': "1:4 a quote is opened here and never closed; close it",
    "a: [1, 2\n": "1:4 a bracket is opened here and not closed, or a comma is missing after it; close it, or add the comma",
    "a: {b: 1\n": "1:4 a bracket is opened here and not closed, or a comma is missing after it; close it, or add the comma",
    "a: b: c": "1:5 a second ': ' stands in this line; put the value in quotes",
    "a: 1\n b: 2": "2:3 this line is indented too far, or the line above has no ':'; keys of one level start in the same column",
    "a: - b": "1:4 a list item ('- ') cannot stand here; start it on a line of its own, under its key",
    'a: "\\q"': "1:4 a backslash in double quotes starts a code that does not exist; use single quotes: 'a\\b'",
    "\ta: 1": "1:1 a tab cannot indent a line; use spaces",
    "a:\n\tb: 1\n\tc: 2\n\td: 3": "2:1 a tab cannot indent a line; use spaces here and in 2 more lines",
    "a: 1\nb": "2:1 this line has no ': ' after its key; write 'key: value', with a space after the colon",
    "a: |x\n  b": "1:5 text stands beside the '|' or '>' that starts a long text; start the text on the next line",
    "a:\n  - b\n c: 1": "3:2 this line does not fit the lines above; keys of one level start in the same column; "
    "list items start with '- '",
    "a: 'x'y": "1:7 this line does not fit the lines above; keys of one level start in the same column; "
    "list items start with '- '",
    "a: **x**": "1:5 a value cannot start with '*' or '&'; put the value in quotes",
    "a: ]": "1:4 a value is missing before this; write it, or take the comma out",
}


def problems(source: str | bytes) -> list[str]:
    with pytest.raises(InputError) as error:
        parse(source, "x.yaml")
    return [f"{p.line}:{p.column} {p.text}; {p.hint}" for p in error.value.problems]


@pytest.fixture(params=["C parser", "pure parser"])
def parser(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "pure parser":
        monkeypatch.setattr(documents, "_Loader", yaml.SafeLoader)
    return str(request.param)


# What is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", BROKEN)
def test_broken_yaml_is_answered_in_our_words(text: str) -> None:
    assert problems(text) == [BROKEN[text]]


@pytest.mark.parametrize("text", BROKEN)
def test_the_pure_parser_is_answered_in_our_words_too(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_Loader", yaml.SafeLoader)
    found = problems(text)
    assert len(found) == 1
    assert found[0].partition(" ")[2] in {message.partition(" ")[2] for message in BROKEN.values()}


def test_all_refusals_of_a_file_come_at_once(parser: str) -> None:
    text = "a: &x 1\nb: *x\nc: !!str 1\nd: 1\nd: 2\n<<: {e: 1}\n? [f]\n: 1\n"
    assert [p.partition(" ")[0] for p in problems(text)] == ["1:4", "2:4", "3:4", "5:1", "6:1", "7:3"]


def test_a_duplicate_key_names_both_lines(parser: str) -> None:
    assert problems("a:\n  b: 1\n  c: 1\n  b: 2\n") == [
        "4:3 'b' stands twice, on lines 2 and 4; keep one of the two"
    ]


def test_a_bomb_of_aliases_is_refused_before_it_grows(parser: str) -> None:
    rows = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    assert len(problems("\n".join(rows))) == 12 + 11 * 9


def test_endless_problems_are_cut(parser: str) -> None:
    assert len(problems("a: [" + "*x, " * 5000 + "]")) == documents.MAX_PROBLEMS


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_refused(opening: str, parser: str) -> None:
    found = problems("a:\n  " + opening * 3000)
    assert [p.partition(" ")[2] for p in found] == ["values are nested more than 20 deep; write it flatter"]


def test_twenty_levels_are_fine(parser: str) -> None:
    assert parse("a: " + "[" * 19 + "]" * 19, "x.yaml")


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "---\n", "---\n...\n", "~", "\ufeff"])
def test_an_empty_file_is_refused(text: str, parser: str) -> None:
    assert problems(text) == ["0:0 the file is empty; 'auditkit init' writes one to start from"]


@pytest.mark.parametrize(("text", "what"), [("- a", "a list"), ("[a]", "a list"), ("hello", "plain text")])
def test_a_top_that_is_no_mapping_is_refused(text: str, what: str, parser: str) -> None:
    assert problems(text) == [
        f"1:1 the file is {what}, not keys with values; begin with a line such as 'name: value'"
    ]


@pytest.mark.parametrize("second", ["---\nb: 1\n", "...\n---\nb: 1\n", "--- b\n"])
def test_a_second_document_is_refused(second: str, parser: str) -> None:
    assert "a second document starts here" in problems("a: 1\n" + second)[0]


@pytest.mark.parametrize(
    "character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u2028", "\ufffe", "\ufeff", "\ud800"]
)
def test_a_control_character_is_refused(character: str) -> None:
    assert problems(f"a: 1\nb: x{character}y\n") == [
        f"2:5 a control character (U+{ord(character):04X}) stands here; delete it, or retype the line"
    ]


def test_an_escaped_control_character_is_refused(parser: str) -> None:
    assert problems('a: "x\\0"') == ["1:4 a text holds a control character (U+0000); take its escape out"]


def test_bytes_that_are_not_utf8_are_refused() -> None:
    assert problems(b"a: 1\nb: \xff\n") == ["2:0 a character here is not UTF-8; save the file as UTF-8"]
    assert problems("a: 1".encode("utf-16")) == ["0:0 the file is saved as UTF-16; save it as UTF-8"]


def test_a_file_over_five_megabytes_is_refused() -> None:
    assert problems(b"#" * 5_000_001) == ["0:0 the file has more than 5 MB; is this the right file?"]


# What is read ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "on",
        "no",
        "Yes",
        "12:30",
        "1e3",
        "0x1F",
        "0o7",
        "017",
        "~",
        "null",
        "1_000",
        ".5",
        "2026-11-20",
        "=",
        "a b",
        "http://x",
        "a#b",
        "-1",
        "é 😀",
    ],
)
def test_a_plain_value_stays_as_written(text: str, parser: str) -> None:
    node = parse(f"a: {text}\n", "x.yaml").get("a")
    assert node == Scalar(text, 1, 4, False, len(text))


def test_every_node_has_its_place(parser: str) -> None:
    assert parse("a:\n  - 'b'\n  - {c: d}\n", "x.yaml") == Mapping(
        (
            Entry(
                Scalar("a", 1, 1, False, 1),
                Sequence(
                    (
                        Scalar("b", 2, 5, True, 3),
                        Mapping((Entry(Scalar("c", 3, 6, False, 1), Scalar("d", 3, 9, False, 1)),), 3, 5),
                    ),
                    2,
                    3,
                ),
            ),
        ),
        1,
        1,
    )


def test_a_key_without_a_value_is_empty(parser: str) -> None:
    node = parse("a:\nb: 1\n", "x.yaml").get("a")
    assert isinstance(node, Scalar)
    assert (node.empty, node.line) == (True, 1)
    quoted = parse("a: 'null'\n", "x.yaml").get("a")
    assert isinstance(quoted, Scalar)
    assert not quoted.empty


def test_a_long_text_keeps_its_lines_and_tabs(parser: str) -> None:
    node = parse("a: |\n  b\n  \tc\nd: 1\n", "x.yaml").get("a")
    assert isinstance(node, Scalar)
    assert node.text == "b\n\tc\n"


def test_json_is_yaml(parser: str) -> None:
    top = parse('{"a": "\\ud83d\\ude00",\n\t"b": [1, null, true], "c/d": "x\\/y"}', "x.json")
    assert [e.key.text for e in top.entries] == ["a", "b", "c/d"]
    assert top.get("a") == Scalar("😀", 1, 7, True, 12)


def test_windows_line_ends_count_once(parser: str) -> None:
    assert [e.key.line for e in parse("a: 1\r\n\r\nb: 2\r\n", "x.yaml").entries] == [1, 3]


# Excerpts --------------------------------------------------------------------------------------------


def test_an_excerpt_outside_the_text_is_empty() -> None:
    assert [excerpt("a\nb", n) for n in (-1, 0, 3)] == ["", "", ""]


def test_an_excerpt_is_one_line() -> None:
    assert excerpt("a\r\n  b\tc  \r\nd", 2) == "  b c"
    assert excerpt(["a", "b"], 2) == "b"


def test_an_excerpt_is_cut_and_hides_secrets() -> None:
    assert excerpt("x" * 500, 1) == "x" * 120 + "…"
    assert excerpt("key: " + "v" * 500, 1, 6) == "key: " + "v" * 40 + "…"
    assert excerpt("key: sk-abcdefghijk123456", 1) == "key: " + "*" * 20


# Laws ------------------------------------------------------------------------------------------------


@settings(derandomize=True, deadline=None, max_examples=300, database=None)
@given(st.text() | st.text(alphabet="ab:-{}[]#&*!|>'\"%@,? \n\t\\<0~") | st.binary())
def test_any_input_is_read_or_refused(source: str | bytes) -> None:
    with suppress(InputError):
        assert isinstance(parse(source, "x.yaml"), Mapping)
