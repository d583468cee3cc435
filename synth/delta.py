"""Which part of the picture a moving target changes, told by rays.

A pixel changes where the target is seen, where it keeps the sun off, where a smooth surface
mirrors it, and close to it, where it hides the sky. All are asked of the same triangles that
radio and lidar see, so nothing is guessed from the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scenes.materials import MATERIAL_ID
from scenes.mesh import TriMesh
from scenes.sensors import Camera
from synth.depth import View
from synth.rays import FAR, RayScene

SMOOTH = tuple(
    MATERIAL_ID[name] for name in ("glass", "car_paint", "chrome", "metal", "lamp_glass")
)
NEAR = 1.2  # [m] around the target, where it visibly hides the sky
MARGIN = 4  # [px] by which the change is widened: pixel filter and flat triangles
FEATHER = 6  # [px] over which the patch fades into the still picture
CONTEXT = 12  # [px] around a patch that the denoiser sees beside it
LIFT = 2e-3  # [m] above a surface, where secondary rays start


@dataclass(frozen=True)
class Patch:
    """A rectangle to render anew, in pixels, half-open."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def area(self) -> int:
        """Pixels in the rectangle."""
        return (self.x1 - self.x0) * (self.y1 - self.y0)

    def union(self, other: Patch) -> Patch:
        """Return the smallest rectangle that holds both."""
        return Patch(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )


def changed(
    scene: RayScene,
    moving: TriMesh,
    seen: View,
    camera: Camera,
    target: int,
    sun: NDArray[np.float64],
    sun_angle: float,
) -> NDArray[np.bool_]:
    """Return (height, width) whether the target changes a pixel.

    Args:
        scene: The world of this moment.
        moving: Its moving mesh.
        seen: What the camera sees of it.
        camera: The camera.
        target: Object id of the target.
        sun: (3,) unit vector towards the sun.
        sun_angle: Angular diameter of the sun [rad].
    """
    height, width = seen.instance.shape
    change = seen.instance.ravel() == target
    hits, mesh = seen.hits, scene.mesh
    pixel = np.flatnonzero(~change & (hits.face >= 0))
    alone = RayScene(moving)
    way = camera.pixel_directions().reshape(-1, 3)[pixel]
    point = camera.position + hits.distance[pixel, None] * way
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    face = hits.face[pixel]
    corner = mesh.vertices[mesh.faces[face]].astype(np.float64)
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    along = np.sum(normal * way, axis=1, keepdims=True)
    normal *= -np.sign(along)
    start = (point + LIFT * normal).astype(np.float32)

    for towards in _sun_cone(sun, sun_angle):
        change[pixel] |= _meets(alone, start, np.broadcast_to(towards, start.shape))
    smooth = np.isin(mesh.material[face], SMOOTH)
    mirror = way + 2 * np.abs(along) * normal
    change[pixel[smooth]] |= _meets(alone, start[smooth], mirror[smooth])
    low, high = moving.vertices.min(0), moving.vertices.max(0)
    gap = np.maximum(np.maximum(low - point, point - high), 0)
    change[pixel] |= np.sum(gap**2, axis=1) < NEAR**2
    return np.asarray(change.reshape(height, width))


def blend_weight(change: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return (height, width) the weight of the new picture: 1 where changed, fading to 0."""
    if not change.any():
        return np.zeros(change.shape, np.float32)
    distance = ndimage.distance_transform_edt(~change)
    weight = np.clip(1 - (distance - MARGIN) / FEATHER, 0, 1)
    return np.asarray(weight, np.float32)


def patches(weight: NDArray[np.float32]) -> list[Patch]:
    """Return rectangles that hold all pixels of weight above zero, merged where that is cheaper."""
    height, width = weight.shape
    labels, _ = ndimage.label(weight > 0, structure=np.ones((3, 3)))
    found = [
        Patch(
            max(cols.start - CONTEXT, 0),
            max(rows.start - CONTEXT, 0),
            min(cols.stop + CONTEXT, width),
            min(rows.stop + CONTEXT, height),
        )
        for rows, cols in ndimage.find_objects(labels)
    ]
    merged: list[Patch] = []
    for patch in sorted(found, key=lambda p: (p.x0, p.y0)):
        current = patch
        while True:
            near = [p for p in merged if current.union(p).area <= current.area + p.area]
            if not near:
                break
            merged.remove(near[0])
            current = current.union(near[0])
        merged.append(current)
    return merged


def _sun_cone(sun: NDArray[np.float64], angle: float) -> NDArray[np.float32]:
    """Return directions (5, 3): the sun's centre and four points of its rim."""
    side = np.cross(sun, [0.0, 0.0, 1.0])
    side /= max(float(np.linalg.norm(side)), 1e-9)
    other = np.cross(sun, side)
    radius = np.tan(angle / 2)
    rim = sun + radius * np.array([np.zeros(3), side, -side, other, -other])
    return np.asarray(rim / np.linalg.norm(rim, axis=1, keepdims=True), np.float32)


def _meets(
    scene: RayScene, origin: NDArray[np.float32], direction: NDArray[np.float64]
) -> NDArray[np.bool_]:
    return scene.occluded(
        origin,
        np.ascontiguousarray(direction, np.float32),
        np.full(len(origin), FAR, np.float32),
    )
