"""Rows of results: one JSON object a line, that tables and figures are drawn from.

A run appends its rows when it is done, all or none of them. Rows of the same measurement
(`Row.key`) replace each other: the latest counts, so that a run repeated adds nothing. Of a
measurement run with several configurations, those of the last one count (`current`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from filelock import FileLock
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from synth.shards import DatasetError, replace_file

_Text = Annotated[str, Field(max_length=500)]
_Curve = Annotated[tuple[float, ...], Field(max_length=20_000)]
ROWS = "rows.jsonl"  # name of the file in a folder of results
MOST_BYTES = 64 * 2**20  # of a file of rows: some hundred thousand of them


@dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=False, allow_inf_nan=True))
class Row:
    """One result.

    Attributes:
        task: Such as "localisation".
        method: Such as "scl".
        variant: What differs from the method's standard, as "labels=100"; empty for none.
        metric: What was measured.
        value: The number; NaN where there is none.
        unit: Its unit.
        low: Lower end of its 95 % interval; NaN where none is known.
        high: Upper end.
        n: Frames it is of.
        seed: Of weights and order.
        preset: Of the run.
        config: Hash of the resolved configuration.
        data: Fingerprint of the dataset.
        dataset: Its name and size, for people.
        version: Of radvis, with the commit where one is known.
        machine: What it ran on.
        command: That made it.
        x: Of a curve, such as errors [m]; else empty.
        y: Of a curve, such as shares of frames.
        split: Of the dataset, that it was scored on.
        note: What the run said of itself, for people.
    """

    task: _Text
    method: _Text
    variant: _Text
    metric: _Text
    value: float
    unit: _Text
    low: float
    high: float
    n: int
    seed: int
    preset: _Text
    config: _Text
    data: _Text
    dataset: _Text
    version: _Text
    machine: _Text
    command: _Text
    x: _Curve = ()
    y: _Curve = ()
    split: _Text = ""
    note: _Text = ""

    @model_validator(mode="after")
    def _check_curve(self) -> Row:
        if len(self.x) != len(self.y):
            raise ValueError(f"x has {len(self.x)} points, y {len(self.y)}")
        return self

    @property
    def key(self) -> tuple[str | int, ...]:
        """What makes two rows the same measurement."""
        return (
            *self.measured, self.metric, self.seed, self.config,
        )  # fmt: skip

    @property
    def measured(self) -> tuple[str, ...]:
        """What was run: its rows are of one line of a table, whatever the seed."""
        return self.task, self.method, self.variant, self.preset, self.data, self.split


_ROW = TypeAdapter(Row)


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a file, of each measurement the latest; none if there is no file.

    Raises:
        DatasetError: If it holds something else.
    """
    if not path.exists():
        return []
    if path.stat().st_size > MOST_BYTES:
        raise DatasetError(f"{path} has more than {MOST_BYTES >> 20} MB: it holds no results")
    latest: dict[tuple[str | int, ...], Row] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            row = _ROW.validate_json(line)
        except ValidationError as error:
            why = error.errors()[0]
            raise DatasetError(
                f"{path}, line {number}: {'.'.join(map(str, why['loc']))} {why['msg']}: remove "
                "that line"
            ) from None
        latest.pop(row.key, None)
        latest[row.key] = row
    return list(latest.values())


def current(rows: Iterable[Row]) -> list[Row]:
    """Return the rows of each run's latest configuration: a table never mixes two."""
    rows = list(rows)
    latest = {row.measured: row.config for row in rows}
    return [row for row in rows if row.config == latest[row.measured]]


def append_rows(path: Path, rows: Iterable[Row]) -> None:
    """Add rows to a file, all or none; several processes may do so at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(_rounded(asdict(row))) + "\n" for row in rows)
    with FileLock(path.with_name(f".{path.name}.lock")):
        held = path.read_bytes() if path.exists() else b""
        replace_file(path, held + text.encode())


def _rounded(held: dict[str, object]) -> dict[str, object]:
    def short(value: object) -> object:
        if isinstance(value, float):
            return float(f"{value:.6g}")
        if isinstance(value, Sequence) and not isinstance(value, str):
            return [short(item) for item in value]
        return value

    return {key: short(value) for key, value in held.items()}
