"""Which part of the picture a moving target changes, told by rays.

A pixel changes where the target is seen, where it keeps the sun or a lamp off, where a smooth or
wet surface mirrors it, and close to it, where it hides the sky. All are asked of the same triangles
that radio and lidar see, so nothing is guessed from the picture. What its own lamps shed is another
matter: light adds up (`synth.camera`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scenes.light.lamps import Spot
from scenes.light.sky import Light
from scenes.looks.windows import TILT
from scenes.materials import MATERIAL_ID
from scenes.sensors import Camera
from synth.depth import View
from synth.rays import FAR, RayScene

SMOOTH = tuple(
    MATERIAL_ID[name]
    for name in ("glass", "window", "car_paint", "chrome", "metal", "lamp_glass", "street_light")
)
# What mirrors in streaks, tilted so far up and down [rad] from where a mirror would look.
WET = tuple(
    MATERIAL_ID[name] for name in ("wet_asphalt", "wet_marking", "wet_concrete", "wet_paving")
)
PANES = (MATERIAL_ID["window"],)  # hung a little out of plane: `scenes.looks.windows.TILT`
STREAK = tuple(np.linspace(-0.3, 0.3, 9).tolist())
NEAR = 1.2  # [m] around the target, where it visibly hides the sky beside the sun
NEAR_SUNLESS = 4.0  # [m] the same where the sky is all the light there is
MARGIN = 3  # [px] by which the change is widened: pixel filter and flat triangles
FEATHER = 5  # [px] over which the patch fades into the still picture
CONTEXT = 8  # [px] around a patch that the denoiser sees beside it
SPECK = 12  # [px] of change that nobody sees: a glint in a far pane
OVERHEAD = 3000  # [px] that could be rendered in the time one more patch takes to set up
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


@dataclass(frozen=True)
class Surroundings:
    """What the camera sees of the still world: all that does not depend on the target's place.

    Attributes:
        pixel: (n,) flat indices of the pixels that meet something.
        point: (n, 3) float32 [m] where they do.
        start: (n, 3) float32 [m] the same, lifted off the surface.
        smooth: (m,) which of the n are mirrors; wet ones several times.
        mirror: (m, 3) float32 directions in which those look.
        sun: (5, 3) float32 directions to the sun's centre and rim; none if it does not shine.
        lamps: (n_lamp, 3) float32 [m] lamps that burn and stand still.
        reach: (n_lamp,) [m] from them, where the shadows that they throw are seen.
        near: Distance from the target within which it hides the sky [m].
        ways: (height * width, 3) float32 through all pixels if things may be seen through, else
            none: the target then changes whatever hides it, too.
        eye: (3,) float32 the camera's place [m].
    """

    pixel: NDArray[np.int64]
    point: NDArray[np.float32]
    start: NDArray[np.float32]
    smooth: NDArray[np.int64]
    mirror: NDArray[np.float32]
    sun: NDArray[np.float32]
    lamps: NDArray[np.float32]
    reach: NDArray[np.float64]
    near: float
    ways: NDArray[np.float32]
    eye: NDArray[np.float32]


def surroundings(
    still: RayScene,
    seen: View,
    camera: Camera,
    light: Light,
    spots: Sequence[Spot] = (),
    see_through: bool = False,
) -> Surroundings:
    """Prepare a sequence.

    Args:
        still: The still world.
        seen: What the camera sees of it.
        camera: The camera.
        light: Sun and sky.
        spots: Lamps that burn and stand still.
        see_through: Whether light passes surfaces that rays do not, as a user's glass.
    """
    every = camera.pixel_directions().reshape(-1, 3)
    pixel = np.flatnonzero(seen.hits.face >= 0)
    way = every[pixel]
    point = camera.position + seen.hits.distance[pixel, None] * way
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    mesh, face = still.mesh, seen.hits.face[pixel]
    normal = mesh.normals(face)
    along = np.sum(normal * way, axis=1, keepdims=True)
    normal *= -np.sign(along)
    smooth = np.flatnonzero(np.isin(mesh.material[face], SMOOTH))
    wet = np.flatnonzero(np.isin(mesh.material[face], WET))
    mirror = way + 2 * np.abs(along) * normal
    pane = np.flatnonzero(np.isin(mesh.material[face], PANES))
    streaks = [mirror[wet] + np.array([0.0, 0.0, tilt]) for tilt in STREAK]
    flat = np.stack([-normal[pane, 1], normal[pane, 0], np.zeros(len(pane))], 1)
    tilted = [mirror[pane] + side * 2 * TILT * flat for side in (-1, 1)]
    tilted += [mirror[pane] + np.array([0.0, 0.0, side * 2 * TILT]) for side in (-1, 1)]
    shines = bool(light.sun.any())
    return Surroundings(
        pixel,
        point.astype(np.float32),
        (point + LIFT * normal).astype(np.float32),
        np.concatenate([smooth, *[wet] * len(streaks), *[pane] * len(tilted)]),
        np.concatenate([mirror[smooth], *streaks, *tilted]).astype(np.float32),
        _sun_cone(light.direction, light.angle)[: None if shines else 0],
        np.array([spot.place for spot in spots], np.float32).reshape(-1, 3),
        np.array([spot.reach for spot in spots]),
        NEAR if shines else NEAR_SUNLESS,
        (every if see_through else every[:0]).astype(np.float32),
        camera.position.astype(np.float32),
    )


def changed(around: Surroundings, moving: RayScene, seen: View, target: int) -> NDArray[np.bool_]:
    """Return (height, width) whether the target changes a pixel, but for what its lamps shed.

    Args:
        around: The still world, prepared.
        moving: The target alone, where it is now.
        seen: What the camera sees now.
        target: Object id of the target.
    """
    change = seen.instance.ravel() == target
    if len(around.ways):
        origin = np.broadcast_to(around.eye, around.ways.shape)
        change |= moving.first_hit(np.ascontiguousarray(origin), around.ways).face >= 0
    for towards in around.sun:
        change[around.pixel] |= _meets(
            moving, around.start, np.broadcast_to(towards, around.start.shape)
        )
    mirrors = _meets(moving, around.start[around.smooth], around.mirror)
    change[around.pixel[around.smooth[mirrors]]] = True
    for lamp, reach in zip(around.lamps, around.reach, strict=True):
        way = lamp - around.start
        distance = np.linalg.norm(way, axis=1)
        near = np.flatnonzero(distance < reach)
        towards = way[near] / distance[near, None]
        hidden = moving.occluded(around.start[near], towards, distance[near])
        change[around.pixel[near[hidden]]] = True
    low, high = moving.mesh.vertices.min(0), moving.mesh.vertices.max(0)
    gap = np.maximum(np.maximum(low - around.point, around.point - high), 0)
    change[around.pixel] |= np.einsum("nk,nk->n", gap, gap) < around.near**2
    return _without_specks(change.reshape(seen.instance.shape))


def _without_specks(change: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the change without connected parts smaller than `SPECK`."""
    labels, _ = ndimage.label(change, structure=np.ones((3, 3)))
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray((sizes >= SPECK)[labels])


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
            near = [p for p in merged if current.union(p).area <= current.area + p.area + OVERHEAD]
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
    scene: RayScene, origin: NDArray[np.float32], direction: NDArray[np.float32]
) -> NDArray[np.bool_]:
    return scene.occluded(origin, direction, np.full(len(origin), FAR, np.float32))
