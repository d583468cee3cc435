"""Trees and hedges: wood, and leaves as small quads around clumps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scenes.shapes import Points, Shape, box, joined, quads, tube
from scenes.spec import Prop

LEAF = (0.16, 0.30)  # edge of a leaf card [m]: a twig's worth of leaves, no smaller than a pixel
CARDS_PER_CLUMP = 150


def build_tree(prop: Prop) -> Shape:
    """Return a broad-leaved tree: a trunk, branches to clumps, and the clumps' leaves."""
    rng = np.random.default_rng(prop.seed)
    width, _, height = prop.size
    fork = height * rng.uniform(0.26, 0.36)
    crown = np.array([0.0, 0.0, height * 0.64])
    radii = np.array([width / 2, width / 2, height * 0.36])
    n_clump = int(rng.integers(11, 16))
    centres = crown + _in_ball(n_clump, rng) * radii * 0.72
    sizes = rng.uniform(0.26, 0.40, n_clump) * width
    parts = [tube((0, 0, -0.1), (0, 0, fork), (0.022 * height, 0.015 * height), "wood", 9)]
    for centre in centres:
        end = 0.25 * np.array([0, 0, fork]) + 0.75 * centre
        parts.append(
            tube((0, 0, fork - 0.05), (end[0], end[1], end[2]), (0.011 * height, 0.01), "wood", 5)
        )
    for centre, size in zip(centres, sizes, strict=True):
        parts.append(_clump(centre, np.array([size, size, 0.75 * size]), CARDS_PER_CLUMP, rng))
    return joined(parts)


def build_hedge(prop: Prop) -> Shape:
    """Return a clipped hedge: a dense body with leaves on it."""
    rng = np.random.default_rng(prop.seed)
    length, depth, height = prop.size
    core = box((0, 0, 0.44 * height), (length - 0.16, depth - 0.16, 0.88 * height), "foliage")
    area = 2 * (length + depth) * height + length * depth
    n = int(65 * area)
    place = rng.uniform(-0.5, 0.5, (n, 3))
    axis = rng.choice(3, n, p=_face_shares(length, depth, height))
    side = np.where(axis == 2, 1.0, rng.choice([-1.0, 1.0], n))
    place[np.arange(n), axis] = side / 2
    normal = np.zeros((n, 3))
    normal[np.arange(n), axis] = side
    points = place * [length - 0.1, depth - 0.1, height - 0.08] + [0, 0, (height - 0.08) / 2]
    return joined([core, _cards(points, normal, rng, 0.6)])


def _face_shares(length: float, depth: float, height: float) -> NDArray[np.float64]:
    areas = np.array([2 * depth * height, 2 * length * height, length * depth])
    return areas / areas.sum()


def _in_ball(n: int, rng: np.random.Generator) -> Points:
    way = rng.normal(size=(n, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    return way * rng.random((n, 1)) ** (1 / 3)


def _clump(centre: Points, radii: Points, n: int, rng: np.random.Generator) -> Shape:
    """Return leaves on and in an ellipsoid, denser outside, as light finds them."""
    way = rng.normal(size=(n, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    place = centre + way * radii * rng.uniform(0.7, 1.05, (n, 1))
    return _cards(place, way + [0.0, 0.0, 0.5], rng, 1.0)


def _cards(place: Points, normal: Points, rng: np.random.Generator, scale: float) -> Shape:
    """Return one leaf card at each place (n, 3), about facing `normal` (n, 3)."""
    n = len(place)
    facing = normal / np.linalg.norm(normal, axis=1, keepdims=True) + 0.8 * rng.normal(size=(n, 3))
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    side = np.cross(facing, rng.normal(size=(n, 3)))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    other = np.cross(facing, side)
    length = scale * rng.uniform(*LEAF, (n, 1))
    along, across = 0.5 * length * side, 0.32 * length * other
    # A kite rather than a rectangle: four corners that read as leaves.
    corners = np.stack([place - along, place + 0.1 * along - across, place + along,
                        place + 0.1 * along + across], axis=1)  # fmt: skip
    return quads(corners, "foliage")
