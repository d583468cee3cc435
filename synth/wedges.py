"""Wedges: the straight convex edges of a mesh, and the free edges of its sheets."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from scenes.mesh import TriMesh

Array = NDArray[np.float64]
Index = NDArray[np.int64]

WELD = 1e-4  # [m] positions closer than about this are one vertex
FLATTEST = np.radians(5.0)  # angle between faces below which they count as one surface
SAME = np.cos(np.radians(0.5))  # of directions that count as one
STRAIGHT = 1e-4  # share by which the pieces of a straight edge may be longer than the edge


@dataclass(frozen=True)
class Wedges:
    """Straight edges with an exterior angle above 180 degrees.

    The angle phi is counted from the 0-face through the exterior to the n-face; tangent, normal
    and direction are a right-handed frame. Both sides of a free edge of a sheet are outside:
    there n = 2 and both faces are the sheet.

    Attributes:
        ends: (n_edge, 2, 3) [m], world axes, from the first along `direction` to the second.
        direction: (n_edge, 3) unit vector along the edge.
        tangent: (n_edge, 3) unit vector from the edge into the 0-face: phi = 0.
        normal: (n_edge, 3) unit normal of the 0-face, outwards: phi = 90 degrees.
        exterior: (n_edge,) exterior angle over pi, 1 < n <= 2.
        object: (n_edge, 2) uint16, ids of the 0-face's and the n-face's object.
        material: (n_edge, 2) uint8, of the 0-face and of the n-face.
        velocity: (n_edge, 2, 3) of the end points [m/s].
        face: (n_edge, 2) the faces of the mesh at the edge's beginning.
    """

    ends: Array
    direction: Array
    tangent: Array
    normal: Array
    exterior: Array
    object: NDArray[np.uint16]
    material: NDArray[np.uint8]
    velocity: Array
    face: Index

    def __getitem__(self, rows: NDArray[np.bool_]) -> Wedges:
        return Wedges(*(getattr(self, f.name)[rows] for f in fields(Wedges)))

    def __len__(self) -> int:
        return len(self.ends)


def wedges(mesh: TriMesh, shortest: float) -> Wedges:
    """Return the convex wedges and the free edges of sheets.

    Vertices at one position count as one, and collinear pieces between the same faces as one edge.
    Pairs of edges that run the same way (faces of opposite winding) and edges of three and more
    faces are left out.

    Args:
        mesh: Faces are counter-clockwise seen from outside.
        shortest: Length [m] that an edge must exceed; several wavelengths.
    """
    if not mesh.n_face:
        return _wedges(mesh, np.zeros((5, 0), np.int64), np.zeros((0, 3)))
    vertex, point = _weld(mesh.vertices)
    corner = vertex[mesh.faces]
    spot = point[corner]  # (n_face, 3) vertices that stand for the welded ones
    normal = unit(cross(*(_span(mesh, spot[:, 0], spot[:, k]) for k in (1, 2))))
    start = corner.ravel()
    end = np.roll(corner, -1, 1).ravel()
    face = np.repeat(np.arange(mesh.n_face), 3)
    keep = (start != end) & normal.any(1)[face]
    start, end, face = start[keep], end[keep], face[keep]

    first, second, free = _pair(start, end)
    pairs = np.stack([face[first], face[second], start[first], end[first]])
    pairs = _sharp(mesh, point, normal, pairs)
    # One side may have more vertices along the edge than the other: join, then pair again.
    loose = np.stack([face[free], face[free], start[free], end[free]])
    loose = _joined(mesh, point, normal, loose)
    first, second, free = _pair(loose[2], loose[3])
    late = np.stack([loose[0, first], loose[0, second], loose[2, first], loose[3, first]])
    pairs = np.concatenate([pairs, _sharp(mesh, point, normal, late)], 1)
    pairs = _joined(mesh, point, normal, pairs)
    found = np.concatenate([pairs, loose[:, free]], 1)
    sheet = np.arange(found.shape[1]) >= pairs.shape[1]
    rows = np.concatenate([found[:2], point[found[2:]], sheet[None]])
    long = np.linalg.norm(_span(mesh, rows[2], rows[3]), axis=1) > shortest
    return _wedges(mesh, rows[:, long], normal)


def join_wedges(parts: list[Wedges]) -> Wedges:
    """Return the wedges of all `parts` (at least one)."""
    return Wedges(
        *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Wedges))
    )


def towards(vector: Array) -> tuple[Array, Array]:
    """Return unit vectors (n, 3) and lengths (n,) of vectors (n, 3)."""
    length = np.linalg.norm(vector, axis=1)
    return vector / np.maximum(length, 1e-12)[:, None], length


def unit(vector: Array) -> Array:
    """Return unit vectors (n, 3) along vectors (n, 3)."""
    return towards(vector)[0]


def cross(a: Array, b: Array) -> Array:
    """Return the cross products (n, 3), several times faster than np.cross."""
    x, y, z = a.T
    u, v, w = b.T
    return np.stack([y * w - z * v, z * u - x * w, x * v - y * u], 1)


def _span(mesh: TriMesh, start: Index, end: Index) -> Array:
    """Return the vectors (n, 3) [m] between vertices."""
    return np.asarray(mesh.vertices[end].astype(np.float64) - mesh.vertices[start])


def _weld(vertices: NDArray[np.float32]) -> tuple[Index, Index]:
    """Return the position (n_vertex,) of each vertex, and a vertex (n_position,) that has it."""
    place = vertices.astype(np.float64)
    place -= place.min(0)
    cell = np.rint(place / max(WELD, place.max() / 2e6)).astype(np.int64)  # 21 bits an axis
    key = (cell[:, 0] << 42) | (cell[:, 1] << 21) | cell[:, 2]
    _, first, position = np.unique(key, return_index=True, return_inverse=True)
    return position.astype(np.int64), first.astype(np.int64)


def _pair(start: Index, end: Index) -> tuple[Index, Index, Index]:
    """Pair directed edges: first and second (n_pair,) of opposite ways, and the single ones."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    key = low * (int(high.max(initial=0)) + 1) + high
    order = np.argsort(key, kind="stable")
    change = np.flatnonzero(np.diff(key[order], prepend=-1))
    count = np.diff(change, append=len(order))
    single = order[change[count == 1]]
    one, other = order[change[count == 2]], order[change[count == 2] + 1]
    opposite = start[one] == end[other]
    one, other = one[opposite], other[opposite]
    return one, other, single


def _interior(way: Array, normal_0: Array, normal_n: Array) -> Array:
    """Return the angle (n,) [rad] inside the wedge; above pi where it is concave.

    Args:
        way: (n, 3) unit vector along the edge, in the 0-face's winding.
        normal_0: (n, 3) outward normal of the 0-face.
        normal_n: (n, 3) outward normal of the n-face.
    """
    tangent_0, tangent_n = cross(normal_0, way), cross(way, normal_n)
    angle = np.arctan2(-np.sum(tangent_n * normal_0, 1), np.sum(tangent_n * tangent_0, 1))
    angle = np.mod(angle, 2.0 * np.pi)
    return np.where(angle > 2.0 * np.pi - 1e-3, 0.0, angle)  # both sides of a plate, not a crack


def _sharp(mesh: TriMesh, point: Index, normal: Array, edges: Index) -> Index:
    """Keep convex wedges of edges (4, n), in one order of faces for all pieces of an edge.

    The rows of edges are the faces 0 and n, and the positions where the edge starts and ends.
    """
    way = unit(_span(mesh, point[edges[2]], point[edges[3]]))
    convex = _interior(way, normal[edges[0]], normal[edges[1]]) < np.pi - FLATTEST
    edges, way = edges[:, convex], way[convex]
    back = way @ [0.4817, 0.3591, 0.7994] < 0.0  # no edge of a built thing is square to this
    return np.asarray(np.where(back, edges[[1, 0, 3, 2]], edges))


def _joined(mesh: TriMesh, point: Index, normal: Array, edges: Index) -> Index:
    """Join the collinear pieces among edges (4, n), as in `_sharp`, that have the same faces."""
    n = edges.shape[1]
    if n == 0:
        return edges
    base = mesh.vertices[point[edges[2]]].astype(np.float64)
    way, length = towards(mesh.vertices[point[edges[3]]] - base)
    kind = [x[edges[i]].astype(np.int64) for i in (0, 1) for x in (mesh.object_id, mesh.material)]
    label = np.stack(kind, 1)
    # All (i, j) such that j starts where i ends.
    order = np.argsort(edges[2], kind="stable")
    low = np.searchsorted(edges[2, order], edges[3], "left")
    count = np.searchsorted(edges[2, order], edges[3], "right") - low
    one = np.repeat(np.arange(n), count)
    offset = np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
    other = order[low[one] + offset]
    same = (label[one] == label[other]).all(1)
    for vector in (way, normal[edges[0]], normal[edges[1]]):
        same &= np.sum(vector[one] * vector[other], 1) > SAME
    graph = coo_matrix((np.ones(same.sum()), (one[same], other[same])), (n, n))
    chain = connected_components(graph, directed=False)[1]
    # Along the direction of the chain's first piece.
    _, first = np.unique(chain, return_index=True)
    place = np.sum((base - base[first[chain]]) * way[first[chain]], 1)
    order = np.lexsort((place, chain))
    head = order[np.flatnonzero(np.diff(chain[order], prepend=-1))]
    tail = order[np.flatnonzero(np.diff(chain[order], append=-1))]
    whole = np.stack([edges[0, head], edges[1, head], edges[2, head], edges[3, tail]])
    across = np.linalg.norm(_span(mesh, point[whole[2]], point[whole[3]]), axis=1)
    straight = np.bincount(chain, length) < across * (1.0 + STRAIGHT)
    return np.asarray(whole[:, straight])


def _wedges(mesh: TriMesh, rows: Index, normal: Array) -> Wedges:
    """Return the record of edges, in the order of their faces.

    Args:
        mesh: Theirs.
        rows: (5, n_edge) faces 0 and n, first and last vertex, 1 for the free edge of a sheet.
        normal: (n_face, 3).
    """
    face_0, face_n, first, last, sheet = rows[:, np.lexsort(rows[3::-1])]
    way = unit(_span(mesh, first, last))
    across = unit(normal[face_0] - np.sum(normal[face_0] * way, 1, keepdims=True) * way)
    interior = np.where(sheet, 0.0, _interior(way, normal[face_0], normal[face_n]))
    ends = np.stack([first, last], 1)
    faces = np.stack([face_0, face_n], 1)
    return Wedges(
        mesh.vertices[ends].astype(np.float64),
        way,
        cross(across, way),
        across,
        2.0 - interior / np.pi,
        mesh.object_id[faces],
        mesh.material[faces],
        mesh.velocity[ends].astype(np.float64),
        faces,
    )
