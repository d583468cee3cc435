"""The pictures and the cars' boxes of a dataset's frames, kept in memory.

Pixels, boxes and visibility: docs/conventions.md and docs/format.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.boxes import area
from scenes.config import SEQUENCE_LENGTH
from synth.dataset import Dataset
from synth.shards import DatasetError

LEAST_SEEN = 0.25  # share of a car that must be visible for it to count; less is ignored
LEAST_SIDE = 6.0  # [px] of its box; less is ignored


@dataclass(frozen=True)
class Cars:
    """The cars of which a picture shows anything.

    Attributes:
        boxes: (n, 4) [px] around their visible pixels.
        seen: (n,) share of each that is visible, 0 to 1.
    """

    boxes: Tensor
    seen: Tensor

    @property
    def count(self) -> Tensor:
        """Which are to be found (n,); the others are neither right nor wrong to find."""
        side = (self.boxes[:, 2:] - self.boxes[:, :2]).amin(1)
        return (self.seen >= LEAST_SEEN) & (side >= LEAST_SIDE)

    def through(self, window: tuple[float, float, float], size: float) -> Cars:
        """Return the cars as a part of the picture shows them.

        Args:
            window: Left and upper edge and side [px] of a square.
            size: To which its side is scaled [px].
        """
        left, up, side = window
        moved = self.boxes - self.boxes.new_tensor([left, up, left, up])
        cut = moved.clamp(0, side)
        share = area(cut) / area(moved).clamp(min=1e-6)
        shown = share > 0
        return Cars(cut[shown] * (size / side), (self.seen * share)[shown])


@dataclass(frozen=True)
class CarFrames:
    """The frames of one split of one dataset.

    Attributes:
        name: Of the dataset's scene.
        pictures: (n, height, width, 3) uint8 sRGB.
        cars: Of each frame.
        target: (n,) row of the target among the frame's cars, -1 where nothing of it is visible.
        target_seen: (n,) share of the target that is visible, 0 to 1.
        places: Sequence and index of each frame.
        conditions: Weather and light of each frame, as "rain", "night".
    """

    name: str
    pictures: Tensor
    cars: tuple[Cars, ...]
    target: Tensor
    target_seen: Tensor
    places: tuple[tuple[int, int], ...]
    conditions: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        return len(self.cars)


def load_frames(folder: Path, split: str, on_frame: Callable[[], None] | None = None) -> CarFrames:
    """Read the frames of a split into memory, 0.9 MB each at 640 x 480 px.

    Args:
        folder: Of the dataset.
        split: "train", "validation" or "test".
        on_frame: Called after each frame.

    Raises:
        DatasetError: If it is no dataset, has no pictures, no finished sequence in the split, or a
            sequence in two splits.
    """
    with Dataset(folder, split, entries=("camera",)) as data:
        check_splits(data)
        data.require_labels()
        if not len(data):
            raise DatasetError(
                f"{folder} has no finished sequence in its {split} split: make it larger with "
                "radvis synth --n, or let a run that stopped go on"
            )
        classes = data.manifest.tables["classes"]
        if "car" not in classes:
            raise DatasetError(f"{folder} has no class car; classes: {', '.join(classes)}")
        camera = data.manifest.config.camera
        pictures = np.empty((len(data), camera.height, camera.width, 3), np.uint8)
        cars, target, seen, places, conditions = [], [], [], [], []
        for index in range(len(data)):
            pictures[index] = data.read(index, "camera/image")
            shown, row, share = _cars(data, index, classes.index("car"))
            cars.append(shown)
            target.append(row)
            seen.append(share)
            sequence = data.sequences[index // SEQUENCE_LENGTH]
            places.append((sequence, index % SEQUENCE_LENGTH))
            conditions.append((_named(data, index, "weather"), _named(data, index, "light")))
            if on_frame is not None:
                on_frame()
    return CarFrames(
        data.manifest.name, torch.from_numpy(pictures), tuple(cars),
        torch.tensor(target), torch.tensor(seen), tuple(places), tuple(conditions),
    )  # fmt: skip


def n_frames(folder: Path, split: str) -> int:
    """Return how many finished frames a split of a dataset has."""
    with Dataset(folder, split, entries=("camera",)) as data:
        return len(data)


def check_splits(data: Dataset) -> None:
    """Raise DatasetError if a sequence is in two splits: no result on such data would count."""
    dealt = [sequence for split in data.manifest.splits.values() for sequence in split]
    twice = sorted({sequence for sequence in dealt if dealt.count(sequence) > 1})
    if twice:
        raise DatasetError(
            f"{data.folder}/manifest.json has sequence {twice[0]} in two splits: restore it or "
            "make the dataset anew"
        )


def _named(data: Dataset, index: int, what: str) -> str:
    """Return what a frame's code column "weather" or "light" stands for."""
    table, code = data.manifest.tables[f"{what}s"], int(data.read(index, f"frame/{what}"))
    if code >= len(table):
        raise DatasetError(f"{data.folder}: frame/{what} = {code}: run radvis validate")
    return table[code]


def _cars(data: Dataset, index: int, car: int) -> tuple[Cars, int, float]:
    """Return a frame's visible cars, the target's row among them, and its visible share."""
    boxes, seen = data.read(index, "object/box"), data.read(index, "object/visibility")
    is_target = data.read(index, "object/id") == data.read(index, "target/object")
    shown = (data.read(index, "object/class") == car) & (boxes[:, 2] > boxes[:, 0])
    row = np.flatnonzero(is_target[shown])
    share = float(seen[is_target].max(initial=0.0))
    cars = Cars(torch.from_numpy(boxes[shown]), torch.from_numpy(seen[shown]))
    return cars, int(row[0]) if len(row) else -1, share
