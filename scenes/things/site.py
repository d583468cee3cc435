"""A site: where things are put down such that none stands in another's footprint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from scenes.spec import RGB, Pose, Prop, Vector3
from scenes.things.footprint import Footprint, footprint

TREE_BASE = 0.8  # edge of the square that a trunk keeps for itself [m]
POST_BASE = 0.3  # the same of what stands on a post, whose arm or plate is high above
ON_POSTS = ("lamp", "sign")
GAP = 0.1  # between things of one site [m]
LOW = ("name",)  # styles of signs whose plate is near the ground
CROWN = 0.62  # of a crown's width: so much of it is thick
FAR_TREES = 33.0  # y from which on trees are modelled coarsely [m]


class Site:
    """Collects props, none of which stands in another's footprint."""

    def __init__(self, ids: Iterator[int], rng: np.random.Generator) -> None:
        self.props: list[Prop] = []
        self.rng = rng
        self._ids = ids
        self._taken: list[Footprint] = []
        self._walls: list[Footprint] = []
        self._others: list[Footprint] = []
        self._circles = np.zeros((0, 3))  # around the others: x, y, radius [m]

    @property
    def taken(self) -> tuple[Footprint, ...]:
        """The places that are taken or kept free here."""
        return tuple(self._taken)

    def keep_off(self, others: Iterable[Footprint]) -> None:
        """Let nothing that is put down later stand in the footprints of other sites."""
        self._others += others
        self._circles = np.array([[f.x, f.y, f.reach] for f in self._others])

    def add(
        self, kind: str, place: tuple[float, float], size: Vector3, style: str = "",
        yaw: float = 0.0, base: float = 0.0, solid: bool = True, tint: RGB = (1.0, 1.0, 1.0),
        part_of: Prop | None = None,
    ) -> bool:  # fmt: skip
        """Put a thing down unless its place is taken; return whether it was.

        Args:
            kind: One of `CLASSES`.
            place: x and y of its centre [m].
            size: Length, depth, height [m].
            style: As in `Prop`.
            yaw: [rad].
            base: Height of what it stands on [m].
            solid: Whether it takes its place; kerbs and soil do not.
            tint: As in `Prop`.
            part_of: The thing that this is a further part of.
        """
        seed = int(self.rng.integers(2**31))
        pose = Pose((float(place[0]), float(place[1]), float(base)), float(yaw))
        length, depth, height = (float(edge) for edge in size)
        if solid:
            trunk = kind == "tree" and style != "wood"
            edges = (TREE_BASE, TREE_BASE) if trunk else (length, depth)
            if kind in ON_POSTS and style not in LOW:
                edges = (POST_BASE, POST_BASE)
            taken = footprint(pose, *edges)
            if not self.has_room(taken):
                return False
            self._taken.append(taken)
            if kind == "building":
                self._walls.append(taken)
        number = next(self._ids) if part_of is None else part_of.id
        prop = Prop(number, kind, pose, (length, depth, height), style, seed, tint)
        self.props.append(prop)
        return True

    def has_room(self, place: Footprint) -> bool:
        """Return whether a place is free: here with a gap, of other sites' things without."""
        if any(place.overlaps(other, GAP) for other in self._taken):
            return False
        x, y, reach = self._circles.T
        near = np.hypot(x - place.x, y - place.y) < reach + place.reach
        return not any(place.overlaps(self._others[i]) for i in np.flatnonzero(near))

    def reserve(self, place: Footprint) -> None:
        """Keep a place free of what is put down later."""
        self._taken.append(place)

    def tree(
        self, x: float, y: float, height: tuple[float, float] = (5.5, 9.0), base: float = 0.0
    ) -> None:
        """Put a tree down, where its crown keeps off the walls that stand already."""
        tall = self.rng.uniform(*height)
        wide = tall * self.rng.uniform(0.55, 0.72)
        style = f"{'broad' if y < FAR_TREES else 'far'}{int(self.rng.integers(4))}"
        turn = self.rng.uniform(0, 2 * np.pi)
        crown = Footprint(x, y, CROWN * wide, CROWN * wide, turn)
        if not any(crown.overlaps(wall) for wall in self._walls):
            self.add("tree", (x, y), (wide, wide, tall), style, turn, base)
