"""Trees and bushes without leaves: branches to where clumps of leaves would be, and twigs there."""

from __future__ import annotations

import numpy as np

from scenes.things.foliage import Foliage, clumps, unit, ways
from scenes.things.shapes import Points, Shape, joined, quads, tube

RISE = 0.5  # how much twigs turn upwards, over their own direction
FINE = 0.45  # leaf cards from this length [m] on are of trees far away, whose twigs are drawn wider


def bare_plant(foliage: Foliage, rng: np.random.Generator) -> Shape:
    """Return a tree or a bush of a kind, of that kind's size, as it stands in winter.

    Args:
        foliage: With a round crown.
        rng: Of the variant: its clumps are those of the same tree in leaf.
    """
    centres, radii = clumps(foliage, rng)
    height = foliage.size[1]
    low = foliage.fork * height
    parts = []
    if foliage.fork:
        parts.append(tube((0, 0, -0.1), (0, 0, 1.6 * low), (0.02 * height, 0.010 * height), "wood",
                          9))  # fmt: skip
    thick = 0.010 * height if foliage.fork else 0.014
    broad = 0.028 if foliage.leaf[1] < FINE else 0.05  # of a bough [m]; its twigs have half of it
    for centre, radius in zip(centres, radii, strict=True):
        start = np.array([0.0, 0.0, low * float(rng.uniform(0.85, 1.55))])
        knee = 0.5 * (start + centre) + [0.0, 0.0, -0.06 * float(np.linalg.norm(centre - start))]
        for a, b, r in ((start, knee, (thick, 0.6 * thick)), (knee, centre, (0.6 * thick, 0.008))):
            parts.append(tube(tuple(a), tuple(b), r, "wood", 4))
        out = unit((centre - start)[None])
        parts.append(_spray(centre, out, radius, foliage.n_leaf, broad, rng))
    return joined(parts)


def bare_wood(size: tuple[float, float, float], rng: np.random.Generator) -> Shape:
    """Return the edge of a leafless wood, far away: length along x, depth and height [m]."""
    length, depth, height = size
    parts = []
    for x in np.arange(-length / 2, length / 2, 3.2):
        foot = np.array([x + rng.uniform(-1.5, 1.5), rng.uniform(-0.5, 0.5) * depth, 0.0])
        tall = height * float(rng.uniform(0.55, 1.0))
        up = np.array([0.0, 0.0, tall])
        parts.append(tube(tuple(foot), tuple(foot + up * 0.8), (0.22, 0.05), "wood", 4))
        crown = foot + up * 0.55
        boughs = crown + 0.4 * ways(5, rng) * [2.6, 2.6, 0.5 * tall]
        for bough in boughs:
            out = unit((bough - foot - up * 0.25)[None])
            parts.append(_spray(bough, out, 0.26 * tall, 22, 0.22, rng))
    return joined(parts)


def _spray(
    centre: Points, out: Points, radius: float, n_twig: int, broad: float, rng: np.random.Generator
) -> Shape:
    """Return boughs that fan out of the end of a branch, and twigs on them.

    Args:
        centre: (3,) the branch's end [m].
        out: (1, 3) its direction.
        radius: Of the clump that would be there [m].
        n_twig: How many twigs.
        broad: Width of a bough [m].
        rng: Of their directions.
    """
    n = max(4, n_twig // 5)
    bough = unit(ways(n, rng) + 0.9 * out + [0.0, 0.0, 0.3])
    foot = centre - 0.35 * radius * out + rng.normal(0, 0.08 * radius, (n, 3))
    tip = foot + bough * radius * rng.uniform(0.8, 1.35, (n, 1))
    of = rng.integers(n, size=n_twig)
    start = foot[of] + (tip - foot)[of] * rng.uniform(0.3, 1.0, (n_twig, 1))
    way = unit(bough[of] + 0.6 * rng.normal(size=(n_twig, 3)) + [0.0, 0.0, RISE])
    end = start + way * radius * rng.uniform(0.35, 0.75, (n_twig, 1))
    return joined([_blades(foot, tip, broad, rng), _blades(start, end, 0.5 * broad, rng)])


def _blades(start: Points, end: Points, broad: float, rng: np.random.Generator) -> Shape:
    """Return flat blades from `start` to `end` (n, 3) [m], `broad` [m] at their feet."""
    side = unit(np.cross(end - start, rng.normal(size=start.shape))) * broad / 2
    return quads(np.stack([start - side, end - 0.4 * side, end + 0.4 * side, start + side], 1),
                 "wood")  # fmt: skip
