"""The spatial backbone: VGG-M with average pooling, and no padding that tells where the edge is.

Chatfield et al., "Return of the Devil in the Details", BMVC 2014, give the network's first five
layers; Afouras et al., "Self-supervised object detection from audio-visual correspondence", 2021,
put average pooling in the place of maxima. Stride 8 in all: 480 x 640 in, 60 x 80 cells out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from models.parallel import BatchNorm2d


@dataclass(frozen=True)
class Layer:
    """A convolution with normalisation and ReLU, and average pooling after it.

    Attributes:
        width: Channels out.
        kernel: Cells across; odd, so that "same" padding is symmetric.
        stride: Of the convolution [cells].
        pool: Side of the squares that are averaged [cells]; 1 for none.
    """

    width: int
    kernel: int
    stride: int = 1
    pool: int = 1


VGG_M = (Layer(96, 7, 2, pool=2), Layer(256, 5, 2), Layer(512, 3), Layer(512, 3), Layer(128, 3))


@dataclass(frozen=True)
class BackboneConfig:
    """A backbone.

    Attributes:
        layers: From the input on.
        padding: "zeros" as in the paper, or "replicate": zeros mark the border, and a network can
            count from there where it is.
        coordinates: Whether column and row, -1 to 1, are two more input channels.
    """

    layers: tuple[Layer, ...] = VGG_M
    padding: Literal["zeros", "replicate"] = "zeros"
    coordinates: bool = False

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: If a kernel is even, or the padding unknown.
        """
        if any(layer.kernel % 2 == 0 for layer in self.layers):
            raise ValueError("kernels have an odd number of cells")
        if self.padding not in ("zeros", "replicate"):
            raise ValueError(f"padding {self.padding!r}: zeros or replicate")

    @property
    def stride(self) -> int:
        """Pixels of the input between two cells of the output."""
        return math.prod(layer.stride * layer.pool for layer in self.layers)

    @property
    def receptive_field(self) -> int:
        """Pixels of the input across that one cell of the output sees."""
        across, step = 1, 1
        for layer in self.layers:
            across += (layer.kernel - 1) * step
            step *= layer.stride
            across += (layer.pool - 1) * step
            step *= layer.pool
        return across

    @property
    def width(self) -> int:
        """Channels of the output."""
        return self.layers[-1].width


class Backbone(nn.Module):
    """Pictures (b, channels, height, width) to features (b, width, height / s, width / s)."""

    def __init__(self, config: BackboneConfig, channels: int) -> None:
        super().__init__()
        self.config = config
        n_in = channels + (2 if config.coordinates else 0)
        parts: list[nn.Module] = []
        for i, layer in enumerate(config.layers):
            last = i == len(config.layers) - 1
            parts.append(
                nn.Conv2d(
                    n_in, layer.width, layer.kernel, layer.stride, layer.kernel // 2,
                    padding_mode=config.padding, bias=last,
                )
            )  # fmt: skip
            if not last:  # what is compared by its direction is neither cut at zero nor scaled
                parts += [BatchNorm2d(layer.width), nn.ReLU(inplace=True)]
            if layer.pool > 1:
                parts.append(nn.AvgPool2d(layer.pool))
            n_in = layer.width
        self.layers = nn.Sequential(*parts)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the features of pictures.

        Raises:
            ValueError: If a side is no multiple of the stride.
        """
        height, width = pictures.shape[-2:]
        stride = self.config.stride
        if height % stride or width % stride:
            raise ValueError(f"{width} x {height} px: sides are multiples of {stride} px")
        if self.config.coordinates:
            pictures = torch.cat([pictures, coordinates(pictures)], 1)
        features: Tensor = self.layers(pictures)
        return features


def coordinates(like: Tensor) -> Tensor:
    """Return column and row (b, 2, height, width) of pictures, from -1 to 1."""
    n, _, height, width = like.shape
    row = torch.linspace(-1, 1, height, device=like.device, dtype=like.dtype)
    column = torch.linspace(-1, 1, width, device=like.device, dtype=like.dtype)
    both = torch.stack([column.expand(height, width), row[:, None].expand(height, width)])
    return both.expand(n, 2, height, width)
