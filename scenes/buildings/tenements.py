"""Houses in a row: the walls above street level, with windows, mouldings and cornices."""

from __future__ import annotations

import numpy as np

from scenes.buildings.facade import COARSE, FINE, Opening, block, cell, pane
from scenes.buildings.tenement_plan import TenementPlan, Unit, detail_at, plan_tenement
from scenes.materials import MATERIAL_ID
from scenes.spec import Pose, Prop
from scenes.things.shapes import Shape, box, joined, quads, tube


def build_house(prop: Prop) -> Shape:
    """Return a house's walls: its front with windows, and the block behind it."""
    plan = plan_tenement(prop)
    if prop.style == "office":
        parts = _curtain(plan, prop.pose)
    else:
        parts = [part for floor in range(1, plan.n_storey) for part in _storey(plan, prop, floor)]
        parts += [part for unit in plan.units for part in _street_level(plan, prop, unit)]
        parts += _mouldings(plan, prop.pose)
    return joined([*parts, *_body(plan), *_pipes(plan)])


def _storey(plan: TenementPlan, prop: Prop, floor: int) -> list[Shape]:
    """Return the front of an upper storey."""
    base, wall, half = plan.floor(floor), plan.character.wall, plan.window / 2
    parts: list[Shape] = []
    for axis, x in enumerate(plan.axes):
        detail = detail_at(prop.pose, x, plan.front, base)
        edges = (x - plan.pitch / 2, x + plan.pitch / 2, base, base + plan.storey)
        if axis in plan.bays and floor > 1:
            parts += _bay(plan, x, base, detail, floor == plan.n_storey - 1)
            continue
        french = (floor, axis) in plan.balconies
        sill = 0.12 if french else plan.sill
        hole = Opening(x - half, x + half, base + sill, base + plan.head, "window")
        parts += cell(edges, hole, plan.front, wall, plan.joinery, detail)
        if plan.ornate and detail > COARSE:
            parts += _surround(plan, hole, floor, detail)
    return parts


def _surround(plan: TenementPlan, hole: Opening, floor: int, detail: int) -> list[Shape]:
    """Return a lintel, or a moulded frame with a roof over it on the first floor."""
    y, trim = plan.front, _trim(plan)
    rng = np.random.default_rng([plan.seed, 2])
    kind, wide = rng.random(), float(rng.uniform(0.10, 0.2))
    high = float(rng.uniform(0.16, 0.3))
    parts = [block(hole.x0 - wide, hole.x1 + wide, y - 0.05, y, hole.z1, hole.z1 + high, trim)]
    if kind < 0.6:
        for x in (hole.x0 - wide, hole.x1):
            parts.append(block(x, x + wide, y - 0.04, y, hole.z0, hole.z1, trim))
    if kind < 0.4 and (floor == 1 or kind < 0.15) and detail == FINE:
        z = hole.z1 + high
        x0, x1 = hole.x0 - wide - 0.1, hole.x1 + wide + 0.1
        parts.append(block(x0, x1, y - 0.16, y, z, z + 0.09, trim))
        if kind < 0.25:
            tip = ((x0 + x1) / 2, z + 0.09 + 0.22 * (x1 - x0))
            face = [[x0, y - 0.12, z + 0.09], [x1, y - 0.12, z + 0.09], [tip[0], y - 0.12, tip[1]]]
            parts.append(Shape(np.array(face), np.array([[0, 1, 2, -1]], np.int32),
                               np.array([MATERIAL_ID[trim]], np.uint8)))  # fmt: skip
            slopes = [
                [[x0, y - 0.16, z + 0.09], [tip[0], y - 0.16, tip[1]], [tip[0], y, tip[1]],
                 [x0, y, z + 0.09]],
                [[tip[0], y - 0.16, tip[1]], [x1, y - 0.16, z + 0.09], [x1, y, z + 0.09],
                 [tip[0], y, tip[1]]],
            ]  # fmt: skip
            parts.append(quads(np.array(slopes)[:, ::-1], trim))
    return parts


def _trim(plan: TenementPlan) -> str:
    """Return the material of mouldings: stone on brick, pale paint or stone on plaster."""
    if plan.character.wall == "brick":
        return "concrete"
    return ("frame", "plaster", "frame")[plan.seed % 3]


def _bay(plan: TenementPlan, x: float, base: float, detail: int, last: bool) -> list[Shape]:
    """Return one storey of a bay window with canted sides, a foot and, on the last, a roof."""
    y, out, wall = plan.front, 0.75, plan.character.wall
    half, cant = plan.pitch * 0.44, 0.42
    top = base + plan.storey
    left, right = x - plan.pitch / 2, x + plan.pitch / 2
    beside = [[[a, y, base], [b, y, base], [b, y, top], [a, y, top]]
              for a, b in ((left, x - half), (x + half, right))]  # fmt: skip
    parts = [quads(np.array(beside), wall)]
    inner, z0, z1 = half - cant, base + plan.sill, base + plan.head
    hole = Opening(x - inner + 0.14, x + inner - 0.14, z0, z1, "window")
    edges = (x - inner, x + inner, base, top)
    parts += cell(edges, hole, y - out, wall, plan.joinery, detail)
    # Sides, as narrow panes in walls turned by their cant.
    for side in (-1, 1):
        turn = side * float(np.arctan2(out, cant))
        long = float(np.hypot(out, cant))
        cheek = cell((-long / 2, long / 2, base, top),
                     Opening(-0.22, 0.22, z0, z1, "window"), 0.0, wall,
                     plan.joinery, min(detail, 1))  # fmt: skip
        place = (x + side * (inner + cant / 2), y - out / 2, 0.0)
        parts += [part.moved(place, turn) for part in cheek]
    outline = [(x - half, y), (x - inner, y - out), (x + inner, y - out), (x + half, y)]
    if base <= plan.floor(2) + 0.01:
        low = [[px, py, base] for px, py in outline]
        parts.append(quads(np.array([low])[:, ::-1], _trim(plan)))
        foot = block(x - inner, x + inner, y - 0.5 * out, y, base - 0.3, base, _trim(plan))
        parts.append(foot)
    if last:
        parts.append(quads(np.array([[[px, py, top] for px, py in outline]]), "metal"))
        ledge = block(x - inner - 0.08, x + inner + 0.08, y - out - 0.08, y - out + 0.2,
                      top - 0.12, top + 0.02, _trim(plan))  # fmt: skip
        parts.append(ledge)
    return parts


def _street_level(plan: TenementPlan, prop: Prop, unit: Unit) -> list[Shape]:
    """Return a piece of the ground storey; a shop's front is an object of its own."""
    wall, y, top = plan.character.wall, plan.front, plan.ground
    x0, x1, middle = unit.x0, unit.x1, (unit.x0 + unit.x1) / 2
    detail = detail_at(prop.pose, middle, y, 0.0)
    edges = (x0, x1, 0.0, top)
    if unit.kind in ("wall", "shop"):
        if unit.kind == "wall":
            return [quads(np.array([[[x0, y, 0], [x1, y, 0], [x1, y, top], [x0, y, top]]]), wall)]
        # The strip above the shop front; the front itself stands below it.
        z = shop_top(plan)
        return [quads(np.array([[[x0, y, z], [x1, y, z], [x1, y, top], [x0, y, top]]]), wall)]
    if unit.kind == "gate":
        hole = Opening(middle - 1.45, middle + 1.45, 0.02, min(3.1, top - 0.4), "door")
        return cell(edges, hole, y, wall, plan.joinery, detail)
    if unit.kind == "door":
        hole = Opening(middle - 0.6, middle + 0.6, 0.14, min(3.0, top - 0.5), "door")
        parts = cell(edges, hole, y, wall, plan.joinery, detail)
        parts.append(block(middle - 0.75, middle + 0.75, y - 0.3, y + 0.1, 0.0, 0.15, "concrete"))
        if plan.ornate:
            for x in (middle - 0.85, middle + 0.6):
                parts.append(block(x, x + 0.25, y - 0.09, y, 0.0, hole.z1 + 0.1, _trim(plan)))
            parts.append(block(middle - 0.95, middle + 0.95, y - 0.16, y, hole.z1 + 0.1,
                               hole.z1 + 0.34, _trim(plan)))  # fmt: skip
        elif plan.seed % 2:
            parts.append(block(middle - 1.1, middle + 1.1, y - 0.9, y, hole.z1 + 0.06,
                               hole.z1 + 0.16, "metal"))  # fmt: skip
        return parts
    half = min(plan.window, x1 - x0 - 0.5) / 2
    hole = Opening(middle - half, middle + half, 1.0, min(plan.head + 0.35, top - 0.55), "window")
    parts = cell(edges, hole, y, wall, plan.joinery, detail)
    parts.append(block(x0, x1, y - 0.04, y, 0.0, 0.62, "concrete"))
    return parts


def shop_top(plan: TenementPlan) -> float:
    """Return how high a shop front reaches [m]."""
    return plan.ground - 0.25


def _mouldings(plan: TenementPlan, pose: Pose) -> list[Shape]:
    """Return string courses, the cornice, and quoins at the corners."""
    if plan.character.ornaments < 0.1:
        return _joints(plan)
    half, y, trim = plan.width / 2, plan.front, _trim(plan)
    parts = [block(-half, half, y - 0.12, y, plan.ground - 0.16, plan.ground + 0.04, trim)]
    rng = np.random.default_rng([plan.seed, 3])
    top = plan.eaves
    if plan.ornate:
        if rng.random() < 0.5:
            for floor in range(2, plan.n_storey):
                z = plan.floor(floor)
                parts.append(block(-half, half, y - 0.07, y, z - 0.08, z + 0.05, trim))
        parts += [
            block(-half, half, y - 0.14, y, top - 0.62, top - 0.48, trim),
            block(-half, half, y - 0.30, y, top - 0.24, top - 0.10, trim),
            block(-half, half, y - 0.42, y, top - 0.10, top + 0.05, trim),
        ]
        if detail_at(pose, 0.0, y, top) > COARSE:
            for x in np.arange(-half + 0.25, half, 0.55):
                parts.append(block(x - 0.09, x + 0.09, y - 0.26, y, top - 0.44, top - 0.24, trim))
        if rng.random() < 0.4 and plan.pitch - plan.window > 0.9:
            for k, z in enumerate(np.arange(plan.ground + 0.04, top - 0.8, 0.42)):
                wide = 0.34 if k % 2 else 0.22
                for x0, x1 in ((-half, -half + wide), (half - wide, half)):
                    parts.append(block(x0, x1, y - 0.035, y, z, z + 0.36, trim))
    else:
        parts.append(block(-half, half, y - 0.16, y, top - 0.2, top, trim))
    return parts


def _joints(plan: TenementPlan) -> list[Shape]:
    """Return piers or bands that stand out of a modern front."""
    rng = np.random.default_rng([plan.seed, 4])
    half, y, wall = plan.width / 2, plan.front, plan.character.wall
    if plan.character.wall == "plaster":
        return []
    parts, kind = [], rng.random()
    other = "cladding" if wall == "concrete" else wall
    if kind < 0.6:
        for x in [-half + 0.14, *(a + plan.pitch / 2 for a in plan.axes[:-1]), half - 0.14]:
            parts.append(block(x - 0.14, x + 0.14, y - 0.22, y, plan.ground, plan.eaves, wall))
    if kind > 0.3:
        for floor in range(1, plan.n_storey):
            z = plan.floor(floor)
            parts.append(block(-half, half, y - 0.16, y, z - 0.2, z + 0.22, other))
    return parts


def _curtain(plan: TenementPlan, pose: Pose) -> list[Shape]:
    """Return a front of glass: panes between mullions, and bands at the floors."""
    half, y, parts = plan.width / 2, plan.front, list[Shape]()
    rng = np.random.default_rng([plan.seed, 5])
    band = float(rng.uniform(0.35, 1.1))
    for floor in range(1, plan.n_storey):
        base = plan.floor(floor)
        for x in plan.axes:
            x0, x1 = x - plan.pitch / 2, x + plan.pitch / 2
            parts.append(pane(x0, x1, base + band, base + plan.storey, y + 0.06))
        parts.append(block(-half, half, y, y + 0.06, base - 0.02, base + band, "cladding"))
        if detail_at(pose, 0.0, y, base) > COARSE and rng.random() < 0.8:
            z = base + band + 0.3 * (plan.storey - band)
            parts.append(block(-half, half, y + 0.02, y + 0.06, z, z + 0.05, "plastic"))
    fins = 0.16 if rng.random() < 0.5 else 0.03
    for x in [*(a - plan.pitch / 2 for a in plan.axes), half]:
        parts.append(block(x - 0.035, x + 0.035, y - fins, y + 0.06, plan.ground, plan.eaves - 0.5,
                           "metal"))  # fmt: skip
    parts.append(block(-half, half, y - 0.05, y + 0.06, plan.eaves - 0.62, plan.eaves, "cladding"))
    # A lobby: columns before glass, set back.
    for unit in plan.units:
        middle = (unit.x0 + unit.x1) / 2
        parts += cell((unit.x0, unit.x1, 0.0, plan.ground),
                      Opening(unit.x0 + 0.18, unit.x1 - 0.18, 0.06, plan.ground - 0.55, "shop"),
                      y + 0.05, "cladding", plan.joinery,
                      detail_at(pose, middle, y, 0.0))  # fmt: skip
    return parts


def _body(plan: TenementPlan) -> list[Shape]:
    """Return what is behind the front: the block, its party walls and the strip at the eaves."""
    wall, behind = plan.character.wall, plan.joinery.reveal + 0.12
    half, y0, y1, top = plan.width / 2, plan.front, plan.back, plan.eaves
    upper = plan.floor(plan.n_storey)
    strip = [[[-half, y0, upper], [half, y0, upper], [half, y0, top], [-half, y0, top]]]
    lid = [[[-half, y0, top], [half, y0, top], [half, y1, top], [-half, y1, top]]]
    sides = [
        [[-half, y1, 0], [-half, y0, 0], [-half, y0, top], [-half, y1, top]],
        [[half, y0, 0], [half, y1, 0], [half, y1, top], [half, y0, top]],
        [[half, y1, 0], [-half, y1, 0], [-half, y1, top], [half, y1, top]],
    ]
    inner = plan.width - 0.04
    depth = y1 - y0 - behind - 0.02
    return [
        quads(np.array(strip + sides), wall),
        quads(np.array(lid), "concrete"),
        box((0, y1 - 0.02 - depth / 2, top / 2 - 0.02), (inner, depth, top - 0.04), wall),
    ]


def _pipes(plan: TenementPlan) -> list[Shape]:
    """Return a drain pipe at one edge of the front."""
    if plan.character.wall in ("cladding", "concrete"):
        return []
    x = (plan.width / 2 - 0.16) * (1 if plan.seed % 2 else -1)
    y = plan.front - 0.2 if plan.ornate else plan.front - 0.09
    top = plan.eaves - (0.45 if plan.ornate else 0.1)
    return [tube((x, y, 0.05), (x, y, top), (0.05, 0.05), "metal", 6)]
