"""The plan of a street between houses: kerbs, pavements, kerb lanes, the street it ends at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenes.spec import Ground, Lane, Surface
from scenes.things.marks import Mark, dashes, rectangle, stripes

POST_TO_KERB = (0.35, 0.65)  # the sensors' post stands so far behind the kerb [m]
DRIVING = (5.6, 6.3)  # width of both ways together [m]
PARKING = 2.25  # width of a kerb lane [m]
PAVEMENT = (2.6, 4.5)  # [m]
LENGTH = (82.0, 94.0)  # where the houses end [m]
CROSS = (8.0, 11.0)  # width of the street at the end [m]
Y_FRONT = -25.0  # where the street begins, behind the sensors [m]
FAR = 400.0  # half of the ground's extent [m]
TARGET = (4.0, 58.0)  # between these y cars drive in the pictures [m]
SLOT = (5.7, 6.1)  # length of a place to park [m]
FIRST_SLOT = 5.0  # y where places to park may begin [m]
CORNER = 7.0  # no car parks so near to the street at the end [m]
BESIDE_CROSSING = 4.5  # nor to the middle of a crossing [m]


@dataclass(frozen=True)
class Slot:
    """A place to park at a kerb.

    Attributes:
        x: Of its middle [m].
        y: Of its middle [m].
        side: -1 at the left kerb, 1 at the right one.
        length: Along the kerb [m].
    """

    x: float
    y: float
    side: int
    length: float


@dataclass(frozen=True)
class Street:
    """A street along y.

    Attributes:
        left: x of the left kerb [m].
        right: x of the right kerb [m].
        pavements: Widths of the pavements, left and right [m].
        parking: Whether cars park at the left kerb, and at the right one.
        post: -1 if the sensors stand on the left pavement, 1 on the right one.
        end: y where the crossing street begins [m].
        cross: Width of the crossing street [m].
        crossing: y of a pedestrian crossing [m], or None.
        slots: Places to park.
        seed: Of the wear of asphalt and markings.
    """

    left: float
    right: float
    pavements: tuple[float, float]
    parking: tuple[bool, bool]
    post: int
    end: float
    cross: float
    crossing: float | None
    slots: tuple[Slot, ...]
    seed: int

    @property
    def lane(self) -> Lane:
        """The part that is driven on, along its length in which the target is seen."""
        x = (self.drive[0] + self.drive[1]) / 2
        return Lane((x, TARGET[0]), (x, TARGET[1]), self.drive[1] - self.drive[0], 0.3)

    @property
    def drive(self) -> tuple[float, float]:
        """The edges x of the part that is driven on [m]."""
        left, right = self.parking
        return self.left + left * PARKING, self.right - right * PARKING

    def kerb(self, side: int) -> float:
        """Return x of the kerb on a side, -1 the left one [m]."""
        return self.left if side < 0 else self.right

    def front(self, side: int) -> float:
        """Return x of the houses' fronts on a side, -1 the left one [m]."""
        return self.kerb(side) + side * self.pavements[(side + 1) // 2]


def sample_street(rng: np.random.Generator) -> Street:
    """Draw a street."""
    post = -1 if rng.random() < 0.5 else 1
    choice = rng.random()
    parking = (choice < 0.75, choice < 0.5 or choice >= 0.75)
    width = float(rng.uniform(*DRIVING)) + PARKING * sum(parking)
    kerb = float(rng.uniform(*POST_TO_KERB))
    left, right = (kerb, kerb + width) if post < 0 else (-kerb - width, -kerb)
    first, second = (float(wide) for wide in rng.uniform(*PAVEMENT, 2))
    end = float(rng.uniform(*LENGTH))
    crossing = float(rng.uniform(16.0, 50.0)) if rng.random() < 0.4 else None
    slots: list[Slot] = []
    for side, parked in zip((-1, 1), parking, strict=True):
        if not parked:
            continue
        x = left + PARKING / 2 if side < 0 else right - PARKING / 2
        length = float(rng.uniform(*SLOT))
        y = FIRST_SLOT + float(rng.uniform(0, 3)) + length / 2
        while y + length / 2 < end - CORNER:
            if crossing is None or abs(y - crossing) > BESIDE_CROSSING + length / 2:
                slots.append(Slot(x, y, side, length))
            y += length
    return Street(
        left, right, (first, second), parking, post, end, float(rng.uniform(*CROSS)), crossing,
        tuple(slots), int(rng.integers(2**31)),
    )  # fmt: skip


def street_ground(street: Street) -> Ground:
    """Return the ground of a street."""
    x0, x1, y1 = street.left, street.right, street.end
    y2 = y1 + street.cross
    return Ground(
        surfaces=(
            Surface(x0, x1, Y_FRONT, y1, "asphalt"),
            Surface(-FAR, FAR, y1, y2, "asphalt"),
            Surface(-FAR, FAR, y2, FAR, "paving"),
            Surface(-FAR, FAR, -FAR, Y_FRONT, "paving"),
            Surface(-FAR, x0, Y_FRONT, y1, "paving"),
            Surface(x1, FAR, Y_FRONT, y1, "paving"),
        ),
        marks=tuple(_marks(street)),
        extent=(x0 - 7.0, x1 + 7.0, Y_FRONT, y2),
        lanes=(street.lane,),
        stains=tuple((slot.x, slot.y) for slot in street.slots),
        skids=(),
        seed=street.seed,
    )


def _marks(street: Street) -> list[Mark]:
    """Return the middle line, the edges of kerb lanes, the crossing and lines to halt at."""
    rng = np.random.default_rng(street.seed)
    (x0, x1), y_end = street.drive, street.end
    middle, marks = (x0 + x1) / 2, list[Mark]()
    stops = [(Y_FRONT, y_end - 3.0)]
    if street.crossing is not None:
        stops = [(Y_FRONT, street.crossing - 4.0), (street.crossing + 4.0, y_end - 3.0)]
        across = street.right - street.left - 0.5  # from kerb to kerb: nobody parks there
        centre = ((street.left + street.right) / 2, street.crossing)
        marks += stripes(centre, 3.2, across, np.pi / 2)
        for side in (-1, 1):
            a, b = sorted((middle + side * 0.3, middle + side * (x1 - x0 - 0.5) / 2))
            y = street.crossing - side * 2.8
            marks.append(rectangle(a, b, y - 0.15, y + 0.15))
    if rng.random() < 0.75:
        dash, gap = ((3.0, 6.0), (1.5, 1.5), (3.0, 3.0))[int(rng.integers(3))]
        for a, b in stops:
            marks += dashes((middle, a), (middle, b), 0.12, dash, gap)
        marks.append(rectangle(middle - 0.06, middle + 0.06, y_end - 2.6, y_end - 1.2))
    marks.append(rectangle(middle + 0.25, x1 - 0.2, y_end - 1.1, y_end - 0.75))
    lined = rng.random()
    for side in (-1, 1):
        slots = [slot for slot in street.slots if slot.side == side]
        edge = street.kerb(side) - side * PARKING
        for slot in slots:
            y0, y1 = slot.y - slot.length / 2, slot.y + slot.length / 2
            if lined < 0.45:  # boxes
                marks.append(rectangle(edge - 0.05, edge + 0.05, y0, y1))
                near, far = sorted((edge - side * 0.0, street.kerb(side) - side * 0.4))
                marks.append(rectangle(near, far, y0 - 0.05, y0 + 0.05))
            elif lined < 0.75:  # ticks
                marks.append(rectangle(edge - 0.3, edge + 0.3, y0 - 0.05, y0 + 0.05))
    return marks
