"""A look at one frame of a scene, in seconds, or exactly as the dataset will hold it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scenes.config import ScenarioConfig
from scenes.sensors import Camera
from scenes.spec import Weather
from synth.frame import Row, frame_row
from synth.sequence import constants, exposed, numbers
from synth.world import World, build_world, chance_of


@dataclass(frozen=True)
class Preview:
    """One frame, and what it shows.

    Attributes:
        row: Its arrays by key.
        weather: Of its sequence.
        n_object: Objects that have labels.
        n_triangle: Of the still world.
    """

    row: Row
    weather: Weather
    n_object: int
    n_triangle: int


def preview(
    config: ScenarioConfig, seed: int, sequence: int, index: int, samples: int | None
) -> Preview:
    """Return a frame with so many samples, or with None the dataset's own, for another process."""
    if samples is None:
        world, row = final_frame(config, seed, sequence, index)
    else:
        world, row = preview_frame(config, seed, sequence, index, samples)
    stage = world.stage
    return Preview(row, stage.weather, len(stage.labels), world.still.mesh.n_face)


def preview_frame(
    config: ScenarioConfig, seed: int, sequence: int, index: int, samples: int
) -> tuple[World, Row]:
    """Return one frame of a sequence with fewer samples, and the world it shows.

    It is rendered and exposed as the dataset's frame is. Only what is drawn frame after frame
    differs: noise, and where drops are.

    Args:
        config: The scenario.
        seed: Of the dataset.
        sequence: Number of the sequence in the dataset.
        index: Of the frame in the sequence.
        samples: Of Cycles, of the still world and of what the target changes.
    """
    camera = replace(config.camera, background_samples=samples, frame_samples=samples)
    return _frame(replace(config, camera=camera), seed, sequence, index, after=False)


def final_frame(config: ScenarioConfig, seed: int, sequence: int, index: int) -> tuple[World, Row]:
    """Return one frame of a sequence, byte for byte the dataset's, and the world it shows.

    The frames before it are gone through without rendering them: the streams of chance go on from
    frame to frame.

    Args:
        config: The scenario.
        seed: Of the dataset.
        sequence: Number of the sequence in the dataset.
        index: Of the frame in the sequence.
    """
    return _frame(config, seed, sequence, index, after=True)


def _frame(
    config: ScenarioConfig, seed: int, sequence: int, index: int, after: bool
) -> tuple[World, Row]:
    """Return one frame and its world, with the streams as they are `after` the frames before it."""
    chance = chance_of(config, seed, sequence)
    world = build_world(config, chance)
    with exposed(world, chance) as (renderer, factor):
        unlit = None if renderer is None else _Unlit(world.camera)
        for earlier in range(index if after else 0):
            frame_row(world, earlier, unlit, factor, chance)
        row = frame_row(world, index, renderer, factor, chance)
    return world, row | numbers(sequence, index) | constants(world)


@dataclass(frozen=True)
class _Unlit:
    """A light source without light: which numbers chance gives does not hang on the picture."""

    camera: Camera

    def frame(self, time: float, change: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return no light (height, width, 3)."""
        return np.zeros((self.camera.height, self.camera.width, 3), np.float32)
