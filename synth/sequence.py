"""One sequence, from seed to arrays: the whole of radvis on a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.cars import CAR_MODELS
from scenes.config import SEQUENCE_LENGTH, ScenarioConfig
from scenes.materials import MATERIALS
from scenes.spec import CLASSES, LIGHTS, WEATHERS
from synth.camera import CameraRenderer
from synth.channel import subcarriers
from synth.frame import Row, frame_row
from synth.paths import KINDS
from synth.picture import metered
from synth.sample import FIELD
from synth.world import Chance, World, build_world, chance_of

Arrays = dict[str, NDArray[Any]]


def code_tables() -> dict[str, list[str]]:
    """Return what the numbers in the columns of codes stand for."""
    return {
        "classes": list(CLASSES),
        "kinds": list(KINDS),
        "lights": list(LIGHTS),
        "materials": [material.name for material in MATERIALS],
        "models": list(CAR_MODELS),
        "weathers": list(WEATHERS),
    }


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
    chance = chance_of(config, seed, sequence)
    world = build_world(config, chance)
    rows = []
    with exposed(world, chance) as (renderer, factor):
        for index in range(SEQUENCE_LENGTH):
            row = frame_row(world, index, renderer, factor, chance)
            rows.append(row | numbers(sequence, index))
            if on_frame is not None:
                on_frame(index)
    return _collect(rows) | constants(world)


@contextmanager
def exposed(world: World, chance: Chance) -> Iterator[tuple[CameraRenderer | None, float]]:
    """Give the camera of a sequence, its still world rendered, and the exposure metered on that.

    None and 1 without the entry camera.
    """
    if "camera" not in world.config.entries:
        yield None, 1.0
        return
    with CameraRenderer(world.stage, world.camera, world.config.camera, chance.cycles) as renderer:
        yield renderer, metered(renderer.still(), world.air)


def numbers(sequence: int, index: int) -> Row:
    """Return what numbers a frame: its sequence, and its place in it."""
    return {"frame/sequence": np.uint32(sequence), "frame/index": np.uint16(index)}


def _collect(rows: list[Row]) -> Arrays:
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


def constants(world: World) -> Arrays:
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
