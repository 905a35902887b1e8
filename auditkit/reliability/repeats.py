"""The same task several times: pass^k, how alike the trials of one task are, and what that predicts."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb


def pass_hat_k(successes_per_task: Sequence[tuple[int, int]], k: int) -> float:
    """pass^k: P(k trials of one task all succeed), averaged over tasks given as (successes, trials).

    Unbiased, C(s, k) / C(n, k) per task, as in tau-bench. ValueError for a task with fewer than k trials.
    """
    if k < 1:
        raise ValueError(f"pass^{k} is undefined; k is at least 1")
    if not successes_per_task:
        raise ValueError("pass^k needs at least one task")
    for position, (successes, trials) in enumerate(successes_per_task):
        if not 0 <= successes <= trials:
            raise ValueError(f"task {position} has {successes} successes of {trials} trials")
        if trials < k:
            raise ValueError(f"task {position} has {trials} trials; pass^{k} needs {k}")
    return sum(comb(s, k) / comb(n, k) for s, n in successes_per_task) / len(successes_per_task)


def intra_task_correlation(successes_per_task: Sequence[tuple[int, int]]) -> float | None:
    """Correlation of two trials of one task; None when all trials ended alike, so that nothing varies."""
    return correlation_from(pass_hat_k(successes_per_task, 1), pass_hat_k(successes_per_task, 2))


def correlation_from(pass_1: float, pass_2: float) -> float | None:
    """Intra-task correlation from published pass^1 and pass^2; None when pass^1 is 0 or 1."""
    spread = pass_1 * (1.0 - pass_1)
    return (pass_2 - pass_1 * pass_1) / spread if spread > 0.0 else None


def beta_binomial_pass_k(p: float, icc: float, k: int) -> float:
    """pass^k predicted from the rate p and the intra-task correlation; p^k only when that is 0 or less."""
    alike = min(1.0, max(0.0, icc))
    chance = 1.0
    for i in range(k):
        # At i = 0 the ratio is p, even where the correlation of 1 makes it 0 / 0.
        chance *= p if i == 0 else (p * (1.0 - alike) + i * alike) / (1.0 - alike + i * alike)
    return chance


def consistency(p: float) -> float:
    """How far a task's outcome is settled, (2p - 1)^2: 1 when always the same, 0 for a coin."""
    return (2.0 * p - 1.0) ** 2
