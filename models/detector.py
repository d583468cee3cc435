"""A small car detector: no anchors, one class, boxes on a grid of every fourth pixel.

Cars are points of a map of centres, each with the distances from it to the four sides of its box:
Zhou et al., "Objects as Points", 2019; Tian et al., "FCOS", ICCV 2019; Liu et al.,
"Training-Time-Friendly Network for Real-Time Object Detection" (TTFNet), AAAI 2020. An encoder of
residual blocks goes down to a 32nd of the picture, and a top-down path comes back up: Lin et al.,
"Feature Pyramid Networks", CVPR 2017.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn import functional

from models.boxes import clip, suppress

STRIDE = 4  # [px] between cells of the maps
COARSEST = 32  # [px] between cells of the coarsest features; sides of inputs are its multiples
PRIOR = 0.02  # share of cells that a new network holds for centres, so that it starts calmly
MEAN, SPREAD = 0.45, 0.25  # of an ordinary picture's values, 0 to 1
LARGEST = 6.0  # ln of the largest distance from a centre to a side, in cells
# Bounds of a stranger's checkpoint: at most 0.6 GB of weights, hundreds of times ours.
_Width = Annotated[int, Field(strict=True, ge=1, le=512)]
_Depth = Annotated[int, Field(strict=True, ge=1, le=8)]


@dataclass(frozen=True)
class DetectorConfig:
    """The network's size.

    Attributes:
        widths: Channels at strides 4, 8, 16 and 32.
        blocks: Residual blocks at each.
        neck: Channels of the path back up.
    """

    widths: tuple[_Width, _Width, _Width, _Width] = (16, 32, 64, 128)
    blocks: tuple[_Depth, _Depth, _Depth, _Depth] = (1, 2, 2, 2)
    neck: _Width = 32


class Maps(NamedTuple):
    """What the network says of each cell.

    Attributes:
        centre: (b, h, w) logit that a car's centre lies there.
        boxes: (b, 4, h, w) [px] x0 y0 x1 y1 of that car.
    """

    centre: Tensor
    boxes: Tensor


class Detections(NamedTuple):
    """Cars found, by falling score.

    Attributes:
        boxes: (b, k, 4) [px].
        scores: (b, k) 0 to 1; 0 where fewer than k were found.
    """

    boxes: Tensor
    scores: Tensor


class CarDetector(nn.Module):
    """The network: pictures in, maps out."""

    def __init__(self, config: DetectorConfig) -> None:
        super().__init__()
        self.config = config
        widths, neck = config.widths, config.neck
        self.stem = _convolution(3 * 4, widths[0], stride=2)
        self.stages = nn.ModuleList(
            nn.Sequential(
                _convolution(widths[max(i - 1, 0)], widths[i], stride=2) if i else nn.Identity(),
                *(Residual(widths[i]) for _ in range(config.blocks[i])),
            )
            for i in range(4)
        )
        self.lateral = nn.ModuleList(nn.Conv2d(width, neck, 1) for width in widths)
        self.smooth = nn.ModuleList(_convolution(neck, neck) for _ in range(3))
        self.head = nn.Conv2d(neck, 5, 1)
        calm = torch.tensor([math.log(PRIOR / (1 - PRIOR)), 0.0, 0.0, 0.0, 0.0])
        self.head.bias = nn.Parameter(calm)

    def forward(self, pictures: Tensor) -> Maps:
        """Return the maps of pictures (b, 3, height, width), as `as_input` makes them.

        Raises:
            ValueError: If a side is no multiple of `COARSEST`.
        """
        height, width = pictures.shape[-2:]
        if height % COARSEST or width % COARSEST:
            raise ValueError(f"{width} x {height} px: sides are multiples of {COARSEST} px")
        # The stem works on 2 x 2 pixels at once: no full-size features, at little loss.
        feature = self.stem(functional.pixel_unshuffle(pictures, 2))
        features = []
        for stage in self.stages:
            feature = stage(feature)
            features.append(feature)
        path = self.lateral[3](features[3])
        for i in (2, 1, 0):
            path = functional.interpolate(path, scale_factor=2.0, mode="nearest")
            path = self.smooth[i](path + self.lateral[i](features[i]))
        out = self.head(path)
        return Maps(out[:, 0], boxes_from(STRIDE * out[:, 1:].clamp(max=LARGEST).exp()))


class Residual(nn.Module):
    """Two 3 x 3 convolutions beside the identity: He et al., CVPR 2016."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolution(width, width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape."""
        return functional.relu(x + self.norm(self.second(self.first(x))))


def _convolution(n_in: int, n_out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(n_out),
        nn.ReLU(inplace=True),
    )


def new_detector(config: DetectorConfig, seed: int) -> CarDetector:
    """Return a network with weights drawn by `seed`; torch's own generator stays as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CarDetector(config)


def as_input(pictures: Tensor) -> Tensor:
    """Return pictures (b, height, width, 3) uint8 sRGB as the network takes them (b, 3, ...)."""
    scaled = pictures.permute(0, 3, 1, 2).float().div_(255)  # stays channels-last in memory
    return scaled.sub_(MEAN).div_(SPREAD)


def points(height: int, width: int, like: Tensor) -> Tensor:
    """Return the middles x, y (2, height, width) [px] of cells, typed and placed as `like`."""
    y = (torch.arange(height, device=like.device, dtype=like.dtype) + 0.5) * STRIDE
    x = (torch.arange(width, device=like.device, dtype=like.dtype) + 0.5) * STRIDE
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)])


def boxes_from(distances: Tensor) -> Tensor:
    """Return boxes (b, 4, h, w) [px] from distances left, up, right, down (b, 4, h, w) [px]."""
    height, width = distances.shape[-2:]
    middle = points(height, width, distances)
    return torch.cat([middle - distances[:, :2], middle + distances[:, 2:]], 1)


def decode(maps: Maps, n_most: int = 100, overlap: float = 0.7) -> Detections:
    """Return the cars that maps show: peaks among their eight neighbours.

    Args:
        maps: From the network.
        n_most: How many to return of each picture.
        overlap: IoU above which the weaker of two is dropped; rows of parked cars overlap much.
    """
    centre = maps.centre.sigmoid()
    peak = functional.max_pool2d(centre[:, None], 3, stride=1, padding=1)[:, 0]
    centre = torch.where(centre == peak, centre, 0).flatten(1)
    scores, place = centre.topk(min(n_most, centre.shape[1]))
    boxes = maps.boxes.flatten(2).gather(2, place[:, None].expand(-1, 4, -1)).transpose(1, 2)
    scores = torch.where(suppress(boxes, scores, overlap), scores, 0)
    scores, order = scores.sort(dim=1, descending=True, stable=True)
    return Detections(boxes.gather(1, order[..., None].expand_as(boxes)), scores)


@torch.no_grad()
def detect(network: nn.Module, pictures: Tensor, n_most: int = 100) -> Detections:
    """Return the cars in pictures (b, height, width, 3) uint8 of any size.

    The network is used as it stands: put it in evaluation mode first.
    """
    height, width = pictures.shape[1:3]
    beyond = (0, -width % COARSEST, 0, -height % COARSEST)
    found = decode(network(functional.pad(as_input(pictures), beyond)), n_most)
    return Detections(clip(found.boxes, width, height), found.scores)
