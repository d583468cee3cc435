"""Radio maps moved about, with the places they show: a few hundred streets look like many.

A localiser that sees few streets learns them by heart. Moved maps keep what a target looks like
and change where everything stands, clutter and all. Mirrored maps are those of mirrored streets.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmark.pairs import Axes
from models.parallel import chance

EDGE = 3.0  # cells from the map's border that targets are kept away


def moved(
    radio: Tensor, place: NDArray[np.float64], axes: Axes, most: tuple[float, float]
) -> tuple[Tensor, NDArray[np.float64]]:
    """Return radio maps moved and mirrored by chance, by torch's generator, and their places.

    What leaves the map at one side comes in at the other.

    Args:
        radio: (b, 1, height, width).
        place: (b, 2) range [m] and azimuth [rad] of the targets.
        axes: Of the maps.
        most: Share of the height and the width by which maps are moved at most.
    """
    height, width = radio.shape[-2:]
    row, column = axes.cells(place[:, 0], place[:, 1])
    drawn = chance(len(radio), 3)
    turn = drawn[:, 2] < 0.5
    column = np.where(turn.numpy(), width - 1 - column, column)
    down = _whole(drawn[:, 0].numpy(), most[0], height, row)
    right = _whole(drawn[:, 1].numpy(), most[1], width, column)
    maps = [
        torch.roll(one, (int(dy), int(dx)), (-2, -1))
        for one, dy, dx in zip(_flipped(radio, turn), down, right, strict=True)
    ]
    return torch.stack(maps), axes.at(row + down, column + right)


def mirrored(
    inputs: tuple[Tensor, ...], place: NDArray[np.float64]
) -> tuple[tuple[Tensor, ...], NDArray[np.float64]]:
    """Return maps and pictures (b, c, height, width) mirrored by chance, with their places (b, 2).

    Rig and window are the same to the left and to the right, so mirrored pairs are pairs.
    """
    turn = chance(len(place), 1)[:, 0] < 0.5
    flipped = tuple(_flipped(maps, turn) for maps in inputs)
    return flipped, np.stack([place[:, 0], np.where(turn.numpy(), -1, 1) * place[:, 1]], 1)


def _flipped(maps: Tensor, turn: Tensor) -> Tensor:
    """Return maps (b, c, height, width), those to turn (b,) with left and right exchanged."""
    return torch.where(turn[:, None, None, None], maps.flip(-1), maps)


def _whole(
    chance: NDArray[np.float64], share: float, size: int, at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return whole cells (b,) to move by, so that what is at `at` stays on the map."""
    reach = share * size
    low = np.minimum(np.maximum(-reach, EDGE - at), 0)
    high = np.maximum(np.minimum(reach, size - 1 - EDGE - at), 0)
    return np.asarray(np.round(low + chance * (high - low)))
