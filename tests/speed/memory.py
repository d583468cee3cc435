"""Memory of one worker's process over sequences of all scenes and weathers, in turn.

    python -m tests.speed.memory [SEQUENCES]

Fails where a promise is broken. One camera sample a pixel: how many are taken changes the time,
not the memory.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from scenes.presets import PRESETS
from synth.sequence import synthesise_sequence

LARGEST = 2000.0  # [MB]
GROWTH = 10.0  # [MB] in 100 frames after the first; single sequences differ by 20 MB
SPARE = ctypes.CDLL("libc.so.6").malloc_trim  # gives back what the allocator keeps for later
WARM = 16  # sequences, in which most of the 50 car models have been met, and are kept


def held() -> float:
    """Return the memory that this process really holds [MB]."""
    SPARE(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    quick = [
        replace(base, camera=replace(base.camera, background_samples=1, frame_samples=1))
        for base in PRESETS.values()
    ]
    sizes = []
    for sequence in range(n):
        config = quick[sequence % len(quick)]
        synthesise_sequence(config, 0, sequence)
        sizes.append(held())
        done = f"{(sequence + 1) * 15:4d} frames"
        print(f"{done}: {sizes[-1]:.0f} MB held ({config.scene})", flush=True)
    frames = 15 * np.arange(n)
    slope = 100 * np.polyfit(frames[WARM:], sizes[WARM:], 1)[0] if n >= 2 * WARM else 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(f"peak {peak:.0f} MB, growth {slope:+.1f} MB in 100 frames")
    sys.exit(peak > LARGEST or bool(slope > GROWTH))
