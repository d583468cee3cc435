"""One benchmark run: a task, a method, a dataset, a preset; for every seed that has no rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

import torch
from lightning_fabric import Fabric

from benchmark.car_frames import check_splits
from benchmark.context import Context
from benchmark.job import LABELS, Job, code_name
from benchmark.masks import detected_boxes
from benchmark.methods import depends_on_seed
from benchmark.pairs import Pairs
from benchmark.rows import ROWS, Row, append_rows, read_rows
from benchmark.sources import Source
from benchmark.store import stored
from benchmark.tasks import TASKS
from synth.manifest import fingerprint
from synth.shards import replace_file

CACHE = "cache"  # name of the folder of stores in a folder of results
CONFIGS = "configs"  # and of that of configurations, by their digests


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
    data = fingerprint([job.data])
    held, todo = progress_of(job, data, fabric)
    others = sorted({row.version for row in held} - {code_name()})
    if others:
        say(
            f"{job.method}: {job.out / ROWS} has rows of {', '.join(others)}, and they are kept; "
            "another --out makes them anew"
        )
    if not todo:
        say(f"{job.method}: all its seeds are in {job.out / ROWS} already")
        return held
    if fabric.is_global_zero:
        keep_config(job)
    train, test = (open_source(job, split, fabric.device, tell) for split in ("train", job.split))
    for seed in todo:
        context = new_context(job, seed, data, fabric, tell, say)
        context.folder.mkdir(parents=True, exist_ok=True)
        say(f"{job.method}, seed {seed} ({todo.index(seed) + 1} of {len(todo)})")
        rows = TASKS[job.task].run(job, train, test, context)
        if fabric.is_global_zero:
            append_rows(job.out / ROWS, rows)
        held += rows
    return held


def keep_config(job: Job) -> None:
    """Write what a configuration's digest in the rows stands for."""
    folder = job.out / CONFIGS
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(job.config, indent=1, sort_keys=True) + "\n"
    replace_file(folder / f"{job.digest}.json", text.encode())


def expected_seconds(
    jobs: Sequence[Job], fabric: Fabric, tell: Callable[[str, int, int, str], None]
) -> list[float]:
    """Return about how long each of some jobs of one dataset trains [s].

    A few steps of each method's networks are timed. What methods do beside training is not counted,
    nor those that do not say how long they train.

    Raises:
        As `run` does.
    """
    data, found, train = fingerprint([jobs[0].data]), [0.0] * len(jobs), None
    for i, job in enumerate(jobs):
        _, todo = progress_of(job, data, fabric)
        if todo:
            train = train or open_source(job, "train", fabric.device, tell)
            context = new_context(job, todo[-1], data, fabric)  # what is begun is of the first
            found[i] = len(todo) * (TASKS[job.task].seconds(job, train, context) or 0.0)
    return found


def progress_of(job: Job, data: str, fabric: Fabric) -> tuple[list[Row], list[int]]:
    """Return the rows that a job has already, and the seeds that have none.

    Raises:
        MethodError: If the method is none, or none for the task.
    """
    TASKS[job.task].check(job.method)  # a name that is none is said before anything is read
    wanted = job.task, data, job.digest, job.split
    rows = read_rows(job.out / ROWS)
    held = [row for row in rows if (row.task, row.data, row.config, row.split) == wanted]
    n_seed = job.seeds if depends_on_seed(job.method) else 1
    todo = [seed for seed in range(n_seed) if not any(row.seed == seed for row in held)]
    return held, fabric.broadcast(todo)  # a process that starts late may see rows of this very run


def new_context(
    job: Job,
    seed: int,
    data: str,
    fabric: Fabric,
    tell: Callable[[str, int, int, str], None] = lambda *_: None,
    say: Callable[[str], None] = lambda _: None,
) -> Context:
    """Return what a method is given in the run of one seed."""
    name = re.sub(r"[^\w.-]", ".", f"{job.method}-{job.preset.name}-{job.digest[:8]}-{seed}")
    folder, identity = job.out / "checkpoints" / name, {"job": job.config, "data": data}
    return Context(job.preset, seed, folder, fabric, identity, job.calibration, tell, say)


def open_source(
    job: Job, split: str, device: torch.device, tell: Callable[[str, int, int, str], None]
) -> Source:
    """Open a split, and decode it once for all runs."""
    pairs = Pairs(job.data, split, job.preset.height, job.preset.width)
    check_splits(pairs.data)

    def counted(stage: str) -> Callable[[], None]:
        steps = count(1)
        return lambda: tell(stage, next(steps), len(pairs), "")

    if job.masks != LABELS:
        detecting = counted(f"detecting {split}")
        pairs.boxes = detected_boxes(pairs, Path(job.masks), device, detecting)
    return Source(pairs, stored(pairs, job.out / CACHE, counted(f"reading {split}")))
