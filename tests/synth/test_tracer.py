from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import dblquad

from scenes.config import ScenarioConfig
from scenes.itu import P2040
from scenes.materials import MATERIALS
from scenes.mesh import EMPTY_MESH, concatenate
from scenes.sensors import direction, make_radar
from synth.antenna import ELEMENTS, far_field
from synth.launch import launch
from synth.paths import SCATTERED, roulette
from synth.rays import RayScene
from synth.reflection import PHASORS, surface_hash, surface_table
from synth.tracer import trace
from tests.worlds import cube, ground, plate, quad

CONFIG = ScenarioConfig(scene="parking_lot")
# Everything that falls on it scatters by Lambert's law, co-polarised: metal with S = 1.
WHITE = tuple(replace(m, dielectric=P2040["metal"], scattering=1.0, lobe=0, cross=0.0,
                      thickness=None) for m in MATERIALS)  # fmt: skip


def run(mesh, moving=EMPTY_MESH, materials=MATERIALS, seed=0, **radio):
    config = replace(CONFIG, radio=replace(CONFIG.radio, **{"max_path": 10**6, **radio}))
    radar = make_radar(config)
    rays = launch(config.radio, radar, np.random.default_rng(seed))
    surfaces = surface_table(config.radio.carrier_hz, materials)
    paths = trace(RayScene(mesh, moving), radar, config.radio, surfaces, rays)
    return paths[paths.kind == SCATTERED], radar, config


def gain_of(element, panel, way):
    return float((far_field(element, "V", panel, way) ** 2).sum())


def test_launched_power_is_the_element_pattern_over_the_field_of_view():
    radar = make_radar(CONFIG)
    rays = launch(CONFIG.radio, radar, np.random.default_rng(0))
    assert len(rays.direction) == pytest.approx(CONFIG.radio.n_ray, rel=0.01)
    assert np.linalg.norm(rays.direction, axis=1) == pytest.approx(1)
    launched = (np.abs(rays.field) ** 2).sum() * 4 * np.pi

    def gain(elevation, azimuth):
        way = direction(np.array(azimuth), np.array(elevation))
        return gain_of("tr38901", radar.panel, way) * np.cos(elevation)

    radio = CONFIG.radio
    half = np.radians(radio.azimuth_span_deg) / 2
    low, high = np.radians([radio.elevation_min_deg, radio.elevation_max_deg])
    truth, _ = dblquad(gain, -half, half, low, high, epsrel=1e-4)
    assert launched == pytest.approx(truth, rel=1e-3)


@pytest.mark.parametrize("element", list(ELEMENTS))
@pytest.mark.parametrize("centre", [(0.0, 12.0, 5.0), (7.0, 15.0, 1.0)])
def test_a_lambert_plates_return_is_the_analytic_integral(element, centre):
    width, height = 3.0, 2.0
    paths, radar, config = run(
        plate(centre, width, height), materials=WHITE, element=element, n_bounce=1
    )
    transmitter = radar.position + radar.transmitter
    wavelength = config.radio.wavelength

    def density(z, x):
        point = np.array([x, centre[1], z])
        go, back = point - transmitter, radar.position - point
        r1, r2 = np.linalg.norm(go), np.linalg.norm(back)
        cos_in, cos_out = go[1] / r1, -back[1] / r2
        sent = gain_of(element, radar.panel, go / r1)
        heard = gain_of(element, radar.panel, -back / r2)
        aperture = heard * wavelength**2 / (4 * np.pi)
        return sent / (4 * np.pi * r1**2) * cos_in * cos_out / np.pi * aperture / r2**2

    truth, _ = dblquad(
        density, centre[0] - width / 2, centre[0] + width / 2,
        centre[2] - height / 2, centre[2] + height / 2, epsrel=1e-6,
    )  # fmt: skip
    assert 10 * np.log10(paths.power.sum() / truth) == pytest.approx(0, abs=0.3)


def test_delay_angle_and_bounces_of_a_single_plate():
    centre = np.array([4.0, 14.0, 2.0])
    paths, radar, _ = run(plate(centre, 0.2, 0.2, object_id=7), n_ray=2_000_000, n_bounce=1)
    assert len(paths) > 5
    way = centre - radar.position
    length = np.linalg.norm(way) + np.linalg.norm(centre - radar.position - radar.transmitter)
    np.testing.assert_allclose(paths.delay, length / 299_792_458.0, atol=0.15 / 3e8)
    np.testing.assert_allclose(paths.aoa[:, 0], np.arctan2(way[0], way[1]), atol=0.01)
    np.testing.assert_allclose(paths.aoa[:, 1], np.arctan2(way[2], np.hypot(*way[:2])), atol=0.01)
    assert (paths.object == 7).all()
    assert (paths.bounces == 1).all()


@pytest.mark.parametrize("speed", [-20.0, 15.0])
def test_doppler_of_an_approaching_and_a_receding_plate(speed):
    # Along y towards the radar is negative; twice the closing speed over the wavelength.
    paths, _, config = run(
        EMPTY_MESH, plate([0, 20, 6.5], 0.3, 0.3, velocity=(0, speed, 0)), n_bounce=1
    )
    assert len(paths)
    np.testing.assert_allclose(paths.doppler, -2 * speed / config.radio.wavelength, rtol=1e-3)


def test_doppler_over_two_bounces_is_the_rate_of_the_paths_length():
    velocity = np.array([3.0, -8.0, 0.0])
    paths, radar, config = run(ground(), plate([2, 12, 1], 2.0, 2.0, velocity=velocity), n_bounce=2)
    paths = paths[(paths.object == 2) & (paths.bounces == 2)]
    assert len(paths) > 100
    # The only way there over another surface is the mirror of the ground.
    way = direction(*paths.aoa.astype(float).T)
    point = radar.position + way * ((12 - radar.position[1]) / way[:, 1])[:, None]
    below = (radar.position + radar.transmitter) * [1, 1, -1]

    def length(time):
        moved = point + velocity * time
        return np.linalg.norm(moved - below, axis=1) + np.linalg.norm(
            moved - radar.position, axis=1
        )

    rate = (length(1e-4) - length(-1e-4)) / 2e-4
    np.testing.assert_allclose(paths.doppler, -rate / config.radio.wavelength, rtol=2e-3)
    np.testing.assert_allclose(paths.delay * 299_792_458.0, length(0.0), atol=5e-3)


def test_what_stands_in_front_hides_what_is_behind():
    hidden = plate([0, 20, 1], 2, 2, object_id=5)
    screen = plate([0, 10, 3], 6, 6, object_id=6)
    open_view, _, _ = run(hidden)
    blocked, _, _ = run(concatenate([hidden, screen]))
    assert (open_view.object == 5).any()
    assert not (blocked.object == 5).any()


def test_more_bounces_add_power_and_never_more_than_was_sent():
    left = quad([[-8, -9, 0], [-8, 50, 0], [-8, 50, 20], [-8, -9, 20]], 3)
    right = quad([[8, -9, 0], [8, 50, 0], [8, 50, 20], [8, -9, 20]], 4)
    world = concatenate([ground(), left, right])
    one, _, _ = run(world, n_bounce=1)
    three, _, _ = run(world, n_bounce=3)
    assert set(np.unique(three.bounces)) == {1, 2, 3}
    assert one.power.sum() < three.power.sum() < 1
    np.testing.assert_array_equal(three[three.bounces == 1].delay, one.delay)


def test_doubling_the_rays_keeps_the_power():
    world = concatenate([ground(), cube([3, 12, 1], 2.0), plate([0, 30, 5], 60, 10)])
    few, _, _ = run(world, n_ray=100_000)
    many, _, _ = run(world, n_ray=200_000, seed=1)
    assert 10 * np.log10(few.power.sum() / many.power.sum()) == pytest.approx(0, abs=0.2)


def test_a_still_world_gives_the_same_paths_twice():
    first, _, _ = run(ground(), max_path=5000)
    second, _, _ = run(ground(), max_path=5000)
    np.testing.assert_array_equal(first.gain, second.gain)


def test_thinning_keeps_the_expected_power_and_the_strong_paths():
    paths, _, _ = run(concatenate([ground(), cube([3, 12, 1], 2.0), cube([0, 3, 6.4], 0.2, 4)]))
    total = []
    for seed in range(20):
        chance = np.random.default_rng(seed).random(len(paths))
        rows, boost = roulette(paths.power, chance, 5000)
        assert len(rows) == pytest.approx(5000, rel=0.05)
        kept = paths.power[rows] * boost**2
        total.append(kept.sum())
    assert np.mean(total) == pytest.approx(paths.power.sum(), rel=0.01)
    threshold = np.median(kept)  # most of what is kept carries just the threshold
    strong = np.flatnonzero(paths.power > 1.001 * threshold)
    assert np.isin(strong, rows).all()
    assert (boost[np.isin(rows, strong)] == 1).all()
    assert len(strong) > 10


def test_thinning_leaves_few_paths_alone_and_bears_silence():
    rows, boost = roulette(np.ones(5), np.zeros(5), 10)
    assert len(rows) == 5
    assert (boost == 1).all()
    rows, _ = roulette(np.zeros(20), np.full(20, 0.5), 10)
    assert len(rows) == 0
    rows, boost = roulette(np.r_[np.ones(10), np.zeros(20)], np.full(30, 0.5), 10)
    assert (rows == np.arange(10)).all()


@pytest.mark.parametrize("place", [(0.0, 15.0, 6.5), (0.013, 15.25, 6.1)])
def test_a_body_keeps_its_surface_phases_wherever_it_goes(place):
    matrix = np.eye(4)
    matrix[:3, 3] = place
    body = plate([0, 0, 0], 1.0, 1.0, object_id=9).transformed(matrix)
    paths, radar, config = run(EMPTY_MESH, body, n_bounce=1, materials=WHITE)
    way = direction(*paths.aoa.astype(float).T)
    point = radar.position + way * (place[1] / way[:, 1])[:, None] - place
    point[:, 1] = 0.0
    bits = [int(surface_hash(tuple(p), 9, config.radio.wavelength)) for p in point]
    expected = np.angle(-PHASORS[np.array([b >> 52 for b in bits])])  # metal turns the field round
    turned = paths.gain * np.exp(2j * np.pi * config.radio.carrier_hz * paths.delay)
    agree = np.abs(np.exp(1j * np.angle(turned)) - np.exp(1j * expected)) < 1e-3
    assert len(paths) > 100
    assert agree.mean() > 0.97  # the rest lies within rounding of a cell's edge
