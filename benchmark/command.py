"""What `radvis bench` does with its options."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path

import click
import torch
from lightning_fabric import Fabric

from benchmark.bench import Job, run
from benchmark.methods import MethodError
from benchmark.presets import PRESETS
from benchmark.progress import Bars
from benchmark.rows import ROWS
from benchmark.training import Diverged, OutOfMemory
from models.checkpoint import CheckpointError


class BenchError(click.ClickException):
    """What stopped a run, in a line; exit status 2."""

    exit_code = 2


def run_bench(
    method: str,
    data: Path,
    size: str,
    *,
    seeds: int | None,
    out: Path,
    split: str,
    masks: str,
    calibration: str,
    batch: int | None,
    epochs: int | None,
    device: str,
    precision: str,
) -> list[str]:
    """Run a benchmark and return what to print.

    Raises:
        BenchError: If training cannot go on, or a method or device is none.
        DatasetError: If the dataset does not serve.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise BenchError("no CUDA device here: leave out --device")
    preset = PRESETS[size]
    usual = preset.backbones
    backbones = replace(usual, batch=batch or usual.batch, epochs=epochs or usual.epochs)
    preset = replace(preset, backbones=backbones)
    command = shlex.join(["radvis", *sys.argv[1:]])
    job = Job(method, data, preset, seeds or preset.seeds, out, masks, calibration, split, command)
    fabric = Fabric(accelerator=device, devices=1, precision=precision)  # type: ignore[arg-type]
    try:
        with Bars() as bars:
            rows = run(job, fabric, bars.tell, bars.say)
    except (CheckpointError, Diverged, MethodError, OutOfMemory) as error:
        raise BenchError(str(error)) from None
    lines = []
    for metric in ("median error", "90th percentile error"):
        values = [row.value for row in rows if row.metric == metric]
        lines.append(f"{method}: {metric} {sum(values) / len(values):.2f} m ({len(values)} seeds)")
    return [*lines, str(out / ROWS)]
