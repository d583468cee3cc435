from dataclasses import replace

import numpy as np
import pytest

from scenes.spec import Weather
from synth import precipitation as falling
from synth.drops import FILL, density, fall_speed, seen_size
from synth.precipitation import (
    Particles,
    draw_particles,
    in_lumps,
    opacity,
    precipitation,
    shot,
)
from tests.synth.test_haze import camera

EYE = camera(160, 120, 120.0)
FAR = np.zeros((120, 160), np.float32)
AMBIENT = np.full(3, 0.3)
RAIN, SNOW = Weather("rain", rate=40.0, seed=5), Weather("snow", rate=2.0, seed=5)


def rng(seed=0):
    return np.random.default_rng(seed)


def one(start, end, depth=5.0, diameter=0.5, blur=0.0, left=1.0):
    row = [np.array([value], np.float32) for value in (start, end, depth, diameter, blur, left)]
    return Particles(*row)


@pytest.mark.parametrize("weather", (RAIN, SNOW), ids=lambda weather: weather.kind)
def test_as_many_particles_are_drawn_as_a_box_of_air_holds(weather, monkeypatch):
    monkeypatch.setitem(falling.FAINTEST, weather.kind, 1e-4)
    box, least = (2.0, 4.0), 3.0 if weather.kind == "rain" else 4.0
    count = 0
    for seed in range(3):
        drawn = draw_particles(EYE, weather, rng(seed))
        middle = 0.5 * (drawn.start + drawn.end)
        inside = (np.abs(middle - [80, 60]) < [40, 30]).all(1)
        inside &= (drawn.depth > box[0]) & (drawn.depth < box[1])
        fill = np.sqrt(FILL[weather.kind])
        seen = drawn.diameter * drawn.depth / 120.0 / fill * 1e3
        count += int((inside & (seen > least)).sum())
    melted = np.linspace(0.01e-3, 6e-3, 6000)
    large = seen_size(weather.kind, melted) > least * 1e-3
    number = density(weather.kind, weather.rate, melted)[large]
    volume = (80 * 60 / 120**2) * (box[1] ** 3 - box[0] ** 3) / 3
    wanted = 3 * volume * number.sum() * (melted[1] - melted[0])
    assert wanted > 100
    assert abs(count - wanted) < 4 * np.sqrt(wanted) + 0.03 * wanted


@pytest.mark.parametrize("kind, rates", (("rain", (5, 25, 100)), ("snow", (0.5, 1.5, 4))))
def test_more_falls_at_a_higher_rate(kind, rates):
    cover = [
        opacity(draw_particles(EYE, Weather(kind, rate=rate), rng()), FAR).mean() for rate in rates
    ]
    assert 0 < 1.5 * cover[0] < cover[1] < cover[2] / 1.5
    assert cover[2] < 0.3


def test_streaks_are_as_long_as_the_fall_in_the_exposure(monkeypatch):
    lengths = []
    for exposure in (1 / 250, 1 / 125):
        monkeypatch.setitem(falling.EXPOSURES, "day", (exposure, exposure))
        monkeypatch.setattr(falling, "WIND", 0.0)
        monkeypatch.setitem(falling.GUST, "rain", 0.0)
        drawn = draw_particles(EYE, RAIN, rng())
        way = drawn.end - drawn.start
        near = drawn.depth > 1.0
        speed = way[near, 1] / exposure * drawn.depth[near] / 120.0
        wanted = fall_speed("rain", drawn.diameter[near] * drawn.depth[near] / 120)
        np.testing.assert_allclose(speed, wanted, rtol=1e-2)
        assert np.abs(way[:, 0]).max() < 1e-3
        lengths.append(np.median(way[near, 1] * drawn.depth[near]))
    assert 1.6 < lengths[1] / lengths[0] < 2.4


def test_streaks_slant_with_the_wind(monkeypatch):
    monkeypatch.setattr(
        falling, "shot", lambda weather: falling.Shot(1 / 125, np.array([3.0, 0.0]))
    )
    drawn = draw_particles(EYE, RAIN, rng())
    way = drawn.end - drawn.start
    assert np.median(way[:, 0] / way[:, 1]) == pytest.approx(3 / 6.5, rel=0.3)


def test_flakes_are_slower_and_rounder_than_drops():
    def shape(weather):
        drawn = draw_particles(EYE, weather, rng())
        length = np.linalg.norm(drawn.end - drawn.start, axis=1)
        return np.median(length * drawn.depth), np.median(length / drawn.diameter)

    rain, snow = shape(RAIN), shape(SNOW)
    assert snow[0] < 0.6 * rain[0]
    assert snow[1] < 0.25 * rain[1]


@pytest.mark.parametrize("end", ((81.3, 60.7), (80.3, 90.2), (95.0, 70.1), (80.3, 60.7)))
@pytest.mark.parametrize("blur", (0.0, 6.0))
def test_a_streak_adds_up_to_its_disc(end, blur):
    drawn = opacity(one((80.3, 60.7), end, diameter=0.4, blur=blur), FAR)
    total = -np.log1p(-drawn.astype(float)).sum()
    np.testing.assert_allclose(total, np.pi / 4 * 0.4**2, rtol=0.04)
    rows, columns = np.indices(FAR.shape) + 0.5
    centre = [(drawn * axis).sum() / drawn.sum() for axis in (columns, rows)]
    np.testing.assert_allclose(centre, np.add((80.3, 60.7), end) / 2, atol=0.15)


def test_a_streak_out_of_focus_is_wider_and_fainter():
    sharp, soft = (opacity(one((80, 40), (80, 70), blur=blur), FAR) for blur in (0.0, 8.0))
    assert (soft > 1e-5).sum() > 2 * (sharp > 1e-5).sum()
    assert soft.max() < 0.5 * sharp.max()


def test_what_is_near_is_out_of_focus():
    drawn = draw_particles(EYE, SNOW, rng())
    # 120 px of focal length, a 3 mm aperture, focused at 15 m.
    wanted = 120 * 3e-3 * np.abs(1 / drawn.depth - 1 / 15)
    np.testing.assert_allclose(drawn.blur, wanted, atol=1e-5)
    assert drawn.blur.max() > 0.3


def test_haze_dims_what_is_far():
    drawn = draw_particles(EYE, SNOW, rng())
    # ITU-R P.1814, dry snow of 2 mm/h in green light.
    decibel = (5.42e-5 * 549 + 5.4958776) * 2**1.38 / 1000 * drawn.depth
    np.testing.assert_allclose(drawn.left, 10 ** (-decibel / 10), rtol=1e-5)
    clear, dim = (opacity(one((80, 40), (80, 50), left=left), FAR) for left in (1.0, 0.5))
    np.testing.assert_allclose(np.log1p(-dim), 0.5 * np.log1p(-clear), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("weather", (RAIN, SNOW), ids=lambda weather: weather.kind)
def test_things_hide_what_falls_behind_them(weather):
    picture = np.zeros((120, 160, 3), np.float32)
    depth = FAR.copy()
    depth[:, :80] = 0.3
    fallen = precipitation(picture, depth, EYE, weather, AMBIENT, rng())
    assert (fallen[:, :80] == 0).all()
    assert (fallen[:, 80:] > 0).any()
    depth[:, :80] = 3.0
    nearer, open_air = (
        precipitation(picture, behind, EYE, weather, AMBIENT, rng()) for behind in (depth, FAR)
    )
    assert (nearer <= open_air).all()
    assert 0 < nearer[:, :80].sum() < 0.95 * open_air[:, :80].sum()
    np.testing.assert_array_equal(nearer[:, 80:], open_air[:, 80:])


def test_heaps_of_flakes_cover_what_the_flakes_did():
    drawn = draw_particles(EYE, SNOW, rng())
    drawn = replace(drawn, diameter=drawn.diameter * 3)
    heaps = in_lumps(drawn, rng())
    assert len(heaps.depth) > len(drawn.depth)
    assert heaps.diameter.max() < drawn.diameter.max()
    np.testing.assert_allclose((heaps.diameter**2).sum(), (drawn.diameter**2).sum(), rtol=1e-4)


@pytest.mark.parametrize("weather", (RAIN, SNOW), ids=lambda weather: weather.kind)
def test_pictures_repeat_by_the_generator_and_stay_finite(weather):
    picture = rng(9).random((120, 160, 3), np.float32)
    before = picture.copy()
    first, again, other = (
        precipitation(picture, FAR, EYE, weather, AMBIENT, rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(picture, before)
    assert (first != other).any()
    assert first.dtype == np.float32 and np.isfinite(first).all()
    assert first.min() >= 0 and first.max() <= max(1.0, picture.max())


def test_lamps_light_what_falls_where_they_shine():
    picture, lit = np.zeros((120, 160, 3), np.float32), np.zeros((120, 160, 3), np.float32)
    lit[:, :80] = 0.6
    dark, bright = (
        precipitation(picture, FAR, EYE, SNOW, AMBIENT, rng(), add) for add in (None, lit)
    )
    np.testing.assert_allclose(bright[:, :80], 3 * dark[:, :80], rtol=1e-5)
    np.testing.assert_array_equal(bright[:, 80:], dark[:, 80:])


def test_clear_air_leaves_the_picture_alone():
    picture = rng(9).random((120, 160, 3), np.float32)
    for weather in (Weather(), Weather("fog", visibility=50.0), Weather("rain", rate=0.0)):
        assert precipitation(picture, FAR, EYE, weather, AMBIENT, rng()) is picture


def test_a_sequence_has_one_wind_and_one_exposure():
    assert shot(RAIN).exposure == shot(RAIN).exposure
    assert (shot(RAIN).wind == shot(RAIN).wind).all()
    assert (shot(RAIN).wind != shot(replace(RAIN, seed=6)).wind).all()
    assert 1 / 250 <= shot(RAIN).exposure <= 1 / 125
