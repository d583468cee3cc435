"""What the world is: configuration, layout, models, materials, sensors."""

from scenes.config import ConfigError, ScenarioConfig
from scenes.layout import sample_sequence
from scenes.mesh import TriMesh
from scenes.presets import PRESETS, preset
from scenes.sensors import make_camera, make_lidar, make_radar
from scenes.spec import SceneSpec
from scenes.stage import Stage, build_stage

__all__ = [
    "PRESETS",
    "ConfigError",
    "ScenarioConfig",
    "SceneSpec",
    "Stage",
    "TriMesh",
    "build_stage",
    "make_camera",
    "make_lidar",
    "make_radar",
    "preset",
    "sample_sequence",
]
