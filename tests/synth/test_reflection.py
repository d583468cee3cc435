import numpy as np
import pytest
from scipy.integrate import dblquad

from scenes.materials import MATERIAL_ID, MATERIALS
from synth.reflection import (
    fresnel,
    lobe_integral,
    reflectance,
    scattered_share,
    specular_roughness,
    surface_table,
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
def test_no_surface_reflects_more_than_it_gets(material):
    table = surface_table(28e9)
    i = MATERIAL_ID[material.name]
    for cosine in np.linspace(0.001, 1, 50):
        share = reflectance(cosine, table.permittivity[i], table.thickness[i], K)
        assert 0 <= share <= 1 + 1e-12
        assert 0 <= specular_roughness(cosine, table.roughness[i], K) <= 1


def test_a_lossless_half_wave_pane_reflects_nothing():
    permittivity = 6.25 + 0j
    half_wave = np.pi / K / 2.5
    assert reflectance(1.0, permittivity, half_wave, K) < 1e-20
    assert reflectance(1.0, permittivity, half_wave / 2, K) > 0.4


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
