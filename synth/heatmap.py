"""Channel to range-azimuth heatmap.

Window over subcarriers and elements, transform to ranges, then steer the array at each azimuth
and range to the point of the plane in focus (a fixed height above the ground), where targets
are. Range is half of the way from the transmitter by that point to the array, wherever the two
stand. Power in dB relative to the transmitted power: one path of gain a peaks at 20 log10 |a|.

The array is steered at the carrier. With `radio.beam_squint` the channel is not: a path's peak then
keeps its place and widens (tests/synth/test_heatmap.py holds how much).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.signal import get_window

from scenes.config import SPEED_OF_LIGHT, HeatmapConfig, ScenarioConfig
from scenes.sensors import Radar
from synth.channel import FLOOR, subcarriers
from synth.finite import require_finite


@dataclass(frozen=True)
class Imager:
    """Everything about the heatmap that does not change from frame to frame.

    Attributes:
        range: (n_range,) [m], half of the whole path's length.
        azimuth: (n_azimuth,) [rad].
        compress: (n_subcarrier, n_range) complex64, window and transform to range.
        taper: (n_row, n_col) float32, the window over the elements; it sums to one.
        step_row: (n_range, n_azimuth) phase [rad] from a row to the next of the direction in focus.
        step_col: (n_range, n_azimuth) phase [rad] from a column to the next.
    """

    range: NDArray[np.float64]
    azimuth: NDArray[np.float64]
    compress: NDArray[np.complex64]
    taper: NDArray[np.float32]
    step_row: NDArray[np.float64]
    step_col: NDArray[np.float64]


def window(name: str, n: int) -> NDArray[np.float64]:
    """Return a symmetric window (n,) that sums to one; `taylor` has 30 dB sidelobes.

    One or two values are equal: a Hann window would make nothing of two.
    """
    kind = ("taylor", 4, 30) if name == "taylor" else name
    values = get_window(kind, n, fftbins=False) if n > 2 else np.ones(n)
    return np.asarray(values / values.sum())


def compression(config: ScenarioConfig) -> NDArray[np.complex64]:
    """Return the window over subcarriers and transform to ranges (n_subcarrier, n_range)."""
    ranges, _ = heatmap_axes(config.heatmap)
    turn = 2 * np.pi * np.outer(subcarriers(config.radio), 2 * ranges / SPEED_OF_LIGHT)
    taper = window(config.heatmap.window, config.radio.n_subcarrier)
    return np.asarray(taper[:, None] * np.exp(1j * turn), np.complex64)


def heatmap_axes(config: HeatmapConfig) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the range [m] of each row (n_range,) and the azimuth [rad] of each column."""
    half = np.radians(config.azimuth_span_deg) / 2
    return (
        np.linspace(config.range_min, config.range_max, config.n_range, endpoint=False),
        np.linspace(-half, half, config.n_azimuth),
    )


def make_imager(config: ScenarioConfig, radar: Radar) -> Imager:
    """Prepare the heatmap of a radar."""
    ranges, azimuth = heatmap_axes(config.heatmap)
    drop = float(radar.position[2]) - config.heatmap.focus_height
    towards = focus(ranges, azimuth, drop, radar.transmitter)
    row, col = (2 * np.pi / config.radio.wavelength * spacing for spacing in radar.spacing)
    taper = [window(config.heatmap.window, n) for n in radar.shape]
    return Imager(
        ranges,
        azimuth,
        compression(config),
        np.outer(*taper).astype(np.float32),
        row * towards @ radar.panel[:, 2],
        col * towards @ radar.panel[:, 0],
    )


def focus(
    ranges: NDArray[np.float64],
    azimuth: NDArray[np.float64],
    drop: float,
    transmitter: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the directions (n_range, n_azimuth, 3) of the points in focus, in the radar frame.

    The point p of a cell lies `drop` below the array, h ahead along the cell's azimuth, where
    |p| + |p - d| = 2 r =: s, with d the transmitter's place. Squared without |p - d|, that is
    |p| = alpha + beta h, alpha = (s^2 - |d|^2 - 2 drop d_z) / 2 s, beta = d . azimuth / s; squared
    again it is quadratic in h, and the farther root counts. A cell nearer than the plane looks
    straight down.

    Args:
        ranges: r (n_range,) [m].
        azimuth: (n_azimuth,) [rad].
        drop: Of the plane below the array [m].
        transmitter: d (3,) [m] in the radar frame.

    Source: Willis, Bistatic Radar, 2nd ed. (ellipses of constant range sum).
    """
    whole = np.maximum(2 * ranges, 1e-9)[:, None]
    x, y, z = transmitter
    alpha = (whole**2 - transmitter @ transmitter - 2 * drop * z) / (2 * whole)
    beta = (x * np.sin(azimuth) + y * np.cos(azimuth)) / whole
    # Beyond the distance of the two, |beta| < 1; no point has a smaller sum.
    inverse = np.maximum(1 - beta**2, 1e-9)
    root = alpha**2 - drop**2 * inverse
    reached = (root >= 0) & (whole > np.linalg.norm(transmitter))
    ahead = (alpha * beta + np.sqrt(np.maximum(root, 0))) / inverse
    ahead = np.where(reached & (alpha + beta * ahead >= 0), np.maximum(ahead, 0), 0)
    point = np.stack(
        [ahead * np.sin(azimuth), ahead * np.cos(azimuth), np.full_like(ahead, -drop)], -1
    )
    down = np.array([0.0, 0.0, -1.0 if drop >= 0 else 1.0])
    length = np.linalg.norm(point, axis=-1, keepdims=True)
    return np.where(length > 0, point / np.maximum(length, 1e-30), down)


def heatmap(response: NDArray[np.complex64], imager: Imager) -> NDArray[np.float32]:
    """Return the heatmap (n_range, n_azimuth) [dB].

    Args:
        response: (n_row, n_col, n_subcarrier).
        imager: Of the same radar and configuration.

    Raises:
        ValueError: If a response is not finite.
    """
    require_finite("response", response)
    n_row, n_col = imager.taper.shape
    profiles = response.reshape(n_row * n_col, -1) @ imager.compress
    profiles *= imager.taper.reshape(-1, 1)
    profiles = np.ascontiguousarray(profiles.T).reshape(-1, n_row, n_col)
    power = _beamform(
        profiles,
        np.exp(-1j * imager.step_row).astype(np.complex64),
        np.exp(-1j * imager.step_col).astype(np.complex64),
    )
    return np.asarray(10 * np.log10(np.maximum(power, np.float32(FLOOR))), np.float32)


@njit(cache=True, fastmath=True)
def _beamform(profiles, turn_row, turn_col):  # type: ignore[no-untyped-def]
    """Sum profiles (n_range, n_row, n_col) with steering, by Horner's rule; power per cell."""
    n_range, n_row, n_col = profiles.shape
    n_azimuth = turn_row.shape[1]
    power = np.empty((n_range, n_azimuth), np.float32)
    for r in range(n_range):
        cr, ci = turn_col[r].real.copy(), turn_col[r].imag.copy()
        rr, ri = turn_row[r].real.copy(), turn_row[r].imag.copy()
        sum_r, sum_i = np.zeros(n_azimuth, np.float32), np.zeros(n_azimuth, np.float32)
        part_r, part_i = np.empty(n_azimuth, np.float32), np.empty(n_azimuth, np.float32)
        for row in range(n_row - 1, -1, -1):
            part_r[:] = profiles[r, row, n_col - 1].real
            part_i[:] = profiles[r, row, n_col - 1].imag
            for col in range(n_col - 2, -1, -1):
                xr, xi = profiles[r, row, col].real, profiles[r, row, col].imag
                for a in range(n_azimuth):
                    real = part_r[a] * cr[a] - part_i[a] * ci[a] + xr
                    part_i[a] = part_r[a] * ci[a] + part_i[a] * cr[a] + xi
                    part_r[a] = real
            for a in range(n_azimuth):
                real = sum_r[a] * rr[a] - sum_i[a] * ri[a] + part_r[a]
                sum_i[a] = sum_r[a] * ri[a] + sum_i[a] * rr[a] + part_i[a]
                sum_r[a] = real
        for a in range(n_azimuth):
            power[r, a] = sum_r[a] * sum_r[a] + sum_i[a] * sum_i[a]
    return power
