"""Embree behind two calls: the first hit of each ray, and whether anything is in between.

The still world and what moves are apart: the still part is built once a sequence, the moving part
anew each frame, and only rays that meet its bounding box are asked of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, cast

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numba import njit
from numpy.typing import NDArray

from scenes.mesh import EMPTY_MESH, TriMesh, concatenate
from synth.facets import Facets, facets, joined
from synth.wedges import Wedges, join_wedges, wedges

FAR = np.float32(1e30)  # a distance [m] beyond everything


@dataclass(frozen=True)
class Hits:
    """First hits of rays.

    Attributes:
        distance: (n_ray,) float32, in units of the direction's length [m for unit directions];
            infinite where nothing is hit.
        face: (n_ray,) int32, a face of `RayScene.mesh`; -1 where nothing is hit.
        second: (n_ray,) float32, weight of the face's second vertex.
        third: (n_ray,) float32, of its third; the first has the rest of one.
        normal: (n_ray, 3) float32, of the face, of any length.
    """

    distance: NDArray[np.float32]
    face: NDArray[np.int32]
    second: NDArray[np.float32]
    third: NDArray[np.float32]
    normal: NDArray[np.float32]


class RayScene:
    """A still and a moving mesh to shoot rays at.

    Attributes:
        mesh: Both meshes as one, the still one first; faces of `Hits` count through it.
        n_motionless: Number of the first faces that surely have no velocity.
        present: (256,) whether each material is anywhere.
    """

    def __init__(
        self, still: TriMesh, moving: TriMesh = EMPTY_MESH, shared: RayScene | None = None
    ) -> None:
        """Build what needs building.

        Args:
            still: The mesh that does not change.
            moving: The mesh of this moment.
            shared: A scene of the very same still mesh, whose Embree structure is used again.

        Raises:
            ValueError: If a vertex or a velocity is not finite; names the object.
        """
        for mesh in (moving,) if shared is not None else (still, moving):
            _require_finite(mesh)
        self.mesh = concatenate([still, moving]) if moving.n_face else still
        self._parts = still, moving
        self._n_still = still.n_face
        if shared is None:
            self.n_motionless = 0 if still.velocity.any() else still.n_face
            self._still_present = np.bincount(still.material, minlength=256) > 0
        else:
            self.n_motionless = shared.n_motionless
            self._still_present = shared._still_present
        self.present = self._still_present | (np.bincount(moving.material, minlength=256) > 0)
        self._shared = shared
        self._known: dict[tuple[str, float], Any] = {}
        self._still: EmbreeScene | None = _build(still) if shared is None else shared._still
        self._moving = _build(moving)
        if moving.n_face:
            self._low = moving.vertices.min(0) - np.float32(1e-3)
            self._high = moving.vertices.max(0) + np.float32(1e-3)

    def facets(self, smallest: float) -> Facets:
        """Return the mesh's facets; those of at least `smallest` [m^2] are mirrors."""
        still = self._still_once("facets", smallest, lambda mesh: facets(mesh, smallest))
        moving = self._parts[1]
        return joined(still, facets(moving, smallest)) if moving.n_face else still

    def edges(self, shortest: float) -> Wedges:
        """Return the mesh's wedges longer than `shortest` [m]."""
        still = self._still_once("edges", shortest, lambda mesh: wedges(mesh, shortest))
        moving = self._parts[1]
        if not moving.n_face:
            return cast(Wedges, still)
        found = wedges(moving, shortest)
        return join_wedges([still, replace(found, face=found.face + self._n_still)])

    def _still_once(self, name: str, least: float, find: Callable[[TriMesh], Any]) -> Any:
        """Return what is found in the still mesh, found once for all scenes that share it."""
        if self._shared is not None:
            return self._shared._still_once(name, least, find)
        if (name, least) not in self._known:
            self._known[name, least] = find(self._parts[0])
        return self._known[name, least]

    def first_hit(
        self,
        origin: NDArray[np.float32],
        direction: NDArray[np.float32],
        still: Hits | None = None,
    ) -> Hits:
        """Return the nearest hit of each ray.

        Args:
            origin: (n_ray, 3) [m].
            direction: (n_ray, 3), of any length.
            still: The same rays' hits of the still mesh alone, if they are known.
        """
        n_ray = len(origin)
        if still is not None:
            hits = Hits(*(getattr(still, field.name).copy() for field in fields(Hits)))
        elif self._still is not None and n_ray:
            hits = _hits(self._still.run(origin, direction, output=1))
        else:
            hits = Hits(
                np.full(n_ray, np.inf, np.float32),
                np.full(n_ray, -1, np.int32),
                np.zeros(n_ray, np.float32),
                np.zeros(n_ray, np.float32),
                np.zeros((n_ray, 3), np.float32),
            )
        if self._moving is not None and n_ray:
            index = _meets_box(origin, direction, hits.distance, self._low, self._high)
            if len(index):
                answer = _hits(self._moving.run(origin[index], direction[index], output=1))
                _keep_nearest(hits, index, answer, self._n_still)
        return hits

    def occluded(
        self,
        origin: NDArray[np.float32],
        direction: NDArray[np.float32],
        distance: NDArray[np.float32],
    ) -> NDArray[np.bool_]:
        """Return (n_ray,) whether anything stands within `distance` [m] along unit directions."""
        blocked = np.zeros(len(origin), bool)
        if self._still is not None and len(origin):
            answer = self._still.run(origin, direction, dists=distance, query="OCCLUDED")
            blocked = answer == 0
        if self._moving is not None and len(origin):
            index = _meets_box(origin, direction, distance, self._low, self._high)
            index = index[~blocked[index]]
            if len(index):
                blocked[index] = (
                    self._moving.run(
                        origin[index], direction[index], dists=distance[index], query="OCCLUDED"
                    )
                    == 0
                )
        return blocked


def _build(mesh: TriMesh) -> EmbreeScene | None:
    if not mesh.n_face:
        return None
    scene = EmbreeScene()
    TriangleMesh(scene, mesh.vertices, mesh.faces)
    return scene


def _require_finite(mesh: TriMesh) -> None:
    for what, values in (("positions", mesh.vertices), ("velocities", mesh.velocity)):
        if not np.isfinite(values).all():
            bad = ~np.isfinite(values).all(1)
            owner = mesh.object_id[bad[mesh.faces].any(1)]
            raise ValueError(
                f"object {owner[0] if len(owner) else '?'}: {bad.sum()} vertices have {what} that "
                "are not finite; mend its mesh"
            )


def _hits(answer: dict[str, NDArray[Any]]) -> Hits:
    """Return Embree's answer as a record."""
    face = answer["primID"]
    distance = np.where(face < 0, np.float32(np.inf), answer["tfar"])
    return Hits(distance, face, answer["u"], answer["v"], answer["Ng"])


def _keep_nearest(hits: Hits, index: NDArray[np.int64], found: Hits, first_face: int) -> None:
    """Write what rays `index` found where it is nearer than `hits`."""
    near = found.distance < hits.distance[index]
    where = index[near]
    hits.distance[where] = found.distance[near]
    hits.face[where] = found.face[near] + first_face
    hits.second[where], hits.third[where] = found.second[near], found.third[near]
    hits.normal[where] = found.normal[near]


@njit(cache=True)
def _meets_box(origin, direction, distance, low, high):  # type: ignore[no-untyped-def]
    """Return the rays (n,) that pass the box before `distance`: the slab test."""
    index = np.empty(len(origin), np.int64)
    count = 0
    for i in range(len(origin)):
        near, far = np.float32(0.0), distance[i]
        for axis in range(3):
            speed = direction[i, axis]
            to_low, to_high = low[axis] - origin[i, axis], high[axis] - origin[i, axis]
            if speed == 0.0:
                if to_low > 0.0 or to_high < 0.0:
                    far = np.float32(-1.0)
                continue
            first, second = to_low / speed, to_high / speed
            near = max(near, min(first, second))
            far = min(far, max(first, second))
        if near <= far:
            index[count] = i
            count += 1
    return index[:count]
