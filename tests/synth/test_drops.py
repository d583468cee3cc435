"""Drops and flakes, held to published sizes and speeds, and the same for camera and lidar."""

import numpy as np
import pytest

from scenes.spec import Weather
from synth import precipitation
from synth.air_returns import BEAM_DIAMETER, DISC, DIVERGENCE, NEAREST, air_returns, spreading
from synth.drops import (
    FILL,
    density,
    fall_speed,
    melted_size,
    number_above,
    seen_size,
    size_distribution,
)
from tests.synth.test_haze import camera

MM = 1e-3
DIAMETER = np.linspace(0.01, 15, 4000) * MM
STEP = DIAMETER[1] - DIAMETER[0]


@pytest.mark.parametrize("kind, rate", (("rain", 2), ("rain", 30), ("snow", 0.5), ("snow", 3)))
def test_the_water_that_falls_is_the_rate(kind, rate):
    speed = fall_speed(kind, seen_size(kind, DIAMETER))
    flux = (density(kind, rate, DIAMETER) * np.pi / 6 * DIAMETER**3 * speed).sum() * STEP  # [m/s]
    np.testing.assert_allclose(flux * 3600 * 1000, rate, rtol=0.3)


@pytest.mark.parametrize("kind, rate", (("rain", 5.0), ("snow", 1.0)))
def test_numbers_by_size_add_up(kind, rate):
    for least in np.array([0.5, 2.0]) * MM:
        total = density(kind, rate, DIAMETER)[least < DIAMETER].sum() * STEP
        assert total == pytest.approx(number_above(kind, rate, np.array(least)), rel=0.01)


def test_flakes_weigh_as_much_as_their_drops():
    melted = np.array([0.5, 1.0, 3.0])  # [mm]
    seen = seen_size("snow", melted * MM) / MM
    np.testing.assert_allclose(0.178 * seen**-0.922 * seen**3, melted**3, rtol=1e-9)
    for kind in ("rain", "snow"):
        np.testing.assert_allclose(melted_size(kind, seen_size(kind, DIAMETER)), DIAMETER)
    assert (seen_size("rain", DIAMETER) == DIAMETER).all()


def test_drops_fall_as_fast_as_measured_and_flakes_slowly():
    # Gunn and Kinzer (1949): 4.03, 6.49 and 8.06 m/s for 1, 2 and 3 mm.
    drops = fall_speed("rain", np.array([1, 2, 3]) * MM)
    np.testing.assert_allclose(drops, [4.03, 6.49, 8.06], rtol=0.03)
    flakes = fall_speed("snow", np.array([2.0, 10.0]) * MM)
    assert 0.8 < flakes[0] < flakes[1] < 1.6


def water(kind, rate):
    """The water in a volume of air [kg/m^3]: the integral over a distribution of sizes."""
    number, slope = size_distribution(kind, rate)
    return np.pi / 6 * 1000 * number * 6 / slope**4


def test_rain_holds_the_water_that_marshall_and_palmer_say():
    for rate in (1.0, 5.0, 25.0):
        assert water("rain", rate) == pytest.approx(72e-6 * rate**0.88, rel=0.3)


def test_snow_falls_at_about_a_metre_a_second():
    # The water that Gunn and Marshall's flakes hold, against the rate at which it comes down.
    for rate in (0.5, 1.0, 3.0):
        assert 0.8 < rate / 3600 / water("snow", rate) < 1.2


def seen_by_camera(weather, least, monkeypatch):
    """Number and volume [m^3] of the particles of a box of air that are at least so wide [m]."""
    monkeypatch.setitem(precipitation.FAINTEST, weather.kind, 1e-4)
    eye, near, far, count, repeats = camera(160, 120, 120.0), 2.0, 4.0, 0, 4
    for seed in range(repeats):
        drawn = precipitation.draw_particles(eye, weather, np.random.default_rng(seed))
        middle = 0.5 * (drawn.start + drawn.end)
        inside = (np.abs(middle - [80, 60]) < [40, 30]).all(1)
        inside &= (drawn.depth > near) & (drawn.depth < far)
        wide = drawn.diameter * drawn.depth / 120.0 / np.sqrt(FILL[weather.kind])
        count += int((inside & (wide > least)).sum())
    return count, repeats * (80 * 60 / 120**2) * (far**3 - near**3) / 3


def seen_by_lidar(weather, least):
    """The same of many beams, so short that hardly any holds two such particles."""
    n_ray, far, faint = 60_000, 4.0, 1e-6
    reach, rival = np.full(n_ray, far), np.full(n_ray, faint)
    air = air_returns(weather, 0.0, 300.0, reach, rival, np.random.default_rng(2))
    met = np.isfinite(air.distance)
    place = air.distance[met]
    beam = BEAM_DIAMETER + DIVERGENCE * place
    whole = DISC[weather.kind] * FILL[weather.kind] * spreading(place)
    wide = beam * np.sqrt(air.signal[met] / whole)
    ends = BEAM_DIAMETER + DIVERGENCE * np.array([NEAREST, far])
    volume = np.pi / 12 * (ends[1] ** 3 - ends[0] ** 3) / DIVERGENCE
    return int((wide > least).sum()), n_ray * volume


@pytest.mark.parametrize(
    "weather, least",
    ((Weather("rain", rate=40.0), 2.5 * MM), (Weather("snow", rate=2.0), 5 * MM)),
    ids=lambda value: getattr(value, "kind", ""),
)
def test_camera_and_lidar_meet_as_many_of_a_size_in_a_volume(weather, least, monkeypatch):
    wanted = number_above(weather.kind, weather.rate, melted_size(weather.kind, least))
    for count, volume in (
        seen_by_camera(weather, least, monkeypatch), seen_by_lidar(weather, least)
    ):  # fmt: skip
        assert count > 300
        assert count / volume == pytest.approx(wanted, rel=0.05 + 4 / np.sqrt(count))
