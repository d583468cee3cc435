"""What stands out of a house's walls: bays, wings and dormers; and pieces of wall."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from scenes.buildings.facade import Opening, cell
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
    window_of,
    wing_rise,
)
from scenes.materials import MATERIAL_ID
from scenes.things.shapes import Shape, box, joined, quads

PLINTH = 0.28  # height of the plinth [m]
CORE = 0.3  # between walls and what fills the house [m]


def plain(x0: float, x1: float, z0: float, z1: float, y: float, material: str) -> Shape:
    """Return a piece of wall at `y` that faces -y, [m]."""
    return quads(np.array([[[x0, y, z0], [x1, y, z0], [x1, y, z1], [x0, y, z1]]]), material)


def triangle(x0: float, x1: float, z: float, rise: float, y: float, material: str) -> Shape:
    """Return the wall below a gable that faces -y."""
    corner = np.array([[x0, y, z], [x1, y, z], [(x0 + x1) / 2, y, z + rise - 0.01]])
    face = np.array([[0, 1, 2, -1]], np.int32)
    return Shape(corner, face, np.array([MATERIAL_ID[material]], np.uint8))


def plinth(x0: float, x1: float, y: float) -> Shape:
    """Return the plinth of a piece of wall at `y` that faces -y, [m]."""
    return box(((x0 + x1) / 2, y, PLINTH / 2), (x1 - x0, 0.05, PLINTH), "concrete")


def bay_walls(house: House, column: Column, detail: int) -> list[Shape]:
    """Return a bay of one storey: a window in each of its three faces, and the wall above it."""
    front, top = -house.depth / 2, bay_top(house)
    corners = bay_corners(column, front)
    wall, parts = house.wall[0], []
    sill = FLOOR + house.window[2] - 0.15
    for (ax, ay), (bx, by) in pairwise(corners):
        length, turn = float(np.hypot(bx - ax, by - ay)), float(np.arctan2(by - ay, bx - ax))
        margin = min(0.14, 0.2 * length)
        hole = Opening(margin - length / 2, length / 2 - margin, sill, top - 0.12, "window")
        face = cell((-length / 2, length / 2, 0.0, top), hole, 0.0, wall, house.joinery, detail)
        face.append(plinth(-length / 2, length / 2, 0.0))
        parts.append(joined(face).moved(((ax + bx) / 2, (ay + by) / 2, 0.0), turn))
    storey_top = FLOOR + house.storey
    for x0, x1 in ((column.x0, corners[0][0]), (corners[3][0], column.x1)):
        parts.append(plain(x0, x1, 0, storey_top, front, wall))
    if storey_top > top:
        parts.append(plain(corners[0][0], corners[3][0], top, storey_top, front, wall))
    inner = corners[2][0] - corners[1][0] - 0.3
    parts.append(box((column.middle, front, top / 2), (inner, 2 * column.out - 0.5, top - 0.1),
                     "plaster"))  # fmt: skip
    return parts


def wing_walls(house: House, column: Column, detail: int) -> list[Shape]:
    """Return a piece of the house that stands out under a gable of its own."""
    front, out = -house.depth / 2, column.out
    y, parts = front - out, []
    for floor in range(house.n_storey):
        base = 0.0 if floor == 0 else FLOOR + floor * house.storey
        edges = (column.x0, column.x1, base, FLOOR + (floor + 1) * house.storey)
        hole = window_of(house, column, floor)
        parts += cell(edges, hole, y, house.wall[min(floor, 1)], house.joinery, detail)
    parts.append(plinth(column.x0, column.x1, y))
    parts.append(triangle(column.x0, column.x1, house.eaves, wing_rise(house, column), y,
                           house.wall[1]))  # fmt: skip
    for x, first, last in ((column.x0, front, y), (column.x1, y, front)):
        for floor, wall in enumerate(house.wall[: house.n_storey]):
            z0 = 0.0 if floor == 0 else FLOOR + floor * house.storey
            z1 = FLOOR + (floor + 1) * house.storey
            cheek = [[x, first, z0], [x, last, z0], [x, last, z1], [x, first, z1]]
            parts.append(quads(np.array([cheek]), wall))
    inside = (column.x1 - column.x0 - 2 * CORE, out, house.eaves - 0.1)
    parts.append(box((column.middle, front + CORE - out / 2 + 0.02, house.eaves / 2), inside,
                     "plaster"))  # fmt: skip
    return parts


def dormer_walls(house: House, x: float, detail: int) -> list[Shape]:
    """Return the front and cheeks of a dormer on the front slope."""
    y = -house.depth / 2 + DORMER_BACK
    z0 = house.eaves + DORMER_BACK * house.slope
    z1 = z0 + DORMER_HEIGHT
    half = DORMER_WIDTH / 2
    hole = Opening(x - half + 0.15, x + half - 0.15, z0 + 0.25, z1 - 0.1, "window")
    parts = cell((x - half, x + half, z0, z1), hole, y, "frame", house.joinery, detail)
    parts.append(triangle(x - half, x + half, z1, DORMER_RISE, y, "frame"))
    back = y + DORMER_HEIGHT / house.slope
    for side in (-1, 1):
        at = x + side * half
        cheek = np.array([[at, y, z0], [at, back, z1], [at, y, z1]])
        parts.append(Shape(cheek if side > 0 else cheek[::-1].copy(),
                           np.array([[0, 1, 2, -1]], np.int32),
                           np.array([MATERIAL_ID["frame"]], np.uint8)))  # fmt: skip
    return parts
