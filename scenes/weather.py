"""Which weather a sequence has, and what it makes of surfaces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scenes.config import WeatherConfig
from scenes.materials import MATERIAL_ID, MATERIALS, SNOW_ON
from scenes.spec import LIGHTS, WEATHERS, Weather
from scenes.things.shapes import Shape, four_corners, upward

LEVEL = 0.5  # upward part of a face's normal from which on rain and snow stay on it
# What faces that look up turn into.
WETTED = {
    "asphalt": "wet_asphalt",
    "marking": "wet_marking",
    "concrete": "wet_concrete",
    "paving": "wet_paving",
    "tile": "wet_tile",
    "gravel": "wet_gravel",
}
LEAF = MATERIAL_ID["foliage"]
DRIVEN_ON = {"asphalt": "slush", "marking": "slush"}
BECOMES = {"rain": WETTED, "snow": SNOW_ON | DRIVEN_ON}


def sample_weather(config: WeatherConfig, rng: np.random.Generator) -> Weather:
    """Draw kind, light and strength by the configured shares."""
    kind, light = (_choice(config, names, rng) for names in (WEATHERS, LIGHTS))
    strength, seed = float(rng.uniform()), int(rng.integers(2**31))
    rate, visibility = 0.0, float("inf")
    if kind in ("rain", "snow"):
        rate = _between(config, kind, strength)
    elif kind in ("fog", "dust"):
        visibility = _between(config, kind, strength)
    return Weather(kind, light, rate, visibility, seed)


def _choice(config: WeatherConfig, names: tuple[str, ...], rng: np.random.Generator) -> str:
    share = np.array([getattr(config, name) for name in names])
    return str(rng.choice(names, p=share / share.sum()))


def _between(config: WeatherConfig, kind: str, strength: float) -> float:
    low, high = getattr(config, f"{kind}_min"), getattr(config, f"{kind}_max")
    return float(low * (high / low) ** strength)


def weathered(shape: Shape, weather: Weather) -> Shape:
    """Return an upright shape whose upward faces are wet or under snow, for all sensors alike."""
    table = BECOMES.get(weather.kind)
    if table is None:
        return shape
    becomes = np.arange(len(MATERIALS), dtype=np.uint8)
    for name, other in table.items():
        becomes[MATERIAL_ID[name]] = MATERIAL_ID[other]
    up = upward(four_corners(shape.vertices, shape.faces))
    level = np.where(shape.material == LEAF, np.abs(up), up) > LEVEL  # leaves turn
    return replace(shape, material=np.where(level, becomes[shape.material], shape.material))
