"""Paths: from a world, a rig and rays to everything that reaches the array.

Tubes of power scatter (`synth.shoot`); the mirrors that they meet one after the other are the
candidates of exact specular paths (`synth.specular`); line of sight and diffraction are added
where the configuration asks for them. See docs/physics.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scenes.config import SPEED_OF_LIGHT, RadioConfig
from scenes.sensors import Radar, angles
from synth.diffraction import diffracted
from synth.launch import Launch
from synth.paths import SCATTERED, Paths, join, roulette
from synth.rays import RayScene
from synth.reflection import SurfaceTable
from synth.shoot import Scattered, shoot
from synth.specular import line_of_sight, specular_paths

MIRROR_LOBE = 0.0136  # [rad] 1/e radius of a facet's lobe below which rays 5 mrad apart miss it
SHORTEST_EDGE = 10.0  # [wavelengths] of edges that diffract


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
    facets = scene.facets(mirror_area(config))
    scattered, chains = shoot(scene, facets, radar, config, surfaces, rays)
    parts = [
        _thinned(scattered, config, rays),
        specular_paths(scene, facets, radar, config, surfaces, chains),
    ]
    if radar.direct:
        parts.append(line_of_sight(scene, radar, config, surfaces))
    if config.diffraction:
        edges = scene.edges(SHORTEST_EDGE * config.wavelength)
        # Of mirrors only: smaller facets have lobes instead. Panes have no edges that tell.
        whole = (facets.mirror[edges.face] >= 0) & (surfaces.thickness[edges.material] == 0)
        edges = edges[whole.all(1)]
        parts.append(diffracted(scene, radar, config, surfaces, edges))
    return _finite(join(parts))


def mirror_area(config: RadioConfig) -> float:
    """Return the area [m^2] from which a facet is a mirror rather than a lobe to sample."""
    return config.wavelength**2 / (np.pi * MIRROR_LOBE**2) if config.finite_facets else 0.0


def _thinned(scattered: Scattered, config: RadioConfig, rays: Launch) -> Paths:
    """Return the scattered paths, about `config.max_path` of them."""
    gain = scattered.gain
    rows: NDArray[np.int64] | slice = slice(None)
    if len(gain) > config.max_path:
        power = gain.real**2 + gain.imag**2
        rows, boost = roulette(power, scattered.chance, config.max_path)
        gain = gain[rows] * boost
    return Paths(
        gain.astype(np.complex64),
        scattered.length[rows] / SPEED_OF_LIGHT,
        angles(scattered.arrival[rows].astype(np.float64)).astype(np.float32),
        rays.aod[scattered.ray[rows]],
        (scattered.closing[rows] / config.wavelength).astype(np.float32),
        scattered.object[rows],
        scattered.material[rows],
        scattered.bounces[rows],
        np.full(len(gain), SCATTERED, np.uint8),
    )


def _finite(paths: Paths) -> Paths:
    bad = ~(np.isfinite(paths.gain) & np.isfinite(paths.delay) & np.isfinite(paths.doppler))
    bad |= ~(np.isfinite(paths.aoa) & np.isfinite(paths.aod)).all(1)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"{bad.sum()} paths are not finite, the first over object {paths.object[first]} of "
            f"material {paths.material[first]}: check that object's vertices and velocities"
        )
    return paths
