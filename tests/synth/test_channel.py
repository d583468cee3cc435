from dataclasses import replace

import numpy as np
import pytest

from scenes.config import ScenarioConfig
from scenes.sensors import direction, make_radar
from synth.channel import channel, noise_power, quantise, subcarriers, with_noise
from synth.paths import Paths

CONFIG = ScenarioConfig(scene="parking_lot")


def random_paths(n, seed=0):
    rng = np.random.default_rng(seed)
    gain = (rng.normal(size=n) + 1j * rng.normal(size=n)) * 1e-6
    return Paths(
        gain.astype(np.complex64),
        rng.uniform(1e-8, 6e-7, n),
        rng.uniform(-1.2, 1.2, (n, 2)).astype(np.float32),
        np.zeros((n, 2), np.float32),
        np.zeros(n, np.float32),
        np.ones(n, np.uint16),
        np.zeros(n, np.uint8),
        np.ones(n, np.uint8),
    )


def direct_sum(paths, radar, radio):
    """The definition, element by element and subcarrier by subcarrier."""
    arrival = direction(*paths.aoa.astype(float).T)
    turn = np.exp(2j * np.pi / radio.wavelength * (radar.elements() @ arrival.T))
    tone = np.exp(-2j * np.pi * np.outer(paths.delay, subcarriers(radio)))
    return np.einsum("rcp,p,pk->rck", turn, paths.gain, tone)


@pytest.mark.parametrize(
    "radio",
    [{}, {"n_row": 5, "n_col": 3, "n_subcarrier": 77}, {"n_row": 1, "n_col": 64},
     {"carrier_hz": 60e9, "bandwidth_hz": 2e9, "downtilt_deg": 0.0}],
    ids=["default", "odd", "row", "60GHz"],
)  # fmt: skip
def test_channel_equals_the_direct_sum(radio):
    near = replace(CONFIG.heatmap, range_max=10.0)  # 77 subcarriers reach no further
    config = replace(CONFIG, radio=replace(CONFIG.radio, **radio), heatmap=near)
    radar = make_radar(config)
    paths = random_paths(500)
    fast, slow = channel(paths, radar, config.radio), direct_sum(paths, radar, config.radio)
    assert fast.shape == slow.shape
    assert np.linalg.norm(fast - slow) < 3e-5 * np.linalg.norm(slow)
    assert np.abs(fast - slow).max() < 1e-4 * np.abs(slow).max()


def test_one_path_has_constant_magnitude():
    radar = make_radar(CONFIG)
    paths = random_paths(1)
    response = channel(paths, radar, CONFIG.radio)
    np.testing.assert_allclose(
        np.abs(response), np.abs(paths.gain[0]), rtol=5e-5
    )  # the FFT keeps 1e-5


def test_no_paths_give_silence():
    assert not channel(random_paths(0), make_radar(CONFIG), CONFIG.radio).any()


def test_noise_has_the_link_budgets_power():
    # -174 dBm/Hz + 10 log10(800 MHz) + 7 dB - 30 dBm, at 290 K.
    assert 10 * np.log10(noise_power(CONFIG.radio)) == pytest.approx(-174 + 89.03 + 7 - 30, abs=0.1)
    silence = np.zeros((16, 16, 1024), complex)
    noise = with_noise(silence, CONFIG.radio, np.random.default_rng(0))
    assert np.mean(np.abs(noise) ** 2) == pytest.approx(noise_power(CONFIG.radio), rel=0.01)
    assert abs(np.mean(noise**2)) < 0.01 * noise_power(CONFIG.radio)


def test_rounding_for_storage_stays_below_noise_and_below_1e_4():
    radar = make_radar(CONFIG)
    clean = channel(random_paths(500), radar, CONFIG.radio)
    noisy = with_noise(clean, CONFIG.radio, np.random.default_rng(0))
    error = quantise(noisy, CONFIG.radio) - noisy
    assert np.mean(np.abs(error) ** 2) < 10**-3.5 * noise_power(CONFIG.radio)
    silent = replace(CONFIG.radio, noise=False)
    error = quantise(clean, silent) - clean
    assert np.linalg.norm(error) < 3e-5 * np.linalg.norm(clean)
