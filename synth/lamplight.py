"""The light of lamps in haze: cones below street lamps, halos around them, beams of headlights.

Light that leaves a lamp and is scattered once on its way into the camera, integrated along each
pixel's ray; what is scattered more often is left out, as are the shadows of things. Without
lamps, haze glows by the airlight alone (`synth.haze`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scenes.sensors import Camera
from synth.haze import Haze, Veil
from synth.vectors import FAST, dot, moved, out_of

Array = NDArray[np.float64]
Image = NDArray[np.float32]

# Points on a ray, evenly spread in the angle at the lamp, and as many in its cone: within 6 %.
N_STEP = 16
# Share of the flux evenly in all directions: the lamp's glass, and light scattered again.
SPILL = 0.18


@dataclass(frozen=True)
class Lamps:
    """Small lamps.

    Attributes:
        place: (n_lamp, 3) [m].
        axes: (n_lamp, 3, 3) rows that take a direction to coordinates in which a lamp's cone is
            round, about the third axis.
        cosine: (n_lamp,) of the cones' half angles, below 1; -1 shines everywhere.
        intensity: (n_lamp, 3) along the axes, linear BT.709, in radiance of the picture times
            square metres.
        radius: (n_lamp,) of the glowing surfaces [m]: nearer than that they look even.
        blend: (n_lamp,) share of 1 - cosine, inside the cones' edges, over which their light fades.
        flux: (n_lamp,) all light of a lamp of intensity 1.
    """

    place: Array
    axes: Array
    cosine: Array
    intensity: Array
    radius: Array
    blend: Array
    flux: Array


def lamplight(
    camera: Camera,
    through: Veil,
    haze: Haze,
    lamps: Lamps,
    before: tuple[Veil, Image] | None = None,
) -> Image:
    """Return the radiance (height, width, 3) that haze scatters from lamps into the camera.

    How far a pixel looks is told by the mean of its transmittance, which runs evenly over
    silhouettes. Extinction is taken to be that of green light, scattering goes by colour.

    Args:
        camera: The camera.
        through: The haze between camera and world.
        haze: What fills the air.
        lamps: What shines.
        before: The veil of another moment and the light of the same lamps in it, to be used again
            where nothing moved.
    """
    height, width = through.mean.shape[:2]
    alpha, left = haze.extinction[1], through.mean[..., 1]
    light = np.zeros((height * width, 3), np.float32) if before is None else before[1].copy()
    light = light.reshape(-1, 3)
    fresh = np.ones(left.shape, bool) if before is None else left != before[0].mean[..., 1]
    pixel = np.flatnonzero(fresh)
    step = camera.pixel_directions().reshape(-1, 3)[pixel]
    step /= np.linalg.norm(step, axis=1, keepdims=True)
    far = -np.log(np.maximum(left.ravel()[pixel].astype(np.float64), 1e-7)) / alpha
    light[pixel], tint = 0, np.array(haze.albedo)
    for lamp in range(len(lamps.place)):
        scattered = _scattered(
            step,
            far,
            alpha,
            haze.asymmetry,
            lamps.place[lamp] - camera.position,
            np.ascontiguousarray(lamps.axes[lamp]),
            float(lamps.cosine[lamp]),
            float(lamps.radius[lamp]),
            float(lamps.blend[lamp]),
            SPILL * float(lamps.flux[lamp]) / (4 * np.pi),
        )
        light[pixel] += (scattered[:, None] * tint * lamps.intensity[lamp]).astype(np.float32)
    return light.reshape(height, width, 3)


def floating(light: Image, through: Veil) -> Image:
    """Return the radiance (height, width, 3) of drops or flakes that float in the light of lamps.

    That of the haze, averaged along each pixel's ray, as if no light shone through.

    Args:
        light: (height, width, 3) from `lamplight`.
        through: The haze that it was computed in.
    """
    return np.asarray(light / np.maximum(1 - through.mean, 1e-3), np.float32)


@njit(cache=True, fastmath=FAST)
def _scattered(step, far, alpha, g, place, axes, cosine, radius, blend, spill):  # type: ignore[no-untyped-def]
    """Return the radiance (n,) that reaches the eye, of a lamp of intensity 1, scattered once.

    As if nothing of the extinction were absorbed.

    The integral over a ray of 1 / r^2 to a lamp is one over the angle at the lamp, divided by the
    ray's distance from it: Kulla and Fajardo, Computer Graphics Forum 31 (2012). What the lamp
    spills is integrated so over the whole ray; what it shines into its cone where the ray is in
    there, over the angle in the cone's own coordinates, so that narrow beams are not stepped over.

    Args:
        step: (n, 3) unit vectors from the eye.
        far: (n,) lengths of the rays [m].
        alpha: Extinction [1/m].
        g: Asymmetry of the scattering.
        place: (3,) of the lamp from the eye [m].
        axes: (3, 3) rows that take a direction to the cone's coordinates.
        cosine: Of the cone's half angle there.
        radius: Of its glowing surface [m].
        blend: Share of 1 - cosine over which the cone's light fades.
        spill: Intensity in all directions.
    """
    light = np.empty(len(step))
    ox, oy, oz = place[0], place[1], place[2]
    apart = ox * ox + oy * oy + oz * oz
    eye = out_of(axes, (-ox, -oy, -oz))  # from the lamp, in the cone's coordinates
    scale = alpha * (1 - g * g) / (4 * np.pi)
    fade = 1 / max(blend * (1 - cosine), 1e-9)
    for i in range(len(step)):
        dx, dy, dz = step[i, 0], step[i, 1], step[i, 2]
        near = ox * dx + oy * dy + oz * dz
        square = max(apart - near * near, 1e-9)
        beside = np.sqrt(square + radius * radius)
        first = np.arctan(-near / beside)
        width = (np.arctan((far[i] - near) / beside) - first) / N_STEP
        tangent, turn = np.tan(first + 0.5 * width), np.tan(width)
        total = 0.0
        for _ in range(N_STEP):
            along = beside * tangent
            tangent = (tangent + turn) / (1 - tangent * turn)
            r = np.sqrt(along * along + square)
            # Light arrives along the way from the lamp and leaves towards the eye.
            base = 1 + g * g + 2 * g * along / r
            total += np.exp(-alpha * (near + along + r)) / (base * np.sqrt(base))
        light[i] = scale * spill * width / beside * total

        line = out_of(axes, (dx, dy, dz))
        begin, end = _inside(eye, line, cosine, far[i])
        if begin >= end:
            continue
        # The same with the ray's nearest point in the cone's coordinates, in metres along the ray.
        stretch = 1 / dot(line, line)
        middle = -dot(eye, line) * stretch
        off = max(dot(eye, eye) * stretch - middle * middle, 1e-9)
        aside = np.sqrt(off + radius * radius)
        first = np.arctan((begin - middle) / aside)
        width = (np.arctan((end - middle) / aside) - first) / N_STEP
        tangent, turn = np.tan(first + 0.5 * width), np.tan(width)
        total = 0.0
        for _ in range(N_STEP):
            t = middle + aside * tangent
            spread = 1 + tangent * tangent
            tangent = (tangent + turn) / (1 - tangent * turn)
            way = moved(eye, t, line)
            lit = (way[2] / (np.sqrt(dot(way, way)) + 1e-9) - cosine) * fade
            lit = min(max(lit, 0.0), 1.0)
            along = t - near
            rr = along * along + square
            r = np.sqrt(rr)
            base = 1 + g * g + 2 * g * along / r
            lit = lit * lit * (3 - 2 * lit)
            share = lit * spread / ((rr + radius * radius) * base * np.sqrt(base))
            total += share * np.exp(-alpha * (t + r))
        light[i] += scale * width * aside * total
    return light


@njit(cache=True, fastmath=FAST)
def _inside(eye, line, cosine, far):  # type: ignore[no-untyped-def]
    """Return where a ray enters and leaves a cone about z, both the same if it never does.

    Args:
        eye: (3,) where the ray begins.
        line: (3,) how it goes on.
        cosine: Of the cone's half angle; of 90 degrees and more the whole ray counts as inside.
        far: Where the ray ends.
    """
    if cosine <= 0:
        return 0.0, far
    part = cosine * cosine
    a = line[2] * line[2] - part * dot(line, line)
    b = eye[2] * line[2] - part * dot(eye, line)
    c = eye[2] * eye[2] - part * dot(eye, eye)
    root = b * b - a * c
    if root <= 0 or a == 0:
        return 0.0, 0.0
    root = np.sqrt(root)
    low, high = (-b - root) / a, (-b + root) / a
    if a < 0:  # in and out again, of this cone or of the one behind it
        begin, end = high, low
        if eye[2] + 0.5 * (begin + end) * line[2] <= 0:
            return 0.0, 0.0
    elif line[2] > 0:
        begin, end = high, far
    else:
        begin, end = 0.0, low
    return max(begin, 0.0), min(end, far)
