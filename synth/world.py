"""What stays the same through a sequence: the world, the sensors in it, and its streams of chance.

A sequence is a pure function of seed, scene, sequence number and configuration. Each kind of
chance has a stream of its own, so that asking for other entries changes no layout and no noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.build import build_stage
from scenes.config import ScenarioConfig
from scenes.layout import sample_world
from scenes.mesh_check import require_free
from scenes.own.world import OwnSpec
from scenes.sensors import Camera, Lidar, Radar, make_camera, make_lidar, make_radar
from scenes.spec import GROUND_ID, SceneSpec
from scenes.stage import LEAFY_KINDS, Stage, object_names
from synth.delta import Surroundings, surroundings
from synth.depth import View, view
from synth.doppler import DopplerImager, make_doppler_imager
from synth.heatmap import Imager, make_imager
from synth.labels import Solid, solid
from synth.launch import Launch, launch
from synth.picture import Air, make_air
from synth.rays import RayScene
from synth.reflection import SurfaceTable, surface_table
from synth.sample import RADIO


@dataclass(frozen=True)
class World:
    """One sequence's world and the sensors that look at it.

    Attributes:
        config: The scenario.
        stage: The built scene.
        still: What stands still, to cast rays at.
        seen: What the camera sees of it.
        around: The same, prepared for what the target changes.
        air: Between camera and world.
        camera: The camera.
        lidar: The lidar.
        radar: The radar.
        transmitter: (3,) from the array to the transmitter, world axes [m].
        surfaces: The materials at the carrier.
        rays: What the radio launches.
        imager: Of the range-azimuth map.
        doppler: Of the range-Doppler map.
        solids: Boxes of what stands still, by object id.
    """

    config: ScenarioConfig
    stage: Stage
    still: RayScene
    seen: View
    around: Surroundings
    air: Air
    camera: Camera
    lidar: Lidar
    radar: Radar
    transmitter: NDArray[np.float64]
    surfaces: SurfaceTable
    rays: Launch
    imager: Imager
    doppler: DopplerImager
    solids: dict[int, Solid]

    @property
    def bodies(self) -> dict[int, str]:
        """Names of the objects that have an inside, by id: leaves have none."""
        return _bodies(self.stage)


@dataclass(frozen=True)
class Chance:
    """A sequence's seeds, and the streams that go on from frame to frame.

    Attributes:
        layout: Of what stands where.
        rays: Of the radio's launch.
        cycles: Seed of Cycles' sampling.
        lidar: Range noise and returns from the air.
        noise: Thermal noise of the channel.
        burst: Thermal noise of the burst.
        drops: Where drops and flakes are.
    """

    layout: np.random.Generator
    rays: np.random.Generator
    cycles: int
    lidar: np.random.Generator
    noise: np.random.Generator
    burst: np.random.Generator
    drops: np.random.Generator


def chance_of(config: ScenarioConfig, seed: int, sequence: int) -> Chance:
    """Return the streams of one sequence, all at their beginning."""
    root = np.random.SeedSequence([seed, *config.scene.encode()], spawn_key=(sequence,))
    layout, rays, cycles, *others = root.spawn(7)
    return Chance(
        np.random.default_rng(layout),
        np.random.default_rng(rays),
        int(cycles.generate_state(1)[0] >> 1),
        *(np.random.default_rng(stream) for stream in others),
    )


def draw(config: ScenarioConfig, seed: int, sequence: int) -> SceneSpec | OwnSpec:
    """Return what a sequence will show, in a moment and without Blender.

    Raises:
        ConfigError: If the configuration asks for a world that cannot be.
    """
    return sample_world(config, chance_of(config, seed, sequence).layout)


def build_world(config: ScenarioConfig, chance: Chance) -> World:
    """Draw and build the world of a sequence.

    Raises:
        ConfigError: If the configuration asks for a world that cannot be.
        MeshError: If a model is not what `scenes.mesh_check.checked` asks for, or an antenna
            stands inside something.
    """
    stage = build_stage(sample_world(config, chance.layout))
    mounts = stage.mounts
    camera, radar = make_camera(config, mounts.camera), make_radar(config, mounts.radar)
    away = radar.world_from_radar[:3, :3] @ radar.transmitter
    if set(RADIO) & set(config.entries):
        place = radar.position
        require_free(stage.static_mesh, _bodies(stage), receiver=place, transmitter=place + away)
    still = RayScene(stage.static_mesh)
    seen = view(still, camera)
    return World(
        config,
        stage,
        still,
        seen,
        surroundings(still, seen, camera, stage.light, stage.spots, stage.see_through),
        make_air(
            stage.weather, stage.light, stage.spots, still, camera, seen, stage.grey, stage.albedo
        ),
        camera,
        make_lidar(config, mounts.lidar),
        radar,
        away,
        surface_table(config.radio.carrier_hz, extrapolate=config.radio.extrapolate_materials),
        launch(config.radio, radar, chance.rays),
        make_imager(config, radar),
        make_doppler_imager(config),
        {
            label.id: solid(
                stage.static_mesh.of_object(label.id), stage.yaws.get(label.id, 0.0), camera
            )
            for label in stage.labels
            if label.id not in (GROUND_ID, stage.target.id)
        },
    )


def _bodies(stage: Stage) -> dict[int, str]:
    names = object_names(stage.labels)
    return {label.id: names[label.id] for label in stage.labels if label.kind not in LEAFY_KINDS}
