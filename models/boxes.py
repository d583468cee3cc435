"""Boxes in pictures: overlap, and which of several that overlap to keep.

A box is x0 y0 x1 y1 [px], half-open, as in docs/conventions.md; one whose x1 is not beyond its x0
(or y1, y0) is empty and overlaps nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor

TINY = 1e-6  # [px²] keeps quotients of empty boxes finite


def area(boxes: Tensor) -> Tensor:
    """Return the areas (...) [px²] of boxes (..., 4)."""
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(-1)


def clip(boxes: Tensor, width: float, height: float) -> Tensor:
    """Return what of boxes (..., 4) lies in a picture of `width` and `height` [px]."""
    return boxes.clamp(min=0).minimum(boxes.new_tensor([width, height, width, height]))


def shared(a: Tensor, b: Tensor) -> Tensor:
    """Return the areas [px²] that boxes (..., n, 4) and (..., m, 4) share, (..., n, m)."""
    low = torch.maximum(a[..., :, None, :2], b[..., None, :, :2])
    high = torch.minimum(a[..., :, None, 2:], b[..., None, :, 2:])
    return (high - low).clamp(min=0).prod(-1)


def iou(a: Tensor, b: Tensor) -> Tensor:
    """Return the intersection over union (..., n, m) of boxes (..., n, 4) and (..., m, 4)."""
    both = shared(a, b)
    union = area(a)[..., :, None] + area(b)[..., None, :] - both
    return both / union.clamp(min=TINY)


def giou(a: Tensor, b: Tensor) -> Tensor:
    """Return the generalised IoU of boxes (..., 4), pair by pair, -1 to 1.

    It falls further as boxes that do not meet move apart, and so has a gradient there: Rezatofighi
    et al., "Generalized Intersection over Union", CVPR 2019, algorithm 1.
    """
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    both = (high - low).clamp(min=0).prod(-1)
    union = (area(a) + area(b) - both).clamp(min=TINY)
    first, last = torch.minimum(a[..., :2], b[..., :2]), torch.maximum(a[..., 2:], b[..., 2:])
    hull = (last - first).prod(-1).clamp(min=TINY)
    return both / union - (hull - union) / hull


def suppress(boxes: Tensor, scores: Tensor, overlap: float) -> Tensor:
    """Return which boxes to keep (b, k): none that overlaps a kept one of higher score.

    Args:
        boxes: (b, k, 4) of each picture, by falling score.
        scores: (b, k); boxes of score 0 are not kept.
        overlap: IoU above which two boxes are of one object.
    """
    keep = scores > 0
    rival = iou(boxes, boxes) > overlap
    for rank in range(boxes.shape[1]):
        beaten = rival[:, rank] & keep[:, rank, None]
        beaten[:, : rank + 1] = False
        keep = keep & ~beaten
    return keep
