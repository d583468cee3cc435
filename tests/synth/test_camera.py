"""Delta rendering against whole renders."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, median_filter

pytest.importorskip("bpy")

from scenes.presets import preset
from synth.camera import CameraRenderer
from synth.depth import view
from synth.rays import RayScene
from synth.world import build_world, chance_of
from tests.synth.quality import SHIFTS, compare, difference, left_out, psnr, sampled
from tests.worlds import only

pytestmark = [pytest.mark.bpy, pytest.mark.slow]
CONFIG = only(preset("parking_lot"))
# PSNR [dB] of what delta rendering leaves out. By day 54 and more were measured; a frame whose
# car casts no shadow comes to 42 to 45. At dusk and by night, with headlights: 41 and more.
ENOUGH = {"day": 50, "dusk": 40, "night": 40}


@pytest.fixture(scope="module")
def full():
    """One frame of the default size and quality, against two whole renders of other seeds."""
    _, quick, wholes, weight = next(compare(CONFIG, 0, [7], whole_shifts=SHIFTS))
    return [difference(quick, whole) for whole in wholes], weight


def test_delta_rendering_is_within_40_db_of_a_whole_render(full):
    (error, again), _ = full
    assert psnr(error, again) >= 40  # of the whole without noise


def test_what_is_drawn_again_is_nearly_as_calm_as_the_rest(full):
    """Lines beside the target are whole: noisy guides of the denoiser come to 35.7 dB."""
    (error, again), weight = full
    assert psnr(error, again, weight > 0) >= 36.5


def test_there_is_no_seam(full):
    """Where the fresh part fades into the still one, the error is that of the surroundings."""
    errors, weight = full
    error = np.mean(errors, 0)
    fading = (weight > 0) & (weight < 1)
    size = np.abs(error).mean(2)
    assert fading.sum() > 300
    assert size[fading].mean() < 2 * size.mean() + 1
    assert abs(error.mean(2)[fading].mean()) < 1.0  # of 255: no step in brightness


def few_pixels(config, samples):
    """A ninth of the pixels."""
    small = replace(config, camera=replace(config.camera, width=224, height=168))
    return sampled(small, samples)


def test_what_delta_rendering_leaves_out_is_small_on_every_frame():
    for frame, distance in left_out(few_pixels(CONFIG, 16), 1, range(15)):
        assert distance >= ENOUGH["day"], frame


@pytest.mark.parametrize("scene, kind, light", [
    ("canyon", "clear", "day"), ("canyon", "fog", "day"), ("suburban", "snow", "day"),
    ("suburban", "rain", "day"), ("suburban", "overcast", "day"), ("parking_lot", "dust", "day"),
    ("parking_lot", "snow", "dusk"), ("canyon", "rain", "dusk"), ("suburban", "clear", "dusk"),
    ("canyon", "clear", "night"), ("parking_lot", "rain", "night"), ("suburban", "rain", "night"),
    ("suburban", "fog", "night"),
])  # fmt: skip
def test_what_delta_rendering_leaves_out_is_small_in_other_weather(scene, kind, light):
    config = few_pixels(only(preset(scene), kind, light), 16)
    for frame, distance in left_out(config, 2, [3, 11]):
        assert distance >= ENOUGH[light], frame


@pytest.mark.parametrize("light", ["day", "night"])
def test_the_still_world_does_not_know_where_the_target_is(light):
    """Its headlights are put out with it: they would leave a ghost of a beam in every frame."""
    config = few_pixels(only(preset("parking_lot"), "clear", light), 4)
    chance = chance_of(config, 0, 2)
    world = build_world(config, chance)
    pictures = []
    for time in (0.0, 2.0):
        world.stage.target.place(time)
        with CameraRenderer(world.stage, world.camera, config.camera, 1) as renderer:
            pictures.append(renderer.still())
    assert np.abs(pictures[0] - pictures[1]).max() < 1e-4 * pictures[0].max()


def test_what_headlights_shed_is_added_to_all_of_the_picture_and_nothing_else_changes():
    """Also to walls that the lit road lights; the glass of other lamps stays as it is."""
    config = few_pixels(only(preset("canyon"), "clear", "night"), 64)
    chance = chance_of(config, 0, 3)
    world = build_world(config, chance)
    with CameraRenderer(world.stage, world.camera, config.camera, chance.cycles) as renderer:
        still = renderer.still()
        nothing = np.zeros(world.seen.depth.shape, bool)
        added = renderer.frame(1.4, nothing) - still
        world.stage.target.place(1.4)
        whole = renderer.whole(64) - still
    assert (added >= 0).all()
    glowing = still.max(2) > 20 * np.median(still)  # glass of lamps, lit windows
    assert glowing.sum() > 20
    assert added[glowing].sum() < 0.05 * still[glowing].sum()
    target = RayScene(world.still.mesh, world.stage.target.mesh(1.4), shared=world.still)
    hidden = view(target, world.camera, world.seen).instance == world.stage.target.id
    # Beside glass that glows, the target's own too, pixels filter some of its light in.
    dark = (world.seen.depth > 0) & ~binary_dilation(glowing | hidden, iterations=4)
    # Glints come brighter from these lamps alone: what one sample may bring to a pixel is bounded,
    # and a sample that picks one lamp among many brings more at once. They are a few pixels wide.
    alone, among = (median_filter(light.sum(2), 7)[dark].sum() for light in (added, whole))
    assert alone == pytest.approx(among, rel=0.05)
