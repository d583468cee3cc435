import numpy as np
import pytest

from scenes.light.sky import make_light
from scenes.mesh import concatenate
from scenes.sensors import Camera
from scenes.spec import Daylight, Weather
from synth.depth import view
from synth.haze import Haze, airlight, apply_haze, daylit, filter_weights, make_haze, veil
from synth.rays import RayScene
from tests.worlds import cube, ground, plate, quad

GREY = np.array([0.5, 0.5, 0.5])


def camera(width=48, height=36, focal=40.0, above=5.0):
    """Level, looking along world y."""
    world_from_camera = np.eye(4)
    world_from_camera[:3, :3] = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0.0]]).T
    world_from_camera[2, 3] = above
    intrinsics = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1.0]])
    return Camera(width, height, intrinsics, world_from_camera)


def even(eye):
    """Airlight that is grey everywhere."""
    return np.full((eye.height, eye.width, 3), GREY[0], np.float32)


def through(mesh, haze, eye):
    scene = RayScene(mesh)
    return veil(scene, eye, view(scene, eye), haze)


def test_a_slanted_wall_follows_the_exponential_of_the_distance_along_the_ray():
    eye, haze = camera(), Haze((0.02, 0.03, 0.04), 1e4)
    # The plane n . x = 20 around x = 0, y = 20, larger than the picture.
    normal = np.array([0.6, 0.8, 0.0])
    side, up = np.array([0.8, -0.6, 0.0]), np.array([0, 0, 1.0])
    corners = [25 * normal + 200 * (a * side + b * up) for a, b in
               ((-1, -1), (1, -1), (1, 1), (-1, 1))]  # fmt: skip
    got = through(quad(corners), haze, eye)
    way = eye.pixel_directions()
    way /= np.linalg.norm(way, axis=-1, keepdims=True)
    distance = (25 - normal @ eye.position) / (way @ normal)
    assert distance.min() > 0
    wanted = np.exp(-distance[..., None] * np.array(haze.extinction))
    inner = slice(1, -1)
    np.testing.assert_allclose(got.mean[inner, inner], wanted[inner, inner], rtol=1e-3)
    assert got.variance[inner, inner].max() < 1e-5


def test_contrast_of_a_black_target_is_two_percent_at_the_visibility():
    haze = make_haze(Weather("fog", visibility=150.0))
    eye = camera(width=32, height=32, focal=3000.0)
    seen = through(plate((0, 150.0, 5.0), 100, 9), haze, eye)
    picture = apply_haze(np.zeros((32, 32, 3), np.float32), seen, even(eye))
    contrast = 1 - picture[16, 16] / GREY
    np.testing.assert_allclose(contrast, 0.02, rtol=0.01)


def test_sky_is_airlight_at_the_horizon_and_clearer_at_the_zenith():
    eye, haze = camera(width=8, height=200, focal=20.0), Haze((0.01, 0.01, 0.01), 60.0)
    got = through(ground(half=1e5), haze, eye)
    way = eye.pixel_directions()
    sine = (way[..., 2] / np.linalg.norm(way, axis=-1))[:99]
    np.testing.assert_allclose(got.mean[:99, :, 0], np.exp(-0.01 * 55 / sine), rtol=1e-4, atol=4e-3)
    assert got.mean[99].max() < 0.01
    assert got.mean[0].min() > 0.55


def test_what_looks_like_airlight_stays_as_it_is():
    eye = camera()
    world = concatenate([ground(), cube((1, 12, 2), 4.0)])
    seen = through(world, Haze((0.02, 0.02, 0.02), 60.0), eye)
    picture = np.broadcast_to(GREY.astype(np.float32), (36, 48, 3)).copy()
    np.testing.assert_allclose(apply_haze(picture, seen, even(eye)), picture, rtol=1e-6)


def brute_force(world, haze, eye, near, far, airlight, n=24):
    """Transmittance, clear and hazy picture of many rays a pixel, colours by object."""
    fine = Camera(
        eye.width * n,
        eye.height * n,
        np.diag([n, n, 1.0]) @ eye.intrinsics,
        eye.world_from_camera,
    )
    scene = RayScene(world)
    seen = view(scene, fine)
    way = np.linalg.norm(fine.pixel_directions(), axis=-1)
    distance = seen.hits.distance.reshape(way.shape) * way
    left = np.exp(-haze.extinction[0] * distance)
    light = np.where(seen.instance == 2, near, far)

    offset = (np.arange(3 * n) + 0.5) / n - 1.5
    turn = 2 * np.pi * (offset / 3 + 0.5)
    weight = 0.35875 - 0.48829 * np.cos(turn) + 0.14128 * np.cos(2 * turn)
    weight -= 0.01168 * np.cos(3 * turn)
    weight /= weight.sum()

    def filtered(image):
        padded = np.pad(image, n, mode="edge")
        rows = np.stack([weight @ padded[i * n : (i + 3) * n] for i in range(eye.height)])
        return np.stack([rows[:, j * n : (j + 3) * n] @ weight for j in range(eye.width)], axis=1)

    return filtered(left), filtered(light), filtered(left * light + (1 - left) * airlight)


@pytest.mark.parametrize("turn", (0.0, 0.3, 0.9))
@pytest.mark.parametrize("near, far", ((0.0, 0.6), (0.9, 0.1), (0.02, 5.0)))
def test_silhouettes_have_no_halo(turn, near, far):
    eye, haze = camera(), Haze((0.03, 0.03, 0.03), 1e4)
    side = np.array([np.cos(turn), 0, np.sin(turn)])
    up = np.array([-np.sin(turn), 0, np.cos(turn)])
    middle = np.array([0.03, 10, 5.0])
    post = quad([middle + a * side + b * up for a, b in
                 ((-0.4, -2), (0.4, -2), (0.4, 2), (-0.4, 2))], 2)  # fmt: skip
    world = concatenate([post, plate((0, 60.0, 5.0), 500, 500, object_id=3)])
    left, light, wanted = brute_force(world, haze, eye, near, far, GREY[0])

    seen = through(world, haze, eye)
    assert np.abs(seen.mean[..., 0] - left).max() < 0.08 * np.ptp(left)
    assert np.sqrt(np.mean((seen.mean[..., 0] - left) ** 2)) < 0.01
    clear = np.repeat(light.astype(np.float32)[..., None], 3, axis=2)
    error = apply_haze(clear, seen, even(eye))[..., 0] - wanted
    assert np.abs(error).max() < 0.08 * (np.ptp(wanted) + 0.2 * np.ptp(light))
    assert np.sqrt(np.mean(error**2)) < 0.01
    low, high = wanted.min(), wanted.max()
    assert (np.maximum(low - wanted - error, wanted + error - high) < 0.02 * (high - low)).all()


@pytest.mark.parametrize("albedo", (0.1, 0.5, 0.8))
def test_airlight_carries_the_irradiance_down_and_the_grounds_share_up(albedo):
    irradiance = np.array([1.0, 2.0, 3.0])
    eye = camera(width=2, height=4001, focal=40.0)  # nearly from zenith to nadir
    air = airlight(eye, irradiance, albedo)[:, 0]
    way = eye.pixel_directions()[:, 0]
    sine = way[:, 2] / np.linalg.norm(way, axis=1)
    straight = np.polynomial.Polynomial.fit(sine[:2010], air[:2010, 0], 1).convert()
    start, slope = straight.coef
    down, up = np.pi * (start + 2 / 3 * slope), np.pi * (start - 2 / 3 * slope)
    np.testing.assert_allclose([down, up], [1.0, albedo], rtol=1e-3)
    np.testing.assert_allclose(air, air[:, :1] * irradiance, rtol=1e-5)
    assert air.min() >= 0.99 * albedo / np.pi


def street(tall, half):
    """A street along y between walls."""
    walls = [
        quad([[x, -400, 0], [x, 800, 0], [x, 800, tall], [x, -400, tall]]) for x in (-half, half)
    ]
    return RayScene(concatenate([ground(half=1000.0), *walls]))


@pytest.mark.parametrize("tall", (6.0, 15.0))
def test_haze_in_a_street_is_lit_by_the_strip_of_sky_above_it(tall):
    """Over an endless trench: the mean sine of the angles from the zenith down to both edges."""
    eye = camera(above=3.0)
    thin = Haze((1e-6, 1e-6, 1e-6), 1e4)
    world = street(tall, 8.0)
    seen = view(world, eye)
    share = daylit(world, eye, seen, thin)
    height, width = seen.depth.shape
    row, column = height - 1, width // 2  # the street before the camera
    way = eye.pixel_directions()[row, column]
    x, _, z = eye.position + way * seen.hits.distance.reshape(height, width)[row, column] / 2
    edges = np.array([8.0 - x, 8.0 + x])
    sky = np.mean(edges / np.hypot(edges, tall - z))
    assert share[row, column] == pytest.approx(sky + 0.3 * (1 - sky), abs=0.01)
    assert share[0, column] == pytest.approx(1.0, abs=0.01)  # far above the roofs


def test_haze_is_lit_by_the_haze_before_the_walls():
    eye = camera(above=3.0)
    world, field = street(15.0, 8.0), RayScene(ground(half=1000.0))
    thick, thin = Haze((0.8, 0.8, 0.8), 60.0), Haze((0.005, 0.005, 0.005), 60.0)
    assert daylit(world, eye, view(world, eye), thick).min() > 0.95
    for haze in (thick, thin):
        np.testing.assert_allclose(daylit(field, eye, view(field, eye), haze), 1.0)


@pytest.mark.parametrize("visibility", (100.0, 400.0))
def test_dust_is_brown_as_the_light_that_comes_through_it(visibility):
    """A layer 400 m high by diffusion, half of whose colour white balance takes off."""
    albedo, g = np.array([0.96, 0.945, 0.92]), 0.7
    depth = -np.log(0.02) / visibility * 400.0
    left = np.exp(-depth * np.sqrt(3 * (1 - albedo) * (1 - g * albedo)))
    light = make_light(Daylight(0.7, 0.3, 3.0, 1.0, 4), Weather("dust", visibility=visibility))
    air = airlight(camera(), light.on_level_ground, 0.2)[18, 24]
    np.testing.assert_allclose(air / air[1], np.sqrt(left / left[1]), rtol=0.02)


def test_no_pixel_grows_brighter_than_light_and_airlight_or_darker_than_nothing():
    eye = camera()
    world = concatenate([ground(), cube((1, 12, 2), 4.0)])
    seen = through(world, Haze((0.03, 0.03, 0.03), 60.0), eye)
    noise = np.random.default_rng(0).random((36, 48, 3), np.float32) ** 8 * 20
    added = apply_haze(noise, seen, even(eye)) - (1 - seen.mean) * GREY
    assert added.min() > -1e-6
    assert (added <= noise * 1.0001 + 1e-6).all()


def test_a_half_covered_pixel_gets_the_mean():
    eye = camera()
    haze = Haze((0.03, 0.03, 0.03), 1e4)
    # An edge through the centre of column 24, at x = 0.5 px of 40 px focal length, 10 m away.
    left = plate((0.125 - 50, 10.0, 5.0), 100, 100)
    seen = through(concatenate([left, plate((0, 60.0, 5.0), 500, 500)]), haze, eye)
    near, far = seen.mean[18, 20, 0], seen.mean[18, 28, 0]
    assert near > 2 * far
    np.testing.assert_allclose(seen.mean[18, 24, 0], (near + far) / 2, atol=0.1 * (near - far))


def test_a_frame_after_a_still_world_is_as_if_made_anew():
    eye, haze = camera(96, 72, 80.0), Haze((0.03, 0.03, 0.03), 60.0)
    still = RayScene(concatenate([ground(), cube((-4, 16, 2), 4.0), cube((5, 30, 3), 5.0, 3)]))
    before = view(still, eye)
    first = veil(still, eye, before, haze)
    scene = RayScene(still.mesh, cube((-1.2, 12, 1.5), 2.0, 4), shared=still)
    seen = view(scene, eye, before)
    assert (seen.depth != before.depth).any()
    quick, anew = veil(scene, eye, seen, haze, first), veil(scene, eye, seen, haze)
    np.testing.assert_array_equal(quick.mean, anew.mean)
    np.testing.assert_array_equal(quick.variance, anew.variance)
    assert (quick.mean != first.mean).any()


def green(kind, **strength):
    """The extinction of green light."""
    haze = make_haze(Weather(kind, **strength))
    assert haze is not None
    return haze.extinction[1]


def test_only_thick_air_has_haze_and_more_rain_more_of_it():
    assert make_haze(Weather("clear")) is None
    assert make_haze(Weather("overcast")) is None
    drizzle, shower = (green("rain", rate=rate) for rate in (2.0, 60.0))
    assert shower > 5 * drizzle
    # ITU-R P.1814: 1.076 R^0.67 dB/km.
    decibel = 10 * np.log10(np.exp(green("rain", rate=25.0) * 1000))
    np.testing.assert_allclose(decibel, 1.076 * 25**0.67, rtol=1e-6)
    flurry, storm = (green("snow", rate=rate) for rate in (0.5, 4.0))
    assert storm > 5 * flurry
    np.testing.assert_allclose(green("dust", visibility=100.0), 0.03912)
    assert make_haze(Weather("rain")) is None
    assert make_haze(Weather("fog")) is None


def test_filter_weights_sum_to_one_and_spread_as_cycles_filter():
    weight = filter_weights()
    assert weight.shape == (3, 3, 9)
    np.testing.assert_allclose(weight.sum(), 1)
    assert weight[1, 1].sum() > 0.5
