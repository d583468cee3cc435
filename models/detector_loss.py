"""What the detector's maps should be for given cars, and how far they are from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from models.boxes import giou
from models.detector import STRIDE, Maps

REACH = 0.54  # of a car's half size, how far its centre is spread out: TTFNet, section 3.2
BOX_SHARE = 5.0  # weight of the boxes' loss beside that of the centres: TTFNet, equation 9
NEGLECT, FOCUS = 4, 2  # exponents beta and alpha of the centres' loss: Zhou et al., equation 1


class Truth(NamedTuple):
    """The maps of pictures whose cars are known.

    Attributes:
        centre: (b, h, w) 1 at the cell of a car's centre, falling off around it, 0 elsewhere.
        weight: (b, h, w) 0 where the picture does not say whether there is a car, else 1.
        boxes: (b, 4, h, w) [px] of the car to which a cell belongs.
        box_weight: (b, h, w) of a cell in the loss of boxes; adds up to 1 a car that has cells.
    """

    centre: Tensor
    weight: Tensor
    boxes: Tensor
    box_weight: Tensor


def encode(boxes: Sequence[Tensor], ignored: Sequence[Tensor], height: int, width: int) -> Truth:
    """Return the maps of pictures.

    Args:
        boxes: (n, 4) [px] of the cars of each picture.
        ignored: (m, 4) [px] of each picture, where cells say nothing unless they belong to a car.
        height: Of the maps, in cells.
        width: Of the maps, in cells.
    """
    pairs = zip(boxes, ignored, strict=True)
    rows = [_encode_one(cars, other, height, width) for cars, other in pairs]
    return Truth(*(torch.stack(column) for column in zip(*rows, strict=True)))


def _encode_one(boxes: Tensor, ignored: Tensor, height: int, width: int) -> Truth:
    x = torch.arange(width, device=boxes.device, dtype=torch.float32)
    y = torch.arange(height, device=boxes.device, dtype=torch.float32)
    left, up, right, down = (ignored / STRIDE).unbind(-1)
    unknown = _touched(y, up, down)[:, :, None] & _touched(x, left, right)[:, None]
    ones = boxes.new_ones(height, width)
    weight = ones.masked_fill(unknown.any(0), 0.0)
    if not len(boxes):
        nothing = torch.zeros_like(ones)
        return Truth(nothing, weight, boxes.new_zeros(4, height, width), nothing)
    low, high = boxes[:, :2] / STRIDE, boxes[:, 2:] / STRIDE
    limit = boxes.new_tensor([width - 1, height - 1])
    middle = ((low + high) / 2).floor().clamp(min=0).minimum(limit)
    spread = (high - low) * REACH / 2  # [cell] from the centre to where the kernel is cut off
    kernel = _kernel(y, middle[:, 1], spread[:, 1])[:, :, None]
    kernel = kernel * _kernel(x, middle[:, 0], spread[:, 0])[:, None]
    centre, owner = kernel.max(0)  # a cell belongs to the car of which it is nearest the middle
    total = boxes.new_zeros(len(boxes)).index_add(0, owner.flatten(), centre.flatten())
    box_weight = centre / total[owner].clamp(min=1e-6)
    return Truth(
        centre, torch.where(centre > 0, 1.0, weight), boxes[owner].permute(2, 0, 1), box_weight
    )


def _touched(cell: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Return which cells (n_cell,) the spans (n,) touch, (n, n_cell)."""
    return (cell + 1 > low[:, None]) & (cell < high[:, None])


def _kernel(cell: Tensor, middle: Tensor, spread: Tensor) -> Tensor:
    """Return a Gaussian (n, n_cell), 1 at `middle`, cut off beyond `spread`, at 3 deviations."""
    away = (cell - middle[:, None]).abs()
    deviation = (spread / 3).clamp(min=0.1)[:, None]
    return torch.exp(-0.5 * (away / deviation) ** 2) * (away <= spread.floor()[:, None])


def centre_loss(logit: Tensor, truth: Truth) -> Tensor:
    """Return the penalty-reduced focal loss of the centres, a car: Zhou et al. 2019, equation 1."""
    chance, weight = logit.sigmoid(), truth.weight
    is_centre = truth.centre == 1
    hit = (1 - chance) ** FOCUS * functional.softplus(-logit)
    miss = (1 - truth.centre) ** NEGLECT * chance**FOCUS * functional.softplus(logit)
    total = (torch.where(is_centre, hit, miss) * weight).sum()
    return total / is_centre.sum().clamp(min=1)


def box_loss(boxes: Tensor, truth: Truth) -> Tensor:
    """Return 1 - GIoU of the boxes, averaged over cars, in each over its cells."""
    cell = truth.box_weight > 0
    weight = truth.box_weight[cell]
    ours, theirs = boxes.permute(0, 2, 3, 1)[cell], truth.boxes.permute(0, 2, 3, 1)[cell]
    return ((1 - giou(ours, theirs)) * weight).sum() / weight.sum().clamp(min=1)


def detector_loss(maps: Maps, truth: Truth) -> Tensor:
    """Return the loss of maps, to be made small: centres and boxes."""
    return centre_loss(maps.centre, truth) + BOX_SHARE * box_loss(maps.boxes, truth)
