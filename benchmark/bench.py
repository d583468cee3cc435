"""One benchmark run: a method, a dataset, a preset; trained and scored for every seed."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray

from benchmark.car_frames import check_splits, fingerprint
from benchmark.context import Context
from benchmark.errors import CURVE, errors, percentile
from benchmark.masks import detected_boxes
from benchmark.methods import MethodError, make_method
from benchmark.pairs import Pairs, load
from benchmark.presets import Preset
from benchmark.rows import ROWS, Row, append_rows, read_rows
from benchmark.self_labels import places_of
from benchmark.sources import Source
from synth.shards import generator_name

PIXEL_BYTES = 3 + 4  # a picture's and a radio map's
MEMORY_SHARE = 0.5  # of what is free, that a split may take
SCORED = (("median error", 0.5), ("90th percentile error", 0.9))


@dataclass(frozen=True)
class Job:
    """What is to be run.

    Attributes:
        method: Name, or `module:Class`.
        data: Folder of the dataset.
        preset: Sizes and schedules.
        seeds: How many.
        out: Folder of results.
        masks: Where targets' boxes come from.
        calibration: Of self-labels.
        split: To score on.
        command: That a user gave, for the rows.
    """

    method: str
    data: Path
    preset: Preset
    seeds: int
    out: Path
    masks: str
    calibration: str
    split: str
    command: str

    @property
    def config(self) -> dict[str, Any]:
        """All that decides on the result but data and seed, of plain values."""
        held = {
            "method": self.method, "preset": asdict(self.preset), "masks": _content(self.masks),
            "calibration": self.calibration,
        }  # fmt: skip
        plain: dict[str, Any] = json.loads(json.dumps(held))
        return plain

    @property
    def digest(self) -> str:
        """A hash of `config`."""
        text = json.dumps(self.config, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _content(masks: str) -> str:
    """Return "labels", or a hash of a detector's file: its name may stay when it changes."""
    if masks == "labels" or not Path(masks).is_file():
        return masks
    return hashlib.sha256(Path(masks).read_bytes()).hexdigest()[:16]


def run(
    job: Job,
    fabric: Fabric,
    tell: Callable[[str, int, int, str], None],
    say: Callable[[str], None],
) -> list[Row]:
    """Train and score a method for every seed that has no rows yet; return the rows of all.

    Raises:
        DatasetError: If the dataset does not serve.
        MethodError: If the method is none.
        CheckpointError, Diverged, OutOfMemory: If training cannot go on.
    """
    make_method(job.method)  # a name that is none is said before anything is read
    data = fingerprint([job.data])
    path = job.out / ROWS
    config = job.digest
    held = [row for row in read_rows(path) if (row.data, row.config) == (data, config)]
    todo = [seed for seed in range(job.seeds) if not any(row.seed == seed for row in held)]
    if not todo:
        say(f"{job.method}: all {job.seeds} seeds are in {path} already")
        return held
    train, test = (open_source(job, split, fabric.device, tell) for split in ("train", job.split))
    for seed in todo:
        folder = (
            job.out / "checkpoints" / f"{job.method}-{job.preset.name}-{seed}".replace(":", ".")
        )
        folder.mkdir(parents=True, exist_ok=True)
        say(f"{job.method}, seed {seed} ({todo.index(seed) + 1} of {len(todo)})")
        identity = {"job": job.config, "data": data}
        context = Context(job.preset, seed, folder, fabric, identity, job.calibration, tell, say)
        error = errors(located(job, train, test, context), places_of(test))
        rows = score(job, error, test, seed, data)
        append_rows(path, rows)
        held += rows
        say(f"{job.method}, seed {seed}: median {rows[0].value:.2f} m, 90 % {rows[1].value:.2f} m")
    return held


def open_source(
    job: Job, split: str, device: torch.device, tell: Callable[[str, int, int, str], None]
) -> Source:
    """Open a split, and read it into memory if it fits."""
    pairs = Pairs(job.data, split, job.preset.height, job.preset.width)
    check_splits(pairs.data)

    def counted(stage: str) -> Callable[[], None]:
        steps = count(1)
        return lambda: tell(stage, next(steps), len(pairs), "")

    if job.masks != "labels":
        detecting = counted(f"detecting {split}")
        pairs.boxes = detected_boxes(pairs, Path(job.masks), device, detecting)
    pixels = job.preset.height * job.preset.width
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if len(pairs) * pixels * PIXEL_BYTES > MEMORY_SHARE * free:
        return Source(pairs, None)
    return Source(pairs, load(pairs, counted(f"reading {split}")))


def located(job: Job, train: Source, test: Source, context: Context) -> NDArray[np.float64]:
    """Fit a method and return the places (n, 2) that it finds.

    Raises:
        MethodError: If it returns something else.
    """
    method = make_method(job.method)
    if hasattr(method, "fit"):
        method.fit(train, context)
    found = np.asarray(method.predict(test), float)
    if found.shape != (len(test), 2):
        raise MethodError(
            f"{job.method}.predict returned {found.shape}, not range [m] and azimuth [rad] "
            f"({len(test)}, 2)"
        )
    if not np.isfinite(found).all():
        raise MethodError(
            f"{job.method}.predict returned {np.count_nonzero(~np.isfinite(found))} values that "
            "are no numbers"
        )
    return found


def score(job: Job, error: NDArray[np.float64], test: Source, seed: int, data: str) -> list[Row]:
    """Return the rows of one seed: percentiles with their intervals, and the errors' CDF."""
    name = test.pairs.data.manifest.name

    def row(metric: str, value: float, low: float, high: float, **curve: tuple[float, ...]) -> Row:
        return Row(
            "localisation", job.method, _variant(job), metric, value, "m", low, high, len(error),
            seed, job.preset.name, job.digest, data,
            f"{name}, {job.split} split, {len(error)} frames", generator_name(), machine(),
            job.command, **curve,
        )  # fmt: skip

    rng = np.random.default_rng([seed, len(error)])
    rows = []
    for metric, share in SCORED:
        found = percentile(error, test.pairs.sequence_of, share, rng)
        rows.append(row(metric, found.value, found.low, found.high))
    quantiles = tuple(float(value) for value in np.quantile(error, CURVE))
    none = math.nan
    return [*rows, row("error CDF", none, none, none, x=quantiles, y=tuple(CURVE.tolist()))]


def _variant(job: Job) -> str:
    parts = []
    if job.masks != "labels":
        parts.append("detected masks")
    if job.calibration != "echo":
        parts.append(f"calibration={job.calibration}")
    return ", ".join(parts)


def machine() -> str:
    """Return what this process computes on, for people."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(": ")[1] for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.machine()
    return f"{name}, {len(os.sched_getaffinity(0))} cores"
