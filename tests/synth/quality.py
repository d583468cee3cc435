"""How close delta rendering comes to whole renders, frame by frame.

    python -m tests.synth.quality [SEQUENCE] [FRAME ...]

A whole frame at 256 samples takes two minutes a core at full size.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.config import SEQUENCE_LENGTH, ScenarioConfig
from scenes.layout import sample_sequence
from scenes.presets import preset
from scenes.sensors import make_camera
from scenes.stage import build_stage
from synth.camera import CameraRenderer
from synth.delta import blend_weight, changed, surroundings
from synth.depth import view
from synth.rays import RayScene

Picture = NDArray[np.uint8]


def compare(
    config: ScenarioConfig, seed: int, frames: Sequence[int], samples: int = 256
) -> Iterator[tuple[int, Picture, Picture, NDArray[np.float32]]]:
    """Yield frame, delta picture, whole picture and the blend's weight, for a drawn world."""
    stage = build_stage(sample_sequence(config, np.random.default_rng(seed)))
    camera, still = make_camera(config), RayScene(stage.static_mesh)
    before = view(still, camera)
    around = surroundings(still, before, camera, stage.sun_direction, stage.sun_angle)
    with CameraRenderer(stage, camera, config.camera, seed) as renderer:
        for frame in frames:
            time = frame * config.frame_interval
            moving = stage.moving_mesh(time)
            seen = view(RayScene(still.mesh, moving, shared=still), camera, before)
            change = changed(around, RayScene(moving), seen, stage.spec.target.id)
            quick = renderer.frame(time, change)
            whole = renderer.whole_frame(time, samples)
            yield frame, quick, whole, blend_weight(change)


def psnr(one: Picture, other: Picture, where: Any = slice(None)) -> float:
    """Return the peak signal to noise ratio [dB] of 8-bit pictures."""
    error = (one.astype(float) - other)[where]
    return float(10 * np.log10(255**2 / np.mean(error**2)))


if __name__ == "__main__":
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    chosen = [int(text) for text in sys.argv[2:]] or list(range(SEQUENCE_LENGTH))
    for frame, quick, whole, weight in compare(preset("parking_lot"), seed, chosen):
        inside = weight > 0
        print(
            f"world {seed} frame {frame:2d}: {psnr(quick, whole):.2f} dB, "
            f"{psnr(quick, whole, inside):.2f} where drawn again, "
            f"{psnr(quick, whole, ~inside):.2f} elsewhere",
            flush=True,
        )
