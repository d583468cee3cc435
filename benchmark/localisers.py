"""The localisers of the presets, each a network with the loss it learns places by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from benchmark.pairs import Axes, metres
from benchmark.presets import Preset
from benchmark.training import Schedule
from models.localiser import FusionLocaliser, Localiser, LocaliserConfig
from models.place import LOSSES, PlaceNetwork
from models.spatial import SpatialLocaliser, cell_middles


@dataclass(frozen=True)
class PlaceSchedule(Schedule):
    """How long and how fast the localiser of table 5 learns, and by what.

    Attributes:
        loss: A name of `models.place.LOSSES`.
    """

    loss: str = "MSE"


# Called with places, weights and what it sees, it returns a loss; its `places` tells places.
Objective = PlaceNetwork | SpatialLocaliser


def new_localiser(preset: Preset, axes: Axes, places: Tensor, pictures: bool = False) -> Objective:
    """Return a preset's localiser, weights by torch's generator.

    Args:
        preset: Sizes.
        axes: Of the radio maps.
        places: (n, 2) x and y [m] that will be learned.
        pictures: Whether it sees pictures, too.
    """
    if isinstance(preset.network, LocaliserConfig):
        size = preset.height, preset.width
        network: nn.Module = (
            FusionLocaliser(preset.network, *size)
            if pictures
            else Localiser(preset.network, 1, *size)
        )
        return place_network(network, places, preset.localiser)
    at = metres(np.stack(np.meshgrid(axes.range, axes.azimuth, indexing="ij"), -1))
    return SpatialLocaliser(preset.network, cell_middles(torch.from_numpy(at).float()), pictures)


def place_network(network: nn.Module, places: Tensor, schedule: Schedule) -> PlaceNetwork:
    """Return a network that learns places (n, 2) [m] by its schedule's loss; MSE if none is named.

    Raises:
        ValueError: If there is no loss of that name.
    """
    loss = schedule.loss if isinstance(schedule, PlaceSchedule) else "MSE"
    if loss not in LOSSES:
        raise ValueError(f"loss {loss!r}: losses are {', '.join(LOSSES)}")
    return PlaceNetwork(network, places, loss)
