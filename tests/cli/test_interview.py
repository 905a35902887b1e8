"""`auditkit interview`: what must not be taken for an answer, the screens, and what is left when something goes wrong."""

from __future__ import annotations

import errno
import io
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from auditkit import shipped
from auditkit.checklist.checks import Checklist
from auditkit.checklist.load import load_checklist
from auditkit.cli import run
from auditkit.cli.talk.console import Console
from auditkit.cli.talk.facts import fact_lines
from auditkit.cli.talk.look import Look
from auditkit.cli.talk.screen import end_lines
from auditkit.cli.talk.words import Wrong, addressed, choices_each, clean, item, numbers, typed
from auditkit.formats.terminal import Screen
from auditkit.model.facts import THE_SYSTEM, Ref
from auditkit.model.keys import keys
from auditkit.sources.questionnaire.asks import ASKS
from auditkit.sources.questionnaire.every import questions_for
from auditkit.sources.questionnaire.forms import Catalogue, key_of
from auditkit.sources.questionnaire.order import Plan
from auditkit.sources.questionnaire.replies import REASONS
from auditkit.sources.questionnaire.sitting import Sitting
from auditkit.sources.stack_file import read_stack, saving, stack_from_text
from auditkit.sources.stack_file.editing import Put, edit
from auditkit.syntax.documents import parse
from tests.cli.conftest import Ran

DAY = ["--on", "2026-11-20", "--by", "Mia Tran"]
SMALL = """\
version: 1
# three steps, and what is known of them

stack: {name: Desk, impact: moderate, stage: pilot, users: customers, channel: voice, said_by: Dana Ruiz}

steps:   # as callers meet them
  - {id: greet, name: Greet, kind: write_text, decider: model, rule_known: no, success: 0.9, validation: {kind: none}}
  - {id: route, name: Choose the route, kind: decide, decider: model, rule_known: no, success: 0.85, validation: {kind: none}}
  - {id: book, name: Book, kind: write, decider: model, rule_known: no, success: 0.85, validation: {kind: none}, next: end}

actions:
  - {id: save, name: Save it, step: book, effect: write, integration: none, decided_by: model, policy_check: none}
"""

Sit = Callable[..., Ran]


@cache
def _read() -> tuple[Checklist, Catalogue]:
    checklist = load_checklist()
    return checklist, questions_for(checklist)


@pytest.fixture
def sit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Sit:
    """Holds a sitting on `s.yaml` in an empty folder; lines are typed into a pipe."""
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(SMALL, encoding="utf-8")

    monkeypatch.setattr("auditkit.cli.interview.lensed", lambda _name, _lens: _read()[0])      # read once for all tests
    monkeypatch.setattr("auditkit.cli.interview.questions_for", lambda _checklist: _read()[1])

    def command(*lines: str, args: tuple[str, ...] = ("s.yaml", *DAY), options: bool = False) -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        if not options:
            monkeypatch.setattr(Sitting, "options", lambda self, question: ())
        capsys.readouterr()
        code = run(["interview", *args])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return command


def text() -> str:
    return Path("s.yaml").read_text(encoding="utf-8")


# What must not match ---------------------------------------------------------------------------------------

NO_ANSWERS = ["", " ", "9", "0", "00000000000000000000009", "-1", "1.5", "１", "1;2", "1 2", "yes", "maybe", "None", "e 1 2", "e 9 9 9",
              "e 1 2 3 4", "n 9", "n x y", "jump 999", "jump nowhere", "jump", "evidence", "evidence ../../etc/passwd", "evidence nothing.txt",
              "\x1b[31m1", "1\x00", "\x9b2J", "\u202e1", "x" * 5000, "if 99", "undo", "ask", "failure_branches: [{", "absorbed: x",
              "failure_branches: {type: nonsense}", "note " + "y" * 700]


def test_nothing_but_an_answer_is_taken_for_one(sit: Sit) -> None:
    ran = sit("jump BRN-01", *NO_ANSWERS, "quit")
    assert (ran.code, ran.err) == (0, "")
    assert text() == SMALL
    assert "\x1b" not in ran.out
    assert "Saved       s.yaml" not in ran.out
    prompts = re.findall(r"(?m)^([0-9]+)> ", ran.out)
    assert len(set(prompts[1:])) == 1, "every line was answered, and the same question stands"
    assert max(map(len, re.sub(r"(?m)^[0-9]+> .*$", "", ran.out).splitlines())) <= 80


def test_an_empty_line_is_no_answer_and_shows_the_short_form(sit: Sit) -> None:
    out = sit("jump BRN-01", "", "quit").out
    assert re.search(r"(?m)^[0-9]+  Ways out: 1 to 5, e, x, d, n, or \? for help$", out)


@pytest.mark.parametrize("line", ["\x1b[2J", "a\x07b", "\x9b1m", "\u2066x", "\ud800", "z" * 4001])
def test_what_no_person_types_is_refused(line: str) -> None:
    with pytest.raises(Wrong):
        clean(line)


HOSTILE = ["{id}", "- x: y # z", "end", "'; rm -rf ~; '", '"a, b"', "&a *b !c", "<<: x", "yes", "null", "~", "été 漢字 🎉",
           "${HOME} `id` $(id)", "<script>alert(1)</script>", "../../etc/passwd", "n" * 120]


def test_hostile_names_stay_names(sit: Sit) -> None:
    Path("s.yaml").unlink()
    ran = sit("jump MAP-03", *HOSTILE, "n" * 121, "\x1b[2Jx", "", "", "", "y", "quit")
    assert ran.code == 0
    stack = read_stack("s.yaml")
    assert [stack.value(r, "name") for r in stack.by_kind["step"]] == [h.strip('"') if h.startswith('"') else h for h in HOSTILE]
    assert "\x1b" not in ran.out


def test_a_name_that_cannot_stand_for_a_person_is_asked_again(sit: Sit) -> None:
    Path("s.yaml").unlink()
    ran = sit("x" * 130, "Dana\x1b[1m", "Dana Ruiz", "quit", args=("s.yaml", "--on", "2026-11-20"))
    assert ran.code == 0
    assert ran.out.count("Who answers?") == 3


# Words -----------------------------------------------------------------------------------------------------

STACK = stack_from_text(SMALL, "s.yaml")
STEPS = STACK.by_kind["step"]


@pytest.mark.parametrize(("line", "numeric", "wanted"), [
    ("model", False, {"greet": "model", "route": "model", "book": "model"}),
    ("model, code, human", False, {"greet": "model", "route": "code", "book": "human"}),
    ("1-2 model, 3 code", False, {"greet": "model", "route": "model", "book": "code"}),
    ("1-2: .85, 3: .9", True, {"greet": ".85", "route": ".85", "book": ".9"}),
    (".85 - 90%", True, {"greet": ".85", "book": "90%"}),
    ("171 of 200", True, {"greet": "171 of 200", "route": "171 of 200", "book": "171 of 200"}),
    ("171 of 200, -, 3/4", True, {"greet": "171 of 200", "book": "3/4"}),
    ("route: code", False, {"route": "code"}),
    ("Choose the route: code, book=human", False, {"route": "code", "book": "human"}),
    ("[a, b], [], -", False, {"greet": "[a, b]", "route": "[]"}),
    ('"a, b", c, d', False, {"greet": '"a, b"', "route": "c", "book": "d"}),
    ("-", False, {}),
])
def test_one_line_for_several_things(line: str, numeric: bool, wanted: dict[str, str]) -> None:
    assert {r.id: v for r, v in addressed(line, STEPS, STACK, numeric=numeric).items()} == wanted


@pytest.mark.parametrize("line", ["", ",", "a, b", "a, b, c, d", "1-9 model, 2 code", "4: x, 1: y", "3-1: x, 1: y"])
def test_a_line_that_does_not_fit_several_things_is_refused(line: str) -> None:
    with pytest.raises(Wrong):
        addressed(line, STEPS, STACK)


@pytest.mark.parametrize(("line", "wanted"), [
    ("caller, intent", {"greet": "caller, intent", "route": "caller, intent", "book": "caller, intent"}),
    ("1: a, b; 2: c", {"greet": "a, b", "route": "c"}),
    ("1-2: a, b; book: c", {"greet": "a, b", "route": "a, b", "book": "c"}),
    ("1: a, 3: b", {"greet": "a", "book": "b"}),
    ("[a, b], [c], -", {"greet": "[a, b]", "route": "[c]"}),
    ("2 rooms, intent", dict.fromkeys(("greet", "route", "book"), "2 rooms, intent")),
])
def test_a_list_is_one_value_for_all(line: str, wanted: dict[str, str]) -> None:
    assert {r.id: v for r, v in addressed(line, STEPS, STACK, words=True, many=True).items()} == wanted


@pytest.mark.parametrize("line", ["", "1: a, b, 2: c", "a, b; c", "[a], [b]"])
def test_a_list_that_is_not_clear_is_refused(line: str) -> None:
    with pytest.raises(Wrong):
        addressed(line, STEPS, STACK, words=True, many=True)


def test_numbers_may_begin_a_text_and_hold_commas() -> None:
    assert set(addressed("2 rings at most", STEPS, STACK, words=True).values()) == {"2 rings at most"}
    assert set(addressed("1,900 of 2,000", STEPS, STACK, numeric=True).values()) == {"1900 of 2000"}
    assert list(addressed("1,900 of 2,000, 3/4, -", STEPS, STACK, numeric=True).values()) == ["1900 of 2000", "3/4"]


def test_in_a_list_a_sentence_is_no_command() -> None:
    lines = ("Ask the customer for the order number, converse, model", "ask for the name", "note the number", "if it rains", "jump a queue",
             "evidence, read", "e mail")
    assert [typed(w, listing=True).command for w in lines] == [""] * len(lines)
    assert [typed(w, listing=True).command for w in ("ask Lee Okafor", "if 1 2", "jump 22", "note as said", "quit", "no")] == [
        "ask", "if", "jump", "note", "quit", ""]
    assert typed("no").command == ""


TOPICS = [t.title for t in _read()[1].topics]


def test_a_jump_to_a_topic_is_no_item_whatever_word_it_begins_with() -> None:
    lines = ("jump a queue", "jump what the customer asks", "ask What it remembers", "jump What it remembers, write", "note what it calls")
    assert [typed(w, listing=True, topics=TOPICS).command for w in lines] == [""] * len(lines)
    assert [typed(f"jump {t}", listing=True, topics=TOPICS).command for t in TOPICS] == ["jump"] * len(TOPICS)
    assert typed("jump what it rem", listing=True, topics=TOPICS).command == "jump"


@pytest.mark.parametrize("at", ["MAP-40", "MAP-01"])
def test_a_jump_to_a_topic_leads_there_from_a_list_and_from_a_text(sit: Sit, at: str) -> None:
    before = text()
    out = sit(f"jump {at}", "jump What it calls and reads", "quit").out
    assert text() == before
    assert "Saved       s.yaml" not in out
    assert "\nWhat it calls and reads\n" in out.rpartition("jump What it calls and reads\n")[2]


def test_commands_may_be_shortened_and_answers_are_no_commands() -> None:
    assert [typed(w).command for w in ("next", "NEXT", "ne", "q", "?", "und", "jump 3", "d", "d Lee", "e 1 2")] == [
        "next", "next", "next", "quit", "?", "undo", "jump", "d", "d", "e"]
    assert [typed(w).command for w in ("n", "nope", "show me", "next one", "s", "3", "x", "quit now")] == ["n", "", "", "", "", "", "x", ""]


def test_items_have_a_name_and_columns() -> None:
    assert item('"Take name, and phone", write text', ("kind", "decider")).name == "Take name, and phone"
    assert item("Greet, write text, model", ("kind", "decider")).values == ("write text", "model")
    for bad in ("", ", x", "a, b, c, d", "n" * 121):
        with pytest.raises(Wrong):
            item(bad, ("kind", "decider"))
    with pytest.raises(Wrong):
        numbers("1 9", 3)


def test_each_takes_one_number_for_each() -> None:
    form = next(q.form for q in _sitting().plan.questions if q.id == "BRN-01")
    assert choices_each("1 - 5", form, STEPS, STACK) == {"greet": 0, "book": 4}
    assert choices_each("1-2: 4, 3: 5", form, STEPS, STACK) == {"greet": 3, "route": 3, "book": 4}
    for bad in ("1 2", "1 2 9", "- - -", "a b c", "9: 1"):
        with pytest.raises(Wrong):
            choices_each(bad, form, STEPS, STACK)


def _sitting() -> Sitting:
    from datetime import date

    from auditkit.cli.interview import _rules

    return Sitting.begin(_rules(Path("s.yaml"), None, "reliability", "standard", date(2026, 11, 20), None), SMALL)


# The screens -----------------------------------------------------------------------------------------------

SCREEN = """\
Ways out    NN  When it cannot go on with confidence, is there a way out?

Why         A decision with no way out is a guess. People get the guess as an
            answer, and nobody notices.
About       1 Greet, 2 Choose the route, 3 Book
Can move    ends right 65-76%, unnoticed 14-35%, BRN-01, BRN-02 and 4 more
            (critical)

         1  It asks again, twice at most                                    pass
            A test in code sees that something is missing, and it asks again,
            twice at most.
         2  A person takes over                                             pass
            A test in code hands the case to a person.
         3  Something simpler takes over                                    pass
            A test in code falls back on something simpler.
         4  The prompt tells it to ask                                   partial
            A sentence in the prompt tells it to ask when it is unsure. No code
            makes it.
         5  There is none                                                   fail
            It goes on with its best guess.
         x  Exact facts
         d  I don't know      n  Does not apply      e  Each on its own

next  back  skip  jump  why  note  undo  show  if  quit               ? for help
NN> 5
Saved       s.yaml
Moved       unnoticed 14-35% -> 35% [8-66]
            ends right 65-76% -> 65% [34-92]      caught 0-21% -> 0% [0-0]
            Three critical checks fail, before it was 2. Seven critical checks
            are not known, before it was 8. Still HARDEN.
"""


def test_a_question_and_what_its_answer_moves(sit: Sit) -> None:
    out = sit("jump BRN-01", "5", "quit", options=True).out
    shown = out[out.rindex("Ways out    "):]
    number = re.findall(r"(?m)^([0-9]+)> 5$", out)[0]
    assert shown.startswith(SCREEN.replace("NN", number))
    assert re.search(r"Saved       [0-9]+ of [0-9]+ answered\. Go on with: auditkit interview s\.yaml\n$", out)
    assert "failure_branches: []" in text()


def test_the_clock_stands_beside_what_was_saved_unless_the_day_is_given(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditkit.cli.interview.wall_clock", lambda: "14:32")
    assert "Saved       s.yaml, 14:32\n" in sit("jump BRN-01", "5", "quit", args=("s.yaml", "--by", "Mia")).out
    assert "Saved       s.yaml\n" in sit("jump BRN-01", "5", "quit").out


def test_what_if_shows_the_outcome_and_saves_only_when_told(sit: Sit) -> None:
    sit("jump BRN-01", "5", "quit")
    before = text()
    out = sit("if", "1", "n", "quit").out
    assert "What if     1  " in out
    assert "If so       " in out
    assert "Nothing is saved. Add to the plan? [y/N] n" in out
    assert text() == before
    assert "plan:" in (sit("if 1", "y", "quit") and text())


def test_show_prints_the_map_and_the_decision(sit: Sit) -> None:
    out = sit("show", "quit").out
    assert re.search(r"Map +1  Greet +model", out)
    assert "\nNot known   " in out


def test_why_and_help(sit: Sit) -> None:
    out = sit("jump BRN-01", "why", "?", "quit").out
    assert "Decides     BRN-01 (critical): " in out
    assert all(f" {name} " in out for name in ("evidence", "undo", "back", "ask"))


# Answers ---------------------------------------------------------------------------------------------------

def test_what_one_types_is_what_the_file_says(sit: Sit) -> None:
    Path("proof.txt").write_text("it", encoding="utf-8")
    ran = sit("jump BRN-01", "note the team said so", "evidence proof.txt 2026-11-01", "e 5 4 -", "jump GRD-03", "ask Lee Okafor",
              "jump WFL-04", "x", "yes, no, -", '"a, b", -, -', ".", "jump FIT-01", "n 3 not ours", "quit")
    assert ran.code == 0, ran.out
    stack = read_stack("s.yaml")
    assert stack.value(Ref("step", "greet"), "failure_branches") == ()
    assert stack.value(Ref("step", "route"), "failure_branches")[0].trigger_in == "prompt"
    assert stack.known(Ref("step", "book"), "failure_branches") is None
    assert (stack.value(Ref("step", "greet"), "rule_known"), stack.value(Ref("step", "greet"), "rule")) == (True, "a, b")
    records = {(a.check, a.component): a for a in stack.answers}
    assert records["BRN-01", None].note == "the team said so"
    assert records["BRN-01", None].evidence == stack.evidence[0].id
    assert stack.evidence[0].sha256 is not None
    assert records["GRD-03", "greet"].ask == "Lee Okafor"
    assert records["FIT-01", None].reason == REASONS[2]
    assert "# three steps, and what is known of them" in text()
    assert "steps:   # as callers meet them" in text()


def test_a_list_is_added_to_and_put_in_order(sit: Sit) -> None:
    sit("jump MAP-40", "Calendar, api, both", "CRM", "Telephone", "rename 3 Telephone line", "remove 1", "move 2 after 0", "remove 9",
        "", "1: telephony, 2: api", "write", "minimum", "y", "quit")
    stack = read_stack("s.yaml")
    refs = stack.by_kind["integration"]
    assert [stack.title(r) for r in refs] == ["Telephone line", "CRM"]
    assert [stack.value(r, "kind") for r in refs] == ["telephony", "api"]
    assert "integrations" in stack.complete


def test_a_thing_that_an_answer_names_can_be_added(sit: Sit) -> None:
    out = sit("jump MAP-10", "Send it, Book, message, Mail server", "y", "Other, Nowhere", "quit").out
    stack = read_stack("s.yaml")
    assert stack.value(Ref("action", "send_it"), "integration") == "mail_server"
    assert "integrations" not in stack.complete
    assert "No step is called 'Nowhere'" in out


@pytest.mark.parametrize(("line", "said"), [
    ("none", "type 0"), ("no", "type 0"), ("Nothing.", "type 0"), ("I don't know", "type d"), ("unknown", "type d"), ("12", "type a NAME"),
    (".", "type 0"), ("yes", "one a line; type 0"), ("what is that?", "why, or ? for help"), ("n", "type 0"),
])
def test_what_is_no_item_never_becomes_one(sit: Sit, line: str, said: str) -> None:
    out = sit("jump MAP-40", line, "quit").out
    assert said.lower() in " ".join(out.rpartition(f"> {line}\n")[2].split("Saved")[0].split()).lower()
    assert text() == SMALL


def test_a_sentence_with_commas_becomes_a_step(sit: Sit) -> None:
    sit("jump MAP-03", "Ask the customer for the order number, converse, model", "quit")
    stack = read_stack("s.yaml")
    assert stack.title(stack.by_kind["step"][-1]) == "Ask the customer for the order number"


def test_at_a_key_there_is_help_and_a_way_out(sit: Sit) -> None:
    out = sit("jump BRN-01", "x", "?", "d", ".", "e", "?", "", "?", "d", ".", "quit").out
    assert out.count("Its ways out when it is not sure") == 2
    assert "1 It asks again, twice at most; 2 A person takes over" in " ".join(out.split())
    assert text() == SMALL
    ran = sit("jump MAP-40", "CRM", "", "?", ".", "n", "jump MAP-40", "", "quit")
    assert (ran.code, ran.out.count("kind> "), ran.out.count("direction> ")) == (0, 3, 0)


def test_a_fact_stays_on_its_question_while_others_are_missing(sit: Sit) -> None:
    form = next(q.form for q in _sitting().plan.of("open") if q.form.about == "system" and len(q.form.needs) > 1 and "purpose" in q.form.needs)
    out = sit(f"jump {form.id}", "purpose: to book", "quit").out
    assert out.count(form.ask) == 2, "shown at the begin, and where it was jumped to"
    assert out.index("purpose> purpose: to book") < out.index("scope in> quit")


@pytest.mark.parametrize(("line", "said"), [
    ("evidence s.yaml 2027-13-45", "'2027-13-45' is no date"), ("evidence ftp://host/file", "a link begins with https://"),
])
def test_evidence_names_what_is_wrong(sit: Sit, line: str, said: str) -> None:
    assert said in sit("jump BRN-01", line, "quit").out.replace("A link", "a link")


def test_none_is_an_answer_of_its_own(sit: Sit) -> None:
    sit("jump MAP-43", "", "0", "quit")
    assert "knowledge: []" in text()


def test_undo_back_skip_and_next(sit: Sit) -> None:
    out = sit("jump BRN-01", "5", "undo", "quit").out
    assert "Taken back  s.yaml" in out
    assert text() == SMALL
    out = sit("next", "back", "skip", "next", "quit").out
    numbers_ = re.findall(r"(?m)^.{12}([0-9]+)  [A-Z]", out)
    assert numbers_[0] == numbers_[2] != numbers_[1]
    assert text() == SMALL


def test_an_answer_can_be_given_again(sit: Sit) -> None:
    out = sit("jump BRN-01", "5", "jump BRN-01", "4", "quit").out
    assert "Answer now  5 There is none" in out
    assert "trigger_in: prompt" in text()


def test_quick_is_provisional(sit: Sit) -> None:
    out = sit("quit", args=("s.yaml", *DAY, "--quick")).out
    assert "Provisional: " in out
    assert "Go on with: auditkit interview s.yaml --quick" in " ".join(out.split())


def test_the_end_of_a_quick_sitting_says_what_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = _sitting()
    open_ = quick.plan.of("open", "waiting", "unknown")
    left = Plan(tuple(q for q in quick.plan.questions if q not in open_), open_)
    monkeypatch.setattr(Sitting, "plan", left)
    monkeypatch.delitem(vars(quick), "plan", raising=False)
    said = " ".join(" ".join(end_lines(quick, Look(Screen(), provisional=True), None)).split())
    assert f"Open {len(open_)} questions that a quick sitting does not ask" in said
    assert "every question is answered" not in said


def test_what_is_no_regular_file_is_refused(sit: Sit) -> None:
    os.mkfifo("pipe.yaml")
    ran = sit(args=("pipe.yaml", *DAY))
    assert (ran.code, "is no regular file" in ran.err) == (2, True)


# Facts, one at a time --------------------------------------------------------------------------------------

def shown(out: str) -> list[str]:
    """The numbers of the questions that were shown."""
    return re.findall(r"(?m)^.{12}([0-9]+)  [A-Z]", out)


def fresh() -> None:
    Path("s.yaml").unlink()


def test_a_question_of_facts_alone_asks_them_at_once(sit: Sit) -> None:
    fresh()
    out = sit("It books calls", "book, reschedule", "", "", "", "quit").out
    assert "no answer here" not in out
    stack = read_stack("s.yaml")
    assert stack.value(THE_SYSTEM, "purpose") == "It books calls"
    assert stack.value(THE_SYSTEM, "fit.scope_in") == ("book", "reschedule")
    assert stack.value(THE_SYSTEM, "fit.scope_out") is None
    assert "Still open  scope out. It comes back at the end" in out


def test_typing_x_where_facts_are_asked_already_does_no_harm(sit: Sit) -> None:
    fresh()
    out = sit("x", "It books calls", "x", "quit").out
    assert read_stack("s.yaml").value(THE_SYSTEM, "purpose") == "It books calls"
    assert out.count("1 of 5 ") == 2
    assert out.count("2 of 5 ") == 2


@pytest.mark.parametrize("line", ["next", "skip", "jump MAP-03", "d", "ask Lee Okafor", "n 3 it is a trial"])
def test_a_command_at_a_fact_leads_on(sit: Sit, line: str) -> None:
    fresh()
    out = sit(line, "quit").out
    assert len(set(shown(out))) == 2
    assert f"purpose> {line}" in out


@pytest.mark.parametrize("line", ["why", "note as Dana said", "show", "?", "if"])
def test_a_command_that_only_looks_leaves_the_fact_asked(sit: Sit, line: str) -> None:
    fresh()
    out = sit(line, "It books calls", "quit").out
    assert read_stack("s.yaml").value(THE_SYSTEM, "purpose") == "It books calls"
    assert len(shown(out)) == 1


def test_who_knows_no_more_keeps_what_was_said(sit: Sit) -> None:
    fresh()
    out = sit("It books calls", "d", "quit").out
    assert "Not known   scope in and scope out. What you said before is kept." in out
    assert out.count("Saved       s.yaml") == 1
    stack = read_stack("s.yaml")
    assert stack.value(THE_SYSTEM, "purpose") == "It books calls"
    assert [(a.check, a.outcome) for a in stack.answers] == [("MAP-01", "unknown")]


def test_a_note_behind_the_last_fact_is_kept_and_one_without_a_fact_is_said_to_be_lost(sit: Sit) -> None:
    fresh()
    sit("It books calls", "note as Dana said", ".", "quit")
    assert read_stack("s.yaml").answers[0].note == "as Dana said"
    fresh()
    assert "there is none: it is not saved" in sit("note as Dana said", ".", "quit").out


def test_undo_and_back_at_a_fact_go_to_the_fact_before(sit: Sit) -> None:
    fresh()
    sit("It books cals", "back", "It books calls", "book", "undo", "reschedule", "quit")
    stack = read_stack("s.yaml")
    assert stack.value(THE_SYSTEM, "purpose") == "It books calls"
    assert stack.value(THE_SYSTEM, "fit.scope_in") == ("reschedule",)


def test_a_text_that_begins_like_a_command_is_a_fact(sit: Sit) -> None:
    fresh()
    sit("Note what callers want, and book it", "show rooms, if one is free", "Back office work", "quit")
    stack = read_stack("s.yaml")
    assert stack.value(THE_SYSTEM, "purpose") == "Note what callers want, and book it"
    assert stack.value(THE_SYSTEM, "fit.scope_in") == ("show rooms", "if one is free")
    assert stack.value(THE_SYSTEM, "fit.scope_out") == ("Back office work",)


def test_the_values_of_a_fact_are_explained_and_numbered(sit: Sit) -> None:
    fresh()
    out = sit("jump MAP-02", "2", "7", "customers", "quit").out
    assert "\n         2  pilot        a few real users, closely watched\n" in out
    assert "Type numbers from 1 to 4" in out
    stack = read_stack("s.yaml")
    assert (stack.value(THE_SYSTEM, "stage"), stack.value(THE_SYSTEM, "users")) == ("pilot", "customers")


def test_n_at_a_fact_of_yes_and_no_is_asked_again(sit: Sit) -> None:
    fresh()
    out = sit("jump FIT-03", "n", "no", "quit").out
    assert "type no, or n/a where the question does not apply" in " ".join(out.split())
    assert read_stack("s.yaml").value(THE_SYSTEM, "fit.outcome_checkable") is False


def test_every_choice_that_no_answer_explains_has_plain_words() -> None:
    for form in _read()[1].forms:
        names_ = form.columns if form.lists else form.fields if not form.choices else ()
        for key in (key_of(name, form.lists or form.about) for name in names_):
            if key is not None and key.form == "choice":
                assert tuple(word for word, _ in key.means) == key.choices, (form.id, key.name)
    for kind, name in ASKS:
        assert name in keys(kind)


def test_every_fact_fits_the_screen() -> None:
    for form in _read()[1].forms:
        for name in (*form.fields, *form.columns):
            lines = list(fact_lines("12 of 12", key_of(name, form.lists or form.about), Look(Screen()), optional=True, numbered=True))
            assert lines
            assert max(map(len, lines)) <= 80


def test_within_a_question_with_choices_one_comes_back_to_them(sit: Sit) -> None:
    out = sit("jump BRN-01", "x", "back", "x", "why", "next", "quit").out
    assert len(re.findall(r"(?m)^[0-9]+> x$", out)) == 2
    assert "failure branches> why\nWhy " in out
    assert text() == SMALL


def test_what_comes_back_asks_only_what_is_needed(sit: Sit) -> None:
    fresh()
    out = sit("It books calls", "", "legal advice", ".", *["next"] * 30, "book", "quit").out
    assert "Only questions that were passed over are left." in out
    again = out.rpartition("What does it do, and what is it not for?")[2]
    assert "scope in> " in again
    assert "owner> " not in again


def test_whether_a_list_is_whole_can_be_left_and_not_known(sit: Sit) -> None:
    sit("jump MAP-43", "FAQ", "", ".", "perhaps", "d", "quit")
    assert "knowledge" not in read_stack("s.yaml").complete
    assert "Go on with" in sit("jump MAP-40", "CRM", "", ".", "quit").out


def test_a_question_that_is_not_asked_now_is_said_to_be_so(sit: Sit) -> None:
    assert "ACT-05 is not asked now" in sit("jump ACT-05", "quit").out


# What is said at the moment --------------------------------------------------------------------------------

KEY = "sk-live-4f9a8b7c6d5e4f3a2b1c"


@pytest.mark.parametrize("lines", [(f"It books calls with {KEY}",), (f"note the key is {KEY}", "It books calls"),
                                   ("jump MAP-40", f"CRM {KEY}"), ("jump MAP-40", "CRM", f"rename 1 {KEY}")])
def test_a_secret_is_said_to_be_stored_starred(sit: Sit, lines: tuple[str, ...]) -> None:
    fresh()
    out = sit(*lines, "quit").out
    assert " ".join(out.split()).count("That looks like a secret: it is stored as ****. Take the secret out of use if it was real.") == 1
    assert KEY.partition("live-")[2] not in text()


def test_a_secret_in_a_sheet_is_said_as_well(sit: Sit) -> None:
    Path("sheet.yaml").write_text(f"questions:\n- {{id: MAP-01, facts: {{purpose: It uses {KEY}}}}}\n", encoding="utf-8")
    assert "That looks like a secret" in sit(args=("s.yaml", "--answers", "sheet.yaml", *DAY)).out
    assert KEY not in text()


def test_stars_that_somebody_typed_are_no_secret(sit: Sit) -> None:
    fresh()
    out = sit("It books **** calls", "book", "quit").out
    assert "looks like a secret" not in out


def test_what_goes_with_a_step_is_said_before_it_is_taken_out(sit: Sit) -> None:
    Path("s.yaml").write_text(SMALL.replace("name: Greet, ", "name: Greet, next: book, "), encoding="utf-8")
    before = text()
    out = sit("jump MAP-03", "remove 3", "n", "quit").out
    said = " ".join(out.split())
    assert "Takes out Book, with 6 facts of its own (kind, decider, rule known," in said
    assert "'undo' brings all of it back." in said
    assert "Greet leads to the end now." in said
    assert "Save it (action) names no step any more." in said
    assert text() == before
    out = sit("jump MAP-03", "remove 3", "y", "undo", "quit").out
    assert "Taken back  s.yaml" in out
    assert text() == before


def test_what_nothing_names_is_taken_out_at_once(sit: Sit) -> None:
    out = sit("jump MAP-40", "CRM", "remove 1", "quit").out
    assert "Takes out   CRM. 'undo' brings it back." in out
    assert "[y/n]" not in out
    assert not read_stack("s.yaml").by_kind["integration"]


def test_undo_in_a_list_takes_the_last_item_back_and_stays(sit: Sit) -> None:
    out = sit("jump MAP-40", "CRM", "Calendar", "undo", "Telephone", "quit").out
    assert "So far      1 CRM" in out
    assert len(shown(out)) == 2
    stack = read_stack("s.yaml")
    assert [stack.title(r) for r in stack.by_kind["integration"]] == ["CRM", "Telephone"]


def test_undo_goes_to_the_question_whose_answer_it_takes_back(sit: Sit) -> None:
    out = sit("jump BRN-01", "5", "jump GRD-03", "undo", "quit").out
    assert "When it cannot go on with confidence" in out.rpartition("Taken back")[2]


RULES = "version: 1\nstack: {name: Sorter, stage: pilot}\n"


def test_a_kill_that_stands_is_said_once_when_it_falls(sit: Sit) -> None:
    Path("s.yaml").write_text(RULES, encoding="utf-8")
    said = [" ".join(sit("jump FIT-01", line, "jump MAP-43", "0", "quit").out.split()).count("no question that is left can lift it")
            for line in ("1", "5")]
    assert said == [0, 1]
    assert "no question that is left" not in sit("jump MAP-42", "0", "quit").out


ALONE = """\
version: 1
stack: {name: Loans, stage: pilot, fit: {domain_weight: [financial], person_decides: never, person_possible: no}}
"""


@pytest.mark.parametrize(("more", "final"), [
    ("", False), ("actions: []\n", True), ("actions:\n  - {id: pay, name: Pay}\nincomplete: [actions]\n", False),
    ("actions:\n  - {id: pay, name: Pay, effect: money, gate: none, gate_possible: no, limit: {scope: none}, decided_by: model, "
     "policy_check: none}\nincomplete: [actions]\n", True),
])
def test_a_kill_for_want_of_a_person_stands_once_no_action_can_lift_it(more: str, final: bool) -> None:
    sitting = Sitting.begin(_sitting().rules, ALONE + more)
    assert (sitting.figures.decision, sitting.figures.rule) == ("kill", "O2")
    assert sitting.stands is final


# Stopping, and things that go wrong ------------------------------------------------------------------------

def test_the_end_of_input_saves_nothing_half(sit: Sit) -> None:
    ran = sit("jump BRN-01", "n", "1")
    assert ran.code == 0
    assert "Go on with: auditkit interview s.yaml" in ran.out
    assert text() == SMALL


def test_ctrl_c_says_how_to_go_on(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_self: object, _prompt: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(Console, "ask", stop)
    ran = sit()
    assert ran.code == 130
    assert "Go on with: auditkit interview s.yaml" in ran.out
    assert text() == SMALL


@pytest.mark.parametrize("lines", [("jump BRN-01", "5"), ("jump BRN-01", "x", "none"), ("jump MAP-40", "CRM")])
def test_with_a_full_disk_the_answer_stays_and_can_be_saved_later(sit: Sit, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...]) -> None:
    real, left = saving.replace_file, [2]

    def full(*args: Any) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(*args)

    monkeypatch.setattr(saving, "replace_file", full)
    ran = sit(*lines, "what", "!", "!", "quit")
    assert ran.code == 0
    assert ran.out.count("Not saved   The disk is full. Your answer is still here; try again with '!'") == 2
    assert text() != SMALL
    read_stack("s.yaml")


def test_an_answer_that_cannot_be_saved_can_be_given_up(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(saving, "replace_file", full)
    ran = sit("jump BRN-01", "5", "drop", "5", "quit")
    assert ran.out.rstrip().splitlines()[-2] == "Not saved   your last answer"
    assert text() == SMALL


def _meanwhile(monkeypatch: pytest.MonkeyPatch, at: str, theirs: Callable[[str], str]) -> None:
    """Somebody else writes into the file while a line is typed."""
    ask = Console.ask

    def meanwhile(self: Console, prompt: str) -> str:
        line = ask(self, prompt)
        if line == at:
            Path("s.yaml").write_text(theirs(text()), encoding="utf-8")
        return line

    monkeypatch.setattr(Console, "ask", meanwhile)


LOST = "The note or evidence goes with an answer, and there is none: it is not saved."
NOTED = ("note as Dana said",)
STOPS = {
    "at the question": (*NOTED, "quit"),
    "at a question of yes and no": ("x", *NOTED, ".", "jump MAP-40", "CRM", *NOTED, "", ".", "quit"),
    "at yours or theirs": (*NOTED, "4", "quit"),
    "within a question": (*NOTED, "e", "quit"),
    "at the end of input": NOTED,
    "at going on": (*NOTED, "next", "quit"),
    "at a jump": (*NOTED, "jump MAP-40", "quit"),
}


@pytest.mark.parametrize("lines", STOPS.values(), ids=STOPS)
def test_a_note_without_an_answer_is_never_lost_without_a_word(
        sit: Sit, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...]) -> None:
    other = "kind: write_text, decider: model, failure_branches: [{type: clarify, trigger_in: code}]"
    _meanwhile(monkeypatch, "4", lambda now: now.replace("kind: write_text, decider: model", other))
    out = sit("jump BRN-01", *lines, "not typed any more" if lines[-1] == "quit" else "").out
    assert "as Dana said" not in text()
    assert out.count(LOST) == lines.count(*NOTED), out


def test_a_note_is_said_to_be_lost_where_the_disk_is_full_and_where_theirs_stays(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    other = "kind: write_text, decider: model, failure_branches: [{type: clarify, trigger_in: code}]"
    _meanwhile(monkeypatch, "4", lambda now: now.replace("kind: write_text, decider: model", other))
    assert sit("jump BRN-01", *NOTED, "4", "theirs", "quit").out.count(LOST) == 1
    monkeypatch.setattr(saving, "replace_file", full)
    assert sit("jump BRN-01", *NOTED, "5", "quit").out.count(LOST) == 1


def test_a_note_that_is_saved_is_not_said_to_be_lost(sit: Sit) -> None:
    assert LOST not in sit("jump BRN-01", *NOTED, "what", "5", "jump BRN-02", "quit").out
    assert "as Dana said" in text()


@pytest.mark.parametrize(("said", "wins"), [("theirs", "code"), ("yours", "prompt")])
def test_two_people_at_once_settle_it(sit: Sit, monkeypatch: pytest.MonkeyPatch, said: str, wins: str) -> None:
    other = SMALL.replace("kind: write_text, decider: model", "kind: write_text, decider: model, failure_branches: [{type: clarify, trigger_in: code}]")
    ask = Console.ask

    def meanwhile(self: Console, prompt: str) -> str:
        line = ask(self, prompt)
        if line == "4":
            Path("s.yaml").write_text(other, encoding="utf-8")
        return line

    monkeypatch.setattr(Console, "ask", meanwhile)
    out = sit("jump BRN-01", "4", "maybe", said, "quit").out
    assert "Somebody else has meanwhile answered the same." in out
    assert "yours or theirs?" in out
    assert read_stack("s.yaml").value(Ref("step", "greet"), "failure_branches")[0].trigger_in == wins


@pytest.mark.parametrize(("said", "wins"), [("theirs", "Theirs"), ("yours", "Mine")])
def test_a_name_that_two_people_give_at_once_is_not_lost_without_a_word(
        sit: Sit, monkeypatch: pytest.MonkeyPatch, said: str, wins: str) -> None:
    _meanwhile(monkeypatch, "rename 2 Mine", lambda now: now.replace("Choose the route", "Theirs"))
    out = sit("jump MAP-03", "rename 2 Mine", said, "quit").out
    assert "Somebody else has meanwhile answered the same." in out
    assert f"So far      1 Greet, 2 {wins}, 3 Book" in out
    assert read_stack("s.yaml").value(Ref("step", "route"), "name") == wins
    assert ("Kept        their answer; yours is not saved" in out) == (said == "theirs")


@pytest.mark.parametrize(("said", "wins"), [("theirs", "api"), ("yours", "telephony")])
def test_a_column_that_two_people_fill_at_once_is_not_lost_without_a_word(
        sit: Sit, monkeypatch: pytest.MonkeyPatch, said: str, wins: str) -> None:
    _meanwhile(monkeypatch, "telephony", lambda now: edit(now, [Put(Ref("integration", "crm"), "kind", "api")], path="s.yaml"))
    out = sit("jump MAP-40", "CRM", "", "telephony", said, ".", "y", "quit").out
    assert "Somebody else has meanwhile answered the same." in out
    stack = read_stack("s.yaml")
    assert stack.value(Ref("integration", "crm"), "kind") == wins
    assert "integrations" in stack.complete, "the list went on to its end"


def test_what_else_somebody_changed_is_kept(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Console.ask

    def meanwhile(self: Console, prompt: str) -> str:
        line = ask(self, prompt)
        if line == "5":
            Path("s.yaml").write_text(SMALL.replace("name: Desk", "name: Front desk"), encoding="utf-8")
        return line

    monkeypatch.setattr(Console, "ask", meanwhile)
    assert "their words were kept" in sit("jump BRN-01", "5", "quit").out
    assert "Front desk" in text()
    assert "failure_branches" in text()


def test_what_somebody_else_moved_is_not_told_as_moved_by_ones_own_answers(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    def moved(out: str) -> str:
        return out.partition("Moved  ")[2].partition("\n\n")[0]

    def theirs(now: str) -> str:
        return now.replace("success: 0.85", "success: 0.35")

    lines = ("jump BRN-01", "e", "", "4", "4", "4", "quit")
    Path("s.yaml").write_text(theirs(SMALL), encoding="utf-8")
    after_them = moved(sit(*lines).out)
    Path("s.yaml").write_text(SMALL, encoding="utf-8")
    _meanwhile(monkeypatch, "", theirs)
    out = sit(*lines).out
    assert moved(out) == after_them != ""
    assert "their words were kept" in " ".join(out.split())


# Beginning -------------------------------------------------------------------------------------------------

def test_a_template_keeps_its_comments(sit: Sit) -> None:
    ran = sit("jump BRN-01", "5", "jump MAP-06", "0", "quit", args=("new.yaml", *DAY, "--template", "voice_agent"))
    assert "Wrote       new.yaml, from template voice_agent" in ran.out
    template = (shipped.folder("templates") / "voice_agent.yaml").read_text(encoding="utf-8")
    made = Path("new.yaml").read_text(encoding="utf-8")
    comments = [line.strip() for line in template.splitlines() if line.strip().startswith("#")]
    assert len(comments) > 20
    assert [c for c in comments if c not in made and not c.startswith("# failure_branches: ")] == []


def test_code_answers_what_is_not_asked(sit: Sit) -> None:
    Path("app").mkdir()
    Path("app/main.py").write_text("""\
from langgraph.graph import StateGraph, START, END

def greet(state): return {"text": "hello"}
def route(state): return {"to": "desk"}

builder = StateGraph(dict)
builder.add_node("greet", greet)
builder.add_node("route", route)
builder.add_edge(START, "greet")
builder.add_edge("greet", "route")
builder.add_edge("route", END)
app = builder.compile()
""", encoding="utf-8")
    out = sit("show", "jump BRN-01", "quit", args=("drawn.yaml", "app", *DAY)).out
    assert "Coverage    1 file" in out
    assert re.search(r"Map +1  greet", out)
    assert "Go on with: auditkit interview drawn.yaml app" in out
    other = Path("app/main.py").read_text(encoding="utf-8").replace("greet", "weigh").replace("route", "pack")
    Path("app/other.py").write_text(other, encoding="utf-8")
    Path("far.yaml").write_text("version: 1\nstack: {name: Far}\nsteps:\n  - {id: fly, name: Fly}\n", encoding="utf-8")
    ran = sit("quit", args=("far.yaml", "app", *DAY))
    assert (ran.code, "--workflow" in ran.err) == (2, True)
    Path("named.yaml").write_text(SMALL + "sources: {code: app}\n", encoding="utf-8")
    assert "The file names app" in sit("quit", args=("named.yaml", *DAY)).out


@pytest.mark.parametrize(("args", "said"), [
    (("s.yaml", "--quick", "--all"), "give one of the two"), (("s.yaml", "--questions", "--answers", "x"), "give one of them"),
    ((".",), "is a folder"), (("nowhere/s.yaml",), "its folder does not exist"), (("s.yaml", "--template", "voice_agent"), "is there already"),
    (("new.yaml", "--template", "voise_agent"), "did you mean 'voice_agent'?"), (("s.yaml", "--answers", "none.yaml"), "no such file"),
])
def test_a_wrong_start_says_what_to_do(sit: Sit, args: tuple[str, ...], said: str) -> None:
    ran = sit(args=args)
    assert ran.code == 2
    assert said in ran.err
    assert text() == SMALL
    assert not Path("new.yaml").exists()


# Sheets ----------------------------------------------------------------------------------------------------

def test_the_questions_can_be_sent_ahead_and_are_no_answers(sit: Sit) -> None:
    for kind in ("yaml", "markdown"):
        ran = sit(args=("s.yaml", "--questions", kind))
        assert ran.code == 0
        assert "When it cannot go on with confidence, is there a way out?" in ran.out
        if kind == "yaml":
            parse(ran.out, "sheet.yaml")
        Path("sheet").write_text(ran.out, encoding="utf-8")
        again = sit(args=("s.yaml", "--answers", "sheet", *DAY))
        assert (again.code, again.err) == (0, "")
        assert "holds no answer" in again.out
        assert text() == SMALL


def test_a_filled_markdown_sheet_is_read_back(sit: Sit) -> None:
    sheet = sit(args=("s.yaml", "--questions", "markdown")).out
    head, _, rest = sheet.partition("[BRN-01]")
    Path("sheet.md").write_text(head + "[BRN-01]" + rest.replace("Each: ", "Each: {Greet: 5, route: 4}", 1).replace(
        "Note: ", "Note: as they said: \"no\" # really", 1), encoding="utf-8")
    ran = sit(args=("s.yaml", "--answers", "sheet.md", *DAY))
    assert (ran.code, ran.err) == (0, "")
    assert "Saved       BRN-01  Ways out" in ran.out
    stack = read_stack("s.yaml")
    assert stack.value(Ref("step", "greet"), "failure_branches") == ()
    assert stack.answers[0].note == 'as they said: "no" # really'


def test_the_next_command_repeats_what_was_given(sit: Sit) -> None:
    Path("sheet.yaml").write_text("questions:\n- {id: BRN-01, answer: 5}\n", encoding="utf-8")
    for option in ("--quick", "--all"):
        out = sit(args=("s.yaml", "--answers", "sheet.yaml", option, *DAY)).out
        assert out.endswith(f"Next        auditkit interview s.yaml {option}\n")
    out = sit(args=("s.yaml", "--answers", "sheet.yaml", "--checklist", "./mine.yaml", *DAY)).out
    assert out.endswith("Next        auditkit interview s.yaml --checklist ./mine.yaml\n")


def test_of_a_sheet_with_mistakes_the_rest_is_saved(sit: Sit) -> None:
    Path("sheet.yaml").write_text("""\
questions:
- {id: BRN-01, answer: 9}
- {id: BRN-99, answer: 1}
- {id: GRD-03, answer: 5, answr: 5}
- {id: MAP-06, answer: none}
- id: FIT-02
  answer: does not apply
- {id: FIT-01, facts: {fit.rule_tried: perhaps}}
- {id: WFL-02, facts: {nobody: {success: .9}}}
""", encoding="utf-8")
    ran = sit(args=("s.yaml", "--answers", "sheet.yaml", *DAY))
    assert ran.code == 2
    for said in ("sheet.yaml:2: BRN-01 has no choice '9'", "sheet.yaml:3: there is no question 'BRN-99'", "sheet.yaml:4: a question has no 'answr'",
                 "sheet.yaml:7: what does not apply needs a reason", "sheet.yaml:8: fit.rule_tried wants yes or no", "did you mean 'answer'?"):
        assert said in " ".join(ran.err.split()), (said, ran.err)
    assert "answers do not fit. The others are saved." in ran.err
    assert "agents: []" in text()


def test_a_stack_of_many_steps_keeps_every_line_narrow(sit: Sit) -> None:
    rows = "\n".join(f"  - {{id: step_{i}, name: \"Step {i} {'x' * 60}\", kind: decide, decider: model}}" for i in range(40))
    Path("s.yaml").write_text(f"version: 1\nstack: {{name: Many}}\nsteps:\n{rows}\n", encoding="utf-8")
    out = sit("jump BRN-01", "x", ".", "show", "quit").out
    assert max(map(len, out.splitlines())) <= 80


def test_in_a_narrow_terminal_nothing_that_is_asked_is_wider(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditkit.cli.interview.columns", lambda: 60)
    out = sit("jump BRN-01", "?", "why", "x", ".", "5", "if 1", "n", "jump MAP-01", "It books calls", "?", "jump MAP-03", "remove 3", "n",
              "jump WFL-02", "quit", options=True).out
    assert [line for line in out.splitlines() if len(line) > 60 and "Go on with: " not in line] == []


def test_colour_repeats_what_words_say(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[list[str]] = []
    monkeypatch.setattr(Console, "say", lambda _self, lines=("",): said[-1].extend(lines))
    for colour in (False, True):
        said.append([])
        Path("s.yaml").write_text(SMALL, encoding="utf-8")
        monkeypatch.setattr("auditkit.cli.interview.screen", lambda colour=colour: Screen(colour=colour, unicode=True))
        sit("jump BRN-01", "5", "if 1", "n", "show", "quit", options=True)
    plain, bright = said
    assert any("\x1b[1;33m▲ HARDEN\x1b[0m" in line for line in bright)
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in bright] == plain


def test_a_question_that_waits_names_what_it_waits_for(sit: Sit) -> None:
    waiting = _sitting().plan.of("waiting")
    assert waiting
    out = sit(f"jump {waiting[0].id}", "1", "n 1 x", "quit").out
    assert "Waits for   question " in out
    assert out.count("It waits for another question; type next, or jump to that one") == 2
    assert text() == SMALL
