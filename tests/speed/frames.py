"""Whole frames, all entries, all cores: frames a second, and what each stage takes of a frame.

python -m tests.speed.frames [SEQUENCES]
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import tempfile
import time
from pathlib import Path

from scenes.presets import preset
from synth.generate import generate
from synth.plan import plan, usable_cores
from synth.sequence import code_tables, synthesise_sequence
from synth.shards import ShardHeader, generator_name, write_shard

STAGES = {
    "build the scene": ("stage.py", "build_stage"),
    "camera, still world": ("camera.py", "still"),
    "camera, frames": ("camera.py", "frame"),
    "what the target changes": ("delta.py", "changed"),
    "depth and instances": ("depth.py", "view"),
    "lidar": ("lidar.py", "sweep"),
    "trace": ("tracer.py", "trace"),
    "channel": ("channel.py", "channel"),
    "heatmap": ("heatmap.py", "heatmap"),
    "noise": ("channel.py", "with_noise"),
    "labels": ("labels.py", "solid"),
    "compress and write": ("shards.py", "write_shard"),
}
ENOUGH = 0.7  # frames a second on two cores


def throughput(n_sequence: int) -> float:
    """Return frames a second with a worker on each core, start-up included."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        made = plan(preset("parking_lot"), Path(folder) / "d", 15 * n_sequence, 0, code_tables())
        generate(made, synthesise_sequence)
        return 15 * n_sequence / (time.perf_counter() - begin)


def stage_times() -> dict[str, float]:
    """Return seconds a frame of each stage, over one sequence in this process."""
    config, profile = preset("parking_lot"), cProfile.Profile()
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
    # The first frame renders the still world, within its own time.
    seconds["camera, frames"] -= seconds["camera, still world"]
    return seconds


def processor() -> str:
    """Return the name of this machine's processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4 * usable_cores()
    print(f"\n{processor()}, {usable_cores()} cores")
    for label, value in stage_times().items():
        print(f"{label:28s}{value:8.3f} s a frame")
    rate = throughput(count)
    print(f"{'whole frames':28s}{rate:8.2f} a second ({15 * count} frames, start-up included)")
    sys.exit(rate < ENOUGH * usable_cores() / 2)
