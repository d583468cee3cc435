"""Training steps on mapped pairs against the same steps on pairs in memory.

    python -m tests.speed.loader --data data/parking_lot

Both in this one process, epochs in turns after one of each that is not counted; the best of each
counts: the ratio is the same on a busy machine. Fails where a promise is broken.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import torch
from lightning_fabric import Fabric

from benchmark.localisers import new_localiser
from benchmark.methods.self_labelled import pictures_radio_boxes
from benchmark.pairs import Pairs, load, metres
from benchmark.presets import PRESETS
from benchmark.sources import Shuffled, Source
from benchmark.store import stored
from benchmark.training import make_optimizer
from models.scl import Scl, SclConfig
from scenes.presets import preset
from synth.generate import generate
from synth.plan import plan
from tests.fakes import TABLES, fake_sequence
from tests.speed.frames import processor

MOST = 1.1  # mapped over in memory
ROUNDS = 5
SIZE = PRESETS["laptop"]


def painted(folder):
    """A dataset of noise, of the usual size: 640 x 480, half of it compressible."""
    base = preset("parking_lot")
    generate(
        plan(replace(base, entries=("camera", "radar")), folder, 240, 0, TABLES, 1), fake_sequence
    )


def supervised(pairs):
    """A localiser, and what its step takes."""
    places = torch.from_numpy(metres(pairs.places.double().numpy())).float()
    network = new_localiser(SIZE, pairs.axes, places)

    def take(batch):
        return places[batch.frame], torch.ones(len(batch.frame)), batch.radio

    return network, take, SIZE.localiser


def contrastive(pairs):
    """SCL's backbones, and what their step takes."""
    margins = SIZE.spatial_temperature, SIZE.box_margin, SIZE.cell_margin
    network = Scl(SclConfig(SIZE.radio, SIZE.vision, *margins))
    return network, pictures_radio_boxes, SIZE.backbones


def seconds(objective, driver, batches, fabric, seed):
    """Seconds a step, over an epoch."""
    begin = time.perf_counter()
    for batch in batches.epoch(np.random.default_rng(seed)):
        loss = objective(*fabric.to_device(batch))
        driver.zero_grad()
        fabric.backward(loss)
        driver.step()
        float(loss.detach())
    return (time.perf_counter() - begin) / len(batches)


def ratio(make, pairs, sources, fabric):
    """Seconds of a step of each source, the best of several rounds."""
    objective, take, schedule = make(pairs)
    model, driver = fabric.setup(objective, make_optimizer(objective, schedule))
    every = np.arange(len(pairs))[: 5 * schedule.batch]
    best = np.full(len(sources), np.inf)
    for turn in range(ROUNDS + 1):
        for i, source in enumerate(sources):
            batches = Shuffled(source, every, schedule.batch, take)
            found = seconds(model, driver, batches, fabric, turn)
            best[i] = min(best[i], found if turn else np.inf)
    return best


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="Folder of a dataset [painted].")
def main(data):
    """Print the time of a step in both ways; exit status 1 beyond what is promised."""
    fabric = Fabric(accelerator="auto", devices=1)
    click.echo(f"{processor()}, {torch.get_num_threads()} threads, {fabric.device}")
    with tempfile.TemporaryDirectory() as scratch:
        if data is None:
            data = Path(scratch) / "painted"
            painted(data)
        pairs = Pairs(data, "train", SIZE.height, SIZE.width)
        begin = time.perf_counter()
        memory = Source(pairs, load(pairs))
        decoding = (time.perf_counter() - begin) / len(pairs)
        click.echo(f"{'decode and shrink a frame':40s}{decoding * 1e3:8.1f} ms")
        mapped = Source(pairs, stored(pairs, Path(scratch) / "cache"))
        broken = False
        for name, make in (("supervised", supervised), ("scl", contrastive)):
            there, ours = ratio(make, pairs, (memory, mapped), fabric)
            kept = ours / there <= MOST
            broken |= not kept
            click.echo(
                f"{name + ', a step in memory, mapped':40s}{there * 1e3:8.1f} ms {ours * 1e3:8.1f} "
                f"ms  ratio {ours / there:.3f} <= {MOST}{'' if kept else '  BROKEN'}"
            )
    sys.exit(broken)


if __name__ == "__main__":
    main()
