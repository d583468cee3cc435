"""The face of a car: headlamps, grille, intake, number plate, bonnet gaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from scenes.cars.body import Blocks
from scenes.cars.grille import grille, rectangle
from scenes.cars.model import CarModel, Lamp
from scenes.cars.plate import number_plate
from scenes.cars.shell import Points, Shell
from scenes.cars.surface import FRONT, TOP, Surface, circle, rounded

Outline = Sequence[tuple[float, float]]
ARCH_GAP = 0.035  # between headlamps and wheel arches [m]
LAMP_OFFSET = 0.0075  # of lamps' glass above the body [m]

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
        (-0.16 + 0.105 * float(np.cos(a)), -0.17 + 0.105 * float(np.sin(a)))
        for a in np.arange(20) * (2 * np.pi / 20)
    ),
    "oval": tuple(
        (
            0.01 + 0.125 * float(np.cos(a)) + 0.03 * float(np.sin(a)),
            -0.16 + 0.115 * float(np.sin(a)),
        )
        for a in np.arange(18) * (2 * np.pi / 18)
    ),
    "block": ((-0.30, -0.215), (0.05, -0.215), (0.06, -0.065), (-0.30, -0.065)),
    "twin": ((-0.39, -0.245), (-0.05, -0.245), (-0.05, -0.085), (-0.39, -0.085)),
    "stacked": ((-0.20, -0.42), (0.05, -0.40), (0.10, -0.23), (0.0, -0.21), (-0.22, -0.24)),
    "blade": (
        (-0.34, -0.150), (0.06, -0.145), (0.24, -0.090), (0.25, -0.060), (0.05, -0.085),
        (-0.34, -0.095),
    ),
}  # fmt: skip
# Lights inside a headlamp: across, height, half width, half height [m].
LAMP_LIGHTS: dict[Lamp, Sequence[tuple[float, float, float, float]]] = {
    "swept": ((-0.14, -0.165, 0.042, 0.034), (0.0, -0.155, 0.048, 0.038)),
    "slim": ((-0.18, -0.133, 0.040, 0.022), (-0.06, -0.128, 0.042, 0.024)),
    "tall": ((-0.04, -0.205, 0.055, 0.048), (0.06, -0.11, 0.048, 0.042)),
    "round": ((-0.16, -0.17, 0.085, 0.085),),
    "oval": ((0.0, -0.165, 0.085, 0.080),),
    "block": ((-0.21, -0.14, 0.070, 0.058), (-0.05, -0.14, 0.070, 0.058)),
    "twin": ((-0.305, -0.165, 0.066, 0.066), (-0.135, -0.165, 0.066, 0.066)),
    "stacked": ((-0.12, -0.32, 0.060, 0.055), (0.01, -0.315, 0.050, 0.048)),
    "blade": ((-0.22, -0.122, 0.055, 0.020), (-0.08, -0.118, 0.055, 0.020)),
}
# Daytime running lights: lines across the corner and height [m].
LAMP_LINES: dict[Lamp, Outline] = {
    "swept": ((-0.226, -0.187), (-0.047, -0.206), (0.113, -0.149), (0.226, -0.065)),
    "slim": ((-0.273, -0.144), (-0.047, -0.159), (0.132, -0.126), (0.235, -0.074)),
    "tall": ((-0.141, -0.248), (0.028, -0.257), (0.141, -0.182), (0.207, -0.032)),
    "stacked": ((-0.26, -0.115), (-0.02, -0.115), (0.16, -0.085), (0.26, -0.05)),
    "blade": ((-0.32, -0.105), (0.03, -0.100), (0.22, -0.075)),
}
# Between the nose's direction and the direction that lamps face [rad].
LAMP_ANGLES: dict[Lamp, float] = {"round": 0.0, "twin": 0.0, "block": 0.12, "oval": 0.40}
CORNER_ANGLE = 0.56  # of all others


def corner_points(corner: Points, angle: float, outline: ArrayLike, height: float) -> Points:
    """Return an outline drawn on a corner of the body.

    Args:
        corner: (3,) a point on the corner [m].
        angle: Which way the drawing faces [rad], 0 along x, positive towards y.
        outline: Across the corner and height [m].
        height: What heights count from [m].

    Returns:
        (n, 3) [m].
    """
    drawn = np.asarray(outline)
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


def lamp_frame(model: CarModel, blocks: Blocks) -> tuple[Points, float, float]:
    """Return the corner (3,) a headlamp is drawn on, its angle [rad] and its size."""
    return blocks.side[3, 0], LAMP_ANGLES.get(model.lamp, CORNER_ANGLE), scaled_lamp(model)


def shortened(drawn: Points, share: float) -> Points:
    """Return a drawing (n, 2) or (n, 4) whose part outside the corner is narrower by `share`."""
    points = drawn.copy()
    points[:, 0] = np.where(drawn[:, 0] > 0, share * drawn[:, 0], drawn[:, 0])
    return points


def clear_of_arch(model: CarModel, blocks: Blocks, surface: Surface) -> float:
    """Return how much of a headlamp's part outside the corner ends before the wheel arch."""
    corner, angle, size = lamp_frame(model, blocks)
    drawn = np.asarray(LAMP_OUTLINES[model.lamp]) * size
    for share in (1.0, 0.8, 0.6, 0.4, 0.2):
        points = corner_points(corner, angle, shortened(drawn, share), model.bonnet_height)
        hit = surface.project(points, facing(angle), 0.0)
        away = np.hypot(hit[:, 0] - model.front_axle, hit[:, 2] - model.wheel_radius)
        if away.min() > model.arch_radius + ARCH_GAP:
            return share
    return 0.0


def headlamp(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return the left headlamp: a dark bezel, its lights, and its daytime running light."""
    corner, angle, size = lamp_frame(model, blocks)
    toward, share = facing(angle), clear_of_arch(model, blocks, surface)

    def drawn(outline: ArrayLike) -> Points:
        points = shortened(np.asarray(outline, np.float64) * size, share)
        return corner_points(corner, angle, points, model.bonnet_height)

    bezel = rounded(drawn(LAMP_OUTLINES[model.lamp]), 0.02, 0.075)
    parts = [surface.patch(bezel, toward, "glass", 0.004)]
    for across, height, half, tall in LAMP_LIGHTS[model.lamp]:
        ring = drawn(circle((across, height), (half, 0.0), (0.0, tall)))
        parts.append(surface.patch(ring, toward, "headlamp", LAMP_OFFSET, n_ring=2))
    if model.lamp in LAMP_LINES:
        line = drawn(LAMP_LINES[model.lamp])
        parts.append(surface.strip(line, toward, 0.014, "headlamp", LAMP_OFFSET))
    return parts


def headlamp_place(model: CarModel, blocks: Blocks, surface: Surface) -> Points:
    """Return the middle (3,) [m] of the left headlamp's main light, on its glass."""
    corner, angle, size = lamp_frame(model, blocks)
    across, height, _, _ = LAMP_LIGHTS[model.lamp][0]
    point = corner_points(corner, angle, [(across * size, height * size)], model.bonnet_height)
    return np.asarray(surface.project(point, facing(angle), LAMP_OFFSET)[0])


def bumper(model: CarModel, surface: Surface) -> list[Shell]:
    """Return the black lower intake and the fog lamps of both sides."""
    x, low = model.nose, model.sill + 0.055
    high = low + 0.30 * (model.bonnet_height - low) - 0.02
    scale = model.width / 1.82
    toward = facing(0.35)
    fog = circle((x, 0.645 * scale, high - 0.01), (0, 0.045, 0), (0, 0, 0.040), 12)
    lamp = surface.patch(fog, toward, "lamp_glass", 0.008, n_ring=2)
    half = {"pockets": 0.50, "slits": 0.58, "plain": 0.36}[model.intake] * scale
    intake = rounded(rectangle(x, half, low, high, 0.92), 0.04, 0.14)
    parts = [surface.patch(intake, FRONT, "plastic", 0.004)]
    left = []
    if model.intake == "pockets":
        pocket = np.array(
            [(x, 0.57, low), (x, 0.56, high + 0.05), (x, 0.77, high + 0.09), (x, 0.70, low)]
        )
        left = [
            surface.patch(rounded(pocket * [1, scale, 1], 0.025, 0.12), toward, "plastic"),
            lamp,
        ]
    elif model.intake == "slits":
        slit = np.array(
            [(x, 0.69, low), (x, 0.70, high + 0.12), (x, 0.77, high + 0.13), (x, 0.77, low + 0.03)]
        )
        left = [surface.patch(rounded(slit * [1, scale, 1], 0.02, 0.1), facing(0.5), "plastic")]
    elif not model.dark_bumpers or model.style == "offroad":
        left = [lamp]
    return [*parts, *left, *(part.mirrored() for part in left)]


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
    gaps = bonnet_gaps(model, blocks, surface) if model.cowl > 0.45 else []
    low = model.sill + 0.055
    plate_height = low + 0.30 * (model.bonnet_height - low) + 0.03
    return [
        *lamp,
        *(part.mirrored() for part in lamp),
        *grille(model, surface),
        *bumper(model, surface),
        number_plate(surface, model.nose, plate_height, "L HU 57"),
        *gaps,
    ]
