"""Training the car detector, from nothing, with a checkpoint an epoch."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from benchmark.augment import AugmentConfig, augmented
from benchmark.car_frames import CarFrames
from models.checkpoint import CheckpointError, read_checkpoint, write_checkpoint
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


@dataclass(frozen=True)
class Batch:
    """Parts of pictures and what they show.

    Attributes:
        pictures: (b, size, size, 3) uint8 sRGB.
        truth: The maps that the network is to give.
    """

    pictures: Tensor
    truth: Truth


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
    network = new_detector(config.network, config.seed)
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.rate, weight_decay=config.decay)
    model, driver = fabric.setup(network, optimizer)
    done = 0
    if (folder / LAST).exists():
        done = restore(folder / LAST, config, data_hash, network, optimizer)
    model.train()
    steps = n_steps(config, data)
    total = config.epochs * steps
    for epoch in range(done, config.epochs):
        rng = np.random.default_rng([config.seed, epoch])
        for i, batch in enumerate(batches(data, config, rng)):
            step = epoch * steps + i
            for group in optimizer.param_groups:
                group["lr"] = config.rate * rate_factor(step / total, config.warm_up)
            pictures, truth = fabric.to_device((batch.pictures, batch.truth))
            loss = detector_loss(model(as_input(pictures)), truth)
            optimizer.zero_grad()
            fabric.backward(loss)
            fabric.clip_gradients(model, driver, max_norm=config.most_gradient)
            driver.step()
            on_step(step + 1, float(loss.detach()))
        held = {"config": _plain(config), "data": data_hash, "epoch": epoch + 1}
        write_checkpoint(folder / LAST, {**held, "network": network, "optimizer": optimizer})
    return network


def fitted(config: TrainConfig, data: Sequence[CarFrames]) -> TrainConfig:
    """Return a configuration whose parts are no larger than the smallest picture."""
    least = min(side for frames in data for side in frames.pictures.shape[1:3])
    size = min(config.augment.size, least // COARSEST * COARSEST)
    return replace(config, augment=replace(config.augment, size=size))


def n_steps(config: TrainConfig, data: Sequence[CarFrames]) -> int:
    """Return how many steps an epoch has."""
    return math.ceil(sum(map(len, data)) / config.batch)


def rate_factor(progress: float, warm_up: float) -> float:
    """Return the learning rate over the largest one, after a share `progress` of the training."""
    if progress < warm_up:
        return 0.04 + 0.96 * progress / warm_up
    return 0.5 + 0.5 * math.cos(math.pi * (progress - warm_up) / (1 - warm_up))


def batches(
    data: Sequence[CarFrames], config: TrainConfig, rng: np.random.Generator
) -> Iterator[Batch]:
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
        yield Batch(torch.stack([picture for picture, _ in parts]), truth)


def restore(
    path: Path,
    config: TrainConfig,
    data_hash: str,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
) -> int:
    """Put a checkpoint's state into network and optimizer; return how many epochs it has seen.

    Raises:
        CheckpointError: If it is of other data or another configuration.
    """
    held = read_checkpoint(path)
    advice = "choose another --out, or remove it"
    other = difference(held.get("config"), _plain(config))
    if other is not None:
        raise CheckpointError(f"{path} is of another training ({other}): {advice}")
    if held.get("data") != data_hash:
        raise CheckpointError(f"{path} was trained on other data: {advice}")
    try:
        network.load_state_dict(held["network"])
        optimizer.load_state_dict(held["optimizer"])
        return int(held["epoch"])
    except (KeyError, TypeError, ValueError, RuntimeError):
        raise CheckpointError(f"{path} does not fit this network: {advice}") from None


def difference(theirs: Any, ours: Any, name: str = "") -> str | None:
    """Return the first value in which two configurations differ, as text, or None."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        pairs = ((key, theirs.get(key), ours.get(key)) for key in {**theirs, **ours})
        found = (difference(a, b, f"{name}.{key}" if name else key) for key, a, b in pairs)
        return next((text for text in found if text is not None), None)
    return None if theirs == ours else f"{name or 'configuration'} = {theirs!r}, here {ours!r}"


def _plain(config: TrainConfig) -> dict[str, Any]:
    """Return a configuration as JSON would give it back: lists for tuples."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(config)))
    return plain
