"""The localiser as every method trains and asks it; with true labels, the supervised reference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmark.context import Context
from benchmark.pairs import Pair, metres
from benchmark.place_loss import place_network
from benchmark.self_labels import Places, places_of
from benchmark.shifting import moved
from benchmark.sources import Shuffled, Source
from models.localiser import Localiser
from models.place import PlaceNetwork

Inputs = Callable[[Pair], tuple[Tensor, ...]]


def radio_only(batch: Pair) -> tuple[Tensor, ...]:
    """Return what the localiser sees."""
    return (batch.radio,)


def fit_places(
    context: Context,
    stage: str,
    make: Callable[[], nn.Module],
    inputs: Inputs,
    source: Source,
    frames: NDArray[np.int64],
    places: Places,
    weights: NDArray[np.float64] | None = None,
) -> PlaceNetwork:
    """Train a network on labelled frames.

    Args:
        context: Of the run.
        stage: Name of the checkpoint.
        make: Makes the network, with weights by torch's generator.
        inputs: What it sees of a batch.
        source: The split.
        frames: (n,) numbers of the labelled frames.
        places: (n, 2) their range [m] and azimuth [rad].
        weights: (n,) of the frames' errors; all alike if None.
    """
    row = np.full(len(source), -1)
    row[frames] = np.arange(len(frames))
    label = torch.from_numpy(metres(places)).float()
    weight = torch.ones(len(frames)) if weights is None else torch.from_numpy(weights).float()

    most = context.preset.moved if inputs is radio_only else None

    def take(batch: Pair) -> tuple[Tensor, ...]:
        at = row[batch.frame.numpy()]
        if most is None:
            return label[at], weight[at], *inputs(batch)
        maps, told = moved(batch.radio, places[at], source.pairs.axes, most)
        return torch.from_numpy(metres(told)).float(), weight[at], maps

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(context.seed)
        objective = place_network(make(), label, context.preset.localiser)
    schedule = context.preset.localiser
    size = min(schedule.batch, len(frames))
    context.train(stage, objective, Shuffled(source, frames, size, take), schedule)
    return objective.eval()


def predict_places(
    context: Context, network: PlaceNetwork, inputs: Inputs, source: Source
) -> Places:
    """Return range [m] and azimuth [rad] (n, 2) of all frames of a split."""
    found = []
    for batch in source.in_order(64):
        seen = context.fabric.to_device(inputs(batch))
        found.append(network.places(*seen).cpu().double().numpy())
    x, y = np.concatenate(found).T
    return np.stack([np.hypot(x, y), np.arctan2(x, y)], 1)


class Supervised:
    """The localiser, trained on the true places."""

    def __init__(self, n_label: int | None = None) -> None:
        """Use `n_label` labels, drawn by the seed; all if None."""
        self.n_label = n_label

    def fit(self, train: Source, context: Context) -> None:
        """Train on a split."""
        frames = some(np.arange(len(train)), self.n_label, context.seed)
        self.network = fit_places(
            context, "localiser", lambda: new_localiser(context), radio_only, train, frames,
            places_of(train)[frames],
        )  # fmt: skip
        self.context = context

    def predict(self, frames: Source) -> Places:
        """Return range [m] and azimuth [rad] (n, 2) of all frames."""
        return predict_places(self.context, self.network, radio_only, frames)


def new_localiser(context: Context) -> Localiser:
    """Return the preset's localiser."""
    preset = context.preset
    return Localiser(preset.network, 1, preset.height, preset.width)


def some(frames: NDArray[np.int64], number: int | None, seed: int) -> NDArray[np.int64]:
    """Return that many of the frames, drawn by a seed, in order; all if None."""
    if number is None or number >= len(frames):
        return frames
    chosen = np.random.default_rng([seed, 1]).choice(len(frames), number, replace=False)
    return frames[np.sort(chosen)]
