"""Grilles with bars and a badge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenes.cars.model import CarModel, Grille
from scenes.cars.shell import Points, Shell
from scenes.cars.surface import FRONT, Surface, circle, rounded


@dataclass(frozen=True)
class GrilleDesign:
    """A grille in one piece, of a car 1.82 m wide.

    Attributes:
        half: Half its width above [m].
        tall: Its height [m].
        taper: Its width below, share of that above.
        n_bar: Bright bars across.
        has_rim: Whether it has a bright rim.
    """

    half: float
    tall: float
    taper: float
    n_bar: int
    has_rim: bool = False


GRILLES: dict[Grille, GrilleDesign] = {
    "bars": GrilleDesign(0.27, 0.15, 0.86, 3),
    "mesh": GrilleDesign(0.30, 0.20, 0.72, 0, True),
    "shield": GrilleDesign(0.32, 0.23, 0.80, 4, True),
    "slim": GrilleDesign(0.34, 0.065, 0.94, 1),
    "wide": GrilleDesign(0.50, 0.19, 0.97, 4),
    "frame": GrilleDesign(0.36, 0.36, 0.66, 5, True),
}


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
    scale = model.width / 1.82
    make = {"kidney": kidneys, "slats": slats}.get(model.grille)
    if make is not None:
        return make(model, surface, top, scale)
    badge_height = top - 0.5 * (0.15 if model.grille == "none" else GRILLES[model.grille].tall)
    if model.grille == "frame":
        badge_height = top - 0.09
    ring = circle((x, 0, badge_height), (0, 0.05, 0), (0, 0, 0.038))
    badge = surface.patch(ring, FRONT, "chrome", 0.02, n_ring=1)
    if model.grille == "none":
        return [badge]
    design = GRILLES[model.grille]
    half, tall, taper = design.half * scale, design.tall, design.taper
    edge = rounded(rectangle(x, half, top - tall, top, taper), 0.03, 0.12)
    parts = [surface.patch(edge, FRONT, "plastic", 0.004)]
    for k in range(design.n_bar):
        z = top - tall * (k + 0.5) / design.n_bar
        y = half * (0.94 - (1 - taper) * (k + 0.5) / design.n_bar)
        line = [(x, y, z), (x, 0, z), (x, -y, z)]
        parts.append(surface.strip(line, FRONT, 0.013, "chrome", 0.010, 0.09))
    if design.has_rim:
        rim = np.concatenate([edge, edge[:1]])[:: 1 if len(edge) < 40 else 2]
        parts.append(surface.strip(rim, FRONT, 0.016, "chrome", 0.009, 0.09))
    return [*parts, badge]


def kidneys(model: CarModel, surface: Surface, top: float, scale: float) -> list[Shell]:
    """Return a grille in two upright halves below `top` [m], with the badge above them."""
    x, parts = model.nose, []
    corners = np.array(
        [(x, 0.025, top), (x, 0.25, top), (x, 0.23, top - 0.17), (x, 0.04, top - 0.17)]
    )
    edge = rounded(corners * [1, scale, 1], 0.04, 0.09)
    parts.append(surface.patch(edge, FRONT, "plastic", 0.004))
    for y in (0.09, 0.14, 0.19):
        line = np.array([(x, y, top - 0.155), (x, y, top - 0.015)]) * [1, scale, 1]
        parts.append(surface.strip(line, FRONT, 0.012, "chrome", 0.010, 0.09))
    parts.append(surface.strip([*edge, edge[0]], FRONT, 0.016, "chrome", 0.009, 0.09))
    badge = circle((x, 0, top + 0.04), (0, 0.038, 0), (0, 0, 0.032))
    both = [*parts, *(part.mirrored() for part in parts)]
    return [*both, surface.patch(badge, FRONT, "chrome", 0.012, n_ring=1)]


def slats(model: CarModel, surface: Surface, top: float, scale: float) -> list[Shell]:
    """Return seven upright slots below `top` [m]."""
    x, parts = model.nose, []
    for k in range(-3, 4):
        y = 0.088 * k * scale
        low, high = top - 0.20, top + 0.01
        corners = [
            (x, y - 0.026, low),
            (x, y + 0.026, low),
            (x, y + 0.026, high),
            (x, y - 0.026, high),
        ]
        parts.append(surface.patch(rounded(corners, 0.02, 0.1), FRONT, "plastic", 0.005))
    return parts
