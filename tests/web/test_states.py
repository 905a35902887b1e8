"""Every state has a page of its own, made on the server: it says what it must, and nothing is preset."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

from auditkit.cli.talk.look import Look
from auditkit.cli.talk.screen import end_lines
from auditkit.formats.sitting import verdict_word
from auditkit.formats.terminal import Screen
from auditkit.model.facts import Ref
from auditkit.model.keys import keys
from auditkit.model.vocabulary import Branch
from auditkit.sources.inspection.sources import Sources
from auditkit.sources.questionnaire.disputes import is_dispute
from auditkit.sources.questionnaire.forms import key_of
from auditkit.sources.questionnaire.turning import turning, turning_sentence
from auditkit.sources.stack_file.editing import Put, edit
from tests.web.conftest import (
    HOME,
    ON,
    WAYS_OUT,
    Room,
    branching_text,
    disputed_text,
    long_text,
    make_rules,
    open_text,
    room,
    seen_in_code,
    voice_text,
)

OPEN = f"/q/{WAYS_OUT}"


def state_of(text: str) -> str:
    """The mark of a page, which a form sends back."""
    found = re.search(r'name="state" id="state" value="(\w+)"', text)
    assert found
    return found[1]


def about(text: str) -> list[tuple[str, str]]:
    """The components that a page asks about, as its form sends them."""
    return [("about", id) for id in re.findall(r'name="about" value="([^"]+)"', text)]


def plain(text: str) -> str:
    """The words of a page."""
    from html import unescape
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_the_first_page_leads_to_the_first_open_question(empty: Room) -> None:
    """With an empty file the map is empty, and asks what happens first."""
    found = empty.client.get("/")
    assert found.status_code == 200
    assert "What happens first?" in found.text
    assert "no percentage yet" in found.text
    assert "0 of" in found.text
    assert empty.text == ""


def test_the_first_step_can_be_given_on_the_map(empty: Room) -> None:
    """Then there is a file, and a map."""
    found = empty.client.post("/map", {"do": "add", "from": "first", "name": "Greet the caller"})
    assert found.status_code == 200
    assert [r.id for r in empty.stack.by_kind["step"]] == ["greet_the_caller"]
    assert "1 Greet the caller" in found.text


def test_an_open_question_is_asked_with_nothing_preset(voice: Room) -> None:
    """Why, where was looked, the answers, and where it stands on the map."""
    text = voice.client.get(OPEN).text
    assert 'data-state="open"' in text
    assert " checked" not in re.sub(r"data-keys", "", text)
    assert "marked on the map" in text
    assert text.count("asked-of") == 8
    assert "No code was given." not in text
    assert "asked-first" in text
    assert "<h1>When it cannot go on with confidence, is there a way out?</h1>" in text
    assert re.search(r"<title>\d+: When it cannot go on.*Front-desk voice agent</title>", text)


def test_no_page_presets_an_answer(empty: Room) -> None:
    """Not one of all questions, on an empty file."""
    for question in empty.keeper.sitting.plan.questions:
        text = empty.client.get(f"/q/{question.id}").text
        assert not re.search(r"<input[^>]* checked", text), question.id
        assert " selected" not in text, question.id


def test_levels_and_what_can_move_come_afterwards(voice: Room) -> None:
    """The page does not wait for them; once they are known they are in it."""
    first = voice.client.get(OPEN).text
    assert f'hx-get="{OPEN}/can"' in first
    assert ">pass<" not in first
    part = voice.client.get(f"{OPEN}/can").text
    assert "What this question can move" in part
    assert ">pass<" in part
    assert ">fail<" in part
    again = voice.client.get(OPEN).text
    assert ">pass<" in again
    assert "/can" not in again
    assert "The rest hangs on question" in again


def test_without_script_the_same_is_on_the_page(voice: Room) -> None:
    """A link shows it."""
    text = voice.client.get(f"{OPEN}?can=1").text
    assert ">partial<" in text
    assert "End right" in text


def test_an_answer_is_saved_and_shows_what_it_moved(voice: Room) -> None:
    """Time and file named, at most five lines, changed cells of the map bold, the question as answered."""
    voice.client.get(f"{OPEN}/can")
    page = voice.client.get(OPEN).text
    found = voice.client.post(OPEN, [*about(page), ("choice", "4"), ("then", "save")]).text
    assert 'data-state="answered"' in found
    assert "Saved in voice.yaml, 14:32" in found
    assert "What your answer moved" in found
    moved = re.search(r"What your answer moved</h3>(.*?)</table>", found, re.S)
    assert moved
    assert 1 <= moved[1].count("<tr>") <= 5
    assert "Ways out missing" in moved[1]
    assert re.search(r"Fail unnoticed.*?<s>\d+–\d+</s>", moved[1], re.S)
    assert 'class="out new"' in found
    assert re.search(r'id="choice-4"[^>]* checked', found)
    assert "Saved. " in re.search(r'role="status">([^<]*)<', found)[1]      # type: ignore[index]
    assert voice.text.count("failure_branches: []") == 8


def test_an_answer_in_place_changes_only_parts(voice: Room) -> None:
    """The question stays: somebody may be typing in it."""
    page = voice.client.get(OPEN).text
    found = voice.client.post(OPEN, [*about(page), ("choice", "4"), ("state", state_of(page))], headers={"x-in-place": "1"})
    assert found.status_code == 200
    for part in ("progress", "map", "decision", "brief", "saved", "alert", "state", "after", "undo-last"):
        assert f'id="{part}"' in found.text
    assert "<fieldset" not in found.text
    assert "<textarea" not in found.text
    assert found.text.count("hx-swap-oob") >= 9


def test_next_leads_to_the_next_open_question(voice: Room) -> None:
    """And to the end after the last."""
    page = voice.client.get(OPEN).text
    found = voice.client.post(OPEN, [*about(page), ("choice", "4"), ("then", "next")])
    assert f'href="{OPEN}" data-back' in found.text
    assert found.url.path == "/q/FIT-03"        # before it in the list, and the only one left
    last = voice.client.post("/q/FIT-03", {"choice": "unknown", "then": "next"})
    assert str(last.url).endswith("/end")
    assert "Nothing more to ask." in last.text


def test_next_without_an_answer_saves_nothing(voice: Room) -> None:
    """The question stays open."""
    before = voice.text
    found = voice.client.post(OPEN, {"then": "next"})
    assert found.status_code == 200
    assert voice.text == before


def test_skip_puts_a_question_off(voice: Room) -> None:
    """It comes again at the end, and nothing is saved."""
    before = voice.text
    voice.client.post(OPEN, {"then": "skip"})
    assert voice.keeper.sitting.later == (WAYS_OUT,)
    assert voice.text == before
    assert "put off" in voice.client.get("/q").text


def test_undo_takes_the_answer_back(voice: Room) -> None:
    """And leads to it."""
    before = voice.text
    page = voice.client.get(OPEN).text
    assert "disabled>Undo" in page
    voice.client.post(OPEN, [*about(page), ("choice", "4"), ("then", "next")])
    found = voice.client.post("/undo")
    assert voice.text == before
    assert "Taken back." in found.text
    assert WAYS_OUT in str(found.url)
    assert 'data-focus="answer"' in found.text
    assert "nothing to take back" in voice.client.post("/undo").text


@pytest.mark.parametrize(("here", "leads"), [
    ("/q/MAP-03", "/q/MAP-03"), ("/map", "/map"), ("/q/MAP-03?if=rules", "/q/FIT-03"), ("//evil.example/q/", "/q/FIT-03"),
    ("https://evil.example/q/MAP-03", "/q/FIT-03")])
def test_undo_stays_where_it_was_pressed_when_there_is_nothing(tmp_path: Path, here: str, leads: str) -> None:
    """A list question stays; an address that is none of ours leads to the start."""
    sitting = room(tmp_path, voice_text())
    found = sitting.client.post("/undo", {"here": here})
    assert found.url.path == leads
    assert str(found.url).startswith(HOME)


def test_undo_of_a_line_leads_to_its_list(tmp_path: Path) -> None:
    """Where it was taken out."""
    sitting = room(tmp_path, voice_text())
    before = sitting.text
    sitting.client.post("/q/MAP-03", {"then": "out/route"})
    assert sitting.text != before
    found = sitting.client.post("/undo", {"here": "/q/FIT-03"})
    assert found.url.path == "/q/MAP-03"
    assert "Taken back." in found.text
    assert sitting.text == before


def test_what_if_moves_a_second_bar_and_saves_nothing(voice: Room) -> None:
    """The real decision stays; tried steps have a dashed shape."""
    before = voice.text
    tries = voice.client.get(f"{OPEN}/tries").text
    ids = re.findall(r'name="if" value="([^"]+)"', tries)
    assert "rules" in ids
    assert "Try any. Nothing is saved." in tries
    assert tries.count('id="if-') - tries.count('id="if-more') <= 3
    text = voice.client.get(f"{OPEN}?if=rules").text
    assert 'data-state="whatif"' in text
    assert "Nothing is saved." in text
    assert "ifbox" in text
    assert 'class="harden if"' in text
    assert "dashed: only if you try it" in text
    assert "Add to the plan" in text
    assert re.search(r'value="rules" checked', text)
    assert voice.text == before


def test_what_was_tried_becomes_work_in_the_plan(voice: Room) -> None:
    """Nothing is stated about the workflow."""
    before = len(voice.stack.plan)
    found = voice.client.post("/plan", [("if", "rules"), ("here", OPEN)])
    assert "Added to the plan." in found.text
    assert len(voice.stack.plan) == before + 1
    assert voice.stack.value(Ref("step", "greet"), "decider") == "model"
    again = voice.client.post("/plan", [("if", "rules"), ("here", OPEN)])
    assert "in the plan already" in again.text


def test_a_dispute_shows_both_sides(tmp_path: Path) -> None:
    """With who, when and where; no side is preset; leaving it open is allowed."""
    sitting = room(tmp_path, disputed_text(), join=seen_in_code)
    id = next(q.id for q in sitting.keeper.sitting.plan.questions if q.id.startswith("disputed"))
    text = sitting.client.get("/").text
    assert 'data-state="dispute"' in text
    assert "Your answer and the code disagree: who decides" in text
    assert "Dana Ruiz, 12\u00a0November 2026" in text
    assert "agent/tools.py:41@4f1c9e2" in text
    assert " checked" not in text
    assert "one disputed" in text
    assert "Leave it open" in text
    part = sitting.client.get(f"/q/{id.replace(' ', '%20').replace(':', '%3A')}/can").text
    assert "What settling it can move" in part
    before = sitting.text
    sitting.client.post(f"/q/{id.replace(' ', '%20')}", {"choice": "0", "then": "save"})
    assert sitting.text != before
    assert sitting.stack.value(Ref("action", "save_lead"), "decided_by") == "model"


def _agent(folder: Path, line: str) -> Sources:
    """Code with one line at the place that was seen."""
    (folder / "code" / "agent").mkdir(parents=True)
    rows = ["# nothing"] * 39 + ["@tool", line, "    return await crm.post(lead)"]
    (folder / "code" / "agent" / "tools.py").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return Sources(folder / "code")


def test_a_dispute_shows_the_line_of_code(tmp_path: Path) -> None:
    """With those beside it and their numbers, as reports show them; what looks like a key is starred."""
    line = 'async def save_lead(caller: str, api_key: str = "sk-live-0123456789abcdef") -> str:'
    sitting = room(tmp_path, disputed_text(), join=seen_in_code, sources=_agent(tmp_path, line))
    text = sitting.client.get("/").text
    assert "agent/tools.py:41@4f1c9e2" in text
    shown = re.search(r'<pre class="code".*?</pre>', text, re.S)
    assert shown
    assert 'aria-label="Code of agent/tools.py, lines 40 to 42"' in shown[0]
    assert re.search(r'class="at"><i>41</i><span>async def save_lead\(caller: str', shown[0])
    assert "@tool" in shown[0]
    assert "sk-live" not in text
    assert "***" in shown[0]


@pytest.mark.parametrize("path", ["../secret.py", "/etc/passwd", ".env", "agent/linked.py", "gone.py"])
def test_a_dispute_shows_nothing_from_outside_the_code(tmp_path: Path, path: str) -> None:
    """Whatever a receipt names: only its words are shown."""
    sources = _agent(tmp_path, "def save(): ...")
    for name in ("secret.py", "code/.env"):
        (tmp_path / name).write_text("PRIVATE = 1\n" * 60, encoding="utf-8")
    (tmp_path / "code" / "agent" / "linked.py").symlink_to(tmp_path / "secret.py")

    join = partial(seen_in_code, path=path)
    text = room(tmp_path, disputed_text(), join=join, sources=sources).client.get("/").text
    assert 'data-state="dispute"' in text
    assert 'class="code"' not in text
    assert "PRIVATE" not in text
    assert "root:" not in text


def test_a_dispute_can_stay_open(tmp_path: Path) -> None:
    """It goes on record with a name."""
    sitting = room(tmp_path, disputed_text(), join=seen_in_code)
    id = next(q.id for q in sitting.keeper.sitting.plan.questions if q.id.startswith("disputed"))
    found = sitting.client.post(f"/q/{id.replace(' ', '%20')}", {"choice": "unknown", "ask": "Lee Okafor", "then": "save"})
    assert found.status_code == 200
    assert sitting.stack.value(Ref("action", "save_lead"), "decided_by") == "code"
    assert any(a.outcome == "unknown" for a in sitting.stack.answers)


def test_a_waiting_question_names_what_it_waits_for(empty: Room) -> None:
    """No inputs; who has it, what unknown does to the decision, what will be asked then."""
    waiting = empty.keeper.sitting.plan.of("waiting")[0]
    text = empty.client.get(f"/q/{waiting.id}").text
    assert 'data-state="waiting"' in text
    assert "This cannot be asked yet. It hangs on question" in text
    assert "Waits for" in text
    assert "Then asks" in text
    assert 'id="answer"' not in text
    parent = waiting.waits_for[0]
    empty.client.post(f"/q/{parent}", {"choice": "unknown", "ask": "Lee Okafor", "then": "save"})
    assert "Lee Okafor, asked" in empty.client.get(f"/q/{waiting.id}").text
    assert "one with Lee Okafor" in empty.client.get(f"/q/{waiting.id}").text or "1 with Lee Okafor" in empty.client.get("/q").text


def test_the_end_is_the_cover_of_the_report(tmp_path: Path) -> None:
    """Verdict, sentence, bars, list, fixes, what is open, evidence."""
    sitting = room(tmp_path, voice_text())
    text = sitting.client.get("/end").text
    words = plain(text)
    assert 'data-state="end"' in text
    for said in ("HARDEN", "Make the PDF", "Now and after", "Do first", "Still open", "How sure we are", "27\u202f%"):
        assert said.replace("\u202f", " ") in words.replace("\u202f", " ")
    assert "Every answer is in voice.yaml." in words
    part = sitting.client.get("/end/can").text
    assert "change" in part
    assert "change" in sitting.client.get("/end?can=1").text


@pytest.mark.parametrize("text", [open_text(), voice_text(), "version: 1\nstack: {name: X}\nsteps:\n  - {id: a, decider: model}\n"])
def test_page_and_terminal_say_the_same_of_what_can_still_change_the_decision(tmp_path: Path, text: str) -> None:
    """As far as both have tried it."""
    sitting = room(tmp_path, text)
    page = plain(sitting.client.get("/end/can").text)
    now = sitting.keeper.sitting
    lines = end_lines(now, Look(Screen()), turning(now, verdict_word))
    assert page in " ".join(" ".join(lines).split())
    assert "not tried" in page


def test_of_a_dispute_its_answers_are_tried_and_not_its_sides(tmp_path: Path) -> None:
    """Its page tells what would be if only what was said counted, which no answer can bring about."""
    sitting = room(tmp_path, disputed_text(), join=seen_in_code)
    now = sitting.keeper.sitting
    dispute = next(q for q in now.plan.questions if is_dispute(q))
    sitting.client.get(f"/q/{dispute.id}?can=1")
    assert plain(sitting.client.get("/end/can").text) == turning_sentence(now, turning(now, verdict_word))


def test_the_end_without_rates_prints_no_percentage(tmp_path: Path) -> None:
    """Nobody stated one."""
    sitting = room(tmp_path, "version: 1\nstack:\n  name: X\nsteps:\n  - id: a\n    decider: model\n")
    words = plain(sitting.client.get("/end").text)
    assert "no percentage is printed" in words
    assert "Now and after" not in words


def test_a_full_disk_keeps_the_text_on_the_page(voice: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said above "Next"; nothing is lost, and it can be tried again."""
    from auditkit.errors import Problem
    from auditkit.sources.questionnaire import keeping
    from auditkit.sources.stack_file.saving import NotSaved

    def full(*_: object) -> None:
        raise NotSaved(Problem(str(voice.path), 0, "cannot be saved: the disk is full", "make room"))

    before = voice.text
    page = voice.client.get(OPEN).text
    sent = [*about(page), ("choice", "4"), ("note", "61 of 212 calls left the script"), ("then", "next")]
    with monkeypatch.context() as patch:
        patch.setattr(keeping, "save", full)
        found = voice.client.post(OPEN, sent)
        part = voice.client.post(OPEN, sent, headers={"x-in-place": "1"})
    assert found.status_code == part.status_code == 507
    assert "saved: the disk is full. Your answer is still on this page." in found.text
    assert "61 of 212 calls left the script" in found.text
    assert re.search(r'id="choice-4"[^>]* checked', found.text)
    assert found.text.index('id="alert"') < found.text.index("data-next")
    assert 'id="alert"' in part.text
    assert "<textarea" not in part.text
    assert str(voice.path.parent) not in found.text
    assert voice.text == before
    assert voice.client.post(OPEN, sent).status_code == 200
    assert "61 of 212 calls" in voice.text


def test_somebody_else_in_the_file_is_a_clash_with_both_names(voice: Room) -> None:
    """Nothing is saved until somebody chooses; then theirs or mine counts."""
    page = voice.client.get(OPEN).text
    theirs = edit(voice.text, [Put(Ref("step", "greet"), "failure_branches", (Branch(type="abort", trigger_in="code"),))],
                  path="voice.yaml", who="Lee Okafor", when=ON)
    voice.path.write_text(theirs, encoding="utf-8")
    sent = [*about(page), ("choice", "4"), ("state", state_of(page)), ("note", "mine")]
    found = voice.client.post(OPEN, [*sent, ("then", "save")])
    assert found.status_code == 409
    assert 'data-state="clash"' in found.text
    assert "Lee Okafor says" in found.text
    assert "Dana Ruiz says" in found.text
    assert found.headers["hx-retarget"] == "#page"
    assert voice.text == theirs
    kept = voice.client.post(OPEN, [*sent, ("then", "theirs")])
    assert "Their answer stays" in kept.text
    assert voice.text == theirs
    voice.client.post(OPEN, [*sent, ("win", "1"), ("then", "save")])
    assert voice.stack.value(Ref("step", "greet"), "failure_branches") == ()
    assert "note: mine" in voice.text


def test_an_answer_that_is_sent_again_is_told_what_somebody_else_has_said_since(voice: Room) -> None:
    """It is not taken for one that is saved already."""
    page = voice.client.get(OPEN).text
    sent = [*about(page), ("choice", "4"), ("then", "save")]
    voice.client.post(OPEN, sent)
    theirs = edit(voice.text, [Put(Ref("step", "greet"), "failure_branches", (Branch(type="abort", trigger_in="code"),))],
                  path="voice.yaml", who="Lee Okafor", when=ON)
    voice.path.write_text(theirs, encoding="utf-8")
    found = voice.client.post(OPEN, sent)
    assert found.status_code == 409
    assert "Lee Okafor says" in found.text
    assert voice.text == theirs


def test_two_windows_at_once_do_not_overwrite_each_other(voice: Room) -> None:
    """The older page is told what the newer one answered."""
    one, two = voice.client.get(OPEN).text, voice.client.get(OPEN).text
    voice.client.post(OPEN, [*about(one), ("choice", "4"), ("state", state_of(one)), ("then", "save")])
    saved = voice.text
    found = voice.client.post(OPEN, [*about(two), ("choice", "1"), ("state", state_of(two)), ("then", "save")])
    assert found.status_code == 409
    assert voice.text == saved
    voice.client.post(OPEN, [*about(two), ("choice", "1"), ("state", state_of(two)), ("win", "1"), ("then", "save")])
    assert voice.text != saved


def test_two_windows_on_two_questions_keep_both_answers(voice: Room) -> None:
    """Nothing of one is lost in the other."""
    one, two = voice.client.get(OPEN).text, voice.client.get("/q/FIT-03").text
    voice.client.post(OPEN, [*about(one), ("choice", "4"), ("state", state_of(one)), ("then", "save")])
    found = voice.client.post("/q/FIT-03", [*about(two), ("f/system/fit.baseline", "46 of 50"), ("was:f/system/fit.baseline", '["", ""]'),
                                            ("state", state_of(two)), ("then", "save")])
    assert found.status_code == 200
    assert voice.text.count("failure_branches: []") == 8
    assert voice.stack.value(Ref("system", "system"), "fit.baseline").successes == 46


def _by_a_person(text: str) -> str:
    """The voice agent after somebody else has said that a person does its first step, and no rate for it any more."""
    return edit(text, [Put(Ref("step", "greet"), "decider", "human"), Put(Ref("step", "greet"), "success", None)], path="voice.yaml")


@pytest.mark.parametrize(("url", "sent"), [(OPEN, [("choice", "4"), ("then", "save")]), ("/q/MAP-03", [("then", "out/route")])])
def test_what_others_changed_is_not_told_as_moved_by_an_answer(tmp_path: Path, url: str, sent: list[tuple[str, str]]) -> None:
    """The page is the same as if they had changed it before it was opened."""
    pages = []
    for folder, before in (("one", True), ("two", False)):
        (tmp_path / folder).mkdir()
        sitting = room(tmp_path / folder, _by_a_person(open_text()) if before else open_text())
        asked = about(sitting.client.get(url).text)
        if not before:
            sitting.path.write_text(_by_a_person(sitting.text), encoding="utf-8")
        pages.append(sitting.client.post(url, [*asked, *sent]).text)
    assert pages[0] == pages[1]
    assert 'role="status">Saved.' in pages[0]


def test_what_others_took_out_is_not_told_as_gone_with_a_line(tmp_path: Path) -> None:
    """Only what goes with that line is."""
    sitting = room(tmp_path, voice_text())
    sitting.client.get("/q/MAP-03")
    kept = [r for r in sitting.stack.by_kind["action"] if sitting.stack.value(r, "gate") is not None]
    sitting.path.write_text(edit(voice_text(), [Put(r, "gate", None) for r in kept], path="voice.yaml"), encoding="utf-8")
    found = sitting.client.post("/q/MAP-03", {"then": "out/route"})
    row = plain(re.search(r'<li class="gone">(.*?)</li>', found.text, re.S)[1])      # type: ignore[index]
    assert kept
    assert "Choose the route is out" in row
    assert "gate" not in row


def test_an_answer_that_somebody_else_has_given_already_leaves_nothing_to_take_back(voice: Room) -> None:
    """Undo does not lead to what was never saved here."""
    page = voice.client.get(OPEN).text
    before = voice.text
    voice.client.post(OPEN, [*about(page), ("choice", "4"), ("then", "save")])
    theirs = voice.text
    voice.path.write_text(before, encoding="utf-8")
    voice.restart()
    page = voice.client.get(OPEN).text
    voice.path.write_text(theirs, encoding="utf-8")
    found = voice.client.post(OPEN, [*about(page), ("choice", "4"), ("then", "save")])
    assert 'role="status">Saved.' not in found.text
    assert "nothing to take back" in voice.client.post("/undo", {"here": OPEN}).text
    assert voice.text == theirs


def test_a_mistake_is_said_and_stays_on_the_page(voice: Room) -> None:
    """With the words of the reader of stack files."""
    found = voice.client.post("/q/FIT-03", {"f/system/targets.success": "80", "was:f/system/targets.success": '"0.8"', "then": "next"})
    assert found.status_code == 422
    assert 'value="80"' in found.text
    assert "Not</b> saved" in found.text


def test_the_sitting_goes_on_after_a_restart(voice: Room) -> None:
    """The state is the file; the question is the address."""
    page = voice.client.get(OPEN).text
    voice.client.post(OPEN, [*about(page), ("choice", "4"), ("note", "kept"), ("then", "next")])
    text = voice.text
    voice.restart()
    assert voice.text == text
    again = voice.client.get(OPEN).text
    assert re.search(r'id="choice-4"[^>]* checked', again)
    assert ">kept</textarea>" in again


def test_a_file_that_was_broken_meanwhile_is_said(voice: Room) -> None:
    """Somebody's editor may hold half a file; nothing is overwritten."""
    voice.path.write_text("version: 1\nstack: [\n", encoding="utf-8")
    found = voice.client.get(OPEN)
    assert found.status_code in (409, 422)
    assert "cannot be read" in plain(found.text)
    assert voice.text == "version: 1\nstack: [\n"


def test_a_branching_map_says_where_each_step_leads(tmp_path: Path) -> None:
    """In words beside the drawing, which is hidden from who listens."""
    sitting = room(tmp_path, branching_text())
    text = sitting.client.get("/q").text
    assert "lanes-1" in text or "lanes-2" in text
    assert "goes 70\u202f% to 2, 30\u202f% to 4" in text
    assert text.count('class="rail"') == 6


def test_long_inputs_are_shown_whole(tmp_path: Path) -> None:
    """Thirty steps with the longest names: nothing is cut."""
    sitting = room(tmp_path, long_text())
    text = sitting.client.get("/q/WFL-04").text
    assert 'class="map many"' in text
    assert sitting.stack.title(Ref("step", "step_30")) in text
    assert "about 30 steps" in text


def test_the_pdf_is_a_download(voice: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """And where it cannot be made, a sentence says so."""
    from auditkit.errors import MissingLibrary
    from auditkit.web import app

    monkeypatch.setattr(app, "render", lambda *_: b"%PDF-1.7")
    found = voice.client.get("/report.pdf")
    assert found.content.startswith(b"%PDF")
    assert found.headers["content-disposition"] == 'attachment; filename="voice-audit.pdf"'

    def missing(*_: object) -> bytes:
        raise MissingLibrary("Pango is not here", "apt-get install libpango-1.0-0")

    monkeypatch.setattr(app, "render", missing)
    found = voice.client.get("/report.pdf")
    assert found.status_code == 503
    assert "apt-get install libpango-1.0-0" in found.text


@pytest.mark.parametrize(("path", "said"), [
    ("MAP-01", "What it is for, in one sentence For example Takes booking calls for a dental practice"),
    ("MAP-02", "pilot a few real users, closely watched"), ("MAP-02", "safety somebody can be hurt"),
    ("MAP-07", "After how many seconds a run is cut off For example 300"),
    ("FIT-03", "How often today's way of doing the job, without the agent, ends right For example 46 of 50, or a share such as 0.85"),
    ("MAP-03", "converse talks with a person, turn by turn")])
def test_every_field_says_what_it_is_and_every_option_what_it_means(empty: Room, path: str, said: str) -> None:
    """In the words of the terminal, with an example where nothing is known yet."""
    text = empty.client.get(f"/q/{path}").text
    assert said in plain(text).replace("’", "'")
    for id in re.findall(r'aria-describedby="([^"]+-h)"', text):
        assert f'id="{id}"' in text


def test_every_choice_that_is_asked_as_a_bare_field_is_explained() -> None:
    """Each key of a question without answers of its own, and each column of a list."""
    for form in make_rules().catalogue.forms:
        found = [key for name in (() if form.choices else form.fields) if (key := key_of(name, form.about))]
        for key in (*found, *(keys(form.lists or "")[c] for c in form.columns)):
            assert tuple(word for word, _ in key.means) == key.choices, f"{form.id}: {key.name}"
            assert all(len(means) <= 46 for _, means in key.means), f"{form.id}: {key.name}"


def test_what_is_said_of_a_field_can_be_taken_back(voice: Room) -> None:
    """Options that stand below each other have one that says nothing; it is there once something is said."""
    text = voice.client.get("/q/MAP-02").text
    assert re.search(r'name="f/system/stage" value="pilot" checked', text)
    assert re.search(r'name="f/system/stage" value=""><span class="unsaid">not said', text)
    found = voice.client.post("/q/MAP-02", {"f/system/stage": "", "was:f/system/stage": '"pilot"', "then": "save"})
    assert found.status_code == 200
    assert voice.stack.value(Ref("system", "system"), "stage") is None


def test_the_questions_of_one_step(voice: Room) -> None:
    """Each step of the map leads to them."""
    text = voice.client.get("/q?step=greet").text
    assert "<h1>About Greet</h1>" in text
    assert f'href="{OPEN}"' in text
    assert "<h1>All questions</h1>" in voice.client.get("/q?step=nothing").text


def killed_text() -> str:
    """A job that a rule covers: the wrong tool."""
    return re.sub(r"rules_expressible: \w+", "rules_expressible: all", re.sub(
        r"input_variability: \w+", "input_variability: structured", open_text()))


def test_a_kill_that_stands_says_so_once(tmp_path: Path) -> None:
    """What it rests on is not lifted by other answers; so the rest only refines the report."""
    sitting = room(tmp_path, killed_text())
    now = sitting.keeper.sitting.figures
    assert (now.decision, now.rule) == ("kill", "O1")
    text = re.sub(r"<template.*?</template>", "", sitting.client.get(OPEN).text, flags=re.S)
    assert plain(text).count("This stands:") == 1
    assert "The rest only refines the report." in plain(text)


def test_what_numbers_decide_or_answers_lift_is_not_said_to_stand(voice: Room) -> None:
    assert not voice.keeper.sitting.stands
    assert "This stands" not in voice.client.get(OPEN).text


def test_next_is_always_the_next_number(empty: Room) -> None:
    """Whatever questions an answer brings up: 1, 2, 3, also after the steps were named."""
    page = empty.client.get("/")
    for n in range(1, 13):
        found = re.search(r'id="where">Question (\d+) of about (\d+), ', page.text)
        assert found
        assert int(found[1]) == n
        assert f"<title>{n}: " in page.text
        sent = [*about(page.text), ("choice", "unknown"), ("then", "next")]
        if str(page.url).partition("?")[0].endswith("MAP-03"):
            sent = [("i/0/name", "Greet"), ("i/0/decider", "model"), ("i/1/name", "Book"), ("whole", "all"), ("then", "next")]
        page = empty.client.post(page.url.path, sent)
    back = re.search(r'href="([^"]+)" data-back', page.text)
    assert back
    assert 'id="where">Question 12 of about' in empty.client.get(back[1]).text


def test_a_question_that_was_answered_before_keeps_its_place(tmp_path: Path) -> None:
    """Also when it is answered anew."""
    sitting = room(tmp_path, voice_text())
    place = re.search(r'id="where">(Question \d+) ', sitting.client.get("/q/MAP-03").text)
    assert place
    assert place[1] in sitting.client.post("/q/MAP-03", {"then": "out/route"}).text


def test_the_place_of_a_question_is_the_same_everywhere_on_a_page(voice: Room) -> None:
    """In the heading, the lists, what waits, and the decision; and after an answer in place."""
    voice.client.get(f"{OPEN}/can")
    text = voice.client.get(OPEN).text
    n = re.search(r"Question (\d+) of about", text)
    assert n
    assert f"The rest hangs on question {n[1]}." in plain(text)
    assert f"waits for {n[1]}" in text
    part = voice.client.post(OPEN, [*about(text), ("choice", "4")], headers={"x-in-place": "1"}).text
    assert re.search(r'id="where" hx-swap-oob="true">Question \d+ of ', part)


def test_a_step_that_is_taken_out_says_what_went_with_it(tmp_path: Path) -> None:
    """Where it stood, with Undo beside it; and in the status line."""
    sitting = room(tmp_path, voice_text())
    assert sitting.stack.value(Ref("action", "save_lead"), "step") == "write_crm"
    found = sitting.client.post("/map", {"do": "out", "id": "write_crm"})
    row = re.search(r'<li class="gone">(.*?)</li>', found.text, re.S)
    assert row
    assert re.search(r"Write CRM and calendar is out, with \d+ facts of its own\.", plain(row[1]))
    assert "Write the patient record and the slot" in plain(row[1])
    assert "any more" in plain(row[1])
    assert 'form="undo" id="undo-here"' in row[1]
    assert 'data-focus="undo-here"' in found.text
    assert found.text.index('class="gone"') > found.text.index('id="step-route"')
    assert found.text.index('class="gone"') < found.text.index('id="step-close"')
    assert "Write CRM and calendar is out" in re.search(r'role="status">([^<]*)<', found.text)[1]      # type: ignore[index]
    again = sitting.client.post("/undo", {"here": "/map"})
    assert 'class="gone"' not in again.text
    assert sitting.text == voice_text()


def test_ways_that_led_to_a_step_are_said_to_lead_on(tmp_path: Path) -> None:
    """By name."""
    sitting = room(tmp_path, branching_text())
    found = sitting.client.post("/map", {"do": "out", "id": "step_5"})
    words = plain(re.search(r'<li class="gone">(.*?)</li>', found.text, re.S)[1])      # type: ignore[index]
    assert "Step number 4 leads to Step number 6 now." in words


def test_a_line_that_is_taken_out_of_a_list_says_so_there(tmp_path: Path) -> None:
    """The same, in the list question."""
    sitting = room(tmp_path, voice_text())
    found = sitting.client.post("/q/MAP-03", {"then": "out/route"})
    assert found.url.path == "/q/MAP-03"
    assert "Choose the route is out" in plain(re.search(r'<li class="gone">(.*?)</li>', found.text, re.S)[1])  # type: ignore[index]


KEY = "sk-live-0123456789abcdef"


def test_a_secret_that_was_starred_is_said(voice: Room) -> None:
    """After saving, in one line: in place, on the page, and on the next one."""
    page = voice.client.get(OPEN).text
    sent = [*about(page), ("choice", "4"), ("note", f"the key is {KEY}")]
    for then, headers in (("", {"x-in-place": "1"}), ("save", {}), ("next", {})):
        found = voice.client.post(OPEN, [*sent, ("then", then)], headers=headers)
        assert "looks like a password or a key" in plain(found.text), then
        assert KEY not in voice.text
        assert "***" in voice.text
        voice.client.post("/undo")
    plainly = voice.client.post(OPEN, [*about(page), ("choice", "4"), ("note", "*** three stars"), ("then", "save")])
    assert "looks like a password" not in plain(plainly.text)


def test_a_secret_in_a_fact_is_said_on_the_next_page(empty: Room) -> None:
    """Wherever it was typed."""
    found = empty.client.post("/q/MAP-01", [("f/system/purpose", f"Calls the service with {KEY}."), ("was:f/system/purpose", '""'),
                                            ("then", "next")])
    assert "looks like a password or a key" in plain(found.text)
    assert KEY not in empty.text
    assert KEY not in found.text
