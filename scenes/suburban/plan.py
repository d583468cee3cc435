"""The plan of a residential street: carriageway, verges, pavements, how it ends, a side road.

Lengths along the street are y of the world; lengths across it are counted from its middle outwards
on either side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVEL = 0.12  # of pavements and gardens above the carriageway [m]
STRIP = 2.15  # width of a strip to park in, beside the lane [m]
CROSS_WIDTH = 5.8  # of the street at the end, and of a side road [m]
CORNER = 4.0  # radius of kerbs where roads meet [m]
FIRST_YARD = -9.0  # y where the plots begin [m]


@dataclass(frozen=True)
class Verge:
    """One side of the street.

    Attributes:
        sign: -1 left, 1 right.
        kerb: Distance of the kerb's face from the street's middle [m].
        strip: Width of the parking strip within the kerb [m], 0 without.
        grass: Width of the grass between kerb and pavement [m], 0 without.
        pavement: Width of the pavement [m].
        slabs: Material of the pavement.
    """

    sign: int
    kerb: float
    strip: float
    grass: float
    pavement: float
    slabs: str

    @property
    def front(self) -> float:
        """Distance of the gardens' front from the street's middle [m]."""
        return self.kerb + self.grass + self.pavement


@dataclass(frozen=True)
class Suburb:
    """A street.

    Attributes:
        middle: x of the lane's middle [m].
        lane_width: [m].
        left: Its side at smaller x.
        right: Its side at larger x.
        y_end: Where the street meets the one across its end [m].
        end: "tee"; "left" or "right" if the street across goes only there; "close" if there is
            none, but a place to turn.
        side_road: Sign of the side and y of the middle of a side road, None without.
        post: Side that the sensors' post stands on.
        seed: Of the wear.
    """

    middle: float
    lane_width: float
    left: Verge
    right: Verge
    y_end: float
    end: str
    side_road: tuple[int, float] | None
    post: int
    seed: int

    @property
    def sides(self) -> tuple[Verge, Verge]:
        """Both sides."""
        return self.left, self.right

    def x(self, sign: int, across: float) -> float:
        """Return the world's x [m] of a distance from the street's middle on one side."""
        return self.middle + sign * across


def sample_suburb(rng: np.random.Generator) -> Suburb:
    """Draw a street."""
    lane_width = float(rng.uniform(6.3, 6.7))
    post = int(rng.choice([-1, 1]))
    strips = rng.choice(4, p=[0.2, 0.4, 0.22, 0.18])  # none, far side, near side, both
    slabs = str(rng.choice(["paving", "asphalt", "concrete"], p=[0.55, 0.25, 0.2]))
    shared = float(rng.uniform(0.9, 2.2)) if rng.random() < 0.6 else 0.0
    verges = {}
    for sign in (-1, 1):
        strip = STRIP if strips in ((2, 3) if sign == post else (1, 3)) else 0.0
        grass = shared if shared and rng.random() < 0.85 else 0.0
        pavement = float(rng.uniform(1.7, 2.3)) if grass else float(rng.uniform(2.0, 2.9))
        verges[sign] = Verge(sign, lane_width / 2 + strip, strip, grass, pavement, slabs)
    back = float(rng.uniform(0.35, 0.6))  # of the post from the kerb
    middle = -post * (verges[post].kerb + back)
    end = str(rng.choice(["tee", "left", "right", "close"], p=[0.4, 0.22, 0.22, 0.16]))
    side_road = None
    if rng.random() < 0.35:
        side_road = int(rng.choice([-1, 1])), float(rng.uniform(27, 46))
    return Suburb(
        middle, lane_width, verges[-1], verges[1], float(rng.uniform(58, 80)), end, side_road,
        post, int(rng.integers(2**31)),
    )  # fmt: skip
