"""Drops of rain and flakes of snow as such: how many, how large, how fast.

Camera (`synth.precipitation`) and lidar (`synth.air_returns`) draw the same particles from here.
Sizes are distributed by the diameter of the drop, of snow by that of the drop a flake melts to;
both sensors see the flake itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# A flake seen as d [m] wide, of the density AGGREGATE d^-THINNING times water's: 0.178 d^-0.922
# g/cm^3 with d in mm, aggregates of snow in Brandes et al., J. Applied Meteorology and Climatology
# 46 (2007). Lighter than ice from 0.17 mm.
THINNING = 0.922
AGGREGATE = 0.178 * 1e-3**THINNING
FILL = {"rain": 1.0, "snow": 0.7}  # share of a particle's disc that is not air; of snow chosen


def size_distribution(kind: str, rate: float) -> tuple[float, float]:
    """Return N0 [1/m^4] and Lambda [1/m] of N0 exp(-Lambda D) particles per metre of diameter D.

    Args:
        kind: "rain" or "snow"; of snow, D is the diameter of the melted flake.
        rate: As water [mm/h].

    Source: Marshall and Palmer, J. Meteorology 5 (1948); Gunn and Marshall, J. Meteorology 15
    (1958).
    """
    if kind == "rain":
        return 8e6, 4.1e3 * rate**-0.21
    return 3.8e6 * rate**-0.87, 2.55e3 * rate**-0.48


def density(kind: str, rate: float, diameter: Array) -> Array:
    """Return the number of particles per volume and diameter (...) [m], in 1/m^4."""
    number, slope = size_distribution(kind, rate)
    return np.asarray(number * np.exp(-slope * diameter))


def number_above(kind: str, rate: float, diameter: Array) -> Array:
    """Return the number (...) [1/m^3] of particles of more than a diameter (...) [m]."""
    number, slope = size_distribution(kind, rate)
    return np.asarray(number / slope * np.exp(-slope * diameter))


def seen_size(kind: str, diameter: Array) -> Array:
    """Return how wide (...) [m] drops, or flakes of a melted diameter (...) [m], are seen."""
    if kind == "rain":
        return diameter
    return np.asarray((diameter**3 / AGGREGATE) ** (1 / (3 - THINNING)))


def melted_size(kind: str, seen: Array) -> Array:
    """Return the diameter (...) [m] of the drop that a particle seen as wide (...) [m] melts to."""
    if kind == "rain":
        return seen
    return np.asarray(np.cbrt(AGGREGATE * seen ** (3 - THINNING)))


def fall_speed(kind: str, seen: Array) -> Array:
    """Return the speed (...) [m/s] at which particles seen as wide (...) [m] fall in still air.

    Source: Atlas et al., Rev. Geophysics 11 (1973); Locatelli and Hobbs, J. Geophysical Research
    79 (1974), table 1: aggregates of unrimed dendrites.
    """
    if kind == "rain":
        return np.asarray(np.maximum(9.65 - 10.3 * np.exp(-600 * seen), 0.1))
    return np.asarray(0.8 * (1e3 * seen) ** 0.16)
