"""One trial of a search: a localiser, trained on most of the train split, compared by the rest."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import optuna
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from optuna.trial import TrialState
from torch import nn

from benchmark.localisers import Objective
from benchmark.methods.localised import new_task
from benchmark.pairs import metres
from benchmark.presets import Preset
from benchmark.search.space import checked, with_settings
from benchmark.self_labels import places_of
from benchmark.sources import Shuffled, Source
from benchmark.training import Diverged, OutOfMemory, memory_named, train
from models.localiser import Localiser, LocaliserConfig
from synth.shards import DatasetError

HELD_BACK = 0.2  # of the train split's sequences
MEMORY_SHARE = 0.5  # of what is free, that a network may take in training


class _Stopped(Exception):
    """A trial is worse than others: no error."""


@dataclass(frozen=True)
class Parts:
    """The train split, cut by sequence.

    Attributes:
        source: All of it.
        learned: (n,) frames to train on.
        kept: (m,) frames to compare by.
        sequences: Numbers of the sequences of `kept`.
    """

    source: Source
    learned: NDArray[np.int64]
    kept: NDArray[np.int64]
    sequences: tuple[int, ...]


def cut(source: Source, seed: int) -> Parts:
    """Return the train split in two parts that share no sequence.

    Raises:
        DatasetError: If it has fewer than two sequences.
    """
    of_frame = source.pairs.sequence_of
    numbers = np.unique(of_frame)
    if len(numbers) < 2:
        raise DatasetError(
            f"{source.pairs.data.folder} has one sequence to train on, a search needs two: make "
            "it larger with radvis synth --n"
        )
    number = max(round(HELD_BACK * len(numbers)), 1)
    kept = np.sort(np.random.default_rng([seed, 2]).choice(numbers, number, replace=False))
    apart = np.isin(of_frame, kept)
    return Parts(source, np.flatnonzero(~apart), np.flatnonzero(apart), tuple(kept.tolist()))


def run_trial(
    trial: optuna.Trial,
    usual: Preset,
    parts: Parts,
    seed: int,
    path: Path,
    fabric: Fabric,
    on_step: Callable[[int], None],
) -> str:
    """Run one trial, tell its study how it ended, and return that in words.

    A loss that diverges and a network that does not fit in memory end the trial, not the search.

    Args:
        trial: With its settings.
        usual: The preset whose localiser is another in each trial.
        parts: What it trains on, and what it is compared by.
        seed: Of weights and order.
        path: For checkpoints, which do not stay.
        fabric: On what.
        on_step: Called with the number of steps done.
    """
    epoch, preset = 0, with_settings(usual, checked(trial.params, f"trial {trial.number}"))
    schedule, study = preset.localiser, trial.study

    def on_epoch(done: int) -> None:
        nonlocal epoch
        epoch = done
        trial.report(kept_error(objective, parts, fabric), done)
        if done < schedule.epochs and trial.should_prune():
            raise _Stopped

    path.unlink(missing_ok=True)  # a killed trial's
    try:
        require_memory(preset, fabric)
        with memory_named(schedule.batch):
            objective, batches = trial_task(preset, parts, seed)
        train(
            objective, batches, schedule, seed, {"data": ""}, path, fabric,
            lambda step, _: on_step(step), on_epoch,
        )  # fmt: skip
        value = kept_error(objective, parts, fabric)
        trial.set_user_attr("ending", "finished")
        study.tell(trial, value)
        return f"{value:.3f} m"
    except _Stopped:
        ending = "stopped early"
    except Diverged:
        ending = "diverged"
        trial.report(math.inf, epoch + 1)  # or its epochs before that would look good
    except OutOfMemory:
        ending = "does not fit in memory"
    finally:
        path.unlink(missing_ok=True)
    trial.set_user_attr("ending", ending)
    study.tell(trial, state=TrialState.PRUNED)
    return f"{ending}, epoch {epoch}" if epoch else ending


def trial_task(preset: Preset, parts: Parts, seed: int) -> tuple[Objective, Shuffled]:
    """Return a localiser with weights by a seed, and what it learns from, as `supervised` does."""
    places = places_of(parts.source)[parts.learned]
    return new_task(preset, seed, parts.source, parts.learned, places)


def kept_error(objective: Objective, parts: Parts, fabric: Fabric) -> float:
    """Return the median distance [m] to the truth on the frames that were kept back.

    Raises:
        Diverged: If the network returns something that is no number.
    """
    objective.eval()
    found = [
        objective.places(fabric.to_device(batch.radio)).cpu().double().numpy()
        for batch in parts.source.batches(parts.kept, 64)
    ]
    true = metres(places_of(parts.source)[parts.kept])
    error = float(np.median(np.linalg.norm(np.concatenate(found) - true, axis=1)))
    if not math.isfinite(error):
        raise Diverged("places are no numbers")
    return error


def require_memory(preset: Preset, fabric: Fabric) -> None:
    """Raise OutOfMemory if a network would not fit: the system may kill who asks for too much."""
    assert isinstance(preset.network, LocaliserConfig)
    needed = training_bytes(preset.network, preset.height, preset.width, preset.localiser.batch)
    if fabric.device.type == "cuda":
        free, _ = torch.cuda.mem_get_info()
    else:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > MEMORY_SHARE * free:
        raise OutOfMemory(f"training would take {needed / 1e9:.1f} GB")


def training_bytes(config: LocaliserConfig, height: int, width: int, batch: int) -> int:
    """Return what training takes: weights, gradients and two moments; values and their gradients.

    The network is made without memory, on torch's "meta" device.
    """
    with torch.device("meta"):
        network = Localiser(config, 1, height, width)
        flow = torch.zeros(batch, 1, height, width)
        cells = flow.numel()
        for layer in (*network.convolutions, nn.Flatten(), *network.linear):
            flow = layer(flow)
            cells += flow.numel()
    weights = sum(weight.numel() for weight in network.parameters())
    return 4 * (4 * weights + 2 * cells)
