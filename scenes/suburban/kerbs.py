"""The kerbs of a residential street and of the roads it meets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from scenes.spec import Pose, Prop
from scenes.suburban.ground import REACH, TURNING, Y_FRONT, corner_centre, corners
from scenes.suburban.plan import CORNER, CROSS_WIDTH, LEVEL, Suburb
from scenes.suburban.plots import Interval, without

RIM = 0.15  # width of kerbs [m]
CURB = LEVEL + 0.012  # height of kerbs [m]


def kerbs(
    suburb: Suburb, drives: Sequence[tuple[int, float, float]], ids: Iterator[int]
) -> list[Prop]:
    """Return the kerbs along all roads, lowered where drives cross them, round at corners."""
    made: list[Prop] = []
    for verge in suburb.sides:
        ramps = [(y0, y1) for sign, y0, y1 in drives if sign == verge.sign]
        stop = suburb.y_end
        cut: list[Interval] = list(ramps)
        if any(x == suburb.x(verge.sign, verge.kerb) and y == stop for x, y in corners(suburb)):
            stop -= CORNER
        elif suburb.end != "close":
            stop += CROSS_WIDTH
        if suburb.side_road and suburb.side_road[0] == verge.sign:
            reach = CROSS_WIDTH / 2 + CORNER
            cut.append((suburb.side_road[1] - reach, suburb.side_road[1] + reach))
        x = suburb.x(verge.sign, verge.kerb + RIM / 2)
        for y0, y1 in without((Y_FRONT, stop), cut):
            made.append(_edge(ids, (x, (y0 + y1) / 2), (RIM, y1 - y0)))
        for y0, y1 in ramps:
            pose = Pose((x, (y0 + y1) / 2, 0.0), -verge.sign * np.pi / 2)
            made.append(Prop(next(ids), "kerb", pose, (y1 - y0, RIM, CURB), "ramp"))
    for corner in corners(suburb):
        x, y = corner_centre(suburb, corner)
        turn = float(np.arctan2(corner[1] - y, corner[0] - x) - np.pi / 4)
        style = f"corner_{suburb.left.slabs}"
        pose = Pose((x, y, 0.0), turn)
        made.append(Prop(next(ids), "kerb", pose, (CORNER, CORNER, CURB), style))
    for (x0, x1), (y0, y1) in _other_edges(suburb):
        made.append(_edge(ids, ((x0 + x1) / 2, (y0 + y1) / 2), (x1 - x0, y1 - y0)))
    return made


def _edge(ids: Iterator[int], place: tuple[float, float], size: tuple[float, float]) -> Prop:
    return Prop(next(ids), "kerb", Pose((*place, 0.0)), (*size, CURB), "edge")


def _other_edges(suburb: Suburb) -> list[tuple[Interval, Interval]]:
    """Return the kerbs of other roads as rectangles: x0, x1 and y0, y1 [m]."""
    left, right = suburb.x(-1, suburb.left.kerb), suburb.x(1, suburb.right.kerb)
    y, made = suburb.y_end, []
    if suburb.end == "close":
        x0, x1, far = left - 4.0, right + 4.0, y + TURNING
        made += [
            ((x0, left - RIM), (y - RIM, y)), ((right + RIM, x1), (y - RIM, y)),
            ((x0 - RIM, x0), (y - RIM, far)), ((x1, x1 + RIM), (y - RIM, far)),
            ((x0 - RIM, x1 + RIM), (far, far + RIM)),
        ]  # fmt: skip
    else:
        x0 = left - RIM if suburb.end == "right" else suburb.middle - REACH
        x1 = right + RIM if suburb.end == "left" else suburb.middle + REACH
        made.append(((x0, x1), (y + CROSS_WIDTH, y + CROSS_WIDTH + RIM)))
        if suburb.end in ("tee", "left"):
            made.append(((suburb.middle - REACH, left - CORNER), (y - RIM, y)))
        if suburb.end in ("tee", "right"):
            made.append(((right + CORNER, suburb.middle + REACH), (y - RIM, y)))
    if suburb.side_road:
        sign, at = suburb.side_road
        start = (right if sign > 0 else left) + sign * CORNER
        xs = sorted((start, suburb.middle + sign * REACH))
        for end in (-1, 1):
            ys = sorted((at + end * CROSS_WIDTH / 2, at + end * (CROSS_WIDTH / 2 + RIM)))
            made.append(((xs[0], xs[1]), (ys[0], ys[1])))
    return made
