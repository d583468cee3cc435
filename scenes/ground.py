"""The ground of a parking lot: asphalt, its markings, and the land around."""

from __future__ import annotations

import numpy as np

from scenes.lot import APRON
from scenes.shapes import Shape, joined, rectangle
from scenes.spec import Lot

LINE = 0.12  # width of a marking [m]
RAISED = 0.004  # of markings above the asphalt [m]: no two faces in one plane
Y_FRONT = -25.0  # where the asphalt begins, behind the sensors [m]
FAR = 400.0  # half of the ground's extent [m]


def build_ground(lot: Lot) -> Shape:
    """Return the ground as one shape; the asphalt is at z = 0."""
    x0, x1, y1 = lot.x_min - APRON, lot.x_max + APRON, lot.y_end + 0.3
    return joined([
        rectangle(x0, x1, Y_FRONT, y1, 0.0, "asphalt"),
        rectangle(-FAR, FAR, y1, FAR, 0.0, "soil"),
        rectangle(-FAR, FAR, -FAR, Y_FRONT, 0.0, "soil"),
        rectangle(-FAR, x0, Y_FRONT, y1, 0.0, "soil"),
        rectangle(x1, FAR, Y_FRONT, y1, 0.0, "soil"),
        *_bay_lines(lot),
        *_lane_marks(lot),
    ])  # fmt: skip


def _bay_lines(lot: Lot) -> list[Shape]:
    """Return the lines between bays, and one between rows that stand back to back."""
    half_width, half_length = lot.bay_width / 2, lot.bay_length / 2
    edges = {
        (round(bay.x + side * half_width, 3), bay.y, bay.opens)
        for bay in lot.bays
        for side in (-1, 1)
    }
    parts = []
    for x, y, opens in sorted(edges):
        back, mouth = y - opens * (half_length - LINE / 2), y + opens * (half_length - 0.05)
        y0, y1 = min(back, mouth), max(back, mouth)
        parts.append(rectangle(x - LINE / 2, x + LINE / 2, y0, y1, RAISED, "marking"))
    rows = {(round(bay.y, 3), bay.opens) for bay in lot.bays}
    for y, opens in sorted(rows):
        if opens < 0 and (round(y + 2 * half_length, 3), 1) in rows:
            back = y + half_length
            for bay in lot.bays:
                if bay.opens < 0 and abs(bay.y - y) < 0.01:
                    x0, x1 = bay.x - half_width, bay.x + half_width
                    parts.append(
                        rectangle(x0, x1, back - LINE / 2, back + LINE / 2, RAISED, "marking")
                    )
    return parts


def _lane_marks(lot: Lot) -> list[Shape]:
    """Return arrows on both sides of each lane, and lines to halt at where lanes end."""
    rng = np.random.default_rng(lot.seed)
    parts = []
    for lane in lot.lanes:
        for x in np.arange(lot.x_min + 4, lot.x_max - 4, 14.0) + rng.uniform(0, 3):
            for side in (-1, 1):
                parts.append(_arrow(float(x), lane - side * 1.45, side))
        for side, edge in ((1, lot.x_max), (-1, lot.x_min)):
            y = lane - side * lot.lane_width / 4
            parts.append(rectangle(edge - 0.2, edge + 0.2, y - 1.3, y + 1.3, RAISED, "marking"))
    return parts


def _arrow(x: float, y: float, side: int) -> Shape:
    """Return an arrow at x, y [m] that points along side * x: a shaft and a tip."""
    ends = sorted((x - side * 1.2, x + side * 0.4))
    shaft = rectangle(ends[0], ends[1], y - 0.07, y + 0.07, RAISED, "marking")
    tip = Shape(
        np.array([[x + side * 0.4, y - side * 0.28, RAISED], [x + side * 1.2, y, RAISED],
                  [x + side * 0.4, y + side * 0.28, RAISED]]),
        np.array([[0, 1, 2, -1]], np.int32),
        shaft.material,
    )  # fmt: skip
    return joined([shaft, tip])
