"""Paths to channel state information: H[row, column, subcarrier], one non-uniform FFT.

H = sum over paths of a exp(-j 2 pi f tau) exp(j (2 pi / lambda) d . u), with f relative to the
carrier, d the element's place and u the direction the path comes from (narrowband array).
"""

from __future__ import annotations

import finufft
import numpy as np
from numpy.typing import NDArray

from scenes.config import RadioConfig
from scenes.sensors import Radar, direction
from synth.paths import Paths

BOLTZMANN = 1.380649e-23  # [J/K], exact
PRECISION = 1e-5  # of the non-uniform FFT, relative; a tenth of the 1e-4 that is promised


def subcarriers(config: RadioConfig) -> NDArray[np.float64]:
    """Return the subcarrier frequencies (n_subcarrier,) [Hz] relative to the carrier."""
    n = config.n_subcarrier
    return (np.arange(n) - n // 2) * (config.bandwidth_hz / n)


def channel(paths: Paths, radar: Radar, config: RadioConfig) -> NDArray[np.complex128]:
    """Return the noiseless channel (n_row, n_col, n_subcarrier), received over transmitted."""
    n_row, n_col = radar.shape
    shape = (n_row, n_col, config.n_subcarrier)
    if not len(paths):
        return np.zeros(shape, np.complex128)
    arrival = direction(*np.moveaxis(paths.aoa.astype(np.float64), -1, 0))
    turn = 2 * np.pi * radar.spacing / config.wavelength
    up, right = turn * arrival @ radar.panel[:, 2], turn * arrival @ radar.panel[:, 0]
    delay = -2 * np.pi * config.bandwidth_hz / config.n_subcarrier * paths.delay
    # The transform counts from -n // 2; the array's own centre is half an element further.
    centre = up * (n_row // 2 - (n_row - 1) / 2) + right * (n_col // 2 - (n_col - 1) / 2)
    weight = paths.gain * np.exp(1j * centre)
    response = finufft.nufft3d1(
        *(np.remainder(phase + np.pi, 2 * np.pi) - np.pi for phase in (up, right, delay)),
        weight,
        shape,
        eps=PRECISION,
        isign=1,
        nthreads=1,
    )
    return np.asarray(response)


def noise_power(config: RadioConfig) -> float:
    """Return the thermal noise in one element of H: k T B F over the transmitted power."""
    noise_figure = 10 ** (config.noise_figure_db / 10)
    transmitted = 1e-3 * 10 ** (config.transmit_power_dbm / 10)
    return BOLTZMANN * config.temperature * config.bandwidth_hz * noise_figure / transmitted


def with_noise(
    response: NDArray[np.complex128], config: RadioConfig, rng: np.random.Generator
) -> NDArray[np.complex128]:
    """Return the channel with circular complex Gaussian noise of `noise_power`."""
    noise = rng.standard_normal((*response.shape, 2), np.float32).astype(np.float64)
    scale = np.sqrt(noise_power(config) / 2)
    return np.asarray(response + scale * noise.view(np.complex128)[..., 0])


def quantise(response: NDArray[np.complex128], config: RadioConfig) -> NDArray[np.complex64]:
    """Round to the last bit that carries information, so that storage spends none on the rest.

    The step is a power of two: at most a sixteenth of the noise's standard deviation (the
    rounding error is then 35 dB below the noise) or, without noise, 2^-15 of the channel's root
    mean square (an error of 1e-5).
    """
    if config.noise:
        largest = np.sqrt(noise_power(config) / 2) / 16
    else:
        largest = np.sqrt(np.mean(np.abs(response) ** 2)) / 2**15
    if largest == 0:
        return response.astype(np.complex64)
    step = 2.0 ** np.floor(np.log2(largest))
    parts = np.ascontiguousarray(response).view(np.float64)
    rounded = (np.round(parts / step) * step).astype(np.float32)
    return np.asarray(rounded.view(np.complex64))
