"""How often a workflow ends right, is caught, or goes silently wrong, and how well that is known.

Pure functions over numbers, as docs/method.md explains them: the chain of steps, what is known of each rate,
which step to work on, repeated trials, sample sizes, drift, and cost.
"""

from .chain import Absorbed, Rates, Step, absorb, matrices
from .drift import (
    ChangePoint,
    Cusum,
    Drop,
    chance_of_drop,
    change_point,
    compare,
    cusum,
    cusum_increments,
    window_size,
)
from .lanes import visit
from .posteriors import (
    Beta,
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
from .repeats import beta_binomial_pass_k, consistency, correlation_from, intra_task_correlation, pass_hat_k
from .samples import chance_to_see, clean_runs_for, runs_to_see, upper_bound_no_failure
from .sensitivity import (
    equal_floor,
    fix_gains,
    needed_alone,
    removal_gains,
    required_floor,
    serial_floor,
    step_budget,
    water_fill,
)
from .value import expected_cost, expected_value

__all__ = [
    "Absorbed",
    "Beta",
    "ChangePoint",
    "Cusum",
    "Drop",
    "Rates",
    "Step",
    "absorb",
    "assumed",
    "beta_binomial_pass_k",
    "beta_cdf",
    "beta_quantile",
    "chance_of_drop",
    "chance_to_see",
    "change_point",
    "clean_runs_for",
    "clopper_pearson",
    "compare",
    "consistency",
    "contradicts",
    "correlation_from",
    "cusum",
    "cusum_increments",
    "declared",
    "draws",
    "equal_floor",
    "expected_cost",
    "expected_value",
    "fix_gains",
    "interval",
    "intra_task_correlation",
    "matrices",
    "measured",
    "needed_alone",
    "newcombe",
    "pass_hat_k",
    "removal_gains",
    "required_floor",
    "runs_to_see",
    "serial_floor",
    "step_budget",
    "upper_bound_no_failure",
    "visit",
    "water_fill",
    "wilson",
    "window_size",
]
