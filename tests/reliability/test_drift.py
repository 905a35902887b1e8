"""Whether a monitored rate has fallen."""

from math import comb

import numpy as np
import pytest

from auditkit.reliability import chance_of_drop, change_point, compare, cusum, cusum_increments, window_size


def test_a_steady_rate_does_not_fire():
    same = compare(188, 200, 188, 200)
    assert (same.drop, same.z, same.fires) == (0, 0, False)
    assert same.p_value == pytest.approx(0.5)


def test_a_fall_from_94_to_79_percent_fires():
    fall = compare(188, 200, 158, 200)
    assert fall.z == pytest.approx(4.390, abs=5e-4)
    assert fall.p_value == pytest.approx(5.7e-6, abs=5e-8)
    assert (fall.drop, fall.low, fall.high) == pytest.approx((0.15, 0.0842, 0.2167), abs=5e-5)
    assert fall.test == "z"
    assert fall.fires


def test_the_fall_beyond_tolerance_is_almost_certain():
    assert chance_of_drop(188, 200, 158, 200) == pytest.approx(0.9987, abs=5e-5)
    assert chance_of_drop(50, 100, 50, 100, tolerance=0.0) == pytest.approx(0.5, abs=1e-6)


def test_a_certain_drop_below_tolerance_does_not_fire():
    small = compare(94_000, 100_000, 92_000, 100_000)
    assert small.low > 0
    assert not small.fires
    assert compare(94_000, 100_000, 92_000, 100_000, tolerance=0.02).fires


@pytest.mark.parametrize(("n", "z"), [(20, 1.388), (30, 1.700), (40, 1.963)])
def test_small_windows_cannot_show_the_fall(n, z):
    # z grows with the root of the window.
    assert compare(9400, 10_000, 7900, 10_000).z * (n / 10_000) ** 0.5 == pytest.approx(z, abs=5e-4)


def test_the_fall_takes_64_runs_per_window():
    assert window_size(0.94, 0.79) == 64


def test_small_cells_are_tested_exactly():
    found = compare(20, 20, 15, 20)
    exact = sum(comb(20, k) * comb(20, 35 - k) for k in (20,)) / comb(40, 35)
    assert found.test == "fisher"
    assert found.p_value == pytest.approx(exact)


def test_windows_without_runs_are_refused():
    with pytest.raises(ValueError, match="a rate without runs"):
        compare(0, 0, 5, 10)
    with pytest.raises(ValueError, match="no window tells"):
        window_size(0.9, 0.9)


def test_extreme_windows_have_no_spread_and_no_alarm():
    assert compare(10, 10, 10, 10).z == 0
    assert not compare(0, 10, 0, 10).fires


def test_increments_are_tuned_to_twice_the_failures():
    assert cusum_increments(0.06) == pytest.approx((0.6931, -0.0660), abs=5e-5)
    up, down = cusum_increments(0.8)
    assert up > 0 > down


def delays(rate: float, streams: int, length: int, seed: int) -> list[int]:
    failures = np.random.default_rng(seed).random((streams, length)) < rate
    return [cusum((~row).tolist(), 0.06).alarm_after or length for row in failures]


def test_a_tripled_failure_rate_alarms_after_about_43_outcomes():
    found = delays(0.21, 1500, 600, seed=7)
    assert np.mean(found) == pytest.approx(43, abs=3)
    assert np.quantile(found, 0.9) == pytest.approx(68, abs=6)


def test_a_doubled_failure_rate_alarms_after_about_134_outcomes():
    assert np.mean(delays(0.12, 800, 1500, seed=7)) == pytest.approx(134, abs=14)


def test_a_steady_stream_rarely_alarms():
    steady = delays(0.06, 100, 1000, seed=7)
    # Mean run length 3,290: within 1,000 outcomes about a quarter of the streams alarm by chance.
    assert 0.12 < np.mean(np.array(steady) < 1000) < 0.40


def test_a_stream_reports_where_it_stands():
    quiet = cusum([True] * 50, 0.06)
    assert (quiet.level, quiet.peak, quiet.alarm_after, quiet.seen) == (0, 0, None, 50)
    loud = cusum([False] * 10, 0.06)
    assert loud.alarm_after == 6
    assert loud.level == pytest.approx(10 * np.log(2))
    assert cusum([], 0.06).seen == 0


def test_a_baseline_without_failures_is_refused():
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        cusum([True], 0.0)
    with pytest.raises(ValueError, match="between the baseline"):
        cusum([True], 0.1, worse=0.05)


def test_six_months_show_the_change_after_month_three():
    found = change_point([188, 188, 186, 172, 160, 158], [200] * 6)
    assert found.log10_bayes_factor == pytest.approx(6.99, abs=5e-3)
    assert found.last_before == 3
    assert found.posterior[2] == pytest.approx(0.962, abs=5e-4)
    assert sum(found.posterior) == pytest.approx(1)


def test_steady_months_speak_against_a_change():
    assert change_point([188] * 6, [200] * 6).log10_bayes_factor < 0


def test_too_few_or_broken_periods_are_refused():
    with pytest.raises(ValueError, match="at least 4 periods, not 3"):
        change_point([1, 1, 1], [2, 2, 2])
    with pytest.raises(ValueError, match="2 counts of successes but 4 of runs"):
        change_point([1, 1], [2, 2, 2, 2])
    with pytest.raises(ValueError, match="between 0 and the runs"):
        change_point([3, 1, 1, 1], [2, 2, 2, 2])
