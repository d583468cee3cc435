"""What holds for a thousand sequences of every scene, drawn as a dataset draws them."""

from collections import Counter, defaultdict
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from scenes.cars import CAR_MODELS
from scenes.config import (
    KINDS_OF_LIGHT,
    KINDS_OF_WEATHER,
    SEQUENCE_LENGTH,
    ScenarioConfig,
    WeatherConfig,
)
from scenes.layout import SCENES, sample_sequence
from scenes.materials import MATERIAL_ID
from scenes.presets import PRESETS
from scenes.sensors import angles, make_camera, make_radar
from scenes.spec import CLASSES, SceneSpec
from scenes.things.props import BUILDERS, build_prop
from scenes.things.season import in_season
from scenes.weather import sample_weather
from synth.world import draw
from tests.worlds import only

N = 1000
# Two worlds that share half of their cars, of their buildings or of their other things count as
# alike: one street with other cars shares all but the cars. Of independent ones the two most alike
# of a thousand share a fifth of cars (one of three each) and of buildings (one of five), and a
# third of other things: those of parking lots, whose trees and lamps stand in even rows.
ALIKE = 0.5


def world(config: ScenarioConfig, sequence: int) -> SceneSpec:
    """What a sequence of a built-in scene shows."""
    spec = draw(config, 4, sequence)
    assert isinstance(spec, SceneSpec)
    return spec


@cache
def worlds(scene: str) -> list[SceneSpec]:
    """A thousand worlds of a scene."""
    return [world(PRESETS[scene], sequence) for sequence in range(N)]


@pytest.fixture(scope="module", params=sorted(SCENES))
def drawn(request):
    """Configuration and a thousand worlds of a scene."""
    return PRESETS[request.param], worlds(request.param)


def near(pose, step):
    """Where something stands, to `step` [m]."""
    return tuple(np.round(np.divide(pose.position[:2], step)).astype(int).tolist())


def features(spec):
    """What stands where, as one would tell two places apart: sets of things by kind."""
    kinds = defaultdict(set)
    for prop in spec.things:
        kinds[prop.kind].add((prop.style, *near(prop.pose, 1.0)))
    return {
        "cars": {(c.model, *near(c.pose, 0.5), round(c.pose.yaw)) for c in spec.parked},
        "buildings": kinds["building"],
        "things": {(kind, x, y) for kind in kinds if kind != "building" for _, x, y in kinds[kind]},
    }


def shared(sets):
    """Greatest share of its things (n,) that each of n sets has in common with another.

    Of two sets: things in both over things in either, Jaccard's index.
    """
    column = {item: k for k, item in enumerate(sorted(set().union(*sets)))}
    row = np.repeat(np.arange(len(sets)), [len(items) for items in sets])
    at = [column[item] for items in sets for item in items]
    has = csr_matrix((np.ones(len(at)), (row, at)), shape=(len(sets), len(column)))
    both, n = (has @ has.T).toarray(), np.array([len(items) for items in sets])
    share = both / np.maximum(n[:, None] + n - both, 1)
    np.fill_diagonal(share, 0)
    return share.max(1)


def test_what_is_shared_is_found():
    rng = np.random.default_rng(0)
    worlds = [set(map(tuple, rng.integers(0, 1000, (20, 2)).tolist())) for _ in range(9)]
    assert shared(worlds).max() < 0.1
    half = {item for k, item in enumerate(sorted(worlds[4])) if k < 10} | {(-1, -1)}
    np.testing.assert_allclose(shared([*worlds, half])[[4, 9]], 10 / 21)
    np.testing.assert_allclose(shared([*worlds, worlds[2]])[[2, 9]], 1)
    assert not shared([set(), set()]).any()


@pytest.mark.slow
def test_no_two_layouts_are_alike(drawn):
    _, specs = drawn
    found = [features(spec) for spec in specs]
    for kind in found[0]:
        share = shared([things[kind] for things in found])
        assert share.max() < ALIKE, (kind, np.flatnonzero(share >= ALIKE)[:4])
    drives = {(s.target.model, near(s.drive.start, 0.5), round(5 * s.drive.speed)) for s in specs}
    assert len(drives) > 0.97 * N  # 14 of a thousand fall together by chance, of lots' few lanes
    assert len({s.mount for s in specs}) == N


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_every_thing_has_one_label(scene):
    parts_of = Counter[str]()
    for sequence in range(12):
        spec = world(PRESETS[scene], sequence)
        ids = [label.id for label in spec.labels]
        assert len(set(ids)) == len(ids)
        assert set(ids) == {1, spec.target.id, *(c.id for c in spec.parked)} | {
            p.id for p in spec.props
        }
        places = [(p.kind, p.pose) for p in spec.things]
        places += [("car", c.pose) for c in (*spec.parked, spec.target)]
        assert [place for place, n in Counter(places).items() if n > 1] == []
        first = {p.id: p for p in spec.things}
        for prop in spec.props:
            whole = first[prop.id]
            assert (prop.kind, prop.pose.yaw) == (whole.kind, whole.pose.yaw)
            away = np.subtract(prop.pose.position, whole.pose.position)
            assert np.hypot(*away[:2]) < np.hypot(*whole.size[:2]) / 2
            assert prop is whole or prop.style not in {p.style for p in first.values()}
            parts_of[whole.kind] += prop is not whole
    expected = {"parking_lot": set(), "suburban": {"building", "bush"}, "canyon": {"building"}}
    assert set(+parts_of) == expected[scene]


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_snow_changes_no_layout(scene):
    config = PRESETS[scene]
    clear, snowy = (world(only(config, kind), 2) for kind in ("clear", "snow"))
    assert snowy == replace(clear, weather=snowy.weather, daylight=snowy.daylight)
    assert snowy.weather.kind == "snow"
    stands = in_season(snowy.props, snowy.weather)
    assert {p.id: (p.kind, p.pose, p.size) for p in stands} == {
        p.id: (p.kind, p.pose, p.size) for p in snowy.props
    }
    assert in_season(clear.props, clear.weather) == clear.props
    gone = [p for p in snowy.props if p.style.startswith("petals")]
    assert len(stands) == len(snowy.props) - len(gone)
    for prop in stands:
        if prop.kind in ("tree", "bush", "hedge"):
            leaves = (build_prop(prop).material == MATERIAL_ID["foliage"]).any()
            assert leaves == (prop.kind == "hedge" or "conifer" in prop.style), prop.style


@pytest.mark.slow
def test_every_model_drives(drawn):
    config, specs = drawn
    count = Counter(spec.target.model for spec in specs)
    assert set(count) == set(CAR_MODELS) and len(CAR_MODELS) == 50
    assert max(count.values()) < 3 * N / 50
    parked = {car.model for spec in specs for car in spec.parked}
    assert len(parked) >= 40  # some are too long for a bay
    assert config.traffic.parked_min <= min(len(s.parked) for s in specs)
    assert config.traffic.parked_max >= max(len(s.parked) for s in specs)


def assert_in_proportion(config, weathers):
    """Each kind and each light comes as often as its share asks for, within four deviations."""
    for names, seen in (
        (KINDS_OF_WEATHER, Counter(weather.kind for weather in weathers)),
        (KINDS_OF_LIGHT, Counter(weather.light for weather in weathers)),
    ):
        shares = np.array([getattr(config, name) for name in names])
        shares /= shares.sum()
        for name, share in zip(names, shares, strict=True):
            spread = 4 * np.sqrt(len(weathers) * share * (1 - share))
            assert abs(seen[name] - len(weathers) * share) < spread, name


@pytest.mark.slow
def test_weather_comes_in_the_proportions_asked_for(drawn):
    config, specs = drawn
    assert_in_proportion(config.weather, [spec.weather for spec in specs])


def test_no_share_is_another_ones():
    """All shares differ, and sum to anything."""
    config = WeatherConfig(
        clear=0.5, overcast=1, rain=1.5, snow=2.2, fog=3, dust=4, day=3, dusk=1, night=1.8
    )
    rng = np.random.default_rng(5)
    assert_in_proportion(config, [sample_weather(config, rng) for _ in range(5000)])


@pytest.mark.slow
def test_weather_is_as_strong_as_asked_for(drawn):
    config, specs = drawn
    for kind in ("rain", "snow", "fog", "dust"):
        low, high = (getattr(config.weather, f"{kind}_{end}") for end in ("min", "max"))
        found = [s.weather for s in specs if s.weather.kind == kind]
        strength = np.array([w.rate or w.visibility for w in found])
        assert low <= strength.min() and strength.max() <= high
        halves = strength < np.sqrt(low * high)  # even in the logarithm
        assert 0.3 < halves.mean() < 0.7
        assert all((w.rate > 0) == (kind in ("rain", "snow")) for w in found)
        assert all(np.isfinite(w.visibility) == (kind in ("fog", "dust")) for w in found)


@pytest.mark.slow
def test_the_target_stays_in_picture_and_radar_window(drawn):
    config, specs = drawn
    window = config.heatmap
    for spec in specs[:300]:
        camera, radar = make_camera(config, spec.mount), make_radar(config, spec.mount)
        model = CAR_MODELS[spec.target.model]
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (0, 2)]) / 2
        for index in (0, SEQUENCE_LENGTH // 2, SEQUENCE_LENGTH - 1):
            pose = spec.drive.pose(index * config.frame_interval).world_from_object()
            size = [model.length, model.width, model.height]
            corners = signs * size @ pose[:3, :3].T + pose[:3, 3]
            pixel, depth = camera.project(corners)
            assert (depth > 0).all()
            assert (pixel > 0).all() and (pixel < [camera.width, camera.height]).all()
            way = (pose[:3, 3] - radar.position) @ radar.world_from_radar[:3, :3]
            assert window.range_min < np.linalg.norm(way) < window.range_max
            assert abs(angles(way)[0]) < np.radians(window.azimuth_span_deg) / 2


@pytest.mark.slow
def test_ids_count_up_and_classes_are_known(drawn):
    _, specs = drawn
    for spec in specs[:200]:
        assert [label.id for label in spec.labels] == list(range(1, len(spec.labels) + 1))
        assert {label.kind for label in spec.labels} <= set(CLASSES)


@pytest.mark.slow
def test_every_builder_is_used_somewhere():
    used = {
        name
        for scene in SCENES
        for spec in worlds(scene)[:150]
        for prop in spec.props
        for name in (prop.kind, f"{prop.kind}/{prop.style}")
    }
    assert set(BUILDERS) - used == set()


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_radar_windows_differ_and_sampling_repeats(scene):
    config = PRESETS[scene]
    one, other = (sample_sequence(config, np.random.default_rng(9)) for _ in range(2))
    assert one == other
    assert len({p.heatmap.range_max for p in PRESETS.values()}) == len(PRESETS)
    calm = replace(config, rig=replace(config.rig, heading_jitter_deg=0.0, height_jitter=0.0))
    spec = sample_sequence(calm, np.random.default_rng(9))
    assert spec.mount.heading == 0 and spec.mount.height == config.rig.height
