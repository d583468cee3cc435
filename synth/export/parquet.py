"""Hugging Face datasets: Parquet, with pictures as pictures, and a card that names the splits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.export.labels import CODED, labels_of
from synth.export.part import Part, Source, png
from synth.sample import Field, fields_of, lengths, shape_of

LABELS = ("frame", "target", "object")


class Parquet:
    """data/SPLIT-SEQUENCE.parquet, a row a frame, and README.md.

    Columns are arrays by key, with `_` for the slash; complex ones have a last axis of two, real
    and imaginary part. `objects` is a list of what is `object/` in a shard.
    """

    def __init__(self, out: Path, source: Source) -> None:
        from datasets import disable_progress_bars

        self._out, self._source = out, source
        disable_progress_bars()  # ours counts the frames

    def write(self, part: Part) -> None:
        """Write the file of a sequence."""
        from datasets import Dataset

        rows = [self._row(part.name(i), frame) for i, frame in enumerate(part.frames())]
        table = Dataset.from_list(rows, features=self._features(part.data.keys))
        (self._out / "data").mkdir(exist_ok=True)
        table.to_parquet(self._out / "data" / f"{part.split}-{part.sequence:06d}.parquet")

    def finish(self, parts: list[tuple[str, int]]) -> None:
        """Write the card that tells Hugging Face's library which files are which split's."""
        splits = [f"  - split: {name}\n    path: data/{name}-*.parquet"
                  for name in sorted({split for split, _ in parts})]  # fmt: skip
        card = [
            "---", f"pretty_name: radvis {self._source.name}", "configs:",
            "- config_name: default", "  data_files:", *splits, "---", "",
            f"# radvis {self._source.name}", "",
            f"Synthesised by {self._source.generator}. A row is a frame; columns are named as in "
            "radvis's docs/format.md, with `_` for the slash. `export.json` holds the "
            "configuration and the axes of the arrays.", "",
        ]  # fmt: skip
        (self._out / "README.md").write_text("\n".join(card))

    def _row(self, name: str, frame: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
        """Return a frame as values by column."""
        labels = labels_of(frame, self._source.tables, self._source.objects)
        row: dict[str, Any] = {"name": name, "objects": labels["objects"]}
        for group in ("frame", "target"):
            row |= {f"{group}_{key}": value for key, value in labels[group].items()}
        for key, values in frame.items():
            if key == "camera/image":
                row["camera_image"] = {"bytes": png(values)}
            elif key.split("/")[0] not in LABELS:
                row[key.replace("/", "_")] = real(values)
        return row

    def _features(self, keys: tuple[str, ...]) -> Any:
        """Return the type of every column."""
        from datasets import Features, Image, List, Value

        axes = lengths(self._source.config, 1)
        types: dict[str, Any] = {"name": Value("string")}
        item: dict[str, Any] = {"name": Value("string")} if self._source.objects else {}
        for field in fields_of(self._source.config.entries):
            if field.key not in keys or field.key.endswith("/offset"):
                continue
            column = field.key.replace("/", "_")
            if field.key == "camera/image":
                types[column] = Image()
            elif field.group == "object":
                item[field.key.split("/")[1]] = _type(field, axes)
            elif field.per_frame or field.ragged:
                types[column] = _type(field, axes, lone=field.per_frame)
        return Features({**types, "objects": List(item)})


def real(values: NDArray[Any]) -> NDArray[Any]:
    """Return an array without complex numbers: real and imaginary part are a last axis."""
    if values.dtype.kind != "c":
        return values
    return np.stack([values.real, values.imag], -1)


def _type(field: Field, axes: Mapping[str | int, int], lone: bool = True) -> Any:
    """Return the type of an array of a frame, or of a row of a table if `lone`."""
    from datasets import Array2D, Array3D, Array4D, List, Value

    if field.key in CODED:
        return Value("string")
    dtype = np.dtype(field.dtype)
    shape: tuple[int | None, ...] = shape_of(field, axes, 1)
    shape = shape[1:] if lone else (None, *shape[1:])
    if dtype.kind == "c":
        shape, dtype = (*shape, 2), np.zeros(0, dtype).real.dtype
    if len(shape) < 2:
        size = shape[0] if shape and shape[0] is not None else -1
        return List(Value(dtype.name), length=size) if shape else Value(dtype.name)
    return {2: Array2D, 3: Array3D, 4: Array4D}[len(shape)](shape, dtype.name)
