"""Shapes: quads and triangles with a material each, and the few solids that scenes are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.materials import MATERIAL_ID
from scenes.mesh import TriMesh
from scenes.spec import Vector3

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """Polygons of three or four corners.

    Attributes:
        vertices: (n_vertex, 3) [m].
        faces: (n_face, 4) int32, counter-clockwise from outside; a triangle's fourth is -1.
        material: (n_face,) uint8, index into `scenes.materials.MATERIALS`.
    """

    vertices: Points
    faces: NDArray[np.int32]
    material: NDArray[np.uint8]

    def moved(self, offset: Sequence[float], turn: float = 0.0) -> Shape:
        """Return the shape turned by `turn` [rad] about z, then shifted by `offset` [m]."""
        cos, sin = np.cos(turn), np.sin(turn)
        rotation = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
        return Shape(self.vertices @ rotation + np.asarray(offset), self.faces, self.material)

    def of(self, faces: NDArray[np.bool_]) -> Shape:
        """Return what the chosen (n_face,) faces make of it, maybe nothing."""
        chosen = self.faces[faces]
        used = np.unique(chosen[chosen >= 0])
        again = np.where(chosen < 0, -1, np.searchsorted(used, chosen)).astype(np.int32)
        return Shape(self.vertices[used], again, self.material[faces])

    def triangles(self, object_id: int) -> TriMesh:
        """Return the shape as a still TriMesh of one object."""
        quad = self.faces[:, 3] >= 0
        faces = np.concatenate([self.faces[:, :3], self.faces[quad][:, [0, 2, 3]]])
        return TriMesh(
            self.vertices.astype(np.float32),
            faces.astype(np.int32),
            np.full(len(faces), object_id, np.uint16),
            np.concatenate([self.material, self.material[quad]]),
            np.zeros((len(self.vertices), 3), np.float32),
        )


def four_corners(vertices: Points, faces: NDArray[np.integer[Any]]) -> Points:
    """Return the corners (n_face, 4, 3) of faces (n_face, 4); a triangle's first stands twice."""
    last = np.where(faces[:, 3] < 0, faces[:, 0], faces[:, 3])
    return np.asarray(vertices[np.column_stack([faces[:, :3], last])])


def upward(corners: Points) -> Points:
    """Return the upward part (n_face,) of the unit normals of faces with corners (n_face, 4, 3)."""
    # Of the diagonals: a quad that is bent has a normal of its own, whichever corner comes first.
    normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    return np.asarray(normal[:, 2] / np.maximum(np.linalg.norm(normal, axis=1), 1e-30))


def joined(shapes: Sequence[Shape]) -> Shape:
    """Return all shapes (at least one) as one."""
    starts = np.cumsum([0, *(len(shape.vertices) for shape in shapes)])
    faces = [
        np.where(shape.faces >= 0, shape.faces + start, -1)
        for shape, start in zip(shapes, starts, strict=False)
    ]
    return Shape(
        np.concatenate([shape.vertices for shape in shapes]),
        np.concatenate(faces).astype(np.int32),
        np.concatenate([shape.material for shape in shapes]),
    )


def quads(corners: Points, material: str) -> Shape:
    """Return loose quads from corners (n, 4, 3) [m]."""
    n = len(corners)
    return Shape(
        corners.reshape(-1, 3),
        np.arange(4 * n, dtype=np.int32).reshape(n, 4),
        np.full(n, MATERIAL_ID[material], np.uint8),
    )


def rectangle(x0: float, x1: float, y0: float, y1: float, z: float, material: str) -> Shape:
    """Return a level rectangle that faces up."""
    return quads(np.array([[[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]]]), material)


def box(centre: Vector3, size: Vector3, material: str, top: str | None = None) -> Shape:
    """Return a closed box; `top` names the upper face's material if it is another."""
    corner = np.array([[x, y, z] for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)]) / 2
    faces = [[0, 2, 3, 1], [0, 1, 5, 4], [1, 3, 7, 5], [3, 2, 6, 7], [2, 0, 4, 6], [4, 5, 7, 6]]
    names = [material] * 5 + [top or material]
    return Shape(
        corner * np.asarray(size) + np.asarray(centre),
        np.array(faces, np.int32),
        np.array([MATERIAL_ID[name] for name in names], np.uint8),
    )


def tube(
    bottom: Vector3, top: Vector3, radius: tuple[float, float], material: str, sides: int = 10
) -> Shape:
    """Return a closed, tapered cylinder from `bottom` to `top` [m] with a radius at each end."""
    start, end = np.asarray(bottom, float), np.asarray(top, float)
    axis = (end - start) / np.linalg.norm(end - start)
    helper = np.array([1.0, 0, 0]) if abs(axis[0]) < 0.9 else np.array([0, 1.0, 0])
    side = np.cross(axis, helper)
    side /= np.linalg.norm(side)
    other = np.cross(axis, side)
    turn = 2 * np.pi * np.arange(sides) / sides
    ring = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * other
    vertices = np.concatenate([start + radius[0] * ring, end + radius[1] * ring, [start], [end]])
    i, j = np.arange(sides), (np.arange(sides) + 1) % sides
    none = np.full(sides, -1)
    faces = np.concatenate([
        np.stack([i, j, j + sides, i + sides], 1),
        np.stack([j, i, np.full(sides, 2 * sides), none], 1),
        np.stack([i + sides, j + sides, np.full(sides, 2 * sides + 1), none], 1),
    ])  # fmt: skip
    return Shape(
        vertices, faces.astype(np.int32), np.full(len(faces), MATERIAL_ID[material], np.uint8)
    )
