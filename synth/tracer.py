"""Paths: from a world, a rig and rays to everything that reaches the array.

Tubes of power scatter (`synth.shoot`); the mirrors that they meet one after the other are the
candidates of exact specular paths (`synth.specular`); line of sight and diffraction are added
where the configuration asks for them. See docs/physics.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.config import SPEED_OF_LIGHT, RadioConfig
from scenes.sensors import Radar, angles, direction, tilted_frame
from synth.antenna import far_field
from synth.diffraction import diffracted
from synth.paths import SCATTERED, Paths, join, roulette
from synth.rays import RayScene
from synth.reflection import SurfaceTable
from synth.shoot import Scattered, shoot
from synth.specular import line_of_sight, specular_paths

MIRROR_LOBE = 0.0136  # [rad] 1/e radius of a facet's lobe below which rays 5 mrad apart miss it
SHORTEST_EDGE = 10.0  # [wavelengths] of edges that diffract


@dataclass(frozen=True)
class Launch:
    """The rays of one sequence: the same in each frame, so that a still world stays still.

    Attributes:
        direction: (n_ray, 3) unit vectors in the radar frame.
        field: (n_ray, 3) what each tube carries of the transmitted field, in the radar frame: the
            transmitter's far field times the root of solid angle / 4 pi.
        solid_angle: Of each ray's tube [sr].
        chance: (n_ray, n_bounce) uniform numbers in 0..1 that thinning uses.
    """

    direction: NDArray[np.float64]
    field: NDArray[np.float64]
    solid_angle: float
    chance: NDArray[np.float64]


def launch(config: RadioConfig, radar: Radar, rng: np.random.Generator) -> Launch:
    """Return about `config.n_ray` rays, jittered in cells of equal solid angle.

    Cells are equal steps of azimuth, about where the transmitter faces, and of the sine of
    elevation, so their count is the product of two whole numbers, within 1 % of what was asked.
    """
    width = np.radians(config.azimuth_span_deg)
    low, high = np.sin(np.radians([config.elevation_min_deg, config.elevation_max_deg]))
    n_azimuth = max(1, round(np.sqrt(config.n_ray * width / (high - low))))
    n_elevation = max(1, round(config.n_ray / n_azimuth))
    jitter = rng.random((2, n_elevation, n_azimuth))
    azimuth = ((np.arange(n_azimuth) + jitter[0]) / n_azimuth - 0.5) * width
    sine = low + (np.arange(n_elevation)[:, None] + jitter[1]) / n_elevation * (high - low)
    ahead = radar.transmit_panel[:, 1]
    level = tilted_frame(0.0, float(np.arctan2(ahead[0], ahead[1])))
    rays = direction(azimuth, np.arcsin(sine)).reshape(-1, 3) @ level.T
    solid_angle = width * (high - low) / len(rays)
    field = far_field(radar.element, radar.polarization[0], radar.transmit_panel, rays)
    chance = rng.random((len(rays), config.n_bounce))
    return Launch(rays, field * np.sqrt(solid_angle / (4 * np.pi)), solid_angle, chance)


def trace(
    scene: RayScene, radar: Radar, config: RadioConfig, surfaces: SurfaceTable, rays: Launch
) -> Paths:
    """Return the paths from the transmitter to the array; scattered ones are thinned.

    Args:
        scene: The world of this moment.
        radar: Where transmitter and array are.
        config: The radio parameters.
        surfaces: The materials at the carrier.
        rays: What to launch.

    Raises:
        ValueError: If a path comes out that is not finite.
    """
    flat = scene.flat(mirror_area(config))
    scattered, chains = shoot(
        scene, flat, radar, config, surfaces, rays.direction, rays.field, rays.solid_angle
    )
    parts = [
        _thinned(scattered, config, rays),
        specular_paths(scene, flat[1], radar, config, surfaces, chains),
    ]
    if radar.direct:
        parts.append(line_of_sight(scene, radar, config, surfaces))
    if config.diffraction:
        edges = scene.edges(SHORTEST_EDGE * config.wavelength)
        parts.append(diffracted(scene, radar, config, surfaces, edges))
    return _finite(join(parts))


def mirror_area(config: RadioConfig) -> float:
    """Return the area [m^2] from which a facet is a mirror rather than a lobe to sample."""
    return config.wavelength**2 / (np.pi * MIRROR_LOBE**2) if config.finite_facets else 0.0


def _thinned(scattered: Scattered, config: RadioConfig, rays: Launch) -> Paths:
    """Return the scattered paths, about `config.max_path` of them."""
    gain = scattered.gain
    power = gain.real**2 + gain.imag**2
    rows, boost = roulette(
        power, rays.chance[scattered.ray, scattered.bounces - 1], config.max_path
    )
    ray = scattered.ray[rows]
    return Paths(
        (gain[rows] * boost).astype(np.complex64),
        scattered.length[rows] / SPEED_OF_LIGHT,
        angles(scattered.arrival[rows].astype(np.float64)).astype(np.float32),
        angles(rays.direction[ray]).astype(np.float32),
        (scattered.closing[rows] / config.wavelength).astype(np.float32),
        scattered.object[rows],
        scattered.material[rows],
        scattered.bounces[rows],
        np.full(len(ray), SCATTERED, np.uint8),
    )


def _finite(paths: Paths) -> Paths:
    bad = ~(np.isfinite(paths.gain) & np.isfinite(paths.delay) & np.isfinite(paths.doppler))
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"{bad.sum()} paths are not finite, the first over object {paths.object[first]} of "
            f"material {paths.material[first]}: check that object's vertices and velocities"
        )
    return paths
