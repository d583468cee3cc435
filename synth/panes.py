"""Legs of paths: what stands in between, and what panes let through of the field.

Glass and other thin sheets hide nothing altogether: a leg that is blocked only by them goes on,
with their transmission.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from synth.rays import RayScene
from synth.reflection import SurfaceTable, reflected_field, tabulated
from synth.vectors import FAST, dot, load, store, times

OFFSET = np.float32(1e-3)  # [m] by which a ray leaves the surface it starts from
MOST_PANES = 4  # on one leg, as through both panes of two parked cars


def passed(
    scene: RayScene,
    surfaces: SurfaceTable,
    origin: NDArray[np.float32],
    direction: NDArray[np.float32],
    distance: NDArray[np.float32],
    field: NDArray[np.complexfloating[Any, Any]],
) -> NDArray[np.bool_]:
    """Return (n,) whether each leg is open; what its panes take is taken from its field.

    Args:
        scene: The world.
        surfaces: The materials.
        origin: (n, 3) [m], off any surface.
        direction: (n, 3) unit vectors.
        distance: (n,) [m] to be free.
        field: (n, 3) complex, across the direction; changed in place.
    """
    clear = ~scene.occluded(origin, direction, distance)
    mesh = scene.mesh
    thin = surfaces.thickness > 0
    if clear.all() or not scene.present[: len(thin)][thin].any():
        return clear
    rows = np.flatnonzero(~clear)
    place, left = origin[rows], distance[rows]
    for n_passed in range(MOST_PANES + 1):
        hits = scene.first_hit(place, direction[rows])
        reached = hits.distance >= left
        clear[rows[reached]] = True
        on = ~reached
        on[on] = thin[mesh.material[hits.face[on]]]
        if n_passed == MOST_PANES or not on.any():
            break
        rows, place, left = rows[on], place[on], left[on]
        face, step = hits.face[on], hits.distance[on] + OFFSET
        _transmit(
            field, rows, direction, hits.normal[on], mesh.material[face],
            surfaces.coefficient,
        )  # fmt: skip
        place = place + step[:, None] * direction[rows]
        left = left - step
    return clear


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _transmit(field, rows, direction, normal, material, coefficient):  # type: ignore[no-untyped-def]
    """Let field[rows] (n_ray, 3) pass sheets with normals (n, 3) of any length."""
    for j in range(len(rows)):
        way, across = load(direction, rows[j]), load(normal, j)
        size = np.sqrt(dot(across, across))
        if size > 0.0:
            cosine = min(abs(dot(across, way)) / size, 1.0)
            _, _, te, tm, _ = tabulated(coefficient[material[j]], cosine)
            across = times(1.0 / size, across)
            store(field, rows[j], reflected_field(load(field, rows[j]), way, across, 0.0, te, tm))
