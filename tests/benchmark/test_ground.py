"""Where pictures show the cells of a radio map."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from benchmark.ground import OUTSIDE, ground_in_pictures
from benchmark.methods.localised import seen
from benchmark.pairs import Axes, Pair
from scenes.presets import PRESETS
from scenes.sensors import make_camera, make_radar, sample_mount

CONFIG = PRESETS["parking_lot"]
STEP = 4
N = 15  # frames of a sequence


class Split:
    """What is asked of a split: arrays that are the same for a sequence's frames."""

    data = SimpleNamespace(manifest=SimpleNamespace(config=CONFIG))

    def __init__(self, held, axes):
        self.held, self.axes = held, axes

    def __len__(self):
        return N * len(self.held)

    def whole(self, key, frame):
        return self.held[frame // N][key]


def standing(mounts, axes):
    """A split of sequences whose posts are mounted so."""
    held = []
    for mount in mounts:
        camera, radar = make_camera(CONFIG, mount), make_radar(CONFIG, mount)
        held.append({
            "camera/intrinsics": camera.intrinsics,
            "camera/world_from_camera": camera.world_from_camera,
            "radar/world_from_radar": radar.world_from_radar,
        })  # fmt: skip
    return Split(held, axes)


def test_a_point_on_the_plane_is_where_the_camera_sees_it():
    mounts = [sample_mount(CONFIG, np.random.default_rng(seed)) for seed in (1, 2)]
    rng = np.random.default_rng(3)
    for number, mount in enumerate(mounts):
        camera, radar = make_camera(CONFIG, mount), make_radar(CONFIG, mount)
        for _ in range(20):
            point = np.array([rng.uniform(-6, 6), rng.uniform(14, 40), CONFIG.heatmap.focus_height])
            x, y, z = radar.world_from_radar[:3, :3].T @ (point - radar.position)
            distance, azimuth = np.linalg.norm([x, y, z]), np.arctan2(x, y)
            near = np.array([-1.5, -0.5, 0.5, 1.5])
            axes = Axes(distance + near, azimuth + 0.01 * near)
            found = ground_in_pictures(standing(mounts, axes), STEP)[number, 0, 0].numpy()
            pixel, depth = camera.project(point)
            assert depth > 0
            wanted = 2 * pixel / (CONFIG.camera.width, CONFIG.camera.height) - 1
            assert np.abs(wanted).max() < 1.5
            assert found == pytest.approx(wanted, abs=1e-4)


def test_rows_are_ranges_and_columns_azimuths():
    """Farther cells are seen higher up, cells to the right farther to the right."""
    mount = sample_mount(CONFIG, np.random.default_rng(1))
    axes = Axes(np.linspace(12, 40, 2 * STEP), np.linspace(-0.3, 0.3, 3 * STEP))
    found = ground_in_pictures(standing([mount], axes), STEP)[0]
    assert found.shape == (2, 3, 2)
    assert (found[1, :, 1] < found[0, :, 1]).all()
    assert (found[:, 1:, 0] > found[:, :-1, 0]).all()


def test_a_localiser_sees_the_ground_of_its_own_sequence():
    mounts = [sample_mount(CONFIG, np.random.default_rng(seed)) for seed in range(3)]
    axes = Axes(np.linspace(12, 40, STEP), np.linspace(-0.3, 0.3, STEP))
    ground = ground_in_pictures(standing(mounts, axes), STEP)
    assert len(torch.unique(ground, dim=0)) == 3
    frame = torch.tensor([31, 2, 16, 44])
    nothing = torch.zeros(4)
    batch = Pair(nothing, nothing, nothing, nothing, frame)
    assert torch.equal(seen(batch, ground, pictures=True)[2], ground[[2, 0, 1, 2]])


def test_what_is_nearer_than_the_plane_is_nowhere():
    mount = sample_mount(CONFIG, np.random.default_rng(1))
    axes = Axes(np.array([0.5, 1.0, 1.5, 2.0]), np.array([-0.1, 0.0, 0.1, 0.2]))
    found = ground_in_pictures(standing([mount], axes), STEP)
    assert torch.equal(found, torch.full((1, 1, 1, 2), OUTSIDE))
