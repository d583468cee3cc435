"""Whole frames, all entries, all cores: frames a second, and what each stage takes of a frame.

python -m tests.speed.frames [SEQUENCES]
"""

from __future__ import annotations

import cProfile
import platform
import pstats
import sys
import tempfile
import time
from pathlib import Path

from scenes.presets import preset
from synth.generate import generate
from synth.plan import plan, usable_cores
from synth.sequence import code_tables, synthesise_sequence

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
    "labels": ("labels.py", "solid"),
}


def throughput(n_sequence: int) -> float:
    """Return frames a second with a worker on each core, start-up included."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        made = plan(preset("parking_lot"), Path(folder) / "d", 15 * n_sequence, 0, code_tables())
        generate(made, synthesise_sequence)
        return 15 * n_sequence / (time.perf_counter() - begin)


def stage_times() -> dict[str, float]:
    """Return seconds a frame of each stage, over one sequence in this process."""
    profile = cProfile.Profile()
    profile.runcall(synthesise_sequence, preset("parking_lot"), 0, 0)
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    seconds = {}
    for label, (file, function) in STAGES.items():
        found = [
            row[3] for key, row in stats.items() if key[0].endswith(file) and key[2] == function
        ]
        seconds[label] = sum(found) / 15
    return seconds


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2 * usable_cores()
    seconds = stage_times()
    # The first frame renders the still world, within its own time.
    seconds["camera, frames"] -= seconds["camera, still world"]
    print(f"\n{platform.processor() or platform.machine()}, {usable_cores()} cores")
    for label, value in seconds.items():
        print(f"{label:28s}{value:8.3f} s a frame")
    print(f"{'whole frames':28s}{throughput(count):8.2f} a second ({count} sequences)")
