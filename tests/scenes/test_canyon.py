from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from scenes.buildings.tenement_plan import CHARACTERS, plan_tenement
from scenes.canyon.furniture import hides
from scenes.canyon.plan import FAR, sample_street, street_ground
from scenes.canyon.tenement_rows import before
from scenes.cars import CAR_MODELS
from scenes.config import SEQUENCE_LENGTH, ConfigError, TrafficConfig
from scenes.layout import sample_sequence
from scenes.materials import MATERIALS
from scenes.presets import preset
from scenes.sensors import make_camera
from scenes.spec import CLASSES, Pose, Prop
from scenes.things.props import BUILDERS, build_prop
from tests.footprints import car_rectangle, centred, gap

CONFIG = preset("canyon")
SEEDS = range(30)
MOST_TRIANGLES = 190_000  # of all but cars
GATES = 0.02  # height [m] of what wheels roll over
HOUSES = tuple(CHARACTERS)


def sample(seed, config=CONFIG):
    return sample_sequence(config, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def specs():
    return [sample(seed) for seed in SEEDS]


def poses(spec):
    return [spec.drive.pose(k * CONFIG.frame_interval) for k in range(SEQUENCE_LENGTH)]


def driving(spec):
    """The edges x of what is driven on."""
    lane = spec.ground.lanes[0]
    return lane.start[0] - lane.width / 2, lane.start[0] + lane.width / 2


def on_ground(prop):
    """Whether a thing stands on the ground, alone, and is higher than wheels roll over."""
    flat = prop.kind == "kerb" or prop.size[2] < GATES
    return not (flat or prop.kind in ("building", "awning"))


def foot(prop):
    size = (0.4, 0.4) if prop.kind == "tree" else prop.size[:2]
    if prop.kind == "lamp":
        size = (0.3, 0.3)  # its arm is above all cars
    return centred(prop.pose, *size)


def test_what_stands_on_pavements_meets_nothing(specs):
    for spec in specs:
        things = [foot(prop) for prop in spec.props if on_ground(prop)]
        cars = [car_rectangle(car) for car in spec.parked]
        for i, thing in enumerate(things):
            near = [o for o in [*things[:i], *cars] if np.abs(o.mean(0) - thing.mean(0)).max() < 6]
            assert all(gap(thing, other) > 0 for other in near)


def test_things_stand_on_pavements_between_kerbs_and_houses(specs):
    for spec in specs:
        street = next(s for s in spec.ground.surfaces if s.material == "asphalt")
        houses = [p for p in spec.props if p.style in HOUSES and abs(p.pose.yaw) > 1]
        fronts = {-1: max(p.pose.position[0] for p in houses if p.pose.yaw > 0) + 6.0,
                  1: min(p.pose.position[0] for p in houses if p.pose.yaw < 0) - 6.0}  # fmt: skip
        for prop in spec.props:
            if on_ground(prop):
                x = foot(prop)[:, 0]
                assert x.min() > street.x1 or x.max() < street.x0
                assert x.min() > fronts[-1] - 0.05 and x.max() < fronts[1] + 0.05


def test_the_target_has_its_way_free(specs):
    for spec in specs:
        things = [foot(prop) for prop in spec.props if on_ground(prop)]
        things += [car_rectangle(car) for car in spec.parked]
        things = [thing for thing in things if np.abs(thing[:, 0] - driving(spec)[0]).min() < 12]
        ways = [car_rectangle(spec.target, pose) for pose in (poses(spec)[0], poses(spec)[-1])]
        hull = np.concatenate(ways)
        box = np.array([[x, y] for x in hull[:, 0] for y in hull[:, 1]])
        low, high = box.min(0), box.max(0)
        way = np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
        assert all(gap(way, thing) > 0.05 for thing in things)


def test_the_target_stays_on_its_side_of_the_road_at_a_speed_asked_for(specs):
    for spec in specs:
        x0, x1 = driving(spec)
        direction = np.sign(spec.drive.velocity()[1])
        for pose in poses(spec):
            x = car_rectangle(spec.target, pose)[:, 0]
            assert x.min() > x0 - 0.05 and x.max() < x1 + 0.05
            assert (direction * (x - (x0 + x1) / 2)).min() > 0
            assert 4.0 < pose.position[1] < 58.0
        assert CONFIG.traffic.speed_min <= spec.drive.speed <= CONFIG.traffic.speed_max


def test_the_target_is_wholly_in_the_picture_in_all_frames(specs):
    for spec in specs:
        camera, model = make_camera(CONFIG, spec.mount), CAR_MODELS[spec.target.model]
        for pose in poses(spec):
            ground = car_rectangle(spec.target, pose)
            points = np.array([[x, y, z] for x, y in ground for z in (0, model.height)])
            pixel, depth = camera.project(points)
            assert (depth > 0).all() and (pixel > 0).all()
            assert (pixel < [camera.width, camera.height]).all()


def test_no_crown_hides_the_target(specs):
    for spec in specs:
        watched = [pose.position for pose in poses(spec)]
        for prop in spec.props:
            if prop.kind == "tree":
                x, y, base = prop.pose.position
                # Between the moments that the layout looks at, sight lines move a little.
                radius, top = prop.size[0] / 2 - 0.4, base + prop.size[2]
                assert not hides((x, y), radius, top, watched, spec.mount.height)


def test_drives_differ(specs):
    assert {np.sign(spec.drive.velocity()[1]) for spec in specs} == {-1.0, 1.0}
    start = [spec.drive.start.position[1] for spec in specs]
    assert min(start) < 22 and max(start) > 42
    assert np.std([spec.drive.speed for spec in specs]) > 0.4
    assert len({spec.target.model for spec in specs}) > min(len(CAR_MODELS), 40) / 2


def test_parked_cars_stand_at_kerbs_outside_of_what_is_driven_on(specs):
    for spec in specs:
        street = next(s for s in spec.ground.surfaces if s.material == "asphalt")
        x0, x1 = driving(spec)
        assert CONFIG.traffic.parked_min <= len(spec.parked) <= CONFIG.traffic.parked_max
        cars = [car_rectangle(car) for car in spec.parked]
        for i, car in enumerate(cars):
            x = car[:, 0]
            assert street.x0 < x.min() and x.max() < street.x1
            assert x.max() < x0 + 0.06 or x.min() > x1 - 0.06
            assert all(gap(car, other) > 0.15 for other in cars[:i])


@pytest.mark.parametrize("n", [0, 1, 12])
def test_an_exact_number_of_cars_is_honoured(n):
    config = replace(CONFIG, traffic=TrafficConfig(parked_min=n, parked_max=n))
    assert {len(sample(seed, config).parked) for seed in range(6)} == {n}


def test_too_many_cars_are_refused():
    config = replace(CONFIG, traffic=TrafficConfig(parked_max=100))
    with pytest.raises(ConfigError, match=r"the camera sees at most \d+ places"):
        sample(0, config)


def test_houses_face_the_street_without_gaps_up_to_the_street_at_its_end(specs):
    for spec in specs:
        walls = [prop for prop in spec.props if prop.style in HOUSES]
        end = max(s.y0 for s in spec.ground.surfaces if s.material == "asphalt")
        for side in (-1, 1):
            row = [p for p in walls if p.pose.yaw == pytest.approx(-side * np.pi / 2)]
            spans = sorted((p.pose.position[1] - p.size[0] / 2, p.pose.position[1] + p.size[0] / 2)
                           for p in row)  # fmt: skip
            assert spans[0][0] < -10 and end - 4 < spans[-1][1] < end
            joints = [b[0] - a[1] for a, b in pairwise(spans)]
            assert np.abs(joints).max() < 1e-6
            fronts = [p.pose.position[0] - side * p.size[1] / 2 for p in row]
            assert np.ptp(fronts) < 0.25
        assert sum(abs(p.pose.yaw) < 0.1 for p in walls) >= 3
        storeys = [plan_tenement(p).n_storey for p in walls]
        assert 3 <= min(storeys) and max(storeys) <= 7


def test_a_house_is_filled_by_its_units_and_axes(specs):
    for spec in specs[:20]:
        for prop in spec.props:
            if prop.style not in HOUSES:
                continue
            plan = plan_tenement(prop)
            edges = [(unit.x0, unit.x1) for unit in plan.units]
            assert edges[0][0] == pytest.approx(-plan.width / 2)
            assert edges[-1][1] == pytest.approx(plan.width / 2)
            assert all(a[1] == pytest.approx(b[0])
                       for a, b in pairwise(edges))  # fmt: skip
            assert plan.window < plan.pitch and 0 < plan.sill < plan.head < plan.storey
            assert sum(unit.kind in ("door", "gate") for unit in plan.units) == 1


def test_parts_of_a_house_share_its_plan(specs):
    houses = {p.id: plan_tenement(p) for p in specs[0].props if p.style in HOUSES}
    parts = [p for p in specs[0].props if ":" in p.style]
    assert len(parts) == 3 * len(houses)  # tiles, trim, balconies
    for part in parts:
        assert plan_tenement(part) == houses[part.id]


def test_shop_fronts_are_part_of_the_house_they_stand_in(specs):
    for spec in specs:
        houses = {p.id: p for p in spec.props if p.style in HOUSES}
        shops = [p for p in spec.props if p.style == "shopfront"]
        for shop in shops:
            house = houses[shop.id]
            away = np.array(shop.pose.position) - house.pose.position
            x, y, _ = house.pose.world_from_object()[:3, :3].T @ away
            assert abs(x) + shop.size[0] / 2 < house.size[0] / 2 + 0.01
            assert y == pytest.approx(plan_tenement(house).front)
        assert len([label for label in spec.labels if label.kind == "building"]) == len(houses)
        assert {label.model for label in spec.labels if label.kind == "building"} <= set(HOUSES)


def test_layouts_differ(specs):
    assert sample(7) == specs[7]
    assert len({repr(spec) for spec in specs}) == len(specs)
    styles = {p.style for spec in specs for p in spec.props if p.style in HOUSES}
    assert styles == set(HOUSES)
    first = [tuple(p.style for p in spec.props if p.style in HOUSES) for spec in specs]
    assert len(set(first)) == len(first)
    posts = [spec.ground.surfaces[0].x0 > 0 for spec in specs]
    assert 0.2 < np.mean(posts) < 0.8


def test_classes_and_builders_are_known(specs):
    for spec in specs:
        assert {label.kind for label in spec.labels} <= set(CLASSES)
        assert [label.id for label in spec.labels] == list(range(1, len(spec.labels) + 1))
        for prop in spec.props:
            assert f"{prop.kind}/{prop.style}" in BUILDERS or prop.kind in BUILDERS


def test_all_but_cars_keeps_to_its_budget_of_triangles(specs):
    for spec in specs[:4]:
        shapes = [build_prop(prop) for prop in spec.props]
        assert sum(len(s.faces) + (s.faces[:, 3] >= 0).sum() for s in shapes) < MOST_TRIANGLES
        for prop, shape in zip(spec.props, shapes, strict=True):
            assert np.isfinite(shape.vertices).all()
            assert (shape.vertices[:, 2] > -0.4).all() or prop.kind == "tree"


def test_surfaces_tile_the_plane():
    for seed in range(20):
        ground = street_ground(sample_street(np.random.default_rng(seed)))
        area = sum((s.x1 - s.x0) * (s.y1 - s.y0) for s in ground.surfaces)
        assert area == pytest.approx(4 * FAR**2)


def test_what_is_before_a_front_lies_towards_the_street(specs):
    for prop in specs[0].props:
        if prop.style in HOUSES and abs(prop.pose.yaw) > 1:
            plan = plan_tenement(prop)
            front = type("Front", (), {"plan": plan, "pose": prop.pose})()
            x, _ = before(front, 0.0, 1.0)
            middle = specs[0].ground.lanes[0].start[0]
            assert abs(x - middle) < abs(prop.pose.position[0] - middle) - 6.9


def test_the_styles_of_its_houses_are_nobody_elses():
    lots = [sample_sequence(preset("parking_lot"), np.random.default_rng(i)) for i in range(60)]
    lot = {prop.style for spec in lots for prop in spec.props if prop.kind == "building"}
    assert lot & set(CHARACTERS) == set()


def coplanar(shape, least=0.1):
    """Pairs of upright or level rectangles of one plane that overlap by a metre and more."""
    found: list[Any] = []
    planes: dict[tuple[int, float], list[Any]] = {}
    for face in shape.faces[shape.faces[:, 3] >= 0]:
        low, high = shape.vertices[face].min(0), shape.vertices[face].max(0)
        (thin,) = np.flatnonzero(high - low < 1e-6)[:1] if (high - low < 1e-6).any() else (None,)
        if thin is not None:
            planes.setdefault((int(thin), round(float(low[thin]), 5)), []).append((low, high))
    for (thin, _), faces in planes.items():
        for k, (low, high) in enumerate(faces):
            for other_low, other_high in faces[:k]:
                over = np.delete(np.minimum(high, other_high) - np.maximum(low, other_low), thin)
                found += [over] if over.min() > least and over.max() > 1 else []
    return found


@pytest.mark.parametrize("seed", range(8))
def test_no_two_large_faces_of_a_shop_front_lie_in_one_plane(seed):
    """They would hide each other from light: black slots beside doors."""
    prop = Prop(2, "building", Pose((0.0, 10.0, 0.0)), (5.0, 0.6, 3.8), "shopfront", seed)
    assert not coplanar(build_prop(prop))


def test_only_tiles_have_the_colour_of_tiles(specs):
    for spec in specs[:5]:
        for prop in spec.props:
            names = {MATERIALS[k].name for k in np.unique(build_prop(prop).material)}
            if prop.style.endswith(":tiles"):
                assert names <= {"tile"}
            if prop.style.endswith(":trim"):
                assert "tile" not in names and len(names) > 0
