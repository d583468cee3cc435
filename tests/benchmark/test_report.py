"""The report's sections: one for each task that has rows, drawn from rows alone."""

import math
from dataclasses import replace

import numpy as np
import pytest

from benchmark.methods import METHODS
from benchmark.report import sections, write_report
from benchmark.report.figures import (
    LOOKS,
    as_svg,
    draw_cdf,
    draw_density,
    draw_linear,
    draw_spectra,
    look,
)
from benchmark.report.tables import ORDER, linear_table, rank_table
from benchmark.rows import Row
from benchmark.tasks import TASKS

ROW = Row(
    "localisation", "scl", "", "median error", 1.5, "m", 1.25, 2.0, 300, 0, "laptop", "c0", "d0",
    "parking_lot, validation split, 300 frames", "radvis 0.1.0", "a machine", "radvis bench scl",
)  # fmt: skip
NAN = math.nan


def density(method, number, median, seed=0, extra=""):
    row = replace(ROW, task="labels", method=method, seed=seed, variant=f"labels={number}{extra}")
    return [
        replace(row, value=median, low=median - 0.1, high=median + 0.1),
        replace(row, metric="90th percentile error", value=3 * median),
    ]


def accuracy(method, kind, percent, value, seed=0):
    return replace(
        ROW, task="linear", method=method, variant=f"{kind}, {percent} %", metric="accuracy",
        value=value, unit="%", low=value - 5, high=value + 5, seed=seed,
    )  # fmt: skip


def level(kind, value):
    row = accuracy("scl", kind, 1, value)
    return replace(row, variant=kind, metric="chance")


def branch(method, name, rank, count):
    row = replace(ROW, task="spectrum", method=method, variant=name, unit="", low=NAN, high=NAN)
    y = tuple(np.linspace(0, -3, count).tolist())
    return [
        replace(row, metric="effective rank", value=rank),
        replace(row, metric="singular values", value=NAN, x=tuple(range(1, count + 1)), y=y),
    ]


CDF = replace(ROW, metric="error CDF", value=NAN, x=(0.0, 2.0, 9.0), y=(0.0, 0.5, 1.0))
ALL = [
    *branch("scl", "radio", 12.4, 40), *branch("scl", "vision", 7.0, 30),
    accuracy("scl", "family", 1, 20.0), accuracy("scl", "family", 100, 60.0),
    accuracy("scl", "family", 20, 40.0), accuracy("random", "family", 1, 10.0),
    accuracy("scl", "sector", 10, 33.0), level("family", 15.0), level("sector", 12.5),
    *density("scl", 75, 3.0), *density("scl", 75, 4.0, seed=1), *density("scl", 300, 2.0),
    *density("supervised", 75, 1.0), ROW, CDF,
]  # fmt: skip


def of(task):
    return [row for row in ALL if row.task == task]


def test_each_task_with_rows_has_a_section_in_order(tmp_path):
    titles = ["Localisation", "Label density", "Linear evaluation", "Spectra"]
    assert [section.title for section in sections(ALL)] == titles
    assert [section.title for section in sections(of("spectrum"))] == ["Spectra"]
    markdown, page = (path.read_text() for path in write_report(ALL, tmp_path))
    for text, mark in ((markdown, "### {}\n"), (page, "<h3>{}</h3>")):
        places = [text.index(mark.format(title)) for title in titles]
        assert places == sorted(places)
    assert page.count("<svg") == 5 and page.count("<table>") == markdown.count("\n|---|") == 6
    for name in ("errors", "labels", "linear-family", "linear-sector", "spectra"):
        assert (tmp_path / f"{name}-0.svg").read_text().startswith("<?xml")
        assert f"]({name}-0.svg)" in markdown


def test_splits_datasets_and_presets_are_not_mixed(tmp_path):
    test_split = replace(ROW, dataset="parking_lot, test split, 300 frames", value=9.0)
    paper = replace(ROW, preset="paper", value=8.0)
    text = write_report([*ALL, test_split, paper], tmp_path)[0].read_text()
    parts = text.split("\n## ")[1:]
    assert [part.count("| scl | ") for part in parts].count(1) == 2 and len(parts) == 3
    assert sum("9.00" in part for part in parts) == sum("8.00" in part for part in parts) == 1


def test_the_density_figure_has_both_percentiles_a_line_a_method_and_the_spread():
    median, ninety = draw_density(of("labels")).axes
    lines = {line.get_label(): line for line in median.lines}
    assert list(lines) == ["supervised", "scl"] and median.get_xscale() == "log"
    assert np.asarray(lines["scl"].get_xdata()).tolist() == [75, 300]
    assert lines["scl"].get_ydata() == pytest.approx([3.5, 2.0])
    band = np.asarray(median.collections[0].get_paths()[0].vertices)[:, 1]
    spread = np.std([3.0, 4.0], ddof=1)
    assert band.min() == pytest.approx(2.0) and band.max() == pytest.approx(3.5 + spread)
    assert len(median.collections) == 1  # one seed has no spread
    assert [text.get_text() for text in median.get_xticklabels()] == ["75", "300"]
    assert ninety.lines[1].get_ydata() == pytest.approx([10.5, 6.0])


def test_a_variant_is_a_line_of_its_own():
    rows = [*density("scl", 75, 3.0), *density("scl", 75, 5.0, extra=", detected boxes")]
    labels = [line.get_label() for line in draw_density(rows).axes[0].lines]
    assert labels == ["scl", "scl (detected boxes)"]


def test_the_linear_figure_shows_accuracy_by_share_and_the_chance_level():
    (axes,) = draw_linear(of("linear"), "family").axes
    lines = {line.get_label(): line for line in axes.lines}
    assert np.asarray(lines["scl"].get_xdata()).tolist() == [1, 20, 100]
    assert np.asarray(lines["scl"].get_ydata()).tolist() == [20, 40, 60]
    assert lines["chance"].get_ydata() == [15.0, 15.0] and lines["chance"].get_linestyle() == "--"


def test_the_linear_table_compares_methods_with_chance():
    table = linear_table(of("linear"), "family")
    assert table[0] == ["family: accuracy [%] at", "1 % of the labels", "100 % of the labels"]
    assert table[1] == ["scl", "20.0 (15.0 to 25.0)", "60.0 (55.0 to 65.0)"]
    assert table[2] == ["random", "10.0 (5.0 to 15.0)", "-"]
    assert table[3][0] == "most frequent class" and table[3][1].startswith("15.0 ")


def test_spectra_have_a_line_a_method_and_seed_in_the_panel_of_their_branch():
    rows = [*of("spectrum"), *(replace(row, seed=1) for row in of("spectrum"))]
    radio, vision = draw_spectra(rows).axes
    assert [len(np.asarray(line.get_xdata())) for line in radio.lines] == [40, 40]
    assert [len(np.asarray(line.get_xdata())) for line in vision.lines] == [30, 30]
    legend = radio.get_legend()
    assert legend is not None and [text.get_text() for text in legend.get_texts()] == ["scl"]
    assert rank_table(of("spectrum"))[1] == ["scl", "12", "40", "7", "30"]


def test_figures_are_the_same_text_each_time():
    for draw in (
        lambda: draw_cdf([ROW, CDF]), lambda: draw_density(of("labels")),
        lambda: draw_linear(of("linear"), "family"), lambda: draw_spectra(of("spectrum")),
    ):  # fmt: skip
        assert as_svg(draw) == as_svg(draw)


def test_rows_that_say_something_else_are_left_out(tmp_path):
    wild = [
        replace(density("scl", 1, 1.0)[0], variant="labels=<b>"),
        replace(accuracy("scl", "family", 1, 1.0), variant="../../x, 1 %"),
        replace(branch("scl", "radio", 1.0, 3)[1], variant="", x=(), y=()),
        replace(ROW, task="<script>"), replace(ROW, task="labels", variant="labels=15", value=NAN),
    ]  # fmt: skip
    _, page = write_report(wild, tmp_path / "out")
    assert "<script" not in page.read_text() and "<b>" not in page.read_text()
    assert {path.parent for path in tmp_path.rglob("*.svg")} == {tmp_path / "out"}


def test_every_method_has_a_look_and_a_place_in_tables():
    assert set(ORDER) == set(LOOKS) == {*METHODS, "random"}
    seen = {(look((name, ""))["color"], look((name, ""))["linestyle"]) for name in ORDER}
    assert len(seen) == len(ORDER)
    assert look(("mine:It", ""))["label"] == "mine:It"
    assert set(TASKS) == {"localisation", "labels", "linear", "spectrum"}
