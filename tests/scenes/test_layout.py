import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from scenes.cars import CAR_MODELS
from scenes.config import SEQUENCE_LENGTH, ConfigError, ScenarioConfig, TrafficConfig
from scenes.layout import sample_sequence
from scenes.sensors import make_camera
from scenes.spec import CLASSES, GROUND_ID, SceneSpec
from scenes.things.footprint import Footprint
from scenes.things.vegetation import is_shared
from tests.footprints import car_rectangle, centred, gap, swept
from tests.worlds import calm

CONFIG = calm(ScenarioConfig(scene="parking_lot"))
SEEDS = range(200)
LOT_KINDS = {
    "ground", "car", "building", "wall", "tree", "hedge", "lamp", "kerb", "sign", "bollard", "bin",
    "shelter",
}  # fmt: skip


def sample(seed: int, config: ScenarioConfig = CONFIG) -> SceneSpec:
    return sample_sequence(config, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def specs():
    return [sample(seed) for seed in SEEDS]


def standing(spec):
    """Footprints of all that stands: kerbs and single trees by what no car may touch of them."""
    cars = [car_rectangle(car) for car in spec.parked]
    props = [
        centred(prop.pose, *((0.4, 0.4) if is_shared(prop) else prop.size[:2]))
        for prop in spec.props
    ]
    return cars, props


def test_nothing_stands_in_a_parked_car_and_none_in_another(specs):
    for spec in specs:
        cars, props = standing(spec)
        for i, car in enumerate(cars):
            assert all(gap(car, other) > 0.03 for other in [*cars[:i], *props])


def test_the_target_meets_nothing_on_its_way(specs):
    for spec in specs:
        way = swept(spec, CONFIG.frame_interval)
        cars, props = standing(spec)
        assert all(gap(way, other) > 0.1 for other in [*cars, *props])


def test_crowns_are_above_the_roofs_below_them(specs):
    for spec in specs:
        crowns = [(p, centred(p.pose, *p.size[:2])) for p in spec.props if is_shared(p)]
        for car in (*spec.parked, spec.target):
            for prop, crown in crowns:
                if gap(car_rectangle(car), crown) < 0:
                    assert 0.36 * prop.size[2] > CAR_MODELS[car.model].height - 0.05


def test_crowns_keep_off_walls(specs):
    for spec in specs:
        walls = [centred(p.pose, *p.size[:2]) for p in spec.props if p.kind == "building"]
        crowns = [
            centred(p.pose, 0.62 * p.size[0], 0.62 * p.size[1]) for p in spec.props if is_shared(p)
        ]
        assert all(gap(crown, wall) > -0.05 for crown in crowns for wall in walls)


def test_the_target_is_wholly_in_the_picture_in_all_frames(specs):
    camera = make_camera(CONFIG)
    for spec in specs:
        model = CAR_MODELS[spec.target.model]
        for index in range(SEQUENCE_LENGTH):
            ground = car_rectangle(spec.target, spec.drive.pose(index * CONFIG.frame_interval))
            corners = [[x, y, z] for x, y in ground for z in (0, model.height)]
            pixel, depth = camera.project(np.array(corners))
            assert (depth > 0).all()
            assert (pixel > 0).all()
            assert (pixel < [camera.width, camera.height]).all()


def test_the_target_keeps_to_the_right_of_a_lane_at_a_speed_asked_for(specs):
    for spec in specs:
        velocity, lanes = spec.drive.velocity(), [lane.start[1] for lane in spec.ground.lanes]
        y = spec.drive.start.position[1]
        lane = min(lanes, key=lambda middle: abs(middle - y))
        assert np.sign(lane - y) == np.sign(velocity[0])
        assert CONFIG.traffic.speed_min <= spec.drive.speed <= CONFIG.traffic.speed_max
        assert abs(velocity[1]) < np.sin(np.radians(1.5)) * spec.drive.speed
        assert spec.target.pose == spec.drive.start


def test_drives_differ_in_lane_way_and_speed(specs):
    assert {np.sign(spec.drive.velocity()[0]) for spec in specs} == {-1.0, 1.0}
    distance = [spec.drive.start.position[1] for spec in specs]
    assert min(distance) < 13 and max(distance) > 24
    assert np.std([spec.drive.speed for spec in specs]) > 0.5
    assert {spec.target.model for spec in specs} == set(CAR_MODELS)


def test_cars_are_as_many_as_asked_for_and_nothing_is_near_the_sensors(specs):
    for spec in specs:
        assert CONFIG.traffic.parked_min <= len(spec.parked) <= CONFIG.traffic.parked_max
        for corners in (*(car_rectangle(car) for car in spec.parked), *standing(spec)[1]):
            inside = np.abs(corners[:, 0]).min() < 10
            assert not inside or corners[:, 1].min() > 3.0


@pytest.mark.parametrize("n", [0, 1, 20])
def test_an_exact_number_of_cars_is_honoured(n):
    config = replace(CONFIG, traffic=TrafficConfig(parked_min=n, parked_max=n))
    assert {len(sample(seed, config).parked) for seed in range(20)} == {n}


def test_too_many_cars_are_refused_with_the_number_of_bays():
    config = replace(CONFIG, traffic=TrafficConfig(parked_max=150))
    with pytest.raises(ConfigError, match=r"traffic.parked_max = 150: the camera sees at most \d+"):
        sample(0, config)


def test_too_long_a_drive_is_refused_with_the_greatest_speed():
    config = replace(CONFIG, frame_interval=5.0)
    with pytest.raises(ConfigError, match=r"traffic.speed_min = 3 m/s: at more than 0\.\d m/s"):
        sample(0, config)


def test_a_camera_that_looks_at_the_sky_is_refused():
    config = replace(CONFIG, rig=replace(CONFIG.rig, pitch_deg=-10.0, height=30.0))
    with pytest.raises(ConfigError, match=r"camera sees (no lane|at most \d+ places)"):
        sample(0, config)


def test_a_generator_draws_the_same_world_again_and_another_draws_another(specs):
    assert sample(7) == specs[7]
    assert len({repr(spec) for spec in specs}) == len(specs)


def test_ids_and_classes(specs):
    for spec in specs:
        labels = spec.labels
        assert [label.id for label in labels] == list(range(1, len(labels) + 1))
        assert (labels[0].id, labels[0].kind) == (GROUND_ID, "ground")
        assert {label.kind for label in labels} <= set(CLASSES)
        models = {label.id: label.model for label in labels}
        assert all(models[car.id] == car.model for car in (*spec.parked, spec.target))


def test_all_kinds_of_things_turn_up(specs):
    kinds = {label.kind for spec in specs for label in spec.labels}
    assert kinds == LOT_KINDS


def test_the_sun_comes_from_all_sides_at_the_heights_of_a_day(specs):
    elevation = np.degrees([spec.daylight.elevation for spec in specs])
    azimuth = np.array([spec.daylight.azimuth for spec in specs])
    assert elevation.min() >= 15 and elevation.max() <= 65
    assert np.histogram(azimuth, 4, (-np.pi, np.pi))[0].min() > 20


def test_footprints_overlap_as_slow_geometry_says():
    rng = np.random.default_rng(0)
    for _ in range(300):
        first, second = (
            Footprint(*map(float, rng.uniform([-2, -2, 0.5, 0.5, -3], [2, 2, 3, 3, 3])))
            for _ in range(2)
        )
        distance = gap(first.corners, second.corners)
        if abs(distance) > 1e-9:
            assert first.overlaps(second) == (distance < 0)


def test_layout_needs_no_blender():
    code = "import sys, scenes.layout, scenes.spec; sys.exit('bpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
