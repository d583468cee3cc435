"""The plan of a house in a row: storeys, axes of windows, what stands at street level.

A plan is a pure function of a prop's size, style and seed, so that walls, shop fronts, balconies
and roof of one house, which are objects of their own, agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from scenes.buildings.facade import COARSE, FINE, MEDIUM, Joinery
from scenes.spec import Pose, Prop

FAR, NEAR = 62.0, 34.0  # from where on frames, and from where on bars, are not modelled [m]
RISE = 0.22  # slope of the steepest sight line of a camera at EYE
EYE = 7.0  # [m]
DOOR_WIDTH, GATE_WIDTH = 1.9, 3.4  # of the piece of wall around one [m]


@dataclass(frozen=True)
class Character:
    """What houses of a style have in common; pairs are the least and the greatest value.

    Attributes:
        wall: Material.
        ground: Height of the ground storey [m].
        storey: Height of the others [m].
        pitch: Between axes of windows [m].
        share: Width of a window over the pitch.
        sill: Height of sills over the height of a storey.
        head: Height of lintels over the height of a storey.
        joinery: Kinds of windows to choose from.
        shops: How likely the ground storey has shops.
        roofs: To choose from.
        ornaments: How likely string courses, surrounds and such are.
        balconies: How likely a house has balconies.
    """

    wall: str
    ground: tuple[float, float]
    storey: tuple[float, float]
    pitch: tuple[float, float]
    share: tuple[float, float]
    sill: tuple[float, float]
    head: tuple[float, float]
    joinery: tuple[Joinery, ...]
    shops: float
    roofs: tuple[str, ...]
    ornaments: float
    balconies: float


_SASH = Joinery(0.18, "frame", 1, 0.5, 0)
_CROSS = Joinery(0.2, "frame", 2, 0.68, 0, jamb="plaster")
_SMALL = Joinery(0.14, "frame", 2, 0.0, 2, jamb="plaster", leaf="wood")
_WOODEN = Joinery(0.16, "wood", 2, 0.7, 0, jamb="plaster", leaf="wood")
_WIDE = Joinery(0.22, "plastic", 3, 0.0, 0, sill="metal", jamb="plaster")
_PLAIN = Joinery(0.14, "frame", 2, 0.0, 0, sill="metal", jamb="plaster")
_FIXED = Joinery(0.25, "plastic", 2, 0.0, 0, sill="")
CHARACTERS: dict[str, Character] = {
    "tenement": Character(
        "brick", (3.6, 4.2), (3.1, 3.5), (1.9, 2.8), (0.42, 0.55), (0.22, 0.28), (0.78, 0.86),
        (_SASH, replace(_SASH, bars=1), replace(_CROSS, jamb="brick")), 0.6,
        ("parapet", "mansard", "eaves"), 0.85, 0.25,
    ),
    "stucco": Character(
        "plaster", (3.7, 4.6), (3.2, 3.9), (2.1, 3.1), (0.40, 0.52), (0.20, 0.27), (0.78, 0.86),
        (_CROSS, replace(_CROSS, bars=1), _WOODEN), 0.65, ("mansard", "eaves", "parapet"), 1.0,
        0.55,
    ),
    "plain": Character(
        "plaster", (3.0, 3.6), (2.75, 3.0), (2.6, 3.9), (0.42, 0.62), (0.28, 0.34), (0.80, 0.86),
        (_PLAIN, _WIDE), 0.4, ("eaves", "flat", "flat"), 0.12, 0.65,
    ),
    "grid": Character(
        "concrete", (3.6, 4.4), (3.1, 3.6), (2.6, 4.2), (0.62, 0.8), (0.18, 0.30), (0.84, 0.9),
        (_FIXED, replace(_FIXED, casements=3)), 0.6, ("flat",), 0.0, 0.1,
    ),
    "clad": Character(
        "cladding", (3.6, 4.4), (3.2, 3.6), (2.4, 3.8), (0.55, 0.78), (0.2, 0.3), (0.84, 0.9),
        (_FIXED, replace(_FIXED, casements=1)), 0.6, ("flat",), 0.0, 0.0,
    ),
    "office": Character(
        "cladding", (4.0, 4.8), (3.4, 3.8), (1.3, 2.0), (0.9, 0.9), (0.2, 0.3), (0.9, 0.9),
        (_FIXED,), 0.5, ("flat",), 0.0, 0.0,
    ),
    "shophouse": Character(
        "plaster", (3.2, 3.7), (2.7, 3.0), (1.9, 2.7), (0.38, 0.5), (0.26, 0.34), (0.78, 0.86),
        (_SMALL, _WOODEN, _SASH), 0.85, ("eaves",), 0.5, 0.0,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """A piece of the ground storey.

    Attributes:
        x0: Left edge [m].
        x1: Right edge [m].
        kind: "shop", "door", "gate", "window" or "wall".
    """

    x0: float
    x1: float
    kind: str


@dataclass(frozen=True)
class TenementPlan:
    """A house in its own frame: x along the front, which faces -y at `front`.

    Attributes:
        character: Of its style.
        joinery: Of its windows.
        width: [m].
        front: y of the wall's face [m].
        back: y of the rear [m].
        ground: Height of the ground storey [m].
        storey: Height of the others [m].
        n_storey: Storeys below the eaves, with the ground storey.
        eaves: Height of the wall [m].
        axes: x of the middle of each axis of windows [m].
        window: Width of a window [m].
        sill: Above a storey's floor [m].
        head: Of a window, above a storey's floor [m].
        units: Of the ground storey, from left to right.
        roof: "flat", "parapet", "mansard" or "eaves".
        ornate: Whether it has mouldings.
        balconies: Floor and axis of each.
        railing: "bars", "glass" or "solid".
        bays: Axes with a bay window from the second upper floor to the last.
        seed: For whatever else is random.
    """

    character: Character
    joinery: Joinery
    width: float
    front: float
    back: float
    ground: float
    storey: float
    n_storey: int
    eaves: float
    axes: tuple[float, ...]
    window: float
    sill: float
    head: float
    units: tuple[Unit, ...]
    roof: str
    ornate: bool
    balconies: tuple[tuple[int, int], ...]
    railing: str
    bays: tuple[int, ...]
    seed: int

    @property
    def pitch(self) -> float:
        """Distance of neighbouring axes [m]."""
        return self.width / len(self.axes)

    def floor(self, index: int) -> float:
        """Return the height [m] of an upper storey's floor, 1 the first above the ground."""
        return self.ground + (index - 1) * self.storey


def plan_tenement(prop: Prop) -> TenementPlan:
    """Return the plan of the house that a prop, its wall or one of its parts, belongs to.

    The part of the style before a colon names the house.
    """
    character = CHARACTERS[prop.style.split(":")[0]]
    rng = np.random.default_rng([prop.seed, 1])
    width, depth, height = prop.size
    ground = float(rng.uniform(*character.ground))
    n_upper = max(1, round((height - ground - 0.6) / float(np.mean(character.storey))))
    storey = (height - ground - 0.6) / n_upper
    n_axis = max(2, round(width / rng.uniform(*character.pitch)))
    pitch = width / n_axis
    axes = tuple((-width / 2 + (np.arange(n_axis) + 0.5) * pitch).tolist())
    joinery = character.joinery[int(rng.integers(len(character.joinery)))]
    balconies, railing, bays = _outside(character, n_upper, n_axis, rng)
    return TenementPlan(
        character, joinery, width, -depth / 2, depth / 2, ground, storey, n_upper + 1, height,
        axes, pitch * float(rng.uniform(*character.share)),
        storey * float(rng.uniform(*character.sill)), storey * float(rng.uniform(*character.head)),
        _units(width, character.shops, axes, rng),
        str(rng.choice(character.roofs)), bool(rng.random() < character.ornaments),
        balconies, railing, bays, prop.seed,
    )  # fmt: skip


def _outside(
    character: Character, n_upper: int, n_axis: int, rng: np.random.Generator
) -> tuple[tuple[tuple[int, int], ...], str, tuple[int, ...]]:
    """Return balconies, the make of their railings, and the axes of bay windows."""
    railing = str(rng.choice(["bars", "glass", "solid"]))
    if character.wall == "brick" or character.ornaments > 0.9:
        railing = "bars"
    bays: tuple[int, ...] = ()
    if character.ornaments > 0.8 and n_axis >= 4 and n_upper >= 3 and rng.random() < 0.3:
        first = int(rng.integers(1, max(2, n_axis // 2)))
        bays = (first,) if rng.random() < 0.5 else (first, n_axis - 1 - first)
        bays = tuple(sorted(set(bays)))
    if rng.random() >= character.balconies:
        return (), railing, bays
    free = [axis for axis in range(n_axis) if axis not in bays]
    kind = rng.random()
    if kind < 0.45:  # whole columns
        columns = rng.choice(free, size=max(1, round(0.4 * len(free))), replace=False).tolist()
        places = [(floor, axis) for floor in range(1, n_upper + 1) for axis in sorted(columns)]
    elif kind < 0.7:  # the middle of each floor but the last
        middle = [a for a in free if abs(a - (n_axis - 1) / 2) < 1]
        places = [(floor, axis) for floor in range(1, max(2, n_upper)) for axis in middle]
    else:
        places = [
            (floor, axis) for floor in range(1, n_upper + 1) for axis in free if rng.random() < 0.3
        ]
    return tuple(places), railing, bays


def _units(
    width: float, shops: float, axes: tuple[float, ...], rng: np.random.Generator
) -> tuple[Unit, ...]:
    """Divide the ground storey: a door or a gateway, and shops or windows."""
    pieces: list[Unit] = []
    half, pitch = width / 2, width / len(axes)
    shopping = rng.random() < shops
    gate = width > 13 and rng.random() < 0.35
    wide, kind = (GATE_WIDTH, "gate") if gate else (DOOR_WIDTH, "door")
    if not shopping:
        # Windows stand in the axes of those above; the door takes one axis, a gateway two.
        taken = max(1, int(np.ceil(wide / pitch - 0.1)))
        first = int(rng.integers(0, max(1, len(axes) - taken + 1)))
        for axis in range(len(axes)):
            left = -half + axis * pitch
            if axis == first:
                pieces.append(Unit(left, left + taken * pitch, kind))
            elif not first < axis < first + taken:
                pieces.append(Unit(left, left + pitch, "window"))
        return tuple(pieces)
    share = float(rng.choice([0.0, 1.0, rng.uniform(0.3, 0.7)]))
    door = -half + share * (width - wide)
    for x0, x1 in ((-half, door), (door + wide, half)):
        if x1 - x0 < 2.6:
            if x1 > x0 + 0.01:
                pieces.append(Unit(x0, x1, "wall"))
            continue
        n = max(1, round((x1 - x0) / rng.uniform(4.2, 7.5)))
        edges = np.linspace(x0, x1, n + 1).tolist()
        pieces += [Unit(a, b, "shop") for a, b in pairwise(edges)]
    pieces.append(Unit(door, door + wide, kind))
    return tuple(sorted(pieces, key=lambda unit: unit.x0))


def detail_at(pose: Pose, x: float, y: float, z: float) -> int:
    """Return how finely to model what is at x, y, z [m] of a prop's own frame.

    The sensors stand at the world's origin and look along y; what is above their picture or
    behind them is coarse.
    """
    cos, sin = float(np.cos(pose.yaw)), float(np.sin(pose.yaw))
    east = pose.position[0] + cos * x - sin * y
    north = pose.position[1] + sin * x + cos * y
    away = float(np.hypot(east, north))
    if north < 1.5 or z > EYE + RISE * away or away > FAR:
        return COARSE
    return FINE if away < NEAR else MEDIUM
