"""From an empty file to the voice agent, in Debian's Chromium: every question of the whole sitting, answered on its page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from auditkit import read_stack, shipped
from auditkit.assessment import assess
from auditkit.model.facts import EMPTY, THE_SYSTEM, Ref, Stack
from auditkit.model.keys import keys
from auditkit.sources.questionnaire.forms import owner_of, part_of
from auditkit.sources.questionnaire.questions import Question
from auditkit.web.fields import Input, input_of
from auditkit.web.pages import url_of
from tests.web.chromium import opened, served
from tests.web.conftest import ON, make_rules, room

SET = """(fields) => {
  document.querySelectorAll('details').forEach((d) => { d.open = true; });
  for (const [name, value, how] of fields) {
    const all = [...document.getElementsByName(name)], pick = how === 'tick' || all.some((e) => e.type === 'radio');
    const found = all.filter((e) => !pick || e.value === value);
    for (const e of found.slice(0, 1)) { if (pick) { e.checked = true; } else { e.value = value; } }
  }
}"""
UNREACHED = {("system", "name"), ("step", "name"), ("action", "name"), ("store", "name"), ("integration", "name"),
             ("knowledge", "name"), ("monitor", "name"), ("eval", "name"), ("guardrail", "text")}
"""Names: the sitting calls each component by its id, so that both stacks can be laid side by side."""


def value(stack: Stack, ref: Ref, key: str) -> Any:
    """What the sample says of a key, as a page shows it; None where it says nothing."""
    kind, own = owner_of(key, ref.kind)
    ref = THE_SYSTEM if kind == "system" else ref
    if part_of(own, kind) is not None or own not in keys(ref.kind):
        return None
    facts = stack.index.get(ref, {}).get(own, ())
    if not facts:
        return None
    return tuple(f.value for f in facts if f.value != EMPTY) if keys(ref.kind)[own].many else facts[0].value


def told(made: Input) -> Iterator[tuple[str, str, str]]:
    """What somebody does to an input until it shows what the given one shows."""
    if made.none:
        yield f"{made.name}/none", "1", "tick"
    if made.kind == "records":
        for row in made.rows:
            for part in row:
                yield from told(part)
    elif made.kind == "checks":
        yield from ((made.name, o.value, "tick") for o in made.options if o.on)
    elif made.kind == "select":
        yield from ((made.name, o.value, "set") for o in made.options if o.on)
    elif made.value:
        yield made.name, made.value, "set"
        yield from ((f"{made.name}/known_by", o.value, "set") for o in made.options if o.on and made.kind == "rate")


def answer(page: Page, question: Question, truth: Stack) -> None:
    """Fills in one page, and goes on."""
    form = question.form
    if form.lists is not None:
        listed(page, form.lists, form.columns, truth)
    else:
        done = [one for ref in question.refs for key in form.fields if (known := value(truth, ref, key)) is not None
                for one in told(input_of(f"f/{ref.id}/{key}", keys(owner_of(key, ref.kind)[0])[owner_of(key, ref.kind)[1]],
                                         known, truth))]
        if done:
            page.evaluate(SET, done)
        else:
            page.locator("#choice-unknown").check()
    with page.expect_response(lambda found: found.request.method == "POST"):
        page.locator("[data-next]").click()
    page.wait_for_load_state("networkidle")


def listed(page: Page, kind: str, columns: tuple[str, ...], truth: Stack) -> None:
    """A list of components, a row each, and that these are all."""
    refs = truth.by_kind[kind]
    while page.locator("#items .item").count() < len(refs):
        page.locator("[data-more=item]").click()
    done: list[tuple[str, str, str]] = []
    for i, ref in enumerate(refs):
        box = page.locator("#items .item").nth(i).locator("[name$='/name']").first
        box.fill(ref.id)
        row = str(box.get_attribute("name")).removesuffix("/name")
        for column in columns:
            if (known := value(truth, ref, column)) is not None:
                done += told(input_of(f"{row}/{column}", keys(kind)[column], known, truth))
    page.evaluate(SET, done)
    page.locator(f"[name=whole][value={'all' if refs else 'none'}]").check()


def test_a_sitting_from_nothing_ends_with_the_voice_agent(tmp_path: Path, browser: Browser) -> None:
    truth = read_stack(shipped.folder("sample_stacks") / "voice_agent.yaml")
    sitting = room(tmp_path, "", depth="all")
    passed: list[str] = []
    with served(sitting) as home, opened(browser, home) as page:
        while (question := next((q for q in sitting.keeper.sitting.plan.of("open") if q.id not in passed), None)) is not None:
            page.goto(home + url_of(question.id))
            answer(page, question, truth)
            passed.append(question.id)
    checklist = make_rules().checklist
    made, sample = (assess(s, checklist, on=ON) for s in (sitting.stack, truth))
    assert 35 <= len(passed) <= 60
    assert (made.verdict.decision, made.verdict.rule) == (sample.verdict.decision, sample.verdict.rule) == ("harden", "O6")
    assert made.reliability.as_is.success.point == sample.reliability.as_is.success.point
    assert made.reliability.as_is.silent.point == sample.reliability.as_is.silent.point
    assert {(f.check, f.component, f.outcome) for f in made.findings} == {(f.check, f.component, f.outcome) for f in sample.findings}
    said = {(f.kind, f.id, f.key, str(f.value)) for f in sitting.stack.facts}
    missing = {(f.kind, f.id, f.key) for f in truth.facts if (f.kind, f.id, f.key, str(f.value)) not in said
               and (f.kind, f.key) not in UNREACHED}
    assert len(missing) <= 9, sorted(missing)
