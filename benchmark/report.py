"""Tables and figures of results, drawn from rows alone: one Markdown and one HTML page.

The HTML page is one file: figures are inside it as SVG.
"""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmark.rows import Row
from synth.shards import replace_file

TASK = "localisation"
MEDIAN, P90, CDF = "median error", "90th percentile error", "error CDF"
ORDER = (
    "fusion", "supervised", "duet", "duet-radio", "mcl", "mcl-ema", "scl", "cl", "cl-ema", "cfar",
)  # fmt: skip
MARKDOWN, PAGE = "report.md", "report.html"
FARTHEST = 10.0  # [m] of the CDF's axis

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem .8rem;border-bottom:1px solid #ccc;
text-align:right}td:first-child,th:first-child{text-align:left}svg{max-width:100%;height:auto}
small{color:#555}"""


def write_report(rows: Sequence[Row], folder: Path) -> tuple[Path, Path]:
    """Write both pages and return their paths.

    Args:
        rows: Of any runs; each dataset and preset gets a section.
        folder: To write into; figures for the Markdown go beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    markdown, page = ["# Results\n"], ["<h1>Results</h1>"]
    keys = sorted({(row.dataset, row.data, row.preset) for row in rows if row.task == TASK})
    for number, (dataset, data, preset) in enumerate(keys):
        part = [row for row in rows if (row.data, row.preset) == (data, preset)]
        title = f"{dataset}, preset {preset}"
        table = results_table(part)
        figure = error_cdf(part)
        name = f"errors-{number}.svg"
        replace_file(folder / name, figure.encode())
        markdown += [
            f"## {title}\n", as_markdown(table), f"![CDFs of the errors]({name})\n",
            f"{origin(part)}\n",
        ]  # fmt: skip
        page += [
            f"<h2>{html.escape(title)}</h2>", as_html(table), figure[figure.index("<svg") :],
            f"<p><small>{html.escape(origin(part))}</small></p>",
        ]  # fmt: skip
    body = "\n".join(page)
    text = (
        "<!doctype html><html lang=en><meta charset=utf-8><title>radvis results</title>"
        f"<style>{STYLE}</style>{body}</html>"
    )
    replace_file(folder / MARKDOWN, "\n".join(markdown).encode())
    replace_file(folder / PAGE, text.encode())
    return folder / MARKDOWN, folder / PAGE


def labels(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Return methods and variants, in the order of tables."""
    found = {(row.method, row.variant) for row in rows}

    def rank(key: tuple[str, str]) -> tuple[int, str, str]:
        return (ORDER.index(key[0]) if key[0] in ORDER else len(ORDER), *key)

    return sorted(found, key=rank)


def results_table(rows: Sequence[Row]) -> list[list[str]]:
    """Return the table of percentiles: mean over seeds, spread, and bootstrap interval."""
    table = [["method", "median [m]", "90th percentile [m]", "seeds"]]
    for method, variant in labels(rows):
        own = [row for row in rows if (row.method, row.variant) == (method, variant)]
        cells = [_summary([row for row in own if row.metric == metric]) for metric in (MEDIAN, P90)]
        name = f"{method} ({variant})" if variant else method
        seeds = len({row.seed for row in own if row.metric == MEDIAN})
        table.append([name, *cells, str(seeds)])
    return table


def _summary(rows: Sequence[Row]) -> str:
    """Return "mean ± spread (low to high)"; the interval is the widest of the seeds'."""
    if not rows:
        return "-"
    values = [row.value for row in rows]
    spread = f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
    low, high = min(row.low for row in rows), max(row.high for row in rows)
    return f"{np.mean(values):.2f}{spread} ({low:.2f} to {high:.2f})"


def error_cdf(rows: Sequence[Row]) -> str:
    """Return a figure of all methods' errors as SVG."""
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "radvis", "svg.fonttype": "none"}):
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 4.2), layout="constrained")
        axes = figure.add_subplot()
        for method, variant in labels(rows):
            curves = [
                row for row in rows
                if (row.method, row.variant, row.metric) == (method, variant, CDF) and row.x
            ]  # fmt: skip
            if not curves:
                continue
            share = np.asarray(curves[0].y)
            error = np.mean([row.x for row in curves], axis=0)
            name = f"{method} ({variant})" if variant else method
            axes.plot(error, share, label=name)
        axes.set(
            xlim=(0, FARTHEST), ylim=(0, 1), xlabel="error [m]", ylabel="share of frames",
        )  # fmt: skip
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend(frameon=False)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def origin(rows: Sequence[Row]) -> str:
    """Return what made the rows: command, version, machine, data."""
    commands = sorted({row.command for row in rows})
    machines = sorted({row.machine for row in rows})
    versions = sorted({row.version for row in rows})
    data = sorted({row.data[:16] for row in rows})
    return (
        f"Made by {'; '.join(commands)} with {', '.join(versions)} on {', '.join(machines)}; "
        f"data {', '.join(data)}."
    )


def as_markdown(table: Sequence[Sequence[str]]) -> str:
    """Return a table as Markdown."""
    head, *rest = (f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in table)
    return "\n".join([head, "|" + "---|" * len(table[0]), *rest, ""])


def _escaped(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def as_html(table: Sequence[Sequence[str]]) -> str:
    """Return a table as HTML."""
    head, *rest = (
        "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)
        for tag, row in zip(["th", *["td"] * (len(table) - 1)], table, strict=True)
    )
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rest)}</table>"
