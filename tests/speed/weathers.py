"""Seconds that a whole frame takes on one core, in each weather and light.

    python -m tests.speed.weathers --scene canyon --sequences 2
    python -m tests.speed.weathers --quick

All entries, default quality, models met before; without the start of the process. Beside it what
`radvis synth` estimates; status 1 if that is wrong by more than a factor of two.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from radvis_cli import resolve
from scenes.config import SEQUENCE_LENGTH
from scenes.presets import PRESETS
from synth.manifest import new_manifest
from synth.plan import Plan
from synth.sequence import code_tables, synthesise_sequence
from tests.speed.frames import processor
from tests.worlds import SKIES

QUICK = "parking_lot"  # each weather once, in this scene alone


@click.command()
@click.option("--scene", "scenes", multiple=True, help="Repeatable [all].")
@click.option("--weather", "weathers", multiple=True, help="Repeatable [all].")
@click.option("--sequences", default=2, show_default=True, help="Of each.")
@click.option("--quick", is_flag=True, help=f"One sequence of each weather, in {QUICK}.")
def main(scenes, weathers, sequences, quick):
    """Print a line for each scene and weather."""
    if quick:
        scenes, sequences = scenes or (QUICK,), 1
    click.echo(f"{processor()}, one core")
    worst = 1.0
    for scene in scenes or PRESETS:
        synthesise_sequence(resolve(scene, None, ("camera.background_samples=1",), None), 0, 0)
        for weather in weathers or SKIES:
            config = resolve(scene, None, (), None, weather)
            begin = time.process_time()
            for sequence in range(1, sequences + 1):
                synthesise_sequence(config, 0, sequence)
            seconds = (time.process_time() - begin) / sequences / SEQUENCE_LENGTH
            manifest = new_manifest(config, 0, SEQUENCE_LENGTH, code_tables())
            estimate = Plan(Path("data"), manifest, (0,), 1).estimate.seconds / SEQUENCE_LENGTH
            worst = max(worst, estimate / seconds, seconds / estimate)
            click.echo(
                f"{scene:12s} {weather:14s} {seconds:5.2f} s a frame, estimated {estimate:5.2f}: "
                f"{2 / seconds:.2f} a second on two cores"
            )
    sys.exit(worst > 2)


if __name__ == "__main__":
    main()
