"""Where the one moving echo of a sequence goes: label-free tracks from radio maps alone.

In a sequence everything but the target stands still, and its echo only adds power: what a map has
above the least of its sequence is the target's. Peaks of that are candidates, the straight path
with the most of them is the track (every pair of candidates is tried: Fischler and Bolles,
"Random Sample Consensus", 1981, without the randomness), and the echo along it is then measured
again in the whole map, where subtraction has not eaten into it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from benchmark.pairs import Axes, metres

Places = NDArray[np.float64]

N_CANDIDATE = 5  # peaks a frame that may be the target's
BLUR = 5  # [cells] over which maps are averaged before peaks are sought
APART = 9  # [cells] between peaks
AROUND = 4  # [cells] at each side, over which a peak's place is weighed
NEAR = 1.5  # [m] from a path, within which a candidate supports it
FEWEST = 4  # frames between the two candidates that span a path
WINDOW = (5, 9)  # rows and columns at each side, in which the echo is measured again
ROUNDS = 3  # of measuring and fitting
SHARPNESS = 2  # power of a cell's value that is its weight
QUARTER_CAR = 0.45  # [m]: echoes come from the near half of a car 1.8 m wide, on average a quarter


@dataclass(frozen=True)
class Track:
    """The target's way through a sequence.

    Attributes:
        place: (n, 2) range [m] and azimuth [rad] of its middle in each frame.
        support: Share of the frames that have a candidate on it.
    """

    place: Places
    support: float


def track(maps: Tensor, axes: Axes) -> Track:
    """Return the track of the one thing that moves.

    Args:
        maps: (n, height, width) radio maps of a sequence, from `benchmark.pairs.as_radio`.
        axes: Theirs.
    """
    moving = moving_part(maps)
    cells, strength = candidates(moving)
    path, support = consensus(metres(axes.at(cells[..., 0], cells[..., 1])), strength)
    whole = maps.clamp(min=0).double().numpy()
    for _ in range(ROUNDS):
        measured, weight = _measured(whole, moving.numpy(), path, axes)
        path = _smooth(measured, weight)
    distance, azimuth = np.hypot(path[:, 0], path[:, 1]), np.arctan2(path[:, 0], path[:, 1])
    return Track(np.stack([distance + QUARTER_CAR, azimuth], 1), support)


def moving_part(maps: Tensor, least: Tensor | None = None) -> Tensor:
    """Return what moves in the maps (n, ...) of a sequence: all above the least of it.

    Args:
        maps: Of the whole sequence, unless the least is given.
        least: That of the sequence, or of each map's (n, ...).
    """
    return (maps - (maps.amin(0) if least is None else least)).clamp(min=0)


def candidates(moving: Tensor) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the strongest peaks of maps (n, height, width).

    Returns:
        (n, k, 2) fractional rows and columns, and (n, k) strengths, 0 where there are fewer.
    """
    n, _, width = moving.shape
    blurred = functional.avg_pool2d(moving[:, None], BLUR, 1, BLUR // 2)
    highest = functional.max_pool2d(blurred, APART, 1, APART // 2)
    peak = torch.where(blurred == highest, blurred, torch.zeros(()))[:, 0]
    strength, place = peak.flatten(1).topk(N_CANDIDATE)
    wide = functional.pad(moving, (AROUND,) * 4)
    away = np.arange(-AROUND, AROUND + 1)
    cells = np.zeros((n, N_CANDIDATE, 2))
    for frame in range(n):
        for k in range(N_CANDIDATE):
            row, column = divmod(int(place[frame, k]), width)
            part = wide[frame, row : row + len(away), column : column + len(away)].numpy()
            cells[frame, k] = np.add([row, column], _weighted(part, away, away))
    return cells, strength.double().numpy()


def consensus(place: Places, strength: NDArray[np.float64]) -> tuple[Places, float]:
    """Return the straight path at even speed (n, 2) [m] that candidates support most.

    Args:
        place: (n, k, 2) x and y of candidates [m].
        strength: (n, k) of them.

    Returns:
        The path, and the share of frames with a candidate within `NEAR` of it.
    """
    n, k = strength.shape
    time, flat = np.repeat(np.arange(n), k), place.reshape(-1, 2)
    real = strength.ravel() > 0
    one, other = np.nonzero((time[None] - time[:, None] >= FEWEST) & real[:, None] & real[None])
    if not len(one):
        return np.repeat(place[:, :1].mean(0), n, 0), 0.0
    speed = (flat[other] - flat[one]) / (time[other] - time[one])[:, None]
    paths = flat[one][:, None] + speed[:, None] * (np.arange(n) - time[one][:, None])[..., None]
    gap = np.linalg.norm(paths[:, :, None] - place[None], axis=-1)  # (path, n, k)
    support = np.where(gap < NEAR, strength[None], 0.0).max(2)
    best = int(support.sum(1).argmax())
    return paths[best], float((support[best] > 0).mean())


def _measured(
    whole: NDArray[np.float64], moving: NDArray[np.float32], path: Places, axes: Axes
) -> tuple[Places, NDArray[np.float64]]:
    """Return where the echo lies around a path (n, 2) [m], and how strongly it moves (n,)."""
    row, column = axes.cells(np.hypot(path[:, 0], path[:, 1]), np.arctan2(path[:, 0], path[:, 1]))
    cells, weight = np.zeros((len(path), 2)), np.zeros(len(path))
    for frame, middle in enumerate(zip(row, column, strict=True)):
        rows, columns = (
            np.clip(np.arange(-side, side + 1) + round(at), 0, size - 1)
            for at, side, size in zip(middle, WINDOW, whole.shape[1:], strict=True)
        )
        inside = np.ix_(rows, columns)
        cells[frame] = _weighted(whole[frame][inside], rows, columns)
        weight[frame] = moving[frame][inside].max() + 1e-3
    return metres(axes.at(cells[:, 0], cells[:, 1])), weight


def _weighted(
    part: NDArray[np.float64], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> tuple[float, float]:
    """Return the mean row and column of a part of a map, weighted by its values."""
    weight = part**SHARPNESS + 1e-9
    total = weight.sum()
    return float((weight.sum(1) @ rows) / total), float((weight.sum(0) @ columns) / total)


def _smooth(place: Places, weight: NDArray[np.float64]) -> Places:
    """Return places (n, 2) on a path of even acceleration, by weighted least squares."""
    time = np.arange(len(place)) - (len(place) - 1) / 2
    powers, root = np.vander(time, 3), np.sqrt(weight)[:, None]
    fitted = np.linalg.lstsq(powers * root, place * root, rcond=None)[0]
    return np.asarray(powers @ fitted)
