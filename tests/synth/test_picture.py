"""From light to picture: air, exposure, film."""

from dataclasses import replace

import numpy as np
import pytest

from scenes.config import ScenarioConfig
from scenes.light.lamps import Spot
from scenes.light.metering import own_grey, weather_albedo, weather_grey
from scenes.light.sky import make_light
from scenes.sensors import make_camera
from scenes.spec import Daylight, Weather
from synth.depth import view
from synth.picture import make_air, metered, picture
from synth.rays import RayScene
from tests.worlds import cube, ground, plate

BASE = ScenarioConfig(scene="parking_lot")
CAMERA = make_camera(replace(BASE, camera=replace(BASE.camera, width=160, height=120)))
DAY = Daylight(0.7, 0.3, 3.0, 1.0, 4)
NIGHT = replace(DAY, elevation=-0.5)
SCENE = RayScene(ground(), plate([0, 30, 3], 8, 6, 7))
SEEN = view(SCENE, CAMERA)
GREY = np.full((120, 160, 3), 0.06, np.float32)


def shot(weather, linear=GREY, spots=(), beams=(), seed=0, factor=None):
    """The picture of an even grey world, its exposure, and its air."""
    light = make_light(DAY if weather.light == "day" else NIGHT, weather)
    grey, albedo = weather_grey(weather), weather_albedo(weather)
    air = make_air(weather, light, spots, SCENE, CAMERA, SEEN, grey, albedo)
    factor = factor or metered(linear, air)
    rng = np.random.default_rng(seed)
    return picture(linear, factor, air, SCENE, SEEN, beams, rng).astype(float), factor, air


def test_clear_air_leaves_the_light_as_it_is():
    image, _, air = shot(Weather())
    assert air.haze is None
    assert np.ptp(image) == 0
    assert 120 < image.mean() < 140  # the mean of the scene in the middle


def test_fog_hides_what_is_far_and_leaves_what_is_near():
    dark = np.where(SEEN.instance[..., None] == 7, np.float32(0), GREY)
    clear, *_ = shot(Weather("overcast"), dark)
    foggy, *_ = shot(Weather("fog", visibility=60.0), dark)
    wall = SEEN.instance == 7
    above = np.zeros_like(wall)
    above[:20] = SEEN.instance[:20] == 0
    contrast = [abs(im[wall].mean() - im[above].mean()) for im in (clear, foggy)]
    assert contrast[1] < 0.4 * contrast[0]


def test_a_photographer_meters_snow_white_and_night_dark():
    snow, night = shot(Weather("snow", rate=0.1))[0], shot(Weather(light="night"))[0]
    usual = shot(Weather())[0]
    assert snow.mean() > usual.mean() + 25 and night.mean() < usual.mean() - 25


def test_the_meter_and_the_haze_hang_on_what_they_are_told_alone():
    weather = Weather("fog", "night", 0.0, 60.0)
    light = make_light(DAY, Weather())
    airs = [
        make_air(weather, light, (), SCENE, CAMERA, SEEN, grey, albedo)
        for grey, albedo in ((0.2, 0.2), (0.1, 0.2), (0.2, 0.8))
    ]
    one, half, bright = (metered(GREY, air) for air in airs)
    assert half == pytest.approx(one / 2)
    assert bright < 0.9 * one  # the ground lights the haze from below


def test_a_users_surfaces_stay_dry_and_bare_and_his_light_his_own():
    def greys(keeps, sunlit, *weathers):
        return {own_grey(weather, keeps, sunlit) for weather in weathers}

    day = weather_grey(Weather())
    lights = [Weather(kind, light) for kind in ("clear", "rain", "snow")
              for light in ("day", "dusk", "night")]  # fmt: skip
    assert greys(True, True, *lights) == {day}
    assert greys(False, True, Weather("snow"), Weather("rain")) == {day}
    for light in ("dusk", "night"):
        assert greys(False, True, Weather("snow", light), Weather("fog", light)) == {
            weather_grey(Weather("clear", light))
        }
    foggy = Weather("fog", "night", visibility=80.0)
    assert greys(True, True, foggy) == {weather_grey(replace(foggy, light="day"))}
    assert greys(True, False, foggy) == {day}  # no light but lamps fills the fog


def test_drops_and_flakes_hang_on_the_stream_alone():
    weather = Weather("snow", rate=4.0, seed=5)
    one, two, other = (shot(weather, seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert (one != other).mean() > 0.05


def test_what_stands_in_a_lamps_cone_hides_the_haze_behind_it():
    weather = Weather("fog", "night", 0.0, 80.0)
    post = Spot(np.array([0.0, 28.0, 7.0]), np.array([0, 0, -1.0]), 120.0, 2.6, 0.15, (1, 1, 1))
    body = cube([0, 12, 2], 4.0, 8)
    scene = RayScene(SCENE.mesh, body, shared=SCENE)
    seen = view(scene, CAMERA, SEEN)
    black, rng = np.zeros_like(GREY), np.random.default_rng(0)
    light = make_light(NIGHT, weather)
    air = make_air(weather, light, [post], SCENE, CAMERA, SEEN)
    shown = picture(black, 30.0, air, scene, seen, [], rng).astype(float)
    alone = make_air(weather, light, [post], scene, CAMERA, seen)
    wanted = picture(black, 30.0, alone, scene, seen, [], rng).astype(float)
    assert (np.abs(shown - wanted) > 1).mean() < 0.005  # but for silhouettes
    through = picture(black, 30.0, air, SCENE, SEEN, [], rng).astype(float)
    assert through[seen.instance == 8].mean() > shown[seen.instance == 8].mean() + 5


@pytest.mark.parametrize("kind", ["fog", "rain"])
def test_lamps_shine_in_the_haze(kind):
    weather = Weather(kind, "night", 30.0 if kind == "rain" else 0.0,
                      80.0 if kind == "fog" else np.inf)  # fmt: skip
    down = np.array([0.0, 0.0, -1.0])
    post = Spot(np.array([0.0, 20.0, 7.0]), down, 120.0, 2.6, 0.15, (1.0, 0.8, 0.6))
    front = Spot(np.array([5.0, 20.0, 0.7]), np.array([-1.0, 0, 0]), 600.0, 0.9, 0.05, (1, 1, 1))
    dark, factor, _ = shot(weather)
    lit = shot(weather, spots=[post], factor=factor)[0]
    both = shot(weather, spots=[post], beams=[front], factor=factor)[0]
    assert shot(weather, spots=[post])[1] < factor  # the meter sees the glow
    assert lit.mean() > dark.mean() and both.mean() > lit.mean()
    row, column = (int(v) for v in CAMERA.project(post.place)[0][::-1])
    assert lit[row, column].mean() > lit[:, :5].mean() + 5


def test_a_black_sky_does_not_burn_out_the_ground():
    half = GREY.copy()
    half[:60] = 0
    assert shot(Weather(light="night"), half)[1] == pytest.approx(
        shot(Weather(light="night"), GREY)[1], rel=1e-5
    )
