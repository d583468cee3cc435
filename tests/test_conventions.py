"""Holds the code to docs/conventions.md."""

from dataclasses import replace

import numpy as np
import pytest

from scenes.config import ScenarioConfig
from scenes.sensors import angles, direction, make_camera, make_lidar, make_radar, tilted_frame
from scenes.spec import Drive, Pose
from synth.antenna import far_field
from synth.doppler import doppler_axis, symbols
from synth.paths import KINDS, LINE_OF_SIGHT, SCATTERED, Paths
from synth.sample import NO_MATERIAL

CONFIG = ScenarioConfig(scene="parking_lot")


def test_directions_and_angles_are_inverse():
    rng = np.random.default_rng(0)
    azimuth, elevation = rng.uniform(-3, 3, 100), rng.uniform(-1.5, 1.5, 100)
    back = angles(direction(azimuth, elevation) * 7.0)
    np.testing.assert_allclose(back, np.stack([azimuth, elevation], -1), atol=1e-12)


def test_azimuth_is_zero_ahead_and_positive_to_the_right():
    assert angles(np.array([0.0, 5.0, 0.0]))[0] == 0
    assert angles(np.array([5.0, 5.0, 0.0]))[0] == pytest.approx(np.pi / 4)
    assert angles(np.array([0.0, 5.0, 5.0]))[1] == pytest.approx(np.pi / 4)


@pytest.mark.parametrize("transform", [
    make_camera(CONFIG).world_from_camera, make_lidar(CONFIG).world_from_lidar,
    make_radar(CONFIG).world_from_radar, Pose((1, 2, 3), 0.4).world_from_object(),
])  # fmt: skip
def test_transforms_are_rigid_and_right_handed(transform):
    rotation = transform[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert np.array_equal(transform[3], [0, 0, 0, 1])


def test_what_is_right_and_high_in_the_world_is_right_and_high_in_the_picture():
    camera = make_camera(CONFIG)
    pixel, depth = camera.project(np.array([[0, 20, 0], [3, 20, 0], [0, 20, 3.0], [0, -5, 0]]))
    assert (depth[:3] > 0).all()
    assert depth[3] < 0
    assert pixel[0, 0] == pytest.approx(camera.width / 2)
    assert pixel[1, 0] > pixel[0, 0]
    assert pixel[2, 1] < pixel[0, 1]


def test_pixel_directions_project_to_pixel_centres():
    camera = make_camera(CONFIG)
    ways = camera.pixel_directions()[::97, ::101]
    pixel, depth = camera.project(camera.position + 12.5 * ways)
    np.testing.assert_allclose(depth, 12.5)
    v, u = np.meshgrid(np.arange(0, 480, 97) + 0.5, np.arange(0, 640, 101) + 0.5, indexing="ij")
    np.testing.assert_allclose(pixel, np.stack([u, v], -1), atol=1e-9)


def test_the_array_counts_up_and_to_the_right_about_its_centre():
    radar = make_radar(CONFIG)
    place = radar.elements()
    assert place.shape == (16, 16, 3)
    np.testing.assert_allclose(place.mean((0, 1)), 0, atol=1e-15)
    assert place[1, 0, 2] > place[0, 0, 2]
    assert place[0, 1, 0] > place[0, 0, 0]
    step = np.linalg.norm(place[0, 1] - place[0, 0])
    assert step == pytest.approx(CONFIG.radio.wavelength / 2)
    np.testing.assert_allclose(place @ radar.panel[:, 1], 0, atol=1e-15)


@pytest.mark.parametrize("tilt", [0.0, 0.4])
def test_vertical_grows_with_the_zenith_angle_and_horizontal_to_the_left(tilt):
    panel = tilted_frame(tilt, 0.3)
    ahead = panel[:, 1]
    vertical, horizontal = (far_field("isotropic", name, panel, ahead) for name in "VH")
    np.testing.assert_allclose(vertical, -panel[:, 2], atol=1e-12)
    np.testing.assert_allclose(horizontal, -panel[:, 0], atol=1e-12)


@pytest.mark.parametrize("name", ["V", "H", "+45", "-45"])
def test_a_slant_mixes_vertical_and_horizontal(name):
    way = direction(*np.random.default_rng(0).uniform(-1, 1, (2, 20)))
    panel = tilted_frame(0.2)
    vertical, horizontal = (far_field("tr38901", key, panel, way) for key in "VH")
    slant = {"V": 0, "H": np.pi / 2, "+45": np.pi / 4, "-45": -np.pi / 4}[name]
    mixed = np.cos(slant) * vertical + np.sin(slant) * horizontal
    np.testing.assert_allclose(far_field("tr38901", name, panel, way), mixed, atol=1e-12)


def test_spacings_are_those_of_rows_and_of_columns():
    radio = replace(CONFIG.radio, row_spacing=0.7, col_spacing=1.3, n_row=3, n_col=4)
    place = make_radar(replace(CONFIG, radio=radio)).elements()
    assert np.linalg.norm(place[1, 0] - place[0, 0]) == pytest.approx(0.7 * radio.wavelength)
    assert np.linalg.norm(place[0, 1] - place[0, 0]) == pytest.approx(1.3 * radio.wavelength)


def test_an_approaching_path_turns_forwards_and_lies_right_of_zero():
    radio = replace(CONFIG.radio, n_row=1, n_col=1, n_subcarrier=512, n_symbol=8)
    path = Paths(
        np.ones(1, np.complex64), np.array([1e-7]), np.zeros((1, 2), np.float32),
        np.zeros((1, 2), np.float32), np.array([1000.0], np.float32), np.ones(1, np.uint16),
        np.zeros(1, np.uint8), np.ones(1, np.uint8), np.full(1, SCATTERED, np.uint8),
    )  # fmt: skip
    burst = symbols(path, make_radar(replace(CONFIG, radio=radio)), radio)
    turn = np.angle(burst[..., 1] / burst[..., 0])
    np.testing.assert_allclose(turn, 2 * np.pi * 1000 * radio.symbol_interval, atol=1e-4)
    axis = doppler_axis(radio)
    assert axis[4] == 0
    assert axis[5] == pytest.approx(1000)


def test_kinds_are_those_of_the_page():
    assert KINDS == ("line of sight", "specular", "scattered", "diffracted")
    assert KINDS.index("line of sight") == LINE_OF_SIGHT
    assert NO_MATERIAL == 255


def test_a_drive_goes_where_its_nose_points():
    drive = Drive(Pose((1.0, 2.0, 0.0), np.pi), 5.0)
    np.testing.assert_allclose(drive.pose(2.0).position, (-9.0, 2.0, 0.0), atol=1e-12)
    np.testing.assert_allclose(drive.velocity(), (-5.0, 0.0, 0.0), atol=1e-12)
