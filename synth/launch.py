"""The launch: tubes of equal solid angle that share out the transmitted field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.config import RadioConfig
from scenes.sensors import Radar, angles, direction, tilted_frame
from synth.antenna import far_field


@dataclass(frozen=True)
class Launch:
    """The rays of one sequence: the same in each frame, so that a still world stays still.

    Attributes:
        direction: (n_ray, 3) float32 unit vectors in the world.
        field: (n_ray, 3) complex64, what each tube carries of the transmitted field, in the world:
            the transmitter's far field times the root of solid angle / 4 pi.
        aod: (n_ray, 2) float32, azimuth and elevation in the radar frame [rad].
        solid_angle: Of each ray's tube [sr].
        chance: (n_ray, n_bounce) uniform numbers in 0..1 that thinning uses.
    """

    direction: NDArray[np.float32]
    field: NDArray[np.complex64]
    aod: NDArray[np.float32]
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
    rotation = radar.world_from_radar[:3, :3]
    return Launch(
        (rays @ rotation.T).astype(np.float32),
        (field * np.sqrt(solid_angle / (4 * np.pi)) @ rotation.T).astype(np.complex64),
        angles(rays).astype(np.float32),
        solid_angle,
        chance,
    )
