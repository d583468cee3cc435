"""Trees, bushes, hedges and woods: wood, and leaves as small kites around clumps."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from scenes.materials import MATERIAL_ID
from scenes.spec import Prop
from scenes.things.bare import bare_plant, bare_wood
from scenes.things.foliage import BARE, FOLIAGE, Foliage, clumps, unit, ways
from scenes.things.shapes import Points, Shape, box, joined, quads, tube

# Leaf cards of hedges: cards on a square metre, and their least and greatest length [m].
HEDGES: dict[str, tuple[float, tuple[float, float]]] = {
    "": (55.0, (0.11, 0.20)), "mid": (26.0, (0.16, 0.28)), "far": (9.0, (0.28, 0.45)),
}  # fmt: skip


def is_shared(prop: Prop) -> bool:
    """Return whether a prop is a scaled copy of a variant of a tree or a bush."""
    return prop.kind == "bush" or (prop.kind == "tree" and not prop.style.endswith("wood"))


@lru_cache(maxsize=64)
def tree_variant(style: str, seed: int = 0) -> Shape:
    """Return a tree or a bush of size 1 by 1 by 1: trunk, branches to clumps, and their leaves.

    Args:
        style: A key of `FOLIAGE` and a digit that tells the variants apart; after `BARE` if its
            leaves are shed.
        seed: Of the variants of one sequence.
    """
    foliage = FOLIAGE[style[:-1].removeprefix(BARE)]
    width, height = foliage.size
    rng = np.random.default_rng([7, int(style[-1]), seed])
    whole = bare_plant(foliage, rng) if style.startswith(BARE) else _in_leaf(foliage, rng)
    return Shape(whole.vertices / [width, width, height], whole.faces, whole.material)


def _in_leaf(foliage: Foliage, rng: np.random.Generator) -> Shape:
    """Return a tree or a bush of a kind's own size."""
    centres, sizes = clumps(foliage, rng)
    parts = _trunk(foliage, centres, rng) if foliage.fork else []
    for centre, size in zip(centres, sizes, strict=True):
        radius = np.array([size, size, 0.8 * size])
        if foliage.shape == "petals":
            parts.append(_clump(centre, 1.06 * radius, foliage, rng, "fabric"))
            continue
        parts.append(_blob(centre, 0.72 * radius, rng))
        parts.append(_clump(centre, radius, foliage, rng))
    return joined(parts)


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
    if prop.style.startswith(BARE):
        return bare_wood(prop.size, rng)
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
        for bough in middle + 0.45 * radius * ways(5, rng):
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
    way = ways(foliage.n_leaf, rng)
    place = centre + way * radii * rng.uniform(0.62, 1.08, (foliage.n_leaf, 1))
    return _cards(place, way + np.array([0.0, 0.0, 0.4]), rng, foliage.leaf, material)


def _cards(
    place: Points, normal: Points, rng: np.random.Generator, leaf: tuple[float, float],
    material: str = "foliage",
) -> Shape:  # fmt: skip
    """Return one leaf card at each place (n, 3), about facing `normal` (n, 3)."""
    n = len(place)
    facing = unit(unit(normal) + 0.55 * rng.normal(size=(n, 3)))
    side = unit(np.cross(facing, rng.normal(size=(n, 3))))
    length = rng.uniform(*leaf, (n, 1))
    along, across = 0.5 * length * side, 0.34 * length * np.cross(facing, side)
    # A kite rather than a rectangle: four corners that read as leaves.
    corners = np.stack([place - along, place + 0.1 * along + across, place + along,
                        place + 0.1 * along - across], axis=1)  # fmt: skip
    return quads(corners, material)
