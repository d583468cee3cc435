import numpy as np
import pytest

from scenes.mesh import concatenate
from synth.depth import view
from synth.haze import Haze, veil
from synth.lamplight import ALBEDO, FORWARD, SPILL, Lamps, floating, lamplight
from synth.rays import RayScene
from tests.synth.test_haze import camera, through
from tests.worlds import cube, ground, plate

HAZE = Haze((0.03, 0.03, 0.03), 1e4)
EYE = camera()
DOWN = (0.0, 0.0, -1.0)


def lamps(place, axis=DOWN, degrees=70, colour=(100.0, 80.0, 50.0), radius=0.1):
    return Lamps(
        np.array([place], float),
        np.array([axis], float),
        np.cos(np.radians([degrees])),
        np.array([colour], float),
        np.array([radius]),
        np.array([0.9]),
    )


def summed(pixel, far, lamp, n=400_000):
    """The single-scattering integral along a pixel's ray, in many even steps."""
    way = EYE.pixel_directions()[pixel]
    way /= np.linalg.norm(way)
    t = (np.arange(n) + 0.5) / n * far
    gap = EYE.position + t[:, None] * way - lamp.place[0]
    r = np.linalg.norm(gap, axis=1)
    cosine = lamp.cosine[0]
    lit = np.clip((gap @ lamp.axis[0] / r - cosine) / (lamp.blend[0] * (1 - cosine)), 0, 1)
    lit = SPILL * (1 - cosine) / 2 + lit**2 * (3 - 2 * lit)
    turn = gap @ -way / r
    phase = (1 - FORWARD**2) / (4 * np.pi) / (1 + FORWARD**2 - 2 * FORWARD * turn) ** 1.5
    alpha = HAZE.extinction[0]
    radiance = ALBEDO * alpha * phase * lit / (r**2 + lamp.radius[0] ** 2)
    return (radiance * np.exp(-alpha * (t + r))).sum() * far / n * lamp.intensity[0]


@pytest.mark.parametrize("pixel", ((4, 30), (10, 20), (18, 24), (30, 40)))
@pytest.mark.parametrize("place", ((1.0, 12.0, 8.0), (-6.0, 25.0, 9.0)))
def test_light_is_the_integral_along_the_ray(pixel, place):
    wall = plate((0, 40.0, 5.0), 500, 500)
    seen, lamp = through(wall, HAZE, EYE), lamps(place)
    way = EYE.pixel_directions()[pixel]
    wanted = summed(pixel, 40 * np.linalg.norm(way), lamp)
    np.testing.assert_allclose(lamplight(EYE, seen, HAZE, lamp)[pixel], wanted, rtol=0.08)


def test_a_beam_stays_in_its_cone():
    seen = through(ground(), HAZE, EYE)
    light = lamplight(EYE, seen, HAZE, lamps((-6, 15, 5), (1.0, 0, 0), 15))[..., 0]
    assert light[18, 30] > 10 * light[4, 30]
    assert light[18, 30] > 10 * light[30, 30]


def test_lamps_add_up():
    seen = through(ground(), HAZE, EYE)
    one, other = lamps((1, 12, 8)), lamps((-3, 20, 7), colour=(5.0, 10.0, 20.0))
    both = Lamps(*(np.concatenate([getattr(one, name), getattr(other, name)]) for name in
                   ("place", "axis", "cosine", "intensity", "radius", "blend")))  # fmt: skip
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


def test_what_floats_is_as_bright_however_thin_the_haze():
    """Where lamps shine alike, thin and thick haze give drops the same light."""
    wall, lamp = plate((0, 12.0, 5.0), 500, 500), lamps((0, 60, 5), (0, -1.0, 0))
    seen = []
    for alpha in (1e-4, 1e-3):
        haze = Haze((alpha,) * 3, 1e4)
        behind = through(wall, haze, EYE)
        seen.append(floating(lamplight(EYE, behind, haze, lamp), behind)[18, 24])
    np.testing.assert_allclose(seen[0], seen[1], rtol=0.1)
