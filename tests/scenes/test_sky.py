import numpy as np
import pytest

from scenes.light.daylight import sample_daylight
from scenes.light.sky import make_light
from scenes.sensors import direction
from scenes.spec import Daylight, Weather

CLEAR = Weather()


def daylight(elevation_deg=40.0, turbidity=3.0, cloudiness=0.0):
    return Daylight(np.radians(elevation_deg), 0.7, turbidity, cloudiness, 5)


DAYLIGHTS = [
    daylight(elevation, turbidity, cloudiness)
    for elevation in (16, 40, 64)
    for turbidity in (2.0, 6.0)
    for cloudiness in (0.0, 0.3, 0.6)
]


def rows(light, low_deg, high_deg):
    """The part of the picture between two elevations."""
    elevation = 90 - (np.arange(len(light.sky)) + 0.5) * 180 / len(light.sky)
    return light.sky[(elevation > low_deg) & (elevation < high_deg)]


def away_from_sun(light, picture):
    """Mean colour (3,) of the half of the azimuths behind the sun's back."""
    azimuth = np.linspace(-np.pi, np.pi, picture.shape[1])
    level = direction(azimuth, np.zeros_like(azimuth))
    return picture[:, level @ light.direction < 0].mean((0, 1))


@pytest.mark.parametrize("day", DAYLIGHTS)
def test_the_sky_gives_one_on_level_ground(day):
    sky = make_light(day, CLEAR).sky.astype(float)
    height, width = sky.shape[:2]
    up = np.sin(np.pi / 2 - (np.arange(height) + 0.5) * np.pi / height)
    solid = np.sqrt(1 - up**2) * (np.pi / height) * (2 * np.pi / width)
    irradiance = (sky * (np.maximum(up, 0) * solid)[:, None, None]).sum((0, 1))
    assert irradiance.mean() == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("day", DAYLIGHTS)
def test_there_is_no_seam_and_no_dark_band_at_the_horizon(day):
    light = make_light(day, CLEAR)
    middle = len(light.sky) // 2
    np.testing.assert_array_equal(light.sky[middle - 1], light.sky[middle])
    horizon = away_from_sun(light, rows(light, 0, 2)).mean()
    assert horizon > 0.8 * away_from_sun(light, rows(light, 5, 15)).mean()


@pytest.mark.parametrize("turbidity", [2.0, 4.0, 6.0])
@pytest.mark.parametrize("elevation", [16, 40, 64])
def test_a_clear_sky_is_blue_above_a_brighter_and_whiter_horizon(elevation, turbidity):
    light = make_light(daylight(elevation, turbidity), CLEAR)
    above = away_from_sun(light, rows(light, 30, 60))
    horizon = away_from_sun(light, rows(light, 0, 5))
    assert above[2] > 1.25 * above[0] and above[2] > above[1] > above[0]
    assert horizon.mean() > above.mean()
    assert horizon[2] / horizon[0] < above[2] / above[0]


def test_haze_whitens_the_sky_and_widens_the_sun():
    clear, hazy = (make_light(daylight(turbidity=t), CLEAR) for t in (2.0, 6.0))
    blueness = [
        away_from_sun(light, rows(light, 20, 60))[2] / away_from_sun(light, rows(light, 20, 60))[0]
        for light in (clear, hazy)
    ]
    assert blueness[1] < blueness[0]
    assert hazy.angle > clear.angle
    assert hazy.sun.mean() < clear.sun.mean()


def test_clouds_are_nearly_grey():
    light = make_light(daylight(elevation_deg=45, turbidity=5.0, cloudiness=0.6), CLEAR)
    colour = rows(light, 10, 80).mean((0, 1))
    assert np.ptp(colour) < 0.15 * colour.mean()


def test_the_same_daylight_gives_the_same_light():
    first, second = make_light(DAYLIGHTS[4], CLEAR), make_light(DAYLIGHTS[4], CLEAR)
    np.testing.assert_array_equal(first.sky, second.sky)
    np.testing.assert_array_equal(first.sun, second.sun)


def air_mass(degrees):
    """Kasten and Young, Applied Optics 28, 1989."""
    return 1 / (np.sin(np.radians(degrees)) + 0.50572 * (degrees + 6.07995) ** -1.6364)


@pytest.mark.parametrize(("light", "above"), [("day", True), ("dusk", False), ("night", False)])
def test_the_sun_stands_only_where_the_sky_is_made_for_it(light, above):
    drawn = [
        np.degrees(sample_daylight(Weather(light=light), np.random.default_rng(seed)).elevation)
        for seed in range(200)
    ]
    if above:
        assert 1 / np.sin(np.radians(min(drawn))) < 1.02 * air_mass(min(drawn))
    else:
        assert max(drawn) <= -2.8
