"""The task of finding cars in pictures: train on some sequences, score on others.

    python -m benchmark.detection data/parking_lot data/suburban --out results/detection

It shows that pictures and labels agree, and its detector masks targets for self-supervision. What
is measured and where it goes: docs/detector.md.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click
import torch
from lightning_fabric import Fabric
from rich.console import Console

from benchmark.car_frames import CarFrames, load_frames, n_frames
from benchmark.detection_scores import (
    MAIN,
    FrameMatch,
    Result,
    find,
    match_all,
    results,
    threshold_of,
)
from benchmark.detection_sheet import Scored, failure_sheet
from benchmark.detection_training import TrainConfig, fitted, n_steps, train
from models.checkpoint import CheckpointError, save_detector
from models.detector import CarDetector
from synth.manifest import fingerprint
from synth.progress import duration, progress_bar
from synth.shards import DatasetError, replace_file

WEIGHTS, ROWS, SHEET = "detector.pt", "rows.jsonl", "failures.png"
USAGE, STOPPED = 2, 130  # exit statuses: wrong input, Ctrl-C


@dataclass(frozen=True)
class Run:
    """What one run is about.

    Attributes:
        folders: Of the datasets.
        splits: On which it is scored, besides those it trains on.
        out: Folder of the results.
        config: How it trains.
    """

    folders: tuple[Path, ...]
    splits: tuple[str, ...]
    out: Path
    config: TrainConfig


def run(plan: Run, fabric: Fabric, console: Console) -> list[Result]:
    """Train, score and write everything; return the rows.

    Raises:
        DatasetError: If a dataset does not serve.
        CheckpointError: If the folder holds a checkpoint of something else.
    """
    data_hash = fingerprint(plan.folders)
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(f"{plan.out}: {error.strerror}; choose another --out") from None
    data = read(plan.folders, ("train", *plan.splits), console)
    plan = replace(plan, config=fitted(plan.config, data["train"]))
    network = fit(plan, data["train"], data_hash, fabric, console)
    scored = score(network, data, fabric.device, console)
    threshold = threshold_of([m for part in scored if part.split == "train" for m in part.matches])
    save_detector(plan.out / WEIGHTS, network, threshold, data_hash)
    pooled: dict[tuple[str, str], list[FrameMatch]] = {}
    for part in scored:
        pooled.setdefault((part.frames.name, part.split), []).extend(part.matches)
    rows = [row for place, matches in pooled.items() for row in results(matches, threshold, *place)]
    write_rows(plan, rows, threshold, data_hash)
    others = [part for part in scored if part.split != "train"]
    failure_sheet(others, threshold, plan.out / SHEET)
    return rows


def read(
    folders: Sequence[Path], splits: Sequence[str], console: Console
) -> dict[str, list[CarFrames]]:
    """Return the frames of every dataset by split."""
    total = sum(n_frames(folder, split) for folder in folders for split in splits)
    with progress_bar(console) as progress:
        task = progress.add_task("reading", total=total, rate="")

        def advance() -> None:
            progress.advance(task)

        return {
            split: [load_frames(folder, split, advance) for folder in folders] for split in splits
        }


def fit(
    plan: Run, data: Sequence[CarFrames], data_hash: str, fabric: Fabric, console: Console
) -> CarDetector:
    """Train with a bar of loss and time left, or with a line an epoch where no bar can move."""
    steps = n_steps(plan.config, data)
    total = plan.config.epochs * steps
    smooth = math.nan
    with progress_bar(console) as progress:
        task = progress.add_task("training", total=total, rate="")

        def on_step(done: int, loss: float) -> None:
            nonlocal smooth
            smooth = loss if math.isnan(smooth) else 0.98 * smooth + 0.02 * loss
            progress.update(task, completed=done, rate=f"loss {smooth:.3f}")
            if not console.is_terminal and done % steps == 0:
                left = progress.tasks[task].time_remaining
                wait = "" if left is None else f", about {duration(left)} left"
                console.print(f"epoch {done // steps}, loss {smooth:.3f}{wait}", highlight=False)

        return train(plan.config, data, data_hash, plan.out, fabric, on_step)


def score(
    network: CarDetector,
    data: dict[str, list[CarFrames]],
    device: torch.device,
    console: Console,
) -> list[Scored]:
    """Return what the detector finds in all frames, and what becomes of it."""
    scored = []
    with progress_bar(console) as progress:
        parts = [(split, frames) for split, several in data.items() for frames in several]
        task = progress.add_task("scoring", total=sum(len(f) for _, f in parts), rate="")
        for split, frames in parts:
            found = find(network, frames, device)
            scored.append(Scored(frames, split, found, match_all(found, frames)))
            progress.advance(task, len(frames))
    return scored


def write_rows(plan: Run, rows: Sequence[Result], threshold: float, data_hash: str) -> None:
    """Write the results, one JSON object a line; numbers that do not exist are null."""
    shared = {
        "task": "detection", "method": "centre detector", "threshold": round(threshold, 4),
        "seed": plan.config.seed, "config": plan.config.digest, "data": data_hash,
    }  # fmt: skip
    lines = [json.dumps({**shared, **_numbers(asdict(row))}) + "\n" for row in rows]
    replace_file(plan.out / ROWS, "".join(lines).encode())


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: (None if math.isnan(value) else round(value, 5)) if isinstance(value, float) else value
        for key, value in values.items()
    }


def summary(rows: Sequence[Result]) -> list[str]:
    """Return a line for each split of each scene."""
    lines = []
    for first in (row for row in rows if row.group == MAIN):
        same = {
            row.metric: row
            for row in rows
            if (row.dataset, row.split) == (first.dataset, first.split) and row.group == "all cars"
        }
        lines.append(
            f"{first.dataset}, {first.split}: target found in {first.value:.1%} of "
            f"{first.n} frames ({first.low:.1%} to {first.high:.1%}); all cars: precision "
            f"{same['precision'].value:.3f}, recall {same['recall'].value:.3f}, "
            f"AP {same['average precision'].value:.3f}"
        )
    return lines


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of results.")
@click.option("--epochs", type=click.IntRange(1), default=60, show_default=True)
@click.option("--batch", type=click.IntRange(1), default=16, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--split", "splits", multiple=True, type=click.Choice(["validation", "test"]),
    help="To score on, repeatable [validation].",
)  # fmt: skip
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True
)
def main(
    data: tuple[Path, ...],
    out: Path,
    epochs: int,
    batch: int,
    seed: int,
    splits: tuple[str, ...],
    device: str,
) -> None:
    """Train a car detector on the train splits of datasets, and score it on others.

    The same command again goes on after the last finished epoch.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise click.UsageError("no CUDA device here: leave out --device")
    console = Console(stderr=True)
    plan = Run(data, splits or ("validation",), out, TrainConfig(epochs, batch, seed=seed))
    fabric = Fabric(accelerator=device, devices=1)
    try:
        rows = run(plan, fabric, console)
    except (DatasetError, CheckpointError) as error:
        click.echo(f"benchmark.detection: {error}", err=True)
        sys.exit(USAGE)
    except KeyboardInterrupt:
        click.echo("benchmark.detection: stopped; run the same command again to go on", err=True)
        sys.exit(STOPPED)
    for line in summary(rows):
        click.echo(line)
    click.echo(f"{out / ROWS}  {out / WEIGHTS}  {out / SHEET}")


if __name__ == "__main__":
    main()
