"""Scenarios by name."""

from __future__ import annotations

import difflib

from scenes.config import ConfigError, ScenarioConfig

PRESETS: dict[str, ScenarioConfig] = {"parking_lot": ScenarioConfig(scene="parking_lot")}


def preset(name: str) -> ScenarioConfig:
    """Return the preset of a scene.

    Raises:
        ConfigError: If there is none of that name.
    """
    if name not in PRESETS:
        near = difflib.get_close_matches(name, PRESETS, 1, 0.4)
        hint = f"did you mean {near[0]}?" if near else f"scenes: {', '.join(PRESETS)}"
        raise ConfigError(f"unknown scene {name!r}; {hint}")
    return PRESETS[name]
