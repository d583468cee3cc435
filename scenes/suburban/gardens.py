"""What stands on a plot: the house, hedges and fences, trees, bushes, flowers, bins, a shed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from scenes.buildings.house_plan import House
from scenes.buildings.house_sampling import draw_house
from scenes.spec import RGB, Pose, Prop
from scenes.suburban.plan import LEVEL
from scenes.suburban.planting import plant_bed, plant_hedge, plant_lawn, plant_trees
from scenes.suburban.plots import DEPTH, Plot, put
from scenes.suburban.tints import (
    BIN_TINTS,
    DOOR_TINTS,
    FENCE_TINTS,
    ROOF_TINTS,
    WALL_TINTS,
    WHITE,
    tinted,
)
from scenes.things.footprint import Footprint
from scenes.things.site import Site

CORNER_GAP = 0.15  # between what stands beside and behind a garden [m]
FAR_HOUSES = 44.0  # y from which on houses are modelled coarsely [m]
FRONTS = {  # what stands along a garden's front, with its shares
    "hedge": 0.32, "wall": 0.20, "picket": 0.14, "boards": 0.07, "rail": 0.07, "": 0.20,
}  # fmt: skip


def furnish_plots(
    plots: Sequence[Plot], verges: Iterable[Footprint], ids: Iterator[int], rng: np.random.Generator
) -> list[Site]:
    """Draw what stands on the plots: houses and edges of all first, then what yields to those.

    Args:
        plots: With their houses.
        verges: What stands beside them along the street.
        ids: The next object ids.
        rng: The sequence's stream.

    Returns:
        One site for each plot.
    """
    sites, along = [Site(ids, rng) for _ in plots], list(verges)
    for site, plot in zip(sites, plots, strict=True):
        site.keep_off(along)
        _build(site, plot, ids)
    for site, plot in zip(sites, plots, strict=True):
        site.keep_off(place for other in sites if other is not site for place in other.taken)
        _plant(site, plot)
    return sites


def _build(site: Site, plot: Plot, ids: Iterator[int]) -> None:
    """Draw a plot's house and its edges."""
    house = plot.house
    _reserve(site, plot, house)
    place = plot.place(plot.house_x, plot.setback + house.depth / 2)
    site.props += house_props(plot.seed, place, plot.yaw, ids, site.rng)
    _front_edge(site, plot)
    _side_edge(site, plot)
    _side_gates(site, plot, house)


def _plant(site: Site, plot: Plot) -> None:
    """Draw what stands and grows in a garden."""
    rng, house = site.rng, plot.house
    _pots(site, plot, house)
    plant_trees(site, plot, house)
    for bed in plot.beds:
        plant_bed(site, plot, bed)
    plant_lawn(site, plot)
    _bins(site, plot)
    if rng.random() < 0.4:
        x = float(rng.uniform(-0.3, 0.3)) * plot.width
        size = (float(rng.uniform(2.0, 3.0)), 1.9, float(rng.uniform(2.0, 2.4)))
        put(site, plot, "shed", (x, DEPTH - 2.5), size, "garden", tint=tinted(FENCE_TINTS, rng))


def house_props(
    seed: int, place: tuple[float, float], yaw: float, ids: Iterator[int], rng: np.random.Generator,
    far: bool = False,
) -> list[Prop]:  # fmt: skip
    """Return a house: its walls, its roof and its doors, each in a colour of its own."""
    house, pose, number = draw_house(seed), Pose((place[0], place[1], LEVEL), yaw), next(ids)
    walls = "house_far" if far or place[1] > FAR_HOUSES else "house"
    parts = {
        walls: tinted(WALL_TINTS[house.wall[0]], rng),
        "house_roof": tinted(ROOF_TINTS, rng),
        "house_doors": tinted(DOOR_TINTS, rng),
    }
    return [
        Prop(number, "building", pose, house.size, style, seed, tint)
        for style, tint in parts.items()
    ]


def _reserve(site: Site, plot: Plot, house: House) -> None:
    """Keep house, ways and drives free."""
    front, x = plot.setback, plot.house_x
    rects = [(x + house.x0, x + house.x1, front, front + house.depth)]
    for column in house.columns:
        if column.out:
            rects.append((x + column.x0, x + column.x1, front - column.out, front))
        elif column.kind == "door":
            out = 1.35 if house.porch else 0.9
            rects.append((x + column.middle - 1.1, x + column.middle + 1.1, front - out, front))
    if house.garage:
        y = front + house.garage.back
        rects.append((x + house.garage.x0, x + house.garage.x1, y, y + house.garage.depth))
    rects += [(s.x0, s.x1, s.y0, s.y1) for s in (*plot.drives, *plot.paths)]
    for rect in rects:
        site.reserve(plot.footprint(*rect))


def _front_edge(site: Site, plot: Plot) -> None:
    """Draw what stands along the front, with gaps for ways and drives, and gates."""
    rng = site.rng
    style = str(rng.choice(list(FRONTS), p=list(FRONTS.values())))
    edge, stop = -plot.width / 2 + 0.05, plot.width / 2 - 0.05
    height = {"hedge": rng.uniform(0.7, 1.5), "wall": rng.uniform(0.45, 0.9),
              "picket": rng.uniform(0.8, 1.1), "boards": rng.uniform(1.1, 1.5),
              "rail": rng.uniform(0.8, 1.1), "": 0.0}[style]  # fmt: skip
    tints = _edge_tints(style, rng)
    material = str(rng.choice(["brick", "brick", "concrete", "plaster"]))
    gates = bool(rng.random() < 0.6)
    gate = tinted(FENCE_TINTS, rng) if style == "wall" else tints
    for x0, x1 in [*plot.openings, (stop, stop)]:
        if style and x0 - edge > 0.9:
            middle, long = (edge + x0) / 2, x0 - edge - 0.24
            if style == "wall":
                put(site, plot, "wall", (middle, 0.3), (long, 0.24, height), material, tint=tints)
                if rng.random() < 0.35:
                    tall = float(rng.uniform(0.6, 1.0))
                    plant_hedge(site, plot, (middle, 0.85), (long, 0.5, height + tall))
            elif style == "hedge":
                plant_hedge(
                    site, plot, (middle, 0.5), (long, float(rng.uniform(0.5, 0.75)), height)
                )
            else:
                put(site, plot, "fence", (middle, 0.25), (long, 0.08, height), style, tint=tints)
        if style and gates and 0.5 < x1 - x0 < 1.6:
            size = (x1 - x0 + 0.2, 0.06, max(0.8, 0.9 * height))
            site.add("fence", plot.place((x0 + x1) / 2, 0.25), size, "gate", plot.yaw, LEVEL,
                     solid=False, tint=gate)  # fmt: skip
        edge = x1


def _edge_tints(style: str, rng: np.random.Generator) -> RGB:
    if style == "wall":
        return tinted(WALL_TINTS["brick"][:6], rng)
    if style in ("picket", "rail") and rng.random() < 0.6:
        return WHITE
    return tinted(FENCE_TINTS, rng)


def _side_edge(site: Site, plot: Plot) -> None:
    """Draw what stands between a plot and the next one, before and behind the houses."""
    rng, x = site.rng, plot.width / 2
    choice, y1 = rng.random(), plot.setback - 0.3
    middle, long, turn = (1.2 + y1) / 2, y1 - 1.2, np.pi / 2
    if choice < 0.35:
        plant_hedge(site, plot, (x, middle), (long, 0.42, float(rng.uniform(0.7, 1.5))), turn)
    elif choice < 0.7:
        style = str(rng.choice(["picket", "boards", "rail"]))
        size = (long, 0.06, float(rng.uniform(0.8, 1.2)))
        put(site, plot, "fence", (x, middle), size, style, turn, _edge_tints(style, rng))
    y0, y1 = plot.setback + 0.2, DEPTH - CORNER_GAP
    size = (y1 - y0, 0.06, float(rng.uniform(1.6, 1.9)))
    tint = tinted(FENCE_TINTS, rng)
    if rng.random() < 0.7:
        put(site, plot, "fence", (x, (y0 + y1) / 2), size, "boards", turn, tint)
    else:
        plant_hedge(site, plot, (x, (y0 + y1) / 2), (size[0], 0.42, size[2]), turn)
    size = (plot.width - 0.3, 0.06, size[2])
    put(site, plot, "fence", (0.0, DEPTH), size, "boards", 0.0, tint)


def _side_gates(site: Site, plot: Plot, house: House) -> None:
    """Close the gaps beside a house towards its back garden."""
    rng, y = site.rng, plot.setback + float(site.rng.uniform(1.2, 3.0))
    tint, (x0, x1) = tinted(FENCE_TINTS, rng), house.ends
    for a, b in ((-plot.width / 2 + 0.1, plot.house_x + x0), (plot.house_x + x1, plot.width / 2)):
        if b - a > 0.6:
            size = (b - a - 0.34, 0.06, 1.75)
            put(site, plot, "fence", ((a + b) / 2, y), size, "boards", 0.0, tint)


def _pots(site: Site, plot: Plot, house: House) -> None:
    rng = site.rng
    for column in house.columns:
        if column.kind == "door" and rng.random() < 0.5:
            for side in (-1, 1):
                x = plot.house_x + column.middle + side * 1.4
                wide = float(rng.uniform(0.3, 0.42))
                size = (wide, wide, float(rng.uniform(0.5, 1.1)))
                put(site, plot, "planter", (x, plot.setback - 0.4), size, "pot")


def _bins(site: Site, plot: Plot) -> None:
    """Draw wheeled bins beside a drive, near the house."""
    rng = site.rng
    if not plot.drives or rng.random() < 0.35:
        return
    drive = plot.drives[int(rng.integers(len(plot.drives)))]
    edge = drive.x0 - 0.5 if drive.x1 > plot.width / 2 - 1 else drive.x1 + 0.5
    y = plot.setback + float(rng.uniform(-0.6, 0.6))
    for k in range(int(rng.integers(1, 4))):
        size = (0.58, 0.62, float(rng.uniform(1.0, 1.12)))
        put(site, plot, "bin", (edge, y - 0.75 * k), size, "",
             np.pi / 2 + float(rng.uniform(-0.15, 0.15)), tinted(BIN_TINTS, rng))  # fmt: skip
