"""Judgement: facts in, findings, numbers, verdicts and a roadmap out; pure."""

from auditkit.assessment.assess import assess, judge

__all__ = ["assess", "judge"]
