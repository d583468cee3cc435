"""Kerbs, lamps, signs, bollards, bins and shelters."""

from __future__ import annotations

import numpy as np

from scenes.spec import Prop
from scenes.things.shapes import Shape, box, joined, quads, tube


def build_kerb(prop: Prop) -> Shape:
    """Return a kerbed island: a concrete rim around soil, or around slabs if it is a pavement."""
    length, depth, height = prop.size
    rim, inside = 0.15, "paving" if prop.style == "pavement" else "soil"
    level = height if prop.style == "pavement" else height - 0.03
    sides = [
        box((0, -depth / 2 + rim / 2, height / 2), (length, rim, height), "concrete"),
        box((0, depth / 2 - rim / 2, height / 2), (length, rim, height), "concrete"),
        box((-length / 2 + rim / 2, 0, height / 2), (rim, depth - 2 * rim, height), "concrete"),
        box((length / 2 - rim / 2, 0, height / 2), (rim, depth - 2 * rim, height), "concrete"),
    ]
    inner = (length - 2 * rim, depth - 2 * rim, level)
    return joined([*sides, box((0, 0, level / 2), inner, inside)])


def build_shelter(prop: Prop) -> Shape:
    """Return a shelter for trolleys, open towards -y: posts, rails, a curved roof, trolleys."""
    length, depth, height = prop.size
    x, y = length / 2 - 0.05, depth / 2 - 0.1
    parts = [
        tube((sx * x, sy * y, 0), (sx * x, sy * y, height - 0.25), (0.035, 0.035), "metal", 8)
        for sx in (-1, 1)
        for sy in (-1, 0, 1)
    ]
    for sx in (-1, 1):
        for z in (0.35, 0.75, height - 0.3):
            parts.append(tube((sx * x, -y, z), (sx * x, y, z), (0.025, 0.025), "metal", 6))
    across = np.linspace(-1, 1, 9)
    arch = height - 0.25 * across**2
    for k in range(8):  # the roof, as panes along y
        x0, x1 = across[k] * (x + 0.1), across[k + 1] * (x + 0.1)
        z0, z1 = arch[k], arch[k + 1]
        pane = [[x0, -y - 0.1, z0], [x1, -y - 0.1, z1], [x1, y + 0.1, z1], [x0, y + 0.1, z0]]
        parts.append(quads(np.array([pane]), "plastic" if k in (0, 7) else "cladding"))
    for k in range(9):  # trolleys pushed into each other
        parts += _trolley(-0.45, y - 0.6 - 0.32 * k)
    return joined(parts)


def _trolley(x: float, y: float) -> list[Shape]:
    return [
        box((x, y, 0.72), (0.5, 0.75, 0.03), "metal"),
        box((x, y - 0.36, 0.86), (0.5, 0.02, 0.28), "metal"),
        tube((x - 0.25, y + 0.4, 1.0), (x + 0.25, y + 0.4, 1.0), (0.02, 0.02), "sign", 6),
        *(
            tube((x + side * 0.22, y + 0.3, 0.06), (x + side * 0.25, y + 0.38, 1.0),
                 (0.015, 0.015), "metal", 5)
            for side in (-1, 1)
        ),
    ]  # fmt: skip


def build_lamp(prop: Prop) -> Shape:
    """Return a lamppost whose arm reaches along x."""
    reach, _, height = prop.size
    return joined([
        tube((0, 0, 0), (0, 0, 0.9), (0.11, 0.11), "metal"),
        tube((0, 0, 0.85), (0, 0, height), (0.075, 0.05), "metal"),
        tube((-0.02, 0, height - 0.06), (reach, 0, height + 0.12), (0.035, 0.03), "metal"),
        box((reach + 0.25, 0, height + 0.12), (0.7, 0.28, 0.10), "metal"),
        box((reach + 0.25, 0, height + 0.06), (0.55, 0.2, 0.04), "street_light"),
    ])  # fmt: skip


def build_sign(prop: Prop) -> Shape:
    """Return a parking sign that faces +y of its own frame: a post, a plate and a letter P."""
    width, depth, height = prop.size
    plate = height - width / 2
    front = depth / 2 + 0.011
    letter = [
        box((0.09, front, plate), (0.07, 0.012, 0.4), "marking"),
        box((0.0, front, plate + 0.165), (0.16, 0.012, 0.07), "marking"),
        box((0.0, front, plate + 0.0), (0.16, 0.012, 0.07), "marking"),
        box((-0.095, front, plate + 0.083), (0.06, 0.012, 0.2), "marking"),
    ]
    return joined([
        tube((0, 0, 0), (0, 0, height), (0.03, 0.03), "metal"),
        box((0, 0.045, plate), (width, 0.02, width), "sign"),
        *(part.moved((0, 0.02, 0)) for part in letter),
    ])  # fmt: skip


def build_bollard(prop: Prop) -> Shape:
    """Return a bollard with a bright band."""
    height, radius = prop.size[2], prop.size[0] / 2
    return joined([
        tube((0, 0, 0), (0, 0, 0.7 * height), (radius, radius), "metal", 12),
        tube((0, 0, 0.7 * height), (0, 0, 0.85 * height), (1.03 * radius, 1.03 * radius),
             "marking", 12),
        tube((0, 0, 0.85 * height), (0, 0, height), (radius, 0.8 * radius), "metal", 12),
    ])  # fmt: skip


def build_bin(prop: Prop) -> Shape:
    """Return a wheeled bin: a tapered tub with a lid and two wheels."""
    length, depth, height = prop.size
    tub = box((0, 0, 0.08 + 0.42 * height), (length, depth, 0.84 * height), "plastic")
    taper = np.where(tub.vertices[:, 2:] < 0.5 * height, 0.82, 1.0)
    tub = Shape(tub.vertices * np.hstack([taper, taper, np.ones_like(taper)]), tub.faces,
                tub.material)  # fmt: skip
    lid = box((0, 0, 0.08 + 0.87 * height), (1.08 * length, 1.08 * depth, 0.06), "plastic")
    wheels = [
        tube((side * 0.36 * length - 0.03, 0.4 * depth, 0.1),
             (side * 0.36 * length + 0.03, 0.4 * depth, 0.1), (0.1, 0.1), "rubber", 12)
        for side in (-1, 1)
    ]  # fmt: skip
    return joined([tub, lid, *wheels])
