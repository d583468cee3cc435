"""The one-off calibration of self-labels: one offset for all frames, without ground truth.

Only one thing moves in a sequence, so what a radio map has above the least of its sequence is the
target's echo. The offset is the one at which self-labels lie, all in all, on the most of it. The
echo comes from the target's near half: its middle lies a quarter of a car behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from benchmark.self_labels import SelfLabels, places_of
from benchmark.sources import Source
from benchmark.tracks import QUARTER_CAR, moving_part
from scenes.config import SEQUENCE_LENGTH

KINDS = ("echo", "labels", "none")
FARTHEST = 0.15  # of the map's sides, that an offset may be


def sequences(source: Source) -> Iterator[tuple[NDArray[np.int64], Tensor]]:
    """Yield frames (15,) of each sequence and their radio maps (15, height, width)."""
    for batch in source.in_order(SEQUENCE_LENGTH):
        yield batch.frame.numpy(), batch.radio[:, 0]


def calibrate(labels: SelfLabels, source: Source, kind: str) -> SelfLabels:
    """Return self-labels without their common offset.

    Args:
        labels: Of the split.
        source: The split.
        kind: "echo" as above, "labels" by the true places' medians, or "none".
    """
    if kind == "none":
        return labels
    if kind == "labels":
        offset = np.median(places_of(source)[labels.frame] - labels.place, axis=0)
        return replace(labels, place=labels.place + offset)
    rows, columns = echo_offset(labels, source)
    axes = source.pairs.axes
    step = axes.range[1] - axes.range[0], axes.azimuth[1] - axes.azimuth[0]
    offset = np.array([rows * step[0] + QUARTER_CAR, columns * step[1]])
    return replace(labels, place=labels.place + offset)


def echo_offset(labels: SelfLabels, source: Source) -> tuple[int, int]:
    """Return rows and columns by which labels are to be moved onto the moving echoes."""
    axes = source.pairs.axes
    height, width = len(axes.range), len(axes.azimuth)
    at = np.rint(np.stack(axes.cells(*labels.place.T), 1)).astype(np.int64)
    row_of = {int(frame): i for i, frame in enumerate(labels.frame)}
    far = round(FARTHEST * height), round(FARTHEST * width)
    total = torch.zeros(2 * far[0] + 1, 2 * far[1] + 1)
    for frames, maps in sequences(source):
        wide = functional.pad(moving_part(maps), (far[1], far[1], far[0], far[0]))
        for frame, echo in zip(frames.tolist(), wide, strict=True):
            if frame in row_of:
                row, column = at[row_of[frame]].tolist()
                total += echo[row : row + 2 * far[0] + 1, column : column + 2 * far[1] + 1]
    best = int(total.argmax())
    return best // total.shape[1] - far[0], best % total.shape[1] - far[1]
