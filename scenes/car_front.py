"""The face of a car: headlamps, grille, intake, number plate, bonnet gaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scenes.car_body import Blocks
from scenes.car_model import CarModel, Lamp
from scenes.car_shell import Points, Shell, box, join
from scenes.car_surface import FRONT, TOP, Surface, circle, rounded

Outline = Sequence[tuple[float, float]]

# Outlines of the left headlamp: across the corner [m], inwards negative, and height above the
# bonnet's leading edge [m].
LAMP_OUTLINES: dict[Lamp, Outline] = {
    "swept": (
        (-0.24, -0.205), (-0.05, -0.225), (0.12, -0.165), (0.24, -0.075), (0.29, -0.02),
        (0.12, -0.06), (-0.08, -0.105), (-0.24, -0.14),
    ),
    "slim": (
        (-0.29, -0.16), (-0.05, -0.175), (0.14, -0.14), (0.25, -0.085), (0.22, -0.055),
        (0.05, -0.075), (-0.29, -0.10),
    ),
    "tall": (
        (-0.15, -0.27), (0.03, -0.28), (0.15, -0.20), (0.22, -0.04), (0.16, 0.0), (0.0, -0.05),
        (-0.17, -0.09),
    ),
    "round": tuple(
        (-0.10 + 0.105 * float(np.cos(a)), -0.17 + 0.105 * float(np.sin(a)))
        for a in np.arange(20) * (2 * np.pi / 20)
    ),
}  # fmt: skip
# Lights inside a headlamp: across, height, half width, half height [m].
LAMP_LIGHTS: dict[Lamp, Sequence[tuple[float, float, float, float]]] = {
    "swept": ((-0.14, -0.165, 0.042, 0.034), (0.0, -0.155, 0.048, 0.038)),
    "slim": ((-0.18, -0.133, 0.040, 0.022), (-0.06, -0.128, 0.042, 0.024)),
    "tall": ((-0.04, -0.205, 0.055, 0.048), (0.06, -0.11, 0.048, 0.042)),
    "round": ((-0.10, -0.17, 0.085, 0.085),),
}
CORNER_ANGLE = np.radians(32.0)  # between the nose's direction and the direction lamps face


def corner_points(corner: Points, angle: float, outline: Outline, height: float) -> Points:
    """Return an outline drawn on a corner of the body.

    Args:
        corner: (3,) a point on the corner [m].
        angle: Which way the drawing faces [rad], 0 along x, positive towards y.
        outline: Across the corner and height [m].
        height: What heights count from [m].

    Returns:
        (n, 3) [m].
    """
    drawn = np.asarray(outline, np.float64)
    across = np.array([-np.sin(angle), np.cos(angle), 0.0])
    points = corner * [1, 1, 0] + drawn[:, :1] * across
    points[:, 2] = height + drawn[:, 1]
    return np.asarray(points)


def facing(angle: float) -> Points:
    """Return the direction (3,) of rays at a corner that faces `angle` [rad]."""
    return np.array([-np.cos(angle), -np.sin(angle), 0.0])


def scaled_lamp(model: CarModel) -> float:
    """Return how much larger than drawn the lamps are: they grow with the car's width."""
    return 1.12 * model.width / 1.82


def headlamp(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return the left headlamp: a dark bezel, its lights, and an indicator."""
    size = scaled_lamp(model)
    corner = blocks.side[3, 0]
    angle = CORNER_ANGLE if model.lamp != "round" else 0.0
    toward = facing(angle)
    drawn = np.asarray(LAMP_OUTLINES[model.lamp]) * size
    outline = corner_points(corner, angle, drawn.tolist(), model.bonnet_height)
    parts = [surface.patch(rounded(outline, 0.02, 0.075), toward, "glass", 0.004)]
    for across, height, half, tall in np.asarray(LAMP_LIGHTS[model.lamp]) * size:
        ring = circle((across, height), (half, 0.0), (0.0, tall))
        points = corner_points(corner, angle, ring.tolist(), model.bonnet_height)
        parts.append(surface.patch(points, toward, "lamp_glass", 0.0075, n_ring=2))
    if model.lamp == "round":
        return parts
    lower = drawn[:4] * 0.94 + [0.0, 0.006]
    line = corner_points(corner, angle, lower.tolist(), model.bonnet_height)
    parts.append(surface.strip(line, toward, 0.014, "lamp_glass", 0.0075))
    return parts


def rectangle(x: float, y: float, low: float, high: float, taper: float = 1.0) -> Points:
    """Return the corners (4, 3) of an upright patch across the car.

    Args:
        x: Where it stands [m].
        y: Half its width above [m].
        low: Its lower edge [m].
        high: Its upper edge [m].
        taper: Its width below, share of that above.
    """
    return np.array([(x, taper * y, low), (x, y, high), (x, -y, high), (x, -taper * y, low)])


def grille(model: CarModel, surface: Surface) -> list[Shell]:
    """Return the grille between the lamps, with bars and a badge."""
    x, top = model.nose, model.bonnet_height - 0.085
    half, tall, taper = {
        "bars": (0.27, 0.15, 0.86),
        "mesh": (0.30, 0.20, 0.72),
        "shield": (0.32, 0.23, 0.80),
        "slim": (0.34, 0.065, 0.94),
        "wide": (0.50, 0.19, 0.97),
    }[model.grille]
    half *= model.width / 1.82
    edge = rounded(rectangle(x, half, top - tall, top, taper), 0.03, 0.12)
    parts = [surface.patch(edge, FRONT, "plastic", 0.004)]
    bars = {"bars": 3, "mesh": 0, "shield": 4, "slim": 1, "wide": 4}[model.grille]
    for k in range(bars):
        z = top - tall * (k + 0.5) / bars
        y = half * (0.94 - (1 - taper) * (k + 0.5) / bars)
        line = [(x, y, z), (x, 0, z), (x, -y, z)]
        parts.append(surface.strip(line, FRONT, 0.013, "chrome", 0.010, 0.09))
    if model.grille in ("mesh", "shield"):
        rim = np.concatenate([edge, edge[:1]])[:: 1 if len(edge) < 40 else 2]
        parts.append(surface.strip(rim, FRONT, 0.016, "chrome", 0.009, 0.09))
    badge = circle((x, 0, top - 0.5 * tall), (0, 0.05, 0), (0, 0, 0.038))
    parts.append(surface.patch(badge, FRONT, "chrome", 0.02, n_ring=1))
    return parts


def bumper(model: CarModel, surface: Surface) -> list[Shell]:
    """Return the black lower intake and the fog lamps of the left with their mirror images."""
    x, low = model.nose, model.sill + 0.055
    high = low + 0.30 * (model.bonnet_height - low) - 0.02
    scale = model.width / 1.82
    parts = [
        surface.patch(
            rounded(rectangle(x, 0.50 * scale, low, high, 0.92), 0.04, 0.14),
            FRONT,
            "plastic",
            0.004,
        )
    ]
    toward = facing(0.35)
    pocket = np.array(
        [(x, 0.57, low), (x, 0.56, high + 0.05), (x, 0.77, high + 0.09), (x, 0.70, low)]
    )
    pocket *= [1, scale, 1]
    fog = circle((x, 0.645 * scale, high - 0.01), (0, 0.045, 0), (0, 0, 0.040), 12)
    left = [
        surface.patch(rounded(pocket, 0.025, 0.12), toward, "plastic", 0.004),
        surface.patch(fog, toward, "lamp_glass", 0.008, n_ring=2),
    ]
    return [*parts, *left, *(part.mirrored() for part in left)]


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
    back, face = sign * (reach - 0.06), sign * (reach + 0.006)
    parts = [plate_box(back, face, (0.0, z), (0.26, 0.056), "plate")]
    ink = face + sign * 0.0012
    parts.append(plate_box(back, ink, (sign * -0.243, z), (0.014, 0.052), "plastic"))
    for k, character in enumerate(code):
        middle = sign * (-0.185 + 0.0575 * k)
        for u, v, half_u, half_v in SEGMENTS.get(character, ()):
            place = (middle + sign * u, z + v)
            parts.append(plate_box(back, ink, place, (half_u, half_v), "rubber"))
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


def bonnet_gaps(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return the gaps around the bonnet."""
    edge = blocks.side[-1]
    last = blocks.bonnet.shape[1] - 1
    back = edge[last] * [1, 0.90, 1] + [0.05, 0, 0]
    front = edge[0] * [1, 0.74, 1] + [0.5 * model.nose_bow - 0.05, 0, 0]
    middle = 0.5 * (back + front) * [1, 1.04, 1]
    line = [back, middle, front, front * [1, 0.85, 1] + [0.025, 0, 0]]
    left = surface.strip(line, TOP, 0.008, "plastic", 0.0015)
    tip = front * [1, 0.85, 1] + [0.025, 0, 0]
    bow = 0.30 * model.nose_bow
    across = [tip, tip * [1, 0.5, 1] + [0.7 * bow, 0, 0], tip * [1, 0, 1] + [bow, 0, 0]]
    ahead = surface.strip(across, TOP, 0.008, "plastic", 0.0015)
    return [left, left.mirrored(), ahead, ahead.mirrored()]


def face(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return everything on the nose and the bonnet."""
    lamp = headlamp(model, blocks, surface)
    low = model.sill + 0.055
    plate_height = low + 0.30 * (model.bonnet_height - low) + 0.03
    return [
        *lamp,
        *(part.mirrored() for part in lamp),
        *grille(model, surface),
        *bumper(model, surface),
        number_plate(surface, model.nose, plate_height, "L HU 57"),
        *bonnet_gaps(model, blocks, surface),
    ]
