"""Every check is shown by its own examples, run through the whole assessment."""

from __future__ import annotations

from datetime import date

import pytest

from auditkit.assessment import assess
from auditkit.checklist.load import examples_text, load_checklist
from auditkit.sources.stack_file import stack_from_text

RELIABILITY = load_checklist("reliability")
DAY = date(2026, 11, 20)


@pytest.mark.parametrize(("id", "outcome"), [(c.id, o) for c in RELIABILITY.checks for o in c.examples])
def test_each_example_gives_the_outcome_it_stands_for(id: str, outcome: str) -> None:
    check = RELIABILITY.check(id)
    assert check is not None
    stack = stack_from_text(examples_text(check, outcome), "example.yaml")
    one = RELIABILITY.model_copy(update={"checks": (check,)})
    found = [f for f in assess(stack, one, on=DAY).findings if f.check == id]
    assert found, "the example holds no component of the kind"
    assert found[0].outcome == outcome, found[0].missing
