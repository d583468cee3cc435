"""Training the car detector, from nothing, with a checkpoint an epoch."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from benchmark.augment import AugmentConfig, augmented
from benchmark.car_frames import CarFrames
from benchmark.training import Schedule
from benchmark.training import train as run_epochs
from models.detector import COARSEST, STRIDE, CarDetector, DetectorConfig, as_input, new_detector
from models.detector_loss import Truth, detector_loss, encode

LAST = "last.ckpt"  # in the folder of results: where training goes on


@dataclass(frozen=True)
class TrainConfig:
    """How the detector is trained.

    Attributes:
        epochs: How often each frame is used, each time another part of it.
        batch: Parts a step.
        rate: Largest learning rate.
        warm_up: Share of the steps in which the rate rises; it then falls as a cosine does.
        decay: Of weights (AdamW).
        most_gradient: Norm above which gradients are scaled down.
        seed: Of weights, order and variants.
        augment: How pictures are varied.
        network: The network's size.
    """

    epochs: int = 60
    batch: int = 16
    rate: float = 4e-3
    warm_up: float = 0.1
    decay: float = 0.02
    most_gradient: float = 10.0
    seed: int = 0
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    network: DetectorConfig = field(default_factory=DetectorConfig)

    @property
    def digest(self) -> str:
        """A hash of all of it."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


class Objective(nn.Module):
    """A detector, called with pictures and truth for its loss."""

    def __init__(self, network: CarDetector) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor, truth: Truth) -> Tensor:
        """Return the loss of pictures (b, size, size, 3) uint8 sRGB."""
        return detector_loss(self.network(as_input(pictures)), truth)


@dataclass(frozen=True)
class Varied:
    """Epochs over frames, each time another part of them, for `benchmark.training.train`."""

    data: Sequence[CarFrames]
    config: TrainConfig

    def __len__(self) -> int:
        return n_steps(self.config, self.data)

    def epoch(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, Truth]]:
        """Return the batches of one epoch: parts of pictures, and the maps they are to give."""
        return batches(self.data, self.config, rng)


def train(
    config: TrainConfig,
    data: Sequence[CarFrames],
    data_hash: str,
    folder: Path,
    fabric: Fabric,
    on_step: Callable[[int, float], None],
) -> CarDetector:
    """Train a detector; goes on after the last finished epoch if there is one in the folder.

    Args:
        config: How.
        data: Frames to train on.
        data_hash: Fingerprint of the datasets.
        folder: For `LAST`.
        fabric: On what.
        on_step: Called with the number of steps done in all and the loss.

    Raises:
        CheckpointError: If the folder's checkpoint is of other data or another configuration.
    """
    objective = Objective(new_detector(config.network, config.seed))
    schedule = Schedule(
        config.epochs, config.batch, config.rate, "adamw", warm_up=config.warm_up, cosine=True,
        decay=config.decay, most_gradient=config.most_gradient,
    )  # fmt: skip
    identity = {"config": asdict(config), "data": data_hash}
    run_epochs(
        objective, Varied(data, config), schedule, config.seed, identity, folder / LAST, fabric,
        on_step,
    )  # fmt: skip
    return objective.network


def fitted(config: TrainConfig, data: Sequence[CarFrames]) -> TrainConfig:
    """Return a configuration whose parts are no larger than the smallest picture."""
    least = min(side for frames in data for side in frames.pictures.shape[1:3])
    size = min(config.augment.size, least // COARSEST * COARSEST)
    return replace(config, augment=replace(config.augment, size=size))


def n_steps(config: TrainConfig, data: Sequence[CarFrames]) -> int:
    """Return how many steps an epoch has."""
    return math.ceil(sum(map(len, data)) / config.batch)


def batches(
    data: Sequence[CarFrames], config: TrainConfig, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Truth]]:
    """Yield every frame once, varied, in an order by chance."""
    places = [(frames, i) for frames in data for i in range(len(frames))]
    order = rng.permutation(len(places))
    cells = config.augment.size // STRIDE
    for first in range(0, len(order), config.batch):
        parts = []
        for place in order[first : first + config.batch]:
            frames, i = places[place]
            parts.append(augmented(frames.pictures[i], frames.cars[i], config.augment, rng))
        shown = [cars for _, cars in parts]
        truth = encode(
            [cars.boxes[cars.count] for cars in shown],
            [cars.boxes[~cars.count] for cars in shown],
            cells,
            cells,
        )
        yield torch.stack([picture for picture, _ in parts]), truth
