import numpy as np
import pytest
from scipy.integrate import dblquad, trapezoid

from scenes.config import ConfigError
from scenes.materials import MATERIAL_ID, MATERIALS
from synth.reflection import (
    facet_share,
    fresnel,
    kept_share,
    lobe_integral,
    reflected_field,
    response,
    scattered_share,
    surface_hash,
    surface_table,
    tabulated,
)

K = 2 * np.pi / 0.0107


def test_permittivity_of_concrete_at_28_ghz_is_the_recommendations():
    # 5.24 - j 0.6260 S/m / (2 pi 28 GHz e0), as independent solvers print it.
    value = surface_table(28e9).permittivity[MATERIAL_ID["concrete"]]
    assert value.real == pytest.approx(5.24)
    assert value.imag == pytest.approx(-0.62605 / (2 * np.pi * 28e9 * 8.8541878e-12), rel=1e-4)


def test_fresnel_at_normal_incidence_and_at_brewsters_angle():
    permittivity = 4.0 + 0j
    te, tm = fresnel(1.0, permittivity)
    assert te == pytest.approx(-1 / 3)
    assert tm == pytest.approx(1 / 3)
    brewster = np.arctan(2.0)
    assert abs(fresnel(np.cos(brewster), permittivity)[1]) < 1e-12
    assert np.abs(fresnel(1e-9, permittivity)) == pytest.approx(1, abs=1e-6)


def test_fresnel_coefficients_are_tied_at_45_degrees():
    te, tm = fresnel(np.sqrt(0.5), 3.0 - 0.4j)
    assert te**2 == pytest.approx(-tm) or te**2 == pytest.approx(tm)


@pytest.mark.parametrize("material", MATERIALS, ids=lambda m: m.name)
def test_power_is_reflected_scattered_passed_or_absorbed_and_never_made(material):
    table = surface_table(28e9)
    i = MATERIAL_ID[material.name]
    for cosine in np.linspace(0.001, 1, 50):
        r_te, r_tm, t_te, t_tm = response(
            cosine, table.permittivity[i], table.thickness[i], table.wavenumber
        )
        kept = kept_share(cosine, table.scattering[i], table.roughness[i], table.wavenumber)
        assert 0 <= kept <= 1  # and 1 - kept of what is reflected scatters, by lobes that hold all
        for r, t in ((r_te, t_te), (r_tm, t_tm)):
            absorbed = 1 - abs(r) ** 2 - abs(t) ** 2
            assert -1e-12 < absorbed <= 1
            assert (t == 0) == (material.thickness is None)


def test_a_lossless_pane_absorbs_nothing():
    for cosine in np.linspace(0.01, 1, 30):
        for depth in (1e-3, 5e-3, 0.02):
            r_te, r_tm, t_te, t_tm = response(cosine, 6.3 + 0j, depth, K)
            assert abs(r_te) ** 2 + abs(t_te) ** 2 == pytest.approx(1, abs=1e-12)
            assert abs(r_tm) ** 2 + abs(t_tm) ** 2 == pytest.approx(1, abs=1e-12)


def test_a_lossless_half_wave_pane_reflects_nothing():
    permittivity = 6.25 + 0j
    half_wave = np.pi / K / 2.5
    assert abs(response(1.0, permittivity, half_wave, K)[0]) < 1e-10
    assert abs(response(1.0, permittivity, half_wave / 2, K)[0]) ** 2 > 0.4


@pytest.mark.parametrize("angle", [0.0, 0.5, 1.2])
@pytest.mark.parametrize("te", [True, False], ids=["TE", "TM"])
def test_a_pane_is_what_matching_fields_at_both_faces_gives(angle, te):
    """Continuity of the tangential fields, solved as four equations."""
    permittivity, depth = 6.31 - 0.2j, 5e-3
    cosine, sine2 = np.cos(angle), np.sin(angle) ** 2
    outside = K * cosine
    inside = K * np.sqrt(permittivity - sine2)
    # Ratio of the two tangential fields of a wave that goes down; TM by the magnetic field.
    up, low = (outside, inside) if te else (1 / outside, permittivity / inside)
    forth = np.exp(-1j * inside * depth)
    # Unknowns: reflected, down and up inside, transmitted (its phase from the far face on).
    matrix = np.array([
        [-1, 1, 1, 0],
        [up, low, -low, 0],
        [0, forth, 1 / forth, -1],
        [0, low * forth, -low / forth, -up],
    ])  # fmt: skip
    r, _, _, t = np.linalg.solve(matrix, [1, up, 0, 0])
    found = response(cosine, permittivity, depth, K)
    t *= np.exp(1j * outside * depth)  # relative to the wave without the pane
    if te:
        assert found[0] == pytest.approx(r, abs=1e-12)
        assert found[2] == pytest.approx(t, abs=1e-12)
    else:
        assert abs(found[1]) == pytest.approx(abs(r), abs=1e-12)
        assert found[3] == pytest.approx(t, abs=1e-12)


@pytest.mark.parametrize("frequency", [28e9, 60e9, 140e9])
def test_tubes_use_a_table_that_is_close_to_the_formula(frequency):
    table = surface_table(frequency, extrapolate=True)
    cosines = np.random.default_rng(0).uniform(np.sin(np.radians(1)), 1, 300)
    for i in range(len(MATERIALS)):
        for cosine in cosines:
            exact = response(cosine, table.permittivity[i], table.thickness[i], table.wavenumber)
            *found, kept = tabulated(table.coefficient[i], cosine)
            assert kept == pytest.approx(
                kept_share(cosine, table.scattering[i], table.roughness[i], table.wavenumber),
                abs=1e-3,
            )
            np.testing.assert_allclose(np.abs(found) ** 2, np.abs(exact) ** 2, atol=1e-3)


def test_a_mirror_keeps_the_power_of_any_polarisation_and_swaps_nothing():
    rng = np.random.default_rng(0)
    for _ in range(20):
        incident = rng.normal(size=3)
        incident /= np.linalg.norm(incident)
        normal = rng.normal(size=3)
        normal *= -np.sign(normal @ incident) / np.linalg.norm(normal)
        field = np.cross(incident, rng.normal(size=3)) + 1j * np.cross(incident, rng.normal(size=3))
        cosine = -incident @ normal
        out = np.array(
            reflected_field(tuple(field), tuple(incident), tuple(normal), cosine, -1 + 0j, 1 + 0j)
        )
        onward = incident + 2 * cosine * normal
        assert abs(out @ onward) < 1e-12
        # A perfect conductor leaves no tangential field: E + E' has none.
        total = field + out
        assert np.abs(total - (total @ normal) * normal).max() < 1e-12


def test_what_a_sheet_lets_through_goes_straight_on():
    field, incident = (0.3 + 1j, 0.0, -0.2j), (0.0, 1.0, 0.0)
    normal = (0.6, -0.8, 0.0)
    assert reflected_field(field, incident, normal, 0.0, 1 + 0j, 1 + 0j) == pytest.approx(field)


def test_head_on_both_polarisations_are_alike():
    field, incident, normal = (1.0 + 0j, 0j, 0.5j), (0.0, 1.0, 0.0), (0.0, -1.0, 0.0)
    out = reflected_field(field, incident, normal, 1.0, -0.4 + 0j, 0.4 + 0j)
    assert out == pytest.approx(np.array(field) * -0.4)


def test_aments_factor():
    # Half a wavelength of path between hills: exp(-2 (k sigma cos)^2) of the amplitude.
    assert kept_share(1.0, 0.0, 1e-3, K) == pytest.approx(np.exp(-4 * (K * 1e-3) ** 2))
    assert kept_share(0.0, 0.3, 1e-3, K) == pytest.approx(0.7)  # no hill is seen at grazing


@pytest.mark.parametrize("area", [1e-5, 1e-3, 0.1])
def test_a_facets_lobe_holds_all_its_power_and_has_a_plates_peak(area):
    polar = np.concatenate([[0], np.geomspace(1e-5, np.pi, 20001)])
    share = np.array([facet_share(np.cos(p), area, K) for p in polar])
    total = trapezoid(2 * np.pi * share * np.sin(polar), polar)
    assert total == pytest.approx(1, abs=1e-3)
    if area > 1e-4:
        assert share[0] == pytest.approx(area / 0.0107**2)


def test_materials_outside_their_range_are_refused_or_extended():
    with pytest.raises(ConfigError, match="brick"):
        surface_table(60e9)
    assert np.isfinite(surface_table(140e9, extrapolate=True).permittivity).all()


def test_surface_phases_are_uniform_and_belong_to_the_point():
    rng = np.random.default_rng(0)
    bits = [surface_hash(tuple(p), 3, 0.01) for p in rng.uniform(-50, 50, (20000, 3))]
    for shift in (52, 40):
        phase = 2 * np.pi * np.array([(int(b) >> shift) % 4096 for b in bits]) / 4096
        assert abs(np.exp(1j * phase).mean()) < 0.03
    assert surface_hash((0.1, 0.2, 0.3), 3, 0.01) == surface_hash((0.1, 0.2, 0.3), 3, 0.01)
    assert surface_hash((0.1, 0.2, 0.3), 3, 0.01) != surface_hash((0.1, 0.2, 0.3), 4, 0.01)


@pytest.mark.parametrize("lobe", [0, 1, 2, 3, 4, 6, 10])
@pytest.mark.parametrize("incidence", [0.0, 0.6, 1.3])
def test_scattered_power_integrates_to_one_over_the_hemisphere(lobe, incidence):
    cosine = np.linspace(0, 1, 512)
    gain = 1 / lobe_integral(lobe, cosine)
    mirror = np.array([np.sin(incidence), 0, np.cos(incidence)])
    home = mirror * [-1, 1, 1]

    def density(azimuth, polar):
        way = np.array(
            [np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)]
        )
        share = scattered_share(
            np.cos(incidence), way[2], way @ mirror, way @ home, lobe, 0.3, gain
        )
        return share * np.sin(polar)

    total, _ = dblquad(density, 0, np.pi / 2, 0, 2 * np.pi, epsabs=1e-5, epsrel=1e-5)
    assert total == pytest.approx(1, abs=2e-4)


def test_nothing_scatters_below_the_surface():
    gain = 1 / lobe_integral(4, np.linspace(0, 1, 512))
    assert scattered_share(1.0, -0.1, 0.5, 0.5, 4, 0.0, gain) == 0
