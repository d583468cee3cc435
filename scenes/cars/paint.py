"""Paints of cars as they are on the road: colours, flakes, pearl, dirt."""

from __future__ import annotations

import numpy as np

from scenes.cars import CAR_MODELS
from scenes.spec import RGB, Paint

# Linear base colours with their shares among new cars in Europe (industry colour reports, rounded).
PAINTS: tuple[tuple[float, RGB], ...] = (
    (0.26, (0.78, 0.78, 0.77)),  # white
    (0.21, (0.012, 0.012, 0.014)),  # black
    (0.20, (0.11, 0.115, 0.12)),  # grey
    (0.09, (0.45, 0.46, 0.47)),  # silver
    (0.10, (0.012, 0.05, 0.19)),  # blue
    (0.06, (0.33, 0.010, 0.012)),  # red
    (0.03, (0.025, 0.09, 0.05)),  # green
    (0.03, (0.22, 0.17, 0.11)),  # beige, brown
    (0.02, (0.55, 0.20, 0.012)),  # orange, yellow
)
# Of vans, buses and trucks: white as they leave the works, else the colours of companies.
COMPANY_PAINTS: tuple[tuple[float, RGB], ...] = (
    (0.66, (0.78, 0.78, 0.77)),  # white
    (0.07, (0.45, 0.46, 0.47)),  # silver
    (0.06, (0.11, 0.115, 0.12)),  # grey
    (0.05, (0.62, 0.33, 0.012)),  # yellow
    (0.05, (0.012, 0.06, 0.26)),  # blue
    (0.04, (0.42, 0.012, 0.012)),  # red
    (0.03, (0.55, 0.17, 0.012)),  # orange
    (0.02, (0.020, 0.14, 0.05)),  # green
    (0.02, (0.055, 0.026, 0.014)),  # brown
)
COMMERCIAL = ("van", "minibus", "box_truck", "flatbed")  # styles that companies buy
METALLIC_SHARE, COMPANY_METALLIC_SHARE = 0.6, 0.12
PEARL_SHARE = 0.22  # of the metallic paints: mica flakes that interfere


def infrared_reflectivity(paint: Paint) -> float:
    """Return how much of a lidar's light at 905 nm a paint scatters back, 0..1.

    As its brightest of red and the mean of its colours, since red, yellow and white pigments stay
    bright beyond the visible, and 5 % for what lies below pigments that are dark. Chosen between
    black, 6 %, and white, 67 %; measured paints differ by their pigments.
    """
    red = paint.colour[0]
    return 0.05 + 0.8 * max(red, sum(paint.colour) / 3)


def sample_paint(rng: np.random.Generator, model_name: str) -> Paint:
    """Draw a paint as they are on the road.

    Args:
        rng: The sequence's stream.
        model_name: A key of `CAR_MODELS`; companies' vehicles are mostly white.
    """
    commercial = CAR_MODELS[model_name].style in COMMERCIAL
    table = COMPANY_PAINTS if commercial else PAINTS
    shares = np.array([share for share, _ in table])
    colour = table[int(rng.choice(len(table), p=shares / shares.sum()))][1]
    shade = rng.uniform(0.85, 1.1) * rng.uniform(0.97, 1.03, 3)
    red, green, blue = (float(min(c * s, 0.85)) for c, s in zip(colour, shade, strict=True))
    flakes, strength, mica, tint = rng.uniform(size=4).tolist()
    is_metallic = flakes < (COMPANY_METALLIC_SHARE if commercial else METALLIC_SHARE)
    metallic = 0.5 + 0.5 * strength if is_metallic else 0.0
    pearl = 0.3 + 0.7 * tint if is_metallic and mica < PEARL_SHARE else 0.0
    roughness = float(rng.uniform(0.25, 0.45))
    # Most cars are fairly clean, a few are very dirty; delivery rounds leave no time for washing.
    dirt = float(rng.beta(1.2, 2.6 if commercial else 4.5))
    return Paint((red, green, blue), metallic, roughness, pearl, dirt)
