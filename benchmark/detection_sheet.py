"""A picture sheet of the frames in which the target was missed, or found worst."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from benchmark.car_frames import CarFrames
from benchmark.detection_scores import HALF_SEEN, FrameMatch
from models.detector import Detections
from synth.shards import replace_file

PAPER, INK, TRUTH, FOUND = "#14171c", "#e8eaed", "#ffb000", "#4cc9f0"
COLUMNS, MOST = 4, 24  # tiles a row, and in all
TILE, SHOWN = (400, 300), (240, 180)  # [px] of a tile, and of the picture that it shows at least
CAPTION, GAP, HEAD = 20, 8, 36  # [px]


@dataclass(frozen=True)
class Scored:
    """Frames, what was found in them and what became of it.

    Attributes:
        frames: The frames.
        split: Of their dataset.
        found: The detections of each.
        matches: What became of them.
    """

    frames: CarFrames
    split: str
    found: Sequence[Detections]
    matches: Sequence[FrameMatch]


def failure_sheet(scored: Sequence[Scored], threshold: float, path: Path) -> int:
    """Write the sheet: first the frames in which the target was missed, then the worst boxes.

    Only frames whose target is at least half visible are shown: the truth in orange, detections
    above the threshold in blue.

    Returns:
        In how many frames the target was missed.
    """
    places = [
        (match.target_score > threshold, match.target_iou, part, i)
        for part in scored
        for i, match in enumerate(part.matches)
        if match.target_seen >= HALF_SEEN
    ]
    places.sort(key=lambda place: place[:2])
    missed = sum(not found for found, *_ in places)
    shown = places[:MOST]
    rows = max(-(-len(shown) // COLUMNS), 1)
    wide, high = TILE[0] + GAP, TILE[1] + CAPTION + GAP
    sheet = Image.new("RGB", (COLUMNS * wide + GAP, HEAD + rows * high), PAPER)
    draw = ImageDraw.Draw(sheet)
    head = f"target missed in {missed} of {len(places)} frames; orange: truth, blue: found"
    draw.text((GAP, 10), head, INK, font_size=16)
    for place, (was_found, overlap, part, i) in enumerate(shown):
        x, y = GAP + place % COLUMNS * wide, HEAD + place // COLUMNS * high
        sheet.paste(_tile(part, i, threshold), (x, y))
        sequence, index = part.frames.places[i]
        text = f"{'found' if was_found else 'MISSED'}  {part.frames.name} {part.split}  "
        text += f"{sequence}/{index}  {', '.join(part.matches[i].conditions)}  "
        text += f"IoU {overlap:.2f}  visible {part.matches[i].target_seen:.2f}"
        draw.text((x, y + TILE[1] + 3), text, INK if was_found else TRUTH, font_size=11)
    file = io.BytesIO()
    sheet.save(file, format="PNG")
    replace_file(path, file.getvalue())
    return missed


def _tile(part: Scored, i: int, threshold: float) -> Image.Image:
    """Return what is around the target, with boxes."""
    picture = Image.fromarray(part.frames.pictures[i].numpy())
    target = int(part.frames.target[i])
    boxes = part.frames.cars[i].boxes
    x0, y0, x1, y1 = boxes[target].tolist() if target >= 0 else (0.0, 0.0, *picture.size)
    scale = min(TILE[0] / max(1.5 * (x1 - x0), SHOWN[0]), TILE[1] / max(1.5 * (y1 - y0), SHOWN[1]))
    width, height = TILE[0] / scale, TILE[1] / scale
    left = min(max((x0 + x1 - width) / 2, 0), max(picture.width - width, 0))
    up = min(max((y0 + y1 - height) / 2, 0), max(picture.height - height, 0))
    # Image.transform clamps nothing: what lies beyond a small picture stays black.
    window = (left, up, left + width, up + height)
    tile = picture.transform(
        TILE, Image.Transform.EXTENT, window, resample=Image.Resampling.BICUBIC
    )
    draw = ImageDraw.Draw(tile)

    def outline(box: Sequence[float], colour: str, label: str = "") -> None:
        a, b, c, d = ((v - o) * scale for v, o in zip(box, (left, up, left, up), strict=True))
        if c > a and d > b:
            draw.rectangle((a, b, c - 1, d - 1), outline=colour)
        if label:
            draw.text((a + 2, b - 12 if b > 12 else b + 1), label, colour, font_size=10)

    for box, score in zip(part.found[i].boxes, part.found[i].scores.tolist(), strict=True):
        if score > threshold:
            outline(box.tolist(), FOUND, f"{score:.2f}")
    if target >= 0:
        outline(boxes[target].tolist(), TRUTH)
    return tile
