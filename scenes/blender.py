"""Loading Blender's module, once, as a good neighbour of other processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def load_bpy() -> Any:
    """Return the module bpy, loaded so that it keeps to the thread that calls it.

    TBB, which Blender's geometry and denoiser use, starts a thread for each core that it may use
    when it is first loaded, and those threads spin while they wait for work. A process of radvis is
    one of several, one a core, so TBB is shown a single core while it loads.
    """
    cores = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(cores)})
        import bpy
    finally:
        os.sched_setaffinity(0, cores)
    return bpy


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what Blender prints while it renders off the terminal; errors still come as errors."""
    sys.stdout.flush()
    kept, silence = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(silence)
