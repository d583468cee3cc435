"""Figures of results as SVG; a method looks the same in all of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from benchmark.report.tables import (
    by_labels,
    by_share,
    chance,
    entries,
    in_order,
    named,
)
from benchmark.rows import Row
from benchmark.tasks.localisation import CDF, MEDIAN, P90
from benchmark.tasks.spectrum import BRANCHES, SPECTRUM

FARTHEST = 10.0  # [m] of the CDF's axis
LOOKS = {
    "fusion": ("#7f7f7f", "-"), "supervised": ("#111111", "-"), "duet": ("#d62728", "-"),
    "duet-radio": ("#d62728", "--"), "mcl": ("#9467bd", "-"), "mcl-ema": ("#9467bd", "--"),
    "mcl-moving": ("#9467bd", "-."), "scl-moving": ("#1f77b4", "-."),
    "scl": ("#1f77b4", "-"), "cl": ("#ff7f0e", "-"), "cl-ema": ("#ff7f0e", "--"),
    "cfar": ("#8c564b", "-"), "cfar-map": ("#8c564b", "--"), "random": ("#aaaaaa", "--"),
}  # fmt: skip
OTHERS = ("#2ca02c", "#17becf", "#e377c2", "#bcbd22")  # of users' own methods
Methods = dict[tuple[str, str], dict[int, list[Row]]]


def look(key: tuple[str, str]) -> dict[str, Any]:
    """Return colour, line style and name of a method and what differs from its standard."""
    method, variant = key
    other = OTHERS[sum(method.encode()) % len(OTHERS)], "-"
    colour, style = LOOKS.get(method, other)
    return {
        "color": colour,
        "linestyle": ":" if variant else style,
        "label": named(method, variant),
    }


def as_svg(draw: Callable[[], Figure]) -> str:
    """Return a figure as SVG, the same text each time."""
    with matplotlib.rc_context(
        {"svg.hashsalt": "radvis", "svg.fonttype": "none", "text.parse_math": False}
    ):
        file = io.StringIO()
        draw().savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def draw_cdf(rows: Sequence[Row]) -> Figure:
    """Draw all methods' errors, a line a seed."""
    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for key in entries(rows):
        curves = [
            row for row in rows if (row.method, row.variant, row.metric) == (*key, CDF) and row.x
        ]
        for row in curves:
            axes.plot(row.x, row.y, linewidth=1, alpha=0.8, **look(key))
    axes.set(xlim=(0, FARTHEST), ylim=(0, 1), ylabel="share of frames")
    axes.set_xlabel(f"error [m], up to {FARTHEST:g} m; a line a seed")
    _finish(axes, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def draw_density(rows: Sequence[Row]) -> Figure:
    """Draw median and 90th percentile of the errors over the number of labels."""
    figure = Figure(figsize=(9.6, 4.0), layout="constrained")
    for axes, metric in zip(figure.subplots(1, 2), (MEDIAN, P90), strict=True):
        found = by_labels(rows, metric)
        _lines(axes, found)
        axes.set(xlabel="labels", ylabel="error [m]", title=metric)
        axes.set_ylim(0)
        _number_axis(axes, found)
        _finish(axes)
    return figure


def draw_linear(rows: Sequence[Row], kind: str) -> Figure:
    """Draw the accuracy of one classification over the share of labels."""
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    found = by_share(rows, kind)
    _lines(axes, found)
    level = chance(rows, kind)
    if level is not None:
        axes.axhline(level.value, color="#555555", linestyle="--", linewidth=1, label="chance")
    axes.set(xlabel="share of the labels [%]", ylabel="accuracy [%]", title=kind, ylim=(0, 100))
    _number_axis(axes, found)
    _finish(axes)
    return figure


def draw_spectra(rows: Sequence[Row]) -> Figure:
    """Draw the singular values of both branches' features."""
    figure = Figure(figsize=(9.6, 4.0), layout="constrained")
    for axes, branch in zip(figure.subplots(1, 2), BRANCHES, strict=True):
        for method, variant in entries([row for row in rows if row.metric == SPECTRUM]):
            first, _, rest = variant.partition(", ")
            if first != branch:
                continue
            own = [
                row for row in rows
                if (row.method, row.variant, row.metric) == (method, variant, SPECTRUM) and row.x
            ]  # fmt: skip
            for row in own:  # seeds have spectra of different lengths: a line for each
                axes.plot(row.x, row.y, linewidth=1, alpha=0.8, **look((method, rest)))
        axes.set(xlabel="index", ylabel="log10 of the singular value", title=branch)
        _finish(axes)
    return figure


def _lines(axes: Axes, found: Methods) -> None:
    """Draw a line for each method, and a band as wide as its spread over seeds."""
    for key in in_order(set(found)):
        numbers = sorted(found[key])
        values = [[row.value for row in found[key][number]] for number in numbers]
        mean = np.array([np.mean(each) for each in values])
        spread = np.array([np.std(each, ddof=1) if len(each) > 1 else 0.0 for each in values])
        drawn = look(key)
        axes.plot(numbers, mean, marker="o", markersize=3.5, **drawn)
        if spread.any():
            low, high = mean - spread, mean + spread
            axes.fill_between(numbers, low, high, color=drawn["color"], alpha=0.15, linewidth=0)


def _number_axis(axes: Axes, found: Methods) -> None:
    """Make x logarithmic, with a mark at each number that was measured."""
    numbers = sorted({number for own in found.values() for number in own})
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(numbers, [f"{number:,}" for number in numbers])


def _finish(axes: Axes, **legend: Any) -> None:
    axes.grid(alpha=0.3)
    handles, texts = axes.get_legend_handles_labels()
    first = {text: handle for handle, text in reversed(list(zip(handles, texts, strict=True)))}
    if first:
        names = list(dict.fromkeys(texts))
        axes.legend([first[name] for name in names], names, frameon=False, **legend)
