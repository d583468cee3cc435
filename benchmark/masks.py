"""Boxes of the target that a detector finds, in the place of the labels' ones.

A detector finds every car. The target is the one that moves: of the cars found in a frame, the
surest that is not in the same place in other frames of its sequence.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from benchmark.methods import file_digest
from benchmark.pairs import Pairs
from models.boxes import iou
from models.checkpoint import load_detector
from models.detector import CarDetector, Detections, detect
from scenes.config import SEQUENCE_LENGTH
from synth.manifest import fingerprint

SAME = 0.7  # IoU at which two boxes of one sequence are of a car that stands
_FOUND: dict[tuple[str, ...], Tensor] = {}  # in this process: the methods of a run share them
STANDING = 4  # other frames in which a car that stands is found in its place, at least


def detected_boxes(
    pairs: Pairs, file: Path, device: torch.device, on_frame: Callable[[], None]
) -> Tensor:
    """Return the target's box (n, 4) [px] of the shrunk pictures; 0 where none moves.

    Args:
        pairs: The split.
        file: Of a detector, from `python -m benchmark.detection`.
        device: To run it on.
        on_frame: Called after each frame.

    Raises:
        CheckpointError: If the file holds no detector.
    """
    network, threshold = load_detector(file)
    made_of = pairs.data.sequences, pairs.height, pairs.width, file_digest(file)
    key = (fingerprint([pairs.data.folder]), *map(str, made_of))
    if key not in _FOUND:
        _FOUND[key] = _detected(pairs, network.to(device), threshold, device, on_frame)
    return _FOUND[key]


def _detected(
    pairs: Pairs,
    network: CarDetector,
    threshold: float,
    device: torch.device,
    on_frame: Callable[[], None],
) -> Tensor:
    """Return the target's box (n, 4) of all frames; see `detected_boxes`."""
    boxes = []
    for first in range(0, len(pairs), SEQUENCE_LENGTH):
        found = []
        for frame in range(first, first + SEQUENCE_LENGTH):
            picture = torch.from_numpy(pairs.data.read(frame, "camera/image"))
            several = detect(network, picture[None].to(device))
            sure = several.scores[0] > threshold
            found.append(Detections(several.boxes[0][sure].cpu(), several.scores[0][sure].cpu()))
            on_frame()
        boxes.append(moving_boxes(found))
    high, wide = picture.shape[:2]
    scale = torch.tensor([pairs.width / wide, pairs.height / high]).repeat(2)
    return torch.cat(boxes) * scale


def moving_boxes(found: list[Detections]) -> Tensor:
    """Return the box (n, 4) of what moves in each frame of a sequence; 0 where nothing does.

    Args:
        found: Of each frame, boxes (k, 4) and scores (k,), by falling score.
    """
    chosen = torch.zeros(len(found), 4)
    for i, here in enumerate(found):
        if not len(here.boxes):
            continue
        seen = torch.zeros(len(here.boxes), dtype=torch.long)
        for j, there in enumerate(found):
            if j != i and len(there.boxes):
                seen += (iou(here.boxes, there.boxes) >= SAME).any(1)
        moves = torch.nonzero(seen < STANDING)[:, 0]
        if len(moves):
            chosen[i] = here.boxes[moves[0]]
    return chosen
