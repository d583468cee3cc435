"""Errors of localisation, and how sure one can be of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.pairs import metres

DRAWS = 2000  # of the bootstrap
CURVE = np.linspace(0, 1, 201)  # shares of frames at which the CDF of errors is kept


@dataclass(frozen=True)
class Percentile:
    """A percentile of the errors and its 95 % interval [m]."""

    value: float
    low: float
    high: float


def errors(estimated: NDArray[np.float64], true: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return distances (n,) [m] in the plane between places (n, 2), range [m] and azimuth [rad]."""
    return np.asarray(np.linalg.norm(metres(estimated) - metres(true), axis=1))


def percentile(
    error: NDArray[np.float64],
    sequence: NDArray[np.int64],
    share: float,
    rng: np.random.Generator,
) -> Percentile:
    """Return a percentile of errors with its bootstrap interval.

    Whole sequences are drawn with replacement: their frames are alike, and as if they were
    independent the interval would be too narrow. Efron and Tibshirani, "An Introduction to the
    Bootstrap", 1993, chapter 8.

    Args:
        error: (n,) [m].
        sequence: (n,) of each frame.
        share: 0 to 1.
        rng: Of the draws.
    """
    whole = float(np.quantile(error, share))
    groups = [error[sequence == number] for number in np.unique(sequence)]
    if len(groups) < 2:  # of one sequence nothing is known of others
        return Percentile(whole, math.nan, math.nan)
    chosen = rng.integers(len(groups), size=(DRAWS, len(groups)))
    drawn = [np.quantile(np.concatenate([groups[i] for i in row]), share) for row in chosen]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Percentile(whole, float(low), float(high))
