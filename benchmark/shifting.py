"""Radio maps moved about, with the places they show: a few hundred streets look like many.

A localiser that sees few streets learns them by heart. Moved maps keep what a target looks like
and change where everything stands, clutter and all. Mirrored maps are those of mirrored streets.
Pictures stay, for theirs is another grid: the places at which they show the cells of the map are
moved in their stead.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmark.pairs import Axes
from models.parallel import chance
from models.spatial import STRIDE

EDGE = 3.0  # cells from the map's border that targets are kept away


def varied(
    inputs: tuple[Tensor, ...], place: NDArray[np.float64], axes: Axes, most: tuple[float, float]
) -> tuple[tuple[Tensor, ...], NDArray[np.float64]]:
    """Return what a localiser sees, mirrored and moved by chance, and the targets' places.

    Args:
        inputs: Radio maps (b, 1, height, width); pictures, if it sees them, with which maps are
            mirrored only; and where those show the cells of the map, with which they are moved.
        place: (b, 2) range [m] and azimuth [rad] of the targets.
        axes: Of the maps.
        most: As in `moved`.
    """
    (radio, *pictures), place, turn = mirrored(inputs[:2], place)
    if len(inputs) == 2:
        return (radio, *pictures), place
    step = STRIDE if pictures else 1
    radio, place, by = moved(radio, place, axes, most, step)
    ground = [rolled(mirrored_ground(one, turn), by) for one in inputs[2:]]
    return (radio, *pictures, *ground), place


def moved(
    radio: Tensor, place: NDArray[np.float64], axes: Axes, most: tuple[float, float], step: int = 1
) -> tuple[Tensor, NDArray[np.float64], Tensor]:
    """Return radio maps moved by chance, by torch's generator, their places, and by how much.

    What leaves the map at one side comes in at the other.

    Args:
        radio: (b, 1, height, width).
        place: (b, 2) range [m] and azimuth [rad] of the targets.
        axes: Of the maps.
        most: Share of the height and the width by which maps are moved at most.
        step: Cells of the map; they are moved by whole ones of these.

    Returns:
        The maps, the places, and (b, 2) by how many steps down and to the right they were moved.
    """
    height, width = radio.shape[-2:]
    row, column = axes.cells(place[:, 0], place[:, 1])
    drawn = chance(len(radio), 2).numpy()
    down = _whole(drawn[:, 0], most[0], height, row, step)
    right = _whole(drawn[:, 1], most[1], width, column, step)
    by = torch.from_numpy(np.stack([down, right], 1)).long()
    there = rolled(radio[:, 0], by * step)[:, None]
    return there, axes.at(row + down * step, column + right * step), by


def rolled(maps: Tensor, by: Tensor) -> Tensor:
    """Return maps (b, rows, columns, ...) moved down and to the right by cells (b, 2).

    What leaves a map at one side comes in at the other.
    """
    pairs = zip(maps, by.tolist(), strict=True)
    return torch.stack([torch.roll(one, (down, right), (0, 1)) for one, (down, right) in pairs])


def mirrored(
    inputs: tuple[Tensor, ...], place: NDArray[np.float64]
) -> tuple[tuple[Tensor, ...], NDArray[np.float64], Tensor]:
    """Return maps and pictures mirrored by chance, their places, and which were (b,).

    Rig and window are the same to the left and to the right, so mirrored pairs are pairs.

    Args:
        inputs: (b, c, height, width).
        place: (b, 2) range [m] and azimuth [rad].
    """
    turn = chance(len(place), 1)[:, 0] < 0.5
    flipped = tuple(torch.where(turn[:, None, None, None], maps.flip(-1), maps) for maps in inputs)
    turned = np.stack([place[:, 0], np.where(turn.numpy(), -1, 1) * place[:, 1]], 1)
    return flipped, turned, turn


def mirrored_ground(ground: Tensor, turn: Tensor) -> Tensor:
    """Return where mirrored pictures show the cells of mirrored maps; others as they are.

    Args:
        ground: (b, rows, columns, 2), see `benchmark.ground`.
        turn: (b,) which pairs are mirrored.
    """
    flipped = ground.flip(2) * ground.new_tensor([-1.0, 1.0])
    return torch.where(turn[:, None, None, None], flipped, ground)


def _whole(
    chance: NDArray[np.float64], share: float, size: int, at: NDArray[np.float64], step: int
) -> NDArray[np.float64]:
    """Return whole steps (b,) to move by, so that what is at `at` stays on the map."""
    reach = share * size
    low = np.minimum(np.maximum(-reach, EDGE - at), 0)
    high = np.maximum(np.minimum(reach, size - 1 - EDGE - at), 0)
    return np.asarray(np.trunc(np.round(low + chance * (high - low)) / step))
