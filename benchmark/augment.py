"""Variants of a picture for training: parts of it, mirrored, in other light and colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmark.car_frames import Cars

GREY = (0.299, 0.587, 0.114)  # luma of R, G, B: ITU-R BT.601


@dataclass(frozen=True)
class AugmentConfig:
    """How much pictures are varied.

    Attributes:
        size: Side of the square parts that the network is trained on [px].
        zoom: Least and largest factor by which they are magnified.
        around_car: Share of the parts that are chosen around a car.
        brightness: Largest change of the value's factor.
        contrast: Largest change of the contrast's factor.
        saturation: Largest change of the saturation's factor.
        tint: Largest change of one colour's factor.
    """

    size: int = 320
    zoom: tuple[float, float] = (0.7, 1.5)
    around_car: float = 0.7
    brightness: float = 0.3
    contrast: float = 0.5  # fog takes more than that
    saturation: float = 0.4
    tint: float = 0.08


def augmented(
    picture: Tensor, cars: Cars, config: AugmentConfig, rng: np.random.Generator
) -> tuple[Tensor, Cars]:
    """Return a varied part of a picture, and its cars.

    Args:
        picture: (height, width, 3) uint8 sRGB.
        cars: What it shows.
        config: How much it is varied.
        rng: Chance.

    Returns:
        (size, size, 3) uint8 sRGB, and the cars in it.
    """
    left, up, side = window(picture, cars, config, rng)
    part = picture[up : up + side, left : left + side].permute(2, 0, 1)[None].float()
    shown = cars.through((left, up, side), config.size)
    if side != config.size:
        part = functional.interpolate(
            part, (config.size, config.size), mode="bilinear", antialias=side > config.size
        )
    part = recoloured(part[0], config, rng)
    if rng.random() < 0.5:
        part, shown = mirrored(part, shown)
    return part.permute(1, 2, 0), shown


def window(
    picture: Tensor, cars: Cars, config: AugmentConfig, rng: np.random.Generator
) -> tuple[int, int, int]:
    """Return left and upper edge and side [px] of a square in a picture."""
    height, width = picture.shape[:2]
    low, high = np.log(config.zoom)
    side = min(round(config.size / float(np.exp(rng.uniform(low, high)))), height, width)
    middle = rng.uniform(0, (width, height))
    if len(cars.boxes) and rng.random() < config.around_car:
        box = cars.boxes[rng.integers(len(cars.boxes))].numpy()
        middle = (box[:2] + box[2:]) / 2 + rng.uniform(-side / 2, side / 2, 2)
    left, up = np.clip(middle - side / 2, 0, (width - side, height - side)).astype(int)
    return int(left), int(up), side


def mirrored(picture: Tensor, cars: Cars) -> tuple[Tensor, Cars]:
    """Return a picture (3, height, width) and its cars with left and right exchanged."""
    x0, y0, x1, y1 = cars.boxes.unbind(1)
    width = picture.shape[2]
    return picture.flip(2), Cars(torch.stack([width - x1, y0, width - x0, y1], 1), cars.seen)


def recoloured(picture: Tensor, config: AugmentConfig, rng: np.random.Generator) -> Tensor:
    """Return a picture (3, height, width), values 0 to 255, in other colours, as uint8."""

    def factor(most: float) -> float:
        return 1 + float(rng.uniform(-most, most))

    grey = torch.tensordot(torch.tensor(GREY), picture, 1)
    picture = grey + factor(config.saturation) * (picture - grey)
    picture = grey.mean() + factor(config.contrast) * (picture - grey.mean())
    tint = torch.tensor([factor(config.tint) for _ in range(3)])
    picture = picture * factor(config.brightness) * tint[:, None, None]
    return picture.clamp(0, 255).to(torch.uint8)
