"""What a release holds, in numbers: counts, and how labels are distributed."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.release.frames import Row

COUNTED = ("split", "weather", "light")  # columns of frames.csv whose frames are counted
NUMBERS = ("target_range", "target_azimuth", "target_visible", "target_speed", "target_snr")
SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)  # of frames, below the quantiles that are told


class Tally:
    """Counts and values of one dataset, frame after frame.

    Attributes:
        n_frame: Frames so far.
        counts: Frames by value, for each of COUNTED.
        models: Sequences by the target's model.
        skies: Sequences by weather and light.
    """

    def __init__(self) -> None:
        self.n_frame = 0
        self.counts: dict[str, Counter[str]] = {name: Counter() for name in COUNTED}
        self.models: Counter[str] = Counter()
        self.skies: Counter[tuple[str, str]] = Counter()
        self._values = {name: array("d") for name in NUMBERS}

    def add(self, row: Row) -> None:
        """Count one frame."""
        self.n_frame += 1
        for name, count in self.counts.items():
            count[row[name]] += 1
        if row["index"] == 0:
            self.skies[row["weather"], row["light"]] += 1
            if "target_model" in row:
                self.models[row["target_model"]] += 1
        for name, values in self._values.items():
            if name in row:
                values.append(row[name])

    def values(self, name: str) -> NDArray[np.float64]:
        """Return all values of a column of NUMBERS; empty if the dataset has none."""
        return np.array(self._values[name])

    def summary(self) -> dict[str, Any]:
        """Return the numbers as JSON takes them."""
        told = {name: self.values(name) for name in NUMBERS}
        return {
            "frames": self.n_frame,
            "frames_by": {name: _sorted(count) for name, count in self.counts.items()},
            "sequences_by_target_model": _sorted(self.models),
            "quantiles": {
                name: dict(zip(map(str, SHARES), _quantiles(values), strict=True))
                for name, values in told.items() if len(values)
            },
        }  # fmt: skip


def summaries(tallies: Mapping[str, Tally]) -> dict[str, Any]:
    """Return statistics.json: what each dataset holds, by name."""
    return {name: tally.summary() for name, tally in tallies.items()}


def _quantiles(values: NDArray[np.float64]) -> list[float]:
    """Return values that are there, below which a share of them lie: no rounding of a mean."""
    return [float(x) for x in np.quantile(values, SHARES, method="inverted_cdf")]


def _sorted(count: Counter[str]) -> dict[str, int]:
    return dict(sorted(count.items()))
