"""One self-contained page that steps through frames in a browser: pictures, maps, labels."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex
from numpy.typing import NDArray
from PIL import Image

from scenes.config import SEQUENCE_LENGTH, ScenarioConfig
from scenes.spec import Label
from synth.checked import checked_frame
from synth.dataset import Dataset
from synth.sample import RADIO
from synth.shards import DatasetError, replace_file
from synth.view import (
    HEIGHTS,
    Frame,
    Scales,
    edges,
    footprint,
    scale_of,
    scales_of,
    sky_of,
    title_of,
)

MOST_SEQUENCES = 20  # in a page: some 60 MB
QUALITY = 85  # of the JPEGs
ENDS = (0, SEQUENCE_LENGTH - 1)  # frames of a sequence that tell the scales of all
STOPS = 16  # colours of a scale, with even steps between them
ABOVE = (640, 480)  # of the lidar's picture [px]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Panel:
    """What one sensor's panel shows of a frame.

    Attributes:
        pixels: (height, width, 3).
        shapes: Corners [px] of outlines, the row in `object/` of each.
        circle: Where the target is marked [px], if it is.
    """

    pixels: Pixels
    shapes: Sequence[tuple[NDArray[Any], int]] = ()
    circle: tuple[float, float] | None = None


def write_page(data: Dataset, path: Path, sequences: Sequence[int] | None = None) -> None:
    """Write a page of all frames of some sequences.

    Args:
        data: The dataset.
        path: Of the HTML file.
        sequences: Which; None for the first.

    Raises:
        DatasetError: If the dataset is empty or withheld, or a sequence is not in it.
    """
    data.require_labels()
    frames = data.frames_of(sequences, MOST_SEQUENCES)
    manifest, config = data.manifest, data.manifest.config
    entries = [entry for entry in DRAWN if entry in config.entries]
    if not entries:
        raise DatasetError(f"{data.folder} has none of {', '.join(DRAWN)} to show")
    ends = [checked_frame(data, i) for i in frames if i % SEQUENCE_LENGTH in ENDS]
    scales = scales_of(config, ends)
    told = [
        _frame(checked_frame(data, i), entries, config, scales, manifest.tables, data.objects)
        for i in frames
    ]
    content = {
        "title": f"radvis · {manifest.name.replace('_', ' ')}",
        "facts": _facts(config, manifest.seed, len(data)),
        "interval": config.frame_interval,
        "panels": [_panel(entry, config, scales, ends[0]) for entry in entries],
        "frames": told,
    }
    page = files("synth").joinpath("page.html").read_text("utf-8")
    text = json.dumps(content).replace("<", "\\u003c")  # a stranger's name ends no script
    replace_file(path, page.replace("RADVIS_DATA", text).encode())


def _facts(config: ScenarioConfig, seed: int, n_frame: int) -> str:
    facts = [f"{n_frame} frames", f"seed {seed}"]
    if set(RADIO) & set(config.entries):
        facts += [f"{config.radio.carrier_hz / 1e9:g} GHz", f"{config.radio.n_row} by "
                  f"{config.radio.n_col} elements"]  # fmt: skip
    return " · ".join(facts)


def _frame(
    frame: Frame,
    entries: Sequence[str],
    config: ScenarioConfig,
    scales: Scales,
    tables: Mapping[str, list[str]],
    names: Mapping[int, Label],
) -> dict[str, Any]:
    """Return what the page knows of a frame."""
    sequence, index = int(frame["frame/sequence"]), int(frame["frame/index"])
    target = (
        f"target at {float(frame['target/range']):.1f} m, "
        f"{np.degrees(float(frame['target/azimuth'])):+.1f}°, "
        f"{float(np.linalg.norm(frame['target/velocity'])):.1f} m/s"
    )
    if "target/snr" in frame:
        target += f", SNR {float(frame['target/snr']):.0f} dB"
    return {
        "title": f"sequence {sequence} · frame {index} · {float(frame['frame/time']):.1f} s · "
        + sky_of(frame, tables),
        "target": target,
        "panels": {
            entry: _shown(DRAWN[entry](frame, scales), frame, tables, names) for entry in entries
        },
    }


def _shown(
    panel: Panel, frame: Frame, tables: Mapping[str, list[str]], names: Mapping[int, Label]
) -> dict[str, Any]:
    file = io.BytesIO()
    Image.fromarray(panel.pixels).save(file, "jpeg", quality=QUALITY, optimize=True)
    return {
        "image": f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}",
        "shapes": [
            {
                "points": np.round(corners, 1).tolist(),
                "text": _text(frame, row, tables, names),
                "kind": _kind(frame, row),
            }
            for corners, row in panel.shapes
        ],
        "circle": panel.circle,
    }


def _kind(frame: Frame, row: int) -> str:
    """Return how an object is outlined: things that are no cars only when pointed at."""
    if frame["object/id"][row] == frame["target/object"]:
        return "target"
    return "car" if frame["object/model"][row] >= 0 else "thing"


def _text(
    frame: Frame, row: int, tables: Mapping[str, list[str]], names: Mapping[int, Label]
) -> str:
    """Return what is said of an object that is pointed at."""
    model, number = int(frame["object/model"][row]), int(frame["object/id"][row])
    words = [names[number].name] if number in names else []
    words += [tables["classes"][int(frame["object/class"][row])]]
    words += [tables["models"][model]] if model >= 0 else []
    seen = f"{float(frame['object/visibility'][row]):.0%} visible"
    return f"{' '.join(words)}, {seen}"


def _camera(frame: Frame, _: Scales) -> Panel:
    return Panel(frame["camera/image"], _boxes(frame))


def _depth(frame: Frame, scales: Scales) -> Panel:
    depth = frame["depth/image"]
    near, far = scales.depth
    closeness = np.where(depth > 0, 1 / np.maximum(depth, 1e-3), 0)
    return Panel(_coloured(closeness, 1 / far, 1 / near, "magma"), _boxes(frame))


def _boxes(frame: Frame) -> list[tuple[NDArray[Any], int]]:
    """Return the boxes of all that is seen, large ones first: small ones can be pointed at."""
    box = frame["object/box"]
    area = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    corners = box[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    return [(corners[row], int(row)) for row in np.argsort(-area) if area[row] > 0]


def _lidar(frame: Frame, scales: Scales) -> Panel:
    """Draw points from above, the higher ones over the lower, and what stands there."""
    pose = frame["lidar/world_from_lidar"]
    point = frame["lidar/point"] @ pose[:3, :3].T + pose[:3, 3]
    width, height = ABOVE
    pixels = np.zeros((height, width, 3), np.uint8)
    place = np.floor(_above(point[:, :2], pose, scales)).astype(int)
    colour = _coloured(point[None, :, 2], *HEIGHTS, "viridis")[0]
    order = np.argsort(point[:, 2])
    for across in (0, 1):
        for down in (0, 1):
            x, y = place[order, 0] + across, place[order, 1] + down
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            pixels[y[inside], x[inside]] = colour[order][inside]
    shapes = [
        (_above(footprint(frame, row), pose, scales), row)
        for row in range(len(frame["object/id"]))
        if frame["object/model"][row] >= 0 or frame["object/id"][row] == frame["target/object"]
    ]
    return Panel(pixels, shapes)


def _above(point: NDArray[Any], pose: NDArray[np.float64], scales: Scales) -> NDArray[Any]:
    """Return pixels (..., 2) of places (..., 2) [m] of the world, seen from above."""
    width, height = ABOVE
    a_metre = height / (scales.reach + 1)
    across = width / 2 + (point[..., 0] - pose[0, 3]) * a_metre
    return np.stack([across, height - (point[..., 1] - pose[1, 3] + 1) * a_metre], -1)


def _radar(frame: Frame, scales: Scales) -> Panel:
    pixels = _coloured(frame["radar/heatmap"][::-1], *scales.power, "inferno")
    angle, distance = float(frame["target/azimuth"]), float(frame["target/half_path"])
    return Panel(pixels, circle=_cell(frame, angle, distance))


def _cell(frame: Frame, azimuth: float, distance: float) -> tuple[float, float]:
    """Return the pixel of an azimuth [rad] and a range [m] on a heatmap whose far end is up."""
    height, width = frame["radar/heatmap"].shape
    (left, right), (near, far) = edges(frame["radar/azimuth"]), edges(frame["radar/range"])
    x = (azimuth - left) / (right - left) * width
    return x, height - (distance - near) / (far - near) * height


def _coloured(values: NDArray[Any], low: float, high: float, colours: str) -> Pixels:
    share = np.clip((values - low) / max(high - low, 1e-9), 0, 1)
    return np.asarray(colormaps[colours](share, bytes=True)[..., :3])


def _panel(entry: str, config: ScenarioConfig, scales: Scales, frame: Frame) -> dict[str, Any]:
    """Return what the page knows of a panel: title, size, lines with their measure."""
    height, width = DRAWN[entry](frame, scales).pixels.shape[:2]
    ticks: list[dict[str, Any]] = []
    if entry == "radar":
        far, side = frame["radar/range"][-1], np.degrees(frame["radar/azimuth"][-1])
        for distance in np.arange(10, far, 10):
            _, y = _cell(frame, 0.0, distance)
            ticks.append(_tick(4, y, f"{distance:g} m", f"M0 {y:.1f}H{width}"))
        for angle in np.arange(-80, 81, 20):
            if abs(angle) < side:
                x, _ = _cell(frame, np.radians(angle), 0.0)
                ticks.append(_tick(x + 3, height - 16, f"{angle:g}°", f"M{x:.1f} 0V{height}"))
    if entry == "lidar":
        pose = frame["lidar/world_from_lidar"]
        for radius in np.arange(10, scales.reach, 10):
            x, y = _above(pose[:2, 3] + [0.0, radius], pose, scales)
            r = radius * height / (scales.reach + 1)
            arc = f"M{x - r:.1f} {y + r:.1f}A{r:.1f} {r:.1f} 0 0 1 {x + r:.1f} {y + r:.1f}"
            ticks.append(_tick(x + 3, y + 3, f"{radius:g} m", arc))
    return {
        "entry": entry, "title": title_of(entry), "size": [width, height], "ticks": ticks,
        "scale": _scale(entry, scales),
    }  # fmt: skip


def _scale(entry: str, scales: Scales) -> dict[str, Any] | None:
    """Return the ends of a panel's scale and its colours, None for a picture."""
    scale = scale_of(entry, scales)
    if scale is None:
        return None
    colours = colormaps[scale.colours](np.linspace(0, 1, STOPS))
    return {"low": scale.low, "high": scale.high, "colours": [to_hex(one) for one in colours]}


def _tick(x: float, y: float, text: str, line: str) -> dict[str, Any]:
    return {"x": round(float(x), 1), "y": round(float(y), 1), "text": text, "line": line}


DRAWN: dict[str, Callable[[Frame, Scales], Panel]] = {
    "camera": _camera,
    "depth": _depth,
    "lidar": _lidar,
    "radar": _radar,
}
