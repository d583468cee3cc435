"""What `radvis bench` does with its options."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from lightning_fabric import Fabric

from benchmark.bench import expected_seconds, run
from benchmark.job import Job
from benchmark.launch import FULL, check_folders, faults_told, launch
from benchmark.presets import PRESETS
from benchmark.progress import Bars
from benchmark.rows import ROWS, Row
from benchmark.search.command import SEARCH, refuse, run_search, searched
from benchmark.tasks import methods_of, summary
from synth.progress import duration

ALL = "all"  # in the place of a method's name


def run_bench(
    method: str,
    data: Path,
    size: str,
    given: Sequence[str],
    *,
    task: str,
    seeds: int | None,
    out: Path,
    split: str,
    masks: str,
    calibration: str,
    batch: int | None,
    epochs: int | None,
    rate: float | None,
    device: str,
    precision: str,
    trials: int | None,
    settings: Path | None,
) -> list[str]:
    """Run a benchmark and return what to print; `given` are the options that a user wrote.

    Raises:
        BenchError: If training cannot go on, or a method or device is none.
        DatasetError: If the dataset does not serve.
    """
    if method == SEARCH:
        refuse(given)
        return run_search(data, size, trials, out, batch, device, precision)
    check_folders(data, out)
    preset = searched(PRESETS[size], settings, trials)
    usual, localiser, factor = preset.backbones, preset.localiser, rate or 1.0
    preset = replace(
        preset,
        backbones=replace(
            usual,
            batch=batch or usual.batch,
            epochs=epochs or usual.epochs,
            rate=factor * usual.rate,
        ),
        localiser=replace(localiser, batch=batch or localiser.batch, rate=factor * localiser.rate),
    )
    command = shlex.join(["radvis", *sys.argv[1:]])
    names = methods_of(task) if method == ALL else [method]
    told = {
        "batch": (batch, usual.batch), "epochs": (epochs, usual.epochs), "rate": (rate, 1.0),
        "precision": (precision, FULL),
    }  # fmt: skip
    changes = tuple(
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
        for name, (value, as_usual) in told.items()
        if value and value != as_usual
    )
    n_seed = seeds or preset.seeds
    jobs = [
        Job(name, data, preset, n_seed, out, masks, calibration, split, command, task, changes)
        for name in names
    ]
    fabric = launch(device, precision)
    with faults_told(out):
        if not fabric.is_global_zero:
            run_all(jobs, fabric, lambda *_: None, lambda _: None)
            return []
        with Bars() as bars:
            rows = run_all(jobs, fabric, bars.tell, bars.say)
    return [*summary(rows), str(out / ROWS)]


def run_all(
    jobs: Sequence[Job],
    fabric: Fabric,
    tell: Callable[[str, int, int, str], None],
    say: Callable[[str], None],
) -> list[Row]:
    """Run jobs one after another; say how long they will take, and those still to come."""
    expected = [0.0] * len(jobs)
    if len(jobs) * jobs[0].seeds > 1:
        expected = expected_seconds(jobs, fabric, tell)
        long = f": about {duration(sum(expected))} of training" if any(expected) else ""
        names = f"{len(jobs)} methods" if len(jobs) > 1 else jobs[0].method
        say(f"{names} with --seeds {jobs[0].seeds}{long}")
    rows, begin = [], time.monotonic()
    for done, job in enumerate(jobs, 1):
        rows += run(job, fabric, tell, say)
        taken = time.monotonic() - begin
        if done < len(jobs):
            left = sum(expected[done:]) or taken / done * (len(jobs) - done)
            told = f"{duration(taken)}, about {duration(left)} left"
            say(f"{done} of {len(jobs)} methods in {told}")
    return rows
