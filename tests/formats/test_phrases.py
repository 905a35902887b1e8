"""Sentences are right for one and for many, for something and for nothing."""

from __future__ import annotations

from datetime import date

import pytest

from auditkit.formats import phrases, titles
from auditkit.formats.numbers import (
    PLAIN,
    bounds,
    count,
    cut,
    day,
    listed,
    money,
    percent,
    points,
    short_day,
    whole,
)
from auditkit.formats.statements import letters, rate, receipt_text
from auditkit.model.facts import Engagement
from auditkit.model.receipts import Declared, Inspected, Measured
from auditkit.model.report import Stage
from tests.formats.made_report import AS_IS, R3, VARIANTS, fixes, keep, kill, no_steps, prove_it, reliability, unstated, voice

TITLES = [getattr(titles, name) for name in dir(titles) if name.endswith("_title")]


def test_the_headline_of_the_voice_agent() -> None:
    assert phrases.headline(voice()) == "27\u202f% of calls end right\xa0[12–45], 73\u202f% fail unnoticed\xa0[55–88]."
    assert phrases.headline(voice(), PLAIN) == "27% of calls end right [12-45], 73% fail unnoticed [55-88]."
    assert phrases.after(voice(), PLAIN) == "Three fixes before launch bring success to 89% [72-97]."
    assert phrases.headline(unstated()) == "Nobody stated or measured how often calls end right, so no percentage is printed."
    assert phrases.after(unstated()) is None


def test_a_caught_share_is_said() -> None:
    said = phrases.headline(voice(reliability=reliability(as_is=R3)), PLAIN)
    assert said == "89% of calls end right [72-97], 2% are caught [1-5], 8% fail unnoticed [2-19]."


def test_one_fix_is_singular() -> None:
    report = voice(
        roadmap=fixes()[:1],
        reliability=reliability(
            stages=(Stage(fix=None, title="Today", scenario=AS_IS), Stage(fix="R1", title="All", scenario=R3))
        ),
    )
    assert phrases.after(report, PLAIN) == "One fix before launch brings success to 89% [72-97]."
    assert titles.roadmap_title(report) == "One fix reaches both targets"


@pytest.mark.parametrize("name", list(VARIANTS))
def test_titles_are_sentences_of_two_lines(name: str) -> None:
    report = VARIANTS[name]()
    for title in TITLES:
        said = title(report)
        assert 0 < len(said) <= (80 if name != "hostile" else 200), said
        assert said[0].isupper() or said[0].isdigit()
        assert not [hole for hole in ("None", "  ") if hole in said], said
        assert not said.endswith((".", ":", ",")), said


@pytest.mark.parametrize("name", list(VARIANTS))
def test_no_sentence_prints_a_hole(name: str) -> None:
    report = VARIANTS[name]()
    for sentence in (
        phrases.headline,
        phrases.after,
        phrases.if_nothing,
        phrases.how_sure,
        phrases.breaks_lead,
        phrases.rates_note,
        phrases.roadmap_lead,
        phrases.verdict_line,
        phrases.foot,
        phrases.unknown_line,
        titles.score_line,
        titles.coverage_line,
    ):
        said = sentence(report)
        if said is not None:
            assert said.strip()
            assert not [hole for hole in ("None", "..", " ,") if hole in said.replace("...", "")], said


def test_titles_of_the_voice_agent() -> None:
    report = voice()
    assert titles.decision_title(report) == "Do not launch yet: code takes over three steps, five get a way out"
    assert (
        titles.breaks_title(report)
        == "Eight steps at 85\u202f% leave 27\u202f% of calls right, and five decisions lack a way out"
    )
    assert titles.findings_title(report) == "24 findings: 7 critical, 12 high, 5 medium"
    assert titles.matrix_title(report) == "Of 58 checks that apply, 25 pass and 24 do not; nine are unknown"
    assert titles.score_line(report, PLAIN) == "Score 49 of 100 (raw 50-61, capped by ACT-04, BRN-01, STA-01, WFL-03)"


def test_kill_names_its_act_and_keep_does_not_congratulate() -> None:
    assert titles.decision_title(kill()).startswith("Build the deterministic version")
    assert phrases.acts(kill())[0].startswith("Build the deterministic version")
    assert titles.decision_title(keep()) == "Keep it: nothing critical is open"
    assert titles.findings_title(keep()) == "No findings: 0 waived, 1 not assessed"
    assert titles.decision_title(prove_it()) == "Keep it, and prove it: two proofs are missing"
    assert titles.breaks_title(no_steps()) == "No step is described, so nothing can be computed"


def test_if_nothing_is_left_out_without_numbers() -> None:
    assert "about 291\xa0[219–350] end wrong" in (phrases.if_nothing(voice()) or "")
    assert "1,000 calls lose $43,651. After all fixes they lose $1,855." in (phrases.if_nothing(voice()) or "")
    assert phrases.if_nothing(no_steps()) is None
    assert phrases.foot(voice(engagement=Engagement())) == "Final."


def test_shares_add_up() -> None:
    assert whole([1, 1, 1]) == (34, 33, 33)
    assert whole([0.234, 0.466, 0.18, 0.12]) == (23, 47, 18, 12)
    assert whole([0, 0]) == (0, 0)
    assert sum(whole([0.1] * 7)) == 100
    assert sum(n for _, n in phrases.evidence_shares(voice())) == 100


def test_numbers_on_paper_and_on_a_terminal() -> None:
    assert percent(0.2725) == "27\u202f%"
    assert percent(0.271, PLAIN, 1) == "27.1%"
    assert percent(0.9962) == "99.6\u202f%"
    assert percent(0.002) == "0.2\u202f%"
    assert percent(1) == "100\u202f%"
    assert bounds(0.124, 0.452) == "12–45"
    assert [points(x) for x in (0.27, -0.321, 0, 0.0001, None)] == ["+27.0", "−32.1", "0.0", "0.0", "n/c"]
    assert day(date(2026, 11, 20)) == "20\xa0November 2026"
    assert short_day(date(2026, 12, 4), year=False) == "4\xa0Dec"
    assert [count(n, "fix", "fixes") for n in (0, 1, 3, 13)] == ["no fixes", "one fix", "three fixes", "13 fixes"]
    assert [listed(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert [money(43651, "$"), money(4, "EUR"), money(0.5, None)] == ["$43,651", "EUR\xa04", "0.50"]
    assert cut("abcdef", 4) == "abc…"


def test_receipts_say_who_where_and_how_often() -> None:
    assert receipt_text(Declared(path="a.yaml", line=3, who="Mia Tran", when=date(2026, 11, 13))) == (
        "Mia Tran, 13\xa0Nov\xa02026, a.yaml:3"
    )
    assert receipt_text(Inspected(path="src/a.py", line=113, commit="4f1c9e2a77")) == "src/a.py:113@4f1c9e2"
    assert receipt_text(Measured(source="traces", n=61, successes=0, window="October")) == (
        "0 of 61: 0\u202f%\xa0[0–3], traces, October"
    )
    assert rate(148, 148, PLAIN) == "148 of 148: 100% [99-100]"
    assert letters(["measured", "declared"]) == ("D", "–", "M")
