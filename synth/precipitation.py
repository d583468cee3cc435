"""Falling rain and snow between the camera and the world.

A particle that falls through the picture during the exposure lays a streak over it. Where it
passes, it covers each point for a moment only, so the streak's opacity is that moment's share of
the exposure; summed over the picture, the opacity of a particle of d pixels is its disc,
pi d^2 / 4, however long the streak and however far out of focus. What is too faint to see singly
is part of the haze (`synth.haze`). Which drops and flakes there are: `synth.drops`.

Looks: Garg and Nayar, Vision and rain, Int. J. Computer Vision 75 (2007). A drop is a lens of 165
degrees: it shows the whole sky behind it upside down and is brighter than most backgrounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scenes.sensors import Camera
from scenes.spec import Weather
from synth.drops import FILL, density, fall_speed, seen_size
from synth.extinction import extinction

Array = NDArray[np.float64]
Image = NDArray[np.float32]

NEAREST, FARTHEST = 0.6, 25.0  # [m] along the optical axis
FAINTEST = {"rain": 0.006, "snow": 0.02}  # peak opacity of what is drawn
EXPOSURES = {"day": (1 / 250, 1 / 125), "dusk": (1 / 125, 1 / 60), "night": (1 / 60, 1 / 60)}  # [s]
WIND = 1.5  # standard deviation along each level axis [m/s]
GUST = {"rain": 0.3, "snow": 0.35}  # the same of single particles; of flakes also upwards
# A small camera: 6 mm lens at f/2, focused at 15 m.
APERTURE, FOCUS = 3e-3, 15.0  # diameter [m], distance [m]
PIXEL_SPREAD = 0.42  # standard deviation of Cycles' pixel filter along one axis [px]
DROP_LIGHT = 0.94  # share of the light from behind that a drop refracts to the camera
FLAKE_LIGHT = 0.9  # albedo of ice crystals, lit from all around
LUMPS = 5  # parts of which a flake is drawn where it is large in the picture
LUMPY = 2.0  # [px] of diameter, from which it is

GREEN = 549e-9  # wavelength [m] for which haze counts here
GRID = np.linspace(0.3e-3, 6e-3, 400)  # diameters of drops and of melted flakes [m]


@dataclass(frozen=True)
class Shot:
    """How a sequence's pictures are taken.

    Attributes:
        exposure: [s].
        wind: (2,) along world x and y [m/s].
    """

    exposure: float
    wind: Array


@dataclass(frozen=True)
class Particles:
    """Drops or flakes, as the camera sees them.

    Attributes:
        start: (n, 2) pixel of the streak's beginning.
        end: (n, 2) pixel of its end.
        depth: (n,) [m] along the optical axis.
        diameter: (n,) [px].
        blur: (n,) diameter of the circle of confusion [px].
        left: (n,) share of its light that the haze before it leaves.
    """

    start: Image
    end: Image
    depth: Image
    diameter: Image
    blur: Image
    left: Image


def shot(weather: Weather) -> Shot:
    """Return exposure and wind of a sequence, by the weather's seed."""
    rng = np.random.default_rng([weather.seed, 1])
    low, high = EXPOSURES[weather.light]
    return Shot(float(low * (high / low) ** rng.random()), WIND * rng.standard_normal(2))


def precipitation(
    linear: Image,
    depth: Image,
    camera: Camera,
    weather: Weather,
    ambient: Array,
    rng: np.random.Generator,
    lit: Image | None = None,
) -> Image:
    """Return a picture with rain or snow in front; the same picture in other weather.

    Args:
        linear: (height, width, 3) radiance, linear BT.709.
        depth: (height, width) [m] along the optical axis, 0 where nothing is met.
        camera: The camera.
        weather: With rate and seed.
        ambient: (3,) mean radiance of the upper hemisphere, linear BT.709.
        rng: Of this frame.
        lit: (height, width, 3) what lamps add to it (`synth.lamplight.floating`), by night.
    """
    if weather.kind not in FAINTEST or weather.rate <= 0:
        return linear
    particles = draw_particles(camera, weather, rng)
    if weather.kind == "snow":
        particles = in_lumps(particles, rng)
    fallen = opacity(particles, depth)
    around = ambient.astype(np.float32) if lit is None else ambient.astype(np.float32) + lit
    light = around * np.float32(DROP_LIGHT if weather.kind == "rain" else FLAKE_LIGHT)
    return np.asarray(linear + fallen[..., None] * (light - linear), np.float32)


def draw_particles(camera: Camera, weather: Weather, rng: np.random.Generator) -> Particles:
    """Draw the particles that one picture shows.

    A Poisson number by volume: of each diameter all up to the depth where its streak fades to the
    faintest that is drawn.

    Args:
        camera: The camera.
        weather: Rain or snow with its rate.
        rng: Of this frame.
    """
    kind, taken, focal = weather.kind, shot(weather), float(camera.intrinsics[0, 0])
    sizes = seen_size(kind, GRID)
    speeds = fall_speed(kind, sizes)
    opaque = np.sqrt(FILL[kind]) * sizes  # discs without air, of the same area
    reach = _reach(focal, opaque, speeds * taken.exposure, weather)
    # Around the picture too: streaks may begin outside it.
    margin = 0.5 * focal * float(speeds.max()) * taken.exposure / NEAREST + 8
    frame = np.array([camera.width, camera.height]) + 2 * margin
    volume = float(np.prod(frame)) / focal**2 / 3 * (reach**3 - NEAREST**3)
    expected = density(kind, weather.rate, GRID) * volume * (GRID[1] - GRID[0])
    which = np.repeat(np.arange(len(GRID)), rng.poisson(expected))
    n = len(which)

    z = np.cbrt(NEAREST**3 + rng.random(n) * (reach[which] ** 3 - NEAREST**3))
    pixel = rng.random((n, 2)) * frame - margin
    velocity = GUST[kind] * rng.standard_normal((n, 3), np.float32)
    velocity[:, :2] += taken.wind
    velocity[:, 2] -= speeds[which]
    half = velocity @ camera.world_from_camera[:3, :3] * (0.5 * taken.exposure)
    ends = []
    for sign in (-1, 1):
        depth = np.maximum(z + sign * half[:, 2], 0.5 * NEAREST)[:, None]
        ray = (pixel - camera.intrinsics[:2, 2]) * z[:, None] + sign * focal * half[:, :2]
        ends.append((ray / depth + camera.intrinsics[:2, 2]).astype(np.float32))
    return Particles(
        ends[0],
        ends[1],
        z.astype(np.float32),
        (focal * opaque[which] / z).astype(np.float32),
        _blur(focal, z).astype(np.float32),
        np.exp(-extinction(weather, GREEN) * z).astype(np.float32),
    )


def in_lumps(flakes: Particles, rng: np.random.Generator) -> Particles:
    """Return flakes that are large in the picture as irregular heaps, of the same area."""
    large = np.flatnonzero(flakes.diameter >= LUMPY)
    part = np.tile(large, LUMPS)
    diameter = flakes.diameter.copy()
    share = rng.dirichlet(np.full(LUMPS, 4.0), len(large)).T.ravel()
    away = rng.standard_normal((len(part), 2)) * 0.3 * diameter[part, None]
    away = away.astype(np.float32)
    small = np.flatnonzero(flakes.diameter < LUMPY)
    return Particles(
        np.concatenate([flakes.start[small], flakes.start[part] + away]),
        np.concatenate([flakes.end[small], flakes.end[part] + away]),
        np.concatenate([flakes.depth[small], flakes.depth[part]]),
        np.concatenate([diameter[small], (diameter[part] * np.sqrt(share)).astype(np.float32)]),
        np.concatenate([flakes.blur[small], flakes.blur[part]]),
        np.concatenate([flakes.left[small], flakes.left[part]]),
    )


def opacity(particles: Particles, depth: Image) -> Image:
    """Return the opacity (height, width) of all particles in front of what the camera sees.

    Args:
        particles: What falls.
        depth: (height, width) [m] along the optical axis, 0 where nothing is met.
    """
    thickness = np.zeros(depth.shape, np.float32)
    _splat(
        particles.start,
        particles.end,
        particles.depth,
        particles.diameter,
        _radius(particles.diameter, particles.blur).astype(np.float32),
        particles.left,
        np.where(depth > 0, depth, np.float32(np.inf)),
        thickness,
    )
    return np.asarray(-np.expm1(-thickness))


def _reach(focal: float, diameter: Array, length: Array, weather: Weather) -> Array:
    """Return the depth (n,) [m] at which streaks of diameters and lengths [m] grow too faint."""
    z = np.geomspace(NEAREST, FARTHEST, 100)
    wide = focal * diameter[:, None] / z
    long = np.maximum(focal * length[:, None] / z, 1e-6)
    radius = _radius(wide, _blur(focal, z))
    along = 2 * _integral(np.minimum(0.5 * long / radius, 1.0)) / long
    peak = np.pi / 4 * wide**2 * (15 / 16) / radius * along
    peak *= np.exp(-extinction(weather, GREEN) * z)
    return np.asarray(np.where(peak >= FAINTEST[weather.kind], z, NEAREST).max(1))


def _blur(focal: float, z: Array) -> Array:
    """Return the diameter (...) of the circle of confusion [px] at depths (...) [m]."""
    return np.asarray(focal * APERTURE * np.abs(1 / z - 1 / FOCUS))


def _radius(diameter: Array | Image, blur: Array | Image) -> Array:
    """Return the radius (...) [px] of the kernel with which particles are drawn.

    Its variance along an axis, radius^2 / 7, is that of the particle's disc, of the circle of
    confusion and of the pixel filter together.
    """
    return np.asarray(np.sqrt(7 * ((diameter**2 + blur**2) / 16 + PIXEL_SPREAD**2)))


@njit(cache=True)
def _integral(x):  # type: ignore[no-untyped-def]
    """Return the integral of the kernel 15/16 (1 - x^2)^2 from 0 to x, of at most 1."""
    return x * (0.9375 + x * x * (-0.625 + x * x * 0.1875))


@njit(cache=True)
def _splat(start, end, depth, diameter, radius, left, behind, thickness):  # type: ignore[no-untyped-def]
    """Add streaks to an image of optical thickness.

    A streak is a segment convolved with the kernel along and across it: through clear air its sum
    is the area of the particle's disc, wherever it lies between the pixels.

    Args:
        start: (n, 2) [px].
        end: (n, 2) [px].
        depth: (n,) [m].
        diameter: (n,) [px].
        radius: (n,) of the kernel [px].
        left: (n,) share of the light that haze leaves.
        behind: (height, width) depth [m] up to which particles are seen.
        thickness: (height, width), is written.
    """
    height, width = thickness.shape
    for i in range(len(depth)):
        x0, y0, x1, y1 = start[i, 0], start[i, 1], end[i, 0], end[i, 1]
        r, z = radius[i], depth[i]
        west, east = max(int(min(x0, x1) - r), 0), min(int(max(x0, x1) + r) + 1, width)
        top, bottom = max(int(min(y0, y1) - r), 0), min(int(max(y0, y1) + r) + 1, height)
        if west >= east or top >= bottom:
            continue
        dx, dy = x1 - x0, y1 - y0
        length = max(np.sqrt(dx * dx + dy * dy), np.float32(1e-2))
        if dx * dx + dy * dy > 1e-4:
            dx, dy = dx / length, dy / length
        else:
            dx, dy = np.float32(0.0), np.float32(1.0)
        mx, my, half = 0.5 * (x0 + x1), 0.5 * (y0 + y1), 0.5 * length
        inverse = 1 / r
        scale = 0.7853982 * diameter[i] * diameter[i] * left[i] * 0.9375 * inverse / length
        for y in range(top, bottom):
            for x in range(west, east):
                px, py = x + np.float32(0.5) - mx, y + np.float32(0.5) - my
                across = (px * dy - py * dx) * inverse
                if abs(across) >= 1 or z >= behind[y, x]:
                    continue
                along = px * dx + py * dy
                ahead = min(max((along + half) * inverse, np.float32(-1)), np.float32(1))
                back = min(max((along - half) * inverse, np.float32(-1)), np.float32(1))
                bell = 1 - across * across
                thickness[y, x] += scale * bell * bell * (_integral(ahead) - _integral(back))
