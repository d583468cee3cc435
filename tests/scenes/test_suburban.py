from dataclasses import replace

import numpy as np
import pytest

from scenes.buildings.house_sampling import KINDS, draw_house
from scenes.cars import CAR_MODELS
from scenes.config import SEQUENCE_LENGTH, ConfigError, TrafficConfig
from scenes.layout import sample_sequence
from scenes.materials import MATERIAL_ID
from scenes.presets import preset
from scenes.sensors import make_camera
from scenes.spec import CLASSES, Surface
from scenes.suburban.ground import suburb_ground, tiled
from scenes.suburban.plan import LEVEL, sample_suburb
from scenes.suburban.plot_sampling import sample_plots
from scenes.suburban.plots import drive_places
from scenes.things.props import build_prop
from tests.footprints import car_rectangle, centred, gap, rectangle, swept

CONFIG = preset("suburban")
SEEDS = range(30)
LEAVES = ("tree", "hedge", "bush")


def sample(seed, config=CONFIG):
    return sample_sequence(config, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def specs():
    return [sample(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def streets():
    made = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        suburb = sample_suburb(rng)
        made.append((suburb, sample_plots(suburb, rng)))
    return made


def house_rectangles(prop):
    """Footprints of a house: main block, what stands out before it, garage."""
    house = draw_house(prop.seed)
    front = -house.depth / 2
    rects = [(house.x0, house.x1, front, -front)]
    rects += [(c.x0, c.x1, front - c.out, front) for c in house.columns if c.out]
    if house.garage:
        y = front + house.garage.back
        rects.append((house.garage.x0, house.garage.x1, y, y + house.garage.depth))
    return [rectangle(prop.pose, *rect) for rect in rects]


def is_walls(prop):
    return prop.style in ("house", "house_far")


def solids(spec):
    """Footprints of all that a car could hit, but kerbs: (prop, corners) each."""
    made = []
    for prop in spec.props:
        if prop.kind == "building":
            if is_walls(prop):
                made += [(prop, corners) for corners in house_rectangles(prop)]
        elif prop.kind == "tree" and prop.style != "wood":
            made.append((prop, centred(prop.pose, 0.4, 0.4)))
        elif prop.kind == "lamp":
            made.append((prop, centred(prop.pose, 0.25, 0.25)))
        elif prop.kind not in ("kerb", "cover") and not prop.style.startswith("petals"):
            made.append((prop, centred(prop.pose, *prop.size[:2])))
    return made


def near(first, second, reach):
    return np.hypot(*(first.mean(0) - second.mean(0))) < reach


def test_nothing_stands_in_a_parked_car_and_none_in_another(specs):
    for spec in specs:
        cars = [car_rectangle(car) for car in spec.parked]
        things = solids(spec)
        for i, car in enumerate(cars):
            assert all(gap(car, other) > 0.03 for other in cars[:i])
            for prop, other in things:
                if near(car, other, 5 + max(prop.size[:2])):
                    assert gap(car, other) > 0.03, (prop.kind, prop.style)


def test_no_two_things_stand_in_each_other():
    """Trunks and poles among fences, hedges, signs and walls, of one garden and of others."""
    for sequence in range(60):
        things = solids(sample([4, sequence]))
        middles = np.array([corners.mean(0) for _, corners in things])
        reach = [np.hypot(*(c - m).T).max() for (_, c), m in zip(things, middles, strict=True)]
        away = np.linalg.norm(middles[:, None] - middles, axis=2)
        close = np.triu(away < np.add.outer(reach, reach), 1)
        for i, j in np.argwhere(close).tolist():
            (first, one), (second, other) = things[i], things[j]
            if first.id != second.id:
                assert gap(one, other) > -1e-9, (sequence, first, second)


def test_things_do_not_stand_in_houses_nor_houses_in_each_other(specs):
    for spec in specs[:15]:
        things = solids(spec)
        walls = [(prop, corners) for prop, corners in things if prop.kind == "building"]
        for prop, wall in walls:
            for other, corners in things:
                if (
                    other is prop
                    or other.style == "wood"
                    or not near(wall, corners, 8 + max(other.size[:2]))
                ):
                    continue
                assert gap(wall, corners) > -0.01, (other.kind, other.style, other.pose)


def test_crowns_keep_off_walls(specs):
    for spec in specs:
        walls = [(p, r) for p in spec.props if is_walls(p) for r in house_rectangles(p)]
        for tree in spec.props:
            if tree.kind != "tree" or tree.style == "wood" or tree.pose.position[1] > 45:
                continue
            crown = centred(tree.pose, 0.62 * tree.size[0], 0.62 * tree.size[1])
            assert all(gap(crown, wall) > -0.05 for _, wall in walls if near(crown, wall, 20))


def test_the_targets_way_is_free(specs):
    for spec in specs:
        way = swept(spec, CONFIG.frame_interval)
        cars = [car_rectangle(car) for car in spec.parked]
        assert all(gap(way, other) > 0.1 for other in cars)
        assert all(gap(way, other) > 0.1 for _, other in solids(spec))


def test_the_target_drives_on_asphalt_between_the_kerbs(specs):
    for spec in specs:
        way = swept(spec, CONFIG.frame_interval)
        kerbs = [p for p in spec.props if p.kind == "kerb" and p.style in ("edge", "ramp")]
        assert all(gap(way, centred(p.pose, *p.size[:2])) > 0.1 for p in kerbs)
        for x, y in way:
            under = [s for s in spec.ground.surfaces if s.x0 <= x <= s.x1 and s.y0 <= y <= s.y1]
            assert {s.z for s in under} == {0.0}


def test_crowns_do_not_hide_the_lane_nor_touch_what_drives_there(specs):
    tallest = max(model.height for model in CAR_MODELS.values())
    for spec in specs:
        lane = spec.ground.lanes[0]
        for tree in spec.props:
            if tree.kind != "tree" or tree.style == "wood" or tree.pose.position[1] > lane.end[1]:
                continue
            x, reach = tree.pose.position[0], tree.size[0] / 2
            inside = lane.width / 2 - (abs(x - lane.start[0]) - reach)
            if inside > 0:
                assert "alley" in tree.style and 0.46 * tree.size[2] + LEVEL > tallest - 0.1
            if np.sign(x - lane.start[0]) == -np.sign(lane.start[0]):  # on the sensors' side
                assert abs(x) - reach > -0.3 and np.sign(x) == -np.sign(lane.start[0])


def test_kerb_parked_cars_stand_outside_the_lane_and_on_level_ground(specs):
    at_kerb = 0
    for spec in specs:
        lane = spec.ground.lanes[0]
        for car in spec.parked:
            corners = car_rectangle(car)
            assert np.abs(corners[:, 0] - lane.start[0]).min() > lane.width / 2 - lane.margin
            at_kerb += car.pose.position[2] == 0.0
            x, y, z = car.pose.position
            under = [s for s in spec.ground.surfaces if s.x0 <= x <= s.x1 and s.y0 <= y <= s.y1]
            assert {s.z for s in under} == {z}
            for x, y in corners:
                under = [s for s in spec.ground.surfaces if s.x0 <= x <= s.x1 and s.y0 <= y <= s.y1]
                assert {s.z for s in under} == {z}
    assert at_kerb > 20


def test_the_target_is_wholly_in_the_picture_in_all_frames(specs):
    for spec in specs:
        model, camera = CAR_MODELS[spec.target.model], make_camera(CONFIG, spec.mount)
        for index in range(SEQUENCE_LENGTH):
            pose = spec.drive.pose(index * CONFIG.frame_interval)
            ground = car_rectangle(spec.target, pose)
            corners = [[x, y, z] for x, y in ground for z in (0, model.height)]
            pixel, depth = camera.project(np.array(corners))
            assert (depth > 0).all() and (pixel > 0).all()
            assert (pixel < [camera.width, camera.height]).all()


def test_drives_go_both_ways_on_the_right_at_speeds_and_places_that_differ(specs):
    ways = []
    for spec in specs:
        velocity, lane = spec.drive.velocity(), spec.ground.lanes[0]
        aside = spec.drive.start.position[0] - lane.start[0]
        assert np.sign(aside) == np.sign(velocity[1])
        assert CONFIG.traffic.speed_min <= spec.drive.speed <= CONFIG.traffic.speed_max
        ways.append(np.sign(velocity[1]))
    assert set(ways) == {-1.0, 1.0}
    middle = [spec.drive.pose(1.4).position[1] for spec in specs]
    assert min(middle) < 20 and max(middle) > 40
    assert len({spec.target.model for spec in specs}) > 10


@pytest.mark.parametrize("name", sorted(CAR_MODELS))
def test_every_model_can_drive_here(name, monkeypatch):
    monkeypatch.setattr("scenes.traffic.sample_model", lambda rng, *_: name)
    config = replace(CONFIG, traffic=TrafficConfig(parked_min=0, parked_max=0))
    spec = sample(1, config)
    assert spec.target.model == name
    lane = spec.ground.lanes[0]
    outer = np.abs(swept(spec, CONFIG.frame_interval)[:, 0] - lane.start[0]).max()
    assert outer < lane.width / 2


@pytest.mark.parametrize("n", [0, 1, 9])
def test_an_exact_number_of_cars_is_honoured(n):
    config = replace(CONFIG, traffic=TrafficConfig(parked_min=n, parked_max=n))
    assert {len(sample(seed, config).parked) for seed in range(6)} == {n}


def test_cars_are_as_many_as_asked_for(specs):
    for spec in specs:
        assert CONFIG.traffic.parked_min <= len(spec.parked) <= CONFIG.traffic.parked_max


def test_too_many_cars_are_refused_with_the_number_of_places():
    config = replace(CONFIG, traffic=TrafficConfig(parked_max=200))
    with pytest.raises(ConfigError, match=r"traffic.parked_max = 200: the camera sees at most \d+"):
        sample(0, config)


def test_houses_on_both_sides_face_the_street(specs):
    for spec in specs:
        middle = spec.ground.lanes[0].start[0]
        sides = {-1.0: 0, 1.0: 0}
        for prop in spec.props:
            x, y, _ = prop.pose.position
            if is_walls(prop) and y < spec.ground.lanes[0].end[1] and abs(x - middle) < 25:
                facing = prop.pose.world_from_object() @ [0, -1, 0, 0]
                side = np.sign(x - middle)
                assert facing[:2] == pytest.approx([-side, 0], abs=1e-9)
                sides[side] += 1
        assert min(sides.values()) >= 3


def test_houses_of_a_street_differ(specs):
    for spec in specs:
        houses = [p for p in spec.props if is_walls(p)]
        assert len({p.seed for p in houses}) == len(houses)
        assert len({draw_house(p.seed).kind for p in houses}) >= 4
        assert len({p.tint for p in houses}) == len(houses)


def test_all_kinds_of_houses_turn_up(specs):
    drawn = {draw_house(p.seed).kind for spec in specs for p in spec.props if is_walls(p)}
    assert drawn == set(KINDS)


def test_layouts_differ_and_a_generator_draws_the_same_again(specs):
    assert sample(7) == specs[7]
    assert len({repr(spec.ground) for spec in specs}) == len(specs)
    lanes = np.array([spec.ground.lanes[0].start[0] for spec in specs])
    assert (np.abs(lanes) > 3.4).all() and (np.abs(lanes) < 6.3).all()
    assert {-1.0, 1.0} == set(np.sign(lanes))


def test_ids_and_classes(specs):
    for spec in specs:
        labels = spec.labels
        assert [label.id for label in labels] == list(range(1, len(labels) + 1))
        assert {label.kind for label in labels} <= set(CLASSES)


def test_all_props_can_be_built_and_stand_on_the_ground(specs):
    for spec in specs[:3]:
        for prop in spec.props:
            shape = build_prop(prop)
            assert np.isfinite(shape.vertices).all()
            assert shape.faces.max() < len(shape.vertices)
            if prop.kind in ("fence", "bush", "bin", "cabinet", "shed", "planter", "hedge"):
                assert shape.vertices[:, 2].min() < 0.1


def test_a_house_has_panes_in_its_front_and_no_two_walls_in_one_place():
    for seed in range(40):
        prop = replace(sample_prop(seed))
        shape = build_prop(prop)
        panes = shape.material == MATERIAL_ID["window"]
        assert panes.sum() >= 3
        assert np.abs(shape.vertices[:, 2]).max() < 13


def sample_prop(seed):
    from scenes.spec import Pose, Prop

    house = draw_house(seed)
    return Prop(2, "building", Pose((0.0, 0.0, 0.0)), house.size, "house", seed)


def test_drives_reach_from_the_street_into_the_plot(streets):
    for suburb, plots in streets:
        assert len(plots) >= 9
        for plot in plots:
            x0, x1 = plot.house.ends
            assert -plot.width / 2 - 0.01 < plot.house_x + x0
            assert plot.house_x + x1 < plot.width / 2 + 0.01
            for drive in plot.drives:
                assert drive.y0 == 0.0 and drive.y1 > drive.y0
                assert max(abs(drive.x0), abs(drive.x1)) < plot.width / 2
        ground = suburb_ground(suburb, [s for plot in plots for s in plot.surfaces()])
        for plot in plots:
            for place in drive_places(plot):
                under = [s for s in ground.surfaces
                         if s.x0 < place.x < s.x1 and s.y0 < place.y < s.y1]  # fmt: skip
                assert [s.z for s in under] == [LEVEL]


def test_tiles_cover_the_plane_once_and_show_the_last_layer():
    rng = np.random.default_rng(0)
    layers = [Surface(0.0, 10.0, 0.0, 10.0, "lawn")]
    for k in range(12):
        x0, y0 = rng.integers(0, 8, 2)
        x1, y1 = np.array([x0, y0]) + rng.integers(1, 3, 2)
        material = ("paving", "gravel")[k % 2]
        layers.append(Surface(float(x0), float(x1), float(y0), float(y1), material, 0.1 * k))
    tiles = tiled(layers)
    assert sum((t.x1 - t.x0) * (t.y1 - t.y0) for t in tiles) == pytest.approx(100)
    for x, y in rng.uniform(0, 10, (200, 2)):
        over = [s for s in layers if s.x0 < x < s.x1 and s.y0 < y < s.y1][-1]
        (tile,) = [t for t in tiles if t.x0 < x < t.x1 and t.y0 < y < t.y1]
        assert (tile.material, tile.z) == (over.material, over.z)
