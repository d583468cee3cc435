"""Façades: walls at y = 0 of their own frame that face -y, with openings, reveals and windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenes.shapes import Shape, box, quads

REVEAL = 0.16  # depth of a window in the wall [m]
FRAME = 0.07  # width of a window's frame [m]


@dataclass(frozen=True)
class Opening:
    """A hole in a façade.

    Attributes:
        x0: Left edge [m].
        x1: Right edge [m].
        z0: Lower edge [m].
        z1: Upper edge [m].
        kind: "window", "door" or "shop" (a glazed front down to the ground).
    """

    x0: float
    x1: float
    z0: float
    z1: float
    kind: str


def cell(
    edges: tuple[float, float, float, float], hole: Opening, y: float, wall: str
) -> list[Shape]:
    """Return a piece of façade at `y` [m] with a hole, what closes it, and its reveals.

    Args:
        edges: x0, x1, z0, z1 of the piece [m].
        hole: Within these edges.
        y: Of the wall's face [m].
        wall: Its material.
    """
    x0, x1, z0, z1 = edges
    around = [
        (x0, hole.x0, z0, z1), (hole.x1, x1, z0, z1), (hole.x0, hole.x1, hole.z1, z1),
        (hole.x0, hole.x1, z0, hole.z0),
    ]  # fmt: skip
    front = [[[a, y, c], [b, y, c], [b, y, d], [a, y, d]] for a, b, c, d in around if d > c + 1e-6]
    return [quads(np.array(front), wall), _reveal(hole, y), *_closed(hole, y)]


def _reveal(hole: Opening, y: float) -> Shape:
    back, x0, x1, z0, z1 = y + REVEAL, hole.x0, hole.x1, hole.z0, hole.z1
    sides = [
        [[x0, back, z1], [x0, back, z0], [x0, y, z0], [x0, y, z1]],
        [[x1, y, z1], [x1, y, z0], [x1, back, z0], [x1, back, z1]],
        [[x0, back, z1], [x0, y, z1], [x1, y, z1], [x1, back, z1]],
        [[x1, back, z0], [x1, y, z0], [x0, y, z0], [x0, back, z0]],
    ]
    return quads(np.array(sides)[:, ::-1], "concrete")


def _closed(hole: Opening, y: float) -> list[Shape]:
    """Return what stands in a hole: panes and frames, or a door's leaf."""
    x0, x1, z0, z1, back = hole.x0, hole.x1, hole.z0, hole.z1, y + REVEAL
    middle, centre, wide, high = (x0 + x1) / 2, (z0 + z1) / 2, x1 - x0, z1 - z0
    if hole.kind == "door":
        return [
            box((middle, back + 0.03, centre), (wide, 0.06, high), "metal"),
            box((middle, back - 0.005, z0 + 0.68 * high), (0.5 * wide, 0.02, 0.35 * high), "glass"),
        ]
    parts = [box((middle, back + 0.03, centre), (wide, 0.02, high), "glass")]
    n = max(2, round(wide / 1.6)) if hole.kind == "shop" else 2
    for x in np.linspace(x0 + FRAME / 2, x1 - FRAME / 2, n + 1):
        parts.append(box((float(x), back, centre), (FRAME, 0.05, high), "frame"))
    bars = [z0 + FRAME / 2, z1 - FRAME / 2]
    if hole.kind == "shop":
        bars.append(z0 + 0.72 * high)
    else:
        sill = (wide + 0.16, REVEAL + 0.08, 0.05)
        parts.append(box((middle, y + REVEAL / 2 - 0.04, z0 - 0.02), sill, "concrete"))
    for z in bars:
        parts.append(box((middle, back, z), (wide, 0.045, FRAME), "frame"))
    return parts
