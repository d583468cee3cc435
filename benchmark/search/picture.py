"""A picture of a search: how trials did one after another, and with each value of each setting."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from optuna.trial import FrozenTrial, TrialState

from benchmark.search.space import CHOICES, NAMES
from synth.shards import replace_file

COLUMNS = 7  # of settings' panels
WHOLE, CUT, BEST = "#1769aa", "#b0b7bf", "#d9480f"
RATIO = 4.0  # of the errors' axes: the largest error shown, over the best


def draw_trials(trials: Sequence[FrozenTrial], path: Path) -> None:
    """Write the picture of finished trials, one of which at least ran to its end.

    Dots are trials that ran to their end, crosses those that did not, at the last error that they
    reached. Errors beyond four times the best are drawn at the upper edge.
    """
    error = np.array([_error(trial) for trial in trials])
    whole = np.array([trial.state == TrialState.COMPLETE for trial in trials])
    best = int(np.flatnonzero(whole)[np.argmin(error[whole])])
    finite = error[np.isfinite(error)]
    low, high = 0.9 * error[best], max(min(RATIO * error[best], finite.max()), 1e-3)
    shown = np.minimum(np.nan_to_num(error, nan=high, posinf=high), high)
    figure = Figure(figsize=(13, 9), layout="constrained")
    rows = -(-len(NAMES) // COLUMNS)
    grid = figure.add_gridspec(rows + 1, COLUMNS, height_ratios=[1.6, *[1] * rows])
    wide = figure.add_subplot(grid[0, :])
    number = np.arange(1, len(trials) + 1)
    _dots(wide, number, shown, whole, best)
    so_far = np.minimum.accumulate(np.where(whole, error, np.inf))
    known = np.isfinite(so_far)
    wide.step(number[known], np.minimum(so_far[known], high), where="post", color=BEST, lw=1)
    wide.set(xlabel="trial", ylabel="median error [m]", xlim=(0.5, len(trials) + 0.5))
    wide.set_title(
        f"{len(trials)} trials; dots ran to their end, crosses did not; best {error[best]:.3f} m",
        loc="left",
    )
    for place, name in enumerate(NAMES):
        axes = figure.add_subplot(grid[1 + place // COLUMNS, place % COLUMNS])
        values = [trial.params[name] for trial in trials]
        if name in CHOICES:
            choices = CHOICES[name]
            spread = np.linspace(-0.25, 0.25, len(trials))  # trials of one value stand apart
            _dots(axes, np.array([choices.index(v) for v in values]) + spread, shown, whole, best)
            texts = [str(choice) for choice in choices]
            axes.set_xticks(range(len(choices)), texts, rotation=30 if name == "act_func" else 0)
            axes.set_xlim(-0.5, len(choices) - 0.5)
        else:
            _dots(axes, np.array(values, float), shown, whole, best)
        axes.set_title(name, loc="left", fontsize=9)
        axes.tick_params(labelsize=7)
        axes.set_ylim(low, high + 0.04 * (high - low))
    wide.set_ylim(low, high + 0.04 * (high - low))
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=90, metadata={"Software": None})
    replace_file(path, file.getvalue())


def _error(trial: FrozenTrial) -> float:
    """Return the error [m] a trial ended with, or the last that it reached; NaN if none."""
    if trial.values:
        return float(trial.values[0])
    reached = [value for _, value in sorted(trial.intermediate_values.items())]
    return next((value for value in reversed(reached) if math.isfinite(value)), math.nan)


def _dots(
    axes: Axes,
    x: NDArray[Any],
    error: NDArray[np.float64],
    whole: NDArray[np.bool_],
    best: int,
) -> None:
    axes.plot(x[~whole], error[~whole], "x", color=CUT, ms=4, mew=1)
    axes.plot(x[whole], error[whole], "o", color=WHOLE, ms=4, mew=0, alpha=0.7)
    axes.plot(x[best], error[best], "o", mfc="none", mec=BEST, ms=9, mew=1.5)
    axes.grid(alpha=0.25)
