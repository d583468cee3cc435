"""Taking away what stands still, from frame to frame or from symbol to symbol.

Both work on complex amplitudes: a still world must cancel with its phase.

Source: Skolnik, Introduction to Radar Systems, 3rd ed., chapter 3 (moving target indication).
"""

from __future__ import annotations

from math import comb
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synth.finite import require_finite

Complex = NDArray[np.complex128]


def subtract_background(
    frames: Complex, method: Literal["mean", "running"] = "mean", forget: float = 0.9
) -> Complex:
    """Return frames (n_frame, ...) without their background.

    Args:
        frames: (n_frame, ...) complex channels, coherent from frame to frame.
        method: `mean` takes away the mean over all frames; `running` looks at earlier frames only:
            the first frame begins the background, each later one has the background so far taken
            away and then joins it. The first frame becomes zero.
        forget: Of `running`: the share of the background that a new frame leaves, 0 to below 1;
            it remembers about 1 / (1 - forget) frames.

    Raises:
        ValueError: If the method is unknown, `forget` is out of range, or the frames are fewer
            than two, real or not finite.
    """
    frames = _coherent("frames", frames)
    if len(frames) < 2:
        raise ValueError(f"{len(frames)} frames: a background needs two or more")
    if method == "mean":
        return np.asarray(frames - frames.mean(axis=0))
    if method != "running":
        raise ValueError(f"method = {method!r}: must be 'mean' or 'running'")
    if not 0 <= forget < 1:
        raise ValueError(f"forget = {forget:g}: must be 0 to below 1")
    rest = np.zeros_like(frames)
    background = frames[0].copy()
    for index in range(1, len(frames)):
        rest[index] = frames[index] - background
        background += (1 - forget) * rest[index]
    return rest


def moving_target_filter(symbols: Complex, order: int = 1) -> Complex:
    """Return symbols (..., n_symbol - order) through `order` delay-line cancellers in a row.

    y_m = sum_i (-1)^i binomial(order, i) x_(m + order - i): order 1 is the two-pulse canceller,
    2 the three-pulse one. A path of Doppler shift f_D comes out with |2 sin(pi f_D T)|^order of
    its amplitude (`canceller_response`), so nothing is left of what stands still, and nothing of
    blind speeds either, whose shifts are multiples of 1 / T: c / (2 f_c T) n for a target seen by
    a radar beside its transmitter, 42.8 m/s at 28 GHz and 125 us. White noise comes out with
    binomial(2 order, order) of its power.

    Args:
        symbols: (..., n_symbol) complex, T apart.
        order: Cancellers in a row, 1 to n_symbol - 1.

    Raises:
        ValueError: If there are not more symbols than cancellers, or they are real or not finite.
    """
    symbols = _coherent("symbols", symbols)
    n = symbols.shape[-1]
    if not 1 <= order < n:
        raise ValueError(f"order = {order}: must be 1 to {n - 1} with {n} symbols")
    rest = np.zeros_like(symbols[..., order:])
    for i in range(order + 1):
        rest += (-1) ** i * comb(order, i) * symbols[..., order - i : n - i]
    return rest


def _coherent(what: str, values: Complex) -> Complex:
    """Return complex values; real ones, as decibels or powers, have no background to take away."""
    values = np.asarray(values)
    if not np.iscomplexobj(values):
        raise ValueError(f"{what} are {values.dtype}: give complex channels, as csi/response")
    require_finite(what, values)
    return values


def canceller_response(
    doppler: NDArray[np.float64], interval: float, order: int = 1
) -> NDArray[np.float64]:
    """Return what amplitude (...) is left of 1 after `moving_target_filter`.

    Args:
        doppler: (...) [Hz].
        interval: From symbol to symbol [s].
        order: Cancellers in a row.

    Source: Skolnik, section 3.2 (one canceller; in a row their responses multiply).
    """
    return np.asarray(np.abs(2 * np.sin(np.pi * doppler * interval)) ** order)
