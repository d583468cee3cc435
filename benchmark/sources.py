"""Batches of pairs for training: from memory where the split fits, else by loader workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader

from benchmark.pairs import Pair, Pairs

AHEAD = 4  # batches that each worker reads ahead
Take = Callable[[Pair], tuple[Tensor, ...]]


@dataclass(frozen=True)
class Source:
    """A split to draw batches from.

    Attributes:
        pairs: The split.
        held: All of it in memory; None if it does not fit.
        workers: Processes that read ahead, where it does not.
    """

    pairs: Pairs
    held: Pair | None
    workers: int = 2

    def __len__(self) -> int:
        return len(self.pairs)

    def batches(self, order: NDArray[np.int64], size: int) -> Iterator[Pair]:
        """Yield the frames of an order, `size` at a time.

        Args:
            order: (n,) numbers of frames.
            size: Frames a batch; the last has the rest.
        """
        if self.held is not None:
            for chosen in parts(order, size):
                yield Pair(*(part[torch.from_numpy(chosen)] for part in self.held))
            return
        loader: DataLoader[Any] = DataLoader(
            self.pairs,
            batch_sampler=[chosen.tolist() for chosen in parts(order, size)],
            num_workers=self.workers,
            prefetch_factor=AHEAD if self.workers else None,
            pin_memory=torch.cuda.is_available(),
        )
        yield from loader

    def in_order(self, size: int) -> Iterator[Pair]:
        """Yield all frames in their order."""
        return self.batches(np.arange(len(self)), size)


def parts(order: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    """Return an order (n,) in parts of `size`; the last has the rest."""
    return [order[first : first + size] for first in range(0, len(order), size)]


@dataclass(frozen=True)
class Shuffled:
    """Epochs over some frames of a source, for `benchmark.training.train`.

    Attributes:
        source: The split.
        chosen: (n,) numbers of the frames to use.
        size: Frames a batch; what is left over of an epoch is dropped, for losses that compare the
            frames of a batch.
        take: What a step is called with, of a batch.
    """

    source: Source
    chosen: NDArray[np.int64]
    size: int
    take: Take

    def __len__(self) -> int:
        return max(len(self.chosen) // self.size, 1)

    def epoch(self, rng: np.random.Generator) -> Iterable[tuple[Tensor, ...]]:
        """Return the batches of one epoch, in an order by chance."""
        order = rng.permutation(self.chosen)[: len(self) * self.size]
        return (self.take(batch) for batch in self.source.batches(order, self.size))
