"""Lidar in weather: what is dimmed, what is lost, what the air returns."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from scenes.cars.paint import PAINTS, infrared_reflectivity
from scenes.config import SPEED_OF_LIGHT, ScenarioConfig
from scenes.materials import MATERIALS
from scenes.mesh import EMPTY_MESH, concatenate
from scenes.sensors import angles, make_lidar
from scenes.spec import Paint, Weather
from synth.air_returns import (
    BEAM_DIAMETER,
    DISC,
    DIVERGENCE,
    FULL_OVERLAP,
    LIDAR_RATIO,
    NEAREST,
    PULSE,
    air_returns,
    particle_table,
    soft_signal,
    spreading,
    threshold,
)
from synth.drops import FILL, seen_size, size_distribution
from synth.extinction import extinction
from synth.lidar import AIR_MATERIAL, AIR_OBJECT, NOISE_CUT, WAVELENGTH, sweep
from synth.rays import RayScene
from tests.worlds import cube, ground, plate, quad

CONFIG = ScenarioConfig(scene="parking_lot")
LIDAR = make_lidar(CONFIG)
EXACT = replace(LIDAR, range_noise=0.0)
SKY = RayScene(EMPTY_MESH)
STREET = RayScene(
    concatenate([ground(), plate([0, 45, 5], 60, 10, 3, "brick")]), cube([3, 15, 1], 2)
)
WEATHERS = [
    Weather("rain", rate=25),
    Weather("snow", rate=2),
    Weather("fog", visibility=120),
    Weather("dust", visibility=120),
]


def seen(scene, weather, lidar=LIDAR, seed=0):
    return sweep(scene, lidar, np.random.default_rng(seed), weather)


def length(points):
    return np.linalg.norm(points.point.astype(float), axis=1)


def rows(points):
    """Which ray each point came from."""
    azimuth, elevation = angles(points.point.astype(float)).T
    config = CONFIG.lidar
    span = math.radians(config.azimuth_span_deg)
    low, high = (math.radians(a) for a in (config.elevation_min_deg, config.elevation_max_deg))
    column = np.rint((azimuth / span + 0.5) * (config.n_azimuth - 1))
    row = np.rint((elevation - low) / (high - low) * (config.n_beam - 1))
    return (row * config.n_azimuth + column).astype(int)


def same(one, other):
    return all(
        getattr(one, f.name).tobytes() == getattr(other, f.name).tobytes() for f in fields(one)
    )


def quiet(monkeypatch):
    """Let the air return nothing, and only take."""
    for kind in LIDAR_RATIO:
        monkeypatch.setitem(LIDAR_RATIO, kind, 1e30)
    for kind in DISC:
        monkeypatch.setitem(DISC, kind, 1e-30)


def clear_sweep(scene, lidar, rng):
    """A sweep through clear air, in a few lines."""
    way = (lidar.directions @ lidar.world_from_lidar[:3, :3].T).astype(np.float32)
    hits = scene.first_hit(np.tile(lidar.world_from_lidar[:3, 3], (len(way), 1)).astype("f4"), way)
    met = np.flatnonzero(hits.distance <= lidar.range_max)
    noise = np.clip(rng.standard_normal(len(way)), -NOISE_CUT, NOISE_CUT)[met]
    face = hits.face[met]
    cosine = np.abs(np.sum(scene.mesh.normals(face) * way[met], axis=1))
    white = np.array([m.reflectivity for m in MATERIALS])[scene.mesh.material[face]] * cosine
    point = lidar.directions[met] * (hits.distance[met] + lidar.range_noise * noise)[:, None]
    told = white / np.maximum(hits.distance[met], 10) ** 2 >= 0.1 / lidar.range_max**2
    return point[told], white[told], scene.mesh.object_id[face][told]


def test_clear_air_shows_what_returns_more_than_10_percent_do_at_the_end_of_the_range():
    near = replace(LIDAR, range_max=30.0)
    for lidar in (LIDAR, near):
        point, intensity, owner = clear_sweep(STREET, lidar, np.random.default_rng(3))
        found = sweep(STREET, lidar, np.random.default_rng(3))
        np.testing.assert_allclose(found.point, point, atol=1e-5)
        np.testing.assert_allclose(found.intensity, intensity, atol=1e-6)
        np.testing.assert_array_equal(found.object, owner)


@pytest.mark.parametrize(
    "weather",
    [
        Weather("overcast"),
        Weather("rain", rate=0.0),
        Weather("snow", rate=0.0),
        Weather("fog", visibility=math.inf),
    ],
)
def test_weather_of_no_strength_is_clear_air(weather):
    assert same(seen(STREET, weather), sweep(STREET, LIDAR, np.random.default_rng(0)))


@pytest.mark.parametrize(
    "weather",
    [
        Weather("rain", rate=1e-9),
        Weather("snow", rate=1e-7),
        Weather("fog", visibility=1e9),
        Weather("dust", visibility=1e9),
    ],
)
def test_weather_vanishes_smoothly(weather):
    clear, almost = seen(STREET, Weather()), seen(STREET, weather)
    np.testing.assert_array_equal(almost.point, clear.point)
    np.testing.assert_allclose(almost.intensity, clear.intensity, rtol=1e-5)


@pytest.mark.parametrize("weather", WEATHERS)
def test_a_wall_is_dimmed_there_and_back(weather):
    wall = RayScene(plate([0, 30, 5], 20, 10, 3, "marking"))
    clear, dim = seen(wall, Weather(), EXACT), seen(wall, weather, EXACT)
    kept = dim.object == 3
    assert kept.sum() > 100
    bright = dict(zip(rows(clear), clear.intensity, strict=True))
    ratio = dim.intensity[kept] / np.array([bright[ray] for ray in rows(dim)[kept]])
    expected = np.exp(-2 * extinction(weather, WAVELENGTH) * length(dim)[kept])
    np.testing.assert_allclose(ratio, expected, rtol=1e-5)


@pytest.mark.parametrize("material", ["asphalt", "marking"])
def test_fog_hides_what_the_lidar_equation_says(monkeypatch, material):
    quiet(monkeypatch)
    fog = Weather("fog", visibility=120)
    scene = RayScene(ground(material=material))
    clear, left = seen(scene, Weather(), EXACT), seen(scene, fog, EXACT)
    alpha, far = extinction(fog, WAVELENGTH), length(clear)
    signal = clear.intensity * np.exp(-2 * alpha * far) / far**2
    expected = signal >= 0.1 / LIDAR.range_max**2
    assert 0 < expected.sum() < len(far)
    np.testing.assert_array_equal(rows(left), rows(clear)[expected])


@pytest.mark.parametrize("rate, limit", [(5.0, 41.0), (25.0, 40.0), (50.0, 39.0)])
def test_rain_hides_the_wet_road_where_dry_asphalt_is_still_seen(monkeypatch, rate, limit):
    """0.08 h / R^3 exp(-2 alpha R) = 0.1 / range_max^2, solved by hand, of a lidar 6.5 m up."""
    quiet(monkeypatch)
    lidar = replace(EXACT, range_max=120.0)
    dry = sweep(RayScene(ground(material="asphalt")), lidar, np.random.default_rng(0))
    wet = seen(RayScene(ground(material="wet_asphalt")), Weather("rain", rate=rate), lidar)
    assert length(wet).max() == pytest.approx(limit, rel=0.05)
    assert length(dry).max() == pytest.approx(54.0, rel=0.05)


@pytest.mark.parametrize(
    "growing",
    [
        [Weather("rain", rate=r) for r in (1.0, 10.0, 100.0)],
        [Weather("snow", rate=r) for r in (1.0, 3.0, 9.0)],
        [Weather("fog", visibility=v) for v in (600.0, 150.0, 40.0)],
        [Weather("dust", visibility=v) for v in (600.0, 150.0, 40.0)],
    ],
)
def test_denser_weather_hides_more(monkeypatch, growing):
    quiet(monkeypatch)
    counts = [len(seen(STREET, weather).point) for weather in growing]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def in_the_air(scene, weather):
    return int((seen(scene, weather).material == AIR_MATERIAL).sum())


@pytest.mark.parametrize("scene", [SKY, STREET], ids=["sky", "street"])
def test_denser_weather_returns_more(scene):
    for rates, kind in (((5.0, 30.0, 150.0), "rain"), ((0.1, 0.7, 5.0), "snow")):
        counts = [in_the_air(scene, Weather(kind, rate=r)) for r in rates]
        assert counts[0] < counts[1] < counts[2]
    for kind in ("fog", "dust"):
        counts = [in_the_air(scene, Weather(kind, visibility=v)) for v in (5e3, 1500, 800)]
        assert counts[0] < counts[1] < counts[2]
    assert in_the_air(scene, Weather()) == 0


@pytest.mark.parametrize("weather", [*WEATHERS, Weather("rain", rate=150)])
def test_points_in_the_air_lie_before_the_wall_and_have_no_object(weather):
    away = 60 if weather.kind == "rain" else 12  # drops outshine only what is faint
    wall = RayScene(plate([0, away, 0], 60, 60, 3, "rubber"))
    points = seen(wall, weather, EXACT)
    clear = seen(wall, Weather(), EXACT)
    air = points.material == AIR_MATERIAL
    assert air.any()
    assert (points.object[air] == AIR_OBJECT).all()
    assert (points.object[~air] == 3).all()
    behind = dict(zip(rows(clear), length(clear), strict=True))
    reach = np.array([behind.get(ray, LIDAR.range_max) for ray in rows(points)[air]])
    assert (length(points)[air] < reach + 1e-4).all()
    assert (length(points)[air] > NEAREST - 1e-4).all()
    assert ((points.intensity > 0) & (points.intensity <= 1)).all()


@pytest.mark.parametrize("weather", WEATHERS)
def test_the_air_ends_at_a_wall_that_hardly_shows(weather):
    # Dark, and met at flat angles: what falls behind it would outshine it.
    side = [[0.3, 0, -40], [0.3, 0, 40], [0.3, 60, 40], [0.3, 60, -40]]
    wall = RayScene(quad(side, 3, "rubber"))
    points, clear = seen(wall, weather, EXACT), seen(wall, Weather(), EXACT)
    reach = dict(zip(rows(clear), length(clear), strict=True))
    air = points.material == AIR_MATERIAL
    far = [reach.get(ray, LIDAR.range_max) for ray in rows(points)[air]]
    assert (length(points)[air] < np.array(far) + 1e-4).all()


@pytest.mark.parametrize("weather", [*WEATHERS, Weather("rain", rate=150)])
def test_the_air_ends_where_it_is_told(weather):
    reach, rival = np.full(20_000, 3.0), np.full(20_000, threshold(LIDAR.range_max))
    alpha = extinction(weather, WAVELENGTH)
    air = air_returns(weather, alpha, LIDAR.range_max, reach, rival, np.random.default_rng(1))
    met = np.isfinite(air.distance)
    assert 3 < met.sum()
    assert (air.distance[met] < 3.0).all()
    assert (air.signal[met] > threshold(LIDAR.range_max)).all()
    assert not air.signal[~met].any()


@pytest.mark.parametrize("weather", WEATHERS)
def test_air_only_wins_where_it_returns_more(weather):
    points = seen(STREET, weather, EXACT)
    clear = seen(STREET, Weather(), EXACT)
    air = points.material == AIR_MATERIAL
    far = length(clear)
    left = np.exp(-2 * extinction(weather, WAVELENGTH) * far)
    hidden = (far / LIDAR.range_max) ** 2 > np.maximum(clear.intensity / 0.1, 1) * left
    signal = clear.intensity * left / np.maximum(far, FULL_OVERLAP) ** 2
    rival = dict(zip(rows(clear), np.where(hidden, 0.0, signal), strict=True))
    distance = length(points)[air]
    echo = points.intensity[air] / np.maximum(distance, FULL_OVERLAP) ** 2
    other = np.array([rival.get(ray, 0.0) for ray in rows(points)[air]])
    assert (echo >= np.maximum(other, threshold(LIDAR.range_max)) * (1 - 1e-3)).all()


@pytest.mark.parametrize("weather", WEATHERS)
def test_points_in_the_air_do_not_hang_on_other_rays(weather):
    alone, more = RayScene(ground()), RayScene(ground(), cube([2, 15, 1], 2.0, 7))
    clear = seen(more, Weather(), EXACT)
    blocked = set(rows(clear)[clear.object == 7])
    assert blocked
    found = []
    for scene in (alone, more):
        points = seen(scene, weather, EXACT)
        air = points.material == AIR_MATERIAL
        at = zip(rows(points)[air], points.point[air], strict=True)
        found.append({ray: tuple(point) for ray, point in at if ray not in blocked})
    assert found[0]
    assert found[0] == found[1]


@pytest.mark.parametrize("weather", WEATHERS)
def test_sweeps_repeat_and_follow_their_stream(weather):
    assert same(seen(STREET, weather), seen(STREET, weather))
    assert not same(seen(STREET, weather), seen(STREET, weather, seed=1))


def test_the_soft_echo_is_the_integral_over_a_pulse():
    alpha, ratio = 0.02, 18.8
    r = np.linspace(0, SPEED_OF_LIGHT * PULSE / 2, 2001)
    for middle in (FULL_OVERLAP + 1, 20.0):
        way = middle - r[-1] / 2 + r
        power = np.pi * alpha / ratio * np.exp(-2 * alpha * way) / way**2
        total = (power[1:] + power[:-1]).sum() / 2 * (r[1] - r[0])
        assert soft_signal(np.array([middle]), alpha, ratio)[0] == pytest.approx(total, rel=3e-3)
    near = spreading(np.array([1.0, FULL_OVERLAP]))
    assert near[0] == near[1] == 1 / FULL_OVERLAP**2


def one_by_one(weather, alpha, far, n_ray, rng):
    """Distance and signal of each beam's strongest particle, drawing every particle."""
    density, slope = size_distribution(weather.kind, weather.rate)
    disc = DISC[weather.kind] * FILL[weather.kind]
    wide = BEAM_DIAMETER + DIVERGENCE * far
    # A cylinder as wide as the beam's end, thinned to the beam.
    number = rng.poisson(np.pi / 4 * wide**2 * far * density / slope, n_ray)
    best_distance, best = np.full(n_ray, np.inf), np.zeros(n_ray)
    for ray, count in enumerate(number):
        distance = rng.uniform(0, far, count)
        diameter = seen_size(weather.kind, rng.exponential(1 / slope, count))
        beam = BEAM_DIAMETER + DIVERGENCE * distance
        inside = rng.random(count) < (beam / wide) ** 2
        signal = disc * (diameter / beam) ** 2 * np.exp(-2 * alpha * distance)
        signal *= spreading(distance) * (inside & (distance > NEAREST))
        if count and signal.max() > threshold(LIDAR.range_max):
            best[ray], best_distance[ray] = signal.max(), distance[np.argmax(signal)]
    return best_distance, best


@pytest.mark.parametrize(
    ("weather", "far", "alpha"),
    [
        (Weather("snow", rate=0.3), 25.0, 0.0),
        (Weather("snow", rate=2.0), 5.0, 0.1),
        (Weather("snow", rate=2.0), 4.0, 0.0),  # the strongest are often behind the end
        (Weather("rain", rate=120.0), 25.0, 0.0),
        (Weather("rain", rate=120.0), 6.0, 0.1),
    ],
)
def test_the_strongest_particles_are_those_of_a_draw_one_by_one(weather, far, alpha):
    n_ray = 3000
    rng = np.random.default_rng(5)
    slow = one_by_one(weather, alpha, far, n_ray, rng)
    reach, rival = np.full(20_000, far), np.full(20_000, threshold(LIDAR.range_max))
    quick = air_returns(weather, alpha, LIDAR.range_max, reach, rival, rng)
    hit_slow, hit_quick = np.isfinite(slow[0]), np.isfinite(quick.distance)
    assert len(np.unique(quick.distance[hit_quick])) > 0.99 * hit_quick.sum()
    error = math.sqrt(hit_slow.mean() * (1 - hit_slow.mean()) / n_ray)
    assert hit_quick.mean() == pytest.approx(hit_slow.mean(), abs=4 * error)
    for a, b in ((slow[0], quick.distance), (slow[1], quick.signal)):
        one, other = np.log(a[hit_slow]), np.log(b[hit_quick])
        spread = one.std() / math.sqrt(len(one))
        assert other.mean() == pytest.approx(one.mean(), abs=4.5 * spread)
        assert other.std() == pytest.approx(one.std(), rel=0.15)


@pytest.mark.parametrize("weather", WEATHERS)
def test_what_stands_far_behind_changes_nothing_in_the_air(weather):
    def returns(reach):
        rival = np.full(20_000, threshold(LIDAR.range_max))
        alpha, rng = extinction(weather, WAVELENGTH), np.random.default_rng(4)
        return air_returns(weather, alpha, LIDAR.range_max, np.full(20_000, reach), rival, rng)

    open_air, walled = returns(LIDAR.range_max), returns(20.0)
    near = open_air.distance < 20.0
    assert near.sum() > 3
    np.testing.assert_array_equal(walled.distance[near], open_air.distance[near])
    np.testing.assert_array_equal(walled.signal[near], open_air.signal[near])


def test_a_farther_wall_leaves_flakes_where_they_are():
    found = []
    for away in (25, 60):
        points = seen(RayScene(plate([0, away, 0], 300, 300, 3)), Weather("snow", rate=2), EXACT)
        air = points.material == AIR_MATERIAL
        found.append({tuple(point) for point in points.point[air]})
    assert len(found[0]) > 50
    assert len(found[0] - found[1]) < 0.02 * len(found[0])


def test_even_fog_answers_by_the_lidar_equation(monkeypatch):
    monkeypatch.setattr("synth.air_returns.PATCHINESS", 0.0)
    fog = Weather("fog", visibility=100)
    points = seen(SKY, fog, EXACT)
    assert len(points.point) == len(LIDAR.directions)
    distance, alpha = length(points), extinction(fog, WAVELENGTH)
    signal = soft_signal(distance, alpha, 18.8)
    lost = np.maximum(distance, FULL_OVERLAP) ** 2
    np.testing.assert_allclose(points.intensity, signal * lost, rtol=1e-5)


def test_the_number_of_particles_falls_with_their_signal():
    weather = Weather("snow", rate=1.0)
    table = particle_table(weather, 1e-3, LIDAR.range_max)
    assert table is not None
    assert (np.diff(table.number) < 0).all()
    assert (np.diff(table.share, axis=1) >= 0).all()
    assert particle_table(weather, 1e-3, 0.5) is None
    assert particle_table(Weather("rain", rate=5.0), 1e-3, 3.0) is None


def test_dark_paint_returns_less_and_is_lost_nearer():
    """The lidar equation: what is a tenth as bright is lost at the square root of a tenth."""
    body = cube((0.0, 12.0, 1.0), 2.0, object_id=7, material="car_paint")
    scene = RayScene(concatenate([ground(), body]))
    usual = sweep(scene, LIDAR, np.random.default_rng(0))
    dark = sweep(scene, LIDAR, np.random.default_rng(0), paints={7: 0.06})
    other = sweep(scene, LIDAR, np.random.default_rng(0), paints={8: 0.06})
    assert same(usual, other)
    on, seen = usual.object == 7, dark.object == 7
    table = {material.name: material.reflectivity for material in MATERIALS}
    ratio = dark.intensity[seen].max() / usual.intensity[on].max()
    assert ratio == pytest.approx(0.06 / table["car_paint"], rel=1e-5)
    np.testing.assert_array_equal(usual.intensity[~on], dark.intensity[~seen])


def test_paints_are_between_black_and_white():
    paints = [Paint(colour, 0.0, 0.3) for _, colour in PAINTS]
    found = [infrared_reflectivity(paint) for paint in paints]
    assert min(found) == pytest.approx(0.06, abs=0.01) and max(found) == pytest.approx(
        0.67, abs=0.02
    )
    red, green = (infrared_reflectivity(Paint(c, 0.0, 0.3)) for c in ((0.3, 0, 0), (0, 0.3, 0)))
    assert red > 2 * green
