"""Surface: lays patches and strips on a car's body by casting rays at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scenes.cars.shell import Points, Shell, fan, flipped, grid_faces, outward, shell

# Origins (n, 3) and directions (n, 3) -> points (n, 3) and unit normals (n, 3) on the surface, and
# whether each ray met it (n,); of those that did not, the point nearest to where they aimed.
Cast = Callable[[Points, Points], tuple[Points, Points, NDArray[np.bool_]]]
RIM_DEPTH = 0.02  # how far the rims of patches go below the skin [m]
REACH = 1.5  # how far before the skin rays start [m]

LEFT = (0.0, -1.0, 0.0)  # Ray directions towards the left side, the nose, the tail and the top.
FRONT = (-1.0, 0.0, 0.0)
REAR = (1.0, 0.0, 0.0)
TOP = (0.0, 0.0, -1.0)


@dataclass(frozen=True)
class Surface:
    """The skin that trim is laid on.

    Attributes:
        cast: Finds the first hits of rays.
    """

    cast: Cast

    def project(self, points: ArrayLike, direction: ArrayLike, offset: float | Points) -> Points:
        """Return points (n, 3) moved along `direction` (3,) on to `offset` [m] above the skin.

        The offset is one for all or (n, 1).
        """
        start = np.asarray(points, np.float64).reshape(-1, 3)
        toward = np.asarray(direction, np.float64)
        toward = np.broadcast_to(toward / np.linalg.norm(toward), start.shape)
        hit, normal, _ = self.cast(start - REACH * toward, toward)
        return hit + offset * normal

    def patch(
        self,
        outline: ArrayLike,
        direction: ArrayLike,
        material: str,
        offset: float = 0.004,
        n_ring: int = 3,
        rim_share: float | None = None,
    ) -> Shell:
        """Return a closed plate that follows the skin.

        Args:
            outline: (n_point, 3) [m] near the skin, star-shaped about its middle.
            direction: (3,) along which it is laid on the skin.
            material: Name in `SLOTS`.
            offset: Height of its face above the skin [m].
            n_ring: Rings of faces between the outline and the middle.
            rim_share: Width of the visible rim, share of the patch; what lies inside is sunk, to be
                covered by another patch.
        """
        edge = np.asarray(outline, np.float64)
        n = len(edge)
        middle = edge.mean(0)
        # Closer together near the edge, where bodies are bent most.
        shares = 1 - (np.arange(n_ring) / n_ring) ** 1.8
        heights = np.full(n_ring, offset)
        if rim_share is not None:
            n_ring = 3
            shares = np.array([1.0, 1.0 - rim_share, 0.97 - rim_share])
            heights = np.array([offset, offset, -0.006])
        rings = middle + shares[:, None, None] * (edge - middle)
        points = np.concatenate([rings.reshape(-1, 3), [middle]])
        above = np.append(np.repeat(heights, n), heights[-1])[:, None]
        face = self.project(points, direction, above)
        back = self.project(np.concatenate([edge, [middle]]), direction, -RIM_DEPTH)
        vertices = np.concatenate([face, back])
        last = (n_ring - 1) * n
        start = len(face)
        rim = np.arange(n)
        turn = np.roll(rim, -1)
        faces = np.concatenate(
            [
                flipped(grid_faces(n_ring, n, wrap=True)),
                fan(np.arange(last, last + n), start - 1),
                np.column_stack([turn, rim, start + rim, start + turn]),
                flipped(fan(start + rim, start + n)),
            ]
        )
        return replace(shell(vertices, outward(vertices, faces), material), covers=True)

    def strip(
        self,
        line: ArrayLike,
        direction: ArrayLike,
        width: float,
        material: str,
        offset: float = 0.002,
        step: float = 0.09,
    ) -> Shell:
        """Return a closed strip along a line on the skin.

        Args:
            line: (n_point, 3) [m] near the skin, open.
            direction: (3,) along which it is laid on the skin.
            width: Of the strip [m].
            material: Name in `SLOTS`.
            offset: Height of its face above the skin [m].
            step: Greatest length of a piece [m].
        """
        points = resampled(line, step)
        toward = np.asarray(direction, np.float64) / np.linalg.norm(direction)
        across = np.cross(np.gradient(points, axis=0), toward)
        across *= width / 2 / np.linalg.norm(across, axis=1, keepdims=True)
        sections = np.stack(
            [
                self.project(points - across, direction, offset),
                self.project(points + across, direction, offset),
                self.project(points, direction, -0.010),
            ],
            1,
        )
        n = len(points)
        last = 3 * (n - 1)
        ends = np.array([[2, 1, 0, -1], [last, last + 1, last + 2, -1]])
        faces = np.concatenate([flipped(grid_faces(n, 3, wrap=True)), ends])
        vertices = sections.reshape(-1, 3)
        return shell(vertices, outward(vertices, faces), material)


def resampled(line: ArrayLike, step: float) -> Points:
    """Return an open line (n, 3) with points added so that no piece is longer than `step` [m]."""
    points = np.asarray(line, np.float64)
    pieces = []
    for start, end in pairwise(points):
        n = max(1, int(np.ceil(np.linalg.norm(end - start) / step)))
        pieces.append(start + np.arange(n)[:, None] / n * (end - start))
    return np.concatenate([*pieces, points[-1:]])


def rounded(corners: ArrayLike, radius: float, step: float, n: int = 3) -> Points:
    """Return a closed outline (n_point, d) with rounded corners and no piece longer than `step`.

    Args:
        corners: (n_corner, d) [m].
        radius: Of the corners [m]; smaller where a side is short.
        step: Greatest length of a piece [m].
        n: Points of a corner.
    """
    points = np.asarray(corners, np.float64)
    before, after = np.roll(points, 1, 0) - points, np.roll(points, -1, 0) - points
    outline = []
    share = np.linspace(0, 1, n)[:, None]
    for corner, back, ahead in zip(points, before, after, strict=True):
        turn = float(back @ ahead) / float(np.linalg.norm(back) * np.linalg.norm(ahead))
        if turn < -0.94:  # A bend of less than 20 degrees is part of a curve, not a corner.
            outline.append(corner[None])
            continue
        start = corner + back * min(0.45, radius / float(np.linalg.norm(back)))
        end = corner + ahead * min(0.45, radius / float(np.linalg.norm(ahead)))
        outline.append((1 - share) ** 2 * start + 2 * share * (1 - share) * corner + share**2 * end)
    ring = np.concatenate(outline)
    return resampled(np.concatenate([ring, ring[:1]]), step)[:-1]


def clipped(corners: ArrayLike, axis: int, limit: float, keep: int) -> Points:
    """Return the part of a polygon (n, d) on one side of a plane.

    Args:
        corners: Its corners [m].
        axis: Axis the plane stands on.
        limit: Where it stands [m].
        keep: 1 keeps what lies above the limit, -1 what lies below.
    """
    points = np.asarray(corners, np.float64)
    height = keep * (points[:, axis] - limit)
    kept: list[NDArray[np.float64]] = []
    for k in range(len(points)):
        here, there = height[k - 1], height[k]
        if (here >= 0) != (there >= 0):
            kept.append(points[k - 1] + here / (here - there) * (points[k] - points[k - 1]))
        if there >= 0:
            kept.append(points[k])
    return np.asarray(kept)


def circle(centre: ArrayLike, u: ArrayLike, v: ArrayLike, n: int = 14) -> Points:
    """Return the ellipse (n, 3) about `centre` (3,) with the half axes `u` and `v` (3,) [m]."""
    angle = np.arange(n)[:, None] * (2 * np.pi / n)
    middle, first, second = (np.asarray(a, np.float64) for a in (centre, u, v))
    return np.asarray(middle + np.cos(angle) * first + np.sin(angle) * second)
