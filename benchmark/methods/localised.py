"""The localiser as every method trains and asks it; with true labels, the supervised reference."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmark.context import Context
from benchmark.ground import ground_in_pictures
from benchmark.localisers import Objective, new_localiser
from benchmark.methods.error import MethodError
from benchmark.pairs import Pair, metres
from benchmark.presets import Preset
from benchmark.self_labels import Places, places_of
from benchmark.shifting import varied
from benchmark.sources import Shuffled, Source
from models.spatial import STRIDE, SpatialLocaliser
from scenes.config import SEQUENCE_LENGTH


def seen(batch: Pair, ground: Tensor | None, pictures: bool) -> tuple[Tensor, ...]:
    """Return what a localiser sees of a batch.

    Args:
        batch: Frames of a split.
        ground: (n_sequence, rows, columns, 2) of the split, from `benchmark.ground`, if it sees
            where pictures show the cells of the map.
        pictures: Whether it sees pictures.
    """
    shown = () if ground is None else (ground[batch.frame // SEQUENCE_LENGTH],)
    return (batch.radio, batch.picture, *shown) if pictures else (batch.radio,)


def ground_of(network: Objective, source: Source, pictures: bool) -> Tensor | None:
    """Return where pictures of a split show the cells of the map, if a localiser sees that."""
    if not pictures or not isinstance(network, SpatialLocaliser):
        return None
    return ground_in_pictures(source.pairs, STRIDE)


def fit_places(
    context: Context,
    source: Source,
    frames: NDArray[np.int64],
    places: Places,
    weights: NDArray[np.float64] | None = None,
    pictures: bool = False,
) -> Objective:
    """Train the preset's localiser on labelled frames.

    Args:
        context: Of the run.
        source: The split.
        frames: (n,) numbers of the labelled frames.
        places: (n, 2) their range [m] and azimuth [rad].
        weights: (n,) of the frames' errors; all alike if None.
        pictures: Whether it sees pictures, too.

    Raises:
        MethodError: If no frame is labelled.
    """
    if not len(frames):
        raise MethodError("no frame of the train split is labelled: nothing to learn from")
    objective, batches = new_task(
        context.preset, context.seed, source, frames, places, weights, pictures
    )
    context.train(stage_of(pictures), objective, batches, context.preset.localiser)
    return objective.eval()


def stage_of(pictures: bool) -> str:
    """Return the name of a localiser's checkpoint."""
    return "fusion" if pictures else "localiser"


def seconds_to_fit(context: Context, source: Source, pictures: bool = False) -> float:
    """Return about how long the preset's localiser takes to train on a split [s]."""
    every = np.arange(len(source))
    task = new_task(
        context.preset, context.seed, source, every, places_of(source), pictures=pictures
    )
    return context.seconds(stage_of(pictures), *task, context.preset.localiser)


def new_task(
    preset: Preset,
    seed: int,
    source: Source,
    frames: NDArray[np.int64],
    places: Places,
    weights: NDArray[np.float64] | None = None,
    pictures: bool = False,
) -> tuple[Objective, Shuffled]:
    """Return a localiser with weights by a seed, and what it learns from; see `fit_places`."""
    row = np.full(len(source), -1)
    row[frames] = np.arange(len(frames))
    label = torch.from_numpy(metres(places)).float()
    weight = torch.ones(len(frames)) if weights is None else torch.from_numpy(weights).float()
    axes, most = source.pairs.axes, preset.moved
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        objective = new_localiser(preset, axes, label, pictures)
    ground = ground_of(objective, source, pictures)

    def take(batch: Pair) -> tuple[Tensor, ...]:
        at = row[batch.frame.numpy()]
        inputs, told = seen(batch, ground, pictures), places[at]
        if most is not None:
            inputs, told = varied(inputs, told, axes, most)
        return torch.from_numpy(metres(told)).float(), weight[at], *inputs

    return objective, Shuffled(source, frames, min(preset.localiser.batch, len(frames)), take)


def predict_places(
    context: Context, network: Objective, source: Source, pictures: bool = False
) -> Places:
    """Return range [m] and azimuth [rad] (n, 2) of all frames of a split."""
    found, ground = [], ground_of(network, source, pictures)
    for batch in source.in_order(context.preset.localiser.batch):
        inputs = context.fabric.to_device(seen(batch, ground, pictures))
        found.append(network.places(*inputs).cpu().double().numpy())
    x, y = np.concatenate(found).T
    return np.stack([np.hypot(x, y), np.arctan2(x, y)], 1)


class Supervised:
    """The localiser, trained on the true places.

    Attributes:
        uses: What options change it.
    """

    uses = ("training",)

    def __init__(self, n_label: int | None = None) -> None:
        """Use `n_label` labels, drawn by the seed; all if None."""
        self.n_label = n_label

    def fit(self, train: Source, context: Context) -> None:
        """Train on a split."""
        frames = some(np.arange(len(train)), self.n_label, context.seed)
        self.network = fit_places(context, train, frames, places_of(train)[frames])
        self.context = context

    def seconds(self, train: Source, context: Context) -> float:
        """Return about how long `fit` takes [s]."""
        return seconds_to_fit(context, train)

    def predict(self, frames: Source) -> Places:
        """Return range [m] and azimuth [rad] (n, 2) of all frames."""
        return predict_places(self.context, self.network, frames)


def some(frames: NDArray[np.int64], number: int | None, seed: int) -> NDArray[np.int64]:
    """Return that many of the frames, drawn by a seed, in order; all if None."""
    if number is None or number >= len(frames):
        return frames
    chosen = np.random.default_rng([seed, 1]).choice(len(frames), number, replace=False)
    return frames[np.sort(chosen)]
