"""Labels: what stands where, how much of it the camera sees, and through how much haze."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scenes.mesh import TriMesh
from scenes.sensors import Camera
from scenes.spec import Weather
from synth.extinction import REFERENCE, extinction
from synth.rays import RayScene

MOST_RAYS = 100_000  # to count an object's pixels with; larger ones are counted on a coarser grid
BEYOND = 1.0  # widths and heights of the picture around it, in which pixels are still counted


@dataclass(frozen=True)
class Solid:
    """The space an object takes, and how much of the picture it would fill by itself.

    Attributes:
        centre: (3,) [m] of its box, in the world.
        size: (3,) [m] length, width and height of its box, along its own axes.
        pixels: How many pixel centres would meet it if nothing else stood there.
        whole: The same in a picture that goes on beyond its edges.
    """

    centre: NDArray[np.float64]
    size: NDArray[np.float64]
    pixels: int
    whole: int


def solid(mesh: TriMesh, yaw: float, camera: Camera) -> Solid:
    """Return the box of a mesh that turns by `yaw` [rad], and its pixels when alone."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    axes = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    local = mesh.vertices.astype(np.float64) @ axes
    low, high = local.min(0), local.max(0)
    return Solid(axes @ ((low + high) / 2), high - low, *pixels_alone(mesh, camera))


def pixels_alone(mesh: TriMesh, camera: Camera) -> tuple[int, int]:
    """Return how many pixel centres would meet a mesh if nothing else stood there.

    Returns:
        The pixels of the picture, and of one that goes on beyond its edges (`BEYOND`); the second
        is counted on a grid coarse enough for `MOST_RAYS`.
    """
    pixel, depth = camera.project(mesh.vertices.astype(np.float64))
    if not (depth > 0).any():
        return 0, 0
    size = np.array([camera.width, camera.height])
    low, high = -BEYOND * size, (1 + BEYOND) * size
    if (depth > 0).all():
        low, high = np.clip(pixel.min(0), low, high), np.clip(pixel.max(0), low, high)
    x0, y0 = np.floor(low).astype(int)
    x1, y1 = np.ceil(high).astype(int)
    scene = RayScene(mesh)
    inside = _met(scene, camera, np.arange(max(x0, 0), min(x1, camera.width)),
                  np.arange(max(y0, 0), min(y1, camera.height)))  # fmt: skip
    if x0 >= 0 and y0 >= 0 and x1 <= camera.width and y1 <= camera.height:
        return inside, inside
    step = int(np.ceil(np.sqrt((x1 - x0) * (y1 - y0) / MOST_RAYS))) if x1 > x0 and y1 > y0 else 1
    half = step // 2
    around = _met(scene, camera, np.arange(x0 + half, x1, step), np.arange(y0 + half, y1, step))
    return inside, max(around * step**2, inside)


def _met(
    scene: RayScene, camera: Camera, columns: NDArray[np.int64], rows: NDArray[np.int64]
) -> int:
    """Return how many pixel centres meet a scene; pixels may lie outside the picture."""
    if not len(columns) or not len(rows):
        return 0
    u, v = np.meshgrid(columns + 0.5, rows + 0.5)
    focal, cx, cy = camera.intrinsics[0, 0], camera.intrinsics[0, 2], camera.intrinsics[1, 2]
    local = np.stack([(u - cx) / focal, (v - cy) / focal, np.ones_like(u)], axis=-1)
    way = (local.reshape(-1, 3) @ camera.world_from_camera[:3, :3].T).astype(np.float32)
    origin = np.tile(camera.position.astype(np.float32), (len(way), 1))
    return int((scene.first_hit(origin, way).face >= 0).sum())


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


def transmittance(
    weather: Weather, camera: Camera, centre: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the share (n_object,) of green light that the air leaves on its way to the camera.

    exp(-alpha d), as `object/visibility` counts pixels of geometry, however thick the haze.

    Args:
        weather: What fills the air.
        camera: The camera.
        centre: (n_object, 3) [m] centres of the objects' boxes, in the world.
    """
    distance = np.linalg.norm(centre - camera.position, axis=1)
    return np.asarray(np.exp(-extinction(weather, REFERENCE) * distance), np.float32)
