"""What `radvis bench` does with its options."""

from __future__ import annotations

import math
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lightning_fabric import Fabric

from benchmark.bench import expected_seconds, run
from benchmark.context import days
from benchmark.job import ECHO, LABELS, Job
from benchmark.launch import FULL, BenchError, check_folders, faults_told, launch
from benchmark.methods import OPTIONS, has_use_for, needs
from benchmark.presets import PRESETS
from benchmark.progress import Bars
from benchmark.rows import ROWS, Row
from benchmark.search.command import SEARCH, refuse, run_search, searched
from benchmark.tasks import TASKS, methods_of, summary
from benchmark.training import Schedule
from synth.manifest import read_manifest
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
    if rate is not None and not math.isfinite(rate):
        raise BenchError(f"--rate {rate}: a factor, as 0.3")
    if method == SEARCH:
        refuse(given)
        return run_search(data, size, trials, out, batch, device, precision)
    check_folders(data, out)
    if masks != LABELS and not Path(masks).is_file():
        raise BenchError(
            f"--masks {masks}: no such detector; python -m benchmark.detection {data} trains one"
        )
    preset = searched(PRESETS[size], settings, trials)
    usual = preset.backbones, preset.localiser

    def changed(schedule: Schedule) -> Schedule:
        return replace(
            schedule,
            batch=batch or schedule.batch,
            epochs=epochs or schedule.epochs,
            rate=(rate or 1.0) * schedule.rate,
        )

    backbones, localiser = map(changed, usual)
    other = replace(preset, backbones=backbones, localiser=localiser)
    command = shlex.join(["radvis", *sys.argv[1:]])
    names = methods_of(task) if method == ALL else [method]
    usually: dict[str, tuple[Any, set[Any]]] = {
        "batch": (batch, {schedule.batch for schedule in usual}),
        "epochs": (epochs, {schedule.epochs for schedule in usual}),
        "rate": (rate, {1.0}), "precision": (precision, {FULL}),
        "masks": (masks, {LABELS}), "calibration": (calibration, {ECHO}),
    }  # fmt: skip
    altered = {
        name: value for name, (value, as_usual) in usually.items() if value and as_usual != {value}
    }
    n_seed = seeds or preset.seeds

    def job_of(name: str) -> Job:
        """Return the job of a method, which options that it has no use for leave as it is."""
        trains = has_use_for(name, "epochs")
        changes = tuple(
            f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}"
            for key, value in altered.items()
            if trains and OPTIONS[key] == "training"
        )
        return Job(
            name, data, other if trains else preset, n_seed, out,
            masks if has_use_for(name, "masks") else LABELS,
            calibration if has_use_for(name, "calibration") else ECHO,
            split, command, task, changes,
        )  # fmt: skip

    fabric = launch(device, precision)
    with faults_told(out):
        for name in names:
            TASKS[task].check(name)
        useless = [key for key in altered if not has_use_for(method, key)] if method != ALL else []
        if useless:
            raise BenchError(f"{method} has no use for --{useless[0]}: leave it out")
        entries = set(read_manifest(data).config.entries)
        without = [name for name in names if method == ALL and not set(needs(name)) <= entries]
        jobs = [job_of(name) for name in names if name not in without]
        if not fabric.is_global_zero:
            run_all(jobs, fabric, lambda *_: None, lambda _: None)
            return []
        with Bars() as bars:
            for name in without:
                lacking = ", ".join(set(needs(name)) - entries)
                bars.say(f"{name} is left out: {data} holds no {lacking}")
            rows = run_all(jobs, fabric, bars.tell, bars.say)
    folder = "" if out == Path("results") else f" {shlex.quote(str(out))}"
    return [*summary(rows), f"{out / ROWS}; radvis report{folder} draws tables and figures"]


def run_all(
    jobs: Sequence[Job],
    fabric: Fabric,
    tell: Callable[[str, int, int, str], None],
    say: Callable[[str], None],
) -> list[Row]:
    """Run jobs one after another; say how long they will take, and those still to come."""
    expected = expected_seconds(jobs, fabric, tell)
    if total := sum(expected):
        names = f"{len(jobs)} methods" if len(jobs) > 1 else jobs[0].method
        runs = f"{names} with --seeds {jobs[0].seeds}"
        say(f"{runs}: about {duration(total)} of training{days(total)}")
    rows, begin = [], time.monotonic()
    for done, job in enumerate(jobs, 1):
        rows += run(job, fabric, tell, say)
        taken = time.monotonic() - begin
        if done < len(jobs):
            left = f", about {duration(sum(expected[done:]))} of training left" if total else ""
            say(f"{done} of {len(jobs)} methods in {duration(taken)}{left}")
    return rows
