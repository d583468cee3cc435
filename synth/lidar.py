"""Lidar sweeps: one ray a beam and azimuth, with material, class and object of each point.

What returns less than a sensor tells is not seen: far and dark surfaces, and those met at a flat
angle. Weather weakens what surfaces return, and returns something itself: docs/weather.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from scenes.materials import MATERIAL_ID, MATERIALS
from scenes.sensors import Lidar
from scenes.spec import Weather
from synth.air_returns import air_returns, spreading, threshold
from synth.extinction import extinction
from synth.rays import RayScene

WAVELENGTH = 905e-9  # [m]
NOISE_CUT = 3.0  # range noise is cut at this many standard deviations: no wild points
AIR_OBJECT, AIR_MATERIAL = 0, 255  # of points that lie in the air: nothing was met
CLEAR = Weather()
NO_PAINTS: Mapping[int, float] = MappingProxyType({})
PAINT = MATERIAL_ID["car_paint"]


@dataclass(frozen=True)
class Sweep:
    """The points of one sweep.

    Attributes:
        point: (n_point, 3) float32 [m] in the lidar frame.
        intensity: (n_point,) float32, reflectivity times the cosine of incidence times what the
            air leaves there and back, 0..1.
        material: (n_point,) uint8; `AIR_MATERIAL` for points in the air.
        object: (n_point,) uint16; `AIR_OBJECT` for points in the air.
    """

    point: NDArray[np.float32]
    intensity: NDArray[np.float32]
    material: NDArray[np.uint8]
    object: NDArray[np.uint16]


def sweep(
    scene: RayScene,
    lidar: Lidar,
    rng: np.random.Generator,
    weather: Weather = CLEAR,
    paints: Mapping[int, float] = NO_PAINTS,
) -> Sweep:
    """Return one sweep of the world of this moment; of several returns of a ray the strongest.

    Args:
        scene: The world.
        lidar: The sensor.
        rng: Of range noise and of what the air returns.
        weather: Of the world.
        paints: Reflectivity of `car_paint` by object id; of other objects it is the material's.

    Raises:
        ConfigError: If the weather's rate is negative or its visibility not positive.
    """
    n_ray = len(lidar.directions)
    alpha = extinction(weather, WAVELENGTH)
    directions = lidar.directions @ lidar.world_from_lidar[:3, :3].T
    origin = np.tile(lidar.world_from_lidar[:3, 3].astype(np.float32), (n_ray, 1))
    hits = scene.first_hit(origin, directions.astype(np.float32))
    met = np.flatnonzero((hits.face >= 0) & (hits.distance <= lidar.range_max))
    mesh, face, length = scene.mesh, hits.face[met], hits.distance[met].astype(np.float64)
    cosine = np.abs(np.sum(mesh.normals(face) * directions[met], axis=1))
    brightness = _reflectivity(mesh.material[face], mesh.object_id[face], paints) * cosine
    left = np.exp(-2 * alpha * length)
    signal = brightness * left * spreading(length)
    seen = signal >= threshold(lidar.range_max)

    # Drawn for every ray, hit or not, so that a point's noise does not hang on other points.
    noise = np.clip(rng.standard_normal(n_ray), -NOISE_CUT, NOISE_CUT) * lidar.range_noise
    reach = np.full(n_ray, lidar.range_max)
    reach[met] = length
    rival = np.full(n_ray, threshold(lidar.range_max))
    rival[met[seen]] = np.maximum(signal[seen], rival[met[seen]])
    air = air_returns(weather, alpha, lidar.range_max, reach, rival, rng)

    shown = np.zeros(n_ray, bool)
    distance, intensity = np.zeros(n_ray), np.zeros(n_ray)
    material = np.full(n_ray, AIR_MATERIAL, np.uint8)
    owner = np.full(n_ray, AIR_OBJECT, np.uint16)
    shown[met[seen]] = True
    distance[met], intensity[met] = length, brightness * left
    material[met], owner[met] = mesh.material[face], mesh.object_id[face]
    won = np.flatnonzero(np.isfinite(air.distance))
    shown[won] = True
    distance[won] = air.distance[won]
    intensity[won] = air.signal[won] / spreading(air.distance[won])
    material[won], owner[won] = AIR_MATERIAL, AIR_OBJECT
    distance += noise
    return Sweep(
        (lidar.directions * distance[:, None])[shown].astype(np.float32),
        intensity[shown].clip(0, 1).astype(np.float32),
        material[shown],
        owner[shown],
    )


def _reflectivity(
    material: NDArray[np.uint8], owner: NDArray[np.uint16], paints: Mapping[int, float]
) -> NDArray[np.float64]:
    """Return the reflectivity (n_face,) of faces of these materials and objects."""
    found = np.array([record.reflectivity for record in MATERIALS])[material]
    painted = material == PAINT
    for number in np.unique(owner[painted]).tolist():
        if number in paints:
            found[painted & (owner == number)] = paints[number]
    return found
