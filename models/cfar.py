"""Constant false alarm rate detection and what turns its detections into one moving target.

The statistical baseline of Alloulah and Arnold, "Look, Radiate, and Learn", 2023, section 5.1:
range-angle and range-velocity maps are thresholded, detections are clustered (DBSCAN: Ester et al.,
KDD 1996), clusters of both maps are matched by range, and the moving one's centroid is the target.
Cell averaging: Finn and Johnson, RCA Review 29 (1968); ordered statistic: Rohling, IEEE
Transactions on Aerospace and Electronic Systems 19 (1983).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import brentq
from sklearn.cluster import DBSCAN

Power = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class CfarConfig:
    """How targets are told from clutter.

    Attributes:
        statistic: "ca", the mean of the cells around, or "os", one of them in order of power.
        guard: Cells at each side of the tested one that may hold the same target.
        train: Cells beyond them, at each side, that tell the clutter.
        false_alarms: Probability at which a cell of pure noise is taken for a target.
        rank: Of the cell that "os" takes, as a share of their number.
        reach: DBSCAN's eps [cells].
        fewest: Cells that make a cluster's core.
        still: Slowest radial speed that counts as moving [m/s].
        doppler_level: Power above the map's median [dB] from which a moving cell counts.
    """

    statistic: str = "ca"
    guard: int = 4
    train: int = 8
    false_alarms: float = 1e-3
    rank: float = 0.75
    reach: float = 2.5
    fewest: int = 4
    still: float = 1.0
    doppler_level: float = 12.0

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: If the statistic is unknown.
        """
        if self.statistic not in ("ca", "os"):
            raise ValueError(f"statistic {self.statistic!r}: ca or os")


def ring(config: CfarConfig) -> Mask:
    """Return (2 k + 1, 2 k + 1) which cells around a tested one tell the clutter."""
    half = config.guard + config.train
    away = np.abs(np.arange(-half, half + 1))
    return np.asarray(np.maximum(away[:, None], away[None]) > config.guard)


def detections(power: Power, config: CfarConfig) -> Mask:
    """Return (n, m) which cells stand above their surroundings.

    Args:
        power: (n, m) linear.
        config: How.
    """
    around = ring(config)
    n = int(around.sum())
    if config.statistic == "ca":
        half = config.guard + config.train
        outer = ndimage.uniform_filter(power, 2 * half + 1, mode="reflect") * (2 * half + 1) ** 2
        inner = ndimage.uniform_filter(power, 2 * config.guard + 1, mode="reflect")
        level = (outer - inner * (2 * config.guard + 1) ** 2) / n
        return np.asarray(power > ca_factor(n, config.false_alarms) * level)
    kth = max(round(config.rank * n), 1)
    level = ndimage.rank_filter(power, kth - 1, footprint=around, mode="reflect")
    return np.asarray(power > os_factor(n, kth, config.false_alarms) * level)


def ca_factor(n: int, false_alarms: float) -> float:
    """Return the threshold over the mean of n cells of noise of exponential power."""
    return float(n * (false_alarms ** (-1 / n) - 1))


def os_factor(n: int, kth: int, false_alarms: float) -> float:
    """Return the threshold over the k-th smallest of n cells: Rohling's equation 37, inverted."""
    rest = n - np.arange(kth)

    def excess(factor: float) -> float:
        return float(np.log(rest / (rest + factor)).sum() - np.log(false_alarms))

    return float(brentq(excess, 0.0, 1e9))


def clusters(found: Mask, config: CfarConfig) -> list[NDArray[np.int64]]:
    """Return the cells (k, 2) of each cluster of detections."""
    cells = np.argwhere(found)
    if not len(cells):
        return []
    label = DBSCAN(eps=config.reach, min_samples=config.fewest).fit_predict(cells)
    return [cells[label == i] for i in range(label.max() + 1)]


def locate(
    heatmap: Power, config: CfarConfig, doppler: Power | None = None, speed: Power | None = None
) -> tuple[float, float] | None:
    """Return row and column of the strongest moving target in the range-angle map, or None.

    Without a range-Doppler map it is the strongest target, moving or not.

    Args:
        heatmap: (n_range, n_azimuth) [dB].
        config: How.
        doppler: (n_range, n_doppler) [dB], rows as the heatmap's.
        speed: (n_doppler,) radial speed of its columns [m/s].
    """
    power = 10 ** (heatmap / 10)
    seen = clusters(detections(power, config), config)
    if doppler is None or speed is None:
        return _centroid(power, max(seen, key=lambda c: _sum(power, c))) if seen else None
    # Columns beside zero are left out, not set to nothing: they would tell the others' clutter.
    # The axis is turned so that fast approaching and fast receding are neighbours, as they alias.
    around = np.fft.ifftshift(np.arange(len(speed)))
    kept = around[np.abs(speed[around]) >= config.still]
    if not len(kept):
        return None
    moving = 10 ** (doppler[:, kept] / 10)
    level = np.median(moving) * 10 ** (config.doppler_level / 10)
    best: tuple[float, tuple[float, float]] | None = None
    for part in clusters(detections(moving, config) & (moving > level), config):
        low, high = part[:, 0].min(), part[:, 0].max()
        strength = _sum(moving, part)
        if best is not None and strength <= best[0]:
            continue
        at = [c for c in seen if c[:, 0].max() >= low and c[:, 0].min() <= high]
        if not at:
            continue
        cells = max(at, key=lambda c: _sum(power, c))
        cells = cells[(cells[:, 0] >= low - config.guard) & (cells[:, 0] <= high + config.guard)]
        if len(cells):
            best = strength, _centroid(power, cells)
    return None if best is None else best[1]


def _sum(power: Power, cells: NDArray[np.int64]) -> float:
    return float(power[cells[:, 0], cells[:, 1]].sum())


def _centroid(power: Power, cells: NDArray[np.int64]) -> tuple[float, float]:
    weight = power[cells[:, 0], cells[:, 1]]
    row, column = (cells * weight[:, None]).sum(0) / weight.sum()
    return float(row), float(column)
