"""Wheels: tyre, rim with spokes, hub and brake disc about the y axis; pure NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scenes.cars.model import CarModel, Rim
from scenes.cars.shell import Shell, disc, join, lofted, outward, revolved, shell

N_SEGMENT = 28  # a multiple of 4, so that a corner stands on the ground
RIM_SHARE = 0.71  # of the tyre's radius

# Spokes in groups: groups, spokes a group, angle between a group's spokes [rad], how far a spoke
# sweeps about the axis [rad], width at hub and at rim [m] for a rim of 0.23 m, how far the hub
# stands behind the rim's edge [m], and the radius of the hub, share of the rim's.
SPOKES: dict[Rim, tuple[int, int, float, float, float, float, float, float]] = {
    "five": (5, 1, 0.0, 0.0, 0.062, 0.085, 0.020, 0.27),
    "ten": (10, 1, 0.0, 0.0, 0.026, 0.034, 0.022, 0.27),
    "split": (5, 2, 0.30, 0.0, 0.026, 0.032, 0.026, 0.27),
    "mesh": (8, 2, 0.24, 0.0, 0.015, 0.020, 0.040, 0.27),
    "steel": (8, 1, 0.0, 0.0, 0.045, 0.100, 0.010, 0.27),
    "six": (6, 1, 0.0, 0.0, 0.050, 0.058, 0.012, 0.30),
    "turbine": (13, 1, 0.0, 0.45, 0.020, 0.034, 0.016, 0.25),
    "cross": (7, 2, 0.40, 0.0, 0.022, 0.020, 0.030, 0.24),
    "aero": (5, 1, 0.0, 0.12, 0.060, 0.200, 0.008, 0.42),
    "dish": (12, 1, 0.0, 0.0, 0.050, 0.085, 0.004, 0.50),
    "slots": (10, 1, 0.0, 0.0, 0.060, 0.105, 0.055, 0.46),
}


def ring(profile: NDArray[np.float64], material: str) -> Shell:
    """Return the closed profile (n, 2) radius, y [m] swept about the axis, facing outward."""
    swept = revolved(profile, N_SEGMENT, material)
    return shell(swept.vertices, outward(swept.vertices, swept.faces), material)


def tyre(radius: float, width: float) -> Shell:
    """Return the tyre: flat tread, round shoulders, bulged walls."""
    rim = RIM_SHARE * radius
    half = width / 2
    wall = radius - rim
    outer = np.array(
        [
            (radius, 0.0),
            (radius - 0.002, 0.62 * half),
            (radius - 0.014, 0.86 * half),
            (rim + 0.58 * wall, half),
            (rim + 0.20 * wall, 0.95 * half),
            (rim - 0.004, 0.86 * half),
        ]
    )
    inner = outer[[5, 3, 1]] * [1, -1]  # The inner wall is hardly ever seen.
    return ring(np.concatenate([outer, inner]), "rubber")


def rim(design: Rim, radius: float, width: float) -> list[Shell]:
    """Return barrel, spokes, hub and what is seen behind them.

    Args:
        design: A key of `SPOKES`.
        radius: Of the rim's edge [m].
        width: Of the tyre [m].
    """
    half = width / 2
    edge = 0.88 * half
    barrel = np.array(
        [
            (radius + 0.004, edge),
            (radius - 0.012, edge + 0.004),
            (radius - 0.024, edge - 0.022),
            (radius - 0.030, -edge),
        ]
    )
    metal = "metal"
    n_group, n_each, gap, sweep, hub_width, rim_width, depth, hub = SPOKES[design]
    parts = [ring(barrel, metal)]
    for k in range(n_group):
        for m in range(n_each):
            lean = (m - (n_each - 1) / 2) * gap + sweep
            spoke = one_spoke(radius, edge, depth, hub_width, rim_width, lean)
            parts.append(turned(spoke, 2 * np.pi * (k / n_group) + np.pi / 2))
    face = edge - depth
    parts.append(disc(hub * radius, face - 0.045, face + 0.004, 12, metal))
    parts.append(disc(0.115 * radius, face, face + 0.014, 8, "plastic"))
    parts.append(disc(0.70 * radius, -0.30 * half, -0.15 * half, 16, "metal"))
    parts.append(disc(radius - 0.034, -0.8 * half, -0.55 * half, 16, "plastic"))
    return parts


def one_spoke(
    radius: float, edge: float, depth: float, hub_width: float, rim_width: float, lean: float
) -> Shell:
    """Return a spoke along +x, its outer end turned by `lean` [rad] about the axis."""
    sections = []
    for share in (0.0, 0.55, 1.0):
        reach = (0.20 + 0.735 * share) * radius
        width = (hub_width + (rim_width - hub_width) * share) * radius / 0.23 / 2
        front = edge - depth + (depth - 0.010) * share**1.6
        back = front - 0.030
        angle = 1.6 * lean * (0.25 + 0.75 * share)
        outline = [(-width, back), (-0.8 * width, front), (0.8 * width, front), (width, back)]
        cos, sin = np.cos(angle), np.sin(angle)
        sections.append([(reach * cos - w * sin, y, reach * sin + w * cos) for w, y in outline])
    return lofted(sections, "metal")


def turned(part: Shell, angle: float) -> Shell:
    """Return the part turned about the y axis by `angle` [rad], from x towards z."""
    cos, sin = np.cos(angle), np.sin(angle)
    return part.turned([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])


def wheel_shell(model: CarModel, rear: bool = False) -> Shell:
    """Return a left wheel about its centre: the outer side looks to +y."""
    radius = RIM_SHARE * model.wheel_radius
    width = model.rear_width if rear else model.wheel_width
    return join([tyre(model.wheel_radius, width), *rim(model.rim, radius, width)])


def wheel_centres(model: CarModel) -> NDArray[np.float64]:
    """Return the wheel centres (4, 3) [m]: front left, front right, rear left, rear right.

    Wider rear wheels reach further in, their outer sides are in line with the front ones.
    """
    rear = model.track / 2 + (model.wheel_width - model.rear_width) / 2
    return np.array(
        [
            (axle, side * y, model.wheel_radius)
            for axle, y in ((model.front_axle, model.track / 2), (model.rear_axle, rear))
            for side in (1, -1)
        ]
    )
