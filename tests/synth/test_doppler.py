from dataclasses import replace

import numpy as np
import pytest

from scenes.config import SPEED_OF_LIGHT, ScenarioConfig
from scenes.sensors import direction, make_radar
from synth.channel import channel, noise_power, subcarriers, with_noise
from synth.doppler import doppler_axis, doppler_map, make_doppler_imager, symbols
from synth.heatmap import window
from tests.synth.silence import no_paths
from tests.synth.test_channel import random_paths
from tests.synth.test_heatmap import spectrum_width, width

BASE = ScenarioConfig(scene="parking_lot")
CONFIG = replace(
    BASE,
    radio=replace(BASE.radio, n_col=4, n_row=3, n_subcarrier=256, n_symbol=32),
    heatmap=replace(BASE.heatmap, range_max=40.0, n_range=100),
)
CELL = 1 / (32 * CONFIG.radio.symbol_interval)  # [Hz]


def one_path(distance, doppler, gain=1e-5):
    path = random_paths(1)
    return replace(
        path,
        gain=np.array([gain], np.complex64),
        delay=np.array([2 * distance / SPEED_OF_LIGHT]),
        doppler=np.array([doppler], np.float32),
    )


def picture(paths, config=CONFIG):
    imager = make_doppler_imager(config)
    response = symbols(paths, make_radar(config), config.radio).astype(np.complex64)
    return doppler_map(response, imager), imager


@pytest.mark.parametrize("squint", [False, True], ids=["narrow", "squint"])
@pytest.mark.parametrize("shape", [(3, 4, 256, 32), (2, 5, 77, 9), (1, 1, 64, 2)])
def test_symbols_equal_the_direct_sum(shape, squint):
    n_row, n_col, n_subcarrier, n_symbol = shape
    radio = replace(
        CONFIG.radio, n_row=n_row, n_col=n_col, n_subcarrier=n_subcarrier, n_symbol=n_symbol,
        beam_squint=squint,
    )  # fmt: skip
    near = replace(CONFIG.heatmap, range_max=9.0)
    radar, paths = make_radar(replace(CONFIG, radio=radio, heatmap=near)), random_paths(150)
    fast = symbols(paths, radar, radio)
    lead = radar.elements()[n_row // 2] @ direction(*paths.aoa.astype(float).T).T / SPEED_OF_LIGHT
    f = subcarriers(radio)
    seen = radio.carrier_hz + f * squint
    element = np.exp(2j * np.pi * seen[:, None] * lead[:, None])  # col, subcarrier, path
    tone = np.exp(-2j * np.pi * np.outer(f, paths.delay))
    time = np.arange(n_symbol) * radio.symbol_interval
    turn = np.exp(2j * np.pi * np.outer(time, paths.doppler.astype(float)))
    slow = np.einsum("ckp,kp,mp,p->ckm", element, tone, turn, paths.gain, optimize=True)
    assert fast.shape == slow.shape
    assert np.linalg.norm(fast - slow) < 3e-5 * np.linalg.norm(slow)
    assert np.abs(fast - slow).max() < 1e-4 * np.abs(slow).max()


@pytest.mark.parametrize("squint", [False, True])
@pytest.mark.parametrize("n_row", [1, 4, 5])
def test_the_first_symbol_is_the_channels_middle_row(n_row, squint):
    radio = replace(CONFIG.radio, n_row=n_row, beam_squint=squint)
    radar, paths = make_radar(replace(CONFIG, radio=radio)), random_paths(100)
    first = symbols(paths, radar, radio)[..., 0]
    middle = channel(paths, radar, radio)[n_row // 2]
    assert np.linalg.norm(first - middle) < 5e-5 * np.linalg.norm(middle)


@pytest.mark.parametrize(("row", "col"), [(10, 16), (50, 20), (80, 3)])
def test_a_path_on_the_grid_peaks_in_its_cell_at_its_power(row, col):
    imager = make_doppler_imager(CONFIG)
    paths = one_path(imager.range[row], imager.doppler[col])
    values, _ = picture(paths)
    assert values.shape == (100, 32)
    assert np.unravel_index(values.argmax(), values.shape) == (row, col)
    # Symbols and subcarriers add coherently: 20 log10 |a|, however many there are.
    assert values.max() == pytest.approx(-100, abs=1e-3)


def test_what_approaches_lies_at_positive_shifts():
    axis = doppler_axis(CONFIG.radio)
    assert axis[16] == 0
    assert np.diff(axis) == pytest.approx(CELL)
    closing = 2 * 5.0 / CONFIG.radio.wavelength  # at 5 m/s
    values, imager = picture(one_path(20.0, closing))
    assert imager.doppler[values.max(0).argmax()] == pytest.approx(closing, abs=CELL / 2)
    values, _ = picture(one_path(20.0, -closing))
    assert imager.doppler[values.max(0).argmax()] == pytest.approx(-closing, abs=CELL / 2)


@pytest.mark.parametrize("name", ["boxcar", "hann", "hamming", "taylor"])
def test_the_peak_is_as_wide_as_theory_says(name):
    config = replace(CONFIG, heatmap=replace(CONFIG.heatmap, window=name))
    imager = make_doppler_imager(config)
    # A sweep of the path's shift past one cell shows the spectrum between the cells.
    shifts = np.linspace(-1.5, 1.5, 121) * CELL
    cell = [picture(one_path(imager.range[40], s), config)[0][40, 16] for s in shifts]
    assert width(np.array(cell), shifts) == pytest.approx(spectrum_width(name, 32) * CELL, rel=0.02)


def test_noise_lies_where_theory_puts_it_and_a_path_gains_over_it():
    radio = replace(CONFIG.radio, n_subcarrier=1024)
    config = replace(CONFIG, radio=radio)
    silence = symbols(no_paths(), make_radar(config), radio)
    noisy = with_noise(silence, radio, np.random.default_rng(0))
    assert np.mean(np.abs(noisy) ** 2) == pytest.approx(noise_power(radio), rel=0.01)
    values = doppler_map(noisy.astype(np.complex64), make_doppler_imager(config))
    gain = 1 / np.sum(window("taylor", 1024) ** 2) / np.sum(window("taylor", 32) ** 2)
    floor = np.mean(10 ** (values.astype(float) / 10))
    assert floor == pytest.approx(noise_power(radio) / gain, rel=0.1)
    assert gain > 0.7 * 1024 * 32


def test_silence_is_finite_and_faults_are_named():
    values, _ = picture(no_paths())
    np.testing.assert_allclose(values, -300, atol=1e-3)
    paths = random_paths(5)
    paths.doppler[1] = np.nan
    with pytest.raises(ValueError, match=r"paths\.doppler: 1 of 5"):
        symbols(paths, make_radar(CONFIG), CONFIG.radio)
