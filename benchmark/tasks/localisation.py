"""The benchmark's main task: telling where the target is from one radar heatmap."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.context import Context
from benchmark.errors import CURVE, errors, percentile
from benchmark.job import Job, Measured, make_row
from benchmark.methods import MethodError, faults_of, make_method
from benchmark.panels import panel_path, write_panels
from benchmark.rows import Row
from benchmark.self_labels import Places, places_of
from benchmark.sources import Source
from benchmark.tasks.task import Task

MEDIAN, P90, CDF = "median error", "90th percentile error", "error CDF"
SCORED = ((MEDIAN, 0.5), (P90, 0.9))


def check(method: str) -> None:
    """Raise MethodError if there is no such method."""
    make_method(method)


def seconds(job: Job, train: Source, context: Context) -> float | None:
    """Return about how long a seed trains [s]; None for a method that does not say."""
    method = make_method(job.method)
    return float(method.seconds(train, context)) if hasattr(method, "seconds") else None


def run(job: Job, train: Source, test: Source, context: Context) -> list[Row]:
    """Train and score a method with one seed.

    The first seed also leaves a picture of some frames.

    Returns:
        Percentiles with their intervals, and the errors' CDF.
    """
    method = make_method(job.method)
    found = located(job.method, method, train, test, context)
    error = errors(found, places_of(test))
    if context.seed == 0 and context.fabric.is_global_zero:
        path = panel_path(job.out, job.method, job.digest, context.identity["data"])
        write_panels(path, method, job.method, test, found, context)
    note = getattr(method, "note", "")
    rows = scored(job, error, test, context, job.variant(), note)
    none = Measured(math.nan, math.nan, math.nan)
    quantiles = tuple(float(value) for value in np.quantile(error, CURVE))
    shares = tuple(CURVE.tolist())
    rows.append(make_row(job, context, test, CDF, none, "m", job.variant(), x=quantiles, y=shares))
    said = f"median {rows[0].value:.2f} m, 90 % {rows[1].value:.2f} m"
    context.say(f"{job.method}, seed {context.seed}: {said}")
    return rows


def located(name: str, method: Any, train: Source, test: Source, context: Context) -> Places:
    """Fit a method and return the places (n, 2) that it finds on a split.

    Raises:
        MethodError: If it returns something else than places.
    """
    if hasattr(method, "fit"):
        with faults_of(name, "fit"):
            method.fit(train, context)
    with faults_of(name, "predict"):
        found = np.asarray(method.predict(test.blind()), float)
    if found.shape != (len(test), 2):
        raise MethodError(
            f"{name}.predict returned {found.shape}, not range [m] and azimuth [rad] "
            f"({len(test)}, 2)"
        )
    if not np.isfinite(found).all():
        raise MethodError(
            f"{name}.predict returned {np.count_nonzero(~np.isfinite(found))} values that are "
            "no numbers"
        )
    return found


def scored(
    job: Job,
    error: NDArray[np.float64],
    test: Source,
    context: Context,
    variant: str,
    note: str = "",
) -> list[Row]:
    """Return the rows of median and 90th percentile, with their intervals."""
    rng = np.random.default_rng([context.seed, len(error)])
    rows = []
    for metric, share in SCORED:
        found = percentile(error, test.pairs.sequence_of, share, rng)
        measured = Measured(found.value, found.low, found.high)
        rows.append(make_row(job, context, test, metric, measured, "m", variant, note=note))
    return rows


TASK = Task(check, seconds, run)
