"""Fog, dust and the haze of rain and snow in the picture: extinction along each ray, and airlight.

Of radiance L, air of extinction alpha leaves L exp(-alpha d) after d metres, and adds
(1 - exp(-alpha d)) of the airlight (Koschmieder 1924). The air lies in a level layer, so that the
zenith stays clearer than the horizon.

A pixel sees several distances at the silhouettes of things, so exp(-alpha d) is a mean over rays
spread like Cycles' pixel filter. Its variance counts too: where a dark post hides a sky that fog
has swallowed, the mean of the product of transmittance and radiance is less than the product of
the means. Radiance is taken to be linear in transmittance around such a pixel, by regression.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import ndimage

from scenes.light.veiled_sky import DUST_ALBEDO, DUST_ASYMMETRY, DUST_TOP
from scenes.sensors import Camera
from scenes.spec import RGB, Weather
from synth.depth import View
from synth.extinction import extinction
from synth.rays import RayScene

Array = NDArray[np.float64]
Image = NDArray[np.float32]

WAVELENGTHS = (611e-9, 549e-9, 464e-9)  # [m] that look like BT.709's red, green and blue
# Heights of the layers [m] above the ground: of fog typical, of rain and snow up to the clouds.
TOPS = {"fog": 60.0, "dust": DUST_TOP, "rain": 1500.0, "snow": 1500.0}
# Share of the extinction that is scattering, of red, green and blue light, and asymmetry of Henyey
# and Greenstein (Astrophysical J. 93, 1941): of fog's drops, and of desert dust.
DROPS, DUST = ((0.98, 0.98, 0.98), 0.8), (DUST_ALBEDO, DUST_ASYMMETRY)

FILTER_WIDTH = 3.0  # [px] of the camera's Blackman-Harris filter (`synth.camera.CYCLES`)
# Where rays pass through a pixel, from its centre [px]: nine, no two in a row or a column.
OFFSETS = np.array([[i, (4 * i + 4) % 9 - 4] for i in range(-4, 5)]) / 9
BEND = 0.004  # of transmittance, from one pixel to the next: more is a silhouette
TOUCH = 2  # [px] from a changed pixel, whose filter may see what changed
# Places (rows, columns) over the picture at which daylight is asked for, ways towards the sky from
# each, and the share of light that what stands in the way returns, as façades do.
PLACES, N_WAY, WALLS = (13, 17), 256, 0.3
WINDOW = 2  # [px] to each side, for the regression of radiance on transmittance


@dataclass(frozen=True)
class Haze:
    """What fills the air.

    Attributes:
        extinction: Of red, green and blue light [1/m].
        top: Height of the layer above the ground [m].
        albedo: Share of the extinction that is scattering, of red, green and blue light.
        asymmetry: Mean cosine of the angle of scattering.
    """

    extinction: RGB
    top: float
    albedo: RGB = DROPS[0]
    asymmetry: float = DROPS[1]


@dataclass(frozen=True)
class Veil:
    """What haze leaves of the light of each pixel.

    Attributes:
        mean: (height, width, 3) transmittance, averaged over the pixel filter.
        variance: (height, width, 3) of the transmittance in the pixel filter; 0 off silhouettes.
        depth: (height, width) [m] of what the camera saw.
    """

    mean: Image
    variance: Image
    depth: Image


def make_haze(weather: Weather) -> Haze | None:
    """Return the haze of a weather; None where the air is clear."""
    red, green, blue = (extinction(weather, wavelength) for wavelength in WAVELENGTHS)
    if green <= 0:
        return None
    scattering = DUST if weather.kind == "dust" else DROPS
    return Haze((red, green, blue), TOPS[weather.kind], *scattering)


def veil(
    scene: RayScene, camera: Camera, seen: View, haze: Haze, before: Veil | None = None
) -> Veil:
    """Return what haze leaves of the light of each pixel.

    One ray through the centre tells it where distance changes evenly; silhouettes get more rays.

    Args:
        scene: The world.
        camera: The camera, which stands in the layer.
        seen: What the camera sees of this world.
        haze: What fills the air.
        before: The veil of the scene's still mesh alone, to save its rays.
    """
    depth = seen.hits.distance.reshape(seen.depth.shape)
    step = camera.pixel_directions().astype(np.float32)
    alpha, room = np.array(haze.extinction), max(haze.top - float(camera.position[2]), 0.0)
    centre = _transmittance(depth.ravel(), step.reshape(-1, 3), alpha, room)
    centre = centre.reshape(step.shape)
    edge = _bent(centre[..., 1], np.float32(BEND))
    if before is None:
        mean, variance = centre, np.zeros_like(centre)
    else:
        moved = seen.depth != before.depth
        touched = ndimage.maximum_filter(moved.view(np.uint8), 2 * TOUCH + 1) > 0
        edge &= touched
        mean = np.where(touched[..., None], centre, before.mean)
        variance = np.where(touched[..., None], np.float32(0), before.variance)

    # Pixels with rays of their own: those at silhouettes and their neighbours, in a padded image.
    wanted = ndimage.maximum_filter(np.pad(edge, 1).view(np.uint8), 3) > 0
    row, column = np.nonzero(wanted)
    ways = sample_directions(camera, row - 1, column - 1).reshape(-1, 3)
    origin = np.broadcast_to(camera.position.astype(np.float32), ways.shape)
    distance = scene.first_hit(np.ascontiguousarray(origin), ways).distance
    samples = _transmittance(distance, ways, alpha, room).reshape(-1, len(OFFSETS), 3)
    slot = np.full(wanted.shape, -1, np.int32)
    slot[row, column] = np.arange(len(row))
    _gather(edge, slot, samples, filter_weights(), mean, variance)
    return Veil(mean, variance, seen.depth)


def airlight(camera: Camera, irradiance: Array, albedo: float) -> Image:
    """Return the radiance (height, width, 3) of endless haze along each pixel's ray.

    Light that haze scattered often is linear in the sine of the elevation (Eddington's
    approximation: Shettle and Weinman, J. Atmos. Sci. 27, 1970); the line is the one that lets the
    irradiance down to the ground and the ground's share of it up again.

    Args:
        camera: The camera.
        irradiance: (3,) on level ground, linear BT.709, from sun and sky together.
        albedo: Of the ground: 0.1 wet asphalt, 0.2 dry streets, 0.8 snow.
    """
    step = camera.pixel_directions()
    sine = step[..., 2] / np.linalg.norm(step, axis=-1)
    share = np.maximum(0.5 * (1 + albedo) + 0.75 * (1 - albedo) * sine, albedo) / np.pi
    return np.asarray(share[..., None] * irradiance, np.float32)


def daylit(scene: RayScene, camera: Camera, seen: View, haze: Haze) -> Array:
    """Return the share (height, width) of the open sky's light that lights each pixel's haze.

    It is the cosine-weighted share of the sky in view from where haze scatters on average between
    the camera and what is met, plus what the rest returns. Haze before a wall is light as well, so
    a wall counts as far as it shows through.

    Args:
        scene: The still world.
        camera: The camera.
        seen: What it sees of that world.
        haze: What fills the air.
    """
    alpha = haze.extinction[1]
    rows, columns = (
        np.linspace(0, size - 1, n).round().astype(int)
        for size, n in zip(seen.depth.shape, PLACES, strict=True)
    )
    way = camera.pixel_directions()[np.ix_(rows, columns)].reshape(-1, 3)
    length = np.linalg.norm(way, axis=1)
    reach = seen.hits.distance.reshape(seen.depth.shape)[np.ix_(rows, columns)].ravel() * length
    thickness = np.minimum(alpha * reach, 50.0)  # beyond it nothing scatters
    mean = (1 - thickness / np.expm1(thickness)) / alpha
    place = camera.position + way * (mean / length)[:, None]

    # Evenly over the disc under the hemisphere (Malley's method), in a sunflower's spiral.
    turn = np.pi * (3 - np.sqrt(5)) * np.arange(N_WAY)
    sine = np.sqrt((np.arange(N_WAY) + 0.5) / N_WAY)
    up = np.stack([sine * np.cos(turn), sine * np.sin(turn), np.sqrt(1 - sine**2)], axis=1)
    origin = np.repeat(place, N_WAY, axis=0).astype(np.float32)
    met = scene.first_hit(origin, np.tile(up, (len(place), 1)).astype(np.float32)).distance
    hidden = np.exp(-alpha * met.astype(np.float64)).reshape(len(place), N_WAY).mean(1)
    share = (1 - (1 - WALLS) * hidden).reshape(PLACES)
    return np.asarray(ndimage.zoom(share, np.divide(seen.depth.shape, PLACES), order=1))


def apply_haze(linear: Image, through: Veil, air: Image) -> Image:
    """Return a picture as it looks through haze.

    Args:
        linear: (height, width, 3) radiance through clear air, linear BT.709.
        through: The haze between camera and world.
        air: (height, width, 3) radiance of endless haze, from `airlight`.
    """
    return np.asarray(_blend(linear, through.mean, through.variance, air, WINDOW), np.float32)


def sample_directions(
    camera: Camera, row: NDArray[np.int64], column: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return world vectors (n, n_offset, 3) through pixels (n,) at `OFFSETS`, 1 m along the axis.

    Pixels may lie outside the picture.
    """
    focal, cx, cy = camera.intrinsics[0, 0], camera.intrinsics[0, 2], camera.intrinsics[1, 2]
    u = column[:, None] + 0.5 + OFFSETS[:, 0]
    v = row[:, None] + 0.5 + OFFSETS[:, 1]
    local = np.stack([(u - cx) / focal, (v - cy) / focal, np.ones_like(u)], axis=-1)
    return np.asarray(local @ camera.world_from_camera[:3, :3].T, np.float32)


def filter_weights() -> Array:
    """Return weights (3, 3, n_offset) of the samples in a pixel and in those around it.

    Source: the four-term Blackman-Harris window, Harris, Proc. IEEE 66 (1978), table 1; Cycles'
    filter is the product of one along rows and one along columns.
    """
    around = np.arange(-1, 2)
    x = np.broadcast_to(around[None, :, None] + OFFSETS[:, 0], (3, 3, len(OFFSETS)))
    y = np.broadcast_to(around[:, None, None] + OFFSETS[:, 1], (3, 3, len(OFFSETS)))
    weight = _window(x) * _window(y)
    return np.asarray(weight / weight.sum())


def _window(x: Array) -> Array:
    turn = 2 * np.pi * (x / FILTER_WIDTH + 0.5)
    terms = 0.35875 - 0.48829 * np.cos(turn) + 0.14128 * np.cos(2 * turn)
    return np.where(np.abs(x) < FILTER_WIDTH / 2, terms - 0.01168 * np.cos(3 * turn), 0.0)


@njit(cache=True)
def _transmittance(distance, step, alpha, room):  # type: ignore[no-untyped-def]
    """Return the transmittance (n, 3) of rays that meet something or leave the layer.

    Args:
        distance: (n,) in units of the step's length; infinite where nothing is met.
        step: (n, 3) directions of any length.
        alpha: (3,) extinction [1/m].
        room: [m] from the camera up to the layer's top.
    """
    left = np.empty((len(distance), 3), np.float32)
    for i in range(len(distance)):
        x, y, z = step[i, 0], step[i, 1], step[i, 2]
        far = distance[i]
        if z > 0:
            far = min(far, room / z)
        way = far * np.sqrt(x * x + y * y + z * z)
        for channel in range(3):
            left[i, channel] = np.exp(-alpha[channel] * way)
    return left


@njit(cache=True)
def _bent(value, least):  # type: ignore[no-untyped-def]
    """Return (height, width) where an image bends by more than `least` along any of four lines."""
    height, width = value.shape
    bent = np.zeros((height, width), np.bool_)
    for y in range(height):
        for x in range(width):
            twice = 2 * value[y, x]
            up, down = max(y - 1, 0), min(y + 1, height - 1)
            left, right = max(x - 1, 0), min(x + 1, width - 1)
            bent[y, x] = (
                abs(value[y, left] + value[y, right] - twice) > least
                or abs(value[up, x] + value[down, x] - twice) > least
                or abs(value[up, left] + value[down, right] - twice) > least
                or abs(value[up, right] + value[down, left] - twice) > least
            )
    return bent


@njit(cache=True)
def _gather(edge, slot, samples, weight, mean, variance):  # type: ignore[no-untyped-def]
    """Write the mean and variance of the samples in the filter of each pixel at an edge."""
    height, width = edge.shape
    for y in range(height):
        for x in range(width):
            if not edge[y, x]:
                continue
            for channel in range(3):
                first, second = 0.0, 0.0
                for i in range(3):
                    for j in range(3):
                        for k in range(samples.shape[1]):
                            value = samples[slot[y + i, x + j], k, channel]
                            first += weight[i, j, k] * value
                            second += weight[i, j, k] * value * value
                mean[y, x, channel] = first
                variance[y, x, channel] = max(second - first * first, 0.0)


@njit(cache=True)
def _blend(linear, mean, variance, air, reach):  # type: ignore[no-untyped-def]
    """Return the mean of T L + (1 - T) A of each pixel (height, width, 3).

    At silhouettes the mean of T L is mean(T) mean(L) + slope var(T), with the slope of L over T
    from a regression in the window of `reach` [px] to each side; between nothing and L.
    """
    height, width = linear.shape[:2]
    seen = np.empty((height, width, 3), np.float32)
    for y in range(height):
        for x in range(width):
            for channel in range(3):
                left, light = mean[y, x, channel], linear[y, x, channel]
                passed = left * light
                if variance[y, x, channel] > 1e-6:
                    sum_t, sum_l, sum_tt, sum_tl, count = 0.0, 0.0, 0.0, 0.0, 0
                    for row in range(max(y - reach, 0), min(y + reach + 1, height)):
                        for column in range(max(x - reach, 0), min(x + reach + 1, width)):
                            t = mean[row, column, channel]
                            value = linear[row, column, channel]
                            sum_t += t
                            sum_l += value
                            sum_tt += t * t
                            sum_tl += t * value
                            count += 1
                    spread = sum_tt - sum_t * sum_t / count
                    slope = (sum_tl - sum_t * sum_l / count) / (spread + 1e-6 * count)
                    passed += slope * variance[y, x, channel]
                    passed = min(max(passed, 0.0), max(light, 0.0))
                seen[y, x, channel] = passed + (1 - left) * air[y, x, channel]
    return seen
