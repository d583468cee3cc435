"""Self-labels: where attention says the target is, in the radar's plane.

Section 4.2 of Alloulah and Arnold, "Look, Radiate, and Learn", 2023: the peak of each frame's
attention map, scaled back to the radio map's cells, then freed of systematic offsets once and for
all frames.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from benchmark.pairs import Axes, Pair, metres
from benchmark.sources import Source
from models.attention import peaks

Places = NDArray[np.float64]


@dataclass(frozen=True)
class SelfLabels:
    """Estimated places of the targets of a split.

    Attributes:
        frame: (n,) number of each labelled frame; those whose target is unseen have no label.
        place: (n, 2) range [m] and azimuth [rad].
        score: (n,) attention there: how sure the label is.
    """

    frame: NDArray[np.int64]
    place: Places
    score: NDArray[np.float64]


@dataclass(frozen=True)
class Diagnosis:
    """How self-labels compare with the truth, for people to look at; nothing learns from it.

    Attributes:
        range: Correlation of ranges.
        azimuth: Correlation of azimuths.
        median: Distance to the truth [m], median.
        p90: The same, 90th percentile.
    """

    range: float
    azimuth: float
    median: float
    p90: float


def visible(source: Source) -> NDArray[np.int64]:
    """Return the numbers (n,) of the frames that show their target."""
    box = source.pairs.boxes
    return np.flatnonzero(((box[:, 2] > box[:, 0]) & (box[:, 3] > box[:, 1])).numpy())


def places_of(source: Source) -> Places:
    """Return the targets' true ranges [m] and azimuths [rad] (n, 2)."""
    return source.pairs.places.double().numpy()


def self_labels(
    source: Source,
    attention: Callable[[Pair], Tensor],
    stride: int,
    frames: NDArray[np.int64] | None = None,
    size: int = 32,
) -> SelfLabels:
    """Return the peaks of attention.

    Args:
        source: A split.
        attention: Of a batch, (b, rows, columns).
        stride: Cells of the radio map between those of attention.
        frames: (n,) to label; those that show their target if None.
        size: Frames a batch.
    """
    frames = visible(source) if frames is None else frames
    places, scores = [], []
    for batch in source.batches(frames, size):
        score, row, column = (part.cpu().double().numpy() for part in peaks(attention(batch)))
        places.append(at_cells(source.pairs.axes, row, column, stride))
        scores.append(score)
    return SelfLabels(frames, np.concatenate(places), np.concatenate(scores))


def at_cells(
    axes: Axes, row: NDArray[np.float64], column: NDArray[np.float64], stride: int
) -> Places:
    """Return places (n, 2) of cells of features, each as wide as `stride` of the radio map's."""
    return axes.at((row + 0.5) * stride - 0.5, (column + 0.5) * stride - 0.5)


def diagnose(labels: SelfLabels, true: Places) -> Diagnosis:
    """Compare self-labels with the true places (n_frame, 2) of their split."""
    truth = true[labels.frame]
    error = np.linalg.norm(metres(labels.place) - metres(truth), axis=1)
    along, across = (_correlation(labels.place[:, i], truth[:, i]) for i in range(2))
    median, p90 = np.quantile(error, [0.5, 0.9])
    return Diagnosis(along, across, float(median), float(p90))


def told(found: Diagnosis) -> str:
    """Return a diagnosis in words."""
    return (
        f"correlation of range {found.range:.2f}, of azimuth {found.azimuth:.2f}; "
        f"median distance {found.median:.2f} m"
    )


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    with np.errstate(invalid="ignore", divide="ignore"):  # labels that are all alike have none
        return float(np.corrcoef(one, other)[0, 1])
