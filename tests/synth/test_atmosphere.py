"""What weather takes from light and radio, held to published values and to first principles."""

import math

import numpy as np
import pytest

from scenes.config import SPEED_OF_LIGHT, ConfigError, RadioConfig
from scenes.spec import Weather
from synth.attenuation import (
    DUST_PERMITTIVITY,
    attenuated,
    cloud_coefficient,
    dust_attenuation,
    fog_attenuation,
    rain_attenuation,
    rain_coefficients,
    snow_attenuation,
    specific_attenuation,
    water_permittivity,
)
from synth.drops import FILL, density, seen_size
from synth.extinction import extinction
from synth.paths import Paths
from tests.synth.silence import no_paths

GREEN, NEAR_INFRARED = 0.55e-6, 905e-9
CARRIERS = (1e9, 5e9, 28e9, 60e9, 100e9, 140e9, 300e9)
H, V = 0.0, math.pi / 2


# Recommendation ITU-R P.838-3, table 5: GHz, k_H, alpha_H, k_V, alpha_V.
@pytest.mark.parametrize(
    ("ghz", "k_h", "alpha_h", "k_v", "alpha_v"),
    [
        (4, 0.0001071, 1.6009, 0.0002461, 1.2476),
        (5, 0.0002162, 1.6969, 0.0002428, 1.5317),
        (8, 0.004115, 1.3905, 0.003450, 1.3797),
        (10, 0.01217, 1.2571, 0.01129, 1.2156),
        (20, 0.09164, 1.0568, 0.09611, 0.9847),
        (28, 0.2051, 0.9679, 0.1964, 0.9277),
        (30, 0.2403, 0.9485, 0.2291, 0.9129),
        (40, 0.4431, 0.8673, 0.4274, 0.8421),
        (60, 0.8606, 0.7656, 0.8515, 0.7486),
        (80, 1.1704, 0.7115, 1.1668, 0.7021),
        (100, 1.3671, 0.6815, 1.3680, 0.6765),
        (200, 1.6378, 0.6382, 1.6443, 0.6343),
        (300, 1.6286, 0.6296, 1.6286, 0.6262),
    ],
)
def test_rain_coefficients_are_those_of_the_recommendations_table(ghz, k_h, alpha_h, k_v, alpha_v):
    for tilt, k, alpha in ((H, k_h, alpha_h), (V, k_v, alpha_v)):
        found = rain_coefficients(ghz * 1e9, tilt)
        assert found[0] == pytest.approx(k, rel=4e-4)
        assert found[1] == pytest.approx(alpha, abs=5.1e-5)


# ITU-R Study Group 3, validation examples CG-3M3J-13: elevation, GHz, R, tilt, k, alpha, dB/km.
@pytest.mark.parametrize(
    ("elevation", "ghz", "rate", "tilt", "k", "alpha", "gamma"),
    [
        (31.07699124, 14.25, 26.48052, 0, 0.03975488, 1.12418043, 1.58130839),
        (46.35969261, 29, 27.13586832, 0, 0.21978097, 0.9484851, 5.03135479),
        (20.14335809, 14.25, 42.91007183, 90, 0.04319835, 1.0631531, 2.35032323),
        (48.24117054, 29, 63.62668149, 90, 0.21517927, 0.93116621, 10.28699163),
    ],
)
def test_rain_on_slanted_paths_agrees_with_the_validation_examples(
    elevation, ghz, rate, tilt, k, alpha, gamma
):
    up, turn = math.radians(elevation), math.radians(tilt)
    assert rain_coefficients(ghz * 1e9, turn, up) == pytest.approx((k, alpha), rel=3e-7)
    assert rain_attenuation(ghz * 1e9, rate, turn, up) == pytest.approx(gamma, rel=3e-7)


def mie_extinction(size, index):
    """Extinction efficiency of a sphere: Bohren and Huffman, appendix A."""
    n_stop = int(size + 4 * size ** (1 / 3) + 2)
    start = max(n_stop, int(abs(index * size))) + 16
    log_slope = np.zeros(start + 1, complex)
    for n in range(start, 0, -1):
        ratio = n / (index * size)
        log_slope[n - 1] = ratio - 1 / (log_slope[n] + ratio)
    psi, psi_next = math.cos(size), math.sin(size)
    chi, chi_next = -math.sin(size), math.cos(size)
    total = 0.0
    for n in range(1, n_stop + 1):
        psi, psi_next = psi_next, (2 * n - 1) / size * psi_next - psi
        chi, chi_next = chi_next, (2 * n - 1) / size * chi_next - chi
        xi, xi_next = complex(psi, -chi), complex(psi_next, -chi_next)
        for factor in (1 / index, index):
            d = factor * log_slope[n] + n / size
            total += (2 * n + 1) * ((d * psi_next - psi) / (d * xi_next - xi)).real
    return 2 * total / size**2


@pytest.mark.parametrize("frequency", [28e9, 60e9, 140e9])
@pytest.mark.parametrize("rate", [5.0, 25.0])
def test_rain_is_about_what_spheres_of_water_in_marshall_and_palmers_sizes_take(frequency, rate):
    assert mie_extinction(10.0, 1.33 + 1e-5j) == pytest.approx(2.2066, abs=1e-4)
    index = np.sqrt(np.conj(water_permittivity(frequency, 283.15)))
    step = 0.1e-3
    diameter = np.arange(step, 7e-3, step)
    number = 8e6 * np.exp(-4.1e3 * rate**-0.21 * diameter) * step
    size = np.pi * diameter * frequency / SPEED_OF_LIGHT
    area = np.pi / 4 * diameter**2
    spheres = sum(
        n * a * mie_extinction(x, index) for n, a, x in zip(number, area, size, strict=True)
    )
    found = rain_attenuation(frequency, rate, math.pi / 4)
    assert found == pytest.approx(spheres * 1e4 * math.log10(math.e), rel=0.35)


def test_slants_lie_between_the_polarisations():
    rain = Weather("rain", rate=25)
    v, h, plus, minus = (
        specific_attenuation(rain, RadioConfig(transmit_polarization=p))
        for p in ("V", "H", "+45", "-45")
    )
    assert v == rain_attenuation(28e9, 25, V)
    assert h == rain_attenuation(28e9, 25, H)
    assert v < plus < h
    assert plus == pytest.approx(minus, rel=1e-12)


# The same examples: attenuation [dB] at an elevation, over what lies above a square metre [kg]
# reduced to 0 C, for 14.25 and 29 GHz.
@pytest.mark.parametrize(
    ("ghz", "elevation", "water", "total"),
    [
        (14.25, 31.07699124, 1.641289077, 0.59136662),
        (29, 31.07699124, 1.641289077, 2.3028307),
        (14.25, 22.27833468, 2.152560931, 1.05602769),
        (29, 22.27833468, 2.152560931, 4.11225948),
    ],
)
def test_the_cloud_coefficient_agrees_with_the_validation_examples(ghz, elevation, water, total):
    found = cloud_coefficient(ghz * 1e9, 273.15)
    assert found == pytest.approx(total * math.sin(math.radians(elevation)) / water, rel=1e-6)


@pytest.mark.parametrize("frequency", CARRIERS)
def test_the_cloud_coefficient_is_rayleighs_absorption(frequency):
    water = water_permittivity(frequency, 280.0)
    share = 1e-6  # a gram of water in a cubic metre
    per_metre = 6 * np.pi * frequency / SPEED_OF_LIGHT * share * -((water - 1) / (water + 2)).imag
    found = cloud_coefficient(frequency, 280.0)
    assert found == pytest.approx(per_metre * 1e4 * math.log10(math.e), rel=2e-3)


def test_fog_weighs_what_altshuler_says():
    for visibility, gram in ((300.0, 0.02045), (50.0, 0.3229)):
        weight = fog_attenuation(60e9, visibility, 280.0) / cloud_coefficient(60e9, 280.0)
        assert weight == pytest.approx(gram, rel=2e-3)


def test_dust_is_rayleighs_absorption():
    share = 2.3e-5 / 2440  # of the air's volume, at 1 km
    per_metre = 6 * np.pi / 0.01 * share * -((DUST_PERMITTIVITY - 1) / (DUST_PERMITTIVITY + 2)).imag
    found = dust_attenuation(SPEED_OF_LIGHT / 0.01, 1000.0)
    assert found == pytest.approx(per_metre * 1e4 * math.log10(math.e), rel=2e-3)
    tenth = dust_attenuation(SPEED_OF_LIGHT / 0.01, 100.0)
    assert tenth / found == pytest.approx(10**1.07, rel=1e-9)


def test_dry_snow_is_gunn_and_easts_and_never_above_rain():
    assert snow_attenuation(SPEED_OF_LIGHT / 0.03, 10.0) == pytest.approx(
        0.00349 * 10**1.6 / 81 + 0.0224 / 3, rel=1e-9
    )
    for frequency in CARRIERS:
        assert snow_attenuation(frequency, 2.0) <= rain_attenuation(frequency, 2.0, math.pi / 4)
    assert snow_attenuation(28e9, 2.0) < 0.04 * rain_attenuation(28e9, 2.0, V)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_radio_attenuation_grows_with_the_weather(carrier):
    radio = RadioConfig(carrier_hz=carrier, bandwidth_hz=100e6)
    for kind in ("rain", "snow"):
        values = [specific_attenuation(Weather(kind, rate=r), radio) for r in (0, 0.1, 1, 10, 100)]
        assert values[0] == 0
        assert (np.diff(values) > 0).all()
        assert np.isfinite(values).all()
    for kind in ("fog", "dust"):
        values = [
            specific_attenuation(Weather(kind, visibility=v), radio)
            for v in (math.inf, 5e3, 1e3, 200, 50)
        ]
        assert values[0] == 0
        assert (np.diff(values) > 0).all()
        assert np.isfinite(values).all()
    assert specific_attenuation(Weather(), radio) == 0
    assert specific_attenuation(Weather("overcast"), radio) == 0


def a_few_paths():
    length = np.array([3.0, 80.0, 1234.5])
    turn = np.exp(1j * np.array([0.3, 2.0, -1.1]))
    paths = Paths(
        gain=(np.array([1e-5, -2e-6, 3e-7]) * turn).astype(np.complex64),
        delay=length / SPEED_OF_LIGHT,
        aoa=np.zeros((3, 2), np.float32),
        aod=np.zeros((3, 2), np.float32),
        doppler=np.ones(3, np.float32),
        object=np.array([1, 2, 3], np.uint16),
        material=np.zeros(3, np.uint8),
        bounces=np.ones(3, np.uint8),
        kind=np.full(3, 2, np.uint8),
    )
    return paths, length


@pytest.mark.parametrize(
    "weather",
    [
        Weather("rain", rate=25),
        Weather("snow", rate=2),
        Weather("fog", visibility=50),
        Weather("dust", visibility=100),
    ],
)
def test_paths_lose_the_specific_attenuation_times_their_length(weather):
    paths, length = a_few_paths()
    radio = RadioConfig(carrier_hz=60e9)
    wet = attenuated(paths, weather, radio)
    lost = 20 * np.log10(np.abs(paths.gain.astype(complex)) / np.abs(wet.gain.astype(complex)))
    np.testing.assert_allclose(
        lost, specific_attenuation(weather, radio) * length / 1000, rtol=1e-6, atol=2e-6
    )
    np.testing.assert_allclose(np.angle(wet.gain), np.angle(paths.gain), atol=1e-6)
    assert wet.gain.dtype == np.complex64
    assert wet.delay is paths.delay
    assert wet.doppler is paths.doppler


def test_clear_air_leaves_paths_as_they_are():
    paths, _ = a_few_paths()
    for kind in ("clear", "overcast"):
        assert attenuated(paths, Weather(kind), RadioConfig()) is paths
    assert len(attenuated(no_paths(), Weather("rain", rate=5), RadioConfig())) == 0


def test_carriers_outside_the_formulas_are_refused():
    for frequency in (0.9e9, 301e9, math.nan):
        for attenuation in (cloud_coefficient, snow_attenuation, dust_attenuation):
            with pytest.raises(ConfigError, match="1e\\+09 to 3e\\+11"):
                attenuation(frequency, 280.0)
        with pytest.raises(ConfigError, match="carrier"):
            rain_attenuation(frequency, 5.0, V)


@pytest.mark.parametrize(
    "weather",
    [
        Weather("rain", rate=-1.0),
        Weather("snow", rate=math.nan),
        Weather("rain", rate=math.inf),
        Weather("fog", visibility=0.0),
        Weather("dust", visibility=math.nan),
    ],
)
def test_impossible_weather_is_refused(weather):
    with pytest.raises(ConfigError, match=weather.kind):
        extinction(weather, GREEN)
    with pytest.raises(ConfigError, match=weather.kind):
        specific_attenuation(weather, RadioConfig())


@pytest.mark.parametrize("kind", ["fog", "dust"])
@pytest.mark.parametrize("visibility", [50.0, 700.0, 3000.0, 10_000.0, 80_000.0])
def test_two_per_cent_of_green_light_is_left_at_the_visibility(kind, visibility):
    alpha = extinction(Weather(kind, visibility=visibility), GREEN)
    assert math.exp(-alpha * visibility) == pytest.approx(0.02, rel=1e-3)


# Kim, McArthur and Korevaar 2001: the exponent at five visibilities.
@pytest.mark.parametrize(
    ("visibility", "exponent"),
    [(200.0, 0.0), (800.0, 0.3), (2000.0, 0.66), (10_000.0, 1.3), (60_000.0, 1.6)],
)
def test_fog_dims_the_near_infrared_by_kims_exponent(visibility, exponent):
    weather = Weather("fog", visibility=visibility)
    ratio = extinction(weather, NEAR_INFRARED) / extinction(weather, GREEN)
    assert math.log(ratio) == pytest.approx(-exponent * math.log(905 / 550), abs=1e-9)


def test_dust_dims_all_colours_alike():
    weather = Weather("dust", visibility=3000.0)
    assert extinction(weather, NEAR_INFRARED) == extinction(weather, GREEN)


def decibel_per_km(alpha):
    return 1e4 * math.log10(math.e) * alpha


def test_rain_and_snow_dim_light_as_the_recommendation_says():
    rain = extinction(Weather("rain", rate=25.0), NEAR_INFRARED)
    assert decibel_per_km(rain) == pytest.approx(1.076 * 25**0.67, rel=1e-9)
    snow = extinction(Weather("snow", rate=3.0), NEAR_INFRARED)
    assert decibel_per_km(snow) == pytest.approx(5.5449 * 3**1.38, rel=1e-4)


def test_rain_dims_light_about_as_its_drops_shadow_it():
    # Twice the drops' cross-section (Babinet), in Marshall and Palmer's sizes.
    for rate in (2.0, 10.0, 50.0):
        slope = 4.1e3 * rate**-0.21
        shadow = 2 * math.pi / 4 * 8e6 * 2 / slope**3
        assert 0.5 < extinction(Weather("rain", rate=rate), GREEN) / shadow < 1.0


@pytest.mark.parametrize(("kind", "least"), [("rain", 0.5), ("snow", 0.25)])
def test_the_particles_that_sensors_see_shadow_about_as_much_as_light_is_dimmed(kind, least):
    # Measured snow scatters about the recommendation's curve by a factor of two and more.
    diameter = np.linspace(0.01e-3, 15e-3, 4000)
    for rate in (0.5, 1.0, 2.0, 4.0):
        disc = FILL[kind] * math.pi / 4 * seen_size(kind, diameter) ** 2
        shadow = 2 * (density(kind, rate, diameter) * disc).sum() * (diameter[1] - diameter[0])
        assert least < extinction(Weather(kind, rate=rate), GREEN) / shadow < 1.0


def test_extinction_grows_with_the_weather():
    for kind in ("rain", "snow"):
        values = [extinction(Weather(kind, rate=r), NEAR_INFRARED) for r in (0, 0.1, 1, 10, 100)]
        assert values[0] == 0
        assert (np.diff(values) > 0).all()
    for kind in ("fog", "dust"):
        values = [
            extinction(Weather(kind, visibility=v), NEAR_INFRARED)
            for v in (math.inf, 60e3, 20e3, 4e3, 900, 300, 50)
        ]
        assert values[0] == 0
        assert (np.diff(values) > 0).all()
    assert extinction(Weather(), GREEN) == extinction(Weather("overcast"), GREEN) == 0
