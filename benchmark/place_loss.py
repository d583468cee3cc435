"""The two losses that a localiser may learn by, and the schedule that says which."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from benchmark.training import Schedule
from models.place import LOSSES, PlaceNetwork


@dataclass(frozen=True)
class PlaceSchedule(Schedule):
    """How long and how fast a localiser learns, and by what.

    Attributes:
        loss: A name of `models.place.LOSSES`.
    """

    loss: str = "MSE"


def place_network(network: nn.Module, places: Tensor, schedule: Schedule) -> PlaceNetwork:
    """Return a network that learns places (n, 2) [m] by its schedule's loss; MSE if none is named.

    Raises:
        ValueError: If there is no loss of that name.
    """
    loss = schedule.loss if isinstance(schedule, PlaceSchedule) else "MSE"
    if loss not in LOSSES:
        raise ValueError(f"loss {loss!r}: losses are {', '.join(LOSSES)}")
    return PlaceNetwork(network, places, loss)
