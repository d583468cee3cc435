"""Number plates with raised characters."""

from __future__ import annotations

import numpy as np

from scenes.cars.shell import Shell, box, join
from scenes.cars.surface import Surface


def number_plate(surface: Surface, x: float, z: float, code: str) -> Shell:
    """Return a number plate that stands on the nose (x > 0) or the tail.

    Args:
        surface: The body.
        x: Of the nose or the tail [m].
        z: Of the plate's middle [m].
        code: Its characters, digits and blanks.
    """
    sign = float(np.sign(x))
    grid = [(x, y, z + dz) for y in (-0.24, -0.12, 0.0, 0.12, 0.24) for dz in (-0.05, 0.0, 0.05)]
    hit = surface.project(grid, (-sign, 0, 0), 0.0)
    reach = float((sign * hit[:, 0]).max())
    return number_plate_box((sign * (reach + 0.006), 0.0, z), sign, code)


def number_plate_box(middle: tuple[float, float, float], sign: float, code: str) -> Shell:
    """Return a number plate about the middle of its face (x, y, z) [m].

    Args:
        middle: Of its face.
        sign: 1 looks ahead, -1 back.
        code: Its characters, digits and blanks.
    """
    face, across, z = middle
    back = face - sign * 0.066
    parts = [plate_box(back, face, (across, z), (0.26, 0.056), "plate")]
    ink = face + sign * 0.0012
    parts.append(plate_box(back, ink, (across + sign * -0.243, z), (0.014, 0.052), "plastic"))
    for k, character in enumerate(code):
        place = across + sign * (-0.185 + 0.0575 * k)
        for u, v, half_u, half_v in SEGMENTS.get(character, ()):
            parts.append(
                plate_box(back, ink, (place + sign * u, z + v), (half_u, half_v), "rubber")
            )
    return join(parts)


def plate_box(
    back: float, face: float, middle: tuple[float, float], half: tuple[float, float], material: str
) -> Shell:
    """Return the box from `back` to `face` [m] along x about `middle` (y, z) with `half` sizes."""
    (y, z), (half_y, half_z) = middle, half
    low = (min(back, face), y - half_y, z - half_z)
    return box(low, (max(back, face), y + half_y, z + half_z), material)


# Strokes of the plate's characters: middle across and up, half width and half height [m].
_LEFT, _RIGHT = (-0.016, 0.0, 0.005, 0.036), (0.016, 0.0, 0.005, 0.036)
_TOP, _MIDDLE, _LOW = ((0.0, v, 0.0105, 0.005) for v in (0.031, 0.0, -0.031))
_UPPER_LEFT, _LOWER_LEFT = (-0.016, 0.018, 0.005, 0.018), (-0.016, -0.018, 0.005, 0.018)
_UPPER_RIGHT, _LOWER_RIGHT = (0.016, 0.018, 0.005, 0.018), (0.016, -0.018, 0.005, 0.018)
SEGMENTS: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "1": ((0.004, 0.0, 0.005, 0.036),),
    "2": (_TOP, _MIDDLE, _LOW, _UPPER_RIGHT, _LOWER_LEFT),
    "5": (_TOP, _MIDDLE, _LOW, _UPPER_LEFT, _LOWER_RIGHT),
    "7": (_TOP, _RIGHT),
    "H": (_LEFT, _RIGHT, _MIDDLE),
    "L": (_LEFT, _LOW),
    "U": (_LEFT, _RIGHT, _LOW),
}
