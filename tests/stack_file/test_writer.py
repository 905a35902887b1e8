"""Writing a stack file: what must not happen first. Nothing is lost, nothing is claimed that was not seen."""

from __future__ import annotations

import string
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from auditkit import shipped
from auditkit.model.facts import EMPTY, THE_SYSTEM, Component, Fact, Gap, Ref, Stack
from auditkit.model.keys import Key, keys
from auditkit.model.receipts import Declared, Inspected, Measured, Receipt
from auditkit.model.vocabulary import KINDS, Edge, Rate
from auditkit.sources.stack_file import read_stack, stack_from_text
from auditkit.sources.stack_file.spelling import WIDTH
from auditkit.sources.stack_file.writer import Question, writable, write_stack
from auditkit.syntax.words import secret

calm = settings(derandomize=True, deadline=None, max_examples=100, database=None, suppress_health_check=list(HealthCheck))
SHIPPED = sorted([*shipped.folder("sample_stacks").glob("*.yaml"), *shipped.folder("templates").glob("*.yaml")])
HOSTILE = ["a: b", "a #b", "'", '"', "it's \"so\"", "line\nbreak", "tab\there", "😀 done", "\u202eevil", "שלום עולם", "on", "no", "Yes",
           "12:30", "- a", "? b", "| c", "> d", "&x", "*x", "!x", "%x", "@x", "`x`", "{a: b}", "[1, 2]", "~", "null", "1e9", "0x1f",
           "007", "2026-11-20", "a, b", "key:", ":", "#", "x " * 55, "y" * 119, "\\", "a\\nb", "é̂", "a\u2028b", "$schema", "...", "---",
           "a  b", "end", "none such", "zero\u200bwidth", "C:\\temp"]


def inspected(path: str = "src/a.py", line: int = 7, **more: Any) -> Inspected:
    """A place in code."""
    return Inspected(path=path, line=line, **more)


def plain(receipt: Receipt) -> Receipt:
    """A receipt without what the file itself decides: its own name and lines, and what it has no word for."""
    match receipt:
        case Inspected():
            return receipt.model_copy(update={"rule": None, "how": None, "note": None})
        case _:
            return receipt.model_copy(update={"path": "", "line": 0})


def facts_of(stack: Stack) -> Counter[Any]:
    """Every fact with its receipt."""
    return Counter((f.kind, f.id, f.key, f.value, plain(f.receipt)) for f in stack.facts)


def places_of(stack: Stack) -> dict[Ref, list[Receipt]]:
    """Where each component was named, without the file's own lines."""
    return {c.ref: [plain(r) for r in c.receipts if isinstance(r, Inspected)] for c in stack.components}


def again(stack: Stack, *questions: Question, **more: Any) -> Stack:
    """A stack as it is read from what was written."""
    return stack_from_text(write_stack(stack, questions, **more), "again.yaml")


def drawn(*facts: tuple[str, str, str, Any, Receipt], parts: tuple[Component, ...] = ()) -> Stack:
    """A stack as an inspector would make it."""
    refs = dict.fromkeys(Ref(kind, id) for kind, id, *_ in facts if kind != "system")
    given = {p.ref for p in parts}
    components = (Component(kind="system", id="system", receipts=(inspected(),)), *parts,
                  *(Component(kind=r.kind, id=r.id, receipts=(inspected(),)) for r in refs if r not in given))
    named = Fact(kind="system", id="system", key="name", value="flow", receipt=inspected())
    return Stack(name="flow", components=components,
                 facts=(named, *(Fact(kind=k, id=i, key=n, value=v, receipt=r) for k, i, n, v, r in facts)))


# What must not happen --------------------------------------------------------------------------------------

def test_a_drawn_list_never_claims_to_be_whole() -> None:
    stack = drawn(("step", "a", "decider", "model", inspected()), ("gate", "g", "type", "human", inspected()))
    assert again(stack).complete == {}


def test_a_list_that_is_whole_stays_whole_even_when_empty() -> None:
    here = Declared(path="x.yaml", line=1)
    stack = drawn(("step", "a", "decider", "model", inspected())).model_copy(update={"complete": {"steps": here, "evals": here}})
    assert set(again(stack).complete) == {"steps", "evals"}


def test_a_question_is_a_comment_and_no_fact() -> None:
    stack = drawn(("action", "refund", "effect", "money", inspected()))
    asked = Question("action", "refund", "reversible", "Can it be taken back?")
    text = write_stack(stack, [asked])
    assert "    # reversible: no | compensable | yes" in text
    assert "# Can it be taken back?" in text
    assert facts_of(stack_from_text(text, "x.yaml")) == facts_of(stack)


def test_what_is_known_is_not_asked() -> None:
    stack = drawn(("action", "refund", "effect", "money", inspected()))
    assert "# effect:" not in write_stack(stack, [Question("action", "refund", "effect", "What does it do?")])


def test_nothing_of_this_machine_gets_into_the_file() -> None:
    text = write_stack(drawn(("step", "a", "name", "A", inspected("/home/dana/src/a.py"))), origin="repo")
    assert "/home" not in text


def test_a_secret_is_starred() -> None:
    assert "sk-live-123456789" not in write_stack(drawn(("step", "a", "name", "sk-live-123456789", inspected())))


@pytest.mark.parametrize("path", ["../a.py", "/a.py", "a\\b.py", "https://x/a.py", "a\nb.py", "", "x" * 500])
def test_a_place_that_no_stack_file_takes_is_left_out(path: str) -> None:
    assert not writable(path)
    stack = drawn(("step", "a", "decider", "model", inspected(path)))
    fact = next(f for f in again(stack).facts if f.key == "decider")
    assert (fact.value, fact.receipt.basis) == ("model", "declared")


# What must -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_shipped_file_is_written_and_read_again_to_the_same(path: Path) -> None:
    stack = read_stack(path)
    back = again(stack)
    assert facts_of(back) == facts_of(stack)
    assert places_of(back) == places_of(stack)
    assert set(back.complete) == set(stack.complete)
    assert back.engagement == stack.engagement
    assert back.sources == stack.sources
    for papers in ("answers", "waivers", "plan", "evidence"):
        own, other = ([p.model_copy(update={"path": "", "line": 0}) for p in getattr(s, papers)] for s in (stack, back))
        assert own == other


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_survives(name: str) -> None:
    stack = drawn(("step", "a", "name", name.strip(), inspected()), ("step", "a", "reads_state", name.strip(), inspected()),
                  ("agent", "b", "tools", name.strip(), inspected(line=9)))
    text = write_stack(stack, origin=name)
    assert facts_of(stack_from_text(text, "x.yaml")) == facts_of(stack)
    assert max(map(len, text.splitlines())) <= WIDTH


def test_places_are_told_once_and_apart_where_they_differ() -> None:
    stack = drawn(("step", "a", "next", Edge(to="b"), inspected(line=1)), ("step", "a", "next", Edge(to="end"), inspected(line=2)),
                  ("step", "a", "decider", "model", inspected("b.py", 3)), ("step", "b", "decider", "code", inspected("b.py", 4)))
    text = write_stack(stack)
    assert "src/a.py:7: id" in text
    assert "src/a.py:1: next.b" in text
    assert facts_of(stack_from_text(text, "x.yaml")) == facts_of(stack)
    assert places_of(stack_from_text(text, "x.yaml")) == places_of(stack)


def test_one_commit_is_written_once_and_two_where_they_belong() -> None:
    one = drawn(("step", "a", "decider", "model", inspected(commit="758db71")),
                parts=(Component(kind="step", id="a", receipts=(inspected(commit="758db71"),)),))
    one = one.model_copy(update={"components": tuple(c.model_copy(update={"receipts": (inspected(commit="758db71"),)})
                                                     for c in one.components),
                                  "facts": tuple(f.model_copy(update={"receipt": inspected(commit="758db71")}) for f in one.facts)})
    assert write_stack(one).count("758db71") == 1
    assert facts_of(again(one)) == facts_of(one)
    two = drawn(("step", "a", "decider", "model", inspected(commit="758db71")),
                ("step", "a", "kind", "decide", inspected(commit="0a1b2c3")))
    assert facts_of(again(two)) == facts_of(two)


def test_a_whole_commit_is_no_secret() -> None:
    commit = "758db71c0ffee0123456789abcdef0123456789a"
    stack = Stack(name="x", components=(Component(kind="system", id="system", receipts=(inspected(commit=commit),)),))
    assert again(stack).receipts_of[THE_SYSTEM][1].commit == commit


def test_a_default_says_so_in_a_comment() -> None:
    stack = drawn(("integration", "api", "timeout", "default", inspected(how="default", note="httpx 0.28: 5 s")))
    assert "timeout: default" in write_stack(stack)
    assert "# default: httpx 0.28: 5 s" in write_stack(stack)


def test_a_disagreement_keeps_the_persons_word_and_tells_the_other() -> None:
    stack = drawn(("action", "refund", "gate", "none", inspected("tools.py", 88)),
                  ("action", "refund", "gate", "approval", Declared(path="s.yaml", line=3, who="Dana")),
                  ("gate", "approval", "type", "human", inspected()))
    text = write_stack(stack)
    assert "gate: approval" in text
    assert "# also none, seen at tools.py:88" in text


def test_what_the_code_left_open_is_a_question_with_its_place() -> None:
    text = write_stack(drawn(("store", "session", "durable", "unknown", inspected(note="the platform supplies it"))))
    assert "    # durable: yes | no" in text
    assert "the platform supplies it (src/a.py:7)" in text


def test_gaps_stand_at_the_end_and_the_origin_at_the_top() -> None:
    stack = drawn(("step", "a", "decider", "model", inspected())).model_copy(
        update={"gaps": (Gap(path="x.py", line=3, reason="a dynamic import"),)})
    text = write_stack(stack, origin="my-repo", commit="758db71", on=date(2026, 11, 20))
    assert text.startswith("# yaml-language-server: $schema=stack.schema.json\n")
    assert "flow: drawn by AuditKit from my-repo at commit 758db71 on 2026-11-20." in text
    assert text.endswith("# Not looked at:\n# x.py:3 a dynamic import\n")


def test_an_id_that_no_stack_file_takes_is_changed_everywhere() -> None:
    stack = drawn(("step", "end", "decider", "model", inspected()), ("step", "b", "next", Edge(to="ünï cøde"), inspected()),
                  ("step", "ünï cøde", "decider", "code", inspected()))
    back = again(stack)
    assert [r.id for r in back.by_kind["step"]] == ["end_step", "b", "uni_cde"]
    assert back.value(Ref("step", "b"), "next") == (Edge(to="uni_cde"),)


# Laws ------------------------------------------------------------------------------------------------------

def fits(value: str) -> bool:
    """Whether a stack file can hold a text as it is."""
    bad = any(ord(c) < 9 or 10 < ord(c) < 32 or 0x7f <= ord(c) < 0xa0 or c in "\ufffe\uffff" for c in value)
    return not bad and value == value.strip() and value not in ("", "unknown", "none", EMPTY) and not secret(value)


texts = st.one_of(st.sampled_from(HOSTILE).map(str.strip), st.text(st.characters(exclude_categories=("Cs",)), max_size=110),
                  st.text(" \n\t:#-'\"\\{}[],&*!|>%@`ab", max_size=110)).filter(fits)
ids = st.text(string.ascii_letters + string.digits + "_.-", min_size=1, max_size=20).filter(
    lambda t: t[0] not in ".-" and t not in ("end", "none", "system", "unknown"))
paths = st.one_of(st.just("src/a.py"), st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=300).filter(writable))
shown = st.builds(Inspected, path=paths, line=st.integers(1, 10 ** 7), commit=st.sampled_from([None, "758db71", "abcdef0123"]))


def values(key: Key, steps: list[str]) -> st.SearchStrategy[Any]:
    """Values of a key."""
    if key.record is Edge:
        return st.builds(Edge, to=st.sampled_from([*steps, "end"]))
    if key.record is Rate:
        return st.builds(Rate, rate=st.floats(0, 1))
    match key.form:
        case "choice":
            return st.sampled_from(key.choices)
        case "flag":
            return st.one_of(st.booleans(), st.sampled_from([w for w in key.words if w != "unknown"] or [True]))
        case "whole":
            return st.integers(0, 10 ** 6)
        case "number":
            most = 1 if key.maximum == 1 else 1e6
            return st.floats(0.001, most)
        case "date":
            return st.dates(date(2000, 1, 1), date(2199, 1, 1))
        case "reference":
            return st.sampled_from(steps if key.refers_to == "step" else ["none"])
        case "text":
            return texts.filter(lambda t: len(t) <= (key.max_length or 600))
    return st.nothing()


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    """Stacks as inspectors could make them, of names that want to break the file."""
    steps = draw(st.lists(ids, min_size=1, max_size=4, unique=True))
    refs = [THE_SYSTEM, *(Ref("step", s) for s in steps)]
    refs += [Ref(k, i) for k, i in draw(st.lists(st.tuples(st.sampled_from(list(KINDS)[2:]), ids), max_size=4, unique=True))]
    facts: list[Fact] = []
    for ref in refs:
        able = [k for k in keys(ref.kind).values() if not k.derived and (k.record in (None, Edge, Rate))]
        for key in draw(st.lists(st.sampled_from(able), max_size=6, unique_by=lambda k: k.name)):
            if key.form == "reference" and key.refers_to != "step" and key.many:
                continue
            found = draw(st.lists(values(key, steps), min_size=1, max_size=3 if key.many else 1,
                                  unique_by=lambda v: v.to if isinstance(v, Edge) else (str(v))))
            if key.many and "none" in found:
                found = [v for v in found if v != "none"]
            if key.name == "verifies" and ref.id in found:
                continue
            for value in found:
                receipts = draw(st.lists(shown, min_size=1, max_size=2, unique=True))
                facts += [Fact(kind=ref.kind, id=ref.id, key=key.name, value=value, receipt=r) for r in receipts]
    parts = tuple(Component(kind=r.kind, id=r.id, receipts=tuple(draw(st.lists(shown, max_size=2, unique=True)))) for r in refs)
    return Stack(name="s", components=parts, facts=tuple(facts))


@calm
@given(stacks())
@example(Stack(name="s", components=(Component(kind="system", id="system"),)))
def test_whatever_was_drawn_is_read_again_to_the_same(stack: Stack) -> None:
    asked = [Question(c.kind, c.id, key, "Why: # 'so'?\n") for c in stack.components
             for key in list(keys(c.kind))[:40] if not keys(c.kind)[key].derived]
    text = write_stack(stack, asked, origin="x")
    back = stack_from_text(text, "again.yaml")
    own = facts_of(stack)
    if not any(f.kind == "system" and f.key == "name" for f in stack.facts):
        own[("system", "system", "name", "s", Declared(path="", line=0))] += 1
    assert facts_of(back) == own
    assert places_of(back) == places_of(stack)
    assert max(map(len, text.splitlines())) <= WIDTH


def test_counts_keep_their_source() -> None:
    counted = Rate(successes=3, runs=4)
    stack = drawn(("step", "a", "success", counted, Measured(source="runs.jsonl", n=4, successes=3)))
    back = next(f for f in again(stack).facts if f.key == "success")
    assert isinstance(back.receipt, Measured)
    assert (back.receipt.source, back.receipt.n, back.receipt.successes) == ("runs.jsonl", 4, 3)
