"""Laws of the whole chain, over every kind of path."""

from dataclasses import replace

import numpy as np
import pytest

from scenes.config import SPEED_OF_LIGHT, ScenarioConfig
from scenes.itu import P2040
from scenes.materials import MATERIAL_ID, MATERIALS
from scenes.mesh import EMPTY_MESH, TriMesh, concatenate
from scenes.sensors import Radar, direction, make_radar, tilted_frame
from synth.launch import Launch, launch
from synth.paths import LINE_OF_SIGHT, SCATTERED, SPECULAR
from synth.rays import RayScene
from synth.reflection import lobe_integral, response, surface_table
from synth.tracer import trace
from tests.worlds import cube, ground, plate, quad

CONFIG = ScenarioConfig(scene="parking_lot")
STREET = concatenate(
    [
        ground(material="concrete"),
        cube([3, 14, 1], 2.0, 2, "car_paint"),
        plate([0, 32, 6], 60, 12, 3, "brick"),
        quad([[-9, -5, 0], [-9, 60, 0], [-9, 60, 12], [-9, -5, 12]], 4, "concrete"),
        plate([-4, 18, 1.5], 2.0, 1.5, 5, "glass"),
    ]
)


def run(mesh, materials=MATERIALS, seed=0, radar=None, **radio):
    config = replace(CONFIG, radio=replace(CONFIG.radio, **{"max_path": 10**6, **radio}))
    radar = radar or make_radar(config)
    rays = launch(config.radio, radar, np.random.default_rng(seed))
    surfaces = surface_table(config.radio.carrier_hz, materials)
    return trace(RayScene(mesh), radar, config.radio, surfaces, rays)


def decibel(paths):
    return 10 * np.log10(paths.power.sum())


def test_doubling_the_rays_keeps_the_power():
    few = run(STREET, n_ray=100_000)
    many = run(STREET, n_ray=200_000, seed=1)
    assert decibel(few) == pytest.approx(decibel(many), abs=0.2)
    for kind in (SPECULAR, SCATTERED):
        assert decibel(few[few.kind == kind]) == pytest.approx(
            decibel(many[many.kind == kind]), abs=0.2
        )


def test_thinning_leaves_the_power_as_it_is():
    whole = run(STREET)
    scattered = whole[whole.kind == SCATTERED].power.sum()
    thinned = [run(STREET, max_path=3000, seed=seed) for seed in range(12)]
    assert np.mean([(p.kind == SCATTERED).sum() for p in thinned]) < 4000
    mean = np.mean([p.power[p.kind == SCATTERED].sum() for p in thinned])
    assert mean == pytest.approx(scattered, rel=0.04)


def test_doppler_of_a_world_that_moves_as_a_whole():
    """However many surfaces a path meets: its two ends' directions are all that counts."""
    velocity = np.array([2.0, -5.0, 1.0])
    moving = replace(STREET, velocity=np.tile(np.float32(velocity), (len(STREET.vertices), 1)))
    paths = run(moving, n_ray=50_000)
    ends = direction(*paths.aoa.astype(float).T) + direction(*paths.aod.astype(float).T)
    expected = -(ends @ velocity) * 28e9 / SPEED_OF_LIGHT
    np.testing.assert_allclose(paths.doppler, expected, atol=0.5)
    assert set(paths.bounces) >= {1, 2, 3}


def test_a_million_rays_say_the_same():
    assert decibel(run(STREET, n_ray=1_000_000, seed=2)) == pytest.approx(
        decibel(run(STREET)), abs=0.2
    )


def test_turning_the_whole_world_changes_nothing():
    """World and rig turn together, in all three axes."""
    config = replace(CONFIG, radio=replace(CONFIG.radio, max_path=10**6, n_ray=500_000))
    radar = make_radar(config)
    rays = launch(config.radio, radar, np.random.default_rng(0))
    surfaces = surface_table(config.radio.carrier_hz)
    turn = tilted_frame(0.7, 1.9) @ tilted_frame(-1.2, 0.4)
    matrix = np.eye(4)
    matrix[:3, :3] = turn
    still = STREET
    turned = replace(still.transformed(matrix), rest=still.vertices, velocity=still.velocity)
    there = replace(radar, world_from_radar=matrix @ radar.world_from_radar)
    before = trace(RayScene(still), radar, config.radio, surfaces, rays)
    rays = launch(config.radio, there, np.random.default_rng(0))
    after = trace(RayScene(turned), there, config.radio, surfaces, rays)
    # Rounding to single precision takes single rays over edges.
    assert decibel(after) == pytest.approx(decibel(before), abs=0.05)
    mirrors = [p[p.kind == SPECULAR] for p in (before, after)]
    assert len(mirrors[0]) == len(mirrors[1]) > 0
    order = [np.argsort(p.delay) for p in mirrors]
    for name in ("delay", "aoa", "aod"):
        first, second = (getattr(p, name)[o] for p, o in zip(mirrors, order, strict=True))
        np.testing.assert_allclose(first, second, atol=1e-5)
    first, second = (p.power[o] for p, o in zip(mirrors, order, strict=True))
    np.testing.assert_allclose(first, second, rtol=1e-3)


def bistatic(tx, rx, radio, polarization=("V", "V")):
    """Isotropic ends anywhere."""
    world_from_radar = np.eye(4)
    world_from_radar[:3, 3] = rx
    return Radar(
        world_from_radar, np.subtract(tx, rx), np.eye(3), np.eye(3), (1, 1),
        (0.5 * radio.wavelength,) * 2, "isotropic", polarization, True,
    )  # fmt: skip


AROUND = {"azimuth_span_deg": 360.0, "elevation_min_deg": -90.0, "elevation_max_deg": 90.0}


@pytest.mark.parametrize("lobe", [0, 4])
@pytest.mark.parametrize("slant", [0.5, 1.05, 1.3])
def test_scattering_there_and_back(lobe, slant):
    """Lambert's law is reciprocal; directive lobes differ by their integrals, as documented."""
    materials = tuple(
        replace(m, dielectric=P2040["metal"], scattering=1.0, cross=0.0, thickness=None,
                roughness=0.0, lobe=lobe, back=0.0)
        for m in MATERIALS
    )  # fmt: skip
    mesh = plate([0, 10, 5], 0.5, 0.5, 2, "metal")
    ends = (0.0, 2.0, 5.0), (8 * np.sin(slant), 10 - 8 * np.cos(slant), 5.0)
    power = []
    for tx, rx in (ends, ends[::-1]):
        radar = bistatic(tx, rx, CONFIG.radio, ("H", "H"))
        paths = run(mesh, materials, radar=radar, n_ray=4_000_000, n_bounce=1, n_reflection=0,
                    **AROUND)  # fmt: skip
        power.append(decibel(paths[paths.kind == SCATTERED]))
    cosine = np.cos([0.0, slant])
    ratio = lobe_integral(lobe, cosine) / cosine
    expected = 0.0 if lobe == 0 else 10 * np.log10(ratio[1] / ratio[0])
    assert power[0] - power[1] == pytest.approx(expected, abs=0.3)


def test_power_that_falls_on_a_closed_shell_is_scattered_or_absorbed():
    """Around a lossless scatterer as much arrives on a far sphere as fell on it."""
    materials = tuple(
        replace(m, dielectric=P2040["metal"], scattering=0.8, cross=0.3, thickness=None,
                roughness=1e-3, lobe=4, back=0.3)
        for m in MATERIALS
    )  # fmt: skip
    body = cube([0, 0, 0], 0.02, 2, "metal")  # whose facets have lobes of 17 degrees
    tx = np.array([-3.0, 8.0, 2.0])
    radio = CONFIG.radio
    directions = np.random.default_rng(0).normal(size=(400, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    reach, arrived = 50.0, []
    # Rays only at the cube: a narrow pencil of tubes.
    way = -tx / np.linalg.norm(tx)
    rng = np.random.default_rng(1)
    half = 0.003
    side = np.cross(way, [0, 0, 1.0])
    side /= np.linalg.norm(side)
    other = np.cross(way, side)
    spread = rng.uniform(-half, half, (6000, 2))
    rays = way + spread[:, :1] * side + spread[:, 1:] * other
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    solid_angle = (2 * half) ** 2 / len(rays)
    lean = np.array([0, 0, 1.0]) - rays * rays[:, 2:]
    lean /= np.linalg.norm(lean, axis=1, keepdims=True)
    tubes = Launch(
        rays.astype(np.float32),
        (lean * np.sqrt(solid_angle / (4 * np.pi))).astype(np.complex64),
        np.zeros((6000, 2), np.float32),
        solid_angle,
        rng.random((6000, 1)),
    )
    scene, surfaces = RayScene(body), surface_table(28e9, materials)
    hit = scene.first_hit(np.tile(np.float32(tx), (6000, 1)), rays.astype(np.float32)).face >= 0
    fell = hit.sum() * solid_angle / (4 * np.pi)
    config = replace(radio, n_bounce=1, n_reflection=0, max_path=10**6)
    for rx in reach * directions:
        density = 0.0
        for heard in ("V", "H"):  # both polarisations together are all there is
            radar = bistatic(tx, rx, config, ("V", heard))
            paths = trace(scene, radar, config, surfaces, tubes)
            density += paths.power[paths.kind == SCATTERED].sum()
        arrived.append(density * 4 * np.pi / radio.wavelength**2)
    assert np.mean(arrived) * 4 * np.pi * reach**2 == pytest.approx(fell, rel=0.05)


@pytest.mark.parametrize(("heard", "share"), [("V", 0.7), ("H", 0.3)])
def test_the_cross_polarised_share_is_the_materials(heard, share):
    materials = tuple(
        replace(m, dielectric=P2040["metal"], scattering=1.0, cross=0.3, thickness=None)
        for m in MATERIALS
    )
    mesh = plate([0, 20, 6.5], 1, 1, 2, "metal")
    setting = {"element": "isotropic", "downtilt_deg": 0.0, "n_bounce": 1, "n_ray": 1_000_000}
    unmixed = tuple(replace(m, cross=0.0) for m in materials)
    whole = run(mesh, unmixed, **setting).power.sum()
    part = run(mesh, materials, receive_polarization=heard, **setting).power.sum()
    assert part / whole == pytest.approx(share, rel=0.05)


def test_a_mirror_ahead_keeps_any_linear_polarisation():
    mesh = plate([0, 20, 6.5], 3, 3, 2, "metal")
    setting = {"element": "isotropic", "downtilt_deg": 0.0, "n_ray": 50_000}

    def mirror(sent, heard):
        paths = run(mesh, transmit_polarization=sent, receive_polarization=heard, **setting)
        return paths.power[paths.kind == SPECULAR].sum()

    same = mirror("V", "V")
    for polarization in ("H", "+45", "-45"):
        assert mirror(polarization, polarization) == pytest.approx(same, rel=1e-3)
    assert mirror("V", "H") < 1e-4 * same
    assert mirror("+45", "-45") < 1e-4 * same
    assert mirror("+45", "V") == pytest.approx(same / 2, rel=1e-2)


@pytest.mark.parametrize("speed", [-9.0, 14.0])
def test_a_mirror_that_comes_closer_raises_the_frequency(speed):
    mesh = plate([0, 20, 6.5], 3, 3, 2, "metal", velocity=(0, speed, 0))
    paths = run(mesh, element="isotropic", downtilt_deg=0.0, n_ray=50_000)
    mirror = paths[paths.kind == SPECULAR]
    assert len(mirror) == 1
    assert mirror.doppler[0] == pytest.approx(-2 * speed * 28e9 / SPEED_OF_LIGHT, rel=1e-4)
    np.testing.assert_allclose(paths.doppler, mirror.doppler[0], rtol=0.02)


def test_what_stands_behind_glass_is_seen_through_it():
    behind = plate([0, 20, 3], 2, 2, 5, "metal")
    pane = plate([0, 15, 3], 8, 6, 6, "glass")
    bare, glazed = run(behind), run(concatenate([behind, pane]), n_bounce=3)
    bare, glazed = (p[(p.kind == SCATTERED) & (p.object == 5)] for p in (bare, glazed))
    table = surface_table(28e9)
    thick = tuple(replace(m, thickness=None) if m.name == "glass" else m for m in MATERIALS)
    opaque = run(concatenate([behind, pane]), thick, n_bounce=3)
    assert not (opaque.object == 5).any()
    # There and back through one pane of 5 mm: the square of its transmission.
    i = MATERIAL_ID["glass"]
    passing = abs(response(0.96, table.permittivity[i], table.thickness[i], table.wavenumber)[3])
    loss = decibel(glazed[glazed.bounces == 1]) - decibel(bare[bare.bounces == 1])
    assert loss == pytest.approx(2 * 20 * np.log10(passing), abs=1.0)


def test_tubes_finer_than_a_wavelength_do_not_add_in_amplitude():
    """A transmitter a hand above the ground: power comes out, not its square."""
    radio = replace(CONFIG.radio, max_path=10**6, n_bounce=1, n_reflection=0)
    total, coherent = [], []
    for seed in range(8):
        rays_at = bistatic((0, 10.0, 0.1 + 0.01 * seed), (0, 0, 5), radio)
        paths = run(ground(material="concrete"), radar=rays_at, seed=seed, n_bounce=1,
                    n_reflection=0, **AROUND)  # fmt: skip
        paths = paths[paths.kind == SCATTERED]
        total.append(paths.power.sum())
        coherent.append(abs(paths.gain.astype(complex).sum()) ** 2)
    assert 10 * np.log10(np.mean(coherent) / np.mean(total)) == pytest.approx(0, abs=4)


def test_line_of_sight_belongs_to_rigs_apart():
    together = run(STREET)
    apart = run(STREET, rig="bistatic", transmit_position=(6.0, 2.0, 5.0))
    assert not (together.kind == LINE_OF_SIGHT).any()
    direct = apart[apart.kind == LINE_OF_SIGHT]
    assert len(direct) == 1
    distance = np.sqrt(6**2 + 2**2 + 1.5**2)
    assert direct.delay[0] == pytest.approx(distance / SPEED_OF_LIGHT)
    assert direct.bounces[0] == direct.object[0] == 0


def test_diffraction_is_added_on_request():
    plain, more = run(STREET), run(STREET, diffraction=True)
    assert len(more) > len(plain)
    np.testing.assert_array_equal(more.delay[: len(plain)], plain.delay)


@pytest.mark.parametrize("carrier", [3.5e9, 39e9, 60e9, 140e9])
def test_other_bands_are_a_parameter(carrier):
    """A mirror's return goes with the square of the wavelength; the rest of the world is finite."""

    def at(mesh, frequency):
        radio = replace(CONFIG.radio, carrier_hz=frequency, max_path=10**6, n_ray=50_000)
        radar = make_radar(replace(CONFIG, radio=radio))
        rays = launch(radio, radar, np.random.default_rng(0))
        surfaces = surface_table(frequency, extrapolate=True)
        return trace(RayScene(mesh), radar, radio, surfaces, rays)

    mesh = plate([0, 20, 4.5], 9, 9, 2, "sign")
    smooth = [p[p.kind == SPECULAR] for p in (at(mesh, 28e9), at(mesh, carrier))]
    roughness = {f: np.exp(-4 * (2 * np.pi * f / SPEED_OF_LIGHT * 1e-4) ** 2)
                 for f in (28e9, carrier)}  # fmt: skip
    expected = (28e9 / carrier) ** 2 * roughness[carrier] / roughness[28e9]
    assert smooth[1].power.sum() / smooth[0].power.sum() == pytest.approx(expected, rel=0.01)
    assert len(at(STREET, carrier)) > 1000


def test_an_empty_world_sends_nothing_back():
    assert len(run(EMPTY_MESH)) == 0


@pytest.mark.parametrize("what", ["vertices", "velocity"])
@pytest.mark.parametrize("moving", [True, False])
def test_what_is_not_finite_is_named(what, moving):
    broken = plate([0, 12, 3], 4, 4, 7, "metal")
    getattr(broken, what)[2, 1] = np.nan
    with pytest.raises(ValueError, match="object 7: 1 vertices"):
        RayScene(ground(), broken) if moving else RayScene(concatenate([ground(), broken]))


def test_the_edges_of_a_mirror_are_not_counted_twice():
    """Head on, a plate much larger than its Fresnel zone stays what it is."""
    mesh = plate([0, 20, 6.5], 2.0, 2.0, 2, "metal")
    setting = {"element": "isotropic", "downtilt_deg": 0.0, "n_ray": 50_000}
    plain, edged = run(mesh, **setting), run(mesh, diffraction=True, **setting)
    assert len(edged) > len(plain)
    assert decibel(edged) == pytest.approx(decibel(plain), abs=1.0)
    small = plate([0, 20, 6.5], 0.3, 0.3, 2, "metal")
    assert len(run(small, diffraction=True, **setting)) == len(run(small, **setting))


def test_a_triangle_without_area_reflects_nothing():
    flat = TriMesh(
        np.array([[-5, 10, 0], [5, 10, 0], [0, 10, 0]], np.float32),
        np.array([[0, 1, 2]], np.int32),
        np.full(1, 9, np.uint16), np.full(1, 6, np.uint8), np.zeros((3, 3), np.float32),
    )  # fmt: skip
    paths = run(concatenate([ground(), flat]))
    assert len(paths)
    assert not (paths.object == 9).any()
