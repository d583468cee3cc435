"""What is painted in a house's own colour: front doors, garage doors, shutters."""

from __future__ import annotations

import numpy as np

from scenes.buildings.facade import block, pane
from scenes.buildings.house_plan import House, door_of, garage_door, window_of
from scenes.buildings.house_sampling import draw_house
from scenes.spec import Prop
from scenes.things.shapes import Shape, box, joined, quads

RECESS = 0.12  # of a leaf in the wall [m]
LEAF = 0.96  # width of a front door's leaf [m]


def build_house_doors(prop: Prop) -> Shape:
    """Return the doors and shutters of the house of the prop's seed."""
    house = draw_house(prop.seed)
    parts: list[Shape] = []
    for column in house.columns:
        if column.kind == "door":
            hole = door_of(column)
            parts += _front_door(hole.x0, hole.x1, hole.z0, hole.z1, -house.depth / 2 + RECESS)
    if house.garage:
        hole = garage_door(house)
        y = -house.depth / 2 + house.garage.back + RECESS
        parts.append(_leaf(hole.x0, hole.x1, hole.z0, hole.z1, y))
    if house.shutters:
        parts += _shutters(house)
    return joined(parts)


def _leaf(x0: float, x1: float, z0: float, z1: float, y: float) -> Shape:
    return quads(np.array([[[x0, y, z0], [x1, y, z0], [x1, y, z1], [x0, y, z1]]]), "timber")


def _front_door(x0: float, x1: float, z0: float, z1: float, y: float) -> list[Shape]:
    """Return a leaf with two panes and a handle; a light beside it fills a wider hole."""
    edge = x0 + min(LEAF, x1 - x0)
    parts = [_leaf(x0, edge, z0, z1, y)]
    middle = (x0 + edge) / 2
    for a, b in ((x0 + 0.14, middle - 0.04), (middle + 0.04, edge - 0.14)):
        parts.append(pane(a, b, z0 + 1.2, z1 - 0.18, y - 0.012))
        parts.append(block(a, b, y - 0.02, y, z0 + 0.18, z0 + 0.95, "timber"))
    parts.append(block(edge - 0.10, edge - 0.06, y - 0.07, y, z0 + 0.92, z0 + 1.12, "chrome"))
    if x1 > edge + 0.05:
        parts.append(pane(edge + 0.07, x1, z0 + 0.1, z1, y))
        parts.append(block(edge, edge + 0.07, y - 0.04, y, z0, z1, "frame"))
        parts.append(block(edge, x1, y - 0.03, y, z0, z0 + 0.1, "frame"))
    return parts


def _shutters(house: House) -> list[Shape]:
    """Return open shutters on both sides of the windows in the front."""
    parts, y = [], -house.depth / 2 - 0.03
    for column in house.columns:
        for floor in range(house.n_storey):
            if column.kind != "window":
                continue
            hole = window_of(house, column, floor)
            wide = min((hole.x1 - hole.x0) / 2, 0.5)
            if hole.x0 - column.x0 < wide + 0.04:
                continue
            for x in (hole.x0 - wide / 2 - 0.02, hole.x1 + wide / 2 + 0.02):
                parts.append(box((x, y, (hole.z0 + hole.z1) / 2),
                                 (wide, 0.05, hole.z1 - hole.z0), "timber"))  # fmt: skip
    return parts
