"""What a house is like: a record that its walls, roof and doors share.

A house's frame has x along its front, seen from the street to the right, y away from the street,
the origin on the ground below the middle of its main block, whose front is at y = -depth / 2.
"""

from __future__ import annotations

from dataclasses import dataclass

from scenes.buildings.facade import Joinery, Opening

FLOOR = 0.16  # of the ground floor above the ground [m]
DORMER_BACK, DORMER_WIDTH, DORMER_HEIGHT, DORMER_RISE = 0.7, 1.5, 1.3, 0.6  # [m]


@dataclass(frozen=True)
class Column:
    """A piece of front, from the ground to the eaves.

    Attributes:
        x0: Left edge [m].
        x1: Right edge [m].
        kind: "window", "door", "bay", or "wing" under a gable of its own.
        out: How far a bay or a wing stands out [m].
    """

    x0: float
    x1: float
    kind: str
    out: float = 0.0

    @property
    def middle(self) -> float:
        """Of the piece [m]."""
        return (self.x0 + self.x1) / 2


@dataclass(frozen=True)
class Garage:
    """A garage at one side.

    Attributes:
        x0: Left edge [m].
        x1: Right edge [m].
        back: How far its front stands behind the house's [m]; negative if before.
        depth: [m].
        height: Of its walls [m].
        roof: "flat" or "gable".
    """

    x0: float
    x1: float
    back: float
    depth: float
    height: float
    roof: str


@dataclass(frozen=True)
class House:
    """A house.

    Attributes:
        kind: A key of `KINDS`.
        depth: Of the main block [m].
        n_storey: Storeys below the eaves.
        eaves: Height of the walls [m].
        roof: "gable" or "hip" with the ridge along x, "front" with the ridge along y.
        rise: Of the ridge above the eaves [m].
        over: How far the roof stands out [m].
        columns: The front, from left to right.
        wall: Material of the walls of the ground floor, and of those above.
        window: Width, height, and height of the sill above the floor [m].
        joinery: Of the windows.
        porch: "", "slab", "lean" or "posts".
        garage: None without.
        dormers: x of the middles of windows in the roof's front slope [m].
        panels: Skylights ("light"), solar panels ("solar") or nothing ("") on the front slope.
        chimneys: x and y of chimneys [m].
        sides: Windows of a storey of the left and of the right wall: shares of the depth.
        shutters: Whether windows have shutters.
        lintels: Whether windows have lintels of stone.
    """

    kind: str
    depth: float
    n_storey: int
    eaves: float
    roof: str
    rise: float
    over: float
    columns: tuple[Column, ...]
    wall: tuple[str, str]
    window: tuple[float, float, float]
    joinery: Joinery
    porch: str
    garage: Garage | None
    dormers: tuple[float, ...]
    panels: str
    chimneys: tuple[tuple[float, float], ...]
    sides: tuple[tuple[float, ...], tuple[float, ...]]
    shutters: bool
    lintels: bool

    @property
    def x0(self) -> float:
        """Left end of the main block [m]."""
        return self.columns[0].x0

    @property
    def x1(self) -> float:
        """Right end of the main block [m]."""
        return self.columns[-1].x1

    @property
    def ends(self) -> tuple[float, float]:
        """Left and right end, with the garage [m]."""
        if self.garage is None:
            return self.x0, self.x1
        return min(self.x0, self.garage.x0), max(self.x1, self.garage.x1)

    @property
    def out(self) -> float:
        """How far anything on the ground stands out before the main block [m]."""
        porch = 1.3 if self.porch else 0.0
        garage = -self.garage.back if self.garage else 0.0
        return max(0.0, porch, garage, *(column.out for column in self.columns))

    @property
    def storey(self) -> float:
        """Height from floor to floor [m]."""
        return (self.eaves - FLOOR) / self.n_storey

    @property
    def slope(self) -> float:
        """Rise of the roof's slopes for each metre inwards."""
        span = self.x1 - self.x0 if self.roof == "front" else self.depth
        return 2 * self.rise / span

    @property
    def size(self) -> tuple[float, float, float]:
        """Length, depth and height of the main block [m]."""
        return self.x1 - self.x0, self.depth, self.eaves + self.rise


def window_of(house: House, column: Column, floor: int) -> Opening:
    """Return the window of a piece of front in a storey."""
    width, height, sill = house.window
    if column.kind == "door":
        width, height = 0.62 * width, 0.85 * height
    half = min(width, column.x1 - column.x0 - 0.7) / 2
    base = FLOOR + floor * house.storey
    top = min(base + sill + house.window[1], base + house.storey - 0.14)
    return Opening(column.middle - half, column.middle + half, top - height, top, "window")


def door_of(column: Column) -> Opening:
    """Return the hole of a front door, with a light beside it where there is room."""
    half = 0.75 if column.x1 - column.x0 > 2.25 else 0.5
    return Opening(column.middle - half, column.middle + half, FLOOR, FLOOR + 2.12, "door")


def garage_door(house: House) -> Opening:
    """Return the hole of a garage's door."""
    garage = house.garage
    assert garage is not None
    middle = (garage.x0 + garage.x1) / 2
    half = (garage.x1 - garage.x0) / 2 - 0.28
    return Opening(middle - half, middle + half, 0.02, 2.15, "door")


def bay_corners(column: Column, front: float, spread: float = 0.0) -> list[tuple[float, float]]:
    """Return x, y of a canted bay's corners from left to right, `spread` further out [m]."""
    half = min(column.x1 - column.x0 - 0.6, 2.7) / 2
    x, out = column.middle, column.out
    cant = 0.55 * out
    return [
        (x - half - spread, front), (x - half + cant - 0.4 * spread, front - out - spread),
        (x + half - cant + 0.4 * spread, front - out - spread), (x + half + spread, front),
    ]  # fmt: skip


def bay_top(house: House) -> float:
    """Return the height of a bay's walls [m]."""
    return min(FLOOR + 2.3, house.eaves - 0.12)


def wing_rise(house: House, column: Column) -> float:
    """Return the rise of a wing's own ridge above the eaves [m]: below that of the house."""
    return min(0.42 * (column.x1 - column.x0), house.rise - 0.3)
