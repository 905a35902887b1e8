"""Changes to a stack file: what must not change first. Every other byte stays, and nobody's word becomes another's."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from difflib import SequenceMatcher
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditkit import shipped
from auditkit.errors import InputError
from auditkit.model.facts import EMPTY, THE_SYSTEM, Ref, Stack
from auditkit.model.keys import Key, keys, record_keys
from auditkit.model.receipts import Declared, Inspected, Measured
from auditkit.model.vocabulary import SECTION_OF, Branch, Edge, Handover, Rate
from auditkit.sources.stack_file import stack_from_text
from auditkit.sources.stack_file.editing import Add, Change, Drop, Move, Put, Record, Remove, Whole, edit
from auditkit.sources.stack_file.writer import write_stack
from tests.stack_file.test_writer import HOSTILE

calm = settings(derandomize=True, deadline=None, max_examples=60, database=None, suppress_health_check=list(HealthCheck))
SHIPPED = sorted([*shipped.folder("sample_stacks").glob("*.yaml"), *shipped.folder("templates").glob("*.yaml")])
TEXTS = {f"{p.parent.name}-{p.stem}": p.read_text(encoding="utf-8") for p in SHIPPED}
DAY = date(2026, 11, 21)
STYLES = """\
# Our refunds, by the team.
version: 1
stack:
  name: "Refunds"   # the team's name for it
  said_by: Dana Ruiz
  said_on: 2026-11-12
  fit: {rule_tried: yes, domain_weight: [financial],   # it is money
        scope_in: [refunds]}
  purpose: |   # in one sentence
    Pays money back,
    and says so.

  ops:
    # owner: Your name   # who answers?
    kill_switch: redeploy  # slow
    handoff_queue:
      owner: front desk
  costs:
    # value: 3
  targets: unknown
steps:
# the first one
- id: triage    # asks a model
  decider: model
  next:   # three ways
    - to: pay
      share: 0.5   # half
    - ask
    # - end
  # kind: extract | classify | decide   # what sort of work?
  success: 85%
  rule: >-
    one,
    two
  reads_state:
  - a
  - b   # the second
- id: ask
  name: 'It''s'
  decider: unknown
  seen: src/a.py:3
- {id: pay, decider: code, next: [end], seen: {decider: src/a.py:4, next.end: "src/a.py:5"}}   # pays
# nothing more

actions:
  -
    id: refund
    limit:
      scope: per_run
      value: 100
    gate: approval
    effect: money
    seen:
      src/a.py:9: [id, gate, effect]
      limit.scope: src/a.py:10
      limit: {value: [src/a.py:11, src/b.py:1]}
gates: [{id: approval, type: human}, {id: second,
  type: policy}]   # both
evals: none
models: unknown
incomplete: [gates]
audit:
  asked: Dana Ruiz"""


def said_facts(stack: Stack) -> Counter[Any]:
    """Every fact with who stands behind it, without lines of the file."""
    found = []
    for f in stack.facts:
        r = f.receipt
        behind = (r.path, r.line, r.commit) if isinstance(r, Inspected) else (r.who, r.when) if isinstance(r, Declared) else (r.source, r.n)
        found.append((f.kind, f.id, f.key, repr(f.value), r.basis, behind))
    return Counter(found)


def values_of(stack: Stack) -> dict[tuple[Ref, str], tuple[Any, ...]]:
    """What is known of each key, whoever says it."""
    return {(ref, key): tuple(dict.fromkeys(f.value for f in facts)) for ref, table in stack.index.items() for key, facts in table.items()}


def order_of(stack: Stack) -> dict[str, list[str]]:
    """The ids of each section."""
    return {kind: [r.id for r in refs] for kind, refs in stack.by_kind.items() if refs}


def load(text: str) -> Stack:
    """The stack of a text."""
    return stack_from_text(text, "stack.yaml")


def kept(old: str, new: str, most: int) -> bool:
    """Whether all but some lines of the old text stand in the new one, in their order, byte for byte."""
    rows = SequenceMatcher(None, old.splitlines(keepends=True), new.splitlines(keepends=True), autojunk=False).get_opcodes()
    return sum(j - i for what, i, j, _, _ in rows if what != "equal") <= most


# Random changes --------------------------------------------------------------------------------------------

names = st.sampled_from([*TEXTS, *["styles"] * 6])
words = st.one_of(st.sampled_from([h.strip() for h in HOSTILE if h.strip() not in ("~", "null", "none", "[]", "unknown")]),
                  st.text("abc XYZ:#,'\"{}[]-&*!|>%@`\\é😀", min_size=1, max_size=40).map(str.strip).filter(bool))


@st.composite
def key_values(draw: Any, key: Key, stack: Stack) -> Any:
    """A value that a key can hold, or None where there is none to refer to."""
    def one() -> Any:
        match key.form:
            case "flag":
                return draw(st.sampled_from([True, False, *(w for w in key.words if w != "unknown")]))
            case "choice":
                return draw(st.sampled_from([c for c in key.choices if not (key.many and c == "none")]))
            case "whole":
                return draw(st.integers(int(key.minimum or 0) + 1, 60))
            case "number":
                return draw(st.floats(0.01, key.maximum or 500).map(lambda x: round(x, 3)))
            case "text":
                return draw(words.map(lambda w: w[:key.max_length or 40].strip()).filter(lambda w: w not in ("", "[]")))
            case "date":
                return draw(st.dates(date(2024, 1, 1), date(2026, 12, 31)))
            case "reference":
                known = [r.id for r in stack.by_kind[key.refers_to or ""]]
                return draw(st.sampled_from([*known, "none"])) if not key.many else draw(st.sampled_from(known)) if known else None
        if key.record is Rate:
            runs = draw(st.integers(1, 300))
            return draw(st.sampled_from([Rate(rate=0.85), Rate(rate=0.5, known_by="watched"), Rate(successes=runs // 2, runs=runs),
                                         Rate(rate=1.0, successes=runs, runs=runs, source="a: b", date=DAY)]))
        if key.record is Edge:
            known = [r.id for r in stack.by_kind["step"]]
            return Edge(to=draw(st.sampled_from([*known, "end"])))
        parts = {}
        for name, part in record_keys(key.record).items():
            if draw(st.booleans()) and (value := draw(key_values(part, stack))) is not None and value != ():
                parts[name] = value
        return key.record(**parts) if parts else None
    if not key.many:
        return one()
    found = [v for v in (one() for _ in range(draw(st.integers(0, 3)))) if v is not None]
    if key.form in ("whole", "number"):
        return tuple(found)
    names = {v.to if isinstance(v, Edge) else v: v for v in found}
    return tuple(names.values())


@st.composite
def puts(draw: Any, stack: Stack) -> Put:
    """A key of a component of a stack, stated or taken out."""
    ref = draw(st.sampled_from([c.ref for c in stack.components]))
    known = sorted(stack.index.get(ref, {}))
    every = [n for n, k in keys(ref.kind).items() if not k.derived and n not in ("verifies", "duplicate_of")]
    name = draw(st.sampled_from([n for n in known if n in every] or every)) if draw(st.booleans()) else draw(st.sampled_from(every))
    value = None if draw(st.integers(0, 4)) == 0 else draw(key_values(keys(ref.kind)[name], stack))
    return Put(ref, name, value)


def held(key: Key, value: Any) -> tuple[Any, ...]:
    """A value as its facts hold it."""
    if key.many:
        return tuple(dict.fromkeys(value)) if value else (EMPTY,)
    if isinstance(value, Rate) and value.runs is not None and value.rate is not None:
        return (Rate(rate=value.rate, known_by=value.known_by), value.model_copy(update={"rate": None, "known_by": None}))
    return (value,)


VARIANTS = {"as it is": lambda t: t, "crlf": lambda t: t.replace("\n", "\r\n"), "bom": lambda t: "\ufeff" + t,
            "no final newline": lambda t: t.rstrip("\n"), "tabs in comments": lambda t: re.sub(r"(?<=\S) +# ", " \t# \t", t)}


@calm
@given(st.data(), names)
def test_a_change_is_made_and_nothing_else(data: Any, name: str) -> None:
    old = VARIANTS[data.draw(st.sampled_from(sorted(VARIANTS)))](TEXTS.get(name, STYLES))
    before = load(old)
    change = data.draw(puts(before))
    who, when = data.draw(st.sampled_from([(None, None), ("Lee Okafor", DAY), ("Dana Ruiz", date(2026, 11, 12)), ("Mia", None)]))
    new = edit(old, [change], who=who, when=when)
    after = load(new)
    expected = values_of(before)
    expected.pop((change.ref, change.key), None)
    if change.value is not None:
        expected[change.ref, change.key] = held(keys(change.ref.kind)[change.key], change.value)
    assert values_of(after) == expected
    others = [f for f in before.facts if (f.ref, f.key) != (change.ref, change.key)]
    same = [f for f in after.facts if (f.ref, f.key) != (change.ref, change.key)]
    assert said_facts(Stack(name="x", facts=tuple(others))) == said_facts(Stack(name="x", facts=tuple(same)))
    assert order_of(after) == order_of(before)
    assert (set(after.complete), after.engagement, after.sources) == (set(before.complete), before.engagement, before.sources)
    assert edit(new, [change], who=who, when=when) == new
    assert new.startswith("\ufeff") == old.startswith("\ufeff")
    assert ("\r\n" in new) == ("\r\n" in old)
    assert "\r" not in new.replace("\r\n", "")
    assert kept(old, new, 14)
    if who is not None and change.value is not None and (before.known(change.ref, change.key) is None):
        receipts = {f.receipt for f in after.facts if (f.ref, f.key) == (change.ref, change.key)}
        usual = next(r for r in after.receipts_of[change.ref] if isinstance(r, Declared))
        assert all(isinstance(r, Measured) or (r.who, r.when) == (who, when or usual.when) for r in receipts)
    back = Put(change.ref, change.key, None)
    if (change.ref, change.key) not in values_of(before):
        assert said_facts(load(edit(new, [back]))) == said_facts(before)


@calm
@given(st.data(), names)
def test_many_changes_at_once_are_as_good_as_one_by_one(data: Any, name: str) -> None:
    old = TEXTS.get(name, STYLES)
    changes = data.draw(st.lists(puts(load(old)), min_size=2, max_size=8, unique_by=lambda p: (p.ref, p.key)))
    once = edit(old, changes, who="Lee Okafor", when=DAY)
    step = old
    for change in changes:
        step = edit(step, [change], who="Lee Okafor", when=DAY)
    assert said_facts(load(once)) == said_facts(load(step))
    assert edit(once, changes, who="Lee Okafor", when=DAY) == once


@calm
@given(st.data(), names)
def test_components_come_go_and_move(data: Any, name: str) -> None:
    old = VARIANTS[data.draw(st.sampled_from(sorted(VARIANTS)))](TEXTS.get(name, STYLES))
    before = load(old)
    kind = data.draw(st.sampled_from(sorted(SECTION_OF)))
    own = [r.id for r in before.by_kind[kind]]
    after = data.draw(st.sampled_from([None, "", *own]))
    add = Add(kind, "brand_new", (("name", "New: one"),) if "name" in keys(kind) else (), after)
    added = edit(old, [add], who="Lee Okafor", when=DAY)
    place = len(own) if after is None else own.index(after) + 1 if after else 0
    assert [r.id for r in load(added).by_kind[kind]] == [*own[:place], "brand_new", *own[place:]]
    assert set(load(added).complete) == set(before.complete)
    assert kept(old, added, 3)
    gone = load(edit(added, [Remove(Ref(kind, "brand_new"))]))
    assert (said_facts(gone), order_of(gone), set(gone.complete)) == (said_facts(before), order_of(before), set(before.complete))
    if len(own) > 1:
        who, to = data.draw(st.sampled_from(own)), data.draw(st.sampled_from(["", *own]))
        moved = edit(old, [Move(Ref(kind, who), to)])
        rest = [o for o in own if o != who]
        at = rest.index(to) + 1 if to and to != who else own.index(who) if to == who else 0
        assert [r.id for r in load(moved).by_kind[kind]] == [*rest[:at], who, *rest[at:]]
        assert said_facts(load(moved)) == said_facts(before)
        assert edit(moved, [Move(Ref(kind, who), to)]) == moved


@calm
@given(st.data(), names)
def test_any_component_can_be_taken_out(data: Any, name: str) -> None:
    old = TEXTS.get(name, STYLES)
    before = load(old)
    ref = data.draw(st.sampled_from([c.ref for c in before.components if c.ref != THE_SYSTEM]))
    after = load(edit(old, [Remove(ref)]))
    assert ref not in {c.ref for c in after.components}
    assert {c.ref for c in before.components} - {c.ref for c in after.components} == {ref}
    assert set(after.complete) == set(before.complete)
    changed = {(f.ref, f.key) for f in before.facts} - {(f.ref, f.key) for f in after.facts}
    for other, key in changed:
        assert other == ref or keys(other.kind)[key].refers_to == ref.kind


# What must not happen --------------------------------------------------------------------------------------

S = "stack:\n  name: x\n  said_by: Dana Ruiz\n  said_on: 2026-11-12\nsteps:\n"
LEE: dict[str, Any] = {"who": "Lee Okafor", "when": DAY}
A, B, C = Ref("step", "a"), Ref("step", "b"), Ref("step", "c")


def voice(text: str, ref: Ref, key: str) -> list[tuple[Any, Any]]:
    """Who says a key, and when; ("seen", place) for what was seen."""
    return [(f.receipt.who, f.receipt.when) if isinstance(f.receipt, Declared) else ("seen", f.receipt.line)
            for f in load(text).facts if (f.ref, f.key) == (ref, key)]


@pytest.mark.parametrize(("change", "problem"), [
    (Put(Ref("step", "x"), "decider", "code"), "no step 'x' is in this file"),
    (Put(Ref("steps", "a"), "decider", "code"), "there is no kind 'steps'; did you mean 'step'?"),
    (Put(A, "decidor", "code"), "a step has no 'decidor'; did you mean 'decider'?"),
    (Put(A, "reach", "none"), "'reach' is computed, not written; take it out"),
    (Put(A, "decider", True), "decider wants model, code or human, not 'True'"),
    (Put(A, "decider", "robot"), "decider wants model, code or human, not 'robot'"),
    (Put(A, "required", "yes"), "required wants yes or no, not 'yes'"),
    (Put(A, "retries.max", 1.5), "retries.max wants a whole number, not '1.5'"),
    (Put(A, "retries.max", -1), "retries.max lies at or above 0, not -1"),
    (Put(A, "max_cost", float("nan")), "max_cost wants a number, not 'nan'"),
    (Put(A, "success", 0.85), "success wants a rate, not '0.85'"),
    (Put(A, "success", Rate.model_construct(rate=85.0)), "did you mean .85 or 85%?"),
    (Put(A, "success", Rate(successes=3)), "success has successes but no runs"),
    (Put(A, "next", Edge(to="b")), "next wants a list, not one value"),
    (Put(A, "next", (Edge(to="nowhere"),)), "names step 'nowhere', which is not in this file"),
    (Put(A, "next", (Edge(to="b"), Edge(to="b"))), "next names 'b' twice"),
    (Put(A, "verifies", "a"), "step a verifies itself"),
    (Put(A, "name", "unknown"), "name cannot hold 'unknown'"),
    (Put(A, "name", "  "), "name cannot hold"),
    (Put(A, "name", "x" * 121), "name is 121 characters long; the most is 120"),
    (Put(A, "reads_state", ("none",)), "reads_state cannot hold 'none'"),
    (Put(A, "failure_branches", (Branch.model_construct(trigger="x" * 200, type=None, trigger_in=None, carries=None, max_asks=None, depends_on=None, tests=None),)), "trigger is 200 characters long"),
    (Add("step", "a"), "step 'a' is in this file already"),
    (Add("step", "end"), "the id 'end' means something else"),
    (Add("step", "a step"), "did you mean 'a_step'?"),
    (Add("system", "x"), "there is no kind 'system' with a list"),
    (Add("step", "d", (), "x"), "no step 'x' is in this file"),
    (Remove(THE_SYSTEM), "cannot be taken out"),
    (Move(A, "x"), "no step 'x' is in this file"),
    (Whole("step"), "there is no section 'step' with a list; did you mean 'steps'?"),
    (Record("answers", (("check", "FIT-01"),)), "without 'outcome'"),
    (Record("answers", (("check", "FIT-01"), ("outcome", "fine"))), "outcome wants pass"),
    (Record("answers", (("check", "fit"), ("outcome", "pass"))), "is not the id of a check"),
    (Record("answers", (("check", "FIT-01"), ("outcome", "pass"), ("whom", "x"))), "answers has no 'whom'; did you mean 'who'?"),
    (Record("stack", ()), "there is no paperwork 'stack'"),
])
def test_a_change_that_does_not_fit_is_refused_with_a_hint(change: Change, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        edit(S + "  - {id: a, decider: model}\n  - {id: b}\n", [change])
    assert problem in str(caught.value)
    assert str(caught.value).startswith("stack.yaml")


def test_a_file_with_mistakes_is_refused() -> None:
    with pytest.raises(InputError, match="decidor"):
        edit(S + "  - {id: a, decidor: model}\n", [Put(A, "decider", "code")])


@pytest.mark.parametrize("who", ["", "  ", "x" * 200, "[]"])
def test_a_person_has_a_name(who: str) -> None:
    with pytest.raises(InputError):
        edit(S + "  - id: a\n", [Put(A, "decider", "code")], who=who, when=DAY)


def test_no_change_changes_not_one_byte() -> None:
    for text in (*TEXTS.values(), STYLES, STYLES.replace("\n", "\r\n")):
        stack = load(text)
        same = [Put(ref, key, stack.value(ref, key)) for ref, table in stack.index.items() for key, facts in table.items()
                if len({f.value for f in facts}) == 1 and not keys(ref.kind)[key].many]
        assert edit(text, [*same, *(Whole(s) for s in stack.complete)]) == text


# Hostile values --------------------------------------------------------------------------------------------

MEAN = [*HOSTILE, "yes", "12:30", "1:2:3", "say \"it's\"", "a: b # c", "- x", "\tx", "a\nb\n\nc", "trail:", "x" * 600, "word " * 119 + "end",
        "\u200b", "\ufeffx", "\u2029", "\x1b[31mred", "bell\x07", "null byte\x00here", "\x85", "#", "{", "]", ",", "<<", "=", "0", "-1", ".5"]


@pytest.mark.parametrize("style", ["  - id: a\n    rule: old   # why\n", "  - {id: a, rule: old}\n", "  - id: a\n", "  - {id: a}\n",
                                   "  - id: a\n    rule: |\n      old\n      old\n    decider: code\n"])
@pytest.mark.parametrize("value", MEAN)
def test_a_hostile_value_survives(value: str, style: str) -> None:
    said = re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f]", " ", value).strip()[:120].strip()
    if not said or said in ("unknown", "[]"):
        return
    put = [Put(A, "rule", said if "\n" in value else value[:120])]
    new = edit(S + style, put, who='Dana "D" O\'Hara: #1, CTO', when=DAY)
    assert load(new).value(A, "rule") == said
    assert voice(new, A, "rule") == [('Dana "D" O\'Hara: #1, CTO', DAY)]
    assert edit(new, put, who='Dana "D" O\'Hara: #1, CTO', when=DAY) == new
    assert "\n" in value or ("# why" in new) == ("# why" in style)
    assert load(edit(new, [Put(THE_SYSTEM, "purpose", said * 4)])).value(THE_SYSTEM, "purpose") == (said * 4)[:600].strip()


def test_a_secret_is_starred() -> None:
    assert "sk-live-123456789" not in edit(S + "  - id: a\n", [Put(A, "rule", "key sk-live-123456789")])


# Places in the text ----------------------------------------------------------------------------------------

@pytest.mark.parametrize(("old", "put", "new"), [
    ("  - id: a\n    # decider: model   # who?\n    kind: read\n", Put(A, "decider", "code"), "  - id: a\n    decider: code\n    kind: read\n"),
    ("  - id: a\n    decider:  model   # who\n", Put(A, "decider", "code"), "  - id: a\n    decider:  code   # who\n"),
    ("  - id: a\n    decider: unknown # who\n", Put(A, "decider", "code"), "  - id: a\n    decider: code # who\n"),
    ("  - id: a\n    decider: model   # who\n    kind: read\n", Put(A, "decider", None), "  - id: a\n    kind: read\n"),
    ("  - {id: a, decider: model, kind: read}  # x\n", Put(A, "decider", None), "  - {id: a, kind: read}  # x\n"),
    ("  - {decider: model, id: a}\n", Put(A, "decider", None), "  - {id: a}\n"),
    ("  - {id: a, decider: model}\n", Put(A, "decider", None), "  - {id: a}\n"),
    ("  - {id: a, loop: {bound: coded}, kind: read}\n", Put(A, "loop.bound", None), "  - {id: a, kind: read}\n"),
    ("  - {id: a, loop: {bound: coded, on_limit: error}}\n", Put(A, "loop.bound", None), "  - {id: a, loop: {on_limit: error}}\n"),
    ("  - id: a\n    loop:   # turns\n      bound: coded\n    kind: read\n", Put(A, "loop.bound", None), "  - id: a\n    kind: read\n"),
    ("  - id: a\n    loop:\n      # on_limit: error\n      bound: coded\n", Put(A, "loop.bound", None), "  - id: a\n    loop:\n      # on_limit: error\n"),
    ("  - id: a\n    loop:   # turns\n      # on_limit: error  # what?\n      # bound: none\n", Put(A, "loop.on_limit", "branch"),
     "  - id: a\n    loop:   # turns\n      on_limit: branch\n      # bound: none\n"),
    ("  - id: a\n    loop: unknown   # turns\n", Put(A, "loop.bound", "coded"), "  - id: a\n    loop: {bound: coded}   # turns\n"),
    ("  - decider: model\n    id: a\n", Put(A, "decider", None), "  - id: a\n"),
    ("  - id: a\n    next:  # ways\n      - b\n      - to: end\n        share: .5\n    kind: read\n", Put(A, "next", (Edge(to="end"),)),
     "  - id: a\n    next: [end]  # ways\n    kind: read\n"),
    ("  - id: a\n    rule: >  # long\n      one\n      two\n\n    kind: read\n", Put(A, "rule", "short"), "  - id: a\n    rule: short  # long\n\n    kind: read\n"),
    ("  - id: a\n    rule: 'one\n      two'   # long\n", Put(A, "rule", "short"), "  - id: a\n    rule: short   # long\n"),
    ("  - id: a\n    reads_state: [x,   # first\n      y]   # second\n", Put(A, "reads_state", ()), "  - id: a\n    reads_state: []   # second\n"),
    ("  - id: a\n    success: 85%\n", Put(A, "success", Rate(rate=0.85)), "  - id: a\n    success: 85%\n"),
    ("  - id: a\n    success: .9   # guess\n", Put(A, "success", Rate(successes=171, runs=200)), "  - id: a\n    success: {successes: 171, runs: 200}   # guess\n"),
    ("- id: a\n  kind: read", Put(A, "decider", "code"), "- id: a\n  kind: read\n  decider: code"),
    ("- id: a\n  kind: read\n  decider: code", Put(A, "decider", None), "- id: a\n  kind: read"),
    ("  - id: a\n    seen: {decider: x.py:1, kind: x.py:2}\n    decider: code\n    kind: read\n", Put(A, "decider", "model"),
     "  - id: a\n    seen: {kind: x.py:2}\n    decider: model\n    kind: read\n"),
    ("  - id: a\n    decider: code\n    seen:\n      x.py:1: [id, decider]\n", Put(A, "decider", None), "  - id: a\n    seen:\n      x.py:1: [id]\n"),
    ("  - id: a\n    decider: code\n    seen:\n      x.py:1: decider  # here\n", Put(A, "decider", "human"), "  - id: a\n    decider: human\n"),
    ("  - id: a\n    decider: code\n    seen: {decider: x.py:1}\n", Put(A, "decider", "code"), "  - id: a\n    decider: code\n    seen: {decider: x.py:1}\n"),
])
def test_only_the_value_changes(old: str, put: Put, new: str) -> None:
    rest = "" if not old.endswith("\n") else "  - id: b\n\n# the end\ngates: []\n"
    assert edit(S + old + rest, [put]) == S + new + rest


def test_a_list_in_seen_keeps_the_places_of_items_that_stay() -> None:
    text = S + "  - {id: a, next: [b, c], seen: {next.b: x.py:1, next.c: x.py:2}}\n  - {id: b}\n  - {id: c}\n"
    new = edit(text, [Put(A, "next", (Edge(to="c"), Edge(to="end")))], **LEE)
    assert "seen: {next.c: x.py:2}" in new
    assert ("seen", 2) in voice(new, A, "next")


# Who says it -----------------------------------------------------------------------------------------------

def test_said_is_read_key_by_key_and_inherits_what_it_leaves_out() -> None:
    text = S + '  - id: a\n    decider: code\n    kind: read\n    loop: {bound: coded}\n    rule: x\n    success: .8\n    said: {decider: "Lee, 2026-11-20", kind: Mia, loop.bound: 2026-11-19, rule: "A, B, 2026-11-18"}\n'
    assert voice(text, A, "decider") == [("Lee", date(2026, 11, 20))]
    assert voice(text, A, "kind") == [("Mia", date(2026, 11, 12))]
    assert voice(text, A, "loop.bound") == [("Dana Ruiz", date(2026, 11, 19))]
    assert voice(text, A, "rule") == [("A, B", date(2026, 11, 18))]
    assert voice(text, A, "success") == [("Dana Ruiz", date(2026, 11, 12))]
    assert said_facts(load(write_stack(load(text)))) == said_facts(load(text))


def test_a_word_beside_a_place_is_kept_beside_it() -> None:
    text = S + '  - {id: a, decider: code, said: {decider: "Lee, 2026-11-20"}, seen: {decider: x.py:3}}\n'
    assert voice(text, A, "decider") == [("Lee", date(2026, 11, 20)), ("seen", 3)]
    assert Counter(voice(write_stack(load(text)), A, "decider")) == Counter(voice(text, A, "decider"))


@pytest.mark.parametrize(("said", "problem"), [
    ("{decidr: Lee}", "'said' names 'decidr', which step a does not state; did you mean 'decider'?"),
    ("{kind: Lee}", "'said' names 'kind', which step a does not state; write 'kind' as well"),
    ('{decider: "Lee, yesterday"}', "said.decider wants a date, not 'yesterday'; write year-month-day"),
    ('{decider: "Lee, 2026-02-30"}', "2026-02-30 is not in the calendar"),
    ('{decider: "Lee, "}', "said.decider ends in a comma"),
    ("{decider: Lee 2026-11-20}", "said.decider has no comma before its day; write 'Dana Ruiz, 2026-11-20'"),
    ("{decider: [Lee]}", "said.decider wants text, not a list"),
    ("{decider: }", "said.decider has no value"),
    ("Lee", "'said' wants keys and who says them, not plain text"),
])
def test_said_is_strict(said: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        load(S + f"  - id: a\n    decider: code\n    said: {said}\n")
    assert problem in str(caught.value)


def test_the_voice_of_the_file_is_not_repeated() -> None:
    new = edit(S + "  - {id: a}\n", [Put(A, "decider", "code")], who="Dana Ruiz", when=date(2026, 11, 12))
    assert new == S + "  - {id: a, decider: code}\n"


def test_somebody_else_is_named_for_exactly_the_keys() -> None:
    new = edit(S + "  - id: a\n    kind: read\n", [Put(A, "decider", "code")], **LEE)
    assert new == S + '  - id: a\n    kind: read\n    decider: code\n    said: {decider: "Lee Okafor, 2026-11-21"}\n'
    assert voice(new, A, "kind") == [("Dana Ruiz", date(2026, 11, 12))]
    renewed = edit(new, [Put(A, "decider", "human")], who="Mia Tran", when=date(2026, 11, 22))
    assert voice(renewed, A, "decider") == [("Mia Tran", date(2026, 11, 22))]
    confirmed = edit(new, [Put(A, "decider", "code")], who="Mia Tran", when=date(2026, 11, 22))
    assert voice(confirmed, A, "decider") == [("Mia Tran", date(2026, 11, 22))]
    back = edit(new, [Put(A, "decider", "model")], who="Dana Ruiz", when=date(2026, 11, 12))
    assert "said:" not in back
    assert edit(new, [Put(A, "decider", None)], **LEE) == S + "  - id: a\n    kind: read\n"
    assert "said:" not in edit(new, [Put(A, "decider", "model")])      # Lee did not say that


def test_a_new_component_has_one_voice() -> None:
    new = edit(S + "  - id: b\n", [Add("step", "a", (("decider", "code"), ("kind", "read")))], **LEE)
    assert "    said_by: Lee Okafor\n    said_on: 2026-11-21\n" in new
    assert "said:" not in new
    more = edit(S + "  - id: b\n", [Add("step", "a"), Put(A, "decider", "code"), Put(A, "kind", "read")], **LEE)
    assert said_facts(load(more)) == said_facts(load(new))
    assert "said:" not in more
    assert "said" not in edit(S + "  - id: b\n", [Add("step", "a", (("decider", "code"),))], who="Dana Ruiz", when=date(2026, 11, 12))[len(S):]


def test_an_empty_file_begins_with_its_voice() -> None:
    new = edit("", [Put(THE_SYSTEM, "name", "Bot"), Add("step", "a", (("decider", "model"),)), Whole("steps")], **LEE)
    assert new == ("# yaml-language-server: $schema=stack.schema.json\nversion: 1\n\nstack:\n  name: Bot\n  said_by: Lee Okafor\n"
                   "  said_on: 2026-11-21\n\nsteps:\n  - id: a\n    decider: model\n\nincomplete: []\n")
    assert edit("# ours\r\n", [Put(THE_SYSTEM, "name", "Bot")]) == "# ours\r\nversion: 1\r\n\r\nstack:\r\n  name: Bot\r\n"
    assert load(edit("", [])).components
    emptied = edit(edit("", [Put(THE_SYSTEM, "name", "Bot")]), [Put(THE_SYSTEM, "name", None)])
    assert "stack: {}" in emptied
    assert edit(emptied, [Put(THE_SYSTEM, "name", "Bot")]) == edit("", [Put(THE_SYSTEM, "name", "Bot")])


# Components ------------------------------------------------------------------------------------------------

LINE = S + """\
  - id: a
    next: [{to: b, share: .4}, {to: end, share: .6}]
    seen: {next.b: x.py:1, next.end: x.py:2}
  # about b,
  # and more
  - id: b   # the one
    decider: model
    # kind: read
    next: [c, end]
    verifies: a
  # about c
  - id: c
    verifies: b
    next: end
answers:
  - {check: ACT-01, component: b, outcome: pass}
  - {check: ACT-01, component: c, outcome: pass}
plan:
  - {closes: [ACT-04@b, ACT-05]}
  - {closes: [ACT-06@b]}
"""


def test_a_step_goes_with_its_comments_and_what_came_before_leads_on() -> None:
    new = edit(LINE, [Remove(B)])
    assert "about b" not in new
    assert "# kind: read" not in new
    assert "  # about c\n  - id: c\n    next: end\n" in new
    assert load(new).value(A, "next") == (Edge(to="c", share=0.2), Edge(to="end", share=0.8))
    assert "answers:\n  - {check: ACT-01, component: c, outcome: pass}\nplan:\n  - {closes: [ACT-05]}\n" in new


def test_a_step_without_next_leads_where_the_one_that_goes_led() -> None:
    new = edit(S + "  - {id: a}\n  - {id: b, next: [end]}\n  - {id: c}\n", [Remove(B)])
    assert load(new).value(A, "next") == (Edge(to="end"),)
    assert "next" not in edit(S + "  - {id: a}\n  - {id: b, next: [c]}\n  - {id: c}\n", [Remove(B)])


def test_the_last_of_a_list_leaves_it_empty_and_whole() -> None:
    assert edit(S + "  - id: a\n    kind: read\ngates:   # none\n  - id: g\n", [Remove(Ref("gate", "g"))]).endswith("gates: []   # none\n")


def test_a_component_moves_with_its_comments() -> None:
    new = edit(LINE, [Move(B, "c")])
    assert new.index("# about c") < new.index("- id: c") < new.index("# about b") < new.index("- id: b   # the one") < new.index("answers:")
    assert edit(new, [Move(C, "b")]) == LINE
    assert edit(edit(LINE, [Move(B, "")]), [Move(B, "a")]) == LINE
    flow = "stack: {name: x}\nsteps: [{id: a}, {id: b, kind: read}, {id: c}]  # all\n"
    assert edit(flow, [Move(C, "")]) == "stack: {name: x}\nsteps: [{id: c}, {id: a}, {id: b, kind: read}]  # all\n"


def test_a_removed_agent_leaves_the_handovers() -> None:
    text = "stack:\n  name: x\n  coordination: {handovers: [{sender: m, receiver: n}, {sender: n, receiver: n}]}\nagents: [{id: m}, {id: n}]\n"
    assert load(edit(text, [Remove(Ref("agent", "m"))])).value(THE_SYSTEM, "coordination.handovers") == (Handover(sender="n", receiver="n"),)


def test_a_new_section_stands_in_its_place_and_may_have_more() -> None:
    new = edit(S + "  - id: a\n\n# papers\naudit: {client: y}\n", [Add("gate", "g")])
    assert new == S + "  - id: a\n\ngates:\n  - id: g\n\nincomplete: [gates]\n\n# papers\naudit: {client: y}\n"
    assert set(load(new).complete) == {"steps"}
    assert set(load(edit(new, [Whole("gates")])).complete) == {"steps", "gates"}


@pytest.mark.parametrize("rest", ["", "gates: unknown  # ?\n", "# gates: []\n", "# gates:\n#   - id: g\n", "incomplete: gates\ngates: []\n"])
def test_a_list_can_be_said_to_be_whole_and_not(rest: str) -> None:
    text = S + "  - id: a\n" + rest
    new = edit(text, [Whole("gates")])
    assert set(load(new).complete) == {"steps", "gates"}
    assert edit(new, [Whole("gates")]) == new
    assert set(load(edit(new, [Whole("gates", False)])).complete) == {"steps"}


def test_json_stays_one_mapping() -> None:
    text = '{\n\t"stack": {"name": "x \\ud83d\\ude00"},\n\t"steps": [{"id": "a", "decider": "model"}]\n}\n'
    new = edit(text, [Put(A, "decider", "code"), Put(A, "rule", "x: y"), Add("gate", "g"), Put(THE_SYSTEM, "ops.owner", "Lee"), Add("step", "b", (), "")])
    assert load(new).value(A, "rule") == "x: y"
    assert "\\ud83d\\ude00" in new


# Paperwork -------------------------------------------------------------------------------------------------

def test_an_answer_is_added_replaced_and_taken_out() -> None:
    start = S + "  - id: a\n"
    one = Record("answers", (("check", "MAP-01"), ("outcome", "unknown"), ("ask", "Mia: Tran")))
    new = edit(start, [one], **LEE)
    assert load(new).answers[0].ask == "Mia: Tran"
    assert (load(new).answers[0].who, load(new).answers[0].when) == ("Lee Okafor", DAY)
    assert edit(new, [one], **LEE) == new
    two = edit(new, [Record("answers", (("check", "MAP-01"), ("component", "a"), ("outcome", "pass"), ("reason", "x " * 150)))], **LEE)
    assert [a.component for a in load(two).answers] == [None, "a"]
    other = edit(two, [Record("answers", (("check", "MAP-01"), ("outcome", "pass"), ("when", date(2026, 11, 22))))], **LEE)
    assert [(a.outcome, a.ask, a.when) for a in load(other).answers] == [("pass", None, date(2026, 11, 22)), ("pass", None, DAY)]
    assert [a.component for a in load(edit(other, [Drop("answers", ("MAP-01",))])).answers] == ["a"]
    assert load(edit(other, [Drop("answers", ("MAP-01", "a")), Drop("answers", ("MAP-01", ""))])).answers == ()


@pytest.mark.parametrize("rest", ["", "audit:\n", "audit: {client: y}\n", "audit:\n  client: y   # z\n", "audit:\n  asked: Dana   # boss\n",
                                  "audit:\n  asked:\n    - Dana\n    # more\n", "audit:\n  asked: [{who: Dana}]\n", "audit:\n  asked: []\n"])
def test_who_was_asked_is_noted_wherever_it_stands(rest: str) -> None:
    new = edit(S + "  - id: a\n" + rest, [Record("audit.asked", (("who", "Lee, O."), ("when", DAY))), Record("audit.asked", (("who", "Dana"), ("role", "boss")))])
    assert {(a.who, a.role, a.when) for a in load(new).engagement.asked} == {("Lee, O.", None, DAY), ("Dana", "boss", None)}
    assert load(edit(new, [Drop("audit.asked", ("Dana",)), Drop("audit.asked", ("Lee, O.",))])).engagement.asked == ()


def test_a_checksum_is_no_secret_and_a_comment_stays() -> None:
    text = S + "  - id: a\nevidence:\n  - id: E-1   # first\n    source: x.csv   # here\n  - {id: E-2, source: y}\n"
    new = edit(text, [Record("evidence", (("id", "E-1"), ("source", "z.csv"), ("sha256", "a1" * 32), ("date", DAY)))])
    assert "  - id: E-1   # first\n    source: z.csv   # here\n" in new
    assert load(new).evidence[0].sha256 == "a1" * 32
