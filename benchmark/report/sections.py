"""What a page says of one dataset and preset: a section for each task that has rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from benchmark.report.figures import (
    as_svg,
    draw_cdf,
    draw_density,
    draw_linear,
    draw_spectra,
)
from benchmark.report.tables import (
    Table,
    density_table,
    kinds,
    linear_table,
    notes,
    rank_table,
    results_table,
)
from benchmark.rows import Row
from benchmark.tasks.localisation import MEDIAN, P90


@dataclass(frozen=True)
class Figure:
    """A drawing.

    Attributes:
        name: Of its file, without number and ending.
        text: What it shows.
        svg: It.
    """

    name: str
    text: str
    svg: str


@dataclass(frozen=True)
class Section:
    """One task's results.

    Attributes:
        title: Of the section.
        text: What is measured, in a sentence.
        tables: The tables.
        figures: The figures.
        notes: What runs said of themselves.
    """

    title: str
    text: str
    tables: tuple[Table, ...]
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()


def localisation(rows: Sequence[Row]) -> Section:
    """Return the section of the localisation errors."""
    drawn = as_svg(partial(draw_cdf, rows))
    text = (
        "Distance between the place told and the true one, in the radar's plane of range and "
        "azimuth: mean over seeds ± their standard deviation, and in brackets the outermost ends "
        "of the seeds' 95 % intervals (bootstrap of sequences)."
    )
    return Section(
        "Localisation", text, (results_table(rows),),
        (Figure("errors", "CDFs of the errors", drawn),),
        tuple(notes(rows)),
    )  # fmt: skip


def label_density(rows: Sequence[Row]) -> Section:
    """Return the section of the errors over numbers of labels."""
    drawn = as_svg(partial(draw_density, rows))
    return Section(
        "Label density",
        "Errors of localisers that learn from fewer labels or self-labels; bands are the spread "
        "over seeds.",
        tuple(density_table(rows, metric) for metric in (MEDIAN, P90)),
        (Figure("labels", "Errors over the number of labels", drawn),),
    )  # fmt: skip


def linear(rows: Sequence[Row]) -> Section:
    """Return the section of the linear evaluation."""
    drawn = [
        Figure(
            f"linear-{kind}", f"Accuracy over the share of labels: {kind}",
            as_svg(partial(draw_linear, rows, kind)),
        )
        for kind in kinds(rows)
    ]  # fmt: skip
    return Section(
        "Linear evaluation",
        "A linear classifier on frozen radio features; supervised is the same network trained on "
        "the same labels, from scratch.",
        tuple(linear_table(rows, kind) for kind in kinds(rows)), tuple(drawn),
    )  # fmt: skip


def spectra(rows: Sequence[Row]) -> Section:
    """Return the section of the features' spectra."""
    drawn = as_svg(partial(draw_spectra, rows))
    return Section(
        "Spectra",
        "Singular values of the covariances of features, of all channels and cells; the effective "
        "rank is the exponential of their entropy.",
        (rank_table(rows),), (Figure("spectra", "Spectra of the features", drawn),),
    )  # fmt: skip


SECTIONS: dict[str, Callable[[Sequence[Row]], Section]] = {
    "localisation": localisation, "labels": label_density, "linear": linear, "spectrum": spectra,
}  # fmt: skip


def sections(rows: Sequence[Row]) -> list[Section]:
    """Return the sections of one dataset's and preset's rows, in the order of tasks."""
    own = {task: [row for row in rows if row.task == task] for task in SECTIONS}
    return [SECTIONS[task](part) for task, part in own.items() if part]
