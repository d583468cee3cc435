"""Paths to channel state information: H[row, column, subcarrier], one non-uniform FFT.

H = sum over paths of a exp(-j 2 pi f tau) exp(j (2 pi / lambda) d . u), with f relative to the
carrier, d the element's place and u the direction the path comes from. With `radio.beam_squint`
the wavelength is that of each subcarrier, else the carrier's (narrowband array).

Source of the transforms: Barnett, Magland, af Klinteberg, A parallel nonuniform fast Fourier
transform library based on an "exponential of semicircle" kernel, SIAM J. Sci. Comput. 41(5), 2019.
"""

from __future__ import annotations

from functools import lru_cache

import finufft
import numpy as np
from numba import njit
from numpy.typing import NDArray

from scenes.config import RadioConfig
from scenes.sensors import Radar
from synth.finite import require_finite
from synth.paths import Paths

BOLTZMANN = 1.380649e-23  # [J/K], exact
PRECISION = 2e-5  # of the non-uniform FFT, relative to the root mean square of the result
# Modes asked for beyond those wanted: the ones at the edge are the least exact, up to 1e-4 of the
# peak. With a few to spare a kernel of one cell less does, and errors stay below 7e-5.
# Six subcarriers more also keep the grid's rows off powers of two, which share cache lines.
SPARE = 2, 2, 6
# A grid only so much finer than the result: with few paths a cell, its FFT costs more than a wider
# kernel. In single precision phases over 1024 subcarriers would miss the promise.
UPSAMPLING = 1.25
FLOOR = 1e-30  # power below which a logarithm is cut: -300 dB

Array = NDArray[np.float64]
Triple = tuple[Array, Array, Array]
Weight = NDArray[np.complex64] | NDArray[np.complex128]


def subcarriers(config: RadioConfig) -> Array:
    """Return the subcarrier frequencies (n_subcarrier,) [Hz] relative to the carrier."""
    n = config.n_subcarrier
    return (np.arange(n) - n // 2) * (config.bandwidth_hz / n)


def channel(paths: Paths, radar: Radar, config: RadioConfig) -> NDArray[np.complex128]:
    """Return the noiseless channel (n_row, n_col, n_subcarrier), received over transmitted.

    Raises:
        ValueError: If a gain, delay or angle is not finite.
    """
    check_finite(paths, "gain", "delay", "aoa")
    up, right = element_steps(paths, radar, config)
    phases = up, right, subcarrier_step(paths, config)
    shape = (*radar.shape, config.n_subcarrier)
    first = (-(shape[0] - 1) / 2, -(shape[1] - 1) / 2, -float(shape[2] // 2))
    if not config.beam_squint:
        return harmonics(paths.gain, phases, shape, first)
    row, col, k = (start + np.arange(n) for start, n in zip(first, shape, strict=True))
    scale = squint(config)
    places = row[:, None, None] * scale, col[:, None] * scale, k
    return scattered_harmonics(paths.gain, phases, shape, places)


def check_finite(paths: Paths, *names: str) -> None:
    """Raise ValueError if one of the named fields of paths holds a value that is not finite."""
    for name in names:
        require_finite(f"paths.{name}", getattr(paths, name))


def element_steps(paths: Paths, radar: Radar, config: RadioConfig) -> tuple[Array, Array]:
    """Return each path's phase (n_path,) [rad] from row to row and from column to column."""
    row, col = (2 * np.pi / config.wavelength * spacing for spacing in radar.spacing)
    up, right = np.empty(len(paths)), np.empty(len(paths))
    _project(paths.aoa, row * radar.panel[:, 2], col * radar.panel[:, 0], up, right)
    return up, right


def subcarrier_step(paths: Paths, config: RadioConfig) -> Array:
    """Return each path's phase (n_path,) [rad] from subcarrier to subcarrier, -pi to pi."""
    step = np.empty(len(paths))
    _fold(paths.delay, -config.bandwidth_hz / config.n_subcarrier, step)
    return step


def squint(config: RadioConfig) -> Array:
    """Return each subcarrier's own frequency over the carrier's (n_subcarrier,)."""
    return 1 + subcarriers(config) / config.carrier_hz


def harmonics(
    weight: Weight,
    phases: Triple,
    shape: tuple[int, int, int],
    first: tuple[float, float, float],
) -> NDArray[np.complex128]:
    """Return sum_p weight_p exp(j sum_axis (first + i) phase_p) on a grid, a type-1 transform.

    Args:
        weight: (n_path,).
        phases: One (n_path,) [rad] an axis; any size, they repeat after a turn.
        shape: Of the grid.
        first: Where each axis begins to count, in steps of one.
    """
    if not len(weight):
        return np.zeros(shape, np.complex128)
    # The transform counts from -n // 2.
    ahead = np.array([start + n // 2 for start, n in zip(first, shape, strict=True)])
    turned = np.empty(len(weight), np.complex128)
    _turn(weight, *phases, ahead, turned)
    plan, wanted = _plan(shape)
    plan.setpts(*phases)
    return np.asarray(plan.execute(turned)[wanted])


@lru_cache(maxsize=2)  # of the channel and of a burst
def _plan(shape: tuple[int, int, int]) -> tuple[finufft.Plan, tuple[slice, ...]]:
    """Return a transform to a grid and where in its result the wanted modes are.

    It is kept with its memory: frames differ in their paths only.
    """
    larger = tuple(n + spare for n, spare in zip(shape, SPARE, strict=True))
    starts = (more // 2 - n // 2 for n, more in zip(shape, larger, strict=True))
    wanted = tuple(slice(start, start + n) for start, n in zip(starts, shape, strict=True))
    return finufft.Plan(1, larger, 1, PRECISION, 1, nthreads=1, upsampfac=UPSAMPLING), wanted


def scattered_harmonics(
    weight: Weight,
    phases: Triple,
    shape: tuple[int, int, int],
    places: Triple,
) -> NDArray[np.complex128]:
    """Return sum_p weight_p exp(j sum_axis place phase_p) at any places, a type-3 transform.

    Args:
        weight: (n_path,).
        phases: One (n_path,) [rad] an axis.
        shape: Of the result.
        places: One array an axis, each broadcasts to `shape`.
    """
    if not len(weight):
        return np.zeros(shape, np.complex128)
    response = finufft.nufft3d3(
        *phases,
        weight.astype(np.complex128),
        *(np.broadcast_to(place, shape).ravel() for place in places),
        eps=PRECISION, isign=1, nthreads=1, upsampfac=UPSAMPLING,
    )  # fmt: skip
    return np.asarray(response).reshape(shape)


@njit(inline="always")
def _sine_cosine(x):  # type: ignore[no-untyped-def]
    """Return sine and cosine within 1e-11, without a branch: loops of it become vector code.

    Taylor's series about the nearest quarter turn.
    """
    quarter = np.rint(x * (2.0 / np.pi))
    r = x - quarter * 1.5707963267948966 - quarter * 6.123233995736766e-17
    r2 = r * r
    s = 1.0 - r2 / 110.0 * (1.0 - r2 / 156.0)
    s = 1.0 - r2 / 20.0 * (1.0 - r2 / 42.0 * (1.0 - r2 / 72.0 * s))
    s = r * (1.0 - r2 / 6.0 * s)
    c = 1.0 - r2 / 90.0 * (1.0 - r2 / 132.0 * (1.0 - r2 / 182.0))
    c = 1.0 - r2 / 2.0 * (1.0 - r2 / 12.0 * (1.0 - r2 / 30.0 * (1.0 - r2 / 56.0 * c)))
    turn = np.int64(quarter) & 3
    odd = (turn & 1) == 1
    sine, cosine = (c if odd else s), (s if odd else c)
    return (-sine if turn >= 2 else sine), (-cosine if turn == 1 or turn == 2 else cosine)


@njit(cache=True, fastmath=True)
def _project(aoa, one, other, first, second):  # type: ignore[no-untyped-def]
    """Write the products of directions, from their angles (n, 2), with two vectors (3,)."""
    for i in range(len(aoa)):
        sin_az, cos_az = _sine_cosine(np.float64(aoa[i, 0]))
        z, level = _sine_cosine(np.float64(aoa[i, 1]))
        x, y = level * sin_az, level * cos_az
        first[i] = one[0] * x + one[1] * y + one[2] * z
        second[i] = other[0] * x + other[1] * y + other[2] * z


@njit(cache=True)
def _fold(values, scale, phase):  # type: ignore[no-untyped-def]
    """Write values (n,) times a scale, in turns, as phases -pi to pi [rad]."""
    for i in range(len(values)):
        turns = scale * values[i]
        phase[i] = 2.0 * np.pi * (turns - np.rint(turns))


@njit(cache=True, fastmath=True)
def _turn(weight, x, y, z, ahead, turned):  # type: ignore[no-untyped-def]
    """Write weights (n,) turned by ahead (3,) times the phases x, y, z [rad]."""
    for i in range(len(weight)):
        sine, cosine = _sine_cosine(ahead[0] * x[i] + ahead[1] * y[i] + ahead[2] * z[i])
        real, imag = np.float64(weight[i].real), np.float64(weight[i].imag)
        turned[i] = complex(real * cosine - imag * sine, real * sine + imag * cosine)


def noise_power(config: RadioConfig) -> float:
    """Return the thermal noise in one element of H: k T B F over the transmitted power."""
    noise_figure = 10 ** (config.noise_figure_db / 10)
    transmitted = 1e-3 * 10 ** (config.transmit_power_dbm / 10)
    return BOLTZMANN * config.temperature * config.bandwidth_hz * noise_figure / transmitted


def snr(paths: Paths, config: RadioConfig) -> float:
    """Return the paths' summed power over the noise of one element of H [dB], at least -300.

    That is the mean of |H|^2 over all phases the paths may have: without their interference, so
    that parts of the paths add up to the whole.
    """
    check_finite(paths, "gain")
    return float(10 * np.log10(max(paths.power.sum() / noise_power(config), FLOOR)))


def with_noise(
    response: NDArray[np.complex128], config: RadioConfig, rng: np.random.Generator
) -> NDArray[np.complex128]:
    """Return responses of any shape with circular complex Gaussian noise of `noise_power`.

    Raises:
        ValueError: If a response is not finite.
    """
    require_finite("response", response)
    noise = rng.standard_normal((*response.shape, 2), np.float32).astype(np.float64)
    scale = np.sqrt(noise_power(config) / 2)
    return np.asarray(response + scale * noise.view(np.complex128)[..., 0])


def quantise(response: NDArray[np.complex128], config: RadioConfig) -> NDArray[np.complex64]:
    """Round to the last bit that carries information, so that storage spends none on the rest.

    The step is a power of two: at most a sixteenth of the noise's standard deviation (the
    rounding error is then 35 dB below the noise) or, without noise, 2^-15 of the channel's root
    mean square (an error of 1e-5).

    Raises:
        ValueError: If a response is not finite.
    """
    require_finite("response", response)
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
