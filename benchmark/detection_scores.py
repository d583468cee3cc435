"""How well cars are found: matching, the threshold, and rows of results.

A detection is right if it overlaps a car at an IoU of at least `OVERLAP` that no stronger one has
taken. Cars that do not count (`Cars.count`) are neither missed nor wrongly found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmark.car_frames import CarFrames, Cars
from models.boxes import area, iou, shared
from models.detector import Detections, detect

OVERLAP = 0.5  # IoU at which a car is found
HALF_SEEN = 0.5  # visible share of the target from which it is to be found
MAIN = f"visible {HALF_SEEN:g} and more"  # group of those frames
WITHIN = 0.5  # share of a detection in a car that does not count, from which it does not either
PRECISION = 0.95  # over all cars of the frames trained on, at the threshold
SEEN = (0.0, 0.25, 0.5, 0.75, 1.0)  # edges of the groups by visible share
HEIGHTS = (0.0, 12.0, 24.0, 48.0, 96.0, math.inf)  # [px] edges of the groups by box height


@dataclass(frozen=True)
class FrameMatch:
    """What became of a frame's detections and cars.

    Attributes:
        scores: (k,) of the detections that count, falling.
        right: (k,) whether each found a car that counts.
        n_car: Cars that count.
        target_score: Of the detection that found the target; 0 if none did.
        target_iou: Largest IoU of any detection with the target; 0 if nothing of it is visible.
        target_seen: Visible share of the target.
        target_height: Of its box [px].
        conditions: Weather and light.
    """

    scores: NDArray[np.float64]
    right: NDArray[np.bool_]
    n_car: int
    target_score: float
    target_iou: float
    target_seen: float
    target_height: float
    conditions: tuple[str, str]


@dataclass(frozen=True)
class Result:
    """One number, as a row of the table of results.

    Attributes:
        dataset: Scene of it, or of several together.
        split: Of it.
        metric: What is measured.
        group: Of which frames or cars.
        value: The number.
        low: Lower end of its 95 % interval; NaN where none is known.
        high: Upper end.
        n: How many frames, cars or detections it is a share of.
    """

    dataset: str
    split: str
    metric: str
    group: str
    value: float
    low: float
    high: float
    n: int


def find(
    network: nn.Module, frames: CarFrames, device: torch.device, batch: int = 8
) -> list[Detections]:
    """Return the detections of each frame, boxes (k, 4) and scores (k,), on the CPU."""
    network.eval()
    found = []
    for first in range(0, len(frames), batch):
        boxes, scores = detect(network, frames.pictures[first : first + batch].to(device))
        found += [Detections(*pair) for pair in zip(boxes.cpu(), scores.cpu(), strict=True)]
    return found


def match(
    found: Detections,
    cars: Cars,
    target: int,
    target_seen: float,
    conditions: tuple[str, str] = ("", ""),
) -> FrameMatch:
    """Return what became of one frame's detections (k, 4) and (k,), by falling score."""
    real = found.scores > 0
    boxes, scores = found.boxes[real], found.scores[real]
    overlap, count = iou(boxes, cars.boxes), cars.count
    taken = assign(overlap, count)
    right = (taken >= 0) & count[taken] if len(count) else torch.zeros(len(boxes), dtype=torch.bool)
    within = shared(boxes, cars.boxes[~count]) / area(boxes).clamp(min=1e-6)[:, None]
    neutral = ~right & ((taken >= 0) | (within >= WITHIN).any(1))
    finder = torch.nonzero(taken == target)[:, 0] if target >= 0 else torch.zeros(0).long()
    box = cars.boxes[target] if target >= 0 else torch.zeros(4)
    return FrameMatch(
        scores[~neutral].double().numpy(),
        right[~neutral].numpy(),
        int(count.sum()),
        float(scores[finder[0]]) if len(finder) else 0.0,
        float(overlap[:, target].max()) if target >= 0 and len(boxes) else 0.0,
        target_seen,
        float(box[3] - box[1]),
        conditions,
    )


def assign(overlap: Tensor, count: Tensor) -> Tensor:
    """Return which car each detection takes (k,), -1 for none.

    Args:
        overlap: (k, n) IoU; the strongest detection first.
        count: (n,) which cars count; they are taken before those that do not.
    """
    taken = torch.full((len(overlap),), -1)
    free = torch.ones(overlap.shape[1], dtype=torch.bool)
    for rank, row in enumerate(overlap):
        able = (row >= OVERLAP) & free
        if able.any():
            best = int((torch.where(able, row, -1.0) + 2.0 * (able & count)).argmax())
            taken[rank], free[best] = best, False
    return taken


def match_all(found: Sequence[Detections], frames: CarFrames) -> list[FrameMatch]:
    """Return what became of all frames."""
    columns = (frames.cars, frames.target.tolist(), frames.target_seen.tolist(), frames.conditions)
    return [match(*row) for row in zip(found, *columns, strict=True)]


def threshold_of(matches: Sequence[FrameMatch], precision: float = PRECISION) -> float:
    """Return the lowest score above which detections are right in a share `precision`.

    0.5 if no score reaches it. Of frames that were trained on, scores of cars are higher than
    elsewhere and those of other things are not: a threshold by the latter serves elsewhere, too,
    where one of best F1 is too high.
    """
    scores, right = _ranked(matches)
    enough = np.flatnonzero(right.cumsum() >= precision * np.arange(1, len(right) + 1))
    if not len(enough):
        return 0.5
    last = int(enough[-1])
    below = scores[last + 1] if last + 1 < len(scores) else 0.0
    return float((scores[last] + below) / 2)


def results(
    matches: Sequence[FrameMatch], threshold: float, dataset: str, split: str
) -> list[Result]:
    """Return the numbers of one split of one scene's datasets."""

    def row(metric: str, group: str, hits: NDArray[np.bool_]) -> Result:
        low, high = wilson(int(hits.sum()), len(hits))
        value = float(hits.mean()) if len(hits) else math.nan
        return Result(dataset, split, metric, group, value, low, high, len(hits))

    hit = np.array([m.target_score > threshold for m in matches], bool)
    seen = np.array([m.target_seen for m in matches])
    height = np.array([m.target_height for m in matches])
    rows = [row("target recall", MAIN, hit[seen >= HALF_SEEN])]
    for low, high in pairwise(SEEN):
        inside = (seen > 0) & (seen >= low) & ((seen < high) | (high == 1))
        rows.append(row("target recall", f"visible {low:g} to {high:g}", hit[inside]))
    for low, high in pairwise(HEIGHTS):
        inside = (seen >= HALF_SEEN) & (height >= low) & (height < high)
        rows.append(row("target recall", f"{low:g} to {high:g} px high", hit[inside]))
    for kind in sorted({name for m in matches for name in m.conditions if name}):
        inside = np.array([kind in m.conditions for m in matches]) & (seen >= HALF_SEEN)
        rows.append(row("target recall", kind, hit[inside]))
    scores, right = _ranked(matches)
    n_car = sum(m.n_car for m in matches)
    chosen = right[scores > threshold]
    found = np.arange(n_car) < chosen.sum()
    rows += [row("precision", "all cars", chosen), row("recall", "all cars", found)]
    average = average_precision(right, n_car)
    rows.append(
        Result(dataset, split, "average precision", "all cars", average, math.nan, math.nan, n_car)
    )
    return rows


def average_precision(right: NDArray[np.bool_], n_car: int) -> float:
    """Return the area under precision over recall, of detections by falling score.

    Precision is made to fall with recall, at every point: Everingham et al., "The PASCAL Visual
    Object Classes Challenge", IJCV 2015, section 4.2, as revised in 2010.
    """
    if not n_car:
        return math.nan
    precision = right.cumsum() / np.arange(1, len(right) + 1)
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    return float(falling[right].sum() / n_car)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share: Wilson, J. Am. Stat. Assoc. 22 (1927), p. 209."""
    if not n:
        return math.nan, math.nan
    z = 1.96
    middle = (hits + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * math.sqrt(hits * (n - hits) / n + z**2 / 4)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _ranked(matches: Sequence[FrameMatch]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return all detections' scores, falling, and which are right."""
    scores = np.concatenate([np.zeros(0), *(m.scores for m in matches)])
    right = np.concatenate([np.zeros(0, bool), *(m.right for m in matches)])
    order = np.argsort(-scores, kind="stable")
    return scores[order], right[order]
