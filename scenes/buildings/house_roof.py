"""Roofs of houses: gables, hips, what covers wings, bays, dormers, porches and garages."""

from __future__ import annotations

import numpy as np

from scenes.buildings.house_plan import (
    DORMER_BACK,
    DORMER_HEIGHT,
    DORMER_RISE,
    DORMER_WIDTH,
    FLOOR,
    Column,
    House,
    bay_corners,
    bay_top,
    wing_rise,
)
from scenes.buildings.house_sampling import draw_house
from scenes.materials import MATERIAL_ID
from scenes.spec import Prop
from scenes.things.shapes import Points, Shape, box, joined, quads, tube

THICK = 0.14  # of a roof, measured upwards [m]


def build_house_roof(prop: Prop) -> Shape:
    """Return the roof of the house of the prop's seed."""
    house = draw_house(prop.seed)
    width, front = house.x1 - house.x0, -house.depth / 2
    if house.roof == "hip":
        parts = hip_roof(width, house.depth, house.eaves, house.rise, house.over)
    elif house.roof == "front":
        parts = [joined(gable_roof(house.depth, width, house.eaves, house.rise, house.over))
                 .moved((0, 0, 0), np.pi / 2)]  # fmt: skip
    else:
        parts = gable_roof(width, house.depth, house.eaves, house.rise, house.over)
    for column in house.columns:
        if column.kind == "wing":
            rise = wing_rise(house, column)
            back = rise / house.slope  # where the main slope is as high as the wing's ridge
            parts += _valley_roof(
                column.middle, column.x1 - column.x0, (front - column.out, front + back),
                (house.eaves, rise), 0.3,
            )  # fmt: skip
        elif column.kind == "bay":
            parts += _bay_roof(house, column)
    for x in house.dormers:
        y, z = front + DORMER_BACK, house.eaves + DORMER_BACK * house.slope + DORMER_HEIGHT
        back = y + (DORMER_HEIGHT + DORMER_RISE) / house.slope
        parts += _valley_roof(x, DORMER_WIDTH, (y, back), (z, DORMER_RISE), 0.15)
    if house.garage:
        parts += _garage_roof(house)
    if house.porch:
        parts += _porch_roof(house)
    if house.panels and house.roof != "front":
        parts += _panels(house)
    return joined(parts)


def gable_roof(length: float, span: float, eaves: float, rise: float, over: float) -> list[Shape]:
    """Return a roof with its ridge along x, over walls of `length` by `span` up to `eaves` [m]."""
    x, y, slope = length / 2 + 0.7 * over, span / 2, 2 * rise / span
    low, high, parts = eaves - over * slope, eaves + rise, []
    for side in (-1, 1):
        eave = side * (y + over)
        parts += _slab([[-x, eave, low], [x, eave, low], [x, 0, high], [-x, 0, high]], side < 0)
        gutter = eave + side * 0.06
        parts.append(tube((-x, gutter, low + 0.05), (x, gutter, low + 0.05), (0.06, 0.06),
                          "frame", 6))  # fmt: skip
    parts.append(tube((-x, 0, high + THICK), (x, 0, high + THICK), (0.1, 0.1), "tile", 6))
    return parts


def _slab(corners: list[list[float]], forward: bool) -> list[Shape]:
    """Return a slope: tiles on four corners, counter-clockwise from above if `forward`."""
    lower = np.array(corners if forward else corners[::-1], float)
    upper = lower + np.array([0.0, 0.0, THICK])
    edges = [[lower[i], lower[(i + 1) % 4], upper[(i + 1) % 4], upper[i]] for i in range(4)]
    return [
        quads(upper[None], "tile"), quads(lower[None, ::-1], "frame"),
        quads(np.array(edges), "frame"),
    ]  # fmt: skip


def hip_roof(width: float, depth: float, eaves: float, rise: float, over: float) -> list[Shape]:
    """Return a roof with four slopes, a level soffit and a gutter all around."""
    x, y = width / 2 + over, depth / 2 + over
    ridge = x - y
    low, high = eaves + THICK, eaves + rise + THICK
    corner = [(-x, -y), (x, -y), (x, y), (-x, y)]
    bottom = np.array([[a, b, eaves - 0.02] for a, b in corner])
    rim = np.array([[a, b, low] for a, b in corner])
    left, right = np.array([-ridge, 0, high]), np.array([ridge, 0, high])
    long = [[rim[0], rim[1], right, left], [rim[2], rim[3], left, right]]
    short = Shape(
        np.array([rim[1], rim[2], right, rim[3], rim[0], left]),
        np.array([[0, 1, 2, -1], [3, 4, 5, -1]], np.int32),
        np.full(2, MATERIAL_ID["tile"], np.uint8),
    )
    band = [[bottom[i], bottom[(i + 1) % 4], rim[(i + 1) % 4], rim[i]] for i in range(4)]
    caps = [(rim[0], left), (rim[3], left), (rim[1], right), (rim[2], right), (left, right)]
    return [
        quads(np.array(long), "tile"), short, quads(np.array(band), "frame"),
        quads(bottom[None, ::-1], "frame"),
        *(tube(_point(a), _point(b), (0.09, 0.09), "tile", 6) for a, b in caps),
    ]  # fmt: skip


def _point(corner: Points) -> tuple[float, float, float]:
    return float(corner[0]), float(corner[1]), float(corner[2])


def _valley_roof(
    x: float, span: float, ends: tuple[float, float], heights: tuple[float, float], over: float
) -> list[Shape]:
    """Return a small gable roof with its ridge along y, which runs into a slope behind it.

    Args:
        x: Of the ridge [m].
        span: Of the walls below [m].
        ends: y of the front wall, and of where the ridge meets the slope [m].
        heights: Of the walls, and of the ridge above them [m].
        over: How far it stands out [m].
    """
    (y0, y1), (eaves, rise) = ends, heights
    slope = 2 * rise / span
    low, high, parts = eaves - over * slope, eaves + rise, []
    for side in (-1, 1):
        eave = x + side * (span / 2 + over)
        # At the eaves the slab ends where the wall stands, inside the main roof.
        corners = [[eave, y0 - over, low], [x, y0 - over, high], [x, y1, high], [eave, y1, low]]
        parts += _slab(corners, side < 0)
    parts.append(tube((x, y0 - over, high + THICK), (x, y1, high + THICK), (0.08, 0.08), "tile", 6))
    return parts


def _bay_roof(house: House, column: Column) -> list[Shape]:
    """Return the lean-to roof of a bay."""
    front, z = -house.depth / 2, bay_top(house)
    rim = bay_corners(column, front, 0.12)
    rise = min(0.55, max(0.1, house.eaves - house.over * house.slope - z - 0.1))
    lower = np.array([[x, y, z] for x, y in rim])
    upper = lower + np.array([0.0, 0.0, 0.08])
    half = 0.75 * (rim[2][0] - rim[1][0]) / 2
    a, b = (np.array([column.middle + s * half, front, z + 0.08 + rise]) for s in (-1, 1))
    ends = Shape(
        np.array([upper[0], upper[1], a, upper[2], upper[3], b]),
        np.array([[0, 1, 2, -1], [3, 4, 5, -1]], np.int32),
        np.full(2, MATERIAL_ID["tile"], np.uint8),
    )
    band = [[lower[i], lower[i + 1], upper[i + 1], upper[i]] for i in range(3)]
    return [
        quads(np.array([[upper[1], upper[2], b, a]]), "tile"), ends,
        quads(np.array(band), "frame"), quads(lower[None, ::-1], "frame"),
    ]  # fmt: skip


def _garage_roof(house: House) -> list[Shape]:
    garage = house.garage
    assert garage is not None
    y0 = -house.depth / 2 + garage.back
    wide, x, y = garage.x1 - garage.x0, (garage.x0 + garage.x1) / 2, y0 + garage.depth / 2
    if garage.roof == "flat":
        return [
            box((x, y, garage.height + 0.09), (wide + 0.16, garage.depth + 0.2, 0.18), "frame",
                "gravel"),
        ]  # fmt: skip
    roof = joined(gable_roof(garage.depth, wide, garage.height, 0.38 * wide, 0.12))
    return [roof.moved((x, y, 0), np.pi / 2)]


def _porch_roof(house: House) -> list[Shape]:
    """Return the roofs over the front doors, with their posts."""
    front, parts = -house.depth / 2, []
    z = FLOOR + 2.3
    for column in house.columns:
        if column.kind != "door":
            continue
        x, half = column.middle, min(1.0, (column.x1 - column.x0) / 2 - 0.08)
        if house.porch == "slab":
            parts.append(box((x, front - 0.45, z), (2 * half, 0.94, 0.14), "frame"))
            continue
        rise, out = 0.42, 0.95 if house.porch == "lean" else 1.15
        corners = [[x - half, front - out, z], [x + half, front - out, z],
                   [x + half, front, z + rise], [x - half, front, z + rise]]  # fmt: skip
        if house.porch == "lean":
            parts += _slab(corners, True)
            for side in (-1, 1):
                foot = (x + side * (half - 0.1), front, z - 0.45)
                head = (x + side * (half - 0.1), front - 0.75, z + 0.05)
                parts.append(tube(foot, head, (0.045, 0.045), "frame", 6))
            continue
        parts += _valley_roof(x, 2 * half - 0.2, (front - out, front), (z, 0.55 * half), 0.12)
        for side in (-1, 1):
            at = x + side * (half - 0.12)
            parts.append(box((at, front - out + 0.1, z / 2), (0.11, 0.11, z), "frame"))
            parts.append(box((at, front - out / 2, z - 0.06), (0.09, out, 0.12), "frame"))
        gable = np.array([[x - half + 0.1, front - out, z], [x + half - 0.1, front - out, z],
                          [x, front - out, z + 0.55 * half - 0.02]])  # fmt: skip
        parts.append(Shape(gable, np.array([[0, 1, 2, -1]], np.int32),
                           np.array([MATERIAL_ID["frame"]], np.uint8)))  # fmt: skip
    return parts


def _panels(house: House) -> list[Shape]:
    """Return skylights or solar panels that lie on the front slope, where nothing else does."""
    taken = [*house.dormers, *(c.middle for c in house.columns if c.kind == "wing")]
    reach = (house.x1 - house.x0) / 2 - (house.depth / 2 if house.roof == "hip" else 0.9)
    base, size = (0.62, (0.75, 1.1)) if house.panels == "light" else (0.45, (1.0, 1.65))
    shifted = house.over * house.slope + THICK if house.roof == "hip" else THICK
    places = np.arange(-reach, reach - size[0] + 0.01, 2.6 if house.panels == "light" else 1.04)
    parts = []
    for x in places.tolist():
        if any(abs(x + size[0] / 2 - other) < 2.6 for other in taken):
            continue
        run = size[1] / np.hypot(1.0, house.slope)
        y0 = -house.depth / 2 * (1 - base) - run / 2
        z0 = house.eaves + (y0 + house.depth / 2) * house.slope + shifted * 1.0 + 0.06
        if house.roof == "hip":  # its slope starts at the rim of the overhang
            scale = house.rise / (house.depth / 2 + house.over)
            z0 = house.eaves + THICK + (y0 + house.depth / 2 + house.over) * scale + 0.06
            top = z0 + run * scale
        else:
            top = z0 + run * house.slope
        pane = np.array([[x, y0, z0], [x + size[0], y0, z0], [x + size[0], y0 + run, top],
                         [x, y0 + run, top]])  # fmt: skip
        rim = pane - [0.0, 0.0, 0.10]
        edges = [[rim[i], rim[(i + 1) % 4], pane[(i + 1) % 4], pane[i]] for i in range(4)]
        parts += [quads(pane[None], "glass"), quads(np.array(edges), "plastic")]
    return parts
