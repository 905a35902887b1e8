"""What the tests of the questionnaire share: the checklist, its questions, and how a stack is judged."""

from __future__ import annotations

from datetime import date

import pytest

from auditkit import load_checklist
from auditkit.assessment import judge
from auditkit.sources.questionnaire.every import questions_for
from auditkit.sources.questionnaire.questions import Judged
from auditkit.sources.questionnaire.sitting import Rules

DAY = date(2026, 11, 20)


@pytest.fixture(scope="session")
def rules() -> Rules:
    """A sitting with the shipped checklist, judged on a fixed day."""
    checklist = load_checklist("reliability")
    return Rules(checklist, questions_for(checklist), lambda s: Judged(*judge(s, checklist, on=DAY, live=True)), depth="all")
