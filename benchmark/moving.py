"""Pairs whose radio maps are rid of clutter: they show only what moves in their sequence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmark.calibration import sequences
from benchmark.sources import Source
from benchmark.tracks import moving_part


@dataclass(frozen=True)
class Moving:
    """A split whose radio maps are what they are above the least of their sequence.

    Attributes:
        source: The split as it is.
        least: (n_sequence, 1, height, width) of each sequence's maps.
        row: (n,) place of each frame's sequence in `least`.
    """

    source: Source
    least: Tensor
    row: NDArray[np.int64]

    def read(self, chosen: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Return pictures and radio maps of frames (n,)."""
        batch = self.source.read(chosen)
        least = self.least[torch.from_numpy(self.row[chosen])]
        return batch.picture, moving_part(batch.radio, least)


def moving(source: Source) -> Source:
    """Return a split with radio maps of what moves."""
    least = torch.stack([maps.amin(0, keepdim=True) for _, maps in sequences(source)])
    _, row = np.unique(source.pairs.sequence_of, return_inverse=True)
    return Source(source.pairs, Moving(source, least, row))
