"""Depth and instance images, from the same rays and triangles as lidar and radio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.sensors import Camera
from synth.rays import Hits, RayScene

DEPTH_STEP = 2.0**-10  # [m], about a millimetre: the image's last bit, below which lies rounding


@dataclass(frozen=True)
class View:
    """What the camera's pixel centres meet.

    Attributes:
        depth: (height, width) float32 [m] along the optical axis; 0 where nothing is met.
        instance: (height, width) uint16, object ids; 0 where nothing is met.
        hits: The first hits behind both, one a pixel, row by row; distances are depths [m].
    """

    depth: NDArray[np.float32]
    instance: NDArray[np.uint16]
    hits: Hits


def view(scene: RayScene, camera: Camera, still: View | None = None) -> View:
    """Return depth and instances seen by a camera: one ray through each pixel's centre.

    Args:
        scene: The world.
        camera: The camera.
        still: What the same camera saw of the scene's still mesh alone, to save its rays.
    """
    directions = camera.pixel_directions().reshape(-1, 3).astype(np.float32)
    origin = np.tile(camera.position.astype(np.float32), (len(directions), 1))
    hits = scene.first_hit(origin, directions, None if still is None else still.hits)
    met = hits.face >= 0
    depth, instance = np.zeros(len(met), np.float32), np.zeros(len(met), np.uint16)
    depth[met] = np.round(hits.distance[met] / DEPTH_STEP) * DEPTH_STEP
    instance[met] = scene.mesh.object_id[hits.face[met]]
    shape = (camera.height, camera.width)
    return View(depth.reshape(shape), instance.reshape(shape), hits)
