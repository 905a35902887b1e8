"""How many runs a claim needs."""

import pytest

from auditkit.reliability import chance_to_see, clean_runs_for, runs_to_see, upper_bound_no_failure


def test_99_percent_takes_299_clean_runs():
    assert clean_runs_for(0.99) == 299
    assert 0.99**299 <= 0.05 < 0.99**298


def test_seeing_a_4_percent_failure_once_takes_74_runs():
    assert runs_to_see(0.04) == 74


def test_an_exact_count_does_not_grow_by_rounding():
    assert clean_runs_for(0.5, 0.75) == 2
    assert runs_to_see(0.5, 0.875) == 3
    assert clean_runs_for(0.01) == 1


def test_100_clean_runs_leave_up_to_3_percent_failures():
    assert upper_bound_no_failure(100) == pytest.approx(0.0295, abs=5e-5)
    assert upper_bound_no_failure(299) < 0.01 <= upper_bound_no_failure(298)
    assert upper_bound_no_failure(0) == 1


def test_twenty_cases_see_a_4_percent_failure_about_every_other_time():
    assert chance_to_see(0.04, 20) == pytest.approx(0.558, abs=5e-4)
    assert chance_to_see(0.04, 0) == 0
    assert (chance_to_see(1.0, 3), chance_to_see(1.0, 0), chance_to_see(0.0, 9)) == (1, 0, 0)


def test_certainty_cannot_be_bought_with_runs():
    with pytest.raises(ValueError, match=r"claim 1\.0 must lie strictly between"):
        clean_runs_for(1.0)
    with pytest.raises(ValueError, match=r"probability 1\.0 must lie"):
        runs_to_see(0.04, 1.0)
