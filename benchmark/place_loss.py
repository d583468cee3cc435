"""The two losses that a localiser may learn by, and the schedule that says which."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from benchmark.training import Schedule
from models.parallel import averaged
from models.place import PlaceNetwork

LOSSES = ("MSE", "L1")


@dataclass(frozen=True)
class PlaceSchedule(Schedule):
    """How long and how fast a localiser learns, and by what.

    Attributes:
        loss: A name of `LOSSES`.
    """

    loss: str = "MSE"


class AbsolutePlaceNetwork(PlaceNetwork):
    """A network that learns places by the mean absolute error."""

    def forward(self, place: Tensor, weight: Tensor, *inputs: Tensor) -> Tensor:
        """Return the weighted mean absolute error in units of the spread.

        Args:
            place: (b, 2) x and y [m].
            weight: (b,) of each frame.
            inputs: Of the network.
        """
        wanted = (place - self.centre) / self.spread
        error = (self.network(*inputs) - wanted).abs().mean(1)
        loss: Tensor = (weight * error).sum() / averaged(weight.sum()).clamp(min=1e-6)
        return loss


def place_network(network: nn.Module, places: Tensor, schedule: Schedule) -> PlaceNetwork:
    """Return a network that learns places (n, 2) [m] by its schedule's loss; MSE if none is named.

    Raises:
        ValueError: If there is no loss of that name.
    """
    loss = schedule.loss if isinstance(schedule, PlaceSchedule) else "MSE"
    if loss not in LOSSES:
        raise ValueError(f"loss {loss!r}: losses are {', '.join(LOSSES)}")
    kind = AbsolutePlaceNetwork if loss == "L1" else PlaceNetwork
    return kind(network, places)
