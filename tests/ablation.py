"""What each part of duet is worth: its self-labels with one part left out.

    python -m tests.ablation data/parking_lot

Nothing is trained: labels of the train split are compared with the truth.
"""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import click
from sklearn.linear_model import LinearRegression

from benchmark import tracks
from benchmark.methods import duet
from benchmark.pairs import Pairs, load
from benchmark.presets import PRESETS
from benchmark.self_labels import diagnose, places_of
from benchmark.sources import Source

LEFT_OUT = {
    "nothing": lambda: patch.object(duet, "LEAST_SPREAD", duet.LEAST_SPREAD),
    "measuring the echo again along the path": lambda: patch.object(tracks, "ROUNDS", 0),
    "smoothing to even acceleration": lambda: patch.object(
        tracks, "_smooth", lambda place, _: place
    ),
    "the quarter of a car behind the echo": lambda: patch.object(tracks, "QUARTER_CAR", 0.0),
    "Huber's loss: least squares": lambda: patch.object(
        duet, "HuberRegressor", lambda **_: LinearRegression()
    ),
    "trust in supported tracks only": lambda: patch.object(duet, "TRUSTED", 0.0),
    "the picture: azimuths of the tracks": None,
}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def main(folder: Path) -> None:
    """Print the distance of duet's self-labels to the truth with each part left out."""
    preset = PRESETS["laptop"]
    pairs = Pairs(folder, "train", preset.height, preset.width)
    source = Source(pairs, load(pairs))
    click.echo("| left out | median [m] | 90th percentile [m] |\n|---|---|---|")
    for name, without in LEFT_OUT.items():
        if without is None:
            labels = duet.duet_labels(source, vision=False)
        else:
            with without():
                labels = duet.duet_labels(source)
        found = diagnose(labels, places_of(source))
        click.echo(f"| {name} | {found.median:.2f} | {found.p90:.2f} |")


if __name__ == "__main__":
    main()
