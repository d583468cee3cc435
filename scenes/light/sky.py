"""Sun and sky: light scattered once in a curved atmosphere, the rest as an even glow, and clouds.

The sky is a picture of all directions: several times cheaper to shade than a formula at each ray,
and as smooth. Sun and sky come from one atmosphere, so their ratio and colours belong together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scenes.light.veiled_sky import dust_depth, illuminance, night, twilight, veiled
from scenes.sensors import direction
from scenes.spec import Daylight, Weather

Array = NDArray[np.float64]

SIZE = (320, 640)  # of the picture
SUN_DISC = 0.0093  # angular diameter of the sun without haze [rad]
EARTH = 6.36e6  # radius [m]

# Scattering and absorption at sea level for red, green, blue [1/m], and scale heights [m]:
# Hillaire, A scalable and production ready sky and atmosphere rendering technique (EGSR 2020),
# table 1; the ozone layer as a column at once, 300 Dobson units.
RAYLEIGH, RAYLEIGH_HEIGHT = np.array([5.802e-6, 13.558e-6, 33.1e-6]), 8000.0
MIE, MIE_HEIGHT, MIE_FORWARD = 3.996e-6, 1200.0, 0.78
MIE_ALBEDO = 0.9
OZONE = np.array([0.650e-6, 1.881e-6, 0.085e-6]) * 15e3
GROUND_ALBEDO = 0.15
CLOUD_GREY = 0.7  # share of its colour that light loses among a cloud's many drops
FAINTEST_SUN = 0.02  # share of the sun that throws shadows one sees
DECKS = ("overcast", "rain")  # weather whose clouds show a structure
LAMP_LUX = 10.0  # on a street under its lamps: light is counted from there on, if the sky is darker
WHITE_BALANCE = 0.5  # of the way from the light's own colour to white


@dataclass(frozen=True)
class Light:
    """Sun and sky of one daylight; by day the whole sky gives 1 on level ground.

    Attributes:
        sky: (height, width, 3) radiance, linear BT.709, equirectangular: the upper row the zenith,
            the middle column ahead (world y); the lower half is the haze at the horizon.
        sun: (3,) irradiance across the sun's rays, linear BT.709; zero where it does not shine.
        angle: Angular diameter of the sun with its aureole [rad].
        direction: (3,) unit vector towards the sun.
        lux: Illuminance [lx] that the unit of light stands for.
    """

    sky: NDArray[np.float32]
    sun: Array
    angle: float
    direction: Array
    lux: float

    @property
    def ambient(self) -> Array:
        """Radiance (3,) of the sky, the mean over the hemisphere."""
        upper = self.sky[: len(self.sky) // 2]
        weight = np.cos(_elevations(len(upper), len(self.sky)))
        return np.asarray(np.average(upper.mean(1), axis=0, weights=weight), np.float64)

    @property
    def on_level_ground(self) -> Array:
        """Irradiance (3,) of sun and sky on level ground."""
        upper = self.sky[: len(self.sky) // 2]
        elevation = _elevations(len(upper), len(self.sky))
        weight = np.sin(elevation) * np.cos(elevation) * np.pi / len(self.sky) * 2 * np.pi
        sky = (upper.mean(1) * weight[:, None]).sum(0)
        return np.asarray(sky + self.sun * max(float(self.direction[2]), 0.0), np.float64)


def _elevations(n_row: int, height: int) -> Array:
    """Return the elevations (n_row,) [rad] of a picture's upper rows."""
    return np.asarray(np.pi / 2 - (np.arange(n_row) + 0.5) / height * np.pi)


def make_light(daylight: Daylight, weather: Weather) -> Light:
    """Return sun and sky of a daylight in a weather."""
    height, width = SIZE
    elevation = np.pi / 2 - (np.arange(height) + 0.5) / height * np.pi
    azimuth = (np.arange(width) + 0.5) / width * 2 * np.pi - np.pi
    upper = elevation[: height // 2]
    way = direction(*np.broadcast_arrays(azimuth, upper[:, None]))
    towards = direction(np.array(daylight.azimuth), np.array(daylight.elevation))
    weight = np.sin(upper) * np.cos(upper) * (np.pi / height) * (2 * np.pi / width)
    weight = np.asarray(weight[:, None, None])
    cos_sun = np.clip(way @ towards, -1, 1)
    haze = daylight.turbidity - 2 + 3 * daylight.cloudiness
    if weather.light == "night":
        sky, sun = night(weather, way[..., 2]), np.zeros(3)
        if weather.kind in DECKS:
            sky = sky * _deck(daylight, way)
    elif weather.kind != "clear":
        sky, sun = _under_clouds(daylight, weather, way, cos_sun)
    elif weather.light == "dusk":
        sky, sun = twilight(daylight, way[..., 2], np.cos(azimuth - daylight.azimuth)), np.zeros(3)
        sky = np.broadcast_to(sky, (*way.shape[:2], 3))
    else:
        sky, sun = _with_clouds(daylight, way, upper, cos_sun, weight)
    # What falls on level ground, and a camera's white balance, which takes part of its colour off.
    fallen = sun * max(np.sin(daylight.elevation), 0.0) + (sky * weight).sum((0, 1))
    balance = (fallen / fallen.mean()) ** -WHITE_BALANCE
    sun, sky = sun * balance, sky * balance
    total = (sky * weight).sum((0, 1)).mean()
    below = np.broadcast_to(sky[-1:], sky.shape)  # haze, without a seam at the horizon
    lux = illuminance(daylight, weather)
    unit = max(lux, LAMP_LUX)
    share = lux / unit / total
    return Light(
        (np.concatenate([sky, below]) * share).astype(np.float32),
        sun * share,
        SUN_DISC * (1 + 0.8 * haze),
        towards,
        unit,
    )


def _with_clouds(
    daylight: Daylight, way: Array, upper: Array, cos_sun: Array, weight: Array
) -> tuple[Array, Array]:
    """Return a clear sky with clouds (n_row, n_column, 3), and the sun (3,)."""
    sky = _clear_sky(daylight, upper, cos_sun)
    sun = _sun(daylight) * (1 - 0.3 * daylight.cloudiness)
    share, shade = _clouds(daylight, way)
    # A cloud is lit by the sun above it and by the sky; seen from below it is a little grey.
    level = (sun * np.sin(daylight.elevation) + (sky * weight).sum((0, 1))) / np.pi
    level = CLOUD_GREY * level.mean() + (1 - CLOUD_GREY) * level
    return np.asarray(sky + share[..., None] * (shade[..., None] * level - sky)), sun


def _under_clouds(
    daylight: Daylight, weather: Weather, way: Array, cos_sun: Array
) -> tuple[Array, Array]:
    """Return a veiled sky (n_row, n_column, 3) with a cloud deck's structure, and the sun (3,)."""
    sky, sun = veiled(weather, way[..., 2], cos_sun), np.zeros(3)
    if weather.kind in DECKS:
        sky = sky * _deck(daylight, way)
    if weather.kind == "dust" and weather.light == "day":
        # What of the sun's light comes straight through the layer, its colour as above it.
        above, sine = _sun(daylight), np.sin(daylight.elevation)
        left = np.exp(-dust_depth(weather.visibility) / max(sine, 0.05))
        if left > FAINTEST_SUN:
            sun = left * np.pi * above / above[1] / max(sine, 0.2)
    return sky, sun


def _deck(daylight: Daylight, way: Array) -> Array:
    """Return how bright a deck of clouds is in each direction (..., 1), 1 on average."""
    _, shade = _clouds(daylight, way)
    return np.asarray((shade / shade.mean())[..., None] ** 0.9)


def _depths(daylight: Daylight, height: Array, sine: Array) -> tuple[Array, Array]:
    """Return optical depths (..., 3) [1] and (...) of air and haze from `height` [m] to space.

    Args:
        daylight: With the turbidity of the haze.
        height: (...) [m].
        sine: (...) of the elevation, which is not near 0.
    """
    air = RAYLEIGH * (RAYLEIGH_HEIGHT * np.exp(-height / RAYLEIGH_HEIGHT) / sine)[..., None]
    haze = _mie(daylight) * MIE_HEIGHT * np.exp(-height / MIE_HEIGHT) / sine
    return air + OZONE / np.asarray(sine)[..., None], haze


def _mie(daylight: Daylight) -> float:
    """Return the extinction of haze at sea level [1/m]: optical depths of 0.05 to 0.2."""
    return MIE * (10 + 8 * (daylight.turbidity - 2))


def _sun(daylight: Daylight) -> Array:
    """Return what is left of the sun's light (3,), 1 outside the atmosphere."""
    air, haze = _depths(daylight, np.array(0.0), np.sin(np.array(daylight.elevation)))
    return np.asarray(np.exp(-air - haze))


def _clear_sky(daylight: Daylight, elevation: Array, cos_sun: Array) -> Array:
    """Return the radiance (n_row, n_column, 3) of a sky without clouds.

    Args:
        daylight: Sun and haze.
        elevation: (n_row,) [rad], above 0.
        cos_sun: (n_row, n_column) of the angle to the sun.
    """
    sine = np.sin(elevation)[:, None]
    # Steps along each ray, short near the ground: where they end, and their lengths.
    end = 60e3 * np.linspace(0, 1, 41) ** 2.5
    reach = -EARTH * sine + np.sqrt((EARTH * sine) ** 2 + 2 * EARTH * 60e3 + 60e3**2)
    place = end / 60e3 * reach
    step, middle = np.diff(place), 0.5 * (place[:, 1:] + place[:, :-1])
    height = np.sqrt(EARTH**2 + 2 * EARTH * middle * sine + middle**2) - EARTH
    air = np.exp(-height / RAYLEIGH_HEIGHT)[..., None] * RAYLEIGH
    haze = (_mie(daylight) * np.exp(-height / MIE_HEIGHT))[..., None]
    passed = np.cumsum((air + haze) * step[..., None], 1) - 0.5 * (air + haze) * step[..., None]
    sun_air, sun_haze = _depths(daylight, height, np.sin(np.array(daylight.elevation)))
    reached = np.exp(-passed - sun_air - sun_haze[..., None]) * step[..., None]
    by_air, by_haze = (reached * air).sum(1), (reached * haze * MIE_ALBEDO).sum(1)

    g = MIE_FORWARD
    phase_air = 3 / (16 * np.pi) * (1 + cos_sun**2)
    phase_haze = (1 - g**2) / (4 * np.pi) / (1 + g**2 - 2 * g * cos_sun) ** 1.5
    once = phase_air[..., None] * by_air[:, None] + phase_haze[..., None] * by_haze[:, None]

    # Light scattered more than once: as if the mean of sky and ground came from everywhere.
    weight = (np.cos(elevation) / np.cos(elevation).sum())[:, None]
    lost = 1 - np.exp(-((air + haze * MIE_ALBEDO) * step[..., None]).sum(1))
    ground = GROUND_ALBEDO / np.pi * _sun(daylight) * np.sin(daylight.elevation)
    mean = 0.5 * ((once.mean(1) * weight).sum(0) + ground)
    glow = mean / (1 - 0.5 * (lost * weight).sum(0))
    return np.asarray(once + (glow * lost)[:, None])


def _clouds(daylight: Daylight, way: Array) -> tuple[Array, Array]:
    """Return how much of each direction (..., 3) above the horizon is cloud, and its brightness."""
    up = way[..., 2]
    if daylight.cloudiness < 0.02:
        return np.zeros(up.shape), np.ones(up.shape)
    rng = np.random.default_rng(daylight.seed)
    size, noise = 256, np.zeros((256, 256))
    for octave in range(5):
        layer = ndimage.gaussian_filter(
            rng.standard_normal((size, size)), size / 2 ** (octave + 3), mode="wrap"
        )
        noise += layer / layer.std() * 0.55**octave
    noise /= noise.std()
    # A level of clouds at height 1, seen from below; further ones move together.
    u, v = (way[..., axis] / (up + 0.14) * 28 + 128 for axis in (0, 1))
    seen = ndimage.map_coordinates(noise, [v, u], order=1, mode="grid-wrap")
    level = 1.5 - 2.2 * daylight.cloudiness
    share = 0.9 * np.clip((seen - level + 0.6) / 1.3, 0, 1) ** 1.3
    shade = 1.05 - 0.3 * np.clip(seen - level, 0, 1)
    clear = np.clip(up * 9, 0, 1)  # towards the horizon single clouds run into an even layer
    share, shade = (clear * part + (1 - clear) * part.mean() for part in (share, shade))
    return share, shade
