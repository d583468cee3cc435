"""What a user's Blender file holds, learnt in a process of its own before a run."""

from __future__ import annotations

from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from functools import lru_cache

from scenes.config import ConfigError, ScenarioConfig
from scenes.own.stage import inspect_own_world
from scenes.own.world import Survey, blend_hash
from scenes.spec import Label
from synth.workers import run_tasks

MOST_KEPT = 8  # surveys; asked for again within a run, a file is not opened again


def survey_own_world(file: str) -> Survey:
    """Return what a file says; Blender is loaded, and may crash, in another process.

    Raises:
        ConfigError: If the file lacks what radvis needs, or Blender cannot open it.
        MeshError: If one of its meshes has numbers that are not finite.
    """
    return _survey(file, blend_hash(file))


def named_objects(config: ScenarioConfig) -> tuple[Label, ...]:
    """Return what the object ids of a user's file stand for in every sequence; none otherwise.

    Raises:
        ConfigError: If the file lacks what radvis needs, or Blender cannot open it.
        MeshError: If one of its meshes has numbers that are not finite.
    """
    return survey_own_world(config.world.file).objects if config.world.file else ()


@lru_cache(MOST_KEPT)
def _survey(file: str, sha256: str) -> Survey:
    """Return what a file of that content says."""
    try:
        with closing(run_tasks(inspect_own_world, [(file,)], 1)) as found:
            return next(found)
    except BrokenProcessPool:
        raise ConfigError(
            f"{file}: Blender crashed as it opened the file: open it in Blender and save it anew"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(
            f"{file}: a name in it is no UTF-8 text: rename objects and materials in Blender, and "
            "save it anew"
        ) from None
