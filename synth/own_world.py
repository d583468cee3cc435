"""What a user's Blender file holds, learnt in a process of its own before a run."""

from __future__ import annotations

from concurrent.futures.process import BrokenProcessPool
from contextlib import closing

from scenes.config import ConfigError
from scenes.own.stage import inspect_own_world
from scenes.own.world import Survey
from synth.workers import run_tasks


def survey_own_world(file: str) -> Survey:
    """Return what a file says; Blender is loaded, and may crash, in another process.

    Raises:
        ConfigError: If the file lacks what radvis needs, or Blender cannot open it.
        MeshError: If one of its meshes has numbers that are not finite.
    """
    try:
        with closing(run_tasks(inspect_own_world, [(file,)], 1)) as found:
            return next(found)
    except BrokenProcessPool:
        raise ConfigError(
            f"{file}: Blender crashed as it opened the file: open it in Blender and save it anew"
        ) from None
