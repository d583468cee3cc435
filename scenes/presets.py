"""Scenarios by name."""

from __future__ import annotations

import difflib
from typing import Any

from scenes.config import (
    ConfigError,
    HeatmapConfig,
    RigConfig,
    ScenarioConfig,
    TrafficConfig,
    WeatherConfig,
    WorldConfig,
)
from scenes.config_io import merged, to_dict
from scenes.own.world import Survey

PRESETS: dict[str, ScenarioConfig] = {
    "parking_lot": ScenarioConfig(scene="parking_lot"),
    "suburban": ScenarioConfig(
        scene="suburban",
        heatmap=HeatmapConfig(range_min=6.0, range_max=64.0),
        traffic=TrafficConfig(parked_min=3, parked_max=9),
    ),
    "canyon": ScenarioConfig(
        scene="canyon",
        heatmap=HeatmapConfig(range_min=6.0, range_max=90.0),
        traffic=TrafficConfig(parked_min=3, parked_max=12),
    ),
}


def preset(name: str) -> ScenarioConfig:
    """Return the preset of a scene.

    Raises:
        ConfigError: If there is none of that name.
    """
    if name not in PRESETS:
        near = difflib.get_close_matches(name, PRESETS, 1, 0.4)
        hint = f"did you mean {near[0]}?" if near else f"scenes: {', '.join(PRESETS)}, or a .blend"
        raise ConfigError(f"unknown scene {name!r}; {hint}")
    return PRESETS[name]


def own_preset(name: str, file: str, sha256: str, survey: Survey) -> dict[str, Any]:
    """Return the scenario of a user's Blender file, as values: steady sensors, a clear day.

    Args:
        name: Of the scene.
        file: Path of the .blend.
        sha256: Of its content.
        survey: What it says; values that no configuration allows are refused when it is made.
    """
    world = WorldConfig(file=file, sha256=sha256, animation=survey.seconds)
    steady = RigConfig(
        height_jitter=0.0, heading_jitter_deg=0.0, pitch_jitter_deg=0.0, roll_jitter_deg=0.0
    )
    clear = WeatherConfig(
        clear=1.0, overcast=0.0, rain=0.0, snow=0.0, fog=0.0, dust=0.0, day=1.0, dusk=0.0, night=0.0
    )
    base = to_dict(ScenarioConfig(scene=name, world=world, rig=steady, weather=clear))
    told = {
        "rig": {"height": survey.height},
        "radio": {"downtilt_deg": survey.downtilt_deg},
        "camera": {"fov_deg": survey.fov_deg},
    }
    return merged(base, told)
