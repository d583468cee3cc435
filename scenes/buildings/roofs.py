"""Roofs of houses in a row: flat ones with machines, mansards with dormers, tiled slopes."""

from __future__ import annotations

import numpy as np

from scenes.buildings.facade import Opening, block, cell
from scenes.buildings.tenement_plan import TenementPlan, detail_at, plan_tenement
from scenes.materials import MATERIAL_ID
from scenes.spec import Prop
from scenes.things.shapes import Shape, box, joined, quads, tube

MANSARD = 2.7  # height of a mansard's steep slope [m]


def build_tiles(prop: Prop) -> Shape:
    """Return the tiles of a house's roof, which have a colour of their own; none on flat roofs."""
    roof = _roof(prop)
    return roof.of(roof.material == MATERIAL_ID["tile"])


def build_trim(prop: Prop) -> Shape:
    """Return the roof of a house, from its eaves on, without tiles: metal, gables, chimneys."""
    roof = _roof(prop)
    return roof.of(roof.material != MATERIAL_ID["tile"])


def _roof(prop: Prop) -> Shape:
    plan = plan_tenement(prop)
    rng = np.random.default_rng([plan.seed, 7])
    make = {"flat": _flat, "parapet": _parapet, "mansard": _mansard, "eaves": _pitched}[plan.roof]
    return joined(make(plan, prop, rng))


def _flat(plan: TenementPlan, prop: Prop, rng: np.random.Generator) -> list[Shape]:
    """Return a low edge, and a storey that is set back or a box with machines."""
    half, y, top = plan.width / 2, plan.front, plan.eaves
    edge = [block(-half, half, y - 0.03, y + 0.25, top, top + 0.45, "cladding")]
    if rng.random() < 0.4:
        back, high = y + float(rng.uniform(1.6, 2.6)), 2.8
        edge += cell((-half + 0.4, half - 0.4, top, top + high),
                     Opening(-half + 1.0, half - 1.0, top + 0.15, top + 2.4, "shop"),
                     back, "cladding", plan.joinery, 1)  # fmt: skip
        deep = plan.back - back - 0.4
        edge.append(box((0, back + deep / 2 + 0.34, top + high / 2),
                        (plan.width - 0.84, deep, high), "cladding"))  # fmt: skip
    else:
        x = float(rng.uniform(-0.25, 0.25)) * plan.width
        edge.append(box((x, 1.0, top + 1.1), (3.0, 3.0, 2.2), "cladding"))
        for k in range(int(rng.integers(0, 3))):
            at = -0.4 * plan.width + 1.6 * k
            edge.append(box((at, y + 2.0, top + 0.5), (1.2, 0.9, 1.0), "metal"))
    return edge


def _parapet(plan: TenementPlan, prop: Prop, rng: np.random.Generator) -> list[Shape]:
    """Return a wall before a hidden roof, with a coping, raised in the middle of some."""
    half, y, top, wall = plan.width / 2, plan.front, plan.eaves, plan.character.wall
    high = float(rng.uniform(0.5, 1.0))
    parts = [
        block(-half, half, y + 0.02, y + 0.35, top, top + high, wall),
        block(-half, half, y - 0.06, y + 0.42, top + high, top + high + 0.1, "concrete"),
    ]
    if rng.random() < 0.4:
        wide = float(rng.uniform(0.15, 0.3)) * plan.width
        parts.append(block(-wide, wide, y, y + 0.36, top + high + 0.1, top + high + 1.0, wall))
        parts.append(block(-wide - 0.1, wide + 0.1, y - 0.06, y + 0.42, top + high + 1.0,
                           top + high + 1.12, "concrete"))  # fmt: skip
    return [*parts, *_chimneys(plan, top, rng)]


def _chimneys(plan: TenementPlan, base: float, rng: np.random.Generator) -> list[Shape]:
    """Return chimneys with pots on the party walls."""
    parts: list[Shape] = []
    for side in (-1, 1):
        if rng.random() < 0.4:
            continue
        x, y = side * (plan.width / 2 - 0.4), float(rng.uniform(-0.5, 2.5))
        high = float(rng.uniform(1.4, 2.4))
        parts.append(box((x, y, base + high / 2), (0.6, 1.3, high), "brick"))
        for k in (-0.4, 0.0, 0.4):
            parts.append(tube((x, y + k, base + high), (x, y + k, base + high + 0.45),
                              (0.12, 0.1), "tile", 7))  # fmt: skip
    return parts


def _mansard(plan: TenementPlan, prop: Prop, rng: np.random.Generator) -> list[Shape]:
    """Return a steep slope with dormers under a nearly flat top."""
    half, y, top = plan.width / 2, plan.front + 0.12, plan.eaves
    run = 0.9
    material = "tile" if rng.random() < 0.6 else "cladding"
    y1, high = y + run, top + MANSARD
    slope = [[-half, y, top], [half, y, top], [half, y1, high], [-half, y1, high]]
    flat = [[-half, y1, high], [half, y1, high], [half, 0, high + 0.9], [-half, 0, high + 0.9]]
    rear = [[-half, 0, high + 0.9], [half, 0, high + 0.9], [half, plan.back, top],
            [-half, plan.back, top]]  # fmt: skip
    parts = [quads(np.array([slope, flat, rear]), material)]
    for side in (-half, half):
        end = [[side, y, top], [side, y1, high], [side, 0, high + 0.9], [side, plan.back, top]]
        parts.append(quads(np.array([end if side < 0 else end[::-1]]), "brick"))
    parts.append(block(-half, half, y1 - 0.1, y1 + 0.1, high - 0.06, high + 0.08, "metal"))
    step = 1 if plan.pitch > 2.2 else 2
    wide = min(1.3, 0.55 * plan.pitch * step)
    for x in plan.axes[int(rng.integers(step)) :: step]:
        parts += _dormer(plan, prop, x, (y + 0.1, y1 + 0.3), (top + 0.25, top + 2.15), wide)
    return [*parts, *_chimneys(plan, high, rng)]


def _dormer(
    plan: TenementPlan, prop: Prop, x: float, depth: tuple[float, float],
    level: tuple[float, float], wide: float,
) -> list[Shape]:  # fmt: skip
    """Return a dormer whose front stands at depth[0] and whose cheeks end in the roof."""
    (y0, y1), (z0, z1), half = depth, level, wide / 2
    detail = min(detail_at(prop.pose, x, y0, z0), 1)
    parts = cell((x - half, x + half, z0, z1), Opening(x - half + 0.14, x + half - 0.14, z0 + 0.3,
                 z1 - 0.16, "window"), y0, "frame", plan.joinery, detail)  # fmt: skip
    cheeks = [
        [[x - half, y1, z0], [x - half, y0, z0], [x - half, y0, z1], [x - half, y1, z1]],
        [[x + half, y0, z0], [x + half, y1, z0], [x + half, y1, z1], [x + half, y0, z1]],
    ]
    parts.append(quads(np.array(cheeks), "cladding"))
    parts.append(block(x - half - 0.12, x + half + 0.12, y0 - 0.15, y1 + 0.2, z1, z1 + 0.12,
                       "metal"))  # fmt: skip
    return parts


def _pitched(plan: TenementPlan, prop: Prop, rng: np.random.Generator) -> list[Shape]:
    """Return a tiled roof whose ridge runs along the street, with a gutter and dormers."""
    half, top, over, thick = plan.width / 2, plan.eaves, 0.45, 0.16
    slope = float(rng.uniform(0.65, 1.0))
    y0, y1 = plan.front - over, plan.back + over
    low, ridge = top + 0.1 - over * slope * 0.0, top + slope * (plan.back - plan.front) / 2
    front = [[-half, y0, low], [half, y0, low], [half, 0, ridge], [-half, 0, ridge]]
    rear = [[-half, 0, ridge], [half, 0, ridge], [half, y1, low], [-half, y1, low]]
    under = [[-half, y0, low - thick], [-half, plan.front + 0.1, low - thick],
             [half, plan.front + 0.1, low - thick], [half, y0, low - thick]]  # fmt: skip
    parts = [
        quads(np.array([front, rear]), "tile"),
        quads(np.array([under]), "wood"),
        block(-half, half, y0 - 0.02, y0 + 0.1, low - thick, low, "frame"),
        tube((-half, y0 - 0.07, low - 0.05), (half, y0 - 0.07, low - 0.05), (0.07, 0.07),
             "metal", 6),
        block(-half, half, -0.12, 0.12, ridge - 0.05, ridge + 0.07, "tile"),
    ]  # fmt: skip
    wall = MATERIAL_ID[plan.character.wall if plan.character.wall != "cladding" else "plaster"]
    for side in (-half, half):
        end = np.array([[side, y0 + over, low], [side, y1 - over, low], [side, 0, ridge - 0.02]])
        faces = np.array([[0, 1, 2, -1]], np.int32)
        ordered = end if side > 0 else end[::-1].copy()
        parts.append(Shape(ordered, faces, np.array([wall], np.uint8)))
    if rng.random() < 0.7:
        step = int(rng.integers(1, 3))
        wide = min(1.3, 0.6 * plan.pitch * step)
        y = plan.front + 0.7
        z = low + (y - y0) * (ridge - low) / (0 - y0)
        deep = 1.7 / ((ridge - low) / (0 - y0))
        for x in plan.axes[int(rng.integers(step)) :: step]:
            parts += _dormer(plan, prop, x, (y, y + deep), (z - 0.15, z + 1.55), wide)
    return [*parts, *_chimneys(plan, top + 0.6 * (ridge - top), rng)]
