"""The judgement for somebody who waits: the same as the whole one, in everything that is decided."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit import shipped
from auditkit.assessment import assess
from auditkit.assessment import conventions as ours
from auditkit.model.facts import Stack
from auditkit.model.report import Report, Scenario
from auditkit.sources.stack_file import read_stack

from .stacks import NAMES, ON, changed, checklist, parsed, stack

TEMPLATES = tuple(sorted(shipped.folder("templates").glob("*.yaml")))
SHARES = st.floats(0.5, 1.0).map(lambda share: round(share, 3))


def live(stack: Stack) -> Report:
    """What a questionnaire shows after a key press."""
    return assess(stack, checklist(), on=ON, live=True)


def points(scenario: Scenario) -> tuple[float, float, float]:
    """Where runs end at the stated rates."""
    return scenario.success.point, scenario.caught.point, scenario.silent.point


def decided(report: Report) -> dict[str, object]:
    """All that is decided, without the one sentence that may print a bound."""
    r = report.reliability
    same = ("findings", "components", "results", "score", "assurance", "coverage", "conflicts", "works", "waivers", "problems")
    return {"verdict": report.verdict.model_copy(update={"reason": ""}), "points": (points(r.as_is), points(r.hardened)),
            "required": r.required_per_step, "closes": {c for fix in report.roadmap for c in fix.closes},
            **{name: getattr(report, name) for name in same}}


def assert_the_same(stack: Stack) -> Report:
    """A live judgement that decides as the whole one does."""
    quick = live(stack)
    assert decided(quick) == decided(assess(stack, checklist(), on=ON))
    return quick


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_decided_live_as_in_its_report(name: str) -> None:
    assert_the_same(stack(name))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_is_decided_live_as_in_its_report(path: object) -> None:
    assert_the_same(read_stack(path))  # type: ignore[arg-type]


@settings(derandomize=True, deadline=None, max_examples=40, database=None)
@given(st.sampled_from(["refund_helper", "voice_agent", "invoice_router", "tau_airline"]), SHARES, SHARES,
       st.data())
def test_other_rates_and_targets_are_decided_live_as_in_the_report(name: str, target: float, silent: float, data: st.DataObject
                                                                   ) -> None:
    steps = [step["id"] for step in parsed(name)["steps"]]
    rates = data.draw(st.dictionaries(st.sampled_from(steps), SHARES, max_size=4))
    assert_the_same(changed(name, {
        "stack.targets.success": target, "stack.targets.max_silent": round((1 - silent) / 2, 3),
        **{f"steps.{step}.success": rate for step, rate in rates.items()}}))


def test_a_bound_at_its_target_gets_all_draws() -> None:
    rates = {f"steps.{step['id']}.success": 0.95 for step in parsed("voice_agent")["steps"]}
    bound = assess(changed("voice_agent", rates), checklist(), on=ON).reliability.as_is.success.low
    near = changed("voice_agent", {**rates, "stack.targets.success": round(bound, 4), "stack.targets.max_silent": 0.9})
    far = changed("voice_agent", {**rates, "stack.targets.success": 0.999, "stack.targets.max_silent": 0.9})
    assert assert_the_same(near).reliability.draws == ours.DRAWS
    assert assert_the_same(far).reliability.draws == ours.DRAWS_LIVE


def test_a_live_report_travels_as_json_and_leaves_out_what_only_a_page_prints() -> None:
    quick = live(stack("refund_helper"))
    assert Report.model_validate_json(quick.model_dump_json()) == quick
    assert (quick.reliability.stages, quick.reliability.steps, quick.reliability.curve) == ((), (), ())
    assert quick.roadmap
    assert all(fix.gain_success is fix.gain_silent is None for fix in quick.roadmap)
