"""Range and Doppler from a burst of OFDM symbols.

The channel of symbol m is that of `synth.channel` with each path turned by its Doppler shift:
H_m = sum over paths of a exp(-j 2 pi f tau) exp(j 2 pi f_D m T) exp(j (2 pi / lambda) d . u),
for the elements of the array's middle row, as one 3-D transform.

Stop and hop: delays, angles and gains hold for the burst, and the Doppler shift is the carrier's at
each subcarrier. A target at 10 m/s moves 8 cm in the 8 ms of 64 symbols 125 us apart, under half
a range cell of 800 MHz (19 cm); over the band its shift differs by B / f_c, 3 %, of itself.

Source: Sturm and Wiesbeck, Waveform design and signal processing aspects for fusion of wireless
communications and radar sensing, Proc. IEEE 99(7), 2011, section V.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import fft, fftshift

from scenes.config import RadioConfig, ScenarioConfig
from scenes.sensors import Radar
from synth.channel import (
    FLOOR,
    check_finite,
    element_steps,
    harmonics,
    scattered_harmonics,
    squint,
    subcarrier_step,
)
from synth.finite import require_finite
from synth.heatmap import compression, heatmap_axes, window
from synth.paths import Paths


@dataclass(frozen=True)
class DopplerImager:
    """Everything about the range-Doppler map that does not change from frame to frame.

    Attributes:
        range: (n_range,) [m], half of the whole path's length, as in the heatmap.
        doppler: (n_symbol,) [Hz], positive when the path grows shorter.
        compress: (n_subcarrier, n_range) complex64, window and transform to range.
        taper: (n_symbol,) float32, the window over the symbols; it sums to one.
    """

    range: NDArray[np.float64]
    doppler: NDArray[np.float64]
    compress: NDArray[np.complex64]
    taper: NDArray[np.float32]


def doppler_axis(radio: RadioConfig) -> NDArray[np.float64]:
    """Return the Doppler shift [Hz] of each column (n_symbol,), positive when approaching.

    Cells are 1 / (n_symbol symbol_interval) apart; shifts beyond half of 1 / symbol_interval fold.
    """
    n = radio.n_symbol
    return (np.arange(n) - n // 2) / (n * radio.symbol_interval)


def make_doppler_imager(config: ScenarioConfig) -> DopplerImager:
    """Prepare the range-Doppler map; its windows are of the heatmap's kind."""
    return DopplerImager(
        heatmap_axes(config.heatmap)[0],
        doppler_axis(config.radio),
        compression(config),
        window(config.heatmap.window, config.radio.n_symbol).astype(np.float32),
    )


def symbols(paths: Paths, radar: Radar, radio: RadioConfig) -> NDArray[np.complex128]:
    """Return the noiseless channel (n_col, n_subcarrier, n_symbol) of row n_row // 2 in a burst.

    Symbol 0 is that row of `synth.channel.channel`.

    Raises:
        ValueError: If a gain, delay, angle or Doppler shift is not finite.
    """
    check_finite(paths, "gain", "delay", "aoa", "doppler")
    up, right = element_steps(paths, radar, radio)
    delay = subcarrier_step(paths, radio)
    turns = paths.doppler.astype(np.float64) * radio.symbol_interval
    symbol = 2 * np.pi * (turns - np.rint(turns))
    n_row, n_col = radar.shape
    shape = n_col, radio.n_subcarrier, radio.n_symbol
    first = -(n_col - 1) / 2, -float(shape[1] // 2), 0.0
    above = n_row // 2 - (n_row - 1) / 2  # rows from the array's centre
    gain = paths.gain * np.exp(1j * above * up)
    if not radio.beam_squint:
        return harmonics(gain, (right, delay, symbol), shape, first)
    # The row's own phase grows with the frequency as a delay does.
    delay += above * up * radio.bandwidth_hz / radio.n_subcarrier / radio.carrier_hz
    col, k, m = (start + np.arange(n) for start, n in zip(first, shape, strict=True))
    places = (col[:, None] * squint(radio))[..., None], k[:, None], m
    return scattered_harmonics(gain, (right, delay, symbol), shape, places)


def doppler_map(response: NDArray[np.complex64], imager: DopplerImager) -> NDArray[np.float32]:
    """Return the range-Doppler map (n_range, n_symbol) [dB], mean power over the elements.

    Relative to the transmitted power: one path of gain a, on the grid, peaks at 20 log10 |a|.

    Args:
        response: (n_col, n_subcarrier, n_symbol).
        imager: Of the same configuration.

    Raises:
        ValueError: If a response is not finite.
    """
    require_finite("response", response)
    n_symbol = response.shape[-1]
    power = np.zeros((len(imager.range), n_symbol), np.float32)
    for element in response:
        profile = imager.compress.T @ (element.astype(np.complex64) * imager.taper)
        spectrum = fft(profile)
        power += spectrum.real**2 + spectrum.imag**2
    power = fftshift(power, axes=-1) / np.float32(len(response))
    return np.asarray(10 * np.log10(np.maximum(power, np.float32(FLOOR))), np.float32)
