"""Batches of pairs for training: read ahead by a thread from the mapped store, or from memory."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import default_collate

from benchmark.pairs import Pair, Pairs
from models.parallel import n_process, rank
from synth.shards import DatasetError

AHEAD = 4  # batches that the thread reads ahead
Take = Callable[[Pair], tuple[Tensor, ...]]


class Reads(Protocol):
    """What yields the frames of a split."""

    def read(self, chosen: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Return pictures and radio maps of frames (n,)."""


@dataclass(frozen=True)
class Source:
    """A split to draw batches from.

    Attributes:
        pairs: The split.
        held: All of it, in memory or to be read; None to decode each frame when it is asked for.
    """

    pairs: Pairs
    held: Pair | Reads | None

    def __len__(self) -> int:
        return len(self.pairs)

    def batches(self, order: NDArray[np.int64], size: int) -> Iterator[Pair]:
        """Yield the frames of an order, `size` at a time.

        Args:
            order: (n,) numbers of frames.
            size: Frames a batch; the last has the rest.
        """
        if isinstance(self.held, Pair):
            yield from map(self.read, parts(order, size))
            return
        with ThreadPoolExecutor(1) as thread:
            waiting: deque[Future[Pair]] = deque()
            for chosen in parts(order, size):
                waiting.append(thread.submit(self.read, chosen))
                if len(waiting) > AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def read(self, chosen: NDArray[np.int64]) -> Pair:
        """Return frames (n,) as one batch."""
        at = torch.from_numpy(chosen)
        if isinstance(self.held, Pair):
            return Pair(*(part[at] for part in self.held))
        if self.held is None:
            batch: Pair = default_collate([self.pairs[int(i)] for i in chosen])
        else:
            picture, radio = self.held.read(chosen)
            batch = Pair(picture, radio, self.pairs.boxes[at], self.pairs.places[at], at)
        return Pair(*(part.pin_memory() for part in batch)) if torch.cuda.is_available() else batch

    def blind(self) -> Source:
        """Return the split without what is scored: no place is known, and no box of the target."""
        pairs = copy.copy(self.pairs)
        pairs.places = torch.full_like(pairs.places, torch.nan)
        pairs.boxes = torch.zeros_like(pairs.boxes)
        held = self.held
        if isinstance(held, Pair):
            held = held._replace(box=pairs.boxes, place=pairs.places)
        return Source(pairs, held)

    def in_order(self, size: int) -> Iterator[Pair]:
        """Yield all frames in their order."""
        return self.batches(np.arange(len(self)), size)


def parts(order: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    """Return an order (n,) in parts of `size`; the last has the rest."""
    return [order[first : first + size] for first in range(0, len(order), size)]


@dataclass(frozen=True)
class Shuffled:
    """Epochs over some frames of a source, for `benchmark.training.train`.

    Of several processes, each yields its part of every batch: parts are equally long, and one after
    another they are the batch that one process would see.

    Attributes:
        source: The split.
        chosen: (n,) numbers of the frames to use.
        size: Frames a batch of all processes; what is left over of an epoch is dropped, for losses
            that compare the frames of a batch.
        take: What a step is called with, of a batch.
    """

    source: Source
    chosen: NDArray[np.int64]
    size: int
    take: Take

    @property
    def own(self) -> int:
        """Frames of a batch that this process sees."""
        if self.size < n_process():
            raise DatasetError(
                f"{self.size} frames a batch are fewer than {n_process()} processes: start fewer"
            )
        return self.size // n_process()

    def __len__(self) -> int:
        return max(len(self.chosen) // (self.own * n_process()), 1)

    def epoch(self, rng: np.random.Generator) -> Iterable[tuple[Tensor, ...]]:
        """Return the batches of one epoch, in an order by chance that all processes share."""
        order = rng.permutation(self.chosen)[: len(self) * self.own * n_process()]
        mine = order.reshape(-1, n_process(), self.own)[:, rank()].ravel()
        return (self.take(batch) for batch in self.source.batches(mine, self.own))
