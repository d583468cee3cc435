"""Fences, gates, sheds, pots, poles, kerbs and signs of residential streets."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from scenes.materials import MATERIAL_ID
from scenes.spec import Prop
from scenes.things.shapes import Shape, box, joined, quads, tube
from scenes.things.vegetation import tree_variant


def prism(outline: Sequence[tuple[float, float]], low: float, high: float, material: str,
          top: str | None = None) -> Shape:  # fmt: skip
    """Return a closed upright prism over a convex outline, counter-clockwise from above [m]."""
    n = len(outline)
    ring = np.array(outline, float)
    middle = ring.mean(0)
    vertices = np.concatenate([
        np.column_stack([ring, np.full(n, low)]), np.column_stack([ring, np.full(n, high)]),
        [[*middle, low], [*middle, high]],
    ])  # fmt: skip
    i, j = np.arange(n), (np.arange(n) + 1) % n
    none = np.full(n, -1)
    faces = np.concatenate([
        np.stack([i, j, j + n, i + n], 1), np.stack([j, i, np.full(n, 2 * n), none], 1),
        np.stack([i + n, j + n, np.full(n, 2 * n + 1), none], 1),
    ])  # fmt: skip
    names = [material] * (2 * n) + [top or material] * n
    return Shape(vertices, faces.astype(np.int32),
                 np.array([MATERIAL_ID[name] for name in names], np.uint8))  # fmt: skip


def build_picket_fence(prop: Prop) -> Shape:
    """Return a fence of upright pales with pointed tops."""
    length, _, height = prop.size
    n = max(2, round(length / 0.155))
    x = np.linspace(-length / 2 + 0.05, length / 2 - 0.05, n)
    half, tip, y = 0.042, 0.07, -0.02
    outline = np.array([[-half, 0.06], [half, 0.06], [half, height - tip], [0, height],
                        [-half, height - tip]])  # fmt: skip
    parts = []
    for face, sense in ((y, 1), (y + 0.022, -1)):
        corner = np.zeros((n, 5, 3))
        corner[..., 0] = x[:, None] + outline[:, 0]
        corner[..., 1], corner[..., 2] = face, outline[:, 1]
        body, point = corner[:, [0, 1, 2, 4]][:, ::sense], corner[:, [2, 3, 4]][:, ::sense]
        parts.append(quads(body, "wood"))
        index = np.full((n, 4), -1, np.int32)
        index[:, :3] = np.arange(3 * n).reshape(n, 3)
        parts.append(Shape(point.reshape(-1, 3), index, np.full(n, MATERIAL_ID["wood"], np.uint8)))
    for z in (0.28 * height, 0.74 * height):
        parts.append(box((0, 0.025, z), (length, 0.04, 0.08), "wood"))
    return joined([*parts, *_posts(length, height - 0.03, 0.05)])


def _posts(length: float, height: float, y: float) -> list[Shape]:
    n = max(2, round(length / 2.2) + 1)
    return [
        box((float(x), y, height / 2), (0.09, 0.09, height), "wood")
        for x in np.linspace(-length / 2 + 0.05, length / 2 - 0.05, n)
    ]


def build_board_fence(prop: Prop) -> Shape:
    """Return a fence of upright boards between posts, every other one set back."""
    length, _, height = prop.size
    n = max(2, round(length / 0.3))
    edges = np.linspace(-length / 2, length / 2, n + 1)
    panels = []
    for face, sense in ((-0.012, 1), (0.012, -1)):
        y = face + 0.008 * (np.arange(n) % 2)
        corner = np.zeros((n, 4, 3))
        corner[:, [0, 3], 0], corner[:, [1, 2], 0] = edges[:-1, None], edges[1:, None]
        corner[..., 1] = y[:, None]
        corner[:, :2, 2], corner[:, 2:, 2] = 0.04, height - 0.06
        panels.append(quads(corner[:, ::sense], "wood"))
    cap = box((0, 0.0, height - 0.03), (length, 0.06, 0.05), "wood")
    return joined([*panels, cap, *_posts(length, height, 0.02)])


def build_rail_fence(prop: Prop) -> Shape:
    """Return a fence of three rails between posts."""
    length, _, height = prop.size
    rails = [box((0, -0.03, z * height), (length, 0.03, 0.11), "wood") for z in (0.3, 0.6, 0.9)]
    return joined([*rails, *_posts(length, height, 0.03)])


def build_gate(prop: Prop) -> Shape:
    """Return a garden gate between two posts."""
    length, _, height = prop.size
    n = max(3, round(length / 0.14))
    x = np.linspace(-length / 2 + 0.16, length / 2 - 0.16, n)
    pales = [box((float(a), -0.02, height / 2), (0.08, 0.02, height - 0.14), "wood") for a in x]
    rails = [box((0, 0.01, z * height), (length - 0.2, 0.03, 0.08), "wood") for z in (0.25, 0.78)]
    posts = [
        box((side * (length / 2 - 0.05), 0, height / 2 + 0.06), (0.1, 0.1, height + 0.12), "wood")
        for side in (-1, 1)
    ]
    return joined([*pales, *rails, *posts])


def build_shed(prop: Prop) -> Shape:
    """Return a garden shed of boards under a pitched felt roof."""
    length, depth, height = prop.size
    eaves, x, y = 0.76 * height, length / 2 + 0.12, depth / 2 + 0.12
    gables = []
    for side in (-1, 1):
        at = side * length / 2
        corner = np.array([[at, -depth / 2, eaves], [at, depth / 2, eaves], [at, 0, height - 0.03]])
        gables.append(Shape(corner if side > 0 else corner[::-1].copy(),
                            np.array([[0, 1, 2, -1]], np.int32),
                            np.array([MATERIAL_ID["wood"]], np.uint8)))  # fmt: skip
    low = eaves - 0.12 * (height - eaves) / (depth / 2)
    slopes = np.array([
        [[-x, -y, low], [x, -y, low], [x, 0, height], [-x, 0, height]],
        [[x, y, low], [-x, y, low], [-x, 0, height], [x, 0, height]],
    ])  # fmt: skip
    return joined([
        box((0, 0, eaves / 2), (length, depth, eaves), "wood"), *gables,
        quads(slopes, "rubber"), quads(slopes[:, ::-1] - [0, 0, 0.03], "wood"),
        box((0.2 * length, -depth / 2 - 0.01, 0.9), (0.8, 0.04, 1.7), "timber"),
    ])  # fmt: skip


def build_pot(prop: Prop) -> Shape:
    """Return a pot with a clipped ball of leaves in it."""
    wide, _, height = prop.size
    rim = 0.42 * height
    ball = tree_variant("bush0")
    scale = np.array([1.25 * wide, 1.25 * wide, height - 0.8 * rim])
    leaves = Shape(ball.vertices * scale + [0, 0, 0.8 * rim], ball.faces, ball.material)
    pot = tube((0, 0, 0), (0, 0, rim), (0.36 * wide, 0.5 * wide), "brick", 12)
    return joined([pot, leaves])


def build_telegraph_pole(prop: Prop) -> Shape:
    """Return a wooden pole with two arms and insulators; its wires are too thin to be seen."""
    height = prop.size[2]
    parts = [tube((0, 0, 0), (0, 0, height), (0.13, 0.10), "wood", 10)]
    for z in (height - 0.35, height - 0.85):
        parts.append(box((0, 0.15, z), (1.5, 0.09, 0.1), "wood"))
        for x in (-0.68, -0.4, 0.4, 0.68):
            parts.append(tube((x, 0.15, z + 0.05), (x, 0.15, z + 0.2), (0.03, 0.02), "frame", 6))
    return joined(parts)


def build_kerb_edge(prop: Prop) -> Shape:
    """Return a straight kerb."""
    length, depth, height = prop.size
    return box((0, 0, height / 2), (length, depth, height), "concrete")


def build_kerb_ramp(prop: Prop) -> Shape:
    """Return a lowered kerb, low towards -y."""
    shape = build_kerb_edge(prop)
    low = (shape.vertices[:, 1] < 0) & (shape.vertices[:, 2] > 0)
    vertices = shape.vertices.copy()
    vertices[low, 2] = 0.03
    return Shape(vertices, shape.faces, shape.material)


def build_kerb_corner(prop: Prop) -> Shape:
    """Return a rounded corner of a pavement: a quarter of a disc with a kerb around it."""
    radius, _, height = prop.size
    slabs = prop.style.removeprefix("corner_")
    turn = np.linspace(0, np.pi / 2, 11)
    inner = radius - 0.15
    arc = [(float(np.cos(a)), float(np.sin(a))) for a in turn]
    disc = prism([(0.0, 0.0), *((inner * c, inner * s) for c, s in arc)], 0.0, height - 0.012,
                 "concrete", slabs)  # fmt: skip
    pieces = [
        prism([(inner * a, inner * b), (radius * a, radius * b), (radius * c, radius * d),
               (inner * c, inner * d)], 0.0, height, "concrete")
        for (a, b), (c, d) in pairwise(arc)
    ]  # fmt: skip
    return joined([disc, *pieces])


def build_round_sign(prop: Prop) -> Shape:
    """Return a round sign that faces +y: a coloured ring around a white disc, on a post."""
    width, _, height = prop.size
    z = height - width / 2
    return joined([
        tube((0, 0, 0), (0, 0, height), (0.03, 0.03), "metal", 8),
        tube((0, 0.035, z), (0, 0.055, z), (width / 2, width / 2), "fabric", 20),
        tube((0, 0.055, z), (0, 0.062, z), (0.38 * width, 0.38 * width), "marking", 20),
        box((-0.07, 0.064, z), (0.07, 0.006, 0.22), "plastic"),
        box((0.07, 0.064, z), (0.08, 0.006, 0.22), "plastic"),
    ])  # fmt: skip


def build_name_sign(prop: Prop) -> Shape:
    """Return a street's name on a low plate between two posts; it faces +y."""
    length, _, height = prop.size
    letters = np.linspace(-0.38, 0.38, 8)
    return joined([
        *(box((side * 0.4 * length, 0, height / 2), (0.06, 0.06, height), "metal")
          for side in (-1, 1)),
        box((0, 0.045, height - 0.14), (length, 0.02, 0.24), "marking"),
        *(box((float(a) * length, 0.058, height - 0.14), (0.06, 0.006, 0.12), "plastic")
          for a in letters if abs(a) > 0.06),
    ])  # fmt: skip


def build_road_cover(prop: Prop) -> Shape:
    """Return a round cover in the carriageway, filled with asphalt, or a gully's black grating."""
    length, depth, height = prop.size
    if prop.style == "gully":
        return box((0, 0, height / 2), (length, depth, height), "rubber")
    rim = length / 2
    return joined([
        tube((0, 0, 0), (0, 0, height), (rim, rim), "rubber", 20),
        tube((0, 0, height), (0, 0, height + 0.002), (0.86 * rim, 0.86 * rim), "asphalt", 20),
    ])  # fmt: skip
