"""The painted body of a car: a control cage from the model's measures, subdivided and closed.

The cage is a box on a box. The lower one has walls of rows (sill to window line) by stations (nose
to tail), the wheel arches being the places where the lowest row climbs over a circle. Bonnet,
windscreen, roof, rear window and boot are blocks of `N_ACROSS` columns from the middle to the edge;
the sides of the cabin stand on the window line between two stations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator

from scenes.car_model import CarModel
from scenes.car_shell import SLOTS, Points, Shell, grid_faces
from scenes.car_subdivision import Cage, subdivide

N_STATION = 16
FRONT_ARCH, REAR_ARCH = slice(2, 7), slice(9, 14)
ROW_HEIGHT = np.array([0.0, 0.10, 0.32, 0.56, 0.80, 1.0])  # of a wall, share of its height
ROW_WIDTH = np.array([0.950, 0.974, 0.982, 0.992, 1.0, 0.958])  # of the half width
NOSE_RECESS = np.array([0.30, 0.06, 0.0, 0.14, 0.40, 1.0])  # of the nose, share of its rake
TAIL_RECESS = np.array([0.50, 0.10, 0.0, 0.45, 0.70, 1.0])  # of the tail, share of its rake
ACROSS = np.array([0.0, 0.42, 0.78, 1.0])  # of the half width
N_CABIN = 2  # rows of the cabin's side
SHOULDER_ROW = 4


@dataclass(frozen=True)
class BodyLines:
    """Where the cabin stands on the side.

    Attributes:
        first: Station of the windscreen's foot.
        last: Station of the rear window's foot.
        side: (6, 16, 3) [m] left wall, row by station.
    """

    first: int
    last: int
    side: Points


def curve(at: ArrayLike, x: ArrayLike, y: ArrayLike) -> Points:
    """Return the shape-preserving cubic through (x, y), x rising, at `at`."""
    return np.asarray(PchipInterpolator(np.asarray(x), np.asarray(y))(at), np.float64)


def arch(model: CarModel, axle: float) -> Points:
    """Return the points (5, 2) x, z [m] of a wheel arch about `axle` [m], from front to rear."""
    low = np.arcsin((model.sill - model.wheel_radius) / model.arch_radius)
    angle = np.linspace(low, np.pi - low, 5)
    radius = model.arch_radius
    return np.column_stack(
        [axle + radius * np.cos(angle), model.wheel_radius + radius * np.sin(angle)]
    )


def half_width(model: CarModel, x: Points) -> Points:
    """Return the greatest half width [m] at `x` [m]."""
    distance = model.nose - x
    square = model.square
    middle = model.front_overhang + model.wheelbase * np.array([0.0, 0.5, 1.0])
    places = [0.1, *middle, model.length - 0.1]
    shares = [0.85 + 0.08 * square, 0.985 + 0.01 * square, 1.0, 0.99, 0.895 + 0.08 * square]
    return model.width / 2 * curve(np.clip(distance, 0.1, model.length - 0.1), places, shares)


def window_line(model: CarModel, x: Points) -> Points:
    """Return the height [m] of the upper edge of the side walls at `x` [m]."""
    start = model.nose_rake + model.nose_bow
    foot = model.cowl + 0.12
    places = [start, start + 0.45 * (foot - start), foot]
    rise = model.belt_front - model.bonnet_height
    heights = [model.bonnet_height - 0.045, model.bonnet_height + 0.66 * rise, model.belt_front]
    if model.has_deck:
        places += [model.rear_base - 0.1, model.length - model.tail_rake - model.tail_bow]
        heights += [model.belt_rear, model.tail_height - 0.03]
    else:
        places += [model.length - model.tail_rake - model.tail_bow]
        heights += [model.belt_rear]
    return curve(np.clip(model.nose - x, places[0], places[-1]), places, heights)


def roof_height(model: CarModel, x: Points) -> Points:
    """Return the height [m] of the roof's middle line at `x` [m]."""
    share = (model.nose - x - model.header) / (model.roof_end - model.header)
    peak = 0.32
    front = 0.03 * ((share - peak) / peak) ** 2
    rear = model.roof_drop * ((share - peak) / (1 - peak)) ** 2
    return np.asarray(model.height - np.where(share < peak, front, rear), np.float64)


def side_wall(model: CarModel) -> BodyLines:
    """Return the left wall with the stations of the cabin's feet."""
    front, rear = arch(model, model.front_axle), arch(model, model.rear_axle)
    head = model.nose - model.nose_bow - NOSE_RECESS * model.nose_rake
    tail = -model.nose + model.tail_bow + TAIL_RECESS * model.tail_rake
    low = np.empty(N_STATION)
    height = np.full(N_STATION, model.sill)
    low[FRONT_ARCH], height[FRONT_ARCH] = front.T
    low[REAR_ARCH], height[REAR_ARCH] = rear.T
    low[7:9] = low[6] + (low[9] - low[6]) * np.array([1, 2]) / 3
    low[0], low[1] = head[0], 0.5 * (head[0] + low[2])
    low[15], low[14] = tail[0], 0.5 * (tail[0] + low[13])
    height[[0, 15]] += 0.03

    foot = model.nose - model.cowl - 0.12
    back = -model.nose + max(model.length - model.rear_base, model.tail_rake) + 0.03
    first = 4 + int(np.argmin(np.abs(low[4:8] - foot)))
    last = 15
    if model.has_deck:
        last = 8 + int(np.argmin(np.abs(low[8:14] - back)))
    else:
        back = tail[-1]
    high = np.empty(N_STATION)
    high[: first + 1] = np.linspace(head[-1], foot, first + 1)
    high[first : last + 1] = np.linspace(foot, back, last - first + 1)
    high[last:] = np.linspace(back, tail[-1], N_STATION - last)
    # Between its ends each line of stations keeps some of the place it has at the sill.
    free = np.ones(N_STATION, bool)
    free[[0, first, last, 15]] = False
    high[free] += 0.35 * np.clip((low - high)[free], -0.3, 0.3)

    share = ROW_HEIGHT[:, None]
    x = low + share * (high - low)
    x[:, 0], x[:, 15] = head, tail
    top = window_line(model, high)
    z = height + share * (top - height)
    level = (z - model.sill) / (top - model.sill)
    y = half_width(model, x) * curve(level, ROW_HEIGHT, ROW_WIDTH)
    for wheel in (FRONT_ARCH, REAR_ARCH):
        y[0, wheel] += model.flare
        y[1, wheel] += 0.7 * model.flare
    return BodyLines(first, last, np.stack([x, y, z], -1))


def end_wall(corner: Points, bow: float, crown: float) -> Points:
    """Return the left half of the nose or tail, (6, 4, 3), out to its corner (6, 3).

    Args:
        corner: The side wall's edge, row by row.
        bow: How far the middle stands out beyond the corner along x [m], signed.
        crown: How far the middle of the upper edge stands above the corner [m].
    """
    wall = np.repeat(corner[:, None], len(ACROSS), 1)
    wall[..., 0] += bow * (1 - ACROSS**2.3)
    wall[..., 1] *= ACROSS
    wall[..., 2] += crown * (1 - ACROSS**2) * ROW_HEIGHT[:, None] ** 2
    return wall


def filled(front: Points, rear: Points, edge: Points, middle_height: Points) -> Points:
    """Return a top block (4, n_station, 3) between two rows across and the side's edge.

    Args:
        front: (4, 3) its first row across, from the middle to the edge.
        rear: (4, 3) its last row across.
        edge: (n_station, 3) its edge; the ends agree with `front` and `rear`.
        middle_height: (n_station,) height of its middle line [m].
    """
    block = np.repeat(edge[None], len(ACROSS), 0)
    share = (edge[:, 0] - edge[0, 0]) / (edge[-1, 0] - edge[0, 0])
    block[..., 0] += (1 - share) * (front[:, :1] - front[-1, 0])
    block[..., 0] += share * (rear[:, :1] - rear[-1, 0])
    block[..., 1] *= ACROSS[:, None]
    block[..., 2] += (middle_height - edge[:, 2]) * (1 - ACROSS[:, None] ** 2)
    block[:, 0], block[:, -1] = front, rear
    return block


def pane(low: Points, high: Points, edge: Points, bulge: float) -> Points:
    """Return a window block (3, 4, 3), row by column, between a lower and an upper row (4, 3)."""
    share = np.linspace(0, 1, N_CABIN + 1)[:, None, None]
    block = low + share * (high - low)
    block[:, -1] = edge
    inner = block[:, :-1]
    inner[..., 1] = edge[:, None, 1] * ACROSS[:-1]
    inner[..., 0] += bulge * np.sin(np.pi * share[..., 0])
    inner[..., 2] += abs(bulge) * np.sin(np.pi * share[..., 0])
    block[0], block[-1] = low, high
    return block


@dataclass(frozen=True)
class Blocks:
    """The left half of the cage, each block (n_row, n_column, 3) [m].

    Attributes:
        side: Wall, row by station, from the sill up and from nose to tail.
        nose: Row by column across, the last column at the corner.
        tail: As `nose`.
        bonnet: Column across by station.
        screen: Windscreen, row by column, from its foot up.
        cabin: Side windows with their pillars, row by station, from the window line up.
        roof: Column across by station.
        rear: Rear window, as `screen`.
        deck: Boot or bed, column across by station; None where the tail meets the rear window.
    """

    side: Points
    nose: Points
    tail: Points
    bonnet: Points
    screen: Points
    cabin: Points
    roof: Points
    rear: Points
    deck: Points | None


def body_blocks(model: CarModel) -> Blocks:
    """Return the blocks of the control cage."""
    lines = side_wall(model)
    side, first, last = lines.side, lines.first, lines.last
    nose = end_wall(side[:, 0], model.nose_bow, 0.045)
    tail = end_wall(side[:, -1], -model.tail_bow, 0.03)

    # The cabin's side: from the window line up to the roof's edge, leaning in.
    feet = side[-1, first : last + 1]
    along = (feet[:, 0] - feet[0, 0]) / (feet[-1, 0] - feet[0, 0])
    head_bow, tail_bow = 0.08, 0.07
    front_x, rear_x = model.nose - model.header - head_bow, model.nose - model.roof_end + tail_bow
    rail_x = front_x + along * (rear_x - front_x)
    rail_y = feet[:, 1] - model.tumblehome * (1 - 0.12 * np.sin(np.pi * along))
    rail_y = np.minimum(rail_y, rail_y.max() - 0.02 * (2 * along - 0.9) ** 2)
    crown = 0.055 - 0.02 * model.square
    middle_x = model.nose - model.header + along * (model.header - model.roof_end)
    middle_z = roof_height(model, middle_x)
    rail = np.column_stack([rail_x, rail_y, middle_z - crown])
    share = np.linspace(0, 1, N_CABIN + 1)[:, None, None]
    cabin = feet + share * (rail - feet)
    cabin[1:-1, :, 1] += 0.022 * np.sin(np.pi * share[1:-1, :, 0])

    def across(edge: Points, bow: float, height: float) -> Points:
        row = np.repeat(edge[None], len(ACROSS), 0)
        row[:, 0] += bow * (1 - ACROSS**2)
        row[:, 1] *= ACROSS
        row[:, 2] += (height - edge[2]) * (1 - ACROSS**2)
        return row

    header = across(rail[0], head_bow, float(middle_z[0]))
    roof_end = across(rail[-1], -tail_bow, float(middle_z[-1]))
    cowl = across(feet[0], 0.12, model.cowl_height)
    lift = curve(np.linspace(0, 1, first + 1), [0, 0.5, 1], [0, 0.64, 1])
    bonnet_z = nose[-1, 0, 2] + lift * (model.cowl_height - nose[-1, 0, 2])
    bonnet = filled(nose[-1], cowl, side[-1, : first + 1], bonnet_z)
    screen = pane(cowl, header, cabin[:, 0], 0.012)
    roof = filled(header, roof_end, rail, middle_z)
    deck = None
    base = tail[-1]
    if last < N_STATION - 1:
        base = across(feet[-1], -0.03, model.deck_height)
        fall = np.linspace(0, 1, N_STATION - last)
        deck_z = model.deck_height + fall**1.5 * (tail[-1, 0, 2] - model.deck_height)
        deck = filled(base, tail[-1], side[-1, last:], deck_z)
    rear = pane(base, roof_end, cabin[:, -1], -0.015)
    return Blocks(side, nose, tail, bonnet, screen, cabin, roof, rear, deck)


def cage(blocks: Blocks, square: float) -> Cage:
    """Return the control cage of the whole body, open below.

    Args:
        blocks: Its left half.
        square: As in `CarModel`.
    """
    b = blocks
    left = [b.side, b.nose, b.bonnet.swapaxes(0, 1), b.screen, b.cabin, b.roof.swapaxes(0, 1)]
    left += [b.rear[:, ::-1], b.tail[:, ::-1]]
    if b.deck is not None:
        left.append(b.deck.swapaxes(0, 1))
    return welded(left, b.side, square)


def welded(blocks: list[Points], side: Points, square: float) -> Cage:
    """Return the cage of the left-hand blocks, their mirror images, and the creases."""
    vertices: list[Points] = []
    faces: list[NDArray[np.int64]] = []
    start = 0
    for mirror in (1, -1):
        for block in blocks:
            grid = block[:, ::mirror] * [1, mirror, 1]
            vertices.append(grid.reshape(-1, 3))
            faces.append(start + grid_faces(grid.shape[0], grid.shape[1])[:, ::-1])
            start += len(vertices[-1])
    points = np.concatenate(vertices)
    rounded = np.round(points * 1e5).astype(np.int64)
    _, chosen, index = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
    merged = index.reshape(-1)[np.concatenate(faces)]

    def place(row: Points) -> NDArray[np.int64]:
        wanted = np.round(row * 1e5).astype(np.int64)
        match = (rounded[chosen][None] == wanted[:, None]).all(-1)
        return np.asarray(match.argmax(1), np.int64)

    sharp, sharpness, corners = [], [], []
    for mirror in (1, -1):
        row = place(side[SHOULDER_ROW, 1:15] * [1, mirror, 1])
        sharp.append(np.column_stack([row[:-1], row[1:]]))
        sharpness.append(np.full(len(row) - 1, 0.6 + 0.4 * square))
        corners.append(place(side[0, [2, 6, 9, 13]] * [1, mirror, 1]))
    creases = np.concatenate(sharp), np.concatenate(sharpness)
    return Cage(points[chosen], merged, *creases, np.concatenate(corners))


def body_shell(model: CarModel, n_level: int = 2) -> Shell:
    """Return the closed body, paint above and black plastic below.

    Args:
        model: Its measures.
        n_level: Levels of subdivision.
    """
    fine = subdivide(cage(body_blocks(model), model.square), n_level, n_fit=1)
    vertices = fitted(model, fine.vertices)
    return closed(vertices, fine.faces)


def fitted(model: CarModel, vertices: Points) -> Points:
    """Return vertices scaled to the model's length, width and height, arches untouched."""
    low, high = vertices.min(0), vertices.max(0)
    scaled = vertices.copy()
    scaled[:, 0] = vertices[:, 0] - (low[0] + high[0]) / 2
    scaled[:, 0] *= (model.length - 0.024) / (high[0] - low[0])
    scaled[:, 1] *= (model.width - 0.014) / (high[1] - low[1])
    above = np.maximum(vertices[:, 2] - 0.7, 0)
    scaled[:, 2] += above * (model.height - high[2]) / (high[2] - 0.7)
    return scaled


def closed(vertices: Points, faces: NDArray[np.int64]) -> Shell:
    """Return the shell with its open underside closed by a lip and strips from left to right."""
    n = len(vertices)
    half = np.stack([faces, np.roll(faces, -1, axis=1)], -1).reshape(-1, 2)
    key = np.sort(half, axis=1) @ [n, 1]
    _, index, count = np.unique(key, return_inverse=True, return_counts=True)
    rim = half[count[index.reshape(-1)] == 1]
    following = dict(rim.tolist())
    start = max(following, key=lambda v: (round(float(-abs(vertices[v, 1])), 6), vertices[v, 0]))
    chain = [start]
    while (step := following[chain[-1]]) != start:
        chain.append(step)
    loop = np.asarray(chain, np.int64)
    inner = vertices[loop] * [0.985, 0.95, 1.0] + [0, 0, 0.004]
    m = len(loop)
    lip = np.column_stack(
        [np.roll(loop, -1), loop, n + np.arange(m), n + np.roll(np.arange(m), -1)]
    )
    # The loop is symmetric: its k-th vertex faces the k-th from the other end.
    k = np.arange(1, m // 2 - 1)
    strips = n + np.column_stack([k + 1, k, m - k, m - k - 1])
    ends = n + np.array([[1, 0, m - 1, -1 - n], [m // 2, m // 2 - 1, m // 2 + 1, -1 - n]])
    all_faces = np.concatenate([faces, lip, strips, ends])
    slot = np.full(len(all_faces), SLOTS.index("plastic"), np.int64)
    slot[: len(faces)] = SLOTS.index("car_paint")
    return Shell(np.concatenate([vertices, inner]), all_faces, slot)
