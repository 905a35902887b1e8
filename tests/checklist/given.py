"""A small checklist to bend: one check, with what a test changes."""

from __future__ import annotations

import textwrap

CHECK = """\
- id: TST-01
  name: untested-thing
  short: Things are tested
  pillar: 1
  about: step
  asked_of: every step
  when: {decider: model}
  pass: {validation.kind: rule}
  partial: {validation.kind: schema}
  severity: high
  rationale: It breaks.
  question: Is the thing tested?
  why: What is not tested breaks.
  criteria:
    pass: It is tested.
    partial: It is half tested.
    fail: It is not tested.
  says:
    pass: The thing is tested
    partial: The thing is half tested
    fail: The thing is not tested
  fix_title: Test the thing
  fix: [Write a test.]
  kind_of_work: quick win
  topic: gates
  done_when: The test runs.
  effort: S
  examples:
    pass: {steps: []}
    partial: {steps: []}
    fail: {steps: []}
    unknown: {steps: []}
"""
HEAD = """\
schema: 1
name: small
version: 0.1.0
title: A small checklist
pillars: [First, Second]
checks:
"""
FIRST_LINE = HEAD.count("\n") + 1


def a_check(*changes: tuple[str, str]) -> str:
    """The check with each text replaced by another; each must stand in it."""
    text = CHECK
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def a_checklist(*checks: str) -> str:
    """A checklist of these checks."""
    return HEAD + "".join(textwrap.dedent(c) for c in checks or (CHECK,))
