"""Depth, lidar, labels and the changed part of the picture, on small worlds without Blender."""

from dataclasses import replace

import numpy as np
import pytest

from scenes.config import ScenarioConfig
from scenes.light.lamps import Spot
from scenes.light.sky import Light
from scenes.mesh import EMPTY_MESH, concatenate
from scenes.sensors import make_camera, make_lidar
from synth.delta import (
    FEATHER,
    MARGIN,
    OVERHEAD,
    Patch,
    blend_weight,
    changed,
    patches,
    surroundings,
)
from synth.depth import DEPTH_STEP, view
from synth.labels import pixels_alone, seen_boxes, solid
from synth.lidar import sweep
from synth.rays import RayScene
from tests.worlds import cube, ground, plate

CONFIG = ScenarioConfig(scene="parking_lot")
CAMERA, LIDAR = make_camera(CONFIG), make_lidar(CONFIG)
BODY = cube([2, 15, 1], 2.0, 7)
SUNNY = Light(np.ones((4, 8, 3), np.float32), np.ones(3), 0.01, np.array([0, 0, 1.0]), 1e4)


def test_depth_of_a_plate_across_the_axis_is_constant():
    axis = CAMERA.world_from_camera[:3, 2]
    wall = plate([0, 0, 0], 60, 60, 3)
    # Turn the plate to face along the optical axis, 20 m away.
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([[1, 0, 0], axis, np.cross([1, 0, 0], axis)], 1)
    matrix[:3, 3] = CAMERA.position + 20 * axis
    seen = view(RayScene(wall.transformed(matrix)), CAMERA)
    assert (seen.instance == 3).all()
    np.testing.assert_allclose(seen.depth, 20.0, atol=DEPTH_STEP)


def test_the_sky_has_no_depth_and_no_instance():
    seen = view(RayScene(BODY), CAMERA)
    assert not seen.depth[seen.instance == 0].any()
    assert (seen.depth[seen.instance == 7] > 10).all()


def test_lidar_points_lie_on_surfaces_with_their_labels():
    scene = RayScene(ground(), BODY)
    points = sweep(scene, LIDAR, np.random.default_rng(0))
    world = points.point @ LIDAR.world_from_lidar[:3, :3].T + LIDAR.world_from_lidar[:3, 3]
    floor = points.object == 1
    assert floor.sum() > 5000
    assert np.abs(world[floor, 2]).max() < 3.1 * CONFIG.lidar.range_noise
    body = world[points.object == 7]
    assert len(body) > 100
    assert np.abs(body - [2, 15, 1]).max() < 1.05
    assert ((points.intensity >= 0) & (points.intensity <= 1)).all()
    assert (np.linalg.norm(points.point, axis=1) <= CONFIG.lidar.range_max + 0.1).all()


def test_lidar_noise_of_a_point_does_not_hang_on_other_points():
    alone = sweep(RayScene(ground()), LIDAR, np.random.default_rng(0))
    both = sweep(RayScene(ground(), BODY), LIDAR, np.random.default_rng(0))
    floor = {tuple(p) for p in alone.point}
    still = [tuple(p) for p in both.point[both.object == 1]]
    assert all(p in floor for p in still)


def test_a_solid_is_its_bounding_box_in_its_own_axes():
    turned = np.eye(4)
    turned[:2, :2] = [[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]]
    turned[:3, 3] = [2, 15, 0]
    body = cube([0, 0, 1], 2.0, 7)
    found = solid(body.transformed(turned), 0.3, CAMERA)
    np.testing.assert_allclose(found.centre, [2, 15, 1], atol=1e-5)
    np.testing.assert_allclose(found.size, [2, 2, 2], atol=1e-5)


def test_pixels_alone_are_those_of_a_view_with_nothing_else():
    seen = view(RayScene(BODY), CAMERA)
    count = (seen.instance == 7).sum()
    assert pixels_alone(BODY, CAMERA) == (count, count)
    assert pixels_alone(cube([0, -20, 1], 2.0), CAMERA) == (0, 0)
    inside, whole = pixels_alone(ground(), CAMERA)
    assert inside == (view(RayScene(ground()), CAMERA).instance == 1).sum()
    assert 4 * inside < whole < 7 * inside  # of a picture nine times as large, below the horizon


def test_boxes_are_tight_and_empty_for_what_is_hidden():
    instance = np.zeros((10, 12), np.uint16)
    instance[2:5, 3:9] = 4
    boxes, counts = seen_boxes(instance, np.array([4, 9], np.uint16))
    assert boxes.tolist() == [[3, 2, 9, 5], [0, 0, 0, 0]]
    assert counts.tolist() == [18, 0]


def change_of(moving, sun=(0.4, -0.3, 0.8), still=None):
    still = ground() if still is None else still
    world = RayScene(still)
    before = view(world, CAMERA)
    way = np.array(sun) / np.linalg.norm(sun)
    around = surroundings(world, before, CAMERA, replace(SUNNY, direction=way))
    seen = view(RayScene(still, moving, shared=world), CAMERA, before)
    return changed(around, RayScene(moving), seen, 7), seen


def test_a_view_over_a_known_still_view_is_the_whole_view():
    still = RayScene(concatenate([ground(), plate([2, 25, 4], 8, 8, 3, "brick")]))
    both = RayScene(still.mesh, BODY, shared=still)
    quick, slow = view(both, CAMERA, view(still, CAMERA)), view(both, CAMERA)
    np.testing.assert_array_equal(quick.instance, slow.instance)
    np.testing.assert_array_equal(quick.depth, slow.depth)


def test_the_target_and_its_shadow_change_and_far_pixels_do_not():
    change, seen = change_of(BODY)
    assert change[seen.instance == 7].all()
    # The shadow's far corner: from the cube's top away from the sun, down to the ground.
    tip = np.array([2 - 1, 15 + 1, 2.0]) - np.array([0.4, -0.3, 0.8]) / 0.8 * 2.0
    pixel, _ = CAMERA.project(tip * [1, 1, 0] + [0.1, -0.1, 0])
    u, v = pixel.astype(int)
    assert change[v, u]
    far, _ = CAMERA.project(np.array([-8.0, 25.0, 0.0]))
    assert not change[int(far[1]), int(far[0])]


def test_a_smooth_wall_that_mirrors_the_target_changes():
    dull = change_of(BODY, still=concatenate([ground(), plate([2, 25, 4], 8, 8, 3, "brick")]))[0]
    smooth = change_of(BODY, still=concatenate([ground(), plate([2, 25, 4], 8, 8, 3, "glass")]))[0]
    assert smooth.sum() > dull.sum() + 200


DARK = replace(SUNNY, sun=np.zeros(3))


def lit_change(still=None, spots=(), moving=BODY):
    """What a moving body changes without a sun."""
    world = RayScene(ground() if still is None else still)
    before = view(world, CAMERA)
    around = surroundings(world, before, CAMERA, DARK, spots)
    seen = view(RayScene(world.mesh, moving, shared=world), CAMERA, before)
    return changed(around, RayScene(moving), seen, 7)


def at(change, x, y):
    """Whether the ground at x, y [m] changes."""
    pixel, _ = CAMERA.project(np.array([x, y, 0.0]))
    return bool(change[int(pixel[1]), int(pixel[0])])


def lamp(place, direction, intensity=100.0, cone=1.2):
    way = np.array(direction, float)
    return Spot(np.array(place, float), way / np.linalg.norm(way), intensity, cone, 0.1, (1, 1, 1))


def test_a_street_lamp_throws_a_shadow_that_changes():
    # From (2, 30, 4) past the cube's top edge at (2, 14, 2) the shadow goes beyond the camera.
    dark, lit = lit_change(), lit_change(spots=[lamp([2, 30, 4], [0, -1, -0.2])])
    assert at(lit, 2, 8.5) and not at(dark, 2, 8.5)
    far = lit_change(spots=[lamp([2, 90, 6], [0, 0, -1])])
    assert far.sum() <= dark.sum() + 50  # a lamp that far away throws none that is seen


def test_without_a_sun_more_sky_is_hidden():
    sunny, _ = change_of(BODY)
    assert not at(sunny, 5.5, 15) and at(lit_change(), 5.5, 15)


def test_wet_ground_mirrors_what_dry_ground_does_not():
    tall = cube([2, 16, 2], 4.0, 7)
    dry, wet = (lit_change(ground(material=m), moving=tall) for m in ("asphalt", "wet_asphalt"))
    assert at(wet, 2, 9.2) and not at(dry, 2, 9.2)
    assert (wet | ~dry).all()


def test_patches_cover_the_blend_and_are_merged():
    change = np.zeros((480, 640), bool)
    change[200:230, 300:360] = True
    change[210:240, 365:380] = True
    assert OVERHEAD < 250 * 150  # else the far corner below would be merged too
    change[50:52, 20:22] = True
    weight = blend_weight(change)
    assert (weight[change] == 1).all()
    found = patches(weight)
    assert len(found) == 2
    covered = np.zeros_like(change)
    for patch in found:
        covered[patch.y0 : patch.y1, patch.x0 : patch.x1] = True
    assert covered[weight > 0].all()
    assert weight[0, 0] == 0
    row = weight[215, 230:300]
    assert (np.diff(row) >= 0).all()
    assert (row == 0).sum() == 70 - (MARGIN + FEATHER - 1)


def test_nothing_changed_needs_no_patch():
    assert patches(blend_weight(np.zeros((480, 640), bool))) == []


def test_patch_union():
    assert Patch(0, 0, 4, 4).union(Patch(2, 2, 8, 6)) == Patch(0, 0, 8, 6)


@pytest.mark.parametrize("empty", [EMPTY_MESH])
def test_a_view_of_nothing(empty):
    assert not view(RayScene(empty), CAMERA).instance.any()
