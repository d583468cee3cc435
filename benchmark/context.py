"""What a method is given beside the data: sizes, chance, device, folder, and somebody to tell."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from benchmark.presets import Preset
from benchmark.training import (
    Batches,
    Schedule,
    channels_last,
    make_optimizer,
    memory_named,
    train,
)
from synth.progress import duration


def _silent(stage: str, done: int, total: int, text: str) -> None:
    pass


LONG_S = 86400.0  # [s] from which people are warned
MEASURED = 3  # steps that an estimate is of, after one that is not counted


def step_seconds(
    objective: nn.Module, batches: Batches, schedule: Schedule, fabric: Fabric
) -> float:
    """Return how long a step takes [s], by some on a copy that is thrown away."""
    trial = fabric.to_device(copy.deepcopy(objective)).train()
    channels_last(trial)
    optimizer = make_optimizer(trial, schedule)
    epochs = (batches.epoch(np.random.default_rng(i)) for i in count())
    begin = 0.0
    with torch.random.fork_rng(devices=[]):
        for i, batch in enumerate(islice(chain.from_iterable(epochs), MEASURED + 1)):
            if i == 1:
                begin = time.perf_counter()
            with fabric.autocast():
                loss = trial(*fabric.to_device(batch))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            float(loss.detach())  # waits for the device
    return (time.perf_counter() - begin) / MEASURED


def days(seconds: float) -> str:
    """Return a warning to end a line with, where something takes days; else nothing."""
    if seconds <= LONG_S:
        return ""
    return (
        f": {seconds / 86400:.1f} days on this machine; a smaller --preset or fewer --epochs take "
        "less, a GPU makes the paper's size possible"
    )


@dataclass(frozen=True)
class Context:
    """One run of one method.

    Attributes:
        preset: Sizes and schedules.
        seed: Of weights and order.
        folder: For checkpoints.
        fabric: Device, precision, processes.
        identity: What the run is of, of plain values: checkpoints of other runs are refused.
        calibration: Of self-labels, see `benchmark.calibration`.
        tell: Called with the stage, steps done, steps in all, and a text such as the loss.
        say: Called with a line for people.
    """

    preset: Preset
    seed: int
    folder: Path
    fabric: Fabric
    identity: dict[str, Any]
    calibration: str = "echo"
    tell: Callable[[str, int, int, str], None] = _silent
    say: Callable[[str], None] = field(default=lambda line: None)

    def seconds(
        self, stage: str, objective: nn.Module, batches: Batches, schedule: Schedule
    ) -> float:
        """Return about how long training a module takes [s]; 0 if its checkpoint is there.

        Args:
            stage: As `train` is called with.
            objective: What is trained.
            batches: The data.
            schedule: How long.

        Raises:
            OutOfMemory: If a batch does not fit.
        """
        if self.fabric.broadcast(self.checkpoint(stage).exists()):
            return 0.0  # a trial step needs all processes, or none
        with memory_named(schedule.batch):
            step = step_seconds(objective, batches, schedule, self.fabric)
        return step * schedule.epochs * len(batches)

    def checkpoint(self, stage: str) -> Path:
        """Return the file that a stage's training is kept in."""
        return self.folder / f"{stage}.ckpt"

    def train(
        self,
        stage: str,
        objective: nn.Module,
        batches: Batches,
        schedule: Schedule,
        on_epoch: Callable[[int], None] | None = None,
    ) -> None:
        """Train a module in place, with a checkpoint `stage`.ckpt in the folder.

        Raises:
            CheckpointError, Diverged, OutOfMemory: See `benchmark.training.train`.
        """
        total = schedule.epochs * len(batches)

        def on_step(done: int, loss: float) -> None:
            self.tell(stage, done, total, f"loss {loss:.3f}")

        path = self.checkpoint(stage)
        seconds = Context.seconds(self, stage, objective, batches, schedule)  # named already
        if seconds:
            self.say(f"{stage}: {total} steps, about {duration(seconds)}{days(seconds)}")
        identity = {**self.identity, "stage": stage}
        train(
            objective, batches, schedule, self.seed, identity, path, self.fabric, on_step, on_epoch
        )
        self.fabric.to_device(objective)
