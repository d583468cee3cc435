"""One frame: every sensor's row of the moment, by the keys of `synth.sample.FIELDS`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from scenes.cars import CAR_MODELS
from scenes.mesh import TriMesh
from scenes.mesh_check import require_free
from scenes.sensors import angles
from scenes.spec import CLASSES, CONTRAST, LIGHTS, WEATHERS, Label, Weather
from synth.attenuation import attenuated
from synth.channel import channel, quantise, snr, with_noise
from synth.delta import changed
from synth.depth import View, view
from synth.doppler import doppler_map, symbols
from synth.extinction import REFERENCE, extinction
from synth.heatmap import heatmap
from synth.labels import seen_boxes, solid, transmittance
from synth.lidar import sweep
from synth.picture import picture
from synth.rays import RayScene
from synth.sample import RADIO
from synth.tracer import trace
from synth.world import Chance, World

MAP_STEP = 2.0**-8  # [dB] of what is stored: far below the noise, and saves half the bytes
CLEAR_VISIBILITY = 1e5  # [m] of clear air, about what its molecules leave

Row = dict[str, Any]


class LightSource(Protocol):
    """What renders the light that reaches the lens: `synth.camera.CameraRenderer`, or in short."""

    def frame(self, time: float, change: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return the light (height, width, 3) at `time` [s], where the target changes `change`."""


def frame_row(
    world: World, index: int, renderer: LightSource | None, factor: float, chance: Chance
) -> Row:
    """Return one frame's row of every key that differs from frame to frame.

    Args:
        world: Of the sequence.
        index: Of the frame in the sequence.
        renderer: Of the camera's light; None without the entry camera.
        factor: The camera's exposure, the same for all frames.
        chance: Streams of the sequence, which go on.

    Raises:
        MeshError: If the target drives over an antenna.
    """
    config, stage, entries = world.config, world.stage, world.config.entries
    time = index * config.frame_interval
    moving = stage.target.mesh(time)
    if world.radar.direct and set(RADIO) & set(entries):
        place = world.radar.position + world.transmitter
        require_free(moving, world.bodies, transmitter=place)
    scene = RayScene(world.still.mesh, moving, shared=world.still)
    seen = view(scene, world.camera, world.seen)
    weather = stage.weather
    row: Row = {
        "frame/time": time,
        "frame/weather": np.uint8(WEATHERS.index(weather.kind)),
        "frame/light": np.uint8(LIGHTS.index(weather.light)),
        "frame/rate": np.float32(weather.rate),
        "frame/visibility": np.float32(visibility(weather)),
    }
    row |= _object_rows(world, time, moving, seen)
    if renderer is not None:
        beams = stage.target.moving_beams(time)
        change = changed(world.around, RayScene(moving), seen, stage.target.id)
        linear = renderer.frame(time, change)
        row["camera/image"] = picture(linear, factor, world.air, scene, seen, beams, chance.drops)
    if "depth" in entries:
        row |= {
            "depth/image": seen.depth,
            "depth/instance": seen.instance,
            "depth/class": _classes(stage.labels)[seen.instance],
        }
    if "lidar" in entries:
        row |= _lidar_rows(world, scene, chance.lidar)
    if set(RADIO) & set(entries):
        row |= _radio_rows(world, scene, chance)
    return row


def visibility(weather: Weather) -> float:
    """Return the meteorological optical range [m]: at which 2 % of a contrast is left."""
    alpha = extinction(weather, REFERENCE)
    return min(CONTRAST / alpha, CLEAR_VISIBILITY) if alpha > 0 else CLEAR_VISIBILITY


def _object_rows(world: World, time: float, moving: TriMesh, seen: View) -> Row:
    """Return the rows of `object/` and `target/`: every object but the ground, and the target."""
    stage, mover = world.stage, world.stage.target
    yaw = stage.yaws | {mover.id: mover.yaw(time)}
    solids = world.solids | {mover.id: solid(moving, yaw[mover.id], world.camera)}
    labels = [label for label in stage.labels if label.id in solids]
    ids = np.array([label.id for label in labels], np.uint16)
    boxes, pixels = seen_boxes(seen.instance, ids)
    alone, whole = (
        np.array([getattr(solids[i], name) for i in ids]) for name in ("pixels", "whole")
    )
    velocity = np.zeros((len(ids), 3), np.float32)
    velocity[ids == mover.id] = mover.velocity(time)
    centres = np.array([solids[i].centre for i in ids], np.float32)
    models = list(CAR_MODELS)
    target = int(np.flatnonzero(ids == mover.id)[0])
    centre = solids[mover.id].centre
    way = centre - world.radar.position
    return {
        "object/id": ids,
        "object/class": np.array([CLASSES.index(label.kind) for label in labels], np.uint8),
        "object/model": np.array(
            [
                models.index(label.model) if label.kind == "car" and label.model in models else -1
                for label in labels
            ],
            np.int16,
        ),
        "object/centre": centres,
        "object/size": np.array([solids[i].size for i in ids], np.float32),
        "object/velocity": velocity,
        "object/yaw": np.array([yaw.get(int(i), 0.0) for i in ids], np.float32),
        "object/box": boxes,
        "object/visibility": (pixels / np.maximum(whole, 1)).clip(0, 1).astype(np.float32),
        "object/occlusion": ((alone - pixels) / np.maximum(alone, 1)).clip(0, 1).astype(np.float32),
        "object/transmittance": transmittance(stage.weather, world.camera, centres),
        "target/object": np.uint16(mover.id),
        "target/position": centre.astype(np.float32),
        "target/velocity": velocity[target],
        "target/range": np.float32(np.linalg.norm(way)),
        "target/half_path": np.float32(
            0.5 * (np.linalg.norm(way) + np.linalg.norm(way - world.transmitter))
        ),
        "target/azimuth": np.float32(angles(way @ world.radar.world_from_radar[:3, :3])[0]),
        "target/box": boxes[target],
    }


def _classes(labels: tuple[Label, ...]) -> NDArray[np.uint8]:
    """Return the class of every object id (n_id,), from 0: nothing."""
    kind = np.zeros(max(label.id for label in labels) + 1, np.uint8)
    for label in labels:
        kind[label.id] = CLASSES.index(label.kind)
    return kind


def _lidar_rows(world: World, scene: RayScene, rng: np.random.Generator) -> Row:
    points = sweep(scene, world.lidar, rng, world.stage.weather, world.stage.paints)
    return {
        "lidar/point": points.point,
        "lidar/intensity": points.intensity,
        "lidar/material": points.material,
        "lidar/class": _classes(world.stage.labels)[points.object],
        "lidar/object": points.object,
        "lidar/world_from_lidar": world.lidar.world_from_lidar,
    }


def _radio_rows(world: World, scene: RayScene, chance: Chance) -> Row:
    radio, entries = world.config.radio, world.config.entries
    paths = trace(scene, world.radar, radio, world.surfaces, world.rays)
    paths = attenuated(paths, world.stage.weather, radio)
    target = paths[paths.object == world.stage.target.id]
    row: Row = {
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
