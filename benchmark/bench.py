"""One benchmark run: a task, a method, a dataset, a preset; for every seed that has no rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

import torch
from lightning_fabric import Fabric

from benchmark.car_frames import check_splits
from benchmark.context import Context
from benchmark.job import Job
from benchmark.masks import detected_boxes
from benchmark.methods import depends_on_seed
from benchmark.pairs import Pairs
from benchmark.rows import ROWS, Row, append_rows, read_rows
from benchmark.sources import Source
from benchmark.store import stored
from benchmark.tasks import TASKS
from synth.manifest import fingerprint

CACHE = "cache"  # name of the folder of stores in a folder of results


def run(
    job: Job,
    fabric: Fabric,
    tell: Callable[[str, int, int, str], None],
    say: Callable[[str], None],
) -> list[Row]:
    """Do a task with a method for every seed that has no rows of it; return the rows of all.

    Raises:
        DatasetError: If the dataset does not serve.
        MethodError: If the method is none, or none for the task.
        CheckpointError, Diverged, OutOfMemory: If training cannot go on.
    """
    task = TASKS[job.task]
    task.check(job.method)  # a name that is none is said before anything is read
    data = fingerprint([job.data])
    path = job.out / ROWS
    config = job.digest
    wanted = job.task, data, config, job.split
    rows = read_rows(path)
    held = [row for row in rows if (row.task, row.data, row.config, row.split) == wanted]
    n_seed = job.seeds if depends_on_seed(job.method) else 1
    todo = [seed for seed in range(n_seed) if not any(row.seed == seed for row in held)]
    todo = fabric.broadcast(todo)  # a process that starts late may see rows of this very run
    if not todo:
        say(f"{job.method}: all {n_seed} seeds are in {path} already")
        return held
    train, test = (open_source(job, split, fabric.device, tell) for split in ("train", job.split))
    for seed in todo:
        name = re.sub(r"[^\w.-]", ".", f"{job.method}-{job.preset.name}-{seed}")
        folder = job.out / "checkpoints" / name
        folder.mkdir(parents=True, exist_ok=True)
        say(f"{job.method}, seed {seed} ({todo.index(seed) + 1} of {len(todo)})")
        identity = {"job": job.config, "data": data}
        context = Context(job.preset, seed, folder, fabric, identity, job.calibration, tell, say)
        rows = task.run(job, train, test, context)
        if fabric.is_global_zero:
            append_rows(path, rows)
        held += rows
    return held


def open_source(
    job: Job, split: str, device: torch.device, tell: Callable[[str, int, int, str], None]
) -> Source:
    """Open a split, and decode it once for all runs."""
    pairs = Pairs(job.data, split, job.preset.height, job.preset.width)
    check_splits(pairs.data)

    def counted(stage: str) -> Callable[[], None]:
        steps = count(1)
        return lambda: tell(stage, next(steps), len(pairs), "")

    if job.masks != "labels":
        detecting = counted(f"detecting {split}")
        pairs.boxes = detected_boxes(pairs, Path(job.masks), device, detecting)
    return Source(pairs, stored(pairs, job.out / CACHE, counted(f"reading {split}")))
