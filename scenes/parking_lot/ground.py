"""The ground of a parking lot: asphalt, the land around it, and what is painted on it."""

from __future__ import annotations

import numpy as np

from scenes.parking_lot.plan import APRON, BAY_LENGTH, BAY_WIDTH, LANE_WIDTH, OVERHANG, Lot
from scenes.spec import Ground, Lane, Surface
from scenes.things.marks import Mark, arrow, rectangle

LINE = 0.12  # width of a marking [m]
Y_FRONT = -25.0  # where the asphalt begins, behind the sensors [m]
FAR = 400.0  # half of the ground's extent [m]
GAP = 0.25  # between the target and what may stand out into its lane [m]
N_SKID = 10  # bays whose cars turned in sharply


def lot_ground(lot: Lot) -> Ground:
    """Return the ground of a lot."""
    rng = np.random.default_rng(lot.seed)
    x0, x1, y1 = lot.x_min - APRON, lot.x_max + APRON, lot.y_end + 0.3
    return Ground(
        surfaces=(
            Surface(x0, x1, Y_FRONT, y1, "asphalt"),
            Surface(-FAR, FAR, y1, FAR, "soil"),
            Surface(-FAR, FAR, -FAR, Y_FRONT, "soil"),
            Surface(-FAR, x0, Y_FRONT, y1, "soil"),
            Surface(x1, FAR, Y_FRONT, y1, "soil"),
        ),
        marks=(*_bay_lines(lot), *_lane_marks(lot, rng)),
        extent=(x0, x1, Y_FRONT, y1),
        lanes=tuple(
            Lane((lot.x_min, y), (lot.x_max, y), LANE_WIDTH, OVERHANG + GAP) for y in lot.lanes
        ),
        stains=tuple((bay.x, bay.y) for bay in lot.bays),
        skids=_skids(lot, rng),
        seed=lot.seed,
    )


def _bay_lines(lot: Lot) -> list[Mark]:
    """Return the lines between bays, and one between rows that stand back to back."""
    half_width, half_length = BAY_WIDTH / 2, BAY_LENGTH / 2
    edges = {
        (round(bay.x + side * half_width, 3), bay.y, bay.opens)
        for bay in lot.bays
        for side in (-1, 1)
    }
    marks = []
    for x, y, opens in sorted(edges):
        back, mouth = y - opens * (half_length - LINE / 2), y + opens * (half_length - 0.05)
        marks.append(rectangle(x - LINE / 2, x + LINE / 2, min(back, mouth), max(back, mouth)))
    rows = {(round(bay.y, 3), bay.opens) for bay in lot.bays}
    for y, opens in sorted(rows):
        if opens < 0 and (round(y + 2 * half_length, 3), 1) in rows:
            back = y + half_length
            for bay in lot.bays:
                if bay.opens < 0 and abs(bay.y - y) < 0.01:
                    x0, x1 = bay.x - half_width, bay.x + half_width
                    marks.append(rectangle(x0, x1, back - LINE / 2, back + LINE / 2))
    return marks


def _lane_marks(lot: Lot, rng: np.random.Generator) -> list[Mark]:
    """Return arrows on both sides of each lane, and lines to halt at where lanes end."""
    marks = []
    for lane in lot.lanes:
        for x in np.arange(lot.x_min + 4, lot.x_max - 4, 14.0) + rng.uniform(0, 3):
            for side in (-1, 1):
                marks += arrow((float(x), lane - side * 1.45), 0.0 if side > 0 else np.pi)
        for side, edge in ((1, lot.x_max), (-1, lot.x_min)):
            y = lane - side * LANE_WIDTH / 4
            marks.append(rectangle(edge - 0.2, edge + 0.2, y - 1.3, y + 1.3))
    return marks


def _skids(lot: Lot, rng: np.random.Generator) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return tracks of turning wheels from lanes into bays, in pairs, each of points x, y [m]."""
    tracks = []
    for index in rng.choice(len(lot.bays), size=N_SKID, replace=False):
        bay = lot.bays[int(index)]
        mouth = bay.y + bay.opens * BAY_LENGTH / 2
        angle = np.linspace(0, rng.uniform(0.6, 1.3), 14)
        way = float(rng.choice([-1.0, 1.0]))
        for radius in (4.2, 5.7):
            x = bay.x + way * (5.0 - radius * np.cos(angle))
            y = mouth - bay.opens * 1.5 + bay.opens * radius * np.sin(angle)
            tracks.append(tuple(zip(x.tolist(), y.tolist(), strict=True)))
    return tuple(tracks)
