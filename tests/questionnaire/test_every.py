"""A checklist of somebody's own is asked as well: with our questions where they fit, else in its own words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from auditkit import load_checklist
from auditkit.assessment import judge
from auditkit.sources.questionnaire.every import questions_for
from auditkit.sources.questionnaire.questions import Judged
from auditkit.sources.questionnaire.replies import Reply
from auditkit.sources.questionnaire.sitting import Rules, Sitting

from .conftest import DAY

OWN = """schema: 1
name: house
version: 1.0.0
title: House rules
pillars: [House]
checks:
- id: HSE-01
  name: no-owner-on-call
  short: Somebody is on call
  pillar: 1
  about: system
  asked_of: every workflow
  pass: {ops.owner: known, ops.deputy: known}
  partial: {ops.owner: known}
  severity: critical
  rationale: Nobody answers at night.
  question: Is somebody on call for it?
  why: At night a failure waits until morning.
  criteria: {pass: Two people are named., partial: One person is named., fail: Nobody is named.}
  says: {pass: Two people are on call, partial: One person is on call, fail: Nobody is on call}
  fix_title: Name two people
  fix: [Write the names down.]
  kind_of_work: quick win
  topic: monitoring
  done_when: Two names stand in the file.
  effort: S
  examples:
    pass: {stack: {ops: {owner: A, deputy: B}}}
    partial: {stack: {ops: {owner: A, deputy: none}}}
    fail: {stack: {ops: {owner: none, deputy: none}}}
    unknown: {stack: {name: x}}
"""


def test_a_check_without_a_question_of_ours_is_asked_in_its_own_words(tmp_path: Path, rules: Rules) -> None:
    path = tmp_path / "house.yaml"
    path.write_text(OWN, encoding="utf-8")
    checklist = load_checklist(str(path))
    own = replace(rules, checklist=checklist, catalogue=questions_for(checklist),
                  judge=lambda s: Judged(*judge(s, checklist, on=DAY, live=True)))
    sitting = Sitting.begin(own, "version: 1\nstack: {name: Desk}\n")
    question = sitting.question("HSE-01")
    assert question.state == "open"
    assert [c.means for c in question.form.choices] == ["Two people are named.", "One person is named.", "Nobody is named."]
    assert [o.level for o in sitting.options(question)] == ["pass", "partial", "fail"]
    after = sitting.after(Reply("HSE-01", choice=1, who="Dana Ruiz", when=DAY))
    assert after.declared.answers[0].outcome == "partial"
    assert after.question("HSE-01").state in ("answered", "away")
    assert next(f for f in after.report.findings if f.check == "HSE-01").outcome == "partial"


def test_every_check_of_the_shipped_list_has_a_question_of_ours(rules: Rules) -> None:
    assert "other" not in {f.topic for f in rules.catalogue.forms}
