"""The ground of a parking lot: asphalt, worn markings, and the land around."""

from __future__ import annotations

import numpy as np

from scenes.shapes import Shape, joined, rectangle
from scenes.spec import Lot

LINE = 0.12  # width of a marking [m]
RAISED = 0.004  # of markings above the asphalt [m]: no two faces in one plane
FAR = 150.0  # half of the ground's extent [m]


def build_ground(lot: Lot) -> Shape:
    """Return the ground as one shape; the asphalt is at z = 0.

    The asphalt is cut into tiles: Embree and the surface phases like no triangle of 300 m.
    """
    y_front, y_back = -30.0, lot.y_end
    parts = [
        rectangle(-FAR, FAR, y_front, y_back, 0.0, "asphalt"),
        rectangle(-FAR, FAR, y_back, FAR, 0.0, "soil"),
        rectangle(-FAR, FAR, -FAR, y_front, 0.0, "soil"),
    ]
    return joined(parts + _markings(lot))


def _markings(lot: Lot) -> list[Shape]:
    """Return lines between bays and arrows on lanes, each with bits worn off."""
    rng = np.random.default_rng(lot.seed)
    parts: list[Shape] = []
    half_width, half_length = lot.bay_width / 2, lot.bay_length / 2
    edges = {
        (round(bay.x + side * half_width, 3), bay.y, bay.opens)
        for bay in lot.bays
        for side in (-1, 1)
    }
    for x, y, opens in sorted(edges):
        start = y - half_length + (0.1 if opens < 0 else 0.15)
        for y0, y1 in _worn(start, y + half_length - 0.1, rng):
            parts.append(rectangle(x - LINE / 2, x + LINE / 2, y0, y1, RAISED, "marking"))
    rows = {(bay.y, bay.opens) for bay in lot.bays}
    for y, opens in sorted(rows):
        back = y - opens * half_length
        if any(abs((other - o * half_length) - back) < 0.01 for other, o in rows if o != opens):
            if opens > 0:  # one line for two rows back to back
                for x0, x1 in _worn(lot.x_min, lot.x_max, rng):
                    parts.append(
                        rectangle(x0, x1, back - LINE / 2, back + LINE / 2, RAISED / 2, "marking")
                    )
    for lane in lot.lanes:
        for x in np.arange(lot.x_min + 4, lot.x_max, 14.0) + rng.uniform(0, 3):
            for side in (-1, 1):
                parts.append(_arrow(x, lane - side * 1.4, side))
    return parts


def _worn(start: float, end: float, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Return the pieces of a line from `start` to `end` that are left."""
    pieces, place = [], start
    while place < end:
        length = float(rng.uniform(1.5, 6.0))
        pieces.append((place, min(place + length, end)))
        place += length + float(rng.uniform(0.02, 0.08))
    return pieces


def _arrow(x: float, y: float, side: int) -> Shape:
    """Return an arrow on the lane that points along side * x."""
    shaft = rectangle(x - 0.8, x + 0.5, y - 0.07, y + 0.07, RAISED, "marking")
    tip = Shape(
        np.array([[x + side * 0.55, y - side * 0.3, RAISED], [x + side * 1.3, y, RAISED],
                  [x + side * 0.55, y + side * 0.3, RAISED]]),
        np.array([[0, 1, 2, -1]], np.int32),
        shaft.material,
    )  # fmt: skip
    return joined([shaft, tip])
