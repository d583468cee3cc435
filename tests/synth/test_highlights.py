"""Highlights against the lobe of Walter et al. (2007), written anew for one ray at a time."""

import numpy as np
import pytest

from scenes.materials import MATERIAL_ID
from synth.highlights import BUMPS, highlight


def unit(vector):
    return np.array(vector, float) / np.linalg.norm(vector)


def slow(eye, lamp, normal, width, mirrored, irradiance):
    half = unit(eye + lamp)
    slope = np.tan(np.arccos(min(half @ normal, 1.0)))
    lobe = width**2 / (np.pi * (half @ normal) ** 4 * (width**2 + slope**2) ** 2)
    fresnel = mirrored + (1 - mirrored) * (1 - half @ lamp) ** 5
    return irradiance * lobe * fresnel / (4 * (eye @ normal) * (lamp @ normal))


@pytest.mark.parametrize("name, roughness, mirrored", [
    ("wet_asphalt", 0.22, 0.04), ("frame", 0.45, 0.04), ("chrome", 0.10, 0.6),
])  # fmt: skip
def test_highlights_are_those_of_the_lobe(name, roughness, mirrored):
    rng = np.random.default_rng(1)
    up = np.array([0, 0, 1.0])
    eyes, lamps = (
        np.array([unit([*rng.normal(size=2), rng.uniform(0.2, 2)]) for _ in range(20)])
        for _ in range(2)
    )
    lamps[0] = eyes[0] * [-1, -1, 1]  # the mirror's direction
    found = highlight(
        eyes.astype(np.float32),
        np.tile(up, (20, 1)).astype(np.float32),
        np.full(20, MATERIAL_ID[name], np.uint8),
        lamps.astype(np.float32),
        np.full(20, 3.0, np.float32),
    )
    wanted = [
        slow(eye, lamp, up, roughness**2 + BUMPS, mirrored, 3.0)
        for eye, lamp in zip(eyes, lamps, strict=True)
    ]
    assert found == pytest.approx(np.array(wanted), rel=2e-3)
