"""Pairs of picture and radio map, with what methods may know and what they are scored by.

A frame is read and shrunk to the preset's size; `benchmark.store` keeps it so for all runs.
Coordinates, axes and units: docs/conventions.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from scenes.config import SEQUENCE_LENGTH
from synth.dataset import Dataset
from synth.manifest import read_manifest
from synth.shards import DatasetError

ENTRIES = ("camera", "radar")
PLACE = ("range", "azimuth")
SPREAD = 20.0  # [dB] that become 1 in the network's input
MOST = 4.0  # largest input, in units of `SPREAD`: nothing but a mirror glint is larger


class Pair(NamedTuple):
    """One frame, or a batch of them.

    Attributes:
        picture: (..., 3, height, width) uint8 sRGB.
        radio: (..., 1, height, width) float32, see `as_radio`.
        box: (..., 4) the target's box x0 y0 x1 y1 [px] in `picture`; all 0 where it is unseen.
        place: (..., 2) the target's range [m] and azimuth [rad]: for scores and supervision.
        frame: (...) number of the frame in its split.
    """

    picture: Tensor
    radio: Tensor
    box: Tensor
    place: Tensor
    frame: Tensor


@dataclass(frozen=True)
class Axes:
    """The radio map's axes after shrinking.

    Attributes:
        range: (height,) [m] middles of rows, growing.
        azimuth: (width,) [rad] middles of columns.
    """

    range: NDArray[np.float64]
    azimuth: NDArray[np.float64]

    def at(self, row: NDArray[np.float64], column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return range [m] and azimuth [rad] (..., 2) of fractional rows and columns (...)."""
        rows, columns = np.arange(len(self.range)), np.arange(len(self.azimuth))
        place = np.interp(row, rows, self.range), np.interp(column, columns, self.azimuth)
        return np.stack(place, -1)

    def cells(
        self, distance: NDArray[np.float64], azimuth: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return fractional rows and columns (...) of ranges [m] and azimuths [rad] (...)."""
        row = np.interp(distance, self.range, np.arange(len(self.range)))
        return row, np.interp(azimuth, self.azimuth, np.arange(len(self.azimuth)))


def metres(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return x to the right and y ahead [m] (..., 2) of range [m] and azimuth [rad] (..., 2).

    In the radar's plane, whose distances are slant ranges: a radar 6.5 m up tells a car 10 m away
    on the ground to be 2 m farther. Heights are not a radar map's to tell.
    """
    distance, azimuth = place[..., 0], place[..., 1]
    return np.stack([distance * np.sin(azimuth), distance * np.cos(azimuth)], -1)


class Pairs(torch.utils.data.Dataset[Pair]):
    """The pairs of one split, read from disk frame by frame, shrunk to a size.

    Attributes:
        data: The dataset's split.
        height: Of picture and radio map [px].
        width: Of both [px].
        axes: Of the radio map.
        boxes: (n, 4) x0 y0 x1 y1 [px] of all frames' targets; all 0 where one is unseen.
        places: (n, 2) range [m] and azimuth [rad] of all frames' targets: the truth.
    """

    def __init__(self, folder: Path, split: str, height: int, width: int) -> None:
        """Open a split.

        Raises:
            DatasetError: If there is none, an entry is missing, the rig is bistatic, or the size is
                no whole share of the dataset's.
        """
        held = read_manifest(folder).config.entries
        extra = [entry for entry in ("doppler",) if entry in held]
        self.data = Dataset(folder, split, entries=[*ENTRIES, *extra])
        self.data.require_labels()
        if not len(self.data):
            filled = [name for name, held in self.data.manifest.splits.items() if held]
            if split not in filled:
                raise DatasetError(
                    f"{folder} has no {split} split: its sequences are all of "
                    f"{' and '.join(filled)}"
                )
            raise DatasetError(
                f"{folder} has no finished sequence in its {split} split: make it larger with "
                "radvis synth --n, or let a run that stopped go on"
            )
        self.height, self.width = height, width
        config = self.data.manifest.config
        if config.radio.rig != "monostatic":
            raise DatasetError(
                f"{folder} has a {config.radio.rig} rig, whose maps show half of the way over the "
                "target, not its range: the benchmark needs radio.rig = monostatic"
            )
        for what, size in (
            ("pictures", (config.camera.height, config.camera.width)),
            ("radio maps", (config.heatmap.n_range, config.heatmap.n_azimuth)),
        ):
            if size[0] % height or size[1] % width:
                raise DatasetError(
                    f"{folder} has {what} of {size[1]} x {size[0]}, which does not shrink evenly "
                    f"to {width} x {height}: choose another --preset or dataset"
                )
        self.axes = Axes(
            self.data.read(0, "radar/range").reshape(height, -1).mean(1),
            self.data.read(0, "radar/azimuth").reshape(width, -1).mean(1),
        )
        scale = np.tile([width / config.camera.width, height / config.camera.height], 2)
        frames = range(len(self.data))
        box = np.array([self.data.read(i, "target/box") for i in frames], float) * scale
        place = [[self.data.read(i, f"target/{key}") for key in PLACE] for i in frames]
        self.boxes = torch.from_numpy(box).float()
        self.places = torch.tensor(np.array(place, float)).float()

    def __len__(self) -> int:
        return len(self.data)

    def whole(self, key: str, frame: int = 0) -> NDArray[np.float64]:
        """Return an array of a frame as the dataset has it."""
        return self.data.read(frame, key).astype(np.float64)

    def __getitem__(self, index: int) -> Pair:
        """Return one pair."""
        picture = torch.from_numpy(self.data.read(index, "camera/image")).permute(2, 0, 1)
        factor = picture.shape[1] // self.height, picture.shape[2] // self.width
        small = functional.avg_pool2d(picture.float(), factor).round().to(torch.uint8)
        heatmap = torch.from_numpy(self.data.read(index, "radar/heatmap").astype(np.float32))
        return Pair(
            small, as_radio(heatmap, self.height, self.width), self.boxes[index],
            self.places[index], torch.tensor(index),
        )  # fmt: skip

    @property
    def sequence_of(self) -> NDArray[np.int64]:
        """The number (n,) of each frame's sequence."""
        return np.repeat(np.asarray(self.data.sequences), SEQUENCE_LENGTH)


def as_radio(heatmap: Tensor, height: int, width: int) -> Tensor:
    """Return a radio map (1, height, width) of a heatmap [dB] as networks take it.

    Powers are averaged over the cells that become one, and taken in steps of `SPREAD` above the
    map's median, so that gain and path loss of a radar need not be known.
    """
    rows, columns = heatmap.shape[0] // height, heatmap.shape[1] // width
    power = functional.avg_pool2d(10 ** (heatmap[None] / 10), (rows, columns))
    level = 10 * torch.log10(power.clamp(min=1e-30))
    scaled: Tensor = (level - level.median()) / SPREAD
    return scaled.clamp(-MOST, MOST)


def load(pairs: Pairs, on_frame: Callable[[], None] | None = None) -> Pair:
    """Return all pairs of a split as one batch in memory."""
    held = []
    for i in range(len(pairs)):
        held.append(pairs[i])
        if on_frame is not None:
            on_frame()
    return Pair(*(torch.stack(part) for part in zip(*held, strict=True)))
