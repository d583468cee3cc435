"""Memory of one process over many sequences.

    python -m tests.speed.memory [SEQUENCES]

One camera sample a pixel: how many are taken changes the time, not the memory.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from scenes.presets import preset
from synth.sequence import synthesise_sequence


def resident() -> float:
    """Return this process's resident memory [MB]."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    base = preset("parking_lot")
    config = replace(base, camera=replace(base.camera, background_samples=1, frame_samples=1))
    for sequence in range(int(sys.argv[1]) if len(sys.argv) > 1 else 20):
        synthesise_sequence(config, 0, sequence)
        print(f"{(sequence + 1) * 15:4d} frames: {resident():.0f} MB", flush=True)
