"""The plan of a parking lot: rows of bays along x, lanes between them, planted bays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BAY_WIDTH, BAY_LENGTH, LANE_WIDTH = 2.5, 5.0, 6.5  # [m], common in Europe
N_COLUMN = 23  # bays of a row: more than the camera sees of the farthest row
NEAR_ROW = (4.0, 6.0)  # where a row before the first lane begins [m]
FIRST_LANE = (7.5, 11.0)  # where the first lane begins if no row is before it [m]
OVERHANG = 0.5  # how far a parked car may stand out into the lane [m]
LONGEST, WIDEST = BAY_LENGTH + OVERHANG - 0.06, BAY_WIDTH - 0.35  # car that may park [m]
APRON = 7.5  # asphalt beside the rows, where lanes meet [m]


@dataclass(frozen=True)
class Bay:
    """One parking bay.

    Attributes:
        x: Of its centre [m].
        y: Of its centre [m].
        opens: +1 if the lane is towards larger y, -1 if towards smaller y.
    """

    x: float
    y: float
    opens: int


@dataclass(frozen=True)
class Lot:
    """Bays and lanes.

    Attributes:
        bays: All bays that are not planted.
        lanes: y of the middle of each lane [m].
        x_min: Where the bays begin [m].
        x_max: Where they end [m].
        y_end: Where the asphalt ends, away from the sensors [m].
        seed: Of the wear of asphalt and markings.
    """

    bays: tuple[Bay, ...]
    lanes: tuple[float, ...]
    x_min: float
    x_max: float
    y_end: float
    seed: int


@dataclass(frozen=True)
class Plan:
    """A lot, and the bays that no car may use.

    Attributes:
        lot: With its bays for cars.
        planters: Bays that are planted.
        spare: Bays kept for something else than cars or plants.
    """

    lot: Lot
    planters: tuple[Bay, ...]
    spare: tuple[Bay, ...]


def sample_plan(rng: np.random.Generator) -> Plan:
    """Draw a lot with one or two lanes."""
    rows, lanes, y_end = _sample_rows(rng)
    offset = float(rng.uniform(-BAY_WIDTH / 2, BAY_WIDTH / 2))
    columns = offset + BAY_WIDTH * (np.arange(N_COLUMN) - (N_COLUMN - 1) / 2)
    planted: list[set[int]] = []
    for index, (y, side) in enumerate(rows):
        if index > 0 and side == 1:  # rows back to back share their planters
            planted.append(planted[-1])
        elif y < lanes[0]:  # nothing tall right before the sensors
            planted.append(set())
        else:
            chosen = rng.choice(N_COLUMN - 6, size=int(rng.integers(1, 5)), replace=False) + 3
            planted.append({int(column) for column in chosen})
    spare = {(len(rows) - 1, int(rng.integers(5, N_COLUMN - 5)))} if rng.random() < 0.3 else set()

    bays: dict[str, list[Bay]] = {"car": [], "plant": [], "spare": []}
    for index, (y, side) in enumerate(rows):
        for column, x in enumerate(columns):
            use = "plant" if column in planted[index] else "car"
            if use == "car" and (index, column) in spare:
                use = "spare"
            bays[use].append(Bay(float(x), y, side))
    lot = Lot(
        bays=tuple(bays["car"]),
        lanes=tuple(lanes),
        x_min=float(columns[0] - BAY_WIDTH / 2),
        x_max=float(columns[-1] + BAY_WIDTH / 2),
        y_end=y_end,
        seed=int(rng.integers(2**31)),
    )
    return Plan(lot, tuple(bays["plant"]), tuple(bays["spare"]))


def _sample_rows(
    rng: np.random.Generator,
) -> tuple[list[tuple[float, int]], list[float], float]:
    """Return each row's y and side of its lane, each lane's y, and where the last row ends [m]."""
    rows: list[tuple[float, int]] = []
    lanes: list[float] = []
    if rng.random() < 0.5:
        y = float(rng.uniform(*NEAR_ROW))
        rows.append((y + BAY_LENGTH / 2, 1))
        y += BAY_LENGTH
    else:
        y = float(rng.uniform(*FIRST_LANE))
    for lane in range(int(rng.integers(1, 3))):
        if lane:
            rows.append((y + BAY_LENGTH / 2, 1))
            y += BAY_LENGTH
        lanes.append(y + LANE_WIDTH / 2)
        y += LANE_WIDTH
        rows.append((y + BAY_LENGTH / 2, -1))
        y += BAY_LENGTH
    return rows, lanes, y
