"""Shops at street level: glazed fronts under a fascia with a name, and awnings."""

from __future__ import annotations

import numpy as np

from scenes.buildings.facade import COARSE, FINE, Joinery, Opening, block, cell, pane
from scenes.buildings.tenement_plan import detail_at
from scenes.spec import Prop
from scenes.things.shapes import Shape, box, joined, quads, tube

RECESS = 0.15  # of the panes behind the pilasters [m]
DOORSTEP = 0.22  # of the door behind them [m]


def build_shopfront(prop: Prop) -> Shape:
    """Return a shop front that fills the prop's length and height, its face at y = 0.

    Its tint is that of the painted joinery: pilasters, stall riser, fascia and door.
    """
    rng = np.random.default_rng([prop.seed, 8])
    length, _, height = prop.size
    half, paint = length / 2, "fabric"
    detail = detail_at(prop.pose, 0.0, 0.0, 1.0)
    fascia = float(rng.uniform(0.55, 0.85))
    head = height - fascia
    modern = rng.random() < 0.4
    edge = float(rng.uniform(0.10, 0.18) if modern else rng.uniform(0.18, 0.34))
    riser = 0.08 if modern else float(rng.uniform(0.25, 0.6))
    door_left = rng.random() < 0.5
    door = 1.05
    x0, x1 = -half + edge, half - edge
    (d0, d1), (w0, w1) = ((x0, x0 + door), (x0 + door + 0.1, x1))
    if not door_left:
        (d0, d1), (w0, w1) = ((x1 - door, x1), (x0, x1 - door - 0.1))
    joinery = Joinery(RECESS, str(rng.choice(["plastic", "fabric", "wood"])), jamb=paint,
                      leaf=paint, transom=0.78)  # fmt: skip
    parts = [
        block(-half, x0, -0.08, 0.3, 0, head, paint),
        block(x1, half, -0.08, 0.3, 0, head, paint),
        *cell((w0, w1, 0.0, head), Opening(w0 + 0.02, w1 - 0.02, riser, head - 0.04, "shop"), 0.0,
              paint, joinery, detail),
        *_doorway((d0, d1), (min(d1, w1), max(d0, w0)), head, joinery, paint),
        block(-half, half, -0.12, 0.3, head, height, paint),
    ]  # fmt: skip
    if not modern:
        parts.append(block(-half, half, -0.24, -0.12, height - 0.08, height, paint))
        for side in (-1, 1):
            x = side * (half - edge / 2)
            parts.append(block(x - edge / 2, x + edge / 2, -0.2, 0.0, head - 0.05, height - 0.08,
                               paint))  # fmt: skip
    parts += _name(length - 2 * edge - 0.3, (head + height) / 2, fascia, detail, rng)
    if rng.random() < 0.35:
        parts += _hanging_sign(half - 0.2 if door_left else -half + 0.2, height - 0.1, rng)
    return joined(parts)


def _doorway(
    door: tuple[float, float], post: tuple[float, float], head: float, joinery: Joinery, paint: str
) -> list[Shape]:
    """Return a glazed door in a recess, and the post between it and the window beside it."""
    (d0, d1), (p0, p1), y = door, post, DOORSTEP
    top = min(2.35, head - 0.25)
    leaf = [[d0, y, 0], [d1, y, 0], [d1, y, top], [d0, y, top]]
    step = [[d0, y, 0.15], [d0, 0, 0.15], [d1, 0, 0.15], [d1, y, 0.15]]
    beside = [[d0, 0, 0], [d0, y, 0], [d0, y, head], [d0, 0, head]]
    if p0 >= d1:
        beside = [[d1, y, 0], [d1, 0, 0], [d1, 0, head], [d1, y, head]]
    # The recess's other sides are those of the pilaster and the fascia.
    recess = [beside, [[p0, 0, 0], [p1, 0, 0], [p1, 0, head], [p0, 0, head]]]
    return [
        quads(np.array([leaf]), joinery.frame),
        pane(d0 + 0.12, d1 - 0.12, 0.35, top - 0.12, y - 0.01),
        pane(d0, d1, top, head, y),
        block(d0, d1, y - 0.04, y, top - 0.04, top + 0.04, joinery.frame),
        quads(np.array([step]), "paving"),
        quads(np.array(recess), paint),
    ]


def _name(
    room: float, z: float, fascia: float, detail: int, rng: np.random.Generator
) -> list[Shape]:
    """Return the letters of a name: strokes of a letter's width and height, in words."""
    if detail == COARSE or room < 1.0:
        return []
    high = fascia * float(rng.uniform(0.3, 0.5))
    pitch = high * float(rng.uniform(0.75, 1.0))
    n = int(min(rng.integers(5, 16), room / pitch))
    gap = int(rng.integers(3, 9))
    material = str(rng.choice(["frame", "frame", "plate", "plastic", "chrome"]))
    start = -n * pitch / 2
    strokes = []
    for k in range(n):
        if k == gap:
            continue
        x, wide, pen = start + k * pitch, 0.68 * pitch, 0.16 * high
        kind = int(rng.integers(6))
        lines = [(x, x + pen, -high / 2, high / 2)]  # an upright, then what makes a letter of it
        if kind in (0, 1, 3):
            lines.append((x + wide - pen, x + wide, -high / 2, high / 2 if kind else 0.05))
        if kind in (0, 2, 3, 4):
            lines.append((x, x + wide, high / 2 - pen, high / 2))
        if kind in (0, 1, 2, 4):
            lines.append((x, x + wide, -pen / 2, pen / 2))
        if kind in (2, 3, 5):
            lines.append((x, x + wide, -high / 2, -high / 2 + pen))
        strokes += lines
    y = -0.135
    corners = [[[a, y, z + c], [b, y, z + c], [b, y, z + d], [a, y, z + d]]
               for a, b, c, d in strokes]  # fmt: skip
    return [quads(np.array(corners), material)]


def _hanging_sign(x: float, z: float, rng: np.random.Generator) -> list[Shape]:
    """Return a sign that stands out over the pavement."""
    high = float(rng.uniform(0.5, 0.8))
    return [
        box((x, -0.5, z + 0.35), (0.04, 0.85, 0.04), "metal"),
        box((x, -0.55, z + 0.33 - high / 2), (0.09, 0.6, high), "fabric"),
        box((x, -0.55, z + 0.33 - high / 2), (0.1, 0.36, 0.45 * high), "frame"),
    ]


def build_awning(prop: Prop) -> Shape:
    """Return an awning whose cloth falls from its height at y = 0 to its depth before the wall."""
    length, reach, height = prop.size
    half, low = length / 2, height - 0.42 * reach
    n = max(1, round(length / 0.32)) if prop.style == "striped" else 1
    edges = np.linspace(-half, half, n + 1)
    parts: list[Shape] = [tube((-half, -0.07, height), (half, -0.07, height), (0.07, 0.07),
                               "frame", 6)]  # fmt: skip
    for k in range(n):
        a, b = edges[k], edges[k + 1]
        cloth = "fabric" if k % 2 == 0 else "frame"
        faces = [
            [[a, -reach, low], [b, -reach, low], [b, 0, height], [a, 0, height]],
            [[a, -reach, low - 0.22], [b, -reach, low - 0.22], [b, -reach, low], [a, -reach, low]],
        ]
        parts.append(quads(np.array(faces), cloth))
    if detail_at(prop.pose, 0.0, 0.0, 2.0) == FINE:
        for x in (-half + 0.1, half - 0.1):
            parts.append(tube((x, -0.02, height - 0.7), (x, -reach, low), (0.02, 0.02), "metal", 5))
    return joined(parts)
