"""Duet, our label-free method: radar tracks tell the range, pictures the azimuth.

The tracks of `benchmark.tracks` know a target's range to decimetres, but its azimuth no better than
the array's beam. The picture's boxes know it to a fraction of a degree, in pixels. What a pixel is
in radians is learned from the tracks of all sequences: a camera without distortion, close to the
radar and looking the same way, maps columns nearly linearly to tangents of azimuths. No rig
calibration and no label is used. What that costs, and what is assumed: docs/benchmark.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import HuberRegressor

from benchmark.calibration import sequences
from benchmark.context import Context
from benchmark.methods.localised import fit_places, predict_places, seconds_to_fit, some
from benchmark.self_labels import Places, SelfLabels, diagnose, places_of, told, visible
from benchmark.sources import Source
from benchmark.tracks import track

LEAST_SPREAD = 0.1  # of the picture's width, that boxes must cover for a line to be learned
TRUSTED = 0.6  # support from which a track takes part in the alignment


@dataclass
class Duet:
    """Tracks, alignment, localiser.

    Attributes:
        vision: Whether pictures give the azimuth; else the tracks do.
        n_label: Self-labels to use, drawn by the seed; all if None.
        note: How the self-labels did, for people.
        uses: What options change it.
    """

    uses = ("training", "masks")
    vision: bool = True
    n_label: int | None = None
    note: str = ""

    def fit(self, train: Source, context: Context) -> None:
        """Label a split and train the localiser on it."""
        labels = duet_labels(train, self.vision)
        found = told(diagnose(labels, places_of(train)))
        self.note = f"self-labels of the train split against truth: {found}"
        context.say(self.note)
        rows = some(np.arange(len(labels.frame)), self.n_label, context.seed)
        self.network = fit_places(
            context, train, labels.frame[rows], labels.place[rows], labels.score[rows]
        )
        self.context = context

    def seconds(self, train: Source, context: Context) -> float:
        """Return about how long `fit` takes [s]."""
        return seconds_to_fit(context, train)

    def predict(self, frames: Source) -> Places:
        """Return range [m] and azimuth [rad] (n, 2) of all frames, from radio alone."""
        return predict_places(self.context, self.network, frames)


def duet_labels(source: Source, vision: bool = True) -> SelfLabels:
    """Return a label for each frame whose target is seen; scores are the tracks' support."""
    place, support = np.zeros((len(source), 2)), np.zeros(len(source))
    for frames, maps in sequences(source):
        found = track(maps, source.pairs.axes)
        place[frames], support[frames] = found.place, found.support
    seen = visible(source)
    labels = SelfLabels(seen, place[seen], support[seen])
    if not vision:
        return labels
    box = source.pairs.boxes.double().numpy()[seen]
    column = (box[:, 0] + box[:, 2]) / 2 / source.pairs.width - 0.5
    aligned = np.stack([labels.place[:, 0], align(column, labels)], 1)
    return SelfLabels(seen, aligned, labels.score)


def align(column: NDArray[np.float64], labels: SelfLabels) -> NDArray[np.float64]:
    """Return azimuths (n,) [rad] of columns, by the line that most tracks agree with.

    Args:
        column: (n,) middles of the targets' boxes, as shares of the width from the middle.
        labels: The tracks' places.
    """
    trusted = labels.score >= TRUSTED
    if not trusted.any() or np.ptp(column[trusted]) < LEAST_SPREAD:
        return labels.place[:, 1]
    line = HuberRegressor(epsilon=1.1, alpha=0.0, max_iter=1000)
    line.fit(column[trusted, None], np.tan(labels.place[trusted, 1]))
    return np.asarray(np.arctan(line.predict(column[:, None])))
