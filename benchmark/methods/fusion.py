"""Radio and vision together at test time: what a localiser could know at most."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmark.context import Context
from benchmark.methods.localised import fit_places, predict_places
from benchmark.pairs import Pair
from benchmark.self_labels import Places, places_of
from benchmark.sources import Source
from models.attention import standardised
from models.localiser import Localiser


class FusionLocaliser(nn.Module):
    """The localiser on radio map and picture as four channels of one grid, each convolved alone.

    The two grids show different axes, so features are joined only after they are flat.
    """

    def __init__(self, radio: Localiser, vision: Localiser) -> None:
        super().__init__()
        self.radio, self.vision = radio, vision
        width = radio.config.linear[-1]
        radio.linear[-1], vision.linear[-1] = nn.Identity(), nn.Identity()
        self.join = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU(), nn.Linear(width, 2))

    def forward(self, radio: Tensor, pictures: Tensor) -> Tensor:
        """Return the places of the targets."""
        both = torch.cat([self.radio(radio), self.vision(standardised(pictures))], 1)
        places: Tensor = self.join(both)
        return places


def radio_and_picture(batch: Pair) -> tuple[Tensor, ...]:
    """Return what the network sees."""
    return batch.radio, batch.picture


class Fusion:
    """A localiser that sees both at test time, trained on the true places."""

    def fit(self, train: Source, context: Context) -> None:
        """Train on a split."""
        preset = context.preset

        def make() -> nn.Module:
            size = preset.height, preset.width
            return FusionLocaliser(
                Localiser(preset.network, 1, *size), Localiser(preset.network, 3, *size)
            )

        places = places_of(train)
        every = torch.arange(len(train)).numpy()
        self.network = fit_places(context, "fusion", make, radio_and_picture, train, every, places)
        self.context = context

    def predict(self, frames: Source) -> Places:
        """Return range [m] and azimuth [rad] (n, 2) of all frames."""
        return predict_places(self.context, self.network, radio_and_picture, frames)
