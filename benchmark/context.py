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
from benchmark.training import Batches, Schedule, memory_named, train
from synth.progress import duration


def _silent(stage: str, done: int, total: int, text: str) -> None:
    pass


LONG_S = 86400.0  # from which people are warned
MEASURED = 3  # steps that an estimate is of, after one that is not counted


def step_seconds(objective: nn.Module, batches: Batches, fabric: Fabric) -> float:
    """Return how long a step takes [s], by some on a copy that is thrown away."""
    trial = fabric.to_device(copy.deepcopy(objective)).train()
    epochs = (batches.epoch(np.random.default_rng(i)) for i in count())
    begin = 0.0
    with torch.random.fork_rng(devices=[]):
        for i, batch in enumerate(islice(chain.from_iterable(epochs), MEASURED + 1)):
            if i == 1:
                begin = time.perf_counter()
            with fabric.autocast():
                loss = trial(*fabric.to_device(batch))
            loss.backward()
    return (time.perf_counter() - begin) / MEASURED


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

    def seconds(self, objective: nn.Module, batches: Batches, schedule: Schedule) -> float:
        """Return about how long training a module would take [s].

        Raises:
            OutOfMemory: If a batch does not fit.
        """
        with memory_named(schedule.batch):
            step = step_seconds(objective, batches, self.fabric)
        return step * schedule.epochs * len(batches)

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

        path = self.folder / f"{stage}.ckpt"
        if self.fabric.broadcast(not path.exists()):  # a trial step needs all processes, or none
            seconds = self.seconds(objective, batches, schedule)
            self.say(f"{stage}: {total} steps, about {duration(seconds)}")
            if seconds > LONG_S:
                self.say(
                    f"that is {seconds / 86400:.1f} days on this machine: --preset laptop takes "
                    "less, a GPU makes the paper's size possible"
                )
        identity = {**self.identity, "stage": stage}
        train(
            objective, batches, schedule, self.seed, identity, path, self.fabric, on_step, on_epoch
        )
        self.fabric.to_device(objective)
