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
from synth.vectors import FAST

Array = NDArray[np.float64]
Image = NDArray[np.float32]

ALBEDO = 0.98  # share of the extinction that is scattering
FORWARD = 0.8  # asymmetry of Henyey and Greenstein (Astrophysical J. 93, 1941) of fog's drops
N_STEP = 16  # points on a ray, evenly spread in the angle at the lamp: within 6 %
SPILL = 0.1  # of the flux evenly in all directions: the lamp's glass, and light scattered again


@dataclass(frozen=True)
class Lamps:
    """Small lamps.

    Attributes:
        place: (n_lamp, 3) [m].
        axis: (n_lamp, 3) unit vectors into the cones' middle.
        cosine: (n_lamp,) of the cones' half angles, below 1; -1 shines everywhere.
        intensity: (n_lamp, 3) linear BT.709, in radiance of the picture times square metres.
        radius: (n_lamp,) of the glowing surfaces [m]: nearer than that they look even.
        blend: (n_lamp,) share of 1 - cosine, inside the cones' edges, over which their light fades.
    """

    place: Array
    axis: Array
    cosine: Array
    intensity: Array
    radius: Array
    blend: Array


def lamplight(
    camera: Camera,
    through: Veil,
    haze: Haze,
    lamps: Lamps,
    before: tuple[Veil, Image] | None = None,
) -> Image:
    """Return the radiance (height, width, 3) that haze scatters from lamps into the camera.

    How far a pixel looks is told by the mean of its transmittance, which runs evenly over
    silhouettes. Haze is taken to be grey.

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
    light[pixel] = 0
    for lamp in range(len(lamps.place)):
        scattered = _scattered(
            step,
            far,
            alpha,
            lamps.place[lamp] - camera.position,
            lamps.axis[lamp],
            float(lamps.cosine[lamp]),
            float(lamps.radius[lamp]),
            float(lamps.blend[lamp]),
        )
        light[pixel] += (scattered[:, None] * lamps.intensity[lamp]).astype(np.float32)
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
def _scattered(step, far, alpha, place, axis, cosine, radius, blend):  # type: ignore[no-untyped-def]
    """Return the radiance (n,) that reaches the eye, of a lamp of intensity 1, scattered once.

    The integral over a ray of 1 / r^2 to a lamp is one over the angle at the lamp, divided by the
    ray's distance from it: Kulla and Fajardo, Computer Graphics Forum 31 (2012).

    Args:
        step: (n, 3) unit vectors from the eye.
        far: (n,) lengths of the rays [m].
        alpha: Extinction [1/m].
        place: (3,) of the lamp from the eye [m].
        axis: (3,) unit vector of its cone.
        cosine: Of the cone's half angle.
        radius: Of its glowing surface [m].
        blend: Share of 1 - cosine over which the cone's light fades.
    """
    light = np.empty(len(step))
    ox, oy, oz = place[0], place[1], place[2]
    g = FORWARD
    scale = ALBEDO * alpha * (1 - g * g) / (4 * np.pi)
    fade = 1 / (blend * (1 - cosine))
    spill = SPILL * 0.5 * (1 - cosine)  # the cone's share of all directions
    for i in range(len(step)):
        dx, dy, dz = step[i, 0], step[i, 1], step[i, 2]
        near = ox * dx + oy * dy + oz * dz
        beside = np.sqrt(max(ox * ox + oy * oy + oz * oz - near * near, 0.0) + radius * radius)
        first = np.arctan(-near / beside)
        width = (np.arctan((far[i] - near) / beside) - first) / N_STEP
        tangent, turn = np.tan(first + 0.5 * width), np.tan(width)
        total = 0.0
        for _ in range(N_STEP):
            along = near + beside * tangent
            tangent = (tangent + turn) / (1 - tangent * turn)
            # From the lamp to the point on the ray.
            x, y, z = along * dx - ox, along * dy - oy, along * dz - oz
            r = np.sqrt(x * x + y * y + z * z) + 1e-9
            aim = (x * axis[0] + y * axis[1] + z * axis[2]) / r
            lit = min(max((aim - cosine) * fade, 0.0), 1.0)
            lit = spill + lit * lit * (3 - 2 * lit)
            # Light arrives along (x, y, z) and leaves towards the eye, against the ray.
            base = 1 + g * g + 2 * g * (x * dx + y * dy + z * dz) / r
            total += lit / (base * np.sqrt(base)) * np.exp(-alpha * (along + r))
        light[i] = scale * width / beside * total
    return light
