from dataclasses import replace

import numpy as np
import pytest

from scenes.config import SPEED_OF_LIGHT, ScenarioConfig
from scenes.sensors import angles, direction, make_radar
from synth.channel import channel, subcarriers
from synth.heatmap import heatmap, make_imager, window
from synth.paths import Paths

CONFIG = ScenarioConfig(scene="parking_lot")
# -3 dB width of each long window, in units of c/2B: Harris, Proc. IEEE 66(1), 1978, table 1; for
# Taylor's (4 equal sidelobes of 30 dB) his own approximation, sigma 2/pi sqrt(acosh^2 R -
# acosh^2(R / sqrt 2)) with R = 10^(30/20): Taylor, IRE Trans. AP-3(1), 1955.
WIDTH = {"boxcar": 0.886, "hann": 1.44, "hamming": 1.30, "taylor": 1.130}


def scatterer(point, radar, gain=1e-5):
    way = np.asarray(point, float) - radar.position
    aoa = angles(way)[None].astype(np.float32)
    return Paths(
        np.array([gain], np.complex64),
        np.array([2 * np.linalg.norm(way) / SPEED_OF_LIGHT]),
        aoa,
        aoa,
        np.zeros(1, np.float32),
        np.ones(1, np.uint16),
        np.zeros(1, np.uint8),
        np.ones(1, np.uint8),
    )


def image(point, config=CONFIG):
    radar = make_radar(config)
    imager = make_imager(config, radar)
    response = channel(scatterer(point, radar), radar, config.radio).astype(np.complex64)
    return heatmap(response, imager), imager, radar


def width(values, axis):
    """-3 dB width of the peak of `values` [dB] over `axis`, by linear interpolation."""
    top = int(values.argmax())
    level = values[top] - 3.0103

    def crossing(step):
        i = top
        while values[i + step] > level:
            i += step
        share = (values[i] - level) / (values[i] - values[i + step])
        return axis[i] + share * (axis[i + step] - axis[i])

    return crossing(1) - crossing(-1)


@pytest.mark.parametrize(("row", "col"), [(40, 320), (63, 500), (150, 100), (400, 10)])
def test_a_point_on_the_plane_in_focus_peaks_in_its_cell_at_its_power(row, col):
    imager = make_imager(CONFIG, make_radar(CONFIG))
    distance, azimuth = imager.range[row], imager.azimuth[col]
    drop = CONFIG.rig.height - CONFIG.heatmap.focus_height
    ahead = np.sqrt(distance**2 - drop**2)
    picture, _, _ = image((ahead * np.sin(azimuth), ahead * np.cos(azimuth), 0.7))
    assert np.unravel_index(picture.argmax(), picture.shape) == (row, col)
    assert picture.max() == pytest.approx(-100, abs=1e-3)


@pytest.mark.parametrize("name", ["boxcar", "hann", "hamming", "taylor"])
def test_the_point_spread_has_the_widths_of_theory(name):
    config = replace(
        CONFIG,
        heatmap=replace(
            CONFIG.heatmap, window=name, range_min=10, range_max=25,
            n_range=1500, n_azimuth=1801,
        ),
        radio=replace(CONFIG.radio, downtilt_deg=0.0),
        rig=replace(CONFIG.rig, height=2.0),
    )  # fmt: skip
    picture, imager, _ = image((0, 17.0, 0.7), config)
    row, col = np.unravel_index(picture.argmax(), picture.shape)
    theory = WIDTH[name] * SPEED_OF_LIGHT / (2 * config.radio.bandwidth_hz)
    assert width(picture[:, col], imager.range) == pytest.approx(theory, rel=0.05)
    # With 16 elements a window's width is its own, not the limit of long windows.
    theory = spectrum_width(name, 16) * 2 / 16
    assert width(picture[row], imager.azimuth) == pytest.approx(theory, rel=0.05)


def weights(name, n):
    """A window by its textbook formula."""
    x = (np.arange(n) - (n - 1) / 2) / (n - 1)  # -1/2 .. 1/2
    if name == "taylor":  # Carrara et al., Spotlight SAR (1995), appendix D.2
        n_bar, a = 4, np.arccosh(10 ** (30 / 20)) / np.pi
        sigma2 = n_bar**2 / (a**2 + (n_bar - 0.5) ** 2)
        m = np.arange(1, n_bar)
        factor = []
        for k in m:
            top = np.prod(1 - k**2 / sigma2 / (a**2 + (m - 0.5) ** 2))
            factor.append((-1) ** (k + 1) * top / (2 * np.prod(1 - k**2 / m[m != k] ** 2)))
        x = x * (n - 1) / n
        return 1 + 2 * np.cos(2 * np.pi * np.outer(x, m)) @ factor
    first = {"boxcar": 1.0, "hann": 0.5, "hamming": 0.54}[name]
    return first + (1 - first) * np.cos(2 * np.pi * x)


def spectrum_width(name, n):
    """-3 dB width of a window's spectrum, in bins of 1/n, from its definition."""
    bins = np.linspace(-3, 3, 6001)
    values = np.exp(-2j * np.pi * np.outer(bins, np.arange(n)) / n) @ weights(name, n)
    values = np.abs(values) / np.abs(values).max()
    return width(20 * np.log10(values + 1e-12), bins)


def test_azimuth_of_16_elements_is_6_degrees_wide_without_a_window():
    assert spectrum_width("boxcar", 16) * 2 / 16 == pytest.approx(0.886 * 2 / 16, rel=0.01)


def test_heatmap_equals_the_direct_sum():
    config = replace(CONFIG, heatmap=replace(CONFIG.heatmap, n_range=24, n_azimuth=31))
    radar = make_radar(config)
    imager = make_imager(config, radar)
    rng = np.random.default_rng(0)
    shape = (16, 16, config.radio.n_subcarrier)
    response = (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(np.complex64)
    fast = heatmap(response, imager)
    tone = np.exp(2j * np.pi * np.outer(subcarriers(config.radio), 2 * imager.range / 299792458.0))
    weighted = response * np.outer(window("taylor", 16), window("taylor", 16))[..., None]
    weighted = weighted * window("taylor", config.radio.n_subcarrier)
    for r in (0, 7, 23):
        drop = config.rig.height - config.heatmap.focus_height
        elevation = np.full(31, -np.arcsin(min(drop / imager.range[r], 1)))
        way = direction(imager.azimuth, elevation)
        phase = (
            2 * np.pi / config.radio.wavelength * np.einsum("ijk,ak->ija", radar.elements(), way)
        )
        profile = weighted @ tone[:, r]
        power = np.abs(np.einsum("ij,ija->a", profile, np.exp(-1j * phase))) ** 2
        np.testing.assert_allclose(fast[r], 10 * np.log10(power), atol=1e-3)


def test_silence_is_finite():
    radar = make_radar(CONFIG)
    silent = np.zeros((16, 16, 1024), np.complex64)
    assert np.isfinite(heatmap(silent, make_imager(CONFIG, radar))).all()
