"""Skies that the sun does not shine in: under clouds, rain, snow, fog and dust, at dusk, at night.

Radiances are relative; `scenes.light.sky.make_light` scales them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scenes.spec import CONTRAST, RGB, Daylight, Weather

Array = NDArray[np.float64]

# Colour of the light through a layer of clouds or fog, which is nearly white; linear BT.709.
CLOUD_COLOUR = np.array([0.97, 1.0, 1.04])
# Single-scattering albedo of dust in red, green and blue, and its asymmetry (Dubovik et al., J.
# Atmos. Sci. 59, 2002, table 1: desert dust of Solar Village).
DUST_ALBEDO: RGB = (0.96, 0.945, 0.92)
DUST_ASYMMETRY = 0.7
# Share of the vertical gradient of the overcast sky that is left: in fog the light comes from all
# sides alike.
GRADIENT = {"overcast": 1.0, "rain": 0.9, "snow": 0.6, "fog": 0.3, "dust": 0.5}
DUST_TOP = 400.0  # height of a layer of dust [m]
DUST_GLOW = 1.6  # how much brighter dust is towards the sun than across

# Illuminance on level ground under a clear sky by the sun's elevation: the limits of twilight and
# sunset as given by Seidelmann, Explanatory Supplement to the Astronomical Almanac (1992), section
# 9.3 [lx]. Clouds take most of it.
TWILIGHT_DEGREES = np.array([-18.0, -12.0, -6.0, -0.8, 5.0])
TWILIGHT_LUX = np.array([6e-4, 8e-3, 3.4, 4.5e2, 4.7e3])
DAY_LUX = 1.2e4  # of the sky alone, without the sun's disc, by day
# Of the glow over a town by night, clear and under clouds, which throw its lamps' light back: ten
# times as much over a city (Kyba et al., PLoS ONE 6(3), e17307, 2011).
CITY_LUX, CLOUDED_CITY_LUX = 0.025, 0.25
CLOUDS_LEAVE = 0.35  # of the light at dusk


def veiled(weather: Weather, up: Array, cos_sun: Array) -> Array:
    """Return the radiance (..., 3) of the sky above clouds, rain, snow, fog or dust.

    Args:
        weather: Of a kind in `GRADIENT`.
        up: (...) sine of the elevation.
        cos_sun: (...) cosine of the angle to the sun.

    Source: Moon and Spencer, Illumination from a non-uniform sky, Illum. Eng. 37, 1942 (the CIE
    overcast sky: three times as bright at the zenith as at the horizon).
    """
    share = GRADIENT[weather.kind]
    level = (1 - share) + share * (1 + 2 * up) / 3
    if weather.kind == "dust":
        level = level * (1 + DUST_GLOW * np.clip((1 + cos_sun) / 2, 0, 1) ** 6)
    colour = dust_colour(weather.visibility) if weather.kind == "dust" else CLOUD_COLOUR
    return np.asarray(level[..., None] * colour)


def dust_depth(visibility: float) -> float:
    """Return the optical depth of a layer of dust, straight up, at all wavelengths."""
    return CONTRAST / visibility * DUST_TOP


def dust_colour(visibility: float) -> Array:
    """Return the colour (3,) of what dust leaves of white light, its green 1.

    Diffusion leaves exp(-k) of it a unit of optical depth, k = sqrt(3 (1 - w)(1 - g w)): van de
    Hulst, Multiple Light Scattering, 1980, section 5.2.
    """
    w, g = np.array(DUST_ALBEDO), DUST_ASYMMETRY
    left = np.exp(-dust_depth(visibility) * np.sqrt(3 * (1 - w) * (1 - g * w)))
    return np.asarray(left / left[1])


def twilight(daylight: Daylight, up: Array, cos_azimuth: Array) -> Array:
    """Return the radiance (..., 3) of a clear sky shortly before or after sunset.

    Args:
        daylight: With the sun's elevation.
        up: (...) sine of the elevation.
        cos_azimuth: (...) cosine of the horizontal angle to the sun.

    A drawing from photographs, not a solution of the transfer of light: deep blue above, a warm
    arch over the sun that reddens and sinks with it, a dim rosy band opposite.
    """
    depth = np.clip(-np.degrees(daylight.elevation) / 6, 0, 1)  # 0 at sunset, 1 at -6 degrees
    blue = np.array([0.30, 0.46, 0.95]) * (1 - 0.25 * depth)
    pale = np.array([0.72, 0.78, 0.95])
    warm = np.array([1.9, 0.95, 0.42]) * (1 - 0.45 * depth)
    rosy = np.array([0.75, 0.60, 0.78])
    low = np.exp(-up / 0.16)[..., None]
    towards = np.clip((1 + cos_azimuth) / 2, 0, 1)[..., None] ** 1.5
    arch = np.exp(-up / (0.30 - 0.1 * depth))[..., None] * towards
    base = blue + (pale - blue) * np.exp(-up / 0.5)[..., None] * 0.6
    base = base * (1 - 0.5 * low * (1 - towards)) + 0.35 * rosy * low * (1 - towards)
    return np.asarray(base * (1 - 0.6 * arch) + warm * arch)


def night(weather: Weather, up: Array) -> Array:
    """Return the radiance (..., 3) of a sky over a town at night.

    A brownish glow, low down in clear air; clouds, fog and dust show the colour of the lamps all
    over, a little stronger over the roofs.
    """
    if weather.kind == "clear":
        glow = np.exp(-up / 0.25)[..., None]
        return np.asarray(np.array([0.42, 0.45, 0.60]) + np.array([0.85, 0.62, 0.42]) * glow)
    glow = 0.7 + 0.3 * np.exp(-up / 0.4)[..., None]
    return np.asarray(np.array([1.2, 1.0, 0.8]) * glow)


def illuminance(daylight: Daylight, weather: Weather) -> float:
    """Return the sky's illuminance on level ground [lx]."""
    if weather.light == "day":
        return DAY_LUX
    degrees = float(np.degrees(daylight.elevation))
    lux = float(np.exp(np.interp(degrees, TWILIGHT_DEGREES, np.log(TWILIGHT_LUX))))
    if weather.kind == "clear":
        return CITY_LUX + lux
    return CLOUDED_CITY_LUX + CLOUDS_LEAVE * lux
