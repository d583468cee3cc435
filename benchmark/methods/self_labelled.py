"""SCL, CL and MCL: backbones that learn correspondence, self-labels, and a localiser on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmark.calibration import calibrate
from benchmark.context import Context
from benchmark.methods.error import MethodError
from benchmark.methods.localised import fit_places, predict_places, seconds_to_fit, some
from benchmark.moving import moving
from benchmark.pairs import Pair
from benchmark.self_labels import (
    Places,
    SelfLabels,
    diagnose,
    places_of,
    self_labels,
    told,
    visible,
)
from benchmark.sources import Shuffled, Source
from benchmark.training import Schedule
from models.cl import Cl, ClConfig
from models.scl import Scl, SclConfig

STAGE = "backbones"  # name of their checkpoint
SHOWN = 320  # frames, at least, of which people are told how attention does


def pictures_radio_boxes(batch: Pair) -> tuple[Tensor, ...]:
    """Return what backbones learn from."""
    return batch.picture, batch.radio, batch.box


def scl(context: Context) -> Scl:
    """Return SCL's backbones at a preset's size."""
    preset = context.preset
    return Scl(SclConfig(
        preset.radio, preset.vision, preset.spatial_temperature, preset.box_margin,
        preset.cell_margin,
    ))  # fmt: skip


def cl(context: Context, masked: bool, averaged: bool) -> Cl:
    """Return the branches of CL or MCL at a preset's size, with averaged keys or without."""
    preset = context.preset
    config = ClConfig(
        preset.radio, preset.vision, masked, preset.momentum if averaged else 0.0, preset.hidden,
        preset.projection, preset.normed, preset.backbones.batch, preset.temperature,
        preset.box_margin, preset.cell_margin,
    )  # fmt: skip
    return Cl(config, preset.height, preset.width)


@dataclass
class SelfLabelled:
    """A method that labels its own training data.

    Attributes:
        make: Makes the backbones.
        clutter: Whether the backbones see radio maps as they are; else only what moves in them.
        n_label: Self-labels to use, drawn by the seed; all if None.
        note: How the self-labels did, for people.
        uses: What options change it.
    """

    uses = ("training", "masks", "calibration")
    make: Callable[[Context], Any]
    clutter: bool = True
    n_label: int | None = None
    note: str = ""

    def fit(self, train: Source, context: Context) -> None:
        """Train the backbones, label the split with them, and train the localiser on that."""
        shown = self.shown(train)
        backbones = fit_backbones(self.make, shown, context)
        labels = label(backbones, shown, context)
        calibrated = calibrate(labels, train, context.calibration)
        found = told(diagnose(calibrated, places_of(train)))
        self.note = f"calibrated self-labels of the train split against truth: {found}"
        context.say(self.note)
        rows = some(np.arange(len(calibrated.frame)), self.n_label, context.seed)
        self.network = fit_places(context, train, calibrated.frame[rows], calibrated.place[rows])
        self.context, self.backbones = context, backbones

    def seconds(self, train: Source, context: Context) -> float:
        """Return about how long `fit` takes [s]."""
        learned = seconds_to_learn(self.make, self.shown(train), context)
        return learned + seconds_to_fit(context, train)

    def shown(self, source: Source) -> Source:
        """Return what the backbones see of a split."""
        return source if self.clutter else moving(source)

    def predict(self, frames: Source) -> Places:
        """Return range [m] and azimuth [rad] (n, 2) of all frames, from radio alone."""
        return predict_places(self.context, self.network, frames)


def fit_backbones(make: Callable[[Context], Any], train: Source, context: Context) -> Any:
    """Train backbones on the frames that show their target; say an epoch how attention does."""
    objective, batches, schedule = new_task(make, train, context)
    true, frames = places_of(train), batches.chosen
    some_frames = frames[:: max(len(frames) // SHOWN, 1)]

    def on_epoch(done: int) -> None:
        found = diagnose(label(objective, train, context, some_frames), true)
        context.say(f"epoch {done}: attention against truth: {told(found)}")

    context.train(STAGE, objective, batches, schedule, on_epoch)
    return objective.eval()


def seconds_to_learn(
    make: Callable[[Context], nn.Module], train: Source, context: Context
) -> float:
    """Return about how long backbones take to train on a split [s]."""
    return context.seconds(STAGE, *new_task(make, train, context))


def new_task(
    make: Callable[[Context], nn.Module], train: Source, context: Context
) -> tuple[nn.Module, Shuffled, Schedule]:
    """Return backbones with weights by the seed, what they learn from, and how.

    Raises:
        MethodError: If no frame shows its target, or a batch is of one only.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(context.seed)
        objective = make(context)
    frames = visible(train)
    if not len(frames):
        raise MethodError(
            f"no frame of {train.pairs.data.folder} shows its target in the boxes that --masks "
            "names: take --masks labels, or a detector that finds more"
        )
    schedule = context.preset.backbones
    size = min(schedule.batch, len(frames))
    if size < 2:
        raise MethodError(f"a batch of {size} has nothing to be told apart: --batch 2 or more")
    batches = Shuffled(train, frames, size, pictures_radio_boxes)
    return objective, batches, replace(schedule, batch=size)


def label(
    backbones: Any, source: Source, context: Context, frames: NDArray[np.int64] | None = None
) -> SelfLabels:
    """Return the self-labels of frames (n,) of a split; of all that show their target if None."""
    backbones.eval()

    def attention(batch: Pair) -> Tensor:
        found: Tensor = backbones.attention(*context.fabric.to_device(pictures_radio_boxes(batch)))
        return found

    batch = context.preset.backbones.batch
    return self_labels(source, attention, context.preset.radio.stride, frames, batch)
