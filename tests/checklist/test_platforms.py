"""Advice in n8n's words exists for checks that exist, and is short."""

from __future__ import annotations

import re

import yaml

from auditkit.checklist.platforms import fixes_on
from auditkit.shipped import folder


def fixes() -> dict[str, tuple[str, ...]]:
    return dict(fixes_on("n8n"))


def test_a_platform_without_words_of_its_own_has_none() -> None:
    assert fixes_on("zapier") == {}
    assert fixes_on("../reliability") == {}


def test_no_advice_for_a_check_that_does_not_exist() -> None:
    checks = yaml.safe_load((folder("checklists") / "reliability.yaml").read_text("utf-8"))["checks"]
    assert set(fixes()) <= {c["id"] for c in checks}


def test_every_advice_is_a_short_imperative_sentence() -> None:
    for check, steps in fixes().items():
        assert steps, check
        for step in steps:
            assert re.match(r"[A-Z'].*\.$", step), (check, step)
            assert len(step.split()) < 40, (check, step)


def test_advice_names_what_n8n_offers() -> None:
    assert any("Retry On Fail" in step for step in fixes()["INT-02"])
    assert any("Error Output" in step for step in fixes()["INT-07"])
