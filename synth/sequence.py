"""One sequence, from seed to arrays: the whole of radvis on a page.

A sequence is a pure function of seed, scene, sequence number and configuration. Each kind of
chance has a stream of its own, so that asking for other entries changes no layout and no noise.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.cars import CAR_MODELS
from scenes.config import SEQUENCE_LENGTH, ScenarioConfig
from scenes.layout import sample_sequence
from scenes.materials import MATERIALS
from scenes.mesh import TriMesh
from scenes.mesh_check import require_free
from scenes.sensors import Camera, Lidar, Radar, angles, make_camera, make_lidar, make_radar
from scenes.spec import CLASSES, GROUND_ID, SceneSpec
from scenes.stage import LEAFY_KINDS, Stage, build_stage, object_names
from synth.camera import CameraRenderer
from synth.channel import channel, quantise, snr, subcarriers, with_noise
from synth.delta import Surroundings, changed, surroundings
from synth.depth import View, view
from synth.doppler import DopplerImager, doppler_map, make_doppler_imager, symbols
from synth.heatmap import Imager, heatmap, make_imager
from synth.labels import Solid, seen_boxes, solid
from synth.launch import Launch, launch
from synth.lidar import sweep
from synth.paths import KINDS
from synth.rays import RayScene
from synth.reflection import SurfaceTable, surface_table
from synth.sample import FIELD, RADIO
from synth.tracer import trace

MAP_STEP = 2.0**-8  # [dB] of what is stored: far below the noise, and saves half the bytes
WEATHERS = ("clear",)

Arrays = dict[str, NDArray[Any]]


def code_tables() -> dict[str, list[str]]:
    """Return what the numbers of class, kind, material, model and weather columns stand for."""
    return {
        "classes": list(CLASSES),
        "kinds": list(KINDS),
        "materials": [material.name for material in MATERIALS],
        "models": list(CAR_MODELS),
        "weathers": list(WEATHERS),
    }


@dataclass(frozen=True)
class _World:
    """What stays the same through a sequence."""

    config: ScenarioConfig
    spec: SceneSpec
    stage: Stage
    still: RayScene
    seen: View
    around: Surroundings
    camera: Camera
    lidar: Lidar
    radar: Radar
    transmitter: NDArray[np.float64]  # from the array, in the world [m]
    surfaces: SurfaceTable
    rays: Launch
    imager: Imager
    doppler: DopplerImager
    solids: dict[int, Solid]


@dataclass(frozen=True)
class _Chance:
    """Streams that go on from frame to frame: lidar, thermal noise of channel and of burst."""

    lidar: np.random.Generator
    noise: np.random.Generator
    burst: np.random.Generator


def synthesise_sequence(
    config: ScenarioConfig,
    seed: int,
    sequence: int,
    on_frame: Callable[[int], None] | None = None,
) -> Arrays:
    """Return the arrays of one sequence by their keys in `synth.sample.FIELDS`.

    Args:
        config: The scenario.
        seed: Of the dataset.
        sequence: Number of the sequence in the dataset.
        on_frame: Called with the frame's index when it is done.
    """
    _, for_rays, for_lidar, for_noise, for_camera, for_burst = _streams(config, seed, sequence)
    world = _build(config, draw(config, seed, sequence), np.random.default_rng(for_rays))
    chance = _Chance(*(np.random.default_rng(s) for s in (for_lidar, for_noise, for_burst)))
    cycles_seed = int(for_camera.generate_state(1)[0] >> 1)
    rows = []
    with ExitStack() as stack:
        renderer = None
        if "camera" in config.entries:
            renderer = stack.enter_context(
                CameraRenderer(world.stage, world.camera, config.camera, cycles_seed)
            )
        for index in range(SEQUENCE_LENGTH):
            row = _frame(world, index, renderer, chance)
            row |= {"frame/sequence": np.uint32(sequence), "frame/index": np.uint16(index)}
            rows.append(row)
            if on_frame is not None:
                on_frame(index)
    return _collect(rows) | _constants(world)


def _streams(config: ScenarioConfig, seed: int, sequence: int) -> list[np.random.SeedSequence]:
    """Return the seeds of layout, rays, lidar, noise, camera and burst noise of one sequence."""
    root = np.random.SeedSequence([seed, *config.scene.encode()], spawn_key=(sequence,))
    return root.spawn(6)


def draw(config: ScenarioConfig, seed: int, sequence: int) -> SceneSpec:
    """Return what a sequence will show, in a moment and without Blender.

    Raises:
        ConfigError: If the configuration asks for a world that cannot be.
    """
    return sample_sequence(config, np.random.default_rng(_streams(config, seed, sequence)[0]))


def _build(config: ScenarioConfig, spec: SceneSpec, for_rays: np.random.Generator) -> _World:
    stage = build_stage(spec)
    camera, radar = make_camera(config), make_radar(config)
    yaw = {car.id: car.pose.yaw for car in spec.parked}
    if set(RADIO) & set(config.entries):
        transmitter = radar.position + radar.world_from_radar[:3, :3] @ radar.transmitter
        require_free(
            stage.static_mesh, _bodies(spec), receiver=radar.position, transmitter=transmitter
        )
    still = RayScene(stage.static_mesh)
    seen = view(still, camera)
    return _World(
        config,
        spec,
        stage,
        still,
        seen,
        surroundings(still, seen, camera, stage.sun_direction, stage.sun_angle),
        camera,
        make_lidar(config),
        radar,
        radar.world_from_radar[:3, :3] @ radar.transmitter,
        surface_table(config.radio.carrier_hz, extrapolate=config.radio.extrapolate_materials),
        launch(config.radio, radar, for_rays),
        make_imager(config, radar),
        make_doppler_imager(config),
        {
            label.id: solid(stage.static_mesh.of_object(label.id), yaw.get(label.id, 0.0), camera)
            for label in spec.labels
            if label.id not in (GROUND_ID, spec.target.id)
        },
    )


def _bodies(spec: SceneSpec) -> dict[int, str]:
    """Return the names of the objects that have an inside: leaves have none."""
    names = object_names(spec)
    return {label.id: names[label.id] for label in spec.labels if label.kind not in LEAFY_KINDS}


def _frame(
    world: _World,
    index: int,
    renderer: CameraRenderer | None,
    chance: _Chance,
) -> dict[str, Any]:
    """Return one frame's row of every key."""
    config, entries = world.config, world.config.entries
    time = index * config.frame_interval
    moving = world.stage.moving_mesh(time)
    if world.radar.direct and set(RADIO) & set(config.entries):
        place = world.radar.position + world.transmitter
        require_free(moving, _bodies(world.spec), transmitter=place)
    scene = RayScene(world.still.mesh, moving, shared=world.still)
    seen = view(scene, world.camera, world.seen)
    row: dict[str, Any] = {"frame/time": time, "frame/weather": np.uint8(0)}
    row |= _object_rows(world, time, moving, seen)
    if renderer is not None:
        change = changed(world.around, RayScene(moving), seen, world.spec.target.id)
        row["camera/image"] = renderer.frame(time, change)
    if "depth" in entries:
        row |= {"depth/image": seen.depth, "depth/instance": seen.instance}
    if "lidar" in entries:
        row |= _lidar_rows(world, scene, chance.lidar)
    if set(RADIO) & set(entries):
        row |= _radio_rows(world, scene, chance)
    return row


def _object_rows(world: _World, time: float, moving: TriMesh, seen: View) -> dict[str, Any]:
    """Return the rows of `object/` and `target/`: every object but the ground, and the target."""
    spec, drive = world.spec, world.spec.drive
    yaw = {car.id: car.pose.yaw for car in spec.parked} | {spec.target.id: drive.start.yaw}
    solids = world.solids | {
        spec.target.id: solid(moving, drive.start.yaw, world.camera),
    }
    labels = [label for label in spec.labels if label.id in solids]
    ids = np.array([label.id for label in labels], np.uint16)
    boxes, pixels = seen_boxes(seen.instance, ids)
    alone = np.array([solids[i].pixels for i in ids])
    velocity = np.zeros((len(ids), 3), np.float32)
    velocity[ids == spec.target.id] = drive.velocity()
    models = list(CAR_MODELS)
    target = int(np.flatnonzero(ids == spec.target.id)[0])
    centre = solids[spec.target.id].centre
    way = centre - world.radar.position
    return {
        "object/id": ids,
        "object/class": np.array([CLASSES.index(label.kind) for label in labels], np.uint8),
        "object/model": np.array(
            [models.index(label.model) if label.model in models else -1 for label in labels],
            np.int16,
        ),
        "object/centre": np.array([solids[i].centre for i in ids], np.float32),
        "object/size": np.array([solids[i].size for i in ids], np.float32),
        "object/velocity": velocity,
        "object/yaw": np.array([yaw.get(int(i), 0.0) for i in ids], np.float32),
        "object/box": boxes,
        "object/visibility": (pixels / np.maximum(alone, 1)).clip(0, 1).astype(np.float32),
        "target/object": np.uint16(spec.target.id),
        "target/position": centre.astype(np.float32),
        "target/velocity": drive.velocity().astype(np.float32),
        "target/range": np.float32(np.linalg.norm(way)),
        "target/half_path": np.float32(
            0.5 * (np.linalg.norm(way) + np.linalg.norm(way - world.transmitter))
        ),
        "target/azimuth": np.float32(angles(way)[0]),
        "target/box": boxes[target],
    }


def _lidar_rows(world: _World, scene: RayScene, rng: np.random.Generator) -> dict[str, Any]:
    points = sweep(scene, world.lidar, rng)
    kind = np.zeros(max(label.id for label in world.spec.labels) + 1, np.uint8)
    for label in world.spec.labels:
        kind[label.id] = CLASSES.index(label.kind)
    return {
        "lidar/point": points.point,
        "lidar/intensity": points.intensity,
        "lidar/material": points.material,
        "lidar/class": kind[points.object],
        "lidar/object": points.object,
        "lidar/world_from_lidar": world.lidar.world_from_lidar,
    }


def _radio_rows(world: _World, scene: RayScene, chance: _Chance) -> dict[str, Any]:
    radio, entries = world.config.radio, world.config.entries
    paths = trace(scene, world.radar, radio, world.surfaces, world.rays)
    target = paths[paths.object == world.spec.target.id]
    row: dict[str, Any] = {
        "radar/snr": np.float32(snr(paths, radio)),
        "target/snr": np.float32(snr(target, radio)),
    }
    if "paths" in entries:
        row |= {f"paths/{field.name}": getattr(paths, field.name) for field in fields(paths)}
    if {"csi", "radar"} & set(entries):
        response = channel(paths, world.radar, radio)
        if radio.noise:
            response = with_noise(response, radio, chance.noise)
        stored = quantise(response, radio)
        if "csi" in entries:
            row["csi/response"] = stored
        if "radar" in entries:
            row["radar/heatmap"] = _rounded(heatmap(stored, world.imager))
    if "doppler" in entries:
        burst = symbols(paths, world.radar, radio)
        if radio.noise:
            burst = with_noise(burst, radio, chance.burst)
        row["radar/doppler_map"] = _rounded(doppler_map(burst.astype(np.complex64), world.doppler))
    if {"radar", "doppler"} & set(entries):
        row["radar/world_from_radar"] = world.radar.world_from_radar
    return row


def _rounded(decibel: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.round(decibel / MAP_STEP) * np.float32(MAP_STEP), np.float32)


def _collect(rows: list[dict[str, Any]]) -> Arrays:
    """Join the frames' rows: stacked, or one after the other with offsets."""
    arrays: Arrays = {}
    for key in rows[0]:
        values = [np.asarray(row[key]) for row in rows]
        field = FIELD[key]
        if field.ragged:
            arrays[key] = np.concatenate(values)
            arrays[f"{field.group}/offset"] = np.cumsum([0, *map(len, values)]).astype(np.uint64)
        else:
            arrays[key] = np.stack(values)
    return arrays


def _constants(world: _World) -> Arrays:
    """Return the arrays that hold for the whole sequence."""
    entries, arrays = world.config.entries, {}
    if {"camera", "depth"} & set(entries):
        arrays["camera/intrinsics"] = world.camera.intrinsics
        arrays["camera/world_from_camera"] = np.tile(
            world.camera.world_from_camera, (SEQUENCE_LENGTH, 1, 1)
        )
    if "radar" in entries:
        arrays |= {"radar/range": world.imager.range, "radar/azimuth": world.imager.azimuth}
    if "doppler" in entries:
        arrays |= {"radar/range": world.doppler.range, "radar/doppler": world.doppler.doppler}
    if "csi" in entries:
        arrays["csi/frequency"] = subcarriers(world.config.radio)
    return arrays
