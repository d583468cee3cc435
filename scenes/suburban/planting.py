"""What grows on a plot: trees, bushes, flowers, hedges."""

from __future__ import annotations

import numpy as np

from scenes.buildings.house_plan import House
from scenes.suburban.plan import LEVEL
from scenes.suburban.plots import Plot, Strip, put
from scenes.suburban.tints import GREENS, PETALS, tinted
from scenes.things.site import FAR_TREES, Site

NEAR_CROWN = 15.0  # y up to which no crown stands before the camera [m]
SPREAD = {"broad": 0.64, "oval": 0.5, "birch": 0.45, "conifer": 0.42, "alley": 0.44}


def plant_hedge(
    site: Site, plot: Plot, place: tuple[float, float], size: tuple[float, float, float],
    turn: float = 0.0,
) -> None:  # fmt: skip
    """Put a hedge down, of coarser leaves if it is far away."""
    y = plot.place(*place)[1]
    style = "" if y < 20 else "mid" if y < 38 else "far"
    put(site, plot, "hedge", place, size, style, turn, tinted(GREENS, site.rng))


def plant_trees(site: Site, plot: Plot, house: House) -> None:
    """Draw a tree before the house, where its crown has room, and some behind it."""
    rng = site.rng
    for _ in range(16 if rng.random() < 0.75 else 0):
        tall = float(rng.uniform(3.6, 6.2))
        style = str(rng.choice(["broad", "oval", "birch", "conifer"], p=[0.4, 0.3, 0.15, 0.15]))
        wide = tall * SPREAD[style] * float(rng.uniform(0.85, 1.1))
        reach = wide / 2
        x = float(rng.uniform(-plot.width / 2, plot.width / 2))
        y = float(rng.uniform(reach - 0.8, max(reach - 0.7, plot.setback - house.out - reach)))
        clear = all(s.x1 + reach < x or x < s.x0 - reach for s in plot.drives)
        fits = abs(x) + reach < plot.width / 2 + 0.4 and y > 1.0
        fits &= y + reach < plot.setback - house.out - 0.1
        far = plot.place(x, y)[1]
        if clear and fits and far > NEAR_CROWN:
            if _tree(site, plot, (x, y), style, (wide, tall)):
                break
    back = plot.setback + house.depth
    for x in np.arange(-plot.width / 2 + 2, plot.width / 2 - 1, 5.0) + rng.uniform(0, 2):
        if rng.random() < 0.5:
            tall = float(rng.uniform(5.5, 10.5))
            style = str(rng.choice(["broad", "oval", "conifer"], p=[0.6, 0.25, 0.15]))
            wide = tall * SPREAD[style]
            y = back + wide / 2 + 0.3 + float(rng.uniform(0, 3))
            _tree(site, plot, (float(x), y), style, (wide, tall), hidden=True)


def _tree(
    site: Site, plot: Plot, place: tuple[float, float], style: str, size: tuple[float, float],
    hidden: bool = False,
) -> bool:  # fmt: skip
    """Put a tree down, coarse if it is far away or partly hidden."""
    rng, (wide, tall) = site.rng, size
    y = plot.place(*place)[1]
    if y > FAR_TREES or hidden:
        style = {"broad": "far", "conifer": "far_conifer"}.get(style, "far_oval")
    name = f"{style}{int(rng.integers(4))}"
    turn = float(rng.uniform(0, 2 * np.pi))
    return put(site, plot, "tree", place, (wide, wide, tall), name, turn, tinted(GREENS, rng))


def plant_bed(site: Site, plot: Plot, bed: Strip) -> None:
    """Draw bushes and flowers side by side."""
    rng, flowers = site.rng, bool(site.rng.random() < 0.6)
    along = bed.x1 - bed.x0 > bed.y1 - bed.y0
    at, stop = (bed.x0, bed.x1) if along else (bed.y0, bed.y1)
    deep = (bed.y1 - bed.y0) if along else (bed.x1 - bed.x0)
    across = (bed.y0 + bed.y1) / 2 if along else (bed.x0 + bed.x1) / 2
    while at + 0.5 < stop:
        wide = float(rng.uniform(0.45, min(0.95, deep)))
        size = (wide, wide, wide * float(rng.uniform(0.7, 1.3)))
        x, y = (at + wide / 2, across) if along else (across, at + wide / 2)
        if _bush(site, plot, (x, y), size) and flowers and rng.random() < 0.7:
            last = site.props[-1]
            site.add("bush", last.pose.position[:2], size, f"petals{last.style[-1]}", last.pose.yaw,
                     last.pose.position[2], solid=False, tint=tinted(PETALS, rng),
                     part_of=last)  # fmt: skip
        at += wide * float(rng.uniform(0.95, 1.5)) + 0.12


def _bush(
    site: Site, plot: Plot, place: tuple[float, float], size: tuple[float, float, float]
) -> bool:
    """Put a bush down, coarse if it is far away."""
    rng = site.rng
    style = str(rng.choice(["bush", "shrub"]))
    if plot.place(*place)[1] > FAR_TREES:
        style = "far_bush"
    name, turn = f"{style}{int(rng.integers(3))}", float(rng.uniform(0, 6.28))
    return put(site, plot, "bush", place, size, name, turn, tinted(GREENS, rng), LEVEL - 0.03)


def plant_lawn(site: Site, plot: Plot) -> None:
    """Draw single bushes on the lawn."""
    rng = site.rng
    for _ in range(int(rng.integers(1, 7))):
        wide = float(rng.uniform(0.5, 1.5))
        x = float(rng.uniform(-plot.width / 2 + 1, plot.width / 2 - 1))
        y = float(rng.uniform(1.4, max(1.5, plot.setback - 1.0)))
        _bush(site, plot, (x, y), (wide, wide, wide * float(rng.uniform(0.7, 1.1))))
