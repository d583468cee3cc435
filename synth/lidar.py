"""Lidar sweeps: one ray a beam and azimuth, with material, class and object of each point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.materials import MATERIALS
from scenes.sensors import Lidar
from synth.rays import RayScene

NOISE_CUT = 3.0  # range noise is cut at this many standard deviations: no wild points


@dataclass(frozen=True)
class Sweep:
    """The points of one sweep.

    Attributes:
        point: (n_point, 3) float32 [m] in the lidar frame.
        intensity: (n_point,) float32, reflectivity times the cosine of incidence, 0..1.
        material: (n_point,) uint8.
        object: (n_point,) uint16.
    """

    point: NDArray[np.float32]
    intensity: NDArray[np.float32]
    material: NDArray[np.uint8]
    object: NDArray[np.uint16]


def sweep(scene: RayScene, lidar: Lidar, rng: np.random.Generator) -> Sweep:
    """Return one sweep of the world of this moment."""
    directions = lidar.directions @ lidar.world_from_lidar[:3, :3].T
    origin = np.tile(lidar.world_from_lidar[:3, 3].astype(np.float32), (len(directions), 1))
    hits = scene.first_hit(origin, directions.astype(np.float32))
    met = np.flatnonzero((hits.face >= 0) & (hits.distance <= lidar.range_max))
    mesh, face = scene.mesh, hits.face[met]
    cosine = np.abs(np.sum(mesh.normals(face) * directions[met], axis=1))
    # Drawn for every ray, hit or not, so that a point's noise does not hang on other points.
    noise = np.clip(rng.standard_normal(len(directions)), -NOISE_CUT, NOISE_CUT)[met]
    distance = hits.distance[met] + lidar.range_noise * noise
    reflectivity = np.array([material.reflectivity for material in MATERIALS])
    return Sweep(
        (lidar.directions[met] * distance[:, None]).astype(np.float32),
        (reflectivity[mesh.material[face]] * cosine).astype(np.float32),
        mesh.material[face],
        mesh.object_id[face],
    )
