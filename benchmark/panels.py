"""Qualitative panels: what a method saw, and what it said, in frames from its best to its worst.

A row a frame: the camera's picture with the target's box, the radar heatmap with truth and estimate
and, of methods that have it, attention or the track. The heatmap alone is what methods locate by.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes as Plot
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from benchmark.context import Context
from benchmark.errors import errors
from benchmark.methods.duet import Duet
from benchmark.methods.self_labelled import SelfLabelled
from benchmark.self_labels import Places, places_of
from benchmark.sources import Source
from benchmark.tracks import track
from scenes.config import SEQUENCE_LENGTH
from synth.shards import replace_file

FOLDER = "panels"
SHOWN = (
    ("best", 0.0), ("25 %", 0.25), ("median", 0.5), ("75 %", 0.75), ("90 %", 0.9), ("worst", 1.0),
)  # fmt: skip
TRUTH, ESTIMATE, TRACK = "#ffb000", "#4cc9f0", "#ffffff"
TILE = (3.4, 2.35)  # [inch] of a cell of the sheet
PICTURE_WIDTH = 0.8  # of a picture's column, over the others'
DPI = 100
MOST_BYTES = 300_000  # of the file
QUALITIES = (90, 82, 74, 66, 58, 50, 40)  # of JPEG: the first that is small enough
COLOURED = (0.3, 0.9995)  # shares of the heatmaps' values between which colours change


def panel_path(out: Path, method: str, config: str, data: str) -> Path:
    """Return where the panels of a run lie in a folder of results.

    Args:
        out: The folder.
        method: Name.
        config: Hash of the run's configuration.
        data: Fingerprint of its dataset.
    """
    name = re.sub(r"[^A-Za-z0-9_+.-]+", ".", f"{method}-{config[:8]}-{data[:8]}")
    return out / FOLDER / f"{name}.jpg"


def chosen_frames(error: NDArray[np.float64]) -> list[tuple[str, int]]:
    """Return what to call each shown frame, and its number: those at the quantiles of `SHOWN`."""
    order = np.argsort(error, kind="stable")
    return [(name, int(order[round(share * (len(order) - 1))])) for name, share in SHOWN]


def write_panels(
    path: Path, method: Any, name: str, source: Source, places: Places, context: Context
) -> None:
    """Write the panels of one method as a JPEG of at most `MOST_BYTES`.

    Args:
        path: Of the file, such as `panel_path` gives; its folder is made.
        method: As it was fitted.
        name: Of it, for people.
        source: The scored split.
        places: (n, 2) range [m] and azimuth [rad] that the method told.
        context: Of its run.
    """
    true = places_of(source)
    error = errors(places, true)
    frames = chosen_frames(error)
    maps = attention_maps(method, source, [frame for _, frame in frames], context)
    columns = 2 + (maps is not None)
    size = TILE[0] * columns + 0.4, TILE[1] * len(frames) + 0.6
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    widths = [PICTURE_WIDTH, *[1.0] * (columns - 1)]
    grid = np.asarray(figure.subplots(len(frames), columns, width_ratios=widths))
    levels = np.array([source.pairs.whole("radar/heatmap", frame) for _, frame in frames])
    low, high = np.quantile(levels, COLOURED)
    for row, (called, frame) in enumerate(frames):
        show_picture(grid[row, 0], source, frame)
        grid[row, 0].set_title(f"{called}: {error[frame]:.2f} m", loc="left", weight="bold")
        sequence = source.pairs.sequence_of[frame]
        caption = f"sequence {sequence}, frame {frame % SEQUENCE_LENGTH}"
        grid[row, 0].set_xlabel(caption, fontsize=8, color="0.4")
        shown = show_map(grid[row, 1], *_axes(source, frame), levels[row], (low, high), "inferno")
        if isinstance(method, Duet):
            way = sequence_track(source, frame)
            grid[row, 1].plot(np.degrees(way[:, 1]), way[:, 0], ".-", color=TRACK, ms=3, lw=0.8)
        mark(grid[row, 1], true[frame], places[frame])
        if maps is not None:
            show_attention(grid[row, 2], source, maps[row])
            mark(grid[row, 2], true[frame], places[frame])
    for plot, title in zip(grid[0, 1:], ("radar heatmap", "attention"), strict=False):
        plot.set_title(title, loc="left")
    for plot in grid[-1, 1:]:
        plot.set_xlabel("azimuth [°]")
    figure.colorbar(shown, ax=grid[-1, 1], orientation="horizontal", label="[dB]")
    track_told = "; dots: the track as training finds it" if isinstance(method, Duet) else ""
    figure.suptitle(
        f"{name}, preset {context.preset.name}: frames by error; circle: truth, cross: estimate"
        f"{track_told}",
        fontsize=9,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, as_jpeg(figure))


def as_jpeg(figure: Figure) -> bytes:
    """Return a figure as JPEG, in the best quality that keeps it below `MOST_BYTES`."""
    for quality in QUALITIES:
        file = io.BytesIO()
        figure.savefig(file, format="jpeg", pil_kwargs={"quality": quality, "optimize": True})
        if file.tell() <= MOST_BYTES:
            break
    return file.getvalue()


def attention_maps(
    method: Any, source: Source, frames: list[int], context: Context
) -> list[NDArray[np.float64] | None] | None:
    """Return the attention (rows, columns) of frames; None for one that does not show its target.

    Returns:
        None in all if the method has no backbones with attention.
    """
    attention = getattr(getattr(method, "backbones", None), "attention", None)
    if not callable(attention):
        return None
    if isinstance(method, SelfLabelled):
        source = method.shown(source)
    found: list[NDArray[np.float64] | None] = []
    for frame in frames:
        (batch,) = source.batches(np.array([frame]), 1)
        box = batch.box[0]
        if not (box[2] > box[0] and box[3] > box[1]):
            found.append(None)
            continue
        inputs = context.fabric.to_device((batch.picture, batch.radio, batch.box))
        with torch.no_grad():
            found.append(attention(*inputs)[0].cpu().double().numpy())
    return found


def sequence_track(source: Source, frame: int) -> Places:
    """Return range [m] and azimuth [rad] (n, 2) of the track of a frame's sequence."""
    first = frame - frame % SEQUENCE_LENGTH
    (batch,) = source.batches(np.arange(first, first + SEQUENCE_LENGTH), SEQUENCE_LENGTH)
    return track(batch.radio[:, 0], source.pairs.axes).place


def show_picture(plot: Plot, source: Source, frame: int) -> None:
    """Show a frame's picture, as the dataset has it, with the target's box."""
    picture = source.pairs.data.read(frame, "camera/image")
    high, wide = picture.shape[:2]
    small = wide < TILE[0] * DPI
    plot.imshow(picture, interpolation="bicubic" if small else "antialiased")
    x0, y0, x1, y1 = source.pairs.boxes[frame].double().numpy() * np.tile(
        [wide / source.pairs.width, high / source.pairs.height], 2
    )
    if x1 > x0 and y1 > y0:
        corner = x0 - 0.5, y0 - 0.5  # imshow's pixels lie around their numbers
        plot.add_patch(Rectangle(corner, x1 - x0, y1 - y0, fill=False, ec=TRUTH, lw=1.2))
    else:
        plot.text(0.03, 0.04, "target unseen", color=TRUTH, transform=plot.transAxes, fontsize=8)
    plot.set(xticks=[], yticks=[])


def show_map(
    plot: Plot,
    distance: NDArray[np.float64],
    azimuth: NDArray[np.float64],
    values: NDArray[np.float64],
    limits: tuple[float, float],
    colours: str,
) -> Any:
    """Show a map over azimuth and range, and return what a colour bar is made of.

    Args:
        plot: To show it in.
        distance: (rows,) [m] middles of rows.
        azimuth: (columns,) [rad] middles of columns.
        values: (rows, columns).
        limits: Values of the first and last colour.
        colours: Name of a colour map.
    """
    low, high = limits
    shown = plot.pcolormesh(
        np.degrees(azimuth), distance, values, shading="nearest", cmap=colours, vmin=low, vmax=high
    )
    plot.set_ylabel("range [m]")
    plot.tick_params(labelsize=8)
    return shown


def show_attention(plot: Plot, source: Source, values: NDArray[np.float64] | None) -> None:
    """Show attention over the radar's plane, or say that there is none."""
    axes = source.pairs.axes
    if values is None:
        empty = np.zeros((len(axes.range), len(axes.azimuth)))
        show_map(plot, axes.range, axes.azimuth, empty, (0, 1), "gray")
        plot.text(0.03, 0.04, "target unseen", color=TRUTH, transform=plot.transAxes, fontsize=8)
        return
    distance, azimuth = (
        np.interp((np.arange(n) + 0.5) * len(axis) / n - 0.5, np.arange(len(axis)), axis)
        for n, axis in zip(values.shape, (axes.range, axes.azimuth), strict=True)
    )
    show_map(plot, distance, azimuth, values, (values.min(), values.max()), "gray")


def mark(plot: Plot, true: NDArray[np.float64], told: NDArray[np.float64]) -> None:
    """Mark truth and estimate; an estimate outside the map stands at its edge."""
    left, right = sorted(plot.get_xlim())
    low, high = sorted(plot.get_ylim())
    at = np.degrees(true[1]), true[0]
    x, y = np.clip(np.degrees(told[1]), left, right), np.clip(told[0], low, high)
    for colours, wider in ((("black", "black"), 1.5), ((TRUTH, ESTIMATE), 0.0)):  # a dark rim
        plot.plot(*at, "o", mfc="none", mec=colours[0], ms=9, mew=1.5 + wider, clip_on=False)
        plot.plot(x, y, "x", color=colours[1], ms=8, mew=2 + wider, clip_on=False)
    plot.set(xlim=(left, right), ylim=(low, high))


def _axes(source: Source, frame: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ranges [m] and azimuths [rad] of the dataset's own heatmap."""
    return source.pairs.whole("radar/range", frame), source.pairs.whole("radar/azimuth", frame)
