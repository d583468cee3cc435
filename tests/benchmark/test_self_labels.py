"""From attention to places: cells, offsets and labels on pairs whose truth is known."""

import numpy as np
import pytest
import torch

from benchmark.calibration import calibrate
from benchmark.methods.duet import duet_labels
from benchmark.pairs import Pairs, load, metres
from benchmark.self_labels import SelfLabels, diagnose, places_of, self_labels
from benchmark.sources import Source
from benchmark.tracks import QUARTER_CAR
from tests.benchmark.paintings import paired_dataset

STRIDE = 4


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    pairs = Pairs(paired_dataset(tmp_path_factory.mktemp("pairs") / "data"), "train", 60, 80)
    return Source(pairs, load(pairs))


def true_labels(source, rows=0.0, columns=0.0):
    """Labels at the true places, moved by rows and columns of the radio map."""
    axes, true = source.pairs.axes, places_of(source)
    off = rows * np.diff(axes.range[:2])[0], columns * np.diff(axes.azimuth[:2])[0]
    return SelfLabels(np.arange(len(source)), true + np.array(off), np.ones(len(source)))


def test_a_peak_is_told_at_the_middle_of_the_cells_it_stands_for(source):
    axes = source.pairs.axes

    def attention(batch):
        maps = torch.zeros(len(batch.frame), 15, 20)
        maps[torch.arange(len(maps)), batch.frame % 15, batch.frame % 20] = 1.0
        return maps

    found = self_labels(source, attention, STRIDE)
    row, column = found.frame % 15, found.frame % 20
    middles = axes.range.reshape(15, -1).mean(1), axes.azimuth.reshape(20, -1).mean(1)
    np.testing.assert_allclose(found.place[:, 0], middles[0][row], atol=1e-9)
    np.testing.assert_allclose(found.place[:, 1], middles[1][column], atol=1e-9)
    assert (found.score == 1).all()
    some = self_labels(source, attention, STRIDE, found.frame[::7], 5)
    assert np.array_equal(some.place, found.place[::7])


@pytest.mark.parametrize("rows, columns", [(0, 0), (4, -6), (-5, 3), (7, 9)])
def test_the_echoes_tell_by_how_much_labels_are_off(source, rows, columns):
    """The painted echoes lie at the cars' middles, not a quarter of a car before them."""
    moved = true_labels(source, rows, columns)
    found = calibrate(moved, source, "echo").place - places_of(source)
    step = [np.diff(axis[:2])[0] for axis in (source.pairs.axes.range, source.pairs.axes.azimuth)]
    assert np.abs(found[:, 0] - QUARTER_CAR).max() < 1.01 * step[0]
    assert np.abs(found[:, 1]).max() < 1.01 * step[1]
    assert calibrate(moved, source, "none") is moved
    exact = calibrate(moved, source, "labels").place
    np.testing.assert_allclose(exact, places_of(source), atol=1e-6)


def test_people_are_told_how_far_labels_are_off(source):
    found = diagnose(true_labels(source, rows=2), places_of(source))
    step = np.diff(source.pairs.axes.range[:2])[0]
    assert found.median == pytest.approx(2 * step) and found.p90 == pytest.approx(2 * step)
    assert found.range == pytest.approx(1) and found.azimuth == pytest.approx(1)


def test_duets_labels_are_near_the_truth(source):
    labels = duet_labels(source)
    error = np.linalg.norm(metres(labels.place) - metres(places_of(source)[labels.frame]), axis=1)
    assert np.median(error) < 1.0  # cells are half a metre, and a quarter of a car is added
