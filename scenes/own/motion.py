"""How the target of a user's file moves: by its animation, or straight ahead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

Array = NDArray[np.float64]
Path = Callable[[float], Array]

MOST_LOOKED_AT = 61  # frames, evenly spread, that tell whether a target moves at all
STILL = 1e-4  # [m], and of the axes: less is no motion


def is_animated(scene: Any, target: Any, first: int, last: int) -> bool:
    """Return whether an object moves between two frames of its file; the scene's frame changes."""
    count = min(last - first + 1, MOST_LOOKED_AT)
    frames = np.unique(np.linspace(first, last, max(count, 1)).round().astype(int))
    seen = np.stack([_placed(scene, target, int(frame)) for frame in frames])
    return bool(np.abs(seen - seen[0]).max() > STILL)


def animated_path(scene: Any, target: Any, first: float, last: float, fps: float) -> Path:
    """Return world_from_target over time, 0 at frame `first`, linear between the file's frames.

    Args:
        scene: The Blender scene; its frame changes.
        target: The object.
        first: Frame, perhaps between two of the file's.
        last: Frame up to which the path is known.
        fps: Frames a second.
    """
    frames = np.arange(int(np.floor(first)), int(np.ceil(last)) + 2)
    poses = [rigid(_placed(scene, target, int(frame))) for frame in frames]
    times = (frames - first) / fps
    turns = Slerp(times, Rotation.from_matrix([pose[:3, :3] for pose in poses]))
    places = np.array([pose[:3, 3] for pose in poses])

    def pose(time: float) -> Array:
        matrix = np.eye(4)
        matrix[:3, :3] = turns(np.clip(time, times[0], times[-1])).as_matrix()
        matrix[:3, 3] = [np.interp(time, times, axis) for axis in places.T]
        return matrix

    return pose


def straight_path(start: Array, speed: float) -> Path:
    """Return world_from_target over time along its x axis.

    Args:
        start: (4, 4) rigid, at time 0.
        speed: [m/s].
    """

    def pose(time: float) -> Array:
        matrix = start.copy()
        matrix[:3, 3] += speed * time * start[:3, 0]
        return matrix

    return pose


def rigid(matrix: Array) -> Array:
    """Return the place and turn (4, 4) of a transform with scale, or of a mirrored one."""
    from mathutils import Matrix

    place, turn, _ = Matrix(matrix.tolist()).decompose()
    return np.array(Matrix.LocRotScale(place, turn, None))


def _placed(scene: Any, target: Any, frame: int) -> Array:
    import bpy

    scene.frame_set(frame)
    evaluated = target.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array(evaluated.matrix_world)
