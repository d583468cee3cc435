"""What `radvis bench` measures, by name."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmark.methods import METHODS, MethodError
from benchmark.rows import Row
from benchmark.tasks.encoders import encoders
from benchmark.tasks.labels import TASK as LABELS
from benchmark.tasks.linear import TASK as LINEAR
from benchmark.tasks.localisation import TASK as LOCALISATION
from benchmark.tasks.spectrum import TASK as SPECTRUM
from benchmark.tasks.task import Task

TASKS: dict[str, Task] = {
    "localisation": LOCALISATION, "labels": LABELS, "linear": LINEAR, "spectrum": SPECTRUM,
}  # fmt: skip


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


def counted(seeds: int) -> str:
    """Return a number of seeds in words."""
    return f"{seeds} seed{'s' * (seeds > 1)}"


def summary(rows: Sequence[Row]) -> list[str]:
    """Return a line for each number that was measured: its mean over seeds."""
    values: dict[tuple[str, str, str, str], list[float]] = {}
    for row in rows:
        if not math.isnan(row.value):
            key = (row.method, row.variant, row.metric, row.unit)
            values.setdefault(key, []).append(row.value)
    return [
        f"{method}{f' ({variant})' if variant else ''}: {metric} "
        f"{sum(found) / len(found):.2f}{f' {unit}' if unit else ''} ({counted(len(found))})"
        for (method, variant, metric, unit), found in values.items()
    ]


__all__ = ["TASKS", "Task", "methods_of", "summary"]
