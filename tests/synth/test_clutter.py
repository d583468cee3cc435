from dataclasses import replace

import numpy as np
import pytest

from scenes.config import ScenarioConfig
from scenes.sensors import make_radar
from synth.channel import channel
from synth.clutter import canceller_response, moving_target_filter, subtract_background
from synth.doppler import symbols
from synth.paths import join
from tests.synth.test_channel import random_paths

BASE = ScenarioConfig(scene="parking_lot")
RADIO = replace(BASE.radio, n_row=1, n_col=4, n_subcarrier=256, n_symbol=64)
CONFIG = replace(BASE, radio=RADIO, heatmap=replace(BASE.heatmap, range_max=40.0))
T = RADIO.symbol_interval


def still(n=100):
    return replace(random_paths(n), doppler=np.zeros(n, np.float32))


def mover(shift):
    path = random_paths(1, seed=5)
    return replace(path, gain=path.gain / 10, doppler=np.array([shift], np.float32))


def decibel(values):
    return 10 * np.log10(np.mean(np.abs(values) ** 2))


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("shift", [50.0, 400.0, 1000.0, 3999.0, -700.0])
def test_a_canceller_answers_as_theory_says(order, shift):
    tone = np.exp(2j * np.pi * shift * T * np.arange(64))
    left = np.abs(moving_target_filter(tone, order))
    assert left.shape == (64 - order,)
    np.testing.assert_allclose(left, np.abs(2 * np.sin(np.pi * shift * T)) ** order, rtol=1e-9)
    assert canceller_response(np.array(shift), T, order) == pytest.approx(left[0])


def test_blind_speeds_and_stillness_leave_nothing():
    for turns in (0, 1, -2):
        tone = np.exp(2j * np.pi * turns * np.arange(16))
        assert np.abs(moving_target_filter(tone)).max() < 1e-12
    blind = RADIO.wavelength / (2 * T)  # [m/s]
    assert blind == pytest.approx(42.8, abs=0.05)


def test_noise_grows_by_the_central_binomial_coefficient():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(2000, 64)) + 1j * rng.normal(size=(2000, 64))
    for order, growth in ((1, 2), (2, 6), (3, 20)):
        left = moving_target_filter(noise, order)
        assert np.mean(np.abs(left) ** 2) == pytest.approx(2 * growth, rel=0.02)


@pytest.mark.parametrize("order", [1, 2])
def test_a_burst_loses_its_clutter_and_keeps_its_mover(order):
    radar, shift = make_radar(CONFIG), 1500.0
    clutter = symbols(still(), radar, RADIO)
    alone = symbols(mover(shift), radar, RADIO)
    both = moving_target_filter(symbols(join([still(), mover(shift)]), radar, RADIO), order)
    # The transform keeps 1e-5 of the whole, -100 dB.
    assert decibel(moving_target_filter(clutter, order)) < decibel(clutter) - 40
    theory = 20 * np.log10(canceller_response(np.array(shift), T, order))
    assert decibel(both) == pytest.approx(decibel(alone) + theory, abs=1)


@pytest.mark.parametrize("method", ["mean", "running"])
def test_a_sequence_loses_its_clutter_and_keeps_its_mover(method):
    radar, n = make_radar(CONFIG), 15
    fixed = channel(still(), radar, RADIO)
    rate = 0.21 if method == "running" else 2 / n  # turns a frame
    moving = [
        channel(replace(m, gain=m.gain * np.exp(2j * np.pi * rate * i)), radar, RADIO)
        for i in range(n)
        for m in [mover(0.0)]
    ]
    frames = np.stack([fixed + one for one in moving])
    assert decibel(subtract_background(np.stack([fixed] * n), method) + 1e-30) < decibel(fixed) - 40
    left = subtract_background(frames, method, forget=0.8)
    # Whole turns leave the mean alone. The background that runs passes turns of phase w with
    # |1 - e^-jw| / |1 - g e^-jw|, once the first frame, which began it, is forgotten.
    step = np.exp(-2j * np.pi * rate)
    theory = 0.0 if method == "mean" else 20 * np.log10(abs((1 - step) / (1 - 0.8 * step)))
    late = left[8:] if method == "running" else left
    assert decibel(late) == pytest.approx(decibel(moving[0]) + theory, abs=1)


def test_a_running_background_looks_back_only():
    rng = np.random.default_rng(0)
    frames = rng.normal(size=(6, 3)) + 1j * rng.normal(size=(6, 3))
    first = subtract_background(frames, "running", forget=0.5)
    changed = frames.copy()
    changed[4:] = 9
    second = subtract_background(changed, "running", forget=0.5)
    np.testing.assert_array_equal(first[:4], second[:4])
    np.testing.assert_allclose(first[2], frames[2] - (frames[0] + frames[1]) / 2)
    np.testing.assert_array_equal(first[0], 0)
    assert np.abs(subtract_background(frames).sum(0)).max() < 1e-12


@pytest.mark.parametrize("order", [0, 4])
def test_what_makes_no_sense_is_refused(order):
    with pytest.raises(ValueError, match="order"):
        moving_target_filter(np.ones(4, complex), order)
    with pytest.raises(ValueError, match="forget"):
        subtract_background(np.ones((2, 3), complex), "running", forget=1.0)
    with pytest.raises(ValueError, match="method"):
        subtract_background(np.ones((2, 3), complex), "median")  # type: ignore[arg-type]


def test_what_is_not_coherent_is_refused():
    with pytest.raises(ValueError, match="complex channels"):
        subtract_background(np.zeros((3, 4)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="two or more"):
        subtract_background(np.zeros((1, 4), complex))
    with pytest.raises(ValueError, match="not finite"):
        moving_target_filter(np.full((3, 4), np.nan + 0j))
