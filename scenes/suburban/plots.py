"""Plots of a residential street, each with a house, drives, paths and beds.

A plot's frame has x along its front, to the right as seen from the street, y into the plot, the
origin on the ground at the middle of its front; houses face -y in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from scenes.buildings.house_plan import House
from scenes.buildings.house_sampling import draw_house
from scenes.spec import RGB, Surface, Vector3
from scenes.suburban.plan import LEVEL
from scenes.things.footprint import Footprint
from scenes.things.site import Site

DEPTH = 27.0  # of a plot [m]
Interval = tuple[float, float]
CAR_ROOM = 5.0  # length of drive that a parked car needs [m]


@dataclass(frozen=True)
class Strip:
    """A rectangle of a plot, in its frame [m], and what it is laid with."""

    x0: float
    x1: float
    y0: float
    y1: float
    material: str


@dataclass(frozen=True)
class Plot:
    """A plot and its house.

    Attributes:
        x: World x of its origin [m].
        y: World y of its origin [m].
        yaw: Of its frame in the world [rad], a multiple of a right angle.
        width: [m].
        setback: Of the house's front from the plot's [m].
        house_x: Of the middle of the house's main block [m].
        seed: Of the house.
        drives: From the front into the plot; cars park on them.
        path: To the front door, None if the drive leads there.
        beds: Of flowers and bushes.
        yard: What lies on the rest of the front.
    """

    x: float
    y: float
    yaw: float
    width: float
    setback: float
    house_x: float
    seed: int
    drives: tuple[Strip, ...]
    paths: tuple[Strip, ...]
    beds: tuple[Strip, ...]
    yard: str

    @property
    def house(self) -> House:
        """The house."""
        return draw_house(self.seed)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return the world's x and y of a place in the plot's frame [m]."""
        cos, sin = round(float(np.cos(self.yaw)), 9), round(float(np.sin(self.yaw)), 9)
        return self.x + cos * x - sin * y, self.y + sin * x + cos * y

    def footprint(self, x0: float, x1: float, y0: float, y1: float) -> Footprint:
        """Return the world's footprint of a rectangle in the plot's frame [m]."""
        x, y = self.place((x0 + x1) / 2, (y0 + y1) / 2)
        return Footprint(x, y, x1 - x0, y1 - y0, self.yaw)

    def surface(self, strip: Strip) -> Surface:
        """Return a strip as a piece of the world's ground."""
        (ax, ay), (bx, by) = self.place(strip.x0, strip.y0), self.place(strip.x1, strip.y1)
        (x0, x1), (y0, y1) = sorted((ax, bx)), sorted((ay, by))
        return Surface(x0, x1, y0, y1, strip.material, LEVEL)

    def surfaces(self) -> list[Surface]:
        """Return what lies on the plot, later pieces over earlier ones."""
        front = Strip(-self.width / 2 + 0.2, self.width / 2 - 0.2, 0.0, self.setback, self.yard)
        kept = [front] if self.yard != "lawn" else []
        return [self.surface(s) for s in (*kept, *self.beds, *self.paths, *self.drives)]

    @property
    def openings(self) -> list[tuple[float, float]]:
        """Where drives and paths cross the front, from left to right: x0, x1 [m]."""
        return sorted((s.x0, s.x1) for s in (*self.drives, *self.paths) if s.y0 < 0.01)


@dataclass(frozen=True)
class Place:
    """Where a car can park on a drive or at the kerb.

    Attributes:
        x: World x of its middle [m].
        y: World y of its middle [m].
        z: Of the ground [m].
        yaw: Of a car that stands there, either way [rad].
        length: Room along [m].
        width: Room across [m].
    """

    x: float
    y: float
    z: float
    yaw: float
    length: float
    width: float


def crossings(plots: Iterable[Plot]) -> list[tuple[int, float, float]]:
    """Return where drives reach the street: sign of the side, from and to y [m]."""
    made = []
    for plot in plots:
        sign = -round(float(np.sin(plot.yaw)))
        if sign:
            for drive in plot.drives:
                ys = sorted((plot.place(drive.x0, 0.0)[1], plot.place(drive.x1, 0.0)[1]))
                made.append((sign, ys[0], ys[1]))
    return sorted(made)


def drive_places(plot: Plot) -> list[Place]:
    """Return where cars can stand on a plot's drives."""
    made = []
    for drive in plot.drives:
        long = drive.y1 - drive.y0
        n = max(1, int((long - 0.3) / (CAR_ROOM + 0.4)))
        if long < CAR_ROOM:
            continue
        for k in range(min(n, 2)):
            room = (long - 0.5) / n
            x, y = plot.place((drive.x0 + drive.x1) / 2, drive.y0 + 0.45 + (k + 0.5) * room)
            made.append(Place(x, y, LEVEL, plot.yaw + np.pi / 2, room - 0.2,
                              drive.x1 - drive.x0 - 0.5))  # fmt: skip
    return made


def without(whole: Interval, cut: Sequence[Interval]) -> list[Interval]:
    """Return what is left of an interval when others are cut out of it."""
    left, edge = [], whole[0]
    for start, end in sorted(cut):
        if start > edge + 0.05:
            left.append((edge, min(start, whole[1])))
        edge = max(edge, end)
    if whole[1] > edge + 0.05:
        left.append((edge, whole[1]))
    return left


def put(
    site: Site, plot: Plot, kind: str, place: tuple[float, float], size: Vector3, style: str = "",
    turn: float = 0.0, tint: RGB = (1.0, 1.0, 1.0), base: float = LEVEL,
) -> bool:  # fmt: skip
    """Put a thing down at x, y [m] of the plot's frame unless its place is taken."""
    return site.add(kind, plot.place(*place), size, style, plot.yaw + turn, base, tint=tint)
