"""What one benchmark run is of, and the rows that it leaves."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import torch

from benchmark.context import Context
from benchmark.methods import code_of, file_digest
from benchmark.presets import Preset
from benchmark.rows import Row
from benchmark.sources import Source
from synth.shards import generator_name

LABELS, ECHO = "labels", "echo"  # where boxes come from, and offsets, unless a user says so
DETECTED = "detected boxes"  # in a variant: masks are a detector's


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
        task: A name of `benchmark.tasks.TASKS`.
        altered: What a user changed of the preset's training, as "epochs=1"; for tables, too.
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
    task: str = "localisation"
    altered: tuple[str, ...] = ()

    @cached_property
    def config(self) -> dict[str, Any]:
        """All that decides on what is trained but data and seed, of plain values.

        The task is none of it: backbones trained for one serve the others. What is as usual is
        left out where that can be, so that a new option does not make old runs others.
        """
        held = {
            "method": self.method, "preset": asdict(self.preset), "masks": _content(self.masks),
            "calibration": self.calibration,
        }  # fmt: skip
        if self.altered:
            held["altered"] = self.altered
        if ":" in self.method:
            held["code"] = code_of(self.method)
        plain: dict[str, Any] = json.loads(json.dumps(held))
        return plain

    @cached_property
    def digest(self) -> str:
        """A hash of `config`."""
        text = json.dumps(self.config, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def variant(self, *parts: str) -> str:
        """Return what differs from the method's standard, after what a task says of itself."""
        differs = [*parts, *self.altered]
        if self.masks != LABELS:
            differs.append(DETECTED)
        if self.calibration != ECHO:
            differs.append(f"calibration={self.calibration}")
        return ", ".join(differs)


class Measured(NamedTuple):
    """A number and its 95 % interval; NaN where there is none."""

    value: float
    low: float
    high: float


def make_row(
    job: Job,
    context: Context,
    test: Source,
    metric: str,
    found: Measured,
    unit: str,
    variant: str,
    n: int | None = None,
    x: tuple[float, ...] = (),
    y: tuple[float, ...] = (),
    note: str = "",
) -> Row:
    """Return a row of one run.

    Args:
        job: The run.
        context: Of its seed.
        test: The split it was scored on.
        metric: What was measured.
        found: The number.
        unit: Its unit.
        variant: From `Job.variant`.
        n: Frames it is of; all of the split if None.
        x: Of a curve.
        y: Of a curve.
        note: What the run said of itself, for people.
    """
    name = test.pairs.data.manifest.name
    return Row(
        job.task, job.method, variant, metric, found.value, unit, found.low, found.high,
        len(test) if n is None else n, context.seed, job.preset.name, job.digest,
        context.identity["data"], f"{name}, {job.split} split, {len(test)} frames",
        code_name(), machine(), job.command, x, y, job.split, note,
    )  # fmt: skip


def _content(masks: str) -> str:
    """Return "labels", or a hash of a detector's file: its name may stay when it changes."""
    if masks == LABELS or not Path(masks).is_file():
        return masks
    return file_digest(Path(masks))


@cache
def code_name() -> str:
    """Return program and version, and in a git checkout the commit; "-dirty" if files differ."""
    root = Path(__file__).resolve().parents[1]
    git = ["git", "-C", str(root)]
    describe = [*git, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        top, commit = (
            subprocess.run(line, capture_output=True, text=True, timeout=30).stdout.strip()
            for line in ([*git, "rev-parse", "--show-toplevel"], describe)
        )
    except (OSError, subprocess.SubprocessError):  # no git here
        return generator_name()
    return f"{generator_name()} at {commit}" if commit and top == str(root) else generator_name()


def machine() -> str:
    """Return what this process computes on, for people."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(": ")[1] for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.machine()
    return f"{name}, {len(os.sched_getaffinity(0))} cores"
