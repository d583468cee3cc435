"""Façades: walls at y = 0 of their own frame that face -y, with openings, reveals and windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenes.things.shapes import Shape, quads

REVEAL = 0.16  # depth of a window in the wall [m]
FRAME = 0.07  # width of a window's frame [m]
PANE = 0.03  # how far a pane stands behind its frame's middle [m]

# How finely what is in a façade is modelled: panes and reveals only; frames and sills as far as a
# camera tells them apart; bars with sides, door handles, mouldings.
COARSE, MEDIUM, FINE = 0, 1, 2


@dataclass(frozen=True)
class Opening:
    """A hole in a façade.

    Attributes:
        x0: Left edge [m].
        x1: Right edge [m].
        z0: Lower edge [m].
        z1: Upper edge [m].
        kind: "window", "door" or "shop" (a glazed front down to the ground).
    """

    x0: float
    x1: float
    z0: float
    z1: float
    kind: str


@dataclass(frozen=True)
class Joinery:
    """How the windows of a façade are made.

    Attributes:
        reveal: How deep they stand in the wall [m].
        frame: Material of frames.
        casements: Lights beside each other.
        transom: Share of the height at which a bar crosses; 0 without.
        bars: Thin bars across each light.
        sill: Material of the sill; "" without.
        jamb: Material of the reveals.
        leaf: Material of doors' leaves.
    """

    reveal: float = REVEAL
    frame: str = "frame"
    casements: int = 2
    transom: float = 0.0
    bars: int = 0
    sill: str = "concrete"
    jamb: str = "concrete"
    leaf: str = "metal"


USUAL = Joinery()


def block(x0: float, x1: float, y0: float, y1: float, z0: float, z1: float, material: str) -> Shape:
    """Return a box that stands against something at y1: without its face there."""
    front = [[x0, y0, z0], [x1, y0, z0], [x1, y0, z1], [x0, y0, z1]]
    back = [[x0, y1, z0], [x1, y1, z0], [x1, y1, z1], [x0, y1, z1]]
    (a, b, c, d), (e, f, g, h) = front, back
    faces = [front, [e, a, d, h], [b, f, g, c], [d, c, g, h], [e, f, b, a]]
    return quads(np.array(faces), material)


def cell(
    edges: tuple[float, float, float, float],
    hole: Opening,
    y: float,
    wall: str,
    joinery: Joinery = USUAL,
    detail: int = FINE,
) -> list[Shape]:
    """Return a piece of façade at `y` [m] with a hole, what closes it, and its reveals.

    Args:
        edges: x0, x1, z0, z1 of the piece [m].
        hole: Within these edges.
        y: Of the wall's face [m].
        wall: Its material.
        joinery: Of the window or door.
        detail: `COARSE`, `MEDIUM` or `FINE`.
    """
    x0, x1, z0, z1 = edges
    around = [
        (x0, hole.x0, z0, z1), (hole.x1, x1, z0, z1), (hole.x0, hole.x1, hole.z1, z1),
        (hole.x0, hole.x1, z0, hole.z0),
    ]  # fmt: skip
    front = [
        [[a, y, c], [b, y, c], [b, y, d], [a, y, d]]
        for a, b, c, d in around
        if d > c + 1e-6 and b > a + 1e-6
    ]
    parts = [quads(np.array(front), wall)] if front else []
    return [*parts, _reveal(hole, y, joinery), *_closed(hole, y, joinery, detail)]


def _reveal(hole: Opening, y: float, joinery: Joinery) -> Shape:
    back, x0, x1, z0, z1 = y + joinery.reveal + PANE, hole.x0, hole.x1, hole.z0, hole.z1
    sides = [
        [[x0, back, z1], [x0, back, z0], [x0, y, z0], [x0, y, z1]],
        [[x1, y, z1], [x1, y, z0], [x1, back, z0], [x1, back, z1]],
        [[x0, back, z1], [x0, y, z1], [x1, y, z1], [x1, back, z1]],
        [[x1, back, z0], [x1, y, z0], [x0, y, z0], [x0, back, z0]],
    ]
    return quads(np.array(sides)[:, ::-1], joinery.jamb)


def pane(x0: float, x1: float, z0: float, z1: float, y: float) -> Shape:
    """Return a pane of a window that faces -y."""
    corners = [[[x0, y, z0], [x1, y, z0], [x1, y, z1], [x0, y, z1]]]
    return quads(np.array(corners), "window")


def _closed(hole: Opening, y: float, joinery: Joinery, detail: int) -> list[Shape]:
    """Return what stands in a hole: panes and frames, or a door's leaf."""
    back = y + joinery.reveal
    if hole.kind == "door":
        return _door(hole, back, joinery, detail)
    parts = [pane(hole.x0, hole.x1, hole.z0, hole.z1, back + PANE)]
    if detail == COARSE:
        return parts
    parts += _frames(hole, back, joinery, detail)
    if hole.kind == "window" and joinery.sill:
        side = 0.07
        parts.append(block(hole.x0 - side, hole.x1 + side, y - 0.06, back, hole.z0 - 0.05,
                           hole.z0 + 0.012, joinery.sill))  # fmt: skip
    return parts


def _frames(hole: Opening, back: float, joinery: Joinery, detail: int) -> list[Shape]:
    """Return frames and bars before a pane, flat unless they are near."""
    x0, x1, z0, z1 = hole.x0, hole.x1, hole.z0, hole.z1
    wide, high = x1 - x0, z1 - z0
    n = max(2, round(wide / 1.6)) if hole.kind == "shop" else joinery.casements
    posts = np.linspace(x0 + FRAME / 2, x1 - FRAME / 2, n + 1).tolist()
    rails = [z0 + FRAME / 2, z1 - FRAME / 2]
    share = joinery.transom or (0.72 if hole.kind == "shop" else 0.0)
    if share:
        rails.append(z0 + share * high)
    half = FRAME / 2
    strips = [(x - half, x + half, z0, z1, 0.0) for x in posts]
    strips += [(x0, x1, z - half, z + half, 0.003) for z in rails]
    if detail == FINE and joinery.bars:
        top = z0 + (share or 1.0) * high
        for k in range(1, joinery.bars + 1):
            z = z0 + (top - z0) * k / (joinery.bars + 1)
            strips.append((x0, x1, z - 0.015, z + 0.015, 0.012))
    if detail == FINE:
        return [
            block(a, b, back - 0.025 + shift, back + PANE, c, d, joinery.frame)
            for a, b, c, d, shift in strips
        ]
    flat = [
        [[a, y, c], [b, y, c], [b, y, d], [a, y, d]]
        for a, b, c, d, shift in strips
        for y in (back + shift,)
    ]
    return [quads(np.array(flat), joinery.frame)]


def _door(hole: Opening, back: float, joinery: Joinery, detail: int) -> list[Shape]:
    """Return the leaf of a door with panels, and a light above it if the hole is high."""
    x0, x1, z0, z1 = hole.x0, hole.x1, hole.z0, hole.z1
    wide = x1 - x0
    top = min(z1, z0 + 2.25) if z1 - z0 > 2.5 else z1
    leaf = [[[x0, back, z0], [x1, back, z0], [x1, back, top], [x0, back, top]]]
    parts = [quads(np.array(leaf), joinery.leaf)]
    if top < z1:
        parts.append(pane(x0, x1, top, z1, back + PANE))
        parts.append(block(x0, x1, back - 0.03, back + PANE, top - 0.05, top + 0.05, joinery.frame))
    if detail == COARSE:
        return parts
    high = top - z0
    n = 2 if wide > 1.3 else 1
    for k in range(n):
        a, b = x0 + wide * k / n + 0.13, x0 + wide * (k + 1) / n - 0.13
        parts.append(pane(a, b, z0 + 0.52 * high, z0 + 0.9 * high, back - 0.012))
        parts.append(block(a, b, back - 0.02, back, z0 + 0.12 * high, z0 + 0.42 * high,
                           joinery.leaf))  # fmt: skip
    for x in (x0, x1 - 0.07):
        parts.append(block(x, x + 0.07, back - 0.04, back, z0, z1, joinery.frame))
    if detail == FINE:
        x = x0 + wide / 2 + (0.06 if n == 2 else 0.3 * wide)
        parts.append(block(x, x + 0.03, back - 0.07, back, z0 + 0.9, z0 + 1.25, "chrome"))
    return parts
