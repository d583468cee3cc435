"""A contact sheet: what every sensor saw, side by side, with the labels drawn in."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon, Rectangle
from numpy.typing import NDArray

from scenes.config import ScenarioConfig
from scenes.own.names import printable
from synth.checked import checked_frame
from synth.dataset import Dataset
from synth.sample import FIELDS, RADIO
from synth.shards import DatasetError, replace_file

PAPER, PANEL, INK, FAINT, LINE, TARGET = (
    "#14171c", "#0b0d10", "#e8eaed", "#8b929c", "#343a43", "#ffb000",
)  # fmt: skip
PANEL_HEIGHT, GAP, LEFT, RIGHT, TOP, BOTTOM = 2.7, 0.11, 0.55, 0.2, 1.02, 0.2  # inches
DOTS_AN_INCH = 130
DYNAMIC_RANGE = 45.0  # [dB] of the heatmap that is shown, below its strongest cell
HEIGHTS = (0.0, 4.0)  # [m] that the lidar's colours tell apart
LONGEST_NAME = 40  # letters of an object's name in the head
MOST_FRAMES = 50  # rows of a sheet that a picture viewer still opens

Frame = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Scales:
    """What is the same in every row, so that rows can be compared.

    Attributes:
        depth: Nearest and farthest depth shown [m].
        power: Weakest and strongest cell shown [dB].
        reach: Range shown from above [m].
        half_view: Half the camera's horizontal field of view [rad].
        aspect: Width over height of a panel.
    """

    depth: tuple[float, float]
    power: tuple[float, float]
    reach: float
    half_view: float
    aspect: float


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
    if not 1 <= len(frames) <= MOST_FRAMES:
        raise DatasetError(f"{len(frames)} frames: a sheet shows 1 to {MOST_FRAMES}")
    config, manifest = data.manifest.config, data.manifest
    if not any(entry in config.entries for entry in PANELS):
        raise DatasetError(f"{data.folder} has none of {', '.join(PANELS)} to show")
    facts = f"{len(data)} frames    seed {manifest.seed}"
    shown = [_labelled(checked_frame(data, index)) for index in frames]
    target = data.objects.get(int(shown[0]["target/object"]))
    if target is not None:
        facts = f"target {_drawable(target.name)}    {facts}"
    sheet(shown, config, manifest.tables, manifest.name, facts, path)


def _labelled(frame: Frame) -> Frame:
    """Return a frame with the labels that are drawn: of a withheld one, none that can be seen."""
    blank = {
        f.key: np.zeros((0, *(int(axis) for axis in f.axes[1:])), f.dtype)
        for f in FIELDS if f.group == "object" and f.ragged
    }  # fmt: skip
    place = ("target/azimuth", "target/half_path")
    nowhere = {key: np.array(np.nan, np.float32) for key in place}
    return {**blank, **nowhere, "target/object": np.array(0, np.uint16), **frame}


@style.context("default")  # a release's pictures are the same, whoever makes them
def sheet(
    shown: Sequence[Frame],
    config: ScenarioConfig,
    tables: Mapping[str, list[str]],
    name: str,
    facts: str,
    path: Path,
) -> None:
    """Write a picture of frames: a row each, a column for each sensor there is.

    Args:
        shown: The frames, at least one.
        config: Of the sequences they are from.
        tables: What their codes index.
        name: Of the scene.
        facts: What else the head says.
        path: Of the PNG to write.
    """
    entries = [entry for entry in PANELS if entry in config.entries]
    scales = scales_of(config, shown)
    wide = PANEL_HEIGHT * scales.aspect
    width = LEFT + len(entries) * (wide + GAP) - GAP + RIGHT
    height = TOP + len(shown) * (PANEL_HEIGHT + GAP) - GAP + BOTTOM
    figure = Figure((width, height), dpi=DOTS_AN_INCH, facecolor=PAPER)
    FigureCanvasAgg(figure)

    def place(x: float, y: float, w: float, h: float) -> Axes:
        """Return axes at inches from the left and the top."""
        box = (x / width, 1 - (y + h) / height, w / width, h / height)
        return figure.add_axes(box, facecolor=PANEL)

    _head(figure, config, name, facts, width, height)
    for column, entry in enumerate(entries):
        x = LEFT + column * (wide + GAP)
        y = 1 - (TOP - 0.17) / height
        known = any(frame["target/object"] for frame in shown)
        figure.text(x / width, y, title_of(entry, known), size=9.5, color=INK, va="center")
        _bar(place, x + wide, entry, scales)
        for row, frame in enumerate(shown):
            axis = place(x, TOP + row * (PANEL_HEIGHT + GAP), wide, PANEL_HEIGHT)
            _prepare(axis)
            PANELS[entry](axis, frame, scales)
            if column == 0:
                sequence, time = int(frame["frame/sequence"]), float(frame["frame/time"])
                axis.set_ylabel(
                    f"sequence {sequence}   frame {int(frame['frame/index'])}   t = {time:.1f} s\n"
                    + sky_of(frame, tables),
                    color=FAINT, size=8, labelpad=7, parse_math=False,
                )  # fmt: skip
    picture = io.BytesIO()
    figure.savefig(picture, format="png", facecolor=PAPER, metadata={"Software": None})
    replace_file(path, picture.getvalue())


def sky_of(frame: Frame, tables: Mapping[str, list[str]]) -> str:
    """Return weather and light of a frame in words."""
    weather, light = int(frame["frame/weather"]), int(frame["frame/light"])
    return f"{tables['weathers'][weather]}, {tables['lights'][light]}"


def _drawable(name: str) -> str:
    """Return a stranger's name in letters that the sheet's font has, cut short."""
    short = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 3]}..."
    return short.encode("latin-1", "replace").decode("latin-1")


def scales_of(config: ScenarioConfig, frames: Sequence[Frame]) -> Scales:
    """Return scales that fit frames."""
    near, far, top = 1.0, 2.0, 0.0
    if "depth" in config.entries:
        depth = np.concatenate([frame["depth/image"].ravel()[::7] for frame in frames])
        if (depth > 0).any():
            near, far = np.percentile(depth[depth > 0], [1, 97])
    if "radar" in config.entries:
        top = max(float(frame["radar/heatmap"].max()) for frame in frames)
    return Scales(
        (float(near), float(max(far, near + 1.0))),
        (top - DYNAMIC_RANGE, top),
        config.heatmap.range_max,
        float(np.radians(config.camera.fov_deg) / 2),
        float(np.clip(config.camera.width / config.camera.height, 0.8, 2.0)),
    )


def _head(
    figure: Figure, config: ScenarioConfig, name: str, facts: str, width: float, height: float
) -> None:
    radio = config.radio
    y = 1 - 0.34 / height
    title = _drawable(printable(name.replace("_", " ")))
    figure.text(
        LEFT / width, y, f"radvis  ·  {title}", color=INK, size=14, weight="bold", va="center",
        parse_math=False,  # a stranger's name is no formula
    )  # fmt: skip
    if set(RADIO) & set(config.entries):
        facts += f"    {radio.carrier_hz / 1e9:g} GHz    {radio.bandwidth_hz / 1e6:g} MHz    "
        facts += f"{radio.n_row} by {radio.n_col} elements"
    end, room = 1 - RIGHT / width, width - LEFT - RIGHT - 0.16 * (len(title) + 10)  # inches
    size = min(9.5, max(4.0, 9.5 * room / (0.082 * len(facts))))
    figure.text(
        end, y, facts, color=FAINT, size=size, ha="right", va="center", parse_math=False
    )  # fmt: skip


def _prepare(axis: Axes) -> None:
    axis.set_xticks([])
    axis.set_yticks([])
    for spine in axis.spines.values():
        spine.set_color(LINE)


def _camera(axis: Axes, frame: Frame, _: Scales) -> None:
    axis.imshow(frame["camera/image"], interpolation="antialiased", aspect="auto")
    _boxes(axis, frame)


def _boxes(axis: Axes, frame: Frame) -> None:
    """Draw the boxes of cars; the target's last, over the others."""
    target = frame["object/id"] == frame["target/object"]
    for row in np.argsort(target):
        x0, y0, x1, y1 = frame["object/box"][row]
        if x1 > x0 and (target[row] or frame["object/model"][row] >= 0):
            axis.add_patch(
                Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, **_outline(bool(target[row])))
            )


def _outline(target: bool) -> dict[str, Any]:
    if target:
        return {"edgecolor": TARGET, "linewidth": 1.4}
    return {"edgecolor": INK, "linewidth": 0.6, "alpha": 0.6}


def _depth(axis: Axes, frame: Frame, scales: Scales) -> None:
    depth = np.where(frame["depth/image"] > 0, frame["depth/image"], np.nan)
    near, far = scales.depth
    axis.imshow(1 / depth, cmap="magma", vmin=1 / far, vmax=1 / near, aspect="auto")
    _boxes(axis, {**frame, "object/model": np.full_like(frame["object/model"], -1)})


def _lidar(axis: Axes, frame: Frame, scales: Scales) -> None:
    pose = frame["lidar/world_from_lidar"]
    point = frame["lidar/point"] @ pose[:3, :3].T + pose[:3, 3]
    origin = pose[:2, 3]
    x, y = float(origin[0]), float(origin[1])
    view, heading = scales.half_view, float(np.arctan2(pose[0, 1], pose[1, 1]))
    for radius in np.arange(10, 2 * scales.reach, 10):
        axis.add_patch(Circle((x, y), radius, fill=False, edgecolor=LINE, linewidth=0.5))
        aside = x + radius * np.sin(view + 0.1), y + radius * np.cos(view + 0.1)
        _mark(axis, *aside, f"{radius:g} m", va="center", ha="left")
    for side in (-1, 1):  # the camera's field of view
        edge = heading + side * view
        end = x + 200 * np.sin(edge), y + 200 * np.cos(edge)
        axis.plot([x, end[0]], [y, end[1]], color=FAINT, linewidth=0.6, dashes=(4, 3))
    order = np.argsort(point[:, 2])
    axis.scatter(
        point[order, 0], point[order, 1], c=point[order, 2], s=0.6, cmap="viridis",
        vmin=HEIGHTS[0], vmax=HEIGHTS[1], linewidths=0,
    )  # fmt: skip
    target = frame["object/id"] == frame["target/object"]
    for row in np.argsort(target):
        if target[row] or frame["object/model"][row] >= 0:
            axis.add_patch(Polygon(footprint(frame, row), fill=False, **_outline(target[row])))
    axis.set_ylim(y - 1, y + scales.reach)
    half = (scales.reach + 1) * scales.aspect / 2
    axis.set_xlim(x - half, x + half)


def footprint(frame: Frame, row: int) -> NDArray[np.float64]:
    """Return the corners (4, 2) [m] of an object's box on the ground."""
    yaw = float(frame["object/yaw"][row])
    corner = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]]) * frame["object/size"][row, :2] / 2
    along = np.array([[np.cos(yaw), np.sin(yaw)], [-np.sin(yaw), np.cos(yaw)]])
    return np.asarray(corner @ along + frame["object/centre"][row, :2])


def _radar(axis: Axes, frame: Frame, scales: Scales) -> None:
    ranges, azimuth = frame["radar/range"], np.degrees(frame["radar/azimuth"])
    x0, x1, y0, y1 = *edges(azimuth), *edges(ranges)
    axis.imshow(
        frame["radar/heatmap"], origin="lower", aspect="auto", cmap="inferno",
        vmin=scales.power[0], vmax=scales.power[1], extent=(x0, x1, y0, y1),
        interpolation="antialiased",
    )  # fmt: skip
    for distance in np.arange(10, y1 - 1, 10):
        if distance > y0 + 0.1 * (y1 - y0):
            axis.axhline(distance, color=INK, linewidth=0.4, alpha=0.25)
            _mark(axis, x0 + 0.012 * (x1 - x0), distance, f"{distance:g} m", va="bottom", ha="left")
    step = 20 if x1 - x0 > 50 else 5
    for angle in np.arange(-80, 81, step):
        if x0 + 0.1 * (x1 - x0) < angle < x1 - 0.02 * (x1 - x0):
            axis.axvline(angle, color=INK, linewidth=0.4, alpha=0.25)
            _mark(axis, angle, y0 + 0.012 * (y1 - y0), f"{angle:g}°", va="bottom", ha="center")
    axis.plot(
        np.degrees(frame["target/azimuth"]), frame["target/half_path"], "o", markersize=15,
        markerfacecolor="none", markeredgecolor=TARGET, markeredgewidth=1.4,
    )  # fmt: skip
    axis.set_xlim(x0, x1)
    axis.set_ylim(y0, y1)


def edges(centres: NDArray[np.float64]) -> tuple[float, float]:
    """Return where the first of evenly spaced cells begins and the last one ends."""
    half = (centres[-1] - centres[0]) / (len(centres) - 1) / 2
    return float(centres[0] - half), float(centres[-1] + half)


def _mark(axis: Axes, x: float, y: float, text: str, **place: Any) -> None:
    axis.text(x, y, text, color=INK, size=6.5, alpha=0.75, clip_on=True, **place)


class Scale(NamedTuple):
    """What the colours of a panel mean.

    Attributes:
        colours: Name of matplotlib's colour map.
        low: What its first colour stands for.
        high: What its last one does.
    """

    colours: str
    low: str
    high: str


def scale_of(entry: str, scales: Scales) -> Scale | None:
    """Return the scale of a panel, None for a picture."""
    near, far = scales.depth
    kinds = {
        "depth": Scale("magma_r", f"{near:.0f} m", f"{far:.0f} m"),
        "lidar": Scale("viridis", f"{HEIGHTS[0]:g} m", f"{HEIGHTS[1]:g} m high"),
        "radar": Scale("inferno", f"{scales.power[0]:.0f} dB", f"{scales.power[1]:.0f} dB"),
    }
    return kinds.get(entry)


def _bar(place: Callable[..., Axes], right: float, entry: str, scales: Scales) -> None:
    """Draw a column's scale beside its title, ending at `right` [inch from the left]."""
    scale = scale_of(entry, scales)
    if scale is None:
        return
    colours, low, high = scale
    axis = place(right - 1.25, TOP - 0.21, 0.7, 0.085)
    shown = ScalarMappable(Normalize(), colours)
    bar = axis.figure.colorbar(shown, cax=axis, orientation="horizontal", ticks=[])
    bar.outline.set_visible(False)
    for x, text, side in ((-0.07, low, "right"), (1.07, high, "left")):
        axis.text(
            x, 0.45, text, transform=axis.transAxes, color=FAINT, size=7, ha=side, va="center"
        )


PANELS: dict[str, Callable[[Axes, Frame, Scales], None]] = {
    "camera": _camera,
    "depth": _depth,
    "lidar": _lidar,
    "radar": _radar,
}
TITLES = {
    "camera": "Camera",
    "depth": "Depth",
    "lidar": "Lidar from above",
    "radar": "Radar: range over azimuth",
}


def title_of(entry: str, known: bool = True) -> str:
    """Return the title of a panel, where the target is `known` or not."""
    return TITLES[entry] + (": the target in orange" if entry == "camera" and known else "")
