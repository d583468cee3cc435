"""The training loop of every method: epochs, a checkpoint after each, and an end that is told.

Device, precision and several processes are Lightning Fabric's: each process takes its part of a
batch (`benchmark.sources.Shuffled`), the first one writes. What is trained is a module whose call
returns the loss of a batch; its buffers (queues, averages) are saved with its weights.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from models.checkpoint import CheckpointError, read_checkpoint, write_checkpoint
from models.parallel import averaged


class Diverged(RuntimeError):
    """A loss is no number any more; the last epoch's checkpoint is kept."""


class OutOfMemory(RuntimeError):
    """The device cannot hold a batch."""


# What allocators say that raise no torch.OutOfMemoryError: those of CPUs.
NO_MEMORY = ("can't allocate memory", "not enough memory", "cannot allocate memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory is full."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error).lower() for text in NO_MEMORY)


@contextmanager
def memory_named(batch: int) -> Iterator[None]:
    """Turn what allocators raise during a step of so many frames into `OutOfMemory`."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        smaller = f"try --batch {batch // 2}" if batch > 3 else "take a smaller --preset"
        raise OutOfMemory(f"a batch of {batch} does not fit in the memory: {smaller}") from None


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a network learns.

    Attributes:
        epochs: Passes over the data.
        batch: Frames a step.
        rate: Largest learning rate.
        optimizer: "adam", "adamw" or "sgd".
        momentum: Of SGD, or the first of Adam's two.
        warm_up: Share of the steps in which the rate rises from nothing.
        cosine: Whether the rate then falls as a cosine does; else it stays.
        decay: Of weights.
        most_gradient: Norm above which gradients are scaled down; 0 for never.
    """

    epochs: int
    batch: int
    rate: float
    optimizer: str = "adam"
    momentum: float = 0.9
    warm_up: float = 0.0
    cosine: bool = False
    decay: float = 0.0
    most_gradient: float = 0.0

    def rate_at(self, progress: float) -> float:
        """Return the learning rate after a share `progress` of the training."""
        return self.rate * rate_factor(progress, self.warm_up, self.cosine)


def as_long(schedule: Schedule, frames: int, batches: Sized) -> Schedule:
    """Return a schedule that takes as many steps on some batches as on that many frames.

    Few labels are not less training.
    """
    steps = schedule.epochs * max(frames // schedule.batch, 1)
    return replace(schedule, epochs=math.ceil(steps / max(len(batches), 1)))


def rate_factor(progress: float, warm_up: float, cosine: bool = True) -> float:
    """Return the learning rate over the largest one, after a share `progress` of the training."""
    if progress < warm_up:
        return 0.04 + 0.96 * progress / warm_up
    if not cosine:
        return 1.0
    return 0.5 + 0.5 * math.cos(math.pi * (progress - warm_up) / (1 - warm_up))


class Batches(Sized, Protocol):
    """What an epoch consists of; `len` of it is the number of steps."""

    def epoch(self, rng: np.random.Generator) -> Iterable[Any]:
        """Return the batches of one epoch, in an order by chance."""


def make_optimizer(network: nn.Module, schedule: Schedule) -> torch.optim.Optimizer:
    """Return the optimiser that a schedule names."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    momentum, decay = schedule.momentum, schedule.decay
    if schedule.optimizer == "sgd":
        return torch.optim.SGD(weights, schedule.rate, momentum=momentum, weight_decay=decay)
    kind = torch.optim.AdamW if schedule.optimizer == "adamw" else torch.optim.Adam
    return kind(weights, schedule.rate, betas=(momentum, 0.999), weight_decay=decay)


def channels_last(network: nn.Module) -> None:
    """Lay out the weights of two-dimensional convolutions so that steps on CPUs take a fifth less.

    What they mean does not change.
    """
    for weight in network.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)


def train(
    objective: nn.Module,
    batches: Batches,
    schedule: Schedule,
    seed: int,
    identity: dict[str, Any],
    path: Path,
    fabric: Fabric,
    on_step: Callable[[int, float], None],
    on_epoch: Callable[[int], None] | None = None,
) -> None:
    """Train a module in place; goes on after the last finished epoch if `path` holds one.

    Args:
        objective: Called with what `batches` yields, returns the loss; its `after_step`, if it
            has one, is called after each step.
        batches: The data.
        schedule: How long and how fast.
        seed: Of the order of the data.
        identity: Configuration, of plain values, and the data's fingerprint as "data": a
            checkpoint of another one is refused.
        path: Of the checkpoint.
        fabric: On what.
        on_step: Called with the number of steps done in all and the loss.
        on_epoch: Called with the number of epochs done after each of them.

    Raises:
        CheckpointError: If the checkpoint is of other data or another configuration, or cannot be
            written.
        Diverged: If the loss or a weight is no number any more.
        OutOfMemory: If a batch does not fit.
    """
    identity = json.loads(json.dumps({**identity, "schedule": asdict(schedule), "seed": seed}))
    channels_last(objective)
    optimizer = make_optimizer(objective, schedule)
    with memory_named(schedule.batch):
        model, driver = fabric.setup(objective, optimizer)
    done = restore(path, identity, objective, optimizer) if path.exists() else 0
    if done != fabric.broadcast(done):
        raise CheckpointError(
            f"{path} is not the same for all processes: put --out where all machines read it"
        )
    steps = len(batches)
    objective.train()
    for epoch in range(done, schedule.epochs):
        rng = np.random.default_rng([seed, epoch])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(np.random.default_rng([seed, epoch, 1]).integers(2**62)))
            for i, batch in enumerate(batches.epoch(rng)):
                step = epoch * steps + i
                for group in optimizer.param_groups:
                    group["lr"] = schedule.rate_at(step / (schedule.epochs * steps))
                loss = _step(model, driver, batch, schedule, fabric)
                if not math.isfinite(loss):
                    raise _diverged(f"the loss became {loss}", step, epoch, path)
                on_step(step + 1, loss)
        if not all(bool(value.isfinite().all()) for value in objective.state_dict().values()):
            raise _diverged("a weight is no number any more", step, epoch, path)
        if fabric.is_global_zero:
            held = {"identity": identity, "epoch": epoch + 1}
            _keep(path, {**held, "network": objective, "optimizer": optimizer})
        if on_epoch is not None:
            on_epoch(epoch + 1)
            objective.train()


def _step(model: Any, driver: Any, batch: Any, schedule: Schedule, fabric: Fabric) -> float:
    """Do one step and return the loss, the mean of all processes'."""
    with memory_named(schedule.batch):
        loss: Tensor = model(*fabric.to_device(batch))
        driver.zero_grad()
        fabric.backward(loss)
        if schedule.most_gradient:
            fabric.clip_gradients(model, driver, max_norm=schedule.most_gradient)
        driver.step()
    after = getattr(model.module, "after_step", None)
    if after is not None:
        after()
    return float(averaged(loss.detach()))


def _diverged(what: str, step: int, epoch: int, path: Path) -> Diverged:
    kept = f"{path} holds the last good epoch" if path.exists() else "no epoch was finished"
    return Diverged(
        f"{what} in step {step + 1} (epoch {epoch + 1}); {kept}: lower the learning rate, as with "
        "--rate 0.3 and another --out"
    )


def _keep(path: Path, held: dict[str, Any]) -> None:
    try:
        write_checkpoint(path, held)
    except (OSError, RuntimeError) as error:  # torch raises either where a disk is full
        why = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
        raise CheckpointError(
            f"{path} cannot be written ({why}); the last one is kept: make room, and run the same "
            "command again"
        ) from None


def restore(
    path: Path, identity: dict[str, Any], network: nn.Module, optimizer: torch.optim.Optimizer
) -> int:
    """Put a checkpoint's state into network and optimizer; return how many epochs it has seen.

    Raises:
        CheckpointError: If it is of other data or another configuration.
    """
    held = read_checkpoint(path)
    advice = "choose another --out, or remove it"
    theirs = held.get("identity")
    if not isinstance(theirs, dict):
        raise CheckpointError(f"{path} is no checkpoint of a training: {advice}")
    other = difference({**theirs, "data": None}, {**identity, "data": None})
    if other is not None:
        raise CheckpointError(f"{path} is of another training ({other}): {advice}")
    if theirs.get("data") != identity["data"]:
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
    if theirs == ours:
        return None
    return f"{name or 'configuration'} = {theirs!r:.100}, here {ours!r:.100}"
