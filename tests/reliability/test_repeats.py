"""The same task several times."""

import pytest

from auditkit.reliability import (
    beta_binomial_pass_k,
    consistency,
    correlation_from,
    intra_task_correlation,
    pass_hat_k,
)

# tau-bench, gpt-4o airline: 50 tasks of 4 trials, by number of successes.
AIRLINE = [(s, 4) for s, tasks in {0: 14, 1: 12, 2: 10, 3: 4, 4: 10}.items() for _ in range(tasks)]


@pytest.mark.parametrize(("k", "expected"), [(1, 0.42), (2, 0.2733), (3, 0.22), (4, 0.20)])
def test_pass_hat_k_reproduces_the_published_airline_table(k, expected):
    assert pass_hat_k(AIRLINE, k) == pytest.approx(expected, abs=5e-5)


def test_trials_of_one_airline_task_are_alike():
    icc = intra_task_correlation(AIRLINE)
    assert icc == pytest.approx(0.3979, abs=5e-5)
    assert beta_binomial_pass_k(0.42, icc, 2) == pytest.approx(0.2733, abs=5e-5)
    assert beta_binomial_pass_k(0.42, icc, 3) == pytest.approx(0.2051, abs=1e-4)
    assert beta_binomial_pass_k(0.42, icc, 4) == pytest.approx(0.1652, abs=1e-4)


def test_two_published_figures_predict_the_next_two_where_independence_fails():
    icc = correlation_from(0.692, 0.576)
    assert icc == pytest.approx(0.4557, abs=5e-5)
    assert beta_binomial_pass_k(0.692, icc, 3) == pytest.approx(0.509, abs=1e-3)
    assert beta_binomial_pass_k(0.692, icc, 4) == pytest.approx(0.462, abs=4e-3)
    assert beta_binomial_pass_k(0.692, 0, 4) == pytest.approx(0.2293, abs=5e-5)


def test_the_prediction_holds_at_both_ends_of_correlation():
    assert beta_binomial_pass_k(0.42, 0.0, 4) == pytest.approx(0.42**4)
    assert beta_binomial_pass_k(0.42, -0.1, 4) == pytest.approx(0.42**4)
    assert beta_binomial_pass_k(0.42, 1.0, 4) == pytest.approx(0.42)


def test_tasks_that_all_end_alike_say_nothing_about_correlation():
    assert intra_task_correlation([(4, 4), (4, 4)]) is None
    assert intra_task_correlation([(0, 4)]) is None


def test_consistency_is_full_at_the_ends_and_none_for_a_coin():
    assert [consistency(p) for p in (0.0, 0.5, 1.0)] == [1, 0, 1]
    assert consistency(0.9) == pytest.approx(0.64)


@pytest.mark.parametrize(
    ("tasks", "k", "complaint"),
    [
        ([(2, 3), (1, 2)], 3, "task 1 has 2 trials; pass\\^3 needs 3"),
        ([(4, 3)], 1, "task 0 has 4 successes of 3 trials"),
        ([], 1, "at least one task"),
        ([(1, 1)], 0, "k is at least 1"),
    ],
)
def test_tasks_without_enough_trials_are_refused(tasks, k, complaint):
    with pytest.raises(ValueError, match=complaint):
        pass_hat_k(tasks, k)
