"""A preview against the dataset's frame, in a rainy night: every stream of chance is drawn from."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("bpy")

from scenes.config import ENTRIES, SEQUENCE_LENGTH
from scenes.presets import preset
from synth.preview import final_frame, preview_frame
from synth.sample import FIELD
from synth.sequence import synthesise_sequence
from tests.worlds import only

pytestmark = [pytest.mark.bpy, pytest.mark.slow]
SEED, SEQUENCE, SAMPLES = 3, 1, 4
BASE = only(preset("parking_lot"), "rain", "night")
CONFIG = replace(
    BASE,
    camera=replace(
        BASE.camera, width=160, height=120, background_samples=SAMPLES, frame_samples=SAMPLES
    ),
    radio=replace(BASE.radio, n_ray=20000),
    entries=ENTRIES,
)
DRAWN = ("camera/image", "lidar/", "csi/response", "radar/heatmap", "radar/doppler_map")


@pytest.fixture(scope="module")
def arrays():
    return synthesise_sequence(CONFIG, SEED, SEQUENCE)


def different(arrays, index, row):
    """Keys of a frame's row that are not, byte for byte, what a sequence holds there."""
    keys = set()
    for key, value in row.items():
        field, whole = FIELD[key], arrays[key]
        if field.ragged:
            first, last = arrays[f"{field.group}/offset"][index : index + 2].astype(int)
            whole = whole[first:last]
        elif np.shape(value) != whole.shape:
            assert len(whole) == SEQUENCE_LENGTH
            whole = whole[index]
        if np.asarray(value).astype(whole.dtype).tobytes() != whole.tobytes():
            keys.add(key)
    return keys


@pytest.mark.parametrize("index", [0, 7])
def test_the_final_frame_is_the_datasets_to_the_byte(arrays, index):
    _, row = final_frame(CONFIG, SEED, SEQUENCE, index)
    missing = {key for key in arrays if not key.endswith("/offset")} - set(row)
    assert not missing and not different(arrays, index, row)


def test_with_the_same_samples_a_preview_of_the_first_frame_is_the_datasets(arrays):
    _, row = preview_frame(CONFIG, SEED, SEQUENCE, 0, SAMPLES)
    assert not different(arrays, 0, row)


def test_a_preview_of_a_later_frame_differs_in_noise_and_drops_alone(arrays):
    _, row = preview_frame(CONFIG, SEED, SEQUENCE, 7, SAMPLES)
    wrong = different(arrays, 7, row)
    assert wrong and all(key.startswith(DRAWN) for key in wrong)
    seen, truth = (x.astype(float) for x in (row["camera/image"], arrays["camera/image"][7]))
    assert abs(seen.mean() / truth.mean() - 1) < 0.01  # a tenth more exposure gives 0.037
