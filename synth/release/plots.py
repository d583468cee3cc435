"""Pictures of a release's statistics."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from synth.release.statistics import Tally

SKY_COLOURS = {"day": "#e3b23c", "dusk": "#b5546b", "night": "#33415c"}
BLUE = "#2a6f97"
INK, FAINT = "#22262b", "#6b7280"
DOTS_AN_INCH = 110
CELL = 1.0  # [m] of the map of positions


@style.context("default")  # not that of whoever makes the release
def target_plots(tallies: Mapping[str, Tally]) -> bytes:
    """Return a PNG: where targets are, how far, how strong, how visible; a row a dataset."""
    figure = _figure(13, 2.9 * len(tallies) + 0.5)
    grid = figure.subplots(len(tallies), 4, squeeze=False, width_ratios=(1.3, 1, 1, 1))
    for axes, (name, tally) in zip(grid, tallies.items(), strict=True):
        _positions(axes[0], tally)
        axes[0].set_title(name, loc="left", size=11, weight="bold", color=INK)
        _histogram(axes[1], tally, "target_range", "target's range [m]")
        _histogram(axes[2], tally, "target_snr", "target's SNR [dB]")
        _histogram(axes[3], tally, "target_visible", "target's visible share", (0.0, 1.0))
    return _png(figure)


@style.context("default")
def world_plots(tallies: Mapping[str, Tally]) -> bytes:
    """Return a PNG: weather and light by sequences, and models of the target."""
    models = sorted({model for tally in tallies.values() for model in tally.models})
    figure = _figure(13, 2.6 * len(tallies) + 0.9)
    grid = figure.subplots(len(tallies), 2, squeeze=False, width_ratios=(1, 2.4))
    for axes, (name, tally) in zip(grid, tallies.items(), strict=True):
        _skies(axes[0], tally)
        axes[0].set_title(name, loc="left", size=11, weight="bold", color=INK)
        axes[1].bar(range(len(models)), [tally.models[m] for m in models], color=BLUE)
        axes[1].set_xticks(range(len(models)), models, rotation=90, size=6.5)
        axes[1].set_ylabel("sequences", size=8)
        axes[1].yaxis.set_major_locator(MaxNLocator(integer=True))
        axes[1].set_xmargin(0.01)
        axes[1].set_title("models of the target", loc="left", size=9, color=FAINT)
    return _png(figure)


def _positions(axis: Axes, tally: Tally) -> None:
    """Draw how many frames have their target where, seen from above, the radar at the bottom."""
    far, azimuth = tally.values("target_range"), tally.values("target_azimuth")
    axis.set_aspect("equal")
    axis.set_xlabel("across the radar's axis [m]", size=8)
    axis.set_ylabel("along it [m]", size=8)
    if not len(far):
        return _nothing(axis)
    x, y = far * np.sin(azimuth), far * np.cos(azimuth)  # azimuth grows to the right
    low, high = np.floor([x.min(), min(y.min(), 0)]), np.ceil([x.max(), y.max()]) + 1
    edges = [np.arange(a, b + CELL, CELL) for a, b in zip(low, high, strict=True)]
    count, _, _ = np.histogram2d(x, y, bins=edges)
    shown = axis.pcolormesh(
        edges[0], edges[1], np.where(count.T > 0, count.T, np.nan), cmap="viridis_r"
    )
    axis.plot(0, 0, marker="^", color=INK, markersize=7)
    bar = axis.figure.colorbar(shown, ax=axis, shrink=0.8, pad=0.02)
    bar.set_label("frames", size=7)
    bar.ax.tick_params(labelsize=7)


def _histogram(
    axis: Axes, tally: Tally, column: str, label: str, span: tuple[float, float] | None = None
) -> None:
    values = tally.values(column)
    axis.set_xlabel(label, size=8)
    axis.set_ylabel("frames", size=8)
    if not len(values):
        return _nothing(axis)
    axis.hist(values, bins=30, range=span, color=BLUE)


def _skies(axis: Axes, tally: Tally) -> None:
    weathers = sorted({weather for weather, _ in tally.skies}, reverse=True)
    left = np.zeros(len(weathers))
    for light, colour in SKY_COLOURS.items():
        count = np.array([tally.skies[weather, light] for weather in weathers], float)
        axis.barh(weathers, count, left=left, color=colour, label=light)
        left += count
    axis.set_xlabel("sequences", size=8)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.legend(fontsize=7, frameon=False)


def _nothing(axis: Axes) -> None:
    axis.text(
        0.5, 0.5, "not in this dataset", ha="center", color=FAINT, size=8, transform=axis.transAxes
    )


def _figure(width: float, height: float) -> Figure:
    figure = Figure((width, height), dpi=DOTS_AN_INCH, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _png(figure: Figure) -> bytes:
    for axis in figure.axes:
        axis.spines[["top", "right"]].set_visible(False)
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()
