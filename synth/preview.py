"""A look at one frame of a scene, in seconds: the camera's picture and the radar's map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.config import ScenarioConfig
from synth.camera import CameraRenderer
from synth.frame import Row, frame_row
from synth.picture import metered
from synth.sequence import constants
from synth.world import World, build_world, chance_of


@dataclass(frozen=True)
class _WholeFrame:
    """One frame rendered as a whole, with few samples: sooner than the still world and a patch."""

    light: NDArray[np.float32]

    def frame(self, time: float, change: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return the light (height, width, 3)."""
        return self.light


def preview_frame(
    config: ScenarioConfig, seed: int, sequence: int, index: int, samples: int
) -> tuple[World, Row]:
    """Return one frame of a sequence and the world it shows.

    Args:
        config: The scenario.
        seed: Of the dataset.
        sequence: Number of the sequence in the dataset.
        index: Of the frame in the sequence.
        samples: Of Cycles, for every pixel.
    """
    chance = chance_of(config, seed, sequence)
    world = build_world(config, chance)
    source, factor = None, 1.0
    if "camera" in config.entries:
        with CameraRenderer(world.stage, world.camera, config.camera, chance.cycles) as renderer:
            source = _WholeFrame(renderer.whole_frame(index * config.frame_interval, samples))
        factor = metered(source.light, world.air)
    row = frame_row(world, index, source, factor, chance)
    row |= {"frame/sequence": np.uint32(sequence), "frame/index": np.uint16(index)}
    return world, row | constants(world)
