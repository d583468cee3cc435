"""A localiser that looks for the target: which cell of the map shows it, and where in the cell.

All cells are judged by the same weights, so what is learned at one place holds at all of them.
Flat layers (`models.localiser`) have weights for each place and must see targets at all of them,
which takes tens of thousands of frames. The place is the mean of the cells' own, by how likely they
are: Nibali et al., "Numerical Coordinate Regression with Convolutional Neural Networks", 2018.
Wide views at full resolution by dilation: Yu and Koltun, "Multi-Scale Context Aggregation by
Dilated Convolutions", ICLR 2016. What it makes of a picture is laid on the cells that the picture
shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.attention import standardised
from models.parallel import BatchNorm2d, averaged
from models.vgg import coordinates

STRIDE = 4  # pixels of a map between cells


@dataclass(frozen=True)
class SpatialConfig:
    """The network.

    Attributes:
        width: Channels of its cells.
        dilations: Of the convolutions on cells.
        sight: Of those on what it makes of a picture, before that is laid on the cells.
        blur: Distance [m] over which cells near the target count as showing it.
        reach: Distance [m] from the likeliest cell within which cells make the place: of two
            likely targets one is told, not the middle.
        exact: Weight of a metre's error beside that of unlikely cells.
    """

    width: int = 32
    dilations: tuple[int, ...] = (1, 2, 4, 8, 1)
    sight: tuple[int, ...] = (1, 2)
    blur: float = 0.7
    reach: float = 2.5
    exact: float = 0.3


class SpatialLocaliser(nn.Module):
    """Radio maps, and pictures if it is to see them, to places [m].

    Attributes:
        middles: (rows, columns, 2) x and y [m] of the cells.
    """

    middles: Tensor

    def __init__(self, config: SpatialConfig, middles: Tensor, pictures: bool = False) -> None:
        """Take the cells' places (rows, columns, 2) [m], a cell for 4 x 4 pixels of a map."""
        super().__init__()
        self.config = config
        self.register_buffer("middles", middles)
        half, width = config.width // 2, config.width
        self.radio = _stem(1, half, width)
        self.vision = (
            nn.Sequential(
                _stem(3, half, width),
                *(_convolution(width, width, dilation=dilation) for dilation in config.sight),
            )
            if pictures
            else None
        )
        self.cells = nn.Sequential(
            *(_convolution(width, width, dilation=dilation) for dilation in config.dilations)
        )
        self.score = nn.Conv2d(width, 1, 1, bias=False)  # of how likely a cell is
        self.offset = nn.Conv2d(width, 2, 1)  # x and y from its middle [m]

    def forward(self, place: Tensor, weight: Tensor, *inputs: Tensor) -> Tensor:
        """Return the weighted mean loss.

        Args:
            place: (b, 2) x and y [m].
            weight: (b,) of each frame.
            inputs: Radio maps (b, 1, height, width), and if it sees them pictures (b, 3, height,
                width) uint8 sRGB and where they show the cells (b, rows, columns, 2), see
                `torch.nn.functional.grid_sample`.
        """
        score, at = self._judged(*inputs)
        far = (self.middles.flatten(0, 1) - place[:, None]).square().sum(2)
        shown = (-far / (2 * self.config.blur**2)).softmax(1)
        unlikely = -(shown * score.log_softmax(1)).sum(1)
        told = (score.softmax(1)[..., None] * at).sum(1)
        error = ((told - place).square().sum(1) + 1e-4).sqrt()  # smooth within a centimetre
        each = unlikely + self.config.exact * error
        loss: Tensor = (weight * each).sum() / averaged(weight.sum()).clamp(min=1e-6)
        return loss

    @torch.no_grad()
    def places(self, *inputs: Tensor) -> Tensor:
        """Return x and y [m] (b, 2)."""
        score, at = self._judged(*inputs)
        best = at[torch.arange(len(at), device=at.device), score.argmax(1)]
        near = (at - best[:, None]).norm(dim=2) < self.config.reach
        likely = score.masked_fill(~near, -torch.inf).softmax(1)
        return (likely[..., None] * at).sum(1)

    def _judged(
        self, radio: Tensor, picture: Tensor | None = None, at: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return scores (b, cells) and the places (b, cells, 2) [m] that cells tell."""
        features = self.radio(torch.cat([radio, coordinates(radio)], 1))
        if self.vision is not None:
            assert picture is not None and at is not None
            seen = standardised(picture)
            shown = self.vision(torch.cat([seen, coordinates(seen)], 1))
            features = features + functional.grid_sample(shown, at, align_corners=False)
        features = self.cells(features)
        score, offset = self.score(features).flatten(1), self.offset(features).flatten(2)
        return score, self.middles.flatten(0, 1) + offset.transpose(1, 2)


def _stem(channels: int, half: int, width: int) -> nn.Sequential:
    return nn.Sequential(_convolution(channels + 2, half, 2), _convolution(half, width, 2))


def _convolution(n_in: int, n_out: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, 3, stride, dilation, dilation, bias=False, padding_mode="replicate"),
        BatchNorm2d(n_out),
        nn.ReLU(inplace=True),
    )


def cell_middles(places: Tensor) -> Tensor:
    """Return the places (rows / 4, columns / 4, 2) of cells of a map's pixels' (rows, columns, 2).

    Raises:
        ValueError: If a side is no multiple of 4.
    """
    rows, columns = places.shape[:2]
    if rows % STRIDE or columns % STRIDE:
        raise ValueError(f"{columns} x {rows} px: sides are multiples of {STRIDE} px")
    return functional.avg_pool2d(places.permute(2, 0, 1)[None], STRIDE)[0].permute(1, 2, 0)
