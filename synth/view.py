"""A contact sheet: what every sensor saw, side by side, with the labels drawn in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from numpy.typing import NDArray

from synth.dataset import Dataset
from synth.shards import DatasetError

PAPER, INK, FAINT, TARGET = "#14171c", "#e8eaed", "#8b929c", "#ffb000"
PANEL = (3.4, 2.55)  # inches a panel, 4:3
DYNAMIC_RANGE = 45.0  # [dB] of the heatmap that is shown, below its strongest cell

Frame = dict[str, NDArray[Any]]


def contact_sheet(data: Dataset, path: Path, frames: Sequence[int] | None = None) -> None:
    """Write a picture of several frames: a row each, a column for each sensor there is.

    Args:
        data: The dataset.
        path: Of the PNG to write.
        frames: Which; None for five spread over the dataset.

    Raises:
        DatasetError: If the dataset is empty or a frame is not in it.
    """
    if not len(data):
        raise DatasetError(f"{data.folder} has no finished sequence yet: run radvis synth")
    if frames is None:
        frames = np.unique(np.linspace(0, len(data) - 1, 5).round().astype(int)).tolist()
    beyond = [index for index in frames if not 0 <= index < len(data)]
    if beyond:
        raise DatasetError(f"frame {beyond[0]}: {data.folder} has frames 0 to {len(data) - 1}")
    entries = [entry for entry in PANELS if entry in data.manifest.config.entries]
    if not entries:
        raise DatasetError(f"{data.folder} has none of {', '.join(PANELS)} to show")
    width, height = PANEL[0] * len(entries) + 0.5, PANEL[1] * len(frames) + 0.75
    figure = Figure((width, height), dpi=130, facecolor=PAPER)
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(frames), len(entries), squeeze=False)
    figure.subplots_adjust(
        left=0.38 / width, right=1 - 0.22 / width, bottom=0.42 / height,
        top=1 - 0.72 / height, wspace=0.16, hspace=0.14,
    )  # fmt: skip
    manifest = data.manifest
    figure.text(
        0.38 / width, 1 - 0.27 / height, f"radvis  ·  {manifest.name}", color=INK, size=12,
        weight="bold", va="center",
    )  # fmt: skip
    figure.text(
        1 - 0.22 / width, 1 - 0.27 / height,
        f"{len(data)} frames   seed {manifest.seed}   "
        f"{manifest.config.radio.carrier_hz / 1e9:g} GHz   "
        f"{manifest.config.radio.bandwidth_hz / 1e6:g} MHz",
        color=FAINT, size=9, ha="right", va="center",
    )  # fmt: skip
    for row, index in zip(axes, frames, strict=True):
        frame = data[index]
        for axis, entry in zip(row, entries, strict=True):
            _prepare(axis)
            PANELS[entry](axis, frame)
        row[0].set_ylabel(
            f"sequence {int(frame['frame/sequence'])}   t = {float(frame['frame/time']):.1f} s",
            color=FAINT, size=8,
        )  # fmt: skip
    for axis, entry in zip(axes[0], entries, strict=True):
        axis.set_title(TITLES[entry], color=INK, size=9, loc="left", pad=5)
    figure.savefig(path, facecolor=PAPER)


def _prepare(axis: Axes) -> None:
    axis.set_facecolor("#0b0d10")
    axis.tick_params(colors=FAINT, labelsize=6, length=2, pad=2)
    for spine in axis.spines.values():
        spine.set_color("#343a43")


def _camera(axis: Axes, frame: Frame) -> None:
    axis.imshow(frame["camera/image"], interpolation="antialiased")
    axis.set_xticks([])
    axis.set_yticks([])
    has_model = frame["object/model"] >= 0
    for box, number in zip(frame["object/box"], frame["object/id"], strict=True):
        target = number == frame["target/object"]
        if (target or has_model[frame["object/id"] == number][0]) and box[2] > box[0]:
            axis.add_patch(
                Rectangle(
                    (box[0], box[1]), box[2] - box[0], box[3] - box[1], fill=False,
                    edgecolor=TARGET if target else INK, linewidth=1.3 if target else 0.5,
                    alpha=1.0 if target else 0.55,
                )
            )  # fmt: skip


def _depth(axis: Axes, frame: Frame) -> None:
    depth = np.where(frame["depth/image"] > 0, frame["depth/image"], np.nan)
    near, far = np.nanpercentile(depth, [1, 97]) if np.isfinite(depth).any() else (0.0, 1.0)
    shown = axis.imshow(1 / depth, cmap="magma", vmin=1 / far, vmax=1 / near)
    axis.set_xticks([])
    axis.set_yticks([])
    marks = np.array([t for t in (5, 7, 10, 15, 20, 30, 50, 100) if near < t < far], float)
    _bar(axis, shown, [float(1 / t) for t in marks], [f"{t:g} m" for t in marks])


def _lidar(axis: Axes, frame: Frame) -> None:
    matrix = frame["lidar/world_from_lidar"]
    point = frame["lidar/point"] @ matrix[:3, :3].T + matrix[:3, 3]
    order = np.argsort(point[:, 2])
    axis.scatter(
        point[order, 0], point[order, 1], c=point[order, 2], s=0.25, cmap="viridis", vmin=-0.1,
        vmax=4, linewidths=0, rasterized=True,
    )  # fmt: skip
    row = frame["object/id"] == frame["target/object"]
    centre, size = frame["object/centre"][row][0], frame["object/size"][row][0]
    yaw = float(frame["object/yaw"][row][0])
    cos, sin = np.cos(yaw), np.sin(yaw)
    corner = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]]) * size[:2] / 2
    outline = corner @ np.array([[cos, sin], [-sin, cos]]) + centre[:2]
    axis.add_patch(Polygon(outline, fill=False, edgecolor=TARGET, linewidth=1.2))
    axis.set_xlim(-27, 27)
    axis.set_ylim(0, 40.5)
    axis.set_aspect("equal")
    axis.set_xticks([-20, 0, 20], ["-20 m", "0", "20 m"])
    axis.set_yticks([10, 20, 30], ["10", "20", "30"])


def _radar(axis: Axes, frame: Frame) -> None:
    ranges, azimuth = frame["radar/range"], np.degrees(frame["radar/azimuth"])
    heatmap = frame["radar/heatmap"]
    top = float(heatmap.max())
    shown = axis.imshow(
        heatmap, origin="lower", aspect="auto", cmap="inferno", vmin=top - DYNAMIC_RANGE, vmax=top,
        extent=(azimuth[0], azimuth[-1], ranges[0], ranges[-1]), interpolation="antialiased",
    )  # fmt: skip
    axis.plot(
        np.degrees(frame["target/azimuth"]), frame["target/range"], "o", markersize=13,
        markerfacecolor="none", markeredgecolor=TARGET, markeredgewidth=1.1,
    )  # fmt: skip
    axis.set_xticks([-40, -20, 0, 20, 40], ["-40°", "-20°", "0°", "20°", "40°"])
    axis.set_yticks([10, 20, 30, 40, 50], ["10 m", "20", "30", "40", "50"])
    marks = [top - step for step in (0, 20, 40)]
    _bar(axis, shown, marks, [f"{mark:.0f} dB" for mark in marks])


def _bar(axis: Axes, shown: Any, marks: Sequence[float], texts: Sequence[str]) -> None:
    place = axis.inset_axes((0.965, 0.04, 0.02, 0.42))
    bar = axis.figure.colorbar(shown, cax=place, ticks=list(marks))
    bar.ax.set_yticklabels(list(texts), color=INK, size=5.5)
    bar.ax.tick_params(length=0, pad=2, labelleft=True, labelright=False)
    bar.outline.set_visible(False)


PANELS: dict[str, Callable[[Axes, Frame], None]] = {
    "camera": _camera,
    "depth": _depth,
    "lidar": _lidar,
    "radar": _radar,
}
TITLES = {
    "camera": "Camera, boxes of cars, target in orange",
    "depth": "Depth",
    "lidar": "Lidar from above, coloured by height",
    "radar": "Radar: range over azimuth",
}
