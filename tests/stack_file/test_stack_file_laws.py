"""Laws: any input gives a stack or an InputError, and a stack survives its own JSON."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditkit.errors import InputError
from auditkit.model.facts import Stack
from auditkit.model.keys import Key, keys
from auditkit.model.vocabulary import KINDS, SECTIONS, Rate
from auditkit.sources.stack_file import stack_from_text
from auditkit.sources.stack_file.loader import _load

calm = settings(
    derandomize=True, deadline=None, max_examples=200, database=None, suppress_health_check=list(HealthCheck)
)
SCRAPS = [
    "stack:",
    "  name: x",
    "steps:",
    "  - id: a",
    "    next: [b]",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "'",
    '"',
    "|",
    ">",
    "&a ",
    "*a ",
    "!!str ",
    "<<: ",
    "? ",
    ": ",
    "\t",
    "\n",
    "\r\n",
    "#",
    "---\n",
    "...\n",
    "%",
    "@",
    "`",
    "~",
    "null",
    "none",
    "unknown",
    "1e999",
    ".85",
    "85%",
    "171/200",
    "2026-02-30",
    "12:30",
    "\\",
    "\x00",
    "\ufeff",
    "\ud800",
    "é",
    "😀",
    "seen: {",
    "a.py:1",
    "success: {",
    "runs: ",
    "gates: ",
    "end",
    "0x",
    "1_",
    "__",
    "computed:",
    "said_by: ",
    "id: ",
]


def outcome(source: str | bytes) -> Stack | None:
    """The stack, or None when the input was refused as it should be."""
    try:
        return _load(source, "voice.yaml")
    except InputError as error:
        problems = error.problems
    assert problems
    for problem in problems:
        assert problem.text
        assert problem.line <= max(1, len(source))
        assert "\n" not in str(problem)
    return None


def survives(stack: Stack) -> None:
    assert Stack.model_validate(stack.model_dump(mode="json")) == stack
    assert Stack.model_validate_json(stack.model_dump_json()) == stack


@calm
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    outcome(text)


@calm
@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    outcome(data)


@calm
@given(st.lists(st.sampled_from(SCRAPS) | st.text(max_size=4), max_size=30))
def test_anything_like_a_stack_file_is_read_or_refused(scraps: list[str]) -> None:
    stack = outcome("stack:\n  name: x\n" + "".join(scraps))
    if stack is not None:
        survives(stack)


leaves: Any = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(SCRAPS)
)
trees: Any = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "to", "share", "rate", "runs", "successes", "kind", "max", "bound", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
every_key = [(kind, name) for kind in KINDS for name in keys(kind)] + [
    (kind, name)
    for kind in KINDS
    for name in ("seen", "said_by", "said_on", "note", "id", "loop", "retries", "x")
]


@calm
@given(st.sampled_from(every_key), trees)
def test_any_value_under_any_key_is_read_or_refused(at: tuple[str, str], value: Any) -> None:
    kind, name = at
    stack = outcome(json.dumps(_placed(kind, {name: value})))
    if stack is not None:
        survives(stack)


@calm
@given(
    st.sampled_from(
        ["audit", "answers", "waivers", "plan", "evidence", "sources", "version", "steps", "stack"]
    ),
    trees,
)
def test_any_value_as_a_section_is_read_or_refused(section: str, value: Any) -> None:
    for inside in (value, [value], {"check": value, "asked": value, "code": value, "id": value}):
        outcome(json.dumps({"stack": {"name": "x"}, section: inside}))


def _placed(kind: str, values: dict[str, Any]) -> dict[str, Any]:
    item: dict[str, Any] = {} if kind == "system" else {"id": "a"}
    for name, value in values.items():
        *groups, last = name.split(".")
        inner = item
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[last] = value
    if kind == "system":
        return {"stack": item}
    section = next(s for s, k in SECTIONS.items() if k == kind)
    return {"stack": {"name": "x"}, section: [item]}


def good(key: Key) -> Any:
    """Values that a key takes."""
    one: Any = st.text(alphabet="abc äß-😀.", min_size=1, max_size=20).map(lambda t: f"x{t}x")
    if key.record is Rate:
        one = st.floats(0, 1) | st.integers(1, 500).flatmap(
            lambda n: st.integers(0, n).map(lambda s: {"successes": s, "runs": n})
        )
    elif key.record is not None:
        one = st.just({"share": 0.5, "to": "end"}) if key.name == "next" else st.just(key.example[0] if key.many else key.example)
    elif key.form == "choice":
        one = st.sampled_from([c for c in key.choices if c != "none"])
    elif key.form == "flag":
        one = st.sampled_from([True, False, "yes", "off", *key.words])
    elif key.form == "whole":
        one = st.integers(0, 10**9)
    elif key.form == "number":
        one = (
            st.floats(key.minimum or 0.001, key.maximum or 10**6)
            if key.minimum is not None
            else st.floats(-100, 100)
        )
    elif key.form == "date":
        one = st.dates().map(str)
    elif key.form == "reference":
        one = st.just("none")
    if key.name in ("next", "coordination.handovers") or (key.max_length and key.max_length < 25):
        return st.just("unknown")
    return (
        st.one_of(st.lists(one, max_size=3, unique_by=str), one)
        if key.many and key.form != "reference"
        else one
    )


@st.composite
def good_items(draw: Any) -> dict[str, Any]:
    kind = draw(st.sampled_from(list(KINDS)))
    open_keys = [key for key in keys(kind).values() if not key.derived]
    chosen = draw(st.lists(st.sampled_from(open_keys), max_size=8, unique_by=lambda key: key.name))
    return _placed(kind, {key.name: draw(good(key)) for key in chosen})


@calm
@given(good_items())
def test_a_good_file_loads_and_its_stack_survives_its_json(data: dict[str, Any]) -> None:
    survives(stack_from_text(json.dumps(data), "voice.yaml"))


@calm
@given(good_items())
def test_reading_twice_gives_the_same(data: dict[str, Any]) -> None:
    text = json.dumps(data, indent=1, ensure_ascii=False)
    assert stack_from_text(text, "voice.yaml") == stack_from_text(text, "voice.yaml")
