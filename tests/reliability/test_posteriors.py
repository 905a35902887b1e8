"""What is known about a rate: Betas, their quantiles, exact intervals, and joint draws through the chain."""

from math import comb, prod, sqrt

import numpy as np
import pytest

from auditkit.reliability import (
    Beta,
    Rates,
    absorb,
    assumed,
    beta_cdf,
    beta_quantile,
    clopper_pearson,
    contradicts,
    declared,
    draws,
    interval,
    measured,
    newcombe,
    wilson,
)

from .graphs import serial


def binomial_tail(most: int, runs: int, rate: float) -> float:
    """P(at most that many successes)."""
    return sum(comb(runs, k) * rate**k * (1 - rate) ** (runs - k) for k in range(most + 1))


def integrated_cdf(x: float, a: float, b: float) -> float:
    """P(rate <= x) by Gauss-Legendre integration over the logit, normalised by itself: no gamma function."""
    mode, width = np.log(a / b), sqrt(1 / a + 1 / b)
    low, high = mode - 9 * width - 45 / a, mode + 9 * width + 45 / b
    nodes, weights = np.polynomial.legendre.leggauss(30)

    def mass(start: float, stop: float) -> float:
        edges = np.linspace(start, stop, 4001)
        half = (edges[1] - edges[0]) / 2
        t = edges[:-1, None] + half + half * nodes
        height = a * (t - mode) - (a + b) * (np.logaddexp(0, t) - np.logaddexp(0, mode))
        return float((np.exp(height) * weights).sum() * half)

    return mass(low, np.log(x) - np.log1p(-x)) / mass(low, high)


EXTREMES = [
    (0.01, 0.01),
    (0.01, 5),
    (0.5, 0.5),
    (1, 1),
    (8.5, 1.5),
    (171.5, 29.5),
    (1e4, 3),
    (0.5, 1e7),
    (1e7, 1e3),
    (1e7, 1e7),
]


@pytest.mark.parametrize(("a", "b"), EXTREMES)
@pytest.mark.parametrize("q", [1e-6, 0.05, 0.5, 0.95, 0.999])
def test_quantiles_agree_with_numerical_integration(a, b, q):
    x = beta_quantile(q, a, b)
    assert 0 <= x <= 1
    if 1e-300 < x < 1 - 1e-6:
        assert integrated_cdf(x, a, b) == pytest.approx(q, abs=1e-9)
        assert beta_cdf(x, a, b) == pytest.approx(q, abs=1e-9)


@pytest.mark.parametrize("x", [0.001, 0.2, 0.5, 0.9, 0.9999])
def test_closed_forms_of_the_cumulative_probability_hold(x):
    assert beta_cdf(x, 1, 1) == pytest.approx(x, abs=1e-14)
    assert beta_cdf(x, 3, 1) == pytest.approx(x**3, abs=1e-14)
    assert beta_cdf(x, 1, 4) == pytest.approx(1 - (1 - x) ** 4, abs=1e-14)
    assert beta_cdf(x, 0.5, 0.5) == pytest.approx(2 / np.pi * np.arcsin(sqrt(x)), abs=1e-13)


def test_the_ends_of_the_range_are_exact():
    assert (beta_cdf(0, 2, 3), beta_cdf(-1, 2, 3), beta_cdf(1, 2, 3)) == (0, 0, 1)
    assert (beta_quantile(0, 2, 3), beta_quantile(1, 2, 3)) == (0, 1)
    with pytest.raises(ValueError, match="no probability"):
        beta_quantile(1.5, 2, 3)


@pytest.mark.parametrize(
    ("failures", "runs", "upper"), [(9, 300, 0.0518), (18, 600, 0.0442), (0, 100, 0.0295)]
)
def test_exact_upper_bounds_agree_with_binomial_tails(failures, runs, upper):
    low, high = clopper_pearson(failures, runs)
    assert high == pytest.approx(upper, abs=5e-5)
    assert binomial_tail(failures, runs, high) == pytest.approx(0.05, abs=1e-10)
    if failures:
        assert 1 - binomial_tail(failures - 1, runs, low) == pytest.approx(0.05, abs=1e-10)


def test_exact_bounds_at_the_ends_are_the_ends():
    assert clopper_pearson(0, 100)[0] == 0
    assert clopper_pearson(100, 100)[1] == 1
    assert clopper_pearson(0, 0) == (0, 1)


def test_a_declared_rate_keeps_its_mean():
    assert declared(0.97, 20).mean == pytest.approx(0.97, abs=1e-15)
    assert declared(0.97, 20).strength == pytest.approx(20)


def test_a_declared_certainty_is_no_certainty():
    assert declared(1.0, 10) == Beta(10.5, 0.5)
    assert declared(0.0, 10) == Beta(0.5, 10.5)


def test_counts_add_to_a_prior_by_their_weight():
    assert measured(170, 200) == Beta(170.5, 30.5)
    assert measured(170, 200, assumed(0.85, 10), weight=0.5) == Beta(8.5 + 85, 1.5 + 15)


def test_impossible_knowledge_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        Beta(0, 1)
    with pytest.raises(ValueError, match="5 successes of 4 runs"):
        measured(5, 4)
    with pytest.raises(ValueError, match=r"1\.2 is no rate"):
        declared(1.2, 10)


def test_a_declaration_far_above_the_measurement_is_contradicted():
    evidence = measured(171, 200)
    low, high = interval(evidence, 0.025, 0.975)
    assert (low, high) == pytest.approx((0.8014, 0.8987), abs=2e-4)
    assert 1 - beta_cdf(0.94, evidence.a, evidence.b) == pytest.approx(6.27e-6, abs=1e-8)
    assert 1 - integrated_cdf(0.94, evidence.a, evidence.b) == pytest.approx(6.27e-6, abs=1e-8)
    assert contradicts(0.97, evidence)
    assert not contradicts(0.86, evidence)


def test_wilson_and_newcombe_reproduce_known_intervals():
    assert wilson(188, 200) == pytest.approx((0.8981, 0.9653), abs=1e-4)
    assert newcombe(188, 200, 158, 200) == pytest.approx((0.0842, 0.2167), abs=5e-5)
    assert wilson(0, 10)[0] == 0
    assert wilson(0, 0) == (0, 1)
    assert newcombe(1, 2, 0, 0) == (-1, 1)


def chained(betas, groups, correlation, n=200_000):
    p = draws(betas, groups, n, seed=20260101, correlation=correlation)
    return absorb(serial(len(betas)), Rates(p=p)).success


def test_eight_unknown_steps_give_a_wide_interval():
    success = chained([assumed(0.85, 10)] * 8, ["m"] * 8, correlation=0.0)
    second = (8.5 * 9.5 / (10 * 11)) ** 8
    spread = sqrt(second - 0.85**16)
    assert spread == pytest.approx(0.1004, abs=1e-4)
    assert success.mean() == pytest.approx(0.2725, abs=1e-3)
    assert success.std() == pytest.approx(spread, abs=1e-3)
    assert np.quantile(success, [0.05, 0.5, 0.95]) == pytest.approx([0.124, 0.263, 0.452], abs=2.5e-3)


def test_eight_measured_steps_give_a_narrow_interval():
    success = chained([measured(170, 200)] * 8, [None] * 8, correlation=0.5)
    assert success.mean() == pytest.approx((170.5 / 201) ** 8, abs=1e-3)
    assert np.quantile(success, [0.05, 0.95]) == pytest.approx([0.232, 0.306], abs=2e-3)


def test_one_unknown_behind_all_eight_steps_is_far_wider_and_better_on_average():
    exact = prod((8.5 + i) / (10 + i) for i in range(8))
    assert exact == pytest.approx(0.3773, abs=5e-5)
    success = chained([assumed(0.85, 10)] * 8, ["m"] * 8, correlation=1.0)
    assert success.mean() == pytest.approx(exact, abs=2e-3)
    assert np.quantile(success, [0.05, 0.95]) == pytest.approx([0.028, 0.851], abs=3e-3)


def test_half_shared_ignorance_lies_between():
    success = chained([assumed(0.85, 10)] * 8, ["m"] * 8, correlation=0.5)
    assert 0.2725 < success.mean() < 0.3773
    assert 0.11 < success.std() < 0.26


@pytest.mark.parametrize(
    ("a", "b"), [(0.05, 3), (0.3, 0.3), (0.5, 3), (8.5, 1.5), (1000, 2), (1e7, 1e7), (1e5, 0.5)]
)
def test_draws_follow_their_beta(a, b):
    x = draws([Beta(a, b)], ["m"], 100_000, seed=3)[:, 0]
    for q in (0.01, 0.05, 0.5, 0.95, 0.99):
        share = np.mean(x <= beta_quantile(q, a, b))
        assert share == pytest.approx(q, abs=4 * sqrt(q * (1 - q) / 100_000) + 1e-4)
    spread = sqrt(a * b / (a + b + 1)) / (a + b)
    assert x.mean() == pytest.approx(a / (a + b), abs=4 * spread / sqrt(100_000))


def test_steps_of_one_group_move_together_and_others_do_not():
    x = draws([assumed(0.5, 50)] * 4, ["m", "m", "other", None], 50_000, seed=5)
    together = np.corrcoef(x.T)
    assert together[0, 1] == pytest.approx(0.5, abs=0.02)
    assert np.abs(together[0, 2:]).max() < 0.02
    assert abs(together[2, 3]) < 0.02


def test_draws_repeat_and_depend_on_position_and_group_only():
    betas, groups = [assumed(0.8, 10), measured(9, 10), assumed(0.5, 4)], ["m", None, "m"]
    x = draws(betas, groups, 1000, seed=1)
    assert np.array_equal(x, draws(betas, groups, 1000, seed=1))
    assert not np.array_equal(x, draws(betas, groups, 1000, seed=2))
    grown = draws([*betas, assumed(0.9, 10)], [*groups, "new"], 1000, seed=1)
    assert np.array_equal(x, grown[:, :3])
    learned = draws([betas[0], measured(90, 100), betas[2]], groups, 1000, seed=1)
    assert np.array_equal(x[:, [0, 2]], learned[:, [0, 2]])


def test_draws_need_a_group_entry_per_rate():
    with pytest.raises(ValueError, match="1 rates but 2 groups"):
        draws([Beta(1, 1)], [None, None], 10, seed=0)


def test_no_rates_give_no_columns():
    assert draws([], [], 10, seed=0).shape == (10, 0)
