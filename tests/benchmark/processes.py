"""Runs methods on the preset `smoke`, in as many processes as torchrun starts.

    torchrun --nproc_per_node 2 tests/benchmark/processes.py DATA OUT METHOD...

Leaves what `radvis bench` leaves, and each process's weights and losses of each stage. Supervised
is run with the preset's localiser, the others with table 5's, so that both kinds take part.
"""

import sys
from dataclasses import replace
from pathlib import Path
from unittest import mock

import torch
from lightning_fabric import seed_everything

from benchmark.bench import run
from benchmark.job import Job
from benchmark.launch import faults_told, launch
from benchmark.presets import PRESETS
from benchmark.training import train
from models.parallel import rank


def recorded(objective, batches, schedule, seed, identity, path, fabric, on_step, on_epoch=None):
    """Train as usual, and write down what this process has of it."""
    losses = []

    def seen(done, loss):
        losses.append(loss)
        on_step(done, loss)

    train(objective, batches, schedule, seed, identity, path, fabric, seen, on_epoch)
    held = {"weights": objective.state_dict(), "losses": losses}
    torch.save(held, path.with_suffix(f".process{rank()}"))


if __name__ == "__main__":
    data, out, *methods = sys.argv[1:]
    seed_everything(rank(), verbose=False)  # chance that a seed does not tell differs by process
    fabric = launch("cpu", "32-true")
    with mock.patch("benchmark.context.train", recorded), faults_told(Path(out)):
        for method in methods:
            smoke = PRESETS["smoke"]
            preset = smoke if method == "supervised" else smoke.table_5
            # Slow and without Adam, which makes a full step of a gradient that is all rounding: so
            # last bits do not grow.
            if method == "supervised":
                sgd = replace(smoke.localiser, optimizer="sgd", rate=1e-4, momentum=0.0)
                preset = replace(smoke, localiser=sgd)
            if method == "mcl-ema":
                sgd = replace(smoke.backbones, optimizer="sgd", rate=1e-4, momentum=0.0)
                preset = replace(preset, backbones=sgd)
            job = Job(
                method, Path(data), preset, 1, Path(out), "labels", "echo", "validation",
                "a test",
            )  # fmt: skip
            run(job, fabric, lambda *_: None, lambda line: fabric.print(line, flush=True))
