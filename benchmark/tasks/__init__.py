"""What `radvis bench` measures, by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from benchmark.context import Context
from benchmark.job import Job
from benchmark.methods import METHODS, MethodError
from benchmark.rows import Row
from benchmark.sources import Source
from benchmark.tasks.encoders import encoders
from benchmark.tasks.labels import check as check_labels
from benchmark.tasks.labels import run as run_labels
from benchmark.tasks.linear import check as check_linear
from benchmark.tasks.linear import run as run_linear
from benchmark.tasks.localisation import check as check_localisation
from benchmark.tasks.localisation import run as run_localisation
from benchmark.tasks.spectrum import check as check_spectrum
from benchmark.tasks.spectrum import run as run_spectrum


class Task(NamedTuple):
    """One thing to measure.

    Attributes:
        check: Raises MethodError, of a line, if there is no such method or it cannot be measured.
        run: Trains and scores a method with one seed.
    """

    check: Callable[[str], None]
    run: Callable[[Job, Source, Source, Context], list[Row]]


TASKS: dict[str, Task] = {
    "localisation": Task(check_localisation, run_localisation),
    "labels": Task(check_labels, run_labels),
    "linear": Task(check_linear, run_linear),
    "spectrum": Task(check_spectrum, run_spectrum),
}


def methods_of(task: str) -> list[str]:
    """Return the names of all methods that a task can measure."""
    found = []
    for name in dict.fromkeys([*METHODS, *encoders()]):
        try:
            TASKS[task].check(name)
        except MethodError:
            continue
        found.append(name)
    return found


def summary(rows: Sequence[Row]) -> list[str]:
    """Return a line for each number that was measured: its mean over seeds."""
    values: dict[tuple[str, str, str, str], list[float]] = {}
    for row in rows:
        if not math.isnan(row.value):
            key = (row.method, row.variant, row.metric, row.unit)
            values.setdefault(key, []).append(row.value)
    return [
        f"{method}{f' ({variant})' if variant else ''}: {metric} "
        f"{sum(found) / len(found):.2f}{f' {unit}' if unit else ''} ({len(found)} seeds)"
        for (method, variant, metric, unit), found in values.items()
    ]


__all__ = ["TASKS", "Task", "methods_of", "summary"]
