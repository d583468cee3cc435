"""Rows of results, their percentiles, and the pages that are drawn from them."""

import math
import os
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from benchmark.errors import errors, percentile
from benchmark.job import DETECTED
from benchmark.report import results_table, write_report
from benchmark.report.tables import PAIRS
from benchmark.rows import ROWS, Row, append_rows, read_rows
from radvis_cli import main
from synth.shards import DatasetError

ROW = Row(
    "localisation", "scl", "", "median error", 1.5, "m", 1.25, 2.0, 300, 0, "laptop", "c0", "d0",
    "parking_lot, validation split, 300 frames", "radvis 0.1.0", "a machine", "radvis bench scl",
)  # fmt: skip


def test_rows_come_back_as_they_were(tmp_path):
    path = tmp_path / "deep" / ROWS
    curve = replace(ROW, metric="error CDF", value=math.nan, x=(0.0, 1.0), y=(0.0, 1.0))
    append_rows(path, [ROW])
    append_rows(path, [curve])
    first, second = read_rows(path)
    assert first == ROW
    assert math.isnan(second.value) and second.x == (0.0, 1.0)


def test_a_measurement_repeated_replaces_the_earlier_one(tmp_path):
    path = tmp_path / ROWS
    append_rows(path, [ROW, replace(ROW, seed=1)])
    append_rows(path, [replace(ROW, value=1.0)])
    assert [(row.seed, row.value) for row in read_rows(path)] == [(1, 1.5), (0, 1.0)]


def test_a_run_that_is_stopped_while_it_writes_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / ROWS
    append_rows(path, [ROW])

    def full(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError):
        append_rows(path, [replace(ROW, seed=1)])
    monkeypatch.undo()
    assert read_rows(path) == [ROW]
    append_rows(path, [replace(ROW, seed=1)])
    assert len(read_rows(path)) == 2


def test_curves_have_as_many_points_in_x_as_in_y(tmp_path):
    path = tmp_path / ROWS
    append_rows(path, [ROW])
    line = path.read_text().replace('"x": []', '"x": [1.0]')
    path.write_text(line)
    with pytest.raises(DatasetError, match="x has 1 points, y 0"):
        read_rows(path)


def test_a_report_of_strange_names_and_curves_is_drawn(tmp_path):
    one = replace(ROW, method="$x_{$", metric="error CDF", x=(0.0, 1.0), y=(0.0, 1.0))
    other = replace(one, seed=1, x=(0.0,), y=(1.0,))
    assert "$x_{$" in write_report([one, other], tmp_path)[0].read_text()


@pytest.mark.parametrize("line", [b"{}", b"[1, 2]", b"\xff\xfe", b'{"task": 1e999}', b"null"])
def test_what_is_no_row_is_told_by_its_line(tmp_path, line):
    path = tmp_path / ROWS
    path.write_bytes(line + b"\n")
    append_rows(path, [ROW])
    with pytest.raises(DatasetError, match="line 1"):
        read_rows(path)


def test_errors_are_distances_in_the_plane():
    found = errors(np.array([[10.0, 0.0], [5.0, np.pi / 2]]), np.array([[13.0, 0.0], [5.0, 0.0]]))
    assert found == pytest.approx([3.0, 5 * np.sqrt(2)])


def test_the_interval_is_of_sequences_not_of_frames():
    """Frames of a sequence that are all alike tell no more than one of them."""
    rng = np.random.default_rng(1)
    level = rng.exponential(1.0, 20)
    sequence = np.repeat(np.arange(20), 15)
    alike = percentile(level[sequence], sequence, 0.5, np.random.default_rng(2))
    once = percentile(level, np.arange(20), 0.5, np.random.default_rng(2))
    free = percentile(rng.exponential(1.0, 300), np.arange(300), 0.5, np.random.default_rng(2))
    assert alike.low <= np.median(level) <= alike.high
    assert alike.high - alike.low == pytest.approx(once.high - once.low, rel=0.3)
    assert free.high - free.low < 0.6 * (alike.high - alike.low)


def test_tables_average_over_seeds_in_the_order_of_methods():
    rows = [ROW, replace(ROW, seed=1, value=2.5, high=3.0), replace(ROW, method="supervised")]
    table = results_table(rows)
    assert [row[0] for row in table] == ["method", "supervised", "scl"]
    assert [row[1] for row in table] == ["learns from", "labels", PAIRS]
    detected = results_table([replace(ROW, variant=DETECTED)])
    assert detected[1][1] == PAIRS.replace("labelled", "detected")
    assert table[2][2] == "2.00 ± 0.71 (1.25 to 3.00)" and table[2][4] == "2"
    assert table[2][3] == "-"


def test_pages_stand_alone_and_escape_what_rows_say(tmp_path):
    wild = replace(ROW, dataset="<script>alert(1)</script> | x", command="a <b>")
    curve = replace(wild, metric="error CDF", value=math.nan, x=(0.0, 2.0, 9.0), y=(0.0, 0.5, 1.0))
    markdown, page = write_report([wild, curve], tmp_path)
    text = page.read_text()
    assert "<script" not in text and "&lt;script&gt;" in text
    assert "<svg" in text and 'src="' not in text and 'href="http' not in text
    assert "1.50 (1.25 to 2.00)" in markdown.read_text()
    again = tmp_path / "again"
    assert write_report([wild, curve], again)[1].read_bytes() == page.read_bytes()


def test_a_report_of_nothing_says_what_to_run(tmp_path):
    done = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert done.exit_code == 2 and "run radvis bench first" in done.output
    append_rows(tmp_path / ROWS, [ROW])
    done = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert done.exit_code == 0 and "report.html" in done.output
