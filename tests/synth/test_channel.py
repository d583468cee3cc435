from dataclasses import replace

import numpy as np
import pytest

from scenes.config import SPEED_OF_LIGHT, ScenarioConfig
from scenes.sensors import direction, make_radar
from synth.channel import channel, noise_power, quantise, snr, subcarriers, with_noise
from synth.paths import Paths, join
from tests.synth.silence import no_paths

CONFIG = ScenarioConfig(scene="parking_lot")


def random_paths(n, seed=0):
    rng = np.random.default_rng(seed)
    gain = (rng.normal(size=n) + 1j * rng.normal(size=n)) * 1e-6
    return Paths(
        gain.astype(np.complex64),
        rng.uniform(1e-8, 6e-7, n),
        rng.uniform(-1.2, 1.2, (n, 2)).astype(np.float32),
        np.zeros((n, 2), np.float32),
        rng.uniform(-3000, 3000, n).astype(np.float32),
        np.ones(n, np.uint16),
        np.zeros(n, np.uint8),
        np.ones(n, np.uint8),
        np.full(n, 2, np.uint8),
    )


def direct_sum(paths, radar, radio):
    """The definition, element by element and subcarrier by subcarrier."""
    arrival = direction(*paths.aoa.astype(float).T)
    lead = radar.elements() @ arrival.T / SPEED_OF_LIGHT  # [s] of each element and path
    total = np.empty((*radar.shape, radio.n_subcarrier), complex)
    for k, f in enumerate(subcarriers(radio)):
        seen = radio.carrier_hz + (f if radio.beam_squint else 0.0)
        tone = paths.gain * np.exp(-2j * np.pi * f * paths.delay)
        total[..., k] = np.exp(2j * np.pi * seen * lead) @ tone
    return total


def radio_of(**changes):
    return replace(CONFIG.radio, **changes)


SIZES = {
    "default": {},
    "odd": {"n_row": 5, "n_col": 3, "n_subcarrier": 77},
    "8x8": {"n_row": 8, "n_col": 8, "n_subcarrier": 512},
    "32x32": {"n_row": 32, "n_col": 32, "n_subcarrier": 128},
    "64x64": {"n_row": 64, "n_col": 64, "n_subcarrier": 32},
    "1x64": {"n_row": 1, "n_col": 64},
    "one element": {"n_row": 1, "n_col": 1, "n_subcarrier": 4096},
    "60 GHz": {"carrier_hz": 60e9, "bandwidth_hz": 2e9, "downtilt_deg": 0.0},
    "140 GHz": {"carrier_hz": 140e9, "bandwidth_hz": 2e9, "n_subcarrier": 300},
    "sparse": {"n_row": 4, "n_col": 9, "row_spacing": 0.7, "col_spacing": 4.0},
}


@pytest.mark.parametrize("squint", [False, True], ids=["narrow", "squint"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_channel_equals_the_direct_sum(size, squint):
    radio = radio_of(**size, beam_squint=squint)
    reach = SPEED_OF_LIGHT * radio.n_subcarrier / (2 * radio.bandwidth_hz)
    near = replace(CONFIG.heatmap, range_min=0.1 * reach, range_max=0.9 * reach)
    radar = make_radar(replace(CONFIG, radio=radio, heatmap=near))
    paths = random_paths(200)
    fast, slow = channel(paths, radar, radio), direct_sum(paths, radar, radio)
    assert fast.shape == slow.shape
    assert np.linalg.norm(fast - slow) < 3e-5 * np.linalg.norm(slow)
    assert np.abs(fast - slow).max() < 1e-4 * np.abs(slow).max()


def test_delays_repeat_after_a_period():
    radar, paths = make_radar(CONFIG), random_paths(50)
    period = CONFIG.radio.n_subcarrier / CONFIG.radio.bandwidth_hz
    late = replace(paths, delay=paths.delay + 40 * period)
    for squint in (False, True):
        radio = radio_of(beam_squint=squint)
        one, other = channel(paths, radar, radio), channel(late, radar, radio)
        assert np.linalg.norm(one - other) < 3e-5 * np.linalg.norm(one)


def test_squint_of_a_hundredth_of_a_bandwidth_is_none():
    radar = make_radar(CONFIG)
    narrow = radio_of(bandwidth_hz=1e6)
    paths = random_paths(100)
    one = channel(paths, radar, narrow)
    other = channel(paths, radar, replace(narrow, beam_squint=True))
    assert np.linalg.norm(one - other) < 1e-3 * np.linalg.norm(one)


@pytest.mark.parametrize(("name", "value"), [("gain", np.nan), ("delay", np.inf), ("aoa", np.nan)])
def test_what_is_not_finite_is_named_and_counted(name, value):
    paths = random_paths(10)
    getattr(paths, name)[[2, 5]] = value
    count = 2 * getattr(paths, name)[0].size
    with pytest.raises(ValueError, match=rf"paths\.{name}: {count} of"):
        channel(paths, make_radar(CONFIG), CONFIG.radio)


def test_snr_is_summed_power_over_noise_and_its_parts_add_up():
    radio = CONFIG.radio
    one, other = random_paths(30), random_paths(40, seed=1)
    both = 10 ** (snr(one, radio) / 10) + 10 ** (snr(other, radio) / 10)
    assert snr(join([one, other]), radio) == pytest.approx(10 * np.log10(both))
    single = random_paths(1)
    response = channel(single, make_radar(CONFIG), radio)
    theory = 10 * np.log10(np.mean(np.abs(response) ** 2) / noise_power(radio))
    assert snr(single, radio) == pytest.approx(theory, abs=1e-3)
    assert snr(no_paths(), radio) == -300


def test_the_mean_of_the_channel_is_near_the_summed_power():
    paths = random_paths(2000)
    response = channel(paths, make_radar(CONFIG), CONFIG.radio)
    assert np.mean(np.abs(response) ** 2) == pytest.approx(paths.power.sum(), rel=0.2)


def test_one_path_has_constant_magnitude():
    radar = make_radar(CONFIG)
    paths = random_paths(1)
    response = channel(paths, radar, CONFIG.radio)
    np.testing.assert_allclose(
        np.abs(response), np.abs(paths.gain[0]), rtol=5e-5
    )  # the FFT keeps 1e-5


def test_no_paths_give_silence():
    assert not channel(no_paths(), make_radar(CONFIG), CONFIG.radio).any()


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
