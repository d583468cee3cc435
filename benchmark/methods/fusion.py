"""Radio and vision together at test time: what a localiser could know at most."""

from __future__ import annotations

import numpy as np

from benchmark.context import Context
from benchmark.methods.localised import fit_places, predict_places, seconds_to_fit
from benchmark.self_labels import Places, places_of
from benchmark.sources import Source


class Fusion:
    """A localiser that sees both at test time, trained on the true places.

    Attributes:
        uses: What options change it.
    """

    uses = ("training",)

    def fit(self, train: Source, context: Context) -> None:
        """Train on a split."""
        every = np.arange(len(train))
        self.network = fit_places(context, train, every, places_of(train), pictures=True)
        self.context = context

    def seconds(self, train: Source, context: Context) -> float:
        """Return about how long `fit` takes [s]."""
        return seconds_to_fit(context, train, pictures=True)

    def predict(self, frames: Source) -> Places:
        """Return range [m] and azimuth [rad] (n, 2) of all frames."""
        return predict_places(self.context, self.network, frames, pictures=True)
