from dataclasses import fields

import numpy as np
import pytest

from scenes.light.lamps import Spot, dipped_beam
from scenes.mesh import concatenate
from scenes.spec import Pose, Weather
from synth.depth import view
from synth.haze import Haze, make_haze, veil
from synth.lamplight import SPILL, Lamps, floating, lamplight
from synth.picture import _lamps
from synth.rays import RayScene
from tests.synth.test_haze import camera, through
from tests.worlds import cube, ground, plate

HAZE = Haze((0.03, 0.03, 0.03), 1e4)
EYE = camera()
DOWN = (0.0, 0.0, -1.0)
WALL = plate((0, 40.0, 5.0), 500, 500)


def spot(place, axis=DOWN, degrees=70, colour=(1.0, 0.8, 0.5), skew=None, intensity=100.0):
    way = np.array(axis, float)
    return Spot(
        np.array(place, float), way / np.linalg.norm(way), intensity, 2 * np.radians(degrees), 0.1,
        colour, skew=skew,
    )  # fmt: skip


def lamps(*args, **named):
    return _lamps([spot(*args, **named)])


def squeezed(axis, across, degrees):
    """A spot's skew: its cone squeezed to `degrees` up and down, and `across` times as wide."""
    round_one = spot((0, 0, 0), axis).axes
    up = np.array([0, 0, 1.0]) - round_one[2, 2] * round_one[2]
    up /= np.linalg.norm(up)
    side = np.cross(up, round_one[2])
    narrow = 1 / np.tan(np.radians(degrees))
    return np.array([side * narrow / across, up * narrow, round_one[2]])


def summed(pixel, far, lamp, n=400_000):
    """The single-scattering integral along a pixel's ray, in many even steps."""
    way = EYE.pixel_directions()[pixel]
    way /= np.linalg.norm(way)
    t = (np.arange(n) + 0.5) / n * far
    gap = EYE.position + t[:, None] * way - lamp.place
    r = np.linalg.norm(gap, axis=1)
    lit = SPILL * lamp.flux / (4 * np.pi) + lamp.towards(gap)
    turn = gap @ -way / r
    g, alpha = HAZE.asymmetry, HAZE.extinction[0]
    phase = (1 - g**2) / (4 * np.pi) / (1 + g**2 - 2 * g * turn) ** 1.5
    radiance = HAZE.albedo[0] * alpha * phase * lit / (r**2 + lamp.radius**2)
    return (radiance * np.exp(-alpha * (t + r))).sum() * far / n * np.array(lamp.colour)


def require_alike(pixel, lamp):
    """Hold what the kernel gives for a pixel against the slow integral."""
    light = lamplight(EYE, through(WALL, HAZE, EYE), HAZE, _lamps([lamp]))[pixel]
    wanted = summed(pixel, 40 * np.linalg.norm(EYE.pixel_directions()[pixel]), lamp)
    np.testing.assert_allclose(light, wanted, rtol=0.06)


@pytest.mark.parametrize("pixel", ((4, 30), (10, 20), (18, 24), (30, 40)))
@pytest.mark.parametrize("place", ((1.0, 12.0, 8.0), (-6.0, 25.0, 9.0)))
def test_light_is_the_integral_along_the_ray(pixel, place):
    require_alike(pixel, spot(place))


@pytest.mark.parametrize("pixel", ((14, 20), (16, 30), (18, 24), (20, 40), (30, 30)))
@pytest.mark.parametrize("place", ((-6, 20, 3), (0, 35, 6), (2, -3, 9)))
def test_light_of_a_beam_is_the_integral_along_the_ray(pixel, place):
    """A flat fan of 4 degrees and a pencil of 6, across the ray, towards the eye and from behind.

    All meet the ray 15 m from the eye.
    """
    way = EYE.pixel_directions()[pixel]
    axis = EYE.position + 15 * way / np.linalg.norm(way) - np.array(place)
    require_alike(pixel, spot(place, axis, 3))
    require_alike(pixel, spot(place, axis, 45, skew=squeezed(axis, 10, 2)))
    # Where the ray is in the cone when it begins, or when it ends.
    require_alike(pixel, spot(place, EYE.position - place, 20))
    require_alike(pixel, spot(place, (0, 1.0, -0.2), 40))


@pytest.mark.parametrize("pixel", ((14, 20), (16, 30), (18, 24), (20, 40), (30, 30)))
@pytest.mark.parametrize("yaw", (-90, -60, 10, 160))
def test_light_of_headlights_is_the_integral_along_the_ray(pixel, yaw):
    pose = Pose((-3.0, 20.0, 0.0), np.radians(yaw)).world_from_object()
    lamp = dipped_beam(np.array([0, 0, 0.7]), 100.0).moved(pose)
    require_alike(pixel, lamp)


def test_what_a_lamp_spills_is_a_share_of_its_flux():
    """By the solid angle of even directions."""
    rng = np.random.default_rng(0)
    way = rng.normal(size=(2_000_000, 3))
    axis = (1.0, 0, -0.1)
    for lamp in (
        spot((0, 0, 0)), spot((0, 0, 0), axis, 45, skew=squeezed(axis, 3, 10)),
        dipped_beam(np.zeros(3), 100.0),
    ):  # fmt: skip
        assert lamp.flux == pytest.approx(4 * np.pi * lamp.towards(way).mean(), rel=0.02)


def test_a_beam_stays_in_its_cone():
    seen = through(ground(), HAZE, EYE)
    light = lamplight(EYE, seen, HAZE, lamps((-6, 15, 5), (1.0, 0, 0), 15))[..., 0]
    assert light[18, 30] > 10 * light[4, 30]
    assert light[18, 30] > 10 * light[30, 30]


def test_lamps_add_up():
    seen = through(ground(), HAZE, EYE)
    one, other = lamps((1, 12, 8)), lamps((-3, 20, 7), colour=(0.05, 0.1, 0.2))
    both = Lamps(
        *(np.concatenate([getattr(one, x.name), getattr(other, x.name)]) for x in fields(Lamps))
    )
    wanted = lamplight(EYE, seen, HAZE, one) + lamplight(EYE, seen, HAZE, other)
    np.testing.assert_allclose(lamplight(EYE, seen, HAZE, both), wanted, rtol=1e-5)
    assert wanted.min() > 0 and np.isfinite(wanted).all()


def test_a_wall_hides_the_haze_behind_it():
    lamp = lamps((0, 30, 8))
    clear, wall = (
        lamplight(EYE, through(world, HAZE, EYE), HAZE, lamp)[12, 24, 0]
        for world in (ground(), concatenate([ground(), plate((0, 10.0, 5.0), 50, 50)]))
    )
    assert 0 < wall < 0.3 * clear


def test_only_what_moved_is_computed_again():
    still = RayScene(concatenate([ground(), cube((-4, 16, 2), 4.0)]))
    before = view(still, EYE)
    first = veil(still, EYE, before, HAZE)
    lamp = lamps((1, 12, 8))
    light = lamplight(EYE, first, HAZE, lamp)
    kept = light.copy()
    scene = RayScene(still.mesh, cube((2, 12, 1.5), 2.0, 4), shared=still)
    after = veil(scene, EYE, view(scene, EYE, before), HAZE, first)
    quick = lamplight(EYE, after, HAZE, lamp, (first, light))
    np.testing.assert_array_equal(quick, lamplight(EYE, after, HAZE, lamp))
    np.testing.assert_array_equal(light, kept)
    assert (quick != light).any()


def test_lamps_in_dust_are_browner_than_in_fog():
    """By the albedos of desert dust, and its flatter scattering shows lamps from the side more."""
    fog, dust = (make_haze(Weather(kind, visibility=100.0)) for kind in ("fog", "dust"))
    assert fog is not None and dust is not None
    assert (dust.albedo, dust.asymmetry) == ((0.96, 0.945, 0.92), 0.7)
    lamp = lamps((10, 20, 5), colour=(1.0, 1.0, 1.0), degrees=179 / 2)
    cones = [lamplight(EYE, through(WALL, haze, EYE), haze, lamp)[18, 24] for haze in (fog, dust)]
    assert cones[0][0] == pytest.approx(cones[0][2])
    assert cones[1][0] / cones[1][2] == pytest.approx(0.96 / 0.92, rel=1e-5)


def test_what_floats_is_as_bright_however_thin_the_haze():
    """Where lamps shine alike, thin and thick haze give drops the same light."""
    wall, lamp = plate((0, 12.0, 5.0), 500, 500), lamps((0, 60, 5), (0, -1.0, 0))
    seen = []
    for alpha in (1e-4, 1e-3):
        haze = Haze((alpha,) * 3, 1e4)
        behind = through(wall, haze, EYE)
        seen.append(floating(lamplight(EYE, behind, haze, lamp), behind)[18, 24])
    np.testing.assert_allclose(seen[0], seen[1], rtol=0.1)
