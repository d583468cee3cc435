"""TriMesh: the one geometry that radio, lidar and depth see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TriMesh:
    """Triangles with what they belong to, are made of, and how they move.

    Attributes:
        vertices: (n_vertex, 3) float32 [m], world axes.
        faces: (n_face, 3) int32, indices into `vertices`, counter-clockwise seen from outside.
        object_id: (n_face,) uint16, the object each face belongs to, 1 or more.
        material: (n_face,) uint8, index into `scenes.materials.MATERIALS`.
        velocity: (n_vertex, 3) float32 [m/s], world axes; zero for what stands still.
        rest: (n_vertex, 3) float32 [m], each vertex in its own body's frame: what names a point
            of a surface wherever the body goes; None while it equals `vertices`.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    object_id: NDArray[np.uint16]
    material: NDArray[np.uint8]
    velocity: NDArray[np.float32]
    rest: NDArray[np.float32] | None = None

    @property
    def body_vertices(self) -> NDArray[np.float32]:
        """Vertices (n_vertex, 3) [m] in the frame of the body they belong to."""
        return self.vertices if self.rest is None else self.rest

    @property
    def n_face(self) -> int:
        """Number of triangles."""
        return len(self.faces)

    def normals(self, face: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return the unit normals (n, 3) of faces (n,); zero for a face without area."""
        corner = self.vertices[self.faces[face]].astype(np.float64)
        normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        return np.asarray(normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12))

    def transformed(
        self,
        matrix: NDArray[np.float64],
        velocity: NDArray[np.float64] | None = None,
        spin: NDArray[np.float64] | None = None,
    ) -> TriMesh:
        """Return the mesh moved by a rigid transform.

        Args:
            matrix: (4, 4) world_from_object.
            velocity: (3,) [m/s] of the object's origin, world axes; None stands still.
            spin: (3,) angular velocity [rad/s] about the object's origin, world axes.
        """
        rotated = self.vertices.astype(np.float64) @ matrix[:3, :3].T
        speed = np.zeros_like(rotated)
        if velocity is not None:
            speed += velocity
        if spin is not None:
            speed += np.cross(spin, rotated)
        return TriMesh(
            (rotated + matrix[:3, 3]).astype(np.float32),
            self.faces,
            self.object_id,
            self.material,
            speed.astype(np.float32),
            self.body_vertices,
        )

    def of_object(self, object_id: int) -> TriMesh:
        """Return a new mesh that holds only the faces of one object."""
        keep = self.object_id == object_id
        used, faces = np.unique(self.faces[keep], return_inverse=True)
        return TriMesh(
            self.vertices[used],
            faces.reshape(-1, 3).astype(np.int32),
            self.object_id[keep],
            self.material[keep],
            self.velocity[used],
            self.body_vertices[used],
        )


def concatenate(meshes: Iterable[TriMesh]) -> TriMesh:
    """Join meshes into one, in their order; of no meshes, an empty one."""
    parts = list(meshes)
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    empty = EMPTY_MESH
    return TriMesh(
        np.concatenate([empty.vertices, *(part.vertices for part in parts)]),
        np.concatenate(
            [empty.faces, *(p.faces + np.int32(s) for p, s in zip(parts, starts, strict=False))]
        ),
        np.concatenate([empty.object_id, *(part.object_id for part in parts)]),
        np.concatenate([empty.material, *(part.material for part in parts)]),
        np.concatenate([empty.velocity, *(part.velocity for part in parts)]),
        np.concatenate([empty.vertices, *(part.body_vertices for part in parts)]),
    )


EMPTY_MESH = TriMesh(
    np.zeros((0, 3), np.float32),
    np.zeros((0, 3), np.int32),
    np.zeros(0, np.uint16),
    np.zeros(0, np.uint8),
    np.zeros((0, 3), np.float32),
)
