"""What a sitting asks, in which order, and what answers do to the file and to the decision."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditkit.errors import InputError
from auditkit.model.coverage import Coverage
from auditkit.model.facts import THE_SYSTEM, Fact, Ref, Stack
from auditkit.model.receipts import Inspected
from auditkit.model.vocabulary import Branch
from auditkit.shipped import folder
from auditkit.sources.questionnaire.disputes import is_dispute, sides
from auditkit.sources.questionnaire.replies import Evidence, Item, Reply
from auditkit.sources.questionnaire.sitting import Rules, Sitting, moved
from auditkit.sources.questionnaire.whatif import outcome, to_plan, tries

from .conftest import DAY

VOICE = (folder("sample_stacks") / "voice_agent.yaml").read_text(encoding="utf-8")
SMALL = """version: 1
stack: {name: Desk, channel: chat, users: customers, stage: pilot}
steps:
  - {id: read, name: Read the mail, decider: model, kind: classify}   # the first
  - {id: reply, name: Reply, decider: model, kind: write_text}
actions:
  - {id: send, name: Send the reply, step: reply, effect: message, consequential: yes}
"""


def begin(rules: Rules, text: str) -> Sitting:
    return Sitting.begin(rules, text)


# What is not asked ---------------------------------------------------------------------------------------------

def test_what_is_known_is_not_asked(rules: Rules) -> None:
    asked = {q.id for q in begin(rules, VOICE).plan.of("open", "waiting")}
    assert not asked & {"MAP-02", "MAP-03", "BRN-01", "ACT-04", "INT-01", "FIT-01"}


def test_what_applies_to_nothing_is_not_asked(rules: Rules) -> None:
    sitting = begin(rules, SMALL + "gates: []\nintegrations: []\nevals: []\nagents: []\n")
    asked = {q.id for q in sitting.plan.questions}
    assert not asked & {"ACT-03", "ACT-05", "INT-01", "INT-03", "EVL-01", "COO-03"}


def test_nothing_is_answered_before_somebody_answers(rules: Rules) -> None:
    sitting = begin(rules, "")
    assert sitting.plan.answered == 0
    assert sitting.declared.facts == ()


def test_a_reply_that_says_nothing_changes_nothing(rules: Rules) -> None:
    with pytest.raises(InputError, match="no answer"):
        begin(rules, SMALL).after(Reply("BRN-01"))


@pytest.mark.parametrize(("reply", "words"), [
    (Reply("NONE-01", choice=0), "no such question"),
    (Reply("BRN-01", choice=17), "no choice 18"),
    (Reply("BRN-01", each={"nobody": 0}), "not asked of 'nobody'"),
    (Reply("BRN-01", facts={("read", "decider"): "code"}), "does not ask for 'decider'"),
    (Reply("BRN-01", outcome="not_applicable"), "needs a reason"),
    (Reply("MAP-40", items=(Item("  "),)), "has no name"),
])
def test_a_reply_that_does_not_fit_is_refused_in_words(rules: Rules, reply: Reply, words: str) -> None:
    with pytest.raises(InputError, match=words):
        begin(rules, SMALL).after(reply)


# What is asked -------------------------------------------------------------------------------------------------

def test_the_map_comes_first(rules: Rules) -> None:
    order = [q.form.topic for q in begin(rules, "").plan.questions]
    assert order[:3] == ["map"] * 3


def test_what_critical_checks_wait_for_comes_before_the_rest(rules: Rules) -> None:
    asked = [q for q in begin(rules, SMALL).plan.of("open") if q.form.topic != "map"]
    levels = [q.severity == "critical" for q in asked]
    assert levels == sorted(levels, reverse=True)
    assert True in levels
    assert False in levels


def test_a_question_is_asked_of_all_its_components_at_once(rules: Rules) -> None:
    sitting = begin(rules, SMALL)
    assert [r.id for r in sitting.question("BRN-01").refs] == ["read", "reply"]
    assert [r.id for r in sitting.question("ACT-04").refs] == ["send"]


def test_a_question_waits_for_the_one_that_decides_whether_it_applies(rules: Rules) -> None:
    question = begin(rules, SMALL).question("BRN-02")
    assert question.state == "waiting"
    assert "BRN-01" in question.waits_for


def test_it_falls_away_when_its_parent_says_that_there_is_nothing_to_ask(rules: Rules) -> None:
    before = begin(rules, SMALL)
    after = before.after(Reply("BRN-01", facts={("read", "failure_branches"): ()}))
    assert Ref("step", "read") not in after.question("BRN-02").refs


def test_it_stays_unknown_with_its_reason_when_nobody_knows_its_parent(rules: Rules) -> None:
    after = begin(rules, SMALL).after(Reply("BRN-01", outcome="unknown", ask="Lee Okafor", who="Dana Ruiz", when=DAY))
    assert after.question("BRN-01").state == "unknown"
    assert after.question("BRN-01").answer is not None
    assert after.question("BRN-01").answer.ask == "Lee Okafor"      # type: ignore[union-attr]
    assert after.question("BRN-02").waits_for == ("BRN-01",)


def test_quick_asks_no_more_than_fifteen_of_a_new_workflow(rules: Rules) -> None:
    quick = begin(replace(rules, depth="quick"), SMALL)
    assert 0 < len(quick.plan.of("open", "waiting")) <= 15
    assert {"MON-07", "STA-04"} <= {q.id for q in quick.plan.aside}


def test_a_skipped_question_comes_back_at_the_end(rules: Rules) -> None:
    sitting = begin(rules, SMALL)
    first = sitting.plan.next
    assert first is not None
    later = sitting.skipped(first.id)
    assert later.plan.next is not None
    assert later.plan.next.id != first.id
    assert later.plan.of("open")[-1].id == first.id


def test_a_number_once_given_stays(rules: Rules) -> None:
    before = begin(rules, SMALL)
    after = before.after(Reply("FIT-01", choice=0))
    assert all(after.numbers[id] == n for id, n in before.numbers.items())


# What answers do -----------------------------------------------------------------------------------------------

def test_an_answer_states_facts_with_who_and_when_and_keeps_comments(rules: Rules) -> None:
    after = begin(rules, SMALL).after(Reply("GRD-07", choice=0, who="Dana Ruiz", when=DAY))
    fact = after.declared.index[Ref("step", "read")]["untrusted_input"][0]
    assert (fact.value, fact.receipt.who, fact.receipt.when) == (True, "Dana Ruiz", DAY)      # type: ignore[union-attr]
    assert "# the first" in after.text


def test_a_choice_for_single_components_leaves_the_others_open(rules: Rules) -> None:
    after = begin(rules, SMALL).after(Reply("GRD-07", each={"read": 0}))
    assert after.question("GRD-07").refs == (Ref("step", "reply"),)


def test_a_gate_comes_with_its_answer_and_is_not_doubled(rules: Rules) -> None:
    once = begin(rules, SMALL).after(Reply("ACT-02", choice=0))
    assert [r.id for r in once.declared.by_kind["gate"]] == ["send_approval"]
    assert once.declared.value(Ref("action", "send"), "gate") == "send_approval"
    assert once.declared.value(Ref("gate", "send_approval"), "enforced_in") == "code"
    twice = once.after(Reply("ACT-02", choice=1))
    assert [r.id for r in twice.declared.by_kind["gate"]] == ["send_approval"]
    assert twice.declared.value(Ref("gate", "send_approval"), "enforced_in") == "prompt"


def test_a_part_of_every_way_out_is_filled_where_it_was_not_said(rules: Rules) -> None:
    known, blank = Branch(type="script", trigger_in="score"), Branch(type="clarify")
    sitting = begin(rules, SMALL).after(Reply("BRN-01", facts={("read", "failure_branches"): (known, blank)}))
    after = sitting.after(Reply("BRN-02", choice=0))
    said = after.declared.value(Ref("step", "read"), "failure_branches")
    assert {b.type: b.trigger_in for b in said} == {"script": "score", "clarify": "code"}


def test_the_step_that_follows_is_named_when_it_runs_straight_through(rules: Rules) -> None:
    after = begin(rules, SMALL).after(Reply("MAP-05", choice=0))
    ways = {r.id: [e.to for e in after.declared.value(r, "next")] for r in after.declared.by_kind["step"]}
    assert ways == {"read": ["reply"], "reply": ["end"]}


def test_a_list_adds_what_is_new_in_its_place_and_closes_the_section(rules: Rules) -> None:
    items = (Item("Greet", (("decider", "code"),)), Item("Read the mail"), Item("Reply"), Item("Close"))
    after = begin(rules, SMALL).after(Reply("MAP-03", items=items))
    assert [after.declared.title(r) for r in after.declared.by_kind["step"]] == ["Greet", "Read the mail", "Reply", "Close"]
    assert "steps" in after.declared.complete


def test_there_is_none_is_an_answer(rules: Rules) -> None:
    after = begin(rules, SMALL).after(Reply("MAP-40", items=()))
    assert "integrations" in after.declared.complete
    assert after.question("MAP-40").state == "answered"


def test_unknown_goes_on_record_and_passes_nothing(rules: Rules) -> None:
    after = begin(rules, SMALL).after(Reply("STA-03", outcome="unknown"))
    assert after.question("STA-03").state == "unknown"
    assert next(f for f in after.report.findings if f.check == "STA-03").outcome == "unknown"


def test_an_answer_makes_void_that_it_was_not_known(rules: Rules) -> None:
    unknown = begin(rules, SMALL).after(Reply("GRD-07", outcome="unknown", ask="Lee Okafor"))
    after = unknown.after(Reply("GRD-07", choice=1))
    assert not [a for a in after.declared.answers if a.check == "GRD-07"]


def test_does_not_apply_needs_a_reason_and_decides_the_check(rules: Rules) -> None:
    after = begin(rules, SMALL).after(Reply("STA-03", outcome="not_applicable", reason="handled elsewhere: one call, no state"))
    assert next(f for f in after.report.findings if f.check == "STA-03").outcome == "not_applicable"


def test_a_note_and_evidence_stand_in_the_file_and_decide_nothing(rules: Rules) -> None:
    proof = Evidence("calls.csv", "file", "a" * 64, DAY, "Dana Ruiz")
    plain = begin(rules, SMALL).after(Reply("GRD-07", choice=0))
    noted = begin(rules, SMALL).after(Reply("GRD-07", choice=0, note="Mail only.", evidence=proof))
    record = next(a for a in noted.declared.answers if a.check == "GRD-07")
    assert (record.outcome, record.note) == ("stated", "Mail only.")
    assert [e.sha256 for e in noted.declared.evidence] == ["a" * 64]
    assert [(f.check, f.component, f.outcome) for f in noted.report.findings] == [
        (f.check, f.component, f.outcome) for f in plain.report.findings]


def test_what_moved_is_told(rules: Rules) -> None:
    before = begin(rules, SMALL)
    after = before.after(Reply("ACT-04", choice=3))
    change = moved(before, after)
    assert "ACT-04" in change.after.failed
    assert "ACT-04" not in change.before.failed


@pytest.mark.parametrize("id", ["ACT-04", "WFL-04", "GRD-07", "BRN-01"])
def test_what_a_choice_would_do_is_what_it_does(rules: Rules, id: str) -> None:
    """A page shows the decision before the answer is saved; both must be one."""
    sitting = begin(rules, VOICE)
    question = sitting.question(id)
    options = sitting.options(question)
    assert len(options) > 1
    for number, option in enumerate(options):
        assert sitting.after(Reply(id, choice=number, who="Dana", when=DAY)).figures == option.figures


def test_each_choice_tells_the_level_it_gives(rules: Rules) -> None:
    sitting = begin(rules, SMALL)
    levels = [o.level for o in sitting.options(sitting.question("ACT-04"))]
    assert levels[0] == "pass"
    assert "fail" in levels


# Words against code --------------------------------------------------------------------------------------------

def seen_by_code(stack: Stack) -> Stack:
    """What code says: the model decides whether the reply is sent."""
    fact = Fact(kind="action", id="send", key="decided_by", value="model", receipt=Inspected(path="src/mail.py", line=12))
    return stack.model_copy(update={"facts": (*stack.facts, fact)})


def test_where_words_and_code_disagree_that_is_asked_first_with_both_sides(rules: Rules) -> None:
    text = SMALL.replace("consequential: yes", "consequential: yes, decided_by: code, policy_check: policy")
    sitting = begin(replace(rules, join=seen_by_code), text)
    question = sitting.plan.next
    assert question is not None
    assert is_dispute(question)
    said, seen = sides(sitting.stack, question)
    assert ([f.value for f in said], [f.value for f in seen]) == (["code"], ["model"])


def test_settling_it_for_the_code_changes_the_word(rules: Rules) -> None:
    text = SMALL.replace("consequential: yes", "consequential: yes, decided_by: code, policy_check: policy")
    sitting = begin(replace(rules, join=seen_by_code), text)
    question = sitting.plan.next
    assert question is not None
    after = sitting.after(Reply(question.id, choice=0))
    assert after.declared.value(Ref("action", "send"), "decided_by") == "model"
    assert not [q for q in after.plan.questions if is_dispute(q)]


def test_leaving_it_open_goes_on_record_and_is_not_asked_again(rules: Rules) -> None:
    text = SMALL.replace("consequential: yes", "consequential: yes, decided_by: code, policy_check: policy")
    sitting = begin(replace(rules, join=seen_by_code), text)
    question = sitting.plan.next
    assert question is not None
    after = sitting.after(Reply(question.id, choice=1, note="rules/mail.yaml:3"))
    assert [q.state for q in after.plan.questions if is_dispute(q)] == ["unknown"]
    assert after.stack.value(Ref("action", "send"), "decided_by") == "model"      # the code counts meanwhile


def test_what_was_looked_at_is_said(rules: Rules) -> None:
    without = begin(rules, SMALL)
    assert without.looked(without.question("ACT-04")) == ("No code was given.",)
    given = begin(replace(rules, coverage=Coverage(root="repo", read=(("Python", 41),))), SMALL)
    assert "41 files" in given.looked(given.question("ACT-04"))[0]


# What if -------------------------------------------------------------------------------------------------------

def test_trying_saves_nothing(rules: Rules) -> None:
    sitting = begin(rules, VOICE)
    chosen = tries(sitting)[:2]
    assert outcome(sitting, chosen).figures != sitting.figures
    assert sitting.text == VOICE


def test_a_try_that_was_accepted_becomes_work_and_no_fact(rules: Rules) -> None:
    sitting = begin(rules, SMALL.replace("consequential: yes", "consequential: yes, decided_by: model, policy_check: none, gate: none"))
    chosen = [t for t in tries(sitting) if t.id == "decides:send"]
    after = sitting.changed(to_plan(sitting, chosen, owner="Dana Ruiz"))
    assert any("ACT-04@send" in task.closes for task in after.declared.plan)
    assert after.declared.value(Ref("action", "send"), "decided_by") == "model"


def test_fixed_rules_that_become_code_raise_the_share_of_right_ends(rules: Rules) -> None:
    sitting = begin(rules, VOICE)
    rule = next(t for t in tries(sitting) if t.id == "rules")
    assert outcome(sitting, [rule]).figures.success.point > sitting.figures.success.point


def test_the_workflow_itself_has_a_place_in_every_question_about_it(rules: Rules) -> None:
    assert begin(rules, SMALL).question("FIT-01").refs == (THE_SYSTEM,)


def test_another_choice_takes_back_what_only_the_first_one_said(rules: Rules) -> None:
    first = begin(rules, SMALL).after(Reply("ACT-02", choice=0))
    assert first.declared.value(Ref("action", "send"), "autonomy") == "approve"
    after = first.after(Reply("ACT-02", choice=4))
    assert after.declared.value(Ref("action", "send"), "gate") == "none"
    assert after.declared.by_kind["gate"] == ()
    third = after.after(Reply("ACT-02", choice=3))
    back = third.after(Reply("ACT-02", choice=4))
    assert back.declared.value(Ref("action", "send"), "limit.accepted_by") is None


def test_what_somebody_said_besides_stays_when_the_choice_changes(rules: Rules) -> None:
    text = SMALL.replace("consequential: yes", "consequential: yes, autonomy: suggest")
    after = begin(rules, text).after(Reply("ACT-04", choice=0)).after(Reply("ACT-04", choice=3))
    assert after.declared.value(Ref("action", "send"), "autonomy") == "suggest"


def test_a_list_that_may_have_more_is_not_asked_again(rules: Rules) -> None:
    after = begin(rules, SMALL).after(Reply("MAP-40", items=(Item("Mail"),), whole=False, reason="there may be more"))
    assert after.question("MAP-40").state == "unknown"
    assert "integrations" not in after.declared.complete


def test_a_new_step_takes_its_place_on_the_way(rules: Rules) -> None:
    """Else it would stand in the list and in no run, and the numbers would leave it out."""
    straight = begin(rules, SMALL).after(Reply("MAP-05", choice=0))
    after = straight.after(Reply("MAP-03", items=(Item("Read the mail"), Item("Check"), Item("Reply"), Item("Send"))))
    ways = {r.id: [e.to for e in after.declared.value(r, "next")] for r in after.declared.by_kind["step"]}
    assert ways == {"read": ["check"], "check": ["reply"], "reply": ["send"], "send": ["end"]}


def test_a_sentence_in_the_prompt_takes_no_action_away_from_the_agent(rules: Rules) -> None:
    text = SMALL.replace("consequential: yes", "consequential: yes, decided_by: model")
    after = begin(rules, text).after(Reply("ACT-02", choice=1))
    assert after.declared.value(Ref("action", "send"), "autonomy") == "auto"


def test_nobody_asks_what_stops_an_action_that_a_person_decides(rules: Rules) -> None:
    text = SMALL.replace("consequential: yes", "consequential: yes, decided_by: human")
    assert begin(rules, text).question("ACT-02").state == "away"


def test_an_answer_makes_void_that_it_did_not_apply(rules: Rules) -> None:
    away = begin(rules, SMALL).after(Reply("STA-03", outcome="not_applicable", reason="other: one call"))
    after = away.after(Reply("STA-03", choice=0))
    assert not [a for a in after.declared.answers if a.outcome == "not_applicable"]


def test_that_there_is_none_is_not_said_as_does_not_apply(rules: Rules) -> None:
    """Else the critical check on evals would fall away where the honest answer fails it."""
    with pytest.raises(InputError, match="a list always applies"):
        begin(rules, SMALL).after(Reply("MAP-50", outcome="not_applicable", reason="other: we are small"))


def test_the_talk_does_not_jump_between_topics(rules: Rules) -> None:
    sitting = begin(rules, SMALL)
    after = sitting.after(Reply("ACT-04", choice=3)).after(Reply("BRN-01", choice=4))
    assert after.topics == sitting.topics
