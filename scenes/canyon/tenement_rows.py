"""The houses of a street: two rows that face each other, and one across its end."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scenes.buildings.tenement_plan import CHARACTERS, TenementPlan, plan_tenement
from scenes.buildings.tenements import shop_top
from scenes.canyon.plan import Street
from scenes.spec import RGB, Pose, Prop
from scenes.things.footprint import Footprint
from scenes.things.site import Site

DEPTH = 12.0  # of houses [m]
Y_FIRST = -16.0  # where the rows begin, behind the sensors [m]
CORNER = 2.8  # from the last house to the kerb of the street at the end [m]
CLOSING = (-34.0, 40.0)  # from where to where the row across the end reaches [m]
CLEAR = 0.9  # that awnings keep from the kerb [m]
KERB = 0.13  # height of pavements [m]

# Widths [m], numbers of upper storeys, and how often by district: old, mixed, new.
SIZES: dict[str, tuple[tuple[float, float], tuple[int, int], tuple[float, float, float]]] = {
    "tenement": ((9.0, 17.0), (3, 5), (0.34, 0.2, 0.1)),
    "stucco": ((10.0, 19.0), (3, 5), (0.38, 0.24, 0.08)),
    "plain": ((10.0, 20.0), (3, 5), (0.06, 0.2, 0.26)),
    "grid": ((13.0, 24.0), (3, 6), (0.02, 0.1, 0.18)),
    "clad": ((12.0, 22.0), (3, 5), (0.02, 0.08, 0.16)),
    "office": ((13.0, 24.0), (4, 6), (0.0, 0.08, 0.18)),
    "shophouse": ((5.5, 9.5), (2, 3), (0.18, 0.1, 0.04)),
}
# Colours as factors on the looks' own; linear RGB.
WALLS: dict[str, tuple[RGB, ...]] = {
    "brick": (
        (0.85, 0.85, 0.9), (0.55, 0.6, 0.7), (0.95, 1.3, 1.4), (0.8, 1.05, 1.1), (0.7, 1.1, 1.3),
        (1.15, 1.6, 1.4), (0.62, 0.7, 0.62),
    ),
    "plaster": (
        (1.18, 1.12, 1.02), (1.3, 1.34, 1.5), (1.05, 0.85, 0.56), (1.1, 0.82, 0.74),
        (0.80, 1.0, 0.92), (0.78, 0.94, 1.22), (0.86, 0.54, 0.40), (1.18, 1.12, 0.82),
        (0.9, 0.93, 1.05), (0.72, 0.74, 0.78), (1.25, 1.22, 1.22),
    ),
    "cladding": ((1.0, 1.0, 1.0), (0.5, 0.5, 0.5), (1.6, 1.5, 1.35), (0.9, 0.62, 0.42),
                 (1.7, 1.7, 1.7), (0.6, 0.75, 0.8)),
    "concrete": ((1.0, 1.0, 1.0),),
}  # fmt: skip
PLAIN: RGB = (1.0, 1.0, 1.0)
TILES: tuple[RGB, ...] = (
    (1.0, 1.0, 1.0), (0.8, 0.75, 0.75), (0.42, 1.0, 1.75), (0.35, 0.85, 1.4), (0.6, 1.1, 1.5),
)  # fmt: skip
RAILS: tuple[RGB, ...] = (
    (0.12, 0.12, 0.13), (0.12, 0.12, 0.13), (0.5, 0.5, 0.52), (1.5, 1.5, 1.5), (0.10, 0.22, 0.14),
    (0.5, 0.3, 0.2),
)  # fmt: skip
PAINTS: tuple[RGB, ...] = (
    (0.06, 0.11, 0.09), (0.05, 0.06, 0.08), (0.24, 0.06, 0.06), (0.08, 0.13, 0.26),
    (0.85, 0.82, 0.74), (0.28, 0.24, 0.20), (0.42, 0.33, 0.14), (0.20, 0.32, 0.34),
    (0.46, 0.20, 0.10), (0.12, 0.12, 0.12), (0.45, 0.50, 0.52), (0.20, 0.10, 0.15),
    (0.95, 0.95, 0.95), (0.16, 0.20, 0.12), (0.60, 0.55, 0.45),
)  # fmt: skip
CLOTHS: tuple[RGB, ...] = (
    (0.40, 0.07, 0.06), (0.07, 0.18, 0.11), (0.9, 0.84, 0.68), (0.09, 0.13, 0.26),
    (0.62, 0.40, 0.14), (0.30, 0.30, 0.31), (0.32, 0.10, 0.11), (0.75, 0.72, 0.64),
)  # fmt: skip


@dataclass(frozen=True)
class Front:
    """One house's front, for what is put before it.

    Attributes:
        plan: Of the house.
        pose: Of the house.
    """

    plan: TenementPlan
    pose: Pose


def add_houses(site: Site, street: Street) -> list[Front]:
    """Put the houses down, and keep their ground free; return their fronts."""
    rng = site.rng
    district = int(rng.choice(3, p=[0.45, 0.4, 0.15]))
    fronts = []
    last = street.end - CORNER
    for side in (-1, 1):
        x = street.front(side)
        yaw = -side * np.pi / 2
        edges = _edges(Y_FIRST, last, district, rng)
        for y0, y1, style in edges:
            place = (x + side * (DEPTH / 2 + _setback(rng)), (y0 + y1) / 2)
            reach = street.pavements[(side + 1) // 2] - CLEAR
            fronts.append(_house(site, style, place, y1 - y0, float(yaw), reach))
        site.reserve(Footprint(x + side * 10.0, (Y_FIRST + last) / 2, 20.0, last - Y_FIRST))
    y = street.end + street.cross + 3.2
    for x0, x1, style in _edges(*CLOSING, district, rng):
        place = ((x0 + x1) / 2, y + DEPTH / 2 + _setback(rng))
        fronts.append(_house(site, style, place, x1 - x0, 0.0, 1.5))
    site.reserve(Footprint(sum(CLOSING) / 2, y + 10.0, CLOSING[1] - CLOSING[0], 20.0))
    return fronts


def _setback(rng: np.random.Generator) -> float:
    return float(rng.uniform(0.0, 0.22))


def _edges(
    start: float, end: float, district: int, rng: np.random.Generator
) -> list[tuple[float, float, str]]:
    """Divide a row from `start` to `end` [m] into houses: edges and styles, never two alike."""
    styles, chances = list(SIZES), np.array([size[2][district] for size in SIZES.values()])
    found: list[tuple[float, str]] = []
    while sum(width for width, _ in found) < end - start:
        last = found[-1][1] if found else ""
        weight = np.where([style == last for style in styles], 0.35, 1.0) * chances
        style = str(rng.choice(styles, p=weight / weight.sum()))
        found.append((float(rng.uniform(*SIZES[style][0])), style))
    scale = (end - start) / sum(width for width, _ in found)
    edges = start + np.concatenate([[0.0], np.cumsum([width for width, _ in found])]) * scale
    edges[-1] = end
    return [
        (float(a), float(b), style)
        for a, b, (_, style) in zip(edges[:-1], edges[1:], found, strict=True)
    ]


def _house(
    site: Site, style: str, place: tuple[float, float], width: float, yaw: float, reach: float
) -> Front:
    """Put one house down, with its roof, shop fronts, balconies and awnings."""
    rng, character = site.rng, CHARACTERS[style]
    _, storeys, _ = SIZES[style]
    n_upper = int(rng.integers(storeys[0], storeys[1] + 1))
    height = float(np.mean(character.ground) + n_upper * np.mean(character.storey) + 0.6)
    size = (width, DEPTH, height + float(rng.uniform(-0.3, 0.3)))
    tints = WALLS[character.wall]
    shade = float(rng.uniform(0.9, 1.08))
    tint = tints[int(rng.integers(len(tints)))]
    house = _put(site, "building", place, size, style, yaw, _times(tint, shade))
    plan = plan_tenement(house)
    tiles, rails = (colours[int(rng.integers(len(colours)))] for colours in (TILES, RAILS))
    trim = house.tint if plan.roof in ("parapet", "flat") else PLAIN
    for part, colour in (("tiles", tiles), ("trim", trim), ("balconies", rails)):
        _put(site, "building", place, size, f"{style}:{part}", yaw, colour, house)
        site.props[-1] = replace(site.props[-1], seed=house.seed)
    front = Front(plan, house.pose)
    if style != "office":
        _shops(site, front, house, reach)
    return front


def _shops(site: Site, front: Front, house: Prop, reach: float) -> None:
    """Put the shop fronts down that are part of a house, some with awnings."""
    rng, plan = site.rng, front.plan
    united = rng.random() < 0.25  # one shop behind all windows
    paint = PAINTS[int(rng.integers(len(PAINTS)))]
    top = shop_top(plan)
    for unit in plan.units:
        if unit.kind != "shop":
            continue
        if not united:
            paint = PAINTS[int(rng.integers(len(PAINTS)))]
        place = before(front, (unit.x0 + unit.x1) / 2, 0.0)
        size = (unit.x1 - unit.x0, 0.6, top)
        _put(site, "building", place, size, "shopfront", front.pose.yaw, _times(paint, 1.15),
             house)  # fmt: skip
        if rng.random() < 0.38 and reach > 0.9:
            out = min(reach, float(rng.uniform(1.0, 1.7)))
            cloth = CLOTHS[int(rng.integers(len(CLOTHS)))]
            style = "striped" if rng.random() < 0.3 else "even"
            size = (unit.x1 - unit.x0 - 0.3, out, top - 0.75)
            place = before(front, (unit.x0 + unit.x1) / 2, 0.13)
            _put(site, "awning", place, size, style, front.pose.yaw, _times(cloth, 1.2))


def before(front: Front, x: float, away: float) -> tuple[float, float]:
    """Return world x, y [m] of what is at `x` of a house's own frame, `away` before its front."""
    cos, sin = float(np.cos(front.pose.yaw)), float(np.sin(front.pose.yaw))
    y = front.plan.front - away
    px, py, _ = front.pose.position
    return px + cos * x - sin * y, py + sin * x + cos * y


def _put(
    site: Site, kind: str, place: tuple[float, float], size: tuple[float, float, float],
    style: str, yaw: float, tint: RGB, part_of: Prop | None = None,
) -> Prop:  # fmt: skip
    """Put a thing, or a part of one, down that shares its ground with others; return it."""
    site.add(kind, place, size, style, yaw, solid=False, tint=tint, part_of=part_of)
    return site.props[-1]


def _times(colour: RGB, factor: float) -> RGB:
    red, green, blue = (min(c * factor, 1.6) for c in colour)
    return red, green, blue
