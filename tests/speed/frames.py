"""Whole frames, all entries, all cores: frames a second, and what each stage takes of a frame.

    python -m tests.speed.frames --scene suburban --weather rain,day

Start-up of the workers is included.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import tempfile
import time
from pathlib import Path

import click

from radvis_cli import resolve
from scenes.config import ScenarioConfig
from scenes.presets import PRESETS
from synth.generate import generate
from synth.plan import plan, usable_cores
from synth.sequence import code_tables, synthesise_sequence
from synth.shards import ShardHeader, generator_name, write_shard

STAGES = {
    "build the scene": ("build.py", "build_stage"),
    "camera, still world": ("camera.py", "still"),
    "camera, frames": ("camera.py", "frame"),
    "what the target changes": ("delta.py", "changed"),
    "depth and instances": ("depth.py", "view"),
    "air and film": ("picture.py", "picture"),
    "lidar": ("lidar.py", "sweep"),
    "trace": ("tracer.py", "trace"),
    "channel": ("channel.py", "channel"),
    "heatmap": ("heatmap.py", "heatmap"),
    "noise": ("channel.py", "with_noise"),
    "labels": ("labels.py", "solid"),
    "compress and write": ("shards.py", "write_shard"),
}
ENOUGH = 0.7  # frames a second on two cores


def throughput(config: ScenarioConfig, n_sequence: int) -> float:
    """Return frames a second with a worker on each core, start-up included."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        made = plan(config, Path(folder) / "d", 15 * n_sequence, 0, code_tables())
        generate(made, synthesise_sequence)
        return 15 * n_sequence / (time.perf_counter() - begin)


def stage_times(config: ScenarioConfig) -> dict[str, float]:
    """Return seconds a frame of each stage, over one sequence in this process."""
    profile = cProfile.Profile()
    header = ShardHeader(0, 0, config, code_tables(), generator_name())
    with tempfile.TemporaryDirectory() as folder:
        profile.runcall(
            lambda: write_shard(Path(folder) / "0.h5", synthesise_sequence(config, 0, 0), header)
        )
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    seconds = {}
    for label, (file, function) in STAGES.items():
        found = [
            row[3] for key, row in stats.items() if key[0].endswith(file) and key[2] == function
        ]
        seconds[label] = sum(found) / 15
    return seconds


def processor() -> str:
    """Return the name of this machine's processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), "unknown")


@click.command()
@click.option("--scene", "scenes", multiple=True, help="Repeatable [all].")
@click.option("--weather", default="clear,day", show_default=True)
@click.option("--sequences", default=4 * usable_cores(), show_default=True)
def main(scenes, weather, sequences):
    """Print the stages' times and the rate, scene by scene; status 1 below what is promised."""
    click.echo(f"\n{processor()}, {usable_cores()} cores")
    rates = []
    for name in scenes or PRESETS:
        config = resolve(name, None, (), None, weather)
        click.echo(f"\n{name}, {weather}")
        for label, value in stage_times(config).items():
            click.echo(f"{label:28s}{value:8.3f} s a frame")
        rates.append(throughput(config, sequences))
        click.echo(f"{'whole frames':28s}{rates[-1]:8.2f} a second ({15 * sequences} frames)")
    sys.exit(weather == "clear,day" and min(rates) < ENOUGH * usable_cores() / 2)


if __name__ == "__main__":
    main()
