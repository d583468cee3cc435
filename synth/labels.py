"""Labels: what stands where, and how much of it the camera sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scenes.mesh import TriMesh
from scenes.sensors import Camera
from synth.rays import RayScene


@dataclass(frozen=True)
class Solid:
    """The space an object takes, and how much of the picture it would fill by itself.

    Attributes:
        centre: (3,) [m] of its box, in the world.
        size: (3,) [m] length, width and height of its box, along its own axes.
        pixels: How many pixel centres would meet it if nothing else stood there.
    """

    centre: NDArray[np.float64]
    size: NDArray[np.float64]
    pixels: int


def solid(mesh: TriMesh, yaw: float, camera: Camera) -> Solid:
    """Return the box of a mesh that turns by `yaw` [rad], and its pixels when alone."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    axes = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    local = mesh.vertices.astype(np.float64) @ axes
    low, high = local.min(0), local.max(0)
    return Solid(axes @ ((low + high) / 2), high - low, pixels_alone(mesh, camera))


def pixels_alone(mesh: TriMesh, camera: Camera) -> int:
    """Return how many pixel centres would meet a mesh if nothing else stood there."""
    pixel, depth = camera.project(mesh.vertices.astype(np.float64))
    if not (depth > 0).any():
        return 0
    if (depth > 0).all():
        x0, y0 = np.clip(np.floor(pixel.min(0)), 0, (camera.width, camera.height)).astype(int)
        x1, y1 = np.clip(np.ceil(pixel.max(0)), 0, (camera.width, camera.height)).astype(int)
    else:  # reaches behind the camera: any pixel may meet it
        x0, y0, x1, y1 = 0, 0, camera.width, camera.height
    way = camera.pixel_directions()[y0:y1, x0:x1].reshape(-1, 3).astype(np.float32)
    origin = np.tile(camera.position.astype(np.float32), (len(way), 1))
    return int((RayScene(mesh).first_hit(origin, way).face >= 0).sum())


def seen_boxes(
    instance: NDArray[np.uint16], ids: NDArray[np.uint16]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return what the instance image shows of objects.

    Args:
        instance: (height, width) object ids.
        ids: (n_object,) the objects to look for.

    Returns:
        Boxes (n_object, 4) x0 y0 x1 y1 [px], tight around the pixels, half-open, zeros where
        nothing is seen; and the number of pixels (n_object,).
    """
    boxes = np.zeros((len(ids), 4), np.float32)
    slices = ndimage.find_objects(instance.astype(np.int32), max_label=int(ids.max(initial=1)))
    for row, place in zip(boxes, (slices[i - 1] for i in ids), strict=True):
        if place is not None:
            row[:] = place[1].start, place[0].start, place[1].stop, place[0].stop
    counts = np.bincount(instance.ravel(), minlength=int(ids.max(initial=0)) + 1)
    return boxes, counts[ids]
