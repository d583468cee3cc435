"""What is painted on roads, as polygons of corners x, y [m], counter-clockwise from above."""

from __future__ import annotations

import numpy as np

Mark = tuple[tuple[float, float], ...]


def rectangle(x0: float, x1: float, y0: float, y1: float) -> Mark:
    """Return the rectangle between x0 and x1, y0 and y1 [m]."""
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


def arrow(place: tuple[float, float], yaw: float) -> list[Mark]:
    """Return a straight arrow, 2.4 m long.

    Args:
        place: x and y of its middle [m].
        yaw: Where it points [rad], from world x towards world y.
    """
    shaft = ((-1.2, -0.07), (0.4, -0.07), (0.4, 0.07), (-1.2, 0.07))
    tip = ((0.4, -0.28), (1.2, 0.0), (0.4, 0.28))
    return [_placed(shaft, place, yaw), _placed(tip, place, yaw)]


def dashes(
    start: tuple[float, float], end: tuple[float, float], width: float, dash: float, gap: float
) -> list[Mark]:
    """Return a broken line; with `gap` 0 a whole one.

    Args:
        start: x and y where it begins [m].
        end: x and y where it ends [m].
        width: Of the line [m].
        dash: Length of a dash [m].
        gap: Between dashes [m].
    """
    way = np.subtract(end, start)
    length, yaw = float(np.hypot(*way)), float(np.arctan2(way[1], way[0]))
    starts = [0.0] if gap == 0 else np.arange(0.0, length, dash + gap).tolist()
    marks = []
    for at in starts:
        stop = length if gap == 0 else min(at + dash, length)
        marks.append(_placed(rectangle(at, stop, -width / 2, width / 2), start, yaw))
    return marks


def stripes(
    place: tuple[float, float], along: float, across: float, yaw: float, width: float = 0.5
) -> list[Mark]:
    """Return a pedestrian crossing: bars side by side.

    Args:
        place: x and y of its middle [m].
        along: Length of the bars [m].
        across: Width of all bars together [m].
        yaw: Direction of the bars [rad], from world x towards world y.
        width: Of a bar, and of the gaps [m].
    """
    n = max(1, int(across / (2 * width)))
    middles = (np.arange(n) - (n - 1) / 2) * 2 * width
    half = along / 2
    return [
        _placed(rectangle(-half, half, float(m) - width / 2, float(m) + width / 2), place, yaw)
        for m in middles
    ]


def _placed(mark: Mark, place: tuple[float, float], yaw: float) -> Mark:
    cos, sin = float(np.cos(yaw)), float(np.sin(yaw))
    x0, y0 = place
    return tuple((x0 + cos * x - sin * y, y0 + sin * x + cos * y) for x, y in mark)
