from dataclasses import replace

import numpy as np
import pytest

from scenes.config import SPEED_OF_LIGHT, ScenarioConfig
from scenes.sensors import angles, direction, make_radar
from synth.channel import channel, subcarriers
from synth.heatmap import focus, heatmap, make_imager, window
from synth.paths import Paths

CONFIG = ScenarioConfig(scene="parking_lot")
# -3 dB width of each long window, in units of c/2B: Harris, Proc. IEEE 66(1), 1978, table 1; for
# Taylor's (4 equal sidelobes of 30 dB) his own approximation, sigma 2/pi sqrt(acosh^2 R -
# acosh^2(R / sqrt 2)) with R = 10^(30/20): Taylor, IRE Trans. AP-3(1), 1955.
WIDTH = {"boxcar": 0.886, "hann": 1.44, "hamming": 1.30, "taylor": 1.130}


def scatterer(point, radar, gain=1e-5):
    way = np.asarray(point, float) - radar.position
    out = way - radar.transmitter
    aoa = angles(way)[None].astype(np.float32)
    return Paths(
        np.array([gain], np.complex64),
        np.array([(np.linalg.norm(way) + np.linalg.norm(out)) / SPEED_OF_LIGHT]),
        aoa,
        aoa,
        np.zeros(1, np.float32),
        np.ones(1, np.uint16),
        np.zeros(1, np.uint8),
        np.ones(1, np.uint8),
        np.full(1, 2, np.uint8),
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


def focused(config, distance, azimuth):
    """The point of the plane in focus at a range and azimuth, by bisection."""
    radar = make_radar(config)

    def place(ahead):
        drop = config.rig.height - config.heatmap.focus_height
        return np.array([ahead * np.sin(azimuth), ahead * np.cos(azimuth), -drop])

    def whole(ahead):
        return np.linalg.norm(place(ahead)) + np.linalg.norm(place(ahead) - radar.transmitter)

    # The sum is convex along the line; beyond its least it grows.
    grid = np.linspace(0, 4 * distance, 4001)
    low, high = grid[np.argmin([whole(h) for h in grid])], 4 * distance
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if whole(middle) < 2 * distance else (low, middle)
    return place(low) + radar.position


BISTATIC = replace(CONFIG, radio=replace(CONFIG.radio, rig="bistatic"))


@pytest.mark.parametrize(("row", "col"), [(100, 320), (150, 500), (250, 100), (440, 10)])
def test_a_point_on_the_plane_peaks_in_its_cell_with_the_transmitter_elsewhere(row, col):
    imager = make_imager(BISTATIC, make_radar(BISTATIC))
    point = focused(BISTATIC, imager.range[row], imager.azimuth[col])
    picture, _, _ = image(point, BISTATIC)
    assert np.unravel_index(picture.argmax(), picture.shape) == (row, col)
    assert picture.max() == pytest.approx(-100, abs=1e-3)


@pytest.mark.parametrize(
    "transmitter", [(0, 0, 0), (0.15, 0, 0), (12, 0, 0), (-30, 40, 5), (0, -8, -6)]
)
def test_points_in_focus_lie_on_the_plane_and_on_the_ellipsoid(transmitter):
    transmitter = np.array(transmitter, float)
    ranges, azimuth, drop = np.linspace(1, 60, 60), np.linspace(-1.4, 1.4, 41), 5.8
    way = focus(ranges, azimuth, drop, transmitter)
    np.testing.assert_allclose(np.linalg.norm(way, axis=-1), 1)
    reached = np.hypot(way[..., 0], way[..., 1]) > 1e-9
    assert reached.mean() > 0.3
    point = way * (-drop / way[..., 2:])
    whole = np.linalg.norm(point, axis=-1) + np.linalg.norm(point - transmitter, axis=-1)
    wanted = np.broadcast_to(2 * ranges[:, None], whole.shape)
    np.testing.assert_allclose(whole[reached], wanted[reached], rtol=1e-9)
    turn = np.broadcast_to(azimuth, whole.shape)
    np.testing.assert_allclose(angles(way)[..., 0][reached], turn[reached], atol=1e-9)
    # What is not reached is nearer than any point ahead on the plane.
    for r, a in np.argwhere(~reached)[::50]:
        h = np.linspace(0, 200, 4001)
        ahead = np.stack([h * np.sin(azimuth[a]), h * np.cos(azimuth[a]), np.full(4001, -drop)], -1)
        least = np.linalg.norm(ahead, axis=-1) + np.linalg.norm(ahead - transmitter, axis=-1)
        assert 2 * ranges[r] <= least.min() + 1e-6


def test_a_plane_at_the_arrays_own_height_is_looked_at_level():
    way = focus(np.array([0.0, 5.0]), np.array([-0.3, 0.2]), 0.0, np.zeros(3))
    np.testing.assert_allclose(way[1, :, 2], 0, atol=1e-12)
    np.testing.assert_allclose(angles(way[1])[:, 0], [-0.3, 0.2])
    assert np.isfinite(way).all()


@pytest.mark.parametrize(("row", "col"), [(40, 320), (63, 500), (150, 100), (400, 10)])
def test_a_point_on_the_plane_in_focus_peaks_in_its_cell_at_its_power(row, col):
    imager = make_imager(CONFIG, make_radar(CONFIG))
    picture, _, _ = image(focused(CONFIG, imager.range[row], imager.azimuth[col]))
    assert np.unravel_index(picture.argmax(), picture.shape) == (row, col)
    assert picture.max() == pytest.approx(-100, abs=1e-3)


def point_spread(name):
    """The finely sampled map of a scatterer 17.05 m away, its imager and configuration."""
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
    return picture, imager, config


@pytest.mark.parametrize("name", ["boxcar", "hann", "hamming", "taylor"])
def test_the_point_spread_has_the_widths_of_theory(name):
    picture, imager, config = point_spread(name)
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
        points = [focused(config, max(imager.range[r], 5.81), a) for a in imager.azimuth]
        way = direction(*angles(np.array(points) - radar.position).T)
        phase = (
            2 * np.pi / config.radio.wavelength * np.einsum("ijk,ak->ija", radar.elements(), way)
        )
        profile = weighted @ tone[:, r]
        power = np.abs(np.einsum("ij,ija->a", profile, np.exp(-1j * phase))) ** 2
        np.testing.assert_allclose(fast[r], 10 * np.log10(power), atol=1e-3)


RADIOS = {
    "28 GHz": {},
    "60 GHz": {"carrier_hz": 60e9, "bandwidth_hz": 2e9, "n_subcarrier": 512},
    "140 GHz": {"carrier_hz": 140e9, "bandwidth_hz": 2e9, "n_subcarrier": 400},
    "8x8": {"n_row": 8, "n_col": 8, "n_subcarrier": 256},
    "32x32": {"n_row": 32, "n_col": 32, "n_subcarrier": 256},
    "64x64": {"n_row": 64, "n_col": 64, "n_subcarrier": 256},
    "1x64": {"n_row": 1, "n_col": 64, "n_subcarrier": 333},
}


def level(radio, middle):
    """A radar in the plane in focus, upright, whose map samples 30 cells of range finely."""
    cell = SPEED_OF_LIGHT / (2 * radio["bandwidth_hz"])
    return replace(
        CONFIG,
        radio=replace(CONFIG.radio, downtilt_deg=0.0, transmit_offset=0.0, **radio),
        rig=replace(CONFIG.rig, height=6.5),
        heatmap=replace(
            CONFIG.heatmap, focus_height=6.5, n_range=61, n_azimuth=1601, azimuth_span_deg=100.0,
            range_min=middle - 1.5 * cell, range_max=middle + 1.5 * cell,
        ),
    )  # fmt: skip


def peak(values, axis):
    """Where a sampled peak lies, by the parabola through its three highest samples [dB]."""
    i = int(values.argmax())
    left, top, right = values[i - 1 : i + 2].astype(float)
    return axis[i] + (axis[1] - axis[0]) * (left - right) / (2 * (left - 2 * top + right))


@pytest.mark.parametrize("azimuth", [0.0, -0.3137, 0.7071])
@pytest.mark.parametrize("share", [0.0, 0.37])
@pytest.mark.parametrize("radio", RADIOS.values(), ids=RADIOS)
def test_a_known_delay_and_angle_come_back_to_a_hundredth_of_a_bin(radio, share, azimuth):
    radio = {"bandwidth_hz": 800e6, "n_subcarrier": 1024, **radio}
    cell = SPEED_OF_LIGHT / (2 * radio["bandwidth_hz"])
    distance = (100 + share) * cell
    config = level(radio, distance)
    point = (distance * np.sin(azimuth), distance * np.cos(azimuth), 6.5)
    picture, imager, _ = image(point, config)
    row, col = np.unravel_index(picture.argmax(), picture.shape)
    assert abs(peak(picture[:, col], imager.range) - distance) < 0.01 * cell
    width = 2 / config.radio.n_col  # of the beam, in the sine of azimuth
    found = np.sin(peak(picture[row], imager.azimuth))
    assert abs(found - np.sin(azimuth)) < 0.01 * width
    assert picture.max() == pytest.approx(-100, abs=0.01)


@pytest.mark.parametrize("azimuth", [0.3, -0.7])
def test_beam_squint_moves_no_peak_and_costs_little(azimuth):
    # The array steers at the carrier; at 45 degrees 16 elements lie 0.3 cells of range apart.
    radio = {"bandwidth_hz": 800e6, "n_subcarrier": 1024, "beam_squint": True}
    cell = SPEED_OF_LIGHT / (2 * 800e6)
    distance = 100.4 * cell
    config = level(radio, distance)
    point = (distance * np.sin(azimuth), distance * np.cos(azimuth), 6.5)
    picture, imager, _ = image(point, config)
    row, col = np.unravel_index(picture.argmax(), picture.shape)
    assert abs(peak(picture[:, col], imager.range) - distance) < 0.02 * cell
    found = np.sin(peak(picture[row], imager.azimuth))
    assert abs(found - np.sin(azimuth)) < 0.02 * 2 / 16
    assert -100.2 < picture.max() <= -99.999


def test_energy_is_that_of_the_subcarriers_and_of_the_elements():
    radio = replace(CONFIG.radio, n_row=4, n_col=6, n_subcarrier=256)
    reach = SPEED_OF_LIGHT * 256 / (2 * radio.bandwidth_hz)
    whole = replace(CONFIG.heatmap, range_min=0, range_max=reach, n_range=256, window="boxcar")
    config = replace(CONFIG, radio=radio, heatmap=whole)
    imager = make_imager(config, make_radar(config))
    rng = np.random.default_rng(0)
    response = (rng.normal(size=(4, 6, 256)) + 1j * rng.normal(size=(4, 6, 256))) * 1e-6
    profiles = response @ imager.compress
    energy = np.sum(np.abs(response) ** 2)
    assert 256 * np.sum(np.abs(profiles) ** 2) == pytest.approx(energy, rel=1e-5)
    # Steered at every direction of a 4 by 6 Fourier transform, the array gives all of it back.
    step = np.meshgrid(2 * np.pi * np.arange(4) / 4, 2 * np.pi * np.arange(6) / 6)
    row, col = (np.tile(phase.ravel(), (256, 1)) for phase in step)
    fourier = replace(imager, step_row=row, step_col=col)
    power = 10 ** (heatmap(response.astype(np.complex64), fourier) / 10.0)
    assert 256 * 24 * power.sum(dtype=float) == pytest.approx(energy, rel=1e-4)


@pytest.mark.parametrize("name", ["boxcar", "hann", "hamming", "taylor"])
@pytest.mark.parametrize("n", [1, 2, 3, 16])
def test_windows_of_any_length_sum_to_one(name, n):
    assert window(name, n).sum() == pytest.approx(1)


def test_silence_is_finite():
    radar = make_radar(CONFIG)
    silent = np.zeros((16, 16, 1024), np.complex64)
    assert np.isfinite(heatmap(silent, make_imager(CONFIG, radar))).all()
