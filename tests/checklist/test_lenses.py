"""A lens shows the same checks through what they relate to."""

from __future__ import annotations

import pytest

from auditkit.checklist.checks import LENSES, through
from auditkit.checklist.load import load_checklist

RELIABILITY = load_checklist("reliability")


def test_an_unknown_lens_is_refused() -> None:
    with pytest.raises(KeyError):
        through(RELIABILITY, "iso")


@pytest.mark.parametrize("lens", LENSES)
def test_a_lens_keeps_checks_as_they_are_and_in_order(lens: str) -> None:
    seen = through(RELIABILITY, lens)
    assert seen.lens == lens
    assert seen.checks
    assert [c for c in RELIABILITY.checks if c in seen.checks] == list(seen.checks)


def test_a_lens_leaves_out_what_does_not_relate() -> None:
    mast = {c.id for c in through(RELIABILITY, "mast").checks}
    assert mast == {"STA-02", "BRN-03", "GRD-04", "GRD-06", "EVL-04", "COO-02", "COO-04", "COO-05"}
    for check in through(RELIABILITY, "aws-agentic").checks:
        assert any(other.startswith("AWS") for other in check.maps.other)
