"""Checks of a TriMesh before rays meet it: whole numbers, closed bodies, nobody inside of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scenes.materials import MATERIALS
from scenes.mesh import TriMesh

# A triangle whose height is less than this share of its longest side has no area: float32
# coordinates cannot tell its corners from a line.
FLAT = 1e-6
# An open surface, as a ground plane, winds around a point at most by a half; a closed one by 1,
# and a building without a floor by nearly that.
INSIDE = 0.75


class MeshError(ValueError):
    """A mesh that rays cannot be traced in; the message names object, fault and next step."""


def checked(
    mesh: TriMesh, names: Mapping[int, str], solid: Collection[int] = ()
) -> tuple[TriMesh, int]:
    """Return the mesh without triangles that have no area, and how many those were.

    Args:
        mesh: Any triangles.
        names: Of objects by id, for errors; an object without one is called by its number.
        solid: Ids of the objects that have to be closed, with all faces outward. What stands at
            one position counts as one vertex; where bodies of one object touch, four faces may
            share an edge. Ids that the mesh does not have are passed over.

    Raises:
        MeshError: If a number is not finite, an index points nowhere, or a solid object is open,
            wound in two senses or inside out.
    """
    _check_indices(mesh, names)
    for what, array in (
        ("positions", mesh.vertices),
        ("velocities", mesh.velocity),
        ("positions at rest", mesh.body_vertices),
    ):
        _check_finite(mesh, names, what, array)
    if solid:
        order = np.argsort(mesh.object_id, kind="stable")
        ids = mesh.object_id[order]
        for object_id in sorted(solid):
            first, end = np.searchsorted(ids, (object_id, object_id + 1))
            if first < end:
                _check_solid(mesh.vertices, mesh.faces[order[first:end]], _name(names, object_id))
    flat = _without_area(mesh)
    n_dropped = int(flat.sum())
    if not n_dropped:
        return mesh, 0
    kept = replace(
        mesh,
        faces=mesh.faces[~flat],
        object_id=mesh.object_id[~flat],
        material=mesh.material[~flat],
    )
    return kept, n_dropped


def enclosing(mesh: TriMesh, point: Sequence[float] | NDArray[np.float64]) -> int | None:
    """Return the id of the closed object that a point (3,) [m] is inside of; None if of none.

    An object counts from a winding number of `INSIDE` on: not a ground plane under or over the
    point, but a building without a floor, and now and then layers of leaves that face one way.

    Source: generalised winding number, Jacobson, Kavan, Sorkine-Hornung, ACM Trans. Graph. 32(4),
    2013, equation 5; solid angle of a triangle, Van Oosterom and Strackee, IEEE Trans. Biomed.
    Eng. 30(2), 1983, equation 8.
    """
    if not mesh.n_face:
        return None
    x, y, z = (mesh.vertices.astype(np.float64) - np.asarray(point, np.float64)).T
    length = np.sqrt(x * x + y * y + z * z)
    a, b, c = mesh.faces.T
    la, lb, lc = length[a], length[b], length[c]
    (ax, bx, cx), (ay, by, cy), (az, bz, cz) = ((v[a], v[b], v[c]) for v in (x, y, z))
    volume = ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
    below = (
        la * lb * lc
        + (ax * bx + ay * by + az * bz) * lc
        + (bx * cx + by * cy + bz * cz) * la
        + (cx * ax + cy * ay + cz * az) * lb
    )
    winding = np.bincount(mesh.object_id, np.arctan2(volume, below)) / (2 * np.pi)
    best = int(winding.argmax())
    return best if winding[best] > INSIDE else None


def require_free(
    mesh: TriMesh, names: Mapping[int, str], **points: Sequence[float] | NDArray[np.float64]
) -> None:
    """Refuse points that are inside an object.

    Args:
        mesh: Any triangles.
        names: Of objects by id; only objects with a name here are looked at.
        points: (3,) [m], each by what stands there, as `receiver=(0, 0, 6.5)`.

    Raises:
        MeshError: One line that names what is inside of which object.
    """
    looked_at = np.zeros(65536, bool)
    looked_at[list(names)] = True
    keep = looked_at[mesh.object_id]
    if not keep.all():
        mesh = replace(mesh, faces=mesh.faces[keep], object_id=mesh.object_id[keep])
    for what, point in points.items():
        found = enclosing(mesh, point)
        if found is not None:
            place = ", ".join(f"{value:g}" for value in point)
            raise MeshError(
                f"the {what} at ({place}) m is inside {names[found]}: move the {what} out of it, "
                f"or {names[found]} away"
            )


def _name(names: Mapping[int, str], object_id: int) -> str:
    return names.get(object_id, f"object {object_id}")


def _check_indices(mesh: TriMesh, names: Mapping[int, str]) -> None:
    for what, bad, step in (
        (
            f"vertices outside 0 to {len(mesh.vertices) - 1}",
            ((mesh.faces < 0) | (mesh.faces >= len(mesh.vertices))).any(1),
            "build its faces anew",
        ),
        (
            f"materials outside 0 to {len(MATERIALS) - 1}",
            mesh.material >= len(MATERIALS),
            "take them from scenes.materials.MATERIAL_ID",
        ),
    ):
        if bad.any():
            first = bad & (mesh.object_id == mesh.object_id[bad.argmax()])
            name = _name(names, int(mesh.object_id[bad.argmax()]))
            raise MeshError(f"{name} has {first.sum()} triangles with {what}: {step}")


def _check_finite(
    mesh: TriMesh, names: Mapping[int, str], what: str, array: NDArray[np.float32]
) -> None:
    if np.isfinite(array).all():
        return
    bad = ~np.isfinite(array).all(1)
    touched = bad[mesh.faces].any(1)
    if touched.any():
        object_id = int(mesh.object_id[touched.argmax()])
        own = np.unique(mesh.faces[mesh.object_id == object_id])
        name, count = _name(names, object_id), bad[own].sum()
    else:
        name, count = "no object, but the mesh,", bad.sum()
    raise MeshError(f"{name} has {count} vertices with {what} that are not finite: mend its model")


def _without_area(mesh: TriMesh) -> NDArray[np.bool_]:
    """Return (n_face,) which triangles are no higher than `FLAT` of their longest side."""
    a, b, c = mesh.faces.T
    first, second = [], []
    for axis in np.ascontiguousarray(mesh.vertices.T):
        origin = axis[a]
        first.append(axis[b] - origin)
        second.append(axis[c] - origin)
    (px, py, pz), (qx, qy, qz) = first, second
    double = (py * qz - pz * qy) ** 2 + (pz * qx - px * qz) ** 2 + (px * qy - py * qx) ** 2
    p2, q2 = px * px + py * py + pz * pz, qx * qx + qy * qy + qz * qz
    third2 = p2 + q2 - 2 * (px * qx + py * qy + pz * qz)
    longest2 = np.maximum(np.maximum(p2, q2), third2)
    return np.asarray(double <= (np.float32(FLAT) * longest2) ** 2)


def _check_solid(vertices: NDArray[np.float32], faces: NDArray[np.int32], name: str) -> None:
    """Raise MeshError unless the faces (n, 3) of one object are closed and face outward."""
    if not _is_balanced(faces, len(vertices)):
        used, index = np.unique(faces, return_inverse=True)
        _, at = np.unique(vertices[used] + np.float32(0), axis=0, return_inverse=True)  # no -0
        n_open = _open_edges(at.ravel()[index].reshape(-1, 3), len(used))
        if n_open:
            raise MeshError(
                f"{name} is not closed, it has {n_open} open edges: close its holes, or leave it "
                "out of what has to be solid"
            )
        if not _is_balanced(at.ravel()[index].reshape(-1, 3), len(used)):
            raise MeshError(
                f"{name} has faces wound in two senses: turn them counter-clockwise seen from "
                "outside"
            )
    corner = vertices[faces].astype(np.float64) - vertices[faces[0, 0]]
    volume = np.einsum("ij,ij->", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])) / 6
    if volume < 0:
        raise MeshError(
            f"{name} is inside out, its volume is {volume:.3g} m^3: turn its faces "
            "counter-clockwise seen from outside"
        )


def _directed(faces: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the start and end vertices (n_edge,) of the faces' edges, without edges of none."""
    start = faces.astype(np.int64)
    end = np.roll(start, -1, 1)
    keep = start != end
    return start[keep], end[keep]


def _is_balanced(faces: NDArray[np.int32], n_vertex: int) -> bool:
    """Return whether each edge is passed as often in one sense as in the other."""
    start, end = _directed(faces)
    there, back = start * n_vertex + end, end * n_vertex + start
    there.sort()
    back.sort()
    return np.array_equal(there, back)


def _open_edges(faces: NDArray[np.int32], n_vertex: int) -> int:
    """Return how many edges an odd number of faces share."""
    start, end = _directed(faces)
    edge = np.minimum(start, end) * n_vertex + np.maximum(start, end)
    return int((np.unique(edge, return_counts=True)[1] % 2).sum())
