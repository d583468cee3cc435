"""Buildings and walls: façades with real window reveals."""

from __future__ import annotations

import numpy as np

from scenes.shapes import Shape, box, joined, quads
from scenes.spec import Prop

REVEAL = 0.16  # depth of a window in the wall [m]
FRAME = 0.07  # width of a window's frame [m]
PLINTH = 0.45  # height of the plinth [m]


def build_wall(prop: Prop) -> Shape:
    """Return a free-standing wall with a coping."""
    length, depth, height = prop.size
    return joined([
        box((0, 0, height / 2 - 0.05), (length, depth, height + 0.1), "wood" if prop.style == "fence" else prop.style),
        box((0, 0, height + 0.04), (length, depth + 0.12, 0.09), "concrete"),
    ])  # fmt: skip


def build_building(prop: Prop) -> Shape:
    """Return a building whose front, with windows and doors, faces -y."""
    rng = np.random.default_rng(prop.seed)
    width, depth, height = prop.size
    front = -depth / 2
    storeys = max(1, int(height / 3.2))
    storey = (height - 0.5) / storeys
    axes = max(3, int(width / rng.uniform(2.8, 4.2)))
    pitch = width / axes
    opening = pitch * rng.uniform(0.42, 0.68)
    sill, head = 0.3 * storey, rng.uniform(0.78, 0.88) * storey
    doors = set(rng.choice(axes, size=max(1, axes // 5), replace=False).tolist())
    wall, parts = {'shop': 'cladding', 'gable': 'plaster'}.get(prop.style, prop.style), []
    for floor in range(storeys):
        for axis in range(axes):
            left = -width / 2 + axis * pitch
            base = floor * storey
            door = floor == 0 and axis in doors
            low = 0.02 if door else base + sill
            high = min(base + head, 2.5) if door else base + head
            x0, x1 = left + (pitch - opening) / 2, left + (pitch + opening) / 2
            parts += _cell(left, left + pitch, base, base + storey, (x0, x1, low, high), front, wall)
            parts += _window(x0, x1, low, high, front + REVEAL, door)
    top = storeys * storey
    parts += [
        box((0, 0.02, (top + height) / 2), (width, depth - 0.04, height - top), wall),
        box((0, 0, height + 0.06), (width + 0.3, depth + 0.3, 0.14), "concrete"),
        box((0, 0.2 + REVEAL / 2, top / 2), (width - 0.02, depth - 0.4 - REVEAL, top - 0.02), wall),
    ]
    for side in (-1, 1):  # end walls cover the façade's open edges
        parts.append(box((side * (width / 2 + 0.05), 0, top / 2), (0.1, depth, top), wall))
    for axis in range(axes):  # a plinth, left out before doors
        if axis not in doors:
            x = -width / 2 + (axis + 0.5) * pitch
            parts.append(box((x, front - 0.03, PLINTH / 2), (pitch, 0.06, PLINTH), "concrete"))
    return joined(parts)


def _cell(
    x0: float, x1: float, z0: float, z1: float,
    hole: tuple[float, float, float, float], y: float, wall: str,
) -> list[Shape]:  # fmt: skip
    """Return a piece of façade at `y` with a hole x0 x1 z0 z1, and the hole's reveals."""
    hx0, hx1, hz0, hz1 = hole

    def upright(a: float, b: float, c: float, d: float) -> list[list[float]]:
        return [[a, y, c], [b, y, c], [b, y, d], [a, y, d]]

    front = [upright(x0, hx0, z0, z1), upright(hx1, x1, z0, z1), upright(hx0, hx1, hz1, z1)]
    if hz0 > z0:
        front.append(upright(hx0, hx1, z0, hz0))
    back = y + REVEAL
    reveal = [
        [[hx0, y, hz0], [hx0, back, hz0], [hx0, back, hz1], [hx0, y, hz1]],
        [[hx1, back, hz0], [hx1, y, hz0], [hx1, y, hz1], [hx1, back, hz1]],
        [[hx0, y, hz1], [hx0, back, hz1], [hx1, back, hz1], [hx1, y, hz1]],
        [[hx0, back, hz0], [hx0, y, hz0], [hx1, y, hz0], [hx1, back, hz0]],
    ]
    flip = np.array(reveal)[:, ::-1]
    return [quads(np.array(front), wall), quads(flip, "concrete")]


def _window(x0: float, x1: float, z0: float, z1: float, y: float, door: bool) -> list[Shape]:
    """Return panes with frames in the hole, at depth `y`; a door has a metal leaf instead."""
    middle, height = (x0 + x1) / 2, z1 - z0
    if door:
        leaf = box((middle, y + 0.03, (z0 + z1) / 2), (x1 - x0, 0.06, height), "metal")
        pane = box((middle, y - 0.005, z0 + 0.68 * height), (0.5 * (x1 - x0), 0.02, 0.35 * height),
                   "glass")  # fmt: skip
        return [leaf, pane]
    parts = [box((middle, y + 0.03, (z0 + z1) / 2), (x1 - x0, 0.02, height), "glass")]
    for x in (x0 + FRAME / 2, middle, x1 - FRAME / 2):
        parts.append(box((x, y, (z0 + z1) / 2), (FRAME, 0.05, height), "frame"))
    for z in (z0 + FRAME / 2, z1 - FRAME / 2):
        parts.append(box((middle, y, z), (x1 - x0, 0.045, FRAME), "frame"))
    return parts
