"""frames.csv: one row a frame of a release, for those who choose frames without opening shards."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from scenes.config import SEQUENCE_LENGTH
from synth.dataset import Dataset
from synth.sample import CODES
from synth.shards import shard_name

FILE = "frames.csv"


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: In the head.
        kind: Its type in schema.org's words: Text, Integer or Float.
        unit: Empty for pure numbers and names.
        text: What it holds.
        key: The array it is from; empty if it is told from elsewhere.
        part: Which number of a row of that array; None if a row is one.
    """

    name: str
    kind: str
    unit: str
    text: str
    key: str = ""
    part: int | None = None


COLUMNS = (
    Column("dataset", "Text", "", "Folder of the dataset"),
    Column("split", "Text", "", "train, validation or test"),
    Column("shard", "Text", "", "File in that folder"),
    Column("sequence", "Integer", "", "Number of the sequence"),
    Column("index", "Integer", "", "Frame in its sequence, from 0"),
    Column("time", "Float", "s", "Since the sequence began", "frame/time"),
    Column("weather", "Text", "", "Weather", "frame/weather"),
    Column("light", "Text", "", "day, dusk or night", "frame/light"),
    Column("rate", "Float", "mm/h", "Of rain, or of snow as water", "frame/rate"),
    Column("visibility", "Float", "m", "Meteorological optical range", "frame/visibility"),
    Column("target_model", "Text", "", "Model of the target; empty for none"),
    Column("target_visible", "Float", "", "Visible share of the target's pixels"),
    Column("target_range", "Float", "m", "From the array to the centre of its box", "target/range"),
    Column("target_azimuth", "Float", "rad", "In the radar's frame", "target/azimuth"),
    Column("target_x", "Float", "m", "Centre of its box, world", "target/position", 0),
    Column("target_y", "Float", "m", "Centre of its box, world", "target/position", 1),
    Column("target_z", "Float", "m", "Centre of its box, world", "target/position", 2),
    Column("target_speed", "Float", "m/s", "Length of its velocity"),
    Column("target_snr", "Float", "dB", "Of the echoes that met it last", "target/snr"),
)
Row = dict[str, Any]


def frame_rows(name: str, folder: Path) -> Iterator[Row]:
    """Yield one row a frame of a dataset, by sequence; what there is not is left out.

    Args:
        name: Of the dataset in the release.
        folder: Where it lies.

    Raises:
        DatasetError: If a shard is damaged.
    """
    with Dataset(folder) as data:
        split = data.manifest.split_of
        for place, sequence in enumerate(data.sequences):
            for index in range(SEQUENCE_LENGTH):
                told = {
                    "dataset": name, "split": split.get(sequence, ""),
                    "shard": shard_name(sequence), "sequence": sequence, "index": index,
                }  # fmt: skip
                yield told | _values(data, place * SEQUENCE_LENGTH + index)


def _values(data: Dataset, frame: int) -> Row:
    tables = data.manifest.tables
    row: Row = {}
    for column in COLUMNS:
        if column.key not in data.keys:
            continue
        value = data.read(frame, column.key)
        if column.kind == "Text":
            row[column.name] = tables[CODES[column.key]][int(value)]
        else:
            row[column.name] = _short(value if column.part is None else value[column.part])
    if "target/object" in data.keys:
        ids = data.read(frame, "object/id")
        mine = int(np.flatnonzero(ids == data.read(frame, "target/object"))[0])
        model = int(data.read(frame, "object/model")[mine])
        if model >= 0:
            row["target_model"] = tables["models"][model]
        row["target_visible"] = _short(data.read(frame, "object/visibility")[mine])
        row["target_speed"] = _short(np.linalg.norm(data.read(frame, "target/velocity")))
    return row


def row_writer(file: TextIO) -> csv.DictWriter[str]:
    """Return what writes rows into a text file: commas, a line feed after each."""
    names = [column.name for column in COLUMNS]
    writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
    writer.writeheader()
    return writer


def _short(value: Any) -> float:
    """Return a number in six digits, which is what labels of single precision are worth."""
    return float(f"{float(value):.6g}")
