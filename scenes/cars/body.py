"""The control cage of a car's body, in blocks, from the model's measures.

The cage is a box on a box. The lower one has walls of rows (sill to window line) by stations (nose
to tail), the wheel arches being the places where the lowest row climbs over a circle. Bonnet,
windscreen, roof, rear window and boot are blocks of `N_ACROSS` columns from the middle to the edge;
the sides of the cabin stand on the window line between two stations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import PchipInterpolator

from scenes.cars.model import CarModel
from scenes.cars.shell import Points

FRONT_ARCH, REAR_ARCH = slice(2, 7), slice(9, 14)
ARCH_ANGLES = np.radians([0.0, 32.0, 90.0, 148.0, 180.0])  # of an arch's points
N_STATION = 16  # of a body
ROW_HEIGHT = np.array([0.0, 0.10, 0.32, 0.56, 0.80, 1.0])  # of a wall, share of its height
ROW_WIDTH = np.array([0.950, 0.974, 0.982, 0.992, 1.0, 0.958])  # of the half width
NOSE_RECESS = np.array([0.30, 0.06, 0.0, 0.14, 0.40, 1.0])  # of the nose, share of its rake
TAIL_RECESS = np.array([0.50, 0.10, 0.0, 0.45, 0.70, 1.0])  # of the tail, share of its rake
ACROSS = np.array([0.0, 0.42, 0.78, 1.0])  # of the half width
BED_CLEARANCE = 0.07  # between the wheel arches and the floor of open beds [m]
N_CABIN = 2  # rows of the cabin's side
SHOULDER_ROW = 4


@dataclass(frozen=True)
class BodyLines:
    """Where the cabin stands on the side.

    Attributes:
        first: Station of the windscreen's foot.
        last: Station of the rear window's foot.
        side: (6, n_station, 3) [m] left wall, row by station.
    """

    first: int
    last: int
    side: Points


def curve(at: ArrayLike, x: ArrayLike, y: ArrayLike) -> Points:
    """Return the shape-preserving cubic through (x, y), x rising, at `at`."""
    return np.asarray(PchipInterpolator(np.asarray(x), np.asarray(y))(at), np.float64)


def arch(model: CarModel, axle: float) -> Points:
    """Return the points (5, 2) x, z [m] of a wheel arch about `axle` [m], from front to rear.

    Below the axle its edges run down almost upright: closing in, they would fold the wall.
    """
    points = np.column_stack([np.cos(ARCH_ANGLES), np.sin(ARCH_ANGLES)]) * model.arch_radius
    points += [axle, model.wheel_radius]
    points[[0, 4], 0] += np.array([0.02, -0.02]) * model.arch_radius
    points[[0, 4], 1] = model.sill
    return points


def half_width(model: CarModel, x: Points) -> Points:
    """Return the greatest half width [m] at `x` [m]."""
    distance = model.nose - x
    square = model.square
    base = min(model.wheelbase, model.length - 0.25 - model.front_overhang)
    middle = model.front_overhang + base * np.array([0.0, 0.5, 1.0])
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
    peak = model.roof_peak
    front = model.header_drop * ((share - peak) / peak) ** 2
    rear = model.roof_drop * ((share - peak) / (1 - peak)) ** 2
    return np.asarray(model.height - np.where(share < peak, front, rear), np.float64)


def sill_line(model: CarModel, head: float, tail: float) -> Points:
    """Return the points (n_station, 2) x, z [m] of the left wall's lower edge.

    Args:
        model: Its measures.
        head: x of its foremost point [m].
        tail: x of its rearmost point [m].
    """
    ends = [[head, model.sill + 0.03]], [[tail, model.sill + 0.03]]
    front = arch(model, model.front_axle)
    ahead = [[0.5 * (head + front[0, 0]), model.sill]]
    if not model.has_rear_arch:
        behind = [[0.5 * (front[-1, 0] + tail), model.sill]]
        return np.concatenate([ends[0], ahead, front, behind, ends[1]])
    rear = arch(model, model.rear_axle)
    x = front[-1, 0] + (rear[0, 0] - front[-1, 0]) * np.array([1, 2]) / 3
    middle = np.column_stack([x, np.full(2, model.sill)])
    behind = [[0.5 * (tail + rear[-1, 0]), model.sill]]
    return np.concatenate([ends[0], ahead, front, middle, rear, behind, ends[1]])


def side_wall(model: CarModel) -> BodyLines:
    """Return the left wall with the stations of the cabin's feet."""
    head = model.nose - model.nose_bow - NOSE_RECESS * model.nose_rake
    tail = -model.nose + model.tail_bow + TAIL_RECESS * model.tail_rake
    low, height = sill_line(model, float(head[0]), float(tail[0])).T
    n = len(low)

    foot = model.nose - model.cowl - 0.12
    back = -model.nose + max(model.length - model.rear_base, model.tail_rake) + 0.03
    first = 2 + int(np.argmin(np.abs(low[2 : min(n - 2, 8)] - foot)))
    last = n - 1
    if model.has_deck:
        last = 8 + int(np.argmin(np.abs(low[8:14] - back)))
    else:
        back = float(tail[-1])
    high = np.empty(n)
    high[: first + 1] = np.linspace(head[-1], foot, first + 1)
    high[first : last + 1] = np.linspace(foot, back, last - first + 1)
    high[last:] = np.linspace(back, tail[-1], n - last)
    # Between its ends each line of stations keeps some of the place it has at the sill.
    free = np.ones(n, bool)
    free[[0, first, last, n - 1]] = False
    if model.bed == "open":
        # The bed's end walls are steep: its first and last stations stand close to them.
        high[last + 1], high[n - 2] = back - 0.10, tail[-1] + 0.10
        free[[last + 1, n - 2]] = False
    high[free] += 0.35 * np.clip((low - high)[free], -0.3, 0.3)

    share = ROW_HEIGHT[:, None]
    x = low + share * (high - low)
    # Beside the arches the second row stands clear of their edges, or the wall would fold.
    for wheel in (FRONT_ARCH, REAR_ARCH) if model.has_rear_arch else (FRONT_ARCH,):
        room = 0.45 * min(
            low[wheel.start - 1] - low[wheel.start], low[wheel.stop - 1] - low[wheel.stop]
        )
        away = np.cos(ARCH_ANGLES) * min(0.06, room)
        x[1, wheel] = low[wheel] + away
        x[2, wheel] = low[wheel] + 0.15 * (high - low)[wheel] + away
    x[:, 0], x[:, -1] = head, tail
    top = window_line(model, high)
    z = height + share * (top - height)
    level = (z - model.sill) / (top - model.sill)
    upright = 1 - (1 - ROW_WIDTH) * (1 - 0.6 * model.square)
    y = half_width(model, x) * curve(level, ROW_HEIGHT, upright)
    for wheel in (FRONT_ARCH, REAR_ARCH) if model.has_rear_arch else (FRONT_ARCH,):
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
    if last < side.shape[1] - 1:
        base = across(feet[-1], -0.03, model.deck_height)
        fall = np.linspace(0, 1, side.shape[1] - last)
        deck_z = model.deck_height + fall**1.5 * (tail[-1, 0, 2] - model.deck_height)
        deck = filled(base, tail[-1], side[-1, last:], deck_z)
        if model.bed == "open":
            deck[:3, 1:-1, 2] = model.wheel_radius + model.arch_radius + BED_CLEARANCE
            deck[2, 1:-1, 1] = side[-1, last + 1 : -1, 1] - 0.12
    rear = pane(base, roof_end, cabin[:, -1], -0.015)
    return Blocks(side, nose, tail, bonnet, screen, cabin, roof, rear, deck)
