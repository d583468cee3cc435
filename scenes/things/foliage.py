"""How trees and bushes are proportioned: their kinds, and where clumps of leaves are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.things.shapes import Points


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


BARE = "bare_"  # before the name of a kind: without its leaves
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


def clumps(foliage: Foliage, rng: np.random.Generator) -> tuple[Points, NDArray[np.float64]]:
    """Return middles (n_clump, 3) and radii (n_clump,) [m] of a crown's clumps."""
    return (_cone if foliage.shape == "cone" else _round)(foliage, rng)


def _round(foliage: Foliage, rng: np.random.Generator) -> tuple[Points, NDArray[np.float64]]:
    """Return middles (n_clump, 3) and radii (n_clump,) [m] of clumps in an ellipsoid."""
    width, height = foliage.size
    slim = rng.uniform(0.85, 1.1)
    middle, half = foliage.crown
    radii = np.array([0.5 * width, 0.5 * width, half * height])
    way = ways(foliage.n_clump, rng)
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


def ways(n: int, rng: np.random.Generator) -> Points:
    """Return unit vectors (n, 3) spread evenly over the sphere, turned by chance."""
    k = np.arange(n) + 0.5
    z, turn = 1 - 2 * k / n, np.pi * (1 + 5**0.5) * k + rng.uniform(0, 2 * np.pi)
    flat = np.sqrt(1 - z**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], -1)


def unit(vector: Points) -> NDArray[np.float64]:
    """Return vectors (n, 3) of length 1."""
    return np.asarray(vector / np.linalg.norm(vector, axis=-1, keepdims=True))
