"""Moved radio maps: the target's echo is where the place says, whatever chance does."""

import numpy as np
import pytest
import torch

from benchmark.pairs import Axes
from benchmark.shifting import EDGE, mirrored, moved
from models.spatial import rolled

AXES = Axes(np.linspace(6, 46, 41), np.linspace(-0.8, 0.8, 33))


def maps(rows, columns):
    """Maps of one bright cell each, and the places of those cells."""
    radio = torch.zeros(len(rows), 1, 41, 33)
    radio[torch.arange(len(rows)), 0, rows, columns] = 1.0
    return radio, AXES.at(np.array(rows, float), np.array(columns, float))


def test_the_place_moves_with_the_map():
    rows, columns = [5, 20, 37, 10] * 10, [4, 16, 29, 25] * 10
    radio, place = maps(rows, columns)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        radio, place, _ = moved(radio, place, AXES, (0.3, 0.4))
    found = radio.flatten(1).argmax(1)
    row, column = AXES.cells(place[:, 0], place[:, 1])
    np.testing.assert_allclose(found // 33, row, atol=1e-9)
    np.testing.assert_allclose(found % 33, column, atol=1e-9)
    assert radio.sum((1, 2, 3)).eq(1).all()
    assert row.min() >= EDGE and row.max() <= 40 - EDGE
    assert column.min() >= EDGE and column.max() <= 32 - EDGE
    assert np.abs(row - rows).max() <= 0.3 * 41 + 0.5
    assert len(np.unique(row)) > 15 and len(np.unique(column)) > 15


def test_half_of_the_maps_are_mirrored_and_chance_is_torchs():
    radio, place = maps([20] * 400, [5] * 400)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        first = mirrored((radio,), place)
        torch.manual_seed(1)
        again = mirrored((radio,), place)
    assert torch.equal(first[0][0], again[0][0]) and (first[1] == again[1]).all()
    assert 0.4 < (first[1][:, 1] > 0).mean() < 0.6


@pytest.mark.parametrize("row", [0, 1, 40])
def test_what_stands_at_the_border_is_not_moved_off(row):
    radio, place = maps([row] * 50, [16] * 50)
    _, found, _ = moved(radio, place, AXES, (0.5, 0.5))
    assert found[:, 0].min() >= 6 and found[:, 0].max() <= 46


def test_pairs_are_mirrored_together():
    radio, place = maps([20] * 100, [5] * 100)
    pictures = radio.mul(200).to(torch.uint8)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        (turned, seen), found = mirrored((radio, pictures), place)
    column = turned.flatten(1).argmax(1) % 33
    assert set(column.tolist()) == {5, 27}
    np.testing.assert_allclose(AXES.cells(found[:, 0], found[:, 1])[1], column, atol=1e-9)
    assert torch.equal(seen, turned.mul(200).to(torch.uint8))
    assert (found[:, 0] == place[:, 0]).all()


def test_what_is_seen_of_a_picture_moves_by_the_cells_of_the_map():
    rows, columns = [8, 20, 28, 12] * 10, [4, 16, 28, 24] * 10  # middles of cells would do as well
    radio, place = maps(rows, columns)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        there, _, by = moved(radio, place, AXES, (0.3, 0.4), step=4)
    features = torch.nn.functional.max_pool2d(radio[:, :, :40, :32], 4)
    expected = torch.nn.functional.max_pool2d(there[:, :, :40, :32], 4)
    assert torch.equal(rolled(features, by), expected)
    assert len(np.unique(by.numpy(), axis=0)) > 10
