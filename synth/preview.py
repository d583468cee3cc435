"""A look at one frame of a scene, in seconds: the camera's picture and the radar's map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scenes.config import ScenarioConfig
from synth.camera import CameraRenderer
from synth.frame import Row, frame_row
from synth.sequence import constants
from synth.world import World, build_world, chance_of


class _WholeFrames:
    """Renders each frame as a whole, with few samples: sooner than the still world and a patch."""

    def __init__(self, renderer: CameraRenderer, samples: int) -> None:
        self._renderer, self._samples = renderer, samples
        self._last = np.zeros((0, 0, 3), np.float32)

    def still(self) -> NDArray[np.float32]:
        """Return the frame rendered last, on which the exposure is metered."""
        return self._last

    def frame(self, time: float, _: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return the light (height, width, 3) at `time` [s]."""
        self._last = self._renderer.whole_frame(time, self._samples)
        return self._last


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
    with CameraRenderer(world.stage, world.camera, config.camera, chance.cycles) as renderer:
        source = _WholeFrames(renderer, samples) if "camera" in config.entries else None
        row = frame_row(world, index, source, chance)
    row |= {"frame/sequence": np.uint32(sequence), "frame/index": np.uint16(index)}
    return world, row | constants(world)
