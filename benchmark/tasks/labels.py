"""Label density: how the error falls with the number of labels that a localiser learns from.

Section 6.3 and figure 6 of Alloulah and Arnold, "Look, Radiate, and Learn", 2023. Labels are true
places for the supervised localiser and self-labels for methods that make their own; backbones
always see all pairs, and are trained once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from torch import nn

from benchmark.context import Context
from benchmark.errors import errors
from benchmark.job import Job
from benchmark.methods import METHODS, MethodError, make_method
from benchmark.methods.localised import Supervised
from benchmark.methods.self_labelled import STAGE
from benchmark.rows import Row
from benchmark.self_labels import places_of, visible
from benchmark.sources import Source
from benchmark.tasks.localisation import located, scored
from benchmark.tasks.task import Task
from benchmark.training import Batches, Schedule, as_long
from synth.shards import DatasetError


@dataclass(frozen=True)
class FewLabels(Context):
    """A run with some of the labels: what depends on them has checkpoints of its own.

    Attributes:
        n_label: Labels.
        n_all: Labels that there are: as many steps are taken with few as with all.
        first: Whether the backbones, which see all pairs, are still to be trained.
    """

    n_label: int = 0
    n_all: int = 0
    first: bool = True

    def seconds(
        self, stage: str, objective: nn.Module, batches: Batches, schedule: Schedule
    ) -> float:
        """Return about how long training a module takes [s]; see `Context.seconds`."""
        if stage == STAGE and not self.first:
            return 0.0
        name, schedule = self._own(stage, batches, schedule)
        return super().seconds(name, objective, batches, schedule)

    def train(
        self,
        stage: str,
        objective: nn.Module,
        batches: Batches,
        schedule: Schedule,
        on_epoch: Callable[[int], None] | None = None,
    ) -> None:
        """Train a module in place; see `Context.train`."""
        name, schedule = self._own(stage, batches, schedule)
        super().train(name, objective, batches, schedule, on_epoch)

    def _own(self, stage: str, batches: Batches, schedule: Schedule) -> tuple[str, Schedule]:
        """Return a stage's name and schedule with these labels: those of backbones are shared."""
        if stage == STAGE:
            return stage, schedule
        return f"{stage}-{self.n_label}", as_long(schedule, self.n_all, batches)


def check(method: str) -> None:
    """Raise MethodError if a method learns from no labels whose number could be chosen."""
    if not hasattr(make_method(method), "n_label"):
        fit = [name for name in METHODS if hasattr(make_method(name), "n_label")]
        raise MethodError(
            f"--task labels: {method} has no n_label to set; methods that have: {', '.join(fit)}"
        )


def few_labels(job: Job, train: Source, context: Context) -> Iterator[tuple[Any, FewLabels]]:
    """Yield the method and its run for each number of labels.

    Raises:
        DatasetError: If the split has too few for any.
    """
    supervised = isinstance(make_method(job.method), Supervised)
    most = len(train) if supervised else len(visible(train))
    numbers = [number for number in job.preset.labels if number <= most]
    if not numbers:
        raise DatasetError(
            f"{job.data} has {most} labels to train on, preset {job.preset.name} begins at "
            f"{min(job.preset.labels)}: make it larger with radvis synth --n"
        )
    given = {field.name: getattr(context, field.name) for field in fields(context)}
    for number in numbers:
        method = make_method(job.method)
        method.n_label = number
        yield method, FewLabels(**given, n_label=number, n_all=most, first=number == numbers[0])


def seconds(job: Job, train: Source, context: Context) -> float | None:
    """Return about how long a seed trains [s]; None for a method that does not say."""
    runs = list(few_labels(job, train, context))
    if not hasattr(runs[0][0], "seconds"):
        return None
    return float(sum(method.seconds(train, few) for method, few in runs))


def run(job: Job, train: Source, test: Source, context: Context) -> list[Row]:
    """Train and score a method with each number of labels that the split has.

    Raises:
        DatasetError: If the split has too few for any.
    """
    rows = []
    for method, few in few_labels(job, train, context):
        number = few.n_label
        error = errors(located(job.method, method, train, test, few), places_of(test))
        rows += scored(job, error, test, context, job.variant(f"labels={number}"))
        said = f"median {rows[-2].value:.2f} m, 90 % {rows[-1].value:.2f} m"
        context.say(f"{job.method}, seed {context.seed}, {number} labels: {said}")
    return rows


TASK = Task(check, seconds, run)
