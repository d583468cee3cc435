"""Cross-modal attention: where in the radio map a masked target of the picture is found.

Equations 1 and 2 of Alloulah and Arnold, "Look, Radiate, and Learn: Self-Supervised Localisation
via Radio-Visual Correspondence", 2023. Features are scaled to unit length and the response of a
target is averaged over its cells, so that scores lie between -1 and 1 whatever its size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

MEAN, SPREAD = 0.45, 0.25  # of an ordinary picture's values, 0 to 1


class Window(NamedTuple):
    """A rectangle of cells, half-open."""

    x0: int
    y0: int
    x1: int
    y1: int


class Peaks(NamedTuple):
    """Where attention is largest.

    Attributes:
        score: (b,) the largest value.
        row: (b,) its cell's row.
        column: (b,) its cell's column.
    """

    score: Tensor
    row: Tensor
    column: Tensor


def standardised(pictures: Tensor) -> Tensor:
    """Return pictures (b, 3, height, width) of bytes, sRGB, as backbones take them."""
    return (pictures.float() / 255 - MEAN) / SPREAD


def mask_boxes(pictures: Tensor, boxes: Tensor, margin: float) -> Tensor:
    """Return pictures (b, c, height, width) with everything but one box in each set to zero.

    Args:
        pictures: Standardised pictures.
        boxes: (b, 4) x0 y0 x1 y1 [px].
        margin: By which boxes are widened [px].
    """
    height, width = pictures.shape[-2:]
    x = torch.arange(width, device=pictures.device) + 0.5
    y = torch.arange(height, device=pictures.device) + 0.5
    low, high = boxes[:, :2] - margin, boxes[:, 2:] + margin
    columns = (x >= low[:, :1]) & (x < high[:, :1])
    rows = (y >= low[:, 1:]) & (y < high[:, 1:])
    return pictures * (rows[:, None, :, None] & columns[:, None, None, :])


def windows(boxes: Tensor, stride: int, height: int, width: int, margin: int) -> list[Window]:
    """Return the cells that boxes touch, and a margin of cells around them.

    Windows are an odd number of cells wide and high, so that they have a cell in their middle.

    Args:
        boxes: (b, 4) x0 y0 x1 y1 [px].
        stride: Pixels between cells.
        height: Rows of cells.
        width: Columns of cells.
        margin: Cells more at each side.
    """
    found = []
    for x0, y0, x1, y1 in (boxes / stride).tolist():
        left, right = _odd(math.floor(x0) - margin, math.ceil(x1) + margin, width)
        up, down = _odd(math.floor(y0) - margin, math.ceil(y1) + margin, height)
        found.append(Window(left, up, right, down))
    return found


def _odd(first: int, last: int, size: int) -> tuple[int, int]:
    """Return a half-open span of cells within `size`, of an odd number of them."""
    first = min(max(first, 0), size - 1)
    last = min(max(last, first + 1), size)
    if (last - first) % 2:
        return first, last
    if last < size:
        return first, last + 1
    return (first - 1, last) if first > 0 else (first, last - 1)


def templates(visual: Tensor, cells: Sequence[Window]) -> Tensor:
    """Return the targets' responses as kernels of one odd size, zero around smaller ones.

    Args:
        visual: (b, c, height, width) features of masked pictures.
        cells: Of each picture, those to keep.

    Returns:
        (b, c, k, l); unit vectors over the number of cells kept.
    """
    unit = functional.normalize(visual, dim=1)
    high = max(window.y1 - window.y0 for window in cells) | 1
    wide = max(window.x1 - window.x0 for window in cells) | 1
    made = []
    for feature, window in zip(unit, cells, strict=True):
        part = feature[:, window.y0 : window.y1, window.x0 : window.x1]
        rows, columns = part.shape[1:]
        up, left = (high - rows) // 2, (wide - columns) // 2
        around = (left, wide - columns - left, up, high - rows - up)
        made.append(functional.pad(part / (rows * columns), around))
    return torch.stack(made)


def attend(radio: Tensor, kernels: Tensor) -> Tensor:
    """Return attention maps of every target over every radio map: equation 1.

    Args:
        radio: (a, c, height, width) features of radio maps.
        kernels: (b, c, k, l) from `templates`.

    Returns:
        (a, b, height, width), -1 to 1; zero padding around the radio features.
    """
    return _correlated(radio, kernels, "acyx,bcyx->abyx")


def attend_own(radio: Tensor, kernels: Tensor) -> Tensor:
    """Return attention maps (b, height, width) of every target over its own radio map."""
    return _correlated(radio, kernels, "bcyx,bcyx->byx")


def _correlated(radio: Tensor, kernels: Tensor, which: str) -> Tensor:
    """Return the correlation of features' directions with kernels, of the pairs that `which` names.

    By Fourier transforms: kernels are as large as targets, and sums over all their cells would take
    ten times as long for a car that is near.
    """
    unit = functional.normalize(radio.float(), dim=1)
    (height, width), half = unit.shape[2:], (kernels.shape[2] // 2, kernels.shape[3] // 2)
    size = [height + half[0], width + half[1]]  # what comes in at the other side stays beyond
    size = [length + length % 2 for length in size]
    maps, shown = torch.fft.rfft2(unit, size), torch.fft.rfft2(kernels.float(), size)
    product = torch.einsum(which, maps, shown.conj_physical())  # lazily, cell by cell: slower
    attention: Tensor = torch.fft.irfft2(product, size).roll(half, (-2, -1))
    return attention[..., :height, :width]


def scores(maps: Tensor) -> Tensor:
    """Return the largest attention (...) of maps (..., height, width): equation 2."""
    return maps.flatten(-2).amax(-1)


def peaks(maps: Tensor) -> Peaks:
    """Return where maps (b, height, width) are largest, to the cell."""
    score, place = maps.flatten(-2).max(-1)
    width = maps.shape[-1]
    return Peaks(score, (place // width).to(score.dtype), (place % width).to(score.dtype))
