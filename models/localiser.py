"""The localiser: a radio map in, the target's place out.

The network and its search space are table 5 and figure 7 of Alloulah and Arnold, "Look, Radiate,
and Learn", 2023: four convolutions, four linear layers, two outputs.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.attention import standardised

BEST_MOMENTUM = 0.948985588  # of the optimiser that the search of table 5 found
ACTIVATIONS: dict[str, type[nn.Module]] = {
    "ReLU": nn.ReLU, "LeakyReLU": nn.LeakyReLU, "Sigmoid": nn.Sigmoid, "Tanh": nn.Tanh,
    "Softplus": nn.Softplus,
}  # fmt: skip


@dataclass(frozen=True)
class LocaliserConfig:
    """The network; the defaults are the best that the paper's search found.

    Attributes:
        widths: Channels of the convolutions.
        kernels: Cells across of each.
        strides: Of each [cells].
        linear: Widths of the hidden linear layers.
        activation: A name of `ACTIVATIONS`.
    """

    widths: tuple[int, int, int, int] = (8, 16, 8, 32)
    kernels: tuple[int, int, int, int] = (4, 3, 2, 4)
    strides: tuple[int, int, int, int] = (2, 2, 2, 1)
    linear: tuple[int, int, int, int] = (128, 16, 64, 64)
    activation: str = "ReLU"


class Localiser(nn.Module):
    """Radio maps (b, channels, height, width) to places (b, 2) in the unit of its training."""

    def __init__(self, config: LocaliserConfig, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.config = config
        active = ACTIVATIONS[config.activation]
        convolutions: list[nn.Module] = []
        n_in = channels
        for n_out, kernel, stride in zip(
            config.widths, config.kernels, config.strides, strict=True
        ):
            convolutions += [nn.Conv2d(n_in, n_out, kernel, stride), active()]
            n_in = n_out
        self.convolutions = nn.Sequential(*convolutions)
        with torch.no_grad():
            features = self.convolutions(torch.zeros(1, channels, height, width)).numel()
        linear: list[nn.Module] = []
        for n_out in config.linear:
            linear += [nn.Linear(features, n_out), active()]
            features = n_out
        self.linear = nn.Sequential(*linear, nn.Linear(features, 2))

    def forward(self, radio: Tensor) -> Tensor:
        """Return the places of the targets."""
        places: Tensor = self.linear(self.convolutions(radio).flatten(1))
        return places


class FusionLocaliser(nn.Module):
    """A localiser each for radio map and picture, joined behind their last hidden layers.

    The two grids show different axes, so features are joined only after they are flat.
    """

    def __init__(self, config: LocaliserConfig, height: int, width: int) -> None:
        super().__init__()
        self.radio = Localiser(config, 1, height, width)
        self.vision = Localiser(config, 3, height, width)
        self.radio.linear[-1], self.vision.linear[-1] = nn.Identity(), nn.Identity()
        n = config.linear[-1]
        self.join = nn.Sequential(nn.Linear(2 * n, n), nn.ReLU(), nn.Linear(n, 2))

    def forward(self, radio: Tensor, pictures: Tensor) -> Tensor:
        """Return the places of the targets in radio maps and uint8 sRGB pictures."""
        both = torch.cat([self.radio(radio), self.vision(standardised(pictures))], 1)
        places: Tensor = self.join(both)
        return places
