"""Paths: what reaches the receive array, one row a path."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

KINDS = ("line of sight", "specular", "scattered", "diffracted")
LINE_OF_SIGHT, SPECULAR, SCATTERED, DIFFRACTED = range(4)


@dataclass(frozen=True)
class Paths:
    """Propagation paths from the transmitter to the array's centre.

    Angles are those of the radar frame: docs/conventions.md.

    Attributes:
        gain: (n_path,) complex64, received over transmitted amplitude, element gains and the
            carrier's phase -2 pi f tau included.
        delay: (n_path,) float64 [s].
        aoa: (n_path, 2) float32, azimuth and elevation [rad] of where the path comes from.
        aod: (n_path, 2) float32, azimuth and elevation [rad] of where it leaves to.
        doppler: (n_path,) float32 [Hz], positive when the path grows shorter.
        object: (n_path,) uint16, id of the object that sent it to the array; 0 for line of sight.
        material: (n_path,) uint8, of that surface; `synth.sample.NO_MATERIAL` for line of sight.
        bounces: (n_path,) uint8, surfaces that reflected, scattered or diffracted it; panes that
            it passed are not among them.
        kind: (n_path,) uint8, index into `KINDS`.
    """

    gain: NDArray[np.complex64]
    delay: NDArray[np.float64]
    aoa: NDArray[np.float32]
    aod: NDArray[np.float32]
    doppler: NDArray[np.float32]
    object: NDArray[np.uint16]
    material: NDArray[np.uint8]
    bounces: NDArray[np.uint8]
    kind: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.gain)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.int64] | slice) -> Paths:
        return Paths(*(getattr(self, field.name)[rows] for field in fields(self)))

    @property
    def power(self) -> NDArray[np.float64]:
        """(n_path,) received over transmitted power."""
        return np.asarray(np.abs(self.gain.astype(np.complex128)) ** 2, np.float64)


def join(parts: list[Paths]) -> Paths:
    """Return the paths of all `parts` (at least one), in their order."""
    return Paths(
        *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Paths))
    )


def roulette(
    power: NDArray[np.floating[Any]], chance: NDArray[np.float64], most: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Choose about `most` paths without changing the expected power: Russian roulette.

    Strong paths stay as they are. A path of power P below the threshold P0 stays with probability
    P / P0 and then carries P0. The threshold is the one that leaves `most` paths on average.

    Args:
        power: (n_path,) of all paths.
        chance: (n_path,) a uniform number of each path, the same from frame to frame for the
            same ray, so that still clutter stays still.
        most: How many to keep, about.

    Returns:
        Rows that stay (n_kept,), and what their amplitude is multiplied by (n_kept,).

    Source: Arvo and Kirk, Particle transport and image synthesis, SIGGRAPH 1990.
    """
    if len(power) <= most:
        return np.arange(len(power)), np.ones(len(power))
    share = np.minimum(power / threshold(power, most), 1.0)
    rows = np.flatnonzero(chance < share)
    return rows, 1 / np.sqrt(share[rows])


@njit(cache=True)
def threshold(power, most):  # type: ignore[no-untyped-def]
    """Return P0 with sum(min(power / P0, 1)) = most, from above: few rounds, no sorting.

    Args:
        power: (n,).
        most: Below n.
    """
    level = np.inf
    while True:
        strong, tail = 0, 0.0
        for value in power:
            if value >= level:
                strong += 1
            else:
                tail += value
        lower = tail / max(most - strong, 1)
        if lower >= level or lower == 0.0:  # the rest is silent
            return level
        level = lower
