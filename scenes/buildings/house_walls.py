"""Houses: walls with windows, bays, wings, dormers and chimneys.

The roof's tiles and the doors are props of their own, in colours of their own, on the same plan:
`scenes.buildings.house_roof`, `scenes.buildings.house_doors`.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from scenes.buildings.facade import COARSE, FINE, Opening, cell
from scenes.buildings.house_bays import (
    CORE,
    bay_walls,
    dormer_walls,
    plain,
    plinth,
    triangle,
    wing_walls,
)
from scenes.buildings.house_plan import FLOOR, Column, House, door_of, garage_door, window_of
from scenes.buildings.house_sampling import draw_house
from scenes.spec import Prop
from scenes.things.shapes import Shape, box, joined, quads, tube


def build_house_walls(prop: Prop) -> Shape:
    """Return a house's walls; the part of its style after "house" is how finely they are made."""
    house = draw_house(prop.seed)
    detail = COARSE + 1 if prop.style.endswith("far") else FINE
    parts = _front(house, detail)
    front = -house.depth / 2
    for column in house.columns:
        if column.kind == "bay":
            parts += bay_walls(house, column, detail)
        elif column.kind == "wing":
            parts += wing_walls(house, column, detail)
    for sign in (-1, 1):
        parts += _side(house, sign, detail)
    parts.append(plain(house.x0, house.x1, 0, house.eaves, front, house.wall[0]).moved(
        (0, 0, 0), np.pi))  # fmt: skip
    if house.roof == "front":
        parts += [triangle(house.x0, house.x1, house.eaves, house.rise, y, house.wall[1])
                  for y in (front,)]  # fmt: skip
        parts.append(triangle(house.x0, house.x1, house.eaves, house.rise, front, house.wall[1])
                     .moved((0, 0, 0), np.pi))  # fmt: skip
    for x in house.dormers:
        parts += dormer_walls(house, x, detail)
    for x, y in house.chimneys:
        parts += _chimney(house, x, y)
    if house.garage:
        parts += _garage_walls(house)
    wide, deep = house.x1 - house.x0 - 2 * CORE, house.depth - 2 * CORE
    parts.append(box((0, 0, house.eaves / 2), (wide, deep, house.eaves - 0.1), "plaster"))
    return joined(parts)


def _front(house: House, detail: int) -> list[Shape]:
    front, parts = -house.depth / 2, []
    for column in house.columns:
        for floor in range(house.n_storey):
            base = 0.0 if floor == 0 else FLOOR + floor * house.storey
            edges = (column.x0, column.x1, base, FLOOR + (floor + 1) * house.storey)
            wall = house.wall[min(floor, 1)]
            if column.kind == "wing" or (floor == 0 and column.kind == "bay"):
                continue
            if floor == 0 and column.kind == "door":
                parts += _doorway(house, column, front)
                continue
            hole = window_of(house, column, floor)
            parts += cell(edges, hole, front, wall, house.joinery, detail)
            if house.lintels and wall == "brick":
                wide = hole.x1 - hole.x0 + 0.3
                parts.append(box(((hole.x0 + hole.x1) / 2, front - 0.01, hole.z1 + 0.1),
                                 (wide, 0.05, 0.2), "concrete"))  # fmt: skip
        if column.kind in ("window", "door"):
            parts.append(plinth(column.x0, column.x1, front))
    if house.wall[0] != house.wall[1]:
        at = FLOOR + house.storey
        parts.append(box((0, front - 0.02, at), (house.x1 - house.x0, 0.06, 0.16), "frame"))
    return parts


def _doorway(house: House, column: Column, front: float) -> list[Shape]:
    """Return the wall around a door; its leaf is not part of it."""
    hole = door_of(column)
    x0, x1, top = column.x0, column.x1, FLOOR + house.storey
    wall = house.wall[0]
    back = front + 0.14
    jambs = [
        [[hole.x0, front, 0], [hole.x0, back, 0], [hole.x0, back, hole.z1],
         [hole.x0, front, hole.z1]],
        [[hole.x1, back, 0], [hole.x1, front, 0], [hole.x1, front, hole.z1],
         [hole.x1, back, hole.z1]],
        [[hole.x0, front, hole.z1], [hole.x0, back, hole.z1], [hole.x1, back, hole.z1],
         [hole.x1, front, hole.z1]],
    ]  # fmt: skip
    return [
        plain(x0, hole.x0, 0, top, front, wall),
        plain(hole.x1, x1, 0, top, front, wall),
        plain(hole.x0, hole.x1, hole.z1, top, front, wall),
        quads(np.array(jambs), "frame"),
        box((column.middle, front - 0.35, FLOOR / 2), (hole.x1 - hole.x0 + 0.7, 0.98, FLOOR),
            "concrete"),
    ]  # fmt: skip


def _side(house: House, sign: int, detail: int) -> list[Shape]:
    """Return the left (-1) or right (1) wall."""
    half, away = house.depth / 2, (house.x0 if sign < 0 else -house.x1)
    y = -abs(away)
    parts: list[Shape] = []
    shares = sorted(house.sides[(sign + 1) // 2])
    beside = house.garage is not None and (house.garage.x0 > 0) == (sign > 0)
    for floor in range(house.n_storey):
        base = 0.0 if floor == 0 else FLOOR + floor * house.storey
        top, wall = FLOOR + (floor + 1) * house.storey, house.wall[min(floor, 1)]
        cuts = [-half, *(((a + b) / 2 - 0.5) * house.depth for a, b in
                         pairwise(shares)), half]  # fmt: skip
        if not shares or (beside and floor == 0):
            parts.append(plain(-half, half, base, top, y, wall))
            continue
        for share, a, b in zip(shares, cuts[:-1], cuts[1:], strict=True):
            x = (share - 0.5) * house.depth
            z1 = FLOOR + floor * house.storey + 2.12
            half_wide = 0.3 + 0.3 * house.window[1] * (0.6 + 0.4 * (share > 0.4))
            hole = Opening(x - half_wide, x + half_wide, z1 - 0.9 * house.window[1], z1, "window")
            parts += cell((a, b, base, top), hole, y, wall, house.joinery, detail)
    if house.roof == "gable":
        parts.append(triangle(-half, half, house.eaves, house.rise, y, house.wall[1]))
    parts.append(plinth(-half, half, y))
    pipe = (half - 0.2) * sign
    parts.append(tube((pipe, y - 0.07, 0), (pipe, y - 0.07, house.eaves - 0.05), (0.04, 0.04),
                      "frame", 6))  # fmt: skip
    return [joined(parts).moved((0, 0, 0), sign * np.pi / 2)]


def _chimney(house: House, x: float, y: float) -> list[Shape]:
    top = house.eaves + house.rise + 0.75
    foot = house.eaves - 0.3
    parts = [
        box((x, y, (foot + top) / 2), (0.62, 0.62, top - foot), "brick"),
        box((x, y, top + 0.04), (0.74, 0.74, 0.1), "concrete"),
    ]
    for side in (-1, 1):
        pot = (x + 0.15 * side, y, top + 0.05)
        parts.append(tube(pot, (pot[0], y, top + 0.45), (0.10, 0.085), "brick", 8))
    return parts


def _garage_walls(house: House) -> list[Shape]:
    """Return a garage's walls around its door, which is not part of them."""
    garage = house.garage
    assert garage is not None
    y0 = -house.depth / 2 + garage.back
    y1, wall, high = y0 + garage.depth, house.wall[0], garage.height
    hole = garage_door(house)
    x0, x1 = garage.x0, garage.x1
    outer, inner = (x1, x0) if x0 > 0 else (x0, x1)
    ends = (y0, y1) if outer > inner else (y1, y0)
    side = [[outer, ends[0], 0], [outer, ends[1], 0], [outer, ends[1], high],
            [outer, ends[0], high]]  # fmt: skip
    back = [[x1, y1, 0], [x0, y1, 0], [x0, y1, high], [x1, y1, high]]
    parts = [
        plain(x0, hole.x0, 0, high, y0, wall),
        plain(hole.x1, x1, 0, high, y0, wall),
        plain(hole.x0, hole.x1, hole.z1, high, y0, wall),
        quads(np.array([side, back]), wall),
        box(((x0 + x1) / 2, (y0 + y1) / 2 + 0.15, high / 2),
            (x1 - x0 - 0.3, y1 - y0 - 0.5, high - 0.1), "plaster"),
    ]  # fmt: skip
    if garage.roof == "gable":
        rise = 0.38 * (x1 - x0)
        parts.append(triangle(x0, x1, high, rise, y0, wall))
        parts.append(triangle(-x1, -x0, high, rise, -y1, wall).moved((0, 0, 0), np.pi))
    return parts
