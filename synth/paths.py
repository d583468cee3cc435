"""Paths: what reaches the receive array, one row a path."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray


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
        object: (n_path,) uint16, id of the object that sent it to the array.
        material: (n_path,) uint8, of that surface.
        bounces: (n_path,) uint8, surfaces met.
    """

    gain: NDArray[np.complex64]
    delay: NDArray[np.float64]
    aoa: NDArray[np.float32]
    aod: NDArray[np.float32]
    doppler: NDArray[np.float32]
    object: NDArray[np.uint16]
    material: NDArray[np.uint8]
    bounces: NDArray[np.uint8]

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


def thin(paths: Paths, chance: NDArray[np.float64], most: int) -> Paths:
    """Keep about `most` paths without changing the expected power: Russian roulette.

    Strong paths stay as they are. A path of power P below the threshold P0 stays with probability
    P / P0 and then carries P0. The threshold is the one that leaves `most` paths on average.

    Args:
        paths: All paths.
        chance: (n_path,) a uniform number of each path, the same from frame to frame for the
            same ray, so that still clutter stays still.
        most: How many to keep, about.

    Source: Arvo and Kirk, Particle transport and image synthesis, SIGGRAPH 1990.
    """
    if len(paths) <= most:
        return paths
    power = paths.power
    ordered = np.sort(power)[::-1]
    tail = ordered.sum() - np.concatenate([[0.0], np.cumsum(ordered)])[:-1]
    # With the k strongest kept for sure, the rest shares most - k places: P0 = tail / (most - k).
    count = np.arange(min(most, len(paths)))
    threshold = tail[count] / (most - count)
    first = int(np.argmax(ordered[count] <= threshold))
    share = np.minimum(power / threshold[first], 1.0)
    keep = chance < share
    kept = paths[keep]
    gain = kept.gain / np.sqrt(share[keep])
    return Paths(gain.astype(np.complex64), *(getattr(kept, f.name) for f in fields(Paths)[1:]))
