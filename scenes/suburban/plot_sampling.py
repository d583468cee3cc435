"""Which plots a residential street has: how wide, which house, where ways and beds lie."""

from __future__ import annotations

import numpy as np

from scenes.buildings.house_plan import House
from scenes.buildings.house_sampling import draw_house
from scenes.suburban.plan import CROSS_WIDTH, FIRST_YARD, Suburb
from scenes.suburban.plots import Plot, Strip, without

DRIVE_WIDTH, PATH_WIDTH = 2.9, 1.1  # [m]


def sample_plots(suburb: Suburb, rng: np.random.Generator) -> tuple[Plot, ...]:
    """Draw the plots on both sides, and those that face the street from its end."""
    made: list[Plot] = []
    for verge in suburb.sides:
        setback = float(rng.uniform(5.4, 8.0))
        x, yaw = suburb.x(verge.sign, verge.front), -verge.sign * np.pi / 2
        stretches = [(FIRST_YARD + float(rng.uniform(-5, 5)), suburb.y_end - 2.4)]
        if suburb.side_road and suburb.side_road[0] == verge.sign:
            gap = CROSS_WIDTH / 2 + 2.3
            middle = suburb.side_road[1]
            stretches = [(stretches[0][0], middle - gap), (middle + gap, stretches[0][1])]
        for start, stop in stretches:
            for low, high, seed, near in _cut(stop - start, setback, rng):
                made.append(_plot(x, start + (low + high) / 2, yaw, high - low, near, seed, rng))
    return (*made, *_end_plots(suburb, rng))


def _end_plots(suburb: Suburb, rng: np.random.Generator) -> list[Plot]:
    if suburb.end == "close":
        y, reach = suburb.y_end + 13.0 + 2.0, 22.0
    else:
        y, reach = suburb.y_end + CROSS_WIDTH + 2.0, 36.0
    start = suburb.middle - reach
    return [
        _plot(start + (low + high) / 2, y, 0.0, high - low, near, seed, rng)
        for low, high, seed, near in _cut(2 * reach, float(rng.uniform(5, 8)), rng)
    ]


def _cut(
    length: float, setback: float, rng: np.random.Generator
) -> list[tuple[float, float, int, float]]:
    """Cut a stretch into plots as wide as their houses need.

    Returns:
        From, to [m], seed of the house, and its setback [m], for each.
    """
    found: list[tuple[float, int, float]] = []
    used = 0.0
    while True:
        seed = int(rng.integers(2**31))
        house = draw_house(seed)
        if found and house.kind == draw_house(found[-1][1]).kind and rng.random() < 0.7:
            continue  # few neighbours are of one kind
        x0, x1 = house.ends
        drives = {"semi": 2}.get(house.kind, 0 if house.garage else 1)
        width = x1 - x0 + drives * (DRIVE_WIDTH + 0.6) + float(rng.uniform(1.8, 3.6))
        if used + width > length:
            break
        found.append((width, seed, max(setback + float(rng.uniform(-0.8, 0.8)), house.out + 3.6)))
        used += width
    rest = (length - used) / max(1, len(found))
    edge, plots = 0.0, []
    for width, seed, near in found:
        wide = width + min(rest, 4.0)
        plots.append((edge, edge + wide, seed, near))
        edge += width + rest
    return plots


def _plot(
    x: float, y: float, yaw: float, width: float, setback: float, seed: int,
    rng: np.random.Generator,
) -> Plot:  # fmt: skip
    """Draw where house, drives, paths and beds lie on a plot."""
    house = draw_house(seed)
    x0, x1 = house.ends
    half, spare = width / 2 - 0.45, width - (x1 - x0)
    laid = str(rng.choice(["paving", "gravel", "asphalt", "concrete"], p=[0.4, 0.2, 0.25, 0.15]))
    drives: list[Strip] = []
    if house.garage:
        house_x = float(rng.uniform(0.35, 0.65)) * spare - width / 2 - x0
        middle = house_x + (house.garage.x0 + house.garage.x1) / 2
        long = setback + house.garage.back
        drives.append(Strip(middle - 1.45, middle + 1.45, 0.0, long + 0.1, laid))
    elif house.kind == "semi":
        house_x = -(x0 + x1) / 2
        for sign in (-1, 1):
            edges = sorted((sign * half, sign * (half - DRIVE_WIDTH)))
            drives.append(Strip(edges[0], edges[1], 0.0, setback + float(rng.uniform(1, 6)), laid))
    else:
        sign = 1 if house.columns[-1].kind == "door" else -1  # the drive is on the door's side
        if house.columns[0].kind != "door" and rng.random() < 0.5:
            sign = 1
        edges = sorted((sign * half, sign * (half - DRIVE_WIDTH)))
        free = spare - DRIVE_WIDTH - 0.3
        house_x = -sign * (width / 2 - 0.45 * free) - (x0 if sign > 0 else x1)
        if rng.random() < 0.9:
            drives.append(Strip(edges[0], edges[1], 0.0, setback + float(rng.uniform(2, 7)), laid))
    paths = _paths(house, house_x, setback, drives, laid, rng)
    beds = _beds(house, house_x, setback, width, [*drives, *paths], rng)
    yard = str(rng.choice(["lawn", "gravel", "paving"], p=[0.90, 0.06, 0.04]))
    return Plot(x, y, yaw, width, setback, house_x, seed, tuple(drives), tuple(paths),
                tuple(beds), yard)  # fmt: skip


def _paths(
    house: House, house_x: float, setback: float, drives: list[Strip], laid: str,
    rng: np.random.Generator,
) -> list[Strip]:  # fmt: skip
    """Return ways to the front doors: straight from the street, or across from a drive."""
    made = []
    material = laid if laid != "asphalt" else "paving"
    for column in house.columns:
        if column.kind != "door":
            continue
        x, reach = house_x + column.middle, PATH_WIDTH / 2
        near = min(drives, key=lambda s: abs((s.x0 + s.x1) / 2 - x), default=None)
        if near and near.x0 - 0.3 < x + reach and x - reach < near.x1 + 0.3:
            made.append(Strip(min(x - reach, near.x1), max(x + reach, near.x0), setback - 1.5,
                              setback - 0.3, material))  # fmt: skip
        elif near and rng.random() < 0.5:
            y = setback - house.out - 1.6
            made.append(Strip(min(x - reach, near.x1), max(x + reach, near.x0), y, y + 1.0,
                              material))  # fmt: skip
            made.append(Strip(x - reach, x + reach, y, setback, material))
        else:
            made.append(Strip(x - reach, x + reach, 0.0, setback, material))
    return made


def _beds(
    house: House, house_x: float, setback: float, width: float, taken: list[Strip],
    rng: np.random.Generator,
) -> list[Strip]:  # fmt: skip
    """Return beds below the house's windows and along the front, where no way leads."""
    made = []
    for column in house.columns:
        if column.kind in ("window", "bay", "wing") and rng.random() < 0.6:
            y1 = setback - column.out
            made.append(Strip(house_x + column.x0 + 0.15, house_x + column.x1 - 0.15, y1 - 0.75, y1,
                              "earth"))  # fmt: skip
    for side in (-1, 1):
        if rng.random() < 0.5:
            wide, x = float(rng.uniform(0.6, 1.0)), side * (width / 2 - 0.3)
            edges = sorted((x, x - side * wide))
            made.append(Strip(edges[0], edges[1], 1.3, setback - float(rng.uniform(0.3, 2.0)),
                              "earth"))  # fmt: skip
    if rng.random() < 0.5:
        ways = [(s.x0 - 0.15, s.x1 + 0.15) for s in sorted(taken, key=lambda s: s.x0) if s.y0 < 1]
        for x0, x1 in without((-width / 2 + 1.3, width / 2 - 1.3), ways):
            made.append(Strip(x0, x1, 0.75, 1.25 + float(rng.uniform(0, 0.3)), "earth"))
    if rng.random() < 0.3:
        x0 = float(rng.uniform(-width / 2 + 1.5, width / 2 - 3.5))
        y0 = float(rng.uniform(1.8, max(1.9, setback - 3.2)))
        made.append(Strip(x0, x0 + float(rng.uniform(1.2, 2.4)), y0, y0 + 1.2, "earth"))
    made = [bed for bed in made if min(bed.x1 - bed.x0, bed.y1 - bed.y0) > 0.45]
    return [bed for bed in made if not any(
        bed.x0 < s.x1 + 0.1 and s.x0 < bed.x1 + 0.1 and bed.y0 < s.y1 + 0.1 and s.y0 < bed.y1 + 0.1
        for s in taken
    )]  # fmt: skip
