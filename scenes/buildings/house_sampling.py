"""Draws what a house is like, from one seed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from scenes.buildings.facade import Joinery
from scenes.buildings.house_plan import FLOOR, Column, Garage, House

# Kinds of houses: their share, and the least and greatest widths of the pieces of their fronts [m].
KINDS: dict[str, tuple[float, tuple[tuple[str, float, float], ...]]] = {
    "plain": (0.16, (("window", 2.7, 3.4), ("door", 1.9, 2.5), ("window", 2.7, 3.4))),
    "narrow": (0.13, (("door", 2.0, 2.4), ("bay", 3.3, 4.2))),
    "wing": (0.20, (("wing", 3.4, 4.4), ("door", 2.0, 2.7), ("window", 2.7, 3.6))),
    "semi": (0.16, (("door", 2.0, 2.3), ("bay", 3.2, 3.8), ("bay", 3.2, 3.8), ("door", 2.0, 2.3))),
    "bungalow": (0.12, (("window", 2.8, 3.6), ("door", 2.0, 2.6), ("bay", 3.2, 4.0))),
    "chalet": (0.10, (("window", 2.9, 3.6), ("door", 2.0, 2.5), ("window", 2.9, 3.6))),
    "gabled": (0.13, (("door", 2.1, 2.6), ("window", 3.4, 4.4))),
}
WALLS = ("brick", "plaster", "timber")


@lru_cache(maxsize=256)  # of one sequence
def draw_house(seed: int) -> House:
    """Return the house of a seed."""
    rng = np.random.default_rng(seed)
    names = list(KINDS)
    kind = str(rng.choice(names, p=np.array([KINDS[name][0] for name in names])))
    columns = _columns(kind, rng)
    width = columns[-1].x1 - columns[0].x0
    low = kind in ("bungalow", "chalet")
    n_storey = 1 if low else 2
    eaves = FLOOR + n_storey * float(rng.uniform(2.45, 2.7))
    depth = float(rng.uniform(7.6, 9.4) if low else rng.uniform(7.0, 9.0))
    roof = "front" if kind == "gabled" else "gable"
    if kind in ("plain", "semi", "bungalow") and rng.random() < 0.5 and width > depth + 0.8:
        roof = "hip"
    span = width if roof == "front" else depth
    steep = {"chalet": (0.48, 0.56), "gabled": (0.42, 0.58)}.get(kind, (0.30, 0.44))
    rise = span * float(rng.uniform(*steep))
    lower = str(rng.choice(WALLS, p=[0.48, 0.38, 0.14]))
    mixed = n_storey == 2 and lower == "brick" and rng.random() < 0.3
    garage = _garage(kind, columns, rng) if rng.random() < 0.5 else None
    tall = float(rng.uniform(1.2, 1.5))
    side_windows = _side_windows(rng), _side_windows(rng)
    dormers: tuple[float, ...] = ()
    if roof == "gable" and (kind == "chalet" or (kind == "bungalow" and rng.random() < 0.35)):
        dormers = tuple(c.middle for c in columns if c.kind != "door")
    ridge = 0.22 * depth if roof == "gable" else 0.1
    place = float(rng.choice([columns[0].x0 + 0.75, columns[-1].x1 - 0.75]))
    chimneys = ((0.0, 0.2),) if kind == "semi" else ((place, ridge),)
    if roof != "gable" and kind != "semi":
        chimneys = ((0.2 * width * float(rng.choice([-1, 1])), 0.6),)
    return House(
        kind=kind,
        depth=depth,
        n_storey=n_storey,
        eaves=eaves,
        roof=roof,
        rise=rise,
        over=float(rng.uniform(0.28, 0.5)),
        columns=columns,
        wall=(lower, str(rng.choice(["plaster", "timber"])) if mixed else lower),
        window=(float(rng.uniform(1.4, 2.3)), tall, 2.12 - tall),
        joinery=Joinery(
            reveal=float(rng.uniform(0.07, 0.14)),
            casements=int(rng.integers(1, 4)),
            transom=float(rng.choice([0.0, 0.0, 0.7])),
            bars=int(rng.choice([0, 0, 1, 2])),
            jamb="frame",
        ),
        porch=str(rng.choice(["", "slab", "lean", "posts"], p=[0.2, 0.25, 0.25, 0.3])),
        garage=garage,
        dormers=dormers,
        panels=str(rng.choice(["", "light", "solar"], p=[0.6, 0.25, 0.15])),
        chimneys=chimneys if rng.random() < 0.75 else (),
        sides=side_windows,
        shutters=kind in ("plain", "chalet") and bool(rng.random() < 0.4),
        lintels=lower == "brick" and bool(rng.random() < 0.5),
    )


def _side_windows(rng: np.random.Generator) -> tuple[float, ...]:
    """Draw where windows of a side wall are, as shares of its length."""
    shares = np.array([0.2, 0.5, 0.8]) + rng.uniform(-0.07, 0.07, 3)
    n = int(rng.choice(3, p=[0.15, 0.35, 0.5]))
    return tuple(float(share) for share in rng.choice(shares, size=n, replace=False))


def _columns(kind: str, rng: np.random.Generator) -> tuple[Column, ...]:
    """Draw the pieces of a front, mirrored half of the time, about x = 0."""
    pieces = [(what, float(rng.uniform(low, high))) for what, low, high in KINDS[kind][1]]
    if kind == "semi":  # two halves that mirror each other
        pieces = [*pieces[:2], *pieces[1::-1]]
    if kind == "plain" and rng.random() < 0.4:
        pieces = [pieces[0], ("window", pieces[0][1]), *pieces[1:2], pieces[0], pieces[0]]
        pieces = [(what, min(width, 2.75)) for what, width in pieces]
    if rng.random() < 0.5:
        pieces.reverse()
    bays = rng.random() < 0.65
    stand = float(rng.uniform(0.55, 0.8))
    wing = float(rng.uniform(0.8, 1.8))
    edge = -sum(width for _, width in pieces) / 2
    columns = []
    for what, width in pieces:
        if what == "bay" and not bays:
            what = "window"
        out = {"bay": stand, "wing": wing}.get(what, 0.0)
        columns.append(Column(edge, edge + width, what, out))
        edge += width
    return tuple(columns)


def _garage(kind: str, columns: tuple[Column, ...], rng: np.random.Generator) -> Garage | None:
    """Draw a garage at the end away from a wing or a door; None for pairs of houses."""
    if kind == "semi":
        return None
    right = columns[0].kind in ("wing", "door")
    width = float(rng.uniform(2.9, 3.4))
    x0 = columns[-1].x1 if right else columns[0].x0 - width
    return Garage(
        x0, x0 + width, float(rng.uniform(0.3, 2.2)), float(rng.uniform(5.4, 6.2)),
        float(rng.uniform(2.45, 2.7)), str(rng.choice(["flat", "gable"])),
    )  # fmt: skip
