"""Moved radio maps: the target's echo is where the place says, whatever chance does."""

import numpy as np
import pytest
import torch

from benchmark.pairs import Axes
from benchmark.shifting import EDGE, mirrored, mirrored_ground, moved, varied

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
        (turned, seen), found, turn = mirrored((radio, pictures), place)
    column = turned.flatten(1).argmax(1) % 33
    assert set(column.tolist()) == {5, 27}
    np.testing.assert_allclose(AXES.cells(found[:, 0], found[:, 1])[1], column, atol=1e-9)
    assert torch.equal(seen, turned.mul(200).to(torch.uint8))
    assert torch.equal(turn, column == 27)
    assert (found[:, 0] == place[:, 0]).all()


def test_where_pictures_show_the_cells_moves_with_the_map():
    """Each cell keeps what it sees: its own place, painted into its map and told as its ground."""
    rows, columns = torch.arange(40.0), torch.arange(32.0)
    painted = torch.stack([columns.expand(40, 32) - 15.5, rows[:, None].expand(40, 32)], -1)
    ground = (painted * torch.tensor([1 / 15.5, 1.0])).reshape(10, 4, 8, 4, 2).mean((1, 3))
    radio = painted[..., 0].abs()[None, None].repeat(30, 1, 1, 1)  # alike when mirrored
    _, place = maps([20] * 30, [16] * 30)
    axes = Axes(AXES.range[:40], np.linspace(-0.6, 0.6, 32))
    pictures = torch.zeros(30, 3, 4, 4, dtype=torch.uint8)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        inputs = radio, pictures, ground.expand(30, 10, 8, 2)
        (there, _, at), _ = varied(inputs, place, axes, (0.3, 0.4))
        marked, _ = maps([20] * 30, [16] * 30)
        place = axes.at(np.full(30, 20.0), np.full(30, 16.0))
        marked = marked[:, :, :40, :32]
        (moved_on, _, _), told = varied((marked, *inputs[1:]), place, axes, (0.3, 0.4))
    seen = torch.nn.functional.avg_pool2d(there, 4)[:, 0]
    torch.testing.assert_close(at[..., 0].abs() * 15.5, seen, rtol=1e-4, atol=1e-4)
    assert len(torch.unique(at[:, 0, 0], dim=0)) > 10
    brightest = moved_on.flatten(1).argmax(1).numpy()
    row, column = axes.cells(told[:, 0], told[:, 1])
    np.testing.assert_allclose(brightest // 32, row, atol=1e-6)
    np.testing.assert_allclose(brightest % 32, column, atol=1e-6)
    assert len(np.unique(brightest)) > 10


def test_a_mirrored_picture_shows_the_mirrored_cell_at_the_other_side():
    ground = torch.tensor([[[[-0.9, 0.1], [0.2, 0.3]]]] * 2)
    found = mirrored_ground(ground, torch.tensor([True, False]))
    torch.testing.assert_close(found[0], torch.tensor([[[-0.2, 0.3], [0.9, 0.1]]]))
    assert torch.equal(found[1], ground[1])


def test_without_the_ground_pairs_are_mirrored_and_not_moved():
    radio, place = maps([20] * 50, [5] * 50)
    pictures = radio.mul(200).to(torch.uint8)
    (there, seen), _ = varied((radio, pictures), place, AXES, (0.5, 0.5))
    assert set((there.flatten(1).argmax(1)).tolist()) == {20 * 33 + 5, 20 * 33 + 27}
    assert torch.equal(seen, there.mul(200).to(torch.uint8))
    (alone,), _ = varied((radio,), place, AXES, (0.5, 0.5))
    assert len(alone.flatten(1).argmax(1).unique()) > 20
