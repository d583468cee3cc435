"""A method of your own: ridge regression on a pooled heatmap, and the nearest known frame.

    radvis bench examples/my_method.py:Ridge --data data/parking_lot
    radvis bench examples/my_method.py:Nearest --data data/parking_lot

Both learn from the train split's true places, as `supervised` does, and see one heatmap at test
time. Neither knows that a car moves: parked cars and walls are in the heatmap, too, and a street
that is in no training frame is a surprise to both.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.neighbors import KNeighborsRegressor
from torch.nn import functional

from benchmark.context import Context
from benchmark.pairs import metres
from benchmark.sources import Source

CELLS = (12, 16)  # rows and columns that a heatmap is pooled to


def features(frames: Source) -> NDArray[np.float64]:
    """Return the heatmaps (n, 192) of a split: the largest value of each of 12 x 16 cells."""
    pooled = [
        functional.adaptive_max_pool2d(b.radio, CELLS).flatten(1) for b in frames.in_order(64)
    ]
    return torch.cat(pooled).double().numpy()


class Ridge:
    """x and y [m] as a weighted sum of cells; the weights' penalty is chosen on train frames."""

    def __init__(self) -> None:
        self.model = RidgeCV(np.logspace(-1, 5, 13))

    def fit(self, train: Source, context: Context) -> None:
        """Learn from the true places of the train split."""
        self.model.fit(features(train), metres(train.pairs.places.double().numpy()))
        context.say(f"fitted on {len(train)} frames")

    def predict(self, frames: Source) -> NDArray[np.float64]:
        """Return range [m] and azimuth [rad] (n, 2), as every method does."""
        x, y = self.model.predict(features(frames)).T
        return np.stack([np.hypot(x, y), np.arctan2(x, y)], 1)


class Nearest(Ridge):
    """The mean place of the five training frames whose heatmaps are most alike."""

    def __init__(self) -> None:
        self.model = KNeighborsRegressor(5)
