"""What the world is: configuration, layout, models, materials, sensors."""

from scenes.build import build_stage
from scenes.config import ConfigError, ScenarioConfig
from scenes.itu import P2040, Dielectric
from scenes.layout import sample_sequence, sample_world
from scenes.materials import MATERIALS, Material, check_materials
from scenes.mesh import TriMesh
from scenes.mesh_check import MeshError, checked, enclosing, require_free
from scenes.own.world import OwnSpec, Survey
from scenes.presets import PRESETS, own_preset, preset
from scenes.sensors import make_camera, make_lidar, make_radar
from scenes.spec import SceneSpec
from scenes.stage import Stage, object_names

__all__ = [
    "MATERIALS",
    "P2040",
    "PRESETS",
    "ConfigError",
    "Dielectric",
    "Material",
    "MeshError",
    "OwnSpec",
    "ScenarioConfig",
    "SceneSpec",
    "Stage",
    "Survey",
    "TriMesh",
    "build_stage",
    "check_materials",
    "checked",
    "enclosing",
    "make_camera",
    "make_lidar",
    "make_radar",
    "object_names",
    "own_preset",
    "preset",
    "require_free",
    "sample_sequence",
    "sample_world",
]
