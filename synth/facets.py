"""Facets: flat pieces of a mesh, joined from triangles that continue each other.

Large facets are mirrors with exact images; small ones, as of a car's body, diffract what they
mirror into a lobe as wide as their size demands.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from scenes.mesh import TriMesh

FLAT_ANGLE = 2e-3  # [rad] between neighbours that continue each other
FLATNESS = 0.5e-3  # [m] that a facet's corners may lie off its plane: a twentieth of 1 cm waves
WELD = 1e-5  # [m] within which vertices are one


@dataclass(frozen=True)
class Facets:
    """The flat pieces of a mesh: each face's size, and the planes of those that are mirrors.

    Attributes:
        area: (n_face,) float32, of the facet that each face lies on [m^2].
        mirror: (n_face,) int32, the mirror that each face lies on, -1 for none.
        normal: (n_mirror, 3) float64 unit vectors, to either side.
        offset: (n_mirror,) float64 [m]: points x of the plane have normal . x = offset.
        low: (n_mirror, 3) [m] least coordinates of its corners.
        high: (n_mirror, 3) [m] greatest.
        size: (n_mirror,) [m^2].
    """

    area: NDArray[np.float32]
    mirror: NDArray[np.int32]
    normal: NDArray[np.float64]
    offset: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    size: NDArray[np.float64]


def facets(mesh: TriMesh, smallest: float) -> Facets:
    """Return the facets of a mesh where it stands now.

    Which faces belong together is found in the bodies' own frames, and remembered: a car that
    moves keeps its facets.

    Args:
        mesh: The mesh.
        smallest: Area [m^2] from which a facet is a mirror.
    """
    if not mesh.n_face:
        return no_facets(0)
    piece, area = _pieces(_Shape(mesh.body_vertices, mesh.faces))
    own = area.astype(np.float32)[piece]
    large = area >= smallest
    mirror = np.where(large, np.cumsum(large) - 1, -1).astype(np.int32)[piece]
    rows = mirror >= 0
    if not rows.any():
        return replace(no_facets(mesh.n_face), area=own)
    faces, group = mesh.faces[rows], mirror[rows]
    low = np.full((int(large.sum()), 3), np.inf)
    high = -low
    corner = mesh.vertices[faces].astype(np.float64)
    np.minimum.at(low, group, corner.min(1))
    np.maximum.at(high, group, corner.max(1))
    return Facets(own, mirror, *_planes(mesh.vertices, faces, group), low, high, area[large])


def no_facets(n_face: int) -> Facets:
    """Return the facets of faces without size."""
    nowhere = np.zeros((0, 3))
    return Facets(
        np.zeros(n_face, np.float32), np.full(n_face, -1, np.int32), nowhere, np.zeros(0),
        nowhere, nowhere, np.zeros(0),
    )  # fmt: skip


def joined(first: Facets, second: Facets) -> Facets:
    """Return the facets of two meshes that were concatenated."""
    shift = np.int32(len(first.offset))
    later = replace(second, mirror=np.where(second.mirror < 0, -1, second.mirror + shift))
    return Facets(
        *(np.concatenate([getattr(first, f.name), getattr(later, f.name)]) for f in fields(Facets))
    )


class _Shape:
    """A mesh's geometry as a key: equal where all numbers are."""

    def __init__(self, vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> None:
        self.vertices, self.faces = vertices, faces
        self._digest = blake2b(
            np.ascontiguousarray(vertices).tobytes() + np.ascontiguousarray(faces).tobytes()
        ).digest()

    def __hash__(self) -> int:
        return hash(self._digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shape) and self._digest == other._digest


@lru_cache(maxsize=2)  # of the still world and of what moves
def _pieces(shape: _Shape) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the piece (n_face,) of each face, and the areas (n_piece,) [m^2]."""
    vertices, faces = shape.vertices, shape.faces
    normal, area = _normals(vertices, faces)
    first, second = _neighbours(vertices, faces)
    flat = np.abs(np.einsum("ij,ij->i", normal[first], normal[second])) > np.cos(FLAT_ANGLE)
    n = len(faces)
    graph = coo_array((np.ones(flat.sum(), bool), (first[flat], second[flat])), (n, n))
    _, group = connected_components(graph, directed=False)
    group = group.astype(np.int32)
    normals, offset = _planes(vertices, faces, group)
    corner = vertices[faces].astype(np.float64)
    off = np.einsum("ijk,ik->ij", corner, normals[group]) - offset[group, None]
    bent = np.zeros(len(offset), bool)
    bent[group[np.abs(off).max(1) > FLATNESS]] = True
    loose = bent[group]  # a gentle curve: each triangle for itself
    group[loose] = len(offset) + np.arange(loose.sum())
    _, group = np.unique(group, return_inverse=True)
    return np.asarray(group, np.int32), np.asarray(np.bincount(group, area), np.float64)


def _normals(
    vertices: NDArray[np.float32], faces: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return unit normals (n_face, 3), zero for faces without area, and areas (n_face,) [m^2]."""
    corner = vertices[faces].astype(np.float64)
    cross = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    size = np.linalg.norm(cross, axis=1)
    return cross / np.maximum(size, 1e-300)[:, None], 0.5 * size


def _neighbours(
    vertices: NDArray[np.float32], faces: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of faces that share an edge, by the places of its ends."""
    cell = np.round(vertices.astype(np.float64) / WELD).astype(np.int64)
    mixed = (cell * np.array([73856093, 19349663, 83492791])).sum(1) * 2654435761
    mixed ^= cell[:, 0] ^ (cell[:, 1] << 21) ^ (cell[:, 2] << 42)
    _, place = np.unique(mixed, return_inverse=True)
    corner = place[faces]
    ends = np.concatenate([corner[:, [0, 1]], corner[:, [1, 2]], corner[:, [2, 0]]])
    key = ends.min(1) * (place.max() + 1) + ends.max(1)
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(key[order[1:]] == key[order[:-1]])
    return order[same] % len(faces), order[same + 1] % len(faces)


def _planes(
    vertices: NDArray[np.float32], faces: NDArray[np.int32], group: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return normal and offset of each group of faces; of several faces by least squares."""
    n = int(group.max()) + 1
    corner = vertices[faces].astype(np.float64)
    normal, area = _normals(vertices, faces)
    _, lead = np.unique(group, return_index=True)
    facing = np.where(np.einsum("ij,ij->i", normal, normal[lead][group]) < 0, -area, area)
    mean = _sums(group, facing[:, None] * normal, n)
    mean /= np.maximum(np.linalg.norm(mean, axis=1), 1e-300)[:, None]
    count = np.bincount(group, minlength=n)
    centre = _sums(group, corner.sum(1), n)
    centre /= 3 * count[:, None]
    many = np.flatnonzero(count > 1)
    if len(many):
        local = corner - centre[group][:, None]
        second = np.empty((n, 3, 3))
        for i in range(3):
            for j in range(i + 1):
                moment = np.bincount(group, (local[..., i] * local[..., j]).sum(1), n)
                second[:, i, j] = second[:, j, i] = moment
        _, axes = np.linalg.eigh(second[many])
        best = axes[:, :, 0]
        sign = np.sign(np.einsum("ij,ij->i", best, mean[many]))
        mean[many] = best * np.where(sign == 0, 1.0, sign)[:, None]
    return mean, np.einsum("ij,ij->i", mean, centre)


def _sums(group: NDArray[np.int32], values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return the sums (n, 3) of rows (n_face, 3) over each group."""
    total = np.zeros((n, values.shape[1]))
    for k in range(values.shape[1]):
        total[:, k] = np.bincount(group, values[:, k], n)
    return total
