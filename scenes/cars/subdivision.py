"""Catmull-Clark subdivision of a quad mesh with creases, pure NumPy.

Rules: Catmull and Clark 1978; creases and boundaries as in Hoppe et al. 1994, semi-sharp by
DeRose, Kass and Truong 1998.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, vstack


@dataclass(frozen=True)
class Cage:
    """A quad mesh, possibly with a boundary.

    Attributes:
        vertices: (n_vertex, 3) [m].
        faces: (n_face, 4) indices.
        sharp_edges: (n_sharp, 2) indices of creased edges, in any order.
        sharpness: (n_sharp,) how many levels each crease stays sharp.
        corners: (n_corner,) indices of vertices that stay where they are.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    sharp_edges: NDArray[np.int64]
    sharpness: NDArray[np.float64]
    corners: NDArray[np.int64]


@dataclass(frozen=True)
class Step:
    """One level of subdivision as a linear map.

    Attributes:
        matrix: (n_new, n_old) sparse; the old vertices' successors come first.
        faces: (4 n_face, 4) faces of the finer mesh; those of one old face are neighbours.
        sharp_edges: (2 n_sharp, 2) the creases of the finer mesh.
        sharpness: (2 n_sharp,) their remaining sharpness.
    """

    matrix: csr_matrix
    faces: NDArray[np.int64]
    sharp_edges: NDArray[np.int64]
    sharpness: NDArray[np.float64]


def subdivision_step(cage: Cage) -> Step:
    """Return the map from a cage's vertices to those of the next level."""
    n_vertex, faces = len(cage.vertices), cage.faces
    sharp_edges, sharpness = cage.sharp_edges, cage.sharpness
    n_face = len(faces)
    half = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], -1).reshape(-1, 2), axis=1)
    key, edge_of_half = np.unique(half[:, 0] * n_vertex + half[:, 1], return_inverse=True)
    edges = np.column_stack([key // n_vertex, key % n_vertex])
    n_edge = len(edges)
    face_of_half = np.repeat(np.arange(n_face), 4)
    use = np.bincount(edge_of_half, minlength=n_edge)
    sharp = np.zeros(n_edge)
    wanted = np.sort(sharp_edges, axis=1)
    place = np.searchsorted(key, wanted[:, 0] * n_vertex + wanted[:, 1])
    sharp[place] = sharpness
    sharp[use == 1] = np.inf
    weight = np.clip(sharp, 0.0, 1.0)

    def sparse(
        rows: NDArray[np.int64], columns: NDArray[np.int64], n_row: int, n: int
    ) -> csr_matrix:
        return coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(n_row, n)).tocsr()

    def scaled(factor: NDArray[np.float64], matrix: csr_matrix) -> csr_matrix:
        return (
            coo_matrix(
                (factor, (np.arange(len(factor)), np.arange(len(factor)))),
                shape=(len(factor), len(factor)),
            ).tocsr()
            @ matrix
        )

    corner = sparse(face_of_half, faces.reshape(-1), n_face, n_vertex) * 0.25
    ends = sparse(np.repeat(np.arange(n_edge), 2), edges.reshape(-1), n_edge, n_vertex)
    sides = sparse(edge_of_half, face_of_half, n_edge, n_face)
    middle = ends * 0.5
    smooth_edge = ends * 0.25 + (sides @ corner) * 0.25
    edge_rule = scaled(weight, middle) + scaled(1 - weight, smooth_edge)

    valence = np.asarray(ends.sum(axis=0)).ravel()
    n_sharp = np.bincount(edges.reshape(-1), np.repeat(weight > 0, 2), minlength=n_vertex)
    total = np.bincount(edges.reshape(-1), np.repeat(weight, 2), minlength=n_vertex)
    identity = sparse(np.arange(n_vertex), np.arange(n_vertex), n_vertex, n_vertex)
    faces_at = sparse(faces.reshape(-1), face_of_half, n_vertex, n_face)
    n_face_at = np.asarray(faces_at.sum(axis=1)).ravel()
    smooth = (
        scaled(1 / (valence * n_face_at), faces_at @ corner)
        + scaled(2 / valence**2, ends.T @ middle)
        + scaled((valence - 3) / valence, identity)
    )
    creased = scaled((weight > 0).astype(np.float64), middle)
    crease = identity * 0.5 + (ends.T @ creased) * 0.25
    blend = np.where(n_sharp == 2, np.clip(total / 2, 0, 1), 0.0)
    fixed = np.where(n_sharp > 2, np.clip(total / np.maximum(n_sharp, 1), 0, 1), 0.0)
    blend[cage.corners], fixed[cage.corners] = 0.0, 1.0
    vertex_rule = (
        scaled(blend, crease) + scaled(fixed, identity) + scaled(1 - blend - fixed, smooth)
    )

    matrix = vstack([vertex_rule, edge_rule, corner]).tocsr()
    edge_vertex = n_vertex + edge_of_half.reshape(-1, 4)
    centre = n_vertex + n_edge + np.arange(n_face)
    finer = np.stack(
        [
            faces,
            edge_vertex,
            np.broadcast_to(centre[:, None], (n_face, 4)),
            np.roll(edge_vertex, 1, axis=1),
        ],
        -1,
    ).reshape(-1, 4)
    halves = np.concatenate([np.column_stack([wanted[:, end], n_vertex + place]) for end in (0, 1)])
    return Step(matrix, finer, halves, np.tile(np.maximum(sharpness - 1, 0), 2))


def subdivide(cage: Cage, n_level: int, n_fit: int) -> Cage:
    """Return the cage subdivided such that its surface passes through the cage's own vertices.

    Args:
        cage: What the surface is to pass through.
        n_level: Levels of subdivision.
        n_fit: Corrections of the control points; 0 leaves the surface inside the cage.
    """
    finer = cage
    steps = []
    for _ in range(n_level):
        step = subdivision_step(finer)
        steps.append(step.matrix)
        vertices = step.matrix @ finer.vertices
        finer = Cage(vertices, step.faces, step.sharp_edges, step.sharpness, cage.corners)
    total = steps[0]
    for matrix in steps[1:]:
        total = matrix @ total
    control = cage.vertices
    back = total[: len(control)]
    for _ in range(n_fit):
        control = control + (cage.vertices - back @ control)
    return replace(finer, vertices=total @ control)
