"""Trees, bushes, hedges and woods: wood, and leaves as small kites around clumps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from scenes.materials import MATERIAL_ID
from scenes.spec import Prop
from scenes.things.shapes import Points, Shape, box, joined, quads, tube


@dataclass(frozen=True)
class Foliage:
    """How a kind of tree or bush is modelled, before it is scaled to its size.

    Attributes:
        n_clump: Clumps of leaves.
        n_leaf: Leaf cards of a clump.
        leaf: Least and greatest length of a card [m]: a twig's worth of leaves.
        size: Width and height [m].
        crown: Height of the crown's middle and half of its own height, as shares of the height.
        spread: How far from the crown's middle clumps lie, as shares of its radii.
        clump: Radii of clumps, as shares of the width.
        fork: Where the trunk forks, as a share of the height; 0 without a trunk.
        shape: "round", "cone", or "petals" for only what blooms on a round bush.
    """

    n_clump: int
    n_leaf: int
    leaf: tuple[float, float]
    size: tuple[float, float] = (5.0, 7.5)
    crown: tuple[float, float] = (0.68, 0.32)
    spread: tuple[float, float] = (0.35, 0.72)
    clump: tuple[float, float] = (0.13, 0.20)
    fork: float = 0.30
    shape: str = "round"


# By name: near ones, and coarse ones ("far") for those behind other things.
FOLIAGE: dict[str, Foliage] = {
    "broad": Foliage(24, 56, (0.27, 0.45)),
    "far": Foliage(15, 27, (0.48, 0.75)),
    "oval": Foliage(26, 50, (0.18, 0.32), (3.0, 6.0), (0.60, 0.40), clump=(0.15, 0.22)),
    "birch": Foliage(34, 34, (0.14, 0.26), (3.0, 7.0), (0.62, 0.40), (0.25, 0.85),
                     (0.10, 0.17)),
    "alley": Foliage(24, 50, (0.25, 0.4), (3.6, 8.0), (0.74, 0.26), clump=(0.15, 0.22), fork=0.44),
    "conifer": Foliage(40, 44, (0.16, 0.32), (2.6, 6.0), fork=0.12, shape="cone"),
    "far_oval": Foliage(13, 26, (0.4, 0.65), (3.0, 6.0), (0.60, 0.40), clump=(0.18, 0.26)),
    "far_alley": Foliage(13, 26, (0.45, 0.7), (3.6, 8.0), (0.74, 0.26), clump=(0.18, 0.26),
                         fork=0.44),
    "far_conifer": Foliage(16, 26, (0.35, 0.6), (2.6, 6.0), fork=0.12, shape="cone"),
    "bush": Foliage(6, 34, (0.10, 0.17), (1.0, 1.0), (0.46, 0.46), (0.3, 0.6), (0.24, 0.34), 0.0),
    "far_bush": Foliage(3, 22, (0.2, 0.34), (1.0, 1.0), (0.46, 0.46), (0.3, 0.5), (0.3, 0.4), 0.0),
    "shrub": Foliage(9, 26, (0.10, 0.2), (1.0, 1.0), (0.48, 0.5), (0.45, 0.85), (0.16, 0.26), 0.0),
    "petals": Foliage(6, 9, (0.07, 0.12), (1.0, 1.0), (0.48, 0.50), (0.4, 0.62), (0.26, 0.36), 0.0,
                      "petals"),
}  # fmt: skip
# Leaf cards of hedges: cards on a square metre, and their least and greatest length [m].
HEDGES: dict[str, tuple[float, tuple[float, float]]] = {
    "": (55.0, (0.11, 0.20)), "mid": (26.0, (0.16, 0.28)), "far": (9.0, (0.28, 0.45)),
}  # fmt: skip


def is_shared(prop: Prop) -> bool:
    """Return whether a prop is a scaled copy of a variant of a tree or a bush."""
    return prop.kind == "bush" or (prop.kind == "tree" and prop.style != "wood")


@cache
def tree_variant(style: str) -> Shape:
    """Return a tree or a bush of size 1 by 1 by 1: trunk, branches to clumps, and their leaves.

    Args:
        style: A key of `FOLIAGE` and a digit, which is the variant's seed.
    """
    foliage, rng = FOLIAGE[style[:-1]], np.random.default_rng([7, int(style[-1])])
    width, height = foliage.size
    centres, sizes = (_cone if foliage.shape == "cone" else _round)(foliage, rng)
    parts = _trunk(foliage, centres, rng) if foliage.fork else []
    for centre, size in zip(centres, sizes, strict=True):
        radius = np.array([size, size, 0.8 * size])
        if foliage.shape == "petals":
            parts.append(_clump(centre, 1.06 * radius, foliage, rng, "fabric"))
            continue
        parts.append(_blob(centre, 0.72 * radius, rng))
        parts.append(_clump(centre, radius, foliage, rng))
    whole = joined(parts)
    return Shape(whole.vertices / [width, width, height], whole.faces, whole.material)


def _round(foliage: Foliage, rng: np.random.Generator) -> tuple[Points, NDArray[np.float64]]:
    """Return middles (n_clump, 3) and radii (n_clump,) [m] of clumps in an ellipsoid."""
    width, height = foliage.size
    slim = rng.uniform(0.85, 1.1)
    middle, half = foliage.crown
    radii = np.array([0.5 * width, 0.5 * width, half * height])
    way = _ways(foliage.n_clump, rng)
    share = rng.uniform(*foliage.spread, (foliage.n_clump, 1))
    centres = [0, 0, middle * height] + way * share * radii * [slim, slim, 1]
    sizes = rng.uniform(*foliage.clump, foliage.n_clump) * width
    centres[:, 2] = np.maximum(centres[:, 2], 0.75 * sizes)
    return centres, sizes


def _cone(foliage: Foliage, rng: np.random.Generator) -> tuple[Points, NDArray[np.float64]]:
    """Return middles (n_clump, 3) and radii (n_clump,) [m] of boughs of a conifer."""
    width, height = foliage.size
    up = np.linspace(0, 1, foliage.n_clump) ** 0.8
    turn = 2.4 * np.arange(foliage.n_clump) + rng.uniform(0, 0.5, foliage.n_clump)
    reach = 0.34 * width * (1 - 0.95 * up)
    z = (0.13 + 0.82 * up) * height
    sizes = width * (0.05 + 0.17 * (1 - up)) * rng.uniform(0.85, 1.15, foliage.n_clump)
    return np.stack([reach * np.cos(turn), reach * np.sin(turn), z], -1), sizes


def _trunk(foliage: Foliage, centres: Points, rng: np.random.Generator) -> list[Shape]:
    """Return a trunk and branches to some of the clumps."""
    height = foliage.size[1]
    fork = foliage.fork * height
    if foliage.shape == "cone":
        return [tube((0, 0, -0.1), (0, 0, 0.9 * height), (0.12, 0.03), "wood", 8)]
    parts = [tube((0, 0, -0.1), (0, 0, 1.5 * fork), (0.02 * height, 0.012 * height), "wood", 9)]
    for centre in centres[:: max(1, foliage.n_clump // 12)]:
        end = 0.15 * np.array([0, 0, fork]) + 0.85 * centre
        start = (0.0, 0.0, float(rng.uniform(0.9, 1.4)) * fork)
        parts.append(tube(start, (end[0], end[1], end[2]), (0.06, 0.012), "wood", 5))
    return parts


def build_tree(prop: Prop) -> Shape:
    """Return a single tree of the prop's size, or the edge of a wood."""
    if not is_shared(prop):
        return _wood(prop)
    unit = tree_variant(prop.style)
    return Shape(unit.vertices * np.asarray(prop.size), unit.faces, unit.material)


def _wood(prop: Prop) -> Shape:
    """Return the edge of a wood, far away: crowns side by side, in two ranks."""
    rng = np.random.default_rng(prop.seed)
    length, depth, height = prop.size
    n = int(length / 3.8)
    place = np.stack([
        np.linspace(-length / 2, length / 2, n) + rng.uniform(-1.5, 1.5, n),
        rng.uniform(-depth / 2, depth / 2, n),
        np.zeros(n),
    ], -1)  # fmt: skip
    tall = height * rng.uniform(0.55, 1.0, n) * (1 + 0.2 * np.sin(place[:, 0] / 23 + prop.seed % 7))
    parts = [box((0, depth / 2, 0.2 * height), (length, 0.5, 0.4 * height), "foliage")]
    foliage = Foliage(1, 24, (0.7, 1.4))
    for centre, top in zip(place, tall, strict=True):
        middle = centre + np.array([0, 0, 0.55 * top])
        radius = np.array([rng.uniform(2.8, 4.0), 3.0, 0.44 * top])
        # Several boughs to a crown, or the few faces of one would show against the sky.
        for bough in middle + 0.45 * radius * _ways(5, rng):
            parts.append(_blob(bough, 0.6 * radius, rng))
        parts.append(_clump(middle, 0.9 * radius, foliage, rng))
    return joined(parts)


def build_hedge(prop: Prop) -> Shape:
    """Return a clipped hedge: a dense body with leaves on it, of a style of `HEDGES`."""
    rng = np.random.default_rng(prop.seed)
    length, depth, height = prop.size
    density, leaf = HEDGES[prop.style]
    core = box((0, 0, 0.46 * height), (length - 0.12, depth - 0.12, 0.92 * height), "foliage")
    area = 2 * (length + depth) * height + length * depth
    n = int(density * area)
    place = rng.uniform(-0.5, 0.5, (n, 3))
    faces = np.array([2 * depth * height, 2 * length * height, length * depth])
    axis = rng.choice(3, n, p=faces / faces.sum())
    side = np.where(axis == 2, 1.0, rng.choice([-1.0, 1.0], n))
    place[np.arange(n), axis] = side / 2
    normal = np.zeros((n, 3))
    normal[np.arange(n), axis] = side
    points = place * [length - 0.1, depth - 0.1, height - 0.08] + [0, 0, (height - 0.08) / 2]
    return joined([core, _cards(points, normal, rng, leaf)])


def _ways(n: int, rng: np.random.Generator) -> Points:
    """Return unit vectors (n, 3) spread evenly over the sphere, turned by chance."""
    k = np.arange(n) + 0.5
    z, turn = 1 - 2 * k / n, np.pi * (1 + 5**0.5) * k + rng.uniform(0, 2 * np.pi)
    flat = np.sqrt(1 - z**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], -1)


@cache
def _icosahedron() -> tuple[Points, NDArray[np.int32]]:
    """Return the corners (12, 3), at distance 1, and faces (20, 3) of an icosahedron."""
    golden = (1 + 5**0.5) / 2
    corner = np.array([[0, a, b * golden] for a in (-1, 1) for b in (-1, 1)], float)
    corner = np.concatenate([np.roll(corner, turn, 1) for turn in range(3)]) / np.hypot(1, golden)
    near = np.linalg.norm(corner[:, None] - corner, axis=-1)
    edge = near[near > 0].min() * 1.01
    faces = [
        (i, j, k) if np.linalg.det(corner[[i, j, k]]) > 0 else (i, k, j)
        for i in range(12) for j in range(i + 1, 12) for k in range(j + 1, 12)
        if max(near[i, j], near[j, k], near[i, k]) <= edge
    ]  # fmt: skip
    return corner, np.array(faces, np.int32)


def _blob(centre: Points, radii: Points, rng: np.random.Generator) -> Shape:
    """Return an uneven icosahedron: the dark inside of a clump."""
    corner, faces = _icosahedron()
    return Shape(
        corner * rng.uniform(0.85, 1.15, (12, 1)) * radii + centre,
        np.pad(faces, ((0, 0), (0, 1)), constant_values=-1),
        np.full(len(faces), MATERIAL_ID["foliage"], np.uint8),
    )


def _clump(
    centre: Points, radii: Points, foliage: Foliage, rng: np.random.Generator,
    material: str = "foliage",
) -> Shape:  # fmt: skip
    """Return leaves about the surface of an ellipsoid."""
    way = _ways(foliage.n_leaf, rng)
    place = centre + way * radii * rng.uniform(0.62, 1.08, (foliage.n_leaf, 1))
    return _cards(place, way + np.array([0.0, 0.0, 0.4]), rng, foliage.leaf, material)


def _cards(
    place: Points, normal: Points, rng: np.random.Generator, leaf: tuple[float, float],
    material: str = "foliage",
) -> Shape:  # fmt: skip
    """Return one leaf card at each place (n, 3), about facing `normal` (n, 3)."""
    n = len(place)
    facing = _unit(_unit(normal) + 0.55 * rng.normal(size=(n, 3)))
    side = _unit(np.cross(facing, rng.normal(size=(n, 3))))
    length = rng.uniform(*leaf, (n, 1))
    along, across = 0.5 * length * side, 0.34 * length * np.cross(facing, side)
    # A kite rather than a rectangle: four corners that read as leaves.
    corners = np.stack([place - along, place + 0.1 * along + across, place + along,
                        place + 0.1 * along - across], axis=1)  # fmt: skip
    return quads(corners, material)


def _unit(vector: Points) -> NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector, axis=-1, keepdims=True))
