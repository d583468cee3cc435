"""What holds for a thousand sequences of every scene."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from scenes.cars import CAR_MODELS
from scenes.config import KINDS_OF_LIGHT, KINDS_OF_WEATHER, SEQUENCE_LENGTH
from scenes.layout import SCENES, sample_sequence
from scenes.presets import PRESETS
from scenes.sensors import angles, make_camera, make_radar
from scenes.spec import CLASSES
from scenes.things.props import BUILDERS

N = 1000


@pytest.fixture(scope="module", params=sorted(SCENES))
def drawn(request):
    """Configuration and a thousand worlds of a scene."""
    config = PRESETS[request.param]
    return config, [sample_sequence(config, np.random.default_rng([4, i])) for i in range(N)]


@pytest.mark.slow
def test_no_two_share_a_layout(drawn):
    _, specs = drawn
    layouts = {repr((s.ground, s.props, [c.pose for c in s.parked], s.drive)) for s in specs}
    assert len(layouts) == N
    places = {repr([(p.kind, p.pose.position) for p in s.props]) for s in specs}
    assert len(places) == N
    assert len({s.mount for s in specs}) == N


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


@pytest.mark.slow
def test_weather_comes_in_the_proportions_asked_for(drawn):
    config, specs = drawn
    for names, seen in (
        (KINDS_OF_WEATHER, Counter(spec.weather.kind for spec in specs)),
        (KINDS_OF_LIGHT, Counter(spec.weather.light for spec in specs)),
    ):
        shares = np.array([getattr(config.weather, name) for name in names])
        shares /= shares.sum()
        for name, share in zip(names, shares, strict=True):
            spread = 4 * np.sqrt(N * share * (1 - share))
            assert abs(seen[name] - N * share) < spread, name


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
        for i in range(150)
        for prop in sample_sequence(PRESETS[scene], np.random.default_rng([5, i])).props
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
