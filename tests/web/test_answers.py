"""Every kind of answer ends as the right facts in the file, with who said it and when."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from auditkit.model.facts import THE_SYSTEM, Ref
from auditkit.model.vocabulary import Edge
from auditkit.sources.questionnaire.replies import REASONS
from tests.web.conftest import ON, WAYS_OUT, Room, branching_text, room, voice_text
from tests.web.test_states import about

OPEN = f"/q/{WAYS_OUT}"


def inputs(text: str) -> list[tuple[str, str]]:
    """What a form shows, as a browser would send it: hidden fields, texts and what is selected."""
    from html import unescape
    pairs = re.findall(r'<input(?![^>]*type="(?:radio|checkbox)")[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', text)
    pairs += re.findall(r'<input(?![^>]*type="hidden")[^>]*type="(?:radio|checkbox)"[^>]*name="([^"]+)"[^>]*value="([^"]*)"[^>]* checked', text)
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', text, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        pairs.append((name, chosen[1] if chosen else ""))
    pairs += re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>', text)
    return [(unescape(n), unescape(v)) for n, v in pairs if n not in ("csrf", "then")]


def form_of(room: Room, path: str) -> list[tuple[str, str]]:
    """The open question's form, as it is shown."""
    text = room.client.get(path).text
    found = re.search(r'<form id="answer".*?</form>', text, re.S)
    assert found, path
    return inputs(re.sub(r"<template.*?</template>", "", found[0], flags=re.S))


def changed(pairs: list[tuple[str, str]], **new: str | None) -> list[tuple[str, str]]:
    """The form with some fields filled in; a name is written with `__` for each slash, and `_dot_` for a dot."""
    table = {k.replace("__", "/").replace("_dot_", "."): v for k, v in new.items()}
    kept = [(n, v) for n, v in pairs if n not in table]
    return [*kept, *((n, v) for n, v in table.items() if v is not None)]


def test_a_choice_is_said_of_each_component_of_the_page(voice: Room) -> None:
    """By somebody, on a day."""
    page = voice.client.get(OPEN).text
    voice.client.post(OPEN, [*about(page), ("choice", "4"), ("then", "save")])
    known = voice.stack.known(Ref("step", "route"), "failure_branches")
    assert known is not None
    assert known.value == ()
    receipt = known.receipts[0]
    assert (receipt.who, receipt.when) == ("Dana Ruiz", ON)     # type: ignore[union-attr]


def test_each_on_its_own(voice: Room) -> None:
    """A table of answers: some steps one, some another, the rest stays open."""
    voice.client.post(OPEN, [("each/greet", "4"), ("each/route", "1"), ("then", "save")])
    assert voice.stack.value(Ref("step", "greet"), "failure_branches") == ()
    assert voice.stack.value(Ref("step", "route"), "failure_branches")[0].type == "handoff"
    assert voice.stack.value(Ref("step", "close"), "failure_branches") is None
    text = voice.client.get(OPEN).text
    assert "each/greet" not in text or re.search(r'name="each/greet" value="4"[^>]* checked', text)


def test_one_choice_for_all_and_another_for_one(voice: Room) -> None:
    """The table wins where both were given."""
    page = voice.client.get(OPEN).text
    voice.client.post(OPEN, [*about(page), ("choice", "4"), ("each/route", "1"), ("then", "save")])
    assert voice.stack.value(Ref("step", "greet"), "failure_branches") == ()
    assert voice.stack.value(Ref("step", "route"), "failure_branches")[0].type == "handoff"


def test_a_page_that_is_sent_back_unchanged_changes_nothing(tmp_path: Path) -> None:
    """Every question of the sample, as a browser would send it."""
    sitting = room(tmp_path, voice_text())
    before = sitting.text
    for question in sitting.keeper.sitting.plan.questions:
        if question.state == "waiting":
            continue
        path = f"/q/{question.id}"
        sent = [p for p in form_of(sitting, path) if p[0] not in ("choice", "whole") and not p[0].startswith("each/")]
        found = sitting.client.post(path, [*sent, ("then", "save")])
        assert found.status_code == 200, (question.id, re.findall(r'id="alert"[^>]*>(.*?)</p>', found.text))
        assert sitting.text == before, question.id


@pytest.mark.parametrize(("field", "typed", "value"), [
    ("targets.success", ".9", 0.9), ("targets.success", "90%", 0.9), ("fit.outcome_checkable", "no", False)])
def test_plain_facts(voice: Room, field: str, typed: str, value: object) -> None:
    """Flags, choices and numbers."""
    sent = [p for p in form_of(voice, "/q/FIT-03") if p[0] != f"f/system/{field}"]
    found = voice.client.post("/q/FIT-03", [*sent, (f"f/system/{field}", typed), ("then", "save")])
    assert found.status_code == 200
    assert voice.stack.value(THE_SYSTEM, field) == value


@pytest.mark.parametrize(("typed", "by", "value"), [("46 of 50", "", 0.92), (".85", "watched", 0.85), ("171/200", "guess", 0.855)])
def test_rates(voice: Room, typed: str, by: str, value: float) -> None:
    """As a share or as counts."""
    sent = changed(form_of(voice, "/q/FIT-03"), f__system__fit_dot_baseline=typed, f__system__fit_dot_baseline__known_by=by)
    voice.client.post("/q/FIT-03", [*sent, ("then", "save")])
    rate = voice.stack.value(THE_SYSTEM, "fit.baseline")
    assert rate.value == pytest.approx(value)
    assert rate.known_by == (by if by == "watched" else None)


def test_texts_and_lists_of_texts(empty: Room) -> None:
    """One a line; and a set that is known to be empty."""
    sent = changed(form_of(empty, "/q/MAP-01"), f__system__purpose="Takes calls.", f__system__fit_dot_scope_in="booking\r\nopening hours\r\n",
                   f__system__fit_dot_scope_out="", f__system__fit_dot_scope_out__none="1", f__system__owner="Harbor Dental")
    found = empty.client.post("/q/MAP-01", [*sent, ("then", "save")])
    assert found.status_code == 200
    assert empty.stack.value(THE_SYSTEM, "purpose") == "Takes calls."
    assert empty.stack.value(THE_SYSTEM, "fit.scope_in") == ("booking", "opening hours")
    assert empty.stack.value(THE_SYSTEM, "fit.scope_out") == ()
    assert empty.text.startswith("# yaml-language-server")


def test_a_fact_that_is_emptied_is_not_known_again(voice: Room) -> None:
    """Taken out of the file."""
    sent = changed(form_of(voice, "/q/FIT-03"), f__system__targets_dot_success="")
    voice.client.post("/q/FIT-03", [*sent, ("then", "save")])
    assert voice.stack.value(THE_SYSTEM, "targets.success") is None


def test_dates_and_references(tmp_path: Path) -> None:
    """A day as the browser writes it, and the name of another component."""
    sitting = room(tmp_path, voice_text())
    sent = changed(form_of(sitting, "/q/KNW-02"), f__price_list__last_reviewed="2026-11-19")
    sitting.client.post("/q/KNW-02", [*sent, ("then", "save")])
    assert sitting.stack.value(Ref("knowledge", "price_list"), "last_reviewed").isoformat() == "2026-11-19"
    sent = changed(form_of(sitting, "/q/MAP-11"), f__save_lead__step="close")
    sitting.client.post("/q/MAP-11", [*sent, ("then", "save")])
    assert sitting.stack.value(Ref("action", "save_lead"), "step") == "close"


def test_records(voice: Room) -> None:
    """Ways out, one by one, with all that belongs to them."""
    sent = form_of(voice, OPEN)
    sent += [("f/route/failure_branches/0/type", "handoff"), ("f/route/failure_branches/0/trigger_in", "code"),
             ("f/route/failure_branches/0/carries", "transcript"), ("f/route/failure_branches/0/carries", "reason"),
             ("f/route/failure_branches/0/tests", "3"), ("f/route/failure_branches/7/type", "abort")]
    found = voice.client.post(OPEN, [*sent, ("then", "save")])
    assert found.status_code == 200, re.findall(r'id="alert"[^>]*>(.*?)</p>', found.text)
    branches = voice.stack.value(Ref("step", "route"), "failure_branches")
    assert [b.type for b in branches] == ["handoff", "abort"]
    assert set(branches[0].carries) == {"transcript", "reason"}
    assert branches[0].tests == 3
    assert voice.stack.value(Ref("step", "greet"), "failure_branches") is None


def test_no_record_at_all(voice: Room) -> None:
    """There is none, and that is known."""
    sent = form_of(voice, OPEN)
    voice.client.post(OPEN, [*sent, ("f/greet/failure_branches/none", "1"), ("then", "save")])
    assert voice.stack.value(Ref("step", "greet"), "failure_branches") == ()


def test_a_list_is_made_in_its_order(empty: Room) -> None:
    """With its columns; it is whole only when somebody says so."""
    sent = changed(form_of(empty, "/q/MAP-03"), i__0__name="Greet", i__0__decider="model", i__1__name="Book", i__2__name="")
    empty.client.post("/q/MAP-03", [*sent, ("whole", "more"), ("then", "save")])
    steps = empty.stack.by_kind["step"]
    assert [r.id for r in steps] == ["greet", "book"]
    assert empty.stack.value(steps[0], "decider") == "model"
    assert "steps" not in empty.stack.complete
    sent = [*form_of(empty, "/q/MAP-03"), ("i/1000/name", "Close")]
    found = empty.client.post("/q/MAP-03", [*sent, ("whole", "all"), ("then", "save")])
    assert found.status_code == 200
    assert [r.id for r in empty.stack.by_kind["step"]] == ["greet", "book", "close"]
    assert "steps" in empty.stack.complete


def test_a_list_can_be_known_to_be_empty(empty: Room) -> None:
    """One agent, no others."""
    empty.client.post("/q/MAP-06", [*form_of(empty, "/q/MAP-06"), ("whole", "none"), ("then", "save")])
    assert "agents" in empty.stack.complete
    assert empty.stack.by_kind["agent"] == ()


def test_an_empty_list_is_not_taken_for_a_whole_one(empty: Room) -> None:
    """Nothing was named."""
    found = empty.client.post("/q/MAP-03", [*form_of(empty, "/q/MAP-03"), ("whole", "all"), ("then", "save")])
    assert found.status_code == 422
    assert empty.text == ""


def test_lines_of_a_list_can_be_renamed_moved_and_taken_out(tmp_path: Path) -> None:
    """The component keeps its id and its facts."""
    sitting = room(tmp_path, voice_text())
    path = "/q/MAP-03"
    sitting.client.post(path, [*changed(form_of(sitting, path), i__0__name="Say hello"), ("then", "save")])
    assert sitting.stack.title(Ref("step", "greet")) == "Say hello"
    sitting.client.post(path, [*form_of(sitting, path), ("then", "down/greet")])
    assert [r.id for r in sitting.stack.by_kind["step"]][:2] == ["identify_intent", "greet"]
    sitting.client.post(path, [*form_of(sitting, path), ("then", "up/greet")])
    assert [r.id for r in sitting.stack.by_kind["step"]][:2] == ["greet", "identify_intent"]
    sitting.client.post(path, [*form_of(sitting, path), ("then", "out/greet")])
    assert Ref("step", "greet") not in sitting.stack.by_kind["step"]


def test_i_do_not_know_with_a_name(voice: Room) -> None:
    """It stays unknown, and somebody is to find out."""
    page = voice.client.get(OPEN).text
    voice.client.post(OPEN, [*about(page), ("choice", "unknown"), ("ask", "Lee Okafor"), ("then", "save")])
    answers = [a for a in voice.stack.answers if a.check == WAYS_OUT]
    assert answers
    assert {(a.outcome, a.ask, a.who) for a in answers} == {("unknown", "Lee Okafor", "Dana Ruiz")}
    text = voice.client.get(OPEN).text
    assert re.search(r'id="choice-unknown"[^>]* checked', text)
    assert 'value="Lee Okafor"' in text
    assert "1 with Lee Okafor" in text
    voice.client.post(OPEN, [*about(page), ("choice", "4"), ("then", "save")])
    assert not [a for a in voice.stack.answers if a.check == WAYS_OUT and a.outcome == "unknown"]


def test_what_does_not_apply_needs_a_reason(voice: Room) -> None:
    """From the list, with words."""
    page = voice.client.get(OPEN).text
    refused = voice.client.post(OPEN, [*about(page), ("choice", "na"), ("then", "save")])
    assert refused.status_code == 422
    assert re.search(r'id="choice-na"[^>]* checked', refused.text)
    sent = [*about(page), ("choice", "na"), ("reason", REASONS[0]), ("reason_text", "the switchboard does it"), ("then", "save")]
    assert voice.client.post(OPEN, sent).status_code == 200
    found = [a for a in voice.stack.answers if a.outcome == "not_applicable" and a.check == WAYS_OUT]
    assert found[0].reason == f"{REASONS[0]}: the switchboard does it"
    text = voice.client.get(OPEN).text
    assert 'value="the switchboard does it"' in text


def test_a_note_and_evidence(voice: Room) -> None:
    """A file beside the stack file with its checksum, or a link; and the day it was true."""
    (voice.path.parent / "calls.csv").write_text("id,end\n1,ok\n", encoding="utf-8")
    page = voice.client.get(OPEN).text
    sent = [*about(page), ("choice", "4"), ("note", "61 of 212 calls"), ("was:note", ""), ("evidence", "calls.csv"),
            ("evidence_on", "2026-11-08"), ("then", "save")]
    assert voice.client.post(OPEN, sent).status_code == 200
    kept = next(e for e in voice.stack.evidence if e.source == "calls.csv")
    assert len(kept.sha256 or "") == 64
    assert kept.date is not None
    assert kept.date.isoformat() == "2026-11-08"
    record = next(a for a in voice.stack.answers if a.check == WAYS_OUT)
    assert (record.note, record.evidence) == ("61 of 212 calls", kept.id)
    text = voice.client.get(OPEN).text
    assert ">61 of 212 calls</textarea>" in text
    assert "calls.csv" in text
    changed_note = [("note", "62 of 212 calls"), ("was:note", "61 of 212 calls"), ("then", "save")]
    assert voice.client.post(OPEN, changed_note).status_code == 200
    record = next(a for a in voice.stack.answers if a.check == WAYS_OUT)
    assert (record.note, record.evidence) == ("62 of 212 calls", kept.id)


def test_an_answer_sent_twice_is_saved_once(voice: Room) -> None:
    """In place, and then with Next."""
    page = voice.client.get(OPEN).text
    sent = [*about(page), ("choice", "4")]
    voice.client.post(OPEN, sent, headers={"x-in-place": "1"})
    saved = voice.path.stat().st_mtime_ns
    voice.client.post(OPEN, [*sent, ("then", "next")])
    assert voice.path.stat().st_mtime_ns == saved
    voice.client.post("/undo")
    assert not voice.keeper.can_undo


# The map ---------------------------------------------------------------------------------------------------

def test_steps_are_added_named_moved_and_taken_out(voice: Room) -> None:
    """Each change is saved at once."""
    def ids() -> list[str]:
        return [r.id for r in voice.stack.by_kind["step"]]

    voice.client.post("/map", {"do": "add", "name": "Check the date", "after": "route", "decider": "code"})
    assert ids()[6] == "check_the_date"
    assert voice.stack.value(Ref("step", "check_the_date"), "decider") == "code"
    voice.client.post("/map", {"do": "up", "id": "check_the_date"})
    assert ids()[5] == "check_the_date"
    voice.client.post("/map", {"do": "save", "id": "check_the_date", "name": "Check it", "decider": "human"})
    assert voice.stack.title(Ref("step", "check_the_date")) == "Check it"
    assert voice.stack.value(Ref("step", "check_the_date"), "decider") == "human"
    voice.client.post("/map", {"do": "out", "id": "check_the_date"})
    assert "check_the_date" not in ids()
    found = voice.client.post("/undo")
    assert "check_the_date" in ids()
    assert "Change the steps" in found.text
    assert voice.client.post("/map", {"do": "add", "name": " "}).status_code == 422
    assert voice.client.post("/map", {"do": "up", "id": "no_such"}).status_code == 422


def test_branches_with_shares(tmp_path: Path) -> None:
    """Where a step leads, in parts of one."""
    sitting = room(tmp_path, branching_text())
    was = '[[{"to": "step_2", "share": "0.7"}, {"to": "step_4", "share": "0.3"}], false]'
    sent = {"do": "save", "id": "step_1", "name": "Step number 1", "decider": "model", "was:next": was}
    same = sitting.text
    ways = {"next/0/to": "step_2", "next/0/share": "0.7", "next/1/to": "step_4", "next/1/share": "0.3"}
    sitting.client.post("/map", {**sent, **ways})
    assert sitting.text == same
    sitting.client.post("/map", {**sent, **ways, "next/0/share": ".6", "next/1/share": ".4"})
    assert sitting.stack.value(Ref("step", "step_1"), "next") == (Edge(to="step_2", share=0.6), Edge(to="step_4", share=0.4))
    wrong = sitting.client.post("/map", {**sent, **ways, "next/0/share": ".9"})
    assert wrong.status_code == 422
    assert "add up to" in wrong.text
    assert 'value=".9"' in wrong.text
