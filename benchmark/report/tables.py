"""Tables of results, and what rows are of: which method, which variant, which number of labels."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

import numpy as np

from benchmark.job import DETECTED
from benchmark.rows import Row
from benchmark.tasks.linear import ACCURACY, CHANCE
from benchmark.tasks.localisation import MEDIAN, P90
from benchmark.tasks.spectrum import BRANCHES, RANK, SPECTRUM

Table = list[list[str]]
ORDER = (
    "fusion", "supervised", "duet", "duet-radio", "mcl-moving", "scl-moving", "mcl", "mcl-ema",
    "scl", "cl", "cl-ema", "cfar", "cfar-map", "random",
)  # fmt: skip
BOXES = "labelled boxes"  # of the target in the picture
PAIRS = f"pairs, {BOXES}; sequences, for one offset"
LEARNS_FROM = {
    "fusion": "labels, the rig's calibration; sees pictures, too", "supervised": "labels",
    "duet": f"pairs in sequences, {BOXES}", "duet-radio": f"maps in sequences, {BOXES}",
    "mcl-moving": f"pairs in sequences, {BOXES}", "scl-moving": f"pairs in sequences, {BOXES}",
    "mcl": PAIRS, "mcl-ema": PAIRS, "scl": PAIRS, "cl": PAIRS, "cl-ema": PAIRS,
    "cfar": "60 labels; sees Doppler, too", "cfar-map": "60 labels",
}  # fmt: skip
LABELS = re.compile(r"labels=(\d+)(?:, (.+))?")  # number of labels, and what differs else
LINEAR = re.compile(r"(\w+), (\d+) %(?:, (.+))?")  # classification, share, and what differs else
SHOWN = (1, 10, 100)  # shares of labels [%] that tables have; figures have all


def entries(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Return methods and variants, in the order of tables."""
    return in_order({(row.method, row.variant) for row in rows})


def in_order(found: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return methods and what differs from their standard, in the order of tables."""

    def rank(key: tuple[str, str]) -> tuple[int, str, str]:
        return (ORDER.index(key[0]) if key[0] in ORDER else len(ORDER), *key)

    return sorted(found, key=rank)


def named(method: str, variant: str) -> str:
    """Return a method's name for people."""
    return f"{method} ({variant})" if variant else method


def by_labels(rows: Sequence[Row], metric: str) -> dict[tuple[str, str], dict[int, list[Row]]]:
    """Return the rows of the label density sweep by method and number of labels."""
    found: dict[tuple[str, str], dict[int, list[Row]]] = {}
    for row in rows:
        part = LABELS.fullmatch(row.variant)
        if row.metric == metric and part is not None:
            own = found.setdefault((row.method, part[2] or ""), {})
            own.setdefault(int(part[1]), []).append(row)
    return found


def by_share(rows: Sequence[Row], kind: str) -> dict[tuple[str, str], dict[int, list[Row]]]:
    """Return the accuracies of one classification by method and share of labels [%]."""
    found: dict[tuple[str, str], dict[int, list[Row]]] = {}
    for row in rows:
        part = LINEAR.fullmatch(row.variant)
        if row.metric == ACCURACY and part is not None and part[1] == kind:
            own = found.setdefault((row.method, part[3] or ""), {})
            own.setdefault(int(part[2]), []).append(row)
    return found


def kinds(rows: Sequence[Row]) -> list[str]:
    """Return the classifications that rows have accuracies of, in their order."""
    parts = [LINEAR.fullmatch(row.variant) for row in rows if row.metric == ACCURACY]
    return list(dict.fromkeys(part[1] for part in parts if part is not None))


def chance(rows: Sequence[Row], kind: str) -> Row | None:
    """Return how often the most frequent class of a classification is right."""
    found = [
        row for row in rows if row.metric == CHANCE and row.variant.split(", ")[0] == kind
    ]  # fmt: skip
    return found[-1] if found else None


def results_table(rows: Sequence[Row]) -> Table:
    """Return the table of percentiles: mean over seeds, spread, and ends of their intervals."""
    table = [["method", "learns from", "median [m]", "90th percentile [m]", "seeds"]]
    for method, variant in entries(rows):
        own = [row for row in rows if (row.method, row.variant) == (method, variant)]
        cells = [summary([row for row in own if row.metric == metric]) for metric in (MEDIAN, P90)]
        seeds = len({row.seed for row in own if row.metric == MEDIAN})
        source = LEARNS_FROM.get(method, "-")
        if DETECTED in variant:
            source = source.replace(BOXES, DETECTED)
        table.append([named(method, variant), source, *cells, str(seeds)])
    return table


def density_table(rows: Sequence[Row], metric: str) -> Table:
    """Return errors [m] by number of labels."""
    found = by_labels(rows, metric)
    numbers = sorted({number for own in found.values() for number in own})
    table = [[f"{metric} [m] with", *(f"{number} labels" for number in numbers)]]
    for key in in_order(set(found)):
        table.append([named(*key), *(summary(found[key].get(n, [])) for n in numbers)])
    return table


def notes(rows: Sequence[Row]) -> list[str]:
    """Return what runs said of themselves, by method and seed."""
    found = [
        f"{named(row.method, row.variant)}, seed {row.seed}: {row.note}"
        for key in entries(rows)
        for row in rows
        if row.note and row.metric == MEDIAN and (row.method, row.variant) == key
    ]
    return list(dict.fromkeys(found))


def linear_table(rows: Sequence[Row], kind: str) -> Table:
    """Return the accuracies [%] of one classification: methods by share of labels."""
    found = by_share(rows, kind)
    shares = sorted({share for own in found.values() for share in own if share in SHOWN})
    table = [[f"{kind}: accuracy [%] at", *(f"{share} % of the labels" for share in shares)]]
    for key in in_order(set(found)):
        cells = [summary(found[key].get(share, []), 1) for share in shares]
        table.append([named(*key), *cells])
    level = chance(rows, kind)
    if level is not None:
        table.append(["most frequent class", *[summary([level], 1)] * len(shares)])
    return table


def rank_table(rows: Sequence[Row]) -> Table:
    """Return the effective ranks of the branches, and of how many singular values."""
    table = [["method", *(f"{branch}: {what}" for branch in BRANCHES for what in ("rank", "of"))]]
    found = {(row.method, ", ".join(row.variant.split(", ")[1:])) for row in rows}
    for method, variant in in_order(found):
        cells = []
        for branch in BRANCHES:
            whole = f"{branch}, {variant}" if variant else branch
            own = [row for row in rows if (row.method, row.variant) == (method, whole)]
            count = [row.x[-1] for row in own if row.metric == SPECTRUM and row.x]
            cells.append(summary([row for row in own if row.metric == RANK], 0))
            cells.append(f"{np.mean(count):.0f}" if count else "-")
        table.append([named(method, variant), *cells])
    return table


def summary(rows: Sequence[Row], digits: int = 2) -> str:
    """Return "mean ± spread (low to high)": the ends are the outermost of the seeds' intervals."""
    if not rows:
        return "-"
    values = [row.value for row in rows]
    spread = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    low, high = min(row.low for row in rows), max(row.high for row in rows)
    interval = f" ({low:.{digits}f} to {high:.{digits}f})" if np.isfinite([low, high]).all() else ""
    return f"{np.mean(values):.{digits}f}{spread}{interval}"


def as_markdown(table: Table) -> str:
    """Return a table as Markdown."""
    head, *rest = (f"| {' | '.join(escaped(cell) for cell in row)} |" for row in table)
    return "\n".join([head, "|" + "---|" * len(table[0]), *rest, ""])


def escaped(cell: str) -> str:
    """Return text as a cell of a Markdown table or the name of a picture holds it."""
    return cell.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def as_html(table: Table) -> str:
    """Return a table as HTML."""
    head, *rest = (
        "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)
        for tag, row in zip(["th", *["td"] * (len(table) - 1)], table, strict=True)
    )
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rest)}</table>"
