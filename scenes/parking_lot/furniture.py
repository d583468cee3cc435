"""What stands on and around a lot besides cars: planters, lamps, buildings, trees, small things."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scenes.parking_lot.plan import APRON, BAY_LENGTH, BAY_WIDTH, Bay, Lot, Plan
from scenes.spec import Prop
from scenes.things.site import Site

KERB = 0.13  # height of kerbs [m]
WALLS = ("brick", "concrete", "plaster")


def furnish(plan: Plan, ids: Iterator[int], rng: np.random.Generator) -> tuple[Prop, ...]:
    """Draw everything that is neither ground nor car.

    Args:
        plan: The lot.
        ids: The next object ids.
        rng: The sequence's stream.
    """
    site = Site(ids, rng)
    for bay in plan.planters:
        _planter(site, bay)
    for bay in plan.spare:
        size = (BAY_WIDTH - 0.3, BAY_LENGTH - 0.6, 2.2)
        site.add("shelter", (bay.x, bay.y), size, yaw=0.0 if bay.opens < 0 else np.pi)
    _beyond(site, plan.lot, rng)
    for side in (-1, 1):
        _flank(site, plan.lot, side, rng)
    return tuple(site.props)


def _planter(site: Site, bay: Bay) -> None:
    rng = site.rng
    site.add("kerb", (bay.x, bay.y), (BAY_WIDTH - 0.3, BAY_LENGTH - 0.3, KERB), "planter",
             solid=False)  # fmt: skip
    choice = rng.random()
    if choice < 0.55:
        site.tree(bay.x, bay.y + rng.uniform(-1.0, 1.0), (5.5, 7.5), KERB - 0.03)
    elif choice < 0.75:
        size = (BAY_LENGTH - 1.4, 1.3, rng.uniform(0.6, 1.0))
        site.add("hedge", (bay.x, bay.y), size, yaw=np.pi / 2, base=KERB - 0.03)
    else:
        size = (1.6, 0.2, rng.uniform(6.5, 8.5))
        aim = float(rng.choice([0.0, np.pi]))
        site.add("lamp", (bay.x, bay.y), size, yaw=np.pi / 2 + aim, base=KERB - 0.03)


def _beyond(site: Site, lot: Lot, rng: np.random.Generator) -> None:
    """Draw the strip behind the last row, and what stands behind it."""
    built = rng.random() < 0.65
    depth = float(rng.uniform(2.6, 4.5))
    start = lot.y_end + 0.3
    back = start + depth
    width = lot.x_max - lot.x_min + 2 * APRON
    style = "pavement" if built else "strip"
    site.add("kerb", ((lot.x_min + lot.x_max) / 2, start + depth / 2), (width, depth, KERB), style,
             solid=False)  # fmt: skip
    if built:
        _buildings(site, back, rng)
    else:
        kind = str(rng.choice(["brick", "concrete", "fence"]))
        height = rng.uniform(1.6, 2.4)
        site.add("wall", (0.0, back + 0.2), (width, 0.3, height), kind)
        _houses(site, back + 22.0, rng)
        for x in np.arange(-32, 33, 7.0):
            site.tree(x + rng.uniform(-2, 2), back + rng.uniform(3, 9), (6.0, 10.0))
    top = KERB if built else KERB - 0.03
    for x in np.arange(-22, 23, 11.0) + rng.uniform(-4, 4):
        if rng.random() < 0.75:
            size = (1.6, 0.2, rng.uniform(6.5, 9.0))
            site.add("lamp", (x, start + 0.8), size, yaw=-np.pi / 2, base=top)
    for x in np.arange(lot.x_min + 6, lot.x_max - 6, 6.0) + rng.uniform(0, 4):
        choice, y = rng.random(), start + depth * rng.uniform(0.45, 0.6)
        if choice < 0.2 and not built:
            site.tree(x, y, (5.0, 8.0), top)
        elif choice < 0.45 and not built:
            site.add("hedge", (x, y), (rng.uniform(3, 5.5), 0.9, rng.uniform(0.7, 1.2)), base=top)
        elif choice < 0.55:
            site.add("sign", (x, start + 0.5), (0.6, 0.06, 2.4), yaw=np.pi, base=top)
        elif choice < 0.65:
            turn = rng.uniform(-0.2, 0.2)
            site.add("bin", (x, y), (0.7, 0.6, 1.1), yaw=turn, base=top)
    if rng.random() < 0.6:
        first = rng.uniform(-20, 8)
        for x in first + 1.6 * np.arange(int(rng.integers(4, 9))):
            site.add("bollard", (x, start + 0.4), (0.14, 0.14, 0.95), base=top)
    site.add("tree", (0.0, 135.0), (330.0, 16.0, rng.uniform(9, 14)), "wood")


def _buildings(site: Site, back: float, rng: np.random.Generator) -> None:
    """Draw one or two buildings along y = `back` [m], with trees in the gaps."""
    deep, gaps = 12.0, []
    edge = float(rng.uniform(-46, -24))
    while edge < 24:
        style = str(rng.choice([*WALLS, "shop", "gable"], p=[0.24, 0.16, 0.24, 0.2, 0.16]))
        storeys = 1 if style == "shop" else int(rng.integers(1, 4)) + (style == "concrete")
        height = 5.2 if style == "shop" else 3.15 * storeys + 0.7
        width = rng.uniform(30, 46) if style == "shop" else rng.uniform(18, 36)
        place = (edge + width / 2, back + deep / 2 + 0.05)
        site.add("building", place, (width, deep, height), style)
        gap = rng.uniform(4, 9)
        edge += width + gap
        gaps.append(edge - gap / 2)
    _houses(site, back + 34.0, rng)
    for x in gaps:
        site.tree(x, back + rng.uniform(5, 14), (7.0, 10.0))


def _houses(site: Site, y: float, rng: np.random.Generator) -> None:
    """Draw a row of houses with trees, about `y` [m], seen past what stands before them."""
    x, gaps = float(rng.uniform(-62, -50)), []
    while x < 55:
        width = rng.uniform(9, 16)
        height = 2.9 * rng.integers(1, 3) + 0.6
        place = (x + width / 2, y + rng.uniform(0, 14))
        site.add("building", place, (width, 9.0, height), "gable", rng.normal(0, 0.05))
        gap = rng.uniform(4, 12)
        x += width + gap
        if rng.random() < 0.7:
            gaps.append(x - gap / 2)
    for x in gaps:
        site.tree(x, y + rng.uniform(-4, 8), (7.0, 11.0))


def _flank(site: Site, lot: Lot, side: int, rng: np.random.Generator) -> None:
    """Draw the green land beside the lot, on the left (-1) or the right (1)."""
    edge = lot.x_max + APRON if side > 0 else -lot.x_min + APRON
    y0, y1 = 2.0, lot.y_end + 0.2
    site.add("kerb", (side * (edge + 1.5), (y0 + y1) / 2), (3.0, y1 - y0, KERB), "strip",
             solid=False)  # fmt: skip
    for y in np.arange(12, y1 - 2, 7.0):
        site.tree(side * (edge + rng.uniform(1.0, 2.5)), y + rng.uniform(-1.5, 1.5),
                  (6.0, 9.5), KERB - 0.03)  # fmt: skip
