"""Buildings and walls: blocks with flat roofs, houses under pitched roofs, shops."""

from __future__ import annotations

import numpy as np

from scenes.buildings.facade import REVEAL, Opening, cell
from scenes.buildings.house_roof import gable_roof, hip_roof
from scenes.materials import MATERIAL_ID
from scenes.spec import Prop
from scenes.things.shapes import Shape, box, joined, tube

PLINTH = 0.45  # height of the plinth [m]
STOREY = 3.15  # about, floor to floor [m]


def build_wall(prop: Prop) -> Shape:
    """Return a free-standing wall with a coping and piers, or a fence of boards."""
    length, depth, height = prop.size
    places = np.linspace(-length / 2 + 0.2, length / 2 - 0.2, max(2, round(length / 4)))
    if prop.style == "fence":
        boards = box((0, 0, height / 2 + 0.02), (length, 0.05, height - 0.2), "wood")
        posts = [box((float(x), 0.06, height / 2), (0.1, 0.1, height), "wood") for x in places]
        return joined([boards, *posts])
    piers = [
        box((float(x), 0, height / 2), (0.42, depth + 0.1, height + 0.02), prop.style)
        for x in places
    ]
    return joined([
        box((0, 0, height / 2 - 0.05), (length, depth, height + 0.1), prop.style),
        box((0, 0, height + 0.045), (length, depth + 0.16, 0.09), "concrete"),
        *piers,
    ])  # fmt: skip


def build_building(prop: Prop) -> Shape:
    """Return a building whose front, with windows and doors, faces -y."""
    rng = np.random.default_rng(prop.seed)
    if prop.style == "shop":
        return joined(_shop(prop, rng))
    if prop.style == "gable":
        wall = str(rng.choice(["brick", "plaster"]))
        return joined([*_storeys(prop, wall, rng), *_pitched(prop, wall, rng)])
    return joined([*_storeys(prop, prop.style, rng), *_parapet(prop, rng)])


def _storeys(prop: Prop, wall: str, rng: np.random.Generator) -> list[Shape]:
    """Return the walls up to the eaves, the front with its openings."""
    width, depth, height = prop.size
    front = -depth / 2
    n_storey = max(1, round(height / STOREY - 0.2))
    storey = (height - 0.4) / n_storey
    n_axis = max(3, int(width / rng.uniform(2.6, 4.0)))
    pitch = width / n_axis
    opening = min(pitch * rng.uniform(0.42, 0.68), 2.4)
    sill, head = rng.uniform(0.22, 0.32) * storey, rng.uniform(0.78, 0.86) * storey
    doors = set(rng.choice(n_axis, size=max(1, n_axis // 6), replace=False).tolist())
    parts = []
    for floor in range(n_storey):
        base = floor * storey
        for axis in range(n_axis):
            left, door = -width / 2 + axis * pitch, floor == 0 and axis in doors
            half = min(opening, 1.5) / 2 if door else opening / 2
            middle = left + pitch / 2
            hole = Opening(
                middle - half, middle + half, 0.15 if door else base + sill,
                min(base + head, 2.45) if door else base + head, "door" if door else "window",
            )  # fmt: skip
            parts += cell((left, left + pitch, base, base + storey), hole, front, wall)
            if door:
                parts.append(box((middle, front - 0.35, 2.7), (2 * half + 0.6, 0.9, 0.1), "metal"))
                parts.append(box((middle, front - 0.3, 0.07), (2 * half + 0.4, 0.6, 0.15),
                                 "concrete"))  # fmt: skip
            elif floor == 0:
                parts.append(box((middle, front - 0.02, PLINTH / 2), (pitch, 0.04, PLINTH),
                                 "concrete"))  # fmt: skip
    top = n_storey * storey
    for x in (-width / 2 + 0.25, width / 2 - 0.25):
        parts.append(tube((x, front - 0.08, 0), (x, front - 0.08, top), (0.05, 0.05), "metal", 6))
    return [*parts, *_body(prop, top, wall)]


def _body(prop: Prop, top: float, wall: str) -> list[Shape]:
    """Return what is behind a façade that ends at `top` [m]: inside, band above, end walls."""
    width, depth, height = prop.size
    inside = depth - REVEAL - 0.06
    return [
        box((0, 0, (top + height) / 2), (width, depth, height - top), wall),
        box((0, (depth - inside) / 2, top / 2), (width - 0.02, inside, top - 0.02), wall),
        *(box((side * (width / 2 + 0.05), 0, height / 2), (0.1, depth, height), wall)
          for side in (-1, 1)),
    ]  # fmt: skip


def _parapet(prop: Prop, rng: np.random.Generator) -> list[Shape]:
    """Return a flat roof's edge, and a box with machines on it."""
    width, depth, height = prop.size
    edge = box((0, 0, height + 0.08), (width + 0.36, depth + 0.3, 0.16), "concrete")
    place = float(rng.uniform(-0.3, 0.3)) * width
    hut = box((place, 1.5, height + 0.9), (3.2, 2.6, 1.6), "cladding")
    return [edge, hut] if rng.random() < 0.6 else [edge]


def _pitched(prop: Prop, wall: str, rng: np.random.Generator) -> list[Shape]:
    """Return a tiled roof, with gable walls or hipped, and a chimney."""
    width, depth, height = prop.size
    rise = float(rng.uniform(0.30, 0.45)) * depth
    place = float(rng.uniform(-0.35, 0.35)) * width
    stack = height + rise + 0.1
    parts = [
        box((place, 0.3, stack), (0.6, 0.6, 1.6), "brick"),
        box((place, 0.3, stack + 0.84), (0.7, 0.7, 0.1), "concrete"),
    ]
    if rng.random() < 0.35 and width > depth + 1:
        return [*parts, *hip_roof(width + 0.2, depth, height, rise, 0.45)]
    end = width / 2 + 0.1
    for side in (-1, 1):
        corner = np.array([[-depth / 2, -end, height], [depth / 2, -end, height],
                           [0, -end, height + rise - 0.02]])  # fmt: skip
        gable = Shape(corner, np.array([[0, 1, 2, -1]], np.int32),
                      np.array([MATERIAL_ID[wall]], np.uint8))  # fmt: skip
        parts.append(gable.moved((0, 0, 0), side * np.pi / 2))
    return [*parts, *gable_roof(width + 0.2, depth, height, rise, 0.45)]


def _shop(prop: Prop, rng: np.random.Generator) -> list[Shape]:
    """Return a hall clad in metal with a glazed front, a canopy, and a band for the name."""
    width, depth, height = prop.size
    front, top = -depth / 2, height - 0.4
    x0 = -width / 2 + float(rng.uniform(0.08, 0.2)) * width
    x1 = width / 2 - float(rng.uniform(0.08, 0.35)) * width
    hole = Opening(x0, x1, 0.12, 3.1, "shop")
    parts = cell((-width / 2, width / 2, 0, top), hole, front, "cladding")
    parts += _body(prop, top, "cladding")
    middle, wide = (x0 + x1) / 2, x1 - x0
    parts += [
        box((middle, front - 0.9, 3.35), (wide + 1.2, 1.8, 0.28), "frame"),
        box((middle, front - 0.10, 4.05), (0.7 * wide, 0.16, 0.8), "sign"),
        box((0, 0, height + 0.06), (width + 0.3, depth + 0.2, 0.14), "metal"),
        box((0.2 * width, 1.0, height + 0.7), (4.0, 2.4, 1.1), "metal"),
    ]
    for x in (x0 - 0.4, middle, x1 + 0.4):
        parts.append(tube((x, front - 1.65, 0), (x, front - 1.65, 3.3), (0.07, 0.07), "metal", 8))
    for x in middle + 0.25 * wide * np.array([-1.0, -0.5, 0.0, 0.5, 1.0]):
        parts.append(box((float(x), front - 0.185, 4.05), (0.09 * wide, 0.02, 0.42), "frame"))
    return parts
