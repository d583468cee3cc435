"""Holds the code to docs/conventions.md."""

import numpy as np
import pytest

from scenes.config import ScenarioConfig
from scenes.sensors import angles, direction, make_camera, make_lidar, make_radar
from scenes.spec import Drive, Pose

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


def test_a_drive_goes_where_its_nose_points():
    drive = Drive(Pose((1.0, 2.0, 0.0), np.pi), 5.0)
    np.testing.assert_allclose(drive.pose(2.0).position, (-9.0, 2.0, 0.0), atol=1e-12)
    np.testing.assert_allclose(drive.velocity(), (-5.0, 0.0, 0.0), atol=1e-12)
