"""What runs cost and are worth, from how they end."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Share = TypeVar("Share", float, NDArray[np.float64])


def expected_cost(
    caught: Share,
    silent: Share,
    caught_cost: float,
    silent_cost: float,
    run_cost: float = 0.0,
    runs: float = 1.0,
) -> Share:
    """Cost of that many runs, in the unit of the costs; shares are numbers or (B,) draws."""
    return runs * (caught_cost * caught + silent_cost * silent + run_cost)


def expected_value(
    success: Share,
    caught: Share,
    silent: Share,
    success_value: float,
    caught_cost: float,
    silent_cost: float,
    run_cost: float = 0.0,
    runs: float = 1.0,
) -> Share:
    """Worth of that many runs: what right endings bring, less what the others and the runs cost."""
    return runs * success_value * success - expected_cost(
        caught, silent, caught_cost, silent_cost, run_cost, runs
    )
