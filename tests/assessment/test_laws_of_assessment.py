"""Laws that hold for any stack: what a verdict, a number and a report may never do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.formats import json as as_json
from auditkit.model.facts import EMPTY, Fact, Stack
from auditkit.model.keys import Key, keys
from auditkit.model.report import Report, Verdict

from .stacks import NAMES, SOUND, changed, of_sample, of_text, report, stack

FEW = settings(derandomize=True, deadline=None, max_examples=20, database=None)
SOFTEST_FIRST = ("keep", "keep, prove it", "harden", "kill")
BY_NUMBERS = ("O3", "O4")


def hardness(verdict: Verdict) -> int:
    """How hard a decision is; a kill that waits for evidence counts as the kill that it asks for."""
    word = "kill" if verdict.pending else verdict.decision
    return SOFTEST_FIRST.index("keep, prove it" if word == "keep" and verdict.rule == "O7" else word)


@cache
def stacks() -> dict[str, Stack]:
    """The samples, and the one that is KEEP."""
    return {**{name: stack(name) for name in NAMES}, "sound": changed("refund_helper", SOUND)}


@cache
def untouched(name: str) -> Report:
    """The report on one of them."""
    return report(stacks()[name])


# Worse and unknown facts -----------------------------------------------------------------------------------


def worse(key: Key, value: Any) -> list[Any]:
    """The values that mean less control than this one, by the vocabulary's direction."""
    up = key.better == "up"
    if key.form == "flag" and isinstance(value, bool):
        return [not up] if value is up else []
    if key.form == "choice" and value in key.choices:
        at = key.choices.index(value)
        return list(key.choices[:at] if up else key.choices[at + 1 :])
    if key.form in ("whole", "number") and isinstance(value, int | float) and not isinstance(value, bool):
        if key.form == "whole":
            return [0] if up and value > 0 else []
        least = key.maximum or value * 2
        return [value / 2] if up else [least] if least > value else []
    return []


def worsenings(name: str) -> Iterator[tuple[Fact, Any]]:
    """Every fact of a stack that could be worse, with each worse value."""
    for fact in stacks()[name].facts:
        key = keys(fact.kind)[fact.key]
        if key.better and not key.derived and not key.many and key.record is None and fact.value != EMPTY:
            yield from ((fact, value) for value in worse(key, fact.value))


def best(name: str) -> Iterator[Fact]:
    """Every fact of a stack that could not be better."""
    for fact in stacks()[name].facts:
        key = keys(fact.kind)[fact.key]
        if not key.better or key.derived or key.many or key.record is not None:
            continue
        top = {"flag": key.better == "up", "choice": key.choices[-1 if key.better == "up" else 0] if key.choices else None}
        if key.form in top and fact.value == top[key.form]:
            yield fact


def without(base: Stack, fact: Fact, *instead: Fact) -> Report:
    """The report on a stack in which one fact is not known, or another."""
    facts = (*(f for f in base.facts if (f.ref, f.key) != (fact.ref, fact.key)), *instead)
    return report(base.model_copy(update={"facts": facts}))


@st.composite
def one_of(draw: st.DrawFn, what: Any) -> tuple[str, Any]:
    """One of the stacks, and one of the things that can be done to it."""
    name = draw(st.sampled_from(sorted(stacks())))
    return name, draw(st.sampled_from(list(what(name))))


@FEW
@given(one_of(worsenings))
def test_a_worse_fact_never_softens_the_verdict(case: tuple[str, tuple[Fact, Any]]) -> None:
    """But for a kill by the numbers: a control that fails is on the list of fixes, and the fixed whole counts."""
    name, (fact, value) = case
    before = untouched(name).verdict
    if before.rule in BY_NUMBERS:
        return
    after = without(stacks()[name], fact, fact.model_copy(update={"value": value})).verdict
    assert hardness(after) >= hardness(before), (fact.ref, fact.key, value)


@FEW
@given(one_of(best))
def test_what_is_not_known_is_never_better_than_what_is_good(case: tuple[str, Fact]) -> None:
    name, fact = case
    before = untouched(name).verdict
    if before.rule in BY_NUMBERS:
        return
    after = without(stacks()[name], fact).verdict
    assert hardness(after) >= hardness(before), (fact.ref, fact.key)


@FEW
@given(one_of(worsenings))
def test_a_worse_fact_never_turns_a_failed_check_into_a_pass(case: tuple[str, tuple[Fact, Any]]) -> None:
    name, (fact, value) = case
    after = without(stacks()[name], fact, fact.model_copy(update={"value": value}))
    failed = {(f.check, f.component) for f in untouched(name).findings if f.outcome == "fail"}
    passed = {(f.check, f.component) for f in after.findings if f.outcome == "pass"}
    assert not failed & passed


@pytest.mark.parametrize("name", NAMES)
def test_forgetting_everything_is_harden(name: str) -> None:
    """A name alone says nothing, and nothing known is never fine."""
    known = stack(name)
    bare = known.model_copy(update={"facts": (), "complete": {}, "components": (), "answers": ()})
    assert report(bare).verdict.decision == "harden"


# The same in, the same out ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_same_stack_gives_the_same_report(name: str) -> None:
    assert report(stack(name)) == of_sample(name)
    assert as_json.render(report(stack(name))) == as_json.render(of_sample(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_report_read_back_is_the_same_report(name: str) -> None:
    assert as_json.read_report(as_json.render(of_sample(name))) == of_sample(name)


def test_a_report_with_every_section_read_back_is_the_same_report() -> None:
    waiver = {
        "check": "MON-03",
        "component": "system",
        "reason": "pilot",
        "requester": "A",
        "approver": "B",
        "expires": "2027-01-31",
    }
    full = report(
        changed(
            "voice_agent",
            {
                "waivers": [waiver],
                "answers": [{"check": "INT-06", "component": "crm", "outcome": "pass", "note": "seen"}],
                "stack.outcomes.success": {"successes": "150", "runs": "200"},
            },
        )
    )
    assert full.waivers
    assert full.conflicts
    assert full.problems
    assert as_json.read_report(as_json.render(full)) == full


@pytest.mark.parametrize("name", NAMES)
def test_only_the_day_of_the_audit_makes_facts_old(name: str) -> None:
    """A later day may age evidence; it never makes the same facts look better."""
    later = report(stack(name), date(2028, 11, 20)).verdict
    if of_sample(name).verdict.rule not in BY_NUMBERS:
        assert hardness(later) >= hardness(of_sample(name).verdict)


# Numbers ---------------------------------------------------------------------------------------------------

RATES = st.lists(st.integers(1, 99), min_size=1, max_size=6)


def row(rates: list[int], unread: int | None = None) -> str:
    """A chain of model steps, one of which nobody reads and nothing needs."""
    steps = [
        f"  - {{id: s{i}, kind: decide, decider: model, success: 0.{rate:02},"
        f" required: {'no' if i == unread else 'yes'}, output_read: {'no' if i == unread else 'yes'}}}"
        for i, rate in enumerate(rates)
    ]
    return "stack:\n  name: x\nsteps:\n" + "\n".join(steps) + "\nactions: []\n"


@FEW
@given(RATES, st.data())
def test_removing_a_step_that_nobody_reads_never_lowers_success(rates: list[int], data: st.DataObject) -> None:
    unread = data.draw(st.integers(0, len(rates)))
    with_it = [*rates[:unread], data.draw(st.integers(1, 99)), *rates[unread:]]
    before = of_text(row(with_it, unread))
    after = of_text(row(rates))
    kill = next(c for c in before.components if c.id == f"s{unread}")
    now, then = before.reliability.as_is.success.point, after.reliability.as_is.success.point
    assert kill.rule == "S1"
    assert then >= now
    assert kill.gain_success == pytest.approx(then - now)


@FEW
@given(RATES)
def test_runs_end_in_one_of_three_ways(rates: list[int]) -> None:
    numbers = of_text(row(rates)).reliability
    for now in (numbers.as_is, numbers.hardened):
        assert now.success.point + now.caught.point + now.silent.point == pytest.approx(1)
        for estimate in (now.success, now.caught, now.silent):
            assert 0 <= estimate.low <= estimate.point <= estimate.high <= 1


@FEW
@given(st.lists(st.integers(1, 98), min_size=1, max_size=6), st.data())
def test_a_better_step_never_lowers_success(rates: list[int], data: st.DataObject) -> None:
    i = data.draw(st.integers(0, len(rates) - 1))
    better = [*rates[:i], rates[i] + 1, *rates[i + 1 :]]
    assert of_text(row(better)).reliability.as_is.success.point >= of_text(row(rates)).reliability.as_is.success.point


@pytest.mark.parametrize("name", [n for n in NAMES if n != "executive_assistant"])
def test_gains_of_the_roadmap_add_up_to_the_hardened_numbers(name: str) -> None:
    found = of_sample(name)
    gained = sum(f.gain_success or 0 for f in found.roadmap)
    numbers = found.reliability
    assert numbers.as_is.success.point + gained == pytest.approx(numbers.hardened.success.point)
