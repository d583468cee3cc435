"""Frames that come from anywhere, checked before they are drawn or exported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.config import SEQUENCE_LENGTH
from synth.dataset import Dataset
from synth.sample import FIELD
from synth.shards import DatasetError

LARGEST = 1e9  # that any measure in a frame may be: far beyond them all, far below overflow


def checked_frame(data: Dataset, index: int) -> dict[str, NDArray[Any]]:
    """Return a frame that can be drawn.

    Raises:
        DatasetError: As `check_frame` does, or if the frame cannot be read.
    """
    frame: dict[str, NDArray[Any]] = data[index]
    check_frame(data, index, frame)
    return frame


def check_frame(data: Dataset, index: int, frame: Mapping[str, NDArray[Any]]) -> None:
    """Check that measures are of sensible size, and axes those of the configuration.

    Args:
        data: The dataset.
        index: Of the frame in it.
        frame: Arrays of that frame by key.

    Raises:
        DatasetError: If one is not.
    """
    from synth.validate import known_arrays  # here, as it loads what compiles kernels

    place, row = divmod(index, SEQUENCE_LENGTH)
    known = known_arrays(data.manifest.config, data.sequences[place])
    for key, values in frame.items():
        if key in known:
            wanted = known[key][row] if FIELD[key].per_frame else known[key]
            if not np.allclose(values, wanted, rtol=1e-9, atol=1e-9):
                raise _told(data, index, f"{key} is not what configuration and number make it")
        elif values.dtype.kind in "fc":
            wrong = values[~(np.abs(values) <= LARGEST)]  # what is not finite, too
            if len(wrong):
                raise _told(data, index, f"{key} = {wrong[0]:g} is no measure")


def _told(data: Dataset, index: int, fault: str) -> DatasetError:
    return DatasetError(f"{data.folder}: frame {index}: {fault}: run radvis validate {data.folder}")
