"""Loading Blender's module, once, as a good neighbour of other processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scenes.config import ConfigError

GPU_KINDS = ("optix", "cuda")  # of Cycles, the fastest first


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


def gpu_kinds() -> tuple[str, ...]:
    """Return the kinds of GPU that Cycles can render on here, the fastest first."""
    settings = _cycles_settings()
    return tuple(kind for kind in GPU_KINDS if settings.get_devices_for_type(kind.upper()))


def render_on(scene: Any, device: str) -> None:
    """Let Cycles render a Blender scene on the CPU or on all GPUs of a kind.

    Raises:
        ConfigError: If this machine has no such GPU, or no driver for it.
    """
    if device == "cpu":
        scene.cycles.device = "CPU"
        return
    settings, kind = _cycles_settings(), device.upper()
    found = settings.get_devices_for_type(kind)  # and the CPU, where there are any
    if not found:
        raise ConfigError(
            f"camera.device = {device!r}: Blender finds no such GPU on this machine; look at its "
            "driver, or make a dataset of its own with --device cpu"
        )
    settings.compute_device_type = kind
    for entry in found:
        entry.use = entry.type == kind
    scene.cycles.device, scene.cycles.denoising_use_gpu = "GPU", True


def _cycles_settings() -> Any:
    return load_bpy().context.preferences.addons["cycles"].preferences


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
