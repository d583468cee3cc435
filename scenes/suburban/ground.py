"""The ground of a residential street: what lies where, at which level, and what is painted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from scenes.spec import Ground, Lane, Surface
from scenes.suburban.plan import CORNER, CROSS_WIDTH, LEVEL, STRIP, Suburb
from scenes.things.marks import Mark, dashes

FAR = 400.0  # half of the ground's extent [m]
Y_FRONT = -40.0  # where the street begins, behind the sensors [m]
LINE = 0.10  # width of a marking [m]
CROSS_PAVEMENT = 2.0  # width of the pavement along other roads [m]
REACH = 75.0  # how far other roads go [m]
TURNING = 13.0  # length of the place to turn at the end of a close [m]
MARGIN = 0.25  # between the target and kerbs or parked cars [m]


def roads(suburb: Suburb) -> list[Surface]:
    """Return the asphalt: the street, and what it meets."""
    left, right, y_end = -suburb.left.kerb, suburb.right.kerb, suburb.y_end
    middle = suburb.middle
    made = [Surface(middle + left, middle + right, Y_FRONT, y_end, "asphalt")]
    if suburb.end == "close":
        wide = (middle + left - 4.0, middle + right + 4.0)
        made.append(Surface(*wide, y_end, y_end + TURNING, "asphalt"))
    else:
        x0 = middle + left if suburb.end == "right" else middle - REACH
        x1 = middle + right if suburb.end == "left" else middle + REACH
        made.append(Surface(x0, x1, y_end, y_end + CROSS_WIDTH, "asphalt"))
    if suburb.side_road:
        sign, y = suburb.side_road
        ends = sorted((middle, middle + sign * REACH))
        made.append(Surface(ends[0], ends[1], y - CROSS_WIDTH / 2, y + CROSS_WIDTH / 2, "asphalt"))
    return made


def suburb_ground(suburb: Suburb, yards: Sequence[Surface]) -> Ground:
    """Return the ground.

    Args:
        suburb: The street.
        yards: What lies on the plots: drives, paths, beds.
    """
    rng = np.random.default_rng(suburb.seed)
    asphalt = roads(suburb)
    layers = [Surface(-FAR, FAR, -FAR, FAR, "lawn", LEVEL), *yards]
    wide = CROSS_PAVEMENT
    for road in asphalt[1:]:
        layers.append(Surface(road.x0 - wide, road.x1 + wide, road.y0 - wide, road.y1 + wide,
                              suburb.left.slabs, LEVEL))  # fmt: skip
    for verge in suburb.sides:
        for start, end, material in (
            (verge.kerb + verge.grass, verge.front, verge.slabs),
            (verge.kerb, verge.kerb + verge.grass, "lawn"),
        ):
            x0, x1 = sorted((suburb.x(verge.sign, start), suburb.x(verge.sign, end)))
            if x1 > x0:
                layers.append(Surface(x0, x1, Y_FRONT, suburb.y_end, material, LEVEL))
    for x0, y0 in corners(suburb):
        layers.append(Surface(x0 - CORNER, x0 + CORNER, y0 - CORNER, y0 + CORNER,
                              suburb.left.slabs, LEVEL))  # fmt: skip
    layers += [*crossovers(suburb, yards), *asphalt, *_corner_asphalt(suburb)]
    half = suburb.lane_width / 2
    lane = Lane((suburb.middle, 2.0), (suburb.middle, suburb.y_end - 4.0), 2 * half, MARGIN)
    return Ground(
        surfaces=tiled(layers),
        marks=tuple(_marks(suburb, rng)),
        extent=(suburb.middle - 17.0, suburb.middle + 17.0, Y_FRONT, suburb.y_end + 9.0),
        lanes=(lane,),
        stains=tuple(_stains(suburb, rng)),
        skids=(),
        seed=suburb.seed,
    )


def crossovers(suburb: Suburb, yards: Sequence[Surface]) -> list[Surface]:
    """Return the pieces of verge that drives cross, from the gardens' front to the kerb."""
    made = []
    for verge in suburb.sides:
        front = suburb.x(verge.sign, verge.front)
        for yard in yards:
            near = yard.x0 if verge.sign > 0 else yard.x1
            if abs(near - front) < 0.01 and yard.y1 - yard.y0 > 2.0 and verge.grass:
                x0, x1 = sorted((suburb.x(verge.sign, verge.kerb), front - verge.sign * 0.01))
                made.append(Surface(x0, x1, yard.y0, yard.y1, verge.slabs, LEVEL))
    return made


def corners(suburb: Suburb) -> list[tuple[float, float]]:
    """Return x and y where kerbs of two roads would meet at right angles, [m]."""
    made = []
    for verge in suburb.sides:
        x = suburb.x(verge.sign, verge.kerb)
        if suburb.end == "tee" or suburb.end == ("right" if verge.sign > 0 else "left"):
            made.append((x, suburb.y_end))
        if suburb.side_road and suburb.side_road[0] == verge.sign:
            made += [(x, suburb.side_road[1] + end * CROSS_WIDTH / 2) for end in (-1, 1)]
    return made


def corner_centre(suburb: Suburb, corner: tuple[float, float]) -> tuple[float, float]:
    """Return x and y of the middle of a rounded kerb's circle, outside of both roads [m]."""
    x, y = corner
    beyond = suburb.side_road is not None and y > suburb.side_road[1] and y < suburb.y_end
    return x + np.sign(x - suburb.middle) * CORNER, y + (CORNER if beyond else -CORNER)


def _corner_asphalt(suburb: Suburb) -> list[Surface]:
    """Return the squares that rounded kerbs cut off from the pavement."""
    made = []
    for x, y in corners(suburb):
        cx, cy = corner_centre(suburb, (x, y))
        (x0, x1), (y0, y1) = sorted((x, cx)), sorted((y, cy))
        made.append(Surface(x0, x1, y0, y1, "asphalt"))
    return made


def tiled(layers: Sequence[Surface]) -> tuple[Surface, ...]:
    """Return rectangles without overlap that show, at every place, the last layer there."""
    xs = np.unique([edge for s in layers for edge in (s.x0, s.x1)])
    ys = np.unique([edge for s in layers for edge in (s.y0, s.y1)])
    top = np.full((len(ys) - 1, len(xs) - 1), -1)
    kinds: list[tuple[str, float]] = []
    for s in layers:
        kind = (s.material, s.z)
        if kind not in kinds:
            kinds.append(kind)
        cols, rows = np.searchsorted(xs, (s.x0, s.x1)), np.searchsorted(ys, (s.y0, s.y1))
        top[rows[0] : rows[1], cols[0] : cols[1]] = kinds.index(kind)
    done: list[Surface] = []
    open_runs: dict[tuple[int, int, int], int] = {}
    for row, cells in enumerate([*top.tolist(), [-1] * (len(xs) - 1)]):
        edges = [0, *(np.flatnonzero(np.diff(cells)) + 1).tolist(), len(cells)]
        runs = {(a, b, cells[a]) for a, b in pairwise(edges)}
        for run in [run for run in open_runs if run not in runs or row == len(top)]:
            start, (a, b, kind_index) = open_runs.pop(run), run
            if kind_index >= 0:
                material, z = kinds[kind_index]
                x0, x1, y0, y1 = map(float, (xs[a], xs[b], ys[start], ys[row]))
                done.append(Surface(x0, x1, y0, y1, material, z))
        for run in runs:
            open_runs.setdefault(run, row)
    return tuple(sorted(done, key=lambda s: (s.y0, s.x0)))


def _stains(suburb: Suburb, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Return where oil drips: in the parking strips, and here and there in the lane."""
    places = [(suburb.middle + float(rng.uniform(-2.5, 2.5)), float(rng.uniform(6, 60)))
              for _ in range(9)]  # fmt: skip
    for verge in suburb.sides:
        if verge.strip:
            x = suburb.x(verge.sign, verge.kerb - STRIP / 2)
            places += [(x, float(y)) for y in np.arange(6, suburb.y_end - 6, 5.5)]
    return places


def _marks(suburb: Suburb, rng: np.random.Generator) -> list[Mark]:
    """Return lines: where to give way, beside the parking strips, now and then in the middle."""
    marks: list[Mark] = []
    middle, y_end, half = suburb.middle, suburb.y_end, suburb.lane_width / 2
    if rng.random() < 0.3:
        stop = y_end - 10
        marks += dashes((middle, Y_FRONT), (middle, stop), LINE, 2.0, 4.0)
    if rng.random() < 0.6:
        for verge in suburb.sides:
            if verge.strip:
                x = suburb.x(verge.sign, half)
                gaps = (1.0, 1.0) if rng.random() < 0.5 else (0.6, 0.0)
                marks += dashes((x, 4.0), (x, y_end - 9), LINE, *gaps)
    if suburb.end == "tee":
        for offset in (0.0, 0.3):
            place = y_end - 0.25 - offset
            marks += dashes((middle, place), (middle + half, place), 0.2, 0.6, 0.3)
    if suburb.side_road:
        sign, y = suburb.side_road
        verge = suburb.right if sign > 0 else suburb.left
        for offset in (0.0, 0.3):
            x = suburb.x(sign, verge.kerb + 0.3 + offset)
            # Who drives out of it keeps to the right.
            marks += dashes((x, y), (x, y + sign * CROSS_WIDTH / 2), 0.2, 0.6, 0.3)
    return marks
