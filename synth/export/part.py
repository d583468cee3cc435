"""What an export is given and what it must do: one sequence after the other, then an end."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scenes.config import SEQUENCE_LENGTH, ScenarioConfig
from scenes.spec import Label
from synth.checked import check_frame
from synth.dataset import Dataset
from synth.release.terms import Terms
from synth.sample import FIELD

ASIDE = ".parts"  # folder in an export, for what is needed until it is complete


@dataclass(frozen=True)
class Source:
    """The dataset that is exported.

    Attributes:
        name: Of the scene.
        config: Its configuration.
        tables: What codes index.
        objects: Of a user's .blend, what object ids stand for.
        generator: Program and version that made it.
        terms: Of the release that it is a part of, if it is.
    """

    name: str
    config: ScenarioConfig
    tables: Mapping[str, list[str]]
    objects: Mapping[int, Label]
    generator: str
    terms: Terms | None = None


@dataclass(frozen=True)
class Part:
    """One sequence of a dataset.

    Attributes:
        split: The split it belongs to.
        sequence: Its number.
        data: What reads it.
        first: Its first frame in `data`.
    """

    split: str
    sequence: int
    data: Dataset
    first: int

    def frames(self) -> Iterator[dict[str, NDArray[Any]]]:
        """Yield what its frames hold of their own, arrays by key.

        Raises:
            DatasetError: If one cannot be read, or holds what is no measure.
        """
        keys = [key for key in self.data.keys if FIELD[key].per_frame or FIELD[key].ragged]
        keys = [key for key in keys if not key.endswith("/offset")]
        for i in range(self.first, self.first + SEQUENCE_LENGTH):
            frame = {key: self.data.read(i, key) for key in keys}
            check_frame(self.data, i, frame)
            yield frame

    def name(self, index: int) -> str:
        """Return what a frame of it is called, unique in a dataset."""
        return f"{self.sequence:06d}_{index:02d}"


class Exporter(Protocol):
    """One format.

    A sequence that is written again, since the run before was stopped in it, takes the place of
    what there is of it.
    """

    def __init__(self, out: Path, source: Source) -> None:
        """Write into a folder that exists."""

    def write(self, part: Part) -> None:
        """Write one sequence."""

    def finish(self, parts: list[tuple[str, int]]) -> None:
        """Write what takes all sequences, given their splits and numbers."""


def png(picture: NDArray[Any]) -> bytes:
    """Return a picture (height, width, 3) of bytes as PNG."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "png")
    return file.getvalue()


def npy(values: NDArray[Any]) -> bytes:
    """Return an array as NumPy's own file."""
    file = io.BytesIO()
    np.save(file, values, allow_pickle=False)
    return file.getvalue()
