"""Windows: dark frames on the body with panes of glass on them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from scenes.cars.body import Blocks
from scenes.cars.model import CarModel
from scenes.cars.shell import Points, Shell
from scenes.cars.surface import LEFT, Surface, clipped, rounded

FRAME_OFFSET, GLASS_OFFSET = 0.003, 0.006  # above the body [m]


def between(low: Points, high: Points, along: Points, up: Points) -> Points:
    """Return points (n, 3) of the band between two lines.

    Args:
        low: (n_low, 3) the lower line [m].
        high: (n_low, 3) the upper line [m].
        along: (n,) share of the way along both lines.
        up: (n,) share of the way from the lower to the upper.
    """
    place = np.linspace(0, 1, len(low))
    foot, head = (
        np.stack([np.interp(along, place, line[:, k]) for k in range(3)], -1)
        for line in (low, high)
    )
    return np.asarray(foot + up[:, None] * (head - foot))


def band(low: Points, high: Points, margins: tuple[float, float, float, float]) -> Points:
    """Return the outline (n, 3) of the band between two lines, without its margins.

    Args:
        low: (n_low, 3) the lower line [m].
        high: (n_low, 3) the upper line [m].
        margins: At the start, the end, below and above, shares of the band.
    """
    start, end, below, above = margins
    n = 6
    along = np.linspace(start, 1 - end, n)
    side = np.linspace(below, 1 - above, 3)[1:-1]
    share = np.concatenate([along, np.full(1, 1 - end), along[::-1], np.full(1, start)])
    up = np.concatenate([np.full(n, below), side, np.full(n, 1 - above), side])
    return between(low, high, share, up)


def side_panes(model: CarModel) -> list[tuple[float, float]]:
    """Return where the panes of the left side begin and end, x from ahead to behind [m]."""
    pillar, far = model.pillar, model.length
    half = 0.03 if model.doors == 2 else 0.04
    panes = [(far, pillar + half)]
    if model.side_windows == 1:
        return panes
    if model.style == "van":  # A crew van: the windows end with the second row of seats.
        last = pillar - half - 1.0 * (model.side_windows - 1)
    elif model.side_windows > 3:
        last = -model.nose + 0.02
    elif model.side_windows == 3:
        return [*panes, (pillar - half, model.rear_axle + 0.038), (model.rear_axle + 0.002, -far)]
    else:
        return [*panes, (pillar - half, -far)]
    edges = np.linspace(pillar, last, model.side_windows)
    return [*panes, *((x - half, y + half) for x, y in pairwise(edges.tolist()))]


def side_windows(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return frames and panes of the left side."""
    low, high = blocks.cabin[0].copy(), blocks.cabin[-1]
    length = float(low[0, 0] - low[-1, 0])
    height = float((high - low)[:, 2].mean())
    behind_pillar = np.clip((model.pillar - low[:, 0]) / (model.pillar - low[-1, 0]), 0, 1)
    low[:, 2] += model.belt_kick * behind_pillar**2
    pillar = (0.085 if model.style != "offroad" else 0.05) / length
    rear = model.rear_pillar / length
    margins = (pillar, rear, 0.035 / height, 0.075 / height)
    limit = model.belt_front + model.window_height
    frame = clipped(band(low, high, margins), 0, side_panes(model)[-1][1] - 0.02, 1)
    frame = clipped(frame, 2, limit, -1)
    inset = 0.014
    start, end, below, above = margins
    inner = (
        start + inset / length,
        end + inset / length,
        below + 0.5 * inset / height,
        above + inset / height,
    )
    glass = clipped(band(low, high, inner), 2, limit - inset, -1)
    shells = [surface.patch(rounded(frame, 0.03, 0.2), LEFT, "plastic", FRAME_OFFSET, 2)]
    for ahead, behind in side_panes(model):
        part = clipped(clipped(glass, 0, ahead, -1), 0, behind, 1)
        if len(part) > 2 and np.ptp(part[:, 0]) > 0.12:
            shells.append(surface.patch(rounded(part, 0.025, 0.16), LEFT, "glass", GLASS_OFFSET))
    return shells


def facing(rows: Points) -> Points:
    """Return the direction (3,) from outside at a window block (3, 4, 3)."""
    up = rows[-1, 0] - rows[0, 0]
    return np.asarray(np.cross(up, [0.0, 1.0, 0.0]) / np.linalg.norm(up))


def window(
    rows: Points, margin: float, limit: float
) -> list[tuple[Points, str, float, float | None]]:
    """Return outline, material, offset and rim of the frame and of the pane of a window across.

    Args:
        rows: (3, 4, 3) its left half in the cage.
        margin: Of the frame, from the block's edge [m].
        limit: Greatest height of the frame [m].
    """
    mirror = np.array([1.0, -1.0, 1.0])
    low = np.concatenate([rows[0, ::-1], rows[0, 1:] * mirror])
    high = np.concatenate([rows[-1, ::-1], rows[-1, 1:] * mirror])
    width = 2 * float(rows[0, -1, 1])
    height = float(np.linalg.norm(rows[-1, 0] - rows[0, 0]))
    found: list[tuple[Points, str, float, float | None]] = []
    looks = (("plastic", 0.0, FRAME_OFFSET, 0.08), ("glass", 0.022, GLASS_OFFSET, None))
    for material, inset, offset, rim in looks:
        edge = margin + inset
        margins = (edge / width, edge / width, edge / height, edge / height)
        outline = clipped(band(low, high, margins), 2, limit - inset, -1)
        found.append((outline, material, offset, rim))
    return found


def screen(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return the windscreen."""
    direction = facing(blocks.screen)
    return [
        surface.patch(rounded(outline, 0.05, 0.2), direction, material, offset, 4, rim)
        for outline, material, offset, rim in window(blocks.screen, 0.045, model.height)
    ]


def rear_window(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return the rear window, in two halves where the tail opens in two doors."""
    if not model.rear_window:
        return []
    direction = -facing(blocks.rear)
    limit = float(blocks.rear[0, 0, 2]) + model.window_height
    shells = []
    for outline, material, offset, rim in window(blocks.rear, 0.075, limit):
        if not model.double_doors:
            edge = rounded(outline, 0.05, 0.2)
            shells.append(surface.patch(edge, direction, material, offset, 4, rim))
            continue
        half = clipped(outline, 1, 0.03 if material == "plastic" else 0.05, 1)
        left = surface.patch(rounded(half, 0.04, 0.2), direction, material, offset, 3)
        shells += [left, left.mirrored()]
    return shells


def glazing(model: CarModel, blocks: Blocks, surface: Surface) -> list[Shell]:
    """Return all windows."""
    left = side_windows(model, blocks, surface)
    right = [part.mirrored() for part in left]
    front, rear = screen(model, blocks, surface), rear_window(model, blocks, surface)
    return [*left, *right, *front, *rear]
