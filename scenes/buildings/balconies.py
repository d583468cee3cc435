"""What hangs on the front of a house: balconies, shutters, air-conditioners, plants, a number."""

from __future__ import annotations

import numpy as np

from scenes.buildings.facade import COARSE, FINE, block
from scenes.buildings.tenement_plan import TenementPlan, detail_at, plan_tenement
from scenes.spec import Prop
from scenes.things.shapes import Shape, box, joined, quads

DEPTH = 1.05  # of a balcony [m]
RAIL = 1.05  # height of a railing [m]


def build_balconies(prop: Prop) -> Shape:
    """Return what hangs on a house's front; its tint is that of railings and shutters."""
    plan = plan_tenement(prop)
    rng = np.random.default_rng([plan.seed, 6])
    depth = float(rng.uniform(0.75, DEPTH))
    middle = (plan.units[0].x0 + 0.25, plan.front - 0.02, 2.3)
    parts = [box(middle, (0.22, 0.03, 0.16), "frame")]  # the house's number
    for floor, axis in plan.balconies:
        parts += _balcony(plan, prop, floor, axis, depth)
    shuttered = plan.joinery.reveal < 0.19 and plan.pitch > 2.05 * plan.window
    if shuttered and plan.character.wall == "plaster" and rng.random() < 0.6:
        parts += _shutters(plan, prop)
    conditioned = float(rng.choice([0.0, 0.0, 0.1, 0.3]))
    planted = float(rng.choice([0.0, 0.12, 0.4]))
    for floor in range(1, plan.n_storey):
        for axis, x in enumerate(plan.axes):
            lucky, kind = rng.random(), rng.random()
            if (floor, axis) in plan.balconies or axis in plan.bays or prop.style[:6] == "office":
                continue
            z = plan.floor(floor) + plan.sill
            if detail_at(prop.pose, x, plan.front, z) == COARSE:
                continue
            if kind < 0.5 and lucky < conditioned:
                parts += _conditioner(x + 0.1, plan.front, z - 0.75)
            elif kind > 0.5 and lucky < planted:
                parts += _flowers(x, plan.front, z, plan.window, rng)
    return joined(parts)


def _balcony(plan: TenementPlan, prop: Prop, floor: int, axis: int, depth: float) -> list[Shape]:
    """Return a slab with a railing on three sides, on brackets if the house is ornate."""
    x, y, z = plan.axes[axis], plan.front, plan.floor(floor)
    detail = detail_at(prop.pose, x, y, z)
    half = min(plan.pitch - 0.3, plan.window + 1.3) / 2
    parts = [box((x, y - depth / 2, z), (2 * half, depth, 0.16), "concrete")]
    if plan.ornate and detail > COARSE:
        for side in (-1, 1):
            at = x + side * (half - 0.2)
            parts.append(block(at - 0.07, at + 0.07, y - 0.6 * depth, y, z - 0.34, z - 0.08,
                               "concrete"))  # fmt: skip
    low, high = z + 0.08, z + 0.08 + RAIL
    runs = [
        ((x - half + 0.03, y - depth + 0.03), (x + half - 0.03, y - depth + 0.03)),
        ((x - half + 0.03, y), (x - half + 0.03, y - depth + 0.03)),
        ((x + half - 0.03, y - depth + 0.03), (x + half - 0.03, y)),
    ]
    for start, end in runs:
        parts += _railing(plan.railing, start, end, (low, high), detail)
    return parts


def _railing(
    kind: str, start: tuple[float, float], end: tuple[float, float],
    level: tuple[float, float], detail: int,
) -> list[Shape]:  # fmt: skip
    """Return a straight railing from `start` to `end` [m], its outside on the right."""
    low, high = level
    way = np.subtract(end, start)
    length, turn = float(np.hypot(*way)), float(np.arctan2(way[1], way[0]))
    place = (start[0], start[1], 0.0)
    parts = [box((length / 2, 0, high - 0.02), (length, 0.05, 0.04), "metal")]
    if kind == "bars":
        parts.append(box((length / 2, 0, low + 0.08), (length, 0.03, 0.03), "metal"))
        step, wide = {FINE: (0.12, 0.018), 1: (0.22, 0.025)}.get(detail, (0.5, 0.04))
        at = np.linspace(0.02, length - 0.02, max(2, round(length / step)))
        bars = [
            [[a - wide / 2, 0, low], [a + wide / 2, 0, low], [a + wide / 2, 0, high - 0.03],
             [a - wide / 2, 0, high - 0.03]]
            for a in at
        ]  # fmt: skip
        parts.append(quads(np.array(bars), "metal"))
    else:
        inside = (length - 0.04, 0.02 if kind == "glass" else 0.06, high - low - 0.12)
        material = "lamp_glass" if kind == "glass" else "fabric"
        parts.append(box((length / 2, 0, (low + high) / 2), inside, material))
        for a in (0.02, length - 0.02):
            parts.append(box((a, 0, (low + high) / 2), (0.04, 0.04, high - low), "metal"))
    return [part.moved(place, turn) for part in parts]


def _shutters(plan: TenementPlan, prop: Prop) -> list[Shape]:
    """Return folded shutters on both sides of windows."""
    parts, wide, y = list[Shape](), plan.window / 2, plan.front
    for floor in range(1, plan.n_storey):
        for axis, x in enumerate(plan.axes):
            base = plan.floor(floor)
            if axis in plan.bays or (floor, axis) in plan.balconies:
                continue
            detail = detail_at(prop.pose, x, y, base)
            z0, z1 = base + plan.sill, base + plan.head
            for x0 in (x - plan.window / 2 - wide - 0.02, x + plan.window / 2 + 0.02):
                parts.append(block(x0, x0 + wide, y - 0.045, y, z0, z1, "wood"))
                if detail == FINE:
                    for z in np.arange(z0 + 0.12, z1 - 0.1, 0.11):
                        parts.append(block(x0 + 0.06, x0 + wide - 0.06, y - 0.065, y - 0.045,
                                           float(z), float(z) + 0.05, "wood"))  # fmt: skip
    return parts


def _conditioner(x: float, y: float, z: float) -> list[Shape]:
    """Return an air-conditioner on brackets."""
    return [
        box((x, y - 0.24, z + 0.3), (0.8, 0.3, 0.55), "frame"),
        block(x - 0.28, x + 0.16, y - 0.40, y - 0.385, z + 0.08, z + 0.52, "plastic"),
        block(x - 0.38, x - 0.34, y - 0.38, y, z - 0.02, z + 0.02, "metal"),
        block(x + 0.34, x + 0.38, y - 0.38, y, z - 0.02, z + 0.02, "metal"),
    ]


def _flowers(x: float, y: float, z: float, wide: float, rng: np.random.Generator) -> list[Shape]:
    """Return a box of plants on a sill."""
    n = 46
    place = np.stack([
        rng.uniform(x - 0.42 * wide, x + 0.42 * wide, n),
        rng.uniform(y - 0.28, y - 0.1, n), rng.uniform(z + 0.16, z + 0.38, n),
    ], 1)  # fmt: skip
    leaf = rng.normal(size=(n, 2, 3))
    leaf *= 0.075 / np.linalg.norm(leaf, axis=-1, keepdims=True)
    corners = np.stack([place - leaf[:, 0], place + leaf[:, 1], place + leaf[:, 0],
                        place - leaf[:, 1]], 1)  # fmt: skip
    return [
        block(x - 0.45 * wide, x + 0.45 * wide, y - 0.27, y - 0.07, z + 0.02, z + 0.2, "wood"),
        quads(corners, "foliage"),
    ]
