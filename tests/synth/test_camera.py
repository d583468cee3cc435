"""Delta rendering against whole renders."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("bpy")

from scenes.presets import preset
from tests.synth.quality import compare, psnr
from tests.worlds import only

pytestmark = [pytest.mark.bpy, pytest.mark.slow]
CONFIG = only(preset("parking_lot"))


@pytest.fixture(scope="module")
def full():
    """One frame of the default size and quality, and the same as a whole at 256 samples."""
    return next(compare(CONFIG, 0, [7]))


def test_delta_rendering_is_within_40_db_of_a_whole_render(full):
    _, quick, whole, _ = full
    assert psnr(quick, whole) >= 40


def test_there_is_no_seam(full):
    """Where the fresh part fades into the still one, the error is that of the surroundings."""
    _, quick, whole, weight = full
    fading = (weight > 0) & (weight < 1)
    error = np.abs(quick.astype(float) - whole).mean(2)
    assert fading.sum() > 300
    assert error[fading].mean() < 2 * error.mean() + 1
    signed = (quick.astype(float) - whole).mean(2)
    assert abs(signed[fading].mean()) < 1.0  # of 255: no step in brightness


def test_what_delta_rendering_leaves_out_is_small_on_every_frame():
    """At a ninth of the pixels and many samples, sampling noise is no longer what differs.

    Both sides share Cycles' seed, which takes even more of it out. What the default samples come
    to, frame by frame at full size, `python -m tests.synth.quality` measures.
    """
    small = replace(
        CONFIG,
        camera=replace(
            CONFIG.camera,
            width=224,
            height=168,
            background_samples=128,
            background_noise=0.0,
            frame_samples=128,
        ),
    )
    for frame, quick, whole, _ in compare(small, 1, range(15), samples=128):
        assert psnr(quick, whole) >= 40, frame
