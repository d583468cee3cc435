"""Tracks and alignment on made-up sequences whose truth is known."""

import numpy as np
import pytest
import torch

from benchmark.methods.duet import align
from benchmark.pairs import Axes, metres
from benchmark.self_labels import SelfLabels
from benchmark.tracks import QUARTER_CAR, candidates, consensus, track

AXES = Axes(np.arange(6.0, 36.0, 0.25), np.radians(np.linspace(-50, 50, 160)))


def maps(path, seed=0, clutter=8, noise=0.1):
    """Radio maps (15, 120, 160) of one moving and many still echoes, in steps of 20 dB."""
    rng = np.random.default_rng(seed)
    row, column = np.arange(120)[:, None], np.arange(160)[None]
    still = np.zeros((120, 160))
    for _ in range(clutter):
        y, x = rng.uniform(0, 120), rng.uniform(0, 160)
        still += rng.uniform(1, 3) * np.exp(-((row - y) ** 2) / 4 - (column - x) ** 2 / 18)
    made = []
    for x, y in path:
        at = np.hypot(x, y) - QUARTER_CAR, np.arctan2(x, y)
        echo_row = np.interp(at[0], AXES.range, np.arange(120))
        echo_column = np.interp(at[1], AXES.azimuth, np.arange(160))
        echo = 2 * np.exp(-((row - echo_row) ** 2) / 4 - (column - echo_column) ** 2 / 18)
        made.append(np.maximum(still, echo) + rng.normal(0, noise, still.shape))
    return torch.from_numpy(np.stack(made)).float()


def line(start, end):
    return np.linspace(start, end, 15)


@pytest.mark.parametrize(
    "start, end", [((-9, 17), (8, 17.5)), ((2, 30), (1, 12)), ((6, 9), (7, 26))]
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_track_follows_the_only_thing_that_moves(start, end, seed):
    path = line(start, end)
    found = track(maps(path, seed), AXES)
    error = np.linalg.norm(metres(found.place) - path, axis=1)
    assert found.support > 0.8
    assert np.median(error) < 0.5 and error.max() < 1.5  # cells are 0.25 m by 0.6 degrees


def test_where_nothing_moves_the_support_is_low_or_the_path_stands_still():
    still = maps(np.repeat([[0.0, 15.0]], 15, 0), noise=0.0)
    found = track(still, AXES)
    assert found.support == 0 and np.isfinite(found.place).all()


def test_candidates_are_the_peaks_to_a_fraction_of_a_cell():
    moving = torch.zeros(1, 40, 50)
    row, column = torch.arange(40.0)[:, None], torch.arange(50.0)[None]
    for y, x, peak in ((10.3, 12.6, 3.0), (28.7, 40.2, 2.0)):
        moving += peak * torch.exp(-((row - y) ** 2) / 3 - (column - x) ** 2 / 3)
    cells, strength = candidates(moving)
    assert cells[0, 0] == pytest.approx([10.3, 12.6], abs=0.1)
    assert cells[0, 1] == pytest.approx([28.7, 40.2], abs=0.1)
    assert strength[0, 0] > strength[0, 1] > 10 * strength[0, 2]


def test_consensus_prefers_a_long_even_path_to_stronger_scattered_peaks():
    rng = np.random.default_rng(4)
    path = line((-5, 20), (5, 16))
    places = np.stack([path, rng.uniform((-20, 5), (20, 45), (15, 2))], 1)
    strength = np.tile([1.0, 1.5], (15, 1))
    found, support = consensus(places, strength)
    assert np.abs(found - path).max() < 1e-6 and support == 1


def test_alignment_finds_the_line_through_wild_tracks():
    rng = np.random.default_rng(5)
    column = rng.uniform(-0.5, 0.5, 300)
    azimuth = np.arctan(1.4 * column + 0.02)
    seen = azimuth + rng.normal(0, np.radians(3), 300)
    seen[:60] = rng.uniform(-0.8, 0.8, 60)  # ghosts
    labels = SelfLabels(np.arange(300), np.stack([np.full(300, 20.0), seen], 1), np.ones(300))
    found = align(column, labels)
    assert np.degrees(np.abs(found - azimuth)).max() < 1.0


@pytest.mark.parametrize("score, spread", [(0.0, 0.5), (1.0, 0.01)])
def test_without_trusted_or_spread_tracks_azimuths_stay(score, spread):
    column = np.linspace(-spread, spread, 30) / 2
    labels = SelfLabels(np.arange(30), np.full((30, 2), 0.3), np.full(30, score))
    assert np.array_equal(align(column, labels), labels.place[:, 1])
