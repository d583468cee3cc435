"""What stands on the pavements of a street: trees, lamps, signs, seats, bicycles, tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scenes.canyon.plan import Street
from scenes.canyon.tenement_rows import CLOTHS, KERB, PAINTS, Front, before
from scenes.spec import RGB
from scenes.things.footprint import Footprint
from scenes.things.site import FAR_TREES, Site

Y_BACK = -20.0  # where pavements begin, behind the sensors [m]
START = 6.0  # y from which on things stand on pavements [m]
FREE = 13.0  # no tree stands nearer on the sensors' own pavement [m]
POLES = 0.45  # of poles behind the kerb [m]
WALK = 1.25  # kept free for walking between tables and what stands at the kerb [m]
TREE_ROW = 3.2  # width of a pavement that has trees [m]
CROWN = 0.3  # where crowns begin, over the trees' height
IRON: tuple[RGB, ...] = (
    (0.12, 0.12, 0.13),
    (0.25, 0.26, 0.28),
    (0.10, 0.20, 0.14),
    (0.8, 0.8, 0.8),
)
WOODS: tuple[RGB, ...] = ((1.0, 1.0, 1.0), (1.8, 1.5, 1.2), (2.6, 2.4, 2.2), (0.5, 0.9, 0.6))


def furnish_street(
    site: Site,
    street: Street,
    fronts: Sequence[Front],
    watched: Sequence[tuple[float, ...]],
    eye: float,
) -> None:
    """Put down everything on the pavements.

    Args:
        site: With the houses.
        street: The street.
        fronts: Of the houses.
        watched: x, y [m] of the target at times, to which the sight from the post stays free.
        eye: Height of the sensors [m].
    """
    _pavements(site, street)
    site.reserve(Footprint(0.0, 0.0, 1.2, 1.2))  # the sensors' own post
    rng = site.rng
    iron = IRON[int(rng.integers(len(IRON)))]
    lamps = int(rng.integers(3))  # on the left, on the right, or on both sides in turn
    for side in (-1, 1):
        if lamps == 2 or (lamps == 0) == (side < 0):
            _lamps(site, street, side, iron)
        if street.pavements[(side + 1) // 2] > TREE_ROW and rng.random() < 0.6:
            _trees(site, street, side, watched, eye)
    for front in fronts:
        _before_house(site, street, front)
    for side in (-1, 1):
        _at_kerb(site, street, side, iron)
    _covers(site, street)


def _pavements(site: Site, street: Street) -> None:
    long = street.end - Y_BACK
    for side in (-1, 1):
        wide = street.pavements[(side + 1) // 2] + 0.5  # reaches under the houses' fronts
        x = street.kerb(side) + side * wide / 2
        site.add("kerb", (x, Y_BACK + long / 2), (long, wide, KERB), "pavement", np.pi / 2,
                 solid=False)  # fmt: skip
    y = street.end + street.cross
    site.add("kerb", (3.0, y + 1.8), (76.0, 3.6, KERB), "pavement", solid=False)


def _lamps(site: Site, street: Street, side: int, iron: RGB) -> None:
    """Put lamps down whose arms reach over the road."""
    rng = site.rng
    tall, step = float(rng.uniform(6.5, 8.5)), float(rng.uniform(20.0, 28.0))
    x = street.kerb(side) + side * POLES
    yaw = 0.0 if side < 0 else np.pi
    for y in np.arange(rng.uniform(9.0, 24.0), street.end - 2.0, step):
        site.add("lamp", (x, y), (1.5, 0.2, tall), yaw=yaw, base=KERB, tint=iron)


def _trees(
    site: Site, street: Street, side: int, watched: Sequence[tuple[float, ...]], eye: float
) -> None:
    """Put a row of trees down, none of which hides the target."""
    rng = site.rng
    step, away = float(rng.uniform(7.5, 12.0)), 0.85
    x = street.kerb(side) + side * away
    room = street.pavements[(side + 1) // 2] - away - 0.9  # from the trunk to the balconies
    start = FREE if side == street.post else START + 1.0
    tall = float(rng.uniform(6.0, 8.5))
    for y in np.arange(start + rng.uniform(0, step), street.end - 3.0, step):
        high = tall * float(rng.uniform(0.88, 1.1))
        wide = min(high * float(rng.uniform(0.5, 0.66)), 2 * room)
        if wide < 2.2 or hides((x, float(y)), wide / 2, high + KERB, watched, eye):
            continue
        style = f"{'broad' if y < FAR_TREES else 'far'}{int(rng.integers(4))}"
        turn = float(rng.uniform(0, 2 * np.pi))
        shade = float(rng.uniform(0.62, 0.9))
        tint = (shade * float(rng.uniform(0.85, 1.2)), 0.86 * shade, shade)
        if site.add("tree", (x, y), (wide, wide, high), style, turn, KERB, tint=tint):
            site.add("cover", (x, y), (1.3, 1.3, 0.015), "grate", base=KERB, solid=False)


def hides(
    place: tuple[float, float],
    radius: float,
    top: float,
    watched: Sequence[tuple[float, ...]],
    eye: float,
) -> bool:
    """Return whether a crown stands between the sensors and one of the places watched.

    Args:
        place: x and y of the trunk [m].
        radius: Of the crown [m].
        top: Height of the tree's top [m].
        watched: x and y [m] of places.
        eye: Height of the sensors [m].
    """
    trunk = np.array(place)
    for x, y in (spot[:2] for spot in watched):
        spot = np.array([x, y])
        share = float(np.clip(trunk @ spot / (spot @ spot), 0.0, 1.0))
        beside = float(np.hypot(*(trunk - share * spot)))
        height = eye + share * (0.8 - eye)
        if beside < radius + 0.8 and CROWN * top - 0.8 < height < top + 0.5:
            return True
    return False


def _before_house(site: Site, street: Street, front: Front) -> None:
    """Put tables, boards and planters down before the shops and doors of a house."""
    rng, plan, yaw = site.rng, front.plan, front.pose.yaw
    side = -1 if yaw > 0 else 1
    width = street.pavements[(side + 1) // 2]
    if abs(yaw) < 1.0:  # in the row across the end
        return
    for unit in plan.units:
        wide = unit.x1 - unit.x0
        choice = rng.random()
        if unit.kind == "shop" and choice < 0.24 and width > 3.3 and wide > 3.5:
            _cafe(site, street, front, (unit.x0 + 0.7, unit.x1 - 0.7), width)
        elif unit.kind == "shop" and choice < 0.45:
            place = before(front, float(rng.uniform(unit.x0 + 0.8, unit.x1 - 0.8)), 0.75)
            turn = yaw + float(rng.uniform(-0.4, 0.4)) + np.pi / 2
            if place[1] > START:
                paint = PAINTS[int(rng.integers(len(PAINTS)))]
                site.add("board", place, (0.6, 0.5, 0.95), "folding", turn, KERB, tint=paint)
        elif unit.kind in ("shop", "door") and choice < 0.62:
            for x in (unit.x0 + 0.35, unit.x1 - 0.35):
                place, edge = before(front, x, 0.55), float(rng.uniform(0.45, 0.6))
                if place[1] > START:
                    size = (edge, edge, float(rng.uniform(0.9, 1.4)))
                    site.add("planter", place, size, "tub", yaw, KERB)
        elif unit.kind in ("wall", "window", "gate") and choice < 0.16:
            place = before(front, (unit.x0 + unit.x1) / 2, 0.6)
            if place[1] > START:
                tint = ((1.0, 1.0, 1.0), (2.0, 6.0, 2.0), (2.0, 3.0, 7.0))[int(rng.integers(3))]
                site.add("bin", place, (0.58, 0.55, 1.05), yaw=yaw, base=KERB, tint=tint)


def _cafe(
    site: Site, street: Street, front: Front, span: tuple[float, float], width: float
) -> None:
    """Put a row of tables down, some under parasols."""
    rng, yaw = site.rng, front.pose.yaw
    away = min(1.0, width - WALK - 1.0)
    cloth = CLOTHS[int(rng.integers(len(CLOTHS)))]
    wood = WOODS[int(rng.integers(len(WOODS)))]
    shaded = rng.random() < 0.6
    step = 2.1 if shaded else 1.9
    for x in np.arange(span[0] + 0.7, span[1] - 0.5, step):
        place = before(front, float(x), away)
        if place[1] < START:
            continue
        turn = yaw + float(rng.uniform(-0.15, 0.15))
        if site.add("table", place, (1.65, 0.72, 0.9), "cafe", turn, KERB, tint=wood) and shaded:
            wide = float(rng.uniform(1.7, 1.9))
            place = before(front, float(x), away + 0.5)
            site.add("awning", place, (wide, wide, 2.45), "parasol", yaw, KERB, solid=False,
                     tint=cloth)  # fmt: skip


def _at_kerb(site: Site, street: Street, side: int, iron: RGB) -> None:
    """Put bollards, bicycles, seats and other things down along a kerb."""
    rng, kerb, out = site.rng, street.kerb(side), float(side)
    if rng.random() < 0.28 and street.pavements[(side + 1) // 2] > 3.4:
        y = float(rng.uniform(18, 45))
        site.add("shelter", (kerb + out * 1.1, y), (4.0, 1.3, 2.5), "bus", -side * np.pi / 2, KERB,
                 tint=iron)  # fmt: skip
        site.add("sign", (kerb + out * POLES, y - 3.0), (0.5, 0.1, 2.7), "traffic", 0.0, KERB)
    if street.crossing is not None:
        for y in (street.crossing - 2.4, street.crossing + 2.4):
            site.add("sign", (kerb + out * POLES, y), (0.6, 0.1, 2.9), "traffic",
                     0.0 if side > 0 else np.pi, KERB)  # fmt: skip
    guarded = rng.random()
    if guarded < 0.45:
        first, n = float(rng.uniform(START, 40)), int(rng.integers(5, 14))
        for y in first + float(rng.uniform(1.4, 1.9)) * np.arange(n):
            site.add("bollard", (kerb + out * 0.35, y), (0.13, 0.13, 0.95), base=KERB, tint=iron)
    y = START + float(rng.uniform(0.5, 4.0))
    while y < street.end - 3.0:
        y += _one_thing(site, street, side, y, iron) + float(rng.uniform(1.0, 7.0))


def _one_thing(site: Site, street: Street, side: int, y: float, iron: RGB) -> float:
    """Put one thing or a group of them down at a kerb; return how far it reaches along it [m]."""
    rng, kerb = site.rng, street.kerb(side)
    choice, road = rng.random(), side * np.pi / 2
    width = street.pavements[(side + 1) // 2]
    if choice < 0.22 and width > 3.2:
        return _bicycles(site, kerb + side * 1.25, y, iron)
    if choice < 0.34:
        site.add("bench", (kerb + side * 0.7, y + 0.9), (1.8, 0.6, 0.85), "slats", -road, KERB,
                 tint=WOODS[int(rng.integers(len(WOODS)))])  # fmt: skip
        return 1.8
    if choice < 0.48:
        face = np.pi if side < 0 else 0.0
        site.add("sign", (kerb + side * POLES, y), (0.55, 0.1, float(rng.uniform(2.4, 2.9))),
                 "traffic", face, KERB)  # fmt: skip
        return 0.6
    if choice < 0.62:
        size = (float(rng.uniform(0.7, 1.5)), 0.38, float(rng.uniform(1.0, 1.35)))
        grey = float(rng.uniform(0.35, 0.9))
        site.add("cabinet", (kerb + side * 0.5, y + 0.8), size, "street", road, KERB,
                 tint=(grey, grey * 1.05, grey))  # fmt: skip
        return 1.6
    if choice < 0.78:
        tint = ((1.5, 1.6, 1.5), (1.2, 5.0, 2.0), (8.0, 3.0, 1.0))[int(rng.integers(3))]
        site.add("bin", (kerb + side * 0.55, y), (0.45, 0.45, 0.95), yaw=road, base=KERB, tint=tint)
        return 0.6
    if choice < 0.84:
        tint = ((0.75, 0.05, 0.05), (1.3, 0.95, 0.05), (0.06, 0.2, 0.6))[int(rng.integers(3))]
        site.add("post_box", (kerb + side * 0.6, y), (0.44, 0.44, 1.45), "pillar", -road, KERB,
                 tint=tint)  # fmt: skip
        return 0.6
    if width > 3.0:
        edge, high = float(rng.uniform(0.7, 1.1)), float(rng.uniform(0.9, 1.3))
        site.add("planter", (kerb + side * 0.8, y + 0.5), (edge, edge, high), "tub", road, KERB)
        return 1.1
    return 0.5


def _bicycles(site: Site, x: float, y: float, iron: RGB) -> float:
    """Put a row of hoops down across the pavement's edge, most with a bicycle leaning on them."""
    rng, n = site.rng, int(site.rng.integers(3, 7))
    for k in range(n):
        at = y + 0.9 * k
        slant = float(rng.uniform(-0.06, 0.06))
        if not site.add("rack", (x, at), (0.75, 0.06, 0.8), "hoop", slant, KERB, tint=iron):
            continue
        if rng.random() < 0.65:
            red, green, blue = (2 * part for part in PAINTS[int(rng.integers(len(PAINTS)))])
            yaw = slant + float(rng.choice([0.0, np.pi]))
            place = (x + float(rng.uniform(-0.1, 0.1)), at + 0.35)
            site.add("bicycle", place, (1.72, 0.34, 1.05), "city", yaw, KERB,
                     tint=(red, green, blue))  # fmt: skip
    return 0.9 * n


def _covers(site: Site, street: Street) -> None:
    """Put lids of manholes on the road and drains at the kerbs."""
    rng = site.rng
    x0, x1 = street.drive
    for y in np.arange(rng.uniform(7, 20), street.end, rng.uniform(14, 26)):
        x = float(rng.uniform(x0 + 0.5, x1 - 0.5))
        site.add("cover", (x, y), (0.66, 0.66, 0.006), "manhole", solid=False, tint=(0.3, 0.3, 0.3))
    for side in (-1, 1):
        for y in np.arange(rng.uniform(7, 20), street.end, rng.uniform(16, 24)):
            x = street.kerb(side) - side * 0.25
            site.add("cover", (x, y), (0.5, 0.32, 0.006), "drain", np.pi / 2, solid=False,
                     tint=(0.3, 0.3, 0.3))  # fmt: skip
