"""Sun and sky: an analytic sky with clouds as a picture of all directions, and the sun's strength.

A picture is several times cheaper to shade than a sky formula at each ray, and as smooth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scenes.sensors import direction
from scenes.spec import Daylight

SIZE = (256, 512)  # of the picture: 0.7 degrees a pixel, fine for clouds seen without zoom
SUN_ANGLE = 0.0093  # angular diameter of the sun [rad]

# Perez coefficients A to E over turbidity, for Y, x and y (slope, offset).
_PEREZ = {
    "Y": np.array([[0.1787, -1.4630], [-0.3554, 0.4275], [-0.0227, 5.3251], [0.1206, -2.5771],
                   [-0.0670, 0.3703]]),
    "x": np.array([[-0.0193, -0.2592], [-0.0665, 0.0008], [-0.0004, 0.2125], [-0.0641, -0.8989],
                   [-0.0033, 0.0452]]),
    "y": np.array([[-0.0167, -0.2608], [-0.0950, 0.0092], [-0.0079, 0.2102], [-0.0441, -1.6537],
                   [-0.0109, 0.0529]]),
}  # fmt: skip
# Zenith chromaticity: rows turbidity^2, turbidity, 1; columns the sun's zenith angle^3 to ^0.
_ZENITH_X = np.array([[0.00166, -0.00375, 0.00209, 0.0], [-0.02903, 0.06377, -0.03202, 0.00394],
                      [0.11693, -0.21196, 0.06052, 0.25886]])  # fmt: skip
_ZENITH_Y = np.array([[0.00275, -0.00610, 0.00317, 0.0], [-0.04214, 0.08970, -0.04153, 0.00516],
                      [0.15346, -0.26756, 0.06670, 0.26688]])  # fmt: skip
_RGB_FROM_XYZ = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415],
                          [0.0557, -0.2040, 1.0570]])  # fmt: skip  # IEC 61966-2-1


def sun_direction(daylight: Daylight) -> NDArray[np.float64]:
    """Return the unit vector (3,) towards the sun."""
    return direction(np.array(daylight.azimuth), np.array(daylight.elevation))


def sun_strength(daylight: Daylight) -> float:
    """Return the sun's irradiance across its rays, where the whole sky gives 1 on level ground.

    Between 7 in clear air and 2 in haze at 45 degrees, as in measured luminous efficacies of clear
    skies (direct normal over diffuse horizontal illuminance); clouds take from the rest.
    """
    clear = 8.0 * np.exp(-0.22 * (daylight.turbidity - 2))
    path = np.sin(np.radians(45)) / np.sin(daylight.elevation)  # air mass against 45 degrees
    return float(clear * np.exp(-0.15 * (path - 1)) * (1 - 0.35 * daylight.cloudiness))


def sky_picture(daylight: Daylight) -> NDArray[np.float32]:
    """Return the sky (height, width, 3), linear BT.709, the whole giving 1 on level ground.

    Equirectangular, the upper row the zenith, the middle column ahead (world y); the lower half is
    the haze on the horizon, which only far ground and reflections show.

    Source: Preetham, Shirley, Smits, SIGGRAPH 1999, appendix; clouds are our own.
    """
    height, width = SIZE
    elevation = np.pi / 2 - (np.arange(height) + 0.5) / height * np.pi
    azimuth = (np.arange(width) + 0.5) / width * 2 * np.pi - np.pi
    way = direction(*np.broadcast_arrays(azimuth, elevation[:, None]))
    up = np.maximum(way[..., 2], 0.01)
    sky = _clear(daylight, up, np.clip(way @ sun_direction(daylight), -1, 1))
    share, light = _clouds(daylight, way, up)
    mean = sky[: height // 2].mean((0, 1)) @ [0.3, 0.6, 0.1]
    white = np.array([0.98, 1.0, 1.03]) * mean * 1.9
    sky = sky * (1 - share[..., None]) + share[..., None] * light[..., None] * white
    sky[height // 2 :] = 0.55 * sky[height // 2 - 1]
    # Irradiance on level ground: sum of L sin(elevation) over the upper half's solid angles.
    weight = np.maximum(np.sin(elevation), 0) * np.cos(elevation) * (np.pi / height)
    irradiance = (sky.mean(2) * weight[:, None]).sum() * (2 * np.pi / width)
    return np.asarray(sky / irradiance, np.float32)


def _clear(
    daylight: Daylight, up: NDArray[np.float64], cos_sun: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return Preetham's sky of directions with sine of elevation `up`."""
    turbidity, zenith_angle = daylight.turbidity, np.pi / 2 - daylight.elevation
    angle = np.arccos(cos_sun)

    def perez(name: str, up: NDArray[np.float64], angle: NDArray[np.float64]) -> NDArray[np.float64]:
        a, b, c, d, e = _PEREZ[name] @ [turbidity, 1.0]
        value = (1 + a * np.exp(b / up)) * (1 + c * np.exp(d * angle) + e * np.cos(angle) ** 2)
        return np.asarray(value)

    powers = zenith_angle ** np.arange(3, -1, -1)
    chi = (4 / 9 - turbidity / 120) * (np.pi - 2 * zenith_angle)
    zenith = {
        "Y": (4.0453 * turbidity - 4.9710) * np.tan(chi) - 0.2155 * turbidity + 2.4192,
        "x": float(np.array([turbidity**2, turbidity, 1.0]) @ _ZENITH_X @ powers),
        "y": float(np.array([turbidity**2, turbidity, 1.0]) @ _ZENITH_Y @ powers),
    }
    value = {
        name: zenith[name]
        * perez(name, up, angle)
        / perez(name, np.array(1.0), np.array(zenith_angle))
        for name in ("Y", "x", "y")
    }
    scale = value["Y"] / value["y"]
    xyz = np.stack(
        [scale * value["x"], value["Y"], scale * (1 - value["x"] - value["y"])], axis=-1
    )
    return np.asarray(np.clip(xyz @ _RGB_FROM_XYZ.T, 0, None))


def _clouds(
    daylight: Daylight, way: NDArray[np.float64], up: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how much of each direction is cloud, and how bright it is (about 1)."""
    if daylight.cloudiness < 0.02:
        return np.zeros(up.shape), np.ones(up.shape)
    rng = np.random.default_rng(daylight.seed)
    size, noise = 512, np.zeros((512, 512))
    for octave in range(6):
        layer = ndimage.gaussian_filter(
            rng.standard_normal((size, size)), size / 2 ** (octave + 3), mode="wrap"
        )
        noise += layer / layer.std() * 0.55**octave
    noise /= noise.std()
    # A level of clouds at height 1, seen from below; further ones move together.
    u, v = (way[..., axis] / (up + 0.12) * 60 + 256 for axis in (0, 1))
    seen = ndimage.map_coordinates(noise, [v, u], order=1, mode="grid-wrap")
    level = -1.8 * (2 * daylight.cloudiness - 1)
    share = np.clip((seen - level + 0.4) / 1.0, 0, 1) ** 1.5 * np.clip(up * 12, 0, 1)
    return share * 0.92, 1.1 - 0.25 * np.clip(seen - level - 0.5, 0, 1.5)
