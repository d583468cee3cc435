"""What stands on a car's roof: rails, aerial, spoiler, taxi sign, boxes and racks."""

from __future__ import annotations

import numpy as np

from scenes.cars.body import Blocks
from scenes.cars.model import CarModel
from scenes.cars.shell import Points, Shell, box, lofted, rounded_box
from scenes.cars.surface import TOP, Surface


def roof_rail(model: CarModel, blocks: Blocks, surface: Surface) -> Shell:
    """Return the left roof rail."""
    rail = blocks.cabin[-1]
    length = float(rail[0, 0] - rail[-1, 0])
    share = np.array([0.05, 0.07, 0.16, 0.36, 0.56, 0.76, 0.86, 0.88])
    x = rail[0, 0] - share * length
    y = np.interp(-x, -rail[:, 0], rail[:, 1]) - 0.075
    skin = surface.project(np.column_stack([x, y, np.full(8, model.height)]), TOP, 0.0)
    lift = np.array([-0.02, -0.005, 0.03, 0.035, 0.035, 0.03, -0.005, -0.02])
    return tube(skin + lift[:, None] * [0, 0, 1], 0.016, "metal")


def tube(line: Points, radius: float, material: str) -> Shell:
    """Return a tube along a line (n, 3) [m] that runs roughly along x."""
    angle = np.arange(6) * (2 * np.pi / 6)
    ring = np.column_stack([np.zeros(6), np.cos(angle), np.sin(angle)]) * radius
    return lofted(line[:, None] + ring, material)


def aerial(model: CarModel, surface: Surface) -> Shell:
    """Return the fin on the roof."""
    x = model.nose - model.roof_end + 0.22
    foot = surface.project([(x, 0.0, model.height)], TOP, -0.01)[0]
    sections = [
        [
            (-0.07 + s, -w, z),
            (-0.07 + s, w, z),
            (0.09 - 2.2 * z, 0.6 * w, z),
            (0.09 - 2.2 * z, -0.6 * w, z),
        ]
        for s, w, z in ((0.0, 0.020, 0.0), (0.01, 0.011, 0.03), (0.02, 0.005, 0.042))
    ]
    return lofted(np.asarray(sections) + foot, "plastic")


def spoiler(model: CarModel, blocks: Blocks) -> Shell:
    """Return the plate behind the roof's end, or the lip on the boot."""
    row = blocks.rear[0 if model.has_deck else -1]  # across, from the middle to the edge
    if model.has_deck:
        row = blocks.tail[-1]
        chord, lift, thick = -0.16, 0.035, 0.030
    else:
        chord, lift, thick = 0.16, -0.015, 0.030
    inner = row[:3] * [1, 1, 1]
    inner[2] = row[2] + 0.55 * (row[3] - row[2])
    across = np.concatenate([inner[::-1], inner[1:] * [1, -1, 1]])
    sections = []
    for x, y, z in across:
        ahead = x + 0.05 if chord > 0 else x - chord
        behind = x - chord if chord > 0 else x + 0.01
        sections.append(
            [
                (ahead, y, z - 0.03),
                (ahead - 0.02, y, z + 0.4 * lift + 0.006),
                (behind, y, z + lift),
                (behind + 0.01, y, z + lift - thick),
            ]
        )
    return lofted(sections, "car_paint")


def sign(foot: Points) -> list[Shell]:
    """Return a taxi's sign on a point (3,) of the roof [m]."""
    low, high = np.add(foot, (-0.08, -0.24, -0.06)), np.add(foot, (0.08, 0.24, 0.015))
    lit = rounded_box((0.13, 0.42, 0.14), "plate", 5.0, 6)
    return [box(low, high, "plastic"), lit.moved(np.add(foot, (0, 0, 0.07)))]


def pop_top(foot: Points, length: float, half: float) -> list[Shell]:
    """Return a camper's raising roof, closed, about a point (3,) of the roof [m]."""
    size = np.array([0.84 * length, 1.66 * half, 0.20])
    lid = rounded_box(size, "car_paint", 7.0, 10).moved(np.add(foot, (0, 0, 0.03)))
    seal = rounded_box(size * [1.01, 1.015, 0.5], "plastic", 7.0, 10)
    return [lid, seal.moved(np.add(foot, (0, 0, -0.035)))]


def bars(places: list[float], half: float, surface: Surface) -> list[Shell]:
    """Return bars across the roof at `places` x [m], on feet."""
    parts = []
    for x in places:
        z = float(surface.project([(x, 0.8 * half, 1.0)], TOP, 0.0)[0, 2])
        crown = float(surface.project([(x, 0.0, 1.0)], TOP, 0.0)[0, 2])
        bar = crown + 0.03
        parts.append(
            box((x - 0.025, -0.9 * half, bar), (x + 0.025, 0.9 * half, bar + 0.03), "metal")
        )
        for y in (-0.8 * half, 0.8 * half):
            low, high = (x - 0.03, y - 0.03, z - 0.03), (x + 0.03, y + 0.03, bar + 0.01)
            parts.append(box(low, high, "plastic"))
    return parts


def rack(ahead: float, behind: float, half: float, floor: float) -> list[Shell]:
    """Return an expedition rack: slats along the car in a frame."""
    parts = [
        box((behind, y - 0.02, floor - 0.01), (ahead, y + 0.02, floor + 0.015), "plastic")
        for y in np.linspace(-0.78, 0.78, 8) * half
    ]
    for x in (ahead, behind):
        low, high = (x - 0.02, -0.86 * half, floor - 0.015), (x + 0.02, 0.86 * half, floor + 0.05)
        parts.append(box(low, high, "plastic"))
    for y in (-0.86 * half, 0.86 * half):
        low, high = (behind, y - 0.02, floor - 0.015), (ahead, y + 0.02, floor + 0.05)
        parts.append(box(low, high, "plastic"))
    return parts


def roof_load(model: CarModel, surface: Surface) -> list[Shell]:
    """Return what the roof carries."""
    header, end = model.nose - model.header, model.nose - model.roof_end
    middle, length = 0.5 * (header + end), header - end
    half = model.width / 2 - model.tumblehome
    foot = surface.project([(middle, 0.0, 1.0)], TOP, 0.0)[0]
    if model.roof_load == "none":
        return []
    if model.roof_load == "sign":
        return sign(surface.project([(middle + 0.12 * length, 0.0, 1.0)], TOP, 0.0)[0])
    if model.roof_load == "pop_top":
        return pop_top(foot, length, half)
    parts = bars([middle - 0.27 * length, middle + 0.27 * length], half, surface)
    top = float(foot[2]) + 0.06
    if model.roof_load == "box":
        size = np.array([min(2.0, 0.9 * length), 0.80, 0.38])
        return [*parts, rounded_box(size, "plastic", 3.6, 9).moved((middle, 0, top + 0.15))]
    return [*parts, *rack(middle + 0.42 * length, middle - 0.45 * length, half, top + 0.02)]


def on_roof(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return everything on the roof."""
    parts = roof_load(model, surface)
    if model.roof_rails:
        left = roof_rail(model, blocks, surface)
        parts += [left, left.mirrored()]
    if model.spoiler:
        parts.append(spoiler(model, blocks))
    if model.roof_load in ("none", "sign"):
        parts.append(aerial(model, surface))
    return parts
