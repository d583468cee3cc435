"""A network that gives places, in metres, and the loss it learns them by."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.parallel import averaged

LOSSES = {"MSE": torch.square, "L1": torch.abs}  # of an error, in units of the spread


class PlaceNetwork(nn.Module):
    """A network of two outputs, with the units in which it learns them.

    Attributes:
        network: Inputs to (b, 2).
        centre: (2,) [m] of the places learned.
        spread: (2,) [m] of them.
        loss: A name of `LOSSES`.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, network: nn.Module, places: Tensor, loss: str = "MSE") -> None:
        """Take the units from the places (n, 2) [m] that will be learned."""
        super().__init__()
        self.network, self.loss = network, loss
        self.register_buffer("centre", places.mean(0))
        self.register_buffer("spread", places.std(0, correction=0).clamp(min=0.1))

    def forward(self, place: Tensor, weight: Tensor, *inputs: Tensor) -> Tensor:
        """Return the weighted mean loss of errors in units of the spread.

        Args:
            place: (b, 2) x and y [m].
            weight: (b,) of each frame.
            inputs: Of the network.
        """
        wanted = (place - self.centre) / self.spread
        error = LOSSES[self.loss](self.network(*inputs) - wanted).mean(1)
        loss: Tensor = (weight * error).sum() / averaged(weight.sum()).clamp(min=1e-6)
        return loss

    @torch.no_grad()
    def places(self, *inputs: Tensor) -> Tensor:
        """Return x and y [m] (b, 2)."""
        found: Tensor = self.network(*inputs) * self.spread + self.centre
        return found
