"""What is seen behind the gardens of a residential street: other streets' houses, trees, woods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from scenes.buildings.house_sampling import draw_house
from scenes.spec import Prop
from scenes.suburban.gardens import house_props
from scenes.suburban.ground import CROSS_PAVEMENT, REACH, TURNING
from scenes.suburban.plan import CROSS_WIDTH, LEVEL, Suburb
from scenes.suburban.plots import DEPTH
from scenes.suburban.tints import GREENS, tinted
from scenes.things.footprint import Footprint
from scenes.things.site import Site


def beyond(
    suburb: Suburb, taken: Iterable[Footprint], ids: Iterator[int], rng: np.random.Generator
) -> list[Prop]:
    """Draw the houses of other streets, the trees between them, and the woods behind.

    Args:
        suburb: The street.
        taken: Where something stands already: no tree grows there.
        ids: The next object ids.
        rng: The sequence's stream.
    """
    site, houses, trees = Site(ids, rng), [], []
    site.keep_off(taken)
    for verge in suburb.sides:
        across, yaw = verge.front + DEPTH + 9.0, -verge.sign * np.pi / 2
        y = float(rng.uniform(16, 22))
        while y < suburb.y_end - 8:
            seed = int(rng.integers(2**31))
            x = suburb.x(verge.sign, across + float(rng.uniform(0, 4)))
            side_road = suburb.side_road
            crossing = side_road and side_road[0] == verge.sign and abs(side_road[1] - y) < 28
            if not crossing:
                houses.append((seed, (x + verge.sign * draw_house(seed).depth / 2, y), yaw))
            for _ in range(2):
                tall = float(rng.uniform(6, 10))
                place = (x - verge.sign * float(rng.uniform(3, 6)), y + float(rng.uniform(6, 10)))
                if not (side_road and abs(place[1] - side_road[1]) < 7):
                    trees.append((place, tall))
            y += float(rng.uniform(15, 22))
    if suburb.side_road:
        sign, at = suburb.side_road
        houses.append(
            (int(rng.integers(2**31)), (suburb.x(sign, REACH + 9.0), at), -sign * np.pi / 2)
        )
        for side in (-1, 1):
            across = (suburb.right if sign > 0 else suburb.left).front + DEPTH + 9.0
            while across < REACH - 8:
                seed, back = int(rng.integers(2**31)), CROSS_WIDTH / 2 + float(rng.uniform(8, 10))
                y = at + side * (back + draw_house(seed).depth / 2)
                houses.append((seed, (suburb.x(sign, across), y), 0.0 if side > 0 else np.pi))
                trees.append(((suburb.x(sign, across - 7.5), at + side * 16.0), 7.0))
                across += float(rng.uniform(16, 19))
    y = suburb.y_end + CROSS_WIDTH + CROSS_PAVEMENT + DEPTH + 8.0 + TURNING
    for x in np.arange(-38, 39, 19.0) + suburb.middle + rng.uniform(-3, 3, 5):
        seed = int(rng.integers(2**31))
        houses.append((seed, (float(x), y + draw_house(seed).depth / 2), 0.0))
        trees.append(((float(x) + 9.5, y + float(rng.uniform(-4, 4))), float(rng.uniform(6, 11))))
    if suburb.end == "close":
        for sign in (-1, 1):
            for k in range(3):
                place = suburb.x(sign, 13.0 + 4 * k), suburb.y_end + float(rng.uniform(2, 11))
                trees.append((place, float(rng.uniform(5, 8))))
    standing, gardens = [], []
    for seed, place, yaw in houses:
        house = draw_house(seed)
        wide, deep = 2 * max(-house.ends[0], house.ends[1]), house.depth + 2 * house.out
        spot = Footprint(*place, wide, deep, yaw)
        if site.has_room(spot):
            site.reserve(spot)
            standing.append((seed, place, yaw))
            gardens.append(Footprint(*place, wide + 3.0, deep + 3.0, yaw))
    for garden in gardens:
        site.reserve(garden)
    for place, tall in trees:
        _far_tree(site, place, tall)
    tall = float(rng.uniform(9, 14))
    site.add("tree", (suburb.middle, y + 40), (240.0, 12.0, tall), "wood", 0.0, 0.0)
    for sign in (-1, 1):
        x = suburb.middle + sign * 105.0
        site.add("tree", (x, 75.0), (130.0, 10.0, tall), "wood", -sign * np.pi / 2, 0.0)
    props = list(site.props)
    for seed, place, yaw in standing:
        props += house_props(seed, place, yaw, ids, rng, far=True)
    return props


def _far_tree(site: Site, place: tuple[float, float], tall: float) -> None:
    rng = site.rng
    style = str(rng.choice(["far", "far_oval", "far_conifer"], p=[0.6, 0.25, 0.15]))
    wide = tall * {"far": 0.64, "far_oval": 0.5, "far_conifer": 0.42}[style]
    name = f"{style}{int(rng.integers(4))}"
    site.add("tree", place, (wide, wide, tall), name, float(rng.uniform(0, 6.28)), LEVEL,
             tint=tinted(GREENS, rng))  # fmt: skip
