"""Things on pavements: seats, tables under parasols, bicycles, signs, cabinets, a bus stop."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from scenes.materials import MATERIAL_ID
from scenes.spec import Prop
from scenes.things.shapes import Shape, box, joined, quads, tube


def _legs(length: float, depth: float, height: float, wide: float, material: str) -> list[Shape]:
    """Return four upright legs at the corners of a rectangle."""
    return [
        box((sx * (length - wide) / 2, sy * (depth - wide) / 2, height / 2), (wide, wide, height),
            material)
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]  # fmt: skip


def build_bench(prop: Prop) -> Shape:
    """Return a bench of slats on iron legs; one sits facing -y."""
    length, depth, height = prop.size
    seat = 0.45
    parts = [
        box((0, y, seat), (length, 0.09, 0.04), "wood")
        for y in np.linspace(-depth / 2 + 0.05, depth / 2 - 0.1, 4).tolist()
    ]
    parts += [
        box((0, depth / 2 - 0.04, z), (length, 0.03, 0.1), "wood")
        for z in np.linspace(seat + 0.14, height - 0.06, 3).tolist()
    ]
    for x in (-0.38 * length, 0.38 * length):
        parts.append(box((x, -0.02, seat / 2), (0.06, depth - 0.12, 0.05), "metal"))
        parts.append(box((x, -depth / 2 + 0.08, seat / 2), (0.06, 0.06, seat), "metal"))
        parts.append(box((x, depth / 2 - 0.04, height / 2), (0.06, 0.05, height), "metal"))
    return joined(parts)


def build_planter(prop: Prop) -> Shape:
    """Return a tub with a small shrub."""
    length, depth, height = prop.size
    rng = np.random.default_rng(prop.seed)
    tub = 0.45
    material = "concrete" if rng.random() < 0.5 else "metal"
    n = 260
    way = rng.normal(size=(n, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    radius = np.array([0.5 * length, 0.5 * depth, (height - tub) / 2])
    middle = np.array([0, 0, (height + tub) / 2])
    place = middle + way * radius * rng.uniform(0.55, 1.0, (n, 1))
    leaf = rng.normal(size=(n, 2, 3))
    leaf *= 0.075 / np.linalg.norm(leaf, axis=-1, keepdims=True)
    corners = np.stack([place - leaf[:, 0], place + leaf[:, 1], place + leaf[:, 0],
                        place - leaf[:, 1]], 1)  # fmt: skip
    core = tube((0, 0, tub - 0.05), (0, 0, height - 0.15), (0.36 * length, 0.2 * length),
                "foliage", 7)  # fmt: skip
    return joined([
        box((0, 0, tub / 2), (length, depth, tub), material, "soil"), core,
        quads(corners, "foliage"),
    ])  # fmt: skip


def build_table(prop: Prop) -> Shape:
    """Return a café table with a chair at each end."""
    length = prop.size[0]
    parts = [
        tube((0, 0, 0.72), (0, 0, 0.75), (0.34, 0.34), "wood", 12),
        tube((0, 0, 0.03), (0, 0, 0.72), (0.03, 0.03), "metal", 6),
        tube((0, 0, 0.0), (0, 0, 0.03), (0.22, 0.2), "metal", 8),
    ]
    for side in (-1, 1):
        chair = [
            *_legs(0.42, 0.42, 0.45, 0.03, "metal"),
            box((0, 0, 0.46), (0.44, 0.44, 0.04), "wood"),
            box((side * 0.21, 0, 0.70), (0.03, 0.42, 0.42), "wood"),
        ]
        parts += [part.moved((side * (length / 2 - 0.3), 0, 0)) for part in chair]
    return joined(parts)


def build_parasol(prop: Prop) -> Shape:
    """Return an open parasol on its foot."""
    radius, height = prop.size[0] / 2, prop.size[2]
    turn = 2 * np.pi * (np.arange(8) + 0.5) / 8
    rim = np.stack([radius * np.cos(turn), radius * np.sin(turn), np.full(8, height - 0.5)], 1)
    low = rim - [0, 0, 0.16]
    i, j = np.arange(8), (np.arange(8) + 1) % 8
    cloth = Shape(
        np.concatenate([rim, low, [[0, 0, height]]]),
        np.concatenate([np.stack([i, j, np.full(8, 16), np.full(8, -1)], 1),
                        np.stack([i + 8, j + 8, j, i], 1)]).astype(np.int32),
        np.full(16, MATERIAL_ID["fabric"], np.uint8),
    )  # fmt: skip
    return joined([
        cloth,
        tube((0, 0, 0), (0, 0, height + 0.05), (0.025, 0.025), "wood", 6),
        box((0, 0, 0.05), (0.5, 0.5, 0.1), "concrete"),
    ])  # fmt: skip


def build_bicycle(prop: Prop) -> Shape:
    """Return a bicycle that stands along x; its frame takes the prop's tint."""
    base, radius, lean = 0.52, 0.34, 0.0
    parts: list[Shape] = []
    turn = 2 * np.pi * np.arange(15) / 14
    for x in (-base, base):
        outer = np.stack([x + radius * np.cos(turn), 0 * turn, radius * (1 + np.sin(turn))], 1)
        middle = np.array([x, 0.0, radius])
        inner = middle + 0.88 * (outer - middle)
        tyre = np.stack([outer[:-1], outer[1:], inner[1:], inner[:-1]], 1)
        shift = np.array([0.0, 0.012, 0.0])
        parts += [quads(tyre + side * shift, "rubber") for side in (-1, 1)]
        spokes = [(outer[k], outer[k + 7]) for k in (0, 2, 4, 6)]
        thin = np.array([0, 0.004, 0.004])
        parts.append(quads(np.array([[a - thin, b - thin, b + thin, a + thin] for a, b in spokes]),
                           "chrome"))  # fmt: skip
    hub, fork = (-base, lean, radius), (base, lean, radius)
    pedals, seat, head = (-0.08, lean, 0.28), (-0.22, lean, 0.82), (base - 0.18, lean, 0.84)
    for a, b in ((hub, pedals), (hub, seat), (pedals, seat), (pedals, head), (seat, head),
                 (fork, head)):  # fmt: skip
        parts.append(tube(a, b, (0.018, 0.018), "metal", 5))
    bar = (head[0] + 0.03, 0.0, 1.0)
    parts += [
        tube(head, bar, (0.016, 0.016), "metal", 5),
        tube((bar[0], -0.28, 1.02), (bar[0], 0.28, 1.02), (0.016, 0.016), "rubber", 5),
        tube(seat, (seat[0] - 0.04, 0, 0.96), (0.015, 0.015), "metal", 5),
        box((seat[0] - 0.05, 0, 0.98), (0.26, 0.14, 0.06), "rubber"),
    ]
    if prop.seed % 3 == 0:
        parts.append(box((base + 0.12, 0, 0.86), (0.3, 0.36, 0.24), "wood"))  # a basket
    return joined(parts)


def build_rack(prop: Prop) -> Shape:
    """Return a hoop to lock a bicycle to, along x."""
    half, height = prop.size[0] / 2, prop.size[2]
    ends = [(-half, 0.0, 0.0), (-half, 0.0, height), (half, 0.0, height), (half, 0.0, 0.0)]
    return joined([
        tube(a, b, (0.025, 0.025), "metal", 6) for a, b in pairwise(ends)
    ])  # fmt: skip


def build_cabinet(prop: Prop) -> Shape:
    """Return a cabinet for cables, with two doors and a lid."""
    length, depth, height = prop.size
    parts = [
        box((0, 0, 0.06), (length - 0.04, depth - 0.04, 0.12), "concrete"),
        box((0, 0, height / 2 + 0.06), (length, depth, height - 0.2), "plaster"),
        box((0, 0, height - 0.02), (length + 0.05, depth + 0.05, 0.06), "plaster"),
    ]
    for x in (-0.02, 0.02):
        parts.append(box((x, -depth / 2 - 0.004, height / 2), (0.012, 0.01, height - 0.3),
                         "plastic"))  # fmt: skip
    return joined(parts)


def build_traffic_sign(prop: Prop) -> Shape:
    """Return a post with a round, square or triangular plate that faces -y."""
    wide, _, height = prop.size
    kind, y = prop.seed % 4, -0.05
    parts = [tube((0, 0, 0), (0, 0, height), (0.03, 0.03), "metal", 8)]
    z = height - wide / 2
    if kind == 0:
        parts.append(tube((0, y + 0.012, z), (0, y, z), (wide / 2, wide / 2), "sign", 20))
        parts.append(box((0, y - 0.006, z), (0.6 * wide, 0.012, 0.13 * wide), "frame"))
    elif kind == 1:
        parts.append(box((0, y, z), (wide, 0.015, wide), "sign"))
        parts.append(box((0, y - 0.012, z), (0.4 * wide, 0.008, 0.55 * wide), "frame"))
    elif kind == 2:
        parts.append(tube((0, y + 0.012, z), (0, y, z), (wide / 2, wide / 2), "tile", 20))
        parts.append(tube((0, y, z), (0, y - 0.008, z), (0.37 * wide, 0.37 * wide), "frame", 20))
        parts.append(box((-0.04, y - 0.012, z), (0.045, 0.006, 0.3 * wide), "plastic"))
        parts.append(tube((0.08, y - 0.01, z), (0.08, y - 0.016, z), (0.09, 0.09), "plastic", 10))
    else:
        parts.append(box((0, y, z), (0.7 * wide, 0.015, wide), "frame"))
        parts.append(box((0, y - 0.012, z + 0.16 * wide), (0.5 * wide, 0.008, 0.45 * wide), "sign"))
    return joined(parts)


def build_post_box(prop: Prop) -> Shape:
    """Return a pillar box for letters, in the prop's tint."""
    radius, height = prop.size[0] / 2, prop.size[2]
    return joined([
        tube((0, 0, 0), (0, 0, 0.14), (radius + 0.03, radius + 0.03), "plastic", 14),
        tube((0, 0, 0.14), (0, 0, height - 0.16), (radius, radius), "plaster", 14),
        tube((0, 0, height - 0.16), (0, 0, height), (radius + 0.04, 0.5 * radius), "plaster", 14),
        box((0, -radius, height - 0.34), (0.24, 0.03, 0.05), "plastic"),
        box((0, -radius, height - 0.6), (0.18, 0.02, 0.22), "frame"),
    ])  # fmt: skip


def build_bus_stop(prop: Prop) -> Shape:
    """Return a bus stop's shelter, open towards -y: glass, a flat roof, a bench and a poster."""
    length, depth, height = prop.size
    x, y = length / 2, depth / 2
    parts = [
        box((0, 0, height - 0.06), (length + 0.2, depth + 0.3, 0.12), "metal"),
        box((0, y - 0.25, 0.46), (0.55 * length, 0.32, 0.05), "wood"),
        box((-x + 0.05, -0.1, 1.25), (0.12, min(1.2, depth), 1.9), "metal"),
    ]
    for side in (-1, 1):
        parts.append(box((-x + 0.05 + side * 0.065, -0.1, 1.28), (0.01, 1.05, 1.65), "fabric"))
        parts.append(box((side * 0.25 * length, y - 0.25, 0.22), (0.06, 0.25, 0.44), "metal"))
    for px in np.linspace(-x + 0.05, x - 0.05, 4).tolist():
        parts.append(box((px, y - 0.04, height / 2), (0.06, 0.06, height - 0.1), "metal"))
    panes = [[[-x, y - 0.05, 0.25], [x, y - 0.05, 0.25], [x, y - 0.05, height - 0.25],
              [-x, y - 0.05, height - 0.25]]]  # fmt: skip
    parts.append(quads(np.array(panes), "glass"))
    return joined(parts)


def build_board(prop: Prop) -> Shape:
    """Return a shop's folding board."""
    wide, depth, height = prop.size
    parts: list[Shape] = []
    for side in (-1, 1):
        foot = side * depth / 2
        face = np.array([[-wide / 2, foot, 0], [wide / 2, foot, 0], [wide / 2, 0, height],
                         [-wide / 2, 0, height]])  # fmt: skip
        inset = face * [0.82, 1.0, 1.0]
        inset[:2] += 0.14 * (face[3] - face[0])
        inset[2:] += 0.08 * (face[0] - face[3])
        order = slice(None) if side < 0 else slice(None, None, -1)
        parts.append(quads(face[None, order], "wood"))
        parts.append(quads(inset[None, order] + [0, side * 0.012, 0.004], "fabric"))
    return joined(parts)


def build_cover(prop: Prop) -> Shape:
    """Return the iron lid of a manhole, or the grating of a drain, just above the ground."""
    length, depth, height = prop.size
    if prop.style == "manhole":
        return joined([
            tube((0, 0, 0), (0, 0, height), (length / 2, length / 2), "metal", 18),
            tube((0, 0, height), (0, 0, height + 0.002), (0.42 * length, 0.42 * length),
                 "plastic", 18),
        ])  # fmt: skip
    slots = [
        box((x, 0, height + 0.001), (0.03, 0.8 * depth, 0.002), "plastic")
        for x in np.linspace(-0.4 * length, 0.4 * length, 6).tolist()
    ]
    return joined([box((0, 0, height / 2), (length, depth, height), "metal"), *slots])


def build_grate(prop: Prop) -> Shape:
    """Return the square of soil around a trunk, in an iron frame."""
    length, depth, height = prop.size
    rim = 0.06
    return joined([
        box((0, 0, height / 2), (length, depth, height), "metal"),
        box((0, 0, height / 2 + 0.003), (length - 2 * rim, depth - 2 * rim, height), "soil"),
    ])  # fmt: skip
