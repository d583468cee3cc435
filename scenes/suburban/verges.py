"""What stands along a residential street between the kerbs and the gardens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from scenes.suburban.plan import CORNER, CROSS_WIDTH, LEVEL, Suburb, Verge
from scenes.suburban.plots import Interval, Plot, crossings
from scenes.suburban.tints import BIN_TINTS, CABINET_TINTS, GREENS, POST_TINTS, RED, tinted
from scenes.things.footprint import Footprint
from scenes.things.site import Site


def furnish_verges(
    suburb: Suburb, plots: Sequence[Plot], ids: Iterator[int], rng: np.random.Generator
) -> list[Site]:
    """Draw lamps, trees, poles, signs and what else stands between kerb and gardens.

    Returns:
        A site for the carriageway, one for either side.
    """
    made = [_iron(suburb, ids, rng)]
    drives = crossings(plots)
    collection = bool(rng.random() < 0.3)
    for verge in suburb.sides:
        site = Site(ids, rng)
        own = [(y0, y1) for sign, y0, y1 in drives if sign == verge.sign]
        middle = suburb.x(verge.sign, (verge.kerb + verge.front) / 2)
        for y0, y1 in own:
            site.reserve(Footprint(middle, (y0 + y1) / 2, verge.front - verge.kerb, y1 - y0))
        if suburb.side_road and suburb.side_road[0] == verge.sign:
            site.reserve(Footprint(middle, suburb.side_road[1], 3.0, CROSS_WIDTH + 2 * CORNER))
        _lamps(site, suburb, verge)
        _signs(site, suburb, verge)
        if verge.sign != suburb.post and verge.grass >= 0.9 and rng.random() < 0.75:
            _alley(site, suburb, verge)
        _poles(site, suburb, verge)
        if collection:
            _collection(site, suburb, verge, own)
        made.append(site)
    return made


def _iron(suburb: Suburb, ids: Iterator[int], rng: np.random.Generator) -> Site:
    """Draw gratings along the kerbs and covers in the carriageway."""
    site = Site(ids, rng)
    for verge in suburb.sides:
        x = suburb.x(verge.sign, verge.kerb - 0.2)
        for y in np.arange(rng.uniform(9, 20), suburb.y_end - 8, 23.0).tolist():
            size = (0.5, 0.32, 0.006)
            site.add("cover", (x, y), size, "gully", np.pi / 2, solid=False)
    for y in np.arange(rng.uniform(10, 26), suburb.y_end - 8, rng.uniform(19, 34)).tolist():
        place = suburb.middle + float(rng.uniform(-1, 1)), y
        site.add("cover", place, (0.66, 0.66, 0.006), "inlaid", solid=False)
    return site


def _lamps(site: Site, suburb: Suburb, verge: Verge) -> None:
    rng = site.rng
    if verge.sign != suburb.post and rng.random() < 0.3:
        return
    tint = POST_TINTS[int(rng.integers(len(POST_TINTS)))]
    tall, reach = float(rng.uniform(5.2, 7.0)), float(rng.uniform(0.7, 1.3))
    start = 26.0 if verge.sign == suburb.post else float(rng.uniform(11, 24))
    step = float(rng.uniform(25, 32))
    for y in np.arange(start, suburb.y_end - 5, step).tolist():
        for shift in (0.0, 1.5, -1.5, 3.0):
            x = suburb.x(verge.sign, verge.kerb + 0.45)
            yaw = np.pi if verge.sign > 0 else 0.0
            if site.add("lamp", (x, y + shift), (reach, 0.2, tall), "", yaw, LEVEL, tint=tint):
                break


def _signs(site: Site, suburb: Suburb, verge: Verge) -> None:
    """Draw signs, street names at corners, boxes of the post and of the telephone."""
    rng = site.rng
    back, kerb = verge.front - 0.3, verge.kerb + 0.4
    y_end = suburb.y_end
    if rng.random() < 0.5:
        x, y = suburb.x(verge.sign, kerb), float(rng.uniform(13, 42))
        style = str(rng.choice(["round", "round", ""]))
        size = (0.6, 0.06, float(rng.uniform(2.3, 2.6)))
        tint = (0.55, 0.012, 0.02) if style == "round" else (1.0, 1.0, 1.0)
        site.add("sign", (x, y), size, style, np.pi, LEVEL, tint=tint)
    if rng.random() < 0.7:
        x = suburb.x(verge.sign, back)
        site.add("sign", (x, y_end - 3.2), (1.0, 0.1, 0.9), "name", np.pi / 2 * verge.sign, LEVEL)
    if suburb.side_road and suburb.side_road[0] == verge.sign:
        y = suburb.side_road[1] + CROSS_WIDTH / 2 + CORNER + 0.6
        x = suburb.x(verge.sign, back)
        site.add("sign", (x, y), (1.0, 0.1, 0.9), "name", np.pi, LEVEL)
    facing = -verge.sign * np.pi / 2
    if rng.random() < 0.35:
        x, y = suburb.x(verge.sign, back), float(rng.uniform(12, 45))
        size = (float(rng.uniform(0.7, 1.2)), 0.38, float(rng.uniform(1.0, 1.35)))
        site.add("cabinet", (x, y), size, "street", facing, LEVEL,
                 tint=tinted(CABINET_TINTS, rng))  # fmt: skip
    if rng.random() < 0.15:
        x, y = suburb.x(verge.sign, kerb), float(rng.uniform(14, 40))
        site.add("post_box", (x, y), (0.48, 0.48, 1.5), "pillar", facing, LEVEL, tint=RED)


def _alley(site: Site, suburb: Suburb, verge: Verge) -> None:
    """Draw trees in the grass beside the road, their crowns above what drives there."""
    rng = site.rng
    x = suburb.x(verge.sign, verge.kerb + verge.grass / 2)
    step, tint = float(rng.uniform(9, 17)), tinted(GREENS, rng)
    for y in np.arange(float(rng.uniform(17, 24)), suburb.y_end - 6, step).tolist():
        if rng.random() < 0.15:
            continue
        tall = float(rng.uniform(6.8, 8.8))
        wide = tall * float(rng.uniform(0.38, 0.46))
        style = f"{'alley' if y < 40 else 'far_alley'}{int(rng.integers(4))}"
        place, turn = (x, y + float(rng.uniform(-1.5, 1.5))), float(rng.uniform(0, 6.28))
        site.add("tree", place, (wide, wide, tall), style, turn, LEVEL, tint=tint)


def _poles(site: Site, suburb: Suburb, verge: Verge) -> None:
    rng = site.rng
    if rng.random() < 0.3:
        x = suburb.x(verge.sign, verge.front - 0.25)
        tall = float(rng.uniform(7.2, 8.6))
        for y in np.arange(float(rng.uniform(17, 34)), suburb.y_end, 38.0).tolist():
            site.add("pole", (x, y), (0.26, 0.26, tall), "telegraph", 0.0, LEVEL)


def _collection(site: Site, suburb: Suburb, verge: Verge, drives: list[Interval]) -> None:
    """Put bins on the pavement beside the drives: it is the day they are emptied."""
    rng, tint = site.rng, tinted(BIN_TINTS, site.rng)
    x = suburb.x(verge.sign, verge.front - 0.5)
    for y0, y1 in drives:
        for k in range(int(rng.integers(0, 3))):
            y = (y1 + 0.5 + 0.75 * k) if rng.random() < 0.5 else (y0 - 0.5 - 0.75 * k)
            if 5 < y < suburb.y_end - 4:
                site.add("bin", (x, y), (0.58, 0.62, 1.07), "",
                         -verge.sign * np.pi / 2 + float(rng.uniform(-0.25, 0.25)), LEVEL,
                         tint=tint if rng.random() < 0.7 else tinted(BIN_TINTS, rng))  # fmt: skip
