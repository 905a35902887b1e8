"""What runs cost and are worth."""

import numpy as np
import pytest

from auditkit.reliability import Rates, absorb, expected_cost, expected_value

from .graphs import serial

AS_IS = absorb(serial(8), Rates(p=0.85))
HARDENED = absorb(
    serial(6),
    Rates(p=[0.90, 0.93, 0.90, 0.93, 0.93, 0.995], c=[0.8] * 5 + [0.9], m=[1] * 5 + [2], d=[0] * 5 + [0.7]),
)


def test_hardening_cuts_the_cost_of_a_thousand_runs_from_43651_to_1855():
    costs = [expected_cost(x.caught, x.silent, 4, 60, runs=1000)[0] for x in (AS_IS, HARDENED)]
    assert costs == pytest.approx([43_651, 1_855], abs=0.5)


def test_value_is_what_success_brings_less_all_costs():
    assert expected_value(0.9, 0.08, 0.02, 10.0, 4.0, 60.0, run_cost=0.5) == pytest.approx(
        9.0 - 0.32 - 1.2 - 0.5
    )


def test_draws_keep_their_shape():
    worth = expected_value(np.array([1.0, 0.0]), np.zeros(2), np.array([0.0, 1.0]), 10.0, 4.0, 60.0, runs=2)
    assert worth.tolist() == [20.0, -120.0]
